//! Files of a simulation: tables, pictures, a workbook and a brief for each scenario, and a comparison of
//! all.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use chart::range::Group;
use disclosure::{Beneath, Cell, RawTable, SafeTable};
use domain::Amount;
use domain::amount::grouped;
use paper::brief::{self, Brief, BriefFigure, BriefTable, Language};
use paper::picture;
use paper::sheets;
use serde::Serialize;
use simulation::Municipality;
use simulation::consequence::{Consequences, Party, SIZES};

use crate::folder;
use crate::what_if::simulate::{Outcome, Run};

/// Version of the manifest's format.
const MANIFEST: u32 = 1;

/// What a result rests on, so that it can be made again. It holds no paths and no times of day.
#[derive(Serialize)]
struct Manifest<'a> {
    manifest: u32,
    kind: &'static str,
    scenario: &'a str,
    title: &'a str,
    summary: &'a str,
    against: &'a str,
    status: &'static str,
    synthetic: bool,
    period: String,
    data: &'a str,
    data_sha256: &'a str,
    scenario_sha256: &'a str,
    seed: &'static str,
    contacts: u64,
    cells: usize,
    program: &'static str,
    rules: &'a [String],
    unsigned: &'a [String],
    not_tested: BTreeMap<String, i64>,
}

/// Writes the files of each scenario to a folder of its own, and a comparison if there are several. Returns a
/// Norwegian sentence on what was written.
///
/// # Errors
/// Fails if a file cannot be written, or if a page cannot be set.
pub fn write(outcome: &Outcome, out: &Path) -> Result<String> {
    for run in &outcome.runs {
        let folder = out.join(&run.scenario.id);
        folder::made(&folder, "manifest.toml", |name| {
            folder::ends_as(name, &["csv", "txt", "xlsx", "svg", "png", "pdf"])
        })?;
        one(outcome, run, &folder)?;
    }
    if outcome.runs.len() > 1 {
        let compared = comparison(outcome);
        put(&out.join("sammenligning.csv"), sheets::csv(&compared, false).as_bytes())?;
        let about = about(outcome, None);
        let book = sheets::workbook("Sammenligning av scenarioer", &about, &[compared], date(outcome))?;
        put(&out.join("sammenligning.xlsx"), &book)?;
    }
    match &outcome.runs[..] {
        [run] => Ok(format!("skrevet: {}", out.join(&run.scenario.id).display())),
        runs => Ok(format!("{} scenarioer i {}", runs.len(), out.display())),
    }
}

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("failed to write {}", path.display()))
}

fn date(outcome: &Outcome) -> (i16, i8, i8) {
    let day = outcome.period.to();
    (day.year(), day.month().number(), (day.number() - day.month().first().number() + 1) as i8)
}

