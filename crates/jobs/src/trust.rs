//! Files that this user's own program checked, known by their SHA-256.
//!
//! The stamp in a checked file is a claim that anybody can write. It is believed if the file's digest stands in a
//! list that the program keeps for its user; any other file is checked again.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use settlement::manifest::sha256_file;

use crate::failure::Result;
use crate::host::{Host, for_owner};

/// The list: one digest in hexadecimal digits on each line.
const LIST: &str = "checked";
/// Number of digests, the newest ones, that remain when the list is shortened. The list is shortened when it has twice
/// this number.
const KEPT: usize = 10_000;

/// SHA-256 of a file, and whether this user's program checked it.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn known(path: &Path, host: &Host) -> Result<(String, bool)> {
    let digest = sha256_file(path)?;
    let list = host.state.map(|state| std::fs::read_to_string(state.join(LIST)).unwrap_or_default());
    let is_known = list.is_some_and(|list| list.lines().any(|line| line == digest));
    Ok((digest, is_known))
}

/// Adds to the list a file that was just checked or made, and returns the file's SHA-256; `None` if the host keeps no
/// list. If the list cannot be written, the file is checked again the next time that it is used.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn remember(path: &Path, host: &Host) -> Result<Option<String>> {
    let Some(state) = host.state else { return Ok(None) };
    let digest = sha256_file(path)?;
    let list = state.join(LIST);
    let before = std::fs::read_to_string(&list).unwrap_or_default();
    if before.lines().any(|line| line == digest) {
        return Ok(Some(digest));
    }
    let _ = for_owner().recursive(true).create(state);
    let lines: Vec<&str> = before.lines().collect();
    if lines.len() >= 2 * KEPT {
        let kept = lines[lines.len() - KEPT..].join("\n") + "\n";
        let _ = crate::folder::write(&list, kept);
    }
    if let Ok(mut file) = OpenOptions::new().append(true).create(true).open(&list) {
        let _ = writeln!(file, "{digest}");
    }
    Ok(Some(digest))
}
