//! The application: one function for each thing that a user asks for, with a typed order in and an answer or a refusal
//! out. The command line calls it, and so will pages and other languages.
//!
//! It never knows a command line, a screen, a clock, an environment variable or a colour: who calls hands in the
//! time, the number of threads, a folder for scratch files, the program's own digest, and who listens to
//! [`progress`]. It adds no law and no arithmetic of its own.
//!
//! Start reading in [`settle`] (a file into a result folder), then [`settlement`] (the same into a ledger).

pub mod columns;
pub mod compare;
pub mod demo;
pub mod explain;
mod folder;
pub mod host;
pub mod indicators;
pub mod intake;
pub mod law;
pub mod methods;
pub mod progress;
pub mod refusal;
pub mod rules;
pub mod settle;
pub mod settlement;
mod sheet_parquet;
pub mod synth;
pub mod table;
pub mod what_if;
