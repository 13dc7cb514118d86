//! What one municipality pays in the years ahead as its population ages, under a law and in a scenario.

use domain::Amount;
use settlement::SettleError;
use settlement::cells::Place;
use settlement::price::Sums;

use crate::behaviour::Measures;
use crate::consequence::{Band, Consequences, Ground, Situation, bands, in_band, phased, priced};
use crate::scenario::{part, share_of};

/// Co-financing and payment for discharge-ready patients, in this order.
pub type Paid = [Amount; 2];

fn paid(sums: &Sums) -> Paid {
    [sums.kmf, sums.usk]
}

/// Cost of an inhabitant of each age band in the municipalities whose inhabitants are known, which is the country: first
/// age, first age that is too high, and thousandths of an øre of each instrument in [`Paid`].
struct Rates(Vec<(u16, u16, [i64; 2])>);

impl Rates {
    fn of(ground: &Ground, situation: &Situation) -> Result<Rates, SettleError> {
        let measures = Measures::of(&situation.scenario.measures);
        let mut out = Vec::new();
        // A file of inhabitants may have some of the municipalities: the rates are those of the ones that it has.
        let of_home = |home: &Place| ground.people.get(&home.debtor).map(Vec::as_slice);
        for (from, to) in bands() {
            let sums = priced(ground.cells, situation.law, &Band { from, to, of: &measures })?.sums;
            let mut cost = [Amount::ZERO; 2];
            for (home, sums) in ground.cells.homes.iter().zip(&sums.homes) {
                if in_band(of_home(home), from, to) > 0 {
                    cost = [0, 1].map(|at| cost[at] + paid(sums)[at]);
                }
            }
            // A municipality without contacts has no cost, but is of the country.
            let people = ground.people.values().map(|ages| in_band(Some(ages), from, to)).sum();
            out.push((from, to, cost.map(|amount| part(amount, 1000, people).ore())));
        }
        Ok(Rates(out))
    }

    /// A year's payments as they become with other inhabitants: each is multiplied by what the country's costs by age give the
    /// inhabitants then, and divided by what they give the inhabitants now. A payment without costs by age stays unchanged.
    fn aged(&self, paid: Paid, now: &[i64], then: &[i64]) -> Paid {
        let expected = |ages: &[i64], at: usize| -> i64 {
            let of = |(from, to, rates): &(u16, u16, [i64; 2])| {
                i128::from(in_band(Some(ages), *from, *to)) * i128::from(rates[at])
            };
            // In øre: thousandths would be too many for a country.
            i64::try_from(self.0.iter().map(of).sum::<i128>() / 1000).unwrap_or(i64::MAX)
        };
        [0, 1].map(|at| match expected(now, at) {
            0 => paid[at],
            now => part(paid[at], expected(then, at), now),
        })
    }
}

/// A year ahead of one municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearAhead {
    /// Payments in the situation that the scenario is compared with.
    pub before: Paid,
    /// Change of the payments in the scenario, as far as it is phased in.
    pub change: Paid,
    /// Change of what is above the cap per inhabitant and is not paid.
    pub capped: Amount,
    /// Change of grants.
    pub granted: Amount,
}

impl YearAhead {
    /// What the municipality loses by the scenario; below zero what it gains.
    pub fn net(&self) -> Amount {
        self.change.into_iter().sum::<Amount>() - self.capped - self.granted
    }
}

/// The first year and the years of `later` for one municipality: `place` is its place among the cells' municipalities, and
/// `later` has its inhabitants in each year after the first. `found` compares `now` with `against`. Prices, practice and
/// grants stay as in the first year; the inhabitants change.
///
/// # Errors
/// Fails if the cells lack what a law or a behaviour needs, or if a value of a law is missing.
pub fn years(
    ground: &Ground,
    (against, now): (&Situation, &Situation),
    found: &Consequences,
    place: usize,
    later: &[Vec<i64>],
) -> Result<Vec<YearAhead>, SettleError> {
    let one = &found.municipalities[place];
    let rates = [Rates::of(ground, against)?, Rates::of(ground, now)?];
    let first = ground.people.get(&one.place.debtor).cloned().unwrap_or_default();
    let cap = |situation: &Situation, paid: Paid, ages: &[i64]| {
        let people: i64 = ages.iter().sum();
        let cap =
            situation.scenario.cap.filter(|_| people > 0).and_then(|cap| Amount::from_kroner(cap * people));
        let sum: Amount = paid.into_iter().sum();
        cap.map_or(Amount::ZERO, |cap| std::cmp::max(sum - cap, Amount::ZERO))
    };
    let year = |(after, ages): (usize, &Vec<i64>)| {
        let before = rates[0].aged(paid(&one.against), &first, ages);
        let then = rates[1].aged(paid(&one.scenario), &first, ages);
        let phased = phased(now.scenario, after);
        let capped = cap(now, then, ages) - cap(against, before, ages);
        YearAhead {
            before,
            change: [0, 1].map(|at| share_of(then[at] - before[at], phased)),
            capped: share_of(capped, phased),
            granted: share_of(one.grant(), phased),
        }
    };
    Ok(std::iter::once(&first).chain(later).enumerate().map(year).collect())
}
