//! Arguments of `samspill settlement` and `samspill ledger`.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use domain::{Balancing, Day, Mode, Month, PayRounding, Period};
use ledger::content::Inherited;
use ledger::statement::Span;

use crate::clock::now;
use crate::law::Files;
use crate::ledger_job::{self, ExportForm};
use crate::objection_job::Ground;
use crate::progress::Teller;
use crate::settlement_job::{self as job, Books, OnAccountFrom, Outcome, Run};
use crate::statement_job::{self, PaperForm};
use crate::table::Form;

#[derive(Args)]
pub struct Place {
    /// The ledger: a file, or postgres://user@host/database.
    #[arg(long)]
    pub ledger: String,
    /// The day or minute that it is recorded at (2012-04-10T09:00); the clock if not given.
    #[arg(long)]
    pub now: Option<String>,
}

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
        #[arg(long = "as")]
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

#[derive(Args)]
pub struct StatementArguments {
    /// 2012-03, 2012-T1 or 2012.
    period: String,
    #[command(flatten)]
    place: Place,
    /// The year up to and with the month given.
    #[arg(long)]
    to_date: bool,
    /// Municipality's code, organisation number or 'state'; all if not given.
    #[arg(long, alias = "municipality")]
    party: Vec<String>,
    /// Forms.
    #[arg(long = "as", value_delimiter = ',', default_value = "pdf,xlsx")]
    forms: Vec<PaperForm>,
    /// As it was known at the end of this day, or at this minute.
    #[arg(long)]
    known_on: Option<String>,
    /// As this version said.
    #[arg(long)]
    version: Option<usize>,
    /// Language decisions: code;nb or code;nn.
    #[arg(long)]
    languages: Option<PathBuf>,
    /// Name of the sender.
    #[arg(long)]
    sender: Option<String>,
    /// A sheet of the contacts behind the lines, for those who may see them.
    #[arg(long, requires = "party")]
    with_claims: bool,
    /// Tables with comma and point, for programs.
    #[arg(long)]
    plain: bool,
    /// Folder.
    #[arg(long, default_value = "statements")]
    out: PathBuf,
}

#[derive(Args)]
pub struct CompareArguments {
    /// The bill: CSV or Excel, one row for each case.
    #[arg(long)]
    received: PathBuf,
    /// Its columns where the names are not the usual: reference=Saksnr,days=Antall,amount=Sum.
    #[arg(long, value_delimiter = ',')]
    columns: Vec<String>,
    /// Result folder of our own settlement.
    #[arg(long)]
    own: Option<PathBuf>,
    /// Our own log of messages: case;time;message, one row for each message.
    #[arg(long, conflicts_with = "own", required_unless_present = "own")]
    log: Option<PathBuf>,
    /// Instrument of the bill.
    #[arg(long, default_value = "USK")]
    instrument: String,
    /// Only this debtor of our own settlement.
    #[arg(long, alias = "municipality")]
    party: Option<String>,
    /// Folder of rule files instead of those that come with the program.
    #[arg(long)]
    law: Option<PathBuf>,
    /// What cooperation agreements say of hours after the notice (TOML).
    #[arg(long)]
    agreements: Option<PathBuf>,
    /// Form of the table.
    #[arg(long = "as")]
    form: Option<Form>,
}

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
    #[arg(long = "as")]
    form: Option<Form>,
}

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
    #[arg(long = "as")]
    form: Option<Form>,
}

#[derive(Args)]
pub struct RunningArguments {
    /// CSV or Parquet, with those who are not discharged: their discharge is empty.
    #[arg(long)]
    contacts: PathBuf,
    /// Built-in mapping (samspill, npr-extract) or a TOML file.
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// Day or minute of the list; now if not given.
    #[arg(long)]
    at: Option<String>,
    /// Only this municipality.
    #[arg(long, alias = "party")]
    municipality: Option<String>,
    /// Add up by municipality and institution: the accrual, as a proposal for the accounts.
    #[arg(long)]
    sums: bool,
    /// Folder of rule files instead of those that come with the program.
    #[arg(long)]
    law: Option<PathBuf>,
    /// What cooperation agreements say of hours after the notice (TOML).
    #[arg(long)]
    agreements: Option<PathBuf>,
    /// Use values that nobody has signed.
    #[arg(long)]
    draft: bool,
    /// Form of the table.
    #[arg(long = "as")]
    form: Option<Form>,
}

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
        #[arg(long)]
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
        #[arg(long)]
        outcome: crate::objection_job::Outcome,
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
        #[arg(long = "as")]
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

