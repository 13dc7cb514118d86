//! The synthetic register: people who do not exist, with the contacts that such people would have.
//!
//! Every person has a random stream of their own, keyed by the seed and the person's number. The same seed
//! therefore gives the same bytes on any number of threads, and a person in a sample has the same contacts as
//! in the whole country. Each person has a frailty that drives their admissions and visits, so that the same
//! persons return.

pub mod drgs;
mod life;
mod model;
pub mod units;

use std::collections::BTreeMap;
use std::path::Path;
use words::{Message, Said};

use domain::{Day, Municipalities};

use crate::parquet_file::{FileError, Writer, in_order};
use crate::population::{BadPopulation, Inhabitants, Population};
use crate::schema::{
    CHECKED_KEY, Contacts, OF_PERSONS_KEY, PERSONS_KEY, RESIDENCE_KEY, SOURCE_KEY, SYNTHETIC_KEY,
};
use drgs::Drgs;
use model::Model;
use units::Units;

use crate::whole_file;

/// Number of persons whose contacts make one row group.
const PERSONS_PER_GROUP: u64 = 200_000;
/// Visitors from other countries per inhabitant.
const VISITORS: f64 = 0.003;

/// Year, size and seed of the register to make.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Year in which the contacts end, 2010 to 2025.
    pub year: i16,
    /// Number of inhabitants; `None` for all inhabitants of the country. A smaller number is a sample. A larger
    /// number repeats the country's places and ages with other people.
    pub people: Option<u64>,
    /// Seed of every random stream. The same seed gives the same bytes.
    pub seed: u64,
    /// Code of a municipality whose patients wait more often and longer than others, as a story to find; `None` for
    /// none.
    pub slow: Option<&'static str>,
    pub threads: usize,
}

/// Size of the register that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// Number of rows, each one contact.
    pub rows: u64,
    /// Number of inhabitants in the register, visitors left out.
    pub persons: u64,
    /// Number of inhabitants in the country.
    pub of_persons: u64,
}

/// A register that cannot be made.
#[derive(Debug)]
pub enum SynthError {
    /// There is no population for the year, or a table of the program is damaged.
    Population(BadPopulation),
    File(FileError),
}

words::english_error!(SynthError);

impl Said for SynthError {
    fn said(&self) -> Message {
        match self {
            SynthError::Population(inner) => inner.said(),
            SynthError::File(inner) => inner.said(),
        }
    }
}

impl From<BadPopulation> for SynthError {
    fn from(error: BadPopulation) -> SynthError {
        SynthError::Population(error)
    }
}

impl From<FileError> for SynthError {
    fn from(error: FileError) -> SynthError {
        SynthError::File(error)
    }
}

/// Everything that a person's year is drawn from.
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) model: Model,
    pub(crate) units: Units,
    pub(crate) drgs: Drgs,
    pub(crate) calendar: life::Calendar,
    pub(crate) words: life::Words,
    population: Population,
    /// Ordinal, from 0, of the first person of each municipality; the last entry is the count of all persons.
    starts: Vec<u64>,
    /// For each municipality, the place of its local hospital among the hospitals of its trust area.
    pub(crate) local: Vec<usize>,
    /// For each municipality, the shares of its stays by kind of hospital: see [`model::hospital_shares`].
    pub(crate) hospital_shares: Vec<[f64; 3]>,
    /// Place of the municipality that [`Recipe::slow`] names; `None` if it names none.
    pub(crate) slow: Option<usize>,
    /// For each municipality, the factor on the chance of a wait. The same in every year and register; empty before
    /// [`model::TODAY`].
    pub(crate) skew: Vec<f64>,
    /// First day of the year.
    pub(crate) first: Day,
    /// Code before that day of each municipality that has another since: of the one that it came from, or of one of them.
    pub(crate) before: BTreeMap<String, String>,
}

/// One person: an inhabitant of a municipality, or a visitor from another country.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person<'a> {
    pub(crate) number: u64,
    pub(crate) home: &'a Inhabitants,
    pub(crate) home_place: usize,
    pub(crate) age: usize,
    pub(crate) visitor: bool,
}

