//! The closed vocabularies that a contact is described by, each with the word used in files.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A word that is not in the vocabulary it was used for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {vocabulary} '{word}': expected one of {expected}")]
pub struct UnknownCode {
    /// Name of the vocabulary, for instance `care_level`.
    pub vocabulary: &'static str,
    /// The word that was met.
    pub word: String,
    /// The words that are known.
    pub expected: String,
}

// A macro because nine vocabularies need the same seven methods, and a word added to one by hand in
// six places would be forgotten in the seventh.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident, $column:literal, { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every value, in the order of [`Self::index`].
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// How many values there are.
            pub const COUNT: usize = Self::ALL.len();
            /// The words, in the order of [`Self::index`].
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word that files use.
            pub const fn word(self) -> &'static str {
                Self::WORDS[self as usize]
            }

            /// Place in [`Self::ALL`].
            pub const fn index(self) -> usize {
                self as usize
            }

            /// The value at a place in [`Self::ALL`].
            pub fn from_index(index: usize) -> Option<Self> {
                Self::ALL.get(index).copied()
            }

            /// The value of a word, or an error that lists the words.
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
        /// Outpatient visit of somebody who is an inpatient elsewhere in the house.
        OutpatientForInpatient = "outpatient-for-inpatient",
    }
}

vocabulary! {
    /// Sector of the specialist service.
    Sector, "sector", {
        /// Somatic care.
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
    /// Kind of unit that treats (`virksomhet`, `behandlingssted`).
    #[doc(alias = "virksomhet")]
    UnitKind, "unit_kind", {
        /// Hospital owned by a health trust.
        PublicHospital = "public-hospital",
        /// Private hospital with an agreement with a regional authority.
        PrivateHospitalWithAgreement = "private-hospital-with-agreement",
        /// Private hospital without such an agreement.
        PrivateHospital = "private-hospital",
        /// Contract specialist (`avtalespesialist`).
        ContractSpecialist = "contract-specialist",
        /// Private rehabilitation institution.
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
    /// What kind of service an outpatient contact is.
    Service, "service", {
        /// Anything that is not one of the others.
        Ordinary = "ordinary",
        /// Outpatient laboratory.
        Laboratory = "laboratory",
        /// Outpatient radiology.
        Radiology = "radiology",
    }
}

vocabulary! {
    /// Type of the DRG (`drg_type` K and M in extracts).
    DrgType, "drg_type", {
        /// Medical (M).
        Medical = "medical",
        /// Surgical (K, `kirurgisk`).
        Surgical = "surgical",
        /// Not given.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// Urgency at admission (`hastegrad`).
    #[doc(alias = "hastegrad")]
    Urgency, "urgency", {
        /// Acute.
        Acute = "acute",
        /// Planned.
        Planned = "planned",
        /// Not given.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// Sex as registered (`kjønn`).
    Sex, "sex", {
        /// Man.
        Man = "man",
        /// Woman.
        Woman = "woman",
        /// Not given.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// Economic instrument.
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
    /// Kind of event in the life of a discharge-ready case, as reported (`TYPETIDSPUNKT`).
    EventKind, "event", {
        /// 1: notice to the municipality of an admitted patient (§ 8).
        AdmissionNotice = "admission-notice",
        /// 2: patient judged ready for discharge (§ 9).
        Ready = "ready",
        /// 3: notice of readiness to the municipality (§ 10).
        ReadinessNotice = "readiness-notice",
        /// 4: the readiness is withdrawn.
        Withdrawn = "withdrawn",
        /// 6: the municipality answers that it cannot receive (§ 11).
        CannotReceive = "cannot-receive",
        /// 7: the municipality answers that it can receive: a place is ready.
        CanReceive = "can-receive",
        /// 12: patient ready for transfer.
        ReadyForTransfer = "ready-for-transfer",
    }
}

vocabulary! {
    /// Why a voucher was posted (`årsak`). The order is the order in which a correction is computed.
    #[doc(alias = "årsak")]
    Cause, "cause", {
        /// First settlement of the month.
        Activity = "activity",
        /// The contact is no longer delivered, though its institution and day are.
        Withdrawn = "withdrawn",
        /// The contact was not delivered before.
        NewActivity = "new-activity",
        /// The contact was delivered before, with other facts or none that a rule needs.
        ChangedCoding = "changed-coding",
        /// Somebody else owes or is owed.
        ChangedPayer = "changed-payer",
        /// The same contact under another rule or rate.
        ChangedRule = "changed-rule",
        /// An objection was decided.
        Objection = "objection",
        /// Decision of the settlement review board (`avregningsutvalget`).
        ReviewBoard = "review-board",
        /// Paid on account.
        OnAccount = "on-account",
        /// Moved to the clearing account, with everything else of the party.
        Netting = "netting",
        /// Asked of one debtor by one creditor, where each creditor sends its own invoice.
        Invoice = "invoice",
    }
}

impl Cause {
    /// The cause in Norwegian.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Activity => "aktivitet",
            Cause::Withdrawn => "trukket tilbake",
            Cause::NewActivity => "ny aktivitet",
            Cause::ChangedCoding => "sen eller endret koding",
            Cause::ChangedPayer => "endret betaler",
            Cause::ChangedRule => "endret regel eller sats",
            Cause::Objection => "avgjort innsigelse",
            Cause::ReviewBoard => "avregningsutvalget",
            Cause::OnAccount => "a konto",
            Cause::Netting => "nettooppgjør",
            Cause::Invoice => "faktura",
        }
    }

    /// Whether the voucher says how something is paid, rather than that it is owed.
    pub const fn is_payment(self) -> bool {
        matches!(self, Cause::Netting | Cause::Invoice)
    }

    /// Whether the voucher states what a contact amounts to, as computed from data and rules.
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
    /// How an instrument is settled.
    Mode, "mode", {
        /// Through the clearing account, netted with everything else of the party; nobody sends an invoice.
        Central = "central",
        /// Each creditor sends its own invoice or credit note.
        Decentral = "decentral",
    }
}

vocabulary! {
    /// How often what was paid on account is set against what was settled.
    Balancing, "balancing", {
        /// Each month.
        Month = "month",
        /// In April, August and December.
        Tertial = "tertial",
        /// In December.
        Year = "year",
    }
}

vocabulary! {
    /// What an amount to pay is rounded to.
    PayRounding, "rounding", {
        /// Not at all.
        Ore = "ore",
        /// Whole kroner, half away from zero; the rest stands on a line of its own.
        Kroner = "kroner",
    }
}

vocabulary! {
    /// Kind of account in the ledger, from the settlement unit's side.
    AccountKind, "account", {
        /// What a debtor owes for an instrument (`fordring`).
        Receivable = "receivable",
        /// What a creditor is owed for an instrument (`gjeld`).
        Payable = "payable",
        /// What was asked for or given on account (`a konto`).
        OnAccount = "on-account",
        /// One amount a party and month, in one direction (`avregningskonto`).
        #[doc(alias = "avregningskonto")]
        Clearing = "clearing",
        /// What rounding to whole kroner leaves.
        Rounding = "rounding",
    }
}

vocabulary! {
    /// State of a month in the ledger.
    PeriodState, "state", {
        /// Nothing is settled yet.
        Open = "open",
        /// Settled, and may change.
        Provisional = "provisional",
        /// Never changes: what arrives later lands in an open month.
        Closed = "closed",
        /// Closed, and every value behind it is signed.
        Final = "final",
    }
}

impl PeriodState {
    /// The state in Norwegian.
    pub const fn name(self) -> &'static str {
        match self {
            PeriodState::Open => "åpen",
            PeriodState::Provisional => "foreløpig",
            PeriodState::Closed => "lukket",
            PeriodState::Final => "endelig",
        }
    }
}

vocabulary! {
    /// What was done to the ledger.
    StepKind, "step", {
        /// Months were opened.
        Open = "open",
        /// Amounts on account were posted.
        OnAccount = "on-account",
        /// A month was settled.
        Run = "run",
        /// Closed months were corrected in an open one.
        Correct = "correct",
        /// A month was netted and closed.
        Close = "close",
        /// A month was made final.
        Finalise = "finalise",
        /// A municipality disputes a line.
        ObjectionFiled = "objection-filed",
        /// The trust has answered.
        ObjectionAnswered = "objection-answered",
        /// The objection is decided.
        ObjectionDecided = "objection-decided",
        /// Decisions of the settlement review board were posted.
        ReviewBoard = "review-board",
        /// Who inherits from a municipality that was split.
        Inheritance = "inheritance",
    }
}

impl EventKind {
    /// The number that hospital extracts use for this event (`TYPETIDSPUNKT`).
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

    /// The event of a number in hospital extracts.
    pub fn from_reported_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.reported_number() == number)
    }
}

