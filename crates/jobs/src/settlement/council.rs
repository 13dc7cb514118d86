//! A municipality's case for its council (`sak`): what a month and the year so far cost, why the month differs from the
//! one before, and where the year may end. Two pages, and the pictures.

use std::path::Path;

use chart::bridge::Bar;
use domain::statement::{MonthSum, Post, Statement, Tag};
use domain::{Amount, Cause, Instrument, Month, Party};
use ledger::statement::Span;
use paper::brief::{Brief, BriefFigure, BriefTable};
use paper::{picture, text, view};
use words::{Language, Message, message, say};

use super::books::Books;
use super::forecast::{self, Ahead};
use super::statement::{self, Order as Statements};
use crate::addresses::Addresses;
use crate::failure::{About, Result, fail};
use crate::host::Host;
use crate::parties::Names;
use crate::pictures;
use crate::refusal::Refusal;
use crate::what_if::in_millions;

/// The case that is asked for.
pub struct Order<'a> {
    /// Code of the municipality.
    pub party: &'a str,
    /// Month of the case; `None` for the last month with anything settled.
    pub month: Option<Month>,
    /// File of the months of earlier years, for the season of the forecast.
    pub earlier: Option<&'a Path>,
    pub out: &'a Path,
}

/// What a case is made from.
struct Case {
    name: String,
    now: Statement,
    /// Statement of the month before; `None` if there is none.
    before: Option<Statement>,
    /// Forecast for the rest of the year with a low and a high end, and sentences on the season and on how often amounts
    /// have ended between such ends. `None` if there is too little to forecast from, or nothing left of the year.
    ahead: Option<(Ahead, Vec<Message>)>,
    language: Language,
}

/// Writes the case as PDF, and its pictures. Returns the month, and the names of the files.
///
/// # Errors
/// Fails if the party is no municipality, if nothing is settled, or if a file cannot be written.
pub fn run(books: &mut Books, order: &Order, host: &Host) -> Result<(Month, Vec<String>)> {
    if !matches!(Party::of(order.party), Party::Municipality { .. }) {
        fail!("error.council.no_municipality", party = order.party);
    }
    let language = host.language;
    let settled = books.months.months.iter().rev().find(|(_, record)| !record.versions.is_empty());
    let last = settled.map(|(month, _)| *month);
    let month = order.month.or(last).about(|| message!("error.council.nothing_settled"))?;
    let now = of_month(books, order.party, month, host)?;
    let earlier = month.first().previous().month();
    let before = match of_month(books, order.party, earlier, host) {
        Ok(before) => Some(before),
        Err(crate::failure::Failure::Refused(Refusal::NoLineIn { .. })) => None,
        Err(failure) => return Err(failure),
    };
    let ahead = forecast::of_party(books, month, order.party, order.earlier)?;
    let name = Names::of(&books.municipalities, language).name(order.party);
    // A month that is not settled is unlike no other month: nothing of it is known.
    let before = before.filter(|_| !waits(&now));
    let case = Case { name, now, before, ahead, language };
    crate::folder::make(order.out)?;
    let stem = format!("sak-{}-{month}", order.party);
    let (names, figures): (Vec<_>, Vec<_>) = case.figures().into_iter().unzip();
    let written = pictures::with_brief(order.out, &stem, &case.brief(figures), &names)?;
    Ok((month, written))
}

/// The statement of a party for a month.
fn of_month(books: &mut Books, party: &str, month: Month, host: &Host) -> Result<Statement> {
    let period = month.to_string();
    let Some(span) = Span::of(domain::Period::of_month(month)) else {
        fail!("error.order.holds_no_month", period)
    };
    let (parties, addresses) = ([party.to_owned()], Addresses::new());
    let order = Statements::to_read(span, &parties, host.language, &addresses);
    let steps = books.ledger.steps()?;
    let (mut found, _) = statement::statements(books, &order, &steps, &host.silent())?;
    let party = party.to_owned();
    found.pop().ok_or_else(|| Refusal::NoLineIn { party, period }.into())
}

/// Whether a month is not settled yet: its statement asks for the amount on account alone.
fn waits(statement: &Statement) -> bool {
    !statement.fixed && statement.bridge.is_empty()
}

/// Parts that a month's amount is made of.
const PARTS: [Part; 4] = [
    Part::Of(Instrument::CoFinancing),
    Part::Of(Instrument::DischargeReady),
    Part::Of(Instrument::Isf),
    Part::Corrections,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The month's own activity.
    Of(Instrument),
    /// Corrections of earlier months.
    Corrections,
}

impl Part {
    fn has(self, post: &Post) -> bool {
        match self {
            Part::Of(instrument) => post.instrument == instrument && post.cause == Cause::Activity,
            Part::Corrections => post.cause != Cause::Activity,
        }
    }

    fn name(self, language: Language) -> String {
        match self {
            Part::Of(instrument) => view::instrument(instrument, language),
            Part::Corrections => language.text("council.corrections"),
        }
    }

