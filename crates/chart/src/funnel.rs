//! The funnel: every municipality by size, with limits that allow for chance and for the usual differences between
//! municipalities.

use crate::colour;
use crate::labels::{End, Ring, ends, rings};
use crate::picture::{Anchor, Pen, Picture, Point};
use crate::scale::{Scale, drawable, shown};
use crate::text::{kept, width_of};

/// The dot of one municipality.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// Size, above zero: for instance inhabitants, or expected events.
    pub size: f64,
    pub value: f64,
    /// Whether the value is outside the outer limits.
    pub is_outside: bool,
    /// Name to write beside the dot; `None` for a dot without a name.
    pub label: Option<String>,
    /// Whether it is one of those that the named one is compared with.
    pub is_peer: bool,
}

/// The limits at one size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    pub size: f64,
    /// Lower and upper limit that 95 % of the values lie between.
    pub inner: (f64, f64),
    /// Lower and upper limit that 99.8 % of the values lie between.
    pub outer: (f64, f64),
}

const TOP: f64 = 30.0;
const BOTTOM: f64 = 260.0;

/// Draws the funnel as SVG. `limits` are in order of size. `target` is the value that every dot is compared with.
///
/// `unit` names the values, `size` names the axis of sizes, `note` names the rules that the chart follows,
/// and `title` is the text for screen readers.
pub fn funnel(
    dots: &[Dot],
    limits: &[Limit],
    target: f64,
    width: i64,
    (unit, size, note, title): (&str, &str, &str, &str),
    font: &str,
) -> String {
    let mut picture = Picture::new(width);
    let is_shown = |dot: &&Dot| drawable(dot.size) && dot.size > 0.0 && drawable(dot.value);
    let shown_dots: Vec<&Dot> = dots.iter().filter(is_shown).collect();
    let values = shown_dots.iter().map(|dot| dot.value).chain([target]);
    // The outer limits of small sizes reach far. The scale makes room only for the outer limits of the middle size.
    let middle = limits.get(limits.len() / 2).map(|limit| [limit.outer.0, limit.outer.1]);
    let scale = Scale::of(values.chain(middle.into_iter().flatten()), false).placed(BOTTOM, TOP);
    let left = scale.widest() + 8.0;
    let levels = ["99,8 %", "95 %"];
    let right = picture.width - levels.map(width_of)[0] - 14.0;
    let sizes = shown_dots.iter().map(|dot| dot.size.log10());
    let (low, high) =
        sizes.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(one), high.max(one)));
    let (low, high) = if low > high { (0.0, 1.0) } else { (low - 0.05, high + 0.05) };
    let x = |size: f64| left + (size.log10() - low) / (high - low) * (right - left);
    picture.text((0.0, 12.0), Anchor::Start, colour::MUTED, unit);
    scale.upright(&mut picture, left, right);
    powers(&mut picture, (low, high), x, size);
    let known: Vec<&Limit> = limits
        .iter()
        .filter(|limit| limit.size > 0.0 && (low..=high).contains(&limit.size.log10()))
        .collect();
    let inside = |value: f64| scale.at(value).clamp(TOP, BOTTOM);
    let along = |of: &dyn Fn(&Limit) -> f64| -> Vec<Point> {
        known
            .iter()
            .filter(|limit| drawable(of(limit)))
            .map(|limit| (x(limit.size), inside(of(limit))))
            .collect()
    };
    let lines = [
        (along(&|limit| limit.outer.0), "2 3"),
        (along(&|limit| limit.outer.1), "2 3"),
        (along(&|limit| limit.inner.0), ""),
        (along(&|limit| limit.inner.1), ""),
    ];
    for (points, dash) in &lines {
        picture.line(points, Pen { colour: colour::TOTAL, thick: 1.0, dash });
    }
    if drawable(target) {
        picture.line(
            &[(left, scale.at(target)), (right, scale.at(target))],
            Pen { colour: colour::INK, thick: 1.0, dash: "" },
        );
    }
    let mut named: Vec<End<'_>> = Vec::new();
    for ((points, _), text) in lines.iter().zip([levels[0], levels[0], levels[1], levels[1]]) {
        if let Some(at) = points.last() {
            named.push(End { at: *at, lines: vec![text.to_owned()], colour: colour::MUTED });
        }
    }
    ends(&mut picture, &named, right + 8.0, TOP - 8.0, BOTTOM + 8.0);
    marks(&mut picture, &shown_dots, |dot| (x(dot.size), scale.at(dot.value)), [left, TOP, right, BOTTOM]);
    picture.text((0.0, BOTTOM + 56.0), Anchor::Start, colour::MUTED, note);
    picture.finished(BOTTOM + 62.0, title, font)
}

