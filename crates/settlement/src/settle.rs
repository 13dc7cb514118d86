//! The kernel of the settlement: row groups in parallel, one look-up for each contact, and sums in dense
//! tables.
//!
//! Two passes go over each row group. The first reads the few columns that nearly every contact needs, as
//! dictionaries, and looks up the decision and the amount. The second reads the rows that need more columns:
//! contacts of stays with several contacts (which share a ceiling) and contacts reported ready for discharge.

use domain::narrow;
use std::collections::BTreeMap;

use arrow_array::{Array, BooleanArray, Int32Array, RecordBatch};
use domain::{Amount, Day, Instrument, Municipalities, Period, Points, Words as Numbers};
use parquet::arrow::arrow_reader::RowSelection;
use register::parquet_file::{Reader, in_order};
use register::{FileError, schema, stays};
use rulebook::calculation::share_of_drg_price::{SHARES, Shares};
use rulebook::law::{Decisions, Law, charges, used_of_ceiling};
use rulebook::{Decision, NoTrace, Pricing, Quantity, Scope};

use crate::charges::{Charge, Charges};
use crate::days::{Days, Slot};
use crate::decode::{
    CLASSES, Home, Homes, MEASURED, NO_MUNICIPALITY, READ, Words, classes, facts, flags, ints, longs,
    maybe_ints, name, place_in_stay, state_owes, stay_of, word, words,
};
use crate::error::SettleError;
use crate::sink::{Sink, SinkWorker, Takes};
use crate::stay::{self, Stay};
use crate::totals::{Builder, Line, Outside, Sum, Totals};

/// Number of rows that are decoded at a time.
const BATCH: usize = 1 << 16;
/// Amounts for fewer points than this, in thousandths, are computed once and then looked up; others are
/// computed each time.
const TABLE_POINTS: usize = 1 << 16;
const NO_SLOT: u32 = u32::MAX;
/// Months of a contact that is outside the period under every share instrument.
const OUTSIDE: Shares<u8> = [Slot::OUTSIDE; SHARES.len()];

/// Period, instruments and threads of a settlement.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    pub period: Period,
    /// Instruments that are settled.
    pub scope: &'a Scope,
    /// Number of threads, at least 1.
    pub threads: usize,
}

/// Result of a settlement.
#[derive(Debug, Default)]
pub struct Settled {
    pub totals: Totals,
    /// Contacts that gave no charge.
    pub outside: Outside,
    /// Rows read.
    pub rows: u64,
    /// Rows in the period.
    pub settled_rows: u64,
    /// Rows outside the period.
    pub outside_period_rows: u64,
    /// Charges that are an upper bound, by instrument and by the codes of the conditions that could not be
    /// tested.
    pub upper_bound: BTreeMap<(Instrument, String), Sum>,
    /// Instruments that were settled, and why others were not.
    pub scope: Scope,
    /// Number of rows that the sink took: charges, and contacts without a charge if the sink takes those too.
    pub charges: u64,
}

/// Settles a checked file. Charges go to `sink`. `progress` is called with the number of row groups done and
/// the number of all row groups.
///
/// # Errors
/// Fails if the file cannot be read, or an amount does not fit.
pub fn settle(
    reader: &Reader,
    law: &Law,
    municipalities: &Municipalities,
    options: &Options,
    sink: &mut impl Sink,
    mut progress: impl FnMut(usize, usize),
) -> Result<Settled, SettleError> {
    let mut settled = Settled { scope: options.scope.clone(), ..Settled::default() };
    let mut shared = Shared::new(reader, law, municipalities, options);
    shared.known = sink.takes() == Takes::ChargesAndKnown;
    if shared.counted && !options.period.is_year() {
        return Err(SettleError::CountedByYear { period: options.period });
    }
    let (detail, worker) = (sink.takes() != Takes::Nothing, sink.worker());
    let groups = reader.row_groups();
    let threads = options.threads.clamp(1, std::cmp::max(groups, 1));
    // Each thread has one clerk, which keeps every decision and amount for the next contact of the same kind.
    let clerks: Vec<std::sync::Mutex<Clerk>> =
        (0..threads).map(|_| std::sync::Mutex::new(Clerk::new(&shared))).collect();
    let mut sides = Vec::new();
    in_order(
        groups,
        threads,
        |group| {
            let mut clerk = clerks[group % threads].lock().map_err(|_| lost(reader))?;
            let (charges, side) = clerk.group(group, detail)?;
            let part = if detail { Some(worker.prepare(&charges, clerk.names.all())?) } else { None };
            Ok((part, charges.len() as u64, side))
        },
        |group, (part, count, side)| {
            if let Some(part) = part {
                sink.take(part)?;
            }
            settled.charges += count;
            sides.extend(side);
            progress(group + 1, groups);
            Ok(())
        },
        || lost(reader),
    )?;
    let mut clerks: Vec<Clerk> = clerks
        .into_iter()
        .map(|clerk| clerk.into_inner().map_err(|_| lost(reader)))
        .collect::<Result<_, _>>()?;
    if let Some(clerk) = clerks.first_mut() {
        let charges = clerk.stays(sides, detail)?;
        if detail {
            sink.take(worker.prepare(&charges, clerk.names.all())?)?;
        }
        settled.charges += charges.len() as u64;
    }
    settled.rows = reader.rows();
    gather(&shared, clerks, &mut settled);
    assert_eq!(
        settled.rows,
        settled.settled_rows + settled.outside_period_rows,
        "every row is settled or outside the period"
    );
    Ok(settled)
}

