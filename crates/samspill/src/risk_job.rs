//! `samspill risk`: the distribution of a municipality's yearly cost, what pooling and a ceiling do, and the same
//! for any small case, so that an actuary can check it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use domain::{Instrument, Municipalities, Period};
use paper::sheets::{Cell, Sheet};
use register::parquet_file::Reader;
use settlement::{Law, Options, archive, manifest, settle};
use simulation::consequence::AGES;
use simulation::risk::{Count, Distribution, Fitted, Pool, Press, Seen, Severity, pooled};

use crate::law::Files;
use crate::progress::Teller;
use crate::settle_job;
use crate::settlement_job::Scratch;

/// What to picture.
pub struct Order<'a> {
    /// Contacts.
    pub contacts: &'a Path,
    /// Mapping.
    pub mapping: Option<&'a Path>,
    /// A whole year.
    pub period: Period,
    /// Variants.
    pub rules: &'a [PathBuf],
    /// Inhabitants by municipality and age.
    pub people: simulation::consequence::People,
    /// Free income in øre, and whether it is the slides' level.
    pub free_income: BTreeMap<String, (domain::Amount, bool)>,
    /// Ceiling in kroner per inhabitant, for what it takes away.
    pub cap: Option<i64>,
    /// Threads.
    pub threads: usize,
}

/// A municipality's risk.
pub struct Line {
    /// Code.
    pub code: String,
    /// Inhabitants.
    pub people: i64,
    /// Persons and cost seen.
    pub seen: Seen,
    /// What next year rests on.
    pub fitted: Fitted,
    /// Next year's cost.
    pub alone: Distribution,
    /// The same share of a pool with the neighbours of its trust area, and of its region: relative spread.
    pub pooled: [f64; 2],
}

/// The picture.
pub struct Picture {
    /// Municipalities, in order.
    pub lines: Vec<Line>,
    /// The country's severity.
    pub severity: Severity,
    /// Persons with a cost.
    pub persons: usize,
    /// Whether nobody real stands behind it.
    pub synthetic: bool,
    /// Values that nobody has signed.
    pub unsigned: usize,
    /// Name and SHA-256 of the data.
    pub vintage: (String, String),
    /// Titles of the rules.
    pub titles: Vec<String>,
}

/// What one person cost, and where.
struct Person {
    home: String,
    age: u16,
    ore: i64,
}

/// Makes the picture.
pub fn run(order: &Order, teller: Teller) -> Result<Picture> {
    let files = Files::read(None, order.rules)?;
    let book = files.book()?;
    let titles = book.variants().iter().map(|variant| variant.title.clone()).collect();
    let law = Law::of(&book)?;
    let scratch = Scratch::new()?;
    let checked = scratch.0.join("checked.parquet");
    let (input, _) =
        settle_job::trusted_in(order.contacts, order.mapping, None, &checked, order.threads, teller)?;
    let reader = Reader::open_contacts(&input)?;
    if reader.is_counted() {
        bail!(
            "{} holds counts: who returns is not known, so no risk can be computed",
            order.contacts.display()
        );
    }
    let stage = teller.stage("regner ut hva hver person koster");
    let persons = persons(&reader, &law, order, &scratch)?;
    stage.done();
    if persons.is_empty() {
        bail!("no municipality pays for anybody in {} under these rules", order.period);
    }
    let costs: Vec<f64> = persons.iter().map(|person| person.ore as f64 / 100.0).collect();
    let severity = Severity::observed(&costs)?;
    let stage = teller.stage("regner ut fordelingene");
    let lines = lines(order, &persons, &severity)?;
    stage.done();
    let file = order.contacts.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Picture {
        lines,
        persons: persons.len(),
        severity,
        synthetic: reader.footer().get(register::schema::SYNTHETIC_KEY).is_some_and(|yes| yes == "yes"),
        unsigned: law.used(order.period).iter().filter(|value| value.is_unsigned()).count(),
        vintage: (file, manifest::sha256_file(order.contacts)?),
        titles,
    })
}

