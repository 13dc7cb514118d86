//! Indicators as figures: for each municipality what it has, beside chance, age and the country; and what must not leave
//! the house.

use crate::counts::{Counts, People, STRATA, Side, people_of};
use crate::funnel::{Allowance, Funnel, Point};
use crate::indicator::{Indicator, Kind, Measure, Of};
use crate::interval::{Interval, OfCount, OfProportion, mean, proportion};
use crate::standard::{Ages, european_2013};
use crate::standardise::{Shrunk, Stratum, direct, indirect, shrunk};

/// How much of the time the truth is to lie in an interval.
pub const CONFIDENCE: f64 = 0.95;
/// Counts from one to this are withheld.
pub const WITHHELD: i64 = 4;

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
    /// Whether it is withheld, and why.
    pub withheld: Option<Why>,
}

/// Why a figure is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// So few that a person might be known.
    Few,
    /// It would reveal another.
    Reveals,
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
    withhold(indicators, totals, &mut out);
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
        withheld: None,
    };
    if denominator <= 0.0 {
        return out;
    }
    if one.kind == Kind::Mean {
        let value = events / denominator;
        let spread = (squares as f64 / denominator - value * value).max(0.0).sqrt();
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
            let by =
                if events > 0.0 { list.iter().map(|one| one.squares).sum::<f64>() / events } else { 1.0 };
            let by = by.max(1.0);
            let of = proportion(events / by, denominator / by, CONFIDENCE, OfProportion::Wilson);
            out.crude = Some(of.times(per));
        }
        Kind::Rate | Kind::Mean => {
            out.crude = Some(found.crude.times(per));
            out.direct = as_the_standard(one, parts, clustering).map(|rate| rate.times(per));
        }
    }
    out
}

