//! A funnel of areas: which of them differ by more than chance.

use std::path::PathBuf;

use crate::failure::{About, Result, fail};
use serde_json::json;
use statistics::funnel;
pub use statistics::funnel::Allowance;
use words::{Message, message};

use super::{Answer, shown};
use crate::columns::Columns;
use crate::table::{Table, heads};
use disclosure::Cell;

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
/// Fails if the table cannot be read, if the order names neither a column of people nor one of expected events, if an
/// area occurs twice or has no people or expected events, if `per` is not above 0 or not finite, or if people are given
/// and there are no events.
pub fn funnel(order: &Funnel) -> Result<Answer> {
    let table = Columns::read(&order.file)?;
    let (areas, events) = (table.names(&order.area)?, table.amounts(&order.events)?);
    let of = order
        .population
        .as_ref()
        .or(order.expected.as_ref())
        .about(|| message!("error.funnel.give_population_expected"))?;
    let of = table.amounts(of)?;
    if let Some(place) = (1..areas.len()).find(|place| areas[..*place].contains(&areas[*place])) {
        fail!("error.funnel.stands_there_already", place = table.at(place), place2 = areas[place]);
    }
    if let Some(place) = of.iter().position(|of| *of <= 0.0) {
        fail!("error.funnel.nobody_have_event", place = table.at(place));
    }
    let target = match order.population {
        Some(_) => events.iter().sum::<f64>() / of.iter().sum::<f64>(),
        None => 1.0,
    };
    if !(order.per > 0.0 && order.per.is_finite()) {
        fail!("error.funnel.per_not_above_zero", per = order.per);
    }
    if target <= 0.0 {
        fail!("error.funnel.there_no_events_there_nothing_set");
    }
    let pairs: Vec<(f64, f64)> = events.iter().zip(&of).map(|(events, of)| (*events, of * target)).collect();
    let allowance = order.allowance;
    let found = funnel::Funnel::of(&pairs, allowance);
    let unit = order.population.as_ref().map_or(1.0, |_| target * order.per);
    let mut shown_table =
        Table::new("", &heads(["area", "value", "low_95", "high_95", "low_99_8", "high_99_8", "z", "side"]));
    let mut points = Vec::new();
    for (area, (events, expected)) in areas.iter().zip(&pairs) {
        let point = found.point(*events, *expected);
        let funnel::Limits { inner, outer } = found.limits(*expected);
        let value = events / expected * unit;
        let limits =
            [value, inner.0 * unit, inner.1 * unit, outer.0 * unit, outer.1 * unit, point.z].map(shown);
        let side =
            ["below_99_8", "below_95", "within", "above_95", "above_99_8"][(point.side() + 2) as usize];
        let side = Cell::Said(Message::under("funnel_side", side));
        shown_table.rows.push([vec![Cell::text(area)], limits.to_vec(), vec![side]].concat());
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
