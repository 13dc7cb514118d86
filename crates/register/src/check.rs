//! The check of a delivered file: row by row, then the file as a whole. Accepted rows are written in the
//! program's own schema.
//!
//! Rows in = rows accepted + rows refused. A refused row is listed with its line, the reason and the remedy.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use words::{Language, Message, Said, message};

use domain::identifier::is_organisation;
use domain::spreadsheet;
use domain::{
    CareLevel, Day, DrgType, EventKind, Minute, Municipalities, Party, Residence, Sector, Service, Sex,
    UnitKind, Urgency,
};

use crate::csv_file::decimal;
use crate::drg_list::DrgList;
use crate::lacking::Lacking;
use crate::mapping::{FIELDS, Mapping, ResidenceKind, field};
use crate::parquet_file::{FileError, Writer, in_order};
use crate::schema::{
    CHECKED_KEY, Contact, Contacts, Event, LACKING_KEY, MISSING, OF_PERSONS_KEY, Other, PERSONS_KEY,
    REPORTED_KEY, RESIDENCE_KEY, SOURCE_KEY, SYNTHETIC_KEY, at, contact_key,
};
use crate::source::{Cells, Source};
use crate::text::{canonical, code, drg_code, is_national_number, may_be_grouped};

/// Greatest points of one contact, in thousandths. More than 150 points are taken for a misplaced decimal comma.
const ABSURD_POINTS: i64 = 150_000;

/// Greatest number of days of a contact: in somatic care, and in other sectors, where people may live.
const LONGEST: [i32; 2] = [5 * 366, 60 * 366];

/// Why a row is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A cell that must be filled is empty.
    Empty,
    /// A code that neither the mapping nor the program knows.
    UnknownCode,
    /// A text that is not a number or does not fit in 64 bits, one half of a number that a comma has cut in two, an age
    /// above 125, or a counted row that stands for no contacts.
    NotANumber,
    /// A text that is not a time, a day or, in counted rows, a year.
    NotATime,
    /// A municipality that never existed, or does not exist yet at discharge.
    UnknownMunicipality,
    /// A municipality that had become one or more other municipalities before the admission.
    MergedMunicipality,
    /// A DRG that is not in the year's list.
    DrgNotInList,
    /// A weight that differs from the weight in the year's list.
    WeightDiffers,
    DischargeBeforeAdmission,
    NegativePoints,
    /// A number below zero in another field than points.
    Negative,
    /// A count of whole things, given with decimals.
    NotWhole,
    /// More than 150 points per contact.
    AbsurdPoints,
    /// A contact id that an earlier line also has.
    DuplicateContact,
    /// An overnight contact with the same person, unit, admission and discharge as another overnight contact.
    StayTwice,
    /// A row with more or fewer cells than the head.
    CellCount,
    /// A number that does not fit in 32 bits, in the unit in which the program keeps it (points in thousandths).
    TooLarge,
    /// A contact without a discharge, if [`Check::running_at`] is `None`.
    NotDischarged,
    /// A trust with a code of another kind of party, or a unit that stands in place of a trust and has such a code.
    NotAnInstitution,
    /// A cell with a control character, such as a line end.
    ControlCharacter,
    /// A cell with an opening quote that is not closed in the cell.
    StrayQuote,
    /// A cell with a byte that is no character in the file's encoding.
    BadLetter,
    /// A stay of more than five years in somatic care, or of more than sixty in other sectors: a year is mistyped.
    LongStay,
    /// A patient who is ready for discharge, or reported so, on a day before the admission of the stay.
    ReadyBeforeAdmission,
    /// A key that a spreadsheet has rounded, as `1,23457E+11`: several keys may have become the same.
    SpoiledKey,
}

impl Reason {
    /// Every reason, in the order of their declaration.
    pub const ALL: [Reason; 25] = [
        Reason::Empty,
        Reason::UnknownCode,
        Reason::NotANumber,
        Reason::NotATime,
        Reason::UnknownMunicipality,
        Reason::MergedMunicipality,
        Reason::DrgNotInList,
        Reason::WeightDiffers,
        Reason::DischargeBeforeAdmission,
        Reason::NegativePoints,
        Reason::Negative,
        Reason::NotWhole,
        Reason::AbsurdPoints,
        Reason::DuplicateContact,
        Reason::StayTwice,
        Reason::CellCount,
        Reason::TooLarge,
        Reason::NotDischarged,
        Reason::NotAnInstitution,
        Reason::ControlCharacter,
        Reason::StrayQuote,
        Reason::BadLetter,
        Reason::LongStay,
        Reason::ReadyBeforeAdmission,
        Reason::SpoiledKey,
    ];

    /// Code for programs, such as `not-a-time`.
    pub const fn code(self) -> &'static str {
        CODES[self as usize].0
    }

    /// What is wrong with the row.
    pub fn fault(self) -> Message {
        Message::under("check.fault", self.code())
    }

    /// What to do about the row.
    pub fn remedy(self) -> Message {
        Message::under("check.remedy", self.code())
    }

    /// Who can mend the row.
    pub fn mender(self) -> Message {
        Message::under("mender", CODES[self as usize].1)
    }
}

/// Code, and who can mend the row, in the order of [`Reason::ALL`].
const CODES: [(&str, &str); 25] = [
    ("empty", "hospital"),
    ("unknown-code", "extractor"),
    ("not-a-number", "extractor"),
    ("not-a-time", "extractor"),
    ("unknown-municipality", "hospital"),
    ("merged-municipality", "hospital"),
    ("drg-not-in-list", "directorate"),
    ("weight-differs", "directorate"),
    ("discharge-before-admission", "hospital"),
    ("negative-points", "extractor"),
    ("negative", "hospital"),
    ("not-whole", "extractor"),
    ("absurd-points", "extractor"),
    ("duplicate-contact", "extractor"),
    ("stay-twice", "hospital"),
    ("cell-count", "extractor"),
    ("too-large", "extractor"),
    ("not-discharged", "nobody"),
    ("not-an-institution", "extractor"),
    ("control-character", "extractor"),
    ("stray-quote", "extractor"),
    ("bad-letter", "extractor"),
    ("long-stay", "hospital"),
    ("ready-before-admission", "hospital"),
    ("spoiled-key", "extractor"),
];

/// A refused row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Line in the file (CSV) or row (Parquet), from 1.
    pub line: u64,
    /// Contact id as written in the file: `institution/episode` if two columns make the id.
    pub contact: String,
    /// Key of the contact; `None` if the row gives no key.
    pub key: Option<i64>,
    /// Name of the field, or `row` if the number of cells is wrong.
    pub field: &'static str,
    /// Value as written; or the two values that were compared; or, if the check of the whole file refused the
    /// row, a sentence that names the earlier line with the same contact or stay.
    pub value: Message,
    pub reason: Reason,
}

/// Result of a check.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Format of the file in words, such as `CSV, semicolon, UTF-8`.
    pub described: Message,
    /// Id of the mapping that was used.
    pub mapping: String,
    pub rows: u64,
    pub accepted: u64,
    /// Refused rows, in order of line.
    pub refused: Vec<Refusal>,
    /// Oddities for which no row is refused: text of each oddity, and how often the oddity was found.
    pub warnings: BTreeMap<Message, u64>,
    /// What the rows lack that the row-by-row check accepted; of counted figures, nothing.
    pub lacking: Lacking,
    /// First and last day of discharge among the rows that the row-by-row check accepted; `None` if it accepted none.
    pub discharged: Option<(Day, Day)>,
}

impl Report {
    /// Refuses a row for what other rows of the file hold.
    fn refuse(&mut self, line: u64, contact: i64, field: &'static str, value: Message, reason: Reason) {
        let (key, contact) = (Some(contact), contact.to_string());
        self.refused.push(Refusal { line, contact, key, field, value, reason });
    }

