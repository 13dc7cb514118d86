//! A sheet as Parquet, for programs. Numbers are stored as numbers, and kroner as whole øre. A cell that is
//! unknown or withheld is null, and an extra column says in which rows a cell is withheld.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::failure::Result;
use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use disclosure::{Cell, SafeTable};
use register::parquet_file::Writer;

/// Writes a sheet to a Parquet file. `about` holds heads and texts for the footer.
///
/// # Errors
/// Fails if the file cannot be written.
pub fn write(sheet: &SafeTable, about: &[(String, String)], path: &Path) -> Result<()> {
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for (place, head) in sheet.heads().iter().enumerate() {
        let cells: Vec<&Cell> = sheet.rows().iter().map(|row| &row[place]).collect();
        let name = head.name();
        let values = column(&cells, name.ends_with("_ore"));
        columns.push((name, values));
    }
    let holds = |row: &Vec<Cell>| row.contains(&Cell::Withheld);
    let withheld: BooleanArray = sheet.rows().iter().map(|row| Some(holds(row))).collect();
    columns.push(("withheld".to_owned(), Arc::new(withheld)));
    let batch = RecordBatch::try_from_iter(columns)?;
    let footer: BTreeMap<String, String> =
        about.iter().map(|(head, text)| (format!("samspill.{head}"), text.clone())).collect();
    let mut writer = Writer::create(path, batch.schema(), &footer)?;
    let encoded = writer.encoder().encode(&batch)?;
    writer.append(encoded)?;
    writer.finish()?;
    Ok(())
}

/// A column of text if any cell is text; of decimals if any cell is a decimal or a share; otherwise of whole
/// numbers. A column of unknown and withheld cells only is of decimals, unless `is_ore` is set; words in a column of øre, such
/// as that an instrument is not in force, are missing values.
fn column(cells: &[&Cell], is_ore: bool) -> ArrayRef {
    let is_text = |cell: &Cell| matches!(cell, Cell::Text(_)) || (matches!(cell, Cell::Said(_)) && !is_ore);
    if cells.iter().any(|cell| is_text(cell)) {
        let text = |cell: &&Cell| match cell {
            Cell::Text(text) => Some(text.clone()),
            Cell::Said(message) => Some(message.word()),
            _ => None,
        };
        return Arc::new(cells.iter().map(text).collect::<StringArray>());
    }
    let has_decimals = cells.iter().any(|cell| matches!(cell, Cell::Decimal(_) | Cell::Share(_)));
    let is_unknown = !cells.iter().any(|cell| matches!(cell, Cell::Count(_) | Cell::Kroner(_)));
    if has_decimals || (is_unknown && !is_ore) {
        let number = |cell: &&Cell| match cell {
            Cell::Decimal(thousandths) => Some(*thousandths as f64 / 1000.0),
            Cell::Share(millionths) => Some(*millionths as f64 / 1_000_000.0),
            Cell::Count(count) => Some(*count as f64),
            _ => None,
        };
        return Arc::new(cells.iter().map(number).collect::<Float64Array>());
    }
    let whole = |cell: &&Cell| match cell {
        Cell::Count(count) => Some(*count),
        Cell::Kroner(amount) => Some(amount.ore()),
        _ => None,
    };
    Arc::new(cells.iter().map(whole).collect::<Int64Array>())
}
