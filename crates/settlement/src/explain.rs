//! An explanation of one contact, as a person would work it out. The steps come from the functions that
//! compute the charge.

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use domain::{
    Amount, Day, DrgType, Instrument, Minute, Municipalities, Party, Period, Points, Residence, Service,
    narrow,
};
use parquet::arrow::arrow_reader::RowSelection;
use register::parquet_file::Reader;
use register::{FileError, schema, stays};
use rulebook::book::DatedBy;
use rulebook::calculation::share_of_drg_price::{Quantity, SHARES, Shares};
use rulebook::law::{DayCharge, Law, used_of_ceiling};
use rulebook::{Decision, Facts, InPeriod, NoTrace, Scope, Step, Steps};
use schema::at;
use words::{Message, Said, message};

use crate::decode::{
    Home, Homes, NO_MUNICIPALITY, flags, longs, maybe_ints, state_owes, stay_of, word, years,
};
use crate::error::SettleError;
use crate::stay::{self, Stay};

/// A contact with everything that an explanation shows.
#[derive(Debug, Clone)]
pub struct Contact {
    /// Key of the contact: `contact_id`.
    pub id: i64,
    /// Key of the contact as the extract writes it; empty if the file does not have it.
    pub extract_key: String,
    /// Row in the file that was checked, from 1.
    pub source_row: i64,
    /// Key of the hospital stay that the contact is part of.
    pub stay: i64,
    /// Number of contacts in the stay.
    pub stay_rows: i32,
    /// Treating unit.
    pub unit: String,
    /// Organisation number of the trust or private institution; empty if none is given.
    pub trust: String,
    pub municipality_of_registration: String,
    pub municipality_of_stay: String,
    /// DRG code; empty if the contact has none.
    pub drg: String,
    /// Facts of the contact, without the DRG.
    facts: Facts<'static>,
    pub quantity: Quantity,
    /// The contact as a stay with its readiness events.
    pub case: Stay,
}

impl Contact {
    fn facts(&self) -> Facts<'_> {
        Facts { drg: Some(self.drg.as_str()).filter(|drg| !drg.is_empty()), ..self.facts }
    }

    fn dated(&self, by: DatedBy) -> Day {
        match by {
            DatedBy::Discharge => self.case.departed_at.day(),
            DatedBy::Admission => self.case.admitted_at.day(),
        }
    }
}

/// The part of an explanation that is about one instrument.
#[derive(Debug, Clone)]
pub struct Part {
    pub instrument: Instrument,
    /// Rule version and the days on which its values hold, or a sentence that no rule is in force or what its rule lacks.
    pub rule: Message,
    /// Steps of the calculation, in order.
    pub steps: Vec<Step>,
    /// Each charge; empty if nothing is charged.
    pub charges: Vec<Charged>,
    /// Result of the calculation in one sentence.
    pub conclusion: Message,
}

/// A charge of an explained contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charged {
    /// Month of the charge, as `2012-03`.
    pub month: String,
    pub amount: Amount,
    /// Name of the [`domain::Party`] that owes the amount, and of the one that is owed.
    pub debtor: String,
    pub creditor: String,
}

/// An explanation of one contact.
#[derive(Debug, Clone)]
pub struct Explanation {
    pub contact: Contact,
    /// Facts of the contact, each in one sentence.
    pub facts: Vec<Message>,
    /// One part for each instrument; the day rate only if there are readiness events.
    pub parts: Vec<Part>,
}

/// All contacts of the stay of contact `id`, in order of admission; empty if there is no such contact.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn stay_of_contact(reader: &Reader, id: i64) -> Result<Vec<Contact>, FileError> {
    let Some(contact) = find(reader, at::CONTACT_ID, id)?.into_iter().next() else { return Ok(Vec::new()) };
    if contact.stay_rows <= 1 {
        return Ok(vec![contact]);
    }
    let mut stay = find(reader, at::STAY_ID, contact.stay)?;
    let place = |contact: &Contact| {
        let (admitted, contact) = (narrow(contact.case.admitted_at.number()), contact.id);
        stays::Place { person: 0, stay: 0, admitted, contact }
    };
    stay.sort_unstable_by_key(place);
    Ok(stay)
}

/// Contacts reported ready for discharge, in file order.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn reported_ready(reader: &Reader) -> Result<Vec<Contact>, FileError> {
    let name = schema::COLUMNS[at::REPORTED_READY].name;
    let mut out = Vec::new();
    for group in 0..reader.row_groups() {
        let (mut rows, mut start) = (Vec::new(), 0);
        for batch in reader.read(group, &[name], 1 << 16, None)? {
            let batch = batch.map_err(FileError::arrow(reader.path()))?;
            if let Some(ready) = flags(&batch, at::REPORTED_READY) {
                rows.extend((0..ready.len()).filter(|row| ready.value(*row)).map(|row| start + row));
            }
            start += batch.num_rows();
        }
        out.extend(load(reader, group, &rows)?);
    }
    Ok(out)
}

