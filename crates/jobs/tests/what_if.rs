//! Scenarios as jobs answer them, before anything is withheld: what parties gain and lose adds up.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use domain::{Amount, Period};
use jobs::host::Host;
use jobs::progress::Silent;
use jobs::what_if::simulate::{self, Order};
use register::columns;
use register::parquet_file::Reader;
use words::Language;

/// An order of scenarios on contacts, with nothing else given.
fn of<'a>(scenarios: &'a [PathBuf], contacts: &'a Path, period: Period) -> Order<'a> {
    Order { contacts: Some(contacts), ..Order::of(scenarios, period) }
}

#[test]
fn what_municipalities_pay_is_what_the_parties_say() {
    let work = std::env::temp_dir().join(format!("samspill-jobs-what-if-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&work);
    std::fs::create_dir_all(&work).unwrap();
    let host = Host {
        progress: &Silent,
        scratch: &work,
        state: None,
        threads: 2,
        language: Language::Nb,
        is_plain: false,
    };
    jobs::synth::run(2012, Some(20_000), 3, None, &work.join("register"), &host).unwrap();
    let contacts = work.join("register/contacts.parquet");
    let scenario = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/hva-om.toml"));
    let (scenarios, period) = ([scenario.to_path_buf()], Period::parse("2012").unwrap());
    let outcome = simulate::run(&of(&scenarios, &contacts, period), &host).unwrap();
    let found = &outcome.runs[0].found;
    let net: Amount =
        found.municipalities.iter().filter(|one| !one.place.debtor.is_empty()).map(|one| one.net()).sum();
    let line = found.parties.iter().find(|party| party.party == "municipalities").unwrap();
    assert_eq!(line.sum(), -net);
    assert_eq!(found.parties.iter().map(|party| party.sum()).sum::<Amount>(), Amount::ZERO);
    let kmf: Amount = found.municipalities.iter().map(|one| one.scenario.kmf).sum();
    let groups: Amount = outcome.runs[0].groups.iter().map(|(_, (_, amount))| *amount).sum();
    assert!((groups - kmf).ore().abs() < 20_000, "{groups} {kmf}");
    measures_reach_whom_they_are_for(&work, &contacts, &host);
    std::fs::remove_dir_all(&work).unwrap();
}

/// The slides' measures on the synthetic year: each takes its half of just the contacts that it is for, counted here row by
/// row. Diagnosis and DRG tell who they are; others keep all theirs.
fn measures_reach_whom_they_are_for(work: &Path, contacts: &Path, host: &Host) {
    /// Whether a contact of a care level, main diagnosis, DRG and age is reached.
    type Reaches = fn(&str, &str, &str, i32) -> bool;
    let wanted: [(&str, Reaches); 4] = [
        ("fall-prevention", |level, main, _, age| {
            level == "overnight" && main.starts_with("S72") && age >= 65
        }),
        ("home-dialysis", |level, main, _, _| {
            ["day", "outpatient"].contains(&level) && main.starts_with("Z49")
        }),
        ("home-ventilation", |level, _, drg, _| level == "overnight" && ["475", "483"].contains(&drg)),
        ("digital-home-follow-up", |level, main, _, age| {
            level == "outpatient" && ["E10", "E11", "I50", "J44"].contains(&&main[..3]) && age >= 18
        }),
    ];
    let scenarios: Vec<_> = wanted.iter().map(|(id, _)| work.join(format!("{id}.toml"))).collect();
    for ((id, _), path) in wanted.iter().zip(&scenarios) {
        let text = format!("id = {id:?}\ntitle = {id:?}\n[[measure]]\nuse = {id:?}\npercent = 50\n");
        std::fs::write(path, text).unwrap();
    }
    let period = Period::parse("2012").unwrap();
    let outcome = simulate::run(&of(&scenarios, contacts, period), host).unwrap();
    let reader = Reader::open_contacts(contacts).unwrap();
    let (first, last) = (period.from().number(), period.to().number());
    let mut counts = [0_i64; 4];
    for group in 0..reader.row_groups() {
        let names = ["sector", "care_level", "diagnoses", "drg", "age", "discharged_on"];
        for batch in reader.read(group, &names, 1 << 16, None).unwrap() {
            let batch = batch.unwrap();
            let word = |name: &str, row: usize| columns::word(&batch, name, row).to_owned();
            for (row, day) in columns::ints(&batch, "discharged_on").iter().enumerate() {
                if !(first..=last).contains(day) || word("sector", row) != "somatic" {
                    continue;
                }
                let main = domain::diagnosis::main_of(&word("diagnoses", row));
                let (level, drg, age) =
                    (word("care_level", row), word("drg", row), columns::ints(&batch, "age")[row]);
                for (count, (_, reaches)) in counts.iter_mut().zip(&wanted) {
                    *count += i64::from(reaches(&level, &main, &drg, age));
                }
            }
        }
    }
    for (((id, _), run), count) in wanted.iter().zip(&outcome.runs).zip(counts) {
        assert!(count > 0, "{id}");
        assert_eq!(run.found.avoided[0].contacts, count * 500_000, "{id}");
    }
}
