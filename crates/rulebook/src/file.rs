//! TOML text to checked rows. Every error carries file and line.
//!
//! A section is a list of dated rows. `from` and `source` always stand; an amount or a share also has
//! `to`, so that none lives on by accident. Rows of one key may not overlap.

use std::collections::BTreeMap;
use std::fmt;

use domain::{CareLevel, Day, DrgType, Instrument, Sector, Service, UnitKind};
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

/// What is wrong with a rule file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {fault}")]
pub struct RuleError {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong with a rule file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not TOML, an unknown key, a missing key, a wrong type.
    #[error("{0}")]
    Toml(String),
    /// `from` or `to` is not a plain date.
    #[error("'{0}' is not a date as 2012-01-01")]
    NotADate(String),
    /// The row ends before it begins.
    #[error("the row ends on {to}, before it begins on {from}")]
    EndsBeforeItBegins {
        /// First day.
        from: Day,
        /// Last day.
        to: Day,
    },
    /// Two rows of one key hold on the same day.
    #[error("{key}: this row and the one on line {other} both hold on {on}")]
    Overlap {
        /// The key.
        key: String,
        /// Line of the earlier row.
        other: usize,
        /// A day that both cover.
        on: Day,
    },
    /// A share above 100 or below 0.
    #[error("a share of {0} per cent is not between 0 and 100")]
    ShareOutOfRange(i64),
    /// A price, rate or ceiling below zero or absurdly large.
    #[error("{key} = {value} is not between 0 and 10 million")]
    AmountOutOfRange {
        /// The key.
        key: &'static str,
        /// The value.
        value: i64,
    },
    /// An amount or share that has no last day.
    #[error("{0}: an amount or share needs a last day (`to`), so that it does not live on by accident")]
    NoEnd(&'static str),
    /// A row names a source that the file does not describe.
    #[error("source '{0}' is not described under [sources]")]
    UnknownSource(String),
    /// A key of choice, or its value, that the calculation does not know.
    #[error("choice {key} = '{value}' is not known: expected {expected}")]
    UnknownChoice {
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// What is known.
        expected: String,
    },
    /// A DRG range that is not `370-375` or `370`.
    #[error("'{0}' is not a range of DRG numbers as 370-375")]
    BadDrgRange(String),
    /// A condition that is empty, and would match everything.
    #[error("the condition `when` of {0} is empty: it would put every contact outside")]
    EmptyCondition(String),
    /// Parties that are not known.
    #[error("payment from '{debtor}' to '{creditor}' is not known: expected {expected}")]
    UnknownPayment {
        /// Who owes.
        debtor: String,
        /// Who is owed.
        creditor: String,
        /// What is known.
        expected: String,
    },
    /// The calculation needs a section that is missing.
    #[error("calculation {calculation} needs a section [[{section}]]")]
    MissingSection {
        /// The calculation.
        calculation: &'static str,
        /// The section.
        section: &'static str,
    },
}

/// How sure the project is of a value, as in the public sources it was read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Confidence {
    /// Read in the named source.
    Q,
    /// Read in a secondary source.
    Q2,
    /// Computed or inferred from values that were read.
    C,
    /// Remembered, assumed, or a reading that nobody has signed: settles only as a draft.
    M,
}

