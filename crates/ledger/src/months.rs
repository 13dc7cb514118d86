//! Each month as the steps record it: its state (open, provisional, closed or final), the settlements that the
//! month rests on, and the steps that changed its statement.

use std::collections::{BTreeMap, BTreeSet};
use words::{Message, message};

use domain::{Balancing, Day, Minute, Month, PayRounding, PeriodState, StepKind};
use serde::de::DeserializeOwned;

use crate::content::{
    Answer, Closed, Decision, Delivery, Inherited, NotSettled, Objection, Opened, Reviewed, Ruled, Settled,
};
use crate::netting::{self, Terms};
use crate::store::{Ledger, LedgerError, Wanted};
use crate::voucher::{Step, Voucher};

/// State and history of one month in the ledger.
#[derive(Debug, Clone)]
pub struct MonthRecord {
    pub state: PeriodState,
    /// Terms that the month was opened with.
    pub opened: Opened,
    /// Numbers of the steps that changed the month's statement, in order. The first made version 1.
    pub versions: Vec<i64>,
    /// Number of steps that posted amounts on account in the month.
    pub on_account: usize,
    /// Number of times that the month's own activity was settled.
    pub runs: usize,
    /// Months of activity whose settlements or decisions stand in the month's statement.
    activities: BTreeSet<Month>,
    /// Number of the last step that changed the month, or that may have changed a mark on its statement, as an objection
    /// does.
    pub touched: i64,
    /// Number of the last step that changed what the month's statement sums up to: the opening, a settlement, a
    /// decision, an amount on account or the closing.
    pub summed: i64,
    /// Whether the month's activity was corrected in the statement of another month.
    pub corrected: bool,
    /// Whether closing the month netted its instruments.
    pub netted: bool,
    /// `None` until the month is closed.
    pub closed_at: Option<Minute>,
}

/// One settlement of a month of activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    pub step: i64,
    /// Month that the settlement was posted in.
    pub into: Month,
    /// SHA-256 of the delivered file.
    pub delivery: String,
    /// Digest of the kept file with the movements.
    pub movements: String,
    /// Digest of the kept rule files.
    pub rules_archive: String,
    /// Rule versions that the month stood under after the settlement.
    pub rules: Vec<String>,
    /// Unsigned values that were used, each as a line `file:line: key = value`.
    pub unsigned: Vec<String>,
    /// Instruments that the month is not settled for.
    pub not_settled: NotSettled,
}

impl Basis {
    /// Whether unsigned values were used.
    pub fn is_draft(&self) -> bool {
        !self.unsigned.is_empty()
    }
}

/// An objection with its answer and decision.
#[derive(Debug, Clone)]
pub struct Dispute {
    pub objection: Objection,
    pub filed_at: Minute,
    pub answer: Option<Answer>,
    /// `None` until the objection is decided, and again if it is reopened.
    pub decision: Option<Decision>,
}

/// A delivery that was settled.
#[derive(Debug, Clone)]
pub struct Delivered {
    pub delivery: Delivery,
    /// First step that settled it.
    pub step: i64,
    /// Time of the step.
    pub recorded_at: Minute,
}

/// State of all months, objections and heirs, read from the steps.
#[derive(Debug, Clone, Default)]
pub struct Months {
    pub months: BTreeMap<Month, MonthRecord>,
    /// Settlements of each month of activity, in order.
    pub basis: BTreeMap<Month, Vec<Basis>>,
    /// Decisions on heirs, in order.
    pub inherited: Vec<Inherited>,
    /// Objections by their key.
    pub disputes: BTreeMap<String, Dispute>,
    /// Whether any delivery was synthetic.
    pub synthetic: bool,
    /// Digest of the rule files that the ledger stands on: those of the last step that changed the rules or settled.
    pub rules: Option<String>,
    /// Deliveries in the order in which they were first settled.
    pub deliveries: Vec<Delivered>,
}

/// The content of a step.
fn read<T: DeserializeOwned>(step: &Step) -> Result<T, LedgerError> {
    serde_json::from_str(&step.content).map_err(|error| LedgerError::Damaged {
        place: String::new(),
        what: message!("record.step", number = step.number),
        fault: Message::plain(error),
    })
}

impl MonthRecord {
    fn opened(opened: &Opened, step: i64) -> MonthRecord {
        MonthRecord {
            state: PeriodState::Open,
            opened: opened.clone(),
            versions: Vec::new(),
            on_account: 0,
            runs: 0,
            activities: BTreeSet::new(),
            touched: step,
            summed: step,
            corrected: false,
            netted: false,
            closed_at: None,
        }
    }

