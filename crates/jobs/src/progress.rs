//! What a job reports while it works. Who runs the job hands in who listens, and puts the words on.

use std::path::PathBuf;

use domain::{Month, Period};

/// A piece of work that takes time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Reading and checking a file of contacts.
    Check,
    /// Reading which contacts a delivery holds.
    ReadDelivery,
    /// Settling a period.
    Settle(Period),
    /// Posting a month.
    Post(Month),
    /// Netting and closing a month.
    Close(Month),
    /// Computing every hash of the chain again.
    VerifyChain,
    /// Comparing vouchers with the claims behind them.
    VerifyVouchers,
    /// Reading vouchers for statements.
    ReadVouchers,
    /// Writing so many statements.
    WriteStatements(usize),
    /// Counting contacts in cells.
    CountCells,
    /// Pricing scenarios.
    PriceScenarios,
    /// Writing tables, figures and a brief.
    WriteScenarios,
    /// Computing what each person costs.
    PersonCosts,
    /// Computing distributions of yearly costs.
    Distributions,
    /// Counting indicators.
    CountIndicators,
    /// Counting indicators by treating trust or unit.
    CountByTrust,
    /// Settling contacts for kroner of indicators.
    SettleContacts,
    /// Writing profiles.
    WriteProfiles,
    /// Making a synthetic register of a year.
    MakeRegister(i16),
    /// Computing key figures of a register.
    KeyFigures,
    /// Pricing the ministry's alternatives.
    PriceAlternatives,
    /// Settling a year of demonstration, month by month.
    SettleYear,
    /// Splitting off the delivery of the first quarter.
    SplitDelivery,
}

/// Something that a user should know, beside the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Rows that were accepted and look odd.
    Warning {
        /// What is odd.
        warning: String,
        /// Number of rows.
        count: u64,
    },
    /// Cells were kept in a file.
    CellsKept(PathBuf),
    /// Rows of a file that the check refused.
    Refused(u64),
}

/// Who listens.
pub trait Progress: Sync {
    /// A piece of work begins.
    fn begin(&self, work: Work) -> Box<dyn Stage + '_>;

    /// A note to the user.
    fn note(&self, note: Note);
}

/// A piece of work that has begun.
pub trait Stage: Sync {
    /// So many parts of so many are done.
    fn at(&self, done: u64, of: u64);

    /// The work is done.
    fn done(self: Box<Self>);
}

/// Nobody listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: Work) -> Box<dyn Stage + '_> {
        Box::new(Silent)
    }

    fn note(&self, _: Note) {}
}

impl Stage for Silent {
    fn at(&self, _: u64, _: u64) {}

    fn done(self: Box<Self>) {}
}
