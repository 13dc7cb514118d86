//! Files of a simulation: tables, pictures, a workbook and a brief for each scenario, and a comparison of
//! all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use disclosure::{Beneath, Cell, RawTable, SafeTable};
use domain::amount::grouped;
use domain::{Amount, Instrument};
use paper::brief::{self, Brief, BriefFigure, BriefTable};
use paper::sheets::{self, Reader};
use rulebook::InPeriod;
use serde::Serialize;
use simulation::Municipality;
use simulation::consequence::{self, Consequences, Party, Taken};
use simulation::scenario::Wanted;
use words::{Language, Message, Said, message, say};

use crate::failure::Result;
use crate::folder;
use crate::host::Host;
use crate::pictures;
use crate::what_if::by_background;
use crate::what_if::free_income::Source;
use crate::what_if::risk_files::ranged;
use crate::what_if::simulate::{Outcome, Run};
use crate::what_if::{
    AboutLines, about_texts, brief_table, head, heads, in_kroner, in_millions, in_thousands, lines_about,
    paid_more, ranges_of_sizes,
};

/// Version of the manifest's format.
const MANIFEST: u32 = 1;

/// What a result rests on, so that others can reproduce the result. The manifest holds no paths and no times of day.
#[derive(Serialize)]
struct Manifest<'a> {
    manifest: u32,
    kind: &'static str,
    scenario: &'a str,
    title: String,
    summary: String,
    against: String,
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
    /// Missing value of each instrument that cannot be priced.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unpriced: BTreeMap<&'static str, String>,
}

/// Writes the files of each scenario to a folder of its own, and a comparison if there are several. Returns a
/// sentence on what was written.
///
/// # Errors
/// Fails if a file cannot be written, or if a page cannot be set.
pub fn write(outcome: &Outcome, out: &Path, host: &Host) -> Result<Message> {
    let language = host.language;
    for run in &outcome.runs {
        let folder = out.join(&run.scenario.id);
        folder::made(&folder, "manifest.toml", |name| {
            folder::ends_as(name, &["csv", "txt", "xlsx", "svg", "png", "pdf"])
        })?;
        one(outcome, run, &folder, host)?;
    }
    if outcome.runs.len() > 1 {
        let compared = comparison(outcome, host.reader());
        put(&out.join("sammenligning.csv"), sheets::csv(&compared, host.reader()).as_bytes())?;
        let about = about_texts(&about(outcome, None), language);
        let compared = comparison(outcome, Reader::Person(language));
        let title = language.text("simulate.comparison");
        let book = sheets::workbook(&title, &about, &[compared], date(outcome), language)?;
        put(&out.join("sammenligning.xlsx"), &book)?;
    }
    Ok(match &outcome.runs[..] {
        [run] => message!("what_if.written", path = out.join(&run.scenario.id).display()),
        runs => message!("simulate.written", count = runs.len(), path = out.display()),
    })
}

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    crate::folder::write(path, bytes)
}

pub(super) fn date(outcome: &Outcome) -> (i16, i8, i8) {
    outcome.period.to().year_month_day()
}

fn one(outcome: &Outcome, run: &Run, folder: &Path, host: &Host) -> Result<()> {
    let language = host.language;
    let all =
        [municipalities(outcome, run), parties(outcome, run), sizes(run), groups(outcome, run), years(run)];
    let shown = shown(&all[0]);
    let is_shown = |one: &Municipality| shown.contains(&one.place.debtor);
    let of_background: Vec<SafeTable> = outcome
        .backgrounds
        .iter()
        .map(|known| by_background::sheet(known, &run.found.municipalities, &is_shown))
        .collect();
    let shown: Vec<SafeTable> =
        all.into_iter().chain(of_background).filter(|sheet| !sheet.rows().is_empty()).collect();
    let about = about_texts(&about(outcome, Some(run)), language);
    for sheet in &shown {
        let stem = Language::Nb.say(sheet.name()).to_lowercase().replace('ø', "o").replace('å', "a");
        put(&folder.join(format!("{stem}.csv")), sheets::csv(sheet, host.reader()).as_bytes())?;
        let text = format!("{}\n{}", language.say(sheet.about()), lines_about(&about));
        put(&folder.join(format!("{stem}.txt")), text.as_bytes())?;
    }
    let title = language.say(&run.scenario.title);
    let book = sheets::workbook(&title, &about, &shown, date(outcome), language)?;
    put(&folder.join("resultat.xlsx"), &book)?;
    let (names, figures): (Vec<_>, Vec<_>) = figures(outcome, run, language).into_iter().unzip();
    let brief = brief_of(outcome, run, figures, language);
    pictures::of_brief(&|name, bytes| put(&folder.join(name), bytes), &brief, &names)?;
    put(&folder.join("notat.pdf"), &brief::pdf(&brief)?)?;
    put(&folder.join("oppsummering.txt"), summary(outcome, run, language).as_bytes())?;
    put(&folder.join("manifest.toml"), toml::to_string(&manifest(outcome, run, language))?.as_bytes())
}

