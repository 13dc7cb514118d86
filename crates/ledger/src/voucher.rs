//! Steps, vouchers and their lines, and the chain of hashes that holds them together.

use domain::{AccountKind, Amount, Cause, Instrument, Minute, StepKind};
use sha2::{Digest, Sha256};

/// An account: whose, of which kind, for which instrument.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// Kind.
    pub kind: AccountKind,
    /// Party: a municipality's code (with `@year` for a later lifetime), an organisation number, `state`.
    pub party: String,
    /// Instrument; `None` where several are netted.
    pub instrument: Option<Instrument>,
}

impl Account {
    /// The account's name in exports, `receivable:0602:KMF`.
    pub fn name(&self) -> String {
        match self.instrument {
            Some(instrument) => format!("{}:{}:{instrument}", self.kind, self.party),
            None => format!("{}:{}", self.kind, self.party),
        }
    }
}

/// One side of a voucher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Account.
    pub account: Account,
    /// Debit above zero, credit below.
    pub amount: Amount,
}

/// A voucher (`bilag`), as it is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    /// Number in the ledger, from 1; 0 before it is posted.
    pub number: i64,
    /// The step it belongs to; 0 before it is posted.
    pub step: i64,
    /// Month of the statement it stands in, `2012-03`.
    pub posting_month: String,
    /// When it happened: a month or a year.
    pub activity_period: String,
    /// Instrument; `None` where several are netted.
    pub instrument: Option<Instrument>,
    /// Why.
    pub cause: Cause,
    /// Who owes.
    pub debtor: String,
    /// Who is owed.
    pub creditor: String,
    /// Treating unit; empty where none.
    pub unit: String,
    /// Rule version; empty where no rule made it.
    pub rule_version: String,
    /// Contacts (cases, for the day rate).
    pub contacts: i64,
    /// DRG points, thousandths.
    pub points: i64,
    /// Days.
    pub days: i64,
    /// What the debtor owes the creditor by it.
    pub amount: Amount,
    /// A remark: a decision's reference, the key of a rounding.
    pub note: String,
    /// Lines; they add up to zero.
    pub lines: Vec<Line>,
    /// Hash of the voucher and of everything before it; empty before it is posted.
    pub hash: String,
}

impl Voucher {
    /// Sum of the lines above zero.
    pub fn debit(&self) -> Amount {
        self.lines.iter().map(|line| line.amount).filter(|amount| *amount > Amount::ZERO).sum()
    }

    /// Whether debit and credit are the same.
    pub fn balances(&self) -> bool {
        self.lines.iter().map(|line| line.amount).sum::<Amount>() == Amount::ZERO
    }

    /// The two lines of a claim: the debtor owes, the creditor is owed.
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

    /// The hash of this voucher after what came before.
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

/// The word of an instrument, or nothing.
pub(crate) fn word(instrument: Option<Instrument>) -> &'static str {
    instrument.map_or("", Instrument::word)
}

/// One thing that was done to the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Number, from 1.
    pub number: i64,
    /// What was done.
    pub kind: StepKind,
    /// Month, tertial or year.
    pub period: String,
    /// When we knew.
    pub recorded_at: Minute,
    /// What it was made of, as JSON.
    pub content: String,
    /// How many vouchers belong to it.
    pub vouchers: i64,
    /// Hash of the step and of everything before it.
    pub hash: String,
}

impl Step {
    /// The hash of this step after what came before.
    pub fn chained(&self, before: &str) -> String {
        let mut hash = Chain::after(before);
        hash.text("step").number(self.number).text(self.kind.word()).text(&self.period);
        hash.text(&self.recorded_at.to_string()).text(&self.content).number(self.vouchers);
        hash.finish()
    }
}

/// What is to be posted in one step.
#[derive(Debug, Clone)]
pub struct Posting {
    /// What is done.
    pub kind: StepKind,
    /// Month, tertial or year.
    pub period: String,
    /// When we know it.
    pub recorded_at: Minute,
    /// What it is made of, as JSON.
    pub content: String,
    /// Vouchers in order; numbers and hashes are given when they are posted.
    pub vouchers: Vec<Voucher>,
    /// Files to keep: the claims behind the vouchers, the rules they were computed by.
    pub archives: Vec<Vec<u8>>,
}

/// SHA-256 of bytes, as hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let pair = |byte: &u8| [DIGITS[usize::from(byte >> 4)] as char, DIGITS[usize::from(byte & 15)] as char];
    bytes.iter().flat_map(pair).collect()
}

/// A hash over fields: each is preceded by its length, so that no two lists of fields look the same.
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
