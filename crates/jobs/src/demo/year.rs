//! The settlement year of the demonstration: amounts on account from the year before, a hospital that
//! delivers its first quarter late, a correction, twelve closed months, and statements.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use arrow_array::{BooleanArray, RecordBatch};
use disclosure::Cell;
use domain::municipality::Heir;
use domain::{
    Amount, Balancing, Cause, Claims, Day, Instrument, Minute, Mode, Month, Municipalities, Party,
    PayRounding, Period,
};
use ledger::statement::Span;
use paper::sheets;
use register::columns;
use register::parquet_file::{Reader, copy_rows};
use settlement::sink::Nowhere;
use settlement::totals::Totals;
use settlement::{Law, Options, settle};
use words::{Message, message, say};

use crate::failure::Result;
use crate::host::Host;
use crate::law::Files;
use crate::progress::Work;
use crate::settlement::statement::{self, PaperForm};
use crate::settlement::{self as job, Books, Correction, OnAccountFrom, Run};
use crate::table::{Form, Table};
use crate::what_if::heads;

/// Last month of the first delivery.
const FIRST_ENDS: &str = "2012-03";

/// Input of the settlement year.
pub struct Year<'a> {
    /// Contacts of 2012.
    pub contacts: &'a Path,
    /// Sample of the contacts of 2011.
    pub baseline: &'a Path,
    /// Number of persons in the sample of 2011, and in the register of 2012.
    pub baseline_scale: (u64, u64),
    /// Sums of the settlement of 2012, from which the late hospital is chosen.
    pub totals: &'a Totals,
    pub files: &'a Files,
    pub out: &'a Path,
    /// Makes the sentences on a correction that is posted in a month.
    pub words: fn(&Correction, Month) -> Vec<Message>,
}

/// The hospital that delivered late, and what its delivery changed.
#[derive(Default)]
pub struct Late {
    pub unit: String,
    /// Municipality whose payments the late contacts changed most; empty if they changed none.
    pub municipality: String,
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
        let mut by_municipality: BTreeMap<&str, i64> = BTreeMap::new();
        for claim in &claims.rows {
            let word = |number| claims.words.word(number);
            let sum = match word(claim.unit) == late.unit {
                true => &mut late.at_hospital,
                false if Month::parse(word(claim.ended))? > first_ends => &mut late.unfinished,
                false => &mut late.joint,
            };
            *sum += claim.amount;
            if word(claim.unit) == late.unit && is_municipality(word(claim.debtor)) {
                *by_municipality.entry(word(claim.debtor)).or_default() += claim.amount.ore();
            }
        }
        let most = by_municipality.into_iter().max_by_key(|(_, ore)| ore.abs());
        late.municipality = most.map_or_else(String::new, |(party, _)| party.to_owned());
        Ok(late)
    }

    /// What the correction is made of, in words.
    fn said(&self) -> Message {
        let Late { unit, municipality: _, at_hospital, unfinished, joint } = self;
        message!("demo.late_hospital_split", late = unit, at_hospital, unfinished, joint)
    }
}

