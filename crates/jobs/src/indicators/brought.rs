//! Figures from the user's own files, not from the register: survey answers, the municipalities' own work, and
//! counts by others; the sheets that show them; and the sheets of cost and residence, whose figures are the
//! register's.

use std::collections::BTreeMap;
use std::path::Path;

use disclosure::withhold::{self, Known, Row, Total, few};
use disclosure::{Beneath, Cell, SafeTable};
use domain::{Amount, Instrument};
use rulebook::InPeriod;
use statistics::counts::{Paid, Side};
use statistics::figures::{CONFIDENCE, Figures};
use statistics::indicator::{Aim, Indicator, Kind};
use statistics::interval::{Interval, OfCount, OfProportion, count, proportion};
use words::{Said, message};

use crate::failure::{About, Result, fail};
use crate::indicators::{self, Order, Outcome, interval, sheet_of, thousandths};
use crate::table::small_table;

/// Answers to one survey question in one municipality.
pub struct Answers {
    question: String,
    aim: Aim,
    municipality: String,
    answers: i64,
    positive: i64,
}

impl Answers {
    /// Whether the answers belong to an aim and a municipality.
    pub fn is_of(&self, aim: Aim, municipality: &str) -> bool {
        self.aim == aim && self.municipality == municipality
    }

    /// Whether the answers, the positive answers or the other answers are few.
    pub fn is_withheld(&self) -> bool {
        [self.answers, self.positive, self.answers - self.positive].into_iter().any(few)
    }

    /// The question.
    pub fn question(&self) -> &str {
        &self.question
    }

    /// Share of positive answers, in per cent, with a 95 % interval; `None` without answers, or if withheld.
    pub fn share(&self) -> Option<Interval> {
        let of = || proportion(self.positive as f64, self.answers as f64, CONFIDENCE, OfProportion::Wilson);
        (self.answers > 0 && !self.is_withheld()).then(|| of().times(100.0))
    }
}

/// Contents of the user's files beside the register.
pub struct Brought {
    pub answers: Vec<Answers>,
    /// Work that municipalities did themselves.
    pub effort: Vec<Effort>,
    /// Counts by others.
    pub counted: Vec<Counted>,
}

impl Brought {
    /// Reads the files that an order names.
    ///
    /// # Errors
    /// Fails if a row is malformed, or names no municipality of the period.
    pub fn read(order: &Order, indicators: &[Indicator]) -> Result<Brought> {
        let answers = order.survey.map_or_else(|| Ok(Vec::new()), survey)?;
        let effort = order.effort.map_or_else(|| Ok(Vec::new()), effort)?;
        let counted = order.counted.map_or_else(|| Ok(Vec::new()), |path| counted(path, indicators))?;
        let of = counted.iter().map(|one: &Counted| &one.municipality);
        let of = of.chain(answers.iter().map(|one| &one.municipality));
        let of: Vec<String> = of.chain(effort.iter().map(|one| &one.municipality)).cloned().collect();
        indicators::known(&of, order.period)?;
        Ok(Brought { answers, effort, counted })
    }
}

fn whole(at: &str, what: &str, text: &str) -> Result<i64> {
    let plain = text.replace(['\u{a0}', ' '], "");
    plain
        .parse()
        .ok()
        .filter(|value: &i64| *value >= 0)
        .about(|| message!("error.brought.no_count", at, what, text))
}

/// Reads `question;aim;municipality;answers;positive`; `aim` is `experience` (of patients and relatives) or `work`.
///
/// # Errors
/// Fails if a row is malformed or occurs twice.
fn survey(path: &Path) -> Result<Vec<Answers>> {
    let mut out: Vec<Answers> = Vec::new();
    for (at, [question, aim, municipality, answers, positive]) in
        small_table(path, "question;aim;municipality;answers;positive")?
    {
        let aim = match aim.as_str() {
            "experience" => Aim::Experience,
            "work" => Aim::Work,
            other => fail!("error.brought.not_experience_work_register_tells_other", at, other),
        };
        let (answers, positive) = (whole(&at, "answers", &answers)?, whole(&at, "positive", &positive)?);
        if positive > answers {
            fail!("error.brought.positive_answers", at, positive, answers);
        }
        let is_same = |one: &Answers| one.question == question && one.is_of(aim, &municipality);
        if out.iter().any(is_same) {
            fail!("error.brought.stands_there_twice", at, question, municipality);
        }
        out.push(Answers { question, aim, municipality, answers, positive });
    }
    Ok(out)
}

