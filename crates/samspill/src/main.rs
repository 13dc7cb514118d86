//! The program: reads arguments, opens files, runs jobs. The only part that knows the clock, the
//! environment and the command line.

mod accrual_job;
mod agreement_job;
mod clock;
mod columns;
mod compare_job;
mod demo;
mod demo_year;
mod explain_job;
mod folder;
mod forecast_job;
mod indicators_ages;
mod indicators_cli;
mod indicators_country;
mod indicators_job;
mod indicators_nynorsk;
mod indicators_own;
mod indicators_people;
mod indicators_profile;
mod law;
mod ledger_job;
mod methods_cli;
mod objection_job;
mod progress;
mod reproduce_job;
mod review_job;
mod risk_brief;
mod risk_job;
mod risk_out;
mod risk_tables;
mod rules;
mod running_job;
mod settle_job;
mod settlement_cli;
mod settlement_job;
mod sheet_parquet;
mod simulate_cli;
mod simulate_job;
mod simulate_out;
mod statement_job;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use domain::{Day, Period};

use progress::{Teller, decimal_seconds};
use settle_job::Unsigned;
use settlement_cli::{LedgerCommand, Said, SettlementCommand};
use table::Form;

/// Economic instruments between municipalities and hospitals: settlement with an explanation.
///
/// Examples:
///   samspill demo
///   samspill settle 2012-03 --contacts contacts.parquet --draft --out result
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
struct Arguments {
    /// Say nothing but results and errors.
    #[arg(long, global = true)]
    quiet: bool,
    /// Threads; all cores if not given.
    #[arg(long, global = true)]
    threads: Option<usize>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a synthetic national year, settle it and show it beside what is published.
    Demo(DemoArguments),
    /// Make a synthetic register of any size.
    Synth(SynthArguments),
    /// Check a file of contacts, and write it in the program's own schema.
    Check(CheckArguments),
    /// Settle a period.
    Settle(SettleArguments),
    /// Show one charge or contact as a person would work it out.
    Explain(ExplainArguments),
    /// Settlement in a ledger: open, run, close, correct, month by month.
    #[command(subcommand)]
    Settlement(SettlementCommand),
    /// Statements of a period, for every party or some.
    Statement(settlement_cli::StatementArguments),
    /// Compare a bill that was received with our own settlement or log, line by line.
    Compare(settlement_cli::CompareArguments),
    /// Discharge-ready patients who wait now: hours, days, and what has accrued.
    Running(settlement_cli::RunningArguments),
    /// The year so far against on account, and what is owed and not yet billed.
    Accrual(settlement_cli::AccrualArguments),
    /// What the rest of the year comes to, with a band.
    Forecast(settlement_cli::ForecastArguments),
    /// Dispute a line of a statement, answer, decide.
    #[command(subcommand)]
    Objection(settlement_cli::ObjectionCommand),
    /// The ledger itself: proof, export, balances.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// What if: other rules and other behaviour, for every municipality. Nothing is posted.
    Simulate(simulate_cli::SimulateArguments),
    /// How a municipality's yearly cost is distributed, and what pooling and ceilings do.
    #[command(subcommand)]
    Risk(simulate_cli::RiskCommand),
    /// Who invests and who saves by a measure, and the transfers that both gain by.
    Agreement(simulate_cli::AgreementArguments),
    /// A published set of figures with ours beside, cell by cell: seed-2010, the ministry's two tables.
    Reproduce(simulate_cli::ReproduceArguments),
    /// What happens to our patients: rates, readmissions, waiting, for every municipality.
    #[command(subcommand)]
    Indicators(indicators_cli::IndicatorsCommand),
    /// Standardised rates on any small table, with intervals.
    Standardise(methods_cli::StandardiseArguments),
    /// An interval of a count, a proportion or a mean.
    #[command(subcommand)]
    Interval(methods_cli::IntervalCommand),
    /// An XmR chart of any series.
    Spc(methods_cli::SpcArguments),
    /// A funnel of any areas.
    Funnel(methods_cli::FunnelArguments),
    /// What changed when a measure began, on any small table.
    Evaluate(methods_cli::EvaluateArguments),
    /// The law as dated data.
    #[command(subcommand)]
    Rules(RulesCommand),
}

#[derive(Args)]
struct DemoArguments {
    /// Persons; the whole country if not given.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    people: Option<u64>,
    /// Seed of the register.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for everything that is made.
    #[arg(long, default_value = "demo")]
    out: PathBuf,
    /// Do not open the web pages (there are none yet).
    #[arg(long)]
    no_serve: bool,
}