/// What municipalities pay for each person in the period: charges, put together by the person behind them.
fn persons(reader: &Reader, law: &Law, order: &Order, scratch: &Scratch) -> Result<Vec<Person>> {
    let municipalities = Municipalities::built_in()?;
    let path = scratch.0.join("charges.parquet");
    let options =
        Options { period: order.period, threads: order.threads, charges: Some(&path), known: false };
    settle(reader, law, &municipalities, &options, |_, _| {})?;
    let claims = archive::claims(&path, &municipalities)?;
    let mut charged: Vec<(i64, u32, i64)> = claims
        .rows
        .iter()
        .filter(|row| row.instrument.is_some_and(|instrument| instrument != Instrument::Isf))
        .map(|row| (row.contact, row.debtor, row.amount.ore()))
        .collect();
    charged.sort_unstable();
    let mut of_person: BTreeMap<(i64, u32), (u16, i64)> = BTreeMap::new();
    for group in 0..reader.row_groups() {
        for batch in reader.read(group, &["contact_id", "person_id", "age"], 1 << 16, None)? {
            let batch = batch?;
            let longs =
                |name: &str| batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>());
            let (Some(contacts), Some(people)) = (longs("contact_id"), longs("person_id")) else { continue };
            let ages = batch.column_by_name("age").and_then(|c| c.as_primitive_opt::<Int32Type>());
            for row in 0..batch.num_rows() {
                let contact = contacts.value(row);
                let start = charged.partition_point(|(other, ..)| *other < contact);
                for (_, debtor, ore) in charged[start..].iter().take_while(|(other, ..)| *other == contact) {
                    let age = ages.map_or(0, |ages| ages.value(row).clamp(0, 125) as u16);
                    let sum = of_person.entry((people.value(row), *debtor)).or_insert((age, 0));
                    sum.1 += ore;
                }
            }
        }
    }
    Ok(of_person
        .into_iter()
        .filter(|(_, (_, ore))| *ore > 0)
        .map(|((_, debtor), (age, ore))| Person { home: claims.words.word(debtor).to_owned(), age, ore })
        .collect())
}

fn band(age: u16) -> usize {
    AGES.partition_point(|limit| *limit <= age)
}

/// What is expected of each municipality from its inhabitants' ages, what was seen, and what follows.
fn lines(order: &Order, persons: &[Person], severity: &Severity) -> Result<Vec<Line>> {
    let mut inhabitants = [0_i64; AGES.len() + 1];
    let mut seen_by_band = [0_i64; AGES.len() + 1];
    let by_band = |ages: &[i64]| {
        let mut out = [0_i64; AGES.len() + 1];
        ages.iter().enumerate().for_each(|(age, people)| out[band(age as u16)] += people);
        out
    };
    for ages in order.people.values() {
        by_band(ages).iter().zip(&mut inhabitants).for_each(|(people, sum)| *sum += people);
    }
    let mut of_home: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for person in persons {
        seen_by_band[band(person.age)] += 1;
        let sum = of_home.entry(&person.home).or_default();
        sum.0 += 1.0;
        sum.1 += person.ore as f64 / 100.0;
    }
    let expected = |ages: &[i64]| -> f64 {
        by_band(ages)
            .iter()
            .zip(inhabitants.iter().zip(&seen_by_band))
            .map(|(here, (all, seen))| *here as f64 * *seen as f64 / (*all).max(1) as f64)
            .sum()
    };
    let mut known: Vec<(String, i64, Seen)> = Vec::new();
    for (code, ages) in &order.people {
        let (persons, cost) = of_home.get(code.as_str()).copied().unwrap_or_default();
        let seen = Seen { persons, cost, expected: expected(ages) };
        known.push((code.clone(), ages.iter().sum(), seen));
    }
    let seen: Vec<Seen> = known.iter().map(|(.., seen)| seen.clone()).collect();
    let pool = Pool::of(&seen, severity);
    let fitted: Vec<Fitted> = seen.iter().map(|one| pool.fit(one)).collect();
    let spread = spreads(&known, &fitted, severity, order.period)?;
    let mut press = Press::quick(severity);
    Ok(known
        .into_iter()
        .zip(fitted)
        .zip(spread)
        .map(|(((code, people, seen), fitted), pooled)| {
            let alone = press.distribution(fitted.count).scaled(fitted.factor);
            Line { code, people, seen, fitted, alone, pooled }
        })
        .collect())
}

