//! The first hour of somebody who opens the program: the start screen, settings, and names as people write them.

use std::io::Write as _;
use std::process::Output;

use super::settlement::{csv, done, tried, world};
use super::{EXTRACT, folder, path, program, samspill, text};

/// A run in a folder.
fn run_in(folder: &std::path::Path, arguments: &[&str]) -> Output {
    program().current_dir(folder).args(arguments).output().unwrap()
}

#[test]
fn the_program_alone_says_what_one_may_ask_and_where_one_is() {
    let work = folder("start");
    let screen = |language: &str| {
        let output = run_in(&work, &["--language", language]);
        assert!(output.status.success(), "{output:?}");
        text(&output.stdout)
    };
    for (language, question) in [
        ("nb", "Stemmer regningen fra sykehuset?"),
        ("nn", "Stemmer rekninga frå sjukehuset?"),
        ("en", "Is the bill from the hospital right?"),
    ] {
        assert!(screen(language).contains(question), "{}", screen(language));
    }
    assert!(screen("nb").contains("KMF 2012–2014") && screen("nb").contains("ingen samspill.toml"));
    let version = text(&run_in(&work, &["--version"]).stdout);
    assert!(version.starts_with("samspill ") && version.contains("KMF 2012–2014; USK 2012–"), "{version}");
    // If there is a settings file, the start screen tells what is set and how far the ledger has come.
    std::fs::write(work.join("samspill.toml"), "ledger = 'a.sqlite'\ndraft = true\n").unwrap();
    assert!(screen("nb").contains("ledger = a.sqlite, draft = true") && screen("nb").contains("a.sqlite: "));
    let place = work.join("a.sqlite").display().to_string();
    done(&place, "2012-01-02", &["settlement", "open", "2012"]);
    assert!(
        screen("nb").contains("Den første måneden som ikke er lukket, er 2012-01 (åpen)"),
        "{}",
        screen("nb")
    );
    let status = run_in(&work, &["settlement", "status", "2012-01"]);
    assert!(status.status.success() && text(&status.stdout).contains("2012-01"), "{status:?}");
    // Commands go by their names in bokmål and in nynorsk.
    for names in [["oppgjør", "status"], ["oppgjer", "status"], ["regler", "liste"]] {
        assert!(run_in(&work, &names).status.success(), "{names:?}");
    }
    // An unknown key in the settings file is named before anything is done.
    std::fs::write(work.join("samspill.toml"), "hovedbok = 'a.sqlite'\n").unwrap();
    let refused = run_in(&work, &["settlement", "status"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("samspill.toml: ukjent nøkkel 'hovedbok'"), "{refused:?}");
}

/// A password in the address of a ledger is not shown.
#[test]
fn the_start_screen_hides_a_password() {
    let work = folder("start-password");
    std::fs::write(work.join("samspill.toml"), "ledger = 'postgres://kari:hemmelig@127.0.0.1:1/oppgjor'\n")
        .unwrap();
    let output = run_in(&work, &[]);
    let all = text(&output.stdout) + &text(&output.stderr);
    assert!(all.contains("kari@127.0.0.1") && !all.contains("hemmelig"), "{all}");
}

#[test]
fn a_municipality_goes_by_any_name_it_has() {
    let work = folder("names");
    let ledger = work.join("ledger.sqlite").display().to_string();
    let contacts = work.join("extract.csv");
    std::fs::write(&contacts, EXTRACT).unwrap();
    done(&ledger, "2012-01-02", &["settlement", "open", "2012"]);
    tried(&ledger, "2012-05-10", &["settlement", "run", "2012-03", "--contacts", path(&contacts), "--draft"]);
    let made = |party: &str| {
        let out = work.join(party);
        let arguments = [
            "statement",
            "2012-03",
            "--ledger",
            &ledger,
            "--party",
            party,
            "--as",
            "csv",
            "--out",
            path(&out),
        ];
        let output = program().args(arguments).output().unwrap();
        let files = std::fs::read_dir(&out).into_iter().flatten().flatten();
        let names: Vec<String> = files.map(|one| one.file_name().to_string_lossy().into_owned()).collect();
        (text(&output.stderr), names.iter().any(|name| name.contains("1201")))
    };
    for party in ["1201", "Bergen", "bergen kommune", "BERGEN"] {
        let (said, is_made) = made(party);
        assert!(is_made, "{party}: {said}");
    }
    assert!(made("Bergn").0.contains("Mente du Bergen (1201)"), "{}", made("Bergn").0);
    assert!(made("Herøy").0.contains("1515 Herøy (Møre og Romsdal), 1818 Herøy (Nordland)"));
}

#[test]
fn rules_go_by_the_name_of_their_instrument_and_shells_and_manuals_are_served() {
    let work = folder("shell");
    let shown = run_in(&work, &["rules", "show", "kmf", "--on", "2012-07-01"]);
    assert!(text(&shown.stdout).contains("law/co-financing.toml"), "{shown:?}");
    // A list that goes into a pipe has the built-in variants too.
    let list = text(&run_in(&work, &["rules", "list"]).stdout);
    assert!(list.contains("co-financing-80-plus"), "{list}");
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = text(&run_in(&work, &["completions", shell]).stdout);
        assert!(script.contains("samspill") && script.contains("settlement"), "{shell}");
    }
    assert!(run_in(&work, &["man", "--out", "pages"]).status.success());
    let page = std::fs::read_to_string(work.join("pages/samspill-settlement-run.1")).unwrap();
    assert!(page.contains("Gjør opp en måned"), "{page}");
}

