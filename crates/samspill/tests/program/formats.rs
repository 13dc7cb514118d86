//! What programs read: the columns of every table with `--plain` and of every Parquet file, and the keys of every JSON.
//! `docs/machine-formats.md` must list these columns and keys; `UPDATE_EXPECT=1` renews the page.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::settlement::{csv, done, world};
use super::{folder, path, samspill, text};

const ABOUT: &str = "\
# Machine formats

What other programs may rely on. This page is written by a test of the program (`program/formats.rs`), so that it lists
what the program writes.

- `--plain` gives tables with English keys as heads, commas between cells, a decimal point, and amounts in whole øre
  (columns that end in `_ore`). Without it, tables are for people: heads and words in the language (`--language`),
  semicolons, a decimal comma, and kroner. Files that are read back, such as a mapping or a budget, have the same keys in
  every language.
- `..` is unknown, `:` is withheld, `not-in-force` stands for an amount of an instrument that is not in force. In Parquet all are null, and the column `withheld` says in which rows a cell is withheld.
- JSON carries the version of its form: `form` in a statement, now FORM; `schema` elsewhere: in tables (`--as json`) now 3, with
  English keys, where numbers are numbers (they were text in 2). A key that is added keeps the version; one that changes or goes raises it.
- Parquet files carry the version of their schema in the footer (`samspill.schema` and others that begin with `samspill.`).
- Keys and words are kebab-case or snake_case ASCII, and never translated.
";

fn head(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let columns: Vec<String> = line.split(',').map(|column| format!("`{column}`")).collect();
    columns.join(" ")
}

/// Columns of a Parquet file with the physical type of each.
fn columns(file: &Path) -> String {
    let reader = SerializedFileReader::new(std::fs::File::open(file).unwrap()).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let columns = schema.columns().iter().map(|column| {
        let name = column.path().parts().first().cloned().unwrap_or_default();
        format!("`{name}` {}", column.physical_type().to_string().to_lowercase())
    });
    columns.collect::<Vec<_>>().join(", ")
}

/// Heads of the tables of a folder, and columns of its Parquet files, by name.
fn of_folder(folder: &Path) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".csv") {
            out.insert(name, head(&std::fs::read_to_string(&file).unwrap()));
        } else if name.ends_with(".parquet") {
            out.insert(name, columns(&file));
        }
    }
    out
}

/// A register with a ledger of two settled months, made once for the page.
struct Made {
    work: PathBuf,
    ledger: String,
    contacts: String,
}

fn made() -> Made {
    let work = folder("formats");
    let contacts = path(&work.join("contacts.csv")).to_owned();
    std::fs::write(&contacts, csv(&world(31, 300))).unwrap();
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    for (month, at) in [("2012-01", "2012-02-10"), ("2012-02", "2012-03-10")] {
        done(&ledger, at, &["settlement", "run", month, "--draft", "--contacts", &contacts]);
    }
    Made { work, ledger, contacts }
}

/// Commands that print a table, without the word `samspill`. `LEDGER`, `CONTACTS`, `RESULT` and `BILL` stand for paths.
const TABLES: &[&str] = &[
    "check CONTACTS --as csv",
    "settlement status --ledger LEDGER --as csv",
    "objection list --ledger LEDGER --as csv",
    "explain 1 --ledger LEDGER",
    "explain bilag-1 --ledger LEDGER",
    "ledger balances --ledger LEDGER --as csv",
    "ledger export --ledger LEDGER --as csv",
    "accrual 2012-02 --ledger LEDGER --as csv",
    "forecast 2012-02 --ledger LEDGER --as csv",
    "running --contacts CONTACTS --at 2012-03-07T09:00 --draft --as csv",
    "running --contacts CONTACTS --at 2012-03-07T09:00 --draft --sums --as csv",
    "compare --received BILL --own RESULT --instrument usk --as csv",
    "rules list --as csv",
    "rules show co-financing --on 2012-07-01 --as csv",
    "rules diff co-financing 2012-07-01 2013-07-01 --as csv",
    "rules payments --on 2012-07-01 --as csv",
    "indicators list --as csv",
    "interval poisson --count 12",
];

/// Commands that write a folder, without the word `samspill`, each with the name of the folder that it writes.
const FOLDERS: &[(&str, &str)] = &[
    ("settle 2012 --contacts CONTACTS --draft --out", "result"),
    ("statement 2012-01 --ledger LEDGER --as csv --now 2012-03-11 --out", "statements"),
    ("synth --year 2012 --people 3000 --out", "register"),
    (
        "indicators run --all --period 2012 --contacts REGISTER --by-age --hospitals --units --out",
        "indicators",
    ),
    ("simulate co-financing-80-plus --period 2012 --contacts REGISTER --out", "simulated"),
    ("risk picture --period 2012 --contacts REGISTER --out", "risk"),
    ("agreement AGREEMENT --period 2012 --contacts REGISTER --out", "agreement"),
];

/// Name of a file without the parts that depend on the party or the month.
fn general(name: &str) -> String {
    match name.split_once("2012") {
        Some((before, after)) => {
            let ending = after.rsplit('.').next().unwrap_or_default();
            format!("{}….{ending}", before.trim_end_matches('-'))
        }
        None => name.to_owned(),
    }
}

