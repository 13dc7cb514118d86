//! Indicators: what is counted, among whom, and the source of the definition. Each has a TOML file in
//! `indicators/`.

use domain::diagnosis::is_code;
use domain::{CareLevel, DrgType, Instrument, Sector, Service, Sex, Urgency};
use register::stays::Readmission;
use serde::{Deserialize, Serialize};
use words::{Language, Message, Said, message};

/// The definition of an indicator.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Name in files and commands. For a built-in indicator, the stem of the file's name.
    pub id: String,
    /// Version of the definition.
    pub version: u32,
    pub title: Title,
    /// The definition in bokmål, in whole sentences.
    pub about: String,
    /// The definition in nynorsk; `None` if it is not translated.
    pub about_nn: Option<String>,
    /// The definition in English; `None` if it is not translated.
    pub about_en: Option<String>,
    /// The aim of the Directorate of Health that the indicator belongs to.
    pub aim: Aim,
    /// How numerator and denominator make a figure.
    pub kind: Kind,
    /// What one event is.
    #[serde(default)]
    pub of: Of,
    /// Scale of a rate or a proportion: 1 000 gives events per 1 000 persons, 100 gives per cent.
    #[serde(default = "one")]
    pub per: u32,
    /// Why the indicator cannot be computed: what the register does not hold. `None` if it can be computed.
    pub lacking: Option<String>,
    /// `lacking` in nynorsk; `None` if it is not translated.
    pub lacking_nn: Option<String>,
    /// `lacking` in English; `None` if it is not translated.
    pub lacking_en: Option<String>,
    /// Inhabitants in the denominator of a rate.
    #[serde(default)]
    pub people: People,
    pub source: Source,
    /// Events that are counted.
    #[serde(default)]
    pub numerator: Group,
    /// The whole that the events are part of; `None` for a rate, whose denominator is inhabitants.
    pub denominator: Option<Group>,
    /// Whether the indicator is replaced by several indicators, one for each referrer that the register names.
    #[serde(default)]
    pub by_referrer: bool,
}

fn one() -> u32 {
    1
}

/// A title in three languages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    pub nb: String,
    pub nn: String,
    /// `None` if the title is not translated.
    pub en: Option<String>,
}

impl Title {
    /// The title in a language; in bokmål if it is not translated.
    pub fn of(&self, language: Language) -> &str {
        translated(&self.nb, Some(&self.nn), self.en.as_ref(), language)
    }

    /// The title with a name after it: `title: name`. The name may differ between languages.
    #[must_use]
    pub fn with(&self, name: impl Fn(Language) -> String) -> Title {
        let with = |title: &String, language: Language| format!("{title}: {}", name(language));
        Title {
            nb: with(&self.nb, Language::Nb),
            nn: with(&self.nn, Language::Nn),
            en: self.en.as_ref().map(|title| with(title, Language::En)),
        }
    }
}

/// A text in a language; in bokmål if it is not translated.
fn translated<'t>(
    nb: &'t str,
    nn: Option<&'t String>,
    en: Option<&'t String>,
    language: Language,
) -> &'t str {
    let text = match language {
        Language::Nb => None,
        Language::Nn => nn,
        Language::En => en,
    };
    text.map_or(nb, String::as_str)
}

/// Source of a definition.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub title: String,
    /// The title in nynorsk; `None` if it equals `title`, as for a document.
    pub title_nn: Option<String>,
    /// The title in English; `None` if it equals `title`, as for a document.
    pub title_en: Option<String>,
    /// `Q` for a quoted definition, `C` for the project's own choice, `M` for a definition that nobody has signed.
    pub confidence: char,
}

/// The four aims on the Directorate of Health's slide (2021).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aim {
    /// Better health of the population.
    Health,
    /// Better experience of patients and relatives.
    Experience,
    /// Better use of resources.
    Resources,
    /// Job satisfaction of the staff.
    Work,
}

impl Aim {
    /// The aims in the order of the slide.
    pub const ALL: [Aim; 4] = [Aim::Health, Aim::Experience, Aim::Resources, Aim::Work];
}

