//! A grid of days, in which the kernel looks up the month and the segment of a contact instead of searching.

use domain::{Day, Month, Period};
use rulebook::law::ShareSide;

/// For each day around a period: its month in the period, and the rule's segment that holds on it.
#[derive(Debug, Clone)]
pub struct Days {
    first: i32,
    slots: Vec<Slot>,
    months: Vec<Month>,
}

/// The month and the segment of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Index in [`Days::months`], or [`Slot::OUTSIDE`].
    pub month: u8,
    /// Index of the segment, or [`Slot::NONE`].
    pub segment: u8,
}

impl Slot {
    /// The month of a day outside the period.
    pub const OUTSIDE: u8 = u8::MAX;
    /// The segment of a day on which no segment holds.
    pub const NONE: u8 = u8::MAX;

    /// Index of the segment; `None` if no segment holds.
    pub fn segment(self) -> Option<usize> {
        (self.segment != Slot::NONE).then_some(usize::from(self.segment))
    }
}

/// An index as a slot keeps it. A period has at most 240 months, and a rule has fewer than 255 segments.
fn slot(place: usize) -> u8 {
    let small = u8::try_from(place).unwrap_or(u8::MAX);
    assert!(small < u8::MAX, "{place} is more months or segments than a grid of days holds");
    small
}

impl Days {
    /// The grid of a rule, from two years before the period to two years after it.
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

    /// The month and the segment of a day. A day beyond the grid is outside the period and has no segment.
    #[inline]
    pub fn at(&self, day: i32) -> Slot {
        let place = day.wrapping_sub(self.first).cast_unsigned() as usize;
        self.slots.get(place).copied().unwrap_or(Slot { month: Slot::OUTSIDE, segment: Slot::NONE })
    }

    /// The months of the period, in order.
    pub fn months(&self) -> &[Month] {
        &self.months
    }
}
