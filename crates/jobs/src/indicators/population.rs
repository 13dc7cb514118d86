//! Inhabitants as denominators of rates: by municipality, age and sex, over the whole period; and which numbers
//! are estimated.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use disclosure::{Beneath, Cell, SafeTable};
use domain::amount::grouped;
use domain::{Day, Municipalities, Period, Sex};
use register::population::Population;
use statistics::counts::{Inhabitants, People, people_of};
use statistics::indicator::Indicator;
use words::{Message, message};

use crate::failure::{About, Result};
use crate::indicators::{Outcome, sheet_showing, yes_or_no};
use crate::people::{self, BySex, Sexes, later};

/// Inhabitants of a period, and their source.
pub struct Inhabited {
    /// Inhabitants. Those from the built-in tables are summed over the months of the period.
    pub people: People,
    /// Factor that turns a number in `people` into person-years.
    pub years: f64,
    /// Share of the inhabitants who can be in the register: below 1 for a sample of a synthetic register.
    pub sample: f64,
    /// Person-months by age in each year of the period, by municipality.
    by_year: BTreeMap<i16, BTreeMap<String, Vec<i64>>>,
    /// Months of the period.
    months: i64,
    pub source: Message,
    /// Methods of estimated numbers or ages, each with the first year that it was used for, by municipality.
    estimated: BTreeMap<String, Message>,
    /// By municipality, where its numbers of women and men are from; those of a file are in the file.
    sexes: BTreeMap<String, SexesOf>,
}

/// Where a municipality's numbers of women and men are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SexesOf {
    /// The shares of 2012 in the municipality itself.
    Own,
    /// The shares of 2012 in the municipalities that it was later merged with.
    Merged,
    /// The table of the year.
    Year,
    /// The table of the year, in the municipality that it later became part of.
    SharedYear,
}

/// Inhabitants in the middle of a year.
struct Middle {
    people: BTreeMap<String, BySex>,
    source: Message,
    /// Municipalities with the ages and sexes of others that they were later merged with.
    shared: BTreeSet<String>,
    /// Municipalities with the ages of such others in the next year alone.
    half_shared: BTreeSet<String>,
}

/// Contacts that must be expected of a municipality before their absence shows that a register does not cover it. With
/// three contacts a person, chance leaves out such a municipality once in half a million.
const EXPECTED_OF_COVERED: f64 = 40.0;

/// Inhabitants of both sexes together, by age.
fn together_of(by_sex: &BySex) -> Vec<i64> {
    (0..by_sex[0].len()).map(|age| by_sex.iter().map(|ages| ages[age]).sum()).collect()
}

/// Inhabitants with those of a table without sex divided into women and men; and where the sexes of each municipality are from.
/// `shared` are municipalities of tables with sex that have those of others that they were later merged with.
fn by_sex(
    sums: BTreeMap<String, BySex>,
    shared: &BTreeSet<String>,
    period: Period,
    municipalities: &Municipalities,
) -> Result<(People, BTreeMap<String, SexesOf>)> {
    let sexes = Sexes::known()?;
    let (mut people, mut sexes_of) = (People::new(), BTreeMap::new());
    let became: Vec<Vec<String>> = sums.keys().map(|code| later(code, period.to(), municipalities)).collect();
    let mut alone: BTreeMap<&[String], usize> = BTreeMap::new();
    became.iter().for_each(|became| *alone.entry(became).or_default() += 1);
    for ((code, [mut women, mut men, unknown]), became) in sums.into_iter().zip(&became) {
        if unknown.iter().all(|people| *people == 0) {
            sexes_of.insert(
                code.clone(),
                if shared.contains(&code) { SexesOf::SharedYear } else { SexesOf::Year },
            );
            people.insert(code, [women, men, unknown]);
            continue;
        }
        let is_merged = alone[&became[..]] > 1 || became.len() > 1;
        sexes_of.insert(code.clone(), if is_merged { SexesOf::Merged } else { SexesOf::Own });
        let divided = sexes.divided(&unknown, became);
        for (sums, ages) in [(&mut women, &divided[0]), (&mut men, &divided[1])] {
            sums.iter_mut().zip(ages).for_each(|(sum, people)| *sum += people);
        }
        let [.., rest] = divided;
        people.insert(code, [women, men, rest]);
    }
    Ok((people, sexes_of))
}

