//! `samspill ledger`.

use std::path::PathBuf;
use words::{Message, message};

use clap::Subcommand;
use jobs::failure::{Failure, Result, fail};
use jobs::host::Host;
use jobs::settlement::checkpoint;
use jobs::settlement::proof::{self, ExportForm, Noted};
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
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
        #[arg(long, value_name = "FILE")]
        public_key: Option<PathBuf>,
    },
    Checkpoint {
        #[command(flatten)]
        place: Place,
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    Key {
        name: String,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
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
        LedgerCommand::Verify { place, expect, checkpoint, public_key } => {
            let noted =
                Noted { code: expect.as_deref(), checkpoints: checkpoint, public_key: public_key.as_deref() };
            let (faults, whole) = proof::prove(&place.ledger, &noted, host)?;
            if faults.is_empty() {
                return Ok(Output::data(host.language.say(&whole) + "\n"));
            }
            let faults = message!("proof.broken", faults = Message::joined(faults, "\n  "));
            Ok(Output { data: String::new(), words: vec![message!("screen.fault", fault = faults)], code: 1 })
        }
        LedgerCommand::Checkpoint { place, key, out } => {
            let (signed, text) = proof::sign(&place.ledger, key, host)?;
            let Some(out) = out else { return Ok(Output::data(text)) };
            if checkpoint::public_key(out).is_ok() {
                fail!("error.checkpoint.over_key", out = out.display());
            }
            jobs::folder::write(out, text)?;
            let (step, at) = (signed.step, signed.recorded_at);
            Ok(Output::sentence(message!("checkpoint.written", path = out.display(), step, at)))
        }
        LedgerCommand::Key { name, out } => {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(|_| Failure::of(message!("error.checkpoint.no_random")))?;
            let (key, beside) = checkpoint::new_key(name, &secret, out)?;
            let said = message!("checkpoint.key_written", key = out.display(), public = beside.display());
            Ok(Output { data: format!("{key}\n"), words: vec![said], code: 0 })
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
