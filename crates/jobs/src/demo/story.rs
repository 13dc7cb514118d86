//! The story of the demonstration: a bill with two wrong lines, beside the municipality's own log. The patients are
//! synthetic, and the two lines are made up.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use domain::{Amount, Day, EventKind, Instrument, Minute, Municipalities, Period};
use register::columns::{self, Events};
use register::parquet_file::Reader;
use words::{message, say};

use crate::failure::Result;
use crate::host::Host;
use crate::parties::Names;
use crate::template::{self, Kind};

/// Number of lines that the bill should have, as near as the register allows: enough to hide two, few enough to read.
const LINES: usize = 12;
/// Fewest lines of a bill for a month or a tertial; the bill of a year may have fewer.
const FEW: usize = 5;

/// A bill for discharge-ready patients.
pub struct Bill {
    pub municipality: String,
    /// Name of the institution, followed by a note that the claim is made up.
    pub institution: String,
    pub period: Period,
    /// Number of lines.
    pub lines: usize,
    pub bill: PathBuf,
    pub log: PathBuf,
}

/// Whom the bill is from and to, and its period.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Of {
    period: String,
    municipality: String,
    institution: String,
}

/// Days and amount of each contact that is charged.
type Charged = BTreeMap<i64, (i32, Amount)>;

/// A patient of the log: admission and departure, and the messages between.
struct Stay {
    admitted: Minute,
    departed: Minute,
    events: Vec<(EventKind, Minute)>,
}

/// Writes the bill and the log as workbooks in `out`. Two lines of the bill are wrong. The first line has a day too many.
/// The other bills a patient who left in time; if nobody left in time, the second line has a day too many instead. `None`
/// if the register is too small for two such lines.
///
/// # Errors
/// Fails if the register or the charges cannot be read, or if a workbook cannot be written.
pub fn bill(contacts: &Path, charges: &Path, out: &Path, host: &Host) -> Result<Option<Bill>> {
    let Some((of, mut lines)) = chosen(charges)? else { return Ok(None) };
    let period = Period::parse(&of.period)?;
    let stays = stays(contacts, &of, period)?;
    let Some((days, amount)) = lines.values().next().copied() else { return Ok(None) };
    let rate = Amount::from_ore(amount.ore() / i64::from(days.max(1)));
    let in_time = stays.keys().find(|contact| !lines.contains_key(contact)).copied();
    let first = lines.keys().next().copied();
    let Some(other) = in_time.or_else(|| lines.keys().nth(1).copied()) else { return Ok(None) };
    for contact in first.into_iter().chain([other]) {
        let line = lines.entry(contact).or_insert((0, Amount::ZERO));
        *line = (line.0 + 1, line.1 + rate);
    }
    crate::folder::make(out)?;
    let (bill, log) = (out.join("regning.xlsx"), out.join("logg.xlsx"));
    let names = Names::of(&Municipalities::built_in()?, host.language);
    // The note that the claim is made up is part of the name, so that it is seen wherever the claim is shown.
    let made_up = say!(host.language, "demo.made_up", name = names.name(&of.institution));
    let name = |party: &str| names.name(party);
    let title =
        message!("demo.bill_title", institution = made_up, municipality = name(&of.municipality), period);
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|(contact, (days, amount))| {
            let kroner = amount.ore() / 100;
            vec![contact.to_string(), days.to_string(), format!("{kroner},{:02}", amount.ore() % 100)]
        })
        .collect();
    template::filled(Kind::Bill, &title, &rows, &bill, host.language)?;
    let title = message!("demo.log_title", municipality = name(&of.municipality), period);
    template::filled(Kind::Log, &title, &messages(&stays, &made_up), &log, host.language)?;
    Ok(Some(Bill {
        municipality: of.municipality,
        institution: made_up,
        period,
        lines: lines.len(),
        bill,
        log,
    }))
}

/// The bill whose number of lines is nearest to [`LINES`], among the bills of months. If it has fewer lines than [`FEW`],
/// the nearest among the bills of tertials; if that has fewer too, the nearest among the bills of years. `None` if nobody
/// pays.
fn chosen(charges: &Path) -> Result<Option<(Of, Charged)>> {
    let months = bills(charges)?;
    let tertial = |month: &str| {
        let place = month[5..].parse::<u32>().map_or(0, |number| (number - 1) / 4);
        format!("{}-T{}", &month[..4], place + 1)
    };
    let together = |period: &dyn Fn(&str) -> String| {
        let mut out: BTreeMap<Of, Charged> = BTreeMap::new();
        for (of, lines) in &months {
            let bill = out.entry(Of { period: period(&of.period), ..of.clone() }).or_default();
            for (contact, (days, amount)) in lines {
                let line = bill.entry(*contact).or_default();
                *line = (line.0 + days, line.1 + *amount);
            }
        }
        out
    };
    let best = |bills: BTreeMap<Of, Charged>, least: usize| {
        let enough = bills.into_iter().filter(|(_, lines)| lines.len() >= least);
        enough.min_by_key(|(_, lines)| lines.len().abs_diff(LINES))
    };
    Ok(best(months.clone(), FEW)
        .or_else(|| best(together(&tertial), FEW))
        .or_else(|| best(together(&|month| month[..4].to_owned()), 1)))
}

