//! Cells: the number of contacts of each kind in each municipality. Cells let another law be priced without reading
//! the contacts again.
//!
//! A cell is a municipality, the facts that a rule decides on, and the quantity that the rule prices by. Facts
//! and quantity are exact, and go to the rulebook's own functions, so cells and contacts give the same øre under
//! any share, price or ceiling.
//!
//! Before the cells are made, [`Needs`] lists the further distinctions that the laws need: ages and days at
//! which a law changes, prices by day or fee, and ceilings. Stays that a ceiling may cut are kept contact by
//! contact; patients who were reported ready are kept one by one, with their events.

use domain::narrow;
use std::collections::BTreeMap;

use arrow_array::{Array, RecordBatch};
use domain::diagnosis::{is_of, main_of};
use domain::{Amount, Municipalities, Period, Points, Urgency, Words};
use parquet::arrow::arrow_reader::RowSelection;
use register::parquet_file::{Reader, in_order};
use register::schema::{self, at};
use register::{FileError, stays};
use rulebook::{Facts, Quantity};

use crate::decode::{
    CLASSES, Home, Homes, MEASURED, READ, classes, facts, flags, ints, longs, maybe_ints, name,
    place_in_stay, stay_of, trust_of, word, words, years,
};
use crate::error::SettleError;
use crate::needs::Needs;
use crate::stay::Stay;

/// Number of rows that are decoded at a time.
const BATCH: usize = 1 << 16;
/// Number of keys that a thread collects before it counts equal ones.
const KEYS: usize = 1 << 20;
const UNKNOWN: u32 = u32::MAX;

/// The facts that the contacts of a cell have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    pub(crate) class: u32,
    pub(crate) drg: u32,
    /// Lowest age of the band; `None` if the age is unknown or [`Needs`] has no ages.
    pub age: Option<u16>,
    /// Number of [`Needs::days`] up to and including the day of discharge, and up to and including the day of
    /// admission. If no law dates contacts by admission, both numbers are for the discharge.
    pub(crate) dates: (u8, u8),
    /// `Unknown` unless [`Needs::urgency`] is set.
    pub urgency: Urgency,
    /// `false` unless [`Needs::readmission`] is set.
    pub readmitted: bool,
    /// Index in [`Cells::trusts`]; 0 unless [`Needs::trust`] is set.
    pub trust: u32,
    /// Main diagnosis: one of [`UNKNOWN_DIAGNOSIS`] and [`OTHER_DIAGNOSIS`], or place in [`Needs::diagnoses`] above them.
    pub(crate) diagnosis: u16,
}

/// The main diagnosis is missing, or [`Needs`] has none.
pub(crate) const UNKNOWN_DIAGNOSIS: u16 = 0;
/// The main diagnosis begins with none of [`Needs::diagnoses`].
pub(crate) const OTHER_DIAGNOSIS: u16 = 1;
/// Number of values below the places in [`Needs::diagnoses`].
pub(crate) const DIAGNOSES_FROM: u16 = 2;

/// A municipality, or an area, and the region that its people belong to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Code of the debtor; empty for people for whom no municipality is liable.
    pub debtor: String,
    /// Code of the regional authority; empty if it is not known, `undecided:region-…` if the residence is withheld.
    pub region: String,
}

/// Contacts of one group and one quantity in one municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Index in [`Cells::groups`].
    pub group: u32,
    /// Index in [`Cells::quantities`].
    pub quantity: u32,
    /// Number of rows: contacts, or counted figures.
    pub count: u32,
}

/// A contact of a stay that a ceiling may cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Episode {
    pub(crate) home: u32,
    pub(crate) group: u32,
    pub(crate) quantity: u32,
}

/// A patient who was reported ready for discharge.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) stay: Stay,
    /// Key of the stay if it has several contacts; 0 if it has one contact. In finished cells, a number from 1
    /// replaces the key, since the key comes from the extract.
    pub(crate) of_stay: i64,
    pub(crate) registered: u32,
    pub(crate) stays: u32,
    pub(crate) trust: u32,
    pub(crate) age: Option<u16>,
    /// Group of the contact. The contact itself may lie outside the period.
    pub(crate) group: u32,
}

