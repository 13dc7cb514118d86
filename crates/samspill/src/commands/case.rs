//! `samspill case`.

use std::path::PathBuf;

use clap::Args;
use domain::{Month, Period};
use jobs::failure::Result;
use jobs::host::Host;
use jobs::parties;
use jobs::settlement::{Books, council};
use words::message;

use super::{Output, Place};

#[derive(Args)]
pub struct CaseArguments {
    municipality: String,
    #[command(flatten)]
    place: Place,
    #[arg(long)]
    month: Option<String>,
    #[arg(long, default_value = "case")]
    out: PathBuf,
}

/// Writes a municipality's case for its council.
pub fn case(arguments: &CaseArguments, host: &Host) -> Result<Output> {
    let mut books = Books::open(&arguments.place.ledger)?;
    let month = arguments.month.as_deref().map(Month::parse).transpose()?;
    let last = month.or_else(|| books.months.months.keys().next_back().copied());
    let party = match last {
        Some(month) => parties::named(&arguments.municipality, Period::of_month(month))?,
        None => arguments.municipality.clone(),
    };
    let order = council::Order { party: &party, month, out: &arguments.out };
    let (month, written) = council::run(&mut books, &order, host)?;
    let mut words = vec![message!("council.made", month)];
    words.extend(
        written.iter().map(|name| message!("screen.written", path = arguments.out.join(name).display())),
    );
    Ok(Output::words(words))
}
