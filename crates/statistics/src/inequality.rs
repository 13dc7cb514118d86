//! Inequality of a rate over places ordered by a background variable, such as income or education.

use crate::interval::{Interval, student_p, student_point};
use crate::regression::{Errors, least_squares};

/// A place with its background and its rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub people: f64,
    /// Value of the background variable.
    pub background: f64,
    /// Events divided by expected events, with its weight (expected events); `None` if it is not shown. Such a place still
    /// counts in the order of the people.
    pub ratio: Option<(f64, f64)>,
}

/// How a rate differs from the lowest to the highest place in the order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inequality {
    /// Slope index: the fitted ratio at the upper end less that at the lower end, with a 95 % interval.
    pub slope: Interval,
    /// Fitted ratios at the lower and at the upper end.
    pub ends: [f64; 2],
    /// Two-sided p-value of the slope.
    pub p: f64,
    /// Number of places that the line rests on.
    pub places: usize,
}

/// Slope index of inequality: the weighted least-squares line of the ratios on the midpoints of each place's share of the
/// people, in ascending order of the background (Pamuk 1985; Mackenbach and Kunst 1997). Places of equal background have the
/// same midpoint. `None` without at least three ratios of different midpoints, or if they lie on a line.
pub fn inequality(places: &[Place]) -> Option<Inequality> {
    let ranks = midpoints(places);
    let used = places.iter().zip(&ranks).filter_map(|(place, rank)| {
        place.ratio.filter(|(_, weight)| *weight > 0.0).map(|(ratio, weight)| (ratio, weight.sqrt(), *rank))
    });
    let used: Vec<(f64, f64, f64)> = used.collect();
    let rows: Vec<Vec<f64>> = used.iter().map(|(_, root, rank)| vec![*root, root * rank]).collect();
    let values: Vec<f64> = used.iter().map(|(ratio, root, _)| ratio * root).collect();
    let fit = least_squares(&rows, &values, Errors::Plain)?;
    let (slope, error) = (fit.coefficients[1], fit.error(1));
    let half = student_point(0.95, fit.freedom) * error;
    Some(Inequality {
        slope: Interval { value: slope, low: slope - half, high: slope + half },
        ends: [fit.coefficients[0], fit.coefficients[0] + slope],
        p: student_p(slope / error, fit.freedom),
        places: used.len(),
    })
}

/// Share of all people below the middle of each place, in ascending order of the background.
fn midpoints(places: &[Place]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|one, other| places[*one].background.total_cmp(&places[*other].background));
    let all: f64 = places.iter().map(|place| place.people).sum();
    let (mut out, mut below) = (vec![0.0; places.len()], 0.0);
    let same =
        |one: &usize, other: &usize| places[*one].background.total_cmp(&places[*other].background).is_eq();
    for equal in order.chunk_by(same) {
        let people: f64 = equal.iter().map(|place| places[*place].people).sum();
        equal.iter().for_each(|place| out[*place] = (below + people / 2.0) / all);
        below += people;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As statsmodels' weighted least squares on midpoints worked out by hand: of 100, 300 (two places of equal background)
    /// and 600 people, 0.05, 0.25 and 0.70.
    #[test]
    fn the_slope_is_that_of_weighted_least_squares() {
        let place = |people: f64, background: f64, ratio: f64, weight: f64| Place {
            people,
            background,
            ratio: Some((ratio, weight)),
        };
        let places = [
            place(600.0, 9.0, 0.9, 60.0),
            place(100.0, 1.0, 1.3, 11.0),
            place(200.0, 5.0, 1.1, 18.0),
            place(100.0, 5.0, 1.25, 9.0),
        ];
        assert_eq!(midpoints(&places), [0.7, 0.05, 0.25, 0.25]);
        let found = inequality(&places).unwrap();
        for (ours, theirs) in [
            (found.slope.value, -0.5862503636187331),
            (found.slope.low, -1.0454221527732517),
            (found.slope.high, -0.1270785744642145),
            (found.ends[0], 1.3086953359837095),
            (found.p, 0.03157578331946254),
        ] {
            assert!((ours / theirs - 1.0).abs() < 1e-9, "{found:?}");
        }
        let mut hidden = places;
        hidden[2].ratio = None;
        let found = inequality(&hidden).unwrap();
        assert_eq!((found.places, midpoints(&hidden)[0]), (3, 0.7));
        hidden[1].ratio = None;
        assert_eq!(inequality(&hidden), None);
    }
}
