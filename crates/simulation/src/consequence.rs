//! What a scenario comes to: for each municipality, each party, each size of municipality and each year.
//!
//! Every line says what changes from what it is set against. The parties' changes add up to nothing: what one
//! pays less, another gets less of.

use std::collections::BTreeMap;

use domain::{Amount, CareLevel, DrgType, Share};
use rulebook::measure::Of;
use settlement::cells::{Cells, Group, Place};
use settlement::needs::Needs;
use settlement::price::{AsIs, Behaviour, Labelled, Priced, Sums, WHOLE};
use settlement::{Law, SettleError};

use crate::behaviour::Measures;
use crate::scenario::{Key, Scenario, part, share_of};

/// Ages at which bands of an age composition begin.
pub const AGES: [u16; 6] = [18, 50, 67, 75, 80, 90];

/// Sizes of municipality that the ministry's slides show, with the bounds that ours are grouped by.
pub const SIZES: [(&str, i64, i64); 3] =
    [("100 000", 100_000, 50_000), ("20 000", 20_000, 10_000), ("5 000", 5_000, 0)];

/// Inhabitants by municipality and single year of age, 0 to 100.
pub type People = BTreeMap<String, Vec<i64>>;

/// What every scenario is measured from: who lives where, and what the law as it is comes to.
pub struct Ground<'a> {
    cells: &'a Cells,
    people: &'a People,
    /// Inhabitants of later years, by municipality: for each year after the first.
    projection: Option<&'a [People]>,
    law: &'a Law,
    priced: Priced,
}

impl<'a> Ground<'a> {
    /// Prices the law as it is.
    ///
    /// # Errors
    /// As [`priced`].
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

/// What cells must tell for a scenario.
pub fn needs(order_laws: &[&Law], scenario: &Scenario, period: domain::Period, ageing: bool) -> Needs {
    let mut needs =
        Needs::of(order_laws.iter().copied(), period).and(&Measures::of(&scenario.measures).needs());
    if ageing || scenario.budget == Some(Key::AgeComposition) {
        needs = needs.and(&Needs { ages: AGES.to_vec(), ..Needs::default() });
    }
    needs
}

/// A municipality's consequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Municipality {
    /// Which, and its region.
    pub place: Place,
    /// Inhabitants; 0 where they are not known.
    pub people: i64,
    /// What it is set against.
    pub against: Sums,
    /// The scenario.
    pub scenario: Sums,
    /// Above the most per inhabitant, and not charged: before and in the scenario.
    pub capped: (Amount, Amount),
    /// Given to the municipality, of what the regional authorities get more of than under the law: before and in
    /// the scenario.
    pub grants: (Amount, Amount),
    /// Contacts that it pays for, in millionths: before and after.
    pub contacts: (i64, i64),
}

impl Municipality {
    /// What it paid before.
    pub fn paid(&self) -> Amount {
        self.against.municipality() - self.capped.0
    }

    /// What it pays in the scenario.
    pub fn pays(&self) -> Amount {
        self.scenario.municipality() - self.capped.1
    }

    /// What it pays more than before.
    pub fn change(&self) -> Amount {
        self.pays() - self.paid()
    }

    /// What it is given more than before.
    pub fn grant(&self) -> Amount {
        self.grants.1 - self.grants.0
    }

    /// What it pays more, less what it is given more: above zero it loses.
    pub fn net(&self) -> Amount {
        self.change() - self.grant()
    }

    /// Øre per inhabitant of an amount.
    pub fn per_inhabitant(&self, amount: Amount) -> Option<Amount> {
        (self.people > 0).then(|| part(amount, 1, self.people))
    }
}

/// A party's change: above zero it gains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// `municipalities`, a regional authority's or a trust's number, `trusts`, `state`.
    pub party: String,
    /// By what.
    pub lines: Vec<(&'static str, Amount)>,
}

impl Party {
    /// All of it.
    pub fn sum(&self) -> Amount {
        self.lines.iter().map(|(_, amount)| *amount).sum()
    }
}

