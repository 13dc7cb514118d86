//! What an operator found who tried to break a settlement: money in two months or in none, amounts that nobody is asked for,
//! months that change their state.

use std::collections::BTreeSet;

use parquet::file::reader::{FileReader, SerializedFileReader};

use super::settlement::{csv, done, law_with, sign, signed, tried, world};
use super::{EXTRACT, folder, path, ran};

fn statement(ledger: &str, now: &str, period: &str, out: &std::path::Path) -> serde_json::Value {
    let more = ["--party", "1201", "--as", "json", "--out", path(out)];
    done(ledger, now, &[&["statement", period][..], &more].concat());
    let found = std::fs::read_dir(out).unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name.starts_with(&format!("oppgjor-{period}-1201")) && name.ends_with(".json")).then_some(path)
    });
    let files: Vec<_> = found.collect();
    assert_eq!(files.len(), 1, "{files:?}");
    serde_json::from_str(&std::fs::read_to_string(&files[0]).unwrap()).unwrap()
}

/// Contacts without the one that is refused.
pub fn extract() -> String {
    EXTRACT.lines().filter(|line| !line.starts_with("4,")).map(|line| format!("{line}\n")).collect()
}

/// A contact whose day of discharge is corrected over the end of a month is told, in both directions.
#[test]
fn a_contact_that_moves_to_another_month_is_told() {
    let work = folder("moved");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let file = |name: &str, text: &str| {
        let file = work.join(name);
        std::fs::write(&file, text).unwrap();
        path(&file).to_owned()
    };
    let before = file("before.csv", &extract());
    // The first contact leaves in April instead of March.
    let after = file("after.csv", &extract().replacen("2012-03-09T12:00", "2012-04-02T12:00", 1));
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    done(&ledger, "2012-05-01", &["settlement", "run", "2012-03", "--contacts", &before, "--draft"]);
    let printed =
        done(&ledger, "2012-05-02", &["settlement", "run", "2012-04", "--contacts", &after, "--draft"]);
    assert!(
        printed.contains("1 kontakt som leveransen har i 2012-04, er bokført i 2012-03 fra før"),
        "{printed}"
    );
    let printed = done(
        &ledger,
        "2012-05-03",
        &["settlement", "run", "2012-03", "--contacts", &after, "--draft", "--dry-run"],
    );
    assert!(!printed.contains("NB: 1 kontakt er tatt ut"), "April has it: {printed}");
    // And back again.
    done(&ledger, "2012-05-04", &["settlement", "run", "2012-03", "--contacts", &after, "--draft"]);
    let again = ["settlement", "run", "2012-04", "--contacts", &before, "--draft", "--accept"];
    let printed = done(&ledger, "2012-05-05", &again);
    assert!(printed.contains("1 kontakt er tatt ut av 2012-04 og ligger nå i 2012-03"), "{printed}");
}

