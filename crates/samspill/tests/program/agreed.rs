//! Agreements between two parties, and patients whose municipality the register does not state.

use super::settlement::{done, tried};
use super::{folder, path, samspill, text};

const HEAD: &str = "contact_id,stay_id,person_id,unit,unit_kind,trust,sector,care_level,admitted,discharged,\
municipality_of_registration,age,drg,drg_type,points,events\n";

/// A stay with three payable days: notified on the 6th at 10, left on the 9th.
fn stay(id: u8, home: &str) -> String {
    let events = "1@2012-03-04T12:00 2@2012-03-06T09:00 3@2012-03-06T10:00 6@2012-03-06T11:00";
    format!(
        "{id},{id},{id},U1,public-hospital,983974724,somatic,overnight,2012-03-04T10:00,2012-03-09T12:00,{home},81,127,\
         medical,1.5,{events}\n"
    )
}

const AGREED: &str = "[[grace]]\ntrust = \"983974724\"\nmunicipality = \"1201\"\nhours = 24\n\
from = 2012-01-01\nto = 2012-12-31\nreference = \"Samarbeidsavtale, delavtale 5\"\n";

#[test]
fn an_agreement_gives_hours_and_a_correction_says_so() {
    let work = folder("agreed");
    let (file, agreed) = (work.join("contacts.csv"), work.join("agreed.toml"));
    std::fs::write(&file, format!("{HEAD}{}{}", stay(1, "1201"), stay(2, "0301"))).unwrap();
    std::fs::write(&agreed, AGREED).unwrap();
    let out = work.join("result");
    let settle = ["settle", "2012", "--contacts", path(&file), "--draft", "--out", path(&out)];
    let settled = samspill(&[&settle[..], &["--agreements", path(&agreed)]].concat());
    assert!(settled.status.success(), "{}", text(&settled.stderr));
    let totals = std::fs::read_to_string(out.join("totals.csv")).unwrap();
    // The first payable day is a day later for Bergen, which has the agreement. Oslo has none.
    assert!(totals.contains("1201,983974724,1201,U1,2012-03,USK,1,0,800000"), "{totals}");
    assert!(totals.contains("0301,983974724,0301,U1,2012-03,USK,1,0,1200000"), "{totals}");
    let explained = text(&samspill(&["explain", "USK-1", "--in", path(&out)]).stdout);
    let step =
        "Avtalen gir kommunen 24 timer fra varselet  [Samarbeidsavtale, delavtale 5; law/agreements.toml:5]";
    assert!(explained.contains(step), "{explained}");

    // An agreement that becomes known after the month was settled is a changed rule, not changed data.
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let run = ["settlement", "run", "2012-03", "--contacts", path(&file), "--draft"];
    done(&ledger, "2012-01-01", &["settlement", "open", "2012-T1"]);
    done(&ledger, "2012-04-02", &run);
    let (code, printed) =
        tried(&ledger, "2012-04-03", &[&run[..], &["--agreements", path(&agreed)]].concat());
    assert!(code == Some(2) && printed.contains("det som skiller: law/agreements.toml"), "{printed}");
    let change =
        ["settlement", "rules", "--agreements", path(&agreed), "--reference", "Partnerskapet, sak 3/12"];
    done(&ledger, "2012-04-03", &change);
    let printed = done(&ledger, "2012-04-03", &run);
    assert!(printed.contains("endret regel eller sats −4\u{a0}000,00\u{a0}kr"), "{printed}");
    // The agreement stays in force until the ledger gets another file.
    let printed = done(&ledger, "2012-04-04", &run);
    assert!(printed.contains("ingenting") && !printed.contains("annerledes"), "{printed}");

    for (wrong, fault) in [
        (AGREED.replace("24", "300"), "agreed.toml:5: valget hours = '300' er ukjent: ventet 0–240"),
        (format!("{AGREED}{AGREED}"), "gjelder begge på 2012-01-01"),
        (AGREED.replace("hours", "days"), "unknown field `days`"),
    ] {
        std::fs::write(&agreed, wrong).unwrap();
        let refused = samspill(&[&settle[..], &["--agreements", path(&agreed)]].concat());
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains(fault), "{}", text(&refused.stderr));
    }
    // A row that no contact can fall under is a mistake, and so is a row that names no agreement.
    for (from, to, fault) in [
        ("983974724", "98397472", "98397472 er ikke et organisasjonsnummer"),
        ("1201", "9999", "det finnes ingen kommune 9999"),
        ("Samarbeidsavtale, delavtale 5", "", "skriv hvilken avtale det er"),
    ] {
        std::fs::write(&agreed, AGREED.replace(from, to)).unwrap();
        let refused = samspill(&[&settle[..], &["--agreements", path(&agreed)]].concat());
        let printed = text(&refused.stderr);
        assert!(
            !refused.status.success() && printed.contains("agreed.toml:5") && printed.contains(fault),
            "{printed}"
        );
    }
}

