//! `samspill` without a command: questions that a user may have, the user's settings and ledger, and what is computed
//! for which years.

use jobs::failure::{Failure, Result};
use jobs::host::Host;
use jobs::law::Files;
use jobs::rules;
use jobs::settlement::Books;
use words::{Language, Message, Said, message};

use super::Output;
use crate::settings::{FILE, Settings};

/// Questions that people come with, each with the command that answers it.
const QUESTIONS: [(&str, &str); 11] = [
    ("start.demo", "samspill demo"),
    ("start.bill", "samspill compare --received REGNING.xlsx --log MELDINGER.csv"),
    ("start.waiting", "samspill running --contacts UTTREKK.csv"),
    ("start.statement", "samspill statement 2024-04 --party Kristiansand"),
    ("start.explain", "samspill explain USK-4711-2024-04 --ledger OPPGJOR.sqlite"),
    ("start.forecast", "samspill forecast 2024-06"),
    (
        "start.what_if",
        "samspill simulate co-financing-again --period 2024 --contacts UTTREKK.csv --out hva-om",
    ),
    ("start.risk", "samspill risk picture --period 2024 --contacts UTTREKK.csv --out risiko"),
    ("start.others", "samspill indicators run --all --period 2024 --contacts UTTREKK.csv --out nokkeltall"),
    ("start.settle", "samspill settlement run 2024-04 --contacts UTTREKK.csv"),
    ("start.law", "samspill rules show USK --on 2024-07-01"),
];

/// The start screen.
pub fn start(settings: &Settings, host: &Host) -> Result<Output> {
    let text = |message: &Message| host.language.say(message);
    let widest = QUESTIONS.iter().map(|(key, _)| host.language.text(key).chars().count()).max().unwrap_or(0);
    let mut lines = vec![text(&message!("help.command.samspill")), computed(host.language)?, String::new()];
    lines.extend(place(settings).iter().map(text));
    lines.extend([String::new(), text(&message!("start.what"))]);
    lines.extend(QUESTIONS.iter().map(|(key, command)| {
        let question = host.language.text(key);
        format!("  {question}{}  {command}", " ".repeat(widest - question.chars().count()))
    }));
    lines.extend([String::new(), text(&message!("start.more")), String::new()]);
    Ok(Output::data(lines.join("\n")))
}

/// What is computed, and for which years.
///
/// # Errors
/// Fails if the built-in rules cannot be read.
pub fn computed(language: Language) -> Result<String> {
    let years = rules::years(&Files::read(None, &[])?.book()?)?;
    let years: Vec<String> =
        years.iter().map(|(instrument, years)| format!("{instrument} {}", rules::spans(years))).collect();
    Ok(language.say(&message!("start.years", years = years.join("; "))))
}

/// Settings and ledger of the folder where the program runs.
fn place(settings: &Settings) -> Vec<Message> {
    let mut out = Vec::new();
    let set: Vec<String> = settings.all().map(|(key, value)| format!("{key} = {}", hidden(value))).collect();
    out.push(match (&settings.file, set.is_empty()) {
        (None, true) => message!("start.no_settings", file = FILE),
        (None, false) => message!("start.variables", set = set.join(", ")),
        (Some(_), _) => message!("start.settings", file = FILE, set = set.join(", ")),
    });
    if let Some(ledger) = settings.get("ledger") {
        let place = hidden(ledger);
        out.push(match crate::ledger_place::ledger(ledger) {
            Ok(ledger) => match Books::open(&ledger) {
                Ok(books) => state(&books, &place),
                Err(Failure::Failed { said, .. }) => {
                    message!("start.ledger_fault", place, fault = Message::joined(said, ": "))
                }
                Err(Failure::Refused(refusal)) => {
                    message!("start.ledger_fault", place, fault = refusal.said())
                }
            },
        });
    }
    out
}

/// Months of a ledger: the first, the last, and the first that is not closed.
fn state(books: &Books, place: &str) -> Message {
    let months = &books.months.months;
    let Some((first, last)) = months.keys().next().zip(months.keys().next_back()) else {
        return message!("start.ledger_empty", place);
    };
    match months.iter().find(|(_, record)| !record.is_closed()) {
        Some((month, record)) => {
            message!("start.ledger", place, first, last, month, state = record.state.said())
        }
        None => message!("start.ledger_closed", place, first, last),
    }
}

/// A value as it may be shown: an address without its password.
fn hidden(value: &str) -> String {
    jobs::settlement::shown(value)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Every command on the start screen can be given as it stands if a ledger is set.
    #[test]
    fn what_the_start_screen_says_can_be_run() {
        let ledger = |name: &str| (name == "SAMSPILL_LEDGER").then(|| "OPPGJOR.sqlite".to_owned());
        let settings = Settings::read(std::path::Path::new("no folder"), ledger).unwrap();
        for (_, line) in QUESTIONS {
            let command = settings.applied(crate::cli::Arguments::command());
            assert!(command.try_get_matches_from(line.split(' ')).is_ok(), "{line}");
        }
    }
}
