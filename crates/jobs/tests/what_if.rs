//! Scenarios as jobs answer them, before anything is withheld: what parties gain and lose adds up.

use std::path::Path;

use domain::{Amount, Period};
use jobs::host::Host;
use jobs::progress::Silent;
use jobs::what_if::simulate::{self, Order};
use words::Language;

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
    let order = Order {
        scenarios: &[scenario.to_path_buf()],
        against: "law",
        contacts: Some(&contacts),
        cells: None,
        keep: None,
        mapping: None,
        period: Period::parse("2012").unwrap(),
        sweep: None,
        free_income: None,
        people: None,
        projection: None,
    };
    let outcome = simulate::run(&order, &host).unwrap();
    let found = &outcome.runs[0].found;
    let net: Amount =
        found.municipalities.iter().filter(|one| !one.place.debtor.is_empty()).map(|one| one.net()).sum();
    let line = found.parties.iter().find(|party| party.party == "municipalities").unwrap();
    assert_eq!(line.sum(), -net);
    assert_eq!(found.parties.iter().map(|party| party.sum()).sum::<Amount>(), Amount::ZERO);
    let kmf: Amount = found.municipalities.iter().map(|one| one.scenario.kmf).sum();
    let groups: Amount = outcome.runs[0].groups.iter().map(|(_, (_, amount))| *amount).sum();
    assert!((groups - kmf).ore().abs() < 20_000, "{groups} {kmf}");
    std::fs::remove_dir_all(&work).unwrap();
}
