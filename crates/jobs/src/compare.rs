//! A received bill compared with our own calculation, line by line. Each difference has a cause, and the
//! total reconciles.

use std::collections::BTreeMap;
use std::path::Path;

use crate::failure::{About, Result, fail};
use domain::{Amount, CareLevel, EventKind, Instrument, Minute, Sector, UnitKind};
use register::sheet::{self, Sheet};
use rulebook::{Event, NoTrace};
use settlement::{Law, archive, stay};
use words::{Message, Said, message};

use crate::explain::contact_of;
use crate::law::Files;
use crate::parties;
use crate::table::{Table, heads};
use disclosure::Cell;

/// Quantity and amount of one case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Known {
    /// Days, or thousandths of a point; `None` if a line of the case does not state it.
    quantity: Option<i64>,
    amount: Amount,
    /// First line of the case in the bill; 0 in our own calculation.
    line: usize,
    /// The reference as the bill writes it, or words for a line without one; empty in our own calculation.
    written: Message,
}

impl Known {
    fn same_quantity(&self, other: &Known) -> bool {
        self.quantity.zip(other.quantity).is_none_or(|(one, other)| one == other)
    }
}

/// Cause of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    OnlyInBill,
    OnlyInOwn,
    Price,
    Quantity,
}

impl Said for Why {
    fn said(&self) -> Message {
        match self {
            Why::OnlyInBill => message!("compare.only_in_bill"),
            Why::OnlyInOwn => message!("compare.only_in_own"),
            Why::Quantity => message!("compare.quantity"),
            Why::Price => message!("compare.price"),
        }
    }
}

