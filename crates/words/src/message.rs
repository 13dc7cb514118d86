//! A sentence that is yet to be put into a language.

use std::borrow::Cow;
use std::fmt::Display;

use crate::{Language, catalogue};

/// A sentence that is yet to be put into a language.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Message {
    /// A sentence of the catalogue.
    Keyed(Box<Keyed>),
    /// Text that is the same in every language: a name, a number, or words that a user wrote.
    Plain(String),
    /// Messages one after the other, with a separator between.
    Joined(Box<(Vec<Message>, &'static str)>),
}

/// A sentence of the catalogue with the values of its placeholders.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Keyed {
    key: Cow<'static, str>,
    /// Value of each placeholder, by its name.
    values: Vec<(&'static str, Message)>,
}

impl Default for Message {
    fn default() -> Message {
        Message::Plain(String::new())
    }
}

/// A value for a placeholder: a message, or something that reads the same in every language, such as a number.
pub trait IntoMessage {
    /// The value as a message.
    fn into_message(self) -> Message;
}

impl IntoMessage for Message {
    fn into_message(self) -> Message {
        self
    }
}

impl IntoMessage for &Message {
    fn into_message(self) -> Message {
        self.clone()
    }
}

impl IntoMessage for &&Message {
    fn into_message(self) -> Message {
        (*self).clone()
    }
}

impl<T: Display> IntoMessage for T {
    fn into_message(self) -> Message {
        Message::Plain(self.to_string())
    }
}

/// A type whose values have a sentence in the catalogue: an error, a refusal, or a word of a closed vocabulary.
pub trait Said {
    /// The sentence.
    fn said(&self) -> Message;
}

impl Message {
    /// The sentence of a key in the catalogue. [`message!`](crate::message!) is the usual way to make one.
    pub fn new(key: impl Into<Cow<'static, str>>, values: Vec<(&'static str, Message)>) -> Message {
        Message::Keyed(Box::new(Keyed { key: key.into(), values }))
    }

    /// The sentence of a key that has no placeholder.
    pub fn of(key: impl Into<Cow<'static, str>>) -> Message {
        Message::new(key, Vec::new())
    }

    /// The sentence of a word under a heading of the catalogue, for instance `cause.objection`.
    pub fn under(heading: &str, word: &str) -> Message {
        Message::of(format!("{heading}.{}", word.replace('-', "_")))
    }

    /// Messages one after the other, with a separator between.
    pub fn joined(parts: Vec<Message>, separator: &'static str) -> Message {
        Message::Joined(Box::new((parts, separator)))
    }

    /// Text that is the same in every language.
    pub fn plain(text: impl Display) -> Message {
        Message::Plain(text.to_string())
    }

    /// Whether the catalogue has the sentence. Plain text counts as known.
    pub fn is_known(&self) -> bool {
        match self {
            Message::Keyed(keyed) => catalogue::of(&keyed.key).is_some(),
            Message::Plain(_) => true,
            Message::Joined(joined) => joined.0.iter().all(Message::is_known),
        }
    }

    /// Name of the sentence for programs: the last part of its key, or the text itself.
    pub fn name(&self) -> String {
        match self {
            Message::Keyed(keyed) => keyed.key.rsplit('.').next().unwrap_or_default().to_owned(),
            Message::Plain(text) => text.clone(),
            Message::Joined(joined) => joined.0.iter().map(Message::name).collect::<Vec<_>>().join(joined.1),
        }
    }

    /// Word of the message for programs: the last part of its key, with hyphens. A sentence with values is
    /// given in English instead, and plain text unchanged.
    pub fn word(&self) -> String {
        match self {
            Message::Keyed(keyed) if !keyed.values.is_empty() => self.english(),
            Message::Keyed(_) => self.name().replace('_', "-"),
            Message::Plain(text) => text.clone(),
            Message::Joined(joined) => joined.0.iter().map(Message::word).collect::<Vec<_>>().join(joined.1),
        }
    }

    /// The message in English, for logs and for programs.
    pub fn english(&self) -> String {
        self.render(Language::En)
    }

    /// The message as text.
    pub(crate) fn render(&self, language: Language) -> String {
        match self {
            Message::Plain(text) => text.clone(),
            Message::Joined(joined) => {
                joined.0.iter().map(|part| part.render(language)).collect::<Vec<_>>().join(joined.1)
            }
            Message::Keyed(keyed) => fill(&catalogue::text(&keyed.key, language), &keyed.values, language),
        }
    }
}

