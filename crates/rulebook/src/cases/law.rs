//! A runner of a rule's cases, with or without variants: each case goes through the functions that compute charges.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Amount, CareLevel, Day, DrgType, EventKind, Instrument, Points, Sector, Service, UnitKind};

use super::page::Case;
use crate::book::{BookError, DatedBy, LawBook, Segment, Standing};
use crate::calculation::day_rate::{self, DayRateRule, Event};
use crate::calculation::share_of_drg_price::{
    Decision, Facts, Pricing, Quantity, SHARES, ShareRule, place_of,
};
use crate::file::{CalculationKind, Liable};
use crate::law::{Law, Prices};
use crate::provenance::Provenance;
use crate::trace::NoTrace;

/// The result of a case.
#[derive(Default)]
struct CaseResult {
    kroner: Amount,
    reason: String,
    payer: String,
    /// `debtor to creditor`, as in the rule file.
    payment: String,
    stopped: Option<String>,
}

/// A rule, with everything that its cases are run against.
pub(crate) struct RulePage<'b> {
    book: &'b LawBook,
    rule: &'b str,
    /// Laws by the readings that a row chooses; the empty key stands for the law itself.
    laws: BTreeMap<Vec<(String, String)>, Law>,
    /// `file:line` of every dated row that the result of some case rests on.
    pub(crate) hits: BTreeSet<String>,
    /// Pairs of choice and reading that some case ran under.
    pub(crate) readings: BTreeSet<(String, String)>,
}

