//! The program: reads arguments, runs jobs, and puts words on answers, refusals and progress. The only part that
//! knows the command line, the screen, the clock and the environment; it never computes anything.

mod choices;
mod cli;
mod clock;
mod commands;
mod progress;
mod run;
mod words;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    match run::run(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => ExitCode::from(run::failed(&error)),
    }
}
