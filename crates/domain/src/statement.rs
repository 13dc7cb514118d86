//! A statement (`oppgjørsbrev`): what a party owes or is owed for a period, line by line. It is made of
//! vouchers alone, so that the same ledger as known at the same time gives the same bytes.

use serde::{Deserialize, Serialize};

use crate::{Amount, Cause, Day, Instrument, Mode};

/// Version of the statement's form in JSON.
pub const FORM: u32 = 1;

/// Language of a statement: the recipient's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Bokmål, also for those who are neutral.
    Nb,
    /// Nynorsk.
    Nn,
}

/// A party with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Party: code, organisation number, `state`.
    pub party: String,
    /// Name.
    pub name: String,
}

/// How far a statement has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tag {
    /// Made with values that nobody has signed.
    Draft,
    /// The period may change.
    Provisional,
    /// The period is closed, but not signed.
    Closed,
    /// Closed and signed.
    Final,
    /// Changed since its first version, or corrected in a later period.
    Corrected,
    /// Made of contacts of people who do not exist.
    Synthetic,
}

/// A line (`post`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Instrument.
    pub instrument: Instrument,
    /// Why.
    pub cause: Cause,
    /// When the activity was.
    pub activity_period: String,
    /// The other party.
    pub counterparty: Named,
    /// Treating unit; empty where units are added up.
    pub unit: Named,
    /// Contacts, or cases.
    pub contacts: i64,
    /// DRG points, thousandths.
    pub points_milli: i64,
    /// Days.
    pub days: i64,
    /// How it is priced, `20 % × 38 209 kr`; empty where several rates are added up.
    pub rate: String,
    /// Rule version; empty where no rule made it.
    pub rule_version: String,
    /// The statement that the line corrects; empty if none.
    pub corrects: String,
    /// Voucher numbers, first and last.
    pub vouchers: (i64, i64),
    /// KOSTRA function and article, `255/300`; empty where the recipient is no municipality.
    pub account: String,
    /// Whether it is disputed.
    pub disputed: bool,
    /// Amount, from the recipient's side: what it owes, or is owed.
    pub amount: Amount,
}

/// A step of the bridge from what was paid on account to what was settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BridgeStep {
    /// What it is; the words are the reader's language.
    pub what: BridgeWhat,
    /// Amount.
    pub amount: Amount,
}

/// What a step of the bridge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BridgeWhat {
    /// Paid on account.
    OnAccount,
    /// An instrument's activity, less what was paid on account for it.
    Activity(Instrument),
    /// Corrections of earlier months, by contacts and coding.
    Corrections,
    /// Corrections by rule or rate.
    Rates,
    /// Decisions: objections, review board.
    Decisions,
    /// What the settlement comes to.
    Settlement,
    /// What was paid on account, taken off again.
    LessOnAccount,
    /// Carried from months before, and on to later ones.
    Carried,
    /// Rounding to whole kroner.
    Rounding,
    /// What is to be paid.
    ToPay,
}

/// A proposal for the municipality's accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// KOSTRA function.
    pub function: String,
    /// KOSTRA article.
    pub article: String,
    /// What it is called.
    pub text: String,
    /// Whether nobody has signed it.
    pub unsigned: bool,
    /// Amount.
    pub amount: Amount,
}

/// What each month came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthSum {
    /// Month, `2012-03`.
    pub month: String,
    /// Paid on account.
    pub on_account: Amount,
    /// Settled.
    pub settled: Amount,
}

/// What one counterparty is to get or give, where each is settled by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The counterparty; the clearing account where everything is netted.
    pub counterparty: Named,
    /// Amount, from the recipient's side.
    pub amount: Amount,
    /// Paid on account before, and set against it.
    pub on_account: Amount,
    /// What rounding to whole kroner added.
    pub rounding: Amount,
    /// Reference.
    pub reference: String,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Version of the form.
    pub form: u32,
    /// Number, `2012-03-0602`.
    pub number: String,
    /// Version, from 1; 0 where nothing is settled yet.
    pub version: usize,
    /// Period, `2012-03`, `2012-T1`, `2012` or `2012-01–2012-05`.
    pub period: String,
    /// First day.
    pub from: Day,
    /// Last day, included.
    pub to: Day,
    /// Language.
    pub language: Language,
    /// Who sends it.
    pub sender: Named,
    /// Who it is for.
    pub recipient: Named,
    /// Whether the recipient owes; else it is owed.
    pub owes: bool,
    /// How far it has come.
    pub tags: Vec<Tag>,
    /// How it is paid.
    pub mode: Mode,
    /// Sum of the lines.
    pub settled: Amount,
    /// Asked on account for the period.
    pub on_account: Amount,
    /// Carried from earlier months that were not yet set against what was paid on account.
    pub carried: Amount,
    /// What rounding to whole kroner leaves.
    pub rounding: Amount,
    /// To pay now (to get, if it is owed): below zero is the other way.
    pub to_pay: Amount,
    /// What is left to be set against later.
    pub carried_on: Amount,
    /// What the settlement so far comes to that nobody has been asked to pay yet: the expected year-end
    /// settlement, where on account is balanced by the year.
    pub not_paid: Amount,
    /// Whether what is to be paid is fixed: the period is closed.
    pub fixed: bool,
    /// When it was closed, and so issued.
    pub issued: Option<Day>,
    /// When it is due; `None` until the period is closed, and where no term was found.
    pub due: Option<Day>,
    /// Whether nobody has signed the term.
    pub due_unsigned: bool,
    /// To whom, and with which reference.
    pub payments: Vec<Payment>,
    /// Bridge from on account to settled.
    pub bridge: Vec<BridgeStep>,
    /// Lines, units added up.
    pub posts: Vec<Post>,
    /// Lines by unit, for the workbook.
    pub detail: Vec<Post>,
    /// Proposal for the accounts.
    pub bookings: Vec<Booking>,
    /// Months of the year so far.
    pub months: Vec<MonthSum>,
    /// Open objections: key and amount.
    pub objections: Vec<(String, Amount)>,
    /// Rule versions, each with its provision.
    pub rules: Vec<(String, String)>,
    /// How many values nobody has signed.
    pub unsigned: usize,
    /// Beginning of the chain's hash after the last step that is in it.
    pub control_code: String,
    /// The last step that is in it.
    pub last_step: i64,
}
