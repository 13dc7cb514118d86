//! `samspill objection`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::{Ground, Instrument, Month, Period, Ruling};
use jobs::failure::{Failure, Result};
use jobs::host::Host;
use jobs::parties;
use jobs::settlement::Books;
use jobs::table::Form;
use words::message;

use super::{Output, Place, Posting};
use crate::choices::{FORMS, code_of, instrument, one_of, or_suited};
use crate::clock::now;

#[derive(Subcommand)]
pub enum ObjectionCommand {
    File {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        party: String,
        #[arg(long, value_parser = instrument(), ignore_case = true)]
        instrument: Instrument,
        #[arg(long)]
        contact: String,
        #[arg(long)]
        month: String,
        #[arg(long, value_parser = code_of(Ground::WORDS, Ground::from_word))]
        ground: Ground,
        #[arg(long, default_value = "")]
        text: String,
        #[arg(long)]
        contacts: Option<PathBuf>,
    },
    Answer {
        key: String,
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        text: String,
    },
    Decide {
        key: String,
        #[command(flatten)]
        posting: Posting,
        #[arg(long, value_parser = code_of(Ruling::WORDS, Ruling::from_word))]
        outcome: Ruling,
        #[arg(long)]
        reduce_by: Option<String>,
        #[arg(long)]
        reference: String,
        #[arg(long)]
        into: String,
    },
    List {
        #[command(flatten)]
        place: Place,
        #[arg(long = "as", value_parser = one_of(FORMS))]
        form: Option<Form>,
    },
    Show {
        key: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Runs a command on objections.
pub fn objection(command: &ObjectionCommand, host: &Host) -> Result<Output> {
    use jobs::settlement::objection as job;
    match command {
        ObjectionCommand::File { place, party, instrument, contact, month, ground, text, contacts } => {
            let month = Month::parse(month)?;
            let party = parties::named(party, Period::of_month(month))?;
            let filing = job::Filing {
                party: &party,
                instrument: *instrument,
                contact: jobs::explain::contact_of(contact)?,
                month,
                ground: *ground,
                text,
                contacts: contacts.as_deref(),
            };
            let mut books = Books::open(&place.ledger)?;
            Ok(Output::sentence(job::file(&mut books, &filing, now(place.now.as_deref())?, host)?))
        }
        ObjectionCommand::Answer { key, place, text } => {
            let mut books = Books::open(&place.ledger)?;
            Ok(Output::sentence(job::answer(&mut books, key, text, now(place.now.as_deref())?)?))
        }
        ObjectionCommand::Decide { key, posting, outcome, reduce_by, reference, into } => {
            let reduction = reduce_by.as_deref().map(|text| {
                let amount = domain::Amount::read(text);
                amount.ok_or_else(|| Failure::of(message!("error.order.not_amount_4000_4000_50", text)))
            });
            let deciding = job::Deciding {
                key,
                outcome: *outcome,
                reduction: reduction.transpose()?,
                reference,
                into: Month::parse(into)?,
            };
            let mut books = posting.books()?;
            let decided = job::decide(&mut books, &deciding, posting.now()?)?;
            Ok(posting.output(&books, host, vec![decided]))
        }
        ObjectionCommand::List { place, form } => {
            let table = job::list(&Books::open(&place.ledger)?);
            Ok(Output::data(table.render(or_suited(*form), host.reader())))
        }
        ObjectionCommand::Show { key, place } => {
            Ok(Output::data(job::show(&Books::open(&place.ledger)?, key, host.language)?))
        }
    }
}
