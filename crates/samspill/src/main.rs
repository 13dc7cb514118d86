//! The program: reads the arguments, runs the jobs, and puts answers, refusals and progress into words. Only
//! this crate knows the command line, the screen, the clock and the environment. It computes nothing.

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
