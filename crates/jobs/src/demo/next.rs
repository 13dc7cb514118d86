//! What the demonstration leads to: three things to find in the figures, and commands to try.

use std::path::Path;

use domain::amount::grouped;
use domain::{Instrument, Municipalities};
use register::columns;
use register::parquet_file::Reader;
use words::{Language, Message, message, say};

use super::story::{self, Bill};
use super::today::Today;
use super::{Demo, SLOW};
use crate::failure::{About, Result};
use crate::host::Host;
use crate::parties::Names;

/// Makes the bill of the story. Returns the things to find, and the commands to try, as text.
///
/// # Errors
/// Fails if the register or the charges cannot be read, or if a file cannot be written.
pub fn text(demo: &Demo, today: &Today, reform: &Path, host: &Host) -> Result<String> {
    let charges = today.settled.result.join("charges.parquet");
    let bill = story::bill(&today.contacts, &charges, &demo.out.join("historie"), host)?;
    let story = story(demo, bill.as_ref(), today, host.language)?;
    Ok(story + &next_commands(demo, &today.settled.result, reform, host.language)?)
}

/// Number of persons below which the register is too small for a municipality to stand out.
const SMALL: u64 = 1_000_000;

/// The things to find in the figures, at most three, each with the command that leads to it.
fn story(demo: &Demo, bill: Option<&Bill>, today: &Today, language: Language) -> Result<String> {
    let names = Names::of(&Municipalities::built_in()?, language);
    let (out, command) = (demo.out.display(), demo.command);
    let mut parts: Vec<(Message, Option<String>)> = Vec::new();
    if let Some(bill) = bill {
        let Bill { municipality, institution, period, lines, bill, log } = bill;
        let (received, own) = (bill.display(), log.display());
        let lead =
            message!("demo.story_bill", institution, municipality = names.name(municipality), period, lines);
        parts.push((
            lead,
            Some(format!(
                "compare --received {received} --log {own} --party {municipality} --period {period} \
                 --institution \"{institution}\" --out {out}/historie/svar"
            )),
        ));
    }
    let late = &today.late;
    if !late.party.is_empty() {
        parts.push((
            message!("demo.story_late", late = late.unit, party = names.name(&late.party)),
            Some(format!(
                "statement 2024-04 --party {} --ledger {out}/ledger.sqlite --out {out}/historie",
                late.party
            )),
        ));
    }
    let slow = today.settled.totals.lines().map(|(key, _)| key).filter(|key| key.debtor == SLOW);
    let last_month = slow.map(|key| key.month).max();
    let (municipality, profile) = (names.name(SLOW), format!("{out}/indikatorer/profil-{SLOW}.pdf"));
    parts.push((
        match demo.people.is_some_and(|people| people < SMALL) {
            true => message!("demo.story_slow_small", municipality, profile),
            false => message!("demo.story_slow", municipality, profile),
        },
        last_month.map(|month| {
            format!("case {SLOW} --month {month} --ledger {out}/ledger.sqlite --out {out}/historie")
        }),
    ));
    let mut text = format!("\n{}\n", language.text("demo.story"));
    for (place, (lead, arguments)) in (1..).zip(parts) {
        text.push_str(&format!("  {place}. {}\n", language.say(&lead)));
        text.extend(arguments.map(|arguments| format!("     {command} {arguments}\n")));
    }
    Ok(text)
}

/// What was written, and commands to try next.
fn next_commands(demo: &Demo, today: &Path, reform: &Path, language: Language) -> Result<String> {
    let (isf, usk) = examples(&today.join("charges.parquet"), Instrument::Isf)?;
    let (kmf, _) = examples(&reform.join("charges.parquet"), Instrument::CoFinancing)?;
    let (out, command) = (demo.out.display(), demo.command);
    let (today, reform) = (today.display(), reform.display());
    let files = "summary.txt, historie/, statements/, igjen/, risiko/, indikatorer/, ledger.sqlite, register-2024/, result-2024/, \
                 hva-om/, ledger-2012.sqlite, register-2012/, result-2012/, register-2011/";
    let mut commands: Vec<String> = Vec::new();
    commands.extend(usk.map(|(contact, month)| format!("explain USK-{contact}-{month} --in {today}")));
    commands.extend(isf.map(|contact| format!("explain ISF-{contact} --in {today}")));
    commands.extend([
        format!("settlement status --ledger {out}/ledger.sqlite"),
        format!("ledger verify --ledger {out}/ledger.sqlite"),
        format!("forecast 2024-06 --ledger {out}/ledger.sqlite"),
        format!("settle 2024-03 --contacts {out}/register-2024/contacts.parquet --draft --out result"),
        "rules show discharge-ready-day-rate --on 2024-07-01".to_owned(),
        format!("simulate co-financing-again --period 2024 --contacts {out}/register-2024/contacts.parquet --out hva-om"),
        format!("indicators run --all --period 2024-T2 --contacts {out}/register-2024/contacts.parquet --profile 0301 --out indikatorer"),
        format!("check {out}/register-2024/contacts.parquet"),
    ]);
    commands.extend(kmf.map(|contact| format!("explain KMF-{contact} --in {reform}")));
    commands.extend([
        format!("statement 2012-04 --party 1201 --ledger {out}/ledger-2012.sqlite --out {out}/april-2012"),
        format!("forecast 2012-06 --ledger {out}/ledger-2012.sqlite --earlier {out}/months-2011.csv"),
        format!("simulate co-financing-80-plus --period 2012 --contacts {out}/register-2012/contacts.parquet --out hva-om"),
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

/// A contact with a charge under an instrument; and a contact with a charge for days, and the month of the charge.
type Examples = (Option<i64>, Option<(i64, String)>);

/// Finds one example for each kind of charge in the first two row groups: the first contact with a charge under `instrument`
/// for more than 0.8 points, and the first contact with a charge for days. `None` for a kind that these groups lack.
fn examples(charges: &Path, instrument: Instrument) -> Result<Examples> {
    let reader = Reader::open(charges)?;
    let (mut treatment, mut days) = (None, None);
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
                    found if found == instrument.word() && points[row] > 800 => {
                        treatment = treatment.or(Some(*id));
                    }
                    found if found == Instrument::DischargeReady.word() => {
                        days = days.or_else(|| Some((*id, word("month").to_owned())));
                    }
                    _ => {}
                }
            }
        }
    }
    Ok((treatment, days))
}
