//! All instruments together: for a contact, the version of each rule, and each rule's decision and price.
//!
//! The instruments that pay a share of a price stand in the table [`SHARES`], in the order in which they are
//! priced: a later one may be lowered by the charge of an earlier one. The day rate stands alone. Settlement,
//! explanations, simulations and the cases that lawyers sign all call these functions.

use domain::{
    Amount, CareLevel, Day, Gap, Instrument, Month, Period, Points, Rounding, Sector, Share, UnitKind,
};

use crate::agreement::Agreements;
use crate::book::{BookError, DatedBy, LawBook, Segment, Standing};
use crate::calculation::day_rate::{
    self, AdmissionNotice, Assessment, Case, DayRateRule, DepartureDay, EarlyAnswer, FirstDay,
};
use crate::calculation::share_of_drg_price::{
    self, Decision, Facts, Priced, Pricing, Quantity, SHARES, ShareRule, Shares, TooLarge, place_of,
};
use crate::file::{AgeLimit, Liable, When};
use crate::trace::{NoTrace, Trace};

/// The law of one instrument that pays a share of a price.
#[derive(Debug, Clone)]
pub struct ShareSide {
    /// Segments of the rule, which together cover every day from 2000 to 2050.
    pub segments: Vec<Segment<ShareRule>>,
    /// Which day of a contact selects the segment.
    pub dated_by: DatedBy,
}

impl ShareSide {
    fn of(book: &LawBook, instrument: Instrument) -> Result<ShareSide, BookError> {
        let file = book.rule_of(instrument)?;
        Ok(ShareSide { segments: book.share_rule(&file.id)?, dated_by: book.dated_by(file) })
    }

    /// Index of the segment that holds on a day; `None` outside 2000 to 2050.
    pub fn on(&self, day: Day) -> Option<usize> {
        Segment::place_on(&self.segments, day)
    }

    /// The rule in a segment; `None` if there is no segment, if the rule is not in force, or if a value is missing.
    pub fn rule(&self, segment: Option<usize>) -> Option<&ShareRule> {
        self.segments.get(segment?)?.standing.in_force()
    }
}

/// The law of all instruments.
#[derive(Debug, Clone)]
pub struct Law {
    pub shares: Shares<ShareSide>,
    pub agreements: Agreements,
    /// Day rate of discharge-ready patients (`USK`).
    pub usk: Vec<Segment<DayRateRule>>,
}

/// A charge for the days of one stay in one month, owed by one municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCharge {
    pub month: Month,
    /// The municipality that pays, by its relation to the person.
    pub liable: Liable,
    /// Number of payable days, with or without a rate.
    pub days: i64,
    /// Sum of the rates, over the days that have one.
    pub amount: Amount,
    /// First day without a rate; `None` if every day has one. `amount` lacks such days, so a caller that needs
    /// the amount must stop.
    pub without_rate: Option<Day>,
    /// First payable day, which gives the rule version of the charge.
    pub first: Day,
}

/// Decision of each share instrument on one set of facts; `None` if no rule is in force, or if a value is missing.
pub type Decisions = Shares<Option<Decision>>;

/// Price of each share instrument for one contact; `None` if the instrument gives no charge.
pub type Prices = Shares<Option<Priced>>;

/// Whether a decision gives a charge.
pub fn charges(decision: &Option<Decision>) -> bool {
    matches!(decision, Some(Decision::In { .. }))
}

/// Points of a stay's ceiling that a contact uses: those that co-financing charges.
pub fn used_of_ceiling(prices: &Prices) -> Points {
    let [co_financing, _] = prices;
    co_financing.map_or(Points::ZERO, |priced| priced.points)
}

/// Result of pricing a posted charge again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    Amount(Amount),
    /// The law has no such version in force, or the version of the day rate has no rate.
    NoVersion,
    /// The charge has no DRG points: a tariff priced it, by facts that a charge does not keep.
    ByTariff,
}

/// Quantity of a posted charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charged<'a> {
    pub instrument: Instrument,
    /// Version of the rule that gave the amount.
    pub version: &'a str,
    /// Points that were charged, after the stay's ceiling.
    pub points: Points,
    /// Payable days.
    pub days: i64,
    /// Version and points of the charge that is subtracted; `None` if there is none.
    pub lowered: Option<(&'a str, Points)>,
}

