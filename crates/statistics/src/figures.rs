//! Indicators as figures: for each municipality what it has, beside chance, age and the country; and what must not leave
//! the house.

use crate::counts::{AGES, BANDS, Counts, People, SEXES, STRATA, Side, people_of};
use crate::funnel::{Allowance, Funnel, Point};
use crate::indicator::{Indicator, Kind, Measure};
use crate::interval::{Interval, OfCount, OfProportion, mean, proportion};
use crate::standard::{Ages, european_2013};
use crate::standardise::{Shrunk, Stratum, direct, indirect, shrunk};
use crate::withhold::{self, Known, Row};

/// How much of the time the truth is to lie in an interval.
pub const CONFIDENCE: f64 = 0.95;

/// What a municipality is held against: how the people it has are taken into account. A choice that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Adjust {
    /// Their ages and sexes.
    #[default]
    AgeAndSex,
    /// Their ages.
    Age,
    /// Not at all: the country's crude rate.
    Nothing,
}

impl Adjust {
    /// Classes that people are divided in.
    const fn classes(self) -> usize {
        match self {
            Adjust::AgeAndSex => 2 * BANDS.len() + 1,
            Adjust::Age => BANDS.len() + 1,
            Adjust::Nothing => 1,
        }
    }

    /// The class of a stratum: bands of women, bands of men, and last those of whom something is not told.
    const fn class(self, stratum: usize) -> usize {
        let (sex, age) = (stratum / AGES, stratum % AGES);
        let is_known = age < BANDS.len();
        match self {
            Adjust::AgeAndSex if is_known && sex + 1 < SEXES.len() => sex * BANDS.len() + age,
            Adjust::Age if is_known => age,
            Adjust::Nothing => 0,
            Adjust::AgeAndSex | Adjust::Age => self.classes() - 1,
        }
    }

    /// Values of strata, by class.
    fn together<T: Copy + Default + std::ops::AddAssign>(self, strata: &[T]) -> Vec<T> {
        let mut out = vec![T::default(); self.classes()];
        strata.iter().enumerate().for_each(|(stratum, one)| out[self.class(stratum)] += *one);
        out
    }
}

/// What a municipality, or the country, has of an indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Above the line.
    pub numerator: i64,
    /// Below it: people times years, or a count.
    pub denominator: f64,
    /// The figure as it is, for as many as it is shown for.
    pub crude: Option<Interval>,
    /// As if its people had the ages of the European standard of 2013, half of them men; of rates with ten events or
    /// more.
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
    /// Whether what was charged for it is, by party as in [`crate::counts::Ore`].
    pub hides: [bool; 3],
}

/// An indicator's figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Municipalities, in the order of [`Counts::homes`].
    pub homes: Vec<Figure>,
    /// The country.
    pub country: Figure,
    /// People, or the whole, of each age and sex in the country.
    pub of: [f64; STRATA],
    /// The funnel that they stand in, and how many events come at a time.
    pub funnel: Option<(Funnel, f64)>,
    /// Whether what was charged for the whole is withheld, by municipality.
    pub hides_whole: Vec<[bool; 3]>,
    /// Whether so few municipalities are withheld that what is estimated from all tells of them.
    pub tells_of_few: bool,
}

/// Municipalities that are withheld, where what is estimated from all of them is withheld too.
const FEW_PLACES: usize = 9;

impl Figure {
    /// From −2 to 2: outside the funnel's limits.
    pub fn side(&self) -> Option<i8> {
        self.point.map(|point| point.side())
    }
}

/// Classes of a municipality, with the people or the whole that events are of.
struct Parts {
    events: Vec<i64>,
    of: Vec<f64>,
}

/// How figures are made.
#[derive(Debug, Clone, Copy)]
pub struct Method {
    /// What each of the people given counts in person-years.
    pub years: f64,
    /// What municipalities are held against.
    pub adjust: Adjust,
    /// How municipalities are let differ in the funnel.
    pub allowance: Allowance,
}

/// Makes the figures of every indicator that the register can tell. `totals` are the groups of municipalities whose
/// totals are published too.
pub fn figures(
    indicators: &[Indicator],
    counts: &Counts,
    people: &People,
    method: Method,
    totals: &[Vec<usize>],
) -> Vec<Option<Figures>> {
    let mut out: Vec<Option<Figures>> = indicators
        .iter()
        .enumerate()
        .map(|(place, one)| match one.lacking {
            Some(_) => None,
            None => {
                let found = of_indicator(one, place, counts, people, method);
                // None was found, and some could not be asked: that is not none.
                let is_unknown = found.country.numerator == 0 && counts.untested_of(place) > 0;
                (!is_unknown).then_some(found)
            }
        })
        .collect();
    withhold(counts, totals, &mut out);
    out
}

