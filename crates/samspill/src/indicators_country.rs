//! The country's sheets: by age, month by month, and how much areas vary.

use chart::funnel::{Dot, Limit};
use chart::xmr::{Step, Stretch};
use domain::Month;
use paper::picture;
use paper::sheets::{Cell, Sheet};
use statistics::counts::{BANDS, STRATA, Side};
use statistics::figures::Figures;
use statistics::indicator::{Indicator, Kind};
use statistics::spc;
use statistics::variation::variation;
use statistics::withhold::{self, Known, Row};

use crate::indicators_job::{Outcome, thousandths};

fn label(stratum: usize) -> String {
    match (BANDS.get(stratum), BANDS.get(stratum + 1)) {
        (Some(from), Some(next)) => format!("{from}–{}", next - 1),
        (Some(from), None) => format!("{from}+"),
        (None, _) => "ukjent".to_owned(),
    }
}

/// The funnel of an indicator: every municipality that is shown, by how many are expected of it. `chosen` is named.
/// `words` name the values, the sizes and the picture.
pub fn funnel(found: &Figures, chosen: Option<(usize, &str)>, words: (&str, &str, &str)) -> Option<String> {
    let (funnel, at_a_time) = found.funnel?;
    let shown = found.homes.iter().enumerate();
    let dots: Vec<Dot> = shown
        .filter(|(_, figure)| !figure.is_withheld && figure.expected > 0.0)
        .map(|(place, figure)| Dot {
            size: figure.expected,
            value: figure.ratio.map_or(f64::NAN, |ratio| ratio.value),
            is_outside: figure.side().is_some_and(|side| side.abs() > 1),
            label: chosen.filter(|(home, _)| *home == place).map(|(_, name)| name.to_owned()),
        })
        .collect();
    let sizes = dots.iter().map(|dot| dot.size.ln());
    let (low, high) = sizes.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), one| (l.min(one), h.max(one)));
    let limit = |step: i32| {
        let size = (low + (high - low) * f64::from(step) / 40.0).exp();
        let limits = funnel.limits(size / at_a_time);
        Limit { size, inner: limits.inner, outer: limits.outer }
    };
    let limits: Vec<Limit> = (0..=40).map(limit).collect();
    (!dots.is_empty()).then(|| chart::funnel::funnel(&dots, &limits, 1.0, 640, words, picture::FONT))
}

/// An XmR chart of some months.
pub fn by_month(months: &[Month], values: &[f64], unit: &str, title: &str) -> String {
    let chart = spc::chart(values, &[]);
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
        let spc::Base { from, to, mean, low, high, .. } = *base;
        Stretch { from, to, mean, low, high, reason: String::new() }
    };
    let stretches: Vec<Stretch> = chart.bases.iter().map(stretch).collect();
    chart::xmr::xmr(&steps, &stretches, 640, unit, title, picture::FONT)
}

/// Events and what they are part of, of one indicator in one municipality, by age or month.
type Parts<'c> = (Option<&'c [i64]>, Option<&'c [i64]>);

