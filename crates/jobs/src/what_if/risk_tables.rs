//! The tables of the risk picture.

use std::collections::BTreeMap;

use disclosure::{Beneath, Cell, RawTable, SafeTable};
use simulation::risk::Distribution;

use crate::settlement::statement::name_of;
use crate::what_if::risk::{Order, Picture, SPANS};

fn share(value: f64) -> Cell {
    Cell::Share((value * 1_000_000.0).round() as i64)
}

fn kroner(value: f64) -> Cell {
    Cell::Kroner(domain::Amount::from_ore((value * 100.0).round() as i64))
}

/// The sums of municipalities that are published: of each pool, and of the country.
fn published_sums(sheet: &mut RawTable, picture: &Picture) {
    picture.pools.iter().for_each(|pool| sheet.total(pool.members.clone()));
    sheet.total((0..picture.lines.len()).collect());
}

/// Table of the risk, with one row for each municipality.
pub fn table(picture: &Picture, order: &Order, names: &BTreeMap<String, String>) -> SafeTable {
    let mut heads = vec![
        "kommune",
        "navn",
        "innbyggere",
        "personer med kostnad",
        "sett, kr",
        "ventet, kr",
        "spredning, kr",
        "1 av 10 år, kr",
        "1 av 100 år, kr",
        "VaR 95 %, kr",
        "TVaR 95 %, kr",
        "ventet, kr per innbygger",
        "1 av 100 år over ventet, % av frie inntekter",
        "relativ spredning alene",
        "i området",
        "i regionen",
        "i eget samarbeid",
        "en dyr pasient (1 av 1000), kr",
        "en dyr pasient, % av ventet",
    ];
    if order.cap.is_some() {
        heads.push("over taket, kr i snitt");
    }
    let about = "Fordelingen av neste års kostnad under faste regler, regnet ut og ikke trukket; usikkerhet om raten er med";
    let mut sheet = RawTable::new("Risiko", about, &heads, 3);
    let dear = picture.severity.quantile(0.999);
    for line in &picture.lines {
        let (mean, all) = (line.alone.mean(), &line.alone);
        let free = order.free_income.get(&line.code).map(|(free, _)| free.ore() as f64 / 100.0);
        let one_dear = dear * line.fitted.factor;
        let mut row = vec![
            Cell::Text(line.code.clone()),
            Cell::Text(name_of(&line.code, names)),
            Cell::Count(line.people),
            Cell::Count(line.seen.persons as i64),
            kroner(line.seen.cost),
            kroner(mean),
            kroner(all.spread()),
            kroner(all.quantile(0.9)),
            kroner(all.quantile(0.99)),
            kroner(all.quantile(0.95)),
            kroner(all.tail(0.95)),
            if line.people > 0 { kroner(mean / line.people as f64) } else { Cell::Unknown },
            free.map_or(Cell::Unknown, |free| share((all.quantile(0.99) - mean) / free.max(1.0))),
            share(all.spread() / mean.max(1.0)),
        ];
        row.extend(line.pooled.map(|spread| spread.map_or(Cell::Unknown, share)));
        row.extend([kroner(one_dear), share(one_dear / mean.max(1.0))]);
        if let Some(cap) = order.cap {
            row.push(kroner(all.above(cap as f64 * line.people as f64)));
        }
        sheet.row(row, Beneath::Count(line.seen.persons as i64));
    }
    published_sums(&mut sheet, picture);
    sheet.protect()
}

/// Shares of an income that follow activity. The rest is a block grant.
const MIXES: [f64; 4] = [1.0, 0.75, 0.5, 0.25];
/// Floors of an income guarantee, as shares of the expected income.
const FLOORS: [f64; 2] = [0.90, 0.95];

/// Income security of the party that is paid, if the share `mix` of its income follows activity and the rest
/// is a block grant. Returns how far the income of one year in ten falls below the expected income, and the
/// mean yearly cost of a guarantee at each of `FLOORS`.
pub fn income(all: &Distribution, mix: f64) -> (f64, [f64; 2]) {
    let mean = all.mean();
    // Income is (1 − mix) × mean + mix × cost. It is below the floor if the cost is below this amount.
    let guarantee = |floor: f64| all.below(mean * (floor - (1.0 - mix)) / mix) * mix;
    ((mean - all.quantile(0.1)) * mix, FLOORS.map(guarantee))
}

/// Settling up of an amount on account, with a band from `−band` to `+band` about it. Returns the share of
/// years that are settled up; and the mean amount to settle up, and the bill of one year in a hundred.
pub fn settled_up(all: &Distribution, band: f64) -> (f64, [f64; 2]) {
    let (low, high) = (all.mean() * (1.0 - band), all.mean() * (1.0 + band));
    let bill = (all.quantile(0.99) - high).max(0.0);
    (all.outside(low, high), [all.above(high) + all.below(low), bill])
}