    /// Amount of the part, and its quantity in words. The words are empty for corrections, and if no line has the part.
    fn of(self, statement: &Statement, language: Language) -> (Amount, String) {
        let mine: Vec<&Post> = statement.posts.iter().filter(|post| self.has(post)).collect();
        let amount = mine.iter().map(|post| post.amount).sum();
        let quantity = match (self, mine.first()) {
            (Part::Of(_), Some(first)) => {
                let points_milli = mine.iter().map(|post| post.points_milli).sum();
                let days = mine.iter().map(|post| post.days).sum();
                view::quantity(&Post { points_milli, days, ..(*first).clone() }, language)
            }
            (Part::Of(_), None) | (Part::Corrections, _) => String::new(),
        };
        (amount, quantity)
    }
}

impl Case {
    fn say(&self, said: &Message) -> String {
        self.language.say(said)
    }

    fn period(&self) -> String {
        text::period(&self.now.period, self.language)
    }

    fn marks(&self) -> Vec<(String, bool)> {
        let is_loud = |tag: Tag| matches!(tag, Tag::Draft | Tag::Synthetic);
        self.now.tags.iter().map(|tag| (view::tag(*tag, self.language).0, is_loud(*tag))).collect()
    }

    /// The months of the year so far that are settled: the last may not be.
    fn settled(&self) -> &[MonthSum] {
        let all = self.now.months.len();
        &self.now.months[..all - usize::from(waits(&self.now) && all > 0)]
    }

    /// Amount settled for the settled months of the year so far, and amount on account for these months.
    fn year(&self) -> (Amount, Amount) {
        let sum = |of: fn(&MonthSum) -> Amount| self.settled().iter().map(of).sum();
        (sum(|month| month.settled), sum(|month| month.on_account))
    }

    fn brief(&self, figures: Vec<BriefFigure>) -> Brief {
        let language = self.language;
        let page = view::view(&self.now, language);
        let title = say!(language, "council.title", name = self.name, period = self.period());
        let mut summary = vec![page.lead.clone()];
        summary.extend(self.difference().map(|said| self.say(&said)));
        let mut cautions = page.how.clone();
        let told = self.ahead.iter().flat_map(|(_, told)| told);
        cautions.extend(told.map(|sentence| self.language.sentence(sentence)));
        Brief {
            language,
            tags: self.marks(),
            summary: summary.join(" "),
            facts: self.facts(&page),
            tables: [self.lines(&page), self.compared(), Some(self.months())].into_iter().flatten().collect(),
            new_pages: Vec::new(),
            figures,
            cautions,
            footer: page.footer.clone(),
            date: page.date,
            digest: format!("{title} {}", self.now.control_code),
            title,
        }
    }

    fn facts(&self, page: &view::View) -> Vec<(String, String)> {
        let (settled, on_account) = self.year();
        let mut facts: Vec<(String, String)> = page.facts.iter().take(1).cloned().collect();
        facts.push((self.language.text("council.year_so_far"), settled.to_string()));
        facts.push((self.language.text("council.on_account"), on_account.to_string()));
        if let Some((ahead, _)) = &self.ahead {
            let ends = say!(
                self.language,
                "council.from_to",
                low = in_thousands_or_millions(ahead.settled + ahead.low),
                high = in_thousands_or_millions(ahead.settled + ahead.high)
            );
            facts.push((self.language.text("council.year_ends"), ends));
        }
        facts
    }

    /// Sentence on how the month differs from the one before; `None` if there is no statement of the month before.
    fn difference(&self) -> Option<Message> {
        let before = self.before.as_ref()?;
        let change = self.now.settled - before.settled;
        let parts = PARTS.iter().filter_map(|part| {
            let more = part.of(&self.now, self.language).0 - part.of(before, self.language).0;
            let sign = if more > Amount::ZERO { "+" } else { "" };
            (more != Amount::ZERO)
                .then(|| Message::Plain(format!("{} {sign}{more}", part.name(self.language).to_lowercase())))
        });
        let parts = Message::joined(parts.collect(), ", ");
        let period = text::period(&before.period, self.language);
        Some(match change.ore().signum() {
            0 => message!("council.as_before", period),
            1 => message!("council.more", amount = change, period, parts),
            _ => message!("council.less", amount = -change, period, parts),
        })
    }

    /// Table of the lines of the month; `None` if it has none.
    fn lines(&self, page: &view::View) -> Option<BriefTable> {
        let words = |key: &str| self.language.text(key);
        let row = |line: &[String; 7]| {
            let what = if line[2].is_empty() { line[1].clone() } else { format!("{}, {}", line[1], line[2]) };
            vec![what, line[3].clone(), line[4].clone(), line[5].clone()]
        };
        let mut rows: Vec<Vec<String>> = page.lines.iter().take(12).map(row).collect();
        if page.lines.len() > rows.len() {
            let count = page.lines.len() - rows.len();
            rows.push(vec![
                say!(self.language, "council.more_lines", count),
                String::new(),
                String::new(),
                String::new(),
            ]);
        }
        let sums = page.sums.iter();
        rows.extend(
            sums.map(|(label, amount)| vec![label.clone(), String::new(), String::new(), amount.clone()]),
        );
        (!page.lines.is_empty()).then(|| BriefTable {
            heading: words("council.lines"),
            heads: ["paper.post", "paper.quantity", "paper.rate", "paper.amount"].map(words).into(),
            rows,
        })
    }