/// Draws the axis of sizes, with a line for each power of ten.
fn powers(picture: &mut Picture, (low, high): (f64, f64), x: impl Fn(f64) -> f64, size: &str) {
    let pen = Pen { colour: colour::GRID, thick: 1.0, dash: "" };
    for power in low.ceil().max(-9.0) as i32..=high.floor().min(15.0) as i32 {
        let value = 10_f64.powi(power);
        picture.line(&[(x(value), TOP), (x(value), BOTTOM)], pen);
        let text = shown(value, power.min(0).unsigned_abs() as usize);
        let middle = kept(x(value), &text, 0.0, picture.width);
        picture.text((middle, BOTTOM + 18.0), Anchor::Middle, colour::MUTED, &text);
    }
    picture.text((picture.width, BOTTOM + 38.0), Anchor::End, colour::MUTED, size);
}

/// Draws one mark for each dot: a ring with the name if the dot has a name, a diamond if it is a peer; otherwise a round dot
/// inside the limits, and a triangle outside.
fn marks(picture: &mut Picture, dots: &[&Dot], at: impl Fn(&Dot) -> Point, frame: [f64; 4]) {
    let unnamed = || dots.iter().filter(|dot| dot.label.is_none());
    let plain: Vec<Point> =
        unnamed().filter(|dot| !dot.is_outside && !dot.is_peer).map(|dot| at(dot)).collect();
    if !plain.is_empty() {
        picture.dots(&plain, 2.5, " fill-opacity=\".6\"");
    }
    for dot in unnamed().filter(|dot| dot.is_outside && !dot.is_peer) {
        let (x, y) = at(dot);
        picture.area(&[(x, y - 4.0), (x + 4.0, y + 3.0), (x - 4.0, y + 3.0)], colour::MORE);
    }
    for dot in unnamed().filter(|dot| dot.is_peer) {
        let (x, y) = at(dot);
        let colour = if dot.is_outside { colour::MORE } else { colour::INK };
        picture.area(&[(x, y - 4.5), (x + 4.5, y), (x, y + 4.5), (x - 4.5, y)], colour);
    }
    let named: Vec<Ring<'_>> = dots
        .iter()
        .filter_map(|dot| Some(Ring { at: at(dot), label: dot.label.as_deref()?, colour: colour::INK }))
        .collect();
    rings(picture, &named, &[], frame);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{AWKWARD, tidy, well_formed};

    fn limits() -> Vec<Limit> {
        let limit = |step: i32| {
            let size = 10_f64.powf(2.4 + 0.1 * f64::from(step));
            let spread = (1.0 / (0.17 * size) + 0.002).sqrt() * 170.0;
            let at = |times: f64| (170.0 - times * spread, 170.0 + times * spread);
            Limit { size, inner: at(1.96), outer: at(3.09) }
        };
        (0..35).map(limit).collect()
    }

    fn example() -> Vec<Dot> {
        (0..90)
            .map(|place| {
                let size = 300.0 * 1.075_f64.powi(place);
                let value = 170.0 + f64::from((place * 37) % 21 - 10) * 600.0 / size.sqrt();
                let label = (place == 61).then(|| "Bergen & omegn".to_owned());
                Dot { size, value, is_outside: place % 29 == 3, label, is_peer: place % 31 == 4 }
            })
            .collect()
    }

    #[test]
    fn a_funnel_is_drawn() {
        let words = (
            "per 1 000 innbyggere",
            "innbyggere",
            "Trakt, regelsett 1",
            "Innleggelser etter kommunens størrelse",
        );
        for width in [360, 640, 760] {
            tidy(&funnel(&example(), &limits(), 170.0, width, words, "sans-serif"));
        }
        let svg = funnel(&example(), &limits(), 170.0, 640, words, "sans-serif");
        for part in ["Bergen &amp; omegn", ">99,8 %<", ">innbyggere<", "10\u{a0}000", "<polygon"] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        expect_test::expect_file!["../tests/funnel.svg"].assert_eq(&svg);
    }

    #[test]
    fn no_values_break_the_drawing() {
        let words = ("kr", "folk", "", "<\"a\" & b>");
        well_formed(&funnel(&[], &[], f64::NAN, 360, words, "x"));
        for one in AWKWARD {
            for other in AWKWARD {
                let label = Some("a".to_owned());
                let dot = Dot { size: one, value: other, is_outside: true, label, is_peer: true };
                let limit = Limit { size: one, inner: (other, one), outer: (one, other) };
                well_formed(&funnel(&[dot.clone(), dot], &[limit, limit], other, 360, words, "x"));
            }
        }
    }
}