/// An amount on account that comes after the settlement of its month would count as paid. A row that is gone from a budget is
/// asked for. Debtors are those that the instrument and the year have.
#[test]
fn an_amount_on_account_that_nobody_would_pay_is_refused() {
    let work = folder("late-on-account");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let (contacts, budget) = (work.join("contacts.csv"), work.join("budget.csv"));
    std::fs::write(&contacts, csv(&world(31, 40))).unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    let on_account = |now: &str, months: &str, rows: &str| {
        std::fs::write(&budget, rows).unwrap();
        tried(&ledger, now, &["settlement", "on-account", months, "--budget", path(&budget)])
    };
    let two = "KMF;1201;983658725;1200\nKMF;Oslo;983658725;1200\n";
    assert_eq!(on_account("2012-01-02", "2012", two).0, Some(0));
    let (code, said) = on_account("2012-01-03", "2012", "KMF;1201;983658725;1200\n");
    assert!(code == Some(1) && said.contains("KMF;0301;983658725;0"), "{said}");
    for (rows, fault) in [
        ("KMF;4601;983658725;1200\n", "ingen kommune 4601"),
        ("KMF;state;983658725;1200\n", "staten betaler ISF"),
        ("ISF;1201;983658725;1200\n", "staten betaler ISF"),
        ("KMF;1201;983658725;.5\n", "ikke et beløp"),
    ] {
        let (code, said) = on_account("2012-01-03", "2012", rows);
        assert!(code == Some(1) && said.contains(fault), "{rows}: {said}");
    }
    let run = ["settlement", "run", "2012-01", "--contacts", path(&contacts), "--draft"];
    done(&ledger, "2012-02-10", &run);
    let more = two.replace("1201;983658725;1200", "1201;983658725;2400");
    let (code, said) = on_account("2012-02-11", "2012", &more);
    assert!(code == Some(2) && said.contains("2012-01 er gjort opp"), "{said}");
    assert_eq!(on_account("2012-02-11", "2012-02..2012-12", &more).0, Some(0));
    done(&ledger, "2012-02-12", &["ledger", "verify"]);
    let late =
        ["settlement", "run", "2012-02", "--contacts", path(&contacts), "--draft", "--made-on", "2099-01-01"];
    let (code, said) = tried(&ledger, "2012-03-10", &late);
    assert!(code == Some(1) && said.contains("kan ikke være laget 2099-01-01"), "{said}");
}

/// A correction that is posted in a month before the month itself is settled changes nothing in what the month asks for on
/// account, and does not let it be closed.
#[test]
fn a_correction_in_an_open_month_waits_for_its_settlement() {
    let work = folder("open-month");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let (first, second, budget) = (work.join("1.csv"), work.join("2.csv"), work.join("budget.csv"));
    std::fs::write(&first, extract()).unwrap();
    std::fs::write(&second, extract().replace(",1.5,", ",1.6,")).unwrap();
    std::fs::write(&budget, "KMF;1201;983658725;24000\n").unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012-03..2012-04"]);
    done(&ledger, "2012-01-02", &["settlement", "on-account", "2012-03..2012-04", "--budget", path(&budget)]);
    done(&ledger, "2012-04-10", &["settlement", "run", "2012-03", "--contacts", path(&first), "--draft"]);
    done(&ledger, "2012-04-11", &["settlement", "close", "2012-03"]);
    let asked =
        |now: &str, name: &str| statement(&ledger, now, "2012-04", &work.join(name))["to_pay"].clone();
    assert_eq!(asked("2012-04-12", "before"), 200_000);
    let correct =
        ["settlement", "correct", "2012-03", "--into", "2012-04", "--contacts", path(&second), "--draft"];
    done(&ledger, "2012-04-13", &correct);
    assert_eq!(asked("2012-04-14", "after"), 200_000);
    // A party without an amount on account waits as well.
    let of_state = work.join("state");
    let more = ["--party", "state", "--as", "json", "--out", path(&of_state)];
    done(&ledger, "2012-04-14", &[&["statement", "2012-04"][..], &more].concat());
    let made = std::fs::read_to_string(of_state.join("oppgjor-2012-04-state-kladd.json")).unwrap();
    assert!(made.contains("\"to_pay\": 0") && made.contains("\"settled\": 76418"), "{made}");
    let (code, said) = tried(&ledger, "2012-05-01", &["settlement", "close", "2012-04", "--accept"]);
    assert!(code == Some(2) && said.contains("2012-04 er ikke gjort opp"), "{said}");
    done(&ledger, "2012-05-02", &["settlement", "run", "2012-04", "--contacts", path(&second), "--draft"]);
    // 0,1 poeng × 38 209 × 20 % more than March, less 2 000 on account; the visits of April are 0,031 points of one person.
    let made = statement(&ledger, "2012-05-03", "2012-04", &work.join("settled"));
    let settled = made["settled"].as_i64().unwrap();
    assert_eq!((settled, made["to_pay"].as_i64().unwrap()), (76_418 + 23_690, 76_418 + 23_690 - 200_000));
    done(&ledger, "2012-05-04", &["ledger", "verify"]);
}

