//! `samspill rules`.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use domain::Day;
use jobs::law::Files;
use jobs::rules;
use jobs::table::{Form, Table};

use super::Said;
use crate::choices::{FORMS, one_of, or_suited};

#[derive(Subcommand)]
pub enum RulesCommand {
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
pub struct RuleSource {
    /// Folder of rule files instead of those that come with the program.
    #[arg(long)]
    law: Option<PathBuf>,
    /// Variants to lay over the law.
    #[arg(long, num_args = 1..)]
    variant: Vec<PathBuf>,
    /// Form of the table.
    #[arg(long = "as", value_parser = one_of(FORMS))]
    form: Option<Form>,
}

/// Shows or checks the law.
pub fn rules(command: &RulesCommand) -> Result<Said> {
    let book = |source: &RuleSource| Files::read(source.law.as_deref(), &source.variant)?.book();
    let show = |table: Table, source: &RuleSource| Said {
        data: table.render(or_suited(source.form)),
        words: String::new(),
        code: 0,
    };
    Ok(match command {
        RulesCommand::List(source) => {
            let with_built_in = matches!(or_suited(source.form), Form::Table | Form::Md);
            show(rules::list(&book(source)?, with_built_in), source)
        }
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

fn checked(found: &rules::Checked) -> Said {
    let mut words: Vec<String> =
        found.gaps.iter().map(|gap| format!("note: {gap}: a contact there stops the settlement")).collect();
    let failures = found.cases.iter().flat_map(|report| &report.failures);
    words.extend(
        found.cases.iter().map(|report| format!("{} cases, {} failed", report.count, report.failures.len())),
    );
    words.extend(failures.clone().map(ToString::to_string));
    Said { data: String::new(), words: words.join("\n"), code: u8::from(failures.count() > 0) }
}
