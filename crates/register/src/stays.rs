//! Stays, and readmissions (`reinnleggelse`).
//!
//! Contacts are joined into stays here, and each definition of a readmission has its name here. The one
//! exception is [`crate::profile`], which has its own stays and its own readmissions.

use domain::{CareLevel, Sector, Urgency};
use serde::Deserialize;

use crate::columns;
use crate::parquet_file::{FileError, Reader, in_order};
use crate::schema::{COLUMNS, at};

const DAY: i32 = 24 * 60;

/// The place of a contact among the contacts of its stay: by admission, then by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Key of the person; 0 for all if `stay` alone identifies a stay.
    pub person: i64,
    pub stay: i64,
    /// Minute of admission.
    pub admitted: i32,
    pub contact: i64,
}

/// The contacts of each stay in order of [`Place`]. Reorders `contacts`.
pub fn together<T>(contacts: &mut [T], place: impl Fn(&T) -> Place) -> impl Iterator<Item = &[T]> {
    contacts.sort_unstable_by_key(&place);
    contacts.chunk_by(move |one, other| {
        let (one, other) = (place(one), place(other));
        (one.person, one.stay) == (other.person, other.stay)
    })
}

/// A definition of a readmission: when an acute stay counts as following an earlier stay of the same person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Readmission {
    /// The acute stay begins from 0 to 30 days after the day of discharge, and not before the discharge.
    #[serde(rename = "within-30-days")]
    Within30Days,
    /// The acute stay begins from 8 hours to 30 days after the discharge.
    #[serde(rename = "8-hours-to-30-days")]
    From8HoursTo30Days,
}

impl Readmission {
    /// Whether an acute stay is a readmission, from the minutes of discharge and of admission.
    pub fn holds(self, discharged: i32, admitted: i32) -> bool {
        let minutes = admitted - discharged;
        match self {
            Readmission::Within30Days => {
                minutes >= 0 && admitted.div_euclid(DAY) - discharged.div_euclid(DAY) <= 30
            }
            Readmission::From8HoursTo30Days => (8 * 60..=30 * DAY).contains(&minutes),
        }
    }
}

/// Hours within which a stay elsewhere goes on with the one before it: today's readmissions begin after them.
pub const SAME_COURSE_HOURS: i32 = 8;

/// Whether a later stay goes on with an earlier stay of the same person: it begins within [`SAME_COURSE_HOURS`] of the end of
/// the earlier one, before or after, at another hospital or in another sector. `discharged` and `admitted` are minutes,
/// `is_elsewhere` tells of hospital and sector.
pub fn is_same_course(discharged: i32, admitted: i32, is_elsewhere: bool) -> bool {
    is_elsewhere && (admitted - discharged).abs() < SAME_COURSE_HOURS * 60
}

#[derive(Debug, Clone, Copy)]
struct Part {
    place: Place,
    discharged: i32,
    acute: bool,
    /// Hash of the treating unit.
    unit: u64,
}

/// Keys (`contact_id`), in ascending order, of the contacts in readmissions. A readmission is an acute somatic
/// overnight stay that follows another somatic overnight stay as [`Readmission::Within30Days`] says.
///
/// The file must hold both stays: a readmission after a stay that ended before the file begins is not found.
/// Contacts without a person (`person_id` 0) are never readmissions.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn readmitted(reader: &Reader, threads: usize) -> Result<Vec<i64>, FileError> {
    let mut parts: Vec<Part> = Vec::new();
    in_order(
        reader.row_groups(),
        threads,
        |group| piece(reader, group),
        |_, piece: Vec<Part>| {
            parts.extend(piece);
            Ok(())
        },
        || FileError::Worker { path: reader.path().to_path_buf() },
    )?;
    // A stay begins with the admission of its first contact and ends with the latest discharge among its contacts. It is
    // acute if its first contact is.
    let ended = |stay: &[Part]| stay.iter().map(|part| part.discharged).max().unwrap_or(0);
    let mut stays: Vec<(Part, &[Part])> = together(&mut parts, |part| part.place)
        .map(|stay| (Part { discharged: ended(stay), ..stay[0] }, stay))
        .collect();
    stays.sort_unstable_by_key(|(stay, _)| (stay.place.person, stay.place.admitted, stay.place.stay));
    let mut out = Vec::new();
    for person in stays.chunk_by(|(one, _), (other, _)| one.place.person == other.place.person) {
        for (rank, (stay, contacts)) in person.iter().enumerate() {
            let follows = |(before, _): &(Part, &[Part])| {
                Readmission::Within30Days.holds(before.discharged, stay.place.admitted)
            };
            // A move to another hospital is no readmission.
            let is_moved = person[..rank].last().is_some_and(|(before, contacts)| {
                let is_elsewhere = contacts.last().is_some_and(|last| last.unit != stay.unit);
                is_same_course(before.discharged, stay.place.admitted, is_elsewhere)
            });
            if stay.acute && stay.place.person != 0 && !is_moved && person[..rank].iter().any(follows) {
                out.extend(contacts.iter().map(|part| part.place.contact));
            }
        }
    }
    out.sort_unstable();
    Ok(out)
}

