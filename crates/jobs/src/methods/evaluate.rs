//! Evaluation of a measure: what changed when it began.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::failure::{About, Result, fail};
use serde_json::{Value, json};
use statistics::evaluate;
pub use statistics::evaluate::Model;
use statistics::regression;
pub use statistics::regression::Lags;
use words::{Message, message};

use super::times::Times;
use super::{Answer, cells, shown};
use crate::columns::Columns;
use crate::table::{Table, heads};
use disclosure::Cell;

/// Method for the effect of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectMethod {
    /// Interrupted time series: the change of level and slope, with autocorrelated errors.
    Its,
    /// Interrupted time series of counts: the changes as ratios of rates.
    Poisson,
    /// Difference in differences: the change compared with that of units where the measure did not begin.
    Did,
    /// Difference in differences of counts: the change as a ratio of rates.
    DidPoisson,
    /// Ratio of the rate after the beginning to the rate before.
    BeforeAfter,
}

/// How the errors of a series are correlated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errors {
    /// Each with the one before, as strongly as the series shows.
    FirstOrder,
    /// Not at all.
    Plain,
    /// Newey and West's standard errors, with these lags.
    NeweyWest(Lags),
}

impl Errors {
    fn of(self) -> regression::Errors<'static> {
        match self {
            Errors::FirstOrder => regression::Errors::FirstOrder,
            Errors::Plain => regression::Errors::Plain,
            Errors::NeweyWest(lags) => regression::Errors::Lagged(lags),
        }
    }

    /// The name in files.
    const fn word(self) -> &'static str {
        match self {
            Errors::FirstOrder => "first-order",
            Errors::Plain => "plain",
            Errors::NeweyWest(_) => "newey-west",
        }
    }
}

/// Input and options of [`evaluate()`].
pub struct Evaluate {
    /// Table with a head.
    pub file: PathBuf,
    /// Column with the times, in any order.
    pub time: String,
    /// Column with the values, or with the numbers of events.
    pub value: String,
    /// Column with the numbers of people.
    pub population: Option<String>,
    /// Column with the names of the units, for `Did` and `DidPoisson`.
    pub unit: Option<String>,
    /// Column that is 1 for units where the measure began and 0 for others, for `Did` and `DidPoisson`.
    pub treated: Option<String>,
    /// First time with the measure.
    pub from: String,
    pub method: EffectMethod,
    /// Expected number of events before the beginning, computed from the people of the area and the rates of other
    /// areas; for `BeforeAfter`. Together with `own_weight`, it gives the number of events that would be expected after
    /// the beginning without the measure.
    pub expected: Option<f64>,
    /// Share of the deviation from `expected` that belongs to the area itself and is not chance, from 0 to 1; for
    /// `BeforeAfter`. The indicators give this share.
    pub own_weight: Option<f64>,
    /// What may change where the measure begins, for `Its` and `Poisson`.
    pub model: Model,
    /// How the errors of `Its` are correlated.
    pub errors: Errors,
    /// Confidence level as a share, such as 0.95.
    pub confidence: f64,
}

fn of_effect(one: &evaluate::Effect) -> Value {
    json!({ "value": one.at.value, "low": one.at.low, "high": one.at.high, "standard_error": one.error, "p": one.p })
}

/// The different texts in order, and the place of each given text among them.
fn in_order(texts: &[&str]) -> (Vec<String>, Vec<usize>) {
    let mut names: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    names.sort();
    names.dedup();
    let place = |text: &&str| names.binary_search_by(|name| name.as_str().cmp(text)).unwrap_or_default();
    let places = texts.iter().map(place).collect();
    (names, places)
}

