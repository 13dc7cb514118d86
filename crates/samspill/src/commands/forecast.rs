//! `samspill forecast`.

use std::path::PathBuf;

use clap::Args;
use domain::{Month, Period};
use jobs::failure::Result;
use jobs::host::Host;
use jobs::parties;
use jobs::settlement::Books;
use jobs::table::Form;

use super::Output;
use crate::choices::{FORMS, one_of, or_suited};
use crate::ledger_place::ledger;

#[derive(Args)]
pub struct ForecastArguments {
    month: String,
    #[arg(long, value_parser = ledger)]
    ledger: String,
    #[arg(long, alias = "municipality")]
    party: Option<String>,
    #[arg(long)]
    earlier: Option<PathBuf>,
    #[arg(long = "as", value_parser = one_of(FORMS))]
    form: Option<Form>,
}

/// Makes the forecast.
pub fn forecast(arguments: &ForecastArguments, host: &Host) -> Result<Output> {
    let mut books = Books::open(&arguments.ledger)?;
    let month = Month::parse(&arguments.month)?;
    let year = Period::parse(&month.year().to_string())?;
    let party = arguments.party.as_deref().map(|word| parties::named(word, year)).transpose()?;
    let earlier = arguments.earlier.as_deref();
    let (table, words) = jobs::settlement::forecast::run(&mut books, month, party.as_deref(), earlier)?;
    let data = table.render(or_suited(arguments.form), host.reader());
    Ok(Output { data, words, code: 0 })
}
