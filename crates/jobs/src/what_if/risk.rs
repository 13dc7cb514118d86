//! The risk picture: the distribution of each municipality's yearly cost, and what pooling and a ceiling do
//! to it. Also the distribution for a rate and a table of costs that the user gives, so that an actuary can check the
//! method.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::Array;

use crate::failure::{About, Result, fail};
use crate::parties::Names;
use crate::people::BySex;
use domain::{Instrument, Municipalities, Period};
use register::columns;
use register::parquet_file::Reader;
use settlement::sink::ClaimsSink;
use settlement::{Law, Options, settle};
use simulation::credibility::{self, Country, Fitted, Seen};
use simulation::risk::{Distribution, Exposure, Kind, Press, Severity};
use words::{Language, Message, Said, message};

use crate::host::{Host, Scratch};
use crate::intake::{self, Input};
use crate::law::Files;
use crate::progress::Work;
use crate::what_if::free_income::FreeIncome;

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
    /// Inhabitants by municipality, age and sex.
    pub people: BTreeMap<String, BySex>,
    /// What hits every municipality in the same year.
    pub shared: Shared<'a>,
    /// Free income of the municipalities.
    pub free_income: FreeIncome,
    /// Ceiling in kroner per inhabitant, to show the amount above it; `None` for no ceiling.
    pub cap: Option<i64>,
    /// Pool of each municipality that has chosen to bear its costs together with others.
    pub pools: BTreeMap<String, String>,
}

/// What hits every municipality in the same year, such as a price, an epidemic or a new practice.
pub enum Shared<'a> {
    /// Left out of the distributions.
    Left,
    /// Stated: the relative standard deviation, in thousandths.
    Stated(u32),
    /// Learned from the contacts of years before the period: each year, its file, and its inhabitants.
    Learned(Vec<Earlier<'a>>),
}

/// Contacts of an earlier year.
pub struct Earlier<'a> {
    /// A whole year.
    pub period: Period,
    pub contacts: &'a Path,
    pub people: BTreeMap<String, BySex>,
}

/// What hits every municipality in the same year, as it is in the distributions.
#[derive(Debug, Clone, PartialEq)]
pub struct SharedYear {
    /// Relative standard deviation.
    pub spread: f64,
    /// Years that it was learned from: each with the cost of the country as a factor on what the year before told to
    /// expect. Empty if it was stated.
    pub changes: Vec<(Period, f64)>,
}

/// The risk of one municipality.
pub struct Line {
    pub code: String,
    /// Number of inhabitants.
    pub people: i64,
    /// Persons with a cost, and their costs, in the year that was observed.
    pub seen: Seen,
    /// What a person costs next year, as a factor on what persons of the same age and sex cost in the country.
    pub factor: f64,
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
    /// Relative standard deviation between municipalities, beyond chance and ages, of the number of persons with a cost
    /// and of what each costs.
    pub between: [f64; 2],
    /// Whether the numbers of inhabitants tell the sex.
    pub by_sex: bool,
    /// `None` if it is left out.
    pub shared: Option<SharedYear>,
}

/// The cost of one person to one municipality.
struct Person {
    home: String,
    /// `None` if it is unknown.
    age: Option<u16>,
    /// Place in [`BySex`]; 2 if it is unknown.
    sex: usize,
    ore: i64,
}