fn one(outcome: &Outcome, run: &Run, folder: &Path) -> Result<()> {
    let all =
        [municipalities(outcome, run), parties(outcome, run), sizes(run), groups(outcome, run), years(run)];
    let shown: Vec<SafeTable> = all.into_iter().filter(|sheet| !sheet.rows().is_empty()).collect();
    for sheet in &shown {
        let stem = sheet.name().to_lowercase().replace('ø', "o").replace('å', "a");
        put(&folder.join(format!("{stem}.csv")), sheets::csv(sheet, false).as_bytes())?;
        let note = about(outcome, Some(run));
        let lines: Vec<String> = note.iter().map(|(head, text)| format!("{head}: {text}\n")).collect();
        put(
            &folder.join(format!("{stem}.txt")),
            format!("{}\n{}", sheet.about(), lines.concat()).as_bytes(),
        )?;
    }
    let book = sheets::workbook(&run.scenario.title, &about(outcome, Some(run)), &shown, date(outcome))?;
    put(&folder.join("resultat.xlsx"), &book)?;
    let figures = figures(outcome, run);
    for (name, figure) in &figures {
        put(&folder.join(format!("{name}.svg")), figure.svg.as_bytes())?;
        put(&folder.join(format!("{name}.png")), &picture::png(name, &figure.svg)?)?;
    }
    let brief = brief_of(outcome, run, figures.into_iter().map(|(_, figure)| figure).collect());
    put(&folder.join("notat.pdf"), &brief::pdf(&brief)?)?;
    put(&folder.join("oppsummering.txt"), told(outcome, run).as_bytes())?;
    let manifest = Manifest {
        manifest: MANIFEST,
        kind: "simulation",
        scenario: &run.scenario.id,
        title: &run.scenario.title,
        summary: &run.summary,
        against: &outcome.against,
        status: if run.unsigned.is_empty() { "signed" } else { "draft" },
        synthetic: outcome.synthetic,
        period: outcome.period.to_string(),
        data: &outcome.vintage.0,
        data_sha256: &outcome.vintage.1,
        scenario_sha256: &run.scenario.digest,
        seed: "none: nothing is drawn",
        contacts: outcome.contacts,
        cells: outcome.cells,
        program: env!("CARGO_PKG_VERSION"),
        rules: &run.versions,
        unsigned: &run.unsigned,
        not_tested: run.found.untested.clone(),
    };
    put(&folder.join("manifest.toml"), toml::to_string(&manifest)?.as_bytes())
}

/// Heads and texts on the result, which every file carries.
fn about(outcome: &Outcome, run: Option<&Run>) -> Vec<(String, String)> {
    let mut out = Vec::new();
    if let Some(run) = run {
        out.push(("Scenario".to_owned(), run.summary.clone()));
    }
    out.push(("Satt opp mot".to_owned(), outcome.against.clone()));
    out.push(("Periode".to_owned(), outcome.period.to_string()));
    let (file, digest) = &outcome.vintage;
    out.push(("Data".to_owned(), format!("{file}, SHA-256 {}…", &digest[..12.min(digest.len())])));
    if outcome.synthetic {
        out.push((
            "Syntetisk".to_owned(),
            "Ingen virkelig person står bak. DRG-koder og vekter er oppdiktet.".to_owned(),
        ));
    }
    let unsigned = run.map_or(0, |run| run.unsigned.len());
    if run.is_some() {
        let status = match unsigned {
            0 => "Alle verdier er signert".to_owned(),
            count => format!("KLADD: {count} verdier i reglene er usignerte"),
        };
        out.push(("Status".to_owned(), status));
    }
    if outcome.free_income.values().any(|(_, marked)| *marked) {
        let text = "Lysbildenes nivå per innbygger (35 000, 30 000 og 40 000 kr for store, middels og små kommuner), ikke kommunens egne tall";
        out.push(("Frie inntekter".to_owned(), text.to_owned()));
    }
    out.push(("Simulering".to_owned(), "Dette er ikke et krav, og kan ikke bokføres.".to_owned()));
    out
}

fn name(outcome: &Outcome, party: &str) -> String {
    crate::settlement::statement::name_of(party, &outcome.names)
}

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn is_municipality(one: &Municipality) -> bool {
    !one.place.debtor.is_empty()
}

/// An amount as a share of the municipality's free income, in millionths; `None` if the free income is
/// unknown or zero.
fn of_free_income(outcome: &Outcome, one: &Municipality, amount: Amount) -> Option<i64> {
    let (free, _) = outcome.free_income.get(&one.place.debtor)?;
    (free.ore() > 0).then(|| (i128::from(amount.ore()) * 1_000_000 / i128::from(free.ore())) as i64)
}

