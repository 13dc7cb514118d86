//! The consequences of a scenario: for each municipality, each party, each size of municipality and each
//! year.
//!
//! A scenario is compared with another situation, such as the law as it is. The changes of all parties add up
//! to zero: what one pays less, another receives less.

use std::collections::BTreeMap;

use domain::{Amount, CareLevel, DrgType, Share};
use rulebook::Scope;
use rulebook::calculation::share_of_drg_price::Shares;
use settlement::cells::{Cells, Group, Place};
use settlement::needs::Needs;
use settlement::price::{AsIs, Behaviour, Labelled, Priced, Sums, WHOLE};
use settlement::{Law, SettleError};
use words::{Message, message};

use crate::behaviour::Measures;
use crate::scenario::{Key, Scenario, Wanted, part, share_of};

/// First age of each age band but the first, which begins at 0. The bands are those of the age composition.
pub const AGES: [u16; 6] = [18, 50, 67, 75, 80, 90];

/// Groups of municipalities by size in the ministry's slides: nominal inhabitants as text and as a number, and the
/// fewest inhabitants of a municipality in the group.
pub const SIZES: [(&str, i64, i64); 3] =
    [("100 000", 100_000, 50_000), ("20 000", 20_000, 10_000), ("5 000", 5_000, 0)];

/// The municipalities of each group of [`SIZES`], in order. `people` gives a municipality's inhabitants.
pub fn by_size<T>(all: &[T], people: impl Fn(&T) -> i64) -> [Vec<&T>; SIZES.len()] {
    let mut above = i64::MAX;
    SIZES.map(|(_, _, from)| {
        let inside = from..above;
        above = from;
        all.iter().filter(|one| inside.contains(&people(one))).collect()
    })
}

/// Inhabitants by code of municipality and single year of age from 0 to 100.
pub type People = BTreeMap<String, Vec<i64>>;

/// Common ground of all scenarios: contacts, inhabitants, and the law as it is, priced.
pub struct Ground<'a> {
    pub(crate) cells: &'a Cells,
    pub(crate) people: &'a People,
    /// Inhabitants in each year after the first; `None` without ageing.
    projection: Option<&'a [People]>,
    law: &'a Law,
    priced: Priced,
}

impl<'a> Ground<'a> {
    /// How each instrument stands under the law as it is.
    pub fn standing(&self) -> &Scope {
        &self.priced.scope
    }

    /// Prices the law as it is.
    ///
    /// # Errors
    /// Fails as [`priced`] does.
    pub fn of(
        cells: &'a Cells,
        law: &'a Law,
        people: &'a People,
        projection: Option<&'a [People]>,
    ) -> Result<Ground<'a>, SettleError> {
        let priced = priced(cells, law, &AsIs)?.sums;
        Ok(Ground { cells, people, projection, law, priced })
    }

    fn people(&self, place: usize) -> i64 {
        self.people.get(&self.cells.homes[place].debtor).map_or(0, |ages| ages.iter().sum())
    }
}

/// What the cells must carry for a scenario under the given laws. `ageing` tells whether there is a projection.
pub fn needs(order_laws: &[&Law], scenario: &Scenario, period: domain::Period, ageing: bool) -> Needs {
    let mut needs =
        Needs::of(order_laws.iter().copied(), period).and(&Measures::of(&scenario.measures).needs());
    if ageing || scenario.budget == Some(Key::AgeComposition) {
        needs = needs.and(&Needs { ages: AGES.to_vec(), ..Needs::default() });
    }
    needs
}

/// The consequence for one municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Municipality {
    /// The municipality, and its region.
    pub place: Place,
    /// Inhabitants; 0 if unknown.
    pub people: i64,
    /// Charges before: in the situation that the scenario is compared with.
    pub against: Sums,
    /// Charges in the scenario.
    pub scenario: Sums,
    /// Charges that are not paid since they are above the cap per inhabitant: before, and in the scenario.
    pub capped: (Amount, Amount),
    /// Grants before, and in the scenario: the municipality's part of what the regional authorities and trusts gain in
    /// payments from municipalities, compared with the law as it is.
    pub grants: (Amount, Amount),
    /// Contacts that the municipality pays for, in millionths: before, and in the scenario.
    pub contacts: (i64, i64),
    /// Contacts with days that the municipality pays for, before.
    pub waiting: i64,
}