/// The key of the extract goes all the way: to the refused rows, the charges, the explanation, and the workbook and vouchers
/// of whoever has the delivery. The ledger does not keep it.
#[test]
fn the_key_of_the_extract_goes_all_the_way() {
    let work = folder("extract-key");
    let (file, out) = (work.join("npr.csv"), work.join("result"));
    let head = "institusjonID;episodeID;aggrshoppID;pasientNr;behandlingsstedKode;foretakID;omsorgsniva;innmateHast;\
innDatoTid;utDatoTid;komNrHjem;alder;kjonn;drg;drg_type;hdg;vekt;korrvekt;liggetid";
    let row = |episode: &str, day: &str| {
        format!(
            "974795930;{episode};{episode};{episode};974795930;983974880;1;1;2012-03-{day} 10:00:00;\
             2012-03-09 12:00:00;2030;81;2;127;M;5;1,25;1,301;5"
        )
    };
    let rows = [row("A-017", "04"), row("A-018", "05"), row("A-017", "06")];
    std::fs::write(&file, format!("{head}\n{}\n", rows.join("\n"))).unwrap();
    let (code, said) = ran(&["settle", "2012-03", "--draft", "--contacts", path(&file), "--out", path(&out)]);
    assert_eq!(code, Some(3), "{said}");
    let refused = std::fs::read_to_string(out.join("refused.csv")).unwrap();
    assert!(refused.lines().nth(1).unwrap().starts_with("4,974795930/A-017,"), "{refused}");
    let (code, said) = ran(&["explain", "974795930/a-18", "--in", path(&out)]);
    assert_eq!(code, Some(1), "another key: {said}");
    let (code, said) = ran(&["explain", "974795930/A-018", "--in", path(&out)]);
    assert!(code == Some(0) && said.contains("i uttrekket 974795930/A-018"), "{said}");
    let reader =
        SerializedFileReader::new(std::fs::File::open(out.join("charges.parquet")).unwrap()).unwrap();
    let key = |row: parquet::record::Row| {
        let mut cells = row.get_column_iter().map(|(name, field)| (name.clone(), field.to_string()));
        cells.find(|(name, _)| name == "extract_key").unwrap().1.trim_matches('"').to_owned()
    };
    let keys: BTreeSet<String> = reader.get_row_iter(None).unwrap().map(|row| key(row.unwrap())).collect();
    assert_eq!(keys, BTreeSet::from(["974795930/A-017", "974795930/A-018"].map(str::to_owned)));
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    done(&ledger, "2012-03-01", &["settlement", "open", "2012-03"]);
    tried(&ledger, "2012-04-10", &["settlement", "run", "2012-03", "--contacts", path(&file), "--draft"]);
    let bytes = std::fs::read(work.join("ledger.sqlite")).unwrap();
    assert!(!bytes.windows(5).any(|part| part == b"A-018"), "a ledger keeps no key of an extract");
    let behind = ["explain", "bilag-1", "--ledger", &ledger, "--contacts", path(&file)];
    let (code, said) = ran(&behind);
    assert!(code == Some(0) && said.contains("extract_key") && said.contains("974795930/A-018"), "{said}");
    let papers = work.join("papers");
    let more = [
        "--party",
        "2030",
        "--with-claims",
        "--contacts",
        path(&file),
        "--as",
        "xlsx",
        "--out",
        path(&papers),
    ];
    done(&ledger, "2012-04-11", &[&["statement", "2012-03"][..], &more].concat());
    let mut book = calamine::open_workbook_auto(papers.join("oppgjor-2012-03-2030-kladd.xlsx")).unwrap();
    let sheet = calamine::Reader::worksheet_range(&mut book, "Krav").unwrap();
    let heads: Vec<String> = sheet.rows().next().unwrap().iter().map(ToString::to_string).collect();
    let last = heads.iter().rposition(|head| !head.is_empty()).unwrap();
    assert_eq!(heads[last], "Nøkkel i uttrekket");
    let shown: BTreeSet<String> =
        sheet.rows().skip(1).map(|row| row[last].to_string()).filter(|key| !key.is_empty()).collect();
    assert_eq!(shown.len(), 2, "{shown:?}");
}

