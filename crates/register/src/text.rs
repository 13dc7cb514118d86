//! Bytes as text, and the forms in which people and spreadsheets write keys, numbers and times.

use std::borrow::Cow;

use domain::{Day, Minute};
use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use words::{Message, message};

/// Encoding of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16,
    /// What Norwegian Windows programs write. The letters of Latin-1, and dashes, quotes and the euro sign besides.
    Windows1252,
}

impl Encoding {
    /// Name of the encoding.
    pub fn named(self) -> Message {
        match self {
            Encoding::Utf8 => Message::plain("UTF-8"),
            Encoding::Utf16 => Message::plain("UTF-16"),
            Encoding::Windows1252 => message!("file.windows_1252"),
        }
    }
}

/// Two counts of a text: letters of several bytes in UTF-8 (`good`), and sequences of bytes that UTF-8 does not
/// allow (`bad`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Letters {
    pub good: u64,
    pub bad: u64,
}

impl Letters {
    /// The two counts of a piece of a text. A letter that an edge of the piece cuts in two is in neither count.
    pub fn of(bytes: &[u8]) -> Letters {
        let mut out = Letters::default();
        let start = bytes.iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80).count();
        let mut rest = &bytes[start..];
        loop {
            let (valid, error) = match std::str::from_utf8(rest) {
                Ok(text) => (text, None),
                Err(error) => (std::str::from_utf8(&rest[..error.valid_up_to()]).unwrap_or(""), Some(error)),
            };
            out.good += valid.bytes().filter(|byte| *byte >= 0xc0).count() as u64;
            match error.map(|error| (error.valid_up_to(), error.error_len())) {
                Some((valid, Some(length))) => {
                    out.bad += 1;
                    rest = &rest[valid + length..];
                }
                // The piece has ended, perhaps in the middle of a letter.
                Some((_, None)) | None => return out,
            }
        }
    }

    /// The counts of two pieces, added up.
    #[must_use]
    pub fn and(self, other: Letters) -> Letters {
        Letters { good: self.good + other.good, bad: self.bad + other.bad }
    }

    /// The encoding that the counts point to: Windows-1252 if `bad` is greater than `good`, otherwise UTF-8. One bad
    /// byte among good letters is a fault of its row, not of the file.
    pub fn encoding(self) -> Encoding {
        if self.bad > self.good { Encoding::Windows1252 } else { Encoding::Utf8 }
    }
}

/// Bytes as text in an encoding. What cannot be read becomes `\u{fffd}`.
pub fn decode(bytes: Vec<u8>, encoding: Encoding) -> String {
    match encoding {
        Encoding::Utf8 => String::from_utf8(bytes)
            .unwrap_or_else(|error| UTF_8.decode_without_bom_handling(error.as_bytes()).0.into_owned()),
        Encoding::Utf16 if bytes.starts_with(&[0xfe, 0xff]) => UTF_16BE.decode(&bytes).0.into_owned(),
        Encoding::Utf16 => UTF_16LE.decode(&bytes).0.into_owned(),
        Encoding::Windows1252 => WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned(),
    }
}

/// Text of a whole file, without its byte-order mark, and its encoding: UTF-16 if the mark says so, else the one that
/// [`Letters::encoding`] gives.
pub fn decoded(bytes: Vec<u8>) -> (String, Encoding) {
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let encoding = if is_utf16 { Encoding::Utf16 } else { Letters::of(&bytes).encoding() };
    let mut text = decode(bytes, encoding);
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    (text, encoding)
}

/// A text in which every line ends with `\n`: also those that ended with `\r\n`, or with `\r` alone.
pub fn with_line_feeds(text: String) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

/// Number of line ends in bytes: `\n`, `\r\n` and `\r`. `next` is the byte that follows, if there is one.
pub fn line_ends(bytes: &[u8], next: Option<u8>) -> u64 {
    let after = bytes.iter().skip(1).copied().map(Some).chain([next]);
    let ends = bytes.iter().zip(after).filter(|(byte, after)| match byte {
        b'\n' => true,
        b'\r' => *after != Some(b'\n'),
        _ => false,
    });
    ends.count() as u64
}

