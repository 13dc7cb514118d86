//! Charges, read as claims that can be posted; and the movements behind vouchers, as a file that is kept.

use std::path::Path;
use std::sync::Arc;
use words::{Message, Said, message};

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Int32Array, Int64Array, PrimitiveArray, RecordBatch, StringArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use domain::{Amount, Cause, Claim, Claims, Instrument, Municipalities, Words, narrow};
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use register::FileError;
use register::parquet_file::Reader;

use crate::sink::{Parties, claim};

/// A file of movements that cannot be read or written.
#[derive(Debug)]
pub enum ArchiveError {
    /// Not Parquet, or damaged.
    Parquet(ParquetError),
    /// Damaged columns.
    Arrow(ArrowError),
    /// A column is missing, has another type, or holds a missing value or an unknown word.
    Column(&'static str),
}

words::english_error!(ArchiveError);

impl Said for ArchiveError {
    fn said(&self) -> Message {
        match self {
            ArchiveError::Parquet(value) => message!("error.archive.parquet", value),
            ArchiveError::Arrow(value) => message!("error.archive.arrow", value),
            ArchiveError::Column(value) => message!("error.archive.column", value),
        }
    }
}

impl From<ParquetError> for ArchiveError {
    fn from(error: ParquetError) -> ArchiveError {
        ArchiveError::Parquet(error)
    }
}

impl From<ArrowError> for ArchiveError {
    fn from(error: ArrowError) -> ArchiveError {
        ArchiveError::Arrow(error)
    }
}

/// Columns of words in a file of movements.
const WORDS: [&str; 8] =
    ["instrument", "month", "debtor", "creditor", "unit", "ended", "rule_version", "cause"];

/// Number of rows that are read at a time.
const BATCH: usize = 1 << 16;

/// Reads `charges.parquet` as claims. The code of a municipality becomes a party: the municipality that had the
/// code in the month of the charge.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn claims(path: &Path, municipalities: &Municipalities) -> Result<Claims, FileError> {
    let reader = Reader::open(path)?;
    let names = [
        "contact_id",
        "debtor",
        "creditor",
        "unit",
        "month",
        "rule_version",
        "ended",
        "instrument",
        "drg_points_milli",
        "days",
        "amount_ore",
    ];
    let mut out = Claims::default();
    for group in 0..reader.row_groups() {
        for batch in reader.read(group, &names, BATCH, None)? {
            let batch = batch.map_err(FileError::arrow(path))?;
            let wrong =
                |_| FileError::Schema { path: path.to_path_buf(), fault: message!("file.no_charges") };
            append_charges(&batch, municipalities, &mut out).map_err(wrong)?;
        }
    }
    Ok(out)
}

fn append_charges(
    batch: &RecordBatch,
    municipalities: &Municipalities,
    out: &mut Claims,
) -> Result<(), ArchiveError> {
    let months = codes(batch, "month", |word| out.words.number(word))?;
    let debtors: Vec<String> = texts(batch, "debtor")?;
    let debtor_keys = keys(batch, "debtor")?;
    let creditors = codes(batch, "creditor", |word| out.words.number(word))?;
    let units = codes(batch, "unit", |word| out.words.number(word))?;
    let ended = codes(batch, "ended", |word| out.words.number(word))?;
    let versions = codes(batch, "rule_version", |word| out.words.number(word))?;
    let instruments = instruments_of(batch)?;
    let instrument_keys = keys(batch, "instrument")?;
    let (contacts, amounts) = (longs(batch, "contact_id")?, longs(batch, "amount_ore")?);
    let (points, days) = (ints(batch, "drg_points_milli")?, ints(batch, "days")?);
    let mut parties = Parties::new(municipalities);
    for row in 0..batch.num_rows() {
        let number: u32 = narrow(debtor_keys[row]);
        let code = &debtors[narrow::<_, usize>(number)];
        let debtor = parties.number(&mut out.words, (number, code), months[row]);
        let words = [months[row], debtor, creditors[row], units[row], ended[row], versions[row]];
        let quantity = (points[row], days[row], Amount::from_ore(amounts[row]));
        let instrument = instruments[narrow::<_, usize>(instrument_keys[row])];
        out.rows.push(claim(contacts[row], instrument, words, quantity));
    }
    Ok(())
}

fn schema() -> Arc<Schema> {
    let words = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let mut fields = vec![Field::new("contact_id", DataType::Int64, false)];
    fields.extend(WORDS.map(|name| Field::new(name, words(), false)));
    fields.extend(["drg_points_milli", "days"].map(|name| Field::new(name, DataType::Int32, false)));
    fields.push(Field::new("amount_ore", DataType::Int64, false));
    Arc::new(Schema::new(fields))
}

