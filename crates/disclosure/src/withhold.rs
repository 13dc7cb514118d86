//! The counts that must not be published: counts of one to four, and counts that would reveal such counts. The
//! rules are simple and safe; they hide more than is strictly needed.
//!
//! 1. A count of one to four is hidden, whether it counts events, the whole that the events are part of, or the
//!    rest of that whole.
//! 2. If two counts of one place differ by one to four, one may be a part of the other, and the difference would be
//!    a small count. The smaller of the two is hidden wherever it occurs in that place.
//! 3. A published total has either no hidden member, or at least two hidden members whose sum is so large that, for
//!    each of them, at least six values are possible.
//!
//! The rules are repeated until they hide nothing more. Combinations of three counts are not examined.

use std::collections::BTreeSet;

/// Greatest count that is withheld because it is small. The least is 1.
pub const WITHHELD: i64 = 4;

/// Whether a count is one to four and must be withheld.
pub fn few(count: i64) -> bool {
    (1..=WITHHELD).contains(&count)
}

/// Counts of one indicator in one place, month or age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Number of stays or contacts, even if the indicator measures days or kroner.
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

/// Counts of one indicator, by place. Of two counts of one place, in the same row or in two rows, the smaller
/// may be a part of the larger: a count of stays or referrals, for instance, may be a part of a count of
/// contacts, since every stay and every referral has at least one contact.
pub type Row = Vec<Known>;

/// Places whose sum is published.
#[derive(Debug, Clone)]
pub struct Total {
    /// The places that are summed.
    pub members: Vec<usize>,
    /// The place of the sum, if the sum itself can be hidden; `None` if the sum is always published.
    pub at: Option<usize>,
}

impl Total {
    /// The sum of some places, which is always published.
    pub fn of(members: impl IntoIterator<Item = usize>) -> Total {
        Total { members: members.into_iter().collect(), at: None }
    }

    /// The same total, published at a place that can be hidden.
    #[must_use]
    pub fn published_at(self, place: usize) -> Total {
        Total { at: Some(place), ..self }
    }
}

/// Sum of the counts of some places. `whole` is `None` if it is `None` at any of the places.
pub fn sum(row: &[Known]) -> Known {
    Known { events: row.iter().map(|one| one.events).sum(), whole: row.iter().map(|one| one.whole).sum() }
}

/// The cells to hide so that the rules hold, by row and place.
pub fn hidden(rows: &[Row], totals: &[Total]) -> Vec<Vec<bool>> {
    hidden_beside(rows, |_, _| None, totals)
}

/// Like [`hidden`], but `decided` fixes some cells: `Some(true)` for a cell that is withheld already, and
/// `Some(false)` for a cell that is published elsewhere and therefore cannot be hidden. A withheld cell whose counts
/// are all zero begins as shown, and is hidden only if the rules hide it.
pub fn hidden_beside(
    rows: &[Row],
    decided: impl Fn(usize, usize) -> Option<bool>,
    totals: &[Total],
) -> Vec<Vec<bool>> {
    let published = published(rows, &decided);
    let is_published = |row: usize, place: usize| published[row][place];
    let begin = |(row, of): (usize, &Row)| {
        let hides = |(place, known): (usize, &Known)| {
            let counts = known.counts();
            let is_hidden = decided(row, place) == Some(true) && counts.into_iter().any(|count| count > 0);
            !is_published(row, place) && (is_hidden || counts.into_iter().any(few))
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
            differences(rows, place, |row| is_published(row, place), secret, &mut out);
        }
        let touched = |total: &&Total| total.members.iter().chain(&total.at).any(|place| changed[*place]);
        for total in totals.iter().filter(touched) {
            for (row, hidden) in out.iter_mut().enumerate() {
                beside_a_total(&rows[row], total, |place| is_published(row, place), hidden);
            }
        }
        let after = count(&out);
        changed = before.iter().zip(&after).map(|(before, after)| before != after).collect();
        if !changed.contains(&true) {
            return out;
        }
    }
}

