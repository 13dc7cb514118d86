//! Confidence interval of a single count, proportion or mean.

use crate::failure::{Result, fail};
use serde_json::json;
use statistics::interval::{self, OfCount, OfProportion};

use super::{Answer, cells};
use crate::table::{Table, heads};
use disclosure::Cell;

/// Method for the interval of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountMethod {
    /// Byar's approximation from ten events, exact below.
    Byar,
    /// Exact (Garwood) up to a million events, Byar's approximation from there.
    Exact,
}

impl CountMethod {
    pub(super) fn of(self) -> OfCount {
        match self {
            CountMethod::Byar => OfCount::Byar,
            CountMethod::Exact => OfCount::Exact,
        }
    }

    /// Name of the method that is used for this number of events.
    pub(super) fn used(self, events: f64) -> &'static str {
        if (self == CountMethod::Exact && events < interval::EXACT_TO) || events < interval::BYAR_FROM {
            "exact"
        } else {
            "byar"
        }
    }
}

/// Method for the interval of a proportion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProportionMethod {
    /// Wilson's score interval.
    Wilson,
    /// Exact (Clopper and Pearson).
    Exact,
}

/// The figure that an interval is computed for.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// A count of events, or their rate.
    Poisson {
        count: f64,
        /// Number of people, for a rate; `None` for the count itself.
        population: Option<f64>,
        /// Scale of a rate: 1000 gives events per 1 000 people.
        per: f64,
        method: CountMethod,
        /// Confidence level as a share, such as 0.95.
        confidence: f64,
    },
    Proportion {
        /// Number of events.
        count: f64,
        /// Number of cases, with and without the event.
        of: f64,
        method: ProportionMethod,
        /// Confidence level as a share, such as 0.95.
        confidence: f64,
    },
    Mean {
        mean: f64,
        /// Standard deviation of the values.
        spread: f64,
        /// Number of values.
        of: f64,
        /// Confidence level as a share, such as 0.95.
        confidence: f64,
    },
}

/// Confidence interval of a count, a rate, a proportion or a mean.
///
/// # Errors
/// Fails if a number is out of its range: for instance, a negative count, or more events than cases.
pub fn interval(of: &Of) -> Result<Answer> {
    let is_some = |of: f64| of > 0.0 && of.is_finite();
    let (one, used, confidence) = match *of {
        Of::Poisson { count, population, per, method, confidence } => {
            if !(count >= 0.0 && count.is_finite() && population.is_none_or(is_some)) {
                fail!("error.interval.count_zero_more_population_above_zero");
            }
            if !(per > 0.0 && per.is_finite()) {
                fail!("error.interval.per_not_above_zero", per);
            }
            let one = interval::count(count, confidence, method.of());
            let one = population.map_or(one, |people| one.times(per / people));
            (one, method.used(count), confidence)
        }
        Of::Proportion { count, of, method, confidence } => {
            if !(count >= 0.0 && is_some(of) && count <= of) {
                fail!("error.interval.count_not_between_0", count, of);
            }
            let (of_method, used) = match method {
                ProportionMethod::Wilson => (OfProportion::Wilson, "wilson"),
                ProportionMethod::Exact => (OfProportion::Exact, "exact"),
            };
            (interval::proportion(count, of, confidence, of_method), used, confidence)
        }
        Of::Mean { mean, spread, of, confidence } => {
            if !(mean.is_finite() && spread >= 0.0 && spread.is_finite() && of >= 2.0 && of.is_finite()) {
                fail!("error.interval.mean_number_spread_zero_more_least");
            }
            (interval::mean(mean, spread, of, confidence), "student", confidence)
        }
    };
    let mut table = Table::new("", &heads(["value", "from", "to", "method"]));
    table.rows.push([cells(one).to_vec(), vec![Cell::text(used)]].concat());
    let value = json!({
        "schema": 1, "value": one.value, "low": one.low, "high": one.high, "method": used, "confidence": confidence,
    });
    Ok(Answer { value, table })
}
