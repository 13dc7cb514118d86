//! A price for each day that a patient who is ready for discharge stays in hospital (`USK`).
//!
//! Each day is looked up in the rule version that holds on that day. A stay over New Year therefore uses two
//! rates, and a stay over 2018/19 has two payers.

use domain::{Amount, CareLevel, Day, EventKind, Minute, Sector, UnitKind};
use words::{Message, Said, message};

use crate::agreement::Agreements;
use crate::file::Liable;
use crate::provenance::{Provenance, Version};
use crate::trace::{Step, Trace};

/// The day-rate rule as it holds on a day.
#[derive(Debug, Clone)]
pub struct DayRateRule {
    pub version: Version,
    pub sectors: Vec<Sector>,
    pub care_levels: Vec<CareLevel>,
    /// Sectors in which the municipality is notified and pays nothing.
    pub notified_sectors: Vec<Sector>,
    pub unit_kinds: Vec<UnitKind>,
    /// The municipality that pays, by its relation to the patient.
    pub liable: Liable,
    /// Provenance of the sectors, the care levels, the kinds of unit and the liable municipality.
    pub covers: Provenance,
    /// Price of a day; `None` if no row holds on the day.
    pub rate: Option<(Amount, Provenance)>,
    /// Reading of which day is the first payable one.
    pub first: (FirstDay, Provenance),
    /// Reading of whether the day of departure is paid for.
    pub departure_day: (DepartureDay, Provenance),
    /// Reading of which admission notice is required.
    pub admission_notice: (AdmissionNotice, Provenance),
    /// Reading of whether the municipality's answer counts if it came before the notice of readiness.
    pub early_answer: (EarlyAnswer, Provenance),
    /// Hours from the notice of readiness during which no day is paid for, unless an agreement sets other
    /// hours.
    pub grace_hours: (i64, Provenance),
    /// Provenance of who owes and who is owed.
    pub payment: Provenance,
    /// Every choice that the law leaves open: key, reading and provenance.
    pub choices: Vec<(String, String, Provenance)>,
}

/// Readings of which day is the first payable one (choice `first`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstDay {
    /// The later of ready and notified. The municipality's answer does not move the start.
    LaterOfReadyAndNotified,
    /// The later of ready, notified and refused. Without a refusal: the later of ready and notified.
    WhenAllConditionsHold,
}

/// Readings of an answer that the municipality gave between the patient's readiness and the notice of it (choice
/// `early_answer`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlyAnswer {
    Counts,
    /// An answer must be an answer to the notice, so an answer given before the notice does not count.
    CountsForNothing,
}

/// Readings of which admission notice is required (choice `admission_notice`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdmissionNotice {
    /// A notice given before the patient left.
    Given,
    /// A notice given within 24 hours of admission.
    GivenWithin24Hours,
}

/// Readings of whether the day of departure is paid for (choice `departure_day`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DepartureDay {
    /// The day of departure is not paid for: days are counted from date to date.
    NotCharged,
    /// The day of departure is paid for, unless a place was ready by then.
    Charged,
}

impl FirstDay {
    /// The reading that a word of a rule file stands for; `None` if the word is unknown.
    pub fn from_word(word: &str) -> Option<FirstDay> {
        match word {
            "later-of-ready-and-notified" => Some(FirstDay::LaterOfReadyAndNotified),
            "when-all-conditions-hold" => Some(FirstDay::WhenAllConditionsHold),
            _ => None,
        }
    }
}

impl DepartureDay {
    /// The reading that a word of a rule file stands for; `None` if the word is unknown.
    pub fn from_word(word: &str) -> Option<DepartureDay> {
        match word {
            "not-charged" => Some(DepartureDay::NotCharged),
            "charged" => Some(DepartureDay::Charged),
            _ => None,
        }
    }
}

impl EarlyAnswer {
    /// The reading that a word of a rule file stands for; `None` if there is none.
    pub fn from_word(word: &str) -> Option<EarlyAnswer> {
        match word {
            "counts" => Some(EarlyAnswer::Counts),
            "counts-for-nothing" => Some(EarlyAnswer::CountsForNothing),
            _ => None,
        }
    }
}

impl AdmissionNotice {
    /// The reading that a word of a rule file stands for; `None` if the word is unknown.
    pub fn from_word(word: &str) -> Option<AdmissionNotice> {
        match word {
            "given" => Some(AdmissionNotice::Given),
            "given-within-24-hours" => Some(AdmissionNotice::GivenWithin24Hours),
            _ => None,
        }
    }
}

