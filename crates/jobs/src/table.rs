//! Tables as text: boxes for people, and CSV, Markdown or JSON.

use std::path::Path;

use disclosure::Cell;
use domain::day::NotATime;
use domain::{Minute, Month, Municipalities};
use paper::sheets::{Reader, csv_of};
use register::sheet::Rows;
use register::text::code;
use words::{IntoMessage, Message};

use crate::failure::{Result, fail};

/// Format of a rendered table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Boxes, for people.
    Table,
    Csv,
    Json,
    Md,
}

/// Reads a small table that a user supplies: a workbook, or text with semicolons, tabs or commas between the cells.
/// Returns each row with its place, `file:line`. `expected` is a head such as `unit;from;to`, which messages show. The
/// first row is skipped if its first cell is the first column of `expected`.
///
/// # Errors
/// Fails if the file cannot be read or has no rows, or if a row does not have `N` cells. Empty cells at the end of a
/// row do not count.
pub fn small_table<const N: usize>(path: &Path, expected: &str) -> Result<Vec<(String, [String; N])>> {
    filled(shaped(path, register::sheet::rows(path)?, expected, N)?, path, expected)
}

/// Fails if a table has no rows.
pub fn filled<R>(rows: Vec<R>, path: &Path, expected: &str) -> Result<Vec<R>> {
    if rows.is_empty() {
        fail!("error.table.has_no_rows_expected", path = path.display(), expected);
    }
    Ok(rows)
}

/// Rows that were read from a file, in the form that [`small_table`] returns. A row may have as few as `least` cells;
/// those that it lacks are empty. A file without rows gives none.
///
/// # Errors
/// Fails if a row has fewer than `least` cells, or more than `N` that are not empty.
pub fn shaped<const N: usize>(
    path: &Path,
    rows: Rows,
    expected: &str,
    least: usize,
) -> Result<Vec<(String, [String; N])>> {
    let heads: Vec<&str> =
        expected.split(';').map(|head| head.split([',', ' ']).next().unwrap_or_default()).collect();
    let head = heads[0];
    let mut out = Vec::new();
    // Place of each column in the file, if its head names the columns in another order.
    let mut order: Option<Vec<Option<usize>>> = None;
    for (place, (line, mut cells)) in rows.into_iter().enumerate() {
        if place == 0 {
            cells.iter_mut().for_each(|cell| as_head(cell, &heads));
        }
        let is_head = |cell: &String| heads.iter().any(|head| cell.trim().eq_ignore_ascii_case(head));
        if place == 0
            && let Some(stranger) = unknown_head(&cells, &heads)
        {
            let at = format!("{}:{line}", path.display());
            fail!("error.table.unknown_head", at, head = stranger, expected);
        }
        let begins = cells.first().is_some_and(|cell| cell.eq_ignore_ascii_case(head));
        let is_heads = cells.len() > 1 && cells.iter().all(|cell| cell.is_empty() || is_head(cell));
        if place == 0 && is_heads {
            let of = |head: &&str| cells.iter().position(|cell| cell.trim().eq_ignore_ascii_case(head));
            order = Some(heads.iter().map(of).collect());
            continue;
        }
        if cells.iter().all(String::is_empty) || (place == 0 && begins) {
            continue;
        }
        if let Some(order) = &order {
            let is_beyond =
                |(place, cell): (usize, &String)| !cell.is_empty() && !order.contains(&Some(place));
            let beyond = cells.iter().enumerate().any(is_beyond);
            if beyond && cells.len() <= N {
                let at = format!("{}:{line}", path.display());
                fail!("error.table.beyond_heads", at, row = cells.join(";"));
            }
            if !beyond && cells.len() >= least {
                cells = in_order(&cells, order);
                without_empty_end(&mut cells, least);
            }
        }
        without_empty_end(&mut cells, N);
        if (least..N).contains(&cells.len()) {
            cells.resize(N, String::new());
        }
        for (cell, head) in cells.iter_mut().zip(&heads) {
            *cell = as_meant(head, cell)?;
        }
        let at = format!("{}:{line}", path.display());
        match <[String; N]>::try_from(cells) {
            Ok(cells) => out.push((at, cells)),
            Err(cells) => {
                fail!("error.table.expected", at, row = cells.join(";"), cells = cells.len(), expected)
            }
        }
    }
    Ok(out)
}

