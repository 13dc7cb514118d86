//! Statements as Excel workbooks: native tables and a native chart, no macros, nothing hidden. Totals are
//! right even in a program that does not recalculate.

use domain::statement::{Post, Statement};
use domain::{Amount, Cause, Instrument};
use rust_xlsxwriter::{
    Chart, ChartType, DocProperties, ExcelDateTime, Format, FormatAlign, Table, TableColumn, TableStyle,
    Workbook, Worksheet, XlsxError,
};

use crate::PaperError;
use crate::text::{period, text};
use crate::view::{self, View};
use words::Language;

const KRONER: &str = "#,##0.00;[Red]\u{2212}#,##0.00";

/// Kroner as a float, for display in a cell: never read back.
fn kroner(amount: Amount) -> f64 {
    amount.ore() as f64 / 100.0
}

struct Formats {
    head: Format,
    bold: Format,
    kroner: Format,
    total: Format,
    points: Format,
    count: Format,
    text: Format,
}

/// The workbook of a statement, as bytes.
///
/// With `cases`, there is one more sheet with the contacts behind the lines, for those who may see them.
/// `command` is the command that makes the workbook again.
///
/// # Errors
/// Fails if a sheet cannot be made.
pub fn workbook(
    statement: &Statement,
    cases: Option<&[CaseLine]>,
    language: Language,
    command: &str,
) -> Result<Vec<u8>, PaperError> {
    make(statement, cases, language, command)
        .map_err(|error| PaperError::Workbook { number: statement.number.clone(), error })
}

/// One contact's part of a statement. It holds nothing clinical, and nothing about the person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CaseLine {
    /// Month of the charge.
    pub month: String,
    pub instrument: Instrument,
    /// Key of the contact, as `samspill explain` takes it.
    pub contact: i64,
    /// Key of the contact as the extract writes it; `None` if it is not shown.
    pub extract_key: Option<String>,
    pub cause: Cause,
    /// Unit that treated the patient.
    pub unit: String,
    pub counterparty: String,
    /// DRG points, in thousandths.
    pub points_milli: i64,
    pub days: i64,
    /// What the recipient owes, or is owed.
    pub amount: Amount,
    pub rule_version: String,
}

fn make(
    statement: &Statement,
    cases: Option<&[CaseLine]>,
    language: Language,
    command: &str,
) -> Result<Vec<u8>, XlsxError> {
    let words = view::view(statement, language);
    let formats = Formats {
        head: Format::new().set_bold().set_background_color(0xE3_EF_F0).set_text_wrap(),
        bold: Format::new().set_bold(),
        kroner: Format::new().set_num_format(KRONER),
        total: Format::new().set_num_format(KRONER).set_bold(),
        points: Format::new().set_num_format("#,##0.000"),
        count: Format::new().set_num_format("#,##0"),
        text: Format::new().set_text_wrap().set_align(FormatAlign::Top),
    };
    let mut book = Workbook::new();
    let (year, month, day) = words.date;
    let made = ExcelDateTime::from_ymd(year.unsigned_abs(), month.unsigned_abs(), day.unsigned_abs())?;
    let properties = DocProperties::new().set_title(&words.title).set_author(&statement.sender.name);
    book.set_properties(&properties.set_creation_datetime(&made));
    read_me(book.add_worksheet(), statement, &words, language, command, &formats)?;
    posts(
        book.add_worksheet(),
        (&language.text("paper.sheet_posts"), "Poster"),
        &statement.posts,
        Some(&view::lines_of(statement)),
        language,
        &formats,
        &words,
    )?;
    posts(
        book.add_worksheet(),
        (&language.text("paper.sheet_detail"), "PerEnhet"),
        &statement.detail,
        None,
        language,
        &formats,
        &words,
    )?;
    months(book.add_worksheet(), statement, language, &formats, &words)?;
    if let Some(cases) = cases {
        claims(book.add_worksheet(), (cases, statement), language, &formats, &words)?;
    }
    rules(book.add_worksheet(), statement, language, &formats, &words)?;
    book.save_to_buffer()
}

