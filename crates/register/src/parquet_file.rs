//! Parquet files, read and written. Row groups are encoded on several threads and appended in order, so that
//! the bytes do not depend on the number of threads.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use words::{Message, message};

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, BooleanArray, DictionaryArray, RecordBatch};
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::add_encoded_arrow_schema_to_metadata;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, Encoding, Type as PhysicalType, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

pub use crate::file_error::FileError;
use crate::schema::{COLUMNS, Kind, SCHEMA_KEY, SCHEMA_VERSION, at};
use crate::whole_file;

/// A Parquet file being written, from row groups that an [`Encoder`] has encoded.
pub struct Writer {
    path: PathBuf,
    temporary: PathBuf,
    encoder: Encoder,
    file: SerializedFileWriter<File>,
    rows: u64,
}

/// One encoded row group, ready for [`Writer::append`].
pub struct Encoded {
    chunks: Vec<ArrowColumnChunk>,
    rows: u64,
}

/// Encodes row groups for one file. Each thread has a clone.
#[derive(Clone)]
pub struct Encoder {
    schema: Arc<Schema>,
    factory: Arc<ArrowRowGroupWriterFactory>,
}

impl Encoder {
    /// Encodes rows into one row group.
    ///
    /// # Errors
    /// Fails if the columns do not fit the schema of the file.
    pub fn encode(&self, batch: &RecordBatch) -> Result<Encoded, ParquetError> {
        let mut writers = self.factory.create_column_writers(0)?;
        let mut writer = writers.iter_mut();
        for (field, column) in self.schema.fields().iter().zip(batch.columns()) {
            for leaf in compute_leaves(field, column)? {
                let writer = writer.next().ok_or_else(|| ParquetError::General("too few columns".into()))?;
                writer.write(&leaf)?;
            }
        }
        let chunks = writers.into_iter().map(|writer| writer.close()).collect::<Result<_, _>>()?;
        Ok(Encoded { chunks, rows: batch.num_rows() as u64 })
    }
}

impl Writer {
    /// Begins a file, under a temporary name (ending `.part`) until [`Writer::finish`] renames it. `footer`
    /// is the file's key-value metadata.
    ///
    /// # Errors
    /// Fails if the file cannot be created.
    pub fn create(
        path: &Path,
        schema: Arc<Schema>,
        footer: &BTreeMap<String, String>,
    ) -> Result<Self, FileError> {
        let temporary = path.with_extension("part");
        let mut builder = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).map_err(FileError::parquet(path))?))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_created_by("samspill".to_owned())
            .set_dictionary_page_size_limit(8 << 20)
            .set_key_value_metadata(Some(
                footer.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect(),
            ));
        for column in COLUMNS.iter().filter(|column| column.kind == Kind::Long) {
            let name = ColumnPath::from(column.name);
            builder = builder
                .set_column_dictionary_enabled(name.clone(), false)
                .set_column_encoding(name, Encoding::DELTA_BINARY_PACKED);
        }
        let mut properties = builder.build();
        add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
        let properties = Arc::new(properties);
        let parquet_schema =
            ArrowSchemaConverter::new().convert(&schema).map(Arc::new).map_err(FileError::parquet(path))?;
        whole_file::may_be_written(path)?;
        let out = File::create(&temporary).map_err(FileError::io(&temporary))?;
        let file = SerializedFileWriter::new(out, parquet_schema.root_schema_ptr(), properties)
            .map_err(FileError::parquet(path))?;
        let factory = Arc::new(ArrowRowGroupWriterFactory::new(&file, schema.clone()));
        Ok(Writer {
            path: path.to_path_buf(),
            temporary,
            encoder: Encoder { schema, factory },
            file,
            rows: 0,
        })
    }

    /// Begins a file of contacts in the program's own schema, with the schema's version in the footer, and with the
    /// extract's keys if `with_keys` is set.
    ///
    /// # Errors
    /// Fails if the file cannot be created.
    pub fn contacts(
        path: &Path,
        footer: &BTreeMap<String, String>,
        with_keys: bool,
    ) -> Result<Self, FileError> {
        let mut footer = footer.clone();
        footer.insert(SCHEMA_KEY.to_owned(), SCHEMA_VERSION.to_owned());
        Writer::create(path, crate::schema::arrow_schema(with_keys), &footer)
    }

    /// An encoder for this file, for use in another thread.
    pub fn encoder(&self) -> Encoder {
        self.encoder.clone()
    }

    /// Appends an encoded row group. An empty one is skipped.
    ///
    /// # Errors
    /// Fails if the row group cannot be written, for example because the disk is full.
    pub fn append(&mut self, encoded: Encoded) -> Result<(), FileError> {
        if encoded.rows == 0 {
            return Ok(());
        }
        self.rows += encoded.rows;
        let mut group = self.file.next_row_group().map_err(FileError::parquet(&self.path))?;
        for chunk in encoded.chunks {
            chunk.append_to_row_group(&mut group).map_err(FileError::parquet(&self.path))?;
        }
        group.close().map_err(FileError::parquet(&self.path))?;
        Ok(())
    }

    /// Closes the file, gives it its final name, and returns the number of rows.
    ///
    /// # Errors
    /// Fails if the file cannot be completed or renamed, for example because the disk is full.
    pub fn finish(self) -> Result<u64, FileError> {
        let Writer { path, temporary, file, rows, .. } = self;
        file.close().map_err(FileError::parquet(&path))?;
        std::fs::rename(&temporary, &path).map_err(FileError::io(&path))?;
        Ok(rows)
    }
}

