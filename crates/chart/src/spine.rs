//! The spine chart (`stakett`) of a profile: how far a place is from what was expected. Each row of a table has one
//! picture, and beside the picture a line chart of the years.

use crate::colour;
use crate::picture::{Anchor, Pen, Picture, Point};
use crate::scale::drawable;

/// Whether a place is inside the limits of the funnel, and if not, which limits it is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Inside: a filled dot.
    AsExpected,
    /// Outside the inner limits, 95 %: an open ring.
    MayDiffer,
    /// Outside the outer limits, 99.8 %: a triangle.
    Differs,
}

/// A row of the spine. Every value is a ratio to what was expected: 1 is as expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub value: f64,
    /// Ends of the 95 % interval.
    pub interval: (f64, f64),
    pub standing: Standing,
    /// Ratio of the region that the place lies in.
    pub region: Option<f64>,
    /// Ratios of the places in the place's own group of sizes: first decile, first quartile, third quartile, ninth decile.
    pub peers: Option<[f64; 4]>,
}

const WIDTH: f64 = 220.0;
const HEIGHT: f64 = 26.0;
/// Room, at each end of the scale, for the arrow of an interval that extends beyond the scale; in pixels.
const ARROW: f64 = 10.0;

/// Draws a row, as SVG. The scale goes from `1 − reach` to `1 + reach`. Five lines stand at 1, at a third of
/// `reach` to each side of 1, and at two thirds of it to each side. `title` is the text for screen readers.
/// Without a mark, only these five lines are drawn.
pub fn row(mark: Option<&Mark>, reach: f64, title: &str, font: &str) -> String {
    let mut picture = Picture::small(WIDTH);
    let y = HEIGHT / 2.0;
    for step in -2..=2 {
        let x = at(1.0 + f64::from(step) * reach / 3.0, reach);
        let pen = match step {
            0 => Pen { colour: colour::MUTED, thick: 1.6, dash: "" },
            _ => Pen { colour: colour::GRID, thick: 1.0, dash: "" },
        };
        picture.line(&[(x, 0.0), (x, HEIGHT)], pen);
    }
    let Some(mark) = mark.filter(|mark| drawable(mark.value)) else {
        return picture.finished(HEIGHT, title, font);
    };
    if let Some(peers) = mark.peers.filter(|peers| peers.iter().all(|one| drawable(*one))) {
        let [first, lower, upper, last] = peers.map(|one| at(one, reach));
        picture.block((first, y - 9.0), (last, y + 9.0), colour::BAND_LIGHT);
        picture.block((lower, y - 9.0), (upper, y + 9.0), colour::BAND);
    }
    interval(&mut picture, mark.interval, y, reach);
    if let Some(region) = mark.region.filter(|region| drawable(*region)) {
        picture.diamond((at(region, reach), y), 7.0, colour::INK);
    }
    standing(&mut picture, (at(mark.value, reach), y), mark.standing);
    picture.finished(HEIGHT, title, font)
}

/// Draws one sign by itself, for the explanation of the chart: that of a standing, the interval, the region or the peers.
pub fn sign(of: Sign, title: &str, font: &str) -> String {
    let mut picture = Picture::small(2.0 * HEIGHT);
    let middle = (HEIGHT, HEIGHT / 2.0);
    match of {
        Sign::Standing(of) => standing(&mut picture, middle, of),
        Sign::Interval => {
            let pen = Pen { colour: colour::INK, thick: 2.0, dash: "" };
            picture.line(&[(14.0, middle.1), (46.0, middle.1)], pen);
            for x in [14.0, 46.0] {
                picture.line(&[(x, middle.1 - 5.0), (x, middle.1 + 5.0)], pen);
            }
        }
        Sign::Region => picture.diamond(middle, 7.0, colour::INK),
        Sign::Peers => {
            picture.block((8.0, 6.0), (52.0, 24.0), colour::BAND_LIGHT);
            picture.block((20.0, 6.0), (40.0, 24.0), colour::BAND);
        }
    }
    picture.finished(HEIGHT, title, font)
}

/// A sign that the explanation of the chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Standing(Standing),
    Interval,
    Region,
    Peers,
}

/// Draws the head of the column: `words` are the texts at two thirds of the reach below what is expected, at what is
/// expected, and at two thirds above.
pub fn axis(words: [&str; 3], reach: f64, title: &str, font: &str) -> String {
    let mut picture = Picture::small(WIDTH);
    for (step, word) in [-2.0, 0.0, 2.0].into_iter().zip(words) {
        picture.text((at(1.0 + step * reach / 3.0, reach), 14.0), Anchor::Middle, colour::MUTED, word);
    }
    picture.finished(18.0, title, font)
}

