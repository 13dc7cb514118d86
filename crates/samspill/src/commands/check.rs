//! `samspill check`.

use std::path::PathBuf;

use clap::Args;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::intake;
use jobs::progress::Note;
use jobs::readable::Readable;
use jobs::settle::report_table;
use jobs::table::{Form, Table};
use words::{Message, Said, message};

use super::{Output, REFUSED};
use crate::choices::{FORMS, one_of, or_suited};

#[derive(Args)]
pub struct CheckArguments {
    file: PathBuf,
    #[arg(long)]
    mapping: Option<PathBuf>,
    #[arg(long)]
    drg_list: Option<PathBuf>,
    #[arg(long)]
    out: Option<PathBuf>,
    #[arg(long = "as", value_parser = one_of(FORMS))]
    form: Option<Form>,
}

/// Checks a file.
pub fn check(arguments: &CheckArguments, host: &Host) -> Result<Output> {
    let CheckArguments { file, mapping, drg_list, out, form } = arguments;
    let readable = Readable::of(file, host)?;
    let file = readable.path.as_path();
    let mapping = intake::mapping(mapping.as_deref(), file, host)?;
    let list = intake::drg_list(drg_list.as_deref())?;
    if let Some(folder) =
        out.as_deref().and_then(std::path::Path::parent).filter(|one| !one.as_os_str().is_empty())
    {
        jobs::folder::make(folder)?;
    }
    let report = intake::check(file, &mapping, list.as_ref(), out.as_deref(), None, host)?;
    let table = report_table(&report);
    let mut words = vec![table.title.clone()];
    let note = |(warning, count): (&Message, &u64)| Note::Warning { warning: warning.clone(), count: *count };
    let lacking = [report.lacking.for_kroner(), report.lacking.for_analysis()];
    let all = std::iter::once(&report.warnings).chain(&lacking).flatten();
    words.extend(all.map(|warning| note(warning).said()));
    let form = or_suited(*form);
    let shown = Table { title: Message::default(), ..table };
    let has_data = form != Form::Table || !shown.rows.is_empty();
    let data = if has_data { shown.render(form, host.reader()) } else { String::new() };
    if let Some(out) = out {
        jobs::trust::remember(out, host)?;
        let refused = out.with_file_name("refused.csv");
        let text = report.refused_csv((!host.is_plain).then_some(host.language));
        jobs::folder::write(&refused, text)?;
        words.push(message!("screen.written_and", path = out.display(), other = refused.display()));
    }
    let code = if report.refused.is_empty() { 0 } else { REFUSED };
    Ok(Output { data, words, code })
}
