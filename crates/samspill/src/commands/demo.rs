//! `samspill demo`.

use std::path::PathBuf;
use std::time::Instant;
use words::message;

use clap::Args;
use jobs::demo::{self, Demo};
use jobs::failure::Result;
use jobs::host::Host;

use super::{Output, program};
use crate::progress::decimal_seconds;

#[derive(Args)]
pub struct DemoArguments {
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    people: Option<u64>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, default_value = "demo")]
    out: PathBuf,
    #[arg(long)]
    no_serve: bool,
}

/// Makes the demonstration.
pub fn demo(arguments: &DemoArguments, host: &Host) -> Result<Output> {
    let started = Instant::now();
    let (people, seed) = (arguments.people, arguments.seed);
    let (out, words) = (arguments.out.as_path(), crate::answers::correction);
    // Cargo sets the variable for what it runs.
    let is_from_cargo = std::env::var_os("CARGO").is_some();
    let command = if is_from_cargo { "cargo run --release --" } else { "samspill" };
    let order = Demo { people, seed, out, words, program: &program()?, command };
    let data = demo::run(&order, host)?;
    let words = match arguments.no_serve {
        true => Vec::new(),
        false => vec![message!("settle.seconds", seconds = decimal_seconds(started.elapsed()))],
    };
    Ok(Output { data, words, code: 0 })
}
