//! The risk picture: the distribution of each municipality's yearly cost, and what pooling and a ceiling do
//! to it. Also the distribution for a rate and a table of costs that the user gives, so that an actuary can check the
//! method.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::failure::{About, Result, fail};
use crate::parties::Names;
use domain::{Instrument, Municipalities, Period};
use register::columns;
use register::parquet_file::Reader;
use settlement::sink::ClaimsSink;
use settlement::{Law, Options, settle};
use simulation::consequence::AGES;
use simulation::risk::{Count, Distribution, Fitted, Pool, Press, Seen, Severity, pooled};
use words::{Language, Message, Said, message};

use crate::host::{Host, Scratch};
use crate::intake::{self, Input};
use crate::law::Files;
use crate::progress::Work;

/// Input and options of [`run`].
pub struct Order<'a> {
    /// File of contacts, checked or not.
    pub contacts: &'a Path,
    /// Built-in name or TOML file of the mapping; `None` for the program's own schema.
    pub mapping: Option<&'a Path>,
    /// A whole year.
    pub period: Period,
    /// Variants laid over the law: files or built-in names.
    pub rules: &'a [PathBuf],
    /// Inhabitants by municipality and age.
    pub people: simulation::consequence::People,
    /// Free income, and whether it is a level from the ministry's slides and not the municipality's own.
    pub free_income: BTreeMap<String, (domain::Amount, bool)>,
    /// Ceiling in kroner per inhabitant, to show the amount above it; `None` for no ceiling.
    pub cap: Option<i64>,
    /// Pool of each municipality that has chosen to bear its costs together with others.
    pub pools: BTreeMap<String, String>,
}

/// The risk of one municipality.
pub struct Line {
    pub code: String,
    /// Number of inhabitants.
    pub people: i64,
    /// Persons with a cost, and their costs, in the year that was observed.
    pub seen: Seen,
    /// Assumptions for next year.
    pub fitted: Fitted,
    /// Distribution of next year's cost, borne by the municipality alone.
    pub alone: Distribution,
    /// Relative spread (standard deviation divided by mean) of the pools that the municipality is in: the
    /// trust's area, the region, and a pool of its own choice. `None` where it is in no such pool.
    pub pooled: [Option<f64>; 3],
    /// Distribution of the mean yearly cost over several years, for each number of years in [`SPANS`].
    pub several: Vec<Distribution>,
}

/// Numbers of years that the mean yearly cost is computed for.
pub const SPANS: [u16; 4] = [2, 3, 5, 10];

/// Kind of a pool, in the order of [`Line::pooled`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PoolKind {
    /// The area of a health trust.
    Area,
    Region,
    /// Of the user's choice.
    Own,
}

impl PoolKind {
    /// Every kind, in the order of declaration.
    const ALL: [PoolKind; 3] = [PoolKind::Area, PoolKind::Region, PoolKind::Own];
}

impl Said for PoolKind {
    fn said(&self) -> Message {
        match self {
            PoolKind::Area => message!("risk.pool.area"),
            PoolKind::Region => message!("risk.pool.region"),
            PoolKind::Own => message!("risk.pool.own"),
        }
    }
}

/// Municipalities that bear their costs together.
pub struct Pooling {
    pub kind: PoolKind,
    /// Name of the trust area or region, or the user's name for the pool.
    pub name: Message,
    /// Places of the members in [`Picture::lines`].
    pub members: Vec<usize>,
    /// Distribution of next year's cost of all members together.
    pub together: Distribution,
}

/// The risk picture of all municipalities.
pub struct Picture {
    /// Municipalities, in order of code.
    pub lines: Vec<Line>,
    /// Pools of trust areas, of regions, and of the user's choice.
    pub pools: Vec<Pooling>,
    /// Distribution of one person's cost in a year, for the whole country.
    pub severity: Severity,
    /// Number of persons with a cost.
    pub persons: usize,
    /// Whether the contacts are synthetic.
    pub synthetic: bool,
    /// Number of values that nobody has signed.
    pub unsigned: usize,
    /// Name and SHA-256 of the file of contacts.
    pub vintage: (String, String),
    /// Titles of the variants.
    pub titles: Vec<String>,
}

/// The cost of one person to one municipality.
struct Person {
    home: String,
    age: u16,
    ore: i64,
}

