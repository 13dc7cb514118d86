//! Times the steps of a simulation for the benchmark: `simulation CONTACTS RATES SEVERITY`. Prints JSON.
//!
//! The example prices a thousand laws, which differ in share, ceiling, prices and the contacts that they reach. The
//! reading of the laws is timed by itself.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use domain::{Municipalities, Period};
use register::parquet_file::Reader;
use rulebook::LawBook;
use settlement::Law;
use settlement::cells::Cells;
use settlement::needs::Needs;
use simulation::many::price_all;
use simulation::risk::{Exposure, Kind, Press, Severity};
use simulation::scenario::Set;

/// A thousand laws: five ways to decide, each with two hundred sets of numbers.
fn laws() -> Result<Vec<Law>> {
    let bases = [
        None,
        Some("co-financing-80-plus"),
        Some("co-financing-medical"),
        Some("co-financing-medical-with-outpatient"),
        Some("co-financing-over-80"),
    ];
    let mut out = Vec::new();
    for base in bases {
        for number in 0..200 {
            let mut set = Set { share: Some(number % 41), ..Set::default() };
            set.day_rate = Some(3000 + 10 * number);
            set.unit_price = Some(38_000 + 7 * number);
            if base.is_none() {
                set.ceiling = Some(4 + number % 5);
            }
            let own = set.variants((2010, 2014));
            let files = base.and_then(rulebook::built_in::variant).into_iter();
            let own = own.iter().map(|(name, text)| (name.as_str(), text.as_str()));
            out.push(Law::of(&LawBook::built_in()?.with_variants(files.chain(own))?)?);
        }
    }
    Ok(out)
}

fn numbers(path: &str) -> Result<Vec<Vec<f64>>> {
    let text = std::fs::read_to_string(path).with_context(|| path.to_owned())?;
    Ok(text.lines().map(|line| line.split(',').filter_map(|cell| cell.parse().ok()).collect()).collect())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [contacts, rates, severity] = &arguments[..] else { anyhow::bail!("CONTACTS RATES SEVERITY") };
    let (municipalities, period) = (Municipalities::built_in()?, Period::parse("2012")?);
    let started = Instant::now();
    let laws = laws()?;
    let read = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let needs = Needs::of(&laws, period);
    let reader = Reader::open_contacts(Path::new(contacts))?;
    let cells = Cells::count(&reader, &municipalities, period, &needs, 2, |_, _| {})?;
    let counted = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let of: Vec<&Law> = laws.iter().collect();
    let priced = price_all(&cells, &of, 2)?;
    let thousand = started.elapsed().as_secs_f64();
    let sum: i64 = priced.iter().map(|one| one.sums.total().municipality().ore() % 1_000_003).sum();

    let rates: Vec<f64> = numbers(rates)?.into_iter().flatten().collect();
    let points =
        numbers(severity)?.into_iter().filter_map(|row| Some((*row.first()?, *row.get(1)?))).collect();
    let severity = Severity::of(points)?;
    let started = Instant::now();
    let kinds = [Kind { share: None, severity }];
    let mut press = Press::quick(&kinds);
    let made: Vec<[f64; 3]> = rates
        .iter()
        .map(|rate| {
            let one = press.distribution(&Exposure::known(vec![*rate]));
            [one.mean(), one.spread(), one.quantile(0.99)]
        })
        .collect();
    let risk = started.elapsed().as_secs_f64();
    println!(
        "{}",
        serde_json::json!({
            "laws_read": read, "cells_wall": counted, "cells": cells.len(), "stays": cells.stays(),
            "thousand_wall": thousand, "check": sum, "risk_wall": risk, "risk": made,
        })
    );
    Ok(())
}
