//! Our commands compared with independent implementations, on the same small cases (`cargo xtask vectors`).

use std::path::Path;

use serde_json::Value;

use super::{folder, path, samspill, text};

fn vectors(name: &str) -> Value {
    let file = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// Whether ours differs from theirs by no more than `within`, relative to theirs.
fn near(ours: &Value, theirs: &Value, within: f64) -> bool {
    let (ours, theirs) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
    (ours - theirs).abs() <= within * theirs.abs().max(1e-9)
}

fn risk_of(case: &Value) -> Value {
    let severity = folder("vectors").join("severity.csv");
    let rows = case["severity"].as_array().unwrap().iter().map(|row| format!("{},{}\n", row[0], row[1]));
    std::fs::write(&severity, rows.collect::<String>()).unwrap();
    let (rate, shape) = (case["rate"].to_string(), case["shape"].to_string());
    let mut words = vec!["risk", "distribution", "--rate", &rate, "--severity", path(&severity), "--json"];
    if !case["shape"].is_null() {
        words.extend(["--shape", &shape]);
    }
    let output = samspill(&words);
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_str(&text(&output.stdout)).unwrap()
}

/// Costs are whole numbers. Our quantiles equal those of the others if a step of our grid is at most 1. With many
/// persons a step may be longer, and our quantiles then differ from those of the others by at most one step.
#[test]
fn the_risk_of_small_cases_is_what_others_say() {
    let vectors = vectors("risk");
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let ours = risk_of(case);
        for (by, found) in case["found"].as_object().unwrap() {
            let within = if by == "aggregate" { 1e-4 } else { 1e-6 };
            for key in ["mean", "standard_deviation"] {
                assert!(near(&ours[key], &found[key], within), "{by} {key}: {} {case}", ours[key]);
            }
            for (level, theirs) in found["value_at_risk"].as_object().unwrap() {
                let at = ours["value_at_risk"][level].as_f64().unwrap();
                let step = ours["step"].as_f64().unwrap();
                let off = (at - theirs.as_f64().unwrap()).abs();
                assert!(off <= if step <= 1.0 { 1e-9 } else { step }, "{by} {level}: {at} {theirs} {case}");
            }
            for (level, theirs) in found["tail_value_at_risk"].as_object().into_iter().flatten() {
                let at = &ours["tail_value_at_risk"][level];
                assert!(near(at, theirs, 1e-5), "{by} tail {level}: {at} {theirs} {case}");
            }
        }
    }
}

/// The value at a place in JSON, such as `areas.0.rate`.
fn at<'v>(value: &'v Value, place: &str) -> &'v Value {
    place.split('.').fold(value, |value, step| match step.parse::<usize>() {
        Ok(number) if value.is_array() => &value[number],
        _ => &value[step],
    })
}

#[test]
fn the_methods_give_what_others_say() {
    let vectors = vectors("methods");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() > 30, "{}", cases.len());
    let table = folder("methods").join("table.csv");
    for case in cases {
        let args: Vec<&str> =
            case["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        if let Some(text) = case["table"].as_str() {
            std::fs::write(&table, text).unwrap();
        }
        let words: Vec<&str> =
            args.iter().map(|word| if *word == "TABLE" { path(&table) } else { word }).collect();
        let output = samspill(&words);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        let ours: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
        for (place, theirs) in case["expect"].as_object().unwrap() {
            let ours = at(&ours, place);
            let within = case["within"].as_f64().unwrap();
            assert!(
                ours.is_number() && near(ours, theirs, within),
                "{args:?} {place}: {ours} {theirs} by {}",
                case["by"]
            );
        }
    }
}

