//! `samspill indicators`: indicators by municipality, compared with the country, adjusted for age and sex, with
//! limits for chance.

mod ages;
pub mod brought;
mod catalogue;
mod country;
mod flows;
pub mod inequality;
pub mod peers;
mod population;
mod profile;
mod spine;
mod subject;
mod treatment;
mod years;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use disclosure::withhold::{Total, few};
use disclosure::{Beneath, Cell, RawTable, SafeTable};
use domain::{Amount, Day, Instrument, Municipalities, Period};
use paper::sheets;
use register::parquet_file::Reader;
use rulebook::{InPeriod, Scope};
use settlement::sink::EachCharge;
use settlement::{Law, Options, settle};
use statistics::counts::{self, By, Charged, Counts, Paid, People, Side};
pub use statistics::figures::Adjust;
use statistics::figures::{Figure, Figures, Method, figures};
use statistics::funnel::Allowance;
use statistics::indicator::{Indicator, Kind, Measure};
use statistics::interval::Interval;
use statistics::levels::{Level, withhold};
use statistics::standardise::Shrunk;
use words::{Language, Message, Said, message, say};

use crate::by_municipality::Backgrounds;
use crate::failure::{About, Result, fail};
use crate::host::{Host, Scratch};
use crate::indicators::brought::Brought;
use crate::indicators::flows::Flows;
use crate::indicators::peers::Peers;
use crate::indicators::population::{Inhabited, inhabited};
use crate::indicators::treatment::Ground;
use crate::intake::{self, Input};
use crate::law::{Files, note_unpriced, unpriced};
use crate::parties::Names;
use crate::pictures;
use crate::progress::{Note, Work};
use crate::table::Table;
use chart::frame::Frame;

/// What to count.
pub struct Order<'a> {
    /// File of contacts.
    pub contacts: &'a Path,
    /// Column mapping of that file.
    pub mapping: Option<&'a Path>,
    pub period: Period,
    /// Ids of the indicators to write; all if empty.
    pub ids: &'a [String],
    /// Files of the user's own indicators.
    pub own: &'a [std::path::PathBuf],
    /// File of inhabitants, `municipality;age;people` or `municipality;age;sex;people`; `None` for the built-in
    /// tables.
    pub people: Option<&'a Path>,
    /// Language of titles and texts.
    pub language: Language,
    /// Whether to leave out kroner.
    pub without_kroner: bool,
    /// What figures are adjusted for when municipalities are compared.
    pub adjust: Adjust,
    /// Variation between municipalities that the limits of the funnel allow for.
    pub allowance: Allowance,
    /// Months from which control limits are computed anew, each with its reason.
    pub rebased: &'a [(domain::Month, String)],
    /// File of the user's own areas, `municipality;area`; figures are made for these areas too.
    pub areas: Option<&'a Path>,
    /// Whether to count by treating trust too.
    pub hospitals: bool,
    /// Whether to count by treating unit too.
    pub units: bool,
    /// Whether to tell where the patients of each municipality are treated.
    pub flows: bool,
    /// File of survey answers.
    pub survey: Option<&'a Path>,
    /// File of the municipalities' own work for shared patients.
    pub effort: Option<&'a Path>,
    /// File of counts by others, for indicators that the register cannot give.
    pub counted: Option<&'a Path>,
    /// Whether to write a sheet by age and sex for every place.
    pub by_age: bool,
    /// How similar municipalities are found; `None` if they are not asked for.
    pub peers: Option<peers::By<'a>>,
    /// File of background variables that inequality is told by, `municipality;name…`.
    pub inequality: Option<&'a Path>,
}