/// Makes the risk picture.
///
/// # Errors
/// Fails if the rules or the contacts cannot be read, if the rows are counts and not contacts, if no
/// municipality pays for anybody, or if a pool names a municipality that does not exist.
pub fn run(order: &Order, host: &Host) -> Result<Picture> {
    let files = Files::read(None, order.rules)?;
    let book = files.book()?;
    let titles = book.variants().iter().map(|variant| variant.title.clone()).collect();
    let law = Law::of(&book)?;
    let scratch = Scratch::under(host.scratch)?;
    let checked = scratch.path().join("checked.parquet");
    let Input { path: input, sha256, .. } =
        intake::trusted_in(order.contacts, order.mapping, None, &checked, host)?;
    let reader = Reader::open_contacts(&input)?;
    if reader.is_counted() {
        fail!("error.risk.holds_counts_who_returns_not_known", contacts = order.contacts.display());
    }
    let lacking = intake::lacking(&reader);
    if lacking.without_person() * NO_PERSON_OF > lacking.rows() {
        let count = domain::amount::grouped(lacking.without_person());
        fail!("error.risk.no_persons", contacts = order.contacts.display(), count);
    }
    intake::note_for_analysis(&reader, order.period, host)?;
    let stage = host.begin(Work::PersonCosts);
    let persons = persons(&reader, &law, order.period, host.threads)?;
    stage.done();
    if persons.is_empty() {
        fail!("error.risk.no_municipality_pays_anybody_in_under", period = order.period);
    }
    let costs: Vec<f64> = persons.iter().map(|person| person.ore as f64 / 100.0).collect();
    let severity = Severity::observed(&costs)?;
    let stage = host.begin(Work::Distributions);
    let (lines, pools) = lines(order, &persons, &severity)?;
    stage.done();
    let file = order.contacts.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Picture {
        lines,
        pools,
        persons: persons.len(),
        severity,
        synthetic: reader.footer().get(register::schema::SYNTHETIC_KEY).is_some_and(|yes| yes == "yes"),
        unsigned: law.used(order.period).iter().filter(|value| value.is_unsigned()).count(),
        vintage: (file, sha256),
        titles,
    })
}

/// Share of contacts that may lack a person, as one in so many: with more, there is no risk of persons to show.
const NO_PERSON_OF: u64 = 20;