    /// Refused rows by reason: their number, and the lines of the first five.
    pub fn by_reason(&self) -> BTreeMap<Reason, (u64, Vec<u64>)> {
        let mut out: BTreeMap<Reason, (u64, Vec<u64>)> = BTreeMap::new();
        for refusal in &self.refused {
            let entry = out.entry(refusal.reason).or_default();
            entry.0 += 1;
            if entry.1.len() < 5 {
                entry.1.push(refusal.line);
            }
        }
        out
    }

    /// Text of the table `refused.csv`. With a language, the table is for people: it has semicolons, and a
    /// byte-order mark so that spreadsheets show every letter. With `None`, the table is for programs: it has
    /// commas and English keys.
    pub fn refused_csv(&self, language: Option<Language>) -> String {
        const HEADS: [&str; 8] =
            ["line", "contact", "field", "value", "reason", "explanation", "remedy", "who_can_mend"];
        let (mark, separator) = if language.is_some() { ("\u{feff}", ';') } else { ("", ',') };
        let cell = |text: &str| {
            let text = if language.is_some() { spreadsheet::shown(text) } else { text.into() };
            let quoted = text.contains([separator, '"', '\n', '\r']);
            if quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into_owned() }
        };
        let line = |cells: [String; 8]| {
            let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
            format!("{}\n", cells.join(&separator.to_string()))
        };
        let words = language.unwrap_or(Language::En);
        let head = |key: &str| language.map_or_else(|| key.to_owned(), |l| l.text(&format!("column.{key}")));
        let mut out = mark.to_owned() + &line(HEADS.map(head));
        for refusal in &self.refused {
            let reason = refusal.reason;
            out.push_str(&line([
                refusal.line.to_string(),
                refusal.contact.clone(),
                refusal.field.to_owned(),
                words.say(&refusal.value),
                reason.code().to_owned(),
                words.say(&reason.fault()),
                words.say(&reason.remedy()),
                words.say(&reason.mender()),
            ]));
        }
        out
    }
}

/// A file that cannot be checked at all.
#[derive(Debug)]
pub enum CheckError {
    /// The file cannot be read, or the checked file cannot be written.
    File(FileError),
    /// The output is the input file itself, at this path.
    SameFile(String),
    /// Two columns have the same name.
    TwoColumns { file: String, column: String },
    /// The file lacks columns that must be there.
    MissingColumns {
        file: String,
        /// Every field that must be filled and has neither a column nor a constant; at least one.
        missing: Vec<Missing>,
        /// Column names of the file.
        has: String,
    },
}

/// A field that must be filled, for which the file has no column and the mapping no constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub field: &'static str,
    /// Column names that the mapping looks for.
    pub wanted: String,
    /// A column of the file with a similar name; `None` if there is none.
    pub near: Option<String>,
}

impl Said for Missing {
    fn said(&self) -> Message {
        let Missing { field, wanted, near } = self;
        match near {
            None => message!("error.check.missing", field, wanted),
            Some(near) => message!("error.check.missing_near", field, wanted, near),
        }
    }
}

words::english_error!(CheckError);

impl Said for CheckError {
    fn said(&self) -> Message {
        match self {
            CheckError::File(inner) => inner.said(),
            CheckError::SameFile(value) => message!("error.check.same_file", value),
            CheckError::TwoColumns { file, column } => message!("error.check.two_columns", file, column),
            CheckError::MissingColumns { file, missing, has } => {
                let missing = Message::joined(missing.iter().map(Missing::said).collect(), ", ");
                message!("error.check.missing_columns", file, missing, has)
            }
        }
    }
}

impl From<FileError> for CheckError {
    fn from(error: FileError) -> CheckError {
        CheckError::File(error)
    }
}

/// Reference data and options of a check.
pub struct Check<'a> {
    pub mapping: &'a Mapping,
    pub municipalities: &'a Municipalities,
    /// The year's list of DRGs; `None` if DRGs and weights are compared with no list.
    pub drg_list: Option<&'a DrgList>,
    pub threads: usize,
    /// Time at which a list of running cases is drawn up. A contact without a discharge is taken as discharged one
    /// minute after this time, or at its admission if the admission is later. `None` in a settlement, which refuses
    /// such a contact.
    pub running_at: Option<Minute>,
}

/// Where the values of a field come from: columns of the file, a constant, and a translation of codes.
#[derive(Debug, Clone, Default)]
struct Origin {
    columns: Vec<usize>,
    constant: String,
    values: Option<BTreeMap<String, String>>,
}

/// Fields of a contact that need a column or a constant in the mapping.
const REQUIRED: &[usize] = &[
    field::CONTACT_ID,
    field::UNIT,
    field::UNIT_KIND,
    field::SECTOR,
    field::CARE_LEVEL,
    field::ADMITTED,
    field::DISCHARGED,
    field::MUNICIPALITY_OF_REGISTRATION,
    field::POINTS,
];
/// Fields of a counted row that need a column or a constant in the mapping.
const REQUIRED_COUNTED: &[usize] =
    &[field::YEAR, field::CARE_LEVEL, field::MUNICIPALITY_OF_REGISTRATION, field::CONTACTS, field::POINTS];
/// Fields that use every column that the mapping lists: the columns of an id are joined into one key, and a column
/// of event kinds is paired with a column of event times.
const JOINED: &[usize] = &[field::CONTACT_ID, field::STAY_ID, field::EVENT_KINDS, field::EVENT_TIMES];

struct Checker<'a> {
    check: &'a Check<'a>,
    from: Vec<Origin>,
    file: String,
    /// Number of columns in the head.
    heads: usize,
}

/// Facts of a row that the checks of the whole file compare.
struct Keys {
    contact: i64,
    stay: i64,
    person: i64,
    line: u64,
    sex: Sex,
    /// Year of birth, estimated from the age; `None` if the age is unknown.
    born: Option<i16>,
    /// Whether the row names its stay; a row that does not is a stay by itself.
    has_stay: bool,
    /// Whether the patient was ready on a day before the admission, or after the discharge.
    ready: [bool; 2],
}

/// Person ids that cannot belong to one person.
#[derive(Default)]
struct Persons {
    /// Ids with two sexes, or with years of birth too far apart; placeholders are among them. Stays under such an
    /// id are not compared with each other.
    suspicious: BTreeSet<i64>,
    /// Ids with so many years of birth that each id may stand for anybody. The checked file gives no person for
    /// such an id.
    placeholders: BTreeSet<i64>,
}

/// Number of years by which the births of one person may seem to differ, since ages are whole years and may be
/// given for different days.
const BIRTHS_APART: i16 = 2;
/// Number of different years of birth that makes an id a placeholder, if the years are too far apart.
const BIRTHS_OF_ANYBODY: usize = 5;

struct Night {
    person: i64,
    unit: i64,
    admitted: i64,
    discharged: i64,
    line: u64,
    contact: i64,
}

#[derive(Default)]
struct Piece {
    rows: u64,
    refused: Vec<Refusal>,
    warnings: BTreeMap<Message, u64>,
    keys: Vec<Keys>,
    nights: Vec<Night>,
    discharged: Option<(Day, Day)>,
    lacking: Lacking,
    /// Number of rows with a person, and number of these whose person id is a national identity number.
    persons: (u64, u64),
    /// Of counted figures: a key of the whole row.
    rows_of_figures: Vec<i64>,
    /// Of counted figures: numbers of rows whose points have a decimal comma, and whose points may be thousands (`1.234`).
    points: (u64, u64),
}

