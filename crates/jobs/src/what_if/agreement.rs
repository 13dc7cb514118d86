//! Agreements on a measure in some municipalities: who invests and who saves. From one file and the contacts
//! come cash flows, break-even, the transfers with which neither side loses, and a proposed clause.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
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
use simulation::exchange::{Agreement, Assumed, Avoided, Cost, HospitalCost, Side, Visits};
use simulation::scenario::{Wanted, part};

use crate::host::{Host, Scratch};
use crate::intake;
use crate::law::Files;
use crate::progress::Work;
use crate::what_if::simulate_files::millions;

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
struct Worked {
    raw: Raw,
    measure: Measure,
    agreement: Agreement,
    unsigned: usize,
    synthetic: bool,
    digest: String,
}

impl Worked {
    /// Contacts and days that the measure reaches in the municipalities: what every figure of the agreement rests on.
    fn beneath(&self) -> Beneath {
        let avoided = i128::from(self.agreement.avoided.contacts) + i128::from(self.agreement.avoided.days);
        let effect = i128::from(self.agreement.effect[1].basis_points()).max(1);
        let reached = avoided * 10_000 / effect / 1_000_000;
        Beneath::Count(i64::try_from(reached).unwrap_or(i64::MAX))
    }
}

/// Works an agreement out, and writes its files. Returns a Norwegian summary.
///
/// # Errors
/// Fails if the agreement, the measure, the rules or the contacts cannot be read, if no effect is known, if
/// the measure reaches nobody, or if a file cannot be written.
pub fn run(order: &Order, host: &Host) -> Result<String> {
    let text = std::fs::read_to_string(order.file)
        .with_context(|| format!("failed to read {}", order.file.display()))?;
    let raw: Raw = toml::from_str(&text).map_err(|error| {
        let upto = error.span().map_or(0, |span| std::cmp::min(span.start, text.len()));
        let line = text.as_bytes()[..upto].iter().filter(|byte| **byte == b'\n').count() + 1;
        anyhow::anyhow!("{}:{line}: {}", order.file.display(), error.message())
    })?;
    let worked = worked(order, raw, &text, host)?;
    write(order, &worked)?;
    Ok(told(&worked))
}

fn share(text: &str, key: &str) -> Result<Share> {
    percent(text).with_context(|| format!("{key} = '{text}' is not 0–100 per cent"))
}

fn range(raw: &RawRange, key: &str) -> Result<[Share; 3]> {
    let shares = [share(&raw.low, key)?, share(&raw.likely, key)?, share(&raw.high, key)?];
    if !shares.map(Share::basis_points).is_sorted() {
        bail!("{key}: low, likely and high are not in order");
    }
    Ok(shares)
}

fn kroner(kroner: i64, key: &str) -> Result<Amount> {
    let within = (0..=100_000_000_000).contains(&kroner);
    Amount::from_kroner(kroner)
        .filter(|_| within)
        .with_context(|| format!("{key} = {kroner} is out of bounds"))
}

