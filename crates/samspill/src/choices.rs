//! Arguments that take one of a list of words: the words, their help, and their values.

use std::io::IsTerminal;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use domain::{Ground, Ruling};
use jobs::settlement::proof::ExportForm;
use jobs::settlement::statement::PaperForm;
use jobs::table::Form;

/// Words of an argument, each with its help text and its value.
pub type Words<T> = &'static [(&'static str, &'static str, T)];

/// Formats of a table.
pub const FORMS: Words<Form> = &[
    ("table", "Boxes, for people", Form::Table),
    ("csv", "Comma-separated, for programs", Form::Csv),
    ("json", "JSON, for programs", Form::Json),
    ("md", "Markdown", Form::Md),
];

/// Formats of a statement.
pub const PAPER_FORMS: Words<PaperForm> = &[
    ("pdf", "PDF", PaperForm::Pdf),
    ("xlsx", "Excel workbook", PaperForm::Xlsx),
    ("csv", "Table of the lines, for Excel", PaperForm::Csv),
    ("json", "Everything, for programs", PaperForm::Json),
    ("ehf", "An EHF invoice or credit note for each creditor that asks for its own money", PaperForm::Ehf),
];

/// Formats of an exported ledger.
pub const EXPORT_FORMS: Words<ExportForm> = &[
    ("hledger", "A journal for hledger", ExportForm::Hledger),
    ("beancount", "A file for beancount", ExportForm::Beancount),
    ("csv", "One row for each line", ExportForm::Csv),
    ("parquet", "The same rows as Parquet", ExportForm::Parquet),
];

/// Grounds of an objection.
pub const GROUNDS: Words<Ground> = &[
    ("admission-notice", "No notice of admission within 24 hours (§ 8)", Ground::AdmissionNotice),
    ("not-ready", "The patient was not ready (§ 9)", Ground::NotReady),
    ("readiness-notice", "No notice that the patient was ready, or too late (§ 10)", Ground::ReadinessNotice),
    ("place-ready", "The municipality could receive (§ 11)", Ground::PlaceReady),
    ("grace-period", "An agreement gives more time", Ground::GracePeriod),
    ("discharge-papers", "Discharge papers were missing", Ground::DischargePapers),
    ("wrong-municipality", "Another municipality is liable", Ground::WrongMunicipality),
    ("wrong-basis", "Wrong coding, points or days", Ground::WrongBasis),
    ("other", "Something else", Ground::Other),
];

/// Outcomes of an objection.
pub const RULINGS: Words<Ruling> = &[
    ("upheld", "The whole line is taken off", Ruling::Upheld),
    ("partly", "A part of it is", Ruling::Partly),
    ("rejected", "Nothing is", Ruling::Rejected),
];

/// A parser that accepts one of the words, and gives its value.
pub fn one_of<T: Copy + Send + Sync + 'static>(words: Words<T>) -> impl TypedValueParser<Value = T> {
    let possible = words.iter().map(|(word, help, _)| PossibleValue::new(*word).help(*help));
    PossibleValuesParser::new(possible.collect::<Vec<_>>()).try_map(move |given| {
        let found = words.iter().find(|(word, _, _)| *word == given);
        found.map(|(_, _, value)| *value).ok_or_else(|| format!("'{given}' is not known"))
    })
}

/// The format asked for; without one, boxes on a terminal and CSV elsewhere.
pub fn or_suited(asked: Option<Form>) -> Form {
    asked.unwrap_or(if std::io::stdout().is_terminal() { Form::Table } else { Form::Csv })
}
