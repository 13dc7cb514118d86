//! `samspill ledger`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use jobs::host::Host;
use jobs::settlement::proof::{self, ExportForm};
use jobs::table::Form;

use super::{Place, Said};
use crate::choices::{EXPORT_FORMS, FORMS, one_of, or_suited};

#[derive(Subcommand)]
pub enum LedgerCommand {
    /// Prove that nothing was altered and that everything balances.
    Verify {
        #[command(flatten)]
        place: Place,
        /// The end of the chain that was noted elsewhere, or the beginning of it.
        #[arg(long)]
        expect: Option<String>,
    },
    /// Write the ledger in another form.
    Export {
        #[command(flatten)]
        place: Place,
        /// Form.
        #[arg(long = "as", value_parser = one_of(EXPORT_FORMS))]
        form: ExportForm,
        /// File; to the screen if not given.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// The balance of every account.
    Balances {
        #[command(flatten)]
        place: Place,
        /// Form of the table.
        #[arg(long = "as", value_parser = one_of(FORMS))]
        form: Option<Form>,
    },
}

/// Runs a command on the ledger.
pub fn ledger(command: &LedgerCommand, host: &Host) -> Result<Said> {
    match command {
        LedgerCommand::Verify { place, expect } => {
            let (faults, told) = proof::prove(&place.ledger, expect.as_deref(), host)?;
            if faults.is_empty() {
                return Ok(Said { data: format!("{told}\n"), words: String::new(), code: 0 });
            }
            let words = format!("error: the ledger does not hold:\n  {}", faults.join("\n  "));
            Ok(Said { data: String::new(), words, code: 1 })
        }
        LedgerCommand::Export { place, form, out } => {
            let data = proof::write(&place.ledger, *form, out.as_deref())?;
            let words = out.as_ref().map_or_else(String::new, |out| format!("skrevet: {}", out.display()));
            Ok(Said { data, words, code: 0 })
        }
        LedgerCommand::Balances { place, form } => {
            let table = proof::balances(&place.ledger)?;
            Ok(Said { data: table.render(or_suited(*form)), words: String::new(), code: 0 })
        }
    }
}
