//! The break-even chart: the gain of each party so far, year by year, and the year in which it has its money
//! back.

use crate::colour;
use crate::labels::{self, End, Places, Ring};
use crate::picture::{Anchor, Pen, Picture, Point};
use crate::scale::{Scale, drawable};
use crate::text::{lines, widest};

/// The line of one party.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Name of the party. It is broken at spaces if it is long.
    pub name: String,
    /// Gain so far at the end of each year. Values beyond the years are not drawn.
    pub values: Vec<f64>,
    pub dashed: bool,
}

/// Values that can be drawn, each with the place of its year.
type Known = Vec<(usize, f64)>;

const TOP: f64 = 34.0;

/// Draws a line for each party, as SVG. `unit` names the values, and `title` is the text for screen readers.
///
/// A ring marks the first crossing from below zero to above, with the year in which it happens.
pub fn breakeven(
    years: &[String],
    series: &[Series],
    width: i64,
    unit: &str,
    title: &str,
    font: &str,
) -> String {
    let mut picture = Picture::new(width);
    let known = |series: &Series| -> Known {
        series
            .values
            .iter()
            .copied()
            .enumerate()
            .take(years.len())
            .filter(|(_, value)| drawable(*value))
            .collect()
    };
    let known: Vec<Known> = series.iter().map(known).collect();
    let mut scale = Scale::of(known.iter().flatten().map(|(_, value)| *value), true);
    scale.signed = true;
    let left = scale.widest() + 8.0;
    let names: Vec<Vec<String>> =
        series.iter().map(|series| lines(&series.name, picture.width * 0.3, 3)).collect();
    let right = picture.width - widest(names.iter().flatten()) - 18.0;
    let places = Places { left: left + 10.0, right: right - 2.0, count: years.len() };
    let room: f64 = names.iter().map(|name| labels::tall(name)).sum();
    let bottom = TOP + room.max(200.0);
    let scale = scale.placed(bottom, TOP);

    picture.text((0.0, 12.0), Anchor::Start, colour::MUTED, unit);
    scale.upright(&mut picture, left, right);
    let zero = Pen { colour: colour::INK, thick: 2.0, dash: "" };
    picture.line(&[(left, scale.at(0.0)), (right, scale.at(0.0))], zero);
    let (mut drawn, mut line_ends, mut rings) = (Vec::new(), Vec::new(), Vec::new());
    let at = |(year, value): &(usize, f64)| (places.at(*year as f64), scale.at(*value));
    for (place, ((known, series), lines)) in known.iter().zip(series).zip(names).enumerate() {
        let colour = colour::SERIES[place % colour::SERIES.len()];
        let pen = Pen { colour, thick: 2.0, dash: if series.dashed { "7 4" } else { "" } };
        for run in known.chunk_by(|one, next| next.0 == one.0 + 1) {
            let points: Vec<Point> = match run {
                // A year without neighbours gets a short line, so that it can be seen.
                [alone] => vec![(at(alone).0 - 4.0, at(alone).1), (at(alone).0 + 4.0, at(alone).1)],
                run => run.iter().map(at).collect(),
            };
            picture.line(&points, pen);
            drawn.push(points);
        }
        if let Some((from, year)) = crossing(known) {
            rings.push(Ring { at: (places.at(from), scale.at(0.0)), label: &years[year], colour });
        }
        line_ends.extend(known.last().map(|last| End { at: at(last), lines, colour }));
    }
    labels::rings(&mut picture, &rings, &drawn, [left, TOP - 12.0, right, bottom]);
    labels::ends(&mut picture, &line_ends, right + 16.0, TOP - 8.0, bottom + 8.0);
    let names: Vec<&str> = years.iter().map(String::as_str).collect();
    places.named(&mut picture, &names, bottom + 4.0);
    picture.finished(bottom + 30.0, title, font)
}

/// First crossing from below zero to above: the place of the crossing among the years, with a fraction between two
/// years, and the place of the first known year at or after the crossing. `None` if there is no crossing.
fn crossing(known: &[(usize, f64)]) -> Option<(f64, usize)> {
    let mut under = None;
    for (place, (_, value)) in known.iter().enumerate() {
        if *value < 0.0 {
            under = Some(place);
        } else if *value > 0.0
            && let Some(under) = under
        {
            let ((from, below), (to, above)) = (known[under], known[under + 1]);
            return Some((from as f64 + (to - from) as f64 * (-below / (above - below)), to));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{AWKWARD, tidy, well_formed};

    fn series(name: &str, first: f64, each: f64, dashed: bool) -> Series {
        let values = (0..12).map(|year| first + each * f64::from(year)).collect();
        Series { name: name.to_owned(), values, dashed }
    }

    fn years() -> Vec<String> {
        (2026..2038).map(|year| year.to_string()).collect()
    }

    fn example() -> Vec<Series> {
        vec![
            series("Kommunane samla", -120.0, 21.0, false),
            series("Helseføretaket", -45.0, 14.5, true),
            series("Staten", 12.0, 2.0, false),
            series("Pasientar & pårørande", -8.0, 3.1, true),
            series("Samfunnet i alt", -161.0, 40.6, false),
        ]
    }

    #[test]
    fn lines_are_drawn() {
        let title = "Samla gevinst for kvar part";
        for width in [360, 640, 760] {
            tidy(&breakeven(&years(), &example(), width, "mill. kr", title, "sans-serif"));
        }
        let svg = breakeven(&years(), &example(), 640, "mill. kr", title, "sans-serif");
        for part in [title, ">mill. kr<", ">Staten<", ">+", ">\u{2212}", "&amp;"] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        expect_test::expect_file!["../tests/breakeven.svg"].assert_eq(&svg);
    }

    #[test]
    fn the_first_crossing_is_found() {
        let of = |values: &[f64]| crossing(&values.iter().copied().enumerate().collect::<Vec<_>>());
        assert_eq!(of(&[-1.0, 1.0, -1.0, 1.0]), Some((0.5, 1)));
        assert_eq!(of(&[-1.0, 0.0, 1.0]), Some((1.0, 1)));
        for never in [&[-1.0, 0.0, -1.0][..], &[1.0, -1.0], &[0.0, 1.0], &[]] {
            assert_eq!(of(never), None);
        }
    }

    #[test]
    fn no_values_break_the_drawing() {
        well_formed(&breakeven(&[], &[series("a", 0.0, 0.0, true)], 360, "kr", "<\"a\" & b>", "x"));
        well_formed(&breakeven(&years(), &[], 360, "kr", "a", "x"));
        for one in AWKWARD {
            for other in AWKWARD {
                let series = |values: Vec<f64>| Series { name: "a".to_owned(), values, dashed: false };
                let some = [series(vec![one, other, one]), series(vec![other]), series(vec![])];
                well_formed(&breakeven(&years(), &some, 360, "kr", "a", "x"));
                well_formed(&breakeven(&years()[..1], &some, 640, "kr", "a", "x"));
            }
        }
    }
}