/// Makes the risk picture.
///
/// # Errors
/// Fails if the rules or the contacts cannot be read, if the rows are counts and not contacts, if no
/// municipality pays for anybody, or if a pool names a municipality that does not exist.
pub fn run(order: &Order, host: &Host) -> Result<Picture> {
    let files = Files::read(None, order.rules)?;
    let book = files.book_in(order.period)?;
    let titles = book.variants().iter().map(|variant| variant.title.clone()).collect();
    let law = Law::of(&book)?;
    let scope = law.in_period(order.period, &PAID);
    if let Some((instrument, missing)) = scope.unpriced().next() {
        fail!("error.risk.unpriced", instrument, missing = missing.said());
    }
    let scratch = Scratch::under(host.scratch)?;
    let read = |contacts: &Path, period: Period| -> Result<(Reader, String)> {
        let checked = scratch.path().join(format!("checked-{period}.parquet"));
        let Input { path, sha256, .. } = intake::trusted_in(contacts, order.mapping, None, &checked, host)?;
        Ok((Reader::open_contacts(&path)?, sha256))
    };
    let (reader, sha256) = read(order.contacts, order.period)?;
    let persons = persons_of(&reader, order.contacts, &law, order.period, host)?;
    let costs: Vec<f64> = persons.iter().map(|person| person.ore as f64 / 100.0).collect();
    let severity = Severity::observed(&costs)?;
    let told = Told::of(&order.people, &persons, order.period)?;
    let by_sex = told.kinds.by_sex;
    let shared = shared(order, &told, |year| {
        let (reader, _) = read(year.contacts, year.period)?;
        let persons = persons_of(&reader, year.contacts, &law, year.period, host)?;
        // Kinds that the last year does not have cannot be compared with it.
        let people = if by_sex { year.people.clone() } else { without_sex(&year.people) };
        Told::of(&people, &persons, year.period)
    })?;
    let country = told.country;
    let stage = host.begin(Work::Distributions);
    let (lines, pools) = lines(order, &country, shared.as_ref())?;
    stage.done();
    let file = order.contacts.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Picture {
        lines,
        pools,
        persons: persons.len(),
        severity,
        synthetic: reader.footer().get(register::schema::SYNTHETIC_KEY).is_some_and(|yes| yes == "yes"),
        unsigned: law.used(order.period, &scope).iter().filter(|value| value.is_unsigned()).count(),
        vintage: (file, sha256),
        titles,
        by_sex,
        between: [country.of_numbers.sqrt(), country.of_costs.sqrt()],
        shared,
    })
}

/// The persons that municipalities pay for in a year, from contacts that tell who the persons are.
///
/// # Errors
/// Fails if they are counts, if too many rows lack the person, or if no municipality pays for anybody.
fn persons_of(
    reader: &Reader,
    contacts: &Path,
    law: &Law,
    period: Period,
    host: &Host,
) -> Result<Vec<Person>> {
    if reader.is_counted() {
        fail!("error.risk.holds_counts_who_returns_not_known", contacts = contacts.display());
    }
    let lacking = intake::lacking(reader);
    if lacking.without_person() * NO_PERSON_OF > lacking.rows() {
        let count = domain::amount::grouped(lacking.without_person());
        fail!("error.risk.no_persons", contacts = contacts.display(), count);
    }
    intake::note_for_analysis(reader, period, host)?;
    let stage = host.begin(Work::PersonCosts);
    let persons = persons(reader, law, period, host.threads)?;
    stage.done();
    if persons.is_empty() {
        fail!("error.risk.no_municipality_pays_anybody_in_under", period);
    }
    Ok(persons)
}

/// Share of contacts that may lack a person, as one in so many: with more, there is no risk of persons to show.
const NO_PERSON_OF: u64 = 20;

/// Instruments under which municipalities pay.
const PAID: [Instrument; 2] = [Instrument::CoFinancing, Instrument::DischargeReady];

/// What municipalities pay in the period, by person: the charges of all contacts of the person.
fn persons(reader: &Reader, law: &Law, period: Period, threads: usize) -> Result<Vec<Person>> {
    let municipalities = Municipalities::built_in()?;
    let scope = law.scope(period, &PAID)?;
    let options = Options { period, scope: &scope, threads };
    let mut sink = ClaimsSink::of_charges(&municipalities);
    settle(reader, law, &municipalities, &options, &mut sink, |_, _| {})?;
    let claims = sink.claims;
    let mut charged: Vec<(i64, u32, i64)> = claims
        .rows
        .iter()
        .filter(|row| row.instrument.is_some())
        .map(|row| (row.contact, row.debtor, row.amount.ore()))
        .collect();
    charged.sort_unstable();
    let mut of_person: BTreeMap<(i64, u32), Person> = BTreeMap::new();
    for group in 0..reader.row_groups() {
        for batch in reader.read(group, &["contact_id", "person_id", "age", "sex"], 1 << 16, None)? {
            let batch = batch?;
            let (contacts, people) =
                (columns::longs(&batch, "contact_id"), columns::longs(&batch, "person_id"));
            let ages = columns::maybe_ints(&batch, "age");
            let [women, men] = ["woman", "man"].map(|sex| columns::rows_with(&batch, "sex", sex));
            for (row, contact) in contacts.iter().copied().enumerate() {
                let start = charged.partition_point(|(other, ..)| *other < contact);
                for (_, debtor, ore) in charged[start..].iter().take_while(|(other, ..)| *other == contact) {
                    // Who nobody knows is nobody else: a contact without a person stands alone.
                    let person = if people[row] == 0 { -1 - contact } else { people[row] };
                    let sum = of_person.entry((person, *debtor)).or_insert_with(|| Person {
                        home: crate::parties::code_of(claims.words.word(*debtor)).to_owned(),
                        age: ages
                            .filter(|ages| ages.is_valid(row))
                            .map(|ages| ages.value(row).clamp(0, 100) as u16),
                        sex: if women[row] { 0 } else { 2 - usize::from(men[row]) },
                        ore: 0,
                    });
                    sum.ore += ore;
                }
            }
        }
    }
    Ok(of_person.into_values().filter(|person| person.ore > 0).collect())
}

