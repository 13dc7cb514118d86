//! Counts of all indicators in one pass over the register: for each municipality by month, age and sex.
//!
//! A numerator or a denominator is a group of rows, and each group is a bit of a mask. For each batch, every
//! distinct word of a column is mapped once to the groups that it allows; a row belongs to the groups that
//! all its columns allow. Stays are put together after the pass, since a readmission needs two of them.

use std::collections::{BTreeMap, BTreeSet};
use words::{Message, Said, message};

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type, Int64Type};
use arrow_array::{Array, BooleanArray, RecordBatch};
use domain::diagnosis::{is_of, main_of};
use domain::{Day, EventKind, Instrument, Month, Municipalities, Period, Sector, Sex};
use register::FileError;
use register::columns::{self, Events};
use register::parquet_file::{Reader, in_order};
use register::schema::{COLUMNS, at};
use register::stays::{self, Readmission};

use crate::flows::{Flow, Treaters, flow};
use crate::indicator::{Group, Indicator, Kind, Measure, Of};

/// First ages of the bands. Each band is five years, and the last has no end. The European standard population
/// has the same bands, but divides the first.
pub const BANDS: [u16; 19] = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90];
/// Number of age bands, with one more for an unknown age.
pub const AGES: usize = BANDS.len() + 1;
/// Sexes in the order of the strata. The last is an unknown sex.
pub const SEXES: [Sex; 3] = [Sex::Woman, Sex::Man, Sex::Unknown];
/// Number of strata: a stratum is a sex and an age band, with the ages of the first sex first.
pub const STRATA: usize = AGES * SEXES.len();
/// Greatest number of groups: the bits of a mask.
const MOST: usize = 64;
/// Rows that are decoded at a time.
const BATCH: usize = 1 << 16;
const DAY: i32 = 24 * 60;

/// Index of the band of an age in whole years; the last of the [`AGES`] bands is for an unknown age.
pub fn band(age: Option<u16>) -> usize {
    age.map_or(BANDS.len(), |age| BANDS.partition_point(|from| *from <= age) - 1)
}

/// Stratum of an age in whole years and a sex.
pub fn stratum(age: Option<u16>, sex: Sex) -> usize {
    let sex = SEXES.iter().position(|known| *known == sex).unwrap_or(SEXES.len() - 1);
    sex * AGES + band(age)
}

/// Øre of each instrument, by [`Instrument::index`].
pub type Ore = [i64; Instrument::COUNT];

/// Charges for some events, and the number of events that have a charge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paid {
    pub ore: Ore,
    /// Number of events with a charge that is not zero, by instrument.
    pub of: [i64; Instrument::COUNT],
}

impl Paid {
    fn event(ore: Ore) -> Paid {
        Paid { ore, of: ore.map(|ore| i64::from(ore != 0)) }
    }

    /// Adds the charges and the events of another sum.
    pub fn add(&mut self, other: Paid) {
        add(&mut self.ore, other.ore);
        add(&mut self.of, other.of);
    }

    /// Øre of an instrument; `None` if it is withheld.
    pub fn shown(&self, instrument: Instrument, hides: [bool; Instrument::COUNT]) -> Option<i64> {
        (!hides[instrument.index()]).then_some(self.ore[instrument.index()])
    }
}

/// Charges of each contact, in order of contact.
#[derive(Debug, Clone, Default)]
pub struct Charged {
    rows: Vec<(i64, Ore)>,
}

impl Charged {
    /// Sums charges. Each is a contact id, an instrument and øre; they may come in any order.
    pub fn of(charges: impl Iterator<Item = (i64, Instrument, i64)>) -> Charged {
        let mut rows: Vec<(i64, Ore)> = Vec::new();
        for (contact, instrument, ore) in charges {
            let mut amounts = Ore::default();
            amounts[instrument.index()] = ore;
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
            .map_or(Ore::default(), |place| self.rows[place].1)
    }
}

/// One group of rows: the numerator or the denominator of one or more indicators.
#[derive(Debug, Clone)]
struct Counter {
    group: Group,
    of: Of,
}

/// Sums by group and municipality; some are by stratum or month too.
#[derive(Debug, Clone)]
struct Sums {
    by_age: Vec<i64>,
    by_month: Vec<i64>,
    /// Number of stays, contacts or referrals, even if the quantity is days or øre.
    events_by_age: Vec<i64>,
    events_by_month: Vec<i64>,
    /// Sums of squared quantities. Squared øre need more than 64 bits.
    squares: Vec<i128>,
    paid: Vec<Paid>,
}

impl Sums {
    fn new(cells: usize, months: usize) -> Sums {
        Sums {
            by_age: vec![0; cells * STRATA],
            by_month: vec![0; cells * months],
            events_by_age: vec![0; cells * STRATA],
            events_by_month: vec![0; cells * months],
            squares: vec![0; cells],
            paid: vec![Paid::default(); cells],
        }
    }

    fn add(&mut self, other: Sums) {
        add_each(&mut self.by_age, other.by_age);
        add_each(&mut self.by_month, other.by_month);
        add_each(&mut self.events_by_age, other.events_by_age);
        add_each(&mut self.events_by_month, other.events_by_month);
        self.squares.iter_mut().zip(other.squares).for_each(|(sum, one)| *sum += one);
        self.paid.iter_mut().zip(other.paid).for_each(|(sum, one)| sum.add(one));
    }

    /// The sums added up over groups of places. `before` is the number of places, `after` is the number of groups, and
    /// `of` gives the group of each place.
    fn grouped(&self, before: usize, after: usize, of: &[usize], months: usize) -> Sums {
        let cell = |cell: usize| cell / before * after + of[cell % before];
        let sum = |values: &[i64], each: usize| {
            let mut out = vec![0; values.len() / before.max(1) * after];
            for (place, value) in values.iter().enumerate() {
                out[cell(place / each) * each + place % each] += value;
            }
            out
        };
        let cells = self.paid.len() / before.max(1) * after;
        let mut paid = vec![Paid::default(); cells];
        self.paid.iter().enumerate().for_each(|(place, one)| paid[cell(place)].add(*one));
        let mut squares = vec![0; cells];
        self.squares.iter().enumerate().for_each(|(place, one)| squares[cell(place)] += one);
        Sums {
            by_age: sum(&self.by_age, STRATA),
            by_month: sum(&self.by_month, months),
            events_by_age: sum(&self.events_by_age, STRATA),
            events_by_month: sum(&self.events_by_month, months),
            squares,
            paid,
        }
    }
}

/// Sums over known persons, each with a number of events `e` in the numerator of a proportion and `n` in its denominator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shared {
    /// Sum of `e`.
    pub events: i64,
    /// Sum of `n`.
    pub of: i64,
    /// Sums of `e²`, `e·n` and `n²`.
    pub squares: [i64; 3],
}

