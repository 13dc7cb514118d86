//! Settlement of open or provisional months, posted in the ledger.

use crate::failure::Result;
use domain::{Claims, Month, Period, StepKind};
use ledger::content::MonthMoved;
use ledger::correction;
use settlement::archive;

use super::books::Books;
pub use super::delivery::{Causes, Run, Sums};
use super::delivery::{DeliverySettler, check_sums, sums};
use crate::host::Host;
use crate::progress::Work;

/// What a settlement posted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settlement {
    /// Units that the coverage names, but that have no contact in the delivery. What is posted for them is
    /// withdrawn.
    pub undelivered: Vec<String>,
    /// Units and months for which something is posted, but nothing is delivered or declared as covered. What is posted
    /// stands.
    pub left_out: Vec<(String, Month)>,
    /// Result of each month, in order.
    pub months: Vec<(Month, Settling)>,
    /// Number of rows that the check refused.
    pub refused: u64,
}

/// Result of settling one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settling {
    /// What the month settles to is posted already. Nothing was changed.
    Unchanged,
    Posted {
        step: i64,
        /// Whether the month was never settled before.
        is_first: bool,
        /// Number of vouchers; 0 if no charge changed.
        vouchers: usize,
        sums: Sums,
        causes: Causes,
        /// Keys of decided objections whose lines have changed, so that they must be decided anew.
        reopened: Vec<String>,
    },
}

/// Settles the months of a period, and posts what differs from what is posted already: one step for each month that has
/// something to post.
///
/// # Errors
/// Fails if a month may not change, if the delivery cannot be read, if a value is missing, if a value is unsigned and
/// the order is no draft, or if a month would change in a way that needs [`Run::accept`]. No month is posted then. If
/// the database fails between two months, the months before the failure stay posted.
pub fn run(books: &mut Books, period: Period, run: &Run, host: &Host) -> Result<Settlement> {
    let months: Vec<Month> = period.months().collect();
    for month in &months {
        books.may_change(*month)?;
    }
    let mut settler = DeliverySettler::new(books, run, &months, host)?;
    let mut out = Settlement { undelivered: settler.undelivered(), ..Settlement::default() };
    // Every month is settled before the first is posted, so that a refusal posts nothing.
    let mut settled = Vec::new();
    for month in months {
        settled.push((month, settler.month(month, month, host)?));
    }
    for (month, moved) in settled {
        let settling = match moved {
            None => Settling::Unchanged,
            Some((moved, movements)) => post(&mut settler, month, moved, &movements, run, host)?,
        };
        out.months.push((month, settling));
    }
    out.refused = settler.refused;
    out.left_out = settler.left_out.into_iter().collect();
    Ok(out)
}

/// Posts the movements of one month as a step.
fn post(
    settler: &mut DeliverySettler,
    month: Month,
    mut moved: MonthMoved,
    movements: &Claims,
    run: &Run,
    host: &Host,
) -> Result<Settling> {
    let is_first = !settler.books.months.basis.contains_key(&month);
    let mut vouchers = correction::vouchers(movements, &month.to_string());
    check_sums(movements, &vouchers);
    let (reopened, back) = settler.reopened(movements, month);
    vouchers.extend(back);
    let bytes = archive::encode(movements)?;
    moved.movements_archive = ledger::voucher::digest(&bytes);
    let rules = settler.rules_text.clone().into_bytes();
    let causes = moved.causes.clone();
    let content = serde_json::to_string(&settler.content(month, vec![moved], reopened.clone()))?;
    let (count, sums) = (vouchers.len(), sums(&vouchers));
    let stage = host.begin(Work::Post(month));
    let archives = vec![bytes, rules];
    let step = settler.books.post(StepKind::Run, &month.to_string(), run.now, content, vouchers, archives)?;
    stage.done();
    Ok(Settling::Posted { step, is_first, vouchers: count, sums, causes, reopened })
}
