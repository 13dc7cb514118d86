//! `samspill settlement …`: charges into the ledger, month by month.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use domain::municipality::Heir;
use domain::{
    Amount, Balancing, Cause, Claims, Instrument, Minute, Mode, Month, Municipalities, PayRounding, Period,
    PeriodState, StepKind,
};
use ledger::content::{Closed, Coverage, Delivery, Inherited, MonthMoved, OnAccount, Opened, Settled};
use ledger::correction::{self, Comparison};
use ledger::months::{Basis, MonthRecord, Months};
use ledger::netting;
use ledger::store::Wanted;
use ledger::{Ledger, Posting, Voucher};
use register::columns;
use register::parquet_file::Reader;
use rulebook::LawBook;
use settlement::{Law, Options, archive, manifest, settle};

use crate::law::Files;
use crate::progress::Teller;
use crate::settle_job;
use crate::table::{Table, small_table};

/// A ledger, read.
pub struct Books {
    /// The ledger.
    pub ledger: Ledger,
    /// The chain's end when it was read.
    pub head: ledger::Head,
    /// Where each month stands.
    pub months: Months,
    /// Municipalities with their lifetimes.
    pub municipalities: Municipalities,
}

/// A command that the state of the ledger does not allow: exit code 2.
#[derive(Debug)]
pub struct NotNow {
    /// What stands in the way.
    pub fault: String,
    /// What to do instead.
    pub remedy: String,
}

impl std::fmt::Display for NotNow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.fault)
    }
}

impl std::error::Error for NotNow {}

/// An error with what to do about it.
pub fn not_now(fault: impl Into<String>, remedy: impl Into<String>) -> anyhow::Error {
    NotNow { fault: fault.into(), remedy: remedy.into() }.into()
}

impl Books {
    /// Opens a ledger that exists.
    pub fn open(place: &str) -> Result<Books> {
        Books::read(Ledger::open(place)?)
    }

    fn read(mut ledger: Ledger) -> Result<Books> {
        let head = ledger.head()?;
        let months = Months::of(&ledger.steps()?)?;
        Ok(Books { ledger, head, months, municipalities: Municipalities::built_in()? })
    }

    /// Posts a step and gives its number.
    pub fn post(
        &mut self,
        kind: StepKind,
        period: &str,
        now: Minute,
        content: String,
        vouchers: Vec<Voucher>,
        archives: Vec<Vec<u8>>,
    ) -> Result<i64> {
        let posting =
            Posting { kind, period: period.to_owned(), recorded_at: now, content, vouchers, archives };
        let posted = self.ledger.post(posting, &self.head)?;
        self.head = posted.head;
        self.months.add(&posted.step)?;
        Ok(posted.step.number)
    }

    /// The party that answers for another in a month.
    pub fn heir(&self, party: &str, month: Month) -> String {
        heir(&self.months, &self.municipalities, party, month)
    }

    /// The law that was kept with a settlement.
    pub fn kept_rules(&mut self, digest: &str) -> Result<LawBook> {
        let law = serde_json::from_slice(&self.ledger.archive(digest)?)?;
        Files { law, variants: Vec::new() }.book()
    }

    /// The rule files that were kept with the last settlement; none if there is none.
    pub fn last_rules(&mut self) -> Result<Vec<(String, String)>> {
        let last = self.months.basis.values().flatten().max_by_key(|basis| basis.step);
        match last.map(|basis| basis.rules_archive.clone()) {
            None => Ok(Vec::new()),
            Some(digest) => Ok(serde_json::from_slice(&self.ledger.archive(&digest)?)?),
        }
    }

    /// The movements that were kept with a settlement.
    pub fn movements(&mut self, digest: &str) -> Result<Claims> {
        let mut claims = Claims::default();
        archive::decode(self.ledger.archive(digest)?, &mut claims)?;
        Ok(claims)
    }

    /// A month that may be posted to.
    pub fn may_change(&self, month: Month) -> Result<()> {
        match self.months.state(month) {
            Some(PeriodState::Open | PeriodState::Provisional) => Ok(()),
            Some(state) => Err(not_now(
                format!("{month} is {state}: it never changes"),
                format!(
                    "samspill settlement correct {month} --into MONTH posts the difference in an open month"
                ),
            )),
            None => Err(not_now(
                format!("{month} is not opened"),
                format!("samspill settlement open {} --ledger {}", month.year(), self.ledger.place()),
            )),
        }
    }

    /// Vouchers that stand in months, as known after a step.
    pub fn vouchers(&mut self, from: Month, to: Month, to_step: Option<i64>) -> Result<Vec<Voucher>> {
        let months = Some((from.to_string(), to.to_string()));
        Ok(self.ledger.vouchers(&Wanted { months, after_step: 0, to_step })?)
    }
}

