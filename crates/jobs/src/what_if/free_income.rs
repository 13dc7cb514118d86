//! Free incomes of municipalities (`frie inntekter`), and where they are from.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;

use domain::{Amount, Period};
use simulation::consequence::People;
use words::{Message, message};

use crate::failure::{About, Result, fail};
use crate::parties::municipality_of;
use crate::table::small_table;

/// Years that the levels in the ministry's slides of 2010/11 are used for.
const SLIDES: RangeInclusive<i16> = 2010..=2014;

/// Free income of each municipality in a year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FreeIncome {
    by_home: BTreeMap<String, Amount>,
    pub source: Source,
}

/// Where free incomes are from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Source {
    /// No shares of them are shown.
    #[default]
    NotAsked,
    /// The user's file.
    Given,
    /// The levels per inhabitant in the ministry's slides, by size of municipality.
    Slides,
    /// Nowhere: what the incomes of the year are is not known.
    Unknown,
}

impl FreeIncome {
    /// Those of a file `municipality;kroner`. Without a file they are the slides' levels in the years of these, and unknown in
    /// others.
    ///
    /// # Errors
    /// Fails if the file cannot be read, names a municipality that does not exist in `period` or names one twice, or if an
    /// income is not above zero.
    pub fn read(path: Option<&Path>, period: Period, people: &People) -> Result<FreeIncome> {
        match path {
            Some(path) => Ok(FreeIncome { by_home: of_file(path, period)?, source: Source::Given }),
            None if SLIDES.contains(&period.from().year()) => {
                let by_home = people.iter().map(|(code, ages)| (code.clone(), of_slides(ages))).collect();
                Ok(FreeIncome { by_home, source: Source::Slides })
            }
            None => Ok(FreeIncome { source: Source::Unknown, ..FreeIncome::default() }),
        }
    }

    /// Whether shares of the incomes can be shown.
    pub fn is_known(&self) -> bool {
        matches!(self.source, Source::Given | Source::Slides)
    }

    /// Income of a municipality, by its code.
    pub fn of(&self, code: &str) -> Option<Amount> {
        self.by_home.get(code).copied()
    }

    /// What a reader must know of the incomes in the year of a period, as a head and a text; `of_slides` is said of the slides'
    /// levels.
    pub fn about(&self, of_slides: Message, period: Period) -> Option<(Message, Message)> {
        let told = match self.source {
            Source::Slides => of_slides,
            Source::Unknown => message!("what_if.no_free_income", year = period.from().year()),
            Source::NotAsked | Source::Given => return None,
        };
        Some((message!("what_if.about.free_income"), told))
    }
}

fn of_file(path: &Path, period: Period) -> Result<BTreeMap<String, Amount>> {
    let mut out = BTreeMap::new();
    for (at, [word, kroner]) in small_table(path, "municipality;kroner")? {
        let code = municipality_of(&at, &word, period)?;
        let amount = Amount::read(&kroner).about(|| message!("error.simulate.not_amount", at, kroner))?;
        if amount <= Amount::ZERO {
            fail!("error.simulate.income_not_above_zero", at, kroner);
        }
        if out.insert(code.clone(), amount).is_some() {
            fail!("error.simulate.income_twice", at, code);
        }
    }
    Ok(out)
}

/// Income by the slides' level for the size of a municipality. `ages` has the inhabitants at each age.
fn of_slides(ages: &[i64]) -> Amount {
    let count: i64 = ages.iter().sum();
    let level = match count {
        50_000.. => 35_000,
        10_000..=49_999 => 30_000,
        _ => 40_000,
    };
    Amount::from_ore(count * level * 100)
}