/// Cells that are published elsewhere, by row and place. An undecided cell counts as published too if its events
/// are above zero and its counts equal those of a published cell of its place.
fn published(rows: &[Row], decided: &impl Fn(usize, usize) -> Option<bool>) -> Vec<Vec<bool>> {
    let of_place = |place: usize| -> Vec<Known> {
        let is_published = |(row, _): &(usize, &Row)| decided(*row, place) == Some(false);
        rows.iter().enumerate().filter(is_published).filter_map(|(_, of)| of.get(place).copied()).collect()
    };
    let places = rows.iter().map(Vec::len).max().unwrap_or(0);
    let known: Vec<Vec<Known>> = (0..places).map(of_place).collect();
    let is_published = |row: usize, place: usize| match decided(row, place) {
        Some(hidden) => !hidden,
        None => known[place].iter().any(|other| other.events > 0 && *other == rows[row][place]),
    };
    rows.iter()
        .enumerate()
        .map(|(row, of)| (0..of.len()).map(|place| is_published(row, place)).collect())
        .collect()
}

/// Hides, in one place, every cell that has a secret count above zero. The events of each hidden cell are secret.
/// If two shown counts differ by one to four, the smaller is secret; if the smaller is published elsewhere, the
/// larger is secret instead. Cells that are published elsewhere stay shown.
fn differences(
    rows: &[Row],
    place: usize,
    is_published: impl Fn(usize) -> bool,
    secret: &mut BTreeSet<i64>,
    out: &mut [Vec<bool>],
) {
    let (mut shown, mut published) = (Vec::new(), BTreeSet::new());
    for (at, (row, hidden)) in rows.iter().zip(out.iter()).enumerate() {
        if hidden[place] {
            secret.insert(row[place].events);
            continue;
        }
        shown.extend(row[place].counts());
        if is_published(at) {
            published.extend(row[place].counts());
        }
    }
    shown.sort_unstable();
    shown.dedup();
    let apart = shown.windows(2).filter(|pair| few(pair[1] - pair[0]));
    secret.extend(apart.map(|pair| if published.contains(&pair[0]) { pair[1] } else { pair[0] }));
    for (at, (row, hidden)) in rows.iter().zip(out).enumerate() {
        let holds_secret = row[place].counts().into_iter().any(|count| count > 0 && secret.contains(&count));
        hidden[place] |= holds_secret && !is_published(at);
    }
}

