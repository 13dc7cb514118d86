//! The counts that must not be published: those of one to four, and those that reveal them. The rules are
//! simple and safe; they hide more than is strictly needed.
//!
//! 1. A count of one to four is hidden, whether it is of events, of the whole that the events are part of, or
//!    of the rest of that whole.
//! 2. Of two counts of one place that differ by one to four, one may be a part of the other, and the difference
//!    would be known. The smaller is hidden, wherever it occurs.
//! 3. The hidden members of a published total must be at least two, and their sum so large that none of them is
//!    known within five.
//!
//! The rules are repeated until they hide nothing more. Combinations of three counts are not examined.

use std::collections::BTreeSet;

/// Greatest count that is withheld; 0 is not.
pub const WITHHELD: i64 = 4;

/// Whether a count is one to four, and so is withheld.
pub fn few(count: i64) -> bool {
    (1..=WITHHELD).contains(&count)
}

/// Counts of one indicator in one place, month or age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Stays or contacts, also where the indicator measures their days or kroner.
    pub events: i64,
    /// The whole that the events are part of; `None` for a rate, whose population is public.
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

/// An indicator's counts, by place. Any two counts of a place may be part of each other, since a stay has at
/// least one contact, and so has a referral.
pub type Row = Vec<Known>;

/// Places whose sum is published.
#[derive(Debug, Clone)]
pub struct Total {
    /// The places that are summed.
    pub members: Vec<usize>,
    /// The place where the sum is published, if it is one that can be hidden; `None` if the sum is always
    /// published.
    pub at: Option<usize>,
}

impl Total {
    /// The sum of some places, which is always published.
    pub fn of(members: impl IntoIterator<Item = usize>) -> Total {
        Total { members: members.into_iter().collect(), at: None }
    }

    /// The same total, published at a place that can be hidden.
    #[must_use]
    pub fn told_at(self, place: usize) -> Total {
        Total { at: Some(place), ..self }
    }
}

/// Sum of the counts of some places. The whole is `None` if it is for any of them.
pub fn sum(row: &[Known]) -> Known {
    Known { events: row.iter().map(|one| one.events).sum(), whole: row.iter().map(|one| one.whole).sum() }
}

/// Chooses what is hidden, by row and place.
pub fn hidden(rows: &[Row], totals: &[Total]) -> Vec<Vec<bool>> {
    hidden_beside(rows, |_, _| None, totals)
}

/// Like [`hidden`], but some cells are fixed: `Some(true)` is already suppressed, `Some(false)` is published
/// elsewhere and cannot be. A suppressed cell is hidden only if one of its counts is above zero.
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
    // Only a place that changed can lead to further changes.
    let mut changed = vec![true; places];
    loop {
        let before = count(&out);
        for (place, secret) in secret.iter_mut().enumerate().filter(|(place, _)| changed[*place]) {
            differences(rows, place, |row| is_told(row, place), secret, &mut out);
        }
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

/// Cells that are published elsewhere, by row and place. An undecided cell with the same counts as a
/// published cell of its place is published with it.
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

/// Hides the smaller of two counts that differ by one to four, and every cell of the place that contains that
/// count. If the smaller is published elsewhere, the larger is hidden.
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
    let apart = shown.windows(2).filter(|pair| few(pair[1] - pair[0]));
    secret.extend(apart.map(|pair| if told.contains(&pair[0]) { pair[1] } else { pair[0] }));
    for (at, (row, hidden)) in rows.iter().zip(out).enumerate() {
        let tells = row[place].counts().into_iter().any(|count| count > 0 && secret.contains(&count));
        hidden[place] |= tells && !is_told(at);
    }
}