fn municipalities(outcome: &Outcome, run: &Run) -> SafeTable {
    let heads = [
        "kommune",
        "navn",
        "innbyggere",
        "KMF før",
        "USK før",
        "KMF etter",
        "USK etter",
        "over taket før",
        "over taket etter",
        "endring",
        "tildelt før",
        "tildelt etter",
        "netto",
        "netto kr per innbygger",
        "netto, % av frie inntekter",
        "kontakter før",
        "kontakter etter",
        "utfall",
    ];
    let about = "Konsekvens for hver kommune; over null betaler kommunen mer";
    let of_measures = ["netto, lav virkning", "netto, høy virkning"];
    let of_measures = of_measures.into_iter().filter(|_| !run.scenario.measures.is_empty());
    let heads: Vec<&str> = heads.into_iter().chain(of_measures).collect();
    let mut sheet = RawTable::new("Kommuner", about, &heads, 3);
    for (place, one) in run.found.municipalities.iter().enumerate().filter(|(_, one)| is_municipality(one)) {
        let net = one.net();
        let outcome_word = match net.ore() {
            0 => "uendret",
            ore if ore > 0 => "taper",
            _ => "vinner",
        };
        let mut row = vec![
            text(&one.place.debtor),
            text(name(outcome, &one.place.debtor)),
            if one.people > 0 { Cell::Count(one.people) } else { Cell::Unknown },
            Cell::Kroner(one.against.kmf),
            Cell::Kroner(one.against.usk),
            Cell::Kroner(one.scenario.kmf),
            Cell::Kroner(one.scenario.usk),
            Cell::Kroner(one.capped.0),
            Cell::Kroner(one.capped.1),
            Cell::Kroner(one.change()),
            Cell::Kroner(one.grants.0),
            Cell::Kroner(one.grants.1),
            Cell::Kroner(net),
            Cell::kroner(one.per_inhabitant(net)),
            of_free_income(outcome, one, net).map_or(Cell::Unknown, Cell::Share),
            Cell::Count(rounded(one.contacts.0)),
            Cell::Count(rounded(one.contacts.1)),
            text(outcome_word),
        ];
        if !run.scenario.measures.is_empty() {
            let end = |at: usize| run.ends.as_ref().map(|ends| ends[at].municipalities[place].net());
            row.extend([0, 1].map(|at| Cell::kroner(end(at))));
        }
        sheet.row(row, Beneath::Count(fewest([one.contacts.0, one.contacts.1])));
    }
    // The sum of all municipalities is published, in another table.
    sheet.total((0..sheet.len()).collect());
    sheet.protect()
}

/// Fewest contacts that any figure of a row rests on: the smallest count above none, of counts in millionths.
fn fewest(millionths: [i64; 2]) -> i64 {
    millionths.into_iter().map(rounded).filter(|count| *count > 0).min().unwrap_or(0)
}

/// Millionths rounded to whole numbers, half up.
fn rounded(millionths: i64) -> i64 {
    (millionths + 500_000).div_euclid(1_000_000)
}

fn parties(outcome: &Outcome, run: &Run) -> SafeTable {
    let heads = ["part", "navn", "KMF", "USK", "ISF", "budsjett", "tildeling", "betaler", "sum"];
    let about = "Hva hver part vinner (over null) eller taper; summen er null";
    let mut sheet = RawTable::new("Parter", about, &heads, 2);
    for party in &run.found.parties {
        let line = |wanted: &str| {
            let found = party.lines.iter().find(|(what, _)| *what == wanted);
            found.map_or_else(|| text(""), |(_, amount)| Cell::Kroner(*amount))
        };
        let shown = match party.party.as_str() {
            "municipalities" => "Kommunene".to_owned(),
            "" => "Uten kommune".to_owned(),
            other => name(outcome, other),
        };
        let cells = ["co-financing", "discharge-ready", "isf", "budget", "grant", "pays"].map(line);
        let mut row = vec![text(&party.party), text(shown)];
        row.extend(cells);
        row.push(Cell::Kroner(party.sum()));
        sheet.row(row, Beneath::NoPerson);
    }
    let sum: Amount = run.found.parties.iter().map(Party::sum).sum();
    let mut row = vec![text("sum"), text("Alle parter")];
    row.extend(std::iter::repeat_n(text(""), 6));
    row.push(Cell::Kroner(sum));
    sheet.row(row, Beneath::NoPerson);
    sheet.protect()
}