/// A size of municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// Nominal inhabitants, as the slides have it.
    pub name: &'static str,
    /// The same as a number.
    pub nominal: i64,
    /// Smallest that is grouped here.
    pub from: i64,
    /// Municipalities.
    pub count: usize,
    /// Change of the nominal municipality: the group's mean per inhabitant times its inhabitants.
    pub change: Amount,
    /// Øre per inhabitant that one in ten is below, half are below, and one in ten is above.
    pub range: [Amount; 3],
}

/// A year of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Year {
    /// Years after the first.
    pub after: u16,
    /// What municipalities pay together.
    pub pays: Amount,
    /// What they would have paid before.
    pub against: Amount,
    /// Share of the scheme that is phased in.
    pub phased: Share,
    /// Growth of hospital budgets that is given to municipalities, more than before.
    pub given: Amount,
}

/// A charge group of a municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChargeGroup {
    /// Level of care.
    pub care_level: CareLevel,
    /// Type of DRG.
    pub drg_type: DrgType,
    /// Lowest age of the band; `None` where it is not divided, or not known.
    pub age: Option<u16>,
}

/// What a scenario comes to.
#[derive(Debug, Clone, Default)]
pub struct Consequences {
    /// By municipality, in order; those that nobody answers for last.
    pub municipalities: Vec<Municipality>,
    /// By party.
    pub parties: Vec<Party>,
    /// By size.
    pub sizes: Vec<Size>,
    /// By year, where there is growth or phasing in.
    pub years: Vec<Year>,
    /// What a measure takes away, by its place: contacts or days in millionths.
    pub avoided: Vec<i64>,
    /// What could not be tested on these data: code and contacts.
    pub untested: BTreeMap<String, i64>,
}

/// What a law comes to under a behaviour.
#[derive(Debug, Clone, Default)]
pub struct Whole {
    /// Kroner.
    pub sums: Priced,
    /// Contacts that are in for each municipality, in millionths: co-financing and ISF.
    pub contacts: Vec<(i64, i64)>,
    /// What could not be tested, with contacts.
    pub untested: BTreeMap<String, i64>,
}

/// Prices a law on cells under a behaviour.
///
/// # Errors
/// If the cells do not carry what is asked, or a value of the law is missing.
pub fn priced(cells: &Cells, law: &Law, behaviour: &dyn Behaviour) -> Result<Whole, SettleError> {
    let decided = cells.decided(law, behaviour)?;
    let mut priced = decided.price(&[law], &cells.payable(law), behaviour)?;
    let sums = priced.pop().unwrap_or_default();
    Ok(Whole { sums, contacts: decided.contacts, untested: decided.untested })
}

/// A law and how people behave under it, priced.
pub struct Situation<'a> {
    law: &'a Law,
    scenario: &'a Scenario,
    whole: Whole,
    /// Above the most per inhabitant, by municipality.
    over: Vec<Amount>,
    /// Given to each municipality.
    grants: Vec<Amount>,
    /// What each regional authority's budget is cut by.
    cuts: BTreeMap<String, Amount>,
}

impl<'a> Situation<'a> {
    /// Prices it.
    ///
    /// # Errors
    /// As [`priced`].
    pub fn of(ground: &Ground, law: &'a Law, scenario: &'a Scenario) -> Result<Situation<'a>, SettleError> {
        let measures = Measures::of(&scenario.measures);
        let mut whole = priced(ground.cells, law, &measures)?;
        for (code, count) in measures.untested() {
            *whole.untested.entry(format!("tiltak {code}")).or_default() += count as i64;
        }
        Situation::given(ground, law, scenario, whole)
    }

    /// The same where what the law comes to under the scenario's behaviour is known ([`crate::many`]).
    ///
    /// # Errors
    /// As [`priced`].
    pub fn given(
        ground: &Ground,
        law: &'a Law,
        scenario: &'a Scenario,
        whole: Whole,
    ) -> Result<Situation<'a>, SettleError> {
        let over = over(ground, scenario, &whole.sums);
        let (mut grants, mut cuts) = (vec![Amount::ZERO; over.len()], BTreeMap::new());
        if let Some(key) = scenario.budget {
            // Budgets are set for people who behave as they do: what measures save is not taken from anybody.
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

    /// What municipalities pay together.
    fn paid(&self) -> Amount {
        self.whole.sums.total().municipality() - self.over.iter().copied().sum()
    }
}

