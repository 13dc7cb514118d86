//! The program: reads the arguments, runs the jobs, and puts answers, refusals and progress into words. Only
//! this crate knows the command line, the screen, the clock and the environment. It computes nothing.

mod answers;
mod choices;
mod cli;
mod clock;
mod commands;
mod help;
mod ledger_place;
mod progress;
mod run;
mod settings;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

fn main() -> ExitCode {
    // Scratch files hold contacts, which are data about persons. They are removed also at Ctrl-C, when the terminal is
    // closed (SIGHUP), and when the process is asked to end (SIGTERM).
    let _ = ctrlc::set_handler(|| {
        jobs::host::Scratch::discard_all();
        std::process::exit(130);
    });
    let given = help::with_help_last(jobs::readable::at_sheet(std::env::args_os().collect()));
    #[expect(clippy::disallowed_methods, reason = "the language of the user stands in the environment")]
    let variable = |name: &str| std::env::var(name).ok();
    let settings = match settings::Settings::read(std::path::Path::new(""), variable) {
        Ok(settings) => settings,
        Err(failure) => {
            return ExitCode::from(run::failed(&failure, help::language(&given, None, variable), 2));
        }
    };
    let language = help::language(&given, settings.get("language"), variable);
    let command = help::worded(settings.applied(cli::Arguments::command()), language);
    let arguments =
        command.try_get_matches_from(given).and_then(|found| cli::Arguments::from_arg_matches(&found));
    match arguments {
        Ok(arguments) => ExitCode::from(run::run(&arguments, &settings, language)),
        Err(error) if error.kind() == ErrorKind::DisplayVersion => {
            let computed = commands::start::computed(language).unwrap_or_default();
            out(&format!("{error}{computed}\n"));
            ExitCode::SUCCESS
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            out(&help::in_language(&error.to_string(), language));
            ExitCode::SUCCESS
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            progress::print(help::in_language(&error.to_string(), language).trim_end());
            ExitCode::from(2)
        }
        Err(error) => {
            progress::print(&help::fault(&error, language));
            ExitCode::from(2)
        }
    }
}

/// Prints a text on stdout. A write that fails is ignored: the reader of stdout may have gone.
fn out(text: &str) {
    use std::io::Write;
    let _ = std::io::stdout().write_all(text.as_bytes());
}
