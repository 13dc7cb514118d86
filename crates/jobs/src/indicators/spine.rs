//! The spine chart of a profile: each measure of a municipality, compared with the region, the country and places of
//! the same size, and followed over the years. The chart shows only figures that the tables show, and only years
//! without a small count.

use chart::spine::{self, Mark, Sign, Standing};
use domain::amount::grouped;
use paper::picture::FONT;
use paper::profile::{Spine, SpineRow, SpineTheme};
use statistics::figures::{Figure, Figures};
use statistics::funnel::quantile;
use statistics::indicator::{Indicator, Kind};
use statistics::interval::normal_point;
use words::{Message, message};

use super::subject::{Measured, Subject, number, percent, signed};
use super::years::{by_year, score, shown, whole_years};

/// Themes of the chart, each with the ids of its measures. The user's own indicators follow in a theme of their own.
const THEMES: [(&str, &[&str]); 4] = [
    (
        "indicators.spine.stays",
        &["admissions", "admissions-acute", "admissions-medical", "admissions-80-plus", "bed-days"],
    ),
    (
        "indicators.spine.after",
        &["readmissions-medical", "readmissions-67-plus", "discharge-ready", "discharge-ready-days"],
    ),
    ("indicators.spine.preventable", &["ambulatory-care-sensitive", "hip-fractures"]),
    ("indicators.spine.without_stay", &["outpatient-contacts", "day-contacts", "deadline-breaches"]),
];

/// Smallest number of inhabitants of each size of municipality, largest first, with the reach of the scale: a small place
/// moves more by chance.
const SIZES: [(i64, f64); 5] = [(50_000, 0.15), (20_000, 0.3), (5_000, 0.45), (2_000, 0.6), (0, 0.9)];
/// Fewest expected events of a measure that is compared.
const LEAST: f64 = 1.0;
/// Fewest places of the same size for which the chart shows deciles.
const PEERS: usize = 10;

/// Measures by theme, each theme with its heading.
pub(super) type Themes<'a> = Vec<(&'static str, Vec<Measured<'a>>)>;

/// The measures of the chart by theme. A measure that is zero everywhere is left out.
pub(super) fn themes<'a>(subject: &Subject<'a>) -> Themes<'a> {
    let shown: Vec<Measured> =
        subject.shown().filter(|(.., found, _)| found.country.numerator != 0).collect();
    let of_theme = |(heading, ids): &(&'static str, &[&str])| {
        let of = |id: &&str| shown.iter().copied().find(|(_, one, ..)| one.id == **id);
        (*heading, ids.iter().filter_map(of).collect::<Vec<_>>())
    };
    let own = |(_, one, ..): &Measured| subject.outcome.own.contains(&one.id) && !one.is_money();
    let mut out: Vec<_> = THEMES.iter().map(of_theme).collect();
    out.push(("indicators.spine.own", shown.iter().copied().filter(own).collect()));
    out.retain(|(_, rows)| !rows.is_empty());
    out
}

/// How far a figure is outside the funnel. A figure without a place in the funnel, such as a mean, is as expected.
pub(super) fn standing(figure: &Figure) -> Standing {
    match figure.side().map_or(0, i8::abs) {
        0 => Standing::AsExpected,
        1 => Standing::MayDiffer,
        _ => Standing::Differs,
    }
}

/// Places that the municipality is compared with, and the reach of their scale: the similar, if the run has found them,
/// else those of the same size.
struct Size {
    reach: f64,
    /// Index in `counts.homes` of each of those municipalities, without the municipality of the profile.
    peers: Vec<usize>,
    /// Name of the size, or of the similar.
    name: Message,
}