impl World {
    fn new(recipe: &Recipe) -> Result<World, SynthError> {
        let mut population = Population::of(recipe.year)?;
        let people: Vec<f64> = (0..=100)
            .map(|age| population.municipalities.iter().map(|home| f64::from(home.by_age[age])).sum())
            .collect();
        let model = Model::of(recipe.year, &people);
        let local = local_hospitals(&population);
        let visitors = (population.persons as f64 * VISITORS) as u32;
        let by_age = (0..=100).map(|age| if (20..=69).contains(&age) { visitors / 50 } else { 0 }).collect();
        population.municipalities.push(Inhabitants {
            municipality: domain::municipality::ABROAD.to_owned(),
            region: "991324968".to_owned(),
            trust_area: 16,
            by_age,
            by_sex: None,
            is_shared: false,
        });
        let size = |home: &Inhabitants| home.by_age.iter().map(|count| u64::from(*count)).sum();
        let hospital_shares =
            population.municipalities.iter().map(|home| model::hospital_shares(size(home))).collect();
        let mut starts = vec![0];
        for home in &population.municipalities {
            let people: u64 = home.by_age.iter().map(|count| u64::from(*count)).sum();
            starts.push(starts.last().copied().unwrap_or(0) + people);
        }
        Ok(World {
            seed: recipe.seed,
            skew: skews(&model, &population),
            first: year_days(recipe.year).0,
            before: codes_before(&population, year_days(recipe.year).0)?,
            model,
            units: units::units(),
            drgs: drgs::drgs(),
            calendar: life::Calendar::of(recipe.year),
            words: life::Words::new(),
            slow: population.municipalities.iter().position(|home| Some(&*home.municipality) == recipe.slow),
            population,
            starts,
            local,
            hospital_shares,
        })
    }

    fn everybody(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The person with this number; `None` if there are fewer persons. Numbers follow municipality, then age.
    fn person(&self, number: u64) -> Option<Person<'_>> {
        let home_place = self.starts.partition_point(|start| *start <= number) - 1;
        let home = self.population.municipalities.get(home_place)?;
        let mut left = number - self.starts[home_place];
        let mut age = 0;
        for count in &home.by_age {
            if left < u64::from(*count) {
                break;
            }
            left -= u64::from(*count);
            age += 1;
        }
        let visitor = home.municipality == domain::municipality::ABROAD;
        Some(Person { number, home, home_place, age, visitor })
    }

    fn men(&self, age: usize) -> f64 {
        self.population.men.get(age).copied().unwrap_or(0.5)
    }

    /// Contacts of the persons in a group. `persons` is the number of persons in the whole register.
    fn group(&self, group: u64, persons: u64) -> Contacts {
        let mut contacts = Contacts::new();
        let end = std::cmp::min((group + 1) * PERSONS_PER_GROUP, persons);
        for drawn in group * PERSONS_PER_GROUP..end {
            let everybody = self.everybody();
            // A sample takes every n-th person, and so has the country's mix of places and ages. A register
            // larger than the country repeats the country's places and ages, with other people in them.
            let (place, number) = match persons <= everybody {
                true => {
                    let number = (u128::from(drawn) * u128::from(everybody) / u128::from(persons)) as u64;
                    (number, number)
                }
                false => (drawn % everybody, drawn),
            };
            if let Some(person) = self.person(place) {
                life::live(self, &Person { number, ..person }, &mut contacts);
            }
        }
        contacts
    }
}

/// For each municipality, the factor on the chance of a wait: drawn by its code, with a mean of 1 over the inhabitants of 67
/// years and more.
fn skews(model: &Model, population: &Population) -> Vec<f64> {
    let Some(today) = &model.today else { return Vec::new() };
    let factor = |home: &Inhabitants| {
        let code = home.municipality.parse::<u64>().unwrap_or_default();
        let mut random = rand_pcg::Pcg64Mcg::new(u128::from(crate::schema::mixed(code)) << 64 | 1);
        rand_distr::Gamma::new(today.skew, 1.0 / today.skew)
            .map_or(1.0, |gamma| rand_distr::Distribution::sample(&gamma, &mut random))
    };
    let factors: Vec<f64> = population.municipalities.iter().map(factor).collect();
    let old = |home: &Inhabitants| home.by_age.iter().skip(67).map(|count| f64::from(*count)).sum::<f64>();
    let all: f64 = population.municipalities.iter().map(old).sum();
    let sum: f64 =
        population.municipalities.iter().zip(&factors).map(|(home, factor)| old(home) * factor).sum();
    factors.into_iter().map(|factor| factor * all / sum.max(1e-9)).collect()
}