/// The cells of a period.
#[derive(Debug, Clone, Default)]
pub struct Cells {
    pub(crate) period: Option<Period>,
    /// The distinctions that the cells keep.
    pub needs: Needs,
    /// Municipalities or areas.
    pub homes: Vec<Place>,
    /// Organisation numbers of trusts. For a contact without a trust, the entry is the unit if the patient was
    /// reported ready, and otherwise the empty text.
    pub trusts: Vec<String>,
    pub(crate) drgs: Vec<String>,
    pub groups: Vec<Group>,
    pub quantities: Vec<Quantity>,
    /// Index of the first cell of each municipality; the last entry is the number of cells.
    pub(crate) starts: Vec<usize>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) episodes: Vec<Vec<Episode>>,
    pub(crate) ready: Vec<Ready>,
    /// Rows in the period.
    pub contacts: u64,
    /// Rows outside the period.
    pub outside: u64,
    /// Whether rows are counts, on which no ceiling per stay can be computed.
    pub counted: bool,
    /// Whether the contacts are synthetic.
    pub synthetic: bool,
    /// People of a synthetic register, and the inhabitants that they are a sample of; `None` if nobody is left out.
    pub sample: Option<(u64, u64)>,
}

impl Cells {
    /// The period; `None` only in the default value.
    pub fn period(&self) -> Option<Period> {
        self.period
    }

    /// The cells of a municipality, by its index in [`Cells::homes`].
    pub fn of(&self, home: usize) -> &[Cell] {
        &self.cells[self.starts[home]..self.starts[home + 1]]
    }

    /// The facts of a group.
    pub fn facts(&self, group: &Group) -> Facts<'_> {
        let drg = self.drgs.get(group.drg as usize).map(String::as_str).filter(|drg| !drg.is_empty());
        facts(group.class as usize, drg, group.age)
    }

    /// The longest of [`Needs::diagnoses`] that a group's main diagnosis begins with; empty if it begins with none, `None` if
    /// the diagnosis is unknown.
    pub fn diagnosis(&self, group: &Group) -> Option<&str> {
        match group.diagnosis {
            UNKNOWN_DIAGNOSIS => None,
            OTHER_DIAGNOSIS => Some(""),
            place => self.needs.diagnoses.get(usize::from(place - DIAGNOSES_FROM)).map(String::as_str),
        }
    }

    /// Number of cells, without the contacts that are kept one by one.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there are no cells, and no contacts that are kept one by one.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.episodes.is_empty() && self.ready.is_empty()
    }

    /// Number of stays that are kept contact by contact.
    pub fn stays(&self) -> usize {
        self.episodes.len()
    }

    /// Counts the contacts of a period. `progress` is called after each row group, with the number of row
    /// groups done and the number of all row groups.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub fn count(
        reader: &Reader,
        municipalities: &Municipalities,
        period: Period,
        needs: &Needs,
        threads: usize,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Cells, SettleError> {
        let shared = Shared::new(reader, municipalities, period, needs, threads)?;
        let groups = reader.row_groups();
        let threads = threads.clamp(1, std::cmp::max(groups, 1));
        let lost = || SettleError::File(FileError::Worker { path: reader.path().to_path_buf() });
        let counters: Vec<std::sync::Mutex<Counter>> =
            (0..threads).map(|_| std::sync::Mutex::new(Counter::new(&shared))).collect();
        let work = |group: usize| -> Result<(), SettleError> {
            counters[group % threads].lock().map_err(|_| lost())?.group(group)
        };
        let take = |group: usize, ()| {
            progress(group + 1, groups);
            Ok(())
        };
        in_order(groups, threads, work, take, lost)?;
        let mut counted = Vec::new();
        for counter in counters {
            counted.push(counter.into_inner().map_err(|_| lost())?);
        }
        Ok(merged(&shared, counted))
    }
}

/// Input and settings that all threads share.
struct Shared<'a> {
    reader: &'a Reader,
    period: Period,
    needs: Needs,
    homes: Homes<'a>,
    counted: bool,
    columns: Vec<&'static str>,
    /// For each day from `first` on, the number of [`Needs::days`] up to and including that day.
    days: Vec<u8>,
    first: i32,
    inside: Vec<bool>,
    /// Keys of the contacts that are readmissions, in ascending order.
    readmitted: Vec<i64>,
}

