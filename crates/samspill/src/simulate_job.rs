//! `samspill simulate`: scenarios priced on cells, written as tables, pictures and a brief. It cannot post.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use domain::{Municipalities, Period};
use register::parquet_file::Reader;
use register::synth::people::Population;
use rulebook::measure::Measure;
use settlement::cells::Cells;
use settlement::needs::Needs;
use settlement::{Law, manifest};
use simulation::consequence::{self, Consequences, Ground, People, Situation, Whole};
use simulation::many::price_all;
use simulation::{Measures, Scenario};

use crate::law::Files;
use crate::progress::Teller;
use crate::settle_job;
use crate::settlement_job::Scratch;
use crate::table::small_table;

/// What to simulate.
pub struct Order<'a> {
    /// Scenario files, or names of variants and measures.
    pub scenarios: &'a [PathBuf],
    /// Law, or a scenario that the others are set against.
    pub against: &'a str,
    /// Contacts, or cells that were kept of them.
    pub contacts: Option<&'a Path>,
    /// Cells that were kept.
    pub cells: Option<&'a Path>,
    /// Where to keep the cells.
    pub keep: Option<&'a Path>,
    /// Mapping.
    pub mapping: Option<&'a Path>,
    /// Period.
    pub period: Period,
    /// A parameter that is swept: name, values.
    pub sweep: Option<&'a str>,
    /// Free incomes: `municipality;kroner`.
    pub free_income: Option<&'a Path>,
    /// Inhabitants: `municipality;age;people`.
    pub people: Option<&'a Path>,
    /// Inhabitants of later years: `year;municipality;age;people`.
    pub projection: Option<&'a Path>,
    /// Threads.
    pub threads: usize,
}

/// A scenario that was run.
pub struct Run {
    /// The scenario.
    pub scenario: Scenario,
    /// What it is, in plain words.
    pub summary: String,
    /// What it comes to.
    pub found: Consequences,
    /// The same with the least and with the most effect of its measures, where a range is given.
    pub ends: Option<[Consequences; 2]>,
    /// Co-financing by municipality and charge group.
    pub groups: settlement::price::Labelled<consequence::ChargeGroup>,
    /// Values that nobody has signed.
    pub unsigned: Vec<String>,
    /// Rule versions.
    pub versions: Vec<String>,
}

/// Everything that was run, and what it rests on.
pub struct Outcome {
    /// Scenarios, in order.
    pub runs: Vec<Run>,
    /// What they are set against, in plain words.
    pub against: String,
    /// Period.
    pub period: Period,
    /// Contacts in the period.
    pub contacts: u64,
    /// Cells that they were put into.
    pub cells: usize,
    /// Name and SHA-256 of the file.
    pub vintage: (String, String),
    /// Whether nobody real stands behind it.
    pub synthetic: bool,
    /// Free income by municipality in øre, and whether it is the slides' level.
    pub free_income: BTreeMap<String, (domain::Amount, bool)>,
    /// Names of parties.
    pub names: BTreeMap<String, String>,
}

/// A scenario with its law.
struct Prepared {
    scenario: Scenario,
    law: Law,
    titles: Vec<String>,
}

