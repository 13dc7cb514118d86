//! From cells to kroner: the amounts of a law for every municipality, without reading contacts again.
//!
//! There are two steps, because most scenarios decide alike and differ only in a share or a price. [`Decided`] asks
//! the rulebook which groups give a charge, and puts together groups that are priced alike. Pricing asks the
//! rulebook for the price of each quantity once, and multiplies the price by the number of contacts.
//!
//! Changed behaviour enters as the part of each group that is left, in millionths. A price is in whole øre already;
//! only the multiplication by this part makes it necessary to round the sums too.

use domain::narrow;
use std::collections::BTreeMap;

use domain::{Amount, Day, Instrument, Points};
use rulebook::calculation::day_rate;
use rulebook::calculation::share_of_drg_price::{SHARES, Shares};
use rulebook::file::Liable;
use rulebook::law::{Decisions, Law, Prices, charges, used_of_ceiling};
use rulebook::{Assessment, Decision, NoTrace, Pricing, Scope, Segment};

use crate::cells::{Cells, Episode, Group};
use crate::error::SettleError;
use crate::needs::Needs;

/// The part that is left if nothing goes away, in millionths.
pub const WHOLE: i64 = 1_000_000;
/// Number of laws that are priced side by side.
const LANES: usize = 8;
/// Number of sums that a municipality has: one for each share instrument under each law.
const SUMS: usize = SHARES.len() * LANES;

/// Changed behaviour: how large a part is left of contacts and of payable days, in millionths.
pub trait Behaviour {
    /// Part that is left of a group's contacts.
    fn of_group(&self, cells: &Cells, group: &Group) -> i64;
    /// Part that is left of the payable days of patients, in millionths: those of the contact whose group is `group`, and
    /// whose age is `age`; `None` stands for an age that is unknown or not kept apart. What goes away with the contact
    /// is gone from its days.
    fn of_days(&self, cells: &Cells, group: &Group, age: Option<u16>) -> i64;
    /// Whether all payable days are left, whatever the contact. If so, contacts need not be kept apart.
    fn leaves_days(&self) -> bool {
        false
    }
}

/// Unchanged behaviour: everything is left.
pub struct AsIs;

impl Behaviour for AsIs {
    fn of_group(&self, _: &Cells, _: &Group) -> i64 {
        WHOLE
    }

    fn of_days(&self, _: &Cells, _: &Group, _: Option<u16>) -> i64 {
        WHOLE
    }

    fn leaves_days(&self) -> bool {
        true
    }
}

/// Facts that groups have in common if they are priced alike.
#[derive(Debug, Clone)]
struct Class {
    segments: Shares<Option<usize>>,
    /// For each share instrument, whether the group is charged and its day lies in the period.
    inside: Shares<bool>,
    decisions: Decisions,
}

/// Amounts of a municipality under one law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Co-financing, owed by the municipality to its regional authority.
    pub kmf: Amount,
    /// ISF for the municipality's people, owed by the state to the regional authority.
    pub isf: Amount,
    /// Day rate of discharge-ready patients, owed by the municipality to trusts.
    pub usk: Amount,
    /// Payable days that are left, in millionths.
    pub days_millionths: i64,
}

impl Sums {
    /// The amount that the municipality pays.
    pub fn municipality(&self) -> Amount {
        self.kmf + self.usk
    }
}

/// Amounts of all municipalities under one law.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Priced {
    /// Sums by municipality, in the order of [`Cells::homes`].
    pub homes: Vec<Sums>,
    /// Day rate: days in millionths and amount, by index of the municipality and of the trust, in ascending order.
    pub days: Vec<((u32, u32), (i64, Amount))>,
    /// Instruments that are priced. The sums of the others are zero.
    pub scope: Scope,
}

impl Priced {
    /// The same, with the sums of instruments that a scope cannot price at zero.
    #[must_use]
    pub fn restricted(mut self, scope: &Scope) -> Priced {
        for (instrument, _) in scope.unpriced() {
            for sums in &mut self.homes {
                match instrument {
                    Instrument::CoFinancing => sums.kmf = Amount::ZERO,
                    Instrument::Isf => sums.isf = Amount::ZERO,
                    Instrument::DischargeReady => (sums.usk, sums.days_millionths) = (Amount::ZERO, 0),
                }
            }
            if instrument == Instrument::DischargeReady {
                self.days.clear();
            }
        }
        self.scope = self.scope.and(scope);
        self
    }

