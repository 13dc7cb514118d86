//! `charges.parquet`: one row for each charge.

use domain::narrow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Array, PrimitiveArray, RecordBatch, StringArray,
};
use arrow_schema::{DataType, Field, Schema};
use domain::{Amount, Instrument};
use register::FileError;
use register::keys::Keys;
use register::parquet_file::{Encoded, Encoder, Writer};

use crate::error::SettleError;

/// A charge, with its words as numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Charge {
    pub(crate) contact: i64,
    pub(crate) debtor: u32,
    pub(crate) creditor: u32,
    pub(crate) municipality: u32,
    pub(crate) unit: u32,
    pub(crate) month: u32,
    /// Month in which the contact ended. Only charges that are posted need it.
    pub(crate) ended: u32,
    /// `None` for a contact that was delivered but gives no charge.
    pub(crate) instrument: Option<Instrument>,
    pub(crate) points: i64,
    pub(crate) days: i32,
    pub(crate) share: i32,
    pub(crate) amount: i64,
    pub(crate) version: u32,
    pub(crate) reason: u32,
}

/// Charges as columns.
#[derive(Debug, Default)]
pub struct Charges {
    contact: Vec<i64>,
    words: [Vec<u32>; 8],
    instrument: Vec<i32>,
    points: Vec<i32>,
    days: Vec<i32>,
    share: Vec<i32>,
    amount: Vec<i64>,
}

/// Columns of words, in the order of [`Charges::words`].
pub(crate) const WORDS: [&str; 8] =
    ["debtor", "creditor", "municipality", "unit", "month", "rule_version", "reason", "ended"];

impl Charges {
    #[inline]
    pub(crate) fn push(&mut self, charge: Charge) {
        self.contact.push(charge.contact);
        let words = [
            charge.debtor,
            charge.creditor,
            charge.municipality,
            charge.unit,
            charge.month,
            charge.version,
            charge.reason,
            charge.ended,
        ];
        for (column, word) in self.words.iter_mut().zip(words) {
            column.push(word);
        }
        let none = Instrument::COUNT;
        self.instrument.push(narrow(charge.instrument.map_or(none, Instrument::index)));
        self.points.push(narrow(charge.points));
        self.days.push(charge.days);
        self.share.push(charge.share);
        self.amount.push(charge.amount);
    }
}

impl Charges {
    /// Number of rows: charges, and contacts that were delivered but give no charge.
    pub(crate) fn len(&self) -> usize {
        self.contact.len()
    }

    /// A column of words, by its place among [`WORDS`].
    pub(crate) fn column(&self, place: usize) -> &[u32] {
        &self.words[place]
    }

    pub(crate) fn contact(&self, row: usize) -> i64 {
        self.contact[row]
    }

    /// Instrument of a charge; `None` for a contact that was delivered but gives no charge.
    pub(crate) fn instrument(&self, row: usize) -> Option<Instrument> {
        usize::try_from(self.instrument[row]).ok().and_then(Instrument::from_index)
    }

    /// Points in thousandths, days and amount.
    pub(crate) fn quantity(&self, row: usize) -> (i32, i32, Amount) {
        (self.points[row], self.days[row], Amount::from_ore(self.amount[row]))
    }
}

fn schema(with_keys: bool) -> Arc<Schema> {
    let words = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let mut fields = vec![Field::new("contact_id", DataType::Int64, false)];
    fields.extend(with_keys.then(|| Field::new("extract_key", DataType::Utf8, false)));
    fields.extend(WORDS.iter().map(|name| Field::new(*name, words(), false)));
    fields.push(Field::new("instrument", words(), false));
    fields.extend(
        ["drg_points_milli", "days", "share_basis_points"]
            .map(|name| Field::new(name, DataType::Int32, false)),
    );
    fields.push(Field::new("amount_ore", DataType::Int64, false));
    Arc::new(Schema::new(fields))
}

/// A file of charges that is being written.
pub(crate) struct ChargeWriter {
    writer: Writer,
    path: PathBuf,
    keys: Option<Arc<Keys>>,
}

/// Encoder of charges, one for each thread.
#[derive(Clone)]
pub(crate) struct ChargeEncoder {
    encoder: Encoder,
    path: PathBuf,
    /// The extract's own keys of the contacts, if it has them.
    keys: Option<Arc<Keys>>,
}

impl ChargeWriter {
    pub(crate) fn create(path: &Path, keys: Option<Keys>) -> Result<ChargeWriter, FileError> {
        let footer = BTreeMap::from([("samspill.charges".to_owned(), "1".to_owned())]);
        let writer = Writer::create(path, schema(keys.is_some()), &footer)?;
        Ok(ChargeWriter { writer, path: path.to_path_buf(), keys: keys.map(Arc::new) })
    }

    pub(crate) fn encoder(&self) -> ChargeEncoder {
        let (path, keys) = (self.path.clone(), self.keys.clone());
        ChargeEncoder { encoder: self.writer.encoder(), path, keys }
    }

    pub(crate) fn append(&mut self, encoded: Encoded) -> Result<(), SettleError> {
        Ok(self.writer.append(encoded)?)
    }

    pub(crate) fn finish(self) -> Result<u64, SettleError> {
        Ok(self.writer.finish()?)
    }
}

impl ChargeEncoder {
    /// Encodes charges whose words are indexes in `names`. Each column gets a dictionary of its own in
    /// order of first use, so that the bytes do not depend on which thread did the work.
    pub(crate) fn encode(&self, charges: &Charges, names: &[String]) -> Result<Encoded, SettleError> {
        let arrow = || FileError::arrow(&self.path);
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(charges.contact.clone()))];
        if let Some(keys) = &self.keys {
            let keys = charges.contact.iter().map(|contact| Some(keys.of_contact(*contact)));
            arrays.push(Arc::new(keys.collect::<StringArray>()));
        }
        for column in &charges.words {
            arrays.push(dictionary(column, names).map_err(arrow())?);
        }
        let instruments: StringArray =
            Instrument::WORDS.iter().chain(&[""]).map(|word| Some(*word)).collect();
        let keys: PrimitiveArray<Int32Type> = PrimitiveArray::from(charges.instrument.clone());
        arrays.push(Arc::new(DictionaryArray::try_new(keys, Arc::new(instruments)).map_err(arrow())?));
        for column in [&charges.points, &charges.days, &charges.share] {
            arrays.push(Arc::new(Int32Array::from(column.clone())));
        }
        arrays.push(Arc::new(Int64Array::from(charges.amount.clone())));
        let batch = RecordBatch::try_new(schema(self.keys.is_some()), arrays).map_err(arrow())?;
        Ok(self.encoder.encode(&batch).map_err(FileError::parquet(&self.path))?)
    }
}

fn dictionary(column: &[u32], names: &[String]) -> Result<ArrayRef, arrow_schema::ArrowError> {
    let mut place = vec![-1; names.len()];
    let mut used: Vec<&str> = Vec::new();
    let keys: Vec<i32> = column
        .iter()
        .map(|number| {
            let at = &mut place[*number as usize];
            if *at < 0 {
                *at = narrow(used.len());
                used.push(&names[*number as usize]);
            }
            *at
        })
        .collect();
    let words: StringArray = used.into_iter().map(Some).collect();
    let keys: PrimitiveArray<Int32Type> = PrimitiveArray::from(keys);
    Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(words))?))
}
