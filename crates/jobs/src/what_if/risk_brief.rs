//! The risk picture as a brief of two pages, for the country or for one municipality: what a year may cost,
//! and what evens it out.

use domain::Amount;
use domain::amount::grouped;
use paper::brief::{Brief, BriefFigure, BriefTable, Language};
use simulation::consequence::SIZES;
use simulation::risk::Distribution;

use crate::what_if::risk::{Line, Order, Picture, SPANS};
use crate::what_if::risk_tables::{BANDS, income, settled_up};
use crate::what_if::simulate_files::millions;

/// What a brief is made from.
pub struct Subject<'a> {
    pub found: &'a Picture,
    pub order: &'a Order<'a>,
    /// Heads and texts on the result, which every file carries.
    pub about: &'a [(String, String)],
}

fn amount(kroner: f64) -> String {
    let amount = Amount::from_ore((kroner * 100.0).round() as i64);
    if kroner.abs() >= 1_000_000.0 {
        return millions(amount);
    }
    let sign = if kroner < -0.5 { "\u{2212}" } else { "" };
    format!("{sign}{} kr", grouped(kroner.abs().round() as u64))
}

fn per_cent(share: f64) -> String {
    format!("{:.1}\u{a0}%", share * 100.0).replace('.', ",")
}

fn table(heading: &str, heads: &[&str], rows: Vec<Vec<String>>) -> BriefTable {
    let heads = heads.iter().map(|head| (*head).to_owned()).collect();
    BriefTable { heading: heading.to_owned(), heads, rows }
}

impl Subject<'_> {
    fn brief(&self, title: String, summary: String, facts: [(&str, String); 4]) -> Brief {
        let order = self.order;
        let mut tags = Vec::new();
        if self.found.unsigned > 0 {
            tags.push(("Kladd".to_owned(), true));
        }
        if self.found.synthetic {
            tags.push(("Syntetisk".to_owned(), true));
        }
        tags.push((format!("Periode {}", order.period), false));
        let cautions = self.about.iter().filter(|(head, _)| !["Periode", "Data"].contains(&head.as_str()));
        let digest = &self.found.vintage.1;
        Brief {
            language: Language::Nb,
            tags,
            summary,
            facts: facts.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            tables: Vec::new(),
            figures: Vec::new(),
            new_pages: Vec::new(),
            cautions: cautions.map(|(head, text)| format!("{head}: {text}.")).collect(),
            footer: format!(
                "Samspill {} · risikobilde · data {}…",
                env!("CARGO_PKG_VERSION"),
                &digest[..8.min(digest.len())]
            ),
            date: (order.period.to().year(), 12, 31),
            digest: format!("{title} {} {digest}", order.period),
            title,
        }
    }

    /// The brief of one municipality.
    pub fn municipality(&self, line: &Line, name: &str, figures: Vec<BriefFigure>) -> Brief {
        let (all, mean) = (&line.alone, line.alone.mean());
        let dear = self.found.severity.quantile(0.999) * line.fitted.factor;
        let summary = format!(
            "{name} har {} innbyggere. I {} hadde {} av dem en kostnad for kommunen, til sammen {}. Under de samme reglene ventes {} neste år. Ett av ti år koster mer enn {}, og ett av hundre mer enn {}.",
            grouped(line.people.unsigned_abs()),
            self.order.period,
            grouped(line.seen.persons as u64),
            amount(line.seen.cost),
            amount(mean),
            amount(all.quantile(0.9)),
            amount(all.quantile(0.99))
        );
        let facts = [
            ("Ventet neste år", amount(mean)),
            ("Ett av ti år", amount(all.quantile(0.9))),
            ("Ett av hundre år", amount(all.quantile(0.99))),
            ("En dyr pasient (1 av 1 000)", amount(dear)),
        ];
        let mut out = self.brief(format!("Risikobilde for {name}"), summary, facts);
        // The brief compares nothing with free income.
        out.cautions.retain(|caution| !caution.starts_with("Frie inntekter"));
        out.figures = figures;
        out.tables = vec![self.pooling(line, mean), spans(line), bands(all), security(all)];
        out
    }

    /// Table of how far a bad year goes above the expected one, for the municipality alone and in each of its
    /// pools.
    fn pooling(&self, line: &Line, mean: f64) -> BriefTable {
        let row = |name: String, all: &Distribution| {
            let bad = (all.quantile(0.99) - all.mean()) / all.mean().max(1e-12);
            vec![name, per_cent(all.spread() / all.mean().max(1e-12)), per_cent(bad), amount(bad * mean)]
        };
        let mut rows = vec![row("Alene".to_owned(), &line.alone)];
        for pool in &self.found.pools {
            if pool.members.iter().any(|place| self.found.lines[*place].code == line.code) {
                let name = format!("{}: {} ({} kommuner)", pool.kind, pool.name, pool.members.len());
                rows.push(row(name, &pool.together));
            }
        }
        table(
            "Hva det gjør å bære kostnadene sammen",
            &["", "spredning", "ett av hundre år over ventet", "kommunens del av det"],
            rows,
        )
    }

    /// The brief of the country.
    pub fn country(&self, figures: Vec<BriefFigure>) -> Brief {
        let lines = &self.found.lines;
        let sum: f64 = lines.iter().map(|line| line.alone.mean()).sum();
        let bad: f64 = lines.iter().map(|line| line.alone.quantile(0.99) - line.alone.mean()).sum();
        let summary = format!(
            "Hva et år kan koste hver av {} kommuner når reglene ligger fast. Fordelingene er regnet ut av hva {} personer kostet i {}, en person som kommer igjen, som én.",
            lines.len(),
            grouped(self.found.persons as u64),
            self.order.period
        );
        let facts = [
            ("Ventet for alle", amount(sum)),
            ("Ett av hundre år over ventet, sum av hver", amount(bad)),
            ("Per person i snitt", amount(self.found.severity.moment(1))),
            ("En dyr pasient (1 av 1 000)", amount(self.found.severity.quantile(0.999))),
        ];
        let mut out = self.brief("Risikobilde".to_owned(), summary, facts);
        out.figures = figures;
        out.tables = vec![self.sizes(), self.bands_by_size()];
        out
    }

    fn by_size(&self, row: impl Fn(&[&Line]) -> Vec<String>) -> Vec<Vec<String>> {
        let mut above = i64::MAX;
        let mut rows = Vec::new();
        for (label, _, from) in SIZES {
            let inside: Vec<&Line> =
                self.found.lines.iter().filter(|line| line.people >= from && line.people < above).collect();
            above = from;
            let mut cells = vec![format!("{label} innbyggere ({} kommuner)", inside.len())];
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
            let dear = median(inside, |line| Some(dear * line.fitted.factor / line.alone.mean().max(1e-12)));
            std::iter::once(alone).chain(pooled).chain([dear]).map(shown).collect()
        });
        table(
            "Spredning i forhold til det ventede, og hva samarbeid gjør",
            &["midterste kommune på", "alene", "området", "regionen", "eget samarbeid", "en dyr pasient"],
            rows,
        )
    }

    fn bands_by_size(&self) -> BriefTable {
        let mut heads = vec!["midterste kommune på".to_owned()];
        heads.extend(BANDS.map(|band| format!("bånd {} %", (band * 100.0).round())));
        let rows = self.by_size(|inside| {
            let of = |band: f64| median(inside, |line| Some(settled_up(&line.alone, band).0));
            BANDS.map(|band| shown(of(band))).to_vec()
        });
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        table("A konto med bånd: hvor stor andel av årene som gjøres opp etterpå", &heads, rows)
    }
}