impl<'a> Order<'a> {
    /// Order for all indicators of a period, with kroner, from a checked file and the built-in tables of
    /// inhabitants.
    pub fn of_all(contacts: &'a Path, period: Period, language: Language) -> Order<'a> {
        Order {
            contacts,
            mapping: None,
            period,
            ids: &[],
            own: &[],
            people: None,
            language,
            without_kroner: false,
            adjust: Adjust::default(),
            allowance: Allowance::Additive,
            rebased: &[],
            areas: None,
            hospitals: false,
            units: false,
            flows: false,
            survey: None,
            effort: None,
            counted: None,
            by_age: false,
            peers: None,
            inequality: None,
        }
    }
}

/// File stems of the sheets that only some runs write.
const SHEETS: [&str; 13] = [
    "egne-omrader",
    "aldersgrupper",
    "foretak",
    "enheter",
    "undersokelser",
    "andre-tall",
    "kostnad",
    "bosted",
    "like-kommuner",
    "som-de-like",
    "utvikling",
    "ulikhet",
    "strommer",
];

/// Greatest number of days without a contact at the end of a period that passes as chance, as in a small register. More
/// days are reported as a gap.
const SHORT: i32 = 7;

/// Figures of a run, with the data and settings behind them.
pub struct Outcome {
    /// All indicators, also those that were not asked for. `figures` has the same order.
    pub indicators: Vec<Indicator>,
    /// Figures by indicator; `None` for an indicator that the register cannot give.
    pub figures: Vec<Option<Figures>>,
    /// Figures of trust areas and regions; then, if asked for, of own areas, treating trusts and treating units.
    pub larger: Vec<Larger>,
    /// Ids of the indicators that were asked for.
    wanted: Vec<String>,
    /// Ids of the user's own indicators.
    own: Vec<String>,
    /// Survey answers, own work and counts by others, from the user's files.
    pub brought: Brought,
    /// Counts behind the figures of the municipalities.
    pub counts: Counts,
    /// Inhabitants, and their source.
    pub inhabited: Inhabited,
    /// How figures are made.
    pub method: Method,
    /// Months from which control limits are computed anew, each with its reason.
    pub rebased: Vec<(domain::Month, String)>,
    /// Name and SHA-256 of the file of contacts.
    pub vintage: (String, String),
    pub period: Period,
    pub names: Names,
    /// Language of titles and texts.
    pub language: Language,
    /// Whether to write a sheet by age and sex for every place.
    by_age: bool,
    /// What the kroner rest on; `None` if there are no kroner.
    pub kroner: Option<Kroner>,
    /// Similar municipalities; `None` if they were not asked for.
    pub peers: Option<Peers>,
    /// Background variables that inequality is told by; `None` if it was not asked for.
    pub backgrounds: Option<Backgrounds>,
    /// Where the patients of each municipality are treated; `None` if it was not asked for.
    pub flows: Option<Flows>,
}

/// Groups of municipalities, or treating trusts or units, with their counts and figures.
pub struct Larger {
    /// Word of their sheet.
    pub sheet: &'static str,
    /// Counts, with the names of the groups as `homes`.
    pub counts: Counts,
    /// Group of each municipality; empty for treating trusts and units.
    pub of: Vec<usize>,
    /// Inhabitants by name of the group; empty for treating trusts and units.
    pub people: People,
    pub figures: Vec<Option<Figures>>,
}

/// Whether a name is reserved, in any language, for the country or for the municipalities outside the user's areas.
fn is_taken(area: &str) -> bool {
    let keys = ["indicators.place.country", "indicators.place.all_others"];
    Language::ALL.iter().any(|language| keys.iter().any(|key| language.text(key) == area))
}

/// Division of the municipalities into named groups.
struct Group {
    sheet: &'static str,
    names: Vec<String>,
    /// Place in `names` of each municipality's group.
    of: Vec<usize>,
}

impl Group {
    /// Inhabitants of each group, by its name.
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

/// Codes of the municipalities on the last day of a period, in the order of [`Counts::homes`].
fn homes(period: Period, municipalities: &Municipalities) -> Vec<String> {
    municipalities.on(period.to()).map(|(_, row)| row.code.clone()).collect()
}

/// Divisions into trust areas (which the partnerships follow), regions, and the user's own areas.
fn groups(
    period: Period,
    municipalities: &Municipalities,
    own: Option<&Path>,
    language: Language,
) -> Result<Vec<Group>> {
    let homes = homes(period, municipalities);
    let names = Names::of(municipalities, language);
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
    let region = |row: &domain::Municipality| names.name(&row.region);
    let area = |row: &domain::Municipality| {
        let trust = crate::parties::trust_of_area(row.trust_area);
        let number = format!("{:02}", row.trust_area);
        let name = trust.map_or_else(|| say!(language, "indicators.place.area", number), str::to_owned);
        format!("{}, {name}", region(row))
    };
    let mut out = vec![of("areas", &area), of("regions", &region)];
    if let Some(path) = own {
        let mut area_of: BTreeMap<String, String> = BTreeMap::new();
        for (at, code, area) in crate::by_municipality::grouped(path, "municipality;area", period)? {
            let is_known = out.iter().any(|group| group.names.contains(&area)) || is_taken(&area);
            if is_known || area.chars().all(|letter| letter.is_ascii_digit()) {
                fail!("error.indicators.area_give_name_own_letters", at, code, area);
            }
            area_of.insert(code, area);
        }
        let others = language.text("indicators.place.all_others");
        let rest = |code: &String| area_of.get(code).unwrap_or(&others).clone();
        out.push(together("own_areas", homes.iter().map(rest).collect()));
    }
    Ok(out)
}

/// The indicators that are asked for: built in, or the user's own.
///
/// # Errors
/// Fails if an id that is asked for is unknown, if one of the user's own indicators has the id of another indicator, or
/// if a file is wrong.
pub fn asked(ids: &[String], own: &[std::path::PathBuf]) -> Result<Vec<Indicator>> {
    let mut all = Indicator::built_in()?;
    for path in own {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).about(|| message!("error.file.read", path = shown))?;
        let one = Indicator::parse(&shown, &text)?;
        if all.iter().any(|known| known.id == one.id) {
            fail!("error.indicators.there_indicator_already_give_id_own", shown, id = one.id);
        }
        all.push(one);
    }
    if ids.is_empty() {
        return Ok(all);
    }
    let known: Vec<String> = all.iter().map(|one| one.id.clone()).collect();
    if let Some(id) = ids.iter().find(|id| !known.contains(id)) {
        fail!("error.indicators.there_no_indicator_they", id, known = known.join(", "));
    }
    Ok(all.into_iter().filter(|one| ids.contains(&one.id)).collect())
}

/// All indicators, so that the withheld cells do not depend on which indicators are asked for. Those of kroner that are left
/// out, that are not in force, or that the law cannot price, are marked as lacking.
fn all_counted(order: &Order, kroner: Option<&Kroner>) -> Result<Vec<Indicator>> {
    let mut all = asked(&[], order.own)?;
    for one in &mut all {
        let Some(instrument) = one.numerator.measure.instrument() else { continue };
        one.lacking = match kroner.map(|kroner| kroner.scope.of(instrument)) {
            None => Some(order.language.text("indicators.lacking_kroner")),
            Some(InPeriod::Unpriced(gap)) => {
                let (key, day) = (gap.key_said(), gap.day);
                Some(say!(order.language, "indicators.lacking_in_law", key, instrument, day))
            }
            Some(InPeriod::NotInForce) => Some(say!(order.language, "indicators.not_in_law", instrument)),
            // Years without it would count as years of nothing.
            Some(InPeriod::Settled)
                if kroner.is_some_and(|kroner| kroner.ends_within(instrument, order.period)) =>
            {
                Some(say!(order.language, "indicators.partly_in_law", instrument))
            }
            Some(InPeriod::Settled | InPeriod::NotAsked) => continue,
        };
    }
    Ok(all)
}

/// What kroner rest on.
pub struct Kroner {
    law: Law,
    /// Instruments that are priced.
    pub scope: Scope,
    /// Number of unsigned values.
    pub unsigned: usize,
}

impl Kroner {
    /// The built-in law in a period. Notes each instrument that cannot be priced.
    ///
    /// # Errors
    /// Fails if the built-in law is wrong, which the tests rule out.
    fn of(period: Period, host: &Host) -> Result<Kroner> {
        let law = Law::of(&Files::read(None, &[])?.book()?)?;
        let scope = law.in_period(period, &[]);
        note_unpriced(&scope, host);
        let unsigned = law.used(period, &scope).iter().filter(|value| value.is_unsigned()).count();
        Ok(Kroner { law, scope, unsigned })
    }

