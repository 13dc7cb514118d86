//! From arguments to an exit code: the host of the job, the command, and the output on the screen.

use anyhow::Result;
use jobs::host::Host;
use jobs::refusal::Refusal;

use crate::cli::{Arguments, Command};
use crate::commands::{
    Said, accrual, check, compare, demo, explain, forecast, indicators, ledger, methods, objection, rules,
    running, settle, settlement, statement, synth, what_if,
};
use crate::progress::Bars;
use crate::words;

/// Runs the command, prints its output, and returns the exit code.
///
/// # Errors
/// Fails if the command fails; [`failed`] prints the error.
pub fn run(arguments: &Arguments) -> Result<u8> {
    let bars = Bars { quiet: arguments.quiet };
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = arguments.threads.unwrap_or_else(cores).clamp(1, 64);
    let scratch = std::env::temp_dir();
    let host = Host { progress: &bars, scratch: &scratch, threads };
    Ok(say(answer(&arguments.command, &host)?, &bars))
}

fn answer(command: &Command, host: &Host) -> Result<Said> {
    match command {
        Command::Demo(arguments) => demo::demo(arguments, host),
        Command::Synth(arguments) => synth::synth(arguments, host),
        Command::Check(arguments) => check::check(arguments, host),
        Command::Settle(arguments) => settle::settle(arguments, host),
        Command::Explain(arguments) => explain::explain(arguments),
        Command::Settlement(command) => settlement::settlement(command, host),
        Command::Statement(arguments) => statement::statement(arguments, host),
        Command::Running(arguments) => running::running(arguments, host),
        Command::Compare(arguments) => compare::compare(arguments),
        Command::Accrual(arguments) => accrual::accrual(arguments, host),
        Command::Forecast(arguments) => forecast::forecast(arguments),
        Command::Objection(command) => objection::objection(command),
        Command::Ledger(command) => ledger::ledger(command, host),
        Command::Simulate(arguments) => what_if::simulate(arguments, host),
        Command::Risk(command) => what_if::risk(command, host),
        Command::Agreement(arguments) => what_if::agreement(arguments, host),
        Command::Reproduce(arguments) => what_if::reproduce(arguments, host),
        Command::Indicators(command) => indicators::indicators(command, host),
        Command::Standardise(arguments) => methods::standardise(arguments),
        Command::Interval(command) => methods::interval(command),
        Command::Spc(arguments) => methods::spc(arguments),
        Command::Funnel(arguments) => methods::funnel(arguments),
        Command::Evaluate(arguments) => methods::evaluate(arguments),
        Command::Rules(command) => rules::rules(command),
    }
}

/// Prints data on stdout and words on stderr, and returns the exit code. An error is printed even if quiet.
fn say(said: Said, bars: &Bars) -> u8 {
    use std::io::Write;
    // It is no error if the reader of stdout has gone.
    let _ = std::io::stdout().write_all(said.data.as_bytes());
    if said.code == 1 {
        eprintln!("{}", said.words);
    } else if !said.words.is_empty() {
        bars.say(&said.words);
    }
    said.code
}

/// Prints an error with its remedy, and returns the exit code: 2 if the order, or the state of the ledger,
/// prevents the job; 1 if something failed.
pub fn failed(error: &anyhow::Error) -> u8 {
    let (fault, remedy, code) = match error.downcast_ref::<Refusal>() {
        Some(refusal) => (words::fault(refusal), Some(words::remedy(refusal)), 2),
        None => {
            let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
            let (remedy, is_order) = jobs::refusal::remedy(error);
            (chain.join(": "), words::library_remedy(&remedy), if is_order { 2 } else { 1 })
        }
    };
    eprintln!("error: {fault}");
    if let Some(remedy) = remedy {
        eprintln!("help: {remedy}");
    }
    code
}
