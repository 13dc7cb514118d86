//! A received bill compared with our own calculation, line by line. Each difference has a cause, and the
//! total reconciles.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use domain::{Amount, CareLevel, EventKind, Instrument, Minute, Sector, UnitKind};
use register::sheet::{self, Sheet};
use rulebook::{Event, NoTrace};
use settlement::{Law, archive, stay};

use crate::explain::contact_of;
use crate::law::Files;
use crate::table::Table;

/// Quantity and amount of one case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Known {
    /// Days, or thousandths of a point; `None` if a line of the case does not state it.
    quantity: Option<i64>,
    amount: Amount,
    /// First line of the case in the bill; 0 in our own calculation.
    line: usize,
    /// The reference as the bill writes it; empty in our own calculation.
    written: String,
}

impl Known {
    fn same_quantity(&self, other: &Known) -> bool {
        self.quantity.zip(other.quantity).is_none_or(|(one, other)| one == other)
    }
}

/// A difference between the bill and our own calculation.
struct Difference {
    reference: String,
    cause: &'static str,
    received: Amount,
    own: Amount,
    amount: Amount,
    line: usize,
}

/// Result of a comparison.
pub struct Comparison {
    differences: Vec<Difference>,
    equal: usize,
    received: Amount,
    own: Amount,
    /// Line and amount of the bill's own sum, if it differs from the sum of the lines above it.
    stated: Option<(usize, Amount)>,
}

/// Input and options of [`run`].
pub struct Order<'a> {
    /// The bill, as CSV or Excel.
    pub received: &'a Path,
    /// Names of the bill's columns that have other names than the usual, as `reference=Saksnr`, `days=Antall`
    /// or `amount=Sum`.
    pub columns: &'a [String],
    /// Result folder of our own settlement. Either this or `log` is given.
    pub own: Option<&'a Path>,
    /// Our own log of messages, with columns such as `case;time;message`.
    pub log: Option<&'a Path>,
    pub instrument: Instrument,
    /// Debtor whose charges in our own settlement are compared, `None` for all; with a log, the municipality
    /// that pays.
    pub party: Option<&'a str>,
    /// Rule files, for a log.
    pub files: &'a Files,
}

const REFERENCE: &[&str] =
    &["reference", "referanse", "case", "sak", "saksnr", "contact", "contact_id", "kontakt"];
const QUANTITY: &[&str] = &[
    "days",
    "døgn",
    "dogn",
    "antall",
    "antall døgn",
    "points",
    "drg-poeng",
    "drg_points",
    "quantity",
    "mengde",
];
/// Words in the column of references that mark the bill's own sum.
const TOTAL: &[&str] = &["sum", "total", "totalt", "i alt", "sum totalt", "å betale"];
const AMOUNT: &[&str] = &["amount", "beløp", "belop", "sum", "kroner", "amount_kroner"];

/// Compares a bill with our own settlement or our own log.
///
/// # Errors
/// Fails unless exactly one of the two is given; if a file cannot be read; if a column is missing or a cell
/// is wrong; or if a day in the log has no rate.
pub fn run(order: &Order) -> Result<Comparison> {
    let mut stated = None;
    let bill = received(order, &mut stated)?;
    let own = match (order.own, order.log) {
        (Some(folder), None) => of_settlement(folder, order)?,
        (None, Some(log)) => of_log(log, order.party.unwrap_or_default(), order.files)?,
        _ => bail!("give --own DIR (a settlement of our own) or --log FILE (our own messages)"),
    };
    Ok(Comparison { stated, ..compared(&bill, &own) })
}

/// Place of the column for a field: the column that the order names, else one with a usual name.
fn column(sheet: &Sheet, field: &str, usual: &[&str], order: &Order) -> Result<Option<usize>> {
    let asked = order.columns.iter().find_map(|pair| pair.strip_prefix(field)?.strip_prefix('='));
    match asked {
        None => Ok(sheet.column(usual)),
        Some(name) => match sheet.column(&[name]) {
            Some(place) => Ok(Some(place)),
            None => bail!(
                "{} has no column '{name}': it has {}",
                order.received.display(),
                sheet.heads.join(", ")
            ),
        },
    }
}

