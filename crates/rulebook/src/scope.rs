//! Which instruments are settled in a period. Each stands alone: what is unknown of one does not stop another, unless
//! the one is subtracted from the other.

use domain::{Gap, Instrument, Period};

use crate::book::{Segment, Standing};
use crate::calculation::share_of_drg_price::{SHARES, place_of};
use crate::law::{Law, ShareSide};
use crate::provenance::Provenance;

/// How an instrument stands in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InPeriod {
    /// It is settled.
    Settled,
    /// No rule is in force, which is not the same as a charge of zero.
    NotInForce,
    /// A rule is in force, but a value is missing, so no amount is known.
    Unpriced(Gap),
    /// A rule is in force, and nobody asked for it.
    NotAsked,
}

/// How each instrument stands in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope([InPeriod; Instrument::COUNT]);

/// No instrument.
impl Default for Scope {
    fn default() -> Scope {
        Scope([const { InPeriod::NotInForce }; Instrument::COUNT])
    }
}

impl Scope {
    /// One instrument alone.
    pub fn only(instrument: Instrument) -> Scope {
        let mut scope = Scope([const { InPeriod::NotAsked }; Instrument::COUNT]);
        scope.0[instrument.index()] = InPeriod::Settled;
        scope
    }

    /// How an instrument stands.
    pub fn of(&self, instrument: Instrument) -> &InPeriod {
        &self.0[instrument.index()]
    }

    /// Whether what an instrument gives is known: settled, or nothing because it is not in force or was not asked for.
    pub fn tells(&self, instrument: Instrument) -> bool {
        !matches!(self.of(instrument), InPeriod::Unpriced(_))
    }

    /// Whether an instrument is settled.
    pub fn has(&self, instrument: Instrument) -> bool {
        *self.of(instrument) == InPeriod::Settled
    }

    /// Instruments that are not in force, in order.
    pub fn not_in_force(&self) -> impl Iterator<Item = Instrument> {
        all().filter(|one| *self.of(*one) == InPeriod::NotInForce)
    }

    /// Instruments that were not asked for, in order.
    pub fn not_asked(&self) -> impl Iterator<Item = Instrument> {
        all().filter(|one| *self.of(*one) == InPeriod::NotAsked)
    }

    /// Instruments that cannot be priced, in order, each with the value that is missing.
    pub fn unpriced(&self) -> impl Iterator<Item = (Instrument, &Gap)> {
        all().filter_map(|one| match self.of(one) {
            InPeriod::Unpriced(missing) => Some((one, missing)),
            InPeriod::Settled | InPeriod::NotInForce | InPeriod::NotAsked => None,
        })
    }

    /// The same scope.
    ///
    /// # Errors
    /// Fails with the missing value if no instrument is settled, since one cannot be priced.
    pub fn not_empty(self) -> Result<Scope, Gap> {
        let missing = self.unpriced().next().map(|(_, missing)| missing.clone());
        match missing {
            Some(missing) if !all().any(|instrument| self.has(instrument)) => Err(missing),
            _ => Ok(self),
        }
    }

    /// The same, less the instruments that `other` cannot price: what both tell of.
    #[must_use]
    pub fn and(mut self, other: &Scope) -> Scope {
        for (instrument, missing) in other.unpriced() {
            if *self.of(instrument) != InPeriod::NotAsked {
                self.0[instrument.index()] = InPeriod::Unpriced(missing.clone());
            }
        }
        self
    }
}

fn all() -> impl Iterator<Item = Instrument> {
    Instrument::ALL.iter().copied()
}

impl Law {
    /// How each instrument stands in a period. `only` holds the instruments that are asked for; empty for all.
    ///
    /// # Errors
    /// Fails with the missing value if no instrument that was asked for is settled, since one cannot be priced.
    pub fn scope(&self, period: Period, only: &[Instrument]) -> Result<Scope, Gap> {
        self.in_period(period, only).not_empty()
    }

