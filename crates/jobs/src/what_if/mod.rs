//! What if: other rules and other behaviour. Scenarios, the risk picture, agreements, and the reproduction of
//! published figures. Nothing is posted.

pub mod agreement;
pub mod agreement_brief;
pub mod budget;
pub mod by_background;
pub mod council;
pub mod free_income;
pub mod own_costs;
pub mod reproduce;
pub mod risk;
mod risk_brief;
pub mod risk_files;
mod risk_tables;
pub mod simulate;
pub mod simulate_files;
pub mod stacked;

use chart::range::Group;
use disclosure::Cell;
use domain::Amount;
use domain::amount::grouped;
use paper::brief::BriefTable;
use paper::sheets::Reader;
use simulation::consequence::SIZES;
use words::{Language, Message, Said, message, say};

/// Data, method and caveats of a result, each as head and text, for the files that have room for them.
type AboutLines = Vec<(Message, Message)>;

/// Heads and texts of a result in a language.
fn about_texts(about: &AboutLines, language: Language) -> Vec<(String, String)> {
    about.iter().map(|(head, text)| (language.say(head), language.say(text))).collect()
}

/// Heads and texts as lines.
fn lines_about(about: &[(String, String)]) -> String {
    about.iter().map(|(head, text)| format!("{head}: {text}\n")).collect()
}

/// Heads of columns, by their keys.
pub(crate) fn heads<const N: usize>(keys: [&'static str; N]) -> Vec<Message> {
    keys.map(Message::of).into()
}

/// Head of one of several columns that are alike. Programs get a name that distinguishes them.
fn head(reader: Reader, name: String, said: Message) -> Message {
    match reader {
        Reader::Program => Message::Plain(name),
        Reader::Person(_) => said,
    }
}

/// A sentence with values as a cell. Programs get the sentence in English: the key of the message, which they get for
/// other cells, would lack the values.
fn sentence(reader: Reader, said: &Message) -> Cell {
    Cell::Text(match reader {
        Reader::Program => said.english(),
        Reader::Person(language) => language.say(said),
    })
}

/// What cannot be under a law in a period: a share that is less than the one that is subtracted from it. `None` if all can.
fn share_below(law: &settlement::Law, period: domain::Period) -> Option<Message> {
    law.share_below(period).map(|[(instrument, share), (by, other)]| {
        message!("simulate.share_below", instrument = instrument.said(), share, by = by.said(), other)
    })
}

/// A table of a brief, in a language.
fn brief_table(
    heading: &Message,
    heads: &[Message],
    rows: &[Vec<Message>],
    language: Language,
) -> BriefTable {
    let texts = |messages: &[Message]| messages.iter().map(|one| language.say(one)).collect();
    BriefTable {
        heading: language.say(heading),
        heads: texts(heads),
        rows: rows.iter().map(|row| texts(row)).collect(),
    }
}

/// Groups of a range chart: first decile, median and ninth decile of the values of each group of [`SIZES`].
fn ranges_of_sizes(values: impl Iterator<Item = Vec<f64>>, language: Language) -> Vec<Group> {
    let group = |((people, _, _), mut dots): ((&str, i64, i64), Vec<f64>)| {
        dots.sort_by(f64::total_cmp);
        let at =
            |tenth: usize| dots.get(dots.len().saturating_sub(1) * tenth / 10).copied().unwrap_or(f64::NAN);
        let label = say!(language, "what_if.people_short", people);
        Group { label, low: at(1), middle: at(5), high: at(9), dots }
    };
    SIZES.into_iter().zip(values).map(group).collect()
}

/// Millions of kroner with one decimal, as `1,5 mill. kr`.
pub(crate) fn in_millions(amount: Amount) -> Message {
    message!("what_if.millions", number = tenths(amount))
}

/// Change of what somebody pays, in millions of kroner and in words: no sign that could be read as gain or as cost.
fn paid_more(amount: Amount) -> Message {
    more_or_less(amount, in_millions)
}

/// An amount as more or less, in words; `shown` writes the size.
fn more_or_less(amount: Amount, shown: impl Fn(Amount) -> Message) -> Message {
    let size = shown(Amount::from_ore(amount.ore().abs()));
    match amount.ore().signum() {
        1 => message!("what_if.pays_more", amount = size),
        -1 => message!("what_if.pays_less", amount = size),
        _ => size,
    }
}

/// An amount in whole kroner. A scenario is not known to the øre.
fn in_kroner(amount: Amount) -> Message {
    let kroner = (amount.ore().abs() + 50) / 100;
    let sign = if amount.ore() < 0 && kroner > 0 { "\u{2212}" } else { "" };
    Message::Plain(format!("{sign}{}\u{a0}kr", grouped(kroner.unsigned_abs())))
}

/// An amount rounded to whole thousands of kroner, half away from zero.
fn to_thousands(amount: Amount) -> Amount {
    let thousands = (amount.ore().abs() + 50_000) / 100_000;
    Amount::from_ore(thousands * 100_000 * amount.ore().signum())
}

/// An amount in whole thousands of kroner, as `1 234 000 kr`: what a municipality pays in a scenario is not known closer. An
/// amount of less than half a thousand is said to be so.
fn in_thousands(amount: Amount) -> Message {
    match to_thousands(amount) {
        Amount::ZERO if amount != Amount::ZERO => message!("what_if.under_500"),
        rounded => in_kroner(rounded),
    }
}

/// Millions of kroner as a number with one decimal.
pub(crate) fn tenths(amount: Amount) -> String {
    let tenths = (amount.ore().abs() + 5_000_000) / 10_000_000;
    let sign = if amount.ore() < 0 && tenths > 0 { "\u{2212}" } else { "" };
    format!("{sign}{},{}", grouped((tenths / 10) as u64), tenths % 10)
}
