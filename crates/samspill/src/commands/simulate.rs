//! `samspill simulate`.

use std::path::PathBuf;

use clap::Args;
use domain::{Municipalities, Period};
use jobs::failure::{Result, fail};
use jobs::host::Host;
use jobs::parties;
use jobs::progress::Work;
use jobs::what_if::{council, simulate, simulate_files};
use words::message;

use super::Output;

/// The contacts or cells that scenarios are priced on.
#[derive(Args)]
pub struct Data {
    #[arg(long)]
    contacts: Option<PathBuf>,
    #[arg(long, conflicts_with = "contacts")]
    cells: Option<PathBuf>,
    #[arg(long)]
    mapping: Option<PathBuf>,
}

impl Data {
    /// An order of scenarios beside the law in a period, with nothing else given.
    pub fn order<'a>(&'a self, scenarios: &'a [PathBuf], period: Period) -> simulate::Order<'a> {
        simulate::Order {
            contacts: self.contacts.as_deref(),
            cells: self.cells.as_deref(),
            mapping: self.mapping.as_deref(),
            ..simulate::Order::of(scenarios, period)
        }
    }
}

/// What scenarios are compared with, and the data that they are priced on.
#[derive(Args)]
pub struct Ground {
    #[arg(long, default_value = "law")]
    against: String,
    #[command(flatten)]
    data: Data,
}

impl Ground {
    /// An order of scenarios for a whole year, with nothing else given.
    ///
    /// # Errors
    /// Fails if `period` is not a whole year.
    pub fn order<'a>(&'a self, scenarios: &'a [PathBuf], period: &str) -> Result<simulate::Order<'a>> {
        Ok(simulate::Order { against: &self.against, ..self.data.order(scenarios, whole_year(period)?) })
    }
}

#[derive(Args)]
pub struct SimulateArguments {
    #[arg(required = true)]
    scenarios: Vec<PathBuf>,
    #[command(flatten)]
    ground: Ground,
    #[arg(long, conflicts_with = "cells")]
    keep_cells: Option<PathBuf>,
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
    #[arg(long, value_name = "FILE")]
    background: Option<PathBuf>,
    #[arg(long, num_args = 1..)]
    municipality: Vec<String>,
    #[arg(long)]
    out: PathBuf,
}

/// Reads a period that must be a whole year, since free incomes, inhabitants and ceilings are yearly.
pub fn whole_year(text: &str) -> Result<Period> {
    let period = Period::parse_any(text)?;
    if !period.is_year() {
        fail!("error.order.not_whole_year_free_incomes_ceilings", text, year = period.from().year());
    }
    Ok(period)
}

/// Runs the scenarios, and writes their files.
pub fn simulate(arguments: &SimulateArguments, host: &Host) -> Result<Output> {
    let order = simulate::Order {
        keep: arguments.keep_cells.as_deref(),
        sweep: arguments.sweep.as_deref(),
        free_income: arguments.free_income.as_deref(),
        people: arguments.people.as_deref(),
        projection: arguments.projection.as_deref(),
        background: arguments.background.as_deref(),
        ..arguments.ground.order(&arguments.scenarios, &arguments.period)?
    };
    // A name that is no municipality is refused before anything is computed.
    let (known, day) = (Municipalities::known()?, order.period.from());
    let is_there = |code: &str| known.one_on(code, day).is_some();
    let municipalities = parties::municipalities_named(&arguments.municipality, order.period, is_there)?;
    let outcome = simulate::run(&order, host)?;
    let stage = host.begin(Work::WriteScenarios);
    let mut words = vec![simulate_files::write(&outcome, &arguments.out, host)?];
    for code in &municipalities {
        let written = council::write(&outcome, code, &arguments.out, host)?;
        let shown = |name: &String| message!("screen.written", path = arguments.out.join(name).display());
        words.extend(written.iter().map(shown));
    }
    stage.done();
    let summary = |run| simulate_files::summary(&outcome, run, host.language);
    let data: Vec<String> = outcome.runs.iter().map(summary).collect();
    Ok(Output { data: data.join("\n"), words, code: 0 })
}
