//! What fresh eyes found once more: money that nobody is asked for, papers that refer to what was never sent, and data that
//! lack what the figures rest on.

use super::settlement::{csv, done, tried, world};
use super::third_look::extract;
use super::{folder, path, ran, samspill, text};

fn written(work: &std::path::Path, name: &str, text: &str) -> String {
    std::fs::write(work.join(name), text).unwrap();
    path(&work.join(name)).to_owned()
}

/// Bergen's objection to contact 1's days in March: its key.
fn objected(ledger: &str) -> String {
    let filing = ["objection", "file", "--party", "1201", "--instrument", "usk", "--contact", "1"];
    let more = ["--month", "2012-03", "--ground", "discharge-papers", "--text", "Epikrisen manglet"];
    let said = done(ledger, "2012-04-11", &[&filing[..], &more].concat());
    said.split(':').next().unwrap().to_owned()
}

fn json(file: &std::path::Path) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// A stay over the end of a month first comes when the patient has left: its days in the month before are told.
#[test]
fn days_in_settled_months_are_told() {
    let work = folder("days-before");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let whole = extract().replacen("2012-03-09T12:00", "2012-04-02T12:00", 1);
    let without: String =
        whole.lines().filter(|line| !line.starts_with("1,")).map(|line| format!("{line}\n")).collect();
    let (march, april) = (written(&work, "march.csv", &without), written(&work, "april.csv", &whole));
    done(&ledger, "2012-01-01", &["settlement", "open", "2012-03..2012-04"]);
    done(&ledger, "2012-04-10", &["settlement", "run", "2012-03", "--contacts", &march, "--draft"]);
    done(&ledger, "2012-04-11", &["settlement", "close", "2012-03"]);
    let said =
        done(&ledger, "2012-05-10", &["settlement", "run", "2012-04", "--contacts", &april, "--draft"]);
    assert!(said.contains("1 opphold som tok slutt i 2012-04, har døgn i 2012-03"), "{said}");
    let correct = ["settlement", "correct", "2012-03", "--into", "2012-04", "--contacts", &april, "--draft"];
    let said = done(&ledger, "2012-05-11", &correct);
    assert!(said.replace(char::is_whitespace, " ").contains("USK 104 000,00 kr"), "{said}");
    let said =
        done(&ledger, "2012-05-12", &["settlement", "run", "2012-04", "--contacts", &april, "--draft"]);
    assert!(!said.contains("har døgn i 2012-03"), "{said}");
}

/// A year that is not settled in full cannot be the next year's amount on account.
#[test]
fn part_of_a_year_is_no_year() {
    let work = folder("part-of-year");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let file = written(&work, "contacts.csv", &csv(&world(71, 40)));
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    done(&ledger, "2013-01-01", &["settlement", "open", "2013"]);
    done(&ledger, "2013-01-10", &["settlement", "run", "2012-01..2012-11", "--contacts", &file, "--draft"]);
    let post = ["settlement", "on-account", "2013", "--from-year", "2012"];
    let (code, said) = tried(&ledger, "2013-01-11", &post);
    assert!(code == Some(2) && said.contains("2012 er ikke gjort opp i 2012-12"), "{said}");
    done(&ledger, "2013-01-12", &["settlement", "run", "2012-12", "--contacts", &file, "--draft"]);
    assert_eq!(tried(&ledger, "2013-01-13", &post).0, Some(0));
}

/// A month in which nobody answers for a party is not closed: a closed month never changes.
#[test]
fn a_month_that_owes_nobody_is_not_closed() {
    let work = folder("owes-nobody");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let of_2020 =
        extract().replace("2012-03", "2019-12").replace("2012-04", "2019-12").replace(",1201,", ",1850,");
    let file = written(&work, "contacts.csv", &of_2020);
    done(&ledger, "2019-01-01", &["settlement", "open", "2019-12"]);
    done(&ledger, "2019-01-01", &["settlement", "open", "2020-01..2020-02"]);
    done(&ledger, "2020-01-10", &["settlement", "run", "2019-12", "--contacts", &file, "--draft"]);
    done(&ledger, "2020-01-11", &["settlement", "close", "2019-12"]);
    let changed = written(&work, "changed.csv", &of_2020.replacen("2019-12-09T12:00", "2019-12-08T12:00", 1));
    let correct =
        ["settlement", "correct", "2019-12", "--into", "2020-01", "--contacts", &changed, "--draft"];
    done(&ledger, "2020-01-12", &correct);
    let empty = written(&work, "empty.csv", &(extract().lines().next().unwrap().to_owned() + "\n"));
    done(&ledger, "2020-02-10", &["settlement", "run", "2020-01", "--contacts", &empty, "--draft"]);
    let close = ["settlement", "close", "2020-01", "--accept"];
    let (code, said) = tried(&ledger, "2020-02-11", &close);
    assert!(
        code == Some(2) && said.contains("hvem som svarer for 1850") && said.contains("settlement inherit"),
        "{said}"
    );
    let heir = ["--heir", "1806", "--from", "2020-01-01", "--reference", "vedtak"];
    done(&ledger, "2020-02-12", &[&["settlement", "inherit", "1850"][..], &heir].concat());
    done(&ledger, "2020-02-13", &close);
}

