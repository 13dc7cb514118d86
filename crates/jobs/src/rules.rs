//! The law as dated data: which rules there are, what holds on a day, and what is missing.

use std::path::{Path, PathBuf};

use crate::failure::{About, Result, fail};
use crate::law::Files;
use domain::{Day, Instrument, Period};
use rulebook::cases;
use rulebook::file::CalculationKind;
use rulebook::measure::Measure;
use rulebook::scheme::Scheme;
use rulebook::{LawBook, Provenance, Segment, Standing};
use words::{Language, Message, Said, message};

use crate::table::{Table, heads};
use disclosure::Cell;

/// Table of the rules, and of the built-in variants and measures.
pub fn list(book: &LawBook) -> Table {
    let mut table = Table::new(
        message!("rules.title"),
        &heads(["rule", "instrument", "title", "in_force", "unsigned_values"]),
    );
    for rule in book.rules() {
        let spans: Vec<String> = rule
            .in_force
            .iter()
            .map(|row| {
                format!("{}–{}", row.dates.from, row.dates.to.map_or_else(String::new, |to| to.to_string()))
            })
            .collect();
        let unsigned = rule.dated_rows().iter().filter(|(_, dates)| dates.is_unsigned(&rule.sources)).count();
        table.row([
            Cell::text(&rule.id),
            Cell::text(rule.instrument),
            Cell::text(&rule.title),
            Cell::text(spans.join("; ")),
            Cell::Count(unsigned as i64),
        ]);
    }
    let built_in = [
        (rulebook::built_in::VARIANTS, "variants/", message!("rules.variant")),
        (rulebook::built_in::MEASURES, "measures/", message!("rules.measure")),
    ];
    for (files, folder, kind) in built_in {
        for (file, text) in files {
            let title =
                text.lines().find_map(|line| line.strip_prefix("title = ")).unwrap_or("").trim_matches('"');
            let id = file.trim_start_matches(folder).trim_end_matches(".toml");
            let kind = Cell::Said(kind.clone());
            table.row([Cell::text(id), kind, Cell::text(title), Cell::text(""), Cell::text("")]);
        }
    }
    table
}

/// Id of the rule that a word names. The word is the id, or the short name of the instrument in any letter case, as
/// `kmf`. Any other word stays as it is.
fn named(book: &LawBook, word: &str) -> String {
    let wanted = word.trim().to_lowercase();
    let is_meant = |rule: &&rulebook::file::RuleFile| {
        let named = Language::ALL.map(|language| language.say(&rule.instrument.said()).to_lowercase());
        rule.id == wanted
            || rule.instrument.word().to_lowercase() == wanted
            || rule.title.to_lowercase() == wanted
            || named.contains(&wanted)
    };
    book.rules().find(is_meant).map_or_else(|| word.to_owned(), |rule| rule.id.clone())
}

/// Years of each instrument, from 2010, in which the instrument is in force on some day and no value is missing. No
/// year is later than the one in which the latest value of the law begins: what the law says of later years is not
/// known.
///
/// # Errors
/// Fails if a rule cannot be resolved.
pub fn years(book: &LawBook) -> Result<Vec<(Instrument, Vec<i16>)>> {
    fn of<T>(segments: &[Segment<T>], latest: i16) -> Vec<i16> {
        (2010..=latest)
            .filter(|year| {
                let Ok(year) = Period::parse(&year.to_string()) else { return false };
                let inside = || segments.iter().filter(|one| one.touches(year.from(), year.to()));
                inside().any(|one| matches!(one.standing, Standing::InForce(_)))
                    && !inside().any(|one| matches!(one.standing, Standing::Missing(_)))
            })
            .collect()
    }
    let rows = book.rules().flat_map(|rule| rule.dated_rows());
    let latest = rows.map(|(_, dates)| dates.from.year()).max().unwrap_or_default();
    let years = book.rules().map(|rule| {
        Ok((
            rule.instrument,
            match rule.calculation {
                CalculationKind::ShareOfDrgPrice => of(&book.share_rule(&rule.id)?, latest),
                CalculationKind::DayRate => of(&book.day_rate_rule(&rule.id)?, latest),
            },
        ))
    });
    years.collect()
}

