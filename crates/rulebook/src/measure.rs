//! Measures (`tiltak`): changed behaviour as small dated files. A measure states which contacts or days it
//! reaches, what part of them goes away, who pays what, and the source of each figure. No effect is guessed:
//! where a measure states none, the scenario must.

use std::collections::BTreeMap;
use words::{Message, message};

use domain::diagnosis::is_code;
use domain::{Share, Urgency};
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use crate::calculation::share_of_drg_price::{Facts, meets};
use crate::file::{Confidence, Fault, Row, RuleError, Source, Text, When};

/// The contacts or payable days that a measure reaches. Every stated condition must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What the measure reduces: contacts or payable days.
    #[serde(default)]
    pub of: Of,
    /// Condition on the facts of a contact; empty reaches every contact.
    #[serde(default)]
    pub when: When,
    /// Lowest age that is reached, in years.
    pub at_least: Option<u16>,
    /// Lowest age that is no longer reached, in years.
    pub below: Option<u16>,
    pub urgency: Option<Urgency>,
    /// Beginnings of the code of the main diagnosis, without a point; `None` reaches every diagnosis.
    pub diagnoses: Option<Vec<String>>,
    /// `true` reaches readmissions only, `false` other contacts only; `None` reaches both.
    pub readmitted: Option<bool>,
}

/// What a measure reduces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    #[default]
    Contacts,
    /// Payable days of patients who are ready for discharge.
    Days,
}

impl Target {
    /// Whether a contact is reached; `None` if the facts at hand cannot decide it. `diagnosis` is the code of the main diagnosis,
    /// or as much of it as the measure asks for; `None` if it is unknown. A measure of payable days reaches no contact.
    pub fn reaches(
        &self,
        facts: &Facts,
        urgency: Urgency,
        readmitted: bool,
        diagnosis: Option<&str>,
    ) -> Option<bool> {
        if self.of != Of::Contacts {
            return Some(false);
        }
        let age = match (self.at_least.is_some() || self.below.is_some(), facts.age) {
            (false, _) => Some(true),
            (true, None) => None,
            (true, Some(age)) => Some(self.holds_age(age)),
        };
        let urgent = match (self.urgency, urgency) {
            (None, _) => Some(true),
            (Some(_), Urgency::Unknown) => None,
            (Some(wanted), known) => Some(wanted == known),
        };
        let again = self.readmitted.is_none_or(|wanted| wanted == readmitted);
        let diagnosed = match (&self.diagnoses, diagnosis) {
            (None, _) => Some(true),
            (Some(_), None) => None,
            (Some(wanted), Some(code)) => Some(wanted.iter().any(|start| code.starts_with(start.as_str()))),
        };
        let answers = [age, urgent, Some(again), diagnosed, meets(&self.when, facts)];
        match answers.contains(&Some(false)) {
            true => Some(false),
            false => answers.iter().all(Option::is_some).then_some(true),
        }
    }

    /// Whether an age is reached.
    pub fn holds_age(&self, age: u16) -> bool {
        self.at_least.is_none_or(|limit| age >= limit) && self.below.is_none_or(|limit| age < limit)
    }

    /// Whether the payable days of a patient are reached. An unknown age counts as reached.
    pub fn reaches_days(&self, age: Option<u16>) -> bool {
        self.of == Of::Days && age.is_none_or(|age| self.holds_age(age))
    }
}

/// Part of the target that goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// Lowest estimate; `None` if no range was found.
    pub low: Option<Share>,
    /// Most likely estimate; `None` if no figure was found.
    pub likely: Option<Share>,
    /// Highest estimate; `None` if no range was found.
    pub high: Option<Share>,
    /// Months from the start of the measure until it has effect.
    pub delay_months: u16,
}

/// A cost of a measure, and the party that pays it, as the measure describes it. Cash flows are computed from the costs
/// that an agreement on the measure states, not from this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// One of [`PARTIES`].
    pub party: String,
    /// Norwegian description of what is paid for.
    pub what: String,
    pub per: Per,
    /// Whole kroner; `None` if no figure was found.
    pub kroner: Option<i64>,
}

/// What a cost is multiplied by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// Once, when the measure begins.
    Once,
    Year,
    /// Each inhabitant, every year.
    Inhabitant,
    /// Each contact that goes away.
    AvoidedContact,
    /// Each payable day that goes away.
    AvoidedDay,
}

/// Visits to general practitioners that replace contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gp {
    /// Visits that replace one contact.
    pub visits_per_contact: u32,
    /// Added visits of one practitioner in a year, as published.
    pub published_visits: u32,
    /// All visits of one practitioner in a year, as published.
    pub visits_a_year: u32,
}

/// A measure, read from its file and checked.
#[derive(Debug, Clone)]
pub struct Measure {
    pub file: String,
    /// Id. That of a built-in measure is the stem of its file's name.
    pub id: String,
    /// Norwegian title.
    pub title: String,
    /// Norwegian description.
    pub about: String,
    pub target: Target,
    pub effect: Vec<Row<Effect>>,
    pub cost: Vec<Row<Cost>>,
    /// Visits that replace contacts; `None` if there are none.
    pub gp: Option<Gp>,
    pub sources: BTreeMap<String, Source>,
}

/// A percentage in a TOML file: `10`, or `"2,5"` with decimals.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Percent {
    Whole(i64),
    Text(String),
}

impl Percent {
    fn share(&self) -> Option<Share> {
        match self {
            Percent::Whole(percent) => Share::from_basis_points(percent.checked_mul(100)?),
            Percent::Text(text) => percent(text),
        }
    }

