//! The application: one function for each job that a user can ask for. A job takes a typed order, and returns
//! a typed answer or a [`refusal`]. The command line calls the jobs, and so will web pages and other languages.
//!
//! This crate can never know a command line, a screen, a clock, an environment variable or a colour. The
//! caller hands in the time, the number of threads, a folder for scratch files, the digest of the program,
//! and a listener to the [`progress`]. The crate adds no law and no arithmetic of its own.
//!
//! Start reading in [`settle`] (from a file to a result folder), then [`settlement`] (from a file to a
//! ledger).

pub mod addresses;
pub mod by_municipality;
pub mod columns;
pub mod compare;
pub mod demo;
pub mod explain;
pub mod failure;
pub mod folder;
mod free_text;
pub mod host;
pub mod indicators;
pub mod intake;
pub mod law;
pub mod methods;
pub mod parties;
pub mod people;
mod pictures;
pub mod progress;
mod pxweb;
pub mod readable;
pub mod refusal;
pub mod rules;
pub mod settle;
pub mod settlement;
mod sheet_parquet;
pub mod synth;
pub mod table;
pub mod template;
pub mod trust;
pub mod what_if;
