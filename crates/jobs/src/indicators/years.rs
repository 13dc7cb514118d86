//! Indicators by year, and whether they rise or fall over the years.

use disclosure::withhold::few;
use disclosure::{Beneath, Cell, SafeTable};
use domain::Month;
use statistics::counts::Side;
use statistics::figures::Figures;
use statistics::indicator::{Indicator, Kind};
use statistics::interval::{Interval, normal_p};
use statistics::spc;
use statistics::trend::{factor, trend};
use words::{Message, message};

use super::subject::reveals;
use super::{Outcome, sheet_of, thousandths};

/// Events, numerator and denominator of a year.
#[derive(Clone, Copy)]
pub(super) struct OfYear {
    events: i64,
    pub numerator: i64,
    /// Person-months of a rate; the whole of a proportion or a mean.
    pub of: i64,
}

impl OfYear {
    /// Value of the year on the scale of the indicator's figures: of a rate per person and year. `sample` is the share of the
    /// inhabitants who can be in the register.
    fn value(&self, one: &Indicator, sample: f64) -> f64 {
        let persons = if one.kind == Kind::Rate { sample / 12.0 } else { 1.0 };
        self.numerator as f64 / (self.of as f64 * persons) * one.times()
    }
}

/// The whole years of the period; none if there is only one.
pub(super) fn whole_years(outcome: &Outcome) -> Vec<i16> {
    let months = &outcome.counts.months;
    let years = outcome.period.by_year().map(|year| year.from().year());
    let is_whole = |year: &i16| months.iter().filter(|month| month.first().year() == *year).count() == 12;
    let whole: Vec<i16> = years.filter(is_whole).collect();
    if whole.len() > 1 { whole } else { Vec::new() }
}

/// Each year of an indicator in a municipality; `None` if the counts lack the indicator, or if the inhabitants of the
/// municipality in a year are unknown.
pub(super) fn by_year(
    outcome: &Outcome,
    (place, one): (usize, &Indicator),
    home: usize,
    years: &[i16],
) -> Option<Vec<OfYear>> {
    let counts = &outcome.counts;
    let numerators = counts.months_of(place, Side::Numerator, home)?;
    let events = counts.event_months_of(place, home)?;
    let of_year = |year: &i16| {
        let months = || counts.months.iter().map(|month| month.first().year() == *year);
        let sum = |of: &[i64]| -> i64 { months().zip(of).filter(|(is_in, _)| *is_in).map(|(_, n)| n).sum() };
        let of = match one.kind {
            Kind::Rate => outcome.inhabited.months_of(&counts.homes[home], *year, one)?,
            Kind::Proportion | Kind::Mean => sum(counts.months_of(place, Side::Denominator, home)?),
        };
        Some(OfYear { events: sum(events), numerator: sum(numerators), of })
    };
    years.iter().map(of_year).collect()
}

/// Whether a year's counts may not be shown: one to four events or, for a proportion, one to four of the whole without
/// the event.
fn is_small(one: &Indicator, year: &OfYear) -> bool {
    few(year.events) || (one.kind == Kind::Proportion && few(year.of - year.events))
}

/// The years of an indicator in each municipality. `None` if the figure is withheld, or if a year is unknown or has a small
/// count. All are `None` if the years that are shown would reveal another municipality's small count: a reader can subtract
/// the years of all municipalities that are shown from those of the country.
pub(super) fn shown(
    outcome: &Outcome,
    (place, one, found): (usize, &Indicator, &Figures),
    years: &[i16],
) -> Vec<Option<Vec<OfYear>>> {
    let homes = outcome.counts.homes.len();
    if years.is_empty() {
        return vec![None; homes];
    }
    let all: Vec<Option<Vec<OfYear>>> =
        (0..homes).map(|home| by_year(outcome, (place, one), home, years)).collect();
    let is_left_out = |home: usize| {
        found.homes[home].is_withheld
            || all[home].as_ref().is_none_or(|of| of.iter().any(|year| is_small(one, year)))
    };
    let left_out: Vec<bool> = (0..homes).map(is_left_out).collect();
    let hidden = |year: usize| -> i64 {
        let of = all.iter().zip(&left_out).filter(|(_, is_left_out)| **is_left_out);
        of.filter_map(|(years, _)| years.as_ref()).map(|of| of[year].events).sum()
    };
    // One whose inhabitants are unknown and that has no event has nothing to be worked out.
    let has_events = |home: usize| {
        let events = outcome.counts.event_months_of(place, home).unwrap_or_default();
        events.iter().any(|count| *count != 0)
    };
    let is_secret = |home: &usize| left_out[*home] && (found.homes[*home].is_withheld || has_events(*home));
    let count = (0..homes).filter(is_secret).count();
    let is_revealed = reveals(count, years.len(), hidden);
    all.into_iter()
        .zip(left_out)
        .map(|(years, is_left_out)| years.filter(|_| !is_left_out && !is_revealed))
        .collect()
}

