//! `samspill variation`.

use std::path::PathBuf;

use clap::Args;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::methods::variation::{self, Variation};

use super::Output;
use super::methods::output;

#[derive(Args)]
pub struct VariationArguments {
    file: PathBuf,
    #[arg(long)]
    area: String,
    #[arg(long)]
    events: String,
    #[arg(long, required_unless_present = "expected")]
    population: Option<String>,
    #[arg(long, conflicts_with = "population")]
    expected: Option<String>,
    #[arg(long)]
    json: bool,
}

/// Runs `variation`.
pub fn variation(arguments: &VariationArguments, host: &Host) -> Result<Output> {
    let order = Variation {
        file: arguments.file.clone(),
        area: arguments.area.clone(),
        events: arguments.events.clone(),
        population: arguments.population.clone(),
        expected: arguments.expected.clone(),
    };
    Ok(output(arguments.json, &variation::variation(&order)?, host))
}
