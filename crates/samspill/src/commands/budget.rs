//! `samspill budget`.

use std::path::PathBuf;

use clap::Args;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::parties;
use jobs::what_if::{budget, simulate};
use words::message;

use super::Output;
use super::simulate::{Data, whole_year};
use crate::choices::or_suited;

#[derive(Args)]
pub struct BudgetArguments {
    scenarios: Vec<PathBuf>,
    #[command(flatten)]
    data: Data,
    #[arg(long)]
    municipality: String,
    #[arg(long)]
    period: String,
    #[arg(long, value_name = "FILE")]
    projection: PathBuf,
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=20))]
    years: u16,
    #[arg(long, value_name = "FILE")]
    costs: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    free_income: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    people: Option<PathBuf>,
    #[arg(long)]
    out: PathBuf,
}

/// Makes the budget, and writes its files.
pub fn budget(arguments: &BudgetArguments, host: &Host) -> Result<Output> {
    let period = whole_year(&arguments.period)?;
    let municipality = parties::municipality_named(&arguments.municipality, period)?;
    jobs::indicators::known(std::slice::from_ref(&municipality), period)?;
    let order = budget::Order {
        simulation: simulate::Order {
            people: arguments.people.as_deref(),
            projection: Some(&arguments.projection),
            ahead: Some(&municipality),
            ..arguments.data.order(&arguments.scenarios, period)
        },
        municipality: &municipality,
        years: arguments.years,
        costs: arguments.costs.as_deref(),
        free_income: arguments.free_income.as_deref(),
    };
    let (table, written) = budget::run(&order, host)?.write(&arguments.out, host)?;
    let shown = |name: &String| message!("screen.written", path = arguments.out.join(name).display());
    let words = written.iter().map(shown).collect();
    Ok(Output { data: table.render(or_suited(None), host.reader()), words, code: 0 })
}
