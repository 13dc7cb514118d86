//! The manifest of a settlement: its input, program and rules, which suffice to make the settlement again; and its
//! sums.
//!
//! The manifest holds no paths and no times of day, so a settlement that is made again gives the same manifest.

use std::collections::BTreeMap;
use std::path::Path;

use domain::{Instrument, Period};
use register::FileError;
use rulebook::law::Law;
use rulebook::{Provenance, Scope, Segment};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::settle::Settled;

/// Version of the manifest's form.
pub const VERSION: u32 = 1;

/// The manifest of a settlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the manifest's form.
    pub manifest: u32,
    /// The period, for instance `2012-03`.
    pub period: String,
    /// `draft` if a value was used that is not signed off, else `signed`.
    pub status: String,
    /// Whether the contacts are synthetic.
    pub synthetic: bool,
    /// Words of the instruments that are not in force in the period.
    pub not_in_force: Vec<String>,
    /// Words of the instruments that nobody asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_asked: Vec<String>,
    /// Variants laid over the law; empty for the law itself.
    pub variants: Vec<String>,
    pub input: Input,
    pub program: Program,
    pub rows: Rows,
    /// Sums by the word of each instrument that was settled.
    pub sums: BTreeMap<String, InstrumentSum>,
    /// Charges that are an upper bound, because a condition could not be tested.
    pub upper_bound: Vec<UpperBound>,
    /// Instruments that could not be priced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unpriced: Vec<Unpriced>,
    /// Rule versions that hold in the period.
    pub rules: Vec<String>,
    /// Digest of every rule and variant file, by name.
    pub rule_files: BTreeMap<String, String>,
    /// Values that were used and are not signed off, each as a line with its place.
    pub unsigned: Vec<String>,
}

/// The file that was settled, and the file that it was checked from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Name of the file that was settled.
    pub file: String,
    /// SHA-256 of the file that was settled.
    pub sha256: String,
    /// Name of the file that the settled file was checked from, or description of the synthetic register.
    pub checked_from: String,
    /// SHA-256 of the file named in `checked_from` if that file was checked in this run; else empty.
    pub checked_from_sha256: String,
    /// Proof of the check: the value of [`register::schema::CHECKED_KEY`] in the file.
    pub checked: String,
}

/// The program that computed the settlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    pub version: String,
    /// SHA-256 of the program.
    pub sha256: String,
}

/// Rows by their fate: read = settled + outside the period + refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    pub read: u64,
    pub settled: u64,
    pub outside_period: u64,
    /// Rows that the check refused.
    pub refused: u64,
    /// Charges written.
    pub charges: u64,
}

/// Sum of an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstrumentSum {
    /// Number of contacts. Under the day rate, a contact counts once in each month in which it has payable days.
    pub contacts: i64,
    /// DRG points charged for, in thousandths.
    pub drg_points_milli: i64,
    /// Payable days; zero for other instruments than the day rate.
    pub days: i64,
    /// Amount in øre.
    pub amount_ore: i64,
}

/// Sum of those charges of an instrument that are an upper bound, because a condition could not be tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpperBound {
    /// Word of the instrument.
    pub instrument: String,
    /// Codes of the conditions that could not be tested, joined by `+`.
    pub untested: String,
    pub contacts: i64,
    /// Amount in øre.
    pub amount_ore: i64,
}

/// An instrument that could not be priced, and the value that its rule lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpriced {
    /// Word of the instrument.
    pub instrument: String,
    /// The missing value in one sentence, in English.
    pub missing: String,
}

impl Manifest {
    /// The instruments that were asked for; empty for all.
    pub fn only(&self) -> Vec<Instrument> {
        let all = Instrument::ALL.iter().copied();
        let is_left_out = |one: &Instrument| self.not_asked.iter().any(|word| word == one.word());
        if self.not_asked.is_empty() { Vec::new() } else { all.filter(|one| !is_left_out(one)).collect() }
    }
}

/// SHA-256 of a file, in hexadecimal digits.
///
/// # Errors
/// Fails if the file cannot be read.
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

/// SHA-256 of a text, in hexadecimal digits.
pub fn sha256_text(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every rule version of the instruments of a scope that is in force on some day of a period, and the version of the
/// cooperation agreements. Agreements of the 366 days before the period count too, because a notice on one of these days
/// may matter to the period.
pub fn versions(law: &Law, period: Period, scope: &Scope) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for segment in law.sides(scope).flat_map(|side| Segment::within(&side.segments, period)) {
        out.extend(segment.standing.in_force().map(|rule| rule.version.to_string()));
    }
    if scope.has(Instrument::DischargeReady) {
        for segment in Segment::within(&law.usk, period) {
            out.extend(segment.standing.in_force().map(|rule| rule.version.to_string()));
        }
        out.extend(law.agreements.version(period.from().plus(-366), period.to()));
    }
    out
}

/// A value as a line for people: `file:line: key = value`.
pub fn unsigned_line(value: &Provenance) -> String {
    format!("{}: {} = {}", value.place(), value.key, value.value)
}

/// Sums of the instruments that were settled, by the word of the instrument.
pub fn sums(settled: &Settled) -> BTreeMap<String, InstrumentSum> {
    let done = Instrument::ALL.iter().filter(|instrument| settled.scope.has(**instrument));
    done.map(|instrument| {
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