/// Inhabitants of a period, from the user's file or from the built-in tables.
///
/// # Errors
/// Fails if a row is malformed, or the program has no table of a year.
pub fn inhabited(given: Option<&Path>, period: Period, municipalities: &Municipalities) -> Result<Inhabited> {
    let months = period.months().count();
    if let Some(path) = given {
        let people = people::of_file(path, period.to(), municipalities)?;
        let count = municipalities.on(period.to()).filter(|(_, row)| !people.contains_key(&row.code)).count();
        let lacking = (count > 0).then(|| message!("indicators.people.lacking", count));
        let of_year = |year: Period| {
            let months = year.months().count() as i64;
            let all = |ages: &Inhabitants| -> Vec<i64> {
                (0..=100).map(|age| ages.iter().map(|of_sex| of_sex[age] * months).sum()).collect()
            };
            (year.from().year(), people.iter().map(|(code, ages)| (code.clone(), all(ages))).collect())
        };
        let by_year = period.by_year().map(of_year).collect();
        let path = path.display();
        let stand = match months > 12 {
            true => message!("indicators.people.all_period", path),
            false => message!("indicators.people.as_they_stand", path),
        };
        return Ok(Inhabited {
            people,
            years: months as f64 / 12.0,
            sample: 1.0,
            by_year,
            months: period.months().count() as i64,
            source: Message::joined(std::iter::once(stand).chain(lacking).collect(), "; "),
            estimated: BTreeMap::new(),
            sexes: BTreeMap::new(),
        });
    }
    let mut sums: BTreeMap<String, BySex> = BTreeMap::new();
    let mut by_year: BTreeMap<i16, BTreeMap<String, Vec<i64>>> = BTreeMap::new();
    let (mut sources, mut shared, mut half_shared) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for year in period.by_year() {
        let middle = middle_of(year.from().year(), period.to(), municipalities)?;
        for (code, of_year) in middle.people {
            let of_home = sums
                .entry(code.clone())
                .or_insert_with(|| of_year.each_ref().map(|ages| vec![0; ages.len()]));
            // Person-months, so that parts of years add up in whole numbers.
            let months = year.months().count() as i64;
            for (sums, ages) in of_home.iter_mut().zip(&of_year) {
                sums.iter_mut().zip(ages).for_each(|(sum, one)| *sum += one * months);
            }
            let of_year = together_of(&of_year).into_iter().map(|one| one * months).collect();
            by_year.entry(year.from().year()).or_default().insert(code, of_year);
        }
        sources.push(middle.source);
        shared.extend(middle.shared);
        half_shared.extend(middle.half_shared);
    }
    let (people, sexes) = by_sex(sums, &shared, period, municipalities)?;
    let mut estimated = estimated(period, municipalities);
    for (codes, key) in [(&shared, "shared_with_merged"), (&half_shared, "half_shared_with_merged")] {
        for code in codes.iter().filter(|code| key == "shared_with_merged" || !shared.contains(*code)) {
            let told = Message::under("indicators.estimated", key);
            let both =
                |known: &mut Message| *known = Message::joined(vec![known.clone(), told.clone()], "; ");
            estimated.entry(code.clone()).and_modify(both).or_insert_with(|| told.clone());
        }
    }
    let source = Message::joined(sources, "; ");
    Ok(Inhabited {
        people,
        years: 1.0 / 12.0,
        sample: 1.0,
        by_year,
        months: period.months().count() as i64,
        source,
        estimated,
        sexes,
    })
}

