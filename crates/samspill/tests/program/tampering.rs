//! Tampering that `ledger verify` finds, alone or with a noted code or a checkpoint. Each test belongs to a row of the
//! table in `docs/settlement.md`.

use ledger::Ledger;
use ledger::checkpoint::{Checkpoint, PrivateKey};
use ledger::store::Wanted;

use super::settlement::{csv, done, places, tried, world};
use super::{folder, path, samspill, text};

/// A ledger with amounts on account, two settled months, one of them closed, and a decided objection. Returns the place of
/// the ledger, and the hash at the end of its chain.
pub fn book(name: &str) -> (String, String) {
    let work = folder(&format!("tampering-{name}"));
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let (file, budget) = (work.join("contacts.csv"), work.join("budget.csv"));
    let contacts = world(61, 120);
    std::fs::write(&file, csv(&contacts)).unwrap();
    std::fs::write(&budget, "instrument;debtor;creditor;kroner\nKMF;1201;983658725;120000\n").unwrap();
    let january = contacts.iter().find(|contact| contact.month == 1 && contact.waits()).unwrap();
    let id = january.key();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012-T1"]);
    done(&ledger, "2012-01-01", &["settlement", "on-account", "2012-T1", "--budget", path(&budget)]);
    for (month, at) in [("2012-01", "2012-02-10"), ("2012-02", "2012-03-10")] {
        done(&ledger, at, &["settlement", "run", month, "--draft", "--contacts", path(&file)]);
    }
    let filing = ["objection", "file", "--party", january.home(), "--instrument", "usk", "--contact", &id];
    let ground = ["--month", "2012-01", "--ground", "discharge-papers", "--text", "Epikrisen manglet"];
    let printed = done(&ledger, "2012-03-11", &[&filing[..], &ground].concat());
    let key = printed.split(':').next().unwrap();
    let decision =
        ["objection", "decide", key, "--outcome", "upheld", "--reference", "TLN 1", "--into", "2012-02"];
    done(&ledger, "2012-03-12", &decision);
    done(&ledger, "2012-03-13", &["settlement", "close", "2012-01"]);
    let proof = done(&ledger, "2012-03-14", &["ledger", "verify"]);
    let code = proof.trim().rsplit(' ').next().unwrap().to_owned();
    (ledger, code)
}

