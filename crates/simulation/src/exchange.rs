//! Who invests and who saves (`hvem investerer, hvem sparer`): the cash flow of an agreement by party and
//! year, and the transfers with which neither the municipalities nor the hospital side loses.
//!
//! A hospital saves less than the cost of the activity that goes away, since beds, wards and staff remain. A
//! part of the cost is saved at once (marginal cost), and some of the rest after some years; the income is
//! lost at once. Each flow has a fixed part and a part that follows the effect, so that a range of effects is
//! computed without random draws.

use std::collections::BTreeMap;

use domain::{Amount, Share};
use words::{Message, Said, message};

use crate::scenario::{part, share_of};

/// Parties of a cash flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The municipalities of the agreement.
    Municipality,
    /// The hospital side: trust and regional authority, who share income and cost.
    Hospital,
    /// The state: ISF, and the reimbursement of general practitioners (HELFO).
    State,
    Gp,
    Patient,
    /// Welfare: gains that have a value in kroner, but change no budget.
    Welfare,
}

impl Side {
    /// Every party, in the order of declaration.
    pub const ALL: [Side; 6] =
        [Side::Municipality, Side::Hospital, Side::State, Side::Gp, Side::Patient, Side::Welfare];

    /// The party that a word in a file stands for; `None` if the word is unknown.
    pub fn from_word(word: &str) -> Option<Side> {
        Some(match word {
            "municipality" => Side::Municipality,
            "trust" | "regional-authority" => Side::Hospital,
            "state" => Side::State,
            "gp" => Side::Gp,
            "patient" => Side::Patient,
            _ => return None,
        })
    }
}

impl Said for Side {
    fn said(&self) -> Message {
        match self {
            Side::Municipality => message!("exchange.side.municipality"),
            Side::Hospital => message!("exchange.side.hospital"),
            Side::State => message!("exchange.side.state"),
            Side::Gp => message!("exchange.side.gp"),
            Side::Patient => message!("exchange.side.patient"),
            Side::Welfare => message!("exchange.side.welfare"),
        }
    }
}

/// What goes away in a full year at the likely effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Avoided {
    /// Contacts in millionths.
    pub contacts: i64,
    /// DRG points of the contacts, in thousandths of a point.
    pub points_milli: i64,
    /// Co-financing (`kommunal medfinansiering`) that the municipalities no longer pay.
    pub kmf: Amount,
    /// ISF (`innsatsstyrt finansiering`) that the state no longer pays; zero if it is unknown.
    pub isf: Amount,
    /// Day rates for discharge-ready patients that the municipalities no longer pay.
    pub usk: Amount,
    /// Payable days, in millionths.
    pub days: i64,
}

/// A cost of the agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// Party that bears the cost.
    pub side: Side,
    /// Purpose, as the cash flow shows it.
    pub what: String,
    /// Amount per year; or the whole amount, if the cost is paid once.
    pub amount: Amount,
    /// Whether the cost is paid once, in its first year.
    pub once: bool,
    /// Whether the cost follows the effect, as a cost per contact avoided does. `amount` is then the yearly
    /// cost at the likely effect, and `once` is not used.
    pub follows: bool,
    /// First year of the cost, from 1. Not used if the cost follows the effect.
    pub from_year: u16,
}

/// The hospital's own cost of activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HospitalCost {
    /// Full cost of a DRG point.
    pub per_point: Amount,
    /// Full cost of a bed day of a patient who waits for the municipality.
    pub per_day: Amount,
    /// Share of the full cost that goes away at once: low, likely, high.
    pub marginal: [Share; 3],
    /// Share of the remaining cost that can be released later.
    pub released: Share,
    /// Years until the remaining cost is released.
    pub after_years: u16,
}

/// Visits to general practitioners in place of the contacts that go away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Visits {
    /// Visits per contact that goes away.
    pub per_contact: u32,
    /// What the state pays per visit.
    pub state: Amount,
    /// What the patient pays per visit.
    pub patient: Amount,
}

/// An agreement between municipalities and a hospital, in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// What goes away at the likely effect.
    pub avoided: Avoided,
    /// Effect as a share of the target group: low, likely, high. `avoided` is computed for the likely effect.
    pub effect: [Share; 3],
    /// Months from the beginning of the agreement until the effect is felt.
    pub delay_months: u16,
    pub costs: Vec<Cost>,
    pub hospital: HospitalCost,
    pub visits: Visits,
    /// Welfare gain per contact that goes away; `None` if welfare is not counted.
    pub welfare: Option<Amount>,
    /// Number of years that the cash flow covers.
    pub years: u16,
    /// Rate at which each later year is discounted.
    pub discount: Share,
}

