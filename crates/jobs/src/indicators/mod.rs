//! `samspill indicators`: what happens to a municipality's patients, beside chance, age and the country.

mod ages;
pub mod brought;
mod country;
mod nynorsk;
mod population;
mod profile;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use disclosure::withhold::{Total, few};
use disclosure::{Beneath, Cell, RawTable, SafeTable};
use domain::{Amount, Day, Instrument, Municipalities, Period};
use paper::sheets;
use register::parquet_file::Reader;
use settlement::sink::EachCharge;
use settlement::{Law, Options, manifest, settle};
use statistics::counts::{self, By, Charged, Counts, Paid, People, Side};
pub use statistics::figures::Adjust;
use statistics::figures::{Figure, Figures, Method, figures};
use statistics::funnel::Allowance;
use statistics::indicator::{Aim, Indicator, Kind, Measure};
use statistics::interval::Interval;
use statistics::levels::{Level, withhold};
use statistics::standardise::Shrunk;

use crate::host::{Host, Scratch};
use crate::indicators::brought::Brought;
use crate::indicators::population::{Inhabited, inhabited};
use crate::intake;
use crate::law::Files;
use crate::progress::Work;
use crate::table::{Table, small_table};

/// What to count.
pub struct Order<'a> {
    /// Contacts.
    pub contacts: &'a Path,
    /// Mapping.
    pub mapping: Option<&'a Path>,
    /// Period.
    pub period: Period,
    /// Ids; all where there are none.
    pub ids: &'a [String],
    /// Indicators of the user's own.
    pub own: &'a [std::path::PathBuf],
    /// Inhabitants: `municipality;age;people`, or by sex too.
    pub people: Option<&'a Path>,
    /// Whether titles are in nynorsk.
    pub nynorsk: bool,
    /// Whether to leave out what each costs.
    pub without_kroner: bool,
    /// What municipalities are held against.
    pub adjust: Adjust,
    /// How they are let differ in the funnel.
    pub allowance: Allowance,
    /// Months that the limits of a process are made anew from, each with the reason.
    pub rebased: &'a [(domain::Month, String)],
    /// Municipalities that are counted together too: `municipality;area`.
    pub areas: Option<&'a Path>,
    /// Whether to count by treating trust too.
    pub hospitals: bool,
    /// Whether to count by treating unit too.
    pub units: bool,
    /// Answers to surveys.
    pub survey: Option<&'a Path>,
    /// What municipalities did themselves.
    pub effort: Option<&'a Path>,
    /// What others have counted of what the register does not hold.
    pub counted: Option<&'a Path>,
    /// Whether to tell of ages and sexes of every place too.
    pub by_age: bool,
}

impl<'a> Order<'a> {
    /// Who treated, as it is asked for, with the name of their sheet.
    fn treating(&self) -> impl Iterator<Item = (By, &'static str)> + use<> {
        let asked = [(self.hospitals, By::Trust, "Foretak"), (self.units, By::Unit, "Enheter")];
        asked.into_iter().filter(|(is_asked, ..)| *is_asked).map(|(_, by, sheet)| (by, sheet))
    }

    /// All indicators of a period, with kroner, of a checked file and the program's own tables.
    pub fn of_all(contacts: &'a Path, period: Period) -> Order<'a> {
        Order {
            contacts,
            mapping: None,
            period,
            ids: &[],
            own: &[],
            people: None,
            nynorsk: false,
            without_kroner: false,
            adjust: Adjust::default(),
            allowance: Allowance::Additive,
            rebased: &[],
            areas: None,
            hospitals: false,
            units: false,
            survey: None,
            effort: None,
            counted: None,
            by_age: false,
        }
    }
}

/// Files of sheets that not every run writes.
const SHEETS: [&str; 6] =
    ["egne-omrader", "aldersgrupper", "foretak", "enheter", "undersokelser", "andre-tall"];

/// Days without a contact at the end of a period that are no more than a small register has.
const SHORT: i32 = 7;

/// Everything that was found, and what it rests on.
pub struct Outcome {
    /// Indicators, in order.
    pub indicators: Vec<Indicator>,
    /// Figures; none of an indicator that the register cannot tell.
    pub figures: Vec<Option<Figures>>,
    /// The same of trust areas and regions.
    pub larger: Vec<Larger>,
    /// Ids of the indicators that were asked for.
    wanted: Vec<String>,
    /// What municipalities and others brought.
    pub brought: Brought,
    /// Counts behind them.
    pub counts: Counts,
    /// The people, and how they were counted.
    pub inhabited: Inhabited,
    /// How figures are made.
    pub method: Method,
    /// Months that limits are made anew from, with the reason.
    pub rebased: Vec<(domain::Month, String)>,
    /// Name and SHA-256 of the data.
    pub vintage: (String, String),
    /// Period.
    pub period: Period,
    /// Names of parties.
    pub names: BTreeMap<String, String>,
    /// Whether texts are in nynorsk.
    pub nynorsk: bool,
    /// Whether ages and sexes of every place are told too.
    by_age: bool,
    /// Values behind the kroner that nobody has signed; `None` where there are no kroner.
    pub unsigned: Option<usize>,
}

/// Municipalities together.
pub struct Larger {
    /// Name of their sheet.
    pub sheet: &'static str,
    /// Counts; the names are its homes.
    pub counts: Counts,
    /// Which of them each municipality belongs to; none of those who treated.
    pub of: Vec<usize>,
    /// The people of each.
    pub people: People,
    /// Figures.
    pub figures: Vec<Option<Figures>>,
}

/// The sheet of the user's own areas.
const OWN_AREAS: &str = "Egne områder";

/// Municipalities that are in none of them.
const ALL_OTHERS: &str = "(alle andre)";

/// How municipalities are put together.
struct Group {
    sheet: &'static str,
    names: Vec<String>,
    /// Which of the names each municipality belongs to.
    of: Vec<usize>,
}

impl Group {
    /// The people of each.
    fn together(&self, counts: &Counts, people: &People) -> People {
        let mut out = People::new();
        for (home, name) in counts.homes.iter().zip(&self.of) {
            let sums =
                out.entry(self.names[*name].clone()).or_insert_with(|| std::array::from_fn(|_| vec![0; 101]));
            for (sums, ages) in sums.iter_mut().zip(people.get(home).into_iter().flatten()) {
                sums.iter_mut().zip(ages).for_each(|(sum, one)| *sum += one);
            }
        }
        out
    }
}

/// Trust areas (which the partnerships follow), regions, and the user's own areas.
fn groups(period: Period, municipalities: &Municipalities, own: Option<&Path>) -> Result<Vec<Group>> {
    let homes: Vec<String> = municipalities.on(period.to()).map(|(_, row)| row.code.clone()).collect();
    let names = crate::settlement::statement::names(municipalities);
    let row =
        |code: &String| municipalities.on(period.to()).map(|(_, row)| row).find(|row| row.code == *code);
    let together = |sheet: &'static str, mine: Vec<String>| {
        let mut all = mine.clone();
        all.sort();
        all.dedup();
        let of = mine.iter().map(|name| all.partition_point(|other| other < name)).collect();
        Group { sheet, names: all, of }
    };
    let of = |sheet, name: &dyn Fn(&domain::Municipality) -> String| {
        together(sheet, homes.iter().map(|code| row(code).map_or_else(String::new, name)).collect())
    };
    let region = |row: &domain::Municipality| crate::settlement::statement::name_of(&row.region, &names);
    let area = |row: &domain::Municipality| {
        let trust = crate::settlement::statement::trust_of_area(row.trust_area);
        let name = trust.map_or_else(|| format!("område {:02}", row.trust_area), str::to_owned);
        format!("{}, {name}", region(row))
    };
    let mut out = vec![of("Områder", &area), of("Regioner", &region)];
    if let Some(path) = own {
        let mut area_of: BTreeMap<String, String> = BTreeMap::new();
        for (at, [code, area]) in small_table(path, "municipality;area")? {
            if !homes.contains(&code) {
                bail!("{at}: there is no municipality {code} in {period}");
            }
            let is_known = out.iter().any(|group| group.names.contains(&area)) || area == "Landet";
            if is_known || area == ALL_OTHERS || area.chars().all(|letter| letter.is_ascii_digit()) {
                bail!("{at}: the area of {code} is '{area}': give it a name of its own, with letters");
            }
            if area_of.insert(code.clone(), area).is_some() {
                bail!("{at}: {code} stands there twice: a municipality has one area");
            }
        }
        let rest = |code: &String| area_of.get(code).cloned().unwrap_or_else(|| ALL_OTHERS.to_owned());
        out.push(together(OWN_AREAS, homes.iter().map(rest).collect()));
    }
    Ok(out)
}

