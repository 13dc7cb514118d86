//! Functions that the commands for statistical methods share: they read numbers from the command line, and
//! show an answer.

use jobs::failure::{Failure, Result};
use jobs::host::Host;
use jobs::methods::Answer;
use jobs::methods::interval::CountMethod;
use words::message;

use super::Output;
use crate::choices::{Words, or_suited};

/// Methods for the interval of a count.
pub const COUNT_METHODS: Words<CountMethod> = &[("byar", CountMethod::Byar), ("exact", CountMethod::Exact)];

/// Reads a confidence level, given in per cent or as a share, and returns it as a share.
pub fn confidence(text: &str) -> Result<f64> {
    let per_cent: f64 = text
        .trim_end_matches('%')
        .trim()
        .replace(',', ".")
        .parse()
        .map_err(|_| Failure::of(message!("usage.not_number")))?;
    let share = if per_cent > 1.0 { per_cent / 100.0 } else { per_cent };
    if (0.5..1.0).contains(&share) { Ok(share) } else { Err(Failure::of(message!("usage.confidence"))) }
}

/// Reads a number of zero or more.
pub fn number(text: &str) -> Result<f64> {
    let value = text.trim().replace(',', ".").parse().ok();
    value
        .filter(|value: &f64| value.is_finite() && *value >= 0.0)
        .ok_or_else(|| Failure::of(message!("usage.not_number")))
}

/// Reads per cent, and returns a share.
pub fn per_cent(text: &str) -> Result<f64> {
    let value = number(text.trim_end_matches('%'))?;
    if value <= 100.0 { Ok(value / 100.0) } else { Err(Failure::of(message!("usage.per_cent"))) }
}

/// An answer as JSON, or as its table.
pub fn output(json: bool, answer: &Answer, host: &Host) -> Output {
    Output::data(match json {
        true => format!("{:#}\n", answer.value),
        false => answer.table.render(or_suited(None), host.reader()),
    })
}
