//! Why a job could not be done: a refusal, or something that failed.

use words::{Message, Said, message};

use crate::refusal::{Refusal, Remedy};

/// Result of a job.
pub type Result<T> = std::result::Result<T, Failure>;

/// Why a job could not be done.
#[derive(Debug)]
pub enum Failure {
    /// Nothing failed, but the state of the ledger, the rules or the data stands in the way.
    Refused(Refusal),
    /// Something failed.
    Failed {
        /// What failed, from the outside in. The last message is the cause.
        said: Vec<Message>,
        remedy: Remedy,
        /// Whether the fault lies in the order or in a file that it names, not in the system.
        is_order: bool,
    },
}

impl Failure {
    /// A failure without a known remedy.
    pub fn of(said: Message) -> Failure {
        Failure::Failed { said: vec![said], remedy: Remedy::None, is_order: false }
    }

    /// A failure that lies in the order.
    pub fn in_order(said: Message, remedy: Remedy) -> Failure {
        Failure::Failed { said: vec![said], remedy, is_order: true }
    }

    /// The failure with `about` put in front. A refusal stays unchanged.
    #[must_use]
    pub fn within(self, about: Message) -> Failure {
        match self {
            Failure::Refused(refusal) => Failure::Refused(refusal),
            Failure::Failed { mut said, remedy, is_order } => {
                said.insert(0, about);
                Failure::Failed { said, remedy, is_order }
            }
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Refused(refusal) => write!(f, "{refusal}"),
            Failure::Failed { said, remedy: _, is_order: _ } => {
                f.write_str(&Message::joined(said.clone(), ": ").english())
            }
        }
    }
}

impl std::error::Error for Failure {}

/// Puts a message in front of a failure, or turns a missing value into a failure.
pub trait About<T> {
    /// The value, or a failure about `message`.
    ///
    /// # Errors
    /// Fails if there is an error or no value.
    fn about(self, message: impl FnOnce() -> Message) -> Result<T>;
}

impl<T, E: Into<Failure>> About<T> for std::result::Result<T, E> {
    fn about(self, message: impl FnOnce() -> Message) -> Result<T> {
        self.map_err(|error| error.into().within(message()))
    }
}

impl<T> About<T> for Option<T> {
    fn about(self, message: impl FnOnce() -> Message) -> Result<T> {
        self.ok_or_else(|| Failure::of(message()))
    }
}

/// Returns from a job with a failure: a message of the catalogue.
#[macro_export]
macro_rules! fail {
    ($($message:tt)+) => {
        return Err($crate::failure::Failure::of(words::message!($($message)+)))
    };
}
pub use fail;

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal)
    }
}

impl From<ledger::LedgerError> for Failure {
    fn from(error: ledger::LedgerError) -> Failure {
        use ledger::LedgerError;
        let remedy = match &error {
            LedgerError::Missing { place } => Remedy::OpenLedger(place.clone()),
            LedgerError::Changed { .. } => Remedy::RunAgain,
            LedgerError::Backwards { .. } => Remedy::LaterTime,
            LedgerError::Damaged { place, .. } => Remedy::VerifyLedger(place.clone()),
            LedgerError::Sqlite { .. } | LedgerError::Postgres { .. } => Remedy::MendStore,
            LedgerError::NoPlace { .. } | LedgerError::NotALedger { .. } | LedgerError::Unbalanced { .. } => {
                Remedy::None
            }
        };
        Failure::Failed { said: vec![error.said()], remedy, is_order: false }
    }
}

impl From<register::check::CheckError> for Failure {
    fn from(error: register::check::CheckError) -> Failure {
        use register::check::CheckError;
        match &error {
            CheckError::SameFile(_) => Failure::in_order(error.said(), Remedy::OtherOutput),
            CheckError::MissingColumns { .. } => Failure::in_order(error.said(), Remedy::OwnMapping),
            CheckError::File(_) | CheckError::TwoColumns { .. } => Failure::of(error.said()),
        }
    }
}

impl From<settlement::SettleError> for Failure {
    fn from(error: settlement::SettleError) -> Failure {
        use settlement::SettleError;
        match &error {
            SettleError::Book(_) => Failure::in_order(error.said(), Remedy::AddRow),
            SettleError::File(_)
            | SettleError::Record { .. }
            | SettleError::Residence { .. }
            | SettleError::Lacking(_)
            | SettleError::CountedByYear { .. } => Failure::of(error.said()),
        }
    }
}

impl From<rulebook::BookError> for Failure {
    fn from(error: rulebook::BookError) -> Failure {
        Failure::in_order(error.said(), Remedy::CheckRules)
    }
}

impl From<domain::Gap> for Failure {
    fn from(gap: domain::Gap) -> Failure {
        Failure::in_order(gap.said(), Remedy::AddRow)
    }
}

impl From<rulebook::RuleError> for Failure {
    fn from(error: rulebook::RuleError) -> Failure {
        Failure::in_order(error.said(), Remedy::CheckRules)
    }
}

impl From<domain::day::NotATime> for Failure {
    fn from(error: domain::day::NotATime) -> Failure {
        Failure::in_order(error.said(), Remedy::OtherOrder)
    }
}

/// Errors with a sentence and no known remedy.
macro_rules! without_remedy {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Failure {
                Failure::of(error.said())
            }
        }
    )+};
}

without_remedy!(
    domain::UnknownCode,
    domain::municipality::BadTable,
    paper::PaperError,
    register::drg_list::BadDrgList,
    register::mapping::BadMapping,
    register::parquet_file::FileError,
    register::sheet::SheetError,
    register::synth::SynthError,
    register::population::BadPopulation,
    settlement::archive::ArchiveError,
    settlement::needs::Lacking,
    simulation::risk::BadSeverity,
    simulation::scenario::BadScenario,
    statistics::counts::CountError,
    statistics::indicator::BadIndicator,
);

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::of(words::of_io(&error))
    }
}

/// Errors of libraries that speak English only.
macro_rules! as_it_is {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Failure {
                Failure::of(message!("error.as_it_is", error))
            }
        }
    )+};
}

as_it_is!(
    arrow_schema::ArrowError,
    csv::Error,
    parquet::errors::ParquetError,
    toml::ser::Error,
    toml::de::Error,
    serde_json::Error,
    std::num::ParseIntError
);
