//! `samspill simulate`, `risk`, `agreement` and `reproduce`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use domain::Period;
use jobs::host::Host;
use jobs::progress::Work;
use jobs::what_if::{simulate, simulate_files};

use super::Said;

/// What if: other rules and other behaviour, with consequences for every municipality. Nothing is posted.
///
/// Examples:
///   samspill simulate co-financing-80-plus --period 2012 --contacts contacts.parquet --out hva-om
///   samspill simulate mitt.toml --against law --sweep share=0..40:5 --period 2012 --contacts contacts.parquet --out hva-om
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct SimulateArguments {
    /// Scenario files, or names of variants and measures.
    #[arg(required = true)]
    scenarios: Vec<PathBuf>,
    /// What they are set against: law, or another scenario.
    #[arg(long, default_value = "law")]
    against: String,
    /// CSV or Parquet.
    #[arg(long, required_unless_present = "cells")]
    contacts: Option<PathBuf>,
    /// Cells that were kept of an earlier run, instead of contacts.
    #[arg(long, conflicts_with = "contacts")]
    cells: Option<PathBuf>,
    /// Keep the cells in a file (Parquet).
    #[arg(long, requires = "contacts")]
    keep_cells: Option<PathBuf>,
    /// Built-in mapping (samspill, npr-extract, aggregate) or a TOML file.
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// A whole year.
    #[arg(long)]
    period: String,
    /// A parameter over a range: share=0..40:5.
    #[arg(long)]
    sweep: Option<String>,
    /// Free incomes: municipality;kroner. Without it the slides' levels per inhabitant, marked.
    #[arg(long)]
    free_income: Option<PathBuf>,
    /// Inhabitants on 1 January: municipality;age;people. 2010 to 2014 come with the program.
    #[arg(long)]
    people: Option<PathBuf>,
    /// Inhabitants of later years: year;municipality;age;people.
    #[arg(long)]
    projection: Option<PathBuf>,
    /// Folder.
    #[arg(long)]
    out: PathBuf,
}

/// Reads a period that must be a whole year, since free incomes, inhabitants and ceilings are yearly.
fn whole_year(text: &str) -> Result<Period> {
    let period = Period::parse(text)?;
    if period.months().count() != 12 {
        bail!(
            "{text} is not a whole year: free incomes and ceilings are of a year. Give --period {}",
            period.from().year()
        );
    }
    Ok(period)
}

/// Runs the scenarios, and writes their files.
pub fn simulate(arguments: &SimulateArguments, host: &Host) -> Result<Said> {
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
    let words = simulate_files::write(&outcome, &arguments.out)?;
    stage.done();
    let data: Vec<String> = outcome.runs.iter().map(|run| simulate_files::told(&outcome, run)).collect();
    Ok(Said { data: data.join("\n"), words, code: 0 })
}

/// The risk picture.
#[derive(Subcommand)]
pub enum RiskCommand {
    /// The distribution of a sum of persons' costs: a small case that can be checked by hand.
    ///
    /// Example: samspill risk distribution --rate 12,5 --severity cost.csv --json
    Distribution {
        /// Persons a year, on average.
        #[arg(long)]
        rate: String,
        /// How sure the rate is: shape of its gamma distribution; known if not given.
        #[arg(long)]
        shape: Option<String>,
        /// CSV: cost,probability.
        #[arg(long)]
        severity: PathBuf,
        /// Everything as JSON, the distribution too.
        #[arg(long)]
        json: bool,
    },
    /// Every municipality: mean, spread, 1-in-10 and 1-in-100 year, pooling, ceiling.
    Picture(RiskArguments),
}

