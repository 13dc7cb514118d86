//! The ledger in one SQLite file.

use domain::{AccountKind, Amount, Cause, Minute, StepKind};
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use words::{Message, message};

use super::{Head, LedgerError, Migrations, PART, Wanted, instrument_of, pending, word_of};
use crate::voucher::{Account, Line, Step, Voucher, digest, word};

const MIGRATIONS: Migrations = &[
    ("0001-ledger", include_str!("../../migrations/sqlite/0001-ledger.sql")),
    ("0002-no-replace", include_str!("../../migrations/sqlite/0002-no-replace.sql")),
];

/// Longest time to wait for another writer.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

pub(super) struct Sqlite {
    pub(super) place: String,
    connection: Connection,
}

impl Sqlite {
    pub(super) fn open(place: &str, make: bool) -> Result<Sqlite, LedgerError> {
        let path = std::path::Path::new(place);
        if !make && !path.exists() {
            return Err(LedgerError::Missing { place: place.to_owned() });
        }
        let fault = |error| LedgerError::Sqlite { place: place.to_owned(), error };
        let writable = !path.exists() || is_writable(path);
        let access =
            if writable { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
        let create = if make { OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::empty() };
        let connection = Connection::open_with_flags(path, access | create | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(fault)?;
        connection.busy_timeout(PATIENCE).map_err(fault)?;
        let mut store = Sqlite { place: place.to_owned(), connection };
        store.prepare(make)?;
        Ok(store)
    }

    fn fault(&self) -> impl Fn(rusqlite::Error) -> LedgerError + use<> {
        let place = self.place.clone();
        move |error| LedgerError::Sqlite { place: place.clone(), error }
    }

    /// Brings the schema up to date. With `make`, an empty file becomes a ledger.
    fn prepare(&mut self, make: bool) -> Result<(), LedgerError> {
        let fault = self.fault();
        let not = |fault: Message| LedgerError::NotALedger { place: self.place.clone(), fault };
        let tables: Vec<String> = self
            .connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .and_then(|mut query| query.query_map([], |row| row.get(0))?.collect())
            .map_err(|error| match error.sqlite_error_code() {
                Some(rusqlite::ErrorCode::NotADatabase) => not(message!("record.no_sqlite")),
                _ => fault(error),
            })?;
        let known = tables.iter().any(|table| table == "migration");
        if !known && (!make || !tables.is_empty()) {
            return Err(not(message!("record.no_migrations")));
        }
        if known && pending(&self.place, &done(&self.connection).map_err(&fault)?, MIGRATIONS)?.is_empty() {
            return Ok(());
        }
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&fault)?;
        transaction
            .execute_batch(
                "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL) STRICT",
            )
            .map_err(&fault)?;
        for (name, text) in pending(&self.place, &done(&transaction).map_err(&fault)?, MIGRATIONS)? {
            transaction.execute_batch(text).map_err(&fault)?;
            transaction
                .execute(
                    "INSERT INTO migration (name, digest) VALUES (?1, ?2)",
                    params![name, digest(text.as_bytes())],
                )
                .map_err(&fault)?;
        }
        transaction.commit().map_err(&fault)
    }

    pub(super) fn head(&mut self) -> Result<Head, LedgerError> {
        head(&self.connection).map_err(self.fault())?.read(&self.place)
    }

    pub(super) fn steps(&mut self) -> Result<Vec<Step>, LedgerError> {
        let fault = self.fault();
        let mut query = self
            .connection
            .prepare(
                "SELECT number, kind, period, recorded_at, content, vouchers, hash FROM step ORDER BY number",
            )
            .map_err(&fault)?;
        let rows = query
            .query_map([], |row| {
                let kind: String = row.get(1)?;
                let at: String = row.get(3)?;
                let step = Step {
                    number: row.get(0)?,
                    kind: StepKind::Open,
                    period: row.get(2)?,
                    recorded_at: Minute::from_number(0),
                    content: row.get(4)?,
                    vouchers: row.get(5)?,
                    hash: row.get(6)?,
                };
                Ok((step, kind, at))
            })
            .map_err(&fault)?;
        rows.map(|row| {
            let (step, kind, at) = row.map_err(&fault)?;
            let what = || message!("record.step", number = step.number);
            let kind = word_of(&self.place, what, StepKind::from_word(&kind))?;
            let recorded_at = word_of(&self.place, what, Minute::parse(&at))?;
            Ok(Step { kind, recorded_at, ..step })
        })
        .collect()
    }

    pub(super) fn vouchers(&mut self, wanted: &Wanted) -> Result<Vec<Voucher>, LedgerError> {
        let fault = self.fault();
        let (from, to) = wanted.months.clone().unwrap_or_else(|| (String::new(), "9999".to_owned()));
        let bounds = params![from, to, wanted.after_step, wanted.to_step.unwrap_or(i64::MAX)];
        let mut query = self
            .connection
            .prepare(
                "SELECT number, step, posting_month, activity_period, instrument, cause, debtor, creditor, unit, \
                 rule_version, contacts, drg_points_milli, days, amount_ore, note, hash FROM voucher \
                 WHERE posting_month BETWEEN ?1 AND ?2 AND step > ?3 AND step <= ?4 ORDER BY number",
            )
            .map_err(&fault)?;
        let mut rows = query.query(bounds).map_err(&fault)?;
        let mut out: Vec<Voucher> = Vec::new();
        while let Some(row) = rows.next().map_err(&fault)? {
            out.push(voucher(row, &self.place)?);
        }
        let mut query = self
            .connection
            .prepare(
                "SELECT line.voucher, line.account, line.party, line.instrument, line.amount_ore FROM line \
                 JOIN voucher ON voucher.number = line.voucher \
                 WHERE posting_month BETWEEN ?1 AND ?2 AND step > ?3 AND step <= ?4 ORDER BY line.voucher, line.number",
            )
            .map_err(&fault)?;
        let mut rows = query.query(bounds).map_err(&fault)?;
        let mut place = 0;
        while let Some(row) = rows.next().map_err(&fault)? {
            let number: i64 = row.get(0).map_err(&fault)?;
            while out.get(place).is_some_and(|voucher| voucher.number < number) {
                place += 1;
            }
            let text = |at| row.get_ref(at).and_then(|text| Ok(text.as_str()?)).map_err(&fault);
            let what = || message!("record.line", number);
            let line = Line {
                account: Account {
                    kind: word_of(&self.place, what, AccountKind::from_word(text(1)?))?,
                    party: text(2)?.to_owned(),
                    instrument: word_of(&self.place, what, instrument_of(text(3)?))?,
                },
                amount: Amount::from_ore(row.get(4).map_err(&fault)?),
            };
            if let Some(voucher) = out.get_mut(place) {
                voucher.lines.push(line);
            }
        }
        Ok(out)
    }

    pub(super) fn archive(&mut self, digest: &str) -> Result<Vec<u8>, LedgerError> {
        let fault = self.fault();
        let mut query = self
            .connection
            .prepare("SELECT bytes FROM archive_part WHERE digest = ?1 ORDER BY part")
            .map_err(&fault)?;
        let parts = query.query_map([digest], |row| row.get::<_, Vec<u8>>(0)).map_err(&fault)?;
        let mut out = Vec::new();
        for part in parts {
            out.extend(part.map_err(&fault)?);
        }
        Ok(out)
    }

    pub(super) fn archives(&mut self) -> Result<Vec<String>, LedgerError> {
        self.connection
            .prepare("SELECT DISTINCT digest FROM archive_part ORDER BY digest")
            .and_then(|mut query| query.query_map([], |row| row.get(0))?.collect())
            .map_err(self.fault())
    }

    /// Names and texts of the triggers.
    pub(super) fn guards(&mut self) -> Result<Vec<(String, String)>, LedgerError> {
        self.connection
            .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            .and_then(|mut query| query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .map_err(self.fault())
    }

    pub(super) fn lines(&mut self) -> Result<i64, LedgerError> {
        let fault = self.fault();
        self.connection.query_row("SELECT count(*) FROM line", [], |row| row.get(0)).map_err(fault)
    }

    pub(super) fn append(
        &mut self,
        read: &Head,
        step: &Step,
        vouchers: &[Voucher],
        archives: &[(String, &[u8])],
    ) -> Result<(), LedgerError> {
        let fault = self.fault();
        let place = self.place.clone();
        // The write lock is taken first: from here on nobody else can post.
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&fault)?;
        let now = head(&transaction).map_err(&fault)?.read(&place)?;
        if now != *read {
            return Err(LedgerError::Changed { place, read: read.steps, now: now.steps });
        }
        insert(&transaction, step, vouchers, archives).map_err(&fault)?;
        transaction.commit().map_err(&fault)
    }
}

fn is_writable(path: &std::path::Path) -> bool {
    std::fs::OpenOptions::new().append(true).open(path).is_ok()
}

fn done(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let mut query = connection.prepare("SELECT name, digest FROM migration ORDER BY number")?;
    query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// A head with its time still as text.
struct RawHead(Head, Option<String>);

impl RawHead {
    fn read(self, place: &str) -> Result<Head, LedgerError> {
        let at = self.1.map(|at| word_of(place, || message!("record.last_step"), Minute::parse(&at)));
        Ok(Head { recorded_at: at.transpose()?, ..self.0 })
    }
}

fn head(connection: &Connection) -> rusqlite::Result<RawHead> {
    let (steps, vouchers): (i64, i64) = connection.query_row(
        "SELECT (SELECT coalesce(max(number), 0) FROM step), (SELECT coalesce(max(number), 0) FROM voucher)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if steps == 0 {
        return Ok(RawHead(Head::default(), None));
    }
    let (at, of_step): (String, String) =
        connection.query_row("SELECT recorded_at, hash FROM step WHERE number = ?1", [steps], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let mut last = connection.prepare("SELECT hash FROM voucher WHERE number = ?1 AND step = ?2")?;
    let hash = match last.query_row([vouchers, steps], |row| row.get(0)) {
        Ok(hash) => hash,
        Err(rusqlite::Error::QueryReturnedNoRows) => of_step,
        Err(error) => return Err(error),
    };
    Ok(RawHead(Head { steps, vouchers, hash, recorded_at: None }, Some(at)))
}

fn insert(
    connection: &Connection,
    step: &Step,
    vouchers: &[Voucher],
    archives: &[(String, &[u8])],
) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO step (number, kind, period, recorded_at, content, vouchers, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            step.number,
            step.kind.word(),
            step.period,
            step.recorded_at.to_string(),
            step.content,
            step.vouchers,
            step.hash
        ],
    )?;
    let mut voucher = connection.prepare(
        "INSERT INTO voucher VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?;
    let mut line = connection.prepare("INSERT INTO line VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for row in vouchers {
        voucher.execute(params![
            row.number,
            row.step,
            row.posting_month,
            row.activity_period,
            word(row.instrument),
            row.cause.word(),
            row.debtor,
            row.creditor,
            row.unit,
            row.rule_version,
            row.contacts,
            row.points,
            row.days,
            row.amount.ore(),
            row.note,
            row.hash
        ])?;
        for (place, side) in row.lines.iter().enumerate() {
            let account = &side.account;
            let number = place as i64 + 1;
            line.execute(params![
                row.number,
                number,
                account.kind.word(),
                account.party,
                word(account.instrument),
                side.amount.ore()
            ])?;
        }
    }
    let mut known = connection.prepare("SELECT count(*) FROM archive_part WHERE digest = ?1")?;
    let mut part = connection.prepare("INSERT INTO archive_part VALUES (?1, ?2, ?3)")?;
    for (digest, bytes) in archives {
        if known.query_row([digest], |row| row.get::<_, i64>(0))? > 0 {
            continue;
        }
        for (place, chunk) in bytes.chunks(PART).enumerate() {
            part.execute(params![digest, place as i64, chunk])?;
        }
    }
    Ok(())
}

fn voucher(row: &rusqlite::Row, place: &str) -> Result<Voucher, LedgerError> {
    let fault = |error| LedgerError::Sqlite { place: place.to_owned(), error };
    let number: i64 = row.get(0).map_err(fault)?;
    let what = || message!("record.voucher", number);
    let text = |at| row.get_ref(at).and_then(|text| Ok(text.as_str()?)).map_err(fault);
    let owned = |at| text(at).map(str::to_owned);
    let int = |at| row.get::<_, i64>(at).map_err(fault);
    Ok(Voucher {
        number,
        step: int(1)?,
        posting_month: owned(2)?,
        activity_period: owned(3)?,
        instrument: word_of(place, what, instrument_of(text(4)?))?,
        cause: word_of(place, what, Cause::from_word(text(5)?))?,
        debtor: owned(6)?,
        creditor: owned(7)?,
        unit: owned(8)?,
        rule_version: owned(9)?,
        contacts: int(10)?,
        points: int(11)?,
        days: int(12)?,
        amount: Amount::from_ore(int(13)?),
        note: owned(14)?,
        lines: Vec::new(),
        hash: owned(15)?,
    })
}
