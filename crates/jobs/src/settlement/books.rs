//! A ledger that has been read, with the state of its months and its vouchers.

use crate::failure::Result;
use domain::municipality::Heir;
use domain::{Claims, Minute, Month, Municipalities, Party, PeriodState, StepKind};
use ledger::months::Months;
use ledger::store::Wanted;
use ledger::{Ledger, Posting, Voucher};
use rulebook::LawBook;
use settlement::archive;

use crate::law::Files;
use crate::refusal::Refusal;

/// A ledger, with the state that was read from its steps.
pub struct Books {
    pub ledger: Ledger,
    /// End of the chain when the ledger was read, or last posted to here.
    pub head: ledger::Head,
    /// State of each month.
    pub months: Months,
    /// Municipalities with their lifetimes.
    pub municipalities: Municipalities,
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
        let months = Months::of(&ledger.steps()?)?;
        Ok(Books { ledger, head, months, municipalities: Municipalities::built_in()? })
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

    /// The rule files that were kept with the last settlement, each as name and text; empty if nothing is
    /// settled.
    ///
    /// # Errors
    /// Fails if the ledger cannot be read.
    pub fn last_rules(&mut self) -> Result<Vec<(String, String)>> {
        let last = self.months.basis.values().flatten().max_by_key(|basis| basis.step);
        match last.map(|basis| basis.rules_archive.clone()) {
            None => Ok(Vec::new()),
            Some(digest) => Ok(serde_json::from_slice(&self.ledger.archive(&digest)?)?),
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

    /// Checks that a month may be posted to.
    ///
    /// # Errors
    /// Fails if the month is closed or final, or was never opened.
    pub fn may_change(&self, month: Month) -> Result<()> {
        match self.months.state(month) {
            Some(PeriodState::Open | PeriodState::Provisional) => Ok(()),
            Some(state) => Err(Refusal::NeverChanges { month, state }.into()),
            None => Err(Refusal::NotOpened { month, ledger: self.ledger.place().to_owned() }.into()),
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

/// The party that answers for another in a month. Recorded decisions and mergers are followed to their end. A
/// split that nobody has decided gives the party with [`domain::municipality::UNDECIDED`] before it.
pub fn heir(months: &Months, municipalities: &Municipalities, party: &str, month: Month) -> String {
    let day = month.first();
    let mut now = party.to_owned();
    // A decision may lead to a municipality that was merged later, and that to another decision.
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
