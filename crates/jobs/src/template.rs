//! Workbooks to fill in, one for each small table that a user supplies. A filled-in workbook can be
//! given to its command unchanged.

use std::path::Path;

use domain::EventKind;
use paper::template::{Column, workbook};
use words::{Language, Message, message};

use crate::addresses::COLUMNS;
use crate::failure::{Result, fail};
use crate::law::AGREED;

/// A table that a user supplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A bill that was received: `compare --received`.
    Bill,
    /// A log of messages: `compare --log`.
    Log,
    /// Amounts on account: `settlement on-account --budget`.
    Budget,
    /// What a delivery covers: `settlement run --coverage`.
    Coverage,
    /// Addresses of the sender and the parties: `statement --addresses`.
    Addresses,
    /// Inhabitants by municipality, age and sex: `--people`.
    People,
    /// A municipality's own costs: `budget --costs`.
    Costs,
    /// Cooperation agreements: `--agreements`.
    Agreements,
}

/// Names of the messages in a log.
const MESSAGES: [&str; 6] = [
    "Melding om innlagt pasient",
    "Melding om utskrivningsklar pasient",
    "Kan ikke ta imot",
    "Kan ta imot",
    "Avmelding",
    "Utskrevet",
];

/// Name of the message on a departure.
pub const DEPARTED: &str = MESSAGES[5];

/// Name of the message that reports an event in a log; `None` if no message reports such an event.
pub fn message_of(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::AdmissionNotice => Some(MESSAGES[0]),
        EventKind::ReadinessNotice => Some(MESSAGES[1]),
        EventKind::CannotReceive => Some(MESSAGES[2]),
        EventKind::CanReceive => Some(MESSAGES[3]),
        EventKind::Withdrawn => Some(MESSAGES[4]),
        EventKind::Ready | EventKind::ReadyForTransfer => None,
    }
}

/// Writes the template of a table.
///
/// # Errors
/// Fails if the name is not that of a workbook, or if the workbook cannot be made or written.
pub fn write(kind: Kind, out: &Path, language: Language) -> Result<()> {
    if !out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx")) {
        fail!("error.template.no_workbook", path = out.display());
    }
    let (title, columns, examples) = table(kind);
    crate::folder::write(out, workbook(&language.say(&title), &columns, &examples, language)?)
}

/// Writes the template of a table, filled in with `rows` instead of the examples.
///
/// # Errors
/// Fails if the workbook cannot be made or written.
pub fn filled(
    kind: Kind,
    title: &Message,
    rows: &[Vec<String>],
    out: &Path,
    language: Language,
) -> Result<()> {
    let (_, columns, _) = table(kind);
    let rows: Vec<Vec<&str>> = rows.iter().map(|cells| cells.iter().map(String::as_str).collect()).collect();
    crate::folder::write(out, workbook(&language.say(title), &columns, &rows, language)?)
}

