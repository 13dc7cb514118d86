//! Properties of the amounts that must hold for every file and that an auditor would test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use domain::{Instrument, Municipalities, Period};
use register::parquet_file::Reader;
use register::synth::{self, Recipe};
use rulebook::LawBook;
use settlement::explain::{explain, stay_of_contact};
use settlement::sink::{ChargesFile, ClaimsSink, EachCharge, Nowhere};
use settlement::totals::{Key, Sum};
use settlement::{Law, Options, Settled, settle};

fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("samspill-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn register_of(name: &str, people: u64, threads: usize) -> PathBuf {
    register_of_year(2012, name, people, threads)
}

fn register_of_year(year: i16, name: &str, people: u64, threads: usize) -> PathBuf {
    let folder = folder(name);
    let recipe = Recipe { year, people: Some(people), seed: 7, slow: None, threads };
    synth::make(&recipe, &folder, |_, _| {}).unwrap();
    folder.join("contacts.parquet")
}

fn law(variants: &[&str]) -> Law {
    let files: Vec<_> = variants.iter().map(|id| rulebook::built_in::variant(id).unwrap()).collect();
    Law::of(&LawBook::built_in().unwrap().with_variants(files).unwrap()).unwrap()
}

fn settled(contacts: &Path, law: &Law, period: &str, threads: usize, charges: Option<&Path>) -> Settled {
    let reader = Reader::open_contacts(contacts).unwrap();
    let period = Period::parse(period).unwrap();
    let options = Options { period, scope: &law.in_period(period, &[]), threads };
    let mut sink = ChargesFile::create(charges, None).unwrap();
    let settled =
        settle(&reader, law, &Municipalities::built_in().unwrap(), &options, &mut sink, |_, _| {}).unwrap();
    sink.finish().unwrap();
    settled
}

/// Charges kept in memory are those of the file, word for word and in the same order, on any number of threads.
#[test]
fn claims_in_memory_are_those_of_the_file() {
    let contacts = register_of("sinks", 4_000, 3);
    let (law, municipalities) = (law(&[]), Municipalities::built_in().unwrap());
    let file = contacts.with_file_name("charges.parquet");
    let whole = settled(&contacts, &law, "2012", 2, Some(&file));
    let of_file = settlement::archive::claims(&file, &municipalities).unwrap();
    for threads in [1, 3] {
        let period = Period::parse("2012").unwrap();
        let options = Options { period, scope: &law.in_period(period, &[]), threads };
        let reader = Reader::open_contacts(&contacts).unwrap();
        let mut sink = ClaimsSink::of_charges(&municipalities);
        let settled = settle(&reader, &law, &municipalities, &options, &mut sink, |_, _| {}).unwrap();
        assert_eq!(sink.claims, of_file);
        assert_eq!((settled.charges, whole.charges), (of_file.rows.len() as u64, of_file.rows.len() as u64));
        let mut each = EachCharge::of(|contact, instrument, amount| (contact, instrument, amount));
        settle(&reader, &law, &municipalities, &options, &mut each, |_, _| {}).unwrap();
        let wanted = of_file.rows.iter().filter_map(|row| Some((row.contact, row.instrument?, row.amount)));
        assert_eq!(each.values, wanted.collect::<Vec<_>>());
    }
}

/// Charges in a file: contact, instrument, amount, points.
fn charges(path: &Path) -> Vec<(i64, String, i64, i64)> {
    let reader = Reader::open(path).unwrap();
    let mut out = Vec::new();
    for group in 0..reader.row_groups() {
        let columns = ["contact_id", "instrument", "drg_points_milli", "amount_ore"];
        for batch in reader.read(group, &columns, 1 << 14, None).unwrap() {
            let batch = batch.unwrap();
            let column = |name: &str| batch.column_by_name(name).unwrap().clone();
            let (ids, instruments) = (column("contact_id"), column("instrument"));
            let (points, amounts) = (column("drg_points_milli"), column("amount_ore"));
            let instruments = instruments.as_dictionary::<Int32Type>();
            let words = instruments.values().as_string::<i32>();
            for row in 0..batch.num_rows() {
                out.push((
                    ids.as_primitive::<Int64Type>().value(row),
                    words.value(instruments.keys().value(row) as usize).to_owned(),
                    amounts.as_primitive::<Int64Type>().value(row),
                    i64::from(points.as_primitive::<Int32Type>().value(row)),
                ));
            }
        }
    }
    out
}

