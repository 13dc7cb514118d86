//! Statements as CSV tables.
//!
//! A table for a person opens in a Norwegian Excel: it has a byte-order mark, semicolons and decimal commas. A table
//! for a program has no mark, but commas, decimal points and English keys.

use disclosure::Cell;
use domain::statement::{Post, Statement};
use words::{Language, Message, Said, message};

use crate::sheets::{Reader, csv_of, heads};
use crate::view;

/// Columns of a statement's lines. Each name is the part after `column.` of a key in the catalogue.
pub const COLUMNS: [&str; 14] = [
    "statement",
    "version",
    "instrument",
    "cause",
    "activity_period",
    "counterparty",
    "unit",
    "contacts",
    "drg_points",
    "days",
    "amount_ore",
    "rule_version",
    "corrects",
    "vouchers",
];

/// Columns of the overview. Each name is the part after `column.` of a key in the catalogue.
const OVERVIEW: [&str; 13] = [
    "statement",
    "version",
    "party",
    "name",
    "owes",
    "tags",
    "settled_ore",
    "on_account_ore",
    "carried_ore",
    "rounding_ore",
    "to_pay_ore",
    "due",
    "asked_ore",
];

/// The lines of a statement by unit, as a table.
pub fn lines(statement: &Statement, reader: Reader) -> String {
    let row = |post: &Post| {
        vec![
            Cell::text(&statement.number),
            Cell::text(statement.version),
            Cell::text(post.instrument),
            Cell::Said(post.cause.said()),
            Cell::text(&post.activity_period),
            Cell::text(&post.counterparty.party),
            Cell::text(&post.unit.party),
            Cell::Count(post.contacts),
            Cell::Decimal(post.points_milli),
            Cell::Count(post.days),
            Cell::Kroner(post.amount),
            Cell::text(&post.rule_version),
            Cell::text(&post.corrects),
            Cell::text(post.voucher_numbers()),
        ]
    };
    let rows: Vec<Vec<Cell>> = statement.detail.iter().map(row).collect();
    csv_of(&heads(COLUMNS), rows.iter().map(Vec::as_slice), reader)
}

/// A table with one row for each statement: amounts settled, on account and to pay, and the due day.
pub fn overview(statements: &[Statement], reader: Reader) -> String {
    let between = if reader == Reader::Program { " " } else { ", " };
    let row = |one: &Statement| {
        vec![
            Cell::text(&one.number),
            Cell::text(one.version),
            Cell::text(&one.recipient.party),
            Cell::text(&one.recipient.name),
            Cell::Said(if one.owes { message!("yes") } else { message!("no") }),
            Cell::Said(Message::joined(one.tags.iter().map(Said::said).collect(), between)),
            Cell::Kroner(one.settled),
            Cell::Kroner(one.on_account),
            Cell::Kroner(one.carried),
            Cell::Kroner(one.rounding),
            Cell::Kroner(one.to_pay),
            Cell::text(one.due.map_or_else(String::new, |due| due.to_string())),
            // The sum of what the statements of the months asked for. Only a summary has this amount.
            match one.is_summary {
                true => Cell::Kroner(one.asked.iter().map(|asked| asked.amount).sum()),
                false => Cell::text(""),
            },
        ]
    };
    let rows: Vec<Vec<Cell>> = statements.iter().map(row).collect();
    csv_of(&heads(OVERVIEW), rows.iter().map(Vec::as_slice), reader)
}

/// Text that goes beside a table: what the table is, how sure its figures are, and the command that makes the table
/// again.
pub fn about(statement: &Statement, language: Language, command: &str) -> String {
    let words = view::view(statement, language);
    let tags: Vec<String> = words.tags.iter().map(|(text, _)| text.clone()).collect();
    let mut lines = vec![
        format!("{} – {}", words.title, statement.recipient.name),
        format!("{}: {}", language.text("paper.readme_status"), tags.join(", ")),
        words.lead,
        language.text("paper.readme_signs"),
        format!("{}: {command}", language.text("paper.readme_command")),
        words.footer,
    ];
    lines.extend(words.how);
    lines.push(String::new());
    lines.join("\n")
}
