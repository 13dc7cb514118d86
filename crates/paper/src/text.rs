//! Texts, days and periods in a language, and numbers in Norwegian form.

use domain::{Amount, Day};
use words::{Language, Message, say};

/// Text of a document. `key` is the part after `paper.` of a key in the catalogue.
pub fn text(key: &str, language: Language) -> String {
    language.text(&format!("paper.{key}"))
}

/// Text of a document with one placeholder filled in.
pub(crate) fn with(language: Language, key: &str, name: &'static str, value: &str) -> String {
    language.say(&Message::new(format!("paper.{key}"), vec![(name, Message::plain(value))]))
}

/// Name of a month, 1 to 12; `None` for a number outside that range.
fn month_name(month: usize, language: Language) -> Option<String> {
    (1..=12).contains(&month).then(|| language.text(&format!("month.{month}")))
}

/// A day in words: `10. mars 2024`.
pub fn day(day: Day, language: Language) -> String {
    let (year, month, number) = day.year_month_day();
    let name = month_name(usize::from(month.unsigned_abs()), language).unwrap_or_default();
    say!(language, "date.day", number, month = name, year)
}

/// A period in words: `2012-03` gives `mars 2012`, `2012-T1` gives `1. tertial 2012`, and `2012-05-ytd` gives
/// `januar–mai 2012`. Any other name stays as it is.
pub fn period(name: &str, language: Language) -> String {
    let of_month = |year: &str, month: &str| {
        let name = month.parse().ok().and_then(|month| month_name(month, language));
        name.map(|month| format!("{month} {year}"))
    };
    let parts: Vec<&str> = name.split('-').collect();
    let in_words = match parts[..] {
        [year, month, "ytd"] => of_month(year, month).map(|to| say!(language, "date.to_date", to)),
        [year, tertial] if tertial.starts_with('T') => {
            Some(say!(language, "date.tertial", tertial = &tertial[1..], year))
        }
        [year, month] => of_month(year, month),
        _ => None,
    };
    in_words.unwrap_or_else(|| name.to_owned())
}

/// An amount in kroner without the unit, for columns: `1 234,50`.
pub fn kroner(amount: Amount) -> String {
    amount.to_string().trim_end_matches("kr").trim_end_matches('\u{a0}').to_owned()
}

/// DRG points with every decimal, so that a line can be computed again: `1 402,649`.
pub fn points(milli: i64) -> String {
    let all = milli.unsigned_abs();
    let sign = if milli < 0 { "\u{2212}" } else { "" };
    format!("{sign}{},{:03}", domain::amount::grouped(all / 1_000), all % 1_000)
}

/// A whole number of the smallest unit, such as øre, written with `decimals` decimals after `point`.
pub(crate) fn decimal(milli_or_ore: i64, decimals: usize, point: char) -> String {
    let unit = 10_u64.pow(decimals as u32);
    let all = milli_or_ore.unsigned_abs();
    let sign = if milli_or_ore < 0 { "-" } else { "" };
    format!("{sign}{}{point}{:0decimals$}", all / unit, all % unit)
}

/// A cell, in quotes if it holds the separator, a quote or a line break.
pub(crate) fn quoted(text: &str, separator: &str) -> String {
    if text.contains(separator) || text.contains(['"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_periods_are_written_out() {
        let days = Language::ALL.map(|language| day(Day::parse("2024-03-10").unwrap(), language));
        assert_eq!(days, ["10. mars 2024", "10. mars 2024", "10 March 2024"]);
        for (name, wanted) in [
            ("2012-03", "mars 2012"),
            ("2012-T2", "2. tertial 2012"),
            ("2012", "2012"),
            ("2012-05-ytd", "januar–mai 2012"),
        ] {
            assert_eq!(period(name, Language::Nb), wanted);
        }
        assert_eq!(kroner(Amount::from_ore(-123_450)), "\u{2212}1\u{a0}234,50");
        assert_eq!((points(1_402_649), points(-2_500)), ("1\u{a0}402,649".into(), "\u{2212}2,500".into()));
    }
}
