//! The risk picture: the distribution of a municipality's yearly cost under fixed rules, computed without
//! random draws.
//!
//! Each inhabitant has a cost in the year with some chance. The cost of one who has, all contacts of the person included,
//! has a distribution of its own (severity). Both are those of persons of the same age and sex ([`Kind`]). The yearly
//! cost is the sum over all inhabitants, and its probabilities come from the Fourier transforms of the severities. If
//! the level of a municipality is uncertain, as when it is estimated from one year, the number of inhabitants is
//! multiplied with a gamma distributed factor. [`crate::credibility`] estimates levels.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;
use words::{Message, Said, message};

/// Least and greatest size of a grid, as powers of two.
const GRID: (u32, u32) = (10, 20);
/// Reach of the grid, in standard deviations on each side of the mean.
const REACH: f64 = 14.0;
/// Least mean number of persons for which each cost of the severity may be shared between three points of the grid
/// instead of two. Two points keep only the mean of the severity; three points keep its variance too.
const MANY: f64 = 50.0;

/// Distribution of one person's cost in a year: costs and their probabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct Severity {
    points: Vec<(f64, f64)>,
    /// Mean of the cost, and of its square.
    moments: [f64; 2],
    top: f64,
}

/// Costs and probabilities that are not a distribution.
#[derive(Debug, Clone, PartialEq)]
pub enum BadSeverity {
    /// There is no cost.
    Empty,
    /// A cost or a probability is below zero, infinite or not a number.
    Row {
        /// Row from 1.
        row: usize,
        cost: f64,
        probability: f64,
    },
    /// The probabilities do not add up to 1.
    Sum(f64),
}

words::english_error!(BadSeverity);

impl Said for BadSeverity {
    fn said(&self) -> Message {
        match self {
            BadSeverity::Empty => message!("error.severity.empty"),
            BadSeverity::Row { row, cost, probability } => {
                message!("error.severity.row", row, cost, probability)
            }
            BadSeverity::Sum(value) => message!("error.severity.sum", value),
        }
    }
}

impl Severity {
    /// A severity from costs and probabilities. The probabilities must add up to 1 within a millionth, and
    /// are scaled to do so exactly.
    ///
    /// # Errors
    /// Fails if there is no row, if a row has a value that is below zero, infinite or not a number, or if the
    /// probabilities do not add up to 1.
    pub fn of(points: Vec<(f64, f64)>) -> Result<Severity, BadSeverity> {
        if points.is_empty() {
            return Err(BadSeverity::Empty);
        }
        for (place, (cost, probability)) in points.iter().enumerate() {
            if !(cost.is_finite() && probability.is_finite() && *cost >= 0.0 && *probability >= 0.0) {
                return Err(BadSeverity::Row { row: place + 1, cost: *cost, probability: *probability });
            }
        }
        let sum: f64 = points.iter().map(|(_, probability)| probability).sum();
        if (sum - 1.0).abs() > 1e-6 {
            return Err(BadSeverity::Sum(sum));
        }
        let points: Vec<(f64, f64)> = points.into_iter().map(|(cost, p)| (cost, p / sum)).collect();
        let moment = |power: i32| points.iter().map(|(cost, p)| cost.powi(power) * p).sum();
        let top = points.iter().map(|(cost, _)| *cost).fold(0.0, f64::max);
        Ok(Severity { moments: [moment(1), moment(2)], points, top })
    }

    /// The severity of observed costs, each with the same probability.
    ///
    /// # Errors
    /// Fails if there is no cost, or if a cost is below zero, infinite or not a number.
    pub fn observed(costs: &[f64]) -> Result<Severity, BadSeverity> {
        let each = 1.0 / costs.len().max(1) as f64;
        let mut sorted = costs.to_vec();
        sorted.sort_by(f64::total_cmp);
        let same = sorted.chunk_by(|one, other| one == other);
        Severity::of(same.map(|run| (run[0], each * run.len() as f64)).collect())
    }