/// The same inhabitants with the sex of nobody told.
fn without_sex(people: &BTreeMap<String, BySex>) -> BTreeMap<String, BySex> {
    let all = crate::people::together(people).into_iter();
    all.map(|(code, ages)| (code, [vec![0; ages.len()], vec![0; ages.len()], ages])).collect()
}

/// Number of bands of age that the persons with a cost are divided into, about equally many in each. Persons of a band
/// have one distribution of cost for each sex.
const BANDS: usize = 30;

/// Fewest persons with a cost in a band of age: fewer tell too little of what a person costs.
const FEWEST: usize = 200;

/// The kinds of persons that cost alike: a place for each band of age and sex, for each band without sex, and one for
/// those whose age is unknown.
struct Kinds {
    /// Band of each age.
    band: [usize; 101],
    bands: usize,
    /// Whether inhabitants are known by sex.
    by_sex: bool,
}

impl Kinds {
    /// Bands of the ages of these persons.
    fn of(people: &BTreeMap<String, BySex>, persons: &[Person]) -> Kinds {
        let mut counts = [0_usize; 101];
        persons.iter().filter_map(|person| person.age).for_each(|age| counts[usize::from(age)] += 1);
        let enough = std::cmp::max(persons.len() / BANDS, FEWEST);
        let (mut band, mut bands, mut inside) = ([0; 101], 0, 0);
        let mut left: usize = counts.iter().sum();
        for (age, count) in counts.into_iter().enumerate() {
            band[age] = bands;
            inside += count;
            left -= count;
            // The last band has enough too.
            if inside >= enough && left >= enough {
                (bands, inside) = (bands + 1, 0);
            }
        }
        let is_known = |by_sex: &BySex| by_sex[2].iter().all(|people| *people == 0);
        Kinds { band, bands: bands + 1, by_sex: people.values().all(is_known) }
    }

    fn of_person(&self, person: &Person) -> usize {
        match person.age {
            None => 3 * self.bands,
            Some(age) => 3 * self.band[usize::from(age)] + if self.by_sex { person.sex } else { 2 },
        }
    }

    /// Inhabitants of each of these kinds. Those of unknown sex are all of a band: anybody may be one.
    fn inhabitants(&self, by_sex: &BySex, used: &[usize]) -> Vec<f64> {
        let mut out = vec![0.0; 3 * self.bands + 1];
        for (sex, ages) in by_sex.iter().enumerate() {
            for (age, people) in ages.iter().enumerate() {
                let (place, people) = (3 * self.band[age.min(100)], *people as f64);
                out[place + 2] += people;
                out[3 * self.bands] += people;
                if sex < 2 {
                    out[place + sex] += people;
                }
            }
        }
        used.iter().map(|kind| out[*kind]).collect()
    }
}

/// One year: what the country's persons cost, and the kinds that they were divided into.
struct Told {
    kinds: Kinds,
    /// Kinds that somebody with a cost is of, in the order of [`Country::kinds`].
    used: Vec<usize>,
    country: Country,
}

