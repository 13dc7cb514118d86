//! What must not leave the house: counts of one to four, and what reveals them. A simple, safe rule: it hides more than
//! is needed.
//!
//! 1. A count of one to four: of events, of the whole they are part of, or of the rest of it.
//! 2. Two counts of the same place that differ by one to four: one may be part of the other. The smaller is hidden,
//!    whatever it is told as.
//! 3. Of the members of a published total, what is hidden must be of several, and so many that none of them is known
//!    within five.
//!
//! The rules are repeated until nothing more is hidden. Sums of three are not looked at.

use std::collections::BTreeSet;

/// Counts from one to this are withheld.
pub const WITHHELD: i64 = 4;

/// Whether a count is one that is withheld.
pub fn few(count: i64) -> bool {
    (1..=WITHHELD).contains(&count)
}

/// What is counted of an indicator in a place, a month or an age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Events: stays or contacts, also where their days are what is told.
    pub events: i64,
    /// What they are a part of; `None` where that is people, whom everybody knows.
    pub whole: Option<i64>,
}

impl Known {
    fn rest(self) -> i64 {
        self.whole.map_or(0, |whole| whole - self.events)
    }

    fn counts(self) -> [i64; 3] {
        [self.events, self.whole.unwrap_or(0), self.rest()]
    }
}

/// An indicator's counts in every place; `kind` tells those that may be part of each other.
#[derive(Debug, Clone)]
pub struct Row {
    /// Indicators of the same kind count the same things.
    pub kind: u8,
    /// By place.
    pub places: Vec<Known>,
}

/// What is hidden, by indicator and place. `totals` are the groups of places whose totals are published.
pub fn hidden(rows: &[Row], totals: &[Vec<usize>]) -> Vec<Vec<bool>> {
    hidden_from(rows, |_, _| false, totals)
}

/// The same, where `start` tells what is hidden already: a row's place that has anything.
pub fn hidden_from(
    rows: &[Row],
    start: impl Fn(usize, usize) -> bool,
    totals: &[Vec<usize>],
) -> Vec<Vec<bool>> {
    let begin = |(row, of): (usize, &Row)| {
        let hides = |(place, known): (usize, &Known)| {
            let counts = known.counts();
            counts.into_iter().any(few) || (start(row, place) && counts.into_iter().any(|count| count > 0))
        };
        of.places.iter().enumerate().map(hides).collect()
    };
    let mut out: Vec<Vec<bool>> = rows.iter().enumerate().map(begin).collect();
    let places = rows.iter().map(|row| row.places.len()).max().unwrap_or(0);
    let kinds: BTreeSet<u8> = rows.iter().map(|row| row.kind).collect();
    let mut secret: Vec<BTreeSet<(u8, i64)>> = vec![BTreeSet::new(); places];
    loop {
        let before = out.iter().flatten().filter(|hidden| **hidden).count();
        for kind in &kinds {
            let same: Vec<usize> = (0..rows.len()).filter(|row| rows[*row].kind == *kind).collect();
            for (place, secret) in secret.iter_mut().enumerate() {
                differences(rows, &same, place, secret, &mut out);
            }
        }
        for (row, hidden) in rows.iter().zip(&mut out) {
            totals.iter().for_each(|members| beside_a_total(row, members, hidden));
        }
        if out.iter().flatten().filter(|hidden| **hidden).count() == before {
            return out;
        }
    }
}

/// Hides the smaller of two counts that differ by few, and everything that tells the same count.
fn differences(
    rows: &[Row],
    same: &[usize],
    place: usize,
    secret: &mut BTreeSet<(u8, i64)>,
    out: &mut [Vec<bool>],
) {
    let Some(kind) = same.first().map(|row| rows[*row].kind) else { return };
    let mut shown: Vec<i64> = Vec::new();
    for row in same {
        let known = rows[*row].places[place];
        if out[*row][place] {
            secret.insert((kind, known.events));
        } else {
            shown.extend(known.counts());
        }
    }
    shown.sort_unstable();
    shown.dedup();
    let smaller = shown.windows(2).filter(|pair| pair[0] > 0 && few(pair[1] - pair[0]));
    secret.extend(smaller.map(|pair| (kind, pair[0])));
    for row in same {
        let told = rows[*row].places[place].counts();
        if told.into_iter().any(|count| count > 0 && secret.contains(&(kind, count))) {
            out[*row][place] = true;
        }
    }
}

