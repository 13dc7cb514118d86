//! `samspill standardise`.

use std::path::PathBuf;

use clap::Args;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::methods::interval::CountMethod;
use jobs::methods::standardise::{self, Method, Standardise};

use super::Output;
use super::methods::{COUNT_METHODS, confidence, output};
use crate::choices::{Words, one_of};

/// Methods of standardisation.
const METHODS: Words<Method> = &[("direct", Method::Direct), ("indirect", Method::Indirect)];

#[derive(Args)]
pub struct StandardiseArguments {
    file: PathBuf,
    #[arg(long)]
    area: Option<String>,
    #[arg(long, value_delimiter = ',')]
    strata: Vec<String>,
    #[arg(long)]
    events: String,
    #[arg(long)]
    population: String,
    #[arg(long)]
    per_person: Option<String>,
    #[arg(long)]
    standard: Option<String>,
    #[arg(long, value_parser = one_of(METHODS), default_value = "direct")]
    method: Method,
    #[arg(long, default_value_t = 1000.0)]
    per: f64,
    #[arg(long, value_parser = one_of(COUNT_METHODS), default_value = "byar")]
    interval: CountMethod,
    #[arg(long, default_value = "95", value_parser = confidence)]
    confidence: f64,
    #[arg(long)]
    json: bool,
}

/// Runs `standardise`.
pub fn standardise(arguments: &StandardiseArguments, host: &Host) -> Result<Output> {
    let order = Standardise {
        file: arguments.file.clone(),
        area: arguments.area.clone(),
        strata: arguments.strata.clone(),
        events: arguments.events.clone(),
        population: arguments.population.clone(),
        per_person: arguments.per_person.clone(),
        standard: arguments.standard.clone(),
        method: arguments.method,
        per: arguments.per,
        interval: arguments.interval,
        confidence: arguments.confidence,
    };
    Ok(output(arguments.json, &standardise::standardise(&order)?, host))
}
