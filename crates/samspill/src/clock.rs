//! The only place that reads the time of day. Stopwatches in other modules measure durations only.

use domain::Minute;
use jobs::failure::{Failure, Result};
use jobs::refusal::Remedy;
use words::message;

/// The minute that a step is recorded at, in UTC: the given one (`--now`), or else the clock's.
///
/// # Errors
/// Fails if the text is not a time, if the time is more than a day after the clock (a day leaves room for other time
/// zones), or if the clock is out of range.
pub fn now(given: Option<&str>) -> Result<Minute> {
    let clock = clock()?;
    let Some(text) = given else { return Ok(clock) };
    let at = Minute::parse(text)?;
    if at.number() > clock.number() + 24 * 60 {
        return Err(Failure::in_order(message!("error.clock.future", at, clock), Remedy::None));
    }
    Ok(at)
}

/// The minute on a clock in Norway, which is the time that messages and contacts state: the given minute, or else now.
///
/// # Errors
/// Fails if the text is not a time, or if the clock is out of range.
pub fn in_norway(given: Option<&str>) -> Result<Minute> {
    let Some(text) = given else {
        let utc = clock()?;
        return Ok(Minute::from_number(utc.number() + offset(utc)));
    };
    Ok(Minute::parse(text)?)
}

/// Minutes that a clock in Norway is ahead of UTC: 120 from the last Sunday of March at 01:00 UTC to the last Sunday of
/// October at 01:00 UTC, and otherwise 60.
fn offset(utc: Minute) -> i64 {
    let summer = || {
        let zone = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").ok()?;
        let at = jiff::Timestamp::from_second(utc.number() * 60).ok()?;
        Some(i64::from(zone.to_offset(at).seconds()) / 60)
    };
    summer().unwrap_or(60)
}

fn clock() -> Result<Minute> {
    #[expect(clippy::disallowed_methods, reason = "all other code must get the time from here")]
    let clock = std::time::SystemTime::now();
    let since = clock.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let minutes = i64::try_from(since.as_secs() / 60);
    minutes.map(Minute::from_number).map_err(|_| Failure::of(message!("error.clock.out_of_range")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Summer time of 2026: from 29 March to 25 October.
    #[test]
    fn a_clock_in_norway_is_an_hour_ahead_and_two_in_summer() {
        let ahead = |utc: &str| offset(Minute::parse(utc).unwrap());
        let found = [
            "2026-01-05T12:00",
            "2026-03-29T00:59",
            "2026-03-29T01:00",
            "2026-10-25T00:59",
            "2026-10-25T01:00",
        ]
        .map(ahead);
        assert_eq!(found, [60, 60, 120, 120, 60]);
    }
}
