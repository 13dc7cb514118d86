//! Similar municipalities: who they are, and what it would mean to have their rates.

use std::collections::BTreeMap;
use std::path::Path;

use disclosure::{Beneath, Cell, SafeTable};
use domain::amount::Amount;
use domain::{Municipalities, Period};
use statistics::counts::Inhabitants;
use statistics::figures::{Figure, Figures};
use statistics::funnel::quantile;
use statistics::indicator::{Indicator, Kind};
use statistics::interval::Interval;
use statistics::peers::{AsPeers, FEWEST, Peer, as_peers, nearest};
use words::{Message, message};

use super::population::Inhabited;
use super::{Outcome, sheet_of, sheet_showing, thousandths};
use crate::by_municipality::{Variables, grouped, variables_of};
use crate::failure::{About, Result};

/// How similar municipalities are found.
#[derive(Debug, Clone, Copy)]
pub enum By<'o> {
    /// The nearest by number of inhabitants and ages, and by the variables of a file (`municipality;name;name…`).
    Nearest { count: usize, variables: Option<&'o Path> },
    /// Those of the same group in a file (`municipality;group`).
    Groups(&'o Path),
}

/// Similar municipalities of each municipality.
pub struct Peers {
    /// By municipality: places of the similar, nearest first, each with its distance; without distance in a group.
    of: Vec<Vec<(usize, Option<f64>)>>,
    /// How they were found.
    pub told: Message,
}

/// Ages whose shares of the inhabitants tell municipalities apart.
const AGES: [std::ops::RangeInclusive<usize>; 3] = [0..=17, 67..=79, 80..=100];

impl Peers {
    /// Finds the similar municipalities of each municipality on the last day of a period.
    ///
    /// # Errors
    /// Fails if a file cannot be read or has a wrong cell; if it names a municipality that does not exist or names one
    /// twice; or if a municipality that has inhabitants has no value.
    pub fn found(
        by: By,
        inhabited: &Inhabited,
        (period, municipalities): (Period, &Municipalities),
    ) -> Result<Peers> {
        let homes = super::homes(period, municipalities);
        match by {
            By::Groups(path) => Self::in_groups(path, &homes, period),
            By::Nearest { count, variables } => {
                let (names, more) = match variables {
                    Some(path) => variables_of(path, period)?,
                    None => (Vec::new(), Variables::new()),
                };
                let values = |code: &String| -> Result<Option<Vec<f64>>> {
                    let Some(mut values) = inhabited.people.get(code).and_then(by_age) else {
                        return Ok(None);
                    };
                    if let Some(path) = variables {
                        let own = more.get(code).about(|| {
                            message!("error.peers.lacks_municipality", path = path.display(), code)
                        })?;
                        values.extend(own);
                    }
                    Ok(Some(values))
                };
                let values = homes.iter().map(values).collect::<Result<Vec<_>>>()?;
                let with_distance = |all: Vec<(usize, f64)>| {
                    all.into_iter().map(|(place, distance)| (place, Some(distance))).collect()
                };
                let told = match names.is_empty() {
                    true => message!("indicators.peers.nearest", count),
                    false => message!("indicators.peers.nearest_and", count, names = names.join(", ")),
                };
                Ok(Peers { of: nearest(&values, count).into_iter().map(with_distance).collect(), told })
            }
        }
    }

    fn in_groups(path: &Path, homes: &[String], period: Period) -> Result<Peers> {
        let rows = grouped(path, "municipality;group", period)?;
        let group_of: BTreeMap<String, String> =
            rows.into_iter().map(|(_, code, group)| (code, group)).collect();
        let of = |(own, code): (usize, &String)| {
            let group = group_of.get(code);
            let is_same = |other: &String| group.is_some() && group_of.get(other) == group;
            let others = homes.iter().enumerate().filter(|(place, other)| *place != own && is_same(other));
            others.map(|(place, _)| (place, None)).collect()
        };
        let told = message!("indicators.peers.of_groups", path = path.display());
        Ok(Peers { of: homes.iter().enumerate().map(of).collect(), told })
    }

    /// Places of the municipalities that are similar to that of a place.
    pub fn of(&self, home: usize) -> impl Iterator<Item = usize> + '_ {
        self.of[home].iter().map(|(place, _)| *place)
    }

    /// Median over the similar municipalities that have a value; `None` with fewer than [`FEWEST`].
    pub fn median(&self, home: usize, value: impl Fn(usize) -> Option<f64>) -> Option<f64> {
        let mut values: Vec<f64> = self.of(home).filter_map(value).collect();
        values.sort_by(f64::total_cmp);
        (values.len() >= FEWEST).then(|| quantile(&values, 0.5))
    }

    /// Median of the ratios of the similar municipalities, and the ratio of the municipality to it: both drawn together, of
    /// shown figures alone.
    pub fn beside(&self, home: usize, found: &Figures) -> [Cell; 2] {
        let drawn = |place: usize| {
            let figure = &found.homes[place];
            figure.shrunk.filter(|_| !figure.is_withheld).map(|drawn| drawn.ratio)
        };
        if found.homes[home].is_withheld {
            return [Cell::Withheld, Cell::Withheld];
        }
        let median = self.median(home, drawn);
        let against = median.zip(drawn(home)).map(|(median, own)| own / median);
        [median, against].map(|value| value.map_or(Cell::Unknown, thousandths))
    }

    /// Sheet of the similar municipalities.
    pub fn sheet(&self, outcome: &Outcome) -> SafeTable {
        let heads = [
            "municipality",
            "name",
            "rank",
            "peer",
            "peer_name",
            "distance",
            "inhabitants",
            "peer_inhabitants",
        ];
        let mut sheet = sheet_showing("peers", self.told.clone(), heads);
        let homes = &outcome.counts.homes;
        let people = |code: &str| outcome.inhabited.mean_of(code).map_or(Cell::Unknown, Cell::Count);
        for (code, similar) in homes.iter().zip(&self.of) {
            for (rank, (place, distance)) in (1..).zip(similar) {
                let peer = &homes[*place];
                sheet.row(
                    vec![
                        Cell::Text(code.clone()),
                        Cell::Text(outcome.names.name(code)),
                        Cell::Count(rank),
                        Cell::Text(peer.clone()),
                        Cell::Text(outcome.names.name(peer)),
                        distance.map_or(Cell::Unknown, thousandths),
                        people(code),
                        people(peer),
                    ],
                    Beneath::Decided,
                );
            }
        }
        sheet.protect()
    }

    /// Sheet of what each rate would be with the ratio of the similar: the median and the lowest quarter. Only shown
    /// figures count, both a municipality's own and those of the similar.
    pub fn as_they_are(&self, outcome: &Outcome) -> SafeTable {
        let mut sheet = sheet_of("as_peers", HEADS);
        for (_, one, found) in outcome.written().filter(|(_, one, _)| one.kind == Kind::Rate) {
            for (home, (code, figure)) in outcome.counts.homes.iter().zip(&found.homes).enumerate() {
                let similar = self.shown(home, found);
                let mut row = vec![
                    Cell::Text(one.id.clone()),
                    Cell::Text(outcome.title(one).to_owned()),
                    Cell::Text(code.clone()),
                    Cell::Text(outcome.names.name(code)),
                    Cell::Count(similar.len() as i64),
                ];
                row.extend(cells(one, figure, &similar));
                sheet.row(row, Beneath::Decided);
            }
        }
        sheet.protect()
    }

    /// Similar municipalities with a shown figure and expected events.
    fn shown(&self, home: usize, found: &Figures) -> Vec<Peer> {
        let peer = |place: usize| {
            let figure = &found.homes[place];
            let (drawn, raw) = (figure.shrunk?, figure.ratio?);
            (!figure.is_withheld).then_some(Peer { ratio: drawn.ratio, own: drawn.own, raw })
        };
        self.of[home].iter().filter_map(|(place, _)| peer(*place)).collect()
    }
}