impl Confidence {
    /// The letter used in files.
    pub const fn word(self) -> &'static str {
        match self {
            Confidence::Q => "Q",
            Confidence::Q2 => "Q2",
            Confidence::C => "C",
            Confidence::M => "M",
        }
    }

    /// In Norwegian, for those who read an explanation.
    pub const fn name(self) -> &'static str {
        match self {
            Confidence::Q => "lest i kilden",
            Confidence::Q2 => "lest i en annenhåndskilde",
            Confidence::C => "utledet av kilden",
            Confidence::M => "usignert",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What every dated row has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dates {
    /// First day.
    pub from: Day,
    /// Last day, included; `None` until amended.
    pub to: Option<Day>,
    /// Line in the file.
    pub line: usize,
    /// How sure the value is.
    pub confidence: Confidence,
    /// Key of the source in the file.
    pub source: String,
    /// The provision.
    pub cite: Option<String>,
    /// A remark for readers.
    pub why: Option<String>,
}

impl Dates {
    /// Whether the row holds on the day.
    pub fn holds(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// A row of a section: its dates and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<T> {
    /// When it holds, and where it comes from.
    pub dates: Dates,
    /// What it says.
    pub value: T,
}

// A macro because serde's `flatten` switches off `deny_unknown_fields`, and a misspelt key must be
// refused: so each kind of row repeats the fields that all rows have.
macro_rules! dated {
    ($($(#[$doc:meta])* $raw:ident => $name:ident { $($(#[$fdoc:meta])* $field:ident : $kind:ty,)* })+) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name { $($(#[$fdoc])* pub $field: $kind,)* }

        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $raw {
            from: Spanned<Datetime>,
            to: Option<Datetime>,
            confidence: Confidence,
            source: String,
            cite: Option<String>,
            why: Option<String>,
            $($field: $kind,)*
        }

        impl $raw {
            fn read(self, text: &Text) -> Result<Row<$name>, RuleError> {
                let dates = text.dates(self.from, self.to, self.confidence, self.source, self.cite, self.why)?;
                Ok(Row { dates, value: $name { $($field: self.$field,)* } })
            }
        }
    )+ };
}

pub(crate) use dated;

dated! {
    /// The rule is in force.
    RawInForce => InForce {}
    /// Which contacts the rule is about.
    RawCovers => Covers {
        /// Sectors; `None` means not stated.
        sectors: Option<Vec<Sector>>,
        /// Levels of care.
        care_levels: Option<Vec<CareLevel>>,
        /// Kinds of unit.
        unit_kinds: Option<Vec<UnitKind>>,
        /// Which municipality pays (day rate).
        liable: Option<Liable>,
    }
    /// A group of contacts that the rule leaves out.
    RawOutside => Outside {
        /// Reason code.
        code: String,
        /// Heading in Norwegian.
        title: String,
        /// What a contact must be to be left out.
        when: When,
    }
    /// The share that is paid.
    RawShare => ShareRow {
        /// In whole per cent.
        percent: i64,
    }
    /// Price per DRG point (`enhetspris`).
    RawUnitPrice => UnitPrice {
        /// Whole kroner.
        kroner_per_point: i64,
    }
    /// Ceiling per hospital stay (`tak per opphold`).
    RawCeiling => Ceiling {
        /// Whole DRG points.
        points_per_stay: i64,
    }
    /// Price of a bed day (`døgnpris`).
    RawRate => Rate {
        /// Whole kroner.
        kroner_per_day: i64,
    }
    /// A reading that the law leaves open.
    RawChoice => Choice {
        /// The key.
        key: String,
        /// The reading that is followed.
        value: String,
    }
    /// Who pays whom.
    RawPayment => Payment {
        /// Who owes.
        debtor: String,
        /// Who is owed.
        creditor: String,
    }
    /// Another rule that lowers this one's share of the same points.
    RawLoweredBy => LoweredBy {
        /// Id of that rule.
        rule: String,
    }
    /// A price per day, visit or fee instead of DRG points.
    RawTariff => Tariff {
        /// Code.
        code: String,
        /// Heading in Norwegian.
        title: String,
        /// Contacts it is for.
        when: When,
        /// Whole kroner per bed day.
        kroner_per_day: Option<i64>,
        /// Whole kroner per visit or day treatment.
        kroner_per_visit: Option<i64>,
        /// `true` if the contact's own fee is the amount.
        of_fee: Option<bool>,
    }
}

/// Which of a person's two municipalities pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Liable {
    /// Where the person is registered (`folkeregistrert kommune`).
    #[doc(alias = "folkeregistrert kommune")]
    MunicipalityOfRegistration,
    /// Where the person says that they stay (`oppholdskommune`).
    #[doc(alias = "oppholdskommune")]
    MunicipalityOfStay,
}

/// A condition: everything that is stated must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// One of these sectors.
    pub sectors: Option<Vec<Sector>>,
    /// One of these kinds of unit.
    pub unit_kinds: Option<Vec<UnitKind>>,
    /// One of these levels of care.
    pub care_levels: Option<Vec<CareLevel>>,
    /// One of these services.
    pub services: Option<Vec<Service>>,
    /// One of these types of DRG.
    pub drg_types: Option<Vec<DrgType>>,
    /// DRG codes: numbers `370-375` (with any letter after) or whole codes `915O`.
    pub drgs: Option<Vec<String>>,
    /// A costly medicine was given.
    pub costly_medicine: Option<bool>,
    /// Resident in Norway.
    pub resident: Option<bool>,
}

/// What is stated, and only that: `drgs = 385-391, 915O`.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list<T: fmt::Display>(values: &Option<Vec<T>>) -> Option<String> {
            let values = values.as_ref()?;
            Some(values.iter().map(T::to_string).collect::<Vec<_>>().join(", "))
        }
        let stated = [
            ("sectors", list(&self.sectors)),
            ("unit_kinds", list(&self.unit_kinds)),
            ("care_levels", list(&self.care_levels)),
            ("services", list(&self.services)),
            ("drg_types", list(&self.drg_types)),
            ("drgs", list(&self.drgs)),
            ("costly_medicine", self.costly_medicine.map(|yes| yes.to_string())),
            ("resident", self.resident.map(|yes| yes.to_string())),
        ];
        let parts: Vec<String> =
            stated.into_iter().filter_map(|(key, value)| Some(format!("{key} = {}", value?))).collect();
        f.write_str(&parts.join("; "))
    }
}

