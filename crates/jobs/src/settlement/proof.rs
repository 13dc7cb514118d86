//! Proof, export and balances of a ledger.

use std::path::Path;

use crate::failure::{About, Result, fail};
use domain::Amount;
use ledger::content::Settled;
use ledger::store::Wanted;
use ledger::{Ledger, correction, export, verify};
use words::{Message, Said, message};

use crate::host::Host;
use crate::progress::Work;
use crate::settlement::Books;
use crate::table::{Table, heads};
use disclosure::Cell;

/// Format of an exported ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportForm {
    Hledger,
    Beancount,
    /// One row for each line of a voucher.
    Csv,
    /// The rows of `Csv` as Parquet.
    Parquet,
}

/// Least number of digits of a hash that prove anything.
const LEAST_OF_HASH: usize = 12;

/// Proves a ledger: the chain of hashes, the balance, and that the vouchers of each settlement agree with the
/// claims behind them. `expected` is a noted hash of the chain, or its first digits: that of its end, or one on a
/// statement. Returns the faults, and a sentence that sums up the proof.
///
/// # Errors
/// Fails if the ledger cannot be read, or if `expected` is too short to prove anything.
pub fn prove(place: &str, expected: Option<&str>, host: &Host) -> Result<(Vec<Message>, Message)> {
    let stage = host.begin(Work::VerifyChain);
    let mut proof = verify::verify(&mut Ledger::open(place)?)?;
    stage.done();
    if proof.faults.is_empty() {
        let mut books = Books::open(place)?;
        let stage = host.begin(Work::VerifyVouchers);
        behind(&mut books, &mut proof.faults)?;
        stage.done();
    }
    let expected = expected.map(|expected| expected.replace(char::is_whitespace, "").to_lowercase());
    let mut held = None;
    if let Some(expected) = &expected {
        if expected.len() < LEAST_OF_HASH {
            fail!(
                "error.proof.expect_proves_nothing_give_least_digits",
                expected,
                least_of_hash = LEAST_OF_HASH
            );
        }
        match held_at(&mut Ledger::open(place)?, expected)? {
            _ if proof.head.starts_with(expected.as_str()) => {}
            Some((step, at)) => held = Some(message!("proof.held_at", expected, step, at)),
            None => proof.faults.push(message!("proof.other_end", head = proof.head, expected)),
        }
    }
    let count = |number: i64| domain::amount::grouped(number.unsigned_abs());
    let whole = message!(
        "proof.whole",
        steps = count(proof.steps),
        vouchers = count(proof.vouchers),
        archives = count(proof.archives),
        debit = proof.debit,
        head = proof.head
    );
    let said = std::iter::once(whole).chain(held).collect();
    Ok((proof.faults, Message::joined(said, "\n")))
}

/// The step that ended with a hash of the chain, given by its first digits, and its time; `None` if there is none. A
/// code on an old statement is such a hash: what stands after it builds on it.
fn held_at(ledger: &mut Ledger, expected: &str) -> Result<Option<(i64, domain::Minute)>> {
    let steps = ledger.steps()?;
    let of_step = |number: i64| {
        let step = steps.iter().find(|step| step.number == number);
        step.map(|step| (step.number, step.recorded_at))
    };
    if let Some(step) = steps.iter().find(|step| step.hash.starts_with(expected)) {
        return Ok(of_step(step.number));
    }
    let vouchers = ledger.vouchers(&Wanted::default())?;
    let voucher = vouchers.iter().find(|voucher| voucher.hash.starts_with(expected));
    Ok(voucher.and_then(|voucher| of_step(voucher.step)))
}

