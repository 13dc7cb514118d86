//! The bridge: totals, and between them the changes that lead from one level to the next, as upright bars.

use std::fmt::Write;

use domain::Amount;

use crate::{colour, escaped};

/// A bar of the bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Text under the bar. A line feed starts a new line.
    pub label: String,
    /// Whether the bar is a total, which stands on the axis. A change hangs between two levels.
    pub is_total: bool,
    pub amount: Amount,
}

impl Bar {
    /// The label on one line.
    pub fn label_in_text(&self) -> String {
        on_one_line(&self.label)
    }
}

/// A label on one line. The two parts of a word that was divided between lines are joined.
pub fn on_one_line(label: &str) -> String {
    label.replace("-\n", "").replace('\n', " ")
}

/// Scale of the axis, in øre.
struct Scale {
    /// Øre in one unit of the axis: a thousand or a million kroner.
    unit: i64,
    low: i64,
    high: i64,
    step: i64,
}

const HEIGHT: i64 = 230;
const TOP: i64 = 34;
const BOTTOM: i64 = 186;
const LEFT: i64 = 46;

impl Scale {
    fn of(levels: &[i64]) -> Scale {
        let low = levels.iter().copied().min().unwrap_or(0).min(0);
        let high = levels.iter().copied().max().unwrap_or(0).max(0);
        let span = std::cmp::max(high - low, 100);
        // Steps are 1, 2 or 5 times a power of ten, about four to the axis.
        let mut power = 1;
        while power * 10 <= span / 4 {
            power *= 10;
        }
        let step =
            [1, 2, 5, 10].into_iter().map(|n| n * power).find(|step| span / step <= 5).unwrap_or(power * 10);
        let unit = if std::cmp::max(high, -low) >= 100_000_000 { 100_000_000 } else { 100_000 };
        let (low, high) = (low.div_euclid(step) * step, (high + step - 1).div_euclid(step) * step);
        Scale { unit, low, high: std::cmp::max(high, low + step), step }
    }

    fn y(&self, level: i64) -> i64 {
        BOTTOM
            - ((i128::from(level - self.low) * i128::from(BOTTOM - TOP)) / i128::from(self.high - self.low))
                as i64
    }

    /// An amount in the unit of the axis. With `sign`, an amount above zero has a plus.
    fn shown(&self, ore: i64, decimals: usize, sign: bool) -> String {
        let mut scaled = i128::from(ore.abs());
        let mut unit = i128::from(self.unit);
        for _ in 0..decimals {
            scaled *= 10;
            if unit % 10 == 0 {
                unit /= 10;
                scaled /= 10;
            }
        }
        let rounded = (scaled + unit / 2) / unit;
        let tens = 10_i128.pow(decimals as u32);
        let mark = match ore {
            ore if ore < 0 => "\u{2212}",
            ore if ore > 0 && sign => "+",
            _ => "",
        };
        let whole = domain::amount::grouped((rounded / tens) as u64);
        if decimals == 0 {
            format!("{mark}{whole}")
        } else {
            format!("{mark}{whole},{:0decimals$}", rounded % tens)
        }
    }
}

