//! Municipalities with their lifetimes, and which became which.
//!
//! A municipality is its code and the day it came into being, because some codes outlived a merger
//! (1103 Stavanger and 5001 Trondheim in 2020 are not those of 2019).

use crate::Day;

/// One municipality in one lifetime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Municipality {
    /// Four digits (`kommunenummer`).
    #[doc(alias = "kommunenummer")]
    pub code: String,
    /// Official name, every language form.
    pub name: String,
    /// First day; `None` if before 2010.
    pub from: Option<Day>,
    /// Last day, included; `None` if it exists.
    pub to: Option<Day>,
    /// Organisation number of the regional authority that its inhabitants belong to.
    pub region: String,
    /// Catchment area (trust) of its inhabitants.
    pub trust_area: u8,
}

impl Municipality {
    /// Whether it exists on the day.
    pub fn exists_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// What a residence code in a record stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Residence {
    /// A municipality that exists on the day.
    Municipality(usize),
    /// Registered in no Norwegian municipality: resident abroad, or on Svalbard, Jan Mayen or the shelf.
    Abroad,
    /// Registered in a municipality that the record does not tell: no fixed address, or a protected one.
    Withheld,
    /// The code was in use at another time; the municipalities it has become by the day, if any.
    Ended {
        /// Last day of the code's latest lifetime before the day.
        to: Day,
        /// Codes that hold on the day; more than one after a split.
        became: Vec<String>,
    },
    /// The code comes into use later.
    NotYet {
        /// Its first day.
        from: Day,
    },
    /// No municipality ever had it.
    Unknown,
}

/// All municipalities from 2010 on.
#[derive(Debug, Clone)]
pub struct Municipalities {
    rows: Vec<Municipality>,
    changes: Vec<Change>,
}

#[derive(Debug, Clone)]
struct Change {
    on: Day,
    from_code: String,
    to_code: String,
}

/// Code used for residents of other countries.
pub const ABROAD: &str = "9900";
/// Codes beside the municipalities: foreign citizens without and with a convention, Svalbard, Jan Mayen and the
/// shelf (SKDE's list of residences). Nobody is registered in a municipality under them.
pub const WITHOUT_MUNICIPALITY: [&str; 9] =
    ["9000", ABROAD, "2100", "2111", "2121", "2131", "2211", "2311", "2321"];
/// Words for residences that a register does not tell; a mapping turns its own codes into them.
pub const WITHHELD: [&str; 2] = ["no-fixed-address", "protected-address"];

/// Before the code of a municipality that was split, where nobody has decided who inherits, or the word for a
/// residence that the register does not tell.
pub const UNDECIDED: &str = "undecided:";

/// Who answers for a party on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heir {
    /// This party: itself, or the one that it became.
    One(String),
    /// A municipality was split into several, and nobody has decided: itself, or one that it was merged into
    /// before, and what that became.
    Split {
        /// The party that was split.
        party: String,
        /// What it became.
        became: Vec<String>,
    },
}

/// A line of a table that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{table}:{line}: expected {expected}")]
pub struct BadTable {
    table: &'static str,
    line: usize,
    expected: &'static str,
}

impl Municipalities {
    /// The tables that come with the program (SSB, classification 131; catchments: SKDE).
    ///
    /// # Errors
    /// If a table was edited into something that cannot be read.
    pub fn built_in() -> Result<Self, BadTable> {
        Self::parse(
            include_str!("../../../data/municipalities.csv"),
            include_str!("../../../data/municipality_changes.csv"),
        )
    }

