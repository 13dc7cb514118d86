//! A statement in one file, checked on the receiver's machine: what holds, and what each kind of change is caught by.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use serde_json::Value;

use super::settlement::{csv, done, tried, world};
use super::tampering::book;
use super::{folder, path, samspill, text};

/// Files of a bundle by name.
fn unpacked(bundle: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(std::fs::read(bundle).unwrap())).unwrap();
    (0..archive.len())
        .map(|place| {
            let mut entry = archive.by_index(place).unwrap();
            let (name, mut bytes) = (entry.name().unwrap().into_owned(), Vec::new());
            entry.read_to_end(&mut bytes).unwrap();
            (name, bytes)
        })
        .collect()
}

/// Writes files as a bundle, with new digests: whoever forges a file of a bundle forges its digest too.
fn packed(files: &BTreeMap<String, Vec<u8>>, out: &Path) {
    let mut files = files.clone();
    files.remove("SHA256SUMS");
    let sum = |(name, bytes): (&String, &Vec<u8>)| format!("{}  {name}\n", ledger::voucher::digest(bytes));
    let sums: String = files.iter().map(sum).collect();
    files.insert("SHA256SUMS".to_owned(), sums.into_bytes());
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&bytes).unwrap();
    }
    std::fs::write(out, archive.finish().unwrap().into_inner()).unwrap();
}

/// Result of `check-statement`: exit code, verdict of each row by the text in its column `what`, and everything
/// printed.
pub fn checked(bundle: &Path, more: &[&str]) -> (Option<i32>, BTreeMap<String, String>, String) {
    let output = samspill(&[&["check-statement", path(bundle), "--as", "json"], more].concat());
    let printed = text(&output.stdout) + &text(&output.stderr);
    let table: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let rows = table["rows"].as_array().cloned().unwrap_or_default();
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let verdicts = rows.iter().map(|row| (word(row, "what"), word(row, "verdict"))).collect();
    (output.status.code(), verdicts, printed)
}

/// The ledger of [`book`], with a correction of January that is posted in February, and February closed.
fn corrected(name: &str) -> String {
    let (ledger, _) = book(name);
    let work = folder(&format!("bundle-{name}"));
    let file = work.join("contacts.csv");
    // Every fourth contact of the file is gone, if it is of January.
    let contacts: Vec<_> = world(61, 120)
        .into_iter()
        .enumerate()
        .filter(|(place, one)| one.month != 1 || place % 4 != 0)
        .collect();
    let contacts: Vec<_> = contacts.into_iter().map(|(_, contact)| contact).collect();
    std::fs::write(&file, csv(&contacts)).unwrap();
    let correct = [
        "settlement",
        "correct",
        "2012-01",
        "--into",
        "2012-02",
        "--draft",
        "--accept",
        "--contacts",
        path(&file),
    ];
    done(&ledger, "2012-03-20", &correct);
    done(&ledger, "2012-03-21", &["settlement", "close", "2012-02"]);
    ledger
}

/// Makes the bundles of a period, for all parties unless the arguments in `more` name one. Returns their paths.
fn bundles(ledger: &str, period: &str, out: &Path, more: &[&str]) -> Vec<std::path::PathBuf> {
    let order = ["statement", period, "--as", "json", "--bundle", "--out", path(out)];
    done(ledger, "2012-04-01", &[&order, more].concat());
    let entries = std::fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "zip")).collect();
    found.sort();
    found
}

/// Asserts that every voucher that a line names is in the bundle, and that these vouchers add up to the line.
fn lines_name_their_vouchers(bundle: &Path) {
    let basis: Value = serde_json::from_slice(&unpacked(bundle)["grunnlag.json"]).unwrap();
    let amounts: BTreeMap<i64, i64> = basis["vouchers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let record = &one["record"];
            (record["number"].as_i64().unwrap(), record["amount"].as_i64().unwrap())
        })
        .collect();
    for post in basis["statement"]["posts"].as_array().unwrap() {
        let spans: Vec<(i64, i64)> = serde_json::from_value(post["vouchers"].clone()).unwrap();
        let numbers = spans.into_iter().flat_map(|(first, last)| first..=last);
        let sum: i64 = numbers.map(|number| amounts[&number]).sum();
        assert_eq!(sum, post["amount"].as_i64().unwrap(), "{post}");
    }
}