#[test]
fn the_traced_sum_is_the_column_sum() {
    let contacts = register_of("traced", 30_000, 2);
    let out = contacts.with_file_name("charges.parquet");
    let law = law(&[]);
    let settled = settled(&contacts, &law, "2012", 2, Some(&out));
    let charges = charges(&out);
    for instrument in Instrument::ALL {
        let column: i64 =
            charges.iter().filter(|charge| charge.1 == instrument.word()).map(|charge| charge.2).sum();
        assert_eq!(column, settled.totals.of(*instrument).amount.ore(), "{instrument}");
    }
    // Contacts of every kind: some with payable days, some of stays with several contacts (whose charges come
    // last), and any others.
    let reader = Reader::open_contacts(&contacts).unwrap();
    let municipalities = Municipalities::built_in().unwrap();
    let period = Period::parse("2012").unwrap();
    let mut drawn: Vec<i64> = charges.iter().step_by(211).map(|charge| charge.0).collect();
    drawn.extend(charges.iter().filter(|charge| charge.1 == "USK").take(40).map(|charge| charge.0));
    drawn.extend(charges.iter().rev().take(60).map(|charge| charge.0));
    drawn.sort_unstable();
    drawn.dedup();
    let mut of_contact: BTreeMap<(i64, &str), i64> = BTreeMap::new();
    for (contact, instrument, amount, _) in &charges {
        *of_contact.entry((*contact, instrument)).or_default() += amount;
    }
    assert!(drawn.len() > 250);
    for contact in drawn {
        let stay = stay_of_contact(&reader, contact).unwrap();
        let explained =
            explain(&law, &municipalities, &reader, &stay, contact, (period, &law.in_period(period, &[])))
                .unwrap()
                .unwrap();
        for part in explained.parts {
            let traced: i64 = part.charges.iter().map(|charge| charge.amount.ore()).sum();
            let charged = of_contact.get(&(contact, part.instrument.word())).copied().unwrap_or(0);
            assert_eq!(traced, charged, "{contact} {}", part.instrument);
            assert!(charged == 0 || !part.steps.is_empty());
        }
    }
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    let (one, three) = (register_of("one", 420_000, 1), register_of("three", 420_000, 3));
    let bytes = |path: &Path| std::fs::read(path).unwrap();
    assert!(bytes(&one) == bytes(&three), "the register depends on the number of threads");
    let law = law(&[]);
    let (first, second) = (one.with_file_name("a.parquet"), one.with_file_name("b.parquet"));
    let (alone, together) =
        (settled(&one, &law, "2012", 1, Some(&first)), settled(&one, &law, "2012", 3, Some(&second)));
    assert_eq!(alone.totals.to_csv(), together.totals.to_csv());
    assert_eq!(alone.outside, together.outside);
    assert!(bytes(&first) == bytes(&second), "the charges depend on the number of threads");
}

#[test]
fn months_and_tertials_add_up_to_the_year() {
    let contacts = register_of("months", 20_000, 2);
    let law = law(&[]);
    let year: BTreeMap<Key, Sum> = settled(&contacts, &law, "2012", 2, None).totals.lines().collect();
    for periods in [vec!["2012-T1", "2012-T2", "2012-T3"], (1..=12).map(|m| MONTHS[m - 1]).collect()] {
        let mut sum: BTreeMap<Key, Sum> = BTreeMap::new();
        for period in periods {
            for (key, part) in settled(&contacts, &law, period, 2, None).totals.lines() {
                sum.entry(key).or_default().add(part);
            }
        }
        assert_eq!(sum, year);
    }
}