/// Inhabitants by the municipalities of `day`, with their source. The number is the mean of the numbers on 1 January of
/// `year` and of the next year, or the number on 1 January of `year` alone if the next year has no table.
fn middle_of(year: i16, day: Day, municipalities: &Municipalities) -> Result<Middle> {
    let (mut out, next) = (on_new_year(year, day, municipalities)?, year + 1);
    let Ok(later) = on_new_year(next, day, municipalities) else {
        out.source = message!("indicators.people.one_year", year, next);
        return Ok(out);
    };
    let is_by_sex = |of: &Middle| of.people.values().any(|ages| ages[0].iter().any(|people| *people > 0));
    let is_mixed = is_by_sex(&out) != is_by_sex(&later);
    let mut count = 0;
    for (code, of_home) in &mut out.people {
        // A municipality that the table of the next year lacks keeps its number of this year.
        let Some(later) = later.people.get(code) else {
            count += 1;
            continue;
        };
        // Where one of the tables lacks the sexes, both are taken without.
        let without = |ages: &BySex| [vec![0; ages[0].len()], vec![0; ages[0].len()], together_of(ages)];
        let later = if is_mixed { without(later) } else { later.clone() };
        if is_mixed {
            *of_home = without(of_home);
        }
        // Halves are rounded up at odd ages and down at even ages, so that rounding does not shift the sum.
        for (ages, later) in of_home.iter_mut().zip(later) {
            for (age, (now, later)) in (0..).zip(ages.iter_mut().zip(later)) {
                *now = (*now + later + age % 2) / 2;
            }
        }
    }
    out.source = match count {
        0 => message!("indicators.people.mean", year, next),
        _ => message!("indicators.people.mean_kept", year, next, count),
    };
    match is_mixed {
        true => out.half_shared = later.shared,
        false => out.shared.extend(later.shared),
    }
    Ok(out)
}

/// Inhabitants of a day by the municipalities of `day`.
fn on_new_year(year: i16, day: Day, municipalities: &Municipalities) -> Result<Middle> {
    let population = Population::of(year)
        .about(|| message!("error.population.inhabitants_do_not_come_program_give", year))?;
    let mut out = Middle {
        people: BTreeMap::new(),
        source: Message::plain(""),
        shared: BTreeSet::new(),
        half_shared: BTreeSet::new(),
    };
    for home in population.municipalities {
        let ages = home.by_age.len();
        let code = municipalities.one_on(&home.municipality, day);
        let code = code.map_or(home.municipality, |found| found.code.clone());
        // Those that have become one have its ages and sexes together.
        if home.is_shared && !out.people.contains_key(&code) {
            out.shared.insert(code.clone());
        } else if home.is_shared {
            out.shared.remove(&code);
        }
        let sums = out.people.entry(code).or_insert_with(|| std::array::from_fn(|_| vec![0; ages]));
        let parts = match home.by_sex {
            Some([women, men]) => vec![(0, women), (1, men)],
            None => vec![(2, home.by_age)],
        };
        for (sex, of_sex) in parts {
            sums[sex].iter_mut().zip(of_sex).for_each(|(sum, one)| *sum += i64::from(one));
        }
    }
    Ok(out)
}

/// Methods of the estimates in those rows of the built-in tables that a period uses, by municipality. Each method has
/// the first year that it was used for.
fn estimated(period: Period, municipalities: &Municipalities) -> BTreeMap<String, Message> {
    let mut out: BTreeMap<String, Vec<(&str, &str)>> = BTreeMap::new();
    // The mean also uses 1 January after the period.
    let years = period.from().year()..=period.to().year() + 1;
    for line in include_str!("../../../../data/population_estimated.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(';').collect();
        let [year, code, how] = cells[..] else { continue };
        let Some(home) = municipalities.one_on(code, period.to()) else { continue };
        // If the estimated parts are merged by the end of the period, their sum is exact.
        if home.code != code || !year.parse().is_ok_and(|year| years.contains(&year)) {
            continue;
        }
        let estimates = out.entry(home.code.clone()).or_default();
        if !estimates.iter().any(|(_, known)| *known == how) {
            estimates.push((year, how));
        }
    }
    let of_year = |(year, how): (&str, &str)| {
        Message::joined(vec![Message::plain(year), Message::under("indicators.estimated", how)], ": ")
    };
    let of_home =
        |estimates: Vec<(&str, &str)>| Message::joined(estimates.into_iter().map(of_year).collect(), "; ");
    out.into_iter().map(|(code, estimates)| (code, of_home(estimates))).collect()
}

