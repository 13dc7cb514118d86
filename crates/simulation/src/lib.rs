//! What if: other rules, other behaviour, and what follows for each municipality and party.
//!
//! A scenario is priced by the law's own functions on cells, never by a formula of its own; it cannot reach the
//! ledger, so that a krone of it can never be posted. Amounts are whole øre. Probabilities and present values
//! are floating-point, and never become a charge.
//!
//! Start reading in [`scenario`] (what is asked), then [`consequence`] (what it comes to).

pub mod behaviour;
pub mod consequence;
pub mod exchange;
pub mod many;
pub mod risk;
pub mod scenario;

pub use behaviour::Measures;
pub use consequence::{Consequences, Municipality};
pub use scenario::Scenario;
