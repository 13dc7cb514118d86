//! The files of the catalogue, read once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::Language;

/// Text of a key in each language, in the order of [`Language::ALL`].
type Texts = [String; 3];

/// Files of the catalogue.
const FILES: &[(&str, &str)] = &[
    ("check.toml", include_str!("../../../i18n/check.toml")),
    ("errors.toml", include_str!("../../../i18n/errors.toml")),
    ("help.toml", include_str!("../../../i18n/help.toml")),
    ("indicators.toml", include_str!("../../../i18n/indicators.toml")),
    ("jobs.toml", include_str!("../../../i18n/jobs.toml")),
    ("ledger.toml", include_str!("../../../i18n/ledger.toml")),
    ("paper.toml", include_str!("../../../i18n/paper.toml")),
    ("reasons.toml", include_str!("../../../i18n/reasons.toml")),
    ("screen.toml", include_str!("../../../i18n/screen.toml")),
    ("tables.toml", include_str!("../../../i18n/tables.toml")),
    ("trace.toml", include_str!("../../../i18n/trace.toml")),
    ("usage.toml", include_str!("../../../i18n/usage.toml")),
    ("what-if.toml", include_str!("../../../i18n/what-if.toml")),
    ("words.toml", include_str!("../../../i18n/words.toml")),
];

static CATALOGUE: OnceLock<BTreeMap<String, Texts>> = OnceLock::new();

fn catalogue() -> &'static BTreeMap<String, Texts> {
    CATALOGUE.get_or_init(|| {
        let mut out = BTreeMap::new();
        for (file, text) in FILES {
            // If a file cannot be read, its keys are missing. A test reads every file.
            let _ = read(file, text, &mut out);
        }
        out
    })
}

/// Text of a key in each language; `None` if the catalogue has no such key.
pub(crate) fn of(key: &str) -> Option<&'static Texts> {
    catalogue().get(key)
}

/// Text of a key in a language. A key that is not in the catalogue is returned in brackets.
pub(crate) fn text(key: &str, language: Language) -> Cow<'static, str> {
    of(key).map_or_else(|| format!("[{key}]").into(), |texts| texts[language as usize].as_str().into())
}

/// Every key of the catalogue, in order.
pub fn keys() -> impl Iterator<Item = &'static str> {
    catalogue().keys().map(String::as_str)
}

/// Reads a file of the catalogue. A table with a text for each language is a sentence; a table with a text for no
/// language is a heading. Fails on any other table or value, and on a key that is there already.
fn read(file: &str, text: &str, out: &mut BTreeMap<String, Texts>) -> Result<(), String> {
    let table: toml::Table = toml::from_str(text).map_err(|error| format!("{file}: {error}"))?;
    sentences("", &table, out).map_err(|key| format!("{file}: {key}"))
}

fn sentences(heading: &str, table: &toml::Table, out: &mut BTreeMap<String, Texts>) -> Result<(), String> {
    for (name, value) in table {
        let key = if heading.is_empty() { name.clone() } else { format!("{heading}.{name}") };
        let toml::Value::Table(inner) = value else {
            return Err(format!("{key} is neither a sentence nor a heading"));
        };
        let text = |language: Language| inner.get(language.code()).and_then(toml::Value::as_str);
        match Language::ALL.map(text) {
            [Some(nb), Some(nn), Some(en)] if inner.len() == 3 => {
                if out.insert(key.clone(), [nb, nn, en].map(str::to_owned)).is_some() {
                    return Err(format!("{key} is there already"));
                }
            }
            [None, None, None] => sentences(&key, inner, out)?,
            _ => return Err(format!("{key} needs nb, nn and en, and nothing else")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn holes(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split(['}', '|']).next()).collect()
    }

    /// Every sentence exists in all three languages, with the same placeholders.
    #[test]
    fn three_languages_say_the_same() {
        let mut all = BTreeMap::new();
        for (file, text) in FILES {
            read(file, text, &mut all).unwrap();
        }
        for (key, [nb, nn, en]) in &all {
            assert_eq!((holes(nn), holes(en)), (holes(nb), holes(nb)), "{key}");
            assert!(
                [nb, nn, en].iter().all(|text| text.trim() == text.as_str()),
                "{key} has space at an end"
            );
        }
    }

    #[test]
    fn a_sentence_that_lacks_a_language_or_stands_twice_is_refused() {
        let fault = |text: &str| read("f", text, &mut BTreeMap::new()).unwrap_err();
        assert_eq!(fault("[a.b]\nnb = 'x'\nen = 'x'"), "f: a.b needs nb, nn and en, and nothing else");
        assert_eq!(fault("a = 'x'"), "f: a is neither a sentence nor a heading");
        let mut all = BTreeMap::new();
        let one = "[a]\nnb = 'x'\nnn = 'x'\nen = 'x'";
        read("f", one, &mut all).unwrap();
        assert_eq!(read("g", one, &mut all).unwrap_err(), "g: a is there already");
    }
}
