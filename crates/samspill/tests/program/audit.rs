//! What can be inferred about withheld cells from all tables together. Each total is written down as a sum of
//! its parts, and the bounds of the cells are narrowed until nothing more follows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use disclosure::attack::Attack;

use super::indicators::rows;
use super::{folder, for_people as samspill, path, text};

/// A cell as a whole number: øre if it has two decimals, thousandths if it has three and they are not all zero, else a
/// count. `None` if the cell is withheld.
fn count(cell: &str) -> Option<i64> {
    let number: i64 = cell.replace(',', "").parse().ok()?;
    let is_thousandths = cell.split_once(',').is_some_and(|(_, decimals)| decimals.len() == 3);
    Some(if is_thousandths && number % 1000 == 0 { number / 1000 } else { number })
}

/// Value of a cell from its text: zero if the table has no such row (`text` is `None`); `None` if the cell is
/// withheld.
fn published(text: Option<&str>) -> Option<i64> {
    text.map_or(Some(0), count)
}

/// Municipalities of each place in the output table `sheet`, by name of the place. The column `column` of
/// `data/municipalities.csv` divides the municipalities into groups, and each place gets the group with the
/// nearest number of people.
fn members(
    column: usize,
    homes: &[Vec<String>],
    sheet: &[Vec<String>],
) -> BTreeMap<String, BTreeSet<String>> {
    let people = |row: &Vec<String>| count(&row[5]).unwrap();
    let mut sums: BTreeMap<&str, (i64, BTreeSet<String>)> = BTreeMap::new();
    for line in include_str!("../../../../data/municipalities.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(';').collect();
        let is_there = cells[2] <= "2012-12-31" && (cells[3].is_empty() || cells[3] >= "2012-12-31");
        let home = homes.iter().find(|row| row[0] == "admissions" && row[2] == cells[0]);
        if let Some(home) = home.filter(|_| is_there) {
            let sum = sums.entry(cells[column]).or_default();
            sum.0 += people(home);
            sum.1.insert(cells[0].to_owned());
        }
    }
    let of_sheet = sheet.iter().filter(|row| row[0] == "admissions");
    let named = of_sheet.map(|row| {
        let nearest = sums.values().min_by_key(|(sum, _)| (sum - people(row)).abs()).unwrap();
        assert!((nearest.0 - people(row)).abs() < 500, "{row:?}");
        (row[2].clone(), nearest.1.clone())
    });
    named.collect()
}

/// The tables of a folder that have rows for every indicator.
struct Tables {
    homes: Vec<Vec<String>>,
    areas: Vec<Vec<String>>,
    regions: Vec<Vec<String>>,
    country: Vec<Vec<String>>,
    ages: Vec<Vec<String>>,
    classes: Vec<Vec<String>>,
    months: Vec<Vec<String>>,
    units: Vec<Vec<String>>,
    trusts: Vec<Vec<String>>,
    flows: Vec<Vec<String>>,
}

fn of_indicator<'t>(rows: &'t [Vec<String>], id: &str) -> Vec<&'t Vec<String>> {
    rows.iter().filter(|row| row[0] == id).collect()
}

/// Column of the numerator in the tables of places.
const NUMERATOR: usize = 4;
const SEXES: [&str; 3] = ["kvinner", "menn", "ukjent"];
const GROUPS: [&str; 5] = ["0–19", "20–64", "65–79", "80+", "ukjent"];

/// The age group that a five-year band belongs to.
fn group_of(band: &str) -> &'static str {
    let Ok(from) = band.split(['–', '+']).next().unwrap().parse::<usize>() else { return GROUPS[4] };
    GROUPS[[20, 65, 80].iter().filter(|first| **first <= from).count()]
}

impl Tables {
    fn read(out: &Path) -> Tables {
        let of = |name: &str| rows(&out.join(name));
        Tables {
            homes: of("kommuner.csv"),
            areas: of("omrader.csv"),
            regions: of("regioner.csv"),
            country: of("landet.csv"),
            ages: of("alder.csv"),
            classes: of("aldersgrupper.csv"),
            months: of("maneder.csv"),
            units: of("enheter.csv"),
            trusts: of("foretak.csv"),
            flows: of("strommer.csv"),
        }
    }

