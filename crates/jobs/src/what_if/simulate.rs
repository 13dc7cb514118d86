//! Simulation of scenarios: each is priced on cells, and compared with the law or with another scenario.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::failure::{About, Failure, Result, fail};
use crate::parties::{self, Names, municipality_of};
use crate::people::{Projected, Seen, people, projected};
use domain::{Municipalities, Period, Urgency};
use register::parquet_file::Reader;
use rulebook::measure::Measure;
use rulebook::{InPeriod, Scope};
use settlement::cells::Cells;
use settlement::needs::Needs;
use settlement::price::{AsIs, WHOLE};
use settlement::{Law, manifest};
use simulation::ahead::{self, YearAhead};
use simulation::consequence::{self, Consequences, Ground, People, Situation, Whole};
use simulation::many::price_all;
use simulation::{Measures, Scenario};
use words::{Message, Said, message};

use crate::by_municipality::Backgrounds;
use crate::host::{Host, Scratch};
use crate::intake::{self, Input};
use crate::law::Files;
use crate::progress::{Note, Work};
use crate::what_if::free_income::FreeIncome;
use crate::what_if::stacked::{self, Alone};

/// Input and options of [`run`].
pub struct Order<'a> {
    /// Scenario files, or names of built-in variants and measures.
    pub scenarios: &'a [PathBuf],
    /// What the scenarios are compared with: `law`, or another scenario.
    pub against: &'a str,
    /// File of contacts. Not used if `cells` is given.
    pub contacts: Option<&'a Path>,
    /// File of cells that an earlier run kept.
    pub cells: Option<&'a Path>,
    /// File to keep the cells in.
    pub keep: Option<&'a Path>,
    /// Built-in name or TOML file of the mapping; `None` for the program's own schema.
    pub mapping: Option<&'a Path>,
    pub period: Period,
    /// A parameter and its values, as `share=0..40:5`: each value gives a scenario.
    pub sweep: Option<&'a str>,
    /// File of free incomes, `municipality;kroner`; `None` for the levels per inhabitant in the ministry's slides.
    pub free_income: Option<&'a Path>,
    /// File of inhabitants on 1 January, `municipality;age;people`; `None` for the program's own tables.
    pub people: Option<&'a Path>,
    /// File of inhabitants of later years, `year;municipality;age;people`; `None` for no ageing.
    pub projection: Option<&'a Path>,
    /// File of background variables that winners and losers are told by, `municipality;name…`; `None` for none.
    pub background: Option<&'a Path>,
    /// Municipality that is followed over the years of `projection`, which then need not have others; `None` for none.
    pub ahead: Option<&'a str>,
}

