//! Golden digests of the outputs of the commands in `golden/commands.txt`. They show whether a change of structure
//! changes any output.
//!
//! `cargo xtask golden` compares, `cargo xtask golden --renew [NAME …]` writes the digests of the commands named
//! (or of all). `--program PATH` takes a program that is built already. The outputs stay in `target/golden`, so
//! that differences can be inspected.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::tidy::has_letters_of_a_key;

/// A command of `golden/commands.txt`.
struct Entry {
    name: String,
    arguments: Vec<String>,
    written: Vec<String>,
}

/// Runs every command and compares its outputs with the digests that are kept.
///
/// # Errors
/// Fails if the program cannot be built or run, if an argument is unknown, if an output shows a key that the catalogue
/// lacks, or, without `--renew`, if an output differs from its digest.
pub fn golden(root: &Path, arguments: &[String]) -> Result<()> {
    let (program, arguments) = match arguments {
        [flag, path, rest @ ..] if flag == "--program" => (std::fs::canonicalize(path)?, rest),
        _ => (built(root)?, arguments),
    };
    let (renew, names) = match arguments.split_first() {
        Some((first, names)) if first == "--renew" => (true, names),
        None => (false, arguments),
        Some((other, _)) => bail!("unknown argument {other}: cargo xtask golden [--renew [NAME …]]"),
    };
    let entries = read_entries(&root.join("golden/commands.txt"))?;
    let work = work_folder(root)?;
    let mut found = BTreeMap::new();
    for entry in &entries {
        eprintln!("  {}", entry.name);
        digest_outputs(&program, &work, entry, &mut found)?;
    }
    let kept = root.join("golden/digests.txt");
    let before = read_digests(&kept)?;
    let is_named = |key: &str| renew && (names.is_empty() || names.iter().any(|name| name == name_of(key)));
    let keys = before.keys().chain(found.keys()).filter(|key| before.get(*key) != found.get(*key));
    let changed: std::collections::BTreeSet<&String> = keys.collect();
    for key in &changed {
        let state = match (before.get(*key), found.get(*key)) {
            (None, _) => "new",
            (_, None) => "gone",
            _ => "changed",
        };
        println!("{state}: {key}");
    }
    if renew {
        let rest = before.iter().filter(|(key, _)| !is_named(key));
        let all: BTreeMap<&String, &String> =
            rest.chain(found.iter().filter(|(key, _)| is_named(key))).collect();
        let text: String = all.iter().map(|(key, digest)| format!("{digest} {key}\n")).collect();
        std::fs::write(&kept, text)?;
        return Ok(());
    }
    if !changed.is_empty() {
        bail!("{} outputs differ; they lie in {}", changed.len(), work.display());
    }
    println!("{} outputs of {} commands are as kept", found.len(), entries.len());
    Ok(())
}

fn name_of(key: &str) -> &str {
    key.split('/').next().unwrap_or(key)
}

/// Builds the program with optimisation and gives its path.
fn built(root: &Path) -> Result<PathBuf> {
    let build = ["build", "--release", "-p", "samspill", "--message-format", "json"];
    let output = Command::new("cargo")
        .args(build)
        .current_dir(root)
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("failed to start cargo build")?;
    if !output.status.success() {
        bail!("cargo build failed");
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let program = messages.lines().rev().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message["executable"].as_str()?))
    });
    program.context("cargo named no program")
}

fn read_entries(path: &Path) -> Result<Vec<Entry>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    let entries = lines.map(|line| {
        let mut parts = line.split('|').map(str::trim);
        let name = parts.next().unwrap_or_default().to_owned();
        let arguments = words(parts.next().with_context(|| format!("'{line}' has no arguments"))?);
        Ok(Entry { name, arguments, written: words(parts.next().unwrap_or_default()) })
    });
    entries.collect()
}

/// A new folder under the build folder. The new folder holds only links to the folders that the commands read.
fn work_folder(root: &Path) -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let work = target.join("golden");
    if work.exists() {
        std::fs::remove_dir_all(&work)?;
    }
    std::fs::create_dir_all(&work)?;
    for (name, from) in [("docs", "docs"), ("data", "data"), ("rules", "rules"), ("inputs", "golden/inputs")]
    {
        std::os::unix::fs::symlink(root.join(from), work.join(name))?;
    }
    Ok(work)
}

