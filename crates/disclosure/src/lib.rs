//! The door of the house: a table of figures about people leaves only as a [`SafeTable`], and only this crate makes
//! one, from a [`RawTable`] that says how many people lie beneath each figure.
//!
//! It never opens a file, never knows a register or a price, and never draws a table. Statements and case lists do not
//! come this way: they are addressed to the parties of a case.
//!
//! Start reading in [`table`]; the rule is in [`withhold`], and [`attack`] tries what a reader can work out.

pub mod attack;
pub mod table;
pub mod withhold;

pub use table::{Beneath, Cell, RawTable, SafeTable};
