//! The difference between the posted claims and the claims of a new delivery, split by cause.
//!
//! For each contact, instrument and month, the causes are taken in a fixed order. Each part starts where the
//! part before ended, so that the parts add up to the whole:
//!
//! 1. *withdrawn*: the contact is missing from a delivery that covers it, and everything posted is taken
//!    back;
//! 2. *new activity* if the contact was never delivered before, otherwise *changed coding*: from the posted
//!    amount to the amount that the new facts give under the posted rules, charged to the posted payer;
//! 3. *changed payer*, if exactly one claim is posted and exactly one is new: the amount after step 2, moved from the
//!    posted payer to the new one. Otherwise step 2 moves the whole difference;
//! 4. *changed rule*: from the amount after step 2 to the amount that the same facts give under the current
//!    rules.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::{Amount, Cause, Claim, Claims, Words};

use crate::voucher::Voucher;

/// Input of a correction: the posted movements and the new delivery.
pub struct Comparison<'a> {
    /// Every movement that is posted for the months compared, in the order of posting.
    pub posted: &'a Claims,
    /// Claims of the delivery under the posted rules; `None` if those are the current rules.
    pub under_posted_rules: Option<&'a Claims>,
    /// Claims of the delivery under the current rules.
    pub now: &'a Claims,
    /// Whether the month is settled for the first time. Every movement then has the cause [`Cause::Activity`].
    pub first: bool,
    /// Whether the delivery covers a unit (first argument) in the month when a contact ended (second).
    pub covers: &'a dyn Fn(&str, &str) -> bool,
    /// Whether a contact stands in the delivery, in any month.
    pub delivered: &'a dyn Fn(i64) -> bool,
    /// Whether a contact was delivered, but refused by the check. Its posted claims stand.
    pub refused: &'a dyn Fn(i64) -> bool,
    /// Whether a contact was delivered before, in any month.
    pub known: &'a dyn Fn(i64) -> bool,
    /// The heir that a party has when the correction is posted; the party itself if it has none.
    pub heir: &'a dyn Fn(&str) -> String,
}

/// The posted claims, net: movements of the same contact, instrument, month, debtor, creditor and unit are
/// added up. Sums of zero are left out.
pub fn net(posted: &Claims) -> Claims {
    let mut rows: Vec<(usize, Claim)> = posted.rows.iter().copied().enumerate().collect();
    rows.sort_unstable_by_key(|(place, row)| (same(row), *place));
    let mut out = Claims { words: posted.words.clone(), rows: Vec::new() };
    for group in rows.chunk_by(|(_, one), (_, other)| same(one) == same(other)) {
        let Some((_, last)) = group.last() else { continue };
        let sum = |of: &dyn Fn(&Claim) -> i32| group.iter().map(|(_, row)| of(row)).sum();
        let row = Claim {
            points: sum(&|row| row.points),
            days: sum(&|row| row.days),
            amount: group.iter().map(|(_, row)| row.amount).sum(),
            ..*last
        };
        if !is_nothing(&row) {
            out.rows.push(row);
        }
    }
    out
}

/// Contact, instrument, month, debtor, creditor and unit.
type Same = (i64, Option<domain::Instrument>, u32, u32, u32, u32);

fn same(row: &Claim) -> Same {
    (row.contact, row.instrument, row.month, row.debtor, row.creditor, row.unit)
}

fn is_nothing(row: &Claim) -> bool {
    row.points == 0 && row.days == 0 && row.amount == Amount::ZERO
}

/// Set that a claim comes from. A correction goes through the sets in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum From {
    Posted,
    PostedRules,
    Now,
}

