//! State of each month in a ledger.

use std::collections::BTreeSet;

use crate::failure::Result;
use domain::Period;

use super::books::Books;
use crate::table::{Table, heads};
use disclosure::Cell;
use words::{Said, message};

/// Table of the state of each month in the ledger; with a period, of the months in it.
pub fn status(books: &mut Books, period: Option<Period>) -> Result<Table> {
    let columns =
        ["month", "state", "version", "settled", "draft", "corrected_later", "netted", "open_objections"];
    let mut table = Table::new(message!("status.title"), &heads(columns));
    for (month, record) in &books.months.months {
        if period.is_some_and(|period| !period.holds(month.first())) {
            continue;
        }
        let settled = books.months.basis.get(month).map_or(0, Vec::len);
        let open = books.months.open_disputes().filter(|objection| objection.month == *month).count();
        table.row([
            Cell::text(month),
            Cell::Said(record.state.said()),
            Cell::Count(record.versions.len() as i64),
            Cell::Count(settled as i64),
            Cell::yes(books.months.is_draft(*month)),
            Cell::yes(record.corrected),
            Cell::yes(record.netted),
            Cell::Count(open as i64),
        ]);
    }
    Ok(table)
}

/// Table of the settled deliveries, in order of first settlement. Each has its number, file, digest, day of the
/// extract, time of first settlement, number of units and span of months covered, and number of rows that the check
/// refused.
pub fn deliveries(books: &Books) -> Table {
    let columns = ["delivery", "file", "sha256", "made_on", "settled_at", "covers", "refused"];
    let mut table = Table::new(message!("deliveries.title"), &heads(columns));
    for (place, one) in books.months.deliveries.iter().enumerate() {
        let delivery = &one.delivery;
        let months = delivery.coverage.iter().flat_map(|covered| [covered.from, covered.to]);
        let (first, last) = (months.clone().min(), months.max());
        let units = delivery.coverage.iter().map(|covered| &covered.unit).collect::<BTreeSet<_>>().len();
        let covers = match (first, last) {
            (Some(from), Some(to)) => Cell::Said(message!("deliveries.covers", units, from, to)),
            _ => Cell::text(""),
        };
        table.row([
            Cell::Count(place as i64 + 1),
            Cell::text(&delivery.file),
            Cell::text(&delivery.sha256),
            Cell::text(delivery.made_on.map_or_else(String::new, |day| day.to_string())),
            Cell::text(one.recorded_at),
            covers,
            Cell::Count(delivery.refused as i64),
        ]);
    }
    table
}
