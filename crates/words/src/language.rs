//! The three languages.

use serde::{Deserialize, Serialize};

use crate::{Message, catalogue};

/// A language that users read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Bokmål.
    #[default]
    Nb,
    /// Nynorsk.
    Nn,
    /// English.
    En,
}

impl Language {
    /// Every language, in the order in which the catalogue holds the texts of a key.
    pub const ALL: [Language; 3] = [Language::Nb, Language::Nn, Language::En];

    /// Code of the language: `nb`, `nn` or `en`.
    pub const fn code(self) -> &'static str {
        match self {
            Language::Nb => "nb",
            Language::Nn => "nn",
            Language::En => "en",
        }
    }

    /// The language with a code; `None` if the code is unknown.
    pub fn from_code(code: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The language of a locale such as `nn_NO.UTF-8`; `None` if the locale names none of the three.
    pub fn of_locale(locale: &str) -> Option<Language> {
        let name = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if name == "no" { Some(Language::Nb) } else { Language::from_code(name) }
    }

    /// The sentence of a key, for sentences without placeholders. A key that is not in the catalogue is returned in
    /// brackets.
    pub fn text(self, key: &str) -> String {
        catalogue::text(key, self).into_owned()
    }

    /// A message as text that begins with a capital letter.
    pub fn sentence(self, message: &Message) -> String {
        let text = message.render(self);
        let mut letters = text.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
    }

    /// A message as text.
    pub fn say(self, message: &Message) -> String {
        message.render(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_name_their_language() {
        let found =
            ["nn_NO.UTF-8", "nb", "no_NO", "en-GB", "C", "", "POSIX", "sv_SE"].map(Language::of_locale);
        let (nb, nn, en) = (Some(Language::Nb), Some(Language::Nn), Some(Language::En));
        assert_eq!(found, [nn, nb, nb, en, None, None, None, None]);
    }
}