    /// Everything that the tables say about an indicator's numerator or denominator. `column` is its column in the
    /// tables of places. `trust_of` gives the trust of each unit.
    fn known(&self, id: &str, column: usize, trust_of: &BTreeMap<String, String>) -> Attack {
        let mut known = Attack::default();
        let country = known.cell("landet", published(Some(&of_indicator(&self.country, id)[0][column])));
        let places = |known: &mut Attack, rows: &[Vec<String>]| -> BTreeMap<String, usize> {
            let mine = of_indicator(rows, id);
            mine.iter()
                .map(|row| (row[2].clone(), known.cell(&row[2], published(Some(&row[column])))))
                .collect()
        };
        let homes = places(&mut known, &self.homes);
        let areas = places(&mut known, &self.areas);
        let regions = places(&mut known, &self.regions);
        let in_area = members(5, &self.homes, &self.areas);
        for (area, of) in &in_area {
            known.sum(areas[area], of.iter().map(|home| homes[home]).collect());
        }
        for (region, cell) in &regions {
            let mine = areas.iter().filter(|(name, _)| name.starts_with(region.as_str()));
            known.sum(*cell, mine.map(|(_, cell)| *cell).collect());
        }
        known.sum(country, regions.values().copied().collect());
        let months = of_indicator(&self.months, id);
        let months: Vec<usize> =
            months.iter().map(|row| known.cell(&row[2], published(Some(&row[column - 1])))).collect();
        known.sum(country, months);
        let trusts = places(&mut known, &self.trusts);
        let units = places(&mut known, &self.units);
        for (trust, cell) in &trusts {
            let mine = units.iter().filter(|(unit, _)| trust_of.get(*unit) == Some(trust));
            let mine: Vec<usize> = mine.map(|(_, cell)| *cell).collect();
            // Private institutions have no units in the table.
            if !mine.is_empty() {
                known.sum(*cell, mine);
            }
        }
        known.sum(country, trusts.values().copied().collect());
        if column == NUMERATOR {
            self.flows(&mut known, id, (country, &homes, &trusts));
        }
        let (areas, regions): (Vec<String>, Vec<String>) =
            (areas.into_keys().collect(), regions.into_keys().collect());
        self.classes(&mut known, (id, column), (&areas, &regions), &in_area);
        known
    }

    /// Adds the flows of each municipality and of the country. What is private in the country is what the private
    /// institutions have: all of them are made up, and none has an area of its own.
    fn flows(
        &self,
        known: &mut Attack,
        id: &str,
        (country, homes, trusts): (usize, &BTreeMap<String, usize>, &BTreeMap<String, usize>),
    ) {
        let mut by_flow: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut by_home: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for row in of_indicator(&self.flows, id) {
            let cell = known.cell(&format!("{} {}", row[2], row[4]), published(Some(&row[5])));
            by_home.entry(&row[2]).or_default().push(cell);
            match row[2].is_empty() {
                true => by_flow.entry(&row[4]).or_default().insert(0, cell),
                false => by_flow.entry(&row[4]).or_default().push(cell),
            }
        }
        for (home, flows) in by_home {
            known.sum(if home.is_empty() { country } else { homes[home] }, flows);
        }
        // The country's cell stands first, since its row is inserted there.
        for (flow, mut cells) in by_flow {
            let whole = cells.remove(0);
            known.sum(whole, cells);
            if flow == "privat institusjon" {
                let private = trusts.iter().filter(|(trust, _)| trust.starts_with("SYN-"));
                known.sum(whole, private.map(|(_, cell)| *cell).collect());
            }
        }
    }

    /// Adds the country's five-year bands and sexes. Returns the bands.
    fn bands(&self, known: &mut Attack, (id, column): (&str, usize)) -> BTreeSet<&str> {
        let country = known.place("landet").unwrap();
        let shown: BTreeMap<(&str, &str), &str> = of_indicator(&self.ages, id)
            .into_iter()
            .map(|row| ((&*row[2], &*row[3]), row[column].as_str()))
            .collect();
        let mut bands: BTreeSet<&str> = self.ages.iter().map(|row| row[2].as_str()).collect();
        bands.remove("alle");
        let cell = |known: &mut Attack, band: &str, sex: &str| {
            known.cell(&format!("landet {band} {sex}"), published(shown.get(&(band, sex)).copied()))
        };
        for band in &bands {
            let all = cell(known, band, "alle");
            let parts = SEXES.map(|sex| cell(known, band, sex));
            known.sum(all, parts.into());
        }
        let of_sexes = SEXES.map(|sex| {
            let all = cell(known, "alle", sex);
            let parts = bands.iter().map(|band| cell(known, band, sex)).collect();
            known.sum(all, parts);
            all
        });
        known.sum(country, of_sexes.into());
        let of_bands: Vec<usize> = bands.iter().map(|band| cell(known, band, "alle")).collect();
        known.sum(country, of_bands);
        bands
    }

