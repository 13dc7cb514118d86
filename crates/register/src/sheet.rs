//! Tables that a user supplies: CSV with semicolons, tabs or commas, or the largest visible sheet of an Excel or
//! OpenDocument workbook.

use std::path::{Path, PathBuf};
use words::{Language, Message, Said, message};

use calamine::{Data, Reader, SheetType, SheetVisible, Sheets, open_workbook, open_workbook_auto};
use domain::{Day, Minute};

use crate::text::is_stray;

/// A table that cannot be read.
#[derive(Debug)]
pub enum SheetError {
    /// The operating system refuses to read the file.
    Io { path: PathBuf, error: std::io::Error },
    /// The file is not a workbook, or is damaged.
    Workbook { path: PathBuf, error: Box<calamine::Error> },
    /// The text is not a CSV table.
    Csv { path: PathBuf, error: csv::Error },
    /// A quote is never closed, or opens a cell that swallows lines.
    Quote { path: PathBuf, line: usize },
    /// A row has more cells than the head.
    Wide {
        path: PathBuf,
        line: usize,
        /// Number of cells in the head.
        heads: usize,
    },
    /// Two columns have the name that is looked for.
    Twice { path: PathBuf, head: String },
    /// Two sheets are so large that either may be the sheet that is meant.
    Several { path: PathBuf, first: String, second: String },
    /// The workbook has no sheet of that name; `has` lists its sheets.
    NoSheet { path: PathBuf, wanted: String, has: String },
    /// A cell lies beyond the rows or columns that a table may have.
    Large { path: PathBuf, row: usize, column: usize },
    /// The workbook unpacks to more than is allowed; both sizes are in megabytes.
    Bomb { path: PathBuf, size: u64, most: u64 },
    /// The table has no row, and so no head.
    Empty { path: PathBuf },
}

words::english_error!(SheetError);

impl Said for SheetError {
    fn said(&self) -> Message {
        match self {
            SheetError::Io { path, error } => {
                message!("error.sheet.io", path = path.display(), error = words::of_io(error))
            }
            SheetError::Workbook { path, error } => {
                message!("error.sheet.workbook", path = path.display(), error)
            }
            SheetError::Csv { path, error } => message!("error.sheet.csv", path = path.display(), error),
            SheetError::Quote { path, line } => message!("error.sheet.quote", path = path.display(), line),
            SheetError::Wide { path, line, heads } => {
                message!("error.sheet.wide", path = path.display(), line, heads)
            }
            SheetError::Twice { path, head } => {
                message!("error.columns.has_two_columns_give_each_name", file = path.display(), twice = head)
            }
            SheetError::NoSheet { path, wanted, has } => {
                message!("error.sheet.no_sheet", path = path.display(), wanted, has)
            }
            SheetError::Several { path, first, second } => {
                message!("error.sheet.several", path = path.display(), first, second)
            }
            SheetError::Large { path, row, column } => {
                message!(
                    "error.sheet.large",
                    path = path.display(),
                    row,
                    column,
                    rows = ROWS,
                    columns = COLUMNS
                )
            }
            SheetError::Bomb { path, size, most } => {
                message!("error.sheet.bomb", path = path.display(), size, most)
            }
            SheetError::Empty { path } => message!("error.sheet.empty", path = path.display()),
        }
    }
}

/// A table: its head, and its rows, each with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The file.
    pub path: PathBuf,
    /// Cells of the first row that is not empty.
    pub heads: Vec<String>,
    /// Line in the file (from 1) and cells of each row that is not empty.
    pub rows: Vec<(usize, Vec<String>)>,
    /// What separates the cells, if the file is text; `None` if it is a workbook.
    pub separator: Option<u8>,
}

/// A head in lower case, without the mark that some end with: `Saksnr.`, `Beløp:`.
fn plain_head(head: &str) -> String {
    head.trim().trim_end_matches(['.', ':']).to_lowercase()
}

