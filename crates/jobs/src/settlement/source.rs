//! What the statements of a period are made of, whether from a ledger or from a bundle; and the maker of each party's
//! statement.

use std::collections::{BTreeMap, BTreeSet};

use domain::statement::{Named, Statement};
use domain::{Day, Instrument, Month, Municipalities};
use ledger::months::Months;
use ledger::statement::{self as made, Context, RuleName, Span, Terms};
use ledger::{Step, Voucher};
use paper::ehf::Tax;
use rulebook::LawBook;
use rulebook::scheme::Scheme;
use words::{Language, Message, message};

use super::books::{Books, heir};
use crate::addresses::{Addresses, SENDER};
use crate::failure::{About, Result};
use crate::parties::{self, Names};

/// What the statements of a period are made of.
pub(super) struct Source {
    pub months: Months,
    /// Vouchers of the year up to the end of the period, and earlier ones if January carries amounts from them.
    pub vouchers: Vec<Voucher>,
    /// Words for each rule version.
    pub rules: BTreeMap<String, RuleName>,
    pub control_code: String,
}

impl Source {
    /// Reads what the statements of a period are made of, as of these steps.
    pub fn read(books: &mut Books, span: &Span, steps: &[Step]) -> Result<Source> {
        let months = Months::of(steps)?;
        let end = months.known(span.first, span.last);
        let january = Month::new(span.first.year(), 1).unwrap_or(span.first);
        // If nothing is netted when January is closed, amounts carried forward may come from earlier years.
        let first =
            months.months.keys().next().copied().map_or(january, |first| std::cmp::min(first, january));
        let first = if months.nets(january) { january } else { first };
        let mut vouchers = books.vouchers(first, span.last, Some(end))?;
        // A correction names the statement that asked for the amount, which may be of an earlier year.
        let corrected = vouchers.iter().filter(|voucher| voucher.cause.is_correction());
        let corrected = corrected.filter_map(|voucher| Month::parse(&voucher.activity_period).ok()).min();
        if let Some(earliest) = corrected.filter(|month| *month < first) {
            let before = books.vouchers(earliest, first.first().previous().month(), Some(end))?;
            vouchers.splice(0..0, before.into_iter().filter(|voucher| voucher.cause.is_payment()));
        }
        let mut rules = BTreeMap::new();
        for digest in rule_archives(&months) {
            name_rules(&books.kept_rules(&digest)?, &mut rules)?;
        }
        // A later step that changes no sum does not change the control code that statements show.
        let summed = months.summed(span.first, span.last);
        let control_code = books.ledger.end_of(summed)?.unwrap_or_default();
        Ok(Source { months, vouchers, rules, control_code })
    }
}

/// Digests of the kept rule files that any settlement used.
pub(super) fn rule_archives(months: &Months) -> BTreeSet<String> {
    months.basis.values().flatten().map(|basis| basis.rules_archive.clone()).collect()
}

/// Content of a step.
///
/// # Errors
/// Fails if the content does not have the form of `T`.
pub(super) fn content<T: serde::de::DeserializeOwned>(step: &Step) -> Result<T> {
    serde_json::from_str(&step.content).about(|| message!("error.statement.content_step"))
}

/// Makes the statements of a period, party by party.
pub(super) struct Maker<'a> {
    pub source: &'a Source,
    municipalities: &'a Municipalities,
    span: &'a Span,
    names: Names,
    scheme: Scheme,
    sender: Named,
    addresses: &'a Addresses,
}

