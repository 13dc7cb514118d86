//! State of each month in a ledger.

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
            Cell::yes(record.is_draft()),
            Cell::yes(record.corrected),
            Cell::yes(record.netted),
            Cell::Count(open as i64),
        ]);
    }
    Ok(table)
}
