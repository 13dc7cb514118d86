//! Inequality over municipalities: how each rate differs from the lowest to the highest in a background variable.

use disclosure::{Beneath, Cell, SafeTable};
use statistics::figures::{Figure, Figures};
use statistics::indicator::Kind;
use statistics::inequality::{Inequality, Place, inequality};
use words::{Message, message};

use super::{Outcome, sheet_showing, thousandths};
use crate::by_municipality::Backgrounds;

/// Sheet of the slope index of each rate over each variable.
pub(super) fn sheet(known: &Backgrounds, outcome: &Outcome) -> SafeTable {
    let shows = message!("indicators.shows.inequality", path = known.path.display());
    let mut sheet = sheet_showing("inequality", shows, HEADS);
    for (_, one, found) in outcome.written().filter(|(_, one, _)| one.kind == Kind::Rate) {
        for (place, name) in known.names.iter().enumerate() {
            let mut row = vec![
                Cell::Text(one.id.clone()),
                Cell::Text(outcome.title(one).to_owned()),
                Cell::Text(name.clone()),
                Cell::Said(Outcome::unit(one)),
            ];
            row.extend(cells(found, inequality(&places(known, outcome, found, place))));
            sheet.row(row, Beneath::Decided);
        }
    }
    sheet.protect()
}

/// Municipalities that have inhabitants and a value of the variable.
fn places(known: &Backgrounds, outcome: &Outcome, found: &Figures, variable: usize) -> Vec<Place> {
    let place = |(code, figure): (&String, &Figure)| {
        let people = outcome.inhabited.mean_of(code)? as f64;
        let background = *known.of.get(code)?.get(variable)?;
        let ratio = figure.ratio.filter(|_| !figure.is_withheld);
        Some(Place { people, background, ratio: ratio.map(|ratio| (ratio.value, figure.expected)) })
    };
    outcome.counts.homes.iter().zip(&found.homes).filter_map(place).collect()
}

const HEADS: [&str; 13] = [
    "indicator",
    "title",
    "variable",
    "unit",
    "municipalities_in_line",
    "lowest_end",
    "highest_end",
    "slope",
    "slope_low",
    "slope_high",
    "slope_ratio",
    "p",
    "inequality",
];

/// Cells of a row, from the number of municipalities on. Ratios are told on the scale of the country's rate.
fn cells(found: &Figures, of: Option<Inequality>) -> Vec<Cell> {
    let country = found.country.crude.filter(|_| !found.country.is_withheld);
    let Some((of, country)) = of.zip(country) else {
        let mut row = vec![Cell::Unknown; HEADS.len() - 5];
        row.push(Cell::Said(message!("indicators.inequality.too_few")));
        return row;
    };
    let scaled = |ratio: f64| thousandths(ratio * country.value);
    let [lowest, highest] = of.ends;
    let mut row = vec![Cell::Count(of.places as i64), scaled(lowest), scaled(highest)];
    row.extend([of.slope.value, of.slope.low, of.slope.high].map(scaled));
    let is_positive = lowest > 0.0 && highest > 0.0;
    row.push(if is_positive { thousandths(highest / lowest) } else { Cell::Unknown });
    row.push(thousandths(of.p));
    row.push(Cell::Said(verdict(of)));
    row
}

/// What the slope says, in words.
fn verdict(of: Inequality) -> Message {
    let word = match (of.slope.low > 0.0, of.slope.high < 0.0) {
        (true, _) => "higher",
        (_, true) => "lower",
        _ => "chance",
    };
    Message::under("indicators.inequality", word)
}
