//! The program as its user meets it: files, messages and exit codes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agreed;
mod audit;
mod bill;
mod bundle;
mod cases;
mod council;
mod courses;
mod crash;
mod ehf;
mod first_hour;
mod formats;
mod fourth_look;
mod indicators;
mod numbers;
mod operator;
mod plan;
mod second_look;
mod settlement;
mod snapshots;
mod standing_alone;
mod table_service;
mod tampering;
mod third_look;
mod today;
mod trouble;
mod vectors;
mod what_if;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn samspill(arguments: &[&str]) -> Output {
    program().args(arguments).arg("--plain").output().unwrap()
}

/// A run with tables as people get them.
fn for_people(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

/// The number, with a decimal comma, that follows a phrase.
fn number_after(text: &str, phrase: &str) -> f64 {
    let rest = text.split(phrase).nth(1).unwrap();
    rest.split(' ').next().unwrap().replace(',', ".").parse().unwrap()
}

/// The program in bokmål, whatever the locale of the machine.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_samspill"));
    command.env("LC_ALL", "nb_NO.UTF-8");
    command
        .env("SAMSPILL_STATE", std::env::temp_dir().join(format!("samspill-state-{}", std::process::id())));
    command
}

/// A new folder for a test, never one that another test has: two that choose the same name run side by side. It stays
/// there, for whoever looks into a failure, until the next run of the tests.
fn folder(name: &str) -> PathBuf {
    static MADE: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    static SWEPT: std::sync::Once = std::sync::Once::new();
    SWEPT.call_once(|| {
        let entries = std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_ours = name.starts_with("samspill-program-") || name.starts_with("samspill-state-");
            let process = name.rsplit('-').next().unwrap_or_default();
            // Where the system does not list its processes, nothing is swept.
            let is_left = Path::new("/proc/self").exists() && !Path::new("/proc").join(process).exists();
            if is_ours && is_left {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    });
    let number = MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("samspill-program-{name}-{number}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Runs a command. Returns its exit code, and what it printed.
fn ran(arguments: &[&str]) -> (Option<i32>, String) {
    let output = samspill(arguments);
    (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

const EXTRACT: &str = "\
contact_id,stay_id,person_id,unit,unit_kind,trust,sector,care_level,admitted,discharged,municipality_of_registration,age,drg,drg_type,points,events
1,1,1,U1,public-hospital,983974724,somatic,overnight,2012-03-04T10:00,2012-03-09T12:00,1201,81,127,medical,1.5,1@2012-03-04T12:00 2@2012-03-06T09:00 3@2012-03-06T10:00 6@2012-03-06T11:00
2,2,2,U1,public-hospital,983974724,somatic,overnight,2012-03-04T10:00,2012-03-09T12:00,1201,40,209,surgical,2.5,
3,3,3,U1,public-hospital,983974724,somatic,outpatient,2012-04-04T10:00,2012-04-04T11:00,1201,40,901O,medical,0.031,
4,4,4,U1,public-hospital,983974724,somatic,outpatient,2012-04-04T10:00,2012-04-04T11:00,9998,40,901O,medical,0.031,
";

#[test]
fn an_extract_becomes_kroner_and_an_explanation() {
    let folder = folder("extract");
    let (file, out) = (folder.join("extract.csv"), folder.join("result"));
    std::fs::write(&file, EXTRACT).unwrap();
    // Without `--draft` nothing is settled, and the unsigned values are named.
    let refused = samspill(&["settle", "2012", "--contacts", path(&file), "--out", path(&out)]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        text(&refused.stderr).contains("choice dated_by = discharge")
            && text(&refused.stderr).contains("--draft")
    );
    assert!(!out.join("totals.csv").exists());

    let settled = samspill(&["settle", "2012", "--contacts", path(&file), "--draft", "--out", path(&out)]);
    assert_eq!(settled.status.code(), Some(3), "{}", text(&settled.stderr));
    let totals = std::fs::read_to_string(out.join("totals.csv")).unwrap();
    assert_eq!(
        totals,
        "debtor,creditor,municipality,unit,month,instrument,contacts,drg_points_milli,amount_ore\n\
         1201,983658725,1201,U1,2012-03,KMF,1,1500,1146270\n\
         1201,983658725,1201,U1,2012-04,KMF,1,31,23690\n\
         1201,983974724,1201,U1,2012-03,USK,1,0,1200000\n\
         state,983658725,,U1,2012-03,ISF,2,4000,4967170\n\
         state,983658725,,U1,2012-04,ISF,1,31,23690\n"
    );
    let outside = std::fs::read_to_string(out.join("outside.csv")).unwrap();
    assert!(outside.contains("KMF,surgery,1") && outside.contains("USK,not-reported-ready,2"), "{outside}");
    let refusals = std::fs::read_to_string(out.join("refused.csv")).unwrap();
    assert!(refusals.contains("5,4,municipality_of_registration,9998,unknown-municipality"), "{refusals}");
    let manifest = std::fs::read_to_string(out.join("manifest.toml")).unwrap();
    assert!(
        manifest.contains("status = \"draft\"")
            && manifest.contains("read = 4")
            && manifest.contains("refused = 1")
    );
    assert!(!manifest.contains(path(&folder)), "a manifest holds no paths");

    let explained = samspill(&["explain", "KMF-1", "--in", path(&out)]);
    let printed = text(&explained.stdout);
    assert!(explained.status.success(), "{}", text(&explained.stderr));
    for part in
        ["11\u{a0}462,70\u{a0}kr", "1,500 × 38\u{a0}209,00\u{a0}kr × 20\u{a0}%", "rad 2", "§ 3 bokstav a"]
    {
        assert!(printed.contains(part), "{part} is not in\n{printed}");
    }
    let days = text(&samspill(&["explain", "USK-1-2012-03", "--in", path(&out)]).stdout);
    assert!(days.contains("§ 8") && days.contains("USIGNERT"), "{days}");
    assert!(days.contains("3 × 4\u{a0}000,00\u{a0}kr = 12\u{a0}000,00\u{a0}kr"), "{days}");
    assert!(
        days.contains(", gjelder 2012-01-01–2012-12-31")
            && printed.contains(", gjelder 2012-01-01–2012-12-31")
    );
    let wrong = samspill(&["settle", "2012-13", "--contacts", path(&file), "--draft", "--out", path(&out)]);
    assert_eq!(wrong.status.code(), Some(2));
    let outside = text(&samspill(&["explain", "2", "--in", path(&out)]).stdout);
    assert!(outside.contains("grunn: kirurgi (surgery)"), "{outside}");
    let nobody = samspill(&["explain", "77", "--in", path(&out)]);
    assert_eq!(nobody.status.code(), Some(1));
}

#[test]
fn an_age_that_is_missing_is_unknown_in_sum_and_explanation_alike() {
    let folder = folder("age");
    let (file, out) = (folder.join("extract.csv"), folder.join("result"));
    std::fs::write(&file, EXTRACT.replace(",1201,81,127,", ",1201,,127,")).unwrap();
    let variant = ["--variant", "co-financing-80-plus", "--draft"];
    let settle = [&["settle", "2012", "--contacts", path(&file), "--out", path(&out)][..], &variant].concat();
    let settled = samspill(&settle);
    assert!(
        text(&settled.stderr).contains("under aldersgrensen kunne ikke prøves"),
        "{}",
        text(&settled.stderr)
    );
    let totals = std::fs::read_to_string(out.join("totals.csv")).unwrap();
    assert!(totals.contains("1201,983658725,1201,U1,2012-03,KMF,1,1500,1146270"), "{totals}");
    let printed = text(&samspill(&["explain", "KMF-1", "--in", path(&out)]).stdout);
    assert!(printed.contains("Krav: 11\u{a0}462,70\u{a0}kr, et øvre anslag"), "{printed}");
}

/// Columns of a file of contacts with the diagnoses and the events of each.
const COLUMNS: &str = "contact_id,stay_id,person_id,unit,unit_kind,trust,sector,care_level,urgency,admitted,discharged,\
                       municipality_of_registration,age,sex,drg,drg_type,points,bed_days,diagnoses,events";

const READY: &str = "contact_id;stay_id;person_id;unit;unit_kind;trust;sector;care_level;service;urgency;admitted;discharged;\
                     municipality_of_registration;municipality_of_stay;age;sex;drg;drg_type;mdc;weight;points;bed_days;\
                     costly_medicine;fee;events";

/// A patient who is ready on 30 December leaves on 3 January. Two days fall in each year, and the explanation
/// shows the days that were settled.
#[test]
fn days_over_the_year_end_are_explained_where_they_were_settled() {
    let work = folder("year-end");
    let (file, out) = (work.join("contacts.csv"), work.join("out"));
    let row = "1;1;1;U1;public-hospital;983971768;somatic;overnight;ordinary;acute;2012-12-28T10:00;2013-01-03T09:00;1201;1201;\
               80;man;88;medical;4;1,0;1,000;4;false;;1@2012-12-28T11:00 2@2012-12-30T10:00 3@2012-12-30T11:00";
    let settled = |rows: &str| {
        std::fs::write(&file, format!("{READY}\n{rows}\n")).unwrap();
        let words = ["settle", "2012", "--mapping", "samspill", "--draft"];
        text(&samspill(&[&words[..], &["--contacts", path(&file), "--out", path(&out)]].concat()).stderr)
    };
    settled(row);
    let explained = |charge: &str| {
        let output = samspill(&["explain", charge, "--in", path(&out)]);
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let (code, printed) = explained("USK-1-2012-12");
    assert_eq!(code, Some(0), "{printed}");
    assert!(
        printed.contains("=> Krav: 8\u{a0}000,00\u{a0}kr (") && printed.contains("utenfor perioden"),
        "{printed}"
    );
    for (charge, fault) in [
        ("USK-1-2013-01", "2013-01 er ikke i 2012, som ble gjort opp"),
        ("USK-1-2012-05", "kontakt 1 har ingen krav for 2012-05; månedene med krav: 2012-12, 2013-01"),
    ] {
        let (code, printed) = explained(charge);
        assert!(code != Some(0) && printed.contains(fault), "{fault}: {printed}");
    }
    // A count with decimals is refused and not rounded, and a number below zero is refused.
    for (from, to, reason) in [
        (";80;man", ";79,5;man", "not-whole"),
        (";1,000;4;", ";1,000;-4;", "negative"),
        ("false;;", "false;-100;", "negative"),
    ] {
        assert!(row.contains(from), "{from}");
        let printed = settled(&row.replace(from, to));
        let refused = std::fs::read_to_string(out.join("refused.csv")).unwrap();
        assert!(refused.contains(reason), "{reason}: {printed} {refused}");
    }
    std::fs::write(&file, format!("{READY};Points\n{row};9,0\n")).unwrap();
    let output = samspill(&["check", path(&file), "--mapping", "samspill"]);
    assert!(text(&output.stderr).contains("to kolonner heter points"), "{}", text(&output.stderr));
}

#[test]
fn settling_again_gives_the_same_bytes() {
    let folder = folder("again");
    let file = folder.join("extract.csv");
    std::fs::write(&file, EXTRACT).unwrap();
    let run = |name: &str| {
        let out = folder.join(name);
        samspill(&["settle", "2012", "--contacts", path(&file), "--draft", "--out", path(&out)]);
        ["totals.csv", "manifest.toml", "charges.parquet", "outside.csv"]
            .map(|name| std::fs::read(out.join(name)).unwrap())
    };
    assert!(run("one") == run("two"));
}

#[test]
fn shuffled_rows_change_no_total_and_parts_add_up() {
    let folder = folder("shuffle");
    let mut lines: Vec<&str> = EXTRACT.lines().collect();
    let head = lines.remove(0);
    let totals = |name: &str, lines: &[&str]| {
        let (file, out) = (folder.join(format!("{name}.csv")), folder.join(name));
        std::fs::write(&file, format!("{head}\n{}\n", lines.join("\n"))).unwrap();
        samspill(&["settle", "2012", "--contacts", path(&file), "--draft", "--out", path(&out)]);
        std::fs::read_to_string(out.join("totals.csv")).unwrap()
    };
    let sum = |csv: &str| -> i64 {
        csv.lines().skip(1).filter_map(|line| line.rsplit(',').next()?.parse::<i64>().ok()).sum()
    };
    let whole = totals("whole", &lines);
    let parts = sum(&totals("first", &lines[..1])) + sum(&totals("rest", &lines[1..]));
    assert_eq!(parts, sum(&whole));
    lines.reverse();
    assert_eq!(totals("reversed", &lines), whole);
}

#[test]
fn real_figures_of_helse_nord_settle_as_an_upper_bound() {
    let out = folder("nord");
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/activity_helse_nord.csv");
    let settled = samspill(&[
        "settle",
        "2012",
        "--contacts",
        data,
        "--mapping",
        "aggregate",
        "--draft",
        "--out",
        path(&out),
    ]);
    let printed = text(&settled.stderr);
    assert!(settled.status.success(), "{printed}");
    assert!(printed.contains("øvre anslag") && printed.contains("taket"), "{printed}");
    let totals = std::fs::read_to_string(out.join("totals.csv")).unwrap();
    let areas: std::collections::BTreeSet<&str> = totals
        .lines()
        .filter(|line| line.contains(",KMF,"))
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(areas.len(), 12, "eleven local areas and those outside: {areas:?}");
    let month = samspill(&[
        "settle",
        "2012-03",
        "--contacts",
        data,
        "--mapping",
        "aggregate",
        "--draft",
        "--out",
        path(&out),
    ]);
    assert!(text(&month.stderr).contains("per år"));
}

#[test]
fn bad_rule_files_are_reported_with_file_and_line() {
    let folder = folder("rules");
    let law = include_str!("../../../../rules/law/co-financing.toml");
    let isf = include_str!("../../../../rules/law/activity-based-funding.toml");
    let overlap = law.replacen("[[share]]", "[[share]]\nfrom = 2013-01-01\nto = 2013-12-31\npercent = 10\nconfidence = \"M\"\nsource = \"lovtidend\"\n\n[[share]]", 1);
    for (broken, fault) in [
        (overlap, "gjelder begge på 2013-01-01"),
        (law.replace("percent = 20", "percent = 120"), "en andel på 120 prosent er ikke mellom 0 og 100"),
        (law.replace("percent = 20", "per_cent = 20"), "unknown field `per_cent`"),
        (
            law.replace("value = \"discharge\"", "value = \"birthday\""),
            "valget dated_by = 'birthday' er ukjent",
        ),
        (law.replace("source = \"lovtidend\"", "source = \"hud\""), "kilden 'hud' er ikke beskrevet"),
        (law.replacen("to = 2014-12-31\npercent", "percent", 1), "må ha en siste dag"),
    ] {
        std::fs::write(folder.join("co-financing.toml"), broken).unwrap();
        std::fs::write(folder.join("activity-based-funding.toml"), isf).unwrap();
        let output = samspill(&["rules", "check", "--law", path(&folder)]);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(fault) && error.contains("co-financing.toml:"), "{fault} is not in {error}");
    }
    // A gap is no error in the file, but it stops a settlement that needs the value.
    let gap = law.replace(
        "from = 2012-01-01\nto = 2014-12-31\npercent",
        "from = 2013-01-01\nto = 2014-12-31\npercent",
    );
    std::fs::write(folder.join("co-financing.toml"), gap).unwrap();
    let alone = samspill(&[
        "settle",
        "2012",
        "--contacts",
        path(&folder.join("extract.csv")),
        "--law",
        path(&folder),
        "--draft",
        "--out",
        path(&folder.join("none")),
    ]);
    assert!(text(&alone.stderr).contains("det finnes ingen regelfil for USK"), "{}", text(&alone.stderr));
    let days = include_str!("../../../../rules/law/discharge-ready-day-rate.toml");
    std::fs::write(folder.join("discharge-ready-day-rate.toml"), days).unwrap();
    let file = folder.join("extract.csv");
    std::fs::write(&file, EXTRACT).unwrap();
    let out = folder.join("result");
    let output = samspill(&[
        "settle",
        "2012",
        "--contacts",
        path(&file),
        "--law",
        path(&folder),
        "--draft",
        "--out",
        path(&out),
    ]);
    // Some rows are refused. What the municipality pays of treatment is unknown, and with it what is left for the state.
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    for instrument in ["KMF", "ISF"] {
        let unpriced = format!(
            "{instrument} kan ikke prises og er ikke med: law/co-financing.toml: ingen verdi for andel"
        );
        assert!(told.contains(&unpriced), "{told}");
    }
    assert!(told.contains("USK 12\u{a0}000,00"), "{told}");
}

#[test]
fn conflicting_variants_are_both_named() {
    let folder = folder("conflict");
    let output = samspill(&[
        "rules",
        "list",
        "--variant",
        "co-financing-80-plus",
        "--variant",
        "co-financing-over-80",
    ]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        error.contains("co-financing-80-plus og co-financing-over-80 setter begge age: 80 og 81"),
        "{error}"
    );
    drop(folder);
}

/// The demonstration closes with commands, and these commands find its story: the two wrong lines of a bill,
/// the hospital that delivered late, and the municipality that stands out.
fn the_story_can_be_found(printed: &str, out: &Path) {
    let commands: Vec<Vec<String>> = printed
        .lines()
        .filter_map(|line| line.trim().strip_prefix("cargo run --release -- "))
        .map(|line| {
            // A name in quotes is one word.
            let halves = line.split('"').enumerate().flat_map(|(place, half)| match place % 2 {
                0 => half.split_whitespace().map(str::to_owned).collect(),
                _ => vec![half.to_owned()],
            });
            halves.collect()
        })
        .collect();
    let run = |name: &str| {
        let command = commands.iter().find(|words| words[0] == name).unwrap();
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let output = for_people(&words);
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, table, said) = run("compare");
    assert_eq!((code, table.lines().count()), (Some(3), 3), "a head and two wrong lines: {table}{said}");
    assert!(table.lines().skip(1).all(|line| line.contains("antall døgn;")), "{table}");
    let letter = out.join("historie/svar/brev.pdf");
    let letter = Command::new("pdftotext").args([path(&letter), "-"]).output().unwrap();
    assert!(text(&letter.stdout).contains("(oppdiktet)"), "{}", text(&letter.stdout));
    // The first is that of the hospital that delivered late.
    let first = commands.iter().find(|words| words[0] == "statement").unwrap();
    assert_eq!((&first[1][..], run("statement").0), ("2024-04", Some(0)), "{first:?}");
    if commands.iter().any(|words| words[0] == "case") {
        assert_eq!(run("case").0, Some(0));
    }
    // So few people that the slow municipality may owe nothing.
    assert!(printed.contains("i Skien kommune venter pasientene dobbelt så ofte"), "{printed}");
    assert!(out.join("indikatorer/profil-4003.pdf").exists());
    // The three parts of the correction add up to its sums by instrument.
    let amounts = |lead: &str| -> Vec<i64> {
        let line = printed.lines().find(|line| line.starts_with(lead)).unwrap().replace('\u{a0}', "");
        let ore = |word: &str| word.strip_suffix("kr")?.replace(',', "").replace('−', "-").parse().ok();
        line.split(' ').filter_map(|word| ore(word.trim_end_matches([';', ',', '.']))).collect()
    };
    let (parts, sums) = (amounts("Av dette gjelder"), amounts("ført i 2024-04:"));
    assert_eq!((parts.len(), parts.iter().sum::<i64>()), (3, sums.iter().sum()), "{parts:?} {sums:?}");
}

#[test]
fn a_small_demo_runs_through() {
    let out = folder("demo");
    let output = for_people(&["demo", "--people", "20000", "--out", path(&out), "--no-serve"]);
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for part in [
        "691\u{a0}982",
        "4601 Bergen kommune",
        "kommunal medfinansiering: ikke i kraft",
        "Medfinansiering igjen, 20 prosent",
        "mangler hjemmel i perioden (KMF ikke i kraft)",
        "20\u{a0}000 av 5\u{a0}550\u{a0}203 innbyggere, skalert",
        "880\u{a0}000",
        "3\u{a0}600",
        "88 %",
        "1201 Bergen",
        "KLADD",
        "explain KMF-",
        "Hva om?",
        "Beløpene er utvalgets",
        "Hva skjer med pasientene våre?",
        "20\u{a0}000 av 4\u{a0}985\u{a0}870 innbyggere, skalert",
    ] {
        assert!(printed.contains(part), "{part} is not in\n{printed}");
    }
    for (charge, year) in [("ISF-", "2024"), ("KMF-", "2012")] {
        let of = format!("explain {charge}");
        let example = printed.lines().find(|line| line.contains(&of)).unwrap();
        let charge = example.split_whitespace().find(|word| word.starts_with(charge)).unwrap();
        let explained = samspill(&["explain", charge, "--in", path(&out.join(format!("result-{year}")))]);
        assert!(explained.status.success() && text(&explained.stdout).contains("=> Krav:"));
    }
    let checked = samspill(&[
        "check",
        path(&out.join("register-2012/contacts.parquet")),
        "--drg-list",
        path(&out.join("register-2012/drg-list.csv")),
    ]);
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked.stderr));
    // Rates of a sample are relative to the people of the sample: about 132 stays per 1 000.
    let country = std::fs::read_to_string(out.join("indikatorer/landet.csv")).unwrap();
    let rate =
        country.lines().find(|line| line.starts_with("admissions;")).unwrap().split(';').nth(7).unwrap();
    let rate: f64 = rate.replace(',', ".").parse().unwrap();
    assert!((120.0..145.0).contains(&rate) && out.join("indikatorer/profil-1151.pdf").exists(), "{rate}");
    // The ledgers of the demonstration are verified without a fault, and the statements of 2024 are written.
    let reform = out.join("ledger-2012.sqlite");
    for ledger in [&out.join("ledger.sqlite"), &reform] {
        let proved = samspill(&["ledger", "verify", "--ledger", path(ledger)]);
        assert!(proved.status.success(), "{}", text(&proved.stderr));
    }
    assert!(printed.contains("ny aktivitet"), "{printed}");
    the_story_can_be_found(&printed, &out);
    // The forecast of June against what the rest of the year came to: the band holds about as often as it
    // promises.
    let forecast = samspill(&["forecast", "2012-06", "--ledger", path(&reform), "--as", "csv"]);
    let held = text(&forecast.stderr);
    let per_cent = number_after(&held, "det holdt for ");
    assert!((70.0..=92.0).contains(&per_cent), "{held}");
    assert!(text(&forecast.stdout).lines().count() > 300);
    for name in ["oppgjor-2024-04-991324968-kladd.pdf", "oppgjor-2024-0301-kladd.xlsx", "oversikt-2024.csv"] {
        assert!(out.join("statements").join(name).exists(), "{name}");
    }
}

#[test]
fn who_pays_whom_is_shown_for_a_day() {
    let on = |day: &str| {
        let output = samspill(&["rules", "payments", "--on", day, "--as", "csv"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let printed = on("2012-07-01");
    assert!(
        printed.contains("KMF,municipality,regional-authority-of-residence,central,12,2,1,255,300,370,,"),
        "{printed}"
    );
    assert!(printed.contains("\nguest-patient,regional-authority,regional-authority,"), "{printed}");
    // Co-financing was repealed; the day rate was not.
    let printed = on("2016-07-01");
    assert!(!printed.contains("KMF") && printed.contains("USK"), "{printed}");
}
