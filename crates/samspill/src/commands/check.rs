//! `samspill check`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use jobs::host::Host;
use jobs::intake;
use jobs::progress::Note;
use jobs::settle::report_table;
use jobs::table::{Form, Table};

use super::{REFUSED, Said};
use crate::choices::{FORMS, one_of, or_suited};

#[derive(Args)]
pub struct CheckArguments {
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
    #[arg(long = "as", value_parser = one_of(FORMS))]
    form: Option<Form>,
}

/// Checks a file.
pub fn check(arguments: &CheckArguments, host: &Host) -> Result<Said> {
    let CheckArguments { file, mapping, drg_list, out, form } = arguments;
    let mapping = intake::mapping(mapping.as_deref(), intake::is_parquet(file))?;
    let list = intake::drg_list(drg_list.as_deref())?;
    let report = intake::check(file, &mapping, list.as_ref(), out.as_deref(), None, host)?;
    let table = report_table(&report);
    let mut words = vec![table.title.clone()];
    let note = |(warning, count): (&String, &u64)| Note::Warning { warning: warning.clone(), count: *count };
    words.extend(report.warnings.iter().map(|warning| crate::words::note(&note(warning))));
    let form = or_suited(*form);
    let shown = Table { title: String::new(), ..table };
    let has_data = form != Form::Table || !shown.rows.is_empty();
    let data = if has_data { shown.render(form) } else { String::new() };
    if let Some(out) = out {
        let refused = out.with_file_name("refused.csv");
        std::fs::write(&refused, report.refused_csv()).with_context(|| refused.display().to_string())?;
        words.push(format!("skrevet: {} og {}", out.display(), refused.display()));
    }
    let code = if report.refused.is_empty() { 0 } else { REFUSED };
    Ok(Said { data, words: words.join("\n"), code })
}
