//! Forecast of the rest of the year for each municipality, with a band; and how often the band held, if the
//! ledger already knows the answer.

use std::collections::{BTreeMap, BTreeSet};
use words::{Message, message};

use crate::failure::{Result, fail};
use domain::{Amount, Cause, Instrument, Month};
use statistics::forecast::{self, Series};

use super::books::Books;
use crate::refusal::Refusal;
use crate::table::{Table, heads};
use disclosure::Cell;

/// Table of the forecast at the end of a month, for every municipality, or for the one that `only` names; and a
/// sentence on how often the band held.
///
/// # Errors
/// Fails if there is nothing to forecast from ([`Refusal::NothingToForecast`]), if the party has nothing
/// settled, or if the ledger cannot be read.
pub fn run(books: &mut Books, month: Month, only: Option<&str>) -> Result<(Table, Message)> {
    let Found { seen, on_account, forecasts: found, held: sentence } = found(books, month)?;
    if let Some(party) = only.filter(|party| !seen.contains_key(*party)) {
        return Err(Refusal::NothingOfParty { party: party.to_owned(), year: month.year() }.into());
    }
    let columns = heads([
        "municipality",
        "name",
        "settled_ore",
        "rest_expected_ore",
        "rest_low_ore",
        "rest_high_ore",
        "year_expected_ore",
        "on_account_year_ore",
        "year_less_on_account_ore",
    ]);
    let mut table = Table::new(message!("forecast.title", month, level = forecast::LEVEL), &columns);
    for one in found.iter().filter(|one| only.is_none_or(|only| only == one.party)) {
        let settled = in_year(&seen[&one.party], month);
        let year = settled + one.expected;
        let budget = on_account.get(&one.party).copied().unwrap_or_default();
        let name = books.municipalities.of_party(&one.party).map_or_else(String::new, |row| row.name.clone());
        let mut row = vec![Cell::text(&one.party), Cell::Text(name)];
        row.extend([settled, one.expected, one.low, one.high, year, budget, year - budget].map(Cell::Kroner));
        table.rows.push(row);
    }
    Ok((table, sentence))
}

/// The rest of a municipality's year, as it is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// Amount settled for the year's months so far.
    pub settled: Amount,
    /// Amount expected for the rest of the year, and the ends of its band.
    pub expected: Amount,
    pub low: Amount,
    pub high: Amount,
    /// Amount on account for the whole year.
    pub on_account: Amount,
}

/// The rest of the year for one party, and a sentence on how often the band held; `None` if there is nothing to
/// forecast from, or nothing left to forecast.
///
/// # Errors
/// Fails if the ledger cannot be read.
pub fn of_party(books: &mut Books, month: Month, party: &str) -> Result<Option<(Ahead, Message)>> {
    let found = match found(books, month) {
        Ok(found) => found,
        Err(crate::failure::Failure::Refused(Refusal::NothingToForecast(_))) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let Some(one) = found.forecasts.iter().find(|one| one.party == party) else { return Ok(None) };
    let ahead = Ahead {
        settled: in_year(&found.seen[party], month),
        expected: one.expected,
        low: one.low,
        high: one.high,
        on_account: found.on_account.get(party).copied().unwrap_or_default(),
    };
    Ok(Some((ahead, found.held)))
}

/// Forecasts of all municipalities, and the amounts that they rest on.
struct Found {
    seen: Sums,
    on_account: BTreeMap<String, Amount>,
    forecasts: Vec<forecast::Forecast>,
    /// Sentence on how often the band held.
    held: Message,
}

fn found(books: &mut Books, month: Month) -> Result<Found> {
    let Some(december) = Month::new(month.year(), 12) else { fail!("error.forecast.in_no_year", month) };
    let Some(first) = Month::new(month.year() - 3, 1) else { fail!("error.forecast.too_early", month) };
    let vouchers = books.vouchers(first, december, None)?;
    let Read { seen, later, on_account } = read(books, &vouchers, first, month);
    let ahead = months_after(month);
    // Months of earlier years give the season; the level comes from this year.
    let settled: BTreeSet<Month> = seen
        .values()
        .flat_map(|months| months.keys().copied())
        .filter(|one| one.year() == month.year())
        .collect();
    if settled.len() < 2 || !settled.contains(&month) || ahead.is_empty() {
        return Err(Refusal::NothingToForecast(month).into());
    }
    let series: Vec<Series> = seen
        .iter()
        .map(|(party, months)| Series { party: party.clone(), months: whole(months, &settled) })
        .collect();
    let forecasts = forecast::forecast(&series, &ahead);
    let held = held(&forecasts, &later, &ahead);
    Ok(Found { seen, on_account, forecasts, held })
}

/// Sum of the amounts of all months in the year of `month`.
fn in_year(months: &BTreeMap<Month, Amount>, month: Month) -> Amount {
    months.iter().filter(|(seen, _)| seen.year() == month.year()).map(|(_, amount)| *amount).sum()
}

/// Amounts by party and month of activity.
type Sums = BTreeMap<String, BTreeMap<Month, Amount>>;

/// Amounts read from vouchers: activity up to the month, activity of the same year after it, and on account
/// for the year.
#[derive(Default)]
struct Read {
    seen: Sums,
    later: Sums,
    on_account: BTreeMap<String, Amount>,
}

fn read(books: &Books, vouchers: &[ledger::Voucher], first: Month, month: Month) -> Read {
    let mut out = Read::default();
    for voucher in vouchers {
        let is_municipal = voucher.instrument.is_some_and(|instrument| instrument != Instrument::Isf);
        if !is_municipal {
            continue;
        }
        let party = books.heir(&voucher.debtor, month);
        let Ok(activity) = Month::parse(&voucher.activity_period) else { continue };
        if voucher.cause == Cause::OnAccount && activity.year() == month.year() {
            *out.on_account.entry(party).or_default() += voucher.amount;
        } else if voucher.cause.is_computed() && first <= activity && activity.year() <= month.year() {
            let sums = if activity <= month { &mut out.seen } else { &mut out.later };
            *sums.entry(party).or_default().entry(activity).or_default() += voucher.amount;
        }
    }
    out
}

/// Amounts by month, with a zero for each of the `settled` months of the year that has none: the others are unknown. Earlier
/// years stay as they are.
fn whole(months: &BTreeMap<Month, Amount>, settled: &BTreeSet<Month>) -> BTreeMap<Month, Amount> {
    let mut out = months.clone();
    for month in settled {
        out.entry(*month).or_default();
    }
    out
}

fn months_after(month: Month) -> Vec<Month> {
    (month.number() + 1..=12).filter_map(|number| Month::new(month.year(), number)).collect()
}

/// Sentence on how often the band held. That is known once every month ahead is settled.
fn held(found: &[forecast::Forecast], later: &Sums, ahead: &[Month]) -> Message {
    let known: Vec<&Month> =
        ahead.iter().filter(|month| later.values().any(|months| months.contains_key(month))).collect();
    let level = forecast::LEVEL;
    if known.len() < ahead.len() {
        return message!("forecast.unknown", level);
    }
    let truth = |party: &str| later.get(party).map_or(Amount::ZERO, |months| months.values().copied().sum());
    let inside = found.iter().filter(|one| (one.low..=one.high).contains(&truth(&one.party))).count();
    let tenths = inside * 1000 / std::cmp::max(found.len(), 1);
    let share = format!("{},{}", tenths / 10, tenths % 10);
    message!("forecast.held", level, share, inside, all = found.len())
}