fn size(subject: &Subject) -> Size {
    let outcome = subject.outcome;
    let people = |home: usize| outcome.inhabited.mean_of(&outcome.counts.homes[home]).unwrap_or(0);
    let mine = people(subject.home);
    let of = |people: i64| SIZES.iter().position(|(least, _)| people >= *least).unwrap_or(SIZES.len() - 1);
    let place = of(mine);
    let least = SIZES[place].0;
    // In a sampled register, chance moves a municipality as much as it moves a smaller municipality: one with
    // as many inhabitants as were sampled.
    let reach = SIZES[of((mine as f64 * outcome.inhabited.sample) as i64)].1;
    if let Some(similar) = &outcome.peers {
        let peers: Vec<usize> = similar.of(subject.home).collect();
        let name = message!("indicators.spine.peers_similar", count = peers.len());
        return Size { reach, peers, name };
    }
    let below = place.checked_sub(1).map(|larger| SIZES[larger].0);
    let is_same = |home: &usize| {
        let count = people(*home);
        *home != subject.home && count >= least && below.is_none_or(|below| count < below)
    };
    let peers: Vec<usize> = (0..outcome.counts.homes.len()).filter(is_same).collect();
    let count = peers.len();
    let least = grouped(least as u64);
    let name = match below.map(|below| grouped(below as u64)) {
        None => message!("indicators.spine.peers_over", count, least),
        Some(below) if place == SIZES.len() - 1 => message!("indicators.spine.peers_under", count, below),
        Some(below) => message!("indicators.spine.peers_between", count, least, below),
    };
    Size { reach, peers, name }
}

/// First decile, first quartile, third quartile and ninth decile of the peers' ratios that are shown; `None` for fewer
/// than [`PEERS`].
fn deciles(found: &Figures, peers: &[usize]) -> Option<[f64; 4]> {
    let shown = |home: &usize| Some(&found.homes[*home]).filter(|figure| !figure.is_withheld)?.ratio;
    let mut ratios: Vec<f64> = peers.iter().filter_map(shown).map(|ratio| ratio.value).collect();
    ratios.sort_by(f64::total_cmp);
    (ratios.len() >= PEERS).then(|| [0.1, 0.25, 0.75, 0.9].map(|share| quantile(&ratios, share)))
}

/// The years of a measure in a municipality.
struct Years {
    values: Vec<f64>,
    /// Score statistic of the trend; `None` for a mean, and for fewer than three years.
    z: Option<f64>,
}

/// The years of a measure in the municipality of the profile; `None` if they are not [`shown`], which is no matter in an
/// inside edition.
fn years(subject: &Subject, (place, one, found, _): Measured, years: &[i16]) -> Option<Years> {
    let mine = match subject.inside {
        Some(_) if years.is_empty() => return None,
        Some(_) => by_year(subject.outcome, (place, one), subject.home, years)?,
        None => shown(subject.outcome, (place, one, found), years).swap_remove(subject.home)?,
    };
    let values = mine.iter().map(|year| year.numerator as f64 / year.of as f64).collect();
    Some(Years { values, z: score(one, &mine, found.at_a_time) })
}

/// Direction of the years, in a word.
fn direction(years: &Years) -> Message {
    let limit = normal_point(0.975);
    match years.z {
        Some(z) if z > limit => message!("indicators.spine.up"),
        Some(z) if z < -limit => message!("indicators.spine.down"),
        Some(_) => message!("indicators.spine.unchanged"),
        None => Message::default(),
    }
}

