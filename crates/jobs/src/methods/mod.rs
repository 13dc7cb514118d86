//! The statistical methods on any small table, so that others can check them. The indicators use the same
//! functions.

pub mod evaluate;
pub mod funnel;
pub mod interval;
pub mod spc;
pub mod standardise;
mod times;
pub mod variation;

use serde_json::{Value, json};
use statistics::interval::Interval;

use crate::table::Table;
use disclosure::Cell;

/// Result of a method, for programs and for people.
pub struct Answer {
    /// Every figure, as JSON with a schema version.
    pub value: Value,
    /// The figures that a reader needs.
    pub table: Table,
}

fn shown(value: f64) -> Cell {
    if !value.is_finite() {
        return Cell::Unknown;
    }
    let decimals = match value.abs() {
        100.0.. => 1,
        1.0..100.0 => 2,
        _ => 4,
    };
    Cell::Number(format!("{value:.decimals$}"))
}

fn of_interval(one: Interval) -> Value {
    json!({ "value": one.value, "low": one.low, "high": one.high })
}

fn cells(one: Interval) -> [Cell; 3] {
    [shown(one.value), shown(one.low), shown(one.high)]
}
