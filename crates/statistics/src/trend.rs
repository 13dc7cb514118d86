//! Test of a trend: whether a rate rises or falls over time by more than chance, and how steeply.

use crate::interval::{Interval, normal_point};

/// Score statistic of a linear trend in the logarithm of a rate: about standard normal if the rate is the same at all
/// times, above 0 if it rises. `counts` are events and `exposure` person-years (or wholes); both have one value for
/// each time, and the times are equally spaced. `at_a_time` is the number of events that come together, 1 or more: it
/// multiplies the variance.
/// `None` for fewer than three times, for lists of different lengths, without events, for a negative count, or if the
/// exposure is not positive at every time.
///
/// Source: Armitage 1955 (Biometrics 11), with the variance of Poisson counts.
pub fn trend(counts: &[f64], exposure: &[f64], at_a_time: f64) -> Option<f64> {
    let (events, all): (f64, f64) = (counts.iter().sum(), exposure.iter().sum());
    let is_known = exposure.iter().all(|one| *one > 0.0) && counts.iter().all(|one| *one >= 0.0);
    if counts.len() < 3 || counts.len() != exposure.len() || events <= 0.0 || !is_known {
        return None;
    }
    let (mut moved, mut first, mut second) = (0.0, 0.0, 0.0);
    for (time, (count, exposure)) in counts.iter().zip(exposure).enumerate() {
        let (time, expected) = (time as f64, events * exposure / all);
        moved += time * (count - expected);
        first += time * expected;
        second += time * time * expected;
    }
    let variance = (second - first * first / events) * at_a_time.max(1.0);
    Some(moved / variance.sqrt())
}

/// Factor of a rate from one time to the next, with a 95 % interval: the maximum of the Poisson likelihood whose logarithm is
/// linear in time. The counts are those of [`trend`]; `None` where it is `None`, and if all events are at the first or at
/// the last time, since the factor then has no limit.
pub fn factor(counts: &[f64], exposure: &[f64], at_a_time: f64) -> Option<Interval> {
    trend(counts, exposure, at_a_time)?;
    let events: f64 = counts.iter().sum();
    let outermost = [counts.first(), counts.last()];
    if outermost.into_iter().flatten().any(|count| (events - count).abs() < f64::EPSILON) {
        return None;
    }
    // Given their sum, the events are spread over the times in proportion to exposure and factor.
    let moments = |slope: f64| {
        let weights =
            exposure.iter().enumerate().map(|(time, of)| (time as f64, of * (slope * time as f64).exp()));
        let (all, first, second) = weights.fold((0.0, 0.0, 0.0), |(all, first, second), (time, weight)| {
            (all + weight, first + time * weight, second + time * time * weight)
        });
        (first / all, second / all - (first / all).powi(2))
    };
    let observed = counts.iter().enumerate().map(|(time, count)| time as f64 * count).sum::<f64>() / events;
    let mut slope = 0.0;
    for _ in 0..50 {
        let (mean, variance) = moments(slope);
        // A step of at most one keeps the search within bounds where the curve is flat.
        slope += ((observed - mean) / variance).clamp(-1.0, 1.0);
    }
    let error = (at_a_time.max(1.0) / (events * moments(slope).1)).sqrt();
    let at = |points: f64| (slope + points * error).exp();
    let z = normal_point(0.975);
    Some(Interval { value: at(0.0), low: at(-z), high: at(z) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by hand: four years with equal exposure and 10, 12, 14 and 20 events: 14 expected each year.
    #[test]
    fn a_trend_is_what_the_formula_gives() {
        let z = trend(&[10.0, 12.0, 14.0, 20.0], &[1.0; 4], 1.0).unwrap();
        // Moved: 0·(−4) + 1·(−2) + 2·0 + 3·6 = 16. Variance: 14·(0+1+4+9) − (14·6)²/56 = 196 − 126 = 70.
        assert!((z - 16.0 / 70.0_f64.sqrt()).abs() < 1e-12, "{z}");
        let clustered = trend(&[10.0, 12.0, 14.0, 20.0], &[1.0; 4], 4.0).unwrap();
        assert!((clustered - z / 2.0).abs() < 1e-12, "{clustered}");
    }

    /// As the generalised linear model of statsmodels (Poisson, logarithm of the exposure as offset).
    #[test]
    fn a_factor_is_that_of_the_linear_model() {
        let found =
            factor(&[110.0, 128.0, 119.0, 150.0, 171.0], &[1000.0, 1010.0, 1025.0, 1030.0, 1044.0], 1.0);
        let found = found.unwrap();
        for (ours, theirs) in [
            (found.value, 1.100_948_095_439_67),
            (found.low, 1.043_464_554_413_568),
            (found.high, 1.161_598_353_988_59),
        ] {
            assert!((ours / theirs - 1.0).abs() < 1e-8, "{found:?}");
        }
        assert_eq!(factor(&[9.0, 0.0, 0.0], &[1.0; 3], 1.0), None);
        let wider = factor(&[10.0, 12.0, 14.0, 20.0], &[1.0; 4], 4.0).unwrap();
        let narrow = factor(&[10.0, 12.0, 14.0, 20.0], &[1.0; 4], 1.0).unwrap();
        assert!(((wider.high / wider.value).ln() / (narrow.high / narrow.value).ln() - 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_rate_that_follows_its_people_has_no_trend() {
        assert!(trend(&[10.0, 20.0, 30.0], &[1.0, 2.0, 3.0], 1.0).unwrap().abs() < 1e-12);
        let (up, down) = (trend(&[1.0, 5.0, 9.0], &[1.0; 3], 1.0), trend(&[9.0, 5.0, 1.0], &[1.0; 3], 1.0));
        assert_eq!(up, down.map(|z| -z));
        for (counts, exposure) in [
            (&[1.0, 2.0][..], &[1.0, 1.0][..]),
            (&[0.0, 0.0, 0.0], &[1.0, 1.0, 1.0]),
            (&[1.0, 2.0, 3.0], &[1.0, 0.0, 1.0]),
            (&[1.0, 2.0, 3.0], &[1.0, 1.0]),
        ] {
            assert_eq!(trend(counts, exposure, 1.0), None, "{counts:?} {exposure:?}");
        }
    }
}
