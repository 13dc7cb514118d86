//! Settlement of a file of contacts into a result folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::failure::{About, Result, fail};
use domain::{Amount, Gap, Instrument, Municipalities, Period};
use register::check::Report;
use register::keys::Keys;
use register::parquet_file::Reader;
use register::schema;
use rulebook::{InPeriod, Scope};
pub use settlement::manifest;
use settlement::manifest::Manifest;
use settlement::sink::ChargesFile;
pub use settlement::totals::{Key, Sum};
use settlement::{Law, Options, Settled, settle};
use words::{Language, Message, message};

use crate::host::{Host, Scratch};
use crate::intake::{self, Input, Stamp};
use crate::law::{Files, note_agreements_for_nobody, scope};
use crate::progress::Work;
use crate::refusal::Refusal;
use crate::table::{Table, heads};
use crate::trust;
use disclosure::Cell;
use paper::sheets::{Reader as For, csv_of};

/// Input and options of [`run`].
pub struct Order<'a> {
    pub period: Period,
    /// File of contacts, checked or not.
    pub contacts: &'a Path,
    /// Built-in name or TOML file of the mapping; `None` for the program's own schema.
    pub mapping: Option<&'a Path>,
    /// File with the year's list of DRGs.
    pub drg_list: Option<&'a Path>,
    /// Rule files of the law and the variants.
    pub files: &'a Files,
    /// Whether values that nobody has signed may be used.
    pub draft: bool,
    /// Instruments to settle; empty for all.
    pub only: &'a [Instrument],
    /// Whether to leave out `charges.parquet`.
    pub totals_only: bool,
    /// Result folder.
    pub out: &'a Path,
    /// Version and digest of the program, for the manifest.
    pub program: &'a manifest::Program,
}

/// Result of [`run`].
pub struct Outcome {
    pub settled: Settled,
    /// Number of rows that the check refused.
    pub refused: u64,
    pub manifest: Manifest,
}

/// Table of the refused rows of a check, by reason. The title counts the rows of the file.
pub fn report_table(report: &Report) -> Table {
    let mut table = Table::new(
        message!(
            "settle.report",
            rows = report.rows,
            accepted = report.accepted,
            refused = report.refused.len(),
            described = report.described,
            mapping = report.mapping
        ),
        &heads(["reason", "rows", "first_lines", "explanation", "remedy", "who_can_mend"]),
    );
    for (reason, (count, lines)) in report.by_reason() {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        table.row([
            Cell::text(reason.code()),
            Cell::Count(count as i64),
            Cell::text(lines.join(" ")),
            Cell::Said(reason.fault()),
            Cell::Said(reason.remedy()),
            Cell::Said(reason.mender()),
        ]);
    }
    table
}

/// Values that a period uses and nobody has signed, each as a line `file:line: key = value`.
///
/// # Errors
/// Fails with [`Refusal::Unsigned`] if there is such a value, unless `draft` is set.
pub fn unsigned(law: &Law, period: Period, scope: &Scope, draft: bool) -> Result<Vec<String>> {
    let used = law.used(period, scope);
    let unsigned = used.iter().filter(|value| value.is_unsigned());
    let unsigned: Vec<String> = unsigned.map(manifest::unsigned_line).collect();
    if !unsigned.is_empty() && !draft {
        return Err(Refusal::Unsigned(unsigned).into());
    }
    Ok(unsigned)
}

