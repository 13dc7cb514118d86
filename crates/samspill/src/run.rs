//! From arguments to an exit code: the host of the job, the command, and the output on the screen.

use clap::CommandFactory;
use jobs::failure::{Failure, Result};
use jobs::host::Host;
use std::path::PathBuf;

use words::{Language, Message, Said, message, say};

use crate::answers;
use crate::cli::{Arguments, Command};
use crate::commands::{
    Output, accrual, agreement, budget, case, check, compare, demo, evaluate, explain, forecast, funnel,
    indicators, interval, ledger, objection, reproduce, risk, rules, running, settle, settlement, shell,
    simulate, spc, standardise, start, statement, synth, template, variation,
};
use crate::progress::{Bars, print, shown};
use crate::settings::Settings;

/// Runs the command, prints its output or what went wrong, and returns the exit code.
pub fn run(arguments: &Arguments, settings: &Settings, language: Language) -> u8 {
    let bars = Bars { quiet: arguments.quiet, language };
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = arguments.threads.unwrap_or_else(cores).clamp(1, 64);
    let scratch = std::env::temp_dir();
    let is_plain = arguments.plain;
    let state = state();
    let host =
        Host { progress: &bars, scratch: &scratch, state: state.as_deref(), threads, language, is_plain };
    let answered = match &arguments.command {
        Some(command) => answer(command, arguments.language, &host),
        None => start::start(settings, &host),
    };
    match answered {
        Ok(output) => say(&output, bars),
        Err(failure) => failed(&failure, language, 1),
    }
}

/// Folder for what the program remembers of its user's work: `SAMSPILL_STATE`, else `samspill` under `XDG_STATE_HOME`,
/// `LOCALAPPDATA` or `~/.local/state`. `None` if no such variable is set, or if the path is not absolute.
fn state() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = named("SAMSPILL_STATE").or_else(|| {
        let under = named("XDG_STATE_HOME").or_else(|| named("LOCALAPPDATA"));
        let under = under.or_else(|| Some(named("HOME")?.join(".local/state")));
        Some(under?.join("samspill"))
    })?;
    folder.is_absolute().then_some(folder)
}

/// The answer to a command; `asked` is the language of `--language`.
fn answer(command: &Command, asked: Option<words::Language>, host: &Host) -> Result<Output> {
    match command {
        Command::Demo(arguments) => demo::demo(arguments, host),
        Command::Synth(arguments) => synth::synth(arguments, host),
        Command::Check(arguments) => check::check(arguments, host),
        Command::Settle(arguments) => settle::settle(arguments, host),
        Command::Explain(arguments) => explain::explain(arguments, host),
        Command::Settlement(command) => settlement::settlement(command, host),
        Command::Statement(arguments) => statement::statement(arguments, asked, host),
        Command::CheckStatement(arguments) => statement::check_statement(arguments, host),
        Command::Running(arguments) => running::running(arguments, host),
        Command::Compare(arguments) => compare::compare(arguments, host),
        Command::Accrual(arguments) => accrual::accrual(arguments, host),
        Command::Forecast(arguments) => forecast::forecast(arguments, host),
        Command::Case(arguments) => case::case(arguments, host),
        Command::Objection(command) => objection::objection(command, host),
        Command::Ledger(command) => ledger::ledger(command, host),
        Command::Simulate(arguments) => simulate::simulate(arguments, host),
        Command::Budget(arguments) => budget::budget(arguments, host),
        Command::Risk(command) => risk::risk(command, host),
        Command::Agreement(arguments) => agreement::agreement(arguments, host),
        Command::Reproduce(arguments) => reproduce::reproduce(arguments, host),
        Command::Indicators(command) => indicators::indicators(command, host),
        Command::Standardise(arguments) => standardise::standardise(arguments, host),
        Command::Interval(command) => interval::interval(command, host),
        Command::Spc(arguments) => spc::spc(arguments, host),
        Command::Funnel(arguments) => funnel::funnel(arguments, host),
        Command::Variation(arguments) => variation::variation(arguments, host),
        Command::Evaluate(arguments) => evaluate::evaluate(arguments, host),
        Command::Rules(command) => rules::rules(command, host),
        Command::Template(arguments) => template::template(arguments, host),
        Command::Completions(arguments) => Ok(shell::completions(arguments, Arguments::command(), host)),
        Command::Man(arguments) => shell::man(arguments, Arguments::command(), host),
    }
}

/// Prints data on stdout and words on stderr, and returns the exit code. An error is printed even if quiet.
fn say(output: &Output, bars: Bars) -> u8 {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    // Names and texts that others have written may hold what steers a terminal.
    let data = shown(&output.data);
    match out.write_all(data.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => {}
        // It is no error if the reader of stdout has gone.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            let fault = message!("error.file.io", path = "stdout", error = words::of_io(&error));
            print(&say!(bars.language, "screen.fault", fault));
            return 1;
        }
    }
    for line in &output.words {
        let text = bars.language.say(line);
        if output.code == 1 {
            print(&text);
        } else if !text.is_empty() {
            bars.say(&text);
        }
    }
    output.code
}

/// Prints the fault and its remedy, and returns the exit code: 2 if the order is at fault or the job is refused,
/// `otherwise` if something failed.
pub fn failed(failure: &Failure, language: Language, otherwise: u8) -> u8 {
    let (fault, remedy, code) = match failure {
        Failure::Refused(refusal) => (refusal.said(), Some(answers::remedy(refusal)), 2),
        Failure::Failed { said, remedy, is_order } => {
            let fault = Message::joined(said.clone(), ": ");
            (fault, answers::remedy_of_failure(remedy), if *is_order { 2 } else { otherwise })
        }
    };
    print(&say!(language, "screen.fault", fault));
    if let Some(remedy) = remedy {
        print(&say!(language, "screen.remedy", remedy));
    }
    code
}