/// Score statistic of the trend of the years; `None` for a mean, and for fewer than three years.
pub(super) fn score(one: &Indicator, years: &[OfYear], at_a_time: f64) -> Option<f64> {
    let [counts, of] = counts(years);
    (one.kind != Kind::Mean).then(|| trend(&counts, &of, at_a_time)).flatten()
}

/// Numerators and denominators of years.
fn counts(years: &[OfYear]) -> [Vec<f64>; 2] {
    [|year: &OfYear| year.numerator, |year: &OfYear| year.of]
        .map(|of| years.iter().map(|year| of(year) as f64).collect())
}

const HEADS: [&str; 15] = [
    "indicator",
    "title",
    "municipality",
    "name",
    "unit",
    "first_year",
    "first_value",
    "last_year",
    "last_value",
    "change_a_year",
    "change_a_year_low",
    "change_a_year_high",
    "p",
    "trend",
    "signals",
];

/// Share of change that chance alone finds a trend in, for the two verdicts.
const LEVELS: [f64; 2] = [0.002, 0.05];

/// Sheet of the trend of each rate and proportion in each municipality; `None` if the period has fewer than three whole
/// years.
pub(super) fn sheet(outcome: &Outcome) -> Option<SafeTable> {
    let years = whole_years(outcome);
    let (first, last) = years.first().zip(years.last()).filter(|_| years.len() > 2)?;
    let beside = outcome.peers.iter().map(|_| "peers_change_a_year");
    let mut sheet = sheet_of("trend", HEADS.into_iter().chain(beside));
    for (place, one, found) in outcome.written().filter(|(_, one, _)| one.kind != Kind::Mean) {
        let all = shown(outcome, (place, one, found), &years);
        let changes: Vec<Option<f64>> =
            all.iter().map(|of| change(of.as_deref()?, found.at_a_time).map(|factor| factor.value)).collect();
        let season = Season::of(outcome, place);
        for (home, (code, of)) in outcome.counts.homes.iter().zip(all).enumerate() {
            let mut row = vec![
                Cell::Text(one.id.clone()),
                Cell::Text(outcome.title(one).to_owned()),
                Cell::Text(code.clone()),
                Cell::Text(outcome.names.name(code)),
                Cell::Said(Outcome::unit(one)),
            ];
            let values = of.as_deref().map(|of| ends(one, of, outcome.inhabited.sample));
            row.extend([(*first, 0), (*last, 1)].into_iter().flat_map(|(year, end)| {
                let value = values.map_or(Cell::Withheld, |values| thousandths(values[end]));
                [Cell::Text(year.to_string()), value]
            }));
            row.extend(cells(one, of.as_deref(), found.at_a_time));
            row.push(match of {
                None => Cell::Withheld,
                Some(_) => Cell::Said(season.signals(outcome, place, home)),
            });
            if let Some(peers) = &outcome.peers {
                let median = peers.median(home, |peer| changes[peer]);
                row.push(median.map_or(Cell::Unknown, |factor| thousandths((factor - 1.0) * 100.0)));
            }
            sheet.row(row, Beneath::Decided);
        }
    }
    Some(sheet.protect())
}

/// Change a year, as a factor.
fn change(of: &[OfYear], at_a_time: f64) -> Option<Interval> {
    let [events, exposure] = counts(of);
    factor(&events, &exposure, at_a_time)
}

/// Fewest events a month, on average, of a series that is charted month by month.
const MONTHLY: f64 = 5.0;

/// How the country's events of an indicator divide over the months of the year: 1 in a month like the mean.
struct Season([f64; 12]);

impl Season {
    fn of(outcome: &Outcome, place: usize) -> Season {
        let mut sums = [0.0; 12];
        for home in 0..outcome.counts.homes.len() {
            let events = outcome.counts.event_months_of(place, home).into_iter().flatten();
            for (month, count) in outcome.counts.months.iter().zip(events) {
                sums[calendar(*month)] += *count as f64;
            }
        }
        let months = |at: usize| outcome.counts.months.iter().filter(|month| calendar(**month) == at).count();
        let means: [f64; 12] = std::array::from_fn(|at| sums[at] / months(at).max(1) as f64);
        let mean = means.iter().sum::<f64>() / 12.0;
        Season(means.map(|of| if mean > 0.0 && of > 0.0 { of / mean } else { 1.0 }))
    }