    /// No cost at all.
    pub fn nothing() -> Severity {
        Severity { points: vec![(0.0, 1.0)], moments: [0.0; 2], top: 0.0 }
    }

    /// Variance of the cost.
    pub fn variance(&self) -> f64 {
        (self.moments[1] - self.moments[0] * self.moments[0]).max(0.0)
    }

    /// Mean of the cost (`power` 1) or of its square (`power` 2).
    pub fn moment(&self, power: usize) -> f64 {
        self.moments[power.clamp(1, 2) - 1]
    }

    /// The least cost such that at least the share `level` of persons cost no more.
    pub fn quantile(&self, level: f64) -> f64 {
        let mut sorted = self.points.clone();
        sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut sum = 0.0;
        for (cost, p) in &sorted {
            sum += p;
            if sum >= level - 1e-12 {
                return *cost;
            }
        }
        sorted.last().map_or(0.0, |(cost, _)| *cost)
    }

    /// The severity on a circular grid. The probability of each cost is shared between the two nearest points, which
    /// keeps the mean. If `many`, it is shared between three points, which keeps the variance too, but may make a
    /// probability slightly negative; only a sum of many persons evens that out.
    fn on_grid(&self, step: f64, size: usize, many: bool) -> Vec<f64> {
        let mut out = vec![0.0; size];
        for (cost, p) in &self.points {
            let at = cost / step;
            let middle = if many { at.round() } else { at.floor() };
            let (place, off) = (middle as usize, at - middle);
            let square = if many { off * off } else { off };
            out[(place + size - 1) % size] += p * (square - off) / 2.0;
            out[place % size] += p * (1.0 - square);
            out[(place + 1) % size] += p * (square + off) / 2.0;
        }
        out
    }
}

/// Persons of one kind, such as those of one age and sex, and what they cost in a year.
#[derive(Debug, Clone, PartialEq)]
pub struct Kind {
    /// Share of the inhabitants of the kind who have a cost in a year, 0 to 1. `None` if the persons with a
    /// cost are counted, and not the inhabitants: their number is then Poisson.
    pub share: Option<f64>,
    /// Cost of a person who has one.
    pub severity: Severity,
}

impl Kind {
    /// Mean number of persons with a cost among `people`.
    pub fn persons(&self, people: f64) -> f64 {
        people * self.share.unwrap_or(1.0)
    }

    /// Mean of what `people` cost together.
    pub fn mean(&self, people: f64) -> f64 {
        self.persons(people) * self.severity.moment(1)
    }

    /// Variance of what `people` cost together.
    pub fn variance(&self, people: f64) -> f64 {
        let first = self.severity.moment(1);
        self.persons(people) * (self.severity.moment(2) - self.share.unwrap_or(0.0) * first * first)
    }

    /// Variance of what `people` cost together if each person with a cost cost the mean.
    pub fn variance_of_number(&self, people: f64) -> f64 {
        let first = self.severity.moment(1);
        self.persons(people) * (1.0 - self.share.unwrap_or(0.0)) * first * first
    }

    /// Logarithm of the transform of what one inhabitant costs, from the transform of what a person with a cost costs.
    fn logarithm(&self, phi: Complex<f64>) -> Complex<f64> {
        let less = phi - 1.0;
        match self.share {
            None => less,
            Some(share) => (less * share + 1.0).ln(),
        }
    }
}

/// Those whose costs are added up.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposure {
    /// Inhabitants of each kind; persons with a cost where [`Kind::share`] is `None`. They need not be whole: a
    /// municipality that costs a tenth more than its ages tell counts a tenth more inhabitants.
    pub people: Vec<f64>,
    /// Shape of the gamma distribution, with mean 1, that `people` are multiplied with; infinite if they are known.
    pub shape: f64,
}

