//! Arguments of `simulate`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use domain::Period;

use crate::progress::Teller;
use crate::settlement_cli::Said;
use crate::{simulate_job, simulate_out};

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
    #[arg(long)]
    contacts: PathBuf,
    /// Built-in mapping (samspill, npr-extract, aggregate) or a TOML file.
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// 2012, 2012-T1 or 2012-03.
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

/// Runs the command.
pub fn simulate(arguments: &SimulateArguments, threads: usize, teller: Teller) -> Result<Said> {
    let order = simulate_job::Order {
        scenarios: &arguments.scenarios,
        against: &arguments.against,
        contacts: &arguments.contacts,
        mapping: arguments.mapping.as_deref(),
        period: Period::parse(&arguments.period)?,
        sweep: arguments.sweep.as_deref(),
        free_income: arguments.free_income.as_deref(),
        people: arguments.people.as_deref(),
        projection: arguments.projection.as_deref(),
        threads,
    };
    let outcome = simulate_job::run(&order, teller)?;
    let stage = teller.stage("skriver tabeller, figurer og notat");
    let words = simulate_out::write(&outcome, &arguments.out)?;
    stage.done();
    let data: Vec<String> = outcome.runs.iter().map(|run| simulate_out::told(&outcome, run)).collect();
    Ok(Said { data: data.join("\n"), words, code: 0 })
}