const HEADS: [&str; 18] = [
    "indicator",
    "title",
    "municipality",
    "name",
    "peers",
    "numerator_count_or_ore",
    "ratio",
    "peers_ratio",
    "peers_ratio_low",
    "peers_ratio_high",
    "change",
    "change_low",
    "change_high",
    "quarter_ratio",
    "quarter_change",
    "quarter_change_low",
    "quarter_change_high",
    "verdict",
];

/// Cells of a row, from the numerator on.
fn cells(one: &Indicator, figure: &Figure, similar: &[Peer]) -> Vec<Cell> {
    if figure.is_withheld {
        return vec![Cell::Withheld; HEADS.len() - 5];
    }
    let unknown = |cells: usize| vec![Cell::Unknown; cells];
    let mut row = vec![super::counted(one, figure.numerator)];
    row.push(figure.ratio.map_or(Cell::Unknown, |ratio| thousandths(ratio.value)));
    let at = |share: f64| as_peers(figure.ratio?, figure.expected, similar, share);
    let [median, quarter] = [0.5, 0.25].map(at);
    let ratio = |found: AsPeers| [found.ratio.value, found.ratio.low, found.ratio.high].map(thousandths);
    row.extend(median.map_or_else(|| unknown(3), |found| ratio(found).into()));
    row.extend(median.map_or_else(|| unknown(3), |found| changed(one, found.change)));
    row.push(quarter.map_or(Cell::Unknown, |found| thousandths(found.ratio.value)));
    row.extend(quarter.map_or_else(|| unknown(3), |found| changed(one, found.change)));
    let verdict = match median.map(|found| found.change) {
        None => message!("indicators.peers.too_few", fewest = FEWEST),
        Some(change) if change.high < 0.0 => message!("indicators.peers.above"),
        Some(change) if change.low > 0.0 => message!("indicators.peers.below"),
        Some(_) => message!("indicators.peers.chance"),
    };
    row.push(Cell::Said(verdict));
    row
}

/// A change with its limits, in whole kroner, or in whole events or days.
fn changed(one: &Indicator, change: Interval) -> Vec<Cell> {
    let cell = |value: f64| match one.is_money() {
        true => Cell::Kroner(Amount::from_ore((value / 100.0).round() as i64 * 100)),
        false => Cell::Count(value.round() as i64),
    };
    [change.value, change.low, change.high].map(cell).into()
}

/// The logarithm of the number of inhabitants, and the share of each of [`AGES`]; `None` without inhabitants.
fn by_age(people: &Inhabitants) -> Option<Vec<f64>> {
    let of = |ages: std::ops::RangeInclusive<usize>| {
        people.iter().map(|by_age| by_age[ages.clone()].iter().sum::<i64>()).sum::<i64>() as f64
    };
    let all = of(0..=100);
    let shares = AGES.into_iter().map(|ages| of(ages) / all);
    (all > 0.0).then(|| std::iter::once(all.ln()).chain(shares).collect())
}
