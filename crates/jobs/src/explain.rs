//! Explanation of one charge or contact, step by step, as a person would work it out.

use std::path::{Path, PathBuf};

use crate::failure::{About, Result, fail};
use domain::{Instrument, Municipalities, Period};
use register::check::{joint_key, own_key};
use register::keys::Keys;
use register::parquet_file::Reader;
use settlement::explain::{Explanation, explain, stay_of_contact};
use settlement::manifest::Manifest;
use settlement::{Law, manifest};
use words::{Language, Message, Said, message, say};

use crate::host::{Host, Scratch};
use crate::law::Files;
use crate::parties::Names;
use crate::table::Table;

/// What is to be explained: a charge (`KMF-123`, `USK-123-2012-03`), or a contact (`123`, or
/// `institution/episode` as in the extract).
struct Asked {
    contact: i64,
    /// The contact as it was written.
    text: String,
    instrument: Option<Instrument>,
    month: Option<String>,
}

fn read(text: &str) -> Result<Asked> {
    let (instrument, rest) = match text.split_once('-') {
        Some((word, rest)) => match Instrument::from_word(&word.to_uppercase()) {
            Ok(instrument) => (Some(instrument), rest),
            Err(_) => (None, text),
        },
        None => (None, text),
    };
    // A month at the end: `-2012-03`.
    let cut = rest.len().saturating_sub(8);
    let (contact, month) = match rest.get(cut..).and_then(|end| end.strip_prefix('-')) {
        Some(month) if month.len() == 7 && Period::parse(month).is_ok() => {
            (&rest[..cut], Some(month.to_owned()))
        }
        _ => (rest, None),
    };
    if contact.is_empty() {
        fail!("error.explain.not_contact_123_institution_episode_charge", text);
    }
    let text = contact.to_owned();
    let contact = match contact.split_once('/') {
        Some((institution, episode)) => joint_key(institution, episode),
        None => own_key(contact),
    };
    Ok(Asked { contact, text, instrument, month })
}

/// Key of the contact in a text that names a contact or a charge.
///
/// # Errors
/// Fails if the text names no contact.
pub fn contact_of(text: &str) -> Result<i64> {
    Ok(read(text)?.contact)
}

/// The extract's own keys of the contacts in a delivery, read by a mapping. They are not kept in a ledger.
///
/// # Errors
/// Fails if the file cannot be read or checked, or if it has no keys of its own.
pub fn keys(contacts: &Path, mapping: Option<&Path>, host: &Host) -> Result<Keys> {
    let scratch = Scratch::under(host.scratch)?;
    let checked = scratch.path().join("checked.parquet");
    let input = crate::intake::trusted_in(contacts, mapping, None, &checked, host)?;
    let reader = Reader::open_contacts(&input.path)?;
    Keys::of(&reader)?.about(|| message!("error.explain.no_keys", contacts = contacts.display()))
}

/// What a ledger holds on a contact, or the claims behind a voucher (`bilag-17`), with the extract's own keys if the delivery
/// is given, with its mapping. Returns a heading, which may be empty, and a table. `place` is the ledger.
///
/// # Errors
/// Fails if the ledger cannot be read, if there is no such voucher, or if nothing is posted for the contact.
pub fn in_ledger(
    asked: &str,
    place: &str,
    contacts: Option<(&Path, Option<&Path>)>,
    host: &Host,
) -> Result<(Message, Table)> {
    let mut books = crate::settlement::Books::open(place)?;
    if let Some(number) = asked.strip_prefix("bilag-") {
        let number = number.parse().about(|| message!("error.explain.not_voucher_bilag_17", asked))?;
        let keys = contacts.map(|(contacts, mapping)| keys(contacts, mapping, host)).transpose()?;
        return crate::settlement::objection::behind(&mut books, number, keys.as_ref());
    }
    let contact = contact_of(asked)?;
    let table = crate::settlement::objection::history(&mut books, contact)?;
    if table.rows.is_empty() {
        fail!("error.explain.nothing_posted_contact", contact = asked);
    }
    Ok((Message::default(), table))
}

/// Explains a charge or contact of a result folder. `contacts` is the settled file if it has
/// moved; `None` finds the file by the folder's `input.link`.
///
/// # Errors
/// Fails if the folder is not a result folder, if the file is not the one that was settled, if there is no such
/// contact, or if `given` names a month for which the contact has no charge or that is outside the settled period.
pub fn run(given: &str, folder: &Path, contacts: Option<&Path>, language: Language) -> Result<String> {
    let asked = read(given)?;
    let path = folder.join("manifest.toml");
    let text = std::fs::read_to_string(&path)
        .about(|| message!("error.explain.not_result_folder_no_manifest_toml", folder = folder.display()))?;
    let manifest: Manifest = toml::from_str(&text).about(|| Message::plain(path.display()))?;
    let input = match contacts {
        Some(path) => path.to_path_buf(),
        None => linked(folder)?,
    };
    let hash = manifest::sha256_file(&input)?;
    if hash != manifest.input.sha256 {
        fail!(
            "error.explain.not_file_settled_sha_256_manifest",
            input = input.display(),
            hash,
            sha256 = manifest.input.sha256,
            file = manifest.input.file
        );
    }
    let variants = variant_files(folder, &manifest);
    let files = Files::read(Some(&folder.join("rules/law")), &variants)?;
    let law = Law::of(&files.book()?)?;
    let municipalities = Municipalities::built_in()?;
    let reader = Reader::open_contacts(&input)?;
    let mut asked = asked;
    let mut stay = stay_of_contact(&reader, asked.contact)?;
    // An extract with one column of keys may have a slash in them.
    if stay.is_empty() && asked.text.contains('/') {
        asked.contact = own_key(&asked.text);
        stay = stay_of_contact(&reader, asked.contact)?;
    }
    let period = Period::parse_any(&manifest.period)?;
    let scope = law.scope(period, &manifest.only())?;
    match explain(&law, &municipalities, &reader, &stay, asked.contact, (period, &scope))? {
        Some(explanation) => {
            charged_in(&explanation, &asked, period)?;
            Ok(written(&explanation, &asked, &manifest, language, &Names::of(&municipalities, language)))
        }
        None => match refused(folder, &asked.text)? {
            Some((line, why)) => fail!("error.explain.refused", given, line, why),
            None => fail!("error.explain.there_no_contact_in", given, file = manifest.input.file),
        },
    }
}