impl Sheet {
    /// Columns with any of `names`, in the order of the head. Case is ignored.
    pub fn columns(&self, names: &[&str]) -> Vec<&str> {
        let is_named = |head: &&str| names.iter().any(|name| plain_head(head) == plain_head(name));
        self.heads.iter().map(String::as_str).filter(is_named).collect()
    }

    /// Place of the column with the first of `names` that occurs in the head; `None` if no name occurs. Case is
    /// ignored.
    ///
    /// # Errors
    /// Fails if two columns have that name: they may hold different numbers.
    pub fn column(&self, names: &[&str]) -> Result<Option<usize>, SheetError> {
        let places = |name: &&str| -> Vec<usize> {
            let is_it = |head: &String| plain_head(head) == plain_head(name);
            self.heads.iter().enumerate().filter(|(_, head)| is_it(head)).map(|(place, _)| place).collect()
        };
        match names.iter().map(places).find(|places| !places.is_empty()).as_deref() {
            None => Ok(None),
            Some([place]) => Ok(Some(*place)),
            Some(several) => {
                let head = self.heads[several[0]].clone();
                Err(SheetError::Twice { path: self.path.clone(), head })
            }
        }
    }
}

/// Reads a table: as a workbook if its name or its first bytes are those of one, else as CSV. A row with filled cells
/// beyond the head is a fault: in a table with commas, an unquoted decimal comma shifts the numbers after it.
///
/// # Errors
/// Fails if the file cannot be read as a workbook or as CSV, has no head, or has a row with filled cells beyond the
/// head.
pub fn read(path: &Path) -> Result<Sheet, SheetError> {
    let (rows, separator) = rows_of_file(path)?;
    let rows: Rows =
        rows.into_iter().filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty())).collect();
    let titles = under_titles(&rows);
    let mut rows = rows.into_iter().skip(titles);
    let (_, heads) = rows.next().ok_or_else(|| SheetError::Empty { path: path.to_path_buf() })?;
    let rows: Vec<(usize, Vec<String>)> = rows.collect();
    let is_wide = |cells: &[String]| cells.iter().skip(heads.len()).any(|cell| !cell.is_empty());
    if let Some((line, _)) = rows.iter().find(|(_, cells)| is_wide(cells)) {
        return Err(SheetError::Wide { path: path.to_path_buf(), line: *line, heads: heads.len() });
    }
    Ok(Sheet { path: path.to_path_buf(), heads, rows, separator })
}

/// Rows of a table as text, each with its line. The file is read as a workbook if its name or its first bytes are those
/// of one, else as CSV.
///
/// # Errors
/// Fails if the file cannot be read as a workbook or as CSV.
pub fn rows(path: &Path) -> Result<Rows, SheetError> {
    Ok(rows_of_file(path)?.0)
}

/// The file and the sheet that a place names: `krav.xlsx#April` is the sheet `April` of `krav.xlsx`. A place that is a file
/// itself, or whose first part is no file, names no sheet.
pub fn file_and_sheet(given: &Path) -> (&Path, Option<&str>) {
    let parts = given.to_str().filter(|_| !given.exists()).and_then(|text| text.rsplit_once('#'));
    match parts {
        Some((file, sheet)) if Path::new(file).is_file() && !sheet.is_empty() => {
            (Path::new(file), Some(sheet))
        }
        _ => (given, None),
    }
}

/// Whether a file is a workbook: its name has the ending of one, or its first bytes are those of one.
pub fn is_workbook(path: &Path) -> bool {
    let path = file_and_sheet(path).0;
    let is_named = path.extension().is_some_and(|ending| {
        ["xlsx", "xlsm", "xls", "xlsb", "ods"].iter().any(|known| ending.eq_ignore_ascii_case(known))
    });
    is_named || begins_as_workbook(path)
}

