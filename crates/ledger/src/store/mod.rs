//! One ledger, two stores: a SQLite file or a PostgreSQL database. Both do the same five things.

mod postgres;
mod sqlite;

use domain::{Amount, Minute};

use crate::voucher::{Posting, Step, Voucher, digest};

/// Why the ledger says no.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is nothing at the place.
    #[error("there is no ledger at {place}")]
    Missing {
        /// File or address.
        place: String,
    },
    /// The file or database is something else.
    #[error("{place} is not a ledger: {fault}")]
    NotALedger {
        /// File or address.
        place: String,
        /// What was found.
        fault: String,
    },
    /// SQLite says no: disk full, read only, locked.
    #[error("ledger {place}: {error}")]
    Sqlite {
        /// File.
        place: String,
        /// What it says.
        error: rusqlite::Error,
    },
    /// PostgreSQL says no, or is gone.
    #[error("ledger {place}: {error}")]
    Postgres {
        /// Address, without a password.
        place: String,
        /// What it says.
        error: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Somebody else has posted since it was read.
    #[error("ledger {place}: somebody else has posted since it was read (step {read} then, step {now} now)")]
    Changed {
        /// File or address.
        place: String,
        /// Last step when it was read.
        read: i64,
        /// Last step now.
        now: i64,
    },
    /// A step would be recorded before the one that precedes it.
    #[error("{at} is before {last}, when the ledger was last posted to")]
    Backwards {
        /// The time given.
        at: Minute,
        /// Time of the last step.
        last: Minute,
    },
    /// Debit and credit differ.
    #[error(
        "debit and credit differ: voucher to {debtor} for {activity_period}, {posting_month}: off by {off}"
    )]
    Unbalanced {
        /// Debtor.
        debtor: String,
        /// Activity.
        activity_period: String,
        /// Posting.
        posting_month: String,
        /// Difference.
        off: Amount,
    },
    /// What is stored cannot be read back.
    #[error("ledger {place}: {what} cannot be read: {fault}")]
    Damaged {
        /// File or address.
        place: String,
        /// Which record.
        what: String,
        /// What is wrong.
        fault: String,
    },
}

impl LedgerError {
    /// Whether reading again and trying once more may help.
    pub fn is_changed(&self) -> bool {
        matches!(self, LedgerError::Changed { .. })
    }
}

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// Steps.
    pub steps: i64,
    /// Vouchers.
    pub vouchers: i64,
    /// Hash of everything; empty in a new ledger.
    pub hash: String,
    /// When the last step was recorded.
    pub recorded_at: Option<Minute>,
}

/// What was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The step.
    pub step: Step,
    /// The chain's end.
    pub head: Head,
}

/// Which vouchers to read.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// First and last posting month; `None` for all.
    pub months: Option<(String, String)>,
    /// Steps after this one; 0 for all.
    pub after_step: i64,
    /// Steps up to this one; `None` for all.
    pub to_step: Option<i64>,
}

enum Store {
    Sqlite(Box<sqlite::Sqlite>),
    Postgres(Box<postgres::Postgres>),
}

/// An open ledger.
pub struct Ledger {
    store: Store,
}

/// Size of the parts that an archive is cut into.
const PART: usize = 1 << 20;

/// Whether a place is an address of PostgreSQL.
pub fn is_postgres(place: &str) -> bool {
    place.starts_with("postgres://") || place.starts_with("postgresql://")
}

impl Ledger {
    /// Opens the ledger at a place: a file, or `postgres://user@host/database`.
    ///
    /// # Errors
    /// If there is none, or it cannot be opened.
    pub fn open(place: &str) -> Result<Ledger, LedgerError> {
        Self::connect(place, false)
    }

    /// Opens the ledger at a place, and makes one there if there is none.
    ///
    /// # Errors
    /// If it cannot be made or opened.
    pub fn open_or_make(place: &str) -> Result<Ledger, LedgerError> {
        Self::connect(place, true)
    }

