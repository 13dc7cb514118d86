//! Cells and contacts give the same øre: under the law, under each variant, and under variants written in the test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::{Amount, Instrument, Municipalities, Period};
use register::parquet_file::Reader;
use register::synth::{self, Recipe};
use rulebook::LawBook;
use rulebook::law::Deciding;
use settlement::cells::Cells;
use settlement::needs::Needs;
use settlement::price::{AsIs, Priced};
use settlement::sink::Nowhere;
use settlement::{Law, Options, SettleError, settle};

fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("samspill-cells-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn law(files: &[(&str, &str)]) -> Law {
    Law::of(&LawBook::built_in().unwrap().with_variants(files.iter().copied()).unwrap()).unwrap()
}

/// A variant that no file has, laid over the law of 2012.
fn own(id: &str, rule: &str, set: &str) -> (String, String) {
    let text = format!(
        "id = \"{id}\"\ntitle = \"prøve\"\ndeparts_from = \"{rule}\"\nquestion = \"?\"\nfrom = 2010-01-01\n\
         to = 2014-12-31\nlaw_as_of = 2012-01-01\n\n{set}\n[source]\ntitle = \"prøve\"\nconfidence = \"M\"\n"
    );
    (format!("variants/{id}.toml"), text)
}

/// Øre settled from contacts, by party and instrument. The party is the creditor for ISF, and the debtor otherwise.
fn of_contacts(reader: &Reader, law: &Law, period: Period) -> BTreeMap<(String, Instrument), i64> {
    let options = Options { period, scope: &law.in_period(period, &[]), threads: 2 };
    let settled =
        settle(reader, law, &Municipalities::built_in().unwrap(), &options, &mut Nowhere, |_, _| {}).unwrap();
    let mut out = BTreeMap::new();
    for (key, sum) in settled.totals.lines() {
        let party = if key.instrument == Instrument::Isf { key.creditor } else { key.debtor };
        *out.entry((party, key.instrument)).or_default() += sum.amount.ore();
    }
    out.retain(|_, ore| *ore != 0);
    out
}

/// Øre priced from cells, by party and instrument. The party is the regional authority for ISF, and the municipality
/// otherwise.
fn of_cells(cells: &Cells, priced: &Priced) -> BTreeMap<(String, Instrument), i64> {
    let mut out = BTreeMap::new();
    for (home, sums) in cells.homes.iter().zip(&priced.homes) {
        let mut add = |party: &str, instrument, amount: Amount| {
            *out.entry((party.to_owned(), instrument)).or_default() += amount.ore();
        };
        add(&home.debtor, Instrument::CoFinancing, sums.kmf);
        add(&home.debtor, Instrument::DischargeReady, sums.usk);
        add(&home.region, Instrument::Isf, sums.isf);
    }
    out.retain(|_, ore| *ore != 0);
    out
}

fn same(reader: &Reader, cells: &Cells, law: &Law, period: Period, name: &str) {
    let decided = cells.decided(law, &AsIs).unwrap();
    let priced = decided.price(&[law], &cells.payable(law), &AsIs).unwrap();
    let (contacts, cells) = (of_contacts(reader, law, period), of_cells(cells, &priced[0]));
    assert!(!contacts.is_empty(), "{name}: nothing to compare");
    assert_eq!(contacts, cells, "{name}");
}