fn median(lines: &[&Line], value: impl Fn(&Line) -> Option<f64>) -> Option<f64> {
    let mut values: Vec<f64> = lines.iter().filter_map(|line| value(line)).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn shown(share: Option<f64>) -> String {
    share.map_or_else(|| "..".to_owned(), per_cent)
}

fn spans(line: &Line) -> BriefTable {
    let mut rows = Vec::new();
    for (years, all) in std::iter::once(1).chain(SPANS).zip(std::iter::once(&line.alone).chain(&line.several))
    {
        let name = if years == 1 { "ett år".to_owned() } else { format!("snittet av {years} år") };
        rows.push(vec![
            name,
            amount(all.quantile(0.1)),
            amount(all.quantile(0.9)),
            per_cent(all.spread() / all.mean().max(1e-12)),
        ]);
    }
    table("Hva som jevner seg ut over flere år", &["", "1 av 10 under", "1 av 10 over", "spredning"], rows)
}

fn bands(all: &Distribution) -> BriefTable {
    let row = |band: f64| {
        let name =
            if band == 0.0 { "uten bånd".to_owned() } else { format!("bånd {} %", (band * 100.0).round()) };
        let (years, amounts) = settled_up(all, band);
        let [to_settle, bill] = amounts.map(amount);
        vec![name, per_cent(years), to_settle, bill]
    };
    table(
        "A konto: det ventede betales, og det utenfor båndet gjøres opp",
        &["", "år som gjøres opp", "i snitt å gjøre opp", "etterregning ett av hundre år"],
        BANDS.map(row).to_vec(),
    )
}

/// Table of the income security of the party that is paid.
fn security(all: &Distribution) -> BriefTable {
    let row = |mix: f64| {
        let name = match mix {
            1.0 => "bare aktivitet".to_owned(),
            mix => format!("{} % aktivitet, resten ramme", (mix * 100.0).round()),
        };
        let (short, guarantees) = income(all, mix);
        let [low, high] = guarantees.map(amount);
        vec![name, amount(short), low, high]
    };
    table(
        "Inntektstrygghet for den som får pengene",
        &["", "ett av ti år under ventet", "garanti 90 % koster i året", "garanti 95 % koster i året"],
        vec![row(1.0), row(0.5), row(0.25)],
    )
}
