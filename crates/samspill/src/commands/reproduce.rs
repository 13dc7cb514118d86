//! `samspill reproduce`.

use std::path::PathBuf;

use clap::Args;
use jobs::failure::Result;
use jobs::host::Host;

use super::Output;

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
