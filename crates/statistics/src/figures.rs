//! Figures of indicators, for each municipality and for the country: crude values with intervals, directly standardised
//! rates, and ratios to the events that the country's rates give for the municipality's ages and sexes.

use disclosure::withhold::few;
use domain::Instrument;

use crate::counts::{AGES, BANDS, Counts, People, SEXES, STRATA, Shared, Side, people_of};
use crate::funnel::{Allowance, Area, Funnel, Outermost, Point};
use crate::indicator::{Indicator, Kind, Measure};
use crate::interval::{Interval, OfCount, OfProportion, mean, proportion};
use crate::standard::{Ages, european_2013};
use crate::standardise::{Shrunk, Stratum, direct, indirect, shrunk};

/// Least number of stays or contacts for which the interval of a municipality's mean uses the municipality's own
/// variance. With fewer, the interval uses the country's variance.
const OWN_SPREAD: f64 = 30.0;

/// Confidence level of the intervals.
pub const CONFIDENCE: f64 = 0.95;

/// What the expected events of a municipality take into account. The choice is shown with the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Adjust {
    /// Age band and sex of the inhabitants.
    #[default]
    AgeAndSex,
    /// Age band of the inhabitants.
    Age,
    /// Nothing: the country's crude rate is used.
    Nothing,
}

impl Adjust {
    /// Number of classes that inhabitants are divided into. If there are several, the last is for an unknown age and,
    /// if sex is adjusted for, an unknown sex.
    const fn classes(self) -> usize {
        match self {
            Adjust::AgeAndSex => 2 * BANDS.len() + 1,
            Adjust::Age => BANDS.len() + 1,
            Adjust::Nothing => 1,
        }
    }

    /// Class of a stratum, from 0. Age and sex: age bands of women, age bands of men, and last everybody of unknown age
    /// or sex. Age: age bands of everybody, and last everybody of unknown age. Nothing: class 0.
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

    /// Sums of the values of strata, by class.
    fn together<T: Copy + Default + std::ops::AddAssign>(self, strata: &[T]) -> Vec<T> {
        let mut out = vec![T::default(); self.classes()];
        strata.iter().enumerate().for_each(|(stratum, one)| out[self.class(stratum)] += *one);
        out
    }
}

/// An indicator's figures for a municipality, or for the country.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Count or sum of the numerator; øre if the indicator is in kroner.
    pub numerator: i64,
    /// Person-years of a rate; the count of the whole for a proportion or a mean.
    pub denominator: f64,
    /// Crude value per `Indicator::per` persons, in kroner if the numerator is in øre, with a 95 % interval. `None` if
    /// the denominator is 0; the limits are NaN for a mean of a single value.
    pub crude: Option<Interval>,
    /// Directly standardised rate, with the ages of the European standard population of 2013 and, if sex is adjusted
    /// for, as many men as women. The rate has three significant digits. `None` for a proportion or a mean, if nothing
    /// is adjusted for, with fewer than ten events, if the rate would reveal the counts of single ages, and if the
    /// youngest band has no people.
    pub direct: Option<Interval>,
    /// Events in classes with a denominator; 0 for a mean. The class of unknown age has no denominator in a rate.
    pub known: i64,
    /// Events to expect if the people of the place had the country's rates; 0 for a mean.
    pub expected: f64,
    /// Events divided by expected events, with a 95 % interval: 1 is as expected. `None` for a mean, and if
    /// no event is expected.
    pub ratio: Option<Interval>,
    /// The ratio drawn toward the common ratio of the municipalities that are shown; the fewer the expected events, the
    /// closer. `None` if withheld, for a mean, and if no event is expected.
    pub shrunk: Option<Shrunk>,
    /// Place in the funnel, with the allowance for how municipalities usually differ. `None` if withheld, for a mean,
    /// and if no event is expected.
    pub point: Option<Point>,
    /// Whether the figure is withheld, because it counts few or would reveal another figure that counts few.
    pub is_withheld: bool,
    /// Whether the charges are withheld, by instrument as in [`crate::counts::Ore`].
    pub hides: [bool; Instrument::COUNT],
}

/// The figures of one indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// One figure for each of [`Counts::homes`], in that order.
    pub homes: Vec<Figure>,
    pub country: Figure,
    /// Person-years, or the count of the whole, in each stratum of the country.
    pub of: [f64; STRATA],
    /// Number of events that come together, such as several stays of one person; 1 or more, from [`at_a_time`]. Counts
    /// are divided by this number before they are compared with chance.
    pub at_a_time: f64,
    /// The funnel of the municipalities. `None` for a mean, before [`crate::levels::withhold`], and if no municipality
    /// with expected events is shown.
    pub funnel: Option<Funnel>,
}

impl Figure {
    /// Place in the funnel from −2 (below the outer limit) to 2 (above it); `None` without a place.
    pub fn side(&self) -> Option<i8> {
        self.point.map(|point| point.side())
    }
}

/// Events and denominators (people, or the whole), by class.
struct Parts {
    events: Vec<i64>,
    of: Vec<f64>,
}