/// Puts values into the placeholders of a text: `{name}`, or `{name|one|many}` for a word that depends on whether the
/// value is 1.
fn fill(text: &str, values: &[(&'static str, Message)], language: Language) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((hole, behind)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        let mut parts = hole.split('|');
        let name = parts.next().unwrap_or_default();
        let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.render(language));
        match (value, parts.next(), parts.next()) {
            (Some(value), Some(one), Some(many)) => out.push_str(if value == "1" { one } else { many }),
            (Some(value), _, _) => out.push_str(&value),
            (None, _, _) => out.push_str(&format!("{{{hole}}}")),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Sentence on an error of the operating system; for a kind of error without a sentence, the system's own
/// words.
pub fn of_io(error: &std::io::Error) -> Message {
    use std::io::ErrorKind;
    let word = match error.kind() {
        ErrorKind::NotFound => "not_found",
        ErrorKind::PermissionDenied => "no_permission",
        ErrorKind::AlreadyExists => "exists_already",
        ErrorKind::IsADirectory => "is_a_folder",
        ErrorKind::NotADirectory => "is_no_folder",
        ErrorKind::StorageFull => "disk_full",
        ErrorKind::InvalidData => "not_utf8",
        _ => return Message::plain(error),
    };
    Message::under("system", word)
}

/// A message of the catalogue: its key, and the values of its placeholders.
///
/// ```
/// let code = "9999";
/// let message = words::message!("refusal.no_such_municipality", code, day = "2024-01-01");
/// assert_eq!(message.english(), "there is no municipality 9999 on 2024-01-01");
/// ```
#[macro_export]
macro_rules! message {
    ($key:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::Message::new(
            $key,
            vec![$((stringify!($name), $crate::IntoMessage::into_message($crate::value!($name $(= $value)?)))),*],
        )
    };
}

/// A message of the catalogue as text in a language.
#[macro_export]
macro_rules! say {
    ($language:expr, $($message:tt)+) => { $language.say(&$crate::message!($($message)+)) };
}

/// The value of a placeholder: an expression, or the variable of the same name.
#[doc(hidden)]
#[macro_export]
macro_rules! value {
    ($name:ident) => {
        &$name
    };
    ($name:ident = $value:expr) => {
        &$value
    };
}

/// Implements `Error` and an English `Display` for types with [`Said`]: for logs and tests. Users read the
/// sentence that [`Said`] gives, in their own language.
#[macro_export]
macro_rules! english_error {
    ($($name:ty),+ $(,)?) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::Said::said(self).english())
            }
        }

        impl std::error::Error for $name {}
    )+};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_follows_its_number_and_an_unknown_hole_is_seen() {
        let values = |count: u32| vec![("count", Message::plain(count))];
        let text = "{count} {count|rad|rader} i {file}";
        assert_eq!(fill(text, &values(1), Language::Nb), "1 rad i {file}");
        assert_eq!(fill(text, &values(3), Language::Nb), "3 rader i {file}");
        assert_eq!(fill("a { b", &[], Language::Nb), "a { b");
    }

    #[test]
    fn a_key_that_is_not_there_is_seen() {
        assert_eq!(Message::of("no.such.key").english(), "[no.such.key]");
        assert_eq!(Language::Nn.text("no.such.key"), "[no.such.key]");
    }

    #[test]
    fn programs_get_the_last_part_of_a_key() {
        let both = Message::joined(vec![Message::under("cause", "new-activity"), Message::plain("x")], "; ");
        assert_eq!(both.name(), "new_activity; x");
    }
}
