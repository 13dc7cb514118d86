//! Which version of a rule holds on a day.
//!
//! A book is the law with any variants laid over it. The book resolves each rule into segments: spans of days on
//! which nothing changes. The version of a segment is named by its rule, its first day and a digest of the resolved
//! values. The digest leaves out the rest of the file, so a new rate for next year does not mark this year's
//! charges as changed.

use std::collections::BTreeMap;
use words::{Message, Said, message};

use domain::{Amount, Day, Gap, Instrument, Period, Points, Share};
use sha2::{Digest, Sha256};

use crate::agreement::{self, Agreements};
use crate::calculation::day_rate::{AdmissionNotice, DayRateRule, DepartureDay, EarlyAnswer, FirstDay};
use crate::calculation::share_of_drg_price::{OutsideTest, RoundedWhen, ShareRule, TariffTest, place_of};
use crate::file::{Dates, Liable, Row, RuleError, RuleFile, VariantFile};
use crate::provenance::{Provenance, Version};

/// Whether a rule is in force, with the rule's values if so.
#[derive(Debug, Clone)]
pub enum Standing<T> {
    /// The rule is in force.
    InForce(T),
    /// The rule is not in force, which is not the same as a charge of zero.
    NotInForce,
    /// The rule is in force, but a value that it needs is missing: its instrument cannot be priced.
    Missing(Gap),
}

impl<T> Standing<T> {
    /// The rule; `None` if it is not in force or a value is missing.
    pub fn in_force(&self) -> Option<&T> {
        match self {
            Standing::InForce(rule) => Some(rule),
            Standing::NotInForce | Standing::Missing(_) => None,
        }
    }
}

/// A span of days on which nothing about a rule changes.
#[derive(Debug, Clone)]
pub struct Segment<T> {
    pub from: Day,
    /// Last day, included.
    pub to: Day,
    pub standing: Standing<T>,
    /// Every value that the rule was resolved from; empty unless the rule is in force.
    pub used: Vec<Provenance>,
}

impl<T> Segment<T> {
    /// The segment that holds on a day; `None` outside the segments.
    pub fn on(segments: &[Segment<T>], day: Day) -> Option<&Segment<T>> {
        Segment::place_on(segments, day).and_then(|place| segments.get(place))
    }

    /// Index of the segment that holds on a day; `None` outside the segments.
    pub fn place_on(segments: &[Segment<T>], day: Day) -> Option<usize> {
        segments.iter().position(|segment| segment.from <= day && day <= segment.to)
    }

    /// Whether the segment holds on some day from `first` to `last`, both included.
    pub fn touches(&self, first: Day, last: Day) -> bool {
        self.from <= last && first <= self.to
    }

    /// The segments that hold on some day of a period.
    pub fn within(segments: &[Segment<T>], period: Period) -> impl Iterator<Item = &Segment<T>> {
        segments.iter().filter(move |segment| segment.touches(period.from(), period.to()))
    }
}

/// A value that nobody has signed off.
pub type Unsigned = Provenance;

/// What is wrong with a book of law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookError {
    /// A rule, variant or agreement file is wrong.
    Rule(RuleError),
    /// Two rules have the same id.
    Twice(String),
    /// Two rules belong to the same instrument.
    TwoFor {
        instrument: Instrument,
        /// Id of the first rule.
        one: String,
        /// Id of the second rule.
        other: String,
    },
    /// An instrument has no rule, which is not the same as a rule that is not in force.
    NoneFor(Instrument),
    /// The id in a file is not the file's name.
    Misnamed {
        file: String,
        /// Id in the file.
        id: String,
    },
    /// A file refers to a rule that the book does not have.
    NoSuchRule {
        file: String,
        /// Id of the missing rule.
        id: String,
    },
    /// A rule is lowered by a rule that is not priced before it.
    NotPricedBefore {
        file: String,
        /// Id of the rule that lowers.
        id: String,
    },
    /// A variant takes back the exclusion of a group that the law does not exclude on the day; or a variant removes a
    /// key other than `ceiling`.
    NothingToRemove {
        file: String,
        line: usize,
        /// Code of the group, or the key.
        key: String,
        day: Day,
    },
    /// Two variants set the same key of one rule differently on a common day.
    Conflict {
        /// Id of the first variant.
        one: String,
        /// Id of the second variant.
        other: String,
        key: String,
        /// Value in the first variant.
        first: String,
        /// Value in the second variant.
        second: String,
    },
    /// A value is missing on a day on which the rule is in force.
    Gap(Gap),
    /// A choice that must have the same reading on all days changes from one row to the next.
    ChangingChoice {
        file: String,
        /// Line of the first row with another reading.
        line: usize,
        key: String,
    },
}

