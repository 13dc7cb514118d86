//! `samspill settlement`.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use domain::{Balancing, Day, Mode, Month, PayRounding, Period};
use jobs::host::Host;
use jobs::law::Files;
use jobs::settlement::{self as job, Books, Inherited, OnAccountFrom, Run};
use jobs::table::Form;

use super::{Place, Said};
use crate::choices::{FORMS, one_of, or_suited};
use crate::clock::now;
use crate::words;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModeChoice {
    /// One clearing account, netted; nobody sends an invoice.
    Central,
    /// Each creditor sends its own invoice.
    Decentral,
    /// As each was, or is: samspill rules payments shows it.
    AsLaw,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BalancingChoice {
    /// Each month.
    Month,
    /// April, August, December.
    Tertial,
    /// December.
    Year,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoundingChoice {
    /// Not at all.
    Ore,
    /// Whole kroner, on a line of its own.
    Kroner,
}

#[derive(Args)]
pub struct DeliveryArguments {
    /// CSV or Parquet: everything that is known of the months, not only what is new.
    #[arg(long)]
    pub contacts: PathBuf,
    /// Built-in mapping (samspill, npr-extract, aggregate) or a TOML file.
    #[arg(long)]
    pub mapping: Option<PathBuf>,
    /// The year's list of DRGs: drg;drg_type;mdc;weight.
    #[arg(long)]
    pub drg_list: Option<PathBuf>,
    /// What the delivery covers, unit;from;to by months. Not given: every unit in the file, in the months settled.
    #[arg(long)]
    pub coverage: Option<PathBuf>,
    /// Folder of rule files instead of those that come with the program.
    #[arg(long)]
    pub law: Option<PathBuf>,
    /// What cooperation agreements say of hours after the notice (TOML).
    #[arg(long)]
    pub agreements: Option<PathBuf>,
    /// Use values that nobody has signed; the month can then not be made final.
    #[arg(long)]
    pub draft: bool,
}

#[derive(Subcommand)]
pub enum SettlementCommand {
    /// Open months for settlement; makes the ledger if there is none.
    Open {
        /// 2012, 2012-T1 or 2012-03.
        period: String,
        #[command(flatten)]
        place: Place,
        /// How it is paid.
        #[arg(long, default_value = "central")]
        mode: ModeChoice,
        /// How often on-account payments are set against what was settled.
        #[arg(long, default_value = "month")]
        balancing: BalancingChoice,
        /// What an amount to pay is rounded to.
        #[arg(long, default_value = "ore")]
        rounding: RoundingChoice,
    },
    /// Post amounts on account, from a budget or from a year in the ledger.
    OnAccount {
        /// 2012, 2012-T1 or 2012-03.
        period: String,
        #[command(flatten)]
        place: Place,
        /// instrument;debtor;creditor;kroner for the year.
        #[arg(long, conflicts_with = "from_year")]
        budget: Option<PathBuf>,
        /// A year that the ledger holds.
        #[arg(long, required_unless_present = "budget")]
        from_year: Option<i16>,
        /// Divide by the season of that year instead of in equal parts.
        #[arg(long, requires = "from_year")]
        season: bool,
    },
    /// Settle a month that is open or provisional, and post it.
    Run {
        /// 2012, 2012-T1 or 2012-03.
        period: String,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        delivery: DeliveryArguments,
    },
    /// Net and close months: what comes later lands in an open month.
    Close {
        /// 2012, 2012-T1 or 2012-03.
        period: String,
        #[command(flatten)]
        place: Place,
    },
    /// Make closed months final; every value behind them must be signed.
    Finalise {
        /// 2012, 2012-T1 or 2012-03.
        period: String,
        #[command(flatten)]
        place: Place,
    },
    /// Correct closed months in an open one, from a new delivery or new rules.
    Correct {
        /// The closed months: 2012, 2012-T1 or 2012-03.
        period: String,
        /// The open month that the correction stands in.
        #[arg(long)]
        into: String,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        delivery: DeliveryArguments,
    },
    /// Post the decisions of the settlement review board on a year, in an open month.
    ReviewBoard {
        /// Year.
        year: i16,
        /// institution;instrument;kroner;key;reference, where key is by-settled.
        file: PathBuf,
        /// The open month that they stand in.
        #[arg(long)]
        into: String,
        #[command(flatten)]
        place: Place,
    },
    /// Show where each month stands.
    Status {
        /// Some months only.
        period: Option<String>,
        #[command(flatten)]
        place: Place,
        /// Form of the table.
        #[arg(long = "as", value_parser = one_of(FORMS))]
        form: Option<Form>,
    },
    /// Record the decision on who answers for a municipality that was split.
    Inherit {
        /// The party, as undecided:1507 or 0720.
        party: String,
        /// The municipality that answers for it.
        #[arg(long)]
        heir: String,
        /// Day from which it does.
        #[arg(long)]
        from: String,
        /// Reference of the decision.
        #[arg(long)]
        reference: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Runs a command on the settlement.
pub fn settlement(command: &SettlementCommand, host: &Host) -> Result<Said> {
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
            Ok(Said::words(words::on_account(&posted, period)))
        }
        SettlementCommand::Run { period, place, delivery } => {
            let period = Period::parse(period)?;
            with_run(place, delivery, |books, run| {
                let settled = job::run(books, period, run, host)?;
                Ok((words::settlement(&settled).join("\n"), settled.refused))
            })
        }
        SettlementCommand::Correct { period, into, place, delivery } => {
            let (period, into) = (Period::parse(period)?, Month::parse(into)?);
            with_run(place, delivery, |books, run| {
                let corrected = job::correct(books, period, into, run, host)?;
                Ok((words::correction(&corrected, into), corrected.refused))
            })
        }
        SettlementCommand::Close { period, place } => {
            let mut books = Books::open(&place.ledger)?;
            let at = now(place.now.as_deref())?;
            let closed = job::close(&mut books, Period::parse(period)?, at, host)?;
            Ok(Said::words(words::closing(&closed)))
        }
        SettlementCommand::Finalise { period, place } => {
            let mut books = Books::open(&place.ledger)?;
            let period = Period::parse(period)?;
            let finalising = job::finalise(&mut books, period, now(place.now.as_deref())?)?;
            Ok(Said::words(words::finalising(finalising, period)))
        }
        SettlementCommand::ReviewBoard { year, file, into, place } => {
            let mut books = Books::open(&place.ledger)?;
            let at = now(place.now.as_deref())?;
            Ok(Said::words(jobs::settlement::review_board::run(
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
            Ok(Said { data: table.render(or_suited(*form)), words: String::new(), code: 0 })
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
            Ok(Said::words(words::inheriting(inheriting, &content)))
        }
    }
}

fn open(
    period: &str,
    place: &Place,
    (mode, balancing, rounding): (ModeChoice, BalancingChoice, RoundingChoice),
) -> Result<Said> {
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
    Ok(Said::words(words::opening(&opening, period, &place.ledger)))
}

fn with_run(
    place: &Place,
    delivery: &DeliveryArguments,
    work: impl FnOnce(&mut Books, &Run) -> Result<(String, u64)>,
) -> Result<Said> {
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
        words.push_str("\navtalene fra forrige oppgjør gjelder fortsatt; --agreements gir andre");
    }
    Ok(Said::with_refused(words, refused))
}
