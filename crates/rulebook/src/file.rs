//! From the TOML text of a rule or variant to checked rows. Every error carries file and line.
//!
//! A section is a list of dated rows. Each row has `from`, `confidence` and `source`. In a rule, an amount or a share
//! also has `to`, so that no value lives on by accident, and rows of one key may not overlap.

use std::collections::BTreeMap;
use std::fmt;
use words::{Message, Said, message};

use domain::{CareLevel, Day, DrgType, Instrument, Sector, Service, UnitKind};
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

/// A fault in a rule file, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    pub fault: Fault,
}

words::english_error!(RuleError);

impl Said for RuleError {
    fn said(&self) -> Message {
        let RuleError { file, line, fault } = self;
        message!("error.rule_file", file, line, fault = fault.said())
    }
}

/// What can be wrong with a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The text is not TOML, a key is unknown or missing, or a value has the wrong type.
    Toml(String),
    /// `from` or `to` is not a plain date.
    NotADate(String),
    /// A row ends before it begins.
    EndsBeforeItBegins { from: Day, to: Day },
    /// Two rows of one key hold on the same day.
    Overlap {
        key: String,
        /// Line of the earlier row.
        other: usize,
        /// A day on which both rows hold.
        on: Day,
    },
    /// A share is below 0 or above 100 per cent.
    ShareOutOfRange(i64),
    /// A price, rate or ceiling is below 0 or above 10 million.
    AmountOutOfRange { key: &'static str, value: i64 },
    /// An amount or a share has no last day.
    NoEnd(&'static str),
    /// A row names a source that the file does not describe.
    UnknownSource(String),
    /// A choice has an unknown key or value, or a value outside its range. The same fault covers effects and
    /// parties of a measure, and values of an agreement.
    UnknownChoice {
        key: String,
        value: String,
        /// The values that are known.
        expected: Message,
    },
    /// A text in `drgs` is no number, is no ascending range such as `370-375`, and has no letter.
    BadDrgRange(String),
    /// A condition is empty and would therefore hold for every contact.
    EmptyCondition(String),
    /// A pair of debtor and creditor is not the instrument's pair in [`PAYMENTS`].
    UnknownPayment {
        debtor: String,
        creditor: String,
        /// The instrument's pairs.
        expected: String,
    },
    /// The calculation needs a section that the file does not have.
    MissingSection { calculation: &'static str, section: &'static str },
}

words::english_error!(Fault);

impl Said for Fault {
    fn said(&self) -> Message {
        match self {
            Fault::Toml(value) => message!("error.rule.toml", value),
            Fault::NotADate(value) => message!("error.rule.not_a_date", value),
            Fault::EndsBeforeItBegins { from, to } => message!("error.rule.ends_before_it_begins", to, from),
            Fault::Overlap { key, other, on } => message!("error.rule.overlap", key, other, on),
            Fault::ShareOutOfRange(value) => message!("error.rule.share_out_of_range", value),
            Fault::AmountOutOfRange { key, value } => message!("error.rule.amount_out_of_range", key, value),
            Fault::NoEnd(value) => message!("error.rule.no_end", value),
            Fault::UnknownSource(value) => message!("error.rule.unknown_source", value),
            Fault::UnknownChoice { key, value, expected } => {
                message!("error.rule.unknown_choice", key, value, expected)
            }
            Fault::BadDrgRange(value) => message!("error.rule.bad_drg_range", value),
            Fault::EmptyCondition(value) => message!("error.rule.empty_condition", value),
            Fault::UnknownPayment { debtor, creditor, expected } => {
                message!("error.rule.unknown_payment", debtor, creditor, expected)
            }
            Fault::MissingSection { calculation, section } => {
                message!("error.rule.missing_section", calculation, section)
            }
        }
    }
}

/// How sure the project is of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Confidence {
    /// Read in the named source.
    Q,
    /// Read in a secondary source.
    Q2,
    /// Computed or inferred from values that were read.
    C,
    /// Remembered or assumed, or a reading that nobody has signed off. A settlement that uses such a value is a
    /// draft until the value is signed off.
    M,
}

impl Confidence {
    /// The code in files.
    pub const fn word(self) -> &'static str {
        match self {
            Confidence::Q => "Q",
            Confidence::Q2 => "Q2",
            Confidence::C => "C",
            Confidence::M => "M",
        }
    }

    /// Norwegian name, for readers of an explanation.
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