    /// Adds the age groups and sexes of every place. The country's sums come from its five-year bands and sexes.
    fn classes(
        &self,
        known: &mut Attack,
        (id, column): (&str, usize),
        (areas, regions): (&[String], &[String]),
        in_area: &BTreeMap<String, BTreeSet<String>>,
    ) {
        let bands = self.bands(known, (id, column));
        let shown: BTreeMap<(&str, &str, &str), &str> = of_indicator(&self.classes, id)
            .into_iter()
            .map(|row| ((&*row[3], &*row[5], &*row[6]), row[column + 3].as_str()))
            .collect();
        let cell = |known: &mut Attack, place: &str, age: &str, sex: &str| {
            known.cell(&format!("{place} {age} {sex}"), published(shown.get(&(place, age, sex)).copied()))
        };
        for place in in_area.values().flatten().chain(areas).chain(regions) {
            let ages = GROUPS.map(|age| cell(known, place, age, "alle"));
            known.sum(known.place(place).unwrap(), ages.into());
            let of_sexes = SEXES.map(|sex| cell(known, place, "alle", sex));
            known.sum(known.place(place).unwrap(), of_sexes.into());
        }
        let classes = GROUPS.map(|age| (age, "alle")).into_iter().chain(SEXES.map(|sex| ("alle", sex)));
        for (age, sex) in classes {
            for area in areas {
                let all = cell(known, area, age, sex);
                let parts = in_area[area].iter().map(|home| cell(known, home, age, sex)).collect();
                known.sum(all, parts);
            }
            for region in regions {
                let all = cell(known, region, age, sex);
                let mine = areas.iter().filter(|area| area.starts_with(region.as_str()));
                let parts = mine.map(|area| cell(known, area, age, sex)).collect();
                known.sum(all, parts);
            }
            let of_regions: Vec<usize> = regions.iter().map(|region| cell(known, region, age, sex)).collect();
            let parts: Vec<usize> = match sex {
                "alle" => bands
                    .iter()
                    .filter(|band| group_of(band) == age)
                    .map(|band| known.place(&format!("landet {band} alle")).unwrap())
                    .collect(),
                sex => vec![known.place(&format!("landet alle {sex}")).unwrap()],
            };
            let group = known.unpublished(&format!("landet, gruppe {age} {sex}"));
            known.sum(group, of_regions);
            known.sum(group, parts);
        }
    }
}

/// No withheld cell of one to four can be found by adding and subtracting everything in a folder.
#[test]
fn nothing_few_follows_from_all_tables_together() {
    let work = folder("audit");
    let (register, out) = (work.join("register"), work.join("out"));
    let made = samspill(&["synth", "--year", "2012", "--people", "20000", "--out", path(&register)]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let contacts = register.join("contacts.parquet");
    let words = [
        "indicators",
        "run",
        "--all",
        "--by-age",
        "--hospitals",
        "--units",
        "--flows",
        "--period",
        "2012-T1",
    ];
    let output = samspill(&[&words[..], &["--contacts", path(&contacts), "--out", path(&out)]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let units = std::fs::read_to_string(register.join("units.csv")).unwrap();
    let trust_of = units.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(';').collect();
        (cells[0].to_owned(), cells[3].to_owned())
    });
    let trust_of: BTreeMap<String, String> = trust_of.collect();
    let tables = Tables::read(&out);
    let mut hidden = 0;
    for row in &tables.country {
        let columns = if row[6].contains("innbygger") { &[4][..] } else { &[4, 5] };
        for column in columns {
            let known = tables.known(&row[0], *column, &trust_of);
            hidden += known.withheld();
            let few = known.few();
            assert!(few.is_empty(), "{} {column}: {few:?}", row[0]);
        }
    }
    assert!(hidden > 10_000, "{hidden}");
}