impl Shared {
    fn person(events: i64, of: i64) -> Shared {
        Shared { events, of, squares: [events * events, events * of, of * of] }
    }

    /// The sums of both.
    #[must_use]
    pub fn and(self, other: Shared) -> Shared {
        Shared {
            events: self.events + other.events,
            of: self.of + other.of,
            squares: std::array::from_fn(|at| self.squares[at] + other.squares[at]),
        }
    }
}

/// Counts of indicators in a period.
#[derive(Debug, Clone)]
pub struct Counts {
    /// Codes, in order, of municipalities on the last day of the period, of trusts, or of units.
    pub homes: Vec<String>,
    pub months: Vec<Month>,
    /// Places of each indicator's numerator and denominator among the groups.
    places: Vec<Places>,
    sums: Sums,
    /// By group and stratum of the country: number of events of known persons, and sum of the squares of each person's
    /// number of events. Both are zero unless the group's measure is [`Measure::Count`].
    persons: Vec<(i64, i64)>,
    /// By indicator and stratum of the country: how the parts and the wholes of a proportion come together in persons. Zero for
    /// other indicators.
    shares: Vec<Shared>,
    /// By group: sum of the squares of each person's quantity (days, øre) in the country; zero for counts. A person that is not
    /// known stands for each event alone.
    squares_by_person: Vec<i128>,
    /// By group: number of contacts, stays or referrals that lack the information to decide whether they belong to the
    /// group. If the file lacks a field that the group needs: number of all contacts in the period.
    pub untested: Vec<i64>,
    /// By group: a field that the group needs and the file lacks.
    lacking: Vec<Option<&'static str>>,
    /// Number of somatic stays of persons who moved, by municipality: those counted here for persons last known
    /// elsewhere, and those counted elsewhere for persons last known here. Both are zero unless an indicator counts all
    /// somatic stays. Empty unless counts are by residence.
    pub moved: Vec<(i64, i64)>,
    /// Contacts in the period that belong to none of [`Counts::homes`].
    pub outside: i64,
    /// Contacts by month, including those outside [`Counts::homes`].
    pub contacts: Vec<u64>,
    /// Whether the register is synthetic.
    pub synthetic: bool,
    /// Last day of discharge in the file.
    pub last: Option<Day>,
}

/// Numerator or denominator of an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Numerator,
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

    /// Sums of a municipality by stratum; `None` if the indicator has no such group.
    pub fn of(&self, indicator: usize, side: Side, home: usize) -> Option<&[i64]> {
        let at = (self.place(indicator, side)? * self.homes.len() + home) * STRATA;
        Some(&self.sums.by_age[at..at + STRATA])
    }

    /// Sums of a municipality by month; `None` if the indicator has no such group.
    pub fn months_of(&self, indicator: usize, side: Side, home: usize) -> Option<&[i64]> {
        let at = (self.place(indicator, side)? * self.homes.len() + home) * self.months.len();
        Some(&self.sums.by_month[at..at + self.months.len()])
    }

    /// Stays, contacts or referrals behind the numerator of a municipality, by stratum.
    pub fn events_of(&self, indicator: usize, home: usize) -> Option<&[i64]> {
        let at = (self.place(indicator, Side::Numerator)? * self.homes.len() + home) * STRATA;
        Some(&self.sums.events_by_age[at..at + STRATA])
    }

    /// Stays, contacts or referrals behind the numerator of a municipality, by month.
    pub fn event_months_of(&self, indicator: usize, home: usize) -> Option<&[i64]> {
        let at = (self.place(indicator, Side::Numerator)? * self.homes.len() + home) * self.months.len();
        Some(&self.sums.events_by_month[at..at + self.months.len()])
    }

    /// Sum of the squared quantities of a municipality's numerator.
    pub fn squares_of(&self, indicator: usize, home: usize) -> i128 {
        self.place(indicator, Side::Numerator)
            .map_or(0, |place| self.sums.squares[place * self.homes.len() + home])
    }

    /// Charges for the events of a municipality. If the group counts stays with a readmission after them, the charges
    /// are those of the readmission.
    pub fn paid_of(&self, indicator: usize, side: Side, home: usize) -> Paid {
        let place = self.place(indicator, side);
        place.map_or_else(Paid::default, |place| self.sums.paid[place * self.homes.len() + home])
    }

    /// Number of events of known persons in a stratum of the country, and sum of the squares of each person's number of
    /// events. The two are equal if nobody has more than one event.
    pub fn clustering(&self, indicator: usize, stratum: usize) -> (i64, i64) {
        self.place(indicator, Side::Numerator).map_or((0, 0), |place| self.persons[place * STRATA + stratum])
    }

    /// How the events of a proportion come together in persons, in a stratum of the country.
    pub fn shared(&self, indicator: usize, stratum: usize) -> Shared {
        self.shares.get(indicator * STRATA + stratum).copied().unwrap_or_default()
    }

    /// Sum of the squares of each person's quantity (days, øre) in the country; zero for a count.
    pub fn squares_by_person(&self, indicator: usize) -> i128 {
        self.place(indicator, Side::Numerator).map_or(0, |place| self.squares_by_person[place])
    }

    /// The counts summed over groups of municipalities. `names` are the groups' names, and `of` gives the group of
    /// each municipality. [`Counts::moved`] is left empty.
    #[must_use]
    pub fn grouped(&self, names: Vec<String>, of: &[usize]) -> Counts {
        Counts {
            sums: self.sums.grouped(self.homes.len(), names.len(), of, self.months.len()),
            homes: names,
            months: self.months.clone(),
            places: self.places.clone(),
            persons: self.persons.clone(),
            shares: self.shares.clone(),
            squares_by_person: self.squares_by_person.clone(),
            untested: self.untested.clone(),
            lacking: self.lacking.clone(),
            moved: Vec::new(),
            contacts: self.contacts.clone(),
            ..*self
        }
    }

    /// A field that an indicator needs and the file lacks; `None` if the file has every field needed.
    pub fn lacking_of(&self, indicator: usize) -> Option<&'static str> {
        let places = [Side::Numerator, Side::Denominator].map(|side| self.place(indicator, side));
        places.into_iter().flatten().find_map(|place| self.lacking[place])
    }

    /// Number of contacts, stays or referrals that lack the information to decide whether they belong to an indicator:
    /// the sum for its numerator and its denominator.
    pub fn untested_of(&self, indicator: usize) -> i64 {
        let places = [Side::Numerator, Side::Denominator].map(|side| self.place(indicator, side));
        places.into_iter().flatten().map(|place| self.untested[place]).sum()
    }
}

/// Indicators that cannot be counted.
#[derive(Debug)]
pub enum CountError {
    /// The indicators have more groups than a mask has bits.
    TooMany(usize),
    /// Some events are in an indicator's numerator, but not in its denominator.
    Astray {
        /// Id of the indicator.
        id: String,
        /// Number of such events.
        count: i64,
    },
    File(FileError),
}

