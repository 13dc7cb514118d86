//! A received bill compared with our own calculation, line by line. Each difference has a cause, each case from a log
//! has its hours and provisions, and the total reconciles.
//!
//! `bill` and `log` read the two sides; `answer` puts the comparison in a table, a workbook and a letter.

mod answer;
mod bill;
mod log;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::failure::{Result, fail};
use domain::{Amount, Instrument, Month, Municipalities, Period};
use rulebook::{LawBook, Scope};
use settlement::manifest::Manifest;
use settlement::{Law, archive};
use words::{Message, message};

use crate::law::Files;
use crate::parties;

/// Quantity and amount of one case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Known {
    /// Days, or thousandths of a point; `None` if a line of the case does not state the quantity.
    quantity: Option<i64>,
    amount: Amount,
    /// First line of the case in the bill; 0 in our own calculation.
    line: usize,
    /// The reference as the bill or the log writes it, or words for a line without one; empty in a settlement.
    written: Message,
}

impl Known {
    fn same_quantity(&self, other: &Known) -> bool {
        self.quantity.zip(other.quantity).is_none_or(|(one, other)| one == other)
    }
}

/// What our own log or settlement gives for a case, and why.
#[derive(Debug, Clone, Default)]
struct Own {
    known: Known,
    /// Findings on the case; empty for a settlement, which `samspill explain` explains.
    reasons: Vec<Reason>,
    /// What is unusual about the case, whatever the amounts are.
    warnings: Vec<Message>,
    /// Whether the log has the case under another institution than the one of the bill.
    is_elsewhere: bool,
}

impl Own {
    /// Adds what is known of another stay of the same case.
    fn add(&mut self, other: Own) {
        self.known.amount += other.known.amount;
        self.known.quantity = self.known.quantity.zip(other.known.quantity).map(|(one, other)| one + other);
        self.reasons.extend(other.reasons);
        self.warnings.extend(other.warnings);
    }
}

/// One finding on a case, with the provision behind it.
#[derive(Debug, Clone)]
struct Reason {
    text: Message,
    /// Empty for arithmetic.
    provision: String,
    /// Whether the finding decides the days of the case. The other findings are single days, sums, and tests that were
    /// made before the decision.
    is_decisive: bool,
}

impl Reason {
    /// A finding that decides, and rests on no provision.
    fn plain(text: Message) -> Reason {
        Reason { text, provision: String::new(), is_decisive: true }
    }
}

/// Cause of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    OnlyInBill,
    OnlyInOwn,
    Price,
    Quantity,
}

impl Why {
    /// The cause in words, for bills of an instrument.
    fn said(self, instrument: Instrument) -> Message {
        match self {
            Why::OnlyInBill => message!("compare.only_in_bill"),
            Why::OnlyInOwn => message!("compare.only_in_own"),
            Why::Quantity if instrument == Instrument::DischargeReady => message!("compare.days.quantity"),
            Why::Quantity => message!("compare.quantity"),
            Why::Price => message!("compare.price"),
        }
    }
}

/// A case of the bill, of our own calculation, or of both.
struct Line {
    reference: Message,
    bill: Option<Known>,
    own: Option<Own>,
    /// Difference between the bill and our own calculation by cause, in the order in which they are computed.
    differences: Vec<(Why, Amount)>,
}

/// Result of a comparison.
pub struct Comparison {
    instrument: Instrument,
    lines: Vec<Line>,
    received: Amount,
    own: Amount,
    /// Line and amount of the bill's own sum, if that amount differs from the sum of the lines above.
    stated: Option<(usize, Amount)>,
    /// What the reader must know of our own side.
    notes: Vec<Message>,
    /// Number of values that nobody has signed and that our own side rests on. With a log: values of the
    /// instrument's rule in the months of the counted days. With a settlement: values in its manifest;
    /// 0 without a manifest.
    unsigned: usize,
}

