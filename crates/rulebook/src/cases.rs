//! Runs the `.cases.md` tables that stand beside each rule.
//!
//! A page is prose with tables in it. A line `given: column = value, …` fills cells that are left empty.
//! Column heads are identifiers; `because` is for readers. An unknown column is an error, so that a
//! misspelt one cannot make a case pass.

use std::collections::BTreeMap;

use domain::{
    Amount, CareLevel, Day, DrgType, EventKind, Minute, Points, Sector, Service, UnitKind, Urgency,
};

use crate::book::{DatedBy, LawBook, Segment, Standing};
use crate::calculation::day_rate::{self, Assessment, Case, Event};
use crate::calculation::share_of_drg_price::{self, Decision, Facts, Quantity, ShareRule};
use crate::file::{CalculationKind, Liable};
use crate::measure::Measure;
use crate::trace::NoTrace;

/// A case that did not come out as its table says, or a table that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {case}: {fault}")]
pub struct Failure {
    /// Name of the page.
    pub file: String,
    /// Line.
    pub line: usize,
    /// Name of the case.
    pub case: String,
    /// What is wrong.
    pub fault: String,
}

const INPUTS: &[&str] = &[
    "sector",
    "unit",
    "care level",
    "drg type",
    "drg",
    "service",
    "medicine",
    "resident",
    "age",
    "points",
    "used of ceiling",
    "contacts",
    "bed days",
    "fee",
    "admitted",
    "discharged",
    "admission notice",
    "ready",
    "notified",
    "refused",
    "place ready",
    "withdrawn",
    "ready again",
    "notified again",
    "departed",
    "urgency",
    "readmitted",
];
const OUTPUTS: &[&str] = &["kroner", "reason", "payer", "stops with", "reached"];
const REMARKS: &[&str] = &["case", "because"];

type Cells = BTreeMap<String, String>;

/// Runs a page against a rule of the book. Gives the number of cases and those that failed.
pub fn run(book: &LawBook, rule: &str, file: &str, page: &str) -> (usize, Vec<Failure>) {
    run_page(file, page, |row| check(book, rule, row))
}

/// Runs a page against a measure: whom it reaches.
pub fn run_measure(measure: &Measure, file: &str, page: &str) -> (usize, Vec<Failure>) {
    run_page(file, page, |row| reached(measure, row))
}

fn reached(measure: &Measure, row: &Cells) -> Result<(), String> {
    let cell = |key: &str| row.get(key).map(String::as_str);
    let urgency =
        Urgency::from_word(cell("urgency").unwrap_or("unknown")).map_err(|error| error.to_string())?;
    let readmitted = cell("readmitted") == Some("yes");
    let got = match measure.target.reaches(&facts(row)?, urgency, readmitted) {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    };
    match cell("reached") {
        Some(wanted) if wanted == got => Ok(()),
        Some(wanted) => Err(format!("reached is {got}, not {wanted}")),
        None => Err("reached is not given".to_owned()),
    }
}

fn run_page(file: &str, page: &str, check: impl Fn(&Cells) -> Result<(), String>) -> (usize, Vec<Failure>) {
    let mut failures = Vec::new();
    let mut count = 0;
    let mut given = Cells::new();
    let mut heads: Option<Vec<String>> = None;
    for (place, line) in page.lines().enumerate() {
        let fail = |case: &str, fault: String| Failure {
            file: file.to_owned(),
            line: place + 1,
            case: case.to_owned(),
            fault,
        };
        let line = line.trim();
        if let Some(list) = line.strip_prefix("given:") {
            match read_given(list) {
                Ok(cells) => given = cells,
                Err(fault) => failures.push(fail("given", fault)),
            }
        }
        if !line.starts_with('|') {
            heads = None;
            continue;
        }
        if line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ')) {
            continue;
        }
        let cells: Vec<String> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        match &heads {
            None => {
                for head in cells.iter().filter(|head| !known(head)) {
                    failures.push(fail("head", format!("unknown column '{head}'")));
                }
                heads = Some(cells);
            }
            Some(heads) => {
                count += 1;
                let name = cells.first().cloned().unwrap_or_default();
                if cells.len() > heads.len() {
                    let fault = format!("{} cells under {} heads", cells.len(), heads.len());
                    failures.push(fail(&name, fault));
                    continue;
                }
                let mut row = given.clone();
                for (head, cell) in heads.iter().zip(&cells).filter(|(_, cell)| !cell.is_empty()) {
                    row.insert(head.clone(), cell.clone());
                }
                if let Err(fault) = check(&row) {
                    failures.push(fail(&name, fault));
                }
            }
        }
    }
    (count, failures)
}

