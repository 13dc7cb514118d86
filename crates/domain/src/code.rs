//! Closed vocabularies: the enums for the properties of contacts, vouchers and ledger steps, each value with
//! its word in files.

use std::fmt;
use words::{Message, Said, message};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Error: a word that is not in the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownCode {
    /// Name of the vocabulary, for instance `care_level`.
    pub vocabulary: &'static str,
    pub word: String,
    /// All words of the vocabulary, separated by commas.
    pub expected: String,
}

words::english_error!(UnknownCode);

impl Said for UnknownCode {
    fn said(&self) -> Message {
        let UnknownCode { vocabulary, word, expected } = self;
        message!("error.unknown_code", vocabulary, word, expected)
    }
}

// A macro, because every vocabulary needs the same functions. If the functions were written by hand, a new word
// would have to be added in several places, and one place would be forgotten.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident, $column:literal, { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every value, in the order of [`Self::index`].
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// Number of values.
            pub const COUNT: usize = Self::ALL.len();
            /// The words that files use, in the order of [`Self::index`].
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word that files use for the value.
            pub const fn word(self) -> &'static str {
                Self::WORDS[self as usize]
            }

            /// Place of the value in [`Self::ALL`], counted from 0.
            pub const fn index(self) -> usize {
                self as usize
            }

            /// The value at a place in [`Self::ALL`]; `None` beyond the end.
            pub fn from_index(index: usize) -> Option<Self> {
                Self::ALL.get(index).copied()
            }

            /// The value that a word stands for.
            ///
            /// # Errors
            /// Fails if the word is not in the vocabulary. The error lists the words of the vocabulary.
            pub fn from_word(word: &str) -> Result<Self, UnknownCode> {
                match Self::WORDS.iter().position(|known| *known == word) {
                    Some(place) => Ok(Self::ALL[place]),
                    None => Err(UnknownCode {
                        vocabulary: $column,
                        word: word.to_owned(),
                        expected: Self::WORDS.join(", "),
                    }),
                }
            }
        }

        impl Said for $name {
            fn said(&self) -> Message {
                Message::under(concat!("word.", $column), self.word())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = String::deserialize(deserializer)?;
                Self::from_word(&word).map_err(serde::de::Error::custom)
            }
        }
    };
}

vocabulary! {
    /// Level of care of a contact (`omsorgsnivå`).
    #[doc(alias = "omsorgsnivå")]
    CareLevel, "care_level", {
        /// Overnight stay (`døgnopphold`).
        Overnight = "overnight",
        /// Day treatment (`dagbehandling`).
        Day = "day",
        /// Outpatient visit (`poliklinisk konsultasjon`).
        Outpatient = "outpatient",
        /// Outpatient visit of a patient who is admitted elsewhere in the same institution.
        OutpatientForInpatient = "outpatient-for-inpatient",
    }
}

vocabulary! {
    /// Sector of the specialist health service.
    Sector, "sector", {
        Somatic = "somatic",
        /// Mental health care (`psykisk helsevern`).
        MentalHealth = "mental-health",
        /// Interdisciplinary specialised treatment of substance use (`TSB`).
        SubstanceUse = "substance-use",
        /// Rehabilitation in an institution outside the hospitals.
        Rehabilitation = "rehabilitation",
    }
}

vocabulary! {
    /// Kind of treating unit (`virksomhet`, `behandlingssted`).
    #[doc(alias = "virksomhet")]
    UnitKind, "unit_kind", {
        /// Hospital owned by a health trust.
        PublicHospital = "public-hospital",
        /// Private hospital with an agreement with a regional health authority.
        PrivateHospitalWithAgreement = "private-hospital-with-agreement",
        /// Private hospital without an agreement with a regional health authority.
        PrivateHospital = "private-hospital",
        /// Contract specialist (`avtalespesialist`).
        ContractSpecialist = "contract-specialist",
        PrivateRehabilitation = "private-rehabilitation",
        /// Mental health unit for adults (`VOP`).
        AdultPsychiatry = "adult-psychiatry",
        /// Mental health unit for children and youth (`BUP`).
        YouthPsychiatry = "youth-psychiatry",
        /// Unit for treatment of substance use (`TSB`).
        SubstanceUseUnit = "substance-use-unit",
    }
}

vocabulary! {
    /// Kind of service of an outpatient contact.
    Service, "service", {
        /// Any service other than laboratory and radiology.
        Ordinary = "ordinary",
        Laboratory = "laboratory",
        Radiology = "radiology",
    }
}

