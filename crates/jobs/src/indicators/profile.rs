//! A municipality's profile in four pages, in bokmål or nynorsk: what stands out and why, beside chance, age and the
//! country. Only what the tables show is told.

use anyhow::Result;
use disclosure::withhold::{WITHHELD, few};
use domain::Amount;
use domain::amount::grouped;
use paper::brief::{self, Brief, BriefFigure, BriefTable, Language};
use statistics::counts::Side;
use statistics::figures::{Figure, Figures};
use statistics::indicator::{Aim, Indicator, Kind, Measure};
use statistics::interval::Interval;

use crate::indicators::Outcome;
use crate::indicators::nynorsk;
use crate::indicators::{brought, country};
use crate::what_if::simulate_files::millions;

/// Pictures that are drawn: two on the first page, three on the second.
const PICTURES: usize = 5;
/// What stands out that the first page tells of.
const TOLD: usize = 4;

/// The texts of one form of Norwegian.
struct Words {
    title: &'static str,
    higher: &'static str,
    lower: &'static str,
    none_out: &'static str,
    found: &'static str,
    all: [&'static str; 6],
    kroner: [&'static str; 4],
    none_given: &'static str,
    kroner_heading: &'static str,
    by_size: &'static str,
    inside: &'static str,
    withheld: &'static str,
    months: &'static str,
    per: &'static str,
    facts: [&'static str; 4],
}

const NB: Words = Words {
    title: "hva skjer med pasientene våre?",
    higher: "høyere enn tilfeldig variasjon tilsier",
    lower: "lavere enn tilfeldig variasjon tilsier",
    none_out: "Ingen av tallene skiller seg ut mer enn kommuner vanligvis gjør, når alder og tilfeldigheter er tatt hensyn til.",
    found: "Landets rater ville gitt kommunens innbyggere {expected}; det var {seen}",
    all: ["indikator", "kommunen", "95 % fra", "til", "landet", "sammenlignet med det ventede"],
    kroner: ["indikator", "kommunen betaler", "kommunen, per hendelse", "staten, per hendelse"],
    none_given: "Ingen undersøkelse er lagt inn",
    kroner_heading: "Hva det koster, og hva én færre betyr",
    by_size: "mot det ventede (1), etter kommunens størrelse",
    inside: "som ventet",
    withheld: "holdt tilbake",
    months: "måned for måned",
    per: "per {count} innb.",
    facts: ["Innleggelser", "Reinnlagt, 67 år og eldre", "Kommunen betaler", "Skiller seg ut"],
};

const NN: Words = Words {
    title: "kva skjer med pasientane våre?",
    higher: "høgare enn tilfeldig variasjon tilseier",
    lower: "lågare enn tilfeldig variasjon tilseier",
    none_out: "Ingen av tala skil seg ut meir enn kommunar vanlegvis gjer, når alder og tilfelle er rekna med.",
    found: "Ratane for landet ville gitt innbyggjarane i kommunen {expected}; det var {seen}",
    all: ["indikator", "kommunen", "95 % frå", "til", "landet", "jamført med det venta"],
    kroner: ["indikator", "kommunen betaler", "kommunen, per hending", "staten, per hending"],
    none_given: "Inga undersøking er lagd inn",
    kroner_heading: "Kva det kostar, og kva éin færre betyr",
    by_size: "mot det venta (1), etter storleiken på kommunen",
    inside: "som venta",
    withheld: "halde tilbake",
    months: "månad for månad",
    per: "per {count} innb.",
    facts: ["Innleggingar", "Reinnlagde, 67 år og eldre", "Kommunen betaler", "Skil seg ut"],
};

/// A municipality's place among all, with what the profile is made of.
struct Profile<'a> {
    outcome: &'a Outcome,
    home: usize,
    name: String,
    words: &'static Words,
}

/// The profile of a municipality as PDF; `None` if it is not one of the period.
///
/// # Errors
/// If the page cannot be set.
pub fn pdf(outcome: &Outcome, code: &str) -> Result<Option<Vec<u8>>> {
    let Some(home) = outcome.counts.homes.iter().position(|known| known == code) else { return Ok(None) };
    let name = crate::settlement::statement::name_of(code, &outcome.names);
    let words = if outcome.nynorsk { &NN } else { &NB };
    let profile = Profile { outcome, home, name, words };
    Ok(Some(brief::pdf(&profile.brief())?))
}

fn number(value: f64) -> String {
    let decimals = if value.abs() >= 100.0 { 0 } else { 1 };
    let digits = format!("{:.decimals$}", value.abs());
    let (whole, rest) = digits.split_once('.').unwrap_or((&digits, ""));
    let sign = if value < 0.0 { "\u{2212}" } else { "" };
    let comma = if rest.is_empty() { "" } else { "," };
    format!("{sign}{}{comma}{rest}", grouped(whole.parse().unwrap_or(0)))
}

/// A value and its interval.
fn cells(value: Option<Interval>, is_withheld: bool) -> [String; 3] {
    let cell = |value: f64| if value.is_finite() { number(value) } else { "..".to_owned() };
    match value {
        _ if is_withheld => [":", ":", ":"].map(str::to_owned),
        None => ["..", "..", ".."].map(str::to_owned),
        Some(value) => [value.value, value.low, value.high].map(cell),
    }
}

impl<'a> Profile<'a> {
    fn shown(&self) -> impl Iterator<Item = (usize, &'a Indicator, &'a Figures, &'a Figure)> {
        let outcome = self.outcome;
        let home = self.home;
        let all = outcome.indicators.iter().zip(&outcome.figures).enumerate();
        all.filter_map(move |(place, (one, found))| {
            let found = found.as_ref()?;
            Some((place, one, found, &found.homes[home]))
        })
    }

    fn title(&self, one: &'a Indicator) -> &'a str {
        if self.outcome.nynorsk { &one.title.nn } else { &one.title.nb }
    }

    fn unit(&self, one: &Indicator) -> String {
        match one.kind {
            _ if one.is_money() => {
                let unit = Outcome::unit(one);
                let nynorsk = nynorsk::word(&unit).filter(|_| self.outcome.nynorsk);
                nynorsk.map_or(unit, str::to_owned)
            }
            Kind::Rate => self.words.per.replace("{count}", &grouped(u64::from(one.per))),
            Kind::Proportion => "%".to_owned(),
            Kind::Mean => if self.outcome.nynorsk { "dagar" } else { "dager" }.to_owned(),
        }
    }

    /// What is outside the funnel, the farthest first.
    fn out_of_line(&self) -> Vec<(usize, &'a Indicator, &'a Figures, &'a Figure)> {
        let outside = |(.., figure): &(usize, &Indicator, &Figures, &Figure)| {
            !figure.is_withheld && figure.side().is_some_and(|side| side != 0)
        };
        let mut all: Vec<_> = self.shown().filter(outside).collect();
        let far = |figure: &Figure| figure.point.map_or(0.0, |point| point.z.abs());
        all.sort_by(|one, other| far(other.3).total_cmp(&far(one.3)).then(one.0.cmp(&other.0)));
        all
    }

    fn side(&self, figure: &Figure) -> String {
        match figure.side() {
            _ if figure.is_withheld => self.words.withheld.to_owned(),
            None => "..".to_owned(),
            Some(0) => self.words.inside.to_owned(),
            Some(side) => if side > 0 { self.words.higher } else { self.words.lower }.to_owned(),
        }
    }

    fn sentence(&self, one: &'a Indicator, figure: &Figure) -> String {
        let told = |count: i64| match one.is_money() {
            true => millions(Amount::from_ore(count)),
            false => grouped(count.unsigned_abs()),
        };
        let found = self.words.found.replace("{expected}", &told(figure.expected.round() as i64));
        let found = found.replace("{seen}", &told(figure.numerator));
        format!("{}: {}. {found}.", self.title(one), self.side(figure))
    }

    fn brief(&self) -> Brief {
        let (outcome, words) = (self.outcome, self.words);
        let outside = self.out_of_line();
        let told: Vec<String> =
            outside.iter().take(TOLD).map(|(_, one, _, figure)| self.sentence(one, figure)).collect();
        let summary = if told.is_empty() { words.none_out.to_owned() } else { told.join(" ") };
        let mut tags = Vec::new();
        if outcome.unsigned.is_some_and(|unsigned| unsigned > 0) {
            tags.push((if outcome.nynorsk { "Utkast" } else { "Kladd" }.to_owned(), true));
        }
        if outcome.counts.synthetic {
            tags.push(("Syntetisk".to_owned(), true));
        }
        tags.push((format!("Periode {}", outcome.period), false));
        let mut figures: Vec<BriefFigure> = self.months().into_iter().collect();
        // Where little stands out, the first indicators are shown where they stand.
        let drawn = outside
            .iter()
            .copied()
            .chain(self.shown().filter(|one| !outside.iter().any(|other| other.0 == one.0)));
        let left = PICTURES - figures.len();
        figures.extend(drawn.filter_map(|(_, one, found, _)| self.funnel(one, found)).take(left));
        let digest = &outcome.vintage.1;
        let day = outcome.period.to();
        let number = (day.number() - day.month().first().number() + 1) as i8;
        Brief {
            language: if outcome.nynorsk { Language::Nn } else { Language::Nb },
            title: format!("{}: {}", self.name, words.title),
            tags,
            summary,
            facts: self.facts(outside.len()),
            tables: self.all().into_iter().chain(self.kroner()).collect(),
            // The third page is every figure, the fourth is kroner and what to know.
            new_pages: vec![0, Aim::ALL.len()],
            figures,
            cautions: outcome.about().into_iter().map(|(head, text)| format!("{head}: {text}.")).collect(),
            footer: format!(
                "Samspill {} · indikatorer · data {}…",
                env!("CARGO_PKG_VERSION"),
                &digest[..8.min(digest.len())]
            ),
            date: (day.year(), day.month().number(), number),
            digest: format!("{} {} {} {digest}", self.name, outcome.period, words.title),
        }
    }

    fn facts(&self, outside: usize) -> Vec<(String, String)> {
        let of = |id: &str| self.shown().find(|(_, one, ..)| one.id == id);
        let value = |id: &str| match of(id) {
            Some((_, one, _, figure)) if !figure.is_withheld => figure.crude.map_or_else(
                || "..".to_owned(),
                |crude| format!("{} {}", number(crude.value), self.unit(one)),
            ),
            Some(_) => ":".to_owned(),
            None => "..".to_owned(),
        };
        let paid = of("co-financing").zip(of("discharge-ready-payment")).map_or_else(
            || "..".to_owned(),
            |((.., treatment), (.., days))| match treatment.is_withheld || days.is_withheld {
                true => ":".to_owned(),
                false => millions(Amount::from_ore(treatment.numerator + days.numerator)),
            },
        );
        let values = [value("admissions"), value("readmissions-67-plus"), paid, outside.to_string()];
        self.words.facts.iter().map(|name| (*name).to_owned()).zip(values).collect()
    }

    /// Every figure, a table for each aim; what others have counted and answered stands under its aim.
    fn all(&self) -> Vec<BriefTable> {
        let table = |aim: Aim| {
            let mut rows: Vec<Vec<String>> =
                self.shown().filter(|(_, one, ..)| one.aim == aim).map(|shown| self.line(shown)).collect();
            rows.extend(self.brought(aim));
            if rows.is_empty() {
                rows.push([self.words.none_given, "..", "..", "..", "..", ".."].map(str::to_owned).to_vec());
            }
            let name = self.outcome.aim(aim);
            let heading = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
            BriefTable { heading, heads: self.words.all.map(str::to_owned).to_vec(), rows }
        };
        Aim::ALL.map(table).into()
    }

    fn line(&self, (_, one, found, figure): (usize, &'a Indicator, &Figures, &Figure)) -> Vec<String> {
        let mut row = vec![format!("{} ({})", self.title(one), self.unit(one))];
        let crude = figure.crude.filter(|_| !figure.is_withheld);
        row.extend(cells(crude, figure.is_withheld));
        row.push(match found.country.is_withheld {
            true => ":".to_owned(),
            false => cells(found.country.crude, false)[0].clone(),
        });
        row.push(self.side(figure));
        row
    }

    /// What others have counted and answered of an aim, without the country beside it.
    fn brought(&self, aim: Aim) -> Vec<Vec<String>> {
        let outcome = self.outcome;
        let code = &outcome.counts.homes[self.home];
        let line = |head: String, value: Option<Interval>, is_withheld: bool| {
            let mut row = vec![head];
            row.extend(cells(value, is_withheld));
            row.extend(["..", ".."].map(str::to_owned));
            row
        };
        let mut out = Vec::new();
        for one in outcome.indicators.iter().filter(|one| one.aim == aim) {
            for counted in outcome.brought.counted.iter().filter(|counted| counted.is_of(&one.id, code)) {
                let head = format!("{} ({})", self.title(one), self.unit(one));
                out.push(line(head, counted.value(outcome, one), counted.is_withheld()));
            }
        }
        for answers in outcome.brought.answers.iter().filter(|answers| answers.is_of(aim, code)) {
            out.push(line(format!("{} (%)", answers.question()), answers.share(), answers.is_withheld()));
        }
        out
    }

    fn kroner(&self) -> Option<BriefTable> {
        self.outcome.unsigned?;
        let row = |(place, one, _, figure): (usize, &'a Indicator, &Figures, &Figure)| {
            let is_of_events = one.kind != Kind::Mean && one.numerator.measure != Measure::ReadyDays;
            if !is_of_events || one.is_money() || figure.numerator == 0 {
                return None;
            }
            if figure.is_withheld {
                return Some(
                    std::iter::once(self.title(one).to_owned())
                        .chain([":", ":", ":"].map(str::to_owned))
                        .collect(),
                );
            }
            let all = self.outcome.counts.paid_of(place, Side::Numerator, self.home);
            let each = |ore: i64| {
                let each = simulation::scenario::part(Amount::from_ore(ore), 1, figure.numerator);
                format!("{} kr", grouped((each.ore().unsigned_abs() + 50) / 100))
            };
            let paid = match brought::pays(all, figure.hides) {
                Some(ore) => [millions(Amount::from_ore(ore)), each(ore)],
                None => [":", ":"].map(str::to_owned),
            };
            let [paid, of_each] = paid;
            let state = all.told(2, figure.hides).map_or_else(|| ":".to_owned(), each);
            Some(vec![self.title(one).to_owned(), paid, of_each, state])
        };
        Some(BriefTable {
            heading: self.words.kroner_heading.to_owned(),
            heads: self.words.kroner.map(str::to_owned).to_vec(),
            rows: self.shown().filter_map(row).collect(),
        })
    }

    /// Admissions month by month, where no month is withheld.
    fn months(&self) -> Option<BriefFigure> {
        let (place, one, ..) = self.shown().find(|(_, one, ..)| one.id == "admissions")?;
        let counts = &self.outcome.counts;
        let found = self.outcome.figures[place].as_ref()?;
        // Every profile is published: one that is left out alone would be what is left of the country's month.
        let is_left_out = |home: usize| {
            let months = counts.months_of(place, Side::Numerator, home).unwrap_or(&[]);
            found.homes[home].is_withheld || months.iter().any(|count| few(*count))
        };
        let left_out: Vec<usize> = (0..counts.homes.len()).filter(|home| is_left_out(*home)).collect();
        let of_month = |month: usize| -> i64 {
            left_out
                .iter()
                .filter_map(|home| counts.months_of(place, Side::Numerator, *home))
                .map(|of| of[month])
                .sum()
        };
        let tells = !left_out.is_empty()
            && (0..counts.months.len()).any(|month| of_month(month) <= WITHHELD + left_out.len() as i64);
        let values = counts.months_of(place, Side::Numerator, self.home)?;
        if values.len() < 6 || is_left_out(self.home) || left_out.len() == 1 || tells {
            return None;
        }
        let values: Vec<f64> = values.iter().map(|count| *count as f64).collect();
        let heading = format!("{} {}", self.title(one), self.words.months);
        let months = &counts.months;
        let told = months.iter().zip(&values).map(|(month, value)| format!("{month}: {}", number(*value)));
        let alt = format!("{heading}. {}", told.collect::<Vec<_>>().join("; "));
        let words = (self.title(one), &*self.outcome.months_follow(), &*heading);
        let svg = country::by_month(months, &values, &self.outcome.rebased, words);
        Some(BriefFigure { heading, alt, svg })
    }

    /// Where a municipality stands among all, by how many are expected of it.
    fn funnel(&self, one: &'a Indicator, found: &Figures) -> Option<BriefFigure> {
        found.funnel?;
        if found.homes[self.home].is_withheld || found.homes[self.home].expected <= 0.0 {
            return None;
        }
        let heading = format!("{}: {}", self.title(one), self.words.by_size);
        let figure = &found.homes[self.home];
        let alt = format!("{heading}. {}", self.sentence(one, figure));
        let follows = self.outcome.funnel_follows();
        let words = (self.title(one), &*self.outcome.expected(one), follows.as_str(), heading.as_str());
        let svg = country::funnel((one, found), Some((self.home, &self.name)), words)?;
        Some(BriefFigure { heading, alt, svg })
    }
}