/// Table of the income security (`inntektstrygghet`) of the party that is paid, for each mix of block grant
/// and activity: how far a bad year falls below the expected one, and what a guarantee costs the guarantor.
pub fn security(picture: &Picture, names: &BTreeMap<String, String>) -> SafeTable {
    let mut heads = vec!["kommune".to_owned(), "navn".to_owned(), "ventet, kr".to_owned()];
    for mix in MIXES {
        let share = (mix * 100.0) as i64;
        heads.push(format!("{share} % aktivitet: 1 av 10 år under ventet, kr"));
        heads.extend(FLOORS.map(|floor| {
            format!("{share} % aktivitet: garanti {} % koster, kr", (floor * 100.0).round() as i64)
        }));
    }
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let about =
        "Inntektstrygghet: hva den som får pengene, kan regne med, og hva en garanti koster i snitt per år";
    let mut sheet = RawTable::new("Inntektstrygghet", about, &heads, 2);
    for line in &picture.lines {
        let (all, mean) = (&line.alone, line.alone.mean());
        let mut row =
            vec![Cell::Text(line.code.clone()), Cell::Text(name_of(&line.code, names)), kroner(mean)];
        for mix in MIXES {
            let (short, guarantees) = income(all, mix);
            row.push(kroner(short));
            row.extend(guarantees.map(kroner));
        }
        sheet.row(row, Beneath::Count(line.seen.persons as i64));
    }
    published_sums(&mut sheet, picture);
    sheet.protect()
}

/// Bands about an amount on account, as shares of it.
pub const BANDS: [f64; 4] = [0.0, 0.02, 0.05, 0.10];

/// Table of amounts on account with a band, for the payer: how often a year is settled up afterwards, and
/// with what amount. Within the band nothing is settled up; outside it, only the part outside.
pub fn on_account(picture: &Picture, names: &BTreeMap<String, String>) -> SafeTable {
    let mut heads = vec!["kommune".to_owned(), "navn".to_owned(), "a konto (ventet), kr".to_owned()];
    for band in BANDS {
        let band = (band * 100.0).round() as i64;
        heads.push(format!("bånd {band} %: år som gjøres opp, %"));
        heads.push(format!("bånd {band} %: i snitt å gjøre opp, kr"));
        heads.push(format!("bånd {band} %: etterregning 1 av 100 år, kr"));
    }
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let about = "A konto: kommunen betaler det ventede, og det som faller utenfor båndet, gjøres opp etterpå";
    let mut sheet = RawTable::new("A konto", about, &heads, 2);
    for line in &picture.lines {
        let (all, mean) = (&line.alone, line.alone.mean());
        let name = name_of(&line.code, names);
        let mut row = vec![Cell::Text(line.code.clone()), Cell::Text(name), kroner(mean)];
        for band in BANDS {
            let (years, amounts) = settled_up(all, band);
            row.push(share(years));
            row.extend(amounts.map(kroner));
        }
        sheet.row(row, Beneath::Count(line.seen.persons as i64));
    }
    published_sums(&mut sheet, picture);
    sheet.protect()
}

/// Table of what evens out over several years: the limits below and above which the mean of a span of years
/// falls one time in ten.
pub fn several_years(picture: &Picture, names: &BTreeMap<String, String>) -> SafeTable {
    let mut heads = vec!["kommune".to_owned(), "navn".to_owned(), "ventet, kr".to_owned()];
    for years in std::iter::once(1).chain(SPANS) {
        let span = if years == 1 { "ett år".to_owned() } else { format!("snitt av {years} år") };
        heads.push(format!("{span}: 1 av 10 under, kr"));
        heads.push(format!("{span}: 1 av 10 over, kr"));
    }
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let about =
        "Snittet av flere år: tilfeldighetene jevner seg ut, usikkerheten om kommunens rate gjør det ikke";
    let mut sheet = RawTable::new("Flere år", about, &heads, 2);
    for line in &picture.lines {
        let name = name_of(&line.code, names);
        let mut row = vec![Cell::Text(line.code.clone()), Cell::Text(name), kroner(line.alone.mean())];
        for all in std::iter::once(&line.alone).chain(&line.several) {
            row.extend([kroner(all.quantile(0.1)), kroner(all.quantile(0.9))]);
        }
        sheet.row(row, Beneath::Count(line.seen.persons as i64));
    }
    published_sums(&mut sheet, picture);
    sheet.protect()
}

/// Table of what it is worth to bear costs together: how far a 1-in-100 year lies above the expected one, for
/// the members one by one and together.
pub fn pools(picture: &Picture) -> SafeTable {
    let heads = [
        "samarbeid",
        "navn",
        "kommuner",
        "ventet, kr",
        "1 av 100 år over ventet, hver for seg, kr",
        "1 av 100 år over ventet, sammen, kr",
        "relativ spredning sammen",
    ];
    let about = "Hva det gjør å bære kostnadene sammen; «hver for seg» er summen av det hver kommune måtte ta høyde for";
    let mut sheet = RawTable::new("Samarbeid", about, &heads, 3);
    for pool in &picture.pools {
        let over = |all: &Distribution| all.quantile(0.99) - all.mean();
        let single: f64 = pool.members.iter().map(|place| over(&picture.lines[*place].alone)).sum();
        let (all, mean) = (&pool.together, pool.together.mean());
        let row = vec![
            Cell::Text(pool.kind.to_owned()),
            Cell::Text(pool.name.clone()),
            Cell::Count(pool.members.len() as i64),
            kroner(mean),
            kroner(single),
            kroner(over(all)),
            share(all.spread() / mean.max(1.0)),
        ];
        let persons: f64 = pool.members.iter().map(|place| picture.lines[*place].seen.persons).sum();
        sheet.row(row, Beneath::Count(persons as i64));
    }
    sheet.protect()
}