const MONTHS: [&str; 12] = [
    "2012-01", "2012-02", "2012-03", "2012-04", "2012-05", "2012-06", "2012-07", "2012-08", "2012-09",
    "2012-10", "2012-11", "2012-12",
];

#[test]
fn a_variant_that_changes_nothing_gives_the_laws_result() {
    let contacts = register_of("variant", 20_000, 2);
    // A contact that ends in 2011 uses up its stay's ceiling under the variant, but not under the law. The
    // period is 2012-T2, since no stay that has a contact in that period began in 2011.
    let plain = settled(&contacts, &law(&[]), "2012-T2", 2, None);
    let same = settled(&contacts, &law(&["co-financing-as-in-2012"]), "2012-T2", 2, None);
    assert_eq!(plain.totals, same.totals);
    assert_eq!(plain.outside, same.outside);
}

#[test]
fn the_same_points_are_never_paid_twice() {
    let contacts = register_of("twice", 20_000, 2);
    let out = contacts.with_file_name("charges.parquet");
    settled(&contacts, &law(&[]), "2012", 2, Some(&out));
    let mut by_contact: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for (contact, instrument, amount, points) in charges(&out) {
        let entry = by_contact.entry(contact).or_default();
        match instrument.as_str() {
            "ISF" => *entry = (entry.0 + amount, points),
            "KMF" => entry.0 += amount,
            _ => {}
        }
    }
    // State and municipality together pay 40 % of every point, give or take the rounding of two charges.
    for (contact, (paid, points)) in by_contact {
        let whole = points * 3_820_900 * 40 / 100_000;
        assert!((paid - whole).abs() <= 2, "{contact}: {paid} for {points} thousandths, not {whole}");
    }
}

#[test]
fn outside_2012_to_2014_is_not_in_force_and_not_zero() {
    let contacts = register_of("force", 2_000, 1);
    let settled = settled(&contacts, &law(&[]), "2015", 1, None);
    assert_eq!(settled.scope.not_in_force().collect::<Vec<_>>(), [Instrument::CoFinancing]);
    assert_eq!(settled.totals.len(), 0);
    assert_eq!(settled.rows, settled.outside_period_rows);
}

#[test]
fn every_variant_settles_and_differs_from_the_law() {
    // Those of today hold on no day of 2012.
    let today = ["co-financing-again", "discharge-ready-somatic-only"];
    let then = (register_of("all", 5_000, 2), "2012-T2");
    let now = (register_of_year(2024, "all-today", 20_000, 2), "2024-T2");
    for (file, _) in rulebook::built_in::VARIANTS {
        let id = file.trim_start_matches("variants/").trim_end_matches(".toml");
        let (contacts, period) = if today.contains(&id) { &now } else { &then };
        let plain = settled(contacts, &law(&[]), period, 2, None);
        let changed = settled(contacts, &law(&[id]), period, 2, None);
        assert_eq!(changed.totals == plain.totals, id == "co-financing-as-in-2012", "{id}");
    }
}

#[test]
fn a_damaged_file_is_an_error_and_not_a_crash() {
    let contacts = register_of("damaged", 300, 1);
    let whole = std::fs::read(&contacts).unwrap();
    let law = law(&[]);
    let municipalities = Municipalities::built_in().unwrap();
    let period = Period::parse("2012").unwrap();
    let options = Options { period, scope: &law.in_period(period, &[]), threads: 1 };
    let path = contacts.with_file_name("damaged.parquet");
    for length in [0, 4, 12, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(Reader::open_contacts(&path).is_err(), "{length} bytes");
    }
    // Changed bytes in the middle give an error or a result, never a crash.
    for step in 0..60 {
        let mut bytes = whole.clone();
        let place = 4 + step * (bytes.len() - 8) / 60;
        bytes[place] ^= 0x5a;
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(reader) = Reader::open_contacts(&path) {
            let _ = settle(&reader, &law, &municipalities, &options, &mut Nowhere, |_, _| {});
        }
    }
}