/// The chart.
pub(super) fn spine(subject: &Subject, themes: &Themes) -> Spine {
    let outcome = subject.outcome;
    let (text, say) = (|key: &str| outcome.language.text(key), |message: &Message| outcome.say(message));
    let size = size(subject);
    let whole = whole_years(subject.outcome);
    let has_peers = themes
        .iter()
        .flat_map(|(_, rows)| rows)
        .any(|(_, _, found, figure)| !figure.is_withheld && deciles(found, &size.peers).is_some());
    let themes = themes
        .iter()
        .map(|(heading, rows)| SpineTheme {
            heading: text(heading),
            rows: rows.iter().map(|measured| row(subject, *measured, &size, &whole)).collect(),
        })
        .collect();
    let (region, period) = (subject.region(), outcome.period);
    let has_years = !whole.is_empty();
    let span = whole
        .first()
        .zip(whole.last())
        .map_or_else(String::new, |(first, last)| say(&message!("indicators.spine.years", first, last)));
    let at = |sign: &str| format!("{sign}{} %", percent(size.reach * 2.0 / 3.0));
    let (below, above, middle) = (at("\u{2212}"), at("+"), text("indicators.profile.as_expected"));
    let mut signs = vec![
        (
            Sign::Standing(Standing::AsExpected),
            say(&message!("indicators.spine.sign_expected", name = subject.name)),
        ),
        (Sign::Standing(Standing::MayDiffer), text("indicators.spine.sign_may")),
        (Sign::Standing(Standing::Differs), text("indicators.spine.sign_differs")),
        (Sign::Interval, text("indicators.spine.sign_interval")),
        (Sign::Region, region.clone()),
    ];
    let peers = say(&size.name);
    if has_peers {
        signs.push((Sign::Peers, say(&message!("indicators.spine.sign_peers", peers))));
    }
    Spine {
        heading: say(&message!("indicators.spine.heading", name = subject.name, region, peers)),
        heads: [
            text("indicators.spine.measure"),
            subject.short_name(),
            region,
            text("indicators.head.country"),
            text("indicators.spine.deviation"),
            say(&message!("indicators.spine.count", period)),
            text("indicators.spine.kroner"),
            span,
        ],
        has: [outcome.kroner.as_ref().is_some_and(super::Kroner::tells_municipalities), has_years],
        themes,
        axis: spine::axis([&below, &middle, &above], size.reach, &text("indicators.spine.deviation"), FONT),
        axis_alt: format!("{below}, {middle}, {above}"),
        reading: text("indicators.spine.reading"),
        sign_pictures: signs.iter().map(|(sign, text)| spine::sign(*sign, text, FONT)).collect(),
        signs: signs.into_iter().map(|(_, text)| text).collect(),
        explained: say(&message!("indicators.spine.explained", adjusted = outcome.adjusted())),
    }
}

/// A row of the chart.
fn row(subject: &Subject, measured: Measured, size: &Size, whole: &[i16]) -> SpineRow {
    let (place, one, found, figure) = measured;
    let outcome = subject.outcome;
    let say = |message: &Message| outcome.say(message);
    let region = subject.in_region(place);
    let value = |figure: Option<&Figure>| match figure {
        Some(figure) if figure.is_withheld => ":".to_owned(),
        figure => {
            figure.and_then(|figure| figure.crude).map_or("..".to_owned(), |crude| value_of(one, crude.value))
        }
    };
    let is_compared = !figure.is_withheld && figure.expected / found.at_a_time >= LEAST;
    let ratio = figure.ratio.filter(|_| is_compared);
    let mark = ratio.map(|ratio| Mark {
        value: ratio.value,
        interval: (ratio.low, ratio.high),
        standing: standing(figure),
        region: region.filter(|one| !one.is_withheld).and_then(|one| one.ratio).map(|ratio| ratio.value),
        peers: deciles(found, &size.peers),
    });
    let alt = match ratio {
        Some(ratio) => say(&message!(
            "indicators.spine.alt",
            name = subject.title(one),
            value = signed(ratio.value),
            low = signed(ratio.low),
            high = signed(ratio.high)
        )),
        None => subject.title(one).to_owned(),
    };
    let hidden = match (figure.is_withheld, &mark) {
        (true, _) => outcome.language.text("indicators.note.withheld"),
        (false, None) => outcome.language.text("indicators.spine.no_expected"),
        (false, Some(_)) => String::new(),
    };
    let years = years(subject, measured, whole);
    let is_out = is_compared && standing(figure) != Standing::AsExpected;
    SpineRow {
        name: subject.title(one).to_owned(),
        is_out,
        values: [value(Some(figure)), value(region), value(Some(&found.country))],
        count: if figure.is_withheld { ":".to_owned() } else { grouped(figure.numerator.unsigned_abs()) },
        kroner: subject.kroner_of((place, one, found, figure)),
        direction: years.as_ref().map_or_else(String::new, |years| say(&direction(years))),
        mark: spine::row(mark.as_ref(), size.reach, &alt, FONT),
        alt,
        hidden,
        has_years: years.is_some(),
        years: years.map_or_else(String::new, |years| spine::years(&years.values, subject.title(one), FONT)),
    }
}

/// A value as text, with ` %` after it if the measure is a proportion.
fn value_of(one: &Indicator, value: f64) -> String {
    let unit = if one.kind == Kind::Proportion { " %" } else { "" };
    format!("{}{unit}", number(value))
}