/// Runs a command on a table. Returns whether it succeeded, its stdout and its stderr.
fn run_on(table: &Path, text_of: &[u8], args: &[&str]) -> (bool, String, String) {
    std::fs::write(table, text_of).unwrap();
    let words: Vec<&str> =
        args.iter().map(|word| if *word == "TABLE" { path(table) } else { word }).collect();
    let output = samspill(&words);
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

/// Tables and arguments that give no usable answer are refused. Months without a leading zero are put in order.
#[test]
fn an_effect_is_not_claimed_where_there_is_none_to_find() {
    let table = folder("effects").join("t.csv");
    let run = |text_of: &[u8], args: &[&str]| run_on(&table, text_of, args);
    let units = |rows: &str| format!("k,t,y,d\n{rows}");
    let did = [
        "evaluate",
        "TABLE",
        "--time",
        "t",
        "--value",
        "y",
        "--unit",
        "k",
        "--treated",
        "d",
        "--from",
        "2",
        "--method",
        "did",
    ];
    for (rows, fault) in [
        (
            "A,1,5,1\nA,2,6,1\nB,1,5,0\nB,2,5,0\n",
            "1 enhet der det begynte, har verdier både før og etter: det trengs minst 3",
        ),
        ("A,1,5,1\nA,2,6,0\n", "t.csv:3: A er 1 på én rad og 0 på en annen"),
        ("A,1,5,1\nA,1,6,1\nA,2,6,1\n", "t.csv:3: A"),
    ] {
        let (done, _, printed) = run(units(rows).as_bytes(), &did);
        assert!(!done && printed.contains(fault), "{fault}: {printed}");
    }
    // Months without a leading zero are put in order.
    let level: String = (1..=12).map(|month| format!("2012-{month};{}\n", month * 7 % 5)).collect();
    let its = ["evaluate", "TABLE", "--time", "t", "--value", "y", "--from", "2012-10", "--json"];
    let (done, printed, said) = run(format!("t;y\n{level}").as_bytes(), &its);
    assert!(done && printed.contains("\"before\": 9"), "{printed}{said}");
    let (done, printed, _) = run(
        b"t,y\n1,2\n2,3\n",
        &["funnel", "TABLE", "--area", "t", "--events", "y", "--population", "y", "--per=-5"],
    );
    assert!(!done, "{printed}");
    let (done, _, printed) = run(b"a,a\n1,2\n", &["spc", "TABLE", "--value", "a"]);
    assert!(!done && printed.contains("to kolonner 'a'"), "{printed}");
}

/// A standard with a stratum on two rows is refused: which of them is meant is not known.
#[test]
fn a_standard_has_each_stratum_once() {
    let work = folder("standard");
    let standard = path(&work.join("standard.csv")).to_owned();
    for (rows, fault) in
        [("0-79;900\n80+;100\n", ""), ("0-79;900\n80+;100\n0-79;900\n", "0-79 har en rad fra før")]
    {
        std::fs::write(&standard, format!("alder;folk\n{rows}")).unwrap();
        let text_of = "område;alder;n;folk\nÅs;0-79;12;1000\nÅs;80+;8;100\n".as_bytes();
        let columns = ["--area", "område", "--strata", "alder", "--events", "n", "--population", "folk"];
        let order = [&["standardise", "TABLE"], &columns[..], &["--standard", &standard]].concat();
        let (done, _, printed) = run_on(&work.join("t.csv"), text_of, &order);
        assert!(done == fault.is_empty() && printed.contains(fault), "{printed}");
    }
}

/// Tables as a controller may have saved them, and tables that cannot be used.
#[test]
fn small_tables_are_read_as_they_were_saved() {
    let table = folder("tables").join("t.csv");
    let run = |text_of: &[u8], args: &[&str]| run_on(&table, text_of, args);
    let standardise = [
        "standardise",
        "TABLE",
        "--area",
        "område",
        "--strata",
        "alder",
        "--events",
        "n",
        "--population",
        "folk",
    ];
    let good = "område;alder;n;folk\nÅs;0-79;12;1 000,0\nÅs;80+;8;100\n";
    let latin: Vec<u8> = good.chars().map(|one| one as u8).collect();
    let (done, utf8, printed) = run(good.as_bytes(), &standardise);
    assert!(done && utf8.lines().nth(1).unwrap().starts_with("Ås,"), "{utf8}{printed}");
    assert_eq!(run(&latin, &standardise).1, utf8);
    let json = [&standardise[..], &["--json"]].concat();
    for (rows, fault) in [
        ("område;alder;n;folk\n", "har ingen rader"),
        ("område;alder;n\nA;0-79;1\n", "'folk'"),
        ("område;alder;n;folk\nA;gammel;1;10\n", "'gammel' er ikke en aldersgruppe"),
        ("område;alder;n;folk\nA;0-79;mange;10\n", "t.csv:2: n = 'mange' er ikke et tall"),
        ("område;alder;n;folk\nA;0-79;-1;10\n", "n = -1 er under null"),
        ("område;alder;n;folk\nA;0-79;1;0\n", "ingen personer: slå sammen grupper"),
        ("område;alder;n;folk\nA;0-79;1;10\nA;0-79;1;10\n", "fra før"),
        ("område;alder;n;folk\nA;0-79;1;10\nA;80+;1;10\nB;80+;1;10\n", "B har ingen personer i 0-79"),
        ("område;alder;n;folk\nA;0-79;1\n", "t.csv:2 har 3 celler, og overskriftsraden har 4"),
    ] {
        let (done, _, printed) = run(rows.as_bytes(), &json);
        assert!(!done && printed.contains(fault), "{fault}: {printed}");
    }
    let months = "tid,verdi,linje,ingen\n1,5,3,1\n2,6,5,2\n3,5,7,1\n4,7,9,0\n5,6,11,0\n6,7,13,0\n";
    for (args, fault) in [
        (&["spc", "TABLE", "--value", "verdi", "--rebase", "3"][..], "har ingen grunn"),
        (&["spc", "TABLE", "--value", "verdi", "--rebase", "9=flytting"], "'9'"),
        (
            &["evaluate", "TABLE", "--time", "tid", "--value", "verdi", "--from", "9"],
            "tidspunktene går fra 1 til 6",
        ),
        (&["evaluate", "TABLE", "--time", "tid", "--value", "verdi", "--from", "3"], "minst 3 tider før"),
        (
            &["evaluate", "TABLE", "--time", "tid", "--value", "verdi", "--from", "3", "--method", "did"],
            "--unit",
        ),
        (
            &["evaluate", "TABLE", "--time", "tid", "--value", "linje", "--from", "4"],
            "ikke ligger på en linje",
        ),
        (
            &["evaluate", "TABLE", "--time", "tid", "--value", "verdi", "--from", "4", "--lags", "3"],
            "ikke under halvparten av de 6",
        ),
        (&["funnel", "TABLE", "--area", "verdi", "--events", "tid", "--population", "linje"], ":4: 5"),
        (
            &["evaluate", "TABLE", "--time", "tid", "--value", "ingen", "--from", "4", "--method", "poisson"],
            "ingen hendelse etter 4: bruk --method before-after",
        ),
        (&["interval", "proportion", "--count", "7", "--of", "5"], "er ikke mellom 0 og"),
        (&["funnel", "TABLE", "--area", "tid", "--events", "verdi"], "--population"),
    ] {
        let (done, _, printed) = run(months.as_bytes(), args);
        assert!(!done && printed.contains(fault), "{fault}: {printed}");
    }
}

/// The health atlas publishes counts, and figures adjusted for age and sex. Our figures from the same counts
/// are near the published ones: each differs by less than 10 %, and at least 76 of 80 published figures lie in our
/// interval for chance.
#[test]
fn published_figures_are_met_from_their_own_counts() {
    let table = include_str!("../../../../data/health_atlas_elderly.csv");
    let (mut inside, mut all, mut worst) = (0, 0, 0.0_f64);
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split(';').collect();
        let [_, area, kind, published, numerator, denominator, _] = cells[..] else { panic!("{line}") };
        let published: f64 = published.parse().unwrap();
        let words: Vec<&str> = match kind {
            "rate" => {
                vec!["interval", "poisson", "--count", numerator, "--population", denominator, "--json"]
            }
            _ => vec!["interval", "proportion", "--count", numerator, "--of", denominator, "--json"],
        };
        let ours: Value = serde_json::from_str(&text(&samspill(&words).stdout)).unwrap();
        let per = if kind == "rate" { 1.0 } else { 100.0 };
        let of = |key: &str| ours[key].as_f64().unwrap() * per;
        worst = worst.max((of("value") / published - 1.0).abs());
        if area != "Norge" {
            all += 1;
            inside += i32::from((of("low")..=of("high")).contains(&published));
        }
    }
    assert_eq!(all, 80);
    assert!(worst < 0.10 && inside >= 76, "{worst} {inside} of {all}");
}
