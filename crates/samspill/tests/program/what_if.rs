//! Scenarios, risk and agreements as their user meets them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{COLUMNS, folder, for_people as samspill, path, text};

fn register(name: &str, year: i16, people: u64, seed: u64) -> PathBuf {
    let out = folder(name);
    let (year, people, seed) = (year.to_string(), people.to_string(), seed.to_string());
    let made =
        samspill(&["synth", "--year", &year, "--people", &people, "--seed", &seed, "--out", path(&out)]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    out.join("contacts.parquet")
}

/// Cells of a CSV file with semicolons, without its head.
fn table(file: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().skip(1).map(|line| line.split(';').map(str::to_owned).collect()).collect()
}

/// Published rows, and the number of withheld rows, which is never one.
fn published(rows: Vec<Vec<String>>) -> (Vec<Vec<String>>, usize) {
    let all = rows.len();
    let shown: Vec<Vec<String>> = rows.into_iter().filter(|row| row.iter().all(|cell| cell != ":")).collect();
    let withheld = all - shown.len();
    assert_ne!(withheld, 1, "one that is withheld alone is the rest of the sum");
    (shown, withheld)
}

fn ore(cell: &str) -> i64 {
    cell.replace(',', "").parse().unwrap()
}

fn simulated(contacts: &Path, out: &Path, scenario: &str, more: &[&str]) -> (Option<i32>, String) {
    let mut all =
        vec!["simulate", scenario, "--period", "2012", "--contacts", path(contacts), "--out", path(out)];
    all.extend(more);
    let output = samspill(&all);
    (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
}

/// Winners and losers by a background: each part agrees with the municipalities' own rows, as far as these are shown.
#[test]
fn winners_and_losers_are_told_by_a_background() {
    let contacts = register("what-if-background", 2012, 40_000, 3);
    let work = folder("what-if-background-out");
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/hva-om.toml");
    let given = work.join("background.csv");
    // Oslo alone is highest, and every other municipality has its number.
    let homes = rows_of_2012();
    let values: String =
        homes.iter().map(|code| format!("{code};{code};{}\n", u8::from(code == "0301"))).collect();
    std::fs::write(&given, format!("municipality;nummer;hovedstad\n{values}")).unwrap();
    let (code, printed) = simulated(&contacts, &work.join("out"), scenario, &["--background", path(&given)]);
    assert_eq!(code, Some(0), "{printed}");
    let out = work.join("out/medisinsk-15-prosent");
    let parts = table(&out.join("bakgrunn.csv"));
    assert_eq!(parts.len(), 10);
    let rows = table(&out.join("kommuner.csv"));
    for part in parts.iter().take(5) {
        let [from, to] = [2, 3].map(|at| part[at].split(',').next().unwrap().parse::<u32>().unwrap());
        let inside = |row: &&Vec<String>| (from..=to).contains(&row[0].parse().unwrap());
        let (shown, _) = published(rows.iter().filter(inside).cloned().collect());
        let count: usize = part[4].parse().unwrap();
        let people: i64 = part[5].parse().unwrap();
        let (net, each) = (shown.iter().map(|row| ore(&row[12])).sum::<i64>(), ore(&part[6]));
        // Those that are withheld in the table of municipalities are in no part.
        assert!(shown.len() == count && each % 100 == 0, "{part:?}");
        assert!((net - each * people).abs() <= people * 51, "{part:?}: {net}");
        let losers = shown.iter().filter(|row| ore(&row[12]) > 0).count();
        assert_eq!(losers.to_string(), part[7], "{part:?}");
    }
    let all = published(rows.clone()).0.len();
    // Equal values stand together, and a part of one municipality is not shown.
    assert_eq!((&parts[5][4], &parts[9][4][..]), (&(all - 1).to_string(), "1"));
    assert_eq!((&parts[6][6][..], &parts[9][6][..]), ("..", ":"));
    let (code, printed) =
        simulated(&contacts, &work.join("bad"), scenario, &["--background", path(&contacts)]);
    assert!(code != Some(0), "{printed}");
}

/// What if § 11-3 were used again: on ten medical stays and ten at 82 years, of a point each and a price of 52 248 kr in 2024,
/// computed by hand. What the municipalities pay, the state no longer does.
#[test]
fn co_financing_comes_back_in_2024() {
    let work = folder("what-if-again");
    let contacts = work.join("contacts.csv");
    let mut register = format!("{COLUMNS}\n");
    // Twenty somatic stays, and ten in mental health that wait three days each.
    for id in 0..30 {
        let (sector, kind, events) = match id {
            20.. => (
                "mental-health",
                "adult-psychiatry",
                "1@2024-03-01T11:00 2@2024-03-04T09:00 3@2024-03-04T10:00",
            ),
            _ => ("somatic", "public-hospital", ""),
        };
        let age = if (10..20).contains(&id) { 82 } else { 50 };
        register += &format!(
            "{id},{id},{id},U,{kind},983974724,{sector},overnight,acute,2024-03-01T10:00,2024-03-07T10:00,4601,{age},woman,089,medical,1,6,J18,{events}\n"
        );
    }
    std::fs::write(&contacts, register).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/igjen");
    let mut scenarios: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    scenarios.sort();
    let scenarios: Vec<&str> = scenarios.iter().map(|path| path.to_str().unwrap()).collect();
    let out = work.join("out");
    let words = ["--period", "2024", "--contacts", path(&contacts), "--out", path(&out)];
    let run = samspill(&[&["simulate"][..], &scenarios, &words].concat());
    assert!(run.status.success(), "{}", text(&run.stderr));
    let compared = table_of(&work.join("out/sammenligning.csv"), "4601");
    let point = 1_044_960;
    // 10 and 20 per cent of 20 points, 20 per cent of 10; thirty days at 3 000 and 8 000 for 5 745 kr; none in mental health.
    let days = [30 * (300_000 - 574_500), 30 * (800_000 - 574_500), -30 * 574_500];
    assert_eq!(compared, [&[10 * point, 20 * point, 10 * point][..], &days].concat());
    for (scenario, kmf) in [("medfinansiering-10", 10 * point), ("medfinansiering-20", 20 * point)] {
        let parties = table(&work.join("out").join(scenario).join("parter.csv"));
        let state = parties.iter().find(|row| row[0] == "state").unwrap();
        assert_eq!(ore(&state[4]), -kmf, "{state:?}");
    }
    // What is not in force is no zero, and the incomes of the slides are not those of 2024.
    for (scenario, after) in [("medfinansiering-20", "208992,00"), ("utskrivningsklare-3000", "ikke i kraft")]
    {
        let all = table(&work.join("out").join(scenario).join("kommuner.csv"));
        let home = all.iter().find(|row| row[0] == "4601").unwrap();
        assert_eq!([&home[3], &home[5], &home[14]], ["ikke i kraft", after, ".."], "{home:?}");
    }
    // Nothing is told of a year without the price: a change of nothing would be no answer. With a price, it is.
    std::fs::write(&contacts, std::fs::read_to_string(&contacts).unwrap().replace("2024-", "2023-")).unwrap();
    let priced = work.join("priced.toml");
    let example = std::fs::read_to_string(folder.join("medfinansiering-20.toml")).unwrap();
    std::fs::write(&priced, format!("{example}\n[set]\nunit_price = 50000\n")).unwrap();
    let words = ["--period", "2023", "--contacts", path(&contacts), "--out", path(&out)];
    let (given, none) = (path(&priced), path(&folder.join("medfinansiering-20.toml")).to_owned());
    for (file, told) in [(given, "medfinansiering-20"), (&none[..], "KMF mangler en verdi")] {
        let run = samspill(&[&["simulate", file][..], &words].concat());
        let said = text(&run.stderr);
        assert!(run.status.success() == (file == given) && said.contains(told), "{said}");
    }
    let all = table(&work.join("out/medfinansiering-20/kommuner.csv"));
    assert_eq!(all.iter().find(|row| row[0] == "4601").unwrap()[5], "200000,00");
    let risk = ["risk", "picture", "--variant", "co-financing-again"];
    let run = samspill(&[&risk[..], &words].concat());
    assert!(!run.status.success() && text(&run.stderr).contains("ingen verdi for enhetspris"));
}

/// A municipality with three stays that wait is withheld where what it pays for them changes, and another with it, since the
/// sum of all is published.
#[test]
fn few_who_wait_are_not_told_by_a_day_rate() {
    let work = folder("what-if-few-wait");
    let contacts = work.join("contacts.csv");
    let mut register = format!("{COLUMNS}\n");
    let mut id = 0;
    for (home, count) in [("4601", 30), ("0301", 20), ("1103", 12), ("5001", 3)] {
        for _ in 0..count {
            id += 1;
            register += &format!(
                "{id},{id},{id},U,public-hospital,983974724,somatic,overnight,acute,2024-03-01T10:00,2024-03-07T10:00,{home},80,woman,089,medical,1,6,J18,\
                 1@2024-03-01T11:00 2@2024-03-04T09:00 3@2024-03-04T10:00\n"
            );
        }
    }
    std::fs::write(&contacts, register).unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/igjen");
    let of = |name: &str| {
        let (scenario, out) = (examples.join(name), work.join("out"));
        let words = ["--period", "2024", "--contacts", path(&contacts), "--out", path(&out)];
        let run = samspill(&[&["simulate", path(&scenario)][..], &words].concat());
        assert!(run.status.success(), "{}", text(&run.stderr));
        let rows = table(&out.join(name.trim_end_matches(".toml")).join("kommuner.csv"));
        let withheld = rows.iter().filter(|row| row.contains(&":".to_owned()));
        withheld.map(|row| row[0].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("utskrivningsklare-8000.toml"), ["1103", "5001"]);
}

/// Amounts of a municipality in a comparison of scenarios.
fn table_of(file: &Path, code: &str) -> Vec<i64> {
    let row = table(file).into_iter().find(|row| row[0] == code).unwrap();
    row[2..].iter().map(|cell| ore(cell)).collect()
}

/// Codes of the municipalities with inhabitants in 2012.
fn rows_of_2012() -> Vec<String> {
    let table = include_str!("../../../../data/population_2012.csv");
    table.lines().skip(1).map(|line| line.split(';').next().unwrap().to_owned()).collect()
}

#[test]
fn a_scenario_has_consequences_that_add_up() {
    let contacts = register("what-if", 2012, 40_000, 3);
    let work = folder("what-if-out");
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/hva-om.toml");
    let simulate = |out: &str, more: &[&str]| simulated(&contacts, &work.join(out), scenario, more);
    let (code, printed) = simulate("nowhere", &["--municipality", "Atlantis"]);
    assert!(code != Some(0) && printed.contains("Atlantis") && !work.join("nowhere").exists(), "{printed}");
    let (code, printed) = simulate("one", &["--municipality", "Bergen"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(work.join("one/sak-1201-medisinsk-15-prosent.pdf").exists(), "{printed}");
    for part in [
        "I stedet for det reglene sier: andel 15 %",
        "Ikke over 2 000 kr",
        "scenarioets tall",
        "tiltakets tall",
        "kan ikke bokføres",
    ] {
        assert!(printed.replace('\u{a0}', " ").contains(part), "{part}: {printed}");
    }
    let out = work.join("one/medisinsk-15-prosent");
    for file in [
        "kommuner.csv",
        "kommuner.txt",
        "parter.csv",
        "storrelse.csv",
        "grupper.csv",
        "ar.csv",
        "resultat.xlsx",
        "notat.pdf",
        "storrelse.svg",
        "storrelse.png",
        "bro.png",
        "manifest.toml",
    ] {
        assert!(out.join(file).exists(), "{file}");
    }
    // The gains and losses of all parties add up to zero.
    let parties = table(&out.join("parter.csv"));
    let last = |row: &Vec<String>| ore(row.last().unwrap());
    let (sum, rest) = parties.split_last().unwrap();
    assert_eq!((last(sum), rest.iter().map(last).sum::<i64>()), (0, 0), "{parties:?}");
    let (municipalities, withheld) = published(table(&out.join("kommuner.csv")));
    assert_eq!(municipalities.len() + withheld, 429);
    // Forty thousand people of five million: the smallest municipalities have few contacts or none.
    assert!((2..250).contains(&withheld), "{withheld}");
    let sum = |column: usize| municipalities.iter().map(|row| ore(&row[column])).sum::<i64>();
    let net = sum(12);
    // A greater effect means less to pay: the expected amount lies between the two ends.
    assert!(sum(18) > net && net > sum(19), "{} {net} {}", sum(18), sum(19));
    assert!(printed.contains("laveste virkning"), "{printed}");
    // The groups add up to the whole, apart from rounding, since measures may leave a fraction of a contact.
    let rows = table(&out.join("grupper.csv"));
    let mut whole = 0;
    for home in &municipalities {
        let mine: Vec<&Vec<String>> = rows.iter().filter(|row| row[0] == home[0]).collect();
        let hidden = mine.iter().filter(|row| row[6] == ":").count();
        assert_ne!(hidden, 1, "{home:?}");
        if hidden == 0 {
            let groups: i64 = mine.iter().map(|row| ore(&row[6])).sum();
            assert!((groups - ore(&home[5])).abs() < 100, "{groups} {home:?}");
            whole += 1;
        }
    }
    assert!(whole > 20, "{whole}");
    let manifest = std::fs::read_to_string(out.join("manifest.toml")).unwrap();
    assert!(manifest.contains("status = \"draft\"") && manifest.contains("seed = \"none"), "{manifest}");
    // The same run again gives the same bytes.
    simulate("two", &["--threads", "1"]);
    for file in ["kommuner.csv", "resultat.xlsx", "notat.pdf", "storrelse.png", "manifest.toml"] {
        let bytes =
            |folder: &str| std::fs::read(work.join(folder).join("medisinsk-15-prosent").join(file)).unwrap();
        assert!(bytes("one") == bytes("two"), "{file} differs");
    }
}

#[test]
fn scenarios_are_set_beside_each_other_and_bad_ones_are_refused() {
    let contacts = register("what-if-beside", 2012, 20_000, 4);
    let work = folder("what-if-beside-out");
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/hva-om.toml");
    let simulate = |out: &str, more: &[&str]| simulated(&contacts, &work.join(out), scenario, more);
    // Against itself a scenario changes nothing. A sweep gives one scenario for each value, and a comparison;
    // the same saving is worth more at a larger share.
    let (code, printed) = simulate("same", &["--against", scenario]);
    assert!(code == Some(0) && printed.contains("Kommunene betaler 0,0 mill. kr mer\n"), "{printed}");
    let tight = work.join("tight.toml");
    let example = std::fs::read_to_string(scenario).unwrap();
    std::fs::write(&tight, example.replace("kroner_per_inhabitant = 2_000", "kroner_per_inhabitant = 1"))
        .unwrap();
    let (code, printed) =
        simulated(&contacts, &work.join("tight"), path(&tight), &["--against", path(&tight)]);
    assert!(code == Some(0) && printed.contains("Kommunene betaler 0,0 mill. kr mer\n"), "{printed}");
    let (capped, _) = published(table(&work.join("tight/medisinsk-15-prosent/kommuner.csv")));
    assert!(capped.iter().any(|row| ore(&row[8]) > 0) && capped.iter().all(|row| ore(&row[12]) == 0));
    let (code, printed) = simulate("swept", &["--sweep", "share=10..20:5"]);
    assert!(code == Some(0) && printed.contains("3 scenarioer i "), "{printed}");
    let compared = table(&work.join("swept/sammenligning.csv"));
    assert!(compared[0].len() == 5 && ore(&compared[0][2]) > ore(&compared[0][4]), "{:?}", compared[0]);

    for (more, fault) in [
        (&["--sweep", "shares=1..2"][..], "er ikke en rekke som share=0..40:5"),
        (&["--sweep", "share=5..1"], "høyst 10 000 verdier"),
        (&["--against", "nothing.toml"], "'nothing.toml'"),
        (&["--people", "missing.csv"], "missing.csv"),
    ] {
        let (code, printed) = simulate("bad", more);
        assert!(code != Some(0) && printed.contains(fault), "{fault}: {printed}");
    }
    // A period of one month is refused: its cost cannot be compared with a year's income.
    let out = work.join("bad");
    for command in [&["simulate", scenario][..], &["risk", "picture"], &["agreement", scenario]] {
        let rest = ["--period", "2012-03", "--contacts", path(&contacts), "--out", path(&out)];
        let output = samspill(&[command, &rest].concat());
        let printed = text(&output.stderr);
        assert!(!output.status.success() && printed.contains("2012-03 er ikke et helt år"), "{printed}");
    }
    // A file with only a few stays of 2011 is not a file of that year.
    let rest = ["--period", "2011", "--contacts", path(&contacts), "--out", path(&out)];
    let printed = text(&samspill(&[&["simulate", "co-financing-80-plus"][..], &rest].concat()).stderr);
    assert!(
        printed.contains("filen gjelder en annen tid") || printed.contains("ingen kontakt i 2011"),
        "{printed}"
    );
}

#[test]
fn two_scenarios_differ_by_what_each_differs_from_the_law() {
    let contacts = register("what-if-two", 2012, 20_000, 6);
    let work = folder("what-if-two-out");
    let one = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/hva-om.toml");
    let other = work.join("other.toml");
    std::fs::write(
        &other,
        "id = \"other\"\ntitle = \"Annen\"\nrules = [\"co-financing-80-plus\"]\nbudget = \"population\"\n\
         kroner_per_inhabitant = 900\nphase_in = [\"50\", \"100\"]\n[growth]\nyears = 4\npercent = \"1,5\"\n\
         to_municipalities = \"10\"\n[[measure]]\nuse = \"fewer-readmissions\"\npercent = 5\n",
    )
    .unwrap();
    let run = |out: &str, scenario: &str, more: &[&str]| {
        let (code, printed) = simulated(&contacts, &work.join(out), scenario, more);
        assert_eq!(code, Some(0), "{printed}");
        let id = if scenario == one { "medisinsk-15-prosent" } else { "other" };
        let out = work.join(out).join(id);
        let parts = ["kommuner.csv", "ar.csv", "parter.csv"].map(|name| table(&out.join(name)));
        let [homes, years, parties] = parts;
        (homes, years, parties)
    };
    let from_law = run("one", one, &[]);
    let others = run("other", path(&other), &[]);
    let between = run("between", one, &["--against", path(&other)]);
    let mut granted = 0;
    let shown = |row: &Vec<String>| row.iter().all(|cell| cell != ":");
    for ((row, law), other) in between.0.iter().zip(&from_law.0).zip(&others.0) {
        if ![row, law, other].into_iter().all(shown) {
            continue;
        }
        assert_eq!(ore(&row[12]), ore(&law[12]) - ore(&other[12]), "{row:?}");
        // The columns "above the cap before" and "granted before" hold the amounts of the other scenario.
        assert_eq!((&row[7], &row[10]), (&other[8], &other[11]), "{row:?}");
        granted += ore(&row[10]).abs();
    }
    assert!(granted > 0);
    for ((row, law), other) in between.1.iter().zip(&from_law.1).zip(&others.1) {
        assert_eq!((&row[1], &row[2]), (&law[1], &other[1]), "{row:?}");
        assert_eq!(ore(&row[5]), ore(&law[5]) - ore(&other[5]), "{row:?}");
    }
    let region = |of: &[Vec<String>]| ore(of[1].last().unwrap());
    assert_eq!(region(&between.2), region(&from_law.2) - region(&others.2));
}

/// Runs a command with more words: its exit code, and what it printed.
type Ran<'r> = dyn Fn(&[&str]) -> (Option<i32>, String) + 'r;

/// The case of one municipality of an agreement: what goes away there and in all of them adds up with the agreement's own
/// table, and its parts by inhabitants are theirs.
fn own_case(work: &Path, run: &Ran) {
    let (code, printed) = run(&["--municipality", "Bergen"]);
    assert_eq!(code, Some(0), "{printed}");
    let pdf = work.join("out/sak-1201-ambulant-team.pdf");
    let page = Command::new("pdftotext").args(["-layout", path(&pdf), "-"]).output().unwrap();
    let page = text(&page.stdout).replace(['\u{a0}', '\u{202f}'], " ");
    let line = |begins: &str| {
        let found = page.lines().find(|line| line.trim_start().starts_with(begins)).unwrap_or_default();
        found.trim_start().trim_start_matches(begins).to_owned()
    };
    let kroner = |text: &str| -> Vec<i64> {
        text.split("kr").map(|part| part.replace(' ', "")).filter_map(|part| part.parse().ok()).collect()
    };
    // The flow of co-financing that is saved, in a whole year (the last): all municipalities together.
    let flows = table(&work.join("out/kontantstrom.csv"));
    let saved: i64 = flows
        .iter()
        .filter(|row| {
            row[0] == "Kommunene"
                && ["medfinansiering", "utskrivningsklare"]
                    .iter()
                    .any(|word| row[1].to_lowercase().contains(word))
        })
        .map(|row| ore(row.last().unwrap()))
        .sum();
    let [own, all] = ["Medfinansiering", "Betaling for utskrivningsklare"]
        .map(|begins| kroner(&line(begins)))
        .into_iter()
        .fold([0, 0], |sum, row| [sum[0] + row[0], sum[1] + row[1]]);
    assert!(own > 0 && own < all && (saved - all * 100).abs() < 120_000, "{own} {all} {saved}: {page}");
    let people = |code: &str| -> i64 {
        let rows = include_str!("../../../../data/population_2012.csv").lines();
        let row = rows.map(|row| row.split_once(';').unwrap()).find(|(home, _)| *home == code).unwrap();
        row.1.split(',').map(|count| count.parse::<i64>().unwrap()).sum()
    };
    let whole: i64 = ["1201", "0301", "1103"].map(people).iter().sum();
    let once = kroner(&line("Én gang"));
    let own_part = 6_000_000 * people("1201") / whole;
    assert!(once[0] == 6_000_000 && (once[1] - own_part).abs() <= 500 && once[1] % 1000 == 0, "{page}");
    // The saving itself is rounded to thousands in the table.
    assert!((once[2] - 6_000_000 * own / all).abs() < 6_000_000 * 2_000 / all, "{once:?}");
    let (code, printed) = run(&["--municipality", "Trondheim"]);
    assert!(code != Some(0) && printed.contains("1601 er ikke med i avtalen"), "{printed}");
}

#[test]
fn an_agreement_shows_who_invests_and_who_saves() {
    let contacts = register("agreement", 2012, 120_000, 5);
    let work = folder("agreement-out");
    let file = work.join("avtale.toml");
    let example =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/avtale.toml"))
            .unwrap();
    let run = |toml: &str, more: &[&str]| {
        std::fs::write(&file, toml).unwrap();
        let out = work.join("out");
        let words = ["--period", "2012", "--contacts", path(&contacts), "--out", path(&out)];
        let output = samspill(&[&["agreement", path(&file)][..], &words, more].concat());
        (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
    };
    let (code, printed) = run(&example, &[]);
    assert!(
        code == Some(0) && printed.contains("Innen budsjettåret går det ikke opp for: Kommunene"),
        "{printed}"
    );
    assert!(printed.contains("Sykehus og RHF") && printed.contains("i året"), "{printed}");
    for name in [
        "kontantstrom.csv",
        "gevinster.csv",
        "nullpunkt.png",
        "folsomhet-kommune.svg",
        "avtale.xlsx",
        "avtale.txt",
    ] {
        assert!(work.join("out").join(name).exists(), "{name}");
    }
    // One of the towns has few days: the brief of another beside the sums of all could tell them.
    let (code, printed) = run(&example, &["--municipality", "Bergen"]);
    assert!(code != Some(0) && printed.contains("holdt tilbake"), "{printed}");
    let cities = example.replace("\"Askøy\", \"Øygarden\"", "\"0301\", \"1103\"");
    own_case(&work, &|more| run(&cities, more));
    // An ISF share below the one that is subtracted from it is told.
    let rule = work.join("isf-10.toml");
    let head = "id = \"isf-10\"\ntitle = \"ISF, 10 prosent\"\ndeparts_from = \"activity-based-funding\"\nquestion = \"?\"\n";
    std::fs::write(&rule, format!("{head}from = 2012-01-01\nto = 2012-12-31\n\n[set]\npercent = 10\n\n[source]\ntitle = \"Oppdiktet\"\nconfidence = \"C\"\n")).unwrap();
    let (code, printed) =
        run(&example.replace("years = 6", &format!("years = 6\nrules = [{:?}]", path(&rule))), &[]);
    let told = printed.replace('\u{a0}', " ");
    assert!(code == Some(0) && told.contains("Umulig: ") && told.contains("på 10 % er mindre enn"), "{told}");
    let clause = std::fs::read_to_string(work.join("out/avtale.txt")).unwrap();
    assert!(clause.contains("Forslag til avtaletekst"), "{clause}");
    for (wrong, fault) in [
        (example.replace("\"Bergen\"", "\"9999\""), "det finnes ingen kommune 9999 i 2012"),
        (
            example.replace("effect = {", "# effect = {"),
            "ingen virkning av ambulatory-teams er funnet i noen kilde",
        ),
        (example.replace("likely = \"8\"", "likely = \"80\""), "low, likely og high står ikke i rekkefølge"),
        (example.replace("party = \"trust\"", "party = \"church\""), "'church' er ikke en part"),
        (example.replace("years = 6", "yers = 6"), "unknown field `yers`"),
    ] {
        let (code, printed) = run(&wrong, &[]);
        assert!(code != Some(0) && printed.contains(fault), "{fault}: {printed}");
    }
}

#[test]
fn a_small_distribution_can_be_checked_by_hand() {
    let work = folder("distribution");
    let severity = work.join("severity.csv");
    std::fs::write(&severity, "cost,probability\n1,0.5\n2,0.3\n5,0.2\n").unwrap();
    let run = |rate: &str| {
        let output =
            samspill(&["risk", "distribution", "--rate", rate, "--severity", path(&severity), "--json"]);
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (_, printed, _) = run("7,5");
    let found: serde_json::Value = serde_json::from_str(&printed).unwrap();
    // Mean 7,5 × 2,1; variance 7,5 × 6,7.
    let near = |key: &str, exact: f64| (found[key].as_f64().unwrap() / exact - 1.0).abs() < 1e-6;
    assert!(near("mean", 15.75) && near("standard_deviation", 50.25_f64.sqrt()), "{printed}");
    assert_eq!(found["one_in_ten"].as_f64().unwrap(), 25.0);
    std::fs::write(&severity, "cost;probability\n1;0,5\n2;0,3\n").unwrap();
    let (code, _, printed) = run("7,5");
    assert!(code != Some(0) && printed.contains("sannsynlighetene blir 0.8 til sammen"), "{printed}");
    let (code, _, printed) = run("mange");
    assert!(code != Some(0) && printed.contains("'mange' er ikke et tall"), "{printed}");
}

/// What cannot be is refused, the papers are made, and what hits every municipality in the same year widens the bands of
/// pools as much as those of a municipality. That the bands hold is tested on the whole country
/// (`crates/jobs/tests/bands.rs`).
#[test]
fn the_risk_picture_has_its_papers_and_refusals() {
    let seen = register("risk-seen", 2012, 400_000, 21);
    let work = folder("risk-out");
    let pool = work.join("pool.csv");
    let picture = |out: &str, more: &[&str]| {
        let out = work.join(out);
        let words = ["risk", "picture", "--period", "2012", "--contacts", path(&seen), "--out", path(&out)];
        let output = samspill(&[&words[..], more].concat());
        (output.status.success(), text(&output.stderr), out)
    };
    let of_pool = ["--municipality", "1201", "--pool", path(&pool)];
    for (rows, fault) in [
        ("Nord;1263\nSør;1263\n", "1263 er med i 'Nord' fra før"),
        ("Nord;9999\n", "det finnes ingen kommune 9999"),
    ] {
        std::fs::write(&pool, format!("pool;municipality\n{rows}")).unwrap();
        let (done, printed, _) = picture("bad", &of_pool);
        assert!(!done && printed.contains(fault), "{printed}");
    }
    // Contacts of a municipality where nobody lives.
    let people = work.join("people.csv");
    std::fs::write(&people, "municipality;age;people\n1201;0;0\n0301;0;1000\n").unwrap();
    let earlier = format!("2011={}", path(&seen));
    for (more, fault) in [
        (["--people", path(&people)], "i 1201 bor det ingen i 2012"),
        (["--shared", "120"], "oppgi spredningen i prosent"),
        (["--earlier", "2011"], "skriv år og fil"),
        (["--earlier", &earlier], "trengs årene rett før 2012, minst to"),
    ] {
        let (done, printed, _) = picture("bad", &more);
        assert!(!done && printed.contains(fault), "{printed}");
    }
    std::fs::write(&pool, "pool;municipality\nNordhordland;1263\nNordhordland;1260\nNordhordland;1256\n")
        .unwrap();
    let (done, printed, out) = picture("a", &of_pool);
    assert!(done, "{printed}");
    for file in
        ["fordeling-1201.png", "vifte-1201.svg", "notat-1201.pdf", "notat.pdf", "omfang.svg", "risiko.xlsx"]
    {
        assert!(out.join(file).exists(), "{file}");
    }
    of_pools_and_years(&out);
    let (done, printed, shared) = picture("shared", &["--shared", "5", "--municipality", "1201"]);
    assert!(done, "{printed}");
    let about = std::fs::read_to_string(shared.join("risiko.txt")).unwrap();
    assert!(about.contains("spredning 5,0 % av det ventede, slik det er oppgitt"), "{about}");
    // Five per cent of everything is added to the variance of a municipality and of a region alike.
    let regions = |out: &Path| -> Vec<f64> {
        let rows = table(&out.join("samarbeid.csv"));
        rows.iter().filter(|row| row[0] == "region").map(|row| ore(&row[6]) as f64 / 10_000.0).collect()
    };
    let (without, with) = (regions(&out), regions(&shared));
    assert!(without.len() == 4 && with.len() == 4, "{without:?} {with:?}");
    for (without, with) in without.iter().zip(&with) {
        let wanted = ((1.0 + without * without) * (1.0 + 0.05 * 0.05) - 1.0).sqrt();
        assert!((with - wanted).abs() < 0.0002, "{without} {with} {wanted}");
    }
}

/// What hits every municipality in the same year is learned from years that follow each other: here the price of a point,
/// which rose by 3,2 and 3,4 per cent.
#[test]
fn what_hits_everyone_is_learned_from_several_years() {
    // As large a part of the country each year.
    let years = [(2012, 400_000), (2013, 405_240), (2014, 409_840)]
        .map(|(year, people)| register(&format!("risk-earlier-{year}"), year, people, 31));
    let out = folder("risk-learned");
    let earlier = [2012, 2013].map(|year| format!("{year}={}", path(&years[year - 2012])));
    let words = ["risk", "picture", "--period", "2014", "--contacts", path(&years[2]), "--out", path(&out)];
    let output = samspill(&[&words[..], &["--earlier", &earlier[0], &earlier[1]]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let about = std::fs::read_to_string(out.join("risiko.txt")).unwrap();
    let learned = about.lines().find(|line| line.contains("lært av landets kostnad")).unwrap();
    let of_year = |year: &str| crate::number_after(learned.rsplit(": ").next().unwrap(), &format!("{year} "));
    // The difference between two samples of this size swings by 0,7 per cent.
    for (year, wanted) in [("2013", 3.24), ("2014", 3.36)] {
        assert!((of_year(year) - wanted).abs() < 2.0, "{learned}");
    }
    let spread = crate::number_after(learned, "spredning ");
    let changes = ["2013", "2014"].map(|year| (1.0 + of_year(year) / 100.0).ln().powi(2));
    let least = (changes.iter().sum::<f64>() / 2.0 - 2.0 * 0.007 * 0.007).sqrt() * 100.0;
    let most = (changes.iter().sum::<f64>() / 2.0).sqrt() * 100.0;
    assert!(least < spread && spread < most + 0.1, "{learned}");
    // Inhabitants without sex: the years before are compared without it too.
    let table = include_str!("../../../../data/population_2014.csv").lines().skip(1);
    let mut people = "municipality;age;people\n".to_owned();
    for (code, ages) in table.filter_map(|line| line.split_once(';')) {
        let ages = ages.split(',').enumerate();
        people.extend(ages.map(|(age, count)| format!("{code};{age};{count}\n")));
    }
    let file = out.join("folk.csv");
    std::fs::write(&file, people).unwrap();
    let output =
        samspill(&[&words[..], &["--people", path(&file), "--earlier", &earlier[0], &earlier[1]]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let about = std::fs::read_to_string(out.join("risiko.txt")).unwrap();
    assert!(about.contains("innbyggertallene sier ikke kjønn"), "{about}");
    let without = about.lines().find(|line| line.contains("lært av landets kostnad")).unwrap();
    let of = |line: &str| crate::number_after(line, "2014 ");
    assert!((of(without) - of(learned)).abs() < 0.2, "{without} {learned}");
}

/// A pool needs a smaller reserve than its members one by one. The spread is smaller over more years, and the
/// amount to settle up is smaller with a wider band.
fn of_pools_and_years(out: &Path) {
    let pools = table(&out.join("samarbeid.csv"));
    assert!(pools.iter().any(|row| row[1] == "Nordhordland" && row[2] == "3"), "{pools:?}");
    for row in pools.iter().filter(|row| row[2] != "1") {
        assert!(ore(&row[5]) < ore(&row[4]), "{row:?}");
    }
    for row in published(table(&out.join("flere-ar.csv"))).0 {
        let spread: Vec<i64> = row[3..].chunks(2).map(|pair| ore(&pair[1]) - ore(&pair[0])).collect();
        assert!(spread.len() == 5 && spread.is_sorted_by(|one, next| one > next), "{row:?}");
    }
    for row in published(table(&out.join("a-konto.csv"))).0 {
        let to_settle: Vec<i64> = row[3..].chunks(3).map(|band| ore(&band[1])).collect();
        assert!(
            to_settle.len() == 4 && to_settle.is_sorted_by(|one, next| one > next || *next == 0),
            "{row:?}"
        );
    }
}

#[test]
fn the_ministrys_tables_are_reproduced_cell_by_cell() {
    let contacts = register("seed-2010", 2011, 60_000, 1);
    let output = samspill(&["reproduce", "seed-2010", "--contacts", path(&contacts), "--json"]);
    let found: serde_json::Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    let cells = found["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 5 + 12);
    for cell in cells {
        assert!(
            cell["published"].is_number() && cell["ours"].as_f64().unwrap() > 0.0 && cell["unit"] == "MNOK",
            "{cell}"
        );
    }
    let shown = samspill(&["reproduce", "seed-2010", "--contacts", path(&contacts)]);
    assert!(text(&shown.stdout).contains("10 % færre medisinske innleggelser"));
    assert_eq!(samspill(&["reproduce", "seed-2011"]).status.code(), Some(2));
}