    /// Reads the two tables: `code;name;from;to;region;trust_area` and `on;from_code;to_code;kind`.
    ///
    /// # Errors
    /// If a line does not have that form.
    pub fn parse(municipalities: &str, changes: &str) -> Result<Self, BadTable> {
        let mut rows = Vec::new();
        for (place, line) in municipalities.lines().enumerate().skip(1) {
            let bad = |expected| BadTable { table: "municipalities.csv", line: place + 1, expected };
            let fields: Vec<&str> = line.split(';').collect();
            let [code, name, from, to, region, trust_area] = fields[..] else {
                return Err(bad("code;name;from;to;region;trust_area"));
            };
            let day = |text: &str| match text {
                "" => Ok(None),
                text => Day::parse(text).map(Some).map_err(|_| bad("a day, or nothing, in from and to")),
            };
            rows.push(Municipality {
                code: code.to_owned(),
                name: name.to_owned(),
                from: day(from)?,
                to: day(to)?,
                region: region.to_owned(),
                trust_area: trust_area.parse().map_err(|_| bad("a number in trust_area"))?,
            });
        }
        let mut all = Municipalities { rows, changes: Vec::new() };
        for (place, line) in changes.lines().enumerate().skip(1) {
            let bad = |expected| BadTable { table: "municipality_changes.csv", line: place + 1, expected };
            let fields: Vec<&str> = line.split(';').collect();
            let [on, from_code, to_code, _kind] = fields[..] else {
                return Err(bad("on;from_code;to_code;kind"));
            };
            let on = Day::parse(on).map_err(|_| bad("a day in on"))?;
            all.changes.push(Change { on, from_code: from_code.to_owned(), to_code: to_code.to_owned() });
        }
        Ok(all)
    }

    /// All lifetimes, in order of code and first day.
    pub fn rows(&self) -> &[Municipality] {
        &self.rows
    }

    /// The municipality at a place in [`Self::rows`].
    pub fn get(&self, place: usize) -> Option<&Municipality> {
        self.rows.get(place)
    }

    /// Those that exist on the day.
    pub fn on(&self, day: Day) -> impl Iterator<Item = (usize, &Municipality)> {
        self.rows.iter().enumerate().filter(move |(_, row)| row.exists_on(day))
    }

    /// What a code stands for on a day.
    pub fn residence(&self, code: &str, day: Day) -> Residence {
        if WITHOUT_MUNICIPALITY.contains(&code) {
            return Residence::Abroad;
        }
        if WITHHELD.contains(&code) {
            return Residence::Withheld;
        }
        let start = self.rows.partition_point(|row| row.code.as_str() < code);
        let lifetimes = || self.rows[start..].iter().enumerate().take_while(|(_, row)| row.code == code);
        if let Some((place, _)) = lifetimes().find(|(_, row)| row.exists_on(day)) {
            return Residence::Municipality(start + place);
        }
        if let Some(to) = lifetimes().filter_map(|(_, row)| row.to).filter(|to| *to < day).max() {
            let mut became = self.successors(code, to, day);
            became.sort();
            became.dedup();
            return Residence::Ended { to, became };
        }
        match lifetimes().filter_map(|(_, row)| row.from).min() {
            Some(from) => Residence::NotYet { from },
            None => Residence::Unknown,
        }
    }

