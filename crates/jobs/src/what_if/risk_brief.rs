//! The risk picture as a brief of two pages, for the country or for one municipality: what a year may cost,
//! and what evens it out.

use domain::Amount;
use domain::amount::grouped;
use paper::brief::{Brief, BriefFigure, BriefTable};
use simulation::consequence::{SIZES, by_size};
use simulation::risk::Distribution;
use words::{Language, Message, Said, message, say};

use crate::pictures;
use crate::what_if::risk::{Line, Order, Picture, SPANS};
use crate::what_if::risk_tables::{BANDS, income, settled_up};
use crate::what_if::{AboutLines, brief_table, heads, in_millions};

/// What a brief is made from.
pub struct Subject<'a> {
    pub found: &'a Picture,
    pub order: &'a Order<'a>,
    /// Heads and texts on the result, which every file carries.
    pub about: &'a AboutLines,
    pub language: Language,
}

/// A number with a decimal comma and a minus sign; zero has no sign.
pub fn decimal(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}").replace('.', ",");
    match text.strip_prefix('-') {
        Some(size) if size.contains(|sign: char| ('1'..='9').contains(&sign)) => format!("\u{2212}{size}"),
        Some(size) => size.to_owned(),
        None => text,
    }
}

fn amount(kroner: f64) -> Message {
    let amount = Amount::from_ore((kroner * 100.0).round() as i64);
    if kroner.abs() >= 1_000_000.0 {
        return in_millions(amount);
    }
    let sign = if kroner < -0.5 { "\u{2212}" } else { "" };
    Message::Plain(format!("{sign}{} kr", grouped(kroner.abs().round() as u64)))
}

fn per_cent(share: f64) -> Message {
    Message::Plain(format!("{}\u{a0}%", decimal(share * 100.0, 1)))
}

