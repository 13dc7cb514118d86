//! A `.cases.md` page: prose with tables in it.
//!
//! A line `given: column = value, …` holds default values, until the next such line: a row takes the value of
//! a column if its cell is empty or its table lacks the column. Column heads come from a fixed list; the
//! column `because` is for readers. A row has as many cells as its head. An unknown column, a row of another
//! length and a number that cannot be read are reported as failures.

use std::collections::BTreeMap;

use domain::{Amount, Day, Minute, Points};

use super::Failure;
use crate::file::{CHOICES, HOUR_CHOICES};

const INPUTS: &[&str] = &[
    "sector",
    "unit",
    "care level",
    "drg type",
    "drg",
    "service",
    "medicine",
    "resident",
    "age",
    "points",
    "used of ceiling",
    "contacts",
    "bed days",
    "fee",
    "admitted",
    "discharged",
    "admission notice",
    "ready",
    "notified",
    "refused",
    "place ready",
    "withdrawn",
    "ready again",
    "notified again",
    "departed",
    "urgency",
    "diagnosis",
    "readmitted",
    "day",
    "flow",
];
const OUTPUTS: &[&str] = &[
    "kroner",
    "reason",
    "payer",
    "stops with",
    "reached",
    "debtor",
    "creditor",
    "effect",
    "costs",
    "gp",
    "mode",
    "schedule",
    "account",
    "article",
    "article private",
    "days",
    "vat",
    "tax category",
];
const REMARKS: &[&str] = &["case", "because"];

/// One row of a table, with the `given` values of the columns that the row leaves empty or the table lacks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    cells: BTreeMap<String, String>,
}

impl Case {
    /// The text of a column; `None` if it is empty.
    pub(crate) fn text(&self, column: &str) -> Option<&str> {
        self.cells.get(column).map(String::as_str)
    }

    /// The text of a column. Fails if it is empty.
    pub(crate) fn needed(&self, column: &str) -> Result<&str, String> {
        self.text(column).ok_or_else(|| format!("{column} is not given"))
    }

    /// The choices that the row makes: pairs of key and reading.
    pub(crate) fn readings(&self) -> Vec<(&str, &str)> {
        self.cells
            .iter()
            .filter(|(column, _)| is_choice(column))
            .map(|(column, reading)| (column.as_str(), reading.as_str()))
            .collect()
    }

    /// Reads `yes` or `no`; an empty column gives the default.
    pub(crate) fn yes(&self, column: &str, default: bool) -> Result<bool, String> {
        match self.text(column) {
            None => Ok(default),
            Some("yes") => Ok(true),
            Some("no") => Ok(false),
            Some(other) => Err(format!("{column} is '{other}', not yes or no")),
        }
    }

    pub(crate) fn day(&self, column: &str) -> Result<Option<Day>, String> {
        self.text(column).map(|text| Day::parse(text).map_err(|error| error.to_string())).transpose()
    }

    /// Reads a time; `None` if the column is empty or says `none`.
    pub(crate) fn minute(&self, column: &str) -> Result<Option<Minute>, String> {
        match self.text(column) {
            None | Some("none") => Ok(None),
            Some(text) => Minute::parse(text).map(Some).map_err(|error| error.to_string()),
        }
    }

    /// Reads a whole number.
    pub(crate) fn whole(&self, column: &str) -> Result<Option<i64>, String> {
        self.number(column, 0)
    }

    /// Reads DRG points with at most three decimals.
    pub(crate) fn points(&self, column: &str) -> Result<Option<Points>, String> {
        Ok(self.number(column, 3)?.map(Points::from_milli))
    }

    /// Reads kroner with at most two decimals.
    pub(crate) fn kroner(&self, column: &str) -> Result<Option<Amount>, String> {
        Ok(self.number(column, 2)?.map(Amount::from_ore))
    }

    fn number(&self, column: &str, decimals: usize) -> Result<Option<i64>, String> {
        let read = |text| decimal(text, decimals).map_err(|fault| format!("{column}: {fault}"));
        self.text(column).map(read).transpose()
    }
}

