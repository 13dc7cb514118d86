//! Amounts to pay, from the amounts that are owed for each instrument.
//!
//! Central: each party has one amount to pay or to receive through the clearing account, across instruments and
//! amounts on account. Decentral: each debtor, creditor and instrument gets one invoice or credit note.
//!
//! In both modes the accounts of the instruments end at zero, and all clearing and rounding accounts together
//! are zero.

use domain::narrow;
use std::collections::BTreeMap;

use domain::{AccountKind, Amount, Cause, Instrument, Mode, Party, PayRounding};

use crate::export::balances;
use crate::voucher::{Account, Line, Voucher};

/// Terms of a month: how its instruments are paid, and how amounts to pay are rounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Mode of each instrument; an instrument without a mode is central.
    pub modes: BTreeMap<Instrument, Mode>,
    pub rounding: PayRounding,
}

impl Terms {
    fn is_central(&self, instrument: Option<Instrument>) -> bool {
        instrument
            .and_then(|instrument| self.modes.get(&instrument))
            .is_none_or(|mode| *mode == Mode::Central)
    }
}

/// Vouchers that move every open amount to the clearing accounts: first one for each party, in order of name, then the
/// invoices. `open` holds every voucher of the months since the last netting, up to and including the month that is
/// being closed.
pub fn net(open: &[Voucher], month: &str, terms: &Terms) -> Vec<Voucher> {
    let mut by_party: BTreeMap<String, Vec<(Account, Amount)>> = BTreeMap::new();
    for (account, amount) in balances(open) {
        let netted = match account.kind {
            AccountKind::Receivable | AccountKind::Payable | AccountKind::OnAccount => {
                terms.is_central(account.instrument)
            }
            AccountKind::Clearing | AccountKind::Rounding => false,
        };
        if netted && amount != Amount::ZERO {
            by_party.entry(account.party.clone()).or_default().push((account, amount));
        }
    }
    let mut out: Vec<Voucher> = by_party
        .into_iter()
        .map(|(party, accounts)| {
            let net: Amount = accounts.iter().map(|(_, amount)| *amount).sum();
            let mut voucher = blank(month, Cause::Netting);
            (voucher.debtor, voucher.creditor) = if net < Amount::ZERO {
                (Party::Clearing.to_string(), party.clone())
            } else {
                (party.clone(), Party::Clearing.to_string())
            };
            voucher.amount = Amount::from_ore(net.ore().abs());
            voucher.lines =
                accounts.into_iter().map(|(account, amount)| Line { account, amount: -amount }).collect();
            to_clearing(&mut voucher, &party, net, terms.rounding);
            voucher
        })
        .collect();
    out.extend(invoices(open, month, terms));
    out
}

/// Open amounts of a debtor with a creditor under an instrument.
#[derive(Clone, Copy, Default)]
struct Between {
    claimed: Amount,
    on_account: Amount,
}

