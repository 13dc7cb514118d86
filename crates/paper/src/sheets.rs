//! Tables that may be published, as CSV and as sheets of a workbook. Both forms hold the same rows and columns.

use disclosure::{Cell, SafeTable};
use rust_xlsxwriter::{
    Chart, ChartType, DocProperties, ExcelDateTime, Format, Table, TableColumn, TableStyle, Workbook,
    XlsxError,
};

use words::{Language, Message, say};

use crate::PaperError;
use crate::text::{decimal, quoted};

/// For whom a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A person: heads and words in the given language, decimal commas, and amounts in kroner.
    Person(Language),
    /// A program: English keys, decimal points, and amounts in øre.
    Program,
}

impl Reader {
    /// A head or a word, for the reader.
    pub fn word(self, message: &Message) -> String {
        match self {
            Reader::Person(language) => language.say(message),
            Reader::Program => message.name(),
        }
    }

    /// A cell as text.
    pub fn cell(self, cell: &Cell) -> String {
        let (is_plain, point) = match self {
            Reader::Person(_) => (false, ','),
            Reader::Program => (true, '.'),
        };
        match cell {
            Cell::Text(text) => text.clone(),
            Cell::Said(message) if is_plain => message.word(),
            Cell::Said(message) => self.word(message),
            Cell::Kroner(amount) if is_plain => amount.ore().to_string(),
            Cell::Kroner(amount) => decimal(amount.ore(), 2, point),
            Cell::Count(count) => count.to_string(),
            Cell::Share(millionths) => decimal(rounded_per_cent(*millionths), 2, point),
            Cell::Decimal(thousandths) => decimal(*thousandths, 3, point),
            Cell::Number(text) if is_plain => text.clone(),
            Cell::Number(text) => text.replace('.', ","),
            Cell::Unknown => "..".to_owned(),
            Cell::Withheld => ":".to_owned(),
        }
    }
}

/// Heads of columns. Each name is the part after `column.` of a key in the catalogue.
pub fn heads<const N: usize>(names: [&str; N]) -> [Message; N] {
    names.map(|name| Message::under("column", name))
}

/// Heads and rows as CSV. A person gets a CSV that opens in a Norwegian Excel; a program gets one with commas.
pub fn csv_of<'a>(heads: &[Message], rows: impl Iterator<Item = &'a [Cell]>, reader: Reader) -> String {
    let (mark, separator) = match reader {
        Reader::Person(_) => ("\u{feff}", ";"),
        Reader::Program => ("", ","),
    };
    let heads: Vec<String> = heads.iter().map(|head| quoted(&reader.word(head), separator)).collect();
    let mut out = format!("{mark}{}\n", heads.join(separator));
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| {
                let text = reader.cell(cell);
                let is_text = matches!(cell, Cell::Text(_) | Cell::Said(_));
                match is_text && reader != Reader::Program {
                    true => quoted(&domain::spreadsheet::shown(&text), separator),
                    false => quoted(&text, separator),
                }
            })
            .collect();
        out.push_str(&cells.join(separator));
        out.push('\n');
    }
    out
}

/// A table as CSV.
pub fn csv(table: &SafeTable, reader: Reader) -> String {
    csv_of(table.heads(), table.rows().iter().map(Vec::as_slice), reader)
}

/// Hundredths of a per cent from millionths; half is rounded away from zero.
fn rounded_per_cent(millionths: i64) -> i64 {
    (millionths + 50 * millionths.signum()) / 100
}

/// A workbook: one page that describes the sheets, then the sheets. `date` is its year, month and day.
///
/// # Errors
/// Fails if a sheet cannot be made.
pub fn workbook(
    title: &str,
    about: &[(String, String)],
    sheets: &[SafeTable],
    date: (i16, i8, i8),
    language: Language,
) -> Result<Vec<u8>, PaperError> {
    make(title, about, sheets, date, language)
        .map_err(|error| PaperError::Workbook { number: title.to_owned(), error })
}