/// Input and options of [`run`].
pub struct Order<'a> {
    /// The bill, as CSV or Excel.
    pub received: &'a Path,
    /// The bill's columns that have unusual names, as `reference=Saksnr`, `days=Antall` or `amount=Sum`.
    pub columns: &'a [String],
    /// Result folder of our own settlement. Either this or `log` is given.
    pub own: Option<&'a Path>,
    /// Our own log of messages, with columns such as `case;time;message`.
    pub log: Option<&'a Path>,
    pub instrument: Instrument,
    /// Months that the bill is for. Only what belongs to these months counts on our own side, and a case that has not
    /// ended runs to the last day of the months. If `None`, the whole of each case counts, and each case must have
    /// ended.
    pub period: Option<Period>,
    /// Institution that sent the bill, by its name in the log or by another name; `None` for all institutions in the
    /// log.
    pub institution: Option<&'a str>,
    /// Party, by number or, with a period, by name. With our own settlement: the debtor whose charges are compared,
    /// `None` for all. With a log: the municipality that pays.
    pub party: Option<&'a str>,
    /// Rule files, for a log.
    pub files: &'a Files,
}

impl Order<'_> {
    /// The party or institution that a word means: with a period, by any name it has then; else the word itself.
    fn named(&self, word: &str) -> Result<String> {
        self.period.map_or_else(|| Ok(word.to_owned()), |period| parties::named(word, period))
    }
}

/// Compares a bill with our own settlement or our own log.
///
/// # Errors
/// Fails unless exactly one of `own` and `log` is given; if `party` is neither a municipality nor a debtor of our own
/// settlement; if a file cannot be read; if a column is missing or stands twice, or a cell is wrong; if the log does
/// not hold the institution; or if a case in the log has a day without a rate, or has no discharge while no period is
/// given.
pub fn run(order: &Order) -> Result<Comparison> {
    let bill = bill::read(order)?;
    let (own, notes, unsigned) = match (order.own, order.log) {
        (Some(folder), None) => (of_settlement(folder, order)?, Vec::new(), unsigned_of(folder)),
        (None, Some(path)) => {
            let payer = payer(order)?;
            let book = order.files.book()?;
            let law = Law::of(&book)?;
            let mut found = log::read(path, &payer, &law, order)?;
            found.notes.extend(not_applied(&book, &payer, &found.trusts)?);
            let rule =
                book.rules().find(|rule| rule.instrument == order.instrument).map(|rule| rule.id.as_str());
            let scope = Scope::only(order.instrument);
            let used = found.months.iter().flat_map(|month| law.used(Period::of_month(*month), &scope));
            let unsigned: BTreeSet<String> = used
                .filter(|value| Some(value.rule.as_str()) == rule && value.is_unsigned())
                .map(|value| value.place())
                .collect();
            (found.cases, found.notes, unsigned.len())
        }
        _ => fail!("error.compare.give_own_dir_settlement_our_own"),
    };
    let lines = compared(bill.cases, own);
    let sum = |of: fn(&Line) -> Option<Amount>| -> Amount { lines.iter().filter_map(of).sum() };
    Ok(Comparison {
        instrument: order.instrument,
        received: sum(|line| line.bill.as_ref().map(|bill| bill.amount)),
        own: sum(|line| line.own.as_ref().map(|own| own.known.amount)),
        lines,
        stated: bill.stated,
        notes,
        unsigned,
    })
}

/// A sentence on agreements of which none can be applied: no stay of the log is at an institution that has one with the
/// payer. `None` if one is applied, or if there are none.
///
/// # Errors
/// Fails if there are agreements and no payer.
fn not_applied(book: &LawBook, payer: &str, trusts: &BTreeSet<String>) -> Result<Option<Message>> {
    let agreed: Vec<_> = book.agreements().rows().map(|(row, _)| row).collect();
    if !agreed.is_empty() && payer.is_empty() {
        fail!("error.compare.agreements_need_party");
    }
    let is_applied = agreed.iter().any(|one| one.municipality == payer && trusts.contains(&one.trust));
    let list = agreed.iter().map(|one| format!("{} – {}", one.trust, one.municipality));
    let list = list.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ");
    Ok((!agreed.is_empty() && !is_applied).then(|| message!("compare.agreements_not_applied", list)))
}