impl When {
    fn is_empty(&self) -> bool {
        *self == When::default()
    }
}

/// A law that a rule file is about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LawReference {
    /// Number and paragraph.
    pub cite: String,
    /// What it is about, in Norwegian.
    pub about: String,
}

/// Where a value was read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Title.
    pub title: String,
    /// Address.
    pub url: Option<String>,
    /// When it was read.
    pub read_on: Option<Datetime>,
    /// Who has signed the values from this source, and when: `Name, 2027-01-01`.
    pub signed_off: Option<String>,
}

/// Way of calculating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CalculationKind {
    /// A share of DRG points times a price.
    ShareOfDrgPrice,
    /// A price for each payable day.
    DayRate,
}

/// A rule as its file says it, checked.
#[derive(Debug, Clone)]
pub struct RuleFile {
    /// Name of the file.
    pub file: String,
    /// Id, the same as the file's stem.
    pub id: String,
    /// Title in Norwegian.
    pub title: String,
    /// Way of calculating.
    pub calculation: CalculationKind,
    /// The instrument that its charges belong to.
    pub instrument: Instrument,
    /// Rule whose unit price this one uses.
    pub unit_price_of: Option<String>,
    /// The laws behind it.
    pub law: Vec<LawReference>,
    /// Sources by key.
    pub sources: BTreeMap<String, Source>,
    /// Sections.
    pub in_force: Vec<Row<InForce>>,
    /// See [`Covers`].
    pub covers: Vec<Row<Covers>>,
    /// See [`Outside`].
    pub outside: Vec<Row<Outside>>,
    /// See [`ShareRow`].
    pub share: Vec<Row<ShareRow>>,
    /// See [`UnitPrice`].
    pub unit_price: Vec<Row<UnitPrice>>,
    /// See [`Ceiling`].
    pub ceiling: Vec<Row<Ceiling>>,
    /// See [`Rate`].
    pub rate: Vec<Row<Rate>>,
    /// See [`Choice`].
    pub choice: Vec<Row<Choice>>,
    /// See [`Payment`].
    pub payment: Vec<Row<Payment>>,
    /// See [`LoweredBy`].
    pub lowered_by: Vec<Row<LoweredBy>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: String,
    title: String,
    calculation: CalculationKind,
    instrument: Instrument,
    unit_price_of: Option<String>,
    #[serde(default)]
    law: Vec<LawReference>,
    #[serde(default)]
    sources: BTreeMap<String, Source>,
    #[serde(default)]
    in_force: Vec<RawInForce>,
    #[serde(default)]
    covers: Vec<RawCovers>,
    #[serde(default)]
    outside: Vec<RawOutside>,
    #[serde(default)]
    share: Vec<RawShare>,
    #[serde(default)]
    unit_price: Vec<RawUnitPrice>,
    #[serde(default)]
    ceiling: Vec<RawCeiling>,
    #[serde(default)]
    rate: Vec<RawRate>,
    #[serde(default)]
    choice: Vec<RawChoice>,
    #[serde(default)]
    payment: Vec<RawPayment>,
    #[serde(default)]
    lowered_by: Vec<RawLoweredBy>,
}

