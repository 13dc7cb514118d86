//! The lines of a ledger as a Parquet file, for other programs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use domain::Amount;
use register::FileError;
use register::parquet_file::Writer;

use crate::archive::dictionary;

/// One line of a voucher.
#[derive(Debug, Clone)]
pub struct Row {
    /// Number of the voucher.
    pub voucher: i64,
    /// Number of the step that posted the voucher.
    pub step: i64,
    /// Texts of the columns `posting_month` to `party`, in the order of the file.
    pub words: [String; 10],
    /// Debit above zero, credit below zero.
    pub amount: Amount,
}

const WORDS: [&str; 10] = [
    "posting_month",
    "activity_period",
    "instrument",
    "cause",
    "debtor",
    "creditor",
    "unit",
    "rule_version",
    "account",
    "party",
];

/// Writes lines to a file.
///
/// # Errors
/// Fails if the file cannot be written.
pub fn write(path: &Path, rows: &[Row]) -> Result<(), FileError> {
    let words = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let mut fields = ["voucher", "step"].map(|name| Field::new(name, DataType::Int64, false)).to_vec();
    fields.extend(WORDS.map(|name| Field::new(name, words(), false)));
    fields.push(Field::new("amount_ore", DataType::Int64, false));
    let schema = Arc::new(Schema::new(fields));
    let footer = BTreeMap::from([("samspill.journal".to_owned(), "1".to_owned())]);
    let mut writer = Writer::create(path, Arc::clone(&schema), &footer)?;
    for chunk in rows.chunks(1 << 18) {
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(chunk.iter().map(|row| row.voucher))),
            Arc::new(Int64Array::from_iter_values(chunk.iter().map(|row| row.step))),
        ];
        for place in 0..WORDS.len() {
            let column = dictionary(chunk.iter().map(|row| row.words[place].as_str()));
            arrays.push(column.map_err(FileError::arrow(path))?);
        }
        arrays.push(Arc::new(Int64Array::from_iter_values(chunk.iter().map(|row| row.amount.ore()))));
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(FileError::arrow(path))?;
        let encoded = writer.encoder().encode(&batch).map_err(FileError::parquet(path))?;
        writer.append(encoded)?;
    }
    writer.finish()?;
    Ok(())
}
