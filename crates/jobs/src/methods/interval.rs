//! An interval of a single count, proportion or mean.

use anyhow::{Result, bail};
use serde_json::json;
use statistics::interval::{self, OfCount, OfProportion};

use super::{Answer, cells};
use crate::table::Table;

/// How an interval of a count is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountMethod {
    /// Byar's from ten events, exact below.
    Byar,
    /// Exact.
    Exact,
}

impl CountMethod {
    pub(super) fn of(self) -> OfCount {
        match self {
            CountMethod::Byar => OfCount::Byar,
            CountMethod::Exact => OfCount::Exact,
        }
    }

    pub(super) fn used(self, events: f64) -> &'static str {
        if (self == CountMethod::Exact && events < interval::EXACT_TO) || events < interval::BYAR_FROM {
            "exact"
        } else {
            "byar"
        }
    }
}

/// How an interval of a proportion is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProportionMethod {
    /// Wilson's.
    Wilson,
    /// Exact (Clopper and Pearson).
    Exact,
}

/// What an interval is of.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// Of a count of events, or of their rate.
    Poisson {
        /// Events.
        count: f64,
        /// People, for a rate.
        population: Option<f64>,
        /// Rates are for so many people.
        per: f64,
        /// How it is made.
        method: CountMethod,
        /// Per cent.
        confidence: f64,
    },
    /// Of a proportion.
    Proportion {
        /// Events.
        count: f64,
        /// Of how many.
        of: f64,
        /// How it is made.
        method: ProportionMethod,
        /// Per cent.
        confidence: f64,
    },
    /// Of a mean.
    Mean {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        spread: f64,
        /// Of how many.
        of: f64,
        /// Per cent.
        confidence: f64,
    },
}

/// Runs `interval`.
pub fn interval(of: &Of) -> Result<Answer> {
    let (one, used, confidence) = match *of {
        Of::Poisson { count, population, per, method, confidence } => {
            if !(count >= 0.0 && count.is_finite() && population.is_none_or(|people| people > 0.0)) {
                bail!("--count is zero or more, and --population above zero");
            }
            if !(per > 0.0 && per.is_finite()) {
                bail!("--per {per} is not above zero");
            }
            let one = interval::count(count, confidence, method.of());
            let one = population.map_or(one, |people| one.times(per / people));
            (one, method.used(count), confidence)
        }
        Of::Proportion { count, of, method, confidence } => {
            if !(count >= 0.0 && of > 0.0 && count <= of) {
                bail!("--count {count} is not between 0 and --of {of}");
            }
            let (of_method, used) = match method {
                ProportionMethod::Wilson => (OfProportion::Wilson, "wilson"),
                ProportionMethod::Exact => (OfProportion::Exact, "exact"),
            };
            (interval::proportion(count, of, confidence, of_method), used, confidence)
        }
        Of::Mean { mean, spread, of, confidence } => {
            if !(mean.is_finite() && spread >= 0.0 && spread.is_finite() && of >= 2.0 && of.is_finite()) {
                bail!("--mean is a number, --spread zero or more, and --of at least two");
            }
            (interval::mean(mean, spread, of, confidence), "student", confidence)
        }
    };
    let mut table = Table::new("", &["verdi", "fra", "til", "metode"]);
    table.rows.push([cells(one).to_vec(), vec![used.to_owned()]].concat());
    let value = json!({
        "schema": 1, "value": one.value, "low": one.low, "high": one.high, "method": used, "confidence": confidence,
    });
    Ok(Answer { value, table })
}