fn known(head: &str) -> bool {
    INPUTS.contains(&head) || OUTPUTS.contains(&head) || REMARKS.contains(&head)
}

fn read_given(list: &str) -> Result<Cells, String> {
    let mut cells = Cells::new();
    for pair in list.split(',') {
        let (key, value) = pair.split_once('=').ok_or_else(|| format!("'{pair}' is not column = value"))?;
        let key = key.trim();
        if !INPUTS.contains(&key) {
            return Err(format!("unknown column '{key}'"));
        }
        cells.insert(key.to_owned(), value.trim().to_owned());
    }
    Ok(cells)
}

/// What a case came to.
#[derive(Default)]
struct Outcome {
    kroner: Amount,
    reason: String,
    payer: String,
    stopped: Option<String>,
}

fn check(book: &LawBook, rule: &str, row: &Cells) -> Result<(), String> {
    let file = book.rule(rule).ok_or_else(|| format!("there is no rule '{rule}'"))?;
    let outcome = match file.calculation {
        CalculationKind::ShareOfDrgPrice => share_case(book, rule, row)?,
        CalculationKind::DayRate => day_rate_case(book, rule, row)?,
    };
    if let Some(wanted) = row.get("stops with") {
        return match &outcome.stopped {
            Some(stopped) if stopped.contains(wanted.as_str()) => Ok(()),
            Some(stopped) => Err(format!("stops with '{stopped}', not with '{wanted}'")),
            None => Err(format!("gives {} and does not stop", outcome.kroner)),
        };
    }
    if let Some(stopped) = outcome.stopped {
        return Err(format!("stops: {stopped}"));
    }
    let kroner = row.get("kroner").ok_or("neither kroner nor 'stops with' is given")?;
    let kroner = Amount::from_ore(decimal(kroner, 2)?);
    if kroner != outcome.kroner {
        return Err(format!("gives {}, not {kroner}", outcome.kroner));
    }
    for (head, got) in [("reason", &outcome.reason), ("payer", &outcome.payer)] {
        if let Some(wanted) = row.get(head).filter(|wanted| *wanted != got) {
            return Err(format!("{head} is '{got}', not '{wanted}'"));
        }
    }
    Ok(())
}

/// The segment that holds on a day.
pub fn on<T>(segments: &[Segment<T>], day: Day) -> Option<&Segment<T>> {
    segments.iter().find(|segment| segment.from <= day && day <= segment.to)
}

fn share_case(book: &LawBook, rule: &str, row: &Cells) -> Result<Outcome, String> {
    let facts = facts(row)?;
    let file = book.rule(rule).ok_or("no rule")?;
    let discharged = day(row, "discharged")?.ok_or("discharged is not given")?;
    let admitted = day(row, "admitted")?.unwrap_or(discharged);
    let dated = match book.dated_by(file) {
        DatedBy::Discharge => discharged,
        DatedBy::Admission => admitted,
    };
    let segments = book.share_rule(rule).map_err(|error| error.to_string())?;
    let segment = on(&segments, dated).ok_or("no segment")?;
    let share_rule = match &segment.standing {
        Standing::InForce(rule) => rule,
        Standing::NotInForce => return Ok(Outcome { reason: "not-in-force".into(), ..Outcome::default() }),
        Standing::Missing(gap) => {
            return Ok(Outcome { stopped: Some(gap.to_string()), ..Outcome::default() });
        }
    };
    let quantity = Quantity {
        points: Points::from_milli(number(row, "points", 3)?.unwrap_or(0)),
        bed_days: number(row, "bed days", 0)?.unwrap_or(0),
        contacts: number(row, "contacts", 0)?.unwrap_or(1),
        counted: row.contains_key("contacts"),
        fee: Amount::from_ore(number(row, "fee", 2)?.unwrap_or(0)),
    };
    let used = Points::from_milli(number(row, "used of ceiling", 3)?.unwrap_or(0));
    let lowered = match &share_rule.lowered_by {
        None => None,
        Some((id, _)) => lowered(book, id, &facts, dated, &quantity, used)?,
    };
    match share_of_drg_price::decide(&facts, share_rule, &mut NoTrace) {
        Decision::Out { reason } => Ok(Outcome { reason, ..Outcome::default() }),
        Decision::In { pricing, .. } => {
            let left = left_of_ceiling(share_rule, &quantity, used);
            let priced =
                share_of_drg_price::price(share_rule, pricing, &quantity, left, lowered, &mut NoTrace)
                    .map_err(|error| error.to_string())?;
            Ok(Outcome { kroner: priced.amount, ..Outcome::default() })
        }
    }
}

