//! A price for each day that a patient who is ready for discharge still lies in hospital (`USK`).
//!
//! Day by day: each day is looked up in the version of the rule that holds on it, so a stay over New
//! Year uses two rates, and one over 2018/19 two payers.

use domain::{Amount, CareLevel, Day, EventKind, Minute, Sector, UnitKind};

use crate::agreement::Agreements;
use crate::file::Liable;
use crate::provenance::{Provenance, Version};
use crate::trace::{Step, Trace};

/// The day-rate rule as it holds on a day.
#[derive(Debug, Clone)]
pub struct DayRateRule {
    /// Which version this is.
    pub version: Version,
    /// Sectors covered.
    pub sectors: Vec<Sector>,
    /// Kinds of unit covered.
    pub unit_kinds: Vec<UnitKind>,
    /// Which municipality pays.
    pub liable: Liable,
    /// Where the three above stand.
    pub covers: Provenance,
    /// Price of a day; `None` if no row holds on the day.
    pub rate: Option<(Amount, Provenance)>,
    /// When the first payable day is.
    pub first: (FirstDay, Provenance),
    /// Whether the day of departure is paid for.
    pub departure_day: (DepartureDay, Provenance),
    /// Which admission notice is asked for.
    pub admission_notice: (AdmissionNotice, Provenance),
    /// Hours that an agreement lets pass after the notice of readiness.
    pub grace_hours: (i64, Provenance),
    /// Who owes and who is owed.
    pub payment: Provenance,
    /// Readings of what the law leaves open.
    pub choices: Vec<(String, String, Provenance)>,
}

/// When the first payable day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstDay {
    /// The later of ready and notified; the answer is a condition and does not move the start.
    LaterOfReadyAndNotified,
    /// The first day on which the municipality has also refused, or the day of notice if it never answers.
    WhenAllConditionsHold,
}

/// Which admission notice is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdmissionNotice {
    /// Given at some time before the patient left.
    Given,
    /// Given within 24 hours of admission.
    GivenWithin24Hours,
}

/// Whether the day of departure is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DepartureDay {
    /// It is not: days are counted as from date to date.
    NotCharged,
    /// It is, where no place was ready by then.
    Charged,
}

impl FirstDay {
    /// The reading of a word of the choice `first`.
    pub fn from_word(word: &str) -> Option<FirstDay> {
        match word {
            "later-of-ready-and-notified" => Some(FirstDay::LaterOfReadyAndNotified),
            "when-all-conditions-hold" => Some(FirstDay::WhenAllConditionsHold),
            _ => None,
        }
    }
}

impl DepartureDay {
    /// The reading of a word of the choice `departure_day`.
    pub fn from_word(word: &str) -> Option<DepartureDay> {
        match word {
            "not-charged" => Some(DepartureDay::NotCharged),
            "charged" => Some(DepartureDay::Charged),
            _ => None,
        }
    }
}

impl AdmissionNotice {
    /// The reading of a word of the choice `admission_notice`.
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
    /// When.
    pub at: Minute,
    /// What.
    pub kind: EventKind,
}

/// A stay that may have payable days.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Sector.
    pub sector: Sector,
    /// Kind of unit.
    pub unit_kind: UnitKind,
    /// Level of care.
    pub care_level: CareLevel,
    /// Admission.
    pub admitted_at: Minute,
    /// Departure.
    pub departed_at: Minute,
    /// Events as reported, in any order.
    pub events: &'a [Event],
    /// Trust or institution, by organisation number.
    pub trust: &'a str,
    /// Municipality where the patient is registered.
    pub registered_in: &'a str,
    /// Municipality where the patient says that they stay.
    pub stays_in: &'a str,
}

/// One day that is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayableDay {
    /// The day.
    pub day: Day,
    /// Its price; `None` if no rate holds on the day. None is carried over from another year.
    pub rate: Option<Amount>,
    /// Which municipality pays.
    pub liable: Liable,
}

/// What a stay amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessment {
    /// The days that are paid for, at least one.
    Payable(Vec<PayableDay>),
    /// No day is paid for.
    Nothing {
        /// Reason code.
        reason: &'static str,
    },
}

/// The days of a stay that a municipality pays for.
///
/// `rule_on` gives the rule as it holds on a day, or `None` where it is not in force; `agreements` may give
/// the municipality hours after the notice. A payable day without a
/// rate is told as such; whoever needs its price must stop.
pub fn assess<'r>(
    case: &Case,
    rule_on: impl Fn(Day) -> Option<&'r DayRateRule>,
    agreements: &Agreements,
    trace: &mut impl Trace,
) -> Assessment {
    let mut events: Vec<Event> = case.events.to_vec();
    // By time; at the same time in the order reported, since times may be days only.
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
        trace.step(|| {
            Step::sum(
                "Det er ikke meldt at pasienten er utskrivningsklar, eller kommunen er ikke varslet".into(),
            )
        });
        return Assessment::Nothing { reason: "not-ready-and-notified" };
    }
    let mut payable: Vec<PayableDay> = Vec::new();
    for spell in &spells {
        payable_days(spell, case, &events, &rule_on, agreements, &mut payable, trace);
    }
    if payable.is_empty() {
        return Assessment::Nothing { reason: "no-payable-day" };
    }
    trace.step(|| sum_line(&payable));
    Assessment::Payable(payable)
}