/// Settles a file of contacts into a result folder. What an earlier settlement left there stands until this one is done.
///
/// # Errors
/// Fails if the rules or the file cannot be read, if a missing value leaves nothing to price, if a value is unsigned and
/// the order is no draft, or if the folder is somebody else's or cannot be written.
pub fn run(order: &Order, host: &Host) -> Result<Outcome> {
    let book = order.files.book_in(order.period)?;
    let law = Law::of(&book)?;
    let scope = scope(&law, order.period, order.only, host)?;
    let unsigned = unsigned(&law, order.period, &scope, order.draft)?;
    let former = former(order)?;
    let kept = order.out.join("checked.parquet");
    let is_own = matches!(intake::stamp(order.contacts, host), Ok(Stamp::Ours(_)));
    if is_input(order, &kept) && !(is_own && order.mapping.is_none() && order.drg_list.is_none()) {
        fail!("error.settle.over_input", path = kept.display());
    }
    let scratch = Scratch::under(order.out)?;
    let Input { path: input, report, sha256 } = trusted(order, scratch.path(), host)?;
    let known = if report.is_some() { trust::remember(&input, host)? } else { Some(sha256.clone()) };
    let reader = Reader::open_contacts(&input)?;
    note_agreements_for_nobody(&book, &reader, host)?;
    let municipalities = Municipalities::built_in()?;
    let charges = scratch.path().join("charges.parquet");
    let stage = host.begin(Work::Settle(order.period));
    let options = Options { period: order.period, scope: &scope, threads: host.threads };
    let keys = if order.totals_only { None } else { Keys::of(&reader)? };
    let mut sink = ChargesFile::create((!order.totals_only).then_some(charges.as_path()), keys)?;
    // A checked file that nobody has hashed yet is hashed on a thread of its own while it is settled.
    let (settled, hash) = std::thread::scope(|scope| {
        let hash = scope.spawn(|| known.map_or_else(|| manifest::sha256_file(&input), Ok));
        let settled = settle(&reader, &law, &municipalities, &options, &mut sink, |done, of| {
            stage.at(done as u64, of as u64);
        });
        (settled, hash.join())
    });
    stage.done();
    let settled = settled?;
    sink.finish()?;
    let checked = match hash {
        Ok(hash) => hash?,
        Err(_) => fail!("error.settle.thread_hashes_input_stopped"),
    };
    let refused = report.as_ref().map_or(0, |report| report.refused.len() as u64);
    let manifest = describe(order, &law, &settled, &reader, [checked, sha256], refused, unsigned)?;
    let language = (!host.is_plain).then_some(host.language);
    clear(order, former.as_ref())?;
    let mut input = input;
    for name in ["checked.parquet", "charges.parquet"] {
        let (made, kept) = (scratch.path().join(name), order.out.join(name));
        if made.exists() {
            std::fs::rename(&made, &kept).about(|| message!("error.file.make", path = kept.display()))?;
            if made == input {
                input = kept;
            }
        }
    }
    write_folder(order, &settled, report.as_ref(), &manifest, &input, language)?;
    Ok(Outcome { settled, refused, manifest })
}

/// Names of the files of a result folder, the manifest first.
const OURS: [&str; 9] = [
    MANIFEST,
    "charges.parquet",
    "charges.part",
    "checked.part",
    "checked.parquet",
    "totals.csv",
    "outside.csv",
    "refused.csv",
    "input.link",
];
const MANIFEST: &str = "manifest.toml";
/// Name of the mark that lies in a result folder while the folder is written.
const UNFINISHED: &str = "manifest.part";

/// Whether a path is the file of contacts of the order.
fn is_input(order: &Order, path: &Path) -> bool {
    let input = std::fs::canonicalize(order.contacts).ok();
    input.is_some() && std::fs::canonicalize(path).ok() == input
}

/// Makes the folder. Returns the manifest of an earlier settlement in it.
///
/// # Errors
/// Fails, and changes nothing, if the folder is somebody else's: if it has a file of one of our names or a folder
/// `rules`, but has no manifest, and no mark of a settlement that was broken off.
fn former(order: &Order) -> Result<Option<Manifest>> {
    crate::folder::make(order.out)?;
    let manifest = std::fs::read_to_string(order.out.join(MANIFEST)).ok();
    let former: Option<Manifest> = manifest.as_deref().and_then(|text| toml::from_str(text).ok());
    let is_broken_off = order.out.join(UNFINISHED).exists();
    let rules = order.out.join("rules");
    if former.is_none() && !is_broken_off {
        let ours = OURS.iter().map(|name| order.out.join(name)).chain([rules.clone()]);
        if let Some(path) = ours.into_iter().find(|path| path.exists() && !is_input(order, path)) {
            fail!("error.settle.no_result_folder", path = path.display(), folder = order.out.display());
        }
    }
    Ok(former)
}