/// Runs a check on every row. Returns the number of rows and the failures.
pub(crate) fn run(
    file: &str,
    page: &str,
    mut check: impl FnMut(&Case) -> Result<(), String>,
) -> (usize, Vec<Failure>) {
    let mut failures = Vec::new();
    let mut count = 0;
    let mut given = BTreeMap::new();
    let mut head: Option<Head> = None;
    for (place, line) in page.lines().enumerate() {
        let fail = |case: &str, fault: String| Failure {
            file: file.to_owned(),
            line: place + 1,
            case: case.to_owned(),
            fault,
        };
        let line = line.trim();
        if let Some(list) = line.strip_prefix("given:") {
            match read_given(list) {
                Ok(cells) => given = cells,
                Err(fault) => failures.push(fail("given", fault)),
            }
        }
        if !line.starts_with('|') {
            head = None;
            continue;
        }
        if line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ')) {
            continue;
        }
        let Some(known) = &head else {
            let read = Head::read(line);
            for column in read.columns.iter().filter(|column| !is_known(column)) {
                failures.push(fail("head", format!("unknown column '{column}'")));
            }
            head = Some(read);
            continue;
        };
        count += 1;
        let cells = known.cells(line);
        let name = cells.first().copied().unwrap_or_default();
        if cells.len() != known.columns.len() {
            failures.push(fail(name, format!("{} cells under {} heads", cells.len(), known.columns.len())));
            continue;
        }
        let mut case = Case { cells: given.clone() };
        for (column, cell) in known.columns.iter().zip(&cells).filter(|(_, cell)| !cell.is_empty()) {
            case.cells.insert(column.clone(), (*cell).to_owned());
        }
        if let Err(fault) = check(&case) {
            failures.push(fail(name, fault));
        }
    }
    (count, failures)
}

/// The head of a table. If it ends with a bar, so do its rows.
struct Head {
    columns: Vec<String>,
    is_closed: bool,
}

impl Head {
    fn read(line: &str) -> Head {
        let is_closed = line.len() > 1 && line.ends_with('|');
        let mut head = Head { columns: Vec::new(), is_closed };
        head.columns = head.cells(line).into_iter().map(str::to_owned).collect();
        head
    }

    fn cells<'l>(&self, line: &'l str) -> Vec<&'l str> {
        let line = line.strip_prefix('|').unwrap_or(line);
        let line = if self.is_closed { line.strip_suffix('|').unwrap_or(line) } else { line };
        line.split('|').map(str::trim).collect()
    }
}

fn is_choice(column: &str) -> bool {
    HOUR_CHOICES.contains(&column) || CHOICES.iter().any(|(key, _)| *key == column)
}

fn is_input(column: &str) -> bool {
    INPUTS.contains(&column) || is_choice(column)
}

fn is_known(column: &str) -> bool {
    is_input(column) || OUTPUTS.contains(&column) || REMARKS.contains(&column)
}

fn read_given(list: &str) -> Result<BTreeMap<String, String>, String> {
    let mut cells = BTreeMap::new();
    for pair in list.split(',') {
        let (key, value) = pair.split_once('=').ok_or_else(|| format!("'{pair}' is not column = value"))?;
        let key = key.trim();
        if !is_input(key) {
            return Err(format!("unknown column '{key}'"));
        }
        cells.insert(key.to_owned(), value.trim().to_owned());
    }
    Ok(cells)
}

/// Reads `1 234,50` as a whole number of the smallest unit. The decimal sign is a comma or a point, and
/// spaces are ignored.
fn decimal(text: &str, decimals: usize) -> Result<i64, String> {
    let wrong = || format!("'{text}' is not a number with at most {decimals} decimals");
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (sign, digits) = match plain.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (-1, rest),
        None => (1, plain.as_str()),
    };
    let (whole, part) = digits.split_once([',', '.']).unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(part) || part.len() > decimals {
        return Err(wrong());
    }
    format!("{whole}{part:0<decimals$}").parse::<i64>().map(|number| sign * number).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_whole_or_not_at_all() {
        for (text, decimals, read) in [
            ("7", 0, 7),
            ("1 234,5", 2, 123_450),
            ("1234.56", 2, 123_456),
            ("-4", 2, -400),
            ("\u{2212}0,031", 3, -31),
        ] {
            assert_eq!(decimal(text, decimals), Ok(read), "{text}");
        }
        for text in ["", ",5", "1,2a", "a,2", "1,234", "--1", "1,2,3", "en", "99999999999999999999"] {
            assert!(decimal(text, 2).is_err(), "{text}");
        }
    }

    #[test]
    fn a_fault_is_on_its_line_of_the_page() {
        let page = "# page\n\n| case | points |\n|---|---|\n| a | 1 |\n| b | 2 |\n";
        let (count, failures) = run("page", page, |case| match case.text("case") {
            Some("b") => Err("wrong".to_owned()),
            _ => Ok(()),
        });
        assert_eq!((count, failures.len(), failures[0].line), (2, 1, 6));
    }
}
