//! Text that a spreadsheet opens.

use std::borrow::Cow;

/// Whether a spreadsheet would take a text for a formula. A number with a sign is no formula.
pub fn is_formula(text: &str) -> bool {
    match text.strip_prefix(['+', '-']) {
        Some(rest) => {
            let of_number =
                |letter: char| letter.is_ascii_digit() || matches!(letter, ' ' | '\u{a0}' | ',' | '.' | '%');
            rest.is_empty() || !rest.chars().all(of_number)
        }
        None => text.starts_with(['=', '@', '\t', '\r', '|']),
    }
}

/// The text, safe for a spreadsheet: with an apostrophe in front if the spreadsheet would take the text for a formula.
pub fn shown(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_no_formula_and_a_sum_is() {
        for (text, formula) in [
            ("=1+1", true),
            ("-2+3", true),
            ("+A1", true),
            ("@SUM(A1)", true),
            ("\t=1", true),
            ("-", true),
            ("-1 000,50", false),
            ("+12 %", false),
            ("−5", false),
            ("U1", false),
            ("", false),
        ] {
            assert_eq!(is_formula(text), formula, "{text:?}");
        }
        assert_eq!(shown("=1+1"), "'=1+1");
    }
}
