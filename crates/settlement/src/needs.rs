//! What cells must keep apart, so that some laws and measures can be priced from them.

use domain::{Day, Period, Points};
use rulebook::book::DatedBy;
use rulebook::law::Law;

/// What cells must tell apart, for some laws and measures to be asked of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Ages at which something divides, in order.
    pub ages: Vec<u16>,
    /// First days on which a law or the period changes, in order.
    pub days: Vec<Day>,
    /// Whether a law belongs contacts to the day of admission.
    pub admission: bool,
    /// Whether something is priced by bed day, visit or fee.
    pub measured: bool,
    /// The lowest ceiling per stay.
    pub ceiling: Option<Points>,
    /// Whether urgency divides.
    pub urgency: bool,
    /// Whether readmissions divide.
    pub readmission: bool,
    /// Whether the treating trust divides.
    pub trust: bool,
}

/// What is asked of cells that do not carry it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the cells do not tell {what}: make them again from the contacts")]
pub struct Lacking {
    /// What they do not tell.
    pub what: String,
}

impl Needs {
    /// What laws need in a period.
    pub fn of<'l>(laws: impl IntoIterator<Item = &'l Law>, period: Period) -> Needs {
        let mut needs = Needs { days: vec![period.from(), period.to().next()], ..Needs::default() };
        let (low, high) = (period.from().plus(-731), period.to().plus(731));
        for law in laws {
            for side in [&law.kmf, &law.isf] {
                needs.admission |= side.dated_by == DatedBy::Admission;
                for segment in side.segments.iter().filter(|segment| segment.touches(low, high)) {
                    needs.days.push(std::cmp::max(segment.from, low));
                    let Some(rule) = segment.standing.in_force() else { continue };
                    needs.ages.extend(rule.age.as_ref().map(|(limit, _)| limit.at_least));
                    needs.measured |= !rule.tariffs.is_empty();
                    let ceiling = rule.ceiling.as_ref().map(|(points, _)| *points);
                    needs.ceiling = needs.ceiling.into_iter().chain(ceiling).min();
                }
            }
        }
        needs.sorted()
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: &Needs) -> Needs {
        self.ages.extend(&other.ages);
        self.days.extend(&other.days);
        self.admission |= other.admission;
        self.measured |= other.measured;
        self.ceiling = self.ceiling.into_iter().chain(other.ceiling).min();
        self.urgency |= other.urgency;
        self.readmission |= other.readmission;
        self.trust |= other.trust;
        self.sorted()
    }

    fn sorted(mut self) -> Needs {
        self.ages.sort_unstable();
        self.ages.dedup();
        self.days.sort_unstable();
        self.days.dedup();
        self
    }

    /// Whether cells that were made for these needs answer others.
    ///
    /// # Errors
    /// With the first thing that they do not tell.
    pub fn answer(&self, asked: &Needs) -> Result<(), Lacking> {
        let lacking = |what: String| Err(Lacking { what });
        if let Some(age) = asked.ages.iter().find(|age| !self.ages.contains(age)) {
            return lacking(format!("who is {age} years or older"));
        }
        if let Some(day) = asked.days.iter().find(|day| !self.days.contains(day)) {
            return lacking(format!("what happened before and from {day}"));
        }
        match (self.ceiling, asked.ceiling) {
            (_, None) => {}
            (Some(kept), Some(asked)) if kept <= asked => {}
            (_, Some(asked)) => return lacking(format!("which stays a ceiling of {asked} points cuts")),
        }
        for (has, asks, what) in [
            (self.admission, asked.admission, "the day of admission"),
            (self.measured, asked.measured, "bed days and fees"),
            (self.urgency, asked.urgency, "acute from planned"),
            (self.readmission, asked.readmission, "readmissions"),
            (self.trust, asked.trust, "trusts"),
        ] {
            if asks && !has {
                return lacking(what.to_owned());
            }
        }
        Ok(())
    }
}
