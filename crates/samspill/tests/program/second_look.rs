//! What a second auditor found: cases in which the program said something untrue.

use super::settlement::{Contact, csv, done, tried, world};
use super::{folder, path, samspill, text};

fn book(name: &str) -> (std::path::PathBuf, String, std::path::PathBuf, Vec<Contact>) {
    let work = folder(name);
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let contacts = world(77, 60);
    let file = work.join("contacts.csv");
    std::fs::write(&file, csv(&contacts)).unwrap();
    (work, ledger, file, contacts)
}

#[test]
fn a_budget_that_changes_is_posted_as_the_difference() {
    let (work, ledger, _, _) = book("budget");
    done(&ledger, "2012-01-01", &["settlement", "open", "2012-T1"]);
    let budget = |lines: &str| {
        let file = work.join("budget.csv");
        std::fs::write(&file, lines).unwrap();
        tried(&ledger, "2012-01-02", &["settlement", "on-account", "2012-02", "--budget", path(&file)])
    };
    let of = |printed: (Option<i32>, String)| printed.1.replace('\u{a0}', " ");
    assert!(of(budget("KMF;1201;983658725;120 000\n")).contains("KMF 10 000,00 kr"));
    // Another instrument, then another amount. An amount that is posted already is not posted again.
    assert!(of(budget("USK;1201;983974724;12000\n")).contains("1 bilag a konto; USK 1 000,00 kr"));
    assert!(of(budget("KMF;1201;983658725;144000\n")).contains("1 bilag a konto; KMF 2 000,00 kr"));
    assert!(of(budget("KMF;1201;983658725;144000\nUSK;1201;983974724;12000\n")).contains("ingenting endret"));
    let (code, printed) = budget("KMF;1201;983658725;-5\n");
    assert!(code != Some(0) && printed.contains("under null"), "{printed}");
    // Before anything is settled, the statement of the month asks for the amount on account.
    let out = work.join("asked");
    let ask = ["statement", "2012-02", "--party", "1201", "--as", "json", "--out", path(&out)];
    done(&ledger, "2012-01-03", &ask);
    let json = std::fs::read_to_string(out.join("oppgjor-2012-02-1201-AK.json")).unwrap();
    assert!(json.contains("\"to_pay\": 1300000"), "{json}");
    done(&ledger, "2012-01-04", &["ledger", "verify"]);
}

#[test]
fn the_bridge_ends_at_what_is_to_be_paid_and_the_year_end_is_accrued() {
    let (work, ledger, file, _) = book("bridge");
    done(&ledger, "2012-01-01", &["settlement", "open", "2012", "--balancing", "year"]);
    let budget = work.join("budget.csv");
    std::fs::write(&budget, "KMF;1201;983658725;12000\n").unwrap();
    done(&ledger, "2012-01-02", &["settlement", "on-account", "2012", "--budget", path(&budget)]);
    let run = ["settlement", "run", "2012", "--contacts", path(&file), "--draft"];
    let printed = done(&ledger, "2013-01-10", &run);
    assert!(printed.contains("2012-07: steg") && printed.contains("ingen aktivitet"), "{printed}");
    assert!(!printed.contains("signert"), "{printed}");
    let accrual = text(&samspill(&["accrual", "2012-12", "--ledger", &ledger]).stdout);
    let bergen: Vec<i64> = accrual
        .lines()
        .find(|line| line.starts_with("1201,"))
        .unwrap()
        .split(',')
        .filter_map(|cell| cell.parse().ok())
        .collect();
    // Code, on account, settled, difference, not balanced yet.
    let [_, on_account, settled, difference, waiting] = bergen[..5] else { unreachable!("{bergen:?}") };
    assert!(on_account == 1_200_000 && settled - on_account == difference && difference != 0, "{bergen:?}");
    assert_eq!(waiting, difference);
    let (code, printed) = tried(&ledger, "2013-01-12", &["settlement", "close", "2012"]);
    assert!(code == Some(2) && printed.contains("2012-05 er gjort opp uten en eneste kontakt"), "{printed}");
    done(&ledger, "2013-01-12", &["settlement", "close", "2012", "--accept"]);
    let out = work.join("year");
    done(
        &ledger,
        "2013-01-13",
        &["statement", "2012", "--party", "1201", "--as", "json", "--out", path(&out)],
    );
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("oppgjor-2012-1201-kladd.json")).unwrap())
            .unwrap();
    let last = json["bridge"].as_array().unwrap().last().unwrap();
    assert!(last["what"] == "asked" && last["amount"] == json["asked"][0]["amount"], "{last}");
    done(
        &ledger,
        "2013-01-13",
        &["statement", "2012-12", "--party", "1201", "--as", "json", "--out", path(&out)],
    );
    let december = std::fs::read_to_string(out.join("oppgjor-2012-12-1201-kladd.json")).unwrap();
    let december: serde_json::Value = serde_json::from_str(&december).unwrap();
    assert_eq!(december["to_pay"], last["amount"]);
}

