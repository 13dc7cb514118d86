//! Test of a trend: whether a rate rises or falls over time by more than chance.

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
