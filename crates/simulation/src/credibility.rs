//! What one year tells about each municipality's level: how many have a cost and what each costs, compared with what its
//! inhabitants' ages and sexes tell.
//!
//! Each municipality has two ratios. *Number*: persons with a cost to persons expected, where each person weighs what
//! persons of the same kind cost. *Cost*: what they cost to what persons of their kinds cost. Their product is the cost to
//! the expected cost. How much each ratio differs between municipalities beyond chance is estimated from all of them
//! (Paule and Mandel 1982); a municipality's own ratio is then drawn toward 1, the more so the more chance there is in
//! it (Bühlmann and Straub 1970). What is not known of the ratios is in the distribution of next year.

use crate::risk::{Exposure, Kind, Severity};

/// A ratio between observed and expected, with the variance that chance alone gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ratio {
    value: f64,
    chance: f64,
}

impl Ratio {
    /// A ratio where there is nothing to compare.
    const NONE: Ratio = Ratio { value: 1.0, chance: f64::INFINITY };

    fn of(observed: f64, expected: f64, variance: f64) -> Ratio {
        match expected > 0.0 {
            true => Ratio { value: observed / expected, chance: variance / (expected * expected) },
            false => Ratio::NONE,
        }
    }
}

/// Observed persons and costs of a municipality in a year.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Inhabitants of each kind.
    pub people: Vec<f64>,
    /// Number of persons with a cost.
    pub persons: f64,
    /// Sum of their costs.
    pub cost: f64,
    /// Number of persons expected from the inhabitants of each kind and the country's shares.
    pub expected: f64,
    /// Cost expected from the inhabitants of each kind and the country's costs.
    pub expected_cost: f64,
    number: Ratio,
    each: Ratio,
}

/// Assumptions for a municipality's next year.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// Those whose costs are added up, in the country's costs.
    pub exposure: Exposure,
    /// What a person costs, as a factor on what persons of the same kind cost in the country.
    pub factor: f64,
}

/// A person with a cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Person {
    /// Place of the municipality.
    pub home: usize,
    /// Place of the kind.
    pub kind: usize,
    pub cost: f64,
}

/// One year of all municipalities.
#[derive(Debug, Clone, PartialEq)]
pub struct Country {
    pub kinds: Vec<Kind>,
    /// Municipalities, in the order of their inhabitants.
    pub seen: Vec<Seen>,
    /// Variance between municipalities, beyond chance, of the ratio of numbers.
    pub of_numbers: f64,
    /// Variance between municipalities, beyond chance, of the ratio of what a person costs.
    pub of_costs: f64,
}

impl Country {
    /// A year of the inhabitants of each kind in each municipality, and the persons with a cost. A kind that nobody with
    /// a cost is of costs nothing.
    pub fn of(people: Vec<Vec<f64>>, persons: &[Person]) -> Country {
        let kinds = kinds(&people, persons);
        let mut counted: Vec<(Vec<f64>, f64)> = people.iter().map(|of| (vec![0.0; of.len()], 0.0)).collect();
        for person in persons {
            let (by_kind, cost) = &mut counted[person.home];
            by_kind[person.kind] += 1.0;
            *cost += person.cost;
        }
        let one =
            |(people, (by_kind, cost)): (Vec<f64>, (Vec<f64>, f64))| seen(&kinds, people, &by_kind, cost);
        let seen: Vec<Seen> = people.into_iter().zip(counted).map(one).collect();
        let of_numbers = beyond_chance(seen.iter().map(|one| one.number));
        let of_costs = beyond_chance(seen.iter().map(|one| one.each));
        Country { kinds, seen, of_numbers, of_costs }
    }

    /// Assumptions for the next year of each municipality. The expected costs add up to the cost of the country.
    pub fn fitted(&self) -> Vec<Fitted> {
        let mut out: Vec<Fitted> = self.seen.iter().map(|one| self.fit(one)).collect();
        let expected: f64 = out.iter().map(|one| self.mean(&one.exposure) * one.factor).sum();
        let cost: f64 = self.seen.iter().map(|one| one.cost).sum();
        if expected > 0.0 {
            out.iter_mut().for_each(|one| one.factor *= cost / expected);
        }
        out
    }