fn sizes(run: &Run) -> SafeTable {
    let heads = [
        "innbyggere",
        "kommuner i gruppen",
        "fra innbyggere",
        "endring, kr",
        "kr per innbygger: 10 % under",
        "median",
        "10 % over",
    ];
    let told = "Endring for en kommune på 100 000, 20 000 og 5 000 innbyggere: gruppens middel per innbygger, ganget opp";
    let mut sheet = RawTable::new("Størrelse", told, &heads, 3);
    for size in &run.found.sizes {
        let mut row = vec![text(size.name), Cell::Count(size.count as i64), Cell::Count(size.from)];
        row.push(if size.count == 0 { Cell::Unknown } else { Cell::Kroner(size.change) });
        row.extend(
            size.range.map(|amount| if size.count == 0 { Cell::Unknown } else { Cell::Kroner(amount) }),
        );
        sheet.row(row, Beneath::NoPerson);
    }
    sheet.protect()
}

fn groups(outcome: &Outcome, run: &Run) -> SafeTable {
    let heads = ["kommune", "navn", "omsorgsnivå", "type DRG", "alder fra", "kontakter", "KMF"];
    let about = "Medfinansiering i scenarioet, kommune for kommune, etter avgiftsgruppe";
    let mut sheet = RawTable::new("Grupper", about, &heads, 5);
    let mut of_home: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for ((home, group), (contacts, amount)) in &run.groups {
        let Some(one) = run.found.municipalities.get(*home as usize).filter(|one| is_municipality(one))
        else {
            continue;
        };
        of_home.entry(*home).or_default().push(sheet.len());
        let row = vec![
            text(&one.place.debtor),
            text(name(outcome, &one.place.debtor)),
            text(group.care_level.name()),
            text(group.drg_type.name()),
            group.age.map_or_else(|| text("alle"), |age| Cell::Count(i64::from(age))),
            Cell::Count(rounded(*contacts)),
            Cell::Kroner(*amount),
        ];
        sheet.row(row, Beneath::Count(rounded(*contacts)));
    }
    // What a municipality pays in all, and its contacts, stand in the table of municipalities.
    of_home.into_values().for_each(|rows| sheet.total(rows));
    sheet.protect()
}

fn years(run: &Run) -> SafeTable {
    let heads = [
        "år",
        "kommunene betaler",
        "ville betalt",
        "endring",
        "innfaset",
        "vekst gitt kommunene, mer enn før",
    ];
    let mut sheet = RawTable::new("År", "År for år: vekst, aldring og innfasing", &heads, 1);
    for year in &run.found.years {
        let row = vec![
            text(format!("+{}", year.after)),
            Cell::Kroner(year.pays),
            Cell::Kroner(year.against),
            Cell::Kroner(year.pays - year.against),
            Cell::Share(year.phased.basis_points() * 100),
            Cell::Kroner(year.given),
        ];
        sheet.row(row, Beneath::NoPerson);
    }
    sheet.chart(vec![1, 2]);
    sheet.protect()
}