/// Key of a case, the same on both sides: the contact's key if `by_contact` is set, else the reference as
/// written.
fn key(reference: &str, by_contact: bool) -> String {
    match by_contact.then(|| contact_of(reference)) {
        Some(Ok(contact)) => contact.to_string(),
        _ => reference.to_owned(),
    }
}

/// Cases of the bill, by key. `stated` becomes line and amount of the bill's own sum if it differs from the
/// sum of the lines above it.
fn received(order: &Order, stated: &mut Option<(usize, Amount)>) -> Result<BTreeMap<String, Known>> {
    let sheet = sheet::read(order.received)?;
    let need = |field: &str, usual: &[&str]| {
        column(&sheet, field, usual, order)?.with_context(|| {
            let has = sheet.heads.join(", ");
            format!(
                "{} has no column for {field}: it has {has}; give --columns {field}=NAME",
                order.received.display()
            )
        })
    };
    let (reference, amount) = (need("reference", REFERENCE)?, need("amount", AMOUNT)?);
    let quantity = column(&sheet, "days", QUANTITY, order)?;
    let mut out: BTreeMap<String, Known> = BTreeMap::new();
    for (line, cells) in &sheet.rows {
        let cell = |place: usize| cells.get(place).map_or("", |cell| cell.trim());
        let at = || format!("{}:{line}", order.received.display());
        let reference = cell(reference);
        if reference.is_empty() && cell(amount).is_empty() {
            continue;
        }
        let amount = Amount::read(cell(amount))
            .with_context(|| format!("{}: '{}' is not an amount", at(), cell(amount)))?;
        if TOTAL.contains(&reference.trim_end_matches(':').to_lowercase().as_str()) {
            let sum: Amount = out.values().map(|known: &Known| known.amount).sum();
            if sum != amount {
                *stated = Some((*line, amount));
            }
            continue;
        }
        // A line with an amount and no reference is a case of its own, named by its line.
        let nameless = format!("uten referanse, linje {line}");
        let reference = if reference.is_empty() { nameless.as_str() } else { reference };
        let scale = if order.instrument == Instrument::DischargeReady { 0 } else { 3 };
        let quantity = match quantity.map(cell).filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => Some(
                register::csv_file::decimal(text, scale)
                    .with_context(|| format!("{}: '{text}' is not a number", at()))?,
            ),
        };
        let known = out.entry(key(reference, order.own.is_some())).or_insert(Known {
            quantity: Some(0),
            amount: Amount::ZERO,
            line: *line,
            written: reference.to_owned(),
        });
        known.amount += amount;
        known.quantity = known.quantity.zip(quantity).map(|(sum, more)| sum + more);
    }
    Ok(out)
}

/// Cases of our own settlement, by contact.
fn of_settlement(folder: &Path, order: &Order) -> Result<BTreeMap<String, Known>> {
    let municipalities = domain::Municipalities::built_in()?;
    let path = folder.join("charges.parquet");
    if !path.exists() {
        bail!("{} holds no charges.parquet: settle without --totals-only", folder.display());
    }
    let claims = archive::claims(&path, &municipalities)?;
    let mut out: BTreeMap<String, Known> = BTreeMap::new();
    for row in claims.rows.iter().filter(|row| row.instrument == Some(order.instrument)) {
        if order.party.is_some_and(|party| party != claims.words.word(row.debtor)) {
            continue;
        }
        let quantity = if order.instrument == Instrument::DischargeReady { row.days } else { row.points };
        let known =
            out.entry(row.contact.to_string()).or_insert(Known { quantity: Some(0), ..Known::default() });
        known.amount += row.amount;
        known.quantity = known.quantity.map(|sum| sum + i64::from(quantity));
    }
    Ok(out)
}

