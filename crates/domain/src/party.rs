//! Parties: who owes and who is owed.

use std::fmt;

/// A party of a charge. `Display` gives the name that files use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// The state (`staten`), written `state`.
    State,
    /// A municipality, by its four-digit code.
    Municipality(String),
    /// An area of residence, in figures that are not by municipality; written `area:Bodø`.
    Area(String),
    /// A health trust, regional authority or private institution, by organisation number.
    Organisation(String),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Party::State => f.write_str("state"),
            Party::Municipality(code) | Party::Organisation(code) => f.write_str(code),
            Party::Area(name) => write!(f, "area:{name}"),
        }
    }
}
