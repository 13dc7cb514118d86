//! The statement of one party, added up from its vouchers.

use std::collections::{BTreeMap, BTreeSet};

use domain::statement::{
    Address, Asked, Booking, BridgeStep, BridgeWhat, FORM, MonthSum, Named, Payment, Post, Statement, Tag,
};
use domain::{AccountKind, Amount, Cause, Day, Instrument, Mode, Month, Party, Period, PeriodState};

use words::{Language, Message};

use crate::content::Objection;
use crate::months::{MonthRecord, Months};
use crate::netting;
use crate::voucher::Voucher;

/// A rule version in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleName {
    /// Pricing, for instance `20 % × 38 209 kr`.
    pub rate: Message,
    /// Provision that the rule rests on.
    pub cite: String,
}

/// Accounts and term of payment of an instrument on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Accounts for public and for private institutions: function, article, text, and whether the account is
    /// unsigned. `None` if no account is known.
    pub account: Option<[(String, String, String, bool); 2]>,
    /// Days to pay in, and whether the term is unsigned; `None` if no term is known.
    pub days: Option<(i32, bool)>,
}

/// Everything that a statement is made of, except its vouchers.
pub struct Context<'a> {
    /// Months, read from the steps that are known to the statement.
    pub months: &'a Months,
    /// Name of a party, in a language.
    pub name: &'a dyn Fn(&str, Language) -> String,
    /// The successor of a party in the period, or the party itself.
    pub heir: &'a dyn Fn(&str) -> String,
    /// Whether a creditor is a private institution.
    pub is_private: &'a dyn Fn(&str) -> bool,
    /// Words for each rule version.
    pub rules: &'a BTreeMap<String, RuleName>,
    /// Terms of an instrument on a day.
    pub terms: &'a dyn Fn(Instrument, Day) -> Terms,
    pub sender: Named,
    /// Address of a party; empty texts if it is not known.
    pub address: &'a dyn Fn(&str) -> Address,
    /// Hash at the end of the last step that changed a sum of the period; empty if no month of the period was opened.
    pub control_code: String,
}

/// A period with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Name as in `2012-03`, `2012-T1` or `2012`; `2012-05-ytd` for the year so far.
    pub name: String,
    pub first: Month,
    /// Last month, included.
    pub last: Month,
}

impl Span {
    /// The span of a month, tertial or year.
    pub fn of(period: Period) -> Option<Span> {
        let (first, last) = (period.months().next()?, period.months().last()?);
        Some(Span { name: period.to_string(), first, last })
    }

    /// The span from January up to and including a month.
    pub fn to_date(month: Month) -> Option<Span> {
        Some(Span { name: format!("{month}-ytd"), first: Month::new(month.year(), 1)?, last: month })
    }

    /// Whether the span covers more than one month, or the year so far.
    pub fn is_summary(&self) -> bool {
        self.name != self.last.to_string()
    }

    /// Whether a month lies in the span. Vouchers write a month as `2012-03`; another text is outside.
    pub fn holds(&self, month: &str) -> bool {
        Month::parse(month).is_ok_and(|month| self.first <= month && month <= self.last)
    }
}

/// Vouchers by party. Those of a party that has an heir stand under the heir. Each voucher has a flag: whether the
/// party is its debtor. `year` holds every voucher of the year up to the end of the period, and of earlier years those that
/// January carries amounts from, and the payments that a correction may name.
pub fn by_party<'v>(
    year: &'v [Voucher],
    heir: &dyn Fn(&str) -> String,
) -> BTreeMap<String, Vec<(&'v Voucher, bool)>> {
    let mut heirs: BTreeMap<&str, String> = BTreeMap::new();
    let mut out: BTreeMap<String, Vec<(&Voucher, bool)>> = BTreeMap::new();
    for voucher in year {
        for (party, owes) in [(&voucher.debtor, true), (&voucher.creditor, false)] {
            let heir = heirs.entry(party).or_insert_with(|| heir(party)).clone();
            out.entry(heir).or_default().push((voucher, owes));
        }
    }
    out
}

/// Whether a party owes, and its vouchers of that side, without payments. A party that owes anything is shown as a debtor.
fn side<'v>(own: &[(&'v Voucher, bool)]) -> (bool, Vec<&'v Voucher>) {
    let claimed = own.iter().filter(|(voucher, _)| !voucher.cause.is_payment());
    let owes = claimed.clone().any(|(_, owes)| *owes);
    (owes, claimed.filter(|(_, side)| *side == owes).map(|(voucher, _)| *voucher).collect())
}