/// Whether the first bytes of a file are those of a workbook: of a ZIP file, or of Excel before 2007. A pipe is not looked
/// at, since its bytes can be read only once; a file that cannot be read is none, and whoever reads it tells why.
pub fn begins_as_workbook(path: &Path) -> bool {
    let path = file_and_sheet(path).0;
    let signs = [*b"PK\x03\x04", [0xd0, 0xcf, 0x11, 0xe0]];
    let mut first = [0; 4];
    let mut read = || std::io::Read::read_exact(&mut std::fs::File::open(path)?, &mut first);
    path.is_file() && read().is_ok() && signs.contains(&first)
}

/// Rows of a file as [`rows`] gives them; and the separator of the cells, if the file is text.
///
/// # Errors
/// Fails as [`rows`] does.
pub fn rows_of_file(path: &Path) -> Result<(Rows, Option<u8>), SheetError> {
    if is_workbook(path) {
        return Ok((workbook(path)?, None));
    }
    let (rows, separator) = text(path)?;
    Ok((rows, Some(separator)))
}

/// Line in the file (from 1) and cells of each row.
pub type Rows = Vec<(usize, Vec<String>)>;

/// Bytes that a workbook may unpack to.
const UNPACKED: u64 = 256 << 20;
/// Number of rows, and number of columns, that a user's table may have.
const ROWS: usize = 200_000;
const COLUMNS: usize = 256;

