//! Workbooks to fill in: a table with heads and examples, and a page that explains each column.

use rust_xlsxwriter::{
    DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError,
};
use words::{Language, Message};

use crate::PaperError;

/// A column to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub head: String,
    /// Meaning, unit and form of the values.
    pub about: Message,
    /// Values that may be chosen from; empty if any value may be written.
    pub choices: Vec<String>,
    /// Whether the values are amounts or counts. Other columns are text, so that Excel makes no date of `2012-03` and keeps
    /// the zero of `0807`.
    pub is_number: bool,
}

/// Number of rows, from the first below the heads, in which a value may be chosen from a list.
const ROWS: u32 = 2_000;

/// The workbook: a page that explains the columns, and the table with its heads and `examples`.
///
/// # Errors
/// Fails if a sheet cannot be made.
pub fn workbook(
    title: &str,
    columns: &[Column],
    examples: &[Vec<&str>],
    language: Language,
) -> Result<Vec<u8>, PaperError> {
    make(title, columns, examples, language)
        .map_err(|error| PaperError::Workbook { number: title.to_owned(), error })
}

fn make(
    title: &str,
    columns: &[Column],
    examples: &[Vec<&str>],
    language: Language,
) -> Result<Vec<u8>, XlsxError> {
    let bold = Format::new().set_bold();
    let head = Format::new().set_bold().set_background_color(0xE3_EF_F0);
    let as_text = Format::new().set_num_format("@");
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let mut book = Workbook::new();
    // The same template gives the same bytes on any day.
    let made = ExcelDateTime::from_ymd(2026, 1, 1)?;
    book.set_properties(
        &DocProperties::new().set_title(title).set_author("Samspill").set_creation_datetime(&made),
    );
    let sheet = book.add_worksheet();
    sheet.set_name(language.text("template.sheet"))?;
    sheet.set_freeze_panes(1, 0)?;
    for (place, column) in (0..).zip(columns) {
        sheet.write_with_format(0, place, &column.head, &head)?;
        sheet.set_column_width(place, 24)?;
        if !column.is_number {
            sheet.set_column_format(place, &as_text)?;
        }
        if !column.choices.is_empty() {
            let list = DataValidation::new().allow_list_strings(&column.choices)?;
            sheet.add_data_validation(1, place, ROWS, place, &list)?;
        }
    }
    for (row, cells) in (1..).zip(examples) {
        for (place, cell) in (0..).zip(cells) {
            let is_number = columns.get(usize::from(place)).is_some_and(|column| column.is_number);
            match cell.replace(',', ".").parse::<f64>().ok().filter(|_| is_number) {
                Some(number) => sheet.write_number(row, place, number)?,
                None => sheet.write_with_format(row, place, *cell, &as_text)?,
            };
        }
    }
    let sheet = book.add_worksheet();
    sheet.set_name(language.text("paper.sheet_readme"))?;
    sheet.set_column_width(0, 24)?;
    sheet.set_column_width(1, 100)?;
    sheet.write_with_format(0, 0, title, &bold)?;
    for (row, column) in (2..).zip(columns) {
        sheet.write_with_format(row, 0, &column.head, &bold)?;
        sheet.write_with_format(row, 1, language.say(&column.about), &wrapped)?;
    }
    book.save_to_buffer()
}
