//! A runner of the `.cases.md` tables beside each rule. The cases call the same functions that compute charges.
//!
//! Start reading in [`run`]; `page.rs` describes how a page is written.

mod law;
mod page;

use std::collections::BTreeSet;
use words::{Message, Said, message};

use domain::diagnosis::main_of;
use domain::{Amount, Share, Urgency};

use crate::book::{BookError, LawBook};
use crate::built_in;
use crate::file::VariantFile;
use crate::measure::{Cost, Effect, Gp, Measure, Per};
use crate::scheme::Scheme;
use law::{RulePage, facts};
use page::Case;

/// A case whose result differs from its table, or a table that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub file: String,
    pub line: usize,
    pub case: String,
    pub fault: String,
}

words::english_error!(Failure);

impl Said for Failure {
    fn said(&self) -> Message {
        let Failure { file, line, case, fault } = self;
        message!("error.case", file, line, case, fault)
    }
}

/// Result of running some pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Number of rows that were run.
    pub count: usize,
    /// Rows that failed, and tables that cannot be read.
    pub failures: Vec<Failure>,
    /// `file:line` of every dated row that the result of some case rests on.
    pub hits: BTreeSet<String>,
    /// Pairs of choice and reading that some case ran under.
    pub readings: BTreeSet<(String, String)>,
}

impl Report {
    /// Adds another report.
    pub fn add(&mut self, other: Report) {
        self.count += other.count;
        self.failures.extend(other.failures);
        self.hits.extend(other.hits);
        self.readings.extend(other.readings);
    }
}

/// Runs a page against one rule of a book. `rule` is the id of the rule, `file` the name of the page.
pub fn run(book: &LawBook, rule: &str, file: &str, page: &str) -> Report {
    let mut rule_page = RulePage::of(book, rule);
    let (count, failures) = page::run(file, page, |case| rule_page.check(case));
    Report { count, failures, hits: rule_page.hits, readings: rule_page.readings }
}

/// Runs a page against a measure: which contacts the measure reaches, its effect on a day, and its costs.
pub fn run_measure(measure: &Measure, file: &str, page: &str) -> Report {
    let mut hits = BTreeSet::new();
    let (count, failures) = page::run(file, page, |case| check_measure(measure, case, &mut hits));
    Report { count, failures, hits, ..Report::default() }
}

fn check_measure(measure: &Measure, case: &Case, hits: &mut BTreeSet<String>) -> Result<(), String> {
    if let Some(day) = case.day("day")? {
        let row = measure.effect_on(day);
        let costs: Vec<_> = measure.cost.iter().filter(|row| row.dates.holds(day)).collect();
        let lines: Vec<usize> =
            row.map(|row| row.dates.line).into_iter().chain(costs.iter().map(|row| row.dates.line)).collect();
        equal(case, "effect", &row.map_or_else(String::new, |row| effect_text(&row.value)))?;
        let costs: Vec<String> = costs.iter().map(|row| cost_text(&row.value)).collect();
        equal(case, "costs", &costs.join("; "))?;
        if case.text("gp").is_some() {
            equal(case, "gp", &measure.gp.map_or_else(|| "none".to_owned(), |gp| gp_text(&gp)))?;
        }
        hits.extend(lines.into_iter().map(|line| format!("{}:{line}", measure.file)));
        return Ok(());
    }
    let urgency = Urgency::from_word(case.text("urgency").unwrap_or("unknown"));
    let urgency = urgency.map_err(|error| error.to_string())?;
    let diagnosis = case.text("diagnosis").map(main_of);
    let readmitted = case.yes("readmitted", false)?;
    let got = match measure.target.reaches(&facts(case)?, urgency, readmitted, diagnosis.as_deref()) {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    };
    case.needed("reached")?;
    equal(case, "reached", got)
}

/// An effect as a page writes it: `unknown`, `10 %` or `5 % – 10 % – 20 % after 6 months`.
fn effect_text(effect: &Effect) -> String {
    let Effect { low, likely, high, delay_months } = effect;
    let known: Vec<String> = [low, likely, high].into_iter().flatten().map(Share::to_string).collect();
    let text = if known.is_empty() { "unknown".to_owned() } else { known.join(" – ") };
    match delay_months {
        0 => text,
        months => format!("{text} after {months} months"),
    }
}

/// A cost as a page writes it: `municipality: dialyse, avoided-contact, 1 200,00 kr`.
fn cost_text(cost: &Cost) -> String {
    let Cost { party, what, per, kroner } = cost;
    let per = match per {
        Per::Once => "once",
        Per::Year => "year",
        Per::Inhabitant => "inhabitant",
        Per::AvoidedContact => "avoided-contact",
        Per::AvoidedDay => "avoided-day",
    };
    let amount =
        kroner.and_then(Amount::from_kroner).map_or("unknown".to_owned(), |kroner| kroner.to_string());
    format!("{party}: {what}, {per}, {amount}")
}

