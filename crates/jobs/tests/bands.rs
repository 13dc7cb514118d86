//! The bands of the risk picture and of the forecast, held to what came: a register of the whole country is made with each
//! seed. The costs of one are compared with the limits that the register before it gives; and the rest of its year with the
//! forecast of its first months, with the season of the register before it. Small municipalities need the whole country: in
//! a sample they are smaller than any municipality is.
//!
//! `SAMSPILL_TEST_SEEDS` sets the number of pairs; `cargo xtask soak` runs a hundred. The tables are printed, and stand in
//! docs/numerics.md.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "the number of pairs is set from outside")]

use std::collections::BTreeMap;
use std::path::Path;

use domain::{Amount, Instrument, Month, Municipalities, Period};
use jobs::host::Host;
use jobs::indicators;
use jobs::people;
use jobs::progress::Silent;
use jobs::what_if::free_income::FreeIncome;
use jobs::what_if::risk::{Line, Order, Picture, Shared, run};
use register::parquet_file::Reader;
use rulebook::{Law, LawBook};
use settlement::sink::Nowhere;
use settlement::{Options, settle};
use statistics::forecast::{Season, Series, Sums, forecast};
use statistics::funnel::Allowance;
use statistics::indicator::Kind;
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

/// A register of the whole country: the risk picture, and what each municipality pays by month. Adds its false alarms to
/// `all`.
fn year(seed: u64, folder: &Path, all: &mut Alarms) -> (Picture, BTreeMap<String, Sums>) {
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
        free_income: FreeIncome::default(),
        cap: None,
        pools: BTreeMap::new(),
    };
    let picture = run(&order, &host).unwrap();
    alarms(folder, &host, all);
    let (law, municipalities) =
        (Law::of(&LawBook::built_in().unwrap()).unwrap(), Municipalities::built_in().unwrap());
    let scope = law.scope(period, &[Instrument::CoFinancing, Instrument::DischargeReady]).unwrap();
    let options = Options { period, scope: &scope, threads: 2 };
    let reader = Reader::open_contacts(&folder.join("contacts.parquet")).unwrap();
    let settled = settle(&reader, &law, &municipalities, &options, &mut Nowhere, |_, _| {}).unwrap();
    let mut of_party: BTreeMap<String, Sums> = BTreeMap::new();
    for (key, sum) in settled.totals.lines() {
        let month = Month::parse(&key.month).unwrap();
        *of_party.entry(key.debtor).or_default().entry((month, key.instrument)).or_default() += sum.amount;
    }
    (picture, of_party)
}

/// Kinds of figures in a funnel.
const KINDS: [&str; 3] = ["counts", "proportions", "kroner"];

/// Places in funnels without allowance, by kind and by whether fifty events or more are expected: all, those outside 95 %, and
/// those outside 99,8 %. Events that come together count once. The register has no effects, so that all of them are false.
type Alarms = [[[u64; 3]; 2]; KINDS.len()];

fn alarms(folder: &Path, host: &Host, out: &mut Alarms) {
    let contacts = folder.join("contacts.parquet");
    let order = indicators::Order {
        allowance: Allowance::None,
        ..indicators::Order::of_all(&contacts, Period::parse("2012").unwrap(), Language::Nb)
    };
    let outcome = indicators::run(&order, host).unwrap();
    for (one, found) in outcome.indicators.iter().zip(&outcome.figures) {
        let Some(found) = found.as_ref().filter(|_| one.kind != Kind::Mean) else { continue };
        // What holds for every contact of the register, or for none, can have no alarm.
        let share = found.country.numerator as f64 / found.country.denominator;
        if one.kind == Kind::Proportion && !(0.0 < share && share < 1.0) {
            continue;
        }
        let kind = if one.is_money() { 2 } else { usize::from(one.kind == Kind::Proportion) };
        for figure in &found.homes {
            let Some(side) = figure.side() else { continue };
            let many = usize::from(figure.expected / found.at_a_time >= 50.0);
            let count = &mut out[kind][many];
            count[0] += 1;
            count[1] += u64::from(side.abs() > 0);
            count[2] += u64::from(side.abs() > 1);
        }
    }
}

