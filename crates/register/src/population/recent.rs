//! Inhabitants by municipality, sex and age from 2015 on.
//!
//! The table has the municipalities of 2024 (Ålesund and Haram together, as 1507, to 2023). A municipality that was merged
//! after the year shares the ages and sexes of the merged one: by its own number of inhabitants in ten age groups, which is
//! exact, and within a group as in the merged municipality.

use std::collections::BTreeMap;
use std::io::Read;

use domain::{Day, Municipalities, Residence};

use super::BadPopulation;

/// Years that the table has.
pub const YEARS: std::ops::RangeInclusive<i16> = 2015..=2025;

/// Number of ages: the last is everybody older.
const AGES: usize = 101;

/// First ages of the groups.
const GROUPS: [usize; 10] = [0, 6, 18, 35, 50, 67, 75, 80, 85, 90];

/// Ålesund and Haram of 2024, and the code that the table has for both before.
const TOGETHER: [&str; 2] = ["1508", "1580"];
const AS_ONE: &str = "1507";

/// Women and men by age.
pub type BySex = [Vec<u32>; 2];

/// A municipality of a year.
pub struct Recent {
    pub code: String,
    pub by_sex: BySex,
    /// Whether its ages and sexes are those of municipalities that it later merged with, or was split into.
    pub is_shared: bool,
}

/// The municipalities of 1 January of a year, in the order of their codes.
///
/// # Errors
/// Fails if the table lacks the year, or if a built-in table is damaged.
pub fn of(year: i16, municipalities: &Municipalities) -> Result<Vec<Recent>, BadPopulation> {
    let (Some(new_year), Some(later)) = (Day::new(year, 1, 1), Day::new(2024, 1, 1)) else {
        return Err(BadPopulation::NoYear(year));
    };
    let table = table(year)?;
    let mut codes: Vec<&str> = municipalities.on(new_year).map(|(_, row)| row.code.as_str()).collect();
    codes.sort_unstable();
    let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for code in &codes {
        let became = match municipalities.residence(code, later) {
            Residence::Ended { became, .. } if year < 2024 => became,
            _ => vec![(*code).to_owned()],
        };
        for one in became {
            let known = match TOGETHER.contains(&&*one) && year < 2024 {
                true => AS_ONE,
                false => &one,
            };
            let Some((whole, _)) = table.get_key_value(known) else {
                return Err(BadPopulation::NoYear(year));
            };
            let of_whole = members.entry(whole).or_default();
            if !of_whole.contains(code) {
                of_whole.push(code);
            }
        }
    }
    let groups = groups(year)?;
    let mut parts_of: BTreeMap<&str, usize> = BTreeMap::new();
    members.values().flatten().for_each(|code| *parts_of.entry(code).or_default() += 1);
    let mut out: BTreeMap<&str, Recent> = BTreeMap::new();
    for (whole, of_whole) in &members {
        let is_shared = of_whole.len() > 1 || of_whole.iter().any(|code| parts_of[code] > 1);
        let weights = weights(&table[*whole], of_whole, &groups, &parts_of);
        for (code, part) in of_whole.iter().zip(shared(&table[*whole], &weights)) {
            let one = out.entry(code).or_insert_with(|| Recent {
                code: (*code).to_owned(),
                by_sex: std::array::from_fn(|_| vec![0; AGES]),
                is_shared: false,
            });
            one.is_shared |= is_shared;
            for (sum, ages) in one.by_sex.iter_mut().zip(part) {
                sum.iter_mut().zip(ages).for_each(|(sum, people)| *sum += people);
            }
        }
    }
    Ok(out.into_values().collect())
}

/// Women and men by age in a year, by the municipalities of the table.
fn table(year: i16) -> Result<BTreeMap<String, BySex>, BadPopulation> {
    let mut text = String::new();
    let packed: &[u8] = include_bytes!("../../../../data/population_2015_2025.csv.gz");
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).map_err(|_| BadPopulation::Line(0))?;
    let mut out: BTreeMap<String, BySex> = BTreeMap::new();
    for (place, line) in text.lines().enumerate().skip(1) {
        let bad = || BadPopulation::Line(place + 1);
        let cells: Vec<&str> = line.split(';').collect();
        let [code, sex, first, years] = cells[..] else { return Err(bad()) };
        let first: i16 = first.parse().map_err(|_| bad())?;
        let Some(after) = year.checked_sub(first).filter(|after| *after >= 0) else { continue };
        let mut ages: Vec<i64> = vec![0; AGES];
        let mut known = 0;
        for (number, changes) in years.split('|').take(after as usize + 1).enumerate() {
            let changes: Vec<i64> =
                changes.split(',').map(|one| one.parse().map_err(|_| bad())).collect::<Result<_, _>>()?;
            if changes.len() != AGES {
                return Err(bad());
            }
            if number > 0 {
                // Everybody is a year older; the last age keeps its own.
                let oldest = ages[AGES - 1] + ages[AGES - 2];
                ages.rotate_right(1);
                (ages[0], ages[AGES - 1]) = (0, oldest);
            }
            ages.iter_mut().zip(changes).for_each(|(people, change)| *people += change);
            known = number;
        }
        if known < after as usize {
            continue;
        }
        let ages = ages.into_iter().map(|people| u32::try_from(people).map_err(|_| bad()));
        let sex = usize::from(sex == "man");
        out.entry(code.to_owned()).or_insert_with(|| std::array::from_fn(|_| vec![0; AGES]))[sex] =
            ages.collect::<Result<_, _>>()?;
    }
    Ok(out)
}

