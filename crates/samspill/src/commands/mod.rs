//! One file for each command: its arguments, the order that they make, and the sentences on the answer.

pub mod accrual;
pub mod check;
pub mod compare;
pub mod demo;
pub mod explain;
pub mod forecast;
pub mod indicators;
pub mod ledger;
pub mod methods;
pub mod objection;
pub mod rules;
pub mod running;
pub mod settle;
pub mod settlement;
pub mod statement;
pub mod synth;
pub mod what_if;

use anyhow::{Context, Result};
use clap::Args;
use jobs::settle::manifest::{Program, sha256_file};

use crate::words;

#[derive(Args)]
pub struct Place {
    /// The ledger: a file, or postgres://user@host/database.
    #[arg(long)]
    pub ledger: String,
    /// The day or minute that it is recorded at (2012-04-10T09:00); the clock if not given.
    #[arg(long)]
    pub now: Option<String>,
}

/// Exit code of a command that was done, but found rows to refuse or differences in a bill.
pub const REFUSED: u8 = 3;

/// Output of a command, and its exit code.
pub struct Said {
    /// Text for stdout.
    pub data: String,
    /// Text for stderr.
    pub words: String,
    pub code: u8,
}

impl Said {
    /// Output of words only, with exit code 0.
    pub fn words(words: String) -> Said {
        Said { data: String::new(), words, code: 0 }
    }

    /// Output of words only. If rows were refused, a line on them is added, and the exit code is [`REFUSED`].
    fn with_refused(mut words: String, refused: u64) -> Said {
        let code = if refused > 0 { REFUSED } else { 0 };
        if refused > 0 {
            words.push('\n');
            words.push_str(&words::refused(refused));
        }
        Said { data: String::new(), words, code }
    }
}

/// Version and SHA-256 of the program that runs.
///
/// # Errors
/// Fails if the program's own file cannot be read.
pub fn program() -> Result<Program> {
    let path = std::env::current_exe().context("failed to find the program itself")?;
    Ok(Program { version: env!("CARGO_PKG_VERSION").to_owned(), sha256: sha256_file(&path)? })
}
