//! Withholding for places that are published side by side: municipalities, and the areas that they are parts
//! of.

use disclosure::withhold::{self, Known, Row, Total};
use domain::Instrument;

use crate::counts::{Counts, Side};
use crate::figures::{Figure, Figures, beside_each_other};
use crate::funnel::Allowance;
use crate::indicator::{Indicator, Kind, Measure};

/// All places of one kind, such as municipalities or regions.
pub struct Level<'a> {
    pub counts: &'a Counts,
    /// One entry per indicator; `None` if the indicator has no figures.
    pub figures: &'a mut [Option<Figures>],
}

/// A level and a place in it; `None` is the country.
type Place = Option<(usize, usize)>;

/// The places of every level in turn, and the country last.
fn places_of(levels: &[Level]) -> Vec<Place> {
    let of_level = |(level, of): (usize, &Level)| -> Vec<Place> {
        (0..of.counts.homes.len()).map(|home| Some((level, home))).collect()
    };
    levels.iter().enumerate().flat_map(of_level).chain([None]).collect()
}

fn figure<'f>(levels: &'f [Level], indicator: usize, place: Place) -> Option<&'f Figure> {
    match place {
        Some((level, home)) => levels[level].figures[indicator].as_ref().map(|found| &found.homes[home]),
        None => levels[0].figures[indicator].as_ref().map(|found| &found.country),
    }
}

fn figure_mut<'f>(levels: &'f mut [Level], indicator: usize, place: Place) -> Option<&'f mut Figure> {
    match place {
        Some((level, home)) => levels[level].figures[indicator].as_mut().map(|found| &mut found.homes[home]),
        None => levels[0].figures[indicator].as_mut().map(|found| &mut found.country),
    }
}

/// An indicator's counts at every place. The country is the sum of the first level.
fn row_of(levels: &[Level], known: impl Fn(&Counts, usize) -> Known) -> Row {
    let of_level = |level: &Level| -> Row {
        (0..level.counts.homes.len()).map(|home| known(level.counts, home)).collect()
    };
    let country = withhold::sum(&of_level(&levels[0]));
    levels.iter().flat_map(of_level).chain([country]).collect()
}

/// Decides which figures are withheld, and then, at each level that was not decided before, compares the places with
/// each other.
///
/// The places of each level are numbered in turn, with the country last; `totals` states which places add up to which.
/// The first `decided` levels keep their decisions, and so does the country unless `decided` is 0.
/// `already(indicator, place)` tells whether a figure is hidden for another reason.
pub fn withhold(
    indicators: &[Indicator],
    levels: &mut [Level],
    (totals, decided): (&[Total], usize),
    already: &dyn Fn(usize, usize) -> bool,
    allowance: Allowance,
) {
    let places = places_of(levels);
    let stands: Vec<bool> =
        places.iter().map(|place| place.map_or(decided > 0, |(level, _)| level < decided)).collect();
    // Amounts in kroner are left to [`withhold_kroner`], which goes by the number of events with a charge. A withheld
    // amount reveals nothing about the counts.
    let shown: Vec<usize> = (0..indicators.len())
        .filter(|indicator| levels[0].figures[*indicator].is_some() && !indicators[*indicator].is_money())
        .collect();
    let rows: Vec<Row> = shown
        .iter()
        .map(|indicator| row_of(levels, |counts, home| known(counts, *indicator, home)))
        .collect();
    let decision = |row: usize, place: usize| match stands[place] {
        true => figure(levels, shown[row], places[place]).map(|figure| figure.is_withheld),
        false => already(shown[row], place).then_some(true),
    };
    let hidden = withhold::hidden_beside(&rows, decision, totals);
    for (indicator, hidden) in shown.iter().zip(&hidden) {
        for (place, hidden) in hidden.iter().enumerate().filter(|(place, _)| !stands[*place]) {
            if let Some(figure) = figure_mut(levels, *indicator, places[place]) {
                figure.is_withheld = *hidden;
            }
        }
    }
    for instrument in Instrument::ALL {
        withhold_kroner(indicators, levels, (totals, &places, &stands), already, *instrument);
    }
    for level in levels.iter_mut().skip(decided) {
        for (one, found) in indicators.iter().zip(level.figures.iter_mut()) {
            found.iter_mut().for_each(|found| beside_each_other(one, allowance, found));
        }
    }
}

fn known(counts: &Counts, indicator: usize, home: usize) -> Known {
    let events = counts.events_of(indicator, home).map_or(0, |events| events.iter().sum());
    let whole = counts.of(indicator, Side::Denominator, home).map(|whole| whole.iter().sum());
    Known { events, whole }
}

