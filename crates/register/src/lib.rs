//! Hospital activity in: files to checked columns, with every refusal told; and the synthetic register.
//!
//! It knows nothing of rules or kroner. A file is checked once ([`check`]) into the schema of our own
//! ([`schema`]), stamped, and trusted from then on.
//!
//! Start reading in [`schema`] (what a contact is), then [`check`] (what is refused) and [`synth`].

pub mod check;
pub mod columns;
pub mod csv_file;
pub mod drg_list;
pub mod mapping;
pub mod parquet_file;
pub mod profile;
pub mod readmission;
pub mod schema;
pub mod sheet;
pub mod source;
pub mod synth;

pub use check::{Report, check_file};
pub use parquet_file::{FileError, Reader, Writer};
pub use schema::{Contact, Contacts, Event};
