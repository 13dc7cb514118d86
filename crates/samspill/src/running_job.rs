//! `samspill running`: discharge-ready patients who wait now, with hours, days and what has accrued. The
//! same function as in the settlement, asked as if they left now.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use domain::{Amount, EventKind, Minute, Period};
use register::parquet_file::Reader;
use rulebook::NoTrace;
use rulebook::file::Liable;
use settlement::explain::{Contact, reported_ready};
use settlement::{Law, stay};

use crate::law::Files;
use crate::progress::Teller;
use crate::settle_job;
use crate::settlement_job::Scratch;
use crate::table::Table;

/// What list to make.
pub struct Order<'a> {
    /// Contacts, those not discharged among them.
    pub contacts: &'a Path,
    /// Mapping.
    pub mapping: Option<&'a Path>,
    /// Law.
    pub files: &'a Files,
    /// When.
    pub at: Minute,
    /// Only this municipality.
    pub municipality: Option<&'a str>,
    /// Unsigned values may be used.
    pub draft: bool,
    /// Threads.
    pub threads: usize,
}

/// A case.
pub struct Case {
    reference: i64,
    municipality: String,
    unit: String,
    institution: String,
    notified: Option<Minute>,
    hours: i64,
    days: i64,
    /// Accrued; `None` where a day has no rate.
    accrued: Option<Amount>,
    /// What the next midnight adds.
    next: Option<Amount>,
    /// Why nothing accrues; empty if something does.
    reason: String,
}

/// Every case.
pub struct Running {
    at: Minute,
    cases: Vec<Case>,
    /// Rows refused.
    pub refused: u64,
    /// The first of them: where, and why.
    first_refused: Option<String>,
    is_draft: bool,
}

/// Finds the running cases.
pub fn run(order: &Order, teller: Teller) -> Result<Running> {
    let law = Law::of(&order.files.book()?)?;
    let period = Period::of_month(order.at.day().month());
    let unsigned = settle_job::unsigned(&law, period, order.draft, |file| file.contains("discharge-ready"))?;
    let scratch = Scratch::new()?;
    let mapping = settle_job::mapping(order.mapping, settle_job::is_parquet(order.contacts))?;
    let checked = scratch.0.join("checked.parquet");
    let at = Some(order.at);
    let report =
        settle_job::check(order.contacts, &mapping, None, Some(&checked), order.threads, at, teller)?;
    let contacts = reported_ready(&Reader::open_contacts(&checked)?)?;
    let mut cases: Vec<Case> = contacts
        .iter()
        .filter(|contact| contact.case.departed_at == order.at)
        .map(|contact| case(contact, &law, order.at))
        .filter(|case| order.municipality.is_none_or(|only| only == case.municipality))
        .collect();
    cases.sort_by_key(|case| (std::cmp::Reverse(case.accrued), case.reference));
    let first = report.refused.first().map(|one| {
        let (_, text, remedy, _) = one.reason.told();
        format!("linje {}: {text} ({} {}); {remedy}", one.line, one.field, one.value)
    });
    Ok(Running {
        at: order.at,
        cases,
        refused: report.refused.len() as u64,
        first_refused: first,
        is_draft: !unsigned.is_empty(),
    })
}

/// Days, amount if every day has a rate, who is liable for the last of them, or why there are none.
type Accrued = Result<(i64, Option<Amount>, Option<Liable>), &'static str>;

fn accrued(contact: &Contact, law: &Law, departed_at: Minute) -> Accrued {
    let stay = stay::Stay { departed_at, ..contact.case.clone() };
    let charges = stay::assess(law, &stay, &mut NoTrace)?;
    let days = charges.iter().map(|charge| charge.days).sum();
    let priced = charges.iter().all(|charge| charge.without_rate.is_none());
    let amount = charges.iter().map(|charge| charge.amount).sum();
    Ok((days, priced.then_some(amount), charges.last().map(|charge| charge.liable)))
}