/// Movements that lead from the posted claims to the claims of the delivery, each with its cause.
pub fn movements(comparison: &Comparison) -> Claims {
    let mut words = Words::default();
    let mut rows: Vec<(From, Claim)> = Vec::new();
    let posted = net(comparison.posted);
    let rules = comparison.under_posted_rules.unwrap_or(comparison.now);
    for (from, claims) in [(From::Posted, &posted), (From::PostedRules, rules), (From::Now, comparison.now)] {
        if from == From::PostedRules && comparison.under_posted_rules.is_none() {
            continue;
        }
        let mut merged = Claims { words: std::mem::take(&mut words), rows: Vec::new() };
        merged.extend(claims);
        words = merged.words;
        rows.extend(merged.rows.into_iter().filter(|row| !is_nothing(row)).map(|row| (from, row)));
    }
    // By words and not by their numbers, which depend on what else was settled in the same reading.
    let place = places(&words);
    rows.sort_unstable_by_key(|(from, row)| {
        let word = |number: u32| place.get(number as usize).copied().unwrap_or(number);
        let parties = [row.debtor, row.creditor, row.unit, row.ended, row.version].map(word);
        let quantity = (row.cause, row.points, row.days, row.amount);
        (row.contact, row.instrument, word(row.month), *from, parties, quantity)
    });
    let mut out = Claims { words, rows: Vec::new() };
    let key = |row: &Claim| (row.contact, row.instrument, row.month);
    let mut sheet = Sheet { comparison, heirs: BTreeMap::new(), words: &out.words, rows: Vec::new() };
    for group in rows.chunk_by(|(_, one), (_, other)| key(one) == key(other)) {
        let part = |from| {
            let start = group.partition_point(|(of, _)| *of < from);
            let end = group.partition_point(|(of, _)| *of <= from);
            &group[start..end]
        };
        let now = part(From::Now);
        let rules = match comparison.under_posted_rules {
            Some(_) => part(From::PostedRules),
            None => now,
        };
        sheet.contact(part(From::Posted), rules, now);
    }
    out.rows = sheet.rows;
    out
}

/// Place of each word among all words in order, by its number.
fn places(words: &Words) -> Vec<u32> {
    let mut order: Vec<usize> = (0..words.all().len()).collect();
    order.sort_unstable_by_key(|number| &words.all()[*number]);
    let mut out = vec![0; order.len()];
    for (place, number) in order.into_iter().enumerate() {
        out[number] = domain::narrow(place);
    }
    out
}

/// Movements found so far, and the comparison that they are computed from.
struct Sheet<'a> {
    comparison: &'a Comparison<'a>,
    heirs: BTreeMap<u32, String>,
    words: &'a Words,
    rows: Vec<Claim>,
}