/// What a variant changes, and only that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetTable {
    /// The share, in whole per cent.
    pub percent: Option<i64>,
    /// The ceiling, in whole DRG points per stay.
    pub points_per_stay: Option<i64>,
    /// The day rate, in whole kroner.
    pub kroner_per_day: Option<i64>,
    /// The unit price, in whole kroner.
    pub kroner_per_point: Option<i64>,
    /// Sectors covered.
    pub sectors: Option<Vec<Sector>>,
    /// Levels of care covered.
    pub care_levels: Option<Vec<CareLevel>>,
    /// Kinds of unit covered.
    pub unit_kinds: Option<Vec<UnitKind>>,
    /// Age limit at admission.
    pub age: Option<AgeLimit>,
    /// Readings of the law.
    #[serde(default)]
    pub choice: BTreeMap<String, String>,
}

/// An age limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeLimit {
    /// Youngest age that is in.
    pub at_least: u16,
    /// The day on which the age counts.
    pub on: AgeDay,
}

/// The day on which an age counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgeDay {
    /// The day of admission.
    Admission,
}

/// What a variant takes away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveTable {
    /// Codes of groups that are no longer left out.
    #[serde(default)]
    pub outside: Vec<String>,
    /// `["ceiling"]`.
    #[serde(default)]
    pub keys: Vec<String>,
}

/// A variant: what differs from one law between two days.
#[derive(Debug, Clone)]
pub struct VariantFile {
    /// Name of the file.
    pub file: String,
    /// Id, the same as the file's stem.
    pub id: String,
    /// Title in Norwegian.
    pub title: String,
    /// The rule it departs from.
    pub departs_from: String,
    /// What it is meant to answer.
    pub question: String,
    /// First day.
    pub from: Day,
    /// Last day, included.
    pub to: Day,
    /// The law as of this day is the base, whatever the contact's day.
    pub law_as_of: Option<Day>,
    /// Values set.
    pub set: SetTable,
    /// Values removed.
    pub remove: RemoveTable,
    /// Tariffs added.
    pub add: Vec<Row<Tariff>>,
    /// Where the variant comes from.
    pub source: VariantSource,
    /// Line of `from`.
    pub line: usize,
}