    /// Whether it is known what municipalities pay.
    pub fn tells_municipalities(&self) -> bool {
        [Instrument::CoFinancing, Instrument::DischargeReady].into_iter().all(|one| self.tells(one))
    }

    /// Whether it is known what an instrument gives.
    pub fn tells(&self, instrument: Instrument) -> bool {
        self.scope.tells(instrument)
    }

    /// Whether an instrument is not in force in some month of a period.
    fn ends_within(&self, instrument: Instrument, period: Period) -> bool {
        let of_month = |month| self.law.in_period(Period::of_month(month), &[]);
        period.months().any(|month| *of_month(month).of(instrument) == InPeriod::NotInForce)
    }

    /// Words for what an instrument gives, where it is not an amount; `None` where it is.
    pub fn no_amount(&self, instrument: Instrument) -> Option<Cell> {
        match self.scope.of(instrument) {
            InPeriod::NotInForce => Some(Cell::Said(message!("standing.not_in_force"))),
            _ if !self.tells(instrument) => Some(Cell::Unknown),
            _ => None,
        }
    }
}

/// Checks that municipalities exist on the last day of a period. The code `all` is accepted.
///
/// # Errors
/// Fails if one does not exist; the error names the first.
pub fn known(codes: &[String], period: Period) -> Result<()> {
    let municipalities = Municipalities::built_in()?;
    let there: Vec<&str> = municipalities.on(period.to()).map(|(_, row)| row.code.as_str()).collect();
    match codes.iter().find(|code| *code != "all" && !there.contains(&code.as_str())) {
        Some(code) => fail!("error.indicators.there_no_municipality_in_2", code, period),
        None => Ok(()),
    }
}

/// Number of referrers that get an indicator each; the others share one.
const REFERRERS: usize = 6;

/// Replaces each `by_referrer` indicator by one for each referrer, of the [`REFERRERS`] that refer most contacts, and one
/// for the other referrers together. If `wanted` has the id of the replaced indicator, the new ids are added to `wanted`.
/// If the register names no referrer, the indicator is kept and marked as lacking it.
fn by_referrer(
    indicators: Vec<Indicator>,
    contacts: BTreeMap<String, u64>,
    wanted: &mut Vec<String>,
    language: Language,
) -> Vec<Indicator> {
    let mut referrers: Vec<(String, u64)> =
        contacts.into_iter().filter(|(word, _)| word != "unknown").collect();
    referrers.sort_by_key(|(word, contacts)| (std::cmp::Reverse(*contacts), word.clone()));
    let words: Vec<String> = referrers.into_iter().map(|(word, _)| word).collect();
    let (most, rest) = words.split_at(words.len().min(REFERRERS));
    // The id is part of file names, so it uses the same word for the others in every language.
    let others = Language::Nb.text("indicators.others");
    let mut named: Vec<(String, Vec<String>)> =
        most.iter().map(|word| (word.clone(), vec![word.clone()])).collect();
    if !rest.is_empty() {
        named.push((others, rest.to_vec()));
    }
    let mut out = Vec::new();
    for mut one in indicators {
        if !one.by_referrer || one.lacking.is_some() {
            out.push(one);
            continue;
        }
        if named.is_empty() {
            one.lacking = Some(language.text("indicators.lacking_referrer"));
            out.push(one);
            continue;
        }
        let is_wanted = wanted.contains(&one.id);
        for (place, (name, words)) in named.iter().enumerate() {
            let mut of_one = one.clone();
            of_one.id = format!("{}-{}", one.id, plain(name));
            let known = |out: &[Indicator], id: &String| out.iter().any(|other| other.id == *id);
            while known(&out, &of_one.id) {
                of_one.id.push_str("-2");
            }
            of_one.title = one.title.with(|language| match place < most.len() {
                true => name.clone(),
                false => language.text("indicators.others"),
            });
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

/// Heads of columns. Some are shared with other tables; the rest belong to indicators.
pub(crate) fn heads<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<Message> {
    let head = |name| match name {
        "municipality" | "name" | "note" => Message::under("column", name),
        _ => Message::under("indicators.head", name),
    };
    names.into_iter().map(head).collect()
}

/// A sheet without rows. `word` is its key in the catalogue.
pub(crate) fn sheet_of<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> RawTable {
    sheet_showing(word, Message::under("indicators.shows", word), names)
}

/// A sheet without rows, with a sentence on what it shows.
pub(crate) fn sheet_showing<'n>(
    word: &str,
    shows: Message,
    names: impl IntoIterator<Item = &'n str>,
) -> RawTable {
    RawTable::new(Message::under("indicators.sheet", word), shows, &heads(names), 0)
}

/// Yes or no.
pub(crate) fn yes_or_no(is_so: bool) -> Message {
    if is_so { message!("indicators.yes") } else { message!("indicators.no") }
}

/// The indicators as a table.
pub fn listed(all: &[Indicator], language: Language) -> Table {
    let names = ["id", "version", "title", "definition", "aim", "source", "signed", "computable"];
    let mut table = Table::new("", &heads(names));
    for one in all {
        let computed = match one.lacking_in(language) {
            None => yes_or_no(true),
            Some(what) => message!("indicators.no_lacks", what),
        };
        table.row([
            Cell::Text(one.id.clone()),
            Cell::Count(i64::from(one.version)),
            Cell::from(one.title.of(language)),
            Cell::from(one.about_in(language)),
            Cell::Said(one.aim.said()),
            Cell::from(one.source_in(language)),
            Cell::Said(yes_or_no(!one.is_unsigned())),
            Cell::Said(computed),
        ]);
    }
    table
}

/// Fails if figures are to be adjusted for sex and the contacts or the inhabitants lack it.
fn can_adjust(order: &Order, reader: &Reader, inhabited: &Inhabited) -> Result<()> {
    let known_fields = reader.footer().get(register::schema::REPORTED_KEY);
    if order.adjust == Adjust::AgeAndSex
        && known_fields.is_some_and(|known_fields| !known_fields.split(',').any(|one| one == "sex"))
    {
        fail!("error.indicators.does_not_tell_sex_add_adjust", contacts = order.contacts.display());
    }
    if order.adjust == Adjust::AgeAndSex && !inhabited.is_by_sex() {
        fail!("error.indicators.people_given_have_no_sex_add");
    }
    Ok(())
}

/// Fails if the period has no contact.
fn has_contacts(order: &Order, counts: &Counts) -> Result<()> {
    if counts.contacts.iter().all(|contacts| *contacts == 0) {
        fail!(
            "error.indicators.holds_no_contact_in",
            contacts = order.contacts.display(),
            period = order.period
        );
    }
    Ok(())
}

/// Leaves out the municipalities that the register does not cover ([`Inhabited::covering`]), and notes their number.
fn only_covered(
    inhabited: &mut Inhabited,
    reader: &Reader,
    (period, municipalities): (Period, &Municipalities),
    host: &Host,
) -> Result<()> {
    let by_home = counts::words_of(reader, "municipality_of_registration")?;
    let left_out = inhabited.covering(&by_home, period.to(), municipalities);
    if left_out > 0 {
        host.note(Note::NotCovered(left_out));
    }
    Ok(())
}

/// Counts all indicators and makes their figures.
pub fn run(order: &Order, host: &Host) -> Result<Outcome> {
    let mut wanted: Vec<String> = asked(order.ids, order.own)?.into_iter().map(|one| one.id).collect();
    let kroner = (!order.without_kroner).then(|| Kroner::of(order.period, host)).transpose()?;
    let indicators = all_counted(order, kroner.as_ref())?;
    let brought = Brought::read(order, &indicators)?;
    let backgrounds = order.inequality.map(|path| Backgrounds::read(path, order.period)).transpose()?;
    let municipalities = Municipalities::built_in()?;
    let mut inhabited = inhabited(order.people, order.period, &municipalities)?;
    let groups = groups(order.period, &municipalities, order.areas, order.language)?;
    let scratch = Scratch::under(host.scratch)?;
    let checked = scratch.path().join("checked.parquet");
    let Input { path: input, sha256, .. } =
        intake::trusted_in(order.contacts, order.mapping, None, &checked, host)?;
    let reader = Reader::open_contacts(&input)?;
    if reader.is_counted() {
        fail!("error.indicators.holds_counts_who_returns_when_stay", contacts = order.contacts.display());
    }
    // A gap in the period is told with the figures.
    intake::note_lacking(&reader, host);
    inhabited.of_sample(reader.footer());
    only_covered(&mut inhabited, &reader, (order.period, &municipalities), host)?;
    let similar = |by| Peers::found(by, &inhabited, (order.period, &municipalities));
    let peers = order.peers.map(similar).transpose()?;
    let method = Method { years: inhabited.years, adjust: order.adjust, allowance: order.allowance };
    can_adjust(order, &reader, &inhabited)?;
    let built_in = Indicator::built_in()?.len();
    let own = indicators.iter().skip(built_in).map(|one| one.id.clone()).collect();
    let referrers = counts::words_of(&reader, "referred_from")?;
    let indicators = by_referrer(indicators, referrers, &mut wanted, order.language);
    let charged = kroner.as_ref().map(|kroner| charged(order, kroner, &reader, &municipalities, host));
    let of_contacts = &charged.transpose()?.unwrap_or_default();
    let ground = Ground {
        order,
        reader: &reader,
        municipalities: &municipalities,
        indicators: &indicators,
        charged: of_contacts,
    };
    let counts = ground.count(&indicators, By::Residence, Work::CountIndicators, host)?;
    has_contacts(order, &counts)?;
    let (mut found, mut larger) = all_figures(&indicators, &counts, &inhabited.people, method, groups);
    let mut treated = treatment::asked_for(&ground, (&counts, &mut found), host)?;
    let flows = Flows::asked_for(&ground, (&counts, &mut found), &mut treated, host)?;
    treated.retain(|larger| order.hospitals || larger.sheet != treatment::TRUSTS.1);
    larger.extend(treated);
    let file = order.contacts.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Outcome {
        indicators,
        figures: found,
        wanted,
        own,
        larger,
        brought,
        counts,
        inhabited,
        method,
        rebased: order.rebased.to_vec(),
        vintage: (file, sha256),
        period: order.period,
        names: Names::on(&municipalities, order.period.to(), order.language),
        language: order.language,
        by_age: order.by_age,
        kroner,
        peers,
        backgrounds,
        flows,
    })
}

/// A number of contacts as text; one to four are not given exactly.
fn outside_of(count: i64) -> Message {
    if few(count) { message!("indicators.one_to_four") } else { Message::plain(count) }
}

/// Figures of municipalities, and of the groups that they belong to.
fn all_figures(
    indicators: &[Indicator],
    counts: &Counts,
    people: &People,
    method: Method,
    groups: Vec<Group>,
) -> (Vec<Option<Figures>>, Vec<Larger>) {
    let mut found = figures(indicators, counts, people, method);
    let beside =
        groups.get(2).map(|own| revealing_areas(indicators, (counts, people, method), (&groups[0], own)));
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
        // One of the user's own areas that consists of whole trust areas is also the sum of these.
        let own_of = |area: usize| -> BTreeSet<usize> {
            areas.of.iter().zip(&own.of).filter(|(of, _)| **of == area).map(|(_, own)| *own).collect()
        };
        let of_areas: Vec<BTreeSet<usize>> = (0..areas.counts.homes.len()).map(own_of).collect();
        for place in 0..own.counts.homes.len() {
            let mine = || (0..of_areas.len()).filter(|area| of_areas[*area].contains(&place));
            if mine().all(|area| of_areas[area].len() == 1) {
                totals.push(Total::of(mine().map(|area| homes + area)).published_at(first + place));
            }
        }
        let country = first + own.counts.homes.len();
        totals.push(Total::of(first..country).published_at(country));
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

/// Totals of a row that holds municipalities, trust areas, regions and the country, in this order from place `from`
/// on.
pub fn summed_up(areas: &Larger, regions: &Larger, from: usize) -> Vec<Total> {
    let first_area = from + areas.of.len();
    let region_of =
        |area: usize| areas.of.iter().position(|of| *of == area).map_or(0, |home| regions.of[home]);
    let of_areas: Vec<usize> = (0..areas.counts.homes.len()).map(region_of).collect();
    let first_region = first_area + of_areas.len();
    let country = first_region + regions.counts.homes.len();
    let mut out = summed(&areas.of, from, first_area);
    out.extend(summed(&of_areas, first_area, first_region));
    out.push(Total::of(first_region..country).published_at(country));
    out
}

/// Totals of grouped places. `of` gives the group of each place; places begin at `from`, and groups at `at`.
fn summed(of: &[usize], from: usize, at: usize) -> Vec<Total> {
    let sums = of.iter().max().map_or(0, |last| last + 1);
    let members =
        |sum: usize| (0..of.len()).filter(move |place| of[*place] == sum).map(move |place| from + place);
    (0..sums).map(|sum| Total::of(members(sum)).published_at(at + sum)).collect()
}

/// Intersections of the trust areas and the user's own areas: as a division of the municipalities, and, for each
/// intersection, the place of the trust area and the place of the user's area.
fn overlaps(areas: &Group, own: &Group) -> (Group, Vec<(usize, usize)>) {
    let mut pairs: Vec<(usize, usize)> = areas.of.iter().copied().zip(own.of.iter().copied()).collect();
    let all = pairs.clone();
    pairs.sort_unstable();
    pairs.dedup();
    let of = all.iter().map(|pair| pairs.partition_point(|known| known < pair)).collect();
    let names = (0..pairs.len()).map(|place| place.to_string()).collect();
    (Group { sheet: "", names, of }, pairs)
}

/// For each indicator, the user's own areas that would reveal a withheld figure. Several own areas may each hold a part
/// of one trust area. If the figure of such a part is withheld, it would follow from the figures of these own areas and
/// of the trust area.
fn revealing_areas(
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
    let totals = [Total::of(0..places).published_at(places)];
    withhold(indicators, &mut levels, (&totals, 0), &|_, _| false, method.allowance);
    found.iter().map(of_one).collect()
}

/// The period with the month before it and the two months after it, split by year: a stay may begin before the
/// period, and its readmission may end in the second month after the period.
fn periods(period: Period) -> Vec<Period> {
    let before = Day::from_number(period.from().number() - 1).month();
    let next = period.to().next().month();
    Period::spanning(before, next.next().unwrap_or(next)).by_year().collect()
}

/// Charges for each contact under the built-in rules.
fn charged(
    order: &Order,
    kroner: &Kroner,
    reader: &Reader,
    municipalities: &Municipalities,
    host: &Host,
) -> Result<Charged> {
    let law = &kroner.law;
    let stage = host.begin(Work::SettleContacts);
    let mut sink = EachCharge::of(|contact, instrument, amount| (contact, instrument, amount.ore()));
    let periods = periods(order.period);
    for (pass, period) in periods.iter().enumerate() {
        // The months beside the period may lie in a year with other prices.
        let scope = law.in_period(*period, &[]);
        let options = Options { period: *period, scope: &scope, threads: host.threads };
        settle(reader, law, municipalities, &options, &mut sink, |done, of| {
            stage.at((pass * of + done) as u64, (periods.len() * of) as u64);
        })?;
    }
    stage.done();
    Ok(Charged::of(sink.values.into_iter()))
}

/// A numerator as a cell: kroner for an indicator of money, otherwise a count.
pub fn counted(one: &Indicator, count: i64) -> Cell {
    if one.is_money() { Cell::Kroner(Amount::from_ore(count)) } else { Cell::Count(count) }
}

/// A number with three decimals as a cell; unknown if it is not finite.
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
    "indicator",
    "title",
    "municipality",
    "name",
    "numerator_count_or_ore",
    "denominator",
    "unit",
    "value",
    "value_low",
    "value_high",
    "standardised",
    "standardised_low",
    "standardised_high",
    "ratio",
    "ratio_low",
    "ratio_high",
    "ratio_shrunk",
    "own_weight",
    "in_funnel",
    "municipality_pays_ore",
    "state_pays_ore",
    "municipality_per_event_ore",
    "hospital_per_event_ore",
    "state_per_event_ore",
    "note",
    "aim",
];

/// Words for where a figure lies in the funnel, from below the lower outer limit to above the upper outer limit.
const SIDES: [&str; 5] = ["below_998", "below_95", "inside", "above_95", "above_998"];

impl Outcome {
    /// An indicator's title.
    pub fn title<'i>(&self, one: &'i Indicator) -> &'i str {
        one.title.of(self.language)
    }