impl Municipality {
    /// Payments in the situation that the scenario is compared with, less what is above the cap per inhabitant.
    pub fn paid(&self) -> Amount {
        self.against.municipality() - self.capped.0
    }

    /// Payments in the scenario, after the cap.
    pub fn pays(&self) -> Amount {
        self.scenario.municipality() - self.capped.1
    }

    /// Payments in the scenario less payments before.
    pub fn change(&self) -> Amount {
        self.pays() - self.paid()
    }

    /// Grants in the scenario less grants before.
    pub fn grant(&self) -> Amount {
        self.grants.1 - self.grants.0
    }

    /// Change of payments less change of grants: above zero the municipality loses.
    pub fn net(&self) -> Amount {
        self.change() - self.grant()
    }

    /// An amount per inhabitant, in whole øre; `None` if the number of inhabitants is unknown.
    pub fn per_inhabitant(&self, amount: Amount) -> Option<Amount> {
        (self.people > 0).then(|| part(amount, 1, self.people))
    }
}

/// The change for one party: above zero it gains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// `municipalities`, `state`, or the organisation number of a regional authority or a trust. A unit stands for a
    /// trust that is not given, and the empty text for a region that is not known.
    pub party: String,
    /// Parts of the change, each with its cause.
    pub lines: Vec<(&'static str, Amount)>,
}

impl Party {
    /// Sum of the parts.
    pub fn sum(&self) -> Amount {
        self.lines.iter().map(|(_, amount)| *amount).sum()
    }
}

/// The consequence for a municipality of one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// Nominal number of inhabitants in digits, as in the ministry's slides.
    pub name: &'static str,
    /// Nominal number of inhabitants.
    pub nominal: i64,
    /// Fewest inhabitants of a municipality in the group.
    pub from: i64,
    /// Number of municipalities in the group.
    pub count: usize,
    /// Net change, after grants, for the nominal municipality: mean per inhabitant in the group, times the nominal number.
    pub change: Amount,
    /// Net change per inhabitant in the group: the first decile, the median and the ninth decile.
    pub range: [Amount; 3],
}

/// Payments in one of several years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Year {
    /// Number of years after the first.
    pub after: u16,
    /// Payments of all municipalities in the scenario.
    pub pays: Amount,
    /// Payments of all municipalities in the situation that the scenario is compared with.
    pub against: Amount,
    /// Share of the scheme that is phased in.
    pub phased: Share,
    /// Part of the growth of hospital budgets that goes to municipalities: in the scenario, less the part in the
    /// situation that the scenario is compared with.
    pub given: Amount,
}

/// Facts of a contact by which the charges of a municipality are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChargeGroup {
    pub care_level: CareLevel,
    pub drg_type: DrgType,
    /// Lowest age of the age band; `None` if ages are not divided, or the age is unknown.
    pub age: Option<u16>,
}

/// The consequences of a scenario.
#[derive(Debug, Clone, Default)]
pub struct Consequences {
    /// Municipalities, in the order of [`Cells::homes`].
    pub municipalities: Vec<Municipality>,
    /// Change for each party. The sum of all is zero.
    pub parties: Vec<Party>,
    /// One entry for each of [`SIZES`].
    pub sizes: Vec<Size>,
    /// Payments by year; empty if neither growth nor phasing in has a year after the first.
    pub years: Vec<Year>,
    /// What each measure of the scenario takes away if it is the only one.
    pub avoided: Vec<Taken>,
    /// What all measures take away together. Where two reach the same contacts, it is less than the sum.
    pub avoided_together: Taken,
    /// How each instrument stands on both sides. What cannot be priced on either side is on neither.
    pub scope: Scope,
    /// How each instrument stands before and after.
    pub standing: [Scope; 2],
    /// Counts of what these data cannot test: contacts for each excepted group (by its code), and groups of contacts
    /// for each measure. Unless this is empty, the sums are upper bounds.
    pub untested: BTreeMap<Message, i64>,
}

