//! `samspill settle`.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use domain::Period;
use jobs::host::Host;
use jobs::law::Files;
use jobs::settle;

use super::{REFUSED, Said, program};
use crate::progress::decimal_seconds;

#[derive(Args)]
pub struct SettleArguments {
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

/// Settles a file into a folder.
pub fn settle(arguments: &SettleArguments, host: &Host) -> Result<Said> {
    let started = Instant::now();
    let period = Period::parse(&arguments.period)?;
    let files = Files::read(arguments.law.as_deref(), &arguments.variant)?
        .with_agreements(arguments.agreements.as_deref())?;
    let order = settle::Order {
        period,
        contacts: &arguments.contacts,
        mapping: arguments.mapping.as_deref(),
        drg_list: arguments.drg_list.as_deref(),
        files: &files,
        draft: arguments.draft,
        totals_only: arguments.totals_only,
        out: &arguments.out,
        program: &program()?,
    };
    let outcome = settle::run(&order, host)?;
    let bound = |bound: &settle::manifest::UpperBound| {
        format!(
            "note: {} {} is an upper bound: {} could not be tested for {} contacts",
            bound.instrument,
            domain::Amount::from_ore(bound.amount_ore),
            bound.untested,
            domain::amount::grouped(bound.contacts.unsigned_abs())
        )
    };
    let mut words: Vec<String> = outcome.manifest.upper_bound.iter().map(bound).collect();
    words.push(settle::summary(&order, &outcome, Some(&decimal_seconds(started.elapsed()))));
    let code = if outcome.refused > 0 { REFUSED } else { 0 };
    Ok(Said { data: String::new(), words: words.join("\n"), code })
}
