//! The only place that reads the clock.

use anyhow::{Context, Result};
use domain::Minute;

/// The minute that a command works at, in UTC: the given one (`--now`), or else the clock's.
///
/// # Errors
/// Fails if the text is not a time, or if the clock stands before 1970.
pub fn now(given: Option<&str>) -> Result<Minute> {
    if let Some(text) = given {
        return Ok(Minute::parse(text)?);
    }
    #[expect(clippy::disallowed_methods, reason = "this is the door that the others are told to use")]
    let clock = std::time::SystemTime::now();
    let since = clock.duration_since(std::time::UNIX_EPOCH).context("the clock stands before 1970")?;
    Ok(Minute::from_number(i64::try_from(since.as_secs() / 60)?))
}
