//! Indicators: what is counted, of whom, and where the definition comes from. One file each, in `indicators/`.

use domain::{CareLevel, DrgType, Sector, Service, Sex, Urgency};
use serde::Deserialize;

/// An indicator.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Id, the same as the file's stem.
    pub id: String,
    /// Version of the definition.
    pub version: u32,
    /// Title in both forms of Norwegian.
    pub title: Title,
    /// The definition, in Norwegian.
    pub about: String,
    /// The same in nynorsk, where it is given.
    pub about_nn: Option<String>,
    /// Which of the Directorate's four aims it tells about.
    pub aim: Aim,
    /// Rate, proportion or mean.
    pub kind: Kind,
    /// What is counted.
    #[serde(default)]
    pub of: Of,
    /// Shown for so many.
    #[serde(default = "one")]
    pub per: u32,
    /// What the register does not hold, where it cannot be computed at all.
    pub lacking: Option<String>,
    /// People that a rate is of.
    #[serde(default)]
    pub people: People,
    /// Where the definition comes from.
    pub source: Source,
    /// What is counted above the line.
    #[serde(default)]
    pub numerator: Group,
    /// What is counted below it; people where it is not given.
    pub denominator: Option<Group>,
    /// One for each referrer that the register names, instead of one for all.
    #[serde(default)]
    pub by_referrer: bool,
}

fn one() -> u32 {
    1
}

/// A title.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// Bokmål.
    pub nb: String,
    /// Nynorsk.
    pub nn: String,
}

/// Where a definition comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Title.
    pub title: String,
    /// Q quoted, C the project's own choice, M not signed.
    pub confidence: char,
}

/// The four aims of the Directorate's slide (2021).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aim {
    /// Better health of the population.
    Health,
    /// Better experience of patients and relatives.
    Experience,
    /// Better use of resources.
    Resources,
    /// Satisfaction of those who work there.
    Work,
}

impl Aim {
    /// All, in the slide's order.
    pub const ALL: [Aim; 4] = [Aim::Health, Aim::Experience, Aim::Resources, Aim::Work];

    /// In nynorsk.
    pub const fn name_in_nynorsk(self) -> &'static str {
        match self {
            Aim::Health => "betre helse i befolkninga",
            Aim::Experience => "betre brukaropplevingar",
            Aim::Resources => "betre ressursutnytting",
            Aim::Work => "jobbtilfredsheit",
        }
    }

    /// In bokmål, as the slide has it.
    pub const fn name(self) -> &'static str {
        match self {
            Aim::Health => "bedre helse i befolkningen",
            Aim::Experience => "bedre brukeropplevelser",
            Aim::Resources => "bedre ressursutnyttelse",
            Aim::Work => "jobbtilfredshet",
        }
    }
}

/// How the two counts make a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Events for people and year.
    Rate,
    /// Part of a whole.
    Proportion,
    /// A quantity for each.
    Mean,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// Stays overnight: all contacts of a stay are one, with the facts of the first.
    #[default]
    Stays,
    /// Contacts, as they stand in the register.
    Contacts,
    /// Referrals: a person's contacts with the same day of referral are one, with the facts of the first.
    Referrals,
}

/// What each one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// One.
    #[default]
    Count,
    /// Nights in bed.
    BedDays,
    /// Days from referral.
    WaitingDays,
    /// Nights from the last readiness notice that was not withdrawn to discharge.
    ReadyDays,
    /// Øre that the municipality is charged for treatment (co-financing).
    CoFinancing,
    /// Øre that the municipality is charged for days of those who were ready.
    DischargeReady,
    /// Øre that the state pays for activity.
    ActivityBased,
}

impl Measure {
    /// What the law makes of it in the settlement: by party as in [`crate::counts::Ore`]; `None` where it is no money.
    pub const fn party(self) -> Option<usize> {
        match self {
            Measure::CoFinancing => Some(0),
            Measure::DischargeReady => Some(1),
            Measure::ActivityBased => Some(2),
            Measure::Count | Measure::BedDays | Measure::WaitingDays | Measure::ReadyDays => None,
        }
    }
}

/// What follows a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Followed {
    /// An acute stay that begins within 30 days of the day of discharge.
    #[serde(rename = "within-30-days")]
    Within30Days,
    /// An acute stay that begins 8 hours to 30 days after discharge.
    #[serde(rename = "8-hours-to-30-days")]
    From8HoursTo30Days,
}

