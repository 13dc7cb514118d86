//! Other rules and other behaviour: scenarios, the risk picture, agreements, and published figures made again.
//! Nothing of it is posted.

pub mod agreement;
pub mod reproduce;
pub mod risk;
mod risk_brief;
pub mod risk_files;
mod risk_tables;
pub mod simulate;
pub mod simulate_files;
