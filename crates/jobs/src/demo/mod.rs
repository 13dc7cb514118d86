//! The demonstration: a synthetic national year, settled and compared with published figures.

mod year;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use domain::amount::grouped;
use domain::{Amount, Instrument, Month, Period};
use register::columns;
use register::parquet_file::Reader;
use register::profile::{Profile, Share, profile};
use register::synth;
use settlement::totals::Totals;

use crate::host::Host;
use crate::indicators;
use crate::law::Files;
use crate::progress::Work;
use crate::settle::{self, Order};
use crate::settlement::Correction;
use crate::table::{Form, Table};
use crate::what_if::reproduce::{Scale, alternatives, consequences, deviation, millions, seed_sums};
use crate::what_if::{risk, risk_files, simulate, simulate_files};

/// Options of the demonstration.
pub struct Demo<'a> {
    /// Number of persons; `None` for the whole country.
    pub people: Option<u64>,
    pub seed: u64,
    pub out: &'a Path,
    /// Makes the sentences on a correction that is posted in a month.
    pub words: fn(&Correction, Month) -> String,
    /// Version and digest of the program, for the manifest.
    pub program: &'a settlement::manifest::Program,
}

/// Persons in the sample of 2011, in per cent of the persons of 2012.
const BASELINE_PER_CENT: u64 = 40;

