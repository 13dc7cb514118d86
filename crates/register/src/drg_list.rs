//! A year's list of DRGs and their weights: the user's, or the invented one of the synthetic register. The
//! program comes with no real weights, since none were found in any public source.
//!
//! The list is a CSV text with the head `drg;drg_type;mdc;weight` and, optionally, `title`. Cells are
//! separated by semicolon or comma; a weight has a decimal comma or point.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use words::{Message, Said, message};

use domain::DrgType;

use crate::sheet;

/// One DRG of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drg {
    pub code: String,
    pub drg_type: DrgType,
    /// Major diagnostic category (`hdg`).
    pub mdc: i32,
    /// Basic weight (`kostnadsvekt`) in thousandths of a point, 0 to 200 000.
    pub weight_milli: i32,
    /// Empty if the list has no titles.
    pub title: String,
}

/// A list of DRGs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrgList {
    /// The DRGs by code.
    pub drgs: BTreeMap<String, Drg>,
}

/// A list that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadDrgList {
    /// Line of the fault, from 1.
    pub line: usize,
    pub fault: Message,
}

words::english_error!(BadDrgList);

impl Said for BadDrgList {
    fn said(&self) -> Message {
        let BadDrgList { line, fault } = self;
        message!("error.drg_list", line, fault)
    }
}

impl DrgList {
    /// Reads a list from its text.
    ///
    /// # Errors
    /// Fails as [`DrgList::of`] does, and if the text is empty.
    pub fn parse(text: &str) -> Result<DrgList, BadDrgList> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let bad = |fault: Message| BadDrgList { line: 1, fault };
        let (rows, _) = sheet::rows_of(text, Path::new("DRG")).map_err(|error| bad(error.said()))?;
        let mut rows = rows.into_iter();
        let (_, heads) = rows.next().ok_or_else(|| bad(message!("file.empty")))?;
        DrgList::of(&heads, &rows.collect::<Vec<_>>())
    }

    /// The list in a table: its heads, and its rows, each with its line.
    ///
    /// # Errors
    /// Fails with the line of the fault if a column or a cell is missing, if a code stands twice, if `mdc` is not a whole
    /// number, if a weight is not a number from 0 to 200, or if a type is unknown.
    pub fn of(heads: &[String], rows: &[(usize, Vec<String>)]) -> Result<DrgList, BadDrgList> {
        let bad = |line: usize, fault: Message| BadDrgList { line, fault };
        let heads: Vec<String> = heads.iter().map(|head| head.trim().to_lowercase()).collect();
        let place = |name: &str| {
            heads
                .iter()
                .position(|head| head == name)
                .ok_or_else(|| bad(1, message!("file.column_missing", column = name)))
        };
        let (code, kind, mdc, weight) = (place("drg")?, place("drg_type")?, place("mdc")?, place("weight")?);
        let title = place("title").ok();
        let mut drgs = BTreeMap::new();
        let is_filled = |(_, cells): &&(usize, Vec<String>)| cells.iter().any(|cell| !cell.trim().is_empty());
        for (line, cells) in rows.iter().filter(is_filled) {
            let line = *line;
            let cell = |place: usize| {
                let cell = cells.get(place).map(|cell| cell.trim());
                cell.ok_or_else(|| bad(line, message!("file.cell_missing")))
            };
            let code = crate::text::drg_code(cell(code)?).into_owned();
            let drg_type = match cell(kind)? {
                "K" | "k" => DrgType::Surgical,
                "M" | "m" => DrgType::Medical,
                word => DrgType::from_word(word).map_err(|error| bad(line, error.said()))?,
            };
            let drg = Drg {
                code: code.clone(),
                drg_type,
                mdc: cell(mdc)?.parse().map_err(|_| bad(line, message!("drg_list.mdc")))?,
                weight_milli: crate::csv_file::decimal(cell(weight)?, 3)
                    .and_then(|weight| i32::try_from(weight).ok())
                    .filter(|weight| (0..=200_000).contains(weight))
                    .ok_or_else(|| {
                        bad(line, message!("drg_list.weight", weight = cell(weight).unwrap_or_default()))
                    })?,
                title: title
                    .and_then(|title| cells.get(title))
                    .map(|title| title.trim())
                    .unwrap_or_default()
                    .to_owned(),
            };
            if drgs.insert(code.clone(), drg).is_some() {
                return Err(bad(line, message!("drg_list.twice", code)));
            }
        }
        Ok(DrgList { drgs })
    }

    /// The list as CSV text that [`DrgList::parse`] reads back.
    pub fn to_csv(&self) -> String {
        let mut out = String::from("drg;drg_type;mdc;weight;title\n");
        for drg in self.drgs.values() {
            let (whole, part) = (drg.weight_milli / 1000, drg.weight_milli % 1000);
            // Writing to a string cannot fail.
            let _ =
                writeln!(out, "{};{};{};{whole},{part:03};{}", drg.code, drg.drg_type, drg.mdc, drg.title);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_comma_and_point() {
        let list = DrgList::parse("drg;drg_type;mdc;weight\n127;M;5;1,25\n209A;K;8;2.5\n").unwrap();
        assert_eq!(list.drgs["127"].weight_milli, 1250);
        assert_eq!(list.drgs["209A"].drg_type, DrgType::Surgical);
        assert_eq!(DrgList::parse(&list.to_csv()).unwrap(), list);
        for weight in ["NaN", "inf", "-1", "201", "x", ""] {
            let bad = DrgList::parse(&format!("drg;drg_type;mdc;weight\n1;M;5;{weight}\n")).unwrap_err();
            assert_eq!(bad.line, 2, "{weight}");
        }
        let twice = DrgList::parse("drg;drg_type;mdc;weight\n1;M;5;1\n1;M;5;1\n").unwrap_err();
        assert_eq!(twice.to_string(), "DRG list, line 3: DRG 1 stands twice");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,200}", rest in "[0-9;,.KM\n]{0,100}") {
            let _ = DrgList::parse(&text);
            let _ = DrgList::parse(&format!("drg;drg_type;mdc;weight\n{rest}"));
        }
    }
}
