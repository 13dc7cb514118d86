//! Decisions on who answers for a municipality that was split.

use crate::failure::Result;
use domain::municipality::Heir;
use domain::{Minute, Municipalities, StepKind};
pub use ledger::content::Inherited;
use ledger::months::{MonthRecord, Months};

use super::books::Books;
use crate::refusal::Refusal;

/// Result of recording a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inheriting {
    /// The decision was recorded already. Nothing was changed.
    Unchanged,
    Recorded,
}

/// Records the decision on who answers for a municipality that was split.
///
/// # Errors
/// Fails if the decision has no reference; if the heir does not exist on the day, if the municipality has not ended before
/// the day, if it became exactly one other municipality, if another heir is recorded, or if the month is closed.
pub fn inherit(books: &mut Books, content: &Inherited, now: Minute) -> Result<Inheriting> {
    crate::free_text::is_reference(&content.reference)?;
    if books.months.inherited.contains(content) {
        return Ok(Inheriting::Unchanged);
    }
    may_inherit(&books.months, &books.municipalities, content)?;
    let text = serde_json::to_string(content)?;
    books.post(
        StepKind::Inheritance,
        &content.from.month().to_string(),
        now,
        text,
        Vec::new(),
        Vec::new(),
    )?;
    Ok(Inheriting::Recorded)
}

/// Checks that a decision may be recorded in this state of the ledger.
///
/// # Errors
/// Fails if the heir does not exist on the day, if the municipality has not ended before the day, if it became
/// exactly one other municipality, if another heir is recorded, or if the month is closed.
pub(super) fn may_inherit(
    months: &Months,
    municipalities: &Municipalities,
    content: &Inherited,
) -> std::result::Result<(), Refusal> {
    let heir = municipalities.of_party(&content.heir);
    if !heir.is_some_and(|row| row.exists_on(content.from)) {
        let (code, day) = (content.heir.clone(), content.from);
        return Err(Refusal::NoSuchMunicipality { code, day });
    }
    let code = content.party.trim_start_matches(domain::municipality::UNDECIDED);
    let ended = municipalities.of_party(code).and_then(|row| row.to);
    if ended.is_none_or(|to| to >= content.from) {
        return Err(Refusal::HasNotEnded { code: code.to_owned(), day: content.from });
    }
    if let Heir::One(heir) = municipalities.heir(code, content.from) {
        return Err(Refusal::OneHeir { code: code.to_owned(), heir });
    }
    if let Some(other) = months.decided_heir(code, content.from).filter(|heir| *heir != content.heir) {
        return Err(Refusal::HeirDecided { code: code.to_owned(), heir: other.to_owned() });
    }
    if months.months.get(&content.from.month()).is_some_and(MonthRecord::is_closed) {
        return Err(Refusal::DecisionInClosedMonth(content.from.month()));
    }
    Ok(())
}
