//! The ministry's two tables of 2010/11, with our figures beside them, cell by cell.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use disclosure::Cell;
use domain::amount::grouped;
use domain::{Amount, Municipalities, Period};
use paper::sheets;
use register::parquet_file::Reader;
use register::synth;
use settlement::Law;
use settlement::cells::Cells;
use settlement::needs::Needs;
use settlement::price::AsIs;
use simulation::consequence::priced;
use words::{Message, message, say};

use crate::failure::Result;
use crate::host::{Host, Scratch};
use crate::law::Files;
use crate::progress::Work;
use crate::table::{Form, Table};
use crate::what_if::heads;

/// Number of persons in the synthetic register that is drawn if no file is given.
const PEOPLE: u64 = 1_000_000;

/// Reproduces the tables from contacts of 2011, the year before the reform. Without a file, a synthetic register is
/// drawn. Returns two tables with their titles; if `json` is set, the published cells as JSON, without those on free
/// income.
///
/// # Errors
/// Fails if the register cannot be made, or if the contacts cannot be priced.
pub fn run(contacts: Option<&Path>, seed: u64, json: bool, host: &Host) -> Result<String> {
    let scratch = Scratch::under(host.scratch)?;
    let (path, scale, basis) = match contacts {
        Some(path) => {
            let scale = Scale { made: 1, of: 1 };
            (path.to_path_buf(), scale, message!("reproduce.file_as_it_is"))
        }
        None => {
            let stage = host.begin(Work::MakeRegister(2011));
            let recipe =
                synth::Recipe { year: 2011, people: Some(PEOPLE), seed, slow: None, threads: host.threads };
            let made = synth::make(&recipe, scratch.path(), |done, of| stage.at(done, of))?;
            stage.done();
            let scale = Scale { made: made.persons, of: made.of_persons };
            (
                scratch.path().join("contacts.parquet"),
                scale,
                message!("reproduce.synthetic_register", seed, scale = scale.size()),
            )
        }
    };
    let found = alternatives(&path, host.threads)?;
    let people = match contacts {
        None => scale.of,
        Some(_) => register::population::Population::of(2011)?.persons,
    };
    if json {
        let cells: Vec<serde_json::Value> = cells(&found, scale, people);
        let basis = basis.english();
        let whole = serde_json::json!({ "schema": 1, "basis": basis, "status": "draft", "cells": cells });
        return Ok(format!("{whole:#}\n"));
    }
    let tables = [seed_sums(&found, scale), consequences(&found, scale, people)];
    let reader = sheets::Reader::Person(host.language);
    let shown: Vec<String> = tables.iter().map(|table| table.render(Form::Table, reader)).collect();
    Ok(format!("{}\n{}\n", shown.join("\n"), say!(host.language, "reproduce.basis", basis)))
}

/// Every cell that the ministry published, except those on municipalities' free income (`frie inntekter`), in millions
/// of kroner.
fn cells(found: &Alternatives, scale: Scale, people: u64) -> Vec<serde_json::Value> {
    let millions = |amount: Amount| scale.amount(amount).ore() as f64 / 100_000_000.0;
    let kmf = |name: &str| found.kmf.get(name).copied().unwrap_or_default();
    let usk = |name: &str| found.usk.get(name).map_or(Amount::ZERO, |sum| sum.0);
    let beside = |name: &str| kmf(name) - kmf(AS_IN_2012);
    let mut out = Vec::new();
    let mut add = |name: String, published: f64, ours: f64| {
        out.push(serde_json::json!({ "name": name, "published": published, "ours": ours, "unit": "MNOK" }));
    };
    for (name, published, ours) in [
        ("gross: discharge-ready, 3 000 a day", 500.0, usk("discharge-ready-3000")),
        ("gross: discharge-ready, 5 000 a day", 800.0, usk("discharge-ready-5000")),
        ("gross: co-financing, 80 years and older, admissions", 1500.0, kmf("co-financing-80-plus")),
        ("gross: co-financing, medical, admissions", 3600.0, kmf("co-financing-medical")),
        (
            "gross: drugs, psychiatry, rehabilitation",
            2500.0,
            beside("co-financing-mental-health-substance-use-rehabilitation"),
        ),
    ] {
        add(name.to_owned(), published, millions(ours));
    }
    let sizes = [100_000.0, 20_000.0, 5_000.0];
    for (name, published, whole) in [
        ("no discharge-ready, 3 000 a day", [10.0, 2.0, 0.6], millions(usk("discharge-ready-3000"))),
        ("no discharge-ready, 5 000 a day", [16.0, 3.0, 1.0], millions(usk("discharge-ready-5000"))),
        ("10 % fewer medical admissions", [7.5, 1.5, 0.5], millions(kmf("co-financing-medical")) / 10.0),
        ("10 % fewer admissions 80+", [3.0, 0.6, 0.2], millions(kmf("co-financing-80-plus")) / 10.0),
    ] {
        for (size, published) in sizes.iter().zip(published) {
            add(format!("{name}: {size} inhabitants"), published, whole * size / people.max(1) as f64);
        }
    }
    out
}