/// Relative spread of each municipality's pools: the trust area's municipalities, and the region's.
fn spreads(
    known: &[(String, i64, Seen)],
    fitted: &[Fitted],
    severity: &Severity,
    period: Period,
) -> Result<Vec<[f64; 2]>> {
    let municipalities = Municipalities::built_in()?;
    let place = |code: &str| match municipalities.residence(code, period.from()) {
        domain::Residence::Municipality(place) => municipalities.get(place),
        _ => None,
    };
    let key =
        |code: &str| place(code).map_or_else(Default::default, |row| (row.region.clone(), row.trust_area));
    let mut areas: BTreeMap<(String, u8), Vec<Fitted>> = BTreeMap::new();
    let mut regions: BTreeMap<String, Vec<Fitted>> = BTreeMap::new();
    for ((code, ..), one) in known.iter().zip(fitted) {
        let (region, area) = key(code);
        areas.entry((region.clone(), area)).or_default().push(*one);
        regions.entry(region).or_default().push(*one);
    }
    let mut press = Press::quick(severity);
    let mut relative = |parts: &Vec<Fitted>| {
        let sum = press.distribution(pooled(parts).count);
        sum.spread() / sum.mean().max(1e-12)
    };
    let of_area: BTreeMap<&(String, u8), f64> =
        areas.iter().map(|(key, parts)| (key, relative(parts))).collect();
    let of_region: BTreeMap<&String, f64> =
        regions.iter().map(|(key, parts)| (key, relative(parts))).collect();
    Ok(known
        .iter()
        .map(|(code, ..)| {
            let key = key(code);
            [of_area.get(&key).copied().unwrap_or(0.0), of_region.get(&key.0).copied().unwrap_or(0.0)]
        })
        .collect())
}

fn kroner(value: f64) -> Cell {
    Cell::Kroner(domain::Amount::from_ore((value * 100.0).round() as i64))
}

/// The table: one row for each municipality.
pub fn table(picture: &Picture, order: &Order, names: &BTreeMap<String, String>) -> Sheet {
    let mut heads = vec![
        "kommune",
        "navn",
        "innbyggere",
        "personer med kostnad",
        "sett, kr",
        "ventet, kr",
        "spredning, kr",
        "1 av 10 år, kr",
        "1 av 100 år, kr",
        "VaR 95 %, kr",
        "TVaR 95 %, kr",
        "ventet, kr per innbygger",
        "1 av 100 år over ventet, % av frie inntekter",
        "relativ spredning alene",
        "i området",
        "i regionen",
        "en dyr pasient (1 av 1000), kr",
        "en dyr pasient, % av ventet",
    ];
    if order.cap.is_some() {
        heads.push("over taket, kr i snitt");
    }
    let about = "Fordelingen av neste års kostnad under faste regler, regnet ut og ikke trukket; usikkerhet om raten er med";
    let mut sheet = Sheet::new("Risiko", about, &heads);
    let dear = picture.severity.quantile(0.999);
    for line in &picture.lines {
        let (mean, all) = (line.alone.mean(), &line.alone);
        let share = |value: f64| Cell::Share((value * 1_000_000.0).round() as i64);
        let free = order.free_income.get(&line.code).map(|(free, _)| free.ore() as f64 / 100.0);
        let one_dear = dear * line.fitted.factor;
        let mut row = vec![
            Cell::Text(line.code.clone()),
            Cell::Text(crate::statement_job::name_of(&line.code, names)),
            Cell::Count(line.people),
            Cell::Count(line.seen.persons as i64),
            kroner(line.seen.cost),
            kroner(mean),
            kroner(all.spread()),
            kroner(all.quantile(0.9)),
            kroner(all.quantile(0.99)),
            kroner(all.quantile(0.95)),
            kroner(all.tail(0.95)),
            if line.people > 0 { kroner(mean / line.people as f64) } else { Cell::Unknown },
            free.map_or(Cell::Unknown, |free| share((all.quantile(0.99) - mean) / free.max(1.0))),
            share(all.spread() / mean.max(1.0)),
            share(line.pooled[0]),
            share(line.pooled[1]),
            kroner(one_dear),
            share(one_dear / mean.max(1.0)),
        ];
        if let Some(cap) = order.cap {
            row.push(kroner(all.above(cap as f64 * line.people as f64)));
        }
        sheet.rows.push(row);
    }
    sheet
}

/// Shares of the income that follow activity; the rest is a block grant.
const MIXES: [f64; 4] = [1.0, 0.75, 0.5, 0.25];
/// Floors of a guarantee, as shares of the expected income.
const FLOORS: [f64; 2] = [0.90, 0.95];