#[test]
fn every_statement_is_computed_again_from_its_bundle() {
    let ledger = corrected("whole");
    let out = folder("bundle-whole-out");
    let mut parties = Vec::new();
    for period in ["2012-01", "2012-02", "2012-T1"] {
        let out = out.join(period);
        for bundle in bundles(&ledger, period, &out, &[]) {
            let (code, verdicts, printed) = checked(&bundle, &[]);
            assert_eq!(code, Some(0), "{}: {printed}", bundle.display());
            assert!(verdicts.values().all(|verdict| verdict != "fails"), "{printed}");
            lines_name_their_vouchers(&bundle);
            let name = bundle.file_stem().unwrap().to_str().unwrap().to_owned();
            let party = name.trim_start_matches(&format!("oppgjor-{period}-")).trim_end_matches("-kladd");
            parties.push((period, party.to_owned()));
        }
    }
    assert!(parties.len() > 15, "{parties:?}");
    // With the claims, every charge is priced again.
    for (period, party) in parties {
        let out = out.join(format!("{period}-{party}"));
        let found = bundles(&ledger, period, &out, &["--party", &party, "--with-claims"]);
        let (code, verdicts, printed) = checked(&found[0], &[]);
        assert_eq!(code, Some(0), "{party}: {printed}");
        let claims = printed.matches("claims computed again by").count();
        let decided = printed.matches("\"because\": \"decided\"").count();
        let lines = verdicts.keys().filter(|what| what.starts_with("Line")).count();
        assert!(lines > 0 && claims + decided == lines, "{party}: {printed}");
    }
}

#[test]
fn a_bundle_is_the_same_bytes_and_says_nothing_of_others() {
    let ledger = corrected("same");
    let out = folder("bundle-same-out");
    let one = bundles(&ledger, "2012-02", &out.join("one"), &["--party", "1201", "--with-claims"]);
    let two = bundles(&ledger, "2012-02", &out.join("two"), &["--party", "1201", "--with-claims"]);
    assert_eq!(std::fs::read(&one[0]).unwrap(), std::fs::read(&two[0]).unwrap());
    let others = bundles(&ledger, "2012-02", &out.join("others"), &[]);
    for bundle in others {
        let basis = unpacked(&bundle)["grunnlag.json"].clone();
        let basis = text(&basis);
        let read: Value = serde_json::from_str(&basis).unwrap();
        let party = read["statement"]["recipient"]["party"].as_str().unwrap();
        for voucher in read["vouchers"].as_array().unwrap() {
            let record = &voucher["record"];
            assert!(record["debtor"] == party || record["creditor"] == party, "{record}");
        }
        let filed = read["steps"].as_array().unwrap().iter();
        let mut filed = filed.filter(|step| step["record"]["kind"] == "objection-filed");
        let content = filed.next().unwrap()["record"]["content"].as_str().unwrap().to_owned();
        let concerned =
            read["vouchers"].as_array().unwrap().iter().any(|one| one["record"]["cause"] == "objection");
        assert_eq!(content.contains("Epikrisen manglet"), concerned, "{party}: {content}");
    }
}

/// Bundle, with claims, of a municipality whose statement has a line for withdrawn contacts.
fn corrected_statement(out: &Path) -> std::path::PathBuf {
    let ledger = corrected("forged");
    let is_corrected = |bundle: &std::path::PathBuf| {
        let basis: Value = serde_json::from_slice(&unpacked(bundle)["grunnlag.json"]).unwrap();
        let posts = basis["statement"]["posts"].as_array().unwrap();
        basis["statement"]["owes"] == true && posts.iter().any(|post| post["cause"] == "withdrawn")
    };
    let found = bundles(&ledger, "2012-02", out, &[]).into_iter().find(is_corrected).unwrap();
    let party =
        path(&found).trim_end_matches("-kladd.zip").trim_end_matches(".zip").rsplit('-').next().unwrap();
    bundles(&ledger, "2012-02", &out.join("made"), &["--party", party, "--with-claims"]).remove(0)
}

/// Adds 100 to a number: one krone to an amount in øre, or a tenth of a point to points in thousandths.
fn more(value: &mut Value) {
    *value = Value::from(value.as_i64().unwrap() + 100);
}