/// Title, columns and example rows of a template.
fn table(kind: Kind) -> (Message, Vec<Column>, Vec<Vec<&'static str>>) {
    match kind {
        Kind::Bill => (
            message!("template.bill"),
            vec![
                column("Saksnummer", message!("template.case")),
                column("Antall døgn", message!("template.days")),
                column("Beløp", message!("template.amount")),
            ],
            vec![vec!["S-1", "3", "12000,00"], vec!["S-2", "1", "4000,00"]],
        ),
        Kind::Log => (
            message!("template.log"),
            vec![
                column("Saksnummer", message!("template.case")),
                column("Dato", message!("template.date")),
                column("Klokkeslett", message!("template.hour")),
                Column {
                    choices: MESSAGES.map(str::to_owned).into(),
                    ..column("Melding", message!("template.message"))
                },
                column("Innleggelse", message!("template.admission")),
                column("Institusjon", message!("template.institution")),
            ],
            vec![
                vec!["S-1", "02.03.2012", "09:10", MESSAGES[0], "01.03.2012 22:00", "Helse Bergen HF"],
                vec!["S-1", "05.03.2012", "10:00", MESSAGES[1], "", "Helse Bergen HF"],
                vec!["S-1", "08.03.2012", "12:00", MESSAGES[5], "", "Helse Bergen HF"],
            ],
        ),
        Kind::Budget => (
            message!("template.budget"),
            vec![
                column("instrument", message!("template.instrument")),
                column("debtor", message!("template.debtor")),
                column("creditor", message!("template.creditor")),
                column("kroner", message!("template.kroner")),
            ],
            vec![vec!["KMF", "1201", "983658725", "240000000"], vec!["KMF", "0807", "991324968", "14000000"]],
        ),
        Kind::Coverage => (
            message!("template.coverage"),
            vec![
                column("unit", message!("template.unit")),
                column("from", message!("template.from")),
                column("to", message!("template.to")),
            ],
            vec![vec!["U1", "2012-01", "2012-03"], vec!["U2", "2012-01", "2012-02"]],
        ),
        Kind::Addresses => addresses(),
        Kind::Agreements => agreements(),
        Kind::Costs => costs(),
        Kind::People => (
            message!("template.people"),
            vec![
                column("municipality", message!("template.municipality")),
                column("age", message!("template.age")),
                Column {
                    choices: ["kvinne", "mann"].map(str::to_owned).into(),
                    ..column("sex", message!("template.sex"))
                },
                column("people", message!("template.count_of_people")),
            ],
            vec![vec!["0602", "0", "kvinne", "431"], vec!["0602", "0", "mann", "447"]],
        ),
    }
}

/// Title, columns and example rows of the table of agreements.
fn agreements() -> (Message, Vec<Column>, Vec<Vec<&'static str>>) {
    let about = [
        message!("template.agreed_trust"),
        message!("template.municipality"),
        message!("template.agreed_hours"),
        message!("template.agreed_from"),
        message!("template.agreed_to"),
        message!("template.agreed_reference"),
    ];
    let columns = AGREED.into_iter().zip(about).map(|(head, about)| column(head, about)).collect();
    let examples = vec![
        vec!["983974724", "1201", "24", "2012-01-01", "2012-12-31", "Samarbeidsavtale, delavtale 5"],
        vec!["983974724", "0602", "12", "2012-01-01", "", "Samarbeidsavtale, delavtale 3"],
    ];
    (message!("template.agreements"), columns, examples)
}

/// Title, columns and example rows of the table of a municipality's own costs. The amounts are made up.
fn costs() -> (Message, Vec<Column>, Vec<Vec<&'static str>>) {
    let kinds = crate::what_if::budget::kinds();
    let columns = vec![
        column("function", message!("template.function")),
        column("name", message!("template.cost_name")),
        Column { choices: kinds, ..column("kind", message!("template.cost_kind")) },
        column("kroner", message!("template.cost")),
        column("ages", message!("template.cost_ages")),
    ];
    let examples = vec![
        vec!["233", "Frisklivssentral (oppdiktet)", "forebygging", "1000000", ""],
        vec!["254", "Hjemmesykepleie (oppdiktet)", "behandling", "20000000", "80+"],
    ];
    (message!("template.costs"), columns, examples)
}

/// Title, columns and example rows of the table of addresses.
fn addresses() -> (Message, Vec<Column>, Vec<Vec<&'static str>>) {
    let about = [
        message!("template.party"),
        message!("template.organisation"),
        message!("template.account"),
        message!("template.reference"),
        message!("template.contact"),
        message!("template.telephone"),
        message!("template.email"),
        message!("template.registers"),
    ];
    let columns = COLUMNS.into_iter().zip(about).map(|(head, about)| column(head, about)).collect();
    let examples = vec![
        vec!["avsender", "", "86011117947", "", "Oppgjørsenheten", "00 00 00 00", "oppgjor@example.no", ""],
        vec!["0602", "", "", "6021-100", "", "", "", ""],
    ];
    (message!("template.addresses"), columns, examples)
}

fn column(head: &str, about: Message) -> Column {
    let is_number = ["Antall døgn", "Beløp", "kroner", "people"].contains(&head);
    Column { head: head.to_owned(), about, choices: Vec::new(), is_number }
}