    /// Sum of all municipalities.
    pub fn total(&self) -> Sums {
        let mut out = Sums::default();
        for sums in &self.homes {
            out.kmf += sums.kmf;
            out.isf += sums.isf;
            out.usk += sums.usk;
            out.days_millionths += sums.days_millionths;
        }
        out
    }
}

/// Decisions on cells under one behaviour. Laws that decide alike share these decisions.
pub struct Decided<'c> {
    cells: &'c Cells,
    scope: Scope,
    classes: Vec<Class>,
    /// Class and quantity of each pricing unit. The contacts of a unit have the same price.
    units: Vec<(u16, u32)>,
    /// Index of the first row of each municipality and part; the last entry is the number of rows.
    starts: Vec<usize>,
    /// The different parts that are left, in millionths.
    parts: Vec<i64>,
    rows: Vec<(u32, u32)>,
    /// Index of each group's class, and index of its part.
    of_group: Vec<(u16, u16)>,
    /// Contacts that each share instrument charges in each municipality, in millionths.
    pub contacts: Vec<Shares<i64>>,
    /// Number of contacts for each condition that could not be tested, by the code of the condition. Unless this
    /// map is empty, the sums are upper bounds.
    pub untested: BTreeMap<String, i64>,
}

/// Contacts in millionths, and amount, by municipality and label.
pub type Labelled<K> = BTreeMap<(u32, K), (i64, Amount)>;

const NONE: u16 = u16::MAX;

