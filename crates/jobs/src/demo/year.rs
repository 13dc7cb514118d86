//! The settlement years of the demonstration. One is settled month by month: a hospital delivers its first quarter late, a
//! correction, twelve closed months, statements. The other is settled at once, with amounts on account from the year before.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use arrow_array::{BooleanArray, RecordBatch};
use disclosure::Cell;
use domain::municipality::Heir;
use domain::{
    Amount, Balancing, Cause, Claims, Instrument, Minute, Mode, Month, Municipalities, Party, PayRounding,
    Period,
};
use ledger::Voucher;
use ledger::statement::Span;
use register::columns;
use register::parquet_file::{Reader, copy_rows};
use settlement::sink::Nowhere;
use settlement::totals::Totals;
use settlement::{Law, Options, settle};
use words::{Message, message, say};

use super::{Demo, Register, shown};
use crate::failure::Result;
use crate::host::Host;
use crate::law::Files;
use crate::progress::Work;
use crate::settlement::statement::{self, PaperForm};
use crate::settlement::{self as job, Books, Run};
use crate::table::Table;
use crate::what_if::{heads, reproduce};

/// The hospital that delivered late, and what its delivery changed.
#[derive(Default)]
pub struct Late {
    pub unit: String,
    /// Municipality whose payments the late contacts changed most; if they changed none, the regional authority that got most;
    /// empty if nothing moved.
    pub party: String,
    /// Amount of the correction at the hospital.
    at_hospital: Amount,
    /// Amount of the correction at other hospitals, for stays that had not ended when the first delivery was made.
    unfinished: Amount,
    /// The rest of the correction: at other hospitals, for stays that the late hospital took part in.
    joint: Amount,
}

impl Late {
    /// Splits the movements of the correction.
    fn of(unit: String, claims: &Claims, first_ends: Month) -> Result<Late> {
        let mut late = Late { unit, ..Late::default() };
        let mut by_party: BTreeMap<(bool, &str), i64> = BTreeMap::new();
        for claim in &claims.rows {
            let word = |number| claims.words.word(number);
            let sum = match word(claim.unit) == late.unit {
                true => &mut late.at_hospital,
                false if Month::parse(word(claim.ended))? > first_ends => &mut late.unfinished,
                false => &mut late.joint,
            };
            *sum += claim.amount;
            if word(claim.unit) == late.unit {
                let pays = is_municipality(word(claim.debtor));
                let party = if pays { word(claim.debtor) } else { word(claim.creditor) };
                *by_party.entry((pays, party)).or_default() += claim.amount.ore();
            }
        }
        let most = by_party.into_iter().max_by_key(|((pays, _), ore)| (*pays, ore.abs()));
        late.party = most.map_or_else(String::new, |((_, party), _)| party.to_owned());
        Ok(late)
    }

    /// What the correction is made of, in words.
    fn said(&self) -> Message {
        let Late { unit, party: _, at_hospital, unfinished, joint } = self;
        message!("demo.late_hospital_split", late = unit, at_hospital, unfinished, joint)
    }
}

/// Settles a year month by month in a new ledger, and writes statements. Returns a report, and the hospital that delivered
/// late.
///
/// # Errors
/// Fails if a job of the year fails, or if a file cannot be written.
pub fn by_month(
    demo: &Demo,
    register: &Register,
    totals: &Totals,
    files: &Files,
    host: &Host,
) -> Result<(String, Late)> {
    let whole = register.period()?;
    let ledger = demo.out.join("ledger.sqlite");
    let mut books = opened(&ledger, whole)?;
    let first_ends = Month::parse(&format!("{whole}-03"))?;
    let unit = late_unit(totals, Instrument::Isf);
    let first = first_delivery(register, &unit, first_ends, host)?;
    let mut late = Late::default();
    let quiet = host.silent();
    let stage = host.begin(Work::SettleYear);
    let mut corrected = String::new();
    for (place, month) in whole.months().enumerate() {
        // A month is settled on the tenth of the next, and closed on the eleventh.
        let at = month.last().plus(10).start();
        let contacts = if month <= first_ends { &first } else { &register.contacts };
        let run = delivery(contacts, files, at);
        if month.first().previous().month() == first_ends {
            let closed = Period::spanning(whole.from().month(), first_ends);
            let lines = (demo.words)(&job::correct(&mut books, closed, month, &run, &quiet)?, month);
            corrected = host.language.say(&Message::joined(lines, "\n"));
            late = Late::of(unit.clone(), &job::last_movements(&mut books)?, first_ends)?;
        }
        job::run(&mut books, Period::of_month(month), &run, &quiet)?;
        job::close(&mut books, Period::of_month(month), false, month.last().plus(11).start(), &quiet)?;
        stage.at(place as u64 + 1, 12);
    }
    stage.done();
    let mut out = shown(&months(&mut books, message!("demo.year_in_ledger"), whole)?, host.language);
    let heading = say!(host.language, "demo.late_hospital", late = unit);
    let _ = writeln!(out, "{heading}\n{corrected}\n{}", host.language.say(&late.said()));
    out.push_str(&statements(&ledger, &demo.out.join("statements"), whole, host)?);
    let _ = writeln!(out, "{}\n", say!(host.language, "demo.chain_ends_in", hash = books.head.hash));
    Ok((out, late))
}