#[test]
fn every_variant_comes_to_the_same_from_cells_and_contacts() {
    let register = folder("variants");
    synth::make(
        &Recipe { year: 2012, people: Some(60_000), seed: 11, slow: None, threads: 2 },
        &register,
        |_, _| {},
    )
    .unwrap();
    let reader = Reader::open_contacts(&register.join("contacts.parquet")).unwrap();
    let period = Period::parse("2012").unwrap();
    let own = [
        own("low-ceiling", "co-financing", "[set]\npoints_per_stay = 1\npercent = 37\n"),
        own("no-ceiling", "co-financing", "[remove]\nkeys = [\"ceiling\"]\n"),
        own("by-admission", "co-financing", "[set]\nchoice = { dated_by = \"admission\" }\n"),
        own("half", "co-financing", "[set]\npercent = 50\nage = { at_least = 67, on = \"admission\" }\n"),
        own("dearer-points", "activity-based-funding", "[set]\npercent = 55\nkroner_per_point = 41777\n"),
        own(
            "other-reading",
            "discharge-ready-day-rate",
            "[set]\nkroner_per_day = 4321\nchoice = { departure_day = \"charged\", grace_hours = \"24\" }\n",
        ),
    ];
    let mut laws = vec![("law".to_owned(), law(&[]))];
    for (name, text) in rulebook::built_in::VARIANTS {
        laws.push(((*name).to_owned(), law(&[(name, text)])));
    }
    for (name, text) in &own {
        laws.push((name.clone(), law(&[(name, text)])));
    }
    assert!(laws.len() > 16);
    let needs = Needs::of(laws.iter().map(|(_, law)| law), period);
    let count = |threads| {
        let all = Municipalities::built_in().unwrap();
        Cells::count(&reader, &all, period, &needs, threads, |_, _| {}).unwrap()
    };
    let cells = count(2);
    assert!(cells.stays() > 100 && cells.contacts > 100_000);
    for (name, law) in &laws {
        same(&reader, &cells, law, period, name);
    }
    // A period may be a month as well as a year. Cells made for fewer needs give an error that names the
    // distinction that they lack.
    let march = Period::parse("2012-03").unwrap();
    let all = Municipalities::built_in().unwrap();
    let needs = Needs::of([&laws[0].1], march);
    let of_march = Cells::count(&reader, &all, march, &needs, 1, |_, _| {}).unwrap();
    same(&reader, &of_march, &laws[0].1, march, "march");
    let eighty = &laws.iter().find(|(name, _)| name.contains("co-financing-80-plus.")).unwrap().1;
    let lacking = of_march.decided(eighty, &AsIs).err().unwrap().to_string();
    assert_eq!(lacking, "the cells do not tell who is 80 years or older: make them again from the contacts");

    // Cells read back from a file give the same amounts.
    let kept = register.join("cells.parquet");
    cells.write(&kept, "vintage").unwrap();
    let (read, vintage) = Cells::read(&kept).unwrap();
    assert_eq!(
        (vintage.as_str(), read.needs.clone(), read.contacts),
        ("vintage", cells.needs.clone(), cells.contacts)
    );
    for (name, law) in &laws {
        same(&reader, &read, law, period, &format!("{name}, kept"));
    }
    let no = Cells::read(&register.join("contacts.parquet")).unwrap_err().to_string();
    assert!(no.contains("is no file of cells"), "{no}");

    // Cells do not depend on the number of threads.
    let alone = count(1);
    assert_eq!(format!("{alone:?}"), format!("{cells:?}"));
}

#[test]
fn counts_and_any_mix_of_laws_come_to_the_same() {
    // Published counts of Helse Nord: a row stands for many contacts, by area.
    let work = folder("counts");
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/activity_helse_nord.csv");
    let checked = work.join("checked.parquet");
    let mapping = register::mapping::Mapping::built_in("aggregate").unwrap().unwrap();
    register_counts(table, &mapping, &checked);
    let reader = Reader::open_contacts(&checked).unwrap();
    let period = Period::parse("2012").unwrap();
    let laws = [law(&[]), law(&[rulebook::built_in::variant("co-financing-medical").unwrap()])];
    let needs = Needs::of(&laws, period);
    let all = Municipalities::built_in().unwrap();
    let cells = Cells::count(&reader, &all, period, &needs, 2, |_, _| {}).unwrap();
    for law in &laws {
        same(&reader, &cells, law, period, "counts");
    }
    // Counts of a calendar year are no counts of twelve other months.
    for other in ["2012-07..2013-06", "2012-01"] {
        let period = Period::parse_any(other).unwrap();
        let options = Options { period, scope: &laws[0].in_period(period, &[]), threads: 1 };
        let refused = settle(&reader, &laws[0], &all, &options, &mut Nowhere, |_, _| {}).unwrap_err();
        assert!(matches!(refused, SettleError::CountedByYear { .. }), "{refused}");
    }
    let decided = cells.decided(&laws[0], &AsIs).unwrap();
    assert!(decided.untested.contains_key("ceiling"), "{:?}", decided.untested);
    // A law without the ceiling leaves nothing untested, so the two do not decide alike.
    let (name, text) = own("no-ceiling", "co-financing", "[remove]\nkeys = [\"ceiling\"]\n");
    let no_ceiling = law(&[(&name, &text)]);
    assert_ne!(Deciding::of(&no_ceiling), Deciding::of(&laws[0]));
    let untested = cells.decided(&no_ceiling, &AsIs).unwrap().untested;
    assert!(untested.get("ceiling") < decided.untested.get("ceiling"), "{untested:?}");
    // Laws that decide alike give the same amounts side by side and one by one.
    let shares: Vec<Law> = (1..=9)
        .map(|percent| {
            let (name, text) = own("share", "co-financing", &format!("[set]\npercent = {}\n", percent * 7));
            law(&[(&name, &text)])
        })
        .collect();
    assert!(shares.iter().all(|one| Deciding::of(one) == Deciding::of(&shares[0])));
    let together: Vec<&Law> = shares.iter().collect();
    let days = cells.payable(&shares[0]);
    let decided = cells.decided(&shares[0], &AsIs).unwrap();
    for (priced, law) in decided.price(&together, &days, &AsIs).unwrap().iter().zip(&shares) {
        assert_eq!(*priced, decided.price(&[law], &days, &AsIs).unwrap()[0]);
    }
}

fn register_counts(table: &str, mapping: &register::mapping::Mapping, checked: &std::path::Path) {
    let check = register::check::Check {
        mapping,
        municipalities: &Municipalities::built_in().unwrap(),
        drg_list: None,
        threads: 2,
        running_at: None,
    };
    register::check_file(std::path::Path::new(table), &check, Some(checked), |_, _| {}).unwrap();
}
