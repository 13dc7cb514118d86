//! An operator who makes mistakes: wrong files, wrong months, wrong places, and a draft that has to become final.

use super::settlement::{csv, done, later, places, sign, signed, tried, world};
use super::{folder, path, program, samspill, text};

fn json(out: &std::path::Path, name: &str) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(out.join(name)).unwrap()).unwrap()
}

/// January and February are closed as drafts. Signed rules come in April. January and February are then settled again
/// under these rules; the correction is posted in March, and no amount changes. All three months then become final, and
/// January's statement is as before, except that it is no longer marked as a draft.
#[test]
fn a_month_closed_as_a_draft_becomes_final() {
    let work = folder("draft-to-final");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let file = path(&work.join("contacts.csv")).to_owned();
    std::fs::write(&file, csv(&world(17, 120))).unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012-T1"]);
    for (month, at) in [("2012-01", "2012-02-10"), ("2012-02", "2012-03-10")] {
        done(&ledger, at, &["settlement", "run", month, "--draft", "--contacts", &file]);
        done(&ledger, at, &["settlement", "close", month]);
    }
    let statement = |folder: &str, name: &str| {
        let out = work.join(folder);
        let more = ["--party", "1201", "--as", "json", "--out", path(&out)];
        done(&ledger, "2013-01-01", &[&["statement", "2012-01"][..], &more].concat());
        json(&out, name)
    };
    let before = statement("before", "oppgjor-2012-01-1201-kladd.json");
    // January rests on unsigned values and cannot become final. The refusal says what to do.
    let (code, printed) = tried(&ledger, "2012-03-11", &["settlement", "finalise", "2012-01"]);
    assert!(code == Some(2) && printed.contains("settlement rules --law"), "{printed}");
    sign(&ledger, "2012-04-01", &signed("draft-to-final-law"));
    done(&ledger, "2012-04-10", &["settlement", "run", "2012-03", "--contacts", &file]);
    let correct = ["settlement", "correct", "2012", "--into", "2012-03", "--contacts", &file];
    let printed = done(&ledger, "2012-04-10", &correct);
    assert!(printed.contains("ført i 2012-03: ingen bilag"), "nothing differs in kroner: {printed}");
    done(&ledger, "2012-04-11", &["settlement", "close", "2012-03"]);
    for month in ["2012-01", "2012-02", "2012-03"] {
        let printed = done(&ledger, "2012-04-12", &["settlement", "finalise", month]);
        assert!(printed.contains("endelig"), "{printed}");
    }
    let after = statement("after", "oppgjor-2012-01-1201.json");
    for same in ["number", "to_pay", "settled", "due", "control_code", "posts", "version"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    // The control code on January's first statement can still be verified after the steps of April: every later
    // step of the chain builds on it.
    let code = before["control_code"].as_str().unwrap();
    let printed = code[..16]
        .chars()
        .collect::<Vec<_>>()
        .chunks(4)
        .map(|four| four.iter().collect::<String>() + " ")
        .collect::<String>();
    let proof = done(&ledger, "2013-01-01", &["ledger", "verify", "--expect", printed.trim()]);
    assert!(proof.contains("var slutten av kjeden ved steg"), "{proof}");
    let other = if code.starts_with('0') { "1" } else { "0" };
    let wrong = format!("{other}{}", &code[1..16]);
    let (exit, proof) = tried(&ledger, "2013-01-01", &["ledger", "verify", "--expect", &wrong]);
    assert!(exit == Some(1), "{proof}");
    assert!(after["tags"].to_string().contains("final") && !after["tags"].to_string().contains("draft"));
    done(&ledger, "2013-01-01", &["ledger", "verify"]);
}

/// January is settled under unsigned rules, and February under signed ones. February's statement holds a correction of
/// January, and is a draft for as long as January is.
#[test]
fn a_statement_is_a_draft_for_as_long_as_one_of_its_months_is() {
    let work = folder("draft-within");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let (first, second) = (path(&work.join("a.csv")).to_owned(), path(&work.join("b.csv")).to_owned());
    let contacts = world(19, 200);
    std::fs::write(&first, csv(&contacts)).unwrap();
    std::fs::write(&second, csv(&later(&contacts, 19))).unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012-T1"]);
    done(&ledger, "2012-02-10", &["settlement", "run", "2012-01", "--draft", "--contacts", &first]);
    done(&ledger, "2012-02-10", &["settlement", "close", "2012-01"]);
    let correct =
        ["settlement", "correct", "2012-01", "--into", "2012-02", "--contacts", &second, "--accept"];
    done(&ledger, "2012-03-10", &[&correct[..], &["--draft"]].concat());
    sign(&ledger, "2012-03-11", &signed("draft-within-law"));
    done(&ledger, "2012-03-12", &["settlement", "run", "2012-02", "--contacts", &second]);
    done(&ledger, "2012-03-12", &["settlement", "close", "2012-02"]);
    let (code, printed) = tried(&ledger, "2012-03-13", &["settlement", "finalise", "2012-02"]);
    assert!(code == Some(2) && printed.contains("usignerte"), "January's values stand in it: {printed}");
    let correct = ["settlement", "correct", "2012-01", "--into", "2012-03", "--contacts", &second];
    done(&ledger, "2012-03-14", &correct);
    for month in ["2012-01", "2012-02"] {
        done(&ledger, "2012-03-15", &["settlement", "finalise", month]);
    }
}

#[test]
fn a_month_to_come_a_time_to_come_and_a_place_that_keeps_nothing_are_refused() {
    let work = folder("places");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let file = path(&work.join("contacts.csv")).to_owned();
    std::fs::write(&file, csv(&world(23, 40))).unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    done(&ledger, "2012-01-20", &["settlement", "run", "2012", "--draft", "--contacts", &file]);
    // All twelve months are closed at once, or none: on 1 February, only January is over.
    let (code, printed) = tried(&ledger, "2012-02-01", &["settlement", "close", "2012"]);
    assert!(code == Some(2) && printed.contains("2012-02 er ikke over"), "{printed}");
    let status = text(&samspill(&["settlement", "status", "--as", "csv", "--ledger", &ledger]).stdout);
    assert!(status.contains("2012-01,provisional"), "{status}");
    for now in ["2102-01-01", "2060-12-31"] {
        let (code, printed) = tried(&ledger, now, &["settlement", "close", "2012-01"]);
        assert!(code == Some(2) && printed.contains("er ikke ennå"), "{printed}");
    }
    for place in ["", " ", ":memory:", "file:x?mode=memory"] {
        let (code, printed) = tried(place, "2012-01-01", &["settlement", "open", "2012"]);
        assert!(code != Some(0) && printed.contains("tatt vare på"), "{place}: {printed}");
    }
    // Neither an export nor any other output may overwrite the ledger.
    let before = std::fs::read(&ledger).unwrap();
    for command in [
        vec!["ledger", "export", "--as", "csv", "--out", &ledger, "--ledger", &ledger],
        vec!["ledger", "export", "--as", "parquet", "--out", &ledger, "--ledger", &ledger],
        vec!["check", &file, "--out", &ledger],
    ] {
        let output = samspill(&command);
        let printed = text(&output.stderr);
        assert!(!output.status.success() && printed.contains("en database"), "{command:?}: {printed}");
        assert_eq!(std::fs::read(&ledger).unwrap(), before);
    }
}

#[test]
fn a_folder_that_is_no_result_is_left_as_it_is() {
    let work = folder("no-result");
    std::fs::create_dir_all(work.join("rules/variants")).unwrap();
    std::fs::write(work.join("rules/variants/mine.toml"), "mine").unwrap();
    std::fs::write(work.join("contacts.csv"), csv(&world(29, 40))).unwrap();
    let settle = |more: &[&str]| {
        let words = ["settle", "2012", "--draft", "--contacts", "contacts.csv", "--out", "."];
        let output = program().args(words).args(more).current_dir(&work).output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    let (code, printed) = settle(&[]);
    assert!(code == Some(1) && printed.contains("ikke laget av samspill settle"), "{printed}");
    assert_eq!(std::fs::read_to_string(work.join("rules/variants/mine.toml")).unwrap(), "mine");
    assert!(!work.join("totals.csv").exists());
    // Settling again replaces the result. Other files in the folder are kept, also those in its folder `rules`.
    std::fs::remove_dir_all(work.join("rules")).unwrap();
    assert_eq!(settle(&[]).0, Some(0));
    std::fs::write(work.join("rules/variants/mine.toml"), "mine").unwrap();
    assert_eq!(settle(&[]).0, Some(0));
    assert!(work.join("rules/variants/mine.toml").exists() && !work.join("manifest.part").exists());
    // A settlement that was broken off leaves `manifest.part`, which shows that the program made the files there.
    std::fs::rename(work.join("manifest.toml"), work.join("manifest.part")).unwrap();
    assert_eq!(settle(&[]).0, Some(0));
}

/// A decision of the board is posted once: its reference is refused with another amount. A decision that takes off more
/// than was settled is refused too.
#[test]
fn the_board_decides_once() {
    let work = folder("board");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let (file, board) = (path(&work.join("contacts.csv")).to_owned(), work.join("board.csv"));
    std::fs::write(&file, csv(&world(31, 80))).unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    done(&ledger, "2012-05-10", &["settlement", "run", "2012-T1", "--draft", "--contacts", &file]);
    let decide = |lines: &str| {
        std::fs::write(&board, lines).unwrap();
        tried(
            &ledger,
            "2012-06-01",
            &["settlement", "review-board", "2012", path(&board), "--into", "2012-06"],
        )
    };
    let one = "U1;KMF;-1000;by-settled;AU 12/3\n";
    for (lines, fault) in [
        (format!("{one}U1;KMF;-1001;by-settled;AU 12/3\n"), "AU 12/3"),
        ("clearing;KMF;-1;by-settled;AU 12/4\n".to_owned(), "clearing er ikke en institusjon"),
        ("0301;KMF;-1;by-settled;AU 12/4\n".to_owned(), "0301 er ikke en institusjon"),
    ] {
        let (code, printed) = decide(&lines);
        assert!(code == Some(2) && printed.contains(fault), "{lines}: {printed}");
    }
    let (code, printed) = decide(&format!("{one}{one}"));
    assert!(code == Some(1) && printed.contains("AU 12/3 står to ganger i filen"), "{printed}");
    assert_eq!(decide(one).0, Some(0));
    let (code, printed) = decide("U1;KMF;-1001;by-settled;AU 12/3\n");
    assert!(code == Some(2) && printed.contains("AU 12/3"), "{printed}");
    // Two decisions that each take off less than was settled may not take off more together.
    let export = text(&samspill(&["ledger", "export", "--as", "csv", "--ledger", &ledger]).stdout);
    let settled = export.lines().filter(|line| line.contains(",KMF,") && line.contains(",\"U1\","));
    let settled = settled.filter(|line| line.contains(",receivable,") && line.contains(",activity,"));
    let ore = settled.filter_map(|line| line.split(',').nth(13)?.parse::<i64>().ok()).sum::<i64>();
    let most_of_it = format!("U1;KMF;-{};by-settled", ore * 6 / 10 / 100);
    assert_eq!(decide(&format!("{most_of_it};AU 12/6\n")).0, Some(0));
    let (code, printed) = decide(&format!("{most_of_it};AU 12/7\n"));
    assert!(code == Some(2) && printed.contains("mer enn"), "{printed}");
    // A single decision may not take off more than was settled either.
    let (code, printed) = decide("U1;KMF;-200000000;by-settled;AU 12/5\n");
    assert!(code == Some(2) && printed.contains("mer enn"), "{printed}");
}

/// Two contacts of one stay overlap and have the same events. The patient waits for seven calendar days, and each day
/// is paid once, both in the settlement and in the explanation.
#[test]
fn a_day_of_a_stay_is_paid_once() {
    let work = folder("double-day");
    let contacts = "contact_id,stay_id,person_id,unit,unit_kind,trust,sector,care_level,admitted,discharged,\
municipality_of_registration,age,drg,drg_type,points,events\n\
1,5,5,U1,public-hospital,983974724,somatic,overnight,2012-03-01T08:00,2012-03-10T12:00,1201,70,127,medical,1,\
1@2012-03-01T12:00 2@2012-03-05T09:00 3@2012-03-05T10:00\n\
2,5,5,U2,public-hospital,983974724,somatic,overnight,2012-03-07T09:00,2012-03-12T12:00,1201,70,127,medical,1,\
1@2012-03-01T12:00 2@2012-03-05T09:00 3@2012-03-05T10:00\n";
    let (file, out) = (work.join("contacts.csv"), work.join("result"));
    std::fs::write(&file, contacts).unwrap();
    let settled = samspill(&["settle", "2012-03", "--draft", "--contacts", path(&file), "--out", path(&out)]);
    assert!(settled.status.success(), "{}", text(&settled.stderr));
    let totals = std::fs::read_to_string(out.join("totals.csv")).unwrap();
    let days: Vec<&str> = totals.lines().filter(|line| line.contains(",USK,")).collect();
    assert_eq!(days.len(), 2, "{totals}");
    assert!(days[0].ends_with(",1,0,2000000") && days[1].ends_with(",1,0,800000"), "{totals}");
    for (key, kroner) in [("USK-1", "20\u{a0}000,00"), ("USK-2", "8\u{a0}000,00")] {
        let explained = text(&samspill(&["explain", key, "--in", path(&out)]).stdout);
        assert!(explained.contains(kroner), "{explained}");
    }
    let explained = text(&samspill(&["explain", "USK-2", "--in", path(&out)]).stdout);
    assert!(explained.contains("3 av døgnene er betalt i en tidligere kontakt"), "{explained}");
    // On 9 March the patient waits in both contacts, and each day is charged once.
    let at = ["running", "--contacts", path(&file), "--draft", "--at", "2012-03-09T12:00", "--as", "csv"];
    let running = text(&samspill(&at).stdout);
    let accrued: i64 =
        running.lines().skip(1).map(|line| line.split(',').nth(7).unwrap().parse::<i64>().unwrap()).sum();
    assert_eq!(accrued, 4 * 400_000, "{running}");
}

/// An extract of the patient register needs no `--mapping`: its columns say what it is.
#[test]
fn a_file_is_read_by_the_mapping_that_it_fits() {
    let work = folder("guessed");
    let (file, out) = (work.join("npr.csv"), work.join("result"));
    let head = "institusjonID;episodeID;aggrshoppID;pasientNr;behandlingsstedKode;foretakID;omsorgsniva;innmateHast;\
innDatoTid;utDatoTid;komNrHjem;alder;kjonn;drg;drg_type;hdg;vekt;korrvekt;liggetid";
    let row = "974795930;17;900;1;974795930;983974880;1;1;2012-03-04 10:00:00;2012-03-09 12:00:00;2030;81;2;127;M;5;1,25;1,301;5";
    std::fs::write(&file, format!("{head}\n{row}\n")).unwrap();
    let checked = samspill(&["check", path(&file)]);
    let printed = text(&checked.stderr);
    assert!(checked.status.success() && printed.contains("har kolonnene til npr-extract"), "{printed}");
    let settled = samspill(&["settle", "2012-03", "--draft", "--contacts", path(&file), "--out", path(&out)]);
    assert!(settled.status.success(), "{}", text(&settled.stderr));
    // `--mapping` overrides the choice by columns. For a file that fits no mapping, the error names a column that the
    // standard mapping needs.
    let asked = samspill(&["check", path(&file), "--mapping", "samspill"]);
    assert!(!asked.status.success() && text(&asked.stderr).contains("contact_id"), "{}", text(&asked.stderr));
    std::fs::write(&file, "a;b\n1;2\n").unwrap();
    let other = samspill(&["check", path(&file)]);
    assert!(!other.status.success() && text(&other.stderr).contains("kolonne"), "{}", text(&other.stderr));
}

/// An explanation names who owes whom, as the settlement does: nobody for a patient from abroad, and another municipality
/// from the day on which the law changes payer.
#[test]
fn an_explanation_names_debtor_and_creditor() {
    let work = folder("owes");
    let contacts = "contact_id,stay_id,person_id,unit,unit_kind,trust,sector,care_level,admitted,discharged,\
municipality_of_registration,municipality_of_stay,age,drg,drg_type,points,events\n\
1,1,1,U1,public-hospital,983974724,somatic,overnight,2018-12-20T08:00,2019-01-03T12:00,1201,5001,70,127,medical,1,\
1@2018-12-21T12:00 2@2018-12-30T09:00 3@2018-12-30T10:00\n\
2,2,2,U1,public-hospital,983974724,somatic,overnight,2018-12-20T08:00,2018-12-31T12:00,9900,9900,70,127,medical,1,\
1@2018-12-21T12:00 2@2018-12-29T09:00 3@2018-12-29T10:00\n";
    let file = work.join("contacts.csv");
    std::fs::write(&file, contacts).unwrap();
    let explained = |period: &str, key: &str| {
        let out = work.join(period);
        samspill(&["settle", period, "--draft", "--contacts", path(&file), "--out", path(&out)]);
        let totals = std::fs::read_to_string(out.join("totals.csv")).unwrap();
        (totals, text(&samspill(&["explain", key, "--in", path(&out)]).stdout).replace('\u{a0}', " "))
    };
    let (totals, of_stay) = explained("2018-12", "USK-1");
    assert!(totals.contains("1201,983974724,1201,U1,2018-12,USK,1,0,949400"), "{totals}");
    assert!(!totals.contains("USK,2"), "{totals}");
    assert!(
        of_stay.contains("2018-12: 9 494,00 kr, som Bergen kommune skylder Helse Bergen HF"),
        "{of_stay}"
    );
    assert!(
        of_stay.contains("2019-01: 9 770,00 kr, som Trondheim kommune skylder Helse Bergen HF"),
        "{of_stay}"
    );
    let (_, abroad) = explained("2018-12", "USK-2");
    assert!(abroad.contains("no-municipality") && !abroad.contains("skylder"), "{abroad}");
    let (totals, of_stay) = explained("2019-01", "USK-1");
    assert!(totals.contains(",USK,1,0,977000"), "{totals}");
    assert!(
        of_stay.contains("2019-01: 9 770,00 kr, som Trondheim kommune skylder Helse Bergen HF"),
        "{of_stay}"
    );
}

/// A file that another user checked is checked again, and gives the same amounts. A file that the user checked is not
/// checked again.
#[test]
fn a_stamp_from_elsewhere_is_no_proof() {
    let work = folder("stamp");
    let (file, checked) = (work.join("contacts.csv"), work.join("checked.parquet"));
    std::fs::write(&file, csv(&world(37, 60))).unwrap();
    assert!(samspill(&["check", path(&file), "--out", path(&checked)]).status.success());
    let settle = |state: Option<&std::path::Path>, out: &str| {
        let out = work.join(out);
        let mut command = program();
        if let Some(state) = state {
            command.env("SAMSPILL_STATE", state);
        }
        command.args([
            "settle",
            "2012",
            "--draft",
            "--plain",
            "--contacts",
            path(&checked),
            "--out",
            path(&out),
        ]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        (text(&output.stderr), std::fs::read_to_string(out.join("totals.csv")).unwrap())
    };
    let (own, other) = (settle(None, "own"), settle(Some(&work.join("elsewhere")), "other"));
    assert!(
        !own.0.contains("kontrolleres på nytt") && other.0.contains("kontrolleres på nytt"),
        "{}",
        other.0
    );
    assert_eq!(own.1, other.1);
}

/// Before anything is settled, a statement asks for the amount on account. The payment goes to the creditor, or to the
/// clearing account in a central settlement, under a reference of its own; the bridge has no steps.
#[test]
fn an_amount_on_account_is_asked_for_by_itself() {
    let work = folder("only-on-account");
    for (mode, payee, reference) in
        [("decentral", "983658725", "2012-01-1201-AK-983658725"), ("central", "clearing", "2012-01-1201-AK")]
    {
        let ledger = path(&work.join(format!("{mode}.sqlite"))).to_owned();
        let budget = work.join("budget.csv");
        let on_account = |amount: &str| {
            std::fs::write(&budget, format!("KMF;1201;983658725;{amount}\n")).unwrap();
            let order = ["settlement", "on-account", "2012-01..2012-03", "--budget", path(&budget)];
            done(&ledger, "2012-01-02", &order);
        };
        done(&ledger, "2012-01-01", &["settlement", "open", "2012-01..2012-03", "--mode", mode]);
        on_account("120000");
        let out = work.join(mode);
        let more = ["--party", "1201", "--as", "json,pdf,ehf", "--out", path(&out)];
        let asked = || {
            done(&ledger, "2012-01-03", &[&["statement", "2012-01"][..], &more].concat());
            json(&out, "oppgjor-2012-01-1201-AK.json")
        };
        let made = asked();
        assert_eq!((made["to_pay"].as_i64(), made["version"].as_i64()), (Some(1_000_000), Some(1)));
        if mode == "decentral" {
            let why = std::fs::read_to_string(out.join(format!("mangler-ehf-{reference}.txt"))).unwrap();
            assert!(why.contains("fakturaen kommer med oppgjøret"), "{why}");
        }
        assert_eq!(made["payments"][0]["counterparty"]["party"], payee);
        assert_eq!(
            (made["payments"][0]["reference"].as_str(), made["mode"].as_str()),
            (Some(reference), Some(mode))
        );
        assert!(
            made["bridge"].as_array().unwrap().is_empty() && made["posts"].as_array().unwrap().is_empty()
        );
        // A tertial of which only some months are open yet is paid in the same way.
        let as_json = ["--party", "1201", "--as", "json", "--out", path(&out)];
        done(&ledger, "2012-01-03", &[&["statement", "2012-T1"][..], &as_json].concat());
        assert_eq!(json(&out, "oppgjor-2012-T1-1201.json")["mode"], mode);
        // A demand that is raised is a new version under the same number.
        on_account("240000");
        let made = asked();
        assert_eq!((made["to_pay"].as_i64(), made["version"].as_i64()), (Some(2_000_000), Some(2)));
    }
}

#[test]
fn an_agreement_that_reaches_nobody_is_told() {
    let work = folder("nobody");
    let (file, agreed) = (work.join("contacts.csv"), work.join("agreed.toml"));
    std::fs::write(&file, csv(&world(41, 20))).unwrap();
    let write = |trust: &str, municipality: &str| {
        let row = format!(
            "[[grace]]\ntrust = \"{trust}\"\nmunicipality = \"{municipality}\"\nhours = 24\nfrom = 2012-01-01\nreference = \"avtale 7\"\n"
        );
        std::fs::write(&agreed, row).unwrap();
        let out = work.join("out");
        let words =
            ["settle", "2012", "--draft", "--contacts", path(&file), "--agreements", path(&agreed), "--out"];
        let output = samspill(&[&words[..], &[path(&out)]].concat());
        (output.status.success(), text(&output.stderr))
    };
    let (done, printed) = write("983974724", "1201");
    assert!(done && !printed.contains("hører til institusjonen"), "{printed}");
    let (done, printed) = write("Helse Bergen", "1201");
    assert!(done && printed.contains("Helse Bergen (avtale 7)"), "{printed}");
    // Contacts that name a trust fall under the agreements of that trust, not under those of a hospital.
    let (done, printed) = write("Sykehuset", "1201");
    assert!(done && printed.contains("Sykehuset (avtale 7)"), "{printed}");
    // A municipality that was not there when the agreement began.
    let (done, printed) = write("983974724", "4601");
    assert!(!done && printed.contains("4601"), "{printed}");
}

/// Text that a spreadsheet would take for a formula gets an apostrophe in front in every file for people, and is left
/// unchanged in files for programs.
#[test]
fn no_cell_of_a_file_for_people_is_a_formula() {
    let work = folder("formula");
    let file = work.join("contacts.csv");
    let rows = csv(&world(43, 3)).replacen(",somatic,", ",=1+1,", 1);
    std::fs::write(&file, rows).unwrap();
    for (plain, cell) in [(false, ";'=1+1;"), (true, ",=1+1,")] {
        let mut command = program();
        command.args(["check", path(&file), "--out", path(&work.join("checked.parquet"))]);
        if plain {
            command.arg("--plain");
        }
        assert_eq!(command.output().unwrap().status.code(), Some(3));
        let refused = std::fs::read_to_string(work.join("refused.csv")).unwrap();
        assert!(refused.contains(cell), "{refused}");
    }
}

/// The roles of `docs/operation.md`: a reader reads and posts nothing, and whoever posts changes nothing that is posted.
#[test]
fn roles_of_the_database_may_do_what_the_page_says() {
    let page = include_str!("../../../../docs/operation.md");
    let sql = page.split("```sql").nth(1).unwrap().split("```").next().unwrap();
    let address = places("roles").pop().unwrap();
    done(&address, "2012-01-01", &["settlement", "open", "2012"]);
    // Roles belong to the server, so those of the test have names of their own.
    let suffix = format!("_{}", std::process::id());
    let named = |text: &str| {
        text.replace("samspill_leser", &format!("leser{suffix}"))
            .replace("samspill_forer", &format!("forer{suffix}"))
    };
    let mut owner = postgres::Client::connect(&address, postgres::NoTls).unwrap();
    owner.batch_execute(&named(sql)).unwrap();
    let (reader, poster) = (format!("les{suffix}"), format!("post{suffix}"));
    for (role, rights) in [(&reader, "samspill_leser"), (&poster, "samspill_forer")] {
        owner.batch_execute(&named(&format!("CREATE ROLE {role} LOGIN IN ROLE {rights}"))).unwrap();
    }
    let as_role = |role: &str| address.replace("postgres@", &format!("{role}@"));
    let file = folder("roles").join("contacts.csv");
    std::fs::write(&file, csv(&world(71, 40))).unwrap();
    let run = ["settlement", "run", "2012-01", "--draft", "--contacts", path(&file)];
    let (code, printed) = tried(&as_role(&reader), "2012-02-10", &run);
    assert!(code == Some(1) && printed.contains("permission denied"), "{printed}");
    done(&as_role(&poster), "2012-02-10", &run);
    for command in [&["settlement", "status"][..], &["ledger", "verify"]] {
        done(&as_role(&reader), "2012-02-10", command);
    }
    let out = folder("roles-statements");
    done(&as_role(&reader), "2012-02-10", &["statement", "2012-01", "--as", "json", "--out", path(&out)]);
    let mut client = postgres::Client::connect(&as_role(&poster), postgres::NoTls).unwrap();
    for change in [
        "UPDATE samspill.voucher SET amount_ore = 0",
        "DELETE FROM samspill.step",
        "DROP TABLE samspill.line",
    ] {
        assert!(client.batch_execute(change).is_err(), "{change}");
    }
}