/// Movements as the bytes of a Parquet file. The same movements give the same bytes.
///
/// # Errors
/// Fails if the movements do not fit the schema.
pub fn encode(movements: &Claims) -> Result<Vec<u8>, ArchiveError> {
    let rows = &movements.rows;
    let words = |of: fn(&Claim) -> u32| numbered(rows.iter().map(of), &movements.words);
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.contact))),
        dictionary(rows.iter().map(|row| row.instrument.map_or("", Instrument::word)))?,
        words(|row| row.month)?,
        words(|row| row.debtor)?,
        words(|row| row.creditor)?,
        words(|row| row.unit)?,
        words(|row| row.ended)?,
        words(|row| row.version)?,
        dictionary(rows.iter().map(|row| row.cause.word()))?,
        Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.points))),
        Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.days))),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.amount.ore()))),
    ];
    let batch = RecordBatch::try_new(schema(), arrays)?;
    let zstd = ZstdLevel::try_new(3)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(zstd))
        .set_created_by("samspill".to_owned())
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(bytes)
}

/// Words as a dictionary, in order of first use. `numbers` are the numbers of the words in `words`.
fn numbered(numbers: impl Iterator<Item = u32>, words: &Words) -> Result<ArrayRef, ArrowError> {
    let mut place: Vec<Option<i32>> = vec![None; words.all().len()];
    let mut used: Vec<&str> = Vec::new();
    let keys: Vec<i32> = numbers
        .map(|number| {
            let word = words.word(number);
            *place[number as usize].get_or_insert_with(|| {
                used.push(word);
                narrow::<_, i32>(used.len()) - 1
            })
        })
        .collect();
    let used: StringArray = used.into_iter().map(Some).collect();
    Ok(Arc::new(DictionaryArray::try_new(PrimitiveArray::<Int32Type>::from(keys), Arc::new(used))?))
}

/// Words as a dictionary, in order of first use.
pub(crate) fn dictionary<'w>(words: impl Iterator<Item = &'w str>) -> Result<ArrayRef, ArrowError> {
    let mut place: std::collections::BTreeMap<&str, i32> = std::collections::BTreeMap::new();
    let mut used: Vec<&str> = Vec::new();
    let mut last: Option<(&str, i32)> = None;
    let keys: Vec<i32> = words
        .map(|word| match last {
            Some((known, key)) if known == word => key,
            _ => {
                let key = *place.entry(word).or_insert_with(|| {
                    used.push(word);
                    narrow::<_, i32>(used.len()) - 1
                });
                last = Some((word, key));
                key
            }
        })
        .collect();
    let words: StringArray = used.into_iter().map(Some).collect();
    let keys: PrimitiveArray<Int32Type> = PrimitiveArray::from(keys);
    Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(words))?))
}

/// Reads movements back and adds them to `out`.
///
/// # Errors
/// Fails if the bytes are no file of movements.
pub fn decode(bytes: Vec<u8>, out: &mut Claims) -> Result<(), ArchiveError> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes))?;
    for batch in reader.with_batch_size(BATCH).build()? {
        append_movements(&batch?, out)?;
    }
    Ok(())
}

/// The contacts of a file of movements, in the order of the file.
///
/// # Errors
/// Fails if the bytes are no file of movements.
pub fn contacts(bytes: Vec<u8>) -> Result<Vec<i64>, ArchiveError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes))?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["contact_id"]);
    let mut out = Vec::new();
    for batch in builder.with_projection(mask).with_batch_size(BATCH).build()? {
        out.extend_from_slice(longs(&batch?, "contact_id")?);
    }
    Ok(out)
}

/// Instruments by key; an empty word is no charge.
fn instruments_of(batch: &RecordBatch) -> Result<Vec<Option<Instrument>>, ArchiveError> {
    let words = texts(batch, "instrument")?;
    let of = |word: &String| match word.as_str() {
        "" => Ok(None),
        word => Instrument::from_word(word).map(Some).map_err(|_| ArchiveError::Column("instrument")),
    };
    words.iter().map(of).collect()
}