/// The indicators that are asked for: built in, or the user's own.
///
/// # Errors
/// If one is not there, or a file is wrong.
pub fn asked(ids: &[String], own: &[std::path::PathBuf]) -> Result<Vec<Indicator>> {
    let mut all = Indicator::built_in()?;
    for path in own {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {shown}"))?;
        let one = Indicator::parse(&shown, &text)?;
        if all.iter().any(|known| known.id == one.id) {
            bail!("{shown}: there is an indicator {} already: give it an id of its own", one.id);
        }
        all.push(one);
    }
    if ids.is_empty() {
        return Ok(all);
    }
    let known: Vec<String> = all.iter().map(|one| one.id.clone()).collect();
    if let Some(id) = ids.iter().find(|id| !known.contains(id)) {
        bail!("there is no indicator '{id}': they are {}", known.join(", "));
    }
    Ok(all.into_iter().filter(|one| ids.contains(&one.id)).collect())
}

/// All indicators, so that what is withheld does not hang on which of them are asked for.
fn all_counted(order: &Order) -> Result<Vec<Indicator>> {
    let mut all = asked(&[], order.own)?;
    if order.without_kroner {
        let of_money = all.iter_mut().filter(|one| one.is_money());
        of_money.for_each(|one| one.lacking = Some("kroner (--without-kroner)".to_owned()));
    }
    Ok(all)
}

/// Whether all of some municipalities are there in a period.
///
/// # Errors
/// With the first that is not.
pub fn known(codes: &[String], period: Period) -> Result<()> {
    let municipalities = Municipalities::built_in()?;
    let there: Vec<&str> = municipalities.on(period.to()).map(|(_, row)| row.code.as_str()).collect();
    match codes.iter().find(|code| *code != "all" && !there.contains(&code.as_str())) {
        Some(code) => bail!("there is no municipality {code} in {period}"),
        None => Ok(()),
    }
}

/// Referrers that are told apart; what is left is told together.
const REFERRERS: usize = 6;

/// Puts one indicator for each referrer in the place of those that are for each, in `wanted` too: those with most
/// contacts each by itself, and the others together.
fn by_referrer(
    indicators: Vec<Indicator>,
    contacts: BTreeMap<String, u64>,
    wanted: &mut Vec<String>,
) -> Vec<Indicator> {
    let mut referrers: Vec<(String, u64)> =
        contacts.into_iter().filter(|(word, _)| word != "unknown").collect();
    referrers.sort_by_key(|(word, contacts)| (std::cmp::Reverse(*contacts), word.clone()));
    let words: Vec<String> = referrers.into_iter().map(|(word, _)| word).collect();
    let (most, rest) = words.split_at(words.len().min(REFERRERS));
    let mut named: Vec<(String, Vec<String>)> =
        most.iter().map(|word| (word.clone(), vec![word.clone()])).collect();
    if !rest.is_empty() {
        named.push(("andre".to_owned(), rest.to_vec()));
    }
    let mut out = Vec::new();
    for mut one in indicators {
        if !one.by_referrer || one.lacking.is_some() {
            out.push(one);
            continue;
        }
        if named.is_empty() {
            one.lacking = Some("henviser (referred_from)".to_owned());
            out.push(one);
            continue;
        }
        let is_wanted = wanted.contains(&one.id);
        for (name, words) in &named {
            let mut of_one = one.clone();
            of_one.id = format!("{}-{}", one.id, plain(name));
            let known = |out: &[Indicator], id: &String| out.iter().any(|other| other.id == *id);
            while known(&out, &of_one.id) {
                of_one.id.push_str("-2");
            }
            of_one.title.nb = format!("{}: {name}", one.title.nb);
            of_one.title.nn = format!("{}: {name}", one.title.nn);
            of_one.numerator.referred_from = Some(words.clone());
            if is_wanted {
                wanted.push(of_one.id.clone());
            }
            out.push(of_one);
        }
    }
    out
}

