//! Variation between areas, beyond the chance variation of their counts.

/// Measures of how areas vary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variation {
    /// Systematic component of variation times 100, as health atlases give it (McPherson 1982). Zero or less
    /// means no more variation than by chance.
    pub systematic: f64,
    /// Extremal quotient: the highest ratio to the expected, divided by the lowest.
    pub extremal: f64,
    /// Extremal quotient without the highest and the lowest area; `None` with fewer than four areas.
    pub extremal_without_ends: Option<f64>,
}

/// Measures how areas vary, from the events and expected events of each. `None` with fewer than two areas
/// with expected events, or if an area had no event, since there is then no quotient.
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
    Some(Variation {
        systematic: (squares - chance) / count * 100.0,
        extremal: quotient(0, last)?,
        extremal_without_ends: if last >= 3 { quotient(1, last - 1) } else { None },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_that_vary_by_chance_have_no_systematic_part() {
        // Each area deviates by 10 of 100: the squared deviation, 0,1², equals the chance variance, 1/100.
        let by_chance = variation(&[(110.0, 100.0), (90.0, 100.0)]).unwrap();
        assert!(by_chance.systematic.abs() < 1e-9 && (by_chance.extremal - 110.0 / 90.0).abs() < 1e-12);
        let more = variation(&[(150.0, 100.0), (50.0, 100.0), (100.0, 100.0), (120.0, 100.0)]).unwrap();
        assert!((more.systematic - (0.25 + 0.25 + 0.04 - 0.04) / 4.0 * 100.0).abs() < 1e-9);
        assert_eq!((more.extremal, more.extremal_without_ends), (3.0, Some(1.2)));
        assert!(variation(&[(5.0, 5.0)]).is_none() && variation(&[(0.0, 5.0), (5.0, 5.0)]).is_none());
    }
}
