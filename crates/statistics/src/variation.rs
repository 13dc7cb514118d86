//! Variation between areas, beyond the chance variation of their counts.

/// Measures of how areas vary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variation {
    /// Systematic component of variation times 100, as health atlases give it (McPherson 1982). Zero or less
    /// means no more variation than by chance.
    pub systematic: f64,
    /// The same with the number of areas less one as divisor.
    pub systematic_of_sample: f64,
    /// Extremal quotient (FT): the highest ratio to the expected, divided by the lowest. `None` if the lowest is 0.
    pub extremal: Option<f64>,
    /// Extremal quotient without the highest and the lowest area (FT2), and without the two highest and the two lowest (FT3).
    /// `None` with fewer than four and six areas, or if the lowest that is left is 0.
    pub without_ends: [Option<f64>; 2],
}

/// Measures how areas vary, from the events and expected events of each. `None` with fewer than two areas with expected
/// events.
pub fn variation(areas: &[(f64, f64)]) -> Option<Variation> {
    let used: Vec<(f64, f64)> = areas.iter().copied().filter(|(_, expected)| *expected > 0.0).collect();
    if used.len() < 2 {
        return None;
    }
    let count = used.len() as f64;
    let squares: f64 = used.iter().map(|(events, expected)| ((events - expected) / expected).powi(2)).sum();
    let chance: f64 = used.iter().map(|(_, expected)| 1.0 / expected).sum();
    let mut ratios: Vec<f64> = used.iter().map(|(events, expected)| events / expected).collect();
    ratios.sort_by(f64::total_cmp);
    let quotient = |from: usize, to: usize| (ratios[from] > 0.0).then(|| ratios[to] / ratios[from]);
    let last = ratios.len() - 1;
    let without = |ends: usize| (last > 2 * ends).then(|| quotient(ends, last - ends)).flatten();
    Some(Variation {
        systematic: (squares - chance) / count * 100.0,
        systematic_of_sample: (squares - chance) / (count - 1.0) * 100.0,
        extremal: quotient(0, last),
        without_ends: [1, 2].map(without),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_that_vary_by_chance_have_no_systematic_part() {
        // Each area deviates by 10 of 100: the squared deviation, 0,1², equals the chance variance, 1/100.
        let by_chance = variation(&[(110.0, 100.0), (90.0, 100.0)]).unwrap();
        assert!(
            by_chance.systematic.abs() < 1e-9 && (by_chance.extremal.unwrap() - 110.0 / 90.0).abs() < 1e-12
        );
        let more = variation(&[(150.0, 100.0), (50.0, 100.0), (100.0, 100.0), (120.0, 100.0)]).unwrap();
        assert!((more.systematic - (0.25 + 0.25 + 0.04 - 0.04) / 4.0 * 100.0).abs() < 1e-9);
        assert!((more.systematic_of_sample - 0.5 / 3.0 * 100.0).abs() < 1e-9);
        assert_eq!((more.extremal, more.without_ends), (Some(3.0), [Some(1.2), None]));
        let six = [50.0, 60.0, 80.0, 120.0, 150.0, 200.0].map(|events| (events, 100.0));
        let six = variation(&six).unwrap();
        for (ours, theirs) in
            [six.extremal, six.without_ends[0], six.without_ends[1]].into_iter().zip([4.0, 2.5, 1.5])
        {
            assert!((ours.unwrap() - theirs).abs() < 1e-12, "{six:?}");
        }
        // There is no quotient to an area without an event.
        let none = variation(&[(0.0, 5.0), (5.0, 5.0), (10.0, 5.0), (5.0, 5.0)]).unwrap();
        assert_eq!((none.extremal, none.without_ends), (None, [Some(1.0), None]));
        assert!(variation(&[(5.0, 5.0)]).is_none());
    }
}