fn piece(reader: &Reader, group: usize) -> Result<Vec<Part>, FileError> {
    let read = [
        at::PERSON_ID,
        at::STAY_ID,
        at::CONTACT_ID,
        at::ADMITTED,
        at::DISCHARGED,
        at::SECTOR,
        at::CARE_LEVEL,
        at::URGENCY,
        at::UNIT,
    ]
    .map(|place| COLUMNS[place].name);
    let mut out = Vec::new();
    for batch in reader.read(group, &read, 1 << 16, None)? {
        let batch = batch.map_err(FileError::arrow(reader.path()))?;
        let is = |place: usize, word| columns::rows_with(&batch, COLUMNS[place].name, word);
        let (overnight, somatic, acute) = (
            is(at::CARE_LEVEL, CareLevel::Overnight.word()),
            is(at::SECTOR, Sector::Somatic.word()),
            is(at::URGENCY, Urgency::Acute.word()),
        );
        let longs = |place: usize| columns::longs(&batch, COLUMNS[place].name);
        let minutes = |place: usize| columns::ints(&batch, COLUMNS[place].name);
        let (person, stay, contact) = (longs(at::PERSON_ID), longs(at::STAY_ID), longs(at::CONTACT_ID));
        let (admitted, discharged) = (minutes(at::ADMITTED), minutes(at::DISCHARGED));
        let (unit_keys, units) = columns::words(&batch, COLUMNS[at::UNIT].name);
        let units: Vec<u64> = units.into_iter().flatten().map(|unit| hash(unit.unwrap_or(""))).collect();
        for row in (0..batch.num_rows()).filter(|row| overnight[*row] && somatic[*row]) {
            let (person, stay, admitted) = (person[row], stay[row], admitted[row]);
            let place = Place { person, stay, admitted, contact: contact[row] };
            let unit = usize::try_from(unit_keys[row]).ok().and_then(|key| units.get(key)).copied();
            let (discharged, acute) = (discharged[row], acute[row]);
            out.push(Part { place, discharged, acute, unit: unit.unwrap_or(0) });
        }
    }
    Ok(out)
}

/// A number that stands for a word: the same for the same word (FNV-1a).
pub fn hash(word: &str) -> u64 {
    word.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::{DAY, Place, Readmission, is_same_course, together};

    #[test]
    fn a_move_within_eight_hours_goes_on_with_the_course() {
        let minutes = |hours: i32| hours * 60;
        assert!(is_same_course(1000, 1000, true) && is_same_course(1000, 1000 + minutes(8) - 1, true));
        assert!(!is_same_course(1000, 1000 + minutes(8), true) && !is_same_course(1000, 1000, false));
        // The hospital that receives may register the patient before the other has let go.
        assert!(
            is_same_course(1000, 1000 - minutes(2), true) && !is_same_course(1000, 1000 - minutes(8), true)
        );
    }

    #[test]
    fn contacts_of_a_stay_stand_together_in_order_of_admission() {
        let place = |(person, stay, admitted, contact)| Place { person, stay, admitted, contact };
        let mut contacts = [(1, 7, 500, 3), (2, 7, 100, 4), (1, 9, 50, 1), (1, 7, 400, 5), (1, 7, 400, 2)];
        let stays: Vec<Vec<i64>> = together(&mut contacts, |one| place(*one))
            .map(|stay| stay.iter().map(|(.., contact)| *contact).collect())
            .collect();
        assert_eq!(stays, [vec![2, 5, 3], vec![1], vec![4]]);
    }

    /// Discharge on day 10 at 14:00. Columns: day and minute of admission, and whether each definition holds.
    #[test]
    fn each_readmission_begins_and_ends_where_its_definition_says() {
        let discharged = 10 * DAY + 14 * 60;
        for (day, minute, within, after_8_hours) in [
            (10, 13 * 60 + 59, false, false),
            (10, 14 * 60, true, false),
            (10, 21 * 60 + 59, true, false),
            (10, 22 * 60, true, true),
            (40, 14 * 60, true, true),
            (40, 14 * 60 + 1, true, false),
            (40, 23 * 60 + 59, true, false),
            (41, 0, false, false),
        ] {
            let admitted = day * DAY + minute;
            let found = [Readmission::Within30Days, Readmission::From8HoursTo30Days]
                .map(|definition| definition.holds(discharged, admitted));
            assert_eq!(found, [within, after_8_hours], "day {day}, minute {minute}");
        }
    }
}