#[test]
fn decisions_are_made_once_and_only_where_there_is_something_to_decide() {
    let (work, ledger, file, contacts) = book("decided");
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    done(&ledger, "2013-01-10", &["settlement", "run", "2012-T1", "--contacts", path(&file), "--draft"]);
    let board = |lines: &str| {
        let file = work.join("board.csv");
        std::fs::write(&file, lines).unwrap();
        tried(
            &ledger,
            "2013-01-11",
            &["settlement", "review-board", "2012", path(&file), "--into", "2012-12"],
        )
    };
    let one = "U1;ISF;-1000;by-settled;AU 12/3\n";
    assert!(board(one).1.contains("sum \u{2212}1\u{a0}000,00"));
    let both = format!("{one}U2;ISF;-500;by-settled;AU 12/4\n");
    let printed = board(&both).1;
    assert!(
        printed.contains("1 av vedtakene var ført fra før") && printed.contains("sum \u{2212}500,00"),
        "{printed}"
    );
    let (code, printed) = board("U1;ISF;-999999999;by-settled;AU 12/5\n");
    assert!(code == Some(2) && printed.contains("mer enn de"), "{printed}");

    // An objection marks only the line of its own creditor and unit, and is decided once.
    let waits = contacts.iter().find(|contact| contact.waits()).unwrap();
    let month = format!("2012-{:02}", waits.month);
    let filing = ["objection", "file", "--party", waits.home(), "--instrument", "USK", "--contact"];
    let rest = ["--month", &month, "--ground", "other", "--text", "Feil"];
    done(&ledger, "2013-01-12", &[&filing[..], &[&waits.key()], &rest[..]].concat());
    let out = work.join("disputed");
    done(
        &ledger,
        "2013-01-13",
        &["statement", &month, "--party", waits.home(), "--as", "json", "--out", path(&out)],
    );
    let name = format!("oppgjor-{month}-{}-kladd.json", waits.home());
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(out.join(name)).unwrap()).unwrap();
    let marked: Vec<&str> = json["detail"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|post| post["disputed"] != 0)
        .map(|post| post["unit"]["party"].as_str().unwrap())
        .collect();
    assert_eq!(marked, [format!("U{}", waits.unit)]);
    let key = json["objections"][0][0].as_str().unwrap();
    let decide = |outcome: &'static str| {
        let words =
            ["objection", "decide", key, "--outcome", outcome, "--reference", "TLN", "--into", "2012-12"];
        tried(&ledger, "2013-01-14", &words)
    };
    assert_eq!(decide("rejected").0, Some(0));
    assert!(decide("rejected").1.contains("ingenting endret"));
    let (code, printed) = decide("upheld");
    assert!(code == Some(2) && printed.contains("avgjort fra før: avslått"), "{printed}");
}

#[test]
fn a_split_waits_for_one_decision_and_a_merger_for_none() {
    let work = folder("split");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    done(&ledger, "2024-01-01", &["settlement", "open", "2024-T1"]);
    let inherit = |party: &str, heir: &str| {
        let words =
            ["settlement", "inherit", party, "--heir", heir, "--from", "2024-01-01", "--reference", "sak"];
        tried(&ledger, "2024-01-02", &words)
    };
    let (code, printed) = inherit("1244", "1580");
    assert!(code == Some(2) && printed.contains("ble til 4625 alene"), "{printed}");
    assert_eq!(inherit("undecided:1507", "1508").0, Some(0));
    assert!(inherit("undecided:1507", "1508").1.contains("ingenting endret"));
    let (code, printed) = inherit("1507", "1580");
    assert!(code == Some(2) && printed.contains("1508 svarer allerede for 1507"), "{printed}");
}