#[derive(Args)]
struct SynthArguments {
    /// Year of discharge, 2010 to 2014.
    #[arg(long)]
    year: i16,
    /// Persons; the whole country if not given.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    people: Option<u64>,
    /// Seed: the same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder: contacts.parquet, drg-list.csv, units.csv.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args)]
struct CheckArguments {
    /// CSV or Parquet.
    file: PathBuf,
    /// Built-in mapping (samspill, npr-extract, aggregate) or a TOML file.
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// The year's list of DRGs: drg;drg_type;mdc;weight.
    #[arg(long)]
    drg_list: Option<PathBuf>,
    /// Write the checked file here (Parquet); refused rows go to refused.csv beside it.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Form of the table.
    #[arg(long = "as")]
    form: Option<Form>,
}

#[derive(Args)]
struct SettleArguments {
    /// 2012, 2012-T1 or 2012-03.
    period: String,
    /// CSV or Parquet.
    #[arg(long)]
    contacts: PathBuf,
    /// Built-in mapping (samspill, npr-extract, aggregate) or a TOML file.
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// The year's list of DRGs: drg;drg_type;mdc;weight.
    #[arg(long)]
    drg_list: Option<PathBuf>,
    /// Folder of rule files instead of those that come with the program.
    #[arg(long)]
    law: Option<PathBuf>,
    /// What cooperation agreements say of hours after the notice (TOML).
    #[arg(long)]
    agreements: Option<PathBuf>,
    /// Variants to lay over the law: files or built-in names.
    #[arg(long, num_args = 1..)]
    variant: Vec<PathBuf>,
    /// Use values that nobody has signed.
    #[arg(long)]
    draft: bool,
    /// Sums only: leave out charges.parquet.
    #[arg(long)]
    totals_only: bool,
    /// Result folder.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args)]
struct ExplainArguments {
    /// A charge (KMF-123, USK-123-2012-03), a contact (123, or institution/episode as in the extract), or,
    /// in a ledger, a voucher (bilag-17).
    charge: String,
    /// Result folder of a settlement.
    #[arg(long = "in", required_unless_present = "ledger")]
    folder: Option<PathBuf>,
    /// A ledger: what is posted for the contact, or what is behind the voucher.
    #[arg(long, conflicts_with = "folder")]
    ledger: Option<String>,
    /// The settled file, if it has moved.
    #[arg(long)]
    contacts: Option<PathBuf>,
}

#[derive(Subcommand)]
enum RulesCommand {
    /// List the rules and variants.
    List(RuleSource),
    /// Show a rule as it holds on a day.
    Show {
        /// Id of the rule.
        rule: String,
        /// Day; 2012-07-01 if not given.
        #[arg(long, default_value = "2012-07-01")]
        on: String,
        #[command(flatten)]
        source: RuleSource,
    },
    /// Show what differs between two days.
    Diff {
        /// Id of the rule.
        rule: String,
        /// First day.
        before: String,
        /// Second day.
        after: String,
        #[command(flatten)]
        source: RuleSource,
    },
    /// Show who pays whom on a day, how, and where a municipality books it.
    Payments {
        /// Day; 2012-07-01 if not given.
        #[arg(long, default_value = "2012-07-01")]
        on: String,
        #[command(flatten)]
        source: RuleSource,
    },
    /// Read every rule and run every case.
    Check(RuleSource),
}

#[derive(Args)]
struct RuleSource {
    /// Folder of rule files instead of those that come with the program.
    #[arg(long)]
    law: Option<PathBuf>,
    /// Variants to lay over the law.
    #[arg(long, num_args = 1..)]
    variant: Vec<PathBuf>,
    /// Form of the table.
    #[arg(long = "as")]
    form: Option<Form>,
}

/// Done, but rows were refused.
const REFUSED: u8 = 3;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
            eprintln!("error: {}", chain.join(": "));
            let (help, code) = help(&error);
            if let Some(help) = help {
                eprintln!("help: {help}");
            }
            ExitCode::from(code)
        }
    }
}

/// What to try, and the exit code.
fn help(error: &anyhow::Error) -> (Option<String>, u8) {
    use register::check::CheckError;
    if error.is::<Unsigned>() {
        return (
            Some(
                "give --draft to use them in a draft, or sign their sources in the rule files (signed_off)"
                    .into(),
            ),
            2,
        );
    }
    if error.is::<domain::day::NotATime>() {
        return (None, 2);
    }
    if let Some(not_now) = error.downcast_ref::<settlement_job::NotNow>() {
        return (Some(not_now.remedy.clone()), 2);
    }
    if let Some(error) = error.downcast_ref::<ledger::LedgerError>() {
        return (ledger_help(error), 1);
    }
    if let Some(CheckError::SameFile(_)) = error.downcast_ref() {
        return (Some("give another name with --out".into()), 2);
    }
    if let Some(CheckError::MissingColumn { .. }) = error.downcast_ref() {
        return (
            Some("copy a built-in mapping, change the names, and give it with --mapping FILE".into()),
            2,
        );
    }
    if error.is::<rulebook::BookError>() || error.is::<rulebook::RuleError>() {
        return (Some("samspill rules check --law DIR tells what is wrong with rule files".into()), 2);
    }
    if let Some(settlement::SettleError::Book(_) | settlement::SettleError::NoRate { .. }) =
        error.downcast_ref()
    {
        return (
            Some(
                "add the missing row, with its source, to the rule file and give the folder with --law DIR"
                    .into(),
            ),
            2,
        );
    }
    (None, 1)
}