/// What municipalities pay in the period, by person: the charges of all contacts of the person. ISF is not
/// paid by municipalities.
fn persons(reader: &Reader, law: &Law, period: Period, threads: usize) -> Result<Vec<Person>> {
    let municipalities = Municipalities::built_in()?;
    let options = Options { period, threads };
    let mut sink = ClaimsSink::of_charges(&municipalities);
    settle(reader, law, &municipalities, &options, &mut sink, |_, _| {})?;
    let claims = sink.claims;
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
            let (contacts, people) =
                (columns::longs(&batch, "contact_id"), columns::longs(&batch, "person_id"));
            let ages = columns::maybe_ints(&batch, "age");
            for (row, contact) in contacts.iter().copied().enumerate() {
                let start = charged.partition_point(|(other, ..)| *other < contact);
                for (_, debtor, ore) in charged[start..].iter().take_while(|(other, ..)| *other == contact) {
                    let age = ages.map_or(0, |ages| ages.value(row).clamp(0, 125) as u16);
                    // Who nobody knows is nobody else: a contact without a person stands alone.
                    let person = if people[row] == 0 { -1 - contact } else { people[row] };
                    let sum = of_person.entry((person, *debtor)).or_insert((age, 0));
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

/// The risk of each municipality, and the pools. The number of persons to expect follows from the number of
/// inhabitants in each band of ages ([`AGES`]) and the country's rate in that band.
fn lines(order: &Order, persons: &[Person], severity: &Severity) -> Result<(Vec<Line>, Vec<Pooling>)> {
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
        if persons > 0.0 && ages.iter().sum::<i64>() == 0 {
            fail!("error.risk.nobody_lives_there", code, persons = persons as u64, period = order.period);
        }
        let seen = Seen { persons, cost, expected: expected(ages) };
        known.push((code.clone(), ages.iter().sum(), seen));
    }
    let seen: Vec<Seen> = known.iter().map(|(.., seen)| seen.clone()).collect();
    let pool = Pool::of(&seen, severity);
    let fitted: Vec<Fitted> = seen.iter().map(|one| pool.fit(one)).collect();
    let codes: Vec<&str> = known.iter().map(|(code, ..)| code.as_str()).collect();
    let pools = pools(order, &codes, &fitted, severity)?;
    let mut press = Press::quick(severity);
    let mut out = Vec::new();
    for (place, ((code, people, seen), fitted)) in known.into_iter().zip(fitted).enumerate() {
        let alone = press.distribution(fitted.count).scaled(fitted.factor);
        // The uncertainty of the rate is the same in all years, so a mean over several years keeps it. Chance
        // becomes smaller in such a mean.
        let several = SPANS.map(|years| {
            let count = Count { mean: fitted.count.mean * f64::from(years), ..fitted.count };
            press.distribution(count).scaled(fitted.factor / f64::from(years))
        });
        let pooled = PoolKind::ALL.map(|kind| {
            let of = pools.iter().find(|pool| pool.kind == kind && pool.members.contains(&place))?;
            Some(of.together.spread() / of.together.mean().max(1e-12))
        });
        out.push(Line { code, people, seen, fitted, alone, pooled, several: several.into() });
    }
    Ok((out, pools))
}

/// The pools of trust areas and regions, and those of the user's choice.
fn pools(order: &Order, codes: &[&str], fitted: &[Fitted], severity: &Severity) -> Result<Vec<Pooling>> {
    if let Some(unknown) = order.pools.keys().find(|code| !codes.contains(&code.as_str())) {
        fail!("error.risk.pool_there_no_municipality_in", unknown, period = order.period);
    }
    let municipalities = Municipalities::built_in()?;
    // Names of regions are the same in every language.
    let names = Names::of(&municipalities, Language::default());
    let name = |party: &str| names.name(party);
    let mut members: BTreeMap<(PoolKind, Message), Vec<usize>> = BTreeMap::new();
    for (place, code) in codes.iter().enumerate() {
        if let domain::Residence::Municipality(row) = municipalities.residence(code, order.period.from()) {
            let row = municipalities.get(row);
            let (region, area) =
                row.map_or_else(Default::default, |row| (row.region.clone(), row.trust_area));
            let region = name(&region);
            let of_area = message!("risk.area_of_region", region, area);
            members.entry((PoolKind::Area, of_area)).or_default().push(place);
            members.entry((PoolKind::Region, Message::Plain(region))).or_default().push(place);
        }
        if let Some(own) = order.pools.get(*code) {
            members.entry((PoolKind::Own, Message::plain(own))).or_default().push(place);
        }
    }
    let mut press = Press::quick(severity);
    let pool = |((kind, name), members): ((PoolKind, Message), Vec<usize>)| {
        let parts: Vec<Fitted> = members.iter().map(|place| fitted[*place]).collect();
        let all = pooled(&parts);
        let together = press.distribution(all.count).scaled(all.factor);
        Pooling { kind, name, members, together }
    };
    Ok(members.into_iter().map(pool).collect())
}

/// Reads pools from a file with rows `pool;municipality`. Returns the pool of each municipality.
///
/// # Errors
/// Fails if the file cannot be read, or if a municipality is in two pools.
pub fn read_pools(path: &Path) -> Result<BTreeMap<String, String>> {
    let mut out = BTreeMap::new();
    for (at, [pool, code]) in crate::table::small_table(path, "pool;municipality")? {
        if let Some(other) = out.insert(code.clone(), pool.clone()).filter(|other| *other != pool) {
            fail!("error.risk.in_already_give_each_municipality_one", at, code, other);
        }
    }
    Ok(out)
}

/// Distribution of a sum of persons' costs, as JSON. `rate` is the mean number of persons in a year. `shape` is the shape
/// of the gamma distribution of an uncertain rate; `None` for a rate that is certain. `severity` is a file of costs and
/// their probabilities.
///
/// # Errors
/// Fails if the rate is negative, if the shape is not above zero, or if the file is not a distribution.
pub fn distribution(rate: f64, shape: Option<f64>, severity: &Path) -> Result<serde_json::Value> {
    if !(rate.is_finite() && rate >= 0.0) {
        fail!("error.risk.rate_no_number_persons_zero_more", rate);
    }
    if let Some(shape) = shape.filter(|shape| !(shape.is_finite() && *shape > 0.0)) {
        fail!("error.risk.shape_not_above_zero", shape);
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

/// Reads rows `cost;probability` of a workbook or text, with or without a head.
fn read_severity(path: &Path) -> Result<Severity> {
    let mut points = Vec::new();
    let (rows, separator) = register::sheet::rows_of_file(path)?;
    let number = |text: &str| crate::columns::number(text, separator);
    for (place, (line, cells)) in rows.into_iter().enumerate() {
        let at = format!("{}:{line}", path.display());
        let filled: Vec<&String> = cells.iter().filter(|cell| !cell.is_empty()).collect();
        match (&filled[..], place) {
            ([], _) => {}
            ([cost, _], 0) if number(cost).is_none() => {}
            ([cost, probability], _) => {
                if crate::columns::is_unclear(cost, separator) {
                    let (name, text, plain) = ("cost", cost, cost.replace('.', ""));
                    fail!("error.columns.unclear", at, name, text, plain);
                }
                let number = |text: &str| number(text).about(|| message!("error.risk.not_number", at, text));
                points.push((number(cost)?, number(probability)?));
            }
            _ => fail!("error.risk.expected_cost_probability", at),
        }
    }
    Severity::of(points).about(|| Message::plain(path.display()))
}