/// Charges under a law and a behaviour.
#[derive(Debug, Clone, Default)]
pub struct Whole {
    /// Charges by municipality and trust.
    pub sums: Priced,
    /// Number of charged contacts, in millionths: for each municipality, a number for each instrument in [`Shares`].
    pub contacts: Vec<Shares<i64>>,
    /// Number of contacts with payable days, by place of the municipality, whatever a behaviour leaves of them.
    pub waiting: Vec<i64>,
    /// Counts of what could not be tested: see [`Consequences::untested`].
    pub untested: BTreeMap<Message, i64>,
}

/// Prices a law on cells under a behaviour.
///
/// # Errors
/// Fails if the cells lack what the law or the behaviour needs, or if a value of the law is missing.
pub fn priced(cells: &Cells, law: &Law, behaviour: &dyn Behaviour) -> Result<Whole, SettleError> {
    let decided = cells.decided(law, behaviour)?;
    let days = cells.payable(law);
    let mut priced = decided.price(&[law], &days, behaviour)?;
    let sums = priced.pop().unwrap_or_default();
    let untested = by_group_code(&decided.untested);
    Ok(Whole { sums, contacts: decided.contacts, waiting: days.stays, untested })
}

/// Numbers of contacts that could not be tested, by code of the excepted group.
pub(crate) fn by_group_code(untested: &BTreeMap<String, i64>) -> BTreeMap<Message, i64> {
    // The words of a reason, if its code has some: another rule may have its own.
    let said = |code: &String| Some(Message::under("reason", code)).filter(Message::is_known);
    let told = |code: &String| said(code).unwrap_or_else(|| Message::plain(code));
    untested.iter().map(|(code, count)| (told(code), *count)).collect()
}

/// A law and a scenario's behaviour under it, priced.
#[derive(Clone)]
pub struct Situation<'a> {
    pub(crate) law: &'a Law,
    pub(crate) scenario: &'a Scenario,
    whole: Whole,
    /// Charges above the cap per inhabitant, by municipality.
    over: Vec<Amount>,
    /// Grants, by municipality.
    grants: Vec<Amount>,
    /// Cut of the budget of each regional authority.
    cuts: BTreeMap<String, Amount>,
}

impl<'a> Situation<'a> {
    /// Prices a law under a scenario's measures.
    ///
    /// # Errors
    /// Fails as [`priced`] does.
    pub fn of(ground: &Ground, law: &'a Law, scenario: &'a Scenario) -> Result<Situation<'a>, SettleError> {
        let measures = Measures::of(&scenario.measures);
        let mut whole = priced(ground.cells, law, &measures)?;
        for (id, count) in measures.untested() {
            *whole.untested.entry(message!("scenario.untested_measure", id)).or_default() += count as i64;
        }
        Situation::given(ground, law, scenario, whole)
    }

    /// Makes the situation from charges that are priced already ([`crate::many`]).
    ///
    /// # Errors
    /// Fails as [`priced`] does.
    pub fn given(
        ground: &Ground,
        law: &'a Law,
        scenario: &'a Scenario,
        whole: Whole,
    ) -> Result<Situation<'a>, SettleError> {
        let over = over(ground, scenario, &whole.sums);
        let (mut grants, mut cuts) = (vec![Amount::ZERO; over.len()], BTreeMap::new());
        if let Some(key) = scenario.budget {
            // Budgets are set for unchanged behaviour: what measures save is not taken from anybody.
            let alone = match scenario.measures.is_empty() {
                true => None,
                false => Some(priced(ground.cells, law, &AsIs)?.sums),
            };
            let alone = alone.as_ref().unwrap_or(&whole.sums);
            let gains = gains(ground, alone, &self::over(ground, scenario, alone));
            grants = given(ground, law, key, &gains)?;
            for (home, (municipality, isf)) in ground.cells.homes.iter().zip(gains) {
                *cuts.entry(home.region.clone()).or_default() += municipality + isf;
            }
        }
        Ok(Situation { law, scenario, whole, over, grants, cuts })
    }

    /// The same, without the instruments that a scope cannot price.
    fn restricted(&self, scope: &Scope) -> Situation<'a> {
        let mut out = self.clone();
        out.whole.sums = out.whole.sums.restricted(scope);
        out
    }

    /// Payments of all municipalities, after the cap.
    fn paid(&self) -> Amount {
        self.whole.sums.total().municipality() - self.over.iter().copied().sum()
    }
}