/// Line and reason of a contact that the check refused, by the list in the result folder; `None` if it was not refused.
fn refused(folder: &Path, contact: &str) -> Result<Option<(String, String)>> {
    let path = folder.join("refused.csv");
    if !path.exists() {
        return Ok(None);
    }
    let sheet = register::sheet::read(&path)?;
    let cell = |row: &[String], place: usize| row.get(place).cloned().unwrap_or_default();
    let found = sheet.rows.iter().find(|(_, row)| cell(row, 1) == contact);
    Ok(found.map(|(_, row)| (cell(row, 0), cell(row, 5))))
}

/// Checks that the contact has a charge of the month asked for, and that the settled period holds that month.
fn charged_in(explanation: &Explanation, asked: &Asked, period: Period) -> Result<()> {
    let Some(month) = &asked.month else { return Ok(()) };
    let mine =
        explanation.parts.iter().filter(|part| asked.instrument.is_none_or(|one| one == part.instrument));
    let months: Vec<&str> = mine.flat_map(|part| &part.charges).map(|charge| charge.month.as_str()).collect();
    if !months.contains(&month.as_str()) {
        let has =
            if months.is_empty() { message!("explain.none") } else { Message::plain(months.join(", ")) };
        fail!("error.explain.contact_has_no_charge_has", id = explanation.contact.id, month, has);
    }
    if Period::parse(month).is_ok_and(|month| !period.holds(month.from())) {
        fail!("error.explain.not_in_settled_ask_settlement", month, period);
    }
    Ok(())
}

fn linked(folder: &Path) -> Result<PathBuf> {
    let link = folder.join("input.link");
    let text = std::fs::read_to_string(&link)
        .about(|| message!("error.explain.result_folder_does_not_say_where"))?;
    let path = folder.join(text.trim());
    if !path.exists() {
        fail!("error.explain.input_no_longer_give_contacts_file", path = path.display());
    }
    Ok(path)
}

fn variant_files(folder: &Path, manifest: &Manifest) -> Vec<PathBuf> {
    manifest.variants.iter().map(|name| folder.join("rules").join(name)).collect()
}

/// The explanation as lines of text.
fn written(
    explanation: &Explanation,
    asked: &Asked,
    manifest: &Manifest,
    language: Language,
    names: &Names,
) -> String {
    let contact = &explanation.contact;
    let mut out = match contact.extract_key.as_str() {
        "" => say!(language, "explain.contact", id = contact.id),
        key if key == contact.id.to_string() => say!(language, "explain.contact", id = contact.id),
        key => say!(language, "explain.contact_of_extract", id = contact.id, key),
    } + "\n";
    if manifest.synthetic {
        out.push_str(&format!("{}\n", language.text("explain.synthetic")));
    }
    let file = say!(
        language,
        "explain.file",
        file = manifest.input.file,
        digest = manifest.input.sha256,
        row = contact.source_row,
        from = manifest.input.checked_from
    );
    out.push_str(&format!("{file}\n\n{}\n", language.text("explain.facts")));
    for fact in &explanation.facts {
        out.push_str(&format!("  {}\n", language.sentence(fact)));
    }
    for part in
        explanation.parts.iter().filter(|part| asked.instrument.is_none_or(|asked| asked == part.instrument))
    {
        out.push_str(&format!(
            "\n{} ({})\n  {}\n",
            language.sentence(&part.instrument.said()),
            part.instrument,
            say!(language, "explain.version", version = part.rule)
        ));
        for (number, step) in part.steps.iter().enumerate() {
            let behind = match (step.provision.is_empty(), step.confidence) {
                (true, _) => String::new(),
                (false, "M") => {
                    format!("  [{}; {}; {}]", step.provision, step.place, language.text("explain.unsigned"))
                }
                (false, _) => format!("  [{}; {}]", step.provision, step.place),
            };
            out.push_str(&format!("  {}. {}{behind}\n", number + 1, language.say(&step.text)));
        }
        // Every month, also where one is asked for: they add up to the conclusion.
        for charge in &part.charges {
            let (debtor, creditor) = (names.name(&charge.debtor), names.name(&charge.creditor));
            let (month, amount) = (&charge.month, charge.amount);
            out.push_str(&format!("  {}\n", say!(language, "explain.owes", month, amount, debtor, creditor)));
        }
        out.push_str(&format!("  => {}\n", language.say(&part.conclusion)));
    }
    if manifest.status == "draft" {
        out.push_str(&format!("\n{}\n", language.text("explain.draft")));
    }
    out
}
