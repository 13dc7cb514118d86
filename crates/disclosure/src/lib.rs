//! The only way out for figures about people. A table leaves the program as a [`SafeTable`]; only this crate
//! makes one, from a [`RawTable`] with the number of people behind each row.
//!
//! This crate opens no file, knows no register or price, and draws no table. Statements and case lists do not
//! pass through it: they are addressed to the parties of a case.
//!
//! Start reading in [`table`]; the rules are in [`withhold`], and [`attack`] works out what a reader can learn
//! in spite of them.

pub mod attack;
pub mod table;
pub mod withhold;

pub use table::{Beneath, Cell, RawTable, SafeTable};
