//! A stay that was reported ready for discharge, as read from its row.

use domain::{CareLevel, Day, Minute, Sector, UnitKind};
use rulebook::file::Liable;
use rulebook::law::{DayCharge, Law};
use rulebook::{Case, Event, Trace};

/// A stay that was reported ready for discharge.
#[derive(Debug, Clone)]
pub struct Stay {
    pub sector: Sector,
    pub unit_kind: UnitKind,
    pub care_level: CareLevel,
    pub admitted_at: Minute,
    pub departed_at: Minute,
    pub events: Vec<Event>,
    /// Organisation number of the trust; the treating unit if no trust is given.
    pub trust: String,
    /// Code of the municipality of registration.
    pub registered_in: String,
    /// Code of the municipality of stay.
    pub stays_in: String,
}

impl Stay {
    /// Code of the municipality that is liable.
    pub(crate) fn liable(&self, liable: Liable) -> &str {
        match liable {
            Liable::MunicipalityOfRegistration => &self.registered_in,
            Liable::MunicipalityOfStay => &self.stays_in,
        }
    }

    /// The stay as a case of the day-rate rule.
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

/// The charges of a stay by the day-rate rule, month by month.
///
/// `paid` holds the days that earlier contacts of the stay were charged for; the payable days of `stay` are added to
/// it.
///
/// # Errors
/// Fails with a reason code if no day is paid for.
pub fn assess(
    law: &Law,
    stay: &Stay,
    paid: &mut Vec<Day>,
    trace: &mut impl Trace,
) -> Result<Vec<DayCharge>, &'static str> {
    law.days(&stay.case(), paid, trace)
}
