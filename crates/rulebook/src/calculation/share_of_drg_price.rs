//! A share of DRG points times a unit price: co-financing (`KMF`) and activity-based funding (`ISF`).
//!
//! Two steps, always in this order: [`decide`] says whether a contact gives a charge, and gives the reason if not;
//! [`price`] gives the amount of a charge.

use domain::{
    Amount, CareLevel, DrgType, ExactAmount, Instrument, Points, Rounding, Sector, Service, Share, UnitKind,
};
use words::{Message, Said, message};

use crate::file::{AgeLimit, When, drg_range};
use crate::provenance::{Provenance, Version};
use crate::trace::{Step, Trace};

/// The instruments that pay a share of a price per DRG point, in the order in which they are priced.
pub const SHARES: Shares<Instrument> = [Instrument::CoFinancing, Instrument::Isf];

/// One value for each instrument of [`SHARES`], in the same order.
pub type Shares<T> = [T; 2];

/// Index of an instrument in [`SHARES`]; `None` if the instrument pays no share of a price.
pub fn place_of(instrument: Instrument) -> Option<usize> {
    SHARES.iter().position(|one| *one == instrument)
}

/// A share rule as it holds on a day.
#[derive(Debug, Clone)]
pub struct ShareRule {
    pub version: Version,
    pub instrument: Instrument,
    pub sectors: Vec<Sector>,
    pub care_levels: Vec<CareLevel>,
    pub unit_kinds: Vec<UnitKind>,
    /// Provenance of the sectors, levels of care and kinds of unit.
    pub covers: Provenance,
    /// Groups of contacts that the rule leaves out, in the order in which they are tested.
    pub outside: Vec<OutsideTest>,
    pub age: Option<(AgeLimit, Provenance)>,
    /// Tariffs for contacts that are not priced by DRG points. The first tariff that matches counts.
    pub tariffs: Vec<TariffTest>,
    pub share: (Share, Provenance),
    /// Price of one DRG point.
    pub unit_price: (Amount, Provenance),
    /// DRG points per hospital stay; `None` if there is no ceiling.
    pub ceiling: Option<(Points, Provenance)>,
    /// Instrument whose charge for the same points is subtracted; `None` if no charge is subtracted.
    pub lowered_by: Option<(Instrument, Provenance)>,
    /// Reading of how the difference is rounded if a charge is subtracted.
    pub rounded: (RoundedWhen, Provenance),
    /// Provenance of who owes and who is owed.
    pub payment: Provenance,
    /// Every choice that the law leaves open: key, reading and provenance.
    pub choices: Vec<(String, String, Provenance)>,
}

/// Readings of how a charge is rounded if another charge is subtracted from it (choice `rounded`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundedWhen {
    /// Once, after the subtraction.
    Difference,
    /// Each of the two amounts, before the subtraction, so that both charges add up to the whole share.
    EachAmount,
}

impl RoundedWhen {
    /// The reading that a word of a rule file stands for; `None` if there is none.
    pub fn from_word(word: &str) -> Option<RoundedWhen> {
        match word {
            "difference" => Some(RoundedWhen::Difference),
            "each-amount" => Some(RoundedWhen::EachAmount),
            _ => None,
        }
    }
}

/// A group of contacts that the rule leaves out.
#[derive(Debug, Clone)]
pub struct OutsideTest {
    /// Reason code, for instance `not-resident`.
    pub code: String,
    /// Norwegian heading.
    pub title: String,
    /// Condition that puts a contact in the group.
    pub when: When,
    pub provenance: Provenance,
}

/// A tariff: a price per day or visit, or the fee itself, instead of DRG points.
#[derive(Debug, Clone)]
pub struct TariffTest {
    pub code: String,
    /// Norwegian heading.
    pub title: String,
    /// Condition under which the tariff applies to a contact.
    pub when: When,
    /// Price of a bed day.
    pub per_day: Amount,
    /// Price of a visit or a day treatment.
    pub per_visit: Amount,
    /// Whether the contact's own fee is the price; the two prices above are then not used.
    pub of_fee: bool,
    pub provenance: Provenance,
}

