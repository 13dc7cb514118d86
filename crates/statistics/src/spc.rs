//! The XmR chart: the usual variation of a process, and the values that go beyond it.
//!
//! The limits are the mean plus and minus 2,66 times the mean moving range (Shewhart, Wheeler). Moving ranges above 3,267 times
//! their mean are left out once before the limits are computed, as in NHSRplotthedots: a jump tells of itself, and not of the
//! usual variation. A stretch with fewer than [`LEAST`] values has a mean and no limits. A value is marked if it meets one of
//! four rules, as in NHS England's «Making Data Count»: it is outside a limit; it is one of seven or more
//! in a row on one side of the mean; it is one of seven or more in a row that all rise or all fall; or, of three values
//! in a row, it and at least one more are beyond two thirds of the way from the mean to the same limit.

use words::{Message, Said};

/// Distance from the mean to a limit, in mean moving ranges: 3 / 1,128.
pub const TO_LIMIT: f64 = 3.0 / 1.128;
/// Moving ranges above this many times their mean are left out once (the upper limit of a chart of moving ranges).
pub const SCREEN: f64 = 3.267;
/// Least number of values in a stretch for limits: fewer do not tell the usual variation.
pub const LEAST: usize = 10;
/// Least number of values in a run on one side of the mean, or in a trend.
pub const RUN: usize = 7;

/// A rule that marks a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The value is outside a limit.
    Outside,
    /// The value is one of seven or more in a row on one side of the mean.
    Shift,
    /// The value is one of seven or more in a row that all rise or all fall.
    Trend,
    /// Of three values in a row, the value and at least one more are beyond two thirds of the way from the mean to the
    /// same limit.
    NearLimit,
}

impl Rule {
    /// The rule's name in files.
    pub const fn word(self) -> &'static str {
        match self {
            Rule::Outside => "outside",
            Rule::Shift => "shift",
            Rule::Trend => "trend",
            Rule::NearLimit => "near-limit",
        }
    }
}

impl Said for Rule {
    fn said(&self) -> Message {
        Message::under("indicators.rule", self.word())
    }
}

/// A stretch of values with limits of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Base {
    /// Place of the stretch's first value.
    pub from: usize,
    /// Place after the stretch's last value.
    pub to: usize,
    pub mean: f64,
    /// Mean absolute difference between neighbouring values, less those that are left out.
    pub moving_range: f64,
    /// Low and high limit; `None` with fewer than [`LEAST`] values.
    pub limits: Option<(f64, f64)>,
}

/// Version of the rules and limits. It rises whenever a chart of the same values may come out differently.
pub const RULE_SET: u32 = 2;

/// An XmR chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The stretches, in order.
    pub bases: Vec<Base>,
    /// The rules that each value meets, in the order of the values.
    pub met: Vec<Vec<Rule>>,
}

/// Makes a chart. New limits begin at the places in `rebased`; places outside the values are ignored.
pub fn chart(values: &[f64], rebased: &[usize]) -> Chart {
    let mut starts: Vec<usize> =
        rebased.iter().copied().filter(|at| (1..values.len()).contains(at)).collect();
    starts.push(0);
    starts.sort_unstable();
    starts.dedup();
    let mut out = Chart { bases: Vec::new(), met: vec![Vec::new(); values.len()] };
    for (place, from) in starts.iter().enumerate() {
        let to = starts.get(place + 1).copied().unwrap_or(values.len());
        if *from == to {
            continue;
        }
        let base = base(values, *from, to);
        mark(&values[*from..to], &base, &mut out.met[*from..to]);
        out.bases.push(base);
    }
    out
}

fn base(values: &[f64], from: usize, to: usize) -> Base {
    let inside = &values[from..to];
    let mean = inside.iter().sum::<f64>() / inside.len() as f64;
    let ranges: Vec<f64> = inside.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let of = |ranges: &[f64]| ranges.iter().sum::<f64>() / ranges.len().max(1) as f64;
    let all = of(&ranges);
    let usual: Vec<f64> = ranges.into_iter().filter(|range| *range <= SCREEN * all).collect();
    let moving_range = of(&usual);
    let reach = TO_LIMIT * moving_range;
    let limits = (inside.len() >= LEAST).then_some((mean - reach, mean + reach));
    Base { from, to, mean, moving_range, limits }
}

/// Marks the values of a stretch; a stretch without limits has no marks.
fn mark(values: &[f64], base: &Base, met: &mut [Vec<Rule>]) {
    let Some((low, high)) = base.limits else { return };
    let mut add_rule = |from: usize, to: usize, rule: Rule, which: &dyn Fn(f64) -> bool| {
        for place in (from..to).filter(|place| which(values[*place])) {
            if !met[place].contains(&rule) {
                met[place].push(rule);
            }
        }
    };
    // A value that differs from the mean only by rounding is on neither side of the mean.
    let hair = base.mean.abs().max(base.moving_range) * 1e-9;
    for (place, value) in values.iter().enumerate() {
        if *value < low - hair || *value > high + hair {
            add_rule(place, place + 1, Rule::Outside, &|_| true);
        }
    }
    let sides = |from: usize| {
        let from_mean = values[from] - base.mean;
        if from_mean.abs() <= hair { Some(std::cmp::Ordering::Equal) } else { from_mean.partial_cmp(&0.0) }
    };
    stretches(values.len(), sides, RUN, |from, to| add_rule(from, to, Rule::Shift, &|_| true));
    // A trend of seven values is six steps in the same direction.
    let steps = |from: usize| values[from + 1].partial_cmp(&values[from]);
    let mut trends = Vec::new();
    let count = values.len().saturating_sub(1);
    stretches(count, steps, RUN - 1, |from, to| trends.push((from, to + 1)));
    for (from, to) in trends {
        add_rule(from, to, Rule::Trend, &|_| true);
    }
    let near = (high - base.mean) * 2.0 / 3.0;
    for from in 0..values.len().saturating_sub(2) {
        for side in [1.0, -1.0] {
            let beyond = |value: f64| (value - base.mean) * side > near;
            if near > 0.0 && values[from..from + 3].iter().filter(|value| beyond(**value)).count() >= 2 {
                add_rule(from, from + 3, Rule::NearLimit, &beyond);
            }
        }
    }
}

