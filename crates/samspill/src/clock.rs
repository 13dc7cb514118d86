//! The only place that reads the clock.

use domain::Minute;
use jobs::failure::{Failure, Result};
use words::message;

/// The minute that a command works at, in UTC: the given one (`--now`), or else the clock's.
///
/// # Errors
/// Fails if the text is not a time, or if the clock is out of range.
pub fn now(given: Option<&str>) -> Result<Minute> {
    if let Some(text) = given {
        return Ok(Minute::parse(text)?);
    }
    #[expect(clippy::disallowed_methods, reason = "all other code must get the time from here")]
    let clock = std::time::SystemTime::now();
    let since = clock.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let minutes = i64::try_from(since.as_secs() / 60);
    minutes.map(Minute::from_number).map_err(|_| Failure::of(message!("error.clock.out_of_range")))
}
