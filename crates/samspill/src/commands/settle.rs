//! `samspill settle`.

use std::path::PathBuf;
use std::time::Instant;
use words::message;

use clap::Args;
use domain::{Instrument, Period};
use jobs::failure::Result;
use jobs::host::Host;
use jobs::law::Files;
use jobs::settle;

use super::{Output, REFUSED, program};
use crate::choices::instrument;
use crate::progress::decimal_seconds;

#[derive(Args)]
pub struct SettleArguments {
    period: String,
    #[arg(long)]
    contacts: PathBuf,
    #[arg(long)]
    mapping: Option<PathBuf>,
    #[arg(long)]
    drg_list: Option<PathBuf>,
    #[arg(long)]
    law: Option<PathBuf>,
    #[arg(long)]
    agreements: Option<PathBuf>,
    #[arg(long, num_args = 1..)]
    variant: Vec<PathBuf>,
    #[arg(long, value_parser = instrument(), ignore_case = true, value_delimiter = ',', num_args = 1..)]
    only: Vec<Instrument>,
    #[arg(long)]
    draft: bool,
    #[arg(long)]
    totals_only: bool,
    #[arg(long)]
    out: PathBuf,
}

/// Settles a file into a folder.
pub fn settle(arguments: &SettleArguments, host: &Host) -> Result<Output> {
    let started = Instant::now();
    let period = Period::parse_any(&arguments.period)?;
    let files = Files::read(arguments.law.as_deref(), &arguments.variant)?
        .with_agreements(arguments.agreements.as_deref())?;
    let order = settle::Order {
        only: &arguments.only,
        period,
        contacts: &arguments.contacts,
        mapping: arguments.mapping.as_deref(),
        drg_list: arguments.drg_list.as_deref(),
        files: &files,
        draft: arguments.draft,
        totals_only: arguments.totals_only,
        out: &arguments.out,
        program: &program()?,
    };
    let outcome = settle::run(&order, host)?;
    let mut words = settle::summary(&order, &outcome);
    words.push(message!("settle.seconds", seconds = decimal_seconds(started.elapsed())));
    let code = if outcome.refused > 0 { REFUSED } else { 0 };
    Ok(Output { data: String::new(), words, code })
}
