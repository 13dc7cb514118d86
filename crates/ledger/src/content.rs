//! Content of each kind of step, as the ledger keeps it in JSON.

use std::collections::BTreeMap;

use domain::{Balancing, Cause, Day, Gap, Ground, Instrument, Mode, Month, PayRounding, Ruling};
use serde::{Deserialize, Serialize};

/// Content of a step that opened months.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    pub modes: BTreeMap<Instrument, Mode>,
    pub balancing: Balancing,
    pub rounding: PayRounding,
}

/// Content of a step that posted amounts on account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnAccount {
    /// Source of the amounts: `budget` or `previous-year`.
    pub basis: String,
    /// SHA-256 of the budget file, or the year that the amounts were taken from.
    pub of: String,
    /// Division of a year's amount over its months: `equal` or `season`.
    pub divided: String,
}

/// Unit and months that a delivery covers as a whole. A contact of this unit and these months is withdrawn if the
/// delivery lacks it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Coverage {
    pub unit: String,
    pub from: Month,
    /// Last month, included.
    pub to: Month,
}

/// A delivery of contacts: the file that a settlement was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Name of the file, without its folder.
    pub file: String,
    pub sha256: String,
    pub coverage: Vec<Coverage>,
    /// Number of rows that the check refused.
    pub refused: u64,
    pub synthetic: bool,
    /// Day on which the extract was made, as the sender states it; `None` if the sender gave no day.
    #[serde(default)]
    pub made_on: Option<Day>,
}

/// Movements of a settlement in one month of activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthMoved {
    pub month: Month,
    /// Digest of the kept file with the movements.
    pub movements_archive: String,
    /// Rule versions that the month stands under after the settlement.
    pub rules: Vec<String>,
    /// Amount moved for each cause, in øre.
    pub causes: BTreeMap<Cause, i64>,
    /// Values that the month was settled under and that are not signed off; `None` in a step that kept such values
    /// only in [`Settled::unsigned`].
    #[serde(default)]
    pub unsigned: Option<Vec<String>>,
    /// Instruments that are in force and for which the month is not settled, each with the value that was missing; `None`
    /// if nobody asked for it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_settled: NotSettled,
}

/// Instruments that a month is not settled for, each with the missing value; `None` if nobody asked for it.
pub type NotSettled = BTreeMap<Instrument, Option<Gap>>;

/// Content of a step that settled a month, or corrected closed months.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Month of the statement in which the vouchers stand.
    pub into: Month,
    pub delivery: Delivery,
    /// Digest of the kept rule files.
    pub rules_archive: String,
    /// Values that were used and are not signed off, of all months together; empty if every value is signed off.
    pub unsigned: Vec<String>,
    /// Months of activity that changed.
    pub months: Vec<MonthMoved>,
    /// Keys of objections whose line changed after the objection was decided. What the decision took off the line is
    /// added to it again, and each objection waits for a new decision.
    #[serde(default)]
    pub reopened: Vec<String>,
    /// Version of the program.
    pub program: String,
}

/// Content of a step that changed the rules that the ledger stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruled {
    /// Digest of the kept rule files.
    pub rules_archive: String,
    /// Names of the files that came, went or changed.
    pub changed: Vec<String>,
    /// Who decided, and the reference of the decision.
    pub reference: String,
}

/// Content of a step that closed a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Whether the instruments were netted; otherwise their amounts are carried forward.
    pub netted: bool,
}

/// Content of a step that decided the heir of a party: of a municipality that was split, or of a party that the
/// register of municipalities does not follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inherited {
    pub party: String,
    /// Heir of `party`: the party that owes and is owed in its place.
    pub heir: String,
    /// First day on which the heir takes the party's place.
    pub from: Day,
    pub reference: String,
}

/// Content of a step that filed an objection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Month, party and number of the objection, for instance `2012-03-0602-1`.
    pub key: String,
    /// Debtor that disputes the line.
    pub party: String,
    pub instrument: Instrument,
    /// Key of the contact.
    pub contact: i64,
    /// Month of the activity.
    pub month: Month,
    pub ground: Ground,
    /// The party's own words, without anything about the patient.
    pub text: String,
    pub creditor: String,
    /// Unit that treated the patient.
    pub unit: String,
    pub rule_version: String,
    /// Amount of the line when the objection was filed, less earlier reductions, in øre.
    pub amount_ore: i64,
    /// Facts of the case, one sentence each.
    pub facts: Vec<String>,
}

/// Content of a step that answered an objection: the answer of the trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Key of the objection.
    pub key: String,
    /// The trust's own words.
    pub text: String,
}

/// Content of a step that decided an objection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Key of the objection.
    pub key: String,
    /// `upheld`, `partly` or `rejected`.
    pub outcome: Ruling,
    /// Name of the body that decided, and its reference.
    pub reference: String,
    /// Amount that the decision takes off the line, in øre.
    pub reduction_ore: i64,
    /// Month of the statement in which the correction stands.
    pub into: Month,
    /// Creditor and unit that have the line when it is decided; `None` if they are those of the objection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<(String, String)>,
}

/// Content of a step that posted decisions of the settlement review board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// Month of the statement in which the vouchers stand.
    pub into: Month,
    /// SHA-256 of each decision, separated by spaces.
    pub sha256: String,
    /// Key that lump sums were divided by, for instance `by-settled`.
    pub key: String,
}
