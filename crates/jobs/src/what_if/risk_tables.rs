//! The tables of the risk picture.

use disclosure::{Beneath, Cell, RawTable, SafeTable};
use paper::sheets::Reader;
use simulation::risk::Distribution;
use words::{Message, Said, message};

use crate::parties::Names;
use crate::what_if::risk::{Order, Picture, SPANS};
use crate::what_if::{head, heads, sentence};

fn share(value: f64) -> Cell {
    Cell::Share((value * 1_000_000.0).round() as i64)
}

fn kroner(value: f64) -> Cell {
    Cell::Kroner(domain::Amount::from_ore((value * 100.0).round() as i64))
}

/// Declares the published sums of municipalities: the sum of each pool, and the sum of the country.
fn published_sums(sheet: &mut RawTable, picture: &Picture) {
    picture.pools.iter().for_each(|pool| sheet.total(pool.members.clone()));
    sheet.total((0..picture.lines.len()).collect());
}

/// Every table of the risk picture, for a reader.
pub fn all(picture: &Picture, order: &Order, names: &Names, reader: Reader) -> [SafeTable; 5] {
    [
        risk(picture, order, names),
        on_account(picture, names, reader),
        several_years(picture, names, reader),
        pools(picture, reader),
        security(picture, names, reader),
    ]
}

fn risk_heads(order: &Order) -> Vec<Message> {
    let mut all = heads([
        "column.municipality",
        "column.name",
        "column.people",
        "risk.column.persons_with_cost",
        "risk.column.observed_ore",
        "risk.column.expected_ore",
        "risk.column.spread_ore",
        "risk.column.year_1_in_10_ore",
        "risk.column.year_1_in_100_ore",
        "risk.column.var_95_ore",
        "risk.column.tvar_95_ore",
        "risk.column.expected_per_inhabitant_ore",
        "risk.column.over_expected_1_in_100_share_of_free_income",
        "risk.column.relative_spread_alone",
        "risk.column.relative_spread_area",
        "risk.column.relative_spread_region",
        "risk.column.relative_spread_own_pool",
        "risk.column.dear_patient_ore",
        "risk.column.dear_patient_share_of_expected",
    ]);
    if order.cap.is_some() {
        all.extend(heads(["risk.column.mean_above_cap_ore"]));
    }
    all
}

