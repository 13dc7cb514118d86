//! What a scenario comes to: for each municipality, each party, each size of municipality and each year.
//!
//! Every line says what changes from what it is set against. The parties' changes add up to nothing: what one
//! pays less, another gets less of.

use std::collections::BTreeMap;

use domain::{Amount, CareLevel, DrgType, Share};
use rulebook::measure::Of;
use settlement::cells::{Cells, Group, Needs, Place};
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

/// What is to be priced.
pub struct Order<'a> {
    /// The cells.
    pub cells: &'a Cells,
    /// What it is set against.
    pub against: &'a Situation<'a>,
    /// The scenario's law.
    pub law: &'a Law,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// Inhabitants.
    pub people: &'a People,
    /// Inhabitants of later years, by municipality: for each year after the first.
    pub projection: Option<&'a [People]>,
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
    /// Given to the municipality.
    pub grant: Amount,
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

    /// The same less what it is given: above zero it loses.
    pub fn net(&self) -> Amount {
        self.change() - self.grant
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
    /// Growth of hospital budgets that is given to municipalities.
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
#[derive(Debug)]
pub struct Situation<'a> {
    law: &'a Law,
    scenario: &'a Scenario,
    whole: Whole,
    /// What the rules come to when nobody behaves otherwise; `None` where nobody does.
    rules_alone: Option<Priced>,
}

impl<'a> Situation<'a> {
    /// Prices it.
    ///
    /// # Errors
    /// As [`priced`].
    pub fn of(cells: &Cells, law: &'a Law, scenario: &'a Scenario) -> Result<Situation<'a>, SettleError> {
        let measures = Measures::of(&scenario.measures);
        let mut whole = priced(cells, law, &measures)?;
        for (code, count) in measures.untested() {
            *whole.untested.entry(format!("tiltak {code}")).or_default() += count as i64;
        }
        let rules_alone = match scenario.measures.is_empty() {
            true => None,
            false => Some(priced(cells, law, &AsIs)?.sums),
        };
        Ok(Situation { law, scenario, whole, rules_alone })
    }

    fn rules_alone(&self) -> &Priced {
        self.rules_alone.as_ref().unwrap_or(&self.whole.sums)
    }

    /// What is above the most per inhabitant in a municipality.
    fn over(&self, place: usize, people: i64) -> Amount {
        let cap = self.scenario.cap.filter(|_| people > 0).and_then(|cap| Amount::from_kroner(cap * people));
        let pays = self.whole.sums.homes[place].municipality();
        cap.map_or(Amount::ZERO, |cap| std::cmp::max(pays - cap, Amount::ZERO))
    }
}

/// Runs a scenario.
///
/// # Errors
/// If the cells do not carry what is asked, or a value of a law is missing.
pub fn run(order: &Order) -> Result<Consequences, SettleError> {
    let Order { cells, scenario, against, .. } = *order;
    let now = Situation::of(cells, order.law, scenario)?;
    let (before, after) = (&against.whole, &now.whole);
    let (then, unchanged) = (against.rules_alone(), now.rules_alone());
    let mut out = Consequences { untested: after.untested.clone(), ..Consequences::default() };
    for (place, home) in cells.homes.iter().enumerate() {
        let people = order.people.get(&home.debtor).map_or(0, |ages| ages.iter().sum());
        out.municipalities.push(Municipality {
            place: home.clone(),
            people,
            against: before.sums.homes[place],
            scenario: after.sums.homes[place],
            capped: (against.over(place, people), now.over(place, people)),
            grant: Amount::ZERO,
            contacts: (before.contacts[place].0, after.contacts[place].0),
        });
    }
    let pot: Amount = unchanged
        .homes
        .iter()
        .zip(&then.homes)
        .map(|(now, then)| now.municipality() - then.municipality())
        .sum();
    let cuts = match scenario.budget {
        None => BTreeMap::new(),
        Some(key) => {
            give(order, key, pot, (then, unchanged), &mut out)?;
            cuts(cells, then, unchanged)
        }
    };
    out.parties = parties(cells, &before.sums, &after.sums, &out.municipalities, &cuts);
    out.sizes = sizes(&out.municipalities);
    out.years = years(order, &out)?;
    out.avoided = avoided(order)?;
    Ok(out)
}

