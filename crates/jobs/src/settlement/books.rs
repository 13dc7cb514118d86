//! A ledger that has been read: where each month stands, and what was posted.

use anyhow::Result;
use domain::municipality::Heir;
use domain::{Claims, Minute, Month, Municipalities, PeriodState, StepKind};
use ledger::months::Months;
use ledger::store::Wanted;
use ledger::{Ledger, Posting, Voucher};
use rulebook::LawBook;
use settlement::archive;

use crate::law::Files;
use crate::refusal::Refusal;

/// A ledger, read.
pub struct Books {
    /// The ledger.
    pub ledger: Ledger,
    /// The chain's end when it was read.
    pub head: ledger::Head,
    /// Where each month stands.
    pub months: Months,
    /// Municipalities with their lifetimes.
    pub municipalities: Municipalities,
}

impl Books {
    /// Opens a ledger that exists.
    pub fn open(place: &str) -> Result<Books> {
        Books::read(Ledger::open(place)?)
    }

    pub(crate) fn read(mut ledger: Ledger) -> Result<Books> {
        let head = ledger.head()?;
        let months = Months::of(&ledger.steps()?)?;
        Ok(Books { ledger, head, months, municipalities: Municipalities::built_in()? })
    }

    /// Posts a step and gives its number.
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

    /// The party that answers for another in a month.
    pub fn heir(&self, party: &str, month: Month) -> String {
        heir(&self.months, &self.municipalities, party, month)
    }

    /// The law that was kept with a settlement.
    pub fn kept_rules(&mut self, digest: &str) -> Result<LawBook> {
        let law = serde_json::from_slice(&self.ledger.archive(digest)?)?;
        Files { law, variants: Vec::new() }.book()
    }

    /// The rule files that were kept with the last settlement; none if there is none.
    pub fn last_rules(&mut self) -> Result<Vec<(String, String)>> {
        let last = self.months.basis.values().flatten().max_by_key(|basis| basis.step);
        match last.map(|basis| basis.rules_archive.clone()) {
            None => Ok(Vec::new()),
            Some(digest) => Ok(serde_json::from_slice(&self.ledger.archive(&digest)?)?),
        }
    }

    /// The movements that were kept with a settlement.
    pub fn movements(&mut self, digest: &str) -> Result<Claims> {
        let mut claims = Claims::default();
        archive::decode(self.ledger.archive(digest)?, &mut claims)?;
        Ok(claims)
    }

    /// A month that may be posted to.
    pub fn may_change(&self, month: Month) -> Result<()> {
        match self.months.state(month) {
            Some(PeriodState::Open | PeriodState::Provisional) => Ok(()),
            Some(state) => Err(Refusal::NeverChanges { month, state }.into()),
            None => Err(Refusal::NotOpened { month, ledger: self.ledger.place().to_owned() }.into()),
        }
    }

    /// Vouchers that stand in months, as known after a step.
    pub fn vouchers(&mut self, from: Month, to: Month, to_step: Option<i64>) -> Result<Vec<Voucher>> {
        let months = Some((from.to_string(), to.to_string()));
        Ok(self.ledger.vouchers(&Wanted { months, after_step: 0, to_step })?)
    }
}

/// The party that answers for another in a month: decisions and mergers are followed to their end.
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
                None => format!("{}{party}", domain::municipality::UNDECIDED),
            },
        };
        if next == now {
            break;
        }
        now = next;
    }
    now
}
