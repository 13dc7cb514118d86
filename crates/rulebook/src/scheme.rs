//! What the rules do not say about a settlement: how each is paid, where a municipality books it, when it
//! is due. Dated rows like any other, each with its confidence.

use std::collections::BTreeMap;

use domain::{Day, Mode};
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use crate::file::{Confidence, Dates, Fault, Row, RuleError, Source, Text, dated};

dated! {
    /// How a flow of money is settled.
    RawMode => ModeRow {
        /// Flow: an instrument's word, `shared-task` or `guest-patient`.
        flow: String,
        /// Central or decentral.
        mode: Mode,
    }
    /// Money that moves by rules that this program does not compute.
    RawFlow => Flow {
        /// Flow.
        flow: String,
        /// In Norwegian.
        title: String,
        /// Who owes.
        debtor: String,
        /// Who is owed.
        creditor: String,
    }
    /// Where a municipality books a flow (`funksjon`, `art`).
    RawAccount => AccountRow {
        /// Flow.
        flow: String,
        /// KOSTRA function.
        function: String,
        /// Its name.
        function_name: String,
        /// KOSTRA article for what is bought of the state's hospitals.
        article: String,
        /// Its name.
        article_name: String,
        /// KOSTRA article for what is bought of private hospitals.
        article_private: String,
        /// Its name.
        article_private_name: String,
    }
    /// Days from the date of a statement to the day of payment.
    RawTerm => Term {
        /// Flow.
        flow: String,
        /// Days.
        days: i32,
    }
    /// How value added tax is treated.
    RawVat => Vat {
        /// `exempt`: no line for it.
        treatment: String,
    }
}

/// The scheme.
#[derive(Debug, Clone)]
pub struct Scheme {
    /// Name of the file.
    pub file: String,
    /// Title in Norwegian.
    pub title: String,
    /// See [`ModeRow`].
    pub mode: Vec<Row<ModeRow>>,
    /// See [`Flow`].
    pub flow: Vec<Row<Flow>>,
    /// See [`AccountRow`].
    pub account: Vec<Row<AccountRow>>,
    /// See [`Term`].
    pub term: Vec<Row<Term>>,
    /// See [`Vat`].
    pub vat: Vec<Row<Vat>>,
    /// Sources by key.
    pub sources: BTreeMap<String, Source>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScheme {
    #[serde(rename = "id")]
    _id: String,
    title: String,
    #[serde(default)]
    mode: Vec<RawMode>,
    #[serde(default)]
    flow: Vec<RawFlow>,
    #[serde(default)]
    account: Vec<RawAccount>,
    #[serde(default)]
    term: Vec<RawTerm>,
    #[serde(default)]
    vat: Vec<RawVat>,
    #[serde(default)]
    sources: BTreeMap<String, Source>,
}

impl Scheme {
    /// The scheme that comes with the program.
    ///
    /// # Errors
    /// If it was edited into something that cannot be read.
    pub fn built_in() -> Result<Scheme, RuleError> {
        let (file, text) = crate::built_in::SCHEME;
        Scheme::parse(file, text)
    }

    /// Reads and checks a scheme.
    ///
    /// # Errors
    /// With file and line: what is not TOML, an unknown key, an overlap, an unknown source.
    pub fn parse(file: &str, text: &str) -> Result<Scheme, RuleError> {
        let text = Text { file, text };
        let raw: RawScheme = text.parse()?;
        macro_rules! read {
            ($section:ident) => {
                raw.$section.into_iter().map(|row| row.read(&text)).collect::<Result<Vec<_>, _>>()?
            };
        }
        let scheme = Scheme {
            file: file.to_owned(),
            title: raw.title,
            mode: read!(mode),
            flow: read!(flow),
            account: read!(account),
            term: read!(term),
            vat: read!(vat),
            sources: raw.sources,
        };
        text.no_overlap(&scheme.mode, |row| format!("mode {}", row.flow))?;
        text.no_overlap(&scheme.flow, |row| format!("flow {}", row.flow))?;
        text.no_overlap(&scheme.account, |row| format!("account {}", row.flow))?;
        text.no_overlap(&scheme.term, |row| format!("term {}", row.flow))?;
        text.no_overlap(&scheme.vat, |_| "vat".to_owned())?;
        let dates = scheme.mode.iter().map(|row| &row.dates).chain(scheme.flow.iter().map(|row| &row.dates));
        let dates = dates.chain(scheme.account.iter().map(|row| &row.dates));
        for dates in dates
            .chain(scheme.term.iter().map(|row| &row.dates))
            .chain(scheme.vat.iter().map(|row| &row.dates))
        {
            if !scheme.sources.contains_key(&dates.source) {
                return Err(text.error(dates.line, Fault::UnknownSource(dates.source.clone())));
            }
        }
        Ok(scheme)
    }

    /// How a flow is settled on a day.
    pub fn mode_on(&self, flow: &str, day: Day) -> Option<&Row<ModeRow>> {
        self.mode.iter().find(|row| row.value.flow == flow && row.dates.holds(day))
    }

    /// Where a flow is booked on a day.
    pub fn account_on(&self, flow: &str, day: Day) -> Option<&Row<AccountRow>> {
        self.account.iter().find(|row| row.value.flow == flow && row.dates.holds(day))
    }

    /// Days to pay a flow in on a day.
    pub fn term_on(&self, flow: &str, day: Day) -> Option<&Row<Term>> {
        self.term.iter().find(|row| row.value.flow == flow && row.dates.holds(day))
    }
}

impl Scheme {
    /// Every dated row, by section.
    pub fn dated_rows(&self) -> Vec<(String, &Dates)> {
        let Scheme { file: _, title: _, mode, flow, account, term, vat, sources: _ } = self;
        let mode = mode.iter().map(|row| (format!("mode {}", row.value.flow), &row.dates));
        let flow = flow.iter().map(|row| (format!("flow {}", row.value.flow), &row.dates));
        let account = account.iter().map(|row| (format!("account {}", row.value.flow), &row.dates));
        let term = term.iter().map(|row| (format!("term {}", row.value.flow), &row.dates));
        let vat = vat.iter().map(|row| ("vat".to_owned(), &row.dates));
        mode.chain(flow).chain(account).chain(term).chain(vat).collect()
    }
}

/// Whether a row is unsigned: nothing to rest on, and nobody has signed.
pub fn is_unsigned<T>(row: &Row<T>, sources: &BTreeMap<String, Source>) -> bool {
    let signed = sources.get(&row.dates.source).is_some_and(|source| source.signed_off.is_some());
    row.dates.confidence == Confidence::M && !signed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let (file, text) = crate::built_in::SCHEME;
        let broken = text.replacen("mode = \"decentral\"", "mode = \"sometimes\"", 1);
        let error = Scheme::parse(file, &broken).unwrap_err().to_string();
        assert!(error.starts_with("scheme/settlement.toml:1"), "{error}");
        let broken = text.replacen("source = \"kmf\"", "source = \"kfm\"", 1);
        assert!(Scheme::parse(file, &broken).unwrap_err().to_string().contains("kfm"));
    }
}
