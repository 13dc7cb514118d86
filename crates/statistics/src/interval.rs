//! Confidence intervals for counts, proportions and means.

use statrs::distribution::{Beta, ChiSquared, ContinuousCDF, Normal, StudentsT};

/// An estimate with its confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Estimate and limits multiplied by a factor; for example, a count divided by its population.
    #[must_use]
    pub fn times(self, factor: f64) -> Interval {
        Interval { value: self.value * factor, low: self.low * factor, high: self.high * factor }
    }
}

/// Method for the interval of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfCount {
    /// Byar's approximation for [`BYAR_FROM`] or more events. For fewer, the exact method is used, since the
    /// approximation is then too narrow at the lower end.
    Byar,
    /// Exact, from the chi-squared distribution (Garwood). For [`EXACT_TO`] or more events, Byar's approximation is
    /// used.
    Exact,
}

/// Method for the interval of a proportion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfProportion {
    /// Wilson's score interval.
    Wilson,
    /// Exact, from the beta distribution (Clopper and Pearson).
    Exact,
}

/// Least number of events for which Byar's approximation may be used.
pub const BYAR_FROM: f64 = 10.0;
/// Least number of events for which Byar's approximation is always used: the approximation then equals the exact
/// interval, which is slow to compute.
pub const EXACT_TO: f64 = 1e6;
/// Degrees of freedom above which [`student_point`] takes Student's distribution as the normal distribution.
const AS_NORMAL: f64 = 1e6;

/// Quantile of the standard normal distribution: the point below which the given share lies.
pub fn normal_point(share: f64) -> f64 {
    Normal::standard().inverse_cdf(share)
}

/// Share of the standard normal distribution that lies below a point.
pub fn normal_below(point: f64) -> f64 {
    Normal::standard().cdf(point)
}

/// Two-sided quantile of Student's distribution: the values within this distance from zero have the
/// probability `confidence`.
pub fn student_point(confidence: f64, freedom: f64) -> f64 {
    if freedom > AS_NORMAL {
        return normal_point(0.5 + confidence / 2.0);
    }
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |t| t.inverse_cdf(0.5 + confidence / 2.0))
}

/// Two-sided p-value of a standard normal value: the probability of a value at least as far from zero.
pub fn normal_p(z: f64) -> f64 {
    2.0 * Normal::standard().cdf(-z.abs())
}

/// Two-sided p-value of a Student value: the probability of a value at least as far from zero. NaN if `t` is NaN.
pub fn student_p(t: f64, freedom: f64) -> f64 {
    if t.is_nan() {
        return f64::NAN;
    }
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |of| 2.0 * of.cdf(-t.abs()))
}

fn chi_squared(share: f64, freedom: f64) -> f64 {
    let Ok(of) = ChiSquared::new(freedom) else { return 0.0 };
    refined(of.inverse_cdf(share), share, |x| of.cdf(x), 0.0)
}

/// Finds the point below which `share` lies, by bisection near `start`, as exactly as a float allows.
fn refined(start: f64, share: f64, below: impl Fn(f64) -> f64, floor: f64) -> f64 {
    let (mut low, mut high) = ((start * 0.99 - 1e-9).max(floor), start * 1.01 + 1e-9);
    for _ in 0..100 {
        let middle = low + (high - low) / 2.0;
        if below(middle) < share { low = middle } else { high = middle }
    }
    low + (high - low) / 2.0
}

/// Interval of a count of independent events (Poisson).
///
/// Source: Breslow and Day 1987 (Byar); Garwood 1936 (exact).
pub fn count(events: f64, confidence: f64, method: OfCount) -> Interval {
    let tail = (1.0 - confidence) / 2.0;
    if (method == OfCount::Exact && events < EXACT_TO) || events < BYAR_FROM {
        let low = if events > 0.0 { chi_squared(tail, 2.0 * events) / 2.0 } else { 0.0 };
        let high = chi_squared(1.0 - tail, 2.0 * events + 2.0) / 2.0;
        return Interval { value: events, low, high };
    }
    let z = normal_point(1.0 - tail);
    let next = events + 1.0;
    let low = events * (1.0 - 1.0 / (9.0 * events) - z / (3.0 * events.sqrt())).powi(3);
    let high = next * (1.0 - 1.0 / (9.0 * next) + z / (3.0 * next.sqrt())).powi(3);
    Interval { value: events, low, high }
}