/// Draws the values of a place, one per year, as a line, as SVG. A value that cannot be drawn breaks the line; a dot marks
/// the last value, if it can be drawn.
pub fn years(values: &[f64], title: &str, font: &str) -> String {
    const WIDE: f64 = 90.0;
    let mut picture = Picture::small(WIDE);
    let known = || values.iter().copied().filter(|value| drawable(*value));
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let high = if high > low { high } else { low + 1.0 };
    let step = (WIDE - 16.0) / values.len().saturating_sub(1).max(1) as f64;
    let point = |place: usize, value: f64| -> Point {
        (6.0 + place as f64 * step, HEIGHT - 6.0 - (value - low) / (high - low) * (HEIGHT - 12.0))
    };
    let mut line: Vec<Point> = Vec::new();
    let pen = Pen { colour: colour::DOT, thick: 2.4, dash: "" };
    for (place, value) in values.iter().enumerate() {
        match drawable(*value) {
            true => line.push(point(place, *value)),
            false => picture.line(&std::mem::take(&mut line), pen),
        }
    }
    picture.line(&line, pen);
    if let Some(last) = line.last() {
        picture.disc(*last, 4.0, colour::INK);
    }
    picture.finished(HEIGHT, title, font)
}

/// Place of a ratio in the picture. A ratio beyond the scale is placed at its end.
fn at(ratio: f64, reach: f64) -> f64 {
    let half = WIDTH / 2.0 - ARROW;
    WIDTH / 2.0 + ((ratio - 1.0) / reach).clamp(-1.0, 1.0) * half
}

/// Draws an interval. An end beyond the scale is an arrow, any other end a short stroke.
fn interval(picture: &mut Picture, (low, high): (f64, f64), y: f64, reach: f64) {
    if !drawable(low) || !drawable(high) {
        return;
    }
    let pen = Pen { colour: colour::INK, thick: 2.0, dash: "" };
    picture.line(&[(at(low, reach), y), (at(high, reach), y)], pen);
    for (end, side) in [(low, -1.0), (high, 1.0)] {
        let x = at(end, reach);
        match (end - 1.0) * side > reach {
            true => {
                let tip = x + side * (ARROW - 2.0);
                picture.area(&[(tip, y), (x, y - 5.0), (x, y + 5.0)], colour::INK);
            }
            false => picture.line(&[(x, y - 5.0), (x, y + 5.0)], pen),
        }
    }
}

fn standing(picture: &mut Picture, (x, y): Point, of: Standing) {
    match of {
        Standing::AsExpected => picture.disc((x, y), 6.0, colour::INK),
        Standing::MayDiffer => {
            picture.ring((x, y), 6.5, colour::MORE);
            picture.ring((x, y), 5.5, colour::MORE);
        }
        Standing::Differs => {
            picture.area(&[(x, y - 8.5), (x - 8.5, y + 6.5), (x + 8.5, y + 6.5)], colour::MORE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{AWKWARD, tidy, well_formed};

    fn mark(value: f64, interval: (f64, f64)) -> Mark {
        let peers = Some([0.9, 0.96, 1.03, 1.1]);
        Mark { value, interval, standing: Standing::AsExpected, region: Some(0.97), peers }
    }

    #[test]
    fn a_row_is_drawn() {
        let drawn = row(Some(&mark(1.05, (1.01, 1.09))), 0.15, "Innleggelser", "sans-serif");
        tidy(&drawn);
        // 1.05 stands a third of the half scale to the right of the middle.
        assert!(drawn.contains("cx=\"143.3\""), "{drawn}");
        let out = row(Some(&mark(1.4, (1.1, 1.9))), 0.15, "Innleggelser", "sans-serif");
        assert!(out.contains("points=\"218,13 210,8 210,18\""), "the interval goes on: {out}");
        for standing in [Standing::AsExpected, Standing::MayDiffer, Standing::Differs] {
            well_formed(&row(Some(&Mark { standing, ..mark(1.0, (0.9, 1.1)) }), 0.6, "a & b", "sans-serif"));
        }
        let hidden = row(None, 0.15, "for få", "sans-serif");
        assert!(!hidden.contains("circle") && hidden.matches("polyline").count() == 5, "{hidden}");
        expect_test::expect_file!["../tests/spine.svg"].assert_eq(&drawn);
    }

    #[test]
    fn heads_signs_and_years_are_drawn() {
        tidy(&axis(["−10 %", "som ventet", "+10 %"], 0.15, "avvik", "sans-serif"));
        for of in [
            Sign::Standing(Standing::Differs),
            Sign::Standing(Standing::MayDiffer),
            Sign::Interval,
            Sign::Region,
            Sign::Peers,
        ] {
            well_formed(&sign(of, "tegn", "sans-serif"));
        }
        let line = years(&[3.0, 1.0, f64::NAN, 2.0, 4.0], "2010–2014", "sans-serif");
        assert_eq!(line.matches("polyline").count(), 2, "a gap stays a gap: {line}");
        well_formed(&line);
        well_formed(&years(&[], "ingen", "sans-serif"));
        well_formed(&years(&[2.0, 2.0, 2.0], "uendret", "sans-serif"));
    }

    #[test]
    fn awkward_values_are_survived() {
        for value in AWKWARD {
            for other in AWKWARD {
                let mark =
                    Mark { region: Some(other), peers: Some([other; 4]), ..mark(value, (other, value)) };
                well_formed(&row(Some(&mark), 0.3, "x", "sans-serif"));
                well_formed(&years(&[value, other, value], "x", "sans-serif"));
            }
        }
    }
}
