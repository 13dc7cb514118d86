//! Agreements on a measure in some municipalities: who invests and who saves. One file and the contacts give cash
//! flows, break-even, the transfers at which neither side loses, and a proposed clause.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chart::breakeven::Series;
use chart::tornado::Swing;
use disclosure::{Beneath, Cell, RawTable, SafeTable};
use domain::{Amount, Municipalities, Period, Share};
use paper::picture;
use paper::sheets;
use register::parquet_file::Reader;
use rulebook::measure::{Measure, Of, Per, percent};
use serde::Deserialize;
use settlement::cells::Cells;
use settlement::needs::Needs;
use settlement::price::{AsIs, Sums};
use settlement::{Law, manifest};
use simulation::Measures;
use simulation::consequence::priced;
use simulation::exchange::{
    Agreement, Assumed, Assumption, Avoided, Cost, HospitalCost, Side, Transfers, Visits,
};
use simulation::scenario::{Wanted, part};
use words::{Language, Message, Said, message, say};

use crate::failure::{About, Failure, Result, fail};
use crate::host::{Host, Scratch};
use crate::intake;
use crate::law::Files;
use crate::parties;
use crate::pictures;
use crate::progress::Work;
use crate::what_if::{AboutLines, about_texts, head, heads, in_millions, lines_about, sentence};
use chart::frame::Frame;

/// Input and options of [`run`].
pub struct Order<'a> {
    /// The agreement, a TOML file.
    pub file: &'a Path,
    /// File of contacts, checked or not.
    pub contacts: &'a Path,
    /// Built-in name or TOML file of the mapping; `None` for the program's own schema.
    pub mapping: Option<&'a Path>,
    /// A whole year.
    pub period: Period,
    /// Inhabitants by municipality and age.
    pub people: simulation::consequence::People,
    /// Codes of the municipalities that get a brief of their own.
    pub briefs: &'a [String],
    pub out: &'a Path,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: String,
    title: String,
    measure: String,
    municipalities: Vec<String>,
    #[serde(default)]
    rules: Vec<String>,
    effect: Option<RawRange>,
    delay_months: Option<u16>,
    years: u16,
    discount: Option<String>,
    #[serde(default)]
    cost: Vec<RawCost>,
    hospital: RawHospital,
    gp: Option<RawGp>,
    welfare_kroner_per_avoided_contact: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRange {
    low: String,
    likely: String,
    high: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCost {
    party: String,
    what: String,
    per: Per,
    kroner: i64,
    #[serde(default = "first")]
    from_year: u16,
}

const fn first() -> u16 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHospital {
    kroner_per_point: i64,
    #[serde(default)]
    kroner_per_day: i64,
    marginal: RawRange,
    released: String,
    after_years: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGp {
    visits_per_contact: u32,
    state_kroner: i64,
    patient_kroner: i64,
}

/// An agreement with its cash flows worked out.
pub struct Worked {
    raw: Raw,
    measure: Measure,
    pub(super) agreement: Agreement,
    /// What the measure avoids in a year in each of the municipalities, by code.
    pub(super) by_home: BTreeMap<String, Avoided>,
    /// Inhabitants of each of the municipalities, by code.
    pub(super) people: BTreeMap<String, i64>,
    pub(super) unsigned: usize,
    /// Sentences on what cannot be, and on the instruments that cannot be priced.
    pub(super) unpriced: Vec<Message>,
    pub(super) synthetic: bool,
    /// People of a synthetic register, and the inhabitants that they are a sample of; `None` if nobody is left out.
    sample: Option<(u64, u64)>,
    pub(super) period: Period,
    pub(super) digest: String,
}

impl Worked {
    /// Id of the agreement.
    pub fn id(&self) -> &str {
        &self.raw.id
    }

    /// Title of the agreement, as its file has it.
    pub fn title(&self) -> &str {
        &self.raw.title
    }

    /// Title of the measure.
    pub fn measure(&self) -> &str {
        &self.measure.title
    }

    /// Codes of the municipalities, in the order of the file.
    pub fn municipalities(&self) -> &[String] {
        &self.raw.municipalities
    }

    /// Contacts, and days, that the measure reaches, if so much of them is avoided.
    pub(super) fn reached(&self, avoided: &Avoided) -> [i64; 2] {
        let effect = i128::from(self.agreement.effect[1].basis_points()).max(1);
        [avoided.contacts, avoided.days].map(|gone| {
            i64::try_from((i128::from(gone) * 10_000 / effect + 500_000) / 1_000_000).unwrap_or(i64::MAX)
        })
    }

    /// Contacts or days that the measure reaches in the municipalities, whichever is the fewer: what every figure of the
    /// agreement rests on.
    fn beneath(&self) -> Beneath {
        let reached = self.reached(&self.agreement.avoided).into_iter().filter(|count| *count > 0);
        Beneath::Count(reached.min().unwrap_or(0))
    }

    /// A summary in a few lines.
    pub fn summary(&self, language: Language) -> String {
        summary(self, language)
    }
}

/// Works an agreement out, and writes its files.
///
/// # Errors
/// Fails if the agreement, the measure, the rules or the contacts cannot be read, if no effect is known, if
/// the measure reaches nobody, or if a file cannot be written.
pub fn run(order: &Order, host: &Host) -> Result<Worked> {
    let text = std::fs::read_to_string(order.file)
        .about(|| message!("error.file.read", path = order.file.display()))?;
    let raw: Raw = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| words::line_at(&text, span.start));
        Failure::of(message!(
            "error.agreement.text",
            file = order.file.display(),
            line,
            error = error.message()
        ))
    })?;
    let worked = worked(order, raw, &text, host)?;
    write(order, &worked, host)?;
    Ok(worked)
}

