//! Forecast of the rest of a year, with a band for its uncertainty.
//!
//! What all parties have in common is told apart from what is each party's own. The common path of each instrument is
//! followed month by month; each party has its share of it. Scatter is pooled over all parties, since twelve months of one
//! small party carry too little information.
//!
//! 1. Season: amounts per day of each calendar month relative to the year's, from whole earlier years; 1 if none is known.
//! 2. Common level of each instrument, per day and with the season taken out: it wanders from month to month (a local level,
//!    filtered as by Kalman), as much as it has wandered beyond chance. A month that differs from the one before by more
//!    than four times what is usual, and is followed by one like it, begins a new level: a rule or a practice changed.
//! 3. Share of a party: its sum of the months seen, of all parties' sum.
//! 4. Scatter of a party's months around its share of the common path: a part proportional to the expected amount (chance in
//!    many small cases) and a part proportional to its square. Both are fitted over all parties. The more months are seen,
//!    the more a party's own scatter counts.
//! 5. The band covers the scatter of the months ahead, the uncertainty of the share, and the wandering of the common level.
//!    Its ends are those of a gamma distribution, since costs of few cases are skewed.

use std::collections::BTreeMap;

use domain::{Amount, Instrument, Month};
use statrs::distribution::{ContinuousCDF, Gamma};

use crate::funnel::quantile;

/// Amounts of a party, by month and instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    pub party: String,
    pub months: Sums,
}

/// Amounts by month and instrument. A month or an instrument that is not there is zero.
pub type Sums = BTreeMap<(Month, Instrument), Amount>;

/// Forecast of the sum of the months ahead for one party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    pub party: String,
    /// Expected sum of the months ahead.
    pub expected: Amount,
    /// Lower end of the band, with a probability of 10 % below it.
    pub low: Amount,
    /// Upper end of the band, with a probability of 10 % above it.
    pub high: Amount,
}

/// Probability that the truth lies in the band, in per cent.
pub const LEVEL: u32 = 80;

/// Quantile of the standard normal distribution for the band: 10 % lie above it.
const POINT: f64 = 1.2816;

/// Weight of the pooled scatter, in months, against the months of a party's own scatter.
const POOL: f64 = 4.0;

/// A change of the common level that begins a new one, in standard deviations of the other changes.
const BREAK: f64 = 4.0;

/// Amount per day of each calendar month relative to the year's, by instrument; and the number of years behind it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Season(BTreeMap<(Instrument, i8), (f64, u32)>);

impl Season {
    /// The season of the years of which all twelve months have an amount, as a mean over the years. Instruments without such a
    /// year have none.
    pub fn of(earlier: &Sums) -> Season {
        let mut years: BTreeMap<(Instrument, i16), Vec<(Month, f64)>> = BTreeMap::new();
        for ((month, instrument), amount) in earlier.iter().filter(|(_, amount)| **amount != Amount::ZERO) {
            years.entry((*instrument, month.year())).or_default().push((*month, amount.ore() as f64));
        }
        let mut sums: BTreeMap<(Instrument, i8), (f64, u32)> = BTreeMap::new();
        for ((instrument, _), months) in years.iter().filter(|(_, months)| months.len() == 12) {
            let all: f64 = months.iter().map(|(_, ore)| ore).sum();
            let of_day = all / months.iter().map(|(month, _)| days(*month)).sum::<f64>();
            for (month, ore) in months.iter().filter(|_| of_day > 0.0) {
                let sum = sums.entry((*instrument, month.number())).or_default();
                sum.0 += ore / days(*month) / of_day;
                sum.1 += 1;
            }
        }
        Season(sums.into_iter().map(|(key, (sum, count))| (key, (sum / f64::from(count), count))).collect())
    }

    /// Whether no whole year is known.
    pub fn is_unknown(&self) -> bool {
        self.0.is_empty()
    }