impl Sheet<'_> {
    /// Adds the movements of one contact under one instrument in one month.
    fn contact(&mut self, posted: &[(From, Claim)], rules: &[(From, Claim)], now: &[(From, Claim)]) {
        let Some(contact) = posted.first().or(now.first()).or(rules.first()).map(|(_, row)| row.contact)
        else {
            return;
        };
        if (self.comparison.refused)(contact) {
            return;
        }
        if rules.is_empty() && now.is_empty() && !(self.comparison.delivered)(contact) {
            for (_, row) in posted {
                if (self.comparison.covers)(self.words.word(row.unit), self.words.word(row.ended)) {
                    self.rows.push(negated(row, Cause::Withdrawn));
                }
            }
            return;
        }
        let (rules, now) = (&self.renamed(posted, rules)[..], &self.renamed(posted, now)[..]);
        let first = match posted.is_empty() && !(self.comparison.known)(contact) {
            _ if self.comparison.first => Cause::Activity,
            true => Cause::NewActivity,
            false => Cause::ChangedCoding,
        };
        self.data(posted, rules, first);
        self.between(rules, now, Cause::ChangedRule);
    }

    /// The new claims. If the debtor of a claim is the posted debtor under a new code, for the same unit and creditor,
    /// the claim keeps the posted code: a new code alone is no correction. A claim is not renamed if a posted claim has
    /// the new code already.
    fn renamed<'r>(
        &mut self,
        posted: &[(From, Claim)],
        rows: &'r [(From, Claim)],
    ) -> Cow<'r, [(From, Claim)]> {
        let mut out = Cow::Borrowed(rows);
        for (place, (_, new)) in rows.iter().enumerate() {
            if posted.is_empty() || posted.iter().any(|(_, old)| old.debtor == new.debtor) {
                continue;
            }
            let alike = |old: &Claim| old.unit == new.unit && old.creditor == new.creditor;
            let heir = self.heir(new.debtor);
            let old =
                posted.iter().map(|(_, old)| old).find(|old| alike(old) && self.heir(old.debtor) == heir);
            if let Some(old) = old {
                out.to_mut()[place].1.debtor = old.debtor;
            }
        }
        out
    }

    /// Adds the movements from the posted claims to the claims that the new facts give under the posted rules. If
    /// exactly one claim is posted and exactly one is new, the amount moves first, under `cause`, and then the payer or
    /// the unit. Otherwise the plain difference moves under `cause`.
    fn data(&mut self, posted: &[(From, Claim)], rules: &[(From, Claim)], cause: Cause) {
        let ([(_, old)], [(_, new)]) = (posted, rules) else {
            self.between(posted, rules, cause);
            return;
        };
        if same(old) == same(new) {
            self.between(posted, rules, cause);
            return;
        }
        let at_old_payer = Claim { debtor: old.debtor, creditor: old.creditor, unit: old.unit, ..*new };
        self.push_difference(old, &at_old_payer, cause);
        let moved = if old.debtor == new.debtor && old.creditor == new.creditor {
            Cause::ChangedCoding
        } else {
            Cause::ChangedPayer
        };
        self.rows.push(negated(&at_old_payer, moved));
        self.rows.push(Claim { cause: moved, ..*new });
    }

    /// Adds the plain difference between two sets of claims, for each debtor, creditor and unit. A set may have several
    /// claims of one debtor, creditor and unit: two rates in a month, or two codes of one municipality.
    fn between(&mut self, before: &[(From, Claim)], after: &[(From, Claim)], cause: Cause) {
        for (place, (_, old)) in before.iter().enumerate() {
            let Some(new) = together(after, same(old)) else {
                self.rows.push(negated(old, cause));
                continue;
            };
            let is_first = !before[..place].iter().any(|(_, earlier)| same(earlier) == same(old));
            if let Some(old) = together(before, same(old)).filter(|_| is_first) {
                self.push_difference(&old, &new, cause);
            }
        }
        for (_, new) in after {
            if !before.iter().any(|(_, old)| same(old) == same(new)) {
                self.rows.push(Claim { cause, ..*new });
            }
        }
    }

    fn push_difference(&mut self, old: &Claim, new: &Claim, cause: Cause) {
        let row = Claim {
            cause,
            points: new.points - old.points,
            days: new.days - old.days,
            amount: new.amount - old.amount,
            ..*new
        };
        if !is_nothing(&row) {
            self.rows.push(row);
        }
    }

    fn heir(&mut self, party: u32) -> String {
        let (words, heir) = (self.words, self.comparison.heir);
        self.heirs.entry(party).or_insert_with(|| heir(words.word(party))).clone()
    }
}

/// The sum of the claims with this key, as one claim with the last one's rule version; `None` if there is none.
fn together(rows: &[(From, Claim)], key: Same) -> Option<Claim> {
    let same = rows.iter().map(|(_, row)| *row).filter(|row| same(row) == key);
    same.reduce(|sum, row| Claim {
        points: sum.points + row.points,
        days: sum.days + row.days,
        amount: sum.amount + row.amount,
        ..row
    })
}

fn negated(row: &Claim, cause: Cause) -> Claim {
    Claim { cause, points: -row.points, days: -row.days, amount: -row.amount, ..*row }
}

/// Amount moved for each cause, in øre. Movements without an instrument count for nothing.
pub fn causes(movements: &Claims) -> BTreeMap<Cause, i64> {
    let mut out: BTreeMap<Cause, i64> = BTreeMap::new();
    for row in movements.rows.iter().filter(|row| row.instrument.is_some()) {
        *out.entry(row.cause).or_default() += row.amount.ore();
    }
    out
}