/// The vouchers that a statement shows, and those of them that are not on account. What is on account for unsettled months
/// of a summary is left out, since nothing can be set against it yet.
fn shown<'v>(
    mine: &[&'v Voucher],
    span: &Span,
    unsettled: &[String],
) -> (Vec<&'v Voucher>, Vec<&'v Voucher>) {
    let mut inside: Vec<&Voucher> =
        mine.iter().copied().filter(|voucher| span.holds(&voucher.posting_month)).collect();
    let gross: Vec<&Voucher> =
        inside.iter().copied().filter(|voucher| voucher.cause != Cause::OnAccount).collect();
    inside.retain(|voucher| voucher.cause != Cause::OnAccount || !unsettled.contains(&voucher.posting_month));
    (inside, gross)
}

/// Months of a summary that are not settled, in order; none if no month of it is settled.
fn unsettled(months: &Months, span: &Span) -> Vec<String> {
    let is_settled = |month: &Month| months.state(*month).is_some_and(|state| state != PeriodState::Open);
    // A ledger that begins inside the period has nothing before it to wait for.
    let begins = months.months.keys().next().copied().unwrap_or(span.first);
    let all: Vec<Month> =
        Period::spanning(span.first, span.last).months().filter(|month| *month >= begins).collect();
    if !span.is_summary() || !all.iter().any(is_settled) {
        return Vec::new();
    }
    all.iter().filter(|month| !is_settled(month)).map(Month::to_string).collect()
}

/// What the closed months of a summary asked for, without what rounding added to it.
fn asked_before(asked: &[Asked], rounding: Amount) -> Amount {
    if asked.is_empty() {
        Amount::ZERO
    } else {
        asked.iter().map(|one| one.amount).sum::<Amount>() - rounding
    }
}

/// Whether a statement asks for the amount on account, and for nothing else: before its month is settled. What was corrected
/// or decided by then waits for the settlement. `gross` holds the vouchers that are not on account.
fn asks_on_account(gross: &[&Voucher], span: &Span, record: Option<&MonthRecord>) -> bool {
    let is_open = record.is_some_and(|record| record.state == PeriodState::Open);
    is_open && (gross.is_empty() || !span.is_summary())
}

/// The statement of one party, added up from its vouchers. `own` is the party's entry in [`by_party`].
pub fn statement(
    party: &str,
    own: &[(&Voucher, bool)],
    span: &Span,
    language: Language,
    context: &Context,
) -> Statement {
    let (owes, mine) = side(own);
    let record = context.months.months.get(&span.last);
    let unsettled = unsettled(context.months, span);
    let (inside, gross) = shown(&mine, span, &unsettled);
    let disputes = disputes(context, party);
    let marks = (&disputed(&disputes, &mine, context), &Issued::of(own));
    let posts = |by_unit| posts(&gross, by_unit, owes, span, (context, language), marks, party);
    let settled: Amount = gross.iter().map(|voucher| voucher.amount).sum();
    let on_account = on_account(&inside);
    let paying = paying(&mine, span, context.months);
    let cleared = cleared(own, party, span, context.heir);
    let fixed = record.is_some_and(MonthRecord::is_closed);
    let expected = paying.carried + settled - on_account - paying.carried_on;
    let asked = asks_on_account(&gross, span, record);
    let total = fixed.then_some(cleared.paid).or(asked.then_some(on_account)).unwrap_or(expected);
    let is_summary = span.is_summary();
    let is_demand = asked && !is_summary && on_account != Amount::ZERO;
    let (number, version) = numbered(party, is_demand, span, context.months);
    // A demand on account rests on none, whatever was corrected in the month for others.
    let unsigned =
        if asked && gross.is_empty() { 0 } else { context.months.unsigned(span.first, span.last).len() };
    // If nothing new is settled, the amount to pay comes from earlier months, and so does its term.
    let (due, due_unsigned) = due(if gross.is_empty() { &mine } else { &gross }, context, span.last);
    let asked_for = if is_summary { asked_for(own, &mine, party, span, context) } else { Vec::new() };
    let not_asked = expected + paying.carried_on - asked_before(&asked_for, cleared.rounding);
    let mut statement = Statement {
        form: FORM,
        number,
        version,
        period: span.name.clone(),
        from: span.first.first(),
        to: span.last.last(),
        language,
        sender: context.sender.clone(),
        sender_address: (context.address)(&context.sender.party),
        recipient: named(party, language, context),
        recipient_address: (context.address)(party),
        owes,
        tags: tags(context.months, span, unsigned),
        is_summary,
        unsettled,
        asked: asked_for,
        mode: mode(if gross.is_empty() { &inside } else { &gross }, context.months, span),
        settled,
        on_account,
        carried: paying.carried,
        rounding: if fixed { cleared.rounding } else { Amount::ZERO },
        to_pay: if is_summary { Amount::ZERO } else { total },
        carried_on: paying.carried_on,
        not_paid: if fixed { paying.carried_on } else { not_asked },
        fixed,
        issued: record.and_then(|record| record.closed_at).map(domain::Minute::day),
        due: due.filter(|_| fixed && !is_summary),
        due_unsigned,
        payments: Vec::new(),
        bridge: Vec::new(),
        posts: posts(false),
        detail: posts(true),
        bookings: if owes && !asked { bookings(&gross, context, party) } else { Vec::new() },
        months: month_sums(&mine, span),
        objections: disputes.iter().map(|one| (one.key.clone(), Amount::from_ore(one.amount_ore))).collect(),
        rules: rules(&gross, context),
        unsigned,
        not_settled: if asked { BTreeMap::new() } else { context.months.not_settled(span.first, span.last) },
        control_code: context.control_code.clone(),
        last_step: context.months.known(span.first, span.last),
    };
    statement.payments = payments(&statement, own, asked.then_some(&inside[..]), span, context);
    // A statement that asks only for the amount on account has no bridge: no amount is settled yet.
    if !asked {
        statement.bridge = bridge(&gross, &inside, &statement, total);
    }
    statement
}