fn share(text: &str, key: &str) -> Result<Share> {
    percent(text).about(|| message!("error.agreement.not_0_100_per_cent", key, text))
}

fn range(raw: &RawRange, key: &str) -> Result<[Share; 3]> {
    let shares = [share(&raw.low, key)?, share(&raw.likely, key)?, share(&raw.high, key)?];
    if !shares.map(Share::basis_points).is_sorted() {
        fail!("error.agreement.low_likely_high_not_in_order", key);
    }
    Ok(shares)
}

fn kroner(kroner: i64, key: &str) -> Result<Amount> {
    let within = (0..=100_000_000_000).contains(&kroner);
    Amount::from_kroner(kroner)
        .filter(|_| within)
        .about(|| message!("error.agreement.out_bounds", key, kroner))
}

fn hospital_of(raw: &RawHospital) -> Result<HospitalCost> {
    Ok(HospitalCost {
        per_point: kroner(raw.kroner_per_point, "kroner_per_point")?,
        per_day: kroner(raw.kroner_per_day, "kroner_per_day")?,
        marginal: range(&raw.marginal, "marginal")?,
        released: share(&raw.released, "released")?,
        after_years: raw.after_years,
    })
}

fn visits_of(raw: &RawGp) -> Result<Visits> {
    Ok(Visits {
        per_contact: raw.visits_per_contact,
        state: kroner(raw.state_kroner, "state_kroner")?,
        patient: kroner(raw.patient_kroner, "patient_kroner")?,
    })
}

/// The measure of an agreement: built in, or a file beside that of the agreement.
fn measure_of(order: &Order, raw: &Raw) -> Result<Measure> {
    match Measure::built_in(&raw.measure) {
        Some(measure) => Ok(measure?),
        None => {
            let path = order.file.with_file_name(&raw.measure);
            let text = std::fs::read_to_string(&path).about(|| {
                message!("error.agreement.there_no_measure_built_in_beside", measure = raw.measure)
            })?;
            Ok(Measure::parse(&raw.measure, &text)?)
        }
    }
}

