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

/// An indicator's counts, by place. A stay is a contact at least, and a referral one: any two numbers of a place may be
/// part of each other.
pub type Row = Vec<Known>;

/// Places whose sum is told.
#[derive(Debug, Clone)]
pub struct Total {
    /// The places.
    pub members: Vec<usize>,
    /// The place that their sum is told at, where it is one that may be hidden.
    pub at: Option<usize>,
}

impl Total {
    /// The total of some places, which is always told.
    pub fn of(members: impl IntoIterator<Item = usize>) -> Total {
        Total { members: members.into_iter().collect(), at: None }
    }

    /// The total of some places, told at a place of its own.
    #[must_use]
    pub fn told_at(self, place: usize) -> Total {
        Total { at: Some(place), ..self }
    }
}

/// Sum of some places of a row.
pub fn sum(row: &[Known]) -> Known {
    Known { events: row.iter().map(|one| one.events).sum(), whole: row.iter().map(|one| one.whole).sum() }
}

/// What is hidden, by indicator and place.
pub fn hidden(rows: &[Row], totals: &[Total]) -> Vec<Vec<bool>> {
    hidden_beside(rows, |_, _| None, totals)
}

/// The same beside what is decided already, by row and place: what has anything and is hidden, and what is told elsewhere
/// and cannot be.
pub fn hidden_beside(
    rows: &[Row],
    decided: impl Fn(usize, usize) -> Option<bool>,
    totals: &[Total],
) -> Vec<Vec<bool>> {
    let told = told(rows, &decided);
    let is_told = |row: usize, place: usize| told[row][place];
    let begin = |(row, of): (usize, &Row)| {
        let hides = |(place, known): (usize, &Known)| {
            let counts = known.counts();
            let is_hidden = decided(row, place) == Some(true) && counts.into_iter().any(|count| count > 0);
            !is_told(row, place) && (is_hidden || counts.into_iter().any(few))
        };
        of.iter().enumerate().map(hides).collect()
    };
    let mut out: Vec<Vec<bool>> = rows.iter().enumerate().map(begin).collect();
    let places = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut secret: Vec<BTreeSet<i64>> = vec![BTreeSet::new(); places];
    let count = |out: &[Vec<bool>]| -> Vec<usize> {
        let of_place = |place: usize| out.iter().filter(|hidden| hidden.get(place) == Some(&true)).count();
        (0..places).map(of_place).collect()
    };
    // Only what has changed can change more.
    let mut changed = vec![true; places];
    loop {
        let before = count(&out);
        for (place, secret) in secret.iter_mut().enumerate().filter(|(place, _)| changed[*place]) {
            differences(rows, place, |row| is_told(row, place), secret, &mut out);
        }
        let now = count(&out);
        changed.iter_mut().enumerate().for_each(|(place, changed)| *changed |= now[place] != before[place]);
        let touched = |total: &&Total| total.members.iter().chain(&total.at).any(|place| changed[*place]);
        for total in totals.iter().filter(touched) {
            for (row, hidden) in out.iter_mut().enumerate() {
                beside_a_total(&rows[row], total, |place| is_told(row, place), hidden);
            }
        }
        let after = count(&out);
        changed = before.iter().zip(&after).map(|(before, after)| before != after).collect();
        if !changed.contains(&true) {
            return out;
        }
    }
}

/// What is told elsewhere, by row and place: also where another row of the place has the same counts.
fn told(rows: &[Row], decided: &impl Fn(usize, usize) -> Option<bool>) -> Vec<Vec<bool>> {
    let of_place = |place: usize| -> Vec<Known> {
        let is_told = |(row, _): &(usize, &Row)| decided(*row, place) == Some(false);
        rows.iter().enumerate().filter(is_told).filter_map(|(_, of)| of.get(place).copied()).collect()
    };
    let places = rows.iter().map(Vec::len).max().unwrap_or(0);
    let known: Vec<Vec<Known>> = (0..places).map(of_place).collect();
    let is_told = |row: usize, place: usize| match decided(row, place) {
        Some(hidden) => !hidden,
        None => known[place].iter().any(|other| other.events > 0 && *other == rows[row][place]),
    };
    rows.iter()
        .enumerate()
        .map(|(row, of)| (0..of.len()).map(|place| is_told(row, place)).collect())
        .collect()
}

