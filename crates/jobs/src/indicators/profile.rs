//! A municipality's profile. The first page has the finding, what the municipality pays, how sure the finding is, and
//! the spine chart; the months and every figure follow. The profile shows only figures that the tables show.

use chart::spine::Standing;
use disclosure::withhold::few;
use domain::amount::grouped;
use domain::{Amount, Instrument};
use paper::brief::{BriefFigure, BriefTable};
use paper::profile::{self, ProfileBox};
use rulebook::InPeriod;
use statistics::counts::Side;
use statistics::figures::{Figure, Figures};
use statistics::indicator::{Aim, Indicator, Kind, Measure};
use statistics::interval::{Interval, normal_p};
use words::{Message, Said, message};

use super::spine::{self, Themes, standing};
use super::subject::{Measured, Subject, millions, number, percent, reveals, signed};
use crate::failure::Result;
use crate::indicators::{Outcome, brought, country};

/// Largest number of measures that a box describes.
const DESCRIBED: usize = 2;
/// Fewest expected events of a measure that the title may name: below, the limits of the funnel are rough.
const TITLED: f64 = 10.0;
/// Fewest expected events of a measure that the first page speaks of.
const SPOKEN_OF: f64 = 5.0;

/// The profile of a municipality as PDF; `None` if the municipality does not exist in the period. `inside` is whom an
/// inside edition is made for: it shows years and months that the public edition leaves out.
///
/// # Errors
/// Fails if the page cannot be set.
pub fn pdf(outcome: &Outcome, code: &str, inside: Option<&str>) -> Result<Option<Vec<u8>>> {
    let Some(home) = outcome.counts.homes.iter().position(|known| known == code) else { return Ok(None) };
    let name = outcome.names.name(code);
    let subject = Subject { outcome, home, name, inside };
    Ok(Some(profile::pdf(&subject.pages())?))
}