    fn fit(&self, seen: &Seen) -> Fitted {
        let (number, doubt_of_number) = drawn(seen.number, self.of_numbers);
        let (factor, doubt_of_cost) = drawn(seen.each, self.of_costs);
        let doubt = (1.0 + doubt_of_number) * (1.0 + doubt_of_cost) - 1.0;
        let exposure = Exposure { shape: 1.0 / doubt, ..Exposure::known(seen.people.clone()).times(number) };
        Fitted { exposure, factor }
    }

    /// Mean cost of those in an exposure.
    fn mean(&self, exposure: &Exposure) -> f64 {
        self.kinds.iter().zip(&exposure.people).map(|(kind, people)| kind.mean(*people)).sum()
    }

    /// Assumptions for several municipalities that bear their costs together: inhabitants add up, and what is not known of
    /// each level evens out.
    pub fn pooled(&self, parts: &[&Fitted]) -> Fitted {
        let mut people = vec![0.0; self.kinds.len()];
        let (mut mean, mut cost, mut variance) = (0.0, 0.0, 0.0);
        for part in parts {
            people.iter_mut().zip(&part.exposure.people).for_each(|(sum, more)| *sum += more);
            let of_part = self.mean(&part.exposure);
            mean += of_part;
            cost += of_part * part.factor;
            variance += (of_part * part.factor).powi(2) / part.exposure.shape;
        }
        let shape = if variance > 0.0 { cost * cost / variance } else { f64::INFINITY };
        Fitted { exposure: Exposure { people, shape }, factor: if mean > 0.0 { cost / mean } else { 1.0 } }
    }
}

/// The kinds of persons: the share that have a cost, and what it is.
fn kinds(people: &[Vec<f64>], persons: &[Person]) -> Vec<Kind> {
    let count = people.first().map_or(0, Vec::len);
    let mut costs: Vec<Vec<f64>> = vec![Vec::new(); count];
    persons.iter().for_each(|person| costs[person.kind].push(person.cost));
    let kind = |(place, costs): (usize, Vec<f64>)| {
        let inhabitants: f64 = people.iter().map(|of| of[place]).sum();
        let share = costs.len() as f64 / inhabitants.max(1e-9);
        let nothing = || Kind { share: Some(0.0), severity: Severity::nothing() };
        // More persons than inhabitants: those who moved away, or inhabitants of another day. Each then has a cost.
        let share = share.min(1.0);
        Severity::observed(&costs)
            .map_or_else(|_| nothing(), |severity| Kind { share: Some(share), severity })
    };
    costs.into_iter().enumerate().map(kind).collect()
}

fn seen(kinds: &[Kind], people: Vec<f64>, by_kind: &[f64], cost: f64) -> Seen {
    let of = |value: &dyn Fn(&Kind, f64) -> f64, counts: &[f64]| -> f64 {
        kinds.iter().zip(counts).map(|(kind, count)| value(kind, *count)).sum()
    };
    let expected_cost = of(&Kind::mean, &people);
    // What the persons would cost if each cost what its kind costs.
    let as_kinds = of(&|kind, persons| persons * kind.severity.moment(1), by_kind);
    let of_number = of(&Kind::variance_of_number, &people);
    let of_each = of(&|kind, persons| persons * kind.severity.variance(), by_kind);
    Seen {
        persons: by_kind.iter().sum(),
        cost,
        expected: of(&Kind::persons, &people),
        expected_cost,
        number: Ratio::of(as_kinds, expected_cost, of_number),
        each: Ratio::of(cost, as_kinds, of_each),
        people,
    }
}