fn make(
    title: &str,
    about: &[(String, String)],
    sheets: &[SafeTable],
    date: (i16, i8, i8),
    language: Language,
) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(date.0.unsigned_abs(), date.1.unsigned_abs(), date.2.unsigned_abs())?;
    book.set_properties(
        &DocProperties::new().set_title(title).set_author("Samspill").set_creation_datetime(&made),
    );
    let bold = Format::new().set_bold();
    let text = Format::new().set_text_wrap();
    let first = book.add_worksheet();
    first.set_name(language.text("paper.sheet_readme"))?;
    first.set_paper_size(9);
    first.set_print_fit_to_pages(1, 0);
    first.set_column_width(0, 28)?;
    first.set_column_width(1, 100)?;
    first.write_with_format(0, 0, title, &bold)?;
    let named = sheets
        .iter()
        .map(|sheet| (say!(language, "paper.of_sheet", name = sheet.name()), language.say(sheet.about())));
    for (row, (head, said)) in (2..).zip(about.iter().cloned().chain(named)) {
        first.write_with_format(row, 0, head, &bold)?;
        first.write_with_format(row, 1, said, &text)?;
    }
    for (place, sheet) in sheets.iter().enumerate() {
        add(&mut book, place, sheet, title, language)?;
    }
    book.save_to_buffer()
}

fn add(
    book: &mut Workbook,
    place: usize,
    sheet: &SafeTable,
    title: &str,
    language: Language,
) -> Result<(), XlsxError> {
    let name = language.say(sheet.name());
    let head = Format::new().set_bold().set_background_color(0xE3_EF_F0).set_text_wrap();
    let kroner = Format::new().set_num_format("#,##0.00;[Red]\u{2212}#,##0.00");
    let count = Format::new().set_num_format("#,##0;\u{2212}#,##0");
    let number = Format::new().set_num_format("#,##0.000;\u{2212}#,##0.000");
    let share = Format::new().set_num_format("0.00 %;\u{2212}0.00 %");
    let page = book.add_worksheet();
    page.set_name(&name)?;
    page.set_paper_size(9);
    page.set_landscape();
    page.set_print_fit_to_pages(1, 0);
    page.set_footer(format!("&L{}&R&P / &N", title.replace('&', "&&")));
    page.set_repeat_rows(0, 0)?;
    page.set_freeze_panes(1, 1)?;
    let heads: Vec<String> = sheet.heads().iter().map(|head| language.say(head)).collect();
    for (column, name) in heads.iter().enumerate() {
        page.set_column_width(column as u16, if column < 2 { 26 } else { 17 })?;
        page.write_with_format(0, column as u16, name, &head)?;
    }
    for (row, cells) in (1..).zip(sheet.rows()) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Text(text) => page.write(row, column, text)?,
                Cell::Said(message) => page.write(row, column, language.say(message))?,
                // The float is for display, and never read back.
                Cell::Kroner(amount) => {
                    page.write_with_format(row, column, amount.ore() as f64 / 100.0, &kroner)?
                }
                Cell::Count(number) => page.write_with_format(row, column, *number as f64, &count)?,
                Cell::Share(millionths) => {
                    page.write_with_format(row, column, *millionths as f64 / 1_000_000.0, &share)?
                }
                Cell::Decimal(thousandths) => {
                    page.write_with_format(row, column, *thousandths as f64 / 1000.0, &number)?
                }
                Cell::Number(text) => page.write(row, column, text)?,
                Cell::Unknown => page.write(row, column, "..")?,
                Cell::Withheld => page.write(row, column, ":")?,
            };
        }
    }
    let last = std::cmp::max(sheet.rows().len(), 1) as u32;
    let columns: Vec<TableColumn> =
        heads.iter().map(|name| TableColumn::new().set_header(name).set_header_format(&head)).collect();
    let table = Table::new().set_name(format!("Tabell{}", place + 1)).set_columns(&columns);
    page.add_table(0, 0, last, sheet.heads().len() as u16 - 1, &table.set_style(TableStyle::Light1))?;
    if !sheet.chart().is_empty() {
        let mut chart = Chart::new(ChartType::Column);
        for column in sheet.chart() {
            chart
                .add_series()
                .set_name((name.as_str(), 0, *column as u16))
                .set_categories((name.as_str(), 1, 0, last, 0))
                .set_values((name.as_str(), 1, *column as u16, last, *column as u16));
        }
        chart.title().set_name(language.say(sheet.about()).as_str());
        page.insert_chart(1, sheet.heads().len() as u16 + 1, &chart)?;
    }
    Ok(())
}