/// Gives a sheet what every sheet has: name, landscape A4, fit to page width, and the statement's footer. With `heads`,
/// the first row is repeated on every page and frozen.
fn dress(sheet: &mut Worksheet, name: &str, words: &View, heads: bool) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    sheet.set_paper_size(9);
    sheet.set_landscape();
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_footer(format!("&L{}&R&P / &N", words.footer.replace('&', "&&")));
    if heads {
        sheet.set_repeat_rows(0, 0)?;
        sheet.set_freeze_panes(1, 0)?;
    }
    Ok(())
}

fn read_me(
    sheet: &mut Worksheet,
    statement: &Statement,
    words: &View,
    language: Language,
    command: &str,
    formats: &Formats,
) -> Result<(), XlsxError> {
    dress(sheet, &language.text("paper.sheet_readme"), words, false)?;
    sheet.set_column_width(0, 28)?;
    sheet.set_column_width(1, 90)?;
    sheet.write_with_format(0, 0, &words.title, &formats.bold)?;
    sheet.write_with_format(0, 1, &statement.recipient.name, &formats.bold)?;
    let tags: Vec<String> = words.tags.iter().map(|(text, _)| text.clone()).collect();
    let mut rows = vec![
        (language.text("paper.readme_status"), tags.join(", ")),
        (language.text("paper.readme_period"), period(&statement.period, language)),
    ];
    rows.extend(words.facts.clone());
    rows.push((language.text("paper.readme_what"), words.lead.clone()));
    rows.push((String::new(), language.text("paper.readme_signs")));
    rows.extend(words.how.iter().map(|sentence| (String::new(), sentence.clone())));
    rows.push((language.text("paper.readme_command"), command.to_owned()));
    rows.push((String::new(), words.footer.clone()));
    for (place, (head, text)) in rows.iter().enumerate() {
        let row = place as u32 + 2;
        sheet.write_with_format(row, 0, head, &formats.bold)?;
        sheet.write_with_format(row, 1, text, &formats.text)?;
    }
    for (row, one) in (rows.len() as u32 + 3..).zip(&statement.bookings) {
        let text = format!("{}/{} {}", one.function, one.article, one.text);
        sheet.write_with_format(row, 0, language.text("paper.booking"), &formats.bold)?;
        sheet.write(row, 1, text)?;
        sheet.write_with_format(row, 2, kroner(one.amount), &formats.kroner)?;
    }
    let below = rows.len() as u32 + 3 + statement.bookings.len() as u32;
    let pays = statement.owes != (statement.to_pay.ore() < 0);
    let mut sums = vec![("settled", statement.settled), ("on_account", statement.on_account)];
    if !statement.is_summary {
        let to_pay = Amount::from_ore(statement.to_pay.ore().abs());
        sums.push((if pays { "to_pay" } else { "to_get" }, to_pay));
    }
    for (row, (key, amount)) in (below..).zip(sums) {
        sheet.write_with_format(row, 0, text(key, language), &formats.bold)?;
        sheet.write_with_format(row, 2, kroner(amount), &formats.kroner)?;
    }
    sheet.set_column_width(2, 18)?;
    Ok(())
}