vocabulary! {
    /// Type of the DRG (K or M in extracts).
    DrgType, "drg_type", {
        /// Code M in extracts.
        Medical = "medical",
        /// Code K in extracts (`kirurgisk`).
        Surgical = "surgical",
        /// Not given in the input.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// Urgency at admission (`hastegrad`).
    #[doc(alias = "hastegrad")]
    Urgency, "urgency", {
        Acute = "acute",
        Planned = "planned",
        /// Not given in the input.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// Sex as registered (`kjønn`).
    Sex, "sex", {
        Man = "man",
        Woman = "woman",
        /// Not given in the input.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// Economic instrument: a scheme that gives charges.
    Instrument, "instrument", {
        /// Municipal co-financing (`kommunal medfinansiering`).
        CoFinancing = "KMF",
        /// Payment for discharge-ready patients (`utskrivningsklare pasienter`).
        DischargeReady = "USK",
        /// Activity-based funding (`innsatsstyrt finansiering`).
        Isf = "ISF",
    }
}

vocabulary! {
    /// Kind of event in a discharge-ready case, with its number in hospital extracts (`TYPETIDSPUNKT`).
    EventKind, "event", {
        /// 1: notice to the municipality that a patient is admitted (§ 8).
        AdmissionNotice = "admission-notice",
        /// 2: patient judged ready for discharge (§ 9).
        Ready = "ready",
        /// 3: notice to the municipality that the patient is ready for discharge (§ 10).
        ReadinessNotice = "readiness-notice",
        /// 4: withdrawal of the readiness.
        Withdrawn = "withdrawn",
        /// 6: answer from the municipality: the patient cannot be received (§ 11).
        CannotReceive = "cannot-receive",
        /// 7: answer from the municipality: a place is ready, and the patient can be received.
        CanReceive = "can-receive",
        /// 12: patient ready for transfer.
        ReadyForTransfer = "ready-for-transfer",
    }
}

vocabulary! {
    /// Reason for a voucher (`årsak`).
    ///
    /// `Withdrawn` to `ChangedRule` stand in the order in which a correction is computed.
    #[doc(alias = "årsak")]
    Cause, "cause", {
        /// First settlement of a month.
        Activity = "activity",
        /// The contact is missing from a delivery that covers the contact's unit and the month in which the
        /// contact ended.
        Withdrawn = "withdrawn",
        /// The contact was never delivered before.
        NewActivity = "new-activity",
        /// The contact was delivered before; that delivery had other facts, or lacked facts that a rule needs.
        ChangedCoding = "changed-coding",
        /// Another party owes or is owed the amount.
        ChangedPayer = "changed-payer",
        /// The same facts give another amount under another rule or rate.
        ChangedRule = "changed-rule",
        /// Decision on an objection.
        Objection = "objection",
        /// Decision of the settlement review board (`avregningsutvalget`).
        ReviewBoard = "review-board",
        /// Amount requested on account (`a konto`).
        OnAccount = "on-account",
        /// Netting: a party's debts and claims are moved to the party's clearing account.
        Netting = "netting",
        /// Invoice from one creditor to one debtor, used if each creditor sends its own invoices.
        Invoice = "invoice",
    }
}

impl Cause {
    /// Whether a voucher with this cause arranges a payment, rather than stating what is owed.
    pub const fn is_payment(self) -> bool {
        matches!(self, Cause::Netting | Cause::Invoice)
    }

    /// Whether a voucher with this cause corrects what was settled before.
    pub const fn is_correction(self) -> bool {
        match self {
            Cause::Activity | Cause::OnAccount | Cause::Netting | Cause::Invoice => false,
            Cause::Withdrawn
            | Cause::NewActivity
            | Cause::ChangedCoding
            | Cause::ChangedPayer
            | Cause::ChangedRule
            | Cause::Objection
            | Cause::ReviewBoard => true,
        }
    }

    /// Whether a voucher with this cause is a sum of claims computed from contacts and rules, rather than an amount
    /// that was decided or arranged.
    pub const fn is_computed(self) -> bool {
        match self {
            Cause::Activity
            | Cause::Withdrawn
            | Cause::NewActivity
            | Cause::ChangedCoding
            | Cause::ChangedPayer
            | Cause::ChangedRule => true,
            Cause::Objection | Cause::ReviewBoard | Cause::OnAccount | Cause::Netting | Cause::Invoice => {
                false
            }
        }
    }
}

vocabulary! {
    /// How the amounts of an instrument are paid.
    Mode, "mode", {
        /// Through the clearing account: a party's debts and claims are netted, and no invoices are sent.
        Central = "central",
        /// Each creditor sends its own invoice or credit note.
        Decentral = "decentral",
    }
}

vocabulary! {
    /// Value added tax category of an invoice line (UNCL 5305).
    TaxCategory, "tax_category", {
        /// Exempt from the tax.
        Exempt = "E",
        /// Outside the scope of the tax.
        OutOfScope = "O",
    }
}

vocabulary! {
    /// Public register that a seller names on its invoices.
    Register, "register", {
        /// Register of business enterprises.
        Enterprises = "Foretaksregisteret",
        /// Register of value added tax.
        Vat = "MVA",
    }
}

vocabulary! {
    /// How often amounts paid on account are set against amounts settled.
    Balancing, "balancing", {
        Month = "month",
        /// In April, August and December.
        Tertial = "tertial",
        /// In December.
        Year = "year",
    }
}

vocabulary! {
    /// Unit that an amount to pay is rounded to.
    PayRounding, "rounding", {
        /// Øre: no rounding.
        Ore = "ore",
        /// Whole kroner. Half a krone is rounded away from zero; the difference stands on its own line.
        Kroner = "kroner",
    }
}

vocabulary! {
    /// Kind of account in the ledger, seen from the settlement unit.
    AccountKind, "account", {
        /// What a debtor owes for an instrument (`fordring`).
        Receivable = "receivable",
        /// What a creditor is owed for an instrument (`gjeld`).
        Payable = "payable",
        /// Amount requested or given on account (`a konto`).
        OnAccount = "on-account",
        /// What a party is to pay or to receive, over all instruments (`avregningskonto`).
        #[doc(alias = "avregningskonto")]
        Clearing = "clearing",
        /// Difference that rounding to whole kroner leaves.
        Rounding = "rounding",
    }
}

vocabulary! {
    /// State of a month in the ledger.
    PeriodState, "state", {
        /// Nothing is settled yet.
        Open = "open",
        /// Settled, but may still change.
        Provisional = "provisional",
        /// Never changes: what arrives later is posted in an open month.
        Closed = "closed",
        /// Closed, and every value behind the month is signed off.
        Final = "final",
    }
}

vocabulary! {
    /// Kind of ledger step: what was done to the ledger.
    StepKind, "step", {
        /// Months were opened.
        Open = "open",
        /// Amounts on account were posted.
        OnAccount = "on-account",
        /// The rules that the ledger stands on were changed.
        Rules = "rules",
        /// A month was settled.
        Run = "run",
        /// Closed months were corrected in an open one.
        Correct = "correct",
        /// A month was closed, and its amounts netted or carried forward.
        Close = "close",
        /// A month was made final.
        Finalise = "finalise",
        /// A municipality disputed a line.
        ObjectionFiled = "objection-filed",
        /// The trust answered an objection.
        ObjectionAnswered = "objection-answered",
        /// An objection was decided.
        ObjectionDecided = "objection-decided",
        /// Decisions of the settlement review board were posted.
        ReviewBoard = "review-board",
        /// An heir was decided for a party, for instance for a municipality that was split.
        Inheritance = "inheritance",
    }
}

impl EventKind {
    /// Number of the event in hospital extracts (`TYPETIDSPUNKT`).
    pub const fn reported_number(self) -> u8 {
        match self {
            EventKind::AdmissionNotice => 1,
            EventKind::Ready => 2,
            EventKind::ReadinessNotice => 3,
            EventKind::Withdrawn => 4,
            EventKind::CannotReceive => 6,
            EventKind::CanReceive => 7,
            EventKind::ReadyForTransfer => 12,
        }
    }

    /// The event that a number in hospital extracts stands for; `None` if no event has the number.
    pub fn from_reported_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.reported_number() == number)
    }
}

vocabulary! {
    /// Why a municipality disputes a line (`innsigelse`).
    #[doc(alias = "innsigelse")]
    Ground, "ground", {
        /// No notice of admission within 24 hours (§ 8).
        AdmissionNotice = "admission-notice",
        /// The patient was not ready (§ 9).
        NotReady = "not-ready",
        /// The notice that the patient was ready is missing or late (§ 10).
        ReadinessNotice = "readiness-notice",
        /// The municipality could receive the patient (§ 11).
        PlaceReady = "place-ready",
        /// A cooperation agreement gives more time.
        GracePeriod = "grace-period",
        /// Discharge papers were missing.
        DischargePapers = "discharge-papers",
        /// Another municipality is liable.
        WrongMunicipality = "wrong-municipality",
        /// Wrong coding, points or days.
        WrongBasis = "wrong-basis",
        /// Anything else.
        Other = "other",
    }
}

vocabulary! {
    /// How an objection is decided.
    Ruling, "outcome", {
        /// The whole line is taken off.
        Upheld = "upheld",
        /// A part of the line is taken off.
        Partly = "partly",
        /// The line stands.
        Rejected = "rejected",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_its_value() {
        for value in CareLevel::ALL {
            assert_eq!(CareLevel::from_word(value.word()), Ok(*value));
        }
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_reported_number(kind.reported_number()), Some(*kind));
        }
        let error = Sector::from_word("somatisk").unwrap_err();
        assert!(error.to_string().starts_with("unknown sector 'somatisk': expected one of somatic,"));
    }
}