    fn connect(place: &str, make: bool) -> Result<Ledger, LedgerError> {
        let store = if is_postgres(place) {
            Store::Postgres(Box::new(postgres::Postgres::open(place, make)?))
        } else {
            Store::Sqlite(Box::new(sqlite::Sqlite::open(place, make)?))
        };
        Ok(Ledger { store })
    }

    /// Where it is, without a password.
    pub fn place(&self) -> &str {
        match &self.store {
            Store::Sqlite(store) => &store.place,
            Store::Postgres(store) => &store.place,
        }
    }

    /// The end of the chain.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn head(&mut self) -> Result<Head, LedgerError> {
        match &mut self.store {
            Store::Sqlite(store) => store.head(),
            Store::Postgres(store) => store.head(),
        }
    }

    /// Every step, in order.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn steps(&mut self) -> Result<Vec<Step>, LedgerError> {
        match &mut self.store {
            Store::Sqlite(store) => store.steps(),
            Store::Postgres(store) => store.steps(),
        }
    }

    /// Vouchers with their lines, in order of number.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn vouchers(&mut self, wanted: &Wanted) -> Result<Vec<Voucher>, LedgerError> {
        match &mut self.store {
            Store::Sqlite(store) => store.vouchers(wanted),
            Store::Postgres(store) => store.vouchers(wanted),
        }
    }

    /// A file that was kept, by its SHA-256.
    ///
    /// # Errors
    /// If it is not there, or is not what it was.
    pub fn archive(&mut self, wanted: &str) -> Result<Vec<u8>, LedgerError> {
        let bytes = match &mut self.store {
            Store::Sqlite(store) => store.archive(wanted)?,
            Store::Postgres(store) => store.archive(wanted)?,
        };
        let damaged = |fault: &str| LedgerError::Damaged {
            place: self.place().to_owned(),
            what: format!("archive {wanted}"),
            fault: fault.to_owned(),
        };
        match digest(&bytes) {
            _ if bytes.is_empty() => Err(damaged("it is not there")),
            found if found == wanted => Ok(bytes),
            _ => Err(damaged("its digest is another")),
        }
    }

    /// Digests of every file that was kept, in order.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn archives(&mut self) -> Result<Vec<String>, LedgerError> {
        match &mut self.store {
            Store::Sqlite(store) => store.archives(),
            Store::Postgres(store) => store.archives(),
        }
    }

    /// How many lines there are, whether a voucher holds them or not.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn lines(&mut self) -> Result<i64, LedgerError> {
        match &mut self.store {
            Store::Sqlite(store) => store.lines(),
            Store::Postgres(store) => store.lines(),
        }
    }

    /// Posts a step: all of it, or nothing. `read` is the head that the step was computed from.
    ///
    /// # Errors
    /// If a voucher does not balance, time goes backwards, somebody else has posted, or the store says no.
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

/// Migrations of a store: name and text, in order. They only go forward.
type Migrations = &'static [(&'static str, &'static str)];

/// What stands in the store's list of migrations, checked against those of the program.
fn pending(place: &str, done: &[(String, String)], all: Migrations) -> Result<Migrations, LedgerError> {
    let not = |fault: String| LedgerError::NotALedger { place: place.to_owned(), fault };
    if done.len() > all.len() {
        let fault = format!("it was made by a newer program ({} migrations, not {})", done.len(), all.len());
        return Err(not(fault));
    }
    for ((name, hash), (known, text)) in done.iter().zip(all) {
        if name != known || *hash != digest(text.as_bytes()) {
            return Err(not(format!("migration {name} is not the one that this program has as {known}")));
        }
    }
    Ok(&all[done.len()..])
}

fn word_of<T>(
    place: &str,
    what: impl Fn() -> String,
    read: Result<T, impl std::fmt::Display>,
) -> Result<T, LedgerError> {
    read.map_err(|fault| LedgerError::Damaged {
        place: place.to_owned(),
        what: what(),
        fault: fault.to_string(),
    })
}

/// An instrument's word, or nothing.
fn instrument_of(word: &str) -> Result<Option<domain::Instrument>, domain::UnknownCode> {
    if word.is_empty() { Ok(None) } else { domain::Instrument::from_word(word).map(Some) }
}