/// A word as part of a file's name.
fn plain(word: &str) -> String {
    let kept = |letter: char| if letter.is_alphanumeric() { letter } else { '-' };
    word.to_lowercase().chars().map(kept).collect()
}

/// The indicators as a table.
pub fn listed(all: &[Indicator]) -> Table {
    let mut table = Table::new(
        "",
        &["id", "versjon", "tittel", "definisjon", "mål", "kilde", "signert", "kan regnes ut"],
    );
    for one in all {
        let computed =
            one.lacking.as_ref().map_or_else(|| "ja".to_owned(), |what| format!("nei: mangler {what}"));
        table.row([
            one.id.clone(),
            one.version.to_string(),
            one.title.nb.clone(),
            one.about.clone(),
            one.aim.name().to_owned(),
            one.source.title.clone(),
            if one.is_unsigned() { "nei" } else { "ja" }.to_owned(),
            computed,
        ]);
    }
    table
}

/// Whether contacts and people tell what municipalities are to be adjusted for.
fn can_adjust(order: &Order, reader: &Reader, inhabited: &Inhabited) -> Result<()> {
    let told = reader.footer().get(register::schema::TOLD_KEY);
    if order.adjust == Adjust::AgeAndSex && told.is_some_and(|told| !told.split(',').any(|one| one == "sex"))
    {
        bail!("{} does not tell sex: add --adjust age", order.contacts.display());
    }
    if order.adjust == Adjust::AgeAndSex && !inhabited.is_by_sex() {
        bail!("the people given have no sex: add --adjust age, or a column (municipality;age;sex;people)");
    }
    Ok(())
}

/// Counts everything.
pub fn run(order: &Order, host: &Host) -> Result<Outcome> {
    let mut wanted: Vec<String> = asked(order.ids, order.own)?.into_iter().map(|one| one.id).collect();
    let indicators = all_counted(order)?;
    let brought = Brought::read(order, &indicators)?;
    let municipalities = Municipalities::built_in()?;
    let mut inhabited = inhabited(order.people, order.period, &municipalities)?;
    let groups = groups(order.period, &municipalities, order.areas)?;
    let scratch = Scratch::under(host.scratch)?;
    let checked = scratch.0.join("checked.parquet");
    let (input, _) = intake::trusted_in(order.contacts, order.mapping, None, &checked, host)?;
    let reader = Reader::open_contacts(&input)?;
    if reader.is_counted() {
        bail!("{} holds counts: who returns, and when a stay began, is not known", order.contacts.display());
    }
    inhabited.of_sample(reader.footer());
    let method = Method { years: inhabited.years, adjust: order.adjust, allowance: order.allowance };
    can_adjust(order, &reader, &inhabited)?;
    let indicators = by_referrer(indicators, counts::words_of(&reader, "referred_from")?, &mut wanted);
    let (charged, unsigned) = match order.without_kroner {
        true => (None, 0),
        false => {
            let (charged, unsigned) = charged(order, &reader, &municipalities, host)?;
            (Some(charged), unsigned)
        }
    };
    let stage = host.begin(Work::CountIndicators);
    let none = Charged::default();
    let of_contacts = charged.as_ref().unwrap_or(&none);
    let counts = counts::count(
        &reader,
        &municipalities,
        order.period,
        (&indicators, By::Residence),
        of_contacts,
        host.threads,
        |done, of| {
            stage.at(done as u64, of as u64);
        },
    )?;
    stage.done();
    if counts.contacts.iter().all(|contacts| *contacts == 0) {
        bail!("{} holds no contact in {}", order.contacts.display(), order.period);
    }
    let (mut found, mut larger) = all_figures(&indicators, &counts, &inhabited.people, method, groups);
    let of = (&indicators[..], of_contacts);
    larger.extend(treating(order, (&reader, &municipalities), of, (&counts, &mut found), host)?);
    let file = order.contacts.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Outcome {
        indicators,
        figures: found,
        wanted,
        larger,
        brought,
        counts,
        inhabited,
        method,
        rebased: order.rebased.to_vec(),
        vintage: (file, manifest::sha256_file(order.contacts)?),
        period: order.period,
        names: crate::settlement::statement::names(&municipalities),
        nynorsk: order.nynorsk,
        by_age: order.by_age,
        unsigned: charged.map(|_| unsigned),
    })
}

/// The same by those who treated, units first: counts, proportions and means, since nobody lives in one. A trust is the
/// sum of its units.
fn treating(
    order: &Order,
    (reader, municipalities): (&Reader, &Municipalities),
    (indicators, charged): (&[Indicator], &Charged),
    (counts, found): (&Counts, &mut [Option<Figures>]),
    host: &Host,
) -> Result<Vec<Larger>> {
    let method = Method { years: 1.0, adjust: order.adjust, allowance: order.allowance };
    let mut out = Vec::new();
    for (by, sheet) in order.treating() {
        let stage = host.begin(Work::CountByTrust);
        let told = |done, of| stage.at(done as u64, of as u64);
        let by = (indicators, by);
        let counts = counts::count(reader, municipalities, order.period, by, charged, host.threads, told)?;
        stage.done();
        let figures = figures(indicators, &counts, &People::new(), method);
        out.push(Larger { sheet, counts, of: Vec::new(), people: People::new(), figures });
    }
    let mut totals = Vec::new();
    let first = counts.homes.len();
    let country = first + out.iter().map(|larger| larger.counts.homes.len()).sum::<usize>();
    match &mut out[..] {
        [trusts, units] => {
            let trusts_of = counts::trusts_of_units(reader)?;
            let after = first + trusts.counts.homes.len();
            for (place, trust) in trusts.counts.homes.iter().enumerate() {
                let is_of_it = |unit: &usize| {
                    trusts_of.get(&units.counts.homes[*unit]).is_some_and(|trusts| trusts.contains(trust))
                };
                let mine = || (0..units.counts.homes.len()).filter(is_of_it);
                // A unit of two trusts is no part of one.
                if mine().all(|unit| trusts_of[&units.counts.homes[unit]].len() == 1) {
                    totals.push(Total::of(mine().map(|unit| after + unit)).told_at(first + place));
                }
            }
            totals.push(Total::of(first..after).told_at(country));
            totals.push(Total::of(after..country).told_at(country));
        }
        _ => totals.push(Total::of(first..country).told_at(country)),
    }
    let mut levels = vec![Level { counts, figures: found }];
    levels
        .extend(out.iter_mut().map(|larger| Level { counts: &larger.counts, figures: &mut larger.figures }));
    withhold(indicators, &mut levels, (&totals, 1), &|_, _| false, method.allowance);
    Ok(out)
}