fn append_movements(batch: &RecordBatch, out: &mut Claims) -> Result<(), ArchiveError> {
    let mut words = |name| codes(batch, name, |word| out.words.number(word));
    let (months, debtors, creditors) = (words("month")?, words("debtor")?, words("creditor")?);
    let (units, ended, versions) = (words("unit")?, words("ended")?, words("rule_version")?);
    let instruments = instruments_of(batch)?;
    let causes: Vec<Cause> = texts(batch, "cause")?
        .iter()
        .map(|word| Cause::from_word(word))
        .collect::<Result<_, _>>()
        .map_err(|_| ArchiveError::Column("cause"))?;
    let (instrument_keys, cause_keys) = (keys(batch, "instrument")?, keys(batch, "cause")?);
    let (contacts, amounts) = (longs(batch, "contact_id")?, longs(batch, "amount_ore")?);
    let (points, days) = (ints(batch, "drg_points_milli")?, ints(batch, "days")?);
    out.rows.reserve(batch.num_rows());
    for row in 0..batch.num_rows() {
        out.rows.push(Claim {
            contact: contacts[row],
            instrument: instruments[narrow::<_, usize>(instrument_keys[row])],
            month: months[row],
            debtor: debtors[row],
            creditor: creditors[row],
            unit: units[row],
            ended: ended[row],
            version: versions[row],
            cause: causes[narrow::<_, usize>(cause_keys[row])],
            points: points[row],
            days: days[row],
            amount: Amount::from_ore(amounts[row]),
        });
    }
    Ok(())
}

fn column<'b>(batch: &'b RecordBatch, name: &'static str) -> Result<&'b ArrayRef, ArchiveError> {
    batch.column_by_name(name).filter(|column| column.null_count() == 0).ok_or(ArchiveError::Column(name))
}

fn keys<'b>(batch: &'b RecordBatch, name: &'static str) -> Result<&'b [i32], ArchiveError> {
    let words = column(batch, name)?.as_dictionary_opt::<Int32Type>();
    Ok(words.ok_or(ArchiveError::Column(name))?.keys().values())
}

fn texts(batch: &RecordBatch, name: &'static str) -> Result<Vec<String>, ArchiveError> {
    let words = column(batch, name)?.as_dictionary_opt::<Int32Type>().ok_or(ArchiveError::Column(name))?;
    let words = words.values().as_string_opt::<i32>().ok_or(ArchiveError::Column(name))?;
    Ok(words.iter().map(|word| word.unwrap_or("").to_owned()).collect())
}

/// A column of words as numbers: `number` gives the number of a word.
fn codes(
    batch: &RecordBatch,
    name: &'static str,
    mut number: impl FnMut(&str) -> u32,
) -> Result<Vec<u32>, ArchiveError> {
    let of: Vec<u32> = texts(batch, name)?.iter().map(|word| number(word)).collect();
    Ok(keys(batch, name)?.iter().map(|key| of[narrow::<_, usize>(*key)]).collect())
}

fn longs<'b>(batch: &'b RecordBatch, name: &'static str) -> Result<&'b [i64], ArchiveError> {
    let longs = column(batch, name)?.as_primitive_opt::<Int64Type>();
    Ok(longs.ok_or(ArchiveError::Column(name))?.values())
}

fn ints<'b>(batch: &'b RecordBatch, name: &'static str) -> Result<&'b [i32], ArchiveError> {
    let ints = column(batch, name)?.as_primitive_opt::<Int32Type>();
    Ok(ints.ok_or(ArchiveError::Column(name))?.values())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn movements_read_back() {
        let mut claims = Claims::default();
        for (contact, instrument) in [(7, Some(Instrument::Isf)), (-9, None)] {
            let mut word = |text: &str| claims.words.number(text);
            let row = Claim {
                contact,
                instrument,
                month: word("2012-03"),
                debtor: word("1103@2020"),
                creditor: word("983658725"),
                unit: word("Øst"),
                ended: word("2012-04"),
                version: word("v"),
                cause: Cause::ChangedPayer,
                points: -5,
                days: 2,
                amount: Amount::from_ore(-123_456_789_012),
            };
            claims.rows.push(row);
        }
        let bytes = encode(&claims).unwrap();
        assert_eq!(bytes, encode(&claims).unwrap());
        let mut back = Claims::default();
        decode(bytes.clone(), &mut back).unwrap();
        assert_eq!(back.rows.len(), 2);
        assert_eq!(back.words.word(back.rows[1].debtor), "1103@2020");
        assert_eq!((back.rows[0].amount, back.rows[1].instrument), (claims.rows[0].amount, None));
        assert_eq!(contacts(bytes).unwrap(), [7, -9]);
        assert!(decode(b"PAR1 but not really".to_vec(), &mut back).is_err());
    }
}