/// An event of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    pub at: Minute,
    pub kind: EventKind,
}

/// A stay that may have payable days.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub sector: Sector,
    pub unit_kind: UnitKind,
    pub care_level: CareLevel,
    pub admitted_at: Minute,
    pub departed_at: Minute,
    /// Events as reported, in any order.
    pub events: &'a [Event],
    /// Organisation number of the trust or institution.
    pub trust: &'a str,
    /// Code of the municipality of registration.
    pub registered_in: &'a str,
    /// Code of the municipality that the patient reports staying in.
    pub stays_in: &'a str,
}

/// One payable day, with its price and its payer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayableDay {
    pub day: Day,
    /// Price; `None` if no rate holds on the day. A rate of another year is never carried over.
    pub rate: Option<Amount>,
    /// The municipality that pays, by its relation to the patient.
    pub liable: Liable,
}

/// Outcome of a stay under the day-rate rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessment {
    /// The payable days, at least one.
    Payable(Vec<PayableDay>),
    /// No day is paid for.
    Nothing {
        /// Reason code, for instance `no-payable-day`.
        reason: &'static str,
    },
}

/// The days of a stay that a municipality pays for.
///
/// `rule_on` gives the rule that holds on a day, or `None` if it is not in force. `agreements` may give the
/// municipality hours of grace after the notice of readiness. A payable day without a rate has `rate: None`; a
/// caller that needs its price must stop.
///
/// A day of a stay is paid for once. `paid` holds the days that earlier contacts of the stay were charged for; the
/// payable days of this contact are added to it.
pub fn assess<'r>(
    case: &Case,
    rule_on: impl Fn(Day) -> Option<&'r DayRateRule>,
    agreements: &Agreements,
    paid: &mut Vec<Day>,
    trace: &mut impl Trace,
) -> Assessment {
    let mut events: Vec<Event> = case.events.to_vec();
    // Events are sorted by time. Events at the same time keep the reported order, because a time may be a day without
    // an hour: of two answers, the one that was reported last counts.
    events.sort_by_key(|event| event.at);
    events.dedup();
    let Some(rule) = rule_on(case.departed_at.day()).or_else(|| rule_on(case.admitted_at.day())) else {
        return Assessment::Nothing { reason: "not-in-force" };
    };
    if let Some(reason) = not_covered(case, rule, trace) {
        return Assessment::Nothing { reason };
    }
    if let Some(reason) = no_admission_notice(case, &events, rule, trace) {
        return Assessment::Nothing { reason };
    }
    let spells = spells(case, &events);
    if spells.is_empty() {
        trace.step(|| Step::sum(message!("trace.not_reported")));
        return Assessment::Nothing { reason: "not-ready-and-notified" };
    }
    let mut payable: Vec<PayableDay> = Vec::new();
    for spell in &spells {
        payable_days(spell, case, &events, &rule_on, agreements, &mut payable, trace);
    }
    if payable.is_empty() {
        return Assessment::Nothing { reason: "no-payable-day" };
    }
    let before = payable.len();
    payable.retain(|day| !paid.contains(&day.day));
    if payable.len() < before {
        trace.step(|| Step::sum(message!("trace.paid_in_stay", days = before - payable.len())));
    }
    if payable.is_empty() {
        return Assessment::Nothing { reason: "paid-in-stay" };
    }
    paid.extend(payable.iter().map(|day| day.day));
    trace.step(|| sum_line(&payable));
    Assessment::Payable(payable)
}

fn not_covered(case: &Case, rule: &DayRateRule, trace: &mut impl Trace) -> Option<&'static str> {
    let sector = match rule.notified_sectors.contains(&case.sector) {
        true => "notified-not-paid",
        false => "sector-not-covered",
    };
    let tests = [
        ("not-overnight", case.care_level.said(), rule.care_levels.contains(&case.care_level)),
        (sector, case.sector.said(), rule.sectors.contains(&case.sector)),
        ("unit-not-covered", case.unit_kind.said(), rule.unit_kinds.contains(&case.unit_kind)),
    ];
    for (reason, what, covered) in tests {
        trace.step(|| {
            let text = match covered {
                true => message!("trace.covered", what),
                false => message!("trace.stay_not_covered", what),
            };
            Step::on(text, &rule.covers)
        });
        if !covered {
            return Some(reason);
        }
    }
    None
}