fn manifest<'a>(outcome: &'a Outcome, run: &'a Run, language: Language) -> Manifest<'a> {
    let untested = run.found.untested.iter().map(|(what, count)| (language.say(what), *count));
    Manifest {
        manifest: MANIFEST,
        kind: "simulation",
        scenario: &run.scenario.id,
        title: language.say(&run.scenario.title),
        summary: language.say(&run.summary),
        against: language.say(&outcome.against),
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
        not_tested: untested.collect(),
        unpriced: run.found.scope.unpriced().map(|(one, gap)| (one.word(), gap.to_string())).collect(),
    }
}

/// Heads and texts on the result, for the workbooks and for the text file beside each CSV file of a scenario.
pub(super) fn about(outcome: &Outcome, run: Option<&Run>) -> AboutLines {
    let mut out = Vec::new();
    if let Some(run) = run {
        out.push((message!("what_if.about.scenario"), run.summary.clone()));
    }
    out.push((message!("what_if.about.set_against"), outcome.against.clone()));
    out.push((message!("what_if.about.period"), Message::plain(outcome.period)));
    let (file, digest) = &outcome.vintage;
    let data = format!("{file}, SHA-256 {digest}");
    out.push((message!("what_if.about.data"), Message::Plain(data)));
    if outcome.synthetic {
        out.push((message!("what_if.about.synthetic"), message!("what_if.no_person_made_up_codes")));
    }
    // A comparison is a draft if any of its scenarios is.
    let compared = outcome.runs.iter().map(|run| run.unsigned.len()).max().unwrap_or(0);
    let status = match run.map_or(compared, |run| run.unsigned.len()) {
        0 => message!("what_if.all_signed"),
        count => message!("what_if.draft_unsigned", count),
    };
    out.push((message!("what_if.about.status"), status));
    out.extend(outcome.free_income.about(message!("simulate.slides_levels"), outcome.period));
    out.push((message!("what_if.about.simulation"), message!("what_if.no_claim")));
    out
}

fn name(outcome: &Outcome, party: &str) -> String {
    outcome.names.name(party)
}

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn is_municipality(one: &Municipality) -> bool {
    !one.place.debtor.is_empty()
}

/// An amount as a share of the municipality's free income, in millionths; `None` if the free income is
/// unknown or zero.
pub(super) fn of_free_income(outcome: &Outcome, one: &Municipality, amount: Amount) -> Option<i64> {
    let free = outcome.free_income.of(crate::parties::code_of(&one.place.debtor))?;
    (free.ore() > 0).then(|| (i128::from(amount.ore()) * 1_000_000 / i128::from(free.ore())) as i64)
}

fn municipality_heads(run: &Run) -> Vec<Message> {
    let mut all = heads([
        "column.municipality",
        "column.name",
        "column.people",
        "simulate.column.kmf_before_ore",
        "simulate.column.usk_before_ore",
        "simulate.column.kmf_after_ore",
        "simulate.column.usk_after_ore",
        "simulate.column.above_cap_before_ore",
        "simulate.column.above_cap_after_ore",
        "simulate.column.change_ore",
        "simulate.column.granted_before_ore",
        "simulate.column.granted_after_ore",
        "simulate.column.net_ore",
        "simulate.column.net_per_inhabitant_ore",
        "simulate.column.net_share_of_free_income",
        "simulate.column.contacts_before",
        "simulate.column.contacts_after",
        "simulate.column.outcome",
    ]);
    if !run.scenario.measures.is_empty() {
        all.extend(heads(["simulate.column.net_low_effect_ore", "simulate.column.net_high_effect_ore"]));
    }
    all
}

pub(super) fn municipalities(outcome: &Outcome, run: &Run) -> SafeTable {
    let (name, about) =
        (message!("simulate.sheet.municipalities"), message!("simulate.about.municipalities"));
    let mut sheet = RawTable::new(name, about, &municipality_heads(run), 3);
    for (place, one) in run.found.municipalities.iter().enumerate().filter(|(_, one)| is_municipality(one)) {
        let net = one.net();
        let word = match net.ore() {
            0 => message!("simulate.outcome.unchanged"),
            ore if ore > 0 => message!("simulate.outcome.loses"),
            _ => message!("simulate.outcome.gains"),
        };
        let mut row = vec![
            text(&one.place.debtor),
            text(self::name(outcome, &one.place.debtor)),
            if one.people > 0 { Cell::Count(one.people) } else { Cell::Unknown },
            paid(run, 0, Instrument::CoFinancing, one.against.kmf),
            paid(run, 0, Instrument::DischargeReady, one.against.usk),
            paid(run, 1, Instrument::CoFinancing, one.scenario.kmf),
            paid(run, 1, Instrument::DischargeReady, one.scenario.usk),
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
            Cell::Said(word),
        ];
        if !run.scenario.measures.is_empty() {
            let end = |at: usize| run.ends.as_ref().map(|ends| ends[at].municipalities[place].net());
            row.extend([0, 1].map(|at| Cell::kroner(end(at))));
        }
        sheet.row(row, Beneath::Count(beneath(one)));
    }
    // The sum of all municipalities is published, in another table.
    sheet.total((0..sheet.len()).collect());
    sheet.protect()
}

