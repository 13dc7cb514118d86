//! The funnel: which areas differ by more than chance, and by more than areas usually do.
//!
//! How far an area is from the expected is the probability that chance alone (exact: Poisson, or binomial where the events are
//! of a whole) gives so many events or more, or so few or fewer, told in standard deviations. Where little is expected, no events at all may be no news; a scale that
//! is nearly normal would call it some.
//!
//! Areas differ by more than chance for reasons that the table does not show (overdispersion). Two allowances for it are
//! common: every limit is widened by a factor (multiplicative), or a variance between areas is added to that of chance
//! (additive), which widens the limits of large areas more. Both are estimated on the scale where chance has the same variance,
//! 1/4: the square root of counts, √n times the arcsine of the root of proportions. The outermost tenth of areas on each side is
//! drawn in before (winsorised) or left out (truncated, as in England's SHMI), so that areas that stand out do not hide
//! themselves.
//!
//! Source: Spiegelhalter 2005; Spiegelhalter and others 2012.

use statrs::function::beta::beta_reg;
use statrs::function::gamma::{gamma_lr, gamma_ur};

use crate::interval::{normal_below, normal_point};

/// Expected events from which the square-root scale stands for the exact probabilities: within three standard deviations
/// they differ by less than two hundredths of one.
const EXACT_TO: f64 = 10_000.0;
/// Standard deviations of chance from which the square-root scale stands for the exact probabilities, which are then too
/// small for a number.
const FAR: f64 = 30.0;

/// Share of areas on each side that is drawn in or left out before the overdispersion is estimated.
pub const OUTERMOST: f64 = 0.1;

/// What is done with the outermost areas before the overdispersion is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outermost {
    /// Each is moved to the innermost of them.
    Winsorised,
    /// They are left out.
    Truncated,
}

/// Events of an area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub events: f64,
    pub expected: f64,
    /// What the events are a part of; `None` if they are not: their chance is then Poisson and not binomial.
    pub whole: Option<f64>,
}

impl Area {
    /// Events that are no part of a whole.
    pub fn of_counts(events: f64, expected: f64) -> Area {
        Area { events, expected, whole: None }
    }

    /// The size of an area: the chance variance is a quarter of its inverse, on the scale of [`Area::by_root`].
    fn size(&self) -> f64 {
        self.whole.unwrap_or(self.expected)
    }

    /// Deviation of the events from the expected number in standard deviations of chance alone, on the scale where chance has
    /// the same variance everywhere.
    fn by_root(&self) -> f64 {
        match self.whole {
            None => 2.0 * (self.events.sqrt() - self.expected.sqrt()),
            Some(whole) => {
                let angle = |part: f64| (part / whole).clamp(0.0, 1.0).sqrt().asin();
                2.0 * whole.sqrt() * (angle(self.events) - angle(self.expected))
            }
        }
    }

    /// Probability of `events` or more; the events need not be whole.
    fn at_least(&self, events: f64) -> f64 {
        match self.whole {
            _ if events <= 0.0 => 1.0,
            None => gamma_lr(events, self.expected),
            Some(whole) if events > whole => 0.0,
            Some(whole) => beta_reg(events, whole - events + 1.0, self.share()),
        }
    }

    /// Probability of `events` or fewer; the events need not be whole.
    fn at_most(&self, events: f64) -> f64 {
        match self.whole {
            None => gamma_ur(events + 1.0, self.expected),
            Some(whole) if events >= whole => 1.0,
            Some(whole) => beta_reg(whole - events, events + 1.0, 1.0 - self.share()),
        }
    }

    fn share(&self) -> f64 {
        (self.expected / self.size()).clamp(0.0, 1.0)
    }

    /// Deviation of the events from the expected number in standard deviations, such that chance alone goes at least as far
    /// with the probability that the normal distribution gives; 0 if that is more than a half.
    fn by_chance(&self) -> f64 {
        let root = self.by_root();
        if self.expected >= EXACT_TO {
            return root;
        }
        let (probability, sign) = if self.events >= self.expected {
            (self.at_least(self.events), 1.0)
        } else {
            (self.at_most(self.events), -1.0)
        };
        if probability < normal_below(-FAR) {
            return sign * root.abs().max(FAR);
        }
        sign * (-normal_point(probability.min(1.0 - 1e-16))).max(0.0)
    }

    /// Least and most events that [`Area::by_chance`] finds within this many standard deviations.
    fn within(&self, deviations: f64) -> (f64, f64) {
        if self.expected >= EXACT_TO || deviations > FAR {
            return self.within_by_root(deviations);
        }
        let tail = normal_below(-deviations);
        let low = if self.at_most(0.0) > tail {
            0.0
        } else {
            between(0.0, self.expected, |events| self.at_most(events) <= tail)
        };
        let top = self.whole.unwrap_or(f64::INFINITY);
        let mut most = (self.expected + 1.0).min(top);
        while self.at_least(most) > tail && most < top {
            most = (2.0 * most).min(top);
        }
        (low, between(self.expected, most, |events| self.at_least(events) > tail))
    }