words::english_error!(BookError);

impl Said for BookError {
    fn said(&self) -> Message {
        match self {
            BookError::Rule(inner) => inner.said(),
            BookError::Twice(value) => message!("error.book.twice", value),
            BookError::TwoFor { instrument, one, other } => {
                message!("error.book.two_for", one, other, instrument)
            }
            BookError::NoneFor(value) => message!("error.book.none_for", value),
            BookError::Misnamed { file, id } => message!("error.book.misnamed", file, id),
            BookError::NoSuchRule { file, id } => message!("error.book.no_such_rule", file, id),
            BookError::NotPricedBefore { file, id } => message!("error.book.not_priced_before", file, id),
            BookError::NothingToRemove { file, line, key, day } => {
                message!("error.book.nothing_to_remove", file, line, key, day)
            }
            BookError::Conflict { one, other, key, first, second } => {
                message!("error.book.conflict", one, other, key, first, second)
            }
            BookError::Gap(gap) => gap.said(),
            BookError::ChangingChoice { file, line, key } => {
                message!("error.book.changing_choice", file, line, key)
            }
        }
    }
}

impl From<Gap> for BookError {
    fn from(gap: Gap) -> BookError {
        BookError::Gap(gap)
    }
}

impl From<RuleError> for BookError {
    fn from(error: RuleError) -> BookError {
        BookError::Rule(error)
    }
}

/// The law, with any variants laid over it.
#[derive(Debug, Clone)]
pub struct LawBook {
    agreements: Agreements,
    rules: BTreeMap<String, RuleFile>,
    variants: Vec<VariantFile>,
}

/// The day that decides which rule version and month a contact falls under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatedBy {
    Discharge,
    Admission,
}

impl DatedBy {
    /// The reading that a word of the choice `dated_by` stands for; `None` if the word is unknown.
    pub fn from_word(word: &str) -> Option<DatedBy> {
        match word {
            "discharge" => Some(DatedBy::Discharge),
            "admission" => Some(DatedBy::Admission),
            _ => None,
        }
    }
}

/// First and last year that a book covers.
const HORIZON: (i16, i16) = (2000, 2050);