/// Settles a year at once in a new ledger, with amounts on account from the year before. Returns a report.
///
/// # Errors
/// Fails if a job of the year fails, or if a file cannot be written.
pub fn at_once(
    demo: &Demo,
    register: &Register,
    before: &Register,
    files: &Files,
    host: &Host,
) -> Result<String> {
    let whole = register.period()?;
    let ledger = demo.out.join(format!("ledger-{whole}.sqlite"));
    let mut books = opened(&ledger, whole)?;
    let [budget, earlier] = year_before(demo, register, before, host.threads)?;
    let from = job::OnAccountFrom::Budget(&budget);
    job::on_account(&mut books, whole, &from, false, whole.from().plus(2).start())?;
    let quiet = host.silent();
    let stage = host.begin(Work::SettleYear);
    job::run(&mut books, whole, &delivery(&register.contacts, files, whole.to().plus(10).start()), &quiet)?;
    job::close(&mut books, whole, false, whole.to().plus(11).start(), &quiet)?;
    stage.done();
    let mut out = shown(&months(&mut books, message!("demo.reform_in_ledger"), whole)?, host.language);
    let june = Month::parse(&format!("{whole}-06"))?;
    let (_, told) = crate::settlement::forecast::run(&mut books, june, None, Some(&earlier))?;
    for held in told {
        let _ = writeln!(out, "{}", say!(host.language, "demo.forecast", held));
    }
    Ok(out)
}

/// A new ledger in which a year is open.
fn opened(path: &Path, whole: Period) -> Result<Books> {
    crate::folder::remove(path)?;
    let place = path.display().to_string();
    let opened = job::opened(Some(Mode::Central), whole, Balancing::Month, PayRounding::Ore)?;
    job::open(&place, whole, &opened, whole.from().plus(1).start())?;
    Books::open(&place)
}

/// Writes the statements of April and of the year. Returns a report.
fn statements(ledger: &Path, out: &Path, whole: Period, host: &Host) -> Result<String> {
    let mut text = String::new();
    for name in [format!("{whole}-04"), whole.to_string()] {
        let forms = [PaperForm::Pdf, PaperForm::Xlsx];
        let Some(span) = Span::of(Period::parse(&name)?) else { continue };
        let addresses = crate::addresses::Addresses::new();
        let order = statement::Order {
            forms: &forms,
            out,
            command: format!("samspill statement {name} --ledger ledger.sqlite"),
            ..statement::Order::to_read(span, &[], host.language, &addresses)
        };
        let made = statement::run(&mut Books::open(&ledger.display().to_string())?, &order, host)?;
        let (count, path) = (made.len(), out.display());
        let _ = writeln!(text, "{}", say!(host.language, "demo.statements", count, name, path));
    }
    Ok(text)
}

fn delivery<'a>(contacts: &'a Path, files: &'a Files, now: Minute) -> Run<'a> {
    Run {
        contacts,
        mapping: None,
        drg_list: None,
        coverage: None,
        only: &[],
        files,
        draft: true,
        made_on: None,
        accept: false,
        now,
    }
}

/// The hospital that delivers late: the one with the fifth largest amount under an instrument.
fn late_unit(totals: &Totals, instrument: Instrument) -> String {
    let mut by_unit: BTreeMap<String, Amount> = BTreeMap::new();
    for (key, sum) in totals.lines().filter(|(key, _)| key.instrument == instrument) {
        *by_unit.entry(key.unit).or_default() += sum.amount;
    }
    let mut units: Vec<(Amount, String)> = by_unit.into_iter().map(|(unit, amount)| (amount, unit)).collect();
    units.sort();
    let place = units.len().saturating_sub(5);
    units.get(place).map_or_else(String::new, |(_, unit)| unit.clone())
}

/// Writes the delivery of the months to `ends`, without the late hospital. Returns its path.
fn first_delivery(register: &Register, late: &str, ends: Month, host: &Host) -> Result<PathBuf> {
    let stage = host.begin(Work::SplitDelivery);
    let path = register.contacts.with_file_name("first-quarter-without-one-hospital.parquet");
    let last = ends.last().number();
    let reader = Reader::open_contacts(&register.contacts)?;
    let wanted = |batch: &RecordBatch| -> Option<BooleanArray> {
        let is_late = columns::rows_with(batch, "unit", late);
        let days = columns::ints(batch, "discharged_on");
        let rows = days.iter().zip(is_late).map(|(day, is_late)| *day <= last && !is_late);
        Some(rows.collect::<Vec<bool>>().into())
    };
    copy_rows(&reader, &path, host.threads, wanted)?;
    crate::trust::remember(&path, host)?;
    stage.done();
    Ok(path)
}

