//! The rules that a ledger stands on, and the step that changes them.

use crate::failure::Result;
use domain::{Minute, StepKind};
use ledger::content::Ruled;

use super::books::Books;
use crate::law::Files;
use crate::refusal::Refusal;

/// Result of changing the rules of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// The ledger stands on these rules already. Nothing was changed.
    Unchanged,
    /// Names of the files that were added, removed or changed.
    Changed(Vec<String>),
}

/// Puts a ledger on other rules, from the next settlement on. `reference` says who decided.
///
/// # Errors
/// Fails if a rule file is wrong, or if the ledger cannot be written.
pub fn change(books: &mut Books, files: &Files, reference: &str, now: Minute) -> Result<Ruling> {
    crate::free_text::is_reference(reference)?;
    files.book()?;
    let before = books.rules()?;
    let changed = differing(&before, &files.law);
    if changed.is_empty() {
        return Ok(Ruling::Unchanged);
    }
    let text = serde_json::to_string(&files.law)?;
    let rules_archive = ledger::voucher::digest(text.as_bytes());
    let content = Ruled { rules_archive, changed: changed.clone(), reference: reference.to_owned() };
    let period = Minute::day(now).year().to_string();
    let content = serde_json::to_string(&content)?;
    books.post(StepKind::Rules, &period, now, content, Vec::new(), vec![text.into_bytes()])?;
    Ok(Ruling::Changed(changed))
}

/// The rules for a settlement: the rules that the ledger stands on, or `given` if the ledger has no rules yet.
/// `is_asked` tells whether the caller insists on `given`. Also returns the names of the files that differ between
/// `given` and the ledger's rules.
///
/// # Errors
/// Fails if the caller asks for other rules than the ledger's.
pub fn kept(books: &mut Books, given: Files, is_asked: bool) -> Result<(Files, Vec<String>)> {
    let kept = books.rules()?;
    if kept.is_empty() {
        return Ok((given, Vec::new()));
    }
    let changed = differing(&kept, &given.law);
    if is_asked && !changed.is_empty() {
        let ledger = books.ledger.place().to_owned();
        return Err(Refusal::OtherRules { files: changed, ledger }.into());
    }
    Ok((Files { law: kept, variants: Vec::new() }, changed))
}

/// Names, in order, of the files that differ between two sets or that stand in only one of the sets.
pub(super) fn differing(one: &[(String, String)], other: &[(String, String)]) -> Vec<String> {
    let lacks = |set: &[(String, String)], file: &(String, String)| !set.contains(file);
    let mut out: Vec<String> =
        one.iter().filter(|file| lacks(other, file)).map(|(name, _)| name.clone()).collect();
    out.extend(other.iter().filter(|file| lacks(one, file)).map(|(name, _)| name.clone()));
    out.sort();
    out.dedup();
    out
}
