//! One pass over the register for all indicators: what each municipality has of each, by month and by age.
//!
//! Every group of an indicator is a bit. A column's words are asked once for each batch which groups they may belong
//! to; a row belongs to those that all its columns agree on. Stays are put together afterwards, since a readmission is
//! a matter of two of them.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type, Int64Type};
use arrow_array::{Array, BooleanArray, RecordBatch};
use domain::{Day, Month, Municipalities, Period, Residence};
use register::FileError;
use register::parquet_file::{Reader, in_order};
use register::schema::{COLUMNS, at};

use crate::indicator::{Followed, Group, Indicator, Measure, Of, diagnosed};

/// Ages at which bands begin: five years each, as the European standard has them.
pub const BANDS: [u16; 19] = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90];
/// Bands, and one for those whose age is not told.
pub const STRATA: usize = BANDS.len() + 1;
/// Groups that one pass can tell apart.
const MOST: usize = 64;
/// Rows that are decoded at a time.
const BATCH: usize = 1 << 16;
const DAY: i32 = 24 * 60;

/// The band of an age.
pub fn band(age: Option<u16>) -> usize {
    age.map_or(BANDS.len(), |age| BANDS.partition_point(|from| *from <= age) - 1)
}

/// What parties pay for a contact, in øre: municipality for treatment, municipality for days of those who were ready,
/// state.
pub type Ore = [i64; 3];

/// What was charged for contacts, by contact and in order.
#[derive(Debug, Clone, Default)]
pub struct Charged {
    rows: Vec<(i64, Ore)>,
}

impl Charged {
    /// From charges in any order: contact, which of the three, øre.
    pub fn of(charges: impl Iterator<Item = (i64, usize, i64)>) -> Charged {
        let mut rows: Vec<(i64, Ore)> = Vec::new();
        for (contact, which, ore) in charges {
            let mut amounts = [0; 3];
            amounts[which] = ore;
            rows.push((contact, amounts));
        }
        rows.sort_unstable();
        rows.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1.iter_mut().zip(later.1).for_each(|(sum, one)| *sum += one);
            }
            same
        });
        Charged { rows }
    }

    fn of_contact(&self, contact: i64) -> Ore {
        self.rows
            .binary_search_by_key(&contact, |(known, _)| *known)
            .map_or([0; 3], |place| self.rows[place].1)
    }
}

/// A group of an indicator.
#[derive(Debug, Clone)]
struct Counter {
    group: Group,
    of: Of,
}

/// Sums by group and municipality, some of them by age or month too.
#[derive(Debug, Clone)]
struct Sums {
    by_age: Vec<i64>,
    by_month: Vec<i64>,
    /// Stays or contacts, where the quantity is their days.
    events_by_age: Vec<i64>,
    events_by_month: Vec<i64>,
    /// Squares of quantities.
    squares: Vec<i64>,
    ore: Vec<Ore>,
}

impl Sums {
    fn new(cells: usize, months: usize) -> Sums {
        Sums {
            by_age: vec![0; cells * STRATA],
            by_month: vec![0; cells * months],
            events_by_age: vec![0; cells * STRATA],
            events_by_month: vec![0; cells * months],
            squares: vec![0; cells],
            ore: vec![[0; 3]; cells],
        }
    }

    fn add(&mut self, other: Sums) {
        add_each(&mut self.by_age, other.by_age);
        add_each(&mut self.by_month, other.by_month);
        add_each(&mut self.events_by_age, other.events_by_age);
        add_each(&mut self.events_by_month, other.events_by_month);
        add_each(&mut self.squares, other.squares);
        self.ore.iter_mut().zip(other.ore).for_each(|(sum, one)| add(sum, one));
    }

    /// The same of `after` places instead of `before`, where `of` tells which each belongs to.
    fn grouped(&self, before: usize, after: usize, of: &[usize], months: usize) -> Sums {
        let cell = |cell: usize| cell / before * after + of[cell % before];
        let sum = |values: &[i64], each: usize| {
            let mut out = vec![0; values.len() / before.max(1) * after];
            for (place, value) in values.iter().enumerate() {
                out[cell(place / each) * each + place % each] += value;
            }
            out
        };
        let mut ore = vec![[0; 3]; self.ore.len() / before.max(1) * after];
        self.ore.iter().enumerate().for_each(|(place, amounts)| add(&mut ore[cell(place)], *amounts));
        Sums {
            by_age: sum(&self.by_age, STRATA),
            by_month: sum(&self.by_month, months),
            events_by_age: sum(&self.events_by_age, STRATA),
            events_by_month: sum(&self.events_by_month, months),
            squares: sum(&self.squares, 1),
            ore,
        }
    }
}

