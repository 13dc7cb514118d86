//! The year of the reform: 2012 with a sample of 2011 beside it, the ministry's own tables, and co-financing in a ledger.

use std::collections::BTreeMap;

use domain::amount::grouped;
use domain::{Amount, Instrument, Period};
use register::parquet_file::Reader;
use register::profile::{Profile, Share, profile};
use settlement::totals::Totals;
use words::message;

use super::{
    Demo, Register, Settled, inhabitants, per_inhabitant, register, row, settled, shown, thousands, year,
};
use crate::failure::Result;
use crate::host::Host;
use crate::law::Files;
use crate::progress::Work;
use crate::table::Table;
use crate::what_if::reproduce::{
    Scale, alternatives, beside, consequences, counts_beside, deviation, millions, seed_sums,
};
use crate::what_if::{heads, simulate_files};

/// Persons in the sample of 2011, in per cent of the persons of 2012.
const BASELINE_PER_CENT: u64 = 40;

/// What was made of the year of the reform.
pub struct Reform {
    pub text: String,
    pub scale: Scale,
    pub baseline_scale: Scale,
    pub settled: Settled,
}

/// Makes and settles the registers of 2012 and 2011, and sets the figures beside the published ones.
///
/// # Errors
/// Fails if a job fails, or if a file cannot be written.
pub fn run(demo: &Demo, files: &Files, host: &Host) -> Result<Reform> {
    let of_2012 = register(demo, 2012, demo.people, None, host)?;
    let settled = settled(demo, &of_2012, files, host)?;
    let totals = &settled.totals;
    let stage = host.begin(Work::KeyFigures);
    let figures = profile(&Reader::open_contacts(&of_2012.contacts)?, host.threads)?;
    stage.done();
    let wanted = of_2012.made * BASELINE_PER_CENT / 100;
    let baseline = register(demo, 2011, Some(wanted), None, host)?;
    let stage = host.begin(Work::PriceAlternatives);
    let alternatives = alternatives(&baseline.contacts, host.threads)?;
    stage.done();
    let (scale, baseline_scale) = (of_2012.scale(), baseline.scale());
    let tables = [
        volumes(&figures, scale),
        numbered(10, seed_sums(&alternatives, baseline_scale)),
        shares(&figures),
        settled_2012(totals, scale),
        numbered(13, consequences(&alternatives, baseline_scale, baseline_scale.of)),
        municipalities(totals, scale, of_2012.period()?)?,
    ];
    let mut text = format!("{}\n\n", host.language.text("demo.reform"));
    tables.iter().for_each(|table| text.push_str(&(shown(table, host.language) + "\n")));
    text.push_str(&year::at_once(demo, &of_2012, &baseline, files, host)?);
    text.push_str(&what_if(demo, &of_2012, host)?);
    Ok(Reform { text, scale, baseline_scale, settled })
}

/// A table of another page, with its number on this one.
fn numbered(number: u32, mut table: Table) -> Table {
    table.title = message!("demo.numbered", number, title = table.title);
    table
}

/// Runs the example scenario. Returns a summary.
fn what_if(demo: &Demo, register: &Register, host: &Host) -> Result<String> {
    let scenario = demo.out.join("hva-om.toml");
    crate::folder::write(&scenario, include_str!("../../../../docs/examples/hva-om.toml"))?;
    let outcome = super::simulated(&[scenario], register, &demo.out.join("hva-om"), host)?;
    let language = host.language;
    let summaries: String =
        outcome.runs.iter().map(|run| simulate_files::summary(&outcome, run, language)).collect();
    let (title, sample) = (language.text("demo.what_if"), super::of_sample(register.scale(), language));
    Ok(format!("\n{title}\n{sample}{summaries}"))
}

fn volumes(figures: &Profile, scale: Scale) -> Table {
    let mut table = beside(message!("demo.volumes"), "demo.column.quantity");
    for (name, published, ours) in [
        (message!("demo.stays"), 880_000, figures.stays),
        (message!("demo.bed_days"), 3_640_000, figures.bed_days),
        (message!("demo.patients"), 2_000_000, figures.patients),
        (message!("demo.contacts"), 11_000_000, figures.contacts),
    ] {
        row(&mut table, name, counts_beside(published, scale.up(ours as i64)));
    }
    let hundredths = (figures.bed_days * 100 / figures.stays.max(1)) as i64;
    let mean = format!("{},{:02}", hundredths / 100, hundredths % 100);
    row(&mut table, message!("demo.mean_stay"), ["4,1".into(), mean, deviation(hundredths, 410)]);
    let old = Share { part: figures.bed_days_80, of: figures.bed_days };
    row(
        &mut table,
        message!("demo.share_of_bed_days_from_80"),
        ["21,9 % (2007)".into(), per_cent(old), String::new()],
    );
    table
}

