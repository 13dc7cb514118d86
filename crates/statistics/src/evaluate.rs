//! The effect of a measure: the change when the measure began, compared with what would have been without the measure.

use std::collections::BTreeSet;

use crate::interval::{Interval, normal_p, normal_point, student_p, student_point};
use crate::regression::{Errors, Fit, Lags, least_squares, poisson};

/// An estimated effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// Estimate and confidence interval.
    pub at: Interval,
    /// Standard error; for a ratio, the standard error of its logarithm.
    pub error: f64,
    /// Two-sided p-value: probability of an estimate at least this far from no effect, if there is no effect.
    pub p: f64,
}

/// Estimates from a time series that may change in level and slope where a measure began.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Change of level at the beginning: a difference (least squares) or a ratio (Poisson).
    pub level: Effect,
    /// Change of slope per step of time: a difference or a ratio. `None` in a model of the level only.
    pub slope: Option<Effect>,
    /// Level at the first time: a value, or a rate for Poisson.
    pub intercept: Effect,
    /// Slope per step of time before the beginning: a difference or a ratio.
    pub before: Effect,
    /// Correlation of each residual with the residual before.
    pub autocorrelation: f64,
    /// Sum of squared differences between neighbouring residuals, relative to that of the residuals (Durbin and Watson): 2
    /// without autocorrelation.
    pub durbin_watson: f64,
    /// Share of the variance that the model takes (R²); `None` for Poisson.
    pub r_squared: Option<f64>,
    /// Degrees of freedom of the residuals.
    pub freedom: f64,
    /// Lags of Newey and West's standard errors; `None` if they were not asked for, and for Poisson.
    pub lags: Option<Lags>,
    /// Estimated correlation of each error with the error before; `None` for Newey and West, and for Poisson.
    pub leaning: Option<f64>,
    /// Variance of the counts relative to Poisson; 1 for least squares.
    pub dispersion: f64,
    /// Sum of the values after the beginning, and the sum to expect without the measure.
    pub after: (f64, f64),
}

/// What may change where the measure begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    Level,
    LevelAndSlope,
}

/// Least number of points in time before the beginning, and after it.
pub const LEAST: usize = 3;

