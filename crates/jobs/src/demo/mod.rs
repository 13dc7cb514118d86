//! The demonstration: a synthetic national year, settled and compared with published figures.

mod next;
mod story;
mod year;

use std::collections::BTreeMap;
use std::path::Path;

use disclosure::Cell;
use domain::amount::grouped;
use domain::{Amount, Instrument, Month, Period};
use paper::sheets;
use register::parquet_file::Reader;
use register::profile::{Profile, Share, profile};
use settlement::totals::Totals;
use words::{Language, Message, message, say};

use crate::failure::{About, Result};
use crate::host::Host;
use crate::indicators;
use crate::law::Files;
use crate::people;
use crate::progress::Work;
use crate::settle::{self, Order};
use crate::settlement::Correction;
use crate::table::{Form, Table};
use crate::what_if::reproduce::{Scale, alternatives, consequences, deviation, millions, seed_sums};
use crate::what_if::{heads, risk, risk_files, simulate, simulate_files};

/// Options of the demonstration.
pub struct Demo<'a> {
    /// Number of persons; `None` for the whole country.
    pub people: Option<u64>,
    pub seed: u64,
    pub out: &'a Path,
    /// Makes the sentences on a correction that is posted in a month.
    pub words: fn(&Correction, Month) -> Vec<Message>,
    /// Version and digest of the program, for the manifest.
    pub program: &'a settlement::manifest::Program,
    /// How the user starts the program, for the commands to try next: `samspill` or `cargo run --release --`.
    pub command: &'a str,
}

/// Code of the municipality whose patients wait longest, which is one of the stories to find in the demonstration. The
/// municipality is large enough to stand out in a national register, and too small to move the national figures much.
const SLOW: &str = "0806";

/// Persons in the sample of 2011, in per cent of the persons of 2012.
const BASELINE_PER_CENT: u64 = 40;

/// Makes and settles the registers, and writes all results. Returns the tables as text, with commands to try
/// next.
///
/// # Errors
/// Fails if a job of the demonstration fails, or if a file cannot be written.
pub fn run(demo: &Demo, host: &Host) -> Result<String> {
    let folder = |name: &str| demo.out.join(name);
    std::fs::create_dir_all(demo.out).about(|| message!("error.file.make", path = demo.out.display()))?;
    let register = folder("register-2012");
    let made = crate::synth::run(2012, demo.people, demo.seed, Some(SLOW), &register, host)?;
    let contacts = register.join("contacts.parquet");
    let result = folder("result-2012");
    let files = Files::read(None, &[])?;
    let order = Order {
        only: &[],
        period: Period::parse("2012")?,
        contacts: &contacts,
        mapping: None,
        drg_list: None,
        files: &files,
        draft: true,
        totals_only: false,
        out: &result,
        program: demo.program,
    };
    let outcome = settle::run(&order, host)?;
    let reader = Reader::open_contacts(&contacts)?;
    let stage = host.begin(Work::KeyFigures);
    let figures = profile(&reader, host.threads)?;
    stage.done();
    let people_2011 = made.persons * BASELINE_PER_CENT / 100;
    let baseline_folder = folder("register-2011");
    let baseline = crate::synth::run(2011, Some(people_2011), demo.seed, None, &baseline_folder, host)?;
    let stage = host.begin(Work::PriceAlternatives);
    let alternatives = alternatives(&baseline_folder.join("contacts.parquet"), host.threads)?;
    stage.done();

    let scale = Scale { made: made.persons, of: made.of_persons };
    let baseline_scale = Scale { made: baseline.persons, of: baseline.of_persons };
    let unsigned = outcome.manifest.unsigned.len();
    let mut out = heading(demo, scale, baseline_scale, unsigned, host.language);
    let tables = [
        volumes(&figures, scale),
        seed_sums(&alternatives, baseline_scale),
        shares(&figures),
        settled_2012(&outcome.settled.totals, scale),
        consequences(&alternatives, baseline_scale, baseline_scale.of),
        municipalities(&outcome.settled.totals, scale)?,
    ];
    for table in &tables {
        out.push_str(&table.render(Form::Table, sheets::Reader::Person(host.language)));
        out.push('\n');
    }
    let year = year::Year {
        contacts: &contacts,
        baseline: &baseline_folder.join("contacts.parquet"),
        baseline_scale: (baseline.persons, made.persons),
        totals: &outcome.settled.totals,
        files: &files,
        out: demo.out,
        words: demo.words,
    };
    let (report, late) = year::run(&year, host)?;
    out.push_str(&report);
    out.push_str(&what_if(demo, &contacts, scale, host)?);
    out.push_str(&count_indicators(demo, &contacts, host)?);
    crate::folder::write(&folder("summary.txt"), &out)?;
    for line in settle::summary(&order, &outcome) {
        out.push_str(&format!("{}\n", host.language.say(&line)));
    }
    out.push_str(&next::text(demo, &contacts, &result, &late, host)?);
    Ok(out)
}

fn heading(demo: &Demo, scale: Scale, baseline: Scale, unsigned: usize, language: Language) -> String {
    let scales = message!("demo.scales", seed = demo.seed, year = scale.size(), before = baseline.size());
    format!(
        "{}\n\n{}\n{}\n{}\n\n",
        language.text("demo.heading"),
        language.text("demo.no_real_person"),
        language.say(&scales),
        say!(language, "demo.unsigned", count = unsigned)
    )
}

