//! 2024, as municipalities meet it: discharge-ready patients and activity-based funding in a ledger, the question of what
//! co-financing would be if it came back, and what happens to the patients.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::amount::grouped;
use domain::{Amount, Instrument, Municipalities, Period};
use register::parquet_file::Reader;
use register::profile::{Volumes, volumes};
use settlement::totals::Totals;
use words::{Language, message};

use super::{
    Demo, Register, SLOW, Settled, inhabitants, of_sample, per_inhabitant, register, row, settled, shown,
    thousands, year,
};
use crate::failure::Result;
use crate::host::Host;
use crate::indicators;
use crate::law::Files;
use crate::parties::Names;
use crate::people;
use crate::progress::Work;
use crate::table::Table;
use crate::what_if::free_income::FreeIncome;
use crate::what_if::reproduce::{Scale, beside, counts_beside, millions};
use crate::what_if::{heads, risk, risk_files, simulate_files};

/// Scenarios of the question what § 11-3 would give if it were used again, each with the name of its file.
const AGAIN: [(&str, &str); 6] = [
    ("medfinansiering-10", include_str!("../../../../docs/examples/igjen/medfinansiering-10.toml")),
    ("medfinansiering-20", include_str!("../../../../docs/examples/igjen/medfinansiering-20.toml")),
    ("medfinansiering-80-aar", include_str!("../../../../docs/examples/igjen/medfinansiering-80-aar.toml")),
    ("utskrivningsklare-3000", include_str!("../../../../docs/examples/igjen/utskrivningsklare-3000.toml")),
    ("utskrivningsklare-8000", include_str!("../../../../docs/examples/igjen/utskrivningsklare-8000.toml")),
    (
        "utskrivningsklare-bare-somatikk",
        include_str!("../../../../docs/examples/igjen/utskrivningsklare-bare-somatikk.toml"),
    ),
];

/// The variant that uses § 11-3 as in 2012.
const CO_FINANCING_AGAIN: &str = "co-financing-again";

/// Municipalities that are shown, from large to small.
const SHOWN: [&str; 14] = [
    "0301", "4601", "5001", "1103", "4204", "5501", "4003", "1804", "3403", "1505", "5601", "5043", "4629",
    "1151",
];

/// What was made of 2024.
pub struct Today {
    pub text: String,
    pub scale: Scale,
    pub contacts: PathBuf,
    pub settled: Settled,
    pub late: year::Late,
}

/// Makes the register of 2024, settles it, keeps its year in a ledger, and looks at it from every side.
///
/// # Errors
/// Fails if a job fails, or if a file cannot be written.
pub fn run(demo: &Demo, files: &Files, host: &Host) -> Result<Today> {
    let of_2024 = register(demo, 2024, demo.people, Some(SLOW), host)?;
    let settled = settled(demo, &of_2024, files, host)?;
    let stage = host.begin(Work::KeyFigures);
    let found = volumes(&Reader::open_contacts(&of_2024.contacts)?, host.threads)?;
    stage.done();
    let (scale, totals, language) = (of_2024.scale(), &settled.totals, host.language);
    let published = published();
    let tables = [
        published_beside(&found, totals, scale, &published),
        by_trust(&found, scale, &published, language)?,
        settled_2024(totals, scale),
        municipalities(totals, scale, of_2024.period()?, language)?,
    ];
    let mut text = String::new();
    tables.iter().for_each(|table| text.push_str(&(shown(table, language) + "\n")));
    let (report, late) = year::by_month(demo, &of_2024, totals, files, host)?;
    text.push_str(&report);
    text.push_str(&again(demo, &of_2024, host)?);
    text.push_str(&swings(demo, &of_2024, host)?);
    text.push_str(&patients(demo, &of_2024, host)?);
    text.push('\n');
    Ok(Today { text, scale, contacts: of_2024.contacts, settled, late })
}

/// Published beds, occupancy and discharges of a trust in 2024.
struct Trust {
    organisation: &'static str,
    beds: i64,
    occupancy_per_cent: i64,
    discharges: i64,
}

