//! The distinctions that cells must keep, so that given laws and measures can be priced from them.

use domain::{Day, Period, Points};
use rulebook::book::DatedBy;
use rulebook::law::Law;
use words::{Message, Said, message};

/// The distinctions that cells must keep. A cell holds only contacts that are alike in all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Ages that start a new band, in ascending order.
    pub ages: Vec<u16>,
    /// Days on which something changes, in ascending order: the first day of each segment of a share instrument within
    /// two years of the period, the first day of the period, and the day after the period.
    pub days: Vec<Day>,
    /// Whether a law dates contacts by admission.
    pub admission: bool,
    /// Whether a law has tariffs, which price by bed day, visit or fee.
    pub measured: bool,
    /// Lowest ceiling per stay of any law; `None` if no law has one.
    pub ceiling: Option<Points>,
    /// Whether acute and planned contacts are kept apart.
    pub urgency: bool,
    /// Whether readmissions are kept apart.
    pub readmission: bool,
    /// Whether contacts are kept apart by treating trust.
    pub trust: bool,
    /// Beginnings of codes of main diagnoses that are kept apart, in ascending order.
    pub diagnoses: Vec<String>,
}

/// A distinction that cells do not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// The missing distinction, for instance `trusts`.
    pub what: Message,
}

words::english_error!(Lacking);

impl Said for Lacking {
    fn said(&self) -> Message {
        let Lacking { what } = self;
        message!("error.cells_lack", what)
    }
}

impl Needs {
    /// The distinctions that laws need in a period.
    pub fn of<'l>(laws: impl IntoIterator<Item = &'l Law>, period: Period) -> Needs {
        let mut needs = Needs { days: vec![period.from(), period.to().next()], ..Needs::default() };
        let (low, high) = (period.from().plus(-731), period.to().plus(731));
        for law in laws {
            for side in &law.shares {
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

    /// Every distinction that `self` or `other` has.
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
        self.diagnoses.extend(other.diagnoses.iter().cloned());
        self.sorted()
    }

    fn sorted(mut self) -> Needs {
        self.ages.sort_unstable();
        self.ages.dedup();
        self.days.sort_unstable();
        self.days.dedup();
        self.diagnoses.sort_unstable();
        self.diagnoses.dedup();
        self
    }

    /// Checks that cells made for these needs keep every distinction in `asked`.
    ///
    /// # Errors
    /// Fails with the first distinction of `asked` that these needs lack.
    pub fn answer(&self, asked: &Needs) -> Result<(), Lacking> {
        let lacking = |what: Message| Err(Lacking { what });
        if let Some(age) = asked.ages.iter().find(|age| !self.ages.contains(age)) {
            return lacking(message!("cells.age", age));
        }
        if let Some(day) = asked.days.iter().find(|day| !self.days.contains(day)) {
            return lacking(message!("cells.day", day));
        }
        if let Some(code) = asked.diagnoses.iter().find(|code| !self.diagnoses.contains(code)) {
            return lacking(message!("cells.diagnosis", code));
        }
        match (self.ceiling, asked.ceiling) {
            (_, None) => {}
            (Some(kept), Some(asked)) if kept <= asked => {}
            (_, Some(asked)) => return lacking(message!("cells.ceiling", asked)),
        }
        for (has, asks, what) in [
            (self.admission, asked.admission, message!("cells.admission")),
            (self.measured, asked.measured, message!("cells.measured")),
            (self.urgency, asked.urgency, message!("cells.urgency")),
            (self.readmission, asked.readmission, message!("cells.readmission")),
            (self.trust, asked.trust, message!("cells.trust")),
        ] {
            if asks && !has {
                return lacking(what);
            }
        }
        Ok(())
    }
}