/// Changes of a bundle, each with the row that catches it.
#[test]
fn each_change_of_a_bundle_is_caught() {
    let out = folder("bundle-forged-out");
    let made = corrected_statement(&out);
    let files = unpacked(&made);
    let basis: Value = serde_json::from_slice(&files["grunnlag.json"]).unwrap();
    let forged = out.join("forged.zip");
    let caught = |files: &BTreeMap<String, Vec<u8>>, row: &str| {
        packed(files, &forged);
        let (code, verdicts, printed) = checked(&forged, &[]);
        assert_eq!(code, Some(1), "{row}: {printed}");
        let fails = |(what, verdict): (&String, &String)| what.starts_with(row) && verdict == "fails";
        assert!(verdicts.iter().any(fails), "{row}: {printed}");
    };
    let with = |change: &dyn Fn(&mut Value)| {
        let (mut basis, mut files) = (basis.clone(), files.clone());
        change(&mut basis);
        files.insert("grunnlag.json".to_owned(), serde_json::to_vec(&basis).unwrap());
        files
    };
    // The statement alone.
    caught(&with(&|basis| more(&mut basis["statement"]["posts"][0]["amount"])), "Line");
    caught(&with(&|basis| more(&mut basis["statement"]["settled"])), "settled");
    caught(&with(&|basis| more(&mut basis["statement"]["to_pay"])), "to-pay");
    caught(&with(&|basis| basis["statement"]["due"] = Value::from("2030-01-01")), "rest");
    caught(&with(&|basis| basis["statement"]["control_code"] = Value::from("0".repeat(64))), "chain");
    // A voucher, alone and with its lines.
    caught(&with(&|basis| more(&mut basis["vouchers"][0]["record"]["amount"])), "vouchers");
    let whole = |basis: &mut Value| {
        let record = &mut basis["vouchers"][0]["record"];
        more(&mut record["amount"]);
        more(&mut record["lines"][0]["amount"]);
        record["lines"][1]["amount"] = Value::from(-record["lines"][0]["amount"].as_i64().unwrap());
    };
    caught(&with(&whole), "chain");
    // A voucher that is left out.
    let last = basis["vouchers"].as_array().unwrap().len() - 1;
    caught(&with(&|basis| drop(basis["vouchers"].as_array_mut().unwrap().remove(0))), "vouchers");
    caught(&with(&|basis| drop(basis["vouchers"].as_array_mut().unwrap().remove(last))), "to-pay");
    // Every voucher of a step, so that only the claims of the step are left.
    let of_step = |one: &Value| one["record"]["step"] == basis["vouchers"][0]["record"]["step"];
    let without = |basis: &mut Value| basis["vouchers"].as_array_mut().unwrap().retain(|one| !of_step(one));
    caught(&with(&without), "vouchers");
    // A claim.
    caught(&with(&|basis| more(&mut basis["claims"][0]["amount_ore"])), "vouchers");
    caught(&with(&|basis| more(&mut basis["claims"][0]["points_milli"])), "vouchers");
    caught(&with(&|basis| drop(basis["claims"].as_array_mut().unwrap().remove(0))), "vouchers");
    // A step.
    let closing = basis["steps"]
        .as_array()
        .unwrap()
        .iter()
        .rposition(|step| step["record"]["kind"] == "close")
        .unwrap();
    caught(
        &with(&|basis| basis["steps"][closing]["record"]["recorded_at"] = Value::from("2012-03-01T00:00")),
        "chain",
    );
    // A hash that is computed again leads to another root.
    let rehashed = |basis: &mut Value| {
        whole(basis);
        let mut voucher: ledger::Voucher =
            serde_json::from_value(basis["vouchers"][0]["record"].clone()).unwrap();
        voucher.hash = voucher.chained(basis["vouchers"][0]["before"].as_str().unwrap());
        basis["vouchers"][0]["record"] = serde_json::to_value(voucher).unwrap();
    };
    caught(&with(&rehashed), "chain");
    // The rules and the paper.
    let rule = files.keys().find(|name| name.ends_with("/co-financing.toml")).unwrap().clone();
    let mut other = files.clone();
    let law = text(&other[&rule]).replace("20.00", "19.00").replace("\"20 %\"", "\"19 %\"") + "\n# endret\n";
    other.insert(rule, law.into_bytes());
    caught(&other, "rules");
    let mut other = files.clone();
    other.get_mut("oppgjor.pdf").unwrap().push(b' ');
    caught(&other, "paper");
    let mut other = files.clone();
    other.remove("oppgjor.pdf");
    caught(&other, "paper");
}

