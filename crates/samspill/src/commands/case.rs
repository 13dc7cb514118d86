//! `samspill case`.

use std::path::{Path, PathBuf};

use clap::Args;
use domain::{Month, Period};
use jobs::failure::Result;
use jobs::host::Host;
use jobs::parties;
use jobs::settlement::{Books, council};
use jobs::what_if;
use words::{Message, message};

use super::Output;
use super::simulate::Ground;
use crate::ledger_place::ledger;

#[derive(Args)]
pub struct CaseArguments {
    municipality: String,
    #[arg(long, value_parser = ledger, required_unless_present = "scenario")]
    ledger: Option<String>,
    #[arg(long, conflicts_with = "scenario")]
    month: Option<String>,
    #[arg(long, conflicts_with = "scenario")]
    earlier: Option<PathBuf>,
    #[arg(long, requires = "period")]
    scenario: Option<PathBuf>,
    #[command(flatten)]
    ground: Ground,
    #[arg(long)]
    period: Option<String>,
    #[arg(long, default_value = "case")]
    out: PathBuf,
}

/// Writes a municipality's case for its council: on a month, or on a scenario.
pub fn case(arguments: &CaseArguments, host: &Host) -> Result<Output> {
    let (made, written) = match &arguments.scenario {
        Some(scenario) => on_scenario(arguments, scenario, host)?,
        None => on_month(arguments, arguments.ledger.as_deref().unwrap_or_default(), host)?,
    };
    let written =
        written.iter().map(|name| message!("screen.written", path = arguments.out.join(name).display()));
    Ok(Output::words(std::iter::once(made).chain(written).collect()))
}

fn on_month(arguments: &CaseArguments, ledger: &str, host: &Host) -> Result<(Message, Vec<String>)> {
    let mut books = Books::open(ledger)?;
    let month = arguments.month.as_deref().map(Month::parse).transpose()?;
    let last = month.or_else(|| books.months.months.keys().next_back().copied());
    let party = match last {
        Some(month) => parties::named(&arguments.municipality, Period::of_month(month))?,
        None => arguments.municipality.clone(),
    };
    let earlier = arguments.earlier.as_deref();
    let order = council::Order { party: &party, month, earlier, out: &arguments.out };
    let (month, written) = council::run(&mut books, &order, host)?;
    Ok((message!("council.made", month), written))
}

fn on_scenario(arguments: &CaseArguments, scenario: &Path, host: &Host) -> Result<(Message, Vec<String>)> {
    let scenarios = [scenario.to_owned()];
    let order = arguments.ground.order(&scenarios, arguments.period.as_deref().unwrap_or_default())?;
    let municipality = parties::municipality_named(&arguments.municipality, order.period)?;
    let outcome = what_if::simulate::run(&order, host)?;
    let written = what_if::council::write(&outcome, &municipality, &arguments.out, host)?;
    let title = outcome.runs.first().map_or(Message::plain(""), |run| run.scenario.title.clone());
    Ok((message!("council.scenario.made", title), written))
}