/// Gives a pot to municipalities by a key, to the øre: what rounding leaves goes to the largest.
fn give(
    order: &Order,
    key: Key,
    pot: Amount,
    (then, unchanged): (&Priced, &Priced),
    out: &mut Consequences,
) -> Result<(), SettleError> {
    let weights: Vec<i128> = match key {
        Key::Population => out.municipalities.iter().map(|one| i128::from(one.people)).collect(),
        Key::OwnHistory => {
            let own = unchanged.homes.iter().zip(&then.homes);
            own.map(|(now, then)| i128::from((now.municipality() - then.municipality()).ore())).collect()
        }
        Key::AgeComposition => {
            let rates = age_rates(order)?;
            let weight = |one: &Municipality| {
                let ages = order.people.get(&one.place.debtor);
                rates.iter().map(|(from, to, rate)| i128::from(in_band(ages, *from, *to)) * rate).sum()
            };
            out.municipalities.iter().map(weight).collect()
        }
    };
    let whole: i128 = weights.iter().sum();
    if whole == 0 {
        return Ok(());
    }
    let mut left = pot;
    for (one, weight) in out.municipalities.iter_mut().zip(&weights) {
        one.grant = Amount::from_ore((i128::from(pot.ore()) * weight / whole) as i64);
        left = left - one.grant;
    }
    let largest = weights.iter().enumerate().max_by_key(|(place, weight)| (**weight, usize::MAX - place));
    if let Some((place, _)) = largest {
        out.municipalities[place].grant += left;
    }
    Ok(())
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
fn age_rates(order: &Order) -> Result<Vec<(u16, u16, i128)>, SettleError> {
    let mut out = Vec::new();
    for (from, to) in bands() {
        let priced = priced(order.cells, order.law, &Band { from, to, of: &AsIs })?.sums;
        let people: i64 = order.people.values().map(|ages| in_band(Some(ages), from, to)).sum();
        let cost = i128::from(priced.total().municipality().ore());
        out.push((from, to, cost * 1000 / i128::from(std::cmp::max(people, 1))));
    }
    Ok(out)
}

/// What each regional authority gains when nothing else changes, which is what its budget is cut by.
fn cuts(cells: &Cells, before: &Priced, unchanged: &Priced) -> BTreeMap<String, Amount> {
    let mut out: BTreeMap<String, Amount> = BTreeMap::new();
    for ((home, then), now) in cells.homes.iter().zip(&before.homes).zip(&unchanged.homes) {
        let gain = (now.kmf + now.isf + now.usk) - (then.kmf + then.isf + then.usk);
        *out.entry(home.region.clone()).or_default() += gain;
    }
    out
}

fn parties(
    cells: &Cells,
    before: &Priced,
    after: &Priced,
    municipalities: &[Municipality],
    cuts: &BTreeMap<String, Amount>,
) -> Vec<Party> {
    let change: Amount = municipalities.iter().map(Municipality::change).sum();
    let grant: Amount = municipalities.iter().map(|one| one.grant).sum();
    let mut out =
        vec![Party { party: "municipalities".to_owned(), lines: vec![("pays", -change), ("grant", grant)] }];
    let mut regions: BTreeMap<&str, (Amount, Amount)> = BTreeMap::new();
    for one in municipalities {
        let sum = regions.entry(one.place.region.as_str()).or_default();
        sum.0 += one.scenario.kmf - one.capped.1 - (one.against.kmf - one.capped.0);
        sum.1 += one.scenario.isf - one.against.isf;
    }
    let isf: Amount = regions.values().map(|sum| sum.1).sum();
    let all_cuts: Amount = cuts.values().copied().sum();
    for (region, (kmf, isf)) in regions {
        let cut = cuts.get(region).copied().unwrap_or_default();
        out.push(Party {
            party: region.to_owned(),
            lines: vec![("co-financing", kmf), ("isf", isf), ("budget", -cut)],
        });
    }
    let mut trusts: BTreeMap<u32, Amount> = BTreeMap::new();
    for ((_, trust), (_, amount)) in &after.days {
        *trusts.entry(*trust).or_default() += *amount;
    }
    for ((_, trust), (_, amount)) in &before.days {
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

/// Year by year: growth, ageing and phasing in.
fn years(order: &Order, out: &Consequences) -> Result<Vec<Year>, SettleError> {
    let scenario = order.scenario;
    let after = std::cmp::max(
        scenario.growth.as_ref().map_or(0, |growth| growth.years),
        (scenario.phase_in.len() as u16).saturating_sub(1),
    );
    if after == 0 {
        return Ok(Vec::new());
    }
    let pays: Amount = out.municipalities.iter().map(Municipality::pays).sum();
    let against: Amount = out.municipalities.iter().map(Municipality::paid).sum();
    let isf: Amount = out.municipalities.iter().map(|one| one.scenario.isf + one.scenario.kmf).sum();
    let percent = |text: &str| rulebook::measure::percent(text).map_or(0, Share::basis_points);
    let rate = scenario.growth.as_ref().map_or(0, |growth| percent(&growth.percent));
    let given = scenario.growth.as_ref().and_then(|growth| growth.to_municipalities.as_deref());
    let given = given.map_or(0, percent);
    let ageing = match order.projection {
        None => Vec::new(),
        Some(projection) => ageing(order, projection)?,
    };
    let mut factor = WHOLE;
    let mut rows = Vec::new();
    for year in 0..=after {
        if year > 0 {
            factor = (factor * (Share::WHOLE + rate) + Share::WHOLE / 2) / Share::WHOLE;
        }
        let aged = ageing.get(usize::from(year)).copied().unwrap_or((WHOLE, WHOLE));
        let grown = |amount: Amount, aged: i64| part(part(amount, factor, WHOLE), aged, WHOLE);
        let phased = match scenario.phase_in.get(usize::from(year)).or(scenario.phase_in.last()) {
            Some(share) => *share,
            None => Share::from_basis_points(Share::WHOLE).unwrap_or(Share::NONE),
        };
        let (now, then) = (grown(pays, aged.0), grown(against, aged.1));
        rows.push(Year {
            after: year,
            pays: then + share_of(now - then, phased),
            against: then,
            phased,
            given: part(grown(isf, aged.0) - isf, given, Share::WHOLE),
        });
    }
    Ok(rows)
}

/// How the costs of each year relate to the first when each age costs as now and there are more or fewer of it:
/// millionths, of the scenario and of what it is set against.
fn ageing(order: &Order, projection: &[People]) -> Result<Vec<(i64, i64)>, SettleError> {
    let mut sums = vec![(0_i128, 0_i128); projection.len() + 1];
    let against = order.against;
    let measures = Measures::of(&order.scenario.measures);
    let measures_before = Measures::of(&against.scenario.measures);
    for (from, to) in bands() {
        let now = priced(order.cells, order.law, &Band { from, to, of: &measures })?.sums;
        let then = priced(order.cells, against.law, &Band { from, to, of: &measures_before })?.sums;
        for (home, (now, then)) in order.cells.homes.iter().zip(now.homes.iter().zip(&then.homes)) {
            let base = in_band(order.people.get(&home.debtor), from, to);
            for (year, sum) in sums.iter_mut().enumerate() {
                let people = match year {
                    0 => base,
                    year => in_band(projection[year - 1].get(&home.debtor), from, to),
                };
                let (people, base) = if base == 0 { (1, 1) } else { (people, base) };
                sum.0 += i128::from(part(now.municipality(), people, base).ore());
                sum.1 += i128::from(part(then.municipality(), people, base).ore());
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
fn avoided(order: &Order) -> Result<Vec<i64>, SettleError> {
    let mut out = Vec::new();
    for wanted in &order.scenario.measures {
        let alone = Measures::of(std::slice::from_ref(wanted));
        let gone = match wanted.measure.target.of {
            Of::Contacts => order.cells.taken_away(&alone, &|_| true).0,
            Of::Days => {
                let days = |behaviour: &dyn Behaviour| -> Result<i64, SettleError> {
                    Ok(priced(order.cells, order.law, behaviour)?.sums.total().days_millionths)
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