#[test]
fn a_bill_is_reconciled_to_its_last_line() {
    let work = folder("bill");
    let (log, bill) = (work.join("log.csv"), work.join("bill.csv"));
    std::fs::write(
        &log,
        "case;time;message\nA;2012-03-01T09:00;innlagt\nA;2012-03-05T10:00;utskrivningsklar\nA;2012-03-08T12:00;utskrevet\n",
    )
    .unwrap();
    let compare = |lines: &str| {
        std::fs::write(&bill, lines).unwrap();
        let output = samspill(&["compare", "--received", path(&bill), "--log", path(&log)]);
        let printed = format!("{}{}", text(&output.stdout), text(&output.stderr)).replace('\u{a0}', " ");
        (output.status.code(), printed)
    };
    assert_eq!(compare("case;days;amount\nA;3;kr 12.000,00\nSum;;12000\n").0, Some(0));
    let (code, printed) = compare("case;days;amount\nA;3;12000\n;;500,00\nSummit-77;1;4000\n");
    assert!(code == Some(3) && printed.contains("mottatt krav 16 500,00 kr"), "{printed}");
    assert!(printed.contains("\"no reference, line 3\",3,") && printed.contains("Summit-77"), "{printed}");
    let (code, printed) = compare("case;days;amount\nA;3;12000\nSum;;16000\n");
    assert!(
        code == Some(3) && printed.contains("egen sum på linje 3 er 16 000,00 kr, linjene er 12 000,00 kr"),
        "{printed}"
    );
    // A bill with two columns of the same name is refused.
    let (code, printed) = compare("case;days;days;amount\nA;9;3;12000\n");
    assert!(code == Some(1) && printed.contains("to kolonner 'days'"), "{printed}");
    // Fewer days at a higher price do not make the same bill, though the sum is the same.
    let (code, printed) = compare("case;days;amount\nA;2;12000\n");
    assert!(code == Some(3) && printed.contains("sats 4 000,00 kr, antall døgn −4 000,00 kr"), "{printed}");
    for party in ["9999", "9998"] {
        let compare = ["compare", "--received", path(&bill), "--log", path(&log), "--party", party];
        let running = ["running", "--contacts", path(&bill), "--draft", "--municipality", party];
        for words in [&compare[..], &running] {
            let output = samspill(words);
            assert_eq!(output.status.code(), Some(1), "{words:?}");
            assert!(text(&output.stderr).contains(&format!("{party} har ikke vært nummeret")), "{words:?}");
        }
    }
    // A case that has not ended has no bill yet.
    std::fs::write(
        &log,
        "case;time;message\nA;2012-03-01T09:00;innlagt\nA;2012-03-05T10:00;utskrivningsklar\n",
    )
    .unwrap();
    let (code, printed) = compare("case;days;amount\nA;3;12000\n");
    assert!(code == Some(1) && printed.contains("sak A er ikke utskrevet i loggen"), "{printed}");
}

#[test]
fn an_altered_step_is_reported_and_not_a_crash() {
    let (_, ledger, file, _) = book("altered");
    done(&ledger, "2012-01-01", &["settlement", "open", "2012-T1"]);
    done(&ledger, "2012-02-01", &["settlement", "run", "2012-01", "--contacts", path(&file), "--draft"]);
    let python = "import sqlite3,sys\nb=sqlite3.connect(sys.argv[1])\n\
                  b.executescript('DROP TRIGGER step_is_not_changed')\nb.execute(sys.argv[2])\nb.commit()\n";
    let change = |sql: &str| {
        let done = std::process::Command::new("python3").args(["-c", python, &ledger, sql]).output().unwrap();
        assert!(done.status.success(), "{}", text(&done.stderr));
    };
    change("UPDATE step SET content = '{}' WHERE number = 2");
    let (code, printed) = tried(&ledger, "2012-02-02", &["ledger", "verify"]);
    assert!(code == Some(1) && printed.contains("steg 2: endret"), "{printed}");
}