fn find(reader: &Reader, place: usize, wanted: i64) -> Result<Vec<Contact>, FileError> {
    let name = schema::COLUMNS[place].name;
    let mut out = Vec::new();
    for group in 0..reader.row_groups() {
        if reader.range(group, name).is_some_and(|(low, high)| wanted < low || wanted > high) {
            continue;
        }
        let mut rows = Vec::new();
        let mut start = 0;
        for batch in reader.read(group, &[name], 1 << 16, None)? {
            let batch = batch.map_err(FileError::arrow(reader.path()))?;
            let keys = longs(&batch, place);
            rows.extend(
                keys.iter().enumerate().filter(|(_, key)| **key == wanted).map(|(row, _)| start + row),
            );
            start += batch.num_rows();
        }
        out.extend(load(reader, group, &rows)?);
    }
    Ok(out)
}

/// Reads the contacts in given rows of a row group.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn load(reader: &Reader, group: usize, rows: &[usize]) -> Result<Vec<Contact>, FileError> {
    let mut out = Vec::new();
    if rows.is_empty() {
        return Ok(out);
    }
    let columns: Vec<&str> = schema::COLUMNS.iter().map(|column| column.name).collect();
    let selection =
        RowSelection::from_consecutive_ranges(rows.iter().map(|row| *row..row + 1), reader.rows_in(group));
    for batch in reader.read(group, &columns, 1 << 12, Some(selection))? {
        let batch = batch.map_err(FileError::arrow(reader.path()))?;
        let counted = reader.is_counted();
        out.extend((0..batch.num_rows()).map(|row| {
            let mut contact = contact(&batch, row);
            contact.quantity.counted = counted;
            contact
        }));
    }
    Ok(out)
}

/// Text of a row; empty if the file has no such column.
fn text(batch: &RecordBatch, place: usize, row: usize) -> &str {
    let column = batch.column_by_name(schema::COLUMNS[place].name);
    let texts = column.and_then(|column| column.as_string_opt::<i32>());
    texts.filter(|texts| row < texts.len()).map_or("", |texts| texts.value(row))
}

fn contact(batch: &RecordBatch, row: usize) -> Contact {
    let long = |place| longs(batch, place).get(row).copied().unwrap_or(0);
    let int = |place: usize| {
        let ints = maybe_ints(batch, place);
        ints.filter(|ints| ints.is_valid(row)).map_or(schema::MISSING, |ints| ints.value(row))
    };
    let flag = |place| flags(batch, place).is_some_and(|flags| flags.value(row));
    let word = |place| word(batch, place, row).to_owned();
    let or_zero = |value: i32| if value == schema::MISSING { 0 } else { i64::from(value) };
    let case = stay_of(batch, row);
    let age = int(at::AGE);
    Contact {
        id: long(at::CONTACT_ID),
        extract_key: text(batch, at::EXTRACT_KEY, row).to_owned(),
        source_row: long(at::SOURCE_ROW),
        stay: long(at::STAY_ID),
        stay_rows: int(at::STAY_ROWS),
        unit: word(at::UNIT),
        trust: word(at::TRUST),
        municipality_of_registration: word(at::MUNICIPALITY_OF_REGISTRATION),
        municipality_of_stay: word(at::MUNICIPALITY_OF_STAY),
        drg: word(at::DRG),
        facts: Facts {
            sector: case.sector,
            unit_kind: case.unit_kind,
            care_level: case.care_level,
            service: Service::from_word(&word(at::SERVICE)).unwrap_or(Service::Ordinary),
            drg_type: DrgType::from_word(&word(at::DRG_TYPE)).unwrap_or(DrgType::Unknown),
            drg: None,
            costly_medicine: flag(at::COSTLY_MEDICINE),
            resident: flag(at::RESIDENT),
            age: (age != schema::MISSING).then(|| years(age)),
        },
        quantity: Quantity {
            points: Points::from_milli(or_zero(int(at::POINTS))),
            bed_days: or_zero(int(at::BED_DAYS)),
            contacts: or_zero(int(at::CONTACTS)),
            counted: false,
            fee: Amount::from_ore(or_zero(int(at::FEE))),
        },
        case,
    }
}

