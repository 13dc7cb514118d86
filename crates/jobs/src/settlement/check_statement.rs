//! A statement computed again from its [`super::bundle`], on the receiver's machine and without the ledger:
//! which line holds, which does not, and what could not be checked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use disclosure::Cell;
use domain::statement::{Address, Payment, Post, Statement};
use domain::{Amount, Claim, Claims, Instrument, Municipalities, Points, StepKind};
use ledger::checkpoint::{Checkpoint, PublicKey};
use ledger::content::Settled;
use ledger::correction;
use ledger::months::Months;
use ledger::tree::place_of;
use ledger::voucher::digest;
use ledger::{Step, Voucher};
use rulebook::law::{Again, Charged};
use settlement::Law;
use words::{Message, Said, message};

use super::bundle::{self, BASIS, Bundle, CHECKPOINT, DIGESTS, FORM, Moved, PAPER, Placed, rule_file};
use super::checkpoint;
use super::source::{Maker, Source, content, name_rules, rule_archives};
use crate::addresses::{Addresses, SENDER};
use crate::failure::{About, Result, fail};
use crate::law::Files;
use crate::table::{Table, heads};

/// Result of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    Fails,
    /// The bundle does not have what the check needs.
    Unchecked,
}

/// One check of a statement.
#[derive(Debug, Clone)]
pub struct Answer {
    pub what: Message,
    /// Amount on the statement, and the same amount computed again; `None` if the check is on no amount.
    pub amounts: Option<(Amount, Amount)>,
    pub verdict: Verdict,
    /// What the verdict rests on.
    pub because: Message,
}

impl Answer {
    fn of(what: Message, holds: bool, because: Message) -> Answer {
        let verdict = if holds { Verdict::Holds } else { Verdict::Fails };
        Answer { what, amounts: None, verdict, because }
    }

    fn unchecked(what: Message, because: Message) -> Answer {
        Answer { what, amounts: None, verdict: Verdict::Unchecked, because }
    }

    fn amount(what: Message, stated: Amount, computed: Amount, because: Message) -> Answer {
        Answer { amounts: Some((stated, computed)), ..Answer::of(what, stated == computed, because) }
    }
}

/// Every check of a statement, in order.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Number of the statement.
    pub number: String,
    pub answers: Vec<Answer>,
    /// Whether another version of the program made the bundle, so that the paper could not be made again.
    pub is_of_other_program: bool,
}

impl Checked {
    /// Whether no check failed.
    pub fn holds(&self) -> bool {
        self.answers.iter().all(|answer| answer.verdict != Verdict::Fails)
    }

    /// Table with one row for each check.
    pub fn table(&self) -> Table {
        let columns = ["what", "stated_ore", "computed_ore", "verdict", "because"];
        let mut table = Table::new(message!("check_statement.title", number = self.number), &heads(columns));
        for Answer { what, amounts, verdict, because } in &self.answers {
            let amount = |side: fn((Amount, Amount)) -> Amount| {
                amounts.map_or_else(|| Cell::text(""), |both| Cell::Kroner(side(both)))
            };
            let verdict = match verdict {
                Verdict::Holds => message!("check_statement.holds"),
                Verdict::Fails => message!("check_statement.fails"),
                Verdict::Unchecked => message!("check_statement.unchecked"),
            };
            table.row([
                Cell::Said(what.clone()),
                amount(|(stated, _)| stated),
                amount(|(_, computed)| computed),
                Cell::Said(verdict),
                Cell::Said(because.clone()),
            ]);
        }
        table
    }

    /// Sentence that sums up the checks.
    pub fn said(&self) -> Message {
        let count = |wanted| self.answers.iter().filter(|answer| answer.verdict == wanted).count();
        let (holds, fails, unchecked) =
            (count(Verdict::Holds), count(Verdict::Fails), count(Verdict::Unchecked));
        let number = &self.number;
        match fails {
            0 => message!("check_statement.whole", number, holds, unchecked),
            _ => message!("check_statement.broken", number, holds, fails, unchecked),
        }
    }
}