/// A number of contacts that are told of, where they are not few.
fn outside_of(count: i64) -> String {
    if few(count) { "1 til 4".to_owned() } else { count.to_string() }
}

/// Figures of municipalities, and of what they are put together to.
fn all_figures(
    indicators: &[Indicator],
    counts: &Counts,
    people: &People,
    method: Method,
    groups: Vec<Group>,
) -> (Vec<Option<Figures>>, Vec<Larger>) {
    let mut found = figures(indicators, counts, people, method);
    let beside =
        groups.get(2).map(|own| told_beside(indicators, (counts, people, method), (&groups[0], own)));
    let mut larger: Vec<Larger> = groups
        .into_iter()
        .map(|group| {
            let together = group.together(counts, people);
            let counts = counts.grouped(group.names, &group.of);
            let figures = figures(indicators, &counts, &together, method);
            Larger { sheet: group.sheet, counts, of: group.of, people: together, figures }
        })
        .collect();
    let (homes, none) = (counts.homes.len(), |_, _| false);
    let mut own = larger.split_off(2);
    if let [areas, regions] = &mut larger[..] {
        let totals = summed_up(areas, regions, 0);
        let mut levels = [
            Level { counts, figures: &mut found },
            Level { counts: &areas.counts, figures: &mut areas.figures },
            Level { counts: &regions.counts, figures: &mut regions.figures },
        ];
        withhold(indicators, &mut levels, (&totals, 0), &none, method.allowance);
    }
    if let ([areas, _], [own], Some(beside)) = (&mut larger[..], &mut own[..], beside) {
        let first = homes + areas.counts.homes.len();
        let mut totals = summed(&own.of, 0, first);
        // Own areas that are whole trust areas together are sums of these too.
        let own_of = |area: usize| -> BTreeSet<usize> {
            areas.of.iter().zip(&own.of).filter(|(of, _)| **of == area).map(|(_, own)| *own).collect()
        };
        let of_areas: Vec<BTreeSet<usize>> = (0..areas.counts.homes.len()).map(own_of).collect();
        for place in 0..own.counts.homes.len() {
            let mine = || (0..of_areas.len()).filter(|area| of_areas[*area].contains(&place));
            if mine().all(|area| of_areas[area].len() == 1) {
                totals.push(Total::of(mine().map(|area| homes + area)).told_at(first + place));
            }
        }
        let country = first + own.counts.homes.len();
        totals.push(Total::of(first..country).told_at(country));
        let already =
            |indicator: usize, place: usize| place >= first && beside[indicator].contains(&(place - first));
        let mut levels = [
            Level { counts, figures: &mut found },
            Level { counts: &areas.counts, figures: &mut areas.figures },
            Level { counts: &own.counts, figures: &mut own.figures },
        ];
        withhold(indicators, &mut levels, (&totals, 2), &already, method.allowance);
    }
    larger.extend(own);
    (found, larger)
}

/// The totals of municipalities, trust areas and regions that stand after each other from a place on, with the country
/// after them.
pub fn summed_up(areas: &Larger, regions: &Larger, from: usize) -> Vec<Total> {
    let first_area = from + areas.of.len();
    let region_of =
        |area: usize| areas.of.iter().position(|of| *of == area).map_or(0, |home| regions.of[home]);
    let of_areas: Vec<usize> = (0..areas.counts.homes.len()).map(region_of).collect();
    let first_region = first_area + of_areas.len();
    let country = first_region + regions.counts.homes.len();
    let mut out = summed(&areas.of, from, first_area);
    out.extend(summed(&of_areas, first_area, first_region));
    out.push(Total::of(first_region..country).told_at(country));
    out
}

/// The totals of places that are put together: `of` tells the sum of each, places begin at `from` and sums at `at`.
fn summed(of: &[usize], from: usize, at: usize) -> Vec<Total> {
    let sums = of.iter().max().map_or(0, |last| last + 1);
    let members =
        |sum: usize| (0..of.len()).filter(move |place| of[*place] == sum).map(move |place| from + place);
    (0..sums).map(|sum| Total::of(members(sum)).told_at(at + sum)).collect()
}

/// What the user's own areas and the trust areas have together: as groups, and as the area and the own area of each.
fn overlaps(areas: &Group, own: &Group) -> (Group, Vec<(usize, usize)>) {
    let mut pairs: Vec<(usize, usize)> = areas.of.iter().copied().zip(own.of.iter().copied()).collect();
    let all = pairs.clone();
    pairs.sort_unstable();
    pairs.dedup();
    let of = all.iter().map(|pair| pairs.partition_point(|known| known < pair)).collect();
    let names = (0..pairs.len()).map(|place| place.to_string()).collect();
    (Group { sheet: "", names, of }, pairs)
}

