//! CSV files as people save them: comma, semicolon or tab between cells, decimal comma or point, UTF-8 with
//! or without a byte-order mark, or Windows-1252. A file is cut into blocks of whole records, so that several
//! threads can read it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use words::{Message, message};

use crate::parquet_file::{FileError, in_order};
pub use crate::text::Encoding;
use crate::text::{Letters, Lines, decode, is_stray, line_ends, separator, with_line_feeds};

/// Approximate size of a block, in bytes.
const BLOCK: u64 = 8 << 20;

/// A CSV file whose form and blocks have been found.
#[derive(Debug, Clone)]
pub struct CsvFile {
    path: PathBuf,
    pub encoding: Encoding,
    /// Byte between cells: `;`, `,` or tab.
    pub separator: u8,
    /// Cells of the head, trimmed.
    pub heads: Vec<String>,
    blocks: Vec<Block>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    from: u64,
    to: u64,
    /// Number of the line in the file on which the block's first record begins, from 1.
    line: u64,
}

struct Look {
    letters: Letters,
    quotes: u64,
    lines: u64,
    zero: bool,
}

fn reader(separator: u8, text: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text)
}

/// Separator of the cells, and the names of the columns, in the first lines of a file.
fn head_of(path: &Path, top: &str) -> Result<(u8, Vec<String>), FileError> {
    let fault = |fault: Message| FileError::Schema { path: path.to_path_buf(), fault };
    let first = top.lines().find(|line| !line.trim().is_empty());
    let separator = separator(first.unwrap_or_default());
    let mut record = csv::StringRecord::new();
    let is_read = reader(separator, top.as_bytes()).read_record(&mut record);
    match is_read.map_err(|error| fault(Message::plain(error)))? {
        true => Ok((separator, record.iter().map(|head| head.trim().to_owned()).collect())),
        false => Err(fault(message!("file.no_head"))),
    }
}

/// Names of the columns of a CSV file, from its first bytes alone.
///
/// # Errors
/// Fails if the file cannot be read, or has no head.
pub fn heads(path: &Path) -> Result<Vec<String>, FileError> {
    let size = std::fs::metadata(path).map_err(FileError::io(path))?.len();
    let (top, _) = crate::text::decoded(read_range(path, 0, std::cmp::min(size, 1 << 16))?);
    Ok(head_of(path, &with_line_feeds(top))?.1)
}