/// What was counted.
#[derive(Debug, Clone)]
pub struct Counts {
    /// Municipalities of the period's first day, in order.
    pub homes: Vec<String>,
    /// Months of the period.
    pub months: Vec<Month>,
    /// Place of each indicator's numerator and denominator among the groups.
    places: Vec<Places>,
    sums: Sums,
    /// Events and squares of each person's events, in the country, by group and age.
    persons: Vec<(i64, i64)>,
    /// Rows that could not be asked, by group.
    pub untested: Vec<i64>,
    /// Contacts in the period of no municipality of it.
    pub outside: i64,
    /// Contacts in the period.
    pub contacts: u64,
    /// Whether nobody real stands behind them.
    pub synthetic: bool,
    /// Last day that anything ended.
    pub last: Option<Day>,
}

/// Which of an indicator's two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Above the line.
    Numerator,
    /// Below it.
    Denominator,
}

impl Counts {
    fn place(&self, indicator: usize, side: Side) -> Option<usize> {
        let (numerator, denominator) = self.places[indicator];
        match side {
            Side::Numerator => (numerator != usize::MAX).then_some(numerator),
            Side::Denominator => denominator,
        }
    }

    /// What a municipality has, by age band; `None` where the group is not counted.
    pub fn of(&self, indicator: usize, side: Side, home: usize) -> Option<&[i64]> {
        let at = (self.place(indicator, side)? * self.homes.len() + home) * STRATA;
        Some(&self.sums.by_age[at..at + STRATA])
    }

    /// What a municipality has, by month.
    pub fn months_of(&self, indicator: usize, side: Side, home: usize) -> Option<&[i64]> {
        let at = (self.place(indicator, side)? * self.homes.len() + home) * self.months.len();
        Some(&self.sums.by_month[at..at + self.months.len()])
    }

    /// Stays or contacts behind a municipality's numerator, by age band.
    pub fn events_of(&self, indicator: usize, home: usize) -> Option<&[i64]> {
        let at = (self.place(indicator, Side::Numerator)? * self.homes.len() + home) * STRATA;
        Some(&self.sums.events_by_age[at..at + STRATA])
    }

    /// The same by month.
    pub fn event_months_of(&self, indicator: usize, home: usize) -> Option<&[i64]> {
        let at = (self.place(indicator, Side::Numerator)? * self.homes.len() + home) * self.months.len();
        Some(&self.sums.events_by_month[at..at + self.months.len()])
    }

    /// Squares of what each of a municipality's counts, added up.
    pub fn squares_of(&self, indicator: usize, home: usize) -> i64 {
        self.place(indicator, Side::Numerator)
            .map_or(0, |place| self.sums.squares[place * self.homes.len() + home])
    }

    /// What was charged for a municipality's stays or contacts. Of stays that something followed, it is for what followed.
    pub fn ore_of(&self, indicator: usize, side: Side, home: usize) -> Ore {
        self.place(indicator, side).map_or([0; 3], |place| self.sums.ore[place * self.homes.len() + home])
    }

    /// How much more than by themselves events come, of an age in the country, since some are of the same person:
    /// the squares of each person's events, divided by the events. 1 where each has one.
    pub fn clustering(&self, indicator: usize, stratum: usize) -> f64 {
        let Some(place) = self.place(indicator, Side::Numerator) else { return 1.0 };
        let (events, squares) = self.persons[place * STRATA + stratum];
        if events > 0 { squares as f64 / events as f64 } else { 1.0 }
    }

    /// The same counted together, by groups of municipalities; `of` tells which group each belongs to.
    #[must_use]
    pub fn grouped(&self, names: Vec<String>, of: &[usize]) -> Counts {
        Counts {
            sums: self.sums.grouped(self.homes.len(), names.len(), of, self.months.len()),
            homes: names,
            months: self.months.clone(),
            places: self.places.clone(),
            persons: self.persons.clone(),
            untested: self.untested.clone(),
            ..*self
        }
    }

    /// Rows that could not be asked about an indicator.
    pub fn untested_of(&self, indicator: usize) -> i64 {
        let places = [Side::Numerator, Side::Denominator].map(|side| self.place(indicator, side));
        places.into_iter().flatten().map(|place| self.untested[place]).sum()
    }
}

