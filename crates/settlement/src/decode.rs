//! Columns of a checked file, decoded for the kernel, the cells and explanations.

use arrow_array::{BooleanArray, Int32Array, RecordBatch, StringArray};
use domain::narrow;
use domain::{
    CareLevel, Day, DrgType, EventKind, Instrument, Minute, Municipalities, Party, Period, Residence, Sector,
    Service, UnitKind,
};
use register::columns;
use register::parquet_file::Reader;
use register::schema::{self, at};
use register::stays;
use rulebook::Facts;
use rulebook::file::PAYMENTS;

use crate::stay::Stay;

pub(crate) const CLASSES: usize =
    Sector::COUNT * UnitKind::COUNT * CareLevel::COUNT * Service::COUNT * DrgType::COUNT * 4;

/// Columns that hold facts, debtor and stay.
pub(crate) const READ: [usize; 12] = [
    at::UNIT_KIND,
    at::SECTOR,
    at::CARE_LEVEL,
    at::SERVICE,
    at::DRG,
    at::DRG_TYPE,
    at::COSTLY_MEDICINE,
    at::RESIDENT,
    at::MUNICIPALITY_OF_REGISTRATION,
    at::POINTS,
    at::STAY_ROWS,
    at::REPORTED_READY,
];

/// Columns that the first pass reads only if rows are counts, or if a rule has tariffs.
pub(crate) const MEASURED: [usize; 3] = [at::BED_DAYS, at::FEE, at::CONTACTS];

pub(crate) fn name(place: usize) -> &'static str {
    schema::COLUMNS[place].name
}

/// A translator from residence codes to debtors and regions: by municipality in a period, or by area.
pub(crate) struct Homes<'a> {
    municipalities: &'a Municipalities,
    period: Period,
    by_area: bool,
    region: String,
}

impl<'a> Homes<'a> {
    pub(crate) fn of(reader: &Reader, municipalities: &'a Municipalities, period: Period) -> Homes<'a> {
        let footer = |key: &str| reader.footer().get(key).map_or("", String::as_str);
        let by_area = footer(schema::RESIDENCE_KEY) == "area";
        Homes { municipalities, period, by_area, region: footer("samspill.region").to_owned() }
    }

    /// Every municipality of the period's first day, so that a municipality without contacts is listed too; empty
    /// if the file is by area.
    pub(crate) fn all(&self) -> Vec<Home> {
        if self.by_area {
            return Vec::new();
        }
        let home = |(_, row): (usize, &domain::Municipality)| Home {
            debtor: row.code.clone(),
            region: row.region.clone(),
        };
        self.municipalities.on(self.period.from()).map(home).collect()
    }

    /// Debtor and region of a residence code in the period; both empty if no municipality is liable for the code.
    pub(crate) fn home(&self, code: &str) -> Home {
        if self.by_area {
            return Home { debtor: Party::Area(code.to_owned()).to_string(), region: self.region.clone() };
        }
        let (from, all) = (self.period.from(), self.municipalities);
        let there = |code: &str, on: Day| match all.residence(code, on) {
            Residence::Municipality(place) => all.get(place),
            _ => None,
        };
        let home = |row: &domain::Municipality| Home { debtor: row.code.clone(), region: row.region.clone() };
        let nobody = || Home { debtor: String::new(), region: String::new() };
        match all.residence(code, from) {
            Residence::Municipality(place) => all.get(place).map_or_else(nobody, home),
            // The code came into use after the period began. Every contact under the code, whatever its date, is
            // charged to the municipality that the code was split off from, or, if there is no such municipality,
            // to the municipality that has the code from then on.
            Residence::NotYet { from: began } => match all.predecessor(code, from) {
                Some(row) => home(row),
                None => there(code, began).map_or_else(nobody, home),
            },
            Residence::Ended { became, to } => match &became[..] {
                [one] => there(one, from).map_or_else(nobody, home),
                // A split municipality: the debtor stays open until a decision is recorded; the region is
                // known.
                _ => there(code, to).map_or_else(nobody, |row| Home {
                    debtor: Party::Undecided(code.to_owned()).to_string(),
                    region: row.region.clone(),
                }),
            },
            // The municipality is withheld: debtor and creditor stay open until a delivery names the municipality.
            Residence::Withheld => {
                let undecided = |of: &str| Party::Undecided(format!("{of}{code}")).to_string();
                Home { debtor: undecided(""), region: undecided("region-") }
            }
            Residence::Abroad | Residence::Unknown => nobody(),
        }
    }
}

/// Reason code of payable days for which no municipality answers.
pub(crate) const NO_MUNICIPALITY: &str = "no-municipality";

/// Whether the state owes what an instrument charges; else the municipality does.
pub(crate) fn state_owes(instrument: Instrument) -> bool {
    PAYMENTS.contains(&(instrument, "state", "regional-authority-of-residence"))
}

/// Debtor and region of a residence code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Home {
    pub(crate) debtor: String,
    pub(crate) region: String,
}

/// A dictionary column: the key of each row, and the number that each key stands for.
pub(crate) struct Words<'b> {
    pub(crate) keys: &'b [i32],
    pub(crate) of: Vec<u32>,
}

impl Words<'_> {
    #[inline]
    pub(crate) fn at(&self, row: usize) -> u32 {
        self.of[narrow::<_, usize>(self.keys[row])]
    }
}

pub(crate) fn ints(batch: &RecordBatch, place: usize) -> &[i32] {
    columns::ints(batch, name(place))
}

pub(crate) fn longs(batch: &RecordBatch, place: usize) -> &[i64] {
    columns::longs(batch, name(place))
}

pub(crate) fn maybe_ints(batch: &RecordBatch, place: usize) -> Option<&Int32Array> {
    columns::maybe_ints(batch, name(place))
}