impl Said for Aim {
    /// The aim in the words of the slide.
    fn said(&self) -> Message {
        let word = match self {
            Aim::Health => "health",
            Aim::Experience => "experience",
            Aim::Resources => "resources",
            Aim::Work => "work",
        };
        Message::under("indicators.aim", word)
    }
}

/// How the two counts of an indicator make a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Events per inhabitant and year.
    Rate,
    /// Events as a part of a whole.
    Proportion,
    /// A quantity, such as days or kroner, per event of the denominator.
    Mean,
}

/// What one event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// An overnight stay: the contacts of a stay count as one, with the facts of the first.
    #[default]
    Stays,
    /// A contact, as it is in the register.
    Contacts,
    /// A referral: the contacts of a person with the same day of referral count as one, with the facts of the
    /// first.
    Referrals,
}

/// The quantity that is added up for each event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// The number of contacts that a row stands for, or 1 for a stay or a referral.
    #[default]
    Count,
    /// Nights in bed.
    BedDays,
    /// Days from referral to admission.
    WaitingDays,
    /// Nights before discharge, counted from the first report of readiness after the last withdrawal.
    ReadyDays,
    /// Øre that the municipality is charged for treatment (`kommunal medfinansiering`).
    CoFinancing,
    /// Øre that the municipality is charged for days as discharge-ready (`utskrivningsklar`).
    DischargeReady,
    /// Øre that the state pays for activity (`innsatsstyrt finansiering`).
    ActivityBased,
}

impl Measure {
    /// Instrument whose charges the measure adds up; `None` if the measure is not in kroner.
    pub const fn instrument(self) -> Option<Instrument> {
        match self {
            Measure::CoFinancing => Some(Instrument::CoFinancing),
            Measure::DischargeReady => Some(Instrument::DischargeReady),
            Measure::ActivityBased => Some(Instrument::Isf),
            Measure::Count | Measure::BedDays | Measure::WaitingDays | Measure::ReadyDays => None,
        }
    }
}

/// Inhabitants in an age range, and of one sex or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// Lowest age in whole years; `None` for 0.
    pub at_least: Option<u16>,
    /// First age in whole years that is too high; `None` for no limit.
    pub below: Option<u16>,
    /// `None` for both sexes.
    pub sex: Option<OfSex>,
}

/// One of the two sexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfSex {
    Woman,
    Man,
}

impl OfSex {
    /// The sex as a contact has it.
    pub const fn sex(self) -> Sex {
        match self {
            OfSex::Woman => Sex::Woman,
            OfSex::Man => Sex::Man,
        }
    }
}

impl People {
    /// Whether people of this age and sex are included. An unknown sex is included.
    pub fn holds(&self, age: u16, sex: Sex) -> bool {
        self.at_least.is_none_or(|limit| age >= limit)
            && self.below.is_none_or(|limit| age < limit)
            && self.sex.is_none_or(|only| sex == only.sex() || sex == Sex::Unknown)
    }
}

/// Conditions on stays, contacts or referrals. Every condition that is stated must hold; a list holds if one
/// of its words does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    /// Quantity that is added up for each event.
    pub measure: Measure,
    /// Words of [`Sector`].
    pub sectors: Option<Vec<String>>,
    /// Words of [`CareLevel`]; `None` for stays, which are overnight.
    pub care_levels: Option<Vec<String>>,
    /// Words of [`Service`].
    pub services: Option<Vec<String>>,
    /// Words of [`DrgType`].
    pub drg_types: Option<Vec<String>>,
    /// Word of [`Urgency`].
    pub urgency: Option<String>,
    pub referral_reasons: Option<Vec<String>>,
    /// Who referred the patient, in the words of the register.
    pub referred_from: Option<Vec<String>>,
    /// Beginnings of the code of the main diagnosis, without a point.
    pub diagnoses: Option<Vec<String>>,
    /// Codes of procedures.
    pub procedures: Option<Vec<String>>,
    /// How the contact took place, in the words of the register.
    pub contact_forms: Option<Vec<String>>,
    /// Trusts and private institutions that treated the patient, by organisation number.
    pub trusts: Option<Vec<String>>,
    /// `None` for both sexes.
    pub sex: Option<OfSex>,
    /// Lowest age in whole years.
    pub at_least: Option<u16>,
    /// First age in whole years that is too high.
    pub below: Option<u16>,
    /// Whether there are readiness events.
    pub reported_ready: Option<bool>,
    /// Whether the day of referral is known.
    pub referred: Option<bool>,
    /// Whether a deadline of the right to care is known.
    pub has_deadline: Option<bool>,
    /// Whether the patient was admitted after the deadline.
    pub after_deadline: Option<bool>,
    /// Whether it is known how the contact took place.
    pub has_contact_form: Option<bool>,
    /// Whether municipality, age, sex and diagnosis are all known.
    pub complete: Option<bool>,
    /// Readmission that must follow the stay.
    pub followed: Option<Readmission>,
    /// Words of the sectors ([`Sector`]) that the readmission may be in; `None` for any, psychiatry too.
    pub followed_in: Option<Vec<String>>,
    /// Whether the register covers the 30 days after the day of discharge.
    pub followed_up: Option<bool>,
}