impl Inhabited {
    /// Whether the sex of anybody is known.
    pub fn is_by_sex(&self) -> bool {
        self.people.values().any(|of| of[0].iter().chain(&of[1]).any(|people| *people > 0))
    }

    /// Reduces person-years to the sampled share of a synthetic register, so that rates count only people who can
    /// be in it.
    pub fn of_sample(&mut self, footer: &BTreeMap<String, String>) {
        if let Some((made, of)) = register::schema::sample_of(footer) {
            self.sample = made as f64 / of as f64;
            self.years *= self.sample;
            let (made, of) = (grouped(made), grouped(of));
            let sample = message!("indicators.people.of_sample", made, of);
            self.source = Message::joined(vec![self.source.clone(), sample], "; ");
        }
    }

    /// Leaves out the municipalities that a register evidently does not cover, so that their people are in no
    /// denominator: those without a contact where at least [`EXPECTED_OF_COVERED`] are expected at the rate of the
    /// others. `contacts` is the number of contacts by municipality of registration. Returns the number left out.
    pub fn covering(
        &mut self,
        contacts: &BTreeMap<String, u64>,
        day: Day,
        municipalities: &Municipalities,
    ) -> usize {
        let mut of: BTreeMap<&str, u64> = BTreeMap::new();
        for (code, contacts) in contacts {
            if let Some(home) = municipalities.one_on(code, day) {
                *of.entry(&home.code).or_default() += contacts;
            }
        }
        let size = |ages: &Inhabitants| ages.iter().flatten().map(|people| *people as f64).sum::<f64>();
        let present =
            self.people.iter().filter_map(|(code, ages)| Some((of.get(code.as_str())?, size(ages))));
        let (contacts, people) =
            present.fold((0.0, 0.0), |sum, (contacts, people)| (sum.0 + *contacts as f64, sum.1 + people));
        let expected = |ages: &Inhabitants| size(ages) * contacts / people;
        let before = self.people.len();
        self.people.retain(|code, ages| {
            people == 0.0 || of.contains_key(code.as_str()) || expected(ages) < EXPECTED_OF_COVERED
        });
        let left_out = before - self.people.len();
        if left_out > 0 {
            let kept = &self.people;
            self.by_year.values_mut().for_each(|homes| homes.retain(|code, _| kept.contains_key(code)));
            let covered = message!("indicators.people.not_covered", count = left_out);
            self.source = Message::joined(vec![self.source.clone(), covered], "; ");
        }
        left_out
    }

    /// Whether a municipality's number or ages are estimated.
    pub fn is_estimated(&self, code: &str) -> bool {
        self.estimated.contains_key(code)
    }

    /// Person-years of a municipality in an indicator's denominator; `None` if its inhabitants are unknown.
    pub fn years_of(&self, code: &str, one: &Indicator) -> Option<f64> {
        let people = people_of(self.people.get(code)?, |age, sex| one.people.holds(age, sex));
        Some(people.iter().sum::<i64>() as f64 * self.years)
    }

    /// Mean number of inhabitants of a municipality in the period; `None` if they are unknown. A sample of a synthetic
    /// register does not reduce the number.
    pub fn mean_of(&self, code: &str) -> Option<i64> {
        let of_year = |homes: &BTreeMap<String, Vec<i64>>| Some(homes.get(code)?.iter().sum::<i64>());
        let sum = self.by_year.values().map(of_year).sum::<Option<i64>>()?;
        Some((sum + self.months / 2) / self.months)
    }

    /// Person-months of a municipality in a year, of the ages in an indicator's denominator; `None` if its inhabitants
    /// are unknown.
    pub fn months_of(&self, code: &str, year: i16, one: &Indicator) -> Option<i64> {
        let ages = self.by_year.get(&year)?.get(code)?;
        let holds = |(age, _): &(u16, &i64)| one.people.holds(*age, Sex::Unknown);
        Some((0..).zip(ages).filter(holds).map(|(_, people)| people).sum())
    }