fn no_admission_notice(
    case: &Case,
    events: &[Event],
    rule: &DayRateRule,
    trace: &mut impl Trace,
) -> Option<&'static str> {
    let notice = events.iter().find(|event| event.kind == EventKind::AdmissionNotice).map(|event| event.at);
    let (asked, provenance) = &rule.admission_notice;
    let reason = match (notice, asked) {
        (None, _) => Some("no-admission-notice"),
        (Some(at), _) if at > case.departed_at => Some("no-admission-notice"),
        (Some(at), AdmissionNotice::GivenWithin24Hours) if at > case.admitted_at.plus_hours(24) => {
            Some("admission-notice-late")
        }
        (Some(_), AdmissionNotice::Given | AdmissionNotice::GivenWithin24Hours) => None,
    };
    trace.step(|| {
        let text = match (notice, reason) {
            (None, _) => message!("trace.no_admission_notice"),
            (Some(at), None) => message!("trace.admission_notice", at = shown(at)),
            (Some(at), Some(_)) => message!("trace.admission_notice_late", at = shown(at)),
        };
        Step::on(text, provenance)
    });
    reason
}

/// A span of time in which the patient is ready, the municipality is notified and nothing is withdrawn.
struct Spell {
    ready: Minute,
    notified: Minute,
    /// Withdrawal, because the patient fell ill again; `None` if readiness was not withdrawn.
    withdrawn: Option<Minute>,
}

fn spells(case: &Case, events: &[Event]) -> Vec<Spell> {
    let mut out = Vec::new();
    let (mut ready, mut notified): (Option<Minute>, Option<Minute>) = (None, None);
    let mut close = |ready: &mut Option<Minute>, notified: &mut Option<Minute>, withdrawn| {
        if let (Some(ready), Some(notified)) = (ready.take(), notified.take()) {
            out.push(Spell { ready, notified, withdrawn });
        }
    };
    for event in events.iter().filter(|event| event.at <= case.departed_at) {
        match event.kind {
            EventKind::Ready => ready = Some(ready.unwrap_or(event.at)),
            EventKind::ReadinessNotice => notified = Some(notified.unwrap_or(event.at)),
            EventKind::Withdrawn => {
                close(&mut ready, &mut notified, Some(event.at));
                (ready, notified) = (None, None);
            }
            EventKind::AdmissionNotice
            | EventKind::CannotReceive
            | EventKind::CanReceive
            | EventKind::ReadyForTransfer => {}
        }
    }
    close(&mut ready, &mut notified, None);
    out
}

fn payable_days<'r>(
    spell: &Spell,
    case: &Case,
    events: &[Event],
    rule_on: &impl Fn(Day) -> Option<&'r DayRateRule>,
    agreements: &Agreements,
    payable: &mut Vec<PayableDay>,
    trace: &mut impl Trace,
) {
    let later = std::cmp::max(spell.ready, spell.notified);
    // A patient who was ready before the rule came into force is paid for from the first day of the rule.
    let Some(rule) = rule_on(later.day()).or_else(|| rule_on(case.departed_at.day())) else { return };
    let until = spell.withdrawn.unwrap_or(case.departed_at);
    let answered = |from: Minute| {
        let is_answer = |kind| matches!(kind, EventKind::CanReceive | EventKind::CannotReceive);
        events.iter().filter(move |event| is_answer(event.kind) && event.at >= from && event.at <= until)
    };
    let earliest = std::cmp::min(spell.ready, spell.notified);
    let counted_from = match rule.early_answer.0 {
        EarlyAnswer::Counts => earliest,
        EarlyAnswer::CountsForNothing => spell.notified,
    };
    let answers = || answered(counted_from);
    let refusal = answers().find(|event| event.kind == EventKind::CannotReceive).map(|event| event.at);
    let grace = grace(spell, case, rule, agreements, trace);
    let start = std::cmp::max(later, spell.notified.plus_hours(grace)).day();
    // No day before the admission of this contact is paid for here: such a day belongs to an earlier contact.
    let start = std::cmp::max(start, case.admitted_at.day());
    let first = match rule.first.0 {
        FirstDay::LaterOfReadyAndNotified => start,
        FirstDay::WhenAllConditionsHold => std::cmp::max(start, refusal.map_or(start, Minute::day)),
    };
    let end = match spell.withdrawn {
        Some(at) => at.day(),
        None => match rule.departure_day.0 {
            DepartureDay::Charged => case.departed_at.day().next(),
            DepartureDay::NotCharged => case.departed_at.day(),
        },
    };
    trace.step(|| {
        let (ready, notified) = (shown(spell.ready), shown(spell.notified));
        Step::on(message!("trace.first_day", ready, notified, first), &rule.first.1)
    });
    trace.step(|| {
        let text = match spell.withdrawn {
            Some(at) => message!("trace.withdrawn", at = shown(at)),
            None => message!("trace.departed", at = shown(case.departed_at)),
        };
        Step::on(text, &rule.departure_day.1)
    });
    for answer in answered(earliest) {
        trace.step(|| match answer.at < counted_from {
            true => Step::on(message!("trace.early_answer", at = shown(answer.at)), &rule.early_answer.1),
            false => answer_line(answer, rule),
        });
    }
    let mut day = first;
    while day < end {
        // The last answer by the end of the day decides. If there is none, the day is treated as after a refusal.
        let answer = answers().rfind(|event| event.at.day() <= day);
        let place_ready = answer.is_some_and(|event| event.kind == EventKind::CanReceive);
        let already = payable.iter().any(|paid| paid.day == day);
        // Each day is tested against the rule of that day: some sectors came in later than the rule.
        let covered = |rule: &&DayRateRule| {
            rule.sectors.contains(&case.sector) && rule.unit_kinds.contains(&case.unit_kind)
        };
        if let (false, false, Some(rule)) = (place_ready, already, rule_on(day).filter(covered)) {
            let rate = rule.rate.as_ref().map(|(rate, _)| *rate);
            payable.push(PayableDay { day, rate, liable: rule.liable });
            trace.step(|| {
                let rate = rate.map_or_else(|| message!("trace.no_rate"), Message::plain);
                Step::on(message!("trace.day", day, rate), rate_place(rule))
            });
        }
        day = day.next();
    }
}

