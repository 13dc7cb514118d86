//! A scenario (`scenario`): rules and measures in combination, with a name, and a summary that is made from
//! its content.

use domain::{Amount, CareLevel, Share};
use rulebook::measure::{self, Measure};

use crate::change::Change;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use words::{Message, Said, message};

/// A scenario file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadScenario {
    /// The text is not TOML of the form of a scenario or a measure.
    Toml {
        file: String,
        /// Line of the fault, from 1.
        line: usize,
        fault: Message,
    },
    /// A value is out of bounds, or of another type.
    Value {
        file: String,
        key: String,
        value: String,
        /// What the value must be.
        expected: Message,
    },
    /// The scenario uses a measure that does not exist.
    NoMeasure {
        file: String,
        id: String,
        /// Names of the built-in measures.
        known: String,
    },
    /// The measure has no effect in any source, and the scenario gives none.
    NoEffect { file: String, id: String },
}

words::english_error!(BadScenario);

impl Said for BadScenario {
    fn said(&self) -> Message {
        match self {
            BadScenario::Toml { file, line, fault } => message!("error.scenario.toml", file, line, fault),
            BadScenario::Value { file, key, value, expected } => {
                message!("error.scenario.value", file, key, value, expected)
            }
            BadScenario::NoMeasure { file, id, known } => {
                message!("error.scenario.no_measure", file, id, known)
            }
            BadScenario::NoEffect { file, id } => message!("error.scenario.no_effect", file, id),
        }
    }
}

/// Parameters that a scenario lays over the rules. `None` leaves the rule as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// The municipality's share of co-financing, in whole per cent.
    pub share: Option<i64>,
    /// Ceiling per stay (`tak per opphold`), in whole DRG points.
    pub ceiling: Option<i64>,
    /// Lowest age covered by co-financing, in whole years at admission.
    pub age: Option<u16>,
    /// Levels of care covered by co-financing.
    pub care_levels: Option<Vec<CareLevel>>,
    /// Day rate (`døgnpris`) in whole kroner.
    pub day_rate: Option<i64>,
    /// Price of a DRG point (`enhetspris`) in whole kroner.
    pub unit_price: Option<i64>,
    /// The state's share of ISF, in whole per cent.
    pub isf_share: Option<i64>,
}

/// Greatest age that a scenario may set, in years.
const OLDEST: u16 = 120;

/// Names of the parameters that can be swept.
pub const PARAMETERS: &[&str] = &["share", "ceiling", "age", "day_rate", "unit_price", "isf_share"];

impl Set {
    /// Sets a parameter by name. Returns `false`, and sets nothing, if the name is unknown or an `age` is outside 0 to 120.
    pub fn put(&mut self, name: &str, value: i64) -> bool {
        match name {
            "share" => self.share = Some(value),
            "ceiling" => self.ceiling = Some(value),
            "age" => match u16::try_from(value) {
                Ok(age) if age <= OLDEST => self.age = Some(age),
                _ => return false,
            },
            "day_rate" => self.day_rate = Some(value),
            "unit_price" => self.unit_price = Some(value),
            "isf_share" => self.isf_share = Some(value),
            _ => return false,
        }
        true
    }

