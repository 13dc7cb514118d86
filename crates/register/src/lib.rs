//! Hospital contacts, from files to checked columns, and the synthetic register.
//!
//! A file is checked once ([`check`]), row by row and as a whole. Every refused row is listed with its line,
//! its reason and its remedy. Accepted rows are written in the program's own schema ([`schema`]) and stamped. A caller
//! decides whether it trusts the stamp; anybody can write one.
//!
//! This crate can never know a rule or a price: of our crates it depends on `domain` and `words` alone.
//!
//! Start reading in [`schema`] (what a contact is), then [`check`] (what is refused), then [`synth`] (the
//! synthetic register).

pub mod check;
pub mod columns;
pub mod csv_file;
pub mod drg_list;
pub mod file_error;
pub mod keys;
pub mod lacking;
pub mod mapping;
pub mod parquet_file;
pub mod population;
pub mod profile;
pub mod schema;
pub mod sheet;
pub mod source;
pub mod stays;
pub mod synth;
pub mod text;
pub mod whole_file;

pub use check::{Report, check_file};
pub use parquet_file::{FileError, Reader, Writer};
pub use schema::{Contact, Contacts, Event};