/// The own areas that would tell, beside a trust area, what is withheld of a part of both: by indicator.
fn told_beside(
    indicators: &[Indicator],
    (counts, people, method): (&Counts, &People, Method),
    (areas, own): (&Group, &Group),
) -> Vec<BTreeSet<usize>> {
    let (cells, pairs) = overlaps(areas, own);
    let together = cells.together(counts, people);
    let counts = counts.grouped(cells.names.clone(), &cells.of);
    let parts = |area: usize| pairs.iter().filter(|(other, _)| *other == area).count();
    let of_one = |found: &Option<Figures>| -> BTreeSet<usize> {
        let homes = found.iter().flat_map(|found| &found.homes);
        let hidden = pairs.iter().zip(homes).filter(|(_, figure)| figure.is_withheld);
        let areas: BTreeSet<usize> =
            hidden.map(|((area, _), _)| *area).filter(|area| parts(*area) > 1).collect();
        pairs.iter().filter(|(area, _)| areas.contains(area)).map(|(_, own)| *own).collect()
    };
    let mut found = figures(indicators, &counts, &together, method);
    let mut levels = [Level { counts: &counts, figures: &mut found }];
    let places = counts.homes.len();
    let totals = [Total::of(0..places).told_at(places)];
    withhold(indicators, &mut levels, (&totals, 0), &|_, _| false, method.allowance);
    found.iter().map(of_one).collect()
}

/// The period with the months around it, year by year: a stay may have begun before it, and what follows one may end two
/// months after.
fn periods(period: Period) -> Vec<Period> {
    let before = Day::from_number(period.from().number() - 1).month();
    let next = period.to().next().month();
    Period::spanning(before, next.next().unwrap_or(next)).by_year().collect()
}

/// What the settlement of the period charges for each contact, under the law as it is, and how many values of it nobody
/// has signed.
fn charged(
    order: &Order,
    reader: &Reader,
    municipalities: &Municipalities,
    host: &Host,
) -> Result<(Charged, usize)> {
    let law = Law::of(&Files::read(None, &[])?.book()?)?;
    let stage = host.begin(Work::SettleContacts);
    let mut sink = EachCharge::of(|contact, instrument, amount| {
        let which = match instrument {
            Instrument::CoFinancing => 0,
            Instrument::DischargeReady => 1,
            Instrument::Isf => 2,
        };
        (contact, which, amount.ore())
    });
    let periods = periods(order.period);
    for (pass, period) in periods.iter().enumerate() {
        let options = Options { period: *period, threads: host.threads };
        settle(reader, &law, municipalities, &options, &mut sink, |done, of| {
            stage.at((pass * of + done) as u64, (periods.len() * of) as u64);
        })?;
    }
    stage.done();
    let unsigned = law.used(order.period).iter().filter(|value| value.is_unsigned()).count();
    Ok((Charged::of(sink.values.into_iter()), unsigned))
}

/// What an indicator counts: kroner, or a number.
pub fn counted(one: &Indicator, count: i64) -> Cell {
    if one.is_money() { Cell::Kroner(Amount::from_ore(count)) } else { Cell::Count(count) }
}

/// A number with three decimals, where it is one.
pub fn thousandths(value: f64) -> Cell {
    if value.is_finite() { Cell::Decimal((value * 1000.0).round() as i64) } else { Cell::Unknown }
}

/// A value and its interval as cells.
pub fn interval(one: Option<Interval>, withheld: bool) -> [Cell; 3] {
    match (one, withheld) {
        (_, true) => [Cell::Withheld, Cell::Withheld, Cell::Withheld],
        (None, _) => [Cell::Unknown, Cell::Unknown, Cell::Unknown],
        (Some(one), _) => [one.value, one.low, one.high].map(thousandths),
    }
}

const HEADS: [&str; 26] = [
    "indikator",
    "tittel",
    "kommune",
    "navn",
    "teller",
    "nevner",
    "enhet",
    "verdi",
    "verdi fra",
    "verdi til",
    "standardisert",
    "standardisert fra",
    "standardisert til",
    "mot landet",
    "mot landet fra",
    "mot landet til",
    "mot landet, trukket",
    "vekt av egne tall",
    "i trakten",
    "kommunen betaler, kr",
    "staten betaler, kr",
    "kommunen, kr per hendelse",
    "sykehus og RHF får, kr per hendelse",
    "staten, kr per hendelse",
    "merknad",
    "mål",
];

