//! A stay that was reported ready, as rows hold it.

use domain::{CareLevel, Minute, Sector, UnitKind};
use rulebook::law::{DayCharge, Law};
use rulebook::{Case, Event, Trace};

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
/// The reason code, where nothing is charged.
pub fn assess(law: &Law, stay: &Stay, trace: &mut impl Trace) -> Result<Vec<DayCharge>, &'static str> {
    law.days(&stay.case(), trace)
}