    /// Variants of the rules with these parameters, each in force from the first to the last of the given years. A
    /// variant is a file name and the text of the file.
    pub fn variants(&self, years: (i16, i16)) -> Vec<(String, String)> {
        let mut out = Vec::new();
        let mut add = |rule: &str, lines: Vec<String>| {
            if lines.is_empty() {
                return;
            }
            let id = format!("scenario-{rule}");
            let text = format!(
                "id = \"{id}\"\ntitle = \"{}\"\ndeparts_from = \"{rule}\"\nquestion = \"What if?\"\n\
                 from = {}-01-01\nto = {}-12-31\n\n[set]\n{}\n\n[source]\ntitle = \"the scenario\"\nconfidence = \"M\"\n",
                lines.join(", ").replace('"', "'"),
                years.0,
                years.1,
                lines.join("\n")
            );
            out.push((format!("variants/{id}.toml"), text));
        };
        let line = |key: &str, value: Option<i64>| value.map(|value| format!("{key} = {value}"));
        let age = self.age.map(|age| format!("age = {{ at_least = {age}, on = \"admission\" }}"));
        let levels = self.care_levels.as_ref().map(|levels| {
            let levels: Vec<String> = levels.iter().map(|level| format!("\"{}\"", level.word())).collect();
            format!("care_levels = [{}]", levels.join(", "))
        });
        let kmf = [line("percent", self.share), line("points_per_stay", self.ceiling), age, levels];
        add("co-financing", kmf.into_iter().flatten().collect());
        add("discharge-ready-day-rate", line("kroner_per_day", self.day_rate).into_iter().collect());
        let isf = [line("percent", self.isf_share), line("kroner_per_point", self.unit_price)];
        add("activity-based-funding", isf.into_iter().flatten().collect());
        out
    }
}

/// A measure as a scenario uses it.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub measure: Measure,
    /// Part of the target group that goes away or is added: given by the scenario, or else the measure's own likely
    /// effect.
    pub effect: Change,
    /// Least and greatest effect, as the scenario gives them. If the scenario gives neither these nor the likely
    /// effect, they are the measure's own. `None` if there are none.
    pub range: Option<(Change, Change)>,
    /// Whether the scenario gives the effect.
    pub own: bool,
}

/// Key by which money follows a task to the municipalities (`budsjettkorrigering`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// By age composition: the mean payment at each age in the country, times the inhabitants of that age.
    AgeComposition,
    /// By the number of inhabitants.
    Population,
    /// To each municipality by its own part of the gains.
    OwnHistory,
}

impl Said for Key {
    fn said(&self) -> Message {
        match self {
            Key::AgeComposition => message!("scenario.key.age_composition"),
            Key::Population => message!("scenario.key.population"),
            Key::OwnHistory => message!("scenario.key.own_history"),
        }
    }
}

/// Growth over years.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Growth {
    /// Number of years after the first, 0 to 30.
    pub years: u16,
    /// Growth of activity per year, in per cent, such as `"1,5"`.
    pub percent: String,
    /// Share of the growth of hospital budgets that municipalities get, in per cent.
    pub to_municipalities: Option<String>,
}

/// A scenario, read and checked.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub file: String,
    /// Name in results: letters, digits and hyphens.
    pub id: String,
    /// Title that the user gave, and after it the parameter of a sweep.
    pub title: Message,
    /// Variants of the rules, by built-in name or by file.
    pub rules: Vec<String>,
    pub set: Set,
    pub measures: Vec<Wanted>,
    /// Greatest payment of a municipality, in kroner per inhabitant and year; 0 to 1 000 000.
    pub cap: Option<i64>,
    /// Share of the change that applies in each year from the first; the last share holds for all later years too.
    /// Empty if the whole change applies from the first year.
    pub phase_in: Vec<Share>,
    /// Key by which the gains of the regional authorities are given to municipalities; `None` if the gains are not
    /// given.
    pub budget: Option<Key>,
    pub growth: Option<Growth>,
    /// SHA-256 of the file's text, and of the parameters of a sweep, in hexadecimal.
    pub digest: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: String,
    title: String,
    #[serde(default)]
    rules: Vec<String>,
    #[serde(default)]
    set: Set,
    #[serde(default)]
    measure: Vec<RawWanted>,
    kroner_per_inhabitant: Option<i64>,
    #[serde(default)]
    phase_in: Vec<String>,
    budget: Option<Key>,
    growth: Option<Growth>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWanted {
    r#use: String,
    percent: Option<toml::Value>,
    /// Per cent that are added: `percent` with the opposite sign.
    more: Option<toml::Value>,
    low: Option<toml::Value>,
    high: Option<toml::Value>,
}

