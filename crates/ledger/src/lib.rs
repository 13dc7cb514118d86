//! Charges to vouchers to statements: a double-entry ledger that is only added to.
//!
//! Everything that happens is a [`Step`]: one transaction with its vouchers, chained by hash to what was
//! there before. Nothing is updated or deleted; the database refuses it too. This is the only crate with a
//! database, and it knows neither the law nor a clock: amounts and times are given to it.
//!
//! Start reading in [`voucher`], then [`correction`] (how a difference is split by cause), then [`store`].

pub mod content;
pub mod correction;
pub mod export;
pub mod months;
pub mod netting;
pub mod statement;
pub mod store;
pub mod verify;
pub mod voucher;

pub use store::{Head, Ledger, LedgerError, Posted};
pub use voucher::{Account, Line, Posting, Step, Voucher};