    /// The municipality that a code stands for on a day: itself, or the one that it became; `None` where it became
    /// several, or is none.
    pub fn one_on(&self, code: &str, day: Day) -> Option<&Municipality> {
        match self.residence(code, day) {
            Residence::Municipality(place) => self.get(place),
            Residence::Ended { became, .. } => match &became[..] {
                [one] => match self.residence(one, day) {
                    Residence::Municipality(place) => self.get(place),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// The name of a municipality as a party: its code, with `@year` for a later lifetime of the same code.
    pub fn party(&self, code: &str, day: Day) -> String {
        let lifetimes: Vec<&Municipality> = self.rows.iter().filter(|row| row.code == code).collect();
        match lifetimes.iter().position(|row| row.exists_on(day)) {
            Some(place) if place > 0 => match lifetimes[place].from {
                Some(from) => format!("{code}@{}", from.year()),
                None => code.to_owned(),
            },
            _ => code.to_owned(),
        }
    }

    /// The lifetime that a party's name stands for; `None` if it is no municipality.
    pub fn of_party(&self, party: &str) -> Option<&Municipality> {
        let (code, year) = match party.split_once('@') {
            Some((code, year)) => (code, year.parse::<i16>().ok()),
            None => (party, None),
        };
        let mut lifetimes = self.rows.iter().filter(|row| row.code == code);
        match year {
            None => lifetimes.next(),
            Some(year) => lifetimes.find(|row| row.from.is_some_and(|from| from.year() == year)),
        }
    }

    /// Who answers for a party on a day: a municipality that has ended is followed to its successor.
    pub fn heir(&self, party: &str, day: Day) -> Heir {
        let Some(row) = self.of_party(party) else { return Heir::One(party.to_owned()) };
        let Some(to) = row.to.filter(|to| *to < day) else { return Heir::One(party.to_owned()) };
        let mut became: Vec<String> =
            self.successors(&row.code, to, day).iter().map(|code| self.party(code, day)).collect();
        became.sort();
        became.dedup();
        match &became[..] {
            [] => Heir::One(party.to_owned()),
            [one] => Heir::One(one.clone()),
            _ => Heir::Split { party: self.split(party, &row.code, to, day), became },
        }
    }

    /// The party that was split: this one, or the single one that it had become when that happened.
    fn split(&self, party: &str, code: &str, ended: Day, day: Day) -> String {
        let next: Vec<&Change> =
            self.changes.iter().filter(|c| c.from_code == code && c.on > ended && c.on <= day).collect();
        let on = next.iter().map(|change| change.on).min();
        match next.iter().filter(|change| Some(change.on) == on).collect::<Vec<_>>()[..] {
            [one] => {
                let became = self.party(&one.to_code, one.on);
                match self.of_party(&became).and_then(|row| row.to) {
                    Some(to) if to < day => self.split(&became, &one.to_code, to, day),
                    _ => party.to_owned(),
                }
            }
            _ => party.to_owned(),
        }
    }

    /// The codes that a code, ended after `ended`, has become by the day. Follows chains of changes.
    fn successors(&self, code: &str, ended: Day, day: Day) -> Vec<String> {
        let mut out = Vec::new();
        for change in &self.changes {
            if change.from_code != code || change.on <= ended || change.on > day {
                continue;
            }
            let lives = self.rows.iter().any(|row| row.code == change.to_code && row.exists_on(day));
            if lives || change.to_code == code {
                out.push(change.to_code.clone());
            } else {
                out.extend(self.successors(&change.to_code, change.on, day));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn counts_agree_with_statistics_norway() {
        let all = Municipalities::built_in().unwrap();
        for (on, count) in [
            ("2011-07-01", 430),
            ("2012-07-01", 429),
            ("2013-07-01", 428),
            ("2019-07-01", 422),
            ("2024-07-01", 357),
        ] {
            assert_eq!(all.on(day(on)).count(), count, "{on}");
        }
    }

    #[test]
    fn a_merged_code_says_what_it_became() {
        let all = Municipalities::built_in().unwrap();
        let became = |code, on| match all.residence(code, day(on)) {
            Residence::Ended { became, .. } => became.join("+"),
            other => format!("{other:?}"),
        };
        assert_eq!(became("1723", "2012-03-01"), "1756");
        assert_eq!(became("1901", "2013-03-01"), "1903");
        assert_eq!(became("0720", "2017-03-01"), "0704+0710");
        assert_eq!(became("0101", "2024-03-01"), "3101");
        assert_eq!(all.residence("0000", day("2012-01-01")), Residence::Unknown);
        assert_eq!(all.residence("9900", day("2012-01-01")), Residence::Abroad);
        assert_eq!(all.residence("2100", day("2012-01-01")), Residence::Abroad);
        assert_eq!(all.residence("protected-address", day("2012-01-01")), Residence::Withheld);
        assert!(matches!(all.residence("3101", day("2012-01-01")), Residence::NotYet { .. }));
    }

    #[test]
    fn a_successor_inherits_and_a_split_waits() {
        let all = Municipalities::built_in().unwrap();
        let heir = |party: &str, on| all.heir(party, day(on));
        assert_eq!(heir("1901", "2012-12-31"), Heir::One("1901".into()));
        assert_eq!(heir("1901", "2013-01-01"), Heir::One("1903".into()));
        assert_eq!(
            heir("0720", "2017-03-01"),
            Heir::Split { party: "0720".into(), became: vec!["0704@2017".into(), "0710".into()] }
        );
        assert_eq!(all.party("1103", day("2019-12-31")), "1103");
        assert_eq!(all.party("1103", day("2020-01-01")), "1103@2020");
        assert_eq!(heir("1103", "2020-06-01"), Heir::One("1103@2020".into()));
        assert_eq!(heir("983658725", "2020-06-01"), Heir::One("983658725".into()));
    }

    #[test]
    fn a_code_that_outlived_a_merger_has_two_lifetimes() {
        let all = Municipalities::built_in().unwrap();
        let before = all.residence("1103", day("2019-12-31"));
        let after = all.residence("1103", day("2020-01-01"));
        assert!(matches!(before, Residence::Municipality(_)) && before != after);
    }
}