/// Writes a native table of lines, and their sum below it. The sum is a formula, written together with its result. `lines` has
/// the number that each post has on the paper; without it, the posts are those of units.
fn posts(
    sheet: &mut Worksheet,
    (name, table_name): (&str, &str),
    posts: &[Post],
    lines: Option<&[usize]>,
    language: Language,
    formats: &Formats,
    words: &View,
) -> Result<(), XlsxError> {
    dress(sheet, name, words, true)?;
    let by_unit = lines.is_none();
    let mut keys = vec!["line"; usize::from(!by_unit)];
    keys.extend(["instrument", "cause", "activity_period", "counterparty"]);
    if by_unit {
        keys.push("unit");
    }
    keys.extend(["contacts", "points", "days", "rate", "amount", "rule", "corrects", "vouchers"]);
    let heads: Vec<String> = keys.iter().map(|key| capitalised(&text(key, language))).collect();
    let amount_column = keys.iter().position(|key| *key == "amount").unwrap_or(0) as u16;
    for (place, post) in posts.iter().enumerate() {
        let row = place as u32 + 1;
        let mut column = 0;
        if let Some(line) = lines.and_then(|lines| lines.get(place)) {
            sheet.write_with_format(row, column, *line as f64, &formats.count)?;
            column += 1;
        }
        let mut texts_of = vec![
            view::instrument(post.instrument, language),
            view::cause(post.cause, language),
            post.activity_period.clone(),
            post.counterparty.name.clone(),
        ];
        if by_unit {
            texts_of.push(post.unit.name.clone());
        }
        for text in texts_of {
            sheet.write(row, column, text)?;
            column += 1;
        }
        sheet.write_with_format(row, column, post.contacts as f64, &formats.count)?;
        sheet.write_with_format(row, column + 1, post.points_milli as f64 / 1000.0, &formats.points)?;
        sheet.write_with_format(row, column + 2, post.days as f64, &formats.count)?;
        sheet.write(row, column + 3, view::rate(post))?;
        sheet.write_with_format(row, column + 4, kroner(post.amount), &formats.kroner)?;
        sheet.write(row, column + 5, &post.rule_version)?;
        sheet.write(row, column + 6, &post.corrects)?;
        sheet.write(row, column + 7, post.voucher_numbers())?;
    }
    let last = std::cmp::max(posts.len(), 1) as u32;
    let columns: Vec<TableColumn> = heads
        .iter()
        .map(|head| TableColumn::new().set_header(head).set_header_format(&formats.head))
        .collect();
    let table = Table::new().set_name(table_name).set_columns(&columns).set_style(TableStyle::Light1);
    sheet.add_table(0, 0, last, heads.len() as u16 - 1, &table)?;
    let sum: Amount = posts.iter().map(|post| post.amount).sum();
    let letter = char::from(b'A' + amount_column as u8);
    let formula = rust_xlsxwriter::Formula::new(format!("=SUM({letter}2:{letter}{})", last + 1))
        .set_result(format!("{}", kroner(sum)));
    sheet.write_with_format(last + 2, 0, language.text("paper.sum"), &formats.bold)?;
    sheet.write_formula_with_format(last + 2, amount_column, formula, &formats.total)?;
    for (column, key) in keys.iter().enumerate() {
        let width = match *key {
            "instrument" | "counterparty" | "unit" => 34,
            "rule" | "corrects" => 30,
            "cause" | "rate" | "amount" => 20,
            _ => 13,
        };
        sheet.set_column_width(column as u16, width)?;
    }
    Ok(())
}

fn months(
    sheet: &mut Worksheet,
    statement: &Statement,
    language: Language,
    formats: &Formats,
    words: &View,
) -> Result<(), XlsxError> {
    let name = language.text("paper.sheet_months");
    dress(sheet, &name, words, true)?;
    let heads = ["month", "on_account", "settled"].map(|key| text(key, language));
    for (place, month) in statement.months.iter().enumerate() {
        let row = place as u32 + 1;
        sheet.write(row, 0, &month.month)?;
        sheet.write_with_format(row, 1, kroner(month.on_account), &formats.kroner)?;
        sheet.write_with_format(row, 2, kroner(month.settled), &formats.kroner)?;
    }
    let last = std::cmp::max(statement.months.len(), 1) as u32;
    let columns: Vec<TableColumn> = heads
        .iter()
        .map(|head| TableColumn::new().set_header(head).set_header_format(&formats.head))
        .collect();
    sheet.add_table(
        0,
        0,
        last,
        2,
        &Table::new().set_name("Maaneder").set_columns(&columns).set_style(TableStyle::Light1),
    )?;
    sheet.set_column_width(0, 12)?;
    sheet.set_column_width(1, 20)?;
    sheet.set_column_width(2, 20)?;
    let mut chart = Chart::new(ChartType::Column);
    for column in [2, 1] {
        chart
            .add_series()
            .set_name((name.as_str(), 0, column))
            .set_categories((name.as_str(), 1, 0, last, 0))
            .set_values((name.as_str(), 1, column, last, column));
    }
    chart.title().set_name(&words.title);
    chart.y_axis().set_name("kr").set_num_format("#,##0");
    // A bar begins at zero, or it lies about its size.
    let amounts = statement.months.iter().flat_map(|month| [month.on_account, month.settled]);
    if amounts.into_iter().all(|amount| amount >= Amount::ZERO) {
        chart.y_axis().set_min(0);
    }
    sheet.insert_chart(1, 4, &chart)?;
    Ok(())
}