impl<'a> Shared<'a> {
    fn new(
        reader: &'a Reader,
        municipalities: &'a Municipalities,
        period: Period,
        needs: &Needs,
        threads: usize,
    ) -> Result<Shared<'a>, SettleError> {
        let counted = reader.is_counted();
        let mut places = READ.to_vec();
        places.push(at::DISCHARGED_ON);
        let optional = [
            (needs.admission, at::ADMITTED_ON),
            (!needs.ages.is_empty(), at::AGE),
            (needs.urgency, at::URGENCY),
            (needs.readmission, at::CONTACT_ID),
            (needs.trust, at::TRUST),
            (needs.trust, at::UNIT),
            (!needs.diagnoses.is_empty(), at::DIAGNOSES),
        ];
        places.extend(optional.iter().filter(|(wanted, _)| *wanted).map(|(_, place)| *place));
        if needs.measured || counted {
            places.extend(MEASURED);
        }
        places.sort_unstable();
        let bounds = &needs.days;
        let first = bounds.first().map_or(0, |day| day.number());
        let last = bounds.last().map_or(0, |day| day.number());
        let days = (first..=last)
            .map(|number| narrow(bounds.partition_point(|day| day.number() <= number)))
            .collect();
        let mut inside = vec![false];
        inside.extend(bounds.iter().map(|day| period.holds(*day)));
        let readmitted = match needs.readmission {
            true => stays::readmitted(reader, threads)?,
            false => Vec::new(),
        };
        let homes = Homes::of(reader, municipalities, period);
        let columns = places.into_iter().map(name).collect();
        let needs = needs.clone();
        Ok(Shared { reader, period, needs, homes, counted, columns, days, first, inside, readmitted })
    }

    /// The number of [`Needs::days`] up to and including a day.
    #[inline]
    fn place(&self, day: i32) -> u8 {
        match self.days.get(day.wrapping_sub(self.first).cast_unsigned() as usize) {
            Some(place) => *place,
            None if day < self.first => 0,
            None => narrow(self.needs.days.len()),
        }
    }

    /// The [`Group::diagnosis`] of the diagnoses of a contact.
    fn diagnosis(&self, diagnoses: &str) -> u16 {
        let main = main_of(diagnoses);
        let wanted = &self.needs.diagnoses;
        let begins = |code: &(usize, &String)| main.starts_with(code.1.as_str());
        let longest = wanted.iter().enumerate().filter(begins).max_by_key(|(_, code)| code.len());
        match longest {
            Some((place, _)) => DIAGNOSES_FROM + narrow::<_, u16>(place),
            None if is_of(wanted, &main).is_none() => UNKNOWN_DIAGNOSIS,
            None => OTHER_DIAGNOSIS,
        }
    }

    fn band(&self, age: Option<u16>) -> usize {
        age.map_or(0, |age| 1 + self.needs.ages.partition_point(|limit| *limit <= age))
    }

    /// Lowest age of a band; `None` for band 0, which holds unknown ages.
    fn age(&self, band: usize) -> Option<u16> {
        match band {
            0 => None,
            1 => Some(0),
            band => self.needs.ages.get(band - 2).copied(),
        }
    }
}

/// A contact that waits until the other contacts of its stay are read.
struct Waiting {
    place: stays::Place,
    inside: bool,
    episode: Episode,
}

/// Distinctions between groups besides facts and age: both [`Group::dates`], urgency, readmission, trust and diagnosis.
type Extra = (u8, u8, Urgency, bool, u32, u16);

/// The worker of one thread. It numbers homes, words, groups and quantities in order of first use.
struct Counter<'a> {
    shared: &'a Shared<'a>,
    homes: Vec<Home>,
    codes: Words,
    drgs: Words,
    trusts: Words,
    groups: Vec<Group>,
    /// Number of each group, found by [`Extra`], then by age band and class, then by DRG.
    known: Vec<(Extra, Vec<Vec<u32>>)>,
    last: usize,
    quantities: Vec<Quantity>,
    quantity_numbers: BTreeMap<(i64, i64, i64, i64), u32>,
    keys: Vec<u64>,
    counts: Vec<(u64, u32)>,
    waiting: Vec<Waiting>,
    ready: Vec<Ready>,
    contacts: u64,
    outside: u64,
}

