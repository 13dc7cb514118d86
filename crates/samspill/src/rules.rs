//! `samspill rules`: the law as dated data.

use anyhow::{Context, Result, bail};
use domain::Day;
use rulebook::{LawBook, Provenance, Segment, Standing};

use crate::table::{Form, Table};

/// Lists the rules.
pub fn list(book: &LawBook, form: Form) -> Table {
    let mut table = Table::new("Regler", &["rule", "instrument", "title", "in_force", "unsigned_values"]);
    for rule in book.rules() {
        let spans: Vec<String> = rule
            .in_force
            .iter()
            .map(|row| {
                format!("{}–{}", row.dates.from, row.dates.to.map_or_else(String::new, |to| to.to_string()))
            })
            .collect();
        let unsigned =
            rule.dated_rows().iter().filter(|(_, dates)| dates.confidence == rulebook::Confidence::M).count();
        table.row([
            rule.id.clone(),
            rule.instrument.to_string(),
            rule.title.clone(),
            spans.join("; "),
            unsigned.to_string(),
        ]);
    }
    if form == Form::Table || form == Form::Md {
        for (file, text) in rulebook::built_in::VARIANTS {
            let title =
                text.lines().find_map(|line| line.strip_prefix("title = ")).unwrap_or("").trim_matches('"');
            let id = file.trim_start_matches("variants/").trim_end_matches(".toml");
            table.row([id.to_owned(), "variant".into(), title.to_owned(), String::new(), String::new()]);
        }
        for (file, text) in rulebook::built_in::MEASURES {
            let title =
                text.lines().find_map(|line| line.strip_prefix("title = ")).unwrap_or("").trim_matches('"');
            let id = file.trim_start_matches("measures/").trim_end_matches(".toml");
            table.row([id.to_owned(), "measure".into(), title.to_owned(), String::new(), String::new()]);
        }
    }
    table
}

/// What was used on a day, or why nothing is.
fn used_on(book: &LawBook, rule: &str, day: Day) -> Result<Vec<Provenance>> {
    fn look<T>(segments: &[Segment<T>], day: Day, rule: &str) -> Result<Vec<Provenance>> {
        let segment = segments.iter().find(|segment| segment.from <= day && day <= segment.to);
        match segment.map(|segment| (&segment.standing, &segment.used)) {
            Some((Standing::InForce(_), used)) => Ok(used.clone()),
            Some((Standing::Missing(gap), _)) => bail!("{gap}"),
            Some((Standing::NotInForce, _)) | None => bail!("{rule} is not in force on {day}"),
        }
    }
    let file = book.rule(rule).with_context(|| {
        let known: Vec<&str> = book.rules().map(|rule| rule.id.as_str()).collect();
        format!("there is no rule '{rule}': rules are {}", known.join(", "))
    })?;
    match file.calculation {
        rulebook::file::CalculationKind::ShareOfDrgPrice => look(&book.share_rule(rule)?, day, rule),
        rulebook::file::CalculationKind::DayRate => look(&book.day_rate_rule(rule)?, day, rule),
    }
}

/// Shows a rule as it holds on a day.
pub fn show(book: &LawBook, rule: &str, day: Day) -> Result<Table> {
    let used = used_on(book, rule, day)?;
    let title = book.rule(rule).map_or("", |rule| rule.title.as_str());
    let mut table = Table::new(
        &format!("{title}, {day}"),
        &["key", "value", "from", "to", "confidence", "place", "provision_or_source"],
    );
    for value in used {
        table.row([
            value.key.clone(),
            value.value.clone(),
            value.from.to_string(),
            value.to.map_or_else(String::new, |to| to.to_string()),
            format!("{}{}", value.confidence, if value.is_unsigned() { " (usignert)" } else { "" }),
            value.place(),
            value.cite.clone(),
        ]);
    }
    Ok(table)
}

