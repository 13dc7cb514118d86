//! Rules about the project itself, checked on its files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Crates of ours that each crate may use. An edge left out is a promise: see ARCHITECTURE.md.
const EDGES: &[(&str, &[&str])] = &[
    ("words", &[]),
    ("domain", &["words"]),
    ("rulebook", &["domain", "words"]),
    ("register", &["domain", "words"]),
    ("settlement", &["domain", "register", "rulebook", "words"]),
    ("ledger", &["domain", "words"]),
    ("chart", &["domain"]),
    ("disclosure", &["domain", "words"]),
    ("paper", &["chart", "disclosure", "domain", "words"]),
    ("simulation", &["domain", "rulebook", "settlement", "words"]),
    ("statistics", &["disclosure", "domain", "register", "words"]),
    (
        "jobs",
        &[
            "chart",
            "disclosure",
            "domain",
            "ledger",
            "paper",
            "register",
            "rulebook",
            "settlement",
            "simulation",
            "statistics",
            "words",
        ],
    ),
    ("samspill", &["domain", "jobs", "words"]),
    ("xtask", &[]),
];

/// Words that the code of a crate must not hold, each with the reason: promises that the table of edges cannot
/// check.
const ABSENT: &[(&str, &[&str], &str)] = &[
    (
        "jobs",
        &["clap", "println!", "eprintln!", "print!", "eprint!", "stdout()", "stderr()"],
        "jobs know no screen",
    ),
    (
        "jobs",
        &["std::env", "SystemTime", "Instant::now", "current_exe"],
        "jobs know no clock and no environment",
    ),
    ("paper", &["RawTable", "Beneath"], "paper draws safe tables"),
    ("chart", &["RawTable", "Beneath"], "charts draw what may be shown"),
    ("simulation", &["ledger::"], "a simulated krone is never posted"),
    ("domain", &["std::fs", "std::env", "SystemTime"], "the domain does no I/O"),
    ("rulebook", &["std::fs", "std::env", "SystemTime"], "texts of rules are handed in"),
];

/// Licences that are accepted for the packages of the whole dependency tree.
const LICENCES: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "EUPL-1.2",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "0BSD",
];

/// Runs every check. Fails with a list of all faults, not only the first.
pub fn tidy(root: &Path) -> Result<()> {
    eprintln!("\n== tidy");
    let mut wrong = Vec::new();
    edges_and_licences(root, &mut wrong)?;
    rules_are_built_in(root, &mut wrong)?;
    every_rule_has_cases(root, &mut wrong)?;
    glossary(root, &mut wrong)?;
    source_lines(root, &mut wrong)?;
    absences(root, &mut wrong)?;
    circles(root, &mut wrong)?;
    catalogue(root, &mut wrong)?;
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("tidy:\n  {}", wrong.join("\n  "));
}

/// Checks the edges between our crates, and the licence of every package.
fn edges_and_licences(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    let output =
        Command::new("cargo").args(["metadata", "--format-version", "1"]).current_dir(root).output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let none = Vec::new();
    let ours: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    for package in metadata["packages"].as_array().unwrap_or(&none) {
        let name = package["name"].as_str().unwrap_or_default();
        let licence = package["license"].as_str().unwrap_or("none stated");
        if !licence_allowed(licence) {
            wrong.push(format!("{name}: licence {licence} is not on the list"));
        }
        if !package["source"].is_null() {
            continue;
        }
        let Some(allowed) = ours.get(name) else {
            wrong.push(format!("crate {name} is not in the table of edges"));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap_or(&none) {
            let used = dependency["name"].as_str().unwrap_or_default();
            // A test may look at anything; the promise is about what the crate itself can reach.
            if dependency["kind"] != "dev" && ours.contains_key(used) && !allowed.contains(&used) {
                wrong.push(format!("{name} may not use {used}"));
            }
        }
    }
    Ok(())
}

/// Whether the accepted licences satisfy an expression of licences.
fn licence_allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    let parts = |separator| plain.split(separator).map(str::trim).collect::<Vec<_>>();
    parts(" OR ").iter().any(|choice| choice.split(" AND ").all(|licence| LICENCES.contains(&licence.trim())))
        || parts(" AND ").iter().all(|part| part.split(" OR ").any(|l| LICENCES.contains(&l.trim())))
}

/// Files whose paths have a given ending, at any depth of a folder, in order of path.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            out.extend(files(&path, ending)?);
        } else if path.to_string_lossy().ends_with(ending) {
            out.push(path);
        }
    }
    out.sort();
    Ok(out)
}

