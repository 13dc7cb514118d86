//! Measures as behaviour: how much of each group of contacts remains.

use std::cell::RefCell;
use std::collections::BTreeMap;

use domain::{Share, Urgency};
use rulebook::measure::{Of, Target};
use settlement::cells::{Cells, Group};
use settlement::needs::Needs;
use settlement::price::{Behaviour, WHOLE};

use crate::change::Change;
use crate::scenario::Wanted;

/// Several measures together. Each measure takes its share of what the measures before it leave.
#[derive(Debug, Default)]
pub struct Measures {
    wanted: Vec<(Target, Change, String)>,
    /// By id of the measure: number of groups of contacts for which the measure could not be decided.
    untested: RefCell<BTreeMap<String, u64>>,
}

impl Measures {
    /// The measures of a scenario.
    pub fn of(wanted: &[Wanted]) -> Measures {
        let wanted = wanted
            .iter()
            .map(|one| (one.measure.target.clone(), one.effect, one.measure.id.clone()))
            .collect();
        Measures { wanted, untested: RefCell::default() }
    }

    /// What the cells must carry for the measures to be decided.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        for (target, ..) in &self.wanted {
            needs.ages.extend(target.at_least);
            needs.ages.extend(target.below);
            needs.urgency |= target.urgency.is_some();
            needs.readmission |= target.readmitted.is_some();
            needs.diagnoses.extend(target.diagnoses.iter().flatten().cloned());
        }
        needs
    }

    /// By id of the measure: number of groups of contacts for which the measure could not be decided. Such groups are
    /// left unchanged.
    pub fn untested(&self) -> BTreeMap<String, u64> {
        self.untested.borrow().clone()
    }
}

/// What remains, in millionths, when `left` is changed; rounded half up.
fn less(left: i64, change: Change) -> i64 {
    (left * (Share::WHOLE - change.basis_points()) + Share::WHOLE / 2) / Share::WHOLE
}

impl Measures {
    /// Part that is left of a group's contacts; `undecided` is called for each measure that the facts do not decide.
    fn left(&self, cells: &Cells, group: &Group, mut undecided: impl FnMut(&str)) -> i64 {
        let facts = cells.facts(group);
        let urgency = if cells.needs.urgency { group.urgency } else { Urgency::Unknown };
        let diagnosis = cells.diagnosis(group);
        let mut left = WHOLE;
        for (target, share, id) in &self.wanted {
            match target.reaches(&facts, urgency, group.readmitted, diagnosis) {
                Some(true) => left = less(left, *share),
                Some(false) => {}
                None => undecided(id),
            }
        }
        left
    }
}

impl Behaviour for Measures {
    fn of_group(&self, cells: &Cells, group: &Group) -> i64 {
        self.left(cells, group, |id| *self.untested.borrow_mut().entry(id.to_owned()).or_default() += 1)
    }

    fn of_days(&self, cells: &Cells, group: &Group, age: Option<u16>) -> i64 {
        // A stay that goes away has no days: what is left of the days is part of what is left of the stays.
        let of_stays = self.left(cells, group, |_| {});
        let reached =
            self.wanted.iter().filter(|(target, ..)| target.of == Of::Days && target.reaches_days(age));
        reached.fold(of_stays, |left, (_, share, _)| less(left, *share))
    }

    fn leaves_days(&self) -> bool {
        self.wanted.is_empty()
    }
}