/// Municipalities of which nothing is withheld in the table of [`municipalities`].
pub(super) fn shown(table: &SafeTable) -> BTreeSet<String> {
    let code = |row: &Vec<Cell>| match row.first() {
        Some(Cell::Text(code)) if !row.contains(&Cell::Withheld) => Some(code.clone()),
        _ => None,
    };
    table.rows().iter().filter_map(code).collect()
}

/// Smallest number of contacts behind what changes for a municipality: those with co-financing; and those with days to pay, if
/// the payment for them changes.
fn beneath(one: &Municipality) -> i64 {
    let waiting = (one.against.usk != one.scenario.usk && one.waiting > 0).then_some(one.waiting);
    let contacts = Some(fewest([one.contacts.0, one.contacts.1])).filter(|count| *count > 0);
    contacts.into_iter().chain(waiting).min().unwrap_or(0)
}

/// Smallest number of contacts behind any figure of a row, from counts in millionths. Counts that round to zero are
/// left out; 0 if all do.
fn fewest(millionths: [i64; 2]) -> i64 {
    millionths.into_iter().map(rounded).filter(|count| *count > 0).min().unwrap_or(0)
}

/// Millionths rounded to whole numbers, half up.
pub(super) fn rounded(millionths: i64) -> i64 {
    (millionths + 500_000).div_euclid(1_000_000)
}

/// Whether a party is a trust, or a unit that stands for one: it is paid for days alone.
fn is_hospital(party: &Party) -> bool {
    party.lines.iter().all(|(what, _)| *what == "discharge-ready")
}

/// Name of a party from the catalogue; otherwise the party's own name.
fn party_name(outcome: &Outcome, party: &str) -> Message {
    match party {
        "municipalities" => message!("simulate.party.municipalities"),
        "state" => message!("simulate.party.state"),
        "" => message!("simulate.party.without_municipality"),
        other => Message::Plain(name(outcome, other)),
    }
}

/// Lines of a party that are of one instrument.
const OF_INSTRUMENT: [(&str, Instrument); 3] = [
    ("co-financing", Instrument::CoFinancing),
    ("discharge-ready", Instrument::DischargeReady),
    ("isf", Instrument::Isf),
];

/// What is paid under an instrument before (`side` 0) or after (1).
fn paid(run: &Run, side: usize, instrument: Instrument, amount: Amount) -> Cell {
    in_force(run.found.standing[side].of(instrument), known(run, instrument, Cell::Kroner(amount)))
}

/// How an instrument stands after a scenario, or before it if it is not in force after.
pub(super) fn either(run: &Run, instrument: Instrument) -> &InPeriod {
    let [before, after] = run.found.standing.each_ref().map(|scope| scope.of(instrument));
    if *after == InPeriod::NotInForce { before } else { after }
}

/// The cell of an amount, or the words for that its instrument is not in force.
pub(super) fn in_force(standing: &InPeriod, amount: Cell) -> Cell {
    match standing {
        InPeriod::NotInForce => Cell::Said(message!("standing.not_in_force")),
        _ => amount,
    }
}

/// An amount under an instrument; unknown if the instrument cannot be priced.
pub(super) fn known(run: &Run, instrument: Instrument, amount: Cell) -> Cell {
    if run.found.scope.tells(instrument) { amount } else { Cell::Unknown }
}

