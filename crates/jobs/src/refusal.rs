//! Why a job was not done, although nothing failed: the state of the ledger, the rules or the data stands in
//! the way. A refused step posts nothing; months before a refused month may be posted.
//!
//! A refusal holds the facts, and [`Said::said`] gives them as a sentence. The caller adds what to do.

use domain::{Amount, Day, Instrument, Month, Period, PeriodState, Ruling};
use words::{Message, Said, message};

/// The reason why a job was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The job needs values that nobody has signed, and was not allowed to use them. Each is a line
    /// `file:line: key = value`.
    Unsigned(Vec<String>),
    /// The month is open already, on other terms than those asked for.
    OpenOnOtherTerms(Month),
    /// The month `first` can no longer be opened, because the month `later` is closed.
    LaterMonthClosed { later: Month, first: Month },
    /// Some months of the period are open already, and others are not.
    PartlyOpen(Period),
    /// The month was never opened.
    NotOpened {
        month: Month,
        /// The year of the month, or the month alone if other months of the year are open.
        open: Period,
        ledger: String,
    },
    /// The month is closed or final and never changes.
    NeverChanges {
        month: Month,
        /// `Closed` or `Final`.
        state: PeriodState,
        /// The first month that may change; `None` if there is none.
        open: Option<Month>,
    },
    /// The month is settled, so an amount on account that is posted now would never be asked for.
    OnAccountTooLate(Month),
    /// No month of the period is closed, so nothing can be corrected.
    NothingClosed(Period),
    /// The month is open and has not been settled.
    NotSettled { month: Month, ledger: String },
    /// This earlier month has to be closed first.
    EarlierNotClosed { month: Month, ledger: String },
    /// The month rests on values that nobody has signed.
    RestsOnUnsigned {
        month: Month,
        /// Each value as a line `file:line: key = value`.
        values: Vec<String>,
    },
    /// The month is not closed, and only a closed month can be made final.
    NotClosed { month: Month, ledger: String },
    /// The month is settled for an instrument that nobody asks for now.
    SettledBefore { month: Month, instrument: Instrument },
    /// No municipality has the code on the day.
    NoSuchMunicipality { code: String, day: Day },
    /// The party is not a municipality that ended before the day.
    HasNotEnded { code: String, day: Day },
    /// The municipality became exactly one other municipality, which answers for it without a decision.
    OneHeir {
        code: String,
        /// Code of the municipality that answers.
        heir: String,
    },
    /// Another heir of the municipality is recorded already.
    HeirDecided {
        code: String,
        /// Code of the recorded heir.
        heir: String,
    },
    /// The decision would count from a month that is closed.
    DecisionInClosedMonth(Month),
    /// The ledger holds no settlement of the year.
    NoSettlementOf(i16),
    /// The year cannot stand for a whole one: these months of it are not settled.
    YearNotSettled { year: i16, months: Vec<Month> },
    /// Nobody has decided who answers for a party in the month that is to be closed.
    Undecided { party: String, month: Month, ledger: String },
    /// The party has no line for the contact under the instrument in the month.
    NoLine { party: String, contact: i64, instrument: Instrument, month: Month, ledger: String },
    /// Decided objections have reduced the line to zero.
    LineTakenOff { ledger: String },
    /// No objection has the key.
    NoSuchObjection { key: String, ledger: String },
    /// The objection is decided, with another outcome than the one asked for.
    DecidedOtherwise {
        key: String,
        outcome: Ruling,
        /// Who decided, and the reference of the decision.
        reference: String,
    },
    /// No voucher has the number.
    NoSuchVoucher(i64),
    /// The statement of the period has no version with the number asked for.
    NoSuchVersion {
        period: String,
        /// Number of existing versions.
        versions: usize,
        asked: usize,
    },
    /// Nothing is posted for the period.
    NothingPosted {
        period: String,
        /// Last month of the period.
        last: Month,
        ledger: String,
    },
    /// The party has no line in the period.
    NoLineIn { party: String, period: String },
    /// The time has not passed yet, so facts about it may still change.
    NotOver(domain::Minute),
    /// No amount of the instrument was settled for the institution in the year.
    NothingSettledFor { institution: String, instrument: Instrument, year: i16 },
    /// The decision takes off more than was settled.
    MoreThanSettled {
        reference: String,
        /// Amount that the decision takes off.
        amount: Amount,
        institution: String,
        /// Amount settled for the institution in the year.
        settled: Amount,
        year: i16,
    },
    /// There is nothing to forecast from at the end of the month: fewer than two months of the year are
    /// settled, the month itself is not settled, or no month of the year is left.
    NothingToForecast(Month),
    /// The party has nothing settled in the year.
    NothingOfParty { party: String, year: i16 },
    /// The statement sums up several months, and asks for nothing: there is no invoice to make of it.
    NoInvoiceOfSummary { period: String },
    /// The month cannot be closed, because it is not over.
    MonthNotOver(Month),
    /// Nothing was delivered for the month that is to be closed.
    NothingIn(Month),
    /// The delivery withdraws or changes so much of the month that it is posted only if the user accepts it.
    LargeChange {
        month: Month,
        /// Number of contacts that are withdrawn or changed.
        contacts: usize,
        /// Number of contacts that are posted for the month.
        of: usize,
        /// What the withdrawals and changes add up to.
        amount: Amount,
        /// Amount that is posted for the month.
        settled: Amount,
    },
    /// The delivery takes back everything that is posted for the month under an instrument: a column may be missing.
    InstrumentGone {
        month: Month,
        instrument: Instrument,
        /// Number of contacts that are posted under the instrument.
        contacts: usize,
    },
    /// The month was last settled from a newer delivery than this one.
    OlderDelivery {
        file: String,
        month: Month,
        /// Number of the delivery that the month was last settled from.
        last: usize,
    },
    /// The ledger stands on other rules than those asked for.
    OtherRules {
        /// Names of the rule files that differ.
        files: Vec<String>,
        ledger: String,
    },
    /// Another decision with this reference, on the same institution and instrument, is posted or stands earlier in the
    /// file.
    BoardDecidedOtherwise { reference: String },
    /// No institution has the code.
    NoInstitution { code: String },
}