fn not_covered(case: &Case, rule: &DayRateRule, trace: &mut impl Trace) -> Option<&'static str> {
    let tests = [
        ("not-overnight", case.care_level.name(), case.care_level == CareLevel::Overnight),
        ("sector-not-covered", case.sector.name(), rule.sectors.contains(&case.sector)),
        ("unit-not-covered", case.unit_kind.name(), rule.unit_kinds.contains(&case.unit_kind)),
    ];
    for (reason, what, covered) in tests {
        trace.step(|| {
            let found = if covered { "ja" } else { "nei, oppholdet er utenfor" };
            Step::on(format!("Omfatter ordningen {what}? {found}"), &rule.covers)
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
        let found = match (notice, reason) {
            (None, _) => "nei".to_owned(),
            (Some(at), None) => format!("ja, {}", shown(at)),
            (Some(at), Some(_)) => format!("for sent, {}", shown(at)),
        };
        Step::on(format!("Fikk kommunen melding om innlagt pasient (§ 8)? {found}"), provenance)
    });
    reason
}

/// A time during which the patient is ready, the municipality is notified and nothing is withdrawn.
struct Spell {
    ready: Minute,
    notified: Minute,
    /// Withdrawal (fell ill again), if any.
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
    // A patient who was ready before the rule came into force is paid for from its first day.
    let Some(rule) = rule_on(later.day()).or_else(|| rule_on(case.departed_at.day())) else { return };
    let answers = || {
        let until = spell.withdrawn.unwrap_or(case.departed_at);
        let answered = |kind| matches!(kind, EventKind::CanReceive | EventKind::CannotReceive);
        let within = spell.notified..=until;
        events.iter().filter(move |event| answered(event.kind) && within.contains(&event.at))
    };
    let refusal = answers().find(|event| event.kind == EventKind::CannotReceive).map(|event| event.at);
    // An episode is paid for from its own first day: what came before belongs to the one before it.
    let grace = grace(spell, case, rule, agreements, trace);
    let start = std::cmp::max(later, spell.notified.plus_hours(grace)).day();
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
        let text = format!(
            "Utskrivningsklar {}, varslet {}: første døgn {first}",
            shown(spell.ready),
            shown(spell.notified)
        );
        Step::on(text, &rule.first.1)
    });
    trace.step(|| {
        let text = match spell.withdrawn {
            Some(at) => format!("Trukket tilbake {}: plikten faller bort fra det døgnet", shown(at)),
            None => format!("Reiste {}", shown(case.departed_at)),
        };
        Step::on(text, &rule.departure_day.1)
    });
    for answer in answers() {
        trace.step(|| answer_line(answer, rule));
    }
    let mut day = first;
    while day < end {
        // The last answer that stands at the end of the day decides; none at all counts as unanswered.
        let answer = answers().rfind(|event| event.at.day() <= day);
        let place_ready = answer.is_some_and(|event| event.kind == EventKind::CanReceive);
        let already = payable.iter().any(|paid| paid.day == day);
        // Each day is asked of its own day's rule: sectors came in later than the rule did.
        let covered = |rule: &&DayRateRule| {
            rule.sectors.contains(&case.sector) && rule.unit_kinds.contains(&case.unit_kind)
        };
        if let (false, false, Some(rule)) = (place_ready, already, rule_on(day).filter(covered)) {
            let rate = rule.rate.as_ref().map(|(rate, _)| *rate);
            payable.push(PayableDay { day, rate, liable: rule.liable });
            let shown = rate.map_or_else(|| "ingen sats er funnet".to_owned(), |rate| rate.to_string());
            trace.step(|| Step::on(format!("Døgnet {day}: {shown}"), rate_place(rule)));
        }
        day = day.next();
    }
}

/// Hours that pass after the notice: those of the agreement between the trust and the municipality that pays
/// on the day of the notice, else those of the rule.
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
            trace.step(|| Step::on(format!("Avtalen gir kommunen {hours} timer fra varselet"), &place));
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
        true => format!("Kommunen svarte {at} at en plass er klar: fra det døgnet betales det ikke"),
        false => format!("Kommunen svarte {at} at den ikke kan ta imot"),
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
    let rate = |rate: &Option<Amount>| rate.map_or_else(|| "ukjent sats".to_owned(), |rate| rate.to_string());
    let parts: Vec<String> =
        groups.iter().map(|(price, count)| format!("{count} × {}", rate(price))).collect();
    let total = total(payable).map_or_else(|_| "ukjent".to_owned(), |total| total.to_string());
    Step::sum(format!("{} = {total}", parts.join(" + ")))
}

/// The price of all the days, or the first day without a rate.
///
/// # Errors
/// If a day has no rate.
pub fn total(days: &[PayableDay]) -> Result<Amount, Day> {
    days.iter().map(|day| day.rate.ok_or(day.day)).sum()
}

/// A time as a person would write it: the day alone if no hour is known.
fn shown(at: Minute) -> String {
    let text = at.to_string();
    match text.strip_suffix("T00:00") {
        Some(day) => day.to_owned(),
        None => text.replace('T', " kl. "),
    }
}
