//! A case for a municipal council: two pages and pictures that say what they are.

use std::path::Path;
use std::process::Command;

use super::settlement::{csv, done, world};
use super::{folder, path, ran};

/// Text of a PDF, and its number of pages.
fn read(file: &Path) -> (String, usize) {
    let output = Command::new("pdftotext").args(["-layout", path(file), "-"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let pages = text.matches('\u{c}').count();
    (text.replace('\u{a0}', " "), pages)
}

#[test]
fn a_council_gets_two_pages_and_marked_pictures() {
    let work = folder("council");
    let ledger = path(&work.join("ledger.sqlite")).to_owned();
    let (file, budget) = (work.join("contacts.csv"), work.join("budget.csv"));
    std::fs::write(&file, csv(&world(13, 300))).unwrap();
    std::fs::write(&budget, "instrument;debtor;creditor;kroner\nKMF;1201;983658725;1200000\n").unwrap();
    done(&ledger, "2012-01-01", &["settlement", "open", "2012"]);
    let case = |more: &[&str]| {
        let out = work.join("out");
        ran(&[&["case", "Bergen", "--ledger", &ledger, "--out", path(&out)], more].concat())
    };
    let (code, printed) = case(&[]);
    assert!(code == Some(1) && printed.contains("ingenting er gjort opp"), "{printed}");
    done(&ledger, "2012-01-01", &["settlement", "on-account", "2012", "--budget", path(&budget)]);
    done(&ledger, "2012-04-10", &["settlement", "run", "2012-T1", "--draft", "--contacts", path(&file)]);
    let (code, printed) = case(&[]);
    assert!(code == Some(0) && printed.contains("2012-04"), "{printed}");
    let made = |name: &str| work.join("out").join(format!("sak-1201-2012-04{name}"));
    let (page, pages) = read(&made(".pdf"));
    assert_eq!(pages, 2, "{page}");
    // The amounts are those of the statements.
    let statement = |month: &str| -> serde_json::Value {
        let out = work.join(month);
        let order = ["statement", month, "--party", "1201", "--as", "json", "--out", path(&out)];
        done(&ledger, "2012-05-01", &order);
        let json = std::fs::read(out.join(format!("oppgjor-{month}-1201-kladd.json"))).unwrap();
        serde_json::from_slice(&json).unwrap()
    };
    let ore = |month: &str| statement(month)["settled"].as_i64().unwrap();
    let months = ["2012-01", "2012-02", "2012-03", "2012-04"];
    let kroner = |ore: i64| domain::Amount::from_ore(ore).to_string().replace('\u{a0}', " ");
    let number = |ore: i64| kroner(ore).trim_end_matches(" kr").to_owned();
    for month in months {
        assert!(page.contains(&number(ore(month))), "{month}: {page}");
    }
    let year: i64 = months.into_iter().map(ore).sum();
    assert!(page.contains(&kroner(year)), "{year}: {page}");
    let change = ore("2012-04") - ore("2012-03");
    let said = if change > 0 { "mer enn i mars 2012" } else { "mindre enn i mars 2012" };
    assert!(page.contains(said) && page.contains(&kroner(change.abs())), "{change}: {page}");
    for part in
        ["Hvorfor måneden er en annen enn den forrige", "Året ventes å ende på", "Kladd", "Bergen kommune"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    for name in ["-bro.svg", "-aret.svg"] {
        let picture = std::fs::read_to_string(made(name)).unwrap();
        for part in ["Kladd", "Oppgjør 2012-04-1201", "april 2012"] {
            assert!(
                picture.contains(part) || (part == "april 2012" && name == "-aret.svg"),
                "{name} {part}: {picture}"
            );
        }
    }
    assert!(std::fs::read(made("-bro.png")).unwrap().starts_with(b"\x89PNG"));
    // A case is made for a month that is asked for. A trust, a misspelt name and a month without a settlement are
    // refused.
    assert_eq!(case(&["--month", "2012-02"]).0, Some(0));
    assert!(work.join("out/sak-1201-2012-02.pdf").exists());
    let refused = |who: &str, month: &str, fault: &str| {
        let out = work.join("refused");
        let order = ["case", who, "--month", month, "--ledger", &ledger, "--out", path(&out)];
        let (code, printed) = ran(&order);
        assert!(code != Some(0) && printed.contains(fault) && !out.exists(), "{printed}");
    };
    refused("983658725", "2012-02", "er ikke en kommune");
    refused("Bregen", "2012-02", "Bergen");
    refused("Oslo", "2012-09", "2012-09");
}

/// What a scenario means for one municipality: the amounts are those of the table of municipalities.
#[test]
fn a_council_gets_a_scenario() {
    let work = folder("council-scenario");
    let (file, out, all) = (work.join("contacts.csv"), work.join("out"), work.join("all"));
    std::fs::write(&file, csv(&world(13, 300))).unwrap();
    let scenario = work.join("share.toml");
    std::fs::write(&scenario, "id = \"tretti\"\ntitle = \"Andel på 30 %\"\n\n[set]\nshare = 30\n").unwrap();
    let on = ["--period", "2012", "--contacts", path(&file)];
    let case = |who: &str, more: &[&str]| {
        let order = ["case", who, "--scenario", path(&scenario), "--out", path(&out)];
        ran(&[&order[..], more].concat())
    };
    let (code, said) = case("Bergen", &on);
    assert!(code == Some(0) && said.contains("Andel på 30 %"), "{said}");
    let (page, pages) = read(&out.join("sak-1201-tretti.pdf"));
    assert!(pages <= 2, "{pages}: {page}");
    let order = ["simulate", path(&scenario), "--out", path(&all)];
    assert_eq!(ran(&[&order[..], &on].concat()).0, Some(0));
    let table = std::fs::read_to_string(all.join("tretti/kommuner.csv")).unwrap();
    let row: Vec<&str> = table.lines().find(|line| line.starts_with("1201,")).unwrap().split(',').collect();
    // Co-financing before and in the scenario and net, in whole thousands; and net per inhabitant, in whole kroner.
    for (column, whole) in [(3, 100_000), (5, 100_000), (12, 100_000), (13, 100)] {
        let ore: i64 = row[column].replace('.', "").parse().unwrap();
        let kroner = domain::Amount::from_ore((ore + whole / 2).div_euclid(whole) * whole).to_string();
        let kroner = kroner.replace('\u{a0}', " ").replace(",00", "");
        assert!(ore > 0 && page.contains(&kroner), "{column} {kroner}: {page}");
    }
    for name in ["bro", "storrelse"] {
        let picture = std::fs::read_to_string(out.join(format!("sak-1201-tretti-{name}.svg"))).unwrap();
        assert!(picture.contains("tretti") && picture.contains("2012"), "{name}");
    }
    assert!(page.contains("Bergen kommune: Andel på 30 %"), "{page}");
    let refused = |who: &str, more: &[&str], fault: &str| {
        let (code, said) = case(who, more);
        assert!(code != Some(0) && said.contains(fault), "{said}");
    };
    refused("Bregen", &on, "Bergen");
    refused("983658725", &on, "ingen kontakt i 2012 hører til kommune 983658725");
    refused("Bergen", &[], "--period");
    for period in ["2012-03", "2012-07..2013-06"] {
        refused("Bergen", &["--period", period, "--contacts", path(&file)], "er ikke et helt år");
    }
    refused("Bergen", &[&on[..], &["--month", "2012-01"]].concat(), "--month");
    let (code, said) = ran(&["case", "Bergen"]);
    assert!(code != Some(0) && said.contains("--ledger"), "{said}");
}
