//! Statements as CSV tables.
//!
//! A table opens in a Norwegian Excel: byte-order mark, semicolon, decimal comma. With `is_plain`, it is for
//! programs: no mark, comma, decimal point.

use domain::Amount;
use domain::statement::Statement;

use crate::text::Texts;
use crate::view;

/// Columns of a statement's lines.
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
    "amount_kroner",
    "rule_version",
    "corrects",
    "vouchers",
];

/// A number in units of its last decimal, written with `decimals` decimals after `point`.
pub(crate) fn decimal(milli_or_ore: i64, decimals: usize, point: char) -> String {
    let unit = 10_u64.pow(decimals as u32);
    let all = milli_or_ore.unsigned_abs();
    let sign = if milli_or_ore < 0 { "-" } else { "" };
    format!("{sign}{}{point}{:0decimals$}", all / unit, all % unit)
}

/// A cell, in quotes if it holds the separator, a quote or a line break.
pub(crate) fn quoted(text: &str, separator: &str) -> String {
    if text.contains(separator) || text.contains(['"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// The lines of a statement by unit, as a table.
pub fn lines(statement: &Statement, is_plain: bool) -> String {
    let (mark, separator, point) = if is_plain { ("", ",", '.') } else { ("\u{feff}", ";", ',') };
    let mut out = format!("{mark}{}\n", COLUMNS.join(separator));
    for post in &statement.detail {
        let cells = [
            statement.number.clone(),
            statement.version.to_string(),
            post.instrument.to_string(),
            post.cause.to_string(),
            post.activity_period.clone(),
            post.counterparty.party.clone(),
            post.unit.party.clone(),
            post.contacts.to_string(),
            decimal(post.points_milli, 3, point),
            post.days.to_string(),
            decimal(post.amount.ore(), 2, point),
            post.rule_version.clone(),
            post.corrects.clone(),
            format!("{}-{}", post.vouchers.0, post.vouchers.1),
        ];
        out.push_str(&cells.iter().map(|cell| quoted(cell, separator)).collect::<Vec<_>>().join(separator));
        out.push('\n');
    }
    out
}

/// A table with one row for each statement: amounts settled, on account and to pay, and the due day.
pub fn overview(statements: &[Statement], is_plain: bool) -> String {
    let (mark, separator, point) = if is_plain { ("", ",", '.') } else { ("\u{feff}", ";", ',') };
    let heads = [
        "statement",
        "version",
        "party",
        "name",
        "owes",
        "tags",
        "settled",
        "on_account",
        "carried",
        "rounding",
        "to_pay",
        "due",
    ];
    let mut out = format!("{mark}{}\n", heads.join(separator));
    for one in statements {
        let kroner = |amount: Amount| decimal(amount.ore(), 2, point);
        let tags: Vec<String> = one.tags.iter().map(|tag| format!("{tag:?}").to_lowercase()).collect();
        let cells = [
            one.number.clone(),
            one.version.to_string(),
            one.recipient.party.clone(),
            one.recipient.name.clone(),
            if one.owes { "yes" } else { "no" }.to_owned(),
            tags.join(" "),
            kroner(one.settled),
            kroner(one.on_account),
            kroner(one.carried),
            kroner(one.rounding),
            kroner(one.to_pay),
            one.due.map_or_else(String::new, |due| due.to_string()),
        ];
        out.push_str(&cells.iter().map(|cell| quoted(cell, separator)).collect::<Vec<_>>().join(separator));
        out.push('\n');
    }
    out
}

/// Text that goes beside a table: what the table is, how sure it is, and the command that makes it again.
pub fn about(statement: &Statement, texts: &Texts, command: &str) -> String {
    let words = view::view(statement, texts);
    let tags: Vec<String> = words.tags.iter().map(|(text, _)| text.clone()).collect();
    let mut lines = vec![
        format!("{} – {}", words.title, statement.recipient.name),
        format!("{}: {}", texts.get("readme_status"), tags.join(", ")),
        words.lead,
        texts.get("readme_signs"),
        format!("{}: {command}", texts.get("readme_command")),
        words.footer,
    ];
    lines.extend(words.how);
    lines.push(String::new());
    lines.join("\n")
}