/// Lines of the records in a text whose lines end with `\n`. A reader of records skips empty lines, and tells the place
/// before them.
pub struct Lines<'t> {
    text: &'t str,
    seen: usize,
    line: u64,
}

impl<'t> Lines<'t> {
    /// The lines of a text that begins on a line.
    pub fn of(text: &'t str, line: u64) -> Lines<'t> {
        Lines { text, seen: 0, line }
    }

    /// First byte and line of the record that a reader found at a byte. Records are asked for in the order of the text.
    pub fn record(&mut self, byte: u64) -> (usize, u64) {
        let from = std::cmp::min(byte as usize, self.text.len());
        let bytes = self.text.as_bytes();
        let start = from + bytes[from..].iter().take_while(|byte| **byte == b'\n').count();
        self.line +=
            bytes[std::cmp::min(self.seen, start)..start].iter().filter(|byte| **byte == b'\n').count()
                as u64;
        self.seen = start;
        (start, self.line)
    }
}

/// Whether a sign is invisible and says nothing: byte-order marks, joiners, soft hyphens and marks of direction.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// A text without invisible signs.
fn visible(text: &str) -> String {
    text.chars().filter(|letter| !is_invisible(*letter)).collect()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits of a whole number that a spreadsheet wrote with `.0` or `,0`; `None` for another text.
fn whole_number(text: &str) -> Option<&str> {
    text.strip_suffix(".0").or_else(|| text.strip_suffix(",0")).filter(|text| is_digits(text))
}

/// Canonical form of a key: in lower case, without invisible signs and without space at either end; a number also
/// without leading zeros and without the `.0` or `,0` that a spreadsheet adds. Two keys are the same if their
/// canonical forms are equal.
pub fn canonical(key: &str) -> Cow<'_, str> {
    let is_plain = key.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase() || byte == b'-');
    if is_plain && (key.len() < 2 || !key.starts_with('0')) {
        return Cow::Borrowed(key);
    }
    let shown = visible(key).trim().to_lowercase();
    let whole = whole_number(&shown).unwrap_or(&shown);
    Cow::Owned(match is_digits(whole) {
        true if whole.trim_start_matches('0').is_empty() => "0".to_owned(),
        true => whole.trim_start_matches('0').to_owned(),
        false => whole.to_owned(),
    })
}

/// A code of a unit, a trust or a municipality without what a spreadsheet puts in it: invisible signs, a `.0` after
/// digits, and spaces between the digits of an organisation number.
pub fn code(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let shown = visible(text);
    let shown = shown.trim();
    let joined: String = shown.chars().filter(|letter| !letter.is_whitespace()).collect();
    match whole_number(shown) {
        Some(whole) => Cow::Owned(whole.to_owned()),
        None if joined.len() == 9 && is_digits(&joined) => Cow::Owned(joined),
        None if shown == text => Cow::Borrowed(text),
        None => Cow::Owned(shown.to_owned()),
    }
}

/// A DRG code in its usual form, `801H`: in upper case, without spaces, leading zeros, a `DRG` in front, and what a
/// spreadsheet puts in ([`code`]).
pub fn drg_code(text: &str) -> Cow<'_, str> {
    let is_usual = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    if text.bytes().all(is_usual) && !text.starts_with('0') && !text.starts_with("DRG") {
        return Cow::Borrowed(text);
    }
    let plain: String = code(text).chars().filter(|sign| !sign.is_whitespace()).collect();
    let plain = plain.to_uppercase();
    let plain =
        plain.strip_prefix("DRG").map_or(plain.as_str(), |rest| rest.trim_start_matches(['-', ':', '.']));
    let short = plain.trim_start_matches('0');
    let short = if short.is_empty() { plain } else { short };
    if short == text { Cow::Borrowed(text) } else { Cow::Owned(short.to_owned()) }
}

/// Whether a number may have full stops between its thousands: `1.000`, `12.500.000`. In text with decimal commas, nobody
/// can tell a thousand from one with three decimals.
pub fn may_be_grouped(number: &str) -> bool {
    let mut groups = number.trim_start_matches('-').split('.');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    (1..=3).contains(&first.len())
        && is_digits(first)
        && !first.starts_with('0')
        && !rest.is_empty()
        && rest.iter().all(|group| group.len() == 3 && is_digits(group))
}

