//! What if: other rules and other behaviour. Scenarios, the risk picture, agreements, and published figures
//! made again. Nothing is posted.

pub mod agreement;
pub mod reproduce;
pub mod risk;
mod risk_brief;
pub mod risk_files;
mod risk_tables;
pub mod simulate;
pub mod simulate_files;