/// Table of what each party pays more (above zero) or less, or receives less or more: the sign that the municipalities'
/// table has.
fn parties(outcome: &Outcome, run: &Run) -> SafeTable {
    let heads = heads([
        "column.party",
        "column.name",
        "simulate.column.kmf_ore",
        "simulate.column.usk_ore",
        "simulate.column.isf_ore",
        "simulate.column.budget_ore",
        "simulate.column.grant_ore",
        "simulate.column.pays_ore",
        "simulate.column.sum_ore",
    ]);
    let (name, about) = (message!("simulate.sheet.parties"), message!("simulate.about.parties"));
    let mut sheet = RawTable::new(name, about, &heads, 2);
    for party in &run.found.parties {
        let found = |wanted: &str| party.lines.iter().find(|(what, _)| *what == wanted);
        let line =
            |wanted: &str| found(wanted).map_or_else(|| text(""), |(_, gained)| Cell::Kroner(-*gained));
        let mut row = vec![text(&party.party), Cell::Said(party_name(outcome, &party.party))];
        row.extend(OF_INSTRUMENT.map(|(what, instrument)| match found(what) {
            Some(_) => in_force(either(run, instrument), known(run, instrument, line(what))),
            None => text(""),
        }));
        row.extend(["budget", "grant", "pays"].map(line));
        row.push(Cell::Kroner(-party.sum()));
        sheet.row(row, Beneath::NoPerson);
    }
    let sum: Amount = run.found.parties.iter().map(Party::sum).sum();
    let mut row = vec![Cell::Said(message!("what_if.sum")), Cell::Said(message!("simulate.party.all"))];
    row.extend(std::iter::repeat_n(text(""), 6));
    row.push(Cell::Kroner(sum));
    sheet.row(row, Beneath::NoPerson);
    sheet.protect()
}

fn sizes(run: &Run) -> SafeTable {
    let heads = heads([
        "column.people",
        "simulate.column.municipalities",
        "simulate.column.from_people",
        "simulate.size.change_ore",
        "simulate.column.per_inhabitant_low_ore",
        "simulate.column.per_inhabitant_median_ore",
        "simulate.column.per_inhabitant_high_ore",
    ]);
    let mut sheet =
        RawTable::new(message!("simulate.sheet.sizes"), message!("simulate.about.sizes"), &heads, 3);
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
    let heads = heads([
        "column.municipality",
        "column.name",
        "simulate.column.care_level",
        "simulate.column.drg_type",
        "simulate.column.age_from",
        "column.contacts",
        "simulate.column.kmf_ore",
    ]);
    let mut sheet =
        RawTable::new(message!("simulate.sheet.groups"), message!("simulate.about.groups"), &heads, 5);
    let mut of_home: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for ((home, group), (contacts, amount)) in &run.groups {
        let Some(one) = run.found.municipalities.get(*home as usize).filter(|one| is_municipality(one))
        else {
            continue;
        };
        of_home.entry(*home).or_default().push(sheet.len());
        let all_ages = || Cell::Said(message!("simulate.all_ages"));
        let row = vec![
            text(&one.place.debtor),
            text(name(outcome, &one.place.debtor)),
            Cell::Said(group.care_level.said()),
            Cell::Said(group.drg_type.said()),
            group.age.map_or_else(all_ages, |age| Cell::Count(i64::from(age))),
            Cell::Count(rounded(*contacts)),
            Cell::Kroner(*amount),
        ];
        sheet.row(row, Beneath::Count(rounded(*contacts)));
    }
    // The table of municipalities publishes each municipality's total payment and contacts.
    of_home.into_values().for_each(|rows| sheet.total(rows));
    sheet.protect()
}

