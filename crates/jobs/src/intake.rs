//! Intake of a file of contacts: the mapping, the check, and the checked file that jobs read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::failure::{About, Result, fail};
use domain::{Day, Month, Municipalities, Period};
use register::check::{Check, Reason, Refusal, Report, check_file};
use register::columns;
use register::drg_list::DrgList;
use register::lacking::Lacking;
use register::mapping::{Mapping, ResidenceKind};
use register::parquet_file::Reader;
use register::{schema, source};
use settlement::manifest::sha256_file;
use words::{Message, message};

use crate::host::Host;
use crate::progress::{Note, Work};
use crate::readable::Readable;
use crate::trust;

/// The mapping of a file of contacts: the built-in mapping with the name, or the mapping in the TOML file of that name.
/// Without a name, it is the mapping of the program's own schema; but if the file lacks columns that this mapping needs
/// and has those of exactly one other built-in mapping, it is that other mapping.
///
/// # Errors
/// Fails if there is no such mapping, or if the file is not a mapping.
pub fn mapping(name: Option<&Path>, contacts: &Path, host: &Host) -> Result<Mapping> {
    let standard = if is_parquet(contacts) { "samspill-parquet" } else { "samspill" };
    let name = match name {
        Some(name) => name.display().to_string(),
        None => guessed(standard, contacts, host).unwrap_or_else(|| standard.to_owned()),
    };
    if let Some(mapping) = Mapping::built_in(&name) {
        return Ok(mapping?);
    }
    let text = std::fs::read_to_string(&name).about(|| {
        message!("error.intake.no_mapping_give_toml_file_one", name, names = Mapping::names().join(", "))
    })?;
    Mapping::parse(&text).about(|| Message::plain(&name))
}

/// Name of the only built-in mapping whose columns a file has; the host gets a note of it. `None` if the file has the
/// columns of the standard mapping, of no mapping, or of several; or if the path is not a file or cannot be read, which
/// the later check reports.
fn guessed(standard: &str, contacts: &Path, host: &Host) -> Option<String> {
    let heads = source::heads(contacts).ok()?;
    let fits = |name: &&str| {
        let mapping = Mapping::built_in(name).and_then(std::result::Result::ok);
        mapping.is_some_and(|mapping| register::check::fits(&heads, &mapping))
    };
    if fits(&standard) {
        return None;
    }
    match Mapping::names().into_iter().filter(fits).collect::<Vec<_>>()[..] {
        [name] => {
            host.note(Note::ReadAs(name.to_owned()));
            Some(name.to_owned())
        }
        _ => None,
    }
}

/// The list of DRGs in a workbook or text; `None` if no file is given.
///
/// # Errors
/// Fails if the file cannot be read, or is not a list of DRGs.
pub fn drg_list(path: Option<&Path>) -> Result<Option<DrgList>> {
    path.map(|path| {
        let sheet = register::sheet::read(path)?;
        DrgList::of(&sheet.heads, &sheet.rows).about(|| Message::plain(path.display()))
    })
    .transpose()
}

/// Whether a file is Parquet, by its first four bytes. An unreadable file counts as not Parquet.
pub fn is_parquet(path: &Path) -> bool {
    source::is_parquet(path).unwrap_or(false)
}

/// Checks a file of contacts, and writes the accepted rows to `out` if given. `running_at` is the time of a
/// list of running cases: see [`Check::running_at`].
///
/// # Errors
/// Fails if the file cannot be checked at all (see [`register::check::CheckError`]), if it is a pipe, or if every row
/// was refused for a field that the mapping does not give.
pub fn check(
    path: &Path,
    mapping: &Mapping,
    list: Option<&DrgList>,
    out: Option<&Path>,
    running_at: Option<domain::Minute>,
    host: &Host,
) -> Result<Report> {
    let municipalities = Municipalities::built_in()?;
    let check =
        Check { mapping, municipalities: &municipalities, drg_list: list, threads: host.threads, running_at };
    let stage = host.begin(Work::Check);
    let report = check_file(path, &check, out, |done, of| stage.at(done as u64, of as u64))?;
    stage.done();
    if let Some(field) = not_given(&report, mapping) {
        let _ = out.map(std::fs::remove_file);
        fail!("error.intake.mapping_lacks", mapping = mapping.id, field);
    }
    Ok(report)
}

/// The field that the mapping gives neither by a column nor by a constant, if every row was refused because this field
/// is empty: a fault of the mapping, not of the rows. `None` if there is no such field.
fn not_given(report: &Report, mapping: &Mapping) -> Option<&'static str> {
    let first = report.refused.first().filter(|_| report.accepted == 0)?;
    let is_same = |refusal: &Refusal| refusal.field == first.field && refusal.reason == Reason::Empty;
    let is_read = mapping.columns.contains_key(first.field) || mapping.constants.contains_key(first.field);
    (report.refused.iter().all(is_same) && !is_read).then_some(first.field)
}

