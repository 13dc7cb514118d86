//! Standardised rates of areas, with intervals.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::failure::{About, Result, fail};
use serde_json::json;
use statistics::standard::{Ages, european_2013};
use statistics::standardise::{self, Stratum};
use words::message;

use super::interval::CountMethod;
use super::{Answer, cells, of_interval, shown};
use crate::columns::Columns;
use crate::table::{Table, heads};
use disclosure::Cell;

/// Method of standardisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Rate that an area would have with the standard's population, with Dobson's interval.
    Direct,
    /// Events of an area divided by the events that the standard's rates would give.
    Indirect,
}

/// Input and options of [`standardise()`].
pub struct Standardise {
    /// Table with a head.
    pub file: PathBuf,
    /// Column with the names of the areas; `None` for a single area.
    pub area: Option<String>,
    /// Columns that divide the population, ages first, as `0-4`, `90+` or `67`.
    pub strata: Vec<String>,
    /// Column with the numbers of events. If `per_person` is given, the column holds numbers of persons instead.
    pub events: String,
    /// Column with the numbers of people.
    pub population: String,
    /// Column with the number of events that each person of a row had. The interval then allows for several
    /// events of one person.
    pub per_person: Option<String>,
    /// `esp2013`, or a file with the columns of strata and population, and for an indirect rate also of
    /// events. `None` is `esp2013` for a direct rate, and all areas together for an indirect one.
    pub standard: Option<String>,
    pub method: Method,
    /// Number of people that a rate is for. It does not change an indirect ratio.
    pub per: f64,
    /// Method for the interval of the events.
    pub interval: CountMethod,
    /// Confidence level as a share, such as 0.95.
    pub confidence: f64,
}

type Key = Vec<String>;

/// Number of events, sum over persons of the square of each one's events, and number of people, by area and
/// stratum.
fn strata(table: &Columns, order: &Standardise) -> Result<BTreeMap<String, BTreeMap<Key, Stratum>>> {
    let areas = order.area.as_deref().map(|name| table.names(name)).transpose()?;
    let keys: Vec<Vec<&str>> = order.strata.iter().map(|name| table.text(name)).collect::<Result<_>>()?;
    for column in &keys {
        if let Some(row) = column.iter().position(|text| register::text::is_sum(text)) {
            fail!("error.columns.sum", at = table.at(row), text = column[row]);
        }
    }
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
            // One row for each number of events per person: the people of the stratum are repeated on each
            // row.
            Some(known) if each.is_some() => {
                if known.people != people[row] {
                    fail!(
                        "error.standardise.people_before",
                        row = table.at(row),
                        area,
                        key = key.join(" "),
                        row2 = people[row],
                        people = known.people
                    );
                }
                known.events += events[row] * times;
                known.squares += events[row] * times * times;
            }
            Some(_) => fail!(
                "error.standardise.stands_there_already",
                row = table.at(row),
                area,
                key = key.join(" ")
            ),
        }
    }
    for (area, strata) in &out {
        let empty = strata.iter().find(|(_, one)| one.people <= 0.0);
        if let Some((key, one)) = empty.filter(|(_, one)| one.events > 0.0 || order.method == Method::Direct)
        {
            fail!(
                "error.standardise.has_events_no_people_join_strata",
                area,
                key = key.join(" "),
                events = one.events
            );
        }
    }
    Ok(out)
}

/// The standard of each stratum: people for a direct rate, events per person for an indirect one.
fn standards(
    order: &Standardise,
    all: &BTreeMap<String, BTreeMap<Key, Stratum>>,
) -> Result<BTreeMap<Key, f64>> {
    let keys: BTreeSet<&Key> = all.values().flat_map(BTreeMap::keys).collect();
    let mut out = BTreeMap::new();
    match (order.method, order.standard.as_deref()) {
        (Method::Direct, None | Some("esp2013")) => {
            // Strata of the same age share the standard's people of that age equally.
            let with_age =
                |age: &str| keys.iter().filter(|key| key.first().map(String::as_str) == Some(age)).count();
            for key in &keys {
                let age = key
                    .first()
                    .about(|| message!("error.standardise.give_strata_ages_first_standard_file"))?;
                let people = Ages::parse(age)
                    .and_then(european_2013)
                    .about(|| message!("error.standardise.no_band_european_standard_2013_0", age))?;
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
            fail!("error.standardise.esp2013_has_people_no_rates_indirect")
        }
        (method, Some(file)) => {
            let table = Columns::read(PathBuf::from(file).as_path())?;
            let names: Vec<Vec<&str>> =
                order.strata.iter().map(|name| table.text(name)).collect::<Result<_>>()?;
            let people = table.amounts(&order.population)?;
            let events = (method == Method::Indirect).then(|| table.amounts(&order.events)).transpose()?;
            for row in 0..table.rows() {
                let key: Key = names.iter().map(|column| column[row].to_owned()).collect();
                let standard =
                    events.as_ref().map_or(people[row], |events| events[row] / people[row].max(1e-300));
                if out.insert(key.clone(), standard).is_some() {
                    let (place, stratum) = (table.at(row), key.join(" "));
                    fail!("error.funnel.stands_there_already", place, place2 = stratum);
                }
            }
        }
    }
    Ok(out)
}

/// Standardised rates of the areas in a table, with intervals.
///
/// # Errors
/// Fails if `per` is not above 0, if a table cannot be read, if a stratum occurs twice or lacks people that it
/// needs, or if the strata of the table and of the standard do not match.
pub fn standardise(order: &Standardise) -> Result<Answer> {
    if order.per.is_nan() || order.per <= 0.0 {
        fail!("error.standardise.per_not_above_zero", per = order.per);
    }
    let mut all = strata(&Columns::read(&order.file)?, order)?;
    let standards = standards(order, &all)?;
    let columns =
        ["area", "events", "population", "crude", "crude_low", "crude_high", "rate", "rate_low", "rate_high"];
    let mut table = Table::new("", &heads(columns));
    let mut areas = Vec::new();
    for (area, strata) in &mut all {
        for (key, one) in strata.iter_mut() {
            one.standard = *standards
                .get(key)
                .about(|| message!("error.standardise.standard_has_no", key = key.join(" ")))?;
        }
        if order.method == Method::Direct
            && let Some(missing) = standards.keys().find(|key| !strata.contains_key(*key))
        {
            fail!("error.standardise.has_no_people_direct_rate_needs", area, missing = missing.join(" "));
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
                vec![Cell::text(area), shown(found.events), shown(found.people)],
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
