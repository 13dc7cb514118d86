//! Indicators as figures: for each municipality what it has, beside chance, age and the country; and what must not leave
//! the house.

use crate::counts::{Counts, People, STRATA, Side, people_of};
use crate::funnel::{Allowance, Funnel, Point};
use crate::indicator::{Indicator, Kind, Measure};
use crate::interval::{Interval, OfCount, OfProportion, mean, proportion};
use crate::standard::{Ages, european_2013};
use crate::standardise::{Shrunk, Stratum, direct, indirect, shrunk};
use crate::withhold::{self, Known, Row};

/// How much of the time the truth is to lie in an interval.
pub const CONFIDENCE: f64 = 0.95;

/// What a municipality, or the country, has of an indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Above the line.
    pub numerator: i64,
    /// Below it: people times years, or a count.
    pub denominator: f64,
    /// The figure as it is, for as many as it is shown for.
    pub crude: Option<Interval>,
    /// As if its people had the ages of the European standard of 2013; of rates with ten events or more.
    pub direct: Option<Interval>,
    /// Events that the country's rates give its people.
    pub expected: f64,
    /// Beside what the country's rates give its people: 1 is as expected.
    pub ratio: Option<Interval>,
    /// The ratio drawn toward the country as far as its own events are few.
    pub shrunk: Option<Shrunk>,
    /// Where it stands in the funnel, with its allowance for how municipalities usually differ.
    pub point: Option<Point>,
    /// Whether it is withheld: few, or would reveal what is.
    pub is_withheld: bool,
}

/// An indicator's figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Municipalities, in the order of [`Counts::homes`].
    pub homes: Vec<Figure>,
    /// The country.
    pub country: Figure,
    /// People, or the whole, of each age in the country.
    pub of: [f64; STRATA],
    /// The funnel that they stand in, and how many events come at a time.
    pub funnel: Option<(Funnel, f64)>,
}

impl Figure {
    /// From −2 to 2: outside the funnel's limits.
    pub fn side(&self) -> Option<i8> {
        self.point.map(|point| point.side())
    }
}

/// Strata of a municipality, with the people or the whole that events are of.
struct Parts {
    events: [i64; STRATA],
    of: [f64; STRATA],
}

/// Makes the figures of every indicator that the register can tell. `years` is how long the period is; `totals` are the
/// groups of municipalities whose totals are published too.
pub fn figures(
    indicators: &[Indicator],
    counts: &Counts,
    people: &People,
    years: f64,
    totals: &[Vec<usize>],
) -> Vec<Option<Figures>> {
    let mut out: Vec<Option<Figures>> = indicators
        .iter()
        .enumerate()
        .map(|(place, one)| match one.lacking {
            Some(_) => None,
            None => {
                let found = of_indicator(one, place, counts, people, years);
                // None was found, and some could not be asked: that is not none.
                let is_unknown = found.country.numerator == 0 && counts.untested_of(place) > 0;
                (!is_unknown).then_some(found)
            }
        })
        .collect();
    withhold(indicators, counts, totals, &mut out);
    out
}

fn of_indicator(one: &Indicator, place: usize, counts: &Counts, people: &People, years: f64) -> Figures {
    let none = [0; STRATA];
    let parts = |home: usize| {
        let taken = |side| counts.of(place, side, home).unwrap_or(&none);
        let mut events = none;
        events.copy_from_slice(taken(Side::Numerator));
        let mut of = [0.0; STRATA];
        match one.kind {
            Kind::Rate => {
                let ages = people.get(&counts.homes[home]).map_or(&[][..], Vec::as_slice);
                let inside = people_of(ages, |age| one.people.holds(age));
                of.iter_mut().zip(inside).for_each(|(of, people)| *of = people as f64 * years);
            }
            Kind::Proportion | Kind::Mean => {
                of.iter_mut().zip(taken(Side::Denominator)).for_each(|(of, count)| *of = *count as f64);
            }
        }
        Parts { events, of }
    };
    let homes: Vec<Parts> = (0..counts.homes.len()).map(parts).collect();
    let mut whole = Parts { events: none, of: [0.0; STRATA] };
    for home in &homes {
        whole.events.iter_mut().zip(home.events).for_each(|(sum, one)| *sum += one);
        whole.of.iter_mut().zip(home.of).for_each(|(sum, one)| *sum += one);
    }
    let squares: i64 = (0..homes.len()).map(|home| counts.squares_of(place, home)).sum();
    let all: i64 = whole.events.iter().sum();
    let clustering: Vec<f64> = match one.numerator.measure {
        Measure::Count => (0..STRATA).map(|stratum| counts.clustering(place, stratum)).collect(),
        // Days come many at a time, with each stay.
        Measure::BedDays | Measure::WaitingDays => {
            vec![(squares as f64 / all.max(1) as f64).max(1.0); STRATA]
        }
    };
    let mut figures: Vec<Figure> = homes
        .iter()
        .enumerate()
        .map(|(home, parts)| figure(one, parts, &whole, &clustering, counts.squares_of(place, home)))
        .collect();
    let in_all: f64 = (0..STRATA).map(|stratum| whole.events[stratum] as f64 * clustering[stratum]).sum();
    let at_a_time = (in_all / all.max(1) as f64).max(1.0);
    let funnel = beside_each_other(one, &homes, &whole, at_a_time, &mut figures);
    Figures {
        homes: figures,
        country: figure(one, &whole, &whole, &clustering, squares),
        of: whole.of,
        funnel: funnel.map(|funnel| (funnel, at_a_time)),
    }
}

