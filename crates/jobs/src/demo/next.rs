//! What the demonstration leads to: three things to find in the figures, and commands to try.

use std::path::Path;

use domain::Municipalities;
use domain::amount::grouped;
use register::columns;
use register::parquet_file::Reader;
use words::{Language, Message, message, say};

use super::story::{self, Bill};
use super::year::Late;
use super::{Demo, SLOW};
use crate::failure::{About, Result};
use crate::host::Host;
use crate::parties::Names;

/// Makes the bill of the story. Returns the things to find, and the commands to try, as text.
///
/// # Errors
/// Fails if the register or the charges cannot be read, or if a file cannot be written.
pub fn text(demo: &Demo, contacts: &Path, result: &Path, late: &Late, host: &Host) -> Result<String> {
    let charges = result.join("charges.parquet");
    let bill = story::bill(contacts, &charges, &demo.out.join("historie"), host)?;
    let story = story(demo, bill.as_ref(), late, host.language)?;
    Ok(story + &next_commands(demo, result, host.language)?)
}

/// Number of persons below which the register is too small for a municipality to stand out.
const SMALL: u64 = 1_000_000;

/// The things to find in the figures, at most three, each with the command that leads to it.
fn story(demo: &Demo, bill: Option<&Bill>, late: &Late, language: Language) -> Result<String> {
    let names = Names::of(&Municipalities::built_in()?, language);
    let (out, command) = (demo.out.display(), demo.command);
    let mut parts: Vec<(Message, String)> = Vec::new();
    if let Some(bill) = bill {
        let Bill { municipality, institution, period, lines, bill, log } = bill;
        let (received, own) = (bill.display(), log.display());
        let lead =
            message!("demo.story_bill", institution, municipality = names.name(municipality), period, lines);
        parts.push((
            lead,
            format!(
                "compare --received {received} --log {own} --party {municipality} --period {period} \
                 --institution \"{institution}\" --out {out}/historie/svar"
            ),
        ));
    }
    if !late.municipality.is_empty() {
        let municipality = names.name(&late.municipality);
        parts.push((
            message!("demo.story_late", late = late.unit, municipality),
            format!(
                "statement 2012-04 --party {} --ledger {out}/ledger.sqlite --out {out}/historie",
                late.municipality
            ),
        ));
    }
    let (municipality, profile) = (names.name(SLOW), format!("{out}/indikatorer/profil-{SLOW}.pdf"));
    parts.push((
        match demo.people.is_some_and(|people| people < SMALL) {
            true => message!("demo.story_slow_small", municipality, profile),
            false => message!("demo.story_slow", municipality, profile),
        },
        format!("case {SLOW} --ledger {out}/ledger.sqlite --out {out}/historie"),
    ));
    let mut text = format!("\n{}\n", language.text("demo.story"));
    for (place, (lead, arguments)) in (1..).zip(parts) {
        text.push_str(&format!("  {place}. {}\n     {command} {arguments}\n", language.say(&lead)));
    }
    Ok(text)
}

/// What was written, and commands to try next.
fn next_commands(demo: &Demo, result: &Path, language: Language) -> Result<String> {
    let (kmf, usk) = examples(&result.join("charges.parquet"))?;
    let (out, result, command) = (demo.out.display(), result.display(), demo.command);
    let files = "summary.txt, historie/, statements/, hva-om/, risiko/, indikatorer/, ledger.sqlite, register-2012/, result-2012/, register-2011/";
    let mut commands: Vec<String> = Vec::new();
    commands.extend(kmf.map(|contact| format!("explain KMF-{contact} --in {result}")));
    commands.extend(usk.map(|(contact, month)| format!("explain USK-{contact}-{month} --in {result}")));
    commands.extend([
        format!("settle 2012-03 --contacts {out}/register-2012/contacts.parquet --draft --out result"),
        format!("settlement status --ledger {out}/ledger.sqlite"),
        format!("ledger verify --ledger {out}/ledger.sqlite"),
        format!("forecast 2012-06 --ledger {out}/ledger.sqlite --earlier {out}/months-2011.csv"),
        "rules show co-financing --on 2012-07-01".to_owned(),
        format!("simulate co-financing-80-plus --period 2012 --contacts {out}/register-2012/contacts.parquet --out hva-om"),
        format!("indicators run --all --period 2012-T2 --contacts {out}/register-2012/contacts.parquet --profile 0301 --out indikatorer"),
        format!("check {out}/register-2012/contacts.parquet"),
    ]);
    let size = message!("demo.size", megabytes = grouped(bytes(demo.out)?.div_ceil(1_000_000)));
    let written = say!(language, "demo.written", path = format!("{out}/ ({files})"), size);
    let mut text = format!("\n{written}\n\n{}\n", language.text("demo.try_now"));
    for arguments in commands {
        text.push_str(&format!("  {command} {arguments}\n"));
    }
    Ok(text)
}

/// Size of the files in a folder and its folders, in bytes.
fn bytes(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder).about(|| message!("error.file.read", path = folder.display()))? {
        let entry = entry?;
        sum += match entry.file_type()?.is_dir() {
            true => bytes(&entry.path())?,
            false => entry.metadata()?.len(),
        };
    }
    Ok(sum)
}

/// A contact with a charge for co-financing; and a contact with a charge for days, and the month of the
/// charge.
type Examples = (Option<i64>, Option<(i64, String)>);

/// Finds one example for each kind of charge in the first two row groups: the first contact with co-financing of more
/// than 0.8 points, and the first contact with a charge for days. `None` for a kind that these groups lack.
fn examples(charges: &Path) -> Result<Examples> {
    let reader = Reader::open(charges)?;
    let (mut kmf, mut usk) = (None, None);
    for group in 0..reader.row_groups().min(2) {
        for batch in
            reader.read(group, &["contact_id", "instrument", "drg_points_milli", "month"], 1 << 14, None)?
        {
            let batch = batch?;
            let (ids, points) =
                (columns::longs(&batch, "contact_id"), columns::ints(&batch, "drg_points_milli"));
            for (row, id) in ids.iter().enumerate() {
                let word = |name| columns::word(&batch, name, row);
                match word("instrument") {
                    "KMF" if points[row] > 800 => kmf = kmf.or(Some(*id)),
                    "USK" => usk = usk.or_else(|| Some((*id, word("month").to_owned()))),
                    _ => {}
                }
            }
        }
    }
    Ok((kmf, usk))
}