/// A checked file.
pub struct Input {
    pub path: PathBuf,
    /// Report of the check; `None` if the file was checked before.
    pub report: Option<Report>,
    /// SHA-256 of the file that was handed in. If there is no report, that file is `path` itself.
    pub sha256: String,
}

/// The stamp of a file of contacts.
pub enum Stamp {
    /// The file does not say that it was checked.
    None,
    /// This user's program checked the file, which has this SHA-256.
    Ours(String),
    /// The file says that it was checked, but this user's program did not check it. Holds the file's SHA-256 and
    /// footer.
    Others(String, BTreeMap<String, String>),
}

/// The stamp of a file of contacts.
///
/// # Errors
/// Fails if the file is Parquet and cannot be read.
pub fn stamp(contacts: &Path, host: &Host) -> Result<Stamp> {
    if !is_parquet(contacts) {
        return Ok(Stamp::None);
    }
    let reader = Reader::open(contacts)?;
    if !reader.footer().contains_key(schema::CHECKED_KEY) {
        return Ok(Stamp::None);
    }
    Ok(match trust::known(contacts, host)? {
        (sha256, true) => Stamp::Ours(sha256),
        (sha256, false) => Stamp::Others(sha256, reader.footer().clone()),
    })
}

/// The checked file for a file of contacts. A file that this user's program checked before, and that comes without
/// mapping and list, is used as it is. Any other file is checked, and its accepted rows are written to `checked`.
/// Warnings of the check become notes of the host.
///
/// # Errors
/// Fails if the mapping or the list cannot be read, or if the file cannot be checked.
pub fn trusted_in(
    contacts: &Path,
    mapping: Option<&Path>,
    list: Option<&Path>,
    checked: &Path,
    host: &Host,
) -> Result<Input> {
    let readable = Readable::of(contacts, host)?;
    let contacts = readable.path.as_path();
    let mut stamped = None;
    if mapping.is_none() && list.is_none() && readable.is_as_delivered() {
        match stamp(contacts, host)? {
            Stamp::None => {}
            Stamp::Ours(sha256) => {
                let path = contacts.to_path_buf();
                note_all(lacking(&Reader::open_contacts(contacts)?).for_kroner(), host);
                return Ok(Input { path, report: None, sha256 });
            }
            Stamp::Others(sha256, footer) => {
                host.note(Note::CheckedElsewhere);
                stamped = Some((sha256, footer));
            }
        }
    }
    let mut mapping = self::mapping(mapping, contacts, host)?;
    if let Some((_, footer)) = &stamped {
        let says = |key: &str| footer.get(key).map_or("", String::as_str);
        mapping.counted = says("samspill.counted") == "yes";
        if says(schema::RESIDENCE_KEY) == "area" {
            mapping.residence = ResidenceKind::Area;
            mapping.constants.insert("region".to_owned(), says("samspill.region").to_owned());
        }
    }
    let list = drg_list(list)?;
    let report = check(contacts, &mapping, list.as_ref(), Some(checked), None, host)?;
    note_all(report.warnings.clone(), host);
    note_all(report.lacking.for_kroner(), host);
    let sha256 = stamped.map_or_else(|| sha256_file(&readable.delivered), |(sha256, _)| Ok(sha256))?;
    Ok(Input { path: checked.to_path_buf(), report: Some(report), sha256 })
}

fn note_all(warnings: BTreeMap<Message, u64>, host: &Host) {
    for (warning, count) in warnings {
        host.note(Note::Warning { warning, count });
    }
}

/// What the rows of a checked file lack, as far as the file says.
pub fn lacking(reader: &Reader) -> Lacking {
    let stated = reader.footer().get(schema::LACKING_KEY);
    stated.and_then(|text| Lacking::parse(text)).unwrap_or_default()
}

/// Notes the fields without which indicators and risk are wrong, and that rows of a checked file lack.
pub fn note_lacking(reader: &Reader, host: &Host) {
    note_all(lacking(reader).for_analysis(), host);
}

/// Notes what an analysis of a period must know of a checked file: fields that rows lack, and months of the period in which
/// no contact ended.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn note_for_analysis(reader: &Reader, period: Period, host: &Host) -> Result<()> {
    note_lacking(reader, host);
    if let Some((made, of)) = register::schema::sample_of(reader.footer()) {
        host.note(Note::Sample { made, of });
    }
    if reader.is_counted() {
        return Ok(());
    }
    let mut months: BTreeSet<Month> = period.months().collect();
    for group in 0..reader.row_groups() {
        for batch in reader.read(group, &["discharged_on"], 1 << 16, None)? {
            let batch = batch?;
            let days: BTreeSet<i32> = columns::ints(&batch, "discharged_on").iter().copied().collect();
            for day in days {
                months.remove(&Day::from_number(day).month());
            }
        }
    }
    if !months.is_empty() {
        host.note(Note::NoContactsIn { months: months.into_iter().collect(), period });
    }
    Ok(())
}