fn lost(reader: &Reader) -> SettleError {
    SettleError::File(FileError::Worker { path: reader.path().to_path_buf() })
}

fn gather(shared: &Shared, clerks: Vec<Clerk>, settled: &mut Settled) {
    let mut builder = Builder::default();
    let months: Vec<u32> =
        shared.days[0].months().iter().map(|month| builder.word(&month.to_string())).collect();
    let (state, nobody) = (builder.word("state"), builder.word(""));
    for clerk in clerks {
        settled.settled_rows += clerk.settled_rows;
        settled.outside_period_rows += clerk.outside_rows;
        let units: Vec<u32> = clerk.units.all().iter().map(|unit| builder.word(unit)).collect();
        let homes: Vec<(u32, u32)> =
            clerk.homes.iter().map(|home| (builder.word(&home.debtor), builder.word(&home.region))).collect();
        let regions: Vec<u32> = clerk.regions.all().iter().map(|region| builder.word(region)).collect();
        for ((instrument, state_pays), grid) in SHARES.into_iter().zip(shared.state_pays).zip(&clerk.grids) {
            for (key, cells) in grid.slots() {
                let (debtor, creditor, municipality) = match state_pays {
                    true => (state, regions[key.1], nobody),
                    false => (homes[key.1].0, homes[key.1].1, homes[key.1].0),
                };
                let line = Line { debtor, creditor, municipality, unit: units[key.0], month: 0, instrument };
                add_cells(&mut builder, line, cells, &months);
            }
        }
        for (day_key, sum) in &clerk.usk {
            let [debtor, creditor, unit, month] = day_key.each_ref().map(|word| builder.word(word));
            let instrument = Instrument::DischargeReady;
            builder.add(Line { debtor, creditor, municipality: debtor, unit, month, instrument }, *sum);
        }
        clerk.add_outside(settled);
    }
    settled.totals = builder.finish();
}

fn add_cells(builder: &mut Builder, line: Line, cells: &[Cell], months: &[u32]) {
    for (cell, month) in cells.iter().zip(months).filter(|(cell, _)| cell.contacts != 0) {
        let sum = Sum {
            contacts: cell.contacts,
            points: Points::from_milli(cell.points),
            days: 0,
            amount: Amount::from_ore(cell.amount),
        };
        builder.add(Line { month: *month, ..line }, sum);
    }
}

/// Input and settings that all clerks share.
struct Shared<'a> {
    reader: &'a Reader,
    law: &'a Law,
    period: Period,
    scope: &'a Scope,
    /// The grid of days of each share instrument.
    days: Shares<Days>,
    /// Columns that the first pass reads.
    columns: Vec<&'static str>,
    /// Age limits: the lowest age that each rule covers, without repetitions and in ascending order. The limits divide
    /// ages into bands.
    age_limits: Vec<u16>,
    /// The column of the day that dates a contact, for each share instrument.
    dates: Shares<usize>,
    /// Whether the state owes what each share instrument charges; else the municipality does.
    state_pays: Shares<bool>,
    counted: bool,
    tariffs: bool,
    homes: Homes<'a>,
    known: bool,
}

impl<'a> Shared<'a> {
    fn new(
        reader: &'a Reader,
        law: &'a Law,
        municipalities: &'a Municipalities,
        &Options { period, scope, .. }: &Options<'a>,
    ) -> Self {
        use rulebook::book::DatedBy;
        use schema::at;
        let date = |dated_by| match dated_by {
            DatedBy::Discharge => at::DISCHARGED_ON,
            DatedBy::Admission => at::ADMITTED_ON,
        };
        let dates = law.shares.each_ref().map(|side| date(side.dated_by));
        let segments = || law.shares.iter().flat_map(|side| &side.segments);
        let rules = || segments().filter_map(|segment| segment.standing.in_force());
        let mut age_limits: Vec<u16> =
            rules().filter_map(|rule| rule.age.as_ref().map(|(limit, _)| limit.at_least)).collect();
        age_limits.sort_unstable();
        age_limits.dedup();
        let tariffs = rules().any(|rule| !rule.tariffs.is_empty());
        let counted = reader.is_counted();
        let mut places = READ.to_vec();
        places.push(at::UNIT);
        places.extend(dates);
        if !age_limits.is_empty() {
            places.push(at::AGE);
        }
        if tariffs || counted {
            places.extend(MEASURED);
        }
        places.sort_unstable();
        places.dedup();
        Shared {
            reader,
            law,
            period,
            scope,
            days: law.shares.each_ref().map(|side| Days::of(side, period)),
            columns: places.into_iter().map(name).collect(),
            age_limits,
            dates,
            state_pays: SHARES.map(state_owes),
            counted,
            tariffs,
            homes: Homes::of(reader, municipalities, period),
            known: false,
        }
    }