/// Hides the smallest members of a total until no hidden member is known within five; if they are not enough,
/// the total itself, or else every member. Beside a total that is hidden, one hidden member is enough.
/// Members that are published elsewhere are left.
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
            // Nothing is left to hide but the members of zero: a zero is hidden as well.
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
        // Three is hidden, and the smallest beside it, since the total gives what is left.
        assert!(found[0][3] && found[0][2] && !found[0][0], "{found:?}");
        // 50 − 48 = 2: two that are in the one count and not in the other.
        assert!(found[1][1] && !found[1][0], "{found:?}");
        // 130 of 133 leaves a rest of three; 340 and 390 are 50 apart.
        assert!(found[2][0] && !found[2][1] && !found[2][2], "{found:?}");
    }

    #[test]
    fn a_count_that_is_hidden_is_not_told_as_another() {
        // 33 − 30 = 3: the 30 is hidden wherever it occurs, also as a whole.
        let rows = [rate(&[33]), rate(&[30]), part(&[(10, 30)])];
        assert_eq!(hidden(&rows, &[]), [[false], [true], [true]]);
    }

    #[test]
    fn what_is_told_elsewhere_hides_what_is_beside_it() {
        // Eight is published elsewhere. It may be part of the ten, which would leave two.
        let decided = |row: usize, place: usize| (row == 0 && place == 0).then_some(false);
        let found = hidden_beside(&[rate(&[8, 20]), rate(&[10, 40])], decided, &[]);
        assert_eq!(found, [[false, false], [true, false]]);
        // The members of three and two are too few together, so the zero is hidden as well.
        assert_eq!(hidden(&[rate(&[3, 2, 0])], &[Total::of(0..3)]), [[true, true, true]]);
    }

    #[test]
    fn an_areas_total_gives_no_municipality_away() {
        let rows = [rate(&[3, 40, 50, 2, 60, 0])];
        let found = hidden(&rows, &[Total::of(0..6), Total::of(0..3), Total::of(3..6)]);
        assert_eq!(found, [[true, true, false, true, true, false]]);
        // One and five beside a published sum of six are known exactly: a third member is hidden too.
        assert_eq!(hidden(&[rate(&[1, 5, 40])], &[Total::of(0..3)]), [[true, true, true]]);
    }

    #[test]
    fn a_total_that_would_tell_is_hidden_and_is_not_the_sum_of_what_is_shown() {
        // Two and three of five are known within five: the five is hidden, and so is the smallest count that it
        // is summed with.
        let found =
            hidden(&[rate(&[2, 0, 3, 60, 61, 62, 5])], &[Total::of(0..3).told_at(6), Total::of(3..7)]);
        assert_eq!(found, [[true, false, true, true, false, false, true]]);
        // The total of three is hidden, and one hidden member beside it is enough: the zero is shown.
        let found =
            hidden(&[rate(&[3, 0, 60, 61, 3]), rate(&[40, 0, 0, 90, 40])], &[Total::of(0..2).told_at(4)]);
        assert_eq!(found[0], [true, false, false, false, true]);
        // 298 − 296 = 2: the 296 is hidden, and one of the members that it is the sum of.
        let found =
            hidden(&[rate(&[94, 63, 139, 296]), rate(&[100, 70, 128, 298])], &[Total::of(0..3).told_at(3)]);
        assert_eq!(found, [[false, true, false, true], [false; 4]]);
    }

    #[test]
    fn what_is_told_as_another_count_is_no_complement() {
        // Of 35, the two is hidden. The five cannot be hidden beside it, since another row publishes it: the
        // 13 is hidden.
        let decided = |row: usize, place: usize| (row == 1 && place == 3).then_some(false);
        let rows = [rate(&[2, 15, 13, 5]), rate(&[0, 0, 0, 5])];
        let found = hidden_beside(&rows, decided, &[Total::of(0..4)]);
        assert_eq!(found[0], [true, false, true, false]);
    }

    #[test]
    fn a_zero_is_suppressed_elsewhere_without_being_hidden_and_told_elsewhere_without_being_told() {
        let suppressed = |row: usize, place: usize| (row == 0 && place < 2).then_some(true);
        let found = hidden_beside(&[rate(&[0, 40, 50])], suppressed, &[]);
        assert_eq!(found, [[false, true, false]]);
        // Another row's zero is published. The zero of this one is hidden beside the three and the two.
        let published = |row: usize, place: usize| (row == 1 && place == 2).then_some(false);
        let found = hidden_beside(&[rate(&[3, 2, 0]), rate(&[0, 0, 0])], published, &[Total::of(0..3)]);
        assert_eq!(found[0], [true, true, true]);
        // That it is hidden there tells nothing of the zeros of others.
        let found = hidden(&[rate(&[3, 2, 0]), rate(&[0, 0, 0])], &[Total::of(0..3)]);
        assert_eq!(found[1], [false, false, false]);
    }

    #[test]
    fn a_hidden_count_that_is_not_few_has_another_beside_it_and_seven_of_two_are_enough() {
        // 33 − 30 = 3: the 30 is hidden, and the total of its row would give it.
        let found = hidden(&[rate(&[33, 60]), rate(&[30, 70])], &[Total::of(0..2)]);
        assert_eq!(found, [[false, false], [true, true]]);
        // Three and four of seven may each be one to six.
        assert_eq!(hidden(&[rate(&[3, 4, 40])], &[Total::of(0..3)]), [[true, true, false]]);
    }

    #[test]
    fn rests_of_one_and_two_are_not_known_from_the_rest_of_a_total() {
        // 101 − 100 and 202 − 200 are hidden. The rest of the total gives their sum of three, so a third is hidden.
        let found = hidden(&[part(&[(100, 101), (200, 202), (50, 90), (20, 80)])], &[Total::of(0..4)]);
        assert_eq!(found, [[true, true, true, false]]);
    }

    proptest::proptest! {
        #[test]
        fn a_hidden_count_is_not_known_within_five(counts in proptest::collection::vec(0i64..14, 2..30)) {
            let found = &hidden(&[rate(&counts)], &[Total::of(0..counts.len())])[0];
            let hidden: Vec<i64> = counts.iter().zip(found).filter(|(_, hidden)| **hidden).map(|(c, _)| *c).collect();
            let shown = counts.iter().zip(found).filter(|(_, hidden)| !**hidden);
            proptest::prop_assert!(shown.clone().all(|(count, _)| !few(*count)));
            let is_safe = hidden.len() > 1 && hidden.iter().sum::<i64>() > WITHHELD + hidden.len() as i64;
            // If nothing is left to hide, the total itself is too small.
            proptest::prop_assert!(hidden.is_empty() || is_safe || shown.clone().all(|(count, _)| *count == 0));
        }
    }
}
