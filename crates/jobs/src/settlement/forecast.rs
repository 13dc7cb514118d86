//! Forecast of the rest of the year for each municipality, with a band; and how often the band held, if the
//! ledger already knows the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use words::{Message, message};

use crate::failure::{About, Result, fail};
use domain::{Amount, Cause, Instrument, Month};
use statistics::forecast::{self, Season, Series, Sums};

use super::books::Books;
use crate::refusal::Refusal;
use crate::table::{Table, heads, small_table};
use disclosure::Cell;

/// Table of the forecast at the end of a month, for every municipality, or for the one that `only` names; and sentences on
/// the season, and on how often the band held. `earlier` is a file of the months of earlier years, `month;instrument;kroner`.
///
/// # Errors
/// Fails if there is nothing to forecast from ([`Refusal::NothingToForecast`]), if the party has nothing
/// settled, or if the ledger or the file cannot be read.
pub fn run(
    books: &mut Books,
    month: Month,
    only: Option<&str>,
    earlier: Option<&Path>,
) -> Result<(Table, Vec<Message>)> {
    let Found { seen, on_account, forecasts: found, told } = found(books, month, earlier)?;
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
        // Within a year, the code alone tells which municipality it is.
        let mut row = vec![Cell::text(crate::parties::code_of(&one.party)), Cell::Text(name)];
        row.extend([settled, one.expected, one.low, one.high, year, budget, year - budget].map(Cell::Kroner));
        table.rows.push(row);
    }
    Ok((table, told))
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

/// The rest of the year for one party, and sentences on the season, and on how often the band held; `None` if there is
/// nothing to forecast from, or nothing left to forecast.
///
/// # Errors
/// Fails if the ledger or the file of earlier months cannot be read.
pub fn of_party(
    books: &mut Books,
    month: Month,
    party: &str,
    earlier: Option<&Path>,
) -> Result<Option<(Ahead, Vec<Message>)>> {
    let found = match found(books, month, earlier) {
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
    Ok(Some((ahead, found.told)))
}

/// Forecasts of all municipalities, and the amounts that they rest on.
struct Found {
    seen: ByParty,
    on_account: BTreeMap<String, Amount>,
    forecasts: Vec<forecast::Forecast>,
    /// Sentences on the season, and on how often the band held.
    told: Vec<Message>,
}

fn found(books: &mut Books, month: Month, path: Option<&Path>) -> Result<Found> {
    let Some(december) = Month::new(month.year(), 12) else { fail!("error.forecast.in_no_year", month) };
    let Some(first) = Month::new(month.year() - 3, 1) else { fail!("error.forecast.too_early", month) };
    let vouchers = books.vouchers(first, december, None)?;
    let Read { seen, later, on_account } = read(books, &vouchers, first, month);
    let ahead = months_after(month);
    // Months of earlier years give the season; the level comes from this year.
    let is_settled = |one: &Month| one.year() == month.year();
    let settled: BTreeSet<Month> =
        seen.values().flat_map(|months| months.keys().map(|(one, _)| *one)).filter(is_settled).collect();
    if settled.len() < 2 || !settled.contains(&month) || ahead.is_empty() {
        return Err(Refusal::NothingToForecast(month).into());
    }
    let mut before = path.map(|path| earlier(path, month.year())).transpose()?.unwrap_or_default();
    for ((one, instrument), amount) in seen.values().flatten().filter(|((one, _), _)| !is_settled(one)) {
        *before.entry((*one, *instrument)).or_default() += *amount;
    }
    let season = Season::of(&before);
    let series: Vec<Series> =
        seen.iter().map(|(party, months)| Series { party: party.clone(), months: months.clone() }).collect();
    let settled: Vec<Month> = settled.into_iter().collect();
    let forecasts = forecast::forecast(&series, &settled, &ahead, &season);
    let unknown = season.is_unknown().then(|| message!("forecast.season_unknown"));
    let told = unknown.into_iter().chain([held(&forecasts, &later, &ahead)]).collect();
    Ok(Found { seen, on_account, forecasts, told })
}

/// Amounts of the months of earlier years, from a table `month;instrument;kroner`: a whole year gives the season.
///
/// # Errors
/// Fails if the file cannot be read, if a row has no month before the year, no instrument or no amount, or if no year of the
/// file is whole.
fn earlier(path: &Path, year: i16) -> Result<Sums> {
    let mut out = Sums::new();
    for (at, [month, instrument, kroner]) in
        small_table(path, "month;instrument;kroner, 2011-01;KMF;412000000")?
    {
        let month = crate::table::month(&month).about(|| Message::plain(&at))?;
        let instrument = Instrument::from_word(&instrument.to_uppercase()).about(|| Message::plain(&at))?;
        let Some(amount) = Amount::read(&kroner) else { fail!("error.forecast.not_amount", at, kroner) };
        if month.year() >= year {
            fail!("error.forecast.not_earlier", at, month, year);
        }
        *out.entry((month, instrument)).or_default() += amount;
    }
    if Season::of(&out).is_unknown() {
        fail!("error.forecast.no_whole_year", path = path.display());
    }
    Ok(out)
}

/// Sum of the amounts of all months in the year of `month`.
fn in_year(months: &Sums, month: Month) -> Amount {
    months.iter().filter(|((seen, _), _)| seen.year() == month.year()).map(|(_, amount)| *amount).sum()
}

/// Amounts by party, month of activity and instrument.
type ByParty = BTreeMap<String, Sums>;

/// Amounts read from vouchers: activity up to the month, activity of the same year after it, and on account
/// for the year.
#[derive(Default)]
struct Read {
    seen: ByParty,
    later: ByParty,
    on_account: BTreeMap<String, Amount>,
}

fn read(books: &Books, vouchers: &[ledger::Voucher], first: Month, month: Month) -> Read {
    let mut out = Read::default();
    for voucher in vouchers {
        let Some(instrument) = voucher.instrument.filter(|instrument| *instrument != Instrument::Isf) else {
            continue;
        };
        let party = books.heir(&voucher.debtor, month);
        let Ok(activity) = Month::parse(&voucher.activity_period) else { continue };
        if voucher.cause == Cause::OnAccount && activity.year() == month.year() {
            *out.on_account.entry(party).or_default() += voucher.amount;
        } else if voucher.cause.is_computed() && first <= activity && activity.year() <= month.year() {
            let sums = if activity <= month { &mut out.seen } else { &mut out.later };
            *sums.entry(party).or_default().entry((activity, instrument)).or_default() += voucher.amount;
        }
    }
    out
}

fn months_after(month: Month) -> Vec<Month> {
    (month.number() + 1..=12).filter_map(|number| Month::new(month.year(), number)).collect()
}

/// Sentence on how often the band held. That is known once every month ahead is settled.
fn held(found: &[forecast::Forecast], later: &ByParty, ahead: &[Month]) -> Message {
    let is_known = |month: &&Month| later.values().any(|months| months.keys().any(|(one, _)| one == *month));
    let known: Vec<&Month> = ahead.iter().filter(is_known).collect();
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