fn comparison(outcome: &Outcome) -> SafeTable {
    let mut heads = vec!["kommune".to_owned(), "navn".to_owned()];
    heads.extend(outcome.runs.iter().map(|run| run.scenario.title.clone()));
    let about = "Netto for hver kommune i hvert scenario; over null betaler kommunen mer";
    let mut sheet = RawTable::new("Sammenligning", about, &heads, 2);
    let first = outcome.runs.first().map_or(&[][..], |run| &run.found.municipalities[..]);
    let mut total = vec![text("sum"), text("Alle kommuner")];
    for run in &outcome.runs {
        total.push(Cell::Kroner(run.found.municipalities.iter().map(Municipality::net).sum()));
    }
    sheet.row(total, Beneath::NoPerson);
    for (place, one) in first.iter().enumerate().filter(|(_, one)| is_municipality(one)) {
        let mut row = vec![text(&one.place.debtor), text(name(outcome, &one.place.debtor))];
        row.extend(outcome.runs.iter().map(|run| Cell::Kroner(run.found.municipalities[place].net())));
        let counts = outcome.runs.iter().map(|run| &run.found.municipalities[place].contacts);
        let fewest = counts.map(|(before, after)| fewest([*before, *after])).filter(|count| *count > 0).min();
        sheet.row(row, Beneath::Count(fewest.unwrap_or(0)));
    }
    sheet.total((1..sheet.len()).collect());
    sheet.protect()
}

fn figures(outcome: &Outcome, run: &Run) -> Vec<(&'static str, BriefFigure)> {
    let mut above = i64::MAX;
    let mut groups = Vec::new();
    for (label, _, from) in SIZES {
        let mut dots: Vec<f64> = run
            .found
            .municipalities
            .iter()
            .filter(|one| is_municipality(one) && one.people >= from && one.people < above)
            .filter_map(|one| of_free_income(outcome, one, one.net()))
            .map(|millionths| millionths as f64 / 10_000.0)
            .collect();
        above = from;
        dots.sort_by(f64::total_cmp);
        let at =
            |tenth: usize| dots.get(dots.len().saturating_sub(1) * tenth / 10).copied().unwrap_or(f64::NAN);
        groups.push(Group { label: format!("{label} innb."), low: at(1), middle: at(5), high: at(9), dots });
    }
    let heading = "Netto endring, andel av frie inntekter, etter kommunens størrelse".to_owned();
    let alt = format!(
        "{heading}. {}",
        groups
            .iter()
            .map(|group| format!(
                "{}: median {:.2} %, fra {:.2} til {:.2}",
                group.label, group.middle, group.low, group.high
            ))
            .collect::<Vec<_>>()
            .join("; ")
    );
    let range = chart::range::range(&groups, 640, "% av frie inntekter", &heading, picture::FONT);
    let mut out = vec![("storrelse", BriefFigure { heading, alt, svg: range })];
    let bars: Vec<chart::bridge::Bar> = waterfall(run);
    let heading = "Fra det kommunene betaler før, til netto".to_owned();
    let told: Vec<String> =
        bars.iter().map(|bar| format!("{}: {}", bar.label.replace('\n', " "), bar.amount)).collect();
    let alt = format!("{heading}. {}", told.join("; "));
    let svg = chart::bridge::bridge(&bars, 640, ("1 000 kr", "mill. kr"), picture::FONT);
    out.push(("bro", BriefFigure { heading, alt, svg }));
    out
}

/// Bars from what all municipalities pay before to what they pay after, less their grants.
fn waterfall(run: &Run) -> Vec<chart::bridge::Bar> {
    let sum =
        |of: &dyn Fn(&Municipality) -> Amount| -> Amount { run.found.municipalities.iter().map(of).sum() };
    let bar =
        |label: &str, is_total, amount| chart::bridge::Bar { label: label.to_owned(), is_total, amount };
    let before = sum(&Municipality::paid);
    let mut out = vec![
        bar("Før", true, before),
        bar("Med-\nfinansiering", false, sum(&|one| one.scenario.kmf - one.against.kmf)),
        bar("Utskrivnings-\nklare", false, sum(&|one| one.scenario.usk - one.against.usk)),
    ];
    let (capped, grant) = (sum(&|one| one.capped.0 - one.capped.1), sum(&|one| -one.grant()));
    if capped != Amount::ZERO {
        out.push(bar("Over taket", false, capped));
    }
    if grant != Amount::ZERO {
        out.push(bar("Tildelt", false, grant));
    }
    out.push(bar("Etter", true, before + sum(&Municipality::net)));
    out
}

