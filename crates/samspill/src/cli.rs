//! The command line: one variant for each command. The arguments of a command stand beside its code in
//! `commands`.

use clap::{Parser, Subcommand};

use crate::commands::{
    accrual, check, compare, demo, explain, forecast, indicators, ledger, methods, objection, rules, running,
    settle, settlement, statement, synth, what_if,
};
#[derive(Parser)]
#[command(name = "samspill", version)]
pub struct Arguments {
    #[arg(long, global = true, value_parser = ["nb", "nn", "en"])]
    pub language: Option<String>,
    #[arg(long, global = true)]
    pub plain: bool,
    #[arg(long, global = true)]
    pub quiet: bool,
    #[arg(long, global = true)]
    pub threads: Option<usize>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    Demo(demo::DemoArguments),
    Synth(synth::SynthArguments),
    Check(check::CheckArguments),
    Settle(settle::SettleArguments),
    Explain(explain::ExplainArguments),
    #[command(subcommand)]
    Settlement(settlement::SettlementCommand),
    Statement(statement::StatementArguments),
    Compare(compare::CompareArguments),
    Running(running::RunningArguments),
    Accrual(accrual::AccrualArguments),
    Forecast(forecast::ForecastArguments),
    #[command(subcommand)]
    Objection(objection::ObjectionCommand),
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    Simulate(what_if::SimulateArguments),
    #[command(subcommand)]
    Risk(what_if::RiskCommand),
    Agreement(what_if::AgreementArguments),
    Reproduce(what_if::ReproduceArguments),
    #[command(subcommand)]
    Indicators(indicators::IndicatorsCommand),
    Standardise(methods::StandardiseArguments),
    #[command(subcommand)]
    Interval(methods::IntervalCommand),
    Spc(methods::SpcArguments),
    Funnel(methods::FunnelArguments),
    Evaluate(methods::EvaluateArguments),
    #[command(subcommand)]
    Rules(rules::RulesCommand),
}
