//! One file for each command: its arguments, the order that they make, and the sentences on the answer.

pub mod accrual;
pub mod agreement;
pub mod check;
pub mod compare;
pub mod demo;
pub mod evaluate;
pub mod explain;
pub mod forecast;
pub mod funnel;
pub mod indicators;
pub mod interval;
pub mod ledger;
mod methods;
pub mod objection;
pub mod reproduce;
pub mod risk;
pub mod rules;
pub mod running;
pub mod settle;
pub mod settlement;
pub mod simulate;
pub mod spc;
pub mod standardise;
pub mod statement;
pub mod synth;

use clap::Args;
use jobs::failure::{About, Result};
use jobs::settle::manifest::{Program, sha256_file};
use words::{Message, Said, message};

use jobs::progress::Note;

#[derive(Args)]
pub struct Place {
    #[arg(long)]
    pub ledger: String,
    #[arg(long)]
    pub now: Option<String>,
}

/// Exit code of a command that was done, but found rows to refuse or differences in a bill.
pub const REFUSED: u8 = 3;

/// Output of a command, and its exit code.
pub struct Output {
    /// Text for stdout.
    pub data: String,
    /// Lines for stderr.
    pub words: Vec<Message>,
    pub code: u8,
}

impl Output {
    /// Output of data only, with exit code 0.
    pub fn data(data: String) -> Output {
        Output { data, words: Vec::new(), code: 0 }
    }

    /// Output of words only, with exit code 0.
    pub fn words(words: Vec<Message>) -> Output {
        Output { data: String::new(), words, code: 0 }
    }

    /// Output of one sentence, with exit code 0.
    pub fn sentence(words: Message) -> Output {
        Output::words(vec![words])
    }

    /// Output of words only. If rows were refused, a line on them is added, and the exit code is [`REFUSED`].
    fn with_refused(mut words: Vec<Message>, refused: u64) -> Output {
        let code = if refused > 0 { REFUSED } else { 0 };
        if refused > 0 {
            words.push(Note::Refused(refused).said());
        }
        Output { data: String::new(), words, code }
    }
}

/// Version and SHA-256 of the program that runs.
///
/// # Errors
/// Fails if the program's own file cannot be read.
pub fn program() -> Result<Program> {
    let path = std::env::current_exe().about(|| message!("error.order.failed_find_program_itself"))?;
    Ok(Program { version: env!("CARGO_PKG_VERSION").to_owned(), sha256: sha256_file(&path)? })
}