    /// A message in the language of the outcome.
    pub(crate) fn say(&self, message: &Message) -> String {
        self.language.say(message)
    }

    /// Indicators that were asked for, each with its place in `indicators`.
    fn asked(&self) -> impl Iterator<Item = (usize, &Indicator)> {
        self.indicators.iter().enumerate().filter(|(_, one)| self.wanted.contains(&one.id))
    }

    /// Indicators that were asked for and have figures, each with its place in `indicators`.
    pub fn written(&self) -> impl Iterator<Item = (usize, &Indicator, &Figures)> {
        self.asked().filter_map(|(place, one)| Some((place, one, self.figures[place].as_ref()?)))
    }

    /// Unit of an indicator's figures.
    pub fn unit(one: &Indicator) -> Message {
        let per = |word: &str| {
            let count = domain::amount::grouped(u64::from(one.per));
            Message::new(format!("indicators.unit.{word}"), vec![("count", Message::plain(count))])
        };
        match (one.kind, one.per) {
            (Kind::Rate, 1) if one.is_money() => message!("indicators.unit.kr_per_person_a_year"),
            (Kind::Mean, _) if one.is_money() => message!("indicators.unit.kr"),
            // Programs read the key of the unit, so the usual numbers are part of the key.
            (Kind::Rate, 1_000) => per("per_1000_people_a_year"),
            (Kind::Rate, 10_000) => per("per_10000_people_a_year"),
            (Kind::Rate, 100_000) => per("per_100000_people_a_year"),
            (Kind::Rate, _) => per("per_people_a_year"),
            (Kind::Proportion, _) => message!("indicators.unit.percent"),
            (Kind::Mean, _) => message!("indicators.unit.days"),
        }
    }