/// Millions of kroner with one decimal, as `1,5 mill. kr`.
pub fn millions(amount: Amount) -> String {
    let tenths = (amount.ore().abs() + 5_000_000) / 10_000_000;
    let sign = if amount.ore() < 0 && tenths > 0 { "\u{2212}" } else { "" };
    format!("{sign}{},{} mill. kr", grouped((tenths / 10) as u64), tenths % 10)
}

fn brief_of(outcome: &Outcome, run: &Run, figures: Vec<BriefFigure>) -> Brief {
    let real: Vec<&Municipality> =
        run.found.municipalities.iter().filter(|one| is_municipality(one)).collect();
    let change: Amount = real.iter().map(|one| one.change()).sum();
    let net = net_of(&run.found);
    let losers = real.iter().filter(|one| one.net() > Amount::ZERO).count();
    let winners = real.iter().filter(|one| one.net() < Amount::ZERO).count();
    let mut tags = Vec::new();
    if !run.unsigned.is_empty() {
        tags.push(("Kladd".to_owned(), true));
    }
    if outcome.synthetic {
        tags.push(("Syntetisk".to_owned(), true));
    }
    tags.push((format!("Periode {}", outcome.period), false));
    let mut tables = tables(outcome, run);
    tables.extend(measures(run));
    tables.extend(ends(outcome, run));
    tables.extend(year_table(run));
    Brief {
        language: Language::Nb,
        title: run.scenario.title.clone(),
        tags,
        summary: format!("{} Satt opp mot: {}", run.summary, outcome.against),
        facts: vec![
            ("Kommunenes betaling".to_owned(), format!("{}{}", plus(change), millions(change))),
            ("Netto etter tildeling".to_owned(), format!("{}{}", plus(net), millions(net))),
            ("Taper".to_owned(), format!("{losers} kommuner")),
            ("Vinner".to_owned(), format!("{winners} kommuner")),
        ],
        tables,
        figures,
        new_pages: Vec::new(),
        cautions: cautions(outcome, run),
        footer: format!(
            "Samspill {} · {} · data {}… · scenario {}…",
            env!("CARGO_PKG_VERSION"),
            run.scenario.id,
            &outcome.vintage.1[..8.min(outcome.vintage.1.len())],
            &run.scenario.digest[..8]
        ),
        date: date(outcome),
        digest: run.scenario.digest.clone(),
    }
}

fn tables(outcome: &Outcome, run: &Run) -> Vec<BriefTable> {
    let found = &run.found;
    let size_rows = found
        .sizes
        .iter()
        .map(|size| {
            let mut row = vec![format!("{} innbyggere", size.name), grouped(size.count as u64)];
            row.push(if size.count == 0 { "..".to_owned() } else { millions(size.change) });
            row.extend(
                size.range.map(|amount| if size.count == 0 { "..".to_owned() } else { amount.to_string() }),
            );
            row
        })
        .collect();
    let party_rows = found
        .parties
        .iter()
        .filter(|party| party.sum() != Amount::ZERO && (party.party.len() != 9 || party.lines.len() > 1))
        .map(|party| {
            let shown = match party.party.as_str() {
                "municipalities" => "Kommunene".to_owned(),
                other => name(outcome, other),
            };
            vec![shown, millions(party.sum())]
        })
        .collect();
    vec![
        BriefTable {
            heading: "Endring etter kommunens størrelse".to_owned(),
            heads: ["kommune på", "antall", "endring", "kr/innb.: 10 % under", "median", "10 % over"]
                .map(str::to_owned)
                .to_vec(),
            rows: size_rows,
        },
        BriefTable {
            heading: "Hvem vinner (over null) og hvem taper".to_owned(),
            heads: ["part", "endring"].map(str::to_owned).to_vec(),
            rows: party_rows,
        },
    ]
}

fn plus(amount: Amount) -> &'static str {
    if amount.ore() > 0 { "+" } else { "" }
}