/// One voucher for each debtor, creditor and decentral instrument: claimed, less paid on account.
pub(crate) fn invoices(open: &[Voucher], month: &str, terms: &Terms) -> Vec<Voucher> {
    let mut sums: BTreeMap<(String, String, Instrument), Between> = BTreeMap::new();
    for voucher in open.iter().filter(|voucher| !terms.is_central(voucher.instrument)) {
        let Some(instrument) = voucher.instrument else { continue };
        let pair = (voucher.debtor.clone(), voucher.creditor.clone(), instrument);
        let sum = sums.entry(pair).or_default();
        // The sums are read from the debtor's lines, so that amounts of an earlier invoice are subtracted
        // here too.
        for line in voucher.lines.iter().filter(|line| line.account.party == voucher.debtor) {
            match line.account.kind {
                AccountKind::Receivable => sum.claimed += line.amount,
                AccountKind::OnAccount => sum.on_account += -line.amount,
                AccountKind::Payable | AccountKind::Clearing | AccountKind::Rounding => {}
            }
        }
    }
    let mut out = Vec::new();
    for ((debtor, creditor, instrument), between) in sums {
        let Between { claimed, on_account } = between;
        if claimed == Amount::ZERO && on_account == Amount::ZERO {
            continue;
        }
        let mut voucher = blank(month, Cause::Invoice);
        voucher.instrument = Some(instrument);
        (voucher.debtor, voucher.creditor) = (debtor.clone(), creditor.clone());
        voucher.amount = claimed;
        voucher.lines =
            voucher.claim_lines().into_iter().map(|line| Line { amount: -line.amount, ..line }).collect();
        voucher.amount = claimed - on_account;
        for (party, amount) in [(&debtor, on_account), (&creditor, -on_account)] {
            let account =
                Account { kind: AccountKind::OnAccount, party: party.clone(), instrument: Some(instrument) };
            voucher.lines.push(Line { account, amount });
        }
        to_clearing(&mut voucher, &debtor, claimed - on_account, terms.rounding);
        to_clearing(&mut voucher, &creditor, on_account - claimed, terms.rounding);
        voucher.lines.retain(|line| line.amount != Amount::ZERO);
        out.push(voucher);
    }
    out
}

/// Adds the party's line on the clearing account, and a line for the difference that rounding leaves.
fn to_clearing(voucher: &mut Voucher, party: &str, net: Amount, rounding: PayRounding) {
    let line =
        |kind, amount| Line { account: Account { kind, party: party.to_owned(), instrument: None }, amount };
    let paid = match rounding {
        PayRounding::Ore => net,
        PayRounding::Kroner => whole_kroner(net),
    };
    voucher.lines.push(line(AccountKind::Clearing, paid));
    if paid != net {
        voucher.lines.push(line(AccountKind::Rounding, net - paid));
        voucher.note = "rounded to whole kroner".to_owned();
    }
}

/// The amount in whole kroner. Half a krone goes away from zero, so that a credit note mirrors its invoice.
pub fn whole_kroner(amount: Amount) -> Amount {
    let ore = amount.ore();
    let half = if ore < 0 { -50 } else { 50 };
    Amount::from_ore((ore + half) / 100 * 100)
}

/// A voucher without parties, lines and amount.
pub fn blank(month: &str, cause: Cause) -> Voucher {
    Voucher {
        number: 0,
        step: 0,
        posting_month: month.to_owned(),
        activity_period: month.to_owned(),
        instrument: None,
        cause,
        debtor: String::new(),
        creditor: String::new(),
        unit: String::new(),
        rule_version: String::new(),
        contacts: 0,
        points: 0,
        days: 0,
        amount: Amount::ZERO,
        note: String::new(),
        lines: Vec::new(),
        hash: String::new(),
    }
}

/// Voucher for an amount on account: the debtor pays the amount, and the creditor receives it. The two lines
/// of the kind `OnAccount` are set against amounts settled later.
pub fn on_account(
    month: &str,
    instrument: Instrument,
    debtor: &str,
    creditor: &str,
    amount: Amount,
) -> Voucher {
    let mut voucher = blank(month, Cause::OnAccount);
    voucher.instrument = Some(instrument);
    (voucher.debtor, voucher.creditor) = (debtor.to_owned(), creditor.to_owned());
    voucher.amount = amount;
    let line = |kind, party: &str, amount| Line {
        account: Account {
            kind,
            party: party.to_owned(),
            instrument: (kind == AccountKind::OnAccount).then_some(instrument),
        },
        amount,
    };
    voucher.lines = vec![
        line(AccountKind::Clearing, debtor, amount),
        line(AccountKind::OnAccount, debtor, -amount),
        line(AccountKind::OnAccount, creditor, amount),
        line(AccountKind::Clearing, creditor, -amount),
    ];
    voucher
}