fn worked(order: &Order, raw: Raw, text: &str, host: &Host) -> Result<Worked> {
    let measure = match Measure::built_in(&raw.measure) {
        Some(measure) => measure?,
        None => {
            let path = order.file.with_file_name(&raw.measure);
            let text = std::fs::read_to_string(&path).with_context(|| {
                format!("there is no measure '{}', built in or beside the agreement", raw.measure)
            })?;
            Measure::parse(&raw.measure, &text)?
        }
    };
    for code in &raw.municipalities {
        if !order.people.contains_key(code) {
            bail!("{}: there is no municipality {code} in {}", order.file.display(), order.period);
        }
    }
    let own = measure.effect_on(order.period.from()).map(|row| row.value);
    let effect = match (&raw.effect, own) {
        (Some(given), _) => range(given, "effect")?,
        (None, Some(own)) => {
            let likely = own.likely.with_context(|| {
                format!("no effect of {} was found in any source: give [effect]", measure.id)
            })?;
            [own.low.unwrap_or(likely), likely, own.high.unwrap_or(likely)]
        }
        (None, None) => bail!("no effect of {} holds in {}: give [effect]", measure.id, order.period),
    };
    if raw.years == 0 || raw.years > 40 {
        bail!("years = {} is not 1 to 40", raw.years);
    }
    let delay_months = raw.delay_months.or(own.map(|own| own.delay_months)).unwrap_or(0);
    let (avoided, unsigned, synthetic) = avoided(order, &raw, &measure, effect[1], host)?;
    let people: i64 = raw.municipalities.iter().filter_map(|code| order.people.get(code)).flatten().sum();
    let costs = raw.cost.iter().map(|cost| cost_of(cost, &avoided, people)).collect::<Result<Vec<_>>>()?;
    let hospital = HospitalCost {
        per_point: kroner(raw.hospital.kroner_per_point, "kroner_per_point")?,
        per_day: kroner(raw.hospital.kroner_per_day, "kroner_per_day")?,
        marginal: range(&raw.hospital.marginal, "marginal")?,
        released: share(&raw.hospital.released, "released")?,
        after_years: raw.hospital.after_years,
    };
    let visits = match &raw.gp {
        None => Visits::default(),
        Some(gp) => Visits {
            per_contact: gp.visits_per_contact,
            state: kroner(gp.state_kroner, "state_kroner")?,
            patient: kroner(gp.patient_kroner, "patient_kroner")?,
        },
    };
    let welfare = raw.welfare_kroner_per_avoided_contact.map(|each| kroner(each, "welfare")).transpose()?;
    let discount = raw.discount.as_deref().map_or(Ok(Share::NONE), |text| share(text, "discount"))?;
    let agreement = Agreement {
        avoided,
        effect,
        delay_months,
        costs,
        hospital,
        visits,
        welfare,
        years: raw.years,
        discount,
    };
    Ok(Worked { raw, measure, agreement, unsigned, synthetic, digest: manifest::sha256_text(text) })
}

fn cost_of(raw: &RawCost, avoided: &Avoided, people: i64) -> Result<Cost> {
    let side = Side::from_word(&raw.party)
        .with_context(|| format!("'{}' is no party: {}", raw.party, rulebook::measure::PARTIES.join(", ")))?;
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

/// What goes away in the municipalities in a year: their own contacts, priced before and after the measure.
/// Also the number of unsigned values, and whether the contacts are synthetic.
fn avoided(
    order: &Order,
    raw: &Raw,
    measure: &Measure,
    effect: Share,
    host: &Host,
) -> Result<(Avoided, usize, bool)> {
    let rules: Vec<PathBuf> = raw.rules.iter().map(PathBuf::from).collect();
    let law = Law::of(&Files::read(None, &rules)?.book()?)?;
    let wanted = Wanted { measure: measure.clone(), effect, range: None, own: true };
    let behaviour = Measures::of(std::slice::from_ref(&wanted));
    let needs = Needs::of([&law], order.period).and(&behaviour.needs());
    let scratch = Scratch::under(host.scratch)?;
    let checked = scratch.0.join("checked.parquet");
    let (input, _) = intake::trusted_in(order.contacts, order.mapping, None, &checked, host)?;
    let reader = Reader::open_contacts(&input)?;
    let stage = host.begin(Work::CountCells);
    let all = Municipalities::built_in()?;
    let cells = Cells::count(&reader, &all, order.period, &needs, host.threads, |done, of| {
        stage.at(done as u64, of as u64)
    })?;
    stage.done();
    let (before, after) = (priced(&cells, &law, &AsIs)?.sums, priced(&cells, &law, &behaviour)?.sums);
    let ours = |code: &str| raw.municipalities.iter().any(|one| one == code);
    let mut sums = Sums::default();
    let mut full = Sums::default();
    let places = cells.homes.iter().enumerate().filter(|(_, home)| ours(&home.debtor));
    for (place, _) in places {
        let (then, now) = (before.homes[place], after.homes[place]);
        sums.kmf += then.kmf - now.kmf;
        sums.isf += then.isf - now.isf;
        sums.usk += then.usk - now.usk;
        full.days_millionths += then.days_millionths - now.days_millionths;
    }
    let (contacts, points) = cells.taken_away(&behaviour, &ours);
    if contacts == 0 && full.days_millionths == 0 {
        bail!("the measure reaches nobody in {}: nothing goes away", raw.municipalities.join(", "));
    }
    let avoided = Avoided {
        contacts,
        points_milli: points.milli(),
        kmf: sums.kmf,
        isf: sums.isf,
        usk: sums.usk,
        days: full.days_millionths,
    };
    let unsigned = law.used(order.period).iter().filter(|value| value.is_unsigned()).count();
    Ok((avoided, unsigned, cells.synthetic))
}

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn write(order: &Order, worked: &Worked) -> Result<()> {
    std::fs::create_dir_all(order.out).with_context(|| format!("failed to make {}", order.out.display()))?;
    let put = |name: &str, bytes: &[u8]| {
        let path = order.out.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("failed to write {}", path.display()))
    };
    let all = [flow(worked), gains(worked), swings(worked)];
    for sheet in &all {
        put(
            &format!("{}.csv", sheet.name().to_lowercase().replace('ø', "o")),
            sheets::csv(sheet, false).as_bytes(),
        )?;
    }
    let about = about(order, worked);
    let date = (order.period.to().year(), 12, 31);
    put("avtale.xlsx", &sheets::workbook(&worked.raw.title, &about, &all, date)?)?;
    let draw = |name: &str, svg: String| -> Result<()> {
        put(&format!("{name}.svg"), svg.as_bytes())?;
        put(&format!("{name}.png"), &picture::png(name, &svg)?)
    };
    draw("nullpunkt", breakeven(worked))?;
    for (name, side) in [("folsomhet-kommune", Side::Municipality), ("folsomhet-sykehus", Side::Hospital)] {
        draw(name, tornado(worked, side))?;
    }
    let lines: String = about.iter().map(|(head, text)| format!("{head}: {text}\n")).collect();
    put("avtale.txt", format!("{}\n{lines}\n{}", told(worked), clause(worked)).as_bytes())
}