/// Charges above the cap per inhabitant, by municipality.
fn over(ground: &Ground, scenario: &Scenario, sums: &Priced) -> Vec<Amount> {
    let over = |(place, sums): (usize, &Sums)| {
        let people = ground.people(place);
        let cap = scenario.cap.filter(|_| people > 0).and_then(|cap| Amount::from_kroner(cap * people));
        cap.map_or(Amount::ZERO, |cap| std::cmp::max(sums.municipality() - cap, Amount::ZERO))
    };
    sums.homes.iter().enumerate().map(over).collect()
}

/// For each municipality, what the regional authorities and trusts gain compared with the law as it is: in the
/// municipality's payments, and in ISF.
fn gains(ground: &Ground, sums: &Priced, over: &[Amount]) -> Vec<(Amount, Amount)> {
    let homes = sums.homes.iter().zip(over).zip(&ground.priced.homes);
    homes
        .map(|((now, over), law)| (now.municipality() - *over - law.municipality(), now.isf - law.isf))
        .collect()
}

/// Compares a situation with another.
///
/// # Errors
/// Fails if the cells lack what a law or a behaviour needs, or if a value of a law is missing.
pub fn run(ground: &Ground, against: &Situation, now: &Situation) -> Result<Consequences, SettleError> {
    let scope = now.whole.sums.scope.clone().and(&against.whole.sums.scope).and(&ground.priced.scope);
    let standing = [against, now].map(|side| side.whole.sums.scope.clone());
    let (against, now) = (&against.restricted(&scope), &now.restricted(&scope));
    let (before, after) = (&against.whole, &now.whole);
    let untested = after.untested.clone();
    let mut out = Consequences { scope, standing, untested, ..Consequences::default() };
    for (code, contacts) in &before.untested {
        let known = out.untested.entry(code.clone()).or_default();
        *known = std::cmp::max(*known, *contacts);
    }
    for (place, home) in ground.cells.homes.iter().enumerate() {
        let ([contacts_before, _], [contacts_after, _]) = (before.contacts[place], after.contacts[place]);
        out.municipalities.push(Municipality {
            place: home.clone(),
            people: ground.people(place),
            against: before.sums.homes[place],
            scenario: after.sums.homes[place],
            capped: (against.over[place], now.over[place]),
            grants: (against.grants[place], now.grants[place]),
            contacts: (contacts_before, contacts_after),
            waiting: before.waiting.get(place).copied().unwrap_or(0),
        });
    }
    out.parties = parties(ground.cells, against, now, &out.municipalities);
    out.sizes = sizes(&out.municipalities);
    out.years = years(ground, against, now)?;
    (out.avoided, out.avoided_together) = avoided(ground.cells, now.law, &now.scenario.measures);
    Ok(out)
}

/// Adds up the gains in payments, and gives each municipality a part of the sum by a key. The øre left over by
/// rounding go to the municipality with the largest weight.
fn given(
    ground: &Ground,
    law: &Law,
    key: Key,
    gains: &[(Amount, Amount)],
) -> Result<Vec<Amount>, SettleError> {
    let weights: Vec<i128> = match key {
        Key::Population => (0..gains.len()).map(|place| i128::from(ground.people(place))).collect(),
        Key::OwnHistory => gains.iter().map(|(own, _)| i128::from(own.ore())).collect(),
        Key::AgeComposition => {
            let rates = age_rates(ground, law)?;
            let weight = |home: &Place| {
                let ages = ground.people.get(&home.debtor).map(Vec::as_slice);
                rates.iter().map(|(from, to, rate)| i128::from(in_band(ages, *from, *to)) * rate).sum()
            };
            ground.cells.homes.iter().map(weight).collect()
        }
    };
    let pot: Amount = gains.iter().map(|(municipality, _)| *municipality).sum();
    let whole: i128 = weights.iter().sum();
    if whole == 0 {
        return Ok(vec![Amount::ZERO; gains.len()]);
    }
    let part = |weight: &i128| Amount::from_ore((i128::from(pot.ore()) * weight / whole) as i64);
    let mut out: Vec<Amount> = weights.iter().map(part).collect();
    let left = pot - out.iter().copied().sum();
    let largest = weights.iter().enumerate().max_by_key(|(place, weight)| (**weight, usize::MAX - place));
    if let Some((place, _)) = largest {
        out[place] += left;
    }
    Ok(out)
}

