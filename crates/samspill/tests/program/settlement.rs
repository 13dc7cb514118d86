//! A settlement year as its user meets it, on both stores: a late hospital, recoded stays, patients who
//! moved, and a rate that changed in the middle.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use super::{folder, path, ran, samspill, text};

/// Pseudo-random numbers from a seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

const HEAD: &str = "contact_id,stay_id,person_id,unit,unit_kind,trust,sector,care_level,admitted,discharged,\
municipality_of_registration,age,drg,drg_type,points,events\n";

/// A contact of a small made-up world.
#[derive(Clone)]
pub struct Contact {
    pub id: u64,
    pub unit: u64,
    pub month: u64,
    pub home: &'static str,
    surgical: bool,
    milli: u64,
    ready_days: u64,
}

impl Contact {
    pub fn key(&self) -> String {
        self.id.to_string()
    }

    pub fn home(&self) -> &'static str {
        self.home
    }

    pub fn waits(&self) -> bool {
        self.ready_days > 0
    }

    fn row(&self) -> String {
        let Contact { id, unit, month, home, milli, .. } = self;
        let trust = TRUSTS[*unit as usize - 1];
        let kind = if self.surgical { "surgical" } else { "medical" };
        let day = 1 + id % 20;
        let events = match self.ready_days {
            0 => String::new(),
            days => {
                let at = |kind, day| format!("{kind}@2012-{month:02}-{day:02}T10:00");
                format!(
                    "{} {} {} {}",
                    at(1, day),
                    at(2, day + 7 - days),
                    at(3, day + 7 - days),
                    at(6, day + 7 - days)
                )
            }
        };
        format!(
            "{id},{id},{id},U{unit},public-hospital,{trust},somatic,overnight,2012-{month:02}-{day:02}T08:00,\
             2012-{month:02}-{:02}T12:00,{home},70,127,{kind},{}.{:03},{events}\n",
            day + 7,
            milli / 1000,
            milli % 1000
        )
    }
}

/// Trust of each hospital, by the hospital's number less one.
pub const TRUSTS: [&str; 4] = ["983974724", "983974732", "983974678", "983974694"];
/// The four regional health authorities.
pub const REGIONS: [&str; 4] = ["991324968", "983658725", "983658776", "883658752"];
const HOMES: [&str; 4] = ["1201", "0301", "1901", "1103"];

/// Makes `count` contacts in four months, three hospitals and four municipalities.
pub fn world(seed: u64, count: u64) -> Vec<Contact> {
    let mut dice = Dice::new(seed);
    (1..=count)
        .map(|id| Contact {
            id,
            unit: 1 + dice.roll(3),
            month: 1 + dice.roll(4),
            home: HOMES[dice.roll(4) as usize],
            surgical: dice.roll(4) == 0,
            milli: 50 + dice.roll(3000),
            ready_days: if dice.roll(5) == 0 { 1 + dice.roll(4) } else { 0 },
        })
        .collect()
}

/// The same contacts some weeks later: some are recoded, moved, withdrawn, or have other points.
pub fn later(contacts: &[Contact], seed: u64) -> Vec<Contact> {
    let mut dice = Dice::new(seed ^ 0xabcd);
    let changed = contacts.iter().filter_map(|contact| {
        let mut contact = contact.clone();
        match dice.roll(12) {
            0 => return None,
            1 => contact.surgical = !contact.surgical,
            2 => contact.milli += 100,
            3 => contact.home = HOMES[dice.roll(4) as usize],
            4 => contact.ready_days = 2,
            5 => contact.month = 1 + dice.roll(4),
            _ => {}
        }
        Some(contact)
    });
    changed.collect()
}

/// A file of contacts, as text.
pub fn csv<'c>(contacts: impl IntoIterator<Item = &'c Contact>) -> String {
    contacts.into_iter().fold(HEAD.to_owned(), |text, contact| text + &contact.row())
}

/// A new place for a ledger in each store: a SQLite file and a PostgreSQL database.
pub fn places(name: &str) -> Vec<String> {
    #[expect(clippy::disallowed_methods, reason = "the environment holds the address of the server")]
    let server = std::env::var("SAMSPILL_TEST_POSTGRES");
    let server = server.unwrap_or_else(|_| {
        unreachable!("SAMSPILL_TEST_POSTGRES is not set: cargo xtask test starts a server")
    });
    let database = format!("program_{}_{name}", std::process::id());
    let mut client = postgres::Client::connect(&format!("{server}/postgres"), postgres::NoTls).unwrap();
    client.batch_execute(&format!("DROP DATABASE IF EXISTS {database}")).unwrap();
    client.batch_execute(&format!("CREATE DATABASE {database}")).unwrap();
    let file = folder(&format!("ledger-{name}")).join("ledger.sqlite");
    vec![path(&file).to_owned(), format!("{server}/{database}")]
}

/// Runs a command on a ledger as if the time were `now`, and asserts that the command succeeds. Returns the output.
pub fn done(ledger: &str, now: &str, arguments: &[&str]) -> String {
    let (code, printed) = tried(ledger, now, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {printed}");
    printed
}

/// Runs a command on a ledger as if the time were `now`. Returns the exit code and the output.
pub fn tried(ledger: &str, now: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let mut all: Vec<&str> = arguments.to_vec();
    all.extend(["--ledger", ledger, "--now", now]);
    ran(&all)
}

/// Amounts in øre that were computed from contacts, by debtor and instrument.
pub fn owed(ledger: &str) -> BTreeMap<(String, String), i64> {
    let output = samspill(&["ledger", "export", "--as", "csv", "--ledger", ledger]);
    let mut out = BTreeMap::new();
    for line in text(&output.stdout).lines().skip(1) {
        let cells: Vec<&str> = line.split(',').map(|cell| cell.trim_matches('"')).collect();
        let computed = !["on-account", "netting", "invoice", "objection", "review-board"].contains(&cells[5]);
        if computed && cells[10] == "receivable" {
            *out.entry((cells[6].to_owned(), cells[4].to_owned())).or_default() +=
                cells[13].parse::<i64>().unwrap();
        }
    }
    out.retain(|_, ore| *ore != 0);
    out
}

/// The amounts that [`owed`] gives, but from a single settlement of the whole file.
fn settled(file: &str, law: Option<&str>, name: &str) -> BTreeMap<(String, String), i64> {
    let out = folder(name);
    let mut arguments =
        vec!["settle", "2012", "--contacts", file, "--draft", "--totals-only", "--out", path(&out)];
    arguments.extend(law.into_iter().flat_map(|law| ["--law", law]));
    let output = samspill(&arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    for line in std::fs::read_to_string(out.join("totals.csv")).unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        *sums.entry((cells[0].to_owned(), cells[5].to_owned())).or_default() +=
            cells[8].parse::<i64>().unwrap();
    }
    sums.retain(|_, ore| *ore != 0);
    sums
}

/// A folder of the law's rule files, each changed by `change`, which gets the name and the text of the file.
pub fn law_with(name: &str, change: impl Fn(&str, &str) -> String) -> PathBuf {
    let out = folder(name);
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/law")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|ending| ending == "toml") {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let rule = std::fs::read_to_string(&file).unwrap();
            std::fs::write(out.join(&name), change(&name, &rule)).unwrap();
        }
    }
    out
}

/// A folder of rules with another unit price for 2012.
fn dearer(name: &str) -> PathBuf {
    law_with(name, |file, rule| {
        assert!(file != "activity-based-funding.toml" || rule.contains("38_209"));
        rule.replace("38_209", "38_500")
    })
}

/// Settles and closes two months. Settling again changes nothing, and a closed month never changes.
fn two_closed_months(ledger: &str, contacts: &str) {
    done(ledger, "2012-01-02", &["settlement", "open", "2012"]);
    for (month, at) in [("2012-01", "2012-02-20"), ("2012-02", "2012-03-12")] {
        let run = ["settlement", "run", month, "--contacts", contacts, "--draft"];
        let printed = done(ledger, at, &run);
        assert!(printed.contains("aktivitet") && !printed.contains("ny aktivitet"), "{printed}");
        assert!(done(ledger, at, &run).contains("ingenting endret"));
        assert!(done(ledger, at, &["settlement", "close", month]).contains("lukket"));
        let (code, printed) = tried(ledger, at, &run);
        assert!(code == Some(2) && printed.contains("endres aldri"), "{printed}");
    }
}

/// Asserts that each statement in the folder `before` has the same bytes in the folder `then`, and that the statement
/// in the folder `now` says that it was corrected.
fn says_the_same_for_ever(before: &str, then: &str, now: &str) {
    let mut count = 0;
    for entry in std::fs::read_dir(before).unwrap() {
        let name = entry.unwrap().file_name();
        let read = |out: &str| std::fs::read(PathBuf::from(out).join(&name)).unwrap();
        assert!(read(before) == read(then), "{name:?}");
        if name.to_str().unwrap().ends_with(".json") {
            assert!(!text(&read(before)).contains("\"corrected\""));
            assert!(text(&read(now)).contains("\"corrected\""));
            count += 1;
        }
    }
    assert!(count > 5);
}