/// Choices that the figures depend on.
#[derive(Debug, Clone, Copy)]
pub struct Method {
    /// Years of the period: the person-years that each inhabitant counts for.
    pub years: f64,
    /// What the expected events take into account.
    pub adjust: Adjust,
    /// How the funnel allows for differences between municipalities.
    pub allowance: Allowance,
}

/// Computes the figures of every indicator; `None` for an indicator that the register cannot answer. Nothing is
/// withheld and no municipality is compared with others before [`crate::levels::withhold`].
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
                // No event was found, but some rows lack the information: the count is unknown and not zero.
                let is_unknown = found.country.numerator == 0 && counts.untested_of(place) > 0;
                (!is_unknown).then_some(found)
            }
        })
        .collect()
}

/// Person-years, or the count of the whole, of a municipality, by stratum. Zero if the population is unknown.
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

/// How many times the variance of a proportion is that of as many persons with one event each, 1 or more: the linearised
/// variance of a ratio, Σ(e − p·n)², over n·p·(1 − p).
fn in_persons(of: Shared) -> f64 {
    let (events, whole) = (of.events as f64, of.of as f64);
    let [of_events, both, of_whole] = of.squares.map(|sum| sum as f64);
    let share = events / whole;
    let variance = of_events - 2.0 * share * both + share * share * of_whole;
    let alone = events * (1.0 - share);
    if alone > 0.0 { (variance / alone).max(1.0) } else { 1.0 }
}

/// Number of events that come together in the country: the sum of squares divided by the sum, 1 or more. For a proportion, it
/// is the variance that persons give it relative to that of single events. For a count, each person's number of events in the strata that `holds` chooses is squared. For days and øre, the quantity of each
/// person in all strata is squared.
pub fn at_a_time(one: &Indicator, place: usize, counts: &Counts, holds: impl Fn(usize) -> bool) -> f64 {
    if one.kind == Kind::Proportion && one.numerator.measure == Measure::Count {
        let inside = (0..STRATA).filter(|stratum| holds(*stratum));
        return in_persons(
            inside.fold(Shared::default(), |sum, stratum| sum.and(counts.shared(place, stratum))),
        );
    }
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
            (homes.map(events).sum::<i64>() as f64, counts.squares_by_person(place) as f64)
        }
    };
    if events > 0.0 { (squares / events).max(1.0) } else { 1.0 }
}