/// Age bands: the first age, and the first age that is too high.
pub(crate) fn bands() -> Vec<(u16, u16)> {
    let starts = std::iter::once(0).chain(AGES);
    starts.zip(AGES.into_iter().chain([u16::MAX])).collect()
}

pub(crate) fn in_band(ages: Option<&[i64]>, from: u16, to: u16) -> i64 {
    ages.map_or(0, |ages| {
        let inside = ages.iter().enumerate().filter(|(age, _)| (from..to).contains(&(*age as u16)));
        inside.map(|(_, people)| people).sum()
    })
}

/// A behaviour in which only the contacts and days of one age band remain.
pub(crate) struct Band<'b> {
    pub from: u16,
    pub to: u16,
    pub of: &'b dyn Behaviour,
}

impl Behaviour for Band<'_> {
    fn of_group(&self, cells: &Cells, group: &Group) -> i64 {
        match group.age {
            Some(age) if (self.from..self.to).contains(&age) => self.of.of_group(cells, group),
            _ => 0,
        }
    }

    fn of_days(&self, cells: &Cells, group: &Group, age: Option<u16>) -> i64 {
        match age {
            Some(one) if (self.from..self.to).contains(&one) => self.of.of_days(cells, group, age),
            _ => 0,
        }
    }
}

/// Each age band, with its mean payment per inhabitant in the country, in thousandths of an øre.
fn age_rates(ground: &Ground, law: &Law) -> Result<Vec<(u16, u16, i128)>, SettleError> {
    let mut out = Vec::new();
    for (from, to) in bands() {
        let priced = priced(ground.cells, law, &Band { from, to, of: &AsIs })?.sums;
        let people: i64 = ground.people.values().map(|ages| in_band(Some(ages.as_slice()), from, to)).sum();
        let cost = i128::from(priced.total().municipality().ore());
        out.push((from, to, cost * 1000 / i128::from(std::cmp::max(people, 1))));
    }
    Ok(out)
}

fn parties(
    cells: &Cells,
    against: &Situation,
    now: &Situation,
    municipalities: &[Municipality],
) -> Vec<Party> {
    let cut = |region: &str| {
        let of = |situation: &Situation| situation.cuts.get(region).copied().unwrap_or_default();
        of(now) - of(against)
    };
    let change: Amount = municipalities.iter().map(Municipality::change).sum();
    let grant: Amount = municipalities.iter().map(Municipality::grant).sum();
    let mut out =
        vec![Party { party: "municipalities".to_owned(), lines: vec![("pays", -change), ("grant", grant)] }];
    let mut regions: BTreeMap<&str, (Amount, Amount)> = BTreeMap::new();
    for one in municipalities {
        let sum = regions.entry(one.place.region.as_str()).or_default();
        sum.0 += one.scenario.kmf - one.capped.1 - (one.against.kmf - one.capped.0);
        sum.1 += one.scenario.isf - one.against.isf;
    }
    let isf: Amount = regions.values().map(|sum| sum.1).sum();
    let all_cuts: Amount = regions.keys().map(|region| cut(region)).sum();
    for (region, (kmf, isf)) in regions {
        out.push(Party {
            party: region.to_owned(),
            lines: vec![("co-financing", kmf), ("isf", isf), ("budget", -cut(region))],
        });
    }
    let mut trusts: BTreeMap<u32, Amount> = BTreeMap::new();
    for ((_, trust), (_, amount)) in &now.whole.sums.days {
        *trusts.entry(*trust).or_default() += *amount;
    }
    for ((_, trust), (_, amount)) in &against.whole.sums.days {
        *trusts.entry(*trust).or_default() += -*amount;
    }
    for (trust, amount) in trusts.into_iter().filter(|(_, amount)| *amount != Amount::ZERO) {
        let party = cells.trusts.get(trust as usize).cloned().unwrap_or_default();
        out.push(Party { party, lines: vec![("discharge-ready", amount)] });
    }
    out.push(Party {
        party: "state".to_owned(),
        lines: vec![("isf", -isf), ("budget", all_cuts), ("grant", -grant)],
    });
    out
}

