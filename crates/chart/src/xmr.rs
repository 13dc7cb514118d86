//! The XmR chart: a series, the limits of its usual variation, and the points that stand out by a rule.

use crate::colour;
use crate::labels::{End, Places, ends};
use crate::picture::{Anchor, Pen, Picture, Point};
use crate::scale::{Scale, drawable, shown};
use crate::text::widest;

/// A point of the series.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub label: String,
    pub value: f64,
    /// Whether the point meets a rule of the chart, and is marked.
    pub is_special: bool,
}

/// Consecutive points with a mean and limits of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// Place of the first point.
    pub from: usize,
    /// Place of the first point of the next stretch.
    pub to: usize,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
    /// Why the stretch begins here; empty for the first.
    pub reason: String,
}

const TOP: f64 = 34.0;
const BOTTOM: f64 = 220.0;

/// Draws the chart as SVG. `unit` names the values, `note` names the rules that the chart follows, and
/// `title` is the text for screen readers.
pub fn xmr(
    steps: &[Step],
    stretches: &[Stretch],
    width: i64,
    (unit, note, title): (&str, &str, &str),
    font: &str,
) -> String {
    let mut picture = Picture::new(width);
    let limits = stretches.iter().flat_map(|one| [one.mean, one.low, one.high]);
    let scale = Scale::of(steps.iter().map(|step| step.value).chain(limits), false).placed(BOTTOM, TOP);
    let last = stretches.last().filter(|one| [one.mean, one.low, one.high].into_iter().all(drawable));
    let mut end_texts: Vec<(f64, String)> = last
        .into_iter()
        .flat_map(|one| [one.high, one.mean, one.low])
        .map(|value| (value, shown(value, scale.fine)))
        .collect();
    end_texts.dedup_by(|one, other| one.1 == other.1);
    let left = scale.widest() + 8.0;
    let right = picture.width - widest(end_texts.iter().map(|(_, text)| text)) - 16.0;
    let places = Places { left: left + 10.0, right: right - 4.0, count: steps.len() };
    picture.text((0.0, 12.0), Anchor::Start, colour::MUTED, unit);
    scale.upright(&mut picture, left, right);
    for one in stretches.iter().filter(|one| one.from < one.to && one.to <= steps.len()) {
        let (from, to) = (places.at(one.from as f64) - 5.0, places.at((one.to - 1) as f64) + 5.0);
        for (value, thick, dash) in [(one.low, 1.0, "3 3"), (one.high, 1.0, "3 3"), (one.mean, 1.5, "")] {
            if drawable(value) {
                picture.line(
                    &[(from, scale.at(value)), (to, scale.at(value))],
                    Pen { colour: colour::TOTAL, thick, dash },
                );
            }
        }
        if one.from > 0 {
            picture.line(
                &[(from, TOP - 4.0), (from, BOTTOM)],
                Pen { colour: colour::MUTED, thick: 1.0, dash: "1 2" },
            );
            let text = crate::text::cut(&one.reason, (right - from - 4.0).max(0.0));
            picture.text_over((from + 4.0, TOP - 8.0), Anchor::Start, colour::INK, &text);
        }
    }
    let at = |(place, step): (usize, &Step)| {
        drawable(step.value).then(|| ((places.at(place as f64), scale.at(step.value)), step.is_special))
    };
    let mut run: Vec<Point> = Vec::new();
    let mut marks: Vec<(Point, bool)> = Vec::new();
    for point in steps.iter().enumerate().map(at) {
        match point {
            Some((place, special)) => {
                run.push(place);
                marks.push((place, special));
            }
            None => line(&mut picture, &std::mem::take(&mut run)),
        }
    }
    line(&mut picture, &run);
    let plain: Vec<Point> = marks.iter().filter(|(_, special)| !special).map(|(at, _)| *at).collect();
    if !plain.is_empty() {
        picture.dots(&plain, 3.0, " stroke=\"#fff\"");
    }
    for ((x, y), _) in marks.iter().filter(|(_, special)| *special) {
        picture.area(&[(*x, y - 5.0), (x + 5.0, y + 4.0), (x - 5.0, y + 4.0)], colour::MORE);
    }
    let end = |(value, text): (f64, String)| End {
        at: (right - 2.0, scale.at(value)),
        lines: vec![text],
        colour: colour::MUTED,
    };
    let end_texts: Vec<End<'_>> = end_texts.into_iter().map(end).collect();
    ends(&mut picture, &end_texts, right + 14.0, TOP - 8.0, BOTTOM + 8.0);
    let names: Vec<&str> = steps.iter().map(|step| step.label.as_str()).collect();
    places.named(&mut picture, &names, BOTTOM + 4.0);
    picture.text((0.0, BOTTOM + 46.0), Anchor::Start, colour::MUTED, note);
    picture.finished(BOTTOM + 52.0, title, font)
}

fn line(picture: &mut Picture, points: &[Point]) {
    picture.line(points, Pen { colour: colour::DOT, thick: 1.5, dash: "" });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{AWKWARD, tidy, well_formed};

    fn example() -> (Vec<Step>, Vec<Stretch>) {
        let months =
            ["jan.", "feb.", "mars", "april", "mai", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "des."];
        let step = |place: usize| {
            let value = 18.0 + [0.4, -0.7, 1.1, -0.2][place % 4] - if place >= 12 { 3.0 } else { 0.0 };
            let is_special = place == 5;
            Step {
                label: format!("{} {}", months[place % 12], 2011 + place / 12),
                value: value + if is_special { 4.0 } else { 0.0 },
                is_special,
            }
        };
        let stretch = |from: usize, mean: f64, reason: &str| Stretch {
            from,
            to: from + 12,
            mean,
            low: mean - 3.4,
            high: mean + 3.4,
            reason: reason.to_owned(),
        };
        ((0..24).map(step).collect(), vec![stretch(0, 18.3, ""), stretch(12, 15.1, "reformen & annet")])
    }

    #[test]
    fn a_chart_is_drawn() {
        let (steps, stretches) = example();
        let title = "Innleggelser måned for måned";
        for width in [360, 640, 760] {
            tidy(&xmr(&steps, &stretches, width, ("per 1 000", "XmR, regelsett 1", title), "sans-serif"));
        }
        let svg = xmr(&steps, &stretches, 640, ("per 1 000", "XmR, regelsett 1", title), "sans-serif");
        for part in [title, ">reformen &amp; annet<", ">des. 2012<", "<polygon", "15,1"] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        expect_test::expect_file!["../tests/xmr.svg"].assert_eq(&svg);
    }

    #[test]
    fn no_values_break_the_drawing() {
        well_formed(&xmr(&[], &[], 360, ("kr", "<i>", "<\"a\" & b>"), "x"));
        for one in AWKWARD {
            for other in AWKWARD {
                let step = |value: f64| Step { label: "a".to_owned(), value, is_special: value > 0.0 };
                let stretch =
                    Stretch { from: 1, to: 2, mean: one, low: other, high: one, reason: "b".to_owned() };
                well_formed(&xmr(&[step(one), step(other)], &[stretch], 360, ("kr", "", "a"), "x"));
            }
        }
    }
}