/// Counts that are asked for more than can be told apart.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    /// Too many groups.
    #[error("{0} groups are asked for, and at most {MOST} can be counted at a time: choose fewer indicators")]
    TooMany(usize),
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Whose stays and contacts are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Those who live in a municipality.
    Residence,
    /// Those whom a trust or private institution treated.
    Treating,
}

/// The trusts and institutions of a file, in order.
///
/// # Errors
/// If the file cannot be read.
pub fn treating(reader: &Reader) -> Result<Vec<String>, FileError> {
    let mut out: BTreeSet<String> = BTreeSet::new();
    for group in 0..reader.row_groups() {
        for batch in reader.read(group, &[name(at::TRUST)], BATCH, None)? {
            let batch = batch.map_err(FileError::arrow(reader.path()))?;
            let (keys, named) = words(&batch, at::TRUST, |_| ());
            let mut seen = vec![false; named.len()];
            keys.iter().for_each(|key| seen[*key as usize] = true);
            let column =
                batch.column_by_name(name(at::TRUST)).and_then(|c| c.as_dictionary_opt::<Int32Type>());
            let values = column.and_then(|column| column.values().as_string_opt::<i32>());
            let met = values.into_iter().flatten().zip(seen).filter(|(_, seen)| *seen);
            out.extend(met.filter_map(|(word, _)| word).filter(|word| !word.is_empty()).map(str::to_owned));
        }
    }
    Ok(out.into_iter().collect())
}

/// Counts indicators in a period. `told` hears how many row groups of how many are done.
///
/// # Errors
/// If the file cannot be read, or too many indicators are asked for.
pub fn count(
    reader: &Reader,
    municipalities: &Municipalities,
    period: Period,
    (indicators, by): (&[Indicator], By),
    charged: &Charged,
    threads: usize,
    mut told: impl FnMut(usize, usize),
) -> Result<Counts, CountError> {
    let (counters, places) = counters(indicators)?;
    let homes: Vec<String> = match by {
        By::Residence => municipalities.on(period.from()).map(|(_, row)| row.code.clone()).collect(),
        By::Treating => treating(reader)?,
    };
    let months: Vec<Month> = period.months().collect();
    let desk =
        Desk { counters: &counters, municipalities, period, by, charged, homes: &homes, months: &months };
    let groups = reader.row_groups();
    let lost = || FileError::Worker { path: reader.path().to_path_buf() };
    let mut tally = Tally::new(&desk);
    let mut rows: Vec<Row> = Vec::new();
    in_order(
        groups,
        threads,
        |group| desk.group(reader, group),
        |group, (piece, stays): (Tally, Vec<Row>)| {
            tally.add(piece);
            rows.extend(stays);
            told(group + 1, groups);
            Ok(())
        },
        lost,
    )?;
    desk.stays(rows, &mut tally);
    Ok(finished(desk, tally, reader, places))
}

/// Places of an indicator's groups.
type Places = (usize, Option<usize>);

fn counters(indicators: &[Indicator]) -> Result<(Vec<Counter>, Vec<Places>), CountError> {
    let mut counters: Vec<Counter> = Vec::new();
    let mut place = |group: &Group, of: Of| {
        let same = counters.iter().position(|known| known.group == *group && known.of == of);
        same.unwrap_or_else(|| {
            counters.push(Counter { group: group.clone(), of });
            counters.len() - 1
        })
    };
    let places = indicators.iter().map(|one| match one.lacking {
        Some(_) => (usize::MAX, None),
        None => {
            let denominator = one.denominator.as_ref().map(|group| place(group, one.of));
            (place(&one.numerator, one.of), denominator)
        }
    });
    let places: Vec<Places> = places.collect();
    if counters.len() > MOST {
        return Err(CountError::TooMany(counters.len()));
    }
    Ok((counters, places))
}

fn finished(desk: Desk, tally: Tally, reader: &Reader, places: Vec<Places>) -> Counts {
    let footer = reader.footer().get(register::schema::SYNTHETIC_KEY);
    let mut persons = vec![(0, 0); desk.counters.len() * STRATA];
    let mut keys = tally.persons;
    keys.sort_unstable();
    for run in keys.chunk_by(|one, other| one == other) {
        let (counter, stratum) = ((run[0] & 63) as usize, (run[0] >> 6 & 63) as usize);
        let sum = &mut persons[counter * STRATA + stratum];
        sum.0 += run.len() as i64;
        sum.1 += (run.len() * run.len()) as i64;
    }
    Counts {
        homes: desk.homes.to_vec(),
        months: desk.months.to_vec(),
        places,
        sums: tally.sums,
        persons,
        untested: tally.untested,
        outside: tally.outside,
        contacts: tally.contacts,
        synthetic: footer.is_some_and(|yes| yes == "yes"),
        last: (tally.last > i32::MIN).then(|| Day::from_number(tally.last)),
    }
}

