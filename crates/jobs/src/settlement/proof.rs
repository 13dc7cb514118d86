//! `samspill ledger …`: proof and export.

use std::path::Path;

use anyhow::{Context, Result, bail};
use domain::Amount;
use ledger::content::Settled;
use ledger::store::Wanted;
use ledger::{Ledger, correction, export, verify};

use crate::host::Host;
use crate::progress::Work;
use crate::settlement::Books;

/// Form of an exported ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportForm {
    /// A journal for hledger.
    Hledger,
    /// A file for beancount.
    Beancount,
    /// One row for each line.
    Csv,
    /// The same rows as Parquet.
    Parquet,
}

/// Digits of a hash that prove anything.
const LEAST_OF_HASH: usize = 12;

/// Proves a ledger. Gives what is wrong, and a sentence.
///
/// # Errors
/// If the ledger cannot be read, or the hash is too short to prove anything.
pub fn prove(place: &str, expected: Option<&str>, host: &Host) -> Result<(Vec<String>, String)> {
    let stage = host.begin(Work::VerifyChain);
    let mut proof = verify::verify(&mut Ledger::open(place)?)?;
    stage.done();
    if proof.faults.is_empty() {
        let mut books = Books::open(place)?;
        let stage = host.begin(Work::VerifyVouchers);
        behind(&mut books, &mut proof.faults)?;
        stage.done();
    }
    if let Some(expected) = expected.filter(|expected| expected.len() < LEAST_OF_HASH) {
        bail!("--expect '{expected}' proves nothing: give at least {LEAST_OF_HASH} digits of the hash");
    }
    if let Some(expected) = expected.filter(|expected| !proof.head.starts_with(*expected)) {
        proof.faults.push(format!("the chain ends in {}, not in {expected}", proof.head));
    }
    let count = |number: i64| domain::amount::grouped(number.unsigned_abs());
    let told = format!(
        "{} steg, {} bilag, {} arkiver; debet = kredit = {}, alle kontoer til sammen 0; kjeden ender i {}",
        count(proof.steps),
        count(proof.vouchers),
        count(proof.archives),
        proof.debit,
        proof.head
    );
    Ok((proof.faults, told))
}

/// Every settlement's vouchers are the sum of the claims that were kept behind them.
fn behind(books: &mut Books, faults: &mut Vec<String>) -> Result<()> {
    for step in books.ledger.steps()? {
        if !matches!(step.kind, domain::StepKind::Run | domain::StepKind::Correct) {
            continue;
        }
        let content: Settled = serde_json::from_str(&step.content).context("content of a step")?;
        let only = Wanted { months: None, after_step: step.number - 1, to_step: Some(step.number) };
        let posted = books.ledger.vouchers(&only)?;
        let mut computed = Vec::new();
        for month in &content.months {
            let claims = books.movements(&month.movements_archive)?;
            computed.extend(correction::vouchers(&claims, &content.into.to_string()));
        }
        // What was put back of a decision rests on the objection, not on claims.
        let posted: Vec<_> = posted.iter().filter(|voucher| voucher.cause.is_computed()).collect();
        if computed.len() != posted.len() {
            let (posted, computed) = (posted.len(), computed.len());
            faults.push(format!("step {}: {posted} vouchers, but the claims give {computed}", step.number));
        }
        for (voucher, claim) in posted.iter().zip(&computed) {
            if voucher.amount != claim.amount || voucher.debtor != claim.debtor {
                faults
                    .push(format!("voucher {}: the claims behind it give {}", voucher.number, claim.amount));
            }
        }
    }
    Ok(())
}

/// Writes the ledger in another form.
pub fn write(place: &str, form: ExportForm, out: Option<&Path>) -> Result<String> {
    let mut books = Books::open(place)?;
    let vouchers = books.ledger.vouchers(&Wanted::default())?;
    let text = match form {
        ExportForm::Hledger => export::hledger(&vouchers),
        ExportForm::Beancount => export::beancount(&vouchers),
        ExportForm::Csv => export::csv(&vouchers),
        ExportForm::Parquet => {
            let out = out.context("Parquet is not for a screen: give a file with --out")?;
            settlement::journal::write(out, &rows(&vouchers))?;
            return Ok(String::new());
        }
    };
    match out {
        Some(path) => {
            std::fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))?;
            Ok(String::new())
        }
        None => Ok(text),
    }
}

/// Lines as rows of words and numbers.
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

/// The balance of every account, one a row.
pub fn balances(place: &str) -> Result<crate::table::Table> {
    let mut books = Books::open(place)?;
    let vouchers = books.ledger.vouchers(&Wanted::default())?;
    let mut table =
        crate::table::Table::new("Saldo per konto, øre", &["account", "party", "instrument", "amount_ore"]);
    for (account, amount) in export::balances(&vouchers) {
        if amount != Amount::ZERO {
            let instrument = account.instrument.map_or("", domain::Instrument::word).to_owned();
            table.row([account.kind.to_string(), account.party, instrument, amount.ore().to_string()]);
        }
    }
    Ok(table)
}