/// Damage, and numbers that no ledger has, are refused before anything is added up.
#[test]
fn a_bundle_that_cannot_be_one_is_refused() {
    let ledger = corrected("damaged");
    let out = folder("bundle-damaged-out");
    let made = bundles(&ledger, "2012-02", &out, &["--party", "1201"]);
    let forged = out.join("forged.zip");
    let mut bytes = std::fs::read(&made[0]).unwrap();
    let half = bytes.len() / 2;
    bytes.truncate(half);
    std::fs::write(&forged, &bytes).unwrap();
    let (code, _, printed) = checked(&forged, &[]);
    assert!(code == Some(1) && printed.contains("er ikke en pakke"), "{printed}");
    let files = unpacked(&made[0]);
    let refused = |pointer: &str, value: Value, fault: &str| {
        let mut basis: Value = serde_json::from_slice(&files["grunnlag.json"]).unwrap();
        *basis.pointer_mut(pointer).unwrap() = value;
        let mut files = files.clone();
        files.insert("grunnlag.json".to_owned(), serde_json::to_vec(&basis).unwrap());
        packed(&files, &forged);
        let (code, _, printed) = checked(&forged, &[]);
        assert!(code == Some(1) && printed.contains(fault), "{printed}");
    };
    for value in [i64::MAX, i64::MIN, i64::MAX / 2] {
        for pointer in ["/vouchers/0/record/amount", "/vouchers/0/record/days", "/steps/0/record/vouchers"] {
            refused(pointer, Value::from(value), "ingen hovedbok kan ha");
        }
    }
    refused("/form", Value::from(2), "har form 2, og dette programmet leser form 1");
    refused("/steps/0/record/kind", Value::from("x"), "grunnlag.json");
}

#[test]
fn a_checkpoint_in_a_bundle_is_proven_by_the_senders_key_alone() {
    let ledger = corrected("signed");
    let out = folder("bundle-signed-out");
    let beside = |name: &str| path(&out.join(name)).to_owned();
    for name in ["key", "other"] {
        let made = samspill(&["ledger", "key", "oppgjor.example", "--out", &beside(name)]);
        assert!(made.status.success(), "{made:?}");
    }
    let sign = |at: &str, point: &str| {
        done(&ledger, at, &["ledger", "checkpoint", "--key", &beside("key"), "--out", &beside(point)]);
    };
    sign("2012-04-01", "point");
    let signed = ["--party", "1201", "--checkpoint", &beside("point")];
    let made = bundles(&ledger, "2012-02", &out.join("made"), &signed);
    let (code, verdicts, printed) = checked(&made[0], &[]);
    assert!(code == Some(0) && verdicts["checkpoint"] == "unchecked", "{printed}");
    let (code, verdicts, printed) = checked(&made[0], &["--public-key", &beside("key.pub")]);
    assert!(code == Some(0) && verdicts["checkpoint"] == "holds", "{printed}");
    let (code, verdicts, printed) = checked(&made[0], &["--public-key", &beside("other.pub")]);
    assert!(code == Some(1) && verdicts["checkpoint"] == "fails", "{printed}");
    // The ledger grows; the bundle under the old checkpoint stays the same, and so does its proof.
    done(&ledger, "2012-05-01", &["settlement", "open", "2013"]);
    let again = bundles(&ledger, "2012-02", &out.join("again"), &signed);
    assert_eq!(std::fs::read(&made[0]).unwrap(), std::fs::read(&again[0]).unwrap());
    let point = ["ledger", "verify", "--checkpoint", &beside("point"), "--public-key", &beside("key.pub")];
    done(&ledger, "2012-05-02", &point);
    // A checkpoint of another ledger, a file that is no checkpoint, a checkpoint without a tree, a checkpoint with
    // another tree, and a file that does not exist.
    let (other, _) = book("signed-other");
    done(
        &other,
        "2012-04-01",
        &["ledger", "checkpoint", "--key", &beside("key"), "--out", &beside("foreign")],
    );
    let refused = |point: &str, fault: &str| {
        let order = ["statement", "2012-02", "--as", "json", "--bundle", "--out", path(&out)];
        let more = ["--party", "1201", "--checkpoint", &beside(point)];
        let (code, printed) = tried(&ledger, "2012-05-02", &[&order[..], &more].concat());
        assert!(code == Some(1) && printed.contains(fault), "{code:?} {printed}");
    };
    refused("foreign", "bygger på senere steg");
    refused("key.pub", "ikke et signert sjekkpunkt");
    let text = std::fs::read_to_string(beside("point")).unwrap();
    let line = text.lines().find(|line| line.starts_with("tree ")).unwrap();
    std::fs::write(beside("treeless"), text.replace(&format!("{line}\n"), "")).unwrap();
    refused("treeless", "ikke et signert sjekkpunkt");
    std::fs::write(beside("altered"), text.replace(line, &format!("tree 9 {}", "0".repeat(64)))).unwrap();
    refused("altered", "signert på en annen hovedbok");
    refused("nothing", "nothing");
    // A bundle of one ledger under the checkpoint of another.
    let mut files = unpacked(&made[0]);
    files.insert("sjekkpunkt.txt".to_owned(), std::fs::read(beside("foreign")).unwrap());
    packed(&files, &out.join("forged.zip"));
    let (code, verdicts, printed) = checked(&out.join("forged.zip"), &["--public-key", &beside("key.pub")]);
    assert!(code == Some(1) && verdicts["checkpoint"] == "fails", "{printed}");
}
