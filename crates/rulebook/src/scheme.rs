//! The settlement scheme: how each flow of money is settled, where a municipality books it and when it is due.
//! The rules of law do not state this. The rows are dated and carry a confidence, like those of a rule.

use std::collections::BTreeMap;

use domain::{Day, Mode, TaxCategory};
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use crate::file::{Confidence, Dates, Fault, Row, RuleError, Source, Text, dated};

dated! {
    /// How a flow of money is settled.
    RawMode => ModeRow {
        /// Flow of money: the word of an instrument, or `shared-task`, or `guest-patient`.
        flow: String,
        mode: Mode,
    }
    /// A flow of money whose rules this program does not compute.
    RawFlow => Flow {
        /// `shared-task` or `guest-patient`.
        flow: String,
        /// Norwegian title.
        title: String,
        /// Word of the party that owes.
        debtor: String,
        /// Word of the party that is owed, or `by-agreement`.
        creditor: String,
    }
    /// Where a municipality books a flow: KOSTRA function (`funksjon`) and article (`art`).
    RawAccount => AccountRow {
        /// Word of an instrument.
        flow: String,
        /// KOSTRA function, for instance `255`.
        function: String,
        function_name: String,
        /// KOSTRA article of purchases from the state's hospitals.
        article: String,
        article_name: String,
        /// KOSTRA article of purchases from private hospitals.
        article_private: String,
        article_private_name: String,
    }
    /// Time to pay, from the date of a statement to the day of payment.
    RawTerm => Term {
        /// Word of an instrument.
        flow: String,
        days: i32,
    }
    /// How often a year a flow is paid.
    RawSchedule => Schedule {
        /// Word of an instrument.
        flow: String,
        /// Payments on account.
        instalments: u32,
        /// Settlements after a tertial.
        tertial_settlements: u32,
        /// Settlements after the year.
        year_end_settlements: u32,
    }
    /// Treatment of value added tax.
    RawVat => Vat {
        /// `exempt`: a statement has no line for the tax.
        treatment: String,
    }
    /// Tax category of the lines of an invoice.
    RawTaxCategoryRow => TaxCategoryRow {
        code: TaxCategory,
    }
}

/// The settlement scheme, read from its file and checked.
#[derive(Debug, Clone)]
pub struct Scheme {
    pub file: String,
    /// Norwegian title.
    pub title: String,
    pub mode: Vec<Row<ModeRow>>,
    pub schedule: Vec<Row<Schedule>>,
    pub flow: Vec<Row<Flow>>,
    pub account: Vec<Row<AccountRow>>,
    pub term: Vec<Row<Term>>,
    pub vat: Vec<Row<Vat>>,
    pub tax_category: Vec<Row<TaxCategoryRow>>,
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
    schedule: Vec<RawSchedule>,
    #[serde(default)]
    flow: Vec<RawFlow>,
    #[serde(default)]
    account: Vec<RawAccount>,
    #[serde(default)]
    term: Vec<RawTerm>,
    #[serde(default)]
    vat: Vec<RawVat>,
    #[serde(default)]
    tax_category: Vec<RawTaxCategoryRow>,
    #[serde(default)]
    sources: BTreeMap<String, Source>,
}

impl Scheme {
    /// The scheme that is built into the program.
    ///
    /// # Errors
    /// Fails if the file was edited into something that cannot be read.
    pub fn built_in() -> Result<Scheme, RuleError> {
        let (file, text) = crate::built_in::SCHEME;
        Scheme::parse(file, text)
    }

