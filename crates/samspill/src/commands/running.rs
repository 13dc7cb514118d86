//! `samspill running`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use jobs::host::Host;
use jobs::law::Files;
use jobs::table::Form;

use super::{REFUSED, Said};
use crate::choices::{FORMS, one_of, or_suited};
use crate::clock::now;

#[derive(Args)]
pub struct RunningArguments {
    /// CSV or Parquet, with those who are not discharged: their discharge is empty.
    #[arg(long)]
    contacts: PathBuf,
    /// Built-in mapping (samspill, npr-extract) or a TOML file.
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// Day or minute of the list; now if not given.
    #[arg(long)]
    at: Option<String>,
    /// Only this municipality.
    #[arg(long, alias = "party")]
    municipality: Option<String>,
    /// Add up by municipality and institution: the accrual, as a proposal for the accounts.
    #[arg(long)]
    sums: bool,
    /// Folder of rule files instead of those that come with the program.
    #[arg(long)]
    law: Option<PathBuf>,
    /// What cooperation agreements say of hours after the notice (TOML).
    #[arg(long)]
    agreements: Option<PathBuf>,
    /// Use values that nobody has signed.
    #[arg(long)]
    draft: bool,
    /// Form of the table.
    #[arg(long = "as", value_parser = one_of(FORMS))]
    form: Option<Form>,
}

/// Lists running cases.
pub fn running(arguments: &RunningArguments, host: &Host) -> Result<Said> {
    let files =
        Files::read(arguments.law.as_deref(), &[])?.with_agreements(arguments.agreements.as_deref())?;
    let order = jobs::settlement::running::Order {
        contacts: &arguments.contacts,
        mapping: arguments.mapping.as_deref(),
        files: &files,
        at: now(arguments.at.as_deref())?,
        municipality: arguments.municipality.as_deref(),
        draft: arguments.draft,
    };
    let found = jobs::settlement::running::run(&order, host)?;
    let table = if arguments.sums { found.sums() } else { found.table() };
    let code = if found.refused > 0 { REFUSED } else { 0 };
    Ok(Said { data: table.render(or_suited(arguments.form)), words: found.told(), code })
}