/// Svalbard is no municipality: nobody is charged, and the contact is counted. A protected address is in some
/// municipality: the charge has an undecided debtor until a delivery states the municipality. The charge then moves to
/// that municipality, and the cause is a changed payer.
#[test]
fn an_address_that_is_not_stated_has_a_place() {
    let work = folder("withheld");
    let file = work.join("contacts.csv");
    let delivered = |home: &str| format!("{HEAD}{}{}{}", stay(1, "2100"), stay(2, home), stay(3, "1201"));
    std::fs::write(&file, delivered("protected-address")).unwrap();
    let out = work.join("result");
    let settled = samspill(&["settle", "2012", "--contacts", path(&file), "--draft", "--out", path(&out)]);
    assert!(settled.status.success(), "{}", text(&settled.stderr));
    let totals = std::fs::read_to_string(out.join("totals.csv")).unwrap();
    for line in [
        "undecided:protected-address,983974724,undecided:protected-address,U1,2012-03,USK,1,0,1200000",
        "undecided:protected-address,undecided:region-protected-address,undecided:protected-address,U1,2012-03,KMF",
        "state,undecided:region-protected-address,,U1,2012-03,ISF",
    ] {
        assert!(totals.contains(line), "{line}\n{totals}");
    }
    assert!(!totals.contains("2100"), "{totals}");
    let outside = std::fs::read_to_string(out.join("outside.csv")).unwrap();
    assert!(outside.contains("KMF,not-resident,1") && outside.contains("USK,no-municipality,1"), "{outside}");

    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let run = ["settlement", "run", "2012-03", "--contacts", path(&file), "--draft"];
    done(&ledger, "2012-01-01", &["settlement", "open", "2012-T1"]);
    done(&ledger, "2012-04-02", &run);
    let statements = work.join("statements");
    done(
        &ledger,
        "2012-04-03",
        &[
            "statement",
            "2012-03",
            "--party",
            "undecided:protected-address",
            "--as",
            "json",
            "--out",
            path(&statements),
        ],
    );
    let made =
        std::fs::read_to_string(statements.join("oppgjor-2012-03-undecided-protected-address-kladd.json"));
    assert!(made.unwrap().contains("Beskyttet adresse"));
    // The workbook of one party can hold the claims behind the lines. The claims add up to the party's statement.
    let book = work.join("book");
    let bergen = ["statement", "2012-03", "--party", "1201", "--with-claims", "--as", "xlsx"];
    done(&ledger, "2012-04-03", &[&bergen[..], &["--out", path(&book)]].concat());
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook(book.join("oppgjor-2012-03-1201-kladd.xlsx")).unwrap();
    let sheet = calamine::Reader::worksheet_range(&mut book, "Krav").unwrap();
    let cells: Vec<String> = sheet.rows().map(|row| row[2].to_string() + " " + &row[8].to_string()).collect();
    assert_eq!(cells[1..3], ["3 11462.7", "3 12000"], "{cells:?}");
    assert_eq!(cells.last().unwrap(), " 23462.7");
    std::fs::write(&file, delivered("0301")).unwrap();
    let moved = done(&ledger, "2012-04-05", &run);
    assert!(moved.contains("endret betaler"), "{moved}");
    done(&ledger, "2012-04-06", &["ledger", "verify"]);
    let balances = done(&ledger, "2012-04-06", &["ledger", "balances"]);
    assert!(balances.contains("0301"), "{balances}");
}

/// A patient who waited in January and left in February is new in both months, whichever is settled first.
#[test]
fn the_order_of_commands_does_not_change_the_cause() {
    let work = folder("order");
    let events = "1@2012-01-20T12:00 2@2012-01-29T09:00 3@2012-01-29T10:00 6@2012-01-29T11:00";
    let over = format!(
        "9,9,9,U1,public-hospital,983974724,somatic,overnight,2012-01-20T10:00,2012-02-03T12:00,1201,81,127,medical,1.5,{events}\n"
    );
    let january = stay(1, "1201").replace("2012-03", "2012-01");
    let (first, second) = (work.join("january.csv"), work.join("february.csv"));
    std::fs::write(&first, format!("{HEAD}{january}")).unwrap();
    std::fs::write(&second, format!("{HEAD}{january}{over}")).unwrap();
    let causes = |name: &str, february_first: bool| {
        let ledger = path(&work.join(name)).to_owned();
        done(&ledger, "2012-01-01", &["settlement", "open", "2012-T1"]);
        done(&ledger, "2012-02-02", &["settlement", "run", "2012-01", "--contacts", path(&first), "--draft"]);
        done(&ledger, "2012-02-03", &["settlement", "close", "2012-01"]);
        let run = ["settlement", "run", "2012-02", "--contacts", path(&second), "--draft"];
        let correct =
            ["settlement", "correct", "2012-01", "--into", "2012-02", "--contacts", path(&second), "--draft"];
        let (one, other) = if february_first { (&run[..], &correct[..]) } else { (&correct[..], &run[..]) };
        done(&ledger, "2012-03-02", one) + &done(&ledger, "2012-03-03", other)
    };
    // A unit that is covered and not delivered may be misspelt.
    let (ledger, coverage) = (path(&work.join("c.sqlite")).to_owned(), work.join("coverage.csv"));
    std::fs::write(&coverage, "unit;from;to\nU1;2012-01;2012-01\nU11;2012-01;2012-01\n").unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012-T1"]);
    let run = ["settlement", "run", "2012-01", "--contacts", path(&first), "--draft"];
    let printed = done(&ledger, "2012-02-02", &[&run[..], &["--coverage", path(&coverage)]].concat());
    assert!(printed.contains("dekningen nevner U11, og leveransen har ingen kontakter derfra"), "{printed}");
    for (name, february_first) in [("a.sqlite", true), ("b.sqlite", false)] {
        let printed = causes(name, february_first);
        assert!(printed.contains("ny aktivitet") && !printed.contains("endret koding"), "{printed}");
    }
}
