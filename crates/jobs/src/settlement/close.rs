//! Netting and closing of months. What comes later is posted in an open month.

use std::collections::BTreeMap;

use crate::failure::Result;
use domain::{Amount, Minute, Month, Party, Period, PeriodState, StepKind};
use ledger::content::Closed;

use super::books::Books;
use crate::host::Host;
use crate::progress::Work;
use crate::refusal::Refusal;

/// Result of closing one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// The month was closed already. Nothing was changed.
    Unchanged,
    /// The month is closed, and netted to this number of amounts.
    Netted(usize),
    /// The month is closed without netting: it is set against amounts on account in a later month.
    SetAgainstLater,
}

/// Nets and closes the months of a period, one by one.
///
/// # Errors
/// Fails if a month is not over, not opened or not settled, if an earlier month is not closed, if nobody has decided who
/// answers for a party, or, without `accept`, if nothing was delivered for the month. Then no month is closed.
pub fn close(
    books: &mut Books,
    period: Period,
    accept: bool,
    now: Minute,
    host: &Host,
) -> Result<Vec<(Month, Closing)>> {
    for month in period.months() {
        may_close(books, month, period, accept, now)?;
    }
    let mut out = Vec::new();
    for month in period.months() {
        if books.months.state(month) != Some(PeriodState::Provisional) {
            out.push((month, Closing::Unchanged));
            continue;
        }
        let stage = host.begin(Work::Close(month));
        let nets = books.months.nets(month);
        let vouchers = books.months.netting(&mut books.ledger, month, None)?;
        let count = vouchers.len();
        let content = serde_json::to_string(&Closed { netted: nets })?;
        books.post(StepKind::Close, &month.to_string(), now, content, vouchers, Vec::new())?;
        stage.done();
        out.push((month, if nets { Closing::Netted(count) } else { Closing::SetAgainstLater }));
    }
    Ok(out)
}

/// Checks that a month may be closed once the earlier months of `period` are closed.
fn may_close(books: &mut Books, month: Month, period: Period, accept: bool, now: Minute) -> Result<()> {
    match books.months.state(month) {
        Some(PeriodState::Closed | PeriodState::Final) => return Ok(()),
        Some(PeriodState::Provisional) => {}
        Some(PeriodState::Open) => {
            return Err(Refusal::NotSettled { month, ledger: books.ledger.place().to_owned() }.into());
        }
        None => books.may_change(month)?,
    }
    let mut before = books.months.months.range(..month);
    let is_open = |other: &Month| !period.holds(other.first());
    if let Some((other, _)) = before.find(|(other, record)| !record.is_closed() && is_open(other)) {
        let (month, ledger) = (*other, books.ledger.place().to_owned());
        return Err(Refusal::EarlierNotClosed { month, ledger }.into());
    }
    if now < month.last().next().start() {
        return Err(Refusal::MonthNotOver(month).into());
    }
    // What a split municipality owes can be paid by nobody, and a closed month never changes. Who has no address in the
    // extract is another matter: a later delivery names the municipality.
    let mut owed: BTreeMap<String, Amount> = BTreeMap::new();
    for voucher in books.vouchers(month, month, None)? {
        *owed.entry(voucher.debtor).or_default() += voucher.amount;
        *owed.entry(voucher.creditor).or_default() += -voucher.amount;
    }
    for (party, _) in owed.into_iter().filter(|(_, amount)| *amount != Amount::ZERO) {
        if let Party::Undecided(party) = Party::of(&books.heir(&party, month))
            && books.municipalities.of_party(&party).is_some()
        {
            let ledger = books.ledger.place().to_owned();
            return Err(Refusal::Undecided { party, month, ledger }.into());
        }
    }
    if !accept && books.is_empty(month)? {
        return Err(Refusal::NothingIn(month).into());
    }
    Ok(())
}