/// Parts of a year's amount by weight, one for each month. The parts with the largest remainders are rounded up, so
/// that the parts add up to the amount. Empty if the weights do not add up to more than zero.
pub fn divided(amount: Amount, weights: &[i64]) -> Vec<Amount> {
    let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    let Some(count) = (whole > 0).then_some(weights.len()) else { return Vec::new() };
    let share = |weight: &i64| i128::from(amount.ore()) * i128::from(*weight);
    let mut parts: Vec<i64> = weights.iter().map(|weight| narrow(share(weight).div_euclid(whole))).collect();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|place| (std::cmp::Reverse(share(&weights[*place]).rem_euclid(whole)), *place));
    let left = amount.ore() - parts.iter().sum::<i64>();
    for place in order.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        parts[place] += 1;
    }
    parts.into_iter().map(Amount::from_ore).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correction::vouchers;
    use domain::{Claim, Claims};
    use proptest::prelude::*;

    fn claims(rows: &[(u8, u8, Instrument, i64)]) -> Vec<Voucher> {
        let mut claims = Claims::default();
        for (place, (debtor, creditor, instrument, ore)) in rows.iter().enumerate() {
            let mut word = |text: &str| claims.words.number(text);
            let row = Claim {
                contact: place as i64,
                instrument: Some(*instrument),
                month: word("2012-03"),
                debtor: word(&format!("m{debtor}")),
                creditor: word(&format!("c{creditor}")),
                unit: word("u"),
                ended: word("2012-03"),
                version: word("v"),
                cause: Cause::Activity,
                points: 1,
                days: 0,
                amount: Amount::from_ore(*ore),
            };
            claims.rows.push(row);
        }
        vouchers(&claims, "2012-03")
    }

    proptest! {
        /// The accounts balance before and after netting. After netting, the accounts of the instruments are empty, and
        /// netting again moves nothing. If amounts are rounded to kroner, each clearing account is in whole kroner,
        /// apart from the amount on account.
        #[test]
        fn netting_empties_the_accounts(
            rows in prop::collection::vec((0u8..4, 2u8..6, prop::sample::select(Instrument::ALL.to_vec()), -9_999i64..9_999), 0..30),
            kroner in any::<bool>(),
            decentral in any::<bool>(),
        ) {
            let rounding = if kroner { PayRounding::Kroner } else { PayRounding::Ore };
            let mode = if decentral { Mode::Decentral } else { Mode::Central };
            let terms = Terms { modes: BTreeMap::from([(Instrument::DischargeReady, mode)]), rounding };
            let mut all = claims(&rows);
            let on_account_for = if decentral { Instrument::DischargeReady } else { Instrument::CoFinancing };
            all.push(on_account("2012-03", on_account_for, "m1", "c3", Amount::from_ore(777)));
            let before = balances(&all);
            prop_assert_eq!(before.values().copied().sum::<Amount>(), Amount::ZERO);
            let netted = net(&all, "2012-03", &terms);
            prop_assert!(netted.iter().all(Voucher::balances));
            all.extend(netted);
            let after = balances(&all);
            prop_assert_eq!(after.values().copied().sum::<Amount>(), Amount::ZERO);
            for (account, amount) in after {
                match account.kind {
                    AccountKind::Clearing if kroner => {
                        let whole = amount.ore() - if ["m1", "c3"].contains(&&account.party[..]) { 777 } else { 0 };
                        let whole = if account.party == "c3" { amount.ore() + 777 } else { whole };
                        prop_assert_eq!(whole % 100, 0, "{}", account.name());
                    }
                    AccountKind::Clearing | AccountKind::Rounding => {}
                    _ => prop_assert_eq!(amount, Amount::ZERO, "{}", account.name()),
                }
            }
            prop_assert!(net(&all, "2012-03", &terms).is_empty());
        }

        #[test]
        fn parts_add_up(ore in -1_000_000_000i64..1_000_000_000, weights in prop::collection::vec(0i64..1000, 1..13)) {
            prop_assume!(weights.iter().sum::<i64>() > 0);
            let parts = divided(Amount::from_ore(ore), &weights);
            prop_assert_eq!(parts.iter().copied().sum::<Amount>(), Amount::from_ore(ore));
        }
    }
}