/// The facts of a contact that decide whether it gives a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts<'a> {
    pub sector: Sector,
    pub unit_kind: UnitKind,
    pub care_level: CareLevel,
    pub service: Service,
    pub drg_type: DrgType,
    /// DRG code; `None` if it is not known, as in counted figures without DRG codes.
    pub drg: Option<&'a str>,
    /// Whether a listed costly medicine was given.
    pub costly_medicine: bool,
    /// Whether the person is resident in a Norwegian municipality.
    pub resident: bool,
    /// Age at admission in whole years; `None` if it is not known, as in counted figures without ages.
    pub age: Option<u16>,
}

/// Whether a contact gives a charge, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The contact gives a charge.
    In {
        pricing: Pricing,
        /// Codes of the reasons for no charge that the facts at hand cannot test. With any code here, the charge is an
        /// upper bound.
        untested: Vec<String>,
    },
    /// The contact gives no charge.
    Out {
        /// Reason code, for instance `sector-not-covered`.
        reason: String,
    },
}

/// Basis of a contact's price: DRG points or a tariff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pricing {
    DrgPoints,
    /// A tariff, by its index in [`ShareRule::tariffs`].
    Tariff(usize),
}

/// The quantities of a contact, or of a row that counts several contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quantity {
    /// Corrected DRG points.
    pub points: Points,
    pub bed_days: i64,
    /// Number of contacts: 1, unless the row is a count.
    pub contacts: i64,
    /// Whether the row is a count of contacts. No ceiling per stay can be computed on a count.
    pub counted: bool,
    /// Fee paid for the contact.
    pub fee: Amount,
}

/// The price of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priced {
    /// DRG points charged for, after any ceiling; zero under a tariff.
    pub points: Points,
    /// Amount in whole øre.
    pub amount: Amount,
}

/// Error: the amount is too large for an [`Amount`], so the record must be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

words::english_error!(TooLarge);

impl Said for TooLarge {
    fn said(&self) -> Message {
        message!("error.too_large")
    }
}

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