#[test]
fn a_year_is_settled_late_recoded_and_corrected_on_both_stores() {
    let mut heads = Vec::new();
    for (store, ledger) in places("year").into_iter().enumerate() {
        let work = folder(&format!("year-{store}"));
        let file = |name: &str| path(&work.join(name)).to_owned();
        let first = world(7, 300);
        // Hospital 2 is late with its first months.
        std::fs::write(file("first.csv"), csv(first.iter().filter(|contact| contact.unit != 2))).unwrap();
        std::fs::write(file("late.csv"), csv(&first)).unwrap();
        std::fs::write(file("second.csv"), csv(&later(&first, 7))).unwrap();
        let coverage = "unit;from;to\nU1;2012-01;2012-04\nU2;2012-01;2012-04\nU3;2012-01;2012-04\n";
        std::fs::write(file("coverage.csv"), coverage).unwrap();
        two_closed_months(&ledger, &file("first.csv"));
        let statement = |out: &str, more: &[&str]| {
            let mut all = vec!["statement", "2012-01", "--as", "json,csv", "--out", out];
            all.extend(more);
            done(&ledger, "2013-01-01", &all);
        };
        statement(&file("before"), &[]);
        // The late hospital comes in March, as new activity of January and February.
        let late = file("late.csv");
        let correct = ["settlement", "correct", "2012", "--into", "2012-03", "--draft", "--contacts", &late];
        let printed = done(&ledger, "2012-04-10", &correct);
        assert!(printed.contains("ny aktivitet") && !printed.contains("trukket"), "{printed}");
        for (month, at) in [("2012-03", "2012-04-11"), ("2012-04", "2012-05-10")] {
            done(&ledger, at, &["settlement", "run", month, "--contacts", &late, "--draft"]);
            done(&ledger, at, &["settlement", "close", month]);
        }
        assert_eq!(owed(&ledger), settled(&late, None, "year-settled-late"));
        // Everything again under another unit price: each cause is shown by itself, and the causes add up.
        let law = dearer(&format!("year-law-{store}"));
        let (second, coverage) = (file("second.csv"), file("coverage.csv"));
        let mut correct =
            vec!["settlement", "correct", "2012", "--into", "2012-05", "--draft", "--contacts", &second];
        correct.extend(["--coverage", &coverage]);
        let (code, printed) = tried(&ledger, "2012-06-10", &[&correct[..], &["--law", path(&law)]].concat());
        assert!(code == Some(2) && printed.contains("det som skiller: law/"), "{printed}");
        sign(&ledger, "2012-06-10", &law);
        let (code, printed) = tried(&ledger, "2012-06-10", &correct);
        assert!(code == Some(2) && printed.contains("trekker eller endrer"), "{printed}");
        correct.push("--accept");
        let before = done(&ledger, "2012-06-10", &["ledger", "verify"]);
        let preview = done(&ledger, "2012-06-10", &[&correct[..], &["--dry-run"]].concat());
        assert!(preview.contains("Ingenting er bokført") && preview.contains("trukket tilbake"), "{preview}");
        assert_eq!(done(&ledger, "2012-06-10", &["ledger", "verify"]), before);
        let printed = done(&ledger, "2012-06-10", &correct);
        for cause in ["trukket tilbake", "endret koding", "endret betaler", "endret regel"] {
            assert!(printed.contains(cause), "{cause}: {printed}");
        }
        assert!(done(&ledger, "2012-06-11", &correct).contains("ingenting endret"));
        assert_eq!(owed(&ledger), settled(&second, Some(path(&law)), "year-settled-second"));
        statement(&file("then"), &["--known-on", "2012-03-20"]);
        statement(&file("now"), &[]);
        says_the_same_for_ever(&file("before"), &file("then"), &file("now"));
        let (code, printed) = tried(&ledger, "2013-01-01", &["settlement", "finalise", "2012-01"]);
        assert!(code == Some(2) && printed.contains("usignerte"), "{printed}");
        let printed = done(&ledger, "2013-01-01", &["ledger", "verify"]);
        heads.push(printed.split("ender i ").nth(1).unwrap().to_owned());
        checked_by_others(&ledger, &work);
    }
    assert_eq!(heads[0], heads[1], "both stores hold the same chain");
}