/// What is above the most per inhabitant, by municipality.
fn over(ground: &Ground, scenario: &Scenario, sums: &Priced) -> Vec<Amount> {
    let over = |(place, sums): (usize, &Sums)| {
        let people = ground.people(place);
        let cap = scenario.cap.filter(|_| people > 0).and_then(|cap| Amount::from_kroner(cap * people));
        cap.map_or(Amount::ZERO, |cap| std::cmp::max(sums.municipality() - cap, Amount::ZERO))
    };
    sums.homes.iter().enumerate().map(over).collect()
}

/// What the regional authorities and trusts get more of than under the law, by municipality: from it, and in ISF.
fn gains(ground: &Ground, sums: &Priced, over: &[Amount]) -> Vec<(Amount, Amount)> {
    let homes = sums.homes.iter().zip(over).zip(&ground.priced.homes);
    homes
        .map(|((now, over), law)| (now.municipality() - *over - law.municipality(), now.isf - law.isf))
        .collect()
}

/// Runs a scenario against another.
///
/// # Errors
/// If the cells do not carry what is asked, or a value of a law is missing.
pub fn run(ground: &Ground, against: &Situation, now: &Situation) -> Result<Consequences, SettleError> {
    let (before, after) = (&against.whole, &now.whole);
    let mut out = Consequences { untested: after.untested.clone(), ..Consequences::default() };
    for (code, contacts) in &before.untested {
        let known = out.untested.entry(code.clone()).or_default();
        *known = std::cmp::max(*known, *contacts);
    }
    for (place, home) in ground.cells.homes.iter().enumerate() {
        out.municipalities.push(Municipality {
            place: home.clone(),
            people: ground.people(place),
            against: before.sums.homes[place],
            scenario: after.sums.homes[place],
            capped: (against.over[place], now.over[place]),
            grants: (against.grants[place], now.grants[place]),
            contacts: (before.contacts[place].0, after.contacts[place].0),
        });
    }
    out.parties = parties(ground.cells, against, now, &out.municipalities);
    out.sizes = sizes(&out.municipalities);
    out.years = years(ground, against, now)?;
    out.avoided = avoided(ground.cells, now.law, now.scenario)?;
    Ok(out)
}

/// Gives what is gained to municipalities by a key, to the øre: what rounding leaves goes to the largest.
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
                let ages = ground.people.get(&home.debtor);
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

/// Bands of age: first, and first that is too old.
fn bands() -> Vec<(u16, u16)> {
    let starts = std::iter::once(0).chain(AGES);
    starts.zip(AGES.into_iter().chain([u16::MAX])).collect()
}

fn in_band(ages: Option<&Vec<i64>>, from: u16, to: u16) -> i64 {
    ages.map_or(0, |ages| {
        let inside = ages.iter().enumerate().filter(|(age, _)| (from..to).contains(&(*age as u16)));
        inside.map(|(_, people)| people).sum()
    })
}

/// Only the contacts and days of one band of age.
struct Band<'b> {
    from: u16,
    to: u16,
    of: &'b dyn Behaviour,
}

impl Behaviour for Band<'_> {
    fn of_group(&self, cells: &Cells, group: &Group) -> i64 {
        match group.age {
            Some(age) if (self.from..self.to).contains(&age) => self.of.of_group(cells, group),
            _ => 0,
        }
    }

    fn of_days(&self, age: Option<u16>) -> i64 {
        match age {
            Some(age) if (self.from..self.to).contains(&age) => self.of.of_days(Some(age)),
            _ => 0,
        }
    }
}