/// A line of the cash flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub side: Side,
    /// What the line is for: words of ours, or the purpose of a cost as the agreement states it.
    pub what: Message,
    /// For each year: the fixed part, and the part that follows the effect. Above zero is money in.
    pub years: Vec<(Amount, Amount)>,
}

/// Assumptions that can be varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assumed {
    /// Effect as a share of the target group.
    pub effect: Share,
    /// Share of the hospital's full cost that goes away at once.
    pub marginal: Share,
    /// Costs of the agreement relative to what is stated, in basis points: 10 000 is as stated.
    pub costs: i64,
    /// Years until the remaining cost is released.
    pub after_years: u16,
}

/// An assumption of an agreement, which can be varied to see how much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assumption {
    Effect,
    /// Share of the hospital's full cost that goes away at once.
    Marginal,
    /// Costs of the agreement.
    Costs,
    /// Years until the hospital's remaining cost is released.
    AfterYears,
}

impl Said for Assumption {
    fn said(&self) -> Message {
        match self {
            Assumption::Effect => message!("exchange.assumption.effect"),
            Assumption::Marginal => message!("exchange.assumption.marginal_cost"),
            Assumption::Costs => message!("exchange.assumption.costs"),
            Assumption::AfterYears => message!("exchange.assumption.years_until_released"),
        }
    }
}

/// An assumption, its low and its high end, and the present value of a party at each.
pub type Swing = (Assumption, [Assumed; 2], [Amount; 2]);

/// Range of yearly transfers, from the hospital side to the municipalities, with which neither loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfers {
    /// Least transfer with which the municipalities do not lose; below zero, it is the most that they can give.
    pub least: Amount,
    /// Greatest transfer with which the hospital side does not lose; below zero, it is the least that the
    /// hospital side needs.
    pub most: Amount,
}

impl Transfers {
    /// Whether there is any transfer with which neither loses.
    pub fn exist(&self) -> bool {
        self.least <= self.most
    }
}

impl Agreement {
    /// The likely assumptions.
    pub fn likely(&self) -> Assumed {
        let (effect, marginal) = (self.effect[1], self.hospital.marginal[1]);
        Assumed { effect, marginal, costs: Share::WHOLE, after_years: self.hospital.after_years }
    }

    /// The cash flow under the given assumptions, line by line. Above zero is money in, below zero money out.
    pub fn flow(&self, assumed: &Assumed) -> Vec<Line> {
        let mut out: Vec<Line> = Vec::new();
        let years = usize::from(self.years);
        let felt = |year: usize| -> i64 {
            let months = (12 * (year as i64 + 1) - i64::from(self.delay_months)).clamp(0, 12);
            // Months with effect in the year, times the assumed effect. Divided by `whole`, the product is the part of
            // a full year at the likely effect.
            months * assumed.effect.basis_points()
        };
        let whole = 12 * std::cmp::max(self.effect[1].basis_points(), 1);
        let mut follows = |side, what: Message, each: &dyn Fn(usize) -> Amount| {
            let years: Vec<(Amount, Amount)> =
                (0..years).map(|year| (Amount::ZERO, part(each(year), felt(year), whole))).collect();
            if years.iter().any(|(_, amount)| *amount != Amount::ZERO) {
                out.push(Line { side, what, years });
            }
        };
        let Avoided { kmf, isf, usk, .. } = self.avoided;
        follows(Side::Municipality, message!("exchange.line.saved_co_financing"), &|_| kmf);
        follows(Side::Municipality, message!("exchange.line.saved_discharge_ready"), &|_| usk);
        follows(Side::Hospital, message!("exchange.line.lost_co_financing"), &|_| -kmf);
        follows(Side::Hospital, message!("exchange.line.lost_isf"), &|_| -isf);
        follows(Side::Hospital, message!("exchange.line.lost_discharge_ready"), &|_| -usk);
        follows(Side::State, message!("exchange.line.saved_isf"), &|_| isf);
        let full = self.full_cost();
        let at_once = share_of(full, assumed.marginal);
        follows(Side::Hospital, message!("exchange.line.cost_saved_at_once"), &|_| at_once);
        let rest = full - at_once;
        let after = usize::from(assumed.after_years);
        follows(Side::Hospital, message!("exchange.line.fixed_cost_released"), &|year| match year >= after {
            true => share_of(rest, self.hospital.released),
            false => Amount::ZERO,
        });
        let visits = self.avoided.contacts * i64::from(self.visits.per_contact);
        let of_visits = |each: Amount| part(each, visits, 1_000_000);
        let (state, patient) = (of_visits(self.visits.state), of_visits(self.visits.patient));
        follows(Side::State, message!("exchange.line.visits_instead"), &|_| -state);
        follows(Side::Patient, message!("exchange.line.patient_charges"), &|_| -patient);
        follows(Side::Gp, message!("exchange.line.fees_for_visits"), &|_| state + patient);
        if let Some(each) = self.welfare {
            let all = part(each, self.avoided.contacts, 1_000_000);
            follows(Side::Welfare, message!("exchange.line.welfare_loss_avoided"), &|_| all);
        }
        for cost in &self.costs {
            out.push(self.cost_line(cost, assumed, &felt, whole));
        }
        out
    }