/// Draws the bridge as SVG. `units` names the axis in thousands and in millions of kroner.
pub fn bridge(bars: &[Bar], width: i64, units: (&str, &str), font: &str) -> String {
    let mut level = 0;
    let mut spans = Vec::new();
    for bar in bars {
        let (from, to) = if bar.is_total { (0, bar.amount.ore()) } else { (level, level + bar.amount.ore()) };
        level = to;
        spans.push((from, to));
    }
    let levels: Vec<i64> = spans.iter().flat_map(|(from, to)| [*from, *to]).collect();
    let scale = Scale::of(&levels);
    let name = if scale.unit == 100_000_000 { units.1 } else { units.0 };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {HEIGHT}\" width=\"{width}\" height=\"{HEIGHT}\" \
         font-family=\"{}\" font-size=\"12\">",
        escaped(font)
    );
    axis(&mut svg, &scale, width, name);
    let each = (width - LEFT) / std::cmp::max(bars.len() as i64, 1);
    let thick = each * 7 / 10;
    for (place, (bar, (from, to))) in bars.iter().zip(&spans).enumerate() {
        let x = LEFT + each * place as i64 + (each - thick) / 2;
        let (above, below) =
            (std::cmp::min(scale.y(*from), scale.y(*to)), std::cmp::max(scale.y(*from), scale.y(*to)));
        let fill = match bar {
            bar if bar.is_total => colour::TOTAL,
            bar if bar.amount.ore() < 0 => colour::LESS,
            _ => colour::MORE,
        };
        let tall = std::cmp::max(below - above, 1);
        let _ = write!(
            svg,
            "<rect x=\"{x}\" y=\"{above}\" width=\"{thick}\" height=\"{tall}\" fill=\"{fill}\"/>"
        );
        if place + 1 < bars.len() {
            let y = scale.y(*to);
            let (start, end) = (x + thick, x + each);
            let _ = write!(
                svg,
                "<line x1=\"{start}\" x2=\"{end}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{}\" stroke-dasharray=\"2 2\"/>",
                colour::MUTED
            );
        }
        let middle = x + thick / 2;
        let _ = write!(
            svg,
            "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" fill=\"{}\">{}</text>",
            above - 5,
            colour::INK,
            scale.shown(bar.amount.ore(), 2, !bar.is_total)
        );
        for (line, part) in bar.label.split('\n').enumerate() {
            let y = BOTTOM + 16 + 13 * line as i64;
            let part = escaped(part);
            let _ = write!(
                svg,
                "<text x=\"{middle}\" y=\"{y}\" text-anchor=\"middle\" font-size=\"11\" fill=\"{}\">{part}</text>",
                colour::INK
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

/// Draws the axis with its unit, numbers and grid.
fn axis(svg: &mut String, scale: &Scale, width: i64, name: &str) {
    // Writing to a string cannot fail.
    let _ = write!(svg, "<text x=\"0\" y=\"12\" fill=\"{}\">{}</text>", colour::MUTED, escaped(name));
    let mut tick = scale.low;
    while tick <= scale.high {
        let y = scale.y(tick);
        let decimals = (scale.unit / scale.step).max(1).ilog10() as usize
            + usize::from(scale.step < scale.unit && !is_power_of_ten(scale.unit / scale.step.max(1)));
        let _ = write!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{width}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{}\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"{}\">{}</text>",
            if tick == 0 { colour::INK } else { colour::GRID },
            LEFT - 6,
            y + 4,
            colour::MUTED,
            scale.shown(tick, decimals, false)
        );
        tick += scale.step;
    }
}

fn is_power_of_ten(mut number: i64) -> bool {
    while number > 1 && number % 10 == 0 {
        number /= 10;
    }
    number == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(label: &str, is_total: bool, kroner: i64) -> Bar {
        Bar { label: label.to_owned(), is_total, amount: Amount::from_ore(kroner * 100) }
    }

    #[test]
    fn a_bridge_is_drawn() {
        let bars = [
            bar("A konto", true, 7_590_000),
            bar("Medfinansiering", false, 410_000),
            bar("Rettelser & mer", false, -150_000),
            bar("Oppgjør", true, 7_850_000),
        ];
        let svg = bridge(&bars, 640, ("1 000 kr", "mill. kr"), "Libertinus Serif");
        for part in ["mill. kr", ">7,59<", ">+0,41<", ">\u{2212}0,15<", ">7,85<", "Rettelser &amp; mer"] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        expect_test::expect_file!["../tests/bridge.svg"].assert_eq(&svg);
    }

    #[test]
    fn no_amounts_break_the_axis() {
        for kroner in [0, 1, -1, 99, 1_000_000_000_000, -1_000_000_000_000] {
            let svg = bridge(&[bar("a", true, kroner), bar("b", false, -kroner)], 360, ("kr", "mill."), "x");
            assert!(svg.ends_with("</svg>"));
        }
        assert!(bridge(&[], 360, ("kr", "mill."), "x").contains("<svg"));
    }
}