/// Decides whether a contact gives a charge, and if not, why.
///
/// The groups that the rule leaves out are tested first, in the order of the file, so that the reason is the
/// one that the law names. The sectors, levels of care and kinds of unit that the rule covers come second, and
/// the age limit third.
pub fn decide(facts: &Facts, rule: &ShareRule, trace: &mut impl Trace) -> Decision {
    let mut untested = Vec::new();
    for test in &rule.outside {
        let answer = matches(&test.when, facts);
        trace.step(|| {
            let title = &test.title;
            let text = match answer {
                Answer::Yes => message!("trace.excepted", title),
                Answer::No => message!("trace.not_excepted", title),
                Answer::Unknown => message!("trace.exception_untested", title),
            };
            Step::on(text, &test.provenance)
        });
        match answer {
            Answer::Yes => return Decision::Out { reason: test.code.clone() },
            Answer::Unknown => untested.push(test.code.clone()),
            Answer::No => {}
        }
    }
    let tests = [
        ("sector-not-covered", facts.sector.said(), rule.sectors.contains(&facts.sector)),
        ("care-level-not-covered", facts.care_level.said(), rule.care_levels.contains(&facts.care_level)),
        ("unit-not-covered", facts.unit_kind.said(), rule.unit_kinds.contains(&facts.unit_kind)),
    ];
    for (reason, what, covered) in tests {
        trace.step(|| {
            let text = match covered {
                true => message!("trace.covered", what),
                false => message!("trace.contact_not_covered", what),
            };
            Step::on(text, &rule.covers)
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
        let least = limit.at_least;
        let text = match facts.age {
            Some(age) => message!("trace.age", least, age),
            None => message!("trace.age_unknown", least),
        };
        Step::on(text, provenance)
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
            trace.step(|| Step::on(message!("trace.tariff", title = tariff.title), &tariff.provenance));
            Pricing::Tariff(place)
        }
        None => Pricing::DrgPoints,
    }
}

/// Whether a contact meets a condition; `None` if the facts at hand do not tell.
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

/// Whether a DRG code lies in a range of numbers (373O lies in `370-375`), or equals a whole code (`915O`).
fn drg_in(range: &str, drg: &str) -> bool {
    match drg_range(range) {
        None => range == drg,
        Some((low, high)) => {
            let digits = drg.bytes().take_while(u8::is_ascii_digit).count();
            drg[..digits].parse().is_ok_and(|number: u16| (low..=high).contains(&number))
        }
    }
}

/// The price of a contact that gives a charge, in whole øre: rounded once, or as [`RoundedWhen`] says if another charge
/// is subtracted.
///
/// `left_of_ceiling` is the part of the stay's ceiling that earlier contacts have left; `None` if there is no
/// ceiling, or if that part cannot be computed. `lowered` holds the points and the share of another rule; if the
/// contact is priced by DRG points, the product of these points, this share and the unit price of `rule` is
/// subtracted.
///
/// # Errors
/// Fails if the amount is too large for an [`Amount`].
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
                    let text = message!("trace.ceiling", ceiling, points = quantity.points, left = points);
                    Step::on(text, place)
                });
            }
            let (unit_price, place) = &rule.unit_price;
            trace.step(|| Step::on(message!("trace.unit_price", price = unit_price), place));
            (points, unit_price.times(points))
        }
        Pricing::Tariff(place) => (Points::ZERO, by_tariff(&rule.tariffs[place], quantity, trace)),
    };
    trace.step(|| Step::on(message!("trace.share", share), share_place));
    let mut exact = whole.share(*share);
    if let (Pricing::DrgPoints, Some((lowered_points, lowered_share))) = (pricing, lowered) {
        let less = rule.unit_price.0.times(lowered_points).share(lowered_share);
        exact = match rule.rounded.0 {
            RoundedWhen::Difference => exact - less,
            RoundedWhen::EachAmount => {
                let rounded =
                    |exact: ExactAmount| exact.round_to_ore(Rounding::HalfAwayFromZero).ok_or(TooLarge);
                let (whole, part) = (rounded(exact)?, rounded(less)?);
                trace.step(|| Step::on(message!("trace.each_rounded", whole, part), &rule.rounded.1));
                (whole - part).times_units(1)
            }
        };
        if let Some((_, place)) = &rule.lowered_by {
            trace.step(|| {
                let text = message!("trace.lowered", share = lowered_share, points = lowered_points);
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
        trace.step(|| Step::on(message!("trace.fee", fee = quantity.fee), &tariff.provenance));
        return quantity.fee.times_units(1);
    }
    // An overnight contact has bed days; any other contact is a visit.
    let (units, price) = match quantity.bed_days {
        0 => (quantity.contacts, tariff.per_visit),
        days => (days, tariff.per_day),
    };
    trace.step(|| {
        let text = match quantity.bed_days {
            0 => message!("trace.visits", units, price),
            _ => message!("trace.bed_days", units, price),
        };
        Step::on(text, &tariff.provenance)
    });
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
        (Pricing::Tariff(_), _) => message!("trace.the_amount", share),
        (Pricing::DrgPoints, Some((less, less_share))) if less != Points::ZERO => {
            Message::plain(format!("{points} × {price} × {share} − {less} × {price} × {less_share}"))
        }
        (Pricing::DrgPoints, _) => Message::plain(format!("{points} × {price} × {share}")),
    };
    Step::sum(match exact.is_whole_ore() {
        true => message!("trace.product", product, amount),
        false => message!("trace.product_rounded", product, amount),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_type_or_code_decides_nothing_and_another_fact_does() {
        let medical = Facts {
            sector: Sector::Somatic,
            unit_kind: UnitKind::PublicHospital,
            care_level: CareLevel::Overnight,
            service: Service::Ordinary,
            drg_type: DrgType::Medical,
            drg: Some("89"),
            costly_medicine: false,
            resident: true,
            age: None,
        };
        let unknown = Facts { drg_type: DrgType::Unknown, drg: None, ..medical };
        let typed = When { drg_types: Some(vec![DrgType::Medical]), ..When::default() };
        assert_eq!((meets(&typed, &medical), meets(&typed, &unknown)), (Some(true), None));
        let coded = When { drgs: Some(vec!["88-90".to_owned()]), ..When::default() };
        assert_eq!((meets(&coded, &medical), meets(&coded, &unknown)), (Some(true), None));
        let both = When { resident: Some(false), ..typed };
        assert_eq!(meets(&both, &unknown), Some(false));
    }
}
