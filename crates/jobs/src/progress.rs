//! What a job reports while it works. The caller supplies the listener; the listener writes the words.

use std::path::PathBuf;

use domain::{Gap, Instrument, Month, Period};
use words::{Message, Said, message};

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
    /// Counting indicators by municipality and who treated.
    CountByFlow,
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

impl Said for Work {
    fn said(&self) -> Message {
        match self {
            Work::Check => message!("work.check"),
            Work::ReadDelivery => message!("work.read_delivery"),
            Work::VerifyChain => message!("work.verify_chain"),
            Work::VerifyVouchers => message!("work.verify_vouchers"),
            Work::ReadVouchers => message!("work.read_vouchers"),
            Work::CountCells => message!("work.count_cells"),
            Work::PriceScenarios => message!("work.price_scenarios"),
            Work::WriteScenarios => message!("work.write_scenarios"),
            Work::PersonCosts => message!("work.person_costs"),
            Work::Distributions => message!("work.distributions"),
            Work::CountIndicators => message!("work.count_indicators"),
            Work::CountByFlow => message!("work.count_by_flow"),
            Work::CountByTrust => message!("work.count_by_trust"),
            Work::SettleContacts => message!("work.settle_contacts"),
            Work::WriteProfiles => message!("work.write_profiles"),
            Work::KeyFigures => message!("work.key_figures"),
            Work::PriceAlternatives => message!("work.price_alternatives"),
            Work::SettleYear => message!("work.settle_year"),
            Work::SplitDelivery => message!("work.split_delivery"),
            Work::Settle(period) => message!("work.settle", period),
            Work::Post(month) => message!("work.post", month),
            Work::Close(month) => message!("work.close", month),
            Work::WriteStatements(count) => message!("work.write_statements", count),
            Work::MakeRegister(year) => message!("work.make_register", year),
        }
    }
}

/// A fact that a user should know, beside the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Rows that were accepted, but look odd.
    Warning {
        /// The oddity.
        warning: Message,
        /// How often it was found.
        count: u64,
    },
    /// An instrument that is in force and cannot be priced, and the value that is missing.
    Unpriced(Instrument, Gap),
    /// Cells were written to this file, to be kept.
    CellsKept(PathBuf),
    /// Number of rows that the check refused.
    Refused(u64),
    /// A row of the delivery was refused without a known contact, so nothing is withdrawn from the month.
    NothingWithdrawn(Month),
    /// Contacts that the delivery has in this month, and that are posted in others.
    PostedElsewhere { count: usize, month: Month, others: Vec<Month> },
    /// Contacts that are taken out of this month, and that the delivery has in others.
    MovedElsewhere { count: usize, month: Month, others: Vec<Month> },
    /// Stays that ended in this month, with payable days in others of which nothing is posted.
    DaysBefore { count: usize, month: Month, others: Vec<Month> },
    /// Months of the period of an analysis in which no contact of the file ended.
    NoContactsIn { months: Vec<Month>, period: Period },
    /// The register has a sample of the persons: numbers made, and numbers that they stand for.
    Sample { made: u64, of: u64 },
    /// Number of municipalities that the register evidently does not cover.
    NotCovered(usize),
    /// Agreements with a trust that no contact in the file has.
    AgreementsForNobody(Vec<String>),
    /// A file that says it was checked, but that this user's program did not check: it is checked again.
    CheckedElsewhere,
    /// Name of the mapping that was chosen for a file, because its columns are those of the mapping.
    ReadAs(String),
}

/// Months with commas between them.
pub(crate) fn listed(months: &[Month]) -> String {
    months.iter().map(Month::to_string).collect::<Vec<_>>().join(", ")
}

impl Said for Note {
    fn said(&self) -> Message {
        match self {
            Note::Warning { warning, count } => message!("screen.warning", warning, count),
            Note::Unpriced(instrument, missing) => {
                message!("screen.unpriced", instrument, missing = missing.said())
            }
            Note::CellsKept(path) => message!("screen.cells_kept", path = path.display()),
            Note::Refused(count) => message!("screen.refused", count),
            Note::NothingWithdrawn(month) => message!("screen.nothing_withdrawn", month),
            Note::PostedElsewhere { count, month, others } => {
                message!("screen.posted_elsewhere", count, month, others = listed(others))
            }
            Note::MovedElsewhere { count, month, others } => {
                message!("screen.moved_elsewhere", count, month, others = listed(others))
            }
            Note::NoContactsIn { months, period } => {
                message!("screen.no_contacts_in", months = listed(months), period)
            }
            Note::NotCovered(count) => message!("indicators.people.not_covered", count),
            Note::Sample { made, of } => {
                let [made, of] = [made, of].map(|count| domain::amount::grouped(*count));
                message!("screen.sample", made, of)
            }
            Note::DaysBefore { count, month, others } => {
                message!("screen.days_before", count, month, others = listed(others))
            }
            Note::AgreementsForNobody(list) => {
                message!("screen.agreements_for_nobody", list = list.join(", "))
            }
            Note::CheckedElsewhere => message!("screen.checked_elsewhere"),
            Note::ReadAs(mapping) => message!("screen.read_as", mapping),
        }
    }
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
