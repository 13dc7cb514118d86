//! Amounts on account (`a konto`), from a budget or from a year in the ledger.

use std::collections::BTreeMap;
use std::path::Path;

use crate::failure::{About, Result, fail};
use domain::{Amount, Cause, Instrument, Minute, Month, Municipalities, Party, Period, Residence, StepKind};
use ledger::content::OnAccount;
use ledger::netting;
use settlement::{Law, manifest};
use words::{Message, message};

use super::books::Books;
use super::delivery::{Sums, sums};
use super::open::in_one_year;
use super::rules;
use crate::law::Files;
use crate::parties;
use crate::refusal::Refusal;
use crate::table::small_table;

/// Source of the amounts on account.
pub enum OnAccountFrom<'a> {
    /// A budget file for the year, with rows `instrument;debtor;creditor;kroner`.
    Budget(&'a Path),
    /// A year in the ledger: the settled amounts that were posted in its months.
    Year(i16),
}

/// Result of posting amounts on account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnAccountPosted {
    /// Exactly these amounts are posted already. Nothing was changed.
    Unchanged,
    Posted {
        vouchers: usize,
        sums: Sums,
        /// Instruments of the year before that are not in force any more, and are left out.
        left_out: Vec<Instrument>,
    },
}

/// Posts amounts on account in the months of a period. An amount that is posted already is not posted again; a changed
/// amount is posted as the difference. Amounts that a year in the ledger does not name stay, and so do those of an instrument
/// that a budget does not name. If `season` is set, an amount of
/// [`OnAccountFrom::Year`] is divided over the months in proportion to the sums that were settled in that year for each
/// calendar month, of all parties together; otherwise every amount is divided in equal parts.
///
/// # Errors
/// Fails if the period has months of several years; if the budget cannot be read, or lacks an amount that is posted; if an
/// instrument of it is not in force; if the ledger holds no settlement of the year, or not of all its months; if a month that
/// would change is settled, closed or not opened; or if there is no amount to post.
pub fn on_account(
    books: &mut Books,
    period: Period,
    from: &OnAccountFrom,
    season: bool,
    now: Minute,
) -> Result<OnAccountPosted> {
    in_one_year(period)?;
    let months: Vec<Month> = period.months().collect();
    let (Some(first), Some(last)) = (months.first().copied(), months.last().copied()) else {
        fail!("error.on_account.no_month")
    };
    let mut standing = Standing::new();
    for voucher in books.vouchers(first, last, None)? {
        if let (Cause::OnAccount, Some(instrument)) = (voucher.cause, voucher.instrument) {
            let month = Month::parse(&voucher.posting_month)?;
            *standing.entry((month, instrument, voucher.debtor, voucher.creditor)).or_default() +=
                voucher.amount;
        }
    }
    let mut yearly: BTreeMap<(Instrument, String, String), Amount>;
    // The amount of a year is divided over its twelve months. Only the parts for the months of the period are posted.
    let mut weights = [1_i64; 12];
    let content = match from {
        OnAccountFrom::Budget(path) => {
            yearly = read_budget(path, period, &books.municipalities, &standing)?;
            none_gone(&standing, &yearly, path)?;
            OnAccount { basis: "budget".into(), of: manifest::sha256_file(path)?, divided: "equal".into() }
        }
        OnAccountFrom::Year(year) => {
            let by_month;
            (yearly, by_month) = of_year(books, *year, first)?;
            if season {
                weights = by_month.map(|ore| std::cmp::max(ore, 0));
            }
            let divided = if season { "season" } else { "equal" }.to_owned();
            OnAccount { basis: "previous-year".into(), of: year.to_string(), divided }
        }
    };
    let left_out = not_in_force(books, period, &yearly)?;
    if let (Some(instrument), OnAccountFrom::Budget(_)) = (left_out.first(), from) {
        fail!("error.on_account.not_in_force", instrument, period);
    }
    yearly.retain(|(instrument, ..), _| !left_out.contains(instrument));
    let mut vouchers = Vec::new();
    for ((instrument, debtor, creditor), amount) in &yearly {
        let parts = netting::divided(*amount, &weights);
        for month in &months {
            let part = parts.get(month.number() as usize - 1).copied().unwrap_or_default();
            let key = (*month, *instrument, debtor.clone(), creditor.clone());
            // Only the difference from the posted amount is posted.
            let more = part - standing.get(&key).copied().unwrap_or_default();
            if more != Amount::ZERO {
                books.may_change(*month)?;
                // A settled month asks for what is settled less what is on account: an amount that comes afterwards would
                // count as paid, and nobody would be asked for it.
                if books.months.basis.contains_key(month) {
                    return Err(Refusal::OnAccountTooLate(*month).into());
                }
                vouchers.push(netting::on_account(&month.to_string(), *instrument, debtor, creditor, more));
            }
        }
    }
    if vouchers.is_empty() && standing.is_empty() {
        fail!("error.on_account.there_no_amount_post_account");
    }
    if vouchers.is_empty() {
        return Ok(OnAccountPosted::Unchanged);
    }
    vouchers.sort_by(|one, other| one.posting_month.cmp(&other.posting_month));
    let (count, sum) = (vouchers.len(), sums(&vouchers));
    books.post(
        StepKind::OnAccount,
        &period.to_string(),
        now,
        serde_json::to_string(&content)?,
        vouchers,
        Vec::new(),
    )?;
    Ok(OnAccountPosted::Posted { vouchers: count, sums: sum, left_out })
}

