//! The settlement review board (`avregningsutvalget`): a decision on a year is a lump sum for an institution, and is
//! divided between the debtors by a stated key.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::failure::{About, Result, fail};
use domain::{Amount, Cause, Instrument, Minute, Month, Party, Period, StepKind};
use ledger::content::Reviewed;
use ledger::netting::{blank, divided};
use ledger::store::Wanted;
use ledger::{Step, Voucher};
use settlement::manifest;
use words::{Message, message};

use super::books::Books;
use crate::refusal::Refusal;
use crate::table::small_table;

/// One decision of the board.
struct Decision {
    institution: String,
    instrument: Instrument,
    amount: Amount,
    reference: String,
}

/// The only key so far. A decision is divided in proportion to what was settled between each debtor and the institution
/// in the year.
const KEY: &str = "by-settled";

impl Decision {
    /// Digest of the decision on a year. It does not depend on the file, so a decision that comes in two files is
    /// posted once.
    fn digest(&self, year: i16) -> String {
        let Decision { institution, instrument, amount, reference } = self;
        manifest::sha256_text(&format!("{year};{institution};{instrument};{};{reference}", amount.ore()))
    }
}

/// Earlier decisions on a year: those that are posted, and those on earlier lines of the file being read.
#[derive(Default)]
struct Earlier {
    /// Digests of the posted decisions.
    posted: BTreeSet<String>,
    /// Reference, as [`plain`] has it, institution and instrument of each decision.
    known: BTreeSet<(String, String, Instrument)>,
    /// Amount that the decisions added or took off, by institution and instrument.
    decided: BTreeMap<(String, Instrument), Amount>,
}

impl Earlier {
    fn of(books: &mut Books, year: i16) -> Result<Earlier> {
        let mut out = Earlier::default();
        let steps = books.ledger.steps()?;
        for step in steps.iter().filter(|step| step.kind == StepKind::ReviewBoard) {
            let reviewed: Reviewed = serde_json::from_str(&step.content)
                .about(|| message!("error.review_board.step", number = step.number))?;
            out.posted.extend(reviewed.sha256.split(' ').map(str::to_owned));
            if step.period != year.to_string() {
                continue;
            }
            let only = Wanted::of_step(step.number);
            for voucher in books.ledger.vouchers(&only)? {
                let noted = voucher.note.rsplit_once("; ");
                let (Some(instrument), Some((reference, _))) = (voucher.instrument, noted) else { continue };
                out.known.insert((plain(reference), voucher.unit.clone(), instrument));
                *out.decided.entry((voucher.unit, instrument)).or_default() += voucher.amount;
            }
        }
        Ok(out)
    }

    /// Notes a decision.
    ///
    /// # Errors
    /// Fails if the decision's reference stands for another decision on the same institution and instrument, or if the
    /// institution is no organisation.
    fn may_be_added(&mut self, decision: &Decision) -> Result<()> {
        let Decision { institution, instrument, reference, .. } = decision;
        if !self.known.insert((plain(reference), institution.clone(), *instrument)) {
            return Err(Refusal::BoardDecidedOtherwise { reference: reference.clone() }.into());
        }
        match Party::of(institution).is_organisation() {
            true => Ok(()),
            false => Err(Refusal::NoInstitution { code: institution.clone() }.into()),
        }
    }
}