fn per_cent(share: Share) -> String {
    let tenths = (share.part * 2000 / share.of.max(1)).div_ceil(2);
    format!("{},{} %", tenths / 10, tenths % 10)
}

fn shares(figures: &Profile) -> Table {
    let heads = heads([
        "demo.column.quantity",
        "reproduce.column.published",
        "reproduce.column.synthetic",
        "demo.column.unique_records",
    ]);
    let mut table = Table::new(message!("demo.shares"), &heads);
    for (name, published, ours, unique) in [
        (message!("demo.readmitted_medical"), "14 %", figures.readmitted, None),
        (message!("demo.readmitted_men_from_80"), "19 %", figures.readmitted_men_80, None),
        (
            message!("demo.one_person_by_date"),
            "88 %",
            figures.one_person_by_date,
            Some(figures.unique_by_date),
        ),
        (
            message!("demo.one_person_by_month"),
            "43 %",
            figures.one_person_by_month,
            Some(figures.unique_by_month),
        ),
    ] {
        let unique = unique.map_or_else(String::new, per_cent);
        row(&mut table, name, [published.to_owned(), per_cent(ours), unique]);
    }
    table
}

fn settled_2012(totals: &Totals, scale: Scale) -> Table {
    let heads = heads([
        "demo.column.instrument",
        "reproduce.column.published",
        "demo.column.settled",
        "reproduce.column.deviation",
    ]);
    let mut table = Table::new(message!("demo.settled_2012"), &heads);
    let kmf = scale.amount(totals.of(Instrument::CoFinancing).amount);
    row(
        &mut table,
        message!("demo.co_financing"),
        ["5 000".into(), millions(kmf), deviation(kmf.ore(), 500_000_000_000)],
    );
    let usk = scale.amount(totals.of(Instrument::DischargeReady).amount);
    row(&mut table, message!("demo.discharge_ready"), ["560".into(), millions(usk), String::new()]);
    let by_month = totals.by_month(Instrument::DischargeReady);
    let days = |from: &str, to: &str| {
        let days =
            by_month.iter().filter(|(month, _)| **month >= from && **month <= to).map(|(_, sum)| sum.days);
        scale.up(days.sum())
    };
    for (tertial, published, from, to) in
        [(1, 26_200, "2012-01", "2012-04"), (2, 15_300, "2012-05", "2012-08")]
    {
        row(&mut table, message!("demo.paid_days", tertial), counts_beside(published, days(from, to)));
    }
    let isf = scale.amount(totals.of(Instrument::Isf).amount);
    row(&mut table, message!("demo.isf"), ["–".into(), millions(isf), String::new()]);
    table
}

fn municipalities(totals: &Totals, scale: Scale, period: Period) -> Result<Table> {
    let heads = heads([
        "column.municipality",
        "demo.column.kmf",
        "demo.column.usk",
        "demo.column.kmf_and_usk",
        "demo.column.block_grant",
        "demo.column.kroner_per_inhabitant",
    ]);
    let mut table = Table::new(message!("demo.municipalities"), &heads);
    let inhabitants = inhabitants(period)?;
    let (kmf, usk) =
        (totals.by_debtor(Instrument::CoFinancing), totals.by_debtor(Instrument::DischargeReady));
    for line in include_str!("../../../../data/block_grant_2012.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(';').collect();
        let [code, name, grant, _] = cells[..] else { continue };
        let of = |sums: &BTreeMap<&str, settlement::totals::Sum>| {
            scale.amount(sums.get(code).map_or(Amount::ZERO, |sum| sum.amount))
        };
        let (kmf, usk) = (of(&kmf), of(&usk));
        table.row([
            format!("{code} {name}"),
            thousands(kmf),
            thousands(usk),
            thousands(kmf + usk),
            grouped(grant.parse().unwrap_or(0)),
            per_inhabitant(kmf + usk, inhabitants.get(code)),
        ]);
    }
    Ok(table)
}