/// Adds a row: a name, and three cells such as published figure, our figure and deviation.
fn row(table: &mut Table, name: Message, cells: [String; 3]) {
    let cells = cells.into_iter().map(Cell::Text);
    table.rows.push(std::iter::once(Cell::Said(name)).chain(cells).collect());
}

fn volumes(figures: &Profile, scale: Scale) -> Table {
    let heads = heads([
        "demo.column.quantity",
        "reproduce.column.published",
        "reproduce.column.synthetic",
        "reproduce.column.deviation",
    ]);
    let mut table = Table::new(message!("demo.volumes"), &heads);
    for (name, published, ours) in [
        (message!("demo.stays"), 880_000, figures.stays),
        (message!("demo.bed_days"), 3_640_000, figures.bed_days),
        (message!("demo.patients"), 2_000_000, figures.patients),
        (message!("demo.contacts"), 11_000_000, figures.contacts),
    ] {
        let ours = scale.up(ours as i64);
        let cells = [grouped(published as u64), grouped(ours as u64), deviation(ours, published)];
        row(&mut table, name, cells);
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
        let ours = days(from, to);
        let cells = [grouped(published as u64), grouped(ours as u64), deviation(ours, published)];
        row(&mut table, message!("demo.paid_days", tertial), cells);
    }
    let isf = scale.amount(totals.of(Instrument::Isf).amount);
    row(&mut table, message!("demo.isf"), ["–".into(), millions(isf), String::new()]);
    table
}

fn municipalities(totals: &Totals, scale: Scale) -> Result<Table> {
    let heads = heads([
        "column.municipality",
        "demo.column.kmf",
        "demo.column.usk",
        "demo.column.kmf_and_usk",
        "demo.column.block_grant",
        "demo.column.kroner_per_inhabitant",
    ]);
    let mut table = Table::new(message!("demo.municipalities"), &heads);
    let people: BTreeMap<String, u64> = register::population::Population::of(2012)?
        .municipalities
        .into_iter()
        .map(|home| (home.municipality, home.by_age.iter().map(|count| u64::from(*count)).sum()))
        .collect();
    let (kmf, usk) =
        (totals.by_debtor(Instrument::CoFinancing), totals.by_debtor(Instrument::DischargeReady));
    for line in include_str!("../../../../data/block_grant_2012.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(';').collect();
        let [code, name, grant, _] = cells[..] else { continue };
        let of = |sums: &BTreeMap<&str, settlement::totals::Sum>| {
            scale.amount(sums.get(code).map_or(Amount::ZERO, |sum| sum.amount))
        };
        let (kmf, usk) = (of(&kmf), of(&usk));
        let thousand = |amount: Amount| grouped(((amount.ore() + 50_000) / 100_000) as u64);
        let inhabitants = people.get(code).copied().unwrap_or(1).max(1) as i64;
        table.row([
            format!("{code} {name}"),
            thousand(kmf),
            thousand(usk),
            thousand(kmf + usk),
            grouped(grant.parse().unwrap_or(0)),
            grouped(((kmf + usk).ore() / 100 / inhabitants) as u64),
        ]);
    }
    Ok(table)
}

/// Runs the example scenario, and makes the risk picture with a brief for Bergen. Returns a summary.
fn what_if(demo: &Demo, contacts: &Path, scale: Scale, host: &Host) -> Result<String> {
    let period = Period::parse("2012")?;
    let (out, scenario) = (demo.out.join("hva-om"), demo.out.join("hva-om.toml"));
    crate::folder::write(&scenario, include_str!("../../../../docs/examples/hva-om.toml"))?;
    let scenarios = [scenario];
    let order = simulate::Order { contacts: Some(contacts), ..simulate::Order::of(&scenarios, period) };
    let outcome = simulate::run(&order, host)?;
    simulate_files::write(&outcome, &out, host)?;
    let people = people::by_sex(None, period)?;
    let order = risk::Order {
        contacts,
        mapping: None,
        period,
        rules: &[],
        free_income: simulate::free_income(None, period, &people::together(&people))?,
        people,
        shared: risk::Shared::Left,
        cap: None,
        pools: BTreeMap::new(),
    };
    let picture = risk::run(&order, host)?;
    let (spread, _) =
        risk_files::write(&picture, &order, &["1201".to_owned()], &demo.out.join("risiko"), host)?;
    let language = host.language;
    let summaries: String =
        outcome.runs.iter().map(|run| simulate_files::summary(&outcome, run, language)).collect();
    let sample = match scale.made == scale.of {
        true => String::new(),
        false => format!("{}\n", say!(language, "demo.of_sample", scale = scale.size())),
    };
    let (what_if, swings) = (language.text("demo.what_if"), language.text("demo.how_far_it_swings"));
    Ok(format!("\n{what_if}\n{sample}{summaries}\n{swings}\n{spread}"))
}

/// Counts the indicators of the year, and writes the profiles of Bergen, Utsira and the municipality of
/// the story. Returns a summary.
fn count_indicators(demo: &Demo, contacts: &Path, host: &Host) -> Result<String> {
    let order = indicators::Order::of_all(contacts, Period::parse("2012")?, host.language);
    let found = indicators::run(&order, host)?;
    let out = demo.out.join("indikatorer");
    let (summary, _) = found.write(&out, host)?;
    let summary = summary.render(Form::Table, sheets::Reader::Person(host.language));
    found.profiles(&["1201".to_owned(), "1151".to_owned(), SLOW.to_owned()], &out, host)?;
    Ok(format!("\n{}\n{summary}", host.language.text("demo.indicators")))
}
