//! Running cases: patients who wait for discharge now, with hours, days and accrued amount. They are priced
//! by the same function as in the settlement, as if they left now.

use std::collections::BTreeMap;
use std::path::Path;
use words::{Message, message};

use crate::failure::Result;
use domain::{Amount, Day, EventKind, Instrument, Minute, Period};
use register::check::Report;
use register::parquet_file::Reader;
use rulebook::file::Liable;
use rulebook::{NoTrace, Scope};
use settlement::explain::{Contact, reported_ready};
use settlement::{Law, stay};

use crate::host::{Host, Scratch};
use crate::intake::{self, Stamp};
use crate::law::Files;
use crate::parties;
use crate::readable::Readable;
use crate::table::{Table, heads};
use disclosure::Cell;

/// Input and options of [`run`].
pub struct Order<'a> {
    /// File of contacts, including patients who are not discharged.
    pub contacts: &'a Path,
    /// Built-in name or TOML file of the mapping; `None` for the program's own schema.
    pub mapping: Option<&'a Path>,
    pub files: &'a Files,
    /// Time of the list.
    pub at: Minute,
    /// The only municipality to list; `None` for all.
    pub municipality: Option<&'a str>,
    /// Whether values that nobody has signed may be used.
    pub draft: bool,
}

/// A running case.
pub struct Case {
    reference: i64,
    municipality: String,
    unit: String,
    institution: String,
    /// Time of the last notice of readiness; `None` if there is none.
    notified: Option<Minute>,
    /// Whole hours since the notice.
    hours: i64,
    days: i64,
    /// Amount accrued; `None` if a day has no rate.
    accrued: Option<Amount>,
    /// Amount that the next midnight adds; `None` if a day has no rate.
    next: Option<Amount>,
    /// Code of the reason why nothing accrues; empty if something does.
    reason: String,
}

/// The running cases at a time.
pub struct Running {
    at: Minute,
    cases: Vec<Case>,
    /// Number of rows that the check refused.
    pub refused: u64,
    /// Place and reason of the first refused row.
    first_refused: Option<Message>,
    is_draft: bool,
}

/// Finds the running cases in a file of contacts.
///
/// # Errors
/// Fails if the municipality does not exist, if the rules or the file cannot be read, or if a value is unsigned and the
/// order is no draft.
pub fn run(order: &Order, host: &Host) -> Result<Running> {
    if let Some(code) = order.municipality {
        parties::need_municipality(code)?;
    }
    let law = Law::of(&order.files.book()?)?;
    let period = Period::of_month(order.at.day().month());
    let scope = Scope::only(Instrument::DischargeReady);
    let unsigned = crate::settle::unsigned(&law, period, &scope, order.draft)?;
    let scratch = Scratch::under(host.scratch)?;
    // A file that was checked has no contact without a discharge, so it need not be checked again for the time of the
    // list.
    let readable = Readable::of(order.contacts, host)?;
    let contacts = readable.path.as_path();
    let ours = order.mapping.is_none()
        && readable.is_as_delivered()
        && matches!(intake::stamp(contacts, host)?, Stamp::Ours(_));
    let (checked, report) = match ours {
        true => (contacts.to_path_buf(), Report::default()),
        false => {
            let mapping = intake::mapping(order.mapping, contacts, host)?;
            let checked = scratch.path().join("checked.parquet");
            let report = intake::check(contacts, &mapping, None, Some(&checked), Some(order.at), host)?;
            (checked, report)
        }
    };
    let contacts = reported_ready(&Reader::open_contacts(&checked)?)?;
    let mut waiting: Vec<&Contact> = contacts
        .iter()
        .filter(|contact| contact.case.admitted_at <= order.at && order.at < contact.case.departed_at)
        .collect();
    waiting.sort_by_key(|contact| (contact.stay, contact.case.admitted_at, contact.id));
    // A day of a stay is paid for once: a later contact of the stay counts only the days that no earlier contact counts.
    let (mut of_stay, mut paid) = (0, [Vec::new(), Vec::new()]);
    let mut cases: Vec<Case> = waiting
        .into_iter()
        .map(|contact| {
            if contact.stay != of_stay || contact.stay_rows <= 1 {
                (of_stay, paid) = (contact.stay, [Vec::new(), Vec::new()]);
            }
            case(contact, &law, order.at, &mut paid)
        })
        .filter(|case| order.municipality.is_none_or(|only| only == case.municipality))
        .collect();
    cases.sort_by_key(|case| (std::cmp::Reverse(case.accrued), case.reference));
    let first = report.refused.first().map(|one| {
        message!(
            "running.first_refused",
            line = one.line,
            fault = one.reason.fault(),
            field = one.field,
            value = one.value,
            remedy = one.reason.remedy()
        )
    });
    Ok(Running {
        at: order.at,
        cases,
        refused: report.refused.len() as u64,
        first_refused: first,
        is_draft: !unsigned.is_empty(),
    })
}

