//! `samspill forecast`.

use anyhow::Result;
use clap::Args;
use domain::Month;
use jobs::settlement::Books;
use jobs::table::Form;

use super::Said;
use crate::choices::{FORMS, one_of, or_suited};

#[derive(Args)]
pub struct ForecastArguments {
    /// Last month that is known, as 2012-06.
    month: String,
    /// The ledger: a file, or postgres://user@host/database.
    #[arg(long)]
    ledger: String,
    /// Only this municipality.
    #[arg(long, alias = "municipality")]
    party: Option<String>,
    /// Form of the table.
    #[arg(long = "as", value_parser = one_of(FORMS))]
    form: Option<Form>,
}

/// Makes the forecast.
pub fn forecast(arguments: &ForecastArguments) -> Result<Said> {
    let mut books = Books::open(&arguments.ledger)?;
    let month = Month::parse(&arguments.month)?;
    let (table, words) = jobs::settlement::forecast::run(&mut books, month, arguments.party.as_deref())?;
    Ok(Said { data: table.render(or_suited(arguments.form)), words, code: 0 })
}
