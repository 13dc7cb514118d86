//! Counts of a register and the estimates made from them: indicators, rates and ratios with intervals,
//! charts, regressions and forecasts; and the choice of which counts are withheld.
//!
//! Floating-point numbers live here, and none of them ever becomes a charge. The crate can never know a rule,
//! a price or a ledger: of our crates it depends on `disclosure`, `domain`, `register` and `words` alone. Each
//! method is checked against an independent implementation (docs/numerics.md).
//!
//! Start reading in [`indicator`] (what is counted), then [`counts`] (one pass over the register),
//! [`figures`] (the estimates) and [`disclosure::withhold`] (which counts are not published).

pub mod counts;
pub mod evaluate;
pub mod figures;
pub mod flows;
pub mod forecast;
pub mod funnel;
pub mod indicator;
pub mod inequality;
pub mod interval;
pub mod levels;
pub mod peers;
pub mod regression;
pub mod spc;
pub mod standard;
pub mod standardise;
pub mod trend;
pub mod variation;