/// Number of unsigned values that a settlement of our own rests on; 0 without a manifest.
fn unsigned_of(folder: &Path) -> usize {
    let text = std::fs::read_to_string(folder.join("manifest.toml")).unwrap_or_default();
    toml::from_str::<Manifest>(&text).map_or(0, |manifest| manifest.unsigned.len())
}

/// Code of the municipality that pays, for a log; empty if the order names no party.
fn payer(order: &Order) -> Result<String> {
    let Some(word) = order.party else { return Ok(String::new()) };
    if order.period.is_none() && word.contains(char::is_alphabetic) {
        fail!("error.compare.name_needs_period", name = word);
    }
    let code = parties::code_of(&order.named(word)?).to_owned();
    parties::need_municipality(&code)?;
    Ok(code)
}

/// Cases of our own settlement, by contact.
fn of_settlement(folder: &Path, order: &Order) -> Result<BTreeMap<String, Own>> {
    let municipalities = Municipalities::built_in()?;
    if !folder.is_dir() {
        fail!("error.compare.no_folder", folder = folder.display());
    }
    let path = folder.join("charges.parquet");
    if !path.exists() {
        fail!("error.compare.holds_no_charges_parquet_settle_without", folder = folder.display());
    }
    let claims = archive::claims(&path, &municipalities)?;
    let party = order.party.map(|word| order.named(word)).transpose()?;
    // A number or a name means the municipality in all lifetimes of its code, so the year after `@` in a
    // party is left out. If a period is given, its months leave only the lifetime that is meant.
    let is_of = |row: &domain::Claim, party: &str| {
        parties::code_of(claims.words.word(row.debtor)) == parties::code_of(party)
    };
    let is_debtor = |party: &str| claims.rows.iter().any(|row| is_of(row, party));
    if let Some(party) = party.as_deref().filter(|party| !is_debtor(party)) {
        parties::need_municipality(parties::code_of(party))?;
    }
    let is_wanted = |month: &str| {
        order.period.is_none_or(|period| Month::parse(month).is_ok_and(|month| period.holds(month.first())))
    };
    let mut out: BTreeMap<String, Own> = BTreeMap::new();
    for row in claims.rows.iter().filter(|row| row.instrument == Some(order.instrument)) {
        if party.as_deref().is_some_and(|party| !is_of(row, party))
            || !is_wanted(claims.words.word(row.month))
        {
            continue;
        }
        let quantity = if order.instrument == Instrument::DischargeReady { row.days } else { row.points };
        let known = &mut out
            .entry(row.contact.to_string())
            .or_insert_with(|| Own {
                known: Known { quantity: Some(0), ..Known::default() },
                ..Own::default()
            })
            .known;
        known.amount += row.amount;
        known.quantity = known.quantity.map(|sum| sum + i64::from(quantity));
    }
    Ok(out)
}

/// The cases of both sides, by reference. A case on our side alone is left out if its amount is zero.
fn compared(bill: BTreeMap<String, Known>, own: BTreeMap<String, Own>) -> Vec<Line> {
    let mut pairs: BTreeMap<String, (Option<Known>, Option<Own>)> = BTreeMap::new();
    for (reference, known) in bill {
        pairs.entry(reference).or_default().0 = Some(known);
    }
    for (reference, known) in own {
        pairs.entry(reference).or_default().1 = Some(known);
    }
    let is_shown = |bill: &Option<Known>, own: &Option<Own>| {
        bill.is_some() || own.as_ref().is_some_and(|own| own.known.amount != Amount::ZERO)
    };
    let lines = pairs.into_iter().filter(|(_, (bill, own))| is_shown(bill, own)).map(|(key, (bill, own))| {
        let known = bill.iter().chain(own.as_ref().map(|own| &own.known));
        let written = known.map(|known| known.written.clone()).find(|written| *written != Message::default());
        let differences =
            differences(bill.as_ref(), own.as_ref().filter(|own| !own.is_elsewhere).map(|own| &own.known));
        Line { reference: written.unwrap_or_else(|| Message::plain(key)), bill, own, differences }
    });
    lines.collect()
}

