//! `samspill simulate`.

use std::path::PathBuf;

use clap::Args;
use domain::Period;
use jobs::failure::{Result, fail};
use jobs::host::Host;
use jobs::progress::Work;
use jobs::what_if::{simulate, simulate_files};

use super::Output;

#[derive(Args)]
pub struct SimulateArguments {
    #[arg(required = true)]
    scenarios: Vec<PathBuf>,
    #[arg(long, default_value = "law")]
    against: String,
    #[arg(long)]
    contacts: Option<PathBuf>,
    #[arg(long, conflicts_with = "contacts")]
    cells: Option<PathBuf>,
    #[arg(long, conflicts_with = "cells")]
    keep_cells: Option<PathBuf>,
    #[arg(long)]
    mapping: Option<PathBuf>,
    #[arg(long)]
    period: String,
    #[arg(long)]
    sweep: Option<String>,
    #[arg(long)]
    free_income: Option<PathBuf>,
    #[arg(long)]
    people: Option<PathBuf>,
    #[arg(long)]
    projection: Option<PathBuf>,
    #[arg(long)]
    out: PathBuf,
}

/// Reads a period that must be a whole year, since free incomes, inhabitants and ceilings are yearly.
pub fn whole_year(text: &str) -> Result<Period> {
    let period = Period::parse_any(text)?;
    if period.months().count() != 12 {
        fail!("error.order.not_whole_year_free_incomes_ceilings", text, year = period.from().year());
    }
    Ok(period)
}

/// Runs the scenarios, and writes their files.
pub fn simulate(arguments: &SimulateArguments, host: &Host) -> Result<Output> {
    let order = simulate::Order {
        scenarios: &arguments.scenarios,
        against: &arguments.against,
        contacts: arguments.contacts.as_deref(),
        cells: arguments.cells.as_deref(),
        keep: arguments.keep_cells.as_deref(),
        mapping: arguments.mapping.as_deref(),
        period: whole_year(&arguments.period)?,
        sweep: arguments.sweep.as_deref(),
        free_income: arguments.free_income.as_deref(),
        people: arguments.people.as_deref(),
        projection: arguments.projection.as_deref(),
    };
    let outcome = simulate::run(&order, host)?;
    let stage = host.begin(Work::WriteScenarios);
    let words = simulate_files::write(&outcome, &arguments.out, host)?;
    stage.done();
    let summary = |run| simulate_files::summary(&outcome, run, host.language);
    let data: Vec<String> = outcome.runs.iter().map(summary).collect();
    Ok(Output { data: data.join("\n"), words: vec![words], code: 0 })
}