/// Checks a file, and writes the accepted rows to `out` if given. `progress` is called with the number of
/// pieces done and the number in all; with `out`, every piece counts twice, since the file is read twice.
///
/// # Errors
/// Fails if the file cannot be read, lacks a required column, or has two columns of the same name that the mapping
/// uses; or if `out` is the file itself or cannot be written.
pub fn check_file(
    path: &Path,
    check: &Check,
    out: Option<&Path>,
    mut progress: impl FnMut(usize, usize),
) -> Result<Report, CheckError> {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    if out.is_some_and(|out| real(out).is_some() && real(out) == real(path)) {
        return Err(CheckError::SameFile(path.display().to_string()));
    }
    let source = Source::open(path, check.threads)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (from, used) = columns(&source.heads(), check.mapping, &name)?;
    let source = source.only(&used)?;
    let checker = Checker { check, from, file: name, heads: source.heads().len() };
    let lost = || FileError::Worker { path: path.to_path_buf() };
    let mut report =
        Report { described: source.described(), mapping: check.mapping.id.clone(), ..Report::default() };
    // A mapping with `whole_numbers` reads the program's own schema. The columns that such a mapping leaves out are
    // derived and computed again, and need no warning.
    let ignored = source.heads().into_iter().zip(&used).filter(|(_, used)| !**used);
    for (head, _) in ignored.filter(|_| !check.mapping.whole_numbers) {
        report.warnings.insert(message!("check.column_not_read", head), 1);
    }
    let (mut keys, mut nights, mut persons) = (Vec::new(), Vec::new(), (0, 0));
    let (mut rows_of_figures, mut lacking, mut points) = (Vec::new(), Lacking::default(), (0, 0));
    let steps = source.pieces() * if out.is_some() { 2 } else { 1 };
    in_order(
        source.pieces(),
        check.threads,
        |piece| checker.first_pass(&source, piece),
        |piece, found: Piece| {
            report.rows += found.rows;
            report.refused.extend(found.refused);
            for (warning, count) in found.warnings {
                *report.warnings.entry(warning).or_default() += count;
            }
            report.discharged = widest(report.discharged, found.discharged);
            keys.extend(found.keys);
            nights.extend(found.nights);
            rows_of_figures.extend(found.rows_of_figures);
            points = (points.0 + found.points.0, points.1 + found.points.1);
            lacking.add(&found.lacking);
            persons = (persons.0 + found.persons.0, persons.1 + found.persons.1);
            progress(piece + 1, steps);
            Ok(())
        },
        lost,
    )?;
    report.lacking = lacking;
    if report.rows == 0 {
        report.warnings.insert(message!("check.no_rows"), 0);
    }
    rows_of_figures.sort_unstable();
    let twice = rows_of_figures.windows(2).filter(|pair| pair[0] == pair[1]).count();
    if twice > 0 {
        report.warnings.insert(message!("check.same_rows"), twice as u64);
    }
    if points.0 > 0 && points.1 > 0 {
        report.warnings.insert(message!("check.points_grouped"), points.1);
    }
    if persons.1 * 2 > persons.0 {
        report.warnings.insert(message!("check.national_numbers"), persons.1);
    }
    let known = persons_of(&mut keys, &mut report);
    let several = whole_file(keys, nights, &known, &mut report);
    checker.name_refused(&source, &mut report)?;
    report.refused.sort_by_key(|refusal| refusal.line);
    report.accepted = report.rows - report.refused.len() as u64;
    if let Some(out) = out {
        checker.write(&source, out, &report, (&several, &known), |piece| {
            progress(source.pieces() + piece, steps)
        })?;
    }
    Ok(report)
}

fn widest(one: Option<(Day, Day)>, other: Option<(Day, Day)>) -> Option<(Day, Day)> {
    match (one, other) {
        (Some((from, to)), Some((first, last))) => {
            Some((std::cmp::min(from, first), std::cmp::max(to, last)))
        }
        (one, other) => one.or(other),
    }
}

/// Whether columns with these names give every field that the mapping must fill; also false if two columns that the
/// mapping uses have the same name.
pub fn fits(heads: &[String], mapping: &Mapping) -> bool {
    columns(heads, mapping, "").is_ok()
}

/// Finds the columns of each field, and whether a field uses each column of the file.
fn columns(heads: &[String], mapping: &Mapping, file: &str) -> Result<(Vec<Origin>, Vec<bool>), CheckError> {
    let lower: Vec<String> = heads.iter().map(|head| head.to_lowercase()).collect();
    let mut used = vec![false; heads.len()];
    let (mut from, mut missing) = (Vec::new(), Vec::new());
    let required = if mapping.counted { REQUIRED_COUNTED } else { REQUIRED };
    for (place, name) in FIELDS.iter().enumerate() {
        let wanted = mapping.columns.get(*name).cloned().unwrap_or_default();
        let mut found: Vec<usize> = wanted
            .iter()
            .filter_map(|name| lower.iter().position(|head| *head == name.to_lowercase()))
            .collect();
        // Kinds and times are paired by place, so a missing column keeps its place.
        if place == field::EVENT_KINDS || place == field::EVENT_TIMES {
            let at = |name: &String| lower.iter().position(|head| *head == name.to_lowercase());
            found = wanted.iter().map(|name| at(name).unwrap_or(usize::MAX)).collect();
        }
        let same = |head: &usize| lower.iter().skip(head + 1).any(|other| *other == lower[*head]);
        if let Some(head) = found.iter().find(|head| **head < lower.len() && same(head)) {
            return Err(CheckError::TwoColumns { file: file.to_owned(), column: heads[*head].clone() });
        }
        let joined = JOINED.contains(&place);
        if !joined {
            found.truncate(1);
        }
        // A key of several columns needs every column. Some of the event columns may be missing.
        let partial = joined && found.len() < wanted.len() && place <= field::STAY_ID;
        let constant = mapping.constants.get(*name).cloned().unwrap_or_default();
        if required.contains(&place) && (found.is_empty() && constant.is_empty() || partial) {
            let near = heads.iter().find(|head| wanted.iter().any(|name| alike(head, name)));
            let wanted = if wanted.is_empty() { (*name).to_owned() } else { wanted.join(", ") };
            missing.push(Missing { field: name, wanted, near: near.cloned() });
        }
        if partial {
            found.clear();
        }
        for column in found.iter().filter(|column| **column != usize::MAX) {
            used[*column] = true;
        }
        from.push(Origin { columns: found, constant, values: mapping.values.get(*name).cloned() });
    }
    if !missing.is_empty() {
        return Err(CheckError::MissingColumns { file: file.to_owned(), missing, has: heads.join(", ") });
    }
    Ok((from, used))
}

/// Whether one name may be a misspelling of the other: both have the same first letter, and the number of letters of
/// `one` that also occur in `other` is at least the length of the longer name less two. Two names of at most two
/// letters each are never alike.
fn alike(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let shared = one.chars().filter(|letter| other.contains(*letter)).count();
    let longest = std::cmp::max(one.chars().count(), other.chars().count());
    longest > 2 && shared + 2 >= longest && one.chars().next() == other.chars().next()
}

/// Finds ids that stand for more than one person, and warns of these ids. Sorts the keys by person.
fn persons_of(keys: &mut [Keys], report: &mut Report) -> Persons {
    keys.sort_unstable_by_key(|key| (key.person, key.line));
    let mut out = Persons::default();
    let (mut contacts, mut of_anybody) = (0, 0);
    for same in keys.chunk_by(|one, other| one.person == other.person).filter(|same| same[0].person != 0) {
        let births: BTreeSet<i16> = same.iter().filter_map(|key| key.born).collect();
        let apart = births.last().zip(births.first()).map_or(0, |(last, first)| last - first);
        let has = |sex: Sex| same.iter().any(|key| key.sex == sex);
        if births.len() >= BIRTHS_OF_ANYBODY && apart > BIRTHS_APART {
            out.placeholders.insert(same[0].person);
            of_anybody += same.len() as u64;
        } else if apart > BIRTHS_APART || (has(Sex::Woman) && has(Sex::Man)) {
            contacts += same.len() as u64;
        } else {
            continue;
        }
        out.suspicious.insert(same[0].person);
    }
    for (count, warning) in [
        (
            contacts,
            message!("check.persons_of_several", persons = out.suspicious.len() - out.placeholders.len()),
        ),
        (of_anybody, message!("check.persons_of_anybody", persons = out.placeholders.len())),
    ] {
        if count > 0 {
            report.warnings.insert(warning, count);
        }
    }
    out
}

