//! Names of parties and units, and what the program knows of organisations. No other module reads the table of
//! organisations.

use std::collections::BTreeMap;

use domain::municipality::Municipality;
use domain::{Day, Municipalities, Party, Period, Residence};
use statistics::flows::Treater;
use words::{Language, Message, message, say};

use crate::failure::{About, Result, fail};

const TRUSTS: &str = include_str!("../../../data/trusts.csv");
const ORGANISATIONS: &str = include_str!("../../../data/municipality_organisations.csv");

/// Rows of the table of organisations: number, name, kind, and so on.
fn trusts() -> impl Iterator<Item = Vec<&'static str>> {
    TRUSTS.lines().skip(1).map(|line| line.split(';').collect())
}

/// Whether a number is that of a trust or institution that the program knows.
pub fn is_known(number: &str) -> bool {
    trusts().any(|cells| cells.first() == Some(&number))
}

/// Name of the health trust that an area belongs to; `None` if no trust has the area, or if several trusts share the
/// area.
pub fn trust_of_area(area: u8) -> Option<&'static str> {
    let mut named = trusts()
        .filter_map(|cells| (cells.get(4)?.parse() == Ok(area)).then(|| cells.get(1).copied()).flatten());
    named.next().filter(|_| named.next().is_none())
}

/// Trust area of all of Oslo, and the trust areas of the trusts that share it.
const OSLO: (u8, [u8; 4]) = (30, [15, 16, 17, 18]);

/// What the program knows of a trust or private institution; `None` if it does not know the number.
pub fn treater(number: &str) -> Option<Treater> {
    let cells = trusts().find(|cells| cells.first() == Some(&number))?;
    let [_, _, kind, region, area] = cells[..] else { return None };
    let own: Option<u8> = area.parse().ok();
    let shared = own.filter(|own| OSLO.1.contains(own)).map(|_| OSLO.0);
    let areas = own.into_iter().chain(shared).collect();
    Some(Treater { areas, region: region.to_owned(), is_private: kind == "private-with-agreement" })
}

/// Refuses a code that has never been a municipality's number.
///
/// # Errors
/// Fails if no municipality has, or has had, the number.
pub fn need_municipality(code: &str) -> Result<()> {
    if Municipalities::known()?.rows().iter().all(|row| row.code != code) {
        fail!("error.order.no_municipality", code);
    }
    Ok(())
}

/// The municipality or organisation that a person means by a word. The word is a number, also without the zero in
/// front, or a name in any language form, with or without `kommune` and with or without Norwegian letters. A name
/// stands for the party that has the name in the period; on its last day, if several have it one after the other. A word
/// that is like no name is returned as it is, since it may be a code that the program does not know.
///
/// # Errors
/// Fails if several parties have the name in the period, if a municipality has the name in another period only, or if
/// the word is not a name but is like one.
pub fn named(word: &str, period: Period) -> Result<String> {
    let municipalities = Municipalities::known()?;
    let word = word.trim();
    // A code that outlived a merger is the party that has it in the period.
    let code = municipalities.with_first_zero(word).unwrap_or(word);
    if code.len() == 4 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(municipalities.party(code, period.to()));
    }
    if ["staten", "staten (helsedirektoratet)", "the state"].contains(&word.to_lowercase().as_str()) {
        return Ok(Party::State.to_string());
    }
    // The program's own words for parties are no names.
    let is_own = !matches!(Party::of(word), Party::Municipality { .. } | Party::Organisation(_));
    if is_own || word.bytes().all(|byte| !byte.is_ascii_alphabetic()) {
        return Ok(word.to_owned());
    }
    let wanted = plain_name(word);
    let is_called = |name: &str| forms(name).any(|form| plain_name(form) == wanted);
    let parties = |is_in: bool| {
        let rows = municipalities.rows().iter();
        let exists = |row: &&Municipality| {
            let (from, to) = (row.from.unwrap_or(period.from()), row.to.unwrap_or(period.to()));
            from <= period.to() && period.from() <= to
        };
        rows.filter(move |row| exists(row) == is_in)
    };
    // Over the years of a merger or a new number, the name is that of the last day.
    let (last, before): (Vec<&Municipality>, Vec<&Municipality>) =
        parties(true).filter(|row| is_called(&row.name)).partition(|row| row.exists_on(period.to()));
    let mut found: Vec<(String, String)> = if last.is_empty() { before } else { last }
        .into_iter()
        .map(|row| {
            (municipalities.party(&row.code, row.from.unwrap_or(Day::from_number(0))), row.name.clone())
        })
        .collect();
    found.extend(trusts().filter_map(|cells| match cells[..] {
        [number, name, ..] if is_called(name) => Some((number.to_owned(), name.to_owned())),
        _ => None,
    }));
    match &found[..] {
        [(party, _)] => return Ok(party.clone()),
        [] => {}
        several => {
            let list: Vec<String> = several.iter().map(|(code, name)| format!("{code} {name}")).collect();
            fail!("error.party.several", word, list = list.join(", "));
        }
    }
    let elsewhere: Vec<String> = parties(false)
        .filter(|row| is_called(&row.name))
        .map(|row| {
            let day = |day: Option<Day>| day.map_or_else(String::new, |day| day.to_string());
            format!("{} {} ({}–{})", row.code, row.name, day(row.from), day(row.to))
        })
        .collect();
    if !elsewhere.is_empty() {
        fail!("error.party.other_time", word, period, list = elsewhere.join(", "));
    }
    let mut near: Vec<(f64, String)> = parties(true)
        .map(|row| (row.code.as_str(), row.name.as_str()))
        .chain(trusts().filter_map(|cells| Some((*cells.first()?, *cells.get(1)?))))
        .map(|(code, name)| {
            let likeness = forms(name).map(|form| strsim::jaro_winkler(&plain_name(form), &wanted));
            (likeness.fold(0.0, f64::max), format!("{name} ({code})"))
        })
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    if !near.is_empty() {
        let list: Vec<String> = near.into_iter().take(3).map(|(_, name)| name).collect();
        fail!("error.party.near", word, list = list.join(", "));
    }
    Ok(word.to_owned())
}

