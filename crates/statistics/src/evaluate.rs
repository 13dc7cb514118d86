//! The effect of a measure: what changed when it began, beside what would have been.

use crate::interval::{Interval, normal_p, normal_point, student_p, student_point};
use crate::regression::{Errors, Fit, least_squares, poisson};

/// An effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// Estimate and interval.
    pub at: Interval,
    /// Standard error: of a ratio that of its logarithm.
    pub error: f64,
    /// How probable a value as far from none is, if there is none.
    pub p: f64,
}

/// Coefficients of a series that is broken where something began.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Change where it began: of the level (least squares), or as a ratio (Poisson).
    pub level: Effect,
    /// Change of the slope for each step of time, in the same way.
    pub slope: Effect,
    /// Slope before, in the same way.
    pub before: Effect,
    /// Correlation of what is left with the one before.
    pub autocorrelation: f64,
    /// How many the errors depend on (least squares).
    pub lags: usize,
    /// How much more than Poisson the counts spread (Poisson).
    pub dispersion: f64,
    /// Values after the beginning, added up, and what they would have been.
    pub after: (f64, f64),
}

/// Times before and after; each needs so many.
pub const LEAST: usize = 3;

/// Rows of constant, time, began, and time since: `from` is the first time after the beginning.
fn broken(count: usize, from: usize) -> Vec<Vec<f64>> {
    let row = |time: usize| {
        let (time_since, began) = if time >= from { ((time - from) as f64, 1.0) } else { (0.0, 0.0) };
        vec![1.0, time as f64, began, time_since]
    };
    (0..count).map(row).collect()
}

/// Lags that Newey and West's rule gives for so many values.
pub fn usual_lags(count: usize) -> usize {
    (4.0 * (count as f64 / 100.0).powf(2.0 / 9.0)).floor() as usize
}

fn effect(fit: &Fit, place: usize, confidence: f64) -> Effect {
    let (value, error) = (fit.coefficients[place], fit.error(place));
    let reach = student_point(confidence, fit.freedom) * error;
    let at = Interval { value, low: value - reach, high: value + reach };
    Effect { at, error, p: student_p(value / error, fit.freedom) }
}

fn ratio(fit: &Fit, place: usize, confidence: f64) -> Effect {
    let of = effect(fit, place, confidence);
    let Interval { value, low, high } = of.at;
    Effect { at: Interval { value: value.exp(), low: low.exp(), high: high.exp() }, ..of }
}

fn autocorrelation(residuals: &[f64]) -> f64 {
    let square: f64 = residuals.iter().map(|left| left * left).sum();
    let next: f64 = residuals.windows(2).map(|pair| pair[0] * pair[1]).sum();
    if square > 0.0 { next / square } else { 0.0 }
}

/// Interrupted time series by least squares, with Newey and West's errors. `None` where too few times are before or
/// after.
pub fn interrupted(values: &[f64], from: usize, confidence: f64, lags: Option<usize>) -> Option<Series> {
    let rows = enough(values.len(), from)?;
    let lags = lags.unwrap_or_else(|| usual_lags(values.len()));
    let fit = least_squares(&rows, values, Errors::Lagged(lags))?;
    let without = |time: usize| fit.coefficients[0] + fit.coefficients[1] * time as f64;
    Some(Series {
        level: effect(&fit, 2, confidence),
        slope: effect(&fit, 3, confidence),
        before: effect(&fit, 1, confidence),
        autocorrelation: autocorrelation(&fit.residuals),
        lags,
        dispersion: 1.0,
        after: (values[from..].iter().sum(), (from..values.len()).map(without).sum()),
    })
}

fn enough(count: usize, from: usize) -> Option<Vec<Vec<f64>>> {
    (from >= LEAST && count >= from + LEAST).then(|| broken(count, from))
}

/// The same for counts: ratios of rates, with people as what events are of. `None` as [`interrupted`], or where it
/// does not settle.
pub fn of_counts(events: &[f64], people: &[f64], from: usize, confidence: f64) -> Option<Series> {
    let rows = enough(events.len(), from)?;
    let offsets: Vec<f64> = people.iter().map(|people| people.ln()).collect();
    let fit = poisson(&rows, events, &offsets)?;
    let without =
        |time: usize| (fit.coefficients[0] + fit.coefficients[1] * time as f64).exp() * people[time];
    Some(Series {
        level: ratio(&fit, 2, confidence),
        slope: ratio(&fit, 3, confidence),
        before: ratio(&fit, 1, confidence),
        autocorrelation: autocorrelation(&fit.residuals),
        lags: 0,
        dispersion: fit.scale,
        after: (events[from..].iter().sum(), (from..events.len()).map(without).sum()),
    })
}

/// A value of a unit at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Unit.
    pub unit: usize,
    /// Time.
    pub time: usize,
    /// Value.
    pub value: f64,
    /// Whether the unit is one where it began.
    pub is_treated: bool,
}

