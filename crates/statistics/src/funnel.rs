//! The funnel: which areas differ by more than chance, and by more than areas usually do.
//!
//! How far an area is from the expected is the probability that chance alone (Poisson, exact) gives so many events or more,
//! or so few or fewer, told in standard deviations. Where little is expected, no events at all may be no news; a scale that
//! is nearly normal would call it some.
//!
//! Areas differ by more than chance for reasons that the table does not show (overdispersion). Two allowances for it are
//! common: every limit is widened by a factor (multiplicative), or a variance between areas is added to that of chance
//! (additive), which widens the limits of large areas more. Both are estimated on the square-root scale, where every
//! count has the same chance variance, 1/4, after the outermost tenth of areas on each side is drawn in (winsorised), so
//! that areas that stand out do not hide themselves.
//!
//! Source: Spiegelhalter 2005; Spiegelhalter and others 2012.

use statrs::function::gamma::{gamma_lr, gamma_ur};

use crate::interval::{normal_below, normal_point};

/// Expected events from which the square-root scale stands for the exact probabilities: within three standard deviations
/// they differ by less than two hundredths of one.
const EXACT_TO: f64 = 10_000.0;
/// Standard deviations of chance from which the square-root scale stands for the exact probabilities, which are then too
/// small for a number.
const FAR: f64 = 30.0;

/// Share of areas on each side that is drawn in before the overdispersion is estimated.
pub const WINSORISED: f64 = 0.1;

/// How the limits allow for overdispersion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// No allowance: the limits are those of chance alone.
    None,
    /// Every limit is widened by the same factor.
    Multiplicative,
    /// A variance between areas is added to that of chance.
    Additive,
}

/// Version of the limits. It rises whenever a funnel of the same areas may come out differently.
pub const RULE_SET: u32 = 2;

/// Limits of an area, as ratios to its expected events.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Low and high limit at 95 %.
    pub inner: (f64, f64),
    /// Low and high limit at 99,8 %.
    pub outer: (f64, f64),
}

/// A funnel, estimated from all areas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Funnel {
    /// Which of the two estimates below widens the limits, if any does.
    pub allowance: Allowance,
    /// Mean squared deviation from the expected, relative to chance (φ); at least 1.
    pub factor: f64,
    /// Variance between areas on the square-root scale (τ²), 0 or more.
    pub between: f64,
}

/// The place of an area in the funnel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Standard deviations from the expected, with the allowance.
    pub z: f64,
}

impl Point {
    /// Place relative to the limits: −2 below the outer limit, −1 below the inner, 0 inside, 1 above the
    /// inner, 2 above the outer.
    pub fn side(&self) -> i8 {
        let (inner, outer) = (normal_point(0.975), normal_point(0.999));
        let far = i8::from(self.z.abs() > inner) + i8::from(self.z.abs() > outer);
        if self.z < 0.0 { -far } else { far }
    }
}

/// Deviation of the events from the expected number on the square-root scale, in standard deviations of chance alone.
fn by_root(events: f64, expected: f64) -> f64 {
    2.0 * (events.sqrt() - expected.sqrt())
}

/// Probability of `events` or more; the events need not be whole.
fn at_least(events: f64, expected: f64) -> f64 {
    if events > 0.0 { gamma_lr(events, expected) } else { 1.0 }
}

/// Probability of `events` or fewer; the events need not be whole.
fn at_most(events: f64, expected: f64) -> f64 {
    gamma_ur(events + 1.0, expected)
}

/// Deviation of the events from the expected number in standard deviations, such that chance alone goes at least as far with
/// the probability that the normal distribution gives; 0 if that is more than a half.
fn by_chance(events: f64, expected: f64) -> f64 {
    let root = by_root(events, expected);
    if expected >= EXACT_TO {
        return root;
    }
    let (probability, sign) = if events >= expected {
        (at_least(events, expected), 1.0)
    } else {
        (at_most(events, expected), -1.0)
    };
    if probability < normal_below(-FAR) {
        return sign * root.abs().max(FAR);
    }
    sign * (-normal_point(probability.min(1.0 - 1e-16))).max(0.0)
}