impl<'a> Order<'a> {
    /// Order for scenarios beside the law in a period, with nothing else given.
    pub fn of(scenarios: &'a [PathBuf], period: Period) -> Order<'a> {
        Order {
            scenarios,
            against: "law",
            contacts: None,
            cells: None,
            keep: None,
            mapping: None,
            period,
            sweep: None,
            free_income: None,
            people: None,
            projection: None,
            background: None,
            ahead: None,
        }
    }
}

/// A scenario with its results.
pub struct Run {
    pub scenario: Scenario,
    /// The scenario in plain words.
    pub summary: Message,
    /// What cannot be: a share that is less than the one that is subtracted from it. `None` if all can.
    pub impossible: Option<Message>,
    /// How the variants lie to each other, if there are several of co-financing.
    pub stacked: Vec<Message>,
    pub found: Consequences,
    /// Results at the least and at the greatest effect of the measures; `None` if no measure has a range.
    pub ends: Option<[Consequences; 2]>,
    /// Co-financing by municipality and charge group.
    pub groups: settlement::price::Labelled<consequence::ChargeGroup>,
    /// Values that nobody has signed, each as a line `file:line: key = value`.
    pub unsigned: Vec<String>,
    /// Rule versions of the period.
    pub versions: Vec<String>,
    /// The first year and those of the projection, for the municipality that is followed.
    pub ahead: Vec<YearAhead>,
}

/// Results of all scenarios, and what they rest on.
pub struct Outcome {
    /// Scenarios, in the order asked for.
    pub runs: Vec<Run>,
    /// What the scenarios are compared with, in plain words.
    pub against: Message,
    pub period: Period,
    /// Number of contacts in the period.
    pub contacts: u64,
    /// Number of cells that the contacts were counted in.
    pub cells: usize,
    /// Name of the file that was read, and SHA-256 of the contacts behind it.
    pub vintage: (String, String),
    /// Whether the contacts are synthetic.
    pub synthetic: bool,
    /// People of a synthetic register, and the inhabitants that they are a sample of; `None` if nobody is left out.
    pub sample: Option<(u64, u64)>,
    /// Free incomes of the municipalities.
    pub free_income: FreeIncome,
    pub names: Names,
    /// Background variables that winners and losers are told by; `None` if they were not asked for.
    pub backgrounds: Option<Backgrounds>,
    /// Inhabitants by age of the municipality that is followed, in each year after the first.
    pub ahead: Vec<Vec<i64>>,
}

/// A scenario with its law, and the titles of its variants.
struct Prepared {
    scenario: Scenario,
    alone: Vec<Alone>,
    law: Law,
    titles: Vec<String>,
}

/// Prices every scenario, and compares it with the law or with another scenario.
///
/// # Errors
/// Fails if a scenario, a rule, the contacts or another file cannot be read, if two scenarios have the same
/// id, or if the cells are of another period or lack what a scenario needs.
pub fn run(order: &Order, host: &Host) -> Result<Outcome> {
    let as_it_is = prepared(law_as_it_is()?, order.period)?;
    let against = match order.against {
        "law" => prepared(law_as_it_is()?, order.period)?,
        other => prepared(scenario(Path::new(other))?, order.period)?,
    };
    let prepared_all = all_prepared(order)?;
    let people = people(order.people, order.period)?;
    let backgrounds = order.background.map(|path| Backgrounds::read(path, order.period)).transpose()?;
    let free_income = match order.ahead {
        Some(_) => FreeIncome::default(),
        None => FreeIncome::read(order.free_income, order.period, &people)?,
    };
    let projection = match order.projection {
        Some(path) => projection(path, order.period, &followed(order, &people)?)?,
        None => Vec::new(),
    };
    let ages = !projection.is_empty();
    let alone = prepared_all.iter().flat_map(|one| &one.alone).map(|one| &one.law);
    let laws = prepared_all.iter().map(|one| &one.law).chain([&against.law, &as_it_is.law]);
    let laws: Vec<&Law> = laws.chain(alone).collect();
    let mut needs = consequence::needs(&laws, &against.scenario, order.period, ages);
    for one in &prepared_all {
        needs = needs.and(&consequence::needs(&[], &one.scenario, order.period, ages));
    }
    let (cells, file, vintage) = cells_of(order, &needs, host)?;
    let stage = host.begin(Work::PriceScenarios);
    let of_one = |people: &People| people.get(order.ahead?).cloned();
    let later: Vec<Vec<i64>> = projection.iter().filter_map(of_one).collect();
    let of_all = Some(&projection[..]).filter(|_| ages && order.ahead.is_none());
    let ground = Ground::of(&cells, &as_it_is.law, &people, of_all)?;
    let before = Situation::of(&ground, &against.law, &against.scenario)?;
    let setting = Setting { order, ground: &ground, cells: &cells, before: &before, later: &later };
    // Scenarios without measures are priced together. Most scenarios of a sweep are such.
    let plain: Vec<&Law> =
        prepared_all.iter().filter(|one| one.scenario.measures.is_empty()).map(|one| &one.law).collect();
    let mut known = price_all(&cells, &plain, host.threads)?.into_iter();
    let mut runs = Vec::new();
    let all = prepared_all.len() as u64;
    for (place, prepared) in prepared_all.into_iter().enumerate() {
        let known = if prepared.scenario.measures.is_empty() { known.next() } else { None };
        runs.push(setting.run(prepared, known)?);
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
        sample: cells.sample,
        free_income,
        names: Names::on(&Municipalities::built_in()?, order.period.to(), host.language),
        backgrounds,
        ahead: later,
    })
}

/// Checks that what a scenario, or what it is compared with, brings into force can be priced. `law` is how the instruments
/// stand without either.
///
/// # Errors
/// Fails with the missing value if it cannot: a change of nothing would be no answer.
fn priced(scenario: &Scenario, found: &Consequences, law: &Scope) -> Result<()> {
    let mut unpriced = found.standing.iter().flat_map(Scope::unpriced);
    match unpriced.find(|(instrument, _)| *law.of(*instrument) == InPeriod::NotInForce) {
        Some((instrument, gap)) => {
            fail!("error.simulate.unpriced", title = scenario.title, instrument, missing = gap.said())
        }
        None => Ok(()),
    }
}