/// As [`named`], for a municipality: the code alone, without the year that marks a later lifetime of the code.
///
/// # Errors
/// Fails as [`named`] does.
pub fn municipality_named(word: &str, period: Period) -> Result<String> {
    Ok(code_of(&named(word, period)?).to_owned())
}

/// Code of the municipality that a cell at `at` in a file means; `None` if there is no such municipality on `day`.
///
/// # Errors
/// Fails as [`municipality_named`] does, with the place of the cell.
pub fn municipality_on(at: &str, word: &str, period: Period, day: Day) -> Result<Option<String>> {
    let code = municipality_named(word, period).about(|| Message::plain(at))?;
    let is_there = matches!(Municipalities::known()?.residence(&code, day), Residence::Municipality(_));
    Ok(is_there.then_some(code))
}

/// Code of the municipality that a cell of a table means in a period.
///
/// # Errors
/// Fails if no municipality has the number or the name then.
pub fn municipality_of(at: &str, word: &str, period: Period) -> Result<String> {
    let found = municipality_on(at, word, period, period.from())?;
    found.about(|| message!("error.simulate.not_in_year", at, word, period))
}

/// As [`municipality_named`], for several. `is_there` tells whether there is a municipality with a code.
///
/// # Errors
/// Fails as [`municipality_named`] does, or if one is not there.
pub fn municipalities_named(
    words: &[String],
    period: Period,
    is_there: impl Fn(&str) -> bool,
) -> Result<Vec<String>> {
    let named = words.iter().map(|word| municipality_named(word, period)).collect::<Result<Vec<String>>>()?;
    if let Some(code) = named.iter().find(|code| !is_there(code)) {
        fail!("error.order.there_no_municipality_in", code, period);
    }
    Ok(named)
}

/// A party without the year that marks a later lifetime of a municipality's code.
pub fn code_of(party: &str) -> &str {
    party.split('@').next().unwrap_or(party)
}

/// Least likeness of two names that are alike, from 0 to 1 (Jaro and Winkler).
const ALIKE: f64 = 0.93;

/// The forms of a name: the whole name, the name without the county in brackets, and the name in each language.
fn forms(name: &str) -> impl Iterator<Item = &str> {
    let short = name.split_once(" (").map(|(short, _)| short);
    std::iter::once(name).chain(short).chain(name.split(" - "))
}