/// Difference in differences: how much more the units where it began changed than the others, with a level of its own
/// for each unit and time, and errors that go together within a unit. `None` where one of the four corners is empty.
pub fn difference(cells: &[Cell], from: usize, confidence: f64) -> Option<Effect> {
    let units = cells.iter().map(|cell| cell.unit).max()? + 1;
    let times = cells.iter().map(|cell| cell.time).max()? + 1;
    for (treated, after) in [(true, true), (true, false), (false, true), (false, false)] {
        cells.iter().find(|cell| cell.is_treated == treated && (cell.time >= from) == after)?;
    }
    let row = |cell: &Cell| {
        let mut row = vec![0.0; units + times];
        row[0] = f64::from(u8::from(cell.is_treated && cell.time >= from));
        row[1 + cell.unit] = 1.0;
        if cell.time > 0 {
            row[units + cell.time] = 1.0;
        }
        row
    };
    let rows: Vec<Vec<f64>> = cells.iter().map(row).collect();
    let values: Vec<f64> = cells.iter().map(|cell| cell.value).collect();
    let of: Vec<usize> = cells.iter().map(|cell| cell.unit).collect();
    let fit = least_squares(&rows, &values, Errors::Clustered(&of))?;
    // As many units as are independent, less one.
    Some(effect(&Fit { freedom: (units - 1) as f64, ..fit }, 0, confidence))
}

/// Before and after: the ratio of two rates of counts, with the interval of its logarithm.
pub fn before_after(before: (f64, f64), after: (f64, f64), confidence: f64) -> Effect {
    // A half is added where nothing was counted, so that a ratio can be formed at all.
    let half = if before.0 == 0.0 || after.0 == 0.0 { 0.5 } else { 0.0 };
    let (events, then) = (after.0 + half, before.0 + half);
    let value = (events / after.1) / (then / before.1);
    let error = (1.0 / events + 1.0 / then).sqrt();
    let reach = normal_point(0.5 + confidence / 2.0) * error;
    let at = Interval { value, low: value * (-reach).exp(), high: value * reach.exp() };
    Effect { at, error, p: normal_p(value.ln() / error) }
}

/// Share of measures that work which a study is to find.
pub const POWER: f64 = 0.8;

/// The smallest fall that so many months after can show, beside so many before, where so many are expected each month
/// and counts spread `dispersion` times as much as Poisson: as a share. `None` where not even an end of it all is seen.
///
/// On the square-root scale, where chance is as large before and after.
pub fn detectable(monthly: f64, before: f64, after: f64, dispersion: f64, confidence: f64) -> Option<f64> {
    let reach = normal_point(0.5 + confidence / 2.0) + normal_point(POWER);
    let chance = (dispersion / (4.0 * monthly) * (1.0 / before + 1.0 / after)).sqrt();
    let left = 1.0 - reach * chance;
    (left > 0.0).then_some(1.0 - left * left)
}

/// What events that were looked at because they were many would have been followed by if nothing was done: drawn toward
/// the expected as far as they are chance. `own` is how much of a deviation is the area's own, from 0 to 1.
pub fn toward_the_mean(seen: f64, expected: f64, own: f64) -> f64 {
    expected + own * (seen - expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_break_is_found_where_it_is() {
        let values: Vec<f64> = (0..40)
            .map(|time| {
                let noise = [0.3, -0.5, 0.1, 0.4, -0.3][time % 5];
                20.0 + 0.2 * time as f64 + if time >= 24 { -6.0 } else { 0.0 } + noise
            })
            .collect();
        let found = interrupted(&values, 24, 0.95, None).unwrap();
        assert!((found.level.at.value + 6.0).abs() < 0.4 && found.level.at.high < -5.0, "{found:?}");
        assert!((found.before.at.value - 0.2).abs() < 0.02 && found.slope.p > 0.05, "{found:?}");
        assert!((found.after.0 - found.after.1 + 6.0 * 16.0).abs() < 8.0, "{found:?}");
        assert!(
            interrupted(&values, 2, 0.95, None).is_none() && interrupted(&values, 38, 0.95, None).is_none()
        );
    }

    #[test]
    fn only_what_the_others_did_not_do_is_the_effect() {
        let mut cells = Vec::new();
        for unit in 0..12 {
            for time in 0..10 {
                let is_treated = unit < 4;
                let noise = [0.2, -0.1, 0.05, -0.15][(unit * 7 + time * 3) % 4];
                let effect = if is_treated && time >= 6 { -3.0 } else { 0.0 };
                let value = unit as f64 + 0.5 * time as f64 + effect + noise;
                cells.push(Cell { unit, time, value, is_treated });
            }
        }
        let found = difference(&cells, 6, 0.95).unwrap();
        assert!(
            (found.at.value + 3.0).abs() < 0.15 && found.at.low < -3.0 && found.at.high < -2.7,
            "{found:?}"
        );
        let all: Vec<Cell> = cells.iter().map(|cell| Cell { is_treated: true, ..*cell }).collect();
        assert!(difference(&all, 6, 0.95).is_none());
    }

    #[test]
    fn small_municipalities_see_only_large_falls() {
        let fall = |monthly: f64, after: f64| detectable(monthly, 36.0, after, 1.0, 0.95);
        assert!(fall(100.0, 12.0).unwrap() < fall(10.0, 12.0).unwrap());
        assert!(fall(10.0, 24.0).unwrap() < fall(10.0, 12.0).unwrap());
        assert!(fall(0.05, 1.0).is_none());
        // Fewer fractures after a bad year without anything being done.
        assert_eq!(toward_the_mean(40.0, 25.0, 0.4), 31.0);
        let halved = before_after((40.0, 12.0), (20.0, 12.0), 0.95);
        assert!((halved.at.value - 0.5).abs() < 1e-12 && halved.at.high < 1.0, "{halved:?}");
        assert!(before_after((0.0, 12.0), (3.0, 12.0), 0.95).at.value.is_finite());
    }
}
