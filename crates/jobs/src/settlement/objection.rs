//! Objections (`innsigelser`): a municipality disputes a line, the trust answers, and somebody decides. The
//! line stays and is marked; the amount that a decision takes off is a voucher with its own cause.

use std::path::Path;

use crate::failure::{About, Result, fail};
use domain::{Amount, Cause, Claims, Ground, Instrument, Minute, Month, Period, Ruling, StepKind};
use ledger::Voucher;
use ledger::content::{Answer, Decision, Objection};
use ledger::correction;
use ledger::netting::blank;
use register::keys::Keys;
use register::parquet_file::Reader;
use words::{Language, Message, Said, message, say};

use super::books::Books;
use crate::free_text;
use crate::host::{Host, Scratch};
use crate::intake;
use crate::law::asked;
use crate::refusal::Refusal;
use crate::table::{Table, heads};
use disclosure::Cell;

/// An objection to file.
pub struct Filing<'a> {
    /// Code of the municipality that disputes the line.
    pub party: &'a str,
    pub instrument: Instrument,
    pub contact: i64,
    /// Month of activity.
    pub month: Month,
    pub ground: Ground,
    /// Reason in the party's own words.
    pub text: &'a str,
    /// The delivery, for the facts of the case; `None` files no facts.
    pub contacts: Option<&'a Path>,
}

/// Claims for a contact in a month of activity, of all parties. What was taken back is subtracted.
///
/// # Errors
/// Fails if the ledger cannot be read.
pub fn standing(books: &mut Books, contact: i64, month: Month) -> Result<Claims> {
    let mut claims = Claims::default();
    for basis in books.months.basis.get(&month).cloned().unwrap_or_default() {
        let mut all = books.movements(&basis.movements)?;
        all.rows.retain(|row| row.contact == contact);
        claims.extend(&all);
    }
    Ok(correction::net(&claims))
}

/// Voucher, posted in `into`, that adds an amount to the line that a decision is on. An amount below zero reduces the line.
fn voucher(objection: &Objection, decision: &Decision, amount: Amount, into: Month) -> Voucher {
    let own = (&objection.creditor, &objection.unit);
    let (creditor, unit) = decision.holder.as_ref().map_or(own, |(creditor, unit)| (creditor, unit));
    let mut voucher = blank(&into.to_string(), Cause::Objection);
    voucher.activity_period = objection.month.to_string();
    voucher.instrument = Some(objection.instrument);
    voucher.debtor.clone_from(&objection.party);
    voucher.creditor.clone_from(creditor);
    voucher.unit.clone_from(unit);
    voucher.rule_version.clone_from(&objection.rule_version);
    voucher.amount = amount;
    voucher.note = format!("objection {}", objection.key);
    voucher.lines = voucher.claim_lines();
    voucher
}

/// Voucher for the amount that a decision takes off a line, posted in the month of the decision; `None` if the amount is
/// zero.
pub(super) fn taken_off(objection: &Objection, decision: &Decision) -> Option<Voucher> {
    let reduction = Amount::from_ore(decision.reduction_ore);
    (reduction != Amount::ZERO).then(|| voucher(objection, decision, -reduction, decision.into))
}

/// Voucher, posted in `into`, that puts back what the decision on a dispute took off; `None` if there is no decision, or
/// if it took off nothing.
pub(super) fn put_back(dispute: &ledger::months::Dispute, into: Month) -> Option<Voucher> {
    let decision = dispute.decision.as_ref()?;
    let reduction = Amount::from_ore(decision.reduction_ore);
    (reduction != Amount::ZERO).then(|| voucher(&dispute.objection, decision, reduction, into))
}

