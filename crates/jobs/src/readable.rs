//! A file of contacts as the check can read it: text or Parquet that is read twice. A pipe is copied first, a compressed file
//! is unpacked, a workbook becomes text, UTF-16 becomes UTF-8, and a first line `sep=;` goes.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use register::sheet;
use words::message;

use crate::failure::{About, Result, fail};
use crate::host::{Host, Scratch};

/// A file of contacts, and what was made to read it.
pub struct Readable {
    /// Text or Parquet.
    pub path: PathBuf,
    /// What was handed in, as a file: its digest is that of the delivery.
    pub delivered: PathBuf,
    /// Holds the copies. The folder goes when this value does.
    scratch: Option<Scratch>,
}

/// Arguments of a command in which each workbook names the sheet that `--sheet` gives: `krav.xlsx` becomes
/// `krav.xlsx#April`. Without `--sheet`, the arguments as they are.
pub fn at_sheet(arguments: Vec<OsString>) -> Vec<OsString> {
    let of_option = |argument: &OsString| {
        argument.to_str().and_then(|text| text.strip_prefix("--sheet=")).map(OsString::from)
    };
    let sheet = arguments.iter().enumerate().find_map(|(place, argument)| match argument == "--sheet" {
        true => arguments.get(place + 1).cloned(),
        false => of_option(argument),
    });
    let Some(sheet) = sheet else { return arguments };
    let is_book = |path: &Path| sheet::begins_as_workbook(path);
    let named = |mut argument: OsString| {
        let value = argument.to_str().and_then(|text| text.split_once('=')).map(|(_, value)| value);
        if is_book(argument.as_ref()) || value.is_some_and(|value| is_book(value.as_ref())) {
            argument.push("#");
            argument.push(&sheet);
        }
        argument
    };
    let mut before = OsString::new();
    let mut out = Vec::new();
    for (place, argument) in arguments.into_iter().enumerate() {
        // A file that is written has no sheet yet.
        let is_out = argument.to_str().is_some_and(|text| text.starts_with("--out="));
        let is_read = place > 0 && before != "--out" && !is_out;
        before.clone_from(&argument);
        out.push(if is_read { named(argument) } else { argument });
    }
    out
}

/// Largest number of times that a file may grow when it is unpacked, and the size up to which it may grow more.
const GROWTH: u64 = 200;
const SMALL: u64 = 1 << 30;

/// First bytes of a text in UTF-16.
const UTF16_LITTLE: &[u8] = &[0xff, 0xfe];
const UTF16_BIG: &[u8] = &[0xfe, 0xff];

/// First bytes of a file that gzip has compressed.
const GZIP: &[u8] = &[0x1f, 0x8b];

impl Readable {
    /// The file at a path; `-` is standard input.
    ///
    /// # Errors
    /// Fails if the file cannot be read, if it unpacks to more than is allowed, if it is a workbook without a table, or if
    /// a copy cannot be written.
    pub fn of(contacts: &Path, host: &Host) -> Result<Readable> {
        let given = if contacts == Path::new("-") { Path::new("/dev/stdin") } else { contacts };
        let delivered = sheet::file_and_sheet(given).0.to_path_buf();
        let mut out = Readable { path: given.to_path_buf(), delivered, scratch: None };
        if std::fs::metadata(given).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            out.path = out.copy(host, "delivered", |copy| {
                std::io::copy(&mut File::open(given)?, copy)?;
                Ok(())
            })?;
            out.delivered = out.path.clone();
        }
        if begins(&out.path, GZIP) {
            let (packed, name) = (out.path.clone(), "unpacked");
            out.path = out.copy(host, name, |copy| unpacked(&packed, most(&packed)?, copy))?;
            // The same delivery is known again whether it is compressed or not.
            out.delivered = out.path.clone();
        }
        if sheet::begins_as_workbook(&out.path) {
            out.path = out.as_text(host)?;
        } else if [UTF16_LITTLE, UTF16_BIG].iter().any(|mark| begins(&out.path, mark)) {
            let (text, _) = register::text::decoded(std::fs::read(&out.path)?);
            out.path = out.copy(host, "utf-8", |copy| Ok(copy.write_all(text.as_bytes())?))?;
        }
        if let Some(rest) = after_separator(&out.path)? {
            let given = out.path.clone();
            out.path = out.copy(host, "without-sep", |copy| {
                let mut file = File::open(&given)?;
                std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(rest))?;
                // The line stays, empty, so that rows keep their lines.
                copy.write_all(b"\n")?;
                std::io::copy(&mut file, copy)?;
                Ok(())
            })?;
        }
        Ok(out)
    }

    /// Whether the file was handed in as it is read.
    pub fn is_as_delivered(&self) -> bool {
        self.scratch.is_none()
    }

    /// Writes a file in a folder `name` of the scratch folder, which is made if there is none. Returns its path.
    fn copy(
        &mut self,
        host: &Host,
        name: &str,
        write: impl FnOnce(&mut BufWriter<File>) -> Result<()>,
    ) -> Result<PathBuf> {
        let folder = match &self.scratch {
            Some(scratch) => scratch.path().to_path_buf(),
            None => {
                let scratch = Scratch::under(host.scratch)?;
                let folder = scratch.path().to_path_buf();
                self.scratch = Some(scratch);
                folder
            }
        };
        // The copy has the name of what was handed in, which stands in reports and results.
        let given = self.delivered.file_name().unwrap_or(name.as_ref());
        let folder = folder.join(name);
        crate::folder::make(&folder)?;
        let path = folder.join(given);
        let about = || message!("error.readable.copy", path = self.path.display());
        let mut copy = BufWriter::new(File::create(&path).about(about)?);
        write(&mut copy).about(about)?;
        copy.flush().about(about)?;
        Ok(path)
    }

    /// The table of a workbook as text, each row on the line of its row in the workbook.
    fn as_text(&mut self, host: &Host) -> Result<PathBuf> {
        let sheet = sheet::read(&self.path)?;
        if sheet.rows.is_empty() {
            fail!("error.readable.no_rows", path = self.path.display());
        }
        // A number cell is read with a decimal point, which is no thousands mark where commas separate. Only where people
        // have written decimal commas, semicolons do.
        let has_commas = sheet.rows.iter().flat_map(|(_, cells)| cells).any(|cell| is_decimal_comma(cell));
        let separator = if has_commas { ";" } else { "," };
        self.copy(host, "text", |copy| {
            let mut line = 1;
            // A workbook has no cell where a row ends in empty ones.
            let wide = sheet.heads.len();
            write_row(copy, &sheet.heads, (wide, separator))?;
            for (row, cells) in &sheet.rows {
                while line + 1 < *row {
                    copy.write_all(b"\n")?;
                    line += 1;
                }
                write_row(copy, cells, (wide, separator))?;
                line += 1;
            }
            Ok(())
        })
    }
}