/// Numerator, denominator and crude value of some strata of a municipality, with an interval for events that come
/// together ([`at_a_time`]). The limits of a mean are NaN.
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
    // Events from a place whose population is unknown are left out of the country's rate.
    let is_known =
        |home: usize| one.kind != Kind::Rate || people.is_empty() || people.contains_key(&counts.homes[home]);
    let homes: Vec<Parts> = (0..counts.homes.len()).map(parts).collect();
    let mut whole = Parts { events: vec![0; adjust.classes()], of: vec![0.0; adjust.classes()] };
    for (_, home) in homes.iter().enumerate().filter(|(home, _)| is_known(*home)) {
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
            // If there are few stays or contacts, their own variance would reveal the value of each.
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
        hides: [false; Instrument::COUNT],
    };
    if denominator <= 0.0 {
        return out;
    }
    if one.kind == Kind::Mean {
        let value = events / denominator;
        let spread = |found: Interval| Interval { low: found.low.max(0.0), ..found };
        let found = match denominator >= 2.0 {
            true => spread(mean(value, variance.sqrt(), denominator, CONFIDENCE)),
            false => Interval { value, low: f64::NAN, high: f64::NAN },
        };
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
            // Several events of one person count for less than as many events of different persons.
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

/// Events per person, events of unknown age included.
fn crude_rate(parts: &Parts, clustering: &[f64]) -> Interval {
    let (events, people) = (parts.events.iter().sum::<i64>() as f64, parts.of.iter().sum::<f64>());
    let squares: f64 = parts.events.iter().zip(clustering).map(|(one, times)| *one as f64 * times).sum();
    let whole = Stratum { events, squares: squares.max(events), people, standard: 0.0 };
    indirect(&[whole], CONFIDENCE, OfCount::Byar).crude
}

fn strata(parts: &Parts, clustering: &[f64], standard: impl Fn(usize) -> f64) -> Vec<Stratum> {
    (0..parts.of.len())
        // Events of unknown age have no people, and are left out.
        .filter(|place| parts.of[*place] > 0.0)
        .map(|place| {
            let events = parts.events[place] as f64;
            let squares = events * clustering[place];
            Stratum { events, squares, people: parts.of[place], standard: standard(place) }
        })
        .collect()
}

/// A number rounded to three significant digits: further digits would reveal which ages the events belong to.
fn three_digits(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let unit = 10_f64.powi(2 - value.abs().log10().floor() as i32);
    (value * unit).round() / unit
}

/// Whether a standardised rate would reveal the events of each class, since the weights of the standard are public.
/// It would if some class has one to four events, and either fewer than ten classes have events or all classes
/// together have fewer than a hundred events: few other counts then give the same rate.
fn reveals_ages(events: &[i64]) -> bool {
    let any = events.iter().filter(|count| **count > 0).count();
    events.iter().any(|count| few(*count)) && (any < 10 || events.iter().sum::<i64>() < 100)
}

/// Rate per person with the ages of the European standard and, if sex is adjusted for, as many men as women.
/// The weight of an age band without people goes to the next younger band. `None` with fewer than ten events,
/// if nothing is adjusted for, if the rate would reveal the events of each class, or if the youngest band has
/// no people.
fn as_the_standard(one: &Indicator, adjust: Adjust, parts: &Parts, clustering: &[f64]) -> Option<Interval> {
    if parts.events.iter().sum::<i64>() < 10 || adjust == Adjust::Nothing || reveals_ages(&parts.events) {
        return None;
    }
    let sexes = if adjust == Adjust::AgeAndSex { &SEXES[..2] } else { &SEXES[2..] };
    let mut list = Vec::new();
    for (apart, sex) in sexes.iter().enumerate() {
        let mut of_none = 0.0;
        for (place, from) in BANDS.iter().enumerate().rev() {
            let last = BANDS.get(place + 1).map(|next| next - 1);
            // In each band, only the ages that the rate covers are taken from the standard.
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

/// Computes what needs every municipality: the funnel, and the ratios drawn toward the mean. Both are estimated from
/// the figures that are shown, so that they reveal nothing of the withheld figures.
pub(crate) fn beside_each_other(one: &Indicator, allowance: Allowance, found: &mut Figures) {
    let at_a_time = found.at_a_time;
    let shown = |figure: &&mut Figure| !figure.is_withheld && figure.expected > 0.0;
    let (mut figures, areas): (Vec<&mut Figure>, Vec<Area>) = found
        .homes
        .iter_mut()
        .filter(shown)
        .map(|figure| {
            let whole = (one.kind == Kind::Proportion).then_some(figure.denominator / at_a_time);
            let (events, expected) = (figure.known as f64 / at_a_time, figure.expected / at_a_time);
            (figure, Area { events, expected, whole })
        })
        .unzip();
    if one.kind == Kind::Mean || areas.is_empty() {
        return;
    }
    let funnel = Funnel::of(&areas, allowance, Outermost::Winsorised);
    let pairs: Vec<(f64, f64)> = areas.iter().map(|area| (area.events, area.expected)).collect();
    for ((figure, drawn), area) in figures.iter_mut().zip(shrunk(&pairs)).zip(areas) {
        figure.shrunk = Some(drawn);
        figure.point = Some(funnel.point(&area));
    }
    found.funnel = Some(funnel);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events of unknown age are left out of the ratio, since the expected events are of known ages.
    #[test]
    fn a_proportion_varies_as_its_persons_do() {
        // Persons with e of n: 1 of 1, 0 of 1, 2 of 2 and 0 of 2. The share is a half; Σ(e − n/2)² = 0.25 + 0.25 + 1 + 1, and
        // six single contacts give 6 · 0.25 = 1.5.
        let persons = [(1, 1), (0, 1), (2, 2), (0, 2)];
        let shared = |(events, of): (i64, i64)| Shared {
            events,
            of,
            squares: [events * events, events * of, of * of],
        };
        let sum = persons.into_iter().map(shared).fold(Shared::default(), Shared::and);
        assert!((in_persons(sum) - 2.5 / 1.5).abs() < 1e-12);
        // One contact each, or a share of all or none: nothing comes together.
        let alone = [(1, 1), (0, 1), (0, 1)].into_iter().map(shared).fold(Shared::default(), Shared::and);
        assert!((in_persons(alone) - 1.0).abs() < 1e-12);
        assert!(
            (in_persons(shared((3, 3))) - 1.0).abs() < 1e-12
                && (in_persons(Shared::default()) - 1.0).abs() < 1e-12
        );
    }

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

    /// A single value has no spread: both limits are unknown. A lower limit below 0 is 0.
    #[test]
    fn the_limits_of_a_mean_are_unknown_for_a_single_value() {
        let all = Indicator::built_in().unwrap();
        let one = all.iter().find(|one| one.kind == Kind::Mean).unwrap();
        let mean_of = |count: f64| {
            let parts = Parts { events: vec![4], of: vec![count] };
            figure(one, (&parts, &parts), Adjust::Nothing, &[1.0; STRATA], 100.0).crude.unwrap()
        };
        let (single, several) = (mean_of(1.0), mean_of(4.0));
        assert!(single.low.is_nan() && single.high.is_nan() && single.value == 4.0, "{single:?}");
        assert!(several.low == 0.0 && several.high > 1.0, "{several:?}");
    }

    #[test]
    fn a_standardised_rate_does_not_reveal_what_each_age_has() {
        // Women 5, 2, 1 and men 3, 0, 0 in the bands from 80 are the only counts that give their rate.
        assert!(reveals_ages(&[5, 2, 1, 3, 0, 0]) && !reveals_ages(&[6, 5, 0]));
        let mut many = [9; 14];
        many[3] = 2;
        assert!(!reveals_ages(&many) && reveals_ages(&many[..9]));
        assert_eq!([770.102, 0.0123456, 0.0, 99.96].map(three_digits), [770.0, 0.0123, 0.0, 100.0]);
    }
}