/// A cell of the first row that is no head of the table, if others of the row are, and none has a digit: its column would be
/// taken for another.
fn unknown_head<'c>(cells: &'c [String], heads: &[&str]) -> Option<&'c str> {
    let is_head = |cell: &&String| heads.iter().any(|head| cell.trim().eq_ignore_ascii_case(head));
    let filled = || cells.iter().filter(|cell| !cell.trim().is_empty());
    let is_row_of_heads = filled().filter(is_head).count() > 1
        && !filled().any(|cell| cell.contains(|one: char| one.is_ascii_digit()));
    filled().find(|cell| !is_head(cell)).filter(|_| is_row_of_heads).map(String::as_str)
}

/// The cells at the given places; a place that the file has not is an empty cell.
fn in_order(cells: &[String], order: &[Option<usize>]) -> Vec<String> {
    let cell = |place: &Option<usize>| place.and_then(|place| cells.get(place)).cloned();
    order.iter().map(|place| cell(place).unwrap_or_default()).collect()
}

/// Drops empty cells at the end of a row that has more than `least` cells.
fn without_empty_end(cells: &mut Vec<String>, least: usize) {
    while cells.len() > least && cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
}

/// Makes a Norwegian head the word of the program, if the table has such a column.
fn as_head(cell: &mut String, heads: &[&str]) {
    const NORWEGIAN: [(&str, &str); 34] = [
        ("kommunenr", "municipality"),
        ("år", "year"),
        ("personer", "people"),
        ("befolkning", "people"),
        ("folketall", "people"),
        ("folketal", "people"),
        ("folkemengde", "people"),
        ("antall", "people"),
        ("tal", "people"),
        ("institusjon", "unit"),
        ("institusjon", "institution"),
        ("institusjon", "trust"),
        ("foretak", "trust"),
        ("helseforetak", "trust"),
        ("kommune", "municipality"),
        ("kommunenummer", "municipality"),
        ("timer", "hours"),
        ("fra", "from"),
        ("frå", "from"),
        ("til", "to"),
        ("referanse", "reference"),
        ("ordning", "instrument"),
        ("betaler", "debtor"),
        ("debitor", "debtor"),
        ("mottaker", "creditor"),
        ("kreditor", "creditor"),
        ("enhet", "unit"),
        ("alder", "age"),
        ("kjønn", "sex"),
        ("innbyggere", "people"),
        ("folk", "people"),
        ("nøkkel", "key"),
        ("part", "party"),
        ("område", "area"),
    ];
    let word = cell.trim().to_lowercase();
    let known = NORWEGIAN.iter().find(|(norwegian, head)| *norwegian == word && heads.contains(head));
    if let Some((_, head)) = known {
        *cell = (*head).to_owned();
    }
}

/// A cell without what a spreadsheet made of it: a code is freed of `.0` and invisible signs ([`code`]), and the number of a
/// municipality gets its first zero back.
fn as_meant(head: &str, cell: &str) -> Result<String> {
    match head {
        "municipality" | "code" | "party" | "debtor" | "creditor" | "institution" | "unit" | "trust" => {
            let cell = code(cell);
            let is_municipality = matches!(head, "municipality" | "code" | "party" | "debtor");
            let padded = Municipalities::known()?.with_first_zero(&cell).filter(|_| is_municipality);
            Ok(padded.unwrap_or(&cell).to_owned())
        }
        _ => Ok(cell.to_owned()),
    }
}

/// The month in a cell. A spreadsheet makes of `2012-03` the first day of that month, and people write its last.
pub fn month(cell: &str) -> std::result::Result<Month, NotATime> {
    match Minute::parse(cell) {
        Ok(at) if [at.day().month().first(), at.day().month().last()].contains(&at.day()) => {
            Ok(at.day().month())
        }
        _ => Month::parse(cell),
    }
}

/// A table for the screen, with a title and column heads.
#[derive(Debug, Clone)]
pub struct Table {
    pub title: Message,
    /// Heads. The last part of a head's key is the column's name for programs.
    pub heads: Vec<Message>,
    pub rows: Vec<Vec<Cell>>,
}