/// A file of contacts; each row is its key, admission, discharge, municipality, points and events.
fn contacts(rows: &[[&str; 6]]) -> String {
    let head = "contact_id,stay_id,person_id,unit,unit_kind,trust,sector,care_level,admitted,discharged,\
municipality_of_registration,age,drg,drg_type,points,events\n";
    let row = |[id, from, to, home, points, events]: &[&str; 6]| {
        format!(
            "{id},{id},{id},974557746,public-hospital,983974724,somatic,overnight,{from},{to},{home},80,127,medical,\
             {points},{events}\n"
        )
    };
    head.to_owned() + &rows.iter().map(row).collect::<String>()
}

const A: [&str; 6] = ["1", "2012-01-03T10:00", "2012-01-06T12:00", "1201", "1.000", ""];
const B: [&str; 6] = [
    "2",
    "2012-01-10T10:00",
    "2012-01-20T12:00",
    "1201",
    "0.333",
    "1@2012-01-10T12:00 2@2012-01-14T09:00 3@2012-01-14T10:00 6@2012-01-14T11:00",
];
const C: [&str; 6] = ["3", "2012-02-10T10:00", "2012-02-12T12:00", "0602", "0.5", ""];
const D: [&str; 6] = ["4", "2012-03-10T10:00", "2012-03-12T12:00", "0301", "0.5", ""];

/// Objects to the days of [`B`].
fn object(ledger: &str, now: &str) {
    let line = ["--party", "1201", "--instrument", "USK", "--contact", "2", "--month", "2012-01"];
    let words = [&["objection", "file"], &line[..], &["--ground", "other", "--text", "x"]].concat();
    done(ledger, now, &words);
}

/// Decides the objection of [`object`].
fn decide(ledger: &str, now: &str, into: &str, more: &[&str]) {
    done(ledger, now, &[&["objection", "decide", "2012-01-1201-1", "--into", into], more].concat());
}

/// A contact that a later delivery gives to another hospital, while an objection to its line is undecided: the decision takes
/// the amount from the hospital that has the line now.
#[test]
fn a_decision_takes_from_who_has_the_line() {
    let work = folder("other-hospital");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let (first, second) = (work.join("1.csv"), work.join("2.csv"));
    std::fs::write(&first, contacts(&[B])).unwrap();
    std::fs::write(
        &second,
        contacts(&[B]).replace("974557746", "974589095").replace("983974724", "993467049"),
    )
    .unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    let run = |now: &str, month: &str, file: &std::path::Path| {
        done(&ledger, now, &["settlement", "run", month, "--contacts", path(file), "--draft", "--accept"]);
    };
    run("2012-02-10", "2012-01", &first);
    object(&ledger, "2012-02-11");
    done(&ledger, "2012-02-12", &["settlement", "close", "2012-01"]);
    decide(
        &ledger,
        "2012-02-13",
        "2012-02",
        &["--outcome", "partly", "--reduce-by", "4000", "--reference", "v1"],
    );
    let coverage = work.join("coverage.csv");
    std::fs::write(&coverage, "unit;from;to\n974557746;2012-01;2012-01\n974589095;2012-01;2012-01\n")
        .unwrap();
    let correct =
        ["settlement", "correct", "2012-01", "--into", "2012-02", "--contacts", path(&second), "--draft"];
    let more = ["--accept", "--coverage", path(&coverage)];
    let printed = done(&ledger, "2012-02-14", &[&correct[..], &more].concat());
    assert!(printed.contains("må avgjøres på nytt"), "{printed}");
    decide(&ledger, "2012-02-15", "2012-02", &["--outcome", "upheld", "--reference", "v2"]);
    done(&ledger, "2012-02-16", &["ledger", "verify"]);
    // What each hospital is owed for days: nothing, since the line is taken off in full.
    let output = super::samspill(&["ledger", "export", "--as", "csv", "--ledger", &ledger]);
    let exported = super::text(&output.stdout);
    let owed = |party: &str| -> i64 {
        let rows = exported.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let ours = rows.filter(|cells| cells[4] == "USK" && cells[10] == "payable" && cells[11] == party);
        ours.map(|cells| cells[13].parse::<i64>().unwrap()).sum()
    };
    assert_eq!((owed("983974724"), owed("993467049")), (0, 0), "{exported}");
    // A reference that no statement can be printed with, or a text that names a person by number, is not kept.
    for (text, fault) in [("TLN\u{1b}[0m", "styretegn"), ("", "tom"), ("Fnr 02819840086", "fødselsnummer")] {
        let words = ["objection", "decide", "2012-01-1201-1", "--outcome", "upheld", "--into", "2012-02"];
        let (code, said) = tried(&ledger, "2012-02-17", &[&words[..], &["--reference", text]].concat());
        assert!(code == Some(1) && said.contains(fault), "{text:?}: {said}");
    }
}

