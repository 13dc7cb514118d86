//! The statistical methods on any small table, so that others can check them: `standardise`, `interval`, `spc`,
//! `funnel`, `evaluate`. The indicators use the same functions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use statistics::interval::{self, Interval, OfCount, OfProportion};
use statistics::standard::{Ages, european_2013};
use statistics::standardise::{self, Stratum};
use statistics::{evaluate, funnel, spc};

use crate::columns::Columns;
use crate::settlement_cli::Said;
use crate::table::{Form, Table};

/// How much of the time the truth is to lie in an interval.
fn confidence(text: &str) -> Result<f64, String> {
    let per_cent: f64 =
        text.trim_end_matches('%').trim().replace(',', ".").parse().map_err(|_| "no number".to_owned())?;
    let share = if per_cent > 1.0 { per_cent / 100.0 } else { per_cent };
    if (0.5..1.0).contains(&share) { Ok(share) } else { Err("give 95, 99,8 or 0.95".to_owned()) }
}

fn number(text: &str) -> Result<f64, String> {
    let value = text.trim().replace(',', ".").parse().ok();
    value.filter(|value: &f64| value.is_finite() && *value >= 0.0).ok_or_else(|| "no number".to_owned())
}

fn per_cent(text: &str) -> Result<f64, String> {
    let value = number(text.trim_end_matches('%'))?;
    if value <= 100.0 { Ok(value / 100.0) } else { Err("give 0 to 100".to_owned()) }
}

fn said(json: bool, value: Value, table: &Table) -> Said {
    let data = if json { format!("{value:#}\n") } else { table.render(Form::or_suited(None)) };
    Said { data, words: String::new(), code: 0 }
}

fn shown(value: f64) -> String {
    if !value.is_finite() {
        return "..".to_owned();
    }
    let decimals = match value.abs() {
        100.0.. => 1,
        1.0..100.0 => 2,
        _ => 4,
    };
    format!("{value:.decimals$}").replace('.', ",")
}

fn of_interval(one: Interval) -> Value {
    json!({ "value": one.value, "low": one.low, "high": one.high })
}

fn cells(one: Interval) -> [String; 3] {
    [shown(one.value), shown(one.low), shown(one.high)]
}

/// How a rate is standardised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    /// As if every area had the standard's people (Dobson's interval).
    Direct,
    /// Events beside what the standard's rates would have given.
    Indirect,
}

/// How an interval of a count is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CountMethod {
    /// Byar's from ten events, exact below.
    Byar,
    /// Exact.
    Exact,
}

impl CountMethod {
    fn of(self) -> OfCount {
        match self {
            CountMethod::Byar => OfCount::Byar,
            CountMethod::Exact => OfCount::Exact,
        }
    }

    fn used(self, events: f64) -> &'static str {
        if (self == CountMethod::Exact && events < interval::EXACT_TO) || events < interval::BYAR_FROM {
            "exact"
        } else {
            "byar"
        }
    }
}

