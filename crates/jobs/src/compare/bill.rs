//! The bill that was received: its cases, as the hospital writes them.

use std::collections::BTreeMap;

use crate::failure::{About, Result, fail};
use domain::{Amount, Instrument};
use register::sheet::{self, Sheet};
use register::text;
use words::{Message, message};

use super::{Known, Order};
use crate::explain::contact_of;

const REFERENCE: &[&str] = &[
    "reference",
    "referanse",
    "case",
    "sak",
    "saksnr",
    "saksnummer",
    "saksreferanse",
    "pasientreferanse",
    "contact",
    "contact_id",
    "kontakt",
];
const QUANTITY: &[&str] = &[
    "days",
    "døgn",
    "dogn",
    "antall",
    "antall døgn",
    "antall dogn",
    "liggedøgn",
    "points",
    "drg-poeng",
    "drg_points",
    "quantity",
    "mengde",
];
const AMOUNT: &[&str] =
    &["amount", "beløp", "belop", "beløp kr", "sum", "sum kr", "kroner", "kr", "å betale", "amount_kroner"];
/// The cases of a bill.
pub(super) struct Bill {
    /// Cases by key: see [`key`].
    pub cases: BTreeMap<String, Known>,
    /// Line and amount of the bill's own sum, if that amount differs from the sum of the lines above.
    pub stated: Option<(usize, Amount)>,
}

/// Reads the bill.
///
/// # Errors
/// Fails if the file cannot be read, if it has no column of references or of amounts or several that may be, if a column that
/// the order names is missing, if a column stands twice, or if a cell is wrong.
pub(super) fn read(order: &Order) -> Result<Bill> {
    let sheet = sheet::read(order.received)?;
    let need = |field: &str, usual: &[&str]| {
        column(&sheet, field, usual, order)?.about(|| {
            let has = sheet.heads.join(", ");
            message!(
                "error.compare.has_no_column_has_give_columns",
                received = order.received.display(),
                field,
                has
            )
        })
    };
    let (reference, amount) = (need("reference", REFERENCE)?, need("amount", AMOUNT)?);
    let quantity = column(&sheet, "days", QUANTITY, order)?;
    let mut out = Bill { cases: BTreeMap::new(), stated: None };
    let last = sheet.rows.last().map_or(0, |(line, _)| *line);
    let (mut sum, mut since_sum) = (Amount::ZERO, Amount::ZERO);
    for (line, cells) in &sheet.rows {
        let cell = |place: usize| cells.get(place).map_or("", |cell| cell.trim());
        let at = || format!("{}:{line}", order.received.display());
        let reference = cell(reference);
        if (reference.is_empty() && cell(amount).is_empty()) || is_no_tax(reference, cell(amount)) {
            continue;
        }
        if cell(amount).is_empty() {
            fail!("error.compare.no_amount", at = at(), reference);
        }
        let amount = Amount::read(cell(amount))
            .about(|| message!("error.compare.not_amount", at = at(), cell = cell(amount)))?;
        let is_carried =
            ["overført", "transport"].iter().any(|word| reference.to_lowercase().starts_with(word));
        if text::is_sum(reference) || (is_carried && (amount == sum || amount == since_sum)) {
            if sum != amount && since_sum != amount {
                out.stated = Some((*line, amount));
            }
            since_sum = Amount::ZERO;
            continue;
        }
        // If the last line has no reference, and its amount is the sum of the lines above, that line is the bill's own
        // sum.
        if reference.is_empty() && *line == last && !out.cases.is_empty() && sum == amount {
            continue;
        }
        // Any other line with an amount and no reference is a case of its own, named by its line.
        let written = match reference {
            "" => message!("compare.nameless", line),
            reference => Message::plain(reference),
        };
        let nameless = format!("line {line}");
        let reference = if reference.is_empty() { nameless.as_str() } else { reference };
        let scale = if order.instrument == Instrument::DischargeReady { 0 } else { 3 };
        let quantity = match quantity.map(cell).filter(|text| !text.is_empty()) {
            None => None,
            Some(text) if scale == 0 && !is_whole(text) => fail!("error.compare.not_whole", at = at(), text),
            Some(text) => Some(
                register::csv_file::decimal(text, scale)
                    .about(|| message!("error.compare.not_number", at = at(), text))?,
            ),
        };
        let known = out.cases.entry(key(reference, order.own.is_some())).or_insert(Known {
            quantity: Some(0),
            amount: Amount::ZERO,
            line: *line,
            written,
        });
        known.amount += amount;
        sum += amount;
        since_sum += amount;
        known.quantity = known.quantity.zip(quantity).map(|(sum, more)| sum + more);
    }
    Ok(out)
}

/// Whether a line is for tax or rounding, and of nothing: it is no case.
fn is_no_tax(reference: &str, amount: &str) -> bool {
    let reference = reference.to_lowercase();
    let is_tax = ["mva", "merverdiavgift", "øreavrunding"].iter().any(|word| reference.starts_with(word));
    is_tax && Amount::read(amount) == Some(Amount::ZERO)
}

/// Whether a number has no decimals other than zeros. A text that is no number counts as whole.
fn is_whole(text: &str) -> bool {
    register::csv_file::decimal(text, 6).is_none_or(|millionths| millionths % 1_000_000 == 0)
}

/// Place of the column for a field: the column that the order names, else a column with a usual name.
fn column(sheet: &Sheet, field: &str, usual: &[&str], order: &Order) -> Result<Option<usize>> {
    let asked = order.columns.iter().find_map(|pair| pair.strip_prefix(field)?.strip_prefix('='));
    match asked {
        None => {
            let fitting = sheet.columns(usual);
            if fitting.len() > 1 && fitting.iter().any(|head| *head != fitting[0]) {
                let path = order.received.display();
                fail!("error.compare.several_columns", path, field, list = fitting.join(", "));
            }
            Ok(sheet.column(usual)?)
        }
        Some(name) => match sheet.column(&[name])? {
            Some(place) => Ok(Some(place)),
            None => fail!(
                "error.compare.has_no_column_has",
                received = order.received.display(),
                name,
                heads = sheet.heads.join(", ")
            ),
        },
    }
}

/// Key of a case, the same in the bill and in our own calculation: the contact's key if `by_contact` is set and the
/// reference names a contact, else the canonical form of the reference.
pub(super) fn key(reference: &str, by_contact: bool) -> String {
    match by_contact.then(|| contact_of(reference)) {
        Some(Ok(contact)) => contact.to_string(),
        // A word processor makes a long dash of a short one, and people put spaces about dashes and strokes.
        _ => {
            let dashes = ['\u{2010}', '\u{2011}', '\u{2013}', '\u{2014}', '\u{2212}'];
            let close =
                |text: &str, sign: &str| text.split(sign).map(str::trim).collect::<Vec<_>>().join(sign);
            text::canonical(&close(&close(&reference.replace(dashes, "-"), "-"), "/")).into_owned()
        }
    }
}
