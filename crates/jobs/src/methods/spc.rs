//! A control chart (XmR) of any series.

use std::path::PathBuf;

use crate::failure::{About, Result, fail};
use serde_json::{Value, json};
use statistics::spc;
use words::{Message, message};

use super::times::Times;
use super::{Answer, shown};
use crate::columns::Columns;
use crate::table::{Table, heads};
use disclosure::Cell;

/// Input and options of [`spc()`].
pub struct Spc {
    /// Table with a head. If `label` is given, the rows may stand in any order.
    pub file: PathBuf,
    /// Column with the values.
    pub value: String,
    /// Column with the times; `None` takes the rows as they stand, from 1.
    pub label: Option<String>,
    /// Times from which limits are computed anew, each with its reason, as `2012-01=reformen`.
    pub rebase: Vec<String>,
}

/// Chart of the series in a table: limits, and the rules that each value meets.
///
/// # Errors
/// Fails if the table cannot be read, if a time stands twice, or if a time in `rebase` is unknown or has no reason.
pub fn spc(order: &Spc) -> Result<Answer> {
    let table = Columns::read(&order.file)?;
    let given = table.numbers(&order.value)?;
    let numbered: Vec<String> = (1..=given.len()).map(|row| row.to_string()).collect();
    let texts: Vec<&str> = match &order.label {
        Some(name) => table.text(name)?,
        None => numbered.iter().map(String::as_str).collect(),
    };
    let times = match &order.label {
        Some(name) => Times::read(&table, name)?,
        None => Times::of(&texts),
    };
    if times.names.len() < texts.len() {
        let twice =
            (0..texts.len()).find(|row| times.places[..*row].contains(&times.places[*row])).unwrap_or(0);
        fail!("error.spc.time_twice", time = texts[twice], row = table.at(twice));
    }
    let mut values = vec![0.0; given.len()];
    times.places.iter().zip(&given).for_each(|(place, value)| values[*place] = *value);
    let labels = &times.names;
    let mut rebased = Vec::new();
    for given in &order.rebase {
        let (at, reason) = given
            .split_once('=')
            .filter(|(_, reason)| !reason.trim().is_empty())
            .about(|| message!("error.spc.rebase_has_no_reason_give_2012", given))?;
        let place = times.place(at).about(|| message!("error.spc.rebase_there_no", at))?;
        rebased.push((place, reason.trim().to_owned()));
    }
    let at: Vec<usize> = rebased.iter().map(|(place, _)| *place).collect();
    let chart = spc::chart(&values, &at);
    let title = match times.missing.len() {
        0 => Message::default(),
        count => {
            let list = times.missing.iter().take(12).cloned().collect::<Vec<_>>().join(", ");
            message!("spc.missing", count, list)
        }
    };
    let mut shown_table = Table::new(title, &heads(["time", "value", "mean", "from", "to", "rules"]));
    let mut points = Vec::new();
    for (place, value) in values.iter().enumerate() {
        let Some(base) = chart.bases.iter().find(|base| (base.from..base.to).contains(&place)) else {
            continue;
        };
        let rules: Vec<&str> = chart.met[place].iter().map(|rule| rule.word()).collect();
        let (low, high) = base.limits.unzip();
        let limit = |of: Option<f64>| of.map_or(Cell::Unknown, shown);
        let limits = [shown(*value), shown(base.mean), limit(low), limit(high)];
        let (label, rules_met) = (Cell::text(&labels[place]), Cell::text(rules.join(" ")));
        shown_table.rows.push([vec![label], limits.to_vec(), vec![rules_met]].concat());
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
                "low": base.limits.map(|limits| limits.0), "high": base.limits.map(|limits| limits.1), "reason": reason(base.from),
            })
        })
        .collect();
    let value = json!({ "schema": 1, "method": "XmR", "rule_set": spc::RULE_SET, "rules": "Making Data Count", "run": spc::RUN, "least": spc::LEAST, "bases": bases, "points": points, "missing": times.missing });
    Ok(Answer { value, table: shown_table })
}
