//! A share of DRG points times a unit price: co-financing (`KMF`) and activity-based funding (`ISF`).
//!
//! Two questions, always in this order. [`decide`]: is the contact in, and if not, why? [`price`]: what
//! does a contact that is in amount to?

use domain::{
    Amount, CareLevel, DrgType, ExactAmount, Instrument, Points, Rounding, Sector, Service, Share, UnitKind,
};

use crate::file::{AgeLimit, When, drg_range};
use crate::provenance::{Provenance, Version};
use crate::trace::{Step, Trace};

/// A share rule as it holds on a day.
#[derive(Debug, Clone)]
pub struct ShareRule {
    /// Which version this is.
    pub version: Version,
    /// The instrument that its charges belong to.
    pub instrument: Instrument,
    /// Sectors covered.
    pub sectors: Vec<Sector>,
    /// Levels of care covered.
    pub care_levels: Vec<CareLevel>,
    /// Kinds of unit covered.
    pub unit_kinds: Vec<UnitKind>,
    /// Where the three above stand.
    pub covers: Provenance,
    /// Groups that are left out, in the order they are tested.
    pub outside: Vec<OutsideTest>,
    /// Age limit, if any.
    pub age: Option<(AgeLimit, Provenance)>,
    /// Prices per day, visit or fee for contacts without DRG points.
    pub tariffs: Vec<TariffTest>,
    /// The share.
    pub share: (Share, Provenance),
    /// The price of a DRG point.
    pub unit_price: (Amount, Provenance),
    /// Ceiling per hospital stay, if any.
    pub ceiling: Option<(Points, Provenance)>,
    /// Rule that lowers the share of the same points, if any.
    pub lowered_by: Option<(String, Provenance)>,
    /// Who owes and who is owed.
    pub payment: Provenance,
    /// Readings of what the law leaves open.
    pub choices: Vec<(String, String, Provenance)>,
}

/// A group that is left out.
#[derive(Debug, Clone)]
pub struct OutsideTest {
    /// Reason code.
    pub code: String,
    /// Heading in Norwegian.
    pub title: String,
    /// What a contact must be.
    pub when: When,
    /// Where it stands.
    pub provenance: Provenance,
}

/// A price that is not per DRG point.
#[derive(Debug, Clone)]
pub struct TariffTest {
    /// Code.
    pub code: String,
    /// Heading in Norwegian.
    pub title: String,
    /// What a contact must be.
    pub when: When,
    /// Per bed day.
    pub per_day: Amount,
    /// Per visit or day treatment.
    pub per_visit: Amount,
    /// The contact's own fee counts.
    pub of_fee: bool,
    /// Where it stands.
    pub provenance: Provenance,
}

/// What has to be known of a contact to tell whether it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts<'a> {
    /// Sector.
    pub sector: Sector,
    /// Kind of unit.
    pub unit_kind: UnitKind,
    /// Level of care.
    pub care_level: CareLevel,
    /// Kind of service.
    pub service: Service,
    /// Type of DRG.
    pub drg_type: DrgType,
    /// DRG; `None` in figures that do not carry it.
    pub drg: Option<&'a str>,
    /// A listed costly medicine was given.
    pub costly_medicine: bool,
    /// Resident in a Norwegian municipality.
    pub resident: bool,
    /// Age at admission in whole years; `None` in figures that do not carry it.
    pub age: Option<u16>,
}

/// In or out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The contact is charged for.
    In {
        /// What it is priced by.
        pricing: Pricing,
        /// Codes of groups that could not be tested on the facts at hand: the charge is an upper bound.
        untested: Vec<String>,
    },
    /// The contact gives no charge.
    Out {
        /// Reason code.
        reason: String,
    },
}

/// What a contact is priced by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pricing {
    /// DRG points.
    DrgPoints,
    /// A tariff, by its place in [`ShareRule::tariffs`].
    Tariff(usize),
}

/// How much there is of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quantity {
    /// Corrected DRG points.
    pub points: Points,
    /// Bed days.
    pub bed_days: i64,
    /// Contacts (more than one in counted figures).
    pub contacts: i64,
    /// The row is a count of contacts, not a contact: no ceiling per stay can be computed on it.
    pub counted: bool,
    /// The contact's own fee.
    pub fee: Amount,
}

/// A priced contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priced {
    /// Points that were charged for, after any ceiling.
    pub points: Points,
    /// The amount.
    pub amount: Amount,
}

