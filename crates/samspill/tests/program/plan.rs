//! A budget of several years for a municipality, computed by hand.

use std::path::{Path, PathBuf};

use crate::indicators::rows;
use crate::{COLUMNS, folder, for_people, path, text};

/// Inhabitants of every age from 0 to 100: `middle` of 40 and `old` of 82 years, and no one else.
fn ages(middle: i64, old: i64) -> String {
    (0..=100)
        .map(|age| match age {
            40 => format!("{age};{middle}\n"),
            82 => format!("{age};{old}\n"),
            _ => format!("{age};0\n"),
        })
        .collect()
}

fn with(before: &str, rows: &str) -> String {
    rows.lines().map(|row| format!("{before}{row}\n")).collect()
}

/// A folder with a register of two towns with as many people of each age, a projection in which those of 82 in one of them
/// double in two years, and the files of the municipality.
fn prepared() -> PathBuf {
    let work = folder("plan");
    let mut register = format!("{COLUMNS}\n");
    // In Bergen 30 stays of a point each at 40 years, and 20 at 82; in Oslo as many at 40.
    let groups = [("1201", 40, 30), ("1201", 82, 20), ("0301", 40, 30)];
    let mut id = 0;
    for (home, age, count) in groups {
        for _ in 0..count {
            id += 1;
            register += &format!(
                "{id},{id},{id},U,public-hospital,983974724,somatic,overnight,acute,2012-03-01T10:00,2012-03-03T10:00,{home},{age},woman,089,medical,1,2,J18,\n"
            );
        }
    }
    let people = format!(
        "municipality;age;people\n{}{}",
        with("1201;", &ages(100, 50)),
        with("0301;", &ages(100, 50))
    );
    let projection = format!(
        "year;municipality;age;people\n{}{}",
        with("2013;Bergen;", &ages(100, 75)),
        with("2014;1201;", &ages(100, 100))
    );
    let costs = "function;name;kind;kroner;ages\n254;Hjemmesykepleie;behandling;1000000;80+\n\
                 233;Frisklivssentral;prevention;300000;\n";
    for (name, content) in [
        ("register.csv", register.as_str()),
        ("people.csv", &people),
        ("projection.csv", &projection),
        ("costs.csv", costs),
        ("income.csv", "year;municipality;kroner\n2012;1201;10000000\n"),
    ] {
        std::fs::write(work.join(name), content).unwrap();
    }
    work
}

fn budget(work: &Path, more: &[&str]) -> (bool, String) {
    let [register, people, projection, out] =
        ["register.csv", "people.csv", "projection.csv", "out"].map(|name| work.join(name));
    let words = ["--contacts", path(&register), "--people", path(&people), "--projection", path(&projection)];
    let place = ["--municipality", "Bergen", "--period", "2012", "--out", path(&out)];
    let years: &[&str] = if more.contains(&"--years") { &[] } else { &["--years", "2"] };
    let run = for_people(&[&["budget"][..], &words, &place, years, more].concat());
    (run.status.success(), format!("{}{}", text(&run.stdout), text(&run.stderr)))
}

/// Kroner of a line in each year; the line is found by how its name ends.
fn line(work: &Path, name: &str) -> Vec<f64> {
    let found = rows(&work.join("out/okonomiplan-1201.csv")).into_iter().find(|row| row[0].ends_with(name));
    found.unwrap()[4..].iter().map(|cell| cell.replace(',', ".").parse().unwrap()).collect()
}

/// A stay of a point costs 20 per cent of 38 209 kroner (2012, with the VAT as the law has it: the settlement's own amount is
/// taken from the first year). The country has 60 stays on 200 persons of 40, and 20 on 100 persons of 82: 0.3 and 0.2 stays
/// a person. In Bergen the expected stays are 30 + 10 in 2012, 30 + 15 in 2013 and 30 + 20 in 2014: the bill of 50 stays is
/// multiplied by 45/40 and 50/40.
#[test]
fn a_budget_follows_the_ages_with_the_costs_of_the_country() {
    let work = prepared();
    let [costs, income] = ["costs.csv", "income.csv"].map(|name| work.join(name));
    let files = ["--costs", path(&costs), "--free-income", path(&income)];
    let (done, said) = budget(&work, &[&["co-financing-80-plus"], &files[..]].concat());
    assert!(done, "{said}");
    let close = |found: &[f64], wanted: [f64; 3]| {
        let off = found.iter().zip(wanted).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max);
        assert!(found.len() == 3 && off < 0.02, "{found:?}: {wanted:?}");
    };
    let bill = line(&work, "kommunal medfinansiering");
    close(&bill, [bill[0], bill[0] * 45.0 / 40.0, bill[0] * 50.0 / 40.0]);
    close(&line(&work, "Hjemmesykepleie"), [1e6, 1.5e6, 2e6]);
    close(&line(&work, "Frisklivssentral"), [3e5; 3]);
    close(&line(&work, "Sum egne kostnader"), [1.3e6, 1.8e6, 2.3e6]);
    let sum = [1.3e6, 1.8e6, 2.3e6].iter().zip(&bill).map(|(own, bill)| own + bill).collect::<Vec<f64>>();
    close(&line(&work, "Sum etter loven"), [sum[0], sum[1], sum[2]]);
    // The scenario has co-financing for those of 80 and over alone: 20 of the 50 stays, which follow the number of those of
    // 82.
    let each = bill[0] / 50.0;
    let scenario = [20.0 * each, 30.0 * each, 40.0 * each];
    close(&line(&work, "og eldre: netto"), [0, 1, 2].map(|year| scenario[year] - bill[year]));
    close(&line(&work, "Frie inntekter"), [1e7; 3]);
    let share = line(&work, "Sum etter loven, andel av frie inntekter");
    assert!((share[1] - sum[1] / 1e7 * 100.0).abs() < 0.01, "{share:?}");
    let told = std::fs::read_to_string(work.join("out/okonomiplan-1201.txt")).unwrap();
    assert!(told.contains("det første årets priser") && !told.contains("Lysbildenes nivå"), "{told}");
    assert!(work.join("out/okonomiplan-1201.xlsx").exists());
    refuses(&work);
}