/// Instruments with an amount that are not in force in a period, by the rules that the ledger stands on: nothing would ever be
/// settled against the amount.
fn not_in_force(
    books: &mut Books,
    period: Period,
    yearly: &BTreeMap<(Instrument, String, String), Amount>,
) -> Result<Vec<Instrument>> {
    let (files, _) = rules::kept(books, Files::read(None, &[])?, false)?;
    let scope = Law::of(&files.book()?)?.in_period(period, &[]);
    let has_amount =
        |one: &Instrument| yearly.iter().any(|((of, ..), sum)| of == one && *sum != Amount::ZERO);
    Ok(scope.not_in_force().filter(has_amount).collect())
}

/// Amounts on account that are posted, by month, instrument, debtor and creditor.
type Standing = BTreeMap<(Month, Instrument, String, String), Amount>;

/// Fails if a budget of an instrument lacks an amount of that instrument that is posted. A row that is gone may be
/// forgotten, or may mean that nobody pays any more.
fn none_gone(
    standing: &Standing,
    yearly: &BTreeMap<(Instrument, String, String), Amount>,
    path: &Path,
) -> Result<()> {
    let mut posted: BTreeMap<(Instrument, String, String), Amount> = BTreeMap::new();
    for ((_, instrument, debtor, creditor), amount) in standing {
        *posted.entry((*instrument, debtor.clone(), creditor.clone())).or_default() += *amount;
    }
    let gone = posted.iter().filter(|(key, amount)| {
        let is_of_budget = yearly.keys().any(|(instrument, ..)| *instrument == key.0);
        **amount != Amount::ZERO && is_of_budget && !yearly.contains_key(key)
    });
    let gone: Vec<String> = gone
        .map(|((instrument, debtor, creditor), _)| format!("{instrument};{debtor};{creditor};0"))
        .collect();
    if !gone.is_empty() {
        let (count, list) = (gone.len(), gone.into_iter().take(5).collect::<Vec<_>>().join(", "));
        fail!("error.on_account.row_gone", path = path.display(), count, list);
    }
    Ok(())
}

