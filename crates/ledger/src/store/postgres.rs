//! The ledger in a PostgreSQL database, in a schema of its own (`samspill`).

use std::io::Write;
use words::message;

use domain::{AccountKind, Amount, Cause, Minute, StepKind};
use postgres::{Client, GenericClient, NoTls, Row};

use super::{Head, LedgerError, Migrations, PART, Wanted, instrument_of, pending, word_of};
use crate::voucher::{Account, Line, Step, Voucher, digest, word};

const MIGRATIONS: Migrations = &[("0001-ledger", include_str!("../../migrations/postgres/0001-ledger.sql"))];

/// Key of the advisory lock that is held while posting or migrating: `SAMSPILL` in ASCII. Nothing else in the
/// database uses the key.
const LOCK: i64 = 0x5341_4d53_5049_4c4c;

type Fault = Box<dyn std::error::Error + Send + Sync>;

pub(super) struct Postgres {
    pub(super) place: String,
    client: Client,
}

/// Names of the options of an address whose values may hold `@`.
const OPTIONS: [&str; 4] = ["application_name", "options", "password", "user"];

/// The address without its password and without its options, since the options may hold a password.
pub(super) fn shown(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
    let is_option = |text: &str| text.split_once('=').is_some_and(|(key, _)| OPTIONS.contains(&key));
    match rest.split_once('@') {
        None => format!("{scheme}://{}", rest.split('?').next().unwrap_or_default()),
        Some((user, host)) => {
            let user = user.split([':', '/', '?']).next().unwrap_or_default();
            // A password may hold `@` and `?`. The options begin at the first question mark after which a
            // part between `&` has the form `key=value`, with a key of `OPTIONS`.
            let options =
                host.match_indices('?').find(|(place, _)| host[place + 1..].split('&').any(is_option));
            let host = options.map_or(host, |(place, _)| &host[..place]);
            let host = host.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{user}@{}", host.split('?').next().unwrap_or_default())
        }
    }
}

/// The message of the server; if the server gave no message, the error with its cause.
fn fault_of(error: postgres::Error) -> Fault {
    match error.as_db_error() {
        Some(said) => said.message().to_owned().into(),
        None => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default()).into()
        }
    }
}

impl Postgres {
    pub(super) fn open(address: &str, make: bool) -> Result<Postgres, LedgerError> {
        let place = shown(address);
        let fault = |error| LedgerError::Postgres { place: place.clone(), error: fault_of(error) };
        let mut client = Client::connect(address, NoTls).map_err(fault)?;
        let known: bool = client
            .query_one("SELECT to_regclass('samspill.migration') IS NOT NULL", &[])
            .and_then(|row| row.try_get(0))
            .map_err(fault)?;
        if !known && !make {
            return Err(LedgerError::Missing { place });
        }
        if !known {
            client
                .batch_execute(
                    "CREATE SCHEMA IF NOT EXISTS samspill; CREATE TABLE IF NOT EXISTS samspill.migration \
                     (number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL)",
                )
                .map_err(fault)?;
        }
        client.batch_execute("SET search_path = samspill").map_err(fault)?;
        let mut store = Postgres { place, client };
        store.migrate()?;
        Ok(store)
    }

    fn fault(&self) -> impl Fn(postgres::Error) -> LedgerError + use<> {
        let place = self.place.clone();
        move |error| LedgerError::Postgres { place: place.clone(), error: fault_of(error) }
    }