fn worked(order: &Order, mut raw: Raw, text: &str, host: &Host) -> Result<Worked> {
    let measure = measure_of(order, &raw)?;
    for code in &mut raw.municipalities {
        *code =
            parties::municipality_named(code, order.period).about(|| Message::plain(order.file.display()))?;
        if !order.people.contains_key(code) {
            fail!(
                "error.agreement.there_no_municipality_in",
                file = order.file.display(),
                code,
                period = order.period
            );
        }
    }
    if let Some(code) = order.briefs.iter().find(|code| !raw.municipalities.contains(code)) {
        fail!("error.agreement.not_of_it", code, municipalities = raw.municipalities.join(", "));
    }
    let own = measure.effect_on(order.period.from()).map(|row| row.value);
    let effect = match (&raw.effect, own) {
        (Some(given), _) => range(given, "effect")?,
        (None, Some(own)) => {
            let likely = own
                .likely
                .about(|| message!("error.agreement.no_effect_found_in_any_source", id = measure.id))?;
            [own.low.unwrap_or(likely), likely, own.high.unwrap_or(likely)]
        }
        (None, None) => {
            fail!("error.agreement.no_effect_holds_in_give_effect", id = measure.id, period = order.period)
        }
    };
    if raw.years == 0 || raw.years > 40 {
        fail!("error.agreement.years_not_1_40", years = raw.years);
    }
    let delay_months = raw.delay_months.or(own.map(|own| own.delay_months)).unwrap_or(0);
    let found = avoided(order, &raw, &measure, effect[1], host)?;
    let avoided = found.together;
    let of_home = |code: &String| order.people.get(code).map_or(0, |ages| ages.iter().sum::<i64>());
    let by_code: BTreeMap<String, i64> =
        raw.municipalities.iter().map(|code| (code.clone(), of_home(code))).collect();
    let people: i64 = by_code.values().sum();
    let costs = raw.cost.iter().map(|cost| cost_of(cost, &avoided, people)).collect::<Result<Vec<_>>>()?;
    let welfare = raw.welfare_kroner_per_avoided_contact.map(|each| kroner(each, "welfare")).transpose()?;
    let discount = raw.discount.as_deref().map_or(Ok(Share::NONE), |text| share(text, "discount"))?;
    let agreement = Agreement {
        avoided,
        effect,
        delay_months,
        costs,
        hospital: hospital_of(&raw.hospital)?,
        visits: raw.gp.as_ref().map_or(Ok(Visits::default()), visits_of)?,
        welfare,
        years: raw.years,
        discount,
    };
    let digest = manifest::sha256_text(text);
    Ok(Worked {
        raw,
        measure,
        agreement,
        by_home: found.by_home,
        people: by_code,
        unsigned: found.unsigned,
        unpriced: found.unpriced,
        synthetic: found.synthetic,
        sample: found.sample,
        period: order.period,
        digest,
    })
}

fn cost_of(raw: &RawCost, avoided: &Avoided, people: i64) -> Result<Cost> {
    let side = Side::from_word(&raw.party).about(|| {
        message!(
            "error.agreement.no_party",
            party = raw.party,
            parties = rulebook::measure::PARTIES.join(", ")
        )
    })?;
    let each = kroner(raw.kroner, &raw.what)?;
    let (amount, once, follows) = match raw.per {
        Per::Once => (each, true, false),
        Per::Year => (each, false, false),
        Per::Inhabitant => (part(each, people, 1), false, false),
        Per::AvoidedContact => (part(each, avoided.contacts, 1_000_000), false, true),
        Per::AvoidedDay => (part(each, avoided.days, 1_000_000), false, true),
    };
    Ok(Cost { side, what: raw.what.clone(), amount, once, follows, from_year: raw.from_year })
}

/// What the measure avoids in a year, and what is said of the figures.
struct Found {
    /// Charges, payable days, contacts and points of the agreement's municipalities before the measure, less those after it.
    together: Avoided,
    by_home: BTreeMap<String, Avoided>,
    unsigned: usize,
    unpriced: Vec<Message>,
    synthetic: bool,
    sample: Option<(u64, u64)>,
}

