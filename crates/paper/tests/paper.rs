//! A statement on paper: the page, the workbook and the tables.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::io::{Cursor, Write};
use std::process::{Command, Stdio};

use calamine::{Data, Reader, Xlsx};
use domain::statement::Statement;
use paper::sheets::Reader as For;
use paper::{csv, pdf, workbook};
use words::Language;

fn statement() -> Statement {
    serde_json::from_str(include_str!("statement.json")).unwrap()
}

fn words(bytes: &[u8]) -> String {
    let mut child = Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn the_page_says_what_the_statement_says() {
    let (nb, nn) = (Language::Nb, Language::Nn);
    let page = pdf::pdf(&statement(), nb).unwrap();
    assert_eq!(page, pdf::pdf(&statement(), nb).unwrap(), "the same statement, the same bytes");
    let raw = String::from_utf8_lossy(&page);
    assert!(raw.contains("pdfaid:part>2") && raw.contains("pdfaid:conformance>A"), "PDF/A-2a");
    assert!(raw.contains("pdfuaid:part>1"), "PDF/UA-1");
    let page_text = words(&page).replace('\u{a0}', " ");
    expect_test::expect_file!["golden/statement-nb.txt"].assert_eq(&page_text);
    let mut other = statement();
    other.language = Language::Nn;
    let page_text = words(&pdf::pdf(&other, nn).unwrap()).replace('\u{a0}', " ");
    expect_test::expect_file!["golden/statement-nn.txt"].assert_eq(&page_text);
    assert!(!page_text.contains('['), "a text is missing: {page_text}");
    let mut english = statement();
    english.language = Language::En;
    let page_text = words(&pdf::pdf(&english, Language::En).unwrap()).replace('\u{a0}', " ");
    expect_test::expect_file!["golden/statement-en.txt"].assert_eq(&page_text);
}

/// The text calls corrections a part of the difference from the amount on account only if there is such an amount, and
/// if the corrections have the sign of the difference and are no larger. Otherwise it names them beside the activity.
#[test]
fn a_sentence_on_corrections_is_true() {
    use domain::{Amount, Cause};
    let kroner = |kroner: i64| Amount::from_kroner(kroner).unwrap();
    let lead = |on_account: i64, activity: i64, corrections: i64| {
        let mut made = statement();
        let mut post = made.posts[0].clone();
        (post.cause, post.amount) = (Cause::Activity, kroner(activity));
        let mut correction = post.clone();
        (correction.cause, correction.amount) = (Cause::NewActivity, kroner(corrections));
        correction.activity_period = "2012-03".to_owned();
        made.posts = vec![post, correction];
        made.settled = kroner(activity + corrections);
        made.on_account = kroner(on_account);
        paper::view::view(&made, Language::Nb).lead.replace('\u{a0}', " ")
    };
    let apart = "rettelser av tidligere måneder";
    // The amount settled is 449 kr lower than the amount on account, although the corrections raise it.
    assert!(
        lead(10_000, 8_435, 1_116).contains(&format!("Aktiviteten er 8 435,00 kr, og {apart} 1 116,00 kr"))
    );
    assert!(
        lead(10_000, 9_000, 5_000).contains(&format!("Aktiviteten er 9 000,00 kr, og {apart} 5 000,00 kr"))
    );
    // What changed before its own month was closed corrects no earlier month.
    let mut own = statement();
    own.posts[0].cause = Cause::NewActivity;
    own.posts.truncate(1);
    assert!(!paper::view::view(&own, Language::Nb).lead.contains(apart));
    assert!(lead(0, 9_000, 500).contains("Aktiviteten er 9 000,00 kr"));
    for (on_account, activity, corrections) in [(10_000, 10_500, 500), (10_000, 9_800, -300)] {
        let said = lead(on_account, activity, corrections);
        assert!(said.contains(&format!("av dette er {apart}")), "{said}");
    }
}

/// The page has what is needed to compute a line again: every decimal of the points, and a provision for each rule. No
/// sentence on how to read the statement names a command.
#[test]
fn a_line_can_be_computed_from_the_page() {
    let made = statement();
    let shown = paper::view::view(&made, Language::Nb);
    for (number, (line, post)) in (1..).zip(shown.lines.iter().zip(&made.posts)) {
        assert_eq!(line[0], number.to_string());
        if post.instrument != domain::Instrument::DischargeReady {
            let points: i64 =
                line[3].chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap();
            assert_eq!(points, post.points_milli.abs(), "every decimal of the points: {}", line[3]);
        }
    }
    assert!(shown.provisions.iter().all(|[_, cite]| !cite.is_empty()));
    assert!(
        !shown.how.iter().any(|sentence| sentence.contains("samspill ")),
        "a letter has no command: {:?}",
        shown.how
    );
}

#[test]
fn the_workbook_is_right_also_where_nothing_recalculates() {
    let nb = Language::Nb;
    let statement = statement();
    let bytes = workbook::workbook(&statement, None, nb, "samspill statement 2012-04").unwrap();
    assert_eq!(bytes, workbook::workbook(&statement, None, nb, "samspill statement 2012-04").unwrap());
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["Les meg", "Poster", "Per enhet", "Måneder", "Regler"]);
    for name in ["Poster", "Per enhet"] {
        let sheet = book.worksheet_range(name).unwrap();
        let heads: Vec<String> = sheet.rows().next().unwrap().iter().map(ToString::to_string).collect();
        // The reader may name a line by the number that it has on the paper.
        assert_eq!(heads[0] == "Nr.", name == "Poster");
        let amount = heads.iter().position(|head| head == "Beløp, kr").unwrap();
        let column: Vec<f64> = sheet
            .rows()
            .skip(1)
            .filter_map(|row| match row[amount] {
                Data::Float(kroner) => Some(kroner),
                _ => None,
            })
            .collect();
        let (total, lines) = column.split_last().unwrap();
        // The last cell is the total. It is a formula; what is read here is the result that was written with it.
        let ore = |kroner: f64| (kroner * 100.0).round() as i64;
        assert_eq!(lines.iter().map(|kroner| ore(*kroner)).sum::<i64>(), statement.settled.ore(), "{name}");
        assert_eq!(ore(*total), statement.settled.ore(), "{name}");
    }
    let months = book.worksheet_range("Måneder").unwrap();
    assert_eq!(months.rows().count(), statement.months.len() + 1);
}

#[test]
fn the_table_opens_in_a_norwegian_excel_and_the_plain_one_in_a_program() {
    let statement = statement();
    let table = csv::lines(&statement, For::Person(Language::Nb));
    assert!(table.starts_with("\u{feff}oppgjør;versjon;"));
    let first = table.lines().nth(1).unwrap();
    assert_eq!(first.split(';').count(), csv::COLUMNS.len());
    let plain = csv::lines(&statement, For::Program);
    let ore: i64 =
        plain.lines().skip(1).map(|line| line.split(',').nth(10).unwrap().parse::<i64>().unwrap()).sum();
    assert_eq!(ore, statement.settled.ore());
    let overview = csv::overview(&[statement], For::Person(Language::Nb));
    assert!(overview.contains(";1645843,43;"), "{overview}");
}
