//! Proof, export and balances of a ledger.

use std::path::{Path, PathBuf};

use crate::failure::{About, Failure, Result, fail};
use domain::Amount;
use ledger::checkpoint::{Checkpoint, PrivateKey};
use ledger::months::Months;
use ledger::store::{LedgerError, Wanted};
use ledger::tree::Chain;
use ledger::verify::{self, Proof};
use ledger::{Ledger, export};
use words::{Message, Said, message};

use crate::host::Host;
use crate::progress::Work;
use crate::settlement::{Books, checkpoint, replay};
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

/// What was noted of a ledger before, to be found in it again.
#[derive(Debug, Clone, Copy, Default)]
pub struct Noted<'a> {
    /// A hash of the chain, or the first digits of one: the hash at the chain's end, or the code on a statement.
    pub code: Option<&'a str>,
    /// Files of signed checkpoints.
    pub checkpoints: &'a [PathBuf],
    /// File of the public key that the checkpoints were signed with.
    pub public_key: Option<&'a Path>,
}

/// Proves a ledger: that its hashes form a chain, that it balances, that each step gives the vouchers that it posted,
/// and that the ledger still holds what was noted before. Returns the faults, and a sentence that sums up the proof.
///
/// # Errors
/// Fails if the ledger or a file cannot be read, if a noted code is too short to prove anything, or if a checkpoint is
/// not signed with the key.
pub fn prove(place: &str, noted: &Noted, host: &Host) -> Result<(Vec<Message>, Message)> {
    let (proof, held) = proven(place, noted, host)?;
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

/// Proves a ledger, and signs a checkpoint of its last step. Returns the checkpoint and its text.
///
/// # Errors
/// Fails if the proof finds a fault, if the ledger is empty, or if the file of the key cannot be read.
pub fn sign(place: &str, key: &Path, host: &Host) -> Result<(Checkpoint, String)> {
    let about = || Message::plain(key.display());
    let text = crate::folder::read(key)?;
    let key = PrivateKey::parse(&text).map_err(|fault| Failure::of(fault.said()).within(about()))?;
    let (proof, _) = proven(place, &Noted::default(), host)?;
    if !proof.faults.is_empty() {
        return Err(Failure::of(message!("proof.broken", faults = Message::joined(proof.faults, "\n  "))));
    }
    let Some(recorded_at) = proof.recorded_at else { fail!("error.checkpoint.no_steps", place) };
    let tree = Some(Chain::read(&mut Ledger::open(place)?, proof.steps)?.stated());
    let checkpoint = Checkpoint { step: proof.steps, recorded_at, hash: proof.head, tree };
    let text = checkpoint.signed(&key);
    Ok((checkpoint, text))
}

/// The proof of a ledger. Also a sentence for a noted code that the ledger holds before the end of its chain, and for
/// each checkpoint that the ledger holds.
pub(super) fn proven(place: &str, noted: &Noted, host: &Host) -> Result<(Proof, Vec<Message>)> {
    let key = noted.public_key.map(checkpoint::public_key).transpose()?;
    let stage = host.begin(Work::VerifyChain);
    let mut ledger = Ledger::open(place)?;
    let mut proof = verify::verify(&mut ledger)?;
    if proof.faults.is_empty()
        && let Err(LedgerError::Damaged { what, fault, .. }) = Months::of(&ledger.steps()?)
    {
        proof.faults.push(Message::joined(vec![what, fault], ": "));
    }
    stage.done();
    if proof.faults.is_empty() {
        let mut books = Books::read(ledger)?;
        let stage = host.begin(Work::VerifyVouchers);
        proof.faults = replay::replayed(&mut books)?;
        stage.done();
        ledger = books.ledger;
    }
    let expected = noted.code.map(|expected| expected.replace(char::is_whitespace, "").to_lowercase());
    let mut held = Vec::new();
    if let Some(expected) = &expected {
        if expected.len() < LEAST_OF_HASH {
            fail!(
                "error.proof.expect_proves_nothing_give_least_digits",
                expected,
                least_of_hash = LEAST_OF_HASH
            );
        }
        match held_at(&mut ledger, expected)? {
            _ if proof.head.starts_with(expected.as_str()) => {}
            Some((step, at)) => held.push(message!("proof.held_at", expected, step, at)),
            None => proof.faults.push(message!("proof.other_end", head = proof.head, expected)),
        }
    }
    for path in noted.checkpoints {
        let key = key.as_ref().about(|| message!("error.checkpoint.give_public_key"))?;
        match checkpoint::held(&mut ledger, path, key)? {
            Ok(holds) => held.push(holds),
            Err(fault) => proof.faults.push(fault),
        }
    }
    Ok((proof, held))
}

/// Number and time of the step that has a hash, or has a voucher with that hash; `None` if there is none. `expected`
/// holds the first digits of the hash. The code on an old statement is such a hash, and later records build on it.
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
