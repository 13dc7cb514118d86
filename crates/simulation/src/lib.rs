//! What if: the consequences of other rules and other behaviour for each municipality and party.
//!
//! A scenario is priced by the law's own functions on cells, never by a formula of its own. This crate can
//! never reach the ledger, so that a krone of a scenario is never posted. Amounts are whole øre.
//! Probabilities are floating-point numbers, and none of them becomes a charge.
//!
//! Start reading in [`scenario`] (what is asked), then [`consequence`] (the answer). [`credibility`] estimates what next
//! year may cost a municipality, [`risk`] gives the distribution of it, [`ahead`] follows one
//! municipality over the years, and [`exchange`] the cash flow of an agreement.

pub mod ahead;
pub mod behaviour;
pub mod change;
pub mod consequence;
pub mod credibility;
pub mod exchange;
pub mod many;
pub mod risk;
pub mod scenario;

pub use behaviour::Measures;
pub use consequence::{Consequences, Municipality};
pub use scenario::Scenario;