/// Files an objection. Returns a sentence with the key of the objection. If an earlier objection to the line is still
/// undecided, nothing is filed, and the sentence has the key of that objection.
///
/// # Errors
/// Fails if the party has no such line, if decided objections have reduced the line to zero, or if the delivery
/// does not hold the contact.
pub fn file(books: &mut Books, filing: &Filing, now: Minute, host: &Host) -> Result<Message> {
    free_text::may_be_kept(filing.text)?;
    let claims = standing(books, filing.contact, filing.month)?;
    let month = filing.month.to_string();
    let line = claims.rows.iter().find(|row| {
        row.instrument == Some(filing.instrument)
            && (claims.words.word(row.debtor) == filing.party
                || books.heir(claims.words.word(row.debtor), now.day().month()) == filing.party)
    });
    let Some(line) = line else {
        return Err(Refusal::NoLine {
            party: filing.party.to_owned(),
            contact: filing.contact,
            instrument: filing.instrument,
            month: filing.month,
            ledger: books.ledger.place().to_owned(),
        }
        .into());
    };
    // A line that has changed its payer may be disputed anew.
    let open = books.months.open_disputes().find(|other| {
        (other.contact, other.instrument, other.month) == (filing.contact, filing.instrument, filing.month)
            && other.party == claims.words.word(line.debtor)
    });
    if let Some(open) = open {
        return Ok(message!("objection.open_before", key = open.key));
    }
    let left = line.amount - books.months.reduced(filing.contact, filing.instrument, filing.month);
    if left == Amount::ZERO {
        return Err(Refusal::LineTakenOff { ledger: books.ledger.place().to_owned() }.into());
    }
    let count = books
        .months
        .disputes
        .keys()
        .filter(|key| key.starts_with(&format!("{month}-{}-", filing.party)))
        .count();
    let word = |number| claims.words.word(number).to_owned();
    let objection = Objection {
        key: format!("{month}-{}-{}", filing.party, count + 1),
        party: word(line.debtor),
        instrument: filing.instrument,
        contact: filing.contact,
        month: filing.month,
        ground: filing.ground,
        text: filing.text.to_owned(),
        creditor: word(line.creditor),
        unit: word(line.unit),
        rule_version: word(line.version),
        amount_ore: left.ore(),
        facts: facts(books, filing, host)?,
    };
    let content = serde_json::to_string(&objection)?;
    books.post(StepKind::ObjectionFiled, &month, now, content, Vec::new(), Vec::new())?;
    let amount = Amount::from_ore(objection.amount_ore);
    Ok(message!("objection.filed", key = objection.key, amount))
}

/// Facts of the case, each with its provision, found by the functions that compute the charge. The ledger keeps them
/// in bokmål. Empty without a delivery.
fn facts(books: &mut Books, filing: &Filing, host: &Host) -> Result<Vec<String>> {
    let Some(path) = filing.contacts else { return Ok(Vec::new()) };
    let Some(basis) = books.months.basis.get(&filing.month).and_then(|basis| basis.last()).cloned() else {
        return Ok(Vec::new());
    };
    let law = settlement::Law::of(&books.kept_rules(&basis.rules_archive)?)?;
    let scratch = Scratch::under(host.scratch)?;
    let checked = scratch.path().join("checked.parquet");
    let reader = Reader::open_contacts(&intake::trusted_in(path, None, None, &checked, host)?.path)?;
    let stay = settlement::explain::stay_of_contact(&reader, filing.contact)?;
    let period = Period::of_month(filing.month);
    let scope = law.scope(period, &asked(&basis.not_settled))?;
    let (all, contact) = (&books.municipalities, filing.contact);
    let explanation = settlement::explain::explain(&law, all, &reader, &stay, contact, (period, &scope))?;
    let Some(explanation) = explanation else {
        fail!("error.objection.there_no_contact_in", contact = filing.contact, path = path.display())
    };
    let part = explanation.parts.into_iter().find(|part| part.instrument == filing.instrument);
    Ok(part.map_or_else(Vec::new, |part| {
        let fact = |step: rulebook::Step| format!("{} [{}]", Language::Nb.say(&step.text), step.provision);
        part.steps.into_iter().map(fact).collect()
    }))
}

