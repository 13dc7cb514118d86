//! The municipality that a profile is of, and how its figures are written.

use disclosure::withhold::WITHHELD;
use domain::Amount;
use domain::amount::grouped;
use statistics::counts::Side;
use statistics::figures::{Figure, Figures};
use statistics::indicator::{Indicator, Kind};
use words::{Message, message};

use super::{Larger, Outcome, brought};
use crate::what_if;

/// A municipality, and the outcome that its profile is made from.
pub(super) struct Subject<'a> {
    pub(super) outcome: &'a Outcome,
    /// Place of the municipality in the counts.
    pub(super) home: usize,
    pub(super) name: String,
    /// Whom an inside edition is made for; `None` for the public edition.
    pub(super) inside: Option<&'a str>,
}

/// A measure: its place among the indicators, the indicator, its figures and the municipality's figure.
pub(super) type Measured<'a> = (usize, &'a Indicator, &'a Figures, &'a Figure);

impl<'a> Subject<'a> {
    /// The indicators that have figures, each with the figure of the municipality.
    pub(super) fn shown(&self) -> impl Iterator<Item = Measured<'a>> {
        let outcome = self.outcome;
        let home = self.home;
        let all = outcome.indicators.iter().zip(&outcome.figures).enumerate();
        all.filter_map(move |(place, (one, found))| {
            let found = found.as_ref()?;
            Some((place, one, found, &found.homes[home]))
        })
    }

    pub(super) fn title(&self, one: &'a Indicator) -> &'a str {
        self.outcome.title(one)
    }

    /// Place of the municipality's region among the regions.
    fn region_place(&self) -> Option<(&'a Larger, usize)> {
        let regions = self.outcome.larger.iter().find(|larger| larger.sheet == "regions")?;
        Some((regions, *regions.of.get(self.home)?))
    }

    /// Name of the municipality's region.
    pub(super) fn region(&self) -> String {
        self.region_place().map_or_else(String::new, |(regions, place)| regions.counts.homes[place].clone())
    }

    /// Figure of an indicator in the municipality's region.
    pub(super) fn in_region(&self, indicator: usize) -> Option<&'a Figure> {
        let (regions, place) = self.region_place()?;
        regions.figures[indicator].as_ref()?.homes.get(place)
    }

    /// Name of the municipality without the word for municipality.
    pub(super) fn short_name(&self) -> String {
        let name = self.name.split(" kommune").next().unwrap_or(&self.name);
        name.to_owned()
    }

    /// Millions that the municipality pays for the events of a measure, for the spine chart.
    pub(super) fn kroner_of(&self, (place, one, _, figure): Measured<'a>) -> String {
        let all = self.outcome.counts.paid_of(place, Side::Numerator, self.home);
        match brought::pays(all, figure.hides).filter(|_| !figure.is_withheld) {
            _ if one.kind == Kind::Mean => "..".to_owned(),
            Some(ore) => tenths(Amount::from_ore(ore)),
            None => ":".to_owned(),
        }
    }
}

/// A number with a comma: one decimal below 100, none from 100.
pub(super) fn number(value: f64) -> String {
    let decimals = if value.abs() >= 100.0 { 0 } else { 1 };
    let digits = format!("{:.decimals$}", value.abs());
    let (whole, rest) = digits.split_once('.').unwrap_or((&digits, ""));
    let sign = if value < 0.0 { "\u{2212}" } else { "" };
    let comma = if rest.is_empty() { "" } else { "," };
    format!("{sign}{}{comma}{rest}", grouped(whole.parse().unwrap_or(0)))
}

/// A share, 0 or more, as a number of whole per cent.
pub(super) fn percent(share: f64) -> String {
    grouped((share * 100.0).round() as u64)
}

/// Millions of kroner with one decimal.
pub(super) fn millions(amount: Amount) -> Message {
    message!("indicators.profile.millions", amount = tenths(amount))
}

/// Millions of kroner as a number: one decimal, or two below a tenth of a million, so that a small amount is not shown
/// as nothing. An amount below 5 000 kr is `0`.
fn tenths(amount: Amount) -> String {
    let hundredths = (amount.ore().abs() + 500_000) / 1_000_000;
    let sign = if amount.ore() < 0 && hundredths > 0 { "\u{2212}" } else { "" };
    match hundredths {
        0 => "0".to_owned(),
        1..10 => format!("{sign}0,{hundredths:02}"),
        _ => what_if::tenths(amount),
    }
}

/// Whether readers could work out a small count that is left out, by taking what is shown from the country. `left_out` is
/// the number of municipalities left out, and `hidden` gives their events together in each of `times` times. The events
/// of a municipality that is left out alone can be worked out.
pub(super) fn reveals(left_out: usize, times: usize, hidden: impl Fn(usize) -> i64) -> bool {
    left_out == 1 || (left_out > 0 && (0..times).any(|time| hidden(time) <= WITHHELD + left_out as i64))
}

/// A ratio as a deviation from 1 in whole per cent, with its sign.
pub(super) fn signed(ratio: f64) -> String {
    let sign = if ratio < 0.995 { "\u{2212}" } else { "+" };
    format!("{sign}{} %", percent((ratio - 1.0).abs()))
}
