//! The command line: one variant for each command. The arguments of a command stand beside its code in
//! `commands`.

use clap::{Parser, Subcommand};

use crate::commands::{
    accrual, check, compare, demo, explain, forecast, indicators, ledger, methods, objection, rules, running,
    settle, settlement, statement, synth, what_if,
};

/// Economic instruments between municipalities and hospitals: settlement with an explanation.
///
/// Examples:
///   samspill demo
///   samspill settle 2012-03 --contacts contacts.parquet --draft --out result
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
pub struct Arguments {
    /// Say nothing but results and errors.
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Threads; all cores if not given.
    #[arg(long, global = true)]
    pub threads: Option<usize>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Make a synthetic national year, settle it and show it beside what is published.
    Demo(demo::DemoArguments),
    /// Make a synthetic register of any size.
    Synth(synth::SynthArguments),
    /// Check a file of contacts, and write it in the program's own schema.
    Check(check::CheckArguments),
    /// Settle a period.
    Settle(settle::SettleArguments),
    /// Show one charge or contact as a person would work it out.
    Explain(explain::ExplainArguments),
    /// Settlement in a ledger: open, run, close, correct, month by month.
    #[command(subcommand)]
    Settlement(settlement::SettlementCommand),
    /// Statements of a period, for every party or some.
    Statement(statement::StatementArguments),
    /// Compare a bill that was received with our own settlement or log, line by line.
    Compare(compare::CompareArguments),
    /// Discharge-ready patients who wait now: hours, days, and what has accrued.
    Running(running::RunningArguments),
    /// The year so far against on account, and what is owed and not yet billed.
    Accrual(accrual::AccrualArguments),
    /// What the rest of the year comes to, with a band.
    Forecast(forecast::ForecastArguments),
    /// Dispute a line of a statement, answer, decide.
    #[command(subcommand)]
    Objection(objection::ObjectionCommand),
    /// The ledger itself: proof, export, balances.
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// What if: other rules and other behaviour, for every municipality. Nothing is posted.
    Simulate(what_if::SimulateArguments),
    /// How a municipality's yearly cost is distributed, and what pooling and ceilings do.
    #[command(subcommand)]
    Risk(what_if::RiskCommand),
    /// Who invests and who saves by a measure, and the transfers that both gain by.
    Agreement(what_if::AgreementArguments),
    /// A published set of figures with ours beside, cell by cell: seed-2010, the ministry's two tables.
    Reproduce(what_if::ReproduceArguments),
    /// What happens to our patients: rates, readmissions, waiting, for every municipality.
    #[command(subcommand)]
    Indicators(indicators::IndicatorsCommand),
    /// Standardised rates on any small table, with intervals.
    Standardise(methods::StandardiseArguments),
    /// An interval of a count, a proportion or a mean.
    #[command(subcommand)]
    Interval(methods::IntervalCommand),
    /// An XmR chart of any series.
    Spc(methods::SpcArguments),
    /// A funnel of any areas.
    Funnel(methods::FunnelArguments),
    /// What changed when a measure began, on any small table.
    Evaluate(methods::EvaluateArguments),
    /// The law as dated data.
    #[command(subcommand)]
    Rules(rules::RulesCommand),
}
