//! A municipality's own costs by function and its free income by year, from files that it gives.

use std::collections::BTreeMap;
use std::path::Path;

use domain::{Amount, Period};
use simulation::scenario::part;
use words::{Message, message};

use crate::failure::{About, Result, fail};
use crate::parties::municipality_of;
use crate::table::small_table;

/// What a cost is for (`forebygging`, `behandling`, `rehabilitering`, `velferd`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Prevention,
    Treatment,
    Rehabilitation,
    Welfare,
}

impl Kind {
    /// Every kind, in the order of tables.
    pub const ALL: [Kind; 4] = [Kind::Prevention, Kind::Treatment, Kind::Rehabilitation, Kind::Welfare];

    /// Key of the kind in the catalogue of words; also its word in a file.
    const fn word(self) -> &'static str {
        match self {
            Kind::Prevention => "prevention",
            Kind::Treatment => "treatment",
            Kind::Rehabilitation => "rehabilitation",
            Kind::Welfare => "welfare",
        }
    }

    /// The kind in words.
    pub fn said(self) -> Message {
        Message::under("budget.kind", self.word())
    }

    /// The kind that a word means, in any language.
    fn read(word: &str) -> Option<Kind> {
        let word = word.trim().to_lowercase();
        Kind::ALL.into_iter().find(|kind| {
            let in_language = |language: words::Language| language.say(&kind.said()).to_lowercase() == word;
            word == kind.word() || words::Language::ALL.into_iter().any(in_language)
        })
    }
}

/// Ages that a cost follows, both ends included; `None` at the end for no highest age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    from: usize,
    to: Option<usize>,
}

impl Ages {
    /// Reads `80+`, `0-5`, `0–5` or a word for all.
    fn read(text: &str) -> Option<Ages> {
        let text = text.trim().to_lowercase();
        if ["alle", "all"].contains(&text.as_str()) {
            return Some(Ages { from: 0, to: None });
        }
        let age = |text: &str| text.trim().parse::<usize>().ok().filter(|age| *age <= 100);
        if let Some(from) = text.strip_suffix('+') {
            return Some(Ages { from: age(from)?, to: None });
        }
        let (from, to) = text.split_once(['-', '–'])?;
        let (from, to) = (age(from)?, age(to)?);
        (from <= to).then_some(Ages { from, to: Some(to) })
    }

    /// Inhabitants of these ages.
    pub fn people(self, by_age: &[i64]) -> i64 {
        let to = self.to.map_or(by_age.len(), |to| std::cmp::min(to + 1, by_age.len()));
        by_age.get(self.from..to).map_or(0, |ages| ages.iter().sum())
    }
}

impl std::fmt::Display for Ages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.to {
            Some(to) => write!(f, "{}–{to}", self.from),
            None => write!(f, "{}+", self.from),
        }
    }
}

/// A line of the municipality's own costs.
#[derive(Debug, Clone)]
pub struct Cost {
    /// Function in the municipal accounts (KOSTRA), as given.
    pub function: String,
    pub name: String,
    pub kind: Kind,
    /// Cost in the first year.
    pub amount: Amount,
    /// Ages whose number the cost follows; `None` for a cost that stays.
    pub ages: Option<Ages>,
}

impl Cost {
    /// The cost with other inhabitants.
    pub fn with(&self, first: &[i64], then: &[i64]) -> Amount {
        match self.ages {
            None => self.amount,
            Some(ages) => part(self.amount, ages.people(then), ages.people(first)),
        }
    }
}

/// Function of co-financing in the municipal accounts (KOSTRA). The program counts it itself.
pub(super) const CO_FINANCING: &str = "255";

/// Reads a file `function;name;kind;kroner;ages`. `first` has the municipality's inhabitants in the first year.
///
/// # Errors
/// Fails if the file cannot be read or has a wrong cell, if a line stands twice, if a line is co-financing, or if a cost
/// follows ages that nobody has.
pub fn costs(path: &Path, first: &[i64]) -> Result<Vec<Cost>> {
    let mut out: Vec<Cost> = Vec::new();
    for (at, [function, name, kind, kroner, ages]) in padded(path)? {
        let known = Kind::ALL.map(Kind::said).to_vec();
        let kind = Kind::read(&kind)
            .about(|| message!("error.budget.no_kind", at, kind, known = Message::joined(known, ", ")))?;
        let amount = Amount::read(&kroner).about(|| message!("error.simulate.not_amount", at, kroner))?;
        let ages = match ages.trim().is_empty() {
            true => None,
            false => Some(Ages::read(&ages).about(|| message!("error.budget.no_ages", at, ages))?),
        };
        if function.starts_with(CO_FINANCING) {
            fail!("error.budget.co_financing", at, function);
        }
        if let Some(ages) = ages.filter(|ages| ages.people(first) == 0) {
            fail!("error.budget.nobody", at, ages);
        }
        if out.iter().any(|one| (&one.function, &one.name) == (&function, &name)) {
            fail!("error.budget.twice", at, function, name);
        }
        out.push(Cost { function, name, kind, amount, ages });
    }
    Ok(out)
}

/// Rows of the file of costs. The last cell may be missing.
fn padded(path: &Path) -> Result<Vec<(String, [String; 5])>> {
    let expected = "function;name;kind;kroner;ages";
    crate::table::filled(
        crate::table::shaped(path, register::sheet::rows(path)?, expected, 4)?,
        path,
        expected,
    )
}

/// Free income of a year, and whether it is that of an earlier year.
pub type Income = Option<(Amount, bool)>;

/// Free income of a municipality in each of `years` years from that of `period` on, from a file
/// `year;municipality;kroner`. A year that the file lacks has that of the year before it.
///
/// # Errors
/// Fails if the file cannot be read or has a wrong cell, names a municipality that does not exist in `period`, has a year of a
/// municipality twice, or has no year of this one.
pub fn incomes(path: &Path, period: Period, code: &str, years: usize) -> Result<Vec<Income>> {
    let mut known: BTreeMap<(i16, String), Amount> = BTreeMap::new();
    for (at, [year, word, kroner]) in small_table(path, "year;municipality;kroner")? {
        let year: i16 = year.parse().ok().about(|| message!("error.simulate.no_year", at, year))?;
        let home = municipality_of(&at, &word, period)?;
        let amount = Amount::read(&kroner).about(|| message!("error.simulate.not_amount", at, kroner))?;
        if amount <= Amount::ZERO {
            fail!("error.simulate.income_not_above_zero", at, kroner);
        }
        if known.insert((year, home.clone()), amount).is_some() {
            fail!("error.simulate.income_twice", at, code = home);
        }
    }
    let first = period.from().year();
    let before = known.iter().filter(|((year, home), _)| *year < first && home == code);
    let mut last = before.map(|(_, amount)| *amount).next_back();
    let mut out = Vec::new();
    for year in (first..).take(years) {
        let own = known.get(&(year, code.to_owned())).copied();
        out.push(own.map(|amount| (amount, false)).or(last.map(|amount| (amount, true))));
        last = own.or(last);
    }
    if last.is_none() {
        fail!("error.budget.no_income", path = path.display(), code, first);
    }
    Ok(out)
}
