//! `samspill synth`.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use jobs::host::Host;

use super::Said;
use crate::progress::decimal_seconds;

#[derive(Args)]
pub struct SynthArguments {
    /// Year of discharge, 2010 to 2014.
    #[arg(long)]
    year: i16,
    /// Persons; the whole country if not given.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    people: Option<u64>,
    /// Seed: the same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder: contacts.parquet, drg-list.csv, units.csv.
    #[arg(long)]
    out: PathBuf,
}

/// Makes a register.
pub fn synth(arguments: &SynthArguments, host: &Host) -> Result<Said> {
    let started = Instant::now();
    let SynthArguments { year, people, seed, out } = arguments;
    let made = jobs::synth::run(*year, *people, *seed, out, host)?;
    let count = domain::amount::grouped;
    Ok(Said::words(format!(
        "laget {}: {} kontakter for {} personer (landet har {}), {} s; neste: samspill settle {year} --contacts {} --draft --out result",
        out.display(),
        count(made.rows),
        count(made.persons),
        count(made.of_persons),
        decimal_seconds(started.elapsed()),
        out.join("contacts.parquet").display()
    )))
}