/// Two sums of the settled amounts that were posted in a year: by instrument, debtor and creditor; and by calendar
/// month of activity, in øre. The debtor and the creditor are the parties that answer in the month `now`.
///
/// # Errors
/// Fails if nothing is settled in the year, or if only some of its months are.
#[expect(clippy::type_complexity, reason = "two tables of one reading, used in one place")]
fn of_year(
    books: &mut Books,
    year: i16,
    now: Month,
) -> Result<(BTreeMap<(Instrument, String, String), Amount>, [i64; 12])> {
    let (Some(january), Some(december)) = (Month::new(year, 1), Month::new(year, 12)) else {
        fail!("error.on_account.no_year", year)
    };
    let of = Period::spanning(january, december).months();
    let months: Vec<Month> = of.filter(|month| !books.months.basis.contains_key(month)).collect();
    if (1..12).contains(&months.len()) {
        return Err(Refusal::YearNotSettled { year, months }.into());
    }
    let (mut yearly, mut by_month) = (BTreeMap::new(), [0_i64; 12]);
    for voucher in books.vouchers(january, december, None)? {
        let Some(instrument) = voucher.instrument.filter(|_| voucher.cause.is_computed()) else { continue };
        let key = (instrument, books.heir(&voucher.debtor, now), books.heir(&voucher.creditor, now));
        *yearly.entry(key).or_insert(Amount::ZERO) += voucher.amount;
        if let Ok(month) = Month::parse(&voucher.activity_period) {
            by_month[month.number() as usize - 1] += voucher.amount.ore();
        }
    }
    if yearly.is_empty() {
        return Err(Refusal::NoSettlementOf(year).into());
    }
    Ok((yearly, by_month))
}

/// Reads a budget with rows `instrument;debtor;creditor;kroner`. Kroner have a decimal comma or point. A debtor may have any
/// name that it has in the period.
fn read_budget(
    path: &Path,
    period: Period,
    municipalities: &Municipalities,
    standing: &Standing,
) -> Result<BTreeMap<(Instrument, String, String), Amount>> {
    let mut out = BTreeMap::new();
    for (at, [instrument, debtor, creditor, kroner]) in
        small_table(path, "instrument;debtor;creditor;kroner")?
    {
        let instrument = Instrument::from_word(&instrument).about(|| Message::plain(&at))?;
        let amount = Amount::read(&kroner).about(|| message!("error.on_account.not_amount", at, kroner))?;
        if amount < Amount::ZERO {
            fail!("error.on_account.below_zero_what_paid_account_paid", at, kroner);
        }
        // What is posted may be taken back, whoever it was posted on.
        let is_posted = standing
            .keys()
            .any(|(_, one, payer, payee)| (one, payer, payee) == (&instrument, &debtor, &creditor));
        if amount == Amount::ZERO && is_posted {
            out.insert((instrument, debtor, creditor), amount);
            continue;
        }
        let debtor = parties::named(&debtor, period).about(|| Message::plain(&at))?;
        let debtor = match Party::of(&debtor) {
            Party::Municipality { code, .. } => match municipalities.residence(&code, period.from()) {
                Residence::Municipality(_) => municipalities.party(&code, period.from()),
                _ => fail!("error.on_account.there_no_municipality", at, debtor, period),
            },
            Party::State | Party::Area(_) => debtor,
            _ => fail!("error.on_account.there_no_municipality", at, debtor, period),
        };
        let is_state = Party::of(&debtor) == Party::State;
        if is_state != (instrument == Instrument::Isf) {
            fail!("error.on_account.other_debtor", at, instrument, debtor);
        }
        let creditor = parties::named(&creditor, period).about(|| Message::plain(&at))?;
        if !domain::identifier::is_organisation(&creditor) && !Party::of(&creditor).is_synthetic() {
            fail!("error.on_account.no_organisation_number", at, creditor);
        }
        if out.insert((instrument, debtor.clone(), creditor.clone()), amount).is_some() {
            fail!("error.on_account.from_stands_twice", at, instrument, debtor, creditor);
        }
    }
    Ok(out)
}