/// People of some ages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// Youngest.
    pub at_least: Option<u16>,
    /// First who is too old.
    pub below: Option<u16>,
    /// Only women, or only men.
    pub sex: Option<OfSex>,
}

/// One of the two sexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfSex {
    /// Women.
    Woman,
    /// Men.
    Man,
}

impl OfSex {
    /// As a contact has it.
    pub const fn sex(self) -> Sex {
        match self {
            OfSex::Woman => Sex::Woman,
            OfSex::Man => Sex::Man,
        }
    }
}

impl People {
    /// Whether an age of a sex is among them; where the sex is not told, whether it may be.
    pub fn holds(&self, age: u16, sex: Sex) -> bool {
        self.at_least.is_none_or(|limit| age >= limit)
            && self.below.is_none_or(|limit| age < limit)
            && self.sex.is_none_or(|only| sex == only.sex() || sex == Sex::Unknown)
    }
}

/// Which stays or contacts are counted: all conditions that are stated must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    /// What each counts.
    pub measure: Measure,
    /// Sectors, by word.
    pub sectors: Option<Vec<String>>,
    /// Levels of care.
    pub care_levels: Option<Vec<String>>,
    /// Services.
    pub services: Option<Vec<String>>,
    /// Types of DRG.
    pub drg_types: Option<Vec<String>>,
    /// Urgency.
    pub urgency: Option<String>,
    /// Reasons of referral.
    pub referral_reasons: Option<Vec<String>>,
    /// Who referred.
    pub referred_from: Option<Vec<String>>,
    /// First letters of the main diagnosis, without a point.
    pub diagnoses: Option<Vec<String>>,
    /// Codes of procedures; one of them is enough.
    pub procedures: Option<Vec<String>>,
    /// How the contact took place.
    pub contact_forms: Option<Vec<String>>,
    /// Trusts and private institutions that treated, by organisation number.
    pub trusts: Option<Vec<String>>,
    /// Only women, or only men.
    pub sex: Option<OfSex>,
    /// Youngest.
    pub at_least: Option<u16>,
    /// First who is too old.
    pub below: Option<u16>,
    /// Whether the patient was reported ready.
    pub reported_ready: Option<bool>,
    /// Whether the day of referral is told.
    pub referred: Option<bool>,
    /// Whether there is a deadline.
    pub has_deadline: Option<bool>,
    /// Whether the deadline was past.
    pub after_deadline: Option<bool>,
    /// Whether it is told how the contact took place.
    pub has_contact_form: Option<bool>,
    /// Whether municipality, age, sex and diagnosis are told.
    pub complete: Option<bool>,
    /// What follows a stay.
    pub followed: Option<Followed>,
    /// Whether the register tells thirty days more.
    pub followed_up: Option<bool>,
}

/// Whether a main diagnosis is one of a list; `None` where it is not told, or too short to tell.
pub fn diagnosed(wanted: &[String], diagnoses: &str) -> Option<bool> {
    let main: String =
        diagnoses.split([' ', ',', ';']).next().unwrap_or_default().chars().filter(|c| *c != '.').collect();
    if wanted.iter().any(|prefix| main.starts_with(prefix.as_str())) {
        return Some(true);
    }
    let is_too_short = wanted.iter().any(|prefix| prefix.starts_with(&main));
    (!is_too_short).then_some(false)
}

// A macro because each file is needed twice, as its name and its text.
macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../indicators/", $name, ".toml")))),+]
    };
}

/// The indicators that come with the program, in the order that they are shown.
pub const BUILT_IN: &[(&str, &str)] = files!(
    "admissions",
    "admissions-medical",
    "admissions-acute",
    "admissions-80-plus",
    "admitted-by-emergency-clinic",
    "bed-days",
    "mean-stay",
    "day-contacts",
    "outpatient-contacts",
    "new-referrals",
    "referrals-by-referrer",
    "controls",
    "readmissions-medical",
    "readmissions-67-plus",
    "readmissions-eleven-groups",
    "discharge-ready",
    "discharge-ready-days",
    "ambulatory-care-sensitive",
    "hip-fractures",
    "waiting-days",
    "deadline-breaches",
    "completeness",
    "telephone-and-video",
    "team-and-cooperation-codes",
    "municipal-acute-beds",
    "co-financing",
    "discharge-ready-payment",
    "activity-based-funding",
);