/// Months after which the rest of the year is forecast.
const AFTER: [i8; 3] = [3, 6, 9];

/// Municipalities whose rest of the year lies in the band after each of [`AFTER`], and all of them. `before` gives the season.
fn held(before: &BTreeMap<String, Sums>, now: &BTreeMap<String, Sums>) -> ([u64; AFTER.len()], u64) {
    let mut earlier = Sums::new();
    for ((month, instrument), amount) in before.values().flatten() {
        // The register has the days of 2012, which was a leap year.
        let month = Month::new(month.year() - 4, month.number()).unwrap();
        *earlier.entry((month, *instrument)).or_default() += *amount;
    }
    // The scheme of discharge-ready days was new in 2012: there is no season of it.
    earlier.retain(|(_, instrument), _| *instrument == Instrument::CoFinancing);
    let season = Season::of(&earlier);
    let all: Vec<Series> =
        now.iter().map(|(party, months)| Series { party: party.clone(), months: months.clone() }).collect();
    let inside = AFTER.map(|after| {
        let [seen, ahead] = [1..after + 1, after + 1..13]
            .map(|all| all.map(|number| Month::new(2012, number).unwrap()).collect::<Vec<_>>());
        let rest = |series: &Series| -> Amount {
            let later = series.months.iter().filter(|((month, _), _)| ahead.contains(month));
            later.map(|(_, amount)| *amount).sum()
        };
        let found = forecast(&all, &seen, &ahead, &season);
        found.iter().zip(&all).filter(|(one, series)| (one.low..=one.high).contains(&rest(series))).count()
            as u64
    });
    (inside, all.len() as u64)
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
    let (mut inside, mut forecasts) = ([0_u64; AFTER.len()], 0);
    let mut alarms = Alarms::default();
    let (mut before, mut months) = year(1, &folder, &mut alarms);
    for seed in 2..=pairs + 1 {
        let (next, months_of_next) = year(seed, &folder, &mut alarms);
        let (of_pair, all) = held(&months, &months_of_next);
        inside.iter_mut().zip(of_pair).for_each(|(sum, one)| *sum += one);
        (forecasts, months) = (forecasts + all, months_of_next);
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
    of_forecasts(inside, forecasts, pairs, &mut faults);
    of_funnels(&alarms, &mut faults);
    assert!(faults.is_empty(), "{faults:?}");
}

/// Prints how often the forecasts held, and what is wrong with it.
fn of_forecasts(inside: [u64; AFTER.len()], forecasts: u64, pairs: u64, faults: &mut Vec<String>) {
    for (after, count) in AFTER.iter().zip(inside) {
        let share = count as f64 / forecasts as f64;
        println!("| forecast after {after} months | {forecasts} | {:.2} % |", share * 100.0);
        // What is common to all municipalities in a year errs for all of them at once.
        let allowed = if pairs >= 20 { 0.78..=0.82 } else { 0.70..=0.88 };
        if !allowed.contains(&share) {
            faults.push(format!("forecast after {after} months: {count} of {forecasts}"));
        }
    }
}

/// Prints the false alarms of funnels, and what is wrong with them.
fn of_funnels(alarms: &Alarms, faults: &mut Vec<String>) {
    for (kind, of_kind) in KINDS.iter().zip(alarms) {
        for ([all, inner, outer], size) in of_kind.iter().zip(["few", "many"]) {
            let share = |count: &u64| *count as f64 / *all as f64;
            let (inner, outer) = (share(inner), share(outer));
            println!(
                "| funnels, {kind}, {size} expected | {all} | {:.2} % | {:.3} % |",
                inner * 100.0,
                outer * 100.0
            );
            // Four standard deviations of chance in so many places.
            let most = |nominal: f64| nominal + 4.0 * (nominal / *all as f64).sqrt();
            let is_near = size == "few" || inner > 0.03;
            if inner > most(0.05) || outer > most(0.002) || !is_near {
                faults.push(format!("funnels, {kind}, {size}: {inner} and {outer} of {all}"));
            }
        }
    }
}
