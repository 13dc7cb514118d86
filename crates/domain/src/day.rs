//! Days, minutes, months and periods of the civil calendar. Nothing here knows a clock or a time zone.

use crate::narrow::narrow;
use std::fmt;
use words::{Message, Said, message};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A day of the civil calendar, as days since 1970-01-01 (the same number as a Parquet `DATE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(i32);

/// Error: text that is not a day, a time, a month or a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotATime {
    text: String,
    /// What was expected: a key under the heading `expected` in the catalogue.
    wanted: &'static str,
}

words::english_error!(NotATime);

impl Said for NotATime {
    fn said(&self) -> Message {
        let NotATime { text, wanted } = self;
        message!("error.not_a_time", text, wanted = Message::under("expected", wanted))
    }
}

fn not(text: &str, wanted: &'static str) -> NotATime {
    NotATime { text: text.to_owned(), wanted }
}

const EPOCH: Date = Date::constant(1970, 1, 1);
/// First day that a record may name: of the first whole year of the Gregorian calendar. An earlier day is treated as a
/// typing error. Extracts whose days are moved to hide people name years far ahead.
const EARLIEST: Day = Day(-141_349); // 1583-01-01
/// Last day that four digits of a year can name.
const LATEST: Day = Day(2_932_896); // 9999-12-31

impl Day {
    /// The day that lies `days_since_1970` days after 1970-01-01.
    pub const fn from_number(days_since_1970: i32) -> Self {
        Day(days_since_1970)
    }

    /// Days since 1970-01-01.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The day of a year, month and day of the month; `None` if there is no such day from 1583 to 9999.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        let date = Date::new(year, month, day).ok()?;
        let days = date.duration_since(EPOCH).as_hours() / 24;
        let day = Day(i32::try_from(days).ok()?);
        (EARLIEST..=LATEST).contains(&day).then_some(day)
    }

    fn date(self) -> Date {
        let clamped = self.0.clamp(EARLIEST.0, LATEST.0);
        EPOCH.saturating_add(jiff::Span::new().days(clamped))
    }

    /// Calendar year of the day.
    pub fn year(self) -> i16 {
        self.date().year()
    }

    /// Month that the day lies in.
    pub fn month(self) -> Month {
        let date = self.date();
        Month { year: date.year(), month: date.month() }
    }

    /// Year, month from 1 to 12, and day of the month from 1.
    pub fn year_month_day(self) -> (i16, i8, i8) {
        let date = self.date();
        (date.year(), date.month(), date.day())
    }

    /// Day of the week, from 0 for Monday to 6 for Sunday.
    pub fn weekday(self) -> u8 {
        narrow((self.0 + 3).rem_euclid(7))
    }

    /// This day moved by a number of days: later, or earlier if `days` is negative.
    pub const fn plus(self, days: i32) -> Day {
        Day(self.0 + days)
    }

    /// The day before.
    pub const fn previous(self) -> Day {
        Day(self.0 - 1)
    }

    /// The day after.
    pub const fn next(self) -> Day {
        Day(self.0 + 1)
    }

    /// First minute of the day, 00:00.
    pub const fn start(self) -> Minute {
        Minute(self.0 as i64 * Minute::PER_DAY)
    }

    /// Reads a day in the form `2012-03-04`. No other form is accepted.
    ///
    /// # Errors
    /// Fails if the text has another form, or names no day from 1583 to 9999.
    pub fn parse(text: &str) -> Result<Day, NotATime> {
        let wrong = || not(text, "day");
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(wrong());
        }
        let number = |from: usize, to: usize| digits(&bytes[from..to]);
        let (Some(year), Some(month), Some(day)) = (number(0, 4), number(5, 7), number(8, 10)) else {
            return Err(wrong());
        };
        Day::new(narrow(year), narrow(month), narrow(day)).ok_or_else(wrong)
    }
}

fn digits(bytes: &[u8]) -> Option<i32> {
    bytes.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i32::from(byte - b'0')))
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.date().to_string())
    }
}

// Serde reads and writes the three kinds of time as the text that people write.
macro_rules! as_text {
    ($($time:ident),+) => {$(
        impl TryFrom<String> for $time {
            type Error = NotATime;
            fn try_from(text: String) -> Result<Self, NotATime> {
                $time::parse(&text)
            }
        }

        impl From<$time> for String {
            fn from(time: $time) -> String {
                time.to_string()
            }
        }
    )+};
}

as_text!(Day, Minute, Month);

/// A minute of the civil calendar, as minutes since 1970-01-01 00:00 in the local time of the hospital.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Minute(i64);

impl Minute {
    /// Minutes in a day.
    pub const PER_DAY: i64 = 24 * 60;

    /// The minute that lies `minutes_since_1970` minutes after 1970-01-01 00:00.
    pub const fn from_number(minutes_since_1970: i64) -> Self {
        Minute(minutes_since_1970)
    }

    /// Minutes since 1970-01-01 00:00.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// Day that the minute lies in.
    pub fn day(self) -> Day {
        Day(narrow(self.0.div_euclid(Self::PER_DAY)))
    }

    /// This minute moved by a number of hours: later, or earlier if `hours` is negative.
    pub const fn plus_hours(self, hours: i64) -> Minute {
        Minute(self.0 + hours * 60)
    }

    /// The minute that Norwegian clocks show at a moment, which is given in seconds since 1970-01-01 00:00 UTC. Holds from
    /// 1996, when summer time began to end in October.
    pub fn of_moment(seconds_of_utc: i64) -> Minute {
        let is_summer = |moment| CLOCKS.as_ref().is_ok_and(|zone| zone.to_offset_info(moment).dst().is_dst());
        let moment = jiff::Timestamp::from_second(seconds_of_utc);
        let hours = if moment.is_ok_and(is_summer) { 2 } else { 1 };
        Minute(seconds_of_utc.div_euclid(60) + hours * 60)
    }

    /// Reads a time in the form `2012-03-04T12:30` or `2012-03-04 12:30`. Seconds and parts of a second may follow, and
    /// are dropped; then a distance from UTC such as `+01:00`, if it is that of Norwegian clocks at the time. A day alone
    /// stands for the day's first minute.
    ///
    /// # Errors
    /// Fails if the text has another form, names no day from 1583 to 9999, names no time of the day, or has the distance of
    /// another zone.
    pub fn parse(text: &str) -> Result<Minute, NotATime> {
        let wrong = || not(text, "time");
        if text.len() == 10 {
            return Ok(Day::parse(text)?.start());
        }
        if !text.is_ascii() || text.len() < 16 {
            return Err(wrong());
        }
        let bytes = text.as_bytes();
        if !matches!(bytes[10], b'T' | b' ') || bytes[13] != b':' {
            return Err(wrong());
        }
        let day = Day::parse(&text[..10])?;
        let (Some(hour @ 0..=23), Some(minute @ 0..=59)) = (digits(&bytes[11..13]), digits(&bytes[14..16]))
        else {
            return Err(wrong());
        };
        let at = Minute(day.start().0 + i64::from(hour * 60 + minute));
        let rest = after_seconds(&text[16..]).ok_or_else(wrong)?;
        match rest.trim_start() {
            "" => Ok(at),
            zone => {
                let moment = (at.0 - ahead_of_utc(zone).ok_or_else(wrong)?) * 60;
                (Minute::of_moment(moment) == at).then_some(at).ok_or_else(wrong)
            }
        }
    }
}

/// Clocks in Norway, by the rule that has held since 1996.
static CLOCKS: std::sync::LazyLock<Result<TimeZone, jiff::Error>> =
    std::sync::LazyLock::new(|| TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3"));

/// What follows the seconds and the parts of a second at the beginning of a text, which may have none; `None` if they are
/// malformed.
fn after_seconds(text: &str) -> Option<&str> {
    let Some(rest) = text.strip_prefix(':') else { return Some(text) };
    rest.get(..2).and_then(|two| digits(two.as_bytes())).filter(|second| *second < 60)?;
    let rest = &rest[2..];
    let Some(part) = rest.strip_prefix(['.', ',']) else { return Some(rest) };
    let after = part.trim_start_matches(|sign: char| sign.is_ascii_digit());
    (after.len() < part.len()).then_some(after)
}

/// Minutes that a zone is ahead of UTC: `+01:00`, `+0100` or `+01`.
fn ahead_of_utc(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = (zone.get(1..3)?, zone.get(3..)?.trim_start_matches(':'));
    let minutes = if minutes.is_empty() { "00" } else { minutes };
    match (digits(hours.as_bytes())?, digits(minutes.as_bytes())?) {
        (hours @ 0..=14, minutes @ 0..=59) if minutes == 0 || zone.len() >= 5 => {
            Some(sign * i64::from(hours * 60 + minutes))
        }
        _ => None,
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_day = self.0.rem_euclid(Self::PER_DAY);
        write!(f, "{}T{:02}:{:02}", self.day(), of_day / 60, of_day % 60)
    }
}

/// A calendar month from 1583 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// Month 1 to 12 of a year; `None` for another month, or a year outside 1583 to 9999.
    pub fn new(year: i16, month: i8) -> Option<Self> {
        Day::new(year, month, 1).map(|_| Month { year, month })
    }

    /// Reads a month in the form `2012-03`.
    ///
    /// # Errors
    /// Fails if the text has another form, or names no month from 1583 to 9999.
    pub fn parse(text: &str) -> Result<Month, NotATime> {
        let wrong = || not(text, "month");
        let period = Period::parse(text).map_err(|_| wrong())?;
        if period.months == 1 { Ok(period.first) } else { Err(wrong()) }
    }

    /// Calendar year of the month.
    pub const fn year(self) -> i16 {
        self.year
    }

    /// Number of the month, from 1 for January to 12 for December.
    pub const fn number(self) -> i8 {
        self.month
    }

    /// First day of the month.
    pub fn first(self) -> Day {
        Day::new(self.year, self.month, 1).unwrap_or(EARLIEST)
    }

    /// Last day of the month.
    pub fn last(self) -> Day {
        self.next().map_or(LATEST, |next| next.first().previous())
    }

    /// The month after; `None` after December 9999.
    pub fn next(self) -> Option<Month> {
        if self.month == 12 { Month::new(self.year + 1, 1) } else { Month::new(self.year, self.month + 1) }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// Whole months in a row: a year, a tertial or a month (`2012`, `2012-T1`, `2012-03`), or another span of months.
///
/// `2012-T2` is May to August, not the year so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    first: Month,
    months: i16,
}

impl Period {
    /// Reads a year, a tertial or a month: `2012`, `2012-T1` or `2012-03`.
    ///
    /// # Errors
    /// Fails if the text has another form, or the year is not from 1583 to 9999.
    pub fn parse(text: &str) -> Result<Period, NotATime> {
        let wrong = || not(text, "period");
        let (year, rest) = match text.split_once('-') {
            None => (text, None),
            Some((year, rest)) => (year, Some(rest)),
        };
        let number = |text: &str, length| {
            (text.len() == length).then(|| digits(text.as_bytes())).flatten().ok_or_else(wrong)
        };
        let year = narrow(number(year, 4)?);
        let (month, months) = match rest {
            None => (1, 12),
            Some("T1") => (1, 4),
            Some("T2") => (5, 4),
            Some("T3") => (9, 4),
            Some(month) => (narrow(number(month, 2)?), 1),
        };
        let first = Month::new(year, month).ok_or_else(wrong)?;
        Ok(Period { first, months })
    }

    /// Reads whole months, at most twenty years: the forms of [`Period::parse`], and also `2012-2014` and
    /// `2012-07..2013-06`.
    ///
    /// # Errors
    /// Fails if the text has another form, or if a span from one year or month to another is not 2 to 240 months long.
    pub fn parse_any(text: &str) -> Result<Period, NotATime> {
        let wrong = || not(text, "span");
        let year = |text: &str| Period::parse(text).ok().filter(|period| period.is_year());
        let month = |text: &str| Period::parse(text).ok().filter(|period| period.months == 1);
        let both = |(one, other): (&str, &str), of: &dyn Fn(&str) -> Option<Period>| {
            Some((of(one)?.first, of(other)?.months().last()?))
        };
        let ends = match text.split_once("..") {
            Some(parts) => Some(both(parts, &month).ok_or_else(wrong)?),
            None => text.split_once('-').and_then(|parts| both(parts, &year)),
        };
        let Some((first, last)) = ends else { return Period::parse(text).map_err(|_| wrong()) };
        match Period::spanning(first, last) {
            period @ Period { months: 2..=240, .. } => Ok(period),
            _ => Err(not(text, "long_span")),
        }
    }

    /// Whether the period is a calendar year.
    pub const fn is_year(self) -> bool {
        self.months == 12 && self.first.month == 1
    }

    /// All months from `first` to `last`, both included.
    pub const fn spanning(first: Month, last: Month) -> Period {
        let months = 12 * (last.year - first.year) + (last.month - first.month) as i16 + 1;
        Period { first, months }
    }

    /// First day of the period.
    pub fn from(self) -> Day {
        self.first.first()
    }

    /// Last day of the period, included.
    pub fn to(self) -> Day {
        self.months().last().map_or(LATEST, |month| month.last())
    }

    /// The period of one month.
    pub const fn of_month(month: Month) -> Period {
        Period { first: month, months: 1 }
    }

    /// The months of the period, in order.
    pub fn months(self) -> impl DoubleEndedIterator<Item = Month> {
        let Month { year, month } = self.first;
        let from = i16::from(month) - 1;
        (from..from + self.months)
            .filter_map(move |month| Month::new(year + month / 12, (month % 12) as i8 + 1))
    }

    /// The part of the period in each calendar year, in order.
    pub fn by_year(self) -> impl Iterator<Item = Period> {
        let mut left = Some(self);
        std::iter::from_fn(move || {
            let Period { first, months } = left?;
            let of_year = std::cmp::min(months, 13 - i16::from(first.month));
            left = (months > of_year)
                .then(|| Month::new(first.year + 1, 1))
                .flatten()
                .map(|first| Period { first, months: months - of_year });
            Some(Period { first, months: of_year })
        })
    }

    /// Whether the day lies in the period.
    pub fn holds(self, day: Day) -> bool {
        (self.from()..=self.to()).contains(&day)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Month { year, month } = self.first;
        match (self.months, month) {
            (12, 1) => write!(f, "{year:04}"),
            (4, 1 | 5 | 9) => write!(f, "{year:04}-T{}", month / 4 + 1),
            (1, _) => write!(f, "{}", self.first),
            (months, 1) if months % 12 == 0 => write!(f, "{year:04}-{:04}", year + months / 12 - 1),
            _ => {
                write!(f, "{}..", self.first)?;
                self.months().last().map_or(Ok(()), |last| write!(f, "{last}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_moment_is_the_minute_on_norwegian_clocks() {
        for (moment, minute) in [
            ("2012-03-25T00:59", "2012-03-25T01:59"),
            ("2012-03-25T01:00", "2012-03-25T03:00"),
            ("2012-10-28T00:30", "2012-10-28T02:30"),
            ("2012-10-28T01:30", "2012-10-28T02:30"),
        ] {
            let seconds = Minute::parse(moment).unwrap().number() * 60 + 59;
            assert_eq!(Minute::of_moment(seconds).to_string(), minute, "{moment}");
        }
        for text in ["2012-01-01T00:30:00,25", "2012-01-01T00:30+01:00", "2012-01-01 00:30:07.123 +0100"] {
            assert_eq!(
                Minute::parse(text).map(|at| at.to_string()).as_deref(),
                Ok("2012-01-01T00:30"),
                "{text}"
            );
        }
        assert!(Minute::parse("2012-07-01T00:30+02").is_ok());
        // A moment elsewhere, or on a clock that is set an hour wrong.
        for text in ["2012-01-01T00:30Z", "2012-01-01T00:30+02:00", "2012-07-01T00:30+01:00"] {
            assert!(Minute::parse(text).is_err(), "{text}");
        }
        for text in
            ["2012-01-01T00:30:00.", "2012-01-01T00:30+1", "2012-01-01T00:30+15:00", "2012-01-01T00:30:6"]
        {
            assert!(Minute::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tertials_are_four_months() {
        let period = Period::parse("2012-T2").unwrap();
        assert_eq!(
            (period.from().to_string(), period.to().to_string()),
            ("2012-05-01".into(), "2012-08-31".into())
        );
        for text in ["2012", "2012-T1", "2012-T2", "2012-T3", "2012-02"] {
            assert_eq!(Period::parse(text).unwrap().to_string(), text);
        }
        for text in ["2012-T4", "2012-13", "12", "2012-1", "", "2012-", "２０１２"] {
            assert!(Period::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_longer_period_is_of_months_in_order() {
        let of = |text: &str| {
            let period = Period::parse_any(text).unwrap();
            let years: Vec<String> = period.by_year().map(|year| year.to_string()).collect();
            (period.to_string(), period.months().count(), years.join(" "))
        };
        for (text, months, years) in [
            ("2012-2014", 36, "2012 2013 2014"),
            (
                "2001-2020",
                240,
                "2001 2002 2003 2004 2005 2006 2007 2008 2009 2010 2011 2012 2013 2014 2015 2016 2017 2018 2019 2020",
            ),
            ("2012-T3", 4, "2012-T3"),
            ("2012-07..2013-06", 12, "2012-07..2012-12 2013-01..2013-06"),
            ("2012-12..2014-01", 14, "2012-12 2013 2014-01"),
            ("2012-05..2012-08", 4, "2012-T2"),
        ] {
            let shown = if text == "2012-05..2012-08" { "2012-T2" } else { text };
            assert_eq!(of(text), (shown.to_owned(), months, years.to_owned()));
        }
        // A settlement is for a year at most.
        assert!(Period::parse("2012-2014").is_err() && Period::parse("2012-07..2013-06").is_err());
        for text in
            ["2014-2012", "2000-2020", "2012-2014-2016", "2012-07..2012-06", "2012..2013", "2012-01..2012-T1"]
        {
            assert!(Period::parse_any(text).is_err(), "{text}");
        }
    }

    #[test]
    fn weekdays_and_leap_days() {
        assert_eq!(Day::parse("2012-01-01").unwrap().weekday(), 6);
        assert_eq!(Day::parse("2012-02-29").unwrap().next().to_string(), "2012-03-01");
        assert!(Day::parse("2011-02-29").is_err());
        assert_eq!(Month::new(2012, 2).unwrap().last().to_string(), "2012-02-29");
    }

    proptest! {
        #[test]
        fn a_day_reads_back(number in EARLIEST.0..=LATEST.0) {
            let day = Day(number);
            prop_assert_eq!(Day::parse(&day.to_string()).unwrap(), day);
            prop_assert!(day.month().first() <= day && day <= day.month().last());
        }

        #[test]
        fn no_text_breaks_the_readers(text in "\\PC{0,24}") {
            let _ = Day::parse(&text);
            let _ = Minute::parse(&text);
            let _ = Period::parse(&text);
        }

        #[test]
        fn almost_right_text_breaks_nothing(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?") {
            if let Ok(minute) = Minute::parse(&text) {
                prop_assert_eq!(Minute::parse(&minute.to_string()).unwrap(), minute);
            }
        }
    }
}