fn sizes(municipalities: &[Municipality]) -> Vec<Size> {
    let mut out = Vec::new();
    let groups = by_size(municipalities, |one| one.people);
    for ((name, nominal, from), mut group) in SIZES.into_iter().zip(groups) {
        group.retain(|one| one.people > 0);
        let people: i64 = group.iter().map(|one| one.people).sum();
        let change: Amount = group.iter().map(|one| one.net()).sum();
        let mut each: Vec<Amount> = group.iter().filter_map(|one| one.per_inhabitant(one.net())).collect();
        each.sort_unstable();
        let at = |tenths: usize| {
            each.get((each.len().saturating_sub(1)) * tenths / 10).copied().unwrap_or_default()
        };
        let mean = part(change, nominal, people);
        out.push(Size { name, nominal, from, count: group.len(), change: mean, range: [1, 5, 9].map(at) });
    }
    out
}

/// Basis points of a percentage that was checked when the scenario was read.
fn basis_points(text: &str) -> i64 {
    rulebook::measure::percent(text).map_or(0, Share::basis_points)
}

/// Share of a scenario that is phased in, a number of years after the first.
pub(crate) fn phased(scenario: &Scenario, after: usize) -> Share {
    let phases = &scenario.phase_in;
    let whole = Share::from_basis_points(Share::WHOLE).unwrap_or(Share::NONE);
    phases.get(after).or(phases.last()).copied().unwrap_or(whole)
}

/// How the payments of a situation move over the years. A scenario without growth of its own uses the growth of the
/// situation on the other side of the comparison.
struct Course<'s> {
    situation: &'s Situation<'s>,
    rate: i64,
    given: i64,
    /// Cost of each year relative to the first as the population ages, in millionths: under the law as it is,
    /// and in the situation.
    ageing: Vec<(i64, i64)>,
}

