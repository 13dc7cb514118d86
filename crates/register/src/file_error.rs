//! What goes wrong with a file of contacts.

use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;
use words::{Message, Said, message};

/// A file that cannot be read or written.
#[derive(Debug)]
pub enum FileError {
    /// The operating system refuses to open, read or write the file.
    Io { path: PathBuf, error: std::io::Error },
    /// The file is not Parquet, is cut short, or is damaged.
    Parquet { path: PathBuf, error: ParquetError },
    /// Columns of the file are damaged or cannot be converted.
    Arrow { path: PathBuf, error: arrow_schema::ArrowError },
    /// The file is not a table that the program can use: it does not follow the program's own schema, or it
    /// is not a readable CSV file.
    Schema { path: PathBuf, fault: Message },
    /// A worker thread ended without delivering its result.
    Worker { path: PathBuf },
}

words::english_error!(FileError);

impl Said for FileError {
    fn said(&self) -> Message {
        match self {
            FileError::Io { path, error } => {
                message!("error.file.io", path = path.display(), error = words::of_io(error))
            }
            FileError::Parquet { path, error } => {
                message!("error.file.parquet", path = path.display(), error)
            }
            FileError::Arrow { path, error } => message!("error.file.arrow", path = path.display(), error),
            FileError::Schema { path, fault } => message!("error.file.schema", path = path.display(), fault),
            FileError::Worker { path } => message!("error.file.worker", path = path.display()),
        }
    }
}

impl FileError {
    /// Turns an error of the operating system into a [`FileError::Io`] for this path.
    pub fn io(path: &Path) -> impl FnOnce(std::io::Error) -> FileError + use<> {
        let path = path.to_path_buf();
        move |error| FileError::Io { path, error }
    }

    /// Turns an error of the Parquet library into a [`FileError::Parquet`] for this path.
    pub fn parquet(path: &Path) -> impl FnOnce(ParquetError) -> FileError + use<> {
        let path = path.to_path_buf();
        move |error| FileError::Parquet { path, error }
    }

    /// Turns an error of the Arrow library into a [`FileError::Arrow`] for this path.
    pub fn arrow(path: &Path) -> impl FnOnce(arrow_schema::ArrowError) -> FileError + use<> {
        let path = path.to_path_buf();
        move |error| FileError::Arrow { path, error }
    }
}
