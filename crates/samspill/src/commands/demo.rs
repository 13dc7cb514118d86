//! `samspill demo`.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use jobs::demo::{self, Demo};
use jobs::host::Host;

use super::{Said, program};
use crate::progress::decimal_seconds;

#[derive(Args)]
pub struct DemoArguments {
    /// Persons; the whole country if not given.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    people: Option<u64>,
    /// Seed of the register.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for everything that is made.
    #[arg(long, default_value = "demo")]
    out: PathBuf,
    /// Do not open the web pages (there are none yet).
    #[arg(long)]
    no_serve: bool,
}

/// Makes the demonstration.
pub fn demo(arguments: &DemoArguments, host: &Host) -> Result<Said> {
    let started = Instant::now();
    let (people, seed) = (arguments.people, arguments.seed);
    let (out, words) = (arguments.out.as_path(), crate::words::correction);
    let order = Demo { people, seed, out, words, program: &program()? };
    let data = demo::run(&order, host)?;
    let words = match arguments.no_serve {
        true => String::new(),
        false => format!("ferdig på {} s", decimal_seconds(started.elapsed())),
    };
    Ok(Said { data, words, code: 0 })
}