/// Checks that every rule file and every file of cases is built in.
fn rules_are_built_in(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    let built_in = std::fs::read_to_string(root.join("crates/rulebook/src/built_in.rs"))?;
    for ending in [".toml", ".cases.md"] {
        for path in files(&root.join("rules"), ending)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !built_in.contains(&format!("\"{name}\"")) {
                wrong.push(format!("{name} is not built in: add it to rulebook/src/built_in.rs"));
            }
        }
    }
    Ok(())
}

/// Checks that every rule file has a file of cases.
fn every_rule_has_cases(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    for path in files(&root.join("rules"), ".toml")? {
        if !path.with_extension("cases.md").exists() {
            wrong.push(format!("{} has no cases", path.display()));
        }
    }
    Ok(())
}

/// Checks that every Norwegian alias stands in the glossary, and that no English name has two terms.
fn glossary(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    let page = std::fs::read_to_string(root.join("GLOSSARY.md")).context("GLOSSARY.md")?;
    let mut english = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if let Some(name) = cells.get(1).filter(|name| !english.insert((**name).to_owned())) {
            wrong.push(format!("GLOSSARY.md: {name} stands for two Norwegian terms"));
        }
    }
    for path in files(&root.join("crates"), ".rs")? {
        for line in std::fs::read_to_string(&path)?.lines() {
            let Some(alias) =
                line.trim().strip_prefix("#[doc(alias = \"").and_then(|rest| rest.split('"').next())
            else {
                continue;
            };
            if !page.contains(alias) {
                wrong.push(format!("{}: alias '{alias}' is not in GLOSSARY.md", path.display()));
            }
        }
    }
    Ok(())
}

/// Endings of file names. A literal with such an ending is a file name, though it has the form of a key.
const FILE_ENDINGS: &[&str] =
    &[".csv", ".json", ".parquet", ".pdf", ".toml", ".txt", ".xlsx", ".svg", ".png", ".md"];

/// Headings whose keys the program puts together when it runs: from the words of a vocabulary, the codes of rules
/// or the arguments of the command line. Tests go through these keys.
const PUT_TOGETHER: &[&str] = &[
    "check.fault.",
    "check.remedy.",
    "column.",
    "effect.",
    "expected.",
    "flow.",
    "funnel_side.",
    "help.",
    "indicators.estimated.",
    "indicators.rule.",
    "mender.",
    "month.",
    "paper.",
    "payer.",
    "reason.",
    "side.",
    "system.",
    "tag.",
    "usage.alias.",
    "usage.name.",
    "word.",
];

/// Checks that the catalogue holds every sentence that code asks for, with the placeholders that code fills, and no
/// other sentence.
fn catalogue(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in files(&root.join("i18n"), ".toml")? {
        let table: toml::Table = toml::from_str(&std::fs::read_to_string(&path)?)?;
        sentences("", &table, &mut known);
    }
    let mut texts = Vec::new();
    for path in files(&root.join("crates"), ".rs")? {
        if !path.starts_with(root.join("crates/words")) {
            texts.push((path.clone(), std::fs::read_to_string(&path)?));
        }
    }
    for (path, text) in &texts {
        for (key, values) in asked_for(text) {
            match known.get(&key) {
                None => wrong.push(format!("{}: the catalogue has no '{key}'", path.display())),
                Some(holes) => {
                    let lacking: Vec<&String> = holes.difference(&values).collect();
                    let idle: Vec<&String> = values.difference(holes).collect();
                    if !lacking.is_empty() || !idle.is_empty() {
                        wrong.push(format!(
                            "{}: {key}: not filled {lacking:?}, not in the sentence {idle:?}",
                            path.display()
                        ));
                    }
                }
            }
        }
    }
    // A literal of a key's form must be a key. The form is a heading of the catalogue, a dot, and a name below it.
    let headings: BTreeSet<&str> = known.keys().filter_map(|key| Some(key.split_once('.')?.0)).collect();
    for (path, text) in &texts {
        for literal in text.split('"').skip(1).step_by(2) {
            let is_key = literal.split_once('.').is_some_and(|(heading, rest)| {
                headings.contains(heading)
                    && !rest.is_empty()
                    && !rest.ends_with('.')
                    && has_letters_of_a_key(rest)
            });
            let is_heading = || known.keys().any(|key| key.starts_with(&format!("{literal}.")));
            let is_file = FILE_ENDINGS.iter().any(|ending| literal.ends_with(ending));
            if is_key && !is_file && !known.contains_key(literal) && !is_heading() {
                wrong.push(format!("{}: the catalogue has no '{literal}'", path.display()));
            }
        }
    }
    // Whatever stands between two quotes.
    let quoted: BTreeSet<&str> = texts.iter().flat_map(|(_, text)| text.split('"').skip(1)).collect();
    for key in known.keys() {
        let last = key.rsplit('.').next().unwrap_or(key);
        let is_put_together = PUT_TOGETHER.iter().any(|heading| key.starts_with(heading));
        if !is_put_together && !quoted.contains(key.as_str()) && !quoted.contains(last) {
            wrong.push(format!("i18n: nobody asks for '{key}'"));
        }
    }
    Ok(())
}

