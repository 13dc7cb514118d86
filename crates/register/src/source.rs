//! Rows as text, from a CSV file or from any Parquet table.

use std::path::Path;
use std::sync::Arc;
use words::{Message, message};

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampSecondType;
use arrow_array::{Array, ArrayRef, ListArray, StringArray};
use arrow_schema::{DataType, TimeUnit};
use domain::Minute;

use crate::csv_file::CsvFile;
use crate::parquet_file::{FileError, Reader};

/// One row, with its cells as text.
pub trait Cells {
    /// Text of the cell in a column, trimmed; empty if there is no such column or its value is missing.
    /// What SAS, R, pandas and databases write for a missing value counts as missing: `.`, `NA`, `NaN`, `NULL` and the like.
    fn cell(&self, column: usize) -> &str;
    /// Number of cells in the row.
    fn count(&self) -> usize;
}

impl Cells for csv::StringRecord {
    fn cell(&self, column: usize) -> &str {
        self.get(column).map_or("", filled)
    }

    fn count(&self) -> usize {
        self.len()
    }
}

fn filled(cell: &str) -> &str {
    match cell.trim() {
        "." | "NA" | "N/A" | "#N/A" | "NaN" | "nan" | "NULL" | "null" | "None" => "",
        cell => cell,
    }
}

/// A file of rows, open for reading.
pub enum Source {
    Csv(CsvFile),
    Table {
        reader: Reader,
        /// Whether each column is read. The cells of other columns are empty.
        is_read: Vec<bool>,
    },
}

struct TableRow<'a> {
    columns: &'a [StringArray],
    row: usize,
}

impl Cells for TableRow<'_> {
    fn cell(&self, column: usize) -> &str {
        match self.columns.get(column) {
            Some(column) if column.is_valid(self.row) => filled(column.value(self.row)),
            _ => "",
        }
    }

    fn count(&self) -> usize {
        self.columns.len()
    }
}

fn names(table: &Reader) -> Vec<String> {
    table.schema().fields().iter().map(|field| field.name().clone()).collect()
}

/// Whether a file is Parquet, by its first four bytes.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn is_parquet(path: &Path) -> Result<bool, FileError> {
    use std::io::Read;
    let mut start = Vec::new();
    let file = std::fs::File::open(path).map_err(FileError::io(path))?;
    file.take(4).read_to_end(&mut start).map_err(FileError::io(path))?;
    Ok(start == b"PAR1")
}

/// Names of the columns of a file, without reading the file to its end.
///
/// # Errors
/// Fails if the file cannot be read, or is neither Parquet nor a CSV file with a head.
pub fn heads(path: &Path) -> Result<Vec<String>, FileError> {
    match is_parquet(path)? {
        true => Ok(names(&Reader::open(path)?)),
        false => crate::csv_file::heads(path),
    }
}

impl Source {
    /// Opens a file: Parquet if its first four bytes are those of Parquet, else CSV. Every column is read.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or is neither Parquet nor a readable CSV file.
    pub fn open(path: &Path, threads: usize) -> Result<Source, FileError> {
        if is_parquet(path)? {
            let reader = Reader::open(path)?;
            let is_read = vec![true; reader.schema().fields().len()];
            return Ok(Source::Table { reader, is_read });
        }
        Ok(Source::Csv(CsvFile::open(path, threads)?))
    }

    /// The source with only some columns of a table read.
    ///
    /// # Errors
    /// Fails if such a column has times as INT96.
    pub fn only(self, wanted: &[bool]) -> Result<Source, FileError> {
        let Source::Table { reader, .. } = self else { return Ok(self) };
        let is_wanted = |name: &str| {
            reader.schema().index_of(name).is_ok_and(|place| wanted.get(place).is_some_and(|wanted| *wanted))
        };
        if let Some(column) = reader.int96_columns().find(|column| is_wanted(column)) {
            let fault = message!("file.column_int96", column);
            return Err(FileError::Schema { path: reader.path().to_path_buf(), fault });
        }
        Ok(Source::Table { reader, is_read: wanted.to_vec() })
    }

    /// Names of the columns, in the order of the file.
    pub fn heads(&self) -> Vec<String> {
        match self {
            Source::Csv(csv) => csv.heads.clone(),
            Source::Table { reader, .. } => names(reader),
        }
    }