impl LawBook {
    /// A book of rule files without variants. `files` are pairs of file name and text; a file called
    /// `agreements.toml` holds cooperation agreements.
    ///
    /// # Errors
    /// Fails if a file is wrong or has another id than its name, if two rules have the same id or instrument, if a
    /// rule refers to a missing rule or is lowered by a rule that is not priced before it, or if `dated_by` or
    /// `residence_on` changes over time.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<LawBook, BookError> {
        let mut rules = BTreeMap::new();
        let mut agreements = Agreements::default();
        for (name, text) in files {
            if name.strip_suffix(".toml").map(stem) == Some(agreement::FILE) {
                agreements = Agreements::parse(name, text)?;
                continue;
            }
            let rule = RuleFile::parse(name, text)?;
            if name.strip_suffix(".toml").map(stem) != Some(rule.id.as_str()) {
                return Err(BookError::Misnamed { file: name.into(), id: rule.id });
            }
            let id = rule.id.clone();
            if rules.insert(id.clone(), rule).is_some() {
                return Err(BookError::Twice(id));
            }
        }
        for rule in rules.values() {
            let rule: &RuleFile = rule;
            let same = |other: &&RuleFile| other.instrument == rule.instrument && other.id > rule.id;
            if let Some(other) = rules.values().find(same) {
                let (one, other) = (rule.id.clone(), other.id.clone());
                return Err(BookError::TwoFor { instrument: rule.instrument, one, other });
            }
            let named = |id: &String| {
                let missing = || BookError::NoSuchRule { file: rule.file.clone(), id: id.clone() };
                rules.get(id).ok_or_else(missing)
            };
            rule.unit_price_of.as_ref().map(named).transpose()?;
            for id in rule.lowered_by.iter().map(|row| &row.value.rule) {
                let (by, own) = (place_of(named(id)?.instrument), place_of(rule.instrument));
                if by.is_none() || by >= own {
                    return Err(BookError::NotPricedBefore { file: rule.file.clone(), id: id.clone() });
                }
            }
            for key in ["dated_by", "residence_on"] {
                unchanging(rule, key)?;
            }
        }
        Ok(LawBook { agreements, rules, variants: Vec::new() })
    }

    /// The book of the rules that are built into the program.
    ///
    /// # Errors
    /// Fails if a built-in rule is wrong, which the tests rule out.
    pub fn built_in() -> Result<LawBook, BookError> {
        LawBook::new(crate::built_in::LAW.iter().copied())
    }

    /// The same book with variants laid over it, in any order.
    ///
    /// # Errors
    /// Fails if a variant is wrong or has another id than its name, departs from a rule that is missing, or
    /// conflicts with another variant.
    pub fn with_variants<'a>(
        mut self,
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<LawBook, BookError> {
        for (name, text) in files {
            let variant = VariantFile::parse(name, text)?;
            if name.strip_suffix(".toml").map(stem) != Some(variant.id.as_str()) {
                return Err(BookError::Misnamed { file: name.into(), id: variant.id });
            }
            if !self.rules.contains_key(&variant.departs_from) {
                return Err(BookError::NoSuchRule { file: variant.file, id: variant.departs_from });
            }
            for other in &self.variants {
                conflict(other, &variant)?;
            }
            self.variants.push(variant);
        }
        // The order in which variants were handed in must not matter.
        self.variants.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(self)
    }

    /// The same book with the readings of a rule replaced on every day, as a case may ask. `readings` are pairs
    /// of choice and reading.
    ///
    /// # Errors
    /// Fails if the rule, a choice or a reading is unknown, or a variant sets a choice to another reading.
    pub fn with_readings(self, rule: &str, readings: &[(&str, &str)]) -> Result<LawBook, BookError> {
        let set: String = readings.iter().map(|(key, value)| format!("{key} = {value:?}\n")).collect();
        let text = format!(
            "id = \"reading\"\ntitle = \"lesning\"\nquestion = \"\"\ndeparts_from = {rule:?}\n\
             from = {}-01-01\nto = {}-12-31\n[set.choice]\n{set}[source]\ntitle = \"tilfelle\"\nconfidence = \"C\"\n",
            HORIZON.0, HORIZON.1
        );
        self.with_variants([("reading.toml", text.as_str())])
    }

    /// The cooperation agreements.
    pub fn agreements(&self) -> &Agreements {
        &self.agreements
    }

    /// The rules, in order of id.
    pub fn rules(&self) -> impl Iterator<Item = &RuleFile> {
        self.rules.values()
    }

    /// The variants, in order of id.
    pub fn variants(&self) -> &[VariantFile] {
        &self.variants
    }

    /// The rule with an id; `None` if no rule has the id.
    pub fn rule(&self, id: &str) -> Option<&RuleFile> {
        self.rules.get(id)
    }

    /// The rule whose charges belong to an instrument.
    ///
    /// # Errors
    /// Fails if the instrument has no rule.
    pub fn rule_of(&self, instrument: Instrument) -> Result<&RuleFile, BookError> {
        let rule = self.rules.values().find(|rule| rule.instrument == instrument);
        rule.ok_or(BookError::NoneFor(instrument))
    }

    /// The day by which the rule of a contact is looked up: the choice of a variant or of the rule, else the
    /// day of discharge.
    pub fn dated_by(&self, rule: &RuleFile) -> DatedBy {
        let set = self
            .variants
            .iter()
            .filter(|variant| variant.departs_from == rule.id)
            .find_map(|variant| variant.set.choice.get("dated_by"));
        let stated = rule.choice.iter().find(|row| row.value.key == "dated_by").map(|row| &row.value.value);
        let stated = set.or(stated).map(|word| read_word(word, DatedBy::from_word));
        stated.unwrap_or(DatedBy::Discharge)
    }

    /// The segments of a share rule, which cover every day from 2000 to 2050.
    ///
    /// # Errors
    /// Fails if no rule has the id, or a variant removes something that the law does not have.
    pub fn share_rule(&self, id: &str) -> Result<Vec<Segment<ShareRule>>, BookError> {
        self.segments(id, |rule, day| self.resolve_share(rule, day))
    }

    /// The segments of a day-rate rule, which cover every day from 2000 to 2050.
    ///
    /// # Errors
    /// Fails if no rule has the id.
    pub fn day_rate_rule(&self, id: &str) -> Result<Vec<Segment<DayRateRule>>, BookError> {
        self.segments(id, |rule, day| self.resolve_day_rate(rule, day))
    }

    /// The days on which a segment may begin, in order: the first day of 2000, the first day of each dated row and
    /// of each variant, and the day after each last day. The rows are those of the rule, of its variants, and of
    /// any other rule whose unit price the rule uses.
    fn boundaries(&self, rule: &RuleFile) -> Vec<Day> {
        let mut days = vec![Day::new(HORIZON.0, 1, 1).unwrap_or(Day::from_number(0))];
        let mut add = |from: Day, to: Option<Day>| {
            days.push(from);
            days.extend(to.map(Day::next));
        };
        let priced = rule.unit_price_of.as_ref().and_then(|id| self.rules.get(id));
        for rule in [Some(rule), priced].into_iter().flatten() {
            for (_, dates) in rule.dated_rows() {
                add(dates.from, dates.to);
            }
        }
        // A variant of the rule whose price is leaned on may change the price.
        let variants = [Some(rule), priced].into_iter().flatten().flat_map(|rule| self.variants_of(rule));
        for variant in variants {
            add(variant.from, Some(variant.to));
            for row in &variant.add {
                add(row.dates.from, row.dates.to);
            }
        }
        days.sort();
        days.dedup();
        let first = days[0];
        days.retain(|day| *day >= first);
        days
    }

    fn variants_of<'a>(&'a self, rule: &'a RuleFile) -> impl Iterator<Item = &'a VariantFile> {
        self.variants.iter().filter(|variant| variant.departs_from == rule.id)
    }

    fn segments<T>(
        &self,
        id: &str,
        resolve: impl Fn(&RuleFile, Day) -> Result<Option<Resolved<T>>, BookError>,
    ) -> Result<Vec<Segment<T>>, BookError>
    where
        T: HasVersion,
    {
        let rule = self
            .rules
            .get(id)
            .ok_or_else(|| BookError::NoSuchRule { file: "the book".into(), id: id.to_owned() })?;
        let days = self.boundaries(rule);
        let end = Day::new(HORIZON.1, 12, 31).unwrap_or(Day::from_number(0));
        let mut out: Vec<Segment<T>> = Vec::new();
        let mut last_digest = None;
        for (place, from) in days.iter().enumerate() {
            let to = days.get(place + 1).map_or(end, |next| next.previous());
            let resolved = match resolve(rule, *from) {
                Err(BookError::Gap(gap)) => {
                    out.push(Segment { from: *from, to, standing: Standing::Missing(gap), used: Vec::new() });
                    last_digest = None;
                    continue;
                }
                other => other?,
            };
            let digest = resolved.as_ref().map(|resolved| resolved.digest(id));
            // No resolved value has changed, so the same version goes on.
            if let (Some(last), true) = (out.last_mut(), last_digest == Some(digest.clone())) {
                last.to = to;
                continue;
            }
            let segment = match resolved {
                None => Segment { from: *from, to, standing: Standing::NotInForce, used: Vec::new() },
                Some(mut resolved) => {
                    let digest = digest.clone().unwrap_or_default();
                    resolved.rule.set_version(Version { rule: id.to_owned(), from: *from, digest });
                    Segment {
                        from: *from,
                        to,
                        standing: Standing::InForce(resolved.rule),
                        used: resolved.used,
                    }
                }
            };
            out.push(segment);
            last_digest = Some(digest);
        }
        Ok(out)
    }

    fn resolve_share(&self, file: &RuleFile, day: Day) -> Result<Option<Resolved<ShareRule>>, BookError> {
        let overlay = Overlay::new(file, self.variants_of(file).filter(|variant| variant.holds(day)), day);
        if !overlay.in_force() {
            return Ok(None);
        }
        let mut used = overlay.used_in_force();
        let mut keep = |provenance: Provenance| {
            used.push(provenance.clone());
            provenance
        };
        let (sectors, care_levels, unit_kinds, covers) = overlay.covers(&mut keep)?;
        let outside = overlay.outside(&mut keep)?;
        let age = overlay.age(&mut keep);
        let tariffs = overlay.tariffs(&mut keep);
        let percent = overlay.number("share", &file.share, |row| row.percent, |set| set.percent)?;
        let (percent, place) = percent.ok_or_else(|| overlay.gap("share"))?;
        let share = Share::from_basis_points(percent * 100).unwrap_or(Share::NONE);
        let share = (share, keep(place));
        let unit_price = self.unit_price(file, day, &overlay)?;
        let unit_price = (unit_price.0, keep(unit_price.1));
        let ceiling = match overlay.removes("ceiling") {
            true => None,
            false => overlay
                .number("ceiling", &file.ceiling, |row| row.points_per_stay, |set| set.points_per_stay)?
                .map(|(points, place)| (Points::from_milli(points * Points::PER_POINT), keep(place))),
        };
        let lowered_by = file.lowered_by.iter().find(|row| row.dates.holds(overlay.base));
        let lowered_by = lowered_by.and_then(|row| {
            let id = &row.value.rule;
            let by = self.rules.get(id)?.instrument;
            Some((by, keep(provenance(file, &row.dates, "lowered_by", id))))
        });
        let payment = keep(overlay.payment()?);
        // Only a rule that another rule lowers has the choice `rounded`. The choice is also missing in rule files that
        // were kept with settlements before the choice was introduced.
        let rounded = match overlay.choice("rounded") {
            Some(choice) => read(choice, RoundedWhen::from_word),
            None => (RoundedWhen::Difference, covers.clone()),
        };
        let choices = overlay.choices(&mut keep);
        let rule = ShareRule {
            version: Version { rule: file.id.clone(), from: day, digest: String::new() },
            instrument: file.instrument,
            sectors,
            care_levels,
            unit_kinds,
            covers,
            outside,
            age,
            tariffs,
            share,
            unit_price,
            ceiling,
            lowered_by,
            rounded,
            payment,
            choices,
        };
        Ok(Some(Resolved { rule, used }))
    }

    /// The unit price of the day itself, even if a variant takes the rest of the law from another day.
    fn unit_price(
        &self,
        file: &RuleFile,
        day: Day,
        overlay: &Overlay,
    ) -> Result<(Amount, Provenance), BookError> {
        let priced = file.unit_price_of.as_ref().and_then(|id| self.rules.get(id)).unwrap_or(file);
        // The price is written once: a variant that changes the price of the rule that is leaned on changes this one too,
        // also where the law repeats it (2012).
        let of_other = self
            .variants_of(priced)
            .filter(|variant| variant.holds(day))
            .find_map(|variant| Some((variant, variant.set.kroner_per_point?)));
        if let Some((variant, kroner)) = overlay.set(|set| set.kroner_per_point).or(of_other) {
            return Ok((kroner_amount(kroner), variant_place(variant, "unit_price", &kroner.to_string())));
        }
        let of = |file: &'_ RuleFile| file.unit_price.iter().position(|row| row.dates.holds(day));
        // In the law, a rule's own price comes before the price of the rule that it leans on; both are the same price.
        let (priced, place) = match (of(file), of(priced)) {
            (Some(place), _) => (file, place),
            (None, Some(place)) => (priced, place),
            (None, None) => return Err(gap(&priced.file, "unit_price", day)),
        };
        let row = &priced.unit_price[place];
        let kroner = row.value.kroner_per_point;
        Ok((kroner_amount(kroner), provenance(priced, &row.dates, "unit_price", &kroner.to_string())))
    }

    fn resolve_day_rate(
        &self,
        file: &RuleFile,
        day: Day,
    ) -> Result<Option<Resolved<DayRateRule>>, BookError> {
        let overlay = Overlay::new(file, self.variants_of(file).filter(|variant| variant.holds(day)), day);
        if !overlay.in_force() {
            return Ok(None);
        }
        let mut used = overlay.used_in_force();
        let mut keep = |provenance: Provenance| {
            used.push(provenance.clone());
            provenance
        };
        let (sectors, care_levels, unit_kinds, covers) = overlay.covers(&mut keep)?;
        let row = file.covers.iter().find(|row| row.dates.holds(overlay.base));
        let liable = row.and_then(|row| row.value.liable).ok_or_else(|| overlay.gap("liable"))?;
        let notified_sectors = row.and_then(|row| row.value.notified_sectors.clone()).unwrap_or_default();
        // The rate of the day itself. Without it, days are found and not priced.
        let rate = match overlay.set(|set| set.kroner_per_day) {
            Some((variant, kroner)) => Some((kroner, variant_place(variant, "rate", &kroner.to_string()))),
            None => file.rate.iter().find(|row| row.dates.holds(day)).map(|row| {
                let kroner = row.value.kroner_per_day;
                (kroner, provenance(file, &row.dates, "rate", &kroner.to_string()))
            }),
        };
        let rate = rate.map(|(kroner, place)| (kroner_amount(kroner), keep(place)));
        let choice = |key: &'static str| -> Result<(String, Provenance), BookError> {
            overlay.choice(key).ok_or_else(|| overlay.gap(key))
        };
        let first = read(choice("first")?, FirstDay::from_word);
        let departure_day = read(choice("departure_day")?, DepartureDay::from_word);
        let admission_notice = read(choice("admission_notice")?, AdmissionNotice::from_word);
        // Rule files kept with settlements from before `early_answer` was introduced lack this choice. Those
        // settlements followed the reading `CountsForNothing`.
        let early_answer = match overlay.choice("early_answer") {
            Some(choice) => read(choice, EarlyAnswer::from_word),
            None => (EarlyAnswer::CountsForNothing, covers.clone()),
        };
        let grace_hours = read(choice("grace_hours")?, |word| word.parse().ok());
        let payment = keep(overlay.payment()?);
        let rule = DayRateRule {
            version: Version { rule: file.id.clone(), from: day, digest: String::new() },
            sectors,
            care_levels,
            notified_sectors,
            unit_kinds,
            liable,
            covers,
            rate,
            first,
            departure_day,
            admission_notice,
            early_answer,
            grace_hours,
            payment,
            choices: overlay.choices(&mut keep),
        };
        Ok(Some(Resolved { rule, used }))
    }
}

