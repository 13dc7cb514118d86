//! The population: published numbers of inhabitants by municipality and age (SSB, table 07459), from 2015 on by sex too
//! ([`recent`]). Before, the municipal tables do not give sex, and it is apportioned by the country's share at each age.

pub mod recent;

use domain::{Day, Municipalities, Residence};
use recent::{BySex, Recent};
use words::{Message, Said, message};

/// Years with a population table.
pub const YEARS: std::ops::RangeInclusive<i16> = 2010..=*recent::YEARS.end();

/// Inhabitants of one municipality.
#[derive(Debug, Clone)]
pub struct Inhabitants {
    /// Code of the municipality, as of the year.
    pub municipality: String,
    /// Organisation number of the regional health authority (`regionalt helseforetak`).
    pub region: String,
    pub trust_area: u8,
    /// Number of persons at each age from 0 to 100; the last number includes everybody older.
    pub by_age: Vec<u32>,
    /// Women and men at each age; `None` before 2015.
    pub by_sex: Option<BySex>,
    /// Whether ages and sexes are those of municipalities that this one later merged with.
    pub is_shared: bool,
}

/// The country's population on 1 January of a year.
#[derive(Debug, Clone)]
pub struct Population {
    /// Municipalities in the order of their codes.
    pub municipalities: Vec<Inhabitants>,
    /// Share of men at each age from 0, as a fraction.
    pub men: Vec<f64>,
    /// Number of persons in the country.
    pub persons: u64,
}

/// A population table that is missing or damaged. The tables are built in, so only a missing year can come up
/// in a tested program.
#[derive(Debug)]
pub enum BadPopulation {
    /// There is no table for this year.
    NoYear(i16),
    /// This line of a population table is damaged.
    Line(usize),
    /// The table of municipalities is damaged.
    Municipalities(domain::municipality::BadTable),
}

words::english_error!(BadPopulation);

impl Said for BadPopulation {
    fn said(&self) -> Message {
        match self {
            BadPopulation::NoYear(value) => message!("error.population_table.no_year", value),
            BadPopulation::Line(value) => message!("error.population_table.line", value),
            BadPopulation::Municipalities(inner) => inner.said(),
        }
    }
}

impl From<domain::municipality::BadTable> for BadPopulation {
    fn from(error: domain::municipality::BadTable) -> BadPopulation {
        BadPopulation::Municipalities(error)
    }
}

impl Population {
    /// The population on 1 January of a year.
    ///
    /// # Errors
    /// Fails if there is no table for the year, or if a built-in table is damaged.
    pub fn of(year: i16) -> Result<Population, BadPopulation> {
        let register = Municipalities::built_in()?;
        let rows: Vec<Inhabitants> = match recent::YEARS.contains(&year) {
            true => {
                let all = recent::of(year, &register)?.into_iter();
                all.map(|one| of_recent(one, year, &register)).collect::<Result<_, _>>()?
            }
            false => of_table(year, &register)?,
        };
        let persons = rows.iter().flat_map(|row| &row.by_age).map(|count| u64::from(*count)).sum();
        let men = match recent::YEARS.contains(&year) {
            true => men_of(&rows),
            false => men(year)?,
        };
        Ok(Population { municipalities: rows, men, persons })
    }
}

/// A municipality of a year with its region and trust area.
fn placed(
    code: String,
    (by_age, by_sex, is_shared): (Vec<u32>, Option<BySex>, bool),
    year: i16,
    register: &Municipalities,
) -> Result<Inhabitants, BadPopulation> {
    let no_year = || BadPopulation::NoYear(year);
    let new_year = Day::new(year, 1, 1).ok_or_else(no_year)?;
    let Residence::Municipality(place) = register.residence(&code, new_year) else { return Err(no_year()) };
    let row = register.get(place).ok_or_else(no_year)?;
    let (region, trust_area) = (row.region.clone(), row.trust_area);
    Ok(Inhabitants { municipality: code, region, trust_area, by_age, by_sex, is_shared })
}

fn of_recent(one: Recent, year: i16, register: &Municipalities) -> Result<Inhabitants, BadPopulation> {
    let by_age = one.by_sex[0].iter().zip(&one.by_sex[1]).map(|(women, men)| women + men).collect();
    placed(one.code, (by_age, Some(one.by_sex), one.is_shared), year, register)
}