/// What every thread shares.
struct Desk<'a> {
    counters: &'a [Counter],
    municipalities: &'a Municipalities,
    period: Period,
    by: By,
    charged: &'a Charged,
    homes: &'a [String],
    months: &'a [Month],
}

/// Sums of a row group, or of all.
struct Tally {
    sums: Sums,
    /// A person's hash, the age band and the group, of each event.
    persons: Vec<u64>,
    untested: Vec<i64>,
    outside: i64,
    contacts: u64,
    last: i32,
}

impl Tally {
    fn new(desk: &Desk) -> Tally {
        Tally {
            sums: Sums::new(desk.counters.len() * desk.homes.len(), desk.months.len()),
            persons: Vec::new(),
            untested: vec![0; desk.counters.len()],
            outside: 0,
            contacts: 0,
            last: i32::MIN,
        }
    }

    fn add(&mut self, other: Tally) {
        self.sums.add(other.sums);
        add_each(&mut self.untested, other.untested);
        self.persons.extend(other.persons);
        self.outside += other.outside;
        self.contacts += other.contacts;
        self.last = self.last.max(other.last);
    }
}

fn add_each(sums: &mut [i64], values: Vec<i64>) {
    sums.iter_mut().zip(values).for_each(|(sum, one)| *sum += one);
}

fn add(sum: &mut Ore, one: Ore) {
    sum.iter_mut().zip(one).for_each(|(sum, one)| *sum += one);
}

/// A contact overnight, before it is known what stay it is part of.
#[derive(Debug, Clone, Copy)]
struct Row {
    person: i64,
    stay: i64,
    contact: i64,
    admitted: i32,
    discharged: i32,
    /// Groups that its own facts allow, and those that they cannot tell.
    mask: u64,
    unknown: u64,
    home: u16,
    stratum: u8,
    acute: bool,
    bed_days: i32,
    ore: Ore,
}

/// What a row counts beside one.
#[derive(Clone, Copy)]
struct Worth {
    bed_days: i64,
    waiting_days: i64,
    /// How many contacts it stands for.
    contacts: i64,
    /// What was charged for it.
    ore: Ore,
}

const NOWHERE: u16 = u16::MAX;

/// Groups that a word of a column allows, and those that it cannot tell.
type Allowed = (u64, u64);

/// The columns that words are read from.
const WORDS: [usize; 8] = [
    at::SECTOR,
    at::CARE_LEVEL,
    at::SERVICE,
    at::DRG_TYPE,
    at::URGENCY,
    at::REFERRAL_REASON,
    at::REFERRED_FROM,
    at::DIAGNOSES,
];

const OTHERS: [usize; 16] = [
    at::CONTACT_ID,
    at::STAY_ID,
    at::PERSON_ID,
    at::ADMITTED,
    at::DISCHARGED,
    at::ADMITTED_ON,
    at::DISCHARGED_ON,
    at::MUNICIPALITY_OF_REGISTRATION,
    at::TRUST,
    at::AGE,
    at::SEX,
    at::BED_DAYS,
    at::CONTACTS,
    at::REPORTED_READY,
    at::REFERRED_ON,
    at::DEADLINE_ON,
];

fn name(place: usize) -> &'static str {
    COLUMNS[place].name
}

fn ints(batch: &RecordBatch, place: usize) -> Option<&arrow_array::Int32Array> {
    batch.column_by_name(name(place))?.as_primitive_opt::<Int32Type>()
}

fn days(batch: &RecordBatch, place: usize) -> Option<&arrow_array::Date32Array> {
    batch.column_by_name(name(place))?.as_primitive_opt::<Date32Type>()
}

fn longs(batch: &RecordBatch, place: usize) -> Option<&arrow_array::Int64Array> {
    batch.column_by_name(name(place))?.as_primitive_opt::<Int64Type>()
}

