//! `samspill agreement`.

use std::path::PathBuf;

use clap::Args;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::people;
use words::message;

use super::Output;
use super::simulate::whole_year;

#[derive(Args)]
pub struct AgreementArguments {
    file: PathBuf,
    #[arg(long)]
    contacts: PathBuf,
    #[arg(long)]
    mapping: Option<PathBuf>,
    #[arg(long)]
    period: String,
    #[arg(long)]
    people: Option<PathBuf>,
    #[arg(long)]
    out: PathBuf,
}

/// Works out the agreement.
pub fn agreement(arguments: &AgreementArguments, host: &Host) -> Result<Output> {
    let period = whole_year(&arguments.period)?;
    let order = jobs::what_if::agreement::Order {
        file: &arguments.file,
        contacts: &arguments.contacts,
        mapping: arguments.mapping.as_deref(),
        period,
        people: people::people(arguments.people.as_deref(), period)?,
        out: &arguments.out,
    };
    let data = jobs::what_if::agreement::run(&order, host)?;
    let written = message!("screen.written", path = arguments.out.display());
    Ok(Output { data, words: vec![written], code: 0 })
}