/// Refuses contacts and stays that occur twice; warns of overlaps and of stays with several persons. Returns the
/// number of contacts of each stay with more than one contact.
fn whole_file(
    mut keys: Vec<Keys>,
    mut nights: Vec<Night>,
    known: &Persons,
    report: &mut Report,
) -> BTreeMap<i64, i32> {
    keys.sort_unstable_by_key(|key| (key.contact, key.line));
    let mut gone = BTreeSet::new();
    for same in keys.chunk_by(|one, other| one.contact == other.contact) {
        for later in &same[1..] {
            gone.insert(later.line);
            let first = message!("check.first_in_line", line = same[0].line);
            report.refuse(later.line, later.contact, "contact_id", first, Reason::DuplicateContact);
        }
    }
    nights.retain(|night| !gone.contains(&night.line) && !known.suspicious.contains(&night.person));
    nights.sort_unstable_by_key(|night| {
        (night.person, night.admitted, night.discharged, night.unit, night.line)
    });
    let mut overlaps = 0;
    for pair in nights.windows(2) {
        let (one, other) = (&pair[0], &pair[1]);
        if one.person != other.person || other.admitted >= one.discharged {
            continue;
        }
        let same =
            one.unit == other.unit && one.admitted == other.admitted && one.discharged == other.discharged;
        if same {
            gone.insert(other.line);
            let same_as = message!("check.same_as_in_line", line = one.line);
            report.refuse(other.line, other.contact, "admitted", same_as, Reason::StayTwice);
        } else {
            overlaps += 1;
        }
    }
    if overlaps > 0 {
        report.warnings.insert(message!("check.overlapping_nights"), overlaps);
    }
    keys.retain(|key| !gone.contains(&key.line));
    keys.sort_unstable_by_key(|key| (key.stay, key.person));
    refuse_early(&mut keys, report);
    let mixed = keys.chunk_by(|one, other| one.stay == other.stay);
    let mixed =
        mixed.filter(|stay| stay.first().map(|key| key.person) != stay.last().map(|key| key.person)).count();
    if mixed > 0 {
        report.warnings.insert(message!("check.mixed_stays"), mixed as u64);
    }
    keys.chunk_by(|one, other| one.stay == other.stay)
        .filter(|stay| stay.len() > 1)
        .map(|stay| (stay[0].stay, stay.len() as i32))
        .collect()
}

/// Refuses contacts that are a stay by themselves and whose patient was ready on a day before the admission. Warns of other
/// stays of one contact in the file that have messages from before it or after it: the stay may have more contacts, which
/// hold them too. `keys` are sorted by stay.
fn refuse_early(keys: &mut Vec<Keys>, report: &mut Report) {
    let mut gone = BTreeSet::new();
    let mut odd = [0, 0];
    for stay in keys.chunk_by(|one, other| one.stay == other.stay) {
        let [only] = stay else { continue };
        for (count, is_so) in odd.iter_mut().zip(only.ready) {
            *count += u64::from(is_so && only.has_stay);
        }
        if only.ready[0] && !only.has_stay {
            gone.insert(only.line);
            let (none, reason) = (Message::default(), Reason::ReadyBeforeAdmission);
            report.refuse(only.line, only.contact, "events", none, reason);
        }
    }
    for (count, warning) in
        odd.into_iter().zip(["check.ready_before_admission", "check.ready_after_discharge"])
    {
        if count > 0 {
            report.warnings.insert(Message::of(warning), count);
        }
    }
    keys.retain(|key| !gone.contains(&key.line));
}

/// Reasons for which the check of the whole file refuses a row.
const OF_WHOLE_FILE: [Reason; 3] =
    [Reason::DuplicateContact, Reason::StayTwice, Reason::ReadyBeforeAdmission];

/// Days on which a patient was ready for discharge, or reported so.
fn ready_days(events: &[Event]) -> impl Iterator<Item = Day> {
    let ready =
        events.iter().filter(|event| matches!(event.kind, EventKind::Ready | EventKind::ReadinessNotice));
    ready.map(|event| event.at.day())
}