/// A column of words: the key of each row, and what each key's word maps to. Where the column is missing all rows
/// have the empty word.
fn words<T: Copy>(batch: &RecordBatch, place: usize, map: impl Fn(&str) -> T) -> (Vec<u32>, Vec<T>) {
    let column = batch.column_by_name(name(place)).and_then(|column| column.as_dictionary_opt::<Int32Type>());
    let Some((column, values)) = column.and_then(|c| Some((c, c.values().as_string_opt::<i32>()?))) else {
        return (vec![0; batch.num_rows()], vec![map("")]);
    };
    let mut mapped: Vec<T> = values.iter().map(|word| map(word.unwrap_or(""))).collect();
    mapped.push(map(""));
    let none = mapped.len() as u32 - 1;
    let keys = column.keys();
    let key = |row: usize| if column.is_valid(row) { keys.value(row) as u32 } else { none };
    ((0..batch.num_rows()).map(key).collect(), mapped)
}

impl Desk<'_> {
    /// Groups for which something holds.
    fn groups(&self, holds: impl Fn(&Counter) -> bool) -> u64 {
        self.counters.iter().enumerate().map(|(place, one)| u64::from(holds(one)) << place).sum()
    }

    /// Groups that a word of a column allows, and that it cannot tell.
    fn allowed(&self, place: usize, word: &str) -> Allowed {
        let listed =
            |list: &Option<Vec<String>>| list.as_ref().is_none_or(|list| list.iter().any(|one| one == word));
        if place == at::DIAGNOSES {
            let found =
                |one: &Counter| one.group.diagnoses.as_ref().map_or(Some(true), |list| diagnosed(list, word));
            return (self.groups(|one| found(one) == Some(true)), self.groups(|one| found(one).is_none()));
        }
        let yes = self.groups(|one| match place {
            at::SECTOR => listed(&one.group.sectors),
            at::CARE_LEVEL => match one.of {
                Of::Stays => word == "overnight",
                Of::Contacts => listed(&one.group.care_levels),
            },
            at::SERVICE => listed(&one.group.services),
            at::DRG_TYPE => listed(&one.group.drg_types),
            at::URGENCY => one.group.urgency.as_ref().is_none_or(|wanted| wanted == word),
            at::REFERRAL_REASON => listed(&one.group.referral_reasons),
            _ => listed(&one.group.referred_from),
        });
        // What is not told may be anything.
        let unknown = match word.is_empty() || word == "unknown" {
            false => 0,
            true => self.groups(|one| match place {
                at::SECTOR => one.group.sectors.is_some(),
                at::SERVICE => one.group.services.is_some(),
                at::DRG_TYPE => one.group.drg_types.is_some(),
                at::URGENCY => one.group.urgency.is_some(),
                at::REFERRAL_REASON => one.group.referral_reasons.is_some(),
                at::REFERRED_FROM => one.group.referred_from.is_some(),
                _ => false,
            }),
        };
        (yes & !unknown, unknown)
    }

    /// Groups that a fact allows, by whether it holds.
    fn by_flag(&self, flag: impl Fn(&Group) -> Option<bool>) -> [u64; 2] {
        [false, true].map(|holds| self.groups(|one| flag(&one.group).is_none_or(|wanted| wanted == holds)))
    }

    /// The place of a residence among the period's municipalities.
    fn home(&self, code: &str) -> u16 {
        if self.by == By::Treating {
            return self
                .homes
                .binary_search_by(|home| home.as_str().cmp(code))
                .map_or(NOWHERE, |place| place as u16);
        }
        let found = self.municipality(code);
        let place = found.and_then(|found| self.homes.iter().position(|home| *home == found.code));
        place.map_or(NOWHERE, |place| place as u16)
    }

    /// The municipality of a residence in the period.
    fn municipality(&self, code: &str) -> Option<&domain::Municipality> {
        let on = |day| match self.municipalities.residence(code, day) {
            Residence::Municipality(place) => self.municipalities.get(place),
            Residence::Ended { became, to } if became.len() == 1 => {
                match self.municipalities.residence(&became[0], to.next()) {
                    Residence::Municipality(place) => self.municipalities.get(place),
                    _ => None,
                }
            }
            _ => None,
        };
        on(self.period.from())
    }

    fn group(&self, reader: &Reader, group: usize) -> Result<(Tally, Vec<Row>), FileError> {
        let columns: Vec<&str> = WORDS.iter().chain(&OTHERS).map(|place| name(*place)).collect();
        let mut tally = Tally::new(self);
        let mut rows = Vec::new();
        for batch in reader.read(group, &columns, BATCH, None)? {
            let batch = batch.map_err(FileError::arrow(reader.path()))?;
            self.batch(&batch, &mut tally, &mut rows);
        }
        Ok((tally, rows))
    }

    fn batch(&self, batch: &RecordBatch, tally: &mut Tally, out: &mut Vec<Row>) {
        let Some(facts) = Facts::of(self, batch) else { return };
        let contacts = self.groups(|one| one.of == Of::Contacts);
        for row in 0..batch.num_rows() {
            let discharged_on = facts.discharged_on.value(row);
            tally.last = tally.last.max(discharged_on);
            let (mask, unknown) = facts.asked(row);
            let home = facts.home.1[facts.home.0[row] as usize];
            let stratum = band(facts.age(row)) as u8;
            let (overnight, month) =
                (facts.overnight.1[facts.overnight.0[row] as usize], self.month(discharged_on));
            let ore = match overnight || month.is_some() {
                true => self.charged.of_contact(facts.contact.value(row)),
                false => [0; 3],
            };
            let worth = facts.worth(row, ore);
            if overnight {
                let asked = (mask & !contacts, unknown & !contacts);
                out.push(facts.row(row, asked, (home, stratum), worth));
            }
            let Some(month) = month else { continue };
            tally.outside += if home == NOWHERE { worth.contacts } else { 0 };
            tally.contacts += worth.contacts as u64;
            for place in bits(unknown & contacts) {
                tally.untested[place] += worth.contacts;
            }
            let person = facts.person.value(row);
            self.count(tally, (mask & contacts, home, stratum), (month, person), worth);
        }
    }

    /// The place of a day's month in the period.
    fn month(&self, day: i32) -> Option<usize> {
        let day = Day::from_number(day);
        if !self.period.holds(day) {
            return None;
        }
        self.months.iter().position(|month| *month == day.month())
    }

    fn count(
        &self,
        tally: &mut Tally,
        (mask, home, stratum): (u64, u16, u8),
        (month, person): (usize, i64),
        worth: Worth,
    ) {
        if home == NOWHERE {
            return;
        }
        let (homes, home) = (self.homes.len(), usize::from(home));
        for place in bits(mask) {
            let quantity = match self.counters[place].group.measure {
                Measure::Count => worth.contacts,
                Measure::BedDays => worth.bed_days,
                Measure::WaitingDays => worth.waiting_days,
            };
            let by_age = (place * homes + home) * STRATA + usize::from(stratum);
            let by_month = (place * homes + home) * self.months.len() + month;
            tally.sums.by_age[by_age] += quantity;
            tally.sums.by_month[by_month] += quantity;
            tally.sums.events_by_age[by_age] += worth.contacts;
            tally.sums.events_by_month[by_month] += worth.contacts;
            tally.sums.squares[place * homes + home] += quantity * quantity;
            add(&mut tally.sums.ore[place * homes + home], worth.ore);
            if person != 0 && self.counters[place].group.measure == Measure::Count {
                // Of two million persons two share the hash's 52 bits about once in two thousand registers.
                let hash = (person as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 12;
                tally.persons.push(hash << 12 | u64::from(stratum) << 6 | place as u64);
            }
        }
    }

    /// Puts stays together, finds what follows each, and counts those that end in the period.
    fn stays(&self, mut rows: Vec<Row>, tally: &mut Tally) {
        rows.sort_unstable_by_key(|row| (row.person, row.stay, row.admitted, row.contact));
        let mut stays: Vec<Row> = Vec::new();
        for stay in rows.chunk_by(|one, other| (one.person, one.stay) == (other.person, other.stay)) {
            let discharged = stay.iter().map(|row| row.discharged).max().unwrap_or(0);
            let bed_days = stay.iter().map(|row| row.bed_days).sum();
            let mut ore = [0; 3];
            stay.iter().for_each(|row| add(&mut ore, row.ore));
            stays.push(Row { discharged, bed_days, ore, ..stay[0] });
        }
        stays.sort_unstable_by_key(|stay| (stay.person, stay.admitted, stay.stay));
        let wants = |wanted| self.groups(|one| one.group.followed == Some(wanted));
        let (slides, today) = (wants(Followed::Within30Days), wants(Followed::From8HoursTo30Days));
        let followed_up = self.by_flag(|group| group.followed_up.or(group.followed.map(|_| true)));
        for (place, stay) in stays.iter().enumerate() {
            let day = stay.discharged.div_euclid(DAY);
            let Some(month) = self.month(day) else { continue };
            let later =
                stays[place + 1..].iter().take_while(|next| next.person == stay.person && stay.person != 0);
            let (mut soon, mut after_8_hours) = (false, false);
            let mut of_next = [[0; 3]; 2];
            for next in later.filter(|next| next.acute && next.admitted >= stay.admitted) {
                let (minutes, in_days) =
                    (next.admitted - stay.discharged, next.admitted.div_euclid(DAY) - day);
                if !soon && minutes >= 0 && in_days <= 30 {
                    (soon, of_next[0]) = (true, next.ore);
                }
                if !after_8_hours && (8 * 60..=30 * DAY).contains(&minutes) {
                    (after_8_hours, of_next[1]) = (true, next.ore);
                }
            }
            let mut mask = stay.mask & followed_up[usize::from(day + 30 <= tally.last)];
            mask &= if soon { !0 } else { !slides };
            mask &= if after_8_hours { !0 } else { !today };
            for place in bits(stay.unknown) {
                tally.untested[place] += 1;
            }
            // What a readmission costs is what came after, not the stay that it came after.
            for (groups, ore) in [(!(slides | today), stay.ore), (slides, of_next[0]), (today, of_next[1])] {
                let worth = Worth { bed_days: i64::from(stay.bed_days), waiting_days: 0, contacts: 1, ore };
                self.count(tally, (mask & groups, stay.home, stay.stratum), (month, stay.person), worth);
            }
        }
    }
}

fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (mask != 0).then(|| {
            let place = mask.trailing_zeros() as usize;
            mask &= mask - 1;
            place
        })
    })
}

/// The columns of a batch, asked.
struct Facts<'b> {
    asked: Vec<(Vec<u32>, Vec<Allowed>)>,
    home: (Vec<u32>, Vec<u16>),
    overnight: (Vec<u32>, Vec<bool>),
    acute: (Vec<u32>, Vec<bool>),
    has_municipality: (Vec<u32>, Vec<bool>),
    has_sex: (Vec<u32>, Vec<bool>),
    has_diagnosis: (Vec<u32>, Vec<bool>),
    ages: Option<&'b arrow_array::Int32Array>,
    by_age: Vec<u64>,
    contact: &'b arrow_array::Int64Array,
    stay: &'b arrow_array::Int64Array,
    person: &'b arrow_array::Int64Array,
    admitted: &'b arrow_array::Int32Array,
    discharged: &'b arrow_array::Int32Array,
    admitted_on: &'b arrow_array::Date32Array,
    discharged_on: &'b arrow_array::Date32Array,
    bed_days: Option<&'b arrow_array::Int32Array>,
    contacts: Option<&'b arrow_array::Int32Array>,
    ready: Option<&'b BooleanArray>,
    referred_on: Option<&'b arrow_array::Date32Array>,
    deadline_on: Option<&'b arrow_array::Date32Array>,
    flags: [[u64; 2]; 5],
}