impl Subject<'_> {
    /// Marks of a paper or a picture.
    pub fn tags(&self) -> Vec<(String, bool)> {
        pictures::marks(self.found.unsigned > 0, self.found.synthetic, self.order.period, self.language)
    }

    /// Line on what a paper or a picture was made from.
    pub fn footer(&self) -> String {
        let (version, data) = (env!("CARGO_PKG_VERSION"), &self.found.vintage.0);
        say!(self.language, "risk.footer", version, data)
    }

    /// A brief without tables and figures. `facts` are keys and values. Texts with a head in `left_out` are not
    /// among the cautions.
    fn brief(&self, title: String, summary: String, facts: [(&str, Message); 4], left_out: &[&str]) -> Brief {
        let (order, language) = (self.order, self.language);
        let cautions = self.about.iter().filter(|(head, _)| !left_out.contains(&head.name().as_str()));
        let digest = &self.found.vintage.1;
        Brief {
            language,
            tags: self.tags(),
            summary,
            facts: facts.map(|(name, value)| (language.text(name), language.say(&value))).to_vec(),
            tables: Vec::new(),
            figures: Vec::new(),
            new_pages: Vec::new(),
            cautions: cautions.map(|(head, text)| say!(language, "risk.caution", head, text)).collect(),
            footer: self.footer(),
            date: (order.period.to().year(), 12, 31),
            digest: format!("{title} {} {digest}", order.period),
            title,
        }
    }

    /// The brief of one municipality.
    pub fn municipality(&self, line: &Line, name: &str, figures: Vec<BriefFigure>) -> Brief {
        let (all, mean) = (&line.alone, line.alone.mean());
        let dear = self.found.severity.quantile(0.999) * line.factor;
        let summary = say!(
            self.language,
            "risk.summary_of_municipality",
            name,
            people = grouped(line.people.unsigned_abs()),
            period = self.order.period,
            persons = grouped(line.seen.persons as u64),
            cost = amount(line.seen.cost),
            expected = amount(mean),
            one_in_ten = amount(all.quantile(0.9)),
            one_in_hundred = amount(all.quantile(0.99))
        );
        let facts = [
            ("risk.expected_next_year", amount(mean)),
            ("risk.one_in_ten", amount(all.quantile(0.9))),
            ("risk.one_in_hundred", amount(all.quantile(0.99))),
            ("risk.dear_patient", amount(dear)),
        ];
        let title = say!(self.language, "risk.picture_of", name);
        // The brief compares nothing with free income.
        let mut out = self.brief(title, summary, facts, &["period", "data", "free_income"]);
        out.figures = figures;
        out.tables = vec![self.pooling(line, mean), self.spans(line), self.bands(all), self.security(all)];
        out
    }

    fn table(&self, heading: &Message, heads: &[Message], rows: &[Vec<Message>]) -> BriefTable {
        brief_table(heading, heads, rows, self.language)
    }

    /// Table of how far a bad year goes above the expected one, for the municipality alone and in each of its
    /// pools.
    fn pooling(&self, line: &Line, mean: f64) -> BriefTable {
        let row = |name: Message, all: &Distribution| {
            let bad = (all.quantile(0.99) - all.mean()) / all.mean().max(1e-12);
            vec![name, per_cent(all.spread() / all.mean().max(1e-12)), per_cent(bad), amount(bad * mean)]
        };
        let mut rows = vec![row(message!("risk.alone"), &line.alone)];
        for pool in &self.found.pools {
            if pool.members.iter().any(|place| self.found.lines[*place].code == line.code) {
                let (kind, count) = (pool.kind.said(), pool.members.len());
                let name = message!("risk.pool_of_members", kind, name = pool.name, count);
                rows.push(row(name, &pool.together));
            }
        }
        let heads =
            unnamed(["risk.head.spread", "risk.head.one_in_hundred_over", "risk.head.part_of_municipality"]);
        self.table(&message!("risk.bearing_together"), &heads, &rows)
    }

    /// The brief of the country.
    pub fn country(&self, figures: Vec<BriefFigure>) -> Brief {
        let lines = &self.found.lines;
        let sum: f64 = lines.iter().map(|line| line.alone.mean()).sum();
        let bad: f64 = lines.iter().map(|line| line.alone.quantile(0.99) - line.alone.mean()).sum();
        let summary = say!(
            self.language,
            "risk.summary_of_country",
            count = lines.len(),
            persons = grouped(self.found.persons as u64),
            period = self.order.period
        );
        let facts = [
            ("risk.expected_of_all", amount(sum)),
            ("risk.one_in_hundred_over_of_each", amount(bad)),
            ("risk.mean_of_person", amount(self.found.severity.moment(1))),
            ("risk.dear_patient", amount(self.found.severity.quantile(0.999))),
        ];
        let title = self.language.text("risk.picture");
        let mut out = self.brief(title, summary, facts, &["period", "data"]);
        out.figures = figures;
        out.tables = vec![self.sizes(), self.bands_by_size()];
        out
    }

    fn by_size(&self, row: impl Fn(&[&Line]) -> Vec<Message>) -> Vec<Vec<Message>> {
        let mut rows = Vec::new();
        let groups = by_size(&self.found.lines, |line| line.people);
        for ((people, _, _), inside) in SIZES.into_iter().zip(groups) {
            let mut cells = vec![message!("risk.size", people, count = inside.len())];
            cells.extend(row(&inside));
            rows.push(cells);
        }
        rows
    }

    fn sizes(&self) -> BriefTable {
        let rows = self.by_size(|inside| {
            let alone = median(inside, |line| Some(line.alone.spread() / line.alone.mean().max(1e-12)));
            let pooled = [0, 1, 2].map(|place| median(inside, |line| line.pooled[place]));
            let dear = self.found.severity.quantile(0.999);
            let dear = median(inside, |line| Some(dear * line.factor / line.alone.mean().max(1e-12)));
            std::iter::once(alone).chain(pooled).chain([dear]).map(shown).collect()
        });
        let heads = heads([
            "risk.head.middle_municipality_of",
            "risk.head.alone",
            "risk.head.area",
            "risk.head.region",
            "risk.pool.own",
            "risk.head.dear_patient",
        ]);
        self.table(&message!("risk.spread_and_pooling"), &heads, &rows)
    }

    fn bands_by_size(&self) -> BriefTable {
        let mut heads = heads(["risk.head.middle_municipality_of"]);
        heads.extend(BANDS.map(|band| message!("risk.band", band = (band * 100.0).round())));
        let rows = self.by_size(|inside| {
            let of = |band: f64| median(inside, |line| Some(settled_up(&line.alone, band).0));
            BANDS.map(|band| shown(of(band))).to_vec()
        });
        self.table(&message!("risk.share_of_years_settled_up"), &heads, &rows)
    }

    fn spans(&self, line: &Line) -> BriefTable {
        let mut rows = Vec::new();
        let distributions = std::iter::once(&line.alone).chain(&line.several);
        for (years, all) in std::iter::once(1).chain(SPANS).zip(distributions) {
            let name = match years {
                1 => message!("risk.one_year"),
                years => message!("risk.mean_over_years", years),
            };
            rows.push(vec![
                name,
                amount(all.quantile(0.1)),
                amount(all.quantile(0.9)),
                per_cent(all.spread() / all.mean().max(1e-12)),
            ]);
        }
        let heads = unnamed(["risk.head.one_in_ten_under", "risk.head.one_in_ten_over", "risk.head.spread"]);
        self.table(&message!("risk.what_evens_out"), &heads, &rows)
    }

    fn bands(&self, all: &Distribution) -> BriefTable {
        let row = |band: f64| {
            let name = match band {
                0.0 => message!("risk.no_band"),
                band => message!("risk.band", band = (band * 100.0).round()),
            };
            let (years, amounts) = settled_up(all, band);
            let [to_settle, bill] = amounts.map(amount);
            vec![name, per_cent(years), to_settle, bill]
        };
        let heads = unnamed(["risk.head.years_settled_up", "risk.head.mean_to_settle_up", "risk.head.bill"]);
        self.table(&message!("risk.on_account_with_band"), &heads, &BANDS.map(row))
    }

    /// Table of the income security of the party that is paid.
    fn security(&self, all: &Distribution) -> BriefTable {
        let row = |mix: f64| {
            let name = match mix {
                1.0 => message!("risk.activity_only"),
                mix => message!("risk.activity_and_grant", share = (mix * 100.0).round()),
            };
            let (short, guarantees) = income(all, mix);
            let [low, high] = guarantees.map(amount);
            vec![name, amount(short), low, high]
        };
        let heads =
            unnamed(["risk.head.one_in_ten_short", "risk.head.guarantee_90", "risk.head.guarantee_95"]);
        self.table(&message!("risk.income_security"), &heads, &[row(1.0), row(0.5), row(0.25)])
    }
}

/// Heads of a table whose first column has none.
fn unnamed<const N: usize>(keys: [&'static str; N]) -> Vec<Message> {
    std::iter::once(Message::plain("")).chain(heads(keys)).collect()
}

fn median(lines: &[&Line], value: impl Fn(&Line) -> Option<f64>) -> Option<f64> {
    let mut values: Vec<f64> = lines.iter().filter_map(|line| value(line)).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn shown(share: Option<f64>) -> Message {
    share.map_or_else(|| Message::plain(".."), per_cent)
}