/// Settles the year in a new ledger, and writes statements. Returns a report, and the hospital that delivered late.
///
/// # Errors
/// Fails if a job of the year fails, or if a file cannot be written.
pub fn run(year: &Year, host: &Host) -> Result<(String, Late)> {
    let ledger = year.out.join("ledger.sqlite");
    crate::folder::remove(&ledger)?;
    let place = ledger.display().to_string();
    let whole = Period::parse("2012")?;
    let opened = job::opened(Some(Mode::Central), whole, Balancing::Month, PayRounding::Ore)?;
    job::open(&place, whole, &opened, Day::parse("2012-01-02")?.start())?;
    let mut books = Books::open(&place)?;
    let [budget, earlier] = year_before(year, host.threads)?;
    job::on_account(
        &mut books,
        whole,
        &OnAccountFrom::Budget(&budget),
        false,
        Day::parse("2012-01-03")?.start(),
    )?;
    let unit = late_unit(year.totals);
    let first = first_delivery(year, &unit, host)?;
    let mut late = Late::default();
    let quiet = host.silent();
    let stage = host.begin(Work::SettleYear);
    let mut corrected = String::new();
    for (place, month) in whole.months().enumerate() {
        // A month is settled on the tenth of the next, and closed on the eleventh.
        let at = month.last().plus(10).start();
        let contacts = if place < 3 { &first } else { year.contacts };
        let run = delivery(year, contacts, at);
        if place == 3 {
            let closed = Period::parse("2012-T1")?;
            let lines = (year.words)(&job::correct(&mut books, closed, month, &run, &quiet)?, month);
            corrected = host.language.say(&Message::joined(lines, "\n"));
            late = Late::of(unit.clone(), &job::last_movements(&mut books)?, Month::parse(FIRST_ENDS)?)?;
        }
        job::run(&mut books, Period::of_month(month), &run, &quiet)?;
        job::close(&mut books, Period::of_month(month), false, month.last().plus(11).start(), &quiet)?;
        stage.at(place as u64 + 1, 12);
    }
    stage.done();
    let statements = year.out.join("statements");
    let mut text = String::new();
    for name in ["2012-04", "2012"] {
        let forms = [PaperForm::Pdf, PaperForm::Xlsx];
        let Some(span) = Span::of(Period::parse(name)?) else { continue };
        let addresses = crate::addresses::Addresses::new();
        let order = statement::Order {
            forms: &forms,
            out: &statements,
            command: format!("samspill statement {name} --ledger ledger.sqlite"),
            ..statement::Order::to_read(span, &[], host.language, &addresses)
        };
        let made = statement::run(&mut Books::open(&place)?, &order, host)?;
        let (count, path) = (made.len(), statements.display());
        let _ = writeln!(text, "{}", say!(host.language, "demo.statements", count, name, path));
    }
    let (mut books_read, june) = (Books::open(&place)?, Month::parse("2012-06")?);
    let (_, told) = crate::settlement::forecast::run(&mut books_read, june, None, Some(&earlier))?;
    for held in told {
        let _ = writeln!(text, "{}", say!(host.language, "demo.forecast", held));
    }
    let table = months(&mut Books::open(&place)?, whole)?;
    let mut out = table.render(Form::Table, sheets::Reader::Person(host.language));
    let heading = say!(host.language, "demo.late_hospital", late = unit);
    let split = host.language.say(&late.said());
    let chain = say!(host.language, "demo.chain_ends_in", hash = books.head.hash);
    let _ = writeln!(out, "{heading}\n{corrected}\n{split}\n{text}{chain}\n");
    Ok((out, late))
}

fn delivery<'a>(year: &'a Year, contacts: &'a Path, now: Minute) -> Run<'a> {
    Run {
        contacts,
        mapping: None,
        drg_list: None,
        coverage: None,
        only: &[],
        files: year.files,
        draft: true,
        made_on: None,
        accept: false,
        now,
    }
}

/// The hospital that delivers late: the one with the fifth largest amount of co-financing.
fn late_unit(totals: &Totals) -> String {
    let mut by_unit: BTreeMap<String, Amount> = BTreeMap::new();
    for (key, sum) in totals.lines().filter(|(key, _)| key.instrument == Instrument::CoFinancing) {
        *by_unit.entry(key.unit).or_default() += sum.amount;
    }
    let mut units: Vec<(Amount, String)> = by_unit.into_iter().map(|(unit, amount)| (amount, unit)).collect();
    units.sort();
    let place = units.len().saturating_sub(5);
    units.get(place).map_or_else(String::new, |(_, unit)| unit.clone())
}