/// Finds each run of at least `least` places that have the same `side`, either `Greater` or `Less`. Calls `found`
/// with the run's first place and the place after the run.
fn stretches(
    count: usize,
    side: impl Fn(usize) -> Option<std::cmp::Ordering>,
    least: usize,
    mut found: impl FnMut(usize, usize),
) {
    let mut from = 0;
    for place in 1..=count {
        if place < count && side(place) == side(from) {
            continue;
        }
        let is_a_side = side(from).is_some_and(std::cmp::Ordering::is_ne);
        if is_a_side && place - from >= least {
            found(from, place);
        }
        from = place;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(values: &[f64]) -> Vec<String> {
        let words = |rules: &Vec<Rule>| rules.iter().map(|rule| rule.word()).collect::<Vec<_>>().join("+");
        chart(values, &[]).met.iter().map(words).collect()
    }

    #[test]
    fn each_rule_is_met() {
        let mut values = [10.0, 11.0].repeat(8);
        assert!(met(&values).iter().all(String::is_empty), "{:?}", met(&values));
        values.push(30.0);
        assert_eq!(met(&values).last().unwrap(), "outside");
        let steps: Vec<f64> = (0..7).map(f64::from).collect();
        let noisy: Vec<f64> = [3.0, -9.0, 12.0, -7.0, 9.0, -2.0].into_iter().chain(steps).collect();
        let found = met(&noisy);
        assert!(found[5..13].iter().all(|one| one.contains("trend")) && found[4].is_empty(), "{found:?}");
        let shifted: Vec<f64> = [[10.0, 11.0].repeat(5), [12.0, 13.0].repeat(5)].concat();
        assert!(met(&shifted)[10..].iter().all(|one| one.contains("shift")), "{:?}", met(&shifted));
        // The new limits begin where the level changes, and no value is marked.
        let rebased = chart(&shifted, &[10]);
        assert!(rebased.bases.len() == 2 && rebased.met.iter().all(Vec::is_empty));
        assert_eq!((rebased.bases[0].mean, rebased.bases[1].mean), (10.5, 12.5));
    }

    /// By hand: ten ranges of 1, one of 29 and one of 30 have a mean of 69 / 12 = 5,75. Above 3,267 times that, 18,79, are 29 and
    /// 30, which are left out.
    #[test]
    fn a_jump_does_not_widen_the_limits_and_few_values_have_none() {
        let mut values = [10.0, 11.0].repeat(5);
        values.extend([40.0, 10.0, 11.0]);
        let found = chart(&values, &[]).bases[0];
        assert!((found.moving_range - 1.0).abs() < 1e-12, "{found:?}");
        let mean = 166.0 / 13.0;
        let (low, high) = found.limits.unwrap();
        assert!(
            (low - (mean - TO_LIMIT)).abs() < 1e-9 && (high - (mean + TO_LIMIT)).abs() < 1e-9,
            "{found:?}"
        );
        let few = chart(&[1.0, 9.0, 1.0, 9.0, 1.0, 9.0, 1.0, 9.0, 99.0], &[]);
        assert!(few.bases[0].limits.is_none() && few.met.iter().all(Vec::is_empty), "{few:?}");
        // New limits after two values are not drawn.
        let rebased = chart(&values, &[11]);
        assert!(rebased.bases[0].limits.is_some() && rebased.bases[1].limits.is_none());
    }

    #[test]
    fn a_level_series_meets_no_rule() {
        assert!(met(&[0.1; 12]).iter().all(String::is_empty), "{:?}", met(&[0.1; 12]));
    }

    #[test]
    fn six_are_not_seven() {
        let values = |count: usize| {
            let low = [10.0, 11.0].repeat(9);
            let high = [12.9, 13.4].repeat(4);
            [low, high[..count].to_vec()].concat()
        };
        let side =
            |count: usize| met(&values(count))[18..].iter().filter(|one| one.contains("shift")).count();
        assert_eq!((side(6), side(7)), (0, 7));
    }

    #[test]
    fn two_of_three_near_a_limit() {
        let base = Base { from: 0, to: 5, mean: 0.0, moving_range: 1.0, limits: Some((-3.0, 3.0)) };
        let mut rules = vec![Vec::new(); 5];
        mark(&[0.0, 2.1, 1.0, 2.2, -1.0], &base, &mut rules);
        assert_eq!(rules[1], [Rule::NearLimit]);
        assert_eq!((rules[2].len(), rules[3].len(), rules[4].len()), (0, 1, 0));
    }

    proptest::proptest! {
        #[test]
        fn no_values_break_it(values in proptest::collection::vec(-1e6f64..1e6, 0..40), at in 0usize..50) {
            let chart = chart(&values, &[at, at / 2]);
            proptest::prop_assert_eq!(chart.met.len(), values.len());
            let covered: usize = chart.bases.iter().map(|base| base.to - base.from).sum();
            proptest::prop_assert_eq!(covered, values.len());
        }
    }
}
