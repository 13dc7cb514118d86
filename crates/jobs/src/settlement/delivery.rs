//! A delivery on its way into the ledger: what it holds and covers, its settlement month by month, and the
//! comparison with what is posted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::failure::{About, Result, fail};
use domain::{Amount, Cause, Claim, Claims, Day, Instrument, Minute, Month, Period, PeriodState};
use ledger::Voucher;
use ledger::content::{Coverage, Delivery, MonthMoved, Settled};
use ledger::correction::{self, Comparison};
use ledger::months::Basis;
use register::columns;
use register::file_error::FileError;
use register::parquet_file::{Reader, in_order};
use rulebook::Scope;
use settlement::sink::ClaimsSink;
use settlement::{Law, Options, archive, manifest, settle};
use words::Message;

use super::books::Books;
use super::objection;
use crate::host::{Host, Scratch};
use crate::intake::{self, Input};
use crate::law::{Files, asked, not_settled, note_agreements_for_nobody};
use crate::progress::{Note, Work};
use crate::refusal::Refusal;
use crate::table::small_table;

/// A delivery, and how it is settled.
pub struct Run<'a> {
    /// File of contacts, checked or not.
    pub contacts: &'a Path,
    /// Built-in name or TOML file of the mapping; `None` for the program's own schema.
    pub mapping: Option<&'a Path>,
    /// File with the year's list of DRGs.
    pub drg_list: Option<&'a Path>,
    /// File that states what the delivery covers, with rows `unit;from;to` in months. If `None`, the delivery covers
    /// each unit in every month to be settled in which a contact of that unit ended.
    pub coverage: Option<&'a Path>,
    pub files: &'a Files,
    /// Instruments to settle; empty for all.
    pub only: &'a [Instrument],
    /// Whether values that nobody has signed may be used.
    pub draft: bool,
    /// Day on which the extract was made; `None` if the sender does not state the day.
    pub made_on: Option<Day>,
    /// Whether to post a step that would otherwise be refused, because it changes much of what is posted or takes an
    /// older delivery.
    pub accept: bool,
    /// Time at which the steps are recorded.
    pub now: Minute,
}

/// The contacts and units of a delivered file.
#[derive(Default)]
struct Delivered {
    /// Keys of the accepted contacts, in ascending order, each with the day of discharge as a number.
    contacts: Vec<(i64, i32)>,
    /// Contacts with messages on readiness that began before the month in which they ended, by that month.
    over: BTreeMap<Month, BTreeSet<i64>>,
    /// Units, each with the months in which its contacts ended.
    units: BTreeMap<String, BTreeSet<Month>>,
    /// Trusts, each with its units.
    trusts: BTreeMap<String, BTreeSet<String>>,
    /// Keys of the contacts whose rows were all refused.
    refused: BTreeSet<i64>,
    /// Whether the check refused a row without a known contact.
    is_unknown_refused: bool,
}

impl Delivered {
    fn of(path: &Path, threads: usize) -> Result<Delivered> {
        let reader = Reader::open_contacts(path)?;
        let mut all = Delivered::default();
        in_order(
            reader.row_groups(),
            threads,
            |group| Delivered::of_group(&reader, group),
            |_, one| {
                all.contacts.extend(one.contacts);
                for (unit, months) in one.units {
                    all.units.entry(unit).or_default().extend(months);
                }
                for (trust, units) in one.trusts {
                    all.trusts.entry(trust).or_default().extend(units);
                }
                for (month, contacts) in one.over {
                    all.over.entry(month).or_default().extend(contacts);
                }
                Ok(())
            },
            || FileError::Worker { path: path.to_path_buf() }.into(),
        )?;
        all.contacts.sort_unstable();
        Ok(all)
    }