/// Makes and settles the registers, and writes all results. Returns the tables as text, with commands to try
/// next.
///
/// # Errors
/// Fails if a job of the demonstration fails, or if a file cannot be written.
pub fn run(demo: &Demo, host: &Host) -> Result<String> {
    let folder = |name: &str| demo.out.join(name);
    std::fs::create_dir_all(demo.out).with_context(|| format!("failed to make {}", demo.out.display()))?;
    let register = folder("register-2012");
    let made = crate::synth::run(2012, demo.people, demo.seed, &register, host)?;
    let contacts = register.join("contacts.parquet");
    let result = folder("result-2012");
    let files = Files::read(None, &[])?;
    let order = Order {
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
    let baseline = crate::synth::run(2011, Some(people_2011), demo.seed, &baseline_folder, host)?;
    let stage = host.begin(Work::PriceAlternatives);
    let alternatives = alternatives(&baseline_folder.join("contacts.parquet"), host.threads)?;
    stage.done();

    let scale = Scale { made: made.persons, of: made.of_persons };
    let baseline_scale = Scale { made: baseline.persons, of: baseline.of_persons };
    let mut out = heading(demo, &scale, &baseline_scale, &outcome.manifest.unsigned);
    let tables = [
        volumes(&figures, scale),
        seed_sums(&alternatives, baseline_scale),
        shares(&figures),
        settled_2012(&outcome.settled.totals, scale),
        consequences(&alternatives, baseline_scale, baseline_scale.of),
        municipalities(&outcome.settled.totals, scale)?,
    ];
    for table in &tables {
        out.push_str(&table.render(Form::Table));
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
    let told = year::run(&year, host)?;
    out.push_str(&told);
    out.push_str(&what_if(demo, &contacts, scale, host)?);
    out.push_str(&count_indicators(demo, &contacts, host)?);
    std::fs::write(folder("summary.txt"), &out)?;
    out.push_str(&settle::summary(&order, &outcome, None));
    out.push('\n');
    out.push_str(&next_commands(demo.out, &result)?);
    Ok(out)
}

fn heading(demo: &Demo, scale: &Scale, baseline: &Scale, unsigned: &[String]) -> String {
    let mut out = String::from("SAMSPILL: ET SYNTETISK NASJONALT ÅR\n\n");
    out.push_str("Ingen virkelige personer. DRG-listen og vektene er oppdiktet; folketall, kommuner og regler er virkelige.\n");
    out.push_str(&format!(
        "Frø {}. 2012: {}. 2011 (grunnlag før reformen): {}.\n",
        demo.seed,
        scale.told(),
        baseline.told()
    ));
    out.push_str(&format!(
        "UTKAST: {} verdier i reglene for 2012 er usignerte, blant dem enhetsprisen og taket. Ingenting her er et krav.\n\n",
        unsigned.len()
    ));
    out
}

fn volumes(figures: &Profile, scale: Scale) -> Table {
    let mut table = Table::new(
        "1. Omfang 2012 (somatiske døgnopphold: SSB; register: departementets lysbilde)",
        &["størrelse", "publisert", "syntetisk", "avvik"],
    );
    let mut add = |name: &str, published: i64, ours: u64| {
        let ours = scale.up(ours as i64);
        table.row([name.into(), grouped(published as u64), grouped(ours as u64), deviation(ours, published)]);
    };
    add("døgnopphold", 880_000, figures.stays);
    add("liggedøgn", 3_640_000, figures.bed_days);
    add("pasienter i registeret", 2_000_000, figures.patients);
    add("kontakter i registeret", 11_000_000, figures.contacts);
    let hundredths = (figures.bed_days * 100 / figures.stays.max(1)) as i64;
    let mean = format!("{},{:02}", hundredths / 100, hundredths % 100);
    table.row(["middel liggetid, døgn".into(), "4,1".into(), mean, deviation(hundredths, 410)]);
    let old = Share { part: figures.bed_days_80, of: figures.bed_days };
    table.row([
        "andel av liggedøgn, 80 år og eldre".into(),
        "21,9 % (2007)".into(),
        per_cent(old),
        String::new(),
    ]);
    table
}

fn per_cent(share: Share) -> String {
    let tenths = (share.part * 2000 / share.of.max(1)).div_ceil(2);
    format!("{},{} %", tenths / 10, tenths % 10)
}

fn shares(figures: &Profile) -> Table {
    let mut table = Table::new(
        "3. Reinnleggelser og gjenkjennelighet (publisert: departementets lysbilde, 2009)",
        &["størrelse", "publisert", "syntetisk", "entydige poster"],
    );
    let none = String::new;
    table.row([
        "reinnlagt innen 30 døgn, medisinske 18+".into(),
        "14 %".into(),
        per_cent(figures.readmitted),
        none(),
    ]);
    table.row([
        "reinnlagt innen 30 døgn, menn 80+".into(),
        "19 %".into(),
        per_cent(figures.readmitted_men_80),
        none(),
    ]);
    table.row([
        "én person: institusjon, dato, kommune, kjønn, alder".into(),
        "88 %".into(),
        per_cent(figures.one_person_by_date),
        per_cent(figures.unique_by_date),
    ]);
    table.row([
        "én person: institusjon, måned, kommune, kjønn, alder".into(),
        "43 %".into(),
        per_cent(figures.one_person_by_month),
        per_cent(figures.unique_by_month),
    ]);
    table
}

fn settled_2012(totals: &Totals, scale: Scale) -> Table {
    let mut table = Table::new(
        "4. Oppgjør 2012 (utkast), mill. kr, ved siden av det som er publisert",
        &["ordning", "publisert", "oppgjort", "avvik"],
    );
    let kmf = scale.amount(totals.of(Instrument::CoFinancing).amount);
    table.row([
        "kommunal medfinansiering (rammetilskudd 5,0 mrd.)".into(),
        "5 000".into(),
        millions(kmf),
        deviation(kmf.ore(), 500_000_000_000),
    ]);
    let usk = scale.amount(totals.of(Instrument::DischargeReady).amount);
    table.row([
        "utskrivningsklare (rammetilskudd 560 mill.)".into(),
        "560".into(),
        millions(usk),
        String::new(),
    ]);
    let by_month = totals.by_month(Instrument::DischargeReady);
    let days = |from: &str, to: &str| {
        let days =
            by_month.iter().filter(|(month, _)| **month >= from && **month <= to).map(|(_, sum)| sum.days);
        scale.up(days.sum())
    };
    for (name, published, from, to) in [
        ("utskrivningsklare, betalte døgn, 1. tertial", 26_200, "2012-01", "2012-04"),
        ("utskrivningsklare, betalte døgn, 2. tertial", 15_300, "2012-05", "2012-08"),
    ] {
        let ours = days(from, to);
        table.row([name.into(), grouped(published as u64), grouped(ours as u64), deviation(ours, published)]);
    }
    let isf = scale.amount(totals.of(Instrument::Isf).amount);
    table.row(["innsatsstyrt finansiering, staten".into(), "–".into(), millions(isf), String::new()]);
    table
}

fn municipalities(totals: &Totals, scale: Scale) -> Result<Table> {
    let mut table = Table::new(
        "6. Kommuner 2012, 1 000 kr: oppgjør (utkast) ved siden av rammetilskuddet (KMF og USK samlet)",
        &["kommune", "KMF", "USK", "KMF + USK", "rammetilskudd", "kr per innbygger"],
    );
    let people: BTreeMap<String, u64> = synth::people::Population::of(2012)?
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

/// A contact with a charge for co-financing; and a contact with a charge for days, and the month of the
/// charge.
type Examples = (Option<i64>, Option<(i64, String)>);

/// Finds a contact with a charge of each kind, as examples to explain.
fn examples(charges: &Path) -> Result<Examples> {
    let reader = Reader::open(charges)?;
    let (mut kmf, mut usk) = (None, None);
    for group in 0..reader.row_groups().min(2) {
        for batch in
            reader.read(group, &["contact_id", "instrument", "drg_points_milli", "month"], 1 << 14, None)?
        {
            let batch = batch?;
            let (ids, points) =
                (columns::longs(&batch, "contact_id"), columns::ints(&batch, "drg_points_milli"));
            for (row, id) in ids.iter().enumerate() {
                let word = |name| columns::word(&batch, name, row);
                match word("instrument") {
                    "KMF" if points[row] > 800 => kmf = kmf.or(Some(*id)),
                    "USK" => usk = usk.or_else(|| Some((*id, word("month").to_owned()))),
                    _ => {}
                }
            }
        }
    }
    Ok((kmf, usk))
}

/// Runs the example scenario, and makes the risk picture with a brief for Bergen. Returns a summary.
fn what_if(demo: &Demo, contacts: &Path, scale: Scale, host: &Host) -> Result<String> {
    let period = Period::parse("2012")?;
    let (out, scenario) = (demo.out.join("hva-om"), demo.out.join("hva-om.toml"));
    std::fs::write(&scenario, include_str!("../../../../docs/examples/hva-om.toml"))?;
    let outcome = simulate::run(
        &simulate::Order {
            scenarios: &[scenario],
            against: "law",
            contacts: Some(contacts),
            cells: None,
            keep: None,
            mapping: None,
            period,
            sweep: None,
            free_income: None,
            people: None,
            projection: None,
        },
        host,
    )?;
    simulate_files::write(&outcome, &out)?;
    let people = simulate::people(None, period)?;
    let order = risk::Order {
        contacts,
        mapping: None,
        period,
        rules: &[],
        free_income: simulate::free_income(None, &people)?,
        people,
        cap: None,
        pools: BTreeMap::new(),
    };
    let picture = risk::run(&order, host)?;
    let (spread, _) = risk_files::write(&picture, &order, &["1201".to_owned()], &demo.out.join("risiko"))?;
    let told: String = outcome.runs.iter().map(|run| simulate_files::told(&outcome, run)).collect();
    let sample = match scale.made == scale.of {
        true => String::new(),
        false => format!("Beløpene er utvalgets ({}), ikke skalert.\n", scale.told()),
    };
    Ok(format!(
        "\n8. Hva om? Eksempelet docs/examples/hva-om.toml på dette året\n{sample}{told}\n9. Hvor langt det svinger\n{spread}"
    ))
}

/// Counts the indicators of the year, and writes the profiles of Bergen and Utsira. Returns a summary.
fn count_indicators(demo: &Demo, contacts: &Path, host: &Host) -> Result<String> {
    let order = indicators::Order::of_all(contacts, Period::parse("2012")?);
    let found = indicators::run(&order, host)?;
    let out = demo.out.join("indikatorer");
    let (told, _) = found.write(&out)?;
    let told = told.render(Form::Table);
    found.profiles(&["1201".to_owned(), "1151".to_owned()], &out, host)?;
    Ok(format!("\n10. Hva skjer med pasientene våre? Landet, og kommuner utenfor trakten\n{told}"))
}

fn next_commands(out: &Path, result: &Path) -> Result<String> {
    let (kmf, usk) = examples(&result.join("charges.parquet"))?;
    let (out, result) = (out.display(), result.display());
    let run = "cargo run --release --";
    let mut text = format!(
        "\nSkrevet: {out}/ (summary.txt, ledger.sqlite, statements/, hva-om/, risiko/, indikatorer/, register-2012/, result-2012/, register-2011/)\n\nPrøv nå:\n"
    );
    if let Some(contact) = kmf {
        text.push_str(&format!("  {run} explain KMF-{contact} --in {result}\n"));
    }
    if let Some((contact, month)) = usk {
        text.push_str(&format!("  {run} explain USK-{contact}-{month} --in {result}\n"));
    }
    text.push_str(&format!(
        "  {run} settle 2012-03 --contacts {out}/register-2012/contacts.parquet --draft --out result\n"
    ));
    text.push_str(&format!("  {run} settlement status --ledger {out}/ledger.sqlite\n"));
    text.push_str(&format!("  {run} ledger verify --ledger {out}/ledger.sqlite\n"));
    text.push_str(&format!(
        "  {run} statement 2012-04 --party 1201 --ledger {out}/ledger.sqlite --out statements\n"
    ));
    text.push_str(&format!("  {run} rules show co-financing --on 2012-07-01\n"));
    text.push_str(&format!(
        "  {run} simulate co-financing-80-plus --period 2012 --contacts {out}/register-2012/contacts.parquet --out hva-om\n"
    ));
    text.push_str(&format!(
        "  {run} indicators run --all --period 2012-T2 --contacts {out}/register-2012/contacts.parquet --profile 0301 --out indikatorer\n"
    ));
    text.push_str(&format!("  {run} check {out}/register-2012/contacts.parquet\n"));
    Ok(text)
}