/// Lines of the bill of each month, municipality and institution.
fn bills(charges: &Path) -> Result<BTreeMap<Of, Charged>> {
    let names = ["contact_id", "instrument", "month", "debtor", "creditor", "days", "amount_ore"];
    let mut bills: BTreeMap<Of, Charged> = BTreeMap::new();
    each(&Reader::open(charges)?, &names, |batch| {
        let (ids, days) = (columns::longs(batch, "contact_id"), columns::ints(batch, "days"));
        let amounts = columns::longs(batch, "amount_ore");
        for (row, contact) in ids.iter().enumerate() {
            let word = |name| columns::word(batch, name, row).to_owned();
            if columns::word(batch, "instrument", row) == Instrument::DischargeReady.word() {
                let (period, municipality, institution) = (word("month"), word("debtor"), word("creditor"));
                let bill = bills.entry(Of { period, municipality, institution }).or_default();
                let line = bill.entry(*contact).or_default();
                *line = (line.0 + days[row], line.1 + Amount::from_ore(amounts[row]));
            }
        }
    })?;
    Ok(bills)
}

/// Patients of the municipality who were reported ready at the institution before the end of the period, and who left it
/// in the period or later.
fn stays(contacts: &Path, of: &Of, period: Period) -> Result<BTreeMap<i64, Stay>> {
    let names = [
        "contact_id",
        "trust",
        "municipality_of_registration",
        "admitted_minute",
        "discharged_minute",
        "events",
    ];
    let (first, last) = (period.from().start(), period.to().next().start());
    let mut out = BTreeMap::new();
    each(&Reader::open_contacts(contacts)?, &names, |batch| {
        let (ids, events) = (columns::longs(batch, "contact_id"), Events::of(batch));
        let minute = |name, row: usize| Minute::from_number(i64::from(columns::ints(batch, name)[row]));
        for (row, contact) in ids.iter().enumerate() {
            let is = |name, word: &str| columns::word(batch, name, row) == word;
            let departed = minute("discharged_minute", row);
            if departed < first
                || !is("trust", &of.institution)
                || !is("municipality_of_registration", &of.municipality)
            {
                continue;
            }
            let reported = events.iter().flat_map(|events| events.row(row));
            let events: Vec<_> =
                reported.map(|(kind, at)| (kind, Minute::from_number(i64::from(at)))).collect();
            let is_in = |(kind, at): &(EventKind, Minute)| *kind == EventKind::ReadinessNotice && *at < last;
            if events.iter().any(is_in) {
                out.insert(*contact, Stay { admitted: minute("admitted_minute", row), departed, events });
            }
        }
    })?;
    Ok(out)
}

/// Calls `take` on every batch of a file.
fn each(reader: &Reader, names: &[&str], mut take: impl FnMut(&RecordBatch)) -> Result<()> {
    for group in 0..reader.row_groups() {
        for batch in reader.read(group, names, 1 << 16, None)? {
            take(&batch?);
        }
    }
    Ok(())
}

/// Rows of the log, in the columns of its template: case, day, hour, message, admission, institution.
fn messages(stays: &BTreeMap<i64, Stay>, institution: &str) -> Vec<Vec<String>> {
    let hour =
        |at: Minute| format!("{:02}:{:02}", at.number().rem_euclid(1440) / 60, at.number().rem_euclid(60));
    let day = |day: Day| {
        let (year, month, of_month) = day.year_month_day();
        format!("{of_month:02}.{month:02}.{year}")
    };
    let mut out = Vec::new();
    for (contact, stay) in stays {
        let admitted = format!("{} {}", day(stay.admitted.day()), hour(stay.admitted));
        let mut row = |at: Minute, message: &str| {
            let cells = [&contact.to_string(), &day(at.day()), &hour(at), message, &admitted, institution];
            out.push(cells.map(str::to_owned).into());
        };
        let sent = stay.events.iter().filter_map(|(kind, at)| Some((*at, template::message_of(*kind)?)));
        let mut sent: Vec<(Minute, &str)> = sent.collect();
        sent.push((stay.departed, template::DEPARTED));
        sent.sort_by_key(|(at, _)| *at);
        sent.into_iter().for_each(|(at, message)| row(at, message));
    }
    out
}
