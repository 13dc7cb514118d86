//! Tables of text, for people as boxes, and as CSV, Markdown or JSON.

use std::path::Path;

use anyhow::{Context, Result, bail};

/// Format of a rendered table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Boxes, for people.
    Table,
    Csv,
    Json,
    Md,
}

/// Reads a small table that a user wrote by hand, with semicolons between the cells. Returns each row with
/// its place, `file:line`. `expected` is a head such as `unit;from;to`: a first line that begins with its
/// first column is skipped as a head, and messages show it.
///
/// # Errors
/// Fails if the file cannot be read or has no rows, or if a row does not have `N` cells.
pub fn small_table<const N: usize>(path: &Path, expected: &str) -> Result<Vec<(String, [String; N])>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    let head = expected.split(';').next().unwrap_or_default();
    let mut out = Vec::new();
    for (place, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if line.trim().is_empty() || (place == 0 && line.starts_with(head)) {
            continue;
        }
        let at = format!("{}:{}", path.display(), place + 1);
        let cells: Vec<String> = line.split(';').map(|cell| cell.trim().to_owned()).collect();
        match <[String; N]>::try_from(cells) {
            Ok(cells) => out.push((at, cells)),
            Err(_) => bail!("{at}: expected {expected}"),
        }
    }
    if out.is_empty() {
        bail!("{} has no rows: expected {expected}", path.display());
    }
    Ok(out)
}

/// A table of text with a title and column heads.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub title: String,
    pub heads: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(title: &str, heads: &[&str]) -> Table {
        Table {
            title: title.to_owned(),
            heads: heads.iter().map(|head| (*head).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// The table as text in a format.
    pub fn render(&self, form: Form) -> String {
        match form {
            Form::Table => self.boxes(),
            Form::Md => self.markdown(),
            Form::Csv => self.csv(),
            Form::Json => self.json(),
        }
    }

    fn widths(&self) -> Vec<usize> {
        let width = |place: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(place)).chain(self.heads.get(place));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        (0..self.heads.len()).map(width).collect()
    }

    /// Whether every cell of a column is a number or empty. Such a column is aligned to the right.
    fn is_number(&self, place: usize) -> bool {
        let numeric = |cell: &String| {
            cell.is_empty() || cell.chars().all(|c| c.is_ascii_digit() || "\u{a0}\u{2212} ,.%+:–".contains(c))
        };
        !self.rows.is_empty() && self.rows.iter().filter_map(|row| row.get(place)).all(numeric)
    }

    fn boxes(&self) -> String {
        let widths = self.widths();
        let rule = |left: &str, middle: &str, right: &str| {
            let parts: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
            format!("{left}{}{right}\n", parts.join(middle))
        };
        let line = |cells: &[String]| {
            let parts: Vec<String> = cells
                .iter()
                .enumerate()
                .map(|(place, cell)| {
                    let gap = " ".repeat(widths[place] - cell.chars().count());
                    if self.is_number(place) { format!(" {gap}{cell} ") } else { format!(" {cell}{gap} ") }
                })
                .collect();
            format!("│{}│\n", parts.join("│"))
        };
        let mut out = String::new();
        if !self.title.is_empty() {
            out.push_str(&format!("{}\n", self.title));
        }
        out.push_str(&rule("┌", "┬", "┐"));
        out.push_str(&line(&self.heads));
        out.push_str(&rule("├", "┼", "┤"));
        for row in &self.rows {
            out.push_str(&line(row));
        }
        out.push_str(&rule("└", "┴", "┘"));
        out
    }

    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule: Vec<String> = (0..self.heads.len())
            .map(|place| if self.is_number(place) { "---:" } else { "---" }.to_owned())
            .collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}{}{rows}", line(&self.heads), line(&rule))
    }

    fn csv(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| settlement::totals::cell(cell)).collect();
            format!("{}\n", cells.join(","))
        };
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}{rows}", line(&self.heads))
    }

    fn json(&self) -> String {
        let row = |row: &Vec<String>| {
            let pairs =
                self.heads.iter().cloned().zip(row.iter().map(|cell| serde_json::Value::from(cell.clone())));
            serde_json::Value::Object(pairs.collect())
        };
        let rows: Vec<serde_json::Value> = self.rows.iter().map(row).collect();
        let whole = serde_json::json!({ "schema": 1, "title": self.title, "rows": rows });
        format!("{whole:#}\n")
    }
}
