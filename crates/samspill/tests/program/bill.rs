//! The check of a bill from end to end, with a bill as hospitals write it and a log as municipalities have it (invented
//! cases).

use std::path::{Path, PathBuf};

use super::{folder, path, program, samspill, text};

/// The log, with day and hour in two columns, messages named as in the standard, two hospitals, a patient who has not
/// left, a stay that crosses the end of the month, and a notice of admission that came late.
const LOG: &str = "\
Meldingslogg for utskrivningsklare pasienter (oppdiktet);;;;;
Saksnummer;Dato;Klokkeslett;Melding;Innleggelse;Sykehus
S-1;02.03.2012;09:10;Melding om innlagt pasient;01.03.2012 22:00;Helse Bergen HF
S-1;05.03.2012;10:00;Melding om utskrivningsklar pasient;;Helse Bergen HF
S-1;05.03.2012;14:30;Kommunen kan ikke ta imot pasienten;;Helse Bergen HF
S-1;06.03.2012;08:00;Helseopplysninger;;Helse Bergen HF
S-1;08.03.2012;12:00;Utskrevet;;Helse Bergen HF
S-2;10.03.2012;12:00;Melding om innlagt pasient;10.03.2012 08:00;Helse Bergen HF
S-2;20.03.2012;10:00;Melding om utskrivningsklar pasient;;Helse Bergen HF
S-2;20.03.2012;19:40;Kommunen kan ta imot pasienten;;Helse Bergen HF
S-2;22.03.2012;12:00;Utskrevet;;Helse Bergen HF
S-3;25.03.2012;12:00;Melding om innlagt pasient;25.03.2012 08:00;Helse Bergen HF
S-3;30.03.2012;10:00;Melding om utskrivningsklar pasient;;Helse Bergen HF
S-3;02.04.2012;12:00;Utskrevet;;Helse Bergen HF
S-4;28.03.2012;12:00;Melding om innlagt pasient;28.03.2012 08:00;Helse Bergen HF
S-4;30.03.2012;11:00;Melding om utskrivningsklar pasient;;Helse Bergen HF
S-5;09.03.2012;12:00;Melding om innlagt pasient;05.03.2012 08:00;Helse Bergen HF
S-5;12.03.2012;10:00;Melding om utskrivningsklar pasient;;Helse Bergen HF
S-5;13.03.2012;10:00;Utskrevet;;Helse Bergen HF
S-9;10.03.2012;12:00;Melding om innlagt pasient;10.03.2012 08:00;Helse Førde HF
S-9;12.03.2012;10:00;Melding om utskrivningsklar pasient;;Helse Førde HF
S-9;15.03.2012;10:00;Utskrevet;;Helse Førde HF
";

/// The bill, with title rows, kroner as people write them, and a sum that is not called a sum.
const BILL: &str = "\
Faktura for utskrivningsklare pasienter, mars 2012 (oppdiktet);;
Saksnummer;Antall døgn;Beløp
S-1;3;kr 12 000,-
S-2;2;kr 8 000,-
S-3;2;kr 8.000,00
S-4;2;8000
S-5;1;4 000,00
;;40 000,-
";

fn files(name: &str) -> (PathBuf, String, String) {
    let work = folder(name);
    std::fs::write(work.join("logg.csv"), LOG).unwrap();
    std::fs::write(work.join("faktura.csv"), BILL).unwrap();
    let (bill, log) = (path(&work.join("faktura.csv")).to_owned(), path(&work.join("logg.csv")).to_owned());
    (work, bill, log)
}

fn compare(bill: &str, log: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let mut all = vec!["compare", "--received", bill, "--log", log, "--period", "2012-03", "--as", "csv"];
    all.extend(more);
    let output = program().args(&all).output().unwrap();
    (
        output.status.code(),
        text(&output.stdout).replace('\u{a0}', " "),
        text(&output.stderr).replace('\u{a0}', " "),
    )
}

