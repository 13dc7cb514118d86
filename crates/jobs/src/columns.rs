//! A small table with a head, as a user saved it: a workbook, or text with comma, semicolon or tab between columns,
//! and with decimal comma or point.

use std::path::Path;

use crate::failure::{About, Result, fail};
use words::message;

/// A table that was read from a file. Its columns are found by name.
pub struct Columns {
    file: String,
    heads: Vec<String>,
    /// Line in the file, and cells.
    rows: Vec<(usize, Vec<String>)>,
    /// What separates the columns, if the file is text; `None` if it is a workbook.
    separator: Option<u8>,
}

/// A number as people write it, with spaces between thousands. A comma is a decimal comma, unless commas separate the
/// columns. `None` if the text is no number.
pub fn number(text: &str, separator: Option<u8>) -> Option<f64> {
    let plain = text.replace(['\u{a0}', '\u{202f}', ' '], "").replace('\u{2212}', "-");
    let plain = if separator == Some(b',') { plain } else { plain.replace(',', ".") };
    plain.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Whether a number of things may be a thousand times another: `1.000` where a comma is the decimal mark.
pub fn is_unclear(text: &str, separator: Option<u8>) -> bool {
    separator.is_some_and(|separator| separator != b',') && register::text::may_be_grouped(text)
}

impl Columns {
    /// Reads a table. The separator of a text is whichever of semicolon, tab and comma occurs most often in the head.
    /// Empty rows are skipped.
    ///
    /// # Errors
    /// Fails if the file cannot be read or has no rows, if two columns have the same name, or if a row has fewer cells
    /// than the head or a filled cell beyond the head.
    pub fn read(path: &Path) -> Result<Columns> {
        let file = path.display().to_string();
        let sheet = register::sheet::read(path)?;
        let heads = sheet.heads;
        if let Some(twice) = heads.iter().enumerate().find(|(place, head)| heads[..*place].contains(head)) {
            fail!("error.columns.has_two_columns_give_each_name", file, twice = twice.1);
        }
        let mut rows = Vec::new();
        for (line, mut row) in sheet.rows {
            row.truncate(heads.len());
            if row.len() != heads.len() {
                let at = format!("{file}:{line}");
                fail!("error.columns.row_has_cells_head_has", at, row = row.len(), heads = heads.len());
            }
            rows.push((line, row));
        }
        if rows.is_empty() {
            fail!("error.columns.holds_no_rows", file);
        }
        Ok(Columns { file, heads, rows, separator: sheet.separator })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Cells of a column as text.
    ///
    /// # Errors
    /// Fails if no column has the name.
    pub fn text(&self, name: &str) -> Result<Vec<&str>> {
        let place = self.heads.iter().position(|head| head == name).about(|| {
            message!(
                "error.columns.has_no_column_columns",
                file = self.file,
                name,
                heads = self.heads.join(", ")
            )
        })?;
        Ok(self.rows.iter().map(|(_, row)| row[place].as_str()).collect())
    }

    /// Cells of a column as names of areas or of other rows that belong together.
    ///
    /// # Errors
    /// Fails if no column has the name, or if a row has no name or that of a sum.
    pub fn names(&self, name: &str) -> Result<Vec<&str>> {
        let texts = self.text(name)?;
        for (place, text) in texts.iter().enumerate() {
            if text.is_empty() {
                fail!("error.columns.no_name", at = self.at(place), name);
            }
            if register::text::is_sum(text) {
                fail!("error.columns.sum", at = self.at(place), text);
            }
        }
        Ok(texts)
    }

    /// Cells of a column as numbers.
    ///
    /// # Errors
    /// Fails if no column has the name, if a cell is not a number, or if a full stop may stand between thousands.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>> {
        for (place, text) in self.text(name)?.into_iter().enumerate() {
            if is_unclear(text, self.separator) {
                let (at, plain) = (self.at(place), text.replace('.', ""));
                fail!("error.columns.unclear", at, name, text, plain);
            }
        }
        let number = |(place, text): (usize, &str)| {
            number(text, self.separator)
                .about(|| message!("error.columns.row_not_number", at = self.at(place), name, text))
        };
        self.text(name)?.into_iter().enumerate().map(number).collect()
    }

    /// Cells of a column as numbers of zero or more, such as counts of events or people.
    ///
    /// # Errors
    /// Fails as [`Columns::numbers`] does, and if a number is below zero.
    pub fn amounts(&self, name: &str) -> Result<Vec<f64>> {
        let all = self.numbers(name)?;
        match all.iter().position(|value| *value < 0.0) {
            Some(place) => {
                fail!("error.columns.row_below_zero", at = self.at(place), name, value = all[place])
            }
            None => Ok(all),
        }
    }

    /// File and line of a row, for a message. `row` counts from 0.
    pub fn at(&self, row: usize) -> String {
        format!("{}:{}", self.file, self.rows.get(row).map_or(0, |(line, _)| *line))
    }
}
