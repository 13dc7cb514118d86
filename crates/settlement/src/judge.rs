//! The instruments together: which version of each rule a contact falls under, what each decides, and
//! what it amounts to. Fixed order: co-financing first, then ISF, which is given its decision.

use domain::{Day, Instrument, Month, Period, Points, Share};
use register::FileError;
use rulebook::book::{BookError, DatedBy};
use rulebook::calculation::share_of_drg_price::{self, TooLarge};
use rulebook::{
    Agreements, DayRateRule, Decision, Facts, LawBook, Priced, Pricing, Provenance, Quantity, Segment,
    ShareRule, Standing, Trace,
};

/// Why a settlement stops.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// The book of law is wrong.
    #[error(transparent)]
    Book(#[from] BookError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A record amounts to more than fits.
    #[error("contact {contact}: {error}")]
    Record {
        /// The contact.
        contact: i64,
        /// What is wrong.
        error: TooLarge,
    },
    /// A day needs a rate that was not found.
    #[error("no rate in force on {day}: contact {contact}")]
    NoRate {
        /// The contact.
        contact: i64,
        /// The day.
        day: Day,
    },
    /// A residence that the check should have refused.
    #[error("contact {contact}: municipality '{code}' does not hold in {period}: check the file again")]
    Residence {
        /// The contact, or 0 where it was not read.
        contact: i64,
        /// The code.
        code: String,
        /// The period.
        period: Period,
    },
    /// Cells that do not carry what is asked of them.
    #[error(transparent)]
    Lacking(#[from] crate::cells::Lacking),
    /// Counted figures are by year.
    #[error("the figures are counted by year, and cannot be settled for {period}")]
    CountedByYear {
        /// The period.
        period: Period,
    },
}

/// The law of one instrument that is a share, by segments.
#[derive(Debug, Clone)]
pub struct ShareSide {
    /// Segments of days.
    pub segments: Vec<Segment<ShareRule>>,
    /// Which day a contact belongs to.
    pub dated_by: DatedBy,
}

impl ShareSide {
    fn of(book: &LawBook, instrument: Instrument) -> Result<ShareSide, BookError> {
        let file = book.rule_of(instrument)?;
        Ok(ShareSide { segments: book.share_rule(&file.id)?, dated_by: book.dated_by(file) })
    }

    /// The place of the segment that holds on a day.
    pub fn on(&self, day: Day) -> Option<usize> {
        self.segments.iter().position(|segment| segment.from <= day && day <= segment.to)
    }

    /// The rule of a segment, where in force.
    pub fn rule(&self, segment: Option<usize>) -> Option<&ShareRule> {
        self.segments.get(segment?)?.standing.in_force()
    }
}

/// All instruments.
#[derive(Debug, Clone)]
pub struct Law {
    /// Co-financing.
    pub kmf: ShareSide,
    /// Activity-based funding.
    pub isf: ShareSide,
    /// What cooperation agreements say.
    pub agreements: Agreements,
    /// Discharge-ready patients.
    pub usk: Vec<Segment<DayRateRule>>,
}

/// What the two share instruments decide on a set of facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decisions {
    /// Co-financing; `None` where not in force.
    pub kmf: Option<Decision>,
    /// ISF; `None` where not in force.
    pub isf: Option<Decision>,
}

/// What the two share instruments charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prices {
    /// Co-financing.
    pub kmf: Option<Priced>,
    /// ISF.
    pub isf: Option<Priced>,
}

impl Law {
    /// The law of a book.
    ///
    /// # Errors
    /// If a rule cannot be resolved.
    pub fn of(book: &LawBook) -> Result<Law, BookError> {
        let usk = book.day_rate_rule(&book.rule_of(Instrument::DischargeReady)?.id)?;
        Ok(Law {
            kmf: ShareSide::of(book, Instrument::CoFinancing)?,
            isf: ShareSide::of(book, Instrument::Isf)?,
            agreements: book.agreements().clone(),
            usk,
        })
    }

    /// The day-rate rule on a day.
    pub fn usk_on(&self, day: Day) -> Option<&DayRateRule> {
        self.usk.iter().find(|segment| segment.from <= day && day <= segment.to)?.standing.in_force()
    }

