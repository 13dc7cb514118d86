//! The law: dated values, and the calculations that apply them to one contact at a time.
//!
//! Each question has one function: [`calculation::share_of_drg_price::decide`] (does a contact give a
//! charge), [`calculation::share_of_drg_price::price`] (how much) and [`calculation::day_rate::assess`]
//! (which days are paid for). Settlement, explanations, simulations and the cases that lawyers sign all call
//! the same functions.
//!
//! This crate can never open a file, read a clock or hold contacts in bulk: of our crates it depends on `domain` and
//! `words` alone, and the texts of the rules are handed in or built in ([`built_in`]). All law stands here, also the
//! order of the instruments.
//!
//! Start reading in [`book`] (which version of a rule holds on a day), then [`calculation`], then [`law`]
//! (the instruments together).

#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

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
pub mod scope;
pub mod trace;

pub use agreement::Agreements;
pub use book::{BookError, LawBook, Segment, Standing, Unsigned};
pub use calculation::day_rate::{Assessment, Case, DayRateRule, Event, PayableDay};
pub use calculation::share_of_drg_price::{Decision, Facts, Priced, Pricing, Quantity, ShareRule};
pub use file::{Confidence, RuleError};
pub use law::Law;
pub use provenance::{Provenance, Version};
pub use scope::{InPeriod, Scope};
pub use trace::{NoTrace, Step, Steps, Trace};