    /// Name of a place as a cell. The program's own name for all other municipalities is a message, since it is
    /// translated.
    fn place(&self, name: String) -> Cell {
        match name == self.language.text("indicators.place.all_others") {
            true => Cell::Said(message!("indicators.place.all_others")),
            false => Cell::Text(name),
        }
    }

    fn row(&self, one: &Indicator, code: &str, figure: &Figure, paid: Paid) -> Vec<Cell> {
        let hidden = figure.is_withheld;
        let or_hidden = |cell: Cell| if hidden { Cell::Withheld } else { cell };
        let name = match code {
            "" => Cell::Said(message!("indicators.place.country")),
            code => self.place(self.names.name(code)),
        };
        let mut row = vec![
            Cell::Text(one.id.clone()),
            Cell::Text(self.title(one).to_owned()),
            self.place(code.to_owned()),
            name,
            or_hidden(counted(one, figure.numerator)),
            // The number of inhabitants is public; any other denominator is withheld with its numerator.
            if one.kind == Kind::Rate {
                thousandths(figure.denominator)
            } else {
                or_hidden(thousandths(figure.denominator))
            },
            Cell::Said(Self::unit(one)),
        ];
        row.extend(interval(figure.crude, hidden));
        row.extend(interval(figure.direct, hidden && one.kind == Kind::Rate));
        row.extend(interval(figure.ratio, hidden && one.kind != Kind::Mean));
        let drawn = figure.shrunk;
        row.push(or_hidden(drawn.map_or(Cell::Unknown, |drawn| thousandths(drawn.ratio))));
        let share = |drawn: Shrunk| Cell::Share((drawn.own * 1e6).round() as i64);
        row.push(or_hidden(drawn.map_or(Cell::Unknown, share)));
        let side = |side: i8| Cell::Said(Message::under("indicators.side", SIDES[(side + 2) as usize]));
        row.push(or_hidden(figure.side().map_or(Cell::Unknown, side)));
        row.extend(self.kroner(one, figure, paid));
        row.push(Cell::Said(self.note(one, code, figure)));
        row.push(Cell::Said(one.aim.said()));
        row
    }

