//! The tornado: how far the outcome moves if one assumption at a time is set low and high.

use crate::colour;
use crate::picture::{Anchor, Pen, Picture};
use crate::scale::{Scale, drawable, shown};
use crate::text::{LINE, cut, kept, lines, width_of};

/// The bar of one assumption.
#[derive(Debug, Clone, PartialEq)]
pub struct Swing {
    /// Name of the assumption; a long name is broken at spaces.
    pub label: String,
    /// Outcome if the assumption is low.
    pub low: f64,
    /// Outcome if the assumption is high.
    pub high: f64,
    /// The low assumption itself, with its unit.
    pub low_label: String,
    /// The high assumption itself, with its unit.
    pub high_label: String,
}

/// An end of a bar.
struct End<'a> {
    outcome: f64,
    assumption: &'a str,
    is_high: bool,
    /// Value that the end is measured from: the base, or the other end if there is no base.
    from: f64,
    /// Whether the text stands to the left of the bar, not to the right.
    is_left: bool,
    /// Value at which the bar ends on the side of the text.
    edge: f64,
}

const TOP: f64 = 38.0;
const BAR: f64 = 28.0;
/// Distance between a bar and the text at its end, in pixels.
const GAP: f64 = 6.0;

/// Draws a bar for each assumption, in the order given, as SVG. `base` is the outcome if no assumption changes.
///
/// `unit` names the outcomes, and `title` is the text for screen readers. A low assumption has a pale bar with a rim, a
/// high assumption a filled bar.
pub fn tornado(bars: &[Swing], base: f64, width: i64, unit: &str, title: &str, font: &str) -> String {
    let mut picture = Picture::new(width);
    let wide = picture.width;
    let base = Some(base).filter(|base| drawable(*base));
    let mut scale = Scale::of(bars.iter().flat_map(|bar| [bar.low, bar.high]).chain(base), false);
    // The line at the base stands out; the line at zero does not.
    scale.zero_line = false;
    let ends: Vec<Vec<End<'_>>> = bars.iter().map(|bar| ends(bar, base)).collect();
    let scale = fitted(scale, ends.iter().flatten(), wide);
    let labels: Vec<Vec<String>> = bars.iter().map(|bar| lines(&bar.label, wide, 2)).collect();
    let row = |label: &Vec<String>| LINE * label.len() as f64 + BAR + 14.0;
    let bottom = TOP + labels.iter().map(row).sum::<f64>();

    picture.text((0.0, 12.0), Anchor::Start, colour::MUTED, unit);
    scale.along(&mut picture, TOP - 7.0, TOP, bottom);
    if let Some(base) = base {
        let (x, text) = (scale.at(base), shown(base, scale.fine));
        picture.text((kept(x, &text, 0.0, wide), bottom + 18.0), Anchor::Middle, colour::INK, &text);
        picture.line(&[(x, TOP), (x, bottom + 6.0)], Pen { colour: colour::INK, thick: 1.0, dash: "" });
    }
    let mut top = TOP + 4.0;
    for (ends, label) in ends.iter().zip(&labels) {
        let bar_top = top + LINE * label.len() as f64 + 4.0;
        draw(&mut picture, ends, base, &scale, bar_top);
        for (line, part) in label.iter().enumerate() {
            let y = top + 11.0 + LINE * line as f64;
            picture.text_over((0.0, y), Anchor::Start, colour::INK, part);
        }
        top += row(label);
    }
    picture.finished(bottom + 24.0, title, font)
}

/// The scale, with room on both sides for the texts at the ends of the bars.
fn fitted<'a>(scale: Scale, ends: impl Iterator<Item = &'a End<'a>>, wide: f64) -> Scale {
    let scale = scale.placed(0.0, 1.0);
    let texts: Vec<(bool, f64, f64)> = ends
        .map(|end| {
            // A number is never cut; the text of an assumption may be.
            let number = width_of(&shown(end.outcome, scale.fine));
            let room = number.max(width_of(end.assumption).min(wide * 0.3)) + GAP + 2.0;
            let share = scale.at(end.edge);
            (end.is_left, if end.is_left { share } else { 1.0 - share }, room)
        })
        .collect();
    let half = scale.widest() / 2.0 + 1.0;
    let (mut left, mut right) = (half, half);
    // Each round shortens the bars, and the texts then reach further beyond the bars. The loop stops after 40
    // rounds.
    for _ in 0..40 {
        let long = (wide - left - right).max(wide * 0.1);
        for (is_left, share, room) in &texts {
            let side = if *is_left { &mut left } else { &mut right };
            *side = side.max(room - share * long).min(wide * 0.45);
        }
    }
    scale.placed(left, wide - right)
}