fn about(order: &Order, worked: &Worked) -> Vec<(String, String)> {
    let agreement = &worked.agreement;
    let [low, likely, high] = agreement.effect;
    let [less, middle, more] = agreement.hospital.marginal;
    let mut out = vec![
        ("Tiltak".to_owned(), worked.measure.title.clone()),
        ("Kommuner".to_owned(), worked.raw.municipalities.join(", ")),
        ("Periode".to_owned(), order.period.to_string()),
        ("Virkning".to_owned(), format!("{likely} av målgruppen, {low} til {high}")),
        (
            "Sykehusets kostnad".to_owned(),
            format!(
                "{} per DRG-poeng; {middle} spares straks ({less} til {more}), {} av resten frigjøres etter {} år",
                agreement.hospital.per_point, agreement.hospital.released, agreement.hospital.after_years
            ),
        ),
        ("Tall i filen".to_owned(), format!("avtalepartenes egne; SHA-256 {}…", &worked.digest[..12])),
        ("Simulering".to_owned(), "Dette er ikke et krav, og kan ikke bokføres.".to_owned()),
    ];
    if worked.synthetic {
        out.push((
            "Syntetisk".to_owned(),
            "Ingen virkelig person står bak. DRG-koder og vekter er oppdiktet.".to_owned(),
        ));
    }
    if worked.unsigned > 0 {
        out.push(("Status".to_owned(), format!("KLADD: {} verdier i reglene er usignerte", worked.unsigned)));
    }
    out
}

fn flow(worked: &Worked) -> SafeTable {
    let mut heads = vec!["part".to_owned(), "post".to_owned()];
    heads.extend((1..=worked.agreement.years).map(|year| format!("år {year}")));
    let about = "Kontantstrøm etter part og år; over null er inn";
    let mut sheet = RawTable::new("Kontantstrøm", about, &heads, 2);
    let likely = worked.agreement.likely();
    let mut lines = worked.agreement.flow(&likely);
    lines.sort_by_key(|line| line.side);
    for line in &lines {
        let mut row = vec![text(line.side.name()), text(&line.what)];
        row.extend(line.years.iter().map(|(fixed, follows)| Cell::Kroner(*fixed + *follows)));
        sheet.row(row, worked.beneath());
    }
    for (side, years) in worked.agreement.by_side(&likely) {
        let mut row = vec![text(side.name()), text("sum")];
        row.extend(years.iter().map(|amount| Cell::Kroner(*amount)));
        sheet.row(row, worked.beneath());
    }
    sheet.protect()
}