impl Told {
    /// A year with its municipalities in the order of `people`. Persons of no municipality there are left out.
    ///
    /// # Errors
    /// Fails if persons with a cost live where nobody lives.
    fn of(people: &BTreeMap<String, BySex>, persons: &[Person], period: Period) -> Result<Told> {
        let kinds = Kinds::of(people, persons);
        let places: BTreeMap<&str, usize> = people.keys().map(String::as_str).zip(0..).collect();
        let mut counted = vec![0_u64; people.len()];
        let mut used = vec![None; 3 * kinds.bands + 1];
        let mut out = Vec::new();
        for person in persons {
            let Some(home) = places.get(&*person.home) else { continue };
            let kind = kinds.of_person(person);
            used[kind] = Some(kind);
            counted[*home] += 1;
            out.push(credibility::Person { home: *home, kind, cost: person.ore as f64 / 100.0 });
        }
        for ((code, by_sex), persons) in people.iter().zip(counted) {
            if persons > 0 && by_sex.iter().flatten().sum::<i64>() == 0 {
                fail!("error.risk.nobody_lives_there", code, persons, period);
            }
        }
        let used: Vec<usize> = used.into_iter().flatten().collect();
        out.iter_mut().for_each(|person| person.kind = used.binary_search(&person.kind).unwrap_or_default());
        let inhabitants = people.values().map(|by_sex| kinds.inhabitants(by_sex, &used)).collect();
        Ok(Told { country: Country::of(inhabitants, &out), kinds, used })
    }

    /// What the country's cost is to be if the inhabitants are these.
    fn expected(&self, people: &BTreeMap<String, BySex>) -> f64 {
        let of = |by_sex: &BySex| -> f64 {
            let people = self.kinds.inhabitants(by_sex, &self.used);
            self.country.kinds.iter().zip(people).map(|(kind, people)| kind.mean(people)).sum()
        };
        people.values().map(of).sum()
    }

    fn cost(&self) -> f64 {
        self.country.seen.iter().map(|seen| seen.cost).sum()
    }

    /// Relative variance that chance gives the country's cost.
    fn chance(&self) -> f64 {
        let of = |(place, kind): (usize, &Kind)| {
            kind.variance(self.country.seen.iter().map(|seen| seen.people[place]).sum())
        };
        self.country.kinds.iter().enumerate().map(of).sum::<f64>() / (self.cost() * self.cost())
    }
}

/// What hits every municipality in the same year, as it was stated, or from how far each year's cost of the country was
/// from what the year before told to expect, less what chance gives. `last` is the year of the period, and `told` reads an earlier one.
///
/// # Errors
/// Fails if there are fewer than two changes to learn from, if the years do not follow each other, or if the contacts of a
/// year cannot be read.
fn shared(order: &Order, last: &Told, told: impl Fn(&Earlier) -> Result<Told>) -> Result<Option<SharedYear>> {
    let years = match &order.shared {
        Shared::Left => return Ok(None),
        Shared::Stated(thousandths) => {
            return Ok(Some(SharedYear { spread: f64::from(*thousandths) / 1000.0, changes: Vec::new() }));
        }
        Shared::Learned(years) => years,
    };
    let numbers: Vec<i16> = years.iter().map(|one| one.period.from().year()).collect();
    let first = order.period.from().year() - years.len() as i16;
    if years.len() < 2 || !numbers.iter().copied().eq(first..order.period.from().year()) {
        fail!("error.risk.earlier_years", period = order.period);
    }
    let told = years.iter().map(told).collect::<Result<Vec<Told>>>()?;
    let (mut changes, mut beyond) = (Vec::new(), 0.0);
    for (place, before) in told.iter().enumerate() {
        let (period, people, after) = match years.get(place + 1).zip(told.get(place + 1)) {
            Some((year, told)) => (year.period, &year.people, told),
            None => (order.period, &order.people, last),
        };
        let change = after.cost() / before.expected(people);
        if !(change.is_finite() && change > 0.0) {
            fail!("error.risk.nothing_to_compare", period);
        }
        beyond += change.ln().powi(2) - before.chance() - after.chance();
        changes.push((period, change));
    }
    Ok(Some(SharedYear { spread: (beyond.max(0.0) / changes.len() as f64).sqrt(), changes }))
}