/// hledger and beancount find no fault in the journal, and hledger agrees on every balance.
fn checked_by_others(ledger: &str, work: &std::path::Path) {
    let journal = work.join("ledger.journal");
    done(ledger, "2013-01-01", &["ledger", "export", "--as", "hledger", "--out", path(&journal)]);
    let hledger = |arguments: &[&str]| {
        let output = std::process::Command::new("hledger")
            .args(["-f", path(&journal)])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    hledger(&["check", "--strict"]);
    let theirs: BTreeMap<String, i64> = hledger(&["balance", "--flat", "--no-total", "-O", "csv"])
        .lines()
        .skip(1)
        .map(|line| {
            let (account, amount) = line.split_once("\",\"").unwrap();
            let ore: String = amount.chars().filter(|c| c.is_ascii_digit() || *c == '-').collect();
            (account.trim_matches('"').to_owned(), ore.parse().unwrap())
        })
        .collect();
    let output = samspill(&["ledger", "balances", "--as", "csv", "--ledger", ledger]);
    let mut count = 0;
    for line in text(&output.stdout).lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let ends = match cells[2] {
            "" => format!(":{}:{}", cells[0], cells[1]),
            instrument => format!(":{}:{}:{instrument}", cells[0], cells[1]),
        };
        let (_, amount) = theirs.iter().find(|(account, _)| account.ends_with(&ends)).unwrap();
        assert_eq!(amount.to_string(), cells[3], "{line}");
        count += 1;
    }
    assert_eq!(count, theirs.values().filter(|amount| **amount != 0).count());
    let file = work.join("ledger.beancount");
    done(ledger, "2013-01-01", &["ledger", "export", "--as", "beancount", "--out", path(&file)]);
    #[expect(clippy::disallowed_methods, reason = "the environment holds the place of the program")]
    let bean = std::env::var("SAMSPILL_TEST_BEAN_CHECK").unwrap_or_else(|_| "bean-check".to_owned());
    let output = std::process::Command::new(bean).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// Parts of a file come to the same as the whole file, if they are delivered in any order and each delivery is run
/// twice.
#[test]
fn deliveries_in_any_order_come_to_the_same() {
    let contacts = world(11, 120);
    let work = folder("any-order");
    let whole = work.join("whole.csv");
    std::fs::write(&whole, csv(&contacts)).unwrap();
    let wanted = settled(path(&whole), None, "any-order-settled");
    #[expect(clippy::disallowed_methods, reason = "a soak asks for more by the environment")]
    let worlds = std::env::var("SAMSPILL_TEST_WORLDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    for seed in 0..worlds {
        let mut dice = Dice::new(seed);
        let ledger = path(&work.join(format!("{seed}.sqlite"))).to_owned();
        done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
        // Each hospital delivers by itself, the first time with an older version of its contacts.
        let mut deliveries: Vec<(u64, bool)> =
            (1..=3).flat_map(|unit| [(unit, false), (unit, true)]).collect();
        for place in (1..deliveries.len()).rev() {
            deliveries.swap(place, dice.roll(place as u64 + 1) as usize);
        }
        let mut last = BTreeMap::new();
        for (unit, _) in &mut deliveries {
            let is_last = last.insert(*unit, ()).is_some();
            let older = later(&contacts, seed);
            let chosen: Vec<&Contact> =
                if is_last { contacts.iter().collect() } else { older.iter().collect() };
            let file = work.join(format!("{seed}-{unit}-{is_last}.csv"));
            std::fs::write(&file, csv(chosen.into_iter().filter(|contact| contact.unit == *unit))).unwrap();
            let coverage = work.join("coverage.csv");
            std::fs::write(&coverage, format!("U{unit};2012-01;2012-04\n")).unwrap();
            let mut text = String::new();
            write!(text, "2012-T1").unwrap();
            let run = [
                "settlement",
                "run",
                &text,
                "--draft",
                "--contacts",
                path(&file),
                "--coverage",
                path(&coverage),
            ];
            done(&ledger, "2012-05-01", &run);
            done(&ledger, "2012-05-01", &run);
        }
        assert_eq!(owed(&ledger), wanted, "seed {seed}");
        done(&ledger, "2012-05-02", &["ledger", "verify"]);
    }
}

/// A line is disputed, answered and decided. When its basis changes afterwards, the objection is reopened.
#[test]
fn an_objection_is_filed_answered_decided_and_opened_again() {
    for (store, ledger) in places("objection").into_iter().enumerate() {
        let work = folder(&format!("objection-{store}"));
        let contacts = world(5, 60);
        let file = work.join("contacts.csv");
        std::fs::write(&file, csv(&contacts)).unwrap();
        let disputed = contacts.iter().find(|contact| contact.ready_days > 0).unwrap();
        let month = format!("2012-{:02}", disputed.month);
        done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
        done(&ledger, "2012-05-01", &["settlement", "run", "2012-T1", "--draft", "--contacts", path(&file)]);
        let id = disputed.id.to_string();
        let mut filing =
            vec!["objection", "file", "--party", disputed.home, "--instrument", "usk", "--contact", &id];
        filing.extend(["--month", &month, "--ground", "discharge-papers", "--text", "Epikrisen manglet"]);
        let printed = done(&ledger, "2012-05-02", &filing);
        let key = printed.split(':').next().unwrap().to_owned();
        assert!(printed.contains("4\u{a0}000,00") || printed.contains("000,00"), "{printed}");
        assert!(done(&ledger, "2012-05-02", &filing).contains("omtvistet fra før"));
        filing[3] = "0602";
        let (code, printed) = tried(&ledger, "2012-05-02", &filing);
        assert!(code == Some(2) && printed.contains("0602 har ingen linje"), "{printed}");
        done(&ledger, "2012-05-03", &["objection", "answer", &key, "--text", "Epikrisen ble sendt"]);
        done(&ledger, "2012-05-03", &["settlement", "close", "2012-T1"]);
        // Posts of the party's statement.
        let posts = |period: &str| {
            let out = work.join(format!("of-{period}"));
            let order = ["statement", period, "--party", disputed.home, "--as", "json", "--out", path(&out)];
            done(&ledger, "2012-05-04", &order);
            let file = format!("oppgjor-{period}-{}-kladd.json", disputed.home);
            let read: serde_json::Value =
                serde_json::from_slice(&std::fs::read(out.join(file)).unwrap()).unwrap();
            read["posts"].as_array().unwrap().clone()
        };
        // The paper says how much of a line is disputed, not that all of it is.
        let amount = 400_000 * disputed.ready_days.cast_signed();
        let of_lines: i64 = posts(&month).iter().map(|post| post["disputed"].as_i64().unwrap()).sum();
        assert_eq!(of_lines, amount);
        let decide = |into| {
            ["objection", "decide", &key, "--outcome", "upheld", "--reference", "TLN 12/1", "--into", into]
        };
        let (code, printed) = tried(&ledger, "2012-05-04", &decide("2012-03"));
        assert!(code == Some(2) && printed.contains("endres aldri"), "{printed}");
        assert!(done(&ledger, "2012-05-04", &decide("2012-05")).contains("tas av linjen"));
        assert!(done(&ledger, "2012-05-04", &decide("2012-05")).contains("avgjort fra før"));
        let objections = |ledger: &str| -> i64 {
            let output = samspill(&["ledger", "export", "--as", "csv", "--ledger", ledger]);
            let text = text(&output.stdout);
            let rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
            let ours = rows.filter(|cells| cells[5] == "objection" && cells[10] == "receivable");
            ours.map(|cells| cells[13].parse::<i64>().unwrap()).sum()
        };
        assert_eq!(objections(&ledger), -amount);
        let decided = posts("2012-05");
        let decided: Vec<_> = decided.iter().filter(|post| post["cause"] == "objection").collect();
        assert_eq!((decided.len(), &decided[0]["references"]), (1, &serde_json::json!(["TLN 12/1"])));
        // The hospital withdraws the stay. The reduction is put back, so that nothing is taken off twice, and
        // the objection waits for a new decision.
        let left: Vec<&Contact> = contacts.iter().filter(|contact| contact.id != disputed.id).collect();
        std::fs::write(&file, csv(left)).unwrap();
        let correct =
            ["settlement", "correct", "2012", "--into", "2012-05", "--draft", "--contacts", path(&file)];
        assert!(done(&ledger, "2012-05-10", &correct).contains("må avgjøres på nytt"));
        assert_eq!(objections(&ledger), 0);
        let printed = done(&ledger, "2012-05-11", &["objection", "show", &key]);
        assert!(printed.contains("Ikke avgjort") && printed.contains("Epikrisen ble sendt"), "{printed}");
        let printed = done(&ledger, "2012-05-11", &["objection", "list", "--as", "csv"]);
        assert!(printed.contains("discharge-papers") && printed.contains("open"), "{printed}");
        let printed = text(&samspill(&["explain", &id, "--ledger", &ledger]).stdout);
        assert!(printed.contains("withdrawn"), "{printed}");
        let printed = text(&samspill(&["explain", "bilag-1", "--ledger", &ledger]).stderr);
        assert!(printed.contains("Bilag 1, steg 2"), "{printed}");
        done(&ledger, "2012-05-12", &["ledger", "verify"]);
    }
}

/// Patients who wait now: some with events out of order, a withdrawn notice, or a place; and the amount that the
/// next midnight adds.
#[test]
fn running_cases_accrue_by_the_day() {
    let work = folder("running");
    let file = work.join("running.csv");
    let head = "contact_id,person_id,unit,unit_kind,trust,sector,care_level,admitted,discharged,\
municipality_of_registration,drg,drg_type,points,events\n";
    let row = |id: u32, discharged: &str, events: &str| {
        format!(
            "{id},{id},U1,public-hospital,983974724,somatic,overnight,2012-03-01T08:00,{discharged},1201,127,medical,1,{events}\n"
        )
    };
    let rows = [
        row(1, "", "6@2012-03-04T11:00 3@2012-03-04T10:00 2@2012-03-04T09:00 1@2012-03-01T12:00"),
        row(2, "", "1@2012-03-01T12:00 2@2012-03-04T09:00 3@2012-03-04T10:00 4@2012-03-06T10:00"),
        row(3, "", "1@2012-03-01T12:00 2@2012-03-04T09:00 3@2012-03-04T10:00 7@2012-03-05T10:00"),
        row(4, "2012-03-05T12:00", "1@2012-03-01T12:00 2@2012-03-04T09:00 3@2012-03-04T10:00"),
        row(5, "", "2@2012-03-04T09:00 3@2012-03-04T10:00"),
        // A patient who comes the day after is not there yet.
        row(6, "", "1@2012-03-08T12:00").replace("2012-03-01T08:00", "2012-03-08T08:00"),
    ];
    std::fs::write(&file, format!("{head}{}", rows.concat())).unwrap();
    let list = |more: &[&str]| {
        let mut all =
            vec!["running", "--contacts", path(&file), "--at", "2012-03-07T09:00", "--draft", "--as", "csv"];
        all.extend(more);
        let output = samspill(&all);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    // Case 1: 4, 5 and 6 March. Case 2, withdrawn on the 6th: two days. Case 3, with a place on the 5th: one.
    // Case 5, without notice of admission: none.
    assert_eq!(
        list(&[]),
        "case,municipality,unit,institution,notified,hours,days,accrued_ore,next_midnight_ore,reason\n\
         1,1201,U1,983974724,2012-03-04T10:00,71,3,1200000,400000,\n\
         2,1201,U1,983974724,2012-03-04T10:00,71,2,800000,0,\n\
         3,1201,U1,983974724,2012-03-04T10:00,71,1,400000,0,\n\
         5,1201,U1,983974724,2012-03-04T10:00,71,0,0,0,no-admission-notice\n"
    );
    let with_a_slip = work.join("slip.csv");
    std::fs::write(&with_a_slip, format!("{head}{}{}", rows[0], rows[1].replace("U1", ""))).unwrap();
    let slip = ["running", "--contacts", path(&with_a_slip), "--at", "2012-03-07T09:00", "--draft"];
    let output = samspill(&slip);
    let printed = text(&output.stderr);
    assert!(
        output.status.code() == Some(3) && printed.contains("1 rad avvist, den første på linje 3"),
        "{printed}"
    );
    assert_eq!(list(&["--sums"]).lines().last(), Some("1201,983974724,4,6,2400000"));
    // At the end of a month, the accrual is running cases plus settled amounts that are not balanced yet.
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let settled = work.join("settled.csv");
    std::fs::write(&settled, csv(&world(2, 40))).unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012", "--balancing", "year"]);
    done(&ledger, "2012-04-01", &["settlement", "run", "2012-T1", "--draft", "--contacts", path(&settled)]);
    let accrual =
        ["accrual", "2012-03", "--ledger", &ledger, "--contacts", path(&file), "--draft", "--as", "csv"];
    let table = text(&samspill(&accrual).stdout);
    let bergen: Vec<&str> =
        table.lines().find(|line| line.starts_with("1201,")).unwrap().split(',').collect();
    let ore = |place: usize| bergen[place].parse::<i64>().unwrap();
    // Case 1 runs from 4 March to the end of the month.
    assert_eq!(ore(6), 28 * 400_000 + 800_000 + 400_000, "{table}");
    assert_eq!((ore(4), ore(7)), (ore(3) - ore(2), ore(5) + ore(6)));
    assert!(ore(3) > 0 && ore(5) == ore(3), "{table}");
    // A settlement refuses contacts that are not discharged, and says so.
    let out = work.join("result");
    let settled = samspill(&["settle", "2012-03", "--contacts", path(&file), "--draft", "--out", path(&out)]);
    assert_eq!(settled.status.code(), Some(3));
    assert!(std::fs::read_to_string(out.join("refused.csv")).unwrap().contains("not-discharged"));
}

/// A bill against our own settlement, and against the municipality's own log. Each difference has a cause,
/// and the total reconciles.
#[test]
fn a_received_bill_is_compared_line_by_line() {
    let work = folder("compare");
    let contacts: Vec<Contact> =
        world(9, 80).into_iter().filter(|contact| contact.ready_days > 0).take(5).collect();
    let (file, own) = (work.join("contacts.csv"), work.join("own"));
    std::fs::write(&file, csv(&contacts)).unwrap();
    let output = samspill(&["settle", "2012", "--contacts", path(&file), "--draft", "--out", path(&own)]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut bill = "Saksnr;Antall;Beløp\n".to_owned();
    for (place, contact) in contacts.iter().enumerate().take(4) {
        let days = contact.ready_days + u64::from(place == 1);
        let rate = if place == 2 { 4_125 } else { 4_000 };
        writeln!(bill, "{};{days};{},00", contact.id, days * rate).unwrap();
    }
    writeln!(bill, "99999;2;8 000,00\nSum;;1").unwrap();
    let received = work.join("bill.csv");
    std::fs::write(&received, &bill).unwrap();
    let compare = |evidence: &[&str]| {
        let mut all =
            vec!["compare", "--received", path(&received), "--columns", "reference=Saksnr", "--as", "csv"];
        all.extend(evidence);
        let output = samspill(&all);
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        (text(&output.stdout), text(&output.stderr))
    };
    let (table, printed) = compare(&["--own", path(&own)]);
    let cause = |contact: u64, cause: &str, ore: i64| {
        let found =
            table.lines().find(|line| line.starts_with(&format!("{contact},")) && line.contains(cause));
        assert!(
            found.is_some_and(|line| line.contains(&format!(",{ore},"))),
            "{contact} {cause} {ore}: {table}"
        );
    };
    cause(contacts[1].id, "quantity", 400_000);
    cause(contacts[2].id, "price", 12_500 * contacts[2].ready_days.cast_signed());
    cause(contacts[4].id, "only-in-own", -400_000 * contacts[4].ready_days.cast_signed());
    cause(99_999, "only-in-bill", 800_000);
    assert_eq!(table.lines().count(), 5);
    assert!(printed.contains("2 linjer er like"), "{printed}");
    // The same result from the municipality's own log.
    let mut log = "sak;tidspunkt;melding\n".to_owned();
    for contact in &contacts {
        let (month, day) = (contact.month, 1 + contact.id % 20);
        let at = |day: u64| format!("2012-{month:02}-{day:02}T10:00");
        let ready = day + 7 - contact.ready_days;
        for (day, message) in [
            (day, "innlagt"),
            (ready, "utskrivningsklar"),
            (ready, "kan ikke ta imot"),
            (day + 7, "utskrevet"),
        ] {
            writeln!(log, "{};{};{message}", contact.id, at(day)).unwrap();
        }
    }
    let messages = work.join("log.csv");
    std::fs::write(&messages, log).unwrap();
    // A comparison with a log also gives the reasons; the reasons of a settlement come from `explain`.
    let (of_log, printed_of_log) = compare(&["--log", path(&messages)]);
    let without_why = |table: &str| -> Vec<String> {
        let cut = |line: &str| line.split(',').take(8).collect::<Vec<_>>().join(",");
        table.lines().map(cut).collect()
    };
    assert_eq!((without_why(&of_log), printed_of_log), (without_why(&table), printed));
    std::fs::write(&received, "Navn;Pris\nx;1\n").unwrap();
    let output = samspill(&["compare", "--received", path(&received), "--own", path(&own)]);
    assert!(text(&output.stderr).contains("kolonnene er Navn, Pris"), "{}", text(&output.stderr));
}

/// A provisional statement names whom to pay, as the closed one does: each creditor that collects its own claims, and the
/// clearing account for what is paid centrally.
#[test]
fn a_provisional_statement_names_those_who_are_paid() {
    let work = folder("payees");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let (file, budget) = (work.join("contacts.csv"), work.join("budget.csv"));
    std::fs::write(&file, csv(&world(13, 150))).unwrap();
    std::fs::write(&budget, "instrument;debtor;creditor;kroner\nKMF;1201;983658725;1200\n").unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012", "--mode", "as-law", "--rounding", "kroner"]);
    done(&ledger, "2012-01-01", &["settlement", "on-account", "2012", "--budget", path(&budget)]);
    done(&ledger, "2012-02-10", &["settlement", "run", "2012-01", "--draft", "--contacts", path(&file)]);
    // Payments of each statement, by counterparty. Asserts that they add up to the amount to pay.
    let payments = |name: &str| {
        let out = work.join(name);
        done(&ledger, "2013-01-01", &["statement", "2012-01", "--as", "json", "--out", path(&out)]);
        let mut found: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
        for entry in std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.extension().is_some_and(|end| end == "json") {
                let read: serde_json::Value =
                    serde_json::from_slice(&std::fs::read(&entry).unwrap()).unwrap();
                let paid: BTreeMap<String, i64> = read["payments"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| {
                        let party = one["counterparty"]["party"].as_str().unwrap().to_owned();
                        (party, one["amount"].as_i64().unwrap())
                    })
                    .collect();
                assert_eq!(paid.values().sum::<i64>(), read["to_pay"].as_i64().unwrap(), "{read}");
                found.insert(read["recipient"]["party"].as_str().unwrap().to_owned(), paid);
            }
        }
        found
    };
    let provisional = payments("provisional");
    done(&ledger, "2012-02-11", &["settlement", "close", "2012-01"]);
    let closed = payments("closed");
    assert!(provisional["1201"].len() > 1 && provisional["1201"].contains_key("clearing"), "{provisional:?}");
    assert_eq!(provisional.keys().collect::<Vec<_>>(), closed.keys().collect::<Vec<_>>());
    for (party, paid) in &provisional {
        assert_eq!(paid.keys().collect::<Vec<_>>(), closed[party].keys().collect::<Vec<_>>(), "{party}");
        for (other, ore) in paid {
            assert!(
                (ore - closed[party][other]).abs() <= 50,
                "{party} to {other}: {ore} then {}",
                closed[party][other]
            );
        }
    }
}

/// Whoever pays finds the account, the contact person and their own reference on the statement and the invoice.
#[test]
fn addresses_stand_on_statements_and_invoices() {
    let work = folder("addresses");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let (file, table) = (work.join("contacts.csv"), work.join("addresses.csv"));
    std::fs::write(&file, csv(&world(13, 150))).unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012", "--mode", "as-law"]);
    sign(&ledger, "2012-01-01", &signed("addresses-law"));
    done(&ledger, "2012-02-10", &["settlement", "run", "2012-01", "--contacts", path(&file)]);
    done(&ledger, "2012-02-11", &["settlement", "close", "2012-01"]);
    let make = |rows: &str| {
        std::fs::write(
            &table,
            format!("party;organisation;account;reference;contact;telephone;email;registers\n{rows}"),
        )
        .unwrap();
        let order = ["statement", "2012-01", "--party", "1201", "--as", "ehf,json", "--out", path(&work)];
        tried(&ledger, "2012-03-01", &[&order[..], &["--addresses", path(&table)]].concat())
    };
    let read = || -> serde_json::Value {
        let json = std::fs::read(work.join("oppgjor-2012-01-1201.json")).unwrap();
        serde_json::from_slice(&json).unwrap()
    };
    let payees = |read: &serde_json::Value| -> BTreeMap<String, String> {
        let payee = |one: &serde_json::Value| {
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            (text(&one["counterparty"]["party"]), text(&one["account"]))
        };
        read["payments"].as_array().unwrap().iter().map(payee).collect()
    };
    // Without an address, nothing is invented.
    let (code, printed) = make("");
    assert_eq!(code, Some(0), "{printed}");
    let trust = payees(&read()).into_keys().find(|party| party != "clearing").unwrap();
    let missing = work.join(format!("mangler-ehf-2012-01-1201-{trust}.txt"));
    let why = std::fs::read_to_string(&missing).unwrap();
    assert!(why.contains("fyll ut kolonnen registers"), "{why}");
    let (code, printed) = make(&format!("{trust};;;;;;;foretaksregisteret\n"));
    assert_eq!(code, Some(0), "{printed}");
    assert!(!missing.exists(), "the reason is gone when the document is there");
    let invoice = || std::fs::read_to_string(work.join(format!("ehf-2012-01-1201-{trust}.xml"))).unwrap();
    assert!(
        !invoice().contains("PayeeFinancialAccount") && !invoice().contains("cac:Contact"),
        "{}",
        invoice()
    );
    assert!(invoice().contains("<cbc:BuyerReference>2012-01-1201<"), "{}", invoice());
    let (code, printed) = make(&format!(
        "avsender;983544622;8601 11 17947;;Oppgjørskontoret;22 00 00 00;oppgjor@example.no\n\
         1201;;;4711-AB;;;\n{trust};;1201.01.00001;;Økonomi;;;Foretaksregisteret\n"
    ));
    assert_eq!(code, Some(0), "{printed}");
    assert_eq!(read()["sender_address"]["contact"], "Oppgjørskontoret");
    // The sender's account for what is paid centrally, the trust's for its own invoice.
    let found = payees(&read());
    assert_eq!(
        (found["clearing"].as_str(), found[&trust].as_str()),
        ("86011117947", "12010100001"),
        "{found:?}"
    );
    let flat: String = invoice().split_whitespace().collect();
    for part in [
        "<cbc:BuyerReference>4711-AB</cbc:BuyerReference>",
        "<cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>",
        "<cac:PayeeFinancialAccount><cbc:ID>12010100001</cbc:ID></cac:PayeeFinancialAccount>",
        "<cac:Contact><cbc:Name>Økonomi</cbc:Name></cac:Contact>",
    ] {
        assert!(flat.contains(part), "{part}: {}", invoice());
    }
    slips_are_refused(&make);
}

/// A slip in the table of addresses makes the command fail: a wrong number, a party that stands twice, an unknown
/// register, or a cell too many.
fn slips_are_refused(make: &dyn Fn(&str) -> (Option<i32>, String)) {
    for (rows, fault) in [
        ("avsender;983544623;;;;;\n", "983544623 er ikke et organisasjonsnummer"),
        ("avsender;;86011117948;;;;\n", "86011117948 er ikke et kontonummer"),
        ("1201;;;a;;;\n1201;;;b;;;\n", "1201 har alt en rad"),
        ("1201;;;a;;;;Brønnøysund\n", "Brønnøysund er ikke et register"),
        ("1201;;;a;;;;;x\n", "ventet party;organisation"),
    ] {
        let (code, printed) = make(rows);
        assert!(code != Some(0) && printed.contains(fault), "{rows}: {printed}");
    }
}

/// In decentral settlement each creditor sends its own invoice. The lines of an invoice add up to its total,
/// apart from the rounding to kroner.
#[test]
fn decentral_settlement_gives_invoices_and_credit_notes() {
    let work = folder("invoices");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let file = work.join("contacts.csv");
    let contacts = world(13, 150);
    std::fs::write(&file, csv(&contacts)).unwrap();
    let addresses = work.join("addresses.csv");
    let sellers: String =
        TRUSTS.iter().chain(&REGIONS).map(|seller| format!("{seller};;;;;;;Foretaksregisteret\n")).collect();
    std::fs::write(&addresses, sellers).unwrap();
    let open = ["settlement", "open", "2012", "--mode", "decentral", "--rounding", "kroner"];
    done(&ledger, "2012-01-01", &open);
    // The first run is a draft, which gives no invoice. The rules are then signed, and the month is settled again.
    done(&ledger, "2012-01-02", &["settlement", "run", "2012-01", "--draft", "--contacts", path(&file)]);
    sign(&ledger, "2012-01-03", &signed("invoices-law"));
    let deliver = |command: &str, period: &str, more: &[&str]| {
        let mut all = vec!["settlement", command, period, "--contacts", path(&file)];
        all.extend(more);
        done(&ledger, "2012-03-10", &all)
    };
    deliver("run", "2012-01", &[]);
    done(&ledger, "2012-03-10", &["settlement", "close", "2012-01"]);
    // A delivery without contacts of January covers nothing of January, unless a file of coverage says otherwise.
    std::fs::write(&file, csv(contacts.iter().filter(|contact| contact.month != 1))).unwrap();
    let printed = deliver("correct", "2012-01", &["--into", "2012-02"]);
    assert!(printed.contains("ingen forskjell") && printed.contains("U1 2012-01"), "{printed}");
    // Everything is withdrawn: the credit notes mirror the invoices.
    let coverage = work.join("coverage.csv");
    let rows: String = (1..=4).map(|unit| format!("U{unit};2012-01;2012-02\n")).collect();
    std::fs::write(&coverage, rows).unwrap();
    let cover = ["--into", "2012-02", "--coverage", path(&coverage)];
    let refused = [&["settlement", "correct", "2012-01", "--contacts", path(&file)][..], &cover].concat();
    let (code, printed) = tried(&ledger, "2012-03-10", &refused);
    assert!(code == Some(2) && printed.contains("trekker eller endrer"), "{printed}");
    deliver("correct", "2012-01", &[&cover[..], &["--accept"]].concat());
    std::fs::write(&file, csv(&[])).unwrap();
    deliver("run", "2012-02", &[]);
    done(&ledger, "2012-03-10", &["settlement", "close", "2012-02", "--accept"]);
    let payable = |month: &str| -> BTreeMap<String, (String, i64)> {
        let out = work.join(month);
        let order = ["statement", month, "--as", "ehf,json", "--out", path(&out)];
        done(&ledger, "2013-01-01", &[&order[..], &["--addresses", path(&addresses)]].concat());
        let mut found = BTreeMap::new();
        for entry in std::fs::read_dir(&out).unwrap() {
            let file = entry.unwrap().path();
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            let Some(pair) = name.strip_prefix(&format!("ehf-{month}-")) else { continue };
            let xml = std::fs::read_to_string(&file).unwrap();
            let between = |from: &str, to: &str| {
                xml.split(from).nth(1).and_then(|rest| rest.split(to).next()).unwrap().to_owned()
            };
            let ore: i64 =
                between("PayableAmount currencyID=\"NOK\">", "<").replace('.', "").parse().unwrap();
            assert!(ore > 0 && ore % 100 == 0, "whole kroner: {ore}");
            let lines: i64 = xml
                .split("<cbc:LineExtensionAmount currencyID=\"NOK\">")
                .skip(2)
                .map(|rest| rest.split('<').next().unwrap().replace('.', "").parse::<i64>().unwrap())
                .sum();
            assert!((lines - ore).abs() < 100, "lines {lines} and total {ore}");
            found.insert(
                pair.to_owned(),
                (if xml.contains("<CreditNote") { "credit" } else { "invoice" }.to_owned(), ore),
            );
        }
        found
    };
    let (invoices, credits) = (payable("2012-01"), payable("2012-02"));
    assert!(invoices.len() > 5, "{invoices:?}");
    assert_eq!(invoices.len(), credits.len());
    for (pair, (kind, ore)) in &invoices {
        assert_eq!((kind.as_str(), &credits[pair]), ("invoice", &("credit".to_owned(), *ore)), "{pair}");
    }
    done(&ledger, "2013-01-01", &["ledger", "verify"]);
}

/// Monthly amounts on account are balanced each tertial, and nothing is paid twice. The board's decision is
/// divided between those who pay.
#[test]
fn on_account_is_balanced_by_the_tertial_and_the_board_decides() {
    let work = folder("tertial");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let (file, budget, board) = (work.join("contacts.csv"), work.join("budget.csv"), work.join("board.csv"));
    std::fs::write(&file, csv(&world(17, 200))).unwrap();
    std::fs::write(
        &budget,
        "instrument;debtor;creditor;kroner\nKMF;1201;983658725;100 000,01\nKMF;0301;991324968;50000\n",
    )
    .unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012", "--balancing", "tertial"]);
    let account = ["settlement", "on-account", "2012", "--budget", path(&budget)];
    assert!(done(&ledger, "2012-01-01", &account).contains("24 bilag"));
    assert!(done(&ledger, "2012-01-01", &account).contains("ingenting endret"));
    for (month, at) in [
        ("2012-01", "2012-02-10"),
        ("2012-02", "2012-03-10"),
        ("2012-03", "2012-04-10"),
        ("2012-04", "2012-05-10"),
    ] {
        done(&ledger, at, &["settlement", "run", month, "--draft", "--contacts", path(&file)]);
        done(&ledger, at, &["settlement", "close", month]);
    }
    let bergen = |period: &str| -> serde_json::Value {
        let out = work.join(period);
        done(
            &ledger,
            "2013-01-01",
            &["statement", period, "--party", "1201", "--as", "json", "--out", path(&out)],
        );
        // An open month asks for the amount on account, under a number of its own.
        let demand = if period == "2012-05" { "-AK" } else { "" };
        let name = format!("oppgjor-{period}-1201{demand}-kladd.json");
        serde_json::from_str(&std::fs::read_to_string(out.join(name)).unwrap()).unwrap()
    };
    let ore = |statement: &serde_json::Value, key: &str| statement[key].as_i64().unwrap();
    let months: Vec<_> = (1..=4).map(|month| bergen(&format!("2012-{month:02}"))).collect();
    let mut open = 0;
    for (place, month) in months.iter().enumerate() {
        assert_eq!(ore(month, "carried"), open, "month {place}");
        open += ore(month, "settled") - ore(month, "on_account");
        let (paid, carried_on) = if place == 3 { (open, 0) } else { (0, open) };
        assert_eq!((ore(month, "to_pay"), ore(month, "carried_on")), (paid, carried_on), "month {place}");
    }
    let tertial = bergen("2012-T1");
    // A summary asks for nothing, and lists what its months asked for: here April alone.
    assert_eq!((ore(&tertial, "to_pay"), &tertial["due"]), (0, &serde_json::Value::Null));
    assert_eq!(
        (tertial["payments"].as_array().unwrap().len(), tertial["is_summary"].as_bool()),
        (0, Some(true))
    );
    let asked = tertial["asked"].as_array().unwrap();
    assert_eq!((asked.len(), asked[0]["statement"].as_str()), (1, Some("2012-04-1201")));
    assert_eq!(ore(&asked[0], "amount"), ore(&tertial, "settled") - ore(&tertial, "on_account"));
    assert_eq!(months.iter().map(|month| ore(month, "settled")).sum::<i64>(), ore(&tertial, "settled"));
    // A lump sum is taken off one hospital in May. Its parts add up to the sum, and the sum is posted once.
    std::fs::write(
        &board,
        "institution;instrument;kroner;key;reference\nU1;KMF;-10 000,01;by-settled;AU 12/3\n",
    )
    .unwrap();
    let decide = ["settlement", "review-board", "2012", path(&board), "--into", "2012-05"];
    let printed = done(&ledger, "2012-06-01", &decide);
    assert!(printed.contains("\u{2212}10\u{a0}000,01\u{a0}kr"), "{printed}");
    assert!(done(&ledger, "2012-06-01", &decide).contains("ingenting endret"));
    let may = bergen("2012-05");
    assert!(ore(&may, "settled") < 0 && may["posts"][0]["cause"] == "review-board", "{may}");
    std::fs::write(&board, "U9;KMF;-1;by-settled;x\n").unwrap();
    let (code, printed) = tried(&ledger, "2012-06-01", &decide);
    assert!(
        code == Some(2) && printed.contains("ingenting under KMF er gjort opp for U9 i 2012"),
        "{printed}"
    );
    done(&ledger, "2012-06-01", &["ledger", "verify"]);
}

/// Faults that an auditor found, and that must not come back.
#[test]
#[expect(clippy::too_many_lines, reason = "one fault after the other, each in a line or two")]
fn what_an_auditor_found() {
    let work = folder("auditor");
    let place = |name: &str| path(&work.join(name)).to_owned();
    let contacts = world(31, 60);
    let whole = csv(&contacts);
    std::fs::write(place("whole.csv"), &whole).unwrap();
    let file = place("whole.csv");
    let json = |ledger: &str, period: &str, party: &str, more: &[&str]| -> serde_json::Value {
        let out = place(&format!("out-{party}"));
        let _ = std::fs::remove_dir_all(&out);
        let mut all = vec!["statement", period, "--party", party, "--as", "json", "--out", &out];
        all.extend(more);
        done(ledger, "2013-01-01", &all);
        let file = std::fs::read_dir(&out)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|p| p.extension().is_some_and(|e| e == "json"));
        serde_json::from_str(&std::fs::read_to_string(file.unwrap()).unwrap()).unwrap()
    };
    let run = |ledger: &str, period: &str, contacts: &str, at: &str| {
        tried(ledger, at, &["settlement", "run", period, "--draft", "--contacts", contacts])
    };
    // Invoices set amounts on account against claims, and leave nothing open.
    let ledger = place("decentral.sqlite");
    std::fs::write(place("budget.csv"), "KMF;1201;983658725;120000\n").unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012", "--mode", "decentral"]);
    let budget = place("budget.csv");
    let account = |period: &str| {
        done(&ledger, "2012-01-01", &["settlement", "on-account", period, "--budget", &budget])
    };
    // The amount on account of a month is a twelfth of the year's. The rest is posted later, and nothing is posted
    // twice.
    assert!(account("2012-01").contains("1 bilag a konto; KMF 10\u{a0}000,00"));
    assert!(account("2012").contains("11 bilag a konto; KMF 110\u{a0}000,00"));
    run(&ledger, "2012-01", &file, "2012-02-01");
    done(&ledger, "2012-02-01", &["settlement", "close", "2012-01"]);
    let bergen = json(&ledger, "2012-01", "1201", &[]);
    assert_eq!(bergen["to_pay"].as_i64().unwrap(), bergen["settled"].as_i64().unwrap() - 1_000_000);
    let paid: i64 =
        bergen["payments"].as_array().unwrap().iter().map(|one| one["amount"].as_i64().unwrap()).sum();
    assert_eq!(paid, bergen["to_pay"].as_i64().unwrap());
    let balances = samspill(&["ledger", "balances", "--as", "csv", "--ledger", &ledger]);
    assert!(!text(&balances.stdout).contains("receivable"), "{}", text(&balances.stdout));
    // A refused row was delivered, so its contact is not withdrawn.
    let first = contacts.iter().find(|contact| contact.month == 1).unwrap();
    let broken = whole.replace(
        &first.row(),
        &first.row().replace(",medical,", ",medicall,").replace(",surgical,", ",surgicall,"),
    );
    std::fs::write(place("broken.csv"), broken).unwrap();
    let correct = [
        "settlement",
        "correct",
        "2012-01",
        "--into",
        "2012-02",
        "--draft",
        "--contacts",
        &place("broken.csv"),
    ];
    let (code, printed) = tried(&ledger, "2012-03-01", &correct);
    assert!(code == Some(3) && printed.contains("ingen forskjell"), "{printed}");
    // A month before a closed one cannot be opened, and a delivery covers all months of the command.
    let ledger = place("order.sqlite");
    done(&ledger, "2012-01-01", &["settlement", "open", "2012-02"]);
    done(&ledger, "2012-01-01", &["settlement", "open", "2012-03"]);
    run(&ledger, "2012-02", &file, "2012-03-01");
    done(&ledger, "2012-03-01", &["settlement", "close", "2012-02"]);
    let (code, printed) = tried(&ledger, "2012-03-02", &["settlement", "open", "2012-01"]);
    assert!(code == Some(2) && printed.contains("2012-02 er lukket"), "{printed}");
    let ledger = place("whole.sqlite");
    done(&ledger, "2012-01-01", &["settlement", "open", "2012", "--balancing", "tertial"]);
    run(&ledger, "2012-T1", &file, "2012-05-01");
    let gone = contacts.iter().find(|contact| contact.ready_days > 0).unwrap();
    std::fs::write(place("gone.csv"), csv(contacts.iter().filter(|contact| contact.id != gone.id))).unwrap();
    let version =
        |number: &str| json(&ledger, &format!("2012-{:02}", gone.month), "1201", &["--version", number]);
    let before = version("1");
    run(&ledger, "2012-T1", &place("gone.csv"), "2012-05-01");
    assert_eq!(owed(&ledger), settled(&place("gone.csv"), None, "auditor-settled"));
    // The first version says the same after the second, even if both were recorded in the same minute.
    assert_eq!(version("1"), before);
    // If the first file is delivered again now, it counts as an older delivery.
    let again = ["settlement", "run", "2012-T1", "--draft", "--contacts", &file];
    let (code, printed) = tried(&ledger, "2012-05-01", &again);
    assert!(code == Some(2) && printed.contains("er en eldre leveranse"), "{printed}");
    done(&ledger, "2012-05-01", &[&again[..], &["--accept"]].concat());
    assert_eq!(version("1"), before);
    done(&ledger, "2012-05-02", &["settlement", "close", "2012-T1"]);
    assert_eq!(version("1"), before);
    let (code, printed) = tried(
        &ledger,
        "2012-05-02",
        &["statement", "2012-01", "--known-on", "2012-05-02", "--out", &place("x")],
    );
    assert!(code == Some(2) && printed.contains("er ikke over"), "{printed}");
    // Each party that pays or receives in the month that balances has a statement, and the two sides agree.
    let printed =
        done(&ledger, "2013-01-01", &["statement", "2012-04", "--as", "csv", "--out", &place("april")]);
    let sides: Vec<&str> = printed.split("å betale ").nth(1).unwrap().trim().split(", til gode ").collect();
    assert_eq!(sides[0], sides[1], "{printed}");
    // A line is taken off only once.
    let month = format!("2012-{:02}", gone.month);
    let id = gone.id.to_string();
    let mut filing = vec!["objection", "file", "--party", gone.home, "--instrument", "USK", "--contact", &id];
    filing.extend(["--month", &month, "--ground", "other"]);
    let key = done(&ledger, "2012-06-01", &filing).split(':').next().unwrap().to_owned();
    done(
        &ledger,
        "2012-06-01",
        &["objection", "decide", &key, "--outcome", "upheld", "--reference", "x", "--into", "2012-05"],
    );
    let (code, printed) = tried(&ledger, "2012-06-02", &filing);
    assert!(code == Some(2) && printed.contains("allerede trukket fra"), "{printed}");
    let printed = text(&samspill(&["explain", &id, "--ledger", &ledger]).stdout);
    assert!(printed.contains(&format!("objection {key}: upheld")), "{printed}");
    // An impossible amount is refused, and so is a decision on a municipality that does not exist.
    std::fs::write(place("budget.csv"), "KMF;1201;983658725;90000000000000000\n").unwrap();
    let (code, printed) = tried(
        &ledger,
        "2012-06-02",
        &["settlement", "on-account", "2012-05", "--budget", &place("budget.csv")],
    );
    assert!(
        code == Some(1) && printed.contains("budget.csv:1") && printed.contains("er ikke et beløp"),
        "{printed}"
    );
    let inherit =
        ["settlement", "inherit", "9999", "--heir", "abc", "--from", "2012-05-01", "--reference", "x"];
    let (code, printed) = tried(&ledger, "2012-06-02", &inherit);
    assert!(code == Some(2) && printed.contains("ingen kommune abc"), "{printed}");
    done(&ledger, "2013-01-01", &["ledger", "verify"]);
}

/// After a merger at New Year, corrections of the old municipalities are claimed from the successor, and name
/// the statements that they correct. The old municipalities' statements of December stand.
#[test]
fn a_successor_answers_after_a_merger() {
    let work = folder("merger");
    let place = |name: &str| path(&work.join(name)).to_owned();
    let ledger = place("ledger.sqlite");
    let mut contacts = world(41, 30);
    for (number, contact) in contacts.iter_mut().enumerate() {
        contact.month = 12;
        contact.home = if number % 2 == 0 { "1901" } else { "1915" };
    }
    std::fs::write(place("early.csv"), csv(&contacts[..20])).unwrap();
    std::fs::write(place("all.csv"), csv(&contacts)).unwrap();
    done(&ledger, "2012-12-01", &["settlement", "open", "2012-12"]);
    done(&ledger, "2012-12-01", &["settlement", "open", "2013-01"]);
    let deliver = |command: &str, month: &str, file: &str, more: &[&str]| {
        let mut all = vec!["settlement", command, month, "--draft", "--contacts", file];
        all.extend(more);
        done(&ledger, "2013-02-01", &all)
    };
    deliver("run", "2012-12", &place("early.csv"), &[]);
    done(&ledger, "2013-02-01", &["settlement", "close", "2012-12"]);
    let printed = deliver("correct", "2012-12", &place("all.csv"), &["--into", "2013-01"]);
    assert!(printed.contains("ny aktivitet"), "{printed}");
    deliver("run", "2013-01", &place("all.csv"), &[]);
    let close = ["settlement", "close", "2013-01"];
    let (code, printed) = tried(&ledger, "2013-02-01", &close);
    assert!(code == Some(2) && printed.contains("uten en eneste kontakt"), "{printed}");
    done(&ledger, "2013-02-01", &[&close[..], &["--accept"]].concat());
    let statement = |period: &str, party: &str| {
        let out = place(&format!("{period}-{party}"));
        let (code, printed) = tried(
            &ledger,
            "2013-03-01",
            &["statement", period, "--party", party, "--as", "json", "--out", &out],
        );
        let file = std::path::Path::new(&out).join(format!("oppgjor-{period}-{party}-kladd.json"));
        let json = std::fs::read_to_string(file)
            .ok()
            .map(|text| serde_json::from_str::<serde_json::Value>(&text).unwrap());
        (code, printed, json)
    };
    // December belongs to the old municipalities. January belongs to the new one, with what it inherits from
    // both.
    assert!(statement("2012-12", "1901").2.is_some() && statement("2012-12", "1915").2.is_some());
    assert_eq!(statement("2012-12", "1903").0, Some(2));
    assert_eq!(statement("2013-01", "1901").0, Some(2));
    let january = statement("2013-01", "1903").2.unwrap();
    let corrects: std::collections::BTreeSet<&str> =
        january["posts"].as_array().unwrap().iter().map(|post| post["corrects"].as_str().unwrap()).collect();
    assert_eq!(corrects.into_iter().collect::<Vec<_>>(), ["2012-12-1901", "2012-12-1915"]);
    assert_eq!(january["to_pay"], january["settled"]);
    assert!(january["settled"].as_i64().unwrap() > 0);
    // The successor may dispute a line that it inherited.
    let late = contacts[20..].iter().find(|contact| contact.ready_days > 0).unwrap();
    let filing =
        ["objection", "file", "--party", "1903", "--instrument", "USK", "--contact", &late.id.to_string()]
            .map(str::to_owned);
    let mut filing: Vec<&str> = filing.iter().map(String::as_str).collect();
    filing.extend(["--month", "2012-12", "--ground", "other"]);
    assert!(done(&ledger, "2013-03-01", &filing).contains("er omtvistet"));
    let january = statement("2013-01", "1903").2.unwrap();
    assert_eq!(january["objections"].as_array().unwrap().len(), 1);
    done(&ledger, "2013-03-01", &["ledger", "verify"]);
}

/// A folder of rules in which every source is signed.
pub fn signed(name: &str) -> PathBuf {
    let sign = |line: &str| match line.starts_with("[sources.") {
        true => format!("{line}\nsigned_off = \"A. Jurist, 2027-01-01\"\n"),
        false => format!("{line}\n"),
    };
    law_with(name, |_, rule| rule.lines().map(sign).collect())
}

/// Puts a ledger on the rules of a folder.
pub fn sign(ledger: &str, now: &str, law: &std::path::Path) -> String {
    done(ledger, now, &["settlement", "rules", "--law", path(law), "--reference", "Signert av jurist"])
}

/// A month that is a draft becomes signed when it is settled again with signed rules. It can then be closed, and made
/// final after that.
#[test]
fn a_signed_month_is_made_final() {
    let work = folder("final");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let (file, law) = (work.join("contacts.csv"), signed("final-law"));
    std::fs::write(&file, csv(&world(51, 30))).unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012-T1"]);
    let run = ["settlement", "run", "2012-01", "--contacts", path(&file)];
    let (code, printed) = tried(&ledger, "2012-02-01", &run);
    assert!(code == Some(2) && printed.contains("usignerte"), "{printed}");
    done(&ledger, "2012-02-01", &[&run[..], &["--draft"]].concat());
    let printed = sign(&ledger, "2012-02-02", &law);
    assert!(printed.contains("hovedboken står nå på andre regler"), "{printed}");
    let printed = done(&ledger, "2012-02-02", &run);
    assert!(printed.contains("reglene er signert nå"), "{printed}");
    let (code, printed) = tried(&ledger, "2012-02-02", &["settlement", "finalise", "2012-01"]);
    assert!(code == Some(2) && printed.contains("er ikke lukket"), "{printed}");
    done(&ledger, "2012-02-03", &["settlement", "close", "2012-01"]);
    assert!(done(&ledger, "2012-02-04", &["settlement", "finalise", "2012-01"]).contains("endelig"));
    assert!(done(&ledger, "2012-02-04", &["settlement", "finalise", "2012-01"]).contains("ingenting endret"));
    let out = work.join("statements");
    done(&ledger, "2013-01-01", &["statement", "2012-01", "--as", "json", "--out", path(&out)]);
    let json = std::fs::read_to_string(out.join("oppgjor-2012-01-state.json")).unwrap();
    assert!(json.contains("\"final\"") && !json.contains("\"draft\""), "{json}");
    done(&ledger, "2013-01-01", &["ledger", "verify"]);
}

/// A statement is in the language that its receiver has decided on. A receiver that has decided on none, or on
/// `neutral`, gets bokmål, or the language that was asked for; the locale has no say.
#[test]
fn a_statement_is_in_its_receivers_language() {
    let work = folder("languages");
    let file = |name: &str| path(&work.join(name)).to_owned();
    std::fs::write(file("contacts.csv"), csv(&world(7, 300))).unwrap();
    std::fs::write(file("decisions.csv"), "0301;nn\n1103;nb\n1201;neutral\n").unwrap();
    let ledger = file("ledger.sqlite");
    two_closed_months(&ledger, &file("contacts.csv"));
    let first_words = |folder: &str, more: &[&str], locale: &str, parties: [&str; 4]| {
        let out = file(folder);
        let ask = ["statement", "2012-01", "--as", "csv", "--ledger", &ledger, "--now", "2013-01-01"];
        let mut run = crate::program();
        let made = run.args(ask).args(["--out", &out]).args(more).env("LC_ALL", locale).output().unwrap();
        assert!(made.status.success(), "{}", text(&made.stderr));
        parties.map(|party| {
            let about = std::fs::read_to_string(format!("{out}/oppgjor-2012-01-{party}-kladd.txt")).unwrap();
            let table = std::fs::read_to_string(format!("{out}/oppgjor-2012-01-{party}-kladd.csv")).unwrap();
            let head = table.trim_start_matches('\u{feff}').split(';').next().unwrap().to_owned();
            let repeat = about.lines().find(|line| line.contains("samspill statement")).unwrap();
            assert_eq!(repeat.contains("--language en"), more.contains(&"en"), "{repeat}");
            format!("{} {head}", about.split_whitespace().next().unwrap())
        })
    };
    let parties = ["0301", "1103", "1201", "1901"];
    let (nb, nn, en) = ("Oppgjør oppgjør", "Oppgjer oppgjer", "Statement statement");
    assert_eq!(first_words("plain", &[], "nn_NO.UTF-8", parties), [nb; 4]);
    assert_eq!(first_words("asked", &["--language", "en"], "C", parties), [en; 4]);
    let decisions = file("decisions.csv");
    assert_eq!(first_words("decided", &["--languages", &decisions], "C", parties), [nn, nb, nb, nb]);
    let both = ["--languages", &decisions, "--language", "en"];
    assert_eq!(first_words("both", &both, "C", parties), [nn, nb, en, en]);
    let overview = std::fs::read_to_string(work.join("both/oversikt-2012-01.csv")).unwrap();
    assert!(overview.contains(";Draft, Closed;"), "{overview}");
    std::fs::write(&decisions, "0301;sv\n").unwrap();
    let (code, printed) = tried(
        &ledger,
        "2013-01-01",
        &["statement", "2012-01", "--languages", &decisions, "--out", &file("x")],
    );
    assert!(code == Some(1) && printed.contains("decisions.csv:1: ventet"), "{printed}");
}

/// A range of months goes through every step as the single months do. An order of statements for a range
/// makes one statement for each month.
#[test]
fn ranges_of_months_go_through_every_step() {
    let (work, law) = (folder("ranges"), signed("ranges-law"));
    let file = work.join("contacts.csv");
    std::fs::write(&file, csv(&world(61, 120))).unwrap();
    let ledger = |name: &str| path(&work.join(name)).to_owned();
    let (ranged, single) = (ledger("ranged.sqlite"), ledger("single.sqlite"));
    let settle = |ledger: &str, periods: &[&str]| {
        sign(ledger, "2012-01-02", &law);
        for period in periods {
            done(ledger, "2012-05-01", &["settlement", "run", period, "--contacts", path(&file)]);
        }
        for period in periods {
            done(ledger, "2012-05-02", &["settlement", "close", period]);
            done(ledger, "2012-05-02", &["settlement", "finalise", period]);
        }
    };
    done(&ranged, "2012-01-01", &["settlement", "open", "2012-01..2012-03"]);
    settle(&ranged, &["2012-01..2012-03"]);
    done(&single, "2012-01-01", &["settlement", "open", "2012"]);
    settle(&single, &["2012-01", "2012-02", "2012-03"]);
    assert_eq!(owed(&ranged), owed(&single));
    let status = done(&ranged, "2012-05-03", &["settlement", "status", "2012-02..2012-03"]);
    assert!(!status.contains("2012-01") && status.contains("2012-02"), "{status}");
    let out = work.join("statements");
    let printed = done(
        &ranged,
        "2012-05-03",
        &["statement", "2012-01..2012-03", "--party", "1201", "--as", "json", "--out", path(&out)],
    );
    assert_eq!(printed.matches("oppgjør for 2012-0").count(), 3, "{printed}");
    for month in 1..=3 {
        assert!(out.join(format!("oppgjor-2012-0{month}-1201.json")).exists(), "{printed}");
    }
    done(&ranged, "2012-05-04", &["ledger", "verify"]);
    // Terms and budgets are those of one year.
    let (code, printed) =
        tried(&ledger("new.sqlite"), "2012-01-01", &["settlement", "open", "2012-12..2013-01"]);
    assert!(code == Some(1) && printed.contains("gi ett år om gangen"), "{printed}");
}

/// Months that are settled in one run are kept as the same movements, to the byte, as months that are settled one by one: also
/// with stays over the end of a month, days that wait in both months, and a stay with contacts in two.
#[test]
fn months_settled_together_are_the_months_settled_alone() {
    let work = folder("months-together");
    let file = work.join("contacts.csv");
    let mut rows = csv(&world(71, 120));
    for (id, stay, unit, trust, from, to, events) in [
        (
            901,
            901,
            1,
            TRUSTS[0],
            "01-25T08:00",
            "02-06T12:00",
            "1@2012-01-25T10:00 2@2012-01-29T10:00 3@2012-01-29T10:00 6@2012-01-29T12:00",
        ),
        (
            902,
            902,
            2,
            TRUSTS[1],
            "02-25T08:00",
            "04-02T12:00",
            "1@2012-02-25T10:00 2@2012-02-27T10:00 3@2012-02-27T10:00 6@2012-02-27T12:00",
        ),
        (903, 903, 1, TRUSTS[0], "01-29T08:00", "01-31T20:00", ""),
        (904, 903, 2, TRUSTS[1], "01-31T22:00", "02-03T12:00", ""),
        (905, 905, 3, TRUSTS[2], "03-30T08:00", "04-01T12:00", ""),
        (906, 906, 3, TRUSTS[2], "02-03T08:00", "02-04T12:00", ""),
    ] {
        // Two claims without a quantity, whose order must not depend on what was settled before.
        let points = if id == 906 { "0" } else { "2.500" };
        let _ = writeln!(
            rows,
            "{id},{stay},{stay},U{unit},public-hospital,{trust},somatic,overnight,2012-{from},2012-{to},1201,70,127,medical,{points},{events}"
        );
    }
    std::fs::write(&file, rows).unwrap();
    // The digest of each month's movements.
    let movements = |name: &str, open: &str, runs: &[&str]| -> Vec<String> {
        let ledger = path(&work.join(name)).to_owned();
        done(&ledger, "2012-01-01", &["settlement", "open", open]);
        for period in runs {
            done(&ledger, "2012-05-01", &["settlement", "run", period, "--draft", "--contacts", path(&file)]);
        }
        let connection = rusqlite::Connection::open(&ledger).unwrap();
        let digest =
            "SELECT json_extract(content, '$.months[0].movements_archive') FROM step WHERE kind = 'run'";
        let mut found = connection.prepare(digest).unwrap();
        found.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let months = ["2012-01", "2012-02", "2012-03", "2012-04"];
    let together = movements("together.sqlite", "2012-01..2012-04", &["2012-01..2012-04"]);
    assert_eq!(together.len(), 4);
    // Each in a ledger that knows no other month, and one after the other.
    let alone = months.map(|month| movements(&format!("{month}.sqlite"), month, &[month]).remove(0));
    assert_eq!(together, alone);
    assert_eq!(together, movements("in-order.sqlite", "2012-01..2012-04", &months));
}

/// A settlement of several years has the sums of each year.
#[test]
fn several_years_are_settled_as_each_year() {
    let work = folder("several-years");
    let file = work.join("contacts.csv");
    std::fs::write(&file, csv(&world(67, 120))).unwrap();
    let totals = |period: &str| {
        let out = work.join(period);
        let order = ["settle", period, "--contacts", path(&file), "--draft", "--out", path(&out)];
        let settled = samspill(&order);
        assert!(settled.status.success(), "{}", text(&settled.stderr));
        let totals = std::fs::read_to_string(out.join("totals.csv")).unwrap();
        totals.lines().filter(|line| line.contains("2012-")).map(str::to_owned).collect::<Vec<_>>()
    };
    let year = totals("2012");
    assert!(year.len() > 12);
    assert_eq!(totals("2011-2012"), year);
}
