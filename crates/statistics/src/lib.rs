//! Estimates with their uncertainty. Floating-point numbers live here, and never become a charge.
//!
//! Each method is checked against an independent implementation (docs/numerics.md).

pub mod counts;
pub mod evaluate;
pub mod figures;
pub mod forecast;
pub mod funnel;
pub mod indicator;
pub mod interval;
pub mod levels;
pub mod regression;
pub mod spc;
pub mod standard;
pub mod standardise;
pub mod variation;
pub mod withhold;