words::english_error!(CountError);

impl Said for CountError {
    fn said(&self) -> Message {
        match self {
            CountError::TooMany(value) => message!("error.count.too_many", value, most = MOST),
            CountError::Astray { id, count } => message!("error.count.astray", id, count),
            CountError::File(inner) => inner.said(),
        }
    }
}

impl From<FileError> for CountError {
    fn from(error: FileError) -> CountError {
        CountError::File(error)
    }
}

/// Kind of place that contacts are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'t> {
    /// The municipality that the patient lives in.
    Residence,
    /// The trust or private institution that treated the patient.
    Trust,
    /// The unit that treated the patient.
    Unit,
    /// The municipality that the patient lives in and the flow from there, as `code/flow`: for each municipality, every
    /// [`Flow`] in order. A course belongs to the organisation that it begins at, so the flows of a municipality add up
    /// to its counts by residence.
    Flow(&'t Treaters),
}

impl By<'_> {
    /// Place of the column with the codes.
    const fn column(self) -> usize {
        match self {
            By::Residence | By::Flow(_) => at::MUNICIPALITY_OF_REGISTRATION,
            By::Trust => at::TRUST,
            By::Unit => at::UNIT,
        }
    }

    /// Whether each patient belongs to where he or she lives, whoever gives the treatment.
    const fn is_of_residence(self) -> bool {
        matches!(self, By::Residence | By::Flow(_))
    }
}

/// Distinct words of a column of a file, each with its number of rows. The empty word is left out.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn words_of(reader: &Reader, column: &str) -> Result<BTreeMap<String, u64>, FileError> {
    let mut out: BTreeMap<String, u64> = BTreeMap::new();
    let Some(place) = COLUMNS.iter().position(|known| known.name == column) else { return Ok(out) };
    for group in 0..reader.row_groups() {
        for batch in reader.read(group, &[column], BATCH, None)? {
            let batch = batch.map_err(FileError::arrow(reader.path()))?;
            let (keys, named) = words(&batch, place, |_| ());
            let mut rows = vec![0; named.len()];
            keys.iter().for_each(|key| rows[*key as usize] += 1);
            let column = batch.column_by_name(column).and_then(|c| c.as_dictionary_opt::<Int32Type>());
            let values = column.and_then(|column| column.values().as_string_opt::<i32>());
            for (word, rows) in values.into_iter().flatten().zip(rows).filter(|(_, rows)| *rows > 0) {
                if let Some(word) = word.filter(|word| !word.is_empty()) {
                    *out.entry(word.to_owned()).or_default() += rows;
                }
            }
        }
    }
    Ok(out)
}

/// The words of a column that stand beside each word of another, such as the trusts of each unit.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn words_by(
    reader: &Reader,
    column: &str,
    beside: &str,
) -> Result<BTreeMap<String, BTreeSet<String>>, FileError> {
    let names = [column, beside];
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for group in 0..reader.row_groups() {
        for batch in reader.read(group, &names, BATCH, None)? {
            let batch = batch.map_err(FileError::arrow(reader.path()))?;
            let [(one, _), (other, _)] = names.map(|name| columns::words(&batch, name));
            let pairs: BTreeMap<(i32, i32), usize> =
                one.iter().copied().zip(other.iter().copied()).zip(0..).collect();
            for row in pairs.into_values() {
                let [one, other] = names.map(|name| columns::word(&batch, name, row).to_owned());
                out.entry(one).or_default().insert(other);
            }
        }
    }
    Ok(out)
}

/// Counts indicators in a period. `hears` is called with the number of row groups done and the number in all.
///
/// # Errors
/// Fails if the file cannot be read, if the indicators have too many groups, or if events are in an indicator's
/// numerator, but not in its denominator.
pub fn count(
    reader: &Reader,
    municipalities: &Municipalities,
    period: Period,
    (indicators, by): (&[Indicator], By<'_>),
    charged: &Charged,
    threads: usize,
    mut hears: impl FnMut(usize, usize),
) -> Result<Counts, CountError> {
    let (counters, places) = counters(indicators)?;
    let codes: Vec<String> = match by {
        By::Residence | By::Flow(_) => {
            municipalities.on(period.to()).map(|(_, row)| row.code.clone()).collect()
        }
        By::Trust | By::Unit => words_of(reader, name(by.column()))?.into_keys().collect(),
    };
    let flows = |code: &String| Flow::ALL.map(|flow| format!("{code}/{}", flow.word()));
    let homes: Vec<String> = match by {
        By::Flow(_) => codes.iter().flat_map(flows).collect(),
        _ => codes.clone(),
    };
    let months: Vec<Month> = period.months().collect();
    let known_fields = reader.footer().get(register::schema::REPORTED_KEY);
    let lacking: Vec<Option<&'static str>> = counters.iter().map(|one| lacking(one, known_fields)).collect();
    let counting = Counting {
        counters: &counters,
        municipalities,
        period,
        by,
        charged,
        codes: &codes,
        homes: &homes,
        flows: &flows_of(by, &codes, |code| municipalities.one_on(code, period.to())),
        months: &months,
        lacking: &lacking,
        parts: places
            .iter()
            .enumerate()
            .filter(|(place, _)| indicators[*place].kind != Kind::Rate)
            .filter(|(_, (numerator, _))| *numerator < MOST)
            .filter_map(|(place, (numerator, denominator))| {
                Some((place, 1 << numerator, 1 << (*denominator)?))
            })
            .collect(),
    };
    let groups = reader.row_groups();
    let lost = || FileError::Worker { path: reader.path().to_path_buf() };
    let mut tally = Tally::new(&counting);
    let mut found = Found::default();
    in_order(
        groups,
        threads,
        |group| counting.group(reader, group),
        |group, (piece, rows): (Tally, Found)| {
            tally.add(piece);
            found.stays.extend(rows.stays);
            found.referrals.extend(rows.referrals);
            hears(group + 1, groups);
            Ok(())
        },
        lost,
    )?;
    counting.stays(found.stays, &mut tally);
    counting.referrals(found.referrals, &mut tally);
    if let Some((place, count)) = tally.astray.first_key_value() {
        return Err(CountError::Astray { id: indicators[*place].id.clone(), count: *count });
    }
    Ok(finished(counting, tally, reader, places))
}

/// Flows to each organisation, as places among [`Flow::ALL`], by place of the municipality. The empty word stands for every
/// organisation that is not known.
type FlowsOf<'t> = BTreeMap<&'t str, Vec<u16>>;

fn flows_of<'t, 'm>(
    by: By<'t>,
    codes: &[String],
    municipality: impl Fn(&str) -> Option<&'m domain::Municipality>,
) -> FlowsOf<'t> {
    let By::Flow(treaters) = by else { return FlowsOf::new() };
    let homes: Vec<_> = codes.iter().map(|code| municipality(code)).collect();
    let place = |of: Flow| Flow::ALL.iter().position(|one| *one == of).unwrap_or_default() as u16;
    let to = |treater| {
        homes.iter().map(|home| place(home.map_or(Flow::Unknown, |home| flow(home, treater)))).collect()
    };
    let known = treaters.iter().map(|(number, treater)| (number.as_str(), to(Some(treater))));
    known.chain([("", to(None))]).collect()
}

