//! Opening of months, with the terms by which they are settled.

use std::collections::BTreeMap;

use crate::failure::{Result, fail};
use domain::{Balancing, Instrument, Minute, Mode, Month, PayRounding, Period, StepKind};
use ledger::Ledger;
use ledger::content::Opened;
use ledger::months::MonthRecord;

use super::books::Books;
use crate::refusal::Refusal;

/// Result of opening a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// Every month of the period was opened before, on the terms of the order. Nothing was changed.
    Unchanged,
    /// The period is now open in the ledger. `first` is the first month of the period; `place` is the place of the
    /// ledger, without a password.
    Opened { first: Month, place: String },
}

/// Refuses a period of several years: the terms and the budget are those of one.
///
/// # Errors
/// Fails if the period has months of several years.
pub(super) fn in_one_year(period: Period) -> Result<()> {
    if period.by_year().count() > 1 {
        fail!("error.settlement.one_year", period);
    }
    Ok(())
}

/// Opens the months of a period. Creates the ledger if there is none.
///
/// # Errors
/// Fails if the period has months of several years, if a month is open on other terms, if a later month is closed, or if only some of the months are
/// open already.
pub fn open(place: &str, period: Period, content: &Opened, now: Minute) -> Result<Opening> {
    in_one_year(period)?;
    let mut books = Books::read(Ledger::open_or_make(place)?)?;
    let new: Vec<Month> = period.months().filter(|month| books.months.state(*month).is_none()).collect();
    let Some(first) = new.first().copied() else {
        let is_other = |month: &Month| {
            books.months.months.get(month).is_some_and(|record: &MonthRecord| record.opened != *content)
        };
        return match period.months().find(is_other) {
            Some(month) => Err(Refusal::OpenOnOtherTerms(month).into()),
            None => Ok(Opening::Unchanged),
        };
    };
    let mut closed = books.months.months.iter().filter(|(_, record)| record.is_closed());
    if let Some((later, _)) = closed.find(|(month, _)| **month > first) {
        return Err(Refusal::LaterMonthClosed { later: *later, first }.into());
    }
    if new.len() != period.months().count() {
        return Err(Refusal::PartlyOpen(period).into());
    }
    let content = serde_json::to_string(content)?;
    books.post(StepKind::Open, &period.to_string(), now, content, Vec::new(), Vec::new())?;
    Ok(Opening::Opened { first, place: books.ledger.place().to_owned() })
}

/// Settlement mode of each instrument in a period: `mode` if it is given, else the mode in the settlement scheme on the
/// first day, else central.
///
/// # Errors
/// Fails if the built-in scheme cannot be read.
pub fn modes(mode: Option<Mode>, period: Period) -> Result<BTreeMap<Instrument, Mode>> {
    let scheme = rulebook::scheme::Scheme::built_in()?;
    let of = |instrument: &Instrument| {
        let as_law = || scheme.mode_on(instrument.word(), period.from()).map(|row| row.value.mode);
        (*instrument, mode.or_else(as_law).unwrap_or(Mode::Central))
    };
    Ok(Instrument::ALL.iter().map(of).collect())
}

/// Terms to open a period on. Without a mode, each instrument gets its mode from the settlement scheme.
///
/// # Errors
/// Fails if the built-in scheme cannot be read.
pub fn opened(
    mode: Option<Mode>,
    period: Period,
    balancing: Balancing,
    rounding: PayRounding,
) -> Result<Opened> {
    Ok(Opened { modes: modes(mode, period)?, balancing, rounding })
}