impl Law {
    /// Resolves the rules of a book.
    ///
    /// # Errors
    /// Fails if an instrument has no rule, or a variant removes something that the law does not have. A
    /// missing value is no error here: it becomes [`Standing::Missing`] on its days.
    pub fn of(book: &LawBook) -> Result<Law, BookError> {
        let usk = book.day_rate_rule(&book.rule_of(Instrument::DischargeReady)?.id)?;
        let [co_financing, isf] = SHARES.map(|instrument| ShareSide::of(book, instrument));
        Ok(Law { shares: [co_financing?, isf?], agreements: book.agreements().clone(), usk })
    }

    /// The law of a share instrument; `None` if the instrument pays no share of a price.
    pub fn share(&self, instrument: Instrument) -> Option<&ShareSide> {
        self.shares.get(place_of(instrument)?)
    }

    /// Index of each instrument's segment for a contact; `None` if no day is known, or no segment holds on it.
    /// `day` gives the contact's day of admission or discharge.
    pub fn segments(&self, day: impl Fn(DatedBy) -> Option<Day>) -> Shares<Option<usize>> {
        self.shares.each_ref().map(|side| side.on(day(side.dated_by)?))
    }

    /// The day-rate rule that holds on a day; `None` if none is in force or a value is missing.
    pub fn usk_on(&self, day: Day) -> Option<&DayRateRule> {
        Segment::on(&self.usk, day)?.standing.in_force()
    }

    /// The first pair of shares in a period of which the one is lowered by the other and is less than it: what it pays
    /// would be below zero. Each with its instrument.
    pub fn share_below(&self, period: Period) -> Option<[(Instrument, Share); 2]> {
        fn in_force(
            side: &ShareSide,
            period: Period,
        ) -> impl Iterator<Item = (&Segment<ShareRule>, &ShareRule)> {
            Segment::within(&side.segments, period).filter_map(|one| Some((one, one.standing.in_force()?)))
        }
        for (segment, rule) in self.shares.iter().flat_map(|side| in_force(side, period)) {
            let by = rule.lowered_by.as_ref().and_then(|(by, _)| self.share(*by));
            for (other, lowering) in by.into_iter().flat_map(|side| in_force(side, period)) {
                if segment.touches(other.from, other.to) && rule.share.0 < lowering.share.0 {
                    return Some([(rule.instrument, rule.share.0), (lowering.instrument, lowering.share.0)]);
                }
            }
        }
        None
    }

    /// Decides a contact under each share instrument.
    pub fn decide(
        &self,
        segments: Shares<Option<usize>>,
        facts: &Facts,
        traces: &mut Shares<impl Trace>,
    ) -> Decisions {
        let mut decisions = Decisions::default();
        for (place, (side, trace)) in self.shares.iter().zip(traces).enumerate() {
            let rule = side.rule(segments[place]);
            decisions[place] = rule.map(|rule| share_of_drg_price::decide(facts, rule, trace));
        }
        decisions
    }

    /// Prices a contact under each share instrument, in the order of [`SHARES`]. `used` is the part of the
    /// stay's ceiling that earlier contacts have used.
    ///
    /// # Errors
    /// Fails if an amount is too large for an [`Amount`].
    pub fn price(
        &self,
        segments: Shares<Option<usize>>,
        decisions: &Decisions,
        quantity: &Quantity,
        used: Points,
        traces: &mut Shares<impl Trace>,
    ) -> Result<Prices, TooLarge> {
        let mut prices = Prices::default();
        // Points and share charged by each instrument, for the instruments that it lowers.
        let mut taken: Shares<Option<(Points, Share)>> = [None; SHARES.len()];
        for (place, (side, trace)) in self.shares.iter().zip(traces).enumerate() {
            let (Some(rule), Some(Decision::In { pricing, .. })) =
                (side.rule(segments[place]), &decisions[place])
            else {
                continue;
            };
            let left = left_of_ceiling(rule, quantity, used);
            let lowered = rule.lowered_by.as_ref().and_then(|(by, _)| taken[place_of(*by)?]);
            let priced = share_of_drg_price::price(rule, *pricing, quantity, left, lowered, trace)?;
            if *pricing == Pricing::DrgPoints {
                taken[place] = Some((priced.points, rule.share.0));
            }
            prices[place] = Some(priced);
        }
        Ok(prices)
    }