/// Where a variant comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantSource {
    /// Title.
    pub title: String,
    /// How sure its values are.
    pub confidence: Confidence,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVariant {
    id: String,
    title: String,
    departs_from: String,
    question: String,
    from: Spanned<Datetime>,
    to: Datetime,
    law_as_of: Option<Datetime>,
    #[serde(default)]
    set: SetTable,
    #[serde(default)]
    remove: RemoveTable,
    #[serde(default)]
    add: RawAdd,
    source: VariantSource,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAdd {
    #[serde(default)]
    tariff: Vec<RawTariff>,
}

/// A file's text, to find lines in.
pub(crate) struct Text<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

impl Text<'_> {
    fn line(&self, offset: usize) -> usize {
        let upto = std::cmp::min(offset, self.text.len());
        self.text.as_bytes()[..upto].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    pub(crate) fn error(&self, line: usize, fault: Fault) -> RuleError {
        RuleError { file: self.file.to_owned(), line, fault }
    }

    pub(crate) fn parse<T: for<'de> Deserialize<'de>>(&self) -> Result<T, RuleError> {
        toml::from_str(self.text).map_err(|error| {
            let line = error.span().map_or(1, |span| self.line(span.start));
            self.error(line, Fault::Toml(error.message().to_owned()))
        })
    }

    fn day(&self, date: &Datetime, line: usize) -> Result<Day, RuleError> {
        let plain = match date {
            Datetime { date: Some(date), time: None, offset: None } => {
                Day::new(date.year as i16, date.month as i8, date.day as i8)
            }
            _ => None,
        };
        plain.ok_or_else(|| self.error(line, Fault::NotADate(date.to_string())))
    }

    pub(crate) fn dates(
        &self,
        from: Spanned<Datetime>,
        to: Option<Datetime>,
        confidence: Confidence,
        source: String,
        cite: Option<String>,
        why: Option<String>,
    ) -> Result<Dates, RuleError> {
        let line = self.line(from.span().start);
        let from = self.day(from.get_ref(), line)?;
        let to = to.map(|to| self.day(&to, line)).transpose()?;
        match to {
            Some(to) if to < from => Err(self.error(line, Fault::EndsBeforeItBegins { from, to })),
            _ => Ok(Dates { from, to, line, confidence, source, cite, why }),
        }
    }

    /// No two rows of the same key may hold on one day.
    pub(crate) fn no_overlap<T>(&self, rows: &[Row<T>], key: impl Fn(&T) -> String) -> Result<(), RuleError> {
        for (place, row) in rows.iter().enumerate() {
            for earlier in &rows[..place] {
                if key(&row.value) != key(&earlier.value) {
                    continue;
                }
                let on = std::cmp::max(row.dates.from, earlier.dates.from);
                if row.dates.holds(on) && earlier.dates.holds(on) {
                    let fault = Fault::Overlap { key: key(&row.value), other: earlier.dates.line, on };
                    return Err(self.error(row.dates.line, fault));
                }
            }
        }
        Ok(())
    }

    /// An amount is dated at both ends and within reason.
    fn amounts<T>(
        &self,
        key: &'static str,
        rows: &[Row<T>],
        value: impl Fn(&T) -> i64,
    ) -> Result<(), RuleError> {
        for row in rows {
            if row.dates.to.is_none() {
                return Err(self.error(row.dates.line, Fault::NoEnd(key)));
            }
            let value = value(&row.value);
            if !(0..=10_000_000).contains(&value) {
                return Err(self.error(row.dates.line, Fault::AmountOutOfRange { key, value }));
            }
        }
        self.no_overlap(rows, |_| key.to_owned())
    }

    fn condition(&self, code: &str, when: &When, line: usize) -> Result<(), RuleError> {
        if when.is_empty() {
            return Err(self.error(line, Fault::EmptyCondition(code.to_owned())));
        }
        for range in when.drgs.iter().flatten() {
            if drg_range(range).is_none() && !range.chars().any(|c| c.is_ascii_alphabetic()) {
                return Err(self.error(line, Fault::BadDrgRange(range.clone())));
            }
        }
        Ok(())
    }
}

/// `370-375` or `370` as numbers.
pub fn drg_range(text: &str) -> Option<(u16, u16)> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    Some((number(low)?, number(high)?)).filter(|(low, high)| low <= high)
}

impl RuleFile {
    /// Reads and checks the text of a rule file.
    ///
    /// # Errors
    /// With file and line: what is not TOML, an unknown key, an overlap, a share over 100 …
    pub fn parse(file: &str, text: &str) -> Result<RuleFile, RuleError> {
        let text = Text { file, text };
        let raw: RawRule = text.parse()?;
        // `read` turns every row of a section, and stops at the first that is wrong.
        macro_rules! read {
            ($section:ident) => {
                raw.$section.into_iter().map(|row| row.read(&text)).collect::<Result<Vec<_>, _>>()?
            };
        }
        let rule = RuleFile {
            file: file.to_owned(),
            id: raw.id,
            title: raw.title,
            calculation: raw.calculation,
            instrument: raw.instrument,
            unit_price_of: raw.unit_price_of,
            law: raw.law,
            sources: raw.sources,
            in_force: read!(in_force),
            covers: read!(covers),
            outside: read!(outside),
            share: read!(share),
            unit_price: read!(unit_price),
            ceiling: read!(ceiling),
            rate: read!(rate),
            choice: read!(choice),
            payment: read!(payment),
            lowered_by: read!(lowered_by),
        };
        rule.check(&text)?;
        Ok(rule)
    }

