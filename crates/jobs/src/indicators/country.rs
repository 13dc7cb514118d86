//! Sheets and pictures of the country: month by month, and variation between areas.

use chart::funnel::{Dot, Limit};
use chart::xmr::{Step, Stretch};
use disclosure::withhold::{Known, Row, Total};
use disclosure::{Beneath, Cell, SafeTable};
use domain::Month;
use paper::brief::BriefFigure;
use paper::picture;
use statistics::counts::Side;
use statistics::figures::Adjust;
use statistics::figures::Figures;
use statistics::funnel::{self, Allowance};
use statistics::indicator::{Indicator, Kind};
use statistics::levels::hidden_parts;
use statistics::spc;
use statistics::variation::variation;
use words::{Message, Said, message};

use crate::indicators::{Outcome, counted, sheet_showing, thousandths};

/// Funnel plot of an indicator as SVG: each municipality that is shown, by its expected events or kroner. `chosen`
/// is the municipality with a name beside its dot, and the places of those that it is compared with. `words` are four texts: label of the values, label of the sizes,
/// the rules, and the title. `None` if the indicator has no funnel, or if there is no dot.
pub fn funnel(
    (one, found): (&Indicator, &Figures),
    chosen: Option<(usize, &str, &[usize])>,
    words: (&str, &str, &str, &str),
) -> Option<String> {
    let (funnel, at_a_time) = (found.funnel?, found.at_a_time);
    let unit = if one.is_money() { 0.01 } else { 1.0 };
    let is_part = one.kind == Kind::Proportion && found.country.numerator > 0;
    let share = is_part.then(|| found.country.numerator as f64 / found.country.denominator);
    let shown = found.homes.iter().enumerate();
    let dots: Vec<Dot> = shown
        .filter(|(_, figure)| !figure.is_withheld && figure.expected > 0.0)
        .map(|(place, figure)| Dot {
            size: figure.expected * unit,
            value: figure.ratio.map_or(f64::NAN, |ratio| ratio.value),
            is_outside: figure.side().is_some_and(|side| side.abs() > 1),
            label: chosen.filter(|(home, ..)| *home == place).map(|(_, name, _)| name.to_owned()),
            is_peer: chosen.is_some_and(|(.., peers)| peers.contains(&place)),
        })
        .collect();
    let sizes = dots.iter().map(|dot| dot.size.ln());
    let (low, high) = sizes.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), one| (l.min(one), h.max(one)));
    let limit = |step: i32| {
        let size = (low + (high - low) * f64::from(step) / 40.0).exp();
        let expected = size / unit / at_a_time;
        let limits = funnel.limits(expected, share.map(|share| expected / share));
        Limit { size, inner: limits.inner, outer: limits.outer }
    };
    let limits: Vec<Limit> = (0..=40).map(limit).collect();
    (!dots.is_empty()).then(|| chart::funnel::funnel(&dots, &limits, 1.0, 640, words, picture::FONT))
}

/// XmR chart of some months as SVG. `words` are the label of the values, the rules, and the title.
pub fn by_month(
    months: &[Month],
    values: &[f64],
    rebased: &[(Month, String)],
    words: (&str, &str, &str),
) -> String {
    let chart = spc::chart(values, &places_of(months, rebased));
    let steps: Vec<Step> = values
        .iter()
        .zip(months)
        .zip(&chart.met)
        .map(|((value, month), met)| Step {
            label: month.to_string(),
            value: *value,
            is_special: !met.is_empty(),
        })
        .collect();
    let stretch = |base: &spc::Base| {
        let spc::Base { from, to, mean, limits, .. } = *base;
        // A limit that is no number is not drawn.
        let (low, high) = limits.unwrap_or((f64::NAN, f64::NAN));
        let reason = rebased.iter().find(|(month, _)| months.get(from) == Some(month));
        Stretch { from, to, mean, low, high, reason: reason.map_or_else(String::new, |(_, why)| why.clone()) }
    };
    let stretches: Vec<Stretch> = chart.bases.iter().map(stretch).collect();
    chart::xmr::xmr(&steps, &stretches, 640, words, picture::FONT)
}

/// Places in `months` from which limits are computed anew.
fn places_of(months: &[Month], rebased: &[(Month, String)]) -> Vec<usize> {
    rebased.iter().filter_map(|(month, _)| months.iter().position(|known| known == month)).collect()
}

/// Events and denominators of one indicator in one municipality, by stratum or month.
type Parts<'c> = (Option<&'c [i64]>, Option<&'c [i64]>);