/// Places of an indicator's numerator and denominator among the groups. The numerator's place is `usize::MAX` if the
/// indicator cannot be computed.
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

fn finished(counting: Counting, tally: Tally, reader: &Reader, places: Vec<Places>) -> Counts {
    let footer = reader.footer().get(register::schema::SYNTHETIC_KEY);
    let mut persons = vec![(0, 0); counting.counters.len() * STRATA];
    let mut keys = tally.persons;
    keys.sort_unstable();
    for run in keys.chunk_by(|one, other| one == other) {
        let (counter, stratum) = ((run[0] & 63) as usize, (run[0] >> 6 & 63) as usize);
        let sum = &mut persons[counter * STRATA + stratum];
        sum.0 += run.len() as i64;
        sum.1 += (run.len() * run.len()) as i64;
    }
    let shares = shares(&keys, &counting.parts, places.len());
    let mut squares_by_person: Vec<i128> = tally.squares_of_unknown;
    let mut quantities = tally.quantities;
    quantities.sort_unstable();
    for run in quantities.chunk_by(|one, other| one.0 == other.0) {
        let sum: i128 = run.iter().map(|(_, quantity)| i128::from(*quantity)).sum();
        squares_by_person[(run[0].0 & 63) as usize] += sum * sum;
    }
    Counts {
        homes: counting.homes.to_vec(),
        months: counting.months.to_vec(),
        places,
        sums: tally.sums,
        persons,
        shares,
        squares_by_person,
        untested: tally
            .untested
            .iter()
            .zip(counting.lacking)
            .map(|(untested, lacking)| {
                lacking.map_or(*untested, |_| tally.contacts.iter().sum::<u64>() as i64)
            })
            .collect(),
        lacking: counting.lacking.to_vec(),
        moved: tally.moved,
        outside: tally.outside,
        contacts: tally.contacts,
        synthetic: footer.is_some_and(|yes| yes == "yes"),
        last: (tally.last > i32::MIN).then(|| Day::from_number(tally.last)),
    }
}

/// How each proportion's events come together in persons, by indicator and stratum. `keys` are those of [`Tally::persons`],
/// sorted, so that the groups of a person in a stratum stand together.
fn shares(keys: &[u64], parts: &[(usize, u64, u64)], indicators: usize) -> Vec<Shared> {
    let mut out = vec![Shared::default(); indicators * STRATA];
    for of_person in keys.chunk_by(|one, other| one >> 6 == other >> 6) {
        let stratum = (of_person[0] >> 6 & 63) as usize;
        let mut counts = [0_i64; MOST];
        of_person.iter().for_each(|key| counts[(key & 63) as usize] += 1);
        for (indicator, numerator, denominator) in parts {
            let [events, of] = [numerator, denominator].map(|bit| counts[bit.trailing_zeros() as usize]);
            let sum = &mut out[indicator * STRATA + stratum];
            *sum = sum.and(Shared::person(events, of));
        }
    }
    out
}

/// Input that every thread needs to count.
struct Counting<'a> {
    counters: &'a [Counter],
    municipalities: &'a Municipalities,
    period: Period,
    by: By<'a>,
    charged: &'a Charged,
    /// Codes of the column that is counted by.
    codes: &'a [String],
    /// The places that are counted: those of the codes, or a place for each code and flow.
    homes: &'a [String],
    flows: &'a FlowsOf<'a>,
    months: &'a [Month],
    lacking: &'a [Option<&'static str>],
    /// For each proportion or mean: the indicator's place, the bit of its numerator, and the bit of its denominator.
    parts: Vec<(usize, u64, u64)>,
}

/// A field that a group needs and the file lacks. `known_fields` is the footer's list of known fields; without the
/// list, every field is known.
fn lacking(one: &Counter, known_fields: Option<&String>) -> Option<&'static str> {
    let known_fields: BTreeSet<&str> = known_fields?.split(',').collect();
    let group = &one.group;
    let is_ready = group.reported_ready.is_some() || group.measure == Measure::ReadyDays;
    let is_referred =
        group.referred.is_some() || group.measure == Measure::WaitingDays || one.of == Of::Referrals;
    let asked = [
        ("drg_type", group.drg_types.is_some()),
        ("urgency", group.urgency.is_some() || group.followed.is_some()),
        ("referral_reason", group.referral_reasons.is_some()),
        ("referred_from", group.referred_from.is_some()),
        ("diagnoses", group.diagnoses.is_some()),
        ("procedures", group.procedures.is_some()),
        ("contact_form", group.contact_forms.is_some() || group.has_contact_form.is_some()),
        ("sex", group.sex.is_some()),
        ("age", group.at_least.is_some() || group.below.is_some()),
        ("bed_days", group.measure == Measure::BedDays),
        ("referred_on", is_referred),
        ("deadline_on", group.has_deadline.is_some() || group.after_deadline.is_some()),
    ];
    if is_ready && !known_fields.contains("events") && !known_fields.contains("event_kinds") {
        return Some("events");
    }
    asked
        .into_iter()
        .find(|(field, is_asked)| *is_asked && !known_fields.contains(field))
        .map(|(field, _)| field)
}

/// Sums of one row group, or of the whole file.
struct Tally {
    sums: Sums,
    /// One number for each counted event of a known person: group, stratum and hash of the person.
    persons: Vec<u64>,
    /// For each event of a known person whose quantity is counted and not zero: group and hash of the person, and the
    /// quantity.
    quantities: Vec<(u64, i64)>,
    /// By group: sum of the squares of the quantities of events of persons that are not known.
    squares_of_unknown: Vec<i128>,
    untested: Vec<i64>,
    outside: i64,
    /// Contacts by month of discharge.
    contacts: Vec<u64>,
    last: i32,
    moved: Vec<(i64, i64)>,
    /// Number of events that are not in their denominator, by indicator.
    astray: BTreeMap<usize, i64>,
}

/// Rows that become events only when they are put together with others.
#[derive(Default)]
struct Found {
    stays: Vec<Row>,
    referrals: Vec<Referral>,
}

/// A contact after a referral. Only the first contact of a referral counts.
#[derive(Clone, Copy)]
struct Referral {
    person: i64,
    contact: i64,
    referred_on: i32,
    admitted: i32,
    discharged_on: i32,
    waited: i32,
    mask: u64,
    unknown: u64,
    home: u16,
    stratum: u8,
}