/// Inhabitants in each of [`GROUPS`] of the municipalities that were later merged or split, in a year.
fn groups(year: i16) -> Result<BTreeMap<String, [u64; GROUPS.len()]>, BadPopulation> {
    let mut out = BTreeMap::new();
    let text = include_str!("../../../../data/population_merged_2015_2019.csv");
    for (place, line) in text.lines().enumerate().skip(1) {
        let bad = || BadPopulation::Line(place + 1);
        let cells: Vec<&str> = line.split(';').collect();
        let [of, code, counts] = cells[..] else { return Err(bad()) };
        if of.parse() != Ok(year) {
            continue;
        }
        let counts: Vec<u64> =
            counts.split(',').map(|one| one.parse().map_err(|_| bad())).collect::<Result<_, _>>()?;
        out.insert(code.to_owned(), counts.try_into().map_err(|_| bad())?);
    }
    Ok(out)
}

/// Weight of each member of a municipality in each of [`GROUPS`]: its own inhabitants; of one that was split, what the others
/// leave.
fn weights(
    whole: &BySex,
    members: &[&str],
    groups: &BTreeMap<String, [u64; GROUPS.len()]>,
    parts_of: &BTreeMap<&str, usize>,
) -> Vec<[u64; GROUPS.len()]> {
    let own = |code: &&str| groups.get(*code).copied().unwrap_or([1; GROUPS.len()]);
    if members.len() == 1 {
        return vec![[1; GROUPS.len()]];
    }
    let is_split = |code: &&str| parts_of[code] > 1;
    let all: [u64; GROUPS.len()] = std::array::from_fn(|group| {
        whole.iter().flat_map(|ages| &ages[span(group)]).map(|people| u64::from(*people)).sum()
    });
    let others: [u64; GROUPS.len()] = std::array::from_fn(|group| {
        members.iter().filter(|code| !is_split(code)).map(|code| own(code)[group]).sum()
    });
    members
        .iter()
        .map(|code| match is_split(code) {
            false => own(code),
            true => std::array::from_fn(|group| all[group].saturating_sub(others[group])),
        })
        .collect()
}

/// Ages of a group.
fn span(group: usize) -> std::ops::Range<usize> {
    GROUPS[group]..GROUPS.get(group + 1).copied().unwrap_or(AGES)
}

/// Divides the people of each sex and age by weights. Within a group, each person in turn goes to the part that lacks most of
/// its share, so that the parts of every cell add up to the whole, and those of a group to its shares.
fn shared(whole: &BySex, weights: &[[u64; GROUPS.len()]]) -> Vec<BySex> {
    let mut out: Vec<BySex> = weights.iter().map(|_| std::array::from_fn(|_| vec![0; AGES])).collect();
    if let [all] = &mut out[..] {
        all.clone_from(whole);
        return out;
    }
    for group in 0..GROUPS.len() {
        let all: i64 = weights.iter().map(|of| of[group] as i64).sum();
        let mut given = vec![0_i64; weights.len()];
        let mut people = 0;
        for sex in 0..2 {
            for age in span(group) {
                for _ in 0..whole[sex][age] {
                    people += 1;
                    let lacks = |part: &usize| weights[*part][group] as i64 * people - all * given[*part];
                    let most = (0..given.len()).max_by_key(|part| (lacks(part), std::cmp::Reverse(*part)));
                    let most = most.unwrap_or_default();
                    given[most] += 1;
                    out[most][sex][age] += 1;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of what was later merged add up to it, and each has its own published number in every age group. Of one that
    /// was split, it is what the others leave.
    #[test]
    fn what_was_merged_is_divided_without_loss() {
        let municipalities = Municipalities::built_in().unwrap();
        for year in [2015, 2017, 2019] {
            let found = of(year, &municipalities).unwrap();
            let (table, groups) = (table(year).unwrap(), groups(year).unwrap());
            let sum = |by_sex: &BySex| by_sex.iter().flatten().map(|people| u64::from(*people)).sum::<u64>();
            let all: u64 = found.iter().map(|one| sum(&one.by_sex)).sum();
            assert_eq!(all, table.values().map(sum).sum::<u64>(), "{year}");
            let mut far = Vec::new();
            for one in found.iter().filter(|one| one.is_shared) {
                let published = groups[&one.code];
                for (group, people) in published.into_iter().enumerate() {
                    let here: u64 = one
                        .by_sex
                        .iter()
                        .flat_map(|ages| &ages[span(group)])
                        .map(|one| u64::from(*one))
                        .sum();
                    // The two tables differ by a few: the one is rounded to the borders of 2024.
                    if here.abs_diff(people) > 10 {
                        far.push((one.code.clone(), group, here, people));
                    }
                }
            }
            assert!(far.is_empty(), "{year}: {far:?}");
        }
    }
}