/// Table of the municipalities that lose most and gain most per inhabitant; `None` if there are none.
fn ends(outcome: &Outcome, run: &Run) -> Option<BriefTable> {
    let mut all: Vec<(Amount, &Municipality)> = run
        .found
        .municipalities
        .iter()
        .filter(|one| is_municipality(one))
        .filter_map(|one| Some((one.per_inhabitant(one.net())?, one)))
        .filter(|(each, _)| *each != Amount::ZERO)
        .collect();
    all.sort_by_key(|(each, one)| (std::cmp::Reverse(*each), one.place.debtor.clone()));
    let row = |(each, one): &(Amount, &Municipality)| {
        let share = of_free_income(outcome, one, one.net()).map_or_else(|| "..".to_owned(), per_cent);
        vec![name(outcome, &one.place.debtor), each.to_string(), one.net().to_string(), share]
    };
    let shown = std::cmp::min(6, all.len() / 2);
    let rows: Vec<Vec<String>> = all[..shown].iter().chain(&all[all.len() - shown..]).map(row).collect();
    (!rows.is_empty()).then(|| BriefTable {
        heading: "Kommunene som taper mest og vinner mest per innbygger".to_owned(),
        heads: ["kommune", "netto per innbygger", "netto", "% av frie inntekter"].map(str::to_owned).to_vec(),
        rows,
    })
}

/// Millionths as per cent with two decimals.
fn per_cent(millionths: i64) -> String {
    let hundredths = (millionths.abs() + 50) / 100;
    let sign = if millionths < 0 && hundredths > 0 { "\u{2212}" } else { "" };
    format!("{sign}{},{:02}\u{a0}%", hundredths / 100, hundredths % 100)
}

fn year_table(run: &Run) -> Option<BriefTable> {
    let row = |year: &simulation::consequence::Year| {
        vec![
            format!("+{}", year.after),
            millions(year.pays),
            millions(year.against),
            year.phased.to_string(),
            millions(year.given),
        ]
    };
    let rows: Vec<Vec<String>> = run.found.years.iter().map(row).collect();
    (!rows.is_empty()).then(|| BriefTable {
        heading: "År for år".to_owned(),
        heads: ["år", "kommunene betaler", "ville betalt", "innfaset", "vekst gitt kommunene"]
            .map(str::to_owned)
            .to_vec(),
        rows,
    })
}

/// Table of what each measure takes away, and of the visits to general practitioners in its place, beside the
/// slides' figures for such visits; `None` without measures.
fn measures(run: &Run) -> Option<BriefTable> {
    let rows: Vec<Vec<String>> = run
        .scenario
        .measures
        .iter()
        .zip(&run.found.avoided)
        .map(|(wanted, avoided)| {
            let of = match wanted.measure.target.of {
                rulebook::measure::Of::Contacts => "kontakter",
                rulebook::measure::Of::Days => "døgn",
            };
            let gone = rounded(*avoided);
            let gp = wanted.measure.gp.map_or_else(String::new, |gp| {
                let visits = gone * i64::from(gp.visits_per_contact);
                let doctors = visits / i64::from(std::cmp::max(gp.published_visits, 1));
                let share = f64::from(gp.published_visits) * 100.0 / f64::from(std::cmp::max(gp.visits_a_year, 1));
                format!(
                    "{} konsultasjoner hos fastlegen i stedet. Lysbildet regner {} mer per fastlege og år ({share:.0} % av {}, en halv pasient om dagen): det svarer til {} fastleger",
                    grouped(visits.unsigned_abs()),
                    gp.published_visits,
                    grouped(u64::from(gp.visits_a_year)),
                    grouped(doctors.unsigned_abs())
                )
            });
            vec![wanted.measure.title.clone(), format!("{} {of}", grouped(gone.unsigned_abs())), gp]
        })
        .collect();
    (!rows.is_empty()).then(|| BriefTable {
        heading: "Hva tiltakene tar bort i landet".to_owned(),
        heads: ["tiltak", "tar bort", ""].map(str::to_owned).to_vec(),
        rows,
    })
}