pub use paper::sheets::heads;

impl Table {
    /// A table without rows.
    pub fn new<H: IntoMessage + Clone>(title: impl IntoMessage, heads: &[H]) -> Table {
        Table {
            title: title.into_message(),
            heads: heads.iter().cloned().map(IntoMessage::into_message).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row<const N: usize, C: Into<Cell>>(&mut self, cells: [C; N]) {
        self.rows.push(cells.map(Into::into).into());
    }

    /// The table as text in a format, for a reader. JSON and a program's CSV have English keys.
    pub fn render(&self, form: Form, reader: Reader) -> String {
        match form {
            Form::Table => self.boxes(reader),
            Form::Md => self.markdown(reader),
            Form::Csv => csv_of(&self.heads, self.rows.iter().map(Vec::as_slice), reader),
            Form::Json => self.json(),
        }
    }

    /// Heads and cells as the reader sees them. For a person, amounts have their thousands apart.
    fn texts(&self, reader: Reader) -> (Vec<String>, Vec<Vec<String>>) {
        let cell = |cell: &Cell| match (cell, reader) {
            (Cell::Kroner(amount), Reader::Person(_)) => paper::text::kroner(*amount),
            (cell, _) => reader.cell(cell),
        };
        let heads = self.heads.iter().map(|head| reader.word(head)).collect();
        (heads, self.rows.iter().map(|row| row.iter().map(cell).collect()).collect())
    }

    fn boxes(&self, reader: Reader) -> String {
        let (heads, rows) = self.texts(reader);
        let numbers = numeric(&heads, &rows);
        let widths: Vec<usize> = (0..heads.len())
            .map(|place| {
                let cells = rows.iter().filter_map(|row| row.get(place)).chain(heads.get(place));
                let lines = cells.flat_map(|cell| folded(cell));
                lines.map(|line| line.chars().count()).max().unwrap_or(0)
            })
            .collect();
        if let ([row], true) = (&rows[..], widths.iter().map(|width| width + 3).sum::<usize>() > CARD) {
            return self.card(&heads, row, reader);
        }
        let rule = |left: &str, middle: &str, right: &str| {
            let parts: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
            format!("{left}{}{right}\n", parts.join(middle))
        };
        let line = |cells: &[String]| {
            let cells: Vec<Vec<String>> = cells.iter().map(|cell| folded(cell)).collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(1);
            let row = |of_row: usize| {
                let parts = cells.iter().enumerate().map(|(place, lines)| {
                    let text = lines.get(of_row).map_or("", String::as_str);
                    let gap = " ".repeat(widths[place] - text.chars().count());
                    if numbers[place] { format!(" {gap}{text} ") } else { format!(" {text}{gap} ") }
                });
                format!("│{}│\n", parts.collect::<Vec<_>>().join("│"))
            };
            (0..height).map(row).collect::<String>()
        };
        let title = reader.word(&self.title);
        let mut out = String::new();
        if !title.is_empty() {
            out.push_str(&format!("{title}\n"));
        }
        out.push_str(&rule("┌", "┬", "┐"));
        out.push_str(&line(&heads));
        out.push_str(&rule("├", "┼", "┤"));
        for row in &rows {
            out.push_str(&line(row));
        }
        out.push_str(&rule("└", "┴", "┘"));
        out
    }

    /// A single row as a card: each head with its cell on a line.
    fn card(&self, heads: &[String], row: &[String], reader: Reader) -> String {
        let title = reader.word(&self.title);
        let wide = heads.iter().map(|head| head.chars().count()).max().unwrap_or(0);
        let lines = heads.iter().zip(row).map(|(head, cell)| {
            let gap = " ".repeat(wide - head.chars().count());
            let cell = folded(cell).join(&format!("\n{}", " ".repeat(wide + 4)));
            format!("  {head}{gap}  {cell}\n")
        });
        let title = if title.is_empty() { String::new() } else { format!("{title}\n") };
        title + &lines.collect::<String>()
    }

    fn markdown(&self, reader: Reader) -> String {
        let (heads, rows) = self.texts(reader);
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule: Vec<String> = numeric(&heads, &rows)
            .into_iter()
            .map(|is_number| if is_number { "---:" } else { "---" }.to_owned())
            .collect();
        let rows: String = rows.iter().map(|row| line(row)).collect();
        format!("{}{}{rows}", line(&heads), line(&rule))
    }

    fn json(&self) -> String {
        let program = Reader::Program;
        let row = |row: &Vec<Cell>| {
            let pairs = self
                .heads
                .iter()
                .map(|head| program.word(head))
                .zip(row.iter().map(|cell| as_value(cell, &program.cell(cell))));
            serde_json::Value::Object(pairs.collect())
        };
        let rows: Vec<serde_json::Value> = self.rows.iter().map(row).collect();
        let whole = serde_json::json!({ "schema": 3, "title": self.title.english(), "rows": rows });
        format!("{whole:#}\n")
    }
}

/// A cell in JSON: a number if it is one, else its text. What is unknown or withheld is the text `..` or `:`.
fn as_value(cell: &Cell, text: &str) -> serde_json::Value {
    match cell {
        Cell::Kroner(_) | Cell::Count(_) | Cell::Share(_) | Cell::Decimal(_) | Cell::Number(_) => {
            serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::from(text))
        }
        Cell::Text(_) | Cell::Said(_) | Cell::Unknown | Cell::Withheld => serde_json::Value::from(text),
    }
}

/// Width of a table in characters beyond which a single row is shown as a card.
const CARD: usize = 100;

/// Number of characters after which a cell on a screen goes on in the line below.
const WIDEST: usize = 72;

/// A cell in lines of at most [`WIDEST`] characters, broken between words. A word that is longer stays whole.
fn folded(cell: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    for word in cell.split(' ') {
        let last = out.len() - 1;
        let fits = out[last].is_empty() || out[last].chars().count() + 1 + word.chars().count() <= WIDEST;
        match (fits, out[last].is_empty()) {
            (true, true) => out[last].push_str(word),
            (true, false) => out[last].extend([" ", word]),
            (false, _) => out.push(word.to_owned()),
        }
    }
    out
}

/// Whether every cell of a column is a number or empty, by column. Such a column is aligned to the right.
fn numeric(heads: &[String], rows: &[Vec<String>]) -> Vec<bool> {
    let is_number = |cell: &String| {
        cell.is_empty() || cell.chars().all(|c| c.is_ascii_digit() || "\u{a0}\u{2212} ,.%+:–".contains(c))
    };
    let of = |place| !rows.is_empty() && rows.iter().filter_map(|row| row.get(place)).all(is_number);
    (0..heads.len()).map(of).collect()
}

#[cfg(test)]
mod tests {
    use domain::Amount;
    use words::Language;