/// Checks a bundle, and the checkpoint in it against the file of a public key.
///
/// # Errors
/// Fails if the file is no bundle of the form that this program reads, or if a part of it or the key cannot be read.
pub fn check(path: &Path, public_key: Option<&Path>) -> Result<Checked> {
    let key = public_key.map(checkpoint::public_key).transpose()?;
    let files = bundle::files(path)?;
    let text = files.get(BASIS).about(|| message!("error.bundle.not_a_bundle", path = path.display()))?;
    let form = serde_json::from_slice::<serde_json::Value>(text)?;
    let form = form.get("form").and_then(serde_json::Value::as_u64).unwrap_or(0);
    if form != u64::from(FORM) {
        fail!("error.bundle.form", path = path.display(), form, known = FORM);
    }
    let read: Bundle = serde_json::from_slice(text).about(|| Message::plain(BASIS))?;
    let mut answers = vec![of_files(&files)];
    answers.extend(of_bundle(&read, &files)?);
    answers.push(of_checkpoint(&read, files.get(CHECKPOINT).map(Vec::as_slice), key.as_ref()));
    answers.extend(strangers(&read, &files));
    answers.extend(others(&read, &files));
    let is_of_other_program = !read.is_of_this_program();
    Ok(Checked { number: read.statement.number, answers, is_of_other_program })
}

/// The files that are not computed again: the workbook, the reading guide, and any that somebody put in. `None` if there are
/// none.
fn others(bundle: &Bundle, files: &BTreeMap<String, Vec<u8>>) -> Option<Answer> {
    let rules: BTreeSet<String> = bundle
        .rules
        .iter()
        .flat_map(|kept| kept.files.iter().map(|name| rule_file(&kept.digest, name)))
        .collect();
    let is_other = |name: &&String| {
        ![BASIS, DIGESTS, CHECKPOINT, PAPER].contains(&name.as_str()) && !rules.contains(*name)
    };
    let names: Vec<&str> = files.keys().filter(is_other).map(String::as_str).collect();
    let names_all = names.join(", ");
    let because = || match bundle.is_of_this_program() {
        true => message!("check_statement.others_because", names = names_all),
        false => message!("check_statement.others_without_paper", names = names_all),
    };
    (!names.is_empty()).then(|| Answer::unchecked(message!("check_statement.others"), because()))
}

/// That the basis says more than this program knows of; `None` if it does not. Nobody is to believe what is not checked.
fn strangers(bundle: &Bundle, files: &BTreeMap<String, Vec<u8>>) -> Option<Answer> {
    let stated: Option<serde_json::Value> =
        files.get(BASIS).and_then(|bytes| serde_json::from_slice(bytes).ok());
    let is_other = bundle.is_of_this_program() && stated != serde_json::to_value(bundle).ok();
    let what = || message!("check_statement.strangers", file = BASIS);
    is_other.then(|| Answer::of(what(), false, message!("check_statement.strangers_because")))
}

/// Whether every file of the archive has the digest that [`DIGESTS`] lists. This finds damage; whoever changes a file on
/// purpose changes the list too.
fn of_files(files: &BTreeMap<String, Vec<u8>>) -> Answer {
    let list =
        files.get(DIGESTS).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    let listed: BTreeMap<&str, &str> =
        list.lines().filter_map(|line| line.split_once("  ").map(|(digest, name)| (name, digest))).collect();
    let is_other = |name: &&str| {
        files.get(*name).is_none_or(|bytes| listed.get(name).is_none_or(|listed| *listed != digest(bytes)))
    };
    let names: BTreeSet<&str> = files.keys().map(String::as_str).chain(listed.keys().copied()).collect();
    let wrong: Vec<&str> = names.into_iter().filter(|name| *name != DIGESTS).filter(is_other).collect();
    let because = match wrong.is_empty() {
        true => message!("check_statement.files_equal", count = listed.len()),
        false => message!("check_statement.files_other", names = wrong.join(", ")),
    };
    Answer::of(message!("check_statement.files"), wrong.is_empty(), because)
}