/// Explains contact `id` of a stay; `None` if the stay has no such contact. Debtors and creditors are the same as when
/// the file of `reader` is settled for `period` with this scope.
///
/// `stay` is in order of admission, because earlier contacts use up part of the ceiling.
///
/// # Errors
/// Fails if an amount is too large for an [`Amount`].
pub fn explain(
    law: &Law,
    municipalities: &Municipalities,
    reader: &Reader,
    stay: &[Contact],
    id: i64,
    (period, scope): (Period, &Scope),
) -> Result<Option<Explanation>, SettleError> {
    let Some(place) = stay.iter().position(|contact| contact.id == id) else { return Ok(None) };
    let contact = &stay[place];
    let homes = Homes::of(reader, municipalities, period);
    let home = homes.home(&contact.municipality_of_registration);
    let used = used_before(law, &stay[..place])?;
    let mut steps: Shares<Steps> = Shares::default();
    if used != Points::ZERO {
        let [co_financing, _] = &mut steps;
        co_financing.0.push(Step::sum(message!("trace.used_of_ceiling", used)));
    }
    let segments = law.segments(|by| Some(contact.dated(by)));
    let decisions = law.decide(segments, &contact.facts(), &mut steps);
    let prices = law
        .price(segments, &decisions, &contact.quantity, used, &mut steps)
        .map_err(|error| SettleError::Record { contact: id, error })?;
    let share = |(place, steps): (usize, Steps)| {
        let (side, charged) = (&law.shares[place], prices[place]);
        let day = contact.dated(side.dated_by);
        let segment = segments[place].and_then(|segment| side.segments.get(segment));
        Part {
            instrument: SHARES[place],
            rule: side.rule(segments[place]).map_or_else(
                || message!("trace.not_in_force", day),
                |rule| held(&rule.version.to_string(), segment),
            ),
            steps: steps.0,
            charges: charged
                .map(|priced| of_share(SHARES[place], priced.amount, day, &home))
                .into_iter()
                .collect(),
            conclusion: concluded(
                &decisions[place],
                charged.map(|priced| priced.amount),
                period.holds(day),
                day,
            ),
        }
    };
    let mut parts: Vec<Part> = steps.into_iter().enumerate().map(share).collect();
    if !contact.case.events.is_empty() {
        parts.push(day_rate(law, &stay[..place], contact, period, &homes));
    }
    parts.retain(|part| *scope.of(part.instrument) != InPeriod::NotAsked);
    for part in &mut parts {
        if let InPeriod::Unpriced(missing) = scope.of(part.instrument) {
            (part.steps, part.charges) = (Vec::new(), Vec::new());
            (part.rule, part.conclusion) = (missing.said(), message!("trace.unpriced"));
        }
    }
    Ok(Some(Explanation { facts: facts(contact, municipalities), contact: contact.clone(), parts }))
}

/// The charge of a share instrument: the state or the municipality owes it to the regional authority.
fn of_share(instrument: Instrument, amount: Amount, day: Day, home: &Home) -> Charged {
    let debtor = match state_owes(instrument) {
        true => Party::State.to_string(),
        false => home.debtor.clone(),
    };
    Charged { month: day.month().to_string(), amount, debtor, creditor: home.region.clone() }
}

/// A version, and the days on which the values of its segment hold.
fn held<T>(version: &str, segment: Option<&rulebook::Segment<T>>) -> Message {
    match segment {
        None => Message::plain(version),
        Some(segment) => message!("trace.held", version, from = segment.from, to = segment.to),
    }
}

/// DRG points of the ceiling that earlier contacts of the stay have used.
fn used_before(law: &Law, earlier: &[Contact]) -> Result<Points, SettleError> {
    let mut used = Points::ZERO;
    for contact in earlier {
        let segments = law.segments(|by| Some(contact.dated(by)));
        let decisions = law.decide(segments, &contact.facts(), &mut [NoTrace; SHARES.len()]);
        let prices = law
            .price(segments, &decisions, &contact.quantity, used, &mut [NoTrace; SHARES.len()])
            .map_err(|error| SettleError::Record { contact: contact.id, error })?;
        used = used + used_of_ceiling(&prices);
    }
    Ok(used)
}

fn concluded(decision: &Option<Decision>, amount: Option<Amount>, inside: bool, day: Day) -> Message {
    let conclusion = match (decision, amount) {
        (None, _) => message!("trace.neither"),
        (Some(Decision::Out { reason }), _) => {
            message!("trace.no_charge_because", reason = of_reason(reason))
        }
        (Some(Decision::In { untested, .. }), Some(amount)) if untested.is_empty() => {
            message!("trace.charge", amount)
        }
        (Some(Decision::In { untested, .. }), Some(amount)) => {
            let untested = Message::joined(untested.iter().map(|code| of_reason(code)).collect(), ", ");
            message!("trace.charge_at_most", amount, untested)
        }
        (Some(Decision::In { .. }), None) => message!("trace.no_charge"),
    };
    if inside { conclusion } else { message!("trace.outside_period", conclusion, day) }
}

