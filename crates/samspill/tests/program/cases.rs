//! The folder `cases`: each case is a folder with input files and a page `case.txt`, which says what the program does
//! with the files. `cargo xtask cases FOLDER` runs the cases of another folder. `cases/README.md` describes the form of
//! the page.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::{folder, program, text};

/// One line of a page.
enum Line<'p> {
    /// Arguments of a run of the program.
    Run(Vec<String>),
    /// Exit code of the last run.
    Exit(i32),
    /// A text, and whether the last run must print that text, or must not.
    Says(&'p str, bool),
    /// A file, a text, and whether the file must hold the text, or must not. An empty text asks only whether the file
    /// exists.
    File(&'p str, &'p str, bool),
}

/// Words of a line, divided at spaces; a text between quotes is one word.
fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (place, part) in text.split('"').enumerate() {
        match place % 2 {
            0 => out.extend(part.split_whitespace().map(str::to_owned)),
            _ => out.push(part.to_owned()),
        }
    }
    out
}

fn read(line: &str) -> Result<Option<Line<'_>>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (head, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    let file = |rest| {
        let (path, text) = str::split_once(rest, ' ').unwrap_or((rest, ""));
        (path, text.trim())
    };
    Ok(Some(match head {
        "$" => {
            let mut words = words(rest);
            if words.first().is_none_or(|word| word != "samspill") {
                return Err(format!("a run begins with samspill: {line}"));
            }
            Line::Run(words.split_off(1))
        }
        "exit" => Line::Exit(rest.parse().map_err(|_| format!("no exit code: {line}"))?),
        "says" => Line::Says(rest, true),
        "not" => Line::Says(rest, false),
        "file" => Line::File(file(rest).0, file(rest).1, true),
        "no-file" => Line::File(file(rest).0, file(rest).1, false),
        _ => return Err(format!("unknown line: {line}")),
    }))
}

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let inside = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copied(&path, &inside)
        } else {
            std::fs::copy(&path, &inside).map(|_| ()).unwrap()
        }
    }
}

/// Runs a case in a copy of its folder. Returns the faults: what does not come out as the page says.
fn faults(case: &Path, work: &Path) -> Vec<String> {
    copied(case, work);
    let Ok(page) = std::fs::read_to_string(case.join("case.txt")) else {
        return vec!["no case.txt".to_owned()];
    };
    let mut out = Vec::new();
    let (mut printed, mut code) = (String::new(), None);
    let mut has_claim = false;
    for (number, line) in (1..).zip(page.lines()) {
        let fault = |what: String| format!("case.txt:{number}: {line}: {what}");
        let line = match read(line) {
            Ok(None) => continue,
            Ok(Some(line)) => line,
            Err(what) => {
                out.push(fault(what));
                continue;
            }
        };
        has_claim |= !matches!(line, Line::Run(_));
        match line {
            Line::Run(arguments) => {
                let ran = program()
                    .env("SAMSPILL_STATE", work.join(".state"))
                    .current_dir(work)
                    .args(arguments)
                    .output();
                let ran = ran.unwrap();
                code = ran.status.code();
                printed = format!("{}{}", text(&ran.stdout), text(&ran.stderr)).replace('\u{a0}', " ");
            }
            Line::Exit(wanted) if code != Some(wanted) => {
                out.push(fault(format!("exit {code:?}: {printed}")))
            }
            Line::Says(wanted, is_said) if printed.contains(wanted) != is_said => {
                out.push(fault(printed.clone()))
            }
            Line::File(path, wanted, is_there) => {
                let found = std::fs::read(work.join(path)).map(|bytes| text(&bytes).replace('\u{a0}', " "));
                let holds = found.as_ref().is_ok_and(|found| found.contains(wanted));
                if holds != is_there {
                    out.push(fault(found.unwrap_or_else(|error| error.to_string())));
                }
            }
            Line::Exit(_) | Line::Says(..) => {}
        }
    }
    if !has_claim {
        out.push("case.txt claims nothing".to_owned());
    }
    out
}

#[test]
fn every_case_comes_out_as_its_page_says() {
    let given = std::env::var_os("SAMSPILL_CASES").map(PathBuf::from);
    let cases = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases"));
    let entries = std::fs::read_dir(&cases).unwrap_or_else(|error| panic!("{}: {error}", cases.display()));
    let mut all: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    all.sort();
    assert!(!all.is_empty(), "{} has no case", cases.display());
    let work = folder("cases");
    let mut wrong = String::new();
    for case in &all {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        for fault in faults(case, &work.join(&name)) {
            writeln!(wrong, "{name}/{fault}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A case fails if its page says something else than what happens, and also if the page claims nothing.
#[test]
fn a_wrong_case_fails() {
    let work = folder("wrong-case");
    let of = |name: &str, page: &str| {
        let case = work.join(name);
        std::fs::create_dir_all(&case).unwrap();
        std::fs::write(case.join("case.txt"), page).unwrap();
        faults(&case, &work.join(format!("{name}-run"))).len()
    };
    let run = "$ samspill interval poisson --count 10\n";
    assert_eq!(of("right", &format!("# ti\n{run}exit 0\nsays 10\nnot abc\nno-file x\n")), 0);
    for (name, claim) in
        [("exit", "exit 1"), ("says", "says abc"), ("not", "not 10"), ("file", "file x"), ("word", "what 1")]
    {
        assert!(of(name, &format!("{run}{claim}\n")) > 0, "{claim}");
    }
    assert_eq!(of("nothing", run), 1);
}
