//! Files of the user's with a row for each municipality.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use domain::Period;
use words::message;

use crate::failure::{About, Result, fail};
use crate::parties;
use crate::table::small_table;

/// Code of a municipality in a file. Fails if there is no such municipality in the period.
fn there(at: &str, word: &str, period: Period) -> Result<String> {
    let found = parties::municipality_on(at, word, period, period.to())?;
    found.about(|| message!("error.indicators.there_no_municipality_in", at, code = word, period))
}

/// Municipalities in a file, each with the place of its row and the name of its group.
///
/// # Errors
/// Fails if the file cannot be read or has no rows, or if a municipality does not exist in the period or stands twice.
pub fn grouped(path: &Path, expected: &str, period: Period) -> Result<Vec<(String, String, String)>> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for (at, [word, group]) in small_table(path, expected)? {
        let code = there(&at, &word, period)?;
        if !seen.insert(code.clone()) {
            fail!("error.indicators.stands_there_twice_municipality_has_one", at, code);
        }
        out.push((at, code, group));
    }
    Ok(out)
}

/// Values of variables by municipality, in the order of their names.
pub type Variables = BTreeMap<String, Vec<f64>>;

/// Names and values of the variables in a file `municipality;name;name…`.
///
/// # Errors
/// Fails if the file cannot be read, has no variable or has a wrong cell, or if a municipality does not exist in the period or
/// stands twice.
pub fn variables_of(path: &Path, period: Period) -> Result<(Vec<String>, Variables)> {
    let sheet = register::sheet::read(path)?;
    let names: Vec<String> = sheet.heads.iter().skip(1).filter(|head| !head.is_empty()).cloned().collect();
    if names.is_empty() {
        fail!("error.peers.no_variable", path = path.display());
    }
    let mut out = Variables::new();
    for (line, cells) in &sheet.rows {
        let at = format!("{}:{line}", path.display());
        let code = there(&at, cells.first().map_or("", String::as_str), period)?;
        let value = |cell: &String| {
            let number = register::csv_file::decimal(cell, 6);
            number.map(|number| number as f64 / 1e6).about(|| message!("error.peers.no_number", at, cell))
        };
        let values: Vec<f64> = cells.iter().skip(1).take(names.len()).map(value).collect::<Result<_>>()?;
        if values.len() < names.len() {
            fail!("error.peers.no_number", at, cell = "");
        }
        if out.insert(code.clone(), values).is_some() {
            fail!("error.indicators.stands_there_twice_municipality_has_one", at, code);
        }
    }
    Ok((names, out))
}

/// Background variables of the municipalities, from the user's file.
pub struct Backgrounds {
    pub(crate) path: PathBuf,
    pub(crate) names: Vec<String>,
    pub(crate) of: Variables,
}

impl Backgrounds {
    /// Reads a file `municipality;name;name…`.
    ///
    /// # Errors
    /// Fails if the file cannot be read, has a wrong cell, names a municipality that does not exist, or names one twice.
    pub fn read(path: &Path, period: Period) -> Result<Backgrounds> {
        let (names, of) = variables_of(path, period)?;
        Ok(Backgrounds { path: path.to_path_buf(), names, of })
    }
}