    /// Prices a posted charge again: a share by the function that priced it, a day rate as its rate times the days.
    ///
    /// # Errors
    /// Fails if the amount is too large for an [`Amount`].
    pub fn again(&self, charged: &Charged) -> Result<Again, TooLarge> {
        let Some(side) = self.share(charged.instrument) else {
            let rule = in_force(&self.usk, |rule| rule.version.is(charged.version));
            let Some((rate, _)) = rule.and_then(|rule| rule.rate.as_ref()) else {
                return Ok(Again::NoVersion);
            };
            let exact = rate.times_units(charged.days);
            return exact.round_to_ore(Rounding::HalfAwayFromZero).map(Again::Amount).ok_or(TooLarge);
        };
        let Some(rule) = version_of(side, charged.version) else { return Ok(Again::NoVersion) };
        if charged.points == Points::ZERO {
            return Ok(Again::ByTariff);
        }
        let lowered = match (&rule.lowered_by, charged.lowered) {
            (Some((by, _)), Some((version, points))) => {
                // Another law may have both versions.
                let Some(by) = self.share(*by).and_then(|side| version_of(side, version)) else {
                    return Ok(Again::NoVersion);
                };
                Some((points, by.share.0))
            }
            (Some(_), None) | (None, _) => None,
        };
        let quantity = Quantity { points: charged.points, ..Quantity::default() };
        let priced =
            share_of_drg_price::price(rule, Pricing::DrgPoints, &quantity, None, lowered, &mut NoTrace)?;
        Ok(Again::Amount(priced.amount))
    }

    /// Whether a rule version has tariffs, which price a contact by bed day, visit or fee, not by DRG points.
    pub fn has_tariffs(&self, instrument: Instrument, version: &str) -> bool {
        let rule = self.share(instrument).and_then(|side| version_of(side, version));
        rule.is_some_and(|rule| !rule.tariffs.is_empty())
    }

    /// Instrument whose charge for the same points is subtracted from a charge of `instrument` under a rule version;
    /// `None` if there is none, or if it is not in force while the version holds.
    pub fn lowered_by(&self, instrument: Instrument, version: &str) -> Option<Instrument> {
        self.share(instrument)?.segments.iter().find_map(|segment| {
            segment.standing.in_force().filter(|rule| rule.version.is(version))?;
            self.lowering(segment)
        })
    }

    /// Instrument whose charge for the same points is subtracted from charges under a segment; `None` if there is none, or
    /// if it is not in force on any day of the segment.
    pub fn lowering(&self, segment: &Segment<ShareRule>) -> Option<Instrument> {
        let (by, _) = segment.standing.in_force()?.lowered_by.as_ref()?;
        let others = self.share(*by)?.segments.iter();
        let mut meets = others.filter(|other| other.touches(segment.from, segment.to));
        meets.any(|other| !matches!(other.standing, Standing::NotInForce)).then_some(*by)
    }

    /// The charges of a stay by the day-rate rule: one for each month and liable municipality.
    /// A stay may come contact by contact: `paid` holds the days that earlier contacts of the stay were charged for,
    /// and the days of this contact are added to it.
    ///
    /// # Errors
    /// Fails with a reason code if no day is paid for.
    pub fn days(
        &self,
        case: &Case,
        paid: &mut Vec<Day>,
        trace: &mut impl Trace,
    ) -> Result<Vec<DayCharge>, &'static str> {
        let days = match day_rate::assess(case, |day| self.usk_on(day), &self.agreements, paid, trace) {
            Assessment::Nothing { reason } => return Err(reason),
            Assessment::Payable(days) => days,
        };
        let mut charges: Vec<DayCharge> = Vec::new();
        for day in days {
            let month = day.day.month();
            let place =
                charges.iter().position(|charge| charge.month == month && charge.liable == day.liable);
            let place = place.unwrap_or_else(|| {
                let (amount, first) = (Amount::ZERO, day.day);
                charges.push(DayCharge {
                    month,
                    liable: day.liable,
                    days: 0,
                    amount,
                    without_rate: None,
                    first,
                });
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
}

/// The first rule in force for which `is` is true.
fn in_force<T>(segments: &[Segment<T>], is: impl Fn(&T) -> bool) -> Option<&T> {
    segments.iter().filter_map(|segment| segment.standing.in_force()).find(|rule| is(rule))
}

fn version_of<'s>(side: &'s ShareSide, version: &str) -> Option<&'s ShareRule> {
    in_force(&side.segments, |rule| rule.version.is(version))
}

/// The part of a stay's ceiling that is left. `None` if the rule has no ceiling, or if the quantity is a
/// count of contacts, on which a ceiling per stay cannot be computed.
fn left_of_ceiling(rule: &ShareRule, quantity: &Quantity, used: Points) -> Option<Points> {
    let (ceiling, _) = rule.ceiling.as_ref()?;
    (!quantity.counted).then(|| std::cmp::max(*ceiling - used, Points::ZERO))
}

/// The part of a law that decides contacts: what is covered, what is left out, tariff conditions and age. Two
/// laws with this part equal decide every contact alike, so one decision can be priced under both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deciding {
    shares: Shares<(DatedBy, Vec<Span<DecidingRule>>)>,
}