#[test]
fn machine_formats_are_listed() {
    let Made { work, ledger, contacts } = made();
    let at = |name: &str| path(&work.join(name)).to_owned();
    std::fs::write(at("bill.csv"), "reference;days;amount\n1;1;4000\n").unwrap();
    let agreement = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/avtale.toml");
    let register = at("register/contacts.parquet");
    let words = |call: &str| -> Vec<String> {
        let place = |word: &str| match word {
            "LEDGER" => ledger.clone(),
            "CONTACTS" => contacts.clone(),
            "RESULT" => at("result"),
            "BILL" => at("bill.csv"),
            "REGISTER" => register.clone(),
            "AGREEMENT" => agreement.to_owned(),
            other => other.to_owned(),
        };
        call.split(' ').map(place).collect()
    };
    let run = |call: &str, more: &[&str]| -> String {
        let words = words(call);
        let words: Vec<&str> = words.iter().map(String::as_str).chain(more.iter().copied()).collect();
        let output = samspill(&words);
        let code = output.status.code();
        assert!(code == Some(0) || code == Some(3), "{call}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    let mut folders = String::new();
    for (call, name) in FOLDERS {
        run(call, &[&at(name)]);
        let _ =
            write!(folders, "\n`samspill {call} {}`\n\n| file | columns |\n|---|---|\n", name.to_uppercase());
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for entry in std::fs::read_dir(at(name)).unwrap() {
            let inner = entry.unwrap().path();
            if inner.is_dir() && !inner.ends_with("rules") {
                files.extend(of_folder(&inner));
            }
        }
        files.extend(of_folder(Path::new(&at(name))));
        let files: BTreeMap<String, String> =
            files.into_iter().map(|(name, columns)| (general(&name), columns)).collect();
        for (file, columns) in files {
            let _ = writeln!(folders, "| `{file}` | {columns} |");
        }
    }
    let mut tables = String::from("\n| command | columns |\n|---|---|\n");
    for call in TABLES {
        let _ = writeln!(tables, "| `{call}` | {} |", head(&run(call, &[])));
    }
    let json = include_str!("../snapshots/json.txt");
    let about = ABOUT.replace("FORM", &domain::statement::FORM.to_string());
    let page = format!(
        "{about}\n## Tables on the screen\n{tables}\n## Files\n{folders}\n## JSON\n\nKeys and kinds, as each call gives them.\n\n```\n{}\n```\n",
        json.trim_end()
    );
    expect_file!["../../../../docs/machine-formats.md"].assert_eq(&page);
}

/// `docs/contacts.md` names every column of our own schema, and every word and event that stands in one.
#[test]
fn the_page_on_contacts_names_every_column_and_word() {
    use domain::{CareLevel, DrgType, EventKind, Sector, Service, Sex, UnitKind, Urgency};
    let page = include_str!("../../../../docs/contacts.md");
    let mapping =
        toml::from_str::<toml::Table>(include_str!("../../../register/mappings/samspill.toml")).unwrap();
    let columns = mapping["columns"].as_table().unwrap();
    let columns = columns.values().filter_map(|names| names.as_array()).flatten();
    let columns: Vec<&str> = columns.filter_map(|column| column.as_str()).collect();
    let words = [
        UnitKind::WORDS,
        Sector::WORDS,
        CareLevel::WORDS,
        Service::WORDS,
        Urgency::WORDS,
        Sex::WORDS,
        DrgType::WORDS,
    ];
    for word in columns.iter().chain(words.into_iter().flatten()) {
        assert!(page.contains(&format!("`{word}`")), "{word} is not on the page");
    }
    for kind in EventKind::ALL {
        let row = format!("| {} | `{}` |", kind.reported_number(), kind.word());
        assert!(page.contains(&row), "{row} is not on the page");
    }
    // A column that the page names can be given.
    let table = page.split("## Hendelser").next().unwrap();
    let named = table.split("\n| `").skip(1).flat_map(|row| row.split(" |").next().unwrap().split(", "));
    for column in named.map(|column| column.trim_matches('`')) {
        assert!(columns.contains(&column), "{column} is no column");
    }
}

/// The same contacts as pandas (two engines), DuckDB, Polars and Spark write them settle as those of the CSV file: nested
/// lists, words as dictionaries and views, decimals, times in four units, and five compressions. Times that are moments in
/// UTC are refused, with the column. `tests/parquet/make.py` made the files.
#[test]
fn files_of_other_writers_settle_alike() {
    let work = folder("other-writers");
    let settle = |contacts: &Path| {
        let out = work.join(contacts.file_stem().unwrap());
        let words = ["settle", "2012", "--contacts", path(contacts), "--draft", "--out", path(&out)];
        let output = samspill(&words);
        (output.status.code(), std::fs::read_to_string(out.join("totals.csv")), text(&output.stderr))
    };
    let csv = work.join("contacts.csv");
    // Four contacts; the last is at home in a municipality instead of abroad, and its age is unknown.
    std::fs::write(&csv, super::EXTRACT.replace("9998,40", "1103,")).unwrap();
    let (code, wanted, said) = settle(&csv);
    assert_eq!(code, Some(0), "{said}");
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/parquet");
    for writer in ["pandas", "fastparquet", "duckdb", "polars", "spark"] {
        let (code, totals, said) = settle(&Path::new(files).join(format!("{writer}.parquet")));
        assert_eq!((code, &totals.unwrap()), (Some(0), wanted.as_ref().unwrap()), "{writer}: {said}");
    }
    let (code, totals, said) = settle(&Path::new(files).join("spark-in-a-zone.parquet"));
    assert!(code == Some(1) && totals.is_err(), "{said}");
    assert!(said.contains("kolonnen admitted har tidspunkter som INT96"), "{said}");
}