/// Note on a withheld row; empty for any other row.
fn note(is_withheld: bool) -> Cell {
    if is_withheld { Cell::Said(message!("indicators.note.withheld")) } else { Cell::from("") }
}

/// Sheet of survey answers: per cent positive with a 95 % interval, withheld if few.
pub fn survey_sheet(outcome: &Outcome, answers: &[Answers]) -> SafeTable {
    let heads =
        ["question", "aim", "municipality", "name", "answers", "positive_percent", "low", "high", "note"];
    let mut sheet = sheet_of("surveys", heads);
    for one in answers {
        let hidden = one.is_withheld();
        let mut row = vec![
            Cell::Text(one.question.clone()),
            Cell::Said(one.aim.said()),
            Cell::Text(one.municipality.clone()),
            Cell::Text(outcome.names.name(&one.municipality)),
            if few(one.answers) { Cell::Withheld } else { Cell::Count(one.answers) },
        ];
        row.extend(interval(one.share(), hidden));
        row.push(note(hidden));
        sheet.row(row, Beneath::Decided);
    }
    sheet.protect()
}

/// A count by others for an indicator that the register cannot give, such as stays in municipal acute beds.
pub struct Counted {
    indicator: String,
    municipality: String,
    numerator: i64,
    denominator: Option<i64>,
}

/// Reads `indicator;municipality;numerator;denominator`. The denominator is empty for a rate, since inhabitants are
/// known.
///
/// # Errors
/// Fails if a row is malformed or occurs twice, or if its indicator is unknown or given by the register.
fn counted(path: &Path, indicators: &[Indicator]) -> Result<Vec<Counted>> {
    let is_lacking = |one: &Indicator| one.lacking.is_some() && !one.is_money();
    let mut out: Vec<Counted> = Vec::new();
    for (at, [indicator, municipality, numerator, denominator]) in
        small_table(path, "indicator;municipality;numerator;denominator")?
    {
        let lacking: Vec<&str> =
            indicators.iter().filter(|one| is_lacking(one)).map(|one| one.id.as_str()).collect();
        let Some(one) = indicators.iter().find(|one| one.id == indicator && is_lacking(one)) else {
            fail!(
                "error.brought.no_indicator_register_lacks_they",
                at,
                indicator,
                lacking = lacking.join(", ")
            );
        };
        let numerator = whole(&at, "numerator", &numerator)?;
        let denominator = match (one.kind, denominator.as_str()) {
            (Kind::Rate, "") => None,
            (Kind::Rate, _) => {
                fail!("error.brought.rate_leave_denominator_empty_people_known", at, indicator)
            }
            (_, text) => Some(whole(&at, "denominator", text)?),
        };
        if one.kind == Kind::Proportion && denominator.is_some_and(|whole| numerator > whole) {
            fail!("error.brought.of", at, numerator, denominator = denominator.unwrap_or_default());
        }
        if out.iter().any(|known| known.indicator == indicator && known.municipality == municipality) {
            fail!("error.brought.stands_there_twice_2", at, indicator, municipality);
        }
        out.push(Counted { indicator, municipality, numerator, denominator });
    }
    Ok(out)
}

impl Counted {
    /// Whether the count belongs to an indicator and a municipality.
    pub fn is_of(&self, id: &str, municipality: &str) -> bool {
        self.indicator == id && self.municipality == municipality
    }

    /// Whether the numerator, the denominator or their difference is few.
    pub fn is_withheld(&self) -> bool {
        let whole = self.denominator.unwrap_or(0);
        [self.numerator, whole, if whole > 0 { whole - self.numerator } else { 0 }].into_iter().any(few)
    }