    /// Contacts and units of one row group; the contacts in the order of the file.
    fn of_group(reader: &Reader, group: usize) -> Result<Delivered> {
        let mut out = Delivered::default();
        let names = ["contact_id", "unit", "trust", "admitted_minute", "discharged_on", "reported_ready"];
        for batch in reader.read(group, &names, 1 << 16, None)? {
            let batch = batch?;
            let (keys, ended) =
                (columns::longs(&batch, "contact_id"), columns::ints(&batch, "discharged_on"));
            out.contacts.extend(keys.iter().copied().zip(ended.iter().copied()));
            let (began, ready) =
                (columns::ints(&batch, "admitted_minute"), columns::flags(&batch, "reported_ready"));
            for row in ready.into_iter().flat_map(|ready| ready.values().set_indices()) {
                let month = Day::from_number(ended[row]).month();
                if i64::from(began[row]) < month.first().start().number() {
                    out.over.entry(month).or_default().insert(keys[row]);
                }
            }
            let (keys, words) = columns::words(&batch, "unit");
            let Some(words) = words else { continue };
            // Only distinct pairs of unit and day are looked up in the calendar: a unit has at most 31 in a month.
            let days: BTreeSet<(i32, i32)> =
                keys.iter().copied().zip(columns::ints(&batch, "discharged_on").iter().copied()).collect();
            let words: Vec<&str> = words.iter().map(|word| word.unwrap_or("")).collect();
            for (key, day) in days {
                let unit = usize::try_from(key).ok().and_then(|key| words.get(key)).copied();
                let months = out.units.entry(unit.unwrap_or("").to_owned()).or_default();
                months.insert(Day::from_number(day).month());
            }
            let (trust_keys, trusts) = columns::words(&batch, "trust");
            let Some(trusts) = trusts else { continue };
            let trusts: Vec<&str> = trusts.iter().map(|trust| trust.unwrap_or("")).collect();
            let pairs: BTreeSet<(i32, i32)> = trust_keys.iter().copied().zip(keys.iter().copied()).collect();
            for (trust, unit) in pairs {
                let of = |list: &[&str], key: i32| {
                    usize::try_from(key)
                        .ok()
                        .and_then(|key| list.get(key))
                        .map_or("", |word| *word)
                        .to_owned()
                };
                out.trusts.entry(of(&trusts, trust)).or_default().insert(of(&words, unit));
            }
        }
        Ok(out)
    }

    /// Coverage in which an institution, by number or name, stands for each of its units.
    fn by_unit(&self, coverage: Vec<Coverage>) -> Result<Vec<Coverage>> {
        let mut out = Vec::new();
        for one in coverage {
            let trust = match self.units.contains_key(&one.unit) {
                true => None,
                false => {
                    let named = crate::parties::named(&one.unit, Period::of_month(one.from))?;
                    self.trusts.get(&named).filter(|_| !named.is_empty())
                }
            };
            match trust {
                None => out.push(one),
                Some(units) => {
                    out.extend(units.iter().map(|unit| Coverage { unit: unit.clone(), ..one.clone() }));
                }
            }
        }
        Ok(out)
    }

    fn holds(&self, contact: i64) -> bool {
        self.ended(contact).is_some()
    }

    /// Month in which a contact ended; `None` if the delivery does not hold the contact.
    fn ended(&self, contact: i64) -> Option<Month> {
        let place = self.contacts.binary_search_by_key(&contact, |(key, _)| *key).ok()?;
        Some(Day::from_number(self.contacts[place].1).month())
    }
}

/// Settles a delivery, month by month, and compares each month with what is posted.
pub(super) struct DeliverySettler<'a> {
    pub(super) books: &'a mut Books,
    run: &'a Run<'a>,
    #[expect(dead_code, reason = "the checked file lies in it until the delivery is settled")]
    scratch: Scratch,
    /// The checked file.
    contacts: PathBuf,
    delivered: Delivered,
    coverage: Vec<Coverage>,
    /// Number of rows that the check refused.
    pub(super) refused: u64,
    sha256: String,
    synthetic: bool,
    /// Whether the rows are counted figures.
    is_counted: bool,
    /// Whether no row has a message on readiness.
    has_no_events: bool,
    /// The rule files of the law as JSON, to be kept with the step.
    pub(super) rules_text: String,
    law: Law,
    /// Instruments that are noted as unpriced.
    unpriced: BTreeSet<Instrument>,
    /// A year, and the keys of the contacts that were delivered before in or near that year, in ascending order; `None`
    /// until they are needed.
    pub(super) known: Option<(i16, Vec<i64>)>,
    /// Units and months for which something is posted, but nothing is delivered or declared as covered. What is posted
    /// stands.
    pub(super) left_out: BTreeSet<(String, Month)>,
    /// The months that are settled together.
    months: Vec<Month>,
    /// Claims of months that were settled in one reading of the delivery with a month before, until they are asked for.
    ahead: BTreeMap<Month, Claims>,
}