/// Effect of a measure on the values in a table.
///
/// # Errors
/// Fails if the table cannot be read or has a row without people; if no row has the time `from`; if two rows have the
/// same time (and unit); if a series lacks a time between its first and its last time; if a count is below zero; if a
/// difference has no column of units or of where the measure began, or if a unit is not wholly 1 or wholly 0 there; or
/// if the method needs more times, units or events than there are.
pub fn evaluate(order: &Evaluate) -> Result<Answer> {
    let table = Columns::read(&order.file)?;
    let found = Times::read(&table, &order.time)?;
    let is_series = matches!(order.method, EffectMethod::Its | EffectMethod::Poisson);
    if is_series && !found.missing.is_empty() {
        let (count, list) = (found.missing.len(), found.missing.iter().take(12).cloned().collect::<Vec<_>>());
        fail!("error.evaluate.times_missing", count, list = list.join(", "));
    }
    let from = found.place(&order.from);
    let Times { names: times, places, .. } = found;
    let from = from.about(|| {
        let (first, last) =
            (times.first().cloned().unwrap_or_default(), times.last().cloned().unwrap_or_default());
        message!("error.evaluate.from_there_no_such_time_they", from = order.from, first, last)
    })?;
    let values = table.numbers(&order.value)?;
    let people = order.population.as_deref().map(|name| table.amounts(name)).transpose()?;
    if let Some(place) = people.as_ref().and_then(|people| people.iter().position(|people| *people <= 0.0)) {
        fail!("error.evaluate.nobody_have_event", place = table.at(place));
    }
    if matches!(order.method, EffectMethod::Did | EffectMethod::DidPoisson) {
        return difference(order, &table, (&places, from), &values, people.as_deref());
    }
    // Without units, each time has one row.
    let mut rows: Vec<Option<usize>> = vec![None; times.len()];
    for (row, place) in places.iter().enumerate() {
        if let Some(other) = rows[*place].replace(row) {
            fail!(
                "error.evaluate.stands_there_already_row",
                row = table.at(row),
                place = times[*place],
                other = other + 1
            );
        }
    }
    let rows: Vec<usize> = rows.into_iter().flatten().collect();
    let values: Vec<f64> = rows.iter().map(|row| values[*row]).collect();
    let people: Option<Vec<f64>> = people.map(|people| rows.iter().map(|row| people[*row]).collect());
    match order.method {
        EffectMethod::BeforeAfter => before_after(order, from, &values, people),
        EffectMethod::Its | EffectMethod::Poisson | EffectMethod::Did | EffectMethod::DidPoisson => {
            series(order, from, &values, people)
        }
    }
}

/// Columns of an effect.
const COLUMNS: [&str; 5] = ["effect", "value", "from", "to", "p"];

/// An effect as a row: its name, value, interval and p.
fn effect_row(name: &str, one: &evaluate::Effect) -> Vec<Cell> {
    let name = Cell::Said(Message::under("effect", name));
    [vec![name], cells(one.at).to_vec(), vec![shown(one.p)]].concat()
}

/// A figure without an interval as a row.
fn single_row(name: &str, value: Cell) -> Vec<Cell> {
    let empty = || Cell::text("");
    vec![Cell::Said(Message::under("effect", name)), value, empty(), empty(), empty()]
}

fn too_few() -> Message {
    message!("error.evaluate.too_few", least = evaluate::LEAST)
}

fn series(order: &Evaluate, from: usize, values: &[f64], people: Option<Vec<f64>>) -> Result<Answer> {
    let is_count = order.method == EffectMethod::Poisson;
    let counts = || -> Result<()> {
        match values.iter().position(|value| *value < 0.0) {
            Some(place) => {
                fail!(
                    "error.evaluate.time_count_not_below_zero",
                    value = order.value,
                    place = values[place],
                    place2 = place + 1
                )
            }
            None => Ok(()),
        }
    };
    if let Errors::NeweyWest(Lags { count: lags, .. }) = order.errors
        && 2 * lags >= values.len()
    {
        fail!("error.evaluate.lags_series_times_tells_fewer_than", lags, values = values.len());
    }
    let kind = (order.model, order.errors.of());
    let found = match (is_count, &people) {
        (true, people) => {
            counts()?;
            let people = people.clone().unwrap_or_else(|| vec![1.0; values.len()]);
            evaluate::of_counts(values, &people, from, order.confidence, order.model)
        }
        (false, None) => evaluate::interrupted(values, from, order.confidence, kind),
        (false, Some(people)) => {
            let rates: Vec<f64> = values.iter().zip(people).map(|(value, people)| value / people).collect();
            evaluate::interrupted(&rates, from, order.confidence, kind)
        }
    };
    if is_count && from >= evaluate::LEAST {
        let sum = |values: &[f64]| values.iter().sum::<f64>();
        let sides = [("before", sum(&values[..from])), ("after", sum(&values[from..]))];
        if let Some((side, _)) = sides.iter().find(|(_, sum)| *sum == 0.0) {
            fail!(
                "error.evaluate.no_event_use_method_before_after",
                side = Message::under("side", side),
                from = order.from
            );
        }
    }
    Ok(of_series(order, &found.about(too_few)?, is_count, (from, values)))
}