/// Calls `work` for the pieces 0 to `count` − 1 on `threads` threads, and hands the results to `take` in that
/// order.
///
/// At most two results of each thread wait for `take`, so memory does not grow with the number of pieces.
///
/// # Errors
/// Fails with the first error of `work` or `take`, in the order of the pieces. If `work` panics, this function panics
/// too: [`std::thread::scope`] passes the panic on, and the error that `lost` makes does not reach the caller.
pub fn in_order<T: Send, E: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> Result<T, E> + Sync,
    mut take: impl FnMut(usize, T) -> Result<(), E>,
    lost: impl Fn() -> E,
) -> Result<(), E> {
    let threads = threads.clamp(1, std::cmp::max(count, 1));
    std::thread::scope(|scope| {
        let mut inboxes = Vec::new();
        for thread in 0..threads {
            let (send, receive) = mpsc::sync_channel(1);
            let work = &work;
            scope.spawn(move || {
                for piece in (thread..count).step_by(threads) {
                    let result = work(piece);
                    let failed = result.is_err();
                    if send.send(result).is_err() || failed {
                        break;
                    }
                }
            });
            inboxes.push(receive);
        }
        for piece in 0..count {
            let result = inboxes[piece % threads].recv().map_err(|_| lost())?;
            take(piece, result?)?;
        }
        Ok(())
    })
}

/// A Parquet file with its footer read. Each call of [`Reader::read`] opens a file handle of its own, so that
/// threads do not share one.
#[derive(Debug, Clone)]
pub struct Reader {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    footer: BTreeMap<String, String>,
}

impl Reader {
    /// Opens a file and reads its footer.
    ///
    /// # Errors
    /// Fails if the file does not exist, is not Parquet or is cut short.
    pub fn open(path: &Path) -> Result<Reader, FileError> {
        let file = File::open(path).map_err(FileError::io(path))?;
        let metadata =
            ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(FileError::parquet(path))?;
        let pairs = metadata.metadata().file_metadata().key_value_metadata();
        let footer = pairs
            .into_iter()
            .flatten()
            .filter_map(|pair| Some((pair.key.clone(), pair.value.clone()?)))
            .collect();
        Ok(Reader { path: path.to_path_buf(), metadata, footer })
    }

    /// Opens a file that must follow the program's own schema.
    ///
    /// # Errors
    /// Fails as [`Reader::open`] does, and if the schema's version is another, a column has another type, or
    /// a column is missing that the schema had from the beginning.
    pub fn open_contacts(path: &Path) -> Result<Reader, FileError> {
        let reader = Reader::open(path)?;
        let fault = |fault: Message| FileError::Schema { path: path.to_path_buf(), fault };
        match reader.footer.get(SCHEMA_KEY).map(String::as_str) {
            Some(SCHEMA_VERSION) => {}
            Some(other) => {
                return Err(fault(message!("file.schema_version", other, own = SCHEMA_VERSION)));
            }
            None => return Err(fault(message!("file.not_our_schema"))),
        }
        let (have, want) = (reader.metadata.schema(), crate::schema::arrow_schema(true));
        for field in want.fields() {
            match have.field_with_name(field.name()) {
                Ok(found) if found.data_type() == field.data_type() => {}
                Ok(found) => {
                    return Err(fault(message!(
                        "file.column_type",
                        column = field.name(),
                        found = found.data_type(),
                        wanted = field.data_type()
                    )));
                }
                // Files written before the column existed lack it. Its value is then unknown.
                Err(_) if LATER.contains(&field.name().as_str()) => {}
                Err(_) => return Err(fault(message!("file.column_missing", column = field.name()))),
            }
        }
        Ok(reader)
    }

    /// The path that the file was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The Arrow schema of the file.
    pub fn schema(&self) -> &Arc<Schema> {
        self.metadata.schema()
    }

    /// Whether each row is a counted figure that stands for many contacts.
    pub fn is_counted(&self) -> bool {
        self.footer().get("samspill.counted").is_some_and(|counted| counted == "yes")
    }

    /// The footer's key-value metadata.
    pub fn footer(&self) -> &BTreeMap<String, String> {
        &self.footer
    }

    /// Number of row groups.
    pub fn row_groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// Number of rows in one row group.
    pub fn rows_in(&self, group: usize) -> usize {
        self.metadata.metadata().row_group(group).num_rows() as usize
    }

    /// Number of rows in the file.
    pub fn rows(&self) -> u64 {
        self.metadata.metadata().file_metadata().num_rows() as u64
    }