/// Code on the day before `first` of each municipality whose code is new since.
fn codes_before(population: &Population, first: Day) -> Result<BTreeMap<String, String>, SynthError> {
    let register = Municipalities::built_in().map_err(BadPopulation::from)?;
    let day = first.previous();
    let codes = population.municipalities.iter().map(|home| &home.municipality);
    let came_from = |code: &String| {
        let is_new = !register.rows().iter().any(|row| row.code == *code && row.exists_on(day));
        let from = register.first_predecessor(code, day).filter(|_| is_new)?;
        Some((code.clone(), from.code.clone()))
    };
    Ok(codes.filter_map(came_from).collect())
}

/// For each municipality, the place of its local hospital among the hospitals of its trust area. Neighbours in the
/// list share a hospital; the last entry is for visitors.
fn local_hospitals(population: &Population) -> Vec<usize> {
    let units = units::units();
    let mut out = Vec::new();
    let size = |home: &Inhabitants| home.by_age.iter().map(|count| u64::from(*count)).sum::<u64>();
    for (place, home) in population.municipalities.iter().enumerate() {
        let same = || population.municipalities.iter().filter(|other| other.trust_area == home.trust_area);
        let total: u64 = same().map(size).sum();
        let before: u64 = population.municipalities[..place]
            .iter()
            .filter(|other| other.trust_area == home.trust_area)
            .map(size)
            .sum();
        let hospitals = units.hospitals_of(home.trust_area).len() as u64;
        let middle = before + size(home) / 2;
        out.push((middle * hospitals / total.max(1)) as usize);
    }
    out.push(0);
    out
}

/// Makes a register in `folder`: `contacts.parquet`, `drg-list.csv` and `units.csv`. `progress` is called with
/// the number of groups of persons done and the number of all groups.
///
/// # Errors
/// Fails if there is no population for the year, or if a file cannot be written.
pub fn make(recipe: &Recipe, folder: &Path, mut progress: impl FnMut(u64, u64)) -> Result<Made, SynthError> {
    let world = World::new(recipe)?;
    let country = world.population.persons;
    let wanted = recipe.people.unwrap_or(country);
    // Visitors are added in proportion to the inhabitants.
    let persons = (u128::from(wanted) * u128::from(world.everybody()) / u128::from(country.max(1))) as u64;
    std::fs::create_dir_all(folder).map_err(FileError::io(folder))?;
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        whole_file::write(&path, text)
    };
    write("drg-list.csv", world.drgs.list.to_csv())?;
    write("units.csv", world.units.to_csv())?;
    let path = folder.join("contacts.parquet");
    let footer = BTreeMap::from([
        (CHECKED_KEY.to_owned(), "synthetic register".to_owned()),
        (SYNTHETIC_KEY.to_owned(), "yes".to_owned()),
        (RESIDENCE_KEY.to_owned(), "municipality".to_owned()),
        (
            SOURCE_KEY.to_owned(),
            format!(
                "synthetic register {}, seed {}, {wanted} persons{}",
                recipe.year,
                recipe.seed,
                recipe.slow.map_or_else(String::new, |code| format!(", long waits made up in {code}"))
            ),
        ),
        (PERSONS_KEY.to_owned(), wanted.to_string()),
        (OF_PERSONS_KEY.to_owned(), country.to_string()),
    ]);
    let mut writer = Writer::contacts(&path, &footer, false)?;
    let encoder = writer.encoder();
    let groups = persons.div_ceil(PERSONS_PER_GROUP);
    in_order(
        groups as usize,
        recipe.threads,
        |group| {
            let mut contacts = world.group(group as u64, persons);
            number_rows(&mut contacts);
            let batch = contacts.to_record_batch(false).map_err(FileError::arrow(&path))?;
            encoder.encode(&batch).map_err(FileError::parquet(&path))
        },
        |group, encoded| {
            writer.append(encoded)?;
            progress(group as u64 + 1, groups);
            Ok(())
        },
        || FileError::Worker { path: path.clone() },
    )?;
    let rows = writer.finish()?;
    Ok(Made { rows, persons: wanted, of_persons: country })
}

/// Fills in the number of contacts of each stay. The rows of a stay must stand together.
fn number_rows(contacts: &mut Contacts) {
    let stays = contacts.longs(crate::schema::at::STAY_ID);
    let mut counts = Vec::with_capacity(stays.len());
    for stay in stays.chunk_by(|one, other| one == other) {
        counts.extend(std::iter::repeat_n(stay.len() as i32, stay.len()));
    }
    contacts.set_ints(crate::schema::at::STAY_ROWS, counts);
}

/// First and last day of a year.
pub(crate) fn year_days(year: i16) -> (Day, Day) {
    let day = |month, of_month| Day::new(year, month, of_month).unwrap_or(Day::from_number(0));
    (day(1, 1), day(12, 31))
}
