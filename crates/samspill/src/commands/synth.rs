//! `samspill synth`.

use std::path::PathBuf;
use std::time::Instant;
use words::message;

use clap::Args;
use jobs::failure::Result;
use jobs::host::Host;

use super::Output;
use crate::progress::decimal_seconds;

#[derive(Args)]
pub struct SynthArguments {
    #[arg(long)]
    year: i16,
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    people: Option<u64>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long)]
    out: PathBuf,
}

/// Makes a register.
pub fn synth(arguments: &SynthArguments, host: &Host) -> Result<Output> {
    let started = Instant::now();
    let SynthArguments { year, people, seed, out } = arguments;
    let made = jobs::synth::run(*year, *people, *seed, None, out, host)?;
    let count = domain::amount::grouped;
    Ok(Output::sentence(message!(
        "screen.synth",
        path = out.display(),
        rows = count(made.rows),
        persons = count(made.persons),
        of_persons = count(made.of_persons),
        seconds = decimal_seconds(started.elapsed()),
        year,
        contacts = out.join("contacts.parquet").display()
    )))
}
