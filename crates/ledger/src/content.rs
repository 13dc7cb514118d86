//! What each kind of step is made of, as it stands in the ledger.

use std::collections::BTreeMap;

use domain::{Balancing, Cause, Day, Ground, Instrument, Mode, Month, PayRounding, Ruling};
use serde::{Deserialize, Serialize};

/// Months were opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// How each instrument is settled.
    pub modes: BTreeMap<Instrument, Mode>,
    /// How often what was paid on account is set against what was settled.
    pub balancing: Balancing,
    /// What an amount to pay is rounded to.
    pub rounding: PayRounding,
}

/// Amounts on account were posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnAccount {
    /// Where the amounts come from: `budget` or `previous-year`.
    pub basis: String,
    /// SHA-256 of the budget, or the year.
    pub of: String,
    /// How a year is divided: `equal` or `season`.
    pub divided: String,
}

/// What an institution has delivered, whole: what is absent inside it is withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Coverage {
    /// Unit.
    pub unit: String,
    /// First month.
    pub from: Month,
    /// Last month, included.
    pub to: Month,
}

/// A delivery of contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Name of the file.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
    /// What it covers.
    pub coverage: Vec<Coverage>,
    /// Rows refused by the check.
    pub refused: u64,
    /// Whether the contacts are synthetic.
    pub synthetic: bool,
}

/// What a settlement moved in one month of activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthMoved {
    /// Month of activity.
    pub month: Month,
    /// Digest of the movements, kept in the ledger.
    pub movements_archive: String,
    /// Rule versions that the month now stands under.
    pub rules: Vec<String>,
    /// Øre by cause.
    pub causes: BTreeMap<Cause, i64>,
}

/// A month was settled, or closed months were corrected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Month of the statement that the vouchers stand in.
    pub into: Month,
    /// What was delivered.
    pub delivery: Delivery,
    /// Digest of the rule files, kept in the ledger.
    pub rules_archive: String,
    /// Values that nobody has signed; empty if all are.
    pub unsigned: Vec<String>,
    /// Months that changed.
    pub months: Vec<MonthMoved>,
    /// Objections whose line changed after they were decided: what the decision took off is put back, and
    /// they wait for a new one.
    #[serde(default)]
    pub reopened: Vec<String>,
    /// Version of the program.
    pub program: String,
}

/// A month was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Whether the instruments were netted; else they are carried forward.
    pub netted: bool,
}

/// Who inherits from a municipality that was split, or that the register does not follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inherited {
    /// The party.
    pub party: String,
    /// The one that answers for it.
    pub heir: String,
    /// Day from which it does.
    pub from: Day,
    /// Reference of the decision.
    pub reference: String,
}

/// Grounds of an objection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Key of the objection, `2012-03-0602-1`.
    pub key: String,
    /// Who disputes.
    pub party: String,
    /// Instrument.
    pub instrument: Instrument,
    /// Contact.
    pub contact: i64,
    /// Month of activity.
    pub month: Month,
    /// Ground.
    pub ground: Ground,
    /// In the party's own words, without anything about the patient.
    pub text: String,
    /// Who is owed by the line.
    pub creditor: String,
    /// Treating unit of the line.
    pub unit: String,
    /// Rule version of the line.
    pub rule_version: String,
    /// The line as it stood, øre.
    pub amount_ore: i64,
    /// Facts of the case, one sentence each.
    pub facts: Vec<String>,
}

/// The trust's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Key of the objection.
    pub key: String,
    /// In the trust's own words.
    pub text: String,
}

/// A decision of an objection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Key of the objection.
    pub key: String,
    /// `upheld`, `partly` or `rejected`.
    pub outcome: Ruling,
    /// Who decided, and its reference.
    pub reference: String,
    /// What it takes off the line, øre.
    pub reduction_ore: i64,
    /// Month of the statement that the correction stands in.
    pub into: Month,
}

/// Decisions of the settlement review board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// Month of the statement.
    pub into: Month,
    /// SHA-256 of each decision, with spaces between.
    pub sha256: String,
    /// How lump sums were divided.
    pub key: String,
}