impl Outcome {
    /// An indicator's title.
    pub fn title<'i>(&self, one: &'i Indicator) -> &'i str {
        if self.nynorsk { &one.title.nn } else { &one.title.nb }
    }

    /// The indicators that were asked for and can be told, with their places.
    pub fn written(&self) -> impl Iterator<Item = (usize, &Indicator, &Figures)> {
        let all = self.indicators.iter().zip(&self.figures).enumerate();
        let asked = all.filter(|(_, (one, _))| self.wanted.contains(&one.id));
        asked.filter_map(|(place, (one, found))| Some((place, one, found.as_ref()?)))
    }

    /// An aim's name.
    pub fn aim(&self, aim: Aim) -> &'static str {
        if self.nynorsk { aim.name_in_nynorsk() } else { aim.name() }
    }

    /// What a figure is told in.
    pub fn unit(one: &Indicator) -> String {
        match one.kind {
            Kind::Rate if one.is_money() && one.per == 1 => "kr per innbygger og år".to_owned(),
            Kind::Mean if one.is_money() => "kr".to_owned(),
            Kind::Rate => format!("per {} innbyggere og år", domain::amount::grouped(u64::from(one.per))),
            Kind::Proportion => "%".to_owned(),
            Kind::Mean => "døgn eller dager".to_owned(),
        }
    }

    fn row(&self, one: &Indicator, code: &str, figure: &Figure, paid: Paid) -> Vec<Cell> {
        let hidden = figure.is_withheld;
        let or_hidden = |cell: Cell| if hidden { Cell::Withheld } else { cell };
        let name = match code {
            "" => "Landet".to_owned(),
            code => crate::settlement::statement::name_of(code, &self.names),
        };
        let mut row = vec![
            Cell::Text(one.id.clone()),
            Cell::Text(self.title(one).to_owned()),
            Cell::Text(code.to_owned()),
            Cell::Text(name),
            or_hidden(counted(one, figure.numerator)),
            // People are known anyway; a whole that the few are part of is not.
            if one.kind == Kind::Rate {
                thousandths(figure.denominator)
            } else {
                or_hidden(thousandths(figure.denominator))
            },
            Cell::Text(Self::unit(one)),
        ];
        row.extend(interval(figure.crude, hidden));
        row.extend(interval(figure.direct, hidden && one.kind == Kind::Rate));
        row.extend(interval(figure.ratio, hidden && one.kind != Kind::Mean));
        let drawn = figure.shrunk;
        row.push(or_hidden(drawn.map_or(Cell::Unknown, |drawn| thousandths(drawn.ratio))));
        let share = |drawn: Shrunk| Cell::Share((drawn.own * 1e6).round() as i64);
        row.push(or_hidden(drawn.map_or(Cell::Unknown, share)));
        let side = figure.side().map_or("..", |side| {
            ["under 99,8 %", "under 95 %", "innenfor", "over 95 %", "over 99,8 %"][(side + 2) as usize]
        });
        row.push(if hidden { Cell::Withheld } else { Cell::Text(side.to_owned()) });
        row.extend(self.kroner(one, figure, paid));
        row.push(Cell::Text(self.note(one, code, figure)));
        row.push(Cell::Text(self.aim(one.aim).to_owned()));
        row
    }

    /// What the events cost the parties, and what one less would mean for each: the mean of those that were.
    fn kroner(&self, one: &Indicator, figure: &Figure, paid: Paid) -> [Cell; 5] {
        // What is paid for those who were ready stands at their stays; of nights alone it would tell who waited none.
        let told = self.unsigned.is_some()
            && one.kind != Kind::Mean
            && one.numerator.measure != Measure::ReadyDays
            && !one.is_money();
        if !told {
            return std::array::from_fn(|_| Cell::Unknown);
        }
        if figure.is_withheld {
            return std::array::from_fn(|_| Cell::Withheld);
        }
        let (pays, state) = (brought::pays(paid, figure.hides), paid.told(2, figure.hides));
        let each = |ore: Option<i64>| match (figure.numerator, ore) {
            (_, None) => Cell::Withheld,
            (0, _) => Cell::Unknown,
            (count, Some(ore)) => Cell::Kroner(simulation::scenario::part(Amount::from_ore(ore), 1, count)),
        };
        let whole = |ore: Option<i64>| ore.map_or(Cell::Withheld, |ore| Cell::Kroner(Amount::from_ore(ore)));
        let both = pays.zip(state).map(|(pays, state)| pays + state);
        [whole(pays), whole(state), each(pays), each(both), each(state)]
    }

    fn note(&self, one: &Indicator, code: &str, figure: &Figure) -> String {
        // Which rule it was would tell how large it is.
        let withheld = figure.is_withheld.then_some("holdt tilbake");
        let unsigned = one.is_unsigned().then_some("definisjonen er ikke signert");
        let estimated = one.kind == Kind::Rate && self.inhabited.is_estimated(code);
        let estimated = estimated.then_some("folketallet er delvis anslått");
        withheld.into_iter().chain(unsigned).chain(estimated).collect::<Vec<_>>().join("; ")
    }

    /// Every indicator for every municipality, and for the country.
    pub fn sheets(&self) -> Vec<SafeTable> {
        let mut country = RawTable::new("Landet", "Hver indikator for landet", &HEADS, 0);
        let mut homes = RawTable::new("Kommuner", "Hver indikator for hver kommune", &HEADS, 0);
        for (place, one, found) in self.written() {
            let mut all = Paid::default();
            for (home, (code, figure)) in self.counts.homes.iter().zip(&found.homes).enumerate() {
                let paid = self.counts.paid_of(place, Side::Numerator, home);
                all.add(paid);
                homes.row(self.row(one, code, figure, paid), Beneath::Decided);
            }
            country.row(self.row(one, "", &found.country, all), Beneath::Decided);
        }
        let mut out = vec![homes.protect()];
        for larger in &self.larger {
            let about = "Hver indikator for kommuner som hører sammen";
            let mut sheet = RawTable::new(larger.sheet, about, &HEADS, 0);
            for (place, one, _) in self.written() {
                let Some(found) = &larger.figures[place] else { continue };
                for (home, (name, figure)) in larger.counts.homes.iter().zip(&found.homes).enumerate() {
                    let paid = larger.counts.paid_of(place, Side::Numerator, home);
                    sheet.row(self.row(one, name, figure, paid), Beneath::Decided);
                }
            }
            out.push(sheet.protect());
        }
        out.extend([country.protect(), self.ages(), self.variation(), self.months()]);
        out.extend(self.by_age.then(|| self.ages_of_places()));
        out.extend(brought::cost_sheet(self));
        out.extend(brought::moved_sheet(self));
        out.push(self.inhabited.sheet(self));
        let has = |id: &str| self.indicators.iter().any(|one| one.id == id);
        if has("admissions") && has("bed-days") {
            out.push(brought::asymmetry_sheet(self, &self.brought.effort));
        }
        if !self.brought.answers.is_empty() {
            out.push(brought::survey_sheet(self, &self.brought.answers));
        }
        if !self.brought.counted.is_empty() {
            out.push(brought::counted_sheet(self, &self.brought.counted));
        }
        out.push(self.definitions());
        out
    }

    /// What each indicator is, and what could not be told.
    fn definitions(&self) -> SafeTable {
        let heads = [
            "indikator",
            "versjon",
            "tittel",
            "definisjon",
            "mål",
            "kilde",
            "signert",
            "ikke prøvd på",
            "merknad",
        ];
        let mut sheet = RawTable::new(
            "Definisjoner",
            "Hva hver indikator er, og hvor definisjonen kommer fra",
            &heads,
            0,
        );
        let asked = self.indicators.iter().enumerate().filter(|(_, one)| self.wanted.contains(&one.id));
        for (place, one) in asked {
            let untested = self.counts.untested_of(place);
            let untold = self.counts.lacking_of(place);
            let untold =
                untold.map_or_else(String::new, |field| format!("ikke regnet ut: filen har ikke {field}"));
            let lacking = one
                .lacking
                .as_ref()
                .map_or(untold, |what| format!("ikke regnet ut: uttrekket mangler {what}"));
            sheet.row(
                vec![
                    Cell::Text(one.id.clone()),
                    Cell::Count(i64::from(one.version)),
                    Cell::Text(self.title(one).to_owned()),
                    Cell::Text(self.say(&one.about, one.about_nn.as_ref().unwrap_or(&one.about))),
                    Cell::Text(one.aim.name().to_owned()),
                    Cell::Text(one.source.title.clone()),
                    Cell::Text(if one.is_unsigned() { "nei" } else { "ja" }.to_owned()),
                    if few(untested) { Cell::Withheld } else { Cell::Count(untested) },
                    Cell::Text(self.say(&lacking, &nynorsk::sentence(&lacking))),
                ],
                Beneath::Decided,
            );
        }
        sheet.protect()
    }

    pub(crate) fn say(&self, nb: &str, nn: &str) -> String {
        if self.nynorsk { nn } else { nb }.to_owned()
    }

    /// What every file says of itself.
    pub fn about(&self) -> Vec<(String, String)> {
        let (file, digest) = &self.vintage;
        let line = |head: &str, text: String| (head.to_owned(), text);
        let mut out = vec![
            line(
                "Periode",
                format!("{}, {}", self.period, self.say("etter utskrivningsdag", "etter utskrivingsdag")),
            ),
            line("Data", format!("{file}, SHA-256 {}…", &digest[..12.min(digest.len())])),
            line(
                &self.say("Folketall", "Folketal"),
                self.say(&self.inhabited.source, &nynorsk::sentence(&self.inhabited.source)),
            ),
        ];
        out.push(line(&self.say("Justering", "Justering"), self.adjusted()));
        out.extend(self.methods());
        out.push(line(
            &self.say("Trakt og XmR", "Trakt og XmR"),
            format!("{}. {}", self.funnel_follows(), self.months_follow()),
        ));
        for (month, reason) in &self.rebased {
            out.push(line(&self.say("Nye grenser", "Nye grenser"), format!("{month}: {reason}")));
        }
        let outside = self.say(
            "{n} kontakter hører ikke til noen kommune i perioden",
            "{n} kontaktar høyrer ikkje til nokon kommune i perioden",
        );
        out.push(line(
            &self.say("Utenfor", "Utanfor"),
            outside.replace("{n}", &outside_of(self.counts.outside)),
        ));
        out.extend(self.missing().map(|missing| line("Dekning", missing)));
        if let Some(last) = self.counts.last {
            let followed = self.say(
                "opphold de siste 30 døgnene før den har ikke full oppfølging, og er ikke med i reinnleggelser",
                "opphald dei siste 30 døgna før den har ikkje full oppfølging, og er ikkje med i reinnleggingar",
            );
            out.push(line(&self.say("Siste dag", "Siste dagen"), format!("{last}; {followed}")));
        }
        if let Some(unsigned) = self.unsigned {
            let told = self.say(
                "Krav i perioden for de samme kontaktene, etter lovens egne funksjoner: kommunen (medfinansiering og utskrivningsklare) og staten (ISF). Ved reinnleggelser er det oppholdet som fulgte. «Per hendelse» er snittet, og er det én færre betyr om den er som de andre; hva sykehuset sparer, står ikke her",
                "Krav i perioden for dei same kontaktane, etter funksjonane i lova: kommunen (medfinansiering og utskrivingsklare) og staten (ISF). Ved reinnleggingar er det opphaldet som følgde. «Per hending» er snittet, og er det éin færre betyr om han er som dei andre; kva sjukehuset sparer, står ikkje her",
            );
            out.push(line("Kroner", told));
            let status = match unsigned {
                0 => self.say("Alle verdier er signert", "Alle verdiar er signerte"),
                _ => self
                    .say(
                        "KLADD: {n} verdier i reglene er usignerte",
                        "UTKAST: {n} verdiar i reglane er usignerte",
                    )
                    .replace("{n}", &unsigned.to_string()),
            };
            out.push(line("Status", status));
        }
        if self.counts.synthetic {
            out.push(line(
                "Syntetisk",
                self.say("Ingen virkelig person står bak", "Ingen verkeleg person står bak"),
            ));
        }
        out
    }

    /// What of the period the register does not hold: months without a contact, and days after its last.
    fn missing(&self) -> Option<String> {
        let counts = &self.counts;
        let empty: Vec<String> = counts
            .months
            .iter()
            .zip(&counts.contacts)
            .filter(|(_, contacts)| **contacts == 0)
            .map(|(month, _)| month.to_string())
            .collect();
        let last = counts.last.filter(|last| last.number() + SHORT < self.period.to().number());
        let told = match (last, &empty[..]) {
            (None, []) => return None,
            (Some(last), []) => format!("ingen etter {last}"),
            (_, months) => format!("ingen i {}", months.join(", ")),
        };
        Some(self.say(
            &format!("registeret dekker ikke hele perioden (kontakter: {told}), og ratene er for lave"),
            &format!("registeret dekkjer ikkje heile perioden (kontaktar: {told}), og ratane er for låge"),
        ))
    }

    /// How figures are made, and what is held back.
    fn methods(&self) -> Vec<(String, String)> {
        let texts = [
            (
                ("Bosted", "Bustad"),
                (
                    "Kommunen på kontakten (den som får regningen)",
                    "Kommunen på kontakten (den som får rekninga)",
                ),
            ),
            (
                ("Standardisering", "Standardisering"),
                (
                    "Direkte mot den europeiske standarden 2013, halvparten av hvert kjønn (ti hendelser eller flere); «mot landet» er hendelser delt på det landets rater gir kommunens egne innbyggere eller helhet",
                    "Direkte mot den europeiske standarden 2013, halvparten av kvart kjønn (ti hendingar eller fleire); «mot landet» er hendingar delte på det ratane for landet gir innbyggjarane eller heilskapen i kommunen",
                ),
            ),
            (
                ("Intervaller", "Intervall"),
                (
                    "95 %. Rater: Dobson med Byar; andeler: Wilson; middel: Student. Hendelser hos samme person teller mindre enn like mange hos hver sin: landets gjentakelser per alder",
                    "95 %. Ratar: Dobson med Byar; delar: Wilson; middel: Student. Hendingar hos same person tel mindre enn like mange hos kvar sin: gjentakingar i landet per alder",
                ),
            ),
            (
                ("Små kommuner", "Små kommunar"),
                (
                    "«Trukket» er forholdet trukket mot landet, så langt kommunens egne hendelser er få; vekten sier hvor mye som er dens eget. Hvor mye kommuner pleier å variere, er lært av dem som vises",
                    "«Trukket» er forholdet trekt mot landet, så langt hendingane i kommunen er få; vekta seier kor mykje som er hans eige. Kor mykje kommunar pleier å variere, er lært av dei som er viste",
                ),
            ),
            (
                ("Holdt tilbake", "Halde tilbake"),
                (
                    "«:» er 1 til 4, eller et tall som røper et slikt: en enkel, trygg regel som holder mer tilbake enn nødvendig",
                    "«:» er 1 til 4, eller eit tal som røper eit slikt: ein enkel, trygg regel som held meir tilbake enn nødvendig",
                ),
            ),
        ];
        texts.map(|(head, text)| (self.say(head.0, head.1), self.say(text.0, text.1))).into()
    }

    /// Writes tables and a workbook. Gives a few lines for a terminal, and a sentence.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, out: &Path) -> Result<(Table, String)> {
        crate::folder::made(out, "les-meg.txt", |name| {
            let is_picture = ["trakt-", "maneder-"].iter().any(|start| name.starts_with(start));
            let is_profile = name.starts_with("profil-");
            let is_sheet = SHEETS
                .iter()
                .any(|sheet| name.strip_suffix(".csv").or(name.strip_suffix(".parquet")) == Some(sheet));
            is_sheet
                || (is_picture && crate::folder::ends_as(name, &["svg", "png"]))
                || (is_profile && crate::folder::ends_as(name, &["pdf"]))
        })?;
        let put = |name: &str, bytes: &[u8]| {
            let path = out.join(name);
            std::fs::write(&path, bytes).with_context(|| format!("failed to write {}", path.display()))
        };
        let about = self.about();
        let lines: String = about.iter().map(|(head, text)| format!("{head}: {text}\n")).collect();
        let mut sheets = self.sheets();
        for sheet in &mut sheets {
            let stem = sheet.name().to_lowercase().replace('å', "a").replace('ø', "o").replace(' ', "-");
            crate::sheet_parquet::write(sheet, &about, &out.join(format!("{stem}.parquet")))?;
            if self.nynorsk {
                *sheet = nynorsk::table(sheet);
            }
            put(&format!("{stem}.csv"), sheets::csv(sheet, false).as_bytes())?;
        }
        put("les-meg.txt", lines.as_bytes())?;
        for (name, svg) in self.figures_of_country() {
            put(&format!("{name}.svg"), svg.as_bytes())?;
            put(&format!("{name}.png"), &paper::picture::png(&name, &svg)?)?;
        }
        let day = self.period.to();
        let number = (day.number() - day.month().first().number() + 1) as i8;
        let date = (day.year(), day.month().number(), number);
        put("indikatorer.xlsx", &sheets::workbook("Indikatorer", &about, &sheets, date)?)?;
        let written = format!(
            "{} indikatorer for {} kommuner i {}",
            self.written().count(),
            self.counts.homes.len(),
            out.display()
        );
        let missing = self.missing().map(|missing| format!("\nOBS: {missing}"));
        Ok((self.summary(), written + &missing.unwrap_or_default()))
    }

    /// Writes profiles of some municipalities, or of `all`.
    ///
    /// # Errors
    /// If a page cannot be set or written.
    pub fn profiles(&self, codes: &[String], out: &Path, host: &Host) -> Result<()> {
        let every = codes.iter().any(|code| code == "all");
        let codes = if every { &self.counts.homes } else { codes };
        if codes.is_empty() {
            return Ok(());
        }
        let stage = host.begin(Work::WriteProfiles);
        for (place, code) in codes.iter().enumerate() {
            if let Some(pdf) = crate::indicators::profile::pdf(self, code)? {
                let path = out.join(format!("profil-{code}.pdf"));
                std::fs::write(&path, pdf).with_context(|| format!("failed to write {}", path.display()))?;
            }
            stage.at(place as u64 + 1, codes.len() as u64);
        }
        stage.done();
        Ok(())
    }

    fn summary(&self) -> Table {
        let mut table =
            Table::new("", &["indikator", "landet", "", "kommuner over / under 99,8 %", "holdt tilbake"]);
        for (place, (one, found)) in self.indicators.iter().zip(&self.figures).enumerate() {
            if !self.wanted.contains(&one.id) {
                continue;
            }
            let Some(found) = found else {
                let cannot = || format!("{} kan ikke prøves", outside_of(self.counts.untested_of(place)));
                let untold = self.counts.lacking_of(place);
                let cannot = || untold.map_or_else(cannot, |field| format!("filen har ikke {field}"));
                let lacking = one.lacking.as_ref().map_or_else(cannot, |what| format!("mangler {what}"));
                table.row([
                    self.title(one).to_owned(),
                    "..".to_owned(),
                    lacking,
                    String::new(),
                    String::new(),
                ]);
                continue;
            };
            let crude = found.country.crude.filter(|_| !found.country.is_withheld);
            let value =
                crude.map_or_else(|| "..".to_owned(), |one| format!("{:.2}", one.value).replace('.', ","));
            let shown = || found.homes.iter().filter(|figure| !figure.is_withheld);
            let sides = |side: i8| shown().filter(|figure| figure.side() == Some(side)).count();
            let hidden = found.homes.iter().filter(|figure| figure.is_withheld).count();
            let outside = if one.kind == Kind::Mean {
                "..".to_owned()
            } else {
                format!("{} / {}", sides(2), sides(-2))
            };
            table.row([self.title(one).to_owned(), value, Self::unit(one), outside, hidden.to_string()]);
        }
        table
    }
}