    /// Value in the unit of the indicator, with a 95 % interval for a rate or a proportion; `None` without a
    /// denominator, or if withheld. A mean has no interval: its limits are NaN.
    pub fn value(&self, outcome: &Outcome, one: &Indicator) -> Option<Interval> {
        if self.is_withheld() {
            return None;
        }
        let (events, per) = (self.numerator as f64, f64::from(one.per));
        match (one.kind, self.denominator) {
            (Kind::Rate, _) => {
                let years = outcome.inhabited.years_of(&self.municipality, one)?;
                (years > 0.0).then(|| count(events, CONFIDENCE, OfCount::Byar).times(per / years))
            }
            (_, None | Some(0)) => None,
            (Kind::Proportion, Some(whole)) => {
                Some(proportion(events, whole as f64, CONFIDENCE, OfProportion::Wilson).times(per))
            }
            (Kind::Mean, Some(whole)) => {
                let value = events / whole as f64;
                Some(Interval { value, low: f64::NAN, high: f64::NAN })
            }
        }
    }
}

/// Sheet of counts by others, with 95 % intervals, withheld if few.
pub fn counted_sheet(outcome: &Outcome, counted: &[Counted]) -> SafeTable {
    let heads = [
        "indicator",
        "title",
        "municipality",
        "name",
        "numerator",
        "denominator",
        "unit",
        "value",
        "low",
        "high",
        "note",
    ];
    let mut sheet = sheet_of("other_counts", heads);
    for one in counted {
        let Some(indicator) = outcome.indicators.iter().find(|known| known.id == one.indicator) else {
            continue;
        };
        let hidden = one.is_withheld();
        let or_hidden = |cell: Cell| if hidden { Cell::Withheld } else { cell };
        let of = match one.denominator {
            None => {
                outcome.inhabited.years_of(&one.municipality, indicator).map_or(Cell::Unknown, thousandths)
            }
            Some(whole) => or_hidden(Cell::Count(whole)),
        };
        let mut row = vec![
            Cell::Text(one.indicator.clone()),
            Cell::from(outcome.title(indicator)),
            Cell::Text(one.municipality.clone()),
            Cell::Text(outcome.names.name(&one.municipality)),
            or_hidden(Cell::Count(one.numerator)),
            of,
            Cell::Said(Outcome::unit(indicator)),
        ];
        row.extend(interval(one.value(outcome, indicator), hidden));
        row.push(note(hidden));
        sheet.row(row, Beneath::Decided);
    }
    sheet.protect()
}

/// Kroner that a municipality spent on shared patients, and the part that others paid.
pub struct Effort {
    municipality: String,
    what: String,
    kroner: Amount,
    paid_by_others: Amount,
}

/// Reads `municipality;what;kroner;paid_by_others`.
///
/// # Errors
/// Fails if a row is malformed, or others paid more than was spent.
fn effort(path: &Path) -> Result<Vec<Effort>> {
    let mut out = Vec::new();
    for (at, [municipality, what, kroner, paid]) in
        small_table(path, "municipality;what;kroner;paid_by_others")?
    {
        let amount = |text: &str| Amount::read(text).about(|| message!("error.brought.not_amount", at, text));
        let (kroner, paid_by_others) = (amount(&kroner)?, amount(&paid)?);
        if paid_by_others > kroner || paid_by_others < Amount::ZERO {
            fail!("error.brought.paid_by_others", at, paid_by_others, kroner);
        }
        out.push(Effort { municipality, what, kroner, paid_by_others });
    }
    Ok(out)
}

/// Øre that a municipality pays for treatment and for discharge-ready days; `None` if either is withheld.
pub fn pays(paid: Paid, hides: [bool; Instrument::COUNT]) -> Option<i64> {
    Some(paid.shown(Instrument::CoFinancing, hides)? + paid.shown(Instrument::DischargeReady, hides)?)
}