/// Prices every scenario beside what it is set against.
pub fn run(order: &Order, teller: Teller) -> Result<Outcome> {
    let as_it_is = prepared(law_as_it_is()?, order.period)?;
    let against = match order.against {
        "law" => prepared(law_as_it_is()?, order.period)?,
        other => prepared(scenario(Path::new(other))?, order.period)?,
    };
    let mut prepared_all = Vec::new();
    for path in order.scenarios {
        for one in swept(scenario(path)?, order.sweep)? {
            prepared_all.push(prepared(one, order.period)?);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for one in &prepared_all {
        if !seen.insert(one.scenario.id.clone()) {
            bail!("two scenarios are called {}: give each an id of its own", one.scenario.id);
        }
    }
    let people = people(order.people, order.period)?;
    let free_income = free_income(order.free_income, &people)?;
    let projection = order.projection.map(|path| projection(path, order.period.from().year())).transpose()?;
    let laws: Vec<&Law> =
        prepared_all.iter().map(|one| &one.law).chain([&against.law, &as_it_is.law]).collect();
    let mut needs = consequence::needs(&laws, &against.scenario, order.period, projection.is_some());
    for one in &prepared_all {
        needs = needs.and(&consequence::needs(&[], &one.scenario, order.period, projection.is_some()));
    }
    let (cells, file, vintage) = cells_of(order, &needs, teller)?;
    let stage = teller.stage("priser scenarioene");
    let ground = Ground::of(&cells, &as_it_is.law, &people, projection.as_deref())?;
    let before = Situation::of(&ground, &against.law, &against.scenario)?;
    // Laws under which nobody behaves otherwise are priced together, as a sweep mostly is.
    let plain: Vec<&Law> =
        prepared_all.iter().filter(|one| one.scenario.measures.is_empty()).map(|one| &one.law).collect();
    let mut known = price_all(&cells, &plain, order.threads)?.into_iter();
    let mut runs = Vec::new();
    let all = prepared_all.len() as u64;
    for (place, Prepared { scenario, law, titles }) in prepared_all.into_iter().enumerate() {
        let run = |scenario: &Scenario, known: Option<Whole>| {
            let now = match known {
                Some(whole) => Situation::given(&ground, &law, scenario, whole),
                None => Situation::of(&ground, &law, scenario),
            };
            now.and_then(|now| consequence::run(&ground, &before, &now))
                .with_context(|| scenario.file.clone())
        };
        let known = if scenario.measures.is_empty() { known.next() } else { None };
        let found = run(&scenario, known)?;
        let ends =
            scenario.ends().map(|[low, high]| Ok::<_, anyhow::Error>([run(&low, None)?, run(&high, None)?]));
        let ends = ends.transpose()?;
        let groups = consequence::by_group(&cells, &law, &Measures::of(&scenario.measures))?;
        let used = law.used(order.period);
        let unsigned = used.iter().filter(|value| value.is_unsigned()).map(manifest::unsigned_line).collect();
        let summary = scenario.summary(&titles);
        let versions = manifest::versions(&law, order.period);
        runs.push(Run { scenario, summary, found, ends, groups, unsigned, versions });
        stage.at(place as u64 + 1, all);
    }
    stage.done();
    Ok(Outcome {
        runs,
        against: against.scenario.summary(&against.titles),
        period: order.period,
        contacts: cells.contacts,
        cells: cells.len(),
        vintage: (file, vintage),
        synthetic: cells.synthetic,
        free_income,
        names: crate::statement_job::names(&Municipalities::built_in()?),
    })
}

/// The cells that are asked, with the name of the file and the SHA-256 of the contacts they were counted from.
fn cells_of(order: &Order, needs: &Needs, teller: Teller) -> Result<(Cells, String, String)> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match (order.cells, order.contacts) {
        (Some(path), _) => {
            let (cells, vintage) = Cells::read(path)?;
            if cells.period() != Some(order.period) {
                let of = cells.period().map_or_else(String::new, |period| period.to_string());
                bail!("{} holds cells of {of}, not of {}", path.display(), order.period);
            }
            Ok((cells, name(path), vintage))
        }
        (None, Some(contacts)) => {
            let cells = counted(order, contacts, needs, teller)?;
            let vintage = manifest::sha256_file(contacts)?;
            if let Some(keep) = order.keep {
                cells.write(keep, &vintage)?;
                teller.say(&format!("celler skrevet: {}", keep.display()));
            }
            Ok((cells, name(contacts), vintage))
        }
        (None, None) => bail!("give --contacts FILE, or --cells FILE"),
    }
}

/// The cells of the contacts of a file.
fn counted(order: &Order, contacts: &Path, needs: &Needs, teller: Teller) -> Result<Cells> {
    let scratch = Scratch::new()?;
    let checked = scratch.0.join("checked.parquet");
    let (input, report) =
        settle_job::trusted_in(contacts, order.mapping, None, &checked, order.threads, teller)?;
    if let Some(report) = report.filter(|report| !report.refused.is_empty()) {
        teller.say(&format!(
            "{} rader avvist: samspill check FIL viser hvilke, med årsak og hvem som kan rette dem",
            report.refused.len()
        ));
    }
    let reader = Reader::open_contacts(&input)?;
    let municipalities = Municipalities::built_in()?;
    let stage = teller.stage("teller kontakter i celler");
    let cells = Cells::count(&reader, &municipalities, order.period, needs, order.threads, |done, of| {
        stage.at(done as u64, of as u64)
    })?;
    stage.done();
    if cells.is_empty() {
        bail!("{} holds no contact in {}", contacts.display(), order.period);
    }
    // Stays that began the year before are no year.
    if cells.contacts * FEW_OF < reader.rows() {
        let [held, all] = [cells.contacts, reader.rows()].map(domain::amount::grouped);
        bail!(
            "{} has {held} of {all} contacts in {}: it is of another time",
            contacts.display(),
            order.period
        );
    }
    Ok(cells)
}

/// A period that fewer than one in so many contacts are of is not what a file is of.
const FEW_OF: u64 = 1000;

fn law_as_it_is() -> Result<Scenario> {
    Ok(Scenario::parse("loven", "id = \"law\"\ntitle = \"Loven\"\n", &|_| None)?)
}

/// A scenario from a file, or one that is made of a variant's or a measure's name.
fn scenario(path: &Path) -> Result<Scenario> {
    let shown = path.display().to_string();
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let own = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).ok()?;
        name.ends_with(".toml").then(|| Measure::parse(name, &text))
    };
    if path.exists() {
        let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {shown}"))?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut scenario = Scenario::parse(&file, &text, &own)?;
        // Variants that lie beside the scenario are found beside it.
        for rule in &mut scenario.rules {
            let beside = folder.join(&*rule);
            if beside.exists() {
                *rule = beside.display().to_string();
            }
        }
        return Ok(scenario);
    }
    let name = shown.trim_end_matches(".toml");
    let text = match (rulebook::built_in::variant(name), Measure::built_in(name)) {
        (Some((file, text)), _) => {
            let variant = rulebook::file::VariantFile::parse(file, text)?;
            format!("id = \"{name}\"\ntitle = \"{}\"\nrules = [\"{name}\"]\n", variant.title)
        }
        (None, Some(measure)) => {
            format!("id = \"{name}\"\ntitle = \"{}\"\n\n[[measure]]\nuse = \"{name}\"\n", measure?.title)
        }
        (None, None) => bail!(
            "there is no file '{shown}', and no variant or measure of that name: samspill rules list shows them"
        ),
    };
    Ok(Scenario::parse(name, &text, &|_| None)?)
}