#[derive(Subcommand)]
pub enum LedgerCommand {
    /// Prove that nothing was altered and that everything balances.
    Verify {
        #[command(flatten)]
        place: Place,
        /// The end of the chain that was noted elsewhere, or the beginning of it.
        #[arg(long)]
        expect: Option<String>,
    },
    /// Write the ledger in another form.
    Export {
        #[command(flatten)]
        place: Place,
        /// Form.
        #[arg(long = "as")]
        form: ExportForm,
        /// File; to the screen if not given.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// The balance of every account.
    Balances {
        #[command(flatten)]
        place: Place,
        /// Form of the table.
        #[arg(long = "as")]
        form: Option<Form>,
    },
}

/// What a command says, and its exit code.
pub struct Said {
    /// For stdout.
    pub data: String,
    /// For stderr.
    pub words: String,
    /// Exit code.
    pub code: u8,
}

impl Said {
    fn words(words: String) -> Said {
        Said { data: String::new(), words, code: 0 }
    }

    fn outcome(outcome: Outcome) -> Said {
        let (words, code) = if outcome.refused > 0 {
            let words = format!(
                "{}\n{} rader avvist: samspill check FIL viser hvilke, med årsak og hvem som kan rette dem",
                outcome.told, outcome.refused
            );
            (words, crate::REFUSED)
        } else {
            (outcome.told, 0)
        };
        Said { data: String::new(), words, code }
    }
}

/// Runs a command.
pub fn settlement(command: &SettlementCommand, threads: usize, teller: Teller) -> Result<Said> {
    match command {
        SettlementCommand::Open { period, place, mode, balancing, rounding } => {
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
            Ok(Said::words(job::open(&place.ledger, period, &content, now(place.now.as_deref())?)?))
        }
        SettlementCommand::OnAccount { period, place, budget, from_year, season } => {
            let from = match (budget, from_year) {
                (Some(path), _) => OnAccountFrom::Budget(path),
                (None, year) => OnAccountFrom::Year(year.unwrap_or_default()),
            };
            let mut books = Books::open(&place.ledger)?;
            let at = now(place.now.as_deref())?;
            Ok(Said::words(job::on_account(&mut books, Period::parse(period)?, &from, *season, at)?))
        }
        SettlementCommand::Run { period, place, delivery } => {
            let period = Period::parse(period)?;
            with_run(place, delivery, threads, |books, run| job::run(books, period, run, teller))
        }
        SettlementCommand::Correct { period, into, place, delivery } => {
            let (period, into) = (Period::parse(period)?, Month::parse(into)?);
            with_run(place, delivery, threads, |books, run| job::correct(books, period, into, run, teller))
        }
        SettlementCommand::Close { period, place } => {
            let mut books = Books::open(&place.ledger)?;
            let at = now(place.now.as_deref())?;
            Ok(Said::words(job::close(&mut books, Period::parse(period)?, at, teller)?))
        }
        SettlementCommand::Finalise { period, place } => {
            let mut books = Books::open(&place.ledger)?;
            Ok(Said::words(job::finalise(&mut books, Period::parse(period)?, now(place.now.as_deref())?)?))
        }
        SettlementCommand::ReviewBoard { year, file, into, place } => {
            let mut books = Books::open(&place.ledger)?;
            let at = now(place.now.as_deref())?;
            Ok(Said::words(crate::review_job::run(&mut books, *year, file, Month::parse(into)?, at)?))
        }
        SettlementCommand::Status { period, place, form } => {
            let period = period.as_deref().map(Period::parse).transpose()?;
            let table = job::status(&mut Books::open(&place.ledger)?, period)?;
            Ok(Said { data: table.render(Form::or_suited(*form)), words: String::new(), code: 0 })
        }
        SettlementCommand::Inherit { party, heir, from, reference, place } => {
            let content = Inherited {
                party: party.clone(),
                heir: heir.clone(),
                from: Day::parse(from)?,
                reference: reference.clone(),
            };
            let mut books = Books::open(&place.ledger)?;
            Ok(Said::words(job::inherit(&mut books, &content, now(place.now.as_deref())?)?))
        }
    }
}

fn with_run(
    place: &Place,
    delivery: &DeliveryArguments,
    threads: usize,
    work: impl FnOnce(&mut Books, &Run) -> Result<Outcome>,
) -> Result<Said> {
    let mut books = Books::open(&place.ledger)?;
    let files = Files::read(delivery.law.as_deref(), &[])?.with_agreements(delivery.agreements.as_deref())?;
    // What was agreed goes on until somebody gives another file.
    let (files, goes_on) = files.or_agreements_of(&books.last_rules()?);
    let run = Run {
        contacts: &delivery.contacts,
        mapping: delivery.mapping.as_deref(),
        drg_list: delivery.drg_list.as_deref(),
        coverage: delivery.coverage.as_deref(),
        files: &files,
        draft: delivery.draft,
        threads,
        now: now(place.now.as_deref())?,
    };
    let mut outcome = work(&mut books, &run)?;
    if goes_on {
        outcome.told.push_str("\navtalene fra forrige oppgjør gjelder fortsatt; --agreements gir andre");
    }
    Ok(Said::outcome(outcome))
}

/// Runs a command.
pub fn objection(command: &ObjectionCommand) -> Result<Said> {
    use crate::objection_job as job;
    match command {
        ObjectionCommand::File { place, party, instrument, contact, month, ground, text, contacts } => {
            let filing = job::Filing {
                party,
                instrument: domain::Instrument::from_word(&instrument.to_uppercase())?,
                contact: crate::explain_job::contact_of(contact)?,
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
                let amount = crate::settlement_job::kroner_of(text);
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
            let data = job::list(&Books::open(&place.ledger)?).render(Form::or_suited(*form));
            Ok(Said { data, words: String::new(), code: 0 })
        }
        ObjectionCommand::Show { key, place } => {
            let data = job::show(&Books::open(&place.ledger)?, key)?;
            Ok(Said { data, words: String::new(), code: 0 })
        }
    }
}

/// Compares a bill.
pub fn compare(arguments: &CompareArguments) -> Result<Said> {
    let files =
        Files::read(arguments.law.as_deref(), &[])?.with_agreements(arguments.agreements.as_deref())?;
    let order = crate::compare_job::Order {
        received: &arguments.received,
        columns: &arguments.columns,
        own: arguments.own.as_deref(),
        log: arguments.log.as_deref(),
        instrument: domain::Instrument::from_word(&arguments.instrument.to_uppercase())?,
        party: arguments.party.as_deref(),
        files: &files,
    };
    let found = crate::compare_job::run(&order)?;
    let data =
        if found.is_equal() { String::new() } else { found.table().render(Form::or_suited(arguments.form)) };
    let code = if found.is_equal() { 0 } else { crate::REFUSED };
    Ok(Said { data, words: found.told(), code })
}

/// The accrual.
pub fn accrual(arguments: &AccrualArguments, threads: usize, teller: Teller) -> Result<Said> {
    let month = Month::parse(&arguments.month)?;
    let mut books = Books::open(&arguments.ledger)?;
    let files = Files::read(None, &[])?.with_agreements(arguments.agreements.as_deref())?;
    // What was agreed goes on until somebody gives another file.
    let (files, _) = files.or_agreements_of(&books.last_rules()?);
    let running = match &arguments.contacts {
        None => None,
        Some(contacts) => {
            let order = crate::running_job::Order {
                contacts,
                mapping: arguments.mapping.as_deref(),
                files: &files,
                at: month.last().next().start(),
                municipality: None,
                draft: arguments.draft,
                threads,
            };
            Some(crate::running_job::run(&order, teller)?)
        }
    };
    let (table, unsettled) = crate::accrual_job::run(&mut books, month, running.as_ref(), teller)?;
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
    let code = if is_refused { crate::REFUSED } else { 0 };
    Ok(Said { data: table.render(Form::or_suited(arguments.form)), words, code })
}

/// The forecast.
pub fn forecast(arguments: &ForecastArguments) -> Result<Said> {
    let mut books = Books::open(&arguments.ledger)?;
    let month = Month::parse(&arguments.month)?;
    let (table, words) = crate::forecast_job::run(&mut books, month, arguments.party.as_deref())?;
    Ok(Said { data: table.render(Form::or_suited(arguments.form)), words, code: 0 })
}

/// Lists running cases.
pub fn running(arguments: &RunningArguments, threads: usize, teller: Teller) -> Result<Said> {
    let files =
        Files::read(arguments.law.as_deref(), &[])?.with_agreements(arguments.agreements.as_deref())?;
    let order = crate::running_job::Order {
        contacts: &arguments.contacts,
        mapping: arguments.mapping.as_deref(),
        files: &files,
        at: now(arguments.at.as_deref())?,
        municipality: arguments.municipality.as_deref(),
        draft: arguments.draft,
        threads,
    };
    let found = crate::running_job::run(&order, teller)?;
    let table = if arguments.sums { found.sums() } else { found.table() };
    let code = if found.refused > 0 { crate::REFUSED } else { 0 };
    Ok(Said { data: table.render(Form::or_suited(arguments.form)), words: found.told(), code })
}

/// Makes statements.
pub fn statement(arguments: &StatementArguments, threads: usize, teller: Teller) -> Result<Said> {
    let span = match arguments.to_date {
        true => Span::to_date(Month::parse(&arguments.period)?),
        false => Span::of(Period::parse(&arguments.period)?),
    };
    let Some(span) = span else { anyhow::bail!("'{}' holds no month", arguments.period) };
    let known_on = match arguments.known_on.as_deref() {
        None => None,
        Some(text) => match Day::parse(text) {
            Ok(day) => Some(domain::Minute::from_number(day.next().start().number() - 1)),
            Err(_) => Some(domain::Minute::parse(text)?),
        },
    };
    let clock = now(arguments.place.now.as_deref())?;
    if let Some(at) = known_on.filter(|at| *at >= clock) {
        return Err(crate::settlement_job::not_now(
            format!("{at} is not over: what is known then may change"),
            "leave --known-on out for what is known now",
        ));
    }
    let parties = if arguments.party.is_empty() {
        String::new()
    } else {
        format!(" --party {}", arguments.party.join(" --party "))
    };
    let version = arguments.version.map_or_else(String::new, |version| format!(" --version {version}"));
    let mut books = Books::open(&arguments.place.ledger)?;
    let order = statement_job::Order {
        span,
        parties: &arguments.party,
        forms: &arguments.forms,
        known_on,
        version: arguments.version,
        languages: arguments.languages.as_deref(),
        sender: arguments.sender.as_deref(),
        with_claims: arguments.with_claims,
        plain: arguments.plain,
        out: &arguments.out,
        threads,
        command: format!("samspill statement {}{parties}{version} --ledger LEDGER", arguments.period),
    };
    let made = statement_job::run(&mut books, &order, teller)?;
    // Who owes less than nothing is owed.
    let due = made.iter().map(|one| if one.owes { one.to_pay } else { -one.to_pay });
    let (pays, gets): (Vec<domain::Amount>, Vec<domain::Amount>) =
        due.partition(|due| *due > domain::Amount::ZERO);
    let (to_pay, to_get) =
        (pays.into_iter().sum::<domain::Amount>(), -gets.into_iter().sum::<domain::Amount>());
    Ok(Said::words(format!(
        "{} oppgjør for {} i {}; å betale {to_pay}, til gode {to_get}",
        domain::amount::grouped(made.len() as u64),
        order.span.name,
        arguments.out.display()
    )))
}

/// Runs a command.
pub fn ledger(command: &LedgerCommand, teller: Teller) -> Result<Said> {
    match command {
        LedgerCommand::Verify { place, expect } => {
            let (faults, told) = ledger_job::prove(&place.ledger, expect.as_deref(), teller)?;
            if faults.is_empty() {
                return Ok(Said { data: format!("{told}\n"), words: String::new(), code: 0 });
            }
            let words = format!("error: the ledger does not hold:\n  {}", faults.join("\n  "));
            Ok(Said { data: String::new(), words, code: 1 })
        }
        LedgerCommand::Export { place, form, out } => {
            let data = ledger_job::write(&place.ledger, *form, out.as_deref())?;
            let words = out.as_ref().map_or_else(String::new, |out| format!("skrevet: {}", out.display()));
            Ok(Said { data, words, code: 0 })
        }
        LedgerCommand::Balances { place, form } => {
            let table = ledger_job::balances(&place.ledger)?;
            Ok(Said { data: table.render(Form::or_suited(*form)), words: String::new(), code: 0 })
        }
    }
}