/// What is wrong in a file is told with its line and what would be right.
fn refuses(work: &Path) {
    let file = |name: &str, content: &str| {
        std::fs::write(work.join(name), content).unwrap();
        path(&work.join(name)).to_owned()
    };
    let costs = |rows: &str| file("bad.csv", &format!("function;name;kind;kroner;ages\n{rows}\n"));
    for (rows, fault) in [
        ("254;A;behandling;en million;80+", "bad.csv:2: 'en million' er ikke et beløp"),
        (
            "254;A;omsorg;1;80+",
            "bad.csv:2: 'omsorg' er ikke et av forebygging, behandling, rehabilitering, velferd",
        ),
        ("254;A;behandling;1;de gamle", "bad.csv:2: 'de gamle' er ikke aldre"),
        ("254;A;behandling;1;90+", "bad.csv:2: kommunen har ingen innbyggere i alderen 90+"),
        ("25510;A;behandling;1;", "funksjon 25510 er medfinansieringen"),
        ("254;A;behandling;1;\n254;A;behandling;2;", "bad.csv:3: 254 A står to ganger"),
    ] {
        let (done, said) = budget(work, &["--costs", &costs(rows)]);
        assert!(!done && said.contains(fault), "{said}");
    }
    let income = |rows: &str| file("bad.csv", &format!("year;municipality;kroner\n{rows}\n"));
    for (rows, fault) in [
        ("2012;0301;5", "har ingen frie inntekter for 1201 i 2012"),
        ("2012;1201;5\n2012;Bergen;6", "bad.csv:3"),
    ] {
        let (done, said) = budget(work, &["--free-income", &income(rows)]);
        assert!(!done && said.contains(fault), "{said}");
    }
    let (done, said) = budget(work, &["--years", "4"]);
    assert!(!done && said.contains("går til 2014, og planen til 2016"), "{said}");
    // A budget of one year of a projection of two, with a cap per inhabitant that is passed: a row of it in each year.
    let capped = file("cap.toml", "id = \"tak\"\ntitle = \"Tak\"\nkroner_per_inhabitant = 100\n");
    let (done, said) = budget(work, &["--years", "1", &capped]);
    assert!(done, "{said}");
    let over = line(work, "Tak: over taket, betales ikke");
    let bill = line(work, "kommunal medfinansiering");
    // 150 inhabitants in 2012 and 175 in 2013.
    for (over, (bill, people)) in over.iter().zip(bill.iter().zip([150.0, 175.0])) {
        assert!((over + (bill - people * 100.0)).abs() < 0.02, "{over} {bill}");
    }
    assert_eq!((over.len(), bill.len()), (2, 2));
    // Free income of a year before the plan is held too.
    let (done, said) = budget(work, &["--free-income", &income("2011;1201;7000000")]);
    assert!(done, "{said}");
    assert!(line(work, "Frie inntekter").iter().all(|income| (income - 7e6).abs() < 0.01));
    let plan = || std::fs::read(work.join("out/okonomiplan-1201.csv")).unwrap();
    let (done, said) = budget(work, &[]);
    assert!(done, "{said}");
    let before = plan();
    // The same projection as Statistics Norway's table service gives it, half of each age women.
    let own = std::fs::read_to_string(work.join("projection.csv")).unwrap();
    let mut table = "\"region\";\"kjønn\";\"alder\";\"år\";\"Personer\"\n".to_owned();
    for row in own.lines().skip(1) {
        let [year, _, age, people] = row.split(';').collect::<Vec<_>>()[..] else { continue };
        let people: i64 = people.parse().unwrap();
        for (sex, part) in [("Kvinner", people / 2), ("Menn", people - people / 2)] {
            table += &format!("\"1201 Bergen\";\"{sex}\";\"{age} år\";\"{year}\";{part}\n");
        }
    }
    std::fs::write(work.join("projection.csv"), table).unwrap();
    let (done, said) = budget(work, &[]);
    assert!(done && plan() == before, "{said}");
}