fn gains(worked: &Worked) -> SafeTable {
    let heads = [
        "part",
        "nåverdi, lav virkning",
        "nåverdi, ventet",
        "nåverdi, høy virkning",
        "pengene tilbake i år",
        "sannsynlighet for gevinst",
    ];
    let agreement = &worked.agreement;
    let likely = agreement.likely();
    let mut sheet = RawTable::new("Gevinster", "Nåverdi for hver part over avtalens år", &heads, 1);
    let at = |effect: Share| agreement.gains(&Assumed { effect, ..likely });
    let [low, middle, high] = agreement.effect.map(at);
    for side in Side::ALL.into_iter().filter(|side| middle.contains_key(side)) {
        let of = |gains: &std::collections::BTreeMap<Side, Amount>| {
            Cell::Kroner(gains.get(&side).copied().unwrap_or(Amount::ZERO))
        };
        let back = agreement.break_even(side, &likely);
        sheet.row(
            vec![
                text(side.name()),
                of(&low),
                of(&middle),
                of(&high),
                back.map_or_else(|| text("–"), |year| Cell::Count(i64::from(year))),
                Cell::Share((agreement.probability(side, Amount::ZERO) * 1_000_000.0).round() as i64),
            ],
            worked.beneath(),
        );
    }
    sheet.protect()
}

fn swings(worked: &Worked) -> SafeTable {
    let heads = ["part", "forutsetning", "lav", "høy", "nåverdi ved lav", "nåverdi ved høy"];
    let mut sheet = RawTable::new("Følsomhet", "Nåverdien når én forutsetning om gangen endres", &heads, 4);
    for side in [Side::Municipality, Side::Hospital] {
        for (what, ends, [one, other]) in worked.agreement.swings(side) {
            let [low, high] = shown(what, &ends);
            sheet.row(
                vec![
                    text(side.name()),
                    text(what),
                    text(low),
                    text(high),
                    Cell::Kroner(one),
                    Cell::Kroner(other),
                ],
                worked.beneath(),
            );
        }
    }
    sheet.protect()
}

/// The two ends of an assumption, in Norwegian.
fn shown(what: &str, ends: &[Assumed; 2]) -> [String; 2] {
    ends.map(|one| match what {
        "virkning" => one.effect.to_string(),
        "kostnad som spares straks" => one.marginal.to_string(),
        "avtalens kostnader" => format!("{} %", one.costs / 100),
        _ => format!("{} år", one.after_years),
    })
}

fn breakeven(worked: &Worked) -> String {
    let years: Vec<String> = (1..=worked.agreement.years).map(|year| format!("år {year}")).collect();
    let flows = worked.agreement.by_side(&worked.agreement.likely());
    let series: Vec<Series> = flows
        .into_iter()
        .map(|(side, flow)| {
            let mut sum = Amount::ZERO;
            let values = flow.iter().map(|amount| {
                sum += *amount;
                sum.ore() as f64 / 100_000_000.0
            });
            Series { name: side.name().to_owned(), values: values.collect(), dashed: side == Side::Welfare }
        })
        .collect();
    let title = "Samlet gevinst for hver part, år for år";
    chart::breakeven::breakeven(&years, &series, 640, "mill. kr", title, picture::FONT)
}

fn tornado(worked: &Worked, side: Side) -> String {
    let agreement = &worked.agreement;
    let base = agreement.gains(&agreement.likely()).get(&side).copied().unwrap_or(Amount::ZERO);
    let bars: Vec<Swing> = agreement
        .swings(side)
        .into_iter()
        .map(|(what, ends, [one, other])| {
            let [low_label, high_label] = shown(what, &ends);
            let value = |amount: Amount| amount.ore() as f64 / 100_000_000.0;
            Swing { label: what.to_owned(), low: value(one), high: value(other), low_label, high_label }
        })
        .collect();
    let title = format!("Hva nåverdien for {} avhenger av", side.name().to_lowercase());
    chart::tornado::tornado(&bars, base.ore() as f64 / 100_000_000.0, 640, "mill. kr", &title, picture::FONT)
}