/// Hides the smaller of two counts that differ by few, and everything that tells the same count; the larger where the
/// smaller is told elsewhere.
fn differences(
    rows: &[Row],
    place: usize,
    is_told: impl Fn(usize) -> bool,
    secret: &mut BTreeSet<i64>,
    out: &mut [Vec<bool>],
) {
    let (mut shown, mut told) = (Vec::new(), BTreeSet::new());
    for (at, (row, hidden)) in rows.iter().zip(out.iter()).enumerate() {
        if hidden[place] {
            secret.insert(row[place].events);
            continue;
        }
        shown.extend(row[place].counts());
        if is_told(at) {
            told.extend(row[place].counts());
        }
    }
    shown.sort_unstable();
    shown.dedup();
    let apart = shown.windows(2).filter(|pair| pair[0] > 0 && few(pair[1] - pair[0]));
    secret.extend(apart.map(|pair| if told.contains(&pair[0]) { pair[1] } else { pair[0] }));
    for (at, (row, hidden)) in rows.iter().zip(out).enumerate() {
        let tells = row[place].counts().into_iter().any(|count| count > 0 && secret.contains(&count));
        hidden[place] |= tells && !is_told(at);
    }
}

/// Hides the smallest members of a total until none of the hidden ones is known, and at last the total itself, or all
/// that is none. Beside a total that is hidden itself one is enough. What is told elsewhere is left.
fn beside_a_total(
    row: &Row,
    Total { members, at }: &Total,
    is_told: impl Fn(usize) -> bool,
    hidden: &mut [bool],
) {
    let has_any = |place: &usize| row[*place].counts().iter().any(|count| *count > 0);
    let members: Vec<usize> = members.iter().copied().filter(|place| !is_told(*place)).collect();
    loop {
        let is_hidden = at.is_some_and(|at| hidden[at]);
        let is_safe = (0..3).all(|which| {
            let count = |place: &&usize| row[**place].counts()[which];
            let positive = || members.iter().filter(|place| count(place) > 0);
            let mine = || positive().filter(|place| hidden[**place]);
            let (number, sum) = (mine().count() as i64, mine().map(|place| count(&place)).sum::<i64>());
            match number {
                0 => !is_hidden || positive().next().is_none(),
                _ => (number > 1 || is_hidden) && sum > WITHHELD + number,
            }
        });
        if is_safe {
            return;
        }
        let shown = members.iter().filter(|place| !hidden[**place] && has_any(place));
        let smallest = shown.min_by_key(|place| (row[**place].events.max(row[**place].rest()), **place));
        match smallest.copied().or(at.filter(|at| !hidden[*at] && !is_told(*at))) {
            Some(next) => hidden[next] = true,
            None if is_hidden => return,
            // All that is left to know is the total: none is told as none.
            None => {
                members.iter().for_each(|place| hidden[*place] = true);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(counts: &[i64]) -> Row {
        counts.iter().map(|events| Known { events: *events, whole: None }).collect()
    }

    fn part(counts: &[(i64, i64)]) -> Row {
        counts.iter().map(|(events, whole)| Known { events: *events, whole: Some(*whole) }).collect()
    }

    #[test]
    fn the_few_the_rest_and_the_difference_are_hidden() {
        let rows = [
            rate(&[100, 50, 20, 3, 90]),
            rate(&[60, 48, 9, 0, 80]),
            part(&[(130, 133), (340, 390), (241, 290), (106, 220), (7, 350)]),
        ];
        let found = hidden(&rows, &[Total::of(0..5)]);
        // Three, and the smallest beside it, since the total tells what is left.
        assert!(found[0][3] && found[0][2] && !found[0][0], "{found:?}");
        // 50 less 48 are two that were not medical.
        assert!(found[1][1] && !found[1][0], "{found:?}");
        // 130 of 133 is three that were not; 340 and 390 are 50 apart.
        assert!(found[2][0] && !found[2][1] && !found[2][2], "{found:?}");
    }

    #[test]
    fn a_count_that_is_hidden_is_not_told_as_another() {
        // 33 less 30 are three: the 30 are hidden as all that they are, also as a whole.
        let rows = [rate(&[33]), rate(&[30]), part(&[(10, 30)])];
        assert_eq!(hidden(&rows, &[]), [[false], [true], [true]]);
    }

    #[test]
    fn what_is_told_elsewhere_hides_what_is_beside_it() {
        // Eight are told elsewhere: of ten, of which they are a part, two are not.
        let decided = |row: usize, place: usize| (row == 0 && place == 0).then_some(false);
        let found = hidden_beside(&[rate(&[8, 20]), rate(&[10, 40])], decided, &[]);
        assert_eq!(found, [[false, false], [true, false]]);
        // Where nothing else is left, none is told as none beside the total.
        assert_eq!(hidden(&[rate(&[3, 2, 0])], &[Total::of(0..3)]), [[true, true, true]]);
    }

    #[test]
    fn an_areas_total_gives_no_municipality_away() {
        let rows = [rate(&[3, 40, 50, 2, 60, 0])];
        let found = hidden(&rows, &[Total::of(0..6), Total::of(0..3), Total::of(3..6)]);
        assert_eq!(found, [[true, true, false, true, true, false]]);
        // One and five beside a six that is told are known exactly: a third is hidden too.
        assert_eq!(hidden(&[rate(&[1, 5, 40])], &[Total::of(0..3)]), [[true, true, true]]);
    }

    #[test]
    fn a_total_that_would_tell_is_hidden_and_is_not_the_sum_of_what_is_shown() {
        // Two and three of five are known within five: the five is hidden, and one of its like beside it.
        let found =
            hidden(&[rate(&[2, 0, 3, 60, 61, 62, 5])], &[Total::of(0..3).told_at(6), Total::of(3..7)]);
        assert_eq!(found, [[true, false, true, true, false, false, true]]);
        // One of its two sexes hidden, and none of the other: all of both would be the same.
        let found =
            hidden(&[rate(&[3, 0, 60, 61, 3]), rate(&[40, 0, 0, 90, 40])], &[Total::of(0..2).told_at(4)]);
        assert_eq!(found[0], [true, false, false, false, true]);
        // 298 less 296 are two: the 296 are hidden, and one of those that they are the sum of.
        let found =
            hidden(&[rate(&[94, 63, 139, 296]), rate(&[100, 70, 128, 298])], &[Total::of(0..3).told_at(3)]);
        assert_eq!(found, [[false, true, false, true], [false; 4]]);
    }

    #[test]
    fn what_is_told_as_another_count_is_no_complement() {
        // Of 35, two are hidden beside five that are told elsewhere as another row: a third must be.
        let decided = |row: usize, place: usize| (row == 1 && place == 3).then_some(false);
        let rows = [rate(&[2, 15, 13, 5]), rate(&[0, 0, 0, 5])];
        let found = hidden_beside(&rows, decided, &[Total::of(0..4)]);
        assert_eq!(found[0], [true, false, true, false]);
    }

    proptest::proptest! {
        #[test]
        fn a_hidden_count_is_not_known_within_five(counts in proptest::collection::vec(0i64..14, 2..30)) {
            let found = &hidden(&[rate(&counts)], &[Total::of(0..counts.len())])[0];
            let hidden: Vec<i64> = counts.iter().zip(found).filter(|(_, hidden)| **hidden).map(|(c, _)| *c).collect();
            let shown = counts.iter().zip(found).filter(|(_, hidden)| !**hidden);
            proptest::prop_assert!(shown.clone().all(|(count, _)| !few(*count)));
            let is_safe = hidden.len() > 1 && hidden.iter().sum::<i64>() > WITHHELD + hidden.len() as i64;
            // Where nothing is left to hide, the total itself is what is too small.
            proptest::prop_assert!(hidden.is_empty() || is_safe || shown.clone().all(|(count, _)| *count == 0));
        }
    }
}