/// The amount does not fit: the record cannot be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the amount does not fit in whole øre: the points or the price cannot be right")]
pub struct TooLarge;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    Unknown,
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Answer::Yes } else { Answer::No }
    }
}

/// Is the contact in, and if not, why?
///
/// The groups that are left out are tested first, in the order of the file, so that the reason given is
/// the one that the law names; then what the rule covers; then the age limit.
pub fn decide(facts: &Facts, rule: &ShareRule, trace: &mut impl Trace) -> Decision {
    let mut untested = Vec::new();
    for test in &rule.outside {
        let answer = matches(&test.when, facts);
        trace.step(|| {
            let found = match answer {
                Answer::Yes => "ja, kontakten er utenfor",
                Answer::No => "nei",
                Answer::Unknown => "kan ikke prøves på disse opplysningene",
            };
            Step::on(format!("Er den unntatt som «{}»? {found}", test.title), &test.provenance)
        });
        match answer {
            Answer::Yes => return Decision::Out { reason: test.code.clone() },
            Answer::Unknown => untested.push(test.code.clone()),
            Answer::No => {}
        }
    }
    let tests = [
        ("sector-not-covered", facts.sector.name(), rule.sectors.contains(&facts.sector)),
        ("care-level-not-covered", facts.care_level.name(), rule.care_levels.contains(&facts.care_level)),
        ("unit-not-covered", facts.unit_kind.name(), rule.unit_kinds.contains(&facts.unit_kind)),
    ];
    for (reason, what, covered) in tests {
        trace.step(|| {
            let found = if covered { "ja" } else { "nei, kontakten er utenfor" };
            Step::on(format!("Omfatter ordningen {what}? {found}"), &rule.covers)
        });
        if !covered {
            return Decision::Out { reason: reason.to_owned() };
        }
    }
    if let Some(out) = outside_age(facts, rule, trace, &mut untested) {
        return out;
    }
    let pricing = pricing(facts, rule, trace);
    Decision::In { pricing, untested }
}

fn outside_age(
    facts: &Facts,
    rule: &ShareRule,
    trace: &mut impl Trace,
    untested: &mut Vec<String>,
) -> Option<Decision> {
    let (limit, provenance) = rule.age.as_ref()?;
    trace.step(|| {
        let age = facts.age.map_or("ikke oppgitt".to_owned(), |age| format!("{age} år"));
        Step::on(format!("Minst {} år ved innleggelsen? Alder: {age}", limit.at_least), provenance)
    });
    match facts.age {
        Some(age) if age < limit.at_least => Some(Decision::Out { reason: "below-age".to_owned() }),
        Some(_) => None,
        None => {
            untested.push("below-age".to_owned());
            None
        }
    }
}

fn pricing(facts: &Facts, rule: &ShareRule, trace: &mut impl Trace) -> Pricing {
    let tariff = rule.tariffs.iter().position(|tariff| matches(&tariff.when, facts) == Answer::Yes);
    match tariff {
        Some(place) => {
            let tariff = &rule.tariffs[place];
            trace.step(|| Step::on(format!("Prises som «{}»", tariff.title), &tariff.provenance));
            Pricing::Tariff(place)
        }
        None => Pricing::DrgPoints,
    }
}

/// Whether a contact meets a condition; `None` where the facts at hand cannot tell.
pub fn meets(when: &When, facts: &Facts) -> Option<bool> {
    match matches(when, facts) {
        Answer::Yes => Some(true),
        Answer::No => Some(false),
        Answer::Unknown => None,
    }
}

fn matches(when: &When, facts: &Facts) -> Answer {
    let unknown_type = facts.drg_type == DrgType::Unknown;
    let listed = |yes: Option<bool>| yes.map_or(Answer::Yes, Answer::from);
    let answers = [
        listed(when.sectors.as_ref().map(|list| list.contains(&facts.sector))),
        listed(when.unit_kinds.as_ref().map(|list| list.contains(&facts.unit_kind))),
        listed(when.care_levels.as_ref().map(|list| list.contains(&facts.care_level))),
        listed(when.services.as_ref().map(|list| list.contains(&facts.service))),
        listed(when.costly_medicine.map(|wanted| wanted == facts.costly_medicine)),
        listed(when.resident.map(|wanted| wanted == facts.resident)),
        match &when.drg_types {
            None => Answer::Yes,
            Some(_) if unknown_type => Answer::Unknown,
            Some(list) => list.contains(&facts.drg_type).into(),
        },
        match (&when.drgs, facts.drg) {
            (None, _) => Answer::Yes,
            (Some(_), None) => Answer::Unknown,
            (Some(list), Some(drg)) => list.iter().any(|range| drg_in(range, drg)).into(),
        },
    ];
    if answers.contains(&Answer::No) {
        Answer::No
    } else if answers.contains(&Answer::Unknown) {
        Answer::Unknown
    } else {
        Answer::Yes
    }
}