/// Takes away what an earlier settlement left in the folder, so that all files there belong together. The input is kept if it
/// lies in the folder.
///
/// # Errors
/// Fails if a file cannot be removed.
fn clear(order: &Order, former: Option<&Manifest>) -> Result<()> {
    let rules = order.out.join("rules");
    crate::folder::write(&order.out.join(UNFINISHED), "samspill settle\n")?;
    let remove = |path: &Path| match path.is_file() && !is_input(order, path) {
        true => crate::folder::remove(path),
        false => Ok(()),
    };
    for name in OURS {
        remove(&order.out.join(name))?;
    }
    // Only the rule files that the former manifest lists are ours. Whoever wrote the manifest could name a file outside.
    let is_inside = |name: &&String| {
        Path::new(name.as_str()).components().all(|part| matches!(part, std::path::Component::Normal(_)))
    };
    for name in former.into_iter().flat_map(|former| former.rule_files.keys()).filter(is_inside) {
        remove(&rules.join(name))?;
    }
    Ok(())
}

/// The checked file, in a folder if it is made now: see [`intake::trusted_in`].
fn trusted(order: &Order, folder: &Path, host: &Host) -> Result<Input> {
    let checked = folder.join("checked.parquet");
    intake::trusted_in(order.contacts, order.mapping, order.drg_list, &checked, host)
}

/// The manifest of a settlement; `checked` and `delivered` are digests of the file that was settled and of the one
/// that was handed in.
fn describe(
    order: &Order,
    law: &Law,
    settled: &Settled,
    reader: &Reader,
    [checked, delivered]: [String; 2],
    refused: u64,
    unsigned: Vec<String>,
) -> Result<Manifest> {
    let footer = |key: &str| reader.footer().get(key).cloned().unwrap_or_default();
    let rule_files: BTreeMap<String, String> = order
        .files
        .law
        .iter()
        .chain(&order.files.variants)
        .map(|(name, text)| (name.clone(), manifest::sha256_text(text)))
        .collect();
    let upper_bound = settled
        .upper_bound
        .iter()
        .map(|((instrument, untested), sum)| manifest::UpperBound {
            instrument: instrument.word().to_owned(),
            untested: untested.clone(),
            contacts: sum.contacts,
            amount_ore: sum.amount.ore(),
        })
        .collect();
    Ok(Manifest {
        manifest: manifest::VERSION,
        period: order.period.to_string(),
        status: if unsigned.is_empty() { "signed" } else { "draft" }.to_owned(),
        synthetic: footer(schema::SYNTHETIC_KEY) == "yes",
        not_in_force: settled.scope.not_in_force().map(|one| one.word().to_owned()).collect(),
        not_asked: settled.scope.not_asked().map(|one| one.word().to_owned()).collect(),
        variants: order.files.variants.iter().map(|(name, _)| name.clone()).collect(),
        input: manifest::Input {
            file: reader.path().file_name().unwrap_or_default().to_string_lossy().into_owned(),
            sha256: checked,
            checked_from: footer(schema::SOURCE_KEY),
            checked_from_sha256: match reader.path() == order.contacts {
                true => String::new(),
                false => delivered,
            },
            checked: footer(schema::CHECKED_KEY),
        },
        program: order.program.clone(),
        rows: manifest::Rows {
            read: settled.rows + refused,
            settled: settled.settled_rows,
            outside_period: settled.outside_period_rows,
            refused,
            charges: settled.charges,
        },
        sums: manifest::sums(settled),
        upper_bound,
        unpriced: settled.scope.unpriced().map(unpriced).collect(),
        rules: manifest::versions(law, order.period, &settled.scope),
        rule_files,
        unsigned,
    })
}

fn unpriced((instrument, missing): (Instrument, &Gap)) -> manifest::Unpriced {
    manifest::Unpriced { instrument: instrument.word().to_owned(), missing: missing.to_string() }
}

/// Writes the files of the result folder. The manifest comes last, so that a folder with a manifest is
/// complete.
fn write_folder(
    order: &Order,
    settled: &Settled,
    report: Option<&Report>,
    manifest: &Manifest,
    input: &Path,
    language: Option<Language>,
) -> Result<()> {
    let write = |name: &str, text: &str| {
        let path = order.out.join(name);
        crate::folder::write(&path, text)
    };
    let (totals, outside) = match language {
        Some(language) => (totals_for(settled, language), outside_for(settled, language)),
        None => (settled.totals.to_csv(), settled.outside.to_csv()),
    };
    write("totals.csv", &totals)?;
    write("outside.csv", &outside)?;
    let none = Report::default();
    write("refused.csv", &report.unwrap_or(&none).refused_csv(language))?;
    for (folder, files) in [("law", &order.files.law), ("variants", &order.files.variants)] {
        let folder = order.out.join("rules").join(folder);
        std::fs::create_dir_all(&folder)?;
        for (name, text) in files {
            let name = name.rsplit('/').next().unwrap_or(name);
            crate::folder::write(&folder.join(name), text)?;
        }
    }
    // Place of the input, for an explanation on the same machine. It is not part of the manifest.
    let input = std::fs::canonicalize(input)?;
    let out = std::fs::canonicalize(order.out)?;
    write("input.link", &relative(&input, &out).display().to_string())?;
    write(MANIFEST, &toml::to_string(manifest)?)?;
    let mark = order.out.join(UNFINISHED);
    std::fs::remove_file(&mark).about(|| message!("error.file.remove", path = mark.display()))
}

