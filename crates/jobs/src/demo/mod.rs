//! The demonstration: two synthetic national years, settled and compared with published figures. 2024 as municipalities meet
//! it now, and 2012, the year of the reform, with 2011 before it.

mod next;
mod reform;
mod story;
mod today;
mod year;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use disclosure::Cell;
use domain::amount::grouped;
use domain::{Amount, Month, Period};
use paper::sheets;
use settlement::totals::Totals;
use words::{Language, Message, message, say};

use crate::failure::Result;
use crate::host::Host;
use crate::law::Files;
use crate::people;
use crate::settle::{self, Order};
use crate::settlement::Correction;
use crate::table::{Form, Table};
use crate::what_if::reproduce::Scale;
use crate::what_if::{simulate, simulate_files};

/// Options of the demonstration.
pub struct Demo<'a> {
    /// Number of persons; `None` for the whole country.
    pub people: Option<u64>,
    pub seed: u64,
    pub out: &'a Path,
    /// Makes the sentences on a correction that is posted in a month.
    pub words: fn(&Correction, Month) -> Vec<Message>,
    /// Version and digest of the program, for the manifest.
    pub program: &'a settlement::manifest::Program,
    /// How the user starts the program, for the commands to try next: `samspill` or `cargo run --release --`.
    pub command: &'a str,
}

/// Code in 2024 of the municipality whose patients wait longest, which is one of the stories to find in the demonstration. The
/// municipality is large enough to stand out in a national register, and too small to move the national figures much.
const SLOW: &str = "4003";

/// Makes and settles the registers, and writes all results. Returns the tables as text, with commands to try
/// next.
///
/// # Errors
/// Fails if a job of the demonstration fails, or if a file cannot be written.
pub fn run(demo: &Demo, host: &Host) -> Result<String> {
    crate::folder::make(demo.out)?;
    let files = Files::read(None, &[])?;
    let today = today::run(demo, &files, host)?;
    let reform = reform::run(demo, &files, host)?;
    let mut out = heading(demo, &today, &reform, host.language);
    out.push_str(&today.text);
    out.push_str(&reform.text);
    crate::folder::write(&demo.out.join("summary.txt"), &out)?;
    out.push('\n');
    for line in today.settled.lines.iter().chain(&reform.settled.lines) {
        out.push_str(&format!("{}\n", host.language.say(line)));
    }
    out.push_str(&next::text(demo, &today, &reform.settled.result, host)?);
    Ok(out)
}

fn heading(demo: &Demo, today: &today::Today, reform: &reform::Reform, language: Language) -> String {
    let scales = message!(
        "demo.scales",
        seed = demo.seed,
        today = today.scale.size(),
        reform = reform.scale.size(),
        before = reform.baseline_scale.size()
    );
    let unsigned =
        message!("demo.unsigned", today = today.settled.unsigned, reform = reform.settled.unsigned);
    format!(
        "{}\n\n{}\n{}\n{}\n\n",
        language.text("demo.heading"),
        language.text("demo.no_real_person"),
        language.say(&scales),
        language.say(&unsigned)
    )
}

/// A register of the demonstration.
struct Register {
    year: i16,
    contacts: PathBuf,
    /// Number of persons made, and in the country.
    made: u64,
    of: u64,
}

impl Register {
    fn scale(&self) -> Scale {
        Scale { made: self.made, of: self.of }
    }

    fn period(&self) -> Result<Period> {
        Ok(Period::parse(&self.year.to_string())?)
    }
}

/// Makes the register of a year in a folder of its own.
fn register(
    demo: &Demo,
    year: i16,
    people: Option<u64>,
    slow: Option<&'static str>,
    host: &Host,
) -> Result<Register> {
    let folder = demo.out.join(format!("register-{year}"));
    let made = crate::synth::run(year, people, demo.seed, slow, &folder, host)?;
    let contacts = folder.join("contacts.parquet");
    Ok(Register { year, contacts, made: made.persons, of: made.of_persons })
}

/// A settled year.
struct Settled {
    totals: Totals,
    /// Folder of the result.
    result: PathBuf,
    /// Number of unsigned values.
    unsigned: usize,
    /// What was settled, in sentences.
    lines: Vec<Message>,
}

/// Settles the year of a register in a folder of its own.
fn settled(demo: &Demo, register: &Register, files: &Files, host: &Host) -> Result<Settled> {
    let result = demo.out.join(format!("result-{}", register.year));
    let order = Order {
        only: &[],
        period: register.period()?,
        contacts: &register.contacts,
        mapping: None,
        drg_list: None,
        files,
        draft: true,
        totals_only: false,
        out: &result,
        program: demo.program,
    };
    let outcome = settle::run(&order, host)?;
    let lines = settle::summary(&order, &outcome);
    let unsigned = outcome.manifest.unsigned.len();
    Ok(Settled { totals: outcome.settled.totals, unsigned, lines, result: result.clone() })
}

/// Runs scenarios on a register, and writes their files.
fn simulated(
    scenarios: &[PathBuf],
    register: &Register,
    out: &Path,
    host: &Host,
) -> Result<simulate::Outcome> {
    let contacts = Some(register.contacts.as_path());
    let order = simulate::Order { contacts, ..simulate::Order::of(scenarios, register.period()?) };
    let outcome = simulate::run(&order, host)?;
    simulate_files::write(&outcome, out, host)?;
    Ok(outcome)
}

/// That amounts are those of a sample, as a line; nothing for a whole country.
fn of_sample(scale: Scale, language: Language) -> String {
    match scale.made == scale.of {
        true => String::new(),
        false => format!("{}\n", say!(language, "demo.of_sample", scale = scale.size())),
    }
}

fn shown(table: &Table, language: Language) -> String {
    table.render(Form::Table, sheets::Reader::Person(language))
}

/// Inhabitants of each municipality, by its code.
fn inhabitants(period: Period) -> Result<BTreeMap<String, i64>> {
    let people = people::people(None, period)?;
    Ok(people.into_iter().map(|(code, ages)| (code, ages.iter().sum())).collect())
}

/// Thousands of kroner, rounded.
fn thousands(amount: Amount) -> String {
    grouped(((amount.ore() + 50_000) / 100_000).unsigned_abs())
}

/// Whole kroner per inhabitant, rounded down.
fn per_inhabitant(amount: Amount, inhabitants: Option<&i64>) -> String {
    let inhabitants = inhabitants.map_or(1, |count| *count).max(1);
    grouped((amount.ore() / 100 / inhabitants).unsigned_abs())
}

/// Adds a row: a name, and cells such as published figure, our figure and deviation.
fn row<const COUNT: usize>(table: &mut Table, name: Message, cells: [String; COUNT]) {
    let cells = cells.into_iter().map(Cell::Text);
    table.rows.push(std::iter::once(Cell::Said(name)).chain(cells).collect());
}
