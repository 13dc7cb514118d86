//! `samspill rules`.

use std::path::PathBuf;
use words::{Message, Said, message};

use clap::{Args, Subcommand};
use domain::Day;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::law::Files;
use jobs::rules;
use jobs::table::{Form, Table};

use super::Output;
use crate::choices::{FORMS, one_of, or_suited};

#[derive(Subcommand)]
pub enum RulesCommand {
    List(RuleSource),
    Show {
        rule: String,
        #[arg(long, default_value = "2024-07-01")]
        on: String,
        #[command(flatten)]
        source: RuleSource,
    },
    Diff {
        rule: String,
        before: String,
        after: String,
        #[command(flatten)]
        source: RuleSource,
    },
    Payments {
        #[arg(long, default_value = "2024-07-01")]
        on: String,
        #[command(flatten)]
        source: RuleSource,
    },
    Check(CheckArguments),
}

#[derive(Args)]
pub struct RuleSource {
    #[arg(long)]
    law: Option<PathBuf>,
    #[arg(long, num_args = 1..)]
    variant: Vec<PathBuf>,
    #[arg(long = "as", value_parser = one_of(FORMS))]
    form: Option<Form>,
}

#[derive(Args)]
pub struct CheckArguments {
    #[arg(long)]
    law: Option<PathBuf>,
    #[arg(long, num_args = 1..)]
    variant: Vec<PathBuf>,
    #[arg(long)]
    measures: Option<PathBuf>,
    #[arg(long)]
    scheme: Option<PathBuf>,
}

/// Shows or checks the law.
pub fn rules(command: &RulesCommand, host: &Host) -> Result<Output> {
    let book = |source: &RuleSource| Files::read(source.law.as_deref(), &source.variant)?.book();
    let show =
        |table: Table, source: &RuleSource| Output::data(table.render(or_suited(source.form), host.reader()));
    Ok(match command {
        RulesCommand::List(source) => show(rules::list(&book(source)?), source),
        RulesCommand::Show { rule, on, source } => {
            show(rules::show(&book(source)?, rule, Day::parse(on)?)?, source)
        }
        RulesCommand::Diff { rule, before, after, source } => {
            show(rules::diff(&book(source)?, rule, Day::parse(before)?, Day::parse(after)?)?, source)
        }
        RulesCommand::Payments { on, source } => {
            show(rules::payments(&book(source)?, Day::parse(on)?)?, source)
        }
        RulesCommand::Check(arguments) => checked(&rules::check(&rules::Check {
            law: arguments.law.as_deref(),
            variants: &arguments.variant,
            measures: arguments.measures.as_deref(),
            scheme: arguments.scheme.as_deref(),
        })?),
    })
}

fn checked(found: &rules::Checked) -> Output {
    let mut words: Vec<Message> = found.gaps.iter().map(|gap| message!("rules.gap_note", gap)).collect();
    words.extend(found.untested.iter().cloned());
    let (count, failed) = (found.cases.count, found.cases.failures.len());
    words.push(message!("rules.cases", count, failed));
    words.extend(found.missing.iter().cloned());
    words.extend(found.cases.failures.iter().map(Said::said));
    // Files without a case have passed nothing.
    let is_wrong = failed > 0 || count == 0 || !found.missing.is_empty();
    Output { data: String::new(), words, code: u8::from(is_wrong) }
}
