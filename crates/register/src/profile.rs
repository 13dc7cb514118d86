//! Key figures of a register, to compare with published figures of the real register: volumes, readmissions, and the
//! share of stays that a few facts trace to one person.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use domain::{CareLevel, Day, DrgType, EventKind, Sector, Sex, UnitKind, Urgency};

use crate::columns;
use crate::parquet_file::{FileError, Reader, in_order};
use crate::schema::{COLUMNS, at};

/// Key figures of one register.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Profile {
    pub contacts: u64,
    /// Distinct persons with a contact.
    pub patients: u64,
    /// Somatic overnight stays. Contacts with the same stay id count once.
    pub stays: u64,
    /// Nights in the somatic overnight stays.
    pub bed_days: u64,
    /// Share of the medical stays of persons of 18 and over after which the same person has an acute stay
    /// within 30 days. Births, newborns, and stays that end less than 30 days before the last discharge in
    /// the file are left out.
    pub readmitted: Share,
    /// Share of the stays of men of 80 and over, medical or not, after which the same man has an acute stay
    /// within 30 days. Stays that end less than 30 days before the last discharge in the file are left out.
    pub readmitted_men_80: Share,
    /// Share of the stays whose combination of unit, date of admission, municipality, sex and age belongs to
    /// one person only.
    pub one_person_by_date: Share,
    /// As `one_person_by_date`, with the month of admission in place of the date.
    pub one_person_by_month: Share,
    /// Share of the stays whose combination of unit, date of admission, municipality, sex and age is unique
    /// among stays.
    pub unique_by_date: Share,
    /// As `unique_by_date`, with the month of admission in place of the date.
    pub unique_by_month: Share,
    /// Nights in the stays of persons of 80 and over.
    pub bed_days_80: u64,
    /// Stays of persons of 80 and over.
    pub stays_80: u64,
    /// Contacts by kind of unit, in the order of [`UnitKind::ALL`].
    pub by_unit_kind: [u64; UnitKind::COUNT],
    /// Distinct treating units.
    pub units: u64,
}

/// A part of a whole, both as counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    pub part: u64,
    pub of: u64,
}

impl Share {
    /// The share in per cent; 0 if the whole is 0.
    pub fn per_cent(self) -> f64 {
        100.0 * self.part as f64 / (self.of.max(1)) as f64
    }
}

/// What hospitals did, to compare with what is published of the years after the reform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Volumes {
    /// Somatic overnight stays and their nights, by trust. Contacts of one stay in one trust count once.
    pub by_trust: BTreeMap<String, Stays>,
    /// Contacts with a notice that the patient is ready for discharge, and how many of them ended within 24 hours of the last
    /// such notice.
    pub within_a_day: Share,
}

/// A number of stays, and their nights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stays {
    pub stays: u64,
    pub bed_days: u64,
}

/// Reads a checked file and computes what hospitals did.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn volumes(reader: &Reader, threads: usize) -> Result<Volumes, FileError> {
    let mut out = Volumes::default();
    let mut stays: Vec<TrustStay> = Vec::new();
    in_order(
        reader.row_groups(),
        threads,
        |group| volumes_of(reader, group),
        |_, (of_group, ready): (Vec<TrustStay>, Share)| {
            stays.extend(of_group);
            out.within_a_day.part += ready.part;
            out.within_a_day.of += ready.of;
            Ok(())
        },
        || FileError::Worker { path: reader.path().to_path_buf() },
    )?;
    stays.sort_unstable();
    for stay in stays.chunk_by(|one, other| (&one.0, one.1) == (&other.0, other.1)) {
        let sum = out.by_trust.entry(stay[0].0.clone()).or_default();
        sum.stays += 1;
        sum.bed_days += stay.iter().map(|(.., nights)| nights).sum::<u64>();
    }
    Ok(out)
}

/// Trust, stay and nights of a contact.
type TrustStay = (String, i64, u64);

/// Somatic overnight contacts of a row group; and its contacts with a notice of readiness.
fn volumes_of(reader: &Reader, group: usize) -> Result<(Vec<TrustStay>, Share), FileError> {
    let read = [
        at::STAY_ID,
        at::TRUST,
        at::SECTOR,
        at::CARE_LEVEL,
        at::BED_DAYS,
        at::DISCHARGED,
        at::REPORTED_READY,
        at::EVENTS,
    ]
    .map(|place| COLUMNS[place].name);
    let (mut stays, mut ready) = (Vec::new(), Share::default());
    for batch in reader.read(group, &read, 1 << 16, None)? {
        let batch = batch.map_err(FileError::arrow(reader.path()))?;
        let view = View { batch: &batch };
        let (trusts, trust_names) = view.words(at::TRUST);
        let is = |place: usize, word: &str| columns::rows_with(&batch, COLUMNS[place].name, word);
        let overnight = is(at::CARE_LEVEL, CareLevel::Overnight.word());
        let somatic = is(at::SECTOR, Sector::Somatic.word());
        let (ids, nights) = (view.longs(at::STAY_ID), view.ints(at::BED_DAYS));
        for row in (0..batch.num_rows()).filter(|row| overnight[*row] && somatic[*row]) {
            let trust = usize::try_from(trusts[row]).ok().and_then(|key| trust_names.get(key));
            stays.push((trust.cloned().unwrap_or_default(), ids[row], u64::from(nights[row].unsigned_abs())));
        }
        let (events, left) = (columns::Events::of(&batch), view.ints(at::DISCHARGED));
        let reported = columns::flags(&batch, COLUMNS[at::REPORTED_READY].name);
        for row in reported.into_iter().flat_map(|reported| reported.values().set_indices()) {
            let of_row = events.iter().flat_map(|events| events.row(row));
            let notices = of_row.filter(|(kind, _)| *kind == EventKind::ReadinessNotice);
            if let Some(last) = notices.map(|(_, minute)| minute).max() {
                ready.of += 1;
                ready.part += u64::from(left[row] - last <= 24 * 60);
            }
        }
    }
    Ok((stays, ready))
}