/// Turns the word of a choice into its reading.
fn read<T>(choice: (String, Provenance), of: impl Fn(&str) -> Option<T>) -> (T, Provenance) {
    (read_word(&choice.0, of), choice.1)
}

/// Turns a word into its reading. The file reader refuses words that are not in [`crate::file::CHOICES`], so
/// a word without a reading is a fault of the program.
fn read_word<T>(word: &str, of: impl Fn(&str) -> Option<T>) -> T {
    match of(word) {
        Some(reading) => reading,
        None => unreachable!("'{word}' is a known choice that has no reading"),
    }
}

fn stem(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn kroner_amount(kroner: i64) -> Amount {
    // The file reader has checked that the number is from 0 to 10 million.
    Amount::from_kroner(kroner).unwrap_or(Amount::ZERO)
}

fn unchanging(rule: &RuleFile, key: &str) -> Result<(), BookError> {
    let mut rows = rule.choice.iter().filter(|row| row.value.key == key);
    let Some(first) = rows.next() else { return Ok(()) };
    match rows.find(|row| row.value.value != first.value.value) {
        None => Ok(()),
        Some(row) => Err(BookError::ChangingChoice {
            file: rule.file.clone(),
            line: row.dates.line,
            key: key.to_owned(),
        }),
    }
}

/// A rule whose version is set after its values are resolved.
trait HasVersion {
    fn set_version(&mut self, version: Version);
}

impl HasVersion for ShareRule {
    fn set_version(&mut self, version: Version) {
        self.version = version;
    }
}

impl HasVersion for DayRateRule {
    fn set_version(&mut self, version: Version) {
        self.version = version;
    }
}

struct Resolved<T> {
    rule: T,
    used: Vec<Provenance>,
}

impl<T> Resolved<T> {
    /// First four bytes, in hexadecimal digits, of a digest of the rule's id and of every key and value, in order.
    /// Lines, sources and remarks do not count.
    fn digest(&self, id: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(id.as_bytes());
        for used in &self.used {
            hash.update(format!("\n{}={}", used.key, used.value).as_bytes());
        }
        let bytes = hash.finalize();
        bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }
}

fn provenance(file: &RuleFile, dates: &Dates, key: &str, value: &str) -> Provenance {
    let source = file.sources.get(&dates.source);
    let title = source.map_or_else(|| dates.source.clone(), |source| source.title.clone());
    Provenance {
        rule: file.id.clone(),
        key: key.to_owned(),
        value: value.to_owned(),
        file: file.file.clone(),
        line: dates.line,
        from: dates.from,
        to: dates.to,
        confidence: dates.confidence,
        cite: dates.cite.clone().unwrap_or_else(|| title.clone()),
        source: title,
        signed_off: source.is_some_and(|source| source.signed_off.is_some()),
    }
}

fn variant_place(variant: &VariantFile, key: &str, value: &str) -> Provenance {
    Provenance {
        rule: variant.id.clone(),
        key: key.to_owned(),
        value: value.to_owned(),
        file: variant.file.clone(),
        line: variant.line,
        from: variant.from,
        to: Some(variant.to),
        confidence: variant.source.confidence,
        source: variant.source.title.clone(),
        cite: variant.title.clone(),
        signed_off: false,
    }
}

type Covered = (Vec<domain::Sector>, Vec<domain::CareLevel>, Vec<domain::UnitKind>, Provenance);

/// A rule file overlaid with the variants that hold on a day.
struct Overlay<'a> {
    file: &'a RuleFile,
    variants: Vec<&'a VariantFile>,
    /// Day whose law is the base: a variant's `law_as_of`, else the day itself.
    base: Day,
    day: Day,
}

