//! The histogram: the probability of each outcome, with a few outcomes marked by name.

use crate::colour;
use crate::picture::{Anchor, Pen, Picture};
use crate::scale::{Scale, drawable};
use crate::staggered::staggered;
use crate::text::{LINE, cut};

/// An interval of outcomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Bin {
    pub from: f64,
    /// Upper limit; equal to the lower limit for a single outcome, which is drawn as a thin bar.
    pub to: f64,
    /// Probability of an outcome in the bin, from 0 to 1.
    pub probability: f64,
}

/// An outcome with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub at: f64,
    pub label: String,
}

const TALL: f64 = 170.0;

/// Draws the bins as SVG. `unit` names the outcomes, and `title` is the text for screen readers.
///
/// The area of a bin shows its probability: the axis gives the probability of an interval as broad as the narrowest
/// bin. The height of a single outcome shows its probability.
pub fn histogram(bins: &[Bin], marks: &[Mark], width: i64, unit: &str, title: &str, font: &str) -> String {
    let mut picture = Picture::new(width);
    let wide = picture.width;
    let bins: Vec<&Bin> = bins
        .iter()
        .filter(|bin| [bin.from, bin.to, bin.probability].into_iter().all(drawable) && bin.from <= bin.to)
        .collect();
    let narrowest = bins
        .iter()
        .map(|bin| bin.to - bin.from)
        .filter(|breadth| *breadth > 0.0)
        .fold(f64::INFINITY, f64::min);
    let height = |bin: &Bin| {
        let breadth = bin.to - bin.from;
        let percent = bin.probability.max(0.0) * 100.0;
        if breadth > 0.0 { percent * (narrowest / breadth) } else { percent }
    };
    let mut upright = Scale::of(bins.iter().map(|bin| height(bin)), true);
    upright.suffix = "\u{a0}%";
    let outcomes = bins.iter().flat_map(|bin| [bin.from, bin.to]).chain(marks.iter().map(|mark| mark.at));
    let along = Scale::of(outcomes, false);
    let half = along.widest() / 2.0 + 1.0;
    let left = (upright.widest() + 8.0).max(half);
    let along = along.placed(left, wide - half);

    let labels: Vec<String> = marks.iter().map(|mark| cut(&mark.label, wide * 0.6)).collect();
    let places = marks.iter().zip(&labels).filter(|(mark, _)| drawable(mark.at));
    let placed = staggered(places.map(|(mark, label)| (along.at(mark.at), label.as_str())).collect(), wide);
    let rows = placed.iter().map(|mark| mark.row + 1).max().unwrap_or(0);
    let top = LINE * rows as f64 + 12.0;
    let bottom = top + TALL;
    let upright = upright.placed(bottom, top);

    upright.upright(&mut picture, left, wide - half);
    for bin in &bins {
        let corner = (along.at(bin.from), upright.at(height(bin)));
        picture.rect(corner, (along.at(bin.to), bottom), colour::BAND, colour::TOTAL);
    }
    along.along(&mut picture, bottom + 18.0, bottom, bottom + 4.0);
    picture.text((wide, bottom + 34.0), Anchor::End, colour::MUTED, unit);
    for mark in &placed {
        let y = LINE * (mark.row as f64 + 1.0);
        let pen = Pen { colour: colour::INK, thick: 1.5, dash: "5 3" };
        picture.line(&[(mark.x, y - 10.0), (mark.x, bottom)], pen);
    }
    for mark in &placed {
        let at = (mark.left, LINE * (mark.row as f64 + 1.0));
        picture.text_over(at, Anchor::Start, colour::INK, mark.label);
    }
    picture.finished(bottom + 40.0, title, font)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{AWKWARD, tidy, well_formed};

    fn mark(at: f64, label: &str) -> Mark {
        Mark { at, label: label.to_owned() }
    }

    fn example() -> Vec<Bin> {
        let heights =
            [0.01, 0.05, 0.12, 0.19, 0.21, 0.165, 0.11, 0.065, 0.04, 0.02, 0.012, 0.005, 0.002, 0.001];
        let bin = |(place, probability): (usize, &f64)| {
            let from = 4.0 + 2.0 * place as f64;
            Bin { from, to: from + 2.0, probability: *probability }
        };
        heights.iter().enumerate().map(bin).collect()
    }

    #[test]
    fn outcomes_are_drawn() {
        let title = "Mulige utgifter neste år";
        let marks = [
            mark(13.4, "Gjennomsnitt: 13,4"),
            mark(19.0, "Ett av ti år: 19,0"),
            mark(25.8, "Ett av hundre år: 25,8"),
        ];
        for width in [360, 640, 760] {
            tidy(&histogram(&example(), &marks, width, "mill. kr", title, "sans-serif"));
            let close =
                [mark(13.4, "Gjennomsnitt"), mark(14.0, "Ett av ti år"), mark(31.9, "Ett av hundre år")];
            tidy(&histogram(&example(), &close, width, "mill. kr", title, "sans-serif"));
        }
        let svg = histogram(&example(), &marks, 640, "mill. kr", title, "sans-serif");
        for part in [title, ">mill. kr<", ">Gjennomsnitt: 13,4<", "\u{a0}%<"] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        expect_test::expect_file!["../tests/histogram.svg"].assert_eq(&svg);
    }

    #[test]
    fn no_values_break_the_drawing() {
        well_formed(&histogram(&[], &[], 360, "kr", "<\"a\" & b>", "x"));
        for one in AWKWARD {
            for other in AWKWARD {
                let bin = Bin { from: one, to: other, probability: one };
                let marks = [mark(one, "a"), mark(other, "b"), mark(other, "b")];
                well_formed(&histogram(std::slice::from_ref(&bin), &marks, 360, "kr", "a", "x"));
                well_formed(&histogram(&[bin.clone(), bin], &[], 640, "kr", "a", "x"));
            }
        }
    }
}