    /// Smallest and largest value of a whole-number column in one row group, from the file's statistics.
    /// `None` if the file has no statistics for the column.
    pub fn range(&self, group: usize, column: &str) -> Option<(i64, i64)> {
        use parquet::file::statistics::Statistics;
        let group = self.metadata.metadata().row_group(group);
        let chunk = group.columns().iter().find(|chunk| chunk.column_path().string() == column)?;
        match chunk.statistics()? {
            Statistics::Int64(range) => Some((*range.min_opt()?, *range.max_opt()?)),
            Statistics::Int32(range) => Some((i64::from(*range.min_opt()?), i64::from(*range.max_opt()?))),
            _ => None,
        }
    }

    /// Names of the columns that hold a time as INT96, also inside a list. Writers of that form (Spark, Impala) mean a
    /// moment in UTC, which the form does not say.
    pub fn int96_columns(&self) -> impl Iterator<Item = &str> {
        let leaves = self.metadata.parquet_schema().columns().iter();
        let leaves = leaves.filter(|leaf| leaf.physical_type() == PhysicalType::INT96);
        leaves.filter_map(|leaf| leaf.path().parts().first().map(String::as_str))
    }

    /// Reads columns of one row group, in batches of `batch_rows`, through a new file handle. Columns that
    /// the file does not have are left out; `selection` limits the rows.
    ///
    /// # Errors
    /// Fails if the file has gone or is damaged.
    pub fn read(
        &self,
        group: usize,
        columns: &[&str],
        batch_rows: usize,
        selection: Option<parquet::arrow::arrow_reader::RowSelection>,
    ) -> Result<ParquetRecordBatchReader, FileError> {
        let file = File::open(&self.path).map_err(FileError::io(&self.path))?;
        let roots: Vec<usize> =
            columns.iter().filter_map(|name| self.metadata.schema().index_of(name).ok()).collect();
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        let mut builder =
            builder.with_row_groups(vec![group]).with_projection(mask).with_batch_size(batch_rows);
        if let Some(selection) = selection {
            builder = builder.with_row_selection(selection);
        }
        builder.build().map_err(FileError::parquet(&self.path))
    }
}

/// Columns that were added to the schema later. Older files lack them.
const LATER: [&str; 2] = [COLUMNS[at::CONTACT_FORM].name, COLUMNS[at::EXTRACT_KEY].name];

/// Whether a file has the extract's keys.
fn has_keys(schema: &Schema) -> bool {
    schema.index_of(COLUMNS[at::EXTRACT_KEY].name).is_ok()
}

/// The batch with every column of the schema; with the extract's keys only if its file has them. Other columns that its file
/// lacks are filled with empty words.
fn with_later(batch: &RecordBatch) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let schema = crate::schema::arrow_schema(has_keys(batch.schema_ref()));
    let none = || Arc::new(std::iter::repeat_n("", batch.num_rows()).collect::<DictionaryArray<Int32Type>>());
    let column = |field: &Arc<Field>| -> ArrayRef {
        batch.column_by_name(field.name()).cloned().unwrap_or_else(|| none())
    };
    let columns = schema.fields().iter().map(column).collect();
    RecordBatch::try_new(schema, columns)
}

/// Copies the wanted rows of a checked file to another file, with the same `samspill.` keys in the footer. Returns the
/// number of rows copied. `wanted` gives one flag per row of a batch.
///
/// # Errors
/// Fails if a file cannot be read or written, or if `wanted` gives `None` ([`FileError::Worker`]).
pub fn copy_rows(
    from: &Reader,
    to: &Path,
    threads: usize,
    wanted: impl Fn(&RecordBatch) -> Option<BooleanArray> + Sync,
) -> Result<u64, FileError> {
    let mut footer = from.footer().clone();
    footer.retain(|key, _| key.starts_with("samspill."));
    let mut writer = Writer::contacts(to, &footer, has_keys(from.schema()))?;
    let encoder = writer.encoder();
    let columns: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
    let lost = || FileError::Worker { path: to.to_path_buf() };
    let work = |group: usize| -> Result<Option<Encoded>, FileError> {
        let mut kept = Vec::new();
        for batch in from.read(group, &columns, 1 << 16, None)? {
            let batch = batch.map_err(FileError::arrow(from.path()))?;
            let mask = wanted(&batch).ok_or_else(lost)?;
            let batch = with_later(&batch).map_err(FileError::arrow(from.path()))?;
            let rows = arrow_select::filter::filter_record_batch(&batch, &mask);
            kept.push(rows.map_err(FileError::arrow(from.path()))?);
        }
        let Some(schema) = kept.first().map(RecordBatch::schema) else { return Ok(None) };
        let whole = arrow_select::concat::concat_batches(&schema, &kept);
        let whole = whole.map_err(FileError::arrow(from.path()))?;
        encoder.encode(&whole).map(Some).map_err(FileError::parquet(to))
    };
    let take = |_: usize, encoded: Option<Encoded>| encoded.map_or(Ok(()), |encoded| writer.append(encoded));
    in_order(from.row_groups(), threads, work, take, lost)?;
    writer.finish()
}