fn left_of_ceiling(rule: &ShareRule, quantity: &Quantity, used: Points) -> Option<Points> {
    rule.ceiling.as_ref().filter(|_| !quantity.counted).map(|(ceiling, _)| *ceiling - used)
}

/// What the lowering rule charges of the same points.
fn lowered(
    book: &LawBook,
    id: &str,
    facts: &Facts,
    dated: Day,
    quantity: &Quantity,
    used: Points,
) -> Result<Option<(Points, domain::Share)>, String> {
    let segments = book.share_rule(id).map_err(|error| error.to_string())?;
    let Some(rule) = on(&segments, dated).and_then(|segment| segment.standing.in_force()) else {
        return Ok(None);
    };
    match share_of_drg_price::decide(facts, rule, &mut NoTrace) {
        Decision::In { pricing: share_of_drg_price::Pricing::DrgPoints, .. } => {
            let left = left_of_ceiling(rule, quantity, used);
            let points = left.map_or(quantity.points, |left| quantity.points.at_most(left));
            Ok(Some((points, rule.share.0)))
        }
        Decision::In { .. } | Decision::Out { .. } => Ok(None),
    }
}

fn facts(row: &Cells) -> Result<Facts<'_>, String> {
    let cell = |key: &str| row.get(key).map(String::as_str);
    let word = |error: domain::UnknownCode| error.to_string();
    let yes = |key: &str, default| match cell(key) {
        None => Ok(default),
        Some("yes") => Ok(true),
        Some("no") => Ok(false),
        Some(other) => Err(format!("{key} is '{other}', not yes or no")),
    };
    Ok(Facts {
        sector: Sector::from_word(cell("sector").unwrap_or("somatic")).map_err(word)?,
        unit_kind: UnitKind::from_word(cell("unit").unwrap_or("public-hospital")).map_err(word)?,
        care_level: CareLevel::from_word(cell("care level").unwrap_or("overnight")).map_err(word)?,
        service: Service::from_word(cell("service").unwrap_or("ordinary")).map_err(word)?,
        drg_type: DrgType::from_word(cell("drg type").unwrap_or("unknown")).map_err(word)?,
        drg: cell("drg").filter(|drg| *drg != "none"),
        costly_medicine: yes("medicine", false)?,
        resident: yes("resident", true)?,
        age: number(row, "age", 0)?.map(|age| u16::try_from(age).unwrap_or(0)),
    })
}

fn day_rate_case(book: &LawBook, rule: &str, row: &Cells) -> Result<Outcome, String> {
    let facts = facts(row)?;
    let time = |key: &str| match row.get(key).map(String::as_str) {
        None | Some("none") => Ok(None),
        Some(text) => Minute::parse(text).map(Some).map_err(|error| error.to_string()),
    };
    let mut events = Vec::new();
    for (key, kind) in [
        ("admission notice", EventKind::AdmissionNotice),
        ("ready", EventKind::Ready),
        ("notified", EventKind::ReadinessNotice),
        ("refused", EventKind::CannotReceive),
        ("place ready", EventKind::CanReceive),
        ("withdrawn", EventKind::Withdrawn),
        ("ready again", EventKind::Ready),
        ("notified again", EventKind::ReadinessNotice),
    ] {
        events.extend(time(key)?.map(|at| Event { at, kind }));
    }
    let departed_at = time("departed")?.ok_or("departed is not given")?;
    let first = events.iter().filter(|event| event.kind == EventKind::Ready).map(|event| event.at).min();
    let admitted_at = time("admitted")?.or(first).unwrap_or(departed_at);
    let case = Case {
        sector: facts.sector,
        unit_kind: facts.unit_kind,
        care_level: facts.care_level,
        admitted_at,
        departed_at,
        events: &events,
        // A page is about the law, not about what two parties have agreed.
        trust: "",
        registered_in: "",
        stays_in: "",
    };
    let segments = book.day_rate_rule(rule).map_err(|error| error.to_string())?;
    let rule_on = |day| on(&segments, day).and_then(|segment| segment.standing.in_force());
    Ok(match day_rate::assess(&case, rule_on, book.agreements(), &mut NoTrace) {
        Assessment::Nothing { reason } => Outcome { reason: reason.into(), ..Outcome::default() },
        Assessment::Payable(days) => {
            let mut payers: Vec<&str> = days
                .iter()
                .map(|day| match day.liable {
                    Liable::MunicipalityOfRegistration => "municipality-of-registration",
                    Liable::MunicipalityOfStay => "municipality-of-stay",
                })
                .collect();
            payers.dedup();
            match day_rate::total(&days) {
                Ok(kroner) => Outcome { kroner, payer: payers.join(", "), ..Outcome::default() },
                Err(day) => {
                    Outcome { stopped: Some(format!("no rate in force on {day}")), ..Outcome::default() }
                }
            }
        }
    })
}

