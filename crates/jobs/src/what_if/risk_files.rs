//! Files of the risk picture: tables, a workbook, and briefs and pictures of the country and of single
//! municipalities.

use std::path::Path;

use anyhow::{Context, Result, bail};
use chart::fan::FanPoint;
use chart::histogram::{Bin, Mark};
use chart::range::Group;
use domain::amount::grouped;
use paper::brief::{self, BriefFigure};
use paper::{picture, sheets};
use simulation::consequence::SIZES;
use simulation::risk::Distribution;

use crate::folder;
use crate::what_if::risk::{Line, Order, Picture, SPANS};
use crate::what_if::risk_brief::Subject;
use crate::what_if::risk_tables::{on_account, pools, security, several_years, table};

/// Writes the files of the risk picture. Each municipality in `asked` gets a brief and pictures of its own.
/// Returns a summary of a few lines, and a Norwegian sentence on what was written.
///
/// # Errors
/// Fails if a file cannot be written, or if a municipality in `asked` does not exist.
pub fn write(found: &Picture, order: &Order, asked: &[String], out: &Path) -> Result<(String, String)> {
    folder::made(out, "risiko.xlsx", |name| name.starts_with("notat-") && folder::ends_as(name, &["pdf"]))?;
    let put = |name: &str, bytes: &[u8]| {
        let path = out.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("failed to write {}", path.display()))
    };
    let names = crate::settlement::statement::names(&domain::Municipalities::built_in()?);
    let about = about(found, order);
    let lines: String = about.iter().map(|(head, text)| format!("{head}: {text}\n")).collect();
    let sheets = [
        table(found, order, &names),
        on_account(found, &names),
        several_years(found, &names),
        pools(found),
        security(found, &names),
    ];
    for sheet in &sheets {
        let stem = sheet.name().to_lowercase().replace(' ', "-").replace('å', "a");
        put(&format!("{stem}.csv"), sheets::csv(sheet, false).as_bytes())?;
        put(&format!("{stem}.txt"), format!("{}\n{lines}", sheet.about()).as_bytes())?;
    }
    let date = (order.period.to().year(), 12, 31);
    put("risiko.xlsx", &sheets::workbook("Risikobilde", &about, &sheets, date)?)?;
    let draw = |name: &str, figure: &BriefFigure| -> Result<()> {
        put(&format!("{name}.svg"), figure.svg.as_bytes())?;
        put(&format!("{name}.png"), &picture::png(name, &figure.svg)?)
    };
    let subject = Subject { found, order, about: &about };
    let figures = [of_free_income(found, order), extent(found)];
    draw("andel-av-frie-inntekter", &figures[0])?;
    draw("omfang", &figures[1])?;
    put("notat.pdf", &brief::pdf(&subject.country(figures.into()))?)?;
    for code in asked {
        let Some(line) = found.lines.iter().find(|line| line.code == *code) else {
            bail!("there is no municipality {code} in {}", order.period)
        };
        let name = crate::settlement::statement::name_of(code, &names);
        let figures = [histogram(line, &name), fan(line, &name)];
        draw(&format!("fordeling-{code}"), &figures[0])?;
        draw(&format!("vifte-{code}"), &figures[1])?;
        let brief = subject.municipality(line, &name, figures.into());
        put(&format!("notat-{code}.pdf"), &brief::pdf(&brief)?)?;
    }
    Ok((told(found), format!("{} kommuner i {}", found.lines.len(), out.display())))
}

fn about(found: &Picture, order: &Order) -> Vec<(String, String)> {
    let rules = if found.titles.is_empty() { "Loven".to_owned() } else { found.titles.join("; ") };
    let mut out = vec![
        ("Regler".to_owned(), rules),
        ("Periode".to_owned(), order.period.to_string()),
        ("Data".to_owned(), format!("{}, SHA-256 {}…", found.vintage.0, &found.vintage.1[..12])),
        ("Trekning".to_owned(), "Ingenting er trukket: fordelingene er regnet ut".to_owned()),
        ("Grunnlag".to_owned(), format!(
            "{} personer med kostnad i ett år. Kommunens egen rate trekkes mot det innbyggernes alder tilsier, mer jo færre den har",
            grouped(found.persons as u64)
        )),
        ("Ikke med".to_owned(), "Endringer som rammer alle kommuner i samme år, som en epidemi eller nye satser: ett år viser dem ikke".to_owned()),
    ];
    if found.synthetic {
        out.push(("Syntetisk".to_owned(), "Ingen virkelig person står bak".to_owned()));
    }
    let status = match found.unsigned {
        0 => "Alle verdier er signert".to_owned(),
        count => format!("KLADD: {count} verdier i reglene er usignerte"),
    };
    out.push(("Status".to_owned(), status));
    if order.free_income.values().any(|(_, marked)| *marked) {
        out.push((
            "Frie inntekter".to_owned(),
            "Lysbildenes nivå per innbygger, ikke kommunens egne tall".to_owned(),
        ));
    }
    out
}

fn of_size(found: &Picture, value: impl Fn(&Line) -> Option<f64>) -> Vec<Group> {
    let mut above = i64::MAX;
    let mut out = Vec::new();
    for (label, _, from) in SIZES {
        let inside = |line: &&Line| line.people >= from && line.people < above;
        let mut dots: Vec<f64> = found.lines.iter().filter(inside).filter_map(&value).collect();
        above = from;
        dots.sort_by(f64::total_cmp);
        let at =
            |tenth: usize| dots.get(dots.len().saturating_sub(1) * tenth / 10).copied().unwrap_or(f64::NAN);
        out.push(Group { label: format!("{label} innb."), low: at(1), middle: at(5), high: at(9), dots });
    }
    out
}