fn avoided(order: &Order, raw: &Raw, measure: &Measure, effect: Share, host: &Host) -> Result<Found> {
    let rules: Vec<PathBuf> = raw.rules.iter().map(PathBuf::from).collect();
    let law = Law::of(&Files::read(None, &rules)?.book_in(order.period)?)?;
    let wanted = Wanted { measure: measure.clone(), effect: effect.into(), range: None, own: true };
    let behaviour = Measures::of(std::slice::from_ref(&wanted));
    let needs = Needs::of([&law], order.period).and(&behaviour.needs());
    let scratch = Scratch::under(host.scratch)?;
    let checked = scratch.path().join("checked.parquet");
    let input = intake::trusted_in(order.contacts, order.mapping, None, &checked, host)?.path;
    let reader = Reader::open_contacts(&input)?;
    intake::note_for_analysis(&reader, order.period, host)?;
    let stage = host.begin(Work::CountCells);
    let all = Municipalities::built_in()?;
    let cells = Cells::count(&reader, &all, order.period, &needs, host.threads, |done, of| {
        stage.at(done as u64, of as u64)
    })?;
    stage.done();
    let scope = crate::law::scope(&law, order.period, &[], host)?;
    let (before, after) = (priced(&cells, &law, &AsIs)?.sums, priced(&cells, &law, &behaviour)?.sums);
    let of = |ours: &dyn Fn(&str) -> bool| {
        let (contacts, points) = cells.taken_away(&behaviour, ours);
        let mut sums = Sums::default();
        let places = cells.homes.iter().enumerate().filter(|(_, home)| ours(&home.debtor));
        for (place, _) in places {
            let (then, now) = (before.homes[place], after.homes[place]);
            sums.kmf += then.kmf - now.kmf;
            sums.isf += then.isf - now.isf;
            sums.usk += then.usk - now.usk;
            sums.days_millionths += then.days_millionths - now.days_millionths;
        }
        let Sums { kmf, isf, usk, days_millionths: days, .. } = sums;
        Avoided { contacts, points_milli: points.milli(), kmf, isf, usk, days }
    };
    let together = of(&|code| raw.municipalities.iter().any(|one| one == code));
    if together.contacts == 0 && together.days == 0 {
        fail!(
            "error.agreement.measure_reaches_nobody_in_nothing_goes",
            municipalities = raw.municipalities.join(", ")
        );
    }
    let by_home = raw.municipalities.iter().map(|code| (code.clone(), of(&|other| other == code))).collect();
    let unsigned = law.used(order.period, &scope).iter().filter(|value| value.is_unsigned()).count();
    let mut unpriced: Vec<Message> = super::share_below(&law, order.period).into_iter().collect();
    unpriced.extend(crate::law::unpriced(&scope));
    let (synthetic, sample) = (cells.synthetic, cells.sample);
    Ok(Found { together, by_home, unsigned, unpriced, synthetic, sample })
}

fn write(order: &Order, worked: &Worked, host: &Host) -> Result<()> {
    crate::folder::make(order.out)?;
    let put = |name: &str, bytes: &[u8]| {
        let path = order.out.join(name);
        crate::folder::write(&path, bytes)
    };
    let language = host.language;
    let sheets = |reader: sheets::Reader| [flow(worked, reader), gains(worked), swings(worked, reader)];
    for sheet in sheets(host.reader()) {
        let stem = Language::Nb.say(sheet.name()).to_lowercase().replace('ø', "o");
        put(&format!("{stem}.csv"), sheets::csv(&sheet, host.reader()).as_bytes())?;
    }
    let about = about_texts(&about(worked), language);
    let date = (order.period.to().year(), 12, 31);
    let shown = sheets(sheets::Reader::Person(language));
    put("avtale.xlsx", &sheets::workbook(&worked.raw.title, &about, &shown, date, language)?)?;
    let marks = pictures::marks(worked.unsigned > 0, worked.synthetic, order.period, language);
    let source = say!(language, "agreement.own_figures", digest = worked.digest);
    let draw = |name: &str, title: &str, svg: String| {
        let frame = Frame { heading: &language.text(title), marks: &marks, source: &source };
        pictures::write(&put, name, &svg, &frame)
    };
    draw("nullpunkt", "agreement.gain_so_far", breakeven(worked, language))?;
    let (municipality, hospital) = ("agreement.municipality_rests_on", "agreement.hospital_rests_on");
    draw("folsomhet-kommune", municipality, tornado(worked, Side::Municipality, municipality, language))?;
    draw("folsomhet-sykehus", hospital, tornado(worked, Side::Hospital, hospital, language))?;
    let lines = lines_about(&about);
    let (summary, clause) = (summary(worked, language), clause(worked, language));
    put("avtale.txt", format!("{summary}\n{lines}\n{clause}").as_bytes())
}

