//! A municipality's profile in four pages: what stands out and why, compared with the country, adjusted for age,
//! with limits for chance. The profile shows only figures that the tables show.

use disclosure::withhold::{WITHHELD, few};
use domain::amount::grouped;
use domain::{Amount, Instrument};
use paper::brief::{self, Brief, BriefFigure, BriefTable};
use statistics::counts::Side;
use statistics::figures::{Figure, Figures};
use statistics::indicator::{Aim, Indicator, Kind, Measure};
use statistics::interval::Interval;
use words::{Message, Said, message};

use crate::failure::Result;
use crate::indicators::{Outcome, brought, country};

/// Number of pictures: two on the first page, three on the second.
const PICTURES: usize = 5;
/// Largest number of out-of-funnel indicators that the first page describes.
const DESCRIBED: usize = 4;

/// A municipality, and the outcome that its profile is made from. `home` is its place in the counts.
struct Profile<'a> {
    outcome: &'a Outcome,
    home: usize,
    name: String,
}

/// The profile of a municipality as PDF; `None` if the municipality does not exist in the period.
///
/// # Errors
/// Fails if the page cannot be set.
pub fn pdf(outcome: &Outcome, code: &str) -> Result<Option<Vec<u8>>> {
    let Some(home) = outcome.counts.homes.iter().position(|known| known == code) else { return Ok(None) };
    let name = outcome.names.name(code);
    let profile = Profile { outcome, home, name };
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

/// Millions of kroner with one decimal.
fn millions(amount: Amount) -> Message {
    let tenths = (amount.ore().abs() + 5_000_000) / 10_000_000;
    let sign = if amount.ore() < 0 && tenths > 0 { "\u{2212}" } else { "" };
    let amount = format!("{sign}{},{}", grouped((tenths / 10) as u64), tenths % 10);
    message!("indicators.profile.millions", amount)
}

/// A value and its interval as text.
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
        self.outcome.title(one)
    }

    fn say(&self, message: &Message) -> String {
        self.outcome.say(message)
    }

    fn text(&self, key: &str) -> String {
        self.outcome.language.text(key)
    }

    fn unit(&self, one: &Indicator) -> String {
        let unit = match one.kind {
            Kind::Rate if !one.is_money() => {
                message!("indicators.profile.per", count = grouped(u64::from(one.per)))
            }
            Kind::Mean if !one.is_money() => message!("indicators.profile.days"),
            Kind::Rate | Kind::Mean | Kind::Proportion => Outcome::unit(one),
        };
        self.say(&unit)
    }

    /// Title of an indicator, with its unit.
    fn named(&self, one: &'a Indicator) -> String {
        format!("{} ({})", self.title(one), self.unit(one))
    }

    /// Indicators that place the municipality outside the funnel, farthest first.
    fn out_of_line(&self) -> Vec<(usize, &'a Indicator, &'a Figures, &'a Figure)> {
        let outside = |(.., figure): &(usize, &Indicator, &Figures, &Figure)| {
            !figure.is_withheld && figure.side().is_some_and(|side| side != 0)
        };
        let mut all: Vec<_> = self.shown().filter(outside).collect();
        let far = |figure: &Figure| figure.point.map_or(0.0, |point| point.z.abs());
        all.sort_by(|one, other| far(other.3).total_cmp(&far(one.3)).then(one.0.cmp(&other.0)));
        all
    }

    fn side(&self, figure: &Figure) -> Message {
        match figure.side() {
            _ if figure.is_withheld => message!("indicators.note.withheld"),
            None => Message::plain(".."),
            Some(0) => message!("indicators.profile.as_expected"),
            Some(1..) => message!("indicators.profile.higher"),
            Some(_) => message!("indicators.profile.lower"),
        }
    }

    fn sentence(&self, one: &'a Indicator, figure: &Figure) -> String {
        let in_words = |count: i64| match one.is_money() {
            true => millions(Amount::from_ore(count)),
            false => Message::plain(grouped(count.unsigned_abs())),
        };
        let found = message!(
            "indicators.profile.found",
            title = self.title(one),
            side = self.side(figure),
            expected = in_words(figure.expected.round() as i64),
            seen = in_words(figure.numerator),
        );
        self.say(&found)
    }

    fn brief(&self) -> Brief {
        let outcome = self.outcome;
        let outside = self.out_of_line();
        let sentences: Vec<String> =
            outside.iter().take(DESCRIBED).map(|(_, one, _, figure)| self.sentence(one, figure)).collect();
        let summary =
            if sentences.is_empty() { self.text("indicators.profile.none_out") } else { sentences.join(" ") };
        let mut figures: Vec<BriefFigure> = self.months().into_iter().collect();
        // If few indicators are outside the funnel, the first of the others get the remaining pictures.
        let drawn = outside
            .iter()
            .copied()
            .chain(self.shown().filter(|one| !outside.iter().any(|other| other.0 == one.0)));
        let left = PICTURES - figures.len();
        figures.extend(drawn.filter_map(|(_, one, found, _)| self.funnel(one, found)).take(left));
        let digest = &outcome.vintage.1;
        let question = self.text("indicators.profile.question");
        let caution = |(head, text): (Message, Message)| format!("{}: {}.", self.say(&head), self.say(&text));
        Brief {
            language: outcome.language,
            title: format!("{}: {question}", self.name),
            tags: outcome.tags(),
            summary,
            facts: self.facts(outside.len()),
            tables: self.all().into_iter().chain(self.kroner()).collect(),
            // The third page holds every figure; the fourth holds kroner and cautions.
            new_pages: vec![0, Aim::ALL.len()],
            figures,
            cautions: outcome.about().into_iter().map(caution).collect(),
            footer: outcome.footer(),
            date: outcome.period.to().year_month_day(),
            digest: format!("{} {} {question} {digest}", self.name, outcome.period),
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
                false => self.say(&millions(Amount::from_ore(treatment.numerator + days.numerator))),
            },
        );
        let facts = [
            ("indicators.profile.fact.admissions", value("admissions")),
            ("indicators.profile.fact.readmitted", value("readmissions-67-plus")),
            ("indicators.profile.fact.pays", paid),
            ("indicators.profile.fact.outside", outside.to_string()),
        ];
        facts.map(|(key, value)| (self.text(key), value)).into()
    }

    /// Tables of every figure, one for each aim. A table includes the survey answers of its aim, and the counts that
    /// others have made.
    fn all(&self) -> Vec<BriefTable> {
        let table = |aim: Aim| {
            let mut rows: Vec<Vec<String>> =
                self.shown().filter(|(_, one, ..)| one.aim == aim).map(|shown| self.line(shown)).collect();
            rows.extend(self.brought(aim));
            if rows.is_empty() {
                let none = self.text("indicators.profile.none_given");
                rows.push(std::iter::once(none).chain([".."; 5].map(str::to_owned)).collect());
            }
            let name = self.say(&aim.said());
            let heading = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
            let heads = [
                "indicators.head.indicator",
                "indicators.profile.head.municipality",
                "indicators.profile.head.low",
                "indicators.head.high",
                "indicators.head.country",
                "indicators.profile.head.compared",
            ];
            BriefTable { heading, heads: heads.map(|key| self.text(key)).into(), rows }
        };
        Aim::ALL.map(table).into()
    }

    fn line(&self, (_, one, found, figure): (usize, &'a Indicator, &Figures, &Figure)) -> Vec<String> {
        let mut row = vec![self.named(one)];
        let crude = figure.crude.filter(|_| !figure.is_withheld);
        row.extend(cells(crude, figure.is_withheld));
        row.push(match found.country.is_withheld {
            true => ":".to_owned(),
            false => cells(found.country.crude, false)[0].clone(),
        });
        row.push(self.say(&self.side(figure)));
        row
    }

    /// Rows of counts by others and survey answers for an aim. The columns for the country are unknown.
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
                out.push(line(self.named(one), counted.value(outcome, one), counted.is_withheld()));
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
                let amount = grouped((each.ore().unsigned_abs() + 50) / 100);
                self.say(&message!("indicators.profile.kr", amount))
            };
            let paid = match brought::pays(all, figure.hides) {
                Some(ore) => [self.say(&millions(Amount::from_ore(ore))), each(ore)],
                None => [":", ":"].map(str::to_owned),
            };
            let [paid, of_each] = paid;
            let state = all.shown(Instrument::Isf, figure.hides).map_or_else(|| ":".to_owned(), each);
            Some(vec![self.title(one).to_owned(), paid, of_each, state])
        };
        let heads = [
            "indicators.head.indicator",
            "indicators.profile.head.municipality_pays",
            "indicators.profile.head.municipality_each",
            "indicators.profile.head.state_each",
        ];
        Some(BriefTable {
            heading: self.text("indicators.profile.kroner"),
            heads: heads.map(|key| self.text(key)).into(),
            rows: self.shown().filter_map(row).collect(),
        })
    }

    /// Chart of admissions by month; `None` with fewer than six months, or if a month is withheld or would reveal
    /// another profile's month.
    fn months(&self) -> Option<BriefFigure> {
        let (place, one, ..) = self.shown().find(|(_, one, ..)| one.id == "admissions")?;
        let counts = &self.outcome.counts;
        let found = self.outcome.figures[place].as_ref()?;
        // A profile that is not left out shows its months. If only one is left out, readers can work out its months:
        // the country's months minus those of all the other profiles.
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
        let reveals = !left_out.is_empty()
            && (0..counts.months.len()).any(|month| of_month(month) <= WITHHELD + left_out.len() as i64);
        let values = counts.months_of(place, Side::Numerator, self.home)?;
        if values.len() < 6 || is_left_out(self.home) || left_out.len() == 1 || reveals {
            return None;
        }
        let values: Vec<f64> = values.iter().map(|count| *count as f64).collect();
        let heading = self.say(&message!("indicators.by_month", title = self.title(one)));
        let months = &counts.months;
        let points = months.iter().zip(&values).map(|(month, value)| format!("{month}: {}", number(*value)));
        let alt = format!("{heading}. {}", points.collect::<Vec<_>>().join("; "));
        let follows = self.say(&self.outcome.months_follow());
        let words = (self.title(one), &*follows, &*heading);
        let svg = country::by_month(months, &values, &self.outcome.rebased, words);
        Some(BriefFigure { heading, alt, svg })
    }

    /// Funnel with the municipality named; `None` if its figure is withheld, or if no events are expected.
    fn funnel(&self, one: &'a Indicator, found: &Figures) -> Option<BriefFigure> {
        found.funnel?;
        if found.homes[self.home].is_withheld || found.homes[self.home].expected <= 0.0 {
            return None;
        }
        let heading = self.say(&message!("indicators.by_size", title = self.title(one)));
        let figure = &found.homes[self.home];
        let alt = format!("{heading}. {}", self.sentence(one, figure));
        let follows = self.say(&self.outcome.funnel_follows());
        let words = (self.title(one), &*self.outcome.expected(one), follows.as_str(), heading.as_str());
        let svg = country::funnel((one, found), Some((self.home, &self.name)), words)?;
        Some(BriefFigure { heading, alt, svg })
    }
}
