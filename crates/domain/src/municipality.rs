//! Municipalities with their lifetimes, and the changes from one to another.
//!
//! A municipality is identified by its code and its first day, because some codes outlived a merger: 1103
//! Stavanger and 5001 Trondheim are other municipalities in 2020 than in 2019.

use std::sync::LazyLock;

use crate::Day;
use words::{Message, Said, message};

/// One municipality in one lifetime of its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Municipality {
    /// Four digits (`kommunenummer`).
    #[doc(alias = "kommunenummer")]
    pub code: String,
    /// Official name, in every language form.
    pub name: String,
    /// First day; `None` if the municipality began before 2010.
    pub from: Option<Day>,
    /// Last day, included; `None` while the municipality exists.
    pub to: Option<Day>,
    /// Organisation number of the inhabitants' regional health authority.
    pub region: String,
    /// Catchment area of the inhabitants, by its number. The area is that of a health trust.
    pub trust_area: u8,
}

impl Municipality {
    /// Whether the municipality exists on the day.
    pub fn exists_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// Meaning of a residence code in a record, on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Residence {
    /// A municipality that exists on the day: its place in [`Municipalities::rows`].
    Municipality(usize),
    /// No Norwegian municipality: the person lives abroad, or on Svalbard, Jan Mayen or the shelf.
    Abroad,
    /// A municipality that the record withholds, because the person has no fixed address or a protected address.
    Withheld,
    /// A code that was in use before the day.
    Ended {
        /// Last day of the code's latest lifetime among those that ended before the day.
        to: Day,
        /// Codes that replace this code on the day, in order; several after a split.
        became: Vec<String>,
    },
    /// A code that comes into use after the day.
    NotYet {
        /// First day of the code's first lifetime.
        from: Day,
    },
    /// A code that no municipality ever had.
    Unknown,
}

/// All lifetimes of municipalities from 2010 on, and the changes between them.
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

/// Residence code of people who are registered in no municipality and are citizens of a country that has an
/// agreement on health care with Norway.
pub const ABROAD: &str = "9900";
/// Residence codes of people who are registered in no municipality: citizens of a country that has no agreement on health
/// care with Norway, citizens of a country that has such an agreement ([`ABROAD`]), and people on Svalbard, Jan Mayen and
/// the shelf (SKDE's list of residences).
pub const WITHOUT_MUNICIPALITY: [&str; 9] =
    ["9000", ABROAD, "2100", "2111", "2121", "2131", "2211", "2311", "2321"];
/// Words for a residence that a register withholds. A mapping translates the register's codes to these words.
pub const WITHHELD: [&str; 2] = ["no-fixed-address", "protected-address"];

/// Prefix in the name of a party that nobody has decided yet. The prefix stands before the code of a split
/// municipality without a recorded heir, or before the word for a residence that the register withholds.
pub const UNDECIDED: &str = "undecided:";

/// The heir of a party on a day: the party that owes and is owed in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heir {
    /// One party: the party itself, or the municipality that it became.
    One(String),
    /// Several municipalities: a municipality was split, and nobody has decided which one inherits.
    Split {
        /// The municipality that was split: the party itself, or a municipality that the party had been merged into
        /// before.
        party: String,
        /// Parties that the municipality has become by the day.
        became: Vec<String>,
    },
}

/// Error: a line of a table that cannot be read.
#[derive(Debug, Clone, Copy)]
pub struct BadTable {
    table: &'static str,
    line: usize,
    expected: &'static str,
}

words::english_error!(BadTable);

impl Said for BadTable {
    fn said(&self) -> Message {
        let BadTable { table, line, expected } = self;
        message!("error.built_in_table", table, line, expected)
    }
}

impl Municipalities {
    /// The tables built into the program (municipalities: SSB, classification 131; catchment areas: SKDE).
    ///
    /// # Errors
    /// Fails if a table was edited into something that cannot be read.
    pub fn built_in() -> Result<Self, BadTable> {
        Self::known().cloned()
    }

