//! Winners and losers of a scenario by a background variable of the municipalities, such as education or income.

use disclosure::{Beneath, Cell, RawTable, SafeTable};
use domain::Amount;
use simulation::Municipality;
use simulation::scenario::part;
use words::{Message, message};

use super::heads;
use crate::by_municipality::Backgrounds;
use crate::parties::code_of;

/// Number of parts that the municipalities are divided into by a variable.
const PARTS: usize = 5;

/// Fewest municipalities of a part. With fewer, the mean of a part would tell of single municipalities.
const FEWEST: usize = 10;

/// For each variable, the municipalities in five parts from its lowest values to its highest: net per inhabitant, and
/// how many lose and gain. Municipalities with the same value are in the same part.
///
/// Only those that `is_shown` are in: every part can then be computed from what is published of its municipalities.
pub(super) fn sheet(
    known: &Backgrounds,
    municipalities: &[Municipality],
    is_shown: &dyn Fn(&Municipality) -> bool,
) -> SafeTable {
    let about = message!("simulate.about.backgrounds", path = known.path.display(), fewest = FEWEST);
    let heads = heads([
        "simulate.column.variable",
        "simulate.column.part",
        "simulate.column.from_value",
        "simulate.column.to_value",
        "simulate.column.municipalities",
        "column.people",
        "simulate.column.net_per_inhabitant_ore",
        "simulate.column.losers",
        "simulate.column.winners",
    ]);
    let mut sheet = RawTable::new(message!("simulate.sheet.backgrounds"), about, &heads, 2);
    for (place, name) in known.names.iter().enumerate() {
        let value = |one: &Municipality| known.of.get(code_of(&one.place.debtor)).map(|values| values[place]);
        let mut all: Vec<(f64, &Municipality)> = municipalities
            .iter()
            .filter(|one| one.people > 0 && is_shown(one))
            .filter_map(|one| Some((value(one)?, one)))
            .collect();
        all.sort_by(|one, other| one.0.total_cmp(&other.0));
        for (part, inside) in parts(&all).into_iter().enumerate() {
            sheet.row(row(name, part, inside), Beneath::NoPerson);
        }
    }
    sheet.protect()
}

/// Divides municipalities, in order of a value, into [`PARTS`] of about as many each; equal values are never divided, so a
/// part may be empty.
fn parts<T>(all: &[(f64, T)]) -> [&[(f64, T)]; PARTS] {
    let mut begin = 0;
    std::array::from_fn(|part| {
        let end = all.len() * (part + 1) / PARTS;
        // Those with the value of the last one go with it.
        let end = match all.get(end.wrapping_sub(1)) {
            Some((last, _)) => all.partition_point(|(value, _)| value.total_cmp(last).is_le()),
            None => end,
        };
        let inside = &all[begin..std::cmp::max(begin, end)];
        begin = std::cmp::max(begin, end);
        inside
    })
}

fn row(name: &str, part: usize, inside: &[(f64, &Municipality)]) -> Vec<Cell> {
    let mut row = vec![Cell::text(name), Cell::Said(Message::plain(format!("{} / {PARTS}", part + 1)))];
    let value = |at: Option<&(f64, &Municipality)>| {
        at.map_or(Cell::Unknown, |(value, _)| Cell::Decimal((value * 1000.0).round() as i64))
    };
    row.extend([value(inside.first()), value(inside.last()), Cell::Count(inside.len() as i64)]);
    if inside.len() < FEWEST {
        row.extend(std::iter::repeat_n(if inside.is_empty() { Cell::Unknown } else { Cell::Withheld }, 4));
        return row;
    }
    let people: i64 = inside.iter().map(|(_, one)| one.people).sum();
    let net: Amount = inside.iter().map(|(_, one)| one.net()).sum();
    let each = Amount::from_kroner(part_of_kroner(net, people));
    let number = |holds: &dyn Fn(Amount) -> bool| {
        Cell::Count(inside.iter().filter(|(_, one)| holds(one.net())).count() as i64)
    };
    row.extend([
        Cell::Count(people),
        Cell::kroner(each),
        number(&|net| net > Amount::ZERO),
        number(&|net| net < Amount::ZERO),
    ]);
    row
}

/// An amount per inhabitant in whole kroner.
fn part_of_kroner(net: Amount, people: i64) -> i64 {
    part(part(net, 1, people), 1, 100).ore()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_stay_together() {
        let of = |values: &[f64]| {
            let all: Vec<(f64, ())> = values.iter().map(|value| (*value, ())).collect();
            parts(&all).map(<[_]>::len)
        };
        assert_eq!(of(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]), [2; 5]);
        assert_eq!(of(&[1.0, 2.0, 2.0, 2.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]), [5, 0, 1, 2, 2]);
        assert_eq!(of(&[]), [0; 5]);
    }
}