/// The slides' first picture: how far a bad year goes above the expected one, relative to free income, by
/// size of municipality.
fn of_free_income(found: &Picture, order: &Order) -> BriefFigure {
    let groups = of_size(found, |line| {
        let free = order.free_income.get(&line.code)?.0.ore() as f64 / 100.0;
        (free > 0.0).then(|| (line.alone.quantile(0.99) - line.alone.mean()) * 100.0 / free)
    });
    let title = "Hvor langt et 1-av-100-år går over det ventede, andel av frie inntekter";
    let svg = chart::range::range(&groups, 640, "% av frie inntekter", title, picture::FONT);
    ranged(title, &groups, " %", svg)
}

/// The slides' second picture: the expected cost in kroner per inhabitant, by size of municipality.
fn extent(found: &Picture) -> BriefFigure {
    let groups = of_size(found, |line| (line.people > 0).then(|| line.alone.mean() / line.people as f64));
    let title = "Omfanget av ordningen: ventet kostnad per innbygger";
    let svg = chart::range::range(&groups, 640, "kr per innbygger", title, picture::FONT);
    ranged(title, &groups, " kr", svg)
}

fn ranged(title: &str, groups: &[Group], unit: &str, svg: String) -> BriefFigure {
    let told = groups.iter().map(|group| {
        let Group { label, low, middle, high, .. } = group;
        format!("{label}: midterste {middle:.1}{unit}, åtte av ti fra {low:.1} til {high:.1}")
            .replace('.', ",")
    });
    let told: Vec<String> = told.collect();
    BriefFigure { heading: title.to_owned(), alt: format!("{title}. {}", told.join("; ")), svg }
}

/// The unit that a municipality's costs are drawn in: kroner in one unit, and its name.
fn unit_of(line: &Line) -> (f64, &'static str) {
    match line.alone.quantile(0.999) {
        2_000_000.0.. => (1_000_000.0, "mill. kr"),
        _ => (1_000.0, "1 000 kr"),
    }
}

/// Picture of the mean yearly cost over one year and several: chance evens out, the uncertainty of the rate
/// does not.
fn fan(line: &Line, name: &str) -> BriefFigure {
    let (by, unit) = unit_of(line);
    let spans = std::iter::once(1).chain(SPANS).zip(std::iter::once(&line.alone).chain(&line.several));
    let point = |(years, all): (u16, &Distribution)| {
        let [p10, p25, p50, p75, p90] = [0.1, 0.25, 0.5, 0.75, 0.9].map(|level| all.quantile(level) / by);
        let actual = (years == 1).then_some(line.seen.cost / by);
        FanPoint { label: format!("{years} år"), p10, p25, p50, p75, p90, actual }
    };
    let points: Vec<FanPoint> = spans.map(point).collect();
    let title = format!("Kostnaden per år i snitt over flere år, {name}; prikken er året som er sett");
    let told = points.iter().map(|point| {
        format!("{}: åtte av ti fra {:.1} til {:.1}", point.label, point.p10, point.p90).replace('.', ",")
    });
    let told: Vec<String> = told.collect();
    let alt = format!("{title}, i {unit}. {}", told.join("; "));
    let svg = chart::fan::fan(&points, 640, unit, &title, picture::FONT);
    BriefFigure { heading: title, alt, svg }
}

/// Picture of next year's cost in about forty bins, without the lowest and the highest thousandth.
fn histogram(line: &Line, name: &str) -> BriefFigure {
    let all: &Distribution = &line.alone;
    let (low, high) = (all.quantile(0.001), all.quantile(0.999));
    let unit = unit_of(line);
    let steps = ((high - low) / all.step).max(1.0);
    let each = (steps / 40.0).ceil() as usize;
    let mut bins = Vec::new();
    let mut at = ((low / all.step) as usize).saturating_sub(all.first);
    while all.cost(at) < high {
        let inside = all.probabilities.iter().skip(at).take(each).sum();
        let value = |place: usize| all.cost(place) / unit.0;
        bins.push(Bin { from: value(at), to: value(at + each), probability: inside });
        at += each;
    }
    let mark = |label: &str, value: f64| {
        let shown = format!("{:.1}", value / unit.0).replace('.', ",");
        Mark { at: value / unit.0, label: format!("{label}: {shown}") }
    };
    let marks = [
        mark("Ventet", all.mean()),
        mark("Ett av ti år", all.quantile(0.9)),
        mark("Ett av hundre år", all.quantile(0.99)),
    ];
    let title = format!("Fordelingen av neste års kostnad, {name}");
    let told: Vec<&str> = marks.iter().map(|mark| mark.label.as_str()).collect();
    let alt = format!("{title}, i {}. {}", unit.1, told.join("; "));
    let svg = chart::histogram::histogram(&bins, &marks, 640, unit.1, &title, picture::FONT);
    BriefFigure { heading: title, alt, svg }
}

fn told(found: &Picture) -> String {
    let mut out = String::new();
    let middle = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0) * 100.0
    };
    let mut above = i64::MAX;
    for (label, _, from) in SIZES {
        let inside: Vec<&Line> =
            found.lines.iter().filter(|line| line.people >= from && line.people < above).collect();
        above = from;
        let of = |value: &dyn Fn(&Line) -> f64| middle(&mut inside.iter().map(|line| value(line)).collect());
        let alone = of(&|line| line.alone.spread() / line.alone.mean().max(1.0));
        let pooled = |place: usize| of(&|line| line.pooled[place].unwrap_or(0.0));
        let (area, region) = (pooled(0), pooled(1));
        out.push_str(&format!(
            "  {label} innbyggere ({} kommuner): spredning {alone:.1} % av det ventede alene, {area:.1} % i området, {region:.1} % i regionen\n",
            inside.len()
        ));
    }
    out.replace('.', ",")
}
