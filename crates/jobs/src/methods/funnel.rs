//! A funnel of areas: which of them differ by more than chance.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::json;
use statistics::funnel;
pub use statistics::funnel::Allowance;

use super::{Answer, shown};
use crate::columns::Columns;
use crate::table::Table;

/// Input and options of [`funnel()`].
pub struct Funnel {
    /// Table with a head.
    pub file: PathBuf,
    /// Column with the names of the areas.
    pub area: String,
    /// Column with the numbers of events.
    pub events: String,
    /// Column with the numbers of people. The target is then the rate of all areas together.
    pub population: Option<String>,
    /// Column with the expected numbers of events, used if `population` is `None`. The target is then 1.
    pub expected: Option<String>,
    pub allowance: Allowance,
    /// Number of people that a rate is for.
    pub per: f64,
}

/// Funnel of the areas in a table.
///
/// # Errors
/// Fails if the table cannot be read, if it has no column of people or expected events, if an area occurs
/// twice or has no people, or if there are no events.
pub fn funnel(order: &Funnel) -> Result<Answer> {
    let table = Columns::read(&order.file)?;
    let (areas, events) = (table.text(&order.area)?, table.amounts(&order.events)?);
    let of =
        order.population.as_ref().or(order.expected.as_ref()).context("give --population or --expected")?;
    let of = table.amounts(of)?;
    if let Some(place) = (1..areas.len()).find(|place| areas[..*place].contains(&areas[*place])) {
        bail!("{}: {} stands there already", table.at(place), areas[place]);
    }
    if let Some(place) = of.iter().position(|of| *of <= 0.0) {
        bail!("{}: nobody to have an event", table.at(place));
    }
    let target = match order.population {
        Some(_) => events.iter().sum::<f64>() / of.iter().sum::<f64>(),
        None => 1.0,
    };
    if !(order.per > 0.0 && order.per.is_finite()) {
        bail!("--per {} is not above zero", order.per);
    }
    if target <= 0.0 {
        bail!("there are no events: there is nothing to set areas beside");
    }
    let pairs: Vec<(f64, f64)> = events.iter().zip(&of).map(|(events, of)| (*events, of * target)).collect();
    let allowance = order.allowance;
    let found = funnel::Funnel::of(&pairs, allowance);
    let unit = order.population.as_ref().map_or(1.0, |_| target * order.per);
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
    let name = ["none", "multiplicative", "additive"][order.allowance as usize];
    let value = json!({
        "schema": 1, "rule_set": funnel::RULE_SET, "target": unit, "per": order.per, "allowance": name, "winsorised": funnel::WINSORISED,
        "overdispersion_factor": found.factor, "between_variance": found.between, "areas": points,
    });
    Ok(Answer { value, table: shown_table })
}