/// Whether a DRG code lies in a range of numbers (`370-375` holds 373O), or is the whole code (`915O`).
fn drg_in(range: &str, drg: &str) -> bool {
    match drg_range(range) {
        None => range == drg,
        Some((low, high)) => {
            let digits = drg.bytes().take_while(u8::is_ascii_digit).count();
            drg[..digits].parse().is_ok_and(|number: u16| (low..=high).contains(&number))
        }
    }
}

/// What a contact that is in amounts to.
///
/// `left_of_ceiling` is what earlier contacts of the stay have left of it (`None`: no ceiling, or a
/// figure that it cannot be computed on). `lowered` is what another rule has charged of the same points.
///
/// # Errors
/// If the amount does not fit in an [`Amount`].
pub fn price(
    rule: &ShareRule,
    pricing: Pricing,
    quantity: &Quantity,
    left_of_ceiling: Option<Points>,
    lowered: Option<(Points, Share)>,
    trace: &mut impl Trace,
) -> Result<Priced, TooLarge> {
    let (share, share_place) = &rule.share;
    let (points, whole) = match pricing {
        Pricing::DrgPoints => {
            let points = left_of_ceiling.map_or(quantity.points, |left| quantity.points.at_most(left));
            if let (true, Some((ceiling, place))) = (points != quantity.points, &rule.ceiling) {
                trace.step(|| {
                    let text = format!(
                        "Taket er {ceiling} poeng per sykehusopphold: {} poeng blir {points}",
                        quantity.points
                    );
                    Step::on(text, place)
                });
            }
            let (unit_price, place) = &rule.unit_price;
            trace.step(|| Step::on(format!("Enhetspris: {unit_price} per DRG-poeng"), place));
            (points, unit_price.times(points))
        }
        Pricing::Tariff(place) => (Points::ZERO, by_tariff(&rule.tariffs[place], quantity, trace)),
    };
    trace.step(|| Step::on(format!("Andel: {share}"), share_place));
    let mut exact = whole.share(*share);
    if let (Pricing::DrgPoints, Some((lowered_points, lowered_share))) = (pricing, lowered) {
        exact = exact - rule.unit_price.0.times(lowered_points).share(lowered_share);
        if let Some((_, place)) = &rule.lowered_by {
            trace.step(|| {
                let text = format!(
                    "Kommunen betaler {lowered_share} av {lowered_points} av de samme poengene: det trekkes fra"
                );
                Step::on(text, place)
            });
        }
    }
    let amount = exact.round_to_ore(Rounding::HalfAwayFromZero).ok_or(TooLarge)?;
    trace.step(|| sum_line(rule, pricing, points, lowered, exact, amount));
    Ok(Priced { points, amount })
}

fn by_tariff(tariff: &TariffTest, quantity: &Quantity, trace: &mut impl Trace) -> ExactAmount {
    if tariff.of_fee {
        trace.step(|| Step::on(format!("Honorar for kontakten: {}", quantity.fee), &tariff.provenance));
        return quantity.fee.times_units(1);
    }
    // An overnight contact has bed days; anything else is a visit.
    let (unit, units, price) = match quantity.bed_days {
        0 => ("besøk", quantity.contacts, tariff.per_visit),
        days => ("døgn", days, tariff.per_day),
    };
    trace.step(|| Step::on(format!("{units} {unit} til {price}"), &tariff.provenance));
    price.times_units(units)
}

fn sum_line(
    rule: &ShareRule,
    pricing: Pricing,
    points: Points,
    lowered: Option<(Points, Share)>,
    exact: ExactAmount,
    amount: Amount,
) -> Step {
    let (share, price) = (rule.share.0, rule.unit_price.0);
    let product = match (pricing, lowered) {
        (Pricing::Tariff(_), _) => format!("beløpet × {share}"),
        (Pricing::DrgPoints, Some((less, less_share))) if less != Points::ZERO => {
            format!("{points} × {price} × {share} − {less} × {price} × {less_share}")
        }
        (Pricing::DrgPoints, _) => format!("{points} × {price} × {share}"),
    };
    let rounded = if exact.is_whole_ore() { "" } else { ", avrundet til nærmeste øre" };
    Step::sum(format!("{product} = {amount}{rounded}"))
}