/// A title inside a sentence: its first letter is small.
fn lowered(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// An amount in millions of kroner, or in whole kroner if it is below a million.
fn in_kroner(amount: Amount) -> Message {
    match amount.ore().abs() {
        100_000_000.. => millions(amount),
        ore => {
            let sign = if amount.ore() < 0 { "\u{2212}" } else { "" };
            let amount = format!("{sign}{}", grouped((ore.unsigned_abs() + 50) / 100));
            message!("indicators.profile.kr", amount)
        }
    }
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

impl<'a> Subject<'a> {
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

    fn side(&self, figure: &Figure) -> Message {
        match figure.side() {
            _ if figure.is_withheld => message!("indicators.note.withheld"),
            None => Message::plain(".."),
            Some(0) => message!("indicators.profile.as_expected"),
            Some(1..) => message!("indicators.profile.higher"),
            Some(_) => message!("indicators.profile.lower"),
        }
    }

    /// Measures of the spine chart that have a place in the funnel and enough expected events, in descending order of
    /// their distance from the expected number.
    fn farthest(themes: &Themes<'a>) -> Vec<Measured<'a>> {
        let has_place = |(_, _, found, figure): &Measured| {
            !figure.is_withheld && figure.point.is_some() && figure.expected / found.at_a_time >= SPOKEN_OF
        };
        let all = themes.iter().flat_map(|(_, rows)| rows).copied();
        let mut all: Vec<Measured> = all.filter(has_place).collect();
        let far = |figure: &Figure| figure.point.map_or(0.0, |point| point.z.abs());
        all.sort_by(|one, other| far(other.3).total_cmp(&far(one.3)).then(one.0.cmp(&other.0)));
        all
    }

    /// Share of municipalities in which chance alone gives such a deviation, in words.
    fn by_chance(&self, figure: &Figure) -> Message {
        let share = figure.point.map_or(1.0, |point| normal_p(point.z));
        match (1.0 / share).round() as u64 {
            0 | 1 => message!("indicators.profile.chance.most"),
            500.. => message!("indicators.profile.chance.fewer", of = 500),
            of => message!("indicators.profile.chance.one_in", of),
        }
    }

    /// The finding, and what it rests on.
    fn finding(&self, farthest: &[Measured<'a>]) -> (String, String) {
        let count = farthest.len();
        let out = |least: Standing| {
            farthest.iter().filter(move |(.., figure)| match least {
                Standing::Differs => standing(figure) == Standing::Differs,
                _ => standing(figure) != Standing::AsExpected,
            })
        };
        let name = self.short_name();
        let is_sure = |(_, _, found, figure): &&Measured| {
            let is_many = figure.expected / found.at_a_time >= TITLED;
            is_many && figure.ratio.is_some_and(|ratio| ratio.low > 1.0 || ratio.high < 1.0)
        };
        let title = match (out(Standing::Differs).find(is_sure), out(Standing::MayDiffer).count()) {
            (Some((_, one, _, figure)), _) => {
                let ratio = figure.ratio.map_or(1.0, |ratio| ratio.value);
                let percent = percent((ratio - 1.0).abs());
                let title = lowered(self.title(one));
                match ratio > 1.0 {
                    true => message!("indicators.profile.title.above", name, title, percent),
                    false => message!("indicators.profile.title.below", name, title, percent),
                }
            }
            (None, _) if count == 0 => message!("indicators.profile.title.too_few", name),
            (None, 0) => message!("indicators.profile.title.expected", name, count),
            (None, out) => message!("indicators.profile.title.may", name, out, count),
        };
        let lead = match farthest.first() {
            Some((_, one, _, figure)) if standing(figure) != Standing::AsExpected => {
                let described = self.deviation(one, figure);
                message!("indicators.profile.lead_out", described, chance = self.by_chance(figure))
            }
            Some(_) => message!("indicators.profile.none_out"),
            None => message!("indicators.profile.box.too_few", least = SPOKEN_OF),
        };
        (self.say(&title), self.say(&lead))
    }

    /// A measure's figure beside the expected, in a sentence.
    fn deviation(&self, one: &'a Indicator, figure: &Figure) -> Message {
        let in_words = |count: i64| match one.is_money() {
            true => millions(Amount::from_ore(count)),
            false => Message::plain(grouped(count.unsigned_abs())),
        };
        message!(
            "indicators.profile.deviation",
            title = self.title(one),
            seen = in_words(figure.numerator),
            expected = in_words(figure.expected.round() as i64),
            percent = signed(figure.ratio.map_or(1.0, |ratio| ratio.value))
        )
    }

    /// What the municipality pays; `None` without kroner.
    fn costs(&self) -> Option<ProfileBox> {
        let known = self.outcome.kroner.as_ref()?;
        let of = |id: &str| self.shown().find(|(_, one, ..)| one.id == id);
        let days = of("discharge-ready-payment")?;
        let treatment = of("co-financing");
        if treatment.is_none() && *known.scope.of(Instrument::CoFinancing) != InPeriod::NotInForce {
            return None;
        }
        let both = || treatment.iter().chain([&days]);
        let is_hidden = both().any(|(.., figure)| figure.is_withheld);
        let kroner = |figure: &Figure| match figure.is_withheld {
            true => ":".to_owned(),
            false => self.say(&in_kroner(Amount::from_ore(figure.numerator))),
        };
        let each = |figures: &mut dyn Iterator<Item = &Figure>| -> String {
            let values = figures.map(|figure| Some(figure.crude.filter(|_| !figure.is_withheld)?.value));
            match values.sum::<Option<f64>>() {
                Some(sum) => self.say(&message!("indicators.profile.kr", amount = number(sum.round()))),
                None => ":".to_owned(),
            }
        };
        let sum = both().map(|(.., figure)| Amount::from_ore(figure.numerator)).sum();
        let not_in_force = || self.text("standing.not_in_force");
        let rows = [
            ("indicators.profile.box.each", each(&mut both().map(|(.., figure)| *figure))),
            ("indicators.profile.box.country_each", each(&mut both().map(|(_, _, found, _)| &found.country))),
            (
                "indicators.profile.box.treatment",
                treatment.as_ref().map_or_else(not_in_force, |treatment| kroner(treatment.3)),
            ),
            ("indicators.profile.box.days", kroner(days.3)),
        ];
        Some(ProfileBox {
            heading: self.text("indicators.profile.box.costs"),
            large: if is_hidden { ":".to_owned() } else { self.say(&in_kroner(sum)) },
            rows: rows.map(|(key, value)| (self.text(key), value)).into(),
            texts: Vec::new(),
        })
    }

    /// The measures that stand out, or that come nearest to standing out.
    fn stands_out(&self, farthest: &[Measured<'a>]) -> ProfileBox {
        let is_out = farthest.first().is_some_and(|(.., figure)| standing(figure) != Standing::AsExpected);
        let heading = match is_out {
            true => "indicators.profile.box.stands_out",
            false => "indicators.profile.box.nearest",
        };
        let text = |(_, one, _, figure): &Measured<'a>| {
            let (seen, expected) = (figure.numerator, figure.expected.round() as i64);
            let sentence = message!(
                "indicators.profile.box.deviation",
                seen = grouped(seen.unsigned_abs()),
                expected = grouped(expected.unsigned_abs()),
                percent = signed(figure.ratio.map_or(1.0, |ratio| ratio.value)),
                chance = self.by_chance(figure)
            );
            (format!("{}:", self.title(one)), self.say(&sentence))
        };
        let texts = farthest.iter().take(DESCRIBED).map(text).collect();
        ProfileBox { heading: self.text(heading), texts, ..ProfileBox::default() }
    }

    /// How many measures chance alone puts outside their limits, and how far chance can move the admissions.
    fn how_sure(&self, farthest: &[Measured<'a>]) -> ProfileBox {
        let count = farthest.len();
        let out = farthest.iter().filter(|(.., figure)| standing(figure) != Standing::AsExpected).count();
        let expected = number(count as f64 * 0.05);
        let mut said = vec![message!("indicators.profile.box.by_chance", count, expected, out)];
        let admissions = self.shown().find(|(_, one, ..)| one.id == "admissions");
        if let Some(ratio) = admissions.and_then(|(.., figure)| figure.ratio.filter(|_| !figure.is_withheld))
        {
            let (low, high) = (signed(ratio.low), signed(ratio.high));
            said.push(message!("indicators.profile.box.uncertain", low, high));
        }
        if out > 1 {
            said.push(message!("indicators.profile.box.one_finding"));
        }
        let texts = said.iter().map(|one| (String::new(), self.say(one))).collect();
        ProfileBox { heading: self.text("indicators.profile.box.how_sure"), texts, ..ProfileBox::default() }
    }

    fn pages(&self) -> profile::Profile {
        let outcome = self.outcome;
        let themes = spine::themes(self);
        let farthest = Self::farthest(&themes);
        let (title, lead) = self.finding(&farthest);
        let code = &outcome.counts.homes[self.home];
        let people = outcome.inhabited.mean_of(code).map(|people| {
            self.say(&message!("indicators.profile.people", people = grouped(people.unsigned_abs())))
        });
        let place: Vec<String> = [Some(format!("{} ({code})", self.name)), people, Some(self.region())]
            .into_iter()
            .flatten()
            .collect();
        let digest = &outcome.vintage.1;
        let caution = |(head, text): (Message, Message)| format!("{}: {}.", self.say(&head), self.say(&text));
        let compared = (!farthest.is_empty()).then(|| [self.stands_out(&farthest), self.how_sure(&farthest)]);
        let boxes = self.costs().into_iter().chain(compared.into_iter().flatten());
        let edition = self.inside.map(|role| self.say(&message!("indicators.profile.inside_edition", role)));
        let mark = edition.is_some().then(|| (self.text("tag.inside"), true));
        let cautions = outcome.about().into_iter().map(caution);
        profile::Profile {
            language: outcome.language,
            kind: self.say(&message!("indicators.profile.kind", period = outcome.period)),
            place: place.join(" · "),
            title,
            tags: mark.into_iter().chain(outcome.tags()).collect(),
            lead,
            boxes: boxes.collect(),
            spine: spine::spine(self, &themes),
            figures: self.months().into_iter().collect(),
            tables: self.kroner().into_iter().chain(self.all()).collect(),
            cautions: edition.into_iter().chain(cautions).collect(),
            footer: outcome.footer(),
            date: outcome.period.to().year_month_day(),
            digest: format!("{} {} {digest} {}", self.name, outcome.period, self.inside.unwrap_or_default()),
        }
    }

    /// Tables of every figure, one for each aim that has any. A table includes the survey answers of its aim, and the counts
    /// that others have made.
    fn all(&self) -> Vec<BriefTable> {
        let table = |aim: Aim| {
            let mut rows: Vec<Vec<String>> =
                self.shown().filter(|(_, one, ..)| one.aim == aim).map(|shown| self.line(shown)).collect();
            rows.extend(self.brought(aim));
            if rows.is_empty() {
                return None;
            }
            let name = self.say(&aim.said());
            let heading = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
            let heads = [
                "indicators.head.indicator",
                "indicators.profile.head.municipality",
                "indicators.profile.head.low",
                "indicators.head.high",
                "indicators.head.country",
                "indicators.profile.head.count",
                "indicators.profile.head.compared",
            ];
            Some(BriefTable { heading, heads: heads.map(|key| self.text(key)).into(), rows })
        };
        Aim::ALL.into_iter().filter_map(table).collect()
    }

    fn line(&self, (_, one, found, figure): (usize, &'a Indicator, &Figures, &Figure)) -> Vec<String> {
        let mut row = vec![self.named(one)];
        let crude = figure.crude.filter(|_| !figure.is_withheld);
        row.extend(cells(crude, figure.is_withheld));
        row.push(match found.country.is_withheld {
            true => ":".to_owned(),
            false => cells(found.country.crude, false)[0].clone(),
        });
        row.push(match (figure.is_withheld, one.is_money()) {
            (true, _) => ":".to_owned(),
            (false, true) => self.say(&millions(Amount::from_ore(figure.numerator))),
            (false, false) => grouped(figure.numerator.unsigned_abs()),
        });
        row.push(self.say(&self.side(figure)));
        row
    }

    /// Rows of an aim: counts that others have made, and survey answers. The country's value, the count and the
    /// comparison are unknown.
    fn brought(&self, aim: Aim) -> Vec<Vec<String>> {
        let outcome = self.outcome;
        let code = &outcome.counts.homes[self.home];
        let line = |head: String, value: Option<Interval>, is_withheld: bool| {
            let mut row = vec![head];
            row.extend(cells(value, is_withheld));
            row.extend(["..", "..", ".."].map(str::to_owned));
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
        let kroner = self.outcome.kroner.as_ref()?;
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
            let unknown = || "..".to_owned();
            let [paid, of_each] = if kroner.tells_municipalities() { paid } else { [unknown(), unknown()] };
            let state = all.shown(Instrument::Isf, figure.hides).map_or_else(|| ":".to_owned(), each);
            let state = if kroner.tells(Instrument::Isf) { state } else { unknown() };
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
        // A profile that is not left out shows its months.
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
        let is_revealed = reveals(left_out.len(), counts.months.len(), of_month);
        let values = counts.months_of(place, Side::Numerator, self.home)?;
        let is_public = !is_left_out(self.home) && !is_revealed;
        if values.len() < 6 || !(is_public || self.inside.is_some()) {
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
}