    /// Whether an instrument holds on some day of a period, and the first value that is missing if one is.
    pub fn standing(&self, instrument: Instrument, period: Period) -> (bool, Option<BookError>) {
        fn look<T>(segments: &[Segment<T>], period: Period) -> (bool, Option<BookError>) {
            let touched = segments.iter().filter(|s| s.from <= period.to() && period.from() <= s.to);
            let mut found = (false, None);
            for segment in touched {
                match &segment.standing {
                    Standing::InForce(_) => found.0 = true,
                    Standing::Missing(gap) => {
                        found.0 = true;
                        found.1.get_or_insert(gap.clone());
                    }
                    Standing::NotInForce => {}
                }
            }
            found
        }
        match instrument {
            Instrument::CoFinancing => look(&self.kmf.segments, period),
            Instrument::Isf => look(&self.isf.segments, period),
            Instrument::DischargeReady => look(&self.usk, period),
        }
    }

    /// Every value used in a period, once each, by file and line.
    pub fn used(&self, period: Period) -> Vec<Provenance> {
        fn take<T>(segments: &[Segment<T>], period: Period, out: &mut Vec<Provenance>) {
            for segment in segments.iter().filter(|s| s.from <= period.to() && period.from() <= s.to) {
                out.extend(segment.used.iter().cloned());
            }
        }
        let mut out = Vec::new();
        take(&self.kmf.segments, period, &mut out);
        take(&self.isf.segments, period, &mut out);
        take(&self.usk, period, &mut out);
        out.sort_by(|one, other| (&one.file, one.line, &one.key).cmp(&(&other.file, other.line, &other.key)));
        out.dedup_by(|one, other| (&one.file, one.line, &one.key) == (&other.file, other.line, &other.key));
        out
    }

    /// What both share instruments decide, under the segments that the contact falls in.
    pub fn decide(
        &self,
        segments: (Option<usize>, Option<usize>),
        facts: &Facts,
        traces: (&mut impl Trace, &mut impl Trace),
    ) -> Decisions {
        let kmf = self.kmf.rule(segments.0).map(|rule| share_of_drg_price::decide(facts, rule, traces.0));
        let isf = self.isf.rule(segments.1).map(|rule| share_of_drg_price::decide(facts, rule, traces.1));
        Decisions { kmf, isf }
    }

    /// What both charge. `used` is what earlier contacts of the stay have used of the ceiling.
    ///
    /// # Errors
    /// If an amount does not fit.
    pub fn price(
        &self,
        segments: (Option<usize>, Option<usize>),
        decisions: &Decisions,
        quantity: &Quantity,
        used: Points,
        traces: (&mut impl Trace, &mut impl Trace),
    ) -> Result<Prices, TooLarge> {
        let mut prices = Prices::default();
        let mut lowered: Option<(Points, Share)> = None;
        if let (Some(rule), Some(Decision::In { pricing, .. })) = (self.kmf.rule(segments.0), &decisions.kmf)
        {
            let left = left_of_ceiling(rule, quantity, used);
            let priced = share_of_drg_price::price(rule, *pricing, quantity, left, None, traces.0)?;
            if *pricing == Pricing::DrgPoints {
                lowered = Some((priced.points, rule.share.0));
            }
            prices.kmf = Some(priced);
        }
        if let (Some(rule), Some(Decision::In { pricing, .. })) = (self.isf.rule(segments.1), &decisions.isf)
        {
            let left = left_of_ceiling(rule, quantity, used);
            let lowered = lowered.filter(|_| rule.lowered_by.is_some());
            prices.isf = Some(share_of_drg_price::price(rule, *pricing, quantity, left, lowered, traces.1)?);
        }
        Ok(prices)
    }
}

/// What is left of a stay's ceiling; `None` where there is none, or where contacts are counted together
/// and it cannot be computed.
fn left_of_ceiling(rule: &ShareRule, quantity: &Quantity, used: Points) -> Option<Points> {
    let (ceiling, _) = rule.ceiling.as_ref()?;
    (!quantity.counted).then(|| std::cmp::max(*ceiling - used, Points::ZERO))
}

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
                    month: month.map_or(Slot::OUTSIDE, |place| place as u8),
                    segment: side.on(day).map_or(Slot::NONE, |place| place as u8),
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