    fn check(&self, text: &Text) -> Result<(), RuleError> {
        for (_, dates) in self.dated_rows() {
            if !self.sources.contains_key(&dates.source) {
                return Err(text.error(dates.line, Fault::UnknownSource(dates.source.clone())));
            }
        }
        text.no_overlap(&self.in_force, |_| "in_force".into())?;
        text.no_overlap(&self.covers, |_| "covers".into())?;
        text.no_overlap(&self.payment, |_| "payment".into())?;
        text.no_overlap(&self.lowered_by, |row| row.rule.clone())?;
        text.no_overlap(&self.outside, |row| format!("outside {}", row.code))?;
        text.no_overlap(&self.choice, |row| format!("choice {}", row.key))?;
        for row in &self.share {
            if !(0..=100).contains(&row.value.percent) {
                let fault = Fault::ShareOutOfRange(row.value.percent);
                return Err(text.error(row.dates.line, fault));
            }
        }
        text.amounts("share", &self.share, |row| row.percent)?;
        text.amounts("unit_price", &self.unit_price, |row| row.kroner_per_point)?;
        text.amounts("ceiling", &self.ceiling, |row| row.points_per_stay)?;
        text.amounts("rate", &self.rate, |row| row.kroner_per_day)?;
        for row in &self.outside {
            text.condition(&row.value.code, &row.value.when, row.dates.line)?;
        }
        for row in &self.choice {
            known_choice(&row.value.key, &row.value.value).map_err(|f| text.error(row.dates.line, f))?;
        }
        for row in &self.payment {
            let (debtor, creditor) = (row.value.debtor.as_str(), row.value.creditor.as_str());
            if !PAYMENTS.contains(&(debtor, creditor)) {
                let expected: Vec<String> = PAYMENTS.iter().map(|(d, c)| format!("{d} to {c}")).collect();
                let fault = Fault::UnknownPayment {
                    debtor: debtor.to_owned(),
                    creditor: creditor.to_owned(),
                    expected: expected.join(", "),
                };
                return Err(text.error(row.dates.line, fault));
            }
        }
        self.check_sections(text)
    }

    fn check_sections(&self, text: &Text) -> Result<(), RuleError> {
        let needs = |calculation, section, present: bool| match present {
            true => Ok(()),
            false => Err(text.error(1, Fault::MissingSection { calculation, section })),
        };
        match self.calculation {
            CalculationKind::ShareOfDrgPrice => {
                let name = "share-of-drg-price";
                needs(name, "share", !self.share.is_empty())?;
                needs(name, "covers", !self.covers.is_empty())?;
                needs(name, "payment", !self.payment.is_empty())?;
                needs(name, "unit_price", !self.unit_price.is_empty() || self.unit_price_of.is_some())
            }
            CalculationKind::DayRate => {
                needs("day-rate", "rate", !self.rate.is_empty())?;
                needs("day-rate", "covers", !self.covers.is_empty())?;
                needs("day-rate", "payment", !self.payment.is_empty())
            }
        }?;
        needs("any", "in_force", !self.in_force.is_empty())
    }

    /// Every dated row, named as [`Provenance::key`](crate::Provenance) names it.
    pub fn dated_rows(&self) -> Vec<(String, &Dates)> {
        fn named<'r, T>(rows: &'r [Row<T>], key: &'r str) -> impl Iterator<Item = (String, &'r Dates)> {
            rows.iter().map(move |row| (key.to_owned(), &row.dates))
        }
        let outside = self.outside.iter().map(|row| (format!("outside {}", row.value.code), &row.dates));
        let choice = self.choice.iter().map(|row| (format!("choice {}", row.value.key), &row.dates));
        named(&self.in_force, "in_force")
            .chain(named(&self.covers, "covers"))
            .chain(outside)
            .chain(named(&self.share, "share"))
            .chain(named(&self.unit_price, "unit_price"))
            .chain(named(&self.ceiling, "ceiling"))
            .chain(named(&self.rate, "rate"))
            .chain(choice)
            .chain(named(&self.payment, "payment"))
            .chain(named(&self.lowered_by, "lowered_by"))
            .collect()
    }
}

