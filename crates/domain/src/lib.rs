//! The nouns of the settlement: money, DRG points, days, codes, municipalities, parties and statements.
//!
//! This crate can never open a file, read a clock or hold a floating-point number. Money is a whole number of
//! øre.
//!
//! Start reading in [`amount`] (how a krone is rounded) and [`code`] (the words that describe a contact).

#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

pub mod amount;
pub mod claim;
pub mod code;
pub mod day;
pub mod diagnosis;
pub mod gap;
pub mod identifier;
pub mod municipality;
mod narrow;
pub mod party;
pub mod spreadsheet;
pub mod statement;

pub use amount::{Amount, ExactAmount, Points, Rounding, Share};
pub use claim::{Claim, Claims, Words};
pub use code::{
    AccountKind, Balancing, CareLevel, Cause, DrgType, EventKind, Ground, Instrument, Mode, PayRounding,
    PeriodState, Register, Ruling, Sector, Service, Sex, StepKind, TaxCategory, UnitKind, UnknownCode,
    Urgency,
};
pub use day::{Day, Minute, Month, Period};
pub use gap::Gap;
pub use municipality::{Municipalities, Municipality, Residence};
pub use narrow::narrow;
pub use party::Party;