impl Tally {
    fn new(counting: &Counting) -> Tally {
        Tally {
            sums: Sums::new(counting.counters.len() * counting.homes.len(), counting.months.len()),
            persons: Vec::new(),
            quantities: Vec::new(),
            squares_of_unknown: vec![0; counting.counters.len()],
            untested: vec![0; counting.counters.len()],
            outside: 0,
            contacts: vec![0; counting.months.len()],
            last: i32::MIN,
            moved: Vec::new(),
            astray: BTreeMap::new(),
        }
    }

    fn add(&mut self, other: Tally) {
        other.astray.into_iter().for_each(|(place, count)| *self.astray.entry(place).or_default() += count);
        self.sums.add(other.sums);
        add_each(&mut self.untested, other.untested);
        self.persons.extend(other.persons);
        self.quantities.extend(other.quantities);
        self.squares_of_unknown.iter_mut().zip(other.squares_of_unknown).for_each(|(sum, one)| *sum += one);
        self.outside += other.outside;
        self.contacts.iter_mut().zip(other.contacts).for_each(|(sum, one)| *sum += one);
        self.last = self.last.max(other.last);
    }
}

fn add_each(sums: &mut [i64], values: Vec<i64>) {
    sums.iter_mut().zip(values).for_each(|(sum, one)| *sum += one);
}

fn add(sum: &mut Ore, one: Ore) {
    sum.iter_mut().zip(one).for_each(|(sum, one)| *sum += one);
}

/// An overnight contact, before the contacts of its stay are put together.
#[derive(Debug, Clone, Copy)]
struct Row {
    person: i64,
    stay: i64,
    contact: i64,
    admitted: i32,
    discharged: i32,
    /// Groups that the contact's facts allow.
    mask: u64,
    /// Groups that the contact's facts leave undecided.
    unknown: u64,
    home: u16,
    stratum: u8,
    acute: bool,
    /// Whether the patient was reported ready for discharge.
    is_ready: bool,
    /// Sector, by [`Sector::index`]; of the first contact.
    sector: u8,
    /// Hash of the unit that the stay begins in, and of the one that it ends in.
    units: [u64; 2],
    bed_days: i32,
    ready_days: i32,
    ore: Ore,
}

impl Row {
    /// The contacts of a stay, or the stays of a course, as one: what it is told by is that of the first.
    fn together(all: &[Row]) -> Row {
        let mut ore = [0; 3];
        all.iter().for_each(|row| add(&mut ore, row.ore));
        let last = all.last().map_or(0, |row| row.units[1]);
        Row {
            discharged: all.iter().map(|row| row.discharged).max().unwrap_or(0),
            is_ready: all.iter().any(|row| row.is_ready),
            bed_days: all.iter().map(|row| row.bed_days).sum(),
            ready_days: all.iter().map(|row| row.ready_days).sum(),
            units: [all[0].units[0], last],
            ore,
            ..all[0]
        }
    }

    /// Whether a later stay goes on with this one.
    fn goes_on(&self, next: &Row) -> bool {
        let is_elsewhere = self.units[1] != next.units[0] || self.sector != next.sector;
        self.person != 0
            && self.person == next.person
            && stays::is_same_course(self.discharged, next.admitted, is_elsewhere)
    }

    fn place(&self) -> stays::Place {
        let Row { person, stay, admitted, contact, .. } = *self;
        stays::Place { person, stay, admitted, contact }
    }
}

/// Quantities of a row.
#[derive(Clone, Copy)]
struct Worth {
    bed_days: i64,
    waiting_days: i64,
    ready_days: i64,
    /// Number of contacts that the row stands for.
    contacts: i64,
    /// Charges for the row.
    ore: Ore,
}

const NOWHERE: u16 = u16::MAX;

/// Two masks: the groups that a word or a row belongs to, and the groups that the word or row leaves undecided.
type Allowed = (u64, u64);

/// The columns of words that decide groups.
const WORDS: [usize; 12] = [
    at::SECTOR,
    at::CARE_LEVEL,
    at::SERVICE,
    at::DRG_TYPE,
    at::URGENCY,
    at::REFERRAL_REASON,
    at::REFERRED_FROM,
    at::DIAGNOSES,
    at::PROCEDURES,
    at::CONTACT_FORM,
    at::SEX,
    at::TRUST,
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
    at::AGE,
    at::EVENTS,
    at::BED_DAYS,
    at::CONTACTS,
    at::REPORTED_READY,
    at::REFERRED_ON,
    at::DEADLINE_ON,
    at::UNIT,
];

fn name(place: usize) -> &'static str {
    COLUMNS[place].name
}

fn ints(batch: &RecordBatch, place: usize) -> Option<&arrow_array::Int32Array> {
    columns::maybe_ints(batch, name(place))
}

fn days(batch: &RecordBatch, place: usize) -> Option<&arrow_array::Date32Array> {
    batch.column_by_name(name(place))?.as_primitive_opt::<Date32Type>()
}

fn longs(batch: &RecordBatch, place: usize) -> Option<&arrow_array::Int64Array> {
    batch.column_by_name(name(place))?.as_primitive_opt::<Int64Type>()
}