/// Visits to general practitioners as a page writes them: `1 per contact, 100 more on 3200 a year`.
fn gp_text(gp: &Gp) -> String {
    let Gp { visits_per_contact, published_visits, visits_a_year } = gp;
    format!("{visits_per_contact} per contact, {published_visits} more on {visits_a_year} a year")
}

/// Runs a page against the settlement scheme. An empty cell asserts that no row holds; but an empty `schedule`, `vat`
/// or `tax category` is not tested: there, `none` asserts that no row holds.
pub fn run_scheme(scheme: &Scheme, file: &str, page: &str) -> Report {
    let mut hits = BTreeSet::new();
    let (count, failures) = page::run(file, page, |case| check_scheme(scheme, case, &mut hits));
    Report { count, failures, hits, ..Report::default() }
}

fn check_scheme(scheme: &Scheme, case: &Case, hits: &mut BTreeSet<String>) -> Result<(), String> {
    let flow = case.needed("flow")?;
    let day = case.day("day")?.ok_or("day is not given")?;
    let mut lines = Vec::new();
    let mode = scheme.mode_on(flow, day);
    let account = scheme.account_on(flow, day);
    let term = scheme.term_on(flow, day);
    let vat = scheme.vat.iter().find(|row| row.dates.holds(day));
    let moved = scheme.flow.iter().find(|row| row.value.flow == flow && row.dates.holds(day));
    lines.extend(mode.map(|row| row.dates.line));
    lines.extend(account.map(|row| row.dates.line));
    lines.extend(term.map(|row| row.dates.line));
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let account = account.map(|row| &row.value);
    equal(case, "mode", &text(mode.map(|row| row.value.mode.word())))?;
    equal(case, "account", &text(account.map(|row| row.function.as_str())))?;
    equal(case, "article", &text(account.map(|row| row.article.as_str())))?;
    equal(case, "article private", &text(account.map(|row| row.article_private.as_str())))?;
    equal(case, "days", &term.map_or_else(String::new, |row| row.value.days.to_string()))?;
    equal(case, "debtor", &text(moved.map(|row| row.value.debtor.as_str())))?;
    equal(case, "creditor", &text(moved.map(|row| row.value.creditor.as_str())))?;
    lines.extend(moved.map(|row| row.dates.line));
    if case.text("schedule").is_some() {
        let schedule = scheme.schedule_on(flow, day);
        equal(case, "schedule", &schedule.map_or_else(|| "none".to_owned(), |row| row.value.to_string()))?;
        lines.extend(schedule.map(|row| row.dates.line));
    }
    if case.text("vat").is_some() {
        equal(case, "vat", vat.map_or("none", |row| row.value.treatment.as_str()))?;
        lines.extend(vat.map(|row| row.dates.line));
    }
    if case.text("tax category").is_some() {
        let category = scheme.tax_category_on(day);
        equal(case, "tax category", category.map_or("none", |row| row.value.code.word()))?;
        lines.extend(category.map(|row| row.dates.line));
    }
    hits.extend(lines.into_iter().map(|line| format!("{}:{line}", scheme.file)));
    Ok(())
}

fn equal(case: &Case, column: &str, got: &str) -> Result<(), String> {
    let (wanted, got) = (case.text(column).unwrap_or_default(), got.replace('\u{a0}', " "));
    match wanted == got {
        true => Ok(()),
        false => Err(format!("{column} is '{got}', not '{wanted}'")),
    }
}

/// Id of the rule, variant or measure that a file is named after: `law/co-financing.cases.md` is of `co-financing`.
pub fn id_of(file: &str) -> &str {
    file.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default()
}

/// Runs pages against the rules of law that they are named after.
///
/// # Errors
/// Fails if a rule cannot be read.
pub fn run_law(files: &[(&str, &str)], pages: &[(&str, &str)]) -> Result<Report, BookError> {
    let law = LawBook::new(files.iter().copied())?;
    let mut report = Report::default();
    for (file, page) in pages {
        report.add(run(&law, id_of(file), file, page));
    }
    Ok(report)
}

/// Runs a page against a variant that is laid over a law.
///
/// # Errors
/// Fails if the variant cannot be read, or departs from a rule that is missing.
pub fn run_variant(law: LawBook, variant: (&str, &str), file: &str, page: &str) -> Result<Report, BookError> {
    let book = law.with_variants([variant])?;
    let mut report = Report::default();
    for variant in book.variants() {
        let mut of_variant = run(&book, &variant.departs_from, file, page);
        of_variant.hits.extend(ran(variant, &of_variant));
        report.add(of_variant);
    }
    Ok(report)
}

