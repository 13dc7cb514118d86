//! Forecast of the rest of a year, with a band for its uncertainty.
//!
//! Each party, such as a municipality, has a level of its own. The season and the scatter of months are pooled over all
//! parties, since twelve months of one small party carry too little information. The more months a party has, the more
//! its own scatter counts.
//!
//! 1. Season: each calendar month relative to a mean month, over all parties; 1 if no whole year was seen.
//! 2. Level: the sum of the amounts of the months seen, divided by the sum of the seasons of those months.
//! 3. Scatter: the squared residual of a month has a part proportional to the expected amount (chance in many
//!    small cases) and a part proportional to that amount's square (common causes). Both are fitted over all
//!    parties.
//! 4. The band covers the scatter of the months ahead and the uncertainty of the level.

use std::collections::BTreeMap;

use domain::{Amount, Month};

/// Amounts of a party, month by month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    pub party: String,
    /// Amounts of the months seen.
    pub months: BTreeMap<Month, Amount>,
}

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
const POOL: f64 = 8.0;

struct Fitted<'s> {
    series: &'s Series,
    level: f64,
}

/// Forecasts the sum of the months in `ahead`, for every party with at least two months seen.
pub fn forecast(all: &[Series], ahead: &[Month]) -> Vec<Forecast> {
    let season = season(all);
    let at = |month: Month| season.get(&month.number()).copied().unwrap_or(1.0);
    let fitted: Vec<Fitted> = all
        .iter()
        .filter(|series| series.months.len() >= 2)
        .map(|series| {
            let seen: f64 = series.months.values().map(|amount| amount.ore() as f64).sum();
            let weight: f64 = series.months.keys().map(|month| at(*month)).sum();
            Fitted { series, level: seen / weight }
        })
        .collect();
    let (chance, common) = scatter(&fitted, &at);
    let variance = |mean: f64| chance * mean.abs() + common * mean * mean;
    let out = |one: &Fitted| {
        let seen: Vec<(f64, f64)> = one
            .series
            .months
            .iter()
            .map(|(month, amount)| (one.level * at(*month), amount.ore() as f64))
            .collect();
        let expected: f64 = ahead.iter().map(|month| one.level * at(*month)).sum();
        let of_months: f64 = ahead.iter().map(|month| variance(one.level * at(*month))).sum();
        let weight: f64 = seen.iter().map(|(mean, _)| mean).sum();
        let of_level: f64 = seen.iter().map(|(mean, _)| variance(*mean)).sum();
        let ratio = if weight == 0.0 { 0.0 } else { expected / weight };
        // The party's squared residuals relative to the pooled scatter: about 1 for each month, if the party
        // scatters like the others.
        let own: f64 = seen
            .iter()
            .map(|(mean, ore)| {
                let pooled = variance(*mean);
                if pooled > 0.0 { (ore - mean) * (ore - mean) / pooled } else { 1.0 }
            })
            .sum();
        let freedom = seen.len() as f64 - 1.0 + POOL;
        let spread = ((own + POOL) / freedom * (of_months + ratio * ratio * of_level)).sqrt();
        // With few months, the tails are heavier than those of the normal distribution.
        let point = POINT * (1.0 + (POINT * POINT + 1.0) / (4.0 * freedom));
        let amount = |ore: f64| Amount::from_ore(ore.round() as i64);
        Forecast {
            party: one.series.party.clone(),
            expected: amount(expected),
            // The lower end is not below zero, unless the expected sum is.
            low: amount((expected - point * spread).max(expected.min(0.0))),
            high: amount(expected + point * spread),
        }
    };
    fitted.iter().map(out).collect()
}

/// Each calendar month relative to a mean month, over all parties and whole years.
fn season(all: &[Series]) -> BTreeMap<i8, f64> {
    let mut totals: BTreeMap<Month, f64> = BTreeMap::new();
    for (month, amount) in all.iter().flat_map(|series| &series.months) {
        *totals.entry(*month).or_default() += amount.ore() as f64;
    }
    // Only whole years count: in a part of a year a low month cannot be distinguished from a low level.
    let mut years: BTreeMap<i16, Vec<(i8, f64)>> = BTreeMap::new();
    for (month, total) in totals {
        years.entry(month.year()).or_default().push((month.number(), total));
    }
    let mut sums: BTreeMap<i8, (f64, f64)> = BTreeMap::new();
    for months in years.values().filter(|months| months.len() == 12) {
        let mean: f64 = months.iter().map(|(_, total)| total).sum::<f64>() / 12.0;
        for (number, total) in months.iter().filter(|_| mean > 0.0) {
            let sum = sums.entry(*number).or_default();
            sum.0 += total / mean;
            sum.1 += 1.0;
        }
    }
    sums.into_iter().map(|(number, (sum, count))| (number, sum / count)).collect()
}