type Refused = (&'static str, Message, Reason);

/// What a row holds that does not stand in its cells as it is read.
#[derive(Default)]
struct Buffers {
    events: Vec<Event>,
    /// Codes of the unit, the trust, the two municipalities and the DRG, where the cell has another text; and the extract's
    /// key of the contact.
    codes: [String; 6],
}

impl Checker<'_> {
    fn first_pass(&self, source: &Source, piece: usize) -> Result<Piece, FileError> {
        let mut out = Piece::default();
        let mut buffers = Buffers::default();
        source.rows(piece, |line, cells| {
            out.rows += 1;
            match self.row(line, cells, &mut buffers, &mut out.warnings) {
                Err((field, value, reason)) => {
                    let contact = self.named(cells);
                    let key = self.key(cells, field::CONTACT_ID).ok().flatten();
                    out.refused.push(Refusal { line, contact, key, field, value, reason });
                }
                Ok(contact) => {
                    let (contact_id, stay) = (contact.contact_id, contact.stay_id);
                    let day = contact.discharged.day();
                    let (person, sex) = (contact.person_id, contact.sex);
                    let age = i16::try_from(contact.age).ok().filter(|_| contact.age != MISSING);
                    let born = age.map(|age| day.year() - age);
                    let admitted = contact.admitted.day();
                    let ready = [
                        ready_days(contact.events).any(|at| at < admitted),
                        ready_days(contact.events).any(|at| at > day),
                    ];
                    let has_stay = matches!(self.key(cells, field::STAY_ID), Ok(Some(_)));
                    out.keys.push(Keys {
                        contact: contact_id,
                        stay,
                        person,
                        line,
                        sex,
                        born,
                        has_stay,
                        ready,
                    });
                    if self.check.mapping.counted {
                        out.rows_of_figures.push(self.whole_row(cells));
                        let points = self.text(cells, field::POINTS);
                        out.points.0 += u64::from(points.contains(','));
                        out.points.1 += u64::from(may_be_grouped(points));
                    } else {
                        out.lacking.count(&contact, has_stay);
                    }
                    if person != 0 {
                        out.persons.0 += 1;
                        out.persons.1 += u64::from(is_national_number(self.text(cells, field::PERSON_ID)));
                    }
                    out.discharged = widest(out.discharged, Some((day, day)));
                    if contact.care_level == CareLevel::Overnight
                        && contact.contacts == 1
                        && contact.person_id != 0
                    {
                        out.nights.push(Night {
                            person: contact.person_id,
                            unit: contact_key(contact.unit, ""),
                            admitted: contact.admitted.number(),
                            discharged: contact.discharged.number(),
                            line,
                            contact: contact_id,
                        });
                    }
                }
            }
        })?;
        Ok(out)
    }

    /// Gives the rows that the check of the whole file refused their contact ids as written.
    fn name_refused(&self, source: &Source, report: &mut Report) -> Result<(), FileError> {
        let by_whole = |refusal: &&mut Refusal| OF_WHOLE_FILE.contains(&refusal.reason);
        let wanted: BTreeSet<u64> =
            report.refused.iter_mut().filter(by_whole).map(|refusal| refusal.line).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let mut names: BTreeMap<u64, String> = BTreeMap::new();
        in_order(
            source.pieces(),
            self.check.threads,
            |piece| {
                let mut found = Vec::new();
                source.rows(piece, |line, cells| {
                    if wanted.contains(&line) {
                        found.push((line, self.named(cells)));
                    }
                })?;
                Ok(found)
            },
            |_, found| {
                names.extend(found);
                Ok(())
            },
            || FileError::Worker { path: PathBuf::from(&self.file) },
        )?;
        for refusal in report.refused.iter_mut().filter(by_whole) {
            if let Some(name) = names.remove(&refusal.line) {
                refusal.contact = name;
            }
        }
        Ok(())
    }

    /// Reads the file a second time and writes the rows that were not refused.
    fn write(
        &self,
        source: &Source,
        out: &Path,
        report: &Report,
        (several, known): (&BTreeMap<i64, i32>, &Persons),
        mut progress: impl FnMut(usize),
    ) -> Result<(), FileError> {
        let refused: BTreeSet<u64> = report.refused.iter().map(|refusal| refusal.line).collect();
        let mapping = self.check.mapping;
        let residence = match mapping.residence {
            ResidenceKind::Municipality => "municipality",
            ResidenceKind::Area => "area",
        };
        let mut footer = BTreeMap::from([
            (CHECKED_KEY.to_owned(), format!("samspill check, mapping {}", mapping.id)),
            (RESIDENCE_KEY.to_owned(), residence.to_owned()),
            (SOURCE_KEY.to_owned(), self.file.clone()),
            (REPORTED_KEY.to_owned(), self.reported_fields()),
            ("samspill.counted".to_owned(), if mapping.counted { "yes" } else { "no" }.to_owned()),
            ("samspill.region".to_owned(), self.from[field::REGION].constant.clone()),
            (LACKING_KEY.to_owned(), report.lacking.text()),
        ]);
        // A synthetic register is still marked as synthetic after another check.
        if let Source::Table { reader, .. } = source {
            for key in [SYNTHETIC_KEY, PERSONS_KEY, OF_PERSONS_KEY] {
                let carried = reader.footer().get(key).map(|value| (key.to_owned(), value.clone()));
                footer.extend(carried);
            }
        }
        let with_keys = self.has_keys();
        let mut writer = Writer::contacts(out, &footer, with_keys)?;
        let encoder = writer.encoder();
        in_order(
            source.pieces(),
            self.check.threads,
            |piece| {
                let mut contacts = Contacts::new();
                let (mut buffers, mut warnings) = (Buffers::default(), BTreeMap::new());
                source.rows(piece, |line, cells| {
                    if refused.contains(&line) {
                        return;
                    }
                    if let Ok(mut contact) = self.row(line, cells, &mut buffers, &mut warnings) {
                        if known.placeholders.contains(&contact.person_id) {
                            contact.person_id = 0;
                        }
                        contacts.push(&contact);
                    }
                })?;
                let rows = contacts.longs(at::STAY_ID).iter();
                let rows = rows.map(|stay| several.get(stay).copied().unwrap_or(1)).collect();
                contacts.set_ints(at::STAY_ROWS, rows);
                let batch = contacts.to_record_batch(with_keys).map_err(FileError::arrow(out))?;
                encoder.encode(&batch).map_err(FileError::parquet(out))
            },
            |piece, encoded| {
                progress(piece + 1);
                writer.append(encoded)
            },
            || FileError::Worker { path: out.to_path_buf() },
        )?;
        let written = writer.finish()?;
        assert_eq!(written, report.accepted, "every accepted row is written");
        Ok(())
    }

    /// Text of a field, translated by the mapping; the mapping's constant if the cell is empty or a sign of a missing
    /// value, or if the mapping translates its text to the empty text.
    fn text<'a>(&'a self, cells: &'a dyn Cells, field: usize) -> &'a str {
        let raw = self.raw(cells, field);
        let Some(values) = &self.from[field].values else { return raw };
        // A column of whole numbers that has empty cells is written by pandas as 1.0.
        match values.get(raw).or_else(|| values.get(code(raw).as_ref())).map(String::as_str) {
            Some("") => &self.from[field].constant,
            Some(word) => word,
            None => raw,
        }
    }

    /// Text of a field's first column as it stands, or the mapping's constant if the cell is empty or a sign of a
    /// missing value.
    fn raw<'a>(&'a self, cells: &'a dyn Cells, field: usize) -> &'a str {
        let from = &self.from[field];
        let text = from.columns.first().map_or("", |column| self.filled(cells.cell(*column)));
        if text.is_empty() { &from.constant } else { text }
    }

    /// Text of a cell; empty if it is one of the mapping's signs of a missing value.
    fn filled<'a>(&self, cell: &'a str) -> &'a str {
        let mut signs = self.check.mapping.missing.iter();
        if signs.any(|sign| sign.eq_ignore_ascii_case(cell)) { "" } else { cell }
    }

    /// Names of the fields that get a value from a column or a constant, separated by commas. The constant
    /// `unknown` does not count. Bed days are always there for contacts: without a column they are the nights.
    fn reported_fields(&self) -> String {
        let has_nights = |name: &str| name == FIELDS[field::BED_DAYS] && !self.check.mapping.counted;
        let has_value = |from: &Origin| {
            from.columns.iter().any(|column| *column != usize::MAX)
                || !matches!(from.constant.as_str(), "" | "unknown")
        };
        let names = FIELDS.iter().zip(&self.from).filter(|(name, from)| has_nights(name) || has_value(from));
        names.map(|(name, _)| *name).collect::<Vec<_>>().join(",")
    }

    fn required<'a>(&'a self, cells: &'a dyn Cells, field: usize) -> Result<&'a str, Refused> {
        match self.text(cells, field) {
            "" => Err((FIELDS[field], Message::plain(""), Reason::Empty)),
            text => Ok(text),
        }
    }

    /// Value of a field that must hold a code of the program's own vocabulary, once the mapping has translated the
    /// text.
    fn coded<T>(
        &self,
        cells: &dyn Cells,
        field: usize,
        read: impl Fn(&str) -> Result<T, domain::UnknownCode>,
    ) -> Result<T, Refused> {
        let unknown = |_| (FIELDS[field], Message::plain(self.raw(cells, field)), Reason::UnknownCode);
        let text = self.required(cells, field)?;
        read(text).or_else(|_| read(&text.to_lowercase())).map_err(unknown)
    }

    fn number(&self, cells: &dyn Cells, field: usize, decimals: u32) -> Result<Option<i64>, Refused> {
        let text = self.text(cells, field);
        if text.is_empty() || text == "(tom)" {
            return Ok(None);
        }
        let decimals = if self.check.mapping.whole_numbers { 0 } else { decimals };
        // A count of whole things is not rounded: an age of 79,5 is not 80.
        // Nor is a number of things that may be a thousand: 1.000.
        let is_whole = decimals > 0
            || (decimal(text, 6).is_none_or(|millionths| millionths % 1_000_000 == 0)
                && !may_be_grouped(text));
        if !is_whole {
            return Err((FIELDS[field], Message::plain(text), Reason::NotWhole));
        }
        // If a field may have decimals, `017` is taken for one half of a number that a comma has cut into two
        // cells.
        let is_cut = decimals > 0
            && text.len() > 1
            && text.starts_with('0')
            && text.bytes().all(|b| b.is_ascii_digit());
        match decimal(text, decimals) {
            Some(_) if is_cut => Err((FIELDS[field], Message::plain(text), Reason::NotANumber)),
            Some(number) if number < 0 && field != field::POINTS => {
                Err((FIELDS[field], Message::plain(text), Reason::Negative))
            }
            Some(number) if i32::try_from(number).is_ok() => Ok(Some(number)),
            Some(_) => Err((FIELDS[field], Message::plain(text), Reason::TooLarge)),
            None => Err((FIELDS[field], Message::plain(text), Reason::NotANumber)),
        }
    }

    fn yes(&self, cells: &dyn Cells, field: usize) -> Result<bool, Refused> {
        let text = self.text(cells, field);
        let word = code(text);
        let is_any = |words: [&str; 4]| words.iter().any(|one| word.eq_ignore_ascii_case(one));
        match word.is_empty() {
            true => Ok(false),
            false if is_any(["0", "no", "nei", "false"]) => Ok(false),
            false if is_any(["1", "yes", "ja", "true"]) => Ok(true),
            false => Err((FIELDS[field], Message::plain(text), Reason::UnknownCode)),
        }
    }

    fn time(&self, text: &str) -> Option<Minute> {
        if self.check.mapping.whole_numbers
            && (6..=11).contains(&text.len())
            && text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit())
        {
            // Civil minutes since 1970-01-01.
            return text.parse().ok().map(Minute::from_number);
        }
        crate::text::time(text)
    }

    fn day(&self, cells: &dyn Cells, field: usize) -> Result<Option<Day>, Refused> {
        match self.text(cells, field) {
            "" => Ok(None),
            text => match self.time(text) {
                Some(at) => Ok(Some(at.day())),
                None => Err((FIELDS[field], Message::plain(text), Reason::NotATime)),
            },
        }
    }

    /// The id of a contact as written in the file: the text of one column, or of the first two with `/` between.
    fn named(&self, cells: &dyn Cells) -> String {
        match &self.from[field::CONTACT_ID].columns[..] {
            [institution, local, ..] => format!("{}/{}", cells.cell(*institution), cells.cell(*local)),
            _ => self.text(cells, field::CONTACT_ID).to_owned(),
        }
    }

    /// Key of all cells that are read of a row.
    fn whole_row(&self, cells: &dyn Cells) -> i64 {
        let columns = self.from.iter().flat_map(|from| &from.columns);
        let cells: Vec<&str> = columns.map(|column| cells.cell(*column)).collect();
        contact_key("", &cells.join("\u{1f}"))
    }

    /// Whether the checked file gets the extract's keys: not a file in the program's own schema that has none, since its
    /// numbers are its keys, and not counted figures.
    fn has_keys(&self) -> bool {
        let is_ours = self.check.mapping.whole_numbers && self.from[field::EXTRACT_KEY].columns.is_empty();
        !is_ours && !self.check.mapping.counted
    }

    /// The extract's key of a contact: what an earlier check kept, else the id as written.
    fn extract_key<'a>(&'a self, cells: &'a dyn Cells, kept: &'a mut String) -> &'a str {
        match (self.text(cells, field::EXTRACT_KEY), &self.from[field::CONTACT_ID].columns[..]) {
            ("", [only]) => cells.cell(*only),
            ("", _) => {
                *kept = self.named(cells);
                kept
            }
            (key, _) => key,
        }
    }

    /// Key of a field: from its column by [`own_key`] if it has one column, or from the first two of several columns
    /// by [`joint_key`]. `None` if there is no column, or if the only cell or the second of two cells is empty. Fails
    /// if only the first of two cells is empty.
    fn key(&self, cells: &dyn Cells, field: usize) -> Result<Option<i64>, Refused> {
        match &self.from[field].columns[..] {
            [] => Ok(None),
            [only] => match self.filled(cells.cell(*only)) {
                "" => Ok(None),
                text if is_spoiled(text) => Err((FIELDS[field], Message::plain(text), Reason::SpoiledKey)),
                text => Ok(Some(own_key(text))),
            },
            [institution, local, ..] => {
                match (self.filled(cells.cell(*institution)), self.filled(cells.cell(*local))) {
                    (_, "") => Ok(None),
                    ("", _) => Err((FIELDS[field], Message::plain(""), Reason::Empty)),
                    (institution, local) => Ok(Some(joint_key(institution, local))),
                }
            }
        }
    }

    /// Whether a residence is in Norway. A municipality that comes into being during the contact is accepted. A
    /// municipality is refused if it is unknown, had ended before the admission, or comes into being after the
    /// discharge. Areas are always in Norway.
    fn resident(&self, code: &str, admitted: Day, discharged: Day, field: usize) -> Result<bool, Refused> {
        let name = FIELDS[field];
        if self.check.mapping.residence == ResidenceKind::Area {
            // A row that adds up the others would be a debtor of its own.
            return match crate::text::is_sum(code) {
                true => Err((name, Message::plain(code), Reason::UnknownMunicipality)),
                false => Ok(true),
            };
        }
        let unknown = || Err((name, Message::plain(code), Reason::UnknownMunicipality));
        match self.check.municipalities.residence(code, admitted) {
            Residence::Municipality(_) | Residence::Withheld => Ok(true),
            Residence::Abroad => Ok(false),
            Residence::Ended { became, to } => {
                let became = Message::joined(became.into_iter().map(Message::plain).collect(), ", ");
                let value = message!("check.ended", code, to, became);
                Err((name, value, Reason::MergedMunicipality))
            }
            Residence::NotYet { from } if from <= discharged => Ok(true),
            Residence::NotYet { .. } | Residence::Unknown => unknown(),
        }
    }

    fn events(&self, cells: &dyn Cells, out: &mut Vec<Event>) -> Result<(), Refused> {
        out.clear();
        let mut add = |kind: &str, at: &str, field: usize| {
            let kind = code(kind);
            let kind = kind.as_ref();
            let numbered = kind.parse().ok().and_then(EventKind::from_reported_number);
            let known = numbered.or_else(|| EventKind::from_word(kind).ok());
            let kind = known.ok_or_else(|| (FIELDS[field], Message::plain(kind), Reason::UnknownCode))?;
            let at = self.time(at).ok_or_else(|| (FIELDS[field], Message::plain(at), Reason::NotATime))?;
            out.push(Event { at, kind });
            Ok::<(), Refused>(())
        };
        for (kind, at) in pairs_of(self.text(cells, field::EVENTS)) {
            add(kind, at, field::EVENTS)?;
        }
        let kinds = &self.from[field::EVENT_KINDS].columns;
        for (kind, at) in kinds.iter().zip(&self.from[field::EVENT_TIMES].columns) {
            let (kind, at) = (self.filled(cells.cell(*kind)), self.filled(cells.cell(*at)));
            match (kind.is_empty(), at.is_empty()) {
                (true, true) => {}
                (false, true) => return Err((FIELDS[field::EVENT_TIMES], Message::plain(""), Reason::Empty)),
                (true, false) => return Err((FIELDS[field::EVENT_KINDS], Message::plain(""), Reason::Empty)),
                (false, false) => add(kind, at, field::EVENT_KINDS)?,
            }
        }
        // Events at the same minute keep the order in which they were reported.
        out.sort_by_key(|event| event.at);
        Ok(())
    }

    /// Admission and discharge. A counted row has only a year: its admission and its discharge are both the first
    /// minute of that year's last day.
    fn times(&self, cells: &dyn Cells) -> Result<(Minute, Minute), Refused> {
        if self.check.mapping.counted {
            let text = self.required(cells, field::YEAR)?;
            let year = text.parse().ok().and_then(|year| Day::new(year, 12, 31));
            let day = year.ok_or_else(|| (FIELDS[field::YEAR], Message::plain(text), Reason::NotATime))?;
            return Ok((day.start(), day.start()));
        }
        let read = |place: usize| {
            let text = self.required(cells, place)?;
            self.time(text).ok_or_else(|| (FIELDS[place], Message::plain(text), Reason::NotATime))
        };
        let admitted = read(field::ADMITTED)?;
        let discharged = match (self.text(cells, field::DISCHARGED), self.check.running_at) {
            // A patient who has not left at the time of the list is still there in the minute after. A patient who
            // is admitted later than that gets a contact of no length, and is not refused.
            ("", Some(at)) => std::cmp::max(Minute::from_number(at.number() + 1), admitted),
            ("", None) => return Err((FIELDS[field::DISCHARGED], Message::plain(""), Reason::NotDischarged)),
            _ => read(field::DISCHARGED)?,
        };
        match discharged < admitted {
            true => Err((
                FIELDS[field::DISCHARGED],
                Message::plain(format!("{discharged} < {admitted}")),
                Reason::DischargeBeforeAdmission,
            )),
            false => Ok((admitted, discharged)),
        }
    }

    fn points(&self, cells: &dyn Cells, contacts: i64) -> Result<i32, Refused> {
        let points = match self.number(cells, field::POINTS, 3)? {
            Some(points) => points,
            // Only a contact without a DRG may lack points.
            None if self.text(cells, field::DRG).is_empty() && !self.check.mapping.counted => 0,
            None => return Err((FIELDS[field::POINTS], Message::plain(""), Reason::Empty)),
        };
        let refuse =
            |reason| Err((FIELDS[field::POINTS], Message::plain(self.text(cells, field::POINTS)), reason));
        match points {
            ..0 => refuse(Reason::NegativePoints),
            _ if points > ABSURD_POINTS * contacts => refuse(Reason::AbsurdPoints),
            _ => Ok(points as i32),
        }
    }

    /// Type, category and weight of the DRG; the weight is in thousandths. A list, if given, fills in missing
    /// values. The row is refused if the list lacks the DRG, or has another weight than the row.
    fn grouped(&self, cells: &dyn Cells, drg: &str) -> Result<(DrgType, i32, i32), Refused> {
        let mut drg_type = self.coded(cells, field::DRG_TYPE, DrgType::from_word)?;
        let mut mdc = self.number(cells, field::MDC, 0)?.map_or(MISSING, |mdc| mdc as i32);
        let mut weight = self.number(cells, field::WEIGHT, 3)?.map_or(MISSING, |weight| weight as i32);
        if let (Some(list), false) = (self.check.drg_list, drg.is_empty()) {
            let listed = list
                .drgs
                .get(drg)
                .ok_or_else(|| (FIELDS[field::DRG], Message::plain(drg), Reason::DrgNotInList))?;
            if weight != MISSING && weight != listed.weight_milli {
                let value = message!("check.weights", drg, weight, listed = listed.weight_milli);
                return Err((FIELDS[field::WEIGHT], value, Reason::WeightDiffers));
            }
            weight = listed.weight_milli;
            mdc = if mdc == MISSING { listed.mdc } else { mdc };
            drg_type = if drg_type == DrgType::Unknown { listed.drg_type } else { drg_type };
        }
        Ok((drg_type, mdc, weight))
    }

    /// Number of contacts that a row stands for: 1, unless the rows are counted figures.
    fn contacts(&self, cells: &dyn Cells) -> Result<i64, Refused> {
        match (self.check.mapping.counted, self.number(cells, field::CONTACTS, 0)?) {
            (false, _) => Ok(1),
            (true, Some(count @ 1..)) => Ok(count),
            (true, other) => {
                let value = other.map_or_else(String::new, |count| count.to_string());
                Err((FIELDS[field::CONTACTS], Message::plain(value), Reason::NotANumber))
            }
        }
    }

    fn row<'a>(
        &'a self,
        line: u64,
        cells: &'a dyn Cells,
        Buffers { events, codes: [unit, trust, home, stays_in, drg, key] }: &'a mut Buffers,
        warnings: &mut BTreeMap<Message, u64>,
    ) -> Result<Contact<'a>, Refused> {
        let counted = self.check.mapping.counted;
        self.printable(cells)?;
        let (admitted, discharged) = self.times(cells)?;
        let contact_id = match self.key(cells, field::CONTACT_ID)? {
            Some(key) => key,
            None if counted => line as i64,
            None => return Err((FIELDS[field::CONTACT_ID], Message::plain(""), Reason::Empty)),
        };
        let contacts = self.contacts(cells)?;
        let home_as_written = self.required(cells, field::MUNICIPALITY_OF_REGISTRATION)?;
        let home = self.padded(cleaned(home_as_written, home, warnings), warnings);
        let stays_in = match self.text(cells, field::MUNICIPALITY_OF_STAY) {
            "" => home,
            text => self.padded(cleaned(text, stays_in, warnings), warnings),
        };
        let resident =
            self.resident(home, admitted.day(), discharged.day(), field::MUNICIPALITY_OF_REGISTRATION)?;
        self.resident(stays_in, admitted.day(), discharged.day(), field::MUNICIPALITY_OF_STAY)?;
        let drg =
            tidy(drg_code(self.text(cells, field::DRG)), drg, warnings, || message!("check.drg_tidied"));
        let (drg_type, mdc, weight_milli) = self.grouped(cells, drg)?;
        let nights = discharged.day().number() - admitted.day().number();
        let sector = self.sector(cells, admitted, discharged)?;
        self.note_payer(cells, warnings);
        self.events(cells, events)?;
        let unit = cleaned(self.required(cells, field::UNIT)?, unit, warnings);
        let trust = cleaned(self.text(cells, field::TRUST), trust, warnings);
        institution(trust, unit, events.is_empty(), warnings)?;
        let age = self.number(cells, field::AGE, 0)?;
        if let Some(age) = age.filter(|age| !(0..=125).contains(age)) {
            return Err((FIELDS[field::AGE], Message::plain(age), Reason::NotANumber));
        }
        Ok(Contact {
            contact_id,
            source_row: line as i64,
            // A contact without a stay id is a stay of its own, under a key that no stay in the file is
            // likely to have.
            stay_id: self
                .key(cells, field::STAY_ID)?
                .unwrap_or_else(|| contact_key("a stay of its own", &contact_id.to_string())),
            stay_rows: 1,
            person_id: self.person(cells)?,
            unit,
            unit_kind: self.coded(cells, field::UNIT_KIND, UnitKind::from_word)?,
            trust,
            sector,
            care_level: self.coded(cells, field::CARE_LEVEL, CareLevel::from_word)?,
            service: self.coded(cells, field::SERVICE, Service::from_word)?,
            urgency: self.or_unknown(cells, field::URGENCY, Urgency::from_word, Urgency::Unknown)?,
            admitted,
            discharged,
            municipality_of_registration: home,
            municipality_of_stay: stays_in,
            resident,
            age: age.map_or(MISSING, |age| age as i32),
            sex: self.or_unknown(cells, field::SEX, sex_of, Sex::Unknown)?,
            drg,
            drg_type,
            mdc,
            weight_milli,
            points_milli: self.points(cells, contacts)?,
            bed_days: self.number(cells, field::BED_DAYS, 0)?.map_or(nights, |days| days as i32),
            costly_medicine: self.yes(cells, field::COSTLY_MEDICINE)?,
            fee_ore: self.number(cells, field::FEE, 2)?.unwrap_or(0) as i32,
            contacts: contacts as i32,
            events,
            other: Other { extract_key: self.extract_key(cells, key), ..self.other(cells)? },
        })
    }

    /// Warns of a contact that somebody else than the ordinary payer pays, as the extract says: no rule takes that into account.
    fn note_payer(&self, cells: &dyn Cells, warnings: &mut BTreeMap<Message, u64>) {
        let warning = match self.text(cells, field::PAYER) {
            "" | "ordinary" => return,
            "municipality" => message!("check.payer_municipality"),
            payer => message!("check.payer_other", payer),
        };
        *warnings.entry(warning).or_default() += 1;
    }

    /// Sector of a contact.
    ///
    /// # Errors
    /// Fails if the code is unknown, or if the contact is longer than [`LONGEST`].
    fn sector(&self, cells: &dyn Cells, admitted: Minute, discharged: Minute) -> Result<Sector, Refused> {
        let sector = self.coded(cells, field::SECTOR, Sector::from_word)?;
        let days = discharged.day().number() - admitted.day().number();
        if days > LONGEST[usize::from(sector != Sector::Somatic)] {
            let value = Message::plain(format!("{admitted} – {discharged}"));
            return Err((FIELDS[field::DISCHARGED], value, Reason::LongStay));
        }
        Ok(sector)
    }

    /// Refuses a row of too few cells or with something beyond the head; or if a cell that is read begins with a stray quote, has a byte that could not be decoded, or has
    /// a control character. Names and codes are printed in statements, tables and invoices, where such characters
    /// cannot be written.
    fn printable(&self, cells: &dyn Cells) -> Result<(), Refused> {
        let beyond = self.heads..cells.count();
        if cells.count() < self.heads || beyond.into_iter().any(|column| !cells.cell(column).is_empty()) {
            let value = message!("check.cells", count = cells.count(), heads = self.heads);
            return Err(("row", value, Reason::CellCount));
        }
        for (from, name) in self.from.iter().zip(FIELDS) {
            for column in &from.columns {
                let cell = cells.cell(*column);
                if cell.starts_with('"') {
                    return Err((name, Message::plain(cell), Reason::StrayQuote));
                }
                if cell.contains('\u{fffd}') {
                    return Err((name, Message::plain(cell), Reason::BadLetter));
                }
                if cell.bytes().any(|byte| byte < 0x20 || byte == 0x7f || byte == 0xc2)
                    && cell.chars().any(char::is_control)
                {
                    let shown = cell.replace(char::is_control, "\u{fffd}");
                    return Err((name, Message::plain(shown), Reason::ControlCharacter));
                }
            }
        }
        Ok(())
    }

    fn or_unknown<T>(
        &self,
        cells: &dyn Cells,
        field: usize,
        read: impl Fn(&str) -> Result<T, domain::UnknownCode>,
        unknown: T,
    ) -> Result<T, Refused> {
        if self.text(cells, field).is_empty() { Ok(unknown) } else { self.coded(cells, field, read) }
    }

    fn person(&self, cells: &dyn Cells) -> Result<i64, Refused> {
        match self.text(cells, field::PERSON_ID) {
            "" => Ok(0),
            text if is_spoiled(text) => {
                Err((FIELDS[field::PERSON_ID], Message::plain(text), Reason::SpoiledKey))
            }
            text => Ok(own_key(text)),
        }
    }

    /// Code of a municipality. A leading zero that a spreadsheet dropped is restored, with a warning.
    fn padded<'a>(&'a self, code: &'a str, warnings: &mut BTreeMap<Message, u64>) -> &'a str {
        if self.check.mapping.residence == ResidenceKind::Area {
            return code;
        }
        match self.check.municipalities.with_first_zero(code) {
            Some(padded) => {
                *warnings.entry(message!("check.leading_zero")).or_default() += 1;
                padded
            }
            None => code,
        }
    }

    fn other<'a>(&'a self, cells: &'a dyn Cells) -> Result<Other<'a>, Refused> {
        Ok(Other {
            department: self.text(cells, field::DEPARTMENT),
            referral_reason: self.text(cells, field::REFERRAL_REASON),
            referred_on: self.day(cells, field::REFERRED_ON)?,
            deadline_on: self.day(cells, field::DEADLINE_ON)?,
            right_to_care: self.yes(cells, field::RIGHT_TO_CARE)?,
            referred_from: self.text(cells, field::REFERRED_FROM),
            referred_to: self.text(cells, field::REFERRED_TO),
            formality: self.text(cells, field::FORMALITY),
            diagnoses: self.text(cells, field::DIAGNOSES),
            procedures: self.text(cells, field::PROCEDURES),
            tariff_codes: self.text(cells, field::TARIFF_CODES),
            medicine: self.text(cells, field::MEDICINE),
            functional_ability: self
                .number(cells, field::FUNCTIONAL_ABILITY, 0)?
                .map(|ability| ability as i32),
            nationality: self.text(cells, field::NATIONALITY),
            contact_form: self.text(cells, field::CONTACT_FORM),
            extract_key: "",
        })
    }
}

