//! `samspill running`.

use std::path::PathBuf;

use clap::Args;
use domain::Period;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::law::Files;
use jobs::parties;
use jobs::table::Form;

use super::{Output, REFUSED};
use crate::choices::{FORMS, one_of, or_suited};
use crate::clock::in_norway;

#[derive(Args)]
pub struct RunningArguments {
    #[arg(long)]
    contacts: PathBuf,
    #[arg(long)]
    mapping: Option<PathBuf>,
    #[arg(long)]
    at: Option<String>,
    #[arg(long, alias = "party")]
    municipality: Option<String>,
    #[arg(long)]
    sums: bool,
    #[arg(long)]
    law: Option<PathBuf>,
    #[arg(long)]
    agreements: Option<PathBuf>,
    #[arg(long)]
    draft: bool,
    #[arg(long = "as", value_parser = one_of(FORMS))]
    form: Option<Form>,
}

/// Lists running cases.
pub fn running(arguments: &RunningArguments, host: &Host) -> Result<Output> {
    let files =
        Files::read(arguments.law.as_deref(), &[])?.with_agreements(arguments.agreements.as_deref())?;
    let at = in_norway(arguments.at.as_deref())?;
    let month = Period::of_month(at.day().month());
    let municipality =
        arguments.municipality.as_deref().map(|word| parties::municipality_named(word, month)).transpose()?;
    let order = jobs::settlement::running::Order {
        contacts: &arguments.contacts,
        mapping: arguments.mapping.as_deref(),
        files: &files,
        at,
        municipality: municipality.as_deref(),
        draft: arguments.draft,
    };
    let found = jobs::settlement::running::run(&order, host)?;
    let table = if arguments.sums { found.sums() } else { found.table() };
    let code = if found.refused > 0 { REFUSED } else { 0 };
    let data = table.render(or_suited(arguments.form), host.reader());
    Ok(Output { data, words: found.summary(), code })
}