pub(crate) fn flags(batch: &RecordBatch, place: usize) -> Option<&BooleanArray> {
    columns::flags(batch, name(place))
}

pub(crate) fn words(batch: &RecordBatch, place: usize) -> (&[i32], Option<&StringArray>) {
    columns::words(batch, name(place))
}

/// An age in whole years. A file that this program did not check may hold any number: a number below 0 or above
/// 65535 becomes 0.
pub(crate) fn years(age: i32) -> u16 {
    u16::try_from(age).unwrap_or(0)
}

pub(crate) fn word(batch: &RecordBatch, place: usize, row: usize) -> &str {
    columns::word(batch, name(place), row)
}

fn vocabulary(batch: &RecordBatch, place: usize, known: &[&str], step: usize, class: &mut [u16]) {
    let (keys, words) = words(batch, place);
    let Some(words) = words else { return };
    let of: Vec<u16> = words
        .iter()
        .map(|word| narrow(known.iter().position(|known| Some(*known) == word).unwrap_or(0) * step))
        .collect();
    if let [only] = of[..] {
        class.iter_mut().for_each(|class| *class += only);
        return;
    }
    for (class, key) in class.iter_mut().zip(keys) {
        *class += of[narrow::<_, usize>(*key)];
    }
}

/// The class of each row of a batch: its facts, except DRG and age, as one number.
pub(crate) fn classes(batch: &RecordBatch) -> Vec<u16> {
    let mut class = vec![0; batch.num_rows()];
    let mut step = 1;
    for (place, known) in [
        (at::SECTOR, Sector::WORDS),
        (at::UNIT_KIND, UnitKind::WORDS),
        (at::CARE_LEVEL, CareLevel::WORDS),
        (at::SERVICE, Service::WORDS),
        (at::DRG_TYPE, DrgType::WORDS),
    ] {
        vocabulary(batch, place, known, step, &mut class);
        step *= known.len();
    }
    for place in [at::COSTLY_MEDICINE, at::RESIDENT] {
        if let Some(flags) = flags(batch, place) {
            for (class, flag) in class.iter_mut().zip(flags.values()) {
                *class += if flag { narrow(step) } else { 0 };
            }
        }
        step *= 2;
    }
    class
}

/// The class of facts, which [`facts`] turns back into facts.
pub(crate) fn class_of(
    sector: Sector,
    unit_kind: UnitKind,
    care_level: CareLevel,
    service: Service,
    drg_type: DrgType,
    (costly_medicine, resident): (bool, bool),
) -> usize {
    let parts = [
        (sector.index(), Sector::COUNT),
        (unit_kind.index(), UnitKind::COUNT),
        (care_level.index(), CareLevel::COUNT),
        (service.index(), Service::COUNT),
        (drg_type.index(), DrgType::COUNT),
        (usize::from(costly_medicine), 2),
        (usize::from(resident), 2),
    ];
    parts.iter().rev().fold(0, |class, (place, count)| class * count + place)
}

/// The facts of a class, with a DRG and an age.
pub(crate) fn facts(mut class: usize, drg: Option<&str>, age: Option<u16>) -> Facts<'_> {
    let mut take = |count: usize| {
        let place = class % count;
        class /= count;
        place
    };
    Facts {
        sector: Sector::ALL[take(Sector::COUNT)],
        unit_kind: UnitKind::ALL[take(UnitKind::COUNT)],
        care_level: CareLevel::ALL[take(CareLevel::COUNT)],
        service: Service::ALL[take(Service::COUNT)],
        drg_type: DrgType::ALL[take(DrgType::COUNT)],
        costly_medicine: take(2) == 1,
        resident: take(2) == 1,
        drg,
        age,
    }
}

/// Trust or private institution of a contact; the treating unit if no trust is given.
pub fn trust_of(batch: &RecordBatch, row: usize) -> &str {
    match word(batch, schema::at::TRUST, row) {
        "" => word(batch, schema::at::UNIT, row),
        trust => trust,
    }
}

/// The place of a contact among the contacts of its stay. A stay is known by its number alone, so a stay
/// of two persons (which the check warns of) has one ceiling.
pub(crate) fn place_in_stay(batch: &RecordBatch, row: usize) -> stays::Place {
    let long = |place| longs(batch, place)[row];
    let admitted = ints(batch, at::ADMITTED)[row];
    stays::Place { person: 0, stay: long(at::STAY_ID), admitted, contact: long(at::CONTACT_ID) }
}

/// A contact as a stay with its readiness events.
pub(crate) fn stay_of(batch: &RecordBatch, row: usize) -> Stay {
    let events = columns::Events::of(batch);
    let events = events.iter().flat_map(|events| events.row(row));
    let event = |(kind, minute): (EventKind, i32)| rulebook::Event {
        at: Minute::from_number(i64::from(minute)),
        kind,
    };
    let minute = |place| Minute::from_number(i64::from(ints(batch, place)[row]));
    Stay {
        sector: Sector::from_word(word(batch, at::SECTOR, row)).unwrap_or(Sector::Somatic),
        unit_kind: UnitKind::from_word(word(batch, at::UNIT_KIND, row)).unwrap_or(UnitKind::PublicHospital),
        care_level: CareLevel::from_word(word(batch, at::CARE_LEVEL, row)).unwrap_or(CareLevel::Outpatient),
        admitted_at: minute(at::ADMITTED),
        departed_at: minute(at::DISCHARGED),
        events: events.map(event).collect(),
        trust: trust_of(batch, row).to_owned(),
        registered_in: word(batch, at::MUNICIPALITY_OF_REGISTRATION, row).to_owned(),
        stays_in: word(batch, at::MUNICIPALITY_OF_STAY, row).to_owned(),
    }
}