/// What every scenario of an order is priced on and compared with.
struct Setting<'a> {
    order: &'a Order<'a>,
    ground: &'a Ground<'a>,
    cells: &'a Cells,
    before: &'a Situation<'a>,
    /// Inhabitants of the municipality that is followed, in each year after the first.
    later: &'a [Vec<i64>],
}

impl Setting<'_> {
    /// Results of one scenario. `known` has its charges, if they are priced already.
    fn run(&self, prepared: Prepared, known: Option<Whole>) -> Result<Run> {
        let Setting { order, ground, cells, before, later } = *self;
        let Prepared { scenario, law, titles, alone } = prepared;
        let (now, found) = self.found(&law, &scenario, known)?;
        decidable(cells, &law, &scenario, &found)?;
        priced(&scenario, &found, ground.standing())?;
        let of_end = |scenario: &Scenario| Ok::<_, Failure>(self.found(&law, scenario, None)?.1);
        let ends = scenario.ends().map(|[low, high]| Ok::<_, Failure>([of_end(&low)?, of_end(&high)?]));
        let ends = ends.transpose()?;
        let groups = consequence::by_group(cells, &law, &Measures::of(&scenario.measures))?;
        let used = law.used(order.period, &found.scope);
        let unsigned = used.iter().filter(|value| value.is_unsigned()).map(manifest::unsigned_line).collect();
        let summary = scenario.summary(&titles);
        let stacked = stacked::told(cells, &law, &alone)?;
        let impossible = super::share_below(&law, order.period);
        let versions = manifest::versions(&law, order.period, &found.scope);
        let mut years = Vec::new();
        if let Some(code) = order.ahead {
            let of_home = |one: &simulation::Municipality| parties::code_of(&one.place.debtor) == code;
            let place = found.municipalities.iter().position(of_home);
            let place = place.about(|| message!("error.council.no_contact", code, period = order.period))?;
            years = ahead::years(ground, (before, &now), &found, place, later)?;
        }
        Ok(Run {
            scenario,
            summary,
            impossible,
            stacked,
            found,
            ends,
            groups,
            unsigned,
            versions,
            ahead: years,
        })
    }

    /// A scenario's situation, and how it compares.
    fn found<'s>(
        &self,
        law: &'s Law,
        scenario: &'s Scenario,
        known: Option<Whole>,
    ) -> Result<(Situation<'s>, Consequences)> {
        let now = match known {
            Some(whole) => Situation::given(self.ground, law, scenario, whole),
            None => Situation::of(self.ground, law, scenario),
        };
        let both =
            now.and_then(|now| consequence::run(self.ground, self.before, &now).map(|found| (now, found)));
        both.about(|| Message::plain(&scenario.file))
    }
}

/// The municipalities that a projection must have: all that have inhabitants, or the one that is followed.
///
/// # Errors
/// Fails if the one that is followed has no inhabitants in the period.
fn followed(order: &Order, people: &People) -> Result<People> {
    let Some(code) = order.ahead else { return Ok(people.clone()) };
    let of_one = people.get(code).filter(|ages| ages.iter().any(|count| *count > 0));
    let of_one = of_one.about(|| message!("error.budget.no_inhabitants", code, period = order.period))?;
    Ok(People::from([(code.to_owned(), of_one.clone())]))
}

/// The scenarios of an order, those of a sweep one by one; the law alone if there are none.
///
/// # Errors
/// Fails if a scenario or a rule cannot be read, or if two scenarios have the same id.
fn all_prepared(order: &Order) -> Result<Vec<Prepared>> {
    if order.scenarios.is_empty() {
        return Ok(vec![prepared(law_as_it_is()?, order.period)?]);
    }
    let mut out: Vec<Prepared> = Vec::new();
    for path in order.scenarios {
        for one in swept(scenario(path)?, order.sweep)? {
            if out.iter().any(|known| known.scenario.id == one.id) {
                fail!("error.simulate.two_scenarios_called_give_each_id", id = one.id);
            }
            out.push(prepared(one, order.period)?);
        }
    }
    Ok(out)
}