    use super::*;

    fn table(rows: usize) -> Table {
        let wide = "et langt navn på en part som ikke får plass ved siden av alt det andre i tabellen";
        let mut table =
            Table::new("", &heads(["party", "amount_ore", "contacts", "drg_points", "explanation"]));
        for _ in 0..rows {
            table.rows.push(vec![
                Cell::text(wide),
                Cell::Kroner(Amount::from_ore(-150)),
                Cell::Count(3),
                Cell::Decimal(1_017),
                Cell::Withheld,
            ]);
        }
        table
    }

    #[test]
    fn numbers_in_json_are_numbers() {
        let value: serde_json::Value = serde_json::from_str(&table(1).json()).unwrap();
        let row = &value["rows"][0];
        assert_eq!((row["amount_ore"].as_i64(), row["contacts"].as_i64()), (Some(-150), Some(3)));
        assert_eq!((row["drg_points"].as_f64(), row["explanation"].as_str()), (Some(1.017), Some(":")));
    }

    #[test]
    fn a_single_wide_row_is_a_card() {
        let shown = |rows| table(rows).render(Form::Table, Reader::Person(Language::Nb));
        assert!(shown(1).lines().count() == 6 && shown(1).contains("  kontakter"), "{}", shown(1));
        assert!(shown(2).starts_with('┌'), "{}", shown(2));
    }
}