impl Scenario {
    /// Reads a scenario. `own` finds one of the user's own measures by name; a built-in measure is used only if `own` finds
    /// none.
    ///
    /// # Errors
    /// Fails if the text is not TOML of the right form (with its line), if a value is out of bounds, if a measure
    /// does not exist or cannot be read, or if a measure has no effect of its own and is given none.
    pub fn parse(
        file: &str,
        text: &str,
        own: &dyn Fn(&str) -> Option<Result<Measure, rulebook::RuleError>>,
    ) -> Result<Scenario, BadScenario> {
        let raw: Raw = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| words::line_at(text, span.start));
            BadScenario::Toml { file: file.to_owned(), line, fault: Message::plain(error.message()) }
        })?;
        let value = |key: &str, value: &str, expected: Message| bad(file, key, value, expected);
        let percent = |key: &str, text: &str| percent(file, key, text);
        if let Some(age) = raw.set.age.filter(|age| *age > OLDEST) {
            return Err(value("set.age", &age.to_string(), Message::plain("0–120")));
        }
        if !raw.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') || raw.id.is_empty() {
            return Err(value("id", &raw.id, message!("scenario.expected.id")));
        }
        if let Some(cap) = raw.kroner_per_inhabitant.filter(|cap| !(0..=1_000_000).contains(cap)) {
            return Err(value("kroner_per_inhabitant", &cap.to_string(), message!("scenario.expected.cap")));
        }
        let mut measures = Vec::new();
        for one in raw.measure {
            let found = own(&one.r#use).or_else(|| Measure::built_in(&one.r#use));
            let measure = match found {
                Some(Ok(measure)) => measure,
                Some(Err(error)) => {
                    let fault = error.fault.said();
                    return Err(BadScenario::Toml { file: error.file, line: error.line, fault });
                }
                None => return Err(no_measure(file, &one.r#use)),
            };
            measures.push(wanted(file, measure, one)?);
        }
        if let Some(growth) = &raw.growth {
            growth_of(&growth.percent).ok_or_else(|| {
                bad(file, "growth.percent", &growth.percent, message!("scenario.expected.growth"))
            })?;
            if growth.years > 30 {
                return Err(value("growth.years", &growth.years.to_string(), Message::plain("0–30")));
            }
            growth.to_municipalities.as_deref().map(|text| percent("to_municipalities", text)).transpose()?;
        }
        let phase_in =
            raw.phase_in.iter().map(|text| percent("phase_in", text)).collect::<Result<Vec<_>, _>>()?;
        Ok(Scenario {
            file: file.to_owned(),
            id: raw.id,
            title: Message::Plain(raw.title),
            rules: raw.rules,
            set: raw.set,
            measures,
            cap: raw.kroner_per_inhabitant,
            phase_in,
            budget: raw.budget,
            growth: raw.growth,
            digest: digest(text),
        })
    }

    /// The scenario with a parameter at another value, as one point of a sweep. `None` if the parameter is unknown or
    /// cannot have the value.
    #[must_use]
    pub fn swept(&self, name: &str, at: i64) -> Option<Scenario> {
        let mut out = self.clone();
        out.set.put(name, at).then_some(())?;
        out.id = format!("{}-{}-{at}", self.id, name.replace('_', "-"));
        out.title = Message::joined(vec![self.title.clone(), parameter(name, at)?], ", ");
        out.digest = digest(&format!("{}\n{name}={at}", self.digest));
        Some(out)
    }

    /// The scenario with the least effects and with the greatest effects of its measures; `None` if no
    /// measure has a range.
    pub fn ends(&self) -> Option<[Scenario; 2]> {
        self.measures.iter().any(|one| one.range.is_some()).then(|| {
            let mut ends = [self.clone(), self.clone()];
            for (place, one) in self.measures.iter().enumerate() {
                let (low, high) = one.range.unwrap_or((one.effect, one.effect));
                ends[0].measures[place].effect = low;
                ends[1].measures[place].effect = high;
            }
            ends
        })
    }

    /// Describes the scenario from its content. `titles` are the titles of its rules.
    pub fn summary(&self, titles: &[String]) -> Message {
        let mut parts = vec![match titles {
            [] => message!("scenario.the_law"),
            titles => message!("scenario.rules", titles = titles.join("; ")),
        }];
        let set = &self.set;
        let numbers = [
            set.share.map(|value| message!("scenario.set.share", value = grouped(value))),
            set.ceiling.map(|value| message!("scenario.set.ceiling", value = grouped(value))),
            set.age.map(|value| message!("scenario.set.age", value)),
            set.day_rate.map(|value| message!("scenario.set.day_rate", value = grouped(value))),
            set.unit_price.map(|value| message!("scenario.set.unit_price", value = grouped(value))),
            set.isf_share.map(|value| message!("scenario.set.isf_share", value = grouped(value))),
        ];
        let levels = set.care_levels.as_ref().map(|levels| {
            let said = levels.iter().map(|level| level.said()).collect();
            message!("scenario.set.care_levels", list = Message::joined(said, ", "))
        });
        let set: Vec<Message> = numbers.into_iter().flatten().chain(levels).collect();
        if !set.is_empty() {
            parts.push(message!("scenario.set_values", values = Message::joined(set, ", ")));
        }
        for one in &self.measures {
            let (title, effect) = (&one.measure.title, one.effect.size());
            parts.push(match (one.own, one.effect.adds()) {
                (_, true) => message!("scenario.measure_more", title, effect),
                (true, false) => message!("scenario.measure_own_effect", title, effect),
                (false, false) => message!("scenario.measure", title, effect),
            });
        }
        if let Some(cap) = self.cap {
            parts.push(message!("scenario.cap", cap = grouped(cap)));
        }
        if !self.phase_in.is_empty() {
            let years: Vec<String> = self.phase_in.iter().map(Share::to_string).collect();
            parts.push(message!("scenario.phase_in", shares = years.join(", ")));
        }
        if let Some(key) = self.budget {
            parts.push(message!("scenario.budget", key = key.said()));
        }
        if let Some(growth) = &self.growth {
            parts.push(message!("scenario.growth", percent = growth.percent, years = growth.years));
            if let Some(share) = &growth.to_municipalities {
                parts.push(message!("scenario.growth_share", share));
            }
        }
        Message::joined(parts, " ")
    }
}

fn bad(file: &str, key: &str, value: &str, expected: Message) -> BadScenario {
    let [file, key, value] = [file, key, value].map(str::to_owned);
    BadScenario::Value { file, key, value, expected }
}

/// Basis points of a yearly growth in per cent, `1,5` or `-1,5`; `None` if it is not from -100 to 100.
pub fn growth_of(text: &str) -> Option<i64> {
    Change::parse(text).map(Change::basis_points)
}

fn percent(file: &str, key: &str, text: &str) -> Result<Share, BadScenario> {
    measure::percent(text).ok_or_else(|| bad(file, key, text, message!("scenario.expected.per_cent")))
}

/// A measure with the effect that a scenario gives it (least, likely, greatest), or else with its own.
fn wanted(file: &str, measure: Measure, raw: RawWanted) -> Result<Wanted, BadScenario> {
    let given = |key: &str, given: Option<toml::Value>| {
        let text = match given {
            None => return Ok(None),
            Some(toml::Value::Integer(whole)) => whole.to_string(),
            Some(toml::Value::String(text)) => text,
            Some(other) => {
                return Err(bad(file, key, &other.to_string(), message!("scenario.expected.number")));
            }
        };
        let change = Change::parse(&text);
        change.map(Some).ok_or_else(|| bad(file, key, &text, message!("scenario.expected.change")))
    };
    let (low, likely, high) =
        (given("low", raw.low)?, given("percent", raw.percent)?, given("high", raw.high)?);
    let more = given("more", raw.more)?.map(Change::reversed);
    if let (Some(more), true) = (more, likely.or(low).or(high).is_some()) {
        let shown = more.reversed().to_string();
        return Err(bad(file, "more", &shown, message!("scenario.expected.more_alone")));
    }
    let likely = likely.or(more);
    let sourced = measure.effect.first().map(|row| row.value);
    let own = likely.is_some();
    let Some(effect) = likely.or(sourced.and_then(|effect| effect.likely).map(Change::from)) else {
        return Err(BadScenario::NoEffect { file: file.to_owned(), id: measure.id });
    };
    let range = match (low, high, sourced.filter(|_| !own)) {
        (None, None, sourced) => sourced
            .and_then(|effect| effect.low.zip(effect.high))
            .map(|(low, high)| (Change::from(low), Change::from(high))),
        (low, high, _) => low.zip(high),
    };
    let holds = |(low, high): (Change, Change)| low <= effect && effect <= high;
    if !range.map_or(low.is_none() && high.is_none(), holds) {
        let shown = |end: Option<Change>| end.map_or_else(|| "?".to_owned(), |end| end.to_string());
        let given = format!("{}–{}", shown(low), shown(high));
        return Err(bad(file, "low, high", &given, message!("scenario.expected.range", effect)));
    }
    Ok(Wanted { measure, effect, range, own })
}

/// A parameter of a sweep and its value; `None` if the parameter is unknown.
fn parameter(name: &str, value: i64) -> Option<Message> {
    Some(match name {
        "share" => message!("scenario.swept.share", value),
        "ceiling" => message!("scenario.swept.ceiling", value),
        "age" => message!("scenario.swept.age", value),
        "day_rate" => message!("scenario.swept.day_rate", value),
        "unit_price" => message!("scenario.swept.unit_price", value),
        "isf_share" => message!("scenario.swept.isf_share", value),
        _ => return None,
    })
}

fn grouped(number: i64) -> String {
    domain::amount::grouped(number.unsigned_abs())
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn no_measure(file: &str, id: &str) -> BadScenario {
    let name =
        |(file, _): &(&str, &str)| file.trim_start_matches("measures/").trim_end_matches(".toml").to_owned();
    let known: Vec<String> = rulebook::built_in::MEASURES.iter().map(name).collect();
    BadScenario::NoMeasure { file: file.to_owned(), id: id.to_owned(), known: known.join(", ") }
}

/// The fraction `of` / `whole` of an amount, rounded half away from zero to the øre.
pub fn part(amount: Amount, of: i64, whole: i64) -> Amount {
    let product = i128::from(amount.ore()) * i128::from(of);
    let whole = i128::from(std::cmp::max(whole, 1));
    let half = whole / 2 * product.signum();
    Amount::from_ore(((product + half) / whole) as i64)
}

/// A share of an amount, rounded half away from zero to the øre.
pub fn share_of(amount: Amount, share: Share) -> Amount {
    part(amount, share.basis_points(), Share::WHOLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "id = \"a\"\ntitle = \"A\"\nrules = [\"co-financing-medical\"]\n\n[set]\nshare = 15\n\n\
                        [[measure]]\nuse = \"fewer-medical-admissions\"\n";

    fn parse(text: &str) -> Result<Scenario, BadScenario> {
        Scenario::parse("a.toml", text, &|_| None)
    }

    /// A sweep over ages that nobody has is refused, not run under unchanged rules.
    #[test]
    fn an_age_that_nobody_has_is_refused() {
        let scenario = parse(TEXT).unwrap();
        for (age, is_known) in
            [(-1, false), (0, true), (80, true), (120, true), (121, false), (70_000, false)]
        {
            assert_eq!(scenario.swept("age", age).is_some(), is_known, "{age}");
            let text = TEXT.replace("share = 15", &format!("share = 15\nage = {age}"));
            assert_eq!(parse(&text).is_ok(), is_known, "{age}");
        }
        let levels = parse(&TEXT.replace("share = 15", "share = 15\ncare_levels = [\"overnight\"]")).unwrap();
        let said = words::Language::Nb.say(&levels.summary(&[]));
        assert!(said.contains("omsorgsnivå: døgnopphold"), "{said}");
    }

    #[test]
    fn a_summary_is_made_from_the_content() {
        let scenario = parse(TEXT).unwrap();
        let summary = scenario.summary(&["Alle medisinske innleggelser".into()]);
        let summary = words::Language::Nb.say(&summary);
        assert_eq!(
            summary.replace('\u{a0}', " "),
            "Regler: Alle medisinske innleggelser. I stedet for det reglene sier: andel 15 %. Tiltak: 10 % færre medisinske innleggelser (10 % av målgruppen, tiltakets tall)."
        );
        let swept = scenario.swept("share", 30).unwrap();
        assert!(swept.set.share == Some(30) && swept.digest != scenario.digest && swept.id == "a-share-30");
        assert!(scenario.swept("shares", 30).is_none());
    }

    #[test]
    fn the_ends_of_a_range_are_the_scenarios_own_or_the_measures() {
        let effects = |text: &str| {
            parse(text).unwrap().ends().unwrap().map(|end| end.measures[0].effect.basis_points())
        };
        assert_eq!(effects(&format!("{TEXT}low = 5\nhigh = \"12,5\"\n")), [500, 1_250]);
        let reviews = TEXT.replace("fewer-medical-admissions", "medication-review");
        assert_eq!(effects(&reviews), [600, 1_600]);
        assert!(parse(&format!("{reviews}percent = 3\n")).unwrap().ends().is_none());
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        for (wrong, fault) in [
            (
                TEXT.replace("fewer-medical-admissions", "fewer-readmissions"),
                "no effect of fewer-readmissions",
            ),
            (
                TEXT.replace("fewer-medical-admissions", "magic"),
                "there is no measure 'magic': the measures are accident-prevention",
            ),
            (format!("{TEXT}percent = 120\n"), "percent = '120' is not from −100 to 100 per cent"),
            (TEXT.replace("share", "shares"), "a.toml:6: unknown field `shares`"),
        ] {
            let error = parse(&wrong).unwrap_err().to_string();
            assert!(error.contains(fault), "{error}");
        }
        let own = parse(&format!("{TEXT}percent = \"2,5 %\"\n")).unwrap();
        assert_eq!(own.measures[0].effect.basis_points(), 250);
        assert!(own.ends().is_none());
        // A sign means what it says: less of what goes away is more.
        for more in ["percent = \"-2,5 %\"", "percent = \"\u{2212}2,5\"", "more = \"2,5\""] {
            let more = parse(&format!("{TEXT}{more}\n")).unwrap();
            assert!(more.measures[0].effect.basis_points() == -250 && more.measures[0].effect.adds());
            let said = words::Language::Nb.say(&more.summary(&[]));
            assert!(said.contains("2,5\u{a0}% flere i målgruppen"), "{said}");
        }
        let fewer = parse(&format!("{TEXT}more = -10\n")).unwrap();
        assert_eq!(fewer.measures[0].effect.basis_points(), 1_000);
        let both = parse(&format!("{TEXT}more = 5\npercent = 10\n")).unwrap_err().to_string();
        assert!(both.contains("more = '5"), "{both}");
        let range = parse(&format!("{TEXT}low = -15\npercent = -10\nhigh = 5\n")).unwrap();
        assert_eq!(range.ends().unwrap().map(|end| end.measures[0].effect.basis_points()), [-1_500, 500]);
        for wrong in ["low = 5", "low = 11\nhigh = 12", "low = 5\nhigh = 9"] {
            let error = parse(&format!("{TEXT}{wrong}\n")).unwrap_err().to_string().replace('\u{a0}', " ");
            assert!(error.contains("a range around 10 %: give both"), "{error}");
        }
    }

    #[test]
    fn parts_are_rounded_half_away_from_zero() {
        let ore = |ore, of, whole| part(Amount::from_ore(ore), of, whole).ore();
        assert_eq!([ore(5, 1, 2), ore(-5, 1, 2), ore(4, 1, 3), ore(1, 0, 0)], [3, -3, 1, 0]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "[a-z0-9=\\[\\]\"\n .,%]{0,200}") {
            let _ = parse(&text);
        }
    }
}