impl<'b> Facts<'b> {
    fn of(desk: &Desk, batch: &'b RecordBatch) -> Option<Facts<'b>> {
        let asked = WORDS.map(|place| words(batch, place, |word| desk.allowed(place, word))).into();
        let is_told = |place| words(batch, place, |word| !word.is_empty() && word != "unknown");
        let ages = |age: Option<u16>| {
            desk.groups(|one| match (one.group.at_least.is_some() || one.group.below.is_some(), age) {
                (false, _) => true,
                (true, None) => false,
                (true, Some(age)) => {
                    one.group.at_least.is_none_or(|limit| age >= limit)
                        && one.group.below.is_none_or(|limit| age < limit)
                }
            })
        };
        let by_age = std::iter::once(None).chain((0..=125).map(Some)).map(ages).collect();
        Some(Facts {
            asked,
            home: match desk.by {
                By::Residence => words(batch, at::MUNICIPALITY_OF_REGISTRATION, |code| desk.home(code)),
                By::Treating => words(batch, at::TRUST, |code| desk.home(code)),
            },
            has_municipality: words(batch, at::MUNICIPALITY_OF_REGISTRATION, |code| {
                desk.municipality(code).is_some()
            }),
            overnight: words(batch, at::CARE_LEVEL, |word| word == "overnight"),
            acute: words(batch, at::URGENCY, |word| word == "acute"),
            has_sex: is_told(at::SEX),
            has_diagnosis: is_told(at::DIAGNOSES),
            ages: ints(batch, at::AGE),
            by_age,
            contact: longs(batch, at::CONTACT_ID)?,
            stay: longs(batch, at::STAY_ID)?,
            person: longs(batch, at::PERSON_ID)?,
            admitted: ints(batch, at::ADMITTED)?,
            discharged: ints(batch, at::DISCHARGED)?,
            admitted_on: days(batch, at::ADMITTED_ON)?,
            discharged_on: days(batch, at::DISCHARGED_ON)?,
            bed_days: ints(batch, at::BED_DAYS),
            contacts: ints(batch, at::CONTACTS),
            ready: batch.column_by_name(name(at::REPORTED_READY)).and_then(|column| column.as_boolean_opt()),
            referred_on: days(batch, at::REFERRED_ON),
            deadline_on: days(batch, at::DEADLINE_ON),
            flags: [
                desk.by_flag(|group| group.reported_ready),
                desk.by_flag(|group| group.referred),
                desk.by_flag(|group| group.has_deadline),
                desk.by_flag(|group| group.after_deadline),
                desk.by_flag(|group| group.complete),
            ],
        })
    }

    fn age(&self, row: usize) -> Option<u16> {
        self.ages.filter(|ages| ages.is_valid(row)).map(|ages| ages.value(row).clamp(0, 125) as u16)
    }

    fn word<T: Copy>(&self, column: &(Vec<u32>, Vec<T>), row: usize) -> T {
        column.1[column.0[row] as usize]
    }

    /// Groups that a row belongs to, and those that it cannot be asked about.
    fn asked(&self, row: usize) -> Allowed {
        let age = self.age(row);
        let mut sure = self.by_age[age.map_or(0, |age| usize::from(age) + 1)];
        let ready = self.ready.is_some_and(|ready| ready.is_valid(row) && ready.value(row));
        let told = |days: Option<&arrow_array::Date32Array>| {
            days.filter(|days| days.is_valid(row)).map(|days| days.value(row))
        };
        let (referred, deadline) = (told(self.referred_on), told(self.deadline_on));
        let late = deadline.is_some_and(|deadline| self.admitted_on.value(row) > deadline);
        let complete = age.is_some()
            && self.word(&self.has_municipality, row)
            && self.word(&self.has_sex, row)
            && self.word(&self.has_diagnosis, row);
        let facts = [ready, referred.is_some(), deadline.is_some(), late, complete];
        for (by_flag, holds) in self.flags.iter().zip(facts) {
            sure &= by_flag[usize::from(holds)];
        }
        // A row that no other column rules out, and one cannot tell, is unknown.
        let (mut possible, mut yes) = (sure, sure);
        for column in &self.asked {
            let (allowed, unknown) = self.word(column, row);
            yes &= allowed;
            possible &= allowed | unknown;
        }
        (yes, possible & !yes)
    }

    fn worth(&self, row: usize, ore: Ore) -> Worth {
        let value = |column: Option<&arrow_array::Int32Array>, otherwise: i64| {
            column.filter(|c| c.is_valid(row)).map_or(otherwise, |c| i64::from(c.value(row)))
        };
        let waited = self.referred_on.filter(|days| days.is_valid(row));
        let waited = waited.map_or(0, |days| i64::from(self.admitted_on.value(row) - days.value(row)));
        Worth {
            bed_days: value(self.bed_days, 0),
            waiting_days: waited,
            contacts: value(self.contacts, 1),
            ore,
        }
    }

    fn row(&self, row: usize, (mask, unknown): Allowed, (home, stratum): (u16, u8), worth: Worth) -> Row {
        Row {
            person: self.person.value(row),
            stay: self.stay.value(row),
            contact: self.contact.value(row),
            admitted: self.admitted.value(row),
            discharged: self.discharged.value(row),
            mask,
            unknown,
            home,
            stratum,
            acute: self.word(&self.acute, row),
            bed_days: worth.bed_days as i32,
            ore: worth.ore,
        }
    }
}

/// People of each age band, and between ages, where people are by single year of age.
pub fn people_of(ages: &[i64], holds: impl Fn(u16) -> bool) -> [i64; STRATA] {
    let mut out = [0; STRATA];
    for (age, people) in ages.iter().enumerate().filter(|(age, _)| holds(*age as u16)) {
        out[band(Some(age as u16))] += people;
    }
    out
}

/// Inhabitants by municipality and single year of age.
pub type People = BTreeMap<String, Vec<i64>>;