/// Years as spans: `2011–2014, 2016`.
pub fn spans(years: &[i16]) -> String {
    let mut out: Vec<(i16, i16)> = Vec::new();
    for year in years {
        match out.last_mut() {
            Some((_, last)) if *last + 1 == *year => *last = *year,
            _ => out.push((*year, *year)),
        }
    }
    let span = |(from, to): (i16, i16)| if from == to { from.to_string() } else { format!("{from}–{to}") };
    out.into_iter().map(span).collect::<Vec<_>>().join(", ")
}

/// Values of a rule on a day. Fails if the rule is unknown, is not in force, or lacks a value.
fn used_on(book: &LawBook, rule: &str, day: Day) -> Result<Vec<Provenance>> {
    fn look<T>(segments: &[Segment<T>], day: Day, rule: &str) -> Result<Vec<Provenance>> {
        let segment = Segment::on(segments, day);
        match segment.map(|segment| (&segment.standing, &segment.used)) {
            Some((Standing::InForce(_), used)) => Ok(used.clone()),
            Some((Standing::Missing(gap), _)) => {
                fail!("error.rules.value_unknown", rule, day, gap = gap.said())
            }
            Some((Standing::NotInForce, _)) | None => fail!("error.rules.not_in_force", rule, day),
        }
    }
    let file = book.rule(rule).about(|| {
        let known: Vec<&str> = book.rules().map(|rule| rule.id.as_str()).collect();
        message!("error.rules.there_no_rule_rules", rule, known = known.join(", "))
    })?;
    match file.calculation {
        CalculationKind::ShareOfDrgPrice => look(&book.share_rule(rule)?, day, rule),
        CalculationKind::DayRate => look(&book.day_rate_rule(rule)?, day, rule),
    }
}

/// Table of the values of a rule on a day, with their sources.
///
/// # Errors
/// Fails if the rule is unknown, is not in force on the day, or lacks a value.
pub fn show(book: &LawBook, rule: &str, day: Day) -> Result<Table> {
    let rule = &named(book, rule);
    let used = used_on(book, rule, day)?;
    let title = book.rule(rule).map_or("", |rule| rule.title.as_str());
    let mut table = Table::new(
        Message::plain(format!("{title}, {day}")),
        &heads(["key", "value", "from", "to", "confidence", "place", "provision_or_source"]),
    );
    for value in used {
        table.row([
            Cell::text(&value.key),
            Cell::text(&value.value),
            Cell::text(value.from),
            Cell::text(value.to.map_or_else(String::new, |to| to.to_string())),
            match value.is_unsigned() {
                true => Cell::Said(message!("rules.unsigned", confidence = value.confidence)),
                false => Cell::text(value.confidence),
            },
            Cell::text(value.place()),
            Cell::text(&value.cite),
        ]);
    }
    if without_rate(book, rule, day)? {
        let empty = || Cell::text("");
        let why = Cell::Said(message!("rules.no_rate"));
        table.row([Cell::text("rate"), Cell::Unknown, empty(), empty(), empty(), empty(), why]);
    }
    Ok(table)
}

/// Whether a rule with a price for a day is in force on a day for which no price is known.
fn without_rate(book: &LawBook, rule: &str, day: Day) -> Result<bool> {
    if book.rule(rule).is_none_or(|file| file.calculation != CalculationKind::DayRate) {
        return Ok(false);
    }
    let segments = book.day_rate_rule(rule)?;
    let standing = Segment::on(&segments, day).map(|segment| &segment.standing);
    Ok(matches!(standing, Some(Standing::InForce(in_force)) if in_force.rate.is_none()))
}

