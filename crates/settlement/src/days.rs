//! A grid of days, so that the kernel looks up the month and the segment of each contact instead of searching.

use domain::{Day, Month, Period};
use rulebook::law::ShareSide;

/// For each day of interest: the period's month it lies in, and the segment of a rule that holds.
#[derive(Debug, Clone)]
pub struct Days {
    first: i32,
    slots: Vec<Slot>,
    months: Vec<Month>,
}

/// What holds on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Month of the period, or [`Slot::OUTSIDE`].
    pub month: u8,
    /// Segment, or [`Slot::NONE`].
    pub segment: u8,
}

impl Slot {
    /// Not in the period.
    pub const OUTSIDE: u8 = u8::MAX;
    /// No segment.
    pub const NONE: u8 = u8::MAX;

    /// The segment.
    pub fn segment(self) -> Option<usize> {
        (self.segment != Slot::NONE).then_some(usize::from(self.segment))
    }
}

/// A place as a slot keeps it. A period has at most 120 months, and a rule fewer segments than 255.
fn slot(place: usize) -> u8 {
    let small = u8::try_from(place).unwrap_or(u8::MAX);
    assert!(small < u8::MAX, "{place} is more months or segments than a grid of days holds");
    small
}

impl Days {
    /// The days from a year before the period to a year after it.
    pub fn of(side: &ShareSide, period: Period) -> Days {
        let (first, last) = (period.from().plus(-731), period.to().plus(731));
        let months: Vec<Month> = period.months().collect();
        let slots = (first.number()..=last.number())
            .map(|number| {
                let day = Day::from_number(number);
                let month = months.iter().position(|month| *month == day.month());
                Slot {
                    month: month.map_or(Slot::OUTSIDE, slot),
                    segment: side.on(day).map_or(Slot::NONE, slot),
                }
            })
            .collect();
        Days { first: first.number(), slots, months }
    }

    /// What holds on a day. Days far from the period are outside it and under no rule.
    #[inline]
    pub fn at(&self, day: i32) -> Slot {
        let place = day.wrapping_sub(self.first) as usize;
        self.slots.get(place).copied().unwrap_or(Slot { month: Slot::OUTSIDE, segment: Slot::NONE })
    }

    /// The months of the period.
    pub fn months(&self) -> &[Month] {
        &self.months
    }
}