fn years(run: &Run) -> SafeTable {
    let heads = heads([
        "simulate.column.year",
        "simulate.column.municipalities_pay_ore",
        "simulate.column.would_have_paid_ore",
        "simulate.column.change_ore",
        "simulate.column.phased_in",
        "simulate.column.more_growth_given_ore",
    ]);
    let mut sheet =
        RawTable::new(message!("simulate.sheet.years"), message!("simulate.about.years"), &heads, 1);
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

fn comparison(outcome: &Outcome, reader: Reader) -> SafeTable {
    let mut all = heads(["column.municipality", "column.name"]);
    all.extend(outcome.runs.iter().map(|run| {
        let net = format!("net_of_{}_ore", run.scenario.id.replace('-', "_"));
        head(reader, net, run.scenario.title.clone())
    }));
    let mut sheet =
        RawTable::new(message!("simulate.sheet.comparison"), message!("simulate.about.comparison"), &all, 2);
    let first = outcome.runs.first().map_or(&[][..], |run| &run.found.municipalities[..]);
    let mut total =
        vec![Cell::Said(message!("what_if.sum")), Cell::Said(message!("simulate.all_municipalities"))];
    for run in &outcome.runs {
        total.push(Cell::Kroner(run.found.municipalities.iter().map(Municipality::net).sum()));
    }
    sheet.row(total, Beneath::NoPerson);
    for (place, one) in first.iter().enumerate().filter(|(_, one)| is_municipality(one)) {
        let mut row = vec![text(&one.place.debtor), text(name(outcome, &one.place.debtor))];
        row.extend(outcome.runs.iter().map(|run| Cell::Kroner(run.found.municipalities[place].net())));
        let counts = outcome.runs.iter().map(|run| beneath(&run.found.municipalities[place]));
        let fewest = counts.filter(|count| *count > 0).min();
        sheet.row(row, Beneath::Count(fewest.unwrap_or(0)));
    }
    sheet.total((1..sheet.len()).collect());
    sheet.protect()
}

fn figures(outcome: &Outcome, run: &Run, language: Language) -> Vec<(&'static str, BriefFigure)> {
    vec![("storrelse", by_size(outcome, run, language)), ("bro", bridge_of_all(run, language))]
}

/// Picture of net payments by size of municipality: relative to free income, or per inhabitant where no income is known.
pub(super) fn by_size(outcome: &Outcome, run: &Run, language: Language) -> BriefFigure {
    let is_share = outcome.free_income.is_known();
    let value = |one: &Municipality| match is_share {
        true => Some(of_free_income(outcome, one, one.net())? as f64 / 10_000.0),
        false => Some(one.per_inhabitant(one.net())?.ore() as f64 / 100.0),
    };
    let groups = consequence::by_size(&run.found.municipalities, |one| one.people).into_iter();
    let dots = groups
        .map(|inside| inside.into_iter().filter(|one| is_municipality(one)).filter_map(value).collect());
    let (title, axis) = match is_share {
        true => ("simulate.net_by_size", ("what_if.per_cent_of_free_income", "%", 2)),
        false => ("simulate.net_each_by_size", ("risk.kroner_per_inhabitant", "kr", 0)),
    };
    ranged(&ranges_of_sizes(dots, language), title, axis, language)
}

fn bridge_of_all(run: &Run, language: Language) -> BriefFigure {
    let all: Vec<&Municipality> = run.found.municipalities.iter().collect();
    bridge(&all, &message!("simulate.from_before_to_net"), language)
}

/// Picture of the steps that lead from what some municipalities paid before the scenario to what they pay in it, less
/// the change of their grants.
pub(super) fn bridge(some: &[&Municipality], heading: &Message, language: Language) -> BriefFigure {
    pictures::bridge(language.say(heading), &waterfall(some, language), language)
}

/// Bars that lead from what some municipalities paid before the scenario to what they pay in it, less the change of
/// their grants.
fn waterfall(some: &[&Municipality], language: Language) -> Vec<chart::bridge::Bar> {
    let sum = |of: &dyn Fn(&Municipality) -> Amount| -> Amount { some.iter().copied().map(of).sum() };
    let bar =
        |label: &str, is_total, amount| chart::bridge::Bar { label: language.text(label), is_total, amount };
    let before = sum(&Municipality::paid);
    let mut out = vec![bar("simulate.bar.before", true, before)];
    // Where nobody pays co-financing on either side, it is no step.
    if some.iter().any(|one| one.scenario.kmf != Amount::ZERO || one.against.kmf != Amount::ZERO) {
        out.push(bar("paper.activity_kmf", false, sum(&|one| one.scenario.kmf - one.against.kmf)));
    }
    out.push(bar("paper.activity_usk", false, sum(&|one| one.scenario.usk - one.against.usk)));
    let (capped, grant) = (sum(&|one| one.capped.0 - one.capped.1), sum(&|one| -one.grant()));
    if capped != Amount::ZERO {
        out.push(bar("simulate.bar.above_cap", false, capped));
    }
    if grant != Amount::ZERO {
        out.push(bar("simulate.bar.granted", false, grant));
    }
    out.push(bar("simulate.bar.after", true, before + sum(&Municipality::net)));
    out
}

/// Millions of kroner with one decimal in bokmål, as `1,5 mill. kr`.
pub fn millions(amount: Amount) -> String {
    Language::Nb.say(&in_millions(amount))
}

/// Line on what a paper or a picture was made from.
pub(super) fn footer(outcome: &Outcome, run: &Run, language: Language) -> String {
    say!(
        language,
        "simulate.footer",
        version = env!("CARGO_PKG_VERSION"),
        id = run.scenario.id,
        data = outcome.vintage.0
    )
}

fn brief_of(outcome: &Outcome, run: &Run, figures: Vec<BriefFigure>, language: Language) -> Brief {
    let real: Vec<&Municipality> =
        run.found.municipalities.iter().filter(|one| is_municipality(one)).collect();
    let change: Amount = real.iter().map(|one| one.change()).sum();
    let net = net_of(&run.found);
    let losers = real.iter().filter(|one| one.net() > Amount::ZERO).count();
    let winners = real.iter().filter(|one| one.net() < Amount::ZERO).count();
    let mut tables = tables(outcome, run, language);
    tables.extend(measures_table(run, language));
    tables.extend(ends(outcome, run, language));
    tables.extend(year_table(run, language));
    let fact = |name: &str, value: Message| (language.text(name), language.say(&value));
    let against = message!("simulate.set_against", against = outcome.against);
    let summary: Vec<Message> = first_said(run).into_iter().chain([run.summary.clone(), against]).collect();
    Brief {
        language,
        title: language.say(&run.scenario.title),
        tags: pictures::marks(!run.unsigned.is_empty(), outcome.synthetic, outcome.period, language),
        summary: language.say(&Message::joined(summary, " ")),
        facts: vec![
            fact("simulate.fact.payments", paid_more(change)),
            fact("simulate.fact.net", paid_more(net)),
            fact("simulate.fact.losers", message!("what_if.municipalities", count = losers)),
            fact("simulate.fact.winners", message!("what_if.municipalities", count = winners)),
        ],
        tables,
        figures,
        new_pages: Vec::new(),
        cautions: cautions(outcome, run).iter().map(|caution| language.say(caution)).collect(),
        footer: footer(outcome, run, language),
        date: date(outcome),
        digest: run.scenario.digest.clone(),
    }
}

fn tables(outcome: &Outcome, run: &Run, language: Language) -> Vec<BriefTable> {
    let found = &run.found;
    let unless_empty = |count: usize, amount: Message| match count {
        0 => Message::plain(".."),
        _ => amount,
    };
    let size_rows: Vec<Vec<Message>> = found
        .sizes
        .iter()
        .map(|size| {
            let mut row = vec![
                message!("what_if.people", people = size.name),
                Message::Plain(grouped(size.count as u64)),
                unless_empty(size.count, in_millions(size.change)),
            ];
            row.extend(size.range.map(|amount| unless_empty(size.count, in_kroner(amount))));
            row
        })
        .collect();
    // Hospitals have one line each, for days; on paper they stand together.
    let (hospitals, named): (Vec<&Party>, Vec<&Party>) =
        found.parties.iter().partition(|party| is_hospital(party));
    let row = |name: Message, gained: Amount| vec![name, in_millions(-gained)];
    let named = named.into_iter().filter(|party| party.sum() != Amount::ZERO);
    let mut party_rows: Vec<Vec<Message>> =
        named.map(|party| row(party_name(outcome, &party.party), party.sum())).collect();
    let of_hospitals: Amount = hospitals.into_iter().map(Party::sum).sum();
    if of_hospitals != Amount::ZERO {
        party_rows.push(row(message!("simulate.party.hospitals"), of_hospitals));
    }
    let of_sizes = heads([
        "simulate.head.municipality_of",
        "simulate.head.number",
        "simulate.head.change_in_payment",
        "simulate.head.per_inhabitant_low",
        "simulate.head.median",
        "simulate.head.high",
    ]);
    let of_parties = heads(["column.party", "simulate.head.change"]);
    vec![
        brief_table(&message!("simulate.change_by_size"), &of_sizes, &size_rows, language),
        brief_table(&message!("simulate.who_gains"), &of_parties, &party_rows, language),
    ]
}

/// Table of the municipalities that lose most per inhabitant, at most six, and of those that gain most, at most six; the
/// greatest loss first. `None` if no municipality has a change.
fn ends(outcome: &Outcome, run: &Run, language: Language) -> Option<BriefTable> {
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
        vec![
            party_name(outcome, &one.place.debtor),
            in_kroner(*each),
            in_thousands(one.net()),
            Message::Plain(share),
        ]
    };
    let gain = all.partition_point(|(each, _)| *each > Amount::ZERO);
    let (lose, gain) = all.split_at(gain);
    let shown = lose[..lose.len().min(6)].iter().chain(&gain[gain.len().saturating_sub(6)..]);
    let rows: Vec<Vec<Message>> = shown.map(row).collect();
    let heads = heads([
        "column.municipality",
        "simulate.head.net_per_inhabitant",
        "simulate.head.net",
        "what_if.per_cent_of_free_income",
    ]);
    (!rows.is_empty()).then(|| brief_table(&message!("simulate.ends"), &heads, &rows, language))
}