/// Checks that the data tell what the rules and measures of a scenario ask for. Counts of contacts never tell of the ceiling
/// per stay, and give an upper bound.
///
/// # Errors
/// Fails if a condition could be tested on none of the contacts that are charged, or if no contact has the age or
/// urgency that a measure asks for.
fn decidable(cells: &Cells, law: &Law, scenario: &Scenario, found: &Consequences) -> Result<()> {
    if found.untested.is_empty() {
        return Ok(());
    }
    // Before any measure, since what could not be tested is counted so.
    let decided = cells.decided(law, &AsIs)?;
    let charged: i64 = decided.contacts.iter().map(|[co_financing, _]| co_financing).sum();
    let is_all = |count: i64| charged > 0 && count.saturating_mul(WHOLE) >= charged;
    if let Some((code, _)) = decided.untested.iter().find(|(_, count)| !cells.counted && is_all(**count)) {
        let said = Message::under("reason", code);
        let code = if said.is_known() { said } else { Message::plain(code) };
        fail!("error.simulate.cannot_be_tested", file = scenario.file, code);
    }
    for wanted in scenario.measures.iter().filter(|wanted| wanted.effect.basis_points() != 0) {
        let (target, title) = (&wanted.measure.target, &wanted.measure.title);
        let asks_age = target.at_least.or(target.below).is_some();
        let lacks_age = asks_age && cells.groups.iter().all(|group| group.age.is_none());
        let lacks_urgency =
            target.urgency.is_some() && cells.groups.iter().all(|group| group.urgency == Urgency::Unknown);
        let lacks_diagnosis =
            target.diagnoses.is_some() && cells.groups.iter().all(|group| cells.diagnosis(group).is_none());
        if lacks_age || lacks_urgency || lacks_diagnosis {
            fail!("error.simulate.measure_undecided", file = scenario.file, title);
        }
    }
    Ok(())
}

/// The cells to price on, the name of the file that was read, and the SHA-256 of the contacts that the cells
/// were counted from.
fn cells_of(order: &Order, needs: &Needs, host: &Host) -> Result<(Cells, String, String)> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match (order.cells, order.contacts) {
        (Some(path), _) => {
            let (cells, vintage) = Cells::read(path)?;
            if cells.period() != Some(order.period) {
                let of = cells.period().map_or_else(String::new, |period| period.to_string());
                fail!("error.simulate.holds_cells_not", path = path.display(), of, period = order.period);
            }
            cells.needs.answer(needs)?;
            if let Some((made, of)) = cells.sample {
                host.note(Note::Sample { made, of });
            }
            Ok((cells, name(path), vintage))
        }
        (None, Some(contacts)) => {
            let (cells, vintage) = counted(order, contacts, needs, host)?;
            if let Some(keep) = order.keep {
                cells.write(keep, &vintage)?;
                host.note(Note::CellsKept(keep.to_owned()));
            }
            Ok((cells, name(contacts), vintage))
        }
        (None, None) => fail!("error.simulate.give_contacts_file_cells_file"),
    }
}

/// Cells that count the contacts of a file, and the SHA-256 of the file.
fn counted(order: &Order, contacts: &Path, needs: &Needs, host: &Host) -> Result<(Cells, String)> {
    let scratch = Scratch::under(host.scratch)?;
    let checked = scratch.path().join("checked.parquet");
    let Input { path: input, report, sha256 } =
        intake::trusted_in(contacts, order.mapping, None, &checked, host)?;
    if let Some(report) = report.filter(|report| !report.refused.is_empty()) {
        host.note(Note::Refused(report.refused.len() as u64));
    }
    let reader = Reader::open_contacts(&input)?;
    intake::note_for_analysis(&reader, order.period, host)?;
    let municipalities = Municipalities::built_in()?;
    let stage = host.begin(Work::CountCells);
    let cells = Cells::count(&reader, &municipalities, order.period, needs, host.threads, |done, of| {
        stage.at(done as u64, of as u64)
    })?;
    stage.done();
    if cells.is_empty() {
        fail!("error.simulate.holds_no_contact_in", contacts = contacts.display(), period = order.period);
    }
    // A file of another year may hold a few stays of the period, such as those over New Year.
    if cells.contacts * FEW_OF < reader.rows() {
        let [held, all] = [cells.contacts, reader.rows()].map(domain::amount::grouped);
        fail!(
            "error.simulate.has_contacts_in_another_time",
            contacts = contacts.display(),
            held,
            all,
            period = order.period
        );
    }
    Ok((cells, sha256))
}

/// Least share of rows in the period, as one in `FEW_OF`: a file with a smaller share is refused as a file of another
/// period.
const FEW_OF: u64 = 1000;

fn law_as_it_is() -> Result<Scenario> {
    Ok(Scenario::parse("law", "id = \"law\"\ntitle = \"law\"\n", &|_| None)?)
}