/// Runs every built-in page: of the law, of each variant over the law, of each measure and of the scheme.
///
/// # Errors
/// Fails if a built-in rule, variant, measure or scheme cannot be read.
pub fn run_built_in() -> Result<Report, BookError> {
    let law = LawBook::built_in()?;
    let mut report = run_law(built_in::LAW, built_in::LAW_CASES)?;
    for ((file, page), variant) in built_in::VARIANT_CASES.iter().zip(built_in::VARIANTS) {
        report.add(run_variant(law.clone(), *variant, file, page)?);
    }
    for ((file, page), (name, text)) in built_in::MEASURE_CASES.iter().zip(built_in::MEASURES) {
        report.add(run_measure(&Measure::parse(name, text)?, file, page));
    }
    let (file, page) = built_in::SCHEME_CASES;
    report.add(run_scheme(&Scheme::built_in()?, file, page));
    Ok(report)
}

/// `file:line` of a variant whose page has a case. A variant has one span of dates, and every case of its page is
/// taken to run under that span.
fn ran(variant: &VariantFile, report: &Report) -> Option<String> {
    (report.count > 0).then(|| format!("{}:{}", variant.file, variant.line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_law_variants_measures_and_scheme_comes_out_as_written() {
        let report = run_built_in().unwrap();
        let wrong: Vec<String> = report.failures.iter().map(Failure::to_string).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(report.count >= 110, "only {} cases were found", report.count);
    }

    /// A row fails if its amount is one øre off, if it has too few or too many cells, or if a number is missing or
    /// unreadable.
    #[test]
    fn a_wrong_case_fails() {
        let book = LawBook::built_in().unwrap();
        let head = "| case | points | discharged | kroner |\n|---|---|---|---|\n";
        for (row, fault) in [
            (
                "| a | 1,000 | 2012-03-04 | 7 641,81 |",
                "gives 7\u{a0}641,80\u{a0}kr, not 7\u{a0}641,81\u{a0}kr",
            ),
            ("| b | 1 | 2012-03-04 |", "3 cells under 4 heads"),
            ("| c | 1 | 2012-03-04 | 1 | 2 |", "5 cells under 4 heads"),
            ("| d | | 2012-03-04 | 0 |", "points is not given"),
            ("| e | en | 2012-03-04 | 0 |", "points: 'en' is not a number with at most 3 decimals"),
            ("| f | 1 | | 0 |", "discharged is not given"),
            ("| g | 1 | 2012-03-04 | |", "neither kroner nor 'stops with' is given"),
        ] {
            let report = run(&book, "co-financing", "page", &format!("{head}{row}\n"));
            let faults: Vec<&str> = report.failures.iter().map(|failure| failure.fault.as_str()).collect();
            assert_eq!((report.count, faults), (1, vec![fault]));
        }
        let page = "| case | pints |\n|---|---|\n";
        assert_eq!(run(&book, "co-financing", "page", page).failures.len(), 1);
    }

    /// A row fails if its contact is priced by its fee or its bed days, and the row does not give them. A row that
    /// names a stop fails if the calculation does not stop, or stops with another text.
    #[test]
    fn a_row_needs_what_its_price_is_made_of() {
        let faults = |variant: &str, row: &str| -> Vec<String> {
            let sector = if row.contains("psychiatry") { "mental-health" } else { "somatic" };
            let book = LawBook::built_in().unwrap().with_variants(built_in::variant(variant)).unwrap();
            let head = "| case | unit | service | care level | drg | points | fee | discharged | kroner | stops with |";
            let page = format!(
                "given: resident = yes, drg type = medical, sector = {sector}\n{head}\n|---|\n{row}\n"
            );
            run(&book, "co-financing", "page", &page).failures.into_iter().map(|one| one.fault).collect()
        };
        let fee = "co-financing-fee-funded";
        let none: [&str; 0] = [];
        let specialist = |fee: &str, kroner: &str, stops: &str| {
            format!(
                "| a | contract-specialist | | outpatient | 127 | | {fee} | 2011-06-15 | {kroner} | {stops} |"
            )
        };
        let psychiatry = "| a | adult-psychiatry | | overnight | 127 | | | 2011-06-15 | 10000 | |";
        let tariffs = "co-financing-mental-health-substance-use-rehabilitation";
        assert_eq!(faults(tariffs, psychiatry), ["bed days is not given"]);
        assert_eq!(faults(fee, &specialist("450", "90", "")), none);
        assert_eq!(faults(fee, &specialist("", "90", "")), ["fee is not given"]);
        assert_eq!(faults(fee, &specialist("450", "", "a gap")), ["gives 90,00\u{a0}kr and does not stop"]);
        let book = LawBook::built_in().unwrap();
        let page = "given: sector = somatic, unit = public-hospital, care level = overnight, resident = yes\n\
                    | case | drg | points | discharged | stops with |\n|---|\n| a | 127 | 1 | 2025-03-04 | a gap |\n";
        let report = run(&book, "activity-based-funding", "page", page);
        assert!(report.failures[0].fault.ends_with("not with 'a gap'"), "{}", report.failures[0]);
    }

    /// Headings and names of the rows that one case rests on, and the readings under which the case runs.
    fn rests_on(book: &LawBook, rule: &str, given: &str, [head, row]: [&str; 2]) -> String {
        let report =
            run(book, rule, "page", &format!("given: {given}\n| case | {head} |\n|---|\n| a | {row} |\n"));
        assert!(report.failures.is_empty(), "{row}: {}", report.failures[0]);
        let place_of = |place: &String| {
            let (file, line) = place.rsplit_once(':').unwrap();
            let mut files = built_in::LAW.iter().chain(built_in::VARIANTS);
            let (_, text) = files.find(|(name, _)| file.ends_with(name)).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            let before = &lines[..line.parse().unwrap()];
            let Some(head) = before.iter().rposition(|line| line.starts_with('[')) else {
                return "variant".to_owned();
            };
            let block = lines[head + 1..].iter().take_while(|line| !line.starts_with('['));
            let names = |line: &&&str| line.starts_with("key") || line.starts_with("code");
            let key = lines[head].split("  ").next().unwrap_or_default();
            format!("{key} {}", block.clone().find(names).unwrap_or(&"")).trim_end().to_owned()
        };
        let mut out: Vec<String> = report.hits.iter().map(place_of).collect();
        out.extend(report.readings.iter().map(|(key, value)| format!("{key}: {value}")));
        out.sort();
        out.join("\n")
    }

    /// The report names exactly the rows of the law that a case rests on.
    #[test]
    fn a_case_rests_on_what_it_uses_alone() {
        let law = LawBook::built_in().unwrap();
        let over_80 = law.clone().with_variants(built_in::variant("co-financing-80-plus")).unwrap();
        let kmf = "sector = somatic, unit = public-hospital, care level = overnight, drg type = medical, drg = 127, \
                   resident = yes";
        let birth = &kmf.replace("drg = 127", "drg = 373");
        let ready = "ready = 2012-03-04T09:00, notified = 2012-03-04T10:00, ";
        let notice = "admission notice = 2012-03-01T10:00, ";
        let stay = "sector = somatic, unit = public-hospital, admitted = 2012-03-01T08:00, departed = 2012-03-06T12:00";
        let [usk, late, never] =
            [format!("{ready}{notice}{stay}"), format!("{ready}{stay}"), format!("{notice}{stay}")];
        let one = "points | discharged | kroner";
        let two = "points | admitted | discharged | kroner";
        let found: Vec<String> = [
            (&law, "co-financing", kmf, [one, "1 | 2012-03-04 | 7641,80"]),
            (&law, "co-financing", kmf, [one, "9 | 2012-03-04 | 30567,20"]),
            (&law, "co-financing", kmf, [two, "1 | 2012-03-04 | 2012-03-04 | 7641,80"]),
            (&law, "co-financing", kmf, [two, "1 | 2012-03-03 | 2012-03-04 | 7641,80"]),
            (
                &law,
                "co-financing",
                kmf,
                ["points | discharged | kroner | debtor", "1 | 2012-03-04 | 7641,80 | municipality"],
            ),
            (&law, "co-financing", birth, [one, "1 | 2012-03-04 | 0"]),
            (
                &over_80,
                "co-financing",
                kmf,
                ["age | points | discharged | kroner", "79 | 1 | 2012-03-04 | 0"],
            ),
            (
                &over_80,
                "co-financing",
                birth,
                ["age | points | discharged | kroner", "85 | 1 | 2012-03-04 | 0"],
            ),
            (&law, "discharge-ready-day-rate", &usk, ["kroner", "8000"]),
            (&law, "discharge-ready-day-rate", &usk, ["kroner | debtor", "8000 | municipality"]),
            (&law, "discharge-ready-day-rate", &late, ["kroner", "0"]),
            (&law, "discharge-ready-day-rate", &never, ["kroner", "0"]),
        ]
        .into_iter()
        .map(|(book, rule, given, case)| format!("# {}\n{}\n", case[1], rests_on(book, rule, given, case)))
        .collect();
        expect_test::expect_file!["../../tests/rests_on.txt"].assert_eq(&found.join("\n"));
    }

    proptest::proptest! {
        #[test]
        fn no_page_breaks_the_runner(page in "[|a-z0-9 =,:\\-\n]{0,200}") {
            let book = LawBook::built_in().unwrap();
            let _ = run(&book, "co-financing", "page", &page);
        }
    }
}