impl CsvFile {
    /// Reads the file once to find its encoding, its separator, its head, and the blocks.
    ///
    /// # Errors
    /// Fails if the file cannot be read, is empty, contains NUL bytes (as UTF-16 does) or an odd number of
    /// quotes, or has no head.
    pub fn open(path: &Path, threads: usize) -> Result<CsvFile, FileError> {
        let io = || FileError::io(path);
        let fault = |fault: Message| FileError::Schema { path: path.to_path_buf(), fault };
        let size = std::fs::metadata(path).map_err(io())?.len();
        if size == 0 {
            return Err(fault(message!("file.empty")));
        }
        let count = size.div_ceil(BLOCK);
        let mut looks: Vec<Look> = Vec::new();
        in_order(
            count as usize,
            threads,
            |piece| look(path, piece as u64 * BLOCK, std::cmp::min((piece as u64 + 1) * BLOCK, size)),
            |_, look| {
                looks.push(look);
                Ok(())
            },
            || FileError::Worker { path: path.to_path_buf() },
        )?;
        if looks.iter().any(|look| look.zero) {
            return Err(fault(message!("file.zero_bytes")));
        }
        if looks.iter().map(|look| look.quotes).sum::<u64>() % 2 == 1 {
            return Err(fault(message!("file.odd_quotes")));
        }
        let letters = looks.iter().fold(Letters::default(), |sum, look| sum.and(look.letters));
        let encoding = letters.encoding();
        let start = if read_range(path, 0, std::cmp::min(3, size))? == [0xef, 0xbb, 0xbf] { 3 } else { 0 };
        let blocks = blocks(path, size, start, &looks)?;
        let first = blocks.first().ok_or_else(|| fault(message!("file.empty")))?;
        let top = with_line_feeds(decode(read_range(path, first.from, first.to)?, encoding));
        let (separator, heads) = head_of(path, &top)?;
        Ok(CsvFile { path: path.to_path_buf(), encoding, separator, heads, blocks })
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Hands each record of a block to `take`, with its line in the file. The head is left out.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub fn records(
        &self,
        block: usize,
        mut take: impl FnMut(u64, &csv::StringRecord),
    ) -> Result<(), FileError> {
        let Block { from, to, line } = self.blocks[block];
        let text = with_line_feeds(decode(read_range(&self.path, from, to)?, self.encoding));
        let mut lines = Lines::of(&text, line);
        let fault =
            |error: csv::Error| FileError::Schema { path: self.path.clone(), fault: Message::plain(error) };
        let mut reader = reader(self.separator, text.as_bytes());
        let mut record = csv::StringRecord::new();
        let mut head = block == 0;
        // A flexible reader accepts any number of cells, and the text is valid UTF-8, so a record can hardly fail here.
        while reader.read_record(&mut record).map_err(fault)? {
            let (position, at) = lines.record(record.position().map_or(0, csv::Position::byte));
            // A line of separators alone is an empty line.
            if !head && record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let is_head = std::mem::take(&mut head);
            if !is_head && record.iter().any(|cell| is_stray(cell, self.separator)) {
                // A stray quote has swallowed rows. Each line is handed over as a record of its own, quote included.
                let end = std::cmp::max(position, reader.position().byte() as usize);
                for (place, row) in text[position..end].lines().enumerate() {
                    let row: csv::StringRecord = row.split(char::from(self.separator)).collect();
                    take(at + place as u64, &row);
                }
            } else if !is_head {
                take(at, &record);
            }
        }
        Ok(())
    }
}

fn read_range(path: &Path, from: u64, to: u64) -> Result<Vec<u8>, FileError> {
    let mut file = File::open(path).map_err(FileError::io(path))?;
    file.seek(SeekFrom::Start(from)).map_err(FileError::io(path))?;
    let mut bytes = Vec::with_capacity((to - from) as usize);
    file.take(to - from).read_to_end(&mut bytes).map_err(FileError::io(path))?;
    Ok(bytes)
}

fn look(path: &Path, from: u64, to: u64) -> Result<Look, FileError> {
    let bytes = read_range(path, from, to)?;
    let next = read_range(path, to, to + 1)?.first().copied();
    Ok(Look {
        letters: Letters::of(&bytes),
        quotes: bytes.iter().filter(|byte| **byte == b'"').count() as u64,
        lines: line_ends(&bytes, next),
        zero: bytes.contains(&0),
    })
}

/// Cuts the file into blocks that end at line ends outside quotes.
fn blocks(path: &Path, size: u64, start: u64, looks: &[Look]) -> Result<Vec<Block>, FileError> {
    let mut out = vec![Block { from: start, to: size, line: 1 }];
    let (mut quotes, mut lines) = (0, 1);
    for (piece, look) in looks.iter().enumerate() {
        let edge = piece as u64 * BLOCK;
        if piece > 0 {
            let cut = after_line_end(path, edge, size, quotes % 2 == 1)?;
            if let (Some(at), Some(last)) = (cut, out.last_mut())
                && at > last.from
                && at < size
            {
                last.to = at;
                let line = lines + line_ends(&read_range(path, edge, at)?, None);
                out.push(Block { from: at, to: size, line });
            }
        }
        quotes += look.quotes;
        lines += look.lines;
    }
    Ok(out)
}

/// Place of the byte after the first line end at or after `edge` that is outside quotes; `None` if there is none.
fn after_line_end(path: &Path, edge: u64, size: u64, mut quoted: bool) -> Result<Option<u64>, FileError> {
    let mut from = edge;
    while from < size {
        let bytes = read_range(path, from, std::cmp::min(from + 65_536, size))?;
        for (place, byte) in bytes.iter().enumerate() {
            match byte {
                b'"' => quoted = !quoted,
                b'\n' if !quoted => return Ok(Some(from + place as u64 + 1)),
                _ => {}
            }
        }
        from += bytes.len() as u64;
    }
    Ok(None)
}

/// Reads a number such as `1234,5` or `1 234.5`, multiplied by 10 to the power of `decimals`: if `decimals` is 3,
/// `1,5` gives 1500. Spaces may stand between groups of three digits. Further decimals are rounded half away from zero.
/// `None` if the text is not a number, or is too large for 64 bits.
pub fn decimal(text: &str, decimals: u32) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text[1..].trim_start()),
        b'+' => (false, text[1..].trim_start()),
        _ => (false, text),
    };
    let (mut value, mut seen, mut places): (i64, bool, Option<u32>) = (0, false, None);
    let mut round_up = false;
    let whole = digits.split([',', '.']).next().unwrap_or_default();
    let mut groups = whole.split([' ', '\u{a0}']);
    let first = groups.next().unwrap_or_default();
    let mut is_grouped = true;
    let groups =
        groups.inspect(|group| is_grouped &= group.len() == 3 && (1..=3).contains(&first.len())).count();
    if groups > 0 && !is_grouped {
        return None;
    }
    for character in digits.chars() {
        match (character, places) {
            ('0'..='9', Some(place)) if place >= decimals => {
                if place == decimals {
                    round_up = character >= '5';
                    places = Some(place + 1);
                }
            }
            ('0'..='9', _) => {
                seen = true;
                value = value.checked_mul(10)?.checked_add(i64::from(character as u32 - '0' as u32))?;
                places = places.map(|place| place + 1);
            }
            (',' | '.', None) => places = Some(0),
            (' ' | '\u{a0}', None) if seen => {}
            _ => return None,
        }
    }
    if !seen {
        return None;
    }
    for _ in places.unwrap_or(0).min(decimals)..decimals {
        value = value.checked_mul(10)?;
    }
    value = value.checked_add(i64::from(round_up))?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_with_comma_or_point() {
        for (text, value) in [
            ("1,234", Some(1234)),
            ("1.2", Some(1200)),
            ("-0,5", Some(-500)),
            ("12", Some(12_000)),
            ("1 234,5", Some(1_234_500)),
            ("0,00049", Some(0)),
            ("0,0005", Some(1)),
            ("1,2,3", None),
            ("", None),
            ("abc", None),
            (",", None),
            ("1e3", None),
            ("12 00", None),
            ("- 0.1", Some(-100)),
            ("1234 567", None),
        ] {
            assert_eq!(decimal(text, 3), value, "{text}");
        }
    }

    fn read(bytes: &[u8]) -> (CsvFile, Vec<(u64, Vec<String>)>) {
        let folder = std::env::temp_dir().join(format!(
            "samspill-csv-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("file.csv");
        std::fs::write(&path, bytes).unwrap();
        let file = CsvFile::open(&path, 2).unwrap();
        let mut rows = Vec::new();
        for block in 0..file.blocks() {
            file.records(block, |line, record| rows.push((line, record.iter().map(str::to_owned).collect())))
                .unwrap();
        }
        (file, rows)
    }

    #[test]
    fn finds_encoding_and_separator() {
        let (file, rows) = read("\u{feff}a;b\nø;1,5\n".as_bytes());
        assert_eq!(
            (file.encoding, file.separator, &file.heads[..]),
            (Encoding::Utf8, b';', &["a".to_owned(), "b".into()][..])
        );
        assert_eq!(rows, [(2, vec!["ø".to_owned(), "1,5".into()])]);
        let (file, rows) = read(b"a,b\nBod\xf8,\"x,\ny\"\n2,3\n");
        assert_eq!((file.encoding, file.separator), (Encoding::Windows1252, b','));
        assert_eq!(rows, [(2, vec!["Bodø".to_owned(), "x,\ny".into()]), (4, vec!["2".into(), "3".into()])]);
    }

    #[test]
    fn blocks_lose_no_record_and_count_lines() {
        let mut text = String::from("a;b\n");
        for number in 0..900_000 {
            text.push_str(&format!("{number};\"quoted {number}\"\n"));
        }
        let (file, rows) = read(text.as_bytes());
        assert!(file.blocks() > 2);
        assert_eq!(rows.len(), 900_000);
        assert!(
            rows.iter()
                .enumerate()
                .all(|(place, (line, row))| *line == place as u64 + 2 && row[0] == place.to_string())
        );
    }

    /// Lines are those that an editor shows, whatever ends them, and whatever lies empty between the rows.
    #[test]
    fn lines_are_counted_whatever_ends_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a;b", "1;2", "", "3;4", "5;\"6", "7\"", "8;9", ""].join(end);
            let (_, rows) = read(text.as_bytes());
            let lines: Vec<u64> = rows.iter().map(|(line, _)| *line).collect();
            assert_eq!(lines, [2, 4, 5, 7], "{end:?}");
        }
        let (_, rows) = read(b"a;b\n1;2\n3\r;4\n5;6\n");
        let lines: Vec<u64> = rows.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 3, 4, 5]);
        let mut text = String::from("a;b\r\n");
        (0..900_000).for_each(|number| text.push_str(&format!("{number};\"quoted {number}\"\r\n")));
        let (file, rows) = read(text.as_bytes());
        assert!(file.blocks() > 2);
        assert!(rows.iter().enumerate().all(|(place, (line, _))| *line == place as u64 + 2));
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 1..400)) {
            let folder = std::env::temp_dir().join(format!("samspill-fuzz-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let path = folder.join("bytes.csv");
            std::fs::write(&path, &bytes).unwrap();
            if let Ok(file) = CsvFile::open(&path, 1) {
                for block in 0..file.blocks() {
                    let _ = file.records(block, |_, _| {});
                }
            }
        }

        #[test]
        fn a_number_reads_back(milli in -10_000_000i64..10_000_000) {
            let sign = if milli < 0 { "-" } else { "" };
            let text = format!("{sign}{},{:03}", milli.abs() / 1000, milli.abs() % 1000);
            prop_assert_eq!(decimal(&text, 3), Some(milli));
        }
    }
}