    /// Labels of the months. Counted figures are by year, so every label is the period if the file holds counted
    /// figures.
    fn month_labels(&self) -> Vec<String> {
        let label =
            |month: &domain::Month| if self.counted { self.period.to_string() } else { month.to_string() };
        self.days[0].months().iter().map(label).collect()
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    contacts: i64,
    points: i64,
    amount: i64,
}

impl Cell {
    #[inline]
    fn add(&mut self, other: Cell) {
        self.contacts += other.contacts;
        self.points += other.points;
        self.amount += other.amount;
    }
}

/// Sums by unit, party and month. Only pairs of unit and party that occur have cells.
#[derive(Debug)]
struct Grid {
    /// Number of months of the period.
    months: usize,
    slot: Vec<Vec<u32>>,
    keys: Vec<(usize, usize)>,
    /// Cells of each pair of `keys`, `months` of them for each.
    cells: Vec<Cell>,
}

impl Grid {
    fn of(months: usize) -> Grid {
        Grid { months, slot: Vec::new(), keys: Vec::new(), cells: Vec::new() }
    }

    #[inline]
    fn cell(&mut self, unit: usize, party: usize, month: u8) -> &mut Cell {
        if unit >= self.slot.len() {
            self.slot.resize(unit + 1, Vec::new());
        }
        let row = &mut self.slot[unit];
        if party >= row.len() {
            row.resize(party + 64, NO_SLOT);
        }
        if row[party] == NO_SLOT {
            row[party] = narrow(self.keys.len());
            self.keys.push((unit, party));
            self.cells.resize(self.cells.len() + self.months, Cell::default());
        }
        &mut self.cells[row[party] as usize * self.months + usize::from(month)]
    }

    fn slots(&self) -> impl Iterator<Item = ((usize, usize), &[Cell])> {
        self.keys.iter().copied().zip(self.cells.chunks_exact(self.months))
    }
}

/// The decisions that one or several sets of facts have in common, with the amounts at each number of points.
struct PricedDecisions {
    decisions: Decisions,
    /// Whether each share instrument charges.
    charged: Shares<bool>,
    by_points: Vec<Entry>,
    /// Whether the amount depends on the points alone.
    lookup: bool,
    sums: Shares<Cell>,
    labels: Option<Shares<Option<Label>>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// Amount of each share instrument in øre.
    amounts: Shares<i64>,
    /// Points of each share instrument that are charged, in thousandths.
    points: Shares<i32>,
    /// Points of the stay's ceiling that are used, in thousandths.
    used: i32,
    known: bool,
}

/// Every decision under one rule version of each share instrument.
struct Memo {
    segments: Shares<u8>,
    by_class: Vec<Vec<u16>>,
    outcomes: Vec<PricedDecisions>,
}

const UNDECIDED: u16 = u16::MAX;

/// Facts as numbers: the class (all facts except DRG and age, as one number), the number of the DRG, and the age.
#[derive(Debug, Clone, Copy)]
struct Coded {
    class: usize,
    drg: u32,
    age: Option<u16>,
}

/// The worker of one thread.
pub(crate) struct Clerk<'a> {
    shared: &'a Shared<'a>,
    units: Numbers,
    drgs: Numbers,
    regions: Numbers,
    homes: Vec<Home>,
    home_numbers: BTreeMap<String, u32>,
    home_regions: Vec<u32>,
    memos: Vec<Memo>,
    last_memo: usize,
    grids: Shares<Grid>,
    usk: BTreeMap<[String; 4], Sum>,
    usk_outside: BTreeMap<&'static str, i64>,
    /// Number of contacts in the period without a report that the patient was ready for discharge.
    not_reported: i64,
    /// Every word that a charge may hold, each with its number. The next five fields hold such numbers.
    names: Numbers,
    unit_names: Vec<u32>,
    home_names: Vec<(u32, u32)>,
    month_names: Vec<u32>,
    state: u32,
    nobody: u32,
    settled_rows: u64,
    outside_rows: u64,
}

/// A contact of a stay with several contacts, kept until all of them are read.
pub(crate) struct Side {
    place: stays::Place,
    dates: Shares<i32>,
    unit: String,
    home: String,
    drg: String,
    class: usize,
    age: Option<u16>,
    /// The contact as a stay, if it was reported ready for discharge.
    ready: Option<Box<Stay>>,
    quantity: Quantity,
}