/// The estimates of a series as an answer.
fn of_series(
    order: &Evaluate,
    found: &evaluate::Series,
    is_count: bool,
    (from, values): (usize, &[f64]),
) -> Answer {
    let mut table = Table::new("", &heads(COLUMNS));
    let names = if is_count {
        ["level_ratio", "slope_ratio", "slope_before_ratio", "intercept_rate"]
    } else {
        ["level", "slope", "slope_before", "intercept"]
    };
    let effects = [Some(found.level), found.slope, Some(found.before), Some(found.intercept)];
    for (name, one) in names.iter().zip(&effects) {
        table.rows.extend(one.as_ref().map(|one| effect_row(name, one)));
    }
    table.rows.extend(found.r_squared.map(|taken| single_row("r_squared", shown(taken))));
    table.rows.push(single_row("durbin_watson", shown(found.durbin_watson)));
    let detect = falls(order, found, is_count, (from, values));
    let value = json!({
        "schema": 1,
        "method": if is_count { "poisson" } else { "its" },
        "from": order.from,
        "times": { "before": from, "after": values.len() - from },
        "level": of_effect(&found.level),
        "model": if found.slope.is_some() { "level-and-slope" } else { "level" },
        "errors": if is_count { "poisson" } else { order.errors.word() },
        "slope": found.slope.as_ref().map(of_effect),
        "slope_before": of_effect(&found.before),
        "intercept": of_effect(&found.intercept),
        "r_squared": found.r_squared,
        "durbin_watson": found.durbin_watson,
        "unit": if is_count { "ratio" } else { "difference" },
        "confidence": order.confidence,
        "autocorrelation": found.autocorrelation,
        "lags": found.lags.map(|lags| lags.count),
        "small_sample": found.lags.map(|lags| lags.of_few),
        "leaning_on_the_one_before": found.leaning,
        "dispersion": found.dispersion,
        "after": { "seen": found.after.0, "without": found.after.1 },
        "detectable": { "power": evaluate::POWER, "falls": detect },
    });
    Answer { value, table }
}

/// The smallest falls that can be found. For counts: after 6, 12, 24 and 36 times with the measure. For other
/// values: after as many times with the measure as the table has.
fn falls(
    order: &Evaluate,
    found: &evaluate::Series,
    is_count: bool,
    (from, values): (usize, &[f64]),
) -> Vec<Value> {
    let fall_after = |after: usize, fall: Option<f64>| json!({ "times_after": after, "smallest_fall": fall });
    let each = values[..from].iter().sum::<f64>() / from as f64;
    let spread = found.dispersion.max(1.0);
    let of_counts = |after: usize| {
        let fall = evaluate::detectable(each, from as f64, after as f64, spread, order.confidence);
        fall_after(after, fall)
    };
    let after = values.len() - from;
    match is_count {
        true if each > 0.0 => [6, 12, 24, 36].map(of_counts).into(),
        true => Vec::new(),
        false => {
            let smallest = evaluate::findable(found.level.error, found.freedom, order.confidence);
            let without = found.after.1 / after as f64;
            let share = (without > 0.0).then(|| smallest / without).filter(|share| *share <= 1.0);
            vec![fall_after(after, share)]
        }
    }
}