/// Sheet of the cost of each scheme by municipality, in all and per person-year, for all contacts of the period.
/// `None` without kroner, or if a scheme that is in force has no figures.
pub fn cost_sheet(outcome: &Outcome) -> Option<SafeTable> {
    let kroner = outcome.kroner.as_ref()?;
    // The figures of a scheme; `Some(None)` if it is not in force.
    let of = |id: &str, instrument| -> Option<Option<&Figures>> {
        if *kroner.scope.of(instrument) == InPeriod::NotInForce {
            return Some(None);
        }
        let place = outcome.indicators.iter().position(|one| one.id == id)?;
        outcome.figures[place].as_ref().map(Some)
    };
    let schemes = [
        of("co-financing", Instrument::CoFinancing)?,
        of("discharge-ready-payment", Instrument::DischargeReady)?,
        of("activity-based-funding", Instrument::Isf)?,
    ];
    let some = schemes.into_iter().flatten().next()?;
    let heads = [
        "municipality",
        "name",
        "person_years",
        "kmf_ore",
        "usk_ore",
        "isf_ore",
        "kmf_per_person_year_ore",
        "usk_per_person_year_ore",
        "isf_per_person_year_ore",
    ];
    let mut sheet = sheet_of("cost", heads);
    for (home, code) in outcome.counts.homes.iter().enumerate() {
        // Person-years in thousandths, so that øre are divided in whole numbers.
        let by = (some.homes[home].denominator * 1000.0).round() as i64;
        let amount = |ore: i64| Cell::Kroner(Amount::from_ore(ore));
        let cell = |scheme: Option<&Figures>, of: &dyn Fn(i64) -> Cell| match scheme {
            None => Cell::Said(message!("standing.not_in_force")),
            Some(figures) if figures.homes[home].is_withheld => Cell::Withheld,
            Some(figures) => of(figures.homes[home].numerator),
        };
        let each = |ore: i64| match by > 0 {
            true => amount((i128::from(ore) * 1000 / i128::from(by)) as i64),
            false => Cell::Unknown,
        };
        let mut row = vec![Cell::Text(code.clone()), Cell::Text(outcome.names.name(code)), Cell::Decimal(by)];
        row.extend(schemes.map(|scheme| cell(scheme, &amount)));
        row.extend(schemes.map(|scheme| cell(scheme, &each)));
        sheet.row(row, Beneath::Decided);
    }
    Some(sheet.protect())
}

/// Sheet of admissions, with three counts for each municipality: admissions billed to it; how many of these are of
/// persons last known elsewhere; and admissions billed elsewhere of persons last known in it. `None` if admissions have
/// no figures.
pub fn moved_sheet(outcome: &Outcome) -> Option<SafeTable> {
    let place = outcome.indicators.iter().position(|one| one.id == "admissions")?;
    let figures = outcome.figures[place].as_ref()?;
    let heads = ["municipality", "name", "admissions_billed", "last_known_elsewhere", "billed_elsewhere"];
    let stays = |home: usize| -> i64 {
        outcome.counts.of(place, Side::Numerator, home).map_or(0, |stays| stays.iter().sum())
    };
    // A stay that is billed in one municipality, of a person last known in another, counts in both rows: in `elsewhere`
    // where it is billed, in `here` where the person was last known. The rows therefore have the same sum, except for
    // stays that belong to no municipality.
    let moved = outcome.counts.moved.iter().enumerate();
    let (elsewhere, here): (Row, Row) = moved
        .map(|(home, (elsewhere, here))| {
            (Known { events: *elsewhere, whole: Some(stays(home)) }, Known { events: *here, whole: None })
        })
        .unzip();
    let homes = outcome.counts.homes.len();
    let is_hidden = |_, home: usize| figures.homes[home].is_withheld;
    let hidden = withhold::hidden_beside(
        &[elsewhere, here],
        |row, home| is_hidden(row, home).then_some(true),
        &[Total::of(0..homes)],
    );
    let mut sheet = sheet_of("residence", heads);
    for (home, code) in outcome.counts.homes.iter().enumerate() {
        let (elsewhere, here) = outcome.counts.moved.get(home).copied()?;
        let cell = |count: i64, hidden: bool| if hidden { Cell::Withheld } else { Cell::Count(count) };
        sheet.row(
            vec![
                Cell::Text(code.clone()),
                Cell::Text(outcome.names.name(code)),
                cell(stays(home), is_hidden(0, home)),
                cell(elsewhere, hidden[0][home]),
                cell(here, hidden[1][home]),
            ],
            Beneath::Decided,
        );
    }
    Some(sheet.protect())
}

