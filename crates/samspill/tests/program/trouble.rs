//! A full disk, a read-only file, a lost connection, two operators at once, a restored copy: each gives a
//! clear error, and nothing is half posted.

use std::process::{Command, Output, Stdio};

use super::settlement::{csv, done, places, tried, world};
use super::{EXTRACT, folder, path, samspill, text};

/// A ledger in each store with one settled month, and the delivery for the next month.
fn begun(name: &str) -> (Vec<String>, String) {
    let work = folder(&format!("trouble-{name}"));
    let file = work.join("contacts.csv");
    std::fs::write(&file, csv(&world(21, 300))).unwrap();
    let ledgers = places(name);
    for ledger in &ledgers {
        done(ledger, "2012-01-01", &["settlement", "open", "2012"]);
        done(ledger, "2012-02-10", &["settlement", "run", "2012-01", "--draft", "--contacts", path(&file)]);
    }
    (ledgers, path(&file).to_owned())
}

fn run_february(ledger: &str, contacts: &str) -> Command {
    let mut command = crate::program();
    command.args(["settlement", "run", "2012-02", "--draft", "--now", "2012-03-10"]);
    command.args(["--contacts", contacts, "--ledger", ledger]);
    command
}

/// Checks that the error says what and where, that the month is not settled, that the ledger holds, and that
/// the same command succeeds once the trouble is over.
fn nothing_half_posted(ledger: &str, contacts: &str, output: &Output) {
    let printed = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    let place = ledger.rsplit(['/', '@']).next().unwrap();
    assert!(
        printed.contains("feil: hovedbok")
            && printed.contains(place)
            && printed.contains("råd: ingenting er bokført"),
        "{printed}"
    );
    let status = done(ledger, "2012-03-10", &["settlement", "status", "2012-02", "--as", "csv"]);
    assert!(status.contains("2012-02,open,0,0"), "{status}");
    done(ledger, "2012-03-10", &["ledger", "verify"]);
    assert!(run_february(ledger, contacts).output().unwrap().status.success());
    done(ledger, "2012-03-10", &["ledger", "verify"]);
}

#[test]
fn a_full_disk_posts_nothing() {
    let (ledgers, contacts) = begun("full");
    let blocks = std::fs::metadata(&ledgers[0]).unwrap().len() / 512 + 8;
    // A limit on the size of files, with its signal ignored, looks like a full disk.
    let shell = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let february = run_february(&ledgers[0], &contacts);
    let output = Command::new("sh")
        .args(["-c", &shell])
        .arg(february.get_program())
        .args(february.get_args())
        .output();
    nothing_half_posted(&ledgers[0], &contacts, &output.unwrap());
}

#[test]
fn a_file_that_may_not_be_written_is_read_only() {
    let (ledgers, contacts) = begun("readonly");
    let file = std::path::Path::new(&ledgers[0]);
    let mut permissions = std::fs::metadata(file).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(file, permissions.clone()).unwrap();
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0";
    let february = run_february(&ledgers[0], &contacts);
    let output = if is_root {
        // Root may write anything, so another user runs a copy of the program that everybody can reach.
        let program = folder("trouble-program").join("samspill");
        std::fs::copy(february.get_program(), &program).unwrap();
        Command::new("runuser")
            .args(["-u", "nobody", "--"])
            .arg(program)
            .args(february.get_args())
            .output()
            .unwrap()
    } else {
        run_february(&ledgers[0], &contacts).output().unwrap()
    };
    // A read-only file can still be read.
    done(&ledgers[0], "2012-03-10", &["ledger", "verify"]);
    #[expect(clippy::permissions_set_readonly_false, reason = "a file of the test's own, in its own folder")]
    permissions.set_readonly(false);
    std::fs::set_permissions(file, permissions).unwrap();
    nothing_half_posted(&ledgers[0], &contacts, &output);
}

#[test]
fn a_lost_connection_posts_nothing_or_all() {
    let (ledgers, contacts) = begun("lost");
    let (server, database) = ledgers[1].rsplit_once('/').unwrap();
    let mut other = postgres::Client::connect(&format!("{server}/postgres"), postgres::NoTls).unwrap();
    let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
    let mut cuts = 0;
    for _ in 0..200 {
        let mut command = run_february(&ledgers[1], &contacts);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        while child.try_wait().unwrap().is_none() {
            other.query(&cut, &[]).unwrap();
        }
        let output = child.wait_with_output().unwrap();
        if !output.status.success() {
            nothing_half_posted(&ledgers[1], &contacts, &output);
            cuts += 1;
            break;
        }
    }
    assert_eq!(cuts, 1, "the connection was never cut in time");
}