/// Table of the risk, with one row for each municipality.
pub fn risk(picture: &Picture, order: &Order, names: &Names) -> SafeTable {
    let (name, about) = (message!("risk.sheet.risk"), message!("risk.about.risk"));
    let mut sheet = RawTable::new(name, about, &risk_heads(order), 3);
    let dear = picture.severity.quantile(0.999);
    for line in &picture.lines {
        let (mean, all) = (line.alone.mean(), &line.alone);
        let free = order.free_income.of(&line.code).map(|free| free.ore() as f64 / 100.0);
        let one_dear = dear * line.factor;
        let mut row = vec![
            Cell::Text(line.code.clone()),
            Cell::Text(names.name(&line.code)),
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

/// Income security of the party that is paid, if the share `mix` of its income follows activity and the rest is a block
/// grant. Returns how far the income of the 1-in-10 year falls below the expected income, and the mean yearly cost of a
/// guarantee at each of `FLOORS`.
pub fn income(all: &Distribution, mix: f64) -> (f64, [f64; 2]) {
    let mean = all.mean();
    // Income is (1 − mix) × mean + mix × cost. The income is below the floor if the cost is below the argument of
    // `below`.
    let guarantee = |floor: f64| all.below(mean * (floor - (1.0 - mix)) / mix) * mix;
    ((mean - all.quantile(0.1)) * mix, FLOORS.map(guarantee))
}

/// Settling up of an amount on account that equals the mean cost. A year is settled up only if the cost is outside the
/// mean ± `band`, a share of the mean. Returns the share of years that are settled up, the mean amount to settle up,
/// and the bill of the 1-in-100 year.
pub fn settled_up(all: &Distribution, band: f64) -> (f64, [f64; 2]) {
    let (low, high) = (all.mean() * (1.0 - band), all.mean() * (1.0 + band));
    let bill = (all.quantile(0.99) - high).max(0.0);
    (all.outside(low, high), [all.above(high) + all.below(low), bill])
}

/// Table of the income security (`inntektstrygghet`) of the party that is paid, for each mix of block grant
/// and activity: how far a bad year falls below the expected one, and what a guarantee costs the guarantor.
fn security(picture: &Picture, names: &Names, reader: Reader) -> SafeTable {
    let mut all = heads(["column.municipality", "column.name", "risk.column.expected_ore"]);
    for mix in MIXES {
        let share = (mix * 100.0) as i64;
        let short = message!("risk.column.activity_short", share);
        all.push(head(reader, format!("activity_{share}_short_1_in_10_ore"), short));
        all.extend(FLOORS.map(|floor| {
            let floor = (floor * 100.0).round() as i64;
            let costs = message!("risk.column.activity_guarantee", share, floor);
            head(reader, format!("activity_{share}_guarantee_{floor}_ore"), costs)
        }));
    }
    let (name, about) = (message!("risk.sheet.security"), message!("risk.about.security"));
    let mut sheet = RawTable::new(name, about, &all, 2);
    for line in &picture.lines {
        let (all, mean) = (&line.alone, line.alone.mean());
        let mut row = vec![Cell::Text(line.code.clone()), Cell::Text(names.name(&line.code)), kroner(mean)];
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

/// Bands about an amount on account, as shares of the amount.
pub const BANDS: [f64; 4] = [0.0, 0.02, 0.05, 0.10];

/// Table of amounts on account with a band, for the payer: how often a year is settled up afterwards, and
/// with what amount. Within the band nothing is settled up; outside it, only the part outside.
fn on_account(picture: &Picture, names: &Names, reader: Reader) -> SafeTable {
    let mut all = heads(["column.municipality", "column.name", "risk.column.on_account_expected_ore"]);
    for band in BANDS {
        let band = (band * 100.0).round() as i64;
        let settled = message!("risk.column.band_settled", band);
        let mean = message!("risk.column.band_mean", band);
        let bill = message!("risk.column.band_bill", band);
        all.push(head(reader, format!("band_{band}_years_settled_up"), settled));
        all.push(head(reader, format!("band_{band}_mean_to_settle_up_ore"), mean));
        all.push(head(reader, format!("band_{band}_bill_1_in_100_ore"), bill));
    }
    let (name, about) = (message!("risk.sheet.on_account"), message!("risk.about.on_account"));
    let mut sheet = RawTable::new(name, about, &all, 2);
    for line in &picture.lines {
        let (all, mean) = (&line.alone, line.alone.mean());
        let name = names.name(&line.code);
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

/// Table of how costs even out over several years: first and ninth decile of the mean yearly cost, over one year and
/// over each number of years in [`SPANS`].
fn several_years(picture: &Picture, names: &Names, reader: Reader) -> SafeTable {
    let mut all = heads([
        "column.municipality",
        "column.name",
        "risk.column.expected_ore",
        "risk.column.years_1_low_ore",
        "risk.column.years_1_high_ore",
    ]);
    for years in SPANS {
        let (low, high) =
            (message!("risk.column.years_low", years), message!("risk.column.years_high", years));
        all.push(head(reader, format!("years_{years}_low_ore"), low));
        all.push(head(reader, format!("years_{years}_high_ore"), high));
    }
    let (name, about) = (message!("risk.sheet.several_years"), message!("risk.about.several_years"));
    let mut sheet = RawTable::new(name, about, &all, 2);
    for line in &picture.lines {
        let name = names.name(&line.code);
        let mut row = vec![Cell::Text(line.code.clone()), Cell::Text(name), kroner(line.alone.mean())];
        for all in std::iter::once(&line.alone).chain(&line.several) {
            row.extend([kroner(all.quantile(0.1)), kroner(all.quantile(0.9))]);
        }
        sheet.row(row, Beneath::Count(line.seen.persons as i64));
    }
    published_sums(&mut sheet, picture);
    sheet.protect()
}

/// Table of the gain from bearing costs together: how far a 1-in-100 year lies above the expected one, as a sum over
/// the members if each bears its own costs, and for the members together.
fn pools(picture: &Picture, reader: Reader) -> SafeTable {
    let heads = heads([
        "risk.column.pool",
        "column.name",
        "risk.column.municipalities",
        "risk.column.expected_ore",
        "risk.column.over_expected_1_in_100_alone_ore",
        "risk.column.over_expected_1_in_100_together_ore",
        "risk.column.relative_spread_together",
    ]);
    let mut sheet = RawTable::new(message!("risk.sheet.pools"), message!("risk.about.pools"), &heads, 3);
    for pool in &picture.pools {
        let over = |all: &Distribution| all.quantile(0.99) - all.mean();
        let single: f64 = pool.members.iter().map(|place| over(&picture.lines[*place].alone)).sum();
        let (all, mean) = (&pool.together, pool.together.mean());
        let row = vec![
            Cell::Said(pool.kind.said()),
            sentence(reader, &pool.name),
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
