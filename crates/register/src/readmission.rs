//! Readmissions (`reinnleggelse`): acute somatic overnight stays that begin at most 30 days after another
//! somatic overnight stay of the same person ended.
//!
//! The search needs the person behind each contact, so it is made only where a caller asks for it.

use domain::{CareLevel, Sector, Urgency};

use crate::columns;
use crate::parquet_file::{FileError, Reader, in_order};
use crate::schema::{COLUMNS, at};

/// Greatest number of days from a discharge to an admission that counts as a readmission (`reinnleggelse`).
pub const DAYS: i32 = 30;

#[derive(Debug, Clone, Copy)]
struct Part {
    person: i64,
    stay: i64,
    contact: i64,
    admitted: i32,
    discharged: i32,
    acute: bool,
}

/// Keys (`contact_id`) of the contacts in readmissions, in ascending order.
///
/// The file must hold both stays: a readmission after a stay that ended before the file begins is not found.
/// Contacts without a person (`person_id` 0) are never readmissions.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn keys(reader: &Reader, threads: usize) -> Result<Vec<i64>, FileError> {
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
    parts.sort_unstable_by_key(|part| (part.person, part.stay, part.admitted, part.contact));
    // One entry per stay of a person, with the range of its contacts in `parts`. A stay is admitted with its
    // first contact and discharged with its last; it is acute if its first contact is.
    let mut stays: Vec<(Part, usize, usize)> = Vec::new();
    let mut start = 0;
    for stay in parts.chunk_by(|one, other| (one.person, one.stay) == (other.person, other.stay)) {
        let discharged = stay.iter().map(|part| part.discharged).max().unwrap_or(0);
        stays.push((Part { discharged, ..stay[0] }, start, start + stay.len()));
        start += stay.len();
    }
    stays.sort_unstable_by_key(|(stay, ..)| (stay.person, stay.admitted, stay.stay));
    let mut out = Vec::new();
    for person in stays.chunk_by(|(one, ..), (other, ..)| one.person == other.person) {
        for (place, (stay, from, to)) in person.iter().enumerate() {
            let soon = |(before, ..): &(Part, usize, usize)| {
                (0..=DAYS).contains(&(stay.admitted - before.discharged))
            };
            if stay.acute && stay.person != 0 && person[..place].iter().any(soon) {
                out.extend(parts[*from..*to].iter().map(|part| part.contact));
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
        at::ADMITTED_ON,
        at::DISCHARGED_ON,
        at::SECTOR,
        at::CARE_LEVEL,
        at::URGENCY,
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
        let days = |place: usize| columns::ints(&batch, COLUMNS[place].name);
        let (person, stay, contact) = (longs(at::PERSON_ID), longs(at::STAY_ID), longs(at::CONTACT_ID));
        let (admitted, discharged) = (days(at::ADMITTED_ON), days(at::DISCHARGED_ON));
        for row in (0..batch.num_rows()).filter(|row| overnight[*row] && somatic[*row]) {
            out.push(Part {
                person: person[row],
                stay: stay[row],
                contact: contact[row],
                admitted: admitted[row],
                discharged: discharged[row],
                acute: acute[row],
            });
        }
    }
    Ok(out)
}