impl Cells {
    /// Asks a law which groups give a charge.
    ///
    /// # Errors
    /// Fails if the cells do not keep a distinction that the law needs, or a missing value leaves nothing to price.
    pub fn decided(&self, law: &Law, behaviour: &dyn Behaviour) -> Result<Decided<'_>, SettleError> {
        if let Some(period) = self.period {
            self.needs.answer(&Needs::of([law], period)).map_err(SettleError::Lacking)?;
        }
        let scope = self.scope(law)?;
        let mut out = Decided {
            cells: self,
            scope,
            classes: Vec::new(),
            units: Vec::new(),
            starts: Vec::new(),
            parts: Vec::new(),
            rows: Vec::new(),
            of_group: Vec::new(),
            contacts: vec![Shares::default(); self.homes.len()],
            untested: BTreeMap::new(),
        };
        let mut untested = Vec::new();
        for group in &self.groups {
            let (class, codes) = self.class(law, &out.scope, group);
            let part = behaviour.of_group(self, group);
            let place = out.parts.iter().position(|known| *known == part).unwrap_or_else(|| {
                out.parts.push(part);
                out.parts.len() - 1
            });
            let class = class.map_or(NONE, |class| {
                let same = |known: &Class| {
                    known.segments == class.segments
                        && known.inside == class.inside
                        && priced_by(&known.decisions) == priced_by(&class.decisions)
                };
                narrow(out.classes.iter().position(same).unwrap_or_else(|| {
                    out.classes.push(class);
                    out.classes.len() - 1
                }))
            });
            out.of_group.push((class, narrow(place)));
            untested.push(codes);
        }
        out.collapse();
        out.count(&untested);
        Ok(out)
    }

    /// How each instrument of a law stands in the period of the cells.
    ///
    /// # Errors
    /// Fails if a missing value leaves nothing to price.
    pub fn scope(&self, law: &Law) -> Result<Scope, SettleError> {
        Ok(self.period.map(|period| law.scope(period, &[])).transpose()?.unwrap_or_default())
    }

    /// Contacts, in millionths, that a behaviour takes away from the municipalities for which `homes` is true;
    /// and the points of these contacts.
    pub fn taken_away(&self, behaviour: &dyn Behaviour, homes: &dyn Fn(&str) -> bool) -> (i64, Points) {
        let gone: Vec<i64> =
            self.groups.iter().map(|group| WHOLE - behaviour.of_group(self, group)).collect();
        let (mut contacts, mut points) = (0, 0_i128);
        let mut add = |group: u32, quantity: u32, count: i64| {
            let (gone, quantity) = (gone[group as usize], &self.quantities[quantity as usize]);
            contacts += gone * count * std::cmp::max(quantity.contacts, 1);
            points += i128::from(gone) * i128::from(count) * i128::from(quantity.points.milli());
        };
        let ours = self.homes.iter().enumerate().filter(|(_, home)| homes(&home.debtor));
        for (place, _) in ours {
            for cell in self.of(place) {
                add(cell.group, cell.quantity, i64::from(cell.count));
            }
        }
        for episode in self.episodes.iter().flatten() {
            if homes(&self.homes[episode.home as usize].debtor) {
                add(episode.group, episode.quantity, 1);
            }
        }
        (contacts, Points::from_milli(narrow(points / i128::from(WHOLE))))
    }

    /// The class of a group (`None` if no instrument charges it), and the codes of conditions that could not be
    /// tested.
    fn class(&self, law: &Law, scope: &Scope, group: &Group) -> (Option<Class>, Vec<String>) {
        let day = |by: rulebook::book::DatedBy| {
            let place = match by {
                rulebook::book::DatedBy::Discharge => group.dates.0,
                rulebook::book::DatedBy::Admission => group.dates.1,
            };
            usize::from(place).checked_sub(1).and_then(|place| self.needs.days.get(place)).copied()
        };
        let holds = |day: Option<Day>| day.is_some_and(|day| self.period.is_some_and(|p| p.holds(day)));
        let segments = law.segments(day);
        let decisions = law.decide(segments, &self.facts(group), &mut [NoTrace; SHARES.len()]);
        let settled = decisions.iter().zip(SHARES).filter(|(_, instrument)| scope.has(*instrument));
        let mut codes: Vec<String> = settled
            .filter_map(|(decision, _)| match decision {
                Some(Decision::In { untested, .. }) => Some(untested.clone()),
                Some(Decision::Out { .. }) | None => None,
            })
            .flatten()
            .collect();
        let mut inside: Shares<bool> =
            std::array::from_fn(|at| scope.has(SHARES[at]) && charges(&decisions[at]));
        for ((inside, side), segment) in inside.iter_mut().zip(&law.shares).zip(segments) {
            *inside &= holds(day(side.dated_by));
            let ceiling = side.rule(segment).is_some_and(|rule| rule.ceiling.is_some());
            if self.counted && ceiling && *inside && !codes.iter().any(|code| code == "ceiling") {
                codes.push("ceiling".to_owned());
            }
        }
        // A group outside the period is kept, because its contacts may use up part of a stay's ceiling.
        let charged = decisions.iter().any(charges);
        let class = Class { segments, inside, decisions };
        (charged.then_some(class), codes)
    }

    /// The payable days of the period under a law, by municipality, trust, segment, age and group, not yet priced.
    /// Days for which no municipality is liable are left out.
    pub fn payable(&self, law: &Law) -> PayableDays {
        let mut out: BTreeMap<(u32, u32, u32, Option<u16>, u32), i64> = BTreeMap::new();
        let Some(period) = self.period else { return PayableDays::default() };
        let (mut of_stay, mut paid) = (0, Vec::new());
        let mut stays = vec![0; self.homes.len()];
        for ready in &self.ready {
            if ready.of_stay == 0 || ready.of_stay != of_stay {
                (of_stay, paid) = (ready.of_stay, Vec::new());
            }
            let rule_on = |day| law.usk_on(day);
            let Assessment::Payable(days) =
                day_rate::assess(&ready.stay.case(), rule_on, &law.agreements, &mut paid, &mut NoTrace)
            else {
                continue;
            };
            let mut counted = None;
            for day in days.iter().filter(|day| period.holds(day.day)) {
                let home = match day.liable {
                    Liable::MunicipalityOfRegistration => ready.registered,
                    Liable::MunicipalityOfStay => ready.stays,
                };
                let segment = Segment::place_on(&law.usk, day.day);
                let key = (home, ready.trust, narrow::<_, u32>(segment.unwrap_or(0)), ready.age, ready.group);
                if !self.homes[home as usize].debtor.is_empty() {
                    *out.entry(key).or_default() += 1;
                }
                if counted != Some(home) {
                    stays[home as usize] += 1;
                    counted = Some(home);
                }
            }
        }
        let apart: Vec<DayRow> = out.into_iter().collect();
        let mut of_all: Vec<DayRow> = apart.clone();
        of_all.dedup_by(|later, kept| {
            let same = (later.0.0, later.0.1, later.0.2) == (kept.0.0, kept.0.1, kept.0.2);
            kept.1 += if same { later.1 } else { 0 };
            same
        });
        PayableDays { apart, of_all, stays }
    }
}

/// Key of five (municipality, trust, segment of the day-rate rule, age, group of the contact), and number of days.
type DayRow = ((u32, u32, u32, Option<u16>, u32), i64);