impl Outcome {
    /// Counts of the country by indicator, in `count` strata or months. `parts` gives the counts of an indicator
    /// in a municipality.
    pub(crate) fn known<'c>(&'c self, count: usize, parts: impl Fn(usize, usize) -> Parts<'c>) -> Vec<Row> {
        let row = |place: usize| {
            let mut places: Row = vec![Known { events: 0, whole: None }; count];
            for home in 0..self.counts.homes.len() {
                let (events, whole) = parts(place, home);
                for (at, known) in places.iter_mut().enumerate() {
                    known.events += events.map_or(0, |events| events[at]);
                    known.whole = whole.map(|whole| known.whole.unwrap_or(0) + whole[at]);
                }
            }
            places
        };
        (0..self.indicators.len()).map(row).collect()
    }

    /// Whether each cell of `rows` is withheld. If the country's figure of an indicator is withheld, so is every cell of
    /// the indicator with a count above zero.
    pub(crate) fn hidden(&self, rows: &[Row], totals: &[Total]) -> Vec<Vec<bool>> {
        let whole = |row: usize, _| {
            self.figures[row].as_ref().is_some_and(|found| found.country.is_withheld).then_some(true)
        };
        hidden_parts(&self.indicators, rows, &whole, totals)
    }

    /// Whether each month of the country is withheld, by indicator.
    fn hidden_months(&self) -> Vec<Vec<bool>> {
        let counts = &self.counts;
        let months = counts.months.len();
        let rows = self.known(months, |place, home| {
            (counts.event_months_of(place, home), counts.months_of(place, Side::Denominator, home))
        });
        self.hidden(&rows, &[Total::of(0..months)])
    }

    /// Sentence on the rules for months outside their limits.
    pub fn months_follow(&self) -> Message {
        message!("indicators.months_follow", version = spc::RULE_SET)
    }

    /// Sentence on the rules for municipalities outside the funnel.
    pub fn funnel_follows(&self) -> Message {
        let allowance = match self.method.allowance {
            Allowance::Additive => message!("indicators.allowance.additive"),
            Allowance::Multiplicative => message!("indicators.allowance.multiplicative"),
            Allowance::None => message!("indicators.allowance.none"),
        };
        let (version, adjusted) = (funnel::RULE_SET, self.adjusted());
        message!("indicators.funnel_follows", version, allowance, adjusted)
    }

    /// Label of the sizes in a funnel: expected events, or expected kroner.
    pub fn expected(&self, one: &Indicator) -> String {
        self.language.text(match one.is_money() {
            true => "indicators.expected_kroner",
            false => "indicators.expected_count",
        })
    }

    /// Words for what figures are adjusted for.
    pub fn adjusted(&self) -> Message {
        match self.method.adjust {
            Adjust::AgeAndSex => message!("indicators.adjusted.age_and_sex"),
            Adjust::Age => message!("indicators.adjusted.age"),
            Adjust::Nothing => message!("indicators.adjusted.nothing"),
        }
    }

    /// Numerator, denominator and value of each month of the country.
    fn by_months(&self, place: usize, one: &Indicator) -> Vec<(i64, Option<i64>, f64)> {
        let sum = |side: Side, month: usize| -> Option<i64> {
            let homes = 0..self.counts.homes.len();
            homes.map(|home| Some(self.counts.months_of(place, side, home)?[month])).sum()
        };
        // A rate has no denominator by month. Its value is then the count itself, or kroner.
        let by = if one.kind == Kind::Rate { one.times() / f64::from(one.per) } else { one.times() };
        let month = |month: usize| {
            let (numerator, denominator) = (sum(Side::Numerator, month)?, sum(Side::Denominator, month));
            let value =
                denominator.map_or(numerator as f64 * by, |of| numerator as f64 * by / of.max(1) as f64);
            Some((numerator, denominator, value))
        };
        (0..self.counts.months.len()).filter_map(month).collect()
    }

    /// Name and SVG of each picture: a funnel of every indicator, and a chart of its months if there are six or
    /// more and none is withheld.
    pub fn figures_of_country(&self) -> Vec<(String, BriefFigure)> {
        let mut out = Vec::new();
        let months = &self.counts.months;
        let hidden = self.hidden_months();
        let of_funnel = self.say(&self.funnel_follows());
        let of_months = self.say(&self.months_follow());
        for (place, one, found) in self.written() {
            let title = self.title(one);
            let heading = self.say(&message!("indicators.by_size", title));
            let svg = funnel((one, found), None, (title, &self.expected(one), &of_funnel, &heading));
            let drawn = |heading: String, svg| BriefFigure { alt: heading.clone(), heading, svg };
            out.extend(svg.map(|svg| (format!("trakt-{}", one.id), drawn(heading, svg))));
            if months.len() < 6 || hidden[place].contains(&true) {
                continue;
            }
            let values: Vec<f64> = self.by_months(place, one).into_iter().map(|(.., value)| value).collect();
            let heading = self.say(&message!("indicators.country_by_month", title));
            let words = (title, &*of_months, &*heading);
            let svg = by_month(months, &values, &self.rebased, words);
            out.push((format!("maneder-{}", one.id), drawn(heading, svg)));
        }
        out
    }

    /// Name and SVG of a funnel of every indicator in which one municipality and its similar ones are marked; none without
    /// similar ones.
    pub fn figures_of_peers(&self, code: &str) -> Vec<(String, BriefFigure)> {
        let home = self.counts.homes.iter().position(|known| known == code);
        let Some((peers, home)) = self.peers.as_ref().zip(home) else { return Vec::new() };
        let similar: Vec<usize> = peers.of(home).collect();
        let name = self.names.name(code);
        let rules = self.say(&message!("indicators.peers.in_funnel", rules = self.funnel_follows()));
        let of = |(_, one, found): (usize, &Indicator, &Figures)| {
            let title = self.title(one);
            let heading = self.say(&message!("indicators.by_size_and_peers", title, name = name));
            let words = (title, &*self.expected(one), &*rules, &*heading);
            let svg = funnel((one, found), Some((home, &name, &similar)), words)?;
            Some((format!("trakt-{}-{code}", one.id), BriefFigure { alt: heading.clone(), heading, svg }))
        };
        self.written().filter_map(of).collect()
    }

    /// Sheet of variation between areas, beyond chance.
    pub fn variation(&self) -> SafeTable {
        let heads = [
            "indicator",
            "title",
            "divided_into",
            "places",
            "scv_times_100",
            "highest_to_lowest",
            "highest_to_lowest_without_ends",
        ];
        let shows = message!("indicators.shows.variation", adjusted = self.adjusted());
        let mut sheet = sheet_showing("variation", shows, heads);
        let home = ("municipalities", &self.figures);
        let larger = self.larger.iter().map(|larger| (larger.sheet, &larger.figures));
        for (place, one, _) in self.written().filter(|(_, one, _)| one.kind != Kind::Mean) {
            for (word, figures) in std::iter::once(home).chain(larger.clone()) {
                let Some(found) = &figures[place] else { continue };
                // Only shown figures are used, so that the variation reveals nothing of the withheld ones.
                let shown = found.homes.iter().filter(|figure| !figure.is_withheld);
                let pairs: Vec<(f64, f64)> = shown
                    .filter(|figure| figure.expected > 0.0)
                    .map(|figure| (figure.known as f64 / found.at_a_time, figure.expected / found.at_a_time))
                    .collect();
                if pairs.is_empty() {
                    continue;
                }
                let all = variation(&pairs);
                let or_unknown = |value: Option<f64>| value.map_or(Cell::Unknown, thousandths);
                sheet.row(
                    vec![
                        Cell::Text(one.id.clone()),
                        Cell::from(self.title(one)),
                        Cell::Said(Message::under("indicators.divided", word)),
                        Cell::Count(pairs.len() as i64),
                        or_unknown(all.map(|all| all.systematic)),
                        or_unknown(all.and_then(|all| all.extremal)),
                        or_unknown(all.and_then(|all| all.without_ends[0])),
                    ],
                    Beneath::Decided,
                );
            }
        }
        sheet.protect()
    }

    /// Sheet of the country month by month, with control limits and the rules for special variation that each month
    /// meets.
    pub fn months(&self) -> SafeTable {
        let heads = [
            "indicator",
            "title",
            "month",
            "numerator_count_or_ore",
            "denominator",
            "value",
            "mean",
            "limit_low",
            "limit_high",
            "rules",
            "rebased_because",
        ];
        let shows = message!("indicators.shows.months", rules = self.months_follow());
        let mut sheet = sheet_showing("months", shows, heads);
        let hidden = self.hidden_months();
        for (place, one, _) in self.written() {
            let rows = self.by_months(place, one);
            let values: Vec<f64> = rows.iter().map(|(.., value)| *value).collect();
            let chart = spc::chart(&values, &places_of(&self.counts.months, &self.rebased));
            let hidden = &hidden[place];
            for (place, ((numerator, denominator, value), month)) in
                rows.iter().zip(&self.counts.months).enumerate()
            {
                let or_hidden = |cell: Cell| if hidden[place] { Cell::Withheld } else { cell };
                // Limits are computed from every month, and would reveal withheld months.
                let base = chart.bases.iter().find(|base| (base.from..base.to).contains(&place));
                let base = base.filter(|_| !hidden.contains(&true));
                let limit = |of: Option<Option<f64>>| match of {
                    None => Cell::Withheld,
                    Some(limit) => limit.map_or(Cell::Unknown, thousandths),
                };
                let reason = self.rebased.iter().find(|(rebased, _)| rebased == month);
                let met = chart.met[place].iter().filter(|_| base.is_some());
                let rules: Vec<Message> = met.map(Said::said).collect();
                sheet.row(
                    vec![
                        Cell::Text(one.id.clone()),
                        Cell::from(self.title(one)),
                        Cell::Text(month.to_string()),
                        or_hidden(counted(one, *numerator)),
                        or_hidden(denominator.map_or(Cell::Unknown, Cell::Count)),
                        or_hidden(thousandths(*value)),
                        limit(base.map(|base| Some(base.mean))),
                        limit(base.map(|base| base.limits.map(|limits| limits.0))),
                        limit(base.map(|base| base.limits.map(|limits| limits.1))),
                        Cell::Said(Message::joined(rules, "; ")),
                        Cell::Text(reason.map_or_else(String::new, |(_, why)| why.clone())),
                    ],
                    Beneath::Decided,
                );
            }
        }
        sheet.protect()
    }
}