    fn migrate(&mut self) -> Result<(), LedgerError> {
        let fault = self.fault();
        if pending(&self.place, &done(&mut self.client).map_err(&fault)?, MIGRATIONS)?.is_empty() {
            return Ok(());
        }
        let mut transaction = self.client.transaction().map_err(&fault)?;
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).map_err(&fault)?;
        let done = done(&mut transaction).map_err(&fault)?;
        for (name, text) in pending(&self.place, &done, MIGRATIONS)? {
            transaction.batch_execute(text).map_err(&fault)?;
            let insert = "INSERT INTO migration (name, digest) VALUES ($1, $2)";
            transaction.execute(insert, &[name, &digest(text.as_bytes())]).map_err(&fault)?;
        }
        transaction.commit().map_err(&fault)
    }

    pub(super) fn head(&mut self) -> Result<Head, LedgerError> {
        let found = head(&mut self.client).map_err(self.fault())?;
        read_head(found, &self.place)
    }

    pub(super) fn steps(&mut self) -> Result<Vec<Step>, LedgerError> {
        let fault = self.fault();
        let rows = self
            .client
            .query(
                "SELECT number, kind, period, recorded_at, content, vouchers, hash FROM step ORDER BY number",
                &[],
            )
            .map_err(&fault)?;
        rows.iter()
            .map(|row| {
                let number: i64 = row.get(0);
                let what = || message!("record.step", number);
                Ok(Step {
                    number,
                    kind: word_of(&self.place, what, StepKind::from_word(row.get(1)))?,
                    period: row.get(2),
                    recorded_at: word_of(&self.place, what, Minute::parse(row.get(3)))?,
                    content: row.get(4),
                    vouchers: row.get(5),
                    hash: row.get(6),
                })
            })
            .collect()
    }

    pub(super) fn vouchers(&mut self, wanted: &Wanted) -> Result<Vec<Voucher>, LedgerError> {
        let fault = self.fault();
        let (from, to) = wanted.months.clone().unwrap_or_else(|| (String::new(), "9999".to_owned()));
        let to_step = wanted.to_step.unwrap_or(i64::MAX);
        let bounds: [&(dyn postgres::types::ToSql + Sync); 4] = [&from, &to, &wanted.after_step, &to_step];
        let within = "posting_month COLLATE \"C\" BETWEEN $1 AND $2 AND step > $3 AND step <= $4";
        let query = format!(
            "SELECT number, step, posting_month, activity_period, instrument, cause, debtor, creditor, unit, \
             rule_version, contacts, drg_points_milli, days, amount_ore, note, hash FROM voucher \
             WHERE {within} ORDER BY number"
        );
        let rows = self.client.query(&query, &bounds).map_err(&fault)?;
        let mut out: Vec<Voucher> =
            rows.iter().map(|row| voucher(row, &self.place)).collect::<Result<_, _>>()?;
        let query = format!(
            "SELECT line.voucher, line.account, line.party, line.instrument, line.amount_ore FROM line \
             JOIN voucher ON voucher.number = line.voucher WHERE {within} ORDER BY line.voucher, line.number"
        );
        let mut place = 0;
        for row in self.client.query(&query, &bounds).map_err(&fault)? {
            let number: i64 = row.get(0);
            while out.get(place).is_some_and(|voucher| voucher.number < number) {
                place += 1;
            }
            let what = || message!("record.line", number);
            let line = Line {
                account: Account {
                    kind: word_of(&self.place, what, AccountKind::from_word(row.get(1)))?,
                    party: row.get(2),
                    instrument: word_of(&self.place, what, instrument_of(row.get(3)))?,
                },
                amount: Amount::from_ore(row.get(4)),
            };
            if let Some(voucher) = out.get_mut(place) {
                voucher.lines.push(line);
            }
        }
        Ok(out)
    }

    pub(super) fn archive(&mut self, digest: &str) -> Result<Vec<u8>, LedgerError> {
        let rows = self
            .client
            .query("SELECT bytes FROM archive_part WHERE digest = $1 ORDER BY part", &[&digest])
            .map_err(self.fault())?;
        Ok(rows.iter().flat_map(|row| row.get::<_, Vec<u8>>(0)).collect())
    }

    pub(super) fn archives(&mut self) -> Result<Vec<String>, LedgerError> {
        let rows = self
            .client
            .query("SELECT DISTINCT digest COLLATE \"C\" FROM archive_part ORDER BY 1", &[])
            .map_err(self.fault())?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Enabled triggers that call the function that refuses changes, before every change, deletion and truncation: name,
    /// and text as in the migrations.
    pub(super) fn guards(&mut self) -> Result<Vec<(String, String)>, LedgerError> {
        // 58: before (2), delete (8), update (16) and truncate (32), once for a statement.
        let text = "SELECT t.tgname::text, t.tgname || ' BEFORE UPDATE OR DELETE OR TRUNCATE ON ' || c.relname \
                    || ' FOR EACH STATEMENT EXECUTE FUNCTION ' || p.proname || '()' \
                    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid \
                    JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
                    WHERE n.nspname = 'samspill' AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') \
                    AND t.tgtype = 58 AND t.tgqual IS NULL AND t.tgattr::text = '' \
                    AND btrim(p.prosrc, E' \\n\\t') = 'BEGIN RAISE EXCEPTION ''the ledger is only added to''; END'";
        let rows = self.client.query(text, &[]).map_err(self.fault())?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    pub(super) fn lines(&mut self) -> Result<i64, LedgerError> {
        let row = self.client.query_one("SELECT count(*) FROM line", &[]).map_err(self.fault())?;
        Ok(row.get(0))
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
        let mut transaction = self.client.transaction().map_err(&fault)?;
        // The lock is taken first: from here on nobody else can post.
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).map_err(&fault)?;
        let now = read_head(head(&mut transaction).map_err(&fault)?, &place)?;
        if now != *read {
            return Err(LedgerError::Changed { place, read: read.steps, now: now.steps });
        }
        insert(&mut transaction, step, vouchers, archives)
            .map_err(|error| LedgerError::Postgres { place, error })?;
        transaction.commit().map_err(&fault)
    }
}

