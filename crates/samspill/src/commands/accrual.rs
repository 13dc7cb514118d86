//! `samspill accrual`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use domain::Month;
use jobs::host::Host;
use jobs::law::Files;
use jobs::settlement::Books;
use jobs::table::Form;

use super::{REFUSED, Said};
use crate::choices::{FORMS, one_of, or_suited};

#[derive(Args)]
pub struct AccrualArguments {
    /// Last month, as 2012-12.
    month: String,
    /// The ledger: a file, or postgres://user@host/database.
    #[arg(long)]
    ledger: String,
    /// Contacts with those who are not discharged, for the cases that run at the end of the month.
    #[arg(long)]
    contacts: Option<PathBuf>,
    /// Built-in mapping (samspill, npr-extract) or a TOML file.
    #[arg(long)]
    mapping: Option<PathBuf>,
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

/// Makes the table of accruals.
pub fn accrual(arguments: &AccrualArguments, host: &Host) -> Result<Said> {
    let month = Month::parse(&arguments.month)?;
    let mut books = Books::open(&arguments.ledger)?;
    let files = Files::read(None, &[])?.with_agreements(arguments.agreements.as_deref())?;
    // Cooperation agreements stay in force until another file is given.
    let (files, _) = files.or_agreements_of(&books.last_rules()?);
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
        Some(running) => running.told(),
        None => "løpende saker er ikke med: gi --contacts med dem som ikke er utskrevet".to_owned(),
    };
    if !unsettled.is_empty() {
        words.push_str(&format!(
            "\nOBS: {} er ikke gjort opp, og hva som er utestående, er ikke kjent: kjør settlement run først",
            unsettled.join(", ")
        ));
    }
    let is_refused = running.as_ref().is_some_and(|running| running.refused > 0);
    let code = if is_refused { REFUSED } else { 0 };
    Ok(Said { data: table.render(or_suited(arguments.form)), words, code })
}