impl Exposure {
    /// Exposure of a known size.
    pub fn known(people: Vec<f64>) -> Exposure {
        Exposure { people, shape: f64::INFINITY }
    }

    /// The same with the people multiplied by a factor.
    #[must_use]
    pub fn times(&self, factor: f64) -> Exposure {
        Exposure { people: self.people.iter().map(|people| people * factor).collect(), ..*self }
    }
}

/// A distribution on a grid of costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// Cost between two points of the grid.
    pub step: f64,
    /// Number of steps from zero to the first probability.
    pub first: usize,
    /// Probability of each point of the grid, from the first on.
    pub probabilities: Vec<f64>,
}

impl Distribution {
    /// Cost at a place in `probabilities`.
    pub fn cost(&self, place: usize) -> f64 {
        (self.first + place) as f64 * self.step
    }

    /// Mean cost.
    pub fn mean(&self) -> f64 {
        self.probabilities.iter().enumerate().map(|(place, p)| self.cost(place) * p).sum()
    }

    /// Standard deviation of the cost.
    pub fn spread(&self) -> f64 {
        let mean = self.mean();
        let square = |(place, p): (usize, &f64)| (self.cost(place) - mean).powi(2) * p;
        self.probabilities.iter().enumerate().map(square).sum::<f64>().sqrt()
    }

    /// The least cost that a year stays at or below with a probability of at least `level` (value at risk): 0,9 gives
    /// the 1-in-10 year, 0,99 the 1-in-100 year.
    pub fn quantile(&self, level: f64) -> f64 {
        let mut sum = 0.0;
        for (place, p) in self.probabilities.iter().enumerate() {
            sum += p;
            if sum >= level - 1e-12 {
                return self.cost(place);
            }
        }
        self.cost(self.probabilities.len().saturating_sub(1))
    }

    /// Mean cost of the worst years, those beyond the probability `level` (tail value at risk).
    pub fn tail(&self, level: f64) -> f64 {
        let (mut sum, mut cost, rest) = (0.0, 0.0, (1.0 - level).max(1e-12));
        for (place, p) in self.probabilities.iter().enumerate().rev() {
            let take = p.min(rest - sum);
            sum += take;
            cost += take * self.cost(place);
            if sum >= rest {
                break;
            }
        }
        cost / sum.max(1e-300)
    }

    /// Probability of a cost below `low` or above `high`.
    pub fn outside(&self, low: f64, high: f64) -> f64 {
        let is_outside = |(place, _): &(usize, &f64)| !(low..=high).contains(&self.cost(*place));
        self.probabilities.iter().enumerate().filter(is_outside).map(|(_, p)| p).sum()
    }

    /// Mean of the cost above a cap: what a guarantee of the cap costs the guarantor on average.
    pub fn above(&self, cap: f64) -> f64 {
        let over = |(place, p): (usize, &f64)| (self.cost(place) - cap).max(0.0) * p;
        self.probabilities.iter().enumerate().map(over).sum()
    }

    /// Mean of the amount by which the cost falls short of a floor.
    pub fn below(&self, floor: f64) -> f64 {
        let under = |(place, p): (usize, &f64)| (floor - self.cost(place)).max(0.0) * p;
        self.probabilities.iter().enumerate().map(under).sum()
    }

    /// The same distribution with every cost multiplied by a factor, as for another unit.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Distribution {
        Distribution { step: self.step * factor, ..self.clone() }
    }
}

/// The logarithm of a transform, of each kind of persons, for the first half of the grid; the other half mirrors it.
type Logarithms = Vec<Vec<Complex<f64>>>;

/// Computes distributions of the sum of many persons' costs, all of the same kinds. The transforms on each grid are kept.
pub struct Press<'s> {
    kinds: &'s [Kind],
    /// Wanted number of grid steps in a person's mean cost, and in the standard deviation of the sum. `grid`
    /// may give fewer.
    fine: (f64, f64),
    is_fine: bool,
    planner: FftPlanner<f64>,
    /// Transforms by step, size, and whether persons are many.
    made: Vec<((f64, usize, bool), Logarithms)>,
}