/// Writes what the rules of a year would have cost the year before, scaled up from the sample: as a budget of each
/// municipality, and as months of an earlier year. Returns their paths.
fn year_before(demo: &Demo, register: &Register, before: &Register, threads: usize) -> Result<[PathBuf; 2]> {
    let files = Files::read(None, &[PathBuf::from("co-financing-as-in-2012")])?;
    let (law, municipalities) = (Law::of(&files.book()?)?, Municipalities::built_in()?);
    let reader = Reader::open_contacts(&before.contacts)?;
    let period = before.period()?;
    let scope = law.scope(period, &[])?;
    let options = Options { period, scope: &scope, threads };
    let totals = settle(&reader, &law, &municipalities, &options, &mut Nowhere, |_, _| {})?.totals;
    let (mut sums, mut of_months) = (BTreeMap::<(String, String), i64>::new(), BTreeMap::new());
    let january = register.period()?.from();
    for (key, sum) in totals.lines().filter(|(key, _)| key.instrument == Instrument::CoFinancing) {
        *of_months.entry(key.month.clone()).or_default() += sum.amount.ore();
        let Heir::One(debtor) = municipalities.heir(&key.debtor, january) else { continue };
        *sums.entry((debtor, key.creditor)).or_default() += sum.amount.ore();
    }
    let (made, of) = (before.made, register.made);
    let mut text = "instrument;debtor;creditor;kroner\n".to_owned();
    // Rounded down to whole thousands of kroner, as budgets are.
    let thousands = |ore: i64| i128::from(ore) * i128::from(of) / i128::from(made.max(1)) / 100_000 * 1_000;
    for ((debtor, creditor), ore) in sums {
        let _ = writeln!(text, "KMF;{debtor};{creditor};{}", thousands(ore));
    }
    let rows = of_months.iter().map(|(month, ore)| format!("{month};KMF;{}\n", thousands(*ore)));
    let earlier = format!("month;instrument;kroner\n{}", rows.collect::<String>());
    let names = [format!("budget-{}.csv", register.year), format!("months-{}.csv", before.year)];
    let paths = names.map(|name| demo.out.join(name));
    for (path, text) in paths.iter().zip([text, earlier]) {
        crate::folder::write(path, text)?;
    }
    Ok(paths)
}

/// Table of the amounts of each month, in millions of kroner. Amounts on account have a column if there are any.
fn months(books: &mut Books, title: Message, period: Period) -> Result<Table> {
    let mut all = Vec::new();
    for month in period.months() {
        all.push((month, books.vouchers(month, month, None)?));
    }
    let is_on_account = |voucher: &Voucher| voucher.cause == Cause::OnAccount;
    let has_on_account = all.iter().any(|(_, vouchers)| vouchers.iter().any(is_on_account));
    let mut heads = heads([
        "demo.column.month",
        "demo.column.state",
        "demo.column.activity",
        "demo.column.corrections",
        "demo.column.on_account",
        "demo.column.net_to_pay",
    ]);
    if !has_on_account {
        heads.remove(4);
    }
    let mut table = Table::new(title, &heads);
    let millions = |amount: Amount| Cell::Text(reproduce::millions(amount));
    for (month, vouchers) in all {
        let sum = |of: &dyn Fn(&Voucher) -> bool| -> Amount {
            vouchers.iter().filter(|voucher| of(voucher)).map(|voucher| voucher.amount).sum()
        };
        let is_correction = |cause: Cause| cause.is_computed() && cause != Cause::Activity;
        let to_pay = sum(&|voucher| voucher.cause == Cause::Netting && is_municipality(&voucher.debtor))
            - sum(&|voucher| voucher.cause == Cause::Netting && is_municipality(&voucher.creditor));
        let state = books.months.state(month);
        let mut row = vec![
            Cell::Text(month.to_string()),
            state.map_or_else(|| Cell::from(""), |state| Message::under("demo.state", state.word()).into()),
            millions(sum(&|voucher| voucher.cause == Cause::Activity)),
            millions(sum(&|voucher| is_correction(voucher.cause))),
        ];
        row.extend(has_on_account.then(|| millions(sum(&is_on_account))));
        row.push(millions(to_pay));
        table.rows.push(row);
    }
    Ok(table)
}

fn is_municipality(party: &str) -> bool {
    Party::of(party).municipality().is_some()
}