/// The columns of a batch, decoded.
struct Columns<'b> {
    class: Vec<u16>,
    drg: (&'b [i32], Vec<u32>),
    home: (&'b [i32], Vec<u32>),
    trust: (&'b [i32], Vec<u32>),
    urgency: (&'b [i32], Vec<Urgency>),
    diagnosis: (&'b [i32], Vec<u32>),
    points: &'b [i32],
    discharged: &'b [i32],
    admitted: &'b [i32],
    stay_rows: &'b [i32],
    contacts: &'b [i64],
    ages: Option<&'b arrow_array::Int32Array>,
    measured: Option<(&'b [i32], &'b [i32], &'b [i32])>,
}

impl<'a> Counter<'a> {
    fn new(shared: &'a Shared<'a>) -> Self {
        Counter {
            shared,
            homes: Vec::new(),
            codes: Words::default(),
            drgs: Words::default(),
            trusts: Words::default(),
            groups: Vec::new(),
            known: Vec::new(),
            last: 0,
            quantities: Vec::new(),
            quantity_numbers: BTreeMap::new(),
            keys: Vec::new(),
            counts: Vec::new(),
            waiting: Vec::new(),
            ready: Vec::new(),
            contacts: 0,
            outside: 0,
        }
    }

    fn home(&mut self, code: &str) -> u32 {
        let number = self.codes.number(code);
        if number as usize == self.homes.len() {
            self.homes.push(self.shared.homes.home(code));
        }
        number
    }

    fn mapped<'b>(
        &mut self,
        batch: &'b RecordBatch,
        place: usize,
        map: impl Fn(&mut Self, &str) -> u32,
    ) -> (&'b [i32], Vec<u32>) {
        let (keys, words) = words(batch, place);
        let words = words.into_iter().flatten().map(|word| map(self, word.unwrap_or(""))).collect();
        (keys, words)
    }

    fn columns<'b>(&mut self, batch: &'b RecordBatch) -> Columns<'b> {
        let needs = &self.shared.needs;
        let (urgency_keys, urgencies) = words(batch, at::URGENCY);
        let urgency = |word: Option<&str>| {
            word.and_then(|word| Urgency::from_word(word).ok()).unwrap_or(Urgency::Unknown)
        };
        Columns {
            class: classes(batch),
            drg: self.mapped(batch, at::DRG, |counter, word| counter.drgs.number(word)),
            home: self.mapped(batch, at::MUNICIPALITY_OF_REGISTRATION, Counter::home),
            trust: match needs.trust {
                true => self.mapped(batch, at::TRUST, |counter, word| counter.trusts.number(word)),
                false => (&[], Vec::new()),
            },
            diagnosis: match needs.diagnoses.is_empty() {
                true => (&[], Vec::new()),
                false => {
                    self.mapped(batch, at::DIAGNOSES, |counter, word| counter.shared.diagnosis(word).into())
                }
            },
            urgency: (urgency_keys, urgencies.into_iter().flatten().map(urgency).collect()),
            points: ints(batch, at::POINTS),
            discharged: ints(batch, at::DISCHARGED_ON),
            admitted: if needs.admission { ints(batch, at::ADMITTED_ON) } else { &[] },
            stay_rows: ints(batch, at::STAY_ROWS),
            contacts: if needs.readmission { longs(batch, at::CONTACT_ID) } else { &[] },
            ages: if needs.ages.is_empty() { None } else { maybe_ints(batch, at::AGE) },
            measured: (needs.measured || self.shared.counted)
                .then(|| (ints(batch, at::BED_DAYS), ints(batch, at::CONTACTS), ints(batch, at::FEE))),
        }
    }

    fn group(&mut self, group: usize) -> Result<(), SettleError> {
        let shared = self.shared;
        let path = shared.reader.path();
        let mut second = Vec::new();
        let mut start = 0;
        for batch in shared.reader.read(group, &shared.columns, BATCH, None)? {
            let batch = batch.map_err(FileError::arrow(path))?;
            let columns = self.columns(&batch);
            let ready = flags(&batch, at::REPORTED_READY);
            for row in 0..batch.num_rows() {
                let waits = columns.stay_rows[row] > 1 && shared.needs.ceiling.is_some() && !shared.counted;
                if waits || ready.is_some_and(|ready| ready.value(row)) {
                    second.push(start + row);
                }
                if !waits && self.inside(&columns, row) {
                    let episode = self.row(&columns, row);
                    self.push(episode);
                }
            }
            start += batch.num_rows();
        }
        self.second_pass(group, &second)
    }

    /// The [`Group::dates`] of a row. Without a column of admission, the discharge stands for both.
    #[inline]
    fn dates(&self, columns: &Columns, row: usize) -> (u8, u8) {
        let discharged = self.shared.place(columns.discharged[row]);
        (discharged, columns.admitted.get(row).map_or(discharged, |day| self.shared.place(*day)))
    }

    /// Whether a row lies in the period. The call also counts the row as inside or outside.
    #[inline]
    fn inside(&mut self, columns: &Columns, row: usize) -> bool {
        let (discharged, admitted) = self.dates(columns, row);
        let inside = self.shared.inside[usize::from(discharged)] || self.shared.inside[usize::from(admitted)];
        self.contacts += u64::from(inside);
        self.outside += u64::from(!inside);
        inside
    }

    /// Municipality, group and quantity of a row.
    #[inline]
    fn row(&mut self, columns: &Columns, row: usize) -> Episode {
        let shared = self.shared;
        let (discharged, admitted) = self.dates(columns, row);
        let age = columns.ages.filter(|ages| ages.is_valid(row)).map(|ages| years(ages.value(row)));
        let band = shared.band(age);
        let drg = columns.drg.1[narrow::<_, usize>(columns.drg.0[row])];
        let urgency = match shared.needs.urgency {
            true => columns.urgency.1[narrow::<_, usize>(columns.urgency.0[row])],
            false => Urgency::Unknown,
        };
        let readmitted =
            columns.contacts.get(row).is_some_and(|contact| shared.readmitted.binary_search(contact).is_ok());
        let trust = match shared.needs.trust {
            true => columns.trust.1[narrow::<_, usize>(columns.trust.0[row])],
            false => 0,
        };
        let diagnosis = match columns.diagnosis.0.get(row) {
            Some(key) => narrow(columns.diagnosis.1[narrow::<_, usize>(*key)]),
            None => UNKNOWN_DIAGNOSIS,
        };
        let extra = (discharged, admitted, urgency, readmitted, trust, diagnosis);
        let group = self.group_number(extra, band, columns.class[row], drg);
        let home = columns.home.1[narrow::<_, usize>(columns.home.0[row])];
        let points = i64::from(columns.points[row]);
        let quantity = match columns.measured {
            None => columns.points[row].unsigned_abs(),
            Some((days, contacts, fees)) => {
                self.quantity(points, i64::from(days[row]), i64::from(contacts[row]), i64::from(fees[row]))
            }
        };
        Episode { home, group, quantity }
    }

    #[inline]
    fn group_number(&mut self, extra: Extra, band: usize, class: u16, drg: u32) -> u32 {
        let bands = self.shared.needs.ages.len() + 2;
        if self.known.get(self.last).is_none_or(|(known, _)| *known != extra) {
            self.last = match self.known.iter().position(|(known, _)| *known == extra) {
                Some(place) => place,
                None => {
                    self.known.push((extra, vec![Vec::new(); CLASSES * bands]));
                    self.known.len() - 1
                }
            };
        }
        let row = &mut self.known[self.last].1[band * CLASSES + usize::from(class)];
        if row.len() <= drg as usize {
            row.resize(drg as usize + 1, UNKNOWN);
        }
        let number = &mut row[drg as usize];
        if *number == UNKNOWN {
            *number = narrow(self.groups.len());
            let (discharged, admitted, urgency, readmitted, trust, diagnosis) = extra;
            let (dates, age, class) = ((discharged, admitted), self.shared.age(band), u32::from(class));
            self.groups.push(Group { class, drg, age, dates, urgency, readmitted, trust, diagnosis });
        }
        *number
    }

    fn quantity(&mut self, points: i64, bed_days: i64, contacts: i64, fee: i64) -> u32 {
        let counted = self.shared.counted;
        let (quantities, next) = (&mut self.quantities, narrow(self.quantity_numbers.len()));
        *self.quantity_numbers.entry((points, bed_days, contacts, fee)).or_insert_with(|| {
            let (points, fee) = (Points::from_milli(points), Amount::from_ore(fee));
            quantities.push(Quantity { points, bed_days, contacts, counted, fee });
            next
        })
    }

    #[inline]
    fn push(&mut self, episode: Episode) {
        self.keys.push(key_of(episode));
        if self.keys.len() >= KEYS {
            self.count_keys();
        }
    }

    fn count_keys(&mut self) {
        self.keys.sort_unstable();
        let runs = self.keys.chunk_by(|one, other| one == other);
        self.counts.extend(runs.map(|run| (run[0], narrow(run.len()))));
        self.keys.clear();
    }

    /// Reads the rows that need more columns: contacts of stays that a ceiling may cut, and readiness events.
    fn second_pass(&mut self, group: usize, rows: &[usize]) -> Result<(), SettleError> {
        let shared = self.shared;
        if rows.is_empty() {
            return Ok(());
        }
        let mut columns = shared.columns.clone();
        columns.extend(
            [
                at::CONTACT_ID,
                at::STAY_ID,
                at::ADMITTED,
                at::DISCHARGED,
                at::MUNICIPALITY_OF_STAY,
                at::EVENTS,
                at::TRUST,
                at::UNIT,
                at::AGE,
            ]
            .map(name),
        );
        let selection = RowSelection::from_consecutive_ranges(
            rows.chunk_by(|one, next| *next == one + 1).map(|run| run[0]..run[0] + run.len()),
            shared.reader.rows_in(group),
        );
        for batch in shared.reader.read(group, &columns, BATCH, Some(selection))? {
            let batch = batch.map_err(FileError::arrow(shared.reader.path()))?;
            let decoded = self.columns(&batch);
            let ready = flags(&batch, at::REPORTED_READY);
            for row in 0..batch.num_rows() {
                if ready.is_some_and(|ready| ready.value(row)) {
                    let group = self.row(&decoded, row).group;
                    self.ready(&batch, row, decoded.stay_rows[row] > 1, group);
                }
                let waits = decoded.stay_rows[row] > 1 && shared.needs.ceiling.is_some() && !shared.counted;
                if waits {
                    let (inside, episode) = (self.inside(&decoded, row), self.row(&decoded, row));
                    self.waiting.push(Waiting { place: place_in_stay(&batch, row), inside, episode });
                }
            }
        }
        Ok(())
    }

    fn ready(&mut self, batch: &RecordBatch, row: usize, is_of_several: bool, group: u32) {
        let stay = stay_of(batch, row);
        let (from, to) = (self.shared.period.from().start(), self.shared.period.to().next().start());
        // A stay outside the period has no payable day in the period.
        if stay.departed_at < from || stay.admitted_at >= to {
            return;
        }
        let ages: Option<&arrow_array::Int32Array> = maybe_ints(batch, at::AGE);
        let age = ages.filter(|ages| ages.is_valid(row)).map(|ages| years(ages.value(row)));
        let registered = self.home(word(batch, at::MUNICIPALITY_OF_REGISTRATION, row));
        let stays = self.home(word(batch, at::MUNICIPALITY_OF_STAY, row));
        let trust = self.trusts.number(trust_of(batch, row));
        let of_stay = if is_of_several { longs(batch, at::STAY_ID)[row] } else { 0 };
        self.ready.push(Ready { stay, of_stay, registered, stays, trust, age, group });
    }
}

/// Distinct things in ascending order. The rank of a thing does not depend on which thread met it first.
struct Ranked<T> {
    all: Vec<T>,
}

impl<T: Ord + Clone> Ranked<T> {
    fn of<'t>(things: impl Iterator<Item = &'t T>) -> Ranked<T>
    where
        T: 't,
    {
        let mut all: Vec<T> = things.cloned().collect();
        all.sort();
        all.dedup();
        Ranked { all }
    }

    fn rank(&self, thing: &T) -> u32 {
        narrow(self.all.partition_point(|other| other < thing))
    }

    fn ranks<'t>(&self, things: impl IntoIterator<Item = &'t T>) -> Vec<u32>
    where
        T: 't,
    {
        things.into_iter().map(|thing| self.rank(thing)).collect()
    }
}