/// Income security for whoever is paid: how far a bad year goes below the expected one, and what a guarantee costs
/// whoever gives it, for each mix of block grant and activity. And for the payer: what an amount on account with a
/// band asks for afterwards.
pub fn security(picture: &Picture, names: &BTreeMap<String, String>) -> Sheet {
    let mut heads = vec!["kommune".to_owned(), "navn".to_owned(), "ventet, kr".to_owned()];
    for mix in MIXES {
        let share = (mix * 100.0) as i64;
        heads.push(format!("{share} % aktivitet: 1 av 10 år under ventet, kr"));
        heads.extend(FLOORS.map(|floor| {
            format!("{share} % aktivitet: garanti {} % koster, kr", (floor * 100.0).round() as i64)
        }));
    }
    heads.push("a konto med bånd 5 %: i snitt å gjøre opp etterpå, kr".to_owned());
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let about =
        "Inntektstrygghet: hva den som får pengene, kan regne med, og hva en garanti koster i snitt per år";
    let mut sheet = Sheet::new("Inntektstrygghet", about, &heads);
    for line in &picture.lines {
        let (all, mean) = (&line.alone, line.alone.mean());
        let mut row = vec![
            Cell::Text(line.code.clone()),
            Cell::Text(crate::statement_job::name_of(&line.code, names)),
            kroner(mean),
        ];
        for mix in MIXES {
            row.push(kroner((mean - all.quantile(0.1)) * mix));
            // Income is (1 − mix) × mean + mix × cost: it is under the floor where the cost is under this.
            row.extend(FLOORS.map(|floor| kroner(all.below(mean * (floor - (1.0 - mix)) / mix) * mix)));
        }
        row.push(kroner(all.above(mean * 1.05) + all.below(mean * 0.95)));
        sheet.rows.push(row);
    }
    sheet
}

/// The distribution of a small case as JSON.
pub fn distribution(rate: f64, shape: Option<f64>, severity: &Path) -> Result<serde_json::Value> {
    if !(rate.is_finite() && rate >= 0.0) {
        bail!("a rate of {rate} is no number of persons, zero or more");
    }
    if let Some(shape) = shape.filter(|shape| !(shape.is_finite() && *shape > 0.0)) {
        bail!("a shape of {shape} is not above zero");
    }
    let severity = read_severity(severity)?;
    let count = Count { mean: rate, shape: shape.unwrap_or(f64::INFINITY) };
    let sum = Press::new(&severity).distribution(count);
    let levels = [0.5, 0.75, 0.9, 0.95, 0.99, 0.995];
    let at: serde_json::Map<String, serde_json::Value> =
        levels.iter().map(|level| (level.to_string(), sum.quantile(*level).into())).collect();
    let tails: serde_json::Map<String, serde_json::Value> =
        levels.iter().map(|level| (level.to_string(), sum.tail(*level).into())).collect();
    let (first, second) = (severity.moment(1), severity.moment(2));
    let doubt = shape.map_or(0.0, |shape| rate * rate / shape * first * first);
    Ok(serde_json::json!({
        "schema": 1,
        "rate": rate,
        "shape": shape,
        "mean": sum.mean(),
        "standard_deviation": sum.spread(),
        "exact_mean": rate * first,
        "exact_standard_deviation": (rate * second + doubt).sqrt(),
        "one_in_ten": sum.quantile(0.9),
        "one_in_hundred": sum.quantile(0.99),
        "value_at_risk": at,
        "tail_value_at_risk": tails,
        "step": sum.step,
        "first": sum.cost(0),
        "probabilities": sum.probabilities,
    }))
}

/// Reads `cost,probability`, with comma or semicolon between and a head or none.
fn read_severity(path: &Path) -> Result<Severity> {
    let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    let mut points = Vec::new();
    for (place, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let cells: Vec<String> = match line.contains(';') {
            true => line.split(';').map(|cell| cell.trim().replace(',', ".")).collect(),
            false => line.split(',').map(|cell| cell.trim().to_owned()).collect(),
        };
        let at = format!("{}:{}", path.display(), place + 1);
        match (&cells[..], place) {
            ([only], _) if only.is_empty() => {}
            ([cost, _], 0) if cost.parse::<f64>().is_err() => {}
            ([cost, probability], _) => {
                let number = |text: &str| {
                    text.parse::<f64>().ok().with_context(|| format!("{at}: '{text}' is not a number"))
                };
                points.push((number(cost)?, number(probability)?));
            }
            _ => bail!("{at}: expected cost,probability"),
        }
    }
    Severity::of(points).with_context(|| path.display().to_string())
}
