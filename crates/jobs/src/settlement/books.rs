//! A ledger with the state of its months, read from its steps. Vouchers and kept files are read when they are asked
//! for.

use crate::failure::Result;
use domain::municipality::Heir;
use domain::{Claims, Minute, Month, Municipalities, Party, Period, PeriodState, StepKind};
use ledger::months::Months;
use ledger::store::Wanted;
use ledger::{Ledger, Posting, Step, Voucher};
use rulebook::LawBook;
use settlement::archive;

use crate::law::Files;
use crate::refusal::Refusal;

/// A step that was made and not posted.
#[derive(Debug, Clone)]
pub struct Planned {
    pub kind: StepKind,
    /// Month, tertial or year that the step is for.
    pub period: String,
    pub vouchers: Vec<Voucher>,
    /// The claims behind the vouchers, if the step is a settlement.
    pub claims: Vec<Claims>,
}

/// A ledger, with the state that was read from its steps.
pub struct Books {
    pub ledger: Ledger,
    /// End of the chain at the last reading, or at the last step posted here.
    pub head: ledger::Head,
    /// State of each month.
    pub months: Months,
    /// Municipalities with their lifetimes.
    pub municipalities: Municipalities,
    /// Steps that were kept for a preview and not posted; `None` if steps are posted.
    planned: Option<Vec<Planned>>,
}

impl Books {
    /// Opens a ledger that exists.
    ///
    /// # Errors
    /// Fails if there is no ledger at the place, or if it cannot be read.
    pub fn open(place: &str) -> Result<Books> {
        Books::read(Ledger::open(place)?)
    }

    /// Reads the state of a ledger from its steps.
    pub(crate) fn read(mut ledger: Ledger) -> Result<Books> {
        let head = ledger.head()?;
        let months = Months::of(&ledger.steps()?).map_err(|error| error.at(ledger.place()))?;
        Ok(Books { ledger, head, months, municipalities: Municipalities::built_in()?, planned: None })
    }

    /// The same books, but from now on [`Books::post`] keeps each step for a preview, and the ledger is only
    /// read.
    #[must_use]
    pub fn only_planned(self) -> Books {
        Books { planned: Some(Vec::new()), ..self }
    }

    /// Steps that would have been posted, in order; `None` if steps are posted.
    pub fn planned(&self) -> Option<&[Planned]> {
        self.planned.as_deref()
    }

    /// Keeps a step for a preview. Later steps of the same command see the state that it leads to.
    fn plan(&mut self, posting: Posting) -> Result<i64> {
        let Some(planned) = &mut self.planned else { return Ok(self.head.steps) };
        let number = self.head.steps + 1 + planned.len() as i64;
        let Posting { kind, period, recorded_at, content, vouchers, archives } = posting;
        let mut claims = Vec::new();
        if matches!(kind, StepKind::Run | StepKind::Correct) {
            // The last file is the rules.
            for bytes in archives.iter().rev().skip(1).rev() {
                let mut of_month = Claims::default();
                archive::decode(bytes.clone(), &mut of_month)?;
                claims.push(of_month);
            }
        }
        let count = vouchers.len() as i64;
        planned.push(Planned { kind, period: period.clone(), vouchers, claims });
        let hash = String::new();
        self.months.add(&Step { number, kind, period, recorded_at, content, vouchers: count, hash })?;
        Ok(number)
    }

    /// Posts a step. Returns its number.
    ///
    /// # Errors
    /// Fails if somebody else has posted since the ledger was read, if the time is before the last step, or
    /// if the database fails.
    pub fn post(
        &mut self,
        kind: StepKind,
        period: &str,
        now: Minute,
        content: String,
        vouchers: Vec<Voucher>,
        archives: Vec<Vec<u8>>,
    ) -> Result<i64> {
        let posting =
            Posting { kind, period: period.to_owned(), recorded_at: now, content, vouchers, archives };
        if self.planned.is_some() {
            return self.plan(posting);
        }
        let posted = self.ledger.post(posting, &self.head)?;
        self.head = posted.head;
        self.months.add(&posted.step)?;
        Ok(posted.step.number)
    }

    /// The party that answers for another in a month: see [`heir()`].
    pub fn heir(&self, party: &str, month: Month) -> String {
        heir(&self.months, &self.municipalities, party, month)
    }