/// Records the trust's answer. Returns a sentence.
///
/// # Errors
/// Fails if there is no such objection, if it is decided, or if the answer is empty.
pub fn answer(books: &mut Books, key: &str, text: &str, now: Minute) -> Result<Message> {
    free_text::may_be_kept(text)?;
    let dispute = known(books, key)?;
    if dispute.answer.as_ref().is_some_and(|answer| answer.text == text) {
        return Ok(message!("objection.answered_before", key));
    }
    if text.trim().is_empty() {
        fail!("error.objection.empty_answer");
    }
    // Whoever decided did not have an answer that comes afterwards.
    if dispute.decision.is_some() {
        fail!("error.objection.answer_after_decision", key);
    }
    let month = dispute.objection.month.to_string();
    let content = serde_json::to_string(&Answer { key: key.to_owned(), text: text.to_owned() })?;
    books.post(StepKind::ObjectionAnswered, &month, now, content, Vec::new(), Vec::new())?;
    Ok(message!("objection.answered", key))
}

fn known(books: &Books, key: &str) -> Result<ledger::months::Dispute> {
    books.months.disputes.get(key).cloned().ok_or_else(|| {
        Refusal::NoSuchObjection { key: key.to_owned(), ledger: books.ledger.place().to_owned() }.into()
    })
}

/// A decision on an objection.
pub struct Deciding<'a> {
    pub key: &'a str,
    pub outcome: Ruling,
    /// Amount to take off; given only with [`Ruling::Partly`].
    pub reduction: Option<Amount>,
    /// Who decided, and the reference of the decision.
    pub reference: &'a str,
    /// Month in which the reduction is posted.
    pub into: Month,
}

/// Amount of the disputed line, and the creditor and unit that have it now; `None` if they are those of the objection, as
/// they are until a delivery moves the contact to another hospital.
pub(super) fn line_of(claims: &Claims, objection: &Objection) -> (Amount, Option<(String, String)>) {
    let word = |number| claims.words.word(number);
    let rows = claims
        .rows
        .iter()
        .filter(|row| row.instrument == Some(objection.instrument) && word(row.debtor) == objection.party);
    let line = rows.clone().map(|row| row.amount).sum();
    let holder = rows.max_by_key(|row| row.amount).map(|row| (word(row.creditor), word(row.unit)));
    let holder = holder.filter(|holder| *holder != (objection.creditor.as_str(), objection.unit.as_str()));
    (line, holder.map(|(creditor, unit)| (creditor.to_owned(), unit.to_owned())))
}

/// Decides an objection, and posts the reduction. Returns a sentence.
///
/// # Errors
/// Fails if there is no such objection, if it is decided with another outcome, amount or reference, if the month may
/// not change, or if the reduction does not fit the outcome and the line.
pub fn decide(books: &mut Books, deciding: &Deciding, now: Minute) -> Result<Message> {
    free_text::is_reference(deciding.reference)?;
    let dispute = known(books, deciding.key)?;
    let objection = &dispute.objection;
    let is_other = |one: &&Decision| {
        one.outcome != deciding.outcome
            || one.reference != deciding.reference
            || deciding.reduction.is_some_and(|amount| amount.ore() != one.reduction_ore)
    };
    if let Some(decision) = dispute.decision.as_ref().filter(is_other) {
        return Err(Refusal::DecidedOtherwise {
            key: deciding.key.to_owned(),
            outcome: decision.outcome,
            reference: decision.reference.clone(),
        }
        .into());
    }
    if let Some(decision) = &dispute.decision {
        let outcome = decision.outcome.said();
        return Ok(message!("objection.decided_before", key = deciding.key, outcome));
    }
    books.may_change(deciding.into)?;
    let (line, holder) = line_of(&standing(books, objection.contact, objection.month)?, objection);
    let line = line - books.months.reduced(objection.contact, objection.instrument, objection.month);
    let reduction = match (deciding.outcome, deciding.reduction) {
        (Ruling::Rejected, None) => Amount::ZERO,
        (Ruling::Upheld, None) => line,
        (Ruling::Partly, Some(part)) if part > Amount::ZERO && part < line => part,
        (Ruling::Partly, _) => fail!("error.objection.part_given_reduce_by_4000_4000", line),
        (_, Some(_)) => fail!("error.objection.reduce_by_goes_outcome_partly"),
    };
    let decision = Decision {
        key: deciding.key.to_owned(),
        outcome: deciding.outcome,
        reference: deciding.reference.to_owned(),
        reduction_ore: reduction.ore(),
        into: deciding.into,
        holder,
    };
    let vouchers = taken_off(objection, &decision).into_iter().collect();
    let content = serde_json::to_string(&decision)?;
    books.post(StepKind::ObjectionDecided, &deciding.into.to_string(), now, content, vouchers, Vec::new())?;
    Ok(message!("objection.decided", key = deciding.key, reduction, into = deciding.into))
}