    fn cost_line(&self, cost: &Cost, assumed: &Assumed, felt: &dyn Fn(usize) -> i64, whole: i64) -> Line {
        let amount = part(-cost.amount, assumed.costs, Share::WHOLE);
        let first = usize::from(cost.from_year.max(1)) - 1;
        let years = (0..usize::from(self.years)).map(|year| match (cost.once, cost.follows) {
            (_, true) => (Amount::ZERO, part(amount, felt(year), whole)),
            (true, false) if year == first => (amount, Amount::ZERO),
            (false, false) if year >= first => (amount, Amount::ZERO),
            _ => (Amount::ZERO, Amount::ZERO),
        });
        Line { side: cost.side, what: Message::plain(&cost.what), years: years.collect() }
    }

    /// Full cost of what goes away in a year at the likely effect.
    pub fn full_cost(&self) -> Amount {
        part(self.hospital.per_point, self.avoided.points_milli, 1000)
            + part(self.hospital.per_day, self.avoided.days, 1_000_000)
    }

    /// Cash flow of each party, by year.
    pub fn by_side(&self, assumed: &Assumed) -> BTreeMap<Side, Vec<Amount>> {
        let mut out: BTreeMap<Side, Vec<Amount>> = BTreeMap::new();
        for line in self.flow(assumed) {
            let sums = out.entry(line.side).or_insert_with(|| vec![Amount::ZERO; usize::from(self.years)]);
            for (sum, (fixed, follows)) in sums.iter_mut().zip(&line.years) {
                *sum += *fixed + *follows;
            }
        }
        out
    }

    /// Present value of one krone in each year, in millionths. A krone in the first year is worth one krone.
    fn worth(&self) -> Vec<i64> {
        let mut now = 1_000_000_i64;
        let mut out = Vec::new();
        for _ in 0..self.years {
            out.push(now);
            now = now * Share::WHOLE / (Share::WHOLE + self.discount.basis_points());
        }
        out
    }

    /// Present value of a cash flow, given by year.
    pub fn present(&self, flow: &[Amount]) -> Amount {
        flow.iter().zip(self.worth()).map(|(amount, worth)| part(*amount, worth, 1_000_000)).sum()
    }

    /// Present value of each party's cash flow.
    pub fn gains(&self, assumed: &Assumed) -> BTreeMap<Side, Amount> {
        self.by_side(assumed).into_iter().map(|(side, flow)| (side, self.present(&flow))).collect()
    }

    /// Range of yearly transfers with which neither the municipalities nor the hospital side lose over the
    /// years covered.
    pub fn transfers(&self, assumed: &Assumed) -> Transfers {
        let gains = self.gains(assumed);
        let of = |side| gains.get(&side).copied().unwrap_or(Amount::ZERO);
        let years: i64 = self.worth().iter().sum();
        let a_year = |amount: Amount| part(amount, 1_000_000, years);
        Transfers { least: -a_year(of(Side::Municipality)), most: a_year(of(Side::Hospital)) }
    }

    /// First year, from 1, in which a party's accumulated cash flow is zero or more after being below zero. `None` if
    /// the flow never was below zero, or does not come back to zero within the years covered.
    pub fn break_even(&self, side: Side, assumed: &Assumed) -> Option<u16> {
        let flow = self.by_side(assumed).remove(&side)?;
        let mut sum = Amount::ZERO;
        let mut was_out = false;
        for (year, amount) in flow.iter().enumerate() {
            sum += *amount;
            was_out |= sum < Amount::ZERO;
            if was_out && sum >= Amount::ZERO {
                return Some(year as u16 + 1);
            }
        }
        None
    }

