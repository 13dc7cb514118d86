//! Inhabitants as Statistics Norway's table service gives them: CSV with a column for each variable (or for each year), and
//! JSON-stat.

use std::path::Path;

use serde_json::Value;
use words::message;

use crate::failure::{About, Failure, Result, fail};

/// Greatest number of cells of a table: more than all municipalities and ages by sex over ten years.
const MOST: usize = 4_000_000;

/// A number of a table: its place in the file, the variables that tell what it is of, and the number.
pub struct Entry {
    pub at: String,
    /// Code of the region, with its name after it if the file has one.
    pub region: String,
    /// Age, as written.
    pub age: String,
    /// Sex, as written; empty without the variable.
    pub sex: String,
    /// Year; `None` if the file has none.
    pub year: Option<i16>,
    /// The number, as written.
    pub people: String,
}

/// What a variable of the table is, by the words for it in Norwegian and English, and by its code.
fn variable(name: &str) -> Option<&'static str> {
    let name = name.trim().to_lowercase();
    Some(match name.as_str() {
        "region" => "region",
        "alder" | "age" => "age",
        "kjønn" | "kjonn" | "sex" => "sex",
        "år" | "tid" | "year" | "time" => "year",
        "statistikkvariabel" | "contents" | "contentscode" => "contents",
        _ => return None,
    })
}

/// The year that a text ends in or has as a word: `07459: Personer 2024`.
fn year_in(text: &str) -> Option<i16> {
    let words = text.rsplit(|letter: char| !letter.is_ascii_digit());
    words.filter(|word| word.len() == 4).find_map(|word| word.parse().ok())
}

/// The numbers of a file in a format of the table service; `None` if the file is in another.
///
/// # Errors
/// Fails if the file cannot be read, or if it is in such a format and is damaged or lacks the ages.
pub fn read(path: &Path) -> Result<Option<Vec<Entry>>> {
    let is_json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    if is_json {
        let shown = path.display();
        let bytes = std::fs::read(path).about(|| message!("error.file.read", path = shown))?;
        let table: Value = serde_json::from_slice(&bytes)
            .ok()
            .about(|| message!("error.pxweb.no_json_stat", path = shown))?;
        return json_stat(path, &table).map(Some);
    }
    let rows = register::sheet::rows(path)?;
    csv(path, &rows)
}

fn csv(path: &Path, rows: &[(usize, Vec<String>)]) -> Result<Option<Vec<Entry>>> {
    let is_head = |cells: &Vec<String>| {
        let has = |wanted: &str| cells.iter().any(|cell| variable(cell) == Some(wanted));
        has("region") && cells.len() > 1
    };
    let Some(head) = rows.iter().take(5).position(|(_, cells)| is_head(cells)) else { return Ok(None) };
    let kinds: Vec<Option<&str>> = rows[head].1.iter().map(|cell| variable(cell)).collect();
    let place = |wanted: &str| kinds.iter().position(|kind| *kind == Some(wanted));
    let Some((region, age)) = place("region").zip(place("age")) else {
        fail!("error.pxweb.lacks_age", path = path.display());
    };
    let values: Vec<usize> = (0..kinds.len()).filter(|at| kinds[*at].is_none()).collect();
    let mut out = Vec::new();
    for (line, cells) in &rows[head + 1..] {
        let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).map_or("", |cell| cell.trim());
        if cell(Some(region)).is_empty() {
            continue;
        }
        for at in &values {
            out.push(Entry {
                at: format!("{}:{line}", path.display()),
                region: cell(Some(region)).to_owned(),
                age: cell(Some(age)).to_owned(),
                sex: cell(place("sex")).to_owned(),
                year: year_in(cell(place("year"))).or_else(|| year_in(&rows[head].1[*at])),
                people: cell(Some(*at)).to_owned(),
            });
        }
    }
    Ok(Some(out))
}

/// Codes and labels of a dimension, in order.
fn categories(dimension: &Value) -> Option<Vec<(String, String)>> {
    let category = dimension.get("category")?;
    let label = |code: &str| {
        let label = category.get("label").and_then(|labels| labels.get(code)).and_then(Value::as_str);
        label.unwrap_or(code).to_owned()
    };
    let mut codes: Vec<(String, u64)> = match category.get("index") {
        Some(Value::Array(codes)) => {
            let codes = codes.iter().zip(0..).map(|(code, place)| Some((code.as_str()?.to_owned(), place)));
            codes.collect::<Option<_>>()?
        }
        Some(Value::Object(codes)) => {
            codes.iter().map(|(code, place)| Some((code.clone(), place.as_u64()?))).collect::<Option<_>>()?
        }
        // A dimension of one category may have its label alone.
        _ => category.get("label")?.as_object()?.keys().map(|code| (code.clone(), 0)).collect(),
    };
    codes.sort_by_key(|(_, place)| *place);
    Some(codes.into_iter().map(|(code, _)| (code.clone(), label(&code))).collect())
}

fn json_stat(path: &Path, table: &Value) -> Result<Vec<Entry>> {
    let shown = path.display();
    let wrong = || message!("error.pxweb.no_json_stat", path = shown);
    // The first version has the table inside a dataset.
    let table = table.get("dataset").unwrap_or(table);
    let dimensions = table.get("dimension").about(wrong)?;
    let names = table.get("id").or_else(|| dimensions.get("id")).and_then(Value::as_array).about(wrong)?;
    let names: Vec<&str> = names.iter().map(Value::as_str).collect::<Option<_>>().about(wrong)?;
    let all: Vec<Vec<(String, String)>> = names
        .iter()
        .map(|name| dimensions.get(*name).and_then(categories).filter(|all| !all.is_empty()))
        .collect::<Option<_>>()
        .about(wrong)?;
    let place = |wanted: &str| names.iter().position(|name| variable(name) == Some(wanted));
    let (region, age) =
        place("region").zip(place("age")).about(|| message!("error.pxweb.lacks_age", path = shown))?;
    let count = all.iter().try_fold(1_usize, |count, of| count.checked_mul(of.len()));
    let values = table.get("value").about(wrong)?;
    let count = count.filter(|count| *count <= MOST).about(wrong)?;
    if values.as_array().is_some_and(|values| values.len() != count) {
        return Err(Failure::of(wrong()));
    }
    let mut out = Vec::new();
    for number in 0..count {
        let value = match values {
            Value::Array(values) => values.get(number),
            values => values.get(number.to_string()),
        };
        let Some(value) = value.filter(|value| !value.is_null()) else { continue };
        let mut rest = number;
        let mut at = vec![0; names.len()];
        for (place, of) in all.iter().enumerate().rev() {
            at[place] = rest % of.len();
            rest /= of.len();
        }
        let of = |place: usize| &all[place][at[place]];
        out.push(Entry {
            at: format!("{shown}[{number}]"),
            region: of(region).0.clone(),
            age: of(age).1.clone(),
            sex: place("sex").map_or_else(String::new, |place| of(place).1.clone()),
            year: place("year").and_then(|place| year_in(&of(place).0)),
            people: value.to_string(),
        });
    }
    Ok(out)
}