fn done(client: &mut impl GenericClient) -> Result<Vec<(String, String)>, postgres::Error> {
    let rows = client.query("SELECT name, digest FROM samspill.migration ORDER BY number", &[])?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

fn read_head((head, at): (Head, Option<String>), place: &str) -> Result<Head, LedgerError> {
    let at = at.map(|at| word_of(place, || message!("record.last_step"), Minute::parse(&at)));
    Ok(Head { recorded_at: at.transpose()?, ..head })
}

fn head(client: &mut impl GenericClient) -> Result<(Head, Option<String>), postgres::Error> {
    let row = client.query_one(
        "SELECT (SELECT coalesce(max(number), 0) FROM step), (SELECT coalesce(max(number), 0) FROM voucher)",
        &[],
    )?;
    let (steps, vouchers): (i64, i64) = (row.get(0), row.get(1));
    let Some(last) = client.query_opt("SELECT recorded_at, hash FROM step WHERE number = $1", &[&steps])?
    else {
        return Ok((Head::default(), None));
    };
    let of_voucher =
        client.query_opt("SELECT hash FROM voucher WHERE number = $1 AND step = $2", &[&vouchers, &steps])?;
    let hash = of_voucher.map_or_else(|| last.get(1), |row| row.get(0));
    Ok((Head { steps, vouchers, hash, recorded_at: None }, Some(last.get(0))))
}

fn insert(
    client: &mut postgres::Transaction,
    step: &Step,
    vouchers: &[Voucher],
    archives: &[(String, &[u8])],
) -> Result<(), Fault> {
    client
        .execute(
            "INSERT INTO step (number, kind, period, recorded_at, content, vouchers, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                &step.number,
                &step.kind.word(),
                &step.period,
                &step.recorded_at.to_string(),
                &step.content,
                &step.vouchers,
                &step.hash,
            ],
        )
        .map_err(fault_of)?;
    copy(client, vouchers)?;
    for (digest, bytes) in archives {
        let known = client
            .query_one("SELECT count(*) FROM archive_part WHERE digest = $1", &[digest])
            .map_err(fault_of)?;
        if known.get::<_, i64>(0) > 0 {
            continue;
        }
        for (place, chunk) in bytes.chunks(PART).enumerate() {
            let insert = "INSERT INTO archive_part VALUES ($1, $2, $3)";
            client.execute(insert, &[digest, &(place as i64), &chunk]).map_err(fault_of)?;
        }
    }
    Ok(())
}

