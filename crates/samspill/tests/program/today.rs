//! A register of 2024: what it has is near what is published, and mental health is in what municipalities pay for.

use crate::indicators::rows;
use crate::{folder, for_people, path, text};

fn number(cell: &str) -> f64 {
    cell.replace(',', ".").parse().unwrap()
}

/// A tenth of the country. Published: 154 000 stays reported ready and 71 800 days (2022); half of the days in 17
/// municipalities; three in four discharges are of the trusts that SSB has 691 982 of, and all of them are 740 000.
#[test]
fn a_register_of_2024_is_like_the_published_figures() {
    let work = folder("today");
    let (register, out, settled) = (work.join("register"), work.join("out"), work.join("settled"));
    let run = |words: &[&str]| {
        let run = for_people(words);
        assert!(run.status.success(), "{}", text(&run.stderr));
        format!("{}{}", text(&run.stdout), text(&run.stderr)).replace('\u{a0}', " ")
    };
    run(&["synth", "--year", "2024", "--people", "555020", "--out", path(&register)]);
    let contacts = register.join("contacts.parquet");
    let wanted = ["admissions", "discharge-ready", "discharge-ready-days", "telephone-and-video"];
    let more = ["--period", "2024", "--without-kroner", "--contacts", path(&contacts), "--out", path(&out)];
    run(&[&["indicators", "run"][..], &wanted, &more].concat());
    let country = rows(&out.join("landet.csv"));
    let of = |id: &str| country.iter().find(|row| row[0] == id).unwrap();
    for (id, published, off) in [
        ("admissions", 74_000.0, 0.02),
        ("discharge-ready", 15_400.0, 0.03),
        ("discharge-ready-days", 7_180.0, 0.12),
    ] {
        let found = number(&of(id)[4]);
        assert!((found / published - 1.0).abs() < off, "{id}: {found}");
    }
    assert!((number(&of("telephone-and-video")[7]) - 16.0).abs() < 0.3);
    assert_eq!(rows(&out.join("kommuner.csv")).iter().filter(|row| row[0] == "admissions").count(), 357);
    let said = run(&["settle", "2024", "--draft", "--contacts", path(&contacts), "--out", path(&settled)]);
    assert!(said.contains("KMF ikke i kraft"), "{said}");
    // Units of mental health and of substance use are paid too, and half of the kroner are of few municipalities.
    let totals = rows(&settled.join("totals.csv"));
    let ready = || totals.iter().filter(|row| row[5] == "USK");
    let sum = |letter: &str| -> f64 {
        ready().filter(|row| row[3].starts_with(letter)).map(|row| number(&row[8])).sum()
    };
    assert!(sum("SYN-V") > 0.0 && sum("SYN-T") > 0.0 && sum("SYN-S") > 10.0 * sum("SYN-V"));
    let mut of_home = std::collections::BTreeMap::<&str, f64>::new();
    ready().for_each(|row| *of_home.entry(&row[2]).or_default() += number(&row[8]));
    let mut sums: Vec<f64> = of_home.into_values().collect();
    sums.sort_by(|one, other| other.total_cmp(one));
    let half = sums.iter().sum::<f64>() / 2.0;
    let few = sums
        .iter()
        .scan(0.0, |sum, one| {
            *sum += one;
            Some(*sum)
        })
        .position(|sum| sum >= half)
        .unwrap();
    assert!((12..=24).contains(&few), "{few}");
}
