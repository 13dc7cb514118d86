//! Stays with payable days: the readiness events of a contact, asked of the day-rate rule.

use domain::{Amount, CareLevel, Day, Minute, Month, Sector, UnitKind};
use rulebook::calculation::day_rate;
use rulebook::file::Liable;
use rulebook::{Assessment, Case, Event, Trace};

use crate::judge::Law;

/// A charge for the days of one stay in one month, owed by one municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCharge {
    /// Month.
    pub month: Month,
    /// Which of the person's municipalities pays.
    pub liable: Liable,
    /// Days.
    pub days: i64,
    /// Amount of the days that have a rate.
    pub amount: Amount,
    /// The first day without one: who needs the amount must stop.
    pub without_rate: Option<Day>,
    /// First day, which names the rule version.
    pub first: Day,
}

/// A stay that was reported ready.
#[derive(Debug, Clone)]
pub struct Stay {
    /// Sector.
    pub sector: Sector,
    /// Kind of unit.
    pub unit_kind: UnitKind,
    /// Level of care.
    pub care_level: CareLevel,
    /// Admission.
    pub admitted_at: Minute,
    /// Departure.
    pub departed_at: Minute,
    /// Events.
    pub events: Vec<Event>,
    /// Trust, or the unit where none is given.
    pub trust: String,
    /// Municipality of registration.
    pub registered_in: String,
    /// Municipality of stay.
    pub stays_in: String,
}

impl Stay {
    /// The stay as the day-rate rule is asked.
    pub(crate) fn case(&self) -> Case<'_> {
        Case {
            sector: self.sector,
            unit_kind: self.unit_kind,
            care_level: self.care_level,
            admitted_at: self.admitted_at,
            departed_at: self.departed_at,
            events: &self.events,
            trust: &self.trust,
            registered_in: &self.registered_in,
            stays_in: &self.stays_in,
        }
    }
}

/// The charges of a stay, month by month.
///
/// # Errors
/// The reason why there is none.
pub fn assess(law: &Law, stay: &Stay, trace: &mut impl Trace) -> Result<Vec<DayCharge>, &'static str> {
    let days = match day_rate::assess(&stay.case(), |day| law.usk_on(day), &law.agreements, trace) {
        Assessment::Nothing { reason } => return Err(reason),
        Assessment::Payable(days) => days,
    };
    let mut charges: Vec<DayCharge> = Vec::new();
    for day in days {
        let month = day.day.month();
        let place = charges.iter().position(|charge| charge.month == month && charge.liable == day.liable);
        let place = place.unwrap_or_else(|| {
            let (amount, first) = (Amount::ZERO, day.day);
            charges.push(DayCharge { month, liable: day.liable, days: 0, amount, without_rate: None, first });
            charges.len() - 1
        });
        let charge = &mut charges[place];
        charge.days += 1;
        match day.rate {
            Some(rate) => charge.amount += rate,
            None => charge.without_rate = charge.without_rate.or(Some(day.day)),
        }
    }
    Ok(charges)
}
