//! A statement (`oppgjørsbrev`): what a party owes or is owed for a period, line by line.
//!
//! A statement is made of vouchers alone. The same ledger, read as of the same time, therefore gives the same
//! bytes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use words::{Language, Message, Said};

use crate::{Amount, Cause, Day, Gap, Instrument, Mode, Register};

/// Version of the JSON form of a statement.
pub const FORM: u32 = 3;

/// A party or a unit, with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Party in the form that [`crate::Party`] writes, or code of a unit; empty for units that are added up.
    pub party: String,
    pub name: String,
}

/// Mark on a statement: how final its amounts are, or what it was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tag {
    /// A value behind the statement is not signed off.
    Draft,
    /// The amounts may still change.
    Provisional,
    /// Every month of the period is closed, but not every month is final.
    Closed,
    /// Every month of the period was made final: it was closed, and every value behind it was signed off.
    Final,
    /// A month of the period was settled more than once, or corrected in another month.
    Corrected,
    /// The contacts are synthetic: the people do not exist.
    Synthetic,
}

impl Said for Tag {
    fn said(&self) -> Message {
        let word = match self {
            Tag::Draft => "draft",
            Tag::Provisional => "provisional",
            Tag::Closed => "closed",
            Tag::Final => "final",
            Tag::Corrected => "corrected",
            Tag::Synthetic => "synthetic",
        };
        Message::under("tag", word)
    }
}

/// A line of a statement (`post`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    pub instrument: Instrument,
    pub cause: Cause,
    /// Month of the activity; the whole period if its months are added up.
    pub activity_period: String,
    pub counterparty: Named,
    /// Unit that treated the patients; empty if units are added up.
    pub unit: Named,
    /// Number of contacts; under the day rate, number of cases.
    pub contacts: i64,
    /// In thousandths of a DRG point.
    pub points_milli: i64,
    pub days: i64,
    /// Pricing in words, for instance `20 % × 38 209 kr`; empty if the pricing of the rule version is not known.
    pub rate: String,
    /// Version of the rule that gave the amount; empty if no rule gave the amount.
    pub rule_version: String,
    /// Number of the statement that the line corrects; empty if the line corrects no statement.
    pub corrects: String,
    /// Numbers of the vouchers behind the line, as spans from first to last, both included.
    pub vouchers: Vec<(i64, i64)>,
    /// KOSTRA function and article, `255/300`; empty if the recipient is not a municipality or if no account is
    /// known.
    pub account: String,
    /// Sum of the amounts disputed by open objections to contacts behind the line; zero if there is no objection.
    pub disputed: Amount,
    /// References of the decisions behind the line, made on objections or by the settlement review board; for an
    /// objection that was reopened, its key. Empty for other lines.
    pub references: Vec<String>,
    /// Amount that the recipient owes, or is owed if [`Statement::owes`] is `false`.
    pub amount: Amount,
}

impl Post {
    /// Adds a voucher behind the line. Vouchers come in order of their numbers.
    pub fn add_voucher(&mut self, number: i64) {
        match self.vouchers.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => self.vouchers.push((number, number)),
        }
    }

    /// Numbers of the vouchers behind the line, as `17–19, 52`. At most 1000 spans are shown; `…` stands for the rest.
    pub fn voucher_numbers(&self) -> String {
        let span = |(first, last): &(i64, i64)| match first == last {
            true => first.to_string(),
            false => format!("{first}–{last}"),
        };
        // A cell of a workbook holds 32 767 characters.
        const SHOWN: usize = 1000;
        let mut shown: Vec<String> = self.vouchers.iter().take(SHOWN).map(span).collect();
        shown.extend((self.vouchers.len() > SHOWN).then(|| "…".to_owned()));
        shown.join(", ")
    }
}

/// How to reach a party and where to pay it. A text is empty if it is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// Organisation number.
    pub organisation: String,
    /// Norwegian bank account, eleven digits.
    pub account: String,
    /// Reference that the party wants on its invoices.
    pub reference: String,
    /// Person or office to ask.
    pub contact: String,
    pub telephone: String,
    pub email: String,
    /// Registers that the party is in.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub registers: BTreeSet<Register>,
}

/// A step of the bridge, which leads from the amount on account to the amount settled, and on to the amount to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BridgeStep {
    pub what: BridgeWhat,
    pub amount: Amount,
}

/// Kind of a step of the bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BridgeWhat {
    /// Start of the bridge: the amount paid on account.
    OnAccount,
    /// Activity under an instrument, less the amount paid on account for that instrument.
    Activity(Instrument),
    /// Corrections because of contacts, coding or payer.
    Corrections,
    /// Corrections because of a changed rule or rate.
    Rates,
    /// Decisions on objections, and decisions of the settlement review board.
    Decisions,
    /// Sum of the steps before: the amount settled.
    Settlement,
    /// Amount paid on account, subtracted.
    LessOnAccount,
    /// Amount carried from earlier months, less the amount carried on to later ones.
    Carried,
    /// Rounding to whole kroner.
    Rounding,
    /// End of the bridge: the amount to pay.
    ToPay,
    /// End of the bridge of a summary: what the statements of its months asked for.
    Asked,
}

/// What the statement of one month asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Number of the month's statement.
    pub statement: String,
    /// Amount as in [`Statement::to_pay`].
    pub amount: Amount,
    /// Day on which the amount is due; `None` if no term of payment was found.
    pub due: Option<Day>,
}

