//! The fan: expected values with their bands, and the actual values once they are known.

use crate::colour;
use crate::labels::{End, Places, ends};
use crate::picture::{Anchor, Pen, Picture, Point};
use crate::scale::{Scale, drawable, shown};
use crate::text::widest;

/// A period of the fan.
///
/// The quantiles of a period without an expectation are NaN: only its actual value is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct FanPoint {
    pub label: String,
    /// One outcome in ten is lower.
    pub p10: f64,
    /// One outcome in four is lower.
    pub p25: f64,
    pub p50: f64,
    /// One outcome in four is higher.
    pub p75: f64,
    /// One outcome in ten is higher.
    pub p90: f64,
    /// `None` until the value is known.
    pub actual: Option<f64>,
}

impl FanPoint {
    fn quantiles(&self) -> [f64; 5] {
        [self.p10, self.p25, self.p50, self.p75, self.p90]
    }
}

const TOP: f64 = 30.0;
const BOTTOM: f64 = 230.0;

/// Draws the fan as SVG. `unit` is the unit of the values, written above the axis; `title` is the text for screen readers.
///
/// The numbers at the right are the ninth decile, the median and the first decile of the last period with quantiles.
pub fn fan(points: &[FanPoint], width: i64, unit: &str, title: &str, font: &str) -> String {
    let mut picture = Picture::new(width);
    let actual = |point: &FanPoint| point.actual.filter(|value| drawable(*value));
    let values = points.iter().flat_map(|point| point.quantiles().into_iter().chain(actual(point)));
    let scale = Scale::of(values, false).placed(BOTTOM, TOP);
    let last = points.iter().rposition(|point| point.quantiles().into_iter().all(drawable));
    let end_texts = last.into_iter().flat_map(|place| {
        let point = &points[place];
        [point.p90, point.p50, point.p10].map(|value| (place, value, shown(value, scale.fine)))
    });
    let mut end_texts: Vec<(usize, f64, String)> = end_texts.collect();
    end_texts.dedup_by(|one, other| one.2 == other.2);
    let left = scale.widest() + 8.0;
    let right = picture.width - widest(end_texts.iter().map(|(_, _, text)| text)) - 16.0;
    let places = Places { left: left + 12.0, right: right - 2.0, count: points.len() };

    picture.text((0.0, 12.0), Anchor::Start, colour::MUTED, unit);
    scale.upright(&mut picture, left, right);
    let mut run: Vec<(f64, [f64; 5])> = Vec::new();
    for (place, point) in points.iter().enumerate() {
        if point.quantiles().into_iter().all(drawable) {
            run.push((places.at(place as f64), point.quantiles().map(|value| scale.at(value))));
        } else {
            bands(&mut picture, &std::mem::take(&mut run));
        }
    }
    bands(&mut picture, &run);
    let came = |(place, point)| actual(point).map(|value| (places.at(place as f64), scale.at(value)));
    let dots: Vec<Point> = points.iter().enumerate().filter_map(came).collect();
    if !dots.is_empty() {
        picture.dots(&dots, 4.0, " stroke=\"#fff\"");
    }
    let end = |(place, value, text)| {
        let at = (places.at(place as f64), scale.at(value));
        End { at, lines: vec![text], colour: colour::MUTED }
    };
    let end_texts: Vec<End<'_>> = end_texts.into_iter().map(end).collect();
    ends(&mut picture, &end_texts, right + 14.0, TOP - 8.0, BOTTOM + 8.0);
    let names: Vec<&str> = points.iter().map(|point| point.label.as_str()).collect();
    places.named(&mut picture, &names, BOTTOM + 4.0);
    picture.finished(BOTTOM + 30.0, title, font)
}

/// Draws the bands and the median of consecutive periods. A single period gets some breadth.
fn bands(picture: &mut Picture, run: &[(f64, [f64; 5])]) {
    let run: Vec<(f64, [f64; 5])> = match run {
        [] => return,
        [(x, levels)] => vec![(x - 8.0, *levels), (x + 8.0, *levels)],
        run => run.to_vec(),
    };
    let along = |level: usize| run.iter().map(move |(x, levels)| (*x, levels[level]));
    for (low, high, fill) in [(0, 4, colour::BAND_LIGHT), (1, 3, colour::BAND)] {
        let around: Vec<Point> = along(high).chain(along(low).rev()).collect();
        picture.area(&around, fill);
    }
    for (level, thick, dash) in [(0, 1.0, "3 3"), (4, 1.0, "3 3"), (2, 2.0, "")] {
        let points: Vec<Point> = along(level).collect();
        picture.line(&points, Pen { colour: colour::TOTAL, thick, dash });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{AWKWARD, tidy, well_formed};

    fn example() -> Vec<FanPoint> {
        let months =
            ["jan.", "feb.", "mars", "april", "mai", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "des."];
        let point = |(place, month): (usize, &&str)| {
            let spread = 4.0 + 2.0 * place as f64;
            let p50 = 100.0 * (place + 1) as f64 - 12.0 * (place % 3) as f64;
            let actual = (place < 5).then_some(p50 + 9.0 - 5.0 * place as f64);
            let label = format!("{month} 2026");
            let [p10, p25, p75, p90] = [-4.0, -2.0, 2.2, 5.0].map(|times| p50 + times * spread);
            FanPoint { label, p10, p25, p50, p75, p90, actual }
        };
        months.iter().enumerate().map(point).collect()
    }

    #[test]
    fn a_fan_is_drawn() {
        let title = "Avregning hittil og ventet";
        for width in [360, 640, 760] {
            tidy(&fan(&example(), width, "mill. kr", title, "sans-serif"));
        }
        let svg = fan(&example(), 640, "mill. kr", title, "sans-serif");
        for part in [title, ">mill. kr<", ">des. 2026<", "1\u{a0}"] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        expect_test::expect_file!["../tests/fan.svg"].assert_eq(&svg);
    }

    #[test]
    fn no_values_break_the_drawing() {
        well_formed(&fan(&[], 360, "kr", "<\"a\" & b>", "x"));
        for one in AWKWARD {
            for other in AWKWARD {
                let point = |p50: f64, actual: Option<f64>| FanPoint {
                    label: "a".to_owned(),
                    p10: one,
                    p25: one,
                    p50,
                    p75: one,
                    p90: one,
                    actual,
                };
                well_formed(&fan(&[point(one, Some(other))], 360, "kr", "a", "x"));
                let gap = [point(one, None), point(other, Some(one)), point(one, Some(other))];
                well_formed(&fan(&gap, 640, "kr", "a", "x"));
            }
        }
    }
}