/// A name in small letters, without `kommune`, and with plain letters in place of those that a foreign keyboard lacks.
fn plain_name(name: &str) -> String {
    let name = name.to_lowercase();
    let ends = [" kommune", " kommuna", " herad"];
    let short = ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    let letter = |letter: char| match letter {
        'å' | 'á' | 'à' | 'â' | 'ä' => "a".to_owned(),
        'ø' | 'ö' | 'ó' => "o".to_owned(),
        'æ' => "ae".to_owned(),
        'š' => "s".to_owned(),
        'đ' => "d".to_owned(),
        'ŋ' => "n".to_owned(),
        'č' => "c".to_owned(),
        'ž' => "z".to_owned(),
        'ŧ' => "t".to_owned(),
        'é' => "e".to_owned(),
        '-' | '/' | '.' | '_' => " ".to_owned(),
        other => other.to_string(),
    };
    let folded: String = short.chars().map(letter).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ").replace("aa", "a")
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
    // If the party names no year, the last row of the code counts.
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

/// Name of a municipality with the word for municipality.
pub fn in_full(row: &Municipality) -> String {
    format!("{} kommune", row.name)
}

impl Names {
    /// The names, with the program's own words in a language.
    pub fn of(municipalities: &Municipalities, language: Language) -> Names {
        let mut by_party = BTreeMap::new();
        for row in municipalities.rows() {
            let from = row.from.unwrap_or(Day::from_number(0));
            by_party.insert(municipalities.party(&row.code, from), in_full(row));
        }
        by_party.extend(trusts().filter_map(|cells| match cells[..] {
            [number, name, ..] => Some((number.to_owned(), name.to_owned())),
            _ => None,
        }));
        Names { by_party, language }
    }

    /// The names, where a code of a municipality stands for the one that has it on a day.
    pub fn on(municipalities: &Municipalities, day: Day, language: Language) -> Names {
        let mut names = Names::of(municipalities, language);
        for (_, row) in municipalities.on(day) {
            names.by_party.insert(row.code.clone(), in_full(row));
        }
        names
    }

    /// Name of a party or unit. An unknown party or unit keeps its own word.
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
    fn a_party_is_found_by_any_name_it_has() {
        let of = |word: &str, year: &str| named(word, Period::parse_any(year).unwrap());
        for (word, year, party) in [
            ("1201", "2012", "1201"),
            ("807", "2012", "0807"),
            ("Notodden", "2012", "0807"),
            ("NOTODDEN kommune", "2012", "0807"),
            ("notodden", "2021", "3808"),
            ("Bergen", "2012", "1201"),
            ("Bergen", "2024", "4601"),
            ("Stavanger", "2012", "1103"),
            ("Stavanger", "2021", "1103@2020"),
            ("Stavanger", "2018-2021", "1103@2020"),
            ("Bergen", "2018-2021", "4601"),
            ("1103", "2019", "1103"),
            ("1103", "2024", "1103@2020"),
            ("1103@2020", "2024", "1103@2020"),
            ("9999", "2024", "9999"),
            ("Tromso", "2012", "1902"),
            ("Aalesund", "2012", "1504"),
            ("kautokeino", "2012", "2011"),
            ("Guovdageaidnu", "2012", "2011"),
            ("Guovdageaidnu - Kautokeino", "2012", "2011"),
            ("Helse Bergen HF", "2012", "983974724"),
            ("983974724", "2012", "983974724"),
            ("SYN-P02", "2012", "SYN-P02"),
            ("clearing", "2012", "clearing"),
            ("state", "2012", "state"),
            ("Staten", "2012", "state"),
            ("Klinikken AS", "2012", "Klinikken AS"),
        ] {
            assert_eq!(of(word, year).unwrap(), party, "{word} {year}");
        }
        let fault = |word: &str, year: &str| match of(word, year) {
            Err(crate::failure::Failure::Failed { said, .. }) => Language::Nb.say(&said[0]),
            other => panic!("{word}: {other:?}"),
        };
        let several = fault("Herøy", "2012");
        assert!(several.contains("1515 Herøy") && several.contains("1818 Herøy"), "{several}");
        assert!(fault("Indre Østfold", "2012").contains("3014"), "{}", fault("Indre Østfold", "2012"));
        assert!(fault("Nottoden", "2012").contains("Notodden (0807)"), "{}", fault("Nottoden", "2012"));
    }

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