/// An indicator file that is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {fault}")]
pub struct BadIndicator {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub fault: String,
}

/// Whether the words of an indicator are ones that a register has, and fit what is counted.
fn words(one: &Indicator) -> Result<(), String> {
    let known = |key: &str, given: &[String], all: Vec<&str>| match given
        .iter()
        .find(|word| !all.contains(&word.as_str()))
    {
        Some(word) => Err(format!("{key}: '{word}' is none of {}", all.join(", "))),
        None => Ok(()),
    };
    for group in std::iter::once(&one.numerator).chain(&one.denominator) {
        let list = |words: &Option<Vec<String>>| words.clone().unwrap_or_default();
        known("sectors", &list(&group.sectors), Sector::ALL.iter().map(|word| word.word()).collect())?;
        known(
            "care_levels",
            &list(&group.care_levels),
            CareLevel::ALL.iter().map(|word| word.word()).collect(),
        )?;
        known("services", &list(&group.services), Service::ALL.iter().map(|word| word.word()).collect())?;
        known("drg_types", &list(&group.drg_types), DrgType::ALL.iter().map(|word| word.word()).collect())?;
        let urgency: Vec<String> = group.urgency.iter().cloned().collect();
        known("urgency", &urgency, Urgency::ALL.iter().map(|word| word.word()).collect())?;
        if one.of == Of::Stays && group.care_levels.is_some() {
            return Err("stays are overnight: leave care_levels out, or say of = \"contacts\"".to_owned());
        }
        if group.measure.party().is_some() && (one.of != Of::Contacts || one.kind == Kind::Proportion) {
            return Err("kroner are of contacts, a rate or a mean: say of = \"contacts\"".to_owned());
        }
        if one.of == Of::Stays && group.measure == Measure::WaitingDays {
            return Err("waiting-days are of contacts or referrals: say of = \"referrals\"".to_owned());
        }
        if one.of == Of::Referrals && matches!(group.measure, Measure::BedDays | Measure::ReadyDays) {
            return Err("nights are of stays or contacts: say of = \"stays\"".to_owned());
        }
    }
    Ok(())
}

/// Whether ages and codes are ones that a register may have, and a rate is of no others than its people.
fn limits(one: &Indicator) -> Result<(), String> {
    let ages = |key: &str, at_least: Option<u16>, below: Option<u16>| {
        let (from, to) = (at_least.unwrap_or(0), below.unwrap_or(u16::MAX));
        match from < to && from <= 125 {
            true => Ok(()),
            false => Err(format!("{key}: nobody is at least {from} and below {to}")),
        }
    };
    ages("people", one.people.at_least, one.people.below)?;
    for group in std::iter::once(&one.numerator).chain(&one.denominator) {
        ages("ages", group.at_least, group.below)?;
        let codes = group.diagnoses.iter().chain(&group.procedures).flatten();
        let is_code = |code: &&String| {
            !code.is_empty() && code.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        };
        if let Some(code) = codes.into_iter().find(|code| !is_code(code)) {
            return Err(format!("'{code}' is no code: use A-Z and 0-9, without a point"));
        }
    }
    let (people, events) = (&one.people, &one.numerator);
    let is_inside = people.at_least.is_none_or(|limit| events.at_least.is_some_and(|from| from >= limit))
        && people.below.is_none_or(|limit| events.below.is_some_and(|to| to <= limit))
        && people.sex.is_none_or(|sex| events.sex == Some(sex));
    if one.kind == Kind::Rate && one.lacking.is_none() && !is_inside {
        return Err(
            "the people of a rate are what its events are of: give [numerator] their ages and sex".to_owned()
        );
    }
    Ok(())
}