/// What differs between a rule on two days.
pub fn diff(book: &LawBook, rule: &str, one: Day, other: Day) -> Result<Table> {
    let (before, after) = (used_on(book, rule, one)?, used_on(book, rule, other)?);
    let mut table = Table::new(&format!("{rule}: {one} → {other}"), &["key", "before", "after", "place"]);
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

/// Resolves every rule and runs every case. Gives what failed.
pub fn check(book: &LawBook, built_in: bool) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for rule in book.rules() {
        let missing: Vec<String> = match rule.calculation {
            rulebook::file::CalculationKind::ShareOfDrgPrice => gaps(&book.share_rule(&rule.id)?),
            rulebook::file::CalculationKind::DayRate => gaps(&book.day_rate_rule(&rule.id)?),
        };
        for gap in missing {
            eprintln!("note: {gap}: a contact there stops the settlement");
        }
    }
    if built_in {
        let report = rulebook::cases::run_built_in()?;
        eprintln!("{} cases, {} failed", report.count, report.failures.len());
        out.extend(report.failures.iter().map(ToString::to_string));
    }
    Ok(out)
}

fn gaps<T>(segments: &[Segment<T>]) -> Vec<String> {
    let missing = segments.iter().filter_map(|segment| match &segment.standing {
        Standing::Missing(gap) => Some(format!("{gap} to {}", segment.to)),
        Standing::InForce(_) | Standing::NotInForce => None,
    });
    missing.collect()
}

/// Who pays whom on a day, how it is paid, where a municipality books it, and when it is due.
pub fn payments(book: &LawBook, day: Day) -> Result<Table> {
    use rulebook::scheme::{Scheme, is_unsigned};
    let scheme = Scheme::built_in()?;
    let heads = [
        "flow",
        "debtor",
        "creditor",
        "mode",
        "function",
        "article",
        "article_private",
        "days",
        "unsigned",
        "rule",
    ];
    let mut table = Table::new(&format!("Hvem betaler hvem {day}"), &heads);
    let mut flows: Vec<(String, String, String, bool, String)> = Vec::new();
    for instrument in domain::Instrument::ALL {
        let file = book.rule_of(*instrument)?;
        let in_force = file.in_force.iter().any(|row| row.dates.holds(day));
        let Some(row) = file.payment.iter().find(|row| in_force && row.dates.holds(day)) else { continue };
        let unsigned = row.dates.confidence == rulebook::Confidence::M;
        let (debtor, creditor) = (row.value.debtor.clone(), row.value.creditor.clone());
        flows.push((instrument.word().to_owned(), debtor, creditor, unsigned, file.id.clone()));
    }
    for row in scheme.flow.iter().filter(|row| row.dates.holds(day)) {
        let unsigned = is_unsigned(row, &scheme.sources);
        let (debtor, creditor) = (row.value.debtor.clone(), row.value.creditor.clone());
        flows.push((
            row.value.flow.clone(),
            debtor,
            creditor,
            unsigned,
            "settlement (ikke regnet ut)".to_owned(),
        ));
    }
    for (flow, debtor, creditor, mut unsigned, rule) in flows {
        let (mode, term) = (scheme.mode_on(&flow, day), scheme.term_on(&flow, day));
        let account = scheme.account_on(&flow, day);
        unsigned |= mode.is_some_and(|row| is_unsigned(row, &scheme.sources));
        unsigned |= term.is_some_and(|row| is_unsigned(row, &scheme.sources));
        let of = |text: fn(&rulebook::scheme::AccountRow) -> &String| {
            account.map_or_else(String::new, |row| text(&row.value).clone())
        };
        table.row([
            flow,
            debtor,
            creditor,
            mode.map_or("", |row| row.value.mode.word()).to_owned(),
            of(|row| &row.function),
            of(|row| &row.article),
            of(|row| &row.article_private),
            term.map_or_else(String::new, |row| row.value.days.to_string()),
            if unsigned { "ja" } else { "" }.to_owned(),
            rule,
        ]);
    }
    Ok(table)
}