#[test]
fn a_bill_is_answered_with_hours_and_paragraphs() {
    let (_, bill, log) = files("bill-check-1");
    let (code, table, said) =
        compare(&bill, &log, &["--institution", "Helse Bergen HF", "--party", "Bergen"]);
    assert_eq!(code, Some(3), "{said}");
    let lines: Vec<&str> = table.lines().collect();
    // Only S-2 differs: the municipality could receive the patient on the day of the notice. S-5 agrees, but its notice
    // of admission came late.
    assert_eq!(lines.len(), 3, "{table}");
    assert!(lines[1].starts_with("S-2;4;antall døgn;2;0;8000,00;0,00;8000,00;"), "{}", lines[1]);
    for part in ["varslet 2012-03-20 kl. 10:00", "2012-03-20 kl. 19:40", "§§ 12 og 13"] {
        assert!(lines[1].contains(part), "{part}: {}", lines[1]);
    }
    assert!(lines[2].starts_with("S-5;7;lik;1;1;4000,00;4000,00;0,00;"), "{}", lines[2]);
    assert!(
        lines[2].contains("§ 8: varselet om innlagt pasient kom 2012-03-09 kl. 12:00, 100 timer etter"),
        "{}",
        lines[2]
    );
    // S-3, which crosses the end of the month, and S-4, whose patient has not left, are as billed: two days each in
    // March.
    for part in [
        "egen beregning 32 000,00 kr + forskjell 8 000,00 kr: antall døgn 8 000,00 kr = mottatt krav 40 000,00 kr; 4 linjer er like",
        "Uvanlig § 8-varsel i S-5",
        "Ikke utskrevet i loggen, regnet til og med 2012-03-31: S-4",
        "ikke brukt: Helseopplysninger (1)",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("egen sum"), "{said}");
    // April has one day of S-3, which crosses the end of the month, and the days of S-4, whose patient has not left.
    let april = samspill(&[
        "compare",
        "--received",
        &bill,
        "--log",
        &log,
        "--period",
        "2012-04",
        "--institution",
        "Helse Bergen HF",
    ]);
    assert!(
        text(&april.stdout).contains("S-3,5,") && text(&april.stdout).contains("1 of 3 days are in 2012-04"),
        "{april:?}"
    );
}

#[test]
fn what_the_bill_is_not_about_is_told() {
    let (work, bill, log) = files("bill-check-2");
    // Without the institution, the other hospital's case counts too, and a note says so.
    let (_, table, said) = compare(&bill, &log, &[]);
    assert!(
        table.contains("S-9;;bare hos oss;") && said.contains("Helse Bergen HF, Helse Førde HF"),
        "{table}{said}"
    );
    // The number and the name of an institution give the same answer.
    let by_number = compare(&bill, &log, &["--institution", "983974724"]);
    assert_eq!(by_number.1, compare(&bill, &log, &["--institution", "helse bergen hf"]).1);
    // Without a period, the fault names the case whose patient has not left, and tells what to do.
    let output = samspill(&["compare", "--received", &bill, "--log", &log]);
    assert!(
        text(&output.stderr).contains("S-4 er ikke utskrevet i loggen")
            && text(&output.stderr).contains("--period")
    );
    // The fault of an unknown message, or of a text that is no time, names the line.
    for (from, to, fault) in [
        ("Helseopplysninger", "Hilsen", "logg.csv:6"),
        ("06.03.2012;08:00", "06.03.2012;i går", "logg.csv:6"),
    ] {
        let bad = work.join("bad").join("logg.csv");
        std::fs::create_dir_all(work.join("bad")).unwrap();
        std::fs::write(&bad, LOG.replace(from, to)).unwrap();
        let (code, _, said) = compare(&bill, path(&bad), &[]);
        assert!(code == Some(1) && said.contains(fault), "{said}");
    }
}

#[test]
fn a_workbook_and_a_letter_are_written() {
    use calamine::{Data, Reader, open_workbook_auto};
    let (work, bill, log) = files("bill-check-3");
    let out = work.join("svar");
    let (_, _, said) =
        compare(&bill, &log, &["--institution", "Helse Bergen HF", "--party", "Bergen", "--out", path(&out)]);
    assert!(said.contains("kontroll.xlsx") && said.contains("brev.pdf"), "{said}");
    let mut book = open_workbook_auto(out.join("kontroll.xlsx")).unwrap();
    let lines = book.worksheet_range("Linjer").unwrap();
    let cells = |row: usize| lines.rows().nth(row).unwrap().to_vec();
    assert_eq!(cells(2)[0], Data::String("S-2".into()));
    assert_eq!(
        [&cells(2)[3], &cells(2)[4], &cells(2)[7]],
        [&Data::Float(2.0), &Data::Float(0.0), &Data::Float(8000.0)]
    );
    assert_eq!([&cells(7)[5], &cells(7)[6]], [&Data::Float(40_000.0), &Data::Float(32_000.0)]);
    let reasons = book.worksheet_range("Begrunnelser").unwrap();
    assert!(reasons.rows().any(|row| row[2].to_string().contains("§ 13")));
    assert!(std::fs::read(out.join("brev.pdf")).unwrap().starts_with(b"%PDF"));
    assert!(Path::new(&bill).exists());
}