impl<'s> Course<'s> {
    fn of(ground: &Ground, situation: &'s Situation, beside: &Situation) -> Result<Course<'s>, SettleError> {
        let own = situation.scenario.growth.as_ref();
        let growth = own.or(beside.scenario.growth.as_ref());
        let given = own.and_then(|growth| growth.to_municipalities.as_deref());
        let ageing = match ground.projection {
            None => Vec::new(),
            Some(projection) => ageing(ground, situation, projection)?,
        };
        let rate = growth.map_or(0, |growth| crate::scenario::growth_of(&growth.percent).unwrap_or(0));
        Ok(Course { situation, rate, given: given.map_or(0, basis_points), ageing })
    }

    /// Payments of all municipalities in a year, and the growth of hospital budgets that is given to municipalities.
    fn year(&self, ground: &Ground, year: u16) -> (Amount, Amount) {
        let mut factor = WHOLE;
        for _ in 0..year {
            factor = (factor * (Share::WHOLE + self.rate) + Share::WHOLE / 2) / Share::WHOLE;
        }
        let (law, own) = self.ageing.get(usize::from(year)).copied().unwrap_or((WHOLE, WHOLE));
        let grown = |amount: Amount, aged: i64| part(part(amount, factor, WHOLE), aged, WHOLE);
        let law = grown(ground.priced.total().municipality(), law);
        let reformed = grown(self.situation.paid(), own);
        let sums = self.situation.whole.sums.total();
        let budget = sums.isf + sums.kmf;
        let given = part(grown(budget, own) - budget, self.given, Share::WHOLE);
        (law + share_of(reformed - law, phased(self.situation.scenario, usize::from(year))), given)
    }
}

/// Payments by year of two compared situations, with growth, ageing and phasing in.
fn years(ground: &Ground, against: &Situation, now: &Situation) -> Result<Vec<Year>, SettleError> {
    let last = |scenario: &Scenario| {
        let grown = scenario.growth.as_ref().map_or(0, |growth| growth.years);
        std::cmp::max(grown, (scenario.phase_in.len() as u16).saturating_sub(1))
    };
    let last = std::cmp::max(last(now.scenario), last(against.scenario));
    if last == 0 {
        return Ok(Vec::new());
    }
    let (then, now) = (Course::of(ground, against, now)?, Course::of(ground, now, against)?);
    let year = |after: u16| {
        let ((pays, given), (against, given_before)) = (now.year(ground, after), then.year(ground, after));
        Year {
            after,
            pays,
            against,
            phased: phased(now.situation.scenario, usize::from(after)),
            given: given - given_before,
        }
    };
    Ok((0..=last).map(year).collect())
}

/// Cost of each year relative to the first, in millionths, if the cost per inhabitant of each age stays the
/// same and the number of inhabitants changes: under the law as it is, and in a situation.
fn ageing(
    ground: &Ground,
    situation: &Situation,
    projection: &[People],
) -> Result<Vec<(i64, i64)>, SettleError> {
    let mut sums = vec![(0_i128, 0_i128); projection.len() + 1];
    let measures = Measures::of(&situation.scenario.measures);
    for (from, to) in bands() {
        let law = priced(ground.cells, ground.law, &Band { from, to, of: &AsIs })?.sums;
        let own = priced(ground.cells, situation.law, &Band { from, to, of: &measures })?.sums;
        for (home, (law, own)) in ground.cells.homes.iter().zip(law.homes.iter().zip(&own.homes)) {
            let base = in_band(ground.people.get(&home.debtor).map(Vec::as_slice), from, to);
            for (year, sum) in sums.iter_mut().enumerate() {
                let people = match year {
                    0 => base,
                    year => in_band(projection[year - 1].get(&home.debtor).map(Vec::as_slice), from, to),
                };
                let (people, base) = if base == 0 { (1, 1) } else { (people, base) };
                sum.0 += i128::from(part(law.municipality(), people, base).ore());
                sum.1 += i128::from(part(own.municipality(), people, base).ore());
            }
        }
    }
    let first = sums.first().copied().unwrap_or((1, 1));
    let of = |sum: i128, first: i128| (sum * i128::from(WHOLE) / std::cmp::max(first, 1)) as i64;
    let same = |sum: i128, first: i128| if first == 0 { WHOLE } else { of(sum, first) };
    Ok(sums.iter().map(|sum| (same(sum.0, first.0), same(sum.1, first.1))).collect())
}

/// What measures take away in the country, in millionths; below zero what they add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    pub contacts: i64,
    /// Payable days under the scenario's rules, those of the contacts included.
    pub days: i64,
}

/// What each measure takes away if it is the only one, and what all of them take away.
fn avoided(cells: &Cells, law: &Law, measures: &[Wanted]) -> (Vec<Taken>, Taken) {
    if measures.is_empty() {
        return (Vec::new(), Taken::default());
    }
    let payable = cells.payable(law);
    let before = payable.left(cells, &AsIs);
    let taken = |measures: &[Wanted]| {
        let measures = Measures::of(measures);
        let contacts = cells.taken_away(&measures, &|_| true).0;
        Taken { contacts, days: before - payable.left(cells, &measures) }
    };
    let alone: Vec<Taken> = measures.iter().map(|one| taken(std::slice::from_ref(one))).collect();
    let together = match &alone[..] {
        [one] => *one,
        _ => taken(measures),
    };
    (alone, together)
}

/// Payments of municipalities for contacts under a law, by charge group.
///
/// # Errors
/// Fails as [`priced`] does.
pub fn by_group(
    cells: &Cells,
    law: &Law,
    behaviour: &dyn Behaviour,
) -> Result<Labelled<ChargeGroup>, SettleError> {
    cells.decided(law, behaviour)?.by(law, |group| charge_group(cells, group))
}

fn charge_group(cells: &Cells, group: &Group) -> ChargeGroup {
    let facts = cells.facts(group);
    ChargeGroup { care_level: facts.care_level, drg_type: facts.drg_type, age: group.age }
}
