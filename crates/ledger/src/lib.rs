//! A double-entry ledger that is only added to: claims become vouchers, and vouchers become statements.
//!
//! Every change is a [`Step`]: one transaction with its vouchers, chained by hash to everything before it.
//! Nothing is updated or deleted: triggers in the database refuse both.
//!
//! This crate can never know a rule of law, a contact file or a clock: amounts and times are given to it. It
//! is the only crate with a database.
//!
//! Start reading in [`voucher`], then [`correction`] (how a difference is split by cause), then [`store`].

#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

pub mod checkpoint;
pub mod content;
pub mod correction;
pub mod export;
pub mod months;
pub mod netting;
pub mod statement;
pub mod store;
pub mod tree;
pub mod verify;
pub mod voucher;

pub use store::{Head, Ledger, LedgerError, Posted};
pub use voucher::{Account, Line, Posting, Step, Voucher};