impl Sector {
    /// The sector in Norwegian.
    pub const fn name(self) -> &'static str {
        match self {
            Sector::Somatic => "somatikk",
            Sector::MentalHealth => "psykisk helsevern",
            Sector::SubstanceUse => "rusbehandling (TSB)",
            Sector::Rehabilitation => "rehabilitering i institusjon",
        }
    }
}

impl CareLevel {
    /// The level of care in Norwegian.
    pub const fn name(self) -> &'static str {
        match self {
            CareLevel::Overnight => "døgnopphold",
            CareLevel::Day => "dagbehandling",
            CareLevel::Outpatient => "poliklinisk konsultasjon",
            CareLevel::OutpatientForInpatient => "poliklinisk konsultasjon for inneliggende",
        }
    }
}

impl UnitKind {
    /// The kind of unit in Norwegian.
    pub const fn name(self) -> &'static str {
        match self {
            UnitKind::PublicHospital => "offentlig sykehus",
            UnitKind::PrivateHospitalWithAgreement => "privat sykehus med avtale",
            UnitKind::PrivateHospital => "privat sykehus uten avtale",
            UnitKind::ContractSpecialist => "avtalespesialist",
            UnitKind::PrivateRehabilitation => "privat rehabiliteringsinstitusjon",
            UnitKind::AdultPsychiatry => "psykisk helsevern for voksne",
            UnitKind::YouthPsychiatry => "psykisk helsevern for barn og unge",
            UnitKind::SubstanceUseUnit => "enhet for rusbehandling (TSB)",
        }
    }
}

impl DrgType {
    /// The type of DRG in Norwegian.
    pub const fn name(self) -> &'static str {
        match self {
            DrgType::Medical => "medisinsk",
            DrgType::Surgical => "kirurgisk",
            DrgType::Unknown => "ikke oppgitt",
        }
    }
}

impl Instrument {
    /// The instrument in Norwegian.
    pub const fn name(self) -> &'static str {
        match self {
            Instrument::CoFinancing => "kommunal medfinansiering",
            Instrument::DischargeReady => "utskrivningsklare pasienter",
            Instrument::Isf => "innsatsstyrt finansiering",
        }
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
        /// No notice that the patient was ready, or a late one (§ 10).
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
