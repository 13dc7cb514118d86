//! Proof, export and balances of a ledger.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::failure::{About, Failure, Result, fail};
use domain::{Amount, Cause, Claims, Instrument, Month, Period, PeriodState, Ruling, StepKind};
use ledger::checkpoint::{Checkpoint, PrivateKey};
use ledger::content::{Closed, Decision, Reviewed, Settled};
use ledger::months::Months;
use ledger::store::{LedgerError, Wanted};
use ledger::tree::Chain;
use ledger::verify::{self, Proof};
use ledger::{Ledger, Step, Voucher, correction, export, netting};
use settlement::{Law, manifest};
use words::{Message, Said, message};

use crate::host::Host;
use crate::progress::Work;
use crate::settle;
use crate::settlement::source::content;
use crate::settlement::{Books, checkpoint, objection, review_board};
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
        replayed(&mut books, &mut proof.faults)?;
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

/// Replays the steps one by one. Adds a fault for each voucher that differs from what its step gives, or whose month
/// was neither open nor provisional before the step; and for a step whose number of vouchers, rules, sums or netting is
/// wrong. Amounts on account and amounts of the review board are decided outside the ledger, and are taken as posted;
/// all other vouchers are computed again from what the ledger holds.
fn replayed(books: &mut Books, faults: &mut Vec<Message>) -> Result<()> {
    let mut months = Months::default();
    let mut laws: BTreeMap<String, Option<Law>> = BTreeMap::new();
    let mut decided = Decided::default();
    for step in books.ledger.steps()? {
        let only = Wanted::of_step(step.number);
        let posted = books.ledger.vouchers(&only)?;
        for voucher in &posted {
            let state = Month::parse(&voucher.posting_month).ok().and_then(|month| months.state(month));
            if !matches!(state, Some(PeriodState::Open | PeriodState::Provisional)) {
                let (number, month) = (voucher.number, &voucher.posting_month);
                faults.push(message!("proof.not_open", number, month));
            }
        }
        let settlement = match step.kind {
            StepKind::Run | StepKind::Correct => Some(settlement(books, &step)?),
            _ => None,
        };
        let given = match &settlement {
            Some((settlement, claims)) => from_claims(settlement, claims, &months),
            None => given(books, &months, &step, &posted)?,
        };
        if given.len() != posted.len() {
            let (posted, computed) = (posted.len(), given.len());
            faults.push(message!("proof.vouchers_count", step = step.number, posted, computed));
        }
        for (mut voucher, given) in posted.into_iter().zip(&given) {
            let number = voucher.number;
            // A voucher gets its number and hash when it is posted.
            (voucher.number, voucher.step) = (0, 0);
            voucher.hash.clear();
            if let Some((field, here, there)) =
                (voucher != *given).then(|| differing(&voucher, given)).flatten()
            {
                faults.push(message!("proof.voucher_other", number, field, here, there));
            }
        }
        if let Some((settlement, claims)) = &settlement {
            settled(books, &step, settlement, claims, &mut laws, faults)?;
        }
        if step.kind == StepKind::ObjectionDecided {
            let decision: Decision = content(&step)?;
            if !fits(books, &months, &decision, &mut decided)? {
                faults.push(message!("proof.decision", step = step.number, key = decision.key));
            }
        }
        if step.kind == StepKind::Finalise {
            let is_ready = |month: Month| {
                matches!(months.state(month), Some(PeriodState::Closed | PeriodState::Final))
                    && !months.is_draft(month)
            };
            let period = Period::parse_any(&step.period)?;
            if let Some(month) = period.months().find(|month| !is_ready(*month)) {
                faults.push(message!("proof.not_ready", step = step.number, month));
            }
        }
        if step.kind == StepKind::Close {
            let closed: Closed = content(&step)?;
            if Month::parse(&step.period).is_ok_and(|month| months.nets(month) != closed.netted) {
                faults.push(message!("proof.netted", step = step.number, month = step.period));
            }
        }
        months.add(&step)?;
    }
    Ok(())
}

/// Claims of the month of activity that was decided on last, and the number of settlements behind them.
type Decided = Option<(Month, usize, Claims)>;

/// Whether a decision takes off what its outcome says of the line as it stood then. `months` is the state before the step.
fn fits(books: &mut Books, months: &Months, decision: &Decision, decided: &mut Decided) -> Result<bool> {
    let Some(dispute) = months.disputes.get(&decision.key) else { return Ok(false) };
    let objection = &dispute.objection;
    let basis = months.basis.get(&objection.month).map_or(&[][..], Vec::as_slice);
    let is_kept =
        decided.as_ref().is_some_and(|(month, count, _)| (*month, *count) == (objection.month, basis.len()));
    if !is_kept {
        let mut all = Claims::default();
        for one in basis {
            all.extend(&books.movements(&one.movements)?);
        }
        *decided = Some((objection.month, basis.len(), all));
    }
    let mut claims = Claims::default();
    if let Some((_, _, all)) = decided {
        claims.words = all.words.clone();
        claims.rows = all.rows.iter().filter(|row| row.contact == objection.contact).copied().collect();
    }
    let (line, holder) = objection::line_of(&correction::net(&claims), objection);
    let line = line - months.reduced(objection.contact, objection.instrument, objection.month);
    let reduction = Amount::from_ore(decision.reduction_ore);
    let is_right = match decision.outcome {
        Ruling::Rejected => reduction == Amount::ZERO,
        Ruling::Upheld => reduction == line,
        Ruling::Partly => reduction > Amount::ZERO && reduction < line,
    };
    // An earlier version of the program kept no holder: the line was that of the objection.
    Ok(is_right && (decision.holder.is_none() || decision.holder == holder))
}

