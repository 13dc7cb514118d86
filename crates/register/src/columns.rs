//! Columns of a batch, by name. One that is missing or of another type is empty: what a file must have is checked when it
//! is opened.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int8Type, Int32Type, Int64Type};
use arrow_array::{Array, BooleanArray, Int32Array, RecordBatch, StringArray};
use domain::EventKind;

use crate::schema::{COLUMNS, at};

/// Whole numbers of 64 bits.
pub fn longs<'b>(batch: &'b RecordBatch, name: &str) -> &'b [i64] {
    let longs = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
    longs.map_or(&[], |longs| longs.values())
}

/// Whole numbers of 32 bits, or days since 1970.
pub fn ints<'b>(batch: &'b RecordBatch, name: &str) -> &'b [i32] {
    let Some(column) = batch.column_by_name(name) else { return &[] };
    match column.as_primitive_opt::<Date32Type>() {
        Some(days) => days.values(),
        None => column.as_primitive_opt::<Int32Type>().map_or(&[], |ints| ints.values()),
    }
}

/// Whole numbers of 32 bits that may be missing.
pub fn maybe_ints<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b Int32Array> {
    batch.column_by_name(name)?.as_primitive_opt::<Int32Type>()
}

/// Yes or no.
pub fn flags<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b BooleanArray> {
    batch.column_by_name(name)?.as_boolean_opt()
}

/// Words: the key of each row, and what each key stands for.
pub fn words<'b>(batch: &'b RecordBatch, name: &str) -> (&'b [i32], Option<&'b StringArray>) {
    let column = batch.column_by_name(name).and_then(|column| column.as_dictionary_opt::<Int32Type>());
    column.map_or((&[], None), |words| (words.keys().values(), words.values().as_string_opt::<i32>()))
}

/// The word of a row; empty where there is none.
pub fn word<'b>(batch: &'b RecordBatch, name: &str, row: usize) -> &'b str {
    match words(batch, name) {
        (keys, Some(words)) => {
            let key = keys.get(row).map(|key| *key as usize).filter(|key| *key < words.len());
            key.map_or("", |key| words.value(key))
        }
        (_, None) => "",
    }
}

/// The rows of which a column of words has this one.
pub fn rows_with(batch: &RecordBatch, name: &str, wanted: &str) -> Vec<bool> {
    let (keys, words) = words(batch, name);
    let Some(words) = words else { return vec![false; batch.num_rows()] };
    let yes: Vec<bool> = words.iter().map(|word| word == Some(wanted)).collect();
    keys.iter().map(|key| yes.get(*key as usize).copied().unwrap_or(false)).collect()
}

/// What was told of each contact about readiness.
pub struct Events<'b> {
    ends: &'b [i32],
    kinds: &'b [i8],
    minutes: &'b [i32],
}

impl<'b> Events<'b> {
    /// The events of a batch of our schema; `None` where it does not have them.
    pub fn of(batch: &'b RecordBatch) -> Option<Events<'b>> {
        let list = batch.column_by_name(COLUMNS[at::EVENTS].name)?.as_list_opt::<i32>()?;
        let pairs = list.values().as_struct_opt().filter(|pairs| pairs.num_columns() == 2)?;
        Some(Events {
            ends: list.value_offsets(),
            kinds: pairs.column(0).as_primitive_opt::<Int8Type>()?.values(),
            minutes: pairs.column(1).as_primitive_opt::<Int32Type>()?.values(),
        })
    }

    /// The events of a row in order, each with its minute.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (EventKind, i32)> + use<'_, 'b> {
        let places = self.ends[row] as usize..self.ends[row + 1] as usize;
        places.filter_map(|place| {
            Some((EventKind::from_reported_number(self.kinds[place] as u8)?, self.minutes[place]))
        })
    }
}