/// Published activity of trusts.
fn published() -> Vec<Trust> {
    let lines = include_str!("../../../../data/hospital_activity_2024.csv").lines().skip(1);
    let trust = |line: &'static str| {
        let (organisation, rest) = line.split_once(';')?;
        let mut numbers = rest.split(';').map(|cell| cell.parse::<i64>().ok());
        let mut next = || numbers.next().flatten();
        Some(Trust { organisation, beds: next()?, occupancy_per_cent: next()?, discharges: next()? })
    };
    lines.filter_map(trust).collect()
}

/// Volumes beside the published ones. Days of beds are of a leap year.
fn published_beside(found: &Volumes, totals: &Totals, scale: Scale, published: &[Trust]) -> Table {
    let mut table = beside(message!("demo.today"), "demo.column.quantity");
    let ours = |of: &dyn Fn(&register::profile::Stays) -> u64| -> i64 {
        published.iter().filter_map(|trust| found.by_trust.get(trust.organisation)).map(of).sum::<u64>()
            as i64
    };
    let discharges: i64 = published.iter().map(|trust| trust.discharges).sum();
    let bed_days =
        published.iter().map(|trust| trust.beds * trust.occupancy_per_cent * 366).sum::<i64>() / 100;
    let usk = totals.of(Instrument::DischargeReady);
    let rows = [
        (message!("demo.discharges"), discharges, ours(&|stays| stays.stays)),
        (message!("demo.bed_days_2024"), bed_days / 1_000 * 1_000, ours(&|stays| stays.bed_days)),
        (message!("demo.reported_ready"), 154_000, found.within_a_day.of as i64),
        (message!("demo.days_ready"), 71_800, usk.days),
    ];
    for (name, published, ours) in rows {
        row(&mut table, name, counts_beside(published, scale.up(ours)));
    }
    let within = (found.within_a_day.per_cent()).round();
    row(&mut table, message!("demo.within_a_day"), ["90 %".into(), format!("{within} %"), String::new()]);
    let half = half_of_days(totals).to_string();
    row(&mut table, message!("demo.half_of_days"), ["17".into(), half, String::new()]);
    table
}

/// Number of municipalities, those with the most days first, that have half of the days together.
fn half_of_days(totals: &Totals) -> usize {
    let mut days: Vec<i64> =
        totals.by_debtor(Instrument::DischargeReady).values().map(|sum| sum.days).collect();
    days.sort_unstable_by_key(|days| std::cmp::Reverse(*days));
    let all: i64 = days.iter().sum();
    if all == 0 {
        return 0;
    }
    let sums = days.iter().scan(0, |sum, days| {
        *sum += days;
        Some(*sum)
    });
    sums.take_while(|sum| sum * 2 < all).count() + 1
}

/// Discharges of each trust beside the published ones.
fn by_trust(found: &Volumes, scale: Scale, published: &[Trust], language: Language) -> Result<Table> {
    let mut table = beside(message!("demo.by_trust"), "demo.column.trust");
    let names = Names::of(&Municipalities::built_in()?, language);
    for trust in published {
        let ours = found.by_trust.get(trust.organisation).map_or(0, |stays| stays.stays);
        let [published, ours, off] = counts_beside(trust.discharges, scale.up(ours as i64));
        table.row([names.name(trust.organisation), published, ours, off]);
    }
    Ok(table)
}

fn settled_2024(totals: &Totals, scale: Scale) -> Table {
    let heads =
        heads(["demo.column.instrument", "demo.column.contacts", "demo.column.days", "demo.column.settled"]);
    let mut table = Table::new(message!("demo.settled_2024"), &heads);
    let count = |number: i64| grouped(scale.up(number).unsigned_abs());
    let usk = totals.of(Instrument::DischargeReady);
    let cells = [count(usk.contacts), count(usk.days), millions(scale.amount(usk.amount))];
    row(&mut table, message!("demo.discharge_ready_2024"), cells);
    let isf = totals.of(Instrument::Isf);
    let cells = [count(isf.contacts), "–".to_owned(), millions(scale.amount(isf.amount))];
    row(&mut table, message!("demo.isf_2024"), cells);
    let not_in_force = ["–"; 3].map(str::to_owned);
    row(&mut table, message!("demo.co_financing_2024"), not_in_force);
    table
}