/// A number or a name means the municipality that has it in the period, also where the number had another life before.
#[test]
fn a_number_with_a_second_life_is_the_municipality_of_the_period() {
    let work = folder("bill-second-life");
    let contacts = super::EXTRACT.lines().take(2).collect::<Vec<_>>().join("\n");
    let contacts = contacts.replace("2012-", "2020-").replace(",1201,", ",1103,");
    std::fs::write(work.join("contacts.csv"), contacts + "\n").unwrap();
    std::fs::write(work.join("bill.csv"), "Saksnummer;Antall døgn;Beløp\n1;3;15108\n").unwrap();
    let (file, bill, out) = (work.join("contacts.csv"), work.join("bill.csv"), work.join("result"));
    let settled = samspill(&["settle", "2020-03", "--contacts", path(&file), "--draft", "--out", path(&out)]);
    assert!(settled.status.success(), "{}", text(&settled.stderr));
    for party in ["1103", "Stavanger"] {
        let words = ["compare", "--received", path(&bill), "--own", path(&out), "--period", "2020-03"];
        let output = samspill(&[&words[..], &["--party", party]].concat());
        assert_eq!(
            output.status.code(),
            Some(0),
            "{party}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        assert!(text(&output.stderr).contains("1 linje er lik"), "{}", text(&output.stderr));
    }
    let output = samspill(&[
        "compare",
        "--received",
        path(&bill),
        "--own",
        path(&out),
        "--period",
        "2020-03",
        "--party",
        "0301",
    ]);
    assert_eq!(output.status.code(), Some(3), "Oslo has no charge: {}", text(&output.stdout));
}

/// A case that comes back is two stays, and its days are those of both; a sum is no case whatever it is called; a case has
/// one key however it is typed; and a stay that ends twice is named.
#[test]
fn a_case_of_two_stays_counts_the_days_of_both() {
    let work = folder("bill-check-5");
    let (bill, log) = (work.join("faktura.csv"), work.join("logg.csv"));
    let messages = "Saksnummer;Tidspunkt;Melding\n\
         s-01;02.03.2012 09:10;Innlagt\n\
         S-01;05.03.2012 10:00;Utskrivningsklar\n\
         S-01;08.03.2012 12:00:00.000;Utskrevet\n\
         S-01;20.03.2012 09:10;Innlagt\n\
         S-01;22.03.2012 10:00;Utskrivningsklar\n\
         S-01;24.03.2012 12:00;Utskrevet\n\
         S-01;24.03.2012 13:00;Innlagt\n";
    std::fs::write(&log, messages).unwrap();
    let sum = "Saksnummer;Døgn;Beløp\nS-01;3;12000\nS-01\u{200b};2;8000\nTotalsum;;20000\n";
    std::fs::write(&bill, sum).unwrap();
    let (code, table, said) = compare(path(&bill), path(&log), &[]);
    assert_eq!(code, Some(0), "{table}{said}");
    std::fs::write(
        &log,
        format!("{messages}S-01;25.03.2012 12:00;Utskrevet\nS-01;26.03.2012 12:00;Utskrevet\n"),
    )
    .unwrap();
    let (code, _, said) = compare(path(&bill), path(&log), &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("sak s-01 er utskrevet to ganger"), "{said}");
}

/// What a log says once of a case holds for its later stays, and a notice that is sent again after the departure is no stay.
#[test]
fn a_late_notice_is_no_stay() {
    let work = folder("bill-check-6");
    let (bill, log) = (work.join("faktura.csv"), work.join("logg.csv"));
    let messages = "Saksnummer;Tidspunkt;Melding;Institusjon\n\
         S-1;01.03.2012 10:00;Innlagt;Helse Bergen HF\n\
         S-1;03.03.2012 10:00;Utskrivningsklar;\n\
         S-1;05.03.2012 12:00;Utskrevet;\n\
         S-1;05.03.2012 12:30;Innlagt;\n\
         S-1;05.03.2012 12:31;Utskrivningsklar;\n\
         S-2;01.03.2012 10:00;Innlagt;Helse Bergen HF\n\
         S-2;03.03.2012 10:00;Utskrivningsklar;\n\
         S-2;04.03.2012 12:00;Utskrevet;\n\
         S-2;10.03.2012 10:00;Innlagt;\n\
         S-2;12.03.2012 10:00;Utskrivningsklar;\n\
         S-2;13.03.2012 12:00;Utskrevet;\n";
    std::fs::write(&log, messages).unwrap();
    std::fs::write(&bill, "Saksnummer;Beløp;\nS-1;8000;kreditert\nS-2;8000;\n").unwrap();
    let (code, table, said) = compare(path(&bill), path(&log), &["--institution", "Helse Bergen HF"]);
    assert_eq!(code, Some(0), "{table}{said}");
}

/// Hours and days as people type them; a sum that is carried to the next page; a long dash in a reference; a message without an
/// hour; a case that the log has under another hospital.
#[test]
fn a_log_is_read_as_people_type_it() {
    let work = folder("bill-check-7");
    let (bill, log) = (work.join("faktura.csv"), work.join("logg.csv"));
    let messages = "Saksnr.;Dato;Klokkeslett;Melding;Institusjon\n\
         S-1;2012-03-02;09.10;Innlagt;Helse Bergen HF\n\
         S-1;fre 02.03.2012;kl. 11:00;Logistikkmelding;Helse Bergen HF\n\
         S-1;05.03.2012;1000;Utskrivningsklar;Helse Bergen HF\n\
         S-1;Torsdag 8.3.2012;12:00;Utskrevet;Helse Bergen HF\n\
         S-2;02.03.2012;09:10;Innlagt;Helse Stavanger HF\n\
         S-2;03.03.2012;10:00;Utskrivningsklar;Helse Stavanger HF\n\
         S-2;04.03.2012;12:00;Utskrevet;Helse Stavanger HF\n";
    std::fs::write(&log, messages).unwrap();
    std::fs::write(&bill, "Saksnr.;Beløp\nS\u{2013}1;12000\nOverført;12000\nS-2;4000\nSum;16000\n").unwrap();
    let (code, table, said) = compare(path(&bill), path(&log), &["--institution", "Helse Bergen HF"]);
    assert_eq!(code, Some(3), "{table}{said}");
    assert!(
        said.contains("1 linje er lik") && table.contains("i loggen hos Helse Stavanger HF"),
        "{table}{said}"
    );
    std::fs::write(&log, messages.replace(";1000;Utskrivningsklar", ";;Utskrivningsklar")).unwrap();
    let (code, _, said) = compare(path(&bill), path(&log), &[]);
    assert!(
        code == Some(1) && said.contains("logg.csv:4: meldingen har en dag og ikke noe klokkeslett"),
        "{said}"
    );
    // So must a time that is only a day, in one column; and an order of times that cannot be.
    for (log_text, fault) in [
        (
            "Sak;Melding;Tidspunkt\nS-1;utskrivningsklar;05.03.2012 11:00\nS-1;Kan ta imot;05.03.2012\n\
             S-1;utskrevet;10.03.2012 10:00\n",
            "logg.csv:3: meldingen har en dag og ikke noe klokkeslett",
        ),
        (
            "Sak;Melding;Tidspunkt\nS-1;innlagt;01.03.2012 11:00\nS-1;utskrivningsklar;05.03.2012 11:00\n\
             S-1;utskrevet;04.03.2012 12:00\n",
            "sak S-1 er utskrevet 2012-03-04 kl. 12:00, og meldt utskrivningsklar først 2012-03-05 kl. 11:00",
        ),
    ] {
        std::fs::write(&log, log_text).unwrap();
        let (code, _, said) = compare(path(&bill), path(&log), &[]);
        assert!(code == Some(1) && said.contains(fault), "{said}");
    }
    // Spaces about the signs of a reference are nothing.
    std::fs::write(
        &log,
        "Sak;Melding;Tidspunkt\n2012/12-1;innlagt;01.03.2012 11:00\n2012/12-1;utskrivningsklar;05.03.2012 \
         11:00\n2012/12-1;utskrevet;07.03.2012 12:00\n",
    )
    .unwrap();
    std::fs::write(&bill, "Saksnr.;Beløp\n2012 / 12 - 1;8000\n").unwrap();
    let (code, table, said) = compare(path(&bill), path(&log), &[]);
    assert_eq!(code, Some(0), "{table}{said}");
}