/// Standardised rates of areas, with intervals.
///
/// Examples:
///   samspill standardise rates.csv --area area --strata age,sex --events events --population people --json
///   samspill standardise persons.csv --area area --strata age --events persons --per-person times --population people
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct StandardiseArguments {
    /// A table with a head.
    file: PathBuf,
    /// Column of areas; one area if not given.
    #[arg(long)]
    area: Option<String>,
    /// Columns that divide people: ages first, as 0-4, 90+ or 67.
    #[arg(long, value_delimiter = ',')]
    strata: Vec<String>,
    /// Column of events; with --per-person, of persons.
    #[arg(long)]
    events: String,
    /// Column of people.
    #[arg(long)]
    population: String,
    /// Column of how many events each of a row's persons had: the interval allows for events of the same person.
    #[arg(long)]
    per_person: Option<String>,
    /// esp2013, or a file with the same columns of strata and population; for an indirect rate also events. An indirect
    /// rate without one is set beside all areas together.
    #[arg(long)]
    standard: Option<String>,
    /// Direct or indirect.
    #[arg(long, value_enum, default_value = "direct")]
    method: Method,
    /// Rates are for so many people.
    #[arg(long, default_value_t = 1000.0)]
    per: f64,
    /// How the interval of the events is made.
    #[arg(long, value_enum, default_value = "byar")]
    interval: CountMethod,
    /// Per cent.
    #[arg(long, default_value = "95", value_parser = confidence)]
    confidence: f64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

type Key = Vec<String>;

/// Events, squares and people of each stratum of each area.
fn strata(
    table: &Columns,
    arguments: &StandardiseArguments,
) -> Result<BTreeMap<String, BTreeMap<Key, Stratum>>> {
    let areas = arguments.area.as_deref().map(|name| table.text(name)).transpose()?;
    let keys: Vec<Vec<&str>> = arguments.strata.iter().map(|name| table.text(name)).collect::<Result<_>>()?;
    let (events, people) = (table.amounts(&arguments.events)?, table.amounts(&arguments.population)?);
    let each = arguments.per_person.as_deref().map(|name| table.amounts(name)).transpose()?;
    let mut out: BTreeMap<String, BTreeMap<Key, Stratum>> = BTreeMap::new();
    for row in 0..table.len() {
        let area = areas.as_ref().map_or("alle", |areas| areas[row]).to_owned();
        let key: Key = keys.iter().map(|column| column[row].to_owned()).collect();
        let sums = out.entry(area.clone()).or_default();
        let times = each.as_ref().map_or(1.0, |each| each[row]);
        match sums.get_mut(&key) {
            None => {
                let (events, squares) = (events[row] * times, events[row] * times * times);
                sums.insert(key, Stratum { events, squares, people: people[row], standard: 0.0 });
            }
            // Persons by how many events they had: the stratum's people stand on each of its rows.
            Some(known) if each.is_some() => {
                if known.people != people[row] {
                    bail!(
                        "{}: {area} {}: {} people, and {} before",
                        table.at(row),
                        key.join(" "),
                        people[row],
                        known.people
                    );
                }
                known.events += events[row] * times;
                known.squares += events[row] * times * times;
            }
            Some(_) => bail!("{}: {area} {} stands there already", table.at(row), key.join(" ")),
        }
    }
    for (area, strata) in &out {
        let empty = strata.iter().find(|(_, one)| one.people <= 0.0);
        if let Some((key, one)) =
            empty.filter(|(_, one)| one.events > 0.0 || arguments.method == Method::Direct)
        {
            bail!("{area} {} has {} events and no people: join strata", key.join(" "), one.events);
        }
    }
    Ok(out)
}

/// What each stratum is compared with.
fn standards(
    arguments: &StandardiseArguments,
    all: &BTreeMap<String, BTreeMap<Key, Stratum>>,
) -> Result<BTreeMap<Key, f64>> {
    let keys: BTreeSet<&Key> = all.values().flat_map(BTreeMap::keys).collect();
    let mut out = BTreeMap::new();
    match (arguments.method, arguments.standard.as_deref()) {
        (Method::Direct, None | Some("esp2013")) => {
            // Strata that share ages share the standard's people of these ages.
            let with_age =
                |age: &str| keys.iter().filter(|key| key.first().map(String::as_str) == Some(age)).count();
            for key in &keys {
                let age = key.first().context("give --strata with ages first, or a --standard FILE")?;
                let people = Ages::parse(age).and_then(european_2013).with_context(|| {
                    format!("'{age}' is no band of the European standard of 2013: 0-4, 90+, 67")
                })?;
                out.insert((*key).clone(), people / with_age(age) as f64);
            }
        }
        (Method::Indirect, None) => {
            let mut sums: BTreeMap<&Key, (f64, f64)> = BTreeMap::new();
            for (key, one) in all.values().flatten() {
                let sum = sums.entry(key).or_default();
                *sum = (sum.0 + one.events, sum.1 + one.people);
            }
            out.extend(
                sums.into_iter().map(|(key, (events, people))| (key.clone(), events / people.max(1e-300))),
            );
        }
        (Method::Indirect, Some("esp2013")) => {
            bail!("esp2013 has people and no rates: an indirect rate needs --standard FILE with events")
        }
        (method, Some(file)) => {
            let table = Columns::read(PathBuf::from(file).as_path())?;
            let names: Vec<Vec<&str>> =
                arguments.strata.iter().map(|name| table.text(name)).collect::<Result<_>>()?;
            let people = table.amounts(&arguments.population)?;
            let events =
                (method == Method::Indirect).then(|| table.amounts(&arguments.events)).transpose()?;
            for row in 0..table.len() {
                let key: Key = names.iter().map(|column| column[row].to_owned()).collect();
                out.insert(
                    key,
                    events.as_ref().map_or(people[row], |events| events[row] / people[row].max(1e-300)),
                );
            }
        }
    }
    Ok(out)
}

/// Runs `standardise`.
pub fn standardise(arguments: &StandardiseArguments) -> Result<Said> {
    if arguments.per.is_nan() || arguments.per <= 0.0 {
        bail!("--per {} is not above zero", arguments.per);
    }
    let mut all = strata(&Columns::read(&arguments.file)?, arguments)?;
    let standards = standards(arguments, &all)?;
    let heads = ["område", "hendelser", "folk", "råe", "fra", "til", "standardisert", "fra", "til"];
    let mut table = Table::new("", &heads);
    let mut areas = Vec::new();
    for (area, strata) in &mut all {
        for (key, one) in strata.iter_mut() {
            one.standard =
                *standards.get(key).with_context(|| format!("the standard has no {}", key.join(" ")))?;
        }
        if arguments.method == Method::Direct
            && let Some(missing) = standards.keys().find(|key| !strata.contains_key(*key))
        {
            bail!(
                "{area} has no people of {}: a direct rate needs every stratum of the standard",
                missing.join(" ")
            );
        }
        let list: Vec<Stratum> = strata.values().filter(|one| one.people > 0.0).cloned().collect();
        let method = arguments.interval.of();
        let found = match arguments.method {
            Method::Direct => standardise::direct(&list, arguments.confidence, method),
            Method::Indirect => standardise::indirect(&list, arguments.confidence, method),
        };
        let crude = found.crude.times(arguments.per);
        let by = if arguments.method == Method::Direct { arguments.per } else { 1.0 };
        let rate = found.rate.times(by);
        table.rows.push(
            [
                vec![area.clone(), shown(found.events), shown(found.people)],
                cells(crude).into(),
                cells(rate).into(),
            ]
            .concat(),
        );
        areas.push(json!({
            "area": area,
            "events": found.events,
            "population": found.people,
            "expected": found.expected,
            "crude": of_interval(crude),
            "rate": rate.value,
            "low": rate.low,
            "high": rate.high,
            "interval": arguments.interval.used(found.events),
        }));
    }
    let method = if arguments.method == Method::Direct { "direct" } else { "indirect" };
    let unit = if arguments.method == Method::Direct { "rate" } else { "ratio" };
    let standard = arguments
        .standard
        .clone()
        .unwrap_or_else(|| if method == "direct" { "esp2013" } else { "all areas" }.to_owned());
    let value = json!({
        "schema": 1, "method": method, "unit": unit, "standard": standard, "per": arguments.per,
        "confidence": arguments.confidence, "clustered": arguments.per_person.is_some(), "areas": areas,
    });
    Ok(said(arguments.json, value, &table))
}

/// An interval of a single count, proportion or mean.
#[derive(Subcommand)]
pub enum IntervalCommand {
    /// Of a count of events, or of their rate.
    Poisson {
        /// Events.
        #[arg(long, alias = "events", value_parser = number)]
        count: f64,
        /// People, for a rate.
        #[arg(long)]
        population: Option<f64>,
        /// Rates are for so many people.
        #[arg(long, default_value_t = 1000.0)]
        per: f64,
        /// How it is made.
        #[arg(long, value_enum, default_value = "byar")]
        method: CountMethod,
        /// Per cent.
        #[arg(long, default_value = "95", value_parser = confidence)]
        confidence: f64,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Of a proportion.
    Proportion {
        /// Events.
        #[arg(long, alias = "events", value_parser = number)]
        count: f64,
        /// Of how many.
        #[arg(long, aliases = ["population", "n"])]
        of: f64,
        /// How it is made.
        #[arg(long, value_enum, default_value = "wilson")]
        method: ProportionMethod,
        /// Per cent.
        #[arg(long, default_value = "95", value_parser = confidence)]
        confidence: f64,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Of a mean.
    Mean {
        /// Mean.
        #[arg(long)]
        mean: f64,
        /// Standard deviation.
        #[arg(long)]
        spread: f64,
        /// Of how many.
        #[arg(long, alias = "n")]
        of: f64,
        /// Per cent.
        #[arg(long, default_value = "95", value_parser = confidence)]
        confidence: f64,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// How an interval of a proportion is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProportionMethod {
    /// Wilson's.
    Wilson,
    /// Exact (Clopper and Pearson).
    Exact,
}

/// Runs `interval`.
pub fn interval(command: &IntervalCommand) -> Result<Said> {
    let (one, used, confidence, json) = match *command {
        IntervalCommand::Poisson { count, population, per, method, confidence, json } => {
            if !(count >= 0.0 && count.is_finite() && population.is_none_or(|people| people > 0.0)) {
                bail!("--count is zero or more, and --population above zero");
            }
            if !(per > 0.0 && per.is_finite()) {
                bail!("--per {per} is not above zero");
            }
            let one = interval::count(count, confidence, method.of());
            let one = population.map_or(one, |people| one.times(per / people));
            (one, method.used(count), confidence, json)
        }
        IntervalCommand::Proportion { count, of, method, confidence, json } => {
            if !(count >= 0.0 && of > 0.0 && count <= of) {
                bail!("--count {count} is not between 0 and --of {of}");
            }
            let (of_method, used) = match method {
                ProportionMethod::Wilson => (OfProportion::Wilson, "wilson"),
                ProportionMethod::Exact => (OfProportion::Exact, "exact"),
            };
            (interval::proportion(count, of, confidence, of_method), used, confidence, json)
        }
        IntervalCommand::Mean { mean, spread, of, confidence, json } => {
            if !(mean.is_finite() && spread >= 0.0 && spread.is_finite() && of >= 2.0 && of.is_finite()) {
                bail!("--mean is a number, --spread zero or more, and --of at least two");
            }
            (interval::mean(mean, spread, of, confidence), "student", confidence, json)
        }
    };
    let mut table = Table::new("", &["verdi", "fra", "til", "metode"]);
    table.rows.push([cells(one).to_vec(), vec![used.to_owned()]].concat());
    let value = json!({
        "schema": 1, "value": one.value, "low": one.low, "high": one.high, "method": used, "confidence": confidence,
    });
    Ok(said(json, value, &table))
}

/// An XmR chart: limits, and the values that meet a rule.
///
/// Example: samspill spc months.csv --value rate --label month --rebase "2012-01=reformen" --json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct SpcArguments {
    /// A table with a head; rows in order of time.
    file: PathBuf,
    /// Column of values.
    #[arg(long)]
    value: String,
    /// Column of names of times.
    #[arg(long)]
    label: Option<String>,
    /// New limits from a time (its label, or its row from 1), with the reason: 2012-01=reformen.
    #[arg(long)]
    rebase: Vec<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `spc`.
pub fn spc(arguments: &SpcArguments) -> Result<Said> {
    let table = Columns::read(&arguments.file)?;
    let values = table.numbers(&arguments.value)?;
    let labels: Vec<String> = match &arguments.label {
        Some(name) => table.text(name)?.into_iter().map(str::to_owned).collect(),
        None => (1..=values.len()).map(|row| row.to_string()).collect(),
    };
    let mut rebased = Vec::new();
    for given in &arguments.rebase {
        let (at, reason) = given
            .split_once('=')
            .filter(|(_, reason)| !reason.trim().is_empty())
            .with_context(|| format!("--rebase '{given}' has no reason: give it as 2012-01=reformen"))?;
        let place = labels
            .iter()
            .position(|label| label == at)
            .with_context(|| format!("--rebase: there is no '{at}'"))?;
        rebased.push((place, reason.trim().to_owned()));
    }
    let at: Vec<usize> = rebased.iter().map(|(place, _)| *place).collect();
    let chart = spc::chart(&values, &at);
    let mut shown_table = Table::new("", &["tid", "verdi", "middel", "fra", "til", "regler"]);
    let mut points = Vec::new();
    for (place, value) in values.iter().enumerate() {
        let Some(base) = chart.bases.iter().find(|base| (base.from..base.to).contains(&place)) else {
            continue;
        };
        let rules: Vec<&str> = chart.met[place].iter().map(|rule| rule.word()).collect();
        let limits = [*value, base.mean, base.low, base.high].map(shown);
        shown_table.rows.push([vec![labels[place].clone()], limits.to_vec(), vec![rules.join(" ")]].concat());
        points.push(json!({ "label": labels[place], "value": value, "rules": rules }));
    }
    let reason =
        |from: usize| rebased.iter().find(|(place, _)| *place == from).map(|(_, reason)| reason.clone());
    let bases: Vec<Value> = chart
        .bases
        .iter()
        .map(|base| {
            json!({
                "from": labels[base.from], "to": labels[base.to - 1], "mean": base.mean, "moving_range": base.moving_range,
                "low": base.low, "high": base.high, "reason": reason(base.from),
            })
        })
        .collect();
    let value = json!({ "schema": 1, "method": "XmR", "rule_set": spc::RULE_SET, "rules": "Making Data Count", "run": spc::RUN, "bases": bases, "points": points });
    Ok(said(arguments.json, value, &shown_table))
}

/// How limits allow for more than chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AllowanceArgument {
    /// Chance alone.
    None,
    /// All limits are widened by the same factor.
    Multiplicative,
    /// A spread between areas is added to chance.
    Additive,
}

impl AllowanceArgument {
    /// As the funnel has it.
    pub const fn allowance(self) -> funnel::Allowance {
        match self {
            AllowanceArgument::None => funnel::Allowance::None,
            AllowanceArgument::Multiplicative => funnel::Allowance::Multiplicative,
            AllowanceArgument::Additive => funnel::Allowance::Additive,
        }
    }
}

/// A funnel: which areas differ more than chance, and more than areas usually do.
///
/// Example: samspill funnel areas.csv --area area --events events --population people --allowance additive --json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct FunnelArguments {
    /// A table with a head.
    file: PathBuf,
    /// Column of areas.
    #[arg(long)]
    area: String,
    /// Column of events.
    #[arg(long)]
    events: String,
    /// Column of people: all are set beside the rate of all.
    #[arg(long, required_unless_present = "expected")]
    population: Option<String>,
    /// Column of expected events, instead of people.
    #[arg(long, conflicts_with = "population")]
    expected: Option<String>,
    /// How limits allow for overdispersion.
    #[arg(long, value_enum, default_value = "additive")]
    allowance: AllowanceArgument,
    /// Rates are for so many people.
    #[arg(long, default_value_t = 1000.0)]
    per: f64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `funnel`.
pub fn funnel(arguments: &FunnelArguments) -> Result<Said> {
    let table = Columns::read(&arguments.file)?;
    let (areas, events) = (table.text(&arguments.area)?, table.amounts(&arguments.events)?);
    let of = arguments
        .population
        .as_ref()
        .or(arguments.expected.as_ref())
        .context("give --population or --expected")?;
    let of = table.amounts(of)?;
    if let Some(place) = (1..areas.len()).find(|place| areas[..*place].contains(&areas[*place])) {
        bail!("{}: {} stands there already", table.at(place), areas[place]);
    }
    if let Some(place) = of.iter().position(|of| *of <= 0.0) {
        bail!("{}: nobody to have an event", table.at(place));
    }
    let target = match arguments.population {
        Some(_) => events.iter().sum::<f64>() / of.iter().sum::<f64>(),
        None => 1.0,
    };
    if !(arguments.per > 0.0 && arguments.per.is_finite()) {
        bail!("--per {} is not above zero", arguments.per);
    }
    if target <= 0.0 {
        bail!("there are no events: there is nothing to set areas beside");
    }
    let pairs: Vec<(f64, f64)> = events.iter().zip(&of).map(|(events, of)| (*events, of * target)).collect();
    let allowance = arguments.allowance.allowance();
    let found = funnel::Funnel::of(&pairs, allowance);
    let unit = arguments.population.as_ref().map_or(1.0, |_| target * arguments.per);
    let mut shown_table =
        Table::new("", &["område", "verdi", "95 % fra", "95 % til", "99,8 % fra", "99,8 % til", "z", "sted"]);
    let mut points = Vec::new();
    for (area, (events, expected)) in areas.iter().zip(&pairs) {
        let point = found.point(*events, *expected);
        let (inner, outer) = (point.limits.inner, point.limits.outer);
        let value = events / expected * unit;
        let limits =
            [value, inner.0 * unit, inner.1 * unit, outer.0 * unit, outer.1 * unit, point.z].map(shown);
        let side = ["under 99,8 %", "under 95 %", "innenfor", "over 95 %", "over 99,8 %"]
            [(point.side() + 2) as usize];
        shown_table.rows.push([vec![(*area).to_owned()], limits.to_vec(), vec![side.to_owned()]].concat());
        points.push(json!({
            "area": area, "events": events, "expected": expected, "value": value, "z": point.z, "side": point.side(),
            "limits_95": [inner.0 * unit, inner.1 * unit], "limits_99_8": [outer.0 * unit, outer.1 * unit],
        }));
    }
    let name = ["none", "multiplicative", "additive"][arguments.allowance as usize];
    let value = json!({
        "schema": 1, "rule_set": funnel::RULE_SET, "target": unit, "per": arguments.per, "allowance": name, "winsorised": funnel::WINSORISED,
        "overdispersion_factor": found.factor, "between_variance": found.between, "areas": points,
    });
    Ok(said(arguments.json, value, &shown_table))
}

/// How an effect is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EffectMethod {
    /// Interrupted time series: a change of level and slope, allowing for autocorrelation.
    Its,
    /// The same for counts, as ratios of rates.
    Poisson,
    /// Against units where nothing began.
    Did,
    /// The same for counts, as ratios of rates.
    DidPoisson,
    /// The rate after beside the rate before, and nothing else.
    BeforeAfter,
}

/// What changed when a measure began.
///
/// Example: samspill evaluate months.csv --time month --value fractures --population people --from 2012-01 --method poisson --json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct EvaluateArguments {
    /// A table with a head.
    file: PathBuf,
    /// Column of times; they are put in order.
    #[arg(long)]
    time: String,
    /// Column of values or events.
    #[arg(long)]
    value: String,
    /// Column of people.
    #[arg(long)]
    population: Option<String>,
    /// Column of units (did).
    #[arg(long)]
    unit: Option<String>,
    /// Column that is 1 for units where it began (did).
    #[arg(long)]
    treated: Option<String>,
    /// First time after it began.
    #[arg(long)]
    from: String,
    /// How.
    #[arg(long, value_enum, default_value = "its")]
    method: EffectMethod,
    /// Events expected before, from people and others' rates (before-after): what would have come if nothing was done.
    #[arg(long, requires = "own_weight", value_parser = number)]
    expected: Option<f64>,
    /// How much of a deviation is the area's own, per cent, as `indicators` gives it (before-after).
    #[arg(long, requires = "expected", value_parser = per_cent)]
    own_weight: Option<f64>,
    /// How many before an error depends on (its), by Newey and West. If not given, errors lean on the one before as much
    /// as the series tells.
    #[arg(long)]
    lags: Option<usize>,
    /// Per cent.
    #[arg(long, default_value = "95", value_parser = confidence)]
    confidence: f64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

fn of_effect(one: &evaluate::Effect) -> Value {
    json!({ "value": one.at.value, "low": one.at.low, "high": one.at.high, "standard_error": one.error, "p": one.p })
}

/// A time as its numbers: 2012-2 comes before 2012-10, and 2,5 before 10.
fn natural(text: &str) -> Vec<f64> {
    if let Ok(number) = text.replace(',', ".").parse::<f64>() {
        return vec![number];
    }
    let runs = text.split(|letter: char| !letter.is_ascii_digit()).filter(|run| !run.is_empty());
    runs.map(|run| run.parse().unwrap_or(f64::MAX)).collect()
}

/// Times in order, and which of them each row is.
fn in_order(texts: &[&str]) -> (Vec<String>, Vec<usize>) {
    let mut times: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    times.sort_by(|one, other| {
        natural(one)
            .partial_cmp(&natural(other))
            .unwrap_or(std::cmp::Ordering::Equal)
            .then_with(|| one.cmp(other))
    });
    times.dedup();
    let place = |text: &&str| times.iter().position(|time| time == text).unwrap_or_default();
    let places = texts.iter().map(place).collect();
    (times, places)
}

/// Runs `evaluate`.
pub fn evaluate(arguments: &EvaluateArguments) -> Result<Said> {
    let table = Columns::read(&arguments.file)?;
    let (times, places) = in_order(&table.text(&arguments.time)?);
    let from = times.iter().position(|time| *time == arguments.from).with_context(|| {
        let (first, last) =
            (times.first().cloned().unwrap_or_default(), times.last().cloned().unwrap_or_default());
        format!("--from {}: there is no such time; they go from {first} to {last}", arguments.from)
    })?;
    let values = table.numbers(&arguments.value)?;
    let people = arguments.population.as_deref().map(|name| table.amounts(name)).transpose()?;
    if let Some(place) = people.as_ref().and_then(|people| people.iter().position(|people| *people <= 0.0)) {
        bail!("{}: nobody to have an event", table.at(place));
    }
    if matches!(arguments.method, EffectMethod::Did | EffectMethod::DidPoisson) {
        return difference(arguments, &table, (&places, from), &values, people.as_deref());
    }
    // One row for each time.
    let mut rows: Vec<Option<usize>> = vec![None; times.len()];
    for (row, place) in places.iter().enumerate() {
        if let Some(other) = rows[*place].replace(row) {
            bail!("{}: {} stands there already, on row {}", table.at(row), times[*place], other + 1);
        }
    }
    let rows: Vec<usize> = rows.into_iter().flatten().collect();
    let values: Vec<f64> = rows.iter().map(|row| values[*row]).collect();
    let people: Option<Vec<f64>> = people.map(|people| rows.iter().map(|row| people[*row]).collect());
    match arguments.method {
        EffectMethod::BeforeAfter => before_after(arguments, from, &values, people),
        EffectMethod::Its | EffectMethod::Poisson | EffectMethod::Did | EffectMethod::DidPoisson => {
            series(arguments, from, &values, people)
        }
    }
}

fn too_few() -> String {
    format!(
        "at least {} times before and after are needed, and values that are not all alike and do not lie on a line",
        evaluate::LEAST
    )
}

fn series(
    arguments: &EvaluateArguments,
    from: usize,
    values: &[f64],
    people: Option<Vec<f64>>,
) -> Result<Said> {
    let is_count = arguments.method == EffectMethod::Poisson;
    let counts = || -> Result<()> {
        match values.iter().position(|value| *value < 0.0) {
            Some(place) => {
                bail!(
                    "{} = {} at time {}: a count is not below zero",
                    arguments.value,
                    values[place],
                    place + 1
                )
            }
            None => Ok(()),
        }
    };
    if let Some(lags) = arguments.lags.filter(|lags| 2 * lags >= values.len()) {
        bail!("--lags {lags}: a series of {} times tells of fewer than half as many", values.len());
    }
    let found = match (is_count, &people) {
        (true, people) => {
            counts()?;
            let people = people.clone().unwrap_or_else(|| vec![1.0; values.len()]);
            evaluate::of_counts(values, &people, from, arguments.confidence)
        }
        (false, None) => evaluate::interrupted(values, from, arguments.confidence, arguments.lags),
        (false, Some(people)) => {
            let rates: Vec<f64> = values.iter().zip(people).map(|(value, people)| value / people).collect();
            evaluate::interrupted(&rates, from, arguments.confidence, arguments.lags)
        }
    };
    if is_count && from >= evaluate::LEAST {
        let sum = |values: &[f64]| values.iter().sum::<f64>();
        let sides = [("before", sum(&values[..from])), ("after", sum(&values[from..]))];
        if let Some((side, _)) = sides.iter().find(|(_, sum)| *sum == 0.0) {
            bail!("no event {side} {}: use --method before-after, which can tell of none", arguments.from);
        }
    }
    let found = found.with_context(too_few)?;
    let heads = ["", "verdi", "fra", "til", "p"];
    let mut table = Table::new("", &heads);
    let names = if is_count {
        ["nivå, forhold", "stigning, forhold", "stigning før, forhold"]
    } else {
        ["nivå", "stigning", "stigning før"]
    };
    for (name, one) in names.iter().zip([&found.level, &found.slope, &found.before]) {
        table.rows.push([vec![(*name).to_owned()], cells(one.at).to_vec(), vec![shown(one.p)]].concat());
    }
    let detect = falls(arguments, &found, is_count, (from, values));
    let value = json!({
        "schema": 1,
        "method": if is_count { "poisson" } else { "its" },
        "from": arguments.from,
        "times": { "before": from, "after": values.len() - from },
        "level": of_effect(&found.level),
        "slope": of_effect(&found.slope),
        "slope_before": of_effect(&found.before),
        "unit": if is_count { "ratio" } else { "difference" },
        "confidence": arguments.confidence,
        "autocorrelation": found.autocorrelation,
        "lags": found.lags,
        "leaning_on_the_one_before": found.leaning,
        "dispersion": found.dispersion,
        "after": { "seen": found.after.0, "without": found.after.1 },
        "detectable": { "power": evaluate::POWER, "falls": detect },
    });
    Ok(said(arguments.json, value, &table))
}

/// The smallest falls that can be shown: of counts after so many times more, of other values after those there are.
fn falls(
    arguments: &EvaluateArguments,
    found: &evaluate::Series,
    is_count: bool,
    (from, values): (usize, &[f64]),
) -> Vec<Value> {
    let told = |after: usize, fall: Option<f64>| json!({ "times_after": after, "smallest_fall": fall });
    let each = values[..from].iter().sum::<f64>() / from as f64;
    let spread = found.dispersion.max(1.0);
    let of_counts = |after: usize| {
        let fall = evaluate::detectable(each, from as f64, after as f64, spread, arguments.confidence);
        told(after, fall)
    };
    let after = values.len() - from;
    match is_count {
        true if each > 0.0 => [6, 12, 24, 36].map(of_counts).into(),
        true => Vec::new(),
        false => {
            let smallest =
                evaluate::findable(found.level.error, (values.len() - 4) as f64, arguments.confidence);
            let without = found.after.1 / after as f64;
            let share = (without > 0.0).then(|| smallest / without).filter(|share| *share <= 1.0);
            vec![told(after, share)]
        }
    }
}

fn before_after(
    arguments: &EvaluateArguments,
    from: usize,
    values: &[f64],
    people: Option<Vec<f64>>,
) -> Result<Said> {
    if from == 0 || values.iter().any(|value| *value < 0.0) {
        bail!("times before {} and counts of zero or more are needed", arguments.from);
    }
    let people = people.unwrap_or_else(|| vec![1.0; values.len()]);
    let sums =
        |from: usize, to: usize| (values[from..to].iter().sum::<f64>(), people[from..to].iter().sum::<f64>());
    let (before, after) = (sums(0, from), sums(from, values.len()));
    let found = evaluate::before_after(before, after, arguments.confidence);
    let mut table = Table::new("", &["", "verdi", "fra", "til", "p"]);
    table
        .rows
        .push([vec!["etter / før".to_owned()], cells(found.at).to_vec(), vec![shown(found.p)]].concat());
    // What would have come of itself, for the people after: a count that was high falls without anything being done.
    let without = arguments
        .expected
        .zip(arguments.own_weight)
        .map(|(expected, own)| evaluate::toward_the_mean(before.0, expected, own) * after.1 / before.1);
    let times = (from as f64, (values.len() - from) as f64);
    let smallest = (before.0 > 0.0)
        .then(|| evaluate::detectable(before.0 / times.0, times.0, times.1, 1.0, arguments.confidence))
        .flatten();
    let told = [
        ("ventet etter, uten tiltaket", without.map(shown)),
        ("minste fall som kan vises", smallest.map(|fall| format!("{} %", shown(fall * 100.0)))),
    ];
    for (name, value) in told {
        let value = value.unwrap_or_else(|| "..".to_owned());
        table.rows.push([name, &value, "", "", ""].map(str::to_owned).to_vec());
    }
    let value = json!({
        "schema": 1, "method": "before-after", "unit": "ratio", "from": arguments.from, "confidence": arguments.confidence,
        "effect": of_effect(&found), "before": { "events": before.0, "population": before.1 },
        "after": { "events": after.0, "population": after.1 },
        "without": without, "smallest_fall": smallest, "power": evaluate::POWER,
    });
    Ok(said(arguments.json, value, &table))
}

/// Units on each side that an interval of a difference needs at least.
const LEAST_UNITS: usize = 3;

/// Whether each side has the units that an interval of a difference needs.
fn enough_units(arguments: &EvaluateArguments, cells: &[evaluate::Cell], from: usize) -> Result<()> {
    let is_of_counts = arguments.method == EffectMethod::DidPoisson;
    // Units that are there before and after; of counts those with an event.
    let tells = |unit: usize| {
        let mine = || cells.iter().filter(|cell| cell.unit == unit);
        let both = mine().any(|cell| cell.time < from) && mine().any(|cell| cell.time >= from);
        both && (!is_of_counts || mine().any(|cell| cell.value > 0.0))
    };
    for side in [true, false] {
        let of_side: BTreeSet<usize> = cells
            .iter()
            .filter(|cell| cell.is_treated == side && tells(cell.unit))
            .map(|cell| cell.unit)
            .collect();
        if of_side.len() < LEAST_UNITS {
            bail!(
                "{} units where it {} tell of before and after: at least {LEAST_UNITS} are needed on each side, or the interval says nothing",
                of_side.len(),
                if side { "began" } else { "did not begin" }
            );
        }
    }
    Ok(())
}

fn difference(
    arguments: &EvaluateArguments,
    table: &Columns,
    (places, from): (&[usize], usize),
    values: &[f64],
    people: Option<&[f64]>,
) -> Result<Said> {
    let (Some(unit), Some(treated)) = (&arguments.unit, &arguments.treated) else {
        bail!("did needs --unit and --treated")
    };
    let (names, treated) = (table.text(unit)?, table.text(treated)?);
    let (units, of) = in_order(&names);
    let mut cells_of = Vec::new();
    for row in 0..table.len() {
        let is_treated = match treated[row].to_lowercase().as_str() {
            "1" | "ja" | "yes" | "true" => true,
            "0" | "nei" | "no" | "false" | "" => false,
            other => bail!("{}: '{other}' is not 1 or 0", table.at(row)),
        };
        let value = people.map_or(values[row], |people| values[row] / people[row]);
        cells_of.push(evaluate::Cell { unit: of[row], time: places[row], value, is_treated });
    }
    for (place, cell) in cells_of.iter().enumerate() {
        let before = &cells_of[..place];
        if before.iter().any(|other| other.unit == cell.unit && other.is_treated != cell.is_treated) {
            bail!("{}: {} is 1 on one row and 0 on another", table.at(place), names[place]);
        }
        if before.iter().any(|other| (other.unit, other.time) == (cell.unit, cell.time)) {
            bail!("{}: {} stands there already at that time", table.at(place), names[place]);
        }
    }
    enough_units(arguments, &cells_of, from)?;
    let is_count = arguments.method == EffectMethod::DidPoisson;
    let (found, left_out) = match is_count {
        true => of_counts(arguments, table, &cells_of, from, (values, people))?,
        false => {
            let found = evaluate::difference(&cells_of, from, arguments.confidence);
            {
                let needed = "units where it began and others, both before and after, are needed, and values that differ by more than unit and time";
                (found.context(needed)?, 0)
            }
        }
    };
    let treated_units: BTreeSet<usize> =
        cells_of.iter().filter(|cell| cell.is_treated).map(|cell| cell.unit).collect();
    // What they would have had is what they had before; a fall of it all cannot be seen where it is more than that.
    let before: Vec<f64> =
        cells_of.iter().filter(|cell| cell.is_treated && cell.time < from).map(|cell| cell.value).collect();
    let smallest = evaluate::findable(found.error, (units.len() - left_out - 1) as f64, arguments.confidence);
    let mean = before.iter().sum::<f64>() / before.len().max(1) as f64;
    let smallest = match is_count {
        true => Some(1.0 - (-smallest).exp()),
        false => (mean > 0.0).then(|| smallest / mean).filter(|share| *share <= 1.0),
    };
    let mut out = Table::new("", &["", "verdi", "fra", "til", "p"]);
    let name = if is_count { "ganger de andre" } else { "mer enn de andre" };
    out.rows.push([vec![name.to_owned()], cells(found.at).to_vec(), vec![shown(found.p)]].concat());
    let told = smallest.map_or_else(|| "..".to_owned(), |fall| format!("{} %", shown(fall * 100.0)));
    out.rows.push(["minste fall som kan vises", &told, "", "", ""].map(str::to_owned).to_vec());
    let after: BTreeSet<usize> = places.iter().copied().filter(|time| *time >= from).collect();
    let value = json!({
        "schema": 1, "method": if is_count { "did-poisson" } else { "did" }, "unit": if is_count { "ratio" } else { "difference" },
        "from": arguments.from, "confidence": arguments.confidence, "effect": of_effect(&found),
        "units": { "treated": treated_units.len(), "others": units.len() - treated_units.len(), "without_events": left_out, "used": units.len() - left_out },
        "detectable": { "power": evaluate::POWER, "falls": [{ "times_after": after.len(), "smallest_fall": smallest }] },
    });
    Ok(said(arguments.json, value, &out))
}

/// The effect as a ratio of rates; the second is how many units without an event are left out.
fn of_counts(
    arguments: &EvaluateArguments,
    table: &Columns,
    cells: &[evaluate::Cell],
    from: usize,
    (values, people): (&[f64], Option<&[f64]>),
) -> Result<(evaluate::Effect, usize)> {
    if let Some(place) = values.iter().position(|value| *value < 0.0) {
        bail!("{}: {} is below zero: a count is not", table.at(place), values[place]);
    }
    for (is_treated, is_after) in [(true, false), (true, true), (false, false), (false, true)] {
        let is_of = |cell: &evaluate::Cell| cell.is_treated == is_treated && (cell.time >= from) == is_after;
        let events: f64 =
            cells.iter().zip(values).filter(|(cell, _)| is_of(cell)).map(|(_, count)| count).sum();
        if events == 0.0 {
            bail!(
                "no event {} {}, where it {}: a ratio cannot be formed",
                if is_after { "after" } else { "before" },
                arguments.from,
                if is_treated { "began" } else { "did not begin" }
            );
        }
    }
    let counts: Vec<(evaluate::Cell, f64)> = cells
        .iter()
        .enumerate()
        .map(|(row, cell)| {
            let cell = evaluate::Cell { value: values[row], ..*cell };
            (cell, people.map_or(1.0, |people| people[row]))
        })
        .collect();
    evaluate::difference_of_counts(&counts, from, arguments.confidence)
        .context("units with events, where it began and others, both before and after, are needed")
}