/// Changes rows as the owner of the file can: takes the triggers off, runs the SQL in `text`, computes every hash
/// again, and puts the triggers back.
fn rechained(place: &str, text: &str) {
    let connection = rusqlite::Connection::open(place).unwrap();
    let guards: Vec<(String, String)> = connection
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (name, _) in &guards {
        connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    connection.execute_batch(text).unwrap();
    let mut ledger = Ledger::open(place).unwrap();
    let mut hash = String::new();
    for mut step in ledger.steps().unwrap() {
        let only = Wanted::of_step(step.number);
        let vouchers = ledger.vouchers(&only).unwrap();
        step.vouchers = vouchers.len() as i64;
        hash = step.chained(&hash);
        connection
            .execute(
                "UPDATE step SET hash = ?1, vouchers = ?2 WHERE number = ?3",
                (&hash, step.vouchers, step.number),
            )
            .unwrap();
        for voucher in vouchers {
            hash = voucher.chained(&hash);
            connection
                .execute("UPDATE voucher SET hash = ?1 WHERE number = ?2", (&hash, voucher.number))
                .unwrap();
        }
    }
    for (_, text) in &guards {
        connection.execute_batch(text).unwrap();
    }
}

/// Changes of rows, each with words from the fault that reports it. `STEP` puts a step at the end, of a kind, for a period
/// and with content as SQL. `FIRST`, `ACCOUNT`, `NETTING` and `OBJECTION` are
/// the first voucher of a settlement, of amounts on account, of a closing and of an objection; `RUN` is the first
/// settlement.
const CHANGES: &[(&str, &str)] = &[
    ("UPDATE voucher SET creditor = '983658725' WHERE number = FIRST", "creditor er «983658725»"),
    ("UPDATE voucher SET debtor = '9' WHERE number = FIRST", "debtor er «9»"),
    ("UPDATE voucher SET unit = 'x' WHERE number = FIRST", "unit er «x»"),
    ("UPDATE voucher SET cause = 'changed-rule' WHERE number = FIRST", "cause er «changed-rule»"),
    ("UPDATE voucher SET days = days + 1 WHERE number = FIRST", "days er"),
    ("UPDATE voucher SET contacts = contacts + 1 WHERE number = FIRST", "contacts er"),
    ("UPDATE voucher SET drg_points_milli = 7 WHERE number = FIRST", "points er «7»"),
    ("UPDATE voucher SET activity_period = '2011-01' WHERE number = FIRST", "activity_period er «2011-01»"),
    ("UPDATE voucher SET posting_month = '2012-03' WHERE number = FIRST", "posting_month er «2012-03»"),
    ("UPDATE voucher SET rule_version = 'x' WHERE number = FIRST", "rule_version er «x»"),
    ("UPDATE voucher SET note = 'x' WHERE number = FIRST", "note er «x»"),
    ("MORE(FIRST)", "amount er"),
    ("UPDATE line SET account = 'on-account' WHERE voucher = FIRST", "lines er"),
    ("UPDATE line SET account = 'payable' WHERE voucher = ACCOUNT", "lines er"),
    (
        "UPDATE voucher SET posting_month = '2013-01' WHERE number = ACCOUNT",
        "ført i 2013-01, som ikke var åpen da",
    ),
    ("UPDATE voucher SET amount_ore = amount_ore + 100 WHERE number = NETTING", "amount er"),
    ("UPDATE line SET party = 'x' WHERE voucher = NETTING", "lines er"),
    ("MORE(OBJECTION)", "amount er"),
    (
        "UPDATE step SET content = json_set(content, '$.reduction_ore', 100) WHERE kind = 'objection-decided'",
        "amount er",
    ),
    (
        "UPDATE step SET content = json_set(content, '$.balancing', 'year') WHERE kind = 'open'",
        "2012-01 ble lukket på en annen måte",
    ),
    (
        "UPDATE step SET content = json_set(content, '$.rounding', 'kroner') WHERE kind = 'open'",
        "men det som står bak bilaget, gir",
    ),
    (
        "UPDATE step SET content = json_set(content, '$.rounding', 'penny') WHERE kind = 'open'",
        "steg 1: unknown rounding 'penny'",
    ),
    (
        "UPDATE step SET content = json_set(content, '$.months[0].unsigned', json('[]')) WHERE number = RUN",
        "andre utgaver eller underskrifter for 2012-01",
    ),
    (
        "UPDATE step SET content = json_set(content, '$.months[0].rules', json('[\"x\"]')) WHERE number = RUN",
        "andre utgaver eller underskrifter for 2012-01",
    ),
    (
        "UPDATE step SET content = json_set(content, '$.rules_archive', json_extract(content, \
         '$.months[0].movements_archive')) WHERE number = RUN",
        "kan ikke leses",
    ),
    (
        "UPDATE step SET content = json_set(content, '$.months[0].causes.activity', 1) WHERE number = RUN",
        "andre summer per årsak",
    ),
    (
        "UPDATE step SET content = json_set(content, '$.outcome', 'rejected') WHERE kind = 'objection-decided'",
        "tar av et annet beløp enn utfallet sier",
    ),
    (
        // A month that is a draft is made final.
        "STEP|finalise|2012-01|'{}'",
        "2012-01 ble gjort endelig uten å være lukket under signerte regler",
    ),
    (
        "UPDATE step SET content = json_set(content, '$.amount_ore', 100) WHERE kind = 'objection-filed'",
        "gjelder ikke linjen slik den sto da",
    ),
    (
        "UPDATE step SET content = json_set(content, '$.creditor', '983658725') WHERE kind = 'objection-filed'",
        "gjelder ikke linjen slik den sto da",
    ),
    ("STEP|open|2011-12|(SELECT content FROM step WHERE kind = 'open')", "etter at en senere måned"),
    ("STEP|open|2012-02|(SELECT content FROM step WHERE kind = 'open')", "2012-02 ble åpnet en gang til"),
    ("STEP|objection-answered|2012-01|'{\"key\":\"x\",\"text\":\"nei\"}'", "innsigelsen x"),
    (
        "STEP|inheritance|2012-02|'{\"party\":\"1201\",\"heir\":\"0301\",\"from\":\"2012-02-01\",\
         \"reference\":\"x\"}'",
        "kunne ikke tas da",
    ),
    (
        "STEP|rules|2012|json_object('rules_archive', (SELECT json_extract(content, '$.rules_archive') FROM \
         step WHERE kind = 'run'), 'changed', json('[\"kmf.toml\"]'), 'reference', 'x')",
        "andre regelfiler som er endret",
    ),
    (
        // One more voucher of the closing, like its first.
        "INSERT INTO voucher SELECT (SELECT max(number) + 1 FROM voucher), step, posting_month, activity_period, \
         instrument, cause, debtor, creditor, unit, rule_version, contacts, drg_points_milli, days, amount_ore, note, \
         'x' FROM voucher WHERE number = NETTING; INSERT INTO line SELECT (SELECT max(number) FROM voucher), number, \
         account, party, instrument, amount_ore FROM line WHERE voucher = NETTING",
        "men det som står bak steget, gir",
    ),
];

/// Each change is made on a copy, with every hash computed again after it.
#[test]
fn a_rechained_ledger_is_found_by_what_its_steps_give() {
    let (ledger, code) = book("changes");
    for (text, fault) in CHANGES {
        let more = |number: &str| {
            format!(
                "UPDATE voucher SET amount_ore = amount_ore + 100 WHERE number = {number}; \
                 UPDATE line SET amount_ore = amount_ore + sign(amount_ore) * 100 WHERE voucher = {number}"
            )
        };
        let step = text.strip_prefix("STEP|").map(|row| row.splitn(3, '|').collect::<Vec<_>>());
        let step = step.map(|row| {
            format!(
                "INSERT INTO step SELECT number + 1, '{}', '{}', recorded_at, {}, 0, 'x' FROM step \
                 ORDER BY number DESC LIMIT 1",
                row[0], row[1], row[2]
            )
        });
        let first = |cause: &str| format!("(SELECT min(number) FROM voucher WHERE cause = '{cause}')");
        let text = step
            .unwrap_or_else(|| (*text).to_owned())
            .replace("MORE(FIRST)", &more("FIRST"))
            .replace("MORE(OBJECTION)", &more("OBJECTION"))
            .replace("FIRST", &first("activity"))
            .replace("ACCOUNT", &first("on-account"))
            .replace("NETTING", &first("netting"))
            .replace("OBJECTION", &first("objection"))
            .replace("RUN", "(SELECT min(number) FROM step WHERE kind = 'run')");
        let copy = format!("{ledger}.copy");
        std::fs::copy(&ledger, &copy).unwrap();
        rechained(&copy, &text);
        let (result, printed) = tried(&copy, "2012-04-01", &["ledger", "verify"]);
        assert!(result == Some(1) && printed.contains(fault), "{text}: {printed}");
    }
    // If the triggers are taken off and put back and nothing is changed, the ledger is the same.
    rechained(&ledger, "SELECT 1");
    assert!(done(&ledger, "2012-04-01", &["ledger", "verify", "--expect", &code]).contains(&code));
}

/// What was decided outside the ledger, such as an amount on account or the time of a step, cannot be computed again.
/// If it is changed, only a code that was noted before shows that the chain is another. The test changes a time.
#[test]
fn what_was_decided_elsewhere_is_found_by_a_noted_code_alone() {
    let (ledger, code) = book("code");
    rechained(&ledger, "UPDATE step SET recorded_at = '2012-03-13T01:00' WHERE kind = 'close'");
    let (result, printed) = tried(&ledger, "2012-04-01", &["ledger", "verify"]);
    assert_eq!(result, Some(0), "{printed}");
    let (result, printed) = tried(&ledger, "2012-04-01", &["ledger", "verify", "--expect", &code]);
    assert!(result == Some(1) && printed.contains("kjeden ender i"), "{printed}");
}

/// An earlier checkpoint and the public key are enough to find out that a ledger was cut, or was rewritten in such a
/// way that everything in it holds. A checkpoint proves nothing with another key, or if its text was changed.
#[test]
fn a_signed_checkpoint_finds_a_ledger_that_was_rewritten() {
    let (ledger, _) = book("checkpoint");
    let beside = |name: &str| format!("{ledger}.{name}");
    let key = |name: &str| samspill(&["ledger", "key", "oppgjor.example", "--out", &beside(name)]);
    let made = key("key");
    assert!(made.status.success() && text(&made.stdout).starts_with("oppgjor.example+"), "{made:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| std::fs::metadata(beside(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("key"), 0o600);
    }
    // A key is never overwritten.
    assert!(text(&key("key").stderr).contains("finnes fra før"));
    assert!(key("other").status.success());
    let (point, public) = (beside("point"), beside("key.pub"));
    done(&ledger, "2012-04-01", &["ledger", "checkpoint", "--key", &beside("key"), "--out", &point]);
    let verify = |ledger: &str, point: &str, public: &str| {
        tried(ledger, "2012-05-01", &["ledger", "verify", "--checkpoint", point, "--public-key", public])
    };
    // The checkpoint holds, and still holds when the ledger has grown.
    let (result, printed) = verify(&ledger, &point, &public);
    assert!(result == Some(0) && printed.contains("Sjekkpunktet fra oppgjor.example holder"), "{printed}");
    let copy = beside("copy");
    std::fs::copy(&ledger, &copy).unwrap();
    done(&ledger, "2012-05-01", &["settlement", "open", "2013"]);
    let (result, printed) = verify(&ledger, &point, &public);
    assert!(result == Some(0) && printed.contains("Sjekkpunktet fra oppgjor.example holder"), "{printed}");
    // A step before the checkpoint is rewritten, which a replay alone cannot find.
    rechained(&ledger, "UPDATE step SET recorded_at = '2012-03-13T01:00' WHERE kind = 'close'");
    let (result, printed) = tried(&ledger, "2012-05-01", &["ledger", "verify"]);
    assert_eq!(result, Some(0), "{printed}");
    let (result, printed) = verify(&ledger, &point, &public);
    assert!(result == Some(1) && printed.contains("hovedboken er skrevet om siden"), "{printed}");
    // A checkpoint of the grown ledger, and an older copy put back.
    let later = beside("later");
    done(&ledger, "2012-05-01", &["ledger", "checkpoint", "--key", &beside("key"), "--out", &later]);
    let (result, printed) = verify(&copy, &later, &public);
    assert!(result == Some(1) && printed.contains("finnes ikke: hovedboken er kortet ned"), "{printed}");
    // Not proven: another key, a changed text, no checkpoint, a private key in place of the public one, no key.
    let refused = |point: &str, public: &str, fault: &str| {
        let (result, printed) = verify(&copy, point, public);
        assert!(result == Some(1) && printed.contains(fault), "{result:?} {printed}");
    };
    refused(&point, &beside("other.pub"), "ikke signert med denne nøkkelen til oppgjor.example");
    let forged = std::fs::read_to_string(&point).unwrap().replace("step ", "step 1");
    std::fs::write(beside("forged"), forged).unwrap();
    refused(&beside("forged"), &public, "teksten er en annen enn den oppgjor.example signerte");
    refused(&public, &public, "ikke et signert sjekkpunkt");
    refused(&point, &beside("key"), "ikke en nøkkel");
    let (result, printed) = tried(&copy, "2012-05-01", &["ledger", "verify", "--checkpoint", &point]);
    assert!(result == Some(1) && printed.contains("--public-key"), "{printed}");
    // A ledger that does not hold is not signed.
    rechained(&copy, "UPDATE voucher SET days = days + 1 WHERE number = 1");
    let (result, printed) = tried(&copy, "2012-05-01", &["ledger", "checkpoint", "--key", &beside("key")]);
    assert!(result == Some(1) && printed.contains("hovedboken holder ikke"), "{result:?} {printed}");
}

/// The holder of the key signs the hash of this ledger together with the tree of another ledger, in order to hand out a
/// bundle from the other ledger.
#[test]
fn a_checkpoint_of_another_tree_is_found() {
    let (ledger, _) = book("tree");
    let beside = |name: &str| format!("{ledger}.{name}");
    assert!(samspill(&["ledger", "key", "oppgjor.example", "--out", &beside("key")]).status.success());
    done(
        &ledger,
        "2012-04-01",
        &["ledger", "checkpoint", "--key", &beside("key"), "--out", &beside("point")],
    );
    let key = PrivateKey::parse(&std::fs::read_to_string(beside("key")).unwrap()).unwrap();
    let signed = Checkpoint::stated(&std::fs::read_to_string(beside("point")).unwrap()).unwrap();
    let (size, root) = signed.tree.clone().unwrap();
    let verified = |tree: Option<(u64, String)>| {
        let other = Checkpoint { tree, ..signed.clone() };
        std::fs::write(beside("other"), other.signed(&key)).unwrap();
        let (point, public) = (beside("other"), beside("key.pub"));
        tried(&ledger, "2012-05-01", &["ledger", "verify", "--checkpoint", &point, "--public-key", &public])
    };
    for tree in [None, Some((size, root.clone()))] {
        assert_eq!(verified(tree).0, Some(0));
    }
    for tree in [(size + 1, root), (size, "0".repeat(64))] {
        let (code, printed) = verified(Some(tree));
        assert!(code == Some(1) && printed.contains("treet over kjeden er et annet"), "{printed}");
    }
}

/// A guard that is taken off, or replaced by one that lets everything through.
#[test]
fn a_lost_guard_is_found() {
    let (ledger, _) = book("guard");
    let connection = rusqlite::Connection::open(&ledger).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER line_is_not_deleted; DROP TRIGGER step_is_not_changed; \
             CREATE TRIGGER step_is_not_changed BEFORE UPDATE ON step BEGIN SELECT 1; END;",
        )
        .unwrap();
    let (result, printed) = tried(&ledger, "2012-04-01", &["ledger", "verify"]);
    for guard in ["line_is_not_deleted", "step_is_not_changed"] {
        assert!(result == Some(1) && printed.contains(&format!("vernet {guard} er borte")), "{printed}");
    }
}