fn day_rate(law: &Law, earlier: &[Contact], contact: &Contact, period: Period, homes: &Homes) -> Part {
    let mut paid = Vec::new();
    for before in earlier.iter().filter(|before| !before.case.events.is_empty()) {
        // Of an earlier contact, only the days matter here, not the amount.
        let _ = stay::assess(law, &before.case, &mut paid, &mut NoTrace);
    }
    let mut steps = Steps::default();
    let assessed = stay::assess(law, &contact.case, &mut paid, &mut steps);
    let departed = contact.case.departed_at.day();
    let rule = law.usk_on(departed).map_or_else(
        || message!("trace.not_in_force", day = departed),
        |rule| held(&rule.version.to_string(), rulebook::Segment::on(&law.usk, departed)),
    );
    let (charges, conclusion) = match assessed {
        Err(reason) => (Vec::new(), message!("trace.no_charge_because", reason = of_reason(reason))),
        Ok(days) => of_days(&days, contact, period, homes),
    };
    Part { instrument: Instrument::DischargeReady, rule, steps: steps.0, charges, conclusion }
}

/// The charges of payable days, and a sentence on their sum. Nothing is charged for days for which no municipality
/// answers.
fn of_days(days: &[DayCharge], contact: &Contact, period: Period, homes: &Homes) -> (Vec<Charged>, Message) {
    let (mut charges, mut total, mut outside) = (Vec::new(), Amount::ZERO, Amount::ZERO);
    for day in days {
        let debtor = homes.home(contact.case.liable(day.liable)).debtor;
        if debtor.is_empty() {
            continue;
        }
        *(if period.holds(day.month.first()) { &mut total } else { &mut outside }) += day.amount;
        let (month, creditor) = (day.month.to_string(), contact.case.trust.clone());
        charges.push(Charged { month, amount: day.amount, debtor, creditor });
    }
    if charges.is_empty() {
        return (charges, message!("trace.no_charge_because", reason = of_reason(NO_MUNICIPALITY)));
    }
    let mut conclusion = message!("trace.charge", amount = total);
    if outside != Amount::ZERO {
        conclusion = message!("trace.days_outside", conclusion, amount = outside);
    }
    if let Some(day) = days.iter().find_map(|charge| charge.without_rate) {
        conclusion = message!("trace.but_no_rate", conclusion, day);
    }
    (charges, conclusion)
}

fn facts(contact: &Contact, municipalities: &Municipalities) -> Vec<Message> {
    let facts = contact.facts();
    let name = |code: &str| match municipalities.residence(code, contact.case.admitted_at.day()) {
        Residence::Municipality(place) => {
            municipalities.get(place).map_or_else(|| code.to_owned(), |row| format!("{code} {}", row.name))
        }
        _ => code.to_owned(),
    };
    let clock = |at: Minute| {
        let text = at.to_string();
        let (day, hour) = text.split_once('T').unwrap_or((&text, ""));
        message!("trace.time", day, hour)
    };
    let mut out = vec![
        message!(
            "trace.contact",
            care_level = facts.care_level.said(),
            unit = contact.unit,
            kind = facts.unit_kind.said()
        ),
        message!("trace.sector", sector = facts.sector.said()),
        message!(
            "trace.in_and_out",
            admitted = clock(contact.case.admitted_at),
            departed = clock(contact.case.departed_at)
        ),
        message!(
            "trace.homes",
            registered = name(&contact.municipality_of_registration),
            stays = name(&contact.municipality_of_stay)
        ),
    ];
    match facts.drg {
        Some(drg) => out.push(message!(
            "trace.drg",
            drg,
            kind = facts.drg_type.said(),
            points = contact.quantity.points
        )),
        None => out.push(message!("trace.without_drg", points = contact.quantity.points)),
    }
    if let Some(age) = facts.age {
        out.push(message!("trace.age_at_admission", age));
    }
    if contact.stay_rows > 1 {
        out.push(message!("trace.episode", rows = contact.stay_rows, stay = contact.stay));
    }
    out
}

/// Why a contact gives no charge, in words. A code from the user's own rule file is shown unchanged.
pub fn reason(code: &str) -> Message {
    let reason = Message::under("reason", code);
    if reason.is_known() { reason } else { Message::plain(code) }
}

/// The reason in words, with its code.
fn of_reason(code: &str) -> Message {
    match reason(code) {
        Message::Plain(code) => Message::Plain(code),
        reason => message!("reason_and_code", reason, code),
    }
}