/// A sample, and the country that it stands for.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Number of persons in the sample.
    pub made: u64,
    /// Number of persons in the country.
    pub of: u64,
}

impl Scale {
    /// A number of the sample, scaled to the country.
    pub fn up(self, number: i64) -> i64 {
        (i128::from(number) * i128::from(self.of) / i128::from(self.made.max(1))) as i64
    }

    /// An amount of the sample, scaled to the country.
    pub fn amount(self, amount: Amount) -> Amount {
        Amount::from_ore(self.up(amount.ore()))
    }

    /// Size of the sample.
    pub fn size(self) -> Message {
        if self.made == self.of {
            return message!("reproduce.whole_country");
        }
        message!("reproduce.sample", made = grouped(self.made), of = grouped(self.of))
    }
}

/// Sums of each of the ministry's alternatives on the contacts: the amount, and for the day rate also the
/// days.
pub struct Alternatives {
    kmf: BTreeMap<&'static str, Amount>,
    usk: BTreeMap<&'static str, (Amount, i64)>,
}

const KMF_ALTERNATIVES: [&str; 7] = [
    "co-financing-80-plus",
    "co-financing-over-80",
    "co-financing-80-plus-with-outpatient",
    "co-financing-medical",
    "co-financing-medical-with-outpatient",
    "co-financing-mental-health-substance-use-rehabilitation",
    "co-financing-fee-funded",
];
const AS_IN_2012: &str = "co-financing-as-in-2012";

/// Prices the ministry's alternatives on contacts of 2011.
///
/// # Errors
/// Fails if the contacts cannot be read, or if a value is missing.
pub fn alternatives(contacts: &Path, threads: usize) -> Result<Alternatives> {
    let reader = Reader::open_contacts(contacts)?;
    let municipalities = Municipalities::built_in()?;
    let period = Period::parse("2011")?;
    // The two instruments do not affect each other, so that one law can carry an alternative of each.
    let mut laws = Vec::new();
    for (place, name) in KMF_ALTERNATIVES.into_iter().chain([AS_IN_2012]).enumerate() {
        let usk = ["discharge-ready-3000", "discharge-ready-5000"].get(place).copied();
        let paths: Vec<PathBuf> = [Some(name), usk].into_iter().flatten().map(PathBuf::from).collect();
        laws.push((name, usk, Law::of(&Files::read(None, &paths)?.book()?)?));
    }
    let needs = Needs::of(laws.iter().map(|(.., law)| law), period);
    let cells = Cells::count(&reader, &municipalities, period, &needs, threads, |_, _| {})?;
    let mut out = Alternatives { kmf: BTreeMap::new(), usk: BTreeMap::new() };
    for (name, usk, law) in &laws {
        let sums = priced(&cells, law, &AsIs)?.sums.total();
        out.kmf.insert(name, sums.kmf);
        if let Some(usk) = usk {
            out.usk.insert(usk, (sums.usk, sums.days_millionths / 1_000_000));
        }
    }
    Ok(out)
}

/// Millions of kroner with one decimal.
pub fn millions(amount: Amount) -> String {
    super::tenths(amount)
}

/// Deviation from a published figure, in per cent with one decimal.
pub fn deviation(ours: i64, published: i64) -> String {
    let per_mille = (i128::from(ours - published) * 2000 / i128::from(published.max(1))
        + i128::from((ours - published).signum()))
        / 2;
    let sign = if per_mille < 0 { "\u{2212}" } else { "+" };
    format!("{sign}{},{} %", per_mille.abs() / 10, per_mille.abs() % 10)
}

/// Empty table of published figures with ours beside them. `first` is the head of the column of names.
pub fn beside(title: Message, first: &'static str) -> Table {
    let heads = heads([
        first,
        "reproduce.column.published",
        "reproduce.column.synthetic",
        "reproduce.column.deviation",
    ]);
    Table::new(title, &heads)
}

