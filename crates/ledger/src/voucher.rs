//! Steps, vouchers and lines, and the chain of hashes that holds them together.

use domain::{AccountKind, Amount, Cause, Instrument, Minute, StepKind};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An account: kind, party and instrument.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Account {
    pub kind: AccountKind,
    /// Name of a [`domain::Party`], for instance `1201`, `state` or an organisation number.
    pub party: String,
    /// Instrument of the account; `None` for a clearing or rounding account.
    pub instrument: Option<Instrument>,
}

impl Account {
    /// Name of the account, for instance `receivable:0602:KMF`.
    pub fn name(&self) -> String {
        match self.instrument {
            Some(instrument) => format!("{}:{}:{instrument}", self.kind, self.party),
            None => format!("{}:{}", self.kind, self.party),
        }
    }
}

/// One debit or credit of a voucher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub account: Account,
    /// Debit above zero, credit below zero.
    pub amount: Amount,
}

/// A voucher (`bilag`): an amount between a debtor and a creditor, with its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voucher {
    /// Number in the ledger, from 1; 0 before posting.
    pub number: i64,
    /// Number of the step that posted the voucher; 0 before posting.
    pub step: i64,
    /// Month of the statement that the voucher stands in, for instance `2012-03`.
    pub posting_month: String,
    /// Month or year of the activity.
    pub activity_period: String,
    /// `None` if instruments are netted.
    pub instrument: Option<Instrument>,
    pub cause: Cause,
    pub debtor: String,
    pub creditor: String,
    /// Unit that treated the patients; empty if there is none.
    pub unit: String,
    /// Version of the rule that gave the amount; empty if no rule did.
    pub rule_version: String,
    /// Number of contacts (of cases, for the day rate).
    pub contacts: i64,
    /// In thousandths of a DRG point.
    pub points: i64,
    pub days: i64,
    /// Amount that the debtor owes the creditor by this voucher.
    pub amount: Amount,
    /// Remark, for instance the reference of a decision, or that an amount was rounded.
    pub note: String,
    /// Debits and credits, which add up to zero.
    pub lines: Vec<Line>,
    /// Hash of the voucher and of everything before it; empty before posting.
    pub hash: String,
}

impl Voucher {
    /// Sum of the debits.
    pub fn debit(&self) -> Amount {
        self.lines.iter().map(|line| line.amount).filter(|amount| *amount > Amount::ZERO).sum()
    }

    /// Whether the lines add up to zero.
    pub fn balances(&self) -> bool {
        self.lines.iter().map(|line| line.amount).sum::<Amount>() == Amount::ZERO
    }

    /// The two lines of a claim: receivable from the debtor, and payable to the creditor.
    pub fn claim_lines(&self) -> Vec<Line> {
        let side = |kind, party: &str, amount| Line {
            account: Account { kind, party: party.to_owned(), instrument: self.instrument },
            amount,
        };
        vec![
            side(AccountKind::Receivable, &self.debtor, self.amount),
            side(AccountKind::Payable, &self.creditor, -self.amount),
        ]
    }

    /// Hash of this voucher, chained to the hash before it.
    pub fn chained(&self, before: &str) -> String {
        let mut hash = Chain::after(before);
        hash.text("voucher").number(self.number).number(self.step);
        hash.text(&self.posting_month).text(&self.activity_period).text(word(self.instrument));
        hash.text(self.cause.word()).text(&self.debtor).text(&self.creditor).text(&self.unit);
        hash.text(&self.rule_version).number(self.contacts).number(self.points).number(self.days);
        hash.number(self.amount.ore()).text(&self.note).number(self.lines.len() as i64);
        for line in &self.lines {
            hash.text(line.account.kind.word()).text(&line.account.party);
            hash.text(word(line.account.instrument)).number(line.amount.ore());
        }
        hash.finish()
    }
}

/// Word of an instrument; empty if there is none.
pub(crate) fn word(instrument: Option<Instrument>) -> &'static str {
    instrument.map_or("", Instrument::word)
}

/// One change of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Counted from 1.
    pub number: i64,
    pub kind: StepKind,
    /// Month, tertial or year that the step is for.
    pub period: String,
    /// Time from which the ledger knows the step.
    pub recorded_at: Minute,
    /// Content of the step as JSON: a type of [`crate::content`], or `{}`.
    pub content: String,
    /// Number of vouchers in the step.
    pub vouchers: i64,
    /// Hash of the step and of everything before it.
    pub hash: String,
}

impl Step {
    /// Hash of this step, chained to the hash before it.
    pub fn chained(&self, before: &str) -> String {
        let mut hash = Chain::after(before);
        hash.text("step").number(self.number).text(self.kind.word()).text(&self.period);
        hash.text(&self.recorded_at.to_string()).text(&self.content).number(self.vouchers);
        hash.finish()
    }
}

/// A step that is to be posted.
#[derive(Debug, Clone)]
pub struct Posting {
    pub kind: StepKind,
    /// Month, tertial or year that the step is for.
    pub period: String,
    /// Time from which the ledger knows the step.
    pub recorded_at: Minute,
    /// Content of the step as JSON: a type of [`crate::content`], or `{}`.
    pub content: String,
    /// Vouchers in order. Posting gives them numbers and hashes.
    pub vouchers: Vec<Voucher>,
    /// Files to keep: for instance the claims behind the vouchers, and the rules that they were computed by.
    pub archives: Vec<Vec<u8>>,
}

/// SHA-256 of bytes, in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let pair = |byte: &u8| [DIGITS[usize::from(byte >> 4)] as char, DIGITS[usize::from(byte & 15)] as char];
    bytes.iter().flat_map(pair).collect()
}

/// A hash over fields. Each field is preceded by its length, so that no two lists of fields hash alike.
struct Chain(Sha256);

impl Chain {
    fn after(before: &str) -> Chain {
        let mut chain = Chain(Sha256::new());
        chain.text(before);
        chain
    }

    fn text(&mut self, text: &str) -> &mut Chain {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
        self
    }

    fn number(&mut self, number: i64) -> &mut Chain {
        self.0.update(8u64.to_le_bytes());
        self.0.update(number.to_le_bytes());
        self
    }

    fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}