fn figure(one: &Indicator, parts: &Parts, whole: &Parts, clustering: &[f64], squares: i64) -> Figure {
    let numerator: i64 = parts.events.iter().sum();
    let denominator: f64 = parts.of.iter().sum();
    let (events, per) = (numerator as f64, f64::from(one.per));
    let mut out = Figure {
        numerator,
        denominator,
        crude: None,
        direct: None,
        ratio: None,
        expected: 0.0,
        shrunk: None,
        point: None,
        is_withheld: false,
    };
    if denominator <= 0.0 {
        return out;
    }
    if one.kind == Kind::Mean {
        let value = events / denominator;
        let variance = (squares as f64 / denominator - value * value).max(0.0);
        let spread = (variance * denominator / (denominator - 1.0).max(1.0)).sqrt();
        let with_spread = (denominator >= 2.0).then(|| mean(value, spread, denominator, CONFIDENCE));
        out.crude = with_spread.or(Some(Interval { value, low: f64::NAN, high: f64::NAN }));
        return out;
    }
    let list = strata(parts, clustering, |place| {
        if whole.of[place] > 0.0 { whole.events[place] as f64 / whole.of[place] } else { 0.0 }
    });
    let found = indirect(&list, CONFIDENCE, OfCount::Byar);
    out.expected = found.expected.unwrap_or(0.0);
    out.ratio = found.expected.filter(|expected| *expected > 0.0).map(|_| found.rate);
    match one.kind {
        Kind::Proportion => {
            // Events of the same person are worth less than as many of each his own.
            let by = if events > 0.0 {
                list.iter().map(|one| one.squares).sum::<f64>()
                    / list.iter().map(|one| one.events).sum::<f64>().max(1.0)
            } else {
                1.0
            };
            let by = by.max(1.0);
            let of = proportion(events / by, denominator / by, CONFIDENCE, OfProportion::Wilson);
            out.crude = Some(of.times(per));
        }
        Kind::Rate | Kind::Mean => {
            out.crude = Some(crude_rate(parts, clustering).times(per));
            out.direct = as_the_standard(one, parts, clustering).map(|rate| rate.times(per));
        }
    }
    out
}

/// Events for each person, those of unknown age too.
fn crude_rate(parts: &Parts, clustering: &[f64]) -> Interval {
    let (events, people) = (parts.events.iter().sum::<i64>() as f64, parts.of.iter().sum::<f64>());
    let squares: f64 = parts.events.iter().zip(clustering).map(|(one, times)| *one as f64 * times).sum();
    let whole = Stratum { events, squares: squares.max(events), people, standard: 0.0 };
    indirect(&[whole], CONFIDENCE, OfCount::Byar).crude
}

fn strata(parts: &Parts, clustering: &[f64], standard: impl Fn(usize) -> f64) -> Vec<Stratum> {
    (0..STRATA)
        // Events of unknown age have no people to be of.
        .filter(|place| parts.of[*place] > 0.0)
        .map(|place| {
            let events = parts.events[place] as f64;
            let squares = events * clustering[place];
            Stratum { events, squares, people: parts.of[place], standard: standard(place) }
        })
        .collect()
}