/// Payable days under a law, in order of municipality, trust, segment, age and group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PayableDays {
    apart: Vec<DayRow>,
    /// The same days, with all ages and groups added up.
    of_all: Vec<DayRow>,
    /// Number of contacts with payable days, by place of the municipality.
    pub stays: Vec<i64>,
}

impl PayableDays {
    /// Days that a behaviour leaves of all municipalities', in millionths, whatever they cost. `cells` are those of the
    /// days.
    pub fn left(&self, cells: &Cells, behaviour: &dyn Behaviour) -> i64 {
        let left = |((.., age, group), days): &DayRow| {
            days * behaviour.of_days(cells, &cells.groups[*group as usize], *age)
        };
        self.apart.iter().map(left).sum()
    }

    /// Prices the days. Every day has a rate, or the day rate is not among the instruments that are priced.
    fn price(&self, cells: &Cells, law: &Law, behaviour: &dyn Behaviour, out: &mut Priced) {
        let rows = if behaviour.leaves_days() { &self.of_all } else { &self.apart };
        for same in rows.chunk_by(|(one, _), (other, _)| (one.0, one.1) == (other.0, other.1)) {
            let (mut left, mut exact) = (0, 0_i128);
            for ((_, _, segment, age, group), days) in same {
                let rule = law.usk.get(*segment as usize).and_then(|segment| segment.standing.in_force());
                let Some((rate, _)) = rule.and_then(|rule| rule.rate.as_ref()) else { continue };
                let part = behaviour.of_days(cells, &cells.groups[*group as usize], *age);
                left += days * part;
                exact += i128::from(*days) * i128::from(rate.ore()) * i128::from(part);
            }
            let ((home, trust, ..), _) = same[0];
            let amount = rounded(exact);
            let sums = &mut out.homes[home as usize];
            sums.usk += amount;
            sums.days_millionths += left;
            out.days.push(((home, trust), (left, amount)));
        }
    }
}

/// Millionths of øre as whole øre, rounded half away from zero.
fn rounded(millionths: i128) -> Amount {
    let half = i128::from(WHOLE / 2) * millionths.signum();
    Amount::from_ore(narrow((millionths + half) / i128::from(WHOLE)))
}

fn priced_by(decisions: &Decisions) -> Shares<Option<Pricing>> {
    decisions.each_ref().map(|decision| match decision {
        Some(Decision::In { pricing, .. }) => Some(*pricing),
        Some(Decision::Out { .. }) | None => None,
    })
}