/// Rows of the table in a workbook: of the sheet that its place names, else of the visible sheet with the most rows.
fn workbook(given: &Path) -> Result<Rows, SheetError> {
    let (path, wanted) = file_and_sheet(given);
    let fault = |error| SheetError::Workbook { path: path.to_path_buf(), error: Box::new(error) };
    may_be_unpacked(path)?;
    let mut book = opened(path).map_err(fault)?;
    let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let shown: Vec<String> = sheets
        .filter(|sheet| match wanted {
            Some(wanted) => sheet.name.trim().eq_ignore_ascii_case(wanted.trim()),
            // Hidden sheets hold lists and old figures that a user of the workbook does not see. In a workbook of our own,
            // the page that explains the workbook is left out. Its name depends on the language.
            None => {
                sheet.visible == SheetVisible::Visible
                    && !Language::ALL.iter().any(|one| one.text("paper.sheet_readme") == sheet.name)
            }
        })
        .map(|sheet| sheet.name.clone())
        .collect();
    if let (Some(wanted), true) = (wanted, shown.is_empty()) {
        let has =
            book.sheets_metadata().iter().map(|sheet| sheet.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(SheetError::NoSheet { path: path.to_path_buf(), wanted: wanted.to_owned(), has });
    }
    let mut tables = Vec::new();
    for name in shown {
        let rows = match &mut book {
            // Cells are read one by one. With one cell far out, a range would take memory for every cell before it.
            Sheets::Xlsx(book) => {
                let mut cells = book.worksheet_cells_reader(&name).map_err(|error| fault(error.into()))?;
                let mut rows = Rows::new();
                while let Some(cell) = cells.next_cell().map_err(|error| fault(error.into()))? {
                    let (row, column) = (cell.get_position().0 as usize, cell.get_position().1 as usize);
                    place(&mut rows, path, (row, column), shown_as(&Data::from(cell.get_value().clone())))?;
                }
                rows
            }
            other => {
                let range = other.worksheet_range(&name).map_err(fault)?;
                let mut rows = Rows::new();
                let (first, left) =
                    range.start().map_or((0, 0), |(row, column)| (row as usize, column as usize));
                for (row, column, cell) in range.used_cells() {
                    place(&mut rows, path, (first + row, left + column), shown_as(cell))?;
                }
                rows
            }
        };
        if rows.iter().any(|(_, cells)| cells.iter().any(|cell| !cell.is_empty())) {
            tables.push((name, rows));
        }
    }
    // A cover sheet has no table: the sheet with the most rows is meant. A sheet of nearly as many rows may be meant as well,
    // and one with the same head belongs to it.
    let Some(most) = tables.iter().map(|(_, rows)| rows.len()).max() else { return Ok(Rows::new()) };
    let meant = tables.iter().position(|(_, rows)| rows.len() == most).unwrap_or(0);
    let head = |rows: &Rows| {
        let rows: Rows = rows.iter().skip(head_of(rows)).take(30).cloned().collect();
        rows.get(under_titles(&rows)).map(|(_, cells)| cells.clone())
    };
    let other = tables.iter().enumerate().find(|(place, (_, rows))| {
        *place != meant && (rows.len() * 2 > most || head(rows) == head(&tables[meant].1))
    });
    if let Some((_, (second, _))) = other {
        let (first, second) = (tables[meant].0.clone(), second.clone());
        return Err(SheetError::Several { path: path.to_path_buf(), first, second });
    }
    let rows = tables.swap_remove(meant).1;
    let head = head_of(&rows);
    Ok(rows.into_iter().skip(head).collect())
}

/// Puts a cell in its row and column, both counted from 0. Empty cells are skipped, so an empty row is left out.
fn place(
    rows: &mut Rows,
    path: &Path,
    (row, column): (usize, usize),
    cell: String,
) -> Result<(), SheetError> {
    if cell.is_empty() {
        return Ok(());
    }
    if row >= ROWS || column >= COLUMNS {
        return Err(SheetError::Large { path: path.to_path_buf(), row: row + 1, column: column + 1 });
    }
    if rows.last().is_none_or(|(line, _)| *line != row + 1) {
        rows.push((row + 1, Vec::new()));
    }
    if let Some((_, cells)) = rows.last_mut() {
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        cells[column] = cell;
    }
    Ok(())
}

/// Number of rows above the head of a sheet: titles, dates and addresses, which fill fewer cells than the table does.
fn head_of(rows: &Rows) -> usize {
    let filled = |cells: &[String]| cells.iter().filter(|cell| !cell.is_empty()).count();
    let widest = rows.iter().take(60).map(|(_, cells)| filled(cells)).max().unwrap_or(0);
    rows.iter().take(30).position(|(_, cells)| filled(cells) * 2 > widest).unwrap_or(0)
}

/// Place of the head among the first rows of a table that has one. A row with more filled cells, none of which has a digit,
/// makes a title of what stands above it.
fn under_titles(rows: &Rows) -> usize {
    let mut head = 0;
    let filled = |cells: &[String]| cells.iter().filter(|cell| !cell.is_empty()).count();
    let is_words =
        |cells: &[String]| !cells.iter().any(|cell| cell.contains(|sign: char| sign.is_ascii_digit()));
    while let Some((_, next)) = rows.get(head + 1).filter(|_| head < 30)
        && filled(next) > filled(&rows[head].1)
        && is_words(next)
    {
        head += 1;
    }
    head
}

/// Text of a cell: a date in the form `2012-03-04`, with an hour `2012-03-04T12:30`, a number without the noise that sums of binary fractions
/// leave in the last digits.
fn shown_as(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::Float(number) => {
            let text = format!("{number:.9}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        // A duration such as `[h]:mm`.
        Data::DateTime(at) if !at.is_datetime() => {
            let minutes = (at.as_f64() * 24.0 * 60.0).round() as i64;
            format!("{:02}:{:02}", minutes / 60, minutes % 60)
        }
        Data::DateTime(at) => {
            let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
            // A workbook keeps a time as a fraction of a day, which may miss its second by a thousandth. Seconds are dropped.
            let milli = (i64::from(hour) * 60 + i64::from(minute)) * 60_000
                + i64::from(second) * 1000
                + i64::from(milli);
            let minutes = (milli + 500) / 60_000;
            // An hour without a day stands on the day before the first day of a workbook, 1900-01-01.
            let day = Day::new(year as i16, month as i8, day as i8).filter(|day| day.year() >= 1900);
            let Some(day) = day else {
                return format!("{:02}:{:02}", minutes / 60, minutes % 60);
            };
            // A whole day is a date without an hour.
            if minutes == 0 {
                return day.to_string();
            }
            Minute::from_number(i64::from(day.number()) * 24 * 60 + minutes).to_string()
        }
        other => other.to_string().trim().to_owned(),
    }
}

/// A workbook by what it is, whatever its name ends in: people rename `.xlsx` to `.xls`.
fn opened(path: &Path) -> Result<Sheets<std::io::BufReader<std::fs::File>>, calamine::Error> {
    let is_old = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xls"));
    if is_old && begins_as_workbook(path) && zip::ZipArchive::new(std::fs::File::open(path)?).is_ok() {
        return Ok(Sheets::Xlsx(open_workbook(path)?));
    }
    open_workbook_auto(path)
}

/// Checks that a packed workbook does not unpack to too many bytes, by the workbook's own table of contents.
fn may_be_unpacked(path: &Path) -> Result<(), SheetError> {
    let file =
        std::fs::File::open(path).map_err(|error| SheetError::Io { path: path.to_path_buf(), error })?;
    // A file that is no archive unpacks to nothing here; calamine reads or refuses the file.
    let Ok(mut archive) = zip::ZipArchive::new(file) else { return Ok(()) };
    let mut size = 0;
    for place in 0..archive.len() {
        let Ok(entry) = archive.by_index_raw(place) else { continue };
        size += entry.size();
    }
    match size > UNPACKED {
        true => Err(SheetError::Bomb { path: path.to_path_buf(), size: size >> 20, most: UNPACKED >> 20 }),
        false => Ok(()),
    }
}

fn text(path: &Path) -> Result<(Rows, u8), SheetError> {
    let bytes = std::fs::read(path).map_err(|error| SheetError::Io { path: path.to_path_buf(), error })?;
    let text = crate::text::with_line_feeds(crate::text::decoded(bytes).0);
    let (mut rows, separator) = rows_of(&text, path)?;
    // A title above the table fills one cell.
    let filled = |cells: &[String]| cells.iter().filter(|cell| !cell.is_empty()).count();
    if rows.iter().take(60).any(|(_, cells)| filled(cells) > 1) {
        let title = rows.iter().take_while(|(_, cells)| filled(cells) < 2).count();
        rows.drain(..title);
    }
    Ok((rows, separator))
}

/// Rows of a delimited text, each with its line. The separator is the semicolon, tab or comma that occurs most
/// often in the head. Of the first 30 filled lines, the head is the one with the most semicolons and tabs; with the most
/// commas, if no line has semicolons or tabs.
pub(crate) fn rows_of(text: &str, path: &Path) -> Result<(Rows, u8), SheetError> {
    let quote = |line: usize| SheetError::Quote { path: path.to_path_buf(), line };
    // Titles above the head have fewer separators, or none.
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(30).collect();
    let by_comma = !lines.iter().any(|line| line.contains([';', '\t']));
    let marks = |line: &str| line.matches(if by_comma { &[','][..] } else { &[';', '\t'] }).count();
    let first = lines.first().copied().unwrap_or_default();
    let head =
        lines.into_iter().fold(first, |head, line| if marks(line) > marks(head) { line } else { head });
    let separator = crate::text::separator(head);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let fault = |error| SheetError::Csv { path: path.to_path_buf(), error };
    let (mut out, mut lines) = (Rows::new(), crate::text::Lines::of(text, 1));
    for record in reader.records() {
        let record = record.map_err(fault)?;
        let line = lines.record(record.position().map_or(0, csv::Position::byte)).1 as usize;
        if record.iter().any(|cell| is_stray(cell, separator)) {
            return Err(quote(line));
        }
        out.push((line, record.iter().map(str::to_owned).collect()));
    }
    // An odd number of quotes means that the last quote was never closed.
    match (text.matches('"').count() % 2, text.lines().position(|line| line.matches('"').count() % 2 == 1)) {
        (1, Some(place)) => Err(quote(place + 1)),
        _ => Ok((out, separator)),
    }
}
