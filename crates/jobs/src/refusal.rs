//! Why a job was not done, where the state of things and not a fault stands in the way. Nothing was posted or written.
//!
//! A refusal names what it is about; whoever runs the job puts the words on, and the remedy.

use domain::{Amount, Day, Instrument, Month, Period, PeriodState, Ruling};

/// Why a job was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Values that nobody has signed are needed, and no leave was given to use them: `file:line: key = value`.
    Unsigned(Vec<String>),
    /// The month is open already, on other terms than those asked for.
    OpenOnOtherTerms(Month),
    /// A later month is closed, so that the first can no longer be opened.
    LaterMonthClosed {
        /// The month that is closed.
        later: Month,
        /// The month that was to be opened.
        first: Month,
    },
    /// Some months of the period are open already, and others are not.
    PartlyOpen(Period),
    /// The month is not opened.
    NotOpened {
        /// The month.
        month: Month,
        /// The ledger.
        ledger: String,
    },
    /// The month is closed or final and never changes.
    NeverChanges {
        /// The month.
        month: Month,
        /// Closed or final.
        state: PeriodState,
    },
    /// No month of the period is closed, so nothing can be corrected.
    NothingClosed(Period),
    /// The month is open and has not been settled.
    NotSettled {
        /// The month.
        month: Month,
        /// The ledger.
        ledger: String,
    },
    /// An earlier month has to be closed first.
    EarlierNotClosed(Month),
    /// The month rests on values that nobody has signed.
    RestsOnUnsigned {
        /// The month.
        month: Month,
        /// `file:line: key = value`.
        values: Vec<String>,
    },
    /// The month is not closed, and only a closed one can be made final.
    NotClosed {
        /// The month.
        month: Month,
        /// The ledger.
        ledger: String,
    },
    /// No municipality has that code on the day.
    NoSuchMunicipality {
        /// The code.
        code: String,
        /// The day.
        day: Day,
    },
    /// The party is no municipality that has ended before the day.
    HasNotEnded {
        /// The code.
        code: String,
        /// The day.
        day: Day,
    },
    /// The municipality became one other, which answers for it without a decision.
    OneHeir {
        /// The code.
        code: String,
        /// The code of the heir.
        heir: String,
    },
    /// A decision on who answers is recorded already.
    HeirDecided {
        /// The code.
        code: String,
        /// The code of the heir decided on.
        heir: String,
    },
    /// The decision would count from a month that is closed.
    DecisionInClosedMonth(Month),
    /// The ledger holds no settlement of the year.
    NoSettlementOf(i16),
    /// The party has no line for the contact under the instrument in the month.
    NoLine {
        /// The party.
        party: String,
        /// The contact.
        contact: i64,
        /// The instrument.
        instrument: Instrument,
        /// The month of activity.
        month: Month,
        /// The ledger.
        ledger: String,
    },
    /// An objection that was decided has taken off the whole line.
    LineTakenOff {
        /// The ledger.
        ledger: String,
    },
    /// There is no objection of that key.
    NoSuchObjection {
        /// The key.
        key: String,
        /// The ledger.
        ledger: String,
    },
    /// The objection is decided, with another outcome than that asked for.
    DecidedOtherwise {
        /// The key.
        key: String,
        /// The outcome.
        outcome: Ruling,
        /// Who decided, and the reference.
        reference: String,
    },
    /// There is no voucher of that number.
    NoSuchVoucher(i64),
    /// The statement has fewer versions.
    NoSuchVersion {
        /// The statement's period.
        period: String,
        /// The versions that it has.
        versions: usize,
        /// The version asked for.
        asked: usize,
    },
    /// Nothing is posted for the period.
    NothingPosted {
        /// The period.
        period: String,
        /// Its last month.
        last: Month,
        /// The ledger.
        ledger: String,
    },
    /// The party has no line in the period.
    NoLineIn {
        /// The party.
        party: String,
        /// The period.
        period: String,
    },
    /// The time is not over, and what is known then may change.
    NotOver(domain::Minute),
    /// Nothing of the instrument was settled for the institution in the year.
    NothingSettledFor {
        /// The institution.
        institution: String,
        /// The instrument.
        instrument: Instrument,
        /// The year.
        year: i16,
    },
    /// The decision takes off more than was settled.
    MoreThanSettled {
        /// Reference of the decision.
        reference: String,
        /// The amount taken off.
        amount: Amount,
        /// The institution.
        institution: String,
        /// What was settled for it.
        settled: Amount,
        /// The year.
        year: i16,
    },
    /// Too few months are settled, or none is left, to forecast from.
    NothingToForecast(Month),
    /// The party has nothing settled in the year.
    NothingOfParty {
        /// The party.
        party: String,
        /// The year.
        year: i16,
    },
}

impl std::fmt::Display for Refusal {
    /// The name of the refusal and what it is about, for logs: words for users are put on by whoever runs the job.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Refusal {}

/// What a user can do about an error that came from a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing that the program knows of.
    None,
    /// The order itself cannot be read: it has to be given otherwise.
    OtherOrder,
    /// The output would stand on the input: another name is needed.
    OtherOutput,
    /// A column is missing: a mapping of one's own can name it.
    OwnMapping,
    /// Rule files are wrong, and a check says where.
    CheckRules,
    /// A rule file lacks a row.
    AddRow,
    /// There is no ledger: opening a year makes one.
    OpenLedger(String),
    /// Somebody else posted meanwhile, and nothing was posted: the same again.
    RunAgain,
    /// The time given lies before what is posted.
    LaterTime,
    /// The ledger was altered, and a proof finds what.
    VerifyLedger(String),
    /// The database has a fault, and nothing was posted: the same again when it is mended.
    MendStore,
}

/// The remedy of an error, and whether the order and not the world was at fault.
pub fn remedy(error: &anyhow::Error) -> (Remedy, bool) {
    use ledger::LedgerError;
    use register::check::CheckError;
    use settlement::SettleError;
    if error.is::<domain::day::NotATime>() {
        return (Remedy::OtherOrder, true);
    }
    if let Some(error) = error.downcast_ref::<LedgerError>() {
        let remedy = match error {
            LedgerError::Missing { place } => Remedy::OpenLedger(place.clone()),
            LedgerError::Changed { .. } => Remedy::RunAgain,
            LedgerError::Backwards { .. } => Remedy::LaterTime,
            LedgerError::Damaged { place, .. } => Remedy::VerifyLedger(place.clone()),
            LedgerError::Sqlite { .. } | LedgerError::Postgres { .. } => Remedy::MendStore,
            LedgerError::NotALedger { .. } | LedgerError::Unbalanced { .. } => Remedy::None,
        };
        return (remedy, false);
    }
    match error.downcast_ref() {
        Some(CheckError::SameFile(_)) => return (Remedy::OtherOutput, true),
        Some(CheckError::MissingColumn { .. }) => return (Remedy::OwnMapping, true),
        _ => {}
    }
    if error.is::<rulebook::BookError>() || error.is::<rulebook::RuleError>() {
        return (Remedy::CheckRules, true);
    }
    if let Some(SettleError::Book(_) | SettleError::NoRate { .. }) = error.downcast_ref() {
        return (Remedy::AddRow, true);
    }
    (Remedy::None, false)
}
