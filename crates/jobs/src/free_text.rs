//! Texts that people write into a ledger, where they stay: reasons, answers, references.

use register::text::is_national_number;

use crate::failure::{Result, fail};

/// Checks a text that may be empty.
///
/// # Errors
/// Fails if the text has a control character, which no statement can be printed with, or a national identity number, which
/// nobody can take out of a ledger again.
pub fn may_be_kept(text: &str) -> Result<()> {
    if text.contains(|letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        let shown = text.replace(char::is_control, "\u{fffd}");
        fail!("error.free_text.control", text = shown);
    }
    let is_divider = |letter: char| !letter.is_ascii_digit();
    let joined = text.replace([' ', '\u{a0}', '-', '.'], "");
    if text.split(is_divider).chain(joined.split(is_divider)).any(is_national_number) {
        fail!("error.free_text.national_number");
    }
    Ok(())
}

/// Checks the reference of a decision.
///
/// # Errors
/// Fails as [`may_be_kept`] does, and if the reference is empty.
pub fn is_reference(text: &str) -> Result<()> {
    if text.trim().is_empty() {
        fail!("error.free_text.no_reference");
    }
    may_be_kept(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_printed_or_taken_back_is_not_kept() {
        // A synthetic number: the month is 80 too high.
        for text in ["Fnr 02819840086 manglet", "028198 40086", "028198-40086", "TLN\u{1b}[0m", "a\u{7}"] {
            assert!(may_be_kept(text).is_err(), "{text:?}");
        }
        for text in [
            "",
            "AU 3/2012",
            "a\r\nb",
            "Pasienten reiste 8.3.2012 kl. 12.00\nJournal 12345678901",
            "org.nr. 983974724",
        ] {
            assert!(may_be_kept(text).is_ok(), "{text:?}");
        }
        assert!(is_reference(" ").is_err() && is_reference("AU 3/2012").is_ok());
    }
}