fn beside_a_total(row: &Row, members: &[usize], hidden: &mut [bool]) {
    loop {
        let is_safe = (0..3).all(|which| {
            let counts = members
                .iter()
                .filter(|place| hidden[**place])
                .map(|place| row.places[*place].counts()[which]);
            let (number, sum) =
                counts.filter(|count| *count > 0).fold((0, 0), |all, count| (all.0 + 1, all.1 + count));
            number == 0 || (number > 1 && sum > WITHHELD + number)
        });
        if is_safe {
            return;
        }
        let shown = members
            .iter()
            .filter(|place| !hidden[**place] && row.places[**place].counts().iter().any(|c| *c > 0));
        match shown.min_by_key(|place| (row.places[**place].events.max(row.places[**place].rest()), **place))
        {
            Some(smallest) => hidden[*smallest] = true,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(counts: &[i64]) -> Row {
        let places = counts.iter().map(|events| Known { events: *events, whole: None }).collect();
        Row { kind: 0, places }
    }

    fn part(kind: u8, counts: &[(i64, i64)]) -> Row {
        let places =
            counts.iter().map(|(events, whole)| Known { events: *events, whole: Some(*whole) }).collect();
        Row { kind, places }
    }

    #[test]
    fn the_few_the_rest_and_the_difference_are_hidden() {
        let rows = [
            rate(&[100, 50, 20, 3, 90]),
            rate(&[60, 48, 9, 0, 80]),
            part(1, &[(30, 33), (40, 90), (41, 90), (6, 20), (7, 50)]),
        ];
        let everywhere = vec![(0..5).collect()];
        let found = hidden(&rows, &everywhere);
        // Three, and the smallest beside it, since the total tells what is left.
        assert!(found[0][3] && found[0][2] && !found[0][0], "{found:?}");
        // 50 less 48 are two that were not medical.
        assert!(found[1][1] && !found[1][0], "{found:?}");
        // 30 of 33 is three that were not; 40 and 41 are other people's, and their difference is of no one.
        assert!(found[2][0] && !found[2][1] && !found[2][2], "{found:?}");
    }

    #[test]
    fn a_count_that_is_hidden_is_not_told_as_another() {
        // 33 less 30 are three: the 30 are hidden as all that they are, also as a whole.
        let rows = [rate(&[33]), rate(&[30]), part(0, &[(10, 30)])];
        assert_eq!(hidden(&rows, &[]), [[false], [true], [true]]);
    }

    #[test]
    fn an_areas_total_gives_no_municipality_away() {
        let rows = [rate(&[3, 40, 50, 2, 60, 0])];
        let found = hidden(&rows, &[(0..6).collect(), vec![0, 1, 2], vec![3, 4, 5]]);
        assert_eq!(found, [[true, true, false, true, true, false]]);
        // One and five beside a six that is told are known exactly: a third is hidden too.
        assert_eq!(hidden(&[rate(&[1, 5, 40])], &[(0..3).collect()]), [[true, true, true]]);
    }

    proptest::proptest! {
        #[test]
        fn a_hidden_count_is_not_known_within_five(counts in proptest::collection::vec(0i64..14, 2..30)) {
            let all: Vec<usize> = (0..counts.len()).collect();
            let found = &hidden(&[rate(&counts)], &[all])[0];
            let hidden: Vec<i64> = counts.iter().zip(found).filter(|(_, hidden)| **hidden).map(|(c, _)| *c).collect();
            let shown = counts.iter().zip(found).filter(|(_, hidden)| !**hidden);
            proptest::prop_assert!(shown.clone().all(|(count, _)| !few(*count)));
            let is_safe = hidden.len() > 1 && hidden.iter().sum::<i64>() > WITHHELD + hidden.len() as i64;
            // Where nothing is left to hide, the total itself is what is too small.
            proptest::prop_assert!(hidden.is_empty() || is_safe || shown.clone().all(|(count, _)| *count == 0));
        }
    }
}
