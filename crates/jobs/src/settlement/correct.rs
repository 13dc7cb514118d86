//! Correction of closed months in an open one.

use crate::failure::Result;
use domain::{Claims, Month, Period, StepKind};
use ledger::content::Settled;
use ledger::{Step, correction};
use settlement::archive;

use super::books::Books;
pub use super::delivery::{Causes, Run, Sums};
use super::delivery::{DeliverySettler, check_sums, sums};
use super::source::content;
use crate::host::Host;
use crate::refusal::Refusal;

/// What a correction posted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Correction {
    /// Units that the coverage names, but that have no contact in the delivery. What is posted for them is
    /// withdrawn.
    pub undelivered: Vec<String>,
    /// Units and months of which something is posted and nothing is delivered. What is posted stands.
    pub left_out: Vec<(String, Month)>,
    /// Closed months in order, each with its differences by cause; `None` if nothing differs.
    pub months: Vec<(Month, Option<Causes>)>,
    /// Number of vouchers in the open month, and their sums; `None` if nothing was posted.
    pub posted: Option<(usize, Sums)>,
    /// Keys of decided objections whose lines have changed, so that they must be decided anew.
    pub reopened: Vec<String>,
    /// Number of rows that the check refused.
    pub refused: u64,
}

/// Corrects the closed months of a period: the differences are posted in the open month `into`.
///
/// # Errors
/// Fails if `into` may not change, if no month of the period is closed, or if the delivery cannot be settled.
pub fn correct(books: &mut Books, period: Period, into: Month, run: &Run, host: &Host) -> Result<Correction> {
    books.may_change(into)?;
    // A month before the first of the ledger can be opened no more once that is closed: what belongs to it comes late too.
    let first = books.months.months.iter().next().filter(|(_, record)| record.is_closed());
    let is_before = first.is_some_and(|(first, _)| period.months().all(|month| month < *first));
    let is_late = |month: &Month| match books.months.months.get(month) {
        Some(record) => record.is_closed(),
        None => is_before,
    };
    let closed: Vec<Month> = period.months().filter(is_late).collect();
    if closed.is_empty() {
        return Err(Refusal::NothingClosed(period).into());
    }
    let mut settler = DeliverySettler::new(books, run, &closed, host)?;
    let (mut months, mut vouchers, mut archives) = (Vec::new(), Vec::new(), Vec::new());
    let mut out = Correction { undelivered: settler.undelivered(), ..Correction::default() };
    for month in closed {
        let Some((mut moved, movements)) = settler.month(month, into, host)? else {
            out.months.push((month, None));
            continue;
        };
        let bytes = archive::encode(&movements)?;
        moved.movements_archive = ledger::voucher::digest(&bytes);
        let of_month = correction::vouchers(&movements, &into.to_string());
        check_sums(&movements, &of_month);
        out.months.push((month, Some(moved.causes.clone())));
        vouchers.extend(of_month);
        let (keys, back) = settler.reopened(&movements, into);
        out.reopened.extend(keys);
        vouchers.extend(back);
        archives.push(bytes);
        months.push(moved);
    }
    out.refused = settler.refused;
    out.left_out = std::mem::take(&mut settler.left_out).into_iter().collect();
    if months.is_empty() {
        return Ok(out);
    }
    archives.push(settler.rules_text.clone().into_bytes());
    let content = serde_json::to_string(&settler.content(into, months, out.reopened.clone()))?;
    out.posted = Some((vouchers.len(), sums(&vouchers)));
    books.post(StepKind::Correct, &period.to_string(), run.now, content, vouchers, archives)?;
    Ok(out)
}

/// Movements of the settlement or correction that was posted last, of all its months; empty if none was posted.
///
/// # Errors
/// Fails if the ledger cannot be read.
pub fn last_movements(books: &mut Books) -> Result<Claims> {
    let mut claims = Claims::default();
    let steps = books.ledger.steps()?;
    let settles = |step: &&Step| matches!(step.kind, StepKind::Run | StepKind::Correct);
    if let Some(step) = steps.iter().rev().find(settles) {
        for moved in content::<Settled>(step)?.months {
            claims.extend(&books.movements(&moved.movements_archive)?);
        }
    }
    Ok(claims)
}