    /// Chance of months with the season taken out, relative to that of the months themselves: the season has its own.
    fn noise(&self, instrument: Instrument) -> f64 {
        self.0.get(&(instrument, 1)).map_or(1.0, |(_, years)| 1.0 + 1.0 / f64::from(*years))
    }

    /// Days of a month, weighted with the season.
    fn exposure(&self, instrument: Instrument, month: Month) -> f64 {
        days(month) * self.0.get(&(instrument, month.number())).map_or(1.0, |(season, _)| *season)
    }
}

fn days(month: Month) -> f64 {
    f64::from(month.last().number() - month.first().number() + 1)
}

/// What all parties have in common: one instrument's path, or the sum of all.
struct Common {
    /// Expected amount of each month ahead.
    ahead: Vec<f64>,
    /// Variance of their sum, as far as it is common to all.
    variance: f64,
}

/// Forecasts the sum of the months in `ahead` for every party, from the months in `seen`, which are in order. Empty with
/// fewer than two months seen.
pub fn forecast(all: &[Series], seen: &[Month], ahead: &[Month], season: &Season) -> Vec<Forecast> {
    if seen.len() < 2 || ahead.is_empty() {
        return Vec::new();
    }
    let mut common = Common { ahead: vec![0.0; ahead.len()], variance: 0.0 };
    for instrument in Instrument::ALL.iter().copied() {
        let of_party = |series: &Series| -> Vec<f64> {
            seen.iter().map(|month| ore(series.months.get(&(*month, instrument)))).collect()
        };
        let months: Vec<Vec<f64>> = all.iter().map(of_party).collect();
        let exposures = [seen, ahead].map(|months| {
            months.iter().map(|month| season.exposure(instrument, *month)).collect::<Vec<f64>>()
        });
        if let Some(found) = path(&months, seen, &exposures, season.noise(instrument)) {
            common.variance += found.variance;
            common.ahead.iter_mut().zip(found.ahead).for_each(|(sum, one)| *sum += one);
        }
    }
    let total = |series: &Series| -> Vec<f64> {
        let of_month = |month: &Month| {
            Instrument::ALL.iter().map(|instrument| ore(series.months.get(&(*month, *instrument)))).sum()
        };
        seen.iter().map(of_month).collect()
    };
    let months: Vec<Vec<f64>> = all.iter().map(total).collect();
    let shared = Shared::of(&months);
    let parties = all.iter().zip(&months).enumerate();
    parties.map(|(place, (series, months))| shared.forecast(place, series, months, &common)).collect()
}

fn ore(amount: Option<&Amount>) -> f64 {
    amount.map_or(0.0, |amount| amount.ore() as f64)
}

/// The common path of one instrument: `months` of each party, and the exposures of the months seen and ahead. `noise` is what
/// chance is multiplied with where months are compared. `None` if there is nothing of the instrument.
fn path(months: &[Vec<f64>], seen: &[Month], [before, after]: &[Vec<f64>; 2], noise: f64) -> Option<Common> {
    let shared = Shared::of(months);
    if shared.common.iter().sum::<f64>() <= 0.0 {
        return None;
    }
    let levels: Vec<f64> = shared.common.iter().zip(before).map(|(ore, at)| ore / at).collect();
    let chance: Vec<f64> =
        shared.common.iter().zip(before).map(|(ore, at)| shared.chance * ore.max(0.0) / (at * at)).collect();
    let gaps: Vec<f64> = seen.windows(2).map(|pair| months_between(pair[0], pair[1])).collect();
    let (level, variance, wander) = local_level(&levels, &chance, &gaps, noise);
    let sum: f64 = after.iter().sum();
    // A step of the level is in every month after it.
    let mut rest = sum;
    let mut squares = 0.0;
    for at in after {
        squares += rest * rest;
        rest -= at;
    }
    let ahead = after.iter().map(|at| level * at).collect();
    Some(Common { ahead, variance: variance * sum * sum + wander * squares })
}

fn months_between(one: Month, other: Month) -> f64 {
    f64::from(i32::from(other.year() - one.year()) * 12 + i32::from(other.number() - one.number()))
}