words::english_error!(Refusal);

impl Said for Refusal {
    /// The fact that the refusal is about, in one sentence.
    #[expect(clippy::too_many_lines, reason = "one sentence for each refusal")]
    fn said(&self) -> Message {
        match self {
            Refusal::Unsigned(values) => {
                message!("refusal.unsigned", count = values.len(), list = values.join("\n  "))
            }
            Refusal::OpenOnOtherTerms(month) => message!("refusal.open_on_other_terms", month),
            Refusal::LaterMonthClosed { later, first } => {
                message!("refusal.later_month_closed", later, first)
            }
            Refusal::PartlyOpen(period) => message!("refusal.partly_open", period),
            Refusal::NotOpened { month, .. } => message!("refusal.not_opened", month),
            Refusal::NeverChanges { month, state, .. } => {
                message!("refusal.never_changes", month, state = state.said())
            }
            Refusal::OnAccountTooLate(month) => message!("refusal.on_account_too_late", month),
            Refusal::NothingClosed(period) => message!("refusal.nothing_closed", period),
            Refusal::NotSettled { month, ledger: _ } => message!("refusal.not_settled", month),
            Refusal::EarlierNotClosed { month, ledger: _ } => message!("refusal.earlier_not_closed", month),
            Refusal::RestsOnUnsigned { month, values } => {
                message!("refusal.rests_on_unsigned", month, count = values.len(), list = values.join("; "))
            }
            Refusal::SettledBefore { month, instrument } => {
                message!("refusal.settled_before", month, instrument)
            }
            Refusal::NotClosed { month, ledger: _ } => message!("refusal.not_closed", month),
            Refusal::NoSuchMunicipality { code, day } => message!("refusal.no_such_municipality", code, day),
            Refusal::HasNotEnded { code, day } => message!("refusal.has_not_ended", code, day),
            Refusal::OneHeir { code, heir } => message!("refusal.one_heir", code, heir),
            Refusal::HeirDecided { code, heir } => message!("refusal.heir_decided", heir, code),
            Refusal::DecisionInClosedMonth(month) => message!("refusal.decision_in_closed_month", month),
            Refusal::NoSettlementOf(year) => message!("refusal.no_settlement_of", year),
            Refusal::InstrumentGone { month, instrument, contacts } => {
                message!("refusal.instrument_gone", month, instrument = instrument.said(), contacts)
            }
            Refusal::YearNotSettled { year, months } => {
                message!("refusal.year_not_settled", year, list = crate::progress::listed(months))
            }
            Refusal::Undecided { party, month, ledger: _ } => message!("refusal.undecided", party, month),
            Refusal::NoLine { party, contact, instrument, month, ledger: _ } => {
                message!("refusal.no_line", party, contact, instrument, month)
            }
            Refusal::LineTakenOff { ledger: _ } => message!("refusal.line_taken_off"),
            Refusal::NoSuchObjection { key, ledger: _ } => message!("refusal.no_such_objection", key),
            Refusal::DecidedOtherwise { key, outcome, reference } => {
                message!("refusal.decided_otherwise", key, outcome = outcome.said(), reference)
            }
            Refusal::NoSuchVoucher(number) => message!("refusal.no_such_voucher", number),
            Refusal::NoSuchVersion { period, versions, asked } => {
                message!("refusal.no_such_version", period, versions, asked)
            }
            Refusal::NothingPosted { period, last: _, ledger: _ } => {
                message!("refusal.nothing_posted", period)
            }
            Refusal::NoLineIn { party, period } => message!("refusal.no_line_in", party, period),
            Refusal::NotOver(at) => message!("refusal.not_over", at),
            Refusal::NothingSettledFor { institution, instrument, year } => {
                message!("refusal.nothing_settled_for", instrument, institution, year)
            }
            Refusal::MoreThanSettled { reference, amount, institution, settled, year } => {
                message!("refusal.more_than_settled", reference, amount, institution, settled, year)
            }
            Refusal::NothingToForecast(month) => message!("refusal.nothing_to_forecast", month),
            Refusal::NothingOfParty { party, year } => message!("refusal.nothing_of_party", party, year),
            Refusal::NoInvoiceOfSummary { period } => message!("refusal.no_invoice_of_summary", period),
            Refusal::MonthNotOver(month) => message!("refusal.month_not_over", month),
            Refusal::NothingIn(month) => message!("refusal.nothing_in", month),
            Refusal::LargeChange { month, contacts, of, amount, settled } => {
                message!("refusal.large_change", month, contacts, of, amount, settled)
            }
            Refusal::OlderDelivery { file, month, last } => {
                message!("refusal.older_delivery", file, month, last)
            }
            Refusal::OtherRules { files, ledger: _ } => {
                message!("refusal.other_rules", list = files.join(", "))
            }
            Refusal::BoardDecidedOtherwise { reference } => {
                message!("refusal.board_decided_otherwise", reference)
            }
            Refusal::NoInstitution { code } => message!("refusal.no_institution", code),
        }
    }
}

/// What a user can do about an error from a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// No remedy is known.
    None,
    /// The order cannot be read: give it in another form.
    OtherOrder,
    /// The output would overwrite the input: give another name.
    OtherOutput,
    /// A column is missing: give a mapping that names it.
    OwnMapping,
    /// A rule file is wrong: the check of the rules shows where.
    CheckRules,
    /// A rule file lacks a row: add it.
    AddRow,
    /// There is no ledger at this place: opening a period creates it.
    OpenLedger(String),
    /// Somebody else posted in the meantime, and nothing was posted here: do the same again.
    RunAgain,
    /// The given time is before the last step of the ledger: give a later time.
    LaterTime,
    /// The ledger at this place was altered: `samspill ledger verify` shows where.
    VerifyLedger(String),
    /// The database failed, and nothing was posted: mend it, and do the same again.
    MendStore,
}