/// What an inhabitant of each band costs in the country, in thousandths of an øre.
fn age_rates(ground: &Ground, law: &Law) -> Result<Vec<(u16, u16, i128)>, SettleError> {
    let mut out = Vec::new();
    for (from, to) in bands() {
        let priced = priced(ground.cells, law, &Band { from, to, of: &AsIs })?.sums;
        let people: i64 = ground.people.values().map(|ages| in_band(Some(ages), from, to)).sum();
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
    let mut above = i64::MAX;
    let mut out = Vec::new();
    for (name, nominal, from) in SIZES {
        let group: Vec<&Municipality> = municipalities
            .iter()
            .filter(|one| one.people > 0 && one.people >= from && one.people < above)
            .collect();
        above = from;
        let people: i64 = group.iter().map(|one| one.people).sum();
        let change: Amount = group.iter().map(|one| one.change()).sum();
        let mut each: Vec<Amount> = group.iter().filter_map(|one| one.per_inhabitant(one.change())).collect();
        each.sort_unstable();
        let at = |tenths: usize| {
            each.get((each.len().saturating_sub(1)) * tenths / 10).copied().unwrap_or_default()
        };
        let mean = part(change, nominal, people);
        out.push(Size { name, nominal, from, count: group.len(), change: mean, range: [1, 5, 9].map(at) });
    }
    out
}

/// A share in basis points of a percentage that the scenario's reader has read before.
fn basis_points(text: &str) -> i64 {
    rulebook::measure::percent(text).map_or(0, Share::basis_points)
}

/// How a situation's payments move: its own growth, or where it has none that of what it is set beside.
struct Course<'s> {
    situation: &'s Situation<'s>,
    rate: i64,
    given: i64,
    /// How the cost of each year relates to the first when people age: of the law, and of the situation.
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
        let rate = growth.map_or(0, |growth| basis_points(&growth.percent));
        Ok(Course { situation, rate, given: given.map_or(0, basis_points), ageing })
    }

    fn phased(&self, year: u16) -> Share {
        let phases = &self.situation.scenario.phase_in;
        let whole = Share::from_basis_points(Share::WHOLE).unwrap_or(Share::NONE);
        phases.get(usize::from(year)).or(phases.last()).copied().unwrap_or(whole)
    }

    /// What municipalities pay in a year, and the growth that is given to them.
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
        (law + share_of(reformed - law, self.phased(year)), given)
    }
}

/// Year by year: growth, ageing and phasing in, of the scenario and of what it is set against.
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
        Year { after, pays, against, phased: now.phased(after), given: given - given_before }
    };
    Ok((0..=last).map(year).collect())
}

/// How the costs of each year relate to the first when each age costs as now and there are more or fewer of it:
/// millionths, of the law as it is and of a situation.
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
            let base = in_band(ground.people.get(&home.debtor), from, to);
            for (year, sum) in sums.iter_mut().enumerate() {
                let people = match year {
                    0 => base,
                    year => in_band(projection[year - 1].get(&home.debtor), from, to),
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

/// What each measure takes away by itself, in millionths of contacts in the country, or of payable days under
/// the scenario's rules.
fn avoided(cells: &Cells, law: &Law, scenario: &Scenario) -> Result<Vec<i64>, SettleError> {
    let mut out = Vec::new();
    for wanted in &scenario.measures {
        let alone = Measures::of(std::slice::from_ref(wanted));
        let gone = match wanted.measure.target.of {
            Of::Contacts => cells.taken_away(&alone, &|_| true).0,
            Of::Days => {
                let days = |behaviour: &dyn Behaviour| -> Result<i64, SettleError> {
                    Ok(priced(cells, law, behaviour)?.sums.total().days_millionths)
                };
                days(&AsIs)? - days(&alone)?
            }
        };
        out.push(gone);
    }
    Ok(out)
}

/// What municipalities pay for contacts under a law, by charge group.
///
/// # Errors
/// As [`priced`].
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
