//! The bands of the risk picture, held to the next year: a register of the whole country is made with each seed, and the
//! costs of one are compared with the limits that the register before it gives. Small municipalities need the whole
//! country: in a sample they are smaller than any municipality is.
//!
//! `SAMSPILL_TEST_SEEDS` sets the number of pairs; `cargo xtask soak` runs a hundred. The table is printed, and stands in
//! docs/numerics.md.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "the number of pairs is set from outside")]

use std::collections::BTreeMap;
use std::path::Path;

use domain::Period;
use jobs::host::Host;
use jobs::people;
use jobs::progress::Silent;
use jobs::what_if::risk::{Line, Order, Picture, Shared, run};
use words::Language;

/// Sizes of municipalities: names, and the fewest inhabitants.
const SIZES: [(&str, i64); 4] =
    [("under 2 000", 0), ("2 000–5 000", 2_000), ("5 000–20 000", 5_000), ("20 000 and more", 20_000)];

/// What is counted: the name, the share of municipalities that it promises, the least and the most of it over many pairs,
/// and whether a cost is beyond.
struct Promise {
    name: &'static str,
    share: f64,
    allowed: [f64; 2],
    is_beyond: fn(&Line, f64) -> bool,
}

const PROMISES: [Promise; 3] = [
    Promise {
        name: "above 1 in 10",
        share: 0.1,
        allowed: [0.09, 0.11],
        is_beyond: |line, cost| cost > line.alone.quantile(0.9),
    },
    Promise {
        name: "below 1 in 10",
        share: 0.1,
        allowed: [0.09, 0.11],
        is_beyond: |line, cost| cost < line.alone.quantile(0.1),
    },
    Promise {
        name: "above 1 in 100",
        share: 0.01,
        allowed: [0.007, 0.014],
        is_beyond: |line, cost| cost > line.alone.quantile(0.99),
    },
];

fn picture(seed: u64, folder: &Path) -> Picture {
    let host = Host {
        progress: &Silent,
        scratch: folder,
        state: Some(folder),
        threads: 2,
        language: Language::default(),
        is_plain: true,
    };
    let period = Period::parse("2012").unwrap();
    jobs::synth::run(2012, None, seed, None, folder, &host).unwrap();
    let order = Order {
        contacts: &folder.join("contacts.parquet"),
        mapping: None,
        period,
        rules: &[],
        people: people::by_sex(None, period).unwrap(),
        shared: Shared::Left,
        free_income: BTreeMap::new(),
        cap: None,
        pools: BTreeMap::new(),
    };
    run(&order, &host).unwrap()
}

/// Probability of at most `count` of `of`, each with this chance.
fn at_most(count: u64, of: u64, chance: f64) -> f64 {
    let (mut term, mut sum) = ((1.0 - chance).powi(of as i32), 0.0);
    for k in 0..=count {
        sum += term;
        term *= (of - k) as f64 / (k + 1) as f64 * chance / (1.0 - chance);
    }
    sum
}

#[test]
fn limits_hold_in_every_size_of_municipality() {
    let pairs: u64 = std::env::var("SAMSPILL_TEST_SEEDS").map_or(1, |pairs| pairs.parse().unwrap());
    let folder = std::env::temp_dir().join(format!("samspill-bands-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut beyond = [[0_u64; PROMISES.len()]; SIZES.len()];
    let mut municipalities = [0_u64; SIZES.len()];
    let mut before = picture(1, &folder);
    for seed in 2..=pairs + 1 {
        let next = picture(seed, &folder);
        let sums = |of: &dyn Fn(&Line) -> f64| before.lines.iter().map(of).sum::<f64>();
        let (expected, cost) = (sums(&|line| line.alone.mean()), sums(&|line| line.seen.cost));
        assert!(
            (expected / cost - 1.0).abs() < 1e-6,
            "expectations add up to the country's: {expected} {cost}"
        );
        for (line, after) in before.lines.iter().zip(&next.lines) {
            assert_eq!(line.code, after.code);
            let size = SIZES.iter().rposition(|(_, least)| line.people >= *least).unwrap();
            municipalities[size] += 1;
            for (count, promise) in beyond[size].iter_mut().zip(&PROMISES) {
                *count += u64::from((promise.is_beyond)(line, after.seen.cost));
            }
        }
        before = next;
    }
    std::fs::remove_dir_all(&folder).unwrap();
    println!("| inhabitants | municipalities | {} |", PROMISES.map(|promise| promise.name).join(" | "));
    let shares =
        |counts: &[u64], of: u64| counts.iter().map(move |count| *count as f64 / of as f64).collect();
    let mut faults = Vec::new();
    for (((size, _), counts), of) in SIZES.iter().zip(beyond).zip(municipalities) {
        let shares: Vec<f64> = shares(&counts, of);
        let shown: Vec<String> = shares.iter().map(|share| format!("{:.2} %", share * 100.0)).collect();
        println!("| {size} | {of} | {} |", shown.join(" | "));
        for ((count, share), promise) in counts.iter().zip(&shares).zip(&PROMISES) {
            // A few pairs are held to what chance allows; many to what is promised.
            let [low, high] = match pairs >= 100 {
                true => [promise.allowed[0] <= *share, *share <= promise.allowed[1]],
                false => {
                    let below = count.checked_sub(1).map_or(0.0, |less| at_most(less, of, promise.share));
                    [at_most(*count, of, promise.share) > 0.001, below < 0.999]
                }
            };
            if !(low && high) {
                faults.push(format!("{size}: {} {count} of {of}", promise.name));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:?}");
}
