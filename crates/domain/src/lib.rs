//! The nouns: money, points, days, codes, municipalities, parties.
//!
//! This crate never opens a file, never reads a clock and holds no floating-point number. Whatever is
//! computed with kroner is computed here or in `rulebook`, in whole øre.
//!
//! Start reading in [`amount`] (how a krone is rounded) and [`code`] (the words a contact is described by).

pub mod amount;
pub mod claim;
pub mod code;
pub mod day;
pub mod identifier;
pub mod municipality;
pub mod party;
pub mod statement;

pub use amount::{Amount, ExactAmount, Points, Rounding, Share};
pub use claim::{Claim, Claims, Words};
pub use code::{
    AccountKind, Balancing, CareLevel, Cause, DrgType, EventKind, Ground, Instrument, Mode, PayRounding,
    PeriodState, Ruling, Sector, Service, Sex, StepKind, UnitKind, UnknownCode, Urgency,
};
pub use day::{Day, Minute, Month, Period};
pub use municipality::{Municipalities, Municipality, Residence};
pub use party::Party;
