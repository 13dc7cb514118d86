//! What one contact amounts to under one instrument in one month, in the form that millions of them fit
//! in memory: words are numbers in a table beside them.

use std::collections::BTreeMap;

use crate::{Amount, Cause, Instrument};

/// Words by number, in order of first use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    words: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

impl Words {
    /// The number of a word, new or known.
    pub fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = self.words.len() as u32;
        self.words.push(word.to_owned());
        self.numbers.insert(word.to_owned(), number);
        number
    }

    /// The word of a number; empty if there is none.
    pub fn word(&self, number: u32) -> &str {
        self.words.get(number as usize).map_or("", String::as_str)
    }

    /// Every word, in order of first use.
    pub fn all(&self) -> &[String] {
        &self.words
    }
}

/// A claim on one debtor for one contact (`krav`). Amounts may be differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// Contact.
    pub contact: i64,
    /// Instrument; `None` where the contact is known and gives no charge.
    pub instrument: Option<Instrument>,
    /// Month of the charge, as a word.
    pub month: u32,
    /// Who owes, as a word.
    pub debtor: u32,
    /// Who is owed, as a word.
    pub creditor: u32,
    /// Treating unit, as a word.
    pub unit: u32,
    /// Month in which the contact ended, as a word: what a delivery covers goes by it.
    pub ended: u32,
    /// Rule version, as a word.
    pub version: u32,
    /// Why.
    pub cause: Cause,
    /// DRG points, thousandths.
    pub points: i32,
    /// Days.
    pub days: i32,
    /// Amount, whole øre.
    pub amount: Amount,
}

/// Claims with their words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// Words.
    pub words: Words,
    /// Claims.
    pub rows: Vec<Claim>,
}

impl Claims {
    /// Adds the claims of another table.
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