/// Key of each row in a column of words, and for each key the result of `map` for its word. If the column is missing,
/// every row has the empty word.
fn words<T>(batch: &RecordBatch, place: usize, map: impl Fn(&str) -> T) -> (Vec<u32>, Vec<T>) {
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

impl Counting<'_> {
    /// Mask of the groups for which a condition holds.
    fn groups(&self, holds: impl Fn(&Counter) -> bool) -> u64 {
        self.counters.iter().enumerate().map(|(place, one)| u64::from(holds(one)) << place).sum()
    }

    /// Groups that a word of a column allows, and groups that the word leaves undecided.
    fn allowed(&self, place: usize, word: &str) -> Allowed {
        let listed =
            |list: &Option<Vec<String>>| list.as_ref().is_none_or(|list| list.iter().any(|one| one == word));
        if place == at::DIAGNOSES {
            let found = |one: &Counter| {
                one.group.diagnoses.as_ref().map_or(Some(true), |list| is_of(list, &main_of(word)))
            };
            return (self.groups(|one| found(one) == Some(true)), self.groups(|one| found(one).is_none()));
        }
        let given = |list: &Option<Vec<String>>| {
            list.as_ref()
                .is_none_or(|list| word.split([' ', ',', ';']).any(|code| list.iter().any(|one| one == code)))
        };
        let yes = self.groups(|one| match place {
            at::PROCEDURES => given(&one.group.procedures),
            at::CONTACT_FORM => listed(&one.group.contact_forms),
            at::TRUST => listed(&one.group.trusts),
            at::SEX => one.group.sex.is_none_or(|wanted| wanted.sex().word() == word),
            at::SECTOR => listed(&one.group.sectors),
            at::CARE_LEVEL => match one.of {
                Of::Stays => word == "overnight",
                Of::Contacts | Of::Referrals => listed(&one.group.care_levels),
            },
            at::SERVICE => listed(&one.group.services),
            at::DRG_TYPE => listed(&one.group.drg_types),
            at::URGENCY => one.group.urgency.as_ref().is_none_or(|wanted| wanted == word),
            at::REFERRAL_REASON => listed(&one.group.referral_reasons),
            _ => listed(&one.group.referred_from),
        });
        // A missing or unknown word may be any word.
        let unknown = match word.is_empty() || word == "unknown" {
            false => 0,
            true => self.groups(|one| match place {
                at::SECTOR => one.group.sectors.is_some(),
                at::SERVICE => one.group.services.is_some(),
                at::DRG_TYPE => one.group.drg_types.is_some(),
                at::URGENCY => one.group.urgency.is_some(),
                at::REFERRAL_REASON => one.group.referral_reasons.is_some(),
                at::REFERRED_FROM => one.group.referred_from.is_some(),
                at::CONTACT_FORM => one.group.contact_forms.is_some(),
                at::SEX => one.group.sex.is_some(),
                at::TRUST => one.group.trusts.is_some(),
                _ => false,
            }),
        };
        (yes & !unknown, unknown)
    }

    /// Two masks: the groups that allow a flag to be false, and the groups that allow the flag to be true.
    fn by_flag(&self, flag: impl Fn(&Group) -> Option<bool>) -> [u64; 2] {
        [false, true].map(|holds| self.groups(|one| flag(&one.group).is_none_or(|wanted| wanted == holds)))
    }

    /// Place of a code in `codes`, or [`NOWHERE`].
    fn home(&self, code: &str) -> u16 {
        if !self.by.is_of_residence() {
            return self
                .codes
                .binary_search_by(|known| known.as_str().cmp(code))
                .map_or(NOWHERE, |place| place as u16);
        }
        let found = self.municipality(code);
        let place = found.and_then(|found| self.codes.iter().position(|known| *known == found.code));
        place.map_or(NOWHERE, |place| place as u16)
    }

    /// The municipality that a code stands for on the last day of the period.
    fn municipality(&self, code: &str) -> Option<&domain::Municipality> {
        self.municipalities.one_on(code, self.period.to())
    }

    fn group(&self, reader: &Reader, group: usize) -> Result<(Tally, Found), FileError> {
        let columns = WORDS.iter().chain(&OTHERS);
        let columns: Vec<&str> = columns.map(|place| name(*place)).collect();
        let mut tally = Tally::new(self);
        let mut rows = Found::default();
        for batch in reader.read(group, &columns, BATCH, None)? {
            let batch = batch.map_err(FileError::arrow(reader.path()))?;
            self.batch(&batch, &mut tally, &mut rows);
        }
        Ok((tally, rows))
    }

    fn batch(&self, batch: &RecordBatch, tally: &mut Tally, out: &mut Found) {
        let Some(facts) = Facts::of(self, batch) else { return };
        let (stays, contacts, referrals) = (
            self.groups(|one| one.of == Of::Stays),
            self.groups(|one| one.of == Of::Contacts),
            self.groups(|one| one.of == Of::Referrals),
        );
        for row in 0..batch.num_rows() {
            let discharged_on = facts.discharged_on.value(row);
            tally.last = tally.last.max(discharged_on);
            let (mask, unknown) = facts.asked(row);
            // Patients without a municipality are counted nowhere, not even if counts are by trust or unit.
            let home = match facts.word(&facts.has_municipality, row) {
                true => facts.place(row),
                false => NOWHERE,
            };
            let stratum = stratum(facts.age(row), facts.word(&facts.sex, row)) as u8;
            let (overnight, month) =
                (facts.overnight.1[facts.overnight.0[row] as usize], self.month(discharged_on));
            let ore = match overnight || month.is_some() {
                true => self.charged.of_contact(facts.contact.value(row)),
                false => [0; 3],
            };
            let worth = facts.worth(row, ore);
            if overnight {
                out.stays.push(facts.row(row, (mask & stays, unknown & stays), (home, stratum), worth));
            }
            let asked = (mask & referrals, unknown & referrals);
            if let Some(referral) = facts.referral(row, asked, (home, stratum), worth) {
                if discharged_on <= self.period.to().number() {
                    out.referrals.push(referral);
                }
            } else if month.is_some() {
                bits(asked.0 | asked.1).for_each(|place| tally.untested[place] += worth.contacts);
            }
            let Some(month) = month else { continue };
            tally.outside += if home == NOWHERE { worth.contacts } else { 0 };
            tally.contacts[month] += worth.contacts as u64;
            for place in bits(unknown & contacts) {
                tally.untested[place] += worth.contacts;
            }
            let person = facts.person.value(row);
            self.stray(tally, mask & contacts);
            self.count(tally, (mask & contacts, home, stratum), (month, person), worth);
        }
    }

    /// Counts an event as astray for each indicator that has it in the numerator, but not in the denominator.
    fn stray(&self, tally: &mut Tally, mask: u64) {
        for (place, numerator, denominator) in &self.parts {
            if mask & numerator != 0 && mask & denominator == 0 {
                *tally.astray.entry(*place).or_default() += 1;
            }
        }
    }

    /// Place of a day's month among the months of the period; `None` if the day is outside the period.
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
                Measure::ReadyDays => worth.ready_days,
                Measure::CoFinancing => worth.ore[0],
                Measure::DischargeReady => worth.ore[1],
                Measure::ActivityBased => worth.ore[2],
            };
            let by_age = (place * homes + home) * STRATA + usize::from(stratum);
            let by_month = (place * homes + home) * self.months.len() + month;
            tally.sums.by_age[by_age] += quantity;
            tally.sums.by_month[by_month] += quantity;
            // A stay without a ready day is no event of ready days, and a contact or a stay whose charge is zero is no
            // event of kroner.
            let events = match self.counters[place].group.measure {
                Measure::ReadyDays => quantity.min(1),
                measure if measure.instrument().is_some() && quantity == 0 => 0,
                _ => worth.contacts,
            };
            tally.sums.events_by_age[by_age] += events;
            tally.sums.events_by_month[by_month] += events;
            tally.sums.squares[place * homes + home] += i128::from(quantity) * i128::from(quantity);
            tally.sums.paid[place * homes + home].add(Paid::event(worth.ore));
            // With 52 bits and two million persons, about one register in two thousand has two persons with the same
            // hash.
            let hash = (person as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 12 << 12;
            match (self.counters[place].group.measure == Measure::Count, person != 0) {
                (true, true) => tally.persons.push(hash | u64::from(stratum) << 6 | place as u64),
                (true, false) => {}
                (false, true) if quantity == 0 => {}
                (false, true) => tally.quantities.push((hash | place as u64, quantity)),
                (false, false) => {
                    tally.squares_of_unknown[place] += i128::from(quantity) * i128::from(quantity);
                }
            }
        }
    }

    /// Puts the contacts of each stay together, finds what follows each stay, and counts the stays that end in the
    /// period.
    fn stays(&self, mut rows: Vec<Row>, tally: &mut Tally) {
        let mut stays: Vec<Row> = stays::together(&mut rows, Row::place).map(Row::together).collect();
        stays.sort_unstable_by_key(|stay| (stay.person, stay.admitted, stay.stay));
        if self.by == By::Residence {
            self.moves(&stays, tally);
        }
        // A move to another hospital or sector goes on with the course. Each hospital has its own part of it.
        if self.by.is_of_residence() {
            stays = stays.chunk_by(Row::goes_on).map(Row::together).collect();
        }
        let readmissions = self.readmissions();
        let of_followed = self.groups(|one| one.group.followed.is_some() || one.group.followed_up.is_some());
        let by_ready = self.by_flag(|group| group.reported_ready);
        let followed_up = self.by_flag(|group| group.followed_up.or(group.followed.map(|_| true)));
        for (place, stay) in stays.iter().enumerate() {
            let day = stay.discharged.div_euclid(DAY);
            let Some(month) = self.month(day) else { continue };
            let mut mask = stay.mask & by_ready[usize::from(stay.is_ready)];
            mask &= followed_up[usize::from(day + 30 <= tally.last)];
            let later = || {
                let of_person = |(_, next): &(usize, &Row)| next.person == stay.person && stay.person != 0;
                stays.iter().enumerate().skip(place + 1).take_while(of_person)
            };
            // A stay that goes on elsewhere is not over, and what it goes on with is no readmission.
            if later().next().is_some_and(|(_, next)| stay.goes_on(next)) {
                mask &= !of_followed;
            }
            let mut of_next: Vec<(u64, Ore)> = Vec::new();
            for (definition, sectors, groups) in &readmissions {
                let follows = |(at, next): &(usize, &Row)| {
                    next.acute
                        && sectors & 1 << next.sector != 0
                        && definition.holds(stay.discharged, next.admitted)
                        && !stays[at - 1].goes_on(next)
                };
                let found = later().find(follows).map(|(_, next)| next.ore);
                mask &= if found.is_some() { !0 } else { !groups };
                of_next.push((*groups, found.unwrap_or_default()));
            }
            for place in bits(stay.unknown) {
                tally.untested[place] += 1;
            }
            self.stray(tally, mask);
            // The charges of a readmission are those of the later stay, not of the stay that it follows.
            let others = !of_next.iter().fold(0, |all, (groups, _)| all | groups);
            for (groups, ore) in std::iter::once((others, stay.ore)).chain(of_next) {
                let worth = Worth {
                    bed_days: i64::from(stay.bed_days),
                    ready_days: i64::from(stay.ready_days),
                    waiting_days: 0,
                    contacts: 1,
                    ore,
                };
                self.count(tally, (mask & groups, stay.home, stay.stratum), (month, stay.person), worth);
            }
        }
    }
}