/// The keys that the law leaves open, with the readings that are known.
pub const CHOICES: &[(&str, &[&str])] = &[
    ("dated_by", &["discharge", "admission"]),
    ("residence_on", &["admission"]),
    ("ceiling_filled", &["in-order-of-admission"]),
    ("first", &["later-of-ready-and-notified", "when-all-conditions-hold"]),
    ("last", &["day-before-place-ready-or-departure"]),
    ("departure_day", &["not-charged", "charged"]),
    ("admission_notice", &["given", "given-within-24-hours"]),
    ("passed_on_to_trust", &["outside-the-settlement"]),
];

/// Who may pay whom.
pub const PAYMENTS: &[(&str, &str)] = &[
    ("municipality", "regional-authority-of-residence"),
    ("municipality", "trust-or-institution"),
    ("state", "regional-authority-of-residence"),
];

/// Keys whose value is a whole number of hours.
pub const HOUR_CHOICES: &[&str] = &["grace_hours"];

/// Checks a key of choice and its value.
pub(crate) fn known_choice(key: &str, value: &str) -> Result<(), Fault> {
    let unknown = |expected: String| Fault::UnknownChoice { key: key.into(), value: value.into(), expected };
    if HOUR_CHOICES.contains(&key) {
        return match value.parse::<u16>() {
            Ok(0..=720) => Ok(()),
            _ => Err(unknown("a number of hours from 0 to 720".into())),
        };
    }
    match CHOICES.iter().find(|(known, _)| *known == key) {
        Some((_, values)) if values.contains(&value) => Ok(()),
        Some((_, values)) => Err(unknown(values.join(", "))),
        None => {
            let keys: Vec<&str> = CHOICES.iter().map(|(known, _)| *known).collect();
            Err(unknown(format!("a key among {}, {}", keys.join(", "), HOUR_CHOICES.join(", "))))
        }
    }
}

impl VariantFile {
    /// Whether the variant is laid over the law on a day.
    pub fn holds(&self, day: Day) -> bool {
        self.from <= day && day <= self.to
    }

    /// Reads and checks the text of a variant file.
    ///
    /// # Errors
    /// With file and line, as for a rule file.
    pub fn parse(file: &str, text: &str) -> Result<VariantFile, RuleError> {
        let text = Text { file, text };
        let raw: RawVariant = text.parse()?;
        let line = text.line(raw.from.span().start);
        let from = text.day(raw.from.get_ref(), line)?;
        let to = text.day(&raw.to, line)?;
        if to < from {
            return Err(text.error(line, Fault::EndsBeforeItBegins { from, to }));
        }
        let law_as_of = raw.law_as_of.map(|day| text.day(&day, line)).transpose()?;
        if let Some(percent) = raw.set.percent.filter(|percent| !(0..=100).contains(percent)) {
            return Err(text.error(line, Fault::ShareOutOfRange(percent)));
        }
        for (key, value) in [
            ("points_per_stay", raw.set.points_per_stay),
            ("kroner_per_day", raw.set.kroner_per_day),
            ("kroner_per_point", raw.set.kroner_per_point),
        ] {
            if let Some(value) = value.filter(|value| !(0..=10_000_000).contains(value)) {
                return Err(text.error(line, Fault::AmountOutOfRange { key, value }));
            }
        }
        for (key, value) in &raw.set.choice {
            known_choice(key, value).map_err(|fault| text.error(line, fault))?;
        }
        let add: Vec<Row<Tariff>> =
            raw.add.tariff.into_iter().map(|row| row.read(&text)).collect::<Result<_, _>>()?;
        for row in &add {
            text.condition(&row.value.code, &row.value.when, row.dates.line)?;
            for value in [row.value.kroner_per_day, row.value.kroner_per_visit].into_iter().flatten() {
                if !(0..=10_000_000).contains(&value) {
                    let fault = Fault::AmountOutOfRange { key: "tariff", value };
                    return Err(text.error(row.dates.line, fault));
                }
            }
        }
        Ok(VariantFile {
            file: file.to_owned(),
            id: raw.id,
            title: raw.title,
            departs_from: raw.departs_from,
            question: raw.question,
            from,
            to,
            law_as_of,
            set: raw.set,
            remove: raw.remove,
            add,
            source: raw.source,
            line,
        })
    }
}