/// Those ends of a bar that can be drawn, the end with the smaller outcome first.
fn ends<'a>(bar: &'a Swing, base: Option<f64>) -> Vec<End<'a>> {
    let mut ends: Vec<(f64, &'a str, bool)> =
        vec![(bar.low, &bar.low_label, false), (bar.high, &bar.high_label, true)];
    ends.retain(|end| drawable(end.0));
    ends.sort_by(|one, other| one.0.total_cmp(&other.0));
    let outcomes = || ends.iter().map(|end| end.0).chain(base);
    let (low, high) =
        (outcomes().fold(f64::INFINITY, f64::min), outcomes().fold(f64::NEG_INFINITY, f64::max));
    let end = |(place, &(outcome, assumption, is_high)): (usize, &(f64, &'a str, bool))| {
        // The text of a single end stands on the end's own side of the base. Of two ends, the smaller outcome has its
        // text on the left.
        let is_left = if ends.len() == 1 { outcome < high } else { place == 0 };
        let from = base.unwrap_or(if outcome == low { high } else { low });
        End { outcome, assumption, is_high, from, is_left, edge: if is_left { low } else { high } }
    };
    ends.iter().enumerate().map(end).collect()
}

/// Draws a bar, with its texts outside it.
fn draw(picture: &mut Picture, ends: &[End<'_>], base: Option<f64>, scale: &Scale, top: f64) {
    let mut longest: Vec<&End<'_>> = ends.iter().collect();
    // If both ends are on one side of the base, the shorter bar lies on the longer one.
    let long = |end: &End<'_>| (end.outcome - end.from).abs();
    longest.sort_by(|one, other| long(other).total_cmp(&long(one)));
    for end in longest {
        let fill = if end.is_high { colour::TOTAL } else { colour::BAND };
        let (from, to) = (scale.at(end.from), scale.at(end.outcome));
        picture.rect((from, top + 3.0), (to, top + BAR - 5.0), fill, colour::TOTAL);
    }
    if let Some(base) = base {
        let pen = Pen { colour: colour::INK, thick: 2.0, dash: "" };
        picture.line(&[(scale.at(base), top), (scale.at(base), top + BAR - 2.0)], pen);
    }
    for end in ends {
        let edge = scale.at(end.edge);
        let (x, anchor, room) = if end.is_left {
            (edge - GAP, Anchor::End, edge - GAP)
        } else {
            (edge + GAP, Anchor::Start, picture.width - edge - GAP)
        };
        picture.text_over((x, top + 11.0), anchor, colour::INK, &shown(end.outcome, scale.fine));
        picture.text_over((x, top + 24.0), anchor, colour::MUTED, &cut(end.assumption, room));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{AWKWARD, tidy, well_formed};

    fn swing(label: &str, low: (f64, &str), high: (f64, &str)) -> Swing {
        let [label, low_label, high_label] = [label, low.1, high.1].map(str::to_owned);
        Swing { label, low: low.0, high: high.0, low_label, high_label }
    }

    fn example() -> Vec<Swing> {
        vec![
            swing("Virkning på innleggelser for 80 år og eldre", (-4.2, "−2 prosent"), (31.6, "−12 prosent")),
            swing("Pris per DRG-poeng & andel", (6.1, "26\u{a0}000 kr"), (19.8, "32\u{a0}000 kr")),
            swing("Årsverk i hjemmetjenesten", (18.3, "3,0 årsverk"), (8.9, "6,5 årsverk")),
            swing(
                "Liggetid for utskrivningsklare pasienter som venter på plass i sykehjem eller på omsorgstrapp",
                (11.9, "1,5 døgn"),
                (16.4, "4,0 døgn"),
            ),
            swing("Kalkulasjonsrente", (14.0, "5 prosent"), (15.2, "3 prosent")),
        ]
    }

    #[test]
    fn bars_are_drawn() {
        let title = "Hva resultatet er mest følsomt for";
        for width in [360, 640, 760] {
            tidy(&tornado(&example(), 13.2, width, "mill. kr i året", title, "sans-serif"));
        }
        let svg = tornado(&example(), 13.2, 640, "mill. kr i året", title, "sans-serif");
        for part in [title, ">mill. kr i året<", ">\u{2212}4,2<", ">31,6<", ">6,5 årsverk<", "&amp;"] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        expect_test::expect_file!["../tests/tornado.svg"].assert_eq(&svg);
    }

    #[test]
    fn no_values_break_the_drawing() {
        well_formed(&tornado(&[], 0.0, 360, "kr", "<\"a\" & b>", "x"));
        for one in AWKWARD {
            for other in AWKWARD {
                for base in AWKWARD {
                    let bar = swing("a", (one, "b"), (other, "c"));
                    well_formed(&tornado(std::slice::from_ref(&bar), base, 360, "kr", "a", "x"));
                    well_formed(&tornado(&[bar.clone(), bar], base, 640, "kr", "a", "x"));
                }
            }
        }
    }
}
