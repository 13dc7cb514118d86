//! `samspill explain`.

use std::path::{Path, PathBuf};

use clap::Args;
use jobs::explain;
use jobs::failure::Result;
use jobs::host::Host;

use super::Output;
use crate::choices::or_suited;
use crate::ledger_place::ledger;

#[derive(Args)]
pub struct ExplainArguments {
    charge: String,
    #[arg(long = "in", required_unless_present = "ledger")]
    folder: Option<PathBuf>,
    #[arg(long, value_parser = ledger, conflicts_with = "folder")]
    ledger: Option<String>,
    #[arg(long)]
    contacts: Option<PathBuf>,
    #[arg(long, requires = "contacts", requires = "ledger")]
    mapping: Option<PathBuf>,
}

/// Explains a charge or contact.
pub fn explain(arguments: &ExplainArguments, host: &Host) -> Result<Output> {
    let ExplainArguments { charge, folder, ledger, contacts, mapping } = arguments;
    let data = match (ledger, folder) {
        (Some(ledger), _) => {
            let contacts = contacts.as_deref().map(|contacts| (contacts, mapping.as_deref()));
            let (head, table) = explain::in_ledger(charge, ledger, contacts, host)?;
            let data = table.render(or_suited(None), host.reader());
            return Ok(Output { data, words: vec![head], code: 0 });
        }
        (None, folder) => explain::run(
            charge,
            folder.as_deref().unwrap_or(Path::new(".")),
            contacts.as_deref(),
            host.language,
        )?,
    };
    Ok(Output::data(data))
}
