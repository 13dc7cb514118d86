//! One file for each command: its arguments, the order that they make, and the sentences on the answer.

pub mod accrual;
pub mod agreement;
pub mod budget;
pub mod case;
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
pub mod shell;
pub mod simulate;
pub mod spc;
pub mod standardise;
pub mod start;
pub mod statement;
pub mod synth;
pub mod template;
pub mod variation;

use clap::Args;
use domain::Minute;
use jobs::failure::{About, Result};
use jobs::host::Host;
use jobs::settle::manifest::{Program, sha256_file};
use words::{Message, Said, message};

use jobs::progress::Note;
use jobs::settlement::Books;

use crate::choices::or_suited;
use crate::clock::now;
use crate::ledger_place::ledger;

#[derive(Args)]
pub struct Place {
    #[arg(long, value_parser = ledger)]
    pub ledger: String,
    #[arg(long)]
    pub now: Option<String>,
}

/// The ledger and time of a step, and whether the step is only shown and not posted.
#[derive(Args)]
pub struct Posting {
    #[command(flatten)]
    pub place: Place,
    #[arg(long)]
    pub dry_run: bool,
}

impl Posting {
    /// The ledger to post to; with `--dry-run` one that keeps every step for a preview.
    pub fn books(&self) -> Result<Books> {
        let books = Books::open(&self.place.ledger)?;
        Ok(if self.dry_run { books.only_planned() } else { books })
    }

    /// The time at which steps are posted.
    pub fn now(&self) -> Result<Minute> {
        now(self.place.now.as_deref())
    }

    /// Output of a step: its words, or what it would post.
    pub fn output(&self, books: &Books, host: &Host, mut words: Vec<Message>) -> Output {
        if books.planned().is_none() {
            return Output::words(words);
        }
        words.insert(0, message!("screen.dry_run"));
        let table = jobs::settlement::preview::table(books, host.language);
        Output { data: table.render(or_suited(None), host.reader()), words, code: 0 }
    }
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

    /// The same output. If rows were refused, a line on them is added, and the exit code is [`REFUSED`].
    fn with_refused(mut self, refused: u64) -> Output {
        if refused > 0 {
            self.words.push(Note::Refused(refused).said());
            self.code = REFUSED;
        }
        self
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
