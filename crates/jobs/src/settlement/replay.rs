//! A replay of a ledger's steps, one by one, from the state that the steps before them lead to: what a step posts and says
//! is computed again from what the ledger holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::failure::Result;
use domain::{Amount, Cause, Claims, Instrument, Month, Period, PeriodState, Ruling, StepKind};
use ledger::content::{Answer, Closed, Decision, Inherited, MonthMoved, Objection, Reviewed, Ruled, Settled};
use ledger::months::{MonthRecord, Months};
use ledger::store::Wanted;
use ledger::{Step, Voucher, correction, netting};
use settlement::{Law, manifest};
use words::{Message, message};

use crate::law::{asked, not_settled};
use crate::settle;
use crate::settlement::source::content;
use crate::settlement::{Books, inherit, objection, review_board, rules};

/// Replays the steps one by one, and returns the faults: a voucher that differs from what its step gives, or whose month
/// was neither open nor provisional before the step; a step whose number of vouchers, rules, sums, netting, decision or
/// division is wrong, or that could not have been taken then. Amounts on account and lump sums of the review board are
/// decided outside the ledger, and words of people are their own; all else is computed again from what the ledger holds.
pub(super) fn replayed(books: &mut Books) -> Result<Vec<Message>> {
    let steps = books.ledger.steps()?;
    let filed = steps.iter().filter(|step| step.kind == StepKind::ObjectionFiled);
    let disputed = filed.map(|step| Ok(content::<Objection>(step)?.contact)).collect::<Result<_>>()?;
    let mut replay = Replay {
        books,
        months: Months::default(),
        laws: BTreeMap::new(),
        disputed,
        claims: BTreeMap::new(),
        faults: Vec::new(),
    };
    for step in &steps {
        replay.step(step)?;
    }
    Ok(replay.faults)
}

/// A replay that has come to a step.
struct Replay<'a> {
    books: &'a mut Books,
    /// State before the step.
    months: Months,
    /// Kept rules by digest; `None` if they cannot be read.
    laws: BTreeMap<String, Option<Law>>,
    /// Contacts of all objections.
    disputed: BTreeSet<i64>,
    /// Claims for those contacts, by month of activity, and the number of settlements that they are from.
    claims: BTreeMap<Month, (usize, Claims)>,
    faults: Vec<Message>,
}