/// Differences of one case by cause. A case on one side only is one difference. For any other case the difference in
/// quantity comes first, at our own price, and the rest is the difference in price.
fn differences(bill: Option<&Known>, own: Option<&Known>) -> Vec<(Why, Amount)> {
    let nothing = Amount::ZERO;
    let whole = bill.map_or(nothing, |bill| bill.amount) - own.map_or(nothing, |own| own.amount);
    let all = match (bill, own) {
        (Some(_), None) => vec![(Why::OnlyInBill, whole)],
        (None, _) => vec![(Why::OnlyInOwn, whole)],
        (Some(theirs), Some(mine)) if whole == nothing && theirs.same_quantity(mine) => Vec::new(),
        (Some(theirs), Some(mine)) => {
            let of_quantity = match (theirs.quantity, mine.quantity) {
                (Some(theirs), Some(count)) if theirs != count && count != 0 => {
                    let share = i128::from(mine.amount.ore()) * i128::from(theirs - count);
                    // Whole øre, rounded toward zero; the rest belongs to the price.
                    Amount::from_ore((share / i128::from(count)) as i64)
                }
                (Some(theirs), Some(0)) if theirs != 0 => whole,
                _ => nothing,
            };
            vec![(Why::Quantity, of_quantity), (Why::Price, whole - of_quantity)]
        }
    };
    all.into_iter().filter(|(_, amount)| *amount != nothing).collect()
}

impl Line {
    /// Each cause of difference in words, with its amount. If the two sides are alike, one finding says so.
    fn findings(&self, instrument: Instrument) -> Vec<(Message, Amount)> {
        if self.differences.is_empty() {
            return vec![(message!("compare.alike"), Amount::ZERO)];
        }
        self.differences.iter().map(|(cause, amount)| (cause.said(instrument), *amount)).collect()
    }

    fn received(&self) -> Amount {
        self.bill.as_ref().map_or(Amount::ZERO, |bill| bill.amount)
    }

    fn calculated(&self) -> Amount {
        self.own.as_ref().map_or(Amount::ZERO, |own| own.known.amount)
    }

    /// What is unusual about the case, and then the findings that decide the days on our own side, each finding with
    /// its provision.
    fn because(&self) -> Message {
        let Some(own) = &self.own else { return Message::default() };
        let decisive = own.reasons.iter().filter(|reason| reason.is_decisive).map(Reason::with_provision);
        Message::joined(own.warnings.iter().cloned().chain(decisive).collect(), ". ")
    }

    /// Whether something is unusual about the case, whatever the amounts are.
    fn is_unusual(&self) -> bool {
        self.own.as_ref().is_some_and(|own| !own.warnings.is_empty())
    }

    /// Whether a reader must look at the line.
    fn is_told(&self) -> bool {
        !self.differences.is_empty() || self.is_unusual()
    }
}

impl Reason {
    fn with_provision(&self) -> Message {
        match self.provision.as_str() {
            "" => self.text.clone(),
            provision => message!("compare.by_provision", text = self.text, provision),
        }
    }
}

impl Comparison {
    /// Amount of each cause of difference.
    fn causes(&self) -> BTreeMap<Why, Amount> {
        let mut out: BTreeMap<Why, Amount> = BTreeMap::new();
        for (cause, amount) in self.lines.iter().flat_map(|line| &line.differences) {
            *out.entry(*cause).or_default() += *amount;
        }
        out
    }

    /// Number of lines that are the same on both sides.
    fn equal(&self) -> usize {
        self.lines.iter().filter(|line| line.differences.is_empty()).count()
    }

    /// Whether there is no difference, and the bill's own sum is right.
    pub fn is_equal(&self) -> bool {
        self.equal() == self.lines.len() && self.stated.is_none()
    }
}