/// Whether a text has only letters that a key of the catalogue may have.
pub(crate) fn has_letters_of_a_key(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c))
}

/// Keys under a heading, each with the names of its placeholders.
fn sentences(heading: &str, table: &toml::Table, out: &mut BTreeMap<String, BTreeSet<String>>) {
    for (name, value) in table {
        let key = if heading.is_empty() { name.clone() } else { format!("{heading}.{name}") };
        let toml::Value::Table(inner) = value else { continue };
        match inner.get("en").and_then(toml::Value::as_str) {
            Some(text) => {
                let holes = text.split('{').skip(1).filter_map(|rest| rest.split(['}', '|']).next());
                out.insert(key, holes.map(str::to_owned).collect());
            }
            None => sentences(&key, inner, out),
        }
    }
}

/// Keys that code asks for by `message!`, `say!` and `fail!`, each with the names of the values that it hands in.
fn asked_for(text: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut out = Vec::new();
    for start in ["message!(", "say!(", "fail!("] {
        for (place, _) in text.match_indices(start) {
            let inside = inside(&text[place + start.len() - 1..]);
            let parts = parts(inside);
            let Some(first) = parts.iter().position(|part| part.trim_start().starts_with('"')) else {
                continue;
            };
            if first > usize::from(start == "say!(") {
                continue;
            }
            let key = parts[first].trim().trim_matches('"').to_owned();
            let value = |part: &&str| part.split('=').next().unwrap_or(part).trim().to_owned();
            let values = parts[first + 1..].iter().map(value).filter(|name| !name.is_empty()).collect();
            out.push((key, values));
        }
    }
    out
}

/// Letters outside quotes, each with its place and the depth of brackets after it.
fn letters(text: &str) -> impl Iterator<Item = (usize, char, i32)> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    text.char_indices().filter_map(move |(place, letter)| {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            _ => {
                match letter {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth -= 1,
                    _ => {}
                }
                return Some((place, letter, depth));
            }
        }
        None
    })
}

/// Text between the bracket that `text` begins with and the one that closes it.
fn inside(text: &str) -> &str {
    let mut closing = letters(text).filter(|(_, letter, depth)| ")]}".contains(*letter) && *depth == 0);
    closing.next().map_or("", |(place, _, _)| &text[1..place])
}

/// Parts of a list of arguments, divided at the commas outside brackets and quotes.
fn parts(text: &str) -> Vec<&str> {
    let mut from = 0;
    let mut out = Vec::new();
    for (place, _, _) in letters(text).filter(|(_, letter, depth)| *letter == ',' && *depth == 0) {
        out.push(&text[from..place]);
        from = place + 1;
    }
    out.push(&text[from..]);
    out
}

/// Checks that `domain`, `rulebook`, `settlement` and `ledger` have no float, and that no crate has an ignored test.
fn source_lines(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    let ignored = ["#[", "ignore"].concat();
    for path in files(&root.join("crates"), ".rs")? {
        let near_money = ["domain", "rulebook", "settlement", "ledger"]
            .iter()
            .any(|name| path.starts_with(root.join("crates").join(name)));
        for (place, line) in std::fs::read_to_string(&path)?.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let at = format!("{}:{}", path.display(), place + 1);
            if near_money && (code.contains("f64") || code.contains("f32")) {
                wrong.push(format!("{at}: a float near money"));
            }
            if code.contains(&ignored) {
                wrong.push(format!("{at}: an ignored test"));
            }
        }
    }
    Ok(())
}

/// Checks that the code of each crate, outside its tests, holds none of the words in [`ABSENT`].
fn absences(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    for (name, words, why) in ABSENT {
        for path in files(&root.join("crates").join(name).join("src"), ".rs")? {
            let text = std::fs::read_to_string(&path)?;
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (place, line) in code.lines().enumerate() {
                let line = line.split("//").next().unwrap_or_default();
                for word in words.iter().filter(|word| line.contains(**word)) {
                    wrong.push(format!("{}:{}: {word}: {why}", path.display(), place + 1));
                }
            }
        }
    }
    Ok(())
}