impl<'s> Press<'s> {
    /// Uses a fine grid, for a single case that is to be checked.
    pub fn new(kinds: &'s [Kind]) -> Press<'s> {
        Press { kinds, fine: (64.0, 1024.0), is_fine: true, planner: FftPlanner::new(), made: Vec::new() }
    }

    /// Uses a grid that is fine enough for a table: a hundred steps in the standard deviation.
    pub fn quick(kinds: &'s [Kind]) -> Press<'s> {
        Press { fine: (4.0, 100.0), is_fine: false, ..Press::new(kinds) }
    }

    /// Sum over the kinds.
    fn sum(&self, exposure: &Exposure, of: impl Fn(&Kind, f64) -> f64) -> f64 {
        self.kinds.iter().zip(&exposure.people).map(|(kind, people)| of(kind, *people)).sum()
    }

    /// Distribution of the sum of the costs of these people.
    ///
    /// The grid reaches fourteen standard deviations to each side of the mean. The mean is exact whatever the step. The
    /// standard deviation is exact if each cost is shared between three points, and within a thousandth if between two.
    pub fn distribution(&mut self, exposure: &Exposure) -> Distribution {
        let persons = self.sum(exposure, Kind::persons);
        let mean = self.sum(exposure, Kind::mean);
        let variance = self.sum(exposure, Kind::variance) + mean * mean / exposure.shape;
        let spread = variance.max(0.0).sqrt();
        let top = self.kinds.iter().map(|kind| kind.severity.top).fold(0.0, f64::max);
        if mean <= 0.0 || top <= 0.0 {
            return Distribution { step: 1.0, first: 0, probabilities: vec![1.0] };
        }
        let each = mean / persons;
        // The grid is a circle and leaves out what lies far below the mean.
        let low = (mean - REACH * spread).max(0.0);
        let (step, size) = self.grid(mean + REACH * spread + top - low, spread, each);
        // The third point is needed only if the step is coarse compared with a person's cost.
        let many = persons >= MANY && step * 16.0 > each;
        let logarithms = self.logarithms(step, size, many);
        let mut sums = vec![Complex::new(0.0, 0.0); size / 2 + 1];
        for (of_kind, people) in logarithms.iter().zip(&exposure.people).filter(|(_, people)| **people > 0.0)
        {
            sums.iter_mut().zip(of_kind).for_each(|(sum, one)| *sum += one * people);
        }
        for sum in &mut sums {
            *sum = match exposure.shape.is_finite() {
                false => sum.exp(),
                true => ((1.0 - *sum / exposure.shape).ln() * -exposure.shape).exp(),
            };
        }
        for place in size / 2 + 1..size {
            sums.push(sums[size - place].conj());
        }
        self.planner.plan_fft_inverse(size).process(&mut sums);
        let scale = 1.0 / size as f64;
        let start = (low / step) as usize;
        let mut probabilities: Vec<f64> =
            (start..start + size).map(|place| (sums[place % size].re * scale).max(0.0)).collect();
        let whole: f64 = probabilities.iter().sum();
        probabilities.iter_mut().for_each(|p| *p /= whole);
        while probabilities.last().is_some_and(|p| *p < 1e-15) {
            probabilities.pop();
        }
        Distribution { step, first: start, probabilities }
    }

    /// Step and size of the grid, where a person with a cost costs `each`. Steps are powers of two, so that
    /// municipalities share transforms.
    fn grid(&self, reach: f64, spread: f64, each: f64) -> (f64, usize) {
        let (person, whole) = self.fine;
        // In a table, the grid need not resolve the cost of one person among many.
        let single = each / person;
        let single = if self.is_fine { single } else { single.max(spread / (4.0 * whole)) };
        let wanted = (spread / whole).min(single);
        let mut step = 2.0_f64.powi(wanted.max(f64::MIN_POSITIVE).log2().floor() as i32);
        while reach / step > 2.0_f64.powi(GRID.1 as i32) {
            step *= 2.0;
        }
        let size = (reach / step).log2().ceil().max(f64::from(GRID.0)) as u32;
        (step, 1 << size.min(GRID.1))
    }

    fn logarithms(&mut self, step: f64, size: usize, many: bool) -> &Logarithms {
        let key = (step, size, many);
        let place = self.made.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            let transform = self.planner.plan_fft_forward(size);
            let of_kind = |kind: &Kind| {
                let mut grid: Vec<Complex<f64>> = kind
                    .severity
                    .on_grid(step, size, many)
                    .into_iter()
                    .map(|p| Complex::new(p, 0.0))
                    .collect();
                transform.process(&mut grid);
                grid.truncate(size / 2 + 1);
                grid.into_iter().map(|phi| kind.logarithm(phi)).collect()
            };
            self.made.push((key, self.kinds.iter().map(of_kind).collect()));
            self.made.len() - 1
        });
        &self.made[place].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: f64, other: f64, within: f64) -> bool {
        (one - other).abs() <= within * other.abs().max(1e-9)
    }