/// Hours of grace after the notice of readiness, from the agreement between the trust and the paying
/// municipality on the day of the notice, else from the rule.
fn grace(
    spell: &Spell,
    case: &Case,
    rule: &DayRateRule,
    agreements: &Agreements,
    trace: &mut impl Trace,
) -> i64 {
    let payer = match rule.liable {
        Liable::MunicipalityOfRegistration => case.registered_in,
        Liable::MunicipalityOfStay => case.stays_in,
    };
    match agreements.grace(case.trust, payer, spell.notified.day()) {
        None => rule.grace_hours.0,
        Some((hours, place)) => {
            trace.step(|| Step::on(message!("trace.grace", hours), &place));
            hours
        }
    }
}

fn rate_place(rule: &DayRateRule) -> &Provenance {
    rule.rate.as_ref().map_or(&rule.covers, |(_, place)| place)
}

fn answer_line(event: &Event, rule: &DayRateRule) -> Step {
    let at = shown(event.at);
    let text = match event.kind == EventKind::CanReceive {
        true => message!("trace.can_receive", at),
        false => message!("trace.cannot_receive", at),
    };
    let last = rule.choices.iter().find(|(key, _, _)| key == "last");
    Step::on(text, last.map_or(&rule.covers, |(_, _, place)| place))
}

fn sum_line(payable: &[PayableDay]) -> Step {
    let mut groups: Vec<(Option<Amount>, u32)> = Vec::new();
    for day in payable {
        match groups.last_mut() {
            Some((rate, count)) if *rate == day.rate => *count += 1,
            _ => groups.push((day.rate, 1)),
        }
    }
    let rate = |rate: &Option<Amount>| rate.map_or_else(|| message!("trace.unknown_rate"), Message::plain);
    let term = |(price, count): &(Option<Amount>, u32)| message!("trace.times", count, rate = rate(price));
    let terms = Message::joined(groups.iter().map(term).collect(), " + ");
    let total = total(payable).map_or_else(|_| message!("trace.unknown"), Message::plain);
    Step::sum(message!("trace.sum", terms, total))
}

/// Sum of the rates of payable days.
///
/// # Errors
/// Fails with the first day that has no rate.
pub fn total(days: &[PayableDay]) -> Result<Amount, Day> {
    days.iter().map(|day| day.rate.ok_or(day.day)).sum()
}

/// A time as people write it: the day alone if no hour is known.
pub fn shown(at: Minute) -> Message {
    let text = at.to_string();
    match text.split_once('T') {
        Some((day, hour)) if hour != "00:00" => message!("trace.time", day, hour),
        Some((day, _)) => Message::plain(day),
        None => Message::plain(text),
    }
}