/// Cases of a municipality's own log of messages, by reference. The municipality knows when it was notified
/// that a patient is ready, not when the physician decided it; the notice counts as both.
fn of_log(path: &Path, payer: &str, files: &Files) -> Result<BTreeMap<String, Known>> {
    let law = Law::of(&files.book()?)?;
    let sheet = sheet::read(path)?;
    let need = |names: &[&str]| {
        let has = sheet.heads.join(", ");
        sheet
            .column(names)
            .with_context(|| format!("{} has no column {}: it has {has}", path.display(), names[0]))
    };
    let (case, time, message) = (
        need(&["case", "sak", "saksnr", "reference", "referanse"])?,
        need(&["time", "tidspunkt", "tid"])?,
        need(&["message", "melding"])?,
    );
    let sector = sheet.column(&["sector", "sektor"]);
    // Without the institution it is not known which agreement a case falls under.
    let institution = sheet.column(&["institution", "institusjon", "trust"]);
    let mut logs: BTreeMap<String, Log> = BTreeMap::new();
    for (line, cells) in &sheet.rows {
        let cell = |place: usize| cells.get(place).map_or("", |cell| cell.trim());
        let at = || format!("{}:{line}", path.display());
        let when = Minute::parse(cell(time))
            .ok()
            .with_context(|| format!("{}: '{}' is not a time as 2012-03-04T12:30", at(), cell(time)))?;
        let log = logs.entry(cell(case).to_owned()).or_default();
        if let Some(text) = sector.map(cell).filter(|text| !text.is_empty()) {
            log.sector = Sector::from_word(text).with_context(at)?;
        }
        if let Some(trust) = institution.map(cell).filter(|trust| !trust.is_empty()) {
            log.trust = trust.to_owned();
        }
        match message_of(cell(message)) {
            Some(Message::Events(kinds)) => {
                log.events.extend(kinds.iter().map(|kind| Event { at: when, kind: *kind }))
            }
            Some(Message::Departed) => log.departed = Some(when),
            None => bail!(
                "{}: unknown message '{}': innlagt, utskrivningsklar, avmelding, kan ikke ta imot, kan ta imot, utskrevet",
                at(),
                cell(message)
            ),
        }
    }
    let mut out = BTreeMap::new();
    for (case, Log { events, departed, sector, trust }) in logs {
        let Some(departed_at) = departed else { continue };
        let admitted_at = events.iter().map(|event| event.at).min().unwrap_or(departed_at);
        let (unit_kind, care_level) = (UnitKind::PublicHospital, CareLevel::Overnight);
        let (registered_in, stays_in) = (payer.to_owned(), payer.to_owned());
        let stay = stay::Stay {
            sector,
            unit_kind,
            care_level,
            admitted_at,
            departed_at,
            events,
            trust,
            registered_in,
            stays_in,
        };
        let mut known = Known { quantity: Some(0), ..Known::default() };
        for charge in stay::assess(&law, &stay, &mut NoTrace).unwrap_or_default() {
            if let Some(day) = charge.without_rate {
                bail!("no rate in force on {day}: case {case}");
            }
            known.quantity = known.quantity.map(|sum| sum + charge.days);
            known.amount += charge.amount;
        }
        out.insert(case, known);
    }
    Ok(out)
}

/// The messages of one case in a log.
struct Log {
    events: Vec<Event>,
    departed: Option<Minute>,
    sector: Sector,
    trust: String,
}

impl Default for Log {
    fn default() -> Log {
        Log { events: Vec::new(), departed: None, sector: Sector::Somatic, trust: String::new() }
    }
}