/// The part of a law that finds payable days: what is covered, who pays, the readings and the agreements. Laws
/// with this part equal find the same days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    usk: Vec<Span<ReadingRule>>,
    agreements: Agreements,
}

/// First day, last day, and the values that hold on those days: `None` if the rule is not in force, an error if a value
/// is missing.
type Span<T> = (Day, Day, Option<Result<T, Gap>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct DecidingRule {
    sectors: Vec<Sector>,
    care_levels: Vec<CareLevel>,
    unit_kinds: Vec<UnitKind>,
    outside: Vec<(String, When)>,
    tariffs: Vec<(String, When)>,
    age: Option<AgeLimit>,
    /// Whether there is a ceiling. A ceiling per stay cannot be computed on a count of contacts.
    has_ceiling: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ReadingRule {
    sectors: Vec<Sector>,
    care_levels: Vec<CareLevel>,
    unit_kinds: Vec<UnitKind>,
    liable: Liable,
    first: FirstDay,
    departure_day: DepartureDay,
    admission_notice: AdmissionNotice,
    early_answer: EarlyAnswer,
    grace_hours: i64,
}

impl Deciding {
    /// The part of a law that decides contacts.
    pub fn of(law: &Law) -> Deciding {
        let side =
            |side: &ShareSide| (side.dated_by, side.segments.iter().map(|one| span(one, deciding)).collect());
        Deciding { shares: law.shares.each_ref().map(side) }
    }
}

impl Reading {
    /// The part of a law that finds payable days.
    pub fn of(law: &Law) -> Reading {
        let usk = law.usk.iter().map(|segment| span(segment, reading)).collect();
        Reading { usk, agreements: law.agreements.clone() }
    }
}

fn span<R, K>(segment: &Segment<R>, key: impl Fn(&R) -> K) -> Span<K> {
    let holds = match &segment.standing {
        Standing::InForce(rule) => Some(Ok(key(rule))),
        Standing::NotInForce => None,
        Standing::Missing(gap) => Some(Err(gap.clone())),
    };
    (segment.from, segment.to, holds)
}

// Every field is named below: a new field breaks the build until somebody states here whether it decides.

fn deciding(rule: &ShareRule) -> DecidingRule {
    let ShareRule {
        version: _,
        instrument: _,
        sectors,
        care_levels,
        unit_kinds,
        covers: _,
        outside,
        age,
        tariffs,
        share: _,
        unit_price: _,
        ceiling,
        lowered_by: _,
        rounded: _,
        payment: _,
        choices: _,
    } = rule;
    DecidingRule {
        sectors: sectors.clone(),
        care_levels: care_levels.clone(),
        unit_kinds: unit_kinds.clone(),
        outside: outside.iter().map(|test| (test.code.clone(), test.when.clone())).collect(),
        tariffs: tariffs.iter().map(|tariff| (tariff.code.clone(), tariff.when.clone())).collect(),
        age: age.as_ref().map(|(limit, _)| *limit),
        has_ceiling: ceiling.is_some(),
    }
}

fn reading(rule: &DayRateRule) -> ReadingRule {
    let DayRateRule {
        version: _,
        sectors,
        care_levels,
        notified_sectors: _,
        unit_kinds,
        liable,
        covers: _,
        rate: _,
        first,
        departure_day,
        admission_notice,
        early_answer,
        grace_hours,
        payment: _,
        choices: _,
    } = rule;
    ReadingRule {
        sectors: sectors.clone(),
        care_levels: care_levels.clone(),
        unit_kinds: unit_kinds.clone(),
        liable: *liable,
        first: first.0,
        departure_day: departure_day.0,
        admission_notice: admission_notice.0,
        early_answer: early_answer.0,
        grace_hours: grace_hours.0,
    }
}