/// Content of a step that settled, and the claims of each of its months of activity.
fn settlement(books: &mut Books, step: &Step) -> Result<(Settled, Vec<Claims>)> {
    let settlement: Settled = content(step)?;
    let of_months = settlement.months.iter().map(|moved| books.movements(&moved.movements_archive));
    let claims = of_months.collect::<Result<_>>()?;
    Ok((settlement, claims))
}

/// Vouchers of a settlement, before they have numbers: the sums of its claims, and reductions that are put back.
/// `claims` has a table for each month of `settled`, in order; `months` is the state before the step.
fn from_claims(settled: &Settled, claims: &[Claims], months: &Months) -> Vec<Voucher> {
    let mut out = Vec::new();
    for (moved, claims) in settled.months.iter().zip(claims) {
        out.extend(correction::vouchers(claims, &settled.into.to_string()));
        let reopened = settled.reopened.iter().filter_map(|key| months.disputes.get(key));
        let of_month = reopened.filter(|dispute| dispute.objection.month == moved.month);
        out.extend(of_month.filter_map(|dispute| objection::put_back(dispute, settled.into)));
    }
    out
}

/// Vouchers that a step other than a settlement gives, before they have numbers. `months` is the state before the step.
fn given(books: &mut Books, months: &Months, step: &Step, posted: &[Voucher]) -> Result<Vec<Voucher>> {
    let mut out = Vec::new();
    match step.kind {
        StepKind::Close => {
            if let Ok(month) = Month::parse(&step.period) {
                out = months.netting(&mut books.ledger, month, Some(step.number - 1))?;
            }
        }
        StepKind::ObjectionDecided => {
            let decision: Decision = content(step)?;
            let dispute = months.disputes.get(&decision.key);
            out.extend(dispute.and_then(|dispute| objection::taken_off(&dispute.objection, &decision)));
        }
        StepKind::OnAccount => out.extend(posted.iter().map(|voucher| {
            let Voucher { posting_month, debtor, creditor, amount, .. } = voucher;
            match voucher.instrument {
                Some(instrument) => netting::on_account(posting_month, instrument, debtor, creditor, *amount),
                None => netting::blank(posting_month, Cause::OnAccount),
            }
        })),
        StepKind::ReviewBoard => {
            let reviewed: Reviewed = content(step)?;
            out.extend(
                posted.iter().map(|voucher| review_board::voucher(voucher, &step.period, reviewed.into)),
            );
        }
        StepKind::Run
        | StepKind::Correct
        | StepKind::Open
        | StepKind::Finalise
        | StepKind::ObjectionFiled
        | StepKind::ObjectionAnswered
        | StepKind::Inheritance
        | StepKind::Rules => {}
    }
    Ok(out)
}

/// The first field in which a posted voucher differs from the voucher that its step gives: name of the field, posted
/// value and given value; `None` if no field differs.
fn differing(posted: &Voucher, given: &Voucher) -> Option<(&'static str, String, String)> {
    let fields = |voucher: &Voucher| {
        let lines = voucher.lines.iter().map(|line| format!("{} {}", line.account.name(), line.amount));
        [
            ("amount", voucher.amount.to_string()),
            ("debtor", voucher.debtor.clone()),
            ("creditor", voucher.creditor.clone()),
            ("unit", voucher.unit.clone()),
            ("instrument", voucher.instrument.map_or("", Instrument::word).to_owned()),
            ("cause", voucher.cause.to_string()),
            ("posting_month", voucher.posting_month.clone()),
            ("activity_period", voucher.activity_period.clone()),
            ("rule_version", voucher.rule_version.clone()),
            ("contacts", voucher.contacts.to_string()),
            ("points", voucher.points.to_string()),
            ("days", voucher.days.to_string()),
            ("note", voucher.note.clone()),
            ("lines", lines.collect::<Vec<_>>().join("; ")),
        ]
    };
    let pairs = fields(posted).into_iter().zip(fields(given));
    let mut pairs = pairs.filter(|((_, posted), (_, given))| posted != given);
    pairs.next().map(|((name, posted), (_, given))| (name, posted, given))
}

/// Checks what a settlement says of its rules and sums: the rule versions in force in each month, whether they hold
/// unsigned values, and the amount of each cause.
fn settled(
    books: &mut Books,
    step: &Step,
    settled: &Settled,
    claims: &[Claims],
    laws: &mut BTreeMap<String, Option<Law>>,
    faults: &mut Vec<Message>,
) -> Result<()> {
    let digest = &settled.rules_archive;
    if !laws.contains_key(digest) {
        let law = books.kept_rules(digest).and_then(|book| Ok(Law::of(&book)?));
        laws.insert(digest.clone(), law.ok());
    }
    let Some(Some(law)) = laws.get(digest) else {
        faults.push(message!("proof.rules_unreadable", step = step.number, digest));
        return Ok(());
    };
    for (moved, claims) in settled.months.iter().zip(claims) {
        let period = Period::of_month(moved.month);
        let unsigned = settle::unsigned(law, period, true, |_| true)?;
        // A step of an earlier version of the program lists the unsigned values of all its months together, which says
        // nothing of one month.
        let says = moved.unsigned.as_ref().map_or(unsigned.is_empty(), Vec::is_empty);
        if manifest::versions(law, period) != moved.rules || says != unsigned.is_empty() {
            faults.push(message!("proof.rules_other", step = step.number, month = moved.month));
        }
        if correction::causes(claims) != moved.causes {
            faults.push(message!("proof.causes_other", step = step.number, month = moved.month));
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