/// Millionths as per cent with two decimals.
pub(super) fn per_cent(millionths: i64) -> String {
    let hundredths = (millionths.abs() + 50) / 100;
    let sign = if millionths < 0 && hundredths > 0 { "\u{2212}" } else { "" };
    format!("{sign}{},{:02}\u{a0}%", hundredths / 100, hundredths % 100)
}

fn year_table(run: &Run, language: Language) -> Option<BriefTable> {
    let row = |year: &simulation::consequence::Year| {
        vec![
            Message::Plain(format!("+{}", year.after)),
            in_millions(year.pays),
            in_millions(year.against),
            Message::plain(year.phased),
            in_millions(year.given),
        ]
    };
    let rows: Vec<Vec<Message>> = run.found.years.iter().map(row).collect();
    let heads = heads([
        "simulate.column.year",
        "simulate.column.municipalities_pay_ore",
        "simulate.column.would_have_paid_ore",
        "simulate.column.phased_in",
        "simulate.head.growth_given",
    ]);
    (!rows.is_empty()).then(|| brief_table(&message!("simulate.year_by_year"), &heads, &rows, language))
}

/// Number of contacts and of waiting days that go away in the country, in words; or that are added.
fn amount_of(taken: Taken) -> Message {
    let (contacts, days) = (rounded(taken.contacts), rounded(taken.days));
    let of_contacts = || {
        let count = grouped(contacts.unsigned_abs());
        if contacts < 0 {
            message!("what_if.contacts_more", count)
        } else {
            message!("what_if.contacts", count)
        }
    };
    let of_days = || {
        let count = grouped(days.unsigned_abs());
        if days < 0 { message!("what_if.days_more", count) } else { message!("what_if.days", count) }
    };
    match (contacts, days) {
        (_, 0) => of_contacts(),
        (0, _) => of_days(),
        _ => message!("simulate.contacts_and_days", contacts = of_contacts(), days = of_days()),
    }
}

