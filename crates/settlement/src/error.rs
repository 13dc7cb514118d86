//! Why a settlement stops.

use domain::{Day, Period};
use register::FileError;
use rulebook::BookError;
use rulebook::calculation::share_of_drg_price::TooLarge;

/// Why a settlement stops.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// The book of law is wrong, or a value of the law is missing.
    #[error(transparent)]
    Book(#[from] BookError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The amount of a contact does not fit in whole øre.
    #[error("contact {contact}: {error}")]
    Record {
        /// Key of the contact; 0 if it was priced from cells.
        contact: i64,
        error: TooLarge,
    },
    /// A payable day has no rate.
    #[error("no rate in force on {day}: contact {contact}")]
    NoRate {
        /// Key of the contact; 0 if it was priced from cells.
        contact: i64,
        day: Day,
    },
    /// A residence code that the check of the file should have refused.
    #[error("contact {contact}: municipality '{code}' does not hold in {period}: check the file again")]
    Residence {
        /// Key of the contact; 0 if keys were not read.
        contact: i64,
        code: String,
        period: Period,
    },
    /// The cells do not carry what a law or a measure asks of them.
    #[error(transparent)]
    Lacking(#[from] crate::needs::Lacking),
    /// The figures are counted by year, and the period is not a year.
    #[error("the figures are counted by year, and cannot be settled for {period}")]
    CountedByYear { period: Period },
}
