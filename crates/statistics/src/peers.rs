//! Similar places, and what it would mean for one place to be as they are.

use crate::funnel::quantile;
use crate::interval::{Interval, normal_point};

/// Fewest peers with a figure for which a place is compared with them.
pub const FEWEST: usize = 5;

/// The `count` nearest neighbours of each place, nearest first, each with its distance: the root of the mean of the
/// squared differences, each variable measured in its own standard deviations over all places. Equally near places stand
/// in the order given. A place without a value of every variable has no neighbours and is nobody's.
pub fn nearest(places: &[Option<Vec<f64>>], count: usize) -> Vec<Vec<(usize, f64)>> {
    let known: Vec<&Vec<f64>> = places.iter().flatten().collect();
    let variables = known.first().map_or(0, |first| first.len());
    let spread = |at: usize| {
        let mean = known.iter().map(|values| values[at]).sum::<f64>() / known.len() as f64;
        let squares = known.iter().map(|values| (values[at] - mean).powi(2)).sum::<f64>();
        (squares / (known.len() as f64 - 1.0)).sqrt()
    };
    let spreads: Vec<f64> = (0..variables).map(spread).collect();
    let distance = |one: &[f64], other: &[f64]| {
        // A variable that is the same everywhere tells nobody apart.
        let squares = one.iter().zip(other).zip(&spreads).filter(|(_, spread)| **spread > 0.0);
        let sum: f64 = squares.map(|((one, other), spread)| ((one - other) / spread).powi(2)).sum();
        (sum / variables as f64).sqrt()
    };
    let of = |(own, values): (usize, &Option<Vec<f64>>)| {
        let Some(values) = values else { return Vec::new() };
        let others = places.iter().enumerate().filter(|(other, _)| *other != own);
        let mut out: Vec<(usize, f64)> =
            others.filter_map(|(other, theirs)| Some((other, distance(values, theirs.as_ref()?)))).collect();
        out.sort_by(|one, other| one.1.total_cmp(&other.1).then(one.0.cmp(&other.0)));
        out.truncate(count);
        out
    };
    places.iter().enumerate().map(of).collect()
}

/// A peer's ratio of events to expected events.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peer {
    /// Ratio drawn toward that of all places ([`crate::standardise::shrunk`]): the raw ratios differ by chance too, and
    /// their lowest quarter would be partly luck.
    pub ratio: f64,
    /// Weight of the peer's own ratio, from 0 to 1.
    pub own: f64,
    /// Raw ratio with a 95 % interval.
    pub raw: Interval,
}

/// What a place would have if its ratio were that of its peers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AsPeers {
    /// The peers' ratio, with a 95 % interval.
    pub ratio: Interval,
    /// Events at that ratio less the events of the place, with a 95 % interval: below 0 is fewer.
    pub change: Interval,
}

/// Change of a place whose ratio becomes the quantile `share` of its peers' ratios (0.5 is the median). `own` is the raw
/// ratio of the place with its 95 % interval. `None` with fewer than [`FEWEST`] peers.
///
/// The interval of the quantile rests on what is not known of each peer's ratio: the mean of their variances after they
/// are drawn together, times p(1−p)/φ(z)² divided by the number of peers. The interval of the difference comes from the
/// two intervals (Zou and Donner 2008), and is as skew as they are.
pub fn as_peers(own: Interval, expected: f64, peers: &[Peer], share: f64) -> Option<AsPeers> {
    if peers.len() < FEWEST {
        return None;
    }
    let mut sorted: Vec<f64> = peers.iter().map(|peer| peer.ratio).collect();
    sorted.sort_by(f64::total_cmp);
    let z = normal_point(0.975);
    let variance = |peer: &Peer| peer.own * ((peer.raw.high - peer.raw.low) / (2.0 * z)).powi(2);
    let mean = peers.iter().map(variance).sum::<f64>() / peers.len() as f64;
    let factor = share * (1.0 - share) / density(normal_point(share)).powi(2);
    let half = z * (factor * mean / peers.len() as f64).sqrt();
    let value = quantile(&sorted, share);
    let ratio = Interval { value, low: (value - half).max(0.0), high: value + half };
    let change = ratio.value - own.value;
    let down = (ratio.value - ratio.low).hypot(own.high - own.value);
    let up = (ratio.high - ratio.value).hypot(own.value - own.low);
    let change = Interval { value: change, low: change - down, high: change + up }.times(expected);
    Some(AsPeers { ratio, change })
}

