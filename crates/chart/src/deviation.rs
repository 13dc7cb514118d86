//! The deviations of a statement: the steps from an amount on account to an amount settled. The bar of a step begins
//! where the bar before it ends, and a total begins at zero. Zero on the axis stands for the amount on account, which
//! has no bar of its own: a deviation is visible even if it is small compared with that amount.

use domain::Amount;

use crate::colour;
use crate::picture::{Anchor, Pen, Picture};
use crate::scale::Scale;
use crate::text::{cut, widest};

/// A step, or the total of the steps before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub label: String,
    /// Whether the bar begins at zero.
    pub is_total: bool,
    pub amount: Amount,
}

const ROW: f64 = 24.0;
const TOP: f64 = 24.0;

/// Draws the steps as SVG. `units` names the axis in thousands and in millions of kroner; `title` is the text for screen
/// readers.
pub fn deviation(steps: &[Step], width: i64, units: (&str, &str), title: &str, font: &str) -> String {
    let mut picture = Picture::new(width);
    let wide = picture.width;
    let labels: Vec<String> = steps.iter().map(|step| cut(&step.label, wide * 0.35)).collect();
    let amounts: Vec<String> = steps.iter().map(|step| signed(step.amount)).collect();
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for step in steps {
        let level = spans.last().map_or(0, |(_, to)| *to);
        let from = if step.is_total { 0 } else { level };
        spans.push((from, from.saturating_add(step.amount.ore())));
    }
    let levels = || spans.iter().flat_map(|(from, to)| [*from, *to]);
    let largest = levels().map(i64::unsigned_abs).max().unwrap_or(0);
    let (unit, name) = if largest >= 100_000_000 { (1e8, units.1) } else { (1e5, units.0) };
    let mut scale = Scale::of(levels().map(|ore| ore as f64 / unit), true);
    scale.signed = true;
    let (left, right) = (widest(&labels) + 14.0, wide - widest(&amounts) - 14.0);
    let half = scale.widest() / 2.0;
    let scale = scale.placed(left + half, right - half);
    let bottom = TOP + ROW * steps.len() as f64;
    picture.text((0.0, 12.0), Anchor::Start, colour::MUTED, name);
    scale.along(&mut picture, 12.0, TOP - 4.0, bottom);
    for (place, ((step, (from, to)), (label, amount))) in
        steps.iter().zip(&spans).zip(labels.iter().zip(&amounts)).enumerate()
    {
        let top = TOP + ROW * place as f64;
        let ends = [*from, *to].map(|ore| scale.at(ore as f64 / unit));
        let fill = match step {
            step if step.is_total => colour::TOTAL,
            step if step.amount < Amount::ZERO => colour::LESS,
            _ => colour::MORE,
        };
        picture.rect((ends[0], top + 3.0), (ends[1], top + ROW - 5.0), fill, fill);
        if place + 1 < steps.len() {
            let pen = Pen { colour: colour::MUTED, thick: 1.0, dash: "2 2" };
            picture.line(&[(ends[1], top + ROW - 5.0), (ends[1], top + ROW + 3.0)], pen);
        }
        picture.text((0.0, top + 15.0), Anchor::Start, colour::INK, label);
        picture.text((wide, top + 15.0), Anchor::End, colour::INK, amount);
    }
    picture.finished(bottom + 4.0, title, font)
}

/// An amount in kroner with two decimals and its sign, without the word for kroner.
fn signed(amount: Amount) -> String {
    let text = amount.to_string().replace("\u{a0}kr", "");
    if amount > Amount::ZERO { format!("+{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{tidy, well_formed};

    fn step(label: &str, is_total: bool, kroner: i64) -> Step {
        Step { label: label.to_owned(), is_total, amount: Amount::from_ore(kroner * 100 + 26) }
    }

    #[test]
    fn steps_are_drawn_in_their_own_scale() {
        let steps = [
            step("Medfinansiering", false, 400_780),
            step("Utskrivningsklare", false, 1_072_000),
            step("Rettelser & mer", false, -173_063),
            step("Å betale", true, 1_299_717),
        ];
        for width in [360, 640] {
            tidy(&deviation(&steps, width, ("1 000 kr", "mill. kr"), "Avvik", "sans-serif"));
        }
        let svg = deviation(&steps, 640, ("1 000 kr", "mill. kr"), "Avvik", "sans-serif");
        for part in ["mill. kr", ">+400\u{a0}780,26<", ">\u{2212}173\u{a0}062,74<", "Rettelser &amp; mer"] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        expect_test::expect_file!["../tests/deviation.svg"].assert_eq(&svg);
    }

    #[test]
    fn no_amounts_break_the_picture() {
        for ore in [0, 1, -1, i64::MAX, i64::MIN + 1] {
            let one = Step { label: "a".to_owned(), is_total: false, amount: Amount::from_ore(ore) };
            well_formed(&deviation(&[one.clone(), one], 360, ("kr", "mill."), "x", "sans-serif"));
        }
        well_formed(&deviation(&[], 360, ("kr", "mill."), "x", "sans-serif"));
    }
}