/// Coefficients `chance` and `common` of the scatter: `left² / mean² = chance / mean + common`, fitted by
/// weighted least squares over all parties and months. `left` is the residual; `mean` is the expected amount,
/// and also the weight.
fn scatter(fitted: &[Fitted], at: &dyn Fn(Month) -> f64) -> (f64, f64) {
    let (mut weights, mut by_x, mut by_y, mut by_xx, mut by_xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for one in fitted.iter().filter(|one| one.level > 0.0) {
        let count = one.series.months.len() as f64;
        // The level was fitted to these months, which costs one degree of freedom.
        let lost = count / (count - 1.0);
        for (month, amount) in &one.series.months {
            let mean = one.level * at(*month);
            let left = amount.ore() as f64 - mean;
            let (x, y) = (1.0 / mean, lost * left * left / (mean * mean));
            let weight = mean;
            weights += weight;
            by_x += weight * x;
            by_y += weight * y;
            by_xx += weight * x * x;
            by_xy += weight * x * y;
        }
    }
    let spread = weights * by_xx - by_x * by_x;
    if weights == 0.0 {
        return (0.0, 0.0);
    }
    let chance = if spread > 0.0 { (weights * by_xy - by_x * by_y) / spread } else { 0.0 };
    let common = (by_y - chance * by_x) / weights;
    match (chance < 0.0, common < 0.0) {
        (true, _) => (0.0, by_y / weights),
        (false, true) => (if by_xx > 0.0 { by_xy / by_xx } else { 0.0 }, 0.0),
        (false, false) => (chance, common),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pseudo-random number that is nearly normal, with mean 0 and standard deviation 1: the sum of twelve
    /// uniform numbers, less 6.
    fn draw(state: &mut u64) -> f64 {
        let mut sum = -6.0;
        for _ in 0..12 {
            *state ^= *state << 13;
            *state ^= *state >> 7;
            *state ^= *state << 17;
            sum += (*state >> 11) as f64 / (1_u64 << 53) as f64;
        }
        sum
    }

    /// The months ahead are drawn and held back. Their sum lies in the band about as often as the band
    /// promises, for small parties and for large ones.
    #[test]
    fn the_band_holds_as_often_as_it_says() {
        for (size, seed) in [(1, 5_u64), (1, 6), (30, 7), (30, 8)] {
            let mut state = seed;
            let month = |number| Month::new(2012, number).unwrap();
            let mut truth = BTreeMap::new();
            let all: Vec<Series> = (0..400)
                .map(|party| {
                    let mean = f64::from(size) * (1.0 + f64::from(party % 20)) * 1e8;
                    let mut value = || {
                        let spread = (mean * 4e6 + mean * mean * 4e-4).sqrt();
                        Amount::from_ore((mean + spread * draw(&mut state)) as i64)
                    };
                    let months = (1..=6).map(|number| (month(number), value())).collect();
                    let rest: Amount = (7..=12).map(|_| value()).sum();
                    truth.insert(party.to_string(), rest);
                    Series { party: party.to_string(), months }
                })
                .collect();
            let ahead: Vec<Month> = (7..=12).map(month).collect();
            let found = forecast(&all, &ahead);
            let inside =
                found.iter().filter(|one| one.low <= truth[&one.party] && truth[&one.party] <= one.high);
            let per_cent = inside.count() * 100 / found.len();
            assert!((73..=88).contains(&per_cent), "size {size}, seed {seed}: {per_cent} %");
        }
    }

    #[test]
    fn a_season_that_was_seen_is_followed() {
        let months = |year: i16, to: i8| -> BTreeMap<Month, Amount> {
            let value = |number| if number == 7 { 50_000 } else { 100_000 };
            (1..=to)
                .map(|number| (Month::new(year, number).unwrap(), Amount::from_ore(value(number))))
                .collect()
        };
        let mut seen = months(2011, 12);
        seen.extend(months(2012, 6));
        let found = forecast(&[Series { party: "a".into(), months: seen }], &[Month::new(2012, 7).unwrap()]);
        assert!((found[0].expected.ore() - 50_000).abs() <= 1, "{found:?}");
        assert!(forecast(&[], &[]).is_empty());
    }
}