/// Vouchers that add the movements up: one for each debtor, creditor, unit, month, instrument, cause and rule
/// version, in that order. Movements without an instrument give no voucher.
pub fn vouchers(movements: &Claims, posting_month: &str) -> Vec<Voucher> {
    // Millions of movements are added up by number; the few sums are put in the order of their words.
    let mut by_number: BTreeMap<_, (i64, i64, i64, Amount)> = BTreeMap::new();
    for row in &movements.rows {
        let Some(instrument) = row.instrument else { continue };
        let key = ((row.debtor, row.creditor, row.unit), (row.month, instrument, row.cause, row.version));
        let sum = by_number.entry(key).or_default();
        sum.0 += 1;
        sum.1 += i64::from(row.points);
        sum.2 += i64::from(row.days);
        sum.3 += row.amount;
    }
    let word = |number| movements.words.word(number);
    let sums: BTreeMap<_, _> = by_number
        .into_iter()
        .map(|(((debtor, creditor, unit), (month, instrument, cause, version)), sum)| {
            let parties = (word(debtor), word(creditor), word(unit));
            ((parties, (word(month), instrument, cause, word(version))), sum)
        })
        .collect();
    sums.into_iter()
        .map(|(((debtor, creditor, unit), (month, instrument, cause, version)), sum)| {
            let mut voucher = Voucher {
                number: 0,
                step: 0,
                posting_month: posting_month.to_owned(),
                activity_period: month.to_owned(),
                instrument: Some(instrument),
                cause,
                debtor: debtor.to_owned(),
                creditor: creditor.to_owned(),
                unit: unit.to_owned(),
                rule_version: version.to_owned(),
                contacts: sum.0,
                points: sum.1,
                days: sum.2,
                amount: sum.3,
                note: String::new(),
                lines: Vec::new(),
                hash: String::new(),
            };
            voucher.lines = voucher.claim_lines();
            voucher
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Instrument;
    use proptest::prelude::*;

    fn claims(rows: &[(i64, &str, &str, i64)]) -> Claims {
        let mut out = Claims::default();
        for (contact, debtor, month, ore) in rows {
            let mut word = |text: &str| out.words.number(text);
            let row = Claim {
                contact: *contact,
                instrument: Some(Instrument::CoFinancing),
                month: word(month),
                debtor: word(debtor),
                creditor: word("983658725"),
                unit: word("unit"),
                ended: word(month),
                version: word("v"),
                cause: Cause::Activity,
                points: domain::narrow(*ore / 10),
                days: domain::narrow(*ore / 100),
                amount: Amount::from_ore(*ore),
            };
            out.rows.push(row);
        }
        out
    }

    fn compare(posted: &Claims, rules: Option<&Claims>, now: &Claims, delivered: &[i64]) -> Claims {
        movements(&Comparison {
            posted,
            under_posted_rules: rules,
            now,
            first: false,
            covers: &|_, _| true,
            delivered: &|contact| delivered.contains(&contact),
            refused: &|_| false,
            known: &|contact| posted.rows.iter().any(|row| row.contact == contact),
            heir: &|party| if party == "1601" { "5001".to_owned() } else { party.to_owned() },
        })
    }

    /// Sums of points, days and amounts.
    fn measures(claims: &Claims) -> (i32, i32, Amount) {
        let sum = |of: &dyn Fn(&Claim) -> i32| claims.rows.iter().map(of).sum();
        (sum(&|row| row.points), sum(&|row| row.days), claims.amount())
    }

    fn summary(claims: &Claims) -> Vec<String> {
        let row = |row: &Claim| {
            format!("{} {} {} {}", row.contact, claims.words.word(row.debtor), row.cause, row.amount.ore())
        };
        claims.rows.iter().map(row).collect()
    }

    #[test]
    fn each_cause_has_its_own_movements() {
        let posted = claims(&[
            (1, "0301", "2012-03", 1000),
            (2, "0301", "2012-03", 1000),
            (3, "0301", "2012-03", 1000),
            (4, "0301", "2012-03", 1000),
            (6, "1601", "2012-03", 1000),
        ]);
        let rules = claims(&[
            (2, "0301", "2012-03", 1500),
            (3, "0219", "2012-03", 1200),
            (4, "0301", "2012-03", 1000),
            (5, "0301", "2012-03", 700),
            (6, "5001", "2012-03", 1000),
        ]);
        let now = claims(&[
            (2, "0301", "2012-03", 1500),
            (3, "0219", "2012-03", 1200),
            (4, "0301", "2012-03", 1100),
            (5, "0301", "2012-03", 770),
            (6, "5001", "2012-03", 1000),
        ]);
        let got = compare(&posted, Some(&rules), &now, &[2, 3, 4, 5, 6]);
        assert_eq!(
            summary(&got),
            [
                "1 0301 withdrawn -1000",
                "2 0301 changed-coding 500",
                "3 0301 changed-coding 200",
                "3 0301 changed-payer -1200",
                "3 0219 changed-payer 1200",
                "4 0301 changed-rule 100",
                "5 0301 new-activity 700",
                "5 0301 changed-rule 70",
            ]
        );
    }

    /// Two claims of one contact on the same accounts, as under two rates in a month, are both posted; the same delivery
    /// again moves nothing, and a change moves its difference.
    #[test]
    fn two_claims_on_the_same_accounts_are_compared_together() {
        let two = |first: i64, second: i64| {
            claims(&[(1, "0301", "2012-03", first), (1, "0301", "2012-03", second)])
        };
        let none = Claims::default();
        let posted = compare(&none, None, &two(1000, 700), &[1]);
        assert_eq!(summary(&posted), ["1 0301 new-activity 700", "1 0301 new-activity 1000"]);
        assert_eq!(summary(&compare(&posted, None, &two(1000, 700), &[1])), [""; 0]);
        let moved = compare(&posted, None, &two(1000, 900), &[1]);
        assert_eq!(summary(&moved), ["1 0301 changed-coding 200"]);
        // First, new rules change both amounts. Then only the claim of 700 is left, in two comparisons: one
        // because of new facts, and one because of new rules.
        let ruled = compare(&posted, Some(&two(1000, 700)), &two(1100, 800), &[1]);
        assert_eq!(summary(&ruled), ["1 0301 changed-rule 200"]);
        let one = claims(&[(1, "0301", "2012-03", 700)]);
        assert_eq!(summary(&compare(&posted, None, &one, &[1])), ["1 0301 changed-coding -1000"]);
        assert_eq!(
            summary(&compare(&posted, Some(&two(1000, 700)), &one, &[1])),
            ["1 0301 changed-rule -1000"]
        );
    }

    #[test]
    fn a_contact_outside_the_delivery_stays() {
        let posted = claims(&[(1, "0301", "2012-03", 1000)]);
        let none = Claims::default();
        let comparison = Comparison {
            posted: &posted,
            under_posted_rules: None,
            now: &none,
            first: false,
            covers: &|_, _| false,
            delivered: &|_| false,
            refused: &|_| false,
            known: &|_| true,
            heir: &str::to_owned,
        };
        assert!(movements(&comparison).rows.is_empty());
        // The contact is still delivered, but no longer charged: the cause is changed coding, not withdrawal.
        assert_eq!(summary(&compare(&posted, None, &none, &[1])), ["1 0301 changed-coding -1000"]);
    }

    #[test]
    fn the_first_settlement_of_a_month_is_activity_and_another_month_of_a_known_contact_is_coding() {
        let (none, now) = (Claims::default(), claims(&[(1, "0301", "2012-03", 1000)]));
        let comparison = Comparison {
            posted: &none,
            under_posted_rules: None,
            now: &now,
            first: true,
            covers: &|_, _| true,
            delivered: &|_| true,
            refused: &|_| false,
            known: &|_| false,
            heir: &str::to_owned,
        };
        assert_eq!(summary(&movements(&comparison)), ["1 0301 activity 1000"]);
        let later = claims(&[(1, "0301", "2012-03", 1000), (1, "0301", "2012-04", 300)]);
        assert_eq!(summary(&compare(&now, None, &later, &[1])), ["1 0301 changed-coding 300"]);
    }

    #[test]
    fn a_new_code_is_the_same_party_only_for_the_same_unit_and_where_its_old_code_is_not_charged() {
        // Both codes are posted: neither claim moves to the other code.
        let both = [(1, "1601", "2012-03", 1000), (1, "5001", "2012-03", 500)];
        assert!(compare(&claims(&both), None, &claims(&both), &[1]).rows.is_empty());
        let posted = claims(&[(1, "1601", "2012-03", 1000)]);
        let mut now = claims(&[(1, "5001", "2012-03", 1000)]);
        assert!(compare(&posted, None, &now, &[1]).rows.is_empty());
        now.rows[0].unit = now.words.number("another unit");
        assert_eq!(
            summary(&compare(&posted, None, &now, &[1])),
            ["1 1601 changed-payer -1000", "1 5001 changed-payer 1000"]
        );
    }

    #[test]
    fn another_unit_is_coding_and_another_creditor_another_payer() {
        let posted = claims(&[(1, "0301", "2012-03", 1000)]);
        let mut now = claims(&[(1, "0301", "2012-03", 1200)]);
        let summary = |claims: &Claims| -> Vec<String> {
            let word = |number| claims.words.word(number);
            let row = |row: &Claim| {
                format!("{} {} {} {}", word(row.creditor), word(row.unit), row.cause, row.amount.ore())
            };
            claims.rows.iter().map(row).collect()
        };
        now.rows[0].unit = now.words.number("ward");
        assert_eq!(
            summary(&compare(&posted, None, &now, &[1])),
            [
                "983658725 unit changed-coding 200",
                "983658725 unit changed-coding -1200",
                "983658725 ward changed-coding 1200"
            ]
        );
        now.rows[0].creditor = now.words.number("914637651");
        assert_eq!(
            summary(&compare(&posted, None, &now, &[1])),
            [
                "983658725 unit changed-coding 200",
                "983658725 unit changed-payer -1200",
                "914637651 ward changed-payer 1200"
            ]
        );
    }

    fn some_claims() -> impl Strategy<Value = Vec<(i64, &'static str, &'static str, i64)>> {
        let row = (0i64..12, prop::sample::select(vec!["0301", "0219", "1601", "5001"]), -500i64..5000);
        prop::collection::btree_map(0i64..12, row, 0..12).prop_map(|rows| {
            rows.into_iter().map(|(contact, (_, debtor, ore))| (contact, debtor, "2012-03", ore)).collect()
        })
    }

    proptest! {
        /// For any posted and any delivered claims, the movements lead exactly to the delivered claims. Once
        /// the movements are posted, the same delivery gives no more movements.
        #[test]
        fn causes_add_up(one in some_claims(), rules in some_claims(), now in some_claims()) {
            let (posted, rules, now) = (claims(&one), claims(&rules), claims(&now));
            let delivered: Vec<i64> =
                now.rows.iter().chain(&rules.rows).map(|row| row.contact).collect();
            let moved = compare(&posted, Some(&rules), &now, &delivered);
            prop_assert_eq!(posted.amount() + moved.amount(), now.amount());
            let mut all = posted.clone();
            all.extend(&moved);
            prop_assert_eq!(measures(&all), measures(&now));
            prop_assert_eq!(measures(&net(&all)), measures(&now));
            let again = compare(&all, None, &now, &delivered);
            prop_assert_eq!(summary(&again), Vec::<String>::new());
            let vouchers = vouchers(&moved, "2012-05");
            prop_assert_eq!(vouchers.iter().map(|voucher| voucher.amount).sum::<Amount>(), moved.amount());
            let sum = |of: &dyn Fn(&Voucher) -> i64| vouchers.iter().map(of).sum::<i64>();
            let (points, days, _) = measures(&moved);
            prop_assert_eq!(sum(&|voucher| voucher.contacts), moved.rows.len() as i64);
            prop_assert_eq!(sum(&|voucher| voucher.points), i64::from(points));
            prop_assert_eq!(sum(&|voucher| voucher.days), i64::from(days));
            prop_assert!(vouchers.iter().all(Voucher::balances));
        }
    }
}
