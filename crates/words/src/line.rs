//! Lines of a text, for faults that name them.

/// Line of a byte of a text, from 1. A byte after the end is in the last line.
pub fn line_at(text: &str, byte: usize) -> usize {
    let upto = std::cmp::min(byte, text.len());
    text.as_bytes()[..upto].iter().filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_in_its_line() {
        let text = "a\nå\n";
        assert_eq!([0, 1, 2, 3, 5, 9].map(|byte| line_at(text, byte)), [1, 1, 2, 2, 3, 3]);
    }
}
