//! Texts in the recipient's language, and numbers and days in Norwegian form.

use std::collections::BTreeMap;

use domain::statement::Language;
use domain::{Amount, Day, Points};

use crate::PaperError;

/// The texts of one language.
#[derive(Debug, Clone)]
pub struct Texts {
    pub language: Language,
    texts: BTreeMap<String, String>,
}

const FILES: [(Language, &str); 2] = [
    (Language::Nb, include_str!("../../../i18n/nb.toml")),
    (Language::Nn, include_str!("../../../i18n/nn.toml")),
];

impl Texts {
    /// The texts of a language.
    ///
    /// # Errors
    /// Fails if the file of texts was edited into something that cannot be read.
    pub fn of(language: Language) -> Result<Texts, PaperError> {
        let text = FILES.iter().find(|(of, _)| *of == language).map_or("", |(_, text)| text);
        let texts = toml::from_str(text).map_err(|error| PaperError::Text(error.to_string()))?;
        Ok(Texts { language, texts })
    }

    /// The text of a key. A missing text gives its key in brackets, so that the mistake is seen.
    pub fn get(&self, key: &str) -> String {
        self.texts.get(key).cloned().unwrap_or_else(|| format!("[{key}]"))
    }

    /// A text with one placeholder filled in: `{name}` becomes `value`.
    pub fn with(&self, key: &str, name: &str, value: &str) -> String {
        self.get(key).replace(&format!("{{{name}}}"), value)
    }

    /// Code of the language in documents: `nb` or `nn`.
    pub fn code(&self) -> &'static str {
        match self.language {
            Language::Nb => "nb",
            Language::Nn => "nn",
        }
    }
}

const MONTHS: [&str; 12] = [
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
];

/// A day in words: `10. mars 2024`.
pub fn day(day: Day) -> String {
    let month = day.month();
    let number = day.number() - month.first().number() + 1;
    format!("{number}. {} {}", MONTHS[month.number() as usize - 1], day.year())
}

/// A period in words: `2012-03` gives `mars 2012`, `2012-T1` gives `1. tertial 2012`, and `2012-05-ytd` gives
/// `januar–mai 2012`. Any other name stays as it is.
pub fn period(name: &str) -> String {
    let of_month = |year: &str, month: &str| {
        let place = month.parse::<usize>().ok().and_then(|month| month.checked_sub(1));
        place.and_then(|place| MONTHS.get(place)).map(|month| format!("{month} {year}"))
    };
    let parts: Vec<&str> = name.split('-').collect();
    let told = match parts[..] {
        [year, month, "ytd"] => of_month(year, month).map(|to| format!("januar–{to}")),
        [year, tertial] if tertial.starts_with('T') => Some(format!("{}. tertial {year}", &tertial[1..])),
        [year, month] => of_month(year, month),
        _ => None,
    };
    told.unwrap_or_else(|| name.to_owned())
}

/// An amount in kroner without the unit, for columns: `1 234,50`.
pub fn kroner(amount: Amount) -> String {
    amount.to_string().trim_end_matches("kr").trim_end_matches('\u{a0}').to_owned()
}

/// DRG points with one decimal: `1 402,6`. Below ten points, three decimals.
pub fn points(milli: i64) -> String {
    if milli.abs() < 10_000 {
        return Points::from_milli(milli).to_string();
    }
    let tenths = (milli.abs() + 50) / 100;
    let sign = if milli < 0 { "\u{2212}" } else { "" };
    format!("{sign}{},{}", domain::amount::grouped((tenths / 10) as u64), tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_the_same_things() {
        let holes = |text: &str| -> Vec<String> {
            text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect()
        };
        let (nb, nn) = (Texts::of(Language::Nb).unwrap(), Texts::of(Language::Nn).unwrap());
        assert_eq!(nb.texts.keys().collect::<Vec<_>>(), nn.texts.keys().collect::<Vec<_>>());
        for (key, text) in &nb.texts {
            assert_eq!(holes(text), holes(&nn.texts[key]), "{key}");
        }
    }

    #[test]
    fn days_and_periods_are_written_out() {
        assert_eq!(day(Day::parse("2024-03-10").unwrap()), "10. mars 2024");
        for (name, told) in [
            ("2012-03", "mars 2012"),
            ("2012-T2", "2. tertial 2012"),
            ("2012", "2012"),
            ("2012-05-ytd", "januar–mai 2012"),
        ] {
            assert_eq!(period(name), told);
        }
        assert_eq!(kroner(Amount::from_ore(-123_450)), "\u{2212}1\u{a0}234,50");
        assert_eq!((points(1_402_649), points(-2_500)), ("1\u{a0}402,6".into(), "\u{2212}2,500".into()));
    }
}