impl<'a> Overlay<'a> {
    fn new(file: &'a RuleFile, variants: impl Iterator<Item = &'a VariantFile>, day: Day) -> Self {
        let variants: Vec<&VariantFile> = variants.collect();
        let base = variants.iter().find_map(|variant| variant.law_as_of).unwrap_or(day);
        Overlay { file, variants, base, day }
    }

    fn in_force(&self) -> bool {
        self.file.in_force.iter().any(|row| row.dates.holds(self.base))
    }

    fn used_in_force(&self) -> Vec<Provenance> {
        let row = self.file.in_force.iter().find(|row| row.dates.holds(self.base));
        row.map(|row| provenance(self.file, &row.dates, "in_force", "yes")).into_iter().collect()
    }

    fn gap(&self, key: &'static str) -> BookError {
        gap(&self.file.file, key, self.day)
    }

    fn set<T>(&self, get: impl Fn(&crate::file::SetTable) -> Option<T>) -> Option<(&'a VariantFile, T)> {
        self.variants.iter().find_map(|variant| get(&variant.set).map(|value| (*variant, value)))
    }

    fn removes(&self, key: &str) -> bool {
        self.variants.iter().any(|variant| variant.remove.keys.iter().any(|removed| removed == key))
    }

    fn number<T>(
        &self,
        key: &'static str,
        rows: &[Row<T>],
        value: impl Fn(&T) -> i64,
        set: impl Fn(&crate::file::SetTable) -> Option<i64>,
    ) -> Result<Option<(i64, Provenance)>, BookError> {
        if let Some((variant, number)) = self.set(set) {
            return Ok(Some((number, variant_place(variant, key, &number.to_string()))));
        }
        Ok(rows.iter().find(|row| row.dates.holds(self.base)).map(|row| {
            let number = value(&row.value);
            (number, provenance(self.file, &row.dates, key, &number.to_string()))
        }))
    }