/// Table of the values of a rule that differ between two days.
///
/// # Errors
/// Fails as [`show`] does, for either day.
pub fn diff(book: &LawBook, rule: &str, one: Day, other: Day) -> Result<Table> {
    let rule = &named(book, rule);
    let (before, after) = (used_on(book, rule, one)?, used_on(book, rule, other)?);
    let mut table = Table::new(
        Message::plain(format!("{rule}: {one} → {other}")),
        &heads(["key", "before", "after", "place"]),
    );
    let find = |list: &[Provenance], key: &str| list.iter().find(|value| value.key == key).cloned();
    let mut keys: Vec<&str> = before.iter().chain(&after).map(|value| value.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let (was, is) = (find(&before, key), find(&after, key));
        let text =
            |value: &Option<Provenance>| value.as_ref().map_or_else(|| "–".to_owned(), |v| v.value.clone());
        if text(&was) != text(&is) {
            let place = is.as_ref().or(was.as_ref()).map_or_else(String::new, Provenance::place);
            table.row([key.to_owned(), text(&was), text(&is), place]);
        }
    }
    Ok(table)
}

/// Rule files to check. Without any, the built-in ones.
pub struct Check<'a> {
    /// Folder of rules of law, with their cases.
    pub law: Option<&'a Path>,
    /// Variants: files with their cases beside them, or built-in names.
    pub variants: &'a [PathBuf],
    /// Folder of measures, with their cases.
    pub measures: Option<&'a Path>,
    /// Folder of the settlement scheme, with its cases.
    pub scheme: Option<&'a Path>,
}

/// Result of a check of rule files.
#[derive(Debug, Default)]
pub struct Checked {
    /// Values that are missing while their rule is in force, with the days. A contact on such a day stops a
    /// settlement.
    pub gaps: Vec<Message>,
    /// Files that are missing: the cases of a rule, or the rule of an instrument or of cases.
    pub missing: Vec<Message>,
    /// Dated rows of the law that no case rests on.
    pub untested: Vec<Message>,
    /// Result of the cases.
    pub cases: rulebook::cases::Report,
}

/// Resolves every rule on every day, and runs the cases of the files that are given; of all built-in files if none is.
///
/// # Errors
/// Fails if a file cannot be read.
pub fn check(order: &Check) -> Result<Checked> {
    let files = Files::read(order.law, &[])?;
    let book = files.book()?;
    let mut found = Checked::default();
    for rule in book.rules() {
        found.gaps.extend(match rule.calculation {
            CalculationKind::ShareOfDrgPrice => gaps(&book.share_rule(&rule.id)?),
            CalculationKind::DayRate => gaps(&book.day_rate_rule(&rule.id)?),
        });
    }
    if order.law.is_none() && order.variants.is_empty() && order.measures.is_none() && order.scheme.is_none()
    {
        found.cases = cases::run_built_in()?;
        return Ok(found);
    }
    if let Some(folder) = order.law {
        found.of_law(folder, &files, &book)?;
    }
    for name in order.variants {
        found.of_variant(name, &book)?;
    }
    if let Some(folder) = order.measures {
        found.of_files(folder, |(name, text), (file, page)| {
            Ok(cases::run_measure(&Measure::parse(name, text)?, file, page))
        })?;
    }
    if let Some(folder) = order.scheme {
        found.of_files(folder, |(name, text), (file, page)| {
            Ok(cases::run_scheme(&Scheme::parse(name, text)?, file, page))
        })?;
    }
    Ok(found)
}

/// The page of cases of a rule file: `x.cases.md` for `x.toml`.
fn page_of(file: &Path) -> PathBuf {
    file.with_extension("cases.md")
}

