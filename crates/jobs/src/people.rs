//! Inhabitants, from the user's file or from the program's own tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::{Day, Municipalities, Period, Residence};
use register::population::Population;
use simulation::consequence::People;
use statistics::counts::{BANDS, band};
use words::{Message, message};

use crate::failure::{About, Result, fail};
use crate::parties;
use crate::pxweb;
use crate::table::{filled, shaped, small_table};

/// Inhabitants: those of a file ([`rows`]), or those of the program's own tables on 1 January of the year in which
/// `period` begins.
///
/// # Errors
/// Fails if the file cannot be read, has no rows or has a wrong cell, or if the program has no table for that year.
pub fn people(given: Option<&Path>, period: Period) -> Result<People> {
    if let Some(path) = given {
        return Ok(together(&of_file(path, period.from(), Municipalities::known()?)?));
    }
    let year = period.from().year();
    let population = Population::of(year)
        .about(|| message!("error.simulate.inhabitants_do_not_come_program_give", year))?;
    let mut out = People::new();
    for home in population.municipalities {
        out.insert(home.municipality, home.by_age.iter().map(|count| i64::from(*count)).collect());
    }
    Ok(out)
}

/// Inhabitants of a municipality by age: women, men, and those whose sex is not given.
pub type BySex = [Vec<i64>; 3];

/// Inhabitants by sex, as [`people`] gives them without. The program's own tables before 2015 lack the sex; it comes from
/// [`Sexes`].
///
/// # Errors
/// Fails as [`people`] does.
pub fn by_sex(given: Option<&Path>, period: Period) -> Result<BTreeMap<String, BySex>> {
    let municipalities = Municipalities::known()?;
    if let Some(path) = given {
        return of_file(path, period.from(), municipalities);
    }
    let year = period.from().year();
    if let Some(known) = Population::of(year).ok().and_then(known_sexes) {
        return Ok(known);
    }
    let sexes = Sexes::known()?;
    let divided = |(code, ages): (String, Vec<i64>)| {
        let became = later(&code, period.from(), municipalities);
        (code, sexes.divided(&ages, &became))
    };
    Ok(people(None, period)?.into_iter().map(divided).collect())
}

/// Women and men of a table that has them.
pub fn known_sexes(population: Population) -> Option<BTreeMap<String, BySex>> {
    let of = |home: register::population::Inhabitants| {
        let [women, men] = home.by_sex?;
        let counts = |of: Vec<u32>| -> Vec<i64> { of.into_iter().map(i64::from).collect() };
        let nobody = vec![0; women.len()];
        Some((home.municipality, [counts(women), counts(men), nobody]))
    };
    population.municipalities.into_iter().map(of).collect()
}

/// Inhabitants of both sexes together.
pub fn together(people: &BTreeMap<String, BySex>) -> People {
    let sum = |by_sex: &BySex| (0..=100).map(|age| by_sex.iter().map(|ages| ages[age]).sum()).collect();
    people.iter().map(|(code, by_sex)| (code.clone(), sum(by_sex))).collect()
}

