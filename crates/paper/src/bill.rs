//! The answer to a received bill: a workbook with every line and every reason, and a letter to send.

use domain::Amount;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use serde::Serialize;
use words::Language;

use crate::PaperError;
use crate::pdf::{Job, set};
use crate::text::kroner;

const TEMPLATE: &str = include_str!("../templates/letter.typ");
/// Number format of kroner in a workbook.
const KRONER: &str = "#,##0.00";

/// A bill beside our own calculation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillCheck {
    pub language: Language,
    pub title: String,
    /// Whether our calculation uses a value of the law that nobody has signed.
    pub is_draft: bool,
    /// Name of the municipality that answers; empty if it is not given.
    pub sender: String,
    /// Name of the hospital that sent the bill; empty if it is not given.
    pub receiver: String,
    /// Year, month and day of the letter.
    pub date: (i16, i8, i8),
    /// Paragraphs of the letter before its table.
    pub paragraphs: Vec<String>,
    pub lines: Vec<BillLine>,
    /// Every finding on each case, in the order of the calculation.
    pub reasons: Vec<BillReason>,
    pub received: Amount,
    pub calculated: Amount,
    /// Whether quantities are days, not thousandths of a DRG point.
    pub in_days: bool,
    /// What a reader must know.
    pub cautions: Vec<String>,
}

/// One case of the bill or of our own calculation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillLine {
    pub reference: String,
    /// Line of the bill; `None` if the case is on our side alone.
    pub line: Option<usize>,
    pub finding: String,
    /// Quantity in the bill; `None` if the bill does not have the case or does not state a quantity.
    pub billed: Option<i64>,
    /// Quantity in our own calculation; `None` if the case is in the bill alone.
    pub own: Option<i64>,
    pub received: Amount,
    pub calculated: Amount,
    /// What is unusual about the case, then the findings that decide our quantity, each followed by its provision if it
    /// rests on one.
    pub because: String,
    /// Whether the letter lists the case.
    pub is_told: bool,
}

/// One finding on a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillReason {
    pub reference: String,
    pub text: String,
    pub provision: String,
}

/// Data that the pages of the letter are set from.
#[derive(Serialize)]
struct Page<'a> {
    language: Language,
    title: &'a str,
    draft: String,
    sender: &'a str,
    receiver: &'a str,
    date: (i16, i8, i8),
    shown_date: String,
    paragraphs: &'a [String],
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Reason below each row.
    reasons: Vec<&'a str>,
    cautions: &'a [String],
    before_use: String,
    page: String,
    of_pages: String,
}

impl BillCheck {
    fn quantity(&self, quantity: Option<i64>) -> String {
        match quantity {
            None => "\u{2013}".to_owned(),
            Some(days) if self.in_days => days.to_string(),
            Some(thousandths) => domain::Points::from_milli(thousandths).to_string(),
        }
    }

    fn heads(&self) -> Vec<String> {
        let [billed, own] = match self.in_days {
            true => ["bill.head.billed_days", "bill.head.own_days"],
            false => ["bill.head.billed_points", "bill.head.own_points"],
        };
        let keys = [
            "bill.head.reference",
            "bill.head.finding",
            billed,
            own,
            "bill.head.received",
            "bill.head.calculated",
            "bill.head.difference",
        ];
        keys.map(|key| self.language.text(key)).into()
    }
}

/// The letter as a PDF that meets PDF/A-2a and PDF/UA-1.
///
/// # Errors
/// Fails if the pages cannot be set.
pub fn letter(check: &BillCheck) -> Result<Vec<u8>, PaperError> {
    let word = |key: &str| check.language.text(key);
    let told: Vec<&BillLine> = check.lines.iter().filter(|line| line.is_told).collect();
    let rows = told.iter().map(|line| {
        vec![
            line.reference.clone(),
            line.finding.clone(),
            check.quantity(line.billed),
            check.quantity(line.own),
            kroner(line.received),
            kroner(line.calculated),
            kroner(line.received - line.calculated),
        ]
    });
    let (year, month, day) = check.date;
    let page = Page {
        language: check.language,
        title: &check.title,
        draft: if check.is_draft { word("tag.draft") } else { String::new() },
        sender: &check.sender,
        receiver: &check.receiver,
        date: check.date,
        shown_date: format!("{day}.{month}.{year}"),
        paragraphs: &check.paragraphs,
        heads: check.heads(),
        rows: rows.collect(),
        reasons: told.iter().map(|line| line.because.as_str()).collect(),
        cautions: &check.cautions,
        before_use: word("brief.before_use"),
        page: word("paper.page"),
        of_pages: word("paper.of_pages"),
    };
    let fault = |fault: String| PaperError::Page { number: check.title.clone(), fault };
    let data = crate::pdf::data(&page).map_err(|error| fault(error.to_string()))?;
    let ident = format!("{} {:?} {} {}", check.title, check.date, check.received, check.calculated);
    set(&Job {
        template: TEMPLATE,
        number: &check.title,
        ident: &ident,
        files: vec![("data.json".to_owned(), data)],
    })
}