/// In PostgreSQL too: a trigger that is dropped or switched off, and a function that only looks as if it refused.
#[test]
fn a_lost_guard_of_a_database_is_found() {
    for (name, change) in [
        ("dropped", "DROP TRIGGER line_is_not_changed ON line"),
        ("off", "ALTER TABLE line DISABLE TRIGGER line_is_not_changed"),
        (
            "elsewhere",
            "DROP TRIGGER line_is_not_changed ON line; CREATE TRIGGER line_is_not_changed BEFORE UPDATE OR DELETE \
             OR TRUNCATE ON migration FOR EACH STATEMENT EXECUTE FUNCTION only_added_to()",
        ),
        (
            "narrower",
            "DROP TRIGGER line_is_not_changed ON line; CREATE TRIGGER line_is_not_changed BEFORE UPDATE OF number \
             OR DELETE OR TRUNCATE ON line FOR EACH STATEMENT EXECUTE FUNCTION only_added_to()",
        ),
        (
            "replaced",
            "CREATE OR REPLACE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF false THEN \
             BEGIN RAISE EXCEPTION 'the ledger is only added to'; END; END IF; RETURN NULL; END $$",
        ),
    ] {
        let address = places(&format!("guards_{name}")).pop().unwrap();
        done(&address, "2012-01-01", &["settlement", "open", "2012"]);
        done(&address, "2012-01-02", &["ledger", "verify"]);
        let mut owner = postgres::Client::connect(&address, postgres::NoTls).unwrap();
        owner.batch_execute(&format!("SET search_path = samspill; {change}")).unwrap();
        let (code, printed) = tried(&address, "2012-01-03", &["ledger", "verify"]);
        assert!(code == Some(1) && printed.contains("line_is_not_changed"), "{name}: {printed}");
    }
}