/// Variance between ratios beyond what chance gives each, by Paule and Mandel: the variance with which the squared
/// deviations from 1, each divided by its variance, add up to their number less one. Zero if chance alone is enough.
fn beyond_chance(ratios: impl Iterator<Item = Ratio>) -> f64 {
    let ratios: Vec<Ratio> = ratios.filter(|one| one.chance.is_finite() && one.chance > 0.0).collect();
    let freedom = ratios.len() as f64 - 1.0;
    let deviations = |between: f64| -> f64 {
        ratios.iter().map(|one| (one.value - 1.0).powi(2) / (one.chance + between)).sum()
    };
    if freedom <= 0.0 || deviations(0.0) <= freedom {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while deviations(high) > freedom {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if deviations(middle) > freedom { low = middle } else { high = middle }
    }
    high
}

/// A ratio drawn toward 1, and the relative variance of what is left unknown of it.
fn drawn(own: Ratio, between: f64) -> (f64, f64) {
    let trust = between / (between + own.chance);
    // Chance is infinite where there is nothing of one's own; nothing differs where `between` is zero.
    let trust = if trust.is_finite() { trust } else { 0.0 };
    let ratio = 1.0 + trust * (own.value - 1.0);
    (ratio, between * (1.0 - trust) / (ratio * ratio).max(1e-12))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_distr::{Binomial, Distribution, Exp, Gamma};
    use rand_pcg::Pcg64Mcg;

    use super::*;
    use crate::risk::Press;

    /// Share of the inhabitants with a cost, and the mean cost of one: young and old.
    const KINDS: [(f64, f64); 2] = [(0.1, 2_000.0), (0.5, 10_000.0)];

    /// Municipalities of 500 to 20 000 inhabitants. A fifth to a half of them are old.
    fn inhabitants() -> Vec<Vec<f64>> {
        let one = |place: u32| {
            let people = f64::from(500 * (1 + (place * 7) % 40));
            let old = (people * (0.2 + 0.3 * f64::from(place % 11) / 10.0)).round();
            vec![people - old, old]
        };
        (0..400).map(one).collect()
    }

    /// A gamma distributed level with mean 1; exactly 1 if nothing differs.
    fn level(random: &mut Pcg64Mcg, spread: f64) -> f64 {
        if spread == 0.0 { 1.0 } else { Gamma::new(spread.powi(-2), spread * spread).unwrap().sample(random) }
    }

    /// Levels of number and cost of each municipality, which differ by so much.
    fn levels(random: &mut Pcg64Mcg, spreads: [f64; 2]) -> Vec<[f64; 2]> {
        (0..400).map(|_| spreads.map(|spread| level(random, spread))).collect()
    }

    /// Persons with a cost in a year.
    fn drawn_year(random: &mut Pcg64Mcg, people: &[Vec<f64>], levels: &[[f64; 2]]) -> Vec<Person> {
        let mut out = Vec::new();
        for (home, (people, [number, cost])) in people.iter().zip(levels).enumerate() {
            for (kind, (share, mean)) in KINDS.into_iter().enumerate() {
                let share = (share * number).min(1.0);
                let persons = Binomial::new(people[kind] as u64, share).unwrap().sample(random);
                let severity = Exp::new(1.0 / (mean * cost)).unwrap();
                out.extend((0..persons).map(|_| Person { home, kind, cost: severity.sample(random) }));
            }
        }
        out
    }

    /// How many municipalities pass the limits of one in ten, ten in one below, and one in a hundred in the next year.
    fn passed(spreads: [f64; 2], seed: u64) -> (Country, [f64; 3]) {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let (people, levels) = (inhabitants(), levels(&mut random, spreads));
        let country = Country::of(people.clone(), &drawn_year(&mut random, &people, &levels));
        let mut next = vec![0.0; people.len()];
        drawn_year(&mut random, &people, &levels).iter().for_each(|one| next[one.home] += one.cost);
        let mut press = Press::quick(&country.kinds);
        let mut out = [0.0; 3];
        for (fitted, cost) in country.fitted().iter().zip(next) {
            let all = press.distribution(&fitted.exposure).scaled(fitted.factor);
            let passes = [cost > all.quantile(0.9), cost < all.quantile(0.1), cost > all.quantile(0.99)];
            out.iter_mut().zip(passes).for_each(|(sum, passes)| *sum += f64::from(u8::from(passes)));
        }
        (country, out)
    }

    /// Limits hold whether municipalities differ or not, and what they differ by is found.
    #[test]
    fn limits_hold_where_municipalities_differ() {
        for (spreads, seed) in [([0.0, 0.0], 1), ([0.1, 0.0], 2), ([0.0, 0.1], 3), ([0.08, 0.06], 4)] {
            let (country, passed) = passed(spreads, seed);
            // 400 municipalities: three standard deviations about 40 and 4.
            assert!((22.0..=58.0).contains(&passed[0]) && (22.0..=58.0).contains(&passed[1]), "{passed:?}");
            assert!(passed[2] <= 10.0, "{passed:?}");
            for (found, true_spread) in [country.of_numbers, country.of_costs].iter().zip(spreads) {
                assert!((found.sqrt() - true_spread).abs() < 0.015, "{found} for {true_spread}");
            }
            let fitted = country.fitted();
            let expected: f64 = fitted.iter().map(|one| country.mean(&one.exposure) * one.factor).sum();
            let cost: f64 = country.seen.iter().map(|one| one.cost).sum();
            assert!((expected / cost - 1.0).abs() < 1e-9, "{expected} {cost}");
        }
    }

    /// Costs that follow ages are expected to: a municipality of old people is not drawn toward the country's mean.
    #[test]
    fn ages_are_in_what_is_expected() {
        let people = vec![vec![900.0, 100.0], vec![500.0, 500.0], vec![0.0, 0.0]];
        let mut persons = Vec::new();
        for (home, counts) in [[90, 50], [50, 250]].into_iter().enumerate() {
            for (kind, count) in counts.into_iter().enumerate() {
                persons.extend((0..count).map(|place| Person {
                    home,
                    kind,
                    cost: [1.0, 5.0][kind] * f64::from(1 + place % 2),
                }));
            }
        }
        let country = Country::of(people, &persons);
        let [young, old, nobody] = &country.seen[..] else { unreachable!() };
        assert!((young.expected - 140.0).abs() < 1e-9 && (old.expected - 300.0).abs() < 1e-9);
        assert!((young.expected_cost - young.cost).abs() < 1e-9 && (old.expected_cost - 1950.0).abs() < 1e-9);
        assert!(nobody.expected_cost == 0.0 && country.of_numbers == 0.0 && country.of_costs == 0.0);
        // Nobody costs nothing, and a pool is the sum of its members.
        let fitted = country.fitted();
        let all = country.pooled(&[&fitted[0], &fitted[1], &fitted[2]]);
        let sum = young.cost + old.cost;
        let mean = Press::new(&country.kinds).distribution(&all.exposure).scaled(all.factor).mean();
        assert!((mean / sum - 1.0).abs() < 1e-6 && all.exposure.people == [1400.0, 600.0]);
        assert_eq!(Press::new(&country.kinds).distribution(&fitted[2].exposure).mean(), 0.0);
    }

    /// A pool is less uncertain than its members, by as much as they are many.
    #[test]
    fn what_is_not_known_evens_out_in_a_pool() {
        let people = inhabitants();
        let mut random = Pcg64Mcg::seed_from_u64(5);
        let levels = levels(&mut random, [0.1, 0.1]);
        let country = Country::of(people.clone(), &drawn_year(&mut random, &people, &levels));
        let fitted = country.fitted();
        let ten: Vec<&Fitted> = std::iter::repeat_n(&fitted[3], 10).collect();
        let pool = country.pooled(&ten);
        assert!((pool.exposure.shape / fitted[3].exposure.shape - 10.0).abs() < 1e-6);
        assert!((pool.factor - fitted[3].factor).abs() < 1e-9);
    }
}
