//! A file of contacts on its way in: its mapping, its check, and the checked file that jobs read.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use domain::Municipalities;
use register::check::{Check, Report, check_file};
use register::drg_list::DrgList;
use register::mapping::Mapping;
use register::parquet_file::Reader;
use register::schema;

use crate::host::Host;
use crate::progress::{Note, Work};

/// The mapping of a name or file; without one, the schema of our own.
pub fn mapping(name: Option<&Path>, parquet: bool) -> Result<Mapping> {
    let standard = if parquet { "samspill-parquet" } else { "samspill" };
    let name = name.map_or_else(|| standard.to_owned(), |name| name.display().to_string());
    if let Some(mapping) = Mapping::built_in(&name) {
        return Ok(mapping?);
    }
    let text = std::fs::read_to_string(&name).with_context(|| {
        format!("no mapping '{name}': give a TOML file, or one of {}", Mapping::names().join(", "))
    })?;
    Mapping::parse(&text).with_context(|| name.clone())
}

/// The list of DRGs in a file.
pub fn drg_list(path: Option<&Path>) -> Result<Option<DrgList>> {
    path.map(|path| {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
        DrgList::parse(&text).with_context(|| path.display().to_string())
    })
    .transpose()
}

/// Whether a file is Parquet.
pub fn is_parquet(path: &Path) -> bool {
    use std::io::Read;
    let mut start = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && &start == b"PAR1"
}

/// Checks a file.
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
    Ok(report)
}

/// A checked file: the contacts themselves if they are one, else what the check writes to `checked`.
pub fn trusted_in(
    contacts: &Path,
    mapping: Option<&Path>,
    list: Option<&Path>,
    checked: &Path,
    host: &Host,
) -> Result<(PathBuf, Option<Report>)> {
    let parquet = is_parquet(contacts);
    if parquet && mapping.is_none() && list.is_none() {
        let reader = Reader::open(contacts)?;
        if reader.footer().contains_key(schema::CHECKED_KEY) {
            return Ok((contacts.to_path_buf(), None));
        }
    }
    let mapping = self::mapping(mapping, parquet)?;
    let list = drg_list(list)?;
    let report = check(contacts, &mapping, list.as_ref(), Some(checked), None, host)?;
    for (warning, count) in &report.warnings {
        host.note(Note::Warning { warning: warning.clone(), count: *count });
    }
    Ok((checked.to_path_buf(), Some(report)))
}