/// Least and most events that [`by_chance`] finds within this many standard deviations.
fn within(deviations: f64, expected: f64) -> (f64, f64) {
    if expected >= EXACT_TO || deviations > FAR {
        let reach = deviations / 2.0;
        let root = expected.sqrt();
        return ((root - reach).max(0.0).powi(2), (root + reach).powi(2));
    }
    let tail = normal_below(-deviations);
    let low = if at_most(0.0, expected) > tail {
        0.0
    } else {
        between(0.0, expected, |events| at_most(events, expected) <= tail)
    };
    let mut most = expected + 1.0;
    while at_least(most, expected) > tail {
        most *= 2.0;
    }
    (low, between(expected, most, |events| at_least(events, expected) > tail))
}

/// The point between `low` and `high` up to which `is` holds.
fn between(mut low: f64, mut high: f64, is: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if is(middle) { low = middle } else { high = middle }
    }
    low
}

/// The value below which a share of the sorted values lies, interpolated between neighbours. There must be a value.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (low, part) = (at.floor() as usize, at.fract());
    let next = sorted.get(low + 1).copied().unwrap_or(sorted[low]);
    sorted[low] + part * (next - sorted[low])
}

impl Funnel {
    /// Estimates the overdispersion from the events and expected events of all areas. Areas without expected
    /// events carry no information; if fewer than two areas have expected events, there is no allowance.
    pub fn of(areas: &[(f64, f64)], allowance: Allowance) -> Funnel {
        let used: Vec<(f64, f64)> = areas.iter().copied().filter(|(_, expected)| *expected > 0.0).collect();
        if used.len() < 2 {
            return Funnel { allowance, factor: 1.0, between: 0.0 };
        }
        let mut z: Vec<f64> = used.iter().map(|(events, expected)| by_root(*events, *expected)).collect();
        z.sort_by(f64::total_cmp);
        let (low, high) = (quantile(&z, WINSORISED), quantile(&z, 1.0 - WINSORISED));
        let count = z.len() as f64;
        let factor = z.iter().map(|z| z.clamp(low, high).powi(2)).sum::<f64>() / count;
        let weights = used.iter().map(|(_, expected)| 4.0 * expected);
        let (sum, squares) =
            weights.fold((0.0, 0.0), |all, weight| (all.0 + weight, all.1 + weight * weight));
        let between = ((count * factor - (count - 1.0)) / (sum - squares / sum)).max(0.0);
        Funnel { allowance, factor: factor.max(1.0), between }
    }

    /// How many standard deviations of chance one standard deviation with the allowance is; at least 1.
    fn widening(&self, expected: f64) -> f64 {
        match self.allowance {
            Allowance::None => 1.0,
            Allowance::Multiplicative => self.factor.sqrt(),
            // Variances of ratios on the square-root scale: that of chance is 1 / (4 × expected).
            Allowance::Additive => (1.0 + 4.0 * expected * self.between).sqrt(),
        }
    }

    /// Limits of an area with this number of expected events.
    pub fn limits(&self, expected: f64) -> Limits {
        let widening = self.widening(expected);
        let at = |share: f64| {
            let (low, high) = within(normal_point(share) * widening, expected);
            (low / expected, high / expected)
        };
        Limits { inner: at(0.975), outer: at(0.999) }
    }

