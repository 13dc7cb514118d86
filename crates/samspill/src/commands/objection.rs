//! `samspill objection`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use domain::{Ground, Month, Ruling};
use jobs::settlement::Books;
use jobs::table::Form;

use super::{Place, Said};
use crate::choices::{FORMS, GROUNDS, RULINGS, one_of, or_suited};
use crate::clock::now;

#[derive(Subcommand)]
pub enum ObjectionCommand {
    /// Dispute a line.
    File {
        #[command(flatten)]
        place: Place,
        /// Who disputes: the municipality's code.
        #[arg(long)]
        party: String,
        /// KMF, USK or ISF.
        #[arg(long)]
        instrument: String,
        /// The contact (123, or institution/episode).
        #[arg(long)]
        contact: String,
        /// Month of activity.
        #[arg(long)]
        month: String,
        /// Ground.
        #[arg(long, value_parser = one_of(GROUNDS))]
        ground: Ground,
        /// In your own words; nothing about the patient.
        #[arg(long, default_value = "")]
        text: String,
        /// The delivery (checked Parquet), to put the facts of §§ 8–14 beside it.
        #[arg(long)]
        contacts: Option<PathBuf>,
    },
    /// File the trust's answer.
    Answer {
        /// Key of the objection.
        key: String,
        #[command(flatten)]
        place: Place,
        /// In your own words; nothing about the patient.
        #[arg(long)]
        text: String,
    },
    /// Decide an objection.
    Decide {
        /// Key of the objection.
        key: String,
        #[command(flatten)]
        place: Place,
        /// Outcome.
        #[arg(long, value_parser = one_of(RULINGS))]
        outcome: Ruling,
        /// Kroner to take off, where a part is.
        #[arg(long)]
        reduce_by: Option<String>,
        /// Who decided, and its reference.
        #[arg(long)]
        reference: String,
        /// The open month that the correction stands in.
        #[arg(long)]
        into: String,
    },
    /// Every objection.
    List {
        #[command(flatten)]
        place: Place,
        /// Form of the table.
        #[arg(long = "as", value_parser = one_of(FORMS))]
        form: Option<Form>,
    },
    /// One objection, with the facts of the case.
    Show {
        /// Key of the objection.
        key: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Runs a command on objections.
pub fn objection(command: &ObjectionCommand) -> Result<Said> {
    use jobs::settlement::objection as job;
    match command {
        ObjectionCommand::File { place, party, instrument, contact, month, ground, text, contacts } => {
            let filing = job::Filing {
                party,
                instrument: domain::Instrument::from_word(&instrument.to_uppercase())?,
                contact: jobs::explain::contact_of(contact)?,
                month: Month::parse(month)?,
                ground: *ground,
                text,
                contacts: contacts.as_deref(),
            };
            let mut books = Books::open(&place.ledger)?;
            Ok(Said::words(job::file(&mut books, &filing, now(place.now.as_deref())?)?))
        }
        ObjectionCommand::Answer { key, place, text } => {
            let mut books = Books::open(&place.ledger)?;
            Ok(Said::words(job::answer(&mut books, key, text, now(place.now.as_deref())?)?))
        }
        ObjectionCommand::Decide { key, place, outcome, reduce_by, reference, into } => {
            let reduction = reduce_by.as_deref().map(|text| {
                let amount = domain::Amount::read(text);
                amount.ok_or_else(|| anyhow::anyhow!("'{text}' is not an amount, as 4000 or 4000,50"))
            });
            let deciding = job::Deciding {
                key,
                outcome: *outcome,
                reduction: reduction.transpose()?,
                reference,
                into: Month::parse(into)?,
            };
            let mut books = Books::open(&place.ledger)?;
            Ok(Said::words(job::decide(&mut books, &deciding, now(place.now.as_deref())?)?))
        }
        ObjectionCommand::List { place, form } => {
            let data = job::list(&Books::open(&place.ledger)?).render(or_suited(*form));
            Ok(Said { data, words: String::new(), code: 0 })
        }
        ObjectionCommand::Show { key, place } => {
            let data = job::show(&Books::open(&place.ledger)?, key)?;
            Ok(Said { data, words: String::new(), code: 0 })
        }
    }
}
