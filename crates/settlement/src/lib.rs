//! From a checked contact file to charges and sums: the fast kernel of the settlement.
//!
//! The kernel asks [`rulebook::law`] once for each distinct set of facts, and computes each distinct
//! amount once; after that it looks up and adds. An explanation ([`mod@explain`]) calls the same
//! functions. [`cells`] counts contacts by kind, and [`price`] prices the counts under any law
//! without reading contacts again.
//!
//! This crate can never hold law of its own: every decision and every price comes from `rulebook`. Nor can it
//! post a charge: apart from `rulebook`, it depends on `domain`, `register` and `words` alone.
//!
//! Start reading in [`mod@settle`], then [`mod@explain`].

#![warn(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

pub mod archive;
pub mod cells;
mod cells_file;
pub mod charges;
mod days;
mod decode;
pub mod error;
pub mod explain;
pub mod journal;
pub mod manifest;
pub mod needs;
pub mod price;
pub mod settle;
pub mod sink;
pub mod stay;
pub mod totals;

pub use decode::trust_of;
pub use error::SettleError;
pub use rulebook::law::Law;
pub use settle::{Options, Settled, settle};
