//! How much areas vary, beyond chance: the measures that health atlases give.

use std::path::PathBuf;

use serde_json::json;
use statistics::variation;
use words::{Message, message};

use super::funnel::Areas;
use super::{Answer, shown};
use crate::columns::Columns;
use crate::failure::{About, Result, fail};
use crate::table::{Table, heads};
use disclosure::Cell;

/// Input of [`variation()`].
pub struct Variation {
    /// Table with a head.
    pub file: PathBuf,
    /// Column with the names of the areas.
    pub area: String,
    /// Column with the numbers of events.
    pub events: String,
    /// Column with the numbers of people. The expected events are then those of the rate of all areas.
    pub population: Option<String>,
    /// Column with the expected numbers of events, used if `population` is `None`.
    pub expected: Option<String>,
}

/// Variation between the areas in a table.
///
/// # Errors
/// Fails if the table cannot be read, if the order names neither a column of people nor one of expected events, if an
/// area occurs twice or has no people or expected events, or if there are fewer than two areas or no event.
pub fn variation(order: &Variation) -> Result<Answer> {
    let table = Columns::read(&order.file)?;
    let of = order.population.as_ref().or(order.expected.as_ref());
    let of = of.about(|| message!("error.funnel.give_population_expected"))?;
    let Areas { names, events, of } = Areas::read(&table, &order.area, &order.events, of)?;
    let all: f64 = events.iter().sum();
    let target = if order.population.is_some() { all / of.iter().sum::<f64>() } else { 1.0 };
    if all <= 0.0 {
        fail!("error.funnel.there_no_events_there_nothing_set");
    }
    let pairs: Vec<(f64, f64)> = events.iter().zip(&of).map(|(events, of)| (*events, of * target)).collect();
    let found = variation::variation(&pairs).about(|| message!("error.variation.too_few"))?;
    let [second, third] = found.without_ends;
    let rows = [
        ("systematic", Some(found.systematic)),
        ("systematic_of_sample", Some(found.systematic_of_sample)),
        ("extremal", found.extremal),
        ("without_one", second),
        ("without_two", third),
    ];
    let mut out = Table::new("", &heads(["measure", "value"]));
    for (name, value) in rows {
        let name = Cell::Said(Message::under("variation", name));
        out.rows.push(vec![name, value.map_or(Cell::Unknown, shown)]);
    }
    let value = json!({
        "schema": 1, "areas": names.len(), "events": all,
        "scv_times_100": found.systematic, "scv_times_100_less_one": found.systematic_of_sample,
        "ft": found.extremal, "ft2": second, "ft3": third,
    });
    Ok(Answer { value, table: out })
}