// A macro, because each name is needed twice: in the list, and to include the text of the file.
macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../indicators/", $name, ".toml")))),+]
    };
}

/// Names and texts of the built-in indicators, in the order in which they are shown.
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

/// A file that is not a valid indicator.
#[derive(Debug)]
pub struct BadIndicator {
    pub file: String,
    pub fault: Message,
}

words::english_error!(BadIndicator);

impl Said for BadIndicator {
    fn said(&self) -> Message {
        let BadIndicator { file, fault } = self;
        message!("error.indicator_file", file, fault)
    }
}

/// Checks that sectors, levels of care, services, DRG types and urgency are words of their vocabularies, and that
/// measures and levels of care fit the events.
fn words(one: &Indicator) -> Result<(), Message> {
    let known = |key: &str, given: &[String], all: Vec<&str>| match given
        .iter()
        .find(|word| !all.contains(&word.as_str()))
    {
        Some(word) => Err(message!("indicator_file.word", key, word, all = all.join(", "))),
        None => Ok(()),
    };
    for group in std::iter::once(&one.numerator).chain(&one.denominator) {
        let list = |words: &Option<Vec<String>>| words.clone().unwrap_or_default();
        known("sectors", &list(&group.sectors), Sector::ALL.iter().map(|word| word.word()).collect())?;
        known(
            "followed_in",
            &list(&group.followed_in),
            Sector::ALL.iter().map(|word| word.word()).collect(),
        )?;
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
            return Err(message!("indicator_file.overnight"));
        }
        if group.measure.instrument().is_some() && (one.of != Of::Contacts || one.kind == Kind::Proportion) {
            return Err(message!("indicator_file.kroner"));
        }
        if one.of == Of::Stays && group.measure == Measure::WaitingDays {
            return Err(message!("indicator_file.waiting"));
        }
        if one.of == Of::Referrals && matches!(group.measure, Measure::BedDays | Measure::ReadyDays) {
            return Err(message!("indicator_file.nights"));
        }
    }
    Ok(())
}

/// Checks that ages and codes are possible, and that the events of a rate are limited to its inhabitants.
fn limits(one: &Indicator) -> Result<(), Message> {
    let ages = |key: &str, at_least: Option<u16>, below: Option<u16>| {
        let (from, to) = (at_least.unwrap_or(0), below.unwrap_or(u16::MAX));
        match from < to && from <= 125 {
            true => Ok(()),
            false => Err(message!("indicator_file.ages", key, from, to)),
        }
    };
    ages("people", one.people.at_least, one.people.below)?;
    for group in std::iter::once(&one.numerator).chain(&one.denominator) {
        ages("ages", group.at_least, group.below)?;
        let codes = group.diagnoses.iter().chain(&group.procedures).flatten();
        if let Some(code) = codes.into_iter().find(|code| !is_code(code)) {
            return Err(message!("indicator_file.code", code));
        }
    }
    let (people, events) = (&one.people, &one.numerator);
    let is_inside = people.at_least.is_none_or(|limit| events.at_least.is_some_and(|from| from >= limit))
        && people.below.is_none_or(|limit| events.below.is_some_and(|to| to <= limit))
        && people.sex.is_none_or(|sex| events.sex == Some(sex));
    if one.kind == Kind::Rate && one.lacking.is_none() && !is_inside {
        return Err(message!("indicator_file.people"));
    }
    Ok(())
}