    /// Format of the file in words, such as `CSV, semicolon, UTF-8`.
    pub fn described(&self) -> Message {
        match self {
            Source::Table { .. } => Message::plain("Parquet"),
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
            Source::Table { reader, .. } => reader.row_groups(),
        }
    }

    /// Hands each row of a piece to `take`, with its line (CSV) or its row number (Parquet), both from 1.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub fn rows(&self, piece: usize, mut take: impl FnMut(u64, &dyn Cells)) -> Result<(), FileError> {
        match self {
            Source::Csv(csv) => csv.records(piece, |line, record| take(line, record)),
            Source::Table { reader, is_read } => {
                let mut line = 1 + (0..piece).map(|group| reader.rows_in(group) as u64).sum::<u64>();
                let heads = self.heads();
                let wanted = heads.iter().zip(is_read).filter(|(_, is_read)| **is_read);
                let wanted: Vec<&str> = wanted.map(|(head, _)| head.as_str()).collect();
                let fault = |fault| FileError::Schema { path: reader.path().to_path_buf(), fault };
                for batch in reader.read(piece, &wanted, 1 << 13, None)? {
                    let batch = batch.map_err(FileError::arrow(reader.path()))?;
                    let column = |name: &String| match batch.column_by_name(name) {
                        Some(column) => as_text(name, column),
                        None => Ok(StringArray::new_null(batch.num_rows())),
                    };
                    let columns: Vec<StringArray> =
                        heads.iter().map(column).collect::<Result<_, _>>().map_err(fault)?;
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

/// A column as text. A list of pairs (the readiness events of a contact, each as number and time) becomes
/// `1@22090000 3@22091440`.
fn as_text(name: &str, column: &ArrayRef) -> Result<StringArray, Message> {
    let kind = column.data_type();
    let unreadable = || message!("file.column_kind", column = name, kind);
    match kind {
        DataType::List(_) => pairs(name, column.as_list::<i32>()),
        DataType::LargeList(_) => {
            let small = DataType::new_list(column.as_list::<i64>().value_type(), true);
            let list = arrow_cast::cast(column, &small).map_err(|_| unreadable())?;
            pairs(name, list.as_list::<i32>())
        }
        DataType::FixedSizeList(field, _) => {
            let list =
                arrow_cast::cast(column, &DataType::List(Arc::clone(field))).map_err(|_| unreadable())?;
            pairs(name, list.as_list::<i32>())
        }
        // The minute of a time in another zone may differ from the minute on a clock in Norway, or the zone may have been put
        // there by a program that knew none. The program does not guess, and refuses the column.
        DataType::Timestamp(_, Some(zone)) if zone.as_ref() != "Europe/Oslo" => {
            Err(message!("file.column_zone", column = name, zone = zone.as_ref()))
        }
        DataType::Timestamp(_, Some(_)) => {
            let seconds = DataType::Timestamp(TimeUnit::Second, None);
            let seconds = arrow_cast::cast(column, &seconds).map_err(|_| unreadable())?;
            let seconds = seconds.as_primitive::<TimestampSecondType>();
            Ok(seconds.iter().map(|at| at.map(|at| Minute::of_moment(at).to_string())).collect())
        }
        kind if kind.is_nested() && !matches!(kind, DataType::Dictionary(..)) => Err(unreadable()),
        _ => {
            let text = arrow_cast::cast(column, &DataType::Utf8).map_err(|_| unreadable())?;
            text.as_string_opt::<i32>().cloned().ok_or_else(unreadable)
        }
    }
}

fn pairs(name: &str, list: &ListArray) -> Result<StringArray, Message> {
    let unreadable = || message!("file.column_kind", column = name, kind = list.data_type());
    let pairs =
        list.values().as_struct_opt().filter(|pairs| pairs.num_columns() == 2).ok_or_else(unreadable)?;
    let (kinds, times) = (as_text(name, pairs.column(0))?, as_text(name, pairs.column(1))?);
    let text = |row: usize| {
        if list.is_null(row) {
            return None;
        }
        let (from, to) = (list.value_offsets()[row] as usize, list.value_offsets()[row + 1] as usize);
        let known = (from..to).filter(|place| kinds.is_valid(*place) && times.is_valid(*place));
        let words: Vec<String> =
            known.map(|place| format!("{}@{}", kinds.value(place), times.value(place))).collect();
        Some(words.join(" "))
    };
    Ok((0..list.len()).map(text).collect())
}

#[cfg(test)]
mod tests {
    use arrow_array::{
        Array, Decimal128Array, DictionaryArray, Int8Array, Int32Array, Int64Array, LargeListArray,
        ListArray, StringViewArray, StructArray, TimestampMicrosecondArray,
    };
    use arrow_buffer::OffsetBuffer;
    use arrow_schema::Field;

    use super::*;

    fn list_of(kinds: ArrayRef, times: ArrayRef) -> (Arc<Field>, ArrayRef) {
        let fields = vec![
            Field::new("kind", kinds.data_type().clone(), true),
            Field::new("minute", times.data_type().clone(), true),
        ];
        let pairs: ArrayRef = Arc::new(StructArray::new(fields.into(), vec![kinds, times], None));
        (Arc::new(Field::new("item", pairs.data_type().clone(), true)), pairs)
    }

    /// A column gives the same text whether DuckDB, pandas, Polars or Spark wrote it.
    #[test]
    fn columns_of_other_writers_are_read_or_named() {
        let texts = |column: ArrayRef| -> Vec<Option<String>> {
            let text = as_text("events", &column).unwrap();
            text.iter().map(|one| one.map(str::to_owned)).collect()
        };
        let same = [Some("1@22090000 3@22091440".to_owned()), Some(String::new())];
        let offsets = || OffsetBuffer::new(vec![0, 2, 2].into());
        let large = || OffsetBuffer::new(vec![0_i64, 2, 2].into());
        let (item, narrow) = list_of(
            Arc::new(Int8Array::from(vec![1, 3])),
            Arc::new(Int32Array::from(vec![22_090_000, 22_091_440])),
        );
        assert_eq!(texts(Arc::new(ListArray::new(item, offsets(), narrow, None))), same);
        let wide = || {
            list_of(
                Arc::new(Int64Array::from(vec![1, 3])),
                Arc::new(Int64Array::from(vec![22_090_000, 22_091_440])),
            )
        };
        let (item, pairs) = wide();
        assert_eq!(texts(Arc::new(ListArray::new(item, offsets(), pairs, None))), same);
        let (item, pairs) = wide();
        assert_eq!(texts(Arc::new(LargeListArray::new(item, large(), pairs, None))), same);
        let decimal = Decimal128Array::from(vec![1017]).with_precision_and_scale(10, 3).unwrap();
        assert_eq!(texts(Arc::new(decimal)), [Some("1.017".to_owned())]);
        assert_eq!(texts(Arc::new(StringViewArray::from(vec!["U1"]))), [Some("U1".to_owned())]);
        let words: DictionaryArray<arrow_array::types::Int32Type> = vec!["U1", "U1"].into_iter().collect();
        assert_eq!(texts(Arc::new(words)), vec![Some("U1".to_owned()); 2]);
        let at = TimestampMicrosecondArray::from(vec![1_330_855_200_000_000]);
        assert_eq!(texts(Arc::new(at.clone())), [Some("2012-03-04T10:00:00".to_owned())]);
        let oslo: ArrayRef = Arc::new(at.clone().with_timezone("Europe/Oslo"));
        assert_eq!(texts(oslo), [Some("2012-03-04T11:00".to_owned())]);
        // What cannot be read is named, with its column.
        let zoned: ArrayRef = Arc::new(at.with_timezone("UTC"));
        let fault = as_text("admitted", &zoned).unwrap_err().english();
        assert!(fault.contains("admitted") && fault.contains("UTC"), "{fault}");
        let item = Arc::new(Field::new("item", DataType::Int64, true));
        let list: ArrayRef =
            Arc::new(ListArray::new(item, offsets(), Arc::new(Int64Array::from(vec![1, 3])), None));
        let fault = as_text("municipality_of_stay", &list).unwrap_err().english();
        assert!(fault.contains("municipality_of_stay") && fault.contains("List"), "{fault}");
    }
}
