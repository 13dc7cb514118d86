//! `samspill funnel`.

use std::path::PathBuf;

use clap::Args;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::methods::funnel::{self, Allowance, Funnel, Outermost};

use super::Output;
use super::methods::{number, output};
use crate::choices::{Words, one_of};

/// Ways in which the limits of a funnel allow for overdispersion.
pub const ALLOWANCES: Words<Allowance> = &[
    ("none", Allowance::None),
    ("multiplicative", Allowance::Multiplicative),
    ("additive", Allowance::Additive),
];

#[derive(Args)]
pub struct FunnelArguments {
    file: PathBuf,
    #[arg(long)]
    area: String,
    #[arg(long)]
    events: String,
    #[arg(long, required_unless_present_any = ["expected", "whole"])]
    population: Option<String>,
    #[arg(long, conflicts_with = "population")]
    expected: Option<String>,
    #[arg(long, conflicts_with_all = ["population", "expected"])]
    whole: Option<String>,
    #[arg(long, value_parser = number)]
    target: Option<f64>,
    #[arg(long)]
    truncated: bool,
    #[arg(long, value_parser = one_of(ALLOWANCES), default_value = "additive")]
    allowance: Allowance,
    #[arg(long, default_value_t = 1000.0)]
    per: f64,
    #[arg(long)]
    json: bool,
}

/// Runs `funnel`.
pub fn funnel(arguments: &FunnelArguments, host: &Host) -> Result<Output> {
    let order = Funnel {
        file: arguments.file.clone(),
        area: arguments.area.clone(),
        events: arguments.events.clone(),
        population: arguments.population.clone(),
        expected: arguments.expected.clone(),
        whole: arguments.whole.clone(),
        target: arguments.target,
        outermost: if arguments.truncated { Outermost::Truncated } else { Outermost::Winsorised },
        allowance: arguments.allowance,
        per: arguments.per,
    };
    Ok(output(arguments.json, &funnel::funnel(&order)?, host))
}