    /// The same tables as [`Self::built_in`], which are read once.
    ///
    /// # Errors
    /// Fails as [`Self::built_in`] does.
    pub fn known() -> Result<&'static Self, BadTable> {
        static KNOWN: LazyLock<Result<Municipalities, BadTable>> = LazyLock::new(|| {
            Municipalities::parse(
                include_str!("../../../data/municipalities.csv"),
                include_str!("../../../data/municipality_changes.csv"),
            )
        });
        KNOWN.as_ref().map_err(|error| *error)
    }

    /// Reads the two tables: `code;name;from;to;region;trust_area` and `on;from_code;to_code;kind`.
    ///
    /// # Errors
    /// Fails if a line has another form.
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

    /// Number of a municipality from three digits, when a spreadsheet dropped the zero in front; `None` if the text is
    /// something else, or if there is no such municipality.
    pub fn with_first_zero(&self, text: &str) -> Option<&str> {
        if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let code = format!("0{text}");
        let place = self.rows.partition_point(|row| row.code < code);
        self.rows.get(place).map(|row| row.code.as_str()).filter(|found| *found == code)
    }

    /// The municipality at a place in [`Self::rows`]; `None` beyond the end.
    pub fn get(&self, place: usize) -> Option<&Municipality> {
        self.rows.get(place)
    }

    /// The municipalities that exist on the day, each with its place in [`Self::rows`].
    pub fn on(&self, day: Day) -> impl Iterator<Item = (usize, &Municipality)> {
        self.rows.iter().enumerate().filter(move |(_, row)| row.exists_on(day))
    }

    /// What a residence code stands for on a day.
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

    /// The municipality that a code stands for on a day: the municipality with the code, or its only successor.
    /// `None` if there are several successors, or if the code stands for no municipality on the day.
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

    /// Name of a municipality as a party: its code, with `@year` for a later lifetime of the code
    /// (`1103@2020`).
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

    /// The lifetime that the name of a party stands for; `None` if the party is no municipality.
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

    /// The heir of a party on a day. A municipality that has ended is followed to its successors; every other
    /// party is its own heir.
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

    /// The municipality that was split: `party` itself, or the municipality that `party` had been merged into
    /// before the split.
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

    /// The municipality that exists on `day` and later becomes, wholly or in part, a municipality with this code. A
    /// split, for instance, gives a new code to a part of a municipality. `None` if the code comes from several
    /// municipalities, or if the one that it comes from does not exist on `day`.
    pub fn predecessor(&self, code: &str, day: Day) -> Option<&Municipality> {
        match self.came_from(code, day)[..] {
            [only] => self.one_on(only, day).filter(|row| row.exists_on(day)),
            _ => None,
        }
    }

    /// As [`Municipalities::predecessor`]; if the code comes from several municipalities, the one with the lowest code.
    pub fn first_predecessor(&self, code: &str, day: Day) -> Option<&Municipality> {
        let mut found = self.came_from(code, day).into_iter().filter_map(|one| self.one_on(one, day));
        found.find(|row| row.exists_on(day))
    }

    /// Codes that become a code after a day, wholly or in part, in order.
    fn came_from(&self, code: &str, day: Day) -> Vec<&str> {
        let changes =
            self.changes.iter().filter(|one| one.to_code == code && one.from_code != code && one.on > day);
        let mut codes: Vec<&str> = changes.map(|change| change.from_code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// Codes that replace a code on `day`, through chains of changes. `ended` is the last day of the code.
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
    fn a_number_gets_its_first_zero_back() {
        let known = Municipalities::known().unwrap();
        for (text, code) in [
            ("301", Some("0301")),
            ("602", Some("0602")),
            ("999", None),
            ("0301", None),
            ("3o1", None),
            ("", None),
        ] {
            assert_eq!(known.with_first_zero(text), code, "{text}");
        }
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
