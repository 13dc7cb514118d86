//! Objections (`innsigelser`): a municipality disputes a line, the trust answers, and somebody decides. The
//! line stays and is marked; the amount that a decision takes off is a voucher with its own cause.

use std::path::Path;

use anyhow::{Context, Result, bail};
use domain::{Amount, Cause, Claims, Ground, Instrument, Minute, Month, Period, Ruling, StepKind};
use ledger::Voucher;
use ledger::content::{Answer, Decision, Objection};
use ledger::correction;
use ledger::netting::blank;
use register::parquet_file::Reader;

use super::books::Books;
use crate::refusal::Refusal;
use crate::table::Table;

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

/// Voucher that adds an amount to a disputed line, or takes it off if it is below zero. It is posted in
/// `into`.
pub fn voucher(objection: &Objection, amount: Amount, into: Month, key: &str) -> Voucher {
    let mut voucher = blank(&into.to_string(), Cause::Objection);
    voucher.activity_period = objection.month.to_string();
    voucher.instrument = Some(objection.instrument);
    voucher.debtor.clone_from(&objection.party);
    voucher.creditor.clone_from(&objection.creditor);
    voucher.unit.clone_from(&objection.unit);
    voucher.rule_version.clone_from(&objection.rule_version);
    voucher.amount = amount;
    voucher.note = format!("objection {key}");
    voucher.lines = voucher.claim_lines();
    voucher
}

/// Files an objection. Returns a Norwegian sentence with its key. A line that is disputed already stays as it
/// is.
///
/// # Errors
/// Fails if the party has no such line, if decided objections have taken off the whole line, or if the
/// delivery does not hold the contact.
pub fn file(books: &mut Books, filing: &Filing, now: Minute) -> Result<String> {
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
    let open = books.months.open_disputes().find(|other| {
        (other.contact, other.instrument, other.month) == (filing.contact, filing.instrument, filing.month)
    });
    if let Some(open) = open {
        return Ok(format!("linjen er omtvistet fra før, som {}; ingenting endret", open.key));
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
        facts: facts(books, filing)?,
    };
    let content = serde_json::to_string(&objection)?;
    books.post(StepKind::ObjectionFiled, &month, now, content, Vec::new(), Vec::new())?;
    Ok(format!(
        "{}: {} er omtvistet; linjen blir stående til saken er avgjort",
        objection.key,
        Amount::from_ore(objection.amount_ore)
    ))
}

/// Facts of the case with the provision of each, from the same code as the charge. Empty without a delivery.
fn facts(books: &mut Books, filing: &Filing) -> Result<Vec<String>> {
    let Some(path) = filing.contacts else { return Ok(Vec::new()) };
    let Some(basis) = books.months.basis.get(&filing.month).and_then(|basis| basis.last()).cloned() else {
        return Ok(Vec::new());
    };
    let law = settlement::Law::of(&books.kept_rules(&basis.rules_archive)?)?;
    let reader = Reader::open_contacts(path)?;
    let stay = settlement::explain::stay_of_contact(&reader, filing.contact)?;
    let period = Period::of_month(filing.month);
    let told = settlement::explain::explain(&law, &books.municipalities, &stay, filing.contact, period)?;
    let Some(told) = told else { bail!("there is no contact {} in {}", filing.contact, path.display()) };
    let part = told.parts.into_iter().find(|part| part.instrument == filing.instrument);
    Ok(part.map_or_else(Vec::new, |part| {
        part.steps.into_iter().map(|step| format!("{} [{}]", step.text, step.provision)).collect()
    }))
}

/// Records the trust's answer. Returns a Norwegian sentence.
///
/// # Errors
/// Fails if there is no such objection.
pub fn answer(books: &mut Books, key: &str, text: &str, now: Minute) -> Result<String> {
    let dispute = known(books, key)?;
    if dispute.answer.as_ref().is_some_and(|answer| answer.text == text) {
        return Ok(format!("{key}: svaret er ført fra før; ingenting endret"));
    }
    let month = dispute.objection.month.to_string();
    let content = serde_json::to_string(&Answer { key: key.to_owned(), text: text.to_owned() })?;
    books.post(StepKind::ObjectionAnswered, &month, now, content, Vec::new(), Vec::new())?;
    Ok(format!("{key}: svaret er ført"))
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
    /// Amount to take off; given only if a part of the line is taken off.
    pub reduction: Option<Amount>,
    /// Who decided, and the reference of the decision.
    pub reference: &'a str,
    /// Month in which the reduction is posted.
    pub into: Month,
}

