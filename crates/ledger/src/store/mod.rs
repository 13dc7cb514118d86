//! One ledger, two stores: a SQLite file or a PostgreSQL database. Both offer the same operations.

mod postgres;
mod sqlite;

use domain::{Amount, Minute};
use words::{Message, Said, message};

use crate::voucher::{Posting, Step, Voucher, digest};

/// Reason why a ledger cannot be opened, read or posted to.
///
/// `place` is a file, or the address of a PostgreSQL database without the password.
#[derive(Debug)]
pub enum LedgerError {
    /// No ledger is at the place.
    Missing { place: String },
    /// The place is refused, since a ledger there could be lost when the program ends: the place is empty, or begins
    /// with `:` or `file:`, as SQLite's names for databases in memory do.
    NoPlace { place: String },
    /// The file or database is no ledger, or is a ledger with migrations that this program does not know.
    NotALedger { place: String, fault: Message },
    /// SQLite refuses: for instance the disk is full, or the file is read-only or locked.
    Sqlite { place: String, error: rusqlite::Error },
    /// PostgreSQL refuses, or cannot be reached.
    Postgres { place: String, error: Box<dyn std::error::Error + Send + Sync> },
    /// Somebody else has posted since the ledger was read.
    Changed {
        place: String,
        /// Last step when the ledger was read.
        read: i64,
        /// Last step now.
        now: i64,
    },
    /// A step would be recorded before the step that precedes it.
    Backwards {
        /// Time of the new step.
        at: Minute,
        /// Time of the last step.
        last: Minute,
    },
    /// Debit and credit of a voucher differ.
    Unbalanced {
        debtor: String,
        activity_period: String,
        posting_month: String,
        /// Debit less credit.
        off: Amount,
    },
    /// A stored record cannot be read back.
    Damaged {
        place: String,
        /// The record, for instance voucher 17.
        what: Message,
        fault: Message,
    },
}

words::english_error!(LedgerError);

impl Said for LedgerError {
    fn said(&self) -> Message {
        match self {
            LedgerError::Missing { place } => message!("error.ledger.missing", place),
            LedgerError::NoPlace { place } => message!("error.ledger.no_place", place),
            LedgerError::NotALedger { place, fault } => message!("error.ledger.not_a_ledger", place, fault),
            LedgerError::Sqlite { place, error } => message!("error.ledger.sqlite", place, error),
            LedgerError::Postgres { place, error } => message!("error.ledger.postgres", place, error),
            LedgerError::Changed { place, read, now } => message!("error.ledger.changed", place, read, now),
            LedgerError::Backwards { at, last } => message!("error.ledger.backwards", at, last),
            LedgerError::Unbalanced { debtor, activity_period, posting_month, off } => {
                message!("error.ledger.unbalanced", debtor, activity_period, posting_month, off)
            }
            LedgerError::Damaged { place, what, fault } => {
                message!("error.ledger.damaged", place, what, fault)
            }
        }
    }
}

impl LedgerError {
    /// This error, with `place` as the place of the record if a record is damaged.
    #[must_use]
    pub fn at(self, place: &str) -> LedgerError {
        match self {
            LedgerError::Damaged { what, fault, .. } => {
                LedgerError::Damaged { place: place.to_owned(), what, fault }
            }
            other => other,
        }
    }

    /// Whether another writer posted in between, so that reading the ledger again and retrying may help.
    pub fn is_changed(&self) -> bool {
        matches!(self, LedgerError::Changed { .. })
    }
}

/// The end of the chain of steps and vouchers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    pub steps: i64,
    pub vouchers: i64,
    /// Hash of the last record, and so of everything before it; empty in a new ledger.
    pub hash: String,
    /// Time of the last step; `None` in a new ledger.
    pub recorded_at: Option<Minute>,
}

/// A step that was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    pub step: Step,
    /// End of the chain after the step.
    pub head: Head,
}

/// Selection of vouchers to read.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// First and last posting month, both included; `None` for all.
    pub months: Option<(String, String)>,
    /// Only steps after this one; 0 for all.
    pub after_step: i64,
    /// Only steps up to and including this one; `None` for all.
    pub to_step: Option<i64>,
}

impl Wanted {
    /// The vouchers of one step.
    pub fn of_step(step: i64) -> Wanted {
        Wanted { months: None, after_step: step - 1, to_step: Some(step) }
    }
}

enum Store {
    Sqlite(Box<sqlite::Sqlite>),
    Postgres(Box<postgres::Postgres>),
}

/// An open ledger.
pub struct Ledger {
    store: Store,
}

/// Size of the parts that an archive is cut into: 1 MiB.
const PART: usize = 1 << 20;

/// Whether a place is an address of a PostgreSQL database.
pub fn is_postgres(place: &str) -> bool {
    place.starts_with("postgres://") || place.starts_with("postgresql://")
}