/// The dates and the provenance that every dated row has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dates {
    pub from: Day,
    /// Last day, included; `None` if the row has no end.
    pub to: Option<Day>,
    /// Line in the file, from 1.
    pub line: usize,
    pub confidence: Confidence,
    /// Key of the source in the file.
    pub source: String,
    /// Provision; `None` if none is cited.
    pub cite: Option<String>,
    /// Remark for readers.
    pub why: Option<String>,
}

impl Dates {
    /// Whether the row is unsigned: its confidence is [`Confidence::M`], and nobody has signed its source.
    pub fn is_unsigned(&self, sources: &BTreeMap<String, Source>) -> bool {
        let is_signed = sources.get(&self.source).is_some_and(|source| source.signed_off.is_some());
        self.confidence == Confidence::M && !is_signed
    }

    /// Whether the row holds on a day.
    pub fn holds(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// A row of a section: its dates and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<T> {
    pub dates: Dates,
    pub value: T,
}

// A macro, because serde's `flatten` switches off `deny_unknown_fields`, and a misspelt key must be refused.
// Each kind of row therefore repeats the fields that all rows have.
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
    /// Contacts that the rule covers. A list that is left out covers no contact.
    RawCovers => Covers {
        sectors: Option<Vec<Sector>>,
        care_levels: Option<Vec<CareLevel>>,
        unit_kinds: Option<Vec<UnitKind>>,
        /// The municipality that pays (day rate only).
        liable: Option<Liable>,
        /// Sectors in which the municipality is notified and pays nothing (day rate).
        notified_sectors: Option<Vec<Sector>>,
    }
    /// A group of contacts that the rule leaves out.
    RawOutside => Outside {
        /// Reason code, for instance `not-resident`.
        code: String,
        /// Norwegian heading.
        title: String,
        /// Condition that puts a contact in the group.
        when: When,
    }
    /// The share that is paid.
    RawShare => ShareRow {
        /// Whole per cent, 0 to 100.
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
    /// A choice that the law leaves open, and the reading that is followed.
    RawChoice => Choice {
        /// One of [`CHOICES`] or [`HOUR_CHOICES`].
        key: String,
        /// The reading that is followed.
        value: String,
    }
    /// Who pays whom: one of [`PAYMENTS`].
    RawPayment => Payment {
        debtor: String,
        creditor: String,
    }
    /// Another rule, whose charge for the same points lowers this rule's charge.
    RawLoweredBy => LoweredBy {
        /// Id of the other rule.
        rule: String,
    }
    /// A tariff: a price per day or visit, or the fee itself, instead of DRG points.
    RawTariff => Tariff {
        code: String,
        /// Norwegian heading.
        title: String,
        /// Condition under which the tariff applies to a contact.
        when: When,
        /// Whole kroner per bed day.
        kroner_per_day: Option<i64>,
        /// Whole kroner per visit or day treatment.
        kroner_per_visit: Option<i64>,
        /// Whether the contact's own fee is the price; the two prices above are then not used.
        of_fee: Option<bool>,
    }
}

/// Which of a person's two municipalities pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Liable {
    /// Municipality where the person is registered (`folkeregistrert kommune`).
    #[doc(alias = "folkeregistrert kommune")]
    MunicipalityOfRegistration,
    /// Municipality where the person reports staying (`oppholdskommune`).
    #[doc(alias = "oppholdskommune")]
    MunicipalityOfStay,
}

/// A condition on a contact. Every stated part must hold; a list holds if it contains the contact's value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    pub sectors: Option<Vec<Sector>>,
    pub unit_kinds: Option<Vec<UnitKind>>,
    pub care_levels: Option<Vec<CareLevel>>,
    pub services: Option<Vec<Service>>,
    pub drg_types: Option<Vec<DrgType>>,
    /// DRG codes: ranges of numbers such as `370-375`, which include a code in the range whether or not a letter
    /// follows its number (`373O`), or whole codes such as `915O`.
    pub drgs: Option<Vec<String>>,
    /// Whether a costly medicine was given.
    pub costly_medicine: Option<bool>,
    /// Whether the person is resident in Norway.
    pub resident: Option<bool>,
}

/// The stated conditions only, for instance `drgs = 385-391, 915O`.
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