/// What some municipalities pay for discharge-ready patients.
fn municipalities(totals: &Totals, scale: Scale, period: Period, language: Language) -> Result<Table> {
    let heads = heads([
        "column.municipality",
        "demo.column.people",
        "demo.column.days",
        "demo.column.kroner",
        "demo.column.kroner_per_inhabitant",
    ]);
    let mut table = Table::new(message!("demo.municipalities_2024"), &heads);
    let inhabitants = inhabitants(period)?;
    let names = Names::on(&Municipalities::built_in()?, period.to(), language);
    let usk = totals.by_debtor(Instrument::DischargeReady);
    for code in SHOWN {
        let sum = usk.get(code).copied().unwrap_or_default();
        let (days, amount) = (scale.up(sum.days), scale.amount(sum.amount));
        table.row([
            format!("{code} {}", names.name(code)),
            grouped(inhabitants.get(code).map_or(0, |count| count.unsigned_abs())),
            grouped(days.unsigned_abs()),
            thousands(amount),
            per_inhabitant(amount, inhabitants.get(code)),
        ]);
    }
    Ok(table)
}

/// Prices what § 11-3 would give if it were used again, and other rules for discharge-ready patients. Returns a summary.
fn again(demo: &Demo, register: &Register, host: &Host) -> Result<String> {
    let folder = demo.out.join("igjen");
    crate::folder::make(&folder)?;
    let mut scenarios = Vec::new();
    for (name, text) in AGAIN {
        let path = folder.join(format!("{name}.toml"));
        crate::folder::write(&path, text)?;
        scenarios.push(path);
    }
    let outcome = super::simulated(&scenarios, register, &folder, host)?;
    let sizes = outcome.runs.first().map_or(&[][..], |run| &run.found.sizes);
    let mut columns = heads(["demo.column.scenario", "demo.column.all_municipalities"]);
    columns.extend(sizes.iter().map(|size| message!("demo.column.of_size", people = size.name)));
    let mut table = Table::new(message!("demo.again"), &columns);
    for run in &outcome.runs {
        let all = simulate_files::change_of_municipalities(&run.found);
        let cells = std::iter::once(all).chain(run.found.sizes.iter().map(|size| size.change));
        let cells = cells.map(|amount| disclosure::Cell::Text(signed_millions(amount)));
        table.rows.push(std::iter::once(run.scenario.title.clone().into()).chain(cells).collect());
    }
    let language = host.language;
    let (sample, note) = (of_sample(register.scale(), language), language.text("demo.again_assumed"));
    Ok(format!("\n{}{sample}{note}\n", shown(&table, language)))
}

/// Millions of kroner with one decimal and a sign.
fn signed_millions(amount: Amount) -> String {
    match millions(amount) {
        shown if shown.starts_with('\u{2212}') || shown == "0,0" => shown,
        above => format!("+{above}"),
    }
}

/// Makes the risk picture under co-financing as in 2012, with a brief for Bergen. Returns a summary.
fn swings(demo: &Demo, register: &Register, host: &Host) -> Result<String> {
    let period = register.period()?;
    let people = people::by_sex(None, period)?;
    let order = risk::Order {
        contacts: &register.contacts,
        mapping: None,
        period,
        rules: &[PathBuf::from(CO_FINANCING_AGAIN)],
        free_income: FreeIncome::read(None, period, &people::together(&people))?,
        people,
        shared: risk::Shared::Left,
        cap: None,
        pools: BTreeMap::new(),
    };
    let picture = risk::run(&order, host)?;
    let wanted = ["4601".to_owned()];
    let (spread, _) = risk_files::write(&picture, &order, &wanted, &demo.out.join("risiko"), host)?;
    Ok(format!("\n{}\n{spread}", host.language.text("demo.how_far_it_swings")))
}

/// Counts the indicators of the year, and writes the profiles of Bergen, Utsira and the municipality of
/// the story. Returns a summary.
fn patients(demo: &Demo, register: &Register, host: &Host) -> Result<String> {
    let contacts: &Path = &register.contacts;
    let order = indicators::Order::of_all(contacts, register.period()?, host.language);
    let found = indicators::run(&order, host)?;
    let out = demo.out.join("indikatorer");
    let (summary, _) = found.write(&out, host)?;
    found.profiles(&["4601".to_owned(), "1151".to_owned(), SLOW.to_owned()], &out, host)?;
    Ok(format!("\n{}\n{}", host.language.text("demo.indicators"), shown(&summary, host.language)))
}