/// Checks that the files of a crate form no circle: each can be read after the files that it uses.
fn circles(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    for (name, _) in EDGES.iter().filter(|(name, _)| *name != "xtask") {
        let source = root.join("crates").join(name).join("src");
        let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for path in files(&source, ".rs")? {
            let module = module_of(&path, &source);
            let text = std::fs::read_to_string(&path)?;
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            uses.insert(module.clone(), named_modules(code, &module));
        }
        // A path belongs to the longest module that it begins with. The file of a folder may name the modules in
        // that folder.
        let known: BTreeSet<String> = uses.keys().cloned().collect();
        let resolved: BTreeMap<String, BTreeSet<String>> = uses
            .into_iter()
            .map(|(module, named)| {
                let to = named.iter().filter_map(|path| longest(path, &known));
                let to = to.filter(|other| *other != module && !other.starts_with(&format!("{module}::")));
                let to = to.filter(|other| !other.is_empty()).collect();
                (module, to)
            })
            .collect();
        if let Some(circle) = circle_of(&resolved) {
            wrong.push(format!("{name}: a circle of files: {}", circle.join(" -> ")));
        }
    }
    Ok(())
}

fn module_of(path: &Path, source: &Path) -> String {
    let inside = path.strip_prefix(source).unwrap_or(path).with_extension("");
    let parts: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    match parts.join("::").trim_end_matches("::mod") {
        "lib" => String::new(),
        module => module.to_owned(),
    }
}

/// Paths after `crate::` or `super::` in the code of `module`, each from the root of the crate: `super::x` in module
/// `a::b` gives `a::x`.
fn named_modules(code: &str, module: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let above = module.rsplit_once("::").map_or("", |(above, _)| above);
    let code: String =
        code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
    for (prefix, base) in [("crate::", ""), ("super::", above)] {
        for rest in code.split(prefix).skip(1) {
            for path in paths(rest) {
                out.insert(if base.is_empty() { path } else { format!("{base}::{path}") });
            }
        }
    }
    out
}

/// The paths that a piece of code begins with: one, or those of a group in braces.
fn paths(code: &str) -> Vec<String> {
    let end = code.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(code.len());
    let path = code[..end].trim_end_matches(':');
    let rest = &code[end..];
    if !rest.starts_with('{') {
        return vec![path.to_owned()];
    }
    let whole = |inner: String| if path.is_empty() { inner } else { format!("{path}::{inner}") };
    parts(inside(rest)).into_iter().flat_map(|item| paths(item.trim())).map(whole).collect()
}

fn longest(path: &str, known: &BTreeSet<String>) -> Option<String> {
    let mut path = path;
    loop {
        if known.contains(path) {
            return Some(path.to_owned());
        }
        path = path.rsplit_once("::")?.0;
    }
}

/// A circle of files that use each other; `None` if there is none.
fn circle_of(arrows: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn walk(
        at: &str,
        arrows: &BTreeMap<String, BTreeSet<String>>,
        trail: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(place) = trail.iter().position(|known| known == at) {
            return Some(trail[place..].iter().cloned().chain([at.to_owned()]).collect());
        }
        if done.contains(at) {
            return None;
        }
        trail.push(at.to_owned());
        for next in arrows.get(at).into_iter().flatten() {
            if let Some(circle) = walk(next, arrows, trail, done) {
                return Some(circle);
            }
        }
        trail.pop();
        done.insert(at.to_owned());
        None
    }
    let mut done = BTreeSet::new();
    arrows.keys().find_map(|start| walk(start, arrows, &mut Vec::new(), &mut done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_found_and_a_chain_is_none() {
        let arrows = |pairs: &[(&str, &str)]| {
            let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for (from, to) in pairs {
                out.entry((*from).to_owned()).or_default().insert((*to).to_owned());
            }
            out
        };
        assert_eq!(circle_of(&arrows(&[("a", "b"), ("b", "c"), ("a", "c")])), None);
        let circle = circle_of(&arrows(&[("a", "b"), ("b", "c"), ("c", "b")]));
        assert_eq!(circle, Some(["b", "c", "b"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn a_name_leads_to_its_file() {
        let named = named_modules(
            "use crate::cells::{Cells, Group};\nuse super::page::Case; // crate::not",
            "cases::law",
        );
        assert_eq!(named, ["cases::page::Case", "cells::Cells", "cells::Group"].map(str::to_owned).into());
        let known = ["cells", "cases", "cases::page"].map(str::to_owned).into();
        assert_eq!(longest("cases::page::Case", &known), Some("cases::page".to_owned()));
    }
}