/// The last level of a series that wanders, its variance, and the variance of a step of one month. `chance` is the variance
/// of each observation around its level, `gaps` the months from each observation to the next, and `noise` what chance is
/// multiplied with where observations are compared.
fn local_level(levels: &[f64], chance: &[f64], gaps: &[f64], noise: f64) -> (f64, f64, f64) {
    let steps: Vec<f64> =
        levels.windows(2).zip(gaps).map(|(pair, gap)| (pair[1] - pair[0]) / gap.sqrt()).collect();
    let noise = noise * chance.iter().sum::<f64>() / chance.len() as f64;
    // A month that stands alone tells of itself, and not of a level: two must follow the step.
    let last = (0..steps.len()).rev().find(|place| is_break(&steps, *place, noise));
    let start = last.map(|at| at + 1).filter(|start| start + 2 <= levels.len()).unwrap_or(0);
    let usual: Vec<f64> = match start {
        0 => steps.clone(),
        _ => steps[..start - 1].iter().chain(&steps[start..]).copied().collect(),
    };
    let squares: f64 = usual.iter().map(|step| step * step).sum();
    let wander = (squares / usual.len().max(1) as f64 - 2.0 * noise).max(0.0);
    let (mut level, mut variance) = (levels[start], chance[start]);
    if start > 0 {
        variance += wander;
    }
    for place in start + 1..levels.len() {
        variance += wander * gaps[place - 1];
        let whole = variance + chance[place];
        let gain = if whole > 0.0 { variance / whole } else { 0.0 };
        level += gain * (levels[place] - level);
        variance *= 1.0 - gain;
    }
    (level, variance, wander)
}

/// Whether a step is far larger than the others, of which there are two at least.
fn is_break(steps: &[f64], place: usize, noise: f64) -> bool {
    let mut others: Vec<f64> =
        steps.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, step)| step.abs()).collect();
    if others.len() < 2 {
        return false;
    }
    others.sort_by(f64::total_cmp);
    let median = quantile(&others, 0.5);
    // The median of absolute values is 0.6745 standard deviations of a normal distribution.
    steps[place].abs() > BREAK * (median / 0.6745).max((2.0 * noise).sqrt())
}

/// Parties' shares of what is common to all, and the scatter around them.
struct Shared {
    /// Sum of all parties by month.
    common: Vec<f64>,
    shares: Vec<f64>,
    /// Scatter of a month: `chance · mean + own · mean²`.
    chance: f64,
    own: f64,
}

impl Shared {
    fn of(months: &[Vec<f64>]) -> Shared {
        let count = months.first().map_or(0, Vec::len);
        let common: Vec<f64> = (0..count).map(|at| months.iter().map(|one| one[at]).sum()).collect();
        let all: f64 = common.iter().sum();
        let share = |one: &Vec<f64>| if all > 0.0 { one.iter().sum::<f64>() / all } else { 0.0 };
        let shares: Vec<f64> = months.iter().map(share).collect();
        let (chance, own) = scatter(months, &shares, &common);
        Shared { common, shares, chance, own }
    }

    fn variance(&self, mean: f64) -> f64 {
        self.chance * mean.abs() + self.own * mean * mean
    }