/// Withholds the charges of one instrument if few events have a charge, and other charges that would reveal withheld
/// ones, by the same rules as for counts. A day as discharge-ready (`utskrivningsklar`) has a public price, so the
/// charges are withheld wherever the number of such days is withheld.
fn withhold_kroner(
    indicators: &[Indicator],
    levels: &mut [Level],
    (totals, places, stands): (&[Total], &[Place], &[bool]),
    already: &dyn Fn(usize, usize) -> bool,
    instrument: Instrument,
) {
    let is_there = |indicator: &usize| levels[0].figures[*indicator].is_some();
    // Instrument of an indicator in kroner; `None` for any other indicator, whose charges stand beside its counts.
    let own = |indicator: usize| indicators[indicator].numerator.measure.instrument();
    let charged =
        (0..indicators.len()).filter(|one| is_there(one) && own(*one).is_none_or(|own| own == instrument));
    let charged: Vec<usize> = charged.collect();
    let of_ready: Vec<usize> = (0..indicators.len())
        .filter(|one| instrument == Instrument::DischargeReady && is_of_ready(&indicators[*one]))
        .collect();
    let of_charged = |indicator: usize| {
        row_of(levels, |counts, home| {
            let of_mean = own(indicator).is_some() && indicators[indicator].kind == Kind::Mean;
            let whole = known(counts, indicator, home).whole.filter(|_| of_mean);
            Known { events: counts.paid_of(indicator, Side::Numerator, home).of[instrument.index()], whole }
        })
    };
    let rows: Vec<Row> = charged.iter().map(|one| of_charged(*one)).collect();
    let is_withheld = |indicator: usize, place: usize| {
        figure(levels, indicator, places[place]).is_none_or(|one| one.is_withheld)
    };
    let decision = |row: usize, place: usize| {
        let indicator = charged[row];
        if stands[place] {
            return figure(levels, indicator, places[place]).map(|figure| figure.hides[instrument.index()]);
        }
        let is_hidden = already(indicator, place)
            || is_withheld(indicator, place)
            || of_ready.iter().any(|ready| is_withheld(*ready, place));
        is_hidden.then_some(true)
    };
    let hidden = withhold::hidden_beside(&rows, decision, totals);
    for (indicator, hidden) in charged.iter().zip(&hidden) {
        let is_of_it = own(*indicator) == Some(instrument);
        for (place, hidden) in hidden.iter().enumerate().filter(|(place, _)| !stands[*place]) {
            if let Some(figure) = figure_mut(levels, *indicator, places[place]) {
                figure.hides[instrument.index()] = *hidden;
                figure.is_withheld |= is_of_it && *hidden;
            }
        }
    }
}

/// Whether an indicator counts patients reported ready for discharge, or their days.
fn is_of_ready(one: &Indicator) -> bool {
    one.numerator.reported_ready == Some(true) || one.numerator.measure == Measure::ReadyDays
}

/// Chooses which parts of a place, such as its ages or months, are hidden: one vector per indicator, with one entry per
/// part. `decided(indicator, part)` is `Some(true)` for a part that is hidden already, and `Some(false)` for a part that
/// is published elsewhere.
pub fn hidden_parts(
    indicators: &[Indicator],
    rows: &[Row],
    decided: &dyn Fn(usize, usize) -> Option<bool>,
    totals: &[Total],
) -> Vec<Vec<bool>> {
    let mut out = vec![Vec::new(); indicators.len()];
    // Counts are decided first, then the kroner of each instrument: a withheld amount reveals nothing about counts.
    for instrument in std::iter::once(None).chain(Instrument::ALL.iter().copied().map(Some)) {
        let is_of_it = |place: &usize| indicators[*place].numerator.measure.instrument() == instrument;
        let chosen: Vec<usize> = (0..indicators.len()).filter(is_of_it).collect();
        let of_them: Vec<Row> = chosen.iter().map(|indicator| rows[*indicator].clone()).collect();
        let found = withhold::hidden_beside(
            &of_them,
            |row, place| {
                let is_of_days = indicators[chosen[row]].numerator.measure == Measure::DischargeReady;
                let mut ready = indicators.iter().zip(&out).filter(|(one, _)| is_of_ready(one));
                let hides_days = is_of_days
                    && ready
                        .any(|(_, hidden): (_, &Vec<bool>)| hidden.get(place).is_none_or(|hidden| *hidden));
                if hides_days { Some(true) } else { decided(chosen[row], place) }
            },
            totals,
        );
        chosen.iter().zip(found).for_each(|(indicator, hidden)| out[*indicator] = hidden);
    }
    out
}
