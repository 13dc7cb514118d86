//! Sheets by age and sex: the country in five-year bands, and every place in four broad age groups.

use disclosure::withhold::{self, Known, Row, Total};
use disclosure::{Beneath, Cell, SafeTable};
use domain::Sex;
use statistics::counts::{AGES, BANDS, Counts, People, SEXES, STRATA, Side};
use statistics::figures::{Figures, at_a_time, of_part};
use statistics::indicator::{Indicator, Kind};
use statistics::levels::hidden_parts;
use words::{Message, message};

use crate::indicators::{Outcome, counted, interval, sheet_of, summed_up, thousandths};

/// Label of an age group, such as 5–9 or 90+. `begin` holds the first age of each group; a place after the last group
/// stands for unknown age.
fn label(begin: &[u16], place: usize) -> Cell {
    match (begin.get(place), begin.get(place + 1)) {
        (Some(from), Some(next)) => Cell::Text(format!("{from}–{}", next - 1)),
        (Some(from), None) => Cell::Text(format!("{from}+")),
        (None, _) => Cell::Said(message!("indicators.unknown")),
    }
}

/// All ages, or all sexes.
fn all() -> Message {
    message!("indicators.all")
}

fn name_of_sex(sex: Sex) -> Message {
    match sex {
        Sex::Woman => message!("indicators.sex.woman"),
        Sex::Man => message!("indicators.sex.man"),
        Sex::Unknown => message!("indicators.unknown"),
    }
}

/// Strata that are added up at a place in a row. The row holds the strata, then the sum of all sexes for each age, then
/// the sum of all ages for each sex.
fn inside(at: usize) -> Vec<usize> {
    match at {
        at if at < STRATA => vec![at],
        at if at < STRATA + AGES => (0..SEXES.len()).map(|sex| sex * AGES + at - STRATA).collect(),
        at => {
            let sex = at - STRATA - AGES;
            (sex * AGES..(sex + 1) * AGES).collect()
        }
    }
}

/// First ages of the broad groups: the young, people of working age, the old, and the oldest.
const GROUPS: [u16; 4] = [0, 20, 65, 80];
/// Number of classes: the groups, unknown age, and the sexes.
const CLASSES: usize = GROUPS.len() + 1 + SEXES.len();

/// Group of a five-year band.
fn group(age: usize) -> usize {
    BANDS.get(age).map_or(GROUPS.len(), |from| GROUPS.partition_point(|first| first <= from) - 1)
}

/// Five-year bands of a group.
fn bands_of(class: usize) -> impl Iterator<Item = usize> {
    (0..AGES).filter(move |age| group(*age) == class)
}

/// Strata of a class.
fn of_class(class: usize) -> Vec<usize> {
    let inside = |stratum: &usize| match class.checked_sub(GROUPS.len() + 1) {
        None => group(stratum % AGES) == class,
        Some(sex) => stratum / AGES == sex,
    };
    (0..STRATA).filter(inside).collect()
}

/// Whether an indicator counts only persons of a class.
fn is_only_of(one: &Indicator, class: usize) -> bool {
    let group = &one.numerator;
    match class.checked_sub(GROUPS.len() + 1) {
        Some(sex) => group.sex.is_some_and(|only| only.sex() == SEXES[sex]),
        None => GROUPS.get(class).is_some_and(|from| {
            let next = GROUPS.get(class + 1);
            group.at_least.unwrap_or(0) >= *from
                && next.is_none_or(|next| group.below.is_some_and(|limit| limit <= *next))
        }),
    }
}

/// A class in words: ages, and sex.
fn words_of(class: usize) -> (Cell, Message) {
    match class.checked_sub(GROUPS.len() + 1) {
        Some(sex) => (Cell::Said(all()), name_of_sex(SEXES[sex])),
        None => (label(&GROUPS, class), all()),
    }
}

/// Municipalities, trust areas or regions.
struct Level<'o> {
    word: &'static str,
    counts: &'o Counts,
    people: &'o People,
    figures: &'o [Option<Figures>],
}

impl Outcome {
    /// Counts of the country by indicator. Each row holds the strata, then the sum of all sexes for each age, then the
    /// sum of all ages for each sex.
    fn ages_and_sexes(&self) -> Vec<Row> {
        let counts = &self.counts;
        let mut rows = self.known(STRATA, |place, home| {
            (counts.events_of(place, home), counts.of(place, Side::Denominator, home))
        });
        for row in &mut rows {
            let sum = |at: usize| withhold::sum(&inside(at).into_iter().map(|at| row[at]).collect::<Row>());
            let margins: Row = (STRATA..STRATA + AGES + SEXES.len()).map(sum).collect();
            row.extend(margins);
        }
        rows
    }

