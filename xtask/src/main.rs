//! The chores: `cargo xtask test | tidy | bench | golden | soak | cases | vectors | mutants | postgres`. `test` is all
//! of CI, and makes the same checks on a developer's machine as in CI.

mod golden;
mod tidy;
mod tools;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if std::env::var_os(DOCUMENTED).is_some() {
        return rustdoc(&arguments);
    }
    let root = root()?;
    match arguments.first().map(String::as_str) {
        Some("test") => test(&root, arguments.iter().any(|argument| argument == "--install")),
        Some("postgres") => postgres(),
        Some("tidy") => tidy::tidy(&root),
        Some("bench") if arguments.get(1).is_some_and(|what| what == "ledger") => {
            script(&root, "bench/ledger.py", &arguments[2..])
        }
        Some("bench") if arguments.get(1).is_some_and(|what| what == "simulation") => {
            script(&root, "bench/simulation.py", &arguments[2..])
        }
        Some("bench") if arguments.get(1).is_some_and(|what| what == "indicators") => {
            script(&root, "bench/indicators.py", &arguments[2..])
        }
        Some("bench") => script(&root, "bench/bench.py", &arguments[1..]),
        Some("cases") => cases(&root, arguments.get(1)),
        Some("golden") => golden::golden(&root, &arguments[1..]),
        Some("vectors") => script(&root, "bench/vectors.py", &[]),
        Some("mutants") => mutants(&root),
        Some("soak") => soak(&root, arguments.get(1).map_or("20000", String::as_str)),
        _ => {
            bail!(
                "usage: cargo xtask test [--install] | tidy | bench [indicators | ledger | simulation] [--people N] | vectors | cases [FOLDER] | golden [--renew [NAME …]] | mutants | soak [cases] | postgres"
            )
        }
    }
}

/// Runs the cases of a folder; without one, those of the project.
fn cases(root: &Path, folder: Option<&String>) -> Result<()> {
    let folder = folder.map_or_else(|| Ok(root.join("cases")), |folder| Path::new(folder).canonicalize());
    let folder = folder.context("the folder of cases")?.display().to_string();
    let words = ["test", "--quiet", "-p", "samspill", "--test", "program", "cases::every_case"];
    cargo(root, &words, &[("SAMSPILL_CASES", &folder)])
}

fn root() -> Result<PathBuf> {
    // The folder comes from cargo's variable at run time: the one compiled into this program may belong to another
    // clone that shares the build folder.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Ok(Path::new(&here).parent().context("xtask lies in the workspace")?.to_path_buf())
}

/// Checks formatting, tidiness and lints, runs every test on both stores, and checks that the documentation builds
/// without warnings. With `--install`, or if `CI` is set, also installs the tools that the tests need beside cargo.
fn test(root: &Path, install: bool) -> Result<()> {
    let install = install || std::env::var_os("CI").is_some();
    tools::ready(install)?;
    let programs = tools::python_programs(root, install)?;
    cargo(root, &["fmt", "--all", "--check"], &[])?;
    tidy::tidy(root)?;
    let server = tools::server()?;
    let passed = tests(root, &server, programs)?;
    drop(server);
    println!("{passed} passed, 0 failed");
    Ok(())
}

/// Environment in which cargo compiles the packages of the workspace with the linter, with warnings as errors. Lints
/// and tests then come from one build, and the dependencies are not checked a second time. This is what `cargo clippy`
/// sets for `cargo check`.
const LINTED: [(&str, &str); 2] = [
    ("RUSTC_WORKSPACE_WRAPPER", "clippy-driver"),
    ("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__"),
];

/// Variable that makes this program stand in for `rustdoc`: see [`rustdoc`].
const DOCUMENTED: &str = "XTASK_RUSTDOC";

/// Stands in for `rustdoc` when cargo runs the examples of a library's documentation: first documents the library, with
/// warnings as errors, and then does what cargo asked. The documentation thus uses the libraries that were built for
/// the tests, whereas `cargo doc` would check every dependency once more.
fn rustdoc(arguments: &[String]) -> Result<()> {
    let rustdoc = || Command::new("rustdoc");
    if arguments.iter().any(|argument| argument == "--test") {
        let mut rest = arguments.iter();
        let mut command = rustdoc();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--test" => {}
                "--test-run-directory" | "--test-args" => drop(rest.next()),
                _ => drop(command.arg(argument)),
            }
        }
        let out = std::env::temp_dir().join(format!("xtask-doc-{}", std::process::id()));
        let done = run(command.args(["--document-private-items", "-D", "warnings", "--out-dir"]).arg(&out));
        let _ = std::fs::remove_dir_all(&out);
        done?;
    }
    run(rustdoc().args(arguments))
}