/// The columns of a batch, decoded.
struct Columns<'b> {
    unit: Words<'b>,
    drg: Words<'b>,
    home: Words<'b>,
    class: Vec<u16>,
    points: &'b [i32],
    dates: Shares<&'b [i32]>,
    stay_rows: &'b [i32],
    ready: &'b BooleanArray,
    age: Option<&'b Int32Array>,
    measured: Option<(&'b [i32], &'b [i32], &'b [i32])>,
}

impl Columns<'_> {
    /// Age in whole years; `None` if it is missing. Arrow leaves an arbitrary number behind a missing value.
    #[inline]
    fn age_at(&self, row: usize) -> Option<u16> {
        let ages = self.age.filter(|ages| ages.is_valid(row))?;
        u16::try_from(ages.value(row)).ok()
    }
}

impl<'a> Clerk<'a> {
    fn new(shared: &'a Shared<'a>) -> Self {
        let mut names = Numbers::default();
        let (state, nobody) = (names.number("state"), names.number(""));
        let month_names = shared.month_labels().iter().map(|month| names.number(month)).collect();
        Clerk {
            shared,
            units: Numbers::default(),
            drgs: Numbers::default(),
            regions: Numbers::default(),
            homes: Vec::new(),
            home_numbers: BTreeMap::new(),
            home_regions: Vec::new(),
            memos: Vec::new(),
            last_memo: 0,
            grids: std::array::from_fn(|_| Grid::of(shared.days[0].months().len())),
            usk: BTreeMap::new(),
            usk_outside: BTreeMap::new(),
            not_reported: 0,
            names,
            unit_names: Vec::new(),
            home_names: Vec::new(),
            month_names,
            state,
            nobody,
            settled_rows: 0,
            outside_rows: 0,
        }
    }

    fn unit(&mut self, code: &str) -> u32 {
        let number = self.units.number(code);
        if number as usize == self.unit_names.len() {
            self.unit_names.push(self.names.number(code));
        }
        number
    }

    fn home(&mut self, code: &str) -> u32 {
        if let Some(number) = self.home_numbers.get(code) {
            return *number;
        }
        let home = self.shared.homes.home(code);
        let number = narrow(self.homes.len());
        self.home_regions.push(self.regions.number(&home.region));
        self.home_names.push((self.names.number(&home.debtor), self.names.number(&home.region)));
        self.homes.push(home);
        self.home_numbers.insert(code.to_owned(), number);
        number
    }

