//! `samspill explain`.

use std::path::PathBuf;

use clap::Args;
use jobs::explain;
use jobs::failure::{Result, fail};
use jobs::host::Host;

use super::Output;
use crate::choices::or_suited;
use crate::ledger_place::ledger;

#[derive(Args)]
pub struct ExplainArguments {
    charge: String,
    #[arg(long = "in")]
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
    // A ledger may come from the settings; a folder is asked for.
    let data = match (ledger, folder) {
        (None, None) => fail!("error.explain.give_in_or_ledger"),
        (Some(ledger), None) => {
            let contacts = contacts.as_deref().map(|contacts| (contacts, mapping.as_deref()));
            let (head, table) = explain::in_ledger(charge, ledger, contacts, host)?;
            let data = table.render(or_suited(None), host.reader());
            return Ok(Output { data, words: vec![head], code: 0 });
        }
        (_, Some(folder)) => explain::run(charge, folder, contacts.as_deref(), host.language)?,
    };
    Ok(Output::data(data))
}