/// The party that answers for another in a month: decisions and mergers are followed to their end.
pub fn heir(months: &Months, municipalities: &Municipalities, party: &str, month: Month) -> String {
    let day = month.first();
    let mut now = party.to_owned();
    // A decision may lead to a municipality that was merged later, and that to another decision.
    for _ in 0..8 {
        let next = match (months.decided_heir(&now, day), municipalities.heir(&now, day)) {
            (Some(decided), _) => decided.to_owned(),
            (None, Heir::One(heir)) => heir,
            (None, Heir::Split { party, .. }) => match months.decided_heir(&party, day) {
                Some(decided) => decided.to_owned(),
                None => format!("{}{party}", domain::municipality::UNDECIDED),
            },
        };
        if next == now {
            break;
        }
        now = next;
    }
    now
}

/// Opens the months of a period; makes the ledger if there is none.
pub fn open(place: &str, period: Period, content: &Opened, now: Minute) -> Result<String> {
    let mut books = Books::read(Ledger::open_or_make(place)?)?;
    let new: Vec<Month> = period.months().filter(|month| books.months.state(*month).is_none()).collect();
    if new.is_empty() {
        let is_other =
            |month: &Month| books.months.months.get(month).is_some_and(|record| record.opened != *content);
        if let Some(month) = period.months().find(is_other) {
            return Err(not_now(
                format!("{month} is open already, on other terms than these"),
                "a month keeps the terms that it was opened on: leave --mode, --balancing and --rounding as they were",
            ));
        }
        return Ok(format!("{period} er åpnet fra før; ingenting endret"));
    }
    let mut closed = books.months.months.iter().filter(|(_, record)| record.is_closed());
    if let Some((later, _)) = closed.find(|(month, _)| **month > new[0]) {
        return Err(not_now(
            format!("{later} is closed, and comes after {}", new[0]),
            format!("samspill settlement correct takes in what belongs to {} in an open month", new[0]),
        ));
    }
    if new.len() != period.months().count() {
        return Err(not_now(
            format!("some months of {period} are open already"),
            "open the others one by one, as 2012-07",
        ));
    }
    books.post(
        StepKind::Open,
        &period.to_string(),
        now,
        serde_json::to_string(content)?,
        Vec::new(),
        Vec::new(),
    )?;
    Ok(format!(
        "åpnet {period} i {place}; neste: samspill settlement run {} --ledger {place} --contacts FIL",
        new[0]
    ))
}

/// How instruments are settled in a mode: all centrally, all between the parties, or as each was.
pub fn modes(mode: Option<Mode>, period: Period) -> Result<BTreeMap<Instrument, Mode>> {
    let scheme = rulebook::scheme::Scheme::built_in()?;
    let of = |instrument: &Instrument| {
        let as_law = || scheme.mode_on(instrument.word(), period.from()).map(|row| row.value.mode);
        (*instrument, mode.or_else(as_law).unwrap_or(Mode::Central))
    };
    Ok(Instrument::ALL.iter().map(of).collect())
}

/// What a delivery is and how it is settled.
pub struct Run<'a> {
    /// Contacts.
    pub contacts: &'a Path,
    /// Mapping.
    pub mapping: Option<&'a Path>,
    /// List of DRGs.
    pub drg_list: Option<&'a Path>,
    /// What the delivery covers: `unit;from;to`.
    pub coverage: Option<&'a Path>,
    /// Rule files.
    pub files: &'a Files,
    /// Unsigned values may be used.
    pub draft: bool,
    /// Threads.
    pub threads: usize,
    /// When it is recorded.
    pub now: Minute,
}

/// A folder that goes when the work is done.
pub struct Scratch(pub PathBuf);

