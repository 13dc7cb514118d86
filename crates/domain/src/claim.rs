//! Claims (`krav`): points, days and amount of one contact under one instrument in one month.
//!
//! The form is compact, so that millions of claims fit in memory: each text is stored once in [`Words`], and
//! a claim holds the number of the text.

use crate::narrow::narrow;
use std::collections::BTreeMap;

use crate::{Amount, Cause, Instrument};

/// A table of words, numbered from 0 in order of first use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    words: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

impl Words {
    /// The number of a word. A new word is added and gets the next number.
    pub fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = narrow(self.words.len());
        self.words.push(word.to_owned());
        self.numbers.insert(word.to_owned(), number);
        number
    }

    /// The word that a number stands for; empty if no word has the number.
    pub fn word(&self, number: u32) -> &str {
        self.words.get(number as usize).map_or("", String::as_str)
    }

    /// Every word, in order of first use.
    pub fn all(&self) -> &[String] {
        &self.words
    }
}

/// A claim on one debtor for one contact (`krav`).
///
/// A `u32` field holds the number of a word in [`Claims::words`]. In a table of movements, the points, days
/// and amount are differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// Key of the contact: `contact_id` of the register.
    pub contact: i64,
    /// `None` for a contact that was delivered but gives no charge.
    pub instrument: Option<Instrument>,
    /// Month of the charge, for instance `2012-03`.
    pub month: u32,
    pub debtor: u32,
    pub creditor: u32,
    /// Unit that treated the patient.
    pub unit: u32,
    /// Month in which the contact ended. This month and the unit decide whether a delivery covers the contact.
    pub ended: u32,
    /// Version of the rule that gave the amount.
    pub version: u32,
    pub cause: Cause,
    /// In thousandths of a DRG point.
    pub points: i32,
    pub days: i32,
    pub amount: Amount,
}

/// A table of claims, with the words that the numbers in the claims stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    pub words: Words,
    pub rows: Vec<Claim>,
}

impl Claims {
    /// Adds the claims of another table. A number that stands for a word in that table is replaced by the number of the
    /// same word in this table.
    pub fn extend(&mut self, other: &Claims) {
        let map: Vec<u32> = other.words.all().iter().map(|word| self.words.number(word)).collect();
        let at = |number: u32| map.get(number as usize).copied().unwrap_or(number);
        self.rows.extend(other.rows.iter().map(|row| Claim {
            month: at(row.month),
            debtor: at(row.debtor),
            creditor: at(row.creditor),
            unit: at(row.unit),
            ended: at(row.ended),
            version: at(row.version),
            ..*row
        }));
    }

    /// The sum of all amounts.
    pub fn amount(&self) -> Amount {
        self.rows.iter().map(|row| row.amount).sum()
    }
}