/// Whether a place is written as the address of some database, but not of one that a ledger can lie in.
fn is_other_address(place: &str) -> bool {
    let lower = place.to_lowercase();
    // `postgres:/…` with a slash too few, and `user:password@host` without a scheme. One letter before the colon is a
    // drive of Windows.
    let is_slip = lower.split_once(':').is_some_and(|(before, after)| {
        ["postgres", "postgresql"].contains(&before)
            || (before.len() > 1 && !before.contains(['/', '\\']) && after.contains('@'))
    });
    !is_postgres(place) && (is_slip || lower.contains("://") || lower.contains("password="))
}

/// A place as it may be shown: the address of a database loses its password.
pub fn shown(place: &str) -> String {
    if is_postgres(place) {
        return postgres::shown(place);
    }
    if !is_other_address(place) {
        return place.to_owned();
    }
    let scheme = place.split_once(":/").map(|(scheme, _)| scheme);
    let scheme = scheme.filter(|scheme| scheme.chars().all(|letter| letter.is_ascii_alphanumeric()));
    format!("{}…", scheme.unwrap_or_default())
}

impl Ledger {
    /// Opens the ledger at a place: a file, or `postgres://user@host/database`. Migrates an older schema.
    ///
    /// # Errors
    /// Fails if no ledger is at the place, if the ledger was made by a newer program, or if the store refuses.
    pub fn open(place: &str) -> Result<Ledger, LedgerError> {
        Self::connect(place, false)
    }

    /// Opens the ledger at a place, or makes a new ledger if the place has none.
    ///
    /// # Errors
    /// Fails if the ledger cannot be made or opened, or something other than a ledger is at the place.
    pub fn open_or_make(place: &str) -> Result<Ledger, LedgerError> {
        Self::connect(place, true)
    }

    fn connect(place: &str, make: bool) -> Result<Ledger, LedgerError> {
        let is_lost = place.trim().is_empty() || place.starts_with(':') || place.starts_with("file:");
        if is_lost || is_other_address(place) {
            return Err(LedgerError::NoPlace { place: shown(place) });
        }
        let store = if is_postgres(place) {
            Store::Postgres(Box::new(postgres::Postgres::open(place, make)?))
        } else {
            Store::Sqlite(Box::new(sqlite::Sqlite::open(place, make)?))
        };
        Ok(Ledger { store })
    }

    /// File, or address of a PostgreSQL database without the password.
    pub fn place(&self) -> &str {
        match &self.store {
            Store::Sqlite(store) => &store.place,
            Store::Postgres(store) => &store.place,
        }
    }

    /// The end of the chain.
    ///
    /// # Errors
    /// Fails if the store cannot be read.
    pub fn head(&mut self) -> Result<Head, LedgerError> {
        match &mut self.store {
            Store::Sqlite(store) => store.head(),
            Store::Postgres(store) => store.head(),
        }
    }

    /// Every step, in order.
    ///
    /// # Errors
    /// Fails if the store cannot be read, or a step cannot be read back.
    pub fn steps(&mut self) -> Result<Vec<Step>, LedgerError> {
        match &mut self.store {
            Store::Sqlite(store) => store.steps(),
            Store::Postgres(store) => store.steps(),
        }
    }

    /// Vouchers of a selection with their lines, in order of number.
    ///
    /// # Errors
    /// Fails if the store cannot be read, or a voucher cannot be read back.
    pub fn vouchers(&mut self, wanted: &Wanted) -> Result<Vec<Voucher>, LedgerError> {
        match &mut self.store {
            Store::Sqlite(store) => store.vouchers(wanted),
            Store::Postgres(store) => store.vouchers(wanted),
        }
    }

    /// Hash of the chain at the end of a step: the hash of the step's last voucher, or of the step itself if the step
    /// has no voucher. `None` if there is no such step.
    ///
    /// # Errors
    /// Fails if the ledger cannot be read.
    pub fn end_of(&mut self, step: i64) -> Result<Option<String>, LedgerError> {
        if let Some(voucher) = self.vouchers(&Wanted::of_step(step))?.pop() {
            return Ok(Some(voucher.hash));
        }
        Ok(self.steps()?.into_iter().find(|one| one.number == step).map(|one| one.hash))
    }

    /// A kept file, by its SHA-256 digest.
    ///
    /// # Errors
    /// Fails if no such file is kept, if the kept bytes have another digest, or if the store cannot be read.
    pub fn archive(&mut self, wanted: &str) -> Result<Vec<u8>, LedgerError> {
        let bytes = match &mut self.store {
            Store::Sqlite(store) => store.archive(wanted)?,
            Store::Postgres(store) => store.archive(wanted)?,
        };
        let damaged = |fault: Message| LedgerError::Damaged {
            place: self.place().to_owned(),
            what: message!("record.archive", digest = wanted),
            fault,
        };
        match digest(&bytes) {
            _ if bytes.is_empty() => Err(damaged(message!("record.not_there"))),
            found if found == wanted => Ok(bytes),
            _ => Err(damaged(message!("record.other_digest"))),
        }
    }

