//! A funnel of areas: which of them differ by more than chance.

use std::path::PathBuf;

use crate::failure::{About, Result, fail};
use serde_json::json;
use statistics::funnel;
use statistics::funnel::Area;
pub use statistics::funnel::{Allowance, Outermost};
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
    /// Column with what the events are a part of, used if the others are `None`. The target is then the share of all areas
    /// together, and chance is binomial.
    pub whole: Option<String>,
    /// The user's own target, in the unit of the values; `None` for that of all areas.
    pub target: Option<f64>,
    pub allowance: Allowance,
    pub outermost: Outermost,
    /// Number of people that a rate is for.
    pub per: f64,
}

/// Areas of a table, each with its events and what they are of: people, a whole or expected events.
pub(super) struct Areas<'t> {
    pub names: Vec<&'t str>,
    pub events: Vec<f64>,
    pub of: Vec<f64>,
}

impl<'t> Areas<'t> {
    /// Reads the columns with these names.
    ///
    /// # Errors
    /// Fails if a column is missing or holds something else, if an area occurs twice, or if it has no people or expected
    /// events.
    pub fn read(table: &'t Columns, area: &str, events: &str, of: &str) -> Result<Areas<'t>> {
        let (names, events, of) = (table.names(area)?, table.amounts(events)?, table.amounts(of)?);
        if let Some(place) = (1..names.len()).find(|place| names[..*place].contains(&names[*place])) {
            fail!("error.funnel.stands_there_already", place = table.at(place), place2 = names[place]);
        }
        if let Some(place) = of.iter().position(|of| *of <= 0.0) {
            fail!("error.funnel.nobody_have_event", place = table.at(place));
        }
        Ok(Areas { names, events, of })
    }
}

/// Funnel of the areas in a table.
///
/// # Errors
/// Fails if the table cannot be read, if the order names no column of people, of a whole or of expected events, if an area
/// occurs twice, has none of these or more events than its whole, if `per` or the target is not above 0 or not finite, if the
/// target is a share above 1, or if there is no target and no event.
pub fn funnel(order: &Funnel) -> Result<Answer> {
    let table = Columns::read(&order.file)?;
    let of = order.population.as_ref().or(order.whole.as_ref()).or(order.expected.as_ref());
    let of = of.about(|| message!("error.funnel.give_population_expected"))?;
    let Areas { names: areas, events, of } = Areas::read(&table, &order.area, &order.events, of)?;
    if !(order.per > 0.0 && order.per.is_finite()) {
        fail!("error.funnel.per_not_above_zero", per = order.per);
    }
    if let Some(place) = (0..of.len()).find(|place| order.whole.is_some() && events[*place] > of[*place]) {
        fail!("error.funnel.more_than_whole", place = table.at(place));
    }
    // What a value is multiplied by: a rate is for `per` people, a share in per cent.
    let per = match (&order.population, &order.whole) {
        (Some(_), _) => order.per,
        (None, Some(_)) => 100.0,
        (None, None) => 1.0,
    };
    let own = order.target.map(|target| target / per);
    let is_target =
        |target: f64| target > 0.0 && target.is_finite() && (order.whole.is_none() || target < 1.0);
    if let Some(target) = order.target.filter(|target| !is_target(target / per)) {
        fail!("error.funnel.target", target);
    }
    let target = own.unwrap_or_else(|| match order.expected {
        Some(_) if order.population.is_none() && order.whole.is_none() => 1.0,
        _ => events.iter().sum::<f64>() / of.iter().sum::<f64>(),
    });
    if target <= 0.0 {
        fail!("error.funnel.there_no_events_there_nothing_set");
    }
    let of_area = |(events, of): (&f64, &f64)| Area {
        events: *events,
        expected: of * target,
        whole: order.whole.as_ref().map(|_| *of),
    };
    let all: Vec<Area> = events.iter().zip(&of).map(of_area).collect();
    let allowance = order.allowance;
    let found = funnel::Funnel::of(&all, allowance, order.outermost);
    let unit = target * per;
    let mut shown_table =
        Table::new("", &heads(["area", "value", "low_95", "high_95", "low_99_8", "high_99_8", "z", "side"]));
    let mut points = Vec::new();
    for (area, one) in areas.iter().zip(&all) {
        let (point, Area { events, expected, whole }) = (found.point(one), *one);
        let funnel::Limits { inner, outer } = found.limits(expected, whole);
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
        "schema": 1, "rule_set": funnel::RULE_SET, "target": unit, "per": per, "allowance": name, "chance": if order.whole.is_some() { "binomial" } else { "Poisson" },
        "outermost": if order.outermost == Outermost::Truncated { "truncated" } else { "winsorised" }, "outermost_share": funnel::OUTERMOST,
        "overdispersion_factor": found.factor, "between_variance": found.between, "areas": points,
    });
    Ok(Answer { value, table: shown_table })
}