/// A sweep: `share=0..40:5` gives a scenario for each value.
fn swept(scenario: Scenario, sweep: Option<&str>) -> Result<Vec<Scenario>> {
    let Some(text) = sweep else { return Ok(vec![scenario]) };
    let wrong = || {
        let known = simulation::scenario::PARAMETERS.join(", ");
        format!("'{text}' is not a sweep as share=0..40:5; parameters are {known}")
    };
    let (name, range) = text.split_once('=').with_context(wrong)?;
    let (range, step) = range.split_once(':').unwrap_or((range, "1"));
    let (from, to) = range.split_once("..").with_context(wrong)?;
    let number = |text: &str| text.trim().parse::<i64>().ok();
    let (Some(from), Some(to), Some(step)) = (number(from), number(to), number(step)) else {
        bail!("{}", wrong())
    };
    if step < 1 || to < from || (to - from) / step > 10_000 {
        bail!("{}: at most 10 000 values, upwards", wrong());
    }
    let values = (from..=to).step_by(usize::try_from(step).unwrap_or(1));
    values.map(|value| scenario.swept(name.trim(), value).with_context(wrong)).collect()
}

fn prepared(scenario: Scenario, period: Period) -> Result<Prepared> {
    let rules: Vec<PathBuf> = scenario.rules.iter().map(PathBuf::from).collect();
    let mut files = Files::read(None, &rules)?;
    let years = (period.from().year() - 2, period.to().year() + 2);
    files.variants.extend(scenario.set.variants(years));
    let book = files.book().with_context(|| scenario.file.clone())?;
    let given = book.variants().iter().filter(|variant| !variant.id.starts_with("scenario-"));
    let titles = given.map(|variant| variant.title.clone()).collect();
    Ok(Prepared { law: Law::of(&book)?, titles, scenario })
}