/// The people or the whole that a municipality's events are of, by stratum.
fn below(
    one: &Indicator,
    place: usize,
    home: usize,
    counts: &Counts,
    people: &People,
    years: f64,
) -> [f64; STRATA] {
    let mut of = [0.0; STRATA];
    match (one.kind, counts.of(place, Side::Denominator, home), people.get(&counts.homes[home])) {
        (Kind::Rate, _, Some(inhabitants)) => {
            let inside = people_of(inhabitants, |age, sex| one.people.holds(age, sex));
            of.iter_mut().zip(inside).for_each(|(of, people)| *of = people as f64 * years);
        }
        (Kind::Proportion | Kind::Mean, Some(counts), _) => {
            of.iter_mut().zip(counts).for_each(|(of, count)| *of = *count as f64);
        }
        _ => {}
    }
    of
}

fn of_indicator(one: &Indicator, place: usize, counts: &Counts, people: &People, method: Method) -> Figures {
    let Method { years, adjust, allowance } = method;
    let mut of_all = [0.0; STRATA];
    let parts = |home: usize| {
        let of = below(one, place, home, counts, people, years);
        of_all.iter_mut().zip(of).for_each(|(sum, one)| *sum += one);
        let events = counts.of(place, Side::Numerator, home).unwrap_or(&[0; STRATA]);
        Parts { events: adjust.together(events), of: adjust.together(&of) }
    };
    let homes: Vec<Parts> = (0..counts.homes.len()).map(parts).collect();
    let mut whole = Parts { events: vec![0; adjust.classes()], of: vec![0.0; adjust.classes()] };
    for home in &homes {
        whole.events.iter_mut().zip(&home.events).for_each(|(sum, one)| *sum += one);
        whole.of.iter_mut().zip(&home.of).for_each(|(sum, one)| *sum += one);
    }
    let squares: i64 = (0..homes.len()).map(|home| counts.squares_of(place, home)).sum();
    let all: i64 = whole.events.iter().sum();
    let clustering: Vec<f64> = match one.numerator.measure {
        Measure::Count => {
            let of = |side: fn((i64, i64)) -> i64| -> Vec<i64> {
                (0..STRATA).map(|stratum| side(counts.clustering(place, stratum))).collect()
            };
            let (events, squares) = (adjust.together(&of(|of| of.0)), adjust.together(&of(|of| of.1)));
            let each =
                |(events, squares): (i64, i64)| if events > 0 { squares as f64 / events as f64 } else { 1.0 };
            events.into_iter().zip(squares).map(each).collect()
        }
        // Days come many at a time, with each stay.
        Measure::BedDays | Measure::WaitingDays | Measure::ReadyDays => {
            vec![(squares as f64 / all.max(1) as f64).max(1.0); adjust.classes()]
        }
    };
    let mut figures: Vec<Figure> = homes
        .iter()
        .enumerate()
        .map(|(home, parts)| {
            figure(one, (parts, &whole), adjust, &clustering, counts.squares_of(place, home))
        })
        .collect();
    let in_all: f64 = whole.events.iter().zip(&clustering).map(|(one, times)| *one as f64 * times).sum();
    let at_a_time = (in_all / all.max(1) as f64).max(1.0);
    let funnel = beside_each_other(one, (&homes, &whole), at_a_time, allowance, &mut figures);
    Figures {
        homes: figures,
        country: figure(one, (&whole, &whole), adjust, &clustering, squares),
        of: of_all,
        funnel: funnel.map(|funnel| (funnel, at_a_time)),
        hides_whole: Vec::new(),
        tells_of_few: false,
    }
}

fn figure(
    one: &Indicator,
    (parts, whole): (&Parts, &Parts),
    adjust: Adjust,
    clustering: &[f64],
    squares: i64,
) -> Figure {
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
        hides: [false; 3],
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
            out.direct = as_the_standard(one, adjust, parts, clustering).map(|rate| rate.times(per));
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
    (0..parts.of.len())
        // Events of unknown age have no people to be of.
        .filter(|place| parts.of[*place] > 0.0)
        .map(|place| {
            let events = parts.events[place] as f64;
            let squares = events * clustering[place];
            Stratum { events, squares, people: parts.of[place], standard: standard(place) }
        })
        .collect()
}

/// A rate with the standard's ages, and as many men as women where sexes are apart. The oldest that a municipality has
/// none of are taken as those a band younger. None is given for few events, or where the youngest are missing.
fn as_the_standard(one: &Indicator, adjust: Adjust, parts: &Parts, clustering: &[f64]) -> Option<Interval> {
    if parts.events.iter().sum::<i64>() < 10 || adjust == Adjust::Nothing {
        return None;
    }
    let sexes = if adjust == Adjust::AgeAndSex { &SEXES[..2] } else { &SEXES[2..] };
    let mut list = Vec::new();
    for (apart, sex) in sexes.iter().enumerate() {
        let mut of_none = 0.0;
        for (place, from) in BANDS.iter().enumerate().rev() {
            let last = BANDS.get(place + 1).map(|next| next - 1);
            // Of a band that the people of a rate begin or end within, its part of the standard.
            let ages = *from..=last.unwrap_or(*from);
            let mut inside = ages.filter(|age| one.people.holds(*age, *sex));
            let Some(from) = inside.next() else { continue };
            let last = last.map(|_| inside.next_back().unwrap_or(from));
            let at = apart * BANDS.len() + place;
            let standard = european_2013(Ages { from, to: last })? + of_none;
            if parts.of[at] <= 0.0 {
                of_none = standard;
                continue;
            }
            of_none = 0.0;
            let events = parts.events[at] as f64;
            list.push(Stratum { events, squares: events * clustering[at], people: parts.of[at], standard });
        }
        if of_none > 0.0 {
            return None;
        }
    }
    Some(direct(&list, CONFIDENCE, OfCount::Byar).rate)
}