/// What the statement of each closed month asked for, in order of months; months that asked for nothing are
/// left out.
fn asked_for(
    own: &[(&Voucher, bool)],
    mine: &[&Voucher],
    party: &str,
    span: &Span,
    context: &Context,
) -> Vec<Asked> {
    let closed = context.months.months.range(span.first..=span.last).filter(|(_, record)| record.is_closed());
    let months = closed.filter_map(|(month, _)| Some((*month, Span::of(Period::of_month(*month))?)));
    let asked = months.map(|(month, one)| {
        let amount = cleared(own, party, &one, context.heir).paid;
        let gross: Vec<&Voucher> = mine
            .iter()
            .copied()
            .filter(|voucher| one.holds(&voucher.posting_month) && voucher.cause != Cause::OnAccount)
            .collect();
        let (due, _) = due(if gross.is_empty() { mine } else { &gross }, context, month);
        Asked { statement: number(&one.name, party), amount, due }
    });
    asked.filter(|one| one.amount != Amount::ZERO).collect()
}

/// Number of the statement of a period, for instance `2012-03-0602`.
fn number(period: &str, party: &str) -> String {
    format!("{period}-{}", party.replace(':', "-"))
}

/// Number and version of a statement. A demand on account comes before the settlement of its month, and is numbered by
/// itself, as `2012-03-0602-AK`.
fn numbered(party: &str, is_demand: bool, span: &Span, months: &Months) -> (String, usize) {
    let number = number(&span.name, party);
    match is_demand {
        true => (format!("{number}-AK"), months.months.get(&span.last).map_or(0, |record| record.on_account)),
        false => (number, months.versions(span.first, span.last).len()),
    }
}

fn named(party: &str, language: Language, context: &Context) -> Named {
    Named { party: party.to_owned(), name: (context.name)(party, language) }
}

fn on_account(vouchers: &[&Voucher]) -> Amount {
    vouchers.iter().filter(|voucher| voucher.cause == Cause::OnAccount).map(|voucher| voucher.amount).sum()
}

/// Marks of a statement of a period that rests on this many unsigned values.
fn tags(months: &Months, span: &Span, unsigned: usize) -> Vec<Tag> {
    let records: Vec<_> = months.months.range(span.first..=span.last).map(|(_, record)| record).collect();
    let all = |state: &[PeriodState]| {
        !records.is_empty() && records.iter().all(|record| state.contains(&record.state))
    };
    let mut tags = Vec::new();
    if unsigned > 0 {
        tags.push(Tag::Draft);
    }
    tags.push(if all(&[PeriodState::Final]) {
        Tag::Final
    } else if all(&[PeriodState::Closed, PeriodState::Final]) {
        Tag::Closed
    } else {
        Tag::Provisional
    });
    if records.iter().any(|record| record.corrected || record.runs > 1) {
        tags.push(Tag::Corrected);
    }
    if months.synthetic {
        tags.push(Tag::Synthetic);
    }
    tags
}

/// How the amounts are paid: decentral if any voucher's instrument is paid decentrally, otherwise central.
/// The terms are those of the last month of the period that was opened.
fn mode(gross: &[&Voucher], months: &Months, span: &Span) -> Mode {
    let opened = months.months.range(span.first..=span.last).next_back();
    let terms = months.terms(opened.map_or(span.last, |(month, _)| *month));
    let of =
        |voucher: &&Voucher| voucher.instrument.and_then(|instrument| terms.modes.get(&instrument).copied());
    match gross.iter().any(|voucher| of(voucher) == Some(Mode::Decentral)) {
        true => Mode::Decentral,
        false => Mode::Central,
    }
}