/// Words that begin the name of a sum where rows are named.
const SUMS: [&str; 21] = [
    "alle",
    "begge",
    "both",
    "hele landet",
    "heile landet",
    "landet",
    "sum",
    "total",
    "totalt",
    "totalsum",
    "totalbeløp",
    "delsum",
    "subtotal",
    "mellomsum",
    "i alt",
    "å betale",
    "til betaling",
    "samlet",
    "beløp i alt",
    "beløp totalt",
    "fakturabeløp",
];

/// Whether the name of a row says that it is the sum of other rows. A case or an area with such a name has a number in it.
pub fn is_sum(name: &str) -> bool {
    let words = name.trim().to_lowercase();
    let ends = |rest: &str| !rest.starts_with(|letter: char| letter.is_alphabetic());
    !words.contains(|letter: char| letter.is_ascii_digit())
        && SUMS.iter().any(|sum| words.strip_prefix(sum).is_some_and(ends))
}

/// Whether a text is a national identity number (`fødselsnummer`, `D-nummer`, or a synthetic one): eleven digits, of
/// which the last two check the others.
pub fn is_national_number(text: &str) -> bool {
    const WEIGHTS: [[u32; 11]; 2] = [[3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0], [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]];
    let digits: Vec<u32> = text.chars().filter_map(|letter| letter.to_digit(10)).collect();
    let sum =
        |weights: &[u32; 11]| weights.iter().zip(&digits).map(|(weight, digit)| weight * digit).sum::<u32>();
    // The day is 40 too high in a D number, and the month 40, 65 or 80 too high in a synthetic one.
    let pair =
        |place: usize| digits.get(place).zip(digits.get(place + 1)).map_or(0, |(ten, one)| ten * 10 + one);
    let (day, month) = (pair(0), pair(2));
    let is_day = (1..=31).contains(&day) || (41..=71).contains(&day);
    let is_month = [0, 40, 65, 80].iter().any(|more| (more + 1..=more + 12).contains(&month));
    text.len() == 11
        && digits.len() == 11
        && is_day
        && is_month
        && WEIGHTS.iter().all(|weights| sum(weights) % 11 == 0)
}

/// The separator that occurs most often in a head: semicolon, comma or tab. A semicolon wins a draw.
pub fn separator(head: &str) -> u8 {
    let count = |mark: char| head.matches(mark).count();
    [('\t', count('\t')), (',', count(',')), (';', count(';'))]
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map_or(b';', |(mark, _)| mark as u8)
}

/// Whether a stray quote opened a cell: the cell holds a line end, and a separator somewhere after the line end.
pub fn is_stray(cell: &str, separator: u8) -> bool {
    cell.split_once('\n').is_some_and(|(_, rest)| rest.contains(char::from(separator)))
}

/// Reads a time as systems and people write it: `2012-03-04T12:30`, `2012-03-04`, `20120304`, `4.3.2012 12:30`,
/// `04.03.2012 kl. 12.30`, `04MAR2012:12:30:00`, each with seconds, parts of a second and a zone as [`Minute::parse`] takes
/// them. Seconds are dropped; a day alone is its first minute. `None` if the text has another form, or names no such time.
pub fn time(text: &str) -> Option<Minute> {
    if let Ok(at) = Minute::parse(text) {
        return Some(at);
    }
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Minute::parse(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..])).ok();
    }
    let text = without_weekday(text);
    if !text.is_ascii() {
        return None;
    }
    let (day, rest) = match text.get(2..3).is_some_and(|letter| letter.as_bytes()[0].is_ascii_alphabetic()) {
        true => {
            let end = text.find([':', ' ']).unwrap_or(text.len());
            (of_sas(&text[..end])?, text[end..].trim_start_matches([':', ' ']))
        }
        false => {
            let end = text.find([' ', 'T']).unwrap_or(text.len());
            let day = of_points(&text[..end]).or_else(|| Day::parse(&text[..end]).ok())?;
            (day, text[end..].trim_start_matches(['T', ' ']))
        }
    };
    let lower = rest.to_lowercase();
    let hour = lower.trim_start_matches("kl").trim_start_matches('.').trim();
    let hour = match (hour.contains(':'), hour.len() == 4 && hour.bytes().all(|byte| byte.is_ascii_digit())) {
        (true, _) => hour.to_owned(),
        (false, true) => format!("{}:{}", &hour[..2], &hour[2..]),
        (false, false) => hour.replace('.', ":"),
    };
    if hour.is_empty() {
        return rest.is_empty().then(|| day.start());
    }
    let hour = if hour.as_bytes().get(1) == Some(&b':') { format!("0{hour}") } else { hour };
    Minute::parse(&format!("{day}T{hour}")).ok()
}