/// A quantity as a key that can be ordered: points in thousandths, bed days, contacts, fee in øre.
type Measure = (i64, i64, i64, i64);

fn measure(quantity: &Quantity) -> Measure {
    (quantity.points.milli(), quantity.bed_days, quantity.contacts, quantity.fee.ore())
}

/// Ranks of everything that the threads met: the same for any number of threads.
struct Ranks {
    homes: Ranked<Home>,
    drgs: Ranked<String>,
    trusts: Ranked<String>,
    groups: Ranked<Group>,
    measures: Vec<Measure>,
    /// Rank of each quantity, indexed by its points in thousandths; empty unless contacts are priced by points alone.
    by_points: Vec<u32>,
}

impl Ranks {
    /// The ranks; and the groups of each counter, with DRG and trust replaced by their ranks.
    fn of(shared: &Shared, counters: &[Counter]) -> (Ranks, Vec<Vec<Group>>) {
        let everyone = shared.homes.all();
        let homes = Ranked::of(counters.iter().flat_map(|counter| &counter.homes).chain(&everyone));
        let drgs = Ranked::of(counters.iter().flat_map(|counter| counter.drgs.all()));
        let trusts = Ranked::of(counters.iter().flat_map(|counter| counter.trusts.all()));
        let mut groups: Vec<Vec<Group>> = Vec::new();
        for counter in counters {
            let (drg, trust) = (drgs.ranks(counter.drgs.all()), trusts.ranks(counter.trusts.all()));
            let renumbered = counter.groups.iter().map(|group| Group {
                drg: drg[group.drg as usize],
                trust: if shared.needs.trust { trust[group.trust as usize] } else { 0 },
                ..*group
            });
            groups.push(renumbered.collect());
        }
        let (measures, by_points) = measures(shared, counters);
        let all = Ranked::of(groups.iter().flatten());
        (Ranks { homes, drgs, trusts, groups: all, measures, by_points }, groups)
    }