/// Refuses a trust with a code of another kind of party, such as `state`, `clearing` or a municipality: an amount that is
/// booked on such a party would be owed to nobody. If no trust is given and the row has events, which may give a charge
/// for days, the unit stands in place of the trust, and is checked in the same way. Warns of a number with a wrong check
/// digit.
fn institution(
    trust: &str,
    unit: &str,
    nothing_to_pay: bool,
    warnings: &mut BTreeMap<Message, u64>,
) -> Result<(), Refused> {
    if is_nine_digits(trust) && !is_organisation(trust) {
        *warnings.entry(message!("check.no_organisation", trust)).or_default() += 1;
    }
    let (code, name) = match trust {
        "" if nothing_to_pay => return Ok(()),
        "" => (unit, FIELDS[field::UNIT]),
        trust => (trust, FIELDS[field::TRUST]),
    };
    // What a spreadsheet makes of a number, or a part of one, is nobody's number.
    let is_of_figures = code.starts_with(|sign: char| sign.is_ascii_digit())
        && code.chars().all(|sign| sign.is_ascii_digit() || "., +-eE".contains(sign));
    match Party::of(code).is_organisation() && (!is_of_figures || is_nine_digits(code)) {
        true => Ok(()),
        false => Err((name, Message::plain(code), Reason::NotAnInstitution)),
    }
}