/// The template of agreements gives a municipality its hours, as the same agreement in TOML does.
#[test]
fn agreements_may_stand_in_a_workbook() {
    let work = folder("agreed-template");
    assert!(run_in(&work, &["template", "agreements", "--out", "agreements.xlsx"]).status.success());
    let contacts = work.join("extract.csv");
    std::fs::write(&contacts, EXTRACT).unwrap();
    let settle = ["settle", "2012-03", "--draft", "--contacts", path(&contacts), "--out"];
    let totals = |name: &str, more: &[&str]| {
        let out = work.join(name);
        assert_eq!(run_in(&work, &[&settle[..], &[path(&out)], more].concat()).status.code(), Some(3));
        std::fs::read_to_string(out.join("totals.csv")).unwrap()
    };
    let (without, with) = (totals("alone", &[]), totals("agreed", &["--agreements", "agreements.xlsx"]));
    assert!(without.contains("12000,00") && with.contains("8000,00"), "{without}{with}");
    let table = "trust;municipality;hours;from;to;reference\n983974724;1201;24;1.1.2012;;avtale 5\n";
    std::fs::write(work.join("agreements.csv"), table).unwrap();
    assert_eq!(totals("table", &["--agreements", "agreements.csv"]), with);
    std::fs::write(work.join("agreements.csv"), table.replace(";24;", ";mye;")).unwrap();
    let bad = run_in(&work, &[&settle[..], &["bad", "--agreements", "agreements.csv"]].concat());
    assert!(text(&bad.stderr).contains("agreements.csv:2: 'mye' er ikke et antall timer"), "{bad:?}");
}

/// Each template can be read, unchanged, by the command that it is made for.
#[test]
fn a_template_is_taken_back() {
    let work = folder("templates");
    for kind in ["bill", "log", "budget", "coverage", "addresses", "people"] {
        assert!(
            run_in(&work, &["template", kind, "--out", &format!("{kind}.xlsx")]).status.success(),
            "{kind}"
        );
    }
    let compare = [
        "compare",
        "--received",
        "bill.xlsx",
        "--log",
        "log.xlsx",
        "--period",
        "2012-03",
        "--party",
        "Bergen",
    ];
    let output = run_in(&work, &compare);
    let said = text(&output.stderr);
    // The example rows of the bill have a case S-2, which the example rows of the log lack.
    assert!(output.status.code() == Some(3) && said.contains("1 linje er lik"), "{output:?}");
    let ledger = work.join("ledger.sqlite").display().to_string();
    done(&ledger, "2012-01-02", &["settlement", "open", "2012"]);
    let posted = done(
        &ledger,
        "2012-01-03",
        &["settlement", "on-account", "2012", "--budget", path(&work.join("budget.xlsx"))],
    );
    assert!(posted.replace('\u{a0}', " ").contains("254 000 000,00 kr"), "{posted}");
    let contacts = work.join("extract.csv");
    std::fs::write(&contacts, EXTRACT).unwrap();
    let coverage = work.join("coverage.xlsx");
    let run = [
        "settlement",
        "run",
        "2012-03",
        "--contacts",
        path(&contacts),
        "--draft",
        "--coverage",
        path(&coverage),
    ];
    let (code, printed) = tried(&ledger, "2012-05-10", &run);
    assert!(code == Some(3) && printed.contains("2012-03: steg"), "{printed}");
    let (addresses, out) = (work.join("addresses.xlsx"), work.join("statements"));
    let order =
        ["statement", "2012-03", "--as", "json", "--addresses", path(&addresses), "--out", path(&out)];
    done(&ledger, "2012-05-11", &order);
    let figures = [
        "indicators",
        "run",
        "--all",
        "--adjust",
        "age",
        "--period",
        "2012",
        "--contacts",
        path(&contacts),
        "--out",
        "ind",
    ];
    let output = run_in(&work, &[&figures[..], &["--people", "people.xlsx"]].concat());
    let about = std::fs::read_to_string(work.join("ind/les-meg.txt")).unwrap_or_default();
    assert!(about.contains("people.xlsx"), "{about} {output:?}");
}