    /// Whether each cell of `rows` is withheld. The sums of all sexes and of all ages are published beside their parts.
    fn hidden_ages(&self, rows: &[Row]) -> Vec<Vec<bool>> {
        let margins = STRATA..STRATA + AGES + SEXES.len();
        let totals = margins.map(|at| Total::of(inside(at)).published_at(at));
        let of_all =
            [Total::of(STRATA..STRATA + AGES), Total::of(STRATA + AGES..STRATA + AGES + SEXES.len())];
        self.hidden(rows, &totals.chain(of_all).collect::<Vec<_>>())
    }

    /// Sheet of the country by age and sex.
    pub fn ages(&self) -> SafeTable {
        let heads =
            ["indicator", "title", "age", "sex", "numerator_count_or_ore", "denominator", "unit", "value"];
        let mut sheet = sheet_of("ages", heads);
        let hidden = self.hidden_ages(&self.ages_and_sexes());
        // Lines: for all sexes together, each age; then, for each sex, all ages together and each age.
        let ages = (0..AGES).map(|age| (STRATA + age, label(&BANDS, age), all()));
        let sexes = SEXES.into_iter().enumerate().flat_map(|(place, sex)| {
            let each = (0..AGES).map(move |age| (place * AGES + age, label(&BANDS, age), name_of_sex(sex)));
            std::iter::once((STRATA + AGES + place, Cell::Said(all()), name_of_sex(sex))).chain(each)
        });
        let lines: Vec<(usize, Cell, Message)> = ages.chain(sexes).collect();
        for (place, one, found) in self.written() {
            let homes = 0..self.counts.homes.len();
            let events: Vec<i64> = (0..STRATA)
                .map(|at| {
                    homes
                        .clone()
                        .filter_map(|home| self.counts.of(place, Side::Numerator, home))
                        .map(|of| of[at])
                        .sum()
                })
                .collect();
            for (at, age, sex) in &lines {
                let whole: f64 = inside(*at).into_iter().map(|at| found.of[at]).sum();
                let numerator: i64 = inside(*at).into_iter().map(|at| events[at]).sum();
                if whole <= 0.0 && numerator == 0 && !hidden[place][*at] {
                    continue;
                }
                let or_hidden = |cell: Cell| if hidden[place][*at] { Cell::Withheld } else { cell };
                let value = if whole > 0.0 {
                    thousandths(numerator as f64 / whole * one.times())
                } else {
                    Cell::Unknown
                };
                let of =
                    if one.kind == Kind::Rate { thousandths(whole) } else { or_hidden(thousandths(whole)) };
                sheet.row(
                    vec![
                        Cell::Text(one.id.clone()),
                        Cell::from(self.title(one)),
                        age.clone(),
                        Cell::Said(sex.clone()),
                        or_hidden(counted(one, numerator)),
                        of,
                        Cell::Said(Self::unit(one)),
                        or_hidden(value),
                    ],
                    Beneath::Decided,
                );
            }
        }
        sheet.protect()
    }