/// Next year of a municipality, or of several: the country's costs, and how uncertain the level is.
struct Year<'f> {
    fitted: &'f Fitted,
    /// Variance of what hits every municipality in the same year, relative to the square of the mean.
    shared: f64,
}

impl Year<'_> {
    /// Distribution of the mean yearly cost over some years. The uncertainty of the level is the same in all years, so a
    /// mean over several years keeps it. Chance, and what hits every municipality in one year, become smaller in it.
    fn mean_over(&self, years: u16, press: &mut Press) -> Distribution {
        let years = f64::from(years);
        let level = &self.fitted.exposure;
        let doubt = (1.0 + 1.0 / level.shape) * (1.0 + self.shared / years) - 1.0;
        let exposure = Exposure { shape: 1.0 / doubt, ..level.times(years) };
        press.distribution(&exposure).scaled(self.fitted.factor / years)
    }
}

/// The risk of each municipality, and the pools.
fn lines(order: &Order, country: &Country, shared: Option<&SharedYear>) -> Result<(Vec<Line>, Vec<Pooling>)> {
    let fitted = country.fitted();
    let codes: Vec<&str> = order.people.keys().map(String::as_str).collect();
    let shared = shared.map_or(0.0, |shared| shared.spread * shared.spread);
    let mut press = Press::quick(&country.kinds);
    let together = |members: &[usize]| -> Distribution {
        let parts: Vec<&Fitted> = members.iter().map(|place| &fitted[*place]).collect();
        Year { fitted: &country.pooled(&parts), shared }.mean_over(1, &mut press)
    };
    let pools = pools(order, &codes, together)?;
    let mut out = Vec::new();
    for (place, ((code, by_sex), fitted)) in order.people.iter().zip(&fitted).enumerate() {
        let year = Year { fitted, shared };
        let alone = year.mean_over(1, &mut press);
        let several = SPANS.map(|years| year.mean_over(years, &mut press)).into();
        let pooled = PoolKind::ALL.map(|kind| {
            let of = pools.iter().find(|pool| pool.kind == kind && pool.members.contains(&place))?;
            Some(of.together.spread() / of.together.mean().max(1e-12))
        });
        let (seen, factor) = (country.seen[place].clone(), fitted.factor);
        let people = by_sex.iter().flatten().sum();
        out.push(Line { code: code.clone(), people, seen, factor, alone, pooled, several });
    }
    Ok((out, pools))
}

/// The pools of trust areas and regions, and those of the user's choice.
/// `together` gives the distribution of the cost of members together.
fn pools(
    order: &Order,
    codes: &[&str],
    mut together: impl FnMut(&[usize]) -> Distribution,
) -> Result<Vec<Pooling>> {
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
    let pool = |((kind, name), members): ((PoolKind, Message), Vec<usize>)| {
        let together = together(&members);
        Pooling { kind, name, members, together }
    };
    Ok(members.into_iter().map(pool).collect())
}

/// Reads pools from a file with rows `pool;municipality`. Returns the pool of each municipality, by its code.
///
/// # Errors
/// Fails if the file cannot be read, or if a municipality is in two pools.
pub fn read_pools(path: &Path, period: Period) -> Result<BTreeMap<String, String>> {
    let mut out = BTreeMap::new();
    for (at, [pool, word]) in crate::table::small_table(path, "pool;municipality")? {
        let code = crate::parties::municipality_named(&word, period).about(|| Message::plain(&at))?;
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
    let (first, second) = (severity.moment(1), severity.moment(2));
    let kinds = [Kind { share: None, severity }];
    let exposure = Exposure { people: vec![rate], shape: shape.unwrap_or(f64::INFINITY) };
    let sum = Press::new(&kinds).distribution(&exposure);
    let levels = [0.5, 0.75, 0.9, 0.95, 0.99, 0.995];
    let at: serde_json::Map<String, serde_json::Value> =
        levels.iter().map(|level| (level.to_string(), sum.quantile(*level).into())).collect();
    let tails: serde_json::Map<String, serde_json::Value> =
        levels.iter().map(|level| (level.to_string(), sum.tail(*level).into())).collect();
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