/// A proposed clause for the agreement, in Norwegian, with amounts.
fn clause(worked: &Worked) -> String {
    let agreement = &worked.agreement;
    let sure = agreement.transfers(&Assumed { effect: agreement.effect[0], ..agreement.likely() });
    let likely = agreement.transfers(&agreement.likely());
    let (range, basis) = match (sure.exist(), likely.exist()) {
        (true, _) => (sure, "også ved lav virkning"),
        (false, true) => (likely, "ved ventet virkning, men ikke ved lav"),
        (false, false) => {
            return format!(
                "Forslag til avtaletekst\nPartene har regnet på {} over {} år. Ingen overføring gjør at begge vinner: kommunene trenger minst {} i året, sykehuset kan gi høyst {}. Tiltaket må ha en tredje betaler, lavere kostnad eller flere år.\n",
                worked.measure.title, agreement.years, likely.least, likely.most
            );
        }
    };
    let middle = part(range.least + range.most, 1, 2);
    let (from, to) = match middle >= Amount::ZERO {
        true => ("helseforetaket", "kommunene"),
        false => ("kommunene", "helseforetaket"),
    };
    let probability = |side, transfer: Amount| (agreement.probability(side, transfer) * 100.0).round();
    format!(
        "Forslag til avtaletekst\nFor {} betaler {from} {} i året til {to} i {} år, regulert etter faktisk virkning hvert år. Ingen av partene taper ({basis}) så lenge overføringen til kommunene ligger mellom {} og {} i året. Med denne overføringen vinner kommunene med sannsynlighet {} %, helseforetaket med {} %. Bidrag i naturalia (bygg, utstyr) trekkes fra til avtalt verdi. Varsel om oppsigelse: ett år.\n",
        worked.measure.title,
        Amount::from_ore(middle.ore().abs()),
        agreement.years,
        range.least,
        range.most,
        probability(Side::Municipality, middle),
        probability(Side::Hospital, -middle),
    )
}

fn told(worked: &Worked) -> String {
    let agreement = &worked.agreement;
    let likely = agreement.likely();
    let avoided = &agreement.avoided;
    let of = match worked.measure.target.of {
        Of::Contacts => format!(
            "{} kontakter",
            domain::amount::grouped(((avoided.contacts + 500_000) / 1_000_000).unsigned_abs())
        ),
        Of::Days => {
            format!("{} døgn", domain::amount::grouped(((avoided.days + 500_000) / 1_000_000).unsigned_abs()))
        }
    };
    let mut out =
        format!("{} ({})\n  Tar bort {of} i året ved ventet virkning\n", worked.raw.title, worked.raw.id);
    for (side, gain) in agreement.gains(&likely) {
        let back = agreement.break_even(side, &likely);
        let back = back.map_or_else(String::new, |year| format!(", pengene tilbake i år {year}"));
        out.push_str(&format!("  {}: {} over {} år{back}\n", side.name(), millions(gain), agreement.years));
    }
    let within = agreement.by_side(&likely);
    let first: Vec<String> = within
        .iter()
        .filter_map(|(side, flow)| {
            flow.first().filter(|a| **a < Amount::ZERO).map(|a| format!("{} {}", side.name(), millions(*a)))
        })
        .collect();
    match first.is_empty() {
        true => out.push_str("  Innen budsjettåret: ingen part går i minus\n"),
        false => out.push_str(&format!("  Innen budsjettåret går det ikke opp for: {}\n", first.join("; "))),
    }
    let transfers = agreement.transfers(&likely);
    out.push_str(&match transfers.exist() {
        true => format!(
            "  Ingen taper når overføringen til kommunene er mellom {} og {} i året\n",
            transfers.least, transfers.most
        ),
        false => format!(
            "  Ingen overføring gjør at begge vinner: kommunene trenger {}, sykehuset kan gi {} i året\n",
            transfers.least, transfers.most
        ),
    });
    if worked.unsigned > 0 {
        out.push_str(&format!("  UTKAST: {} verdier i reglene er usignerte\n", worked.unsigned));
    }
    out
}
