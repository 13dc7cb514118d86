//! Times in a column of a table: months, days, weeks, quarters, years or numbers, however they are written. They are put
//! in order by the calendar, and times that are missing between two others are found.

use domain::{Day, Month};

use crate::columns::Columns;
use crate::failure::{Result, fail};

/// The times of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    /// The different times in order, as they are first written.
    pub names: Vec<String>,
    /// For each row, the place of its time among `names`.
    pub places: Vec<usize>,
    /// Times that the column lacks between its first and its last time, at most 1000 of them. Empty if the times follow
    /// no calendar.
    pub missing: Vec<String>,
    kind: Kind,
    /// Calendar number of each of `names`: the number of its month, day or other unit. 0 if the times follow no
    /// calendar.
    numbers: Vec<i64>,
}

/// What the times of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Months,
    Quarters,
    Years,
    Days,
    Weeks,
    Numbers,
    /// Texts of another kind, in the order of the numbers in them.
    Texts,
}

const MONTHS: [(&str, &str); 12] = [
    ("jan", "01"),
    ("feb", "02"),
    ("mar", "03"),
    ("apr", "04"),
    ("mai", "05"),
    ("jun", "06"),
    ("jul", "07"),
    ("aug", "08"),
    ("sep", "09"),
    ("okt", "10"),
    ("nov", "11"),
    ("des", "12"),
];
/// English names of months that differ from the Norwegian ones.
const ENGLISH: [(&str, &str); 3] = [("may", "05"), ("oct", "10"), ("dec", "12")];

/// Runs of digits in a text; a name of a month counts as its number.
fn runs(text: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let lower = text.trim().to_lowercase();
    let alike = |one: char, other: char| {
        one.is_alphabetic() == other.is_alphabetic() && one.is_alphanumeric() == other.is_alphanumeric()
    };
    let mut rest = lower.as_str();
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter: char| !alike(first, letter)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if first.is_ascii_digit() {
            out.push(run.to_owned());
        } else if first.is_alphabetic() {
            let named = MONTHS.iter().chain(&ENGLISH).find(|(name, _)| run.starts_with(name));
            match (named, run) {
                (Some((_, number)), _) => out.push((*number).to_owned()),
                // `2012M03`, `2012-03-01T00:00`.
                (None, "m" | "t") => {}
                (None, _) => return None,
            }
        }
        rest = after;
    }
    Some(out)
}

fn day(text: &str) -> Option<Day> {
    let runs = runs(text)?;
    let (year, month, day) = match runs.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [all] if all.len() == 8 => (&all[..4], &all[4..6], &all[6..]),
        [year, month, day, ..] if year.len() == 4 => (year, month, day),
        [day, month, year, ..] if year.len() == 4 => (year, month, day),
        _ => return None,
    };
    Day::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

fn month(text: &str) -> Option<Month> {
    let runs = runs(text)?;
    let (year, month) = match runs.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [all] if all.len() == 6 => (&all[..4], &all[4..]),
        [year, month] if year.len() == 4 => (year, month),
        [month, year] if year.len() == 4 => (year, month),
        // A spreadsheet shows a month as `jan. 12`.
        [month, year] if year.len() == 2 && text.contains(char::is_alphabetic) => {
            return Month::new(2000 + year.parse::<i16>().ok()?, month.parse().ok()?);
        }
        _ => return None,
    };
    Month::new(year.parse().ok()?, month.parse().ok()?)
}

/// Calendar number of a quarter, 4 × year + quarter − 1, from a text such as `2012K1`, `2012-Q1` or `1. kvartal 2012`;
/// `None` for any other text.
fn quarter(text: &str) -> Option<i64> {
    let lower = text.trim().to_lowercase();
    if !lower.contains(['k', 'q']) {
        return None;
    }
    let digits: Vec<&str> =
        lower.split(|letter: char| !letter.is_ascii_digit()).filter(|run| !run.is_empty()).collect();
    let (year, quarter) = match digits[..] {
        [year, quarter] if year.len() == 4 && quarter.len() == 1 => (year, quarter),
        [quarter, year] if year.len() == 4 && quarter.len() == 1 => (year, quarter),
        _ => return None,
    };
    let quarter: i64 = quarter.parse().ok().filter(|one| (1..=4).contains(one))?;
    Some(year.parse::<i64>().ok()? * 4 + quarter - 1)
}

fn number_of(month: Month) -> i64 {
    i64::from(month.year()) * 12 + i64::from(month.number()) - 1
}

/// The numbers in a text, by which texts of no calendar are sorted: 2,5 comes before 10.
fn natural(text: &str) -> Vec<f64> {
    if let Ok(number) = text.replace(',', ".").parse::<f64>() {
        return vec![number];
    }
    let runs = text.split(|letter: char| !letter.is_ascii_digit()).filter(|run| !run.is_empty());
    runs.map(|run| run.parse().unwrap_or(f64::MAX)).collect()
}