pub(super) fn about(worked: &Worked) -> AboutLines {
    let agreement = &worked.agreement;
    let [low, likely, high] = agreement.effect;
    let [less, middle, more] = agreement.hospital.marginal;
    let cost = message!(
        "agreement.hospital_cost",
        per_point = agreement.hospital.per_point,
        middle,
        less,
        more,
        released = agreement.hospital.released,
        years = agreement.hospital.after_years
    );
    let municipalities = worked.raw.municipalities.join(", ");
    let mut out = vec![
        (message!("what_if.about.measure"), Message::plain(&worked.measure.title)),
        (message!("what_if.about.municipalities"), Message::Plain(municipalities)),
        (message!("what_if.about.period"), Message::plain(worked.period)),
        (message!("what_if.about.effect"), message!("agreement.effect", likely, low, high)),
        (message!("what_if.about.hospital_cost"), cost),
        (message!("what_if.about.figures"), message!("agreement.own_figures", digest = worked.digest)),
        (message!("what_if.about.simulation"), message!("what_if.no_claim")),
    ];
    out.extend(worked.unpriced.iter().map(|said| (message!("what_if.about.unknown"), said.clone())));
    if let Some((made, of)) = worked.sample {
        let [made, of] = [made, of].map(domain::amount::grouped);
        out.push((message!("what_if.about.data"), message!("screen.sample", made, of)));
    }
    if worked.synthetic {
        out.push((message!("what_if.about.synthetic"), message!("what_if.no_person_made_up_codes")));
    }
    if worked.unsigned > 0 {
        let draft = message!("what_if.draft_unsigned", count = worked.unsigned);
        out.push((message!("what_if.about.status"), draft));
    }
    out
}

fn flow(worked: &Worked, reader: sheets::Reader) -> SafeTable {
    let mut all = heads(["column.party", "agreement.column.line"]);
    all.extend(
        (1..=worked.agreement.years)
            .map(|year| head(reader, format!("year_{year}_ore"), message!("agreement.year", year))),
    );
    let mut sheet =
        RawTable::new(message!("agreement.sheet.flow"), message!("agreement.about.flow"), &all, 2);
    let likely = worked.agreement.likely();
    let mut lines = worked.agreement.flow(&likely);
    lines.sort_by_key(|line| line.side);
    for line in &lines {
        let mut row = vec![Cell::Said(line.side.said()), Cell::Said(line.what.clone())];
        row.extend(line.years.iter().map(|(fixed, follows)| Cell::Kroner(*fixed + *follows)));
        sheet.row(row, worked.beneath());
    }
    for (side, years) in worked.agreement.by_side(&likely) {
        let mut row = vec![Cell::Said(side.said()), Cell::Said(message!("what_if.sum"))];
        row.extend(years.iter().map(|amount| Cell::Kroner(*amount)));
        sheet.row(row, worked.beneath());
    }
    sheet.protect()
}

fn gains(worked: &Worked) -> SafeTable {
    let heads = heads([
        "column.party",
        "agreement.column.present_value_low_effect_ore",
        "agreement.column.present_value_expected_ore",
        "agreement.column.present_value_high_effect_ore",
        "agreement.column.break_even_year",
        "agreement.column.probability_of_gain",
    ]);
    let agreement = &worked.agreement;
    let likely = agreement.likely();
    let mut sheet =
        RawTable::new(message!("agreement.sheet.gains"), message!("agreement.about.gains"), &heads, 1);
    let at = |effect: Share| agreement.gains(&Assumed { effect, ..likely });
    let [low, middle, high] = agreement.effect.map(at);
    for side in Side::ALL.into_iter().filter(|side| middle.contains_key(side)) {
        let of = |gains: &std::collections::BTreeMap<Side, Amount>| {
            Cell::Kroner(gains.get(&side).copied().unwrap_or(Amount::ZERO))
        };
        let back = agreement.break_even(side, &likely);
        sheet.row(
            vec![
                Cell::Said(side.said()),
                of(&low),
                of(&middle),
                of(&high),
                back.map_or_else(|| Cell::from("–"), |year| Cell::Count(i64::from(year))),
                Cell::Share((agreement.probability(side, Amount::ZERO) * 1_000_000.0).round() as i64),
            ],
            worked.beneath(),
        );
    }
    sheet.protect()
}