/// A scenario from a file; or one with a single built-in variant or measure, by its name.
fn scenario(path: &Path) -> Result<Scenario> {
    let shown = path.display().to_string();
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let own = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).ok()?;
        name.ends_with(".toml").then(|| Measure::parse(name, &text))
    };
    if path.exists() {
        let text = std::fs::read_to_string(path).about(|| message!("error.file.read", path = shown))?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut scenario = Scenario::parse(&file, &text, &own)?;
        // A variant that lies beside the scenario is read from there.
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
        (None, None) => fail!("error.simulate.there_no_file_no_variant_measure", shown),
    };
    Ok(Scenario::parse(name, &text, &|_| None)?)
}

/// The scenarios of a sweep: `share=0..40:5` gives one for each value. Without a sweep, the scenario itself.
fn swept(scenario: Scenario, sweep: Option<&str>) -> Result<Vec<Scenario>> {
    let Some(text) = sweep else { return Ok(vec![scenario]) };
    let wrong = || {
        let known = simulation::scenario::PARAMETERS.join(", ");
        message!("error.simulate.not_a_sweep", text, known)
    };
    let (name, range) = text.split_once('=').about(wrong)?;
    let (range, step) = range.split_once(':').unwrap_or((range, "1"));
    let (from, to) = range.split_once("..").about(wrong)?;
    let number = |text: &str| text.trim().parse::<i64>().ok();
    let (Some(from), Some(to), Some(step)) = (number(from), number(to), number(step)) else {
        return Err(Failure::of(wrong()));
    };
    if step < 1 || to < from || (to - from) / step > 10_000 {
        fail!("error.simulate.most_10_000_values_upwards", wrong = wrong());
    }
    let values = (from..=to).step_by(usize::try_from(step).unwrap_or(1));
    values.map(|value| scenario.swept(name.trim(), value).about(wrong)).collect()
}

fn prepared(scenario: Scenario, period: Period) -> Result<Prepared> {
    let rules: Vec<PathBuf> = scenario.rules.iter().map(PathBuf::from).collect();
    let mut files = Files::read(None, &rules)?;
    let years = (period.from().year() - 2, period.to().year() + 2);
    files.variants.extend(scenario.set.variants(years));
    let book = files.book_in(period).about(|| Message::plain(&scenario.file))?;
    let given = book.variants().iter().filter(|variant| !variant.id.starts_with("scenario-"));
    let titles = given.map(|variant| variant.title.clone()).collect();
    let law = Law::of(&book)?;
    Ok(Prepared { law, titles, alone: stacked::alone(&scenario)?, scenario })
}

/// Inhabitants of each year after that of `period`, up to the first year that the file does not have. `now` has the
/// inhabitants in `period`.
///
/// # Errors
/// Fails if the file cannot be read, if it names a municipality that does not exist in `period`, if a year has an age of
/// a municipality twice or lacks one below the highest of the file, or if a year lacks a municipality that has inhabitants.
fn projection(path: &Path, period: Period, now: &People) -> Result<Vec<People>> {
    let first = period.from().year();
    let mut years: BTreeMap<i16, People> = BTreeMap::new();
    let mut homes: BTreeMap<String, String> = BTreeMap::new();
    let mut seen = Seen::default();
    for Projected { at, year, word, age: (whole, age), sex, people } in projected(path)? {
        if !homes.contains_key(&word) {
            homes.insert(word.clone(), municipality_of(&at, &word, period)?);
        }
        let code = homes.get(&word).cloned().unwrap_or_default();
        seen.take(&at, &format!("{code} {year}"), (whole, &age), sex)?;
        let of_home = years.entry(year).or_default().entry(code).or_insert_with(|| vec![0; 101]);
        of_home[std::cmp::min(whole, 100)] += people;
    }
    seen.is_whole(path)?;
    let mut out = Vec::new();
    for year in first + 1.. {
        let Some(people) = years.remove(&year) else { break };
        let has_people = |code: &&String| now[*code].iter().any(|count| *count > 0);
        let lacks: Vec<&str> = now
            .keys()
            .filter(|code| !people.contains_key(*code))
            .filter(has_people)
            .map(String::as_str)
            .collect();
        if !lacks.is_empty() {
            let (count, list) = (lacks.len(), lacks[..std::cmp::min(lacks.len(), 3)].join(", "));
            fail!("error.simulate.projection_lacks", path = path.display(), year, count, list);
        }
        out.push(people);
    }
    if out.is_empty() {
        fail!("error.simulate.holds_no_year_after", path = path.display(), first);
    }
    Ok(out)
}
