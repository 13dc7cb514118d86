//! Names of parties and units, and what the program knows of organisations. No other module has them.

use std::collections::BTreeMap;

use domain::{Day, Municipalities, Party};
use words::{Language, say};

use crate::failure::{Result, fail};

const TRUSTS: &str = include_str!("../../../data/trusts.csv");
const ORGANISATIONS: &str = include_str!("../../../data/municipality_organisations.csv");

/// Rows of the table of organisations: number, name, kind, and so on.
fn trusts() -> impl Iterator<Item = Vec<&'static str>> {
    TRUSTS.lines().skip(1).map(|line| line.split(';').collect())
}

/// Name of the health trust that an area belongs to; `None` if no trust has the area, or if several share it.
pub fn trust_of_area(area: u8) -> Option<&'static str> {
    let mut named = trusts()
        .filter_map(|cells| (cells.get(4)?.parse() == Ok(area)).then(|| cells.get(1).copied()).flatten());
    named.next().filter(|_| named.next().is_none())
}

/// Refuses a code that has never been a municipality's number.
///
/// # Errors
/// Fails if no municipality has, or has had, the number.
pub fn need_municipality(code: &str) -> Result<()> {
    if Municipalities::built_in()?.rows().iter().all(|row| row.code != code) {
        fail!("error.order.no_municipality", code);
    }
    Ok(())
}

/// Whether a creditor is a private institution.
pub fn is_private(party: &str) -> bool {
    let is_known = |cells: Vec<&str>| match cells[..] {
        [number, _, kind, ..] => number == party && kind.starts_with("private"),
        _ => false,
    };
    party.starts_with("SYN-P") || trusts().any(is_known)
}

/// Organisation number of a municipality; the party itself if the number is not known.
pub fn organisation_of(party: &str) -> String {
    let Party::Municipality { code, from } = Party::of(party) else { return party.to_owned() };
    // If the party names no year, its last row counts.
    let year = from.map_or_else(String::new, |year| year.to_string());
    let mut found = ORGANISATIONS.lines().rev().filter_map(|line| {
        let cells: Vec<&str> = line.split(';').collect();
        match cells[..] {
            [known, from, number] if known == code && from.starts_with(&year) => Some(number),
            _ => None,
        }
    });
    found.next().unwrap_or(party).to_owned()
}

/// Names of the parties and units that the program knows.
#[derive(Debug, Clone)]
pub struct Names {
    by_party: BTreeMap<String, String>,
    language: Language,
}

impl Names {
    /// The names, with the program's own words in a language.
    pub fn of(municipalities: &Municipalities, language: Language) -> Names {
        let mut by_party = BTreeMap::new();
        for row in municipalities.rows() {
            let from = row.from.unwrap_or(Day::from_number(0));
            by_party.insert(municipalities.party(&row.code, from), format!("{} kommune", row.name));
        }
        by_party.extend(trusts().filter_map(|cells| match cells[..] {
            [number, name, ..] => Some((number.to_owned(), name.to_owned())),
            _ => None,
        }));
        Names { by_party, language }
    }

    /// Name of a party or unit. An unknown one keeps its own word.
    pub fn name(&self, party: &str) -> String {
        self.name_in(party, self.language)
    }

    /// Name of a party or unit, with the program's own words in another language.
    pub fn name_in(&self, party: &str, language: Language) -> String {
        if let Some(name) = self.by_party.get(party) {
            return name.clone();
        }
        match Party::of(party) {
            Party::State => language.text("party.state"),
            Party::Clearing => language.text("party.clearing"),
            Party::Area(area) => say!(language, "party.area", area),
            Party::Undecided(word) => match word.as_str() {
                "no-fixed-address" => language.text("party.no_fixed_address"),
                "protected-address" => language.text("party.protected_address"),
                region if region.starts_with("region-") => language.text("party.unknown_region"),
                code => {
                    let name = self.by_party.get(code).map_or(code, String::as_str);
                    say!(language, "party.split", name)
                }
            },
            Party::Municipality { .. } | Party::Organisation(_) => party.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parties_are_called_what_people_call_them() {
        let names = Names::of(&Municipalities::built_in().unwrap(), Language::Nb);
        assert_eq!(names.name("1201"), "Bergen kommune");
        assert_eq!(
            (names.name("state"), names.name_in("state", Language::En)),
            ("Staten".into(), "The state".into())
        );
        assert_eq!(names.name("area:Bodø"), "Boområde Bodø");
        assert_eq!(names.name("undecided:1507"), "Ålesund kommune (delt, ikke avgjort hvem som svarer)");
        assert_eq!(names.name("undecided:no-fixed-address"), "Uten fast bosted (kommunen er ikke oppgitt)");
        assert_eq!(names.name("U1"), "U1");
        assert!(is_private("SYN-P02") && !is_private("983658725"));
        assert_eq!(organisation_of("983658725"), "983658725");
        assert_eq!(organisation_of("1201"), "964338531");
    }
}