/// A ledger whose bundles an honest check once called broken.
struct Honest {
    work: std::path::PathBuf,
    ledger: String,
}

impl Honest {
    fn open(name: &str) -> Honest {
        let work = folder(name);
        let ledger = path(&work.join("ledger.sqlite")).to_owned();
        done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
        Honest { work, ledger }
    }

    fn file(&self, name: &str, rows: &[[&str; 6]]) -> String {
        let file = self.work.join(name);
        std::fs::write(&file, contacts(rows)).unwrap();
        path(&file).to_owned()
    }

    fn done(&self, now: &str, words: &[&str]) {
        done(&self.ledger, now, words);
    }

    fn run(&self, now: &str, month: &str, file: &str) {
        self.done(now, &["settlement", "run", month, "--contacts", file, "--draft", "--accept"]);
    }

    fn correct(&self, now: &str, into: &str, file: &str) {
        let words =
            ["settlement", "correct", "2012-01", "--into", into, "--contacts", file, "--draft", "--accept"];
        self.done(now, &words);
    }

    fn close(&self, now: &str, month: &str) {
        self.done(now, &["settlement", "close", month]);
    }

    fn holds(&self, now: &str, month: &str, party: &str, more: &[&str]) {
        let out = self.work.join(format!("{party}-{month}-{}", more.len()));
        let order = ["statement", month, "--as", "json", "--bundle", "--party", party, "--out", path(&out)];
        self.done(now, &[&order[..], more].concat());
        let zip = out.join(format!("oppgjor-{month}-{party}-kladd.zip"));
        let (code, _, printed) = super::bundle::checked(&zip, &[]);
        assert_eq!(code, Some(0), "{party} {month}: {printed}");
    }
}

/// A bundle holds with corrections of the month itself and of an earlier month that are alike in all else.
#[test]
fn a_bundle_with_corrections_of_two_months_holds() {
    let book = Honest::open("honest-months");
    let [mut e, mut f] = [A, A];
    (e[0], e[4]) = ("5", "0.5");
    (f[0], f[1], f[2], f[4]) = ("6", "2012-02-03T10:00", "2012-02-06T12:00", "0.5");
    let (one, more) = (book.file("1.csv", &[A, B, C, D]), book.file("2.csv", &[A, B, C, D, e, f]));
    book.run("2012-02-10", "2012-01", &one);
    book.close("2012-02-11", "2012-01");
    book.run("2012-03-10", "2012-02", &one);
    book.run("2012-03-11", "2012-02", &more);
    book.correct("2012-03-12", "2012-02", &more);
    book.holds("2012-03-13", "2012-02", "1201", &["--with-claims"]);
}