/// Writes one row for each of `cases`. Below the rows stand their sum, the rest that has no contact (such as
/// decisions), and the sum of the statement's lines.
fn claims(
    sheet: &mut Worksheet,
    (cases, statement): (&[CaseLine], &Statement),
    language: Language,
    formats: &Formats,
    words: &View,
) -> Result<(), XlsxError> {
    dress(sheet, &language.text("paper.sheet_claims"), words, true)?;
    let keys = [
        ("activity_period", 13),
        ("instrument", 34),
        ("contact", 22),
        ("cause", 20),
        ("unit", 20),
        ("counterparty", 20),
        ("points", 13),
        ("days", 13),
        ("amount", 20),
        ("rule", 44),
    ];
    // The extract's own keys stand last, so that the columns before them are the same with and without.
    let has_keys = cases.iter().any(|case| case.extract_key.is_some());
    let keys: Vec<(&str, i32)> = keys.into_iter().chain(has_keys.then_some(("extract_key", 34))).collect();
    for (column, (_, width)) in keys.iter().enumerate() {
        sheet.set_column_width(column as u16, *width)?;
    }
    for (row, case) in (1..).zip(cases) {
        sheet.write(row, 0, &case.month)?;
        sheet.write(row, 1, view::instrument(case.instrument, language))?;
        // A key has more digits than Excel keeps in a number, so it is written as text.
        sheet.write(row, 2, case.contact.to_string())?;
        sheet.write(row, 3, view::cause(case.cause, language))?;
        sheet.write(row, 4, &case.unit)?;
        sheet.write(row, 5, &case.counterparty)?;
        sheet.write_with_format(row, 6, case.points_milli as f64 / 1000.0, &formats.points)?;
        sheet.write_with_format(row, 7, case.days as f64, &formats.count)?;
        sheet.write_with_format(row, 8, kroner(case.amount), &formats.kroner)?;
        sheet.write(row, 9, &case.rule_version)?;
        if let Some(key) = &case.extract_key {
            sheet.write(row, 10, domain::spreadsheet::shown(key))?;
        }
    }
    let last = std::cmp::max(cases.len(), 1) as u32;
    let columns: Vec<TableColumn> = keys
        .iter()
        .map(|(key, _)| {
            TableColumn::new().set_header(capitalised(&text(key, language))).set_header_format(&formats.head)
        })
        .collect();
    let table = Table::new().set_name("Krav").set_columns(&columns).set_style(TableStyle::Light1);
    sheet.add_table(0, 0, last, keys.len() as u16 - 1, &table)?;
    let sum: Amount = cases.iter().map(|case| case.amount).sum();
    let formula = rust_xlsxwriter::Formula::new(format!("=SUM(I2:I{})", last + 1))
        .set_result(format!("{}", kroner(sum)));
    sheet.write_with_format(last + 2, 0, language.text("paper.sum"), &formats.bold)?;
    sheet.write_formula_with_format(last + 2, 8, formula, &formats.total)?;
    let rest = statement.settled - sum;
    if rest != Amount::ZERO {
        sheet.write(last + 3, 0, language.text("paper.without_contact"))?;
        sheet.write_with_format(last + 3, 8, kroner(rest), &formats.kroner)?;
    }
    let formula = rust_xlsxwriter::Formula::new(format!("=I{}+I{}", last + 3, last + 4))
        .set_result(format!("{}", kroner(statement.settled)));
    sheet.write_with_format(last + 4, 0, language.text("paper.sum_of_lines"), &formats.bold)?;
    sheet.write_formula_with_format(last + 4, 8, formula, &formats.total)?;
    Ok(())
}

fn rules(
    sheet: &mut Worksheet,
    statement: &Statement,
    language: Language,
    formats: &Formats,
    words: &View,
) -> Result<(), XlsxError> {
    dress(sheet, &language.text("paper.sheet_rules"), words, true)?;
    sheet.write_with_format(0, 0, language.text("paper.rule_version"), &formats.head)?;
    sheet.write_with_format(0, 1, language.text("paper.provision"), &formats.head)?;
    for (place, (rule, cite)) in statement.rules.iter().enumerate() {
        sheet.write(place as u32 + 1, 0, rule)?;
        sheet.write(place as u32 + 1, 1, cite)?;
    }
    sheet.set_column_width(0, 60)?;
    sheet.set_column_width(1, 60)?;
    Ok(())
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
