//! `samspill compare`.

use std::path::PathBuf;

use clap::Args;
use domain::{Instrument, Period};
use jobs::failure::Result;
use jobs::host::Host;
use jobs::law::Files;
use jobs::table::Form;
use words::message;

use super::{Output, REFUSED};
use crate::choices::{FORMS, instrument, one_of, or_suited};
use crate::clock::in_norway;

#[derive(Args)]
pub struct CompareArguments {
    #[arg(long)]
    received: PathBuf,
    #[arg(long, value_delimiter = ',')]
    columns: Vec<String>,
    #[arg(long)]
    own: Option<PathBuf>,
    #[arg(long, conflicts_with = "own", required_unless_present = "own")]
    log: Option<PathBuf>,
    #[arg(long, default_value = "USK", value_parser = instrument(), ignore_case = true)]
    instrument: Instrument,
    #[arg(long)]
    period: Option<String>,
    #[arg(long)]
    institution: Option<String>,
    #[arg(long, alias = "municipality")]
    party: Option<String>,
    #[arg(long)]
    law: Option<PathBuf>,
    #[arg(long)]
    agreements: Option<PathBuf>,
    #[arg(long)]
    out: Option<PathBuf>,
    #[arg(long = "as", value_parser = one_of(FORMS))]
    form: Option<Form>,
}

/// Compares a received bill with our own settlement or log.
pub fn compare(arguments: &CompareArguments, host: &Host) -> Result<Output> {
    let files =
        Files::read(arguments.law.as_deref(), &[])?.with_agreements(arguments.agreements.as_deref())?;
    let order = jobs::compare::Order {
        received: &arguments.received,
        columns: &arguments.columns,
        own: arguments.own.as_deref(),
        log: arguments.log.as_deref(),
        instrument: arguments.instrument,
        period: arguments.period.as_deref().map(Period::parse_any).transpose()?,
        institution: arguments.institution.as_deref(),
        party: arguments.party.as_deref(),
        files: &files,
    };
    let found = jobs::compare::run(&order)?;
    let table = found.table();
    let data = match table.rows.is_empty() {
        true => String::new(),
        false => table.render(or_suited(arguments.form), host.reader()),
    };
    let mut words = found.reconciled();
    if let Some(out) = &arguments.out {
        let today = in_norway(None)?.day();
        for name in found.write(&order, today, out, host.language)? {
            words.push(message!("screen.written", path = out.join(name).display()));
        }
    }
    let code = if found.is_equal() { 0 } else { REFUSED };
    Ok(Output { data, words, code })
}