    /// Whether the month is closed or final, and so never changes.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, PeriodState::Closed | PeriodState::Final)
    }

    /// Records that a step put vouchers in the month's statement.
    fn change(&mut self, step: i64) {
        self.versions.push(step);
        (self.touched, self.summed) = (step, step);
    }
}

impl Months {
    /// Reads all steps, from the first on.
    ///
    /// # Errors
    /// Fails if the content of a step cannot be read.
    pub fn of(steps: &[Step]) -> Result<Months, LedgerError> {
        let mut out = Months::default();
        for step in steps {
            out.add(step)?;
        }
        Ok(out)
    }

    /// Reads the next step.
    ///
    /// # Errors
    /// Fails if the content of the step cannot be read.
    pub fn add(&mut self, step: &Step) -> Result<(), LedgerError> {
        let months: Vec<Month> = domain::Period::parse_any(&step.period)
            .map(|period| period.months().collect())
            .unwrap_or_default();
        match step.kind {
            StepKind::Open => {
                let opened: Opened = read(step)?;
                for month in months {
                    self.months.entry(month).or_insert_with(|| MonthRecord::opened(&opened, step.number));
                }
            }
            StepKind::OnAccount => {
                for record in self.records(&months) {
                    (record.touched, record.summed) = (step.number, step.number);
                    record.on_account += 1;
                    // A statement that already exists changes too.
                    if !record.versions.is_empty() {
                        record.versions.push(step.number);
                    }
                }
            }
            StepKind::Run | StepKind::Correct => self.settled(step, read(step)?),
            StepKind::Close => {
                let closed: Closed = read(step)?;
                for record in self.records(&months) {
                    (record.touched, record.summed) = (step.number, step.number);
                    record.state = PeriodState::Closed;
                    record.netted = closed.netted;
                    record.closed_at = Some(step.recorded_at);
                }
            }
            StepKind::Finalise => {
                for record in self.records(&months) {
                    record.touched = step.number;
                    record.state = PeriodState::Final;
                }
            }
            StepKind::ObjectionFiled => self.filed(step, read(step)?),
            StepKind::ObjectionAnswered => {
                let answer: Answer = read(step)?;
                if let Some(dispute) = self.disputes.get_mut(&answer.key) {
                    dispute.answer = Some(answer);
                }
            }
            StepKind::ObjectionDecided => self.decided(step, read(step)?),
            StepKind::ReviewBoard => {
                let reviewed: Reviewed = read(step)?;
                self.changed(reviewed.into, step.number, &months);
            }
            StepKind::Inheritance => {
                let decided: Inherited = read(step)?;
                // Statements that exist pass to the heir.
                for (_, record) in self.months.range_mut(decided.from.month()..) {
                    if !record.versions.is_empty() && !record.is_closed() {
                        record.change(step.number);
                    }
                }
                self.inherited.push(decided);
            }
            StepKind::Rules => {
                let changed: Ruled = read(step)?;
                self.rules = Some(changed.rules_archive);
            }
        }
        Ok(())
    }

    fn records(&mut self, months: &[Month]) -> impl Iterator<Item = &mut MonthRecord> {
        self.months.iter_mut().filter(|(month, _)| months.contains(month)).map(|(_, record)| record)
    }

    fn filed(&mut self, step: &Step, objection: Objection) {
        self.touch_from(objection.month, step.number);
        let dispute = Dispute { objection, filed_at: step.recorded_at, answer: None, decision: None };
        self.disputes.insert(dispute.objection.key.clone(), dispute);
    }

    fn decided(&mut self, step: &Step, decision: Decision) {
        let Some(month) = self.disputes.get(&decision.key).map(|dispute| dispute.objection.month) else {
            return;
        };
        if step.vouchers > 0 {
            self.changed(decision.into, step.number, &[month]);
        }
        self.touch_from(month, step.number);
        if let Some(dispute) = self.disputes.get_mut(&decision.key) {
            dispute.decision = Some(decision);
        }
    }

    /// Records that a decision on months of activity changed a month's statement.
    fn changed(&mut self, month: Month, step: i64, activities: &[Month]) {
        if let Some(record) = self.months.get_mut(&month) {
            record.change(step);
            record.activities.extend(activities);
        }
    }