/// Interval of the proportion `events` / `of`.
///
/// Source: Wilson 1927; Clopper and Pearson 1934.
pub fn proportion(events: f64, of: f64, confidence: f64, method: OfProportion) -> Interval {
    let (value, tail) = (events / of, (1.0 - confidence) / 2.0);
    match method {
        OfProportion::Wilson => {
            let z = normal_point(1.0 - tail);
            let middle = 2.0 * events + z * z;
            let reach = z * (z * z + 4.0 * events * (1.0 - value)).sqrt();
            let whole = 2.0 * (of + z * z);
            Interval {
                value,
                low: ((middle - reach) / whole).max(0.0),
                high: ((middle + reach) / whole).min(1.0),
            }
        }
        OfProportion::Exact => {
            let at = |one: f64, other: f64, share: f64| {
                Beta::new(one, other).map_or(f64::NAN, |of| {
                    refined(of.inverse_cdf(share), share, |x| of.cdf(x.clamp(0.0, 1.0)), 0.0)
                })
            };
            let low = if events > 0.0 { at(events, of - events + 1.0, tail) } else { 0.0 };
            let high = if events < of { at(events + 1.0, of - events, 1.0 - tail) } else { 1.0 };
            Interval { value, low, high }
        }
    }
}

/// Interval of a mean of `of` values with standard deviation `spread`, by Student's distribution.
pub fn mean(mean: f64, spread: f64, of: f64, confidence: f64) -> Interval {
    let reach = student_point(confidence, of - 1.0) * spread / of.sqrt();
    Interval { value: mean, low: mean - reach, high: mean + reach }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_seen_is_not_nothing() {
        // With no event, the interval reaches to 3 at one-sided 95 % (the rule of three), and to 3,69 at
        // two-sided 95 %.
        let none = count(0.0, 0.95, OfCount::Byar);
        assert!(none.low == 0.0 && (none.high - 3.688_879).abs() < 1e-6, "{none:?}");
        let none = proportion(0.0, 20.0, 0.95, OfProportion::Wilson);
        assert!(none.low == 0.0 && none.high > 0.1, "{none:?}");
        let all = proportion(20.0, 20.0, 0.95, OfProportion::Exact);
        assert!(all.high == 1.0 && (all.low - 0.831_57).abs() < 1e-4, "{all:?}");
    }

    #[test]
    fn byar_meets_the_exact_interval_as_events_grow() {
        let gap = |events: f64| {
            let (byar, exact) = (count(events, 0.95, OfCount::Byar), count(events, 0.95, OfCount::Exact));
            (byar.low - exact.low).abs() + (byar.high - exact.high).abs()
        };
        assert!(gap(9.0) == 0.0 && gap(10.0) > 0.0 && gap(10.0) < 0.05 && gap(1000.0) < gap(10.0));
    }

    proptest::proptest! {
        #[test]
        fn the_estimate_lies_within(events in 0u32..5000, more in 1u32..5000, confidence in 0.5f64..0.999) {
            let (events, of) = (f64::from(events), f64::from(events + more));
            for one in [
                count(events, confidence, OfCount::Byar),
                count(events, confidence, OfCount::Exact),
                proportion(events, of, confidence, OfProportion::Wilson),
                proportion(events, of, confidence, OfProportion::Exact),
            ] {
                proptest::prop_assert!(one.low <= one.value + 1e-9 && one.value <= one.high + 1e-9, "{one:?}");
            }
        }
    }
}
