//! Arguments that take one of a list of words: the words and their values. Their help stands in the catalogue,
//! under `help.value`.

use std::io::IsTerminal;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use domain::{Instrument, UnknownCode};
use jobs::settlement::proof::ExportForm;
use jobs::settlement::statement::PaperForm;
use jobs::table::Form;
use jobs::template::Kind;
use words::Language;

/// Words of an argument, each with its value.
pub type Words<T> = &'static [(&'static str, T)];

/// Formats of a table.
pub const FORMS: Words<Form> =
    &[("table", Form::Table), ("csv", Form::Csv), ("json", Form::Json), ("md", Form::Md)];

/// Formats of a statement.
pub const PAPER_FORMS: Words<PaperForm> = &[
    ("pdf", PaperForm::Pdf),
    ("xlsx", PaperForm::Xlsx),
    ("csv", PaperForm::Csv),
    ("json", PaperForm::Json),
    ("ehf", PaperForm::Ehf),
];

/// Formats of an exported ledger.
pub const EXPORT_FORMS: Words<ExportForm> = &[
    ("hledger", ExportForm::Hledger),
    ("beancount", ExportForm::Beancount),
    ("csv", ExportForm::Csv),
    ("parquet", ExportForm::Parquet),
];

/// Tables that have a workbook to fill in.
pub const TEMPLATES: Words<Kind> = &[
    ("bill", Kind::Bill),
    ("log", Kind::Log),
    ("budget", Kind::Budget),
    ("coverage", Kind::Coverage),
    ("addresses", Kind::Addresses),
    ("people", Kind::People),
    ("costs", Kind::Costs),
    ("agreements", Kind::Agreements),
];

/// Languages of what people read.
pub const LANGUAGES: Words<Language> = &[("nb", Language::Nb), ("nn", Language::Nn), ("en", Language::En)];

/// A parser that accepts the words of a vocabulary, and gives their values.
pub fn code_of<T: Clone + Send + Sync + 'static>(
    words: &'static [&'static str],
    read: fn(&str) -> Result<T, UnknownCode>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(words).try_map(move |given| read(&given))
}

/// A parser that accepts an instrument. The argument ignores case.
pub fn instrument() -> impl TypedValueParser<Value = Instrument> {
    PossibleValuesParser::new(Instrument::WORDS)
        .try_map(|given: String| Instrument::from_word(&given.to_uppercase()))
}

/// A parser that accepts one of the words, and gives its value.
pub fn one_of<T: Copy + Send + Sync + 'static>(words: Words<T>) -> impl TypedValueParser<Value = T> {
    let possible: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    PossibleValuesParser::new(possible).try_map(move |given| {
        let found = words.iter().find(|(word, _)| *word == given);
        found.map(|(_, value)| *value).ok_or_else(|| format!("'{given}' is not known"))
    })
}

/// The format asked for; without one, a table on a terminal and CSV elsewhere.
pub fn or_suited(asked: Option<Form>) -> Form {
    asked.unwrap_or(if std::io::stdout().is_terminal() { Form::Table } else { Form::Csv })
}