    fn mapped<'b>(
        &mut self,
        batch: &'b RecordBatch,
        place: usize,
        map: impl Fn(&mut Self, &str) -> u32,
    ) -> Words<'b> {
        let (keys, words) = words(batch, place);
        let of = words
            .map_or_else(Vec::new, |words| words.iter().map(|word| map(self, word.unwrap_or(""))).collect());
        Words { keys, of }
    }

    fn columns<'b>(&mut self, batch: &'b RecordBatch) -> Option<Columns<'b>> {
        use schema::at;
        let shared = self.shared;
        Some(Columns {
            unit: self.mapped(batch, at::UNIT, Clerk::unit),
            drg: self.mapped(batch, at::DRG, |clerk, word| clerk.drgs.number(word)),
            home: self.mapped(batch, at::MUNICIPALITY_OF_REGISTRATION, Clerk::home),
            class: classes(batch),
            points: ints(batch, at::POINTS),
            dates: shared.dates.map(|place| ints(batch, place)),
            stay_rows: ints(batch, at::STAY_ROWS),
            ready: flags(batch, at::REPORTED_READY)?,
            age: match shared.age_limits.is_empty() {
                true => None,
                false => maybe_ints(batch, at::AGE),
            },
            measured: (shared.tariffs || shared.counted)
                .then(|| (ints(batch, at::BED_DAYS), ints(batch, at::CONTACTS), ints(batch, at::FEE))),
        })
    }

    /// Settles a row group. Returns its charges, if `detail` asks for them, and the contacts of stays with
    /// several contacts.
    fn group(&mut self, group: usize, detail: bool) -> Result<(Charges, Vec<Side>), SettleError> {
        let shared = self.shared;
        let path = shared.reader.path();
        let mut columns = shared.columns.clone();
        if detail {
            columns.push(name(schema::at::CONTACT_ID));
        }
        let (mut charges, mut second) = (Charges::default(), Vec::new());
        let mut start = 0;
        for batch in shared.reader.read(group, &columns, BATCH, None)? {
            let batch = batch.map_err(FileError::arrow(path))?;
            let contacts = longs(&batch, schema::at::CONTACT_ID);
            let decoded = self.columns(&batch).ok_or_else(|| lost(shared.reader))?;
            for row in 0..batch.num_rows() {
                if decoded.stay_rows[row] > 1 || decoded.ready.value(row) {
                    second.push(start + row);
                }
                // A stay of several contacts is settled when all its contacts are read.
                if decoded.stay_rows[row] > 1 {
                    continue;
                }
                self.row(&decoded, row, contacts.get(row).copied().unwrap_or(0), detail, &mut charges)?;
            }
            start += batch.num_rows();
        }
        let sides = self.second_pass(group, &second, detail, &mut charges)?;
        Ok((charges, sides))
    }

    #[inline]
    fn row(
        &mut self,
        columns: &Columns,
        row: usize,
        contact: i64,
        detail: bool,
        charges: &mut Charges,
    ) -> Result<(), SettleError> {
        let slots = self.slots(columns.dates.map(|dates| dates[row]));
        let months = slots.map(|slot| slot.month);
        if months == OUTSIDE {
            self.outside_rows += 1;
            return Ok(());
        }
        self.settled_rows += 1;
        let points = columns.points[row];
        let (bed_days, counted, fee) = match columns.measured {
            Some((days, contacts, fees)) => (days[row], contacts[row], fees[row]),
            None => (0, 1, 0),
        };
        let quantity = Quantity {
            points: Points::from_milli(i64::from(points)),
            bed_days: i64::from(bed_days),
            contacts: i64::from(counted),
            counted: self.shared.counted,
            fee: Amount::from_ore(i64::from(fee)),
        };
        if !columns.ready.value(row) {
            self.not_reported += quantity.contacts;
        }
        let age = columns.age_at(row);
        let coded = Coded { class: usize::from(columns.class[row]), drg: columns.drg.at(row), age };
        let memo = self.memo(slots.map(|slot| slot.segment));
        let outcome = self.outcome(memo, coded);
        let place = Place { contact, unit: columns.unit.at(row), home: columns.home.at(row), months };
        self.charge((memo, outcome), &quantity, Points::ZERO, &place, detail.then_some(charges))?;
        Ok(())
    }

    #[inline]
    fn slots(&self, dates: Shares<i32>) -> Shares<Slot> {
        std::array::from_fn(|place| self.shared.days[place].at(dates[place]))
    }

    #[inline]
    fn memo(&mut self, segments: Shares<u8>) -> usize {
        if self.memos.get(self.last_memo).is_none_or(|memo| memo.segments != segments) {
            self.last_memo = match self.memos.iter().position(|memo| memo.segments == segments) {
                Some(place) => place,
                None => {
                    let bands = self.shared.age_limits.len() + 2;
                    let by_class = vec![Vec::new(); CLASSES * bands];
                    self.memos.push(Memo { segments, by_class, outcomes: Vec::new() });
                    self.memos.len() - 1
                }
            };
        }
        self.last_memo
    }

    /// Index of the decisions on a set of facts. The rulebook decides each set once.
    #[inline]
    fn outcome(&mut self, memo: usize, coded: Coded) -> usize {
        let band = match coded.age {
            _ if self.shared.age_limits.is_empty() => 0,
            None => 0,
            Some(age) => 1 + self.shared.age_limits.iter().filter(|limit| age >= **limit).count(),
        };
        let drg = coded.drg as usize;
        let known = &self.memos[memo].by_class[band * CLASSES + coded.class];
        match known.get(drg).copied() {
            Some(outcome) if outcome != UNDECIDED => usize::from(outcome),
            _ => self.decide(memo, coded, band),
        }
    }

    #[cold]
    fn decide(&mut self, memo: usize, coded: Coded, band: usize) -> usize {
        let segments = segments(self.memos[memo].segments);
        let drg = Some(self.drgs.word(coded.drg)).filter(|drg| !drg.is_empty());
        let facts = facts(coded.class, drg, coded.age);
        let mut decisions = self.shared.law.decide(segments, &facts, &mut [NoTrace; SHARES.len()]);
        // A ceiling is per stay, and counted figures have no stays.
        for ((decision, side), segment) in decisions.iter_mut().zip(&self.shared.law.shares).zip(segments) {
            let ceiling = side.rule(segment).is_some_and(|rule| rule.ceiling.is_some());
            if let (true, true, Some(Decision::In { untested, .. })) =
                (self.shared.counted, ceiling, decision)
            {
                untested.push("ceiling".to_owned());
            }
        }
        let memo = &mut self.memos[memo];
        let outcome = match memo.outcomes.iter().position(|outcome| outcome.decisions == decisions) {
            Some(place) => place,
            None => {
                let by_points = |decision: &Option<Decision>| {
                    !matches!(decision, Some(Decision::In { pricing: Pricing::Tariff(_), .. }))
                };
                memo.outcomes.push(PricedDecisions {
                    charged: std::array::from_fn(|at| {
                        self.shared.scope.has(SHARES[at]) && charges(&decisions[at])
                    }),
                    lookup: !self.shared.counted && decisions.iter().all(by_points),
                    decisions,
                    by_points: Vec::new(),
                    sums: Shares::default(),
                    labels: None,
                });
                memo.outcomes.len() - 1
            }
        };
        let known = &mut memo.by_class[band * CLASSES + coded.class];
        if known.len() <= coded.drg as usize {
            known.resize(coded.drg as usize + 1, UNDECIDED);
        }
        known[coded.drg as usize] = narrow(outcome);
        outcome
    }

    /// Charges one contact and adds it to the sums. Returns the points of the stay's ceiling that the contact
    /// uses.
    #[inline]
    fn charge(
        &mut self,
        key: (usize, usize),
        quantity: &Quantity,
        used: Points,
        place: &Place,
        charges: Option<&mut Charges>,
    ) -> Result<Points, SettleError> {
        let law = self.shared.law;
        let Memo { segments, outcomes, .. } = &mut self.memos[key.0];
        let outcome = &mut outcomes[key.1];
        let milli = quantity.points.milli();
        let entry = if outcome.lookup && used == Points::ZERO && (0..TABLE_POINTS as i64).contains(&milli) {
            let milli: usize = narrow(milli);
            if outcome.by_points.len() <= milli {
                outcome.by_points.resize(milli + 1, Entry::default());
            }
            if !outcome.by_points[milli].known {
                outcome.by_points[milli] =
                    priced(law, *segments, &outcome.decisions, quantity, used, place.contact)?;
            }
            outcome.by_points[milli]
        } else {
            priced(law, *segments, &outcome.decisions, quantity, used, place.contact)?
        };
        let mut cells: Shares<Option<Cell>> = Shares::default();
        for (at, month) in place.months.into_iter().enumerate().filter(|(_, month)| *month != Slot::OUTSIDE) {
            let (points, amount) = (i64::from(entry.points[at]), entry.amounts[at]);
            cells[at] = outcome.charged[at].then_some(Cell { contacts: quantity.contacts, points, amount });
            outcome.sums[at].add(Cell { contacts: quantity.contacts, ..cells[at].unwrap_or_default() });
            let Some(cell) = cells[at] else { continue };
            let home = place.home as usize;
            let (known, party) = match self.shared.state_pays[at] {
                true => (&self.homes[home].region, self.home_regions[home] as usize),
                false => (&self.homes[home].debtor, home),
            };
            if known.is_empty() {
                return Err(self.no_home(place));
            }
            self.grids[at].cell(place.unit as usize, party, month).add(cell);
        }
        if let Some(charges) = charges {
            self.detail(key, place, cells, charges);
        }
        Ok(Points::from_milli(i64::from(entry.used)))
    }

    #[cold]
    fn no_home(&self, place: &Place) -> SettleError {
        let code = self.home_numbers.iter().find(|(_, number)| **number == place.home);
        let code = code.map_or_else(String::new, |(code, _)| code.clone());
        SettleError::Residence { contact: place.contact, code, period: self.shared.period }
    }

    fn detail(
        &mut self,
        key: (usize, usize),
        place: &Place,
        cells: Shares<Option<Cell>>,
        charges: &mut Charges,
    ) {
        let labels = self.labels(key);
        let (unit, home) = (self.unit_names[place.unit as usize], self.home_names[place.home as usize]);
        let common = |instrument, cell: Cell, label: Label, month: u8| Charge {
            contact: place.contact,
            debtor: home.0,
            creditor: home.1,
            municipality: home.0,
            unit,
            month: self.month_names[usize::from(month)],
            ended: self.month_names[usize::from(month)],
            instrument: Some(instrument),
            points: cell.points,
            days: 0,
            share: label.share,
            amount: cell.amount,
            version: label.version,
            reason: label.reason,
        };
        for (at, (cell, label)) in cells.into_iter().zip(labels).enumerate() {
            let (Some(cell), Some(label)) = (cell, label) else { continue };
            let charge = common(SHARES[at], cell, label, place.months[at]);
            charges.push(match self.shared.state_pays[at] {
                true => Charge { debtor: self.state, municipality: self.nobody, ..charge },
                false => charge,
            });
        }
        if !self.shared.known {
            return;
        }
        // A month of the contact in which it gives no charge: as when the month is settled alone.
        let none = Label { share: 0, version: self.nobody, reason: self.nobody };
        for (at, month) in place.months.into_iter().enumerate().filter(|(_, month)| *month != Slot::OUTSIDE) {
            let is_charged = cells.iter().zip(place.months).any(|(cell, of)| cell.is_some() && of == month);
            if !is_charged && !place.months[..at].contains(&month) {
                let known = common(Instrument::Isf, Cell::default(), none, month);
                let (debtor, creditor) = (self.nobody, self.nobody);
                charges.push(Charge { instrument: None, debtor, creditor, municipality: debtor, ..known });
            }
        }
    }

    /// Share, rule version and reason of the charges of each share instrument; `None` if the instrument gives no
    /// charge. Version and reason are words, each given by its number in `names`.
    fn labels(&mut self, key: (usize, usize)) -> Shares<Option<Label>> {
        let memo = &self.memos[key.0];
        if let Some(labels) = memo.outcomes[key.1].labels {
            return labels;
        }
        let segments = segments(memo.segments);
        let law = self.shared.law;
        let decisions = memo.outcomes[key.1].decisions.clone();
        let mut labels: Shares<Option<Label>> = Shares::default();
        for (at, decision) in decisions.iter().enumerate() {
            let (Some(rule), Some(Decision::In { untested, .. })) =
                (law.shares[at].rule(segments[at]), decision)
            else {
                continue;
            };
            let reason = match untested.is_empty() {
                true => "in".to_owned(),
                false => format!("in-upper-bound:{}", untested.join("+")),
            };
            labels[at] = Some(Label {
                share: narrow(rule.share.0.basis_points()),
                version: self.names.number(&rule.version.to_string()),
                reason: self.names.number(&reason),
            });
        }
        self.memos[key.0].outcomes[key.1].labels = Some(labels);
        labels
    }

    /// Reads the rows that need more columns. Assesses the readiness events of contacts that are a stay by themselves, and
    /// returns the contacts of stays with several contacts.
    fn second_pass(
        &mut self,
        group: usize,
        rows: &[usize],
        detail: bool,
        charges: &mut Charges,
    ) -> Result<Vec<Side>, SettleError> {
        use schema::at;
        let shared = self.shared;
        let mut sides = Vec::new();
        if rows.is_empty() {
            return Ok(sides);
        }
        let mut columns = shared.columns.clone();
        columns.extend(
            [
                at::CONTACT_ID,
                at::STAY_ID,
                at::TRUST,
                at::ADMITTED,
                at::DISCHARGED,
                at::MUNICIPALITY_OF_STAY,
                at::EVENTS,
                at::BED_DAYS,
                at::FEE,
                at::CONTACTS,
            ]
            .map(name),
        );
        let selection = RowSelection::from_consecutive_ranges(
            rows.chunk_by(|one, next| *next == one + 1).map(|run| run[0]..run[0] + run.len()),
            shared.reader.rows_in(group),
        );
        for batch in shared.reader.read(group, &columns, BATCH, Some(selection))? {
            let batch = batch.map_err(FileError::arrow(shared.reader.path()))?;
            let decoded = self.columns(&batch).ok_or_else(|| lost(shared.reader))?;
            for row in 0..batch.num_rows() {
                if decoded.stay_rows[row] > 1 {
                    sides.push(self.side(&batch, &decoded, row));
                } else if decoded.ready.value(row) {
                    let contact = longs(&batch, schema::at::CONTACT_ID)[row];
                    let (stay, unit) = (stay_of(&batch, row), word(&batch, schema::at::UNIT, row));
                    let sink = detail.then_some(&mut *charges);
                    self.readiness(contact, &stay, unit, &mut Vec::new(), sink)?;
                }
            }
        }
        Ok(sides)
    }

    fn side(&self, batch: &RecordBatch, columns: &Columns, row: usize) -> Side {
        use schema::at;
        Side {
            place: place_in_stay(batch, row),
            dates: columns.dates.map(|dates| dates[row]),
            unit: word(batch, at::UNIT, row).to_owned(),
            home: word(batch, at::MUNICIPALITY_OF_REGISTRATION, row).to_owned(),
            drg: word(batch, at::DRG, row).to_owned(),
            class: usize::from(columns.class[row]),
            age: columns.age_at(row),
            ready: columns.ready.value(row).then(|| Box::new(stay_of(batch, row))),
            quantity: Quantity {
                points: Points::from_milli(i64::from(columns.points[row])),
                bed_days: i64::from(ints(batch, at::BED_DAYS)[row]),
                contacts: i64::from(ints(batch, at::CONTACTS)[row]),
                counted: self.shared.counted,
                fee: Amount::from_ore(i64::from(ints(batch, at::FEE)[row])),
            },
        }
    }

    /// Settles the stays of several contacts. The contacts of a stay are taken in order of admission and share one
    /// ceiling.
    pub(crate) fn stays(&mut self, mut sides: Vec<Side>, detail: bool) -> Result<Charges, SettleError> {
        let mut charges = Charges::default();
        for stay in stays::together(&mut sides, |side| side.place) {
            let (mut used, mut paid) = (Points::ZERO, Vec::new());
            for side in stay {
                if let Some(stay) = &side.ready {
                    let sink = detail.then_some(&mut charges);
                    self.readiness(side.place.contact, stay, &side.unit, &mut paid, sink)?;
                }
                let slots = self.slots(side.dates);
                let months = slots.map(|slot| slot.month);
                let inside = months != OUTSIDE;
                if inside {
                    self.settled_rows += 1
                } else {
                    self.outside_rows += 1
                }
                if inside && side.ready.is_none() {
                    self.not_reported += side.quantity.contacts;
                }
                let unit = self.unit(&side.unit);
                let home = self.home(&side.home);
                let drg = self.drgs.number(&side.drg);
                let memo = self.memo(slots.map(|slot| slot.segment));
                let outcome = self.outcome(memo, Coded { class: side.class, drg, age: side.age });
                let place = Place { contact: side.place.contact, unit, home, months };
                let sink = (detail && inside).then_some(&mut charges);
                used = used + self.charge((memo, outcome), &side.quantity, used, &place, sink)?;
            }
        }
        Ok(charges)
    }

    /// Assesses the readiness events of a contact, and charges its payable days in the period.
    fn readiness(
        &mut self,
        contact: i64,
        stay: &Stay,
        unit: &str,
        paid: &mut Vec<Day>,
        mut charges: Option<&mut Charges>,
    ) -> Result<(), SettleError> {
        let shared = self.shared;
        if !shared.scope.has(Instrument::DischargeReady) {
            return Ok(());
        }
        let days = match stay::assess(shared.law, stay, paid, &mut NoTrace) {
            Ok(days) => days,
            Err(reason) => {
                if shared.period.holds(stay.departed_at.day()) {
                    *self.usk_outside.entry(reason).or_default() += 1;
                }
                return Ok(());
            }
        };
        let trust = stay.trust.as_str();
        for charge in days.iter().filter(|charge| shared.period.holds(charge.month.first())) {
            let home = self.home(stay.liable(charge.liable));
            let debtor = self.homes[home as usize].debtor.clone();
            if debtor.is_empty() {
                *self.usk_outside.entry(NO_MUNICIPALITY).or_default() += 1;
                continue;
            }
            let sum = Sum { contacts: 1, points: Points::ZERO, days: charge.days, amount: charge.amount };
            let key = [debtor, trust.to_owned(), unit.to_owned(), charge.month.to_string()];
            self.usk.entry(key).or_default().add(sum);
            if let Some(charges) = charges.as_deref_mut() {
                let version =
                    shared.law.usk_on(charge.first).map_or_else(String::new, |rule| rule.version.to_string());
                charges.push(Charge {
                    contact,
                    debtor: self.home_names[home as usize].0,
                    creditor: self.names.number(trust),
                    municipality: self.home_names[home as usize].0,
                    unit: self.names.number(unit),
                    month: self.names.number(&charge.month.to_string()),
                    ended: self.names.number(&stay.departed_at.day().month().to_string()),
                    instrument: Some(Instrument::DischargeReady),
                    points: 0,
                    days: narrow(charge.days),
                    share: 0,
                    amount: charge.amount.ore(),
                    version: self.names.number(&version),
                    reason: self.names.number("in"),
                });
            }
        }
        Ok(())
    }

    /// Adds to the result the contacts that gave no charge, and the charges that are an upper bound.
    fn add_outside(&self, settled: &mut Settled) {
        for outcome in self.memos.iter().flat_map(|memo| &memo.outcomes) {
            for ((instrument, decision), sum) in SHARES.iter().zip(&outcome.decisions).zip(outcome.sums) {
                match decision {
                    _ if !settled.scope.has(*instrument) => {}
                    None => settled.outside.add(*instrument, "not-in-force", sum.contacts),
                    Some(Decision::Out { reason }) => settled.outside.add(*instrument, reason, sum.contacts),
                    Some(Decision::In { untested, .. }) if untested.is_empty() => {}
                    Some(Decision::In { untested, .. }) => {
                        let entry = settled.upper_bound.entry((*instrument, untested.join("+"))).or_default();
                        entry.add(Sum {
                            contacts: sum.contacts,
                            points: Points::from_milli(sum.points),
                            days: 0,
                            amount: Amount::from_ore(sum.amount),
                        });
                    }
                }
            }
        }
        if settled.scope.has(Instrument::DischargeReady) {
            settled.outside.add(Instrument::DischargeReady, "not-reported-ready", self.not_reported);
        }
        for (reason, contacts) in &self.usk_outside {
            settled.outside.add(Instrument::DischargeReady, reason, *contacts);
        }
    }
}