/// Cells of a published count, of ours, and of the deviation.
pub fn counts_beside(published: i64, ours: i64) -> [String; 3] {
    [grouped(published.unsigned_abs()), grouped(ours.unsigned_abs()), deviation(ours, published)]
}

/// The ministry's first table, with our figures beside it.
pub fn seed_sums(alternatives: &Alternatives, scale: Scale) -> Table {
    let mut table = beside(message!("reproduce.gross_sums"), "reproduce.column.source");
    let mut add = |name: Message, published: Option<i64>, ours: Amount| {
        let ours = scale.amount(ours);
        let (shown, off) = match published {
            None => ("–".to_owned(), String::new()),
            Some(published) => (grouped(published as u64), deviation(ours.ore(), published * 100_000_000)),
        };
        table.row([Cell::Said(name), Cell::Text(shown), Cell::Text(millions(ours)), Cell::Text(off)]);
    };
    for (name, published, rate) in
        [("discharge-ready-3000", 500, "3 000"), ("discharge-ready-5000", 800, "5 000")]
    {
        let (amount, days) = alternatives.usk.get(name).copied().unwrap_or_default();
        let days = grouped(scale.up(days) as u64);
        add(message!("reproduce.discharge_ready", rate, days), Some(published), amount);
    }
    let law = alternatives.kmf.get(AS_IN_2012).copied().unwrap_or_default();
    for (name, published, said) in [
        ("co-financing-80-plus", Some(1500), message!("reproduce.from_80_admissions")),
        ("co-financing-over-80", None, message!("reproduce.over_80_admissions")),
        ("co-financing-80-plus-with-outpatient", None, message!("reproduce.from_80_all")),
        ("co-financing-medical", Some(3600), message!("reproduce.medical_admissions")),
        ("co-financing-medical-with-outpatient", None, message!("reproduce.medical_with_outpatient")),
    ] {
        add(said, published, alternatives.kmf.get(name).copied().unwrap_or_default());
    }
    let added_by = |name: &str| alternatives.kmf.get(name).copied().unwrap_or_default() - law;
    add(
        message!("reproduce.mental_health_substance_use_rehabilitation"),
        Some(2500),
        added_by("co-financing-mental-health-substance-use-rehabilitation"),
    );
    add(message!("reproduce.fee_funded"), None, added_by("co-financing-fee-funded"));
    add(message!("reproduce.as_in_2012"), None, law);
    table
}

/// The ministry's second table, with our figures beside it. `of` is the number of inhabitants of the country.
/// A municipality's share of the country's sum is its share of these inhabitants.
pub fn consequences(alternatives: &Alternatives, scale: Scale, of: u64) -> Table {
    let heads = heads([
        "reproduce.column.effect",
        "reproduce.column.published_100000",
        "reproduce.column.ours_100000",
        "reproduce.column.published_20000",
        "reproduce.column.ours_20000",
        "reproduce.column.published_5000",
        "reproduce.column.ours_5000",
    ]);
    let mut table = Table::new(message!("reproduce.consequences"), &heads);
    let flat = |amount: Amount, people: i128| {
        let ore = i128::from(scale.amount(amount).ore()) * people / i128::from(of.max(1));
        let hundredths = (ore + 500_000) / 1_000_000;
        Cell::Text(format!("{},{:02}", hundredths / 100, hundredths % 100))
    };
    let usk = |name: &str| alternatives.usk.get(name).map_or(Amount::ZERO, |sum| sum.0);
    let tenth = |name: &str| {
        let amount = alternatives.kmf.get(name).copied().unwrap_or_default();
        Amount::from_ore(amount.ore() / 10)
    };
    for (name, published, amount) in [
        (
            message!("reproduce.no_discharge_ready", rate = "3 000"),
            ["10", "2", "0,6"],
            usk("discharge-ready-3000"),
        ),
        (
            message!("reproduce.no_discharge_ready", rate = "5 000"),
            ["16", "3", "1"],
            usk("discharge-ready-5000"),
        ),
        (message!("reproduce.fewer_medical"), ["7,5", "1,5", "0,5"], tenth("co-financing-medical")),
        (message!("reproduce.fewer_from_80"), ["3", "0,6", "0,2"], tenth("co-financing-80-plus")),
    ] {
        let [large, middle, small] = published.map(Cell::from);
        table.row([
            Cell::Said(name),
            large,
            flat(amount, 100_000),
            middle,
            flat(amount, 20_000),
            small,
            flat(amount, 5_000),
        ]);
    }
    table
}
