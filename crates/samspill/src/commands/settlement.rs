//! `samspill settlement`.

use std::path::{Path, PathBuf};
use words::{Message, message};

use clap::{Args, Subcommand, ValueEnum};
use domain::{Balancing, Day, Instrument, Mode, Month, PayRounding, Period};
use jobs::failure::Result;
use jobs::host::Host;
use jobs::law::Files;
use jobs::parties;
use jobs::settlement::{self as job, Books, Inherited, OnAccountFrom, Run};
use jobs::table::Form;

use super::{Output, Place, Posting};
use crate::answers;
use crate::choices::{FORMS, instrument, one_of, or_suited};
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
    pub made_on: Option<String>,
    #[arg(long, value_parser = instrument(), ignore_case = true, value_delimiter = ',', num_args = 1..)]
    pub only: Vec<Instrument>,
    #[arg(long)]
    pub draft: bool,
    #[arg(long)]
    pub accept: bool,
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
    Rules {
        #[command(flatten)]
        posting: Posting,
        #[arg(long)]
        law: Option<PathBuf>,
        #[arg(long)]
        agreements: Option<PathBuf>,
        #[arg(long)]
        reference: String,
    },
    OnAccount {
        period: String,
        #[command(flatten)]
        posting: Posting,
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
        posting: Posting,
        #[command(flatten)]
        delivery: DeliveryArguments,
    },
    Close {
        period: String,
        #[command(flatten)]
        posting: Posting,
        #[arg(long)]
        accept: bool,
    },
    Finalise {
        period: String,
        #[command(flatten)]
        posting: Posting,
    },
    Correct {
        period: String,
        #[arg(long)]
        into: String,
        #[command(flatten)]
        posting: Posting,
        #[command(flatten)]
        delivery: DeliveryArguments,
    },
    ReviewBoard {
        year: i16,
        file: PathBuf,
        #[arg(long)]
        into: String,
        #[command(flatten)]
        posting: Posting,
    },
    Deliveries {
        #[command(flatten)]
        place: Place,
        #[arg(long = "as", value_parser = one_of(FORMS))]
        form: Option<Form>,
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
        posting: Posting,
    },
}

/// Runs a command on the settlement.
pub fn settlement(command: &SettlementCommand, host: &Host) -> Result<Output> {
    match command {
        SettlementCommand::Open { period, place, mode, balancing, rounding } => {
            open(period, place, (*mode, *balancing, *rounding))
        }
        SettlementCommand::Rules { posting, law, agreements, reference } => {
            rules(posting, law.as_deref(), agreements.as_deref(), reference, host)
        }
        SettlementCommand::OnAccount { period, posting, budget, from_year, season } => {
            let from = match (budget, from_year) {
                (Some(path), _) => OnAccountFrom::Budget(path),
                (None, year) => OnAccountFrom::Year(year.unwrap_or_default()),
            };
            let mut books = posting.books()?;
            let period = Period::parse_any(period)?;
            let posted = job::on_account(&mut books, period, &from, *season, posting.now()?)?;
            Ok(posting.output(&books, host, vec![answers::on_account(&posted, period)]))
        }
        SettlementCommand::Run { period, posting, delivery } => {
            let period = Period::parse_any(period)?;
            with_run(posting, delivery, host, |books, run| {
                let settled = job::run(books, period, run, host)?;
                Ok((answers::settlement(&settled), settled.refused))
            })
        }
        SettlementCommand::Correct { period, into, posting, delivery } => {
            let (period, into) = (Period::parse_any(period)?, Month::parse(into)?);
            with_run(posting, delivery, host, |books, run| {
                let corrected = job::correct(books, period, into, run, host)?;
                Ok((answers::correction(&corrected, into), corrected.refused))
            })
        }
        SettlementCommand::Close { period, posting, accept } => {
            let mut books = posting.books()?;
            let closed = job::close(&mut books, Period::parse_any(period)?, *accept, posting.now()?, host)?;
            Ok(posting.output(&books, host, answers::closing(&closed)))
        }
        SettlementCommand::Finalise { period, posting } => {
            let mut books = posting.books()?;
            let period = Period::parse_any(period)?;
            let finalising = job::finalise(&mut books, period, posting.now()?)?;
            Ok(posting.output(&books, host, vec![answers::finalising(finalising, period)]))
        }
        SettlementCommand::ReviewBoard { year, file, into, posting } => {
            let mut books = posting.books()?;
            let into = Month::parse(into)?;
            let lines = job::review_board::run(&mut books, *year, file, into, posting.now()?)?;
            Ok(posting.output(&books, host, lines))
        }
        SettlementCommand::Deliveries { place, form } => {
            let table = job::deliveries(&Books::open(&place.ledger)?);
            Ok(Output::data(table.render(or_suited(*form), host.reader())))
        }
        SettlementCommand::Status { period, place, form } => {
            let period = period.as_deref().map(Period::parse_any).transpose()?;
            let table = job::status(&mut Books::open(&place.ledger)?, period)?;
            Ok(Output::data(table.render(or_suited(*form), host.reader())))
        }
        SettlementCommand::Inherit { party, heir, from, reference, posting } => {
            inherit([party, heir, from, reference], posting, host)
        }
    }
}