fn digest_outputs(
    program: &Path,
    work: &Path,
    entry: &Entry,
    found: &mut BTreeMap<String, String>,
) -> Result<()> {
    // Output in bokmål, whatever the locale of the machine.
    let mut command = Command::new(program);
    let output = command
        .args(&entry.arguments)
        .env("LC_ALL", "nb_NO.UTF-8")
        .env("SAMSPILL_STATE", work.join("state"))
        .current_dir(work)
        .output()?;
    let mut keep = |what: &str, bytes: &[u8]| {
        found.insert(format!("{}/{what}", entry.name), digest(bytes));
    };
    keep("exit", format!("{:?}", output.status.code()).as_bytes());
    let screen = work.join("screen");
    std::fs::create_dir_all(&screen)?;
    for (what, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        let mut text = without_times(&String::from_utf8_lossy(bytes));
        if what == "stderr" {
            // Only work of a second or more gets a line with its duration, so those lines differ from run to run.
            text = text
                .lines()
                .filter(|line| !line.ends_with(": … s"))
                .map(|line| format!("{line}\n"))
                .collect();
        }
        if let Some(key) = missing_word(&text) {
            bail!("{}: {what} has {key}, which the catalogue lacks", entry.name);
        }
        std::fs::write(screen.join(format!("{}.{what}", entry.name)), &text)?;
        keep(what, text.as_bytes());
    }
    for written in &entry.written {
        for path in files_under(&work.join(written))? {
            let name = path.strip_prefix(work)?.display().to_string();
            // A database file holds pages in no fixed order. The commands `ledger export` and `verify` show its
            // content.
            if !name.ends_with(".sqlite") {
                let bytes = std::fs::read(&path)?;
                // A rule file has its own brackets, round the names of its tables.
                let sentences = std::str::from_utf8(&bytes).ok().filter(|_| !name.ends_with(".toml"));
                if let Some(key) = sentences.and_then(missing_word) {
                    bail!("{name} has {key}, which the catalogue lacks");
                }
                keep(&name, &without_program(&name, bytes));
            }
        }
    }
    Ok(())
}

/// A bracketed key, shown for a sentence that the catalogue lacks; `None` if there is none.
fn missing_word(text: &str) -> Option<String> {
    let is_key = |inside: &str| {
        inside.contains('.')
            && inside.starts_with(|c: char| c.is_ascii_lowercase())
            && has_letters_of_a_key(inside)
    };
    let inside = text.split('[').skip(1).filter_map(|rest| rest.split(']').next());
    inside.filter(|inside| is_key(inside)).map(|inside| format!("[{inside}]")).next()
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn files_under(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut out = Vec::new();
    if !path.exists() {
        return Ok(out);
    }
    for entry in std::fs::read_dir(path)? {
        out.extend(files_under(&entry?.path())?);
    }
    out.sort();
    Ok(out)
}

/// Text with durations removed: `12,3 s` becomes `… s`.
fn without_times(text: &str) -> String {
    let words = text.split_inclusive([' ', '\n']);
    let mut out: Vec<String> = words.map(str::to_owned).collect();
    for place in 1..out.len() {
        let is_unit = out[place].trim_end().trim_end_matches([';', ',', '.']) == "s";
        let is_number = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || c == ',');
        if is_unit && is_number(out[place - 1].trim_end()) {
            out[place - 1] = "… ".to_owned();
        }
    }
    out.concat()
}

/// A manifest without the program's own digest, since every build changes the digest.
fn without_program(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    if !name.ends_with("manifest.toml") {
        return bytes;
    }
    let text = String::from_utf8_lossy(&bytes);
    let Some((before, after)) = text.split_once("[program]") else { return bytes };
    let lines = after.lines().scan(false, |done, line| {
        let is_digest = !*done && line.starts_with("sha256 = ");
        *done |= is_digest;
        Some(if is_digest { "" } else { line })
    });
    format!("{before}[program]{}", lines.collect::<Vec<_>>().join("\n")).into_bytes()
}

fn read_digests(path: &Path) -> Result<BTreeMap<String, String>> {
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = std::fs::read_to_string(path)?;
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    Ok(pairs.map(|(digest, key)| (key.to_owned(), digest.to_owned())).collect())
}
