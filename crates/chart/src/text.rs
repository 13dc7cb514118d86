//! Text measured and broken without a font, because the reader's font is not known here.

/// Height of a line of text, from baseline to baseline, in pixels.
pub(crate) const LINE: f64 = 14.0;

/// Estimated width of a text in pixels, at a font size of 12 pixels. The estimate errs on the wide side.
pub(crate) fn width_of(text: &str) -> f64 {
    let each = |letter: char| match letter {
        ' ' | '\u{a0}' | '.' | ',' | ':' | ';' | '\'' | 'i' | 'j' | 'l' | 'I' | '|' | '!' | '·' | '/' => {
            0.34
        }
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' => 0.42,
        '\u{2212}' | '+' | '=' | '<' | '>' | '&' | 'w' => 0.84,
        'm' | 'M' | 'W' | '%' | 'æ' | 'Æ' | '…' | '—' => 1.0,
        letter if letter.is_uppercase() => 0.78,
        _ => 0.64,
    };
    text.chars().map(each).sum::<f64>() * 12.0
}

/// A text in at most `most` lines of `room` pixels, broken between words (never at no-break spaces). A line break in
/// the text counts as a space. What does not fit is cut and replaced by an ellipsis.
pub(crate) fn lines(text: &str, room: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if width_of(line) + width_of(" ") + width_of(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines.iter().map(|line| cut(line, room)).collect()
}

/// A text cut to `room` pixels, with an ellipsis if anything is cut.
pub(crate) fn cut(text: &str, room: f64) -> String {
    if width_of(text) <= room {
        return text.to_owned();
    }
    let mut short = text.trim_end_matches('…').to_owned();
    while !short.is_empty() && width_of(&short) + width_of("…") > room {
        short.pop();
    }
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

/// Width of the widest of some texts; 0 for none.
pub(crate) fn widest<'a>(texts: impl IntoIterator<Item = &'a String>) -> f64 {
    texts.into_iter().map(|text| width_of(text)).fold(0.0, f64::max)
}

/// The middle of a text, moved so that the text stays between two edges.
pub(crate) fn kept(middle: f64, text: &str, left: f64, right: f64) -> f64 {
    let half = width_of(text) / 2.0;
    middle.min(right - half).max(left + half)
}