fn inherit([party, heir, from, reference]: [&String; 4], posting: &Posting, host: &Host) -> Result<Output> {
    let from = Day::parse(from)?;
    let content = Inherited {
        party: parties::named(party, Period::of_month(from.plus(-1).month()))?,
        heir: parties::named(heir, Period::of_month(from.month()))?,
        from,
        reference: reference.clone(),
    };
    let mut books = posting.books()?;
    let inheriting = job::inherit(&mut books, &content, posting.now()?)?;
    Ok(posting.output(&books, host, vec![answers::inheriting(inheriting, &content)]))
}

fn rules(
    posting: &Posting,
    law: Option<&Path>,
    agreements: Option<&Path>,
    reference: &str,
    host: &Host,
) -> Result<Output> {
    let mut books = posting.books()?;
    let files = Files::read(law, &[])?.with_agreements(agreements)?;
    // Cooperation agreements stay in force until another file is given.
    let (files, _) = files.or_agreements_of(&books.rules()?);
    let changed = job::rules::change(&mut books, &files, reference, posting.now()?)?;
    Ok(posting.output(&books, host, vec![answers::rules(&changed)]))
}

fn open(
    period: &str,
    place: &Place,
    (mode, balancing, rounding): (ModeChoice, BalancingChoice, RoundingChoice),
) -> Result<Output> {
    let period = Period::parse_any(period)?;
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
    Ok(Output::sentence(answers::opening(&opening, period)))
}

fn with_run(
    posting: &Posting,
    delivery: &DeliveryArguments,
    host: &Host,
    work: impl FnOnce(&mut Books, &Run) -> Result<(Vec<Message>, u64)>,
) -> Result<Output> {
    let mut books = posting.books()?;
    let given = Files::read(delivery.law.as_deref(), &[])?.with_agreements(delivery.agreements.as_deref())?;
    let (given, _) = given.or_agreements_of(&books.rules()?);
    let is_asked = delivery.law.is_some() || delivery.agreements.is_some();
    let (files, others) = job::rules::kept(&mut books, given, is_asked)?;
    let run = Run {
        only: &delivery.only,
        contacts: &delivery.contacts,
        mapping: delivery.mapping.as_deref(),
        drg_list: delivery.drg_list.as_deref(),
        coverage: delivery.coverage.as_deref(),
        files: &files,
        draft: delivery.draft,
        made_on: delivery.made_on.as_deref().map(Day::parse).transpose()?,
        accept: delivery.accept,
        now: posting.now()?,
    };
    let (mut words, refused) = work(&mut books, &run)?;
    if !others.is_empty() {
        words.push(message!("screen.rules_go_on", list = others.join(", ")));
    }
    let output = posting.output(&books, host, words);
    Ok(output.with_refused(refused))
}