    fn within_by_root(&self, deviations: f64) -> (f64, f64) {
        let reach = deviations / 2.0;
        match self.whole {
            None => {
                let root = self.expected.sqrt();
                ((root - reach).max(0.0).powi(2), (root + reach).powi(2))
            }
            Some(whole) => {
                let middle = self.share().sqrt().asin();
                let at = |angle: f64| whole * angle.clamp(0.0, std::f64::consts::FRAC_PI_2).sin().powi(2);
                (at(middle - reach / whole.sqrt()), at(middle + reach / whole.sqrt()))
            }
        }
    }
}

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
pub const RULE_SET: u32 = 3;

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
    /// Estimates the overdispersion from all areas. Areas without expected events carry no information; if fewer than two
    /// areas have expected events, there is no allowance.
    pub fn of(areas: &[Area], allowance: Allowance, outermost: Outermost) -> Funnel {
        let mut used: Vec<(f64, f64)> = areas
            .iter()
            .filter(|area| area.expected > 0.0)
            .map(|area| (area.by_root(), 4.0 * area.size()))
            .collect();
        if used.len() < 2 {
            return Funnel { allowance, factor: 1.0, between: 0.0 };
        }
        used.sort_by(|one, other| one.0.total_cmp(&other.0));
        let all: Vec<f64> = used.iter().map(|(z, _)| *z).collect();
        let (low, high) = (quantile(&all, OUTERMOST), quantile(&all, 1.0 - OUTERMOST));
        match outermost {
            Outermost::Winsorised => used.iter_mut().for_each(|(z, _)| *z = z.clamp(low, high)),
            Outermost::Truncated => used.retain(|(z, _)| (low..=high).contains(z)),
        }
        let count = used.len() as f64;
        let factor = used.iter().map(|(z, _)| z * z).sum::<f64>() / count;
        let (sum, squares) =
            used.iter().fold((0.0, 0.0), |all, (_, weight)| (all.0 + weight, all.1 + weight * weight));
        let between = ((count * factor - (count - 1.0)) / (sum - squares / sum)).max(0.0);
        Funnel { allowance, factor: factor.max(1.0), between }
    }

    /// How many standard deviations of chance one standard deviation with the allowance is; at least 1.
    fn widening(&self, area: &Area) -> f64 {
        match self.allowance {
            Allowance::None => 1.0,
            Allowance::Multiplicative => self.factor.sqrt(),
            // Variances on the scale of roots: that of chance is 1 / (4 × size).
            Allowance::Additive => (1.0 + 4.0 * area.size() * self.between).sqrt(),
        }
    }

    /// Limits of an area with this number of expected events, of a whole if it has one.
    pub fn limits(&self, expected: f64, whole: Option<f64>) -> Limits {
        let area = Area { events: expected, expected, whole };
        let widening = self.widening(&area);
        let at = |share: f64| {
            let (low, high) = area.within(normal_point(share) * widening);
            (low / expected, high / expected)
        };
        Limits { inner: at(0.975), outer: at(0.999) }
    }

    /// Place of an area.
    pub fn point(&self, area: &Area) -> Point {
        Point { z: area.by_chance() / self.widening(area) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(funnel: &Funnel, events: f64, expected: f64) -> Point {
        funnel.point(&Area::of_counts(events, expected))
    }

    #[test]
    fn chance_alone_needs_no_allowance() {
        let areas: Vec<Area> =
            (0..40).map(|place| Area::of_counts(100.0 + f64::from(place % 5) - 2.0, 100.0)).collect();
        let [none, times, plus] = [Allowance::None, Allowance::Multiplicative, Allowance::Additive]
            .map(|allowance| Funnel::of(&areas, allowance, Outermost::Winsorised).limits(100.0, None));
        assert!(none == times && none == plus, "{none:?} {times:?} {plus:?}");
        // Poisson(100): P(X ≥ 121) = 0,0227 and P(X ≥ 120) = 0,0282; P(X ≤ 80) = 0,0226 and P(X ≤ 81) = 0,0274 (R, ppois).
        assert!((1.20..1.21).contains(&none.inner.1) && (0.80..0.81).contains(&none.inner.0), "{none:?}");
        let funnel = Funnel::of(&areas, Allowance::None, Outermost::Winsorised);
        assert_eq!(
            [121.0, 120.0, 80.0, 81.0].map(|events| point(&funnel, events, 100.0).side()),
            [1, 0, -1, 0]
        );
    }

    /// No event of 2,5 expected has a probability of 8 per cent: it is within, and there is no lower limit.
    #[test]
    fn little_expected_is_no_news() {
        let funnel = Funnel { allowance: Allowance::None, factor: 1.0, between: 0.0 };
        let none = point(&funnel, 0.0, 2.5);
        assert!(none.side() == 0 && funnel.limits(2.5, None).inner.0 == 0.0, "{none:?}");
        assert!((none.z - normal_point((-2.5_f64).exp())).abs() < 1e-9, "{none:?}");
        // Of four expected: P(X ≤ 0) = 1,8 per cent, below the inner limit and not below the outer.
        assert_eq!(point(&funnel, 0.0, 4.0).side(), -1);
        assert_eq!(point(&funnel, 0.0, 0.001).side(), 0);
        assert_eq!(point(&funnel, 1.0, 0.0005).side(), 2);
        // With a great allowance, what lies far out by chance is still told apart.
        let wide = Funnel { allowance: Allowance::Multiplicative, factor: 225.0, between: 0.0 };
        assert_eq!([7_000.0, 8_000.0, 9_000.0].map(|events| point(&wide, events, 5_000.0).side()), [0, 1, 2]);
        let limits = wide.limits(5_000.0, None);
        assert!(limits.inner.1 < limits.outer.1 && limits.outer.0 < limits.inner.0, "{limits:?}");
        // The scales meet where many are expected.
        let (below, above) =
            (Area::of_counts(9_750.0, 9_999.0).by_chance(), Area::of_counts(9_750.0, 9_999.0).by_root());
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
                let areas: Vec<Area> = (0..350)
                    .map(|place| {
                        let expected = 0.5 * 1.03_f64.powi(place % 300);
                        Area::of_counts(Poisson::new(expected).unwrap().sample(&mut random), expected)
                    })
                    .collect();
                let funnel = Funnel::of(&areas, allowance, Outermost::Winsorised);
                for area in areas {
                    let side = funnel.point(&area).side().abs();
                    let count = &mut counts[usize::from(area.expected >= 50.0)];
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

    /// Proportions: binomial limits, exact. Binomial(40, 0,25): P(X ≤ 4) = 0,0160, P(X ≤ 5) = 0,0433, P(X ≥ 16) = 0,0262 and
    /// P(X ≥ 17) = 0,0116 (R, pbinom); Poisson(10) would find 4 and 17 within.
    #[test]
    fn parts_of_a_whole_have_binomial_limits() {
        use rand::SeedableRng;
        use rand_distr::{Binomial, Distribution};
        let funnel = Funnel { allowance: Allowance::None, factor: 1.0, between: 0.0 };
        let side = |events: f64, whole| funnel.point(&Area { events, expected: 10.0, whole }).side();
        let of = Some(40.0);
        assert_eq!([4.0, 5.0, 16.0, 17.0].map(|events| side(events, of)), [-1, 0, 0, 1]);
        assert_eq!([4.0, 17.0].map(|events| side(events, None)), [0, 0]);
        let all = funnel.point(&Area { events: 8.0, expected: 7.9, whole: Some(8.0) });
        assert!(all.side() == 0 && funnel.limits(7.9, Some(8.0)).outer.1 <= 8.0 / 7.9 + 1e-9, "{all:?}");
        let mut random = rand_pcg::Pcg64Mcg::seed_from_u64(2);
        for allowance in [Allowance::None, Allowance::Multiplicative, Allowance::Additive] {
            let mut counts = [0_u32; 3];
            for _ in 0..60 {
                let area = |place: i32| {
                    let (whole, share) = (200.0 * f64::from(2 + place % 40), 0.3);
                    let events = Binomial::new(whole as u64, share).unwrap().sample(&mut random) as f64;
                    Area { events, expected: whole * share, whole: Some(whole) }
                };
                let areas: Vec<Area> = (0..350).map(area).collect();
                let funnel = Funnel::of(&areas, allowance, Outermost::Truncated);
                for side in areas.iter().map(|area| funnel.point(area).side().abs()) {
                    counts[0] += 1;
                    counts[1] += u32::from(side > 0);
                    counts[2] += u32::from(side > 1);
                }
            }
            let [all, inner, outer] = counts.map(f64::from);
            assert!((0.040..=0.054).contains(&(inner / all)), "{allowance:?}: {inner} of {all}");
            assert!((0.001..=0.003).contains(&(outer / all)), "{allowance:?}: {outer} of {all}");
        }
    }

    #[test]
    fn what_differs_widens_the_limits_and_most_where_many_are_expected() {
        let areas: Vec<Area> = (0..60)
            .map(|place| {
                let expected = 20.0 * f64::from(1 + place % 30);
                Area::of_counts(expected * if place % 2 == 0 { 0.7 } else { 1.3 }, expected)
            })
            .collect();
        let breadth = |allowance, expected| {
            let limits = Funnel::of(&areas, allowance, Outermost::Winsorised).limits(expected, None);
            limits.inner.1 - limits.inner.0
        };
        for expected in [20.0, 600.0] {
            assert!(breadth(Allowance::None, expected) < breadth(Allowance::Multiplicative, expected));
        }
        assert!(breadth(Allowance::Additive, 5000.0) > breadth(Allowance::Multiplicative, 5000.0));
        assert!(breadth(Allowance::Additive, 2.0) < breadth(Allowance::Multiplicative, 2.0));
        let funnel = Funnel::of(&areas, Allowance::None, Outermost::Winsorised);
        let (point, limits) = (point(&funnel, 130.0, 100.0), funnel.limits(100.0, None));
        assert!(point.side() == 1 && limits.inner.1 < 1.3 && limits.outer.1 > 1.3, "{point:?} {limits:?}");
    }
}
