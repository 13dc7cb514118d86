//! The year so far: settled amounts against amounts on account, and a proposed accrual for each
//! municipality's accounts.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use domain::{Amount, Month, Period};
use ledger::statement::Span;

use crate::host::Host;
use crate::settlement::Books;
use crate::settlement::running::{self, Running};
use crate::settlement::statement;
use crate::table::Table;

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
    let Some(span) = Span::to_date(month) else { bail!("{month} is in no year") };
    let order = statement::Order {
        span,
        parties: &[],
        forms: &[],
        known_on: None,
        version: None,
        languages: None,
        sender: None,
        with_claims: false,
        plain: true,
        out: Path::new("."),
        command: String::new(),
    };
    let unsettled = unsettled(books, month)?;
    let not_paid = |amount: Amount| unsettled.is_empty().then_some(amount);
    let steps = books.ledger.steps()?;
    let statements = statement::statements(books, &order, &steps, host)?;
    let mut waiting: BTreeMap<String, Option<Amount>> =
        running.map(running::Running::by_municipality).unwrap_or_default();
    let mut table =
        Table::new(&format!("A konto mot oppgjør hittil i år, og avsetning ved utgangen av {month}"), &HEADS);
    let shown =
        |amount: Option<Amount>| amount.map_or_else(|| "..".to_owned(), |amount| amount.ore().to_string());
    let is_municipality = |party: &str| party.split('@').next().is_some_and(|code| code.len() == 4);
    for one in statements.iter().filter(|one| one.owes && is_municipality(&one.recipient.party)) {
        let code = one.recipient.party.split('@').next().unwrap_or_default();
        // Without a list of running cases, their amount is unknown.
        let cases = match running {
            Some(_) => waiting.remove(code).unwrap_or(Some(Amount::ZERO)),
            None => None,
        };
        let accounts: Vec<String> =
            one.bookings.iter().map(|booking| format!("{}/{}", booking.function, booking.article)).collect();
        table.row([
            one.recipient.party.clone(),
            one.recipient.name.clone(),
            one.on_account.ore().to_string(),
            one.settled.ore().to_string(),
            (one.settled - one.on_account).ore().to_string(),
            shown(not_paid(one.not_paid)),
            shown(cases),
            shown(cases.zip(not_paid(one.not_paid)).map(|(cases, not_paid)| cases + not_paid)),
            accounts.join(" "),
        ]);
    }
    // A municipality with running cases and nothing settled this year gets an accrual too.
    for (code, cases) in waiting {
        let name = books
            .municipalities
            .of_party(&code)
            .map_or_else(String::new, |row| format!("{} kommune", row.name));
        let zero = || "0".to_owned();
        let accrual = cases.filter(|_| unsettled.is_empty());
        let not_paid = shown(not_paid(Amount::ZERO));
        table.row([
            code,
            name,
            zero(),
            zero(),
            zero(),
            not_paid,
            shown(cases),
            shown(accrual),
            String::new(),
        ]);
    }
    Ok((table, unsettled))
}