/// Balances of months whose closing nets nothing.
struct Paying {
    carried: Amount,
    carried_on: Amount,
}

/// Balances of months whose closing nets nothing: carried into the period, and carried on from it.
fn paying(mine: &[&Voucher], span: &Span, months: &Months) -> Paying {
    let open = |from: Option<Month>, to: Month| -> Amount {
        let inside = |voucher: &&&Voucher| {
            Month::parse(&voucher.posting_month)
                .is_ok_and(|month| from.is_none_or(|from| from < month) && month <= to)
        };
        let chosen: Vec<&Voucher> = mine.iter().filter(inside).copied().collect();
        let gross = chosen.iter().filter(|voucher| voucher.cause != Cause::OnAccount);
        gross.map(|voucher| voucher.amount).sum::<Amount>() - on_account(&chosen)
    };
    let netting = |month: &Month| months.nets(*month);
    let before: Vec<Month> = months.months.keys().copied().filter(|month| *month < span.first).collect();
    let last_netted = before.iter().rev().copied().find(|month| netting(month));
    let carried = match before.last() {
        Some(previous) if last_netted != Some(*previous) => open(last_netted, *previous),
        _ => Amount::ZERO,
    };
    let inside: Vec<Month> = months.months.range(span.first..=span.last).map(|(month, _)| *month).collect();
    let carried_on = match inside.iter().rev().copied().find(|month| netting(month)) {
        Some(netted) if netted == span.last => Amount::ZERO,
        Some(netted) => open(Some(netted), span.last),
        None => carried + open(span.first.first().previous().month().into(), span.last),
    };
    Paying { carried, carried_on }
}

/// Amount moved to a clearing account, and the difference that rounding to whole kroner added to it.
struct Cleared {
    paid: Amount,
    rounding: Amount,
}

/// Amounts moved to the party's clearing account when the months of the period were closed. An amount above
/// zero is paid by a party that owes, and paid to a party that is owed.
fn cleared(own: &[(&Voucher, bool)], party: &str, span: &Span, heir: &dyn Fn(&str) -> String) -> Cleared {
    let mut cleared = Cleared { paid: Amount::ZERO, rounding: Amount::ZERO };
    let mut seen = BTreeSet::new();
    let mut owes = false;
    for (voucher, side) in own {
        owes |= *side && !voucher.cause.is_payment();
        if !voucher.cause.is_payment() || !span.holds(&voucher.posting_month) || !seen.insert(voucher.number)
        {
            continue;
        }
        for line in voucher.lines.iter().filter(|line| heir(&line.account.party) == party) {
            match line.account.kind {
                AccountKind::Clearing => cleared.paid += line.amount,
                AccountKind::Rounding => cleared.rounding += -line.amount,
                AccountKind::Receivable | AccountKind::Payable | AccountKind::OnAccount => {}
            }
        }
    }
    if !owes {
        cleared = Cleared { paid: -cleared.paid, rounding: -cleared.rounding };
    }
    cleared
}

/// Day on which the vouchers are due, and whether the term is unsigned.
fn due(gross: &[&Voucher], context: &Context, last: Month) -> (Option<Day>, bool) {
    let instruments: BTreeSet<Instrument> = gross.iter().filter_map(|voucher| voucher.instrument).collect();
    let terms =
        instruments.into_iter().filter_map(|instrument| (context.terms)(instrument, last.last()).days);
    let terms: Vec<(i32, bool)> = terms.collect();
    // If several instruments are netted, the shortest term holds. It counts as unsigned if any of the terms is
    // unsigned, since an unsigned term may yet become the shortest.
    let Some(days) = terms.iter().map(|(days, _)| *days).min() else { return (None, false) };
    let unsigned = terms.iter().any(|(_, unsigned)| *unsigned);
    let closed = context.months.months.get(&last).and_then(|record| record.closed_at);
    (closed.map(|at| at.day().plus(days)), unsigned)
}

/// Open objections of `party` and of the parties that it succeeds.
fn disputes<'d>(context: &'d Context, party: &str) -> Vec<&'d Objection> {
    context.months.open_disputes().filter(|objection| (context.heir)(&objection.party) == party).collect()
}

