//! State of each month in a ledger.

use anyhow::Result;
use domain::Period;

use super::books::Books;
use crate::table::Table;

/// Table of the state of each month in the ledger; with a period, of the months in it.
pub fn status(books: &mut Books, period: Option<Period>) -> Result<Table> {
    let mut table = Table::new(
        "Månedene i hovedboken",
        &["month", "state", "version", "settled", "draft", "corrected_later", "netted", "open_objections"],
    );
    for (month, record) in &books.months.months {
        if period.is_some_and(|period| !period.holds(month.first())) {
            continue;
        }
        let settled = books.months.basis.get(month).map_or(0, Vec::len);
        let yes = |yes: bool| if yes { "ja" } else { "" }.to_owned();
        let open = books.months.open_disputes().filter(|objection| objection.month == *month).count();
        table.row([
            month.to_string(),
            record.state.name().to_owned(),
            record.versions.len().to_string(),
            settled.to_string(),
            yes(record.is_draft()),
            yes(record.corrected),
            yes(record.netted),
            open.to_string(),
        ]);
    }
    Ok(table)
}
