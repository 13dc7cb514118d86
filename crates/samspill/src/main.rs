//! The program: reads the arguments, runs the jobs, and puts answers, refusals and progress into words. Only
//! this crate knows the command line, the screen, the clock and the environment. It computes nothing.

mod answers;
mod choices;
mod cli;
mod clock;
mod commands;
mod help;
mod progress;
mod run;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

fn main() -> ExitCode {
    let given = help::with_help_last(std::env::args_os().collect());
    #[expect(clippy::disallowed_methods, reason = "the language of the user stands in the environment")]
    let language = help::language(&given, |name| std::env::var(name).ok());
    let command = help::worded(cli::Arguments::command(), language);
    let arguments =
        command.try_get_matches_from(given).and_then(|found| cli::Arguments::from_arg_matches(&found));
    match arguments {
        Ok(arguments) => ExitCode::from(run::run(&arguments, language)),
        Err(error) if error.kind() == ErrorKind::DisplayVersion => {
            print!("{error}");
            ExitCode::SUCCESS
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            print!("{}", help::in_language(&error.to_string(), language));
            ExitCode::SUCCESS
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            eprint!("{}", help::in_language(&error.to_string(), language));
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("{}", help::fault(&error, language));
            ExitCode::from(2)
        }
    }
}