/// Density of the standard normal distribution.
fn density(point: f64) -> f64 {
    (-point * point / 2.0).exp() / std::f64::consts::TAU.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::{OfCount, count};
    use crate::standardise::shrunk;
    use rand::SeedableRng;
    use rand_distr::{Distribution, LogNormal, Poisson, Uniform};

    #[test]
    fn neighbours_are_near_in_their_own_standard_deviations() {
        let place = |size: f64, old: f64| Some(vec![size, old]);
        let places = [place(1.0, 10.0), place(1.0, 30.0), place(2.0, 10.0), None, place(3.0, 20.0)];
        let found = nearest(&places, 2);
        // Standard deviations: 0.957427 of the sizes (1, 1, 2, 3), 9.574271 of the shares (10, 30, 10, 20).
        let order: Vec<usize> = found[0].iter().map(|(place, _)| *place).collect();
        assert_eq!(order, [2, 1]);
        assert!((found[0][0].1 - (1.0 / 0.957_427) / std::f64::consts::SQRT_2).abs() < 1e-5);
        assert!(found[3].is_empty() && found.iter().flatten().all(|(place, _)| *place != 3));
    }

    /// By hand: ratios 0.8, 0.9, 1.0, 1.1, 1.2 that are known exactly have the median 1, and 60 events where 50 are
    /// expected would be 50.
    #[test]
    fn a_change_is_from_the_own_events_to_the_peers() {
        let peer =
            |ratio: f64| Peer { ratio, own: 1.0, raw: Interval { value: ratio, low: ratio, high: ratio } };
        let peers = [1.2, 0.8, 1.0, 0.9, 1.1].map(peer);
        let own = Interval { value: 1.2, low: 0.9, high: 1.6 };
        let found = as_peers(own, 50.0, &peers, 0.5).unwrap();
        assert!((found.change.value + 10.0).abs() < 1e-9 && (found.ratio.value - 1.0).abs() < 1e-12);
        assert!((found.change.low + 30.0).abs() < 1e-9 && (found.change.high - 5.0).abs() < 1e-9);
        let quarter = as_peers(own, 50.0, &peers, 0.25).unwrap();
        assert!((quarter.ratio.value - 0.9).abs() < 1e-12);
        assert_eq!(as_peers(own, 50.0, &peers[1..], 0.5), None);
    }

    /// Places whose true ratios are known: the interval of the change holds the true change in about 95 %.
    #[test]
    fn the_interval_holds_the_true_change() {
        let mut random = rand_pcg::Pcg64::seed_from_u64(15);
        let (ratios, sizes) = (LogNormal::new(0.0, 0.15).unwrap(), Uniform::new(20.0, 220.0).unwrap());
        let mut held = [0, 0];
        let (rounds, places) = (400, 100);
        for _ in 0..rounds {
            let truth: Vec<f64> = (0..places).map(|_| ratios.sample(&mut random)).collect();
            let expected: Vec<f64> = (0..places).map(|_| sizes.sample(&mut random)).collect();
            let mut drawn = |mean: f64| Poisson::new(mean).unwrap().sample(&mut random);
            let events: Vec<f64> = truth.iter().zip(&expected).map(|(ratio, of)| drawn(ratio * of)).collect();
            let pairs: Vec<(f64, f64)> = events.iter().copied().zip(expected.iter().copied()).collect();
            let drawn = shrunk(&pairs);
            let raw = |at: usize| count(events[at], 0.95, OfCount::Byar).times(1.0 / expected[at]);
            let peers: Vec<Peer> = (1..=10)
                .map(|at| Peer { ratio: drawn[at].ratio, own: drawn[at].own, raw: raw(at) })
                .collect();
            for (held, share) in held.iter_mut().zip([0.5, 0.25]) {
                let found = as_peers(raw(0), expected[0], &peers, share).unwrap();
                let mut sorted = truth[1..=10].to_vec();
                sorted.sort_by(f64::total_cmp);
                let change = expected[0] * (quantile(&sorted, share) - truth[0]);
                *held += i32::from((found.change.low..=found.change.high).contains(&change));
            }
        }
        // 95 % of 400 within three standard errors of a binomial share: 367 to 393.
        assert!(held.iter().all(|held| (367..=393).contains(held)), "{held:?}");
    }
}