impl Outcome {
    /// What is withheld of the country's ages or months, by indicator.
    fn hidden<'c>(&'c self, count: usize, parts: impl Fn(usize, usize) -> Parts<'c>) -> Vec<Vec<bool>> {
        let row = |place: usize| {
            let mut places = vec![Known { events: 0, whole: None }; count];
            for home in 0..self.counts.homes.len() {
                let (events, whole) = parts(place, home);
                for (at, known) in places.iter_mut().enumerate() {
                    known.events += events.map_or(0, |events| events[at]);
                    known.whole = whole.map(|whole| known.whole.unwrap_or(0) + whole[at]);
                }
            }
            Row { kind: self.indicators[place].of as u8, places }
        };
        let rows: Vec<Row> = (0..self.indicators.len()).map(row).collect();
        let mut out = withhold::hidden(&rows, &[(0..count).collect()]);
        // What is withheld of the whole is withheld of its parts.
        for (found, hidden) in self.figures.iter().zip(&mut out) {
            if found.as_ref().is_some_and(|found| found.country.is_withheld) {
                hidden.fill(true);
            }
        }
        out
    }

    /// What is withheld of the country's months, by indicator.
    fn hidden_months(&self) -> Vec<Vec<bool>> {
        let counts = &self.counts;
        self.hidden(counts.months.len(), |place, home| {
            (counts.event_months_of(place, home), counts.months_of(place, Side::Denominator, home))
        })
    }

    /// The country's months of an indicator: what is above the line, below it, and the value.
    fn by_months(&self, place: usize, one: &Indicator) -> Vec<(i64, Option<i64>, f64)> {
        let sum = |side: Side, month: usize| -> Option<i64> {
            let homes = 0..self.counts.homes.len();
            homes.map(|home| Some(self.counts.months_of(place, side, home)?[month])).sum()
        };
        let by = if one.kind == Kind::Proportion { f64::from(one.per) } else { 1.0 };
        let month = |month: usize| {
            let (numerator, denominator) = (sum(Side::Numerator, month)?, sum(Side::Denominator, month));
            let value = denominator.map_or(numerator as f64, |of| numerator as f64 * by / of.max(1) as f64);
            Some((numerator, denominator, value))
        };
        (0..self.counts.months.len()).filter_map(month).collect()
    }

    /// A funnel of every indicator, and its months where none of them is withheld.
    pub fn figures_of_country(&self) -> Vec<(String, String)> {
        let mut out = Vec::new();
        let months = &self.counts.months;
        let hidden = self.hidden_months();
        let (of_size, of_months, expected) = match self.nynorsk {
            true => {
                ("mot det venta (1), etter storleiken på kommunen", "landet månad for månad", "venta tal")
            }
            false => {
                ("mot det ventede (1), etter kommunens størrelse", "landet måned for måned", "ventet antall")
            }
        };
        for (place, one, found) in self.written() {
            let heading = format!("{}: {of_size}", self.title(one));
            let svg = funnel(found, None, (self.title(one), expected, &heading));
            out.extend(svg.map(|svg| (format!("trakt-{}", one.id), svg)));
            if months.len() < 6 || hidden[place].contains(&true) {
                continue;
            }
            let values: Vec<f64> = self.by_months(place, one).into_iter().map(|(.., value)| value).collect();
            let heading = format!("{}: {of_months}", self.title(one));
            out.push((format!("maneder-{}", one.id), by_month(months, &values, self.title(one), &heading)));
        }
        out
    }

    /// The country by age.
    pub fn ages(&self) -> Sheet {
        let heads = ["indikator", "tittel", "alder", "teller", "nevner", "enhet", "verdi"];
        let mut sheet = Sheet::new("Alder", "Landet etter alder", &heads);
        let hidden = self.hidden(STRATA, |place, home| {
            let counts = &self.counts;
            (counts.events_of(place, home), counts.of(place, Side::Denominator, home))
        });
        for (place, one, found) in self.written() {
            let sum = |side: Side, stratum: usize| -> Option<i64> {
                (0..self.counts.homes.len())
                    .map(|home| Some(self.counts.of(place, side, home)?[stratum]))
                    .sum::<Option<i64>>()
            };
            let counts: Vec<i64> =
                (0..STRATA).map(|stratum| sum(Side::Numerator, stratum).unwrap_or(0)).collect();
            for (stratum, (numerator, hidden)) in counts.iter().zip(&hidden[place]).enumerate() {
                let whole = found.of[stratum];
                if whole <= 0.0 && *numerator == 0 {
                    continue;
                }
                let or_hidden = |cell: Cell| if *hidden { Cell::Withheld } else { cell };
                let by = if one.kind == Kind::Mean { 1.0 } else { f64::from(one.per) };
                let value =
                    if whole > 0.0 { thousandths(*numerator as f64 / whole * by) } else { Cell::Unknown };
                let of =
                    if one.kind == Kind::Rate { thousandths(whole) } else { or_hidden(thousandths(whole)) };
                sheet.rows.push(vec![
                    Cell::Text(one.id.clone()),
                    Cell::Text(self.title(one).to_owned()),
                    Cell::Text(label(stratum)),
                    or_hidden(Cell::Count(*numerator)),
                    of,
                    Cell::Text(Self::unit(one)),
                    or_hidden(value),
                ]);
            }
        }
        sheet
    }

    /// How much areas vary beyond chance.
    pub fn variation(&self) -> Sheet {
        let heads = [
            "indikator",
            "tittel",
            "delt i",
            "antall",
            "SCV × 100",
            "høyeste / laveste",
            "uten ytterpunktene",
        ];
        let about = "Hvor mye rater varierer mellom områder, justert for alder: SCV er det som er mer enn tilfeldig, og under null er det ikke noe";
        let mut sheet = Sheet::new("Variasjon", about, &heads);
        let home = ("kommuner", &self.figures);
        let larger = self.larger.iter().map(|larger| (larger.sheet, &larger.figures));
        for (place, one, _) in self.written().filter(|(_, one, _)| one.kind != Kind::Mean) {
            for (name, figures) in std::iter::once(home).chain(larger.clone()) {
                let Some(found) = &figures[place] else { continue };
                let by = found.funnel.map_or(1.0, |(_, at_a_time)| at_a_time);
                let pairs: Vec<(f64, f64)> = found
                    .homes
                    .iter()
                    .map(|figure| (figure.numerator as f64 / by, figure.expected / by))
                    .collect();
                if pairs.iter().all(|(_, expected)| *expected <= 0.0) {
                    continue;
                }
                // Where one is withheld, the extremes might be its, and what varies tells of it.
                let is_hidden = found.homes.iter().any(|figure| figure.is_withheld);
                let ends = |value: Option<f64>| {
                    if is_hidden { Cell::Withheld } else { value.map_or(Cell::Unknown, thousandths) }
                };
                let all = variation(&pairs);
                let systematic = ends(all.map(|all| all.systematic));
                sheet.rows.push(vec![
                    Cell::Text(one.id.clone()),
                    Cell::Text(self.title(one).to_owned()),
                    Cell::Text(name.to_lowercase()),
                    Cell::Count(pairs.iter().filter(|(_, expected)| *expected > 0.0).count() as i64),
                    systematic,
                    ends(all.map(|all| all.extremal)),
                    ends(all.and_then(|all| all.extremal_without_ends)),
                ]);
            }
        }
        sheet
    }

    /// The country month by month, with what is more than a process does by itself.
    pub fn months(&self) -> Sheet {
        let heads = [
            "indikator",
            "tittel",
            "måned",
            "teller",
            "nevner",
            "verdi",
            "middel",
            "grense fra",
            "grense til",
            "regler",
        ];
        let about = "Landet måned for måned, med XmR-grenser og de fire reglene; verdien er teller / nevner, eller telleren der nevneren er folketallet";
        let mut sheet = Sheet::new("Måneder", about, &heads);
        let hidden = self.hidden_months();
        for (place, one, _) in self.written() {
            let rows = self.by_months(place, one);
            let values: Vec<f64> = rows.iter().map(|(.., value)| *value).collect();
            let chart = spc::chart(&values, &[]);
            let hidden = &hidden[place];
            // Limits are made of every month, and would tell of those that are withheld.
            let base = chart.bases.first().filter(|_| !hidden.contains(&true));
            for (place, ((numerator, denominator, value), month)) in
                rows.iter().zip(&self.counts.months).enumerate()
            {
                let or_hidden = |cell: Cell| if hidden[place] { Cell::Withheld } else { cell };
                let limit = |of: Option<f64>| of.map_or(Cell::Withheld, thousandths);
                let met = chart.met[place].iter().filter(|_| base.is_some());
                let rules: Vec<&str> = met.map(|rule| rule.word()).collect();
                sheet.rows.push(vec![
                    Cell::Text(one.id.clone()),
                    Cell::Text(self.title(one).to_owned()),
                    Cell::Text(month.to_string()),
                    or_hidden(Cell::Count(*numerator)),
                    or_hidden(denominator.map_or(Cell::Unknown, Cell::Count)),
                    or_hidden(thousandths(*value)),
                    limit(base.map(|base| base.mean)),
                    limit(base.map(|base| base.low)),
                    limit(base.map(|base| base.high)),
                    Cell::Text(rules.join(" ")),
                ]);
            }
        }
        sheet
    }
}