    /// Distribution of a Poisson number of persons, or of an uncertain number with this shape.
    fn poisson(severity: &Severity, persons: f64, shape: f64) -> Distribution {
        let kinds = [Kind { share: None, severity: severity.clone() }];
        Press::new(&kinds).distribution(&Exposure { people: vec![persons], shape })
    }

    #[test]
    fn one_cost_is_poisson() {
        let severity = Severity::of(vec![(100.0, 1.0)]).unwrap();
        let sum = poisson(&severity, 3.0, f64::INFINITY);
        // Poisson(3): P(0) = 0,0498, P(N ≤ 6) = 0,9665, P(N ≤ 5) = 0,9161.
        let at = |cost: f64| -> f64 {
            let place = (cost / sum.step).round() as usize;
            sum.probabilities[place.saturating_sub(4)..=place + 4].iter().sum()
        };
        assert!((at(400.0) - 0.168_031).abs() < 1e-6, "{}", at(400.0));
        assert!((sum.probabilities[0] - 0.049_787).abs() < 1e-6);
        assert!(near(sum.quantile(0.9), 500.0, 0.01) && near(sum.quantile(0.95), 600.0, 0.01));
        assert!(near(sum.mean(), 300.0, 1e-9) && near(sum.spread(), 30_000.0_f64.sqrt(), 1e-3));
    }

    #[test]
    fn a_recursion_gives_the_same() {
        // Panjer's recursion for compound Poisson on whole costs: another way to the same numbers.
        let severity = Severity::of(vec![(1.0, 0.5), (2.0, 0.3), (5.0, 0.2)]).unwrap();
        let lambda = 7.5;
        let masses = [0.0, 0.5, 0.3, 0.0, 0.0, 0.2];
        let mut exact = vec![f64::exp(-lambda)];
        for s in 1..=80_usize {
            let sum: f64 = (1..=s.min(5)).map(|y| y as f64 * masses[y] * exact[s - y]).sum();
            exact.push(lambda / s as f64 * sum);
        }
        let sum = poisson(&severity, lambda, f64::INFINITY);
        let per = (1.0 / sum.step).round() as usize;
        assert!(near(sum.step * per as f64, 1.0, 1e-12), "whole costs lie on the grid");
        for (cost, p) in exact.iter().enumerate() {
            assert!((sum.probabilities.get(cost * per).copied().unwrap_or(0.0) - p).abs() < 1e-10, "{cost}");
        }
    }

