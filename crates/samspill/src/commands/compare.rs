//! `samspill compare`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use jobs::law::Files;
use jobs::table::Form;

use super::{REFUSED, Said};
use crate::choices::{FORMS, one_of, or_suited};

#[derive(Args)]
pub struct CompareArguments {
    /// The bill: CSV or Excel, one row for each case.
    #[arg(long)]
    received: PathBuf,
    /// Its columns where the names are not the usual: reference=Saksnr,days=Antall,amount=Sum.
    #[arg(long, value_delimiter = ',')]
    columns: Vec<String>,
    /// Result folder of our own settlement.
    #[arg(long)]
    own: Option<PathBuf>,
    /// Our own log of messages: case;time;message, one row for each message.
    #[arg(long, conflicts_with = "own", required_unless_present = "own")]
    log: Option<PathBuf>,
    /// Instrument of the bill.
    #[arg(long, default_value = "USK")]
    instrument: String,
    /// Only this debtor of our own settlement.
    #[arg(long, alias = "municipality")]
    party: Option<String>,
    /// Folder of rule files instead of those that come with the program.
    #[arg(long)]
    law: Option<PathBuf>,
    /// What cooperation agreements say of hours after the notice (TOML).
    #[arg(long)]
    agreements: Option<PathBuf>,
    /// Form of the table.
    #[arg(long = "as", value_parser = one_of(FORMS))]
    form: Option<Form>,
}

/// Compares a bill.
pub fn compare(arguments: &CompareArguments) -> Result<Said> {
    let files =
        Files::read(arguments.law.as_deref(), &[])?.with_agreements(arguments.agreements.as_deref())?;
    let order = jobs::compare::Order {
        received: &arguments.received,
        columns: &arguments.columns,
        own: arguments.own.as_deref(),
        log: arguments.log.as_deref(),
        instrument: domain::Instrument::from_word(&arguments.instrument.to_uppercase())?,
        party: arguments.party.as_deref(),
        files: &files,
    };
    let found = jobs::compare::run(&order)?;
    let data = if found.is_equal() { String::new() } else { found.table().render(or_suited(arguments.form)) };
    let code = if found.is_equal() { 0 } else { REFUSED };
    Ok(Said { data, words: found.told(), code })
}