impl Indicator {
    /// Reads an indicator from the text of its file.
    ///
    /// # Errors
    /// Fails if the text is not TOML, has an unknown field, or has a value that is impossible or does not fit the other
    /// values.
    pub fn parse(file: &str, text: &str) -> Result<Indicator, BadIndicator> {
        let bad = |fault: Message| BadIndicator { file: file.to_owned(), fault };
        let found: Indicator = toml::from_str(text).map_err(|error| bad(Message::plain(error)))?;
        // Names of output files are made from the id.
        let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if found.id.is_empty() || found.id.len() > 60 || !found.id.chars().all(is_plain) {
            return Err(bad(message!("indicator_file.id", id = found.id)));
        }
        if found.per == 0 {
            return Err(bad(message!("indicator_file.per")));
        }
        let needs_whole = found.kind != Kind::Rate && found.lacking.is_none();
        if needs_whole && found.denominator.is_none() {
            return Err(bad(message!("indicator_file.denominator")));
        }
        if found.kind == Kind::Rate && found.denominator.is_some() {
            return Err(bad(message!("indicator_file.rate")));
        }
        words(&found).map_err(bad)?;
        limits(&found).map_err(bad)?;
        let follows = |group: &Group| {
            group.followed.is_some() || group.followed_in.is_some() || group.followed_up.is_some()
        };
        let groups = std::iter::once(&found.numerator).chain(&found.denominator);
        if found.of != Of::Stays && groups.clone().any(follows) {
            return Err(bad(message!("indicator_file.follows")));
        }
        Ok(found)
    }

    /// The built-in indicators.
    ///
    /// # Errors
    /// Fails if one of them is not valid, which a test rules out.
    pub fn built_in() -> Result<Vec<Indicator>, BadIndicator> {
        BUILT_IN.iter().map(|(name, text)| Indicator::parse(&format!("{name}.toml"), text)).collect()
    }

    /// The definition in a language; in bokmål if it is not translated.
    pub fn about_in(&self, language: Language) -> &str {
        translated(&self.about, self.about_nn.as_ref(), self.about_en.as_ref(), language)
    }

    /// Why the indicator cannot be computed, in a language; in bokmål if it is not translated.
    pub fn lacking_in(&self, language: Language) -> Option<&str> {
        let nb = self.lacking.as_ref()?;
        Some(translated(nb, self.lacking_nn.as_ref(), self.lacking_en.as_ref(), language))
    }

    /// Title of the source in a language.
    pub fn source_in(&self, language: Language) -> &str {
        let source = &self.source;
        translated(&source.title, source.title_nn.as_ref(), source.title_en.as_ref(), language)
    }

    /// Factor that turns numerator divided by denominator into the figure that is shown: `per` for a rate or a
    /// proportion, 1 for a mean; a hundredth of that if the numerator is in øre.
    pub fn times(&self) -> f64 {
        let per = if self.kind == Kind::Mean { 1.0 } else { f64::from(self.per) };
        if self.is_money() { per / 100.0 } else { per }
    }

    /// Whether the figure is in kroner.
    pub fn is_money(&self) -> bool {
        self.numerator.measure.instrument().is_some()
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
            assert!(!one.title.nb.is_empty() && !one.title.nn.is_empty() && one.title.en.is_some(), "{name}");
            let is_sentence =
                |about: &Option<String>| about.as_ref().is_some_and(|about| about.ends_with('.'));
            assert!(
                one.about.ends_with('.') && is_sentence(&one.about_nn) && is_sentence(&one.about_en),
                "{name}"
            );
            let is_translated = one.lacking_nn.is_some() && one.lacking_en.is_some();
            assert!(one.lacking.is_none() || is_translated, "{name}");
        }
    }

    #[test]
    fn what_a_user_has_not_translated_is_shown_in_bokmal() {
        let title = Title { nb: "Brudd".to_owned(), nn: "Brot".to_owned(), en: None };
        assert_eq!(Language::ALL.map(|language| title.of(language)), ["Brudd", "Brot", "Brudd"]);
        let named = title.with(|language| language.code().to_owned());
        assert_eq!(Language::ALL.map(|language| named.of(language)), ["Brudd: nb", "Brot: nn", "Brudd: nb"]);
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
