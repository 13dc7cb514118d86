//! Proof that nothing in the ledger was altered: every hash agrees when computed again, every voucher balances, all
//! accounts add up to zero, and the triggers that keep rows from being changed are in place.

use domain::{Amount, Minute};
use words::{Message, message};

use crate::store::{Head, Ledger, LedgerError, Wanted};
use crate::voucher::Step;

/// Result of a verification: what was read, and the faults that were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    pub steps: i64,
    pub vouchers: i64,
    /// Number of kept files read.
    pub archives: i64,
    /// Sum of all debits.
    pub debit: Amount,
    /// Hash at the end of the chain.
    pub head: String,
    /// Time of the last step; `None` if there is none.
    pub recorded_at: Option<Minute>,
    /// Faults, each of which names its record; empty if nothing is wrong.
    pub faults: Vec<Message>,
}

/// Number of faults after which no more steps are read.
const FAULTS: usize = 50;

/// Verifies the whole ledger, from the first step to the last.
///
/// # Errors
/// Fails if the store cannot be read. A record that cannot be read back is a fault, not an error.
pub fn verify(ledger: &mut Ledger) -> Result<Proof, LedgerError> {
    let mut proof = Proof::default();
    // A record that cannot be read back was altered. The walk ends there, and the record is reported as a fault.
    match walk(ledger, &mut proof) {
        Err(LedgerError::Damaged { what, fault, .. }) => {
            proof.faults.push(Message::joined(vec![what, fault], ": "))
        }
        walked => walked?,
    }
    Ok(proof)
}

fn walk(ledger: &mut Ledger, proof: &mut Proof) -> Result<(), LedgerError> {
    let head = ledger.head()?;
    let mut hash = String::new();
    let mut total = Amount::ZERO;
    let mut last = None;
    let mut lines = 0;
    let steps = ledger.steps()?;
    for (place, step) in steps.iter().enumerate() {
        if proof.faults.len() >= FAULTS {
            break;
        }
        proof.steps += 1;
        if step.number != place as i64 + 1 {
            proof.faults.push(message!("proof.step_missing", step = step.number));
        }
        if last.is_some_and(|last| step.recorded_at < last) {
            proof.faults.push(message!("proof.step_backwards", step = step.number));
        }
        last = Some(step.recorded_at);
        let computed = step.chained(&hash);
        if computed != step.hash {
            proof.faults.push(message!("proof.step_altered", step = step.number));
        }
        hash.clone_from(&step.hash);
        let only = Wanted::of_step(step.number);
        let vouchers = ledger.vouchers(&only)?;
        if vouchers.len() as i64 != step.vouchers {
            let found = vouchers.len();
            proof.faults.push(message!(
                "proof.step_vouchers",
                step = step.number,
                found,
                stated = step.vouchers
            ));
        }
        for voucher in vouchers {
            proof.vouchers += 1;
            let number = voucher.number;
            if number != proof.vouchers {
                proof.faults.push(message!("proof.voucher_missing", number));
                proof.vouchers = number;
            }
            if !voucher.balances() {
                proof.faults.push(message!("proof.voucher_unbalanced", number));
            }
            if voucher.chained(&hash) != voucher.hash {
                proof.faults.push(message!("proof.voucher_altered", number));
            }
            lines += voucher.lines.len() as i64;
            proof.debit += voucher.debit();
            total += voucher.lines.iter().map(|line| line.amount).sum();
            hash = voucher.hash;
        }
    }
    if total != Amount::ZERO {
        proof.faults.push(message!("proof.not_zero", total));
    }
    let all = ledger.lines()?;
    if proof.faults.is_empty() && all != lines {
        proof.faults.push(message!("proof.stray_lines", count = all - lines));
    }
    kept(ledger, &steps, proof)?;
    for name in ledger.lost_guards()? {
        proof.faults.push(message!("proof.guard_lost", name));
    }
    if proof.faults.is_empty() && head != (Head { recorded_at: last, ..end(proof, &hash) }) {
        proof.faults.push(message!("proof.end"));
    }
    (proof.head, proof.recorded_at) = (hash, last);
    Ok(())
}

fn end(proof: &Proof, hash: &str) -> Head {
    Head { steps: proof.steps, vouchers: proof.vouchers, hash: hash.to_owned(), recorded_at: None }
}

/// Checks that every kept file matches its digest, and that every file that a step names is kept.
fn kept(ledger: &mut Ledger, steps: &[Step], proof: &mut Proof) -> Result<(), LedgerError> {
    let archives = ledger.archives()?;
    for digest in &archives {
        proof.archives += 1;
        match ledger.archive(digest) {
            Ok(_) => {}
            Err(LedgerError::Damaged { what, fault, .. }) => {
                proof.faults.push(Message::joined(vec![what, fault], ": "))
            }
            Err(error) => return Err(error),
        }
    }
    for step in steps {
        for digest in named(&step.content) {
            if !archives.contains(&digest) {
                proof.faults.push(message!("proof.archive_missing", step = step.number, digest));
            }
        }
    }
    Ok(())
}

/// Digests in the content of a step: every text under a key that ends in `archive`, at any depth.
fn named(content: &str) -> Vec<String> {
    fn walk(value: &serde_json::Value, key: &str, out: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => map.iter().for_each(|(key, value)| walk(value, key, out)),
            serde_json::Value::Array(list) => list.iter().for_each(|value| walk(value, key, out)),
            serde_json::Value::String(text) if key.ends_with("archive") && !text.is_empty() => {
                out.push(text.clone());
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    if let Ok(value) = serde_json::from_str(content) {
        walk(&value, "", &mut out);
    }
    out
}