fn ledger_help(error: &ledger::LedgerError) -> Option<String> {
    use ledger::LedgerError;
    let help = match error {
        LedgerError::Missing { place } => format!("samspill settlement open 2012 --ledger {place} makes one"),
        LedgerError::Changed { .. } => "nothing was posted: run the same command again".to_owned(),
        LedgerError::Backwards { .. } => "give a later time with --now, or leave it out".to_owned(),
        LedgerError::Damaged { place, .. } => {
            format!("samspill ledger verify --ledger {place} finds what was altered")
        }
        LedgerError::Sqlite { .. } | LedgerError::Postgres { .. } => {
            "nothing was posted: mend what the message names, and run the same command again".to_owned()
        }
        LedgerError::NotALedger { .. } | LedgerError::Unbalanced { .. } => return None,
    };
    Some(help)
}

fn run(arguments: &Arguments) -> Result<u8> {
    let teller = Teller { quiet: arguments.quiet };
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = arguments.threads.unwrap_or_else(cores).clamp(1, 64);
    match &arguments.command {
        Command::Demo(demo) => {
            let started = Instant::now();
            let text = demo::run(
                &demo::Demo { people: demo.people, seed: demo.seed, out: &demo.out, threads },
                teller,
            )?;
            print(&text);
            if !demo.no_serve {
                teller.say(&format!("ferdig på {} s", decimal_seconds(started.elapsed())));
            }
            Ok(0)
        }
        Command::Synth(order) => synth(order, threads, teller),
        Command::Check(order) => check(order, threads, teller),
        Command::Settle(order) => settle(order, threads, teller),
        Command::Explain(order) => {
            match (&order.ledger, &order.folder) {
                (Some(ledger), _) => print(&explain_job::in_ledger(&order.charge, ledger)?),
                (None, folder) => {
                    let folder = folder.as_deref().unwrap_or(std::path::Path::new("."));
                    print(&explain_job::run(&order.charge, folder, order.contacts.as_deref())?);
                }
            }
            Ok(0)
        }
        Command::Settlement(command) => {
            Ok(say(settlement_cli::settlement(command, threads, teller)?, teller))
        }
        Command::Statement(command) => Ok(say(settlement_cli::statement(command, threads, teller)?, teller)),
        Command::Running(command) => Ok(say(settlement_cli::running(command, threads, teller)?, teller)),
        Command::Compare(command) => Ok(say(settlement_cli::compare(command)?, teller)),
        Command::Accrual(command) => Ok(say(settlement_cli::accrual(command, threads, teller)?, teller)),
        Command::Forecast(command) => Ok(say(settlement_cli::forecast(command)?, teller)),
        Command::Objection(command) => Ok(say(settlement_cli::objection(command)?, teller)),
        Command::Ledger(command) => Ok(say(settlement_cli::ledger(command, teller)?, teller)),
        Command::Simulate(command) => Ok(say(simulate_cli::simulate(command, threads, teller)?, teller)),
        Command::Risk(command) => Ok(say(simulate_cli::risk(command, threads, teller)?, teller)),
        Command::Agreement(command) => Ok(say(simulate_cli::agreement(command, threads, teller)?, teller)),
        Command::Reproduce(command) => Ok(say(simulate_cli::reproduce(command, threads, teller)?, teller)),
        Command::Indicators(command) => {
            Ok(say(indicators_cli::indicators(command, threads, teller)?, teller))
        }
        Command::Standardise(command) => Ok(say(methods_cli::standardise(command)?, teller)),
        Command::Interval(command) => Ok(say(methods_cli::interval(command)?, teller)),
        Command::Spc(command) => Ok(say(methods_cli::spc(command)?, teller)),
        Command::Funnel(command) => Ok(say(methods_cli::funnel(command)?, teller)),
        Command::Evaluate(command) => Ok(say(methods_cli::evaluate(command)?, teller)),
        Command::Rules(command) => rules_command(command),
    }
}