/// Hides the smallest members of a total, one by one, until rule 3 holds. If the members are not enough, the
/// total itself is hidden; if the total is always published, every member is hidden. Beside a hidden total,
/// one hidden member of six or more is enough, and members whose counts are all zero stay shown. Members
/// that are published elsewhere stay shown.
fn beside_a_total(
    row: &Row,
    Total { members, at }: &Total,
    is_published: impl Fn(usize) -> bool,
    hidden: &mut [bool],
) {
    let has_any = |place: &usize| row[*place].counts().iter().any(|count| *count > 0);
    let members: Vec<usize> = members.iter().copied().filter(|place| !is_published(*place)).collect();
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
        match smallest.copied().or(at.filter(|at| !hidden[*at] && !is_published(*at))) {
            Some(next) => hidden[next] = true,
            None if is_hidden => return,
            // Only members with counts of zero are left to hide: they are hidden as well.
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
        // Three is hidden, and so is the smallest other count, since the total would reveal a single hidden count.
        assert!(found[0][3] && found[0][2] && !found[0][0], "{found:?}");
        // 50 − 48 = 2: two persons are in one count and not in the other.
        assert!(found[1][1] && !found[1][0], "{found:?}");
        // 130 of 133 leaves a rest of three; 340 and 390 are 50 apart.
        assert!(found[2][0] && !found[2][1] && !found[2][2], "{found:?}");
    }

    #[test]
    fn a_hidden_count_is_not_published_as_another() {
        // 33 − 30 = 3: the 30 is hidden wherever it occurs, also as a whole.
        let rows = [rate(&[33]), rate(&[30]), part(&[(10, 30)])];
        assert_eq!(hidden(&rows, &[]), [[false], [true], [true]]);
    }

    #[test]
    fn a_count_published_elsewhere_hides_the_one_beside_it() {
        // The eight is published elsewhere, and may be a part of the ten: the difference would be two.
        let decided = |row: usize, place: usize| (row == 0 && place == 0).then_some(false);
        let found = hidden_beside(&[rate(&[8, 20]), rate(&[10, 40])], decided, &[]);
        assert_eq!(found, [[false, false], [true, false]]);
        // The three and the two are too few together, so the zero is hidden as well.
        assert_eq!(hidden(&[rate(&[3, 2, 0])], &[Total::of(0..3)]), [[true, true, true]]);
    }

    #[test]
    fn an_areas_total_gives_no_municipality_away() {
        let rows = [rate(&[3, 40, 50, 2, 60, 0])];
        let found = hidden(&rows, &[Total::of(0..6), Total::of(0..3), Total::of(3..6)]);
        assert_eq!(found, [[true, true, false, true, true, false]]);
        // The total less the 40 would reveal a six, in which the one and the five may each have only five values: the
        // 40 is hidden too.
        assert_eq!(hidden(&[rate(&[1, 5, 40])], &[Total::of(0..3)]), [[true, true, true]]);
    }

    #[test]
    fn a_total_that_reveals_is_hidden_and_is_not_the_sum_of_what_is_shown() {
        // If the five were published, the two and the three in it could each have only four values: the five is
        // hidden, and so is the smallest count that the five is summed with.
        let found =
            hidden(&[rate(&[2, 0, 3, 60, 61, 62, 5])], &[Total::of(0..3).published_at(6), Total::of(3..7)]);
        assert_eq!(found, [[true, false, true, true, false, false, true]]);
        // The total of three is hidden. Beside a hidden total, a member of zero stays shown.
        let found = hidden(
            &[rate(&[3, 0, 60, 61, 3]), rate(&[40, 0, 0, 90, 40])],
            &[Total::of(0..2).published_at(4)],
        );
        assert_eq!(found[0], [true, false, false, false, true]);
        // 298 − 296 = 2: the 296 is hidden, and so is one of its members.
        let found = hidden(
            &[rate(&[94, 63, 139, 296]), rate(&[100, 70, 128, 298])],
            &[Total::of(0..3).published_at(3)],
        );
        assert_eq!(found, [[false, true, false, true], [false; 4]]);
    }

    #[test]
    fn a_count_that_another_row_publishes_is_no_complement() {
        // In the total of 35, the two is hidden. The five cannot be hidden with it, since another row publishes
        // the five; the 13 is hidden instead.
        let decided = |row: usize, place: usize| (row == 1 && place == 3).then_some(false);
        let rows = [rate(&[2, 15, 13, 5]), rate(&[0, 0, 0, 5])];
        let found = hidden_beside(&rows, decided, &[Total::of(0..4)]);
        assert_eq!(found[0], [true, false, true, false]);
    }

    #[test]
    fn a_zero_that_is_suppressed_elsewhere_is_not_hidden_and_one_published_elsewhere_may_be() {
        let suppressed = |row: usize, place: usize| (row == 0 && place < 2).then_some(true);
        let found = hidden_beside(&[rate(&[0, 40, 50])], suppressed, &[]);
        assert_eq!(found, [[false, true, false]]);
        // The second row's zero is published. The first row's zero is still hidden beside the three and the
        // two.
        let published = |row: usize, place: usize| (row == 1 && place == 2).then_some(false);
        let found = hidden_beside(&[rate(&[3, 2, 0]), rate(&[0, 0, 0])], published, &[Total::of(0..3)]);
        assert_eq!(found[0], [true, true, true]);
        // The hidden zero of the first row hides no zero of the second.
        let found = hidden(&[rate(&[3, 2, 0]), rate(&[0, 0, 0])], &[Total::of(0..3)]);
        assert_eq!(found[1], [false, false, false]);
    }

    #[test]
    fn a_hidden_count_that_is_not_few_has_another_beside_it_and_seven_of_two_are_enough() {
        // 33 − 30 = 3: the 30 is hidden. The total of its row would reveal the 30, so the 70 is hidden too.
        let found = hidden(&[rate(&[33, 60]), rate(&[30, 70])], &[Total::of(0..2)]);
        assert_eq!(found, [[false, false], [true, true]]);
        // The total less the 40 reveals a seven, in which the three and the four may each be any number from one to
        // six.
        assert_eq!(hidden(&[rate(&[3, 4, 40])], &[Total::of(0..3)]), [[true, true, false]]);
    }

    #[test]
    fn rests_of_one_and_two_are_not_known_from_the_rest_of_a_total() {
        // The rests 101 − 100 and 202 − 200 are hidden. The rest of the total reveals that they add up to
        // three, so a third member is hidden.
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
            // If no count above zero is left to hide, the total itself may be too small for rule 3.
            proptest::prop_assert!(hidden.is_empty() || is_safe || shown.clone().all(|(count, _)| *count == 0));
        }
    }
}