    /// How each instrument stands in a period, as [`Law::scope`] gives it, even if none is settled.
    pub fn in_period(&self, period: Period, only: &[Instrument]) -> Scope {
        let mut scope = Scope::default();
        for instrument in all() {
            scope.0[instrument.index()] = match self.standing(instrument, period) {
                (false, _) => InPeriod::NotInForce,
                _ if !only.is_empty() && !only.contains(&instrument) => InPeriod::NotAsked,
                (true, None) => InPeriod::Settled,
                (true, Some(missing)) => InPeriod::Unpriced(missing),
            };
        }
        scope
    }

    /// Whether an instrument is settled, or is subtracted from one that is.
    pub fn needs(&self, scope: &Scope, instrument: Instrument) -> bool {
        scope.has(instrument) || all().any(|one| scope.has(one) && self.ever_lowered(one, instrument))
    }

    /// The shares that a scope needs.
    pub fn sides(&self, scope: &Scope) -> impl Iterator<Item = &ShareSide> {
        SHARES.into_iter().zip(&self.shares).filter(|(one, _)| self.needs(scope, *one)).map(|(_, side)| side)
    }

    /// Every value of the instruments of a scope that is used on some day of a period, once each, in order of file and
    /// line.
    pub fn used(&self, period: Period, scope: &Scope) -> Vec<Provenance> {
        fn take<T>(segments: &[Segment<T>], period: Period, out: &mut Vec<Provenance>) {
            out.extend(Segment::within(segments, period).flat_map(|segment| &segment.used).cloned());
        }
        let mut out = Vec::new();
        self.sides(scope).for_each(|side| take(&side.segments, period, &mut out));
        if scope.has(Instrument::DischargeReady) {
            take(&self.usk, period, &mut out);
        }
        out.sort_by(|one, other| (&one.file, one.line, &one.key).cmp(&(&other.file, other.line, &other.key)));
        out.dedup_by(|one, other| (&one.file, one.line, &one.key) == (&other.file, other.line, &other.key));
        out
    }

    /// Whether an instrument is in force on some day of a period, and the first value that is missing for its price, if
    /// any: its own, or one of an instrument that is subtracted from it.
    fn standing(&self, instrument: Instrument, period: Period) -> (bool, Option<Gap>) {
        let Some(side) = self.share(instrument) else { return self.standing_of_days(period) };
        let mut found = look(&side.segments, period);
        let rules = Segment::within(&side.segments, period).filter_map(|segment| segment.standing.in_force());
        for (by, _) in rules.filter_map(|rule| rule.lowered_by.as_ref()) {
            if let Some((_, missing)) = self.share(*by).map(|side| look(&side.segments, period)) {
                found.1 = found.1.or(missing);
            }
        }
        found
    }

    fn standing_of_days(&self, period: Period) -> (bool, Option<Gap>) {
        let (is_in_force, missing) = look(&self.usk, period);
        let without_rate = |segment: &&Segment<crate::DayRateRule>| {
            segment.standing.in_force().is_some_and(|rule| rule.rate.is_none())
        };
        let gap = Segment::within(&self.usk, period).find(without_rate).and_then(|segment| {
            let rule = &segment.standing.in_force()?.covers;
            let day = std::cmp::max(segment.from, period.from());
            Some(Gap { file: rule.file.clone(), key: "rate".to_owned(), day })
        });
        (is_in_force, missing.or(gap))
    }

    /// Whether some rule of an instrument is lowered by another instrument.
    fn ever_lowered(&self, instrument: Instrument, by: Instrument) -> bool {
        let segments = place_of(instrument).map_or(&[][..], |place| &self.shares[place].segments);
        let rules = segments.iter().filter_map(|segment| segment.standing.in_force());
        rules.filter_map(|rule| rule.lowered_by.as_ref()).any(|(other, _)| *other == by)
    }
}

/// Whether a rule is in force on some day of a period, and the first missing value, if any. A rule with a missing value
/// counts as in force.
fn look<T>(segments: &[Segment<T>], period: Period) -> (bool, Option<Gap>) {
    let mut found = (false, None);
    for segment in Segment::within(segments, period) {
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
