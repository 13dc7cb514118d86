//! Makes closed months final.

use crate::failure::Result;
use domain::{Minute, Period, PeriodState, StepKind};

use super::books::Books;
use crate::refusal::Refusal;

/// Result of making a period final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finalising {
    /// The period was final already. Nothing was changed.
    Unchanged,
    Final,
}

/// Makes the months of a period final.
///
/// # Errors
/// Fails if a month is not closed, or rests on values that nobody has signed.
pub fn finalise(books: &mut Books, period: Period, now: Minute) -> Result<Finalising> {
    for month in period.months() {
        match books.months.state(month) {
            Some(PeriodState::Final) => {}
            Some(PeriodState::Closed) => {
                let values = books.months.unsigned(month, month);
                if !values.is_empty() {
                    return Err(Refusal::RestsOnUnsigned { month, values }.into());
                }
            }
            Some(PeriodState::Open | PeriodState::Provisional) | None => {
                return Err(Refusal::NotClosed { month, ledger: books.ledger.place().to_owned() }.into());
            }
        }
    }
    if period.months().all(|month| books.months.state(month) == Some(PeriodState::Final)) {
        return Ok(Finalising::Unchanged);
    }
    books.post(StepKind::Finalise, &period.to_string(), now, "{}".to_owned(), Vec::new(), Vec::new())?;
    Ok(Finalising::Final)
}
