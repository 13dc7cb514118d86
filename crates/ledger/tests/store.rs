//! One suite for both stores: SQLite in a file of its own, PostgreSQL in a database of its own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]
#![expect(clippy::disallowed_methods, reason = "the address of the server comes from the environment")]

use domain::{Amount, Cause, Instrument, Minute, StepKind};
use ledger::netting::blank;
use ledger::store::Wanted;
use ledger::verify::verify;
use ledger::{Head, Ledger, LedgerError, Posting, Voucher};

/// The ledger of one test, with direct access to its store.
struct Place {
    address: String,
    folder: std::path::PathBuf,
}

impl Place {
    fn sqlite(name: &str) -> Place {
        let folder = std::env::temp_dir().join(format!("samspill-ledger-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Place { address: folder.join("ledger.sqlite").display().to_string(), folder }
    }

    fn postgres(name: &str) -> Place {
        let server = std::env::var("SAMSPILL_TEST_POSTGRES").unwrap_or_else(|_| {
            panic!("SAMSPILL_TEST_POSTGRES is not set: cargo xtask test starts a server")
        });
        let database = format!("ledger_{}_{name}", std::process::id());
        let mut client = postgres::Client::connect(&format!("{server}/postgres"), postgres::NoTls).unwrap();
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {database}")).unwrap();
        client.batch_execute(&format!("CREATE DATABASE {database}")).unwrap();
        Place { address: format!("{server}/{database}"), folder: std::env::temp_dir().join("none") }
    }

    /// Runs SQL on the store directly, without the ledger.
    fn sql(&self, text: &str) -> Result<(), String> {
        if ledger::store::is_postgres(&self.address) {
            let mut client = postgres::Client::connect(&self.address, postgres::NoTls).unwrap();
            client
                .batch_execute(&format!("SET search_path = samspill; {text}"))
                .map_err(|error| error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string))
        } else {
            let connection = rusqlite::Connection::open(&self.address).unwrap();
            connection.execute_batch(text).map_err(|error| error.to_string())
        }
    }

    /// Runs SQL with the triggers disabled, as an intruder with full rights could.
    fn break_in(&self, text: &str) {
        if ledger::store::is_postgres(&self.address) {
            self.sql(&format!("SET session_replication_role = replica; {text}")).unwrap();
        } else {
            let drop = "DROP TRIGGER IF EXISTS voucher_is_not_changed; DROP TRIGGER IF EXISTS voucher_is_not_deleted; \
                        DROP TRIGGER IF EXISTS line_is_not_changed; DROP TRIGGER IF EXISTS step_is_not_changed; \
                        DROP TRIGGER IF EXISTS line_is_not_deleted; DROP TRIGGER IF EXISTS step_is_not_deleted; \
                        DROP TRIGGER IF EXISTS archive_is_not_changed; PRAGMA foreign_keys = OFF;";
            self.sql(&format!("{drop} {text}")).unwrap();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn both(name: &str, check: impl Fn(&Place)) {
    check(&Place::sqlite(name));
    check(&Place::postgres(name));
}

fn claim(debtor: &str, creditor: &str, ore: i64) -> Voucher {
    let mut voucher = blank("2012-03", Cause::Activity);
    voucher.instrument = Some(Instrument::CoFinancing);
    (voucher.debtor, voucher.creditor) = (debtor.to_owned(), creditor.to_owned());
    (voucher.unit, voucher.rule_version) = ("Øst \"1\", avd.\tA".to_owned(), "v1".to_owned());
    (voucher.contacts, voucher.points, voucher.amount) = (2, 1500, Amount::from_ore(ore));
    voucher.lines = voucher.claim_lines();
    voucher
}

fn posting(at: &str, vouchers: Vec<Voucher>) -> Posting {
    Posting {
        kind: StepKind::Run,
        period: "2012-03".to_owned(),
        recorded_at: Minute::parse(at).unwrap(),
        content: "{}".to_owned(),
        vouchers,
        archives: Vec::new(),
    }
}

fn filled(place: &Place) -> Ledger {
    let mut ledger = Ledger::open_or_make(&place.address).unwrap();
    let claims = vec![claim("0301", "983658725", 764_250), claim("area:Bodø", "983658725", -1)];
    ledger.post(posting("2012-04-10T12:00", claims), &Head::default()).unwrap();
    let mut second = posting("2012-05-10T12:00", vec![claim("0219", "983658725", 5)]);
    second.archives = vec![vec![7; 3_000_000], b"rules".to_vec()];
    second.content = format!("{{\"rules_archive\":\"{}\"}}", ledger::voucher::digest(b"rules"));
    let head = ledger.head().unwrap();
    ledger.post(second, &head).unwrap();
    ledger
}

#[test]
fn what_is_posted_reads_back_and_is_proved() {
    both("reads", |place| {
        let mut ledger = filled(place);
        let proof = verify(&mut ledger).unwrap();
        assert!(proof.faults.is_empty(), "{:?}", proof.faults);
        assert_eq!((proof.steps, proof.vouchers, proof.archives), (2, 3, 2));
        let mut again = Ledger::open(&place.address).unwrap();
        let vouchers = again.vouchers(&Wanted::default()).unwrap();
        assert_eq!(vouchers[0].unit, "Øst \"1\", avd.\tA");
        // The export doubles the quotes of every text.
        let export = ledger::export::csv(&vouchers);
        assert!(export.lines().skip(1).all(|line| line.contains("\"Øst \"\"1\"\", avd.\tA\"")), "{export}");
        assert_eq!(vouchers[1].debtor, "area:Bodø");
        assert_eq!(vouchers[1].lines.len(), 2);
        assert_eq!(proof.head, again.head().unwrap().hash);
        assert_eq!(again.archive(&ledger::voucher::digest(b"rules")).unwrap(), b"rules");
        let early = Wanted { to_step: Some(1), ..Wanted::default() };
        assert_eq!(again.vouchers(&early).unwrap().len(), 2);
        let none = Wanted { months: Some(("2012-04".into(), "2012-12".into())), ..Wanted::default() };
        assert_eq!(again.vouchers(&none).unwrap().len(), 0);
    });
}

#[test]
fn both_stores_give_the_same_hashes() {
    let (one, other) = (Place::sqlite("same"), Place::postgres("same"));
    assert_eq!(filled(&one).head().unwrap(), filled(&other).head().unwrap());
}

#[test]
fn nothing_is_updated_or_deleted() {
    both("only_added", |place| {
        let _ledger = filled(place);
        for table in ["step", "voucher", "line", "archive_part"] {
            let column = match table {
                "archive_part" => "digest = 'x'",
                "line" => "party = 'x'",
                _ => "hash = 'x'",
            };
            // SQLite's `REPLACE` evades the triggers on update and delete, so another trigger refuses `REPLACE`.
            let replace = format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}");
            let replace = Some(replace).filter(|_| !place.address.starts_with("postgres"));
            let texts = [format!("UPDATE {table} SET {column}"), format!("DELETE FROM {table}")];
            for text in texts.into_iter().chain(replace) {
                let error = place.sql(&text).unwrap_err();
                assert!(error.contains("the ledger is only added to"), "{text}: {error}");
            }
        }
    });
}

#[test]
fn any_altered_row_is_found() {
    let breaks = [
        ("UPDATE voucher SET amount_ore = amount_ore + 1 WHERE number = 2", "voucher 2: altered"),
        ("UPDATE voucher SET debtor = '0302' WHERE number = 1", "voucher 1: altered"),
        ("UPDATE voucher SET note = 'x' WHERE number = 3", "voucher 3: altered"),
        (
            "UPDATE line SET amount_ore = 1 WHERE voucher = 1 AND number = 1",
            "voucher 1: debit and credit differ",
        ),
        ("UPDATE line SET party = '0302' WHERE voucher = 1 AND number = 1", "voucher 1: altered"),
        ("UPDATE step SET recorded_at = '2012-04-09T12:00' WHERE number = 1", "step 1: altered"),
        ("UPDATE step SET content = '[]' WHERE number = 2", "step 2: altered"),
        ("DELETE FROM line WHERE voucher = 2", "voucher 2: altered"),
        (
            "DELETE FROM line WHERE voucher = 3; DELETE FROM voucher WHERE number = 3",
            "step 2: 0 vouchers, not 1",
        ),
        (
            "DELETE FROM line WHERE voucher = 1; DELETE FROM voucher WHERE number = 1",
            "step 1: 1 vouchers, not 2",
        ),
    ];
    for (place_number, (text, fault)) in breaks.iter().enumerate() {
        both(&format!("altered{place_number}"), |place| {
            let mut ledger = filled(place);
            place.break_in(text);
            let proof = verify(&mut ledger).unwrap();
            assert!(
                proof.faults.iter().any(|found| found.english().contains(fault)),
                "{text}: {:?}",
                proof.faults
            );
        });
    }
    both("altered_archive", |place| {
        let mut ledger = filled(place);
        let digest = ledger::voucher::digest(b"rules");
        let bytes = if ledger::store::is_postgres(&place.address) { "'\\x00'::bytea" } else { "x'00'" };
        place.break_in(&format!("UPDATE archive_part SET bytes = {bytes} WHERE digest = '{digest}'"));
        assert!(
            verify(&mut ledger)
                .unwrap()
                .faults
                .iter()
                .any(|fault| fault.english().contains("its digest is another"))
        );
    });
}

#[test]
fn two_who_post_at_once_do_not_both_come_through() {
    both("two", |place| {
        let mut one = filled(place);
        let mut other = Ledger::open(&place.address).unwrap();
        let (head, same) = (one.head().unwrap(), other.head().unwrap());
        one.post(posting("2012-06-01T08:00", vec![claim("0301", "1", 10)]), &head).unwrap();
        let error = other.post(posting("2012-06-01T08:00", vec![claim("0301", "1", 10)]), &same).unwrap_err();
        assert!(error.is_changed(), "{error}");
        assert_eq!(verify(&mut other).unwrap().vouchers, 4);
    });
}

#[test]
fn what_does_not_balance_or_goes_backwards_is_refused() {
    both("refused", |place| {
        let mut ledger = filled(place);
        let head = ledger.head().unwrap();
        let mut lopsided = claim("0301", "1", 10);
        lopsided.lines[0].amount = Amount::from_ore(11);
        let error = ledger.post(posting("2012-06-01T08:00", vec![lopsided]), &head).unwrap_err();
        assert!(matches!(error, LedgerError::Unbalanced { .. }));
        let error = ledger.post(posting("2012-05-01T08:00", Vec::new()), &head).unwrap_err();
        assert!(matches!(error, LedgerError::Backwards { .. }));
        assert_eq!(ledger.head().unwrap(), head);
    });
}

#[test]
fn what_is_no_ledger_is_not_taken_for_one() {
    let place = Place::sqlite("no_ledger");
    let missing = |address: &str| Ledger::open(address).err().unwrap().to_string();
    assert!(missing(&place.address).contains("there is no ledger at"));
    std::fs::write(&place.address, "code;name\n0301;Oslo\n".repeat(200)).unwrap();
    assert!(missing(&place.address).contains("is not a ledger: it is no SQLite file"));
    std::fs::remove_file(&place.address).unwrap();
    place.sql("CREATE TABLE other (x TEXT)").unwrap();
    assert!(
        Ledger::open_or_make(&place.address).err().unwrap().to_string().contains("no list of migrations")
    );
    let postgres = Place::postgres("no_ledger");
    assert!(missing(&postgres.address).contains("there is no ledger at"));
    let gone = missing("postgres://nobody:secret@127.0.0.1:1/none");
    assert!(gone.contains("refused") && !gone.contains("secret"), "{gone}");
}

/// `schema.sql` is the sum of all migrations.
#[test]
fn the_schema_is_the_sum_of_the_migrations() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    for store in ["sqlite", "postgres"] {
        let mut sum = String::new();
        let mut names: Vec<_> =
            std::fs::read_dir(folder.join(store)).unwrap().map(|e| e.unwrap().path()).collect();
        names.sort();
        for path in names.iter().filter(|path| path.file_name().unwrap() != "schema.sql") {
            sum.push_str(&std::fs::read_to_string(path).unwrap());
        }
        let shape = |place: &Place, text: &str| {
            place.sql(text).unwrap();
            listed(place)
        };
        let make = |name: &str| if store == "sqlite" { Place::sqlite(name) } else { Place::postgres(name) };
        let schema = std::fs::read_to_string(folder.join(store).join("schema.sql")).unwrap();
        let (one, other) = (make("schema_sum"), make("schema_page"));
        for place in [&one, &other] {
            if store == "postgres" {
                place.sql("CREATE SCHEMA samspill").unwrap();
            }
        }
        assert_eq!(shape(&one, &sum), shape(&other, &schema), "{store}");
        // The program makes the schema that the migrations add up to.
        let made = make("schema_made");
        drop(Ledger::open_or_make(&made.address).unwrap());
        let ours: Vec<String> =
            listed(&made).into_iter().filter(|line| !line.contains("migration")).collect();
        assert_eq!(ours, listed(&one), "{store}");
    }
}

/// Every table, column, index and trigger of a store, as text.
fn listed(place: &Place) -> Vec<String> {
    if ledger::store::is_postgres(&place.address) {
        let mut client = postgres::Client::connect(&place.address, postgres::NoTls).unwrap();
        let rows = client
            .query(
                "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable FROM information_schema.columns WHERE table_schema = 'samspill' \
                 UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'samspill' \
                 UNION ALL SELECT event_object_table || ' ' || trigger_name || ' ' || event_manipulation FROM information_schema.triggers WHERE trigger_schema = 'samspill' ORDER BY 1",
                &[],
            )
            .unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    } else {
        let connection = rusqlite::Connection::open(&place.address).unwrap();
        let mut query = connection
            .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name")
            .unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}
