//! Files of the risk picture: tables, a workbook, and briefs and pictures of the country and of single
//! municipalities.

use std::path::Path;

use chart::fan::FanPoint;
use chart::histogram::{Bin, Mark};
use chart::range::Group;
use disclosure::Cell;
use domain::Period;
use domain::amount::grouped;
use paper::brief::{self, BriefFigure};
use paper::picture;
use paper::sheets::{self, Reader};
use simulation::consequence::{SIZES, by_size};
use simulation::risk::Distribution;
use words::{Language, Message, message, say};

use crate::failure::{Result, fail};
use crate::folder;
use crate::host::Host;
use crate::parties::Names;
use crate::pictures;
use crate::what_if::risk::{Line, Order, Picture, SPANS, SharedYear};
use crate::what_if::risk_brief::{Subject, decimal};
use crate::what_if::risk_tables;
use crate::what_if::{AboutLines, about_texts, lines_about, ranges_of_sizes};
use chart::frame::Frame;

/// Writes the files of the risk picture. Each municipality in `asked` gets a brief and pictures of its own.
/// Returns a summary of a few lines, and a sentence on what was written.
///
/// # Errors
/// Fails if a file cannot be written, or if a municipality in `asked` does not exist.
pub fn write(
    found: &Picture,
    order: &Order,
    asked: &[String],
    out: &Path,
    host: &Host,
) -> Result<(String, Message)> {
    let names = Names::on(&domain::Municipalities::built_in()?, order.period.to(), host.language);
    may_be_shown(found, order, asked, &names)?;
    folder::made(out, "risiko.xlsx", |name| {
        let is_picture = ["fordeling-", "vifte-"].iter().any(|start| name.starts_with(start));
        (name.starts_with("notat-") && folder::ends_as(name, &["pdf"]))
            || (is_picture && folder::ends_as(name, &["svg", "png"]))
    })?;
    let put = |name: &str, bytes: &[u8]| {
        let path = out.join(name);
        crate::folder::write(&path, bytes)
    };
    let language = host.language;
    let about = about(found, order);
    let about_texts = about_texts(&about, language);
    for sheet in risk_tables::all(found, order, &names, host.reader()) {
        let stem = Language::Nb.say(sheet.name()).to_lowercase().replace(' ', "-").replace('å', "a");
        put(&format!("{stem}.csv"), sheets::csv(&sheet, host.reader()).as_bytes())?;
        let text = format!("{}\n{}", language.say(sheet.about()), lines_about(&about_texts));
        put(&format!("{stem}.txt"), text.as_bytes())?;
    }
    let date = (order.period.to().year(), 12, 31);
    let sheets = risk_tables::all(found, order, &names, Reader::Person(language));
    let title = language.text("risk.picture");
    put("risiko.xlsx", &sheets::workbook(&title, &about_texts, &sheets, date, language)?)?;
    let subject = Subject { found, order, about: &about, language };
    let (marks, source) = (subject.tags(), subject.footer());
    let draw = |name: &str, figure: &BriefFigure| {
        let frame = Frame { heading: &figure.heading, marks: &marks, source: &source };
        pictures::write(&put, name, &figure.svg, &frame)
    };
    let figures = [bad_year(found, order, language), extent(found, language)];
    draw(if order.free_income.is_known() { "andel-av-frie-inntekter" } else { "over-ventet" }, &figures[0])?;
    draw("omfang", &figures[1])?;
    put("notat.pdf", &brief::pdf(&subject.country(figures.into()))?)?;
    for code in asked {
        let Some(line) = found.lines.iter().find(|line| line.code == *code) else { continue };
        let name = names.name(code);
        let figures = [histogram(line, &name, language), fan(line, &name, language)];
        draw(&format!("fordeling-{code}"), &figures[0])?;
        draw(&format!("vifte-{code}"), &figures[1])?;
        let brief = subject.municipality(line, &name, figures.into());
        put(&format!("notat-{code}.pdf"), &brief::pdf(&brief)?)?;
    }
    let written = message!("risk.written", count = found.lines.len(), path = out.display());
    Ok((summary(found, language), written))
}

/// Checks that each municipality in `asked` may have a brief: it shows what stands in the table of the risk, which is
/// protected before it is shared.
///
/// # Errors
/// Fails if a municipality does not exist, or if its row is withheld.
fn may_be_shown(found: &Picture, order: &Order, asked: &[String], names: &Names) -> Result<()> {
    let table = risk_tables::risk(found, order, names);
    for code in asked {
        let Some(row) = table.rows().iter().find(|row| row.first() == Some(&Cell::text(code))) else {
            fail!("error.risk_files.there_no_municipality_in", code, period = order.period)
        };
        if row.contains(&Cell::Withheld) {
            fail!("error.risk_files.withheld", name = names.name(code));
        }
    }
    Ok(())
}