/// The municipalities of a table by age alone.
fn of_table(year: i16, register: &Municipalities) -> Result<Vec<Inhabitants>, BadPopulation> {
    let table = match year {
        2010 => include_str!("../../../../data/population_2010.csv"),
        2011 => include_str!("../../../../data/population_2011.csv"),
        2012 => include_str!("../../../../data/population_2012.csv"),
        2013 => include_str!("../../../../data/population_2013.csv"),
        2014 => include_str!("../../../../data/population_2014.csv"),
        other => return Err(BadPopulation::NoYear(other)),
    };
    let row = |(place, line): (usize, &str)| {
        let bad = || BadPopulation::Line(place + 1);
        let (code, counts) = line.split_once(';').ok_or_else(bad)?;
        let by_age = counts.split(',').map(|count| count.parse().map_err(|_| bad()));
        let by_age: Vec<u32> = by_age.collect::<Result<_, _>>()?;
        placed(code.to_owned(), (by_age, None, false), year, register)
    };
    table.lines().enumerate().skip(1).map(row).collect()
}

/// Share of men at each age.
fn men_of(rows: &[Inhabitants]) -> Vec<f64> {
    let of = |sex: usize, age: usize| -> f64 {
        rows.iter().filter_map(|row| row.by_sex.as_ref()).map(|by_sex| f64::from(by_sex[sex][age])).sum()
    };
    let ages = rows.first().map_or(0, |row| row.by_age.len());
    (0..ages).map(|age| of(1, age) / (of(0, age) + of(1, age)).max(1.0)).collect()
}

fn men(year: i16) -> Result<Vec<f64>, BadPopulation> {
    let mut shares = Vec::new();
    for (place, line) in include_str!("../../../../data/population_sex.csv").lines().enumerate().skip(1) {
        let cells: Vec<f64> = line.split(';').filter_map(|cell| cell.parse().ok()).collect();
        let [of_year, _, men, women] = cells[..] else { return Err(BadPopulation::Line(place + 1)) };
        if of_year as i16 == year {
            shares.push(men / (men + women).max(1.0));
        }
    }
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn population_of_2012_is_statistics_norways() {
        let population = Population::of(2012).unwrap();
        assert_eq!((population.municipalities.len(), population.persons), (429, 4_985_870));
        assert_eq!(Population::of(2011).unwrap().municipalities.len(), 430);
        assert!(Population::of(2026).is_err());
    }

    /// Published by Statistics Norway: number of municipalities and inhabitants of the country. The municipal table of the
    /// years before 2024 differs from them by at most 30.
    #[test]
    fn population_from_2015_is_statistics_norways() {
        for (year, municipalities, persons, off) in [
            (2015, 428, 5_165_802_u64, 30),
            (2017, 426, 5_258_317, 30),
            (2019, 422, 5_328_212, 30),
            (2020, 356, 5_367_580, 30),
            (2023, 356, 5_488_984, 30),
            (2024, 357, 5_550_203, 0),
            (2025, 357, 5_594_340, 0),
        ] {
            let found = Population::of(year).unwrap();
            assert_eq!(found.municipalities.len(), municipalities, "{year}");
            assert!(found.persons.abs_diff(persons) <= off, "{year}: {}", found.persons);
            for one in &found.municipalities {
                let [women, men] = one.by_sex.as_ref().unwrap();
                let both: Vec<u32> = women.iter().zip(men).map(|(women, men)| women + men).collect();
                assert_eq!(both, one.by_age, "{year} {}", one.municipality);
            }
        }
    }

    /// Known numbers: of 2024 by age and sex; of Ålesund before and after it was split; of municipalities that later merged,
    /// whose ten age groups are published.
    #[test]
    fn known_municipalities_have_their_people() {
        let of = |year: i16, code: &str| {
            let all = Population::of(year).unwrap().municipalities;
            let one = all.into_iter().find(|one| one.municipality == code);
            one.unwrap_or_else(|| panic!("{year} {code}"))
        };
        let sum = |year: i16, code: &str| of(year, code).by_age.iter().sum::<u32>();
        assert_eq!([sum(2024, "1508"), sum(2024, "1580")], [58_509, 9_357]);
        assert!(!of(2023, "1507").is_shared && sum(2023, "1507") > 67_000);
        // Stavanger, with Finnøy and Rennesøy from 2020.
        assert!(of(2019, "1103").is_shared && !of(2020, "1103").is_shared);
        assert_eq!(sum(2024, "0301"), 717_710);
    }
}
