//! Standardised rates of areas, with intervals.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::json;
use statistics::standard::{Ages, european_2013};
use statistics::standardise::{self, Stratum};

use super::interval::CountMethod;
use super::{Answer, cells, of_interval, shown};
use crate::columns::Columns;
use crate::table::Table;

/// How a rate is standardised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// As if every area had the standard's people (Dobson's interval).
    Direct,
    /// Events beside what the standard's rates would have given.
    Indirect,
}

/// What to standardise.
pub struct Standardise {
    /// A table with a head.
    pub file: PathBuf,
    /// Column of areas; one area if not given.
    pub area: Option<String>,
    /// Columns that divide people: ages first, as 0-4, 90+ or 67.
    pub strata: Vec<String>,
    /// Column of events; with --per-person, of persons.
    pub events: String,
    /// Column of people.
    pub population: String,
    /// Column of how many events each of a row's persons had: the interval allows for events of the same person.
    pub per_person: Option<String>,
    /// esp2013, or a file with the same columns of strata and population; for an indirect rate also events. An indirect
    /// rate without one is set beside all areas together.
    pub standard: Option<String>,
    /// Direct or indirect.
    pub method: Method,
    /// Rates are for so many people.
    pub per: f64,
    /// How the interval of the events is made.
    pub interval: CountMethod,
    /// Per cent.
    pub confidence: f64,
}

type Key = Vec<String>;

/// Events, squares and people of each stratum of each area.
fn strata(table: &Columns, order: &Standardise) -> Result<BTreeMap<String, BTreeMap<Key, Stratum>>> {
    let areas = order.area.as_deref().map(|name| table.text(name)).transpose()?;
    let keys: Vec<Vec<&str>> = order.strata.iter().map(|name| table.text(name)).collect::<Result<_>>()?;
    let (events, people) = (table.amounts(&order.events)?, table.amounts(&order.population)?);
    let each = order.per_person.as_deref().map(|name| table.amounts(name)).transpose()?;
    let mut out: BTreeMap<String, BTreeMap<Key, Stratum>> = BTreeMap::new();
    for row in 0..table.rows() {
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
        if let Some((key, one)) = empty.filter(|(_, one)| one.events > 0.0 || order.method == Method::Direct)
        {
            bail!("{area} {} has {} events and no people: join strata", key.join(" "), one.events);
        }
    }
    Ok(out)
}

/// What each stratum is compared with.
fn standards(
    order: &Standardise,
    all: &BTreeMap<String, BTreeMap<Key, Stratum>>,
) -> Result<BTreeMap<Key, f64>> {
    let keys: BTreeSet<&Key> = all.values().flat_map(BTreeMap::keys).collect();
    let mut out = BTreeMap::new();
    match (order.method, order.standard.as_deref()) {
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
                order.strata.iter().map(|name| table.text(name)).collect::<Result<_>>()?;
            let people = table.amounts(&order.population)?;
            let events = (method == Method::Indirect).then(|| table.amounts(&order.events)).transpose()?;
            for row in 0..table.rows() {
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
pub fn standardise(order: &Standardise) -> Result<Answer> {
    if order.per.is_nan() || order.per <= 0.0 {
        bail!("--per {} is not above zero", order.per);
    }
    let mut all = strata(&Columns::read(&order.file)?, order)?;
    let standards = standards(order, &all)?;
    let heads = ["område", "hendelser", "folk", "råe", "fra", "til", "standardisert", "fra", "til"];
    let mut table = Table::new("", &heads);
    let mut areas = Vec::new();
    for (area, strata) in &mut all {
        for (key, one) in strata.iter_mut() {
            one.standard =
                *standards.get(key).with_context(|| format!("the standard has no {}", key.join(" ")))?;
        }
        if order.method == Method::Direct
            && let Some(missing) = standards.keys().find(|key| !strata.contains_key(*key))
        {
            bail!(
                "{area} has no people of {}: a direct rate needs every stratum of the standard",
                missing.join(" ")
            );
        }
        let list: Vec<Stratum> = strata.values().filter(|one| one.people > 0.0).cloned().collect();
        let method = order.interval.of();
        let found = match order.method {
            Method::Direct => standardise::direct(&list, order.confidence, method),
            Method::Indirect => standardise::indirect(&list, order.confidence, method),
        };
        let crude = found.crude.times(order.per);
        let by = if order.method == Method::Direct { order.per } else { 1.0 };
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
            "interval": order.interval.used(found.events),
        }));
    }
    let method = if order.method == Method::Direct { "direct" } else { "indirect" };
    let unit = if order.method == Method::Direct { "rate" } else { "ratio" };
    let standard = order
        .standard
        .clone()
        .unwrap_or_else(|| if method == "direct" { "esp2013" } else { "all areas" }.to_owned());
    let value = json!({
        "schema": 1, "method": method, "unit": unit, "standard": standard, "per": order.per,
        "confidence": order.confidence, "clustered": order.per_person.is_some(), "areas": areas,
    });
    Ok(Answer { value, table })
}
