//! `samspill ledger`.

use std::path::PathBuf;
use words::{Message, message};

use clap::Subcommand;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::settlement::proof::{self, ExportForm};
use jobs::table::Form;

use super::{Output, Place};
use crate::choices::{EXPORT_FORMS, FORMS, one_of, or_suited};

#[derive(Subcommand)]
pub enum LedgerCommand {
    Verify {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        expect: Option<String>,
    },
    Export {
        #[command(flatten)]
        place: Place,
        #[arg(long = "as", value_parser = one_of(EXPORT_FORMS))]
        form: ExportForm,
        #[arg(long)]
        out: Option<PathBuf>,
    },
    Balances {
        #[command(flatten)]
        place: Place,
        #[arg(long = "as", value_parser = one_of(FORMS))]
        form: Option<Form>,
    },
}

/// Runs a command on the ledger.
pub fn ledger(command: &LedgerCommand, host: &Host) -> Result<Output> {
    match command {
        LedgerCommand::Verify { place, expect } => {
            let (faults, whole) = proof::prove(&place.ledger, expect.as_deref(), host)?;
            if faults.is_empty() {
                return Ok(Output::data(host.language.say(&whole) + "\n"));
            }
            let faults = message!("proof.broken", faults = Message::joined(faults, "\n  "));
            Ok(Output { data: String::new(), words: vec![message!("screen.fault", fault = faults)], code: 1 })
        }
        LedgerCommand::Export { place, form, out } => {
            let data = proof::write(&place.ledger, *form, out.as_deref())?;
            let words = out.iter().map(|out| message!("screen.written", path = out.display())).collect();
            Ok(Output { data, words, code: 0 })
        }
        LedgerCommand::Balances { place, form } => {
            let table = proof::balances(&place.ledger)?;
            Ok(Output::data(table.render(or_suited(*form), host.reader())))
        }
    }
}