/// What needs all municipalities: the funnel, and how far each ratio is drawn toward the country. Events that come
/// `clustering` at a time are worth as many fewer.
fn beside_each_other(
    one: &Indicator,
    (homes, whole): (&[Parts], &Parts),
    clustering: f64,
    allowance: Allowance,
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
        (0..whole.of.len()).map(of).sum()
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
    let funnel = Funnel::of(&pairs, allowance);
    for ((figure, drawn), (events, expected)) in figures.iter_mut().zip(shrunk(&pairs)).zip(pairs) {
        if expected > 0.0 {
            figure.shrunk = Some(drawn);
            figure.point = Some(funnel.point(events, expected));
        }
    }
    Some(funnel)
}

/// Withholds what must not leave the house, in every municipality and in the country.
fn withhold(counts: &Counts, totals: &[Vec<usize>], all: &mut [Option<Figures>]) {
    let shown: Vec<usize> = (0..all.len()).filter(|place| all[*place].is_some()).collect();
    let homes = counts.homes.len();
    let known = |place: usize, home: usize| {
        let events = counts.events_of(place, home).map_or(0, |events| events.iter().sum());
        let whole = counts.of(place, Side::Denominator, home).map(|whole| whole.iter().sum());
        Known { events, whole }
    };
    let rows = |places: &dyn Fn(usize) -> Vec<Known>| -> Vec<Row> {
        // A stay is a contact at least, and a referral one: any two numbers of a place may be part of each other.
        shown.iter().map(|place| Row { kind: 0, places: places(*place) }).collect()
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
        let hidden = figures.homes.iter().filter(|figure| figure.is_withheld).count();
        figures.tells_of_few = (1..=FEW_PLACES).contains(&hidden);
    }
    for party in 0..3 {
        withhold_kroner(counts, &every, party, all);
    }
}

/// Withholds what was charged for few, and what reveals it, by the same rules: of each indicator, and of its whole.
fn withhold_kroner(counts: &Counts, every: &[Vec<usize>], party: usize, all: &mut [Option<Figures>]) {
    let homes = counts.homes.len();
    let shown = (0..all.len()).filter(|place| all[*place].is_some());
    let sides: Vec<(usize, Side)> =
        shown.flat_map(|place| [Side::Numerator, Side::Denominator].map(|side| (place, side))).collect();
    let row = |(place, side): &(usize, Side)| {
        let of = |home| counts.paid_of(*place, *side, home).of[party];
        Row { kind: 0, places: (0..homes).map(|home| Known { events: of(home), whole: None }).collect() }
    };
    let rows: Vec<Row> = sides.iter().map(row).collect();
    let of_country: Vec<Row> = rows
        .iter()
        .map(|row| {
            let events = row.places.iter().map(|known| known.events).sum();
            Row { kind: 0, places: vec![Known { events, whole: None }] }
        })
        .collect();
    let is_withheld = |place: usize, home: usize| {
        all[place].as_ref().is_some_and(|figures| figures.homes[home].is_withheld)
    };
    let in_homes = withhold::hidden_from(&rows, |row, home| is_withheld(sides[row].0, home), every);
    let in_country = withhold::hidden(&of_country, &[]);
    for (((place, side), in_homes), in_country) in sides.iter().zip(in_homes).zip(in_country) {
        let Some(figures) = &mut all[*place] else { continue };
        figures.hides_whole.resize(homes, [false; 3]);
        for (home, hidden) in in_homes.into_iter().enumerate() {
            match side {
                Side::Numerator => figures.homes[home].hides[party] = hidden,
                Side::Denominator => figures.hides_whole[home][party] = hidden,
            }
        }
        if *side == Side::Numerator {
            figures.country.hides[party] = in_country[0];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a person of unknown age has is not held against the ages of the others.
    #[test]
    fn unknown_ages_do_not_move_the_ratio() {
        let one = &Indicator::built_in().unwrap()[0];
        let mut strata = [0; STRATA];
        let mut of = [0.0; STRATA];
        (strata[3], of[3], strata[STRATA - 1]) = (20, 1000.0, 15);
        let adjust = Adjust::AgeAndSex;
        let parts = Parts { events: adjust.together(&strata), of: adjust.together(&of) };
        let found = figure(one, (&parts, &parts), adjust, &[1.0; STRATA], 0);
        assert!((found.ratio.unwrap().value - 1.0).abs() < 1e-12 && found.numerator == 35, "{found:?}");
    }
}