impl Checked {
    fn of_law(&mut self, folder: &Path, files: &Files, book: &LawBook) -> Result<()> {
        let mut pages = Vec::new();
        for name in crate::folder::names(folder, ".cases.md")? {
            pages.push((format!("law/{name}"), crate::folder::read(&folder.join(&name))?));
        }
        for rule in book.rules() {
            let page = page_of(Path::new(&rule.file));
            if !pages.iter().any(|(name, _)| Path::new(name) == page) {
                self.missing.push(message!("rules.no_cases", file = rule.file, page = page.display()));
            }
        }
        for (page, _) in &pages {
            if book.rule(cases::id_of(page)).is_none() {
                self.missing.push(message!("rules.no_rule_of_cases", page, rule = cases::id_of(page)));
            }
        }
        let without_rule = Instrument::ALL.iter().filter(|one| book.rule_of(**one).is_err());
        let without_rule: Vec<Message> = without_rule.map(Said::said).collect();
        if !without_rule.is_empty() {
            // The instruments are one law: a case of one cannot be run without the others.
            let instruments = Message::joined(without_rule, ", ");
            self.missing.push(message!("rules.no_rule_of_instrument", instruments));
            return Ok(());
        }
        fn as_texts((name, text): &(String, String)) -> (&str, &str) {
            (name, text)
        }
        let law: Vec<(&str, &str)> = files.law.iter().map(as_texts).collect();
        let known = pages.iter().filter(|(page, _)| book.rule(cases::id_of(page)).is_some());
        let known: Vec<(&str, &str)> = known.map(as_texts).collect();
        let report = cases::run_law(&law, &known)?;
        for rule in book.rules() {
            let rows = rule.dated_rows().into_iter();
            let bare =
                rows.filter(|(_, dates)| !report.hits.contains(&format!("{}:{}", rule.file, dates.line)));
            self.untested.extend(
                bare.map(|(key, dates)| message!("rules.untested", file = rule.file, line = dates.line, key)),
            );
        }
        self.cases.add(report);
        Ok(())
    }

    fn of_variant(&mut self, name: &Path, book: &LawBook) -> Result<()> {
        let (file, text) = crate::law::variant(name)?;
        let beside = page_of(name);
        let page = match (name.exists(), beside.exists()) {
            (true, true) => Some((beside.display().to_string(), crate::folder::read(&beside)?)),
            (true, false) => None,
            (false, _) => {
                let own = page_of(Path::new(&file));
                let built_in = rulebook::built_in::VARIANT_CASES.iter();
                let page = built_in.copied().find(|(page, _)| Path::new(page) == own);
                page.map(|(page, text)| (page.to_owned(), text.to_owned()))
            }
        };
        let Some((page, cases)) = page else {
            self.missing.push(message!("rules.no_cases", file = name.display(), page = beside.display()));
            return Ok(());
        };
        self.cases.add(cases::run_variant(book.clone(), (&file, &text), &page, &cases)?);
        Ok(())
    }

    /// Runs the cases of each file in a folder. `run` is given the file and its page, each as name and text.
    fn of_files(
        &mut self,
        folder: &Path,
        run: impl Fn((&str, &str), (&str, &str)) -> Result<cases::Report>,
    ) -> Result<()> {
        let files = crate::folder::names(folder, ".toml")?;
        if files.is_empty() {
            fail!("error.law.no_rule_file_toml_in", folder = folder.display());
        }
        for name in &files {
            let (path, page) = (folder.join(name), page_of(&folder.join(name)));
            if !page.exists() {
                self.missing.push(message!("rules.no_cases", file = path.display(), page = page.display()));
                continue;
            }
            let shown = page.display().to_string();
            let (text, cases) = (crate::folder::read(&path)?, crate::folder::read(&page)?);
            self.cases.add(run((name, &text), (&shown, &cases))?);
        }
        for page in crate::folder::names(folder, ".cases.md")? {
            let rule = format!("{}.toml", cases::id_of(&page));
            if !files.contains(&rule) {
                self.missing.push(message!("rules.no_rule_of_cases", page, rule));
            }
        }
        Ok(())
    }
}