/// What a measure takes away in the country, in words; and a sentence on the visits to general practitioners that replace
/// contacts, compared with the ministry's slides. The sentence is `None` if the measure has no visits.
fn taken_away(wanted: &Wanted, taken: Taken) -> (Message, Option<Message>) {
    let gone = rounded(taken.contacts);
    let visits = wanted.measure.gp.map(|gp| {
        let visits = gone * i64::from(gp.visits_per_contact);
        if visits < 0 {
            return message!("simulate.visits_fewer", visits = grouped(visits.unsigned_abs()));
        }
        let doctors = visits / i64::from(std::cmp::max(gp.published_visits, 1));
        let share = f64::from(gp.published_visits) * 100.0 / f64::from(std::cmp::max(gp.visits_a_year, 1));
        message!(
            "simulate.visits_instead",
            visits = grouped(visits.unsigned_abs()),
            published = gp.published_visits,
            share = format!("{share:.0}"),
            a_year = grouped(u64::from(gp.visits_a_year)),
            doctors = grouped(doctors.unsigned_abs())
        )
    });
    (amount_of(taken), visits)
}

/// What the measures of a scenario take away together, and how much of it more than one of them reaches; `None` if there
/// are fewer than two.
fn taken_together(run: &Run) -> Option<Message> {
    let alone = &run.found.avoided;
    if alone.len() < 2 {
        return None;
    }
    let together = run.found.avoided_together;
    let sum = alone.iter().fold(Taken::default(), |sum, one| Taken {
        contacts: sum.contacts + one.contacts,
        days: sum.days + one.days,
    });
    let overlap = Taken { contacts: sum.contacts - together.contacts, days: sum.days - together.days };
    let (together, sum) = (amount_of(together), amount_of(sum));
    Some(match overlap == Taken::default() {
        true => message!("simulate.together_apart", together),
        false => message!("simulate.together", together, sum, overlap = amount_of(overlap)),
    })
}

/// Table of what each measure takes away; `None` without measures.
fn measures_table(run: &Run, language: Language) -> Option<BriefTable> {
    let row = |(wanted, avoided): (&Wanted, &Taken)| {
        let (amount, visits) = taken_away(wanted, *avoided);
        let visits = visits.unwrap_or_else(|| Message::plain(""));
        vec![Message::plain(&wanted.measure.title), amount, visits]
    };
    let rows = run.scenario.measures.iter().zip(&run.found.avoided).map(row);
    let together = taken_together(run);
    let together = together.map(|said| vec![message!("simulate.all_measures"), said, Message::plain("")]);
    let rows: Vec<Vec<Message>> = rows.chain(together).collect();
    let mut heads = heads(["simulate.head.measure", "simulate.head.takes_away"]);
    heads.push(Message::plain(""));
    (!rows.is_empty()).then(|| brief_table(&message!("simulate.measures_take"), &heads, &rows, language))
}

/// What some contacts lack, so that a rule or a measure could not be tested on them: the amounts are then an upper bound
/// (uncertain, if a measure adds something), and this is the first that is said. `None` if everything could be tested.
fn upper_bound(run: &Run) -> Option<Message> {
    let lacking = |(code, contacts): (&Message, &i64)| {
        message!("simulate.untested", code, count = grouped(contacts.unsigned_abs()))
    };
    let all: Vec<Message> = run.found.untested.iter().map(lacking).collect();
    let adds = run.scenario.measures.iter().any(|wanted| wanted.effect.adds());
    (!all.is_empty()).then(|| {
        let all = Message::joined(all, ", ");
        if adds { message!("simulate.uncertain", all) } else { message!("simulate.upper_bound", all) }
    })
}