impl Counting<'_> {
    /// The different readmissions that groups ask for: definition, sectors as a mask of [`Sector::index`], and the groups.
    fn readmissions(&self) -> Vec<(Readmission, u64, u64)> {
        let mut out: Vec<(Readmission, u64, u64)> = Vec::new();
        for (place, one) in self.counters.iter().enumerate() {
            let Some(definition) = one.group.followed else { continue };
            let sectors = one.group.followed_in.as_ref().map_or(!0, |words| {
                let sectors = words.iter().filter_map(|word| Sector::from_word(word).ok());
                sectors.fold(0, |mask, sector| mask | 1 << sector.index())
            });
            match out.iter_mut().find(|(of, within, _)| (*of, *within) == (definition, sectors)) {
                Some((.., groups)) => *groups |= 1 << place,
                None => out.push((definition, sectors, 1 << place)),
            }
        }
        out
    }

    /// Counts the stays with another municipality than the person's last known municipality.
    fn moves(&self, stays: &[Row], tally: &mut Tally) {
        tally.moved = vec![(0, 0); self.homes.len()];
        let somatic = Group { sectors: Some(vec!["somatic".to_owned()]), ..Group::default() };
        let admissions = self.groups(|one| one.of == Of::Stays && one.group == somatic);
        for of_person in stays.chunk_by(|one, other| one.person == other.person && one.person != 0) {
            let known = of_person.iter().rfind(|stay| stay.home != NOWHERE);
            let Some(last) = known.map(|stay| stay.home) else { continue };
            for stay in of_person.iter().filter(|stay| stay.home != last && stay.mask & admissions != 0) {
                if self.month(stay.discharged.div_euclid(DAY)).is_none() {
                    continue;
                }
                if let Some(here) = tally.moved.get_mut(usize::from(stay.home)) {
                    here.0 += 1;
                }
                if let Some(there) = tally.moved.get_mut(usize::from(last)) {
                    there.1 += 1;
                }
            }
        }
    }

    /// Counts the referrals whose first contact ended in the period.
    fn referrals(&self, mut rows: Vec<Referral>, tally: &mut Tally) {
        rows.sort_unstable_by_key(|row| (row.person, row.referred_on, row.admitted, row.contact));
        for same in rows.chunk_by(|one, other| {
            (one.person, one.referred_on) == (other.person, other.referred_on) && one.person != 0
        }) {
            let first = same[0];
            let Some(month) = self.month(first.discharged_on) else { continue };
            bits(first.unknown).for_each(|place| tally.untested[place] += 1);
            self.stray(tally, first.mask);
            let worth = Worth {
                bed_days: 0,
                ready_days: 0,
                waiting_days: i64::from(first.waited),
                contacts: 1,
                ore: self.charged.of_contact(first.contact),
            };
            self.count(tally, (first.mask, first.home, first.stratum), (month, first.person), worth);
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

/// The columns of a batch, with each word mapped to its meaning.
struct Facts<'b> {
    asked: Vec<(Vec<u32>, Vec<Allowed>)>,
    home: (Vec<u32>, Vec<u16>),
    /// Flows to the organisation of each row, by municipality; `None` without flows.
    flows: Option<(Vec<u32>, Vec<&'b [u16]>)>,
    overnight: (Vec<u32>, Vec<bool>),
    acute: (Vec<u32>, Vec<bool>),
    sector: (Vec<u32>, Vec<u8>),
    unit: (Vec<u32>, Vec<u64>),
    has_municipality: (Vec<u32>, Vec<bool>),
    sex: (Vec<u32>, Vec<Sex>),
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
    events: Option<Events<'b>>,
    computable: u64,
    referred_on: Option<&'b arrow_array::Date32Array>,
    deadline_on: Option<&'b arrow_array::Date32Array>,
    has_form: (Vec<u32>, Vec<bool>),
    flags: [[u64; 2]; 6],
}

impl<'b> Facts<'b> {
    fn of(counting: &Counting<'b>, batch: &'b RecordBatch) -> Option<Facts<'b>> {
        let asked = WORDS.map(|place| words(batch, place, |word| counting.allowed(place, word))).into();
        let is_known = |place| words(batch, place, |word| !word.is_empty() && word != "unknown");
        let ages = |age: Option<u16>| {
            counting.groups(|one| match (one.group.at_least.is_some() || one.group.below.is_some(), age) {
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
            home: words(batch, counting.by.column(), |code| counting.home(code)),
            flows: matches!(counting.by, By::Flow(_)).then(|| {
                words(batch, at::TRUST, |word| {
                    counting.flows.get(word).unwrap_or(&counting.flows[""]).as_slice()
                })
            }),
            has_municipality: words(batch, at::MUNICIPALITY_OF_REGISTRATION, |code| {
                counting.municipality(code).is_some()
            }),
            overnight: words(batch, at::CARE_LEVEL, |word| word == "overnight"),
            acute: words(batch, at::URGENCY, |word| word == "acute"),
            sector: words(batch, at::SECTOR, |word| {
                Sector::from_word(word).map_or(63, |one| one.index() as u8)
            }),
            unit: words(batch, at::UNIT, stays::hash),
            sex: words(batch, at::SEX, |word| Sex::from_word(word).unwrap_or(Sex::Unknown)),
            has_diagnosis: is_known(at::DIAGNOSES),
            has_form: is_known(at::CONTACT_FORM),
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
            events: Events::of(batch),
            computable: counting
                .lacking
                .iter()
                .enumerate()
                .map(|(place, lacking)| u64::from(lacking.is_none()) << place)
                .sum(),
            referred_on: days(batch, at::REFERRED_ON),
            deadline_on: days(batch, at::DEADLINE_ON),
            flags: [
                // Whether a stay was reported ready is known when its contacts are together.
                [false, true].map(|holds| {
                    let asks =
                        |one: &Counter| one.of != Of::Stays && one.group.reported_ready == Some(!holds);
                    counting.groups(|one| !asks(one))
                }),
                counting.by_flag(|group| group.referred),
                counting.by_flag(|group| group.has_deadline),
                counting.by_flag(|group| group.after_deadline),
                counting.by_flag(|group| group.complete),
                counting.by_flag(|group| group.has_contact_form),
            ],
        })
    }

    fn age(&self, row: usize) -> Option<u16> {
        self.ages.filter(|ages| ages.is_valid(row)).map(|ages| ages.value(row).clamp(0, 125) as u16)
    }

    fn word<T: Copy>(&self, column: &(Vec<u32>, Vec<T>), row: usize) -> T {
        column.1[column.0[row] as usize]
    }

    /// Place of a row among the places that are counted, or [`NOWHERE`].
    fn place(&self, row: usize) -> u16 {
        let home = self.word(&self.home, row);
        match &self.flows {
            Some((keys, flows)) if home != NOWHERE => {
                home * Flow::ALL.len() as u16 + flows[keys[row] as usize][usize::from(home)]
            }
            _ => home,
        }
    }

    fn is_ready(&self, row: usize) -> bool {
        self.ready.is_some_and(|ready| ready.is_valid(row) && ready.value(row))
    }

    /// Groups that a row belongs to, and groups that the row leaves undecided.
    fn asked(&self, row: usize) -> Allowed {
        let age = self.age(row);
        let mut sure = self.computable & self.by_age[age.map_or(0, |age| usize::from(age) + 1)];
        let ready = self.is_ready(row);
        let day_of = |days: Option<&arrow_array::Date32Array>| {
            days.filter(|days| days.is_valid(row)).map(|days| days.value(row))
        };
        let (referred, deadline) = (day_of(self.referred_on), day_of(self.deadline_on));
        let late = deadline.is_some_and(|deadline| self.admitted_on.value(row) > deadline);
        let complete = age.is_some()
            && self.word(&self.has_municipality, row)
            && self.word(&self.sex, row) != Sex::Unknown
            && self.word(&self.has_diagnosis, row);
        let has_form = self.word(&self.has_form, row);
        let facts = [ready, referred.is_some(), deadline.is_some(), late, complete, has_form];
        for (by_flag, holds) in self.flags.iter().zip(facts) {
            sure &= by_flag[usize::from(holds)];
        }
        // A group is undecided if no column rules the row out, but at least one column leaves the group undecided.
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
            ready_days: self
                .events
                .as_ref()
                .map_or(0, |events| ready_days(events, row, self.discharged.value(row))),
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
            is_ready: self.is_ready(row),
            sector: self.word(&self.sector, row),
            units: [self.word(&self.unit, row); 2],
            bed_days: worth.bed_days as i32,
            ready_days: worth.ready_days as i32,
            ore: worth.ore,
        }
    }

    /// The row as a contact after a referral. `None` if the day of referral is missing or after the
    /// admission, or if no group asks for the row.
    fn referral(
        &self,
        row: usize,
        (mask, unknown): Allowed,
        (home, stratum): (u16, u8),
        worth: Worth,
    ) -> Option<Referral> {
        let referred_on =
            self.referred_on.filter(|days| days.is_valid(row) && mask | unknown != 0)?.value(row);
        if worth.waiting_days < 0 {
            return None;
        }
        Some(Referral {
            person: self.person.value(row),
            contact: self.contact.value(row),
            referred_on,
            admitted: self.admitted.value(row),
            discharged_on: self.discharged_on.value(row),
            waited: worth.waiting_days as i32,
            mask,
            unknown,
            home,
            stratum,
        })
    }
}

/// Nights before discharge, counted from the first report of readiness after the last withdrawal; 0 if there is no
/// such report.
fn ready_days(events: &Events, row: usize, discharged: i32) -> i64 {
    let withdrawn =
        events.row(row).filter(|(kind, _)| *kind == EventKind::Withdrawn).map(|(_, minute)| minute).max();
    let stands = events
        .row(row)
        .filter(|(kind, _)| matches!(kind, EventKind::Ready | EventKind::ReadinessNotice))
        .map(|(_, minute)| minute)
        .filter(|minute| withdrawn.is_none_or(|last| *minute > last))
        .min();
    stands.map_or(0, |from| i64::from((discharged.div_euclid(DAY) - from.div_euclid(DAY)).max(0)))
}

/// Inhabitants of a place by sex (women, men, unknown) and single year of age.
pub type Inhabitants = [Vec<i64>; SEXES.len()];

/// Inhabitants by code of municipality.
pub type People = BTreeMap<String, Inhabitants>;

/// Inhabitants of each stratum for whom a condition holds.
pub fn people_of(inhabitants: &Inhabitants, holds: impl Fn(u16, Sex) -> bool) -> [i64; STRATA] {
    let mut out = [0; STRATA];
    for (sex, ages) in SEXES.into_iter().zip(inhabitants) {
        for (age, people) in ages.iter().enumerate().filter(|(age, _)| holds(*age as u16, sex)) {
            out[stratum(Some(age as u16), sex)] += people;
        }
    }
    out
}
