//! Why a settlement stops.

use domain::{Day, Period};
use register::FileError;
use rulebook::BookError;
use rulebook::calculation::share_of_drg_price::TooLarge;

/// Why a settlement stops.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// The book of law is wrong.
    #[error(transparent)]
    Book(#[from] BookError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A record amounts to more than fits.
    #[error("contact {contact}: {error}")]
    Record {
        /// The contact.
        contact: i64,
        /// What is wrong.
        error: TooLarge,
    },
    /// A day needs a rate that was not found.
    #[error("no rate in force on {day}: contact {contact}")]
    NoRate {
        /// The contact.
        contact: i64,
        /// The day.
        day: Day,
    },
    /// A residence that the check should have refused.
    #[error("contact {contact}: municipality '{code}' does not hold in {period}: check the file again")]
    Residence {
        /// The contact, or 0 where it was not read.
        contact: i64,
        /// The code.
        code: String,
        /// The period.
        period: Period,
    },
    /// Cells that do not carry what is asked of them.
    #[error(transparent)]
    Lacking(#[from] crate::needs::Lacking),
    /// Counted figures are by year.
    #[error("the figures are counted by year, and cannot be settled for {period}")]
    CountedByYear {
        /// The period.
        period: Period,
    },
}