/// Whether the bundle could come from a ledger: its first month is not after its last, only a voucher that arranges a
/// payment lacks an instrument, and the numbers are so small that no sum of them overflows. The numbers of a real ledger
/// are far below these limits.
fn is_possible(bundle: &Bundle) -> bool {
    const WHOLE: i128 = i64::MAX as i128 / 8;
    const OF_CLAIM: u32 = 1_000_000;
    let mut sums = [0_i128; 4];
    let mut add = |place: usize, number: i64| sums[place] += i128::from(number).abs();
    for Placed { record, .. } in &bundle.vouchers {
        let Voucher { number, step, contacts, points, days, amount, lines, .. } = record;
        [contacts, points, days].into_iter().for_each(|number| add(0, *number));
        add(1, amount.ore());
        lines.iter().for_each(|line| add(1, line.amount.ore()));
        [number, step].into_iter().for_each(|number| add(2, *number));
    }
    for Placed { record, .. } in &bundle.steps {
        add(2, record.number);
        add(2, record.vouchers);
    }
    let mut of_contact: BTreeMap<(i64, Instrument), usize> = BTreeMap::new();
    let mut small = true;
    for claim in bundle.claims.iter().flatten() {
        add(3, claim.amount_ore);
        *of_contact.entry((claim.contact, claim.instrument)).or_default() += 1;
        small &= claim.points_milli.unsigned_abs() < OF_CLAIM && claim.days.unsigned_abs() < OF_CLAIM;
    }
    // Only a voucher that arranges a payment nets several instruments, and so has none of its own.
    let has_instrument = |voucher: &Voucher| voucher.cause.is_payment() || voucher.instrument.is_some();
    small
        && bundle.first <= bundle.last
        && bundle.vouchers.iter().all(|one| has_instrument(&one.record))
        && sums.iter().all(|sum| *sum < WHOLE)
        && of_contact.values().all(|count| *count < 1000)
}

/// All checks that need no more than the basis, the rule files and the paper.
///
/// # Errors
/// Fails if no ledger can hold the vouchers and claims of the bundle, or if a part of the bundle cannot be read.
pub fn of_bundle(bundle: &Bundle, files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<Answer>> {
    if !is_possible(bundle) {
        fail!("error.bundle.impossible");
    }
    let steps: Vec<Step> = bundle.steps.iter().map(|step| step.record.clone()).collect();
    let months = Months::of(&steps)?;
    let (laws, mut rules, rule_files) = laws(bundle, files, &months)?;
    let span = bundle.span();
    let source = Source {
        vouchers: bundle.vouchers.iter().map(|one| one.record.clone()).collect(),
        rules: std::mem::take(&mut rules),
        control_code: bundle.statement.control_code.clone(),
        months,
    };
    let municipalities = Municipalities::built_in()?;
    let stated = &bundle.statement;
    let (sender, addresses) = (stated.sender.name.clone(), addresses(stated));
    let maker = Maker::new(&source, &municipalities, &span, sender, &addresses)?;
    let party = stated.recipient.party.as_str();
    let own = maker.by_party();
    let own = own.get(party).map_or(&[][..], Vec::as_slice);
    let computed = maker.statement(party, own, stated.language);
    let again = Repriced::of(bundle, &laws)?;
    let mut out = lines(bundle, &computed, &again)?;
    out.extend(totals(stated, &computed));
    out.push(rest(bundle, &computed));
    out.push(paper(bundle, &computed, files)?);
    out.push(vouchers(bundle, &maker, &steps)?);
    out.push(rule_files);
    out.push(chain(bundle, &source.months));
    Ok(out)
}

/// The addresses that a statement states. They come from the sender, and not from the ledger.
fn addresses(stated: &Statement) -> Addresses {
    let account = |payment: &Payment| {
        let address = Address { account: payment.account.clone(), ..Address::default() };
        (payment.counterparty.party.clone(), address)
    };
    let mut out: Addresses = stated.payments.iter().map(account).collect();
    out.insert(SENDER.to_owned(), stated.sender_address.clone());
    out.insert(stated.recipient.party.clone(), stated.recipient_address.clone());
    out
}

type Rules = BTreeMap<String, ledger::statement::RuleName>;

/// The kept laws, words for their rule versions, and whether the files are those that the settlements name.
fn laws(
    bundle: &Bundle,
    files: &BTreeMap<String, Vec<u8>>,
    months: &Months,
) -> Result<(Vec<Law>, Rules, Answer)> {
    let (mut laws, mut rules, mut count) = (Vec::new(), Rules::new(), 0);
    let mut missing = rule_archives(months);
    let mut other = Vec::new();
    for kept in &bundle.rules {
        let mut law = Vec::new();
        for name in &kept.files {
            let file = rule_file(&kept.digest, name);
            let bytes = files.get(&file).about(|| message!("error.bundle.no_file", file))?;
            law.push((name.clone(), String::from_utf8_lossy(bytes).into_owned()));
        }
        count += law.len();
        if digest(&serde_json::to_vec(&law)?) != kept.digest || !missing.remove(&kept.digest) {
            other.push(kept.digest.clone());
        }
        let book = Files { law, variants: Vec::new() }.book()?;
        name_rules(&book, &mut rules)?;
        laws.push(Law::of(&book)?);
    }
    other.extend(missing);
    let because = match other.is_empty() {
        true => message!("check_statement.rules_equal", count),
        false => message!("check_statement.rules_other", digests = other.join(", ")),
    };
    Ok((laws, rules, Answer::of(message!("check_statement.rules"), other.is_empty(), because)))
}

/// Contact, instrument, month, debtor, creditor and unit of a claim.
type Key = (i64, Instrument, String, String, String, String);

fn key(claim: &Claim, claims: &Claims) -> Option<Key> {
    let word = |number| claims.words.word(number).to_owned();
    let (month, debtor, creditor) = (word(claim.month), word(claim.debtor), word(claim.creditor));
    Some((claim.contact, claim.instrument?, month, debtor, creditor, word(claim.unit)))
}

/// The claims as they stand after the statement, each priced again by the kept rules.
struct Repriced<'a> {
    laws: &'a [Law],
    /// Whether the posted amount is the one that the rules give; `None` if a tariff priced it.
    claims: BTreeMap<Key, Option<bool>>,
}