/// The kind of all texts, and the number of each in its calendar.
fn numbered(texts: &[&str]) -> (Kind, Vec<i64>) {
    fn all<T>(texts: &[&str], read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
        texts.iter().map(|text| read(text)).collect()
    }
    let year = |text: &str| text.trim().parse::<i64>().ok().filter(|year| (1900..=2100).contains(year));
    if let Some(years) = all(texts, year) {
        return (Kind::Years, years);
    }
    if let Some(numbers) = all(texts, |text| text.trim().parse().ok().filter(|_| text.trim().len() < 6)) {
        return (Kind::Numbers, numbers);
    }
    if let Some(quarters) = all(texts, quarter) {
        return (Kind::Quarters, quarters);
    }
    if let Some(months) = all(texts, month) {
        return (Kind::Months, months.into_iter().map(number_of).collect());
    }
    let Some(days) = all(texts, day) else { return (Kind::Texts, vec![0; texts.len()]) };
    let of_month = |day: &Day| day.number() - day.month().first().number();
    let first = days[0];
    if days.iter().all(|day| of_month(day) == of_month(&first)) && days.iter().any(|day| *day != first) {
        return (Kind::Months, days.iter().map(|day| number_of(day.month())).collect());
    }
    let numbers: Vec<i64> = days.iter().map(|day| i64::from(day.number())).collect();
    match numbers.iter().all(|number| (number - numbers[0]) % 7 == 0) {
        true => (Kind::Weeks, numbers.into_iter().map(week).collect()),
        false => (Kind::Days, numbers),
    }
}

/// Days from the Monday of a week to the first day of 1970, a Thursday.
const MONDAY: i64 = 3;

/// Number of the week that a day lies in, from Monday to Sunday.
fn week(number: i64) -> i64 {
    (number + MONDAY).div_euclid(7)
}

/// Name of a time that the column lacks. In weeks, `weekday` is the day of the week that the column uses.
fn named(kind: Kind, number: i64, weekday: i64) -> String {
    let day = |number: i64| {
        i32::try_from(number).map_or_else(|_| String::new(), |day| Day::from_number(day).to_string())
    };
    match kind {
        Kind::Months => format!("{}-{:02}", number.div_euclid(12), number.rem_euclid(12) + 1),
        Kind::Quarters => format!("{}K{}", number.div_euclid(4), number.rem_euclid(4) + 1),
        Kind::Days => day(number),
        Kind::Weeks => day(number * 7 - MONDAY + weekday),
        Kind::Years | Kind::Numbers | Kind::Texts => number.to_string(),
    }
}

impl Times {
    /// The times of a column, in order.
    pub fn of(texts: &[&str]) -> Times {
        let (kind, numbers) = if texts.is_empty() { (Kind::Texts, Vec::new()) } else { numbered(texts) };
        let mut rows: Vec<usize> = (0..texts.len()).collect();
        let has_digits = texts.iter().any(|text| text.contains(|letter: char| letter.is_ascii_digit()));
        rows.sort_by(|one, other| {
            let texts_in_order = || {
                let (one, other) = (texts[*one], texts[*other]);
                let by_numbers =
                    natural(one).partial_cmp(&natural(other)).unwrap_or(std::cmp::Ordering::Equal);
                by_numbers.then_with(|| one.cmp(other))
            };
            match kind {
                // Names have no order but that of the rows.
                Kind::Texts if !has_digits => one.cmp(other),
                Kind::Texts => texts_in_order(),
                _ => numbers[*one].cmp(&numbers[*other]),
            }
        });
        let same = |one: usize, other: usize| match kind {
            Kind::Texts => texts[one] == texts[other],
            _ => numbers[one] == numbers[other],
        };
        let mut out = Times {
            names: Vec::new(),
            places: vec![0; texts.len()],
            missing: Vec::new(),
            kind,
            numbers: Vec::new(),
        };
        let mut before: Option<usize> = None;
        for row in rows {
            if before.is_none_or(|before| !same(before, row)) {
                out.names.push(texts[row].to_owned());
                out.numbers.push(numbers[row]);
            }
            out.places[row] = out.names.len() - 1;
            before = Some(row);
        }
        if kind != Kind::Texts {
            let weekday = texts.first().and_then(|text| day(text)).map_or(0, |day| i64::from(day.weekday()));
            let between = out.numbers.windows(2).flat_map(|pair| pair[0] + 1..pair[1]);
            out.missing = between.take(1000).map(|number| named(kind, number, weekday)).collect();
        }
        out
    }