/// Lints and runs every test, and counts the tests. A run that finds no test has tested nothing, and fails.
fn tests(root: &Path, server: &tools::Server, programs: [(&str, PathBuf); 2]) -> Result<u32> {
    eprintln!("\n== cargo test --workspace");
    let mut command = Command::new("cargo");
    command.args(["test", "--workspace"]).current_dir(root).stdout(Stdio::piped()).envs(LINTED);
    command.env("RUSTDOC", std::env::current_exe()?).env(DOCUMENTED, "1");
    command.env("SAMSPILL_TEST_POSTGRES", &server.address);
    command.envs(programs);
    let mut child = command.spawn().context("failed to start cargo test")?;
    let mut passed = 0;
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).lines() {
            let line = line?;
            println!("{line}");
            let count = line.strip_prefix("test result: ok. ").and_then(|rest| rest.split(' ').next());
            passed += count.and_then(|count| count.parse::<u32>().ok()).unwrap_or(0);
        }
    }
    let status = child.wait()?;
    if !status.success() || passed == 0 {
        bail!("cargo test failed: {status}, {passed} passed");
    }
    Ok(passed)
}

/// Starts a server for tests that are run one by one, and keeps it until a line is read.
fn postgres() -> Result<()> {
    let server = tools::server()?;
    println!("export SAMSPILL_TEST_POSTGRES={}", server.address);
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}

/// Runs the tests with `cases` cases for each property, and kills the process as many times in the course of a
/// settlement; then runs [`mutants`]. The whole takes hours.
fn soak(root: &Path, cases: &str) -> Result<()> {
    let server = tools::server()?;
    let programs = tools::python_programs(root, false)?;
    let mut environment = vec![
        ("PROPTEST_CASES", cases),
        ("SAMSPILL_TEST_KILLS", cases),
        ("SAMSPILL_TEST_WORLDS", "50"),
        ("SAMSPILL_TEST_SEEDS", "100"),
        ("SAMSPILL_TEST_SLIPS", "1"),
        ("SAMSPILL_FUZZ", cases),
        ("SAMSPILL_TEST_POSTGRES", server.address.as_str()),
    ];
    for (name, program) in &programs {
        environment.push((name, program.to_str().context("the path is no text")?));
    }
    cargo(root, &["test", "--workspace", "--release"], &environment)?;
    mutants(root)
}

/// Packages to mutate, each with its files (all if none is named) and arguments for `cargo test`. Of the
/// ledger, only the tests inside the library (`--lib`) are run: its other tests are of the store, and need a server.
const MUTATED: &[(&str, &[&str], &[&str])] = &[
    ("disclosure", &[], &[]),
    ("ledger", &["crates/ledger/src/correction.rs"], &["--", "--lib"]),
    ("rulebook", &[], &[]),
];

/// Changes the code one place at a time, and runs the package's own tests on each change. A change that no test
/// notices has to stand in docs/mutants.md.
fn mutants(root: &Path) -> Result<()> {
    let known = std::fs::read_to_string(root.join("docs/mutants.md")).unwrap_or_default();
    // A cell of a table writes a bar as `\|`.
    let known = known.replace("\\|", "|");
    let mut unknown = Vec::new();
    for (package, files, tests) in MUTATED {
        let out = root.join("target/mutants").join(package);
        std::fs::create_dir_all(&out)?;
        let mut command = Command::new("cargo");
        command.args([
            "mutants",
            "--no-shuffle",
            "--package",
            package,
            "--test-package",
            package,
            "--output",
        ]);
        // A mistake in a rule file is no change of the code: a few are enough.
        command.arg(&out).current_dir(root).env("SAMSPILL_TEST_SLIPS", "500");
        for file in *files {
            command.args(["--file", file]);
        }
        command.args(*tests);
        // If no test notices some change, `cargo mutants` exits with a code of its own. That code is ignored: what
        // counts is the list of such changes, which is read below.
        command.status().context("cargo mutants is not here: cargo install cargo-mutants --locked")?;
        let missed = std::fs::read_to_string(out.join("mutants.out/missed.txt"))?;
        let names = missed.lines().map(without_place).filter(|name| !known.contains(name.as_str()));
        unknown.extend(names.map(|name| format!("{package}: {name}")));
    }
    if unknown.is_empty() {
        return Ok(());
    }
    bail!("no test notices, and docs/mutants.md does not list:\n  {}", unknown.join("\n  "));
}

/// `crates/x/src/y.rs:12:5: replace …` without line and column, which move with every edit.
fn without_place(line: &str) -> String {
    let mut parts = line.splitn(4, ':');
    let (file, change) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
    format!("{file}:{change}")
}

fn cargo(root: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    eprintln!("\n== cargo {}", arguments.join(" "));
    run(Command::new("cargo").args(arguments).envs(environment.iter().copied()).current_dir(root))
}

fn script(root: &Path, path: &str, arguments: &[String]) -> Result<()> {
    run(Command::new("python3").arg(root.join(path)).args(arguments).current_dir(root))
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("failed to start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}