fn strata(parts: &Parts, clustering: &[f64], standard: impl Fn(usize) -> f64) -> Vec<Stratum> {
    (0..STRATA)
        .filter(|place| parts.of[*place] > 0.0 || parts.events[*place] > 0)
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
        let events: i64 = parts.events.iter().sum();
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

/// Withholds counts of one to four, and what reveals them: the rest of a whole, the difference of two counts of the
/// same kind, and a single hidden one beside a total. It hides more than is needed, and never less.
fn withhold(indicators: &[Indicator], totals: &[Vec<usize>], all: &mut [Option<Figures>]) {
    let few = |count: i64| (1..=WITHHELD).contains(&count);
    for (one, figures) in indicators.iter().zip(all.iter_mut()) {
        let Some(figures) = figures else { continue };
        // A country of few is no better hidden than a municipality.
        for figure in figures.homes.iter_mut().chain([&mut figures.country]) {
            let rest = figure.denominator as i64 - figure.numerator;
            let is_few = few(figure.numerator) || (one.kind != Kind::Rate && few(figure.denominator as i64));
            if is_few || (one.kind == Kind::Proportion && few(rest)) {
                figure.withheld = Some(Why::Few);
            }
        }
    }
    // What one rule withholds, another must know of.
    loop {
        let before = withheld(all);
        for of in [Of::Stays, Of::Contacts] {
            let same: Vec<usize> =
                (0..all.len()).filter(|place| indicators[*place].of == of && all[*place].is_some()).collect();
            differences(&same, indicators, all);
        }
        for figures in all.iter_mut().flatten() {
            let everywhere: Vec<usize> = (0..figures.homes.len()).collect();
            std::iter::once(&everywhere).chain(totals).for_each(|members| beside_a_total(figures, members));
        }
        if withheld(all) == before {
            return;
        }
    }
}

fn withheld(all: &[Option<Figures>]) -> usize {
    all.iter().flatten().flat_map(|figures| &figures.homes).filter(|figure| figure.withheld.is_some()).count()
}

/// Of two counts of the same kind, one may be part of the other: where they differ by one to four, the smaller is
/// withheld. And one that is withheld must not stand as a count of something else.
fn differences(same: &[usize], indicators: &[Indicator], all: &mut [Option<Figures>]) {
    let homes = all.iter().flatten().next().map_or(0, |figures| figures.homes.len());
    for home in 0..homes {
        let mut counts: Vec<(i64, usize)> = Vec::new();
        for place in same {
            let Some(figures) = &all[*place] else { continue };
            let (figure, one) = (&figures.homes[home], &indicators[*place]);
            if one.numerator.measure == Measure::Count {
                counts.push((figure.numerator, *place));
            }
            if one.kind != Kind::Rate {
                counts.push((figure.denominator as i64, *place));
            }
        }
        let is_hidden =
            |place: usize| all[place].as_ref().is_some_and(|of| of.homes[home].withheld.is_some());
        let reveals = |(low, place): &(i64, usize)| {
            let other = |(high, other): &(i64, usize)| {
                (1..=WITHHELD).contains(&(high - low)) || (high == low && other != place && is_hidden(*other))
            };
            *low > 0 && !is_hidden(*place) && counts.iter().any(other)
        };
        let found: Vec<usize> = counts.iter().filter(|one| reveals(one)).map(|(_, place)| *place).collect();
        for place in found {
            if let Some(figures) = &mut all[place] {
                figures.homes[home].withheld.get_or_insert(Why::Reveals);
            }
        }
    }
}

/// A total is published: what is withheld of its members must not be what is left of it.
fn beside_a_total(figures: &mut Figures, members: &[usize]) {
    let counts: Vec<i64> = members.iter().map(|place| figures.homes[*place].numerator).collect();
    let mut hidden: Vec<bool> =
        members.iter().map(|place| figures.homes[*place].withheld.is_some()).collect();
    beside_totals(&counts, &mut hidden);
    for (place, _) in members.iter().zip(hidden).filter(|(_, hidden)| *hidden) {
        figures.homes[*place].withheld.get_or_insert(Why::Reveals);
    }
}

/// Hides more of some counts whose sum is published, until what is hidden is more than one and not few: the smallest
/// first.
pub fn beside_totals(counts: &[i64], hidden: &mut [bool]) {
    loop {
        let all = counts.iter().zip(&*hidden).filter(|(_, hidden)| **hidden);
        let (number, sum) = all.fold((0, 0), |sums, (count, _)| (sums.0 + 1, sums.1 + count));
        if number == 0 || (number > 1 && sum > WITHHELD) {
            return;
        }
        let shown = (0..counts.len()).filter(|place| !hidden[*place] && counts[*place] > 0);
        match shown.min_by_key(|place| counts[*place]) {
            Some(smallest) => hidden[smallest] = true,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(numerator: i64, denominator: f64) -> Figure {
        let (crude, direct, ratio, shrunk, point) = (None, None, None, None, None);
        Figure { numerator, denominator, crude, direct, expected: 0.0, ratio, shrunk, point, withheld: None }
    }

    fn hidden(figures: &Option<Figures>) -> Vec<bool> {
        figures.as_ref().unwrap().homes.iter().map(|figure| figure.withheld.is_some()).collect()
    }

    #[test]
    fn the_few_and_what_reveals_them_are_withheld() {
        let all = Indicator::built_in().unwrap();
        let of = |id: &str| all.iter().find(|one| one.id == id).unwrap().clone();
        let indicators = [of("admissions"), of("admissions-medical"), of("deadline-breaches")];
        let figures = |counts: &[(i64, f64)]| {
            let homes = counts.iter().map(|(numerator, of)| figure(*numerator, *of)).collect();
            Some(Figures { homes, country: figure(0, 0.0), of: [0.0; STRATA], funnel: None })
        };
        let mut out = [
            figures(&[(100, 900.0), (50, 900.0), (20, 900.0), (3, 900.0)]),
            figures(&[(60, 900.0), (48, 900.0), (9, 900.0), (0, 900.0)]),
            figures(&[(30, 33.0), (40, 90.0), (41, 90.0), (6, 20.0)]),
        ];
        withhold(&indicators, &[], &mut out);
        // Three of the last; and one more, since the total tells what is left. 50 less 48 are two that were not medical.
        assert_eq!(hidden(&out[0]), [false, false, true, true]);
        assert_eq!(hidden(&out[1]), [false, true, true, false]);
        // 30 of 33 is three that were not; 40 and 41 are other people's, and their difference is of no one. The last is the
        // smallest beside it.
        assert_eq!(hidden(&out[2]), [true, false, false, true]);
        // 33 less 30 are three: the 30 are withheld as both things that they are. It hides more than is needed.
        let indicators = [of("admissions"), of("admissions-medical"), of("admissions-acute")];
        let rest = [(90, 900.0), (80, 900.0), (70, 900.0)];
        let mut out = [33, 30, 30].map(|first| figures(&[&[(first, 900.0)], &rest[..]].concat()));
        withhold(&indicators, &[], &mut out);
        assert!(hidden(&out[1])[0] && hidden(&out[2])[0] && !hidden(&out[0])[1]);
    }

    #[test]
    fn an_areas_total_gives_no_municipality_away() {
        let indicators = [Indicator::built_in().unwrap()[0].clone()];
        let homes = [3, 40, 50, 2, 60, 0].iter().map(|count| figure(*count, 900.0)).collect();
        let mut out =
            [Some(Figures { homes, country: figure(155, 5400.0), of: [0.0; STRATA], funnel: None })];
        withhold(&indicators, &[vec![0, 1, 2], vec![3, 4, 5]], &mut out);
        // Each area withholds one more, though the country's total would not have told.
        assert_eq!(hidden(&out[0]), [true, true, false, true, true, false]);
    }

    proptest::proptest! {
        #[test]
        fn no_total_gives_a_withheld_count_away(counts in proptest::collection::vec(0i64..12, 2..30)) {
            let mut figures =
                Figures { homes: counts.iter().map(|count| figure(*count, 100.0)).collect(), country: figure(0, 0.0), of: [0.0; STRATA], funnel: None };
            for one in figures.homes.iter_mut().filter(|one| (1..=WITHHELD).contains(&one.numerator)) {
                one.withheld = Some(Why::Few);
            }
            let everywhere: Vec<usize> = (0..figures.homes.len()).collect();
            beside_a_total(&mut figures, &everywhere);
            let hidden: Vec<i64> =
                figures.homes.iter().filter(|one| one.withheld.is_some()).map(|one| one.numerator).collect();
            let shown_left = figures.homes.iter().any(|one| one.withheld.is_none() && one.numerator > 0);
            proptest::prop_assert!(hidden.is_empty() || !shown_left || (hidden.len() > 1 && hidden.iter().sum::<i64>() > WITHHELD));
        }
    }
}
