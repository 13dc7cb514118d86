//! The funnel: which areas differ by more than chance, and by more than areas usually do.
//!
//! Ratios of events to expected events are compared on the square-root scale, where the square root of every
//! count has the same chance variance, 1/4. Areas differ by more than chance for reasons that the table does not show
//! (overdispersion). Two allowances for it are common: every limit is widened by a factor (multiplicative),
//! or a variance between areas is added to that of chance (additive), which widens the limits of large areas
//! more. Both are estimated after the outermost tenth of areas on each side is drawn in (winsorised), so that
//! areas that stand out do not hide themselves.
//!
//! Source: Spiegelhalter 2005; Spiegelhalter and others 2012.

use crate::interval::normal_point;

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
pub const RULE_SET: u32 = 1;

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
    pub limits: Limits,
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
fn by_chance(events: f64, expected: f64) -> f64 {
    2.0 * (events.sqrt() - expected.sqrt())
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
        let mut z: Vec<f64> = used.iter().map(|(events, expected)| by_chance(*events, *expected)).collect();
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

    /// Standard deviation of an area's ratio on the square-root scale.
    fn spread(&self, expected: f64) -> f64 {
        let chance = 1.0 / (4.0 * expected);
        match self.allowance {
            Allowance::None => chance.sqrt(),
            Allowance::Multiplicative => (chance * self.factor).sqrt(),
            Allowance::Additive => (chance + self.between).sqrt(),
        }
    }

    /// Limits of an area with this number of expected events.
    pub fn limits(&self, expected: f64) -> Limits {
        let spread = self.spread(expected);
        let at = |share: f64| {
            let reach = normal_point(share) * spread;
            ((1.0 - reach).max(0.0).powi(2), (1.0 + reach).powi(2))
        };
        Limits { inner: at(0.975), outer: at(0.999) }
    }

    /// Place of an area with these events and expected events.
    pub fn point(&self, events: f64, expected: f64) -> Point {
        let z = ((events / expected).sqrt() - 1.0) / self.spread(expected);
        Point { z, limits: self.limits(expected) }
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
        // For a hundred expected events, the inner limits lie about 0,196 to each side of a ratio of 1.
        assert!((none.inner.1 - 1.2056).abs() < 1e-3 && (none.inner.0 - 0.8136).abs() < 1e-3, "{none:?}");
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
        let point = Funnel::of(&areas, Allowance::None).point(130.0, 100.0);
        assert!(point.side() == 1 && point.limits.inner.1 < 1.3 && point.limits.outer.1 > 1.3, "{point:?}");
    }
}
