//! Numbers in Norwegian form, and axes in steps of 1, 2 or 5 times a power of ten.

use crate::colour;
use crate::picture::{Anchor, Pen, Picture};
use crate::text::width_of;

/// Whether a value can be drawn: it is a number, and not too large to compute pixels from.
pub(crate) fn drawable(value: f64) -> bool {
    value.abs() <= 1e18
}

/// A number in Norwegian form: no-break spaces between thousands, decimal comma, true minus sign. Empty if
/// the value cannot be drawn.
pub(crate) fn shown(value: f64, decimals: usize) -> String {
    if !drawable(value) {
        return String::new();
    }
    let digits = format!("{:.decimals$}", value.abs());
    let (whole, rest) = digits.split_once('.').unwrap_or((&digits, ""));
    let minus =
        if value < 0.0 && digits.contains(|digit| ('1'..='9').contains(&digit)) { "\u{2212}" } else { "" };
    let whole = domain::amount::grouped(whole.parse().unwrap_or(0));
    let comma = if rest.is_empty() { "" } else { "," };
    format!("{minus}{whole}{comma}{rest}")
}

/// A scale from values to pixels.
#[derive(Debug, Clone)]
pub(crate) struct Scale {
    /// The first tick, counted in steps.
    first: f64,
    count: u32,
    step: f64,
    start: f64,
    end: f64,
    /// Decimals of the numbers at the ticks: as many as the step has.
    decimals: usize,
    /// Decimals of single values, enough to distinguish values within a step.
    pub(crate) fine: usize,
    /// Whether ticks above zero have a plus sign.
    pub(crate) signed: bool,
    /// Whether the line at zero stands out.
    pub(crate) zero_line: bool,
    /// Text after the number of a tick.
    pub(crate) suffix: &'static str,
}

impl Scale {
    /// The scale for some values, and for zero if `with_zero`. Values that cannot be drawn are left out.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>, with_zero: bool) -> Scale {
        let zero = if with_zero { Some(0.0) } else { None };
        let known = values.into_iter().filter(|value| drawable(*value)).chain(zero);
        let (mut low, mut high) = known
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (value.min(low), value.max(high)));
        if low > high {
            (low, high) = (0.0, 0.0);
        }
        let size = low.abs().max(high.abs());
        // A single value, or values too close for any axis, get some air around them.
        if high - low < (size * 1e-9).max(1e-6) {
            let air = if size > 1e-5 { size / 10.0 } else { 1.0 };
            high += air;
            low -= if low.abs() > 1e-5 { air } else { 0.0 };
        }
        let power = 10_f64.powi(((high - low) / 5.0).log10().floor() as i32);
        let mut chosen = (power * 20.0, low, high);
        for step in [1.0, 2.0, 5.0, 10.0, 20.0].map(|n| n * power) {
            // A whole number of steps may be computed a hair too high or too low.
            chosen = (step, (low / step + 1e-6).floor(), (high / step - 1e-6).ceil());
            if chosen.2 - chosen.1 <= 5.0 {
                break;
            }
        }
        let (step, first, last) = chosen;
        let decimals_of = |unit: f64| (-(unit.log10() + 1e-9).floor()).clamp(0.0, 9.0) as usize;
        let decimals = decimals_of(step);
        let fine = decimals_of(step / 20.0).min((decimals + 1).max(2));
        let count = (last - first).clamp(1.0, 10.0) as u32;
        Scale {
            first,
            count,
            step,
            start: 0.0,
            end: 1.0,
            decimals,
            fine,
            signed: false,
            zero_line: true,
            suffix: "",
        }
    }

    /// The same scale between two pixels.
    pub(crate) fn placed(self, start: f64, end: f64) -> Scale {
        Scale { start, end, ..self }
    }

    /// The pixel of a value.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let share = (value / self.step - self.first) / f64::from(self.count);
        self.start + share * (self.end - self.start)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        (0..=self.count).map(|tick| (self.first + f64::from(tick)) * self.step)
    }

    fn label(&self, tick: f64) -> String {
        let plus = if self.signed && tick > self.step / 2.0 { "+" } else { "" };
        format!("{plus}{}{}", shown(tick, self.decimals), self.suffix)
    }

    /// Width of the widest tick, in pixels.
    pub(crate) fn widest(&self) -> f64 {
        self.ticks().map(|tick| width_of(&self.label(tick))).fold(0.0, f64::max)
    }

    /// Draws the axis at the left of a picture, with its grid.
    pub(crate) fn upright(&self, picture: &mut Picture, left: f64, right: f64) {
        for tick in self.ticks() {
            let y = self.at(tick);
            picture.line(&[(left, y), (right, y)], self.pen(tick));
            picture.text((left - 6.0, y + 4.0), Anchor::End, colour::MUTED, &self.label(tick));
        }
    }

    /// Draws the axis along a picture: numbers at `y`, grid from `top` to `bottom`.
    pub(crate) fn along(&self, picture: &mut Picture, y: f64, top: f64, bottom: f64) {
        let each = ((self.end - self.start) / f64::from(self.count)).abs().max(1.0);
        // If numbers would touch, some are left out. Zero is kept if that leaves at least two numbers.
        let apart = ((self.widest() + 10.0) / each).ceil().clamp(1.0, 100.0) as usize;
        let zero = (-self.first).clamp(0.0, f64::from(self.count)) as usize % apart;
        let kept = if zero + apart <= self.count as usize { zero } else { 0 };
        for (place, tick) in self.ticks().enumerate() {
            let x = self.at(tick);
            picture.line(&[(x, top), (x, bottom)], self.pen(tick));
            if place % apart == kept {
                picture.text((x, y), Anchor::Middle, colour::MUTED, &self.label(tick));
            }
        }
    }

    fn pen(&self, tick: f64) -> Pen<'static> {
        let is_zero = tick.abs() < self.step / 2.0;
        Pen {
            colour: if is_zero && self.zero_line { colour::INK } else { colour::GRID },
            thick: 1.0,
            dash: "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_norwegian() {
        for (value, decimals, text) in [
            (1234.5, 1, "1\u{a0}234,5"),
            (-1_000_000.0, 0, "\u{2212}1\u{a0}000\u{a0}000"),
            (999.0, 0, "999"),
            (-0.04, 1, "0,0"),
            (0.25, 2, "0,25"),
            (f64::NAN, 1, ""),
            (f64::INFINITY, 0, ""),
        ] {
            assert_eq!(shown(value, decimals), text);
        }
    }

    #[test]
    fn axes_have_about_four_to_six_ticks() {
        for power in -3..15 {
            for n in 1..100 {
                let high = f64::from(n) * 10_f64.powi(power);
                for (low, with_zero) in [(0.0, true), (high * 0.37, false), (-high * 0.6, true)] {
                    let scale = Scale::of([low, high], with_zero).placed(0.0, 100.0);
                    let ticks: Vec<f64> = scale.ticks().collect();
                    assert!((3..=6).contains(&ticks.len()), "{low} {high}: {ticks:?}");
                    assert!(scale.at(low) >= -0.001 && scale.at(high) <= 100.001, "{low} {high}: {ticks:?}");
                    let labels: Vec<String> = ticks.iter().map(|tick| scale.label(*tick)).collect();
                    assert!(labels.windows(2).all(|pair| pair[0] != pair[1]), "{labels:?}");
                }
            }
        }
    }
}