    /// Present value of a party at both ends of each assumption, with the other assumptions at their likely values.
    /// Assumptions come in descending order of the distance between their two present values.
    pub fn swings(&self, side: Side) -> Vec<Swing> {
        let likely = self.likely();
        let [low, _, high] = self.effect;
        let [less, _, more] = self.hospital.marginal;
        let years = self.hospital.after_years;
        let with = [
            (Assumption::Effect, [Assumed { effect: low, ..likely }, Assumed { effect: high, ..likely }]),
            (
                Assumption::Marginal,
                [Assumed { marginal: less, ..likely }, Assumed { marginal: more, ..likely }],
            ),
            (Assumption::Costs, [Assumed { costs: 8000, ..likely }, Assumed { costs: 12_000, ..likely }]),
            (
                Assumption::AfterYears,
                [
                    Assumed { after_years: years.saturating_sub(1), ..likely },
                    Assumed { after_years: years + 2, ..likely },
                ],
            ),
        ];
        let gain = |assumed: &Assumed| self.gains(assumed).get(&side).copied().unwrap_or(Amount::ZERO);
        let mut out: Vec<Swing> =
            with.into_iter().map(|(what, ends)| (what, ends, ends.map(|one| gain(&one)))).collect();
        out.sort_by_key(|(_, _, [one, other])| std::cmp::Reverse((one.ore() - other.ore()).abs()));
        out
    }

    /// Probability that a party does not lose, with a yearly transfer added to its cash flow. The effect and the
    /// hospital's marginal cost are each triangular over their range, and independent. The gain is linear in the effect
    /// for each marginal cost; the integral over the effect is therefore exact, and the integral over the marginal cost
    /// is a sum over 400 equally likely values.
    pub fn probability(&self, side: Side, transfer: Amount) -> f64 {
        let years: i64 = self.worth().iter().sum();
        let added = part(transfer, years, 1_000_000).ore() as f64;
        let gain = |effect: Share, marginal: Share| {
            let assumed = Assumed { effect, marginal, ..self.likely() };
            self.gains(&assumed).get(&side).copied().unwrap_or(Amount::ZERO).ore() as f64 + added
        };
        let ends = |shares: [Share; 3]| shares.map(|share| share.basis_points() as f64);
        let (effect, marginal) = (ends(self.effect), ends(self.hospital.marginal));
        // The gain is linear in the marginal cost too, so its values at the four corners determine it.
        let corner = |e: usize, m: usize| gain(self.effect[e], self.hospital.marginal[m]);
        let (ll, lh, hl, hh) = (corner(0, 0), corner(0, 2), corner(2, 0), corner(2, 2));
        let at = |low: f64, high: f64, of: [f64; 3], value: f64| {
            let span = of[2] - of[0];
            if span <= 0.0 { low } else { low + (high - low) * (value - of[0]) / span }
        };
        let mut sum = 0.0;
        for step in 0..400 {
            let m = triangular_quantile(marginal, (f64::from(step) + 0.5) / 400.0);
            let (low, high) = (at(ll, lh, marginal, m), at(hl, hh, marginal, m));
            sum += above_zero(low, high, effect);
        }
        sum / 400.0
    }
}

/// The value that a triangular distribution stays below with the probability `p`.
fn triangular_quantile([low, mode, high]: [f64; 3], p: f64) -> f64 {
    let span = high - low;
    if span <= 0.0 {
        return mode;
    }
    let split = (mode - low) / span;
    if p < split {
        low + (p * span * (mode - low)).sqrt()
    } else {
        high - ((1.0 - p) * span * (high - mode)).sqrt()
    }
}