    /// Table of each part of the month beside the same part of the month before; `None` if the month before has no
    /// statement.
    fn compared(&self) -> Option<BriefTable> {
        let before = self.before.as_ref()?;
        let row = |part: &Part| {
            let ((then, quantity_then), (now, quantity)) =
                (part.of(before, self.language), part.of(&self.now, self.language));
            (then != Amount::ZERO || now != Amount::ZERO).then(|| {
                let texts = [
                    quantity_then,
                    text::kroner(then),
                    quantity,
                    text::kroner(now),
                    text::kroner(now - then),
                ];
                std::iter::once(part.name(self.language)).chain(texts).collect()
            })
        };
        let (then, now) = (text::period(&before.period, self.language), self.period());
        let words = |key: &str| self.language.text(key);
        Some(BriefTable {
            heading: words("council.why_other"),
            heads: vec![
                String::new(),
                words("paper.quantity"),
                then,
                words("paper.quantity"),
                now,
                words("council.difference"),
            ],
            rows: PARTS.iter().filter_map(row).collect(),
        })
    }

    fn months(&self) -> BriefTable {
        let words = |key: &str| self.language.text(key);
        let row = |month: &MonthSum| {
            let less = month.settled - month.on_account;
            let name = text::period(&month.month, self.language);
            vec![name, text::kroner(month.settled), text::kroner(month.on_account), text::kroner(less)]
        };
        let mut rows: Vec<Vec<String>> = self.settled().iter().map(row).collect();
        let (settled, on_account) = self.year();
        let sums = [settled, on_account, settled - on_account].map(text::kroner);
        rows.push(std::iter::once(words("paper.sum")).chain(sums).collect());
        BriefTable {
            heading: words("council.year"),
            heads: ["council.month", "council.settled", "council.on_account", "council.difference"]
                .map(words)
                .into(),
            rows,
        }
    }

    /// The pictures, each with the last part of its file's name.
    fn figures(&self) -> Vec<(&'static str, BriefFigure)> {
        let language = self.language;
        let page = view::view(&self.now, language);
        let mut out = Vec::new();
        if !page.bridge.1.is_empty() {
            let heading = format!("{}, {}", page.bridge.0, self.period());
            let svg = view::deviation_svg(&self.now, language, picture::FONT);
            out.push(("bro", BriefFigure { alt: format!("{heading}. {}", page.bridge.1), heading, svg }));
        }
        let (name, year) = (&self.name, self.now.to.year());
        let heading = match self.ahead {
            Some(_) => say!(language, "council.picture_of_year", name, year),
            None => say!(language, "council.picture_so_far", name, year),
        };
        out.push(("aret", pictures::bridge(heading, &self.bars(), language)));
        out
    }

    /// Bars of the year: each month, and the sum of the months; if there is a forecast, the rest of the year and the whole
    /// year; and the amount on account, unless it is zero.
    fn bars(&self) -> Vec<Bar> {
        let words = |key: &str| self.language.text(key);
        let bar = |label: String, is_total, amount| Bar { label, is_total, amount };
        let short = |month: &str| text::period(month, self.language).chars().take(3).collect::<String>();
        let mut out: Vec<Bar> =
            self.settled().iter().map(|month| bar(short(&month.month), false, month.settled)).collect();
        let (settled, on_account) = self.year();
        out.push(bar(words("council.bar_so_far"), true, settled));
        if let Some((ahead, _)) = &self.ahead {
            out.push(bar(words("council.bar_rest"), false, ahead.expected));
            out.push(bar(words("council.bar_year"), true, settled + ahead.expected));
        }
        let (label, on_account) = match &self.ahead {
            Some((ahead, _)) => ("council.bar_on_account", ahead.on_account),
            None => ("council.bar_on_account_so_far", on_account),
        };
        if on_account != Amount::ZERO {
            out.push(bar(words(label), true, on_account));
        }
        out
    }
}

/// An expected amount: to a thousand kroner if it is small, else in millions.
fn in_thousands_or_millions(amount: Amount) -> Message {
    const SMALL: i64 = 1_000_000_000;
    if amount.ore().abs() >= SMALL {
        return in_millions(amount);
    }
    let sign = if amount.ore() < 0 { "\u{2212}" } else { "" };
    let thousands = (amount.ore().unsigned_abs() + 50_000) / 100_000;
    Message::Plain(format!("{sign}{}\u{a0}kr", domain::amount::grouped(thousands * 1000)))
}