    /// Charges of the municipality and of the state; then means per event: of the municipality, of both (what the
    /// hospital receives), and of the state.
    fn kroner(&self, one: &Indicator, figure: &Figure, paid: Paid) -> [Cell; 5] {
        // Charges belong to whole stays, also to stays without a ready day. Beside the number of ready days, the
        // charges would reveal such stays.
        let Some(kroner) = &self.kroner else { return std::array::from_fn(|_| Cell::Unknown) };
        let is_shown =
            one.kind != Kind::Mean && one.numerator.measure != Measure::ReadyDays && !one.is_money();
        if !is_shown {
            return std::array::from_fn(|_| Cell::Unknown);
        }
        if figure.is_withheld {
            return std::array::from_fn(|_| Cell::Withheld);
        }
        let (pays, state) = (brought::pays(paid, figure.hides), paid.shown(Instrument::Isf, figure.hides));
        let each = |ore: Option<i64>| match (figure.numerator, ore) {
            (_, None) => Cell::Withheld,
            (0, _) => Cell::Unknown,
            (count, Some(ore)) => Cell::Kroner(simulation::scenario::part(Amount::from_ore(ore), 1, count)),
        };
        let whole = |ore: Option<i64>| ore.map_or(Cell::Withheld, |ore| Cell::Kroner(Amount::from_ore(ore)));
        let both = pays.zip(state).map(|(pays, state)| pays + state);
        let mut cells = [whole(pays), whole(state), each(pays), each(both), each(state)];
        let is_known = [kroner.tells_municipalities(), kroner.tells(Instrument::Isf)];
        for (cell, of) in
            cells.iter_mut().zip([[true, false], [false, true], [true, false], [true, true], [false, true]])
        {
            if of.into_iter().zip(is_known).any(|(needs, is_known)| needs && !is_known) {
                *cell = Cell::Unknown;
            }
        }
        cells
    }

    fn note(&self, one: &Indicator, code: &str, figure: &Figure) -> Message {
        let notes = [
            // The note does not name the rule of withholding, since the rule would reveal how large the figure is.
            (figure.is_withheld, message!("indicators.note.withheld")),
            (one.is_unsigned(), message!("indicators.note.unsigned")),
            (
                one.kind == Kind::Rate && self.inhabited.is_estimated(code),
                message!("indicators.note.population_estimated"),
            ),
        ];
        let shown = notes.into_iter().filter(|(is_so, _)| *is_so).map(|(_, note)| note);
        Message::joined(shown.collect(), "; ")
    }

