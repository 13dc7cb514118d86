//! The command line: one variant for each command. The arguments of a command stand beside its code in
//! `commands`.

use clap::{Parser, Subcommand};
use words::Language;

use crate::choices::{LANGUAGES, one_of};
use crate::commands::{
    accrual, agreement, budget, case, check, compare, demo, evaluate, explain, forecast, funnel, indicators,
    interval, ledger, objection, reproduce, risk, rules, running, settle, settlement, shell, simulate, spc,
    standardise, statement, synth, template, variation,
};
#[derive(Parser)]
#[command(name = "samspill", version)]
pub struct Arguments {
    #[arg(long, global = true, value_parser = one_of(LANGUAGES))]
    pub language: Option<Language>,
    #[arg(long, global = true)]
    pub plain: bool,
    #[arg(long, global = true)]
    pub quiet: bool,
    #[arg(long, global = true)]
    pub threads: Option<usize>,
    /// Read by [`jobs::readable::at_sheet`], before the arguments are parsed.
    #[arg(long, global = true)]
    pub sheet: Option<String>,
    /// `None`: the start screen.
    #[command(subcommand)]
    pub command: Option<Command>,
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
    CheckStatement(statement::CheckStatementArguments),
    Compare(compare::CompareArguments),
    Running(running::RunningArguments),
    Accrual(accrual::AccrualArguments),
    Forecast(forecast::ForecastArguments),
    Case(case::CaseArguments),
    #[command(subcommand)]
    Objection(objection::ObjectionCommand),
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    Simulate(simulate::SimulateArguments),
    Budget(budget::BudgetArguments),
    #[command(subcommand)]
    Risk(risk::RiskCommand),
    Agreement(agreement::AgreementArguments),
    Reproduce(reproduce::ReproduceArguments),
    #[command(subcommand)]
    Indicators(indicators::IndicatorsCommand),
    Standardise(standardise::StandardiseArguments),
    #[command(subcommand)]
    Interval(interval::IntervalCommand),
    Spc(spc::SpcArguments),
    Funnel(funnel::FunnelArguments),
    Variation(variation::VariationArguments),
    Evaluate(evaluate::EvaluateArguments),
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    Template(template::TemplateArguments),
    Completions(shell::CompletionsArguments),
    Man(shell::ManArguments),
}