    /// Reads and checks the text of a scheme.
    ///
    /// # Errors
    /// Fails with file and line if the text is not TOML, a key or value is unknown, a row ends before it
    /// begins, two rows of one flow overlap, or a source is not described.
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
            schedule: read!(schedule),
            flow: read!(flow),
            account: read!(account),
            term: read!(term),
            vat: read!(vat),
            tax_category: read!(tax_category),
            sources: raw.sources,
        };
        text.no_overlap(&scheme.mode, |row| format!("mode {}", row.flow))?;
        text.no_overlap(&scheme.schedule, |row| format!("schedule {}", row.flow))?;
        text.no_overlap(&scheme.flow, |row| format!("flow {}", row.flow))?;
        text.no_overlap(&scheme.account, |row| format!("account {}", row.flow))?;
        text.no_overlap(&scheme.term, |row| format!("term {}", row.flow))?;
        text.no_overlap(&scheme.vat, |_| "vat".to_owned())?;
        text.no_overlap(&scheme.tax_category, |_| "tax_category".to_owned())?;
        for (_, dates) in scheme.dated_rows() {
            if !scheme.sources.contains_key(&dates.source) {
                return Err(text.error(dates.line, Fault::UnknownSource(dates.source.clone())));
            }
        }
        Ok(scheme)
    }

    /// The row that says how a flow is settled on a day; `None` if no row holds.
    pub fn mode_on(&self, flow: &str, day: Day) -> Option<&Row<ModeRow>> {
        self.mode.iter().find(|row| row.value.flow == flow && row.dates.holds(day))
    }

    /// The row that holds on a day and says how often a year a flow is paid; `None` if no row holds.
    pub fn schedule_on(&self, flow: &str, day: Day) -> Option<&Row<Schedule>> {
        self.schedule.iter().find(|row| row.value.flow == flow && row.dates.holds(day))
    }

    /// The row that says where a flow is booked on a day; `None` if no row holds.
    pub fn account_on(&self, flow: &str, day: Day) -> Option<&Row<AccountRow>> {
        self.account.iter().find(|row| row.value.flow == flow && row.dates.holds(day))
    }

    /// The row that holds on a day and says how many days there are to pay a flow; `None` if no row holds.
    pub fn term_on(&self, flow: &str, day: Day) -> Option<&Row<Term>> {
        self.term.iter().find(|row| row.value.flow == flow && row.dates.holds(day))
    }

    /// The row that holds on a day and says which tax category an invoice has; `None` if no row holds.
    pub fn tax_category_on(&self, day: Day) -> Option<&Row<TaxCategoryRow>> {
        self.tax_category.iter().find(|row| row.dates.holds(day))
    }
}

/// `12 instalments, 2 tertial settlements, 1 year-end settlement`.
impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Schedule { flow: _, instalments, tertial_settlements, year_end_settlements } = self;
        let parts = [
            (*instalments, "instalment"),
            (*tertial_settlements, "tertial settlement"),
            (*year_end_settlements, "year-end settlement"),
        ];
        let text =
            |(count, what): (u32, &str)| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        f.write_str(&parts.map(text).join(", "))
    }
}

impl Scheme {
    /// Every dated row, section by section, with a key such as `mode KMF`.
    pub fn dated_rows(&self) -> Vec<(String, &Dates)> {
        let Scheme { file: _, title: _, mode, schedule, flow, account, term, vat, tax_category, sources: _ } =
            self;
        let mode = mode.iter().map(|row| (format!("mode {}", row.value.flow), &row.dates));
        let schedule = schedule.iter().map(|row| (format!("schedule {}", row.value.flow), &row.dates));
        let flow = flow.iter().map(|row| (format!("flow {}", row.value.flow), &row.dates));
        let account = account.iter().map(|row| (format!("account {}", row.value.flow), &row.dates));
        let term = term.iter().map(|row| (format!("term {}", row.value.flow), &row.dates));
        let vat = vat.iter().map(|row| ("vat".to_owned(), &row.dates));
        let category = tax_category.iter().map(|row| ("tax_category".to_owned(), &row.dates));
        mode.chain(schedule).chain(flow).chain(account).chain(term).chain(vat).chain(category).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_reported_with_its_line() {
        let (file, text) = crate::built_in::SCHEME;
        let broken = text.replacen("mode = \"decentral\"", "mode = \"sometimes\"", 1);
        let error = Scheme::parse(file, &broken).unwrap_err().to_string();
        assert!(error.starts_with("scheme/settlement.toml:2") && error.contains("sometimes"), "{error}");
        let broken = text.replacen("source = \"kmf\"", "source = \"kfm\"", 1);
        assert!(Scheme::parse(file, &broken).unwrap_err().to_string().contains("kfm"));
    }
}