impl<'a> Maker<'a> {
    /// # Errors
    /// Fails if the built-in scheme cannot be read.
    pub fn new(
        source: &'a Source,
        municipalities: &'a Municipalities,
        span: &'a Span,
        sender: String,
        addresses: &'a Addresses,
    ) -> Result<Maker<'a>> {
        let (names, scheme) = (Names::of(municipalities, Language::Nb), Scheme::built_in()?);
        let sender = Named { party: SENDER.to_owned(), name: sender };
        Ok(Maker { source, municipalities, span, names, scheme, sender, addresses })
    }

    /// The party that a party's vouchers in the period belong to.
    pub fn heir(&self, party: &str) -> String {
        heir(&self.source.months, self.municipalities, party, self.span.last)
    }

    /// Vouchers of each party. Each voucher has a flag: whether the party, itself or as heir, is the debtor.
    pub fn by_party(&self) -> BTreeMap<String, Vec<(&'a Voucher, bool)>> {
        made::by_party(&self.source.vouchers, &|party| self.heir(party))
    }

    /// Tax category of the invoices of a statement, on its day of issue; `None` if the scheme states none.
    pub fn tax(&self, statement: &Statement) -> Option<Tax> {
        let row = self.scheme.tax_category_on(statement.issued.unwrap_or(statement.to))?;
        Some(Tax { category: row.value.code, is_unsigned: row.dates.is_unsigned(&self.scheme.sources) })
    }

    /// The statement of a party. `own` is the party's entry in [`Maker::by_party`].
    pub fn statement(&self, party: &str, own: &[(&Voucher, bool)], language: Language) -> Statement {
        let context = Context {
            months: &self.source.months,
            name: &|party, language| self.names.name_in(party, language),
            heir: &|party| self.heir(party),
            is_private: &parties::is_private,
            rules: &self.source.rules,
            terms: &|instrument, day| terms(&self.scheme, instrument, day),
            sender: self.sender.clone(),
            address: &|party| self.addresses.get(party).cloned().unwrap_or_default(),
            control_code: self.source.control_code.clone(),
        };
        made::statement(party, own, self.span, language, &context)
    }
}

/// Adds rate and citation of every rule version of a book.
pub(super) fn name_rules(book: &LawBook, out: &mut BTreeMap<String, RuleName>) -> Result<()> {
    let law = settlement::Law::of(book)?;
    let cites = |instrument: Instrument| -> Result<String> {
        let file = book.rule_of(instrument)?;
        Ok(file.law.iter().map(|law| law.cite.clone()).collect::<Vec<_>>().join("; "))
    };
    for segment in law.shares.iter().flat_map(|side| &side.segments) {
        if let Some(rule) = segment.standing.in_force() {
            // A share that another instrument lowers is an upper bound.
            let (share, price) = (rule.share.0, whole(rule.unit_price.0));
            let rate = match law.lowering(segment).is_some() {
                true => message!("paper.rate_at_most", share, price),
                false => message!("paper.rate_of", share, price),
            };
            let cite = cites(rule.instrument)?;
            out.insert(rule.version.to_string(), RuleName { rate, cite });
        }
    }
    for segment in &law.usk {
        if let Some(rule) = segment.standing.in_force() {
            let rate = rule.rate.as_ref().map_or_else(Message::default, |rate| Message::Plain(whole(rate.0)));
            let cite = cites(Instrument::DischargeReady)?;
            out.insert(rule.version.to_string(), RuleName { rate, cite });
        }
    }
    Ok(())
}

/// An amount without its decimals if they are zero, as `38 209 kr`.
fn whole(amount: domain::Amount) -> String {
    amount.to_string().replace(",00", "")
}

fn terms(scheme: &Scheme, instrument: Instrument, day: Day) -> Terms {
    let flow = instrument.word();
    let account = scheme.account_on(flow, day).map(|row| {
        let unsigned = row.dates.is_unsigned(&scheme.sources);
        let text = |article: &str| format!("{}, {}", row.value.function_name, article);
        let of = |article: &str, name: &str| {
            (row.value.function.clone(), article.to_owned(), text(name), unsigned)
        };
        [
            of(&row.value.article, &row.value.article_name),
            of(&row.value.article_private, &row.value.article_private_name),
        ]
    });
    let days = scheme.term_on(flow, day).map(|row| (row.value.days, row.dates.is_unsigned(&scheme.sources)));
    Terms { account, days }
}