fn before_after(order: &Evaluate, from: usize, values: &[f64], people: Option<Vec<f64>>) -> Result<Answer> {
    if from == 0 || values.iter().any(|value| *value < 0.0) {
        fail!("error.evaluate.times_before_counts_zero_more_needed", from = order.from);
    }
    let people = people.unwrap_or_else(|| vec![1.0; values.len()]);
    let sums =
        |from: usize, to: usize| (values[from..to].iter().sum::<f64>(), people[from..to].iter().sum::<f64>());
    let (before, after) = (sums(0, from), sums(from, values.len()));
    let found = evaluate::before_after(before, after, order.confidence);
    let mut table = Table::new("", &heads(COLUMNS));
    table.rows.push(effect_row("after_over_before", &found));
    // The number of events that would be expected after the beginning if the measure had not begun, given the number
    // of people after the beginning. A count that was high by chance falls by itself.
    let without = order
        .expected
        .zip(order.own_weight)
        .map(|(expected, own)| evaluate::toward_the_mean(before.0, expected, own) * after.1 / before.1);
    let times = (from as f64, (values.len() - from) as f64);
    let smallest = (before.0 > 0.0)
        .then(|| evaluate::detectable(before.0 / times.0, times.0, times.1, 1.0, order.confidence))
        .flatten();
    let rows = [
        ("expected_without", without.map_or(Cell::Unknown, shown)),
        ("smallest_fall", smallest.map_or(Cell::Unknown, |fall| shown(fall * 100.0))),
    ];
    for (name, value) in rows {
        table.rows.push(single_row(name, value));
    }
    let value = json!({
        "schema": 1, "method": "before-after", "unit": "ratio", "from": order.from, "confidence": order.confidence,
        "effect": of_effect(&found), "before": { "events": before.0, "population": before.1 },
        "after": { "events": after.0, "population": after.1 },
        "without": without, "smallest_fall": smallest, "power": evaluate::POWER,
    });
    Ok(Answer { value, table })
}

/// Least number of units with the measure, and least number without it, for an interval of a difference.
const LEAST_UNITS: usize = 3;

/// Checks that enough units have the measure, and that enough lack it, for an interval of a difference.
fn enough_units(order: &Evaluate, cells: &[evaluate::Cell], from: usize) -> Result<()> {
    let is_of_counts = order.method == EffectMethod::DidPoisson;
    // A unit is usable if it has cells both before and after the beginning. Under `DidPoisson`, it must also have an
    // event.
    let is_usable = |unit: usize| {
        let mine = || cells.iter().filter(|cell| cell.unit == unit);
        let both = mine().any(|cell| cell.time < from) && mine().any(|cell| cell.time >= from);
        both && (!is_of_counts || mine().any(|cell| cell.value > 0.0))
    };
    for side in [true, false] {
        let of_side: BTreeSet<usize> = cells
            .iter()
            .filter(|cell| cell.is_treated == side && is_usable(cell.unit))
            .map(|cell| cell.unit)
            .collect();
        if of_side.len() < LEAST_UNITS {
            fail!(
                "error.evaluate.units_where_tell_before_after_least",
                of_side = of_side.len(),
                begin = began(side),
                least_units = LEAST_UNITS
            );
        }
    }
    Ok(())
}

/// Words for units where the measure began, or did not.
fn began(began: bool) -> Message {
    Message::under("side", if began { "began" } else { "did_not_begin" })
}

