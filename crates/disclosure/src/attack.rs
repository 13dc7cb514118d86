//! An attack on the published tables: it finds the withheld counts that a reader of all tables can work out. Each
//! published total is a sum; the attack narrows the bounds of the total and its parts until nothing more follows.

use std::collections::BTreeMap;

use crate::withhold::few;

/// Upper bound of a count that nothing is known about.
const ANY: i64 = 1 << 40;

/// Cells by name, with the least and the greatest count that each may have.
#[derive(Debug, Clone, Default)]
pub struct Attack {
    places: BTreeMap<String, usize>,
    bounds: Vec<(i64, i64)>,
    /// Whether a table withholds the cell, by the cell's place.
    withheld: Vec<bool>,
    /// Totals and their parts.
    sums: Vec<(usize, Vec<usize>)>,
}

impl Attack {
    /// Adds a cell and returns its place. `published` is `Some(count)` for a published cell and `None` for a
    /// withheld one. If the name is known, the cell keeps its first value.
    pub fn cell(&mut self, name: &str, published: Option<i64>) -> usize {
        let next = self.bounds.len();
        let place = *self.places.entry(name.to_owned()).or_insert(next);
        if place == next {
            self.bounds.push(published.map_or((0, ANY), |count| (count, count)));
            self.withheld.push(published.is_none());
        }
        place
    }

    /// Adds a cell that stands in no table, and returns its place.
    pub fn unpublished(&mut self, name: &str) -> usize {
        let place = self.bounds.len();
        self.places.insert(name.to_owned(), place);
        self.bounds.push((0, ANY));
        self.withheld.push(false);
        place
    }

    /// The place of a cell by its name; `None` if no cell has the name.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// Number of cells that tables withhold.
    pub fn withheld(&self) -> usize {
        self.withheld.iter().filter(|is_withheld| **is_withheld).count()
    }

    /// Records that the cells `parts` add up to the cell `total`.
    pub fn sum(&mut self, total: usize, parts: Vec<usize>) {
        assert!(!parts.is_empty(), "a sum has parts");
        self.sums.push((total, parts));
    }

    /// Narrows the bounds of every cell as far as the sums allow. Returns the names of the withheld cells whose
    /// count is then known and is one to four.
    pub fn few(mut self) -> Vec<String> {
        while self.narrow() {}
        let is_found = |place: usize| {
            let (low, high) = self.bounds[place];
            self.withheld[place] && low == high && few(low)
        };
        self.places.iter().filter(|(_, place)| is_found(**place)).map(|(name, _)| name.clone()).collect()
    }

    /// Goes through every sum once. Returns whether the bounds of any cell became narrower.
    fn narrow(&mut self) -> bool {
        let mut is_changed = false;
        for (total, parts) in &self.sums {
            let low: i64 = parts.iter().map(|part| self.bounds[*part].0).sum();
            let high: i64 = parts.iter().map(|part| self.bounds[*part].1).sum();
            let (from, to) = (self.bounds[*total].0.max(low), self.bounds[*total].1.min(high));
            let of_parts = parts.iter().map(|part| {
                let mine = self.bounds[*part];
                (*part, (from - (high - mine.1), to - (low - mine.0)))
            });
            let drawn: Vec<(usize, (i64, i64))> = of_parts.chain([(*total, (from, to))]).collect();
            for (cell, (from, to)) in drawn {
                let before = self.bounds[cell];
                let after = (before.0.max(from), before.1.min(to));
                assert!(after.0 <= after.1, "the tables do not add up: {after:?}");
                is_changed |= after != before;
                self.bounds[cell] = after;
            }
        }
        is_changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_hidden_part_of_a_sum_is_found_and_two_are_not() {
        let mut attack = Attack::default();
        let total = attack.cell("total", Some(10));
        let parts = vec![attack.cell("a", Some(7)), attack.cell("b", None)];
        attack.sum(total, parts);
        assert_eq!(attack.few(), ["b"]);
        let mut attack = Attack::default();
        let total = attack.cell("total", Some(10));
        let parts = vec![attack.cell("a", None), attack.cell("b", None)];
        attack.sum(total, parts);
        assert!(attack.few().is_empty());
    }

    #[test]
    fn what_follows_from_a_later_sum_is_carried_back_to_an_earlier() {
        let mut attack = Attack::default();
        let (total, other) = (attack.cell("total", Some(10)), attack.cell("other", Some(12)));
        let [a, b] = ["a", "b"].map(|name| attack.cell(name, None));
        let c = attack.cell("c", Some(5));
        attack.sum(total, vec![a, b]);
        attack.sum(other, vec![b, c]);
        assert_eq!((attack.place("b"), attack.place("d"), attack.withheld()), (Some(3), None, 2));
        // The seven of `b` is worked out as well, but is not one to four.
        assert_eq!(attack.few(), ["a"]);
    }

    #[test]
    fn a_count_that_is_not_exact_or_stands_in_no_table_is_not_found() {
        // At most eight of the ten are in `a`, so `b` has at least two. Its exact count stays unknown.
        let mut attack = Attack::default();
        let (ten, eight) = (attack.cell("ten", Some(10)), attack.cell("eight", Some(8)));
        let [a, b, c] = ["a", "b", "c"].map(|name| attack.cell(name, None));
        attack.sum(ten, vec![a, b]);
        attack.sum(eight, vec![a, c]);
        assert!(attack.few().is_empty());
        // The difference of three stands in no table, so no table withholds it.
        let mut attack = Attack::default();
        let (total, part) = (attack.cell("total", Some(10)), attack.cell("part", Some(7)));
        let rest = attack.unpublished("rest");
        assert_eq!((rest, attack.place("rest"), attack.withheld()), (2, Some(2), 0));
        attack.sum(total, vec![part, rest]);
        assert!(attack.few().is_empty());
    }
}