/// Sheet of work and payment by municipality: hospital stays, bed days, and what each scheme pays for the stays, beside
/// the kroner of the municipality's own work and the part of these kroner that no scheme pays.
pub fn asymmetry_sheet(outcome: &Outcome, effort: &[Effort]) -> SafeTable {
    let heads = [
        "municipality",
        "name",
        "hospital_stays",
        "bed_days",
        "state_pays_isf_ore",
        "municipality_pays_kmf_ore",
        "municipality_pays_usk_ore",
        "own_effort_ore",
        "paid_by_others_ore",
        "paid_by_no_scheme_ore",
        "effort",
    ];
    let mut sheet = sheet_of("asymmetry", heads);
    let mut by_home: BTreeMap<&str, Vec<&Effort>> = BTreeMap::new();
    for one in effort {
        by_home.entry(&one.municipality).or_default().push(one);
    }
    let place = |id: &str| outcome.indicators.iter().position(|one| one.id == id);
    for (home, code) in outcome.counts.homes.iter().enumerate() {
        let of = |id: &str| -> Option<(i64, bool)> {
            let place = place(id)?;
            let found = outcome.figures[place].as_ref()?;
            let sum = outcome.counts.of(place, Side::Numerator, home)?.iter().sum();
            Some((sum, found.homes[home].is_withheld))
        };
        let count = |found: Option<(i64, bool)>| match found {
            None => Cell::Unknown,
            Some((_, true)) => Cell::Withheld,
            Some((count, false)) => Cell::Count(count),
        };
        let (stays, days) = (of("admissions"), of("bed-days"));
        let paid = stays.zip(place("admissions")).zip(outcome.kroner.as_ref());
        let kroner = |instrument: Instrument| match paid {
            None => Cell::Unknown,
            Some((((_, is_hidden), place), kroner)) => {
                let hides = outcome.figures[place].as_ref().map_or([true; 3], |of| of.homes[home].hides);
                let ore = outcome.counts.paid_of(place, Side::Numerator, home).shown(instrument, hides);
                let ore = ore.filter(|_| !is_hidden).map(Amount::from_ore);
                kroner.no_amount(instrument).unwrap_or(ore.map_or(Cell::Withheld, Cell::Kroner))
            }
        };
        let ready = place("discharge-ready-payment").and_then(|place| outcome.figures[place].as_ref());
        let hides_ready = ready.is_some_and(|ready| ready.homes[home].is_withheld);
        let mine = by_home.get(code.as_str());
        let sum =
            |of: &dyn Fn(&Effort) -> Amount| mine.map(|all| all.iter().map(|one| of(one)).sum::<Amount>());
        let what: Vec<&str> = mine.into_iter().flatten().map(|one| one.what.as_str()).collect();
        sheet.row(
            vec![
                Cell::Text(code.clone()),
                Cell::Text(outcome.names.name(code)),
                count(stays),
                count(days),
                kroner(Instrument::Isf),
                kroner(Instrument::CoFinancing),
                if hides_ready { Cell::Withheld } else { kroner(Instrument::DischargeReady) },
                Cell::kroner(sum(&|one| one.kroner)),
                Cell::kroner(sum(&|one| one.paid_by_others)),
                Cell::kroner(sum(&|one| one.kroner - one.paid_by_others)),
                Cell::Text(what.join("; ")),
            ],
            Beneath::Decided,
        );
    }
    sheet.protect()
}
