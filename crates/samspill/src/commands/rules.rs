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
        #[arg(long, default_value = "2012-07-01")]
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
        #[arg(long, default_value = "2012-07-01")]
        on: String,
        #[command(flatten)]
        source: RuleSource,
    },
    Check(RuleSource),
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
        RulesCommand::Check(source) => checked(&rules::check(&book(source)?, source.law.is_none())?),
    })
}

fn checked(found: &rules::Checked) -> Output {
    let mut words: Vec<Message> = found.gaps.iter().map(|gap| message!("rules.gap_note", gap)).collect();
    let failures = found.cases.iter().flat_map(|report| &report.failures);
    words.extend(
        found
            .cases
            .iter()
            .map(|report| message!("rules.cases", count = report.count, failed = report.failures.len())),
    );
    words.extend(failures.clone().map(Said::said));
    Output { data: String::new(), words, code: u8::from(failures.count() > 0) }
}
