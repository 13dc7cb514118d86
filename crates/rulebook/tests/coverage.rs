//! Every dated row of the law, the variants, the measures and the scheme has a case that rests on it, and
//! every reading of a choice has a case that runs under it. Exceptions stand in a list with their reason; an
//! exception that is no longer needed is a fault too.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use rulebook::built_in;
use rulebook::cases::run_built_in;
use rulebook::file::{CHOICES, Dates, RuleFile, VariantFile};
use rulebook::measure::Measure;
use rulebook::scheme::Scheme;

/// Rows that no case can rest on: file, key and reason.
const ROWS: &[(&str, &str, &str)] = &[
    (
        "co-financing.toml",
        "choice residence_on",
        "the register names the municipality; the rulebook is given it",
    ),
    (
        "activity-based-funding.toml",
        "choice passed_on_to_trust",
        "what the regional authority gives its trusts is outside the settlement: there is no amount to turn",
    ),
    (
        "activity-based-funding.toml",
        "share 2025-01-01",
        "the price of a point in 2025 was not found: nothing can be priced",
    ),
];

/// Readings that no case can run under: choice, reading and reason.
const READINGS: &[(&str, &str, &str)] = &[
    ("residence_on", "admission", "the register names the municipality; the rulebook is given it"),
    ("passed_on_to_trust", "outside-the-settlement", "no amount turns on it"),
];

fn rows() -> Vec<(String, String, usize)> {
    fn add(out: &mut Vec<(String, String, usize)>, file: &str, rows: Vec<(String, &Dates)>) {
        for (key, dates) in rows {
            // Rows of one key differ by their first day. An exception may therefore name the day as part of its
            // key.
            let dated = format!("{key} {}", dates.from);
            let key = if ROWS.iter().any(|(_, row, _)| *row == dated) { dated } else { key };
            out.push((file.to_owned(), key, dates.line));
        }
    }
    let mut out = Vec::new();
    for (name, text) in built_in::LAW {
        add(&mut out, name, RuleFile::parse(name, text).unwrap().dated_rows());
    }
    for (name, text) in built_in::MEASURES {
        let measure = Measure::parse(name, text).unwrap();
        let effect = measure.effect.iter().map(|row| ("effect".to_owned(), &row.dates));
        let cost = measure.cost.iter().map(|row| (format!("cost {}", row.value.party), &row.dates));
        add(&mut out, name, effect.chain(cost).collect());
    }
    let scheme = Scheme::built_in().unwrap();
    add(&mut out, &scheme.file, scheme.dated_rows());
    for (name, text) in built_in::VARIANTS {
        let variant = VariantFile::parse(name, text).unwrap();
        let tariffs = variant.add.iter().map(|row| (format!("tariff {}", row.value.code), &row.dates));
        add(&mut out, name, tariffs.collect());
        out.push(((*name).to_owned(), "variant".to_owned(), variant.line));
    }
    out
}

#[test]
fn every_dated_row_is_turned_on_by_a_case() {
    let hits = run_built_in().unwrap().hits;
    let mut wrong = Vec::new();
    let mut excused = BTreeSet::new();
    for (file, key, line) in rows() {
        let exception = ROWS.iter().find(|(name, row, _)| file.ends_with(name) && *row == key);
        excused.extend(exception.map(|(name, row, _)| (*name, *row)));
        match (hits.contains(&format!("{file}:{line}")), exception) {
            (true, None) | (false, Some(_)) => {}
            (false, None) => wrong.push(format!("{file}:{line}: no case turns on {key}")),
            (true, Some(_)) => wrong.push(format!("{file}:{line}: {key} has a case and needs no exception")),
        }
    }
    for (name, row, _) in ROWS.iter().filter(|(name, row, _)| !excused.contains(&(*name, *row))) {
        wrong.push(format!("there is no {row} in {name}, and it has an exception"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_reading_of_a_choice_runs_in_a_case() {
    let ran = run_built_in().unwrap().readings;
    let mut wrong = Vec::new();
    for (key, readings) in CHOICES {
        for reading in *readings {
            let has = ran.contains(&((*key).to_owned(), (*reading).to_owned()));
            let excused = READINGS.iter().any(|(one, other, _)| one == key && other == reading);
            if has == excused {
                wrong.push(format!("{key} = {reading}: ran {has}, excused {excused}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Shows that the test of dated rows can fail: without the cases of 2019, no case rests on the day rate of 2019.
#[test]
fn a_page_that_is_left_out_is_missed() {
    let book = rulebook::LawBook::built_in().unwrap();
    let (file, page) = built_in::LAW_CASES[2];
    let short: String =
        page.lines().filter(|line| !line.contains("2019-")).map(|line| format!("{line}\n")).collect();
    let hits = rulebook::cases::run(&book, "discharge-ready-day-rate", file, &short).hits;
    let rule = book.rule("discharge-ready-day-rate").unwrap();
    let rate = rule.rate.iter().find(|row| row.dates.from.year() == 2019).unwrap();
    assert!(!hits.contains(&format!("{}:{}", rule.file, rate.dates.line)));
}
