//! Indicators as figures: for each municipality what it has, beside chance, age and the country; and what must not leave
//! the house.

use crate::counts::{AGES, BANDS, Counts, People, SEXES, STRATA, Side, people_of};
use crate::funnel::{Allowance, Funnel, Point};
use crate::indicator::{Indicator, Kind, Measure};
use crate::interval::{Interval, OfCount, OfProportion, mean, proportion};
use crate::standard::{Ages, european_2013};
use crate::standardise::{Shrunk, Stratum, direct, indirect, shrunk};
use crate::withhold::few;

/// So many that a mean's own spread is told with it.
const OWN_SPREAD: f64 = 30.0;

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
    /// Events of those whose age and sex are told, as far as the figure is adjusted for them.
    pub known: i64,
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
    /// How many events come at a time: they are worth as many fewer.
    pub at_a_time: f64,
    /// The funnel that they stand in.
    pub funnel: Option<Funnel>,
}

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

/// Makes the figures of every indicator that the register can tell. Nothing is withheld yet, and none is held beside the
/// others: [`crate::levels::withhold`] does both.
pub fn figures(
    indicators: &[Indicator],
    counts: &Counts,
    people: &People,
    method: Method,
) -> Vec<Option<Figures>> {
    indicators
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
        .collect()
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

/// How many events come at a time in the country, in some strata: of counts because the same person has them (one where
/// each has one), of days and øre because each stay or contact has many.
pub fn at_a_time(one: &Indicator, place: usize, counts: &Counts, holds: impl Fn(usize) -> bool) -> f64 {
    let (events, squares) = match one.numerator.measure {
        Measure::Count => {
            let inside = (0..STRATA).filter(|stratum| holds(*stratum));
            let (events, squares) = inside
                .map(|stratum| counts.clustering(place, stratum))
                .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            (events as f64, squares as f64)
        }
        Measure::BedDays
        | Measure::WaitingDays
        | Measure::ReadyDays
        | Measure::CoFinancing
        | Measure::DischargeReady
        | Measure::ActivityBased => {
            let homes = 0..counts.homes.len();
            let events =
                |home| counts.of(place, Side::Numerator, home).map_or(0, |events| events.iter().sum());
            let squares: i128 = homes.clone().map(|home| counts.squares_of(place, home)).sum();
            (homes.map(events).sum::<i64>() as f64, squares as f64)
        }
    };
    if events > 0.0 { (squares / events).max(1.0) } else { 1.0 }
}

/// What some ages and sexes of a municipality have: above the line, below it, and the figure, where events come
/// [`at_a_time`]. Means have no interval.
pub fn of_part(
    one: &Indicator,
    (place, home): (usize, usize),
    counts: &Counts,
    people: &People,
    (years, strata, at_a_time): (f64, &[usize], f64),
) -> (i64, f64, Option<Interval>) {
    let events = counts.of(place, Side::Numerator, home).unwrap_or(&[0; STRATA]);
    let of = below(one, place, home, counts, people, years);
    let sum: i64 = strata.iter().map(|stratum| events[*stratum]).sum();
    let of: f64 = strata.iter().map(|stratum| of[*stratum]).sum();
    let parts = Parts { events: vec![sum], of: vec![of] };
    let crude = match one.kind {
        _ if of <= 0.0 => None,
        Kind::Rate => Some(crude_rate(&parts, &[at_a_time])),
        Kind::Proportion => {
            Some(proportion(sum as f64 / at_a_time, of / at_a_time, CONFIDENCE, OfProportion::Wilson))
        }
        Kind::Mean => Some(Interval { value: sum as f64 / of, low: f64::NAN, high: f64::NAN }),
    };
    (sum, of, crude.map(|crude| crude.times(one.times())))
}

fn of_indicator(one: &Indicator, place: usize, counts: &Counts, people: &People, method: Method) -> Figures {
    let Method { years, adjust, .. } = method;
    let mut of_all = [0.0; STRATA];
    let parts = |home: usize| {
        let of = below(one, place, home, counts, people, years);
        of_all.iter_mut().zip(of).for_each(|(sum, one)| *sum += one);
        let events = counts.of(place, Side::Numerator, home).unwrap_or(&[0; STRATA]);
        Parts { events: adjust.together(events), of: adjust.together(&of) }
    };
    // Events of people who are not told are no part of the country's.
    let is_told =
        |home: usize| one.kind != Kind::Rate || people.is_empty() || people.contains_key(&counts.homes[home]);
    let homes: Vec<Parts> = (0..counts.homes.len()).map(parts).collect();
    let mut whole = Parts { events: vec![0; adjust.classes()], of: vec![0.0; adjust.classes()] };
    for (_, home) in homes.iter().enumerate().filter(|(home, _)| is_told(*home)) {
        whole.events.iter_mut().zip(&home.events).for_each(|(sum, one)| *sum += one);
        whole.of.iter_mut().zip(&home.of).for_each(|(sum, one)| *sum += one);
    }
    let squares: i128 = (0..homes.len()).map(|home| counts.squares_of(place, home)).sum();
    let clustering: Vec<f64> = (0..adjust.classes())
        .map(|class| at_a_time(one, place, counts, |stratum| adjust.class(stratum) == class))
        .collect();
    let all: i64 = whole.events.iter().sum();
    let variance = |parts: &Parts, squares: i128| {
        let (of, sum) = (parts.of.iter().sum::<f64>().max(1.0), parts.events.iter().sum::<i64>() as f64);
        let mean = sum / of;
        (squares as f64 / of - mean * mean).max(0.0) * of / (of - 1.0).max(1.0)
    };
    let of_country = variance(&whole, squares);
    let figures: Vec<Figure> = homes
        .iter()
        .enumerate()
        .map(|(home, parts)| {
            // Of few, how much each differs would tell what each is.
            let is_few = parts.of.iter().sum::<f64>() < OWN_SPREAD;
            let own = if is_few { of_country } else { variance(parts, counts.squares_of(place, home)) };
            figure(one, (parts, &whole), adjust, &clustering, own)
        })
        .collect();
    let in_all: f64 = whole.events.iter().zip(&clustering).map(|(one, times)| *one as f64 * times).sum();
    Figures {
        homes: figures,
        country: figure(one, (&whole, &whole), adjust, &clustering, of_country),
        of: of_all,
        at_a_time: (in_all / all.max(1) as f64).max(1.0),
        funnel: None,
    }
}

fn figure(
    one: &Indicator,
    (parts, whole): (&Parts, &Parts),
    adjust: Adjust,
    clustering: &[f64],
    variance: f64,
) -> Figure {
    let numerator: i64 = parts.events.iter().sum();
    let denominator: f64 = parts.of.iter().sum();
    let (events, per) = (numerator as f64, one.times());
    let mut out = Figure {
        numerator,
        denominator,
        crude: None,
        direct: None,
        ratio: None,
        known: 0,
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
        let with_spread = (denominator >= 2.0).then(|| mean(value, variance.sqrt(), denominator, CONFIDENCE));
        let found = with_spread.unwrap_or(Interval { value, low: f64::NAN, high: f64::NAN });
        let found = Interval { low: found.low.max(0.0), ..found };
        out.crude = Some(found.times(per));
        return out;
    }
    let list = strata(parts, clustering, |place| {
        if whole.of[place] > 0.0 { whole.events[place] as f64 / whole.of[place] } else { 0.0 }
    });
    let found = indirect(&list, CONFIDENCE, OfCount::Byar);
    out.known = list.iter().map(|one| one.events as i64).sum();
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
            let found = as_the_standard(one, adjust, parts, clustering).map(|rate| rate.times(per));
            out.direct = found.map(|found| Interval {
                value: three_digits(found.value),
                low: three_digits(found.low),
                high: three_digits(found.high),
            });
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

/// A number with three digits that count: more would tell which ages the events are of.
fn three_digits(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let unit = 10_f64.powi(2 - value.abs().log10().floor() as i32);
    (value * unit).round() / unit
}

/// Whether a rate with the standard's weights, which everybody knows, would tell what each age and sex has: where one has
/// few, and there are not so many of them that many others would give the same rate.
fn tells_of_ages(events: &[i64]) -> bool {
    let any = events.iter().filter(|count| **count > 0).count();
    events.iter().any(|count| few(*count)) && (any < 10 || events.iter().sum::<i64>() < 100)
}

/// A rate with the standard's ages, and as many men as women where sexes are apart. The oldest that a municipality has
/// none of are taken as those a band younger. None is given for few events, where it would tell what each age has, or
/// where the youngest are missing.
fn as_the_standard(one: &Indicator, adjust: Adjust, parts: &Parts, clustering: &[f64]) -> Option<Interval> {
    if parts.events.iter().sum::<i64>() < 10 || adjust == Adjust::Nothing || tells_of_ages(&parts.events) {
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

/// What needs all municipalities: the funnel, and how far each ratio is drawn toward the country. How they differ is
/// learned from those that are shown, so that it tells nothing of those that are not.
pub(crate) fn beside_each_other(one: &Indicator, allowance: Allowance, found: &mut Figures) {
    let at_a_time = found.at_a_time;
    let shown = |figure: &&mut Figure| !figure.is_withheld && figure.expected > 0.0;
    let (mut figures, pairs): (Vec<&mut Figure>, Vec<(f64, f64)>) = found
        .homes
        .iter_mut()
        .filter(shown)
        .map(|figure| {
            let pair = (figure.known as f64 / at_a_time, figure.expected / at_a_time);
            (figure, pair)
        })
        .unzip();
    if one.kind == Kind::Mean || pairs.is_empty() {
        return;
    }
    let funnel = Funnel::of(&pairs, allowance);
    for ((figure, drawn), (events, expected)) in figures.iter_mut().zip(shrunk(&pairs)).zip(pairs) {
        figure.shrunk = Some(drawn);
        figure.point = Some(funnel.point(events, expected));
    }
    found.funnel = Some(funnel);
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
        let found = figure(one, (&parts, &parts), adjust, &[1.0; STRATA], 0.0);
        assert!((found.ratio.unwrap().value - 1.0).abs() < 1e-12 && found.numerator == 35, "{found:?}");
    }

    #[test]
    fn a_standardised_rate_does_not_tell_what_each_age_has() {
        // Women 5, 2, 1 and men 3, 0, 0 of the ages from 80 are the only ones that give their rate.
        assert!(tells_of_ages(&[5, 2, 1, 3, 0, 0]) && !tells_of_ages(&[6, 5, 0]));
        let mut many = [9; 14];
        many[3] = 2;
        assert!(!tells_of_ages(&many) && tells_of_ages(&many[..9]));
        assert_eq!([770.102, 0.0123456, 0.0, 99.96].map(three_digits), [770.0, 0.0123, 0.0, 100.0]);
    }
}