    /// Unsigned values behind the statements from `first` to `last`, each value once: the unsigned values of the last
    /// settlement of each month of activity in these statements. A statement with an unsigned value is a draft.
    ///
    /// If a month of activity is settled again under signed values, its unsigned values no longer stand behind any
    /// statement, whichever month the new settlement is posted in. If it is settled again under unsigned values in another
    /// month, those stand behind the statement of that other month alone.
    pub fn unsigned(&self, first: Month, last: Month) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for (month, record) in self.months.range(first..=last) {
            for activity in &record.activities {
                let all = self.basis.get(activity).map_or(&[][..], Vec::as_slice);
                let own = all.iter().rposition(|basis| basis.into == *month);
                // A decision on the activity rests on what was settled of it last.
                let own = own.unwrap_or(all.len().saturating_sub(1));
                let is_signed_later = all.iter().skip(own).any(|basis| !basis.is_draft());
                let values = all.get(own).filter(|_| !is_signed_later).map(|basis| &basis.unsigned);
                for value in values.into_iter().flatten() {
                    if !out.contains(value) {
                        out.push(value.clone());
                    }
                }
            }
        }
        out
    }

    /// Instruments that a month from `first` to `last` is not settled for, each with the value that was missing first.
    pub fn not_settled(&self, first: Month, last: Month) -> NotSettled {
        let mut out = NotSettled::new();
        for (month, _) in self.months.range(first..=last) {
            for basis in self.basis.get(month).into_iter().filter_map(|all| all.last()) {
                for (instrument, missing) in &basis.not_settled {
                    out.entry(*instrument).or_insert_with(|| missing.clone());
                }
            }
        }
        out
    }

    /// Whether an unsigned value stands behind a month's statement.
    pub fn is_draft(&self, month: Month) -> bool {
        !self.unsigned(month, month).is_empty()
    }

    /// Marks every month from `first` on as touched: an activity of `first` may stand in the statement of any
    /// later month.
    fn touch_from(&mut self, first: Month, step: i64) {
        for (_, record) in self.months.range_mut(first..) {
            record.touched = step;
        }
    }

    fn settled(&mut self, step: &Step, settled: Settled) {
        self.synthetic |= settled.delivery.synthetic;
        self.rules = Some(settled.rules_archive.clone());
        if !self.deliveries.iter().any(|one| one.delivery.sha256 == settled.delivery.sha256) {
            let delivery = settled.delivery.clone();
            self.deliveries.push(Delivered { delivery, step: step.number, recorded_at: step.recorded_at });
        }
        if let Some(record) = self.months.get_mut(&settled.into) {
            record.change(step.number);
            record.runs += usize::from(step.kind == StepKind::Run);
            record.activities.extend(settled.months.iter().map(|moved| moved.month));
            // A correction of another month may come before the month itself is settled.
            if record.state == PeriodState::Open && step.kind == StepKind::Run {
                record.state = PeriodState::Provisional;
            }
        }
        for key in &settled.reopened {
            let reopened = self.disputes.get_mut(key).map(|dispute| {
                dispute.decision = None;
                dispute.objection.month
            });
            // In a bundle, another party's objection has no key; but its key begins with its month.
            let of_key = || key.get(..7).and_then(|month| Month::parse(month).ok());
            if let Some(month) = reopened.or_else(of_key) {
                self.touch_from(month, step.number);
            }
        }
        for moved in settled.months {
            let basis = Basis {
                step: step.number,
                into: settled.into,
                delivery: settled.delivery.sha256.clone(),
                movements: moved.movements_archive,
                rules_archive: settled.rules_archive.clone(),
                rules: moved.rules,
                // A step of an earlier version of the program has the values of all its months together.
                unsigned: moved.unsigned.unwrap_or_else(|| settled.unsigned.clone()),
                not_settled: moved.not_settled,
            };
            self.basis.entry(moved.month).or_default().push(basis);
            if moved.month != settled.into
                && let Some(record) = self.months.get_mut(&moved.month)
            {
                record.corrected = true;
                record.touched = step.number;
            }
        }
    }

    /// State of a month; `None` if the month was never opened.
    pub fn state(&self, month: Month) -> Option<PeriodState> {
        self.months.get(&month).map(|record| record.state)
    }

    /// Terms of a month. In a month that was never opened, every instrument is paid centrally, and amounts to pay are
    /// rounded to øre.
    pub fn terms(&self, month: Month) -> Terms {
        match self.months.get(&month) {
            Some(record) => Terms { modes: record.opened.modes.clone(), rounding: record.opened.rounding },
            None => Terms { modes: BTreeMap::new(), rounding: PayRounding::Ore },
        }
    }

    /// Whether closing a month nets its instruments; `true` for a month that was never opened.
    pub fn nets(&self, month: Month) -> bool {
        let balancing = self.months.get(&month).map_or(Balancing::Month, |record| record.opened.balancing);
        match balancing {
            Balancing::Month => true,
            Balancing::Tertial => month.number() % 4 == 0,
            Balancing::Year => month.number() == 12,
        }
    }

    /// Vouchers that close a month: they net what is open since the last netting, counting only vouchers of steps up
    /// to and including `to_step` (`None` for all steps). Empty if closing the month nets nothing.
    ///
    /// # Errors
    /// Fails if the ledger cannot be read.
    pub fn netting(
        &self,
        ledger: &mut Ledger,
        month: Month,
        to_step: Option<i64>,
    ) -> Result<Vec<Voucher>, LedgerError> {
        if !self.nets(month) {
            return Ok(Vec::new());
        }
        let from = self.netted_before(month).and_then(Month::next);
        let from = from.or(self.months.keys().next().copied()).unwrap_or(month);
        let months = Some((from.to_string(), month.to_string()));
        let open = ledger.vouchers(&Wanted { months, after_step: 0, to_step })?;
        Ok(netting::net(&open, &month.to_string(), &self.terms(month)))
    }

    /// Last month before `month` whose closing netted its instruments; `None` if there is none.
    pub fn netted_before(&self, month: Month) -> Option<Month> {
        self.months.range(..month).rev().find(|(_, record)| record.netted).map(|(month, _)| *month)
    }

    /// Amount that decided objections have taken off a line.
    pub fn reduced(&self, contact: i64, instrument: domain::Instrument, month: Month) -> domain::Amount {
        let same = |one: &&Dispute| {
            (one.objection.contact, one.objection.instrument, one.objection.month)
                == (contact, instrument, month)
        };
        let decided = self.disputes.values().filter(same).filter_map(|one| one.decision.as_ref());
        domain::Amount::from_ore(decided.map(|decision| decision.reduction_ore).sum())
    }

    /// Last step that touched a month from `first` to `last`; 0 if none of them was opened.
    pub fn touched(&self, first: Month, last: Month) -> i64 {
        self.months.range(first..=last).map(|(_, record)| record.touched).max().unwrap_or(0)
    }

    /// Last step that a statement from `first` to `last` knows: the last that touched its months. A statement whose last
    /// month is not closed knows the earlier months of the year as they stand too.
    pub fn known(&self, first: Month, last: Month) -> i64 {
        self.touched(self.reach(first, last), last)
    }

    /// First month that a statement from `first` to `last` shows as it stands now.
    fn reach(&self, first: Month, last: Month) -> Month {
        let is_closed = self.months.get(&last).is_some_and(MonthRecord::is_closed);
        Month::new(first.year(), 1).filter(|_| !is_closed).unwrap_or(first)
    }

    /// Last step that changed what a statement from `first` to `last` sums up to, or what it shows of earlier months; 0 if none
    /// of these months was opened.
    pub fn summed(&self, first: Month, last: Month) -> i64 {
        let first = self.reach(first, last);
        self.months.range(first..=last).map(|(_, record)| record.summed).max().unwrap_or(0)
    }

    /// Steps that changed the statements from `first` to `last`, in order. The first made version 1.
    pub fn versions(&self, first: Month, last: Month) -> BTreeSet<i64> {
        self.months.range(first..=last).flat_map(|(_, record)| record.versions.iter().copied()).collect()
    }

    /// Objections that nobody has decided.
    pub fn open_disputes(&self) -> impl Iterator<Item = &Objection> {
        self.disputes.values().filter(|one| one.decision.is_none()).map(|one| &one.objection)
    }

    /// The heir of a party on a day, by the latest recorded decision; `None` if nobody has decided.
    pub fn decided_heir(&self, party: &str, day: Day) -> Option<&str> {
        // A decision on `undecided:1507` holds for `1507` too, and the other way round.
        let plain = |party: &str| party.trim_start_matches(domain::municipality::UNDECIDED).to_owned();
        let wanted = plain(party);
        let decided = self.inherited.iter().rev().find(|one| plain(&one.party) == wanted && one.from <= day);
        decided.map(|one| one.heir.as_str())
    }
}