impl Replay<'_> {
    fn step(&mut self, step: &Step) -> Result<()> {
        let only = Wanted::of_step(step.number);
        let posted = self.books.ledger.vouchers(&only)?;
        for voucher in &posted {
            let state = Month::parse(&voucher.posting_month).ok().and_then(|month| self.months.state(month));
            if !matches!(state, Some(PeriodState::Open | PeriodState::Provisional)) {
                let (number, month) = (voucher.number, &voucher.posting_month);
                self.faults.push(message!("proof.not_open", number, month));
            }
        }
        let given = match step.kind {
            StepKind::Run | StepKind::Correct => {
                let (settled, claims) = settlement(self.books, step)?;
                self.settled(step, &settled, &claims)?;
                from_claims(&settled, &claims, &self.months)
            }
            _ => self.given(step, &posted)?,
        };
        if given.len() != posted.len() {
            let (posted, computed) = (posted.len(), given.len());
            self.faults.push(message!("proof.vouchers_count", step = step.number, posted, computed));
        }
        for (mut voucher, given) in posted.into_iter().zip(&given) {
            let number = voucher.number;
            // A voucher gets its number and hash when it is posted.
            (voucher.number, voucher.step) = (0, 0);
            voucher.hash.clear();
            if let Some((field, here, there)) =
                (voucher != *given).then(|| differing(&voucher, given)).flatten()
            {
                self.faults.push(message!("proof.voucher_other", number, field, here, there));
            }
        }
        if let Some(fault) = self.fault(step)? {
            self.faults.push(fault);
        }
        self.months.add(step)?;
        Ok(())
    }

    /// Vouchers that a step other than a settlement gives, before they have numbers.
    fn given(&mut self, step: &Step, posted: &[Voucher]) -> Result<Vec<Voucher>> {
        let mut out = Vec::new();
        match step.kind {
            StepKind::Close => {
                if let Ok(month) = Month::parse(&step.period) {
                    out = self.months.netting(&mut self.books.ledger, month, Some(step.number - 1))?;
                }
            }
            StepKind::ObjectionDecided => {
                let decision: Decision = content(step)?;
                let dispute = self.months.disputes.get(&decision.key);
                out.extend(dispute.and_then(|dispute| objection::taken_off(&dispute.objection, &decision)));
            }
            StepKind::OnAccount => out.extend(posted.iter().map(|voucher| {
                let Voucher { posting_month, debtor, creditor, amount, .. } = voucher;
                match voucher.instrument {
                    Some(instrument) => {
                        netting::on_account(posting_month, instrument, debtor, creditor, *amount)
                    }
                    None => netting::blank(posting_month, Cause::OnAccount),
                }
            })),
            StepKind::ReviewBoard => {
                let reviewed: Reviewed = content(step)?;
                out = review_board::again(self.books, step, &reviewed, posted)?;
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

    /// What is wrong with what a step says, besides its vouchers; `None` if it could be said then.
    fn fault(&mut self, step: &Step) -> Result<Option<Message>> {
        let number = step.number;
        Ok(match step.kind {
            StepKind::Open => {
                let period = Period::parse_any(&step.period)?;
                let mut again = period.months().filter(|month| self.months.state(*month).is_some());
                let is_later_closed = |(_, record): (&Month, &MonthRecord)| record.is_closed();
                let is_late = self.months.months.range(period.from().month()..).any(is_later_closed);
                let month = again.next().or_else(|| is_late.then(|| period.from().month()));
                month.map(|month| message!("proof.opened_again", step = number, month))
            }
            StepKind::Close => {
                let closed: Closed = content(step)?;
                let is_other =
                    Month::parse(&step.period).is_ok_and(|month| self.months.nets(month) != closed.netted);
                is_other.then(|| message!("proof.netted", step = number, month = step.period))
            }
            StepKind::Finalise => {
                let is_ready = |month: Month| {
                    matches!(self.months.state(month), Some(PeriodState::Closed | PeriodState::Final))
                        && !self.months.is_draft(month)
                };
                let month = Period::parse_any(&step.period)?.months().find(|month| !is_ready(*month));
                month.map(|month| message!("proof.not_ready", step = number, month))
            }
            StepKind::ObjectionFiled => {
                let filed: Objection = content(step)?;
                let is_right = self.is_of_line(&filed)?;
                (!is_right).then(|| message!("proof.filed", step = number, key = filed.key))
            }
            StepKind::ObjectionAnswered => {
                let answer: Answer = content(step)?;
                let is_known = self.months.disputes.contains_key(&answer.key);
                (!is_known).then(|| message!("proof.filed", step = number, key = answer.key))
            }
            StepKind::ObjectionDecided => {
                let decision: Decision = content(step)?;
                let is_right = self.fits(&decision)?;
                (!is_right).then(|| message!("proof.decision", step = number, key = decision.key))
            }
            StepKind::Inheritance => {
                let decided: Inherited = content(step)?;
                let may = inherit::may_inherit(&self.months, &self.books.municipalities, &decided);
                may.err().map(|why| message!("proof.inherited", step = number, why))
            }
            StepKind::Rules => {
                let changed: Ruled = content(step)?;
                let before = self.books.rules_at(self.months.rules.as_deref())?;
                let after = self.books.rules_at(Some(&changed.rules_archive))?;
                let is_right = rules::differing(&before, &after) == changed.changed;
                (!is_right).then(|| message!("proof.rules_changed", step = number))
            }
            StepKind::Run | StepKind::Correct | StepKind::OnAccount | StepKind::ReviewBoard => None,
        })
    }

    /// Claims for a disputed contact in a month of activity, as they stand before the step.
    fn standing(&mut self, contact: i64, month: Month) -> Result<Claims> {
        let basis = self.months.basis.get(&month).map_or(&[][..], Vec::as_slice);
        let (settlements, kept) = self.claims.entry(month).or_default();
        for one in &basis[(*settlements).min(basis.len())..] {
            let mut all = self.books.movements(&one.movements)?;
            all.rows.retain(|row| self.disputed.contains(&row.contact));
            kept.extend(&all);
        }
        *settlements = basis.len();
        let mut claims = Claims { words: kept.words.clone(), ..Claims::default() };
        claims.rows = kept.rows.iter().filter(|row| row.contact == contact).copied().collect();
        Ok(correction::net(&claims))
    }

    /// Whether an objection is to a line that stands, with its parties and what is left of its amount, under a key that
    /// is new.
    fn is_of_line(&mut self, filed: &Objection) -> Result<bool> {
        let claims = self.standing(filed.contact, filed.month)?;
        let left = self.months.reduced(filed.contact, filed.instrument, filed.month)
            + Amount::from_ore(filed.amount_ore);
        let is_line = claims.rows.iter().any(|row| {
            let word = |number| claims.words.word(number);
            row.instrument == Some(filed.instrument)
                && row.amount == left
                && (word(row.debtor), word(row.creditor)) == (&filed.party, &filed.creditor)
                && (word(row.unit), word(row.version)) == (&filed.unit, &filed.rule_version)
        });
        let is_new = !self.months.disputes.contains_key(&filed.key);
        Ok(is_line && is_new && filed.key.starts_with(&format!("{}-", filed.month)))
    }

    /// Whether a decision takes off what its outcome says of the line as it stands before the step.
    fn fits(&mut self, decision: &Decision) -> Result<bool> {
        let Some(dispute) = self.months.disputes.get(&decision.key).cloned() else { return Ok(false) };
        let objection = &dispute.objection;
        let claims = self.standing(objection.contact, objection.month)?;
        let (line, holder) = objection::line_of(&claims, objection);
        let line = line - self.months.reduced(objection.contact, objection.instrument, objection.month);
        let reduction = Amount::from_ore(decision.reduction_ore);
        let is_right = match decision.outcome {
            Ruling::Rejected => reduction == Amount::ZERO,
            Ruling::Upheld => reduction == line,
            Ruling::Partly => reduction > Amount::ZERO && reduction < line,
        };
        // An earlier version of the program kept no holder: the line was that of the objection.
        Ok(is_right && (decision.holder.is_none() || decision.holder == holder))
    }

    /// Checks what a settlement says of its rules and sums: the rule versions in force in each month, whether they hold
    /// unsigned values, and the amount of each cause.
    fn settled(&mut self, step: &Step, settled: &Settled, claims: &[Claims]) -> Result<()> {
        let digest = &settled.rules_archive;
        if !self.laws.contains_key(digest) {
            let law = self.books.kept_rules(digest).and_then(|book| Ok(Law::of(&book)?));
            self.laws.insert(digest.clone(), law.ok());
        }
        let Some(Some(law)) = self.laws.get(digest) else {
            self.faults.push(message!("proof.rules_unreadable", step = step.number, digest));
            return Ok(());
        };
        for (moved, claims) in settled.months.iter().zip(claims) {
            let MonthMoved { month, rules, causes, .. } = moved;
            let period = Period::of_month(*month);
            let asked = asked(&moved.not_settled);
            let Ok(scope) = law.scope(period, &asked) else {
                self.faults.push(message!("proof.rules_other", step = step.number, month));
                continue;
            };
            let unsigned = settle::unsigned(law, period, &scope, true)?;
            // A step of an earlier version of the program lists the unsigned values of all its months together, which
            // says nothing of one month.
            let says = moved.unsigned.as_ref().map_or(unsigned.is_empty(), Vec::is_empty);
            let is_other =
                manifest::versions(law, period, &scope) != *rules || not_settled(&scope) != moved.not_settled;
            if is_other || says != unsigned.is_empty() {
                self.faults.push(message!("proof.rules_other", step = step.number, month));
            }
            if correction::causes(claims) != *causes {
                self.faults.push(message!("proof.causes_other", step = step.number, month));
            }
        }
        Ok(())
    }
}

/// Content of a step that settled, and the claims of each of its months of activity.
fn settlement(books: &mut Books, step: &Step) -> Result<(Settled, Vec<Claims>)> {
    let settled: Settled = content(step)?;
    let of_months = settled.months.iter().map(|moved| books.movements(&moved.movements_archive));
    let claims = of_months.collect::<Result<_>>()?;
    Ok((settled, claims))
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
