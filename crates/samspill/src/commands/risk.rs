//! `samspill risk`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jobs::failure::{Failure, Result, fail};
use jobs::host::Host;
use jobs::parties;
use jobs::people;
use jobs::what_if::free_income::FreeIncome;
use jobs::what_if::risk::{Earlier, Shared};
use words::message;

use super::Output;
use super::simulate::whole_year;

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
    Picture(Box<RiskArguments>),
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
    #[arg(long, conflicts_with = "earlier")]
    shared: Option<String>,
    #[arg(long, num_args = 1..)]
    earlier: Vec<String>,
    #[arg(long)]
    pool: Option<PathBuf>,
    #[arg(long)]
    free_income: Option<PathBuf>,
    #[arg(long)]
    people: Option<PathBuf>,
    #[arg(long, num_args = 1..)]
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

/// What hits every municipality in the same year: stated in per cent, learned from earlier years, or left out.
fn shared(arguments: &RiskArguments) -> Result<Shared<'_>> {
    if let Some(text) = &arguments.shared {
        let percent = number(text)?;
        if !(0.0..=100.0).contains(&percent) {
            fail!("error.risk.shared_percent", text);
        }
        return Ok(Shared::Stated((percent * 10.0).round() as u32));
    }
    let mut years = Vec::new();
    for text in &arguments.earlier {
        let parts: Vec<&str> = text.split('=').collect();
        let (year, contacts, given) = match parts[..] {
            [year, contacts] => (year, contacts, None),
            [year, contacts, people] => (year, contacts, Some(Path::new(people))),
            _ => fail!("error.risk.earlier_form", text),
        };
        let period = whole_year(year)?;
        years.push(Earlier { period, contacts: Path::new(contacts), people: people::by_sex(given, period)? });
    }
    Ok(if years.is_empty() { Shared::Left } else { Shared::Learned(years) })
}

fn picture(arguments: &RiskArguments, host: &Host) -> Result<Output> {
    let period = whole_year(&arguments.period)?;
    let people = people::by_sex(arguments.people.as_deref(), period)?;
    let municipalities =
        parties::municipalities_named(&arguments.municipality, period, |code| people.contains_key(code))?;
    let order = jobs::what_if::risk::Order {
        contacts: &arguments.contacts,
        mapping: arguments.mapping.as_deref(),
        period,
        rules: &arguments.variant,
        free_income: FreeIncome::read(arguments.free_income.as_deref(), period, &people::together(&people))?,
        people,
        shared: shared(arguments)?,
        cap: arguments.cap,
        pools: match &arguments.pool {
            Some(path) => jobs::what_if::risk::read_pools(path, period)?,
            None => BTreeMap::new(),
        },
    };
    let found = jobs::what_if::risk::run(&order, host)?;
    let (data, words) =
        jobs::what_if::risk_files::write(&found, &order, &municipalities, &arguments.out, host)?;
    Ok(Output { data, words: vec![words], code: 0 })
}