    fn covers(&self, keep: &mut impl FnMut(Provenance) -> Provenance) -> Result<Covered, BookError> {
        let row = self.file.covers.iter().find(|row| row.dates.holds(self.base));
        let row = row.ok_or_else(|| self.gap("covers"))?;
        let mut place = provenance(self.file, &row.dates, "covers", "");
        let sectors = self.set(|set| set.sectors.clone());
        let care_levels = self.set(|set| set.care_levels.clone());
        let unit_kinds = self.set(|set| set.unit_kinds.clone());
        let liable = match row.value.liable {
            None => "",
            Some(Liable::MunicipalityOfRegistration) => " / municipality-of-registration",
            Some(Liable::MunicipalityOfStay) => " / municipality-of-stay",
        };
        let notified = match &row.value.notified_sectors {
            None => String::new(),
            Some(sectors) => format!(" / notified {}", words(sectors)),
        };
        if let Some(variant) = [
            sectors.as_ref().map(|set| set.0),
            care_levels.as_ref().map(|set| set.0),
            unit_kinds.as_ref().map(|set| set.0),
        ]
        .into_iter()
        .flatten()
        .next()
        {
            place = variant_place(variant, "covers", "");
        }
        let sectors = sectors.map(|set| set.1).or(row.value.sectors.clone()).unwrap_or_default();
        let care_levels = care_levels.map(|set| set.1).or(row.value.care_levels.clone()).unwrap_or_default();
        let unit_kinds = unit_kinds.map(|set| set.1).or(row.value.unit_kinds.clone()).unwrap_or_default();
        place.value = format!(
            "{} / {} / {}{liable}{notified}",
            words(&sectors),
            words(&care_levels),
            words(&unit_kinds)
        );
        Ok((sectors, care_levels, unit_kinds, keep(place)))
    }