/// Writes the delivery of January to March, without the late hospital. Returns its path.
fn first_delivery(year: &Year, late: &str, host: &Host) -> Result<PathBuf> {
    let stage = host.begin(Work::SplitDelivery);
    let folder = year.out.join("register-2012");
    let path = folder.join("first-quarter-without-one-hospital.parquet");
    let last = Month::parse(FIRST_ENDS)?.last().number();
    let reader = Reader::open_contacts(year.contacts)?;
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

/// Writes what the rules of 2012 would have cost in 2011, scaled up from the sample: as a budget of each municipality, and
/// as months of an earlier year. Returns their paths.
fn year_before(year: &Year, threads: usize) -> Result<[PathBuf; 2]> {
    let files = Files::read(None, &[PathBuf::from("co-financing-as-in-2012")])?;
    let (law, municipalities) = (Law::of(&files.book()?)?, Municipalities::built_in()?);
    let reader = Reader::open_contacts(year.baseline)?;
    let period = Period::parse("2011")?;
    let scope = law.scope(period, &[])?;
    let options = Options { period, scope: &scope, threads };
    let totals = settle(&reader, &law, &municipalities, &options, &mut Nowhere, |_, _| {})?.totals;
    let (mut sums, mut of_months) = (BTreeMap::<(String, String), i64>::new(), BTreeMap::new());
    let january = Day::parse("2012-01-01")?;
    for (key, sum) in totals.lines().filter(|(key, _)| key.instrument == Instrument::CoFinancing) {
        *of_months.entry(key.month.clone()).or_default() += sum.amount.ore();
        let Heir::One(debtor) = municipalities.heir(&key.debtor, january) else { continue };
        *sums.entry((debtor, key.creditor)).or_default() += sum.amount.ore();
    }
    let (made, of) = year.baseline_scale;
    let mut text = "instrument;debtor;creditor;kroner\n".to_owned();
    // Rounded down to whole thousands of kroner, as budgets are.
    let thousands = |ore: i64| i128::from(ore) * i128::from(of) / i128::from(made.max(1)) / 100_000 * 1_000;
    for ((debtor, creditor), ore) in sums {
        let _ = writeln!(text, "KMF;{debtor};{creditor};{}", thousands(ore));
    }
    let rows = of_months.iter().map(|(month, ore)| format!("{month};KMF;{}\n", thousands(*ore)));
    let earlier = format!("month;instrument;kroner\n{}", rows.collect::<String>());
    let paths = ["budget-2012.csv", "months-2011.csv"].map(|name| year.out.join(name));
    for (path, text) in paths.iter().zip([text, earlier]) {
        crate::folder::write(path, text)?;
    }
    Ok(paths)
}

/// Table of the amounts of each month, in millions of kroner.
fn months(books: &mut Books, period: Period) -> Result<Table> {
    let heads = heads([
        "demo.column.month",
        "demo.column.state",
        "demo.column.activity",
        "demo.column.corrections",
        "demo.column.on_account",
        "demo.column.net_to_pay",
    ]);
    let mut table = Table::new(message!("demo.year_in_ledger"), &heads);
    let millions = |amount: Amount| {
        let tenths = (amount.ore() + 5_000_000).div_euclid(10_000_000);
        let sign = if tenths < 0 { "\u{2212}" } else { "" };
        let whole = domain::amount::grouped(tenths.unsigned_abs() / 10);
        Cell::Text(format!("{sign}{whole},{}", tenths.unsigned_abs() % 10))
    };
    for month in period.months() {
        let vouchers = books.vouchers(month, month, None)?;
        let sum = |of: &dyn Fn(&ledger::Voucher) -> bool| -> Amount {
            vouchers.iter().filter(|voucher| of(voucher)).map(|voucher| voucher.amount).sum()
        };
        let is_correction = |cause: Cause| cause.is_computed() && cause != Cause::Activity;
        let to_pay = sum(&|voucher| voucher.cause == Cause::Netting && is_municipality(&voucher.debtor))
            - sum(&|voucher| voucher.cause == Cause::Netting && is_municipality(&voucher.creditor));
        let state = books.months.state(month);
        table.row([
            Cell::Text(month.to_string()),
            state.map_or_else(|| Cell::from(""), |state| Message::under("demo.state", state.word()).into()),
            millions(sum(&|voucher| voucher.cause == Cause::Activity)),
            millions(sum(&|voucher| is_correction(voucher.cause))),
            millions(sum(&|voucher| voucher.cause == Cause::OnAccount)),
            millions(to_pay),
        ]);
    }
    Ok(table)
}

fn is_municipality(party: &str) -> bool {
    Party::of(party).municipality().is_some()
}
