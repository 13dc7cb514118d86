//! The population: published numbers of inhabitants by municipality and age (SSB, table 07459). Sex is apportioned by
//! the country's share at each age, since the municipal tables before 2016 do not give sex.

use domain::{Day, Municipalities, Residence};
use words::{Message, Said, message};

/// Years with a population table.
pub const YEARS: std::ops::RangeInclusive<i16> = 2010..=2014;

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
        let table = match year {
            2010 => include_str!("../../../data/population_2010.csv"),
            2011 => include_str!("../../../data/population_2011.csv"),
            2012 => include_str!("../../../data/population_2012.csv"),
            2013 => include_str!("../../../data/population_2013.csv"),
            2014 => include_str!("../../../data/population_2014.csv"),
            other => return Err(BadPopulation::NoYear(other)),
        };
        let register = Municipalities::built_in()?;
        let new_year = Day::new(year, 1, 1).ok_or(BadPopulation::NoYear(year))?;
        let mut municipalities = Vec::new();
        let mut persons = 0;
        for (place, line) in table.lines().enumerate().skip(1) {
            let bad = || BadPopulation::Line(place + 1);
            let (code, counts) = line.split_once(';').ok_or_else(bad)?;
            let by_age: Vec<u32> =
                counts.split(',').map(|count| count.parse().map_err(|_| bad())).collect::<Result<_, _>>()?;
            let Residence::Municipality(place) = register.residence(code, new_year) else {
                return Err(bad());
            };
            let row = register.get(place).ok_or_else(bad)?;
            persons += by_age.iter().map(|count| u64::from(*count)).sum::<u64>();
            municipalities.push(Inhabitants {
                municipality: code.to_owned(),
                region: row.region.clone(),
                trust_area: row.trust_area,
                by_age,
            });
        }
        Ok(Population { municipalities, men: men(year)?, persons })
    }
}

fn men(year: i16) -> Result<Vec<f64>, BadPopulation> {
    let mut shares = Vec::new();
    for (place, line) in include_str!("../../../data/population_sex.csv").lines().enumerate().skip(1) {
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
        assert!(Population::of(2020).is_err());
    }
}