/// Design matrix with a row for each time. The columns are: constant; time; 1 with the measure and 0 without; and, if the
/// slope may change, time since the measure began. `from` is the first time with the measure.
fn broken(count: usize, from: usize, model: Model) -> Vec<Vec<f64>> {
    let row = |time: usize| {
        let (time_since, began) = if time >= from { ((time - from) as f64, 1.0) } else { (0.0, 0.0) };
        let mut row = vec![1.0, time as f64, began, time_since];
        row.truncate(if model == Model::Level { 3 } else { 4 });
        row
    };
    (0..count).map(row).collect()
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

fn durbin_watson(residuals: &[f64]) -> f64 {
    let square: f64 = residuals.iter().map(|left| left * left).sum();
    let steps: f64 = residuals.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
    if square > 0.0 { steps / square } else { 0.0 }
}

/// Share of the variance of the values that a fit takes.
fn r_squared(values: &[f64], residuals: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let all: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let left: f64 = residuals.iter().map(|left| left * left).sum();
    if all > 0.0 { 1.0 - left / all } else { 0.0 }
}

fn autocorrelation(residuals: &[f64]) -> f64 {
    let square: f64 = residuals.iter().map(|left| left * left).sum();
    let next: f64 = residuals.windows(2).map(|pair| pair[0] * pair[1]).sum();
    if square > 0.0 { next / square } else { 0.0 }
}

/// Interrupted time series by least squares, with errors of this kind. `from` is the first time with the measure.
///
/// `None` with fewer than [`LEAST`] times before or after, or if the values lie exactly on the fitted lines.
pub fn interrupted(
    values: &[f64],
    from: usize,
    confidence: f64,
    (model, errors): (Model, Errors),
) -> Option<Series> {
    let rows = enough(values.len(), from, model)?;
    let fit = least_squares(&rows, values, errors)?;
    let without = |time: usize| fit.coefficients[0] + fit.coefficients[1] * time as f64;
    Some(Series {
        level: effect(&fit, 2, confidence),
        slope: (model == Model::LevelAndSlope).then(|| effect(&fit, 3, confidence)),
        intercept: effect(&fit, 0, confidence),
        before: effect(&fit, 1, confidence),
        autocorrelation: autocorrelation(&fit.residuals),
        durbin_watson: durbin_watson(&fit.residuals),
        r_squared: Some(r_squared(values, &fit.residuals)),
        freedom: fit.freedom,
        lags: match errors {
            Errors::Lagged(lags) => Some(lags),
            Errors::Plain | Errors::FirstOrder | Errors::Clustered(_) => None,
        },
        leaning: fit.leaning,
        dispersion: 1.0,
        after: (values[from..].iter().sum(), (from..values.len()).map(without).sum()),
    })
}

fn enough(count: usize, from: usize, model: Model) -> Option<Vec<Vec<f64>>> {
    (from >= LEAST && count >= from + LEAST).then(|| broken(count, from, model))
}

/// Interrupted time series of counts by Poisson regression: the effects are ratios of rates, and `people` are
/// the persons at risk at each time. `None` with fewer than [`LEAST`] times before or after, or if the regression does
/// not converge.
pub fn of_counts(
    events: &[f64],
    people: &[f64],
    from: usize,
    confidence: f64,
    model: Model,
) -> Option<Series> {
    let rows = enough(events.len(), from, model)?;
    let offsets: Vec<f64> = people.iter().map(|people| people.ln()).collect();
    let fit = poisson(&rows, events, &offsets, None)?;
    let without =
        |time: usize| (fit.coefficients[0] + fit.coefficients[1] * time as f64).exp() * people[time];
    Some(Series {
        level: ratio(&fit, 2, confidence),
        slope: (model == Model::LevelAndSlope).then(|| ratio(&fit, 3, confidence)),
        intercept: ratio(&fit, 0, confidence),
        before: ratio(&fit, 1, confidence),
        autocorrelation: autocorrelation(&fit.residuals),
        durbin_watson: durbin_watson(&fit.residuals),
        r_squared: None,
        freedom: fit.freedom,
        lags: None,
        leaning: None,
        dispersion: fit.scale,
        after: (events[from..].iter().sum(), (from..events.len()).map(without).sum()),
    })
}

/// Difference in differences of counts by Poisson regression: by what factor the rate changed more in the
/// treated units than in the others. Each cell comes with its persons at risk. Units and times without an
/// event carry no information and are left out; the number of such units is returned with the effect.
///
/// `None` in the cases that [`difference`] names, apart from an exact fit; and if the regression does not converge.
pub fn difference_of_counts(cells: &[(Cell, f64)], from: usize, confidence: f64) -> Option<(Effect, usize)> {
    let has_events = |of: fn(&Cell) -> usize| -> BTreeSet<usize> {
        cells.iter().filter(|(cell, _)| cell.value > 0.0).map(|(cell, _)| of(cell)).collect()
    };
    let (units, times) = (has_events(|cell| cell.unit), has_events(|cell| cell.time));
    let all: BTreeSet<usize> = cells.iter().map(|(cell, _)| cell.unit).collect();
    let place = |known: &BTreeSet<usize>, one: usize| known.iter().position(|other| *other == one);
    let (kept, people): (Vec<Cell>, Vec<f64>) = cells
        .iter()
        .filter_map(|(cell, people)| {
            let (unit, time) = (place(&units, cell.unit)?, place(&times, cell.time)?);
            Some((Cell { unit, time, ..*cell }, *people))
        })
        .unzip();
    let (rows, of) = unit_and_time(&kept, times.range(..from).count())?;
    let events: Vec<f64> = kept.iter().map(|cell| cell.value).collect();
    let offsets: Vec<f64> = people.iter().map(|people| people.ln()).collect();
    let fit = poisson(&rows, &events, &offsets, Some(&of))?;
    let freedom = (units.len() - 1) as f64;
    Some((ratio(&Fit { freedom, ..fit }, 0, confidence), all.len() - units.len()))
}

/// The value of one unit at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Number of the unit, from 0.
    pub unit: usize,
    /// Number of the time, from 0.
    pub time: usize,
    pub value: f64,
    /// Whether the measure began in the unit.
    pub is_treated: bool,
}

/// Design matrix, and the unit of each row. The matrix has a column for the effect, for each unit, and for each time
/// after the first. `None` if the treated units, or the others, have no cell before or no cell after the beginning.
fn unit_and_time(cells: &[Cell], from: usize) -> Option<(Vec<Vec<f64>>, Vec<usize>)> {
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
    Some((cells.iter().map(row).collect(), cells.iter().map(|cell| cell.unit).collect()))
}