/// Meaning of a line in a log of messages.
enum Message {
    Events(&'static [EventKind]),
    Departed,
}

fn message_of(text: &str) -> Option<Message> {
    Some(match text.to_lowercase().as_str() {
        "admission-notice" | "innlagt" | "innlagt pasient" => Message::Events(&[EventKind::AdmissionNotice]),
        "readiness-notice" | "utskrivningsklar" | "utskrivningsklar pasient" => {
            Message::Events(&[EventKind::Ready, EventKind::ReadinessNotice])
        }
        "withdrawn" | "avmelding" => Message::Events(&[EventKind::Withdrawn]),
        "cannot-receive" | "kan ikke ta imot" => Message::Events(&[EventKind::CannotReceive]),
        "can-receive" | "kan ta imot" => Message::Events(&[EventKind::CanReceive]),
        "departed" | "utskrevet" | "utreist" => Message::Departed,
        _ => return None,
    })
}

/// Compares the cases of both sides. A case on one side only is one difference. For any other case the
/// difference in quantity comes first, at our own price, and the rest is the difference in price.
fn compared(bill: &BTreeMap<String, Known>, own: &BTreeMap<String, Known>) -> Comparison {
    let nothing = Amount::ZERO;
    let mut out =
        Comparison { differences: Vec::new(), equal: 0, received: nothing, own: nothing, stated: None };
    let zero = Known { quantity: Some(0), ..Known::default() };
    let mut references: Vec<&String> = bill.keys().chain(own.keys()).collect();
    references.sort();
    references.dedup();
    for reference in references {
        let (received, ours) = (bill.get(reference), own.get(reference));
        let (theirs, mine) = (received.unwrap_or(&zero), ours.unwrap_or(&zero));
        out.received += theirs.amount;
        out.own += mine.amount;
        let mut push = |cause, amount: Amount| {
            if amount != Amount::ZERO {
                let written = if theirs.written.is_empty() { reference } else { &theirs.written };
                let (reference, line) = (written.clone(), theirs.line);
                out.differences.push(Difference {
                    reference,
                    cause,
                    received: theirs.amount,
                    own: mine.amount,
                    amount,
                    line,
                });
            }
        };
        let whole = theirs.amount - mine.amount;
        match (received, ours) {
            (Some(_), None) => push("only-in-bill", whole),
            (None, _) => push("only-in-own", whole),
            _ if whole == Amount::ZERO && theirs.same_quantity(mine) => out.equal += 1,
            (Some(_), Some(_)) => {
                let of_quantity = match (theirs.quantity, mine.quantity) {
                    (Some(theirs), Some(count)) if theirs != count && count != 0 => {
                        let share = i128::from(mine.amount.ore()) * i128::from(theirs - count);
                        // Whole øre, rounded toward zero; the rest belongs to the price.
                        Amount::from_ore((share / i128::from(count)) as i64)
                    }
                    (Some(theirs), Some(0)) if theirs != 0 => whole,
                    _ => Amount::ZERO,
                };
                push("quantity", of_quantity);
                push("price", whole - of_quantity);
            }
        }
    }
    out
}

impl Comparison {
    /// Table with one row for each difference; amounts in øre.
    pub fn table(&self) -> Table {
        let heads = ["reference", "line", "cause", "received_ore", "own_ore", "difference_ore"];
        let mut table = Table::new("Forskjeller mellom mottatt krav og egen beregning", &heads);
        for one in &self.differences {
            table.row([
                one.reference.clone(),
                if one.line == 0 { String::new() } else { one.line.to_string() },
                one.cause.to_owned(),
                one.received.ore().to_string(),
                one.own.ore().to_string(),
                one.amount.ore().to_string(),
            ]);
        }
        table
    }

    /// Norwegian sentence that reconciles the total: our own calculation, the differences by cause, and the
    /// bill.
    pub fn told(&self) -> String {
        let mut causes: BTreeMap<&str, Amount> = BTreeMap::new();
        for one in &self.differences {
            *causes.entry(one.cause).or_default() += one.amount;
        }
        let sum: Amount = causes.values().copied().sum();
        assert_eq!(self.own + sum, self.received, "the differences explain the whole bill");
        let name = |cause: &str| match cause {
            "only-in-bill" => "bare i kravet",
            "only-in-own" => "bare hos oss",
            "quantity" => "mengde",
            _ => "sats",
        };
        let parts: Vec<String> =
            causes.iter().map(|(cause, amount)| format!("{} {amount}", name(cause))).collect();
        let causes = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
        let stated = self.stated.map_or_else(String::new, |(line, sum)| {
            format!("; kravets egen sum på linje {line} er {sum}, linjene er {}", self.received)
        });
        format!(
            "egen beregning {} + forskjell {sum}{causes} = mottatt krav {}; {} linjer er like{stated}",
            self.own, self.received, self.equal
        )
    }

    /// Whether there is no difference, and the bill's own sum is right.
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty() && self.stated.is_none()
    }
}