/// A reference without differences of letters and spaces: `vedtak 1 ` is `Vedtak 1`.
fn plain(reference: &str) -> String {
    reference.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Posts the decisions on a year in an open month. Decisions that are posted already are left out. Returns
/// lines on what was posted.
///
/// # Errors
/// Fails if the month may not change; if the file cannot be read; if a reference stands for another decision already;
/// if an institution is no organisation; if nothing was settled for an institution in the year; or if a decision takes
/// off more than was settled.
pub fn run(books: &mut Books, year: i16, file: &Path, into: Month, now: Minute) -> Result<Vec<Message>> {
    books.may_change(into)?;
    let decisions = read(file, year)?;
    let mut seen = BTreeSet::new();
    if let Some(again) = decisions.iter().find(|one| !seen.insert(one.digest(year))) {
        fail!("error.review_board.twice", reference = again.reference);
    }
    let mut earlier = Earlier::of(books, year)?;
    let all = decisions.len();
    let decisions: Vec<Decision> =
        decisions.into_iter().filter(|one| !earlier.posted.contains(&one.digest(year))).collect();
    if decisions.is_empty() {
        return Ok(vec![message!("review_board.before")]);
    }
    for decision in &decisions {
        earlier.may_be_added(decision)?;
    }
    let sha256 = decisions.iter().map(|one| one.digest(year)).collect::<Vec<_>>().join(" ");
    let settled = posted_of(books, year, into, None)?;
    let mut vouchers = Vec::new();
    let mut lines = Vec::new();
    for decision in &decisions {
        let shares = shares(&settled, year, decision);
        if shares.is_empty() {
            let (institution, instrument) = (decision.institution.clone(), decision.instrument);
            return Err(Refusal::NothingSettledFor { institution, instrument, year }.into());
        }
        let before = earlier.decided.entry((decision.institution.clone(), decision.instrument)).or_default();
        let whole: Amount = shares.values().copied().sum::<Amount>() + *before;
        *before += decision.amount;
        if whole + decision.amount < Amount::ZERO {
            return Err(Refusal::MoreThanSettled {
                reference: decision.reference.clone(),
                amount: -decision.amount,
                institution: decision.institution.clone(),
                settled: whole,
                year,
            }
            .into());
        }
        vouchers.extend(divided_over(decision, &shares, year, into));
        lines.push(Message::plain(format!(
            "{} {}: {}",
            decision.institution, decision.instrument, decision.amount
        )));
    }
    let posted: Amount = vouchers.iter().map(|voucher| voucher.amount).sum();
    let in_all: Amount = decisions.iter().map(|decision| decision.amount).sum();
    assert_eq!(posted, in_all, "the parts add up to the decisions");
    let content = serde_json::to_string(&Reviewed { into, sha256, key: KEY.to_owned() })?;
    let count = vouchers.len();
    books.post(StepKind::ReviewBoard, &year.to_string(), now, content, vouchers, Vec::new())?;
    if decisions.len() < all {
        lines.push(message!("review_board.some_before", count = all - decisions.len()));
    }
    lines.push(message!("review_board.posted", count, into, year, posted));
    Ok(lines)
}

/// Vouchers of a decision: one for each pair of debtor and creditor whose part is not zero, in proportion to what was
/// settled between the two.
fn divided_over(
    decision: &Decision,
    shares: &BTreeMap<(String, String), Amount>,
    year: i16,
    into: Month,
) -> Vec<Voucher> {
    let mut out = Vec::new();
    let weights: Vec<i64> = shares.values().map(|amount| std::cmp::max(amount.ore(), 0)).collect();
    let parts = divided(decision.amount, &weights);
    for (((debtor, creditor), _), part) in shares.iter().zip(parts).filter(|(_, part)| *part != Amount::ZERO)
    {
        let mut of = blank("", Cause::ReviewBoard);
        of.instrument = Some(decision.instrument);
        (of.debtor, of.creditor) = (debtor.clone(), creditor.clone());
        of.unit.clone_from(&decision.institution);
        of.amount = part;
        of.note = format!("{}; {KEY}", decision.reference);
        out.push(voucher(&of, &year.to_string(), into));
    }
    out
}

/// Voucher of a decision on a year, posted in `into`: instrument, parties, unit, amount and note as in `of`.
fn voucher(of: &Voucher, year: &str, into: Month) -> Voucher {
    let mut voucher = blank(&into.to_string(), Cause::ReviewBoard);
    year.clone_into(&mut voucher.activity_period);
    voucher.instrument = of.instrument;
    (voucher.debtor, voucher.creditor) = (of.debtor.clone(), of.creditor.clone());
    voucher.unit.clone_from(&of.unit);
    voucher.amount = of.amount;
    voucher.note.clone_from(&of.note);
    voucher.lines = voucher.claim_lines();
    voucher
}

/// Vouchers that a step of the board gives, computed again from the sums of its decisions as they are posted. Empty if the
/// step names other decisions or another key.
pub(super) fn again(
    books: &mut Books,
    step: &Step,
    reviewed: &Reviewed,
    posted: &[Voucher],
) -> Result<Vec<Voucher>> {
    let mut decisions: Vec<Decision> = Vec::new();
    for voucher in posted {
        let (Some(instrument), Some((reference, _))) = (voucher.instrument, voucher.note.rsplit_once("; "))
        else {
            return Ok(Vec::new());
        };
        let key = (voucher.unit.as_str(), instrument, reference);
        match decisions
            .iter_mut()
            .find(|one| (one.institution.as_str(), one.instrument, one.reference.as_str()) == key)
        {
            Some(decision) => decision.amount += voucher.amount,
            None => decisions.push(Decision {
                institution: voucher.unit.clone(),
                instrument,
                amount: voucher.amount,
                reference: reference.to_owned(),
            }),
        }
    }
    let Ok(year) = step.period.parse::<i16>() else { return Ok(Vec::new()) };
    let named: BTreeSet<String> = decisions.iter().map(|one| one.digest(year)).collect();
    // A decision of zero kroner has no voucher.
    if reviewed.key != KEY || !named.iter().all(|digest| reviewed.sha256.split(' ').any(|one| one == digest))
    {
        return Ok(Vec::new());
    }
    let settled = posted_of(books, year, reviewed.into, Some(step.number - 1))?;
    let divided = |one: &Decision| divided_over(one, &shares(&settled, year, one), year, reviewed.into);
    Ok(decisions.iter().flat_map(divided).collect())
}

/// Vouchers of the months of a year, and of those after it up to `into`: corrections that were posted after the year still
/// belong to it. Only vouchers of steps up to and including `to_step` are read; `None` for all steps.
fn posted_of(books: &mut Books, year: i16, into: Month, to_step: Option<i64>) -> Result<Vec<Voucher>> {
    let (Some(first), Some(last)) = (Month::new(year, 1), Month::new(year, 12)) else {
        fail!("error.review_board.no_year", year)
    };
    books.vouchers(first, std::cmp::max(last, into), to_step)
}

/// Amounts above zero that were settled for an institution in a year, less what objections took off, by debtor and creditor.
fn shares(settled: &[Voucher], year: i16, decision: &Decision) -> BTreeMap<(String, String), Amount> {
    let of_year = |voucher: &&Voucher| {
        Month::parse(&voucher.activity_period).is_ok_and(|month| month.year() == year)
            && (voucher.cause.is_computed() || voucher.cause == Cause::Objection)
            && voucher.instrument == Some(decision.instrument)
            && (voucher.unit == decision.institution || voucher.creditor == decision.institution)
    };
    let mut out: BTreeMap<(String, String), Amount> = BTreeMap::new();
    for voucher in settled.iter().filter(of_year) {
        *out.entry((voucher.debtor.clone(), voucher.creditor.clone())).or_default() += voucher.amount;
    }
    out.retain(|_, amount| *amount > Amount::ZERO);
    out
}

/// Reads decisions with rows `institution;instrument;kroner;key;reference`.
fn read(path: &Path, year: i16) -> Result<Vec<Decision>> {
    let mut out = Vec::new();
    for (at, [institution, instrument, kroner, key, reference]) in
        small_table(path, "institution;instrument;kroner;key;reference")?
    {
        if key != KEY {
            fail!("error.review_board.unknown_key_expected", at, key, expected = KEY);
        }
        crate::free_text::is_reference(&reference).about(|| Message::plain(&at))?;
        let institution = match Period::parse(&year.to_string()) {
            Ok(period) => crate::parties::named(&institution, period).about(|| Message::plain(&at))?,
            Err(_) => institution,
        };
        let instrument = Instrument::from_word(&instrument).about(|| Message::plain(&at))?;
        let amount = Amount::read(&kroner).about(|| message!("error.review_board.not_amount", at, kroner))?;
        out.push(Decision { institution, instrument, amount, reference });
    }
    if out.is_empty() {
        fail!("error.review_board.no_decision", path = path.display());
    }
    Ok(out)
}