/// A difference between the bill and our own calculation.
struct Difference {
    reference: Message,
    cause: Why,
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
    /// The bill's columns that have unusual names, as `reference=Saksnr`, `days=Antall` or `amount=Sum`.
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
/// Fails unless exactly one of `own` and `log` is given; if `party` is neither a municipality nor a debtor of our own
/// settlement; if a file cannot be read; if a column is missing or stands twice, or a cell is wrong; or if a case in
/// the log has no discharge or a day without a rate.
pub fn run(order: &Order) -> Result<Comparison> {
    let mut stated = None;
    let bill = received(order, &mut stated)?;
    let own = match (order.own, order.log) {
        (Some(folder), None) => of_settlement(folder, order)?,
        (None, Some(log)) => of_log(log, order.party.unwrap_or_default(), order.files)?,
        _ => fail!("error.compare.give_own_dir_settlement_our_own"),
    };
    Ok(Comparison { stated, ..compared(&bill, &own) })
}

/// Place of the column for a field: the column that the order names, else one with a usual name.
fn column(sheet: &Sheet, field: &str, usual: &[&str], order: &Order) -> Result<Option<usize>> {
    let asked = order.columns.iter().find_map(|pair| pair.strip_prefix(field)?.strip_prefix('='));
    match asked {
        None => Ok(sheet.column(usual)?),
        Some(name) => match sheet.column(&[name])? {
            Some(place) => Ok(Some(place)),
            None => fail!(
                "error.compare.has_no_column_has",
                received = order.received.display(),
                name,
                heads = sheet.heads.join(", ")
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
        column(&sheet, field, usual, order)?.about(|| {
            let has = sheet.heads.join(", ");
            message!(
                "error.compare.has_no_column_has_give_columns",
                received = order.received.display(),
                field,
                has
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
            .about(|| message!("error.compare.not_amount", at = at(), cell = cell(amount)))?;
        if TOTAL.contains(&reference.trim_end_matches(':').to_lowercase().as_str()) {
            let sum: Amount = out.values().map(|known: &Known| known.amount).sum();
            if sum != amount {
                *stated = Some((*line, amount));
            }
            continue;
        }
        // A line with an amount and no reference is a case of its own, named by its line.
        let written = match reference {
            "" => message!("compare.nameless", line),
            reference => Message::plain(reference),
        };
        let nameless = format!("line {line}");
        let reference = if reference.is_empty() { nameless.as_str() } else { reference };
        let scale = if order.instrument == Instrument::DischargeReady { 0 } else { 3 };
        let quantity = match quantity.map(cell).filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => Some(
                register::csv_file::decimal(text, scale)
                    .about(|| message!("error.compare.not_number", at = at(), text))?,
            ),
        };
        let known = out.entry(key(reference, order.own.is_some())).or_insert(Known {
            quantity: Some(0),
            amount: Amount::ZERO,
            line: *line,
            written,
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
        fail!("error.compare.holds_no_charges_parquet_settle_without", folder = folder.display());
    }
    let claims = archive::claims(&path, &municipalities)?;
    let is_debtor = |party: &str| claims.rows.iter().any(|row| claims.words.word(row.debtor) == party);
    if let Some(party) = order.party.filter(|party| !is_debtor(party)) {
        parties::need_municipality(party)?;
    }
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
    if !payer.is_empty() {
        parties::need_municipality(payer)?;
    }
    let law = Law::of(&files.book()?)?;
    let mut out = BTreeMap::new();
    for (case, Log { events, departed, sector, trust }) in logs(path)? {
        let Some(departed_at) = departed else {
            fail!("error.compare.no_discharge", path = path.display(), case)
        };
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
        for charge in stay::assess(&law, &stay, &mut Vec::new(), &mut NoTrace).unwrap_or_default() {
            if let Some(day) = charge.without_rate {
                fail!("error.compare.no_rate_in_force_case", day, case);
            }
            known.quantity = known.quantity.map(|sum| sum + charge.days);
            known.amount += charge.amount;
        }
        out.insert(case, known);
    }
    Ok(out)
}

/// Messages of a log, by case.
fn logs(path: &Path) -> Result<BTreeMap<String, Log>> {
    let sheet = sheet::read(path)?;
    let need = |names: &[&str]| {
        let has = sheet.heads.join(", ");
        sheet.column(names)?.about(|| {
            message!("error.compare.has_no_column_has_2", path = path.display(), names = names[0], has)
        })
    };
    let (case, time, message) = (
        need(&["case", "sak", "saksnr", "reference", "referanse"])?,
        need(&["time", "tidspunkt", "tid"])?,
        need(&["message", "melding"])?,
    );
    let sector = sheet.column(&["sector", "sektor"])?;
    // Without the institution it is not known which agreement a case falls under.
    let institution = sheet.column(&["institution", "institusjon", "trust"])?;
    let mut logs: BTreeMap<String, Log> = BTreeMap::new();
    for (line, cells) in &sheet.rows {
        let cell = |place: usize| cells.get(place).map_or("", |cell| cell.trim());
        let at = || format!("{}:{line}", path.display());
        let when = Minute::parse(cell(time))
            .ok()
            .about(|| message!("error.compare.not_time_2012_03_04t12_30", at = at(), time = cell(time)))?;
        let log = logs.entry(cell(case).to_owned()).or_default();
        if let Some(text) = sector.map(cell).filter(|text| !text.is_empty()) {
            log.sector = Sector::from_word(text).about(|| Message::plain(at()))?;
        }
        if let Some(trust) = institution.map(cell).filter(|trust| !trust.is_empty()) {
            log.trust = trust.to_owned();
        }
        match message_of(cell(message)) {
            Some(Entry::Events(kinds)) => {
                log.events.extend(kinds.iter().map(|kind| Event { at: when, kind: *kind }))
            }
            Some(Entry::Departed) => log.departed = Some(when),
            None => fail!(
                "error.compare.unknown_message_innlagt_utskrivningsklar_avmelding_kan",
                at = at(),
                message = cell(message)
            ),
        }
    }
    Ok(logs)
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
enum Entry {
    Events(&'static [EventKind]),
    Departed,
}

fn message_of(text: &str) -> Option<Entry> {
    Some(match text.to_lowercase().as_str() {
        "admission-notice" | "innlagt" | "innlagt pasient" => Entry::Events(&[EventKind::AdmissionNotice]),
        "readiness-notice" | "utskrivningsklar" | "utskrivningsklar pasient" => {
            Entry::Events(&[EventKind::Ready, EventKind::ReadinessNotice])
        }
        "withdrawn" | "avmelding" => Entry::Events(&[EventKind::Withdrawn]),
        "cannot-receive" | "kan ikke ta imot" => Entry::Events(&[EventKind::CannotReceive]),
        "can-receive" | "kan ta imot" => Entry::Events(&[EventKind::CanReceive]),
        "departed" | "utskrevet" | "utreist" => Entry::Departed,
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
                let written = theirs.written.clone();
                let is_own = written == Message::default();
                let reference = if is_own { Message::plain(reference) } else { written };
                let line = theirs.line;
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
            (Some(_), None) => push(Why::OnlyInBill, whole),
            (None, _) => push(Why::OnlyInOwn, whole),
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
                push(Why::Quantity, of_quantity);
                push(Why::Price, whole - of_quantity);
            }
        }
    }
    out
}

impl Comparison {
    /// Table with one row for each difference.
    pub fn table(&self) -> Table {
        let columns = heads(["reference", "line", "cause", "received_ore", "own_ore", "difference_ore"]);
        let mut table = Table::new(message!("compare.title"), &columns);
        for one in &self.differences {
            table.row([
                match &one.reference {
                    Message::Plain(text) => Cell::text(text),
                    reference => Cell::Said(reference.clone()),
                },
                Cell::text(if one.line == 0 { String::new() } else { one.line.to_string() }),
                Cell::Said(one.cause.said()),
                Cell::Kroner(one.received),
                Cell::Kroner(one.own),
                Cell::Kroner(one.amount),
            ]);
        }
        table
    }

    /// Sentences that reconcile the total: our own calculation, the differences by cause, and the bill.
    pub fn reconciled(&self) -> Vec<Message> {
        let mut causes: BTreeMap<Why, Amount> = BTreeMap::new();
        for one in &self.differences {
            *causes.entry(one.cause).or_default() += one.amount;
        }
        let sum: Amount = causes.values().copied().sum();
        assert_eq!(self.own + sum, self.received, "the differences explain the whole bill");
        let part = |(cause, amount): (&Why, &Amount)| {
            Message::joined(vec![cause.said(), Message::plain(amount)], " ")
        };
        let parts = Message::joined(causes.iter().map(part).collect(), ", ");
        let (own, received, equal) = (self.own, self.received, self.equal);
        let mut out = vec![match causes.is_empty() {
            true => message!("compare.equal", own, sum, received, equal),
            false => message!("compare.reconciled", own, sum, parts, received, equal),
        }];
        out.extend(self.stated.map(|(line, stated)| message!("compare.stated", line, stated, received)));
        out
    }

    /// Whether there is no difference, and the bill's own sum is right.
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty() && self.stated.is_none()
    }
}
