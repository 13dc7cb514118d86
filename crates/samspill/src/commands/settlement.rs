//! `samspill settlement`.

use std::path::PathBuf;
use words::{Message, message};

use clap::{Args, Subcommand, ValueEnum};
use domain::{Balancing, Day, Mode, Month, PayRounding, Period};
use jobs::failure::Result;
use jobs::host::Host;
use jobs::law::Files;
use jobs::settlement::{self as job, Books, Inherited, OnAccountFrom, Run};
use jobs::table::Form;

use super::{Output, Place};
use crate::answers;
use crate::choices::{FORMS, one_of, or_suited};
use crate::clock::now;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModeChoice {
    Central,
    Decentral,
    AsLaw,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BalancingChoice {
    Month,
    Tertial,
    Year,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoundingChoice {
    Ore,
    Kroner,
}

#[derive(Args)]
pub struct DeliveryArguments {
    #[arg(long)]
    pub contacts: PathBuf,
    #[arg(long)]
    pub mapping: Option<PathBuf>,
    #[arg(long)]
    pub drg_list: Option<PathBuf>,
    #[arg(long)]
    pub coverage: Option<PathBuf>,
    #[arg(long)]
    pub law: Option<PathBuf>,
    #[arg(long)]
    pub agreements: Option<PathBuf>,
    #[arg(long)]
    pub draft: bool,
}

#[derive(Subcommand)]
pub enum SettlementCommand {
    Open {
        period: String,
        #[command(flatten)]
        place: Place,
        #[arg(long, default_value = "central")]
        mode: ModeChoice,
        #[arg(long, default_value = "month")]
        balancing: BalancingChoice,
        #[arg(long, default_value = "ore")]
        rounding: RoundingChoice,
    },
    OnAccount {
        period: String,
        #[command(flatten)]
        place: Place,
        #[arg(long, conflicts_with = "from_year")]
        budget: Option<PathBuf>,
        #[arg(long, required_unless_present = "budget")]
        from_year: Option<i16>,
        #[arg(long, requires = "from_year")]
        season: bool,
    },
    Run {
        period: String,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        delivery: DeliveryArguments,
    },
    Close {
        period: String,
        #[command(flatten)]
        place: Place,
    },
    Finalise {
        period: String,
        #[command(flatten)]
        place: Place,
    },
    Correct {
        period: String,
        #[arg(long)]
        into: String,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        delivery: DeliveryArguments,
    },
    ReviewBoard {
        year: i16,
        file: PathBuf,
        #[arg(long)]
        into: String,
        #[command(flatten)]
        place: Place,
    },
    Status {
        period: Option<String>,
        #[command(flatten)]
        place: Place,
        #[arg(long = "as", value_parser = one_of(FORMS))]
        form: Option<Form>,
    },
    Inherit {
        party: String,
        #[arg(long)]
        heir: String,
        #[arg(long)]
        from: String,
        #[arg(long)]
        reference: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Runs a command on the settlement.
pub fn settlement(command: &SettlementCommand, host: &Host) -> Result<Output> {
    match command {
        SettlementCommand::Open { period, place, mode, balancing, rounding } => {
            open(period, place, (*mode, *balancing, *rounding))
        }
        SettlementCommand::OnAccount { period, place, budget, from_year, season } => {
            let from = match (budget, from_year) {
                (Some(path), _) => OnAccountFrom::Budget(path),
                (None, year) => OnAccountFrom::Year(year.unwrap_or_default()),
            };
            let mut books = Books::open(&place.ledger)?;
            let at = now(place.now.as_deref())?;
            let period = Period::parse(period)?;
            let posted = job::on_account(&mut books, period, &from, *season, at)?;
            Ok(Output::sentence(answers::on_account(&posted, period)))
        }
        SettlementCommand::Run { period, place, delivery } => {
            let period = Period::parse(period)?;
            with_run(place, delivery, |books, run| {
                let settled = job::run(books, period, run, host)?;
                Ok((answers::settlement(&settled), settled.refused))
            })
        }
        SettlementCommand::Correct { period, into, place, delivery } => {
            let (period, into) = (Period::parse(period)?, Month::parse(into)?);
            with_run(place, delivery, |books, run| {
                let corrected = job::correct(books, period, into, run, host)?;
                Ok((answers::correction(&corrected, into), corrected.refused))
            })
        }
        SettlementCommand::Close { period, place } => {
            let mut books = Books::open(&place.ledger)?;
            let at = now(place.now.as_deref())?;
            let closed = job::close(&mut books, Period::parse(period)?, at, host)?;
            Ok(Output::words(answers::closing(&closed)))
        }
        SettlementCommand::Finalise { period, place } => {
            let mut books = Books::open(&place.ledger)?;
            let period = Period::parse(period)?;
            let finalising = job::finalise(&mut books, period, now(place.now.as_deref())?)?;
            Ok(Output::sentence(answers::finalising(finalising, period)))
        }
        SettlementCommand::ReviewBoard { year, file, into, place } => {
            let mut books = Books::open(&place.ledger)?;
            let at = now(place.now.as_deref())?;
            Ok(Output::words(jobs::settlement::review_board::run(
                &mut books,
                *year,
                file,
                Month::parse(into)?,
                at,
            )?))
        }
        SettlementCommand::Status { period, place, form } => {
            let period = period.as_deref().map(Period::parse).transpose()?;
            let table = job::status(&mut Books::open(&place.ledger)?, period)?;
            Ok(Output::data(table.render(or_suited(*form), host.reader())))
        }
        SettlementCommand::Inherit { party, heir, from, reference, place } => {
            let content = Inherited {
                party: party.clone(),
                heir: heir.clone(),
                from: Day::parse(from)?,
                reference: reference.clone(),
            };
            let mut books = Books::open(&place.ledger)?;
            let inheriting = job::inherit(&mut books, &content, now(place.now.as_deref())?)?;
            Ok(Output::sentence(answers::inheriting(inheriting, &content)))
        }
    }
}

fn open(
    period: &str,
    place: &Place,
    (mode, balancing, rounding): (ModeChoice, BalancingChoice, RoundingChoice),
) -> Result<Output> {
    let period = Period::parse(period)?;
    let mode = match mode {
        ModeChoice::Central => Some(Mode::Central),
        ModeChoice::Decentral => Some(Mode::Decentral),
        ModeChoice::AsLaw => None,
    };
    let balancing = match balancing {
        BalancingChoice::Month => Balancing::Month,
        BalancingChoice::Tertial => Balancing::Tertial,
        BalancingChoice::Year => Balancing::Year,
    };
    let rounding = match rounding {
        RoundingChoice::Ore => PayRounding::Ore,
        RoundingChoice::Kroner => PayRounding::Kroner,
    };
    let content = job::opened(mode, period, balancing, rounding)?;
    let opening = job::open(&place.ledger, period, &content, now(place.now.as_deref())?)?;
    Ok(Output::sentence(answers::opening(&opening, period, &place.ledger)))
}

fn with_run(
    place: &Place,
    delivery: &DeliveryArguments,
    work: impl FnOnce(&mut Books, &Run) -> Result<(Vec<Message>, u64)>,
) -> Result<Output> {
    let mut books = Books::open(&place.ledger)?;
    let files = Files::read(delivery.law.as_deref(), &[])?.with_agreements(delivery.agreements.as_deref())?;
    // Cooperation agreements stay in force until another file is given.
    let (files, goes_on) = files.or_agreements_of(&books.last_rules()?);
    let run = Run {
        contacts: &delivery.contacts,
        mapping: delivery.mapping.as_deref(),
        drg_list: delivery.drg_list.as_deref(),
        coverage: delivery.coverage.as_deref(),
        files: &files,
        draft: delivery.draft,
        now: now(place.now.as_deref())?,
    };
    let (mut words, refused) = work(&mut books, &run)?;
    if goes_on {
        words.push(message!("screen.agreements_go_on"));
    }
    Ok(Output::with_refused(words, refused))
}
