//! Standardised rates: the rate of an area if it had the standard's population (direct), or its events
//! compared with what the standard's rates would give (indirect).

use crate::interval::{Interval, OfCount, count};

/// One stratum of an area, such as an age band of one sex.
#[derive(Debug, Clone, PartialEq)]
pub struct Stratum {
    pub events: f64,
    /// Sum over persons of the square of each one's number of events; equals `events` if nobody has more than one.
    pub squares: f64,
    pub people: f64,
    /// The standard's persons in the stratum (direct), or its rate per person (indirect).
    pub standard: f64,
}

/// A standardised rate of an area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standardised {
    pub events: f64,
    pub people: f64,
    /// Events expected by the standard's rates; `None` for a direct rate.
    pub expected: Option<f64>,
    /// Events per person.
    pub crude: Interval,
    /// Standardised rate per person (direct), or events divided by expected events (indirect).
    pub rate: Interval,
}

/// Factor on the width of an interval, since one person may have several events; 1 if nobody has.
fn clustering(strata: &[Stratum]) -> f64 {
    let (events, squares): (f64, f64) =
        strata.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.events, sum.1 + one.squares));
    if events > 0.0 { (squares / events).sqrt() } else { 1.0 }
}

fn crude(strata: &[Stratum], confidence: f64, method: OfCount) -> (f64, f64, Interval) {
    let events: f64 = strata.iter().map(|one| one.events).sum();
    let people: f64 = strata.iter().map(|one| one.people).sum();
    let around = widened(count(events, confidence, method), clustering(strata));
    (events, people, around.times(1.0 / people))
}

/// An interval stretched about its estimate, with a lower limit of at least zero.
fn widened(one: Interval, by: f64) -> Interval {
    let low = (one.value + (one.low - one.value) * by).max(0.0);
    Interval { low, high: one.value + (one.high - one.value) * by, ..one }
}

/// Direct standardisation: the rate per person of an area with the standard's population.
///
/// The interval is Dobson's: the interval of the number of events, scaled by the standard error of the weighted
/// rate over the square root of the number of events. The variance of a stratum is the sum over persons of their
/// squared events.
///
/// Source: Dobson and others 1991; Stukel and others 1994 for several events of one person.
pub fn direct(strata: &[Stratum], confidence: f64, method: OfCount) -> Standardised {
    let whole: f64 = strata.iter().map(|one| one.standard).sum();
    let rate: f64 = strata.iter().map(|one| one.standard * one.events / one.people).sum::<f64>() / whole;
    let variance: f64 =
        strata.iter().map(|one| (one.standard / whole / one.people).powi(2) * one.squares).sum();
    let (events, people, crude) = crude(strata, confidence, method);
    let around = count(events, confidence, method);
    let stretch = if events > 0.0 { (variance / events).sqrt() } else { weight_of_none(strata, whole) };
    let at = |limit: f64| (rate + stretch * (limit - events)).max(0.0);
    let rate = Interval { value: rate, low: at(around.low), high: at(around.high) };
    Standardised { events, people, expected: None, crude, rate }
}

/// Scale of the interval if there is no event, and so no variance: the scale for one event that is divided over the
/// strata by their population.
fn weight_of_none(strata: &[Stratum], whole: f64) -> f64 {
    let people: f64 = strata.iter().map(|one| one.people).sum();
    let variance: f64 =
        strata.iter().map(|one| (one.standard / whole / one.people).powi(2) * one.people / people).sum();
    variance.sqrt()
}

/// Indirect standardisation: events of an area divided by the events expected by the standard's rates.
pub fn indirect(strata: &[Stratum], confidence: f64, method: OfCount) -> Standardised {
    let expected: f64 = strata.iter().map(|one| one.standard * one.people).sum();
    let (events, people, crude) = crude(strata, confidence, method);
    let around = widened(count(events, confidence, method), clustering(strata));
    Standardised { events, people, expected: Some(expected), crude, rate: around.times(1.0 / expected) }
}

/// An area's ratio, drawn toward the ratio of all areas. The fewer events the area is expected to have, the more
/// its ratio is drawn (empirical Bayes with a gamma prior by moments; Marshall 1991).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shrunk {
    /// Events divided by expected events, after being drawn toward the ratio of all areas.
    pub ratio: f64,
    /// Weight of the area's own ratio, from 0 to 1.
    pub own: f64,
}

/// Draws the ratio of each area toward the ratio of all areas. `areas` are pairs of events and expected events;
/// the result is in the same order.
pub fn shrunk(areas: &[(f64, f64)]) -> Vec<Shrunk> {
    let (events, expected): (f64, f64) =
        areas.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let mean = events / expected;
    let used = areas.iter().filter(|(_, expected)| *expected > 0.0);
    let spread: f64 = used.clone().map(|(o, e)| e * (o / e - mean).powi(2)).sum::<f64>() / expected;
    let average = expected / used.count().max(1) as f64;
    let between = (spread - mean / average).max(0.0);
    let own = |expected: f64| between / (between + mean / expected);
    areas
        .iter()
        .map(|(o, e)| match *e > 0.0 {
            true => Shrunk { ratio: mean + own(*e) * (o / e - mean), own: own(*e) },
            false => Shrunk { ratio: mean, own: 0.0 },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stratum(events: f64, people: f64, standard: f64) -> Stratum {
        Stratum { events, squares: events, people, standard }
    }

    #[test]
    fn a_standard_like_the_area_changes_nothing() {
        let strata = [stratum(20.0, 1000.0, 1000.0), stratum(60.0, 500.0, 500.0)];
        let found = direct(&strata, 0.95, OfCount::Byar);
        assert!((found.rate.value - found.crude.value).abs() < 1e-12);
        assert!(
            (found.rate.low - found.crude.low).abs() < 1e-12
                && (found.rate.high - found.crude.high).abs() < 1e-12
        );
        // With the area's own rates as the standard's, the expected events are the area's own.
        let own: Vec<Stratum> =
            strata.iter().map(|one| Stratum { standard: one.events / one.people, ..one.clone() }).collect();
        assert!((indirect(&own, 0.95, OfCount::Byar).rate.value - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_same_person_twice_is_less_known() {
        let alone = [stratum(30.0, 1000.0, 1.0)];
        let twice = [Stratum { squares: 60.0, ..alone[0].clone() }];
        let (one, other) = (direct(&alone, 0.95, OfCount::Byar), direct(&twice, 0.95, OfCount::Byar));
        let breadth = |of: &Standardised| of.rate.high - of.rate.low;
        assert!((breadth(&other) / breadth(&one) - 2.0_f64.sqrt()).abs() < 1e-9);
        let none = direct(&[stratum(0.0, 1000.0, 1.0)], 0.95, OfCount::Byar);
        assert!(none.rate.low == 0.0 && (none.rate.high - 3.688_879 / 1000.0).abs() < 1e-6);
    }

    #[test]
    fn few_are_drawn_more_than_many() {
        let areas = [(2.0, 1.0), (200.0, 100.0), (50.0, 100.0), (98.0, 100.0)];
        let found = shrunk(&areas);
        assert!(
            found[0].own < found[1].own && found[0].ratio < found[1].ratio && found[1].ratio < 2.0,
            "{found:?}"
        );
        // Where areas differ no more than by chance, all get the same ratio.
        assert!(shrunk(&[(10.0, 10.0), (11.0, 10.0), (9.0, 10.0)]).iter().all(|one| one.own == 0.0));
    }
}