#[derive(Debug, Clone)]
struct Stay {
    person: i64,
    stay: i64,
    admitted: i32,
    discharged: i32,
    bed_days: i32,
    unit: u32,
    home: u32,
    age: i32,
    sex: Sex,
    acute: bool,
    /// Medical by its DRG, and neither a birth (MDC 14) nor a newborn (MDC 15).
    medical: bool,
}

#[derive(Default)]
struct Piece {
    rows: u64,
    persons: Vec<i64>,
    stays: Vec<(Stay, String, String)>,
    by_unit_kind: [u64; UnitKind::COUNT],
    units: Vec<String>,
}

/// Reads a checked file and computes its key figures.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn profile(reader: &Reader, threads: usize) -> Result<Profile, FileError> {
    let mut out = Profile { contacts: reader.rows(), ..Profile::default() };
    let (mut persons, mut stays, mut all_units) = (Vec::new(), Vec::new(), std::collections::BTreeSet::new());
    let mut words = crate::schema::Interner::default();
    in_order(
        reader.row_groups(),
        threads,
        |group| piece(reader, group),
        |_, piece: Piece| {
            persons.extend(piece.persons);
            for (mut stay, unit, home) in piece.stays {
                (stay.unit, stay.home) = (words.number(&unit) as u32, words.number(&home) as u32);
                stays.push(stay);
            }
            for (sum, count) in out.by_unit_kind.iter_mut().zip(piece.by_unit_kind) {
                *sum += count;
            }
            all_units.extend(piece.units);
            Ok(())
        },
        || FileError::Worker { path: reader.path().to_path_buf() },
    )?;
    persons.sort_unstable();
    persons.dedup();
    out.patients = persons.len() as u64;
    out.units = all_units.len() as u64;
    let mut stays = whole_stays(stays);
    out.stays = stays.len() as u64;
    out.bed_days = stays.iter().map(|stay| stay.bed_days as u64).sum();
    let old = || stays.iter().filter(|stay| stay.age >= 80);
    (out.stays_80, out.bed_days_80) = (old().count() as u64, old().map(|stay| stay.bed_days as u64).sum());
    readmissions(&mut stays, &mut out);
    let by_date = one_person(&mut stays, |stay| stay.admitted);
    let by_month = one_person(&mut stays, |stay| {
        let month = Day::from_number(stay.admitted).month();
        i32::from(month.year()) * 12 + i32::from(month.number())
    });
    (out.one_person_by_date, out.unique_by_date) = by_date;
    (out.one_person_by_month, out.unique_by_month) = by_month;
    Ok(out)
}

fn piece(reader: &Reader, group: usize) -> Result<Piece, FileError> {
    let name = |place: usize| COLUMNS[place].name;
    let read = [
        at::PERSON_ID,
        at::STAY_ID,
        at::UNIT,
        at::UNIT_KIND,
        at::SECTOR,
        at::CARE_LEVEL,
        at::URGENCY,
        at::ADMITTED_ON,
        at::DISCHARGED_ON,
        at::MUNICIPALITY_OF_REGISTRATION,
        at::AGE,
        at::SEX,
        at::DRG_TYPE,
        at::MDC,
        at::BED_DAYS,
    ]
    .map(name);
    let mut out = Piece::default();
    for batch in reader.read(group, &read, 1 << 16, None)? {
        let batch = batch.map_err(FileError::arrow(reader.path()))?;
        out.rows += batch.num_rows() as u64;
        let view = View { batch: &batch };
        out.persons.extend(view.longs(at::PERSON_ID));
        let (kinds, names) = view.words(at::UNIT_KIND);
        let kinds_of: Vec<Option<usize>> =
            names.iter().map(|name| UnitKind::from_word(name).ok().map(UnitKind::index)).collect();
        for key in kinds {
            if let Some(Some(kind)) = kinds_of.get(*key as usize) {
                out.by_unit_kind[*kind] += 1;
            }
        }
        out.units.extend(view.words(at::UNIT).1);
        view.stays(&mut out.stays);
    }
    out.persons.sort_unstable();
    out.persons.dedup();
    out.units.sort_unstable();
    out.units.dedup();
    Ok(out)
}