/// Decides an objection, and posts the reduction. Returns a Norwegian sentence.
///
/// # Errors
/// Fails if there is no such objection, if it is decided with another outcome, if the month may not change,
/// or if the reduction does not fit the outcome and the line.
pub fn decide(books: &mut Books, deciding: &Deciding, now: Minute) -> Result<String> {
    let dispute = known(books, deciding.key)?;
    let objection = &dispute.objection;
    if let Some(decision) = dispute.decision.as_ref().filter(|one| one.outcome != deciding.outcome) {
        return Err(Refusal::DecidedOtherwise {
            key: deciding.key.to_owned(),
            outcome: decision.outcome,
            reference: decision.reference.clone(),
        }
        .into());
    }
    if let Some(decision) = &dispute.decision {
        return Ok(format!("{}: avgjort fra før ({}); ingenting endret", deciding.key, decision.outcome));
    }
    books.may_change(deciding.into)?;
    let claims = standing(books, objection.contact, objection.month)?;
    let line: Amount = claims
        .rows
        .iter()
        .filter(|row| {
            row.instrument == Some(objection.instrument) && claims.words.word(row.debtor) == objection.party
        })
        .map(|row| row.amount)
        .sum();
    let line = line - books.months.reduced(objection.contact, objection.instrument, objection.month);
    let reduction = match (deciding.outcome, deciding.reduction) {
        (Ruling::Rejected, None) => Amount::ZERO,
        (Ruling::Upheld, None) => line,
        (Ruling::Partly, Some(part)) if part > Amount::ZERO && part < line => part,
        (Ruling::Partly, _) => bail!("a part of {line} is to be given with --reduce-by, as 4000 or 4000,50"),
        (_, Some(_)) => bail!("--reduce-by goes with --outcome partly"),
    };
    let vouchers = match reduction {
        Amount::ZERO => Vec::new(),
        reduction => vec![voucher(objection, -reduction, deciding.into, deciding.key)],
    };
    let decision = Decision {
        key: deciding.key.to_owned(),
        outcome: deciding.outcome,
        reference: deciding.reference.to_owned(),
        reduction_ore: reduction.ore(),
        into: deciding.into,
    };
    let content = serde_json::to_string(&decision)?;
    books.post(StepKind::ObjectionDecided, &deciding.into.to_string(), now, content, vouchers, Vec::new())?;
    Ok(format!("{}: avgjort; {reduction} tas av linjen, ført i {}", deciding.key, deciding.into))
}

/// Table of every objection.
pub fn list(books: &Books) -> Table {
    let heads = [
        "key",
        "party",
        "instrument",
        "contact",
        "amount_ore",
        "ground",
        "filed",
        "answer",
        "outcome",
        "reduction_ore",
    ];
    let mut table = Table::new("Innsigelser", &heads);
    for (key, one) in &books.months.disputes {
        let answer = if one.answer.is_some() { "ja" } else { "" };
        table.row([
            key.clone(),
            one.objection.party.clone(),
            one.objection.instrument.to_string(),
            one.objection.contact.to_string(),
            one.objection.amount_ore.to_string(),
            one.objection.ground.to_string(),
            one.filed_at.day().to_string(),
            answer.to_owned(),
            one.decision.as_ref().map_or("åpen", |decision| decision.outcome.word()).to_owned(),
            one.decision.as_ref().map_or_else(String::new, |decision| decision.reduction_ore.to_string()),
        ]);
    }
    table
}

/// One objection with its facts, answer and decision, in Norwegian.
///
/// # Errors
/// Fails if there is no such objection.
pub fn show(books: &Books, key: &str) -> Result<String> {
    let one = known(books, key)?;
    let mut out = format!(
        "Innsigelse {key}, ført {}\n{} · {} · kontakt {} · {}\nGrunn: {}\n{}\n",
        one.filed_at.day(),
        one.objection.party,
        one.objection.instrument,
        one.objection.contact,
        Amount::from_ore(one.objection.amount_ore),
        one.objection.ground,
        one.objection.text
    );
    if !one.objection.facts.is_empty() {
        out.push_str("\nFakta i saken, slik kravet ble regnet ut:\n");
    }
    for (place, fact) in one.objection.facts.iter().enumerate() {
        out.push_str(&format!("  {}. {fact}\n", place + 1));
    }
    if let Some(answer) = &one.answer {
        out.push_str(&format!("\nSvar: {}\n", answer.text));
    }
    match &one.decision {
        Some(decision) => out.push_str(&format!(
            "\nAvgjort: {} ({}), {} tatt av, ført i {}\n",
            decision.outcome,
            decision.reference,
            Amount::from_ore(decision.reduction_ore),
            decision.into
        )),
        None => out.push_str("\nIkke avgjort. Linjen står.\n"),
    }
    Ok(out)
}