/// Arguments of `risk picture`.
#[derive(Args)]
pub struct RiskArguments {
    /// CSV or Parquet.
    #[arg(long)]
    contacts: PathBuf,
    /// Built-in mapping (samspill, npr-extract) or a TOML file.
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// A whole year.
    #[arg(long)]
    period: String,
    /// Variants laid over the law: files or built-in names.
    #[arg(long, num_args = 1..)]
    variant: Vec<PathBuf>,
    /// Ceiling in kroner per inhabitant.
    #[arg(long)]
    cap: Option<i64>,
    /// Municipalities that bear their costs together, by choice: pool;municipality. Areas and regions are always
    /// pictured.
    #[arg(long)]
    pool: Option<PathBuf>,
    /// Free incomes: municipality;kroner.
    #[arg(long)]
    free_income: Option<PathBuf>,
    /// Inhabitants on 1 January: municipality;age;people.
    #[arg(long)]
    people: Option<PathBuf>,
    /// Municipalities that get a brief and pictures of their own.
    #[arg(long)]
    municipality: Vec<String>,
    /// Folder.
    #[arg(long)]
    out: PathBuf,
}

fn number(text: &str) -> Result<f64> {
    text.replace(',', ".").parse().map_err(|_| anyhow::anyhow!("'{text}' is not a number"))
}

/// Runs a command on risk.
pub fn risk(command: &RiskCommand, host: &Host) -> Result<Said> {
    match command {
        RiskCommand::Distribution { rate, shape, severity, json } => {
            let shape = shape.as_deref().map(number).transpose()?;
            let mut found = jobs::what_if::risk::distribution(number(rate)?, shape, severity)?;
            if !json && let Some(found) = found.as_object_mut() {
                found.remove("probabilities");
            }
            Ok(Said { data: format!("{found:#}\n"), words: String::new(), code: 0 })
        }
        RiskCommand::Picture(arguments) => picture(arguments, host),
    }
}

fn picture(arguments: &RiskArguments, host: &Host) -> Result<Said> {
    let period = whole_year(&arguments.period)?;
    let people = simulate::people(arguments.people.as_deref(), period)?;
    if let Some(code) = arguments.municipality.iter().find(|code| !people.contains_key(*code)) {
        bail!("there is no municipality {code} in {period}");
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
        jobs::what_if::risk_files::write(&found, &order, &arguments.municipality, &arguments.out)?;
    Ok(Said { data, words, code: 0 })
}

/// Who invests and who saves: cash flows by party and year, and the transfers that both gain by.
///
/// Example: samspill agreement fallforebygging.toml --period 2012 --contacts contacts.parquet --out avtale
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct AgreementArguments {
    /// The agreement: measure, municipalities, costs (TOML).
    file: PathBuf,
    /// CSV or Parquet.
    #[arg(long)]
    contacts: PathBuf,
    /// Built-in mapping (samspill, npr-extract, aggregate) or a TOML file.
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// A whole year.
    #[arg(long)]
    period: String,
    /// Inhabitants on 1 January: municipality;age;people.
    #[arg(long)]
    people: Option<PathBuf>,
    /// Folder.
    #[arg(long)]
    out: PathBuf,
}

/// Works out the agreement.
pub fn agreement(arguments: &AgreementArguments, host: &Host) -> Result<Said> {
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
    Ok(Said { data, words: format!("skrevet: {}", arguments.out.display()), code: 0 })
}

/// Arguments of `reproduce`.
#[derive(Args)]
pub struct ReproduceArguments {
    /// What to reproduce.
    #[arg(value_parser = ["seed-2010"])]
    what: String,
    /// Contacts of 2011; a synthetic register is drawn if not given.
    #[arg(long)]
    contacts: Option<PathBuf>,
    /// Seed of the synthetic register.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A list of cells: name, published, ours, unit.
    #[arg(long)]
    json: bool,
}

/// Reproduces the published tables.
pub fn reproduce(arguments: &ReproduceArguments, host: &Host) -> Result<Said> {
    let ReproduceArguments { contacts, seed, json, .. } = arguments;
    let data = jobs::what_if::reproduce::run(contacts.as_deref(), *seed, *json, host)?;
    Ok(Said { data, words: String::new(), code: 0 })
}