/// The sex that a word means, in the program's words or in those of people.
fn sex_of(word: &str) -> Result<Sex, domain::UnknownCode> {
    match word.to_lowercase().as_str() {
        "k" | "kvinne" | "f" | "female" => Ok(Sex::Woman),
        "m" | "mann" | "male" => Ok(Sex::Man),
        _ => Sex::from_word(word),
    }
}

/// Codes and times in a cell of events: `2@2012-03-06T09:00 3@06.03.2012 10:00`. A time may have a space in it, and a comma or a
/// bar may stand between two events.
fn pairs_of(cell: &str) -> impl Iterator<Item = (&str, &str)> {
    let starts: Vec<usize> = cell
        .match_indices('@')
        .map(|(at, _)| cell[..at].rfind([' ', ',', '|']).map_or(0, |before| before + 1))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([cell.len()]).collect::<Vec<_>>();
    // A cell without a code is one event without a time.
    let whole = (starts.is_empty() && !cell.is_empty()).then_some((cell, ""));
    let pairs = starts.into_iter().zip(ends).map(|(from, to)| {
        let pair = cell[from..to].trim_end_matches([' ', ',', '|']);
        pair.split_once('@').unwrap_or((pair, ""))
    });
    whole.into_iter().chain(pairs)
}

/// Whether a spreadsheet has rounded a long number: `1,23457E+11`.
fn is_spoiled(text: &str) -> bool {
    let parts = text.split_once("E+").or_else(|| text.split_once("e+"));
    parts.is_some_and(|(digits, power)| {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number(power) && digits.split([',', '.']).all(is_number)
    })
}