    fn quantity(&self, counter: &Counter, number: u32) -> u32 {
        match counter.quantities.get(number as usize) {
            Some(quantity) => {
                let wanted = measure(quantity);
                narrow(self.measures.partition_point(|other| *other < wanted))
            }
            None => self.by_points.get(number as usize).copied().unwrap_or(0),
        }
    }
}

fn measures(shared: &Shared, counters: &[Counter]) -> (Vec<Measure>, Vec<u32>) {
    let mut measures: Vec<Measure> = Vec::new();
    if shared.needs.measured || shared.counted {
        measures.extend(counters.iter().flat_map(|counter| &counter.quantities).map(measure));
        measures.sort_unstable();
        measures.dedup();
        return (measures, Vec::new());
    }
    let quantities = |counter: &Counter| -> Vec<u32> {
        let cells = counter.counts.iter().map(|(key, _)| (key & 0xFFF_FFFF) as u32);
        cells.chain(counter.waiting.iter().map(|waiting| waiting.episode.quantity)).collect()
    };
    let mut by_points: Vec<u32> = Vec::new();
    for milli in counters.iter().flat_map(quantities) {
        if by_points.len() <= milli as usize {
            by_points.resize(milli as usize + 1, UNKNOWN);
        }
        by_points[milli as usize] = 0;
    }
    for (milli, rank) in by_points.iter_mut().enumerate().filter(|(_, rank)| **rank != UNKNOWN) {
        *rank = narrow(measures.len());
        measures.push((milli as i64, 0, 1, 0));
    }
    (measures, by_points)
}