    /// Municipalities, trust areas and regions, smallest first.
    fn levels(&self) -> Vec<Level<'_>> {
        let (counts, people, figures) = (&self.counts, &self.inhabited.people, &self.figures);
        let mut out = vec![Level { word: "municipality", counts, people, figures }];
        for (word, larger) in ["area", "region"].into_iter().zip(&self.larger) {
            let (counts, people, figures) = (&larger.counts, &larger.people, &larger.figures);
            out.push(Level { word, counts, people, figures });
        }
        out
    }

    /// Whether each class of each place is withheld, in a row for each indicator. A row holds, class by class, the
    /// places of all levels and then the country. After the classes, the row holds the country's five-year bands.
    fn hidden_classes(&self, levels: &[Level]) -> Vec<Vec<bool>> {
        let counts: Vec<usize> = levels.iter().map(|level| level.counts.homes.len()).collect();
        let country: usize = counts.iter().sum();
        let (each, bands) = (country + 1, STRATA..STRATA + AGES);
        let classes: Vec<Vec<usize>> = (0..CLASSES).map(of_class).collect();
        let known = |indicator: usize, level: &Level, home: usize, class: &Vec<usize>| {
            let sum = |of: Option<&[i64]>| of.map(|of| class.iter().map(|stratum| of[*stratum]).sum());
            Known {
                events: sum(level.counts.events_of(indicator, home)).unwrap_or(0),
                whole: sum(level.counts.of(indicator, Side::Denominator, home)),
            }
        };
        let of_country = self.ages_and_sexes();
        let row = |indicator: usize| -> Row {
            let mut out = Row::new();
            for class in &classes {
                let first = out.len();
                for level in levels {
                    out.extend(
                        (0..level.counts.homes.len()).map(|home| known(indicator, level, home, class)),
                    );
                }
                out.push(withhold::sum(&out[first..first + counts[0]]));
            }
            out.extend(&of_country[indicator][bands.clone()]);
            out
        };
        // Another sheet publishes the country's five-year bands and sexes, so these are decided there.
        let hidden_ages = self.hidden_ages(&of_country);
        let decided = |indicator: usize, place: usize| {
            let (class, home) = (place / each, place % each);
            let hidden_ages = &hidden_ages[indicator];
            if class >= CLASSES {
                return Some(hidden_ages[STRATA + place - CLASSES * each]);
            }
            if home == country {
                return match class.checked_sub(GROUPS.len() + 1) {
                    Some(sex) => Some(hidden_ages[STRATA + AGES + sex]),
                    None => bands_of(class).all(|age| !hidden_ages[STRATA + age]).then_some(false),
                };
            }
            let (mut level, mut home) = (0, home);
            while home >= counts[level] {
                (level, home) = (level + 1, home - counts[level]);
            }
            let found = levels[level].figures[indicator].as_ref()?;
            // A class that holds all persons of the indicator has the indicator's own figure, which is published.
            let is_whole = is_only_of(&self.indicators[indicator], class);
            if found.homes[home].is_withheld { Some(true) } else { is_whole.then_some(false) }
        };
        let totals = self.totals_of_classes(each);
        let rows: Vec<Row> = (0..self.indicators.len()).map(row).collect();
        hidden_parts(&self.indicators, &rows, &decided, &totals)
    }

    /// Totals of classes. A place's age groups and its sexes have the same sum; places add up to larger places;
    /// and the country's five-year bands, which stand after all classes, add up to the country's groups.
    fn totals_of_classes(&self, each: usize) -> Vec<Total> {
        let mut out = Vec::new();
        for place in 0..each {
            let classes = |from: usize, to: usize| Total::of((from..to).map(|class| class * each + place));
            out.extend([classes(0, GROUPS.len() + 1), classes(GROUPS.len() + 1, CLASSES)]);
        }
        for class in 0..CLASSES {
            out.extend(summed_up(&self.larger[0], &self.larger[1], class * each));
            let country = (class + 1) * each - 1;
            if class <= GROUPS.len() {
                out.push(Total::of(bands_of(class).map(|age| CLASSES * each + age)).published_at(country));
            }
        }
        out
    }

    /// Sheet of every place by broad age group, and by sex.
    pub fn ages_of_places(&self) -> SafeTable {
        let heads = [
            "indicator",
            "title",
            "level",
            "municipality",
            "name",
            "age",
            "sex",
            "numerator_count_or_ore",
            "denominator",
            "unit",
            "value",
            "value_low",
            "value_high",
        ];
        let mut sheet = sheet_of("age_groups", heads);
        let levels = self.levels();
        let hidden = self.hidden_classes(&levels);
        let each: usize = levels.iter().map(|level| level.counts.homes.len()).sum::<usize>() + 1;
        for (indicator, one, _) in self.written() {
            let classes: Vec<(Vec<usize>, f64)> = (0..CLASSES)
                .map(|class| {
                    let strata = of_class(class);
                    let times = at_a_time(one, indicator, &self.counts, |stratum| strata.contains(&stratum));
                    (strata, times)
                })
                .collect();
            let mut before = 0;
            for level in &levels {
                for (home, code) in level.counts.homes.iter().enumerate() {
                    for (class, (strata, times)) in classes.iter().enumerate() {
                        let of = (self.method.years, &strata[..], *times);
                        let at = (indicator, home);
                        let (numerator, denominator, value) =
                            of_part(one, at, level.counts, level.people, of);
                        let is_hidden = hidden[indicator][class * each + before + home];
                        // A withheld row stays, since a missing row would reveal that there is nobody.
                        if numerator == 0 && denominator <= 0.0 && !is_hidden {
                            continue;
                        }
                        let or_hidden = |cell: Cell| if is_hidden { Cell::Withheld } else { cell };
                        let (ages, sex) = words_of(class);
                        let below = thousandths(denominator);
                        let mut row = vec![
                            Cell::Text(one.id.clone()),
                            Cell::from(self.title(one)),
                            Cell::Said(Message::under("indicators.level", level.word)),
                            Cell::Text(code.clone()),
                            Cell::Text(self.names.name(code)),
                            ages,
                            Cell::Said(sex),
                            or_hidden(counted(one, numerator)),
                            if one.kind == Kind::Rate { below } else { or_hidden(below) },
                            Cell::Said(Self::unit(one)),
                        ];
                        row.extend(interval(value, is_hidden));
                        sheet.row(row, Beneath::Decided);
                    }
                }
                before += level.counts.homes.len();
            }
        }
        sheet.protect()
    }
}