/// What is said before everything else: what cannot be, what cannot be priced, and what the data do not tell.
pub(super) fn first_said(run: &Run) -> Vec<Message> {
    // Others follow on the same line of a paper.
    let unpriced =
        crate::law::unpriced(&run.found.scope).into_iter().map(|said| message!("screen.stop", said));
    run.impossible.clone().into_iter().chain(unpriced).chain(upper_bound(run)).collect()
}

/// What a reader must know before the result is used.
pub(super) fn cautions(outcome: &Outcome, run: &Run) -> Vec<Message> {
    let mut out = run.stacked.clone();
    if let Some((made, of)) = outcome.sample {
        let [made, of] = [made, of].map(grouped);
        out.push(message!("screen.sample", made, of));
    }
    if outcome.synthetic {
        out.push(message!("simulate.caution.synthetic"));
    }
    if !run.unsigned.is_empty() {
        out.push(message!("simulate.caution.unsigned", count = run.unsigned.len()));
    }
    for wanted in run.scenario.measures.iter().filter(|wanted| !wanted.own) {
        let row = wanted.measure.effect.first();
        let source = row.and_then(|row| wanted.measure.sources.get(&row.dates.source));
        let range = row.and_then(|row| row.value.low.zip(row.value.high));
        let (measure, effect) = (&wanted.measure.title, wanted.effect);
        let Some(source) = source.map(|source| &source.title) else { continue };
        out.push(match range {
            Some((low, high)) => {
                message!("simulate.caution.effect_in_range", measure, effect, low, high, source)
            }
            None => message!("simulate.caution.effect_without_range", measure, effect, source),
        });
    }
    if let Some(ends) = &run.ends {
        let [low, high] = ends.each_ref().map(|end| in_millions(net_of(end)));
        out.push(message!("simulate.caution.ends", low, high));
    }
    match outcome.free_income.source {
        Source::Slides => out.push(message!("simulate.caution.free_income")),
        Source::Unknown => {
            out.push(message!("simulate.caution.no_free_income", year = outcome.period.from().year()));
        }
        Source::NotAsked | Source::Given => {}
    }
    out.push(message!("simulate.caution.no_claim"));
    out
}

/// Net loss of all municipalities together.
fn net_of(found: &Consequences) -> Amount {
    found.municipalities.iter().filter(|one| is_municipality(one)).map(Municipality::net).sum()
}

/// What municipalities pay more than before, all together; below zero if they pay less.
pub fn change_of_municipalities(found: &Consequences) -> Amount {
    let real = found.municipalities.iter().filter(|one| is_municipality(one));
    real.map(Municipality::change).sum()
}

/// Summary of a scenario in a few lines.
pub fn summary(outcome: &Outcome, run: &Run, language: Language) -> String {
    let change = change_of_municipalities(&run.found);
    let amount_of = |amount: Amount| in_millions(Amount::from_ore(amount.ore().abs()));
    let mut paid = vec![match change < Amount::ZERO {
        true => message!("simulate.pays_less", amount = amount_of(change)),
        false => message!("simulate.pays_more", amount = amount_of(change)),
    }];
    let net = net_of(&run.found);
    if net != change {
        paid.push(match net < Amount::ZERO {
            true => message!("simulate.gains_with_grants", amount = amount_of(net)),
            false => message!("simulate.loses_with_grants", amount = amount_of(net)),
        });
    }
    let mut lines =
        vec![message!("simulate.set_against", against = outcome.against), Message::joined(paid, "; ")];
    for size in run.found.sizes.iter().filter(|size| size.count > 0) {
        let change = paid_more(size.change);
        lines.push(message!("simulate.change_of_size", people = size.name, change));
    }
    for (wanted, avoided) in run.scenario.measures.iter().zip(&run.found.avoided) {
        let (amount, visits) = taken_away(wanted, *avoided);
        let sentences = vec![message!("simulate.measure_takes", measure = wanted.measure.title, amount)];
        lines.push(Message::joined(sentences.into_iter().chain(visits).collect(), " "));
    }
    lines.extend(taken_together(run));
    let mut out = format!("{}\n", language.say(&run.scenario.title));
    out.extend(first_said(run).iter().map(|said| format!("{}\n", language.say(said))));
    out += &format!("{}\n", language.say(&run.summary));
    out.extend(run.stacked.iter().map(|told| format!("  {}\n", language.say(told))));
    let lines = lines.iter().map(|line| format!("  {}\n", language.say(line)));
    out.extend(lines);
    let cautions = cautions(outcome, run);
    out.extend(
        cautions.iter().skip(run.stacked.len()).map(|caution| format!("  - {}\n", language.say(caution))),
    );
    out
}