/// Copies the vouchers and their lines in two streams. Copying row by row would take ten times as long.
fn copy(client: &mut postgres::Transaction, vouchers: &[Voucher]) -> Result<(), Fault> {
    let mut writer = client.copy_in("COPY voucher FROM STDIN (FORMAT csv)").map_err(fault_of)?;
    let mut record = String::new();
    for row in vouchers {
        record.clear();
        for number in [row.number, row.step] {
            cell(&mut record, &number.to_string());
        }
        for text in [
            &row.posting_month,
            &row.activity_period,
            word(row.instrument),
            row.cause.word(),
            &row.debtor,
            &row.creditor,
            &row.unit,
            &row.rule_version,
        ] {
            cell(&mut record, text);
        }
        for number in [row.contacts, row.points, row.days, row.amount.ore()] {
            cell(&mut record, &number.to_string());
        }
        cell(&mut record, &row.note);
        cell(&mut record, &row.hash);
        end(&mut record);
        writer.write_all(record.as_bytes())?;
    }
    writer.finish().map_err(fault_of)?;
    let mut writer = client.copy_in("COPY line FROM STDIN (FORMAT csv)").map_err(fault_of)?;
    for row in vouchers {
        for (place, side) in row.lines.iter().enumerate() {
            record.clear();
            let account = &side.account;
            let number = (place + 1).to_string();
            for text in [
                &row.number.to_string(),
                &number,
                account.kind.word(),
                &account.party,
                word(account.instrument),
                &side.amount.ore().to_string(),
            ] {
                cell(&mut record, text);
            }
            end(&mut record);
            writer.write_all(record.as_bytes())?;
        }
    }
    writer.finish().map_err(fault_of)?;
    Ok(())
}

/// Adds a quoted cell and a comma to a record. Without quotes, an empty text would be read as a missing value.
fn cell(record: &mut String, text: &str) {
    record.push('"');
    record.push_str(&text.replace('"', "\"\""));
    record.push_str("\",");
}

fn end(record: &mut String) {
    record.pop();
    record.push('\n');
}

fn voucher(row: &Row, place: &str) -> Result<Voucher, LedgerError> {
    let number: i64 = row.get(0);
    let what = || message!("record.voucher", number);
    Ok(Voucher {
        number,
        step: row.get(1),
        posting_month: row.get(2),
        activity_period: row.get(3),
        instrument: word_of(place, what, instrument_of(row.get(4)))?,
        cause: word_of(place, what, Cause::from_word(row.get(5)))?,
        debtor: row.get(6),
        creditor: row.get(7),
        unit: row.get(8),
        rule_version: row.get(9),
        contacts: row.get(10),
        points: row.get(11),
        days: row.get(12),
        amount: Amount::from_ore(row.get(13)),
        note: row.get(14),
        lines: Vec::new(),
        hash: row.get(15),
    })
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn no_message_shows_a_password() {
        for address in [
            "postgres://kari:hemmelig@db/oppgjor",
            "postgres://kari:hem@melig@db/oppgjor",
            "postgres://kari:hem?melig@db/oppgjor",
            "postgres://kari:hem@me?lig@db/oppgjor",
            "postgres://kari:hem@me?lig=ord@db/oppgjor",
            "postgres://kari:hem/melig@db/oppgjor?sslmode=disable",
            "postgres://kari@db/oppgjor?ukjent=1&password=hem@melig",
            "postgres://kari@db/oppgjor?password=hemmelig",
            "postgres://kari@db/oppgjor?password=hem@melig",
            "postgres://kari@db/oppgjor?sslmode=disable&password=hemmelig",
        ] {
            assert_eq!(shown(address), "postgres://kari@db/oppgjor");
        }
        assert_eq!(shown("postgresql://db/oppgjor"), "postgresql://db/oppgjor");
        // Nor does one on an address of another form.
        for address in [
            "Postgres://kari:hemmelig@db/x",
            "host=db user=kari password=hemmelig",
            "password=hemmelig host=db",
            "mysql://k:hemmelig@db/x",
            "postgres:/kari:hemmelig@db/x",
            "postgresql:kari:hemmelig@db/x",
            "kari:hemmelig@db/x",
            "password=a:/hemmelig",
        ] {
            assert!(!super::super::shown(address).contains("hemmelig"), "{address}");
        }
        // A file is no address.
        for file in ["regnskap.db", "C:\\o@b\\regnskap.db", "/data/12:30@b/regnskap.db"] {
            assert_eq!(super::super::shown(file), file);
        }
    }
}