/// Merges the counts of all threads under their [`Ranks`], so that any number of threads gives the same cells.
fn merged(shared: &Shared, mut counters: Vec<Counter>) -> Cells {
    counters.iter_mut().for_each(Counter::count_keys);
    let (ranks, all_groups) = Ranks::of(shared, &counters);
    let mut cells: Vec<(u64, u32)> = Vec::new();
    let mut waiting: Vec<Waiting> = Vec::new();
    let mut out = Cells::default();
    for (mut counter, own_groups) in counters.into_iter().zip(&all_groups) {
        let home = ranks.homes.ranks(&counter.homes);
        let group = ranks.groups.ranks(own_groups);
        let trust = ranks.trusts.ranks(counter.trusts.all());
        cells.extend(counter.counts.iter().map(|(key, count)| {
            let episode = Episode {
                home: home[(key >> 52) as usize],
                group: group[(key >> 28 & 0xFF_FFFF) as usize],
                quantity: ranks.quantity(&counter, (key & 0xFFF_FFFF) as u32),
            };
            (key_of(episode), *count)
        }));
        for mut one in std::mem::take(&mut counter.waiting) {
            let Episode { home: h, group: g, quantity: q } = one.episode;
            let quantity = ranks.quantity(&counter, q);
            one.episode = Episode { home: home[h as usize], group: group[g as usize], quantity };
            waiting.push(one);
        }
        out.ready.extend(counter.ready.into_iter().map(|one| Ready {
            registered: home[one.registered as usize],
            stays: home[one.stays as usize],
            trust: trust[one.trust as usize],
            group: group[one.group as usize],
            ..one
        }));
        out.contacts += counter.contacts;
        out.outside += counter.outside;
    }
    out.period = Some(shared.period);
    out.needs = shared.needs.clone();
    out.counted = shared.counted;
    out.synthetic = shared.reader.footer().get(schema::SYNTHETIC_KEY).is_some_and(|yes| yes == "yes");
    out.sample = schema::sample_of(shared.reader.footer());
    let place = |home: Home| Place { debtor: home.debtor, region: home.region };
    out.homes = ranks.homes.all.into_iter().map(place).collect();
    (out.drgs, out.trusts, out.groups) = (ranks.drgs.all, ranks.trusts.all, ranks.groups.all);
    let quantity = |(points, bed_days, contacts, fee): &Measure| Quantity {
        points: Points::from_milli(*points),
        bed_days: *bed_days,
        contacts: *contacts,
        counted: shared.counted,
        fee: Amount::from_ore(*fee),
    };
    out.quantities = ranks.measures.iter().map(quantity).collect();
    whole_stays(&mut out, waiting, &mut cells);
    settled_in_place(&mut out, cells);
    // This order does not depend on the number of threads.
    out.ready.sort_by_key(|one| {
        let Ready { stay, of_stay, registered, stays, trust, age, group } = one;
        (*of_stay, stay.admitted_at, *registered, *stays, *trust, stay.departed_at, *age, *group)
    });
    let (mut last, mut number) = (0, 0);
    for one in out.ready.iter_mut().filter(|one| one.of_stay != 0) {
        number += i64::from(one.of_stay != last);
        (last, one.of_stay) = (one.of_stay, number);
    }
    out
}