/// Data to stdout, words to stderr. An error is said even to those who asked for quiet.
fn say(said: Said, teller: Teller) -> u8 {
    print(&said.data);
    if said.code == 1 {
        eprintln!("{}", said.words);
    } else if !said.words.is_empty() {
        teller.say(&said.words);
    }
    said.code
}

/// Prints to stdout; a reader who has gone is no error.
fn print(text: &str) {
    use std::io::Write;
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn synth(order: &SynthArguments, threads: usize, teller: Teller) -> Result<u8> {
    let started = Instant::now();
    let stage = teller.stage(&format!("lager syntetisk register {}", order.year));
    let wanted = register::synth::Order { year: order.year, people: order.people, seed: order.seed, threads };
    let made = register::synth::make(&wanted, &order.out, |done, of| stage.at(done, of))?;
    stage.done();
    let count = domain::amount::grouped;
    teller.say(&format!(
        "laget {}: {} kontakter for {} personer (landet har {}), {} s; neste: samspill settle {} --contacts {} --draft --out result",
        order.out.display(),
        count(made.rows),
        count(made.persons),
        count(made.of_persons),
        decimal_seconds(started.elapsed()),
        order.year,
        order.out.join("contacts.parquet").display()
    ));
    Ok(0)
}

fn check(order: &CheckArguments, threads: usize, teller: Teller) -> Result<u8> {
    let mapping = settle_job::mapping(order.mapping.as_deref(), settle_job::is_parquet(&order.file))?;
    let list = settle_job::drg_list(order.drg_list.as_deref())?;
    let report =
        settle_job::check(&order.file, &mapping, list.as_ref(), order.out.as_deref(), threads, None, teller)?;
    let table = settle_job::report_table(&report);
    teller.say(&table.title);
    for (warning, count) in &report.warnings {
        teller.say(&format!("note: {warning} ({count})"));
    }
    let form = Form::or_suited(order.form);
    let shown = table::Table { title: String::new(), ..table };
    if form != Form::Table || !shown.rows.is_empty() {
        print(&shown.render(form));
    }
    if let Some(out) = &order.out {
        let refused = out.with_file_name("refused.csv");
        std::fs::write(&refused, report.refused_csv()).with_context(|| refused.display().to_string())?;
        teller.say(&format!("skrevet: {} og {}", out.display(), refused.display()));
    }
    Ok(if report.refused.is_empty() { 0 } else { REFUSED })
}

fn settle(order: &SettleArguments, threads: usize, teller: Teller) -> Result<u8> {
    let started = Instant::now();
    let period = Period::parse(&order.period)?;
    let files = law::Files::read(order.law.as_deref(), &order.variant)?
        .with_agreements(order.agreements.as_deref())?;
    let job = settle_job::Order {
        period,
        contacts: &order.contacts,
        mapping: order.mapping.as_deref(),
        drg_list: order.drg_list.as_deref(),
        files: &files,
        draft: order.draft,
        totals_only: order.totals_only,
        out: &order.out,
        threads,
    };
    let outcome = settle_job::run(&job, teller)?;
    for bound in &outcome.manifest.upper_bound {
        teller.say(&format!(
            "note: {} {} is an upper bound: {} could not be tested for {} contacts",
            bound.instrument,
            domain::Amount::from_ore(bound.amount_ore),
            bound.untested,
            domain::amount::grouped(bound.contacts as u64)
        ));
    }
    teller.say(&settle_job::summary(&job, &outcome, Some(&decimal_seconds(started.elapsed()))));
    Ok(if outcome.refused > 0 { REFUSED } else { 0 })
}

fn rules_command(command: &RulesCommand) -> Result<u8> {
    let book = |source: &RuleSource| law::Files::read(source.law.as_deref(), &source.variant)?.book();
    let show = |table: table::Table, source: &RuleSource| print(&table.render(Form::or_suited(source.form)));
    match command {
        RulesCommand::List(source) => show(rules::list(&book(source)?, Form::or_suited(source.form)), source),
        RulesCommand::Show { rule, on, source } => {
            show(rules::show(&book(source)?, rule, Day::parse(on)?)?, source)
        }
        RulesCommand::Diff { rule, before, after, source } => {
            show(rules::diff(&book(source)?, rule, Day::parse(before)?, Day::parse(after)?)?, source);
        }
        RulesCommand::Payments { on, source } => {
            show(rules::payments(&book(source)?, Day::parse(on)?)?, source);
        }
        RulesCommand::Check(source) => {
            let failed = rules::check(&book(source)?, source.law.is_none())?;
            for line in &failed {
                eprintln!("{line}");
            }
            return Ok(u8::from(!failed.is_empty()));
        }
    }
    Ok(0)
}