/// Lines of a statement, added up from the vouchers; with `by_unit`, units and months stay apart.
fn posts(
    gross: &[&Voucher],
    by_unit: bool,
    owes: bool,
    span: &Span,
    (context, language): (&Context, Language),
    (disputed, issued): (&BTreeMap<i64, Amount>, &Issued),
    party: &str,
) -> Vec<Post> {
    let mut out: BTreeMap<_, Post> = BTreeMap::new();
    for voucher in gross {
        let Some(instrument) = voucher.instrument else { continue };
        let other = if owes { &voucher.creditor } else { &voucher.debtor };
        let unit = if by_unit { voucher.unit.as_str() } else { "" };
        let correction = voucher.cause != Cause::Activity;
        // Months of activity are added up over the period; a correction names the month that it corrects.
        let activity = if correction || by_unit { voucher.activity_period.as_str() } else { "" };
        let key = (correction, instrument, voucher.cause, other, activity, unit, &voucher.rule_version);
        let post = out.entry(key).or_insert_with(|| Post {
            instrument,
            cause: voucher.cause,
            activity_period: if activity.is_empty() { span.name.clone() } else { activity.to_owned() },
            counterparty: named(other, language, context),
            unit: Named {
                party: unit.to_owned(),
                name: if by_unit { (context.name)(unit, language) } else { String::new() },
            },
            contacts: 0,
            points_milli: 0,
            days: 0,
            rate: context
                .rules
                .get(&voucher.rule_version)
                .map_or_else(String::new, |rule| language.say(&rule.rate)),
            rule_version: voucher.rule_version.clone(),
            corrects: issued.corrected(voucher, owes, context.months).unwrap_or_default(),
            account: account(voucher, context, party)
                .map_or_else(String::new, |one| format!("{}/{}", one.0, one.1)),
            vouchers: Vec::new(),
            disputed: Amount::ZERO,
            references: Vec::new(),
            amount: Amount::ZERO,
        });
        post.disputed += disputed.get(&voucher.number).copied().unwrap_or_default();
        post.references
            .extend(reference(voucher, context.months).filter(|one| !post.references.contains(one)));
        post.contacts += voucher.contacts;
        post.points_milli += voucher.points;
        post.days += voucher.days;
        post.amount += voucher.amount;
        post.add_voucher(voucher.number);
    }
    out.into_values().collect()
}

/// Reference of the decision behind a voucher; `None` if no decision gave it.
fn reference(voucher: &Voucher, months: &Months) -> Option<String> {
    match voucher.cause {
        Cause::Objection => {
            let key = voucher.note.strip_prefix("objection ")?;
            let decision = months.disputes.get(key).and_then(|dispute| dispute.decision.as_ref());
            Some(decision.map_or_else(|| key.to_owned(), |decision| decision.reference.clone()))
        }
        Cause::ReviewBoard => Some(voucher.note.rsplit_once("; ")?.0.to_owned()),
        Cause::Activity
        | Cause::Withdrawn
        | Cause::NewActivity
        | Cause::ChangedCoding
        | Cause::ChangedPayer
        | Cause::ChangedRule
        | Cause::OnAccount
        | Cause::Netting
        | Cause::Invoice => None,
    }
}

/// Disputed amount by number of voucher. Each objection is on one voucher: the largest of those of its instrument, month,
/// creditor and unit, since a voucher does not say which contacts it is for.
fn disputed(disputes: &[&Objection], mine: &[&Voucher], context: &Context) -> BTreeMap<i64, Amount> {
    let mut out: BTreeMap<i64, Amount> = BTreeMap::new();
    for one in disputes {
        let month = one.month.to_string();
        let may_be_of = |voucher: &&&Voucher| {
            voucher.instrument == Some(one.instrument)
                && voucher.activity_period == month
                && voucher.unit == one.unit
                && (context.heir)(&voucher.creditor) == (context.heir)(&one.creditor)
        };
        let largest = mine.iter().rev().filter(may_be_of).max_by_key(|voucher| voucher.amount);
        if let Some(voucher) = largest {
            *out.entry(voucher.number).or_default() += Amount::from_ore(one.amount_ore);
        }
    }
    out
}

/// What the statements of a party have asked for: the month, the party by the number that it had then, and, for an invoice,
/// the counterparty and the instrument.
struct Issued<'v>(BTreeSet<Ask<'v>>);

/// Month, party, and counterparty with instrument.
type Ask<'v> = (&'v str, &'v str, Option<(&'v str, Instrument)>);