    fn forecast(&self, place: usize, series: &Series, months: &[f64], common: &Common) -> Forecast {
        let ahead: f64 = common.ahead.iter().sum();
        let expected = self.shares[place] * ahead;
        // Who has had no case yet may have one: the band counts half a case more than what was seen. Costs that vary as much as
        // their mean have a half of `chance` in each case.
        let all: f64 = self.common.iter().sum();
        let share = self.shares[place] + if all > 0.0 { self.chance / 4.0 / all } else { 0.0 };
        let means: Vec<f64> = self.common.iter().map(|all| share * all).collect();
        let of_months: f64 = common.ahead.iter().map(|month| self.variance(share * month)).sum();
        let weight: f64 = means.iter().sum();
        let of_share: f64 = means.iter().map(|mean| self.variance(*mean)).sum();
        let ratio = if weight == 0.0 { 0.0 } else { share * ahead / weight };
        // The party's squared residuals relative to the pooled scatter: about 1 for each month, if the party
        // scatters like the others.
        let squares = months.iter().zip(&means).map(|(ore, mean)| {
            let pooled = self.variance(*mean);
            if pooled > 0.0 { (ore - mean) * (ore - mean) / pooled } else { 1.0 }
        });
        let own: f64 = squares.sum();
        let freedom = months.len() as f64 - 1.0 + POOL;
        let scatter = (own + POOL) / freedom * (of_months + ratio * ratio * of_share);
        let [low, high] = ends(share * ahead, scatter + share * share * common.variance, freedom);
        let amount = |ore: f64| Amount::from_ore(ore.round() as i64);
        Forecast {
            party: series.party.clone(),
            expected: amount(expected),
            low: amount(low),
            high: amount(high),
        }
    }
}

/// Ends of the band around an expected sum. With little freedom, the tails are heavier.
fn ends(expected: f64, variance: f64, freedom: f64) -> [f64; 2] {
    let heavier = 1.0 + (POINT * POINT + 1.0) / (4.0 * freedom);
    let spread = variance.max(0.0).sqrt();
    let gamma = match expected > 0.0 && variance > 0.0 {
        true => Gamma::new(expected * expected / variance, expected / variance).ok(),
        false => None,
    };
    // Costs are none or more; corrections may take more than there is.
    let least = if gamma.is_some() { 0.0 } else { f64::NEG_INFINITY };
    let [low, high] = match gamma {
        Some(gamma) => {
            let [low, high] = [0.1, 0.9].map(|share| gamma.inverse_cdf(share));
            // Costs that vary as much as their mean come from two cases for each unit of shape.
            let none = (-2.0 * gamma.shape()).exp();
            [if none > 0.1 { 0.0 } else { low }, high]
        }
        None => [expected - POINT * spread, expected + POINT * spread],
    };
    [(expected - (expected - low) * heavier).max(least), expected + (high - expected) * heavier]
}

/// Coefficients `chance` and `own` of the scatter: `left² = chance · mean + own · mean²`, where `left` is what a month differs
/// from its mean. A square scatters as its expectation, so each is weighted by that; the weights come from the fit before,
/// and first from chance alone.
fn scatter(months: &[Vec<f64>], shares: &[f64], common: &[f64]) -> (f64, f64) {
    // The share was fitted to these months, which costs one degree of freedom.
    let lost = common.len() as f64 / (common.len() as f64 - 1.0);
    let mut seen: Vec<(f64, f64)> = Vec::new();
    for (one, share) in months.iter().zip(shares).filter(|(_, share)| **share > 0.0) {
        for (ore, all) in one.iter().zip(common).filter(|(_, all)| **all > 0.0) {
            let mean = share * all;
            seen.push((mean, lost * (ore - mean) * (ore - mean)));
        }
    }
    let mut fit = (1.0, 0.0);
    for _ in 0..FITS {
        fit = fitted(&seen, fit);
    }
    fit
}

/// Fits of the scatter, each with the weights of the one before.
const FITS: usize = 8;