impl<'b> RulePage<'b> {
    pub(crate) fn of(book: &'b LawBook, rule: &'b str) -> RulePage<'b> {
        RulePage { book, rule, laws: BTreeMap::new(), hits: BTreeSet::new(), readings: BTreeSet::new() }
    }

    /// Runs one row and compares the result with the table.
    ///
    /// # Errors
    /// Fails with the first difference from the table, or with the cell that is missing or cannot be read.
    pub(crate) fn check(&mut self, case: &Case) -> Result<(), String> {
        let file = self.book.rule(self.rule).ok_or_else(|| format!("there is no rule '{}'", self.rule))?;
        let (calculation, instrument) = (file.calculation, file.instrument);
        let law = self.law(case)?;
        let outcome = match calculation {
            CalculationKind::ShareOfDrgPrice => self.share(&law, instrument, case)?,
            CalculationKind::DayRate => self.day_rate(&law, case)?,
        };
        if let Some(wanted) = case.text("stops with") {
            return match &outcome.stopped {
                Some(stopped) if stopped.contains(wanted) => Ok(()),
                Some(stopped) => Err(format!("stops with '{stopped}', not with '{wanted}'")),
                None => Err(format!("gives {} and does not stop", outcome.kroner)),
            };
        }
        if let Some(stopped) = outcome.stopped {
            return Err(format!("stops: {stopped}"));
        }
        let kroner = case.kroner("kroner")?.ok_or("neither kroner nor 'stops with' is given")?;
        if kroner != outcome.kroner {
            return Err(format!("gives {}, not {kroner}", outcome.kroner));
        }
        let (debtor, creditor) = outcome.payment.split_once(" to ").unwrap_or_default();
        for (head, got) in [
            ("reason", outcome.reason.as_str()),
            ("payer", &outcome.payer),
            ("debtor", debtor),
            ("creditor", creditor),
        ] {
            if let Some(wanted) = case.text(head).filter(|wanted| *wanted != got) {
                return Err(format!("{head} is '{got}', not '{wanted}'"));
            }
        }
        Ok(())
    }

    /// The law under the readings that a row chooses.
    fn law(&mut self, case: &Case) -> Result<Law, String> {
        let readings = case.readings();
        let key: Vec<(String, String)> =
            readings.iter().map(|(key, reading)| ((*key).to_owned(), (*reading).to_owned())).collect();
        if let Some(law) = self.laws.get(&key) {
            return Ok(law.clone());
        }
        let text = |error: BookError| error.to_string();
        let law = match readings.is_empty() {
            true => Law::of(self.book).map_err(text)?,
            false => Law::of(&self.book.clone().with_readings(self.rule, &readings).map_err(text)?)
                .map_err(text)?,
        };
        self.laws.insert(key, law.clone());
        Ok(law)
    }

    fn hit(&mut self, provenance: &Provenance) {
        self.hits.insert(provenance.place());
    }

    fn hit_choice(&mut self, choices: &[(String, String, Provenance)], wanted: &[&str]) {
        for (key, value, place) in choices.iter().filter(|(key, _, _)| wanted.contains(&key.as_str())) {
            self.readings.insert((key.clone(), value.clone()));
            self.hit(place);
        }
    }

    fn share(&mut self, law: &Law, instrument: Instrument, case: &Case) -> Result<CaseResult, String> {
        let facts = facts(case)?;
        let discharged = case.day("discharged")?.ok_or("discharged is not given")?;
        let admitted = case.day("admitted")?.unwrap_or(discharged);
        let dated = |by: DatedBy| match by {
            DatedBy::Discharge => discharged,
            DatedBy::Admission => admitted,
        };
        let place = place_of(instrument).ok_or("a day rate is no share")?;
        let side = &law.shares[place];
        let segment = Segment::on(&side.segments, dated(side.dated_by)).ok_or("no segment")?;
        for row in segment.used.iter().filter(|used| used.key == "in_force") {
            self.hit(row);
        }
        let rule = match &segment.standing {
            Standing::InForce(rule) => rule,
            Standing::NotInForce => {
                return Ok(CaseResult { reason: "not-in-force".into(), ..CaseResult::default() });
            }
            Standing::Missing(gap) => {
                return Ok(CaseResult { stopped: Some(gap.to_string()), ..CaseResult::default() });
            }
        };
        let segments = law.segments(|by| Some(dated(by)));
        let decisions = law.decide(segments, &facts, &mut [NoTrace; SHARES.len()]);
        let pricing = match &decisions[place] {
            None => return Err("the rule is in force and decides nothing".to_owned()),
            Some(Decision::Out { reason }) => {
                self.hit_exclusion(rule, reason);
                return Ok(CaseResult { reason: reason.clone(), ..CaseResult::default() });
            }
            Some(Decision::In { pricing, .. }) => *pricing,
        };
        let quantity = quantity(case, &facts, rule, pricing)?;
        let used = case.points("used of ceiling")?.unwrap_or(Points::ZERO);
        let prices = law
            .price(segments, &decisions, &quantity, used, &mut [NoTrace; SHARES.len()])
            .map_err(|error| error.to_string())?;
        self.hit_price(rule, pricing, &quantity, &prices, case);
        let kroner = prices[place].map_or(Amount::ZERO, |priced| priced.amount);
        Ok(CaseResult { kroner, payment: rule.payment.value.clone(), ..CaseResult::default() })
    }

    /// Records the row that leaves a contact out: the row of the group with the reason code, or else the row of
    /// what the rule covers. For `below-age`, the age limit is recorded too.
    fn hit_exclusion(&mut self, rule: &ShareRule, reason: &str) {
        match rule.outside.iter().find(|test| test.code == reason) {
            Some(test) => self.hit(&test.provenance),
            None => self.hit(&rule.covers),
        }
        if let Some((_, place)) = rule.age.as_ref().filter(|_| reason == "below-age") {
            self.hit(place);
        }
    }

    /// Records the rows that a price rests on.
    fn hit_price(
        &mut self,
        rule: &ShareRule,
        pricing: Pricing,
        quantity: &Quantity,
        prices: &Prices,
        case: &Case,
    ) {
        self.hit(&rule.covers);
        self.hit(&rule.share.1);
        match pricing {
            Pricing::DrgPoints => self.hit(&rule.unit_price.1),
            Pricing::Tariff(place) => self.hit(&rule.tariffs[place].provenance),
        }
        let priced = |instrument| prices[place_of(instrument)?];
        if let (Some((_, place)), Some(priced)) = (&rule.ceiling, priced(rule.instrument))
            && pricing == Pricing::DrgPoints
            && priced.points != quantity.points
        {
            self.hit(place);
        }
        if let Some((_, place)) = rule.lowered_by.as_ref().filter(|(by, _)| priced(*by).is_some()) {
            self.hit(place);
            self.hit_choice(&rule.choices, &["rounded"]);
        }
        if case.text("debtor").is_some() && case.text("creditor").is_some() {
            self.hit(&rule.payment);
        }
        if case.text("used of ceiling").is_some() {
            self.hit_choice(&rule.choices, &["ceiling_filled"]);
        }
        self.choose_date(case, rule);
    }

    /// Records the choice `dated_by`, which matters only if admission and discharge are on different days.
    fn choose_date(&mut self, case: &Case, rule: &ShareRule) {
        if case.text("admitted").is_some() && case.text("admitted") != case.text("discharged") {
            self.hit_choice(&rule.choices, &["dated_by"]);
        }
    }

    fn day_rate(&mut self, law: &Law, case: &Case) -> Result<CaseResult, String> {
        let facts = facts(case)?;
        let events = events(case)?;
        let departed_at = case.minute("departed")?.ok_or("departed is not given")?;
        let first = events.iter().filter(|event| event.kind == EventKind::Ready).map(|event| event.at).min();
        let admitted_at = case.minute("admitted")?.or(first).unwrap_or(departed_at);
        let stay = day_rate::Case {
            sector: facts.sector,
            unit_kind: facts.unit_kind,
            care_level: facts.care_level,
            admitted_at,
            departed_at,
            events: &events,
            // A page tests the law, not what two parties have agreed.
            trust: "",
            registered_in: "",
            stays_in: "",
        };
        let charges = match law.days(&stay, &mut Vec::new(), &mut NoTrace) {
            Ok(charges) => charges,
            Err(reason) => {
                if let Some(rule) = law.usk_on(departed_at.day()) {
                    self.hit(&rule.covers);
                    self.hit_notice(rule, reason);
                }
                return Ok(CaseResult { reason: reason.into(), ..CaseResult::default() });
            }
        };
        let mut day = admitted_at.day();
        while day <= departed_at.day() {
            self.hit_day(law, day, case);
            day = day.next();
        }
        let mut payers: Vec<&str> = charges
            .iter()
            .map(|charge| match charge.liable {
                Liable::MunicipalityOfRegistration => "municipality-of-registration",
                Liable::MunicipalityOfStay => "municipality-of-stay",
            })
            .collect();
        payers.dedup();
        if let Some(day) = charges.iter().find_map(|charge| charge.without_rate) {
            return Ok(CaseResult {
                stopped: Some(format!("no rate in force on {day}")),
                ..CaseResult::default()
            });
        }
        let kroner = charges.iter().map(|charge| charge.amount).sum();
        let payment =
            law.usk_on(charges[0].first).map_or_else(String::new, |rule| rule.payment.value.clone());
        Ok(CaseResult { kroner, payer: payers.join(", "), payment, ..CaseResult::default() })
    }

    fn hit_notice(&mut self, rule: &DayRateRule, reason: &str) {
        if reason.starts_with("admission-notice") || reason == "no-admission-notice" {
            self.hit_choice(&rule.choices, &["admission_notice"]);
        }
    }

    /// Records the rows of the day-rate rule that hold on a day of a stay with payable days.
    fn hit_day(&mut self, law: &Law, day: Day, case: &Case) {
        let Some(segment) = Segment::on(&law.usk, day) else { return };
        for row in segment.used.iter().filter(|used| used.key == "in_force") {
            self.hit(row);
        }
        let Some(rule) = segment.standing.in_force() else { return };
        self.hit(&rule.covers);
        if let Some((_, place)) = &rule.rate {
            self.hit(place);
        }
        if case.text("debtor").is_some() && case.text("creditor").is_some() {
            self.hit(&rule.payment);
        }
        let keys = ["first", "last", "departure_day", "admission_notice", "early_answer", "grace_hours"];
        self.hit_choice(&rule.choices, &keys);
    }
}