/// Inhabitants on 1 January: a file of the user's, or the tables that come with the program.
pub fn people(given: Option<&Path>, period: Period) -> Result<People> {
    let mut out = People::new();
    if let Some(path) = given {
        for (at, [code, age, people]) in small_table(path, "municipality;age;people")? {
            let (age, people) = ages(&at, &age, &people)?;
            out.entry(code).or_insert_with(|| vec![0; 101])[age] += people;
        }
        return Ok(out);
    }
    let year = period.from().year();
    let population = Population::of(year).with_context(|| {
        format!("the inhabitants of {year} do not come with the program: give them with --people FILE (municipality;age;people)")
    })?;
    for home in population.municipalities {
        out.insert(home.municipality, home.by_age.iter().map(|count| i64::from(*count)).collect());
    }
    Ok(out)
}

/// An age and a number of people of a row.
///
/// # Errors
/// If one of them is none.
pub fn ages(at: &str, age: &str, people: &str) -> Result<(usize, i64)> {
    let age: usize =
        age.parse().ok().filter(|age| *age <= 125).with_context(|| format!("{at}: '{age}' is no age"))?;
    let people: i64 = people
        .replace(['\u{a0}', ' '], "")
        .parse()
        .ok()
        // More than any country has at an age is no number of people, and would not add up.
        .filter(|people| (0..=100_000_000).contains(people))
        .with_context(|| format!("{at}: '{people}' is no number of people"))?;
    Ok((std::cmp::min(age, 100), people))
}

/// Inhabitants of the years after the first, without a gap.
fn projection(path: &Path, first: i16) -> Result<Vec<People>> {
    let mut years: BTreeMap<i16, People> = BTreeMap::new();
    for (at, [year, code, age, people]) in small_table(path, "year;municipality;age;people")? {
        let year: i16 = year.parse().ok().with_context(|| format!("{at}: '{year}' is no year"))?;
        let (age, people) = ages(&at, &age, &people)?;
        years.entry(year).or_default().entry(code).or_insert_with(|| vec![0; 101])[age] += people;
    }
    let mut out = Vec::new();
    for year in first + 1.. {
        match years.remove(&year) {
            Some(people) => out.push(people),
            None => break,
        }
    }
    if out.is_empty() {
        bail!("{} holds no year after {first}", path.display());
    }
    Ok(out)
}

/// Free incomes of the user's, or the slides' levels per inhabitant by size of municipality, marked.
pub fn free_income(path: Option<&Path>, people: &People) -> Result<BTreeMap<String, (domain::Amount, bool)>> {
    let mut out = BTreeMap::new();
    if let Some(path) = path {
        for (at, [code, kroner]) in small_table(path, "municipality;kroner")? {
            let amount = crate::settlement_job::kroner_of(&kroner)
                .with_context(|| format!("{at}: '{kroner}' is not an amount"))?;
            out.insert(code, (amount, false));
        }
        return Ok(out);
    }
    for (code, ages) in people {
        let count: i64 = ages.iter().sum();
        let level = match count {
            50_000.. => 35_000,
            10_000..=49_999 => 30_000,
            _ => 40_000,
        };
        out.insert(code.clone(), (domain::Amount::from_ore(count * level * 100), true));
    }
    Ok(out)
}