impl Decided<'_> {
    /// Merges cells that are priced alike into counts of units, by municipality and part.
    fn collapse(&mut self) {
        let cells = self.cells;
        let quantities = cells.quantities.len();
        let mut number = vec![u32::MAX; self.classes.len() * quantities];
        let mut tally: Vec<u32> = Vec::new();
        self.starts.push(0);
        let mut touched: Vec<Vec<u32>> = vec![Vec::new(); self.parts.len()];
        for home in 0..cells.homes.len() {
            let mut counts: Vec<(u16, u32, u32)> = Vec::new();
            for cell in cells.of(home) {
                let (class, part) = self.of_group[cell.group as usize];
                if class == NONE {
                    continue;
                }
                let unit = &mut number[usize::from(class) * quantities + cell.quantity as usize];
                if *unit == u32::MAX {
                    *unit = narrow(self.units.len());
                    self.units.push((class, cell.quantity));
                    tally.push(0);
                }
                counts.push((part, *unit, cell.count));
            }
            for (part, units) in touched.iter_mut().enumerate() {
                units.clear();
                for (_, unit, count) in counts.iter().filter(|(of, ..)| usize::from(*of) == part) {
                    if tally[*unit as usize] == 0 {
                        units.push(*unit);
                    }
                    tally[*unit as usize] += count;
                }
                units.sort_unstable();
                self.rows
                    .extend(units.iter().map(|unit| (*unit, std::mem::take(&mut tally[*unit as usize]))));
                self.starts.push(self.rows.len());
            }
        }
    }

    fn count(&mut self, untested: &[Vec<String>]) {
        let cells = self.cells;
        let single = (0..cells.homes.len()).flat_map(|home| {
            cells.of(home).iter().map(move |cell| {
                let contacts = cells.quantities[cell.quantity as usize].contacts;
                (home, cell.group as usize, i64::from(cell.count) * std::cmp::max(contacts, 1))
            })
        });
        let several = cells.episodes.iter().flatten().map(|one| (one.home as usize, one.group as usize, 1));
        let mut contacts: Vec<Shares<i64>> = vec![Shares::default(); cells.homes.len()];
        for (home, group, count) in single.chain(several) {
            let (class, part) = self.of_group[group];
            if class == NONE {
                continue;
            }
            let inside = self.classes[usize::from(class)].inside;
            let left = count * self.parts[usize::from(part)];
            for (sum, inside) in contacts[home].iter_mut().zip(inside) {
                *sum += if inside { left } else { 0 };
            }
            for code in &untested[group] {
                *self.untested.entry(code.clone()).or_default() += count;
            }
        }
        self.contacts = contacts;
    }

    /// Prices several laws. Each law must decide like the law given to [`Cells::decided`] (equal
    /// [`rulebook::law::Deciding`]), and must give exactly the payable days that `days` holds (equal
    /// [`rulebook::law::Reading`]).
    ///
    /// # Errors
    /// Fails if an amount is too large for an [`Amount`], or a missing value leaves nothing to price.
    pub fn price(
        &self,
        laws: &[&Law],
        days: &PayableDays,
        behaviour: &dyn Behaviour,
    ) -> Result<Vec<Priced>, SettleError> {
        let mut out = Vec::with_capacity(laws.len());
        for laws in laws.chunks(LANES) {
            let prices = self.unit_prices(laws)?;
            let mut exact = self.multiplied(&prices);
            for (lane, law) in laws.iter().enumerate() {
                self.stays(law, lane, &mut exact)?;
                let mut priced =
                    Priced { scope: self.cells.scope(law)?.and(&self.scope), ..Priced::default() };
                priced.homes.extend(exact.iter().map(|home| {
                    let of = |place: usize| rounded(home[SHARES.len() * lane + place]);
                    let [kmf, isf]: Shares<Amount> = std::array::from_fn(of);
                    Sums { kmf, isf, ..Sums::default() }
                }));
                if priced.scope.has(Instrument::DischargeReady) {
                    days.price(self.cells, law, behaviour, &mut priced);
                }
                out.push(priced);
            }
        }
        Ok(out)
    }

    /// Co-financing by municipality and a label of groups: contacts in millionths, and amount.
    ///
    /// # Errors
    /// Fails if an amount is too large for an [`Amount`].
    pub fn by<K: Ord>(&self, law: &Law, label: impl Fn(&Group) -> K) -> Result<Labelled<K>, SettleError> {
        let prices = self.unit_prices(&[law])?;
        let quantities = self.cells.quantities.len();
        let mut price = vec![0; self.classes.len() * quantities];
        for ((class, quantity), prices) in self.units.iter().zip(&prices) {
            price[usize::from(*class) * quantities + *quantity as usize] = prices[0];
        }
        let mut exact: BTreeMap<(u32, K), (i64, i128)> = BTreeMap::new();
        let mut add = |home: u32, group: u32, count: i64, amount: i128| {
            let (_, part) = self.of_group[group as usize];
            let left = self.parts[usize::from(part)];
            let sum = exact.entry((home, label(&self.cells.groups[group as usize]))).or_default();
            sum.0 += count * left;
            sum.1 += amount * i128::from(left);
        };
        for home in 0..self.cells.homes.len() {
            for cell in self.cells.of(home) {
                let (class, _) = self.of_group[cell.group as usize];
                if class == NONE {
                    continue;
                }
                let [co_financing, _] = self.classes[usize::from(class)].inside;
                if !co_financing {
                    continue;
                }
                let contacts = self.cells.quantities[cell.quantity as usize].contacts;
                let (count, each) =
                    (i64::from(cell.count), price[usize::from(class) * quantities + cell.quantity as usize]);
                add(
                    narrow(home),
                    cell.group,
                    count * std::cmp::max(contacts, 1),
                    i128::from(count) * i128::from(each),
                );
            }
        }
        self.each_of_stays(law, |episode, [inside, _], [priced, _]| {
            if let Some(priced) = priced.filter(|_| inside) {
                add(episode.home, episode.group, 1, i128::from(priced.amount.ore()));
            }
        })?;
        Ok(exact.into_iter().map(|(key, (contacts, ore))| (key, (contacts, rounded(ore)))).collect())
    }

    /// Prices in øre of one contact of each unit: under each law in turn, one price for each of [`SHARES`].
    fn unit_prices(&self, laws: &[&Law]) -> Result<Vec<[i64; SUMS]>, SettleError> {
        let mut out = vec![[0; SUMS]; self.units.len()];
        for (lane, law) in laws.iter().enumerate() {
            for ((class, quantity), price) in self.units.iter().zip(&mut out) {
                let class = &self.classes[usize::from(*class)];
                let quantity = &self.cells.quantities[*quantity as usize];
                let prices = law
                    .price(
                        class.segments,
                        &class.decisions,
                        quantity,
                        Points::ZERO,
                        &mut [NoTrace; SHARES.len()],
                    )
                    .map_err(|error| SettleError::Record { contact: 0, error })?;
                for (place, (inside, priced)) in class.inside.into_iter().zip(prices).enumerate() {
                    price[SHARES.len() * lane + place] =
                        priced.filter(|_| inside).map_or(0, |priced| priced.amount.ore());
                }
            }
        }
        Ok(out)
    }

    /// Sums in millionths of øre by municipality: under each law in turn, one sum for each of [`SHARES`].
    fn multiplied(&self, prices: &[[i64; SUMS]]) -> Vec<[i128; SUMS]> {
        // Nearly every price is at least zero and fits in 32 bits. A price of 32 bits takes half the memory, and
        // the processor has an instruction for the product.
        let small = |price: &[i64; SUMS]| {
            let mut out = [0; SUMS];
            for (out, price) in out.iter_mut().zip(price) {
                *out = u32::try_from(*price).ok()?;
            }
            Some(out)
        };
        match prices.iter().map(small).collect::<Option<Vec<[u32; SUMS]>>>() {
            Some(small) => self.summed(|unit, count, sums| {
                for (sum, price) in sums.iter_mut().zip(&small[unit]) {
                    *sum += (u64::from(*price) * u64::from(count)) as i64;
                }
            }),
            None => self.summed(|unit, count, sums| {
                for (sum, price) in sums.iter_mut().zip(&prices[unit]) {
                    *sum += price * i64::from(count);
                }
            }),
        }
    }

    /// Sums by municipality. `add` adds one row (a unit and its count) to the sums of a part.
    #[inline]
    fn summed(&self, add: impl Fn(usize, u32, &mut [i64; SUMS])) -> Vec<[i128; SUMS]> {
        let parts = self.parts.len();
        let mut out = vec![[0; SUMS]; self.cells.homes.len()];
        for (home, exact) in out.iter_mut().enumerate() {
            for (place, part) in self.parts.iter().enumerate() {
                let at = home * parts + place;
                let mut sums = [0_i64; SUMS];
                for (unit, count) in &self.rows[self.starts[at]..self.starts[at + 1]] {
                    add(*unit as usize, *count, &mut sums);
                }
                for (exact, sum) in exact.iter_mut().zip(sums) {
                    *exact += i128::from(sum) * i128::from(*part);
                }
            }
        }
        out
    }

    /// Adds, under one law, the amounts of the stays that a ceiling may cut.
    fn stays(&self, law: &Law, lane: usize, exact: &mut [[i128; SUMS]]) -> Result<(), SettleError> {
        self.each_of_stays(law, |episode, inside, prices| {
            let (_, part) = self.of_group[episode.group as usize];
            let part = i128::from(self.parts[usize::from(part)]);
            let home = &mut exact[episode.home as usize];
            for (place, (inside, priced)) in inside.into_iter().zip(prices).enumerate() {
                if let Some(priced) = priced.filter(|_| inside) {
                    home[SHARES.len() * lane + place] += i128::from(priced.amount.ore()) * part;
                }
            }
        })
    }

    /// Prices the stays that a ceiling may cut, contact by contact in order of admission.
    fn each_of_stays(
        &self,
        law: &Law,
        mut take: impl FnMut(&Episode, Shares<bool>, Prices),
    ) -> Result<(), SettleError> {
        for stay in &self.cells.episodes {
            let mut used = Points::ZERO;
            for episode in stay {
                let (class, _) = self.of_group[episode.group as usize];
                if class == NONE {
                    continue;
                }
                let class = &self.classes[usize::from(class)];
                let quantity = &self.cells.quantities[episode.quantity as usize];
                let prices = law
                    .price(class.segments, &class.decisions, quantity, used, &mut [NoTrace; SHARES.len()])
                    .map_err(|error| SettleError::Record { contact: 0, error })?;
                used = used + used_of_ceiling(&prices);
                take(episode, class.inside, prices);
            }
        }
        Ok(())
    }
}
