//! Explanation of one charge or contact, step by step, as a person would work it out.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use domain::{Instrument, Municipalities, Period};
use register::check::own_key;
use register::parquet_file::Reader;
use register::schema::contact_key;
use settlement::explain::{Explanation, explain, sentence, stay_of_contact};
use settlement::manifest::Manifest;
use settlement::{Law, manifest};

use crate::law::Files;
use crate::table::Table;

/// What is to be explained: a charge (`KMF-123`, `USK-123-2012-03`), or a contact (`123`, or
/// `institution/episode` as in the extract).
struct Asked {
    contact: i64,
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
        bail!(
            "'{text}' is not a contact (123, or institution/episode) or a charge (KMF-123, USK-123-2012-03)"
        );
    }
    let contact = match contact.split_once('/') {
        Some((institution, episode)) => contact_key(institution, episode),
        None => own_key(contact),
    };
    Ok(Asked { contact, instrument, month })
}

/// Key of the contact in a text that names a contact or a charge.
///
/// # Errors
/// Fails if the text names no contact.
pub fn contact_of(text: &str) -> Result<i64> {
    Ok(read(text)?.contact)
}

/// What a ledger holds of a contact, or the claims behind a voucher (`bilag-17`). Returns a heading, which
/// may be empty, and a table. `place` is the ledger.
///
/// # Errors
/// Fails if the ledger cannot be read, if there is no such voucher, or if nothing is posted for the contact.
pub fn in_ledger(asked: &str, place: &str) -> Result<(String, Table)> {
    let mut books = crate::settlement::Books::open(place)?;
    if let Some(number) = asked.strip_prefix("bilag-") {
        let number = number.parse().with_context(|| format!("'{asked}' is not a voucher as bilag-17"))?;
        return crate::settlement::objection::behind(&mut books, number);
    }
    let contact = contact_of(asked)?;
    let table = crate::settlement::objection::history(&mut books, contact)?;
    if table.rows.is_empty() {
        bail!("nothing is posted for contact {contact}");
    }
    Ok((String::new(), table))
}

/// Explains a charge or contact of a result folder, in Norwegian. `contacts` is the settled file if it has
/// moved; `None` finds the file by the folder's `input.link`.
///
/// # Errors
/// Fails if the folder is not a result folder, if the file is not the one that was settled, or if there is no
/// such contact, or no such charge in the settled period.
pub fn run(given: &str, folder: &Path, contacts: Option<&Path>) -> Result<String> {
    let asked = read(given)?;
    let path = folder.join("manifest.toml");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{} is not a result folder: no manifest.toml", folder.display()))?;
    let manifest: Manifest = toml::from_str(&text).with_context(|| path.display().to_string())?;
    let input = match contacts {
        Some(path) => path.to_path_buf(),
        None => linked(folder)?,
    };
    let hash = manifest::sha256_file(&input)?;
    if hash != manifest.input.sha256 {
        bail!(
            "{} is not the file that was settled: its SHA-256 is {hash}, the manifest says {}",
            input.display(),
            manifest.input.sha256
        );
    }
    let variants = variant_files(folder, &manifest);
    let files = Files::read(Some(&folder.join("rules/law")), &variants)?;
    let law = Law::of(&files.book()?)?;
    let municipalities = Municipalities::built_in()?;
    let reader = Reader::open_contacts(&input)?;
    let stay = stay_of_contact(&reader, asked.contact)?;
    let period = Period::parse(&manifest.period)?;
    match explain(&law, &municipalities, &stay, asked.contact, period)? {
        Some(explanation) => {
            charged_in(&explanation, &asked, period)?;
            Ok(told(&explanation, &asked, &manifest))
        }
        None => bail!("there is no contact {given} in {}", manifest.input.file),
    }
}

/// Checks that the contact has a charge of the month asked for, and that the settled period holds that month.
fn charged_in(explanation: &Explanation, asked: &Asked, period: Period) -> Result<()> {
    let Some(month) = &asked.month else { return Ok(()) };
    let mine =
        explanation.parts.iter().filter(|part| asked.instrument.is_none_or(|one| one == part.instrument));
    let months: Vec<&str> = mine.flat_map(|part| &part.amounts).map(|(month, _)| month.as_str()).collect();
    if !months.contains(&month.as_str()) {
        let has = if months.is_empty() { "none".to_owned() } else { months.join(", ") };
        bail!("contact {} has no charge of {month}; it has {has}", explanation.contact.id);
    }
    if Period::parse(month).is_ok_and(|month| !period.holds(month.from())) {
        bail!("{month} is not in {period}, which was settled: ask the settlement of {month}");
    }
    Ok(())
}

fn linked(folder: &Path) -> Result<PathBuf> {
    let link = folder.join("input.link");
    let text = std::fs::read_to_string(&link)
        .context("the result folder does not say where its input lies: give --contacts FILE")?;
    let path = folder.join(text.trim());
    if !path.exists() {
        bail!("the input is no longer at {}: give --contacts FILE", path.display());
    }
    Ok(path)
}

fn variant_files(folder: &Path, manifest: &Manifest) -> Vec<PathBuf> {
    manifest.variants.iter().map(|name| folder.join("rules").join(name)).collect()
}

fn told(explanation: &Explanation, asked: &Asked, manifest: &Manifest) -> String {
    let contact = &explanation.contact;
    let mut out = format!("Kontakt {}\n", contact.id);
    if manifest.synthetic {
        out.push_str("(Syntetisk: ingen virkelig person står bak.)\n");
    }
    out.push_str(&format!(
        "Fil {} (SHA-256 {}…), rad {}, kontrollert fra: {}\n\nOpplysninger\n",
        manifest.input.file,
        &manifest.input.sha256[..12.min(manifest.input.sha256.len())],
        contact.source_row,
        manifest.input.checked_from
    ));
    for fact in &explanation.facts {
        out.push_str(&format!("  {fact}\n"));
    }
    for part in
        explanation.parts.iter().filter(|part| asked.instrument.is_none_or(|asked| asked == part.instrument))
    {
        out.push_str(&format!(
            "\n{} ({})\n  Regelversjon: {}\n",
            sentence(part.instrument.name()),
            part.instrument,
            part.rule
        ));
        for (number, step) in part.steps.iter().enumerate() {
            let behind = match (step.provision.is_empty(), step.confidence) {
                (true, _) => String::new(),
                (false, "M") => format!("  [{}; {}; USIGNERT]", step.provision, step.place),
                (false, _) => format!("  [{}; {}]", step.provision, step.place),
            };
            out.push_str(&format!("  {}. {}{behind}\n", number + 1, step.text));
        }
        for (month, amount) in
            part.amounts.iter().filter(|(month, _)| asked.month.as_ref().is_none_or(|asked| asked == month))
        {
            out.push_str(&format!("  {month}: {amount}\n"));
        }
        out.push_str(&format!("  => {}\n", part.conclusion));
    }
    if manifest.status == "draft" {
        out.push_str("\nUTKAST: usignerte verdier er brukt. Se «unsigned» i manifest.toml.\n");
    }
    out
}
