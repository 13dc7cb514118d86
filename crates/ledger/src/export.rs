//! The ledger in the forms of other programs, so that it can be checked with independent tools.

use std::collections::BTreeMap;
use std::fmt::Write;

use domain::{AccountKind, Amount};

use crate::voucher::{Account, Voucher};

/// Balance of every account that has a line.
pub fn balances(vouchers: &[Voucher]) -> BTreeMap<Account, Amount> {
    let mut out: BTreeMap<Account, Amount> = BTreeMap::new();
    for line in vouchers.iter().flat_map(|voucher| &voucher.lines) {
        *out.entry(line.account.clone()).or_default() += line.amount;
    }
    out
}

/// First day of the voucher's posting month.
fn date(voucher: &Voucher) -> String {
    format!("{}-01", voucher.posting_month)
}

/// An amount in kroner with a decimal point and no unit: `1234.50`.
pub fn plain(amount: Amount) -> String {
    let ore = amount.ore();
    let sign = if ore < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", ore.unsigned_abs() / 100, ore.unsigned_abs() % 100)
}

/// Root account in hledger and in beancount.
fn root(kind: AccountKind) -> (&'static str, &'static str) {
    match kind {
        AccountKind::Receivable => ("assets", "Assets"),
        AccountKind::Payable => ("liabilities", "Liabilities"),
        AccountKind::OnAccount => ("liabilities", "Liabilities"),
        AccountKind::Clearing => ("assets", "Assets"),
        AccountKind::Rounding => ("expenses", "Expenses"),
    }
}

fn hledger_name(account: &Account) -> String {
    // A colon separates the parts of an account's name, so the colon in `area:Bodø` becomes a dash.
    let party = account.party.replace(':', "-");
    let instrument = account.instrument.map_or_else(String::new, |instrument| format!(":{instrument}"));
    format!("{}:{}:{party}{instrument}", root(account.kind).0, account.kind)
}

/// The vouchers as a journal that `hledger check --strict` accepts.
pub fn hledger(vouchers: &[Voucher]) -> String {
    let mut out = String::from("decimal-mark .\ncommodity 1000.00 NOK\n");
    for account in balances(vouchers).keys() {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "account {}", hledger_name(account));
    }
    for voucher in vouchers {
        let _ = writeln!(out, "\n{} ({}) {}", date(voucher), voucher.number, description(voucher));
        for line in &voucher.lines {
            let _ = writeln!(out, "    {}  {} NOK", hledger_name(&line.account), plain(line.amount));
        }
    }
    out
}

/// Description of a voucher on one line, without characters that have a meaning in a journal.
fn description(voucher: &Voucher) -> String {
    let what = voucher.instrument.map_or("", domain::Instrument::word);
    let text = format!(
        "{what} {} {} {}-{}",
        voucher.activity_period, voucher.cause, voucher.debtor, voucher.creditor
    );
    text.replace(['|', ';', '"'], " ").trim().to_owned()
}

fn beancount_name(account: &Account) -> String {
    // Each part must begin with a capital or a digit, and hold only letters, digits and dashes.
    let part = |text: &str| {
        let text: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        let mut chars = text.chars();
        match chars.next() {
            Some(first) => first.to_uppercase().chain(chars).collect::<String>(),
            None => "None".to_owned(),
        }
    };
    let instrument = account.instrument.map_or_else(String::new, |i| format!(":{}", part(i.word())));
    format!("{}:{}:{}{instrument}", root(account.kind).1, part(account.kind.word()), part(&account.party))
}

/// The vouchers as a file that `bean-check` accepts.
pub fn beancount(vouchers: &[Voucher]) -> String {
    let mut out = String::from("option \"operating_currency\" \"NOK\"\n");
    let first = vouchers.iter().map(date).min().unwrap_or_else(|| "1970-01-01".to_owned());
    for account in balances(vouchers).keys() {
        let _ = writeln!(out, "{first} open {} NOK", beancount_name(account));
    }
    for voucher in vouchers {
        let _ =
            writeln!(out, "\n{} * \"{}\"\n  number: {}", date(voucher), description(voucher), voucher.number);
        for line in &voucher.lines {
            let _ = writeln!(out, "  {}  {} NOK", beancount_name(&line.account), plain(line.amount));
        }
    }
    out
}

/// Every line of every voucher as a CSV row, for programs.
pub fn csv(vouchers: &[Voucher]) -> String {
    let mut out = String::from(
        "voucher,step,posting_month,activity_period,instrument,cause,debtor,creditor,unit,rule_version,\
         account,party,account_instrument,amount_ore,note,hash\n",
    );
    for voucher in vouchers {
        for line in &voucher.lines {
            let instrument = |of: Option<domain::Instrument>| of.map_or("", domain::Instrument::word);
            let [note, debtor, creditor, unit, party] =
                [&voucher.note, &voucher.debtor, &voucher.creditor, &voucher.unit, &line.account.party]
                    .map(|text| text.replace('"', "\"\""));
            let _ = writeln!(
                out,
                "{},{},{},{},{},{},\"{debtor}\",\"{creditor}\",\"{unit}\",{},{},\"{party}\",{},{},\"{note}\",{}",
                voucher.number,
                voucher.step,
                voucher.posting_month,
                voucher.activity_period,
                instrument(voucher.instrument),
                voucher.cause,
                voucher.rule_version,
                line.account.kind,
                instrument(line.account.instrument),
                line.amount.ore(),
                voucher.hash
            );
        }
    }
    out
}
