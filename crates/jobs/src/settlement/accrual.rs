//! The year so far: settled amounts against amounts on account, and a proposed accrual for each
//! municipality's accounts.

use std::collections::BTreeMap;
use words::{Language, message};

use crate::addresses::Addresses;
use crate::failure::{Result, fail};
use domain::{Amount, Month, Party, Period};
use ledger::statement::Span;

use crate::host::Host;
use crate::settlement::Books;
use crate::settlement::running::{self, Running};
use crate::settlement::statement;
use crate::table::{Table, heads};
use disclosure::Cell;

const HEADS: [&str; 9] = [
    "municipality",
    "name",
    "on_account_to_date_ore",
    "settled_to_date_ore",
    "difference_ore",
    "not_balanced_yet_ore",
    "running_cases_ore",
    "accrual_ore",
    "accounts",
];

/// Months of the year up to `month` that are not settled.
fn unsettled(books: &Books, month: Month) -> Result<Vec<String>> {
    let year = Period::parse(&month.first().year().to_string())?;
    let is_settled = |one: &Month| books.months.months.get(one).is_some_and(|record| record.runs > 0);
    let open = year.months().filter(|one| *one <= month && !is_settled(one));
    Ok(open.map(|one| one.to_string()).collect())
}

/// Table of each municipality's year to date at the end of a month, and the months of the year that are not
/// settled. While there are such months, the amount that is not balanced yet is unknown. `running` are the
/// cases that run at the end of the month; without them, their amount is unknown. An unknown amount is shown
/// as `..`.
///
/// # Errors
/// Fails if the ledger cannot be read.
pub fn run(
    books: &mut Books,
    month: Month,
    running: Option<&Running>,
    host: &Host,
) -> Result<(Table, Vec<String>)> {
    let Some(span) = Span::to_date(month) else { fail!("error.accrual.in_no_year", month) };
    let addresses = Addresses::new();
    let order = statement::Order::to_read(span, &[], Language::Nb, &addresses);
    let unsettled = unsettled(books, month)?;
    let not_paid = |amount: Amount| unsettled.is_empty().then_some(amount);
    let steps = books.ledger.steps()?;
    let (statements, _) = statement::statements(books, &order, &steps, host)?;
    let mut waiting: BTreeMap<String, Option<Amount>> =
        running.map(running::Running::by_municipality).unwrap_or_default();
    let mut table = Table::new(message!("accrual.title", month), &heads(HEADS));
    for one in statements.iter().filter(|one| one.owes) {
        let party = Party::of(&one.recipient.party);
        let Some(code) = party.municipality() else { continue };
        // Without a list of running cases, their amount is unknown.
        let cases = match running {
            Some(_) => waiting.remove(code).unwrap_or(Some(Amount::ZERO)),
            None => None,
        };
        let accounts: Vec<String> =
            one.bookings.iter().map(|booking| format!("{}/{}", booking.function, booking.article)).collect();
        table.row([
            Cell::text(code),
            Cell::text(&one.recipient.name),
            Cell::Kroner(one.on_account),
            Cell::Kroner(one.settled),
            Cell::Kroner(one.settled - one.on_account),
            Cell::kroner(not_paid(one.not_paid)),
            Cell::kroner(cases),
            Cell::kroner(cases.zip(not_paid(one.not_paid)).map(|(cases, not_paid)| cases + not_paid)),
            Cell::text(accounts.join(" ")),
        ]);
    }
    // A municipality with running cases and nothing settled this year gets an accrual too.
    for (code, cases) in waiting {
        let name = books.municipalities.of_party(&code).map_or_else(String::new, crate::parties::in_full);
        let zero = || Cell::Kroner(Amount::ZERO);
        let accrual = cases.filter(|_| unsettled.is_empty());
        let not_paid = Cell::kroner(not_paid(Amount::ZERO));
        table.row([
            Cell::Text(code),
            Cell::Text(name),
            zero(),
            zero(),
            zero(),
            not_paid,
            Cell::kroner(cases),
            Cell::kroner(accrual),
            Cell::text(""),
        ]);
    }
    Ok((table, unsettled))
}
