//! What users see, kept word for word in the folder `snapshots`: help, a trace, the output of a settlement, the shape
//! of every JSON. In review, a change of words shows as a change of a snapshot. `UPDATE_EXPECT=1` renews the snapshots.

use expect_test::expect_file;
use serde_json::Value;

use super::{EXTRACT, folder, for_people, path, samspill, text};

/// Names of the commands in a help text, where `heading` stands above them.
fn commands(help: &str, heading: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != heading).skip(1);
    let names =
        listed.take_while(|line| line.starts_with("  ")).filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

/// Adds to `out` the help of a command, and of every command under it, in a language.
fn help(words: &[&str], (language, heading): (&str, &str), out: &mut String) {
    let output = for_people(&[words, &["--help", "--language", language]].concat());
    assert!(output.status.success(), "{words:?}");
    let help = text(&output.stdout);
    out.push_str(&format!("$ samspill {}\n\n{help}\n", [words, &["--help"]].concat().join(" ")));
    for command in commands(&help, heading) {
        self::help(&[words, &[command.as_str()]].concat(), (language, heading), out);
    }
}

#[test]
fn help_of_every_command_in_three_languages() {
    for (language, heading) in [("nb", "Kommandoer:"), ("nn", "Kommandoar:"), ("en", "Commands:")] {
        let mut all = String::new();
        help(&[], (language, heading), &mut all);
        assert!(all.matches("$ samspill").count() > 40 && !all.contains("[help."), "{language}");
        expect_file![format!("../snapshots/help-{language}.txt")].assert_eq(&all);
    }
}

/// The output of a settlement, explanations of two charges and of a contact, and the output of commands on a ledger.
#[test]
fn one_trace_and_one_run() {
    let work = folder("snapshot-trace");
    let (file, out) = (work.join("extract.csv"), work.join("result"));
    std::fs::write(&file, EXTRACT).unwrap();
    let settled = samspill(&["settle", "2012", "--contacts", path(&file), "--draft", "--out", path(&out)]);
    let mut all = format!(
        "$ samspill settle 2012 --contacts extract.csv --draft --out result\n\n{}",
        text(&settled.stderr)
    );
    // The duration differs from run to run.
    let seconds = all.lines().find(|line| line.starts_with("ferdig på")).map(str::to_owned);
    all = seconds.map_or_else(|| all.clone(), |seconds| all.replace(&seconds, "ferdig på … s"));
    for asked in ["KMF-1", "USK-1-2012-03", "2"] {
        let explained = samspill(&["explain", asked, "--in", path(&out)]);
        assert!(explained.status.success(), "{}", text(&explained.stderr));
        all.push_str(&format!("\n$ samspill explain {asked} --in result\n\n{}", text(&explained.stdout)));
    }
    let ledger = work.join("ledger.sqlite");
    for (at, words) in [
        ("2012-01-01", vec!["settlement", "open", "2012"]),
        ("2012-04-10", vec!["settlement", "run", "2012-01", "--draft", "--contacts", path(&file)]),
        ("2012-04-10", vec!["settlement", "run", "2012-03", "--draft", "--contacts", path(&file)]),
        ("2012-04-10", vec!["settlement", "run", "2012-03", "--draft", "--contacts", path(&file)]),
        ("2012-04-11", vec!["settlement", "close", "2012-03"]),
        ("2012-04-11", vec!["settlement", "close", "2012-01"]),
        ("2012-04-11", vec!["settlement", "close", "2012-01", "--accept"]),
        ("2012-04-12", vec!["settlement", "finalise", "2012-01"]),
    ] {
        let output = samspill(&[&words[..], &["--ledger", path(&ledger), "--now", at]].concat());
        let shown = words.join(" ").replace(path(&file), "extract.csv");
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr))
            .replace(path(&ledger), "ledger.sqlite");
        all.push_str(&format!("\n$ samspill {shown}\n\n{said}"));
    }
    expect_file!["../snapshots/trace.txt"].assert_eq(&all);
}

/// Keys and kinds of a JSON value; of a list, those of its first element.
fn shape(value: &Value, indent: usize, out: &mut String) {
    let margin = "  ".repeat(indent);
    match value {
        Value::Null => out.push_str("null\n"),
        Value::Bool(_) => out.push_str("true or false\n"),
        Value::Number(number) => out.push_str(if number.is_f64() { "number\n" } else { "whole number\n" }),
        Value::String(_) => out.push_str("text\n"),
        Value::Array(list) => {
            out.push_str("list of ");
            match list.first() {
                Some(first) => shape(first, indent, out),
                None => out.push_str("nothing\n"),
            }
        }
        Value::Object(fields) => {
            out.push('\n');
            for (key, value) in fields {
                out.push_str(&format!("{margin}  {key}: "));
                shape(value, indent + 1, out);
            }
        }
    }
}

/// Tables of six areas (half of them treated) and of one area, at sixteen times.
fn tables(work: &std::path::Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let head = "time;value;events;people;area;treated\n";
    let row = |time: usize, place: usize| {
        let events = 10 + (time * 7 + place * 3) % 9;
        format!("{time};{events};{events};{};{};{}\n", 1000 + time, place, place % 2)
    };
    let rows = |areas: usize| -> String {
        (1..=16).flat_map(|time| (0..areas).map(move |place| row(time, place))).collect()
    };
    let (table, series) = (work.join("table.csv"), work.join("series.csv"));
    std::fs::write(&table, format!("{head}{}", rows(6))).unwrap();
    std::fs::write(&series, format!("{head}{}", rows(1))).unwrap();
    (table, series)
}

/// Arguments of each call that gives JSON. `TABLE`, `SERIES`, `EXTRACT` and `SEVERITY` stand for files.
const JSON_CALLS: &[&str] = &[
    "rules list --as json",
    "check EXTRACT --as json",
    "standardise TABLE --area area --strata time --events events --population people --method indirect --json",
    "interval poisson --count 12 --json",
    "interval proportion --count 12 --of 40 --json",
    "interval mean --mean 3 --spread 1 --of 40 --json",
    "spc SERIES --value value --json",
    "funnel SERIES --area time --events events --population people --json",
    "evaluate SERIES --time time --value events --population people --from 9 --method its --json",
    "evaluate SERIES --time time --value events --population people --from 9 --method poisson --json",
    "evaluate SERIES --time time --value events --population people --from 9 --method before-after --json",
    "evaluate TABLE --time time --value events --unit area --treated treated --from 9 --method did --json",
    "evaluate TABLE --time time --value events --unit area --treated treated --from 9 --method did-poisson --json",
    "risk distribution --rate 3 --severity SEVERITY --json",
];

#[test]
fn shape_of_every_json() {
    let work = folder("snapshot-json");
    let (table, series) = tables(&work);
    let (extract, severity) = (work.join("extract.csv"), work.join("severity.csv"));
    std::fs::write(&extract, EXTRACT).unwrap();
    std::fs::write(&severity, "1000,0.5\n5000,0.5\n").unwrap();
    let mut all = String::new();
    for call in JSON_CALLS {
        let file = |word| match word {
            "TABLE" => path(&table),
            "SERIES" => path(&series),
            "EXTRACT" => path(&extract),
            "SEVERITY" => path(&severity),
            other => other,
        };
        let output = samspill(&call.split(' ').map(file).collect::<Vec<_>>());
        let value: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| unreachable!("{call}: {error}: {}", text(&output.stderr)));
        all.push_str(&format!("$ samspill {call}\n"));
        shape(&value, 0, &mut all);
        all.push('\n');
    }
    expect_file!["../snapshots/json.txt"].assert_eq(&all);
}
