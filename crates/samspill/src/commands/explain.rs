//! `samspill explain`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use jobs::explain;

use super::Said;
use crate::choices::or_suited;

#[derive(Args)]
pub struct ExplainArguments {
    /// A charge (KMF-123, USK-123-2012-03), a contact (123, or institution/episode as in the extract), or,
    /// in a ledger, a voucher (bilag-17).
    charge: String,
    /// Result folder of a settlement.
    #[arg(long = "in", required_unless_present = "ledger")]
    folder: Option<PathBuf>,
    /// A ledger: what is posted for the contact, or what is behind the voucher.
    #[arg(long, conflicts_with = "folder")]
    ledger: Option<String>,
    /// The settled file, if it has moved.
    #[arg(long)]
    contacts: Option<PathBuf>,
}

/// Explains a charge or contact.
pub fn explain(arguments: &ExplainArguments) -> Result<Said> {
    let ExplainArguments { charge, folder, ledger, contacts } = arguments;
    let data = match (ledger, folder) {
        (Some(ledger), _) => {
            let (head, table) = explain::in_ledger(charge, ledger)?;
            format!("{head}{}", table.render(or_suited(None)))
        }
        (None, folder) => {
            explain::run(charge, folder.as_deref().unwrap_or(Path::new(".")), contacts.as_deref())?
        }
    };
    Ok(Said { data, words: String::new(), code: 0 })
}