    /// The times in a column of a table.
    ///
    /// # Errors
    /// Fails if no column has the name, or if a text is no time although most are months, days or quarters: the name of a
    /// sum or of a mean.
    pub fn read(table: &Columns, name: &str) -> Result<Times> {
        let texts = table.text(name)?;
        if let Some(row) = texts.iter().position(|text| register::text::is_sum(text)) {
            fail!("error.columns.sum", at = table.at(row), text = texts[row]);
        }
        if let Some(row) = Times::stranger(&texts) {
            fail!("error.times.stranger", at = table.at(row), text = texts[row]);
        }
        Ok(Times::of(&texts))
    }

    /// Place of the first text that is no time among texts of which most are; `None` if there is none.
    fn stranger(texts: &[&str]) -> Option<usize> {
        let is_time = |text: &&str| quarter(text).is_some() || month(text).is_some() || day(text).is_some();
        let count = texts.iter().filter(|text| is_time(text)).count();
        if count == texts.len() || count * 2 <= texts.len() {
            return None;
        }
        texts.iter().position(|text| !is_time(text))
    }

    /// Place of a time among [`Times::names`], however it is written; `None` if the column has no such time. Among
    /// months, a day stands for its month; among weeks, for its week from Monday to Sunday.
    pub fn place(&self, text: &str) -> Option<usize> {
        if let Some(place) = self.names.iter().position(|name| name == text) {
            return Some(place);
        }
        let number = match self.kind {
            Kind::Texts => return None,
            Kind::Months => month(text).or_else(|| day(text).map(Day::month)).map(number_of)?,
            Kind::Quarters => quarter(text)?,
            Kind::Days => i64::from(day(text)?.number()),
            Kind::Weeks => week(i64::from(day(text)?.number())),
            Kind::Years | Kind::Numbers => text.trim().parse().ok()?,
        };
        self.numbers.iter().position(|one| *one == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A day stands for its week from Monday to Sunday, whichever weekday the column uses.
    #[test]
    fn a_day_finds_its_week() {
        let times = Times::of(&["2012-03-05", "2012-03-12", "2012-03-26"]);
        for (day, place) in [("2012-03-08", Some(0)), ("2012-03-18", Some(1)), ("2012-03-20", None)] {
            assert_eq!(times.place(day), place, "{day}");
        }
        assert_eq!(times.missing, ["2012-03-19"]);
    }

    #[test]
    fn times_are_in_the_order_of_the_calendar_however_they_are_written() {
        for (texts, names) in [
            (vec!["01.06.2012", "01.05.2012", "01.01.2013"], vec!["01.05.2012", "01.06.2012", "01.01.2013"]),
            (vec!["06/2012", "12/2011"], vec!["12/2011", "06/2012"]),
            (vec!["des 2011", "jan 2012", "november 2011"], vec!["november 2011", "des 2011", "jan 2012"]),
            (vec!["feb. 12", "jan. 12", "des. 11"], vec!["des. 11", "jan. 12", "feb. 12"]),
            (vec!["januar", "februar", "mars"], vec!["januar", "februar", "mars"]),
            (vec!["2012M10", "2012M02"], vec!["2012M02", "2012M10"]),
            (vec!["2012-K2", "2012-K1"], vec!["2012-K1", "2012-K2"]),
            (vec!["10", "9", "2"], vec!["2", "9", "10"]),
            (vec!["2,5", "10"], vec!["2,5", "10"]),
            (vec!["20120304", "20111231"], vec!["20111231", "20120304"]),
        ] {
            assert_eq!(Times::of(&texts).names, names);
        }
    }

    #[test]
    fn a_sum_among_months_is_found() {
        assert_eq!(Times::stranger(&["jan. 2012", "feb. 2012", "Gjennomsnitt"]), Some(2));
        assert_eq!(Times::stranger(&["2012-01", "2012-02"]), None);
        assert_eq!(Times::stranger(&["A", "B", "2012-02"]), None);
    }

    #[test]
    fn what_is_missing_is_known_and_a_time_is_found_by_any_spelling() {
        let times = Times::of(&["2012-01", "2012-02", "2012-05", "2012-05"]);
        assert_eq!(
            (times.missing.clone(), times.places.clone()),
            (vec!["2012-03".to_owned(), "2012-04".to_owned()], vec![0, 1, 2, 2])
        );
        assert_eq!(["05.2012", "mai 2012", "2012-05-01"].map(|text| times.place(text)), [Some(2); 3]);
        assert_eq!(times.place("2012-03"), None);
        let weeks = Times::of(&["2012-01-02", "2012-01-09", "2012-01-23", "2012-02-06"]);
        assert_eq!(weeks.missing, ["2012-01-16", "2012-01-30"]);
        assert_eq!(Times::of(&["2010", "2013"]).missing, ["2011", "2012"]);
        assert!(Times::of(&["A1", "A3"]).missing.is_empty());
        assert_eq!(Times::of(&[]).names, Vec::<String>::new());
    }
}
