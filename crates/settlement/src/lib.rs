//! Checked columns to charges. The fast kernel; it holds no law of its own.
//!
//! Each question is asked of `rulebook` once for each distinct set of facts, and each distinct amount is
//! computed once by its functions; the kernel looks up and adds. The instruments meet in
//! [`rulebook::law`], and `explain` goes through it too.
//!
//! Start reading in [`mod@settle`].

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
pub mod stay;
pub mod totals;

pub use error::SettleError;
pub use rulebook::law::Law;
pub use settle::{Options, Settled, settle};