fn day(row: &Cells, key: &str) -> Result<Option<Day>, String> {
    row.get(key).map(|text| Day::parse(text).map_err(|error| error.to_string())).transpose()
}

fn number(row: &Cells, key: &str, decimals: usize) -> Result<Option<i64>, String> {
    row.get(key).map(|text| decimal(text, decimals)).transpose()
}

/// `1 234,50` as a whole number of the smallest unit. Comma or point; spaces between thousands.
fn decimal(text: &str, decimals: usize) -> Result<i64, String> {
    let wrong = || format!("'{text}' is not a number with at most {decimals} decimals");
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (sign, digits) = match plain.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (-1, rest),
        None => (1, plain.as_str()),
    };
    let (whole, part) = digits.split_once([',', '.']).unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(part) || part.len() > decimals {
        return Err(wrong());
    }
    format!("{whole}{part:0<decimals$}").parse::<i64>().map(|number| sign * number).map_err(|_| wrong())
}

/// Runs every page that was built in: the law's, and each variant's over the law.
///
/// # Errors
/// If a rule or variant that was built in cannot be read.
pub fn run_built_in() -> Result<(usize, Vec<Failure>), crate::book::BookError> {
    let law = LawBook::built_in()?;
    let (mut count, mut failures) = (0, Vec::new());
    let mut add = |(number, failed): (usize, Vec<Failure>)| {
        count += number;
        failures.extend(failed);
    };
    let id =
        |file: &str| file.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or("").to_owned();
    for (file, page) in crate::built_in::LAW_CASES {
        add(run(&law, &id(file), file, page));
    }
    for (file, page) in crate::built_in::VARIANT_CASES {
        let book = law.clone().with_variants(crate::built_in::variant(&id(file)))?;
        let rule = book.variants().first().map_or_else(String::new, |variant| variant.departs_from.clone());
        add(run(&book, &rule, file, page));
    }
    for ((file, page), (name, text)) in crate::built_in::MEASURE_CASES.iter().zip(crate::built_in::MEASURES) {
        add(run_measure(&Measure::parse(name, text)?, file, page));
    }
    Ok((count, failures))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_law_and_variants_comes_out_as_written() {
        let (count, failures) = run_built_in().unwrap();
        let told: Vec<String> = failures.iter().map(Failure::to_string).collect();
        assert!(failures.is_empty(), "{}", told.join("\n"));
        assert!(count >= 110, "only {count} cases were found");
    }

    #[test]
    fn a_wrong_case_fails() {
        let book = LawBook::built_in().unwrap();
        let page = "| case | points | discharged | kroner |\n|---|---|---|---|\n| a | 1,000 | 2012-03-04 | 7 641,81 |\n| b | 1 | 2012-03-04 |";
        let (count, failures) = run(&book, "co-financing", "page", page);
        assert_eq!((count, failures.len()), (2, 2));
        let page = "| case | pints |\n|---|---|\n";
        assert_eq!(run(&book, "co-financing", "page", page).1.len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn no_page_breaks_the_runner(page in "[|a-z0-9 =,:\\-\n]{0,200}") {
            let book = LawBook::built_in().unwrap();
            let _ = run(&book, "co-financing", "page", &page);
        }
    }
}
