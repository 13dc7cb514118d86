//! Columns of a record batch, by name. A column that is missing or of another type is returned as empty or
//! `None`. The columns that a caller cannot do without are checked when the file is opened.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int8Type, Int32Type, Int64Type};
use arrow_array::{Array, BooleanArray, Int32Array, RecordBatch, StringArray};
use domain::EventKind;

use crate::schema::{COLUMNS, at};

/// Values of a column of 64-bit whole numbers.
pub fn longs<'b>(batch: &'b RecordBatch, name: &str) -> &'b [i64] {
    let longs = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
    longs.map_or(&[], |longs| longs.values())
}

/// Values of a column of 32-bit whole numbers, or of days as days since 1970-01-01. Missing values are not
/// marked: see [`maybe_ints`].
pub fn ints<'b>(batch: &'b RecordBatch, name: &str) -> &'b [i32] {
    let Some(column) = batch.column_by_name(name) else { return &[] };
    match column.as_primitive_opt::<Date32Type>() {
        Some(days) => days.values(),
        None => column.as_primitive_opt::<Int32Type>().map_or(&[], |ints| ints.values()),
    }
}

/// A column of 32-bit whole numbers whose values may be missing.
pub fn maybe_ints<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b Int32Array> {
    batch.column_by_name(name)?.as_primitive_opt::<Int32Type>()
}

/// A column of yes or no.
pub fn flags<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b BooleanArray> {
    batch.column_by_name(name)?.as_boolean_opt()
}

/// A column of words: the key of each row, and the words that the keys point to.
pub fn words<'b>(batch: &'b RecordBatch, name: &str) -> (&'b [i32], Option<&'b StringArray>) {
    let column = batch.column_by_name(name).and_then(|column| column.as_dictionary_opt::<Int32Type>());
    column.map_or((&[], None), |words| (words.keys().values(), words.values().as_string_opt::<i32>()))
}

/// The word of one row; empty if the row or the column has none.
pub fn word<'b>(batch: &'b RecordBatch, name: &str, row: usize) -> &'b str {
    match words(batch, name) {
        (keys, Some(words)) => {
            let key = keys.get(row).map(|key| *key as usize).filter(|key| *key < words.len());
            key.map_or("", |key| words.value(key))
        }
        (_, None) => "",
    }
}

/// One flag per row: whether the row's word in the column is `wanted`.
pub fn rows_with(batch: &RecordBatch, name: &str, wanted: &str) -> Vec<bool> {
    let (keys, words) = words(batch, name);
    let Some(words) = words else { return vec![false; batch.num_rows()] };
    let yes: Vec<bool> = words.iter().map(|word| word == Some(wanted)).collect();
    keys.iter().map(|key| yes.get(*key as usize).copied().unwrap_or(false)).collect()
}

/// Readiness events (`utskrivningsklar`) of each contact in a batch.
pub struct Events<'b> {
    ends: &'b [i32],
    kinds: &'b [i8],
    minutes: &'b [i32],
}

impl<'b> Events<'b> {
    /// The events of a batch in the program's own schema; `None` if the batch has no such column.
    pub fn of(batch: &'b RecordBatch) -> Option<Events<'b>> {
        let list = batch.column_by_name(COLUMNS[at::EVENTS].name)?.as_list_opt::<i32>()?;
        let pairs = list.values().as_struct_opt().filter(|pairs| pairs.num_columns() == 2)?;
        Some(Events {
            ends: list.value_offsets(),
            kinds: pairs.column(0).as_primitive_opt::<Int8Type>()?.values(),
            minutes: pairs.column(1).as_primitive_opt::<Int32Type>()?.values(),
        })
    }

    /// The events of one row in the order of the file, each with its civil minute. An event is left out if its reported
    /// number stands for no kind.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (EventKind, i32)> + use<'_, 'b> {
        let places = self.ends[row] as usize..self.ends[row + 1] as usize;
        places.filter_map(|place| {
            Some((EventKind::from_reported_number(self.kinds[place] as u8)?, self.minutes[place]))
        })
    }
}