/// Contact, unit, home and months that a charge is booked under.
struct Place {
    contact: i64,
    unit: u32,
    home: u32,
    /// The month of each share instrument, or [`Slot::OUTSIDE`].
    months: Shares<u8>,
}

/// Share in basis points, and rule version and reason as numbers of words.
#[derive(Debug, Clone, Copy)]
struct Label {
    share: i32,
    version: u32,
    reason: u32,
}

fn segments(numbers: Shares<u8>) -> Shares<Option<usize>> {
    numbers.map(|segment| Slot { month: 0, segment }.segment())
}

/// Amounts of a contact, priced by the rulebook.
fn priced(
    law: &Law,
    numbers: Shares<u8>,
    decisions: &Decisions,
    quantity: &Quantity,
    used: Points,
    contact: i64,
) -> Result<Entry, SettleError> {
    let prices = law
        .price(segments(numbers), decisions, quantity, used, &mut [NoTrace; SHARES.len()])
        .map_err(|error| SettleError::Record { contact, error })?;
    Ok(Entry {
        amounts: prices.map(|priced| priced.map_or(0, |priced| priced.amount.ore())),
        points: prices.map(|priced| priced.map_or(0, |priced| narrow(priced.points.milli()))),
        used: narrow(used_of_ceiling(&prices).milli()),
        known: true,
    })
}