    /// Sheet of the inhabitants of every municipality, and whether their number is estimated.
    pub fn sheet(&self, outcome: &Outcome) -> SafeTable {
        let heads =
            ["municipality", "name", "person_years", "women_years", "men_years", "estimated", "sexes"];
        let shows = message!("indicators.shows.population", source = self.source);
        let mut sheet = sheet_showing("population", shows, heads);
        for code in &outcome.counts.homes {
            let of = self.people.get(code);
            let sum = |sex: usize| of.map_or(0, |of| of[sex].iter().sum::<i64>());
            let years = |people: i64| Cell::Decimal((people as f64 * self.years * 1000.0).round() as i64);
            let is_known = sum(0) + sum(1) > 0;
            let sexes = match (self.sexes.get(code), is_known) {
                (_, false) => message!("indicators.sexes.unknown"),
                (None, _) => message!("indicators.sexes.as_in_file"),
                (Some(SexesOf::Merged), _) => message!("indicators.sexes.of_merged"),
                (Some(SexesOf::Own), _) => message!("indicators.sexes.of_own"),
                (Some(SexesOf::Year), _) => message!("indicators.sexes.of_year"),
                (Some(SexesOf::SharedYear), _) => message!("indicators.sexes.of_shared_year"),
            };
            let estimated = self.estimated.get(code).cloned();
            let or_unknown = |cell: Cell| if is_known { cell } else { Cell::Unknown };
            sheet.row(
                vec![
                    Cell::Text(code.clone()),
                    Cell::Text(outcome.names.name(code)),
                    if of.is_some() { years(sum(0) + sum(1) + sum(2)) } else { Cell::Unknown },
                    or_unknown(years(sum(0))),
                    or_unknown(years(sum(1))),
                    Cell::Said(estimated.unwrap_or_else(|| yes_or_no(false))),
                    Cell::Said(sexes),
                ],
                Beneath::Decided,
            );
        }
        sheet.protect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(period: &str) -> (Inhabited, Municipalities) {
        let municipalities = Municipalities::built_in().unwrap();
        let period = Period::parse_any(period).unwrap();
        (inhabited(None, period, &municipalities).unwrap(), municipalities)
    }

    #[test]
    fn people_of_years_are_added_up_in_the_municipalities_of_the_last() {
        let (years, municipalities) = of("2012-2013");
        // Bjarkøy was merged with Harstad in 2013.
        assert!(!years.people.contains_key("1901") && !years.people.contains_key("1915"));
        let homes = municipalities.on(Day::new(2013, 12, 31).unwrap()).count();
        assert_eq!((years.people.len(), years.years), (homes, 1.0 / 12.0));
        let (first, _) = of("2012");
        let (second, _) = of("2013");
        let sum = |found: &Inhabited, code: &str| found.people[code].iter().flatten().sum::<i64>();
        for code in years.people.keys().filter(|code| *code != "1903") {
            assert_eq!(sum(&years, code), sum(&first, code) + sum(&second, code), "{code}");
        }
        assert!(sum(&years, "1903") > 24 * (23_640 + 455));
        let (part, _) = of("2012-07..2013-06");
        for code in part.people.keys().filter(|code| *code != "1903") {
            assert_eq!(2 * sum(&part, code), sum(&first, code) + sum(&second, code), "{code}");
        }
    }

    #[test]
    fn sexes_are_a_municipalitys_own_and_no_one_is_lost() {
        let (found, _) = of("2012");
        assert!(found.people.values().all(|of| of[2].iter().sum::<i64>() == 0));
        let (women, men) = found
            .people
            .values()
            .fold((0, 0), |sum, of| (sum.0 + of[0].iter().sum::<i64>(), sum.1 + of[1].iter().sum::<i64>()));
        // The country on 1 January 2012: 2 486 985 women and 2 498 832 men; the mean is half a year later.
        let share = women as f64 / (women + men) as f64;
        assert!((share - 2_486_985.0 / 4_985_817.0).abs() < 0.0005, "{share}");
        // Bergen was not merged, Stavanger was; Haram became part of an Ålesund that was divided again.
        assert_eq!((found.sexes["1201"], found.sexes["1103"]), (SexesOf::Own, SexesOf::Merged));
        assert!(
            found.sexes["1534"] == SexesOf::Merged
                && found.is_estimated("1901")
                && !found.is_estimated("0301")
        );
    }
}