fn about(found: &Picture, order: &Order) -> AboutLines {
    let rules = match &found.titles[..] {
        [] => message!("risk.the_law"),
        titles => Message::Plain(titles.join("; ")),
    };
    let data = format!("{}, SHA-256 {}", found.vintage.0, found.vintage.1);
    let persons = grouped(found.persons as u64);
    let [numbers, costs] = found.between.map(|spread| decimal(spread * 100.0, 1));
    let basis = match found.by_sex {
        true => message!("risk.basis", persons, numbers, costs),
        false => message!("risk.basis_without_sex", persons, numbers, costs),
    };
    let mut out = vec![
        (message!("what_if.about.rules"), rules),
        (message!("what_if.about.period"), Message::plain(order.period)),
        (message!("what_if.about.data"), Message::Plain(data)),
        (message!("what_if.about.drawing"), message!("risk.nothing_drawn")),
        (message!("what_if.about.basis"), basis),
    ];
    out.push(match &found.shared {
        None => (message!("what_if.about.not_included"), message!("risk.not_included")),
        Some(shared) => (message!("risk.about_shared"), of_shared(shared)),
    });
    if found.synthetic {
        out.push((message!("what_if.about.synthetic"), message!("what_if.no_person")));
    }
    let status = match found.unsigned {
        0 => message!("what_if.all_signed"),
        count => message!("what_if.draft_unsigned", count),
    };
    out.push((message!("what_if.about.status"), status));
    out.extend(order.free_income.about(message!("risk.slides_levels"), order.period));
    out
}

/// What hits every municipality in the same year, and where its size comes from.
fn of_shared(shared: &SharedYear) -> Message {
    let percent = decimal(shared.spread * 100.0, 1);
    if shared.changes.is_empty() {
        return message!("risk.shared_stated", percent);
    }
    let change = |(year, change): &(Period, f64)| {
        message!("risk.shared_change", year, percent = decimal((change - 1.0) * 100.0, 1))
    };
    let changes = Message::joined(shared.changes.iter().map(change).collect(), "; ");
    message!("risk.shared_learned", percent, changes)
}

fn of_size(found: &Picture, language: Language, value: impl Fn(&Line) -> Option<f64>) -> Vec<Group> {
    let groups = by_size(&found.lines, |line| line.people).into_iter();
    let dots = groups.map(|inside| inside.into_iter().filter_map(&value).collect());
    ranges_of_sizes(dots, language)
}

/// The first picture of the ministry's slides: how far a bad year goes above the expected one, relative to free income,
/// by size of municipality. Where no income is known, it is per inhabitant.
fn bad_year(found: &Picture, order: &Order, language: Language) -> BriefFigure {
    let over = |line: &Line| line.alone.quantile(0.99) - line.alone.mean();
    if !order.free_income.is_known() {
        let each = |line: &Line| (line.people > 0).then(|| over(line) / line.people as f64);
        let groups = of_size(found, language, each);
        return ranged(&groups, "risk.bad_year_each", ("risk.kroner_per_inhabitant", "kr", 1), language);
    }
    let groups = of_size(found, language, |line| {
        let free = order.free_income.of(&line.code)?.ore() as f64 / 100.0;
        (free > 0.0).then(|| over(line) * 100.0 / free)
    });
    let (title, unit) = ("risk.bad_year_of_free_income", "what_if.per_cent_of_free_income");
    ranged(&groups, title, (unit, "%", 1), language)
}

/// The second picture of the ministry's slides: the expected cost in kroner per inhabitant, by size of municipality.
fn extent(found: &Picture, language: Language) -> BriefFigure {
    let groups =
        of_size(found, language, |line| (line.people > 0).then(|| line.alone.mean() / line.people as f64));
    ranged(&groups, "risk.extent", ("risk.kroner_per_inhabitant", "kr", 1), language)
}

/// Picture of groups of municipalities. `title` and the long name of the unit are keys; the alternative text has the short name
/// and so many decimals.
pub(super) fn ranged(
    groups: &[Group],
    title: &str,
    (long, unit, decimals): (&str, &str, usize),
    language: Language,
) -> BriefFigure {
    let values = groups.iter().map(|group| {
        let label = &group.label;
        let [low, middle, high] = [group.low, group.middle, group.high].map(|value| decimal(value, decimals));
        message!("risk.range", label, middle, unit, low, high)
    });
    let title = language.text(title);
    let svg = chart::range::range(groups, 640, &language.text(long), &title, picture::FONT);
    let values = Message::joined(values.collect(), "; ");
    let alt = language.say(&Message::joined(vec![Message::plain(&title), values], ". "));
    BriefFigure { heading: title, alt, svg }
}