/// A bundle holds when another party's objection is opened again afterwards.
#[test]
fn a_bundle_beside_a_reopened_objection_holds() {
    let book = Honest::open("honest-reopened");
    let mut late = B;
    late[5] = "1@2012-01-10T12:00 2@2012-01-15T09:00 3@2012-01-15T10:00 6@2012-01-15T11:00";
    let (one, two) = (book.file("1.csv", &[A, B, C, D]), book.file("2.csv", &[A, late, C, D]));
    book.run("2012-02-10", "2012-01", &one);
    book.run("2012-03-10", "2012-02", &one);
    book.close("2012-03-11", "2012-01");
    object(&book.ledger, "2012-03-12");
    decide(&book.ledger, "2012-03-13", "2012-02", &["--outcome", "upheld", "--reference", "v"]);
    book.close("2012-03-14", "2012-02");
    book.run("2012-04-10", "2012-03", &two);
    book.correct("2012-04-11", "2012-03", &two);
    book.holds("2012-04-12", "2012-02", "0602", &[]);
}

/// A bundle holds when the rate that lowers another instrument changes, and when rate and days change together.
#[test]
fn a_bundle_under_changed_rates_holds() {
    let book = Honest::open("honest-rates");
    let one = book.file("1.csv", &[A, B, C, D]);
    let law = law_with("honest-rates-law", |_, rule| {
        rule.replace("percent = 20", "percent = 10").replace("per_day = 4_000", "per_day = 4_100")
    });
    book.run("2012-02-10", "2012-01", &one);
    book.done("2012-02-11", &["settlement", "rules", "--law", path(&law), "--reference", "v"]);
    book.run("2012-03-10", "2012-02", &one);
    book.holds("2012-03-11", "2012-02", "state", &["--with-claims"]);
    book.close("2012-03-12", "2012-01");
    let agreed = book.work.join("agreed.csv");
    std::fs::write(&agreed, "trust;municipality;hours;from;to;reference\n983974724;1201;24;2012-01-01;;x\n")
        .unwrap();
    let rules =
        ["settlement", "rules", "--agreements", path(&agreed), "--law", path(&law), "--reference", "w"];
    book.done("2012-03-13", &rules);
    book.correct("2012-03-14", "2012-02", &one);
    book.holds("2012-03-15", "2012-02", "1201", &[]);
    book.holds("2012-03-15", "2012-02", "1201", &["--with-claims"]);
}

/// The example of a mapping on the page reads a file with such columns.
#[test]
fn the_example_mapping_reads_its_file() {
    let work = folder("example-mapping");
    let file = work.join("uttrekk.csv");
    let rows = "institusjon;lopenr;opphold;pasient;avdeling;orgnr;omsorg;inn;ut;kommune;alder;drg;drgtype;poeng;hendelse1;tid1;\
hendelse2;tid2\n974557746;0017;9;P1;Medisin;983974724;1;04.03.2012 10:00;09.03.2012 12:00;1201;81;127;M;1,017;2;06.03.2012 \
09:00;3;06.03.2012 10:00\n";
    std::fs::write(&file, rows).unwrap();
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/tilordning.toml");
    let (code, said) = ran(&["check", path(&file), "--mapping", mapping]);
    assert!(code == Some(0) && (said.contains("1 accepted") || said.contains("1 godtatt")), "{said}");
}

