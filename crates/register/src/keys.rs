//! Keys of contacts as their extract writes them. The program joins contacts by a number of its own; whoever has the
//! extract looks for its own key.

use arrow_array::Array;
use arrow_array::cast::AsArray;

use crate::columns::longs;
use crate::file_error::FileError;
use crate::parquet_file::Reader;
use crate::schema::{COLUMNS, at};

/// The extract's own key of each contact in a checked file.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// Number of the contact, and where its key begins in `text`, in order of the number.
    places: Vec<(i64, u32)>,
    /// The keys, each followed by a line end, which no key has.
    text: String,
}

impl Keys {
    /// The keys in a checked file; `None` if the file has none, as a synthetic register has not.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub fn of(reader: &Reader) -> Result<Option<Keys>, FileError> {
        let [id, key] = [at::CONTACT_ID, at::EXTRACT_KEY].map(|place| COLUMNS[place].name);
        if reader.schema().index_of(key).is_err() {
            return Ok(None);
        }
        let mut out = Keys::default();
        for group in 0..reader.row_groups() {
            for batch in reader.read(group, &[id, key], 1 << 16, None)? {
                let batch = batch.map_err(FileError::arrow(reader.path()))?;
                let Some(keys) = batch.column_by_name(key).and_then(|column| column.as_string_opt::<i32>())
                else {
                    continue;
                };
                for (row, contact) in
                    longs(&batch, id).iter().enumerate().filter(|(row, _)| keys.is_valid(*row))
                {
                    // A file of more than four billion letters of keys is no delivery.
                    let Ok(place) = u32::try_from(out.text.len()) else { return Ok(None) };
                    out.places.push((*contact, place));
                    out.text.push_str(keys.value(row));
                    out.text.push('\n');
                }
            }
        }
        out.places.sort_unstable();
        Ok(Some(out))
    }

    /// The extract's key of a contact; empty if the file has no such contact.
    pub fn of_contact(&self, contact: i64) -> &str {
        let found = self.places.binary_search_by_key(&contact, |(contact, _)| *contact).ok();
        let rest = found.and_then(|place| self.text.get(self.places[place].1 as usize..));
        rest.and_then(|rest| rest.split('\n').next()).unwrap_or_default()
    }
}