    /// The law that was kept with a settlement, by the digest of the rule files.
    ///
    /// # Errors
    /// Fails if nothing is kept under the digest, or if a rule file is wrong.
    pub fn kept_rules(&mut self, digest: &str) -> Result<LawBook> {
        let law = serde_json::from_slice(&self.ledger.archive(digest)?)?;
        Files { law, variants: Vec::new() }.book()
    }

    /// The rule files that the ledger stands on, each as name and text: those of the last step that changed the rules
    /// or was a settlement; empty if there is no such step.
    ///
    /// # Errors
    /// Fails if the ledger cannot be read.
    pub fn rules(&mut self) -> Result<Vec<(String, String)>> {
        let digest = self.months.rules.clone();
        self.rules_at(digest.as_deref())
    }

    /// The rule files that are kept under a digest, each as name and text; empty without a digest.
    ///
    /// # Errors
    /// Fails if nothing is kept under the digest.
    pub(super) fn rules_at(&mut self, digest: Option<&str>) -> Result<Vec<(String, String)>> {
        match digest {
            None => Ok(Vec::new()),
            Some(digest) => Ok(serde_json::from_slice(&self.ledger.archive(digest)?)?),
        }
    }

    /// The movements that were kept with a settlement, by their digest.
    ///
    /// # Errors
    /// Fails if nothing is kept under the digest, or if it holds no movements.
    pub fn movements(&mut self, digest: &str) -> Result<Claims> {
        let mut claims = Claims::default();
        archive::decode(self.ledger.archive(digest)?, &mut claims)?;
        Ok(claims)
    }

    /// Whether every settlement of a month so far was without contacts; true if there is no settlement.
    ///
    /// # Errors
    /// Fails if the ledger cannot be read.
    pub fn is_empty(&mut self, month: Month) -> Result<bool> {
        let basis = self.months.basis.get(&month).cloned().unwrap_or_default();
        for one in basis {
            if !self.movements(&one.movements)?.rows.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Checks that a month may be posted to.
    ///
    /// # Errors
    /// Fails if the month is closed or final, or was never opened.
    pub fn may_change(&self, month: Month) -> Result<()> {
        match self.months.state(month) {
            Some(PeriodState::Open | PeriodState::Provisional) => Ok(()),
            Some(state) => {
                let open = self.months.months.iter().find(|(_, record)| !record.is_closed());
                Err(Refusal::NeverChanges { month, state, open: open.map(|(month, _)| *month) }.into())
            }
            None => {
                let is_begun = self.months.months.keys().any(|other| other.year() == month.year());
                let year = Period::parse(&month.year().to_string()).ok().filter(|_| !is_begun);
                let open = year.unwrap_or(Period::of_month(month));
                Err(Refusal::NotOpened { month, open, ledger: self.ledger.place().to_owned() }.into())
            }
        }
    }

    /// Vouchers posted in the months from `from` to `to`, up to and including the step `to_step`; `None` for
    /// all steps.
    ///
    /// # Errors
    /// Fails if the ledger cannot be read.
    pub fn vouchers(&mut self, from: Month, to: Month, to_step: Option<i64>) -> Result<Vec<Voucher>> {
        let months = Some((from.to_string(), to.to_string()));
        Ok(self.ledger.vouchers(&Wanted { months, after_step: 0, to_step })?)
    }
}

/// The party that answers for another in a month. Recorded decisions and mergers are followed to their end. If nobody
/// has decided who answers for a split party, its name is returned with the prefix
/// [`domain::municipality::UNDECIDED`].
pub fn heir(months: &Months, municipalities: &Municipalities, party: &str, month: Month) -> String {
    let day = month.first();
    let mut now = party.to_owned();
    // A decision may lead to a municipality that was merged later, and the merger to another decision.
    for _ in 0..8 {
        let next = match (months.decided_heir(&now, day), municipalities.heir(&now, day)) {
            (Some(decided), _) => decided.to_owned(),
            (None, Heir::One(heir)) => heir,
            (None, Heir::Split { party, .. }) => match months.decided_heir(&party, day) {
                Some(decided) => decided.to_owned(),
                None => Party::Undecided(party).to_string(),
            },
        };
        if next == now {
            break;
        }
        now = next;
    }
    now
}