/// Writes a compressed file. Returns its path.
fn gzip(path: &std::path::Path, bytes: &[u8]) -> std::path::PathBuf {
    let file = std::fs::File::create(path).unwrap();
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap();
    path.to_owned()
}

/// A workbook with a head and rows.
fn workbook_of(cells: &[Vec<&str>]) -> Vec<u8> {
    let column = |head: &&str| paper::template::Column {
        is_number: false,
        head: (*head).to_owned(),
        about: words::Message::default(),
        choices: Vec::new(),
    };
    let columns: Vec<_> = cells[0].iter().map(column).collect();
    paper::template::workbook("Kontakter", &columns, &cells[1..], words::Language::Nb).unwrap()
}

/// Contacts may come compressed, as a workbook, both, or on standard input: the settlement is the same, and a refused row
/// has the line that it has in the file that was handed in.
#[test]
fn contacts_may_be_packed_piped_or_a_workbook() {
    let work = folder("packed");
    let rows =
        csv(&world(81, 60)) + "X1,X1,X1,U1,public-hospital,983974724,somatic,overnight,2012-03-04T10:00,\n";
    let text_file = work.join("contacts.csv");
    std::fs::write(&text_file, &rows).unwrap();
    let cells: Vec<Vec<&str>> = rows.lines().map(|line| line.split(',').collect()).collect();
    let book = workbook_of(&cells);
    let workbook = work.join("contacts.xlsx");
    std::fs::write(&workbook, &book).unwrap();
    let settled = |name: &str, contacts: &str, piped: Option<&[u8]>| {
        let out = work.join(name);
        let mut command = program();
        let words = ["settle", "2012", "--contacts", contacts, "--draft", "--out", path(&out)];
        command.args(words).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
        let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(piped.unwrap_or_default()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{name}: {}", text(&output.stderr));
        let read = |file: &str| std::fs::read_to_string(out.join(file)).unwrap();
        let lines: Vec<String> = read("refused.csv")
            .lines()
            .skip(1)
            .map(|line| line.split(';').next().unwrap().to_owned())
            .collect();
        (read("totals.csv"), lines)
    };
    let plain = settled("plain", path(&text_file), None);
    assert_eq!(plain.1, ["62"], "the line of the row that is refused");
    let packed = gzip(&work.join("contacts.csv.gz"), rows.as_bytes());
    assert_eq!(settled("gz", path(&packed), None), plain);
    assert_eq!(settled("stdin", "-", Some(rows.as_bytes())), plain);
    assert_eq!(settled("stdin-gz", "-", Some(&std::fs::read(&packed).unwrap())), plain);
    assert_eq!(settled("xlsx", path(&workbook), None), plain);
    // Decimal commas, as people write them.
    let with_commas = rows.lines().map(|line| {
        line.split(',').map(|cell| match cell.parse::<f64>() {
            Ok(_) => cell.replace('.', ","),
            Err(_) => cell.to_owned(),
        })
    });
    let with_commas: Vec<Vec<String>> = with_commas.map(Iterator::collect).collect();
    let with_commas: Vec<Vec<&str>> =
        with_commas.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let book_with_commas = workbook_of(&with_commas);
    std::fs::write(work.join("commas.xlsx"), book_with_commas).unwrap();
    assert_eq!(settled("xlsx-commas", path(&work.join("commas.xlsx")), None), plain);
    assert_eq!(settled("xlsx-gz", path(&gzip(&work.join("contacts.xlsx.gz"), &book)), None), plain);
    // A file that was cut is named.
    let whole = std::fs::read(&packed).unwrap();
    let cut = work.join("cut.csv.gz");
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let output = samspill(&["check", path(&cut)]);
    assert!(
        output.status.code() == Some(1) && text(&output.stderr).contains("cut.csv.gz"),
        "{}",
        text(&output.stderr)
    );
}