/// A law that a rule file rests on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LawReference {
    /// Number and provision of the law.
    pub cite: String,
    /// Norwegian description of what the law governs.
    pub about: String,
}

/// A source that values were read in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub title: String,
    pub url: Option<String>,
    pub read_on: Option<Datetime>,
    /// Who has signed off the values from this source, and when, as `Name, 2027-01-01`; `None` if nobody has.
    pub signed_off: Option<String>,
}

/// The way in which a rule calculates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CalculationKind {
    /// A share of DRG points times a price.
    ShareOfDrgPrice,
    /// A price for each payable day.
    DayRate,
}

/// A rule, read from its file and checked.
#[derive(Debug, Clone)]
pub struct RuleFile {
    pub file: String,
    /// Id, the same as the file's stem.
    pub id: String,
    /// Norwegian title.
    pub title: String,
    pub calculation: CalculationKind,
    pub instrument: Instrument,
    /// Id of the rule whose unit price holds on days on which this rule has no unit price of its own; `None` if
    /// this rule uses no price of another rule.
    pub unit_price_of: Option<String>,
    pub law: Vec<LawReference>,
    pub sources: BTreeMap<String, Source>,
    /// Dated rows: this field and each field below hold one section of the file.
    pub in_force: Vec<Row<InForce>>,
    pub covers: Vec<Row<Covers>>,
    pub outside: Vec<Row<Outside>>,
    pub share: Vec<Row<ShareRow>>,
    pub unit_price: Vec<Row<UnitPrice>>,
    pub ceiling: Vec<Row<Ceiling>>,
    pub rate: Vec<Row<Rate>>,
    pub choice: Vec<Row<Choice>>,
    pub payment: Vec<Row<Payment>>,
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

/// Heading, prices and condition, for instance `Psykisk helsevern; kroner_per_day = 8000; services =
/// psychiatry`.
impl fmt::Display for Tariff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)?;
        let prices = [("kroner_per_day", self.kroner_per_day), ("kroner_per_visit", self.kroner_per_visit)];
        for (key, kroner) in prices {
            if let Some(kroner) = kroner {
                write!(f, "; {key} = {kroner}")?;
            }
        }
        if let Some(of_fee) = self.of_fee {
            write!(f, "; of_fee = {of_fee}")?;
        }
        match self.when.is_empty() {
            true => Ok(()),
            false => write!(f, "; {}", self.when),
        }
    }
}

/// Values that a variant sets in place of those of the law; a value that is left out stays as in the law.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetTable {
    /// Share in whole per cent.
    pub percent: Option<i64>,
    /// Ceiling in whole DRG points per stay.
    pub points_per_stay: Option<i64>,
    /// Day rate in whole kroner.
    pub kroner_per_day: Option<i64>,
    /// Unit price in whole kroner.
    pub kroner_per_point: Option<i64>,
    /// Sectors covered.
    pub sectors: Option<Vec<Sector>>,
    /// Levels of care covered.
    pub care_levels: Option<Vec<CareLevel>>,
    /// Kinds of unit covered.
    pub unit_kinds: Option<Vec<UnitKind>>,
    pub age: Option<AgeLimit>,
    /// Readings by choice.
    #[serde(default)]
    pub choice: BTreeMap<String, String>,
}

/// An age limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeLimit {
    /// Lowest age that is covered, in whole years.
    pub at_least: u16,
    pub on: AgeDay,
}

/// The day on which a person's age counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgeDay {
    Admission,
}

/// What a variant removes from the law.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveTable {
    /// Codes of groups that are no longer left out.
    #[serde(default)]
    pub outside: Vec<String>,
    /// Keys that no longer hold; only `ceiling` is known.
    #[serde(default)]
    pub keys: Vec<String>,
}

/// A variant: what differs from one rule of law on the days `from` to `to`.
#[derive(Debug, Clone)]
pub struct VariantFile {
    pub file: String,
    /// Id, the same as the file's stem.
    pub id: String,
    /// Norwegian title.
    pub title: String,
    /// Id of the rule that the variant departs from.
    pub departs_from: String,
    /// Norwegian question that the variant answers.
    pub question: String,
    pub from: Day,
    /// Last day, included.
    pub to: Day,
    /// Day whose law is the base on every day of the variant; `None` if the base of each day is the law of that
    /// day. Unit prices and day rates are always those of the day itself.
    pub law_as_of: Option<Day>,
    pub set: SetTable,
    pub remove: RemoveTable,
    pub add: Vec<Row<Tariff>>,
    pub source: VariantSource,
    /// Line of `from` in the file.
    pub line: usize,
}

