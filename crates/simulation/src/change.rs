//! A change in per cent whose sign means what it says.

use domain::Share;
use rulebook::measure;

/// How much a measure changes its target, in hundredths of a per cent: above zero so much goes away, below zero so much is
/// added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change(i64);

impl Change {
    /// Reads a change as people write it: `10 %` or `2,5` goes away, `-10` is added. `None` if more than the whole would go
    /// away or be added, or if it is no number with two decimals at most.
    pub fn parse(text: &str) -> Option<Change> {
        let text = text.trim();
        match text.strip_prefix(['-', '\u{2212}']) {
            Some(added) => Some(Change::from(measure::percent(added)?).reversed()),
            None => Some(Change::from(measure::percent(text)?)),
        }
    }

    /// What is added instead of going away, or the other way round.
    #[must_use]
    pub fn reversed(self) -> Change {
        Change(-self.0)
    }

    /// Whether something is added.
    pub fn adds(self) -> bool {
        self.0 < 0
    }

    /// Hundredths of a per cent that go away; below zero if they are added.
    pub fn basis_points(self) -> i64 {
        self.0
    }

    /// The size of the change, whichever way it goes.
    pub fn size(self) -> Share {
        Share::from_basis_points(self.0.abs()).unwrap_or(Share::NONE)
    }
}

impl From<Share> for Change {
    fn from(share: Share) -> Change {
        Change(share.basis_points())
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.adds() {
            f.write_str("\u{2212}")?;
        }
        self.size().fmt(f)
    }
}