/// Table of every objection.
pub fn list(books: &Books) -> Table {
    let heads = heads([
        "key",
        "party",
        "instrument",
        "contact",
        "disputed_ore",
        "ground",
        "filed",
        "answer",
        "outcome",
        "reduction_ore",
    ]);
    let mut table = Table::new(message!("objection.all"), &heads);
    for (key, one) in &books.months.disputes {
        let objection = &one.objection;
        let decision = one.decision.as_ref();
        table.row([
            Cell::text(key),
            Cell::text(&objection.party),
            Cell::text(objection.instrument),
            Cell::text(objection.contact),
            Cell::Kroner(Amount::from_ore(objection.amount_ore)),
            Cell::Said(objection.ground.said()),
            Cell::text(one.filed_at.day()),
            Cell::yes(one.answer.is_some()),
            Cell::Said(decision.map_or(message!("objection.open"), |decision| decision.outcome.said())),
            decision
                .map_or(Cell::text(""), |decision| Cell::Kroner(Amount::from_ore(decision.reduction_ore))),
        ]);
    }
    table
}

/// One objection with its facts, answer and decision, as lines of text.
///
/// # Errors
/// Fails if there is no such objection.
pub fn show(books: &Books, key: &str, language: Language) -> Result<String> {
    let one = known(books, key)?;
    let objection = &one.objection;
    let mut out = say!(
        language,
        "objection.head",
        key,
        filed = one.filed_at.day(),
        party = objection.party,
        instrument = objection.instrument,
        contact = objection.contact,
        amount = Amount::from_ore(objection.amount_ore),
        ground = objection.ground.said()
    );
    out.push_str(&format!("\n{}\n", objection.text));
    if !objection.facts.is_empty() {
        out.push_str(&format!("\n{}\n", language.text("objection.facts")));
    }
    for (place, fact) in one.objection.facts.iter().enumerate() {
        out.push_str(&format!("  {}. {fact}\n", place + 1));
    }
    if let Some(answer) = &one.answer {
        out.push_str(&format!("\n{}\n", say!(language, "objection.answer", text = answer.text)));
    }
    match &one.decision {
        Some(decision) => {
            let text = say!(
                language,
                "objection.decision",
                outcome = decision.outcome.said(),
                reference = decision.reference,
                amount = Amount::from_ore(decision.reduction_ore),
                into = decision.into
            );
            out.push_str(&format!("\n{text}\n"));
        }
        None => out.push_str(&format!("\n{}\n", language.text("objection.undecided"))),
    }
    Ok(out)
}