impl<'a> Repriced<'a> {
    fn of(bundle: &Bundle, laws: &'a [Law]) -> Result<Repriced<'a>> {
        let mut out = Repriced { laws, claims: BTreeMap::new() };
        let Some(rows) = &bundle.claims else { return Ok(out) };
        let claims = correction::net(&Bundle::table(rows));
        let mut by_contact: BTreeMap<(i64, Instrument, u32), &Claim> = BTreeMap::new();
        for claim in &claims.rows {
            let Some(instrument) = claim.instrument else { continue };
            by_contact.insert((claim.contact, instrument, claim.month), claim);
        }
        for claim in &claims.rows {
            let (Some(key), Some(instrument)) = (key(claim, &claims), claim.instrument) else { continue };
            let version = claims.words.word(claim.version);
            let lowered = laws.iter().find_map(|law| law.lowered_by(instrument, version));
            let lowered = lowered.and_then(|by| by_contact.get(&(claim.contact, by, claim.month)));
            let charged = Charged {
                instrument,
                version,
                points: Points::from_milli(i64::from(claim.points)),
                days: i64::from(claim.days),
                lowered: lowered
                    .map(|by| (claims.words.word(by.version), Points::from_milli(i64::from(by.points)))),
            };
            let holds = match out.again(&charged)? {
                Again::Amount(amount) => Some(amount == claim.amount),
                Again::ByTariff => None,
                Again::NoVersion => Some(false),
            };
            out.claims.insert(key, holds);
        }
        Ok(out)
    }

    /// A charge priced again, by the first of the laws that has its version.
    fn again(&self, charged: &Charged) -> Result<Again> {
        for law in self.laws {
            match law.again(charged).ok().about(|| message!("error.bundle.impossible"))? {
                Again::NoVersion => {}
                again => return Ok(again),
            }
        }
        Ok(Again::NoVersion)
    }
}

/// Whether a claim, given by six of its fields, stands behind a line of the statement.
fn is_behind(
    post: &Post,
    statement: &Statement,
    (instrument, cause, debtor, creditor, month, version): (
        Instrument,
        domain::Cause,
        &str,
        &str,
        &str,
        &str,
    ),
) -> bool {
    let other = if statement.owes { creditor } else { debtor };
    // A summary adds up the activity of its months, and the line then has the summary's own period.
    let is_added_up = statement.is_summary && post.activity_period == statement.period;
    let same_month = is_added_up || post.activity_period == month;
    post.instrument == instrument
        && post.cause == cause
        && post.counterparty.party == other
        && post.rule_version == version
        && same_month
}

/// Checks each line of the statement against its vouchers and against the claims behind it, and checks these claims
/// against the rules.
fn lines(bundle: &Bundle, computed: &Statement, again: &Repriced) -> Result<Vec<Answer>> {
    let stated = &bundle.statement;
    let span = bundle.span();
    let mut out = Vec::new();
    let count = stated.posts.len().max(computed.posts.len());
    for place in 0..count {
        let (own, other) = (stated.posts.get(place), computed.posts.get(place));
        let Some(post) = own.or(other) else { continue };
        let amount = |post: Option<&Post>| post.map_or(Amount::ZERO, |post| post.amount);
        let what = message!(
            "check_statement.line",
            line = place + 1,
            instrument = post.instrument.word(),
            cause = post.cause.said(),
            period = post.activity_period,
            counterparty = post.counterparty.name
        );
        let mine = |claim: &&Moved| {
            let Moved { instrument, cause, debtor, creditor, month, rule_version, .. } = claim;
            span.holds(&claim.posting_month)
                && is_behind(post, stated, (*instrument, *cause, debtor, creditor, month, rule_version))
        };
        let claims: Option<Vec<&Moved>> =
            bundle.claims.as_ref().map(|claims| claims.iter().filter(mine).collect());
        let answer = match (&claims, post.cause.is_computed()) {
            (Some(claims), true) => of_claims(claims, post, again),
            (None, true) => of_quantity(post, again)?,
            (_, false) => Ok(message!("check_statement.decided")),
        };
        let (holds, because) = match answer {
            Ok(because) => (true, because),
            Err(because) => (false, because),
        };
        let mut answer = Answer::amount(what, amount(own), amount(other), because);
        if own != other || !holds {
            answer.verdict = Verdict::Fails;
        }
        if own != other && amount(own) == amount(other) {
            answer.because = message!("check_statement.line_other");
        }
        out.push(answer);
    }
    Ok(out)
}

/// What the claims behind a line say of it.
fn of_claims(claims: &[&Moved], post: &Post, again: &Repriced) -> std::result::Result<Message, Message> {
    let sum: i64 = claims.iter().map(|claim| claim.amount_ore).sum();
    if sum != post.amount.ore() {
        let sum = Amount::from_ore(sum);
        return Err(message!("check_statement.claims_other", count = claims.len(), sum));
    }
    let (mut priced, mut by_tariff) = (0, 0);
    for claim in claims {
        let key = (
            claim.contact,
            claim.instrument,
            claim.month.clone(),
            claim.debtor.clone(),
            claim.creditor.clone(),
            claim.unit.clone(),
        );
        // A claim that was taken back in full is not among the claims that stand. It counts as right.
        match again.claims.get(&key).copied().unwrap_or(Some(true)) {
            Some(true) => priced += 1,
            None => by_tariff += 1,
            Some(false) => {
                let (contact, version) = (claim.contact, &claim.rule_version);
                return Err(message!("check_statement.claim_other", contact, version));
            }
        }
    }
    let count = domain::amount::grouped;
    Ok(match by_tariff {
        0 => message!("check_statement.claims", count = count(priced), version = post.rule_version),
        _ => message!(
            "check_statement.claims_and_tariffs",
            count = count(priced),
            version = post.rule_version,
            tariffs = count(by_tariff)
        ),
    })
}

/// What the sum of points or days says of a line, if the bundle holds no claims. Each claim was rounded by itself, so the
/// price of the sum of points may differ from the line by half an øre for each claim.
fn of_quantity(post: &Post, again: &Repriced) -> Result<std::result::Result<Message, Message>> {
    let unknown = Ok(Ok(message!("check_statement.no_claims")));
    let is_lowered =
        again.laws.iter().any(|law| law.lowered_by(post.instrument, &post.rule_version).is_some());
    let is_of_days = post.instrument == Instrument::DischargeReady;
    if is_lowered || (is_of_days && post.days == 0) {
        return unknown;
    }
    let charged = Charged {
        instrument: post.instrument,
        version: &post.rule_version,
        points: Points::from_milli(post.points_milli),
        days: post.days,
        lowered: None,
    };
    let Again::Amount(amount) = again.again(&charged)? else { return unknown };
    // A correction is the difference of two rounded amounts.
    let per_claim = if post.cause == domain::Cause::Activity { 1 } else { 2 };
    let slack = if is_of_days { 0 } else { (post.contacts * per_claim + 1) / 2 };
    let off = (amount.ore() - post.amount.ore()).abs();
    let version = &post.rule_version;
    Ok(match off <= slack {
        true if is_of_days => Ok(message!("check_statement.days", days = post.days, version)),
        true => Ok(message!(
            "check_statement.points",
            points = Points::from_milli(post.points_milli),
            version,
            slack = Amount::from_ore(slack)
        )),
        // Under another rule both the days and the rate may be others, and then the line is no product.
        false if post.cause == domain::Cause::ChangedRule => Ok(message!("check_statement.no_claims")),
        false if is_of_days => Err(message!("check_statement.days_other", days = post.days, version, amount)),
        // A claim that a tariff priced has an amount but no points, so points alone do not give the line's amount.
        false if again.laws.iter().any(|law| law.has_tariffs(post.instrument, version)) => {
            Ok(message!("check_statement.no_claims"))
        }
        false => {
            let points = Points::from_milli(post.points_milli);
            Err(message!("check_statement.points_other", points, version, amount))
        }
    })
}

/// Checks of the sums of a statement: settled, on account, carried, rounding, to pay and carried on. Sums of zero are left
/// out, except those settled and to pay.
fn totals(stated: &Statement, computed: &Statement) -> Vec<Answer> {
    let rows = [
        (message!("check_statement.settled"), stated.settled, computed.settled),
        (message!("check_statement.on_account"), stated.on_account, computed.on_account),
        (message!("check_statement.carried"), stated.carried, computed.carried),
        (message!("check_statement.rounding"), stated.rounding, computed.rounding),
        (message!("check_statement.to_pay"), stated.to_pay, computed.to_pay),
        (message!("check_statement.carried_on"), stated.carried_on, computed.carried_on),
    ];
    let is_shown = |(place, (_, stated, computed)): &(usize, (Message, Amount, Amount))| {
        matches!(place, 0 | 4) || *stated != Amount::ZERO || *computed != Amount::ZERO
    };
    let rows = rows.into_iter().enumerate().filter(is_shown);
    let because = || message!("check_statement.of_vouchers");
    rows.map(|(_, (what, stated, computed))| Answer::amount(what, stated, computed, because())).collect()
}

/// Whether the whole statement equals the computed one, including what no other check covers. If it differs and another
/// version of the program made the bundle, the answer is unchecked.
fn rest(bundle: &Bundle, computed: &Statement) -> Answer {
    let what = message!("check_statement.rest");
    match (bundle.statement == *computed, bundle.is_of_this_program()) {
        (true, _) => Answer::of(what, true, message!("check_statement.rest_equal")),
        (false, true) => Answer::of(what, false, message!("check_statement.rest_other")),
        (false, false) => {
            Answer::unchecked(what, message!("check_statement.program", program = bundle.program))
        }
    }
}

/// Whether the paper is the one that the computed statement gives.
fn paper(bundle: &Bundle, computed: &Statement, files: &BTreeMap<String, Vec<u8>>) -> Result<Answer> {
    let what = message!("check_statement.paper");
    if !bundle.is_of_this_program() {
        let program = &bundle.program;
        return Ok(Answer::unchecked(what, message!("check_statement.paper_not_made", program)));
    }
    let Some(paper) = files.get(PAPER) else {
        return Ok(Answer::of(what, false, message!("check_statement.no_paper", file = PAPER)));
    };
    let equal = paper::pdf::pdf(computed, computed.language)? == *paper;
    let because = if equal { "check_statement.paper_equal" } else { "check_statement.paper_other" };
    Ok(Answer::of(what, equal, Message::of(because)))
}

/// Whether the vouchers balance, and are the sums of the claims of their step.
fn vouchers(bundle: &Bundle, maker: &Maker, steps: &[Step]) -> Result<Answer> {
    let what = message!("check_statement.vouchers");
    let fails = |voucher: &Voucher| {
        let because = message!("check_statement.voucher_other", number = voucher.number);
        Ok(Answer::of(what.clone(), false, because))
    };
    let all: Vec<&Voucher> = bundle.vouchers.iter().map(|one| &one.record).collect();
    let of_claims = |voucher: &&&Voucher| voucher.cause.is_computed();
    for voucher in &all {
        let is_claim = voucher.cause.is_computed();
        if !voucher.balances() || (is_claim && voucher.lines != voucher.claim_lines()) {
            return fails(voucher);
        }
    }
    let Some(rows) = &bundle.claims else {
        let count = domain::amount::grouped(all.len() as u64);
        return Ok(Answer::of(what, true, message!("check_statement.vouchers_balance", count)));
    };
    let party = bundle.statement.recipient.party.as_str();
    let mut claims = 0;
    for step in steps.iter().filter(|step| matches!(step.kind, StepKind::Run | StepKind::Correct)) {
        let settled: Settled = content(step)?;
        let posted: Vec<&&Voucher> =
            all.iter().filter(of_claims).filter(|voucher| voucher.step == step.number).collect();
        // Every claim that was posted from January to the end of the period has its voucher here. Vouchers posted in
        // earlier years may be absent, and those posted after the period are absent.
        let is_whole = settled.into.year() == bundle.last.year() && settled.into <= bundle.last;
        let months: BTreeSet<&str> = posted.iter().map(|voucher| voucher.activity_period.as_str()).collect();
        let is_ours = |row: &&Moved| {
            row.step == step.number
                && (is_whole || months.contains(row.month.as_str()))
                && (maker.heir(&row.debtor) == party || maker.heir(&row.creditor) == party)
        };
        let ours: Vec<Moved> = rows.iter().filter(is_ours).cloned().collect();
        claims += ours.len();
        let mut given = correction::vouchers(&Bundle::table(&ours), &settled.into.to_string());
        for voucher in posted {
            // A voucher gets its number and hash when it is posted.
            let bare = Voucher { number: 0, step: 0, hash: String::new(), ..(*voucher).clone() };
            match given.iter().position(|one| *one == bare) {
                Some(place) => given.swap_remove(place),
                None => return fails(voucher),
            };
        }
        if let Some(extra) = given.first() {
            let (step, amount) = (step.number, extra.amount);
            return Ok(Answer::of(what, false, message!("check_statement.voucher_missing", step, amount)));
        }
    }
    let (count, claims) = (domain::amount::grouped(all.len() as u64), domain::amount::grouped(claims as u64));
    Ok(Answer::of(what, true, message!("check_statement.vouchers_equal", count, claims)))
}

/// Whether the hash of every voucher, and of every step with content, follows from what the record holds; and whether the
/// hashes of all vouchers and steps, and the control code, stand at their places in the tree. The control code is the hash
/// at the end of the last step that the statement sums up.
fn chain(bundle: &Bundle, months: &Months) -> Answer {
    let what = message!("check_statement.chain");
    let mut leaves: Vec<(u64, &str)> = Vec::new();
    for Placed { at, before, record } in &bundle.steps {
        let is_whole = !bundle.without_content.contains(&record.number);
        if is_whole && record.chained(before) != record.hash {
            return Answer::of(what, false, message!("check_statement.step_other", number = record.number));
        }
        leaves.push((*at, &record.hash));
    }
    for Placed { at, before, record } in &bundle.vouchers {
        if record.chained(before) != record.hash || place_of(record) != *at {
            return Answer::of(
                what,
                false,
                message!("check_statement.voucher_other", number = record.number),
            );
        }
        leaves.push((*at, &record.hash));
    }
    let root = &bundle.way.root;
    let Some(end) = bundle.end_of(months.summed(bundle.first, bundle.last)) else {
        return Answer::of(what, false, message!("check_statement.not_in_tree", root));
    };
    leaves.push((end, &bundle.statement.control_code));
    let (steps, vouchers) = (bundle.steps.len(), domain::amount::grouped(bundle.vouchers.len() as u64));
    match bundle.way.holds(leaves) {
        true => Answer::of(what, true, message!("check_statement.in_tree", steps, vouchers, root)),
        false => Answer::of(what, false, message!("check_statement.not_in_tree", root)),
    }
}

/// Whether the holder of a key vouched for the tree.
fn of_checkpoint(bundle: &Bundle, text: Option<&[u8]>, key: Option<&PublicKey>) -> Answer {
    let what = message!("check_statement.checkpoint");
    let Some(text) = text else {
        // Whoever gives a key has got a checkpoint, or expects one.
        return match key {
            Some(_) => Answer::of(what, false, message!("check_statement.no_checkpoint")),
            None => Answer::unchecked(what, message!("check_statement.no_checkpoint")),
        };
    };
    let Some(key) = key else {
        return Answer::unchecked(what, message!("check_statement.no_key"));
    };
    match Checkpoint::proven(&String::from_utf8_lossy(text), key) {
        Err(fault) => Answer::of(what, false, fault.said()),
        Ok(Checkpoint { step, recorded_at, tree, .. })
            if tree == Some((bundle.way.size, bundle.way.root.clone())) =>
        {
            let said = message!("check_statement.signed", name = key.name, step, at = recorded_at);
            Answer::of(what, true, said)
        }
        Ok(_) => Answer::of(what, false, message!("check_statement.other_tree", name = key.name)),
    }
}