/// A rate with the standard's ages. Small municipalities have too few of some: none is given for them.
fn as_the_standard(one: &Indicator, parts: &Parts, clustering: &[f64]) -> Option<Interval> {
    let bands = &crate::counts::BANDS;
    if parts.events.iter().sum::<i64>() < 10 {
        return None;
    }
    let mut list = Vec::new();
    for (place, from) in bands.iter().enumerate() {
        let last = bands.get(place + 1).map(|next| next - 1);
        // Bands are whole: people of a rate begin and end where bands do, or some of a band are left out.
        if !one.people.holds(*from) {
            continue;
        }
        if parts.of[place] <= 0.0 {
            return None;
        }
        let events = parts.events[place] as f64;
        let standard = european_2013(Ages { from: *from, to: last })?;
        list.push(Stratum { events, squares: events * clustering[place], people: parts.of[place], standard });
    }
    Some(direct(&list, CONFIDENCE, OfCount::Byar).rate)
}

/// What needs all municipalities: the funnel, and how far each ratio is drawn toward the country. Events that come
/// `clustering` at a time are worth as many fewer.
fn beside_each_other(
    one: &Indicator,
    homes: &[Parts],
    whole: &Parts,
    clustering: f64,
    figures: &mut [Figure],
) -> Option<Funnel> {
    if one.kind == Kind::Mean {
        return None;
    }
    let expected = |parts: &Parts| -> f64 {
        let of = |place: usize| match whole.of[place] > 0.0 {
            true => parts.of[place] * whole.events[place] as f64 / whole.of[place],
            false => 0.0,
        };
        (0..STRATA).map(of).sum()
    };
    let pair = |parts: &Parts| {
        // Those of unknown age are expected of nobody.
        let known = parts.events.iter().zip(&parts.of).filter(|(_, of)| **of > 0.0);
        let events: i64 = known.map(|(events, _)| *events).sum();
        (events as f64 / clustering, expected(parts) / clustering)
    };
    let pairs: Vec<(f64, f64)> = homes.iter().map(pair).collect();
    if pairs.iter().map(|(_, expected)| expected).sum::<f64>() <= 0.0 {
        return None;
    }
    let funnel = Funnel::of(&pairs, Allowance::Additive);
    for ((figure, drawn), (events, expected)) in figures.iter_mut().zip(shrunk(&pairs)).zip(pairs) {
        if expected > 0.0 {
            figure.shrunk = Some(drawn);
            figure.point = Some(funnel.point(events, expected));
        }
    }
    Some(funnel)
}

/// Withholds what must not leave the house, in every municipality and in the country.
fn withhold(indicators: &[Indicator], counts: &Counts, totals: &[Vec<usize>], all: &mut [Option<Figures>]) {
    let shown: Vec<usize> = (0..all.len()).filter(|place| all[*place].is_some()).collect();
    let homes = counts.homes.len();
    let known = |place: usize, home: usize| {
        let events = counts.events_of(place, home).map_or(0, |events| events.iter().sum());
        let whole = counts.of(place, Side::Denominator, home).map(|whole| whole.iter().sum());
        Known { events, whole }
    };
    let rows = |places: &dyn Fn(usize) -> Vec<Known>| -> Vec<Row> {
        shown.iter().map(|place| Row { kind: indicators[*place].of as u8, places: places(*place) }).collect()
    };
    let of_homes = rows(&|place| (0..homes).map(|home| known(place, home)).collect());
    let sum = |known: &[Known]| Known {
        events: known.iter().map(|one| one.events).sum(),
        whole: known.iter().map(|one| one.whole).sum(),
    };
    let of_country: Vec<Row> =
        of_homes.iter().map(|row| Row { kind: row.kind, places: vec![sum(&row.places)] }).collect();
    let mut every: Vec<Vec<usize>> = totals.to_vec();
    every.push((0..homes).collect());
    let in_homes = withhold::hidden(&of_homes, &every);
    let in_country = withhold::hidden(&of_country, &[]);
    for ((place, in_homes), in_country) in shown.iter().zip(in_homes).zip(in_country) {
        let Some(figures) = &mut all[*place] else { continue };
        figures.homes.iter_mut().zip(in_homes).for_each(|(figure, hidden)| figure.is_withheld = hidden);
        figures.country.is_withheld = in_country[0];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a person of unknown age has is not held against the ages of the others.
    #[test]
    fn unknown_ages_do_not_move_the_ratio() {
        let one = &Indicator::built_in().unwrap()[0];
        let mut parts = Parts { events: [0; STRATA], of: [0.0; STRATA] };
        (parts.events[3], parts.of[3], parts.events[STRATA - 1]) = (20, 1000.0, 15);
        let found = figure(one, &parts, &parts, &[1.0; STRATA], 0);
        assert!((found.ratio.unwrap().value - 1.0).abs() < 1e-12 && found.numerator == 35, "{found:?}");
    }
}