/// One fit of [`scatter`] to pairs of mean and squared residual, with weights from the coefficients of another.
fn fitted(seen: &[(f64, f64)], (chance, own): (f64, f64)) -> (f64, f64) {
    let [mut xx, mut xz, mut zz, mut xy, mut zy] = [0.0; 5];
    for (mean, square) in seen {
        let expected = chance * mean + own * mean * mean;
        let weight = if expected > 0.0 { 1.0 / expected } else { 0.0 };
        let (x, z) = (*mean, mean * mean);
        xx += weight * x * x;
        xz += weight * x * z;
        zz += weight * z * z;
        xy += weight * x * square;
        zy += weight * z * square;
    }
    let spread = xx * zz - xz * xz;
    if xx <= 0.0 {
        return (0.0, 0.0);
    }
    let (chance, own) = match spread > 1e-9 * xx * zz {
        true => ((zz * xy - xz * zy) / spread, (xx * zy - xz * xy) / spread),
        false => (xy / xx, 0.0),
    };
    match (chance < 0.0, own < 0.0) {
        (true, _) => (0.0, zy / zz),
        (false, true) => (xy / xx, 0.0),
        (false, false) => (chance, own),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPEATS: i32 = 12;

    /// A pseudo-random number from 0 to 1.
    fn uniform(state: &mut u64) -> f64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Sum of many small costs: about `mean / 9 000 kr` cases, each exponentially distributed.
    fn costs(state: &mut u64, mean: f64) -> f64 {
        let each = 9e5;
        let (mut left, mut sum) = (mean / each, 0.0);
        loop {
            left += uniform(state).max(1e-300).ln();
            if left < 0.0 {
                return sum;
            }
            sum -= each * uniform(state).max(1e-300).ln();
        }
    }

    fn month(year: i16, number: i8) -> Month {
        Month::new(year, number).unwrap()
    }

    /// A year of parties of one size, with a quiet July.
    fn year(of: i16, size: f64, state: &mut u64) -> Vec<Series> {
        let party = |party: i32, state: &mut u64| {
            let one = |number: i8, state: &mut u64| {
                let quiet = if number == 7 { 0.8 } else { 1.0 };
                let mean = size * (1.0 + f64::from(party % 20)) * quiet * days(month(of, number));
                ((month(of, number), Instrument::CoFinancing), Amount::from_ore(costs(state, mean) as i64))
            };
            (1..=12).map(|number| one(number, state)).collect()
        };
        (0..400).map(|one| Series { party: one.to_string(), months: party(one, state) }).collect()
    }

    fn summed(all: &[Series]) -> Sums {
        let mut out = Sums::new();
        for (key, amount) in all.iter().flat_map(|series| &series.months) {
            *out.entry(*key).or_default() += *amount;
        }
        out
    }

    /// Share of the parties whose rest of the year lies in the band, in per cent.
    fn inside(all: &[Series], to: i8, season: &Season) -> f64 {
        let [seen, ahead] =
            [1..to + 1, to + 1..13].map(|all| all.map(|at| month(2012, at)).collect::<Vec<_>>());
        let found = forecast(all, &seen, &ahead, season);
        let truth = |series: &Series| -> Amount {
            let later = series.months.iter().filter(|((month, _), _)| ahead.contains(month));
            later.map(|(_, amount)| *amount).sum()
        };
        let held = found.iter().zip(all).filter(|(one, series)| {
            let truth = truth(series);
            one.low <= truth && truth <= one.high
        });
        held.count() as f64 * 100.0 / found.len() as f64
    }

    /// Costs are never less than nothing, however much a small party's months differ.
    #[test]
    fn a_band_of_costs_begins_at_nothing() {
        let months = |each: [i64; 6]| {
            let of =
                |(at, ore): (i8, i64)| ((month(2012, at), Instrument::DischargeReady), Amount::from_ore(ore));
            (1..7).zip(each).map(of).collect::<Sums>()
        };
        let one = |party: &str, each| Series { party: party.to_owned(), months: months(each) };
        let all = [
            one("large", [900, 1_000, 1_100, 950, 1_050, 1_000]),
            one("small", [0, 40, 0, 0, 3, 0]),
            one("none", [0; 6]),
        ];
        let [seen, ahead] = [1..7, 7..13].map(|all| all.map(|at| month(2012, at)).collect::<Vec<_>>());
        for found in forecast(&all, &seen, &ahead, &Season::default()) {
            assert!(Amount::ZERO <= found.low && found.low <= found.expected, "{found:?}");
            assert!(found.expected <= found.high, "{found:?}");
        }
    }

    /// The months ahead are held back. Their sum lies in the band about as often as the band promises, for small parties and
    /// for large ones, with the season of the year before. Costs here scatter alike for all, which the band does not know.
    #[test]
    fn the_band_holds_as_often_as_it_says() {
        for (size, name) in [(1e5, "small"), (1e6, "large")] {
            for to in [3, 6, 9] {
                let mut state = 88_172_645_463_325_252;
                let mut sum = 0.0;
                for _ in 0..REPEATS {
                    let before = summed(&year(2011, size, &mut state));
                    sum += inside(&year(2012, size, &mut state), to, &Season::of(&before));
                }
                let per_cent = sum / f64::from(REPEATS);
                assert!((77.0..=85.0).contains(&per_cent), "{name}, {to} months: {per_cent} %");
            }
        }
    }

    /// By hand: 31 · 100 kr in July 2011 and 334 · 200 kr in the other days; a level of 200 kr a day in 2012 then gives
    /// 31 · 200 · 100 / 191,51 kr in July.
    #[test]
    fn a_season_that_was_seen_is_followed() {
        let of = |year: i16, number: i8| {
            let each = if number == 7 { 10_000.0 } else { 20_000.0 };
            (
                (month(year, number), Instrument::CoFinancing),
                Amount::from_ore((each * days(month(year, number))) as i64),
            )
        };
        let season = Season::of(&(1..=12).map(|number| of(2011, number)).collect());
        let months: Sums = (1..=6).map(|number| of(2012, number)).collect();
        let all =
            [Series { party: "a".into(), months: months.clone() }, Series { party: "b".into(), months }];
        let seen: Vec<Month> = (1..=6).map(|number| month(2012, number)).collect();
        let july = [month(2012, 7)];
        let found = forecast(&all, &seen, &july, &season);
        assert!((found[0].expected.ore() - 310_000).abs() <= 1, "{found:?}");
        let unknown = forecast(&all, &seen, &july, &Season::default());
        assert!((unknown[0].expected.ore() - 620_000).abs() <= 1, "{unknown:?}");
        // Eleven months are no year, since a low month cannot be told from a low level.
        assert!(Season::of(&(2..=12).map(|number| of(2011, number)).collect()).is_unknown());
        assert!(forecast(&[], &seen, &july, &season).is_empty());
        assert!(forecast(&all, &seen[..1], &july, &season).is_empty());
    }

    /// One month that stands alone is no new level.
    #[test]
    fn a_month_that_stands_alone_breaks_nothing() {
        let usual = [100.0, 101.0, 100.0, 101.0, 100.0, 101.0];
        let quiet = [&usual[..], &[80.0]].concat();
        let (level, _, wander) = local_level(&quiet, &[1.0; 7], &[1.0; 6], 1.0);
        assert!(level > 80.0 && wander > 50.0, "{level} {wander}");
        let again = [&quiet[..], &[100.0, 101.0]].concat();
        let (level, ..) = local_level(&again, &[1.0; 9], &[1.0; 8], 1.0);
        assert!((100.0..=101.0).contains(&level), "{level}");
    }

    /// A rule changes in May: the months after it tell the level, not the mean of all six.
    #[test]
    fn a_level_that_breaks_begins_anew() {
        let of = |number: i8| if number < 5 { 150.0 } else { 90.0 + f64::from(number) };
        let levels: Vec<f64> = (1..=6).map(|number| of(number) + f64::from(number % 2)).collect();
        let (level, _, wander) = local_level(&levels, &[1.0; 6], &[1.0; 5], 1.0);
        assert!((94.0..=97.0).contains(&level) && wander < 2.0, "{level} {wander}");
        // What wanders is followed, and widens the band.
        let (level, variance, wander) =
            local_level(&[100.0, 110.0, 121.0, 130.0, 141.0], &[1.0; 5], &[1.0; 4], 1.0);
        assert!(level > 139.0 && wander > 90.0 && variance < 1.0, "{level} {variance} {wander}");
    }
}