/// Table of everything that the ledger holds of a contact: each movement with step, month and cause, and each
/// objection. Amounts in øre.
///
/// # Errors
/// Fails if the ledger cannot be read.
pub fn history(books: &mut Books, contact: i64) -> Result<Table> {
    let mut table = Table::new(
        &format!("Kontakt {contact} i hovedboken, øre"),
        &[
            "step",
            "recorded",
            "month",
            "instrument",
            "cause",
            "debtor",
            "creditor",
            "rule_version",
            "drg_points_milli",
            "days",
            "amount_ore",
        ],
    );
    let steps = books.ledger.steps().context("steps")?;
    for (month, basis) in books.months.basis.clone() {
        for one in basis {
            let claims = books.movements(&one.movements)?;
            let recorded = steps.iter().find(|step| step.number == one.step);
            for row in claims.rows.iter().filter(|row| row.contact == contact && row.instrument.is_some()) {
                let word = |number| claims.words.word(number).to_owned();
                table.row([
                    one.step.to_string(),
                    recorded.map_or_else(String::new, |step| step.recorded_at.day().to_string()),
                    month.to_string(),
                    row.instrument.map_or("", Instrument::word).to_owned(),
                    row.cause.to_string(),
                    word(row.debtor),
                    word(row.creditor),
                    word(row.version),
                    row.points.to_string(),
                    row.days.to_string(),
                    row.amount.ore().to_string(),
                ]);
            }
        }
    }
    for (key, one) in books.months.disputes.iter().filter(|(_, one)| one.objection.contact == contact) {
        let reduction = one.decision.as_ref().map_or(0, |decision| -decision.reduction_ore);
        let outcome = one.decision.as_ref().map_or("open", |decision| decision.outcome.word());
        table.row([
            String::new(),
            one.filed_at.day().to_string(),
            one.objection.month.to_string(),
            one.objection.instrument.to_string(),
            format!("objection {key}: {outcome}"),
            one.objection.party.clone(),
            one.objection.creditor.clone(),
            one.objection.rule_version.clone(),
            "0".to_owned(),
            "0".to_owned(),
            reduction.to_string(),
        ]);
    }
    Ok(table)
}

/// A voucher as a heading, and a table of the claims behind it, in øre.
///
/// # Errors
/// Fails if there is no such voucher.
pub fn behind(books: &mut Books, number: i64) -> Result<(String, Table)> {
    // Each step says how many vouchers it has, and so which step holds the number.
    let mut before = 0;
    let step = books.ledger.steps()?.into_iter().find(|step| {
        before += step.vouchers;
        number <= before
    });
    let step = step.map_or(0, |step| step.number);
    let only = ledger::store::Wanted { months: None, after_step: step - 1, to_step: Some(step) };
    let vouchers = books.ledger.vouchers(&only)?;
    let Some(voucher) = vouchers.iter().find(|voucher| voucher.number == number) else {
        return Err(Refusal::NoSuchVoucher(number).into());
    };
    let head = format!(
        "Bilag {number}, steg {}: {} for {}, ført i {}\n{} skylder {}: {} ({}) {}\n",
        voucher.step,
        voucher.instrument.map_or("", Instrument::word),
        voucher.activity_period,
        voucher.posting_month,
        voucher.debtor,
        voucher.creditor,
        voucher.amount,
        voucher.cause.name(),
        voucher.note
    );
    let mut table =
        Table::new("Kravene bak bilaget, øre", &["contact", "drg_points_milli", "days", "amount_ore"]);
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
                table.row([
                    row.contact.to_string(),
                    row.points.to_string(),
                    row.days.to_string(),
                    row.amount.ore().to_string(),
                ]);
            }
        }
    }
    Ok((head, table))
}