/// Checks that the vouchers of every settlement and correction agree with the sums of the claims kept behind
/// them, and adds a fault for each that does not.
fn behind(books: &mut Books, faults: &mut Vec<Message>) -> Result<()> {
    for step in books.ledger.steps()? {
        if !matches!(step.kind, domain::StepKind::Run | domain::StepKind::Correct) {
            continue;
        }
        let content: Settled =
            serde_json::from_str(&step.content).about(|| message!("error.proof.content_step"))?;
        let only = Wanted { months: None, after_step: step.number - 1, to_step: Some(step.number) };
        let posted = books.ledger.vouchers(&only)?;
        let mut computed = Vec::new();
        for month in &content.months {
            let claims = books.movements(&month.movements_archive)?;
            computed.extend(correction::vouchers(&claims, &content.into.to_string()));
        }
        // A reduction that is put back rests on an objection, not on claims.
        let posted: Vec<_> = posted.iter().filter(|voucher| voucher.cause.is_computed()).collect();
        if computed.len() != posted.len() {
            let (posted, computed) = (posted.len(), computed.len());
            faults.push(message!("proof.claims_count", step = step.number, posted, computed));
        }
        for (voucher, claim) in posted.iter().zip(&computed) {
            if voucher.amount != claim.amount || voucher.debtor != claim.debtor {
                let (number, amount) = (voucher.number, claim.amount);
                faults.push(message!("proof.claims_amount", number, amount));
            }
        }
    }
    Ok(())
}

/// Exports a ledger to a file, or returns the text if `out` is `None`. The text is empty if a file was
/// written.
///
/// # Errors
/// Fails if the ledger cannot be read, if the file cannot be written, or if no file is given for Parquet.
pub fn write(place: &str, form: ExportForm, out: Option<&Path>) -> Result<String> {
    let mut books = Books::open(place)?;
    let vouchers = books.ledger.vouchers(&Wanted::default())?;
    let text = match form {
        ExportForm::Hledger => export::hledger(&vouchers),
        ExportForm::Beancount => export::beancount(&vouchers),
        ExportForm::Csv => export::csv(&vouchers),
        ExportForm::Parquet => {
            let out = out.about(|| message!("error.proof.parquet_not_screen_give_file_out"))?;
            settlement::journal::write(out, &rows(&vouchers))?;
            return Ok(String::new());
        }
    };
    match out {
        Some(path) => {
            crate::folder::write(path, text)?;
            Ok(String::new())
        }
        None => Ok(text),
    }
}

/// The lines of vouchers, each as words and an amount.
fn rows(vouchers: &[ledger::Voucher]) -> Vec<settlement::journal::Row> {
    let mut out = Vec::new();
    for voucher in vouchers {
        for line in &voucher.lines {
            let word = |of: Option<domain::Instrument>| of.map_or("", domain::Instrument::word).to_owned();
            out.push(settlement::journal::Row {
                voucher: voucher.number,
                step: voucher.step,
                words: [
                    voucher.posting_month.clone(),
                    voucher.activity_period.clone(),
                    word(voucher.instrument),
                    voucher.cause.to_string(),
                    voucher.debtor.clone(),
                    voucher.creditor.clone(),
                    voucher.unit.clone(),
                    voucher.rule_version.clone(),
                    line.account.kind.to_string(),
                    line.account.party.clone(),
                ],
                amount: line.amount,
            });
        }
    }
    out
}

/// Table of the balance of every account that is not at zero.
///
/// # Errors
/// Fails if the ledger cannot be read.
pub fn balances(place: &str) -> Result<Table> {
    let mut books = Books::open(place)?;
    let vouchers = books.ledger.vouchers(&Wanted::default())?;
    let columns = heads(["account", "party", "instrument", "amount_ore"]);
    let mut table = Table::new(message!("proof.balances"), &columns);
    for (account, amount) in export::balances(&vouchers) {
        if amount != Amount::ZERO {
            let instrument = account.instrument.map_or("", domain::Instrument::word);
            table.row([
                Cell::Said(account.kind.said()),
                Cell::Text(account.party),
                Cell::text(instrument),
                Cell::Kroner(amount),
            ]);
        }
    }
    Ok(table)
}
