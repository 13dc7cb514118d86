//! A small table with a head, as a user saved it: a workbook, or text with comma, semicolon or tab between columns,
//! and with decimal comma or point.

use std::path::Path;

use crate::failure::{About, Result, fail};
use words::{Message, message};

/// A table that was read from a file. Its columns are found by name.
pub struct Columns {
    file: String,
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Whether a comma in a number is a decimal comma: true unless commas separate the columns.
    is_comma: bool,
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
        for (place, mut row) in sheet.rows {
            row.truncate(heads.len());
            if row.len() != heads.len() {
                fail!(
                    "error.columns.row_has_cells_head_has",
                    file,
                    place,
                    row = row.len(),
                    heads = heads.len()
                );
            }
            rows.push(row);
        }
        if rows.is_empty() {
            fail!("error.columns.holds_no_rows", file);
        }
        Ok(Columns { file, heads, rows, is_comma: !sheet.is_by_commas })
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
        Ok(self.rows.iter().map(|row| row[place].as_str()).collect())
    }

    /// Cells of a column as numbers.
    ///
    /// # Errors
    /// Fails if no column has the name, or if a cell is not a number.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>> {
        let text = self.text(name)?.into_iter().enumerate();
        text.map(|(place, text)| self.number(name, place, text)).collect()
    }

    /// Cells of a column as numbers of zero or more, such as counts of events or people.
    ///
    /// # Errors
    /// Fails as [`Columns::numbers`] does, and if a number is below zero.
    pub fn amounts(&self, name: &str) -> Result<Vec<f64>> {
        let all = self.numbers(name)?;
        match all.iter().position(|value| *value < 0.0) {
            Some(place) => fail!(
                "error.columns.row_below_zero",
                file = self.file,
                place = place + 1,
                name,
                place2 = all[place]
            ),
            None => Ok(all),
        }
    }

    fn number(&self, name: &str, place: usize, text: &str) -> Result<f64> {
        let plain = text.replace(['\u{a0}', '\u{202f}', ' '], "").replace('\u{2212}', "-");
        let plain = if self.is_comma { plain.replace(',', ".") } else { plain };
        plain.parse().ok().filter(|value: &f64| value.is_finite()).about(|| {
            message!("error.columns.row_not_number", file = self.file, place = place + 1, name, text)
        })
    }

    /// File and row for a message. `row` counts from 0, and the message from 1.
    pub fn at(&self, row: usize) -> Message {
        message!("columns.at", file = self.file, row = row + 1)
    }
}
