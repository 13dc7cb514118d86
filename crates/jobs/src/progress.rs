//! What a job reports while it works. The caller supplies the listener, and the listener the words.

use std::path::PathBuf;

use domain::{Month, Period};

/// A piece of work that takes time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Reading and checking a file of contacts.
    Check,
    /// Reading which contacts a delivery holds.
    ReadDelivery,
    Settle(Period),
    Post(Month),
    /// Netting and closing a month.
    Close(Month),
    /// Computing every hash of the chain again.
    VerifyChain,
    /// Comparing vouchers with the claims behind them.
    VerifyVouchers,
    /// Reading vouchers for statements.
    ReadVouchers,
    /// Writing this number of statements.
    WriteStatements(usize),
    /// Counting contacts in cells.
    CountCells,
    PriceScenarios,
    /// Writing tables, figures and a brief.
    WriteScenarios,
    /// Computing the cost of each person.
    PersonCosts,
    /// Computing distributions of yearly costs.
    Distributions,
    CountIndicators,
    /// Counting indicators by treating trust or unit.
    CountByTrust,
    /// Settling contacts for the kroner of indicators.
    SettleContacts,
    WriteProfiles,
    /// Making a synthetic register of a year.
    MakeRegister(i16),
    /// Computing key figures of a register.
    KeyFigures,
    /// Pricing the ministry's alternatives.
    PriceAlternatives,
    /// Settling the year of the demonstration, month by month.
    SettleYear,
    /// Splitting off the delivery of the first quarter.
    SplitDelivery,
}

/// A fact that a user should know, beside the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Rows that were accepted, but look odd.
    Warning {
        /// The oddity, as a text of the check.
        warning: String,
        /// How often it was found.
        count: u64,
    },
    /// Cells were written to this file, to be kept.
    CellsKept(PathBuf),
    /// Number of rows that the check refused.
    Refused(u64),
}

/// A listener to the progress of jobs.
pub trait Progress: Sync {
    /// Reports that a piece of work begins.
    fn begin(&self, work: Work) -> Box<dyn Stage + '_>;

    /// Passes on a note for the user.
    fn note(&self, note: Note);
}

/// A piece of work that has begun.
pub trait Stage: Sync {
    /// Reports that `done` of `of` parts are done.
    fn at(&self, done: u64, of: u64);

    /// Reports that the work is done.
    fn done(self: Box<Self>);
}

/// A listener that ignores everything.
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
