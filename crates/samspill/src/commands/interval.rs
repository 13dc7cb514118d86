//! `samspill interval`.

use clap::Subcommand;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::methods::interval::{self, CountMethod, Of, ProportionMethod};

use super::Output;
use super::methods::{COUNT_METHODS, confidence, number, output};
use crate::choices::{Words, one_of};

/// Methods for the interval of a proportion.
const PROPORTION_METHODS: Words<ProportionMethod> =
    &[("wilson", ProportionMethod::Wilson), ("exact", ProportionMethod::Exact)];

#[derive(Subcommand)]
pub enum IntervalCommand {
    Poisson {
        #[arg(long, alias = "events", value_parser = number)]
        count: f64,
        #[arg(long)]
        population: Option<f64>,
        #[arg(long, default_value_t = 1000.0)]
        per: f64,
        #[arg(long, value_parser = one_of(COUNT_METHODS), default_value = "byar")]
        method: CountMethod,
        #[arg(long, default_value = "95", value_parser = confidence)]
        confidence: f64,
        #[arg(long)]
        json: bool,
    },
    Proportion {
        #[arg(long, alias = "events", value_parser = number)]
        count: f64,
        #[arg(long, aliases = ["population", "n"])]
        of: f64,
        #[arg(long, value_parser = one_of(PROPORTION_METHODS), default_value = "wilson")]
        method: ProportionMethod,
        #[arg(long, default_value = "95", value_parser = confidence)]
        confidence: f64,
        #[arg(long)]
        json: bool,
    },
    Mean {
        #[arg(long)]
        mean: f64,
        #[arg(long)]
        spread: f64,
        #[arg(long, alias = "n")]
        of: f64,
        #[arg(long, default_value = "95", value_parser = confidence)]
        confidence: f64,
        #[arg(long)]
        json: bool,
    },
}

/// Runs `interval`.
pub fn interval(command: &IntervalCommand, host: &Host) -> Result<Output> {
    let (of, json) = match *command {
        IntervalCommand::Poisson { count, population, per, method, confidence, json } => {
            (Of::Poisson { count, population, per, method, confidence }, json)
        }
        IntervalCommand::Proportion { count, of, method, confidence, json } => {
            (Of::Proportion { count, of, method, confidence }, json)
        }
        IntervalCommand::Mean { mean, spread, of, confidence, json } => {
            (Of::Mean { mean, spread, of, confidence }, json)
        }
    };
    Ok(output(json, &interval::interval(&of)?, host))
}
