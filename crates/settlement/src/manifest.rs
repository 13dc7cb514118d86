//! What a settlement was made of and came to: enough to make it again, and nothing that changes when it
//! is made again. No paths and no times of day.

use std::collections::BTreeMap;
use std::path::Path;

use domain::{Instrument, Period};
use register::FileError;
use rulebook::Provenance;
use rulebook::law::Law;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::settle::Settled;

/// Version of the manifest's form.
pub const VERSION: u32 = 1;

/// The manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the manifest's form.
    pub manifest: u32,
    /// Period.
    pub period: String,
    /// `draft` if an unsigned value was used, else `signed`.
    pub status: String,
    /// Whether the contacts are synthetic.
    pub synthetic: bool,
    /// Instruments that do not hold in the period.
    pub not_in_force: Vec<String>,
    /// Variants laid over the law; empty for the law itself.
    pub variants: Vec<String>,
    /// What was read.
    pub input: Input,
    /// What computed.
    pub program: Program,
    /// Rows.
    pub rows: Rows,
    /// Sums by instrument.
    pub sums: BTreeMap<String, InstrumentSum>,
    /// Charges that are an upper bound, since something could not be tested.
    pub upper_bound: Vec<UpperBound>,
    /// Rule versions used.
    pub rules: Vec<String>,
    /// Digest of every rule and variant file.
    pub rule_files: BTreeMap<String, String>,
    /// Values that nobody has signed.
    pub unsigned: Vec<String>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Name of the file that was settled.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
    /// The file that was checked to make it.
    pub checked_from: String,
    /// Its SHA-256, if it was checked in this run; else empty.
    pub checked_from_sha256: String,
    /// How it was checked.
    pub checked: String,
}

/// What computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Version.
    pub version: String,
    /// SHA-256 of the program.
    pub sha256: String,
}

/// Rows in = settled + outside the period + refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// Read.
    pub read: u64,
    /// In the period.
    pub settled: u64,
    /// Outside it.
    pub outside_period: u64,
    /// Refused by the check.
    pub refused: u64,
    /// Charges.
    pub charges: u64,
}

/// Sum of an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstrumentSum {
    /// Contacts.
    pub contacts: i64,
    /// Points.
    pub drg_points_milli: i64,
    /// Days.
    pub days: i64,
    /// Amount.
    pub amount_ore: i64,
}

/// An upper bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpperBound {
    /// Instrument.
    pub instrument: String,
    /// What could not be tested.
    pub untested: String,
    /// Contacts.
    pub contacts: i64,
    /// Amount.
    pub amount_ore: i64,
}

/// SHA-256 of a file.
///
/// # Errors
/// If it cannot be read.
pub fn sha256_file(path: &Path) -> Result<String, FileError> {
    use std::io::Read;
    let mut file = std::fs::File::open(path).map_err(FileError::io(path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer).map_err(FileError::io(path))?;
        if read == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&buffer[..read]);
    }
}

/// SHA-256 of a text.
pub fn sha256_text(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Names every rule version that holds on some day of a period, and what agreements say of notices that
/// may matter to it.
pub fn versions(law: &Law, period: Period) -> Vec<String> {
    let touched = |from, to| from <= period.to() && period.from() <= to;
    let mut out: Vec<String> = Vec::new();
    for segment in law.kmf.segments.iter().chain(&law.isf.segments).filter(|s| touched(s.from, s.to)) {
        out.extend(segment.standing.in_force().map(|rule| rule.version.to_string()));
    }
    for segment in law.usk.iter().filter(|segment| touched(segment.from, segment.to)) {
        out.extend(segment.standing.in_force().map(|rule| rule.version.to_string()));
    }
    out.extend(law.agreements.version(period.from().plus(-366), period.to()));
    out
}

/// A value as a line for people: `file:line key = value (confidence)`.
pub fn unsigned_line(value: &Provenance) -> String {
    format!("{}: {} = {}", value.place(), value.key, value.value)
}

/// Sums by instrument.
pub fn sums(settled: &Settled) -> BTreeMap<String, InstrumentSum> {
    let in_force = Instrument::ALL.iter().filter(|instrument| !settled.not_in_force.contains(instrument));
    in_force
        .map(|instrument| {
            let sum = settled.totals.of(*instrument);
            let sum = InstrumentSum {
                contacts: sum.contacts,
                drg_points_milli: sum.points.milli(),
                days: sum.days,
                amount_ore: sum.amount.ore(),
            };
            (instrument.word().to_owned(), sum)
        })
        .collect()
}