/// Probability that a straight line is zero or more under a triangular distribution. The line goes from `at_low` to
/// `at_high` over the range of the distribution.
fn above_zero(at_low: f64, at_high: f64, [low, mode, high]: [f64; 3]) -> f64 {
    let span = high - low;
    if span <= 0.0 || at_low == at_high {
        return f64::from(u8::from(at_low >= 0.0));
    }
    let zero = low - at_low * span / (at_high - at_low);
    let below = if zero <= low {
        0.0
    } else if zero >= high {
        1.0
    } else if zero <= mode {
        (zero - low).powi(2) / (span * (mode - low).max(f64::MIN_POSITIVE))
    } else {
        1.0 - (high - zero).powi(2) / (span * (high - mode).max(f64::MIN_POSITIVE))
    };
    if at_high > at_low { 1.0 - below } else { below }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kroner(kroner: i64) -> Amount {
        Amount::from_ore(kroner * 100)
    }

    fn share(percent: i64) -> Share {
        Share::from_basis_points(percent * 100).unwrap()
    }

    /// 100 contacts of one point at 40 000 kr, with 20 % of the price as co-financing and 20 % as ISF; full
    /// cost 60 000 kr a point.
    fn agreement() -> Agreement {
        Agreement {
            avoided: Avoided {
                contacts: 100_000_000,
                points_milli: 100_000,
                kmf: kroner(800_000),
                isf: kroner(800_000),
                usk: Amount::ZERO,
                days: 0,
            },
            effect: [share(5), share(10), share(15)],
            delay_months: 0,
            costs: vec![
                Cost {
                    side: Side::Municipality,
                    what: "investering".into(),
                    amount: kroner(1_000_000),
                    once: true,
                    follows: false,
                    from_year: 1,
                },
                Cost {
                    side: Side::Municipality,
                    what: "drift".into(),
                    amount: kroner(300_000),
                    once: false,
                    follows: false,
                    from_year: 1,
                },
            ],
            hospital: HospitalCost {
                per_point: kroner(60_000),
                per_day: Amount::ZERO,
                marginal: [share(20), share(40), share(60)],
                released: share(50),
                after_years: 2,
            },
            visits: Visits::default(),
            welfare: None,
            years: 4,
            discount: Share::NONE,
        }
    }

    #[test]
    fn a_small_case_by_hand() {
        let agreement = agreement();
        let flow = agreement.by_side(&agreement.likely());
        let shown = |side| flow[&side].iter().map(|amount| amount.ore() / 100_000).collect::<Vec<i64>>();
        // 800 − 300 thousand kroner each year, less the investment of 1 000 in the first year.
        assert_eq!(shown(Side::Municipality), [-500, 500, 500, 500]);
        // Income falls by 1 600; 40 % of 6 000 is saved at once, and half of the rest from the third year.
        assert_eq!(shown(Side::Hospital), [800, 800, 2600, 2600]);
        assert_eq!(shown(Side::State), [800; 4]);
        assert_eq!(agreement.break_even(Side::Municipality, &agreement.likely()), Some(2));
        let transfers = agreement.transfers(&agreement.likely());
        assert!(
            transfers.exist() && transfers.least == kroner(-250_000) && transfers.most == kroner(1_700_000)
        );
    }

    #[test]
    fn no_range_is_an_answer_too() {
        let mut agreement = agreement();
        agreement.hospital.marginal = [share(10); 3];
        agreement.hospital.released = Share::NONE;
        agreement.costs[1].amount = kroner(700_000);
        let transfers = agreement.transfers(&agreement.likely());
        assert!(!transfers.exist(), "{transfers:?}");
        assert_eq!(agreement.probability(Side::Hospital, Amount::ZERO), 0.0);
    }

    #[test]
    fn money_is_kept_between_the_parties() {
        // Without costs and hospital savings, one party saves what another loses.
        let mut agreement = agreement();
        agreement.costs.clear();
        agreement.hospital.per_point = Amount::ZERO;
        agreement.visits = Visits { per_contact: 1, state: kroner(300), patient: kroner(150) };
        let sum: Amount = agreement.gains(&agreement.likely()).values().copied().sum();
        assert_eq!(sum, Amount::ZERO);
    }

    #[test]
    fn probability_is_that_of_the_triangle() {
        let mut agreement = agreement();
        // At an effect of e %, the municipality saves 80 e thousand kroner a year. It pays 2 200 over four years, and
        // breaks even if 4 × 80 e = 2 200: at e = 6,875.
        agreement.discount = Share::NONE;
        let zero: f64 = 6.875;
        let exact = 1.0 - (zero - 5.0).powi(2) / (10.0 * 5.0);
        let found = agreement.probability(Side::Municipality, Amount::ZERO);
        assert!((found - exact).abs() < 1e-6, "{found} {exact}");
        assert!(agreement.probability(Side::Municipality, kroner(500_000)) > found);
        assert_eq!(agreement.swings(Side::Municipality)[0].0, Assumption::Effect);
        agreement.delay_months = 18;
        assert_eq!(agreement.gains(&agreement.likely())[&Side::Municipality], kroner(-200_000));
    }
}
