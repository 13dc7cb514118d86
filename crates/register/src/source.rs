//! Rows as text, from a CSV file or from any Parquet table.

use std::path::Path;
use words::{Message, message};

use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_schema::DataType;

use crate::csv_file::CsvFile;
use crate::parquet_file::{FileError, Reader};

/// One row, with its cells as text.
pub trait Cells {
    /// Text of the cell in a column, trimmed; empty if there is no such column or its value is missing.
    fn cell(&self, column: usize) -> &str;
    /// Number of cells in the row.
    fn count(&self) -> usize;
}

impl Cells for csv::StringRecord {
    fn cell(&self, column: usize) -> &str {
        self.get(column).map_or("", str::trim)
    }

    fn count(&self) -> usize {
        self.len()
    }
}

/// A file of rows, open for reading.
pub enum Source {
    Csv(CsvFile),
    Table(Reader),
}

struct TableRow<'a> {
    columns: &'a [StringArray],
    row: usize,
}

impl Cells for TableRow<'_> {
    fn cell(&self, column: usize) -> &str {
        match self.columns.get(column) {
            Some(column) if column.is_valid(self.row) => column.value(self.row).trim(),
            _ => "",
        }
    }

    fn count(&self) -> usize {
        self.columns.len()
    }
}

impl Source {
    /// Opens a file: Parquet if its first four bytes are those of Parquet, else CSV.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or is neither Parquet nor a readable CSV file.
    pub fn open(path: &Path, threads: usize) -> Result<Source, FileError> {
        use std::io::Read;
        let mut start = [0; 4];
        let mut file = std::fs::File::open(path).map_err(FileError::io(path))?;
        let read = file.read(&mut start).map_err(FileError::io(path))?;
        if read == 4 && &start == b"PAR1" {
            return Ok(Source::Table(Reader::open(path)?));
        }
        Ok(Source::Csv(CsvFile::open(path, threads)?))
    }

    /// Names of the columns, in the order of the file.
    pub fn heads(&self) -> Vec<String> {
        match self {
            Source::Csv(csv) => csv.heads.clone(),
            Source::Table(reader) => {
                reader.schema().fields().iter().map(|field| field.name().clone()).collect()
            }
        }
    }

    /// Format of the file in words, such as `CSV, semicolon, UTF-8`.
    pub fn described(&self) -> Message {
        match self {
            Source::Table(_) => Message::plain("Parquet"),
            Source::Csv(csv) => {
                let separator = match csv.separator {
                    b';' => message!("file.semicolon"),
                    b'\t' => message!("file.tab"),
                    _ => message!("file.comma"),
                };
                Message::joined(vec![Message::plain("CSV"), separator, csv.encoding.named()], ", ")
            }
        }
    }

    /// Number of pieces that can be read independently: blocks of a CSV file, row groups of a Parquet file.
    pub fn pieces(&self) -> usize {
        match self {
            Source::Csv(csv) => csv.blocks(),
            Source::Table(reader) => reader.row_groups(),
        }
    }

    /// Hands each row of a piece to `take`, with its line (CSV) or its row number (Parquet), both from 1.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub fn rows(&self, piece: usize, mut take: impl FnMut(u64, &dyn Cells)) -> Result<(), FileError> {
        match self {
            Source::Csv(csv) => csv.records(piece, |line, record| take(line, record)),
            Source::Table(reader) => {
                let mut line = 1 + (0..piece).map(|group| reader.rows_in(group) as u64).sum::<u64>();
                let heads = self.heads();
                let names: Vec<&str> = heads.iter().map(String::as_str).collect();
                for batch in reader.read(piece, &names, 1 << 13, None)? {
                    let batch = batch.map_err(FileError::arrow(reader.path()))?;
                    let columns: Vec<StringArray> = batch
                        .columns()
                        .iter()
                        .map(as_text)
                        .collect::<Result<_, _>>()
                        .map_err(FileError::arrow(reader.path()))?;
                    for row in 0..batch.num_rows() {
                        take(line, &TableRow { columns: &columns, row });
                        line += 1;
                    }
                }
                Ok(())
            }
        }
    }
}

fn as_text(column: &ArrayRef) -> Result<StringArray, arrow_schema::ArrowError> {
    if let Some(list) = column.as_list_opt::<i32>() {
        return Ok((0..list.len()).map(|row| Some(events_text(&list.value(row)))).collect());
    }
    let text = arrow_cast::cast(column, &DataType::Utf8)?;
    text.as_string_opt::<i32>()
        .cloned()
        .ok_or_else(|| arrow_schema::ArrowError::CastError("a column cannot be read as text".into()))
}

/// Readiness events of the program's own schema as text: `1@22090000 3@22091440`, event number and civil
/// minute.
fn events_text(pairs: &ArrayRef) -> String {
    let Some(pairs) = pairs.as_struct_opt().filter(|pairs| pairs.num_columns() == 2) else {
        return String::new();
    };
    let kinds = pairs.column(0).as_primitive_opt::<Int8Type>();
    let minutes = pairs.column(1).as_primitive_opt::<Int32Type>();
    let (Some(kinds), Some(minutes)) = (kinds, minutes) else { return String::new() };
    let words: Vec<String> = kinds
        .values()
        .iter()
        .zip(minutes.values())
        .map(|(kind, minute)| format!("{kind}@{minute}"))
        .collect();
    words.join(" ")
}