/// A result is not written over the extract that it is made from; what belongs to months before the ledger comes with a
/// correction that asks for those months, and leaves no month that cannot be closed.
#[test]
fn what_is_there_before_is_kept() {
    let work = folder("kept");
    let out = work.join("result");
    std::fs::create_dir_all(&out).unwrap();
    let extract = out.join("checked.parquet");
    std::fs::write(&extract, contacts(&[A, B])).unwrap();
    let (code, said) =
        ran(&["settle", "2012-01", "--draft", "--contacts", path(&extract), "--out", path(&out)]);
    assert!(code == Some(1) && said.contains("ville bli skrevet over den"), "{said}");
    assert_eq!(std::fs::read_to_string(&extract).unwrap(), contacts(&[A, B]));
    // A slip leaves the earlier result.
    let file = work.join("contacts.csv");
    std::fs::write(&file, contacts(&[A, B, C, D])).unwrap();
    let out = work.join("second");
    let settle =
        |contacts: &str| ran(&["settle", "2012-01", "--draft", "--contacts", contacts, "--out", path(&out)]);
    assert_eq!(settle(path(&file)).0, Some(0));
    let before = std::fs::read_to_string(out.join("totals.csv")).unwrap();
    assert_eq!(settle("nofile.csv").0, Some(1));
    assert_eq!(std::fs::read_to_string(out.join("totals.csv")).unwrap(), before);

    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    done(&ledger, "2012-03-01", &["settlement", "open", "2012-03..2012-04"]);
    let correct = |now: &str, months: &str| {
        let words =
            ["settlement", "correct", months, "--into", "2012-04", "--contacts", path(&file), "--draft"];
        tried(&ledger, now, &words)
    };
    // Not while January may still be opened.
    assert_eq!(correct("2012-04-09", "2012-01").0, Some(2));
    done(&ledger, "2012-04-10", &["settlement", "run", "2012-03", "--contacts", path(&file), "--draft"]);
    done(&ledger, "2012-04-11", &["settlement", "close", "2012-03"]);
    let (code, said) = correct("2012-04-12", "2012-01..2012-03");
    assert!(code == Some(0) && !said.contains("2012-01"), "{said}");
    let (code, said) = correct("2012-04-13", "2012-01");
    assert!(code == Some(0) && said.contains("ny aktivitet"), "{said}");
    done(&ledger, "2012-05-10", &["settlement", "run", "2012-04", "--contacts", path(&file), "--draft"]);
    done(&ledger, "2012-05-11", &["settlement", "close", "2012-04", "--accept"]);
    done(&ledger, "2012-05-12", &["ledger", "verify"]);
}

/// A final month stays final when it is corrected into another month under unsigned rules, and a month that holds no more than
/// a decision on an activity that rests on unsigned rules does not become final.
#[test]
fn what_is_final_stays_final_and_a_draft_is_none() {
    let work = folder("final-again");
    let law = signed("final-again-law");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let (first, second) = (work.join("1.csv"), work.join("2.csv"));
    let mut dearer = A;
    dearer[4] = "1.100";
    std::fs::write(&first, contacts(&[A, B])).unwrap();
    std::fs::write(&second, contacts(&[dearer, B])).unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    sign(&ledger, "2012-01-02", &law);
    done(&ledger, "2012-02-10", &["settlement", "run", "2012-01", "--contacts", path(&first)]);
    done(&ledger, "2012-02-11", &["settlement", "close", "2012-01"]);
    done(&ledger, "2012-02-12", &["settlement", "finalise", "2012-01"]);
    let tags = |now: &str| statement(&ledger, now, "2012-01", &work.join(now))["tags"].clone();
    assert!(tags("2012-02-13").to_string().contains("final"));
    done(&ledger, "2012-02-14", &["settlement", "rules", "--reference", "tilbake"]);
    let correct =
        ["settlement", "correct", "2012-01", "--into", "2012-02", "--contacts", path(&second), "--draft"];
    done(&ledger, "2012-02-15", &correct);
    let now = tags("2012-02-16").to_string();
    assert!(now.contains("final") && !now.contains("draft"), "{now}");
    // A decision on January, in March: what was settled of January last is a draft.
    object(&ledger, "2012-02-17");
    done(&ledger, "2012-03-09", &["settlement", "run", "2012-02", "--contacts", path(&second), "--draft"]);
    done(&ledger, "2012-03-10", &["settlement", "close", "2012-02", "--accept"]);
    decide(&ledger, "2012-03-11", "2012-03", &["--outcome", "upheld", "--reference", "v"]);
    sign(&ledger, "2012-03-12", &law);
    done(&ledger, "2012-04-10", &["settlement", "run", "2012-03", "--contacts", path(&second), "--accept"]);
    done(&ledger, "2012-04-11", &["settlement", "close", "2012-03", "--accept"]);
    let (code, said) = tried(&ledger, "2012-04-12", &["settlement", "finalise", "2012-03"]);
    assert!(code == Some(2) && said.contains("2012-03"), "{said}");
    done(&ledger, "2012-04-13", &["ledger", "verify"]);
}
