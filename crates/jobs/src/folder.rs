//! Files that a job reads and writes whole, and folders that it writes to repeatedly.

use std::path::Path;

use crate::failure::{About, Result};
use words::message;

/// Writes a file, whole or not at all, and never in the place of a ledger.
///
/// # Errors
/// Fails if a database is at the place, or if the file cannot be written.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    Ok(register::whole_file::write(path, bytes)?)
}

/// Text of a file.
///
/// # Errors
/// Fails if the file cannot be read, or is not UTF-8.
pub fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).about(|| message!("error.file.read", path = path.display()))
}

/// Creates a folder, and those that it lies in.
///
/// # Errors
/// Fails if the folder cannot be created.
pub fn make(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).about(|| message!("error.file.make", path = folder.display()))
}

/// Creates a folder and removes the files of an earlier run, so that old and new figures never stand side by
/// side. An earlier run is recognised by the file `mark`, and its files by a name that `is_ours` accepts.
///
/// # Errors
/// Fails if the folder cannot be created or read, or if a file cannot be removed.
pub fn made(out: &Path, mark: &str, is_ours: impl Fn(&str) -> bool) -> Result<()> {
    make(out)?;
    if !out.join(mark).exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(out).about(|| message!("error.file.read", path = out.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && is_ours(&name) {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Removes a file, if it is there.
///
/// # Errors
/// Fails if the file is there and cannot be removed.
pub fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).about(|| message!("error.file.remove", path = path.display()))
        }
        _ => Ok(()),
    }
}

/// Names of the files in a folder that end so, in order.
///
/// # Errors
/// Fails if the folder cannot be read.
pub fn names(folder: &Path, end: &str) -> Result<Vec<String>> {
    let mut out = Vec::new();
    let entries = std::fs::read_dir(folder).about(|| message!("error.file.open", path = folder.display()))?;
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(end) {
            out.push(name);
        }
    }
    out.sort();
    Ok(out)
}

/// Whether a file name has one of these extensions, which are given without the dot.
pub fn ends_as(name: &str, kinds: &[&str]) -> bool {
    name.rsplit_once('.').is_some_and(|(_, kind)| kinds.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_former_run_left_is_taken_away() {
        let out = std::env::temp_dir().join(format!("samspill-folder-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&out);
        let ours = |name: &str| name.starts_with("notat-") && ends_as(name, &["pdf"]);
        made(&out, "risiko.xlsx", ours).unwrap();
        for name in ["notat-1201.pdf", "notat-1201.docx", "mine.pdf"] {
            std::fs::write(out.join(name), "").unwrap();
        }
        made(&out, "risiko.xlsx", ours).unwrap();
        assert!(out.join("notat-1201.pdf").exists());
        std::fs::write(out.join("risiko.xlsx"), "").unwrap();
        made(&out, "risiko.xlsx", ours).unwrap();
        assert!(!out.join("notat-1201.pdf").exists());
        assert!(out.join("notat-1201.docx").exists() && out.join("mine.pdf").exists());
        std::fs::remove_dir_all(&out).unwrap();
    }
}