fn gaps<T>(segments: &[Segment<T>]) -> Vec<Message> {
    let missing = segments.iter().filter_map(|segment| match &segment.standing {
        Standing::Missing(gap) => Some(message!("rules.gap", gap = gap.said(), to = segment.to)),
        Standing::InForce(_) | Standing::NotInForce => None,
    });
    missing.collect()
}

/// Table of payments on a day: who pays whom, how, where a municipality books the payment, and when the payment is due.
///
/// # Errors
/// Fails if an instrument has no rule file, or if the built-in scheme cannot be read.
pub fn payments(book: &LawBook, day: Day) -> Result<Table> {
    let scheme = Scheme::built_in()?;
    let columns = heads([
        "flow",
        "debtor",
        "creditor",
        "mode",
        "instalments",
        "tertial_settlements",
        "year_end_settlements",
        "function",
        "article",
        "article_private",
        "days",
        "unsigned",
        "rule",
    ]);
    let mut table = Table::new(message!("rules.payments", day), &columns);
    let mut flows: Vec<(String, String, String, bool, Cell)> = Vec::new();
    for instrument in domain::Instrument::ALL {
        let file = book.rule_of(*instrument)?;
        let in_force = file.in_force.iter().any(|row| row.dates.holds(day));
        let Some(row) = file.payment.iter().find(|row| in_force && row.dates.holds(day)) else { continue };
        let unsigned = row.dates.is_unsigned(&file.sources);
        let (debtor, creditor) = (row.value.debtor.clone(), row.value.creditor.clone());
        flows.push((instrument.word().to_owned(), debtor, creditor, unsigned, Cell::text(&file.id)));
    }
    for row in scheme.flow.iter().filter(|row| row.dates.holds(day)) {
        let unsigned = row.dates.is_unsigned(&scheme.sources);
        let (debtor, creditor) = (row.value.debtor.clone(), row.value.creditor.clone());
        flows.push((
            row.value.flow.clone(),
            debtor,
            creditor,
            unsigned,
            Cell::Said(message!("rules.not_computed")),
        ));
    }
    for (flow, debtor, creditor, mut unsigned, rule) in flows {
        let (mode, term) = (scheme.mode_on(&flow, day), scheme.term_on(&flow, day));
        let (account, schedule) = (scheme.account_on(&flow, day), scheme.schedule_on(&flow, day));
        unsigned |= mode.is_some_and(|row| row.dates.is_unsigned(&scheme.sources));
        unsigned |= term.is_some_and(|row| row.dates.is_unsigned(&scheme.sources));
        let of = |text: fn(&rulebook::scheme::AccountRow) -> &String| {
            account.map_or_else(String::new, |row| text(&row.value).clone())
        };
        table.row([
            match domain::Instrument::from_word(&flow) {
                Ok(instrument) => Cell::text(instrument),
                Err(_) => Cell::Said(Message::under("flow", &flow)),
            },
            Cell::Said(payer(&debtor)),
            Cell::Said(payer(&creditor)),
            mode.map_or(Cell::text(""), |row| Cell::Said(row.value.mode.said())),
            times(schedule.map(|row| row.value.instalments)),
            times(schedule.map(|row| row.value.tertial_settlements)),
            times(schedule.map(|row| row.value.year_end_settlements)),
            Cell::Text(of(|row| &row.function)),
            Cell::Text(of(|row| &row.article)),
            Cell::Text(of(|row| &row.article_private)),
            Cell::text(term.map_or_else(String::new, |row| row.value.days.to_string())),
            Cell::yes(unsigned),
            rule,
        ]);
    }
    Ok(table)
}

/// Number of times a year; empty if no schedule is known.
fn times(count: Option<u32>) -> Cell {
    count.map_or_else(|| Cell::text(""), |count| Cell::Count(count.into()))
}

/// Name of a party to a payment. A word of the rule files has a name in the catalogue; any other word, such as a role
/// of the scheme, stays as it is.
fn payer(word: &str) -> Message {
    let name = Message::under("payer", word);
    if name.is_known() { name } else { Message::plain(word) }
}