struct View<'a> {
    batch: &'a RecordBatch,
}

impl View<'_> {
    fn longs(&self, place: usize) -> &[i64] {
        columns::longs(self.batch, COLUMNS[place].name)
    }

    fn ints(&self, place: usize) -> &[i32] {
        columns::ints(self.batch, COLUMNS[place].name)
    }

    fn words(&self, place: usize) -> (&[i32], Vec<String>) {
        let (keys, words) = columns::words(self.batch, COLUMNS[place].name);
        (keys, words.into_iter().flatten().map(|word| word.unwrap_or("").to_owned()).collect())
    }

    /// Appends the somatic overnight contacts of the batch to `out`, each with its unit and home municipality
    /// as text. The numbers of the two are filled in later.
    fn stays(&self, out: &mut Vec<(Stay, String, String)>) {
        let of = |place| self.words(place);
        let (sector, care, urgency) = (of(at::SECTOR), of(at::CARE_LEVEL), of(at::URGENCY));
        let (unit, home, sex) = (of(at::UNIT), of(at::MUNICIPALITY_OF_REGISTRATION), of(at::SEX));
        let drg_type = of(at::DRG_TYPE);
        let is =
            |column: &(&[i32], Vec<String>), row: usize, word: &str| column.1[column.0[row] as usize] == word;
        for row in 0..self.batch.num_rows() {
            if !is(&care, row, CareLevel::Overnight.word()) || !is(&sector, row, Sector::Somatic.word()) {
                continue;
            }
            let mdc = self.ints(at::MDC)[row];
            let stay = Stay {
                person: self.longs(at::PERSON_ID)[row],
                stay: self.longs(at::STAY_ID)[row],
                admitted: self.ints(at::ADMITTED_ON)[row],
                discharged: self.ints(at::DISCHARGED_ON)[row],
                bed_days: self.ints(at::BED_DAYS)[row],
                unit: 0,
                home: 0,
                age: self.ints(at::AGE)[row],
                sex: Sex::from_word(&sex.1[sex.0[row] as usize]).unwrap_or(Sex::Unknown),
                acute: is(&urgency, row, Urgency::Acute.word()),
                medical: is(&drg_type, row, DrgType::Medical.word()) && mdc != 14 && mdc != 15,
            };
            out.push((stay, unit.1[unit.0[row] as usize].clone(), home.1[home.0[row] as usize].clone()));
        }
    }
}

/// Joins the contacts of each stay. A stay begins with the admission of its first contact and ends with the
/// latest discharge among its contacts; nights are added up.
fn whole_stays(mut parts: Vec<Stay>) -> Vec<Stay> {
    parts.sort_by_key(|part| (part.stay, part.admitted, part.discharged));
    let mut out: Vec<Stay> = Vec::new();
    for part in parts {
        match out.last_mut() {
            Some(stay) if stay.stay == part.stay => {
                stay.discharged = std::cmp::max(stay.discharged, part.discharged);
                stay.bed_days += part.bed_days;
            }
            _ => out.push(part),
        }
    }
    out
}

/// Counts the stays that are followed by an acute stay of the same person within 30 days. Stays of persons
/// under 18 are left out, and so are stays that end less than 30 days before the last discharge in the file.
fn readmissions(stays: &mut [Stay], out: &mut Profile) {
    stays.sort_by_key(|stay| (stay.person, stay.admitted, stay.discharged));
    let end = stays.iter().map(|stay| stay.discharged).max().unwrap_or(0) - 30;
    for (place, stay) in stays.iter().enumerate() {
        if stay.discharged > end || stay.age < 18 {
            continue;
        }
        let later = stays[place + 1..].iter().take_while(|next| next.person == stay.person);
        let mut soon = later.filter(|next| (0..=30).contains(&(next.admitted - stay.discharged)));
        let again = soon.any(|next| next.acute);
        let count = |share: &mut Share| {
            share.of += 1;
            share.part += u64::from(again);
        };
        if stay.medical {
            count(&mut out.readmitted);
        }
        if stay.sex == Sex::Man && stay.age >= 80 {
            count(&mut out.readmitted_men_80);
        }
    }
}

/// Counts the stays whose combination of facts belongs to one person only, and the stays whose combination is
/// unique. `when` gives the day or month of admission.
fn one_person(stays: &mut [Stay], when: impl Fn(&Stay) -> i32) -> (Share, Share) {
    let key = |stay: &Stay| (stay.unit, when(stay), stay.home, stay.sex, stay.age);
    stays.sort_by_cached_key(|stay| (key(stay), stay.person));
    let of = stays.len() as u64;
    let (mut one, mut alone) = (0, 0);
    for same in stays.chunk_by(|first, next| key(first) == key(next)) {
        let count = same.len() as u64;
        if same.iter().all(|stay| stay.person == same[0].person) {
            one += count;
        }
        alone += u64::from(count == 1);
    }
    (Share { part: one, of }, Share { part: alone, of })
}