    #[test]
    fn doubt_of_the_level_widens() {
        let severity = Severity::of(vec![(10.0, 0.9), (400.0, 0.1)]).unwrap();
        let (known, doubted) = (poisson(&severity, 200.0, f64::INFINITY), poisson(&severity, 200.0, 40.0));
        assert!(near(known.mean(), doubted.mean(), 1e-6) && doubted.spread() > known.spread() * 1.1);
        let exact =
            (200.0 * severity.moment(2) + 200.0_f64.powi(2) / 40.0 * severity.moment(1).powi(2)).sqrt();
        assert!(near(doubted.spread(), exact, 1e-3), "{} {exact}", doubted.spread());
        assert!(doubted.tail(0.9) > doubted.quantile(0.9) && doubted.quantile(0.99) > doubted.quantile(0.9));
        assert!(near(known.above(0.0), known.mean(), 1e-9) && known.below(0.0) == 0.0);
        let outside = known.outside(known.quantile(0.1), known.quantile(0.9));
        assert!((0.17..=0.2).contains(&outside), "{outside}");
    }

    /// Inhabitants of two ages: the number of those with a cost is binomial, and less uncertain than a Poisson number.
    #[test]
    fn inhabitants_are_counted_once() {
        let young = Kind { share: Some(0.1), severity: Severity::of(vec![(1.0, 1.0)]).unwrap() };
        let old = Kind { share: Some(0.6), severity: Severity::of(vec![(2.0, 0.5), (3.0, 0.5)]).unwrap() };
        let kinds = [young, old];
        let sum = Press::new(&kinds).distribution(&Exposure::known(vec![4.0, 2.0]));
        // By hand: each of the four adds 0 or 1, each of the two adds 0, 2 or 3.
        let mut exact = vec![1.0_f64];
        for one in [[0.9, 0.1, 0.0, 0.0]; 4].iter().chain(&[[0.4, 0.0, 0.3, 0.3]; 2]) {
            let mut next = vec![0.0; exact.len() + 3];
            for (at, p) in exact.iter().enumerate() {
                one.iter().enumerate().for_each(|(more, share)| next[at + more] += p * share);
            }
            exact = next;
        }
        let per = (1.0 / sum.step).round() as usize;
        for (cost, p) in exact.iter().enumerate() {
            let found = sum.probabilities.get(cost * per).copied().unwrap_or(0.0);
            assert!((found - p).abs() < 1e-9, "{cost}: {found} {p}");
        }
        let many = Press::quick(&kinds).distribution(&Exposure::known(vec![4_000.0, 2_000.0]));
        let variance = 4_000.0 * 0.09 + 2_000.0 * (0.6 * 6.5 - 1.5 * 1.5);
        assert!(near(many.mean(), 400.0 + 3_000.0, 1e-6) && near(many.spread(), f64::sqrt(variance), 1e-3));
    }

    #[test]
    fn what_is_no_severity_is_refused() {
        assert_eq!(Severity::of(Vec::new()), Err(BadSeverity::Empty));
        assert!(Severity::of(vec![(1.0, 0.4)]).is_err() && Severity::of(vec![(-1.0, 1.0)]).is_err());
        assert!(Severity::of(vec![(f64::NAN, 1.0)]).is_err());
        let nothing = Severity::of(vec![(0.0, 1.0)]).unwrap();
        assert_eq!(poisson(&nothing, 5.0, f64::INFINITY).mean(), 0.0);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 48, ..Default::default() })]

        #[test]
        fn moments_are_kept(lambda in 0.1f64..3000.0, costs in proptest::collection::vec(0.5f64..5000.0, 1..12)) {
            let severity = Severity::observed(&costs).unwrap();
            let sum = poisson(&severity, lambda, f64::INFINITY);
            let exact = (lambda * severity.moment(2)).sqrt();
            proptest::prop_assert!(near(sum.mean(), lambda * severity.moment(1), 1e-5), "{}", sum.mean());
            proptest::prop_assert!(near(sum.spread(), exact, 5e-3), "{} {exact}", sum.spread());
        }
    }
}