impl Indicator {
    /// Reads an indicator.
    ///
    /// # Errors
    /// If it is not TOML, a field is unknown, or the parts do not fit together.
    pub fn parse(file: &str, text: &str) -> Result<Indicator, BadIndicator> {
        let bad = |fault: String| BadIndicator { file: file.to_owned(), fault };
        let found: Indicator = toml::from_str(text).map_err(|error| bad(error.to_string()))?;
        // Files are named after it.
        let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if found.id.is_empty() || found.id.len() > 60 || !found.id.chars().all(is_plain) {
            return Err(bad(format!("id = '{}': use at most 60 of a-z, 0-9 and -", found.id)));
        }
        if found.per == 0 {
            return Err(bad("per = 0: give a number above zero".to_owned()));
        }
        let needs_whole = found.kind != Kind::Rate && found.lacking.is_none();
        if needs_whole && found.denominator.is_none() {
            return Err(bad("a proportion and a mean need a [denominator]".to_owned()));
        }
        if found.kind == Kind::Rate && found.denominator.is_some() {
            return Err(bad(
                "a rate is of people: leave [denominator] out, or make it a proportion".to_owned()
            ));
        }
        words(&found).map_err(bad)?;
        limits(&found).map_err(bad)?;
        let follows = |group: &Group| group.followed.is_some() || group.followed_up.is_some();
        let groups = std::iter::once(&found.numerator).chain(&found.denominator);
        if found.of != Of::Stays && groups.clone().any(follows) {
            return Err(bad("only stays are followed: of = \"stays\"".to_owned()));
        }
        Ok(found)
    }

    /// All that come with the program.
    ///
    /// # Errors
    /// If one is wrong, which the tests would have told.
    pub fn built_in() -> Result<Vec<Indicator>, BadIndicator> {
        BUILT_IN.iter().map(|(name, text)| Indicator::parse(&format!("{name}.toml"), text)).collect()
    }

    /// How many times what is counted for each a figure is: kroner of øre, and for so many.
    pub fn times(&self) -> f64 {
        let per = if self.kind == Kind::Mean { 1.0 } else { f64::from(self.per) };
        if self.is_money() { per / 100.0 } else { per }
    }

    /// Whether it is of kroner.
    pub fn is_money(&self) -> bool {
        self.numerator.measure.party().is_some()
    }

    /// Whether nobody has signed the definition.
    pub fn is_unsigned(&self) -> bool {
        self.source.confidence == 'M'
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_built_in_and_named_as_it_is() {
        let all = Indicator::built_in().unwrap();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/indicators");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), all.len());
        for (one, (name, _)) in all.iter().zip(BUILT_IN) {
            assert_eq!(one.id, *name);
            assert!(
                !one.title.nb.is_empty()
                    && !one.title.nn.is_empty()
                    && one.about.ends_with('.')
                    && one.about_nn.as_ref().is_some_and(|about| about.ends_with('.')),
                "{name}"
            );
        }
    }

    #[test]
    fn a_short_code_cannot_tell() {
        let hip = ["S720".to_owned(), "S721".to_owned()];
        assert_eq!(diagnosed(&hip, "S72.0 I10"), Some(true));
        assert_eq!(diagnosed(&hip, "I10 S72.0"), Some(false));
        assert_eq!(
            (diagnosed(&hip, "S72"), diagnosed(&hip, ""), diagnosed(&hip, "S723")),
            (None, None, Some(false))
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let text = BUILT_IN[0].1;
        for (from, to, fault) in [
            ("kind = \"rate\"", "kind = \"mean\"", "need a [denominator]"),
            ("of = \"stays\"", "of = \"stay\"", "unknown variant `stay`"),
            ("per = 1000", "per = 0", "above zero"),
            ("per = 1000", "per = 1000\npeople = { at_least = 80 }", "give [numerator] their ages"),
            ("[numerator]", "[numerator]\nat_least = 80\nbelow = 20", "nobody is at least 80 and below 20"),
            ("[numerator]", "[numerator]\ndiagnoses = [\"S72.0\"]", "'S72.0' is no code"),
            ("id = \"admissions\"", "id = \"../admissions\"", "at most 60 of a-z"),
            ("sectors", "sector", "unknown field `sector`"),
            ("\"somatic\"", "\"somatisk\"", "'somatisk' is none of somatic, "),
            ("sectors = [\"somatic\"]", "care_levels = [\"day\"]", "stays are overnight"),
        ] {
            assert!(text.contains(from), "{from}");
            let error = Indicator::parse("a.toml", &text.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(fault) && error.starts_with("a.toml"), "{error}");
        }
    }
}