/// Whether a time, as [`time`] reads it, states the hour.
pub fn has_hour(text: &str) -> bool {
    let text = without_weekday(text.trim());
    text.contains(':') || text.split([' ', 'T']).nth(1).is_some_and(|rest| !rest.is_empty())
}

/// A time without the day of the week in front of it: `fre 02.03.2012`.
fn without_weekday(text: &str) -> &str {
    const DAYS: [&str; 7] = ["man", "tir", "tys", "ons", "tor", "fre", "lør"];
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let word = first.trim_end_matches(['.', ',']).to_lowercase();
    let is_day = DAYS.iter().chain(&["søn", "sun", "laur"]).any(|day| word.starts_with(day));
    if is_day && word.chars().all(char::is_alphabetic) { rest.trim_start() } else { text }
}

/// A day as `4.3.2012`.
fn of_points(text: &str) -> Option<Day> {
    let mut parts = text.split('.');
    let mut next = |most: usize| parts.next().filter(|part| !part.is_empty() && part.len() <= most);
    let (day, month, year) = (next(2)?, next(2)?, next(4).filter(|year| year.len() == 4)?);
    if parts.next().is_some() {
        return None;
    }
    Day::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// A day as SAS writes it: `04MAR2012`, or `04MAR12` in this century.
fn of_sas(text: &str) -> Option<Day> {
    const MONTHS: [&str; 12] =
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    let named = text.get(2..5)?.to_uppercase();
    let month = MONTHS.iter().zip(1..).find(|(name, _)| **name == named)?.1;
    let year = text.get(5..).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()))?;
    let year = match year.len() {
        2 => 2000 + year.parse::<i16>().ok()?,
        4 => year.parse().ok()?,
        _ => return None,
    };
    Day::new(year, month, text.get(..2)?.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_read_as_the_program_that_wrote_them_meant() {
        let of = |bytes: &[u8]| decoded(bytes.to_vec());
        assert_eq!(of("Ås – «Ø»".as_bytes()), ("Ås – «Ø»".to_owned(), Encoding::Utf8));
        assert_eq!(of("\u{feff}a".as_bytes()).0, "a");
        assert_eq!(of(b"\xc5s \x96 \x93\xd8\x94"), ("Ås – “Ø”".to_owned(), Encoding::Windows1252));
        // One bad byte among good letters spoils its own row.
        assert_eq!(
            of("Å\nø\n".as_bytes().iter().copied().chain([0xe5]).collect::<Vec<_>>().as_slice()).1,
            Encoding::Utf8
        );
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("Å;b".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(of(&utf16), ("Å;b".to_owned(), Encoding::Utf16));
        assert_eq!(Letters::of("æøå".as_bytes()), Letters { good: 3, bad: 0 });
        // Cut in the middle of a letter at both edges.
        assert_eq!(Letters::of(&"æøå".as_bytes()[1..5]), Letters { good: 1, bad: 0 });
    }

    #[test]
    fn a_national_number_checks_itself() {
        // A synthetic number: the month is 80 too high.
        assert!(is_national_number("02819840086"));
        assert!(!is_national_number("12345678901") && !is_national_number("1234567890"));
    }

    #[test]
    fn a_key_has_one_form() {
        for (key, form) in [
            ("0123", "123"),
            ("123.0", "123"),
            ("123,0", "123"),
            (" 123\u{200b}", "123"),
            ("\u{feff}abC-7", "abc-7"),
            ("000", "0"),
            ("1.5", "1.5"),
            ("0x1", "0x1"),
            ("00.0", "0"),
        ] {
            assert_eq!(canonical(key), form, "{key:?}");
        }
    }

    #[test]
    fn a_drg_has_one_form() {
        for (text, drg) in [
            ("915o", "915O"),
            ("801 h", "801H"),
            ("DRG370", "370"),
            ("DRG 801H", "801H"),
            ("370.0", "370"),
            ("0370", "370"),
            ("915O", "915O"),
            ("", ""),
        ] {
            assert_eq!(drg_code(text), drg, "{text}");
        }
    }

    #[test]
    fn a_sum_is_told_from_a_name() {
        for word in ["Sum", "sum:", "Totalsum", "Sum til betaling", "Totalt å betale", "I alt", "Delsum Voss"]
        {
            assert!(is_sum(word), "{word}");
        }
        for word in ["S-1", "SUM-1", "Sum 2012-17", "Sumvik", "Totalrehab", "Samletomta", ""] {
            assert!(!is_sum(word), "{word}");
        }
    }

    #[test]
    fn a_number_in_groups_is_known() {
        for (text, is_grouped) in [
            ("1.000", true),
            ("12.500.000", true),
            ("0.125", false),
            ("1.5", false),
            ("1000", false),
            ("1.0000", false),
        ] {
            assert_eq!(may_be_grouped(text), is_grouped, "{text}");
        }
    }

    #[test]
    fn a_code_is_freed_of_what_a_spreadsheet_puts_in_it() {
        for (text, code) in [
            ("983974724.0", "983974724"),
            ("983 974 724", "983974724"),
            ("983\u{a0}974\u{a0}724", "983974724"),
            ("\u{feff}1201.0", "1201"),
            ("1201,0", "1201"),
            ("0807", "0807"),
            ("Helse Bergen", "Helse Bergen"),
            ("U 1.0", "U 1.0"),
        ] {
            assert_eq!(super::code(text), code, "{text}");
        }
    }

    #[test]
    fn times_are_read_as_systems_and_people_write_them() {
        for text in [
            "2012-03-04T19:40",
            "2012-03-04 19:40:59",
            "04.03.2012 19:40",
            "4.3.2012 19:40",
            "04.03.2012 kl. 19.40",
            "04.03.2012 kl 19:40",
            "04.03.2012T19:40:00",
            "04MAR2012:19:40:00",
            "04mar2012 19:40",
            "2012-03-04 19.40",
            "2012-03-04 kl. 19:40",
            "04.03.2012 1940",
            "søn 04.03.2012 19:40",
            "Søndag 4.3.2012 19.40",
            "04MAR12:19:40:00",
            "04MAR2012:19:40:00.000",
            "2012-03-04 19:40:00.000",
            "2012-03-04 19:40:59.1234567",
            "2012-03-04T19:40:00.123456+01:00",
            "2012-03-04 19:40:00.0000000 +01:00",
            "04.03.2012 19:40:00,000",
        ] {
            assert_eq!(time(text).map(|at| at.to_string()).as_deref(), Some("2012-03-04T19:40"), "{text}");
        }
        for text in ["20120304", "4.3.2012", "04MAR2012", "2012-03-04"] {
            assert_eq!(time(text).map(|at| at.to_string()).as_deref(), Some("2012-03-04T00:00"), "{text}");
        }
        assert_eq!(time("4.3.2012 9:05").map(|at| at.to_string()).as_deref(), Some("2012-03-04T09:05"));
        for text in [
            "",
            ".",
            "4.3",
            "4.3.12",
            "32.3.2012",
            "04XXX2012",
            "4.3.2012 25:00",
            "4.3.2012 kl",
            "4..2012",
            "04MAR112",
            "2012-03-04T19:40:00.",
            "2012-03-04T19:40:00 Oslo",
            "2012-03-04T19:40:00+1",
            "2012-03-04T18:40Z",
            "i går",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