/// The source of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantSource {
    pub title: String,
    /// How sure the project is of the variant's values.
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

/// Name and text of a file. The methods turn an offset into a line, and a fault into an error with file and line.
pub(crate) struct Text<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

impl Text<'_> {
    fn line(&self, offset: usize) -> usize {
        words::line_at(self.text, offset)
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

    /// Checks that no two rows of one key hold on the same day.
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

    /// Checks that every row has a last day and an amount from 0 to 10 million, and that no two rows overlap.
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

/// Reads `370-375` or `370` as a first and a last number; `None` for anything else.
pub fn drg_range(text: &str) -> Option<(u16, u16)> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    Some((number(low)?, number(high)?)).filter(|(low, high)| low <= high)
}

impl RuleFile {
    /// Reads and checks the text of a rule file.
    ///
    /// # Errors
    /// Fails with file and line at the first fault: see [`Fault`].
    pub fn parse(file: &str, text: &str) -> Result<RuleFile, RuleError> {
        let text = Text { file, text };
        let raw: RawRule = text.parse()?;
        // `read!` reads every row of a section, and stops at the first row that is wrong.
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
            if !PAYMENTS.contains(&(self.instrument, debtor, creditor)) {
                let own = PAYMENTS.iter().filter(|(instrument, ..)| *instrument == self.instrument);
                let expected: Vec<String> = own.map(|(_, d, c)| format!("{d} to {c}")).collect();
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

    /// Every dated row, with a key as in [`Provenance::key`](crate::Provenance).
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

/// The choices that the law leaves open, each with its known readings.
pub const CHOICES: &[(&str, &[&str])] = &[
    ("dated_by", &["discharge", "admission"]),
    ("residence_on", &["admission"]),
    ("ceiling_filled", &["in-order-of-admission"]),
    ("rounded", &["difference", "each-amount"]),
    ("first", &["later-of-ready-and-notified", "when-all-conditions-hold"]),
    ("last", &["day-before-place-ready-or-departure"]),
    ("departure_day", &["not-charged", "charged"]),
    ("admission_notice", &["given", "given-within-24-hours"]),
    ("early_answer", &["counts", "counts-for-nothing"]),
    ("passed_on_to_trust", &["outside-the-settlement"]),
];

/// Payments that the settlement can carry out: instrument, debtor and creditor.
pub const PAYMENTS: &[(Instrument, &str, &str)] = &[
    (Instrument::CoFinancing, "municipality", "regional-authority-of-residence"),
    (Instrument::Isf, "state", "regional-authority-of-residence"),
    (Instrument::DischargeReady, "municipality", "trust-or-institution"),
];

/// Choices whose reading is a whole number of hours, 0 to 720.
pub const HOUR_CHOICES: &[&str] = &["grace_hours"];

/// Checks the key and the reading of a choice.
pub(crate) fn known_choice(key: &str, value: &str) -> Result<(), Fault> {
    let unknown = |expected: Message| Fault::UnknownChoice { key: key.into(), value: value.into(), expected };
    if HOUR_CHOICES.contains(&key) {
        return match value.parse::<u16>() {
            Ok(0..=720) => Ok(()),
            _ => Err(unknown(message!("expected.hours"))),
        };
    }
    match CHOICES.iter().find(|(known, _)| *known == key) {
        Some((_, values)) if values.contains(&value) => Ok(()),
        Some((_, values)) => Err(unknown(Message::plain(values.join(", ")))),
        None => {
            let keys: Vec<&str> = CHOICES.iter().map(|(known, _)| *known).collect();
            Err(unknown(message!("expected.key", keys = keys.join(", "), hours = HOUR_CHOICES.join(", "))))
        }
    }
}

impl VariantFile {
    /// Whether the variant holds on a day.
    pub fn holds(&self, day: Day) -> bool {
        self.from <= day && day <= self.to
    }

    /// Reads and checks the text of a variant file.
    ///
    /// # Errors
    /// Fails with file and line at the first fault: see [`Fault`].
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