fn swings(worked: &Worked, reader: sheets::Reader) -> SafeTable {
    let heads = heads([
        "column.party",
        "agreement.column.assumption",
        "agreement.column.low",
        "agreement.column.high",
        "agreement.column.present_value_at_low_ore",
        "agreement.column.present_value_at_high_ore",
    ]);
    let mut sheet =
        RawTable::new(message!("agreement.sheet.swings"), message!("agreement.about.swings"), &heads, 4);
    for side in [Side::Municipality, Side::Hospital] {
        for (what, ends, [one, other]) in worked.agreement.swings(side) {
            let [low, high] = shown(what, &ends);
            sheet.row(
                vec![
                    Cell::Said(side.said()),
                    Cell::Said(what.said()),
                    sentence(reader, &low),
                    sentence(reader, &high),
                    Cell::Kroner(one),
                    Cell::Kroner(other),
                ],
                worked.beneath(),
            );
        }
    }
    sheet.protect()
}

/// Both ends of an assumption as text.
fn shown(what: Assumption, ends: &[Assumed; 2]) -> [Message; 2] {
    ends.map(|one| match what {
        Assumption::Effect => Message::plain(one.effect),
        Assumption::Marginal => Message::plain(one.marginal),
        Assumption::Costs => Message::Plain(format!("{} %", one.costs / 100)),
        Assumption::AfterYears => message!("what_if.years", count = one.after_years),
    })
}

pub(super) fn breakeven(worked: &Worked, language: Language) -> String {
    let years: Vec<String> =
        (1..=worked.agreement.years).map(|year| say!(language, "agreement.year", year)).collect();
    let flows = worked.agreement.by_side(&worked.agreement.likely());
    let series: Vec<Series> = flows
        .into_iter()
        .map(|(side, flow)| {
            let mut sum = Amount::ZERO;
            let values = flow.iter().map(|amount| {
                sum += *amount;
                sum.ore() as f64 / 100_000_000.0
            });
            let name = language.say(&side.said());
            Series { name, values: values.collect(), dashed: side == Side::Welfare }
        })
        .collect();
    let (title, unit) = (language.text("agreement.gain_so_far"), language.text("paper.axis_million"));
    chart::breakeven::breakeven(&years, &series, 640, &unit, &title, picture::FONT)
}

/// Tornado picture: present value of a party at both ends of each assumption. `title` is a key.
pub(super) fn tornado(worked: &Worked, side: Side, title: &str, language: Language) -> String {
    let agreement = &worked.agreement;
    let base = agreement.gains(&agreement.likely()).get(&side).copied().unwrap_or(Amount::ZERO);
    let bars: Vec<Swing> = agreement
        .swings(side)
        .into_iter()
        .map(|(what, ends, [one, other])| {
            let [low_label, high_label] = shown(what, &ends).map(|end| language.say(&end));
            let value = |amount: Amount| amount.ore() as f64 / 100_000_000.0;
            let label = language.say(&what.said());
            Swing { label, low: value(one), high: value(other), low_label, high_label }
        })
        .collect();
    let (title, unit) = (language.text(title), language.text("paper.axis_million"));
    chart::tornado::tornado(&bars, base.ore() as f64 / 100_000_000.0, 640, &unit, &title, picture::FONT)
}