/// Difference in differences by least squares: how much more the treated units changed than the others. Each
/// unit and each time has a level of its own, and the errors of a unit are correlated. `from` is the first
/// time with the measure.
///
/// `None` if the treated units, or the others, have no cell before or no cell after the beginning; if there are no more
/// cells than columns of the design matrix, or the columns are linearly dependent; or if the values lie exactly on the
/// fit.
pub fn difference(cells: &[Cell], from: usize, confidence: f64) -> Option<Effect> {
    let (rows, of) = unit_and_time(cells, from)?;
    let values: Vec<f64> = cells.iter().map(|cell| cell.value).collect();
    let fit = least_squares(&rows, &values, Errors::Clustered(&of))?;
    // The independent observations are the units, so the degrees of freedom are the number of units less one.
    let units = of.iter().max()? + 1;
    Some(effect(&Fit { freedom: (units - 1) as f64, ..fit }, 0, confidence))
}

/// Ratio of two rates, with its interval from the logarithm. `before` and `after` are events and persons at
/// risk.
pub fn before_after(before: (f64, f64), after: (f64, f64), confidence: f64) -> Effect {
    // If either count is zero, a half is added to both, so that there is a ratio.
    let half = if before.0 == 0.0 || after.0 == 0.0 { 0.5 } else { 0.0 };
    let (events, then) = (after.0 + half, before.0 + half);
    let value = (events / after.1) / (then / before.1);
    let error = (1.0 / events + 1.0 / then).sqrt();
    let reach = normal_point(0.5 + confidence / 2.0) * error;
    let at = Interval { value, low: value * (-reach).exp(), high: value * reach.exp() };
    Effect { at, error, p: normal_p(value.ln() / error) }
}

/// Power: the probability of finding an effect of the size that a study is made to find.
pub const POWER: f64 = 0.8;

/// Smallest fall in a rate that a study with `before` and `after` months finds with [`POWER`], as a share from 0 to 1.
/// `monthly` events are expected in a month, and the variance of the counts is `dispersion` times that of Poisson.
/// `None` if not even a fall to zero would be found.
///
/// Computed on the square-root scale, where the chance variation is the same before and after.
pub fn detectable(monthly: f64, before: f64, after: f64, dispersion: f64, confidence: f64) -> Option<f64> {
    let reach = normal_point(0.5 + confidence / 2.0) + normal_point(POWER);
    let chance = (dispersion / (4.0 * monthly) * (1.0 / before + 1.0 / after)).sqrt();
    let left = 1.0 - reach * chance;
    (left > 0.0).then_some(1.0 - left * left)
}

/// Smallest effect that a study with this standard error finds with [`POWER`], on the scale of the error.
pub fn findable(error: f64, freedom: f64, confidence: f64) -> f64 {
    (student_point(confidence, freedom) + normal_point(POWER)) * error
}

