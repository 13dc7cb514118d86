//! Checked columns to charges. The fast kernel; it holds no law of its own.
//!
//! Each question is asked of `rulebook` once for each distinct set of facts, and each distinct amount is
//! computed once by its functions; the kernel looks up and adds. [`judge`] is the one place where the
//! instruments meet (ISF is told what co-financing has charged), and `explain` goes through it too.
//!
//! Start reading in [`judge`], then [`mod@settle`].

pub mod archive;
pub mod cases;
pub mod cells;
mod cells_file;
pub mod charges;
mod decode;
pub mod explain;
pub mod journal;
pub mod judge;
pub mod manifest;
pub mod price;
pub mod settle;
pub mod totals;

pub use judge::{Law, SettleError};
pub use settle::{Options, Settled, settle};