impl Scratch {
    /// A new one.
    pub fn new() -> Result<Scratch> {
        let mut place = 0;
        loop {
            let name = format!("samspill-{}-{place}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Scratch(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => place += 1,
                Err(error) => {
                    return Err(error).with_context(|| format!("failed to make {}", path.display()));
                }
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What was delivered: every contact and unit of the file.
struct Delivered {
    contacts: Vec<i64>,
    units: BTreeSet<String>,
    /// Contacts that were delivered and refused by the check.
    refused: BTreeSet<i64>,
    /// Whether a refused row does not say which contact it is.
    is_unknown_refused: bool,
}

impl Delivered {
    fn of(path: &Path) -> Result<Delivered> {
        let reader = Reader::open_contacts(path)?;
        let (mut contacts, mut units) = (Vec::new(), BTreeSet::new());
        for group in 0..reader.row_groups() {
            for batch in reader.read(group, &["contact_id", "unit"], 1 << 16, None)? {
                let batch = batch?;
                contacts.extend_from_slice(columns::longs(&batch, "contact_id"));
                let (_, words) = columns::words(&batch, "unit");
                units.extend(words.into_iter().flatten().flatten().map(str::to_owned));
            }
        }
        contacts.sort_unstable();
        Ok(Delivered { contacts, units, refused: BTreeSet::new(), is_unknown_refused: false })
    }

    fn holds(&self, contact: i64) -> bool {
        self.contacts.binary_search(&contact).is_ok()
    }
}

/// Settles a delivery for months, and compares each with what is posted.
struct Desk<'a> {
    books: &'a mut Books,
    run: &'a Run<'a>,
    scratch: Scratch,
    /// The checked file.
    contacts: PathBuf,
    delivered: Delivered,
    coverage: Vec<Coverage>,
    refused: u64,
    sha256: String,
    synthetic: bool,
    rules_text: String,
    law: Law,
    /// Values that nobody has signed, of the months that changed.
    unsigned: Vec<String>,
    /// Contacts that were delivered before, once they are asked for.
    known: Option<Vec<i64>>,
}

impl<'a> Desk<'a> {
    fn new(books: &'a mut Books, run: &'a Run<'a>, months: &[Month], teller: Teller) -> Result<Desk<'a>> {
        let scratch = Scratch::new()?;
        let (contacts, report) = settle_job::trusted_in(
            run.contacts,
            run.mapping,
            run.drg_list,
            &scratch.0.join("checked.parquet"),
            run.threads,
            teller,
        )?;
        let stage = teller.stage("leser leveransen");
        let mut delivered = Delivered::of(&contacts)?;
        for refusal in report.iter().flat_map(|report| &report.refused) {
            match crate::explain_job::contact_of(&refusal.contact) {
                Ok(contact) if !delivered.holds(contact) => {
                    delivered.refused.insert(contact);
                }
                // A row that stands twice is there once.
                Ok(_) => {}
                Err(_) => delivered.is_unknown_refused = true,
            }
        }
        stage.done();
        let coverage = match run.coverage {
            Some(path) => read_coverage(path)?,
            None => {
                let (Some(from), Some(to)) = (months.first(), months.last()) else { bail!("no month") };
                let of = |unit: &String| Coverage { unit: unit.clone(), from: *from, to: *to };
                delivered.units.iter().map(of).collect()
            }
        };
        let reader = Reader::open_contacts(&contacts)?;
        let synthetic = reader.footer().get(register::schema::SYNTHETIC_KEY).is_some_and(|yes| yes == "yes");
        Ok(Desk {
            books,
            run,
            scratch,
            sha256: manifest::sha256_file(run.contacts)?,
            contacts,
            delivered,
            coverage,
            refused: report.map_or(0, |report| report.refused.len() as u64),
            synthetic,
            rules_text: serde_json::to_string(&run.files.law)?,
            law: Law::of(&run.files.book()?)?,
            unsigned: Vec::new(),
            known: None,
        })
    }

    /// Settles one month under a law. Every contact that the file knows of in the month is among the claims.
    fn settle(&self, month: Month, law: &Law, teller: Teller) -> Result<Claims> {
        let charges = self.scratch.0.join("charges.parquet");
        let options = Options {
            period: Period::of_month(month),
            threads: self.run.threads,
            charges: Some(&charges),
            known: true,
        };
        let reader = Reader::open_contacts(&self.contacts)?;
        let stage = teller.stage(&format!("gjør opp {month}"));
        let municipalities = &self.books.municipalities;
        settle(&reader, law, municipalities, &options, |done, of| stage.at(done as u64, of as u64))?;
        stage.done();
        Ok(archive::claims(&charges, municipalities)?)
    }

    /// What a month's posted movements are, and the rules they stand under last.
    fn posted(&mut self, month: Month) -> Result<(Claims, Option<Basis>)> {
        let basis = self.books.months.basis.get(&month).cloned().unwrap_or_default();
        let mut claims = Claims::default();
        for one in &basis {
            archive::decode(self.books.ledger.archive(&one.movements)?, &mut claims)?;
        }
        Ok((claims, basis.last().cloned()))
    }

    /// Units that the delivery is said to cover and has nothing of: all that is posted of them is withdrawn, or a unit is
    /// misspelt.
    fn undelivered(&self) -> Option<String> {
        let units: BTreeSet<&str> = self.coverage.iter().map(|one| one.unit.as_str()).collect();
        let none: Vec<&str> =
            units.into_iter().filter(|unit| !self.delivered.units.contains(*unit)).collect();
        (!none.is_empty()).then(|| {
            let list = none.join(", ");
            format!("OBS: dekningen nevner {list}, og leveransen har ingen kontakter derfra: det som er bokført, trekkes")
        })
    }

    /// Every contact that stands in a posted month of the year before to the year after, from another delivery than this:
    /// one that this file is the first to have is new, whichever of its months is settled first.
    fn known_contacts(&mut self, month: Month) -> Result<Vec<i64>> {
        let mut all = Vec::new();
        let near: Vec<String> = self
            .books
            .months
            .basis
            .iter()
            .filter(|(other, _)| (other.year() - month.year()).abs() <= 1)
            .flat_map(|(_, basis)| basis.iter().filter(|one| one.delivery != self.sha256))
            .map(|one| one.movements.clone())
            .collect();
        for digest in near {
            all.extend(archive::contacts(self.books.ledger.archive(&digest)?)?);
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    /// The movements of one month, and what the ledger will say of them.
    fn month(&mut self, month: Month, into: Month, teller: Teller) -> Result<Option<(MonthMoved, Claims)>> {
        let period = Period::of_month(month);
        let unsigned = settle_job::unsigned(&self.law, period, self.run.draft, |_| true)?;
        let (now, rules) = (self.settle(month, &self.law, teller)?, manifest::versions(&self.law, period));
        let (posted, last) = self.posted(month)?;
        let before = match &last {
            Some(basis) if basis.rules != rules => {
                let law = Law::of(&self.books.kept_rules(&basis.rules_archive)?)?;
                Some(self.settle(month, &law, teller)?)
            }
            _ => None,
        };
        if last.is_some() && self.known.is_none() {
            self.known = Some(self.known_contacts(month)?);
        }
        let known = self.known.as_ref();
        let covers = |unit: &str, ended: &str| {
            let Ok(ended) = Month::parse(ended) else { return false };
            // Where a refused row does not say which contact it is, any that is absent may be that one.
            !self.delivered.is_unknown_refused
                && self.coverage.iter().any(|one| one.unit == unit && one.from <= ended && ended <= one.to)
        };
        let movements = correction::movements(&Comparison {
            posted: &posted,
            under_posted_rules: before.as_ref(),
            now: &now,
            first: last.is_none(),
            covers: &covers,
            delivered: &|contact| self.delivered.holds(contact),
            refused: &|contact| self.delivered.refused.contains(&contact),
            known: &|contact| known.is_some_and(|known| known.binary_search(&contact).is_ok()),
            heir: &|party| self.books.heir(party, into),
        });
        // The same amounts from values that are signed now are worth a step: the month is no draft any more.
        let is_signed_now = last.as_ref().is_some_and(|last| last.draft) && unsigned.is_empty();
        if movements.rows.is_empty() && last.is_some() && !is_signed_now {
            return Ok(None);
        }
        for value in unsigned {
            if !self.unsigned.contains(&value) {
                self.unsigned.push(value);
            }
        }
        let mut causes: BTreeMap<Cause, i64> = BTreeMap::new();
        for row in movements.rows.iter().filter(|row| row.instrument.is_some()) {
            *causes.entry(row.cause).or_default() += row.amount.ore();
        }
        let moved = MonthMoved { month, movements_archive: String::new(), rules, causes };
        Ok(Some((moved, movements)))
    }

    /// What decided objections took off lines that have now changed is put back, and they are opened again.
    fn reopened(&self, movements: &Claims, into: Month) -> (Vec<String>, Vec<Voucher>) {
        let touched = |objection: &ledger::content::Objection| {
            let month = objection.month.to_string();
            movements.rows.iter().any(|row| {
                row.contact == objection.contact
                    && row.instrument == Some(objection.instrument)
                    && movements.words.word(row.month) == month
            })
        };
        let mut out = (Vec::new(), Vec::new());
        for (key, dispute) in &self.books.months.disputes {
            let Some(decision) = dispute.decision.as_ref().filter(|_| touched(&dispute.objection)) else {
                continue;
            };
            out.0.push(key.clone());
            if decision.reduction_ore != 0 {
                let amount = Amount::from_ore(decision.reduction_ore);
                out.1.push(crate::objection_job::voucher(&dispute.objection, amount, into, key));
            }
        }
        out
    }

    fn content(&self, into: Month, months: Vec<MonthMoved>, reopened: Vec<String>) -> Settled {
        Settled {
            into,
            delivery: Delivery {
                file: self.run.contacts.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                sha256: self.sha256.clone(),
                coverage: self.coverage.clone(),
                refused: self.refused,
                synthetic: self.synthetic,
            },
            rules_archive: ledger::voucher::digest(self.rules_text.as_bytes()),
            unsigned: self.unsigned.clone(),
            months,
            reopened,
            program: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// Reads `unit;from;to`: what a delivery covers, by whole months.
pub fn read_coverage(path: &Path) -> Result<Vec<Coverage>> {
    let mut out = Vec::new();
    for (at, [unit, from, to]) in small_table(path, "unit;from;to, as 974557746;2012-01;2012-04")? {
        let month = |text: &str| Month::parse(text).with_context(|| at.clone());
        let (from, to) = (month(&from)?, month(&to)?);
        if to < from {
            bail!("{at}: the coverage ends in {to}, before it begins in {from}");
        }
        out.push(Coverage { unit, from, to });
    }
    if out.is_empty() {
        bail!("{}: no coverage is declared", path.display());
    }
    Ok(out)
}

/// What a settlement posted.
pub struct Outcome {
    /// One sentence.
    pub told: String,
    /// Rows refused.
    pub refused: u64,
}

/// Settles the months of a period that may change.
pub fn run(books: &mut Books, period: Period, run: &Run, teller: Teller) -> Result<Outcome> {
    let months: Vec<Month> = period.months().collect();
    for month in &months {
        books.may_change(*month)?;
    }
    let mut desk = Desk::new(books, run, &months, teller)?;
    let mut told: Vec<String> = desk.undelivered().into_iter().collect();
    for month in months {
        desk.unsigned.clear();
        let is_first = !desk.books.months.basis.contains_key(&month);
        let Some((mut moved, movements)) = desk.month(month, month, teller)? else {
            told.push(format!("{month}: akkurat dette er bokført fra før; ingenting endret"));
            continue;
        };
        let mut vouchers = correction::vouchers(&movements, &month.to_string());
        check_sums(&movements, &vouchers);
        let (reopened, back) = desk.reopened(&movements, month);
        vouchers.extend(back);
        let bytes = archive::encode(&movements)?;
        moved.movements_archive = ledger::voucher::digest(&bytes);
        let rules = desk.rules_text.clone().into_bytes();
        let causes = moved.causes.clone();
        let content = serde_json::to_string(&desk.content(month, vec![moved], reopened.clone()))?;
        let (kept, sum) = (vouchers.len(), sums(&vouchers));
        let stage = teller.stage(&format!("bokfører {month}"));
        let archives = vec![bytes, rules];
        let step =
            desk.books.post(StepKind::Run, &month.to_string(), run.now, content, vouchers, archives)?;
        stage.done();
        told.push(match kept {
            0 if is_first => format!("{month}: steg {step}, ingen aktivitet"),
            0 => format!("{month}: steg {step}, ingen forskjell i kroner; reglene er signert nå"),
            _ => {
                let kept = domain::amount::grouped(kept as u64);
                format!("{month}: steg {step}, {kept} bilag; {sum}; {}", told_causes(&causes))
            }
        });
        told.extend(told_reopened(&reopened));
        desk.known = None;
    }
    Ok(Outcome { told: told.join("\n"), refused: desk.refused })
}

fn told_reopened(keys: &[String]) -> Option<String> {
    let list = keys.join(", ");
    (!keys.is_empty())
        .then(|| format!("linjer med avgjort innsigelse er endret; må avgjøres på nytt: {list}"))
}

/// Money is checked when it crosses the border: the vouchers say what the movements say.
fn check_sums(movements: &Claims, vouchers: &[Voucher]) {
    let posted: Amount = vouchers.iter().map(|voucher| voucher.amount).sum();
    assert_eq!(posted, movements.amount(), "vouchers and movements differ");
}

fn sums(vouchers: &[Voucher]) -> String {
    let mut by: BTreeMap<&str, Amount> = BTreeMap::new();
    for voucher in vouchers {
        *by.entry(voucher.instrument.map_or("", Instrument::word)).or_default() += voucher.amount;
    }
    let parts: Vec<String> = by.iter().map(|(name, amount)| format!("{name} {amount}")).collect();
    parts.join(", ")
}

fn told_causes(causes: &BTreeMap<Cause, i64>) -> String {
    let part = |(cause, ore): (&Cause, &i64)| format!("{} {}", cause.name(), Amount::from_ore(*ore));
    causes.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// Corrects closed months of a period in an open one.
pub fn correct(books: &mut Books, period: Period, into: Month, run: &Run, teller: Teller) -> Result<Outcome> {
    books.may_change(into)?;
    let closed: Vec<Month> = period
        .months()
        .filter(|month| books.months.months.get(month).is_some_and(MonthRecord::is_closed))
        .collect();
    if closed.is_empty() {
        return Err(not_now(
            format!("no month of {period} is closed"),
            format!("samspill settlement run {period} settles a month that is open or provisional again"),
        ));
    }
    let mut desk = Desk::new(books, run, &closed, teller)?;
    let (mut months, mut vouchers, mut archives) = (Vec::new(), Vec::new(), Vec::new());
    let mut told: Vec<String> = desk.undelivered().into_iter().collect();
    let mut reopened = Vec::new();
    for month in closed {
        let Some((mut moved, movements)) = desk.month(month, into, teller)? else {
            told.push(format!("{month}: ingen forskjell"));
            continue;
        };
        let bytes = archive::encode(&movements)?;
        moved.movements_archive = ledger::voucher::digest(&bytes);
        let of_month = correction::vouchers(&movements, &into.to_string());
        check_sums(&movements, &of_month);
        told.push(format!("{month}: {}", told_causes(&moved.causes)));
        vouchers.extend(of_month);
        let (keys, back) = desk.reopened(&movements, into);
        reopened.extend(keys);
        vouchers.extend(back);
        archives.push(bytes);
        months.push(moved);
    }
    let refused = desk.refused;
    if months.is_empty() {
        told.push("ingenting endret".to_owned());
        return Ok(Outcome { told: told.join("\n"), refused });
    }
    archives.push(desk.rules_text.clone().into_bytes());
    let content = serde_json::to_string(&desk.content(into, months, reopened.clone()))?;
    let count = vouchers.len();
    told.push(format!("ført i {into}: {count} bilag; {}", sums(&vouchers)));
    told.extend(told_reopened(&reopened));
    books.post(StepKind::Correct, &period.to_string(), run.now, content, vouchers, archives)?;
    Ok(Outcome { told: told.join("\n"), refused })
}

/// Nets and closes the months of a period.
pub fn close(books: &mut Books, period: Period, now: Minute, teller: Teller) -> Result<String> {
    let mut told = Vec::new();
    for month in period.months() {
        match books.months.state(month) {
            Some(PeriodState::Closed | PeriodState::Final) => {
                told.push(format!("{month}: lukket fra før; ingenting endret"));
                continue;
            }
            Some(PeriodState::Provisional) => {}
            Some(PeriodState::Open) => {
                return Err(not_now(
                    format!("{month} is not settled yet"),
                    format!(
                        "samspill settlement run {month} --ledger {} --contacts FILE",
                        books.ledger.place()
                    ),
                ));
            }
            None => books.may_change(month)?,
        }
        let mut before = books.months.months.range(..month);
        if let Some((other, _)) = before.find(|(_, record)| !record.is_closed()) {
            return Err(not_now(
                format!("{other} is not closed yet"),
                format!("samspill settlement close {other}"),
            ));
        }
        let stage = teller.stage(&format!("lukker {month}"));
        let nets = books.months.nets(month);
        let vouchers = if nets {
            let mut earlier = books.months.months.iter().rev();
            let from = earlier.find(|(_, record)| record.netted).and_then(|(last, _)| last.next());
            let from = from.or(books.months.months.keys().next().copied()).unwrap_or(month);
            let open = books.vouchers(from, month, None)?;
            netting::net(&open, &month.to_string(), &books.months.terms(month))
        } else {
            Vec::new()
        };
        let count = vouchers.len();
        let content = serde_json::to_string(&Closed { netted: nets })?;
        books.post(StepKind::Close, &month.to_string(), now, content, vouchers, Vec::new())?;
        stage.done();
        told.push(if nets {
            format!("{month}: lukket, {count} beløp å gjøre opp")
        } else {
            format!("{month}: lukket; gjøres opp mot a konto senere")
        });
    }
    Ok(told.join("\n"))
}

/// Makes the months of a period final.
pub fn finalise(books: &mut Books, period: Period, now: Minute) -> Result<String> {
    for month in period.months() {
        match books.months.months.get(&month) {
            Some(record) if record.state == PeriodState::Final => {}
            Some(record) if record.state == PeriodState::Closed && !record.is_draft() => {}
            Some(record) if record.state == PeriodState::Closed => {
                let unsigned = &books.months.unsigned;
                return Err(not_now(
                    format!("{month} rests on {} unsigned values: {}", unsigned.len(), unsigned.join("; ")),
                    format!(
                        "sign their sources (signed_off) in a folder of rules, and settle it again: samspill settlement correct {month} --into MONTH --law DIR"
                    ),
                ));
            }
            _ => {
                return Err(not_now(
                    format!("{month} is not closed"),
                    format!("samspill settlement close {month} --ledger {}", books.ledger.place()),
                ));
            }
        }
    }
    if period.months().all(|month| books.months.state(month) == Some(PeriodState::Final)) {
        return Ok(format!("{period}: endelig fra før; ingenting endret"));
    }
    books.post(StepKind::Finalise, &period.to_string(), now, "{}".to_owned(), Vec::new(), Vec::new())?;
    Ok(format!("{period}: endelig"))
}

/// Records who answers for a party that was split.
pub fn inherit(books: &mut Books, content: &Inherited, now: Minute) -> Result<String> {
    if books.months.inherited.contains(content) {
        return Ok("vedtaket er ført fra før; ingenting endret".to_owned());
    }
    let heir = books.municipalities.of_party(&content.heir);
    if !heir.is_some_and(|row| row.exists_on(content.from)) {
        return Err(not_now(
            format!("there is no municipality {} on {}", content.heir, content.from),
            "give the code of the municipality that answers, as it is on that day",
        ));
    }
    let code = content.party.trim_start_matches(domain::municipality::UNDECIDED);
    let ended = books.municipalities.of_party(code).and_then(|row| row.to);
    if ended.is_none_or(|to| to >= content.from) {
        return Err(not_now(
            format!("{code} is no municipality that has ended before {}", content.from),
            "only a municipality that was split, as undecided:1507 or 0720, waits for a decision",
        ));
    }
    if let Heir::One(heir) = books.municipalities.heir(code, content.from) {
        return Err(not_now(
            format!("{code} became {heir} alone, and that one answers for it"),
            "only a municipality that was split, as undecided:1507 or 0720, waits for a decision",
        ));
    }
    if let Some(other) = books.months.decided_heir(code, content.from).filter(|heir| *heir != content.heir) {
        return Err(not_now(
            format!("{other} answers for {code} already, by a decision that was recorded"),
            "what statements rest on is not decided over again: move single amounts by an objection",
        ));
    }
    if books.months.months.get(&content.from.month()).is_some_and(MonthRecord::is_closed) {
        return Err(not_now(
            format!("{} is closed: what its statements say never changes", content.from.month()),
            "let the decision count from a month that is open",
        ));
    }
    let text = serde_json::to_string(content)?;
    books.post(
        StepKind::Inheritance,
        &content.from.month().to_string(),
        now,
        text,
        Vec::new(),
        Vec::new(),
    )?;
    Ok(format!("{} svarer for {} fra {}", content.heir, content.party, content.from))
}

/// Where each month of a period stands.
pub fn status(books: &mut Books, period: Option<Period>) -> Result<Table> {
    let mut table = Table::new(
        "Månedene i hovedboken",
        &["month", "state", "version", "settled", "draft", "corrected_later", "netted", "open_objections"],
    );
    for (month, record) in &books.months.months {
        if period.is_some_and(|period| !period.holds(month.first())) {
            continue;
        }
        let settled = books.months.basis.get(month).map_or(0, Vec::len);
        let yes = |yes: bool| if yes { "ja" } else { "" }.to_owned();
        let open = books.months.open_disputes().filter(|objection| objection.month == *month).count();
        table.row([
            month.to_string(),
            record.state.name().to_owned(),
            record.versions.len().to_string(),
            settled.to_string(),
            yes(record.is_draft()),
            yes(record.corrected),
            yes(record.netted),
            open.to_string(),
        ]);
    }
    Ok(table)
}

/// Where amounts on account come from.
pub enum OnAccountFrom<'a> {
    /// A budget: `instrument;debtor;creditor;kroner` for the year.
    Budget(&'a Path),
    /// What a year in the ledger came to.
    Year(i16),
}

/// Posts amounts on account for the open months of a period. What is posted already is not posted again, and
/// an amount that has changed is posted as the difference; parties that the budget does not name stand.
pub fn on_account(
    books: &mut Books,
    period: Period,
    from: &OnAccountFrom,
    season: bool,
    now: Minute,
) -> Result<String> {
    let months: Vec<Month> = period.months().collect();
    let (Some(first), Some(last)) = (months.first().copied(), months.last().copied()) else {
        bail!("no month")
    };
    let mut standing: BTreeMap<(Month, Instrument, String, String), Amount> = BTreeMap::new();
    for voucher in books.vouchers(first, last, None)? {
        if let (Cause::OnAccount, Some(instrument)) = (voucher.cause, voucher.instrument) {
            let month = Month::parse(&voucher.posting_month)?;
            *standing.entry((month, instrument, voucher.debtor, voucher.creditor)).or_default() +=
                voucher.amount;
        }
    }
    let yearly: BTreeMap<(Instrument, String, String), Amount>;
    // A year's amount is divided over its twelve months, of which some are asked for.
    let mut weights = [1_i64; 12];
    let content = match from {
        OnAccountFrom::Budget(path) => {
            yearly = read_budget(path, &books.municipalities)?;
            OnAccount { basis: "budget".into(), of: manifest::sha256_file(path)?, divided: "equal".into() }
        }
        OnAccountFrom::Year(year) => {
            let by_month;
            (yearly, by_month) = of_year(books, *year, first)?;
            if yearly.is_empty() {
                return Err(not_now(
                    format!("the ledger holds no settlement of {year}"),
                    "give the amounts in a file with --budget FILE",
                ));
            }
            if season {
                weights = by_month.map(|ore| std::cmp::max(ore, 0));
            }
            let divided = if season { "season" } else { "equal" }.to_owned();
            OnAccount { basis: "previous-year".into(), of: year.to_string(), divided }
        }
    };
    let mut vouchers = Vec::new();
    for ((instrument, debtor, creditor), amount) in &yearly {
        let parts = netting::divided(*amount, &weights);
        for month in &months {
            let part = parts.get(month.number() as usize - 1).copied().unwrap_or_default();
            let key = (*month, *instrument, debtor.clone(), creditor.clone());
            // What stands is not posted again; a changed amount is posted as the difference.
            let more = part - standing.get(&key).copied().unwrap_or_default();
            if more != Amount::ZERO {
                books.may_change(*month)?;
                vouchers.push(netting::on_account(&month.to_string(), *instrument, debtor, creditor, more));
            }
        }
    }
    if vouchers.is_empty() && standing.is_empty() {
        bail!("there is no amount to post on account");
    }
    if vouchers.is_empty() {
        return Ok(format!("{period}: a konto er ført fra før; ingenting endret"));
    }
    vouchers.sort_by(|one, other| one.posting_month.cmp(&other.posting_month));
    let (count, sum) = (vouchers.len(), sums(&vouchers));
    books.post(
        StepKind::OnAccount,
        &period.to_string(),
        now,
        serde_json::to_string(&content)?,
        vouchers,
        Vec::new(),
    )?;
    Ok(format!("{period}: {count} bilag a konto; {sum}"))
}

/// What a year in the ledger came to, by instrument, debtor and creditor as they are now, and by month.
#[expect(clippy::type_complexity, reason = "two tables of one reading, used in one place")]
fn of_year(
    books: &mut Books,
    year: i16,
    now: Month,
) -> Result<(BTreeMap<(Instrument, String, String), Amount>, [i64; 12])> {
    let (Some(january), Some(december)) = (Month::new(year, 1), Month::new(year, 12)) else {
        bail!("{year} is no year")
    };
    let (mut yearly, mut by_month) = (BTreeMap::new(), [0_i64; 12]);
    for voucher in books.vouchers(january, december, None)? {
        let Some(instrument) = voucher.instrument.filter(|_| voucher.cause.is_computed()) else { continue };
        let key = (instrument, books.heir(&voucher.debtor, now), books.heir(&voucher.creditor, now));
        *yearly.entry(key).or_insert(Amount::ZERO) += voucher.amount;
        if let Ok(month) = Month::parse(&voucher.activity_period) {
            by_month[month.number() as usize - 1] += voucher.amount.ore();
        }
    }
    Ok((yearly, by_month))
}

/// Reads a budget: `instrument;debtor;creditor;kroner`, decimal comma or point.
fn read_budget(
    path: &Path,
    municipalities: &Municipalities,
) -> Result<BTreeMap<(Instrument, String, String), Amount>> {
    let mut out = BTreeMap::new();
    for (at, [instrument, debtor, creditor, kroner]) in
        small_table(path, "instrument;debtor;creditor;kroner")?
    {
        let instrument = Instrument::from_word(&instrument).with_context(|| at.clone())?;
        let amount = kroner_of(&kroner).with_context(|| format!("{at}: '{kroner}' is not an amount"))?;
        if amount < Amount::ZERO {
            bail!("{at}: {kroner} is below zero: what is paid on account is paid, not owed");
        }
        if debtor != "state" && !debtor.starts_with("area:") && municipalities.of_party(&debtor).is_none() {
            bail!("{at}: there is no municipality {debtor}");
        }
        if !domain::identifier::is_organisation(&creditor) && !creditor.starts_with("SYN-") {
            bail!("{at}: {creditor} is no organisation number");
        }
        if out.insert((instrument, debtor.clone(), creditor.clone()), amount).is_some() {
            bail!("{at}: {instrument} from {debtor} to {creditor} stands twice");
        }
    }
    Ok(out)
}

/// `1 234,50`, `1234.5`, `4.000,00`, `kr 20`, `-20` as an amount.
pub fn kroner_of(text: &str) -> Option<Amount> {
    let text: String =
        text.chars().filter(|c| !c.is_whitespace() && *c != '\u{a0}' && *c != '\u{202f}').collect();
    let text = text.to_lowercase().replace('\u{2212}', "-");
    let text = text.trim_start_matches("kr").trim_start_matches('.').trim_end_matches("kr").to_owned();
    // With a decimal comma, points group thousands: 4.000,00.
    let text = match text.split_once(',') {
        Some((kroner, _)) if grouped_by_points(kroner) => text.replace('.', ""),
        _ => text,
    };
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.as_str()),
    };
    let (kroner, ore) = digits.split_once([',', '.']).unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if kroner.is_empty() || !plain(kroner) || !plain(ore) || ore.len() > 2 {
        return None;
    }
    let ore: i64 = if ore.is_empty() { 0 } else { format!("{ore:0<2}").parse().ok()? };
    let all = kroner.parse::<i64>().ok()?.checked_mul(100)?.checked_add(ore)?;
    // No amount between two parties is above ten thousand billion kroner; sums of those that are below fit.
    (all <= 1_000_000_000_000_000).then(|| Amount::from_ore(sign * all))
}

/// Whether points stand between groups of three digits, and only there.
fn grouped_by_points(kroner: &str) -> bool {
    let mut groups = kroner.trim_start_matches('-').split('.');
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3)
}

/// What `open` was asked for, with the defaults.
pub fn opened(
    mode: Option<Mode>,
    period: Period,
    balancing: Balancing,
    rounding: PayRounding,
) -> Result<Opened> {
    Ok(Opened { modes: modes(mode, period)?, balancing, rounding })
}
