//! What a command would post, before it is posted: `--dry-run`.

use std::collections::BTreeMap;

use disclosure::Cell;
use domain::{Amount, Instrument};
use words::{Language, Said, message};

use super::books::{Books, Planned};
use crate::parties::Names;
use crate::table::{Table, heads};

/// How many of the largest claims of a step are listed one by one.
const LARGEST: usize = 10;

/// The table of what the steps would post: for each step the sums by debtor, creditor, instrument and cause, the
/// largest first; then the largest single claims.
pub fn table(books: &Books, language: Language) -> Table {
    let columns = [
        "step",
        "period",
        "debtor",
        "debtor_name",
        "creditor",
        "instrument",
        "cause",
        "contact",
        "contacts",
        "amount_ore",
    ];
    let mut table = Table::new(message!("preview.title"), &heads(columns));
    let names = Names::of(&books.municipalities, language);
    for step in books.planned().unwrap_or_default() {
        sums(step, &names, language, &mut table);
        largest(step, &names, language, &mut table);
    }
    table
}

fn sums(step: &Planned, names: &Names, language: Language, table: &mut Table) {
    let mut sums: BTreeMap<_, (i64, Amount)> = BTreeMap::new();
    for voucher in &step.vouchers {
        let key = (voucher.debtor.as_str(), voucher.creditor.as_str(), voucher.instrument, voucher.cause);
        let sum = sums.entry(key).or_default();
        sum.0 += voucher.contacts;
        sum.1 += voucher.amount;
    }
    let mut rows: Vec<_> = sums.into_iter().collect();
    rows.sort_by_key(|(_, (_, amount))| -amount.ore().abs());
    for ((debtor, creditor, instrument, cause), (contacts, amount)) in rows {
        table.row([
            Cell::Said(step.kind.said()),
            Cell::text(&step.period),
            Cell::text(debtor),
            Cell::text(names.name_in(debtor, language)),
            Cell::text(creditor),
            Cell::text(instrument.map_or("", Instrument::word)),
            Cell::Said(cause.said()),
            Cell::text(""),
            Cell::Count(contacts),
            Cell::Kroner(amount),
        ]);
    }
}

fn largest(step: &Planned, names: &Names, language: Language, table: &mut Table) {
    let all = step.claims.iter().flat_map(|claims| claims.rows.iter().map(move |row| (claims, row)));
    let mut all: Vec<_> = all.filter(|(_, row)| row.amount != Amount::ZERO).collect();
    all.sort_by_key(|(_, row)| (-row.amount.ore().abs(), row.contact));
    for (claims, row) in all.into_iter().take(LARGEST) {
        let word = |number| claims.words.word(number);
        table.row([
            Cell::Said(step.kind.said()),
            Cell::text(word(row.month)),
            Cell::text(word(row.debtor)),
            Cell::text(names.name_in(word(row.debtor), language)),
            Cell::text(word(row.creditor)),
            Cell::text(row.instrument.map_or("", Instrument::word)),
            Cell::Said(row.cause.said()),
            Cell::text(row.contact),
            Cell::Count(1),
            Cell::Kroner(row.amount),
        ]);
    }
}