/// Whether a cell is a number with a decimal comma.
fn is_decimal_comma(cell: &str) -> bool {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let cell = cell.trim().trim_start_matches(['-', '\u{2212}']);
    cell.split_once(',').is_some_and(|(whole, rest)| is_digits(whole) && is_digits(rest))
}

/// Writes `wide` cells, each in quotes, with a separator between them. Cells that a row lacks are empty.
fn write_row(
    out: &mut impl Write,
    cells: &[String],
    (wide, separator): (usize, &str),
) -> std::io::Result<()> {
    let cells = cells.iter().map(String::as_str).chain(std::iter::repeat("")).take(wide);
    let quoted: Vec<String> = cells.map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    writeln!(out, "{}", quoted.join(separator))
}

/// Whether a file begins with some bytes. A file that cannot be read does not: whoever reads it tells why.
fn begins(path: &Path, bytes: &[u8]) -> bool {
    let mut first = vec![0; bytes.len()];
    File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok_and(|()| first == bytes)
}

/// Place after a first line as `sep=;`, which tells a spreadsheet how to read the file; `None` if the file has no such line.
fn after_separator(path: &Path) -> Result<Option<u64>> {
    let mut first = Vec::new();
    if !std::fs::metadata(path).is_ok_and(|found| found.is_file()) {
        return Ok(None);
    }
    File::open(path)?.take(32).read_to_end(&mut first)?;
    let mark: &[u8] = &[0xef, 0xbb, 0xbf];
    let start = if first.starts_with(mark) { mark.len() } else { 0 };
    let Some(end) = first.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
    let line = first[start..end].to_ascii_lowercase();
    Ok(line.starts_with(b"sep=").then_some(end as u64 + 1))
}

/// Largest size that a file may have when it is unpacked, in bytes.
fn most(packed: &Path) -> Result<u64> {
    Ok(std::fs::metadata(packed)?.len().saturating_mul(GROWTH).max(SMALL))
}

/// Unpacks a file. Fails if it grows to more than `most` bytes.
fn unpacked(packed: &Path, most: u64, out: &mut impl Write) -> Result<()> {
    let mut unpacked = MultiGzDecoder::new(BufReader::new(File::open(packed)?)).take(most + 1);
    if std::io::copy(&mut unpacked, out)? > most {
        fail!("error.readable.grows", megabytes = most / 1_000_000);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn a_file_that_unpacks_to_too_much_is_refused() {
        let path = std::env::temp_dir().join(format!("samspill-bomb-{}.gz", std::process::id()));
        let mut packed = GzEncoder::new(File::create(&path).unwrap(), Compression::best());
        packed.write_all(&vec![b'0'; 100_000]).unwrap();
        packed.finish().unwrap();
        let mut out = Vec::new();
        assert!(unpacked(&path, 100_000, &mut out).is_ok() && out.len() == 100_000);
        let fault = unpacked(&path, 99_999, &mut Vec::new()).unwrap_err();
        assert!(format!("{fault:?}").contains("error.readable.grows"), "{fault:?}");
        std::fs::remove_file(&path).unwrap();
    }
}