/// Days, amount (`None` if a day has no rate), and who is liable for the last day; or the code of the reason
/// why there are no days.
type Accrued = std::result::Result<(i64, Option<Amount>, Option<Liable>), &'static str>;

/// What a case comes to if the patient leaves at `departed_at`, by what is known at `at`.
fn accrued(contact: &Contact, law: &Law, at: Minute, departed_at: Minute, paid: &mut Vec<Day>) -> Accrued {
    let mut stay = stay::Stay { departed_at, ..contact.case.clone() };
    stay.events.retain(|event| event.at <= at);
    let charges = stay::assess(law, &stay, paid, &mut NoTrace)?;
    let days = charges.iter().map(|charge| charge.days).sum();
    let priced = charges.iter().all(|charge| charge.without_rate.is_none());
    let amount = charges.iter().map(|charge| charge.amount).sum();
    Ok((days, priced.then_some(amount), charges.last().map(|charge| charge.liable)))
}

/// A running case. `paid` holds the days that earlier contacts of the stay are charged for: up to now, and up to the
/// next midnight. The days of this contact are added to it.
fn case(contact: &Contact, law: &Law, at: Minute, paid: &mut [Vec<Day>; 2]) -> Case {
    let now = accrued(contact, law, at, at, &mut paid[0]);
    let midnight = accrued(contact, law, at, at.day().next().start(), &mut paid[1]);
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
        institution: contact.case.trust.clone(),
        notified,
        hours: notified.map_or(0, |notified| (at.number() - notified.number()) / 60),
        days: now.as_ref().map_or(0, |(days, _, _)| *days),
        accrued: of(&now),
        next,
        reason: now.err().unwrap_or_default().to_owned(),
    }
}

impl Running {
    /// Table with one row for each case, the largest amount first.
    pub fn table(&self) -> Table {
        let columns = heads([
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
        ]);
        let mut table = Table::new(message!("running.title", at = self.at), &columns);
        for case in &self.cases {
            table.row([
                Cell::text(case.reference),
                Cell::text(&case.municipality),
                Cell::text(&case.unit),
                Cell::text(&case.institution),
                Cell::text(case.notified.map_or_else(String::new, |at| at.to_string())),
                Cell::Count(case.hours),
                Cell::Count(case.days),
                Cell::kroner(case.accrued),
                Cell::kroner(case.next),
                Cell::Said(settlement::explain::reason(&case.reason)),
            ]);
        }
        table
    }

    /// Table of the accrual: what each municipality owes each institution for its running cases.
    pub fn sums(&self) -> Table {
        let mut sums: BTreeMap<(&str, &str), (i64, i64, Option<Amount>)> = BTreeMap::new();
        for case in &self.cases {
            let key = (case.municipality.as_str(), case.institution.as_str());
            let sum = sums.entry(key).or_insert((0, 0, Some(Amount::ZERO)));
            sum.0 += 1;
            sum.1 += case.days;
            sum.2 = sum.2.zip(case.accrued).map(|(sum, more)| sum + more);
        }
        let columns = heads(["municipality", "institution", "cases", "days", "accrued_ore"]);
        let mut table = Table::new(message!("running.sums", at = self.at), &columns);
        for ((municipality, institution), (cases, days, accrued)) in sums {
            table.row([
                Cell::text(municipality),
                Cell::text(institution),
                Cell::Count(cases),
                Cell::Count(days),
                Cell::kroner(accrued),
            ]);
        }
        table
    }

    /// Accrued amount by municipality; `None` if a rate is missing.
    pub fn by_municipality(&self) -> BTreeMap<String, Option<Amount>> {
        let mut out: BTreeMap<String, Option<Amount>> = BTreeMap::new();
        for case in &self.cases {
            let sum = out.entry(case.municipality.clone()).or_insert(Some(Amount::ZERO));
            *sum = sum.zip(case.accrued).map(|(sum, more)| sum + more);
        }
        out
    }

    /// Lines that sum up the cases, and name the first refused row.
    pub fn summary(&self) -> Vec<Message> {
        let days: i64 = self.cases.iter().map(|case| case.days).sum();
        let accrued: Option<Amount> = self.cases.iter().map(|case| case.accrued).sum();
        let (count, at) = (self.cases.len(), self.at);
        let accrued = accrued.map_or_else(|| message!("running.no_rate"), Message::plain);
        let mut out = vec![match self.is_draft {
            true => message!("running.draft_summary", count, at, days, accrued),
            false => message!("running.summary", count, at, days, accrued),
        }];
        let first = self.first_refused.as_ref();
        out.extend(first.map(|first| message!("running.refused", count = self.refused, first)));
        out
    }
}