impl<'a> DeliverySettler<'a> {
    /// Reads and checks a delivery for the months to be settled.
    pub(super) fn new(
        books: &'a mut Books,
        run: &'a Run<'a>,
        months: &[Month],
        host: &Host,
    ) -> Result<DeliverySettler<'a>> {
        if let Some(day) = run.made_on.filter(|day| *day > run.now.day()) {
            fail!("error.delivery.made_later", day, today = run.now.day());
        }
        let scratch = Scratch::under(host.scratch)?;
        let Input { path: contacts, report, sha256 } = intake::trusted_in(
            run.contacts,
            run.mapping,
            run.drg_list,
            &scratch.path().join("checked.parquet"),
            host,
        )?;
        let stage = host.begin(Work::ReadDelivery);
        let mut delivered = Delivered::of(&contacts, host.threads)?;
        for refusal in report.iter().flat_map(|report| &report.refused) {
            match refusal.key {
                Some(contact) if !delivered.holds(contact) => {
                    delivered.refused.insert(contact);
                }
                // Another row of the same contact was accepted.
                Some(_) => {}
                None => delivered.is_unknown_refused = true,
            }
        }
        stage.done();
        let coverage = match run.coverage {
            Some(path) => delivered.by_unit(read_coverage(path)?)?,
            None => {
                let (Some(from), Some(to)) = (months.first(), months.last()) else {
                    fail!("error.delivery.no_month")
                };
                held(&delivered.units, *from, *to)
            }
        };
        let reader = Reader::open_contacts(&contacts)?;
        let book = run.files.book()?;
        note_agreements_for_nobody(&book, &reader, host)?;
        let synthetic = reader.footer().get(register::schema::SYNTHETIC_KEY).is_some_and(|yes| yes == "yes");
        Ok(DeliverySettler {
            books,
            run,
            scratch,
            sha256,
            contacts,
            delivered,
            coverage,
            refused: report.map_or(0, |report| report.refused.len() as u64),
            synthetic,
            is_counted: reader.is_counted(),
            has_no_events: intake::lacking(&reader).has_no_events(),
            rules_text: serde_json::to_string(&run.files.law)?,
            law: Law::of(&book)?,
            unpriced: BTreeSet::new(),
            known: None,
            left_out: BTreeSet::new(),
            months: months.to_vec(),
            ahead: BTreeMap::new(),
        })
    }

    /// Claims of a period under the instruments of a scope of a law. They include contacts that give no charge, so that the
    /// ledger knows that these were delivered.
    fn settle(&self, period: Period, law: &Law, scope: &Scope, host: &Host) -> Result<Claims> {
        let options = Options { period, scope, threads: host.threads };
        let reader = Reader::open_contacts(&self.contacts)?;
        let stage = host.begin(Work::Settle(period));
        let municipalities = &self.books.municipalities;
        let mut sink = ClaimsSink::with_known(municipalities);
        let at = |done, of| stage.at(done as u64, of as u64);
        settle(&reader, law, municipalities, &options, &mut sink, at)?;
        stage.done();
        Ok(sink.claims)
    }

    /// Claims of one month under the current rules. Some of the months to be settled after it, and the month before it if that
    /// is looked at, are settled in the same reading of the delivery.
    fn settle_now(&mut self, month: Month, scope: &Scope, host: &Host) -> Result<Claims> {
        if let Some(claims) = self.ahead.remove(&month) {
            return Ok(claims);
        }
        // Municipalities have years of their own, and counted figures are of a year.
        let is_alike = |other: &Month| {
            !self.is_counted
                && other.year() == month.year()
                && self.law.in_period(Period::of_month(*other), self.run.only) == *scope
        };
        let next = |last: &Month| last.next().filter(|next| self.months.contains(next) && is_alike(next));
        let last = std::iter::successors(Some(month), next).take(AT_ONCE).last().unwrap_or(month);
        let first = self.month_before(month).filter(is_alike).unwrap_or(month);
        let period = Period::spanning(first, last);
        let Claims { mut words, rows } = self.settle(period, &self.law, scope, host)?;
        if first == last {
            return Ok(Claims { words, rows });
        }
        let mut by_month: BTreeMap<u32, Vec<Claim>> = BTreeMap::new();
        for row in rows {
            by_month.entry(row.month).or_default().push(row);
        }
        for one in period.months() {
            let rows = by_month.remove(&words.number(&one.to_string())).unwrap_or_default();
            self.ahead.insert(one, Claims { words: words.clone(), rows });
        }
        Ok(self.ahead.remove(&month).unwrap_or_default())
    }

    /// Whether a month is settled, and not settled again together with others now.
    fn is_apart(&self, month: Month) -> bool {
        self.books.months.basis.contains_key(&month) && !self.months.contains(&month)
    }

    /// The month before `month`, if it is apart and the delivery has stays that ended in `month` with messages on readiness.
    fn month_before(&self, month: Month) -> Option<Month> {
        let before = month.first().previous().month();
        (self.is_apart(before) && self.delivered.over.contains_key(&month)).then_some(before)
    }

    /// How each instrument stands in a month. Notes each that cannot be priced, once.
    ///
    /// # Errors
    /// Fails if nothing can be priced, or if the month is settled already for an instrument that it would now be without.
    fn scope(&mut self, month: Month, host: &Host) -> Result<Scope> {
        let scope = self.law.scope(Period::of_month(month), self.run.only)?;
        for (instrument, missing) in scope.unpriced() {
            if self.unpriced.insert(instrument) {
                host.note(Note::Unpriced(instrument, missing.clone()));
            }
        }
        let Some(basis) = self.books.months.basis.get(&month).and_then(|basis| basis.last()) else {
            return Ok(scope);
        };
        for (instrument, missing) in not_settled(&scope) {
            if !basis.not_settled.contains_key(&instrument) {
                return Err(match missing {
                    Some(missing) => missing.into(),
                    None => Refusal::SettledBefore { month, instrument }.into(),
                });
            }
        }
        Ok(scope)
    }

    /// Movements that are posted for a month, and the last settlement behind them; `None` if the month was never
    /// settled.
    fn posted(&mut self, month: Month) -> Result<(Claims, Option<Basis>)> {
        let basis = self.books.months.basis.get(&month).cloned().unwrap_or_default();
        let mut claims = Claims::default();
        for one in &basis {
            archive::decode(self.books.ledger.archive(&one.movements)?, &mut claims)?;
        }
        Ok((claims, basis.last().cloned()))
    }

    /// Units that the coverage names, but that have no contact in the delivery. What is posted for them is withdrawn.
    /// Such a unit may be misspelt.
    pub(super) fn undelivered(&self) -> Vec<String> {
        let units: BTreeSet<&str> = self.coverage.iter().map(|one| one.unit.as_str()).collect();
        units
            .into_iter()
            .filter(|unit| !self.delivered.units.contains_key(*unit))
            .map(str::to_owned)
            .collect()
    }

    /// Keys of the contacts in the posted movements of the year of `month`, the year before and the year after, except
    /// movements from this very file. A contact that first comes with this file is therefore new in each of its months,
    /// in whatever order the months are settled.
    fn known_contacts(&mut self, month: Month) -> Result<Vec<i64>> {
        let mut all = Vec::new();
        let near: Vec<String> = self
            .near(month)
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

    /// Movements of one month to post in `into`, and their entry in the content of the step. `None` if there is
    /// nothing to post.
    pub(super) fn month(
        &mut self,
        month: Month,
        into: Month,
        host: &Host,
    ) -> Result<Option<(MonthMoved, Claims)>> {
        let period = Period::of_month(month);
        let scope = self.scope(month, host)?;
        let unsigned = crate::settle::unsigned(&self.law, period, &scope, self.run.draft)?;
        let rules = manifest::versions(&self.law, period, &scope);
        let now = self.settle_now(month, &scope, host)?;
        let (posted, last) = self.posted(month)?;
        if last.is_some() {
            self.note_left_out(&posted);
            if self.delivered.is_unknown_refused {
                host.note(Note::NothingWithdrawn(month));
            }
        }
        let before = match &last {
            Some(basis) if basis.rules != rules => {
                let law = Law::of(&self.books.kept_rules(&basis.rules_archive)?)?;
                let scope = law.scope(period, &asked(&basis.not_settled))?;
                Some(self.settle(period, &law, &scope, host)?)
            }
            _ => None,
        };
        if last.is_some() && self.known.as_ref().is_none_or(|(year, _)| *year != month.year()) {
            self.known = Some((month.year(), self.known_contacts(month)?));
        }
        let known = self.known.as_ref().map(|(_, contacts)| contacts);
        let covers = |unit: &str, ended: &str| {
            let Ok(ended) = Month::parse(ended) else { return false };
            // A refused row without a known contact may be a row of any missing contact, so no missing contact is
            // withdrawn.
            !self.delivered.is_unknown_refused && covers(&self.coverage, unit, ended)
        };
        let movements = correction::movements(&Comparison {
            posted: &posted,
            under_posted_rules: before.as_ref(),
            now: &now,
            first: last.is_none() && month == into,
            covers: &covers,
            delivered: &|contact| self.delivered.holds(contact),
            refused: &|contact| self.delivered.refused.contains(&contact),
            known: &|contact| known.is_some_and(|known| known.binary_search(&contact).is_ok()),
            heir: &|party| self.books.heir(party, into),
        });
        if last.is_some() && !self.run.accept {
            self.may_post(month, &now, &posted, &movements)?;
        }
        self.note_moved(month, &posted, &movements, host)?;
        self.note_days_before(month, host)?;
        // A month whose values are now all signed gets a step even if no amount differs: the month is no longer a
        // draft.
        let is_signed_now = last.as_ref().is_some_and(Basis::is_draft) && unsigned.is_empty();
        // So does a month that is not settled yet, though what belongs to it was posted in another month before.
        let is_open = into == month && self.books.months.state(month) == Some(PeriodState::Open);
        if movements.rows.is_empty() && last.is_some() && !is_signed_now && !is_open {
            return Ok(None);
        }
        let causes = correction::causes(&movements);
        let unsigned = Some(unsigned);
        let not_settled = not_settled(&scope);
        let movements_archive = String::new();
        let moved = MonthMoved { month, movements_archive, rules, causes, unsigned, not_settled };
        Ok(Some((moved, movements)))
    }

    /// Notes contacts of the movements that are posted in other months as well, or that the delivery has in other months
    /// now: a day of discharge that was corrected over the end of a month moves a contact. The months that are settled
    /// together take care of their own.
    fn note_moved(&mut self, month: Month, posted: &Claims, movements: &Claims, host: &Host) -> Result<()> {
        let others: Vec<Month> = self.near(month).map(|(other, _)| *other).collect();
        let others: Vec<Month> =
            others.into_iter().filter(|other| *other != month && !self.months.contains(other)).collect();
        if posted.rows.is_empty() && others.is_empty() {
            return Ok(());
        }
        let changed = ended_in(movements, month, has_instrument);
        let come: Vec<i64> =
            changed.iter().copied().filter(|contact| self.delivered.ended(*contact) == Some(month)).collect();
        self.note_come(month, &come, &others, host)?;
        let mut moved: BTreeMap<Month, BTreeSet<i64>> = BTreeMap::new();
        let was_here = ended_in(posted, month, has_instrument);
        for contact in changed.into_iter().filter(|contact| was_here.binary_search(contact).is_ok()) {
            let now = self.delivered.ended(contact);
            if let Some(now) = now.filter(|now| *now != month && !self.months.contains(now)) {
                moved.entry(now).or_default().insert(contact);
            }
        }
        // Where a month has taken its contacts up already, nothing is amiss.
        for (now, contacts) in &mut moved {
            let there = correction::net(&self.posted(*now)?.0);
            let is_there = |row: &&Claim| there.words.word(row.ended) == now.to_string();
            for row in there.rows.iter().filter(is_there) {
                contacts.remove(&row.contact);
            }
        }
        moved.retain(|_, contacts| !contacts.is_empty());
        if !moved.is_empty() {
            let count = moved.values().map(BTreeSet::len).sum();
            host.note(Note::MovedElsewhere { count, month, others: moved.into_keys().collect() });
        }
        Ok(())
    }

    /// Notes those of the contacts, in ascending order, that have come into `month`, and that are posted in any of `others` as
    /// well.
    fn note_come(&mut self, month: Month, come: &[i64], others: &[Month], host: &Host) -> Result<()> {
        let (mut twice, mut there) = (BTreeSet::new(), BTreeSet::new());
        for other in others.iter().filter(|_| !come.is_empty()) {
            // The keys of a month are read faster than its claims, and most months have none of these contacts.
            if !self.has_any(*other, come)? {
                continue;
            }
            let posted = correction::net(&self.posted(*other)?.0);
            // Days belong to the month in which they passed, whichever month the stay ended in.
            let is_whole = |row: &&Claim| {
                row.instrument.is_some_and(|instrument| instrument != Instrument::DischargeReady)
                    && come.binary_search(&row.contact).is_ok()
                    && posted.words.word(row.ended) != month.to_string()
            };
            let found: Vec<i64> = posted.rows.iter().filter(is_whole).map(|row| row.contact).collect();
            if !found.is_empty() {
                there.insert(*other);
                twice.extend(found);
            }
        }
        if !twice.is_empty() {
            let others = there.into_iter().collect();
            host.note(Note::PostedElsewhere { count: twice.len(), month, others });
        }
        Ok(())
    }

    /// Notes stays that ended in `month` and have payable days in settled months before it, of which nothing is posted: a
    /// stay over the end of a month first comes when the patient has left.
    fn note_days_before(&mut self, month: Month, host: &Host) -> Result<()> {
        let (mut contacts, mut others) = (BTreeSet::new(), Vec::new());
        let Some(mut before) = self.month_before(month) else { return Ok(()) };
        let mut over = self.delivered.over.get(&month).cloned().unwrap_or_default();
        while !over.is_empty() && self.is_apart(before) {
            let posted = correction::net(&self.posted(before)?.0);
            let is_waited = |row: &&Claim| row.instrument == Some(Instrument::DischargeReady);
            for row in posted.rows.iter().filter(is_waited) {
                over.remove(&row.contact);
            }
            if over.is_empty() {
                break;
            }
            let now = match self.ahead.remove(&before) {
                Some(now) => now,
                None => {
                    let period = Period::of_month(before);
                    let scope = self.law.scope(period, self.run.only)?;
                    self.settle(period, &self.law, &scope, host)?
                }
            };
            let found: BTreeSet<i64> = now.rows.iter().filter(is_waited).map(|row| row.contact).collect();
            over.retain(|contact| found.contains(contact));
            if !over.is_empty() {
                contacts.extend(over.iter().copied());
                others.insert(0, before);
            }
            before = before.first().previous().month();
        }
        if !others.is_empty() {
            host.note(Note::DaysBefore { count: contacts.len(), month, others });
        }
        Ok(())
    }

    /// Whether any of the contacts, in ascending order, is in the posted movements of a month.
    fn has_any(&mut self, month: Month, contacts: &[i64]) -> Result<bool> {
        for one in self.books.months.basis.get(&month).into_iter().flatten() {
            let mut keys = archive::contacts(self.books.ledger.archive(&one.movements)?)?;
            keys.sort_unstable();
            let mut wanted = contacts;
            for key in keys {
                let passed = wanted.iter().take_while(|contact| **contact < key).count();
                wanted = &wanted[passed..];
                if wanted.first() == Some(&key) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Settlements of the months in the year of `month`, the year before and the year after.
    fn near(&self, month: Month) -> impl Iterator<Item = (&Month, &Vec<Basis>)> {
        let all = self.books.months.basis.iter();
        all.filter(move |(other, _)| (other.year() - month.year()).abs() <= 1)
    }

    /// Notes units and months for which something is posted, but nothing is delivered or declared as covered.
    fn note_left_out(&mut self, posted: &Claims) {
        let net = correction::net(posted);
        let pairs: BTreeSet<(u32, u32)> = net.rows.iter().map(|row| (row.unit, row.ended)).collect();
        for (unit, ended) in pairs {
            let (unit, ended) = (net.words.word(unit), net.words.word(ended));
            let Ok(ended) = Month::parse(ended) else { continue };
            let is_held = self.delivered.units.get(unit).is_some_and(|months| months.contains(&ended));
            if !is_held && !covers(&self.coverage, unit, ended) {
                self.left_out.insert((unit.to_owned(), ended));
            }
        }
    }

    /// Checks that movements may be posted without [`Run::accept`], for a month that was settled before.
    ///
    /// # Errors
    /// Fails if the delivery is older than the delivery that the month was last settled from, if it takes back all that is
    /// posted under an instrument, or if the movements withdraw or change more of the month than [`ODD`] allows.
    fn may_post(&self, month: Month, now: &Claims, posted: &Claims, movements: &Claims) -> Result<()> {
        let basis = self.books.months.basis.get(&month).map_or(&[][..], Vec::as_slice);
        let number = |sha256: &str| {
            let all = &self.books.months.deliveries;
            all.iter().position(|one| one.delivery.sha256 == sha256)
        };
        let last = basis.last().map(|basis| basis.delivery.as_str());
        let made_on =
            last.and_then(number).and_then(|place| self.books.months.deliveries[place].delivery.made_on);
        let is_before = self.run.made_on.is_some_and(|day| made_on.is_some_and(|last| day < last));
        let is_again =
            last != Some(self.sha256.as_str()) && basis.iter().any(|basis| basis.delivery == self.sha256);
        if (is_before || is_again) && !movements.rows.is_empty() {
            let last = last.and_then(number).map_or(0, |place| place + 1);
            let file = self.run.contacts.display().to_string();
            return Err(Refusal::OlderDelivery { file, month, last }.into());
        }
        let is_odd = |cause| match cause {
            Cause::Withdrawn | Cause::ChangedCoding | Cause::ChangedPayer => true,
            Cause::Activity
            | Cause::NewActivity
            | Cause::ChangedRule
            | Cause::Objection
            | Cause::ReviewBoard
            | Cause::OnAccount
            | Cause::Netting
            | Cause::Invoice => false,
        };
        let odd = || movements.rows.iter().filter(|row| row.instrument.is_some() && is_odd(row.cause));
        if odd().next().is_none() {
            return Ok(());
        }
        let contacts = odd().map(|row| row.contact).collect::<BTreeSet<_>>().len();
        let amount: Amount = odd().map(|row| row.amount).sum();
        let net = correction::net(posted);
        let of = net.rows.iter().filter(|row| row.instrument.is_some()).map(|row| row.contact);
        let (of, settled) = (of.collect::<BTreeSet<_>>().len(), posted.amount());
        let change = i128::from(amount.ore()).abs();
        if (contacts > ODD.contacts && contacts * ODD.one_in > of)
            || (change > i128::from(ODD.amount.ore())
                && change * ODD.one_in as i128 > i128::from(settled.ore()).abs())
        {
            return Err(Refusal::LargeChange { month, contacts, of, amount, settled }.into());
        }
        let mut after = posted.clone();
        after.extend(movements);
        let after = correction::net(&after);
        let here = ended_in(now, month, |_| true);
        for instrument in Instrument::ALL.iter().copied() {
            let is_of = |row: &&Claim| row.instrument == Some(instrument);
            let is_left = after.rows.iter().any(|row| is_of(&row));
            let before: BTreeSet<i64> = net.rows.iter().filter(is_of).map(|row| row.contact).collect();
            // The contacts are delivered, but nothing of the instrument is left: what it rests on may be lacking. One or two
            // contacts may be rightly corrected.
            let is_many =
                before.len() > FEW || (instrument == Instrument::DischargeReady && self.has_no_events);
            if !is_left
                && is_many
                && odd().any(|row| is_of(&row))
                && here.iter().any(|contact| before.contains(contact))
            {
                return Err(Refusal::InstrumentGone { month, instrument, contacts: before.len() }.into());
            }
        }
        Ok(())
    }

    /// Keys of the decided objections whose lines the movements change, and vouchers that put back what those decisions
    /// took off.
    pub(super) fn reopened(&self, movements: &Claims, into: Month) -> (Vec<String>, Vec<Voucher>) {
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
            if dispute.decision.is_some() && touched(&dispute.objection) {
                out.0.push(key.clone());
                out.1.extend(objection::put_back(dispute, into));
            }
        }
        out
    }

    /// Content of the step that posts the movements of these months in `into`.
    pub(super) fn content(&self, into: Month, months: Vec<MonthMoved>, reopened: Vec<String>) -> Settled {
        let mut unsigned: Vec<String> = Vec::new();
        for value in months.iter().filter_map(|moved| moved.unsigned.as_ref()).flatten() {
            if !unsigned.contains(value) {
                unsigned.push(value.clone());
            }
        }
        Settled {
            into,
            delivery: Delivery {
                file: self.run.contacts.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                sha256: self.sha256.clone(),
                coverage: self.coverage.clone(),
                refused: self.refused,
                synthetic: self.synthetic,
                made_on: self.run.made_on,
            },
            rules_archive: ledger::voucher::digest(self.rules_text.as_bytes()),
            unsigned,
            months,
            reopened,
            program: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// How much of a month a new delivery may withdraw or change without [`Run::accept`].
struct Limit {
    /// Number of contacts that is never too many.
    contacts: usize,
    /// Amount that is never too large.
    amount: Amount,
    /// Share that is allowed even beyond these limits: one in `one_in` of the posted contacts, and of the amount
    /// settled.
    one_in: usize,
}

/// Number of months that are settled in one reading of a delivery: the claims of all of them are in memory.
const AT_ONCE: usize = 4;

/// Number of contacts that may lose a charge without a question, though they are all that an instrument has in a month.
const FEW: usize = 2;

const ODD: Limit = Limit { contacts: 10, amount: Amount::from_ore(50_000_000), one_in: 20 };

/// Contacts whose stay ended in a month, in ascending order: those of the rows for which `is` is true.
fn ended_in(claims: &Claims, month: Month, is: impl Fn(&Claim) -> bool) -> Vec<i64> {
    let month = month.to_string();
    let is_in: Vec<bool> = claims.words.all().iter().map(|word| *word == month).collect();
    let rows = claims.rows.iter().filter(|row| is_in[row.ended as usize] && is(row));
    let mut out: Vec<i64> = rows.map(|row| row.contact).collect();
    out.sort_unstable();
    out.dedup();
    out
}

fn has_instrument(row: &Claim) -> bool {
    row.instrument.is_some()
}

fn covers(coverage: &[Coverage], unit: &str, ended: Month) -> bool {
    coverage.iter().any(|one| one.unit == unit && one.from <= ended && ended <= one.to)
}

/// What a delivery covers if nothing else is declared: each unit in the months, from `from` to `to`, in which the unit
/// has contacts. A file of February alone covers nothing of January.
fn held(units: &BTreeMap<String, BTreeSet<Month>>, from: Month, to: Month) -> Vec<Coverage> {
    let mut out: Vec<Coverage> = Vec::new();
    for (unit, months) in units {
        for month in months.range(from..=to) {
            match out.last_mut() {
                Some(last) if last.unit == *unit && last.to.next() == Some(*month) => last.to = *month,
                _ => out.push(Coverage { unit: unit.clone(), from: *month, to: *month }),
            }
        }
    }
    out
}

/// Reads what a delivery covers: rows `unit;from;to`, in whole months.
///
/// # Errors
/// Fails if the file cannot be read or has no rows, or if a row ends before it begins.
pub fn read_coverage(path: &Path) -> Result<Vec<Coverage>> {
    let mut out = Vec::new();
    for (at, [unit, from, to]) in small_table(path, "unit;from;to, 974557746;2012-01;2012-04")? {
        let month = |text: &str| crate::table::month(text).about(|| Message::plain(&at));
        let (from, to) = (month(&from)?, month(&to)?);
        if to < from {
            fail!("error.delivery.coverage_ends_in_before_begins_in", at, to, from);
        }
        out.push(Coverage { unit, from, to });
    }
    if out.is_empty() {
        fail!("error.delivery.no_coverage_declared", path = path.display());
    }
    Ok(out)
}

/// Asserts that the vouchers add up to the movements: money is checked where it crosses a border.
pub(super) fn check_sums(movements: &Claims, vouchers: &[Voucher]) {
    let posted: Amount = vouchers.iter().map(|voucher| voucher.amount).sum();
    assert_eq!(posted, movements.amount(), "vouchers and movements differ");
}

/// Sums of vouchers by instrument.
pub(super) fn sums(vouchers: &[Voucher]) -> Sums {
    let mut sums = Sums::default();
    for voucher in vouchers {
        *sums.0.entry(voucher.instrument).or_default() += voucher.amount;
    }
    sums
}

/// Amounts by instrument; `None` for vouchers without an instrument, which come first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums(pub BTreeMap<Option<domain::Instrument>, Amount>);

/// Amounts by cause, in øre.
pub type Causes = BTreeMap<Cause, i64>;