fn case(contact: &Contact, law: &Law, at: Minute) -> Case {
    let now = accrued(contact, law, at);
    let midnight = accrued(contact, law, at.day().next().start());
    let of = |accrued: &Accrued| accrued.as_ref().map_or(Some(Amount::ZERO), |(_, amount, _)| *amount);
    let next = match (of(&now), of(&midnight)) {
        (Some(now), Some(then)) => Some(then - now),
        _ => None,
    };
    let liable = midnight.as_ref().ok().and_then(|(_, _, liable)| *liable);
    let notices = contact.case.events.iter().filter(|event| event.kind == EventKind::ReadinessNotice);
    let notified = notices.map(|event| event.at).filter(|notice| *notice <= at).max();
    Case {
        reference: contact.id,
        municipality: match liable.or_else(|| law.usk_on(at.day()).map(|rule| rule.liable)) {
            Some(Liable::MunicipalityOfStay) => contact.municipality_of_stay.clone(),
            Some(Liable::MunicipalityOfRegistration) | None => contact.municipality_of_registration.clone(),
        },
        unit: contact.unit.clone(),
        institution: if contact.trust.is_empty() { contact.unit.clone() } else { contact.trust.clone() },
        notified,
        hours: notified.map_or(0, |notified| (at.number() - notified.number()) / 60),
        days: now.as_ref().map_or(0, |(days, _, _)| *days),
        accrued: of(&now),
        next,
        reason: now.err().unwrap_or_default().to_owned(),
    }
}

/// Whole øre, or `..` where a rate is missing.
fn shown(amount: Option<Amount>) -> String {
    amount.map_or_else(|| "..".to_owned(), |amount| amount.ore().to_string())
}

impl Running {
    /// One row for each case, the dearest first.
    pub fn table(&self) -> Table {
        let heads = [
            "case",
            "municipality",
            "unit",
            "institution",
            "notified",
            "hours",
            "days",
            "accrued_ore",
            "next_midnight_ore",
            "reason",
        ];
        let mut table = Table::new(&format!("Løpende saker {}", self.at), &heads);
        for case in &self.cases {
            table.row([
                case.reference.to_string(),
                case.municipality.clone(),
                case.unit.clone(),
                case.institution.clone(),
                case.notified.map_or_else(String::new, |at| at.to_string()),
                case.hours.to_string(),
                case.days.to_string(),
                shown(case.accrued),
                shown(case.next),
                case.reason.clone(),
            ]);
        }
        table
    }

    /// The accrual: what is owed by each municipality to each institution and not yet billed.
    pub fn sums(&self) -> Table {
        let mut sums: BTreeMap<(&str, &str), (i64, i64, Option<Amount>)> = BTreeMap::new();
        for case in &self.cases {
            let key = (case.municipality.as_str(), case.institution.as_str());
            let sum = sums.entry(key).or_insert((0, 0, Some(Amount::ZERO)));
            sum.0 += 1;
            sum.1 += case.days;
            sum.2 = sum.2.zip(case.accrued).map(|(sum, more)| sum + more);
        }
        let title = format!("Avsetning for løpende saker {}", self.at);
        let mut table = Table::new(&title, &["municipality", "institution", "cases", "days", "accrued_ore"]);
        for ((municipality, institution), (cases, days, accrued)) in sums {
            table.row([
                municipality.into(),
                institution.into(),
                cases.to_string(),
                days.to_string(),
                shown(accrued),
            ]);
        }
        table
    }

    /// What has accrued for each municipality; `None` where a rate is missing.
    pub fn by_municipality(&self) -> BTreeMap<String, Option<Amount>> {
        let mut out: BTreeMap<String, Option<Amount>> = BTreeMap::new();
        for case in &self.cases {
            let sum = out.entry(case.municipality.clone()).or_insert(Some(Amount::ZERO));
            *sum = sum.zip(case.accrued).map(|(sum, more)| sum + more);
        }
        out
    }

    /// One sentence.
    pub fn told(&self) -> String {
        let days: i64 = self.cases.iter().map(|case| case.days).sum();
        let accrued: Option<Amount> = self.cases.iter().map(|case| case.accrued).sum();
        format!(
            "{}{} løpende saker {}: {days} døgn, {}{}",
            if self.is_draft { "UTKAST: " } else { "" },
            self.cases.len(),
            self.at,
            accrued.map_or_else(|| "en sats mangler".to_owned(), |accrued| accrued.to_string()),
            self.first_refused.as_ref().map_or_else(String::new, |first| format!(
                "; {} rader avvist, den første på {first}",
                self.refused
            ))
        )
    }
}
