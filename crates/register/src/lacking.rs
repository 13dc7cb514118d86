//! What a file of contacts lacks, though its rows may be accepted without it: each field with what cannot be computed then.

use std::collections::BTreeMap;

use domain::{CareLevel, DrgType, Sex, Urgency};
use words::{Message, message};

use crate::schema::{Contact, MISSING};

/// Numbers of accepted rows that lack each field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lacking {
    rows: u64,
    with_events: u64,
    person: u64,
    stay: u64,
    trust: u64,
    drg_type: u64,
    /// Overnight contacts.
    age: u64,
    sex: u64,
    urgency: u64,
}

impl Lacking {
    /// Counts a row; `has_stay` says whether the row names its stay.
    pub fn count(&mut self, contact: &Contact, has_stay: bool) {
        let is_overnight = contact.care_level == CareLevel::Overnight;
        self.rows += 1;
        for (sum, is_so) in [
            (&mut self.with_events, !contact.events.is_empty()),
            (&mut self.person, contact.person_id == 0),
            (&mut self.stay, !has_stay),
            (&mut self.trust, contact.trust.is_empty() && !contact.events.is_empty()),
            (&mut self.drg_type, contact.drg_type == DrgType::Unknown && contact.points_milli > 0),
            (&mut self.age, is_overnight && contact.age == MISSING),
            (&mut self.sex, is_overnight && contact.sex == Sex::Unknown),
            (&mut self.urgency, is_overnight && contact.urgency == Urgency::Unknown),
        ] {
            *sum += u64::from(is_so);
        }
    }

    /// Adds the rows of another part of the file.
    pub fn add(&mut self, other: &Lacking) {
        let Lacking { rows, with_events, person, stay, trust, drg_type, age, sex, urgency } = other;
        for (sum, more) in [
            (&mut self.rows, rows),
            (&mut self.with_events, with_events),
            (&mut self.person, person),
            (&mut self.stay, stay),
            (&mut self.trust, trust),
            (&mut self.drg_type, drg_type),
            (&mut self.age, age),
            (&mut self.sex, sex),
            (&mut self.urgency, urgency),
        ] {
            *sum += more;
        }
    }

    /// Number of accepted rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether there are rows, and none has events.
    pub fn has_no_events(&self) -> bool {
        self.rows > 0 && self.with_events == 0
    }

    /// Number of accepted rows without a person.
    pub fn without_person(&self) -> u64 {
        self.person
    }

    /// A sentence for each field without which the kroner may be wrong, with the number of rows that lack it.
    pub fn for_kroner(&self) -> BTreeMap<Message, u64> {
        let without_events = if self.with_events == 0 { self.rows } else { 0 };
        told([
            (message!("check.lacks.events"), without_events),
            (message!("check.lacks.stay"), self.stay),
            (message!("check.lacks.trust"), self.trust),
            (message!("check.lacks.drg_type"), self.drg_type),
        ])
    }

    /// A sentence for each field without which indicators and risk are wrong, with the number of rows that lack it.
    pub fn for_analysis(&self) -> BTreeMap<Message, u64> {
        told([
            (message!("check.lacks.person"), self.person),
            (message!("check.lacks.age"), self.age),
            (message!("check.lacks.sex"), self.sex),
            (message!("check.lacks.urgency"), self.urgency),
        ])
    }

    /// The counts as text, for the footer of a checked file.
    pub fn text(&self) -> String {
        let Lacking { rows, with_events, person, stay, trust, drg_type, age, sex, urgency } = self;
        [rows, with_events, person, stay, trust, drg_type, age, sex, urgency]
            .map(|count| count.to_string())
            .join(" ")
    }

    /// The counts that [`Lacking::text`] wrote; `None` for any other text.
    pub fn parse(text: &str) -> Option<Lacking> {
        let counts: Vec<u64> = text.split(' ').map(|count| count.parse().ok()).collect::<Option<_>>()?;
        let [rows, with_events, person, stay, trust, drg_type, age, sex, urgency] = counts[..] else {
            return None;
        };
        Some(Lacking { rows, with_events, person, stay, trust, drg_type, age, sex, urgency })
    }
}

fn told(all: [(Message, u64); 4]) -> BTreeMap<Message, u64> {
    all.into_iter().filter(|(_, count)| *count > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_back_from_a_footer() {
        let some = Lacking { rows: 9, with_events: 0, person: 1, trust: 7, ..Lacking::default() };
        assert_eq!(Lacking::parse(&some.text()), Some(some));
        assert_eq!((some.for_kroner().len(), some.for_analysis().len()), (2, 1));
        for text in ["", "1 2", "1 2 3 4 5 6 7 8 x", "1 2 3 4 5 6 7 8 9 10"] {
            assert_eq!(Lacking::parse(text), None, "{text}");
        }
    }
}