    fn outside(
        &self,
        keep: &mut impl FnMut(Provenance) -> Provenance,
    ) -> Result<Vec<OutsideTest>, BookError> {
        let mut tests = Vec::new();
        for row in self.file.outside.iter().filter(|row| row.dates.holds(self.base)) {
            let code = &row.value.code;
            if self.variants.iter().any(|variant| variant.remove.outside.contains(code)) {
                continue;
            }
            let value = row.value.when.to_string();
            let place = provenance(self.file, &row.dates, &format!("outside {code}"), &value);
            tests.push(OutsideTest {
                code: code.clone(),
                title: row.value.title.clone(),
                when: row.value.when.clone(),
                provenance: keep(place),
            });
        }
        for variant in &self.variants {
            for code in &variant.remove.outside {
                let there =
                    self.file.outside.iter().any(|row| row.dates.holds(self.base) && row.value.code == *code);
                if !there {
                    return Err(self.nothing_to_remove(variant, code));
                }
            }
            if let Some(key) = variant.remove.keys.iter().find(|key| *key != "ceiling") {
                return Err(self.nothing_to_remove(variant, key));
            }
        }
        Ok(tests)
    }

    fn nothing_to_remove(&self, variant: &VariantFile, key: &str) -> BookError {
        BookError::NothingToRemove {
            file: variant.file.clone(),
            line: variant.line,
            key: key.to_owned(),
            day: self.base,
        }
    }

    fn age(
        &self,
        keep: &mut impl FnMut(Provenance) -> Provenance,
    ) -> Option<(crate::file::AgeLimit, Provenance)> {
        let (variant, limit) = self.set(|set| set.age)?;
        Some((limit, keep(variant_place(variant, "age", &limit.at_least.to_string()))))
    }