/// Table of everything that the ledger holds on a contact: each movement with step, month and cause, and each
/// objection.
///
/// # Errors
/// Fails if the ledger cannot be read.
pub fn history(books: &mut Books, contact: i64) -> Result<Table> {
    let mut table = Table::new(
        message!("objection.history", contact),
        &heads([
            "step",
            "recorded",
            "month",
            "instrument",
            "cause",
            "debtor",
            "creditor",
            "rule_version",
            "drg_points",
            "days",
            "amount_ore",
        ]),
    );
    let steps = books.ledger.steps().about(|| message!("error.objection.steps"))?;
    for (month, basis) in books.months.basis.clone() {
        for one in basis {
            let claims = books.movements(&one.movements)?;
            let recorded = steps.iter().find(|step| step.number == one.step);
            for row in claims.rows.iter().filter(|row| row.contact == contact && row.instrument.is_some()) {
                let word = |number| claims.words.word(number).to_owned();
                table.row([
                    Cell::text(one.step),
                    Cell::text(recorded.map_or_else(String::new, |step| step.recorded_at.day().to_string())),
                    Cell::text(month),
                    Cell::text(row.instrument.map_or("", Instrument::word)),
                    Cell::Said(row.cause.said()),
                    Cell::Text(word(row.debtor)),
                    Cell::Text(word(row.creditor)),
                    Cell::Text(word(row.version)),
                    Cell::Decimal(i64::from(row.points)),
                    Cell::Count(i64::from(row.days)),
                    Cell::Kroner(row.amount),
                ]);
            }
        }
    }
    for (key, one) in books.months.disputes.iter().filter(|(_, one)| one.objection.contact == contact) {
        let decision = one.decision.as_ref();
        let reduction = decision.map_or(Amount::ZERO, |decision| -Amount::from_ore(decision.reduction_ore));
        let outcome = decision.map_or(message!("objection.open"), |decision| decision.outcome.said());
        table.row([
            Cell::text(""),
            Cell::text(one.filed_at.day()),
            Cell::text(one.objection.month),
            Cell::text(one.objection.instrument),
            Cell::Said(message!("objection.objection", key, outcome)),
            Cell::text(&one.objection.party),
            Cell::text(&one.objection.creditor),
            Cell::text(&one.objection.rule_version),
            Cell::Decimal(0),
            Cell::Count(0),
            Cell::Kroner(reduction),
        ]);
    }
    Ok(table)
}

/// A voucher as a heading, and a table of the claims behind it.
///
/// # Errors
/// Fails if there is no such voucher.
pub fn behind(books: &mut Books, number: i64, keys: Option<&Keys>) -> Result<(Message, Table)> {
    // Each step states its number of vouchers, so the running sum finds the step of a voucher.
    let mut before = 0;
    let step = books.ledger.steps()?.into_iter().find(|step| {
        before += step.vouchers;
        number <= before
    });
    let step = step.map_or(0, |step| step.number);
    let only = ledger::store::Wanted::of_step(step);
    let vouchers = books.ledger.vouchers(&only)?;
    let Some(voucher) = vouchers.iter().find(|voucher| voucher.number == number) else {
        return Err(Refusal::NoSuchVoucher(number).into());
    };
    let head = message!(
        "objection.voucher",
        number,
        step = voucher.step,
        instrument = voucher.instrument.map_or("", Instrument::word),
        period = voucher.activity_period,
        posted = voucher.posting_month,
        debtor = voucher.debtor,
        creditor = voucher.creditor,
        amount = voucher.amount,
        cause = voucher.cause.said(),
        note = voucher.note
    );
    let mut columns = Vec::from(heads(["contact", "drg_points", "days", "amount_ore"]));
    if keys.is_some() {
        columns.insert(1, message!("column.extract_key"));
    }
    let mut table = Table::new(message!("objection.behind"), &columns);
    let month = Month::parse(&voucher.activity_period).ok();
    let basis = month.and_then(|month| books.months.basis.get(&month)).cloned().unwrap_or_default();
    for one in basis.iter().filter(|one| one.step == voucher.step) {
        let claims = books.movements(&one.movements)?;
        let word = |number| claims.words.word(number);
        for row in &claims.rows {
            let same = row.instrument == voucher.instrument
                && row.cause == voucher.cause
                && word(row.debtor) == voucher.debtor
                && word(row.creditor) == voucher.creditor
                && word(row.unit) == voucher.unit
                && word(row.version) == voucher.rule_version;
            if same {
                let mut cells = vec![Cell::text(row.contact)];
                cells.extend(keys.map(|keys| Cell::text(keys.of_contact(row.contact))));
                cells.extend([
                    Cell::Decimal(i64::from(row.points)),
                    Cell::Count(i64::from(row.days)),
                    Cell::Kroner(row.amount),
                ]);
                table.rows.push(cells);
            }
        }
    }
    Ok((head, table))
}
