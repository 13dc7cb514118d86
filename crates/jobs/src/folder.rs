//! Folders that a command writes to again and again.

use std::path::Path;

use anyhow::{Context, Result};

/// Makes a folder, and takes away what a former run left there: files of ours, where `mark` tells that there was one. One
/// that stayed would stand beside figures that it is not of.
///
/// # Errors
/// If the folder cannot be made, or a file not taken away.
pub fn made(out: &Path, mark: &str, is_ours: impl Fn(&str) -> bool) -> Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("failed to make {}", out.display()))?;
    if !out.join(mark).exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(out).with_context(|| format!("failed to read {}", out.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && is_ours(&name) {
            std::fs::remove_file(&path).with_context(|| format!("failed to remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Whether a name ends as one of some kinds of files.
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