fn difference(
    order: &Evaluate,
    table: &Columns,
    (places, from): (&[usize], usize),
    values: &[f64],
    people: Option<&[f64]>,
) -> Result<Answer> {
    let (Some(unit), Some(treated)) = (&order.unit, &order.treated) else {
        fail!("error.evaluate.did_needs_unit_treated")
    };
    let (names, treated) = (table.names(unit)?, table.text(treated)?);
    let (units, of) = in_order(&names);
    let mut cells_of = Vec::new();
    for row in 0..table.rows() {
        let is_treated = match treated[row].to_lowercase().as_str() {
            "1" | "ja" | "yes" | "true" => true,
            "0" | "nei" | "no" | "false" | "" => false,
            other => fail!("error.evaluate.not_1_0", row = table.at(row), other),
        };
        let value = people.map_or(values[row], |people| values[row] / people[row]);
        cells_of.push(evaluate::Cell { unit: of[row], time: places[row], value, is_treated });
    }
    for (place, cell) in cells_of.iter().enumerate() {
        let before = &cells_of[..place];
        if before.iter().any(|other| other.unit == cell.unit && other.is_treated != cell.is_treated) {
            fail!("error.evaluate.1_one_row_0_another", place = table.at(place), place2 = names[place]);
        }
        if before.iter().any(|other| (other.unit, other.time) == (cell.unit, cell.time)) {
            fail!("error.evaluate.stands_there_already_time", place = table.at(place), place2 = names[place]);
        }
    }
    enough_units(order, &cells_of, from)?;
    let is_count = order.method == EffectMethod::DidPoisson;
    let (found, left_out) = match is_count {
        true => of_counts(order, table, &cells_of, from, (values, people))?,
        false => {
            let found = evaluate::difference(&cells_of, from, order.confidence);
            (found.about(|| message!("error.evaluate.units_needed"))?, 0)
        }
    };
    let treated_units: BTreeSet<usize> =
        cells_of.iter().filter(|cell| cell.is_treated).map(|cell| cell.unit).collect();
    // For counts, the smallest fall is relative to the rate without the measure. For other values, it is relative to
    // the mean before the beginning, since the mean without the measure is unknown. A fall greater than the mean before
    // the beginning cannot be found.
    let before: Vec<f64> =
        cells_of.iter().filter(|cell| cell.is_treated && cell.time < from).map(|cell| cell.value).collect();
    let smallest = evaluate::findable(found.error, (units.len() - left_out - 1) as f64, order.confidence);
    let mean = before.iter().sum::<f64>() / before.len().max(1) as f64;
    let smallest = match is_count {
        true => Some(1.0 - (-smallest).exp()),
        false => (mean > 0.0).then(|| smallest / mean).filter(|share| *share <= 1.0),
    };
    let mut out = Table::new("", &heads(COLUMNS));
    out.rows.push(effect_row(if is_count { "times_the_others" } else { "more_than_the_others" }, &found));
    let smallest_shown = smallest.map_or(Cell::Unknown, |fall| shown(fall * 100.0));
    out.rows.push(single_row("smallest_fall", smallest_shown));
    let after: BTreeSet<usize> = places.iter().copied().filter(|time| *time >= from).collect();
    let value = json!({
        "schema": 1, "method": if is_count { "did-poisson" } else { "did" }, "unit": if is_count { "ratio" } else { "difference" },
        "from": order.from, "confidence": order.confidence, "effect": of_effect(&found),
        "units": { "treated": treated_units.len(), "others": units.len() - treated_units.len(), "without_events": left_out, "used": units.len() - left_out },
        "detectable": { "power": evaluate::POWER, "falls": [{ "times_after": after.len(), "smallest_fall": smallest }] },
    });
    Ok(Answer { value, table: out })
}

/// The effect as a ratio of rates, and the number of units that are left out because they have no event.
fn of_counts(
    order: &Evaluate,
    table: &Columns,
    cells: &[evaluate::Cell],
    from: usize,
    (values, people): (&[f64], Option<&[f64]>),
) -> Result<(evaluate::Effect, usize)> {
    if let Some(place) = values.iter().position(|value| *value < 0.0) {
        fail!("error.evaluate.below_zero_count_not", place = table.at(place), place2 = values[place]);
    }
    for (is_treated, is_after) in [(true, false), (true, true), (false, false), (false, true)] {
        let is_of = |cell: &evaluate::Cell| cell.is_treated == is_treated && (cell.time >= from) == is_after;
        let events: f64 =
            cells.iter().zip(values).filter(|(cell, _)| is_of(cell)).map(|(_, count)| count).sum();
        if events == 0.0 {
            fail!(
                "error.evaluate.no_event_where_ratio_cannot_formed",
                before = Message::under("side", if is_after { "after" } else { "before" }),
                from = order.from,
                begin = began(is_treated)
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
    evaluate::difference_of_counts(&counts, from, order.confidence)
        .about(|| message!("error.evaluate.units_events_where_began_others_both"))
}