/// Women and men of each band of ages on 1 January 2012, by the municipalities of 2024 (SSB, table 07459).
pub struct Sexes(BTreeMap<&'static str, [Vec<i64>; 2]>);

impl Sexes {
    /// The program's own table.
    ///
    /// # Errors
    /// Fails if the table is damaged.
    pub fn known() -> Result<Sexes> {
        let numbers =
            |text: &str| -> Option<Vec<i64>> { text.split(',').map(|count| count.parse().ok()).collect() };
        let mut out = BTreeMap::new();
        for line in include_str!("../../../data/population_sex_2012.csv").lines().skip(1) {
            let cells: Vec<&str> = line.split(';').collect();
            let [code, women, men] = cells[..] else {
                fail!("error.population.population_sex_2012_csv", line)
            };
            let both = numbers(women)
                .zip(numbers(men))
                .about(|| message!("error.population.population_sex_2012_csv_2", code))?;
            out.insert(code, both.into());
        }
        Ok(Sexes(out))
    }

    /// Divides the people of each age into women and men by the shares of 2012 in the municipality, or in those that it
    /// became ([`later`]). People of a band without shares get unknown sex.
    pub fn divided(&self, ages: &[i64], became: &[String]) -> BySex {
        let mut shares = vec![(0, 0); BANDS.len()];
        for [of_women, of_men] in became.iter().filter_map(|code| self.0.get(code.as_str())) {
            for ((sum, women), men) in shares.iter_mut().zip(of_women).zip(of_men) {
                *sum = (sum.0 + women, sum.1 + men);
            }
        }
        let mut out: BySex = std::array::from_fn(|_| vec![0; ages.len()]);
        for (age, people) in ages.iter().enumerate() {
            let (women, men) = shares[band(Some(age as u16))];
            if women + men == 0 {
                out[2][age] = *people;
                continue;
            }
            out[0][age] = (2 * people * women + women + men) / (2 * (women + men));
            out[1][age] = people - out[0][age];
        }
        out
    }
}

/// Codes of a municipality of `day` on 31 December 2023 and on 1 January 2024: its own, or those of the municipalities
/// that it became. A day counts only if it comes after `day`. The list is sorted, and each code stands once.
pub fn later(code: &str, day: Day, municipalities: &Municipalities) -> Vec<String> {
    let days = [Day::new(2024, 1, 1), Day::new(2023, 12, 31)];
    let mut out: Vec<String> = Vec::new();
    for on in days.into_iter().flatten().filter(|on| *on > day) {
        match municipalities.residence(code, on) {
            Residence::Municipality(_) => out.push(code.to_owned()),
            Residence::Ended { became, .. } => out.extend(became),
            _ => {}
        }
    }
    out.sort();
    out.dedup();
    out
}

/// Inhabitants in a file ([`rows`]) by the municipalities of `day`. A municipality may stand with its name.
///
/// # Errors
/// Fails if the file cannot be read, if a cell is wrong, if a sex is neither woman nor man (both together would count
/// everybody twice), or if there is no such municipality on the day; if a municipality has an age and sex twice, or the
/// same age both with and without sex; or if a municipality lacks an age below the highest of the file.
pub fn of_file(path: &Path, day: Day, municipalities: &Municipalities) -> Result<BTreeMap<String, BySex>> {
    let mut out: BTreeMap<String, BySex> = BTreeMap::new();
    let mut seen = Seen::default();
    let all = match pxweb::read(path)? {
        Some(entries) => of_table_service(path, entries, day)?,
        None => rows(path)?,
    };
    for (at, [word, age_as_written, sex, people]) in all {
        let code = parties::municipality_named(&word, Period::of_month(day.month()))
            .about(|| Message::plain(&at))?;
        let (age, people) = ages(&at, &age_as_written, &people)?;
        let sex = place_of_sex(&at, &sex)?;
        seen.take(&at, &code, (age, &age_as_written), sex)?;
        let Some(home) = municipalities.one_on(&code, day) else {
            fail!("error.population.there_no_municipality", at, code, day);
        };
        let of_home = out.entry(home.code.clone()).or_insert_with(|| std::array::from_fn(|_| vec![0; 101]));
        of_home[sex][std::cmp::min(age, 100)] += people;
    }
    seen.is_whole(path)?;
    Ok(out)
}

/// Place of a sex in [`BySex`]: 0 woman, 1 man, 2 not given.
///
/// # Errors
/// Fails if the word is neither woman nor man; both together would count everybody twice.
fn place_of_sex(at: &str, sex: &str) -> Result<usize> {
    Ok(match sex.to_lowercase().as_str() {
        "woman" | "women" | "females" | "kvinne" | "kvinner" | "k" | "w" | "f" => 0,
        "man" | "men" | "males" | "mann" | "menn" | "m" => 1,
        "" => 2,
        _ => fail!("error.population.not_woman_man", at, other = sex),
    })
}

/// A row of a projection.
pub struct Projected {
    pub at: String,
    pub year: i16,
    /// Code or name of the municipality.
    pub word: String,
    /// Age, in whole years and as written.
    pub age: (usize, String),
    /// Place of the sex in [`BySex`].
    pub sex: usize,
    pub people: i64,
}

/// Rows of a file `year;municipality;age;people`, or of a file of Statistics Norway's table service.
///
/// # Errors
/// Fails if the file cannot be read, has no rows or has a wrong cell.
pub fn projected(path: &Path) -> Result<Vec<Projected>> {
    let one = |at: String, year: &str, word: String, age: String, sex: &str, people: &str| {
        let year = year.parse().ok().about(|| message!("error.simulate.no_year", at, year))?;
        let (whole, people) = ages(&at, &age, people)?;
        let sex = place_of_sex(&at, sex)?;
        Ok(Projected { at, year, word, age: (whole, age), sex, people })
    };
    if let Some(entries) = pxweb::read(path)? {
        let mut years: BTreeMap<Option<i16>, Vec<pxweb::Entry>> = BTreeMap::new();
        entries.into_iter().for_each(|entry| years.entry(entry.year).or_default().push(entry));
        let mut out = Vec::new();
        for (year, of_year) in years {
            let year = year.map_or_else(String::new, |year| year.to_string());
            for (at, [code, age, sex, people]) in municipalities_of(of_year) {
                out.push(one(at, &year, code, age, &sex, &people)?);
            }
        }
        return filled(out, path, TABLE_SERVICE);
    }
    let rows = small_table(path, "year;municipality;age;people")?;
    rows.into_iter().map(|(at, [year, word, age, people])| one(at, &year, word, age, "", &people)).collect()
}

/// Columns of a file of Statistics Norway's table service.
const TABLE_SERVICE: &str = "region;kjønn;alder;år;Personer";

/// Rows of a file of Statistics Norway's table service for the year of `day`, as [`rows`] gives them.
///
/// # Errors
/// Fails if the file has several years and not that of `day`.
fn of_table_service(path: &Path, entries: Vec<pxweb::Entry>, day: Day) -> Result<Vec<(String, [String; 4])>> {
    let years: BTreeSet<Option<i16>> = entries.iter().map(|entry| entry.year).collect();
    let wanted = match years.len() {
        0 | 1 => years.first().copied().flatten(),
        _ => Some(day.year()),
    };
    if years.len() > 1 && !years.contains(&wanted) {
        let list: Vec<String> = years.iter().flatten().map(ToString::to_string).collect();
        let (year, years) = (day.year(), list.join(", "));
        fail!("error.pxweb.lacks_year", path = path.display(), year, years);
    }
    let of_year = entries.into_iter().filter(|entry| entry.year == wanted).collect();
    filled(municipalities_of(of_year), path, TABLE_SERVICE)
}

/// Rows of one year of the table service. Regions that are no municipality, sums over ages, and municipalities without anybody
/// (such as those that no longer exist) are left out; both sexes together too, if there is each.
fn municipalities_of(entries: Vec<pxweb::Entry>) -> Vec<(String, [String; 4])> {
    let begins =
        |text: &str, words: [&str; 2]| words.iter().any(|word| text.to_lowercase().starts_with(word));
    let is_both = |sex: &str| begins(sex, ["begge", "both"]);
    let has_each = entries.iter().any(|entry| !entry.sex.is_empty() && !is_both(&entry.sex));
    let mut out = Vec::new();
    let mut has_people: BTreeMap<String, bool> = BTreeMap::new();
    for entry in entries {
        let region = entry.region.trim_start_matches("K-");
        let code = region.split([' ', '\u{a0}']).next().unwrap_or_default().to_owned();
        let is_municipality = code.len() == 4 && code.bytes().all(|byte| byte.is_ascii_digit());
        let is_age = entry.age.starts_with(|letter: char| letter.is_ascii_digit());
        // A dot is a number that cannot be: the municipality was not there.
        let is_number = !matches!(entry.people.as_str(), "" | "." | ".." | "...");
        if !is_municipality || !is_age || !is_number || (has_each && is_both(&entry.sex)) {
            continue;
        }
        *has_people.entry(code.clone()).or_default() |= entry.people.trim() != "0";
        let sex = if is_both(&entry.sex) { String::new() } else { entry.sex };
        out.push((entry.at, [code, entry.age, sex, entry.people]));
    }
    out.retain(|(_, [code, ..])| has_people[code]);
    out
}

/// Ages and sexes (0 woman, 1 man, 2 not given) that a file of inhabitants has, by municipality, or by year and
/// municipality.
#[derive(Debug, Default)]
pub struct Seen(BTreeMap<String, BTreeSet<(usize, usize)>>);

impl Seen {
    /// Takes note of a row at place `at`.
    ///
    /// # Errors
    /// Fails if `code` has the age already with the same sex, or the age both with and without sex.
    pub fn take(&mut self, at: &str, code: &str, (age, as_written): (usize, &str), sex: usize) -> Result<()> {
        let of_code = self.0.entry(code.to_owned()).or_default();
        let others = if sex == 2 { [0, 1] } else { [2, 2] };
        if !of_code.insert((age, sex)) || others.iter().any(|other| of_code.contains(&(age, *other))) {
            fail!("error.population.stands_there_twice", at, code, age = as_written);
        }
        Ok(())
    }

    /// # Errors
    /// Fails if a municipality lacks an age below the highest of the file or below 100, with a sex that it has.
    pub fn is_whole(&self, path: &Path) -> Result<()> {
        let highest = self.0.values().flatten().map(|(age, _)| *age).max().unwrap_or(0);
        for (code, of_code) in &self.0 {
            let sexes: BTreeSet<usize> = of_code.iter().map(|(_, sex)| *sex).collect();
            let lacks = |age: &usize| sexes.iter().any(|sex| !of_code.contains(&(*age, *sex)));
            if let Some(age) = (0..=std::cmp::min(highest, 100)).find(lacks) {
                fail!("error.population.lacks_age", path = path.display(), code, age);
            }
        }
        Ok(())
    }
}

/// Rows of a file `municipality;age;people` or `municipality;age;sex;people`. Each row has its place, `file:line`, and
/// four cells: municipality, age, sex (empty without the column) and people.
///
/// # Errors
/// Fails if the file cannot be read or has no rows, or if a row has a wrong number of cells. Four cells are right if
/// the first row has four, else three.
pub fn rows(path: &Path) -> Result<Vec<(String, [String; 4])>> {
    let rows = register::sheet::rows(path)?;
    let width = |cells: &Vec<String>| cells.iter().rposition(|cell| !cell.is_empty()).map(|last| last + 1);
    if rows.iter().find_map(|(_, cells)| width(cells)) == Some(4) {
        let expected = "municipality;age;sex;people";
        return filled(shaped(path, rows, expected, 4)?, path, expected);
    }
    let expected = "municipality;age;people";
    let rows = filled(shaped(path, rows, expected, 3)?, path, expected)?;
    Ok(rows.into_iter().map(|(at, [code, age, people])| (at, [code, age, String::new(), people])).collect())
}

/// Reads two cells of a row: an age and a number of people. `at` is the place for a message.
///
/// # Errors
/// Fails if the age is not from 0 to 125, or the number of people not from 0 to 100 million.
pub fn ages(at: &str, age: &str, people: &str) -> Result<(usize, i64)> {
    // Statistics Norway writes `0 år`, `100 år eller eldre` and `105+`; a spreadsheet writes `12.0`.
    let plain = age.split([' ', '\u{a0}', '+']).next().unwrap_or_default();
    let plain = register::text::code(plain);
    let age: usize =
        plain.parse().ok().filter(|age| *age <= 125).about(|| message!("error.simulate.no_age", at, age))?;
    let people: i64 = register::text::code(&people.replace(['\u{a0}', ' '], ""))
        .parse()
        .ok()
        // No country has more people of one age: such a number is a mistake, and sums could overflow.
        .filter(|people| (0..=100_000_000).contains(people))
        .about(|| message!("error.simulate.no_number_people", at, people))?;
    Ok((age, people))
}
