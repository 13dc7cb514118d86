//! Names of upright lines, in rows above the drawing.

use crate::text::width_of;

/// A mark with the place of its name: a row above the bars, and the edges of the name.
#[derive(Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) x: f64,
    pub(crate) label: &'a str,
    pub(crate) row: usize,
    pub(crate) left: f64,
    pub(crate) right: f64,
}

/// Distance between a line and its name, in pixels.
const GAP: f64 = 4.0;

/// Places every name beside its line, in as few rows as possible.
pub(crate) fn staggered<'a>(mut marks: Vec<(f64, &'a str)>, wide: f64) -> Vec<Placed<'a>> {
    marks.sort_by(|one, other| one.0.total_cmp(&other.0));
    // Each mark multiplies the search by up to twice the number of rows. More than six marks are not legible anyway.
    if marks.len() <= 6 {
        for rows in 1..=marks.len() {
            let mut done = Vec::new();
            if search(&marks, wide, rows, &mut done) {
                return done;
            }
        }
    }
    // If no free places are found, every name gets a row of its own, and may cover a line.
    let stacked = |(row, (x, label)): (usize, (f64, &'a str))| {
        let long = width_of(label);
        let left = (x + GAP).min(wide - long).max(0.0);
        Placed { x, label, row, left, right: left + long }
    };
    marks.into_iter().enumerate().map(stacked).collect()
}

/// Places the remaining marks so that no name stands on another name or on a line; false if there is no way.
fn search<'a>(marks: &[(f64, &'a str)], wide: f64, rows: usize, done: &mut Vec<Placed<'a>>) -> bool {
    let Some((x, label)) = marks.get(done.len()).copied() else { return true };
    let long = width_of(label);
    for row in 0..rows {
        for left in [x + GAP, x - GAP - long] {
            let here = Placed { x, label, row, left, right: left + long };
            if left >= 0.0 && here.right <= wide && done.iter().all(|other| here.is_clear_of(other)) {
                done.push(here);
                if search(marks, wide, rows, done) {
                    return true;
                }
                done.pop();
            }
        }
    }
    false
}

impl Placed<'_> {
    /// Whether the name of each mark is clear of the other mark's name and line. A line goes from the row of its name
    /// down.
    fn is_clear_of(&self, other: &Placed<'_>) -> bool {
        let is_on_line = |name: &Placed<'_>, line: &Placed<'_>| {
            line.row <= name.row && (name.left - 2.0..=name.right + 2.0).contains(&line.x)
        };
        let is_on_name = self.row == other.row
            && self.left < other.right + 2.0 * GAP
            && other.left < self.right + 2.0 * GAP;
        !(is_on_name || is_on_line(self, other) || is_on_line(other, self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_off_each_other_and_off_lines() {
        let names = ["Gjennomsnitt: 5,2", "Ett av ti år: 11,0", "Ett av hundre år: 44,0"];
        for places in [[70.0, 98.0, 280.0], [150.0, 180.0, 200.0], [20.0, 24.0, 340.0], [300.0, 320.0, 355.0]]
        {
            let placed = staggered(places.into_iter().zip(names).collect(), 360.0);
            assert_eq!(placed.len(), 3);
            for (place, one) in placed.iter().enumerate() {
                assert!(one.left >= 0.0 && one.right <= 360.0, "{one:?}");
                assert!(placed[..place].iter().all(|other| one.is_clear_of(other)), "{placed:?}");
            }
        }
        // Names that are too many for the search get a row each.
        let many = staggered(vec![(100.0, "a"); 9], 360.0);
        assert_eq!(many.iter().map(|name| name.row).collect::<Vec<_>>(), (0..9).collect::<Vec<_>>());
    }
}
