//! Which contacts are readmissions: an acute somatic stay that begins within 30 days after another stay of the
//! same person ended. It needs the person, so it is found contact by contact and only where somebody asks.

use domain::{CareLevel, Sector, Urgency};

use crate::columns;
use crate::parquet_file::{FileError, Reader, in_order};
use crate::schema::{COLUMNS, at};

/// Days from one stay to the next that make it a readmission (`reinnleggelse`).
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

/// Keys of the contacts that are readmissions, in order. Two stays in one file are needed for one: what came
/// before the file's first day is not known.
///
/// # Errors
/// If the file cannot be read.
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
    // Stays of a person: first admission, last discharge, acute by their first contact.
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