    /// Digests of all kept files, in order.
    ///
    /// # Errors
    /// Fails if the store cannot be read.
    pub fn archives(&mut self) -> Result<Vec<String>, LedgerError> {
        match &mut self.store {
            Store::Sqlite(store) => store.archives(),
            Store::Postgres(store) => store.archives(),
        }
    }

    /// Number of lines in the store, including lines that belong to no voucher.
    ///
    /// # Errors
    /// Fails if the store cannot be read.
    pub fn lines(&mut self) -> Result<i64, LedgerError> {
        match &mut self.store {
            Store::Sqlite(store) => store.lines(),
            Store::Postgres(store) => store.lines(),
        }
    }

    /// Names of the triggers that should keep the store from being changed, but are gone, off or replaced.
    ///
    /// # Errors
    /// Fails if the store cannot be read.
    pub fn lost_guards(&mut self) -> Result<Vec<String>, LedgerError> {
        let held = match &mut self.store {
            Store::Sqlite(store) => store.guards()?,
            Store::Postgres(store) => store.guards()?,
        };
        let schema = match &self.store {
            Store::Sqlite(_) => include_str!("../../migrations/sqlite/schema.sql"),
            Store::Postgres(_) => include_str!("../../migrations/postgres/schema.sql"),
        };
        let guards = schema.lines().filter_map(|line| line.strip_prefix("CREATE TRIGGER "));
        let named = guards.filter_map(|rest| Some((rest.split(' ').next()?, rest)));
        let is_held =
            |name: &str, rest: &str| held.iter().any(|(known, text)| known == name && text.ends_with(rest));
        Ok(named
            .filter(|(name, rest)| !is_held(name, rest.trim_end_matches(';')))
            .map(|(name, _)| name.to_owned())
            .collect())
    }

    /// Posts a step, as a whole or not at all. `read` is the head that the step was computed from.
    ///
    /// # Errors
    /// Fails if a voucher does not balance, the time is before the last step, somebody else has posted since
    /// `read`, or the store refuses.
    pub fn post(&mut self, mut posting: Posting, read: &Head) -> Result<Posted, LedgerError> {
        if let Some(last) = read.recorded_at.filter(|last| posting.recorded_at < *last) {
            return Err(LedgerError::Backwards { at: posting.recorded_at, last });
        }
        let mut step = Step {
            number: read.steps + 1,
            kind: posting.kind,
            period: posting.period,
            recorded_at: posting.recorded_at,
            content: posting.content,
            vouchers: posting.vouchers.len() as i64,
            hash: String::new(),
        };
        step.hash = step.chained(&read.hash);
        let mut hash = step.hash.clone();
        for (place, voucher) in posting.vouchers.iter_mut().enumerate() {
            if !voucher.balances() {
                return Err(LedgerError::Unbalanced {
                    debtor: voucher.debtor.clone(),
                    activity_period: voucher.activity_period.clone(),
                    posting_month: voucher.posting_month.clone(),
                    off: voucher.lines.iter().map(|line| line.amount).sum(),
                });
            }
            voucher.number = read.vouchers + 1 + place as i64;
            voucher.step = step.number;
            voucher.hash = voucher.chained(&hash);
            hash.clone_from(&voucher.hash);
        }
        let archives: Vec<(String, &[u8])> =
            posting.archives.iter().map(|bytes| (digest(bytes), &bytes[..])).collect();
        match &mut self.store {
            Store::Sqlite(store) => store.append(read, &step, &posting.vouchers, &archives)?,
            Store::Postgres(store) => store.append(read, &step, &posting.vouchers, &archives)?,
        }
        let head = Head {
            steps: step.number,
            vouchers: read.vouchers + step.vouchers,
            hash,
            recorded_at: Some(step.recorded_at),
        };
        Ok(Posted { step, head })
    }
}

/// Migrations of a store, in order: name and text of each. Migrations only go forward.
type Migrations = &'static [(&'static str, &'static str)];

/// Migrations that a store lacks. Fails if the store has a migration that this program does not know.
fn pending(place: &str, done: &[(String, String)], all: Migrations) -> Result<Migrations, LedgerError> {
    let not = |fault: Message| LedgerError::NotALedger { place: place.to_owned(), fault };
    if done.len() > all.len() {
        let fault = message!("record.newer_program", found = done.len(), known = all.len());
        return Err(not(fault));
    }
    for ((name, hash), (known, text)) in done.iter().zip(all) {
        if name != known || *hash != digest(text.as_bytes()) {
            return Err(not(message!("record.other_migration", name, known)));
        }
    }
    Ok(&all[done.len()..])
}

/// The value of a stored word, or an error that names the damaged record.
fn word_of<T>(place: &str, what: impl Fn() -> Message, read: Result<T, impl Said>) -> Result<T, LedgerError> {
    read.map_err(|fault| LedgerError::Damaged { place: place.to_owned(), what: what(), fault: fault.said() })
}

/// The instrument that a word stands for; `None` for an empty word.
fn instrument_of(word: &str) -> Result<Option<domain::Instrument>, domain::UnknownCode> {
    if word.is_empty() { Ok(None) } else { domain::Instrument::from_word(word).map(Some) }
}