/// The unit that a municipality's costs are drawn in: kroner in one unit, and the key of its name.
fn unit_of(line: &Line) -> (f64, &'static str) {
    match line.alone.quantile(0.999) {
        2_000_000.0.. => (1_000_000.0, "paper.axis_million"),
        _ => (1_000.0, "paper.axis_thousand"),
    }
}

/// Picture of the mean yearly cost over one year and several: chance evens out, the uncertainty of the rate
/// does not.
fn fan(line: &Line, name: &str, language: Language) -> BriefFigure {
    let (by, unit) = unit_of(line);
    let unit = language.text(unit);
    let spans = std::iter::once(1).chain(SPANS).zip(std::iter::once(&line.alone).chain(&line.several));
    let point = |(years, all): (u16, &Distribution)| {
        let [p10, p25, p50, p75, p90] = [0.1, 0.25, 0.5, 0.75, 0.9].map(|level| all.quantile(level) / by);
        let actual = (years == 1).then_some(line.seen.cost / by);
        let label = say!(language, "what_if.years", count = years);
        FanPoint { label, p10, p25, p50, p75, p90, actual }
    };
    let points: Vec<FanPoint> = spans.map(point).collect();
    let title = say!(language, "risk.mean_of_years", name);
    let values = points.iter().map(|point| {
        let (low, high) = (decimal(point.p10, 1), decimal(point.p90, 1));
        message!("risk.eight_of_ten", label = point.label, low, high)
    });
    let alt = say!(language, "risk.alt", title, unit, values = Message::joined(values.collect(), "; "));
    let svg = chart::fan::fan(&points, 640, &unit, &title, picture::FONT);
    BriefFigure { heading: title, alt, svg }
}

/// Picture of next year's cost in about forty bins, without the lowest and the highest thousandth.
fn histogram(line: &Line, name: &str, language: Language) -> BriefFigure {
    let all: &Distribution = &line.alone;
    let (low, high) = (all.quantile(0.001), all.quantile(0.999));
    let (by, unit) = unit_of(line);
    let unit = language.text(unit);
    let steps = ((high - low) / all.step).max(1.0);
    let each = (steps / 40.0).ceil() as usize;
    let mut bins = Vec::new();
    let mut at = ((low / all.step) as usize).saturating_sub(all.first);
    while all.cost(at) < high {
        let inside = all.probabilities.iter().skip(at).take(each).sum();
        let value = |place: usize| all.cost(place) / by;
        bins.push(Bin { from: value(at), to: value(at + each), probability: inside });
        at += each;
    }
    let mark = |label: &str, value: f64| Mark {
        at: value / by,
        label: format!("{}: {}", language.text(label), decimal(value / by, 1)),
    };
    let marks = [
        mark("risk.expected", all.mean()),
        mark("risk.one_in_ten", all.quantile(0.9)),
        mark("risk.one_in_hundred", all.quantile(0.99)),
    ];
    let title = say!(language, "risk.distribution", name);
    let values = marks.iter().map(|mark| Message::plain(&mark.label));
    let alt = say!(language, "risk.alt", title, unit, values = Message::joined(values.collect(), "; "));
    let svg = chart::histogram::histogram(&bins, &marks, 640, &unit, &title, picture::FONT);
    BriefFigure { heading: title, alt, svg }
}

fn summary(found: &Picture, language: Language) -> String {
    let mut out = String::new();
    let middle = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0) * 100.0
    };
    let groups = by_size(&found.lines, |line| line.people);
    for ((people, _, _), inside) in SIZES.into_iter().zip(groups) {
        let of = |value: &dyn Fn(&Line) -> f64| {
            decimal(middle(&mut inside.iter().map(|line| value(line)).collect()), 1)
        };
        let alone = of(&|line| line.alone.spread() / line.alone.mean().max(1.0));
        let pooled = |place: usize| of(&|line| line.pooled[place].unwrap_or(0.0));
        let (area, region, count) = (pooled(0), pooled(1), inside.len());
        let line = say!(language, "risk.spread_of_size", people, count, alone, area, region);
        out.push_str(&format!("  {line}\n"));
    }
    out
}