#[test]
fn two_operators_at_once_do_not_both_post() {
    for ledger in begun("two").0 {
        let contacts = folder("trouble-two-contacts").join("contacts.csv");
        std::fs::write(&contacts, csv(&world(21, 300))).unwrap();
        let children: Vec<_> = (0..4)
            .map(|_| {
                run_february(&ledger, path(&contacts))
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        let outputs: Vec<Output> =
            children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        for output in &outputs {
            let printed = text(&output.stderr);
            assert!(
                output.status.success() || printed.contains("noen andre har bokført etter at den ble lest"),
                "{printed}"
            );
        }
        assert!(outputs.iter().any(|output| text(&output.stderr).contains("2012-02: steg 3")));
        let printed = done(&ledger, "2012-03-11", &["ledger", "verify"]);
        assert!(printed.starts_with("3 steg"), "{printed}");
    }
}

/// A copy that was taken while the ledger was in use can be restored, and holds.
#[test]
fn a_copy_that_is_put_back_holds() {
    let (ledgers, contacts) = begun("backup");
    let head = |ledger: &str| {
        let printed = done(ledger, "2012-04-01", &["ledger", "verify"]);
        printed.split("ender i ").nth(1).unwrap().trim().to_owned()
    };
    let before = head(&ledgers[0]);
    let copy = folder("trouble-copy").join("copy.sqlite");
    let backup = format!(".backup '{}'", path(&copy));
    assert!(Command::new("sqlite3").args([&ledgers[0], &backup]).status().unwrap().success());
    let dump = Command::new("pg_dump").args(["--schema=samspill", "--dbname", &ledgers[1]]).output().unwrap();
    assert!(dump.status.success(), "{}", text(&dump.stderr));
    for ledger in &ledgers {
        assert!(run_february(ledger, &contacts).output().unwrap().status.success());
        assert_ne!(head(ledger), before);
        let printed = done(ledger, "2012-04-01", &["ledger", "verify", "--expect", &before]);
        assert!(printed.contains("var slutten av kjeden ved steg 2"), "{printed}");
    }
    done(path(&copy), "2012-04-01", &["ledger", "verify", "--expect", &before]);
    // An older copy that is put back does not know what came after it.
    let after = head(&ledgers[0]);
    let (code, printed) = tried(path(&copy), "2012-04-01", &["ledger", "verify", "--expect", &after]);
    assert!(code == Some(1) && printed.contains("kjeden ender i"), "{printed}");
    let restored = &places("backup_restored")[1];
    let mut psql = Command::new("psql")
        .args(["-q", restored])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::io::Write::write_all(psql.stdin.as_mut().unwrap(), &dump.stdout).unwrap();
    drop(psql.stdin.take());
    assert!(psql.wait().unwrap().success());
    done(restored, "2012-04-01", &["ledger", "verify", "--expect", &before]);
    // The restored ledger goes on where it was, and comes to the same end.
    assert!(run_february(restored, &contacts).output().unwrap().status.success());
    assert_eq!(head(restored), head(&ledgers[0]));
    assert!(samspill(&["ledger", "verify", "--ledger", restored]).status.success());
}

/// A hash that is empty or too short proves nothing, and a month keeps the terms that it was opened on.
#[test]
fn what_proves_nothing_and_other_terms_are_refused() {
    let (ledgers, _) = begun("terms");
    for ledger in &ledgers {
        for expected in ["", "2"] {
            let (code, printed) = tried(ledger, "2012-03-10", &["ledger", "verify", "--expect", expected]);
            assert!(code != Some(0) && printed.contains("beviser ingenting"), "{printed}");
        }
        let again = ["settlement", "open", "2012"];
        assert!(tried(ledger, "2012-03-10", &again).0 == Some(0));
        let other = ["settlement", "open", "2012", "--mode", "decentral"];
        let (code, printed) = tried(ledger, "2012-03-10", &other);
        assert!(code != Some(0) && printed.contains("på andre vilkår"), "{printed}");
        // Only January of the year is settled, so the amount owed at the end of March is unknown.
        let table = text(&samspill(&["accrual", "2012-03", "--as", "csv", "--ledger", ledger]).stdout);
        let row: Vec<&str> = table.lines().nth(1).unwrap().split(',').collect();
        assert_eq!([row[5], row[7]], ["..", ".."], "{table}");
    }
}

/// A settlement removes the rule files that the manifest of an earlier result lists. A listed file outside
/// the result folder stays.
#[test]
fn a_manifest_cannot_name_a_file_outside_its_folder() {
    let work = folder("manifest-outside");
    let (file, out, victim) = (work.join("contacts.csv"), work.join("result"), work.join("victim.txt"));
    std::fs::write(&file, EXTRACT).unwrap();
    std::fs::write(&victim, "mine").unwrap();
    let settle = || {
        let output = samspill(&["settle", "2012", "--contacts", path(&file), "--draft", "--out", path(&out)]);
        assert!(out.join("manifest.toml").exists(), "{}", text(&output.stderr));
    };
    settle();
    let manifest = std::fs::read_to_string(out.join("manifest.toml")).unwrap();
    let outside = format!("[rule_files]\n\"../../victim.txt\" = \"x\"\n\"{}\" = \"x\"\n", path(&victim));
    let named = manifest.replace("[rule_files]\n", &outside);
    assert_ne!(named, manifest);
    std::fs::write(out.join("manifest.toml"), named).unwrap();
    settle();
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine");
}