fn cautions(outcome: &Outcome, run: &Run) -> Vec<String> {
    let mut out = Vec::new();
    if outcome.synthetic {
        out.push(
            "Registeret er syntetisk: ingen virkelig person står bak, og DRG-koder og vekter er oppdiktet."
                .to_owned(),
        );
    }
    if !run.unsigned.is_empty() {
        out.push(format!("{} verdier i reglene er usignerte; tallene er kladd.", run.unsigned.len()));
    }
    for (code, contacts) in &run.found.untested {
        out.push(format!(
            "Kunne ikke prøves på disse dataene: {code} ({} kontakter eller grupper).",
            grouped(contacts.unsigned_abs())
        ));
    }
    for wanted in run.scenario.measures.iter().filter(|wanted| !wanted.own) {
        let row = wanted.measure.effect.first();
        let source = row.and_then(|row| wanted.measure.sources.get(&row.dates.source));
        let range = row.and_then(|row| row.value.low.zip(row.value.high));
        let range = range
            .map_or_else(|| "uten oppgitt spenn".to_owned(), |(low, high)| format!("spenn {low} til {high}"));
        if let Some(source) = source {
            out.push(format!(
                "Virkningen av «{}» er {} ({range}): {}.",
                wanted.measure.title, wanted.effect, source.title
            ));
        }
    }
    if let Some(ends) = &run.ends {
        let [low, high] = ends.each_ref().map(|end| millions(net_of(end)));
        out.push(format!(
            "Netto for kommunene er {low} med tiltakenes laveste virkning og {high} med den høyeste; regnet med at alle tiltak treffer likt."
        ));
    }
    if outcome.free_income.values().any(|(_, marked)| *marked) {
        out.push("Frie inntekter er lysbildenes nivå per innbygger, ikke kommunens egne tall.".to_owned());
    }
    out.push(
        "Simuleringen kan ikke bokføres. Den sier hva reglene ville gitt, ikke hva noen skylder.".to_owned(),
    );
    out
}

/// Net loss of all municipalities together.
fn net_of(found: &Consequences) -> Amount {
    found.municipalities.iter().filter(|one| is_municipality(one)).map(Municipality::net).sum()
}

/// Norwegian summary of a scenario, in a few lines.
pub fn told(outcome: &Outcome, run: &Run) -> String {
    let real = run.found.municipalities.iter().filter(|one| is_municipality(one));
    let change: Amount = real.map(Municipality::change).sum();
    let mut out = format!("{}\n{}\n", run.scenario.title, run.summary);
    out.push_str(&format!("  Satt opp mot: {}\n", outcome.against));
    let word = if change < Amount::ZERO { "mindre" } else { "mer" };
    out.push_str(&format!("  Kommunene betaler {} {word}", millions(Amount::from_ore(change.ore().abs()))));
    let net = net_of(&run.found);
    if net != change {
        let word = if net < Amount::ZERO { "vinner" } else { "taper" };
        let net = millions(Amount::from_ore(net.ore().abs()));
        out.push_str(&format!("; med det de får tildelt, {word} de {net}"));
    }
    out.push('\n');
    for size in run.found.sizes.iter().filter(|size| size.count > 0) {
        out.push_str(&format!(
            "  {} innbyggere: {}{}\n",
            size.name,
            plus(size.change),
            millions(size.change)
        ));
    }
    for row in measures(run).into_iter().flat_map(|table| table.rows) {
        out.push_str(format!("  {}: {}. {}", row[0], row[1], row[2]).trim_end());
        out.push('\n');
    }
    for caution in cautions(outcome, run) {
        out.push_str(&format!("  - {caution}\n"));
    }
    out
}