impl<'v> Issued<'v> {
    /// What a party's vouchers have asked for.
    fn of(own: &[(&'v Voucher, bool)]) -> Issued<'v> {
        let mut out = BTreeSet::new();
        for (voucher, owes) in own.iter().filter(|(voucher, _)| voucher.cause.is_payment()) {
            let (debtor, creditor) = (voucher.debtor.as_str(), voucher.creditor.as_str());
            let (mine, other) = if *owes { (debtor, creditor) } else { (creditor, debtor) };
            out.insert((
                voucher.posting_month.as_str(),
                mine,
                voucher.instrument.map(|instrument| (other, instrument)),
            ));
        }
        Issued(out)
    }

    /// Number of the statement that a voucher corrects: that of the month whose closing asked for the voucher's month of
    /// activity. `None` if the voucher corrects nothing, or if nothing of the kind was asked for.
    fn corrected(&self, voucher: &Voucher, owes: bool, months: &Months) -> Option<String> {
        let (debtor, creditor) = (voucher.debtor.as_str(), voucher.creditor.as_str());
        let (mine, other) = if owes { (debtor, creditor) } else { (creditor, debtor) };
        let activity =
            Month::parse(&voucher.activity_period).ok().filter(|_| voucher.cause.is_correction())?;
        let posted = Month::parse(&voucher.posting_month).ok().filter(|posted| activity < *posted)?;
        let (asked, _) = months.months.range(activity..posted).find(|(_, record)| record.netted)?;
        let asked = asked.to_string();
        let instrument = voucher.instrument.map(|instrument| (other, instrument));
        let is_issued = [None, instrument].iter().any(|of| self.0.contains(&(asked.as_str(), mine, *of)));
        is_issued.then(|| number(&asked, mine))
    }
}

/// Steps from the amount paid on account to the amount settled, and from there to `end`: the amount to pay, or what a
/// summary's months asked for.
fn bridge(gross: &[&Voucher], inside: &[&Voucher], statement: &Statement, end: Amount) -> Vec<BridgeStep> {
    let what = if statement.is_summary { BridgeWhat::Asked } else { BridgeWhat::ToPay };
    let settled = statement.settled;
    let mut steps: BTreeMap<BridgeWhat, Amount> = BTreeMap::new();
    let paid = on_account(inside);
    steps.insert(BridgeWhat::OnAccount, paid);
    for voucher in gross {
        let Some(instrument) = voucher.instrument else { continue };
        let what = match voucher.cause {
            Cause::Activity => BridgeWhat::Activity(instrument),
            Cause::ChangedRule => BridgeWhat::Rates,
            Cause::Objection | Cause::ReviewBoard => BridgeWhat::Decisions,
            Cause::Withdrawn
            | Cause::NewActivity
            | Cause::ChangedCoding
            | Cause::ChangedPayer
            // Settled vouchers have none of the last three causes.
            | Cause::OnAccount
            | Cause::Netting
            | Cause::Invoice => BridgeWhat::Corrections,
        };
        *steps.entry(what).or_default() += voucher.amount;
    }
    for voucher in inside.iter().filter(|voucher| voucher.cause == Cause::OnAccount) {
        if let Some(instrument) = voucher.instrument {
            *steps.entry(BridgeWhat::Activity(instrument)).or_default() += -voucher.amount;
        }
    }
    steps.insert(BridgeWhat::Settlement, settled);
    let walked: Amount =
        steps.iter().filter(|(what, _)| **what != BridgeWhat::Settlement).map(|(_, amount)| *amount).sum();
    assert_eq!(walked, settled, "the bridge ends at what was settled");
    let less = [
        (BridgeWhat::LessOnAccount, -paid),
        (BridgeWhat::Carried, statement.carried - statement.carried_on),
        (BridgeWhat::Rounding, statement.rounding),
    ];
    let left: Amount = less.iter().map(|(_, amount)| *amount).sum();
    let mut out: Vec<BridgeStep> =
        steps.into_iter().map(|(what, amount)| BridgeStep { what, amount }).collect();
    // The bridge ends at the settled amount if every later step is zero, or if the later steps do not lead to `end`.
    // The latter happens if, for instance, closing the month moved amounts of other months as well.
    if settled + left != end || less.iter().all(|(_, amount)| *amount == Amount::ZERO) {
        return out;
    }
    let walked = less.into_iter().filter(|(_, amount)| *amount != Amount::ZERO);
    out.extend(walked.map(|(what, amount)| BridgeStep { what, amount }));
    out.push(BridgeStep { what, amount: end });
    out
}

/// Account that a municipality books a voucher on: function, article, text, and whether the account is
/// unsigned. `None` for other parties, and if no account is known.
fn account(voucher: &Voucher, context: &Context, party: &str) -> Option<(String, String, String, bool)> {
    let is_municipality = matches!(Party::of(party), Party::Municipality { .. });
    let (instrument, period) = (voucher.instrument?, Period::parse(&voucher.activity_period).ok()?);
    let accounts = is_municipality.then(|| (context.terms)(instrument, period.to()).account)??;
    let [public, private] = accounts;
    Some(if (context.is_private)(&voucher.creditor) { private } else { public })
}

fn bookings(gross: &[&Voucher], context: &Context, party: &str) -> Vec<Booking> {
    let mut out: BTreeMap<(String, String, String, bool), Amount> = BTreeMap::new();
    for voucher in gross {
        if let Some(account) = account(voucher, context, party) {
            *out.entry(account).or_default() += voucher.amount;
        }
    }
    out.into_iter()
        .map(|((function, article, text, unsigned), amount)| Booking {
            function,
            article,
            text,
            unsigned,
            amount,
        })
        .collect()
}

fn month_sums(mine: &[&Voucher], span: &Span) -> Vec<MonthSum> {
    let mut out = Vec::new();
    let mut month = Month::new(span.last.year(), 1);
    while let Some(now) = month.filter(|month| *month <= span.last) {
        let name = now.to_string();
        let of: Vec<&Voucher> =
            mine.iter().copied().filter(|voucher| voucher.posting_month == name).collect();
        let gross = of.iter().filter(|voucher| voucher.cause != Cause::OnAccount);
        let settled = gross.map(|voucher| voucher.amount).sum();
        out.push(MonthSum { month: name, on_account: on_account(&of), settled });
        month = now.next();
    }
    out
}

fn rules(gross: &[&Voucher], context: &Context) -> Vec<(String, String)> {
    let versions: BTreeSet<&str> = gross.iter().map(|voucher| voucher.rule_version.as_str()).collect();
    let known = |version: &str| context.rules.get(version).map_or_else(String::new, |rule| rule.cite.clone());
    versions
        .into_iter()
        .filter(|version| !version.is_empty())
        .map(|version| (version.to_owned(), known(version)))
        .collect()
}

/// Payments of the amounts on account, before anything is settled: to each counterparty whose instrument is paid
/// decentrally, and through the clearing account for the rest.
fn on_account_payments(statement: &Statement, inside: &[&Voucher], context: &Context) -> Vec<Payment> {
    let modes = context.months.terms(statement.to.month()).modes;
    let mut by: BTreeMap<String, Amount> = BTreeMap::new();
    for voucher in inside.iter().filter(|voucher| voucher.cause == Cause::OnAccount) {
        let mode = voucher.instrument.and_then(|instrument| modes.get(&instrument).copied());
        let other = match (mode, statement.owes) {
            (Some(Mode::Decentral), true) => voucher.creditor.clone(),
            (Some(Mode::Decentral), false) => voucher.debtor.clone(),
            (Some(Mode::Central) | None, _) => Party::Clearing.to_string(),
        };
        *by.entry(other).or_default() += voucher.amount;
    }
    let payment = |(party, amount): (String, Amount)| {
        let counterparty = match Party::of(&party) {
            Party::Clearing => Named { party: party.clone(), name: context.sender.name.clone() },
            Party::State
            | Party::Municipality { .. }
            | Party::Undecided(_)
            | Party::Area(_)
            | Party::Organisation(_) => named(&party, statement.language, context),
        };
        let reference = match Party::of(&party) == Party::Clearing {
            true => statement.number.clone(),
            false => format!("{}-{party}", statement.number),
        };
        let account = account_of(&counterparty.party, statement, context);
        let (on_account, rounding) = (Amount::ZERO, Amount::ZERO);
        let (due, due_unsigned) = (None, false);
        Payment { counterparty, amount, on_account, rounding, reference, due, due_unsigned, account }
    };
    by.into_iter().map(payment).collect()
}

/// Invoices expected for a party's vouchers at the closing of the last month of a period; none if that month nets
/// nothing.
fn expected_invoices(own: &[(&Voucher, bool)], span: &Span, months: &Months) -> Vec<Voucher> {
    if !months.nets(span.last) {
        return Vec::new();
    }
    let since = months.netted_before(span.last);
    let is_open = |voucher: &&Voucher| {
        let month = Month::parse(&voucher.posting_month);
        month.is_ok_and(|month| month <= span.last && since.is_none_or(|since| since < month))
    };
    // A voucher between a party and its own heir is there twice.
    let open: BTreeMap<i64, &Voucher> = own
        .iter()
        .map(|(voucher, _)| *voucher)
        .filter(is_open)
        .map(|voucher| (voucher.number, voucher))
        .collect();
    let open: Vec<Voucher> = open.into_values().cloned().collect();
    netting::invoices(&open, &span.last.to_string(), &months.terms(span.last))
}

/// Bank account that a payment to a counterparty goes to. A payment through the clearing account goes to the sender's
/// bank account. Empty unless the recipient of the statement owes.
fn account_of(counterparty: &str, statement: &Statement, context: &Context) -> String {
    if !statement.owes {
        return String::new();
    }
    match Party::of(counterparty) {
        Party::Clearing => statement.sender_address.account.clone(),
        Party::State
        | Party::Municipality { .. }
        | Party::Undecided(_)
        | Party::Area(_)
        | Party::Organisation(_) => (context.address)(counterparty).account,
    }
}

/// Day on which a payment of a closed month is due, and whether its term is unsigned, by the instruments in it: those of the
/// counterparty, or, without one, those that are paid centrally.
fn payment_due(
    own: &[(&Voucher, bool)],
    other: Option<&str>,
    statement: &Statement,
    span: &Span,
    context: &Context,
) -> (Option<Day>, bool) {
    let modes = context.months.terms(span.last).modes;
    let is_of_payment = |voucher: &&Voucher| {
        let mode = voucher.instrument.and_then(|instrument| modes.get(&instrument));
        let their = if statement.owes { &voucher.creditor } else { &voucher.debtor };
        (mode == Some(&Mode::Decentral)) == other.is_some() && other.is_none_or(|other| other == their)
    };
    let claimed = own.iter().filter(|(voucher, side)| *side == statement.owes && !voucher.cause.is_payment());
    let all: Vec<&Voucher> = claimed.map(|(voucher, _)| *voucher).filter(is_of_payment).collect();
    let inside: Vec<&Voucher> =
        all.iter().copied().filter(|voucher| span.holds(&voucher.posting_month)).collect();
    let (due, unsigned) = due(if inside.is_empty() { &all } else { &inside }, context, span.last);
    (due.filter(|_| statement.fixed), unsigned)
}

/// One payment for each counterparty with an invoice, and one through the clearing account for the rest; none in a
/// summary. Before the month is settled, `on_account` holds the month's vouchers, of which those on account are asked for.
fn payments(
    statement: &Statement,
    own: &[(&Voucher, bool)],
    on_account: Option<&[&Voucher]>,
    span: &Span,
    context: &Context,
) -> Vec<Payment> {
    if statement.is_summary {
        return Vec::new();
    }
    if let Some(inside) = on_account {
        let is_on_account = |voucher: &&Voucher| voucher.cause == Cause::OnAccount;
        let inside: Vec<&Voucher> = inside.iter().copied().filter(is_on_account).collect();
        return on_account_payments(statement, &inside, context);
    }
    // Until the month is closed, its payments are those that closing it now would give.
    let expected = if statement.fixed { Vec::new() } else { expected_invoices(own, span, context.months) };
    let party = &statement.recipient.party;
    let sided = expected.iter().map(|voucher| (voucher, (context.heir)(&voucher.debtor) == *party));
    let clearing = Party::Clearing.to_string();
    let payment = |other: Option<&str>, [amount, on_account, rounding]: [Amount; 3]| {
        let (due, due_unsigned) = payment_due(own, other, statement, span, context);
        let account = account_of(other.unwrap_or(&clearing), statement, context);
        let (counterparty, reference) = match other {
            Some(party) => {
                (named(party, statement.language, context), format!("{}-{party}", statement.number))
            }
            None => {
                let name = statement.sender.name.clone();
                (Named { party: clearing.clone(), name }, statement.number.clone())
            }
        };
        Payment { counterparty, amount, on_account, rounding, reference, due, due_unsigned, account }
    };
    let mut out = Vec::new();
    let mut rest = statement.to_pay;
    let mut by: BTreeMap<&str, [Amount; 3]> = BTreeMap::new();
    for (voucher, side) in own.iter().copied().chain(sided) {
        if voucher.cause == Cause::Invoice && side == statement.owes && span.holds(&voucher.posting_month) {
            let other = if statement.owes { &voucher.creditor } else { &voucher.debtor };
            let moved = |kind: AccountKind| -> Amount {
                let ours = |line: &&crate::Line| {
                    line.account.kind == kind
                        && (context.heir)(&line.account.party) == statement.recipient.party
                };
                voucher.lines.iter().filter(ours).map(|line| line.amount).sum()
            };
            let sign = |amount: Amount| if statement.owes { amount } else { -amount };
            let sums = by.entry(other).or_default();
            sums[0] += sign(moved(AccountKind::Clearing));
            sums[1] += sign(moved(AccountKind::OnAccount));
            sums[2] += sign(-moved(AccountKind::Rounding));
        }
    }
    for (other, [amount, on_account, rounding]) in by {
        // Amounts are rounded when the month is closed.
        let (amount, rounding) = match statement.fixed {
            true => (amount, rounding),
            false => (amount - rounding, Amount::ZERO),
        };
        rest = rest - amount;
        out.push(payment(Some(other), [amount, on_account, rounding]));
    }
    if rest != Amount::ZERO || out.is_empty() {
        out.push(payment(None, [rest, Amount::ZERO, Amount::ZERO]));
    }
    out
}