    fn shown(&self) -> String {
        match self {
            Percent::Whole(percent) => percent.to_string(),
            Percent::Text(text) => text.clone(),
        }
    }
}

/// Reads a share in per cent, as people write it: `10 %` or `2,5`.
///
/// `None` if the number is not from 0 to 100, has a minus sign, or has more than two decimals.
pub fn percent(text: &str) -> Option<Share> {
    let text = text.trim().trim_end_matches('%').trim_end();
    let (whole, rest) = text.split_once([',', '.']).unwrap_or((text, ""));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || whole.len() > 3 || rest.len() > 2 || !(rest.is_empty() || digits(rest)) {
        return None;
    }
    Share::from_basis_points(format!("{whole}{rest:0<2}").parse().ok()?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMeasure {
    id: String,
    title: String,
    about: String,
    target: Target,
    effect: Vec<RawEffect>,
    #[serde(default)]
    cost: Vec<RawCost>,
    gp: Option<Gp>,
    #[serde(default)]
    sources: BTreeMap<String, Source>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEffect {
    from: Spanned<Datetime>,
    to: Option<Datetime>,
    low: Option<Percent>,
    likely: Option<Percent>,
    high: Option<Percent>,
    #[serde(default)]
    delay_months: u16,
    confidence: Confidence,
    source: String,
    why: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCost {
    from: Spanned<Datetime>,
    to: Option<Datetime>,
    party: String,
    what: String,
    per: Per,
    kroner: Option<i64>,
    confidence: Confidence,
    source: String,
}

/// Parties of a cash flow.
pub const PARTIES: &[&str] = &["municipality", "trust", "regional-authority", "state", "gp", "patient"];

impl Measure {
    /// Reads and checks the text of a measure.
    ///
    /// # Errors
    /// Fails with file and line if the text is not TOML; if a key, party or source is unknown; if an effect
    /// is not from 0 to 100 per cent, or low, likely and high do not ascend; or if two effects hold on the
    /// same day.
    pub fn parse(file: &str, text: &str) -> Result<Measure, RuleError> {
        let text = Text { file, text };
        let raw: RawMeasure = text.parse()?;
        let mut effect = Vec::new();
        for row in raw.effect {
            let dates = text.dates(row.from, row.to, row.confidence, row.source, None, row.why)?;
            let share = |percent: Option<Percent>| match percent {
                None => Ok(None),
                Some(percent) => percent.share().map(Some).ok_or_else(|| {
                    let (key, value) = ("effect".to_owned(), percent.shown());
                    let expected = message!("expected.per_cent");
                    text.error(dates.line, Fault::UnknownChoice { key, value, expected })
                }),
            };
            let (low, likely, high) = (share(row.low)?, share(row.likely)?, share(row.high)?);
            let known: Vec<i64> =
                [low, likely, high].into_iter().flatten().map(Share::basis_points).collect();
            if !known.is_sorted() {
                let (key, value) = ("effect".to_owned(), format!("{known:?}"));
                let expected = message!("expected.in_order");
                return Err(text.error(dates.line, Fault::UnknownChoice { key, value, expected }));
            }
            let value = Effect { low, likely, high, delay_months: row.delay_months };
            effect.push(Row { dates, value });
        }
        let mut cost = Vec::new();
        for row in raw.cost {
            let dates = text.dates(row.from, row.to, row.confidence, row.source, None, None)?;
            if !PARTIES.contains(&row.party.as_str()) {
                let (key, value, expected) =
                    ("party".to_owned(), row.party, Message::plain(PARTIES.join(", ")));
                return Err(text.error(dates.line, Fault::UnknownChoice { key, value, expected }));
            }
            let value = Cost { party: row.party, what: row.what, per: row.per, kroner: row.kroner };
            cost.push(Row { dates, value });
        }
        if let Some(code) = raw.target.diagnoses.iter().flatten().find(|code| !is_code(code)) {
            let (key, value) = ("diagnoses".to_owned(), code.clone());
            let expected = message!("expected.diagnosis");
            return Err(text.error(1, Fault::UnknownChoice { key, value, expected }));
        }
        let known = |source: &String| raw.sources.contains_key(source);
        let dates = effect.iter().map(|row| &row.dates).chain(cost.iter().map(|row| &row.dates));
        for dates in dates {
            if !known(&dates.source) {
                return Err(text.error(dates.line, Fault::UnknownSource(dates.source.clone())));
            }
        }
        text.no_overlap(&effect, |_| "effect".to_owned())?;
        Ok(Measure {
            file: file.to_owned(),
            id: raw.id,
            title: raw.title,
            about: raw.about,
            target: raw.target,
            effect,
            cost,
            gp: raw.gp,
            sources: raw.sources,
        })
    }

    /// The effect that holds on a day; `None` if no row does.
    pub fn effect_on(&self, day: domain::Day) -> Option<&Row<Effect>> {
        self.effect.iter().find(|row| row.dates.holds(day))
    }

    /// The built-in measure with an id; `None` if no measure has the id.
    ///
    /// # Errors
    /// Fails if the built-in file is faulty, which the tests rule out.
    pub fn built_in(id: &str) -> Option<Result<Measure, RuleError>> {
        let name = format!("measures/{id}.toml");
        let (file, text) = crate::built_in::MEASURES.iter().find(|(file, _)| *file == name)?;
        Some(Measure::parse(file, text))
    }
}