    fn tariffs(&self, keep: &mut impl FnMut(Provenance) -> Provenance) -> Vec<TariffTest> {
        let mut out = Vec::new();
        for variant in &self.variants {
            for row in variant.add.iter().filter(|row| row.dates.holds(self.day)) {
                let tariff = &row.value;
                let mut place =
                    variant_place(variant, &format!("tariff {}", tariff.code), &tariff.to_string());
                place.line = row.dates.line;
                place.confidence = row.dates.confidence;
                out.push(TariffTest {
                    code: tariff.code.clone(),
                    title: tariff.title.clone(),
                    when: tariff.when.clone(),
                    per_day: kroner_amount(tariff.kroner_per_day.unwrap_or(0)),
                    per_visit: kroner_amount(tariff.kroner_per_visit.unwrap_or(0)),
                    of_fee: tariff.of_fee.unwrap_or(false),
                    provenance: keep(place),
                });
            }
        }
        out
    }

    fn payment(&self) -> Result<Provenance, BookError> {
        let row = self.file.payment.iter().find(|row| row.dates.holds(self.base));
        let row = row.ok_or_else(|| self.gap("payment"))?;
        let value = format!("{} to {}", row.value.debtor, row.value.creditor);
        Ok(provenance(self.file, &row.dates, "payment", &value))
    }

    fn choice(&self, key: &str) -> Option<(String, Provenance)> {
        if let Some((variant, value)) = self.set(|set| set.choice.get(key).cloned()) {
            let place = variant_place(variant, &format!("choice {key}"), &value);
            return Some((value, place));
        }
        let row = self.file.choice.iter().find(|row| row.value.key == key && row.dates.holds(self.base))?;
        let place = provenance(self.file, &row.dates, &format!("choice {key}"), &row.value.value);
        Some((row.value.value.clone(), place))
    }

    fn choices(&self, keep: &mut impl FnMut(Provenance) -> Provenance) -> Vec<(String, String, Provenance)> {
        let mut keys: Vec<&str> = self.file.choice.iter().map(|row| row.value.key.as_str()).collect();
        keys.extend(self.variants.iter().flat_map(|variant| variant.set.choice.keys().map(String::as_str)));
        keys.sort_unstable();
        keys.dedup();
        let mut out = Vec::new();
        for key in keys {
            if let Some((value, place)) = self.choice(key) {
                out.push((key.to_owned(), value, keep(place)));
            }
        }
        out
    }
}

fn words<T: std::fmt::Display>(list: &[T]) -> String {
    list.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

fn gap(file: &str, key: &str, day: Day) -> BookError {
    BookError::Gap(Gap { file: file.to_owned(), key: key.to_owned(), day })
}

/// Checks that two variants of one rule do not set the same key differently on a common day.
fn conflict(one: &VariantFile, other: &VariantFile) -> Result<(), BookError> {
    let common = std::cmp::max(one.from, other.from) <= std::cmp::min(one.to, other.to);
    if one.departs_from != other.departs_from || !common {
        return Ok(());
    }
    let mine = leaves(one);
    for (key, second) in leaves(other) {
        if let Some(first) = mine.get(&key).filter(|first| **first != second) {
            return Err(BookError::Conflict {
                one: one.id.clone(),
                other: other.id.clone(),
                key,
                first: first.clone(),
                second,
            });
        }
    }
    Ok(())
}

fn leaves(variant: &VariantFile) -> BTreeMap<String, String> {
    let set = &variant.set;
    let mut out = BTreeMap::new();
    let numbers = [
        ("percent", set.percent),
        ("ceiling", set.points_per_stay),
        ("kroner_per_day", set.kroner_per_day),
        ("kroner_per_point", set.kroner_per_point),
        ("age", set.age.map(|age| i64::from(age.at_least))),
    ];
    for (key, value) in numbers {
        if let Some(value) = value {
            out.insert(key.to_owned(), value.to_string());
        }
    }
    let lists = [
        ("sectors", set.sectors.as_ref().map(|list| words(list))),
        ("care_levels", set.care_levels.as_ref().map(|list| words(list))),
        ("unit_kinds", set.unit_kinds.as_ref().map(|list| words(list))),
        ("law_as_of", variant.law_as_of.map(|day| day.to_string())),
    ];
    for (key, value) in lists {
        if let Some(value) = value {
            out.insert(key.to_owned(), value);
        }
    }
    for (key, value) in &set.choice {
        out.insert(format!("choice {key}"), value.clone());
    }
    for key in &variant.remove.keys {
        out.insert(key.clone(), "removed".to_owned());
    }
    for row in &variant.add {
        out.insert(format!("tariff {}", row.value.code), row.value.to_string());
    }
    out
}