/// Quantities in a row that gives a charge. Fails if the row lacks the quantity that the price needs.
fn quantity(case: &Case, facts: &Facts, rule: &ShareRule, pricing: Pricing) -> Result<Quantity, String> {
    let points = case.points("points")?;
    let bed_days = case.whole("bed days")?;
    let fee = case.kroner("fee")?;
    let contacts = case.whole("contacts")?;
    match pricing {
        Pricing::DrgPoints => {
            points.ok_or("points is not given")?;
        }
        Pricing::Tariff(place) if rule.tariffs[place].of_fee => {
            fee.ok_or("fee is not given")?;
        }
        // A visit has no bed days.
        Pricing::Tariff(_) if facts.care_level == CareLevel::Overnight => {
            bed_days.ok_or("bed days is not given")?;
        }
        Pricing::Tariff(_) => {}
    }
    Ok(Quantity {
        points: points.unwrap_or(Points::ZERO),
        bed_days: bed_days.unwrap_or(0),
        contacts: contacts.unwrap_or(1),
        counted: contacts.is_some(),
        fee: fee.unwrap_or(Amount::ZERO),
    })
}

/// Facts in a row. Empty cells stand for a somatic, overnight contact of a resident at a public hospital.
pub(super) fn facts(case: &Case) -> Result<Facts<'_>, String> {
    let word = |error: domain::UnknownCode| error.to_string();
    let text = |column, default| case.text(column).unwrap_or(default);
    let age = case.whole("age")?;
    let years = |age: i64| u16::try_from(age).map_err(|_| format!("age is {age}, not a number of years"));
    Ok(Facts {
        sector: Sector::from_word(text("sector", "somatic")).map_err(word)?,
        unit_kind: UnitKind::from_word(text("unit", "public-hospital")).map_err(word)?,
        care_level: CareLevel::from_word(text("care level", "overnight")).map_err(word)?,
        service: Service::from_word(text("service", "ordinary")).map_err(word)?,
        drg_type: DrgType::from_word(text("drg type", "unknown")).map_err(word)?,
        drg: case.text("drg").filter(|drg| *drg != "none"),
        costly_medicine: case.yes("medicine", false)?,
        resident: case.yes("resident", true)?,
        age: age.map(years).transpose()?,
    })
}

fn events(case: &Case) -> Result<Vec<Event>, String> {
    let mut events = Vec::new();
    for (column, kind) in [
        ("admission notice", EventKind::AdmissionNotice),
        ("ready", EventKind::Ready),
        ("notified", EventKind::ReadinessNotice),
        ("refused", EventKind::CannotReceive),
        ("place ready", EventKind::CanReceive),
        ("withdrawn", EventKind::Withdrawn),
        ("ready again", EventKind::Ready),
        ("notified again", EventKind::ReadinessNotice),
    ] {
        events.extend(case.minute(column)?.map(|at| Event { at, kind }));
    }
    Ok(events)
}
