//! Tables that a user supplies: CSV with any separator, or the first sheet of an Excel or OpenDocument
//! workbook.

use std::path::{Path, PathBuf};
use words::{Message, Said, message};

use calamine::{Data, Reader, open_workbook_auto};

/// A table that cannot be read.
#[derive(Debug)]
pub enum SheetError {
    /// The operating system refuses to read the file.
    Io { path: PathBuf, error: std::io::Error },
    /// The file is not a workbook, or is damaged.
    Workbook { path: PathBuf, error: Box<calamine::Error> },
    /// The text is not a CSV table.
    Csv { path: PathBuf, error: csv::Error },
    /// The table has no row, and so no head.
    Empty { path: PathBuf },
}

words::english_error!(SheetError);

impl Said for SheetError {
    fn said(&self) -> Message {
        match self {
            SheetError::Io { path, error } => {
                message!("error.sheet.io", path = path.display(), error = words::of_io(error))
            }
            SheetError::Workbook { path, error } => {
                message!("error.sheet.workbook", path = path.display(), error)
            }
            SheetError::Csv { path, error } => message!("error.sheet.csv", path = path.display(), error),
            SheetError::Empty { path } => message!("error.sheet.empty", path = path.display()),
        }
    }
}

/// A table: its head, and its rows with the line of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Cells of the first row that is not empty.
    pub heads: Vec<String>,
    /// Line in the file (from 1) and cells of each row that is not empty.
    pub rows: Vec<(usize, Vec<String>)>,
}

impl Sheet {
    /// Place of the column headed by the first of `names` that occurs. Case is ignored.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        names
            .iter()
            .find_map(|name| self.heads.iter().position(|head| head.to_lowercase() == name.to_lowercase()))
    }
}

/// Reads a table: a workbook if the file has the extension of one, else CSV.
///
/// # Errors
/// Fails if the file cannot be read as a workbook or as CSV, or has no head.
pub fn read(path: &Path) -> Result<Sheet, SheetError> {
    let is_book = path.extension().is_some_and(|ending| {
        ["xlsx", "xlsm", "xls", "xlsb", "ods"].iter().any(|known| ending.eq_ignore_ascii_case(known))
    });
    let rows = if is_book { workbook(path)? } else { text(path)? };
    let mut rows = rows.into_iter().filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()));
    let (_, heads) = rows.next().ok_or_else(|| SheetError::Empty { path: path.to_path_buf() })?;
    Ok(Sheet { heads, rows: rows.collect() })
}

type Rows = Vec<(usize, Vec<String>)>;

fn workbook(path: &Path) -> Result<Rows, SheetError> {
    let fault = |error| SheetError::Workbook { path: path.to_path_buf(), error: Box::new(error) };
    let mut book = open_workbook_auto(path).map_err(fault)?;
    let Some(sheet) = book.worksheet_range_at(0) else { return Ok(Vec::new()) };
    let sheet = sheet.map_err(fault)?;
    let first = sheet.start().map_or(0, |(row, _)| row as usize);
    let cell = |cell: &Data| match cell {
        Data::Empty => String::new(),
        other => other.to_string().trim().to_owned(),
    };
    Ok(sheet
        .rows()
        .enumerate()
        .map(|(row, cells)| (first + row + 1, cells.iter().map(cell).collect()))
        .collect())
}

fn text(path: &Path) -> Result<Rows, SheetError> {
    let bytes = std::fs::read(path).map_err(|error| SheetError::Io { path: path.to_path_buf(), error })?;
    let text = crate::csv_file::decoded(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    let head = text.lines().next().unwrap_or_default();
    let count = |separator: char| head.matches(separator).count();
    let separator = [';', '\t', ','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(';');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator as u8)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let fault = |error| SheetError::Csv { path: path.to_path_buf(), error };
    reader
        .records()
        .map(|record| {
            let record = record.map_err(fault)?;
            let line = record.position().map_or(0, |at| at.line() as usize);
            Ok((line, record.iter().map(str::to_owned).collect()))
        })
        .collect()
}
