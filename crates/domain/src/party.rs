//! Parties: who owes and who is owed. Ledgers and files hold a party by its name, which [`Party::of`] reads.

use std::fmt;

use crate::municipality::UNDECIDED;

/// A party of a charge. `Display` gives the name that ledgers and files use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// The state (`staten`), written `state`.
    State,
    /// The clearing account (`avregningskonto`) of a central settlement, written `clearing`.
    Clearing,
    /// A municipality: `1201`, or `1103@2020` for a later lifetime of the same code.
    Municipality {
        code: String,
        /// Year in which the lifetime began; `None` for the first lifetime.
        from: Option<i16>,
    },
    /// Stands in for a party that is yet to be decided, written `undecided:` and a word: the code of a municipality
    /// that was split, or a residence that the register withholds.
    Undecided(String),
    /// An area of residence, in figures that are not by municipality, written `area:Bodø`.
    Area(String),
    /// A health trust, regional authority or institution: an organisation number, or a synthetic `SYN-…`.
    Organisation(String),
}

impl Party {
    /// The party that a name stands for: an organisation unless the name has the form of another kind.
    pub fn of(name: &str) -> Party {
        let is_code = |code: &str| code.len() == 4 && code.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(word) = name.strip_prefix(UNDECIDED) {
            return Party::Undecided(word.to_owned());
        }
        if let Some(area) = name.strip_prefix("area:") {
            return Party::Area(area.to_owned());
        }
        match (name, name.split_once('@')) {
            ("state", _) => Party::State,
            ("clearing", _) => Party::Clearing,
            (code, None) if is_code(code) => Party::Municipality { code: code.to_owned(), from: None },
            (_, Some((code, year))) if is_code(code) && year.len() == 4 => match year.parse() {
                Ok(from) => Party::Municipality { code: code.to_owned(), from: Some(from) },
                Err(_) => Party::Organisation(name.to_owned()),
            },
            _ => Party::Organisation(name.to_owned()),
        }
    }

    /// Code of a municipality; `None` for every other party.
    pub fn municipality(&self) -> Option<&str> {
        match self {
            Party::Municipality { code, from: _ } => Some(code),
            Party::State
            | Party::Clearing
            | Party::Undecided(_)
            | Party::Area(_)
            | Party::Organisation(_) => None,
        }
    }

    /// Whether the party is an organisation: a health trust, regional authority or institution.
    pub fn is_organisation(&self) -> bool {
        match self {
            Party::Organisation(_) => true,
            Party::State
            | Party::Clearing
            | Party::Municipality { .. }
            | Party::Undecided(_)
            | Party::Area(_) => false,
        }
    }

    /// Whether the organisation is made up for a synthetic register.
    pub fn is_synthetic(&self) -> bool {
        matches!(self, Party::Organisation(number) if number.starts_with("SYN-"))
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Party::State => f.write_str("state"),
            Party::Clearing => f.write_str("clearing"),
            Party::Municipality { code, from: None } => f.write_str(code),
            Party::Municipality { code, from: Some(year) } => write!(f, "{code}@{year}"),
            Party::Undecided(word) => write!(f, "{UNDECIDED}{word}"),
            Party::Area(name) => write!(f, "area:{name}"),
            Party::Organisation(number) => f.write_str(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_the_party_that_wrote_it() {
        let municipality = |code: &str, from| Party::Municipality { code: code.to_owned(), from };
        let kinds = [
            ("state", Party::State),
            ("clearing", Party::Clearing),
            ("1201", municipality("1201", None)),
            ("1103@2020", municipality("1103", Some(2020))),
            ("undecided:1507", Party::Undecided("1507".to_owned())),
            ("undecided:region-no-fixed-address", Party::Undecided("region-no-fixed-address".to_owned())),
            ("area:Bodø", Party::Area("Bodø".to_owned())),
            ("983658725", Party::Organisation("983658725".to_owned())),
            ("SYN-P02", Party::Organisation("SYN-P02".to_owned())),
            ("12@34", Party::Organisation("12@34".to_owned())),
        ];
        for (name, party) in kinds {
            assert_eq!(Party::of(name), party, "{name}");
            assert_eq!(party.to_string(), name);
        }
        assert_eq!(Party::of("1103@2020").municipality(), Some("1103"));
        assert_eq!(Party::of("area:1103").municipality(), None);
        assert!(Party::of("SYN-S01").is_synthetic() && !Party::of("983658725").is_synthetic());
    }
}