    /// All sheets of the workbook.
    pub fn sheets(&self) -> Vec<SafeTable> {
        let mut country = sheet_of("country", HEADS);
        let beside = self.peers.iter().flat_map(|_| ["peers_median", "against_peers"]);
        let mut homes = sheet_of("municipalities", HEADS.into_iter().chain(beside));
        for (place, one, found) in self.written() {
            let mut all = Paid::default();
            for (home, (code, figure)) in self.counts.homes.iter().zip(&found.homes).enumerate() {
                let paid = self.counts.paid_of(place, Side::Numerator, home);
                all.add(paid);
                let mut row = self.row(one, code, figure, paid);
                row.extend(self.peers.iter().flat_map(|peers| peers.beside(home, found)));
                homes.row(row, Beneath::Decided);
            }
            country.row(self.row(one, "", &found.country, all), Beneath::Decided);
        }
        let mut out = vec![homes.protect()];
        for larger in &self.larger {
            let mut sheet = sheet_showing(larger.sheet, message!("indicators.shows.together"), HEADS);
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
        if let Some(peers) = &self.peers {
            out.extend([peers.sheet(self), peers.as_they_are(self)]);
        }
        out.extend(years::sheet(self));
        out.extend(self.backgrounds.iter().map(|backgrounds| inequality::sheet(backgrounds, self)));
        out.extend(self.flows.iter().map(|flows| flows.sheet(self)));
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

    /// Definition of each indicator, the number of contacts that could not be tested, and what its figures lack.
    fn definitions(&self) -> SafeTable {
        let heads =
            ["indicator", "version", "title", "definition", "aim", "source", "signed", "untested", "note"];
        let mut sheet = sheet_of("definitions", heads);
        for (place, one) in self.asked() {
            let untested = self.counts.untested_of(place);
            let note = match (one.lacking_in(self.language), self.counts.lacking_of(place)) {
                (Some(what), _) => Cell::Said(message!("indicators.note.register_lacks", what)),
                (None, Some(field)) => Cell::Said(message!("indicators.note.file_lacks_field", field)),
                (None, None) => Cell::from(""),
            };
            sheet.row(
                vec![
                    Cell::Text(one.id.clone()),
                    Cell::Count(i64::from(one.version)),
                    Cell::from(self.title(one)),
                    Cell::from(one.about_in(self.language)),
                    Cell::Said(one.aim.said()),
                    Cell::from(one.source_in(self.language)),
                    Cell::Said(yes_or_no(!one.is_unsigned())),
                    if few(untested) { Cell::Withheld } else { Cell::Count(untested) },
                    note,
                ],
                Beneath::Decided,
            );
        }
        sheet.protect()
    }

    /// Marks of a paper or a picture (draft, synthetic, period), each with whether it is a warning.
    fn tags(&self) -> Vec<(String, bool)> {
        let is_draft = self.kroner.as_ref().is_some_and(|kroner| kroner.unsigned > 0);
        pictures::marks(is_draft, self.counts.synthetic, self.period, self.language)
    }

    /// Line on what a paper or a picture was made from.
    fn footer(&self) -> String {
        let (version, file) = (env!("CARGO_PKG_VERSION"), &self.vintage.0);
        say!(self.language, "indicators.profile.footer", version, file)
    }

    /// Data, method and caveats of the figures, each as label and text: for `les-meg.txt`, the workbook and the footers of
    /// the Parquet files.
    pub fn about(&self) -> Vec<(Message, Message)> {
        let (file, digest) = &self.vintage;
        let line = |head: &str, text: Message| (Message::under("indicators.read", head), text);
        let fixed = |head: &str| line(head, Message::under("indicators.told", head));
        let mut out = vec![
            line("period", message!("indicators.told.period", period = self.period)),
            line("data", Message::plain(format!("{file}, SHA-256 {digest}"))),
            line("population", self.inhabited.source.clone()),
            line("adjustment", self.adjusted()),
        ];
        // Method of the figures, and rules of withholding.
        let methods = ["residence", "standardisation", "intervals", "small_municipalities", "withheld"];
        out.extend(methods.map(fixed));
        let rules = vec![self.funnel_follows(), self.months_follow()];
        out.push(line("pictures", Message::joined(rules, ". ")));
        out.extend(self.peers.iter().map(|peers| line("peers", peers.told.clone())));
        for (month, reason) in &self.rebased {
            out.push(line("new_limits", Message::plain(format!("{month}: {reason}"))));
        }
        let count = outside_of(self.counts.outside);
        out.push(line("outside", message!("indicators.told.outside", count)));
        out.push(fixed("course"));
        out.extend(self.missing().map(|missing| line("coverage", missing)));
        if let Some(last) = self.counts.last {
            out.push(line("last_day", message!("indicators.told.last_day", last)));
        }
        if let Some(kroner) = &self.kroner {
            out.push(fixed("kroner"));
            out.extend(unpriced(&kroner.scope).into_iter().map(|said| line("unpriced", said)));
            let status = match kroner.unsigned {
                0 => message!("indicators.told.signed"),
                count => message!("indicators.told.draft", count),
            };
            out.push(line("status", status));
        }
        out.extend(self.counts.synthetic.then(|| fixed("synthetic")));
        out
    }

    /// Gaps of the register in the period: months without a contact, or more than [`SHORT`] days after the last
    /// contact.
    fn missing(&self) -> Option<Message> {
        let counts = &self.counts;
        let empty: Vec<String> = counts
            .months
            .iter()
            .zip(&counts.contacts)
            .filter(|(_, contacts)| **contacts == 0)
            .map(|(month, _)| month.to_string())
            .collect();
        let last = counts.last.filter(|last| last.number() + SHORT < self.period.to().number());
        match (last, &empty[..]) {
            (None, []) => None,
            (Some(last), []) => Some(message!("indicators.missing_after", last)),
            (_, months) => Some(message!("indicators.missing_in", months = months.join(", "))),
        }
    }

    /// Writes CSV and Parquet tables, pictures and a workbook. Returns a table for the terminal, and a sentence.
    ///
    /// # Errors
    /// Fails if a file cannot be written.
    pub fn write(&self, out: &Path, host: &Host) -> Result<(Table, String)> {
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
            crate::folder::write(&path, bytes)
        };
        let about = self.about();
        let texts: Vec<(String, String)> =
            about.iter().map(|(head, text)| (self.say(head), self.say(text))).collect();
        // Footers are for programs, so their texts are English whatever the language of the outcome.
        let footer: Vec<(String, String)> =
            about.iter().map(|(head, text)| (head.name(), text.english())).collect();
        let lines: String = texts.iter().map(|(head, text)| format!("{head}: {text}\n")).collect();
        let sheets = self.sheets();
        for sheet in &sheets {
            let name = Language::Nb.say(sheet.name());
            let stem = name.to_lowercase().replace('å', "a").replace('ø', "o").replace(' ', "-");
            crate::sheet_parquet::write(sheet, &footer, &out.join(format!("{stem}.parquet")))?;
            put(&format!("{stem}.csv"), sheets::csv(sheet, host.reader()).as_bytes())?;
        }
        put("les-meg.txt", lines.as_bytes())?;
        put("katalog.json", format!("{:#}\n", catalogue::json(self)).as_bytes())?;
        let (marks, source) = (self.tags(), self.footer());
        for (name, figure) in self.figures_of_country() {
            let frame = Frame { heading: &figure.heading, marks: &marks, source: &source };
            pictures::write(&put, &name, &figure.svg, &frame)?;
        }
        let date = self.period.to().year_month_day();
        let title = self.language.text("indicators.title");
        let book = sheets::workbook(&title, &texts, &sheets, date, self.language)?;
        put("indikatorer.xlsx", &book)?;
        let written = message!(
            "indicators.written",
            indicators = self.written().count(),
            municipalities = self.counts.homes.len(),
            folder = out.display(),
        );
        let missing = self.missing().map(|missing| message!("indicators.beware", missing));
        let sentences = Message::joined(std::iter::once(written).chain(missing).collect(), "\n");
        Ok((self.summary(host), self.say(&sentences)))
    }

    /// Writes the profiles of the given municipalities; the code `all` stands for every municipality. If similar municipalities
    /// were asked for, also funnels with those of each given municipality.
    ///
    /// # Errors
    /// Fails if a page cannot be set or written.
    pub fn profiles(&self, codes: &[String], out: &Path, host: &Host) -> Result<()> {
        let every = codes.iter().any(|code| code == "all");
        let codes = if every { &self.counts.homes } else { codes };
        if codes.is_empty() {
            return Ok(());
        }
        let stage = host.begin(Work::WriteProfiles);
        for (place, code) in codes.iter().enumerate() {
            if let Some(pdf) = profile::pdf(self, code, None)? {
                crate::folder::write(&out.join(format!("profil-{code}.pdf")), pdf)?;
            }
            if !every {
                let (marks, source) = (self.tags(), self.footer());
                let put = |name: &str, bytes: &[u8]| crate::folder::write(&out.join(name), bytes);
                for (name, figure) in self.figures_of_peers(code) {
                    let frame = Frame { heading: &figure.heading, marks: &marks, source: &source };
                    pictures::write(&put, &name, &figure.svg, &frame)?;
                }
            }
            stage.at(place as u64 + 1, codes.len() as u64);
        }
        stage.done();
        Ok(())
    }

    /// Writes the inside editions of the profiles of municipalities, beside the public ones: nothing of the municipality's
    /// own is withheld, since the figures are those of its own bill. `role` is whom each is made for, and stands on it.
    ///
    /// # Errors
    /// Fails if a page cannot be set or written.
    pub fn inside_profiles(&mut self, codes: &[String], role: &str, out: &Path) -> Result<()> {
        for code in codes {
            let Some(home) = self.counts.homes.iter().position(|known| known == code) else { continue };
            let public: Vec<Option<Figure>> =
                self.figures.iter().map(|found| Some(found.as_ref()?.homes[home].clone())).collect();
            for found in self.figures.iter_mut().flatten() {
                let figure = &mut found.homes[home];
                (figure.is_withheld, figure.hides) = (false, Default::default());
            }
            let pdf = profile::pdf(self, code, Some(role));
            for (found, public) in self.figures.iter_mut().zip(public) {
                if let Some((found, public)) = found.as_mut().zip(public) {
                    found.homes[home] = public;
                }
            }
            if let Some(pdf) = pdf? {
                crate::folder::write(&out.join(format!("profil-{code}-intern.pdf")), pdf)?;
            }
        }
        Ok(())
    }

    fn summary(&self, host: &Host) -> Table {
        let point = if host.is_plain { "." } else { "," };
        let mut table =
            Table::new("", &heads(["indicator", "country", "unit", "outside_funnel", "withheld"]));
        for (place, one) in self.asked() {
            let title = Cell::from(self.title(one));
            let Some(found) = &self.figures[place] else {
                let lacking = match (one.lacking_in(self.language), self.counts.lacking_of(place)) {
                    (Some(what), _) => message!("indicators.lacks", what),
                    (None, Some(field)) => message!("indicators.no_field", field),
                    (None, None) => {
                        let count = outside_of(self.counts.untested_of(place));
                        message!("indicators.cannot_test", count)
                    }
                };
                table.row([title, Cell::Unknown, Cell::Said(lacking), Cell::from(""), Cell::from("")]);
                continue;
            };
            let crude = found.country.crude.filter(|_| !found.country.is_withheld);
            let value = crude
                .map_or(Cell::Unknown, |one| Cell::Text(format!("{:.2}", one.value).replace('.', point)));
            let shown = || found.homes.iter().filter(|figure| !figure.is_withheld);
            let sides = |side: i8| shown().filter(|figure| figure.side() == Some(side)).count();
            let hidden = found.homes.iter().filter(|figure| figure.is_withheld).count();
            let outside = match one.kind {
                Kind::Mean => Cell::Unknown,
                Kind::Rate | Kind::Proportion => Cell::Text(format!("{} / {}", sides(2), sides(-2))),
            };
            table.row([title, value, Cell::Said(Self::unit(one)), outside, Cell::Count(hidden as i64)]);
        }
        table
    }
}
