//! The law: dated values, and the calculations that use them, one contact at a time.
//!
//! Never opens a file and never reads a clock; the texts of the rules are handed in, or are the ones
//! that were built in. There is one function for each question, and settlement, explanation, cases and
//! simulation all call it: [`calculation::share_of_drg_price::decide`] and `price`,
//! [`calculation::day_rate::assess`].
//!
//! Start reading in [`book`] (which version of a rule holds on a day), then [`calculation`].

pub mod agreement;
pub mod book;
pub mod built_in;
pub mod calculation;
pub mod cases;
pub mod file;
pub mod law;
pub mod measure;
pub mod provenance;
pub mod scheme;
pub mod trace;

pub use agreement::Agreements;
pub use book::{BookError, LawBook, Segment, Standing, Unsigned};
pub use calculation::day_rate::{Assessment, Case, DayRateRule, Event, PayableDay};
pub use calculation::share_of_drg_price::{Decision, Facts, Priced, Pricing, Quantity, ShareRule};
pub use file::{Confidence, RuleError};
pub use law::Law;
pub use provenance::{Provenance, Version};
pub use trace::{NoTrace, Step, Steps, Trace};