/// The workbook: an introduction, every line of both sides, and every reason.
///
/// # Errors
/// Fails if a sheet cannot be made.
pub fn workbook(check: &BillCheck) -> Result<Vec<u8>, PaperError> {
    make(check).map_err(|error| PaperError::Workbook { number: check.title.clone(), error })
}

fn make(check: &BillCheck) -> Result<Vec<u8>, XlsxError> {
    let word = |key: &str| check.language.text(key);
    let mut book = Workbook::new();
    let (year, month, day) = check.date;
    let made = ExcelDateTime::from_ymd(year.unsigned_abs(), month.unsigned_abs(), day.unsigned_abs())?;
    book.set_properties(
        &DocProperties::new().set_title(&check.title).set_author("Samspill").set_creation_datetime(&made),
    );
    let bold = Format::new().set_bold();
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let first = book.add_worksheet();
    first.set_name(word("paper.sheet_readme"))?;
    first.set_column_width(0, 110)?;
    first.write_with_format(0, 0, &check.title, &bold)?;
    for (row, text) in (2..).zip(check.paragraphs.iter().chain(&check.cautions)) {
        first.write_with_format(row, 0, text, &wrapped)?;
    }
    lines(book.add_worksheet(), check)?;
    let sheet = book.add_worksheet();
    sheet.set_name(word("bill.sheet_reasons"))?;
    let heads = ["bill.head.reference", "bill.head.reason", "bill.head.provision"].map(word);
    dress(sheet, &heads, &[18.0, 90.0, 60.0], check.reasons.len())?;
    for (row, reason) in (1..).zip(&check.reasons) {
        for (column, text) in (0..).zip([&reason.reference, &reason.text, &reason.provision]) {
            sheet.write_with_format(row, column, domain::spreadsheet::shown(text), &wrapped)?;
        }
    }
    book.save_to_buffer()
}

/// Gives a sheet its heads, widths and filter.
fn dress(sheet: &mut Worksheet, heads: &[String], widths: &[f64], rows: usize) -> Result<(), XlsxError> {
    let head = Format::new().set_bold().set_background_color(0xE3_EF_F0).set_text_wrap();
    for ((column, text), width) in (0..).zip(heads).zip(widths) {
        sheet.write_with_format(0, column, text, &head)?;
        sheet.set_column_width(column, *width)?;
    }
    let last = u16::try_from(heads.len().saturating_sub(1)).unwrap_or(u16::MAX);
    sheet.autofilter(0, 0, u32::try_from(rows).unwrap_or(u32::MAX).max(1), last)?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_landscape();
    sheet.set_paper_size(9);
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_repeat_rows(0, 0)?;
    Ok(())
}

fn lines(sheet: &mut Worksheet, check: &BillCheck) -> Result<(), XlsxError> {
    let word = |key: &str| check.language.text(key);
    sheet.set_name(word("bill.sheet_lines"))?;
    let mut heads = check.heads();
    heads.insert(1, word("bill.head.line"));
    heads.push(word("bill.head.because"));
    dress(sheet, &heads, &[18.0, 7.0, 22.0, 9.0, 9.0, 14.0, 14.0, 14.0, 100.0], check.lines.len())?;
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let money = Format::new().set_num_format(KRONER).set_align(FormatAlign::Top);
    let bold = Format::new().set_num_format(KRONER).set_bold();
    let mut row = 1;
    for line in &check.lines {
        sheet.write_with_format(row, 0, domain::spreadsheet::shown(&line.reference), &wrapped)?;
        if let Some(of_bill) = line.line {
            sheet.write_with_format(row, 1, of_bill as u32, &wrapped)?;
        }
        sheet.write_with_format(row, 2, &line.finding, &wrapped)?;
        for (column, quantity) in (3..).zip([line.billed, line.own]) {
            let unit = if check.in_days { 1.0 } else { 1_000.0 };
            match quantity {
                Some(count) => sheet.write_with_format(row, column, count as f64 / unit, &wrapped)?,
                None => sheet.write_with_format(row, column, "", &wrapped)?,
            };
        }
        let amounts = [line.received, line.calculated, line.received - line.calculated];
        for (column, amount) in (5..).zip(amounts) {
            sheet.write_with_format(row, column, amount.ore() as f64 / 100.0, &money)?;
        }
        sheet.write_with_format(row, 8, domain::spreadsheet::shown(&line.because), &wrapped)?;
        row += 1;
    }
    // The sum stands apart, so that a filter of the lines leaves it where it is.
    row += 1;
    sheet.write_with_format(row, 0, word("bill.sum"), &bold)?;
    let sums = [check.received, check.calculated, check.received - check.calculated];
    for (column, amount) in (5..).zip(sums) {
        sheet.write_with_format(row, column, amount.ore() as f64 / 100.0, &bold)?;
    }
    Ok(())
}