    /// What an XmR chart of a municipality's events by month says, after the season of the country is taken out: the months
    /// outside the limits, or meeting another of its rules.
    fn signals(&self, outcome: &Outcome, place: usize, home: usize) -> Message {
        let counts = &outcome.counts;
        self.told(&counts.months, counts.event_months_of(place, home).unwrap_or_default())
    }

    fn told(&self, months: &[Month], events: &[i64]) -> Message {
        if (events.iter().sum::<i64>() as f64) < MONTHLY * events.len() as f64 {
            return message!("indicators.trend.few_a_month");
        }
        let value = |(month, events): (&Month, &i64)| *events as f64 / self.0[calendar(*month)];
        let values: Vec<f64> = months.iter().zip(events).map(value).collect();
        let chart = spc::chart(&values, &[]);
        let signs: Vec<&Month> =
            months.iter().zip(&chart.met).filter(|(_, met)| !met.is_empty()).map(|(m, _)| m).collect();
        match signs.last() {
            None => message!("indicators.trend.no_signal"),
            Some(last) => message!("indicators.trend.signals", count = signs.len(), last),
        }
    }
}

/// Place of a month in its year, from 0.
fn calendar(month: Month) -> usize {
    usize::from(month.first().year_month_day().1.unsigned_abs()) - 1
}

/// Values of the first and the last year.
fn ends(one: &Indicator, of: &[OfYear], sample: f64) -> [f64; 2] {
    [of.first(), of.last()].map(|year| year.map_or(f64::NAN, |year| year.value(one, sample)))
}

/// Cells of a row, from the change a year on.
fn cells(one: &Indicator, of: Option<&[OfYear]>, at_a_time: f64) -> Vec<Cell> {
    let Some(of) = of else { return vec![Cell::Withheld; 5] };
    match (change(of, at_a_time), score(one, of, at_a_time)) {
        (Some(Interval { value, low, high }), Some(z)) => {
            let mut row: Vec<Cell> =
                [value, low, high].map(|factor| thousandths((factor - 1.0) * 100.0)).into();
            row.extend([thousandths(normal_p(z)), Cell::Said(verdict(z))]);
            row
        }
        _ => {
            let mut row = vec![Cell::Unknown; 4];
            row.push(Cell::Said(message!("indicators.trend.unknown")));
            row
        }
    }
}

/// What a score statistic says, in words.
fn verdict(z: f64) -> Message {
    let [sure, may] = LEVELS.map(|level| normal_p(z) < level);
    match (sure, may, z > 0.0) {
        (true, _, true) => message!("indicators.trend.rises"),
        (true, _, false) => message!("indicators.trend.falls"),
        (false, true, true) => message!("indicators.trend.may_rise"),
        (false, true, false) => message!("indicators.trend.may_fall"),
        (false, false, _) => message!("indicators.trend.chance"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_told_after_the_season_is_out() {
        let months: Vec<Month> = domain::Period::parse_any("2011-2013").unwrap().months().collect();
        // Twice as many in January as in another month, in every year, and a little up and down.
        let mut season = Season([12.0 / 13.0; 12]);
        season.0[0] *= 2.0;
        let usual = |at: usize| (10 + (at * 7) as i64 % 5 - 2) * if at.is_multiple_of(12) { 2 } else { 1 };
        let events: Vec<i64> = (0..36).map(usual).collect();
        let word = |message: &Message| message.name();
        assert_eq!(word(&season.told(&months, &events)), "no_signal");
        // Without the season, each January stands out.
        assert_eq!(word(&Season([1.0; 12]).told(&months, &events)), "signals");
        let mut raised = events.clone();
        raised[30] = 40;
        let told = words::Language::Nb.say(&season.told(&months, &raised));
        assert_eq!(told, "måneder med signal: 1, sist 2013-07");
        let few: Vec<i64> = vec![4; 36];
        assert_eq!(word(&season.told(&months, &few)), "few_a_month");
    }

    /// By hand: 30 admissions of 12 000 person-months are 30 a year per 1 000 people, and 60 where half of them can be in the
    /// register.
    #[test]
    fn a_year_of_a_sample_has_the_rate_of_those_who_can_be_in_it() {
        let all = Indicator::built_in().unwrap();
        let one = all.iter().find(|one| one.id == "admissions").unwrap();
        let year = OfYear { events: 30, numerator: 30, of: 12_000 };
        assert_eq!([1.0, 0.5].map(|sample| year.value(one, sample).round()), [30.0, 60.0]);
    }
}