    /// Place of an area with these events and expected events.
    pub fn point(&self, events: f64, expected: f64) -> Point {
        Point { z: by_chance(events, expected) / self.widening(expected) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_alone_needs_no_allowance() {
        let areas: Vec<(f64, f64)> =
            (0..40).map(|place| (100.0 + f64::from(place % 5) - 2.0, 100.0)).collect();
        let [none, times, plus] = [Allowance::None, Allowance::Multiplicative, Allowance::Additive]
            .map(|allowance| Funnel::of(&areas, allowance).limits(100.0));
        assert!(none == times && none == plus, "{none:?} {times:?} {plus:?}");
        // Poisson(100): P(X ≥ 121) = 0,0227 and P(X ≥ 120) = 0,0282; P(X ≤ 80) = 0,0226 and P(X ≤ 81) = 0,0274 (R, ppois).
        assert!((1.20..1.21).contains(&none.inner.1) && (0.80..0.81).contains(&none.inner.0), "{none:?}");
        let funnel = Funnel::of(&areas, Allowance::None);
        assert_eq!(
            [121.0, 120.0, 80.0, 81.0].map(|events| funnel.point(events, 100.0).side()),
            [1, 0, -1, 0]
        );
    }

    /// No event of 2,5 expected has a probability of 8 per cent: it is within, and there is no lower limit.
    #[test]
    fn little_expected_is_no_news() {
        let funnel = Funnel { allowance: Allowance::None, factor: 1.0, between: 0.0 };
        let none = funnel.point(0.0, 2.5);
        assert!(none.side() == 0 && funnel.limits(2.5).inner.0 == 0.0, "{none:?}");
        assert!((none.z - normal_point((-2.5_f64).exp())).abs() < 1e-9, "{none:?}");
        // Of four expected: P(X ≤ 0) = 1,8 per cent, below the inner limit and not below the outer.
        assert_eq!(funnel.point(0.0, 4.0).side(), -1);
        assert_eq!(funnel.point(0.0, 0.001).side(), 0);
        assert_eq!(funnel.point(1.0, 0.0005).side(), 2);
        // With a great allowance, what lies far out by chance is still told apart.
        let wide = Funnel { allowance: Allowance::Multiplicative, factor: 225.0, between: 0.0 };
        assert_eq!([7_000.0, 8_000.0, 9_000.0].map(|events| wide.point(events, 5_000.0).side()), [0, 1, 2]);
        let limits = wide.limits(5_000.0);
        assert!(limits.inner.1 < limits.outer.1 && limits.outer.0 < limits.inner.0, "{limits:?}");
        // The scales meet where many are expected.
        let (below, above) = (by_chance(9_750.0, 9_999.0), by_root(9_750.0, 9_999.0));
        assert!((below - above).abs() < 0.02, "{below} {above}");
    }

    /// In areas that differ by chance alone, the limits are passed no more often than they say, and nearly as often where
    /// fifty events or more are expected.
    #[test]
    fn chance_alone_passes_the_limits_as_often_as_they_say() {
        use rand::SeedableRng;
        use rand_distr::{Distribution, Poisson};
        let mut random = rand_pcg::Pcg64Mcg::seed_from_u64(1);
        for allowance in [Allowance::None, Allowance::Multiplicative, Allowance::Additive] {
            // Few expected, and many: areas, and those beyond the inner and the outer limit.
            let mut counts = [[0_u32; 3]; 2];
            for _ in 0..60 {
                let areas: Vec<(f64, f64)> = (0..350)
                    .map(|place| {
                        let expected = 0.5 * 1.03_f64.powi(place % 300);
                        (Poisson::new(expected).unwrap().sample(&mut random), expected)
                    })
                    .collect();
                let funnel = Funnel::of(&areas, allowance);
                for (events, expected) in areas {
                    let side = funnel.point(events, expected).side().abs();
                    let count = &mut counts[usize::from(expected >= 50.0)];
                    count[0] += 1;
                    count[1] += u32::from(side > 0);
                    count[2] += u32::from(side > 1);
                }
            }
            for [all, inner, outer] in counts {
                let [inner, outer] = [inner, outer].map(|count| f64::from(count) / f64::from(all));
                assert!(inner <= 0.053 && outer <= 0.0031, "{allowance:?}: {inner} {outer} of {all}");
            }
            let [all, inner, outer] = counts[1].map(f64::from);
            assert!(inner / all > 0.037 && outer / all > 0.0009, "{allowance:?}: {inner} {outer} of {all}");
        }
    }

    #[test]
    fn what_differs_widens_the_limits_and_most_where_many_are_expected() {
        let areas: Vec<(f64, f64)> = (0..60)
            .map(|place| {
                let expected = 20.0 * f64::from(1 + place % 30);
                (expected * if place % 2 == 0 { 0.7 } else { 1.3 }, expected)
            })
            .collect();
        let breadth = |allowance, expected| {
            let limits = Funnel::of(&areas, allowance).limits(expected);
            limits.inner.1 - limits.inner.0
        };
        for expected in [20.0, 600.0] {
            assert!(breadth(Allowance::None, expected) < breadth(Allowance::Multiplicative, expected));
        }
        assert!(breadth(Allowance::Additive, 5000.0) > breadth(Allowance::Multiplicative, 5000.0));
        assert!(breadth(Allowance::Additive, 2.0) < breadth(Allowance::Multiplicative, 2.0));
        let funnel = Funnel::of(&areas, Allowance::None);
        let (point, limits) = (funnel.point(130.0, 100.0), funnel.limits(100.0));
        assert!(point.side() == 1 && limits.inner.1 < 1.3 && limits.outer.1 > 1.3, "{point:?} {limits:?}");
    }
}