/// The totals as a table for people.
fn totals_for(settled: &Settled, language: Language) -> String {
    let columns = [
        "debtor",
        "creditor",
        "municipality",
        "unit",
        "month",
        "instrument",
        "contacts",
        "drg_points",
        "amount_ore",
    ];
    let row = |(key, sum): (Key, Sum)| {
        vec![
            Cell::text(key.debtor),
            Cell::text(key.creditor),
            Cell::text(key.municipality),
            Cell::text(key.unit),
            Cell::text(key.month),
            Cell::text(key.instrument),
            Cell::Count(sum.contacts),
            Cell::Decimal(sum.points.milli()),
            Cell::Kroner(sum.amount),
        ]
    };
    let rows: Vec<Vec<Cell>> = settled.totals.lines().map(row).collect();
    csv_of(&heads(columns), rows.iter().map(Vec::as_slice), For::Person(language))
}

/// The contacts without a charge as a table for people.
fn outside_for(settled: &Settled, language: Language) -> String {
    let row = |((instrument, reason), contacts): (&(Instrument, String), &i64)| {
        let reason = Cell::Said(settlement::explain::reason(reason));
        vec![Cell::text(instrument), reason, Cell::Count(*contacts)]
    };
    let rows: Vec<Vec<Cell>> = settled.outside.0.iter().map(row).collect();
    let columns = heads(["instrument", "reason", "contacts"]);
    csv_of(&columns, rows.iter().map(Vec::as_slice), For::Person(language))
}

/// A path relative to a folder, so that both can be moved together.
fn relative(path: &Path, folder: &Path) -> PathBuf {
    let shared = path.components().zip(folder.components()).take_while(|(one, other)| one == other).count();
    let up = folder.components().skip(shared).map(|_| std::path::Component::ParentDir);
    up.chain(path.components().skip(shared)).collect()
}

/// Lines that sum up a settlement: rows, amount of each instrument, upper bounds, and refused rows.
pub fn summary(order: &Order, outcome: &Outcome) -> Vec<Message> {
    let sum = |instrument: &Instrument| match outcome.settled.scope.of(*instrument) {
        InPeriod::Settled => {
            Some(Message::plain(format!("{instrument} {}", outcome.settled.totals.of(*instrument).amount)))
        }
        InPeriod::NotInForce => Some(message!("settle.not_in_force", instrument)),
        InPeriod::Unpriced(_) => Some(message!("settle.unpriced", instrument)),
        InPeriod::NotAsked => None,
    };
    let sums = Instrument::ALL.iter().filter_map(sum).collect();
    let count = domain::amount::grouped;
    let rows = &outcome.manifest.rows;
    let values = vec![
        ("period", Message::plain(order.period)),
        ("read", Message::plain(count(rows.read))),
        ("settled", Message::plain(count(rows.settled))),
        ("outside", Message::plain(count(rows.outside_period))),
        ("refused", Message::plain(count(outcome.refused))),
        ("sums", Message::joined(sums, ", ")),
    ];
    let key = if outcome.manifest.status == "draft" { "settle.draft" } else { "settle.settled" };
    let bound = |bound: &manifest::UpperBound| {
        let codes = bound.untested.split('+').map(settlement::explain::reason);
        let untested = Message::joined(codes.collect(), " + ");
        message!(
            "settle.upper_bound",
            instrument = bound.instrument,
            amount = Amount::from_ore(bound.amount_ore),
            untested,
            contacts = count(bound.contacts.unsigned_abs())
        )
    };
    let mut out: Vec<Message> = outcome.manifest.upper_bound.iter().map(bound).collect();
    out.push(Message::new(key, values));
    out.extend((outcome.refused > 0).then(|| message!("settle.see_refused")));
    out
}
