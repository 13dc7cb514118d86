//! Why a settlement stops.

use domain::{Gap, Period};
use register::FileError;
use rulebook::BookError;
use rulebook::calculation::share_of_drg_price::TooLarge;
use words::{Message, Said, message};

/// Why a settlement stops.
#[derive(Debug)]
pub enum SettleError {
    /// The book of law is wrong, or nothing that was asked for can be priced, since a value of the law is missing.
    Book(BookError),
    /// A file cannot be read or written.
    File(FileError),
    /// The amount of a contact is too large for a [`domain::Amount`].
    Record {
        /// Key of the contact; 0 if it was priced from cells.
        contact: i64,
        error: TooLarge,
    },
    /// A residence code that the check of the file should have refused.
    Residence {
        /// Key of the contact; 0 if keys were not read.
        contact: i64,
        code: String,
        period: Period,
    },
    /// The cells lack a distinction that a law or a measure needs.
    Lacking(crate::needs::Lacking),
    /// The figures are counted by year, and the period is not a year.
    CountedByYear { period: Period },
}

words::english_error!(SettleError);

impl Said for SettleError {
    fn said(&self) -> Message {
        match self {
            SettleError::Book(inner) => inner.said(),
            SettleError::File(inner) => inner.said(),
            SettleError::Record { contact, error } => {
                message!("error.settle.record", contact, error = error.said())
            }
            SettleError::Residence { contact, code, period } => {
                message!("error.settle.residence", contact, code, period)
            }
            SettleError::Lacking(inner) => inner.said(),
            SettleError::CountedByYear { period } => message!("error.settle.counted_by_year", period),
        }
    }
}

impl From<BookError> for SettleError {
    fn from(error: BookError) -> SettleError {
        SettleError::Book(error)
    }
}

impl From<Gap> for SettleError {
    fn from(gap: Gap) -> SettleError {
        SettleError::Book(gap.into())
    }
}

impl From<FileError> for SettleError {
    fn from(error: FileError) -> SettleError {
        SettleError::File(error)
    }
}

impl From<crate::needs::Lacking> for SettleError {
    fn from(error: crate::needs::Lacking) -> SettleError {
        SettleError::Lacking(error)
    }
}