/// The key of a cell: municipality from bit 52, group in 24 bits from bit 28, quantity in the lowest 28 bits.
fn key_of(episode: Episode) -> u64 {
    let fits = episode.home < 1 << 12 && episode.group < 1 << 24 && episode.quantity < 1 << 28;
    assert!(
        fits,
        "a cell of more municipalities, groups or quantities than its key has room for: {episode:?}"
    );
    u64::from(episode.home) << 52 | u64::from(episode.group) << 28 | u64::from(episode.quantity)
}

/// Keeps, contact by contact, the stays that the lowest ceiling may cut. Contacts of other stays become cells.
fn whole_stays(out: &mut Cells, mut waiting: Vec<Waiting>, cells: &mut Vec<(u64, u32)>) {
    for stay in stays::together(&mut waiting, |one| one.place) {
        let points = |one: &Waiting| out.quantities[one.episode.quantity as usize].points.milli();
        let total = Points::from_milli(stay.iter().map(points).sum());
        // Contacts outside the period use up the ceiling too, so a stay with one contact inside the period is kept
        // whole.
        if out.needs.ceiling.is_some_and(|ceiling| total > ceiling) && stay.iter().any(|one| one.inside) {
            out.episodes.push(stay.iter().map(|one| one.episode).collect());
            continue;
        }
        cells.extend(stay.iter().filter(|one| one.inside).map(|one| (key_of(one.episode), 1)));
    }
}

fn settled_in_place(out: &mut Cells, mut cells: Vec<(u64, u32)>) {
    cells.sort_unstable();
    cells.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            kept.1 += later.1;
        }
        same
    });
    out.starts = Vec::with_capacity(out.homes.len() + 1);
    let mut at = 0;
    for home in 0..=out.homes.len() as u64 {
        at += cells[at..].partition_point(|(key, _)| key >> 52 < home);
        out.starts.push(at);
    }
    out.cells = cells
        .into_iter()
        .map(|(key, count)| Cell {
            group: (key >> 28 & 0xFF_FFFF) as u32,
            quantity: (key & 0xFFF_FFFF) as u32,
            count,
        })
        .collect();
}