/// Events to expect after a year that was chosen for its many events, if nothing is done: a deviation from the expected
/// number is partly chance, and that part falls away. `own` is the share of a deviation that belongs to the area
/// itself, from 0 to 1.
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
        let usual = (Model::LevelAndSlope, Errors::FirstOrder);
        let found = interrupted(&values, 24, 0.95, usual).unwrap();
        assert!((found.level.at.value + 6.0).abs() < 0.4 && found.level.at.high < -5.0, "{found:?}");
        assert!((found.before.at.value - 0.2).abs() < 0.02 && found.slope.unwrap().p > 0.05, "{found:?}");
        assert!((found.after.0 - found.after.1 + 6.0 * 16.0).abs() < 8.0, "{found:?}");
        assert!(
            interrupted(&values, 2, 0.95, usual).is_none() && interrupted(&values, 38, 0.95, usual).is_none()
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

    /// Repeatable pseudo-random numbers, evenly between 0 and 1.
    struct Dice(u64);

    impl Dice {
        fn even(&mut self) -> f64 {
            // SplitMix64.
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        }

        fn normal(&mut self) -> f64 {
            (-2.0 * (1.0 - self.even()).ln()).sqrt() * (std::f64::consts::TAU * self.even()).cos()
        }

        fn poisson(&mut self, mean: f64) -> f64 {
            let (mut count, mut left) = (0.0, self.even());
            while left > (-mean).exp() {
                left *= self.even();
                count += 1.0;
            }
            count
        }
    }

    /// Share of the studies whose interval holds the truth. It should be 0,95.
    fn holding(studies: usize, mut study: impl FnMut(&mut Dice) -> (f64, Interval)) -> f64 {
        let mut dice = Dice(2012);
        let held = |_: &usize| {
            let (truth, at) = study(&mut dice);
            at.low <= truth && truth <= at.high
        };
        (0..studies).filter(held).count() as f64 / studies as f64
    }

    #[test]
    fn intervals_hold_the_truth_about_as_often_as_they_say() {
        let counts = holding(600, |dice| {
            let events: Vec<f64> = (0..36).map(|_| dice.poisson(12.0)).collect();
            (1.0, of_counts(&events, &[1000.0; 36], 24, 0.95, Model::LevelAndSlope).unwrap().level.at)
        });
        let independent = holding(600, |dice| {
            let values: Vec<f64> = (0..60).map(|_| dice.normal()).collect();
            (
                0.0,
                interrupted(&values, 36, 0.95, (Model::LevelAndSlope, Errors::FirstOrder)).unwrap().level.at,
            )
        });
        // The error of each month is correlated with that of the month before.
        let leaning = holding(600, |dice| {
            let mut last = 0.0;
            let values: Vec<f64> = (0..60)
                .map(|_| {
                    last = 0.4 * last + dice.normal();
                    last
                })
                .collect();
            (
                0.0,
                interrupted(&values, 36, 0.95, (Model::LevelAndSlope, Errors::FirstOrder)).unwrap().level.at,
            )
        });
        let unit_and_time = |dice: &mut Dice, is_count: bool| -> Vec<(Cell, f64)> {
            let level: Vec<f64> = (0..16).map(|_| 8.0 + 4.0 * dice.even()).collect();
            let cell = |place: usize| {
                let (unit, time) = (place / 10, place % 10);
                let mean = level[unit] * (1.0 + 0.05 * time as f64);
                let value = if is_count { dice.poisson(mean) } else { mean + dice.normal() };
                (Cell { unit, time, value, is_treated: unit < 6 }, 500.0)
            };
            (0..160).map(cell).collect()
        };
        let between = holding(300, |dice| {
            let cells: Vec<Cell> = unit_and_time(dice, false).into_iter().map(|(cell, _)| cell).collect();
            (0.0, difference(&cells, 6, 0.95).unwrap().at)
        });
        let of_rates = holding(300, |dice| {
            (1.0, difference_of_counts(&unit_and_time(dice, true), 6, 0.95).unwrap().0.at)
        });
        let apart = holding(600, |dice| {
            (1.0, before_after((dice.poisson(40.0), 12.0), (dice.poisson(40.0), 12.0), 0.95).at)
        });
        let shares = [counts, independent, leaning, between, of_rates, apart];
        let least = [0.93, 0.92, 0.89, 0.92, 0.92, 0.93];
        assert!(shares.iter().zip(least).all(|(held, least)| (least..=0.99).contains(held)), "{shares:?}");
    }

    /// The smallest effect that can be found is found in four studies of five.
    #[test]
    fn what_is_said_to_be_found_is_found() {
        let fall = detectable(12.0, 36.0, 24.0, 1.0, 0.95).unwrap();
        let mut dice = Dice(2013);
        let mut sum = |mean: f64, months: usize| (0..months).map(|_| dice.poisson(mean)).sum::<f64>();
        let found = (0..800).filter(|_| {
            let (before, after) = ((sum(12.0, 36), 36.0), (sum(12.0 * (1.0 - fall), 24), 24.0));
            before_after(before, after, 0.95).at.high < 1.0
        });
        let found = found.count() as f64 / 800.0;
        assert!((0.76..0.85).contains(&found), "{found}");
    }

    #[test]
    fn small_municipalities_see_only_large_falls() {
        let fall = |monthly: f64, after: f64| detectable(monthly, 36.0, after, 1.0, 0.95);
        assert!(fall(100.0, 12.0).unwrap() < fall(10.0, 12.0).unwrap());
        assert!(fall(10.0, 24.0).unwrap() < fall(10.0, 12.0).unwrap());
        assert!(fall(0.05, 1.0).is_none());
        // Fewer fractures are expected after a bad year, without any measure.
        assert_eq!(toward_the_mean(40.0, 25.0, 0.4), 31.0);
        let halved = before_after((40.0, 12.0), (20.0, 12.0), 0.95);
        assert!((halved.at.value - 0.5).abs() < 1e-12 && halved.at.high < 1.0, "{halved:?}");
        assert!(before_after((0.0, 12.0), (3.0, 12.0), 0.95).at.value.is_finite());
    }
}