/// A proposed clause for the agreement, with amounts.
fn clause(worked: &Worked, language: Language) -> String {
    let agreement = &worked.agreement;
    let sure = agreement.transfers(&Assumed { effect: agreement.effect[0], ..agreement.likely() });
    let likely = agreement.transfers(&agreement.likely());
    let (measure, years) = (&worked.measure.title, agreement.years);
    let text = match (sure.exist(), likely.exist()) {
        (true, _) => clause_within(worked, sure, message!("agreement.also_at_low_effect")),
        (false, true) => clause_within(worked, likely, message!("agreement.not_at_low_effect")),
        (false, false) => {
            let (municipalities, trust) = needs(likely);
            message!("agreement.no_clause", measure, years, municipalities, trust)
        }
    };
    format!("{}\n{}\n", language.text("agreement.proposed_clause"), language.say(&text))
}

/// What the municipalities and the trust need or can give, in that order, when no transfer makes both gain.
fn needs(range: Transfers) -> (Message, Message) {
    let of = |need: Amount| match need > Amount::ZERO {
        true => message!("agreement.needs_at_least", amount = need),
        false => message!("agreement.can_give_at_most", amount = -need),
    };
    (of(range.least), of(-range.most))
}

/// A clause with the transfer in the middle of a range. `basis` states at which effect of the measure neither party
/// loses, as long as the transfer is within the range.
fn clause_within(worked: &Worked, range: Transfers, basis: Message) -> Message {
    let agreement = &worked.agreement;
    let middle = part(range.least + range.most, 1, 2);
    let (trust, municipalities) = (message!("agreement.trust"), message!("agreement.municipalities"));
    let (payer, payee) = match middle >= Amount::ZERO {
        true => (trust, municipalities),
        false => (municipalities, trust),
    };
    let probability = |side, transfer: Amount| (agreement.probability(side, transfer) * 100.0).round();
    message!(
        "agreement.clause",
        measure = worked.measure.title,
        payer,
        amount = Amount::from_ore(middle.ore().abs()),
        payee,
        years = agreement.years,
        basis,
        least = range.least,
        most = range.most,
        of_municipalities = probability(Side::Municipality, middle),
        of_trust = probability(Side::Hospital, -middle)
    )
}

fn summary(worked: &Worked, language: Language) -> String {
    let agreement = &worked.agreement;
    let likely = agreement.likely();
    let whole =
        |millionths: i64| domain::amount::grouped(((millionths + 500_000) / 1_000_000).unsigned_abs());
    let amount = match worked.measure.target.of {
        Of::Contacts => message!("what_if.contacts", count = whole(agreement.avoided.contacts)),
        Of::Days => message!("what_if.days", count = whole(agreement.avoided.days)),
    };
    let mut lines = vec![message!("agreement.takes_away", amount)];
    for (side, gain) in agreement.gains(&likely) {
        let (party, amount, years) = (side.said(), in_millions(gain), agreement.years);
        lines.push(match agreement.break_even(side, &likely) {
            None => message!("agreement.gain", party, amount, years),
            Some(year) => message!("agreement.gain_with_year", party, amount, years, year),
        });
    }
    let within = agreement.by_side(&likely);
    let first: Vec<Message> = within
        .iter()
        .filter_map(|(side, flow)| {
            let amount = flow.first().filter(|amount| **amount < Amount::ZERO)?;
            Some(Message::joined(vec![side.said(), in_millions(*amount)], " "))
        })
        .collect();
    lines.push(match first.is_empty() {
        true => message!("agreement.none_out_within_year"),
        false => message!("agreement.out_within_year", parties = Message::joined(first, "; ")),
    });
    let transfers = agreement.transfers(&likely);
    let (municipalities, trust) = needs(transfers);
    lines.push(match transfers.exist() {
        true => message!("agreement.none_loses_between", least = transfers.least, most = transfers.most),
        false => message!("agreement.no_transfer", municipalities, trust),
    });
    lines.extend(worked.unpriced.iter().cloned());
    if worked.unsigned > 0 {
        lines.push(message!("agreement.unsigned", count = worked.unsigned));
    }
    let lines: String = lines.iter().map(|line| format!("  {}\n", language.say(line))).collect();
    format!("{} ({})\n{lines}", worked.raw.title, worked.raw.id)
}
