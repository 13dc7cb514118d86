//! `samspill accrual`.

use std::path::PathBuf;
use words::message;

use clap::Args;
use domain::Month;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::law::Files;
use jobs::settlement::Books;
use jobs::table::Form;

use super::{Output, REFUSED};
use crate::choices::{FORMS, one_of, or_suited};
use crate::ledger_place::ledger;

#[derive(Args)]
pub struct AccrualArguments {
    month: String,
    #[arg(long, value_parser = ledger)]
    ledger: String,
    #[arg(long)]
    contacts: Option<PathBuf>,
    #[arg(long)]
    mapping: Option<PathBuf>,
    #[arg(long)]
    agreements: Option<PathBuf>,
    #[arg(long)]
    draft: bool,
    #[arg(long = "as", value_parser = one_of(FORMS))]
    form: Option<Form>,
}

/// Makes the table of accruals.
pub fn accrual(arguments: &AccrualArguments, host: &Host) -> Result<Output> {
    let month = Month::parse(&arguments.month)?;
    let mut books = Books::open(&arguments.ledger)?;
    let files = Files::read(None, &[])?.with_agreements(arguments.agreements.as_deref())?;
    let (files, _) = files.or_agreements_of(&books.rules()?);
    let (files, _) = jobs::settlement::rules::kept(&mut books, files, arguments.agreements.is_some())?;
    let running = match &arguments.contacts {
        None => None,
        Some(contacts) => {
            let order = jobs::settlement::running::Order {
                contacts,
                mapping: arguments.mapping.as_deref(),
                files: &files,
                at: month.last().next().start(),
                municipality: None,
                draft: arguments.draft,
            };
            Some(jobs::settlement::running::run(&order, host)?)
        }
    };
    let (table, unsettled) = jobs::settlement::accrual::run(&mut books, month, running.as_ref(), host)?;
    let mut words = match &running {
        Some(running) => running.summary(),
        None => vec![message!("accrual.no_running")],
    };
    if !unsettled.is_empty() {
        words.push(message!("accrual.unsettled", list = unsettled.join(", "), count = unsettled.len()));
    }
    let is_refused = running.as_ref().is_some_and(|running| running.refused > 0);
    let code = if is_refused { REFUSED } else { 0 };
    Ok(Output { data: table.render(or_suited(arguments.form), host.reader()), words, code })
}
