//! `samspill simulate`, `risk`, `agreement` and `reproduce`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::Period;
use jobs::failure::{Failure, Result, fail};
use jobs::host::Host;
use jobs::progress::Work;
use jobs::what_if::{simulate, simulate_files};
use words::message;

use super::Output;

#[derive(Args)]
pub struct SimulateArguments {
    #[arg(required = true)]
    scenarios: Vec<PathBuf>,
    #[arg(long, default_value = "law")]
    against: String,
    #[arg(long, required_unless_present = "cells")]
    contacts: Option<PathBuf>,
    #[arg(long, conflicts_with = "contacts")]
    cells: Option<PathBuf>,
    #[arg(long, requires = "contacts")]
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
fn whole_year(text: &str) -> Result<Period> {
    let period = Period::parse(text)?;
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
    let told = |run| simulate_files::told(&outcome, run, host.language);
    let data: Vec<String> = outcome.runs.iter().map(told).collect();
    Ok(Output { data: data.join("\n"), words: vec![words], code: 0 })
}

#[derive(Subcommand)]
pub enum RiskCommand {
    Distribution {
        #[arg(long)]
        rate: String,
        #[arg(long)]
        shape: Option<String>,
        #[arg(long)]
        severity: PathBuf,
        #[arg(long)]
        json: bool,
    },
    Picture(RiskArguments),
}

#[derive(Args)]
pub struct RiskArguments {
    #[arg(long)]
    contacts: PathBuf,
    #[arg(long)]
    mapping: Option<PathBuf>,
    #[arg(long)]
    period: String,
    #[arg(long, num_args = 1..)]
    variant: Vec<PathBuf>,
    #[arg(long)]
    cap: Option<i64>,
    #[arg(long)]
    pool: Option<PathBuf>,
    #[arg(long)]
    free_income: Option<PathBuf>,
    #[arg(long)]
    people: Option<PathBuf>,
    #[arg(long)]
    municipality: Vec<String>,
    #[arg(long)]
    out: PathBuf,
}

fn number(text: &str) -> Result<f64> {
    text.replace(',', ".").parse().map_err(|_| Failure::of(message!("error.order.not_number", text)))
}

/// Runs a command on risk.
pub fn risk(command: &RiskCommand, host: &Host) -> Result<Output> {
    match command {
        RiskCommand::Distribution { rate, shape, severity, json } => {
            let shape = shape.as_deref().map(number).transpose()?;
            let mut found = jobs::what_if::risk::distribution(number(rate)?, shape, severity)?;
            if !json && let Some(found) = found.as_object_mut() {
                found.remove("probabilities");
            }
            Ok(Output::data(format!("{found:#}\n")))
        }
        RiskCommand::Picture(arguments) => picture(arguments, host),
    }
}

fn picture(arguments: &RiskArguments, host: &Host) -> Result<Output> {
    let period = whole_year(&arguments.period)?;
    let people = simulate::people(arguments.people.as_deref(), period)?;
    if let Some(code) = arguments.municipality.iter().find(|code| !people.contains_key(*code)) {
        fail!("error.order.there_no_municipality_in", code, period);
    }
    let order = jobs::what_if::risk::Order {
        contacts: &arguments.contacts,
        mapping: arguments.mapping.as_deref(),
        period,
        rules: &arguments.variant,
        free_income: simulate::free_income(arguments.free_income.as_deref(), &people)?,
        people,
        cap: arguments.cap,
        pools: arguments
            .pool
            .as_deref()
            .map_or_else(|| Ok(BTreeMap::new()), jobs::what_if::risk::read_pools)?,
    };
    let found = jobs::what_if::risk::run(&order, host)?;
    let (data, words) =
        jobs::what_if::risk_files::write(&found, &order, &arguments.municipality, &arguments.out, host)?;
    Ok(Output { data, words: vec![words], code: 0 })
}

#[derive(Args)]
pub struct AgreementArguments {
    file: PathBuf,
    #[arg(long)]
    contacts: PathBuf,
    #[arg(long)]
    mapping: Option<PathBuf>,
    #[arg(long)]
    period: String,
    #[arg(long)]
    people: Option<PathBuf>,
    #[arg(long)]
    out: PathBuf,
}

/// Works out the agreement.
pub fn agreement(arguments: &AgreementArguments, host: &Host) -> Result<Output> {
    let period = whole_year(&arguments.period)?;
    let order = jobs::what_if::agreement::Order {
        file: &arguments.file,
        contacts: &arguments.contacts,
        mapping: arguments.mapping.as_deref(),
        period,
        people: simulate::people(arguments.people.as_deref(), period)?,
        out: &arguments.out,
    };
    let data = jobs::what_if::agreement::run(&order, host)?;
    let written = message!("screen.written", path = arguments.out.display());
    Ok(Output { data, words: vec![written], code: 0 })
}

#[derive(Args)]
pub struct ReproduceArguments {
    #[arg(value_parser = ["seed-2010"])]
    what: String,
    #[arg(long)]
    contacts: Option<PathBuf>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long)]
    json: bool,
}

/// Reproduces the published tables.
pub fn reproduce(arguments: &ReproduceArguments, host: &Host) -> Result<Output> {
    let ReproduceArguments { contacts, seed, json, .. } = arguments;
    let data = jobs::what_if::reproduce::run(contacts.as_deref(), *seed, *json, host)?;
    Ok(Output::data(data))
}