fn is_nine_digits(text: &str) -> bool {
    text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The code in a cell, as [`code`] reads it, with a warning if the cell has another text.
fn cleaned<'a>(cell: &'a str, kept: &'a mut String, warnings: &mut BTreeMap<Message, u64>) -> &'a str {
    tidy(code(cell), kept, warnings, || message!("check.code_cleaned"))
}

/// A text as it was tidied, with a warning if the cell has another text. `kept` holds the text that no cell has.
fn tidy<'a>(
    text: Cow<'a, str>,
    kept: &'a mut String,
    warnings: &mut BTreeMap<Message, u64>,
    warning: fn() -> Message,
) -> &'a str {
    match text {
        Cow::Borrowed(text) => text,
        Cow::Owned(text) => {
            *warnings.entry(warning()).or_default() += 1;
            *kept = text;
            kept
        }
    }
}

/// Key of a text from one column, made from the canonical form of the text ([`canonical`]): the number if the form is
/// a whole number from 0 to 2⁶³ − 1, else the [`contact_key`] of the form.
pub fn own_key(text: &str) -> i64 {
    let form = canonical(text);
    let number = form.parse::<i64>().ok().filter(|number| *number >= 0 && number.to_string() == form);
    number.unwrap_or_else(|| contact_key("", &form))
}

/// Key of an institution and a local id, made from the canonical form of each ([`canonical`]).
pub fn joint_key(institution: &str, local: &str) -> i64 {
    contact_key(&canonical(institution), &canonical(local))
}