/// An open month's statement knows the months before it; the overview of one party does not replace that of all; a disputed
/// amount stands on one line; a correction names only a statement that asked for something.
#[test]
fn a_statement_says_what_was_asked() {
    let work = folder("what-was-asked");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let budget = written(&work, "budget.csv", "KMF;1201;983658725;12000\n");
    done(&ledger, "2012-01-01", &["settlement", "open", "2012", "--mode", "decentral"]);
    done(&ledger, "2012-01-02", &["settlement", "on-account", "2012", "--budget", &budget]);
    let contacts = world(72, 200);
    let file = written(&work, "contacts.csv", &csv(&contacts));
    for (month, day) in [("2012-01", "2012-02-10"), ("2012-02", "2012-03-10"), ("2012-03", "2012-04-10")] {
        done(&ledger, day, &["settlement", "run", month, "--contacts", &file, "--draft"]);
        done(&ledger, day, &["settlement", "close", month]);
    }
    let out = work.join("out");
    let statement = |now: &str, period: &str, name: &str| {
        let more = ["--party", "1201", "--as", "json", "--out", path(&out)];
        done(&ledger, now, &[&["statement", period][..], &more].concat());
        json(&out.join(name))
    };
    let march = statement("2012-04-11", "2012-03", "oppgjor-2012-03-1201-kladd.json");
    let april = statement("2012-04-11", "2012-04", "oppgjor-2012-04-1201-AK.json");
    let of = |statement: &serde_json::Value| {
        let months = statement["months"].as_array().unwrap();
        months.iter().take(3).map(|month| month["settled"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert!(of(&march).iter().all(|settled| *settled > 0) && of(&march) == of(&april), "{april}");
    // The council's picture of an unsettled month has the settled ones alone.
    let case = ["case", "Bergen", "--month", "2012-04", "--ledger", &ledger, "--out", path(&out)];
    assert_eq!(ran(&case).0, Some(0));
    let picture = std::fs::read_to_string(out.join("sak-1201-2012-04-aret.svg")).unwrap();
    assert!(picture.contains(">mar<") && !picture.contains(">apr<"), "{picture}");
    done(&ledger, "2012-04-11", &["statement", "2012-03", "--as", "json", "--out", path(&out)]);
    let lines = |name: &str| std::fs::read_to_string(out.join(name)).unwrap().lines().count();
    let all = lines("oversikt-2012-03.csv");
    statement("2012-04-11", "2012-03", "oppgjor-2012-03-1201-kladd.json");
    assert!((lines("oversikt-2012-03.csv"), lines("oversikt-2012-03-1201.csv")) == (all, 2) && all > 4);
    // What makes the same statement again names what it was made with.
    let more = ["--party", "1201", "--as", "csv", "--sender", "Oppgjørsenheten", "--out", path(&out)];
    done(&ledger, "2012-04-11", &[&["statement", "2012-03"][..], &more].concat());
    let about = std::fs::read_to_string(out.join("oppgjor-2012-03-1201-kladd.txt")).unwrap();
    assert!(about.contains("2012-03 --party 1201 --sender \"Oppgjørsenheten\""), "{about}");
    // The invoices of the instruments that have a term are due; the others have none.
    let due: Vec<_> = march["payments"].as_array().unwrap().iter().map(|one| one["due"].is_null()).collect();
    assert!(due.contains(&true) && due.contains(&false), "{due:?}");
    // A contact that moves to a municipality that had nothing from the trust before corrects no statement of it.
    let moved = contacts.iter().find(|contact| contact.month == 1 && contact.home() == "0301").unwrap();
    let row = csv([moved]);
    let row = row.lines().nth(1).unwrap();
    let changed = csv(&contacts).replace(row, &row.replace(",0301,", ",2003,"));
    let changed = written(&work, "changed.csv", &changed);
    let correct =
        ["settlement", "correct", "2012-01", "--into", "2012-04", "--contacts", &changed, "--draft"];
    done(&ledger, "2012-04-12", &correct);
    for (party, is_named) in [("2003", false), ("0301", true)] {
        let more = ["--party", party, "--as", "json", "--out", path(&out)];
        done(&ledger, "2012-04-13", &[&["statement", "2012-04"][..], &more].concat());
        let made = json(&out.join(format!("oppgjor-2012-04-{party}-kladd.json")));
        let posts = made["posts"].as_array().unwrap();
        assert!(!posts.is_empty());
        for post in posts {
            assert_eq!(post["corrects"] == format!("2012-01-{party}"), is_named, "{post}");
        }
    }
}

/// An answer says something, and comes before the decision. A decision that is typed again is no other decision.
#[test]
fn a_record_is_what_the_decider_had() {
    let work = folder("record");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let file = written(&work, "contacts.csv", &extract());
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    done(&ledger, "2012-04-10", &["settlement", "run", "2012-03", "--contacts", &file, "--draft"]);
    let key = &objected(&ledger);
    let answer = |now: &str, text: &str| tried(&ledger, now, &["objection", "answer", key, "--text", text]);
    let (code, said) = answer("2012-04-12", " ");
    assert!(code == Some(1) && said.contains("svaret er tomt"), "{said}");
    assert_eq!(answer("2012-04-13", "Epikrisen ble sendt").0, Some(0));
    let decide = ["objection", "decide", key, "--outcome", "upheld", "--reference", "TLN 1"];
    done(&ledger, "2012-04-14", &[&decide[..], &["--into", "2012-03"]].concat());
    let (code, said) = answer("2012-04-15", "Likevel ikke");
    assert!(code == Some(1) && said.contains("er avgjort"), "{said}");
    let board = |now: &str, institution: &str, kroner: &str, reference: &str| {
        let rows = format!(
            "institution;instrument;kroner;key;reference\n{institution};KMF;{kroner};by-settled;{reference}\n"
        );
        let rows = written(&work, "board.csv", &rows);
        tried(&ledger, now, &["settlement", "review-board", "2012", &rows, "--into", "2012-03"])
    };
    assert_eq!(board("2012-04-16", "U1", "-1000", "Vedtak 1").0, Some(0));
    let (code, said) = board("2012-04-17", "U1", "-2000", "vedtak  1");
    assert!(code == Some(2) && said.contains("vedtak  1"), "{said}");
    let (code, said) = board("2012-04-18", "Helse Vest RHF", "-1000", "Vedtak 2");
    assert_eq!(code, Some(0), "an institution by its name: {said}");
    done(&ledger, "2012-04-19", &["ledger", "verify"]);
    let addresses = written(&work, "addresses.csv", "party;organisation\n1201;983974724\n");
    let out = work.join("out");
    let more = ["--addresses", &addresses, "--as", "json", "--out", path(&out)];
    let (code, said) = tried(&ledger, "2012-04-20", &[&["statement", "2012-03"][..], &more].concat());
    assert!(code == Some(1) && said.contains("står på både 1201 og 983974724"), "{said}");
}

/// What a file lacks is told where its figures are used, and a delivery without a column takes nothing back unasked.
#[test]
fn what_a_file_lacks_is_told() {
    let work = folder("lacks");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let contacts = world(73, 60);
    let whole = csv(&contacts);
    let without = |place: usize, name: &str| {
        let lines = whole.lines().map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            cells.remove(place);
            cells.join(",") + "\n"
        });
        written(&work, name, &lines.collect::<String>())
    };
    let place =
        |column: &str| whole.lines().next().unwrap().split(',').position(|head| head == column).unwrap();
    let file = written(&work, "whole.csv", &whole);
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    done(&ledger, "2012-02-10", &["settlement", "run", "2012-01", "--contacts", &file, "--draft"]);
    let no_events = without(place("events"), "no-events.csv");
    let again = ["settlement", "run", "2012-01", "--contacts", &no_events, "--draft"];
    let (code, said) = tried(&ledger, "2012-02-11", &again);
    assert!(code == Some(2) && said.contains("ingen rad har hendelser (events)"), "{said}");
    assert!(
        said.contains("tar bort alt som er bokført for 2012-01 under utskrivningsklare pasienter (2"),
        "{said}"
    );
    done(&ledger, "2012-02-12", &[&again[..], &["--accept"]].concat());
    let no_persons = without(place("person_id"), "no-persons.csv");
    let checked = path(&work.join("checked.parquet")).to_owned();
    let (code, said) = ran(&["check", &no_persons, "--out", &checked]);
    assert!(code == Some(0) && said.contains("rader uten person (person_id)"), "{said}");
    let out = path(&work.join("out")).to_owned();
    let (code, said) = ran(&["risk", "picture", "--period", "2012", "--contacts", &checked, "--out", &out]);
    assert!(code == Some(1) && said.contains("60 rader i") && said.contains("uten person"), "{said}");
    let (_, said) = ran(&["risk", "picture", "--period", "2012", "--contacts", &file, "--out", &out]);
    assert!(said.contains("ingen kontakter i 2012-05, 2012-06"), "{said}");
    let no_type = without(place("drg_type"), "no-type.csv");
    let said =
        done(&ledger, "2012-03-10", &["settlement", "run", "2012-02", "--contacts", &no_type, "--draft"]);
    assert!(said.contains("uten DRG-type") && said.contains("øvre anslag"), "{said}");
    let head = written(&work, "head.csv", &(whole.lines().next().unwrap().to_owned() + "\n"));
    assert!(ran(&["check", &head]).1.contains("filen har ingen rader"));
}

/// Times and numbers that cannot be are refused with their line.
#[test]
fn what_cannot_be_is_refused() {
    let work = folder("cannot-be");
    for (from, to, fault) in [
        ("2012-03-09T12:00,1201,81", "2112-03-09T12:00,1201,81", "long-stay,1,2"),
        ("983974724", "\"9,83975E+08\"", "not-an-institution"),
        ("983974724", "123", "not-an-institution"),
    ] {
        let text = extract().replacen(from, to, 1);
        let (code, said) = ran(&["check", &written(&work, "wrong.csv", &text)]);
        assert!(code == Some(3) && said.contains(fault), "{to}: {code:?} {said}");
    }
    // A stay by itself cannot have messages from before it; a contact of a named stay may, of an earlier contact.
    let early = extract().replacen("2@2012-03-06T09:00", "2@2012-02-06T09:00", 1);
    let (code, said) = ran(&["check", &written(&work, "early.csv", &early)]);
    assert!(
        code == Some(0) && said.contains("en dag før de ble innlagt: døgnene regnes fra innleggelsen (1)")
    );
    let alone = early.replacen("\n1,1,1,", "\n1,,1,", 1);
    let (code, said) = ran(&["check", &written(&work, "alone.csv", &alone)]);
    assert!(code == Some(3) && said.contains("ready-before-admission,1,2"), "{said}");
    let text = extract().replacen("2@2012-03-06T09:00 3@2012-03-06T10:00", "2@2013-03-06T09:00", 1);
    let (code, said) = ran(&["check", &written(&work, "late.csv", &text)]);
    assert!(code == Some(0) && said.contains("utskrivningsklare en dag etter"), "{said}");
}

/// A file in UTF-16, and one that begins with `sep=;`, is read, with its lines. A workbook is read whatever its name ends in; a
/// web page with the ending of a workbook is refused with what to do.
#[test]
fn files_are_read_as_spreadsheets_save_them() {
    let work = folder("saved");
    let text = extract().replace(',', ";").replace("1.5", "1,5");
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    std::fs::write(work.join("utf16.csv"), utf16).unwrap();
    let (code, said) = ran(&["check", path(&work.join("utf16.csv"))]);
    assert!(code == Some(0) && said.contains("3 rader = 3 godtatt"), "{said}");
    let wrong = text.replace(";1201;40;209", ";9999;40;209");
    let (code, said) = ran(&["check", &written(&work, "sep.csv", &format!("sep=;\r\n{wrong}"))]);
    assert!(code == Some(3) && said.contains("unknown-municipality,1,4"), "{said}");
    let bill = path(&work.join("bill.xlsx")).to_owned();
    assert_eq!(ran(&["template", "bill", "--out", &bill]).0, Some(0));
    let log = path(&work.join("log.xlsx")).to_owned();
    assert_eq!(ran(&["template", "log", "--out", &log]).0, Some(0));
    let old = path(&work.join("regning.xls")).to_owned();
    std::fs::copy(&bill, &old).unwrap();
    let compare = |bill: &str| ran(&["compare", "--received", bill, "--log", &log, "--period", "2012-03"]);
    let (code, said) = compare(&old);
    assert!(code == Some(3) || code == Some(0), "{said}");
    assert_eq!((code, said), compare(&bill));
    let page = written(&work, "page.xls", "<html><table><tr><td>Sak</td></tr></table></html>");
    let (code, said) = compare(&page);
    assert!(code == Some(1) && said.contains("lagre den på nytt som .xlsx"), "{said}");
}

/// Inhabitants of the years to come are those of every municipality; incomes are those of municipalities, once each.
#[test]
fn tables_of_municipalities_name_municipalities() {
    let work = folder("of-municipalities");
    let file = written(&work, "contacts.csv", &csv(&world(74, 60)));
    let growth = |rows: &str| {
        let scenario = written(&work, "s.toml", "id = 's'\ntitle = 'S'\n");
        let rows = written(&work, "growth.csv", &format!("year;municipality;age;people\n{rows}"));
        let out = work.join("out");
        let order = ["--period", "2012", "--contacts", &file, "--projection", &rows, "--out", path(&out)];
        ran(&[&["simulate", &scenario][..], &order].concat())
    };
    for (rows, fault) in [
        ("2013;Bergen;0;1000\n", "428 kommuner"),
        ("2013;4601;0;1000\n", "'4601' er ingen kommune i 2012"),
        ("2013;Bergen;0;1000\n2013;1201;0;1000\n", "1201 2013 med alder 0 står to ganger"),
        ("2013;Bergen;1;1000\n", "1201 2013 mangler alder 0"),
    ] {
        let (code, said) = growth(rows);
        assert!(code == Some(1) && said.contains(fault), "{said}");
    }
    let income = |rows: &str| {
        let rows = written(&work, "income.csv", rows);
        let out = work.join("risk");
        let order = ["--period", "2012", "--contacts", &file, "--free-income", &rows, "--out", path(&out)];
        ran(&[&["risk", "picture"][..], &order].concat())
    };
    for (rows, fault) in [
        ("1201;-5\n", "ikke over null"),
        ("1201;5\nBergen;6\n", "1201 står to ganger"),
        ("Sum;15\n", "'Sum' er ingen kommune"),
    ] {
        let (code, said) = income(rows);
        assert!(code == Some(1) && said.contains(fault), "{said}");
    }
    assert_eq!(income("Bergen;15000000000\n").0, Some(0));
    // A brief does not show what the table withholds.
    let few = written(&work, "few.csv", &extract());
    let out = work.join("brief");
    let order = ["--period", "2012", "--contacts", &few, "--municipality", "Bergen", "--out", path(&out)];
    let (code, said) = ran(&[&["risk", "picture"][..], &order].concat());
    assert!(code == Some(1) && said.contains("holdt tilbake i tabellen"), "{said}");
}

/// Agreements are applied, or the reader is told that they are not; a party may stand with its name. A line for tax of nothing
/// is no case.
#[test]
fn agreements_are_applied_or_told() {
    let work = folder("agreements-told");
    let log = "Sak;Melding;Tidspunkt;Institusjon\nS-1;innlagt;01.03.2012 09:00;Helse Bergen HF\n\
               S-1;utskrivningsklar;05.03.2012 11:00;\nS-1;utskrevet;07.03.2012 12:00;\n";
    let (bill, log) =
        (written(&work, "bill.csv", "Sak;Beløp\nS-1;8000\nMVA 0 %;0\n"), written(&work, "log.csv", log));
    let agreed =
        "trust;municipality;hours;from;to;reference\nHelse Bergen HF;Bergen;24;2012-01-01;;Avtale 5\n";
    let agreed = written(&work, "agreed.csv", agreed);
    let compare = |more: &[&str]| {
        let order = ["compare", "--received", &bill, "--log", &log, "--agreements", &agreed];
        let (code, said) = ran(&[&order[..], more].concat());
        (code, said.replace('\u{a0}', " "))
    };
    let (code, said) = compare(&[]);
    assert!(code == Some(1) && said.contains("med --party"), "{said}");
    let (code, said) = compare(&["--party", "1201"]);
    assert!(code == Some(0) && said.contains("Ingen av avtalene (983974724 – 1201) er brukt"), "{said}");
    assert!(said.contains("1 linje er lik"), "{said}");
    let (code, said) = compare(&["--party", "1201", "--period", "2012-03"]);
    assert!(
        code == Some(3) && said.contains("egen beregning 4 000,00 kr") && !said.contains("Ingen av"),
        "{said}"
    );
}

/// What the law says on a day is shown with what is unknown, under any name that the rule has.
#[test]
fn unknown_values_of_a_rule_are_shown() {
    let (code, said) = ran(&["rules", "show", "utskrivningsklare pasienter", "--on", "2026-05-01"]);
    assert!(code == Some(0) && said.contains("rate,..,,,,,no-rate"), "{said}");
    let (code, said) = ran(&["rules", "show", "ISF", "--on", "2023-05-01"]);
    assert!(code == Some(1) && said.contains("en verdi er ukjent") && said.contains("--law"), "{said}");
    let (code, said) = ran(&["explain", "KMF-1"]);
    assert!(code == Some(1) && said.contains("--ledger"), "{said}");
    let (code, said) = ran(&["template", "bill", "--out", "mal.csv"]);
    assert!(code == Some(1) && said.contains("slutte på .xlsx"), "{said}");
}

/// Who has no address in the extract keeps no month open: a later delivery names the municipality.
#[test]
fn a_month_with_patients_of_no_address_is_closed() {
    let work = folder("no-address");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let file = written(&work, "contacts.csv", &extract().replacen(",1201,81", ",no-fixed-address,81", 1));
    done(&ledger, "2012-01-01", &["settlement", "open", "2012-03"]);
    let said = done(&ledger, "2012-04-10", &["settlement", "run", "2012-03", "--contacts", &file, "--draft"]);
    assert!(said.replace('\u{a0}', " ").contains("USK 12 000,00 kr"), "{said}");
    done(&ledger, "2012-04-11", &["settlement", "close", "2012-03"]);
}

/// Counted points that may be thousands are told, where other rows have a decimal comma.
#[test]
fn points_that_may_be_thousands_are_told() {
    let work = folder("thousands");
    let checked = |rows: &str| {
        let rows = format!("year;area;care_level;contacts;drg_points\n{rows}");
        ran(&["check", &written(&work, "counted.csv", &rows), "--mapping", "aggregate"]).1
    };
    let both = checked("2012;Bergen;dogn;100;1.234\n2012;Odda;dogn;10;18,156\n");
    assert!(both.contains("tusen ganger for små (1)"), "{both}");
    let points = checked("2012;Bergen;dogn;100;1.234\n2012;Odda;dogn;10;18.156\n");
    assert!(!points.contains("tusen ganger"), "{points}");
}

/// Months that are not settled are unknown, not zero: the rest of the year is expected from the settled ones.
#[test]
fn unsettled_months_are_no_zeros_of_a_forecast() {
    let work = folder("forecast-holes");
    let file = written(&work, "contacts.csv", &csv(&world(75, 400)));
    let rest = |name: &str, months: &str, settled: &[&str]| -> i64 {
        let ledger = path(&work.join(name)).to_owned();
        done(&ledger, "2012-01-01", &["settlement", "open", months]);
        for month in settled {
            done(&ledger, "2012-06-10", &["settlement", "run", month, "--contacts", &file, "--draft"]);
        }
        let order = ["forecast", "2012-04", "--party", "1201", "--as", "csv", "--ledger", &ledger];
        let printed = text(&samspill(&order).stdout);
        let mut lines = printed.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let place = lines.next().unwrap().iter().position(|head| *head == "rest_expected_ore").unwrap();
        lines.next().unwrap()[place].parse().unwrap()
    };
    // The contacts are of January to April. Settled for two months alone, each is a half and not a quarter.
    let two = rest("two.sqlite", "2012-03..2012-12", &["2012-03", "2012-04"]);
    let all = rest("all.sqlite", "2012", &["2012-01", "2012-02", "2012-03", "2012-04"]);
    assert!(two * 2 > all, "{two} {all}");
}

/// Months of an earlier year tell how a year usually goes: July at a half of the other months takes about a half of its
/// expected amount. Without such a year the forecast says that the season is unknown.
#[test]
fn an_earlier_year_tells_the_season_of_a_forecast() {
    let work = folder("forecast-season");
    let file = written(&work, "contacts.csv", &csv(&world(75, 400)));
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    for month in ["2012-01", "2012-02", "2012-03", "2012-04"] {
        done(&ledger, "2012-06-10", &["settlement", "run", month, "--contacts", &file, "--draft"]);
    }
    let forecast = |more: &[&str]| {
        let all = ["forecast", "2012-04", "--party", "1201", "--as", "csv", "--ledger", &ledger];
        ran(&[&all[..], more].concat())
    };
    let rest = |printed: &str| -> i64 {
        let mut lines = printed.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let place = lines.find_map(|row| row.iter().position(|head| *head == "rest_expected_ore")).unwrap();
        lines.next().unwrap()[place].parse().unwrap()
    };
    let (code, even) = forecast(&[]);
    assert!(code == Some(0) && even.contains("er ikke kjent uten et helt tidligere år"), "{even}");
    let rows = |quiet: &str, first: i32| {
        let row = |month: i32| {
            let kroner = if (7..=12).contains(&month) { quiet } else { "1 000 000" };
            format!("2011-{month:02};KMF;{kroner}\n2011-{month:02};USK;{kroner}\n")
        };
        format!("month;instrument;kroner\n{}", (first..=12).map(row).collect::<String>())
    };
    let earlier = written(&work, "earlier.csv", &rows("500 000", 1));
    let (code, told) = forecast(&["--earlier", &earlier]);
    assert!(code == Some(0) && !told.contains("er ikke kjent uten"), "{told}");
    // Two months at the level of the first four, six at a half: five eighths of eight.
    let ratio = rest(&told) as f64 / rest(&even) as f64;
    assert!((0.60..=0.65).contains(&ratio), "{ratio}");
    for (name, text, fault) in [
        ("part.csv", rows("500 000", 2), "har ikke alle tolv månedene"),
        ("late.csv", rows("500 000", 1).replace("2011-03", "2012-03"), "2012-03 er ikke før 2012"),
        ("word.csv", rows("mye", 1), "«mye» er ikke et beløp"),
        ("other.csv", rows("500 000", 1).replace("KMF", "KMX"), "KMF, USK, ISF"),
    ] {
        let (code, told) = forecast(&["--earlier", &written(&work, name, &text)]);
        assert!(code != Some(0) && told.contains(fault), "{name}: {told}");
    }
}

/// Rows that add up others, and points that may divide thousands, are refused wherever figures are read.
#[test]
fn sums_and_thousands_are_refused_wherever_figures_are_read() {
    let work = folder("sums");
    let its = |rows: &str| {
        let file = written(&work, "years.csv", &format!("år;verdi\n{rows}"));
        let order = ["--value", "verdi", "--time", "år", "--from", "2005", "--method", "its"];
        ran(&[&["evaluate", &file][..], &order].concat())
    };
    let years = "2001;10\n2002;12\n2003;11\n2004;9\n2005;8\n2006;6\n2007;7\n2008;6\n";
    assert_eq!(its(years).0, Some(0));
    let (code, said) = its(&format!("{years}Sum;69\n"));
    assert!(code == Some(1) && said.contains("years.csv:10: 'Sum' er en sum"), "{said}");
    let (code, said) = its(&years.replace("2001;10", "2001;1.005"));
    assert!(code == Some(1) && said.contains("1005"), "{said}");
    let counted =
        "year;area;care_level;contacts;drg_points\n2012;Bodø;dogn;191;92,355\n2012;Alle;dogn;191;92,355\n";
    let (code, said) = ran(&["check", &written(&work, "counted.csv", counted), "--mapping", "aggregate"]);
    assert!(code == Some(3) && said.contains("unknown-municipality,1,3"), "{said}");
    let file = written(&work, "contacts.csv", &csv(&world(76, 60)));
    let people = |rows: &str| {
        let rows = written(&work, "people.csv", rows);
        let out = work.join("out");
        let order = ["--period", "2012", "--contacts", &file, "--people", &rows, "--out", path(&out)];
        ran(&[&["risk", "picture"][..], &order].concat())
    };
    let (code, said) = people(
        "kommune;alder;kjønn;antall\nBergen;80;kvinne;500\nBergen;80;mann;400\nBergen;80;Begge kjønn;900\n",
    );
    assert!(code == Some(1) && said.contains("verken kvinne eller mann"), "{said}");
    let (code, said) = people("kommune;personer;hode\n1201;500;80\n");
    assert!(code == Some(1) && said.contains("ukjent kolonne 'hode'"), "{said}");
    let (code, said) = people("kommune;personer;alder\nBergen;500;80\n");
    assert!(code == Some(1) && said.contains("1201 mangler alder 0"), "{said}");
    let all = |sex: &str| (0..=90).map(|age| format!("Bergen;50;{age};{sex}\n")).collect::<String>();
    let head = "kommune;personer;alder;kjønn\n";
    let (code, said) = people(&format!("{head}{}{}", all("Kvinne"), all("m")));
    assert_eq!(code, Some(0), "{said}");
    // Two spellings of one sex count nobody twice.
    let (code, said) = people(&format!("{head}{}{}Bergen;50;80;kvinner\n", all("Kvinne"), all("m")));
    assert!(code == Some(1) && said.contains("1201 med alder 80 står to ganger"), "{said}");
}

/// Empty lines are no contacts, a workbook keeps its name, and keys that a spreadsheet has rounded are refused. What was
/// refused is explained.
#[test]
fn rows_that_are_none_and_keys_that_are_spoiled() {
    let work = folder("spoiled");
    let text = extract().replace('\n', ",\n") + &",".repeat(16) + "\n";
    let text = text.replacen("events,\n", "events\n", 1);
    let (code, said) = ran(&["check", &written(&work, "empty.csv", &text)]);
    assert!(code == Some(0) && said.contains("3 rader = 3 godtatt"), "{said}");
    for (from, to) in [("\n1,1,1,", "\n\"1,23457E+11\",1,1,"), ("\n1,1,1,", "\n1,1,\"1,0101E+10\",")] {
        let (code, said) = ran(&["check", &written(&work, "keys.csv", &extract().replacen(from, to, 1))]);
        assert!(code == Some(3) && said.contains("spoiled-key,1,2"), "{said}");
    }
    let wrong = written(&work, "wrong.csv", &extract().replacen("2012-03-04T10:00", "4. mars", 1));
    let out = work.join("result");
    ran(&["settle", "2012-03", "--contacts", &wrong, "--draft", "--out", path(&out)]);
    let (code, said) = ran(&["explain", "1", "--in", path(&out)]);
    assert!(code == Some(1) && said.contains("ble avvist i kontrollen (linje 2)"), "{said}");
    let (code, said) = ran(&["check", &wrong, "--out", path(&work.join("ny/mappe/o.parquet"))]);
    assert_eq!(code, Some(3), "{said}");
    let book = path(&work.join("regning.xlsx")).to_owned();
    assert_eq!(ran(&["template", "bill", "--out", &book]).0, Some(0));
    assert!(ran(&["check", &book]).1.contains("regning.xlsx: ingen kolonne"), "{}", ran(&["check", &book]).1);
}

/// An institution in the coverage stands for its units; a case from before the law is no case of nothing.
#[test]
fn an_institution_covers_its_units() {
    let work = folder("covers");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let all = written(&work, "all.csv", &extract());
    let fewer: String =
        extract().lines().filter(|line| !line.starts_with("2,")).map(|line| format!("{line}\n")).collect();
    let fewer = written(&work, "fewer.csv", &fewer);
    let coverage = written(&work, "coverage.csv", "institusjon;fra;til\nHelse Bergen HF;2012-03;2012-03\n");
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    done(&ledger, "2012-04-10", &["settlement", "run", "2012-03", "--contacts", &all, "--draft"]);
    let run = ["settlement", "run", "2012-03", "--contacts", &fewer, "--draft", "--coverage", &coverage];
    let said = done(&ledger, "2012-04-11", &run);
    assert!(said.contains("trukket tilbake") && !said.contains("OBS"), "{said}");
    let log = "Sak;Melding;Tidspunkt\nS-1;innlagt;04.03.2011 09:00\nS-1;utskrivningsklar;05.03.2011 11:00\n\
               S-1;utskrevet;08.03.2011 12:00\n";
    let (bill, log) = (written(&work, "bill.csv", "Sak;Beløp\nS-1;12000\n"), written(&work, "log.csv", log));
    let (code, said) = ran(&["compare", "--received", &bill, "--log", &log, "--party", "1201"]);
    assert!(code == Some(1) && said.contains("2011-03-08 var det ingen betaling"), "{said}");
}

/// The review board divides what is left after objections. A decision on an heir is a new version of what passes to the heir.
#[test]
fn what_objections_took_off_is_not_divided() {
    let work = folder("board-left");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let file = written(&work, "contacts.csv", &extract());
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    done(&ledger, "2012-04-10", &["settlement", "run", "2012-03", "--contacts", &file, "--draft"]);
    let key = &objected(&ledger);
    let decide = ["objection", "decide", key, "--outcome", "upheld", "--reference", "TLN 1"];
    done(&ledger, "2012-04-12", &[&decide[..], &["--into", "2012-03"]].concat());
    let rows = "institution;instrument;kroner;key;reference\nU1;USK;-1000;by-settled;AU 1\n";
    let rows = written(&work, "board.csv", rows);
    let board = ["settlement", "review-board", "2012", &rows, "--into", "2012-03"];
    let (code, said) = tried(&ledger, "2012-04-13", &board);
    assert!(code == Some(2) && said.contains("ingenting under USK"), "{said}");
    done(&ledger, "2012-04-14", &["ledger", "verify"]);
    let said = done(&ledger, "2012-04-15", &["settlement", "run", "2012-05", "--contacts", &file, "--draft"]);
    assert!(said.contains("ingen aktivitet"), "{said}");
    let (code, said) = tried(&ledger, "2012-04-16", &["statement", "2012-05"]);
    assert!(code == Some(1) && said.contains("gjort opp uten aktivitet"), "{said}");
}

/// A register of one municipality has that municipality's people beneath its rates, and not the country's.
#[test]
fn a_register_of_one_municipality_has_its_own_people() {
    let work = folder("covered");
    let mut contacts = world(79, 90);
    contacts.iter_mut().for_each(|contact| contact.home = "1151");
    let file = written(&work, "contacts.csv", &csv(&contacts));
    let out = work.join("out");
    let out_of = ["--contacts", &file, "--period", "2012", "--adjust", "age"];
    let order = [&out_of[..], &["--without-kroner", "--out", path(&out)]].concat();
    let (code, said) = ran(&[&["indicators", "run", "admissions"][..], &order].concat());
    assert!(
        code == Some(0) && said.contains("kommuner har ingen kontakter i registeret, der minst 40"),
        "{said}"
    );
    let people = std::fs::read_to_string(out.join("folketall.csv")).unwrap();
    let known = |line: &&str| !line.contains(",..,");
    let known: Vec<&str> = people.lines().skip(1).filter(known).collect();
    assert!(known.iter().any(|line| line.starts_with("1151,")), "{people}");
    assert_eq!(known.len(), 1, "{known:?}");
}
