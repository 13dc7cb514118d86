//! The range chart: for each group the median, the interval of the middle 80 %, and every municipality.

use crate::colour;
use crate::picture::{Anchor, Pen, Picture, Point};
use crate::scale::{Scale, drawable, shown};
use crate::text::{LINE, kept, lines, widest};

/// A group of municipalities.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Name of the group; a long name is broken at spaces.
    pub label: String,
    /// First decile: a tenth of the group has lower values.
    pub low: f64,
    /// The median.
    pub middle: f64,
    /// Ninth decile: a tenth of the group has higher values.
    pub high: f64,
    /// Value of every municipality in the group.
    pub dots: Vec<f64>,
}

const TOP: f64 = 38.0;
const ROW: f64 = 52.0;

/// Draws a row for each group, as SVG. `unit` names the values, and `title` is the text for screen readers.
pub fn range(groups: &[Group], width: i64, unit: &str, title: &str, font: &str) -> String {
    let mut picture = Picture::new(width);
    let wide = picture.width;
    let labels: Vec<Vec<String>> = groups.iter().map(|group| lines(&group.label, wide * 0.3, 3)).collect();
    let values = groups.iter().flat_map(|group| {
        [group.low, group.middle, group.high].into_iter().chain(group.dots.iter().copied())
    });
    let scale = Scale::of(values, true);
    let half = scale.widest() / 2.0 + 1.0;
    let left = (widest(labels.iter().flatten()) + 12.0).max(half);
    let scale = scale.placed(left, wide - half);
    let bottom = TOP + ROW * groups.len().max(1) as f64;
    picture.text((0.0, 12.0), Anchor::Start, colour::MUTED, unit);
    scale.along(&mut picture, TOP - 7.0, TOP, bottom);
    for (place, (group, label)) in groups.iter().zip(&labels).enumerate() {
        let top = TOP + ROW * place as f64;
        let first = top + 28.0 - LINE * (label.len() as f64 - 1.0) / 2.0;
        for (line, part) in label.iter().enumerate() {
            picture.text((0.0, first + LINE * line as f64), Anchor::Start, colour::INK, part);
        }
        row(&mut picture, group, &scale, top, left);
    }
    picture.finished(bottom + 4.0, title, font)
}

/// Draws a group: the interval with its median, and the municipalities in a strip below.
fn row(picture: &mut Picture, group: &Group, scale: &Scale, top: f64, left: f64) {
    let dots: Vec<Point> = group
        .dots
        .iter()
        .enumerate()
        .filter(|(_, value)| drawable(**value))
        .map(|(place, value)| (scale.at(*value), top + 36.0 + jitter(place) * 11.0))
        .collect();
    if !dots.is_empty() {
        picture.dots(&dots, 2.0, " fill-opacity=\".5\"");
    }
    let y = top + 25.0;
    if drawable(group.low) && drawable(group.high) {
        let pen = Pen { colour: colour::TOTAL, thick: 6.0, dash: "" };
        picture.line(&[(scale.at(group.low), y), (scale.at(group.high), y)], pen);
    }
    if drawable(group.middle) {
        let x = scale.at(group.middle);
        picture.ring((x, y), 5.0, colour::INK);
        let text = shown(group.middle, scale.fine);
        let x = kept(x, &text, left, picture.width);
        picture.text_over((x, top + 14.0), Anchor::Middle, colour::INK, &text);
    }
}

/// Height of a dot in its strip, from 0 to 1. Only the dot's place in the list decides the height, so that the same
/// dots give the same bytes.
fn jitter(place: usize) -> f64 {
    let mixed = (place as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 48) as f64 / 65_535.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{AWKWARD, tidy, well_formed};

    fn example() -> Vec<Group> {
        let group = |label: &str, low: f64, middle: f64, high: f64, count: usize| {
            // Straight lines between the quantiles, with the ends drawn out a little.
            let quantile = |share: f64| match share {
                share if share < 0.1 => low * (0.6 + 4.0 * share),
                share if share < 0.5 => low + (middle - low) * (share - 0.1) / 0.4,
                share if share < 0.9 => middle + (high - middle) * (share - 0.5) / 0.4,
                share => high * (1.0 + 2.0 * (share - 0.9)),
            };
            let dots = (0..count).map(|place| quantile((place as f64 + 0.5) / count as f64)).collect();
            Group { label: label.to_owned(), low, middle, high, dots }
        };
        vec![
            group("Under 2\u{a0}000 innbyggere", 0.6, 1.62, 4.1, 80),
            group("2\u{a0}000–4\u{a0}999 innbyggere", 0.9, 1.71, 3.2, 90),
            group("5\u{a0}000–19\u{a0}999 innbyggere", 1.1, 1.84, 2.7, 110),
            group("20\u{a0}000 innbyggere eller flere", 1.4, 1.93, 2.4, 60),
            group("Oslo & Bergen", 1.9, 2.05, 2.2, 2),
        ]
    }

    #[test]
    fn groups_are_drawn() {
        let title = "Utgift som andel av frie inntekter";
        for width in [360, 640, 760] {
            tidy(&range(&example(), width, "prosent av frie inntekter", title, "sans-serif"));
        }
        let svg = range(&example(), 640, "prosent av frie inntekter", title, "sans-serif");
        for part in [title, ">1,62<", ">2,05<", "Oslo &amp; Bergen"] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        expect_test::expect_file!["../tests/range.svg"].assert_eq(&svg);
    }

    #[test]
    fn no_values_break_the_drawing() {
        well_formed(&range(&[], 360, "%", "<\"a\" & b>", "x"));
        for one in AWKWARD {
            for other in AWKWARD {
                let group = Group {
                    label: "a".to_owned(),
                    low: one,
                    middle: other,
                    high: one,
                    dots: vec![one, other],
                };
                well_formed(&range(std::slice::from_ref(&group), 360, "%", "a", "x"));
                well_formed(&range(&[group.clone(), group], 640, "%", "a", "x"));
            }
        }
    }
}