/// Proposal for one entry in the municipality's accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// KOSTRA function.
    pub function: String,
    /// KOSTRA article.
    pub article: String,
    /// Names of function and article.
    pub text: String,
    /// Whether the proposed account is not signed off.
    pub unsigned: bool,
    pub amount: Amount,
}

/// Amounts of one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthSum {
    /// Month in the form `2012-03`.
    pub month: String,
    pub on_account: Amount,
    pub settled: Amount,
}

/// Payment between the recipient and one counterparty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Counterparty of the payment; the clearing account if everything is netted.
    pub counterparty: Named,
    /// Amount that the recipient pays, or receives if [`Statement::owes`] is `false`.
    pub amount: Amount,
    /// Amount paid on account earlier, which is set against the claims.
    pub on_account: Amount,
    /// Difference that rounding to whole kroner added.
    pub rounding: Amount,
    /// Number of the statement; then `-AK` if amounts on account are paid; then a hyphen and the counterparty, unless
    /// the payment goes through the clearing account.
    pub reference: String,
    /// Day on which the payment is due; `None` if the month is not closed, or if no term of payment was found.
    #[serde(default)]
    pub due: Option<Day>,
    /// Whether the term of payment is unsigned.
    #[serde(default)]
    pub due_unsigned: bool,
    /// Bank account to pay to; empty if it is not known, or if the recipient is paid.
    #[serde(default)]
    pub account: String,
}

/// Statement of one party for one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Version of the JSON form: [`FORM`].
    pub form: u32,
    /// Period and party, for instance `2012-03-0602`.
    pub number: String,
    /// Version of the statement, counted from 1; 0 if nothing is settled yet.
    pub version: usize,
    /// Period as `2012-03`, `2012-T1` or `2012`; `2012-05-ytd` for the year so far.
    pub period: String,
    pub from: Day,
    /// Last day, included.
    pub to: Day,
    pub language: Language,
    pub sender: Named,
    #[serde(default)]
    pub sender_address: Address,
    pub recipient: Named,
    #[serde(default)]
    pub recipient_address: Address,
    /// Whether the recipient owes; otherwise the recipient is owed.
    pub owes: bool,
    pub tags: Vec<Tag>,
    /// Whether the statement is a summary, which covers more than one month, or the year so far. A summary asks for
    /// nothing itself: it has no day of payment, no payment and no invoice, but lists what the statements of its
    /// months asked for.
    pub is_summary: bool,
    /// Months of a summary that are not settled yet, though others are: what is on account for them is not compared.
    #[serde(default)]
    pub unsettled: Vec<String>,
    /// What the statements of the closed months asked for; empty unless this is a summary.
    pub asked: Vec<Asked>,
    /// `Decentral` if any instrument in the lines is paid decentrally.
    pub mode: Mode,
    /// Sum of the lines.
    pub settled: Amount,
    /// Amount requested on account for the period.
    pub on_account: Amount,
    /// Balance of earlier months that were closed without netting: settled, less paid on account.
    pub carried: Amount,
    /// Difference that rounding to whole kroner added; zero until the last month is closed.
    pub rounding: Amount,
    /// Amount that the recipient pays now, or receives if [`Statement::owes`] is `false`; zero in a summary. A
    /// negative amount is paid in the other direction.
    pub to_pay: Amount,
    /// Balance that is carried on to later months.
    pub carried_on: Amount,
    /// Amount settled so far for which no payment has been requested: the expected year-end settlement, if
    /// amounts on account are balanced by the year.
    pub not_paid: Amount,
    /// Whether the last month of the period is closed, so that the amount to pay is fixed.
    pub fixed: bool,
    /// Day on which the last month was closed; `None` while the month is open.
    pub issued: Option<Day>,
    /// Day on which the amount is due; `None` if the last month is not closed, if no term of payment was found, or
    /// if the statement is a summary.
    pub due: Option<Day>,
    /// Whether the term of payment is not signed off.
    pub due_unsigned: bool,
    /// One payment for each counterparty that is paid directly, and one through the clearing account for the rest;
    /// empty in a summary.
    pub payments: Vec<Payment>,
    /// Steps from the amount paid on account to the amount settled and the amount to pay.
    pub bridge: Vec<BridgeStep>,
    /// Lines, with units added up. Months of activity are added up too, except those of corrections.
    pub posts: Vec<Post>,
    /// Lines by unit and month of activity, for the workbook.
    pub detail: Vec<Post>,
    /// Proposals for the municipality's accounts; empty if the recipient is owed.
    pub bookings: Vec<Booking>,
    /// Months of the year up to the end of the period.
    pub months: Vec<MonthSum>,
    /// Key and disputed amount of each open objection.
    pub objections: Vec<(String, Amount)>,
    /// Rule versions behind the lines, each with its provision.
    pub rules: Vec<(String, String)>,
    /// Number of values behind the statement that are not signed off.
    pub unsigned: usize,
    /// Instruments that are in force and that the period is not settled for, each with the value that was missing; `None` if
    /// nobody asked for it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_settled: BTreeMap<Instrument, Option<Gap>>,
    /// Hash at the end of the last step that changed a sum of the period; empty if no month of it was opened.
    pub control_code: String,
    /// Last step that touched the period; 0 if no month of the period was opened.
    pub last_step: i64,
}
