//! Posts a number of vouchers in about a hundred steps and adds up every account. This is the ledger's part of
//! the benchmark against hledger and beancount on the same journal.
//!
//! Usage: `post VOUCHERS LEDGER [JOURNAL BEANCOUNT]`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench that cannot go on should stop")]

use domain::{Amount, Cause, Instrument, Minute, StepKind};
use ledger::netting::blank;
use ledger::store::Wanted;
use ledger::{Ledger, Posting, Voucher, export};

fn voucher(number: i64) -> Voucher {
    // Some 400 debtors, 80 creditors, twelve months and three instruments.
    let mix = number.wrapping_mul(2_654_435_761) & 0x7fff_ffff;
    let month = format!("2012-{:02}", 1 + mix % 12);
    let mut voucher = blank(&month, Cause::Activity);
    voucher.instrument = Some(Instrument::ALL[(mix % 3).unsigned_abs() as usize]);
    voucher.debtor = format!("{:04}", 101 + mix % 400);
    voucher.creditor = (983_974_700 + mix % 80).to_string();
    voucher.unit = voucher.creditor.clone();
    voucher.rule_version = "co-financing@2012-01-01#0123456789ab".to_owned();
    (voucher.contacts, voucher.points) = (1 + mix % 90, mix % 90_000);
    voucher.amount = Amount::from_ore(1 + mix % 90_000_000);
    voucher.lines = voucher.claim_lines();
    voucher
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count: i64 = arguments[0].parse().unwrap();
    let mut ledger = Ledger::open_or_make(&arguments[1]).unwrap();
    let mut head = ledger.head().unwrap();
    let each = std::cmp::max(count / 100, 1);
    let mut number = 0;
    while number < count {
        let vouchers: Vec<Voucher> = (number..std::cmp::min(number + each, count)).map(voucher).collect();
        number += vouchers.len() as i64;
        let posting = Posting {
            kind: StepKind::Run,
            period: "2012".to_owned(),
            recorded_at: Minute::from_number(22_000_000),
            content: "{}".to_owned(),
            vouchers,
            archives: Vec::new(),
        };
        head = ledger.post(posting, &head).unwrap().head;
    }
    let vouchers = ledger.vouchers(&Wanted::default()).unwrap();
    let balances = export::balances(&vouchers);
    let sum: i64 = balances.values().map(|amount| amount.ore().max(0)).sum();
    println!("{} vouchers, {} accounts, debit {sum}, chain {}", vouchers.len(), balances.len(), head.hash);
    if let [_, _, journal, beancount] = &arguments[..] {
        std::fs::write(journal, export::hledger(&vouchers)).unwrap();
        std::fs::write(beancount, export::beancount(&vouchers)).unwrap();
    }
}
