//! Rule files that a job works with: the law, variants, and cooperation agreements.

use std::path::{Path, PathBuf};

use crate::failure::{About, Failure, Result, fail};
use crate::host::Host;
use crate::progress::Note;
use crate::refusal::Remedy;
use crate::table::small_table;
use domain::identifier::is_organisation;
use domain::{Gap, Instrument, Municipalities, Municipality, Period};
use ledger::content::NotSettled;
use register::parquet_file::Reader;
use rulebook::agreement::{Agreements, GracePeriod};
use rulebook::file::VariantFile;
use rulebook::{Law, LawBook, Scope};
use settlement::trust_of;
use words::{Message, Said, message};

/// Rule files, each as name and text. A job copies them into its result, so that the result can be explained
/// later.
pub struct Files {
    pub law: Vec<(String, String)>,
    pub variants: Vec<(String, String)>,
}

impl Files {
    /// Reads the law from a folder, or takes the built-in law if `law` is `None`. A variant is a file or a
    /// built-in name.
    ///
    /// # Errors
    /// Fails if a file cannot be read, if the folder has no rule file, or if there is no such variant.
    pub fn read(law: Option<&Path>, variants: &[PathBuf]) -> Result<Files> {
        let law = match law {
            None => owned(rulebook::built_in::LAW),
            Some(folder) => folder_of(folder)?,
        };
        let variants = variants.iter().map(|name| variant(name)).collect::<Result<_>>()?;
        Ok(Files { law, variants })
    }

    /// The book of these files, for a period.
    ///
    /// # Errors
    /// Fails as [`Files::book`] does, or if a variant holds on no day of the period: it would change nothing.
    pub fn book_in(&self, period: Period) -> Result<LawBook> {
        let book = self.book()?;
        let is_outside = |one: &&VariantFile| one.to < period.from() || period.to() < one.from;
        match book.variants().iter().find(is_outside) {
            Some(VariantFile { id, from, to, .. }) => {
                let said = message!("error.law.variant_outside", id, from, to, period);
                Err(Failure::in_order(said, Remedy::OtherOrder))
            }
            None => Ok(book),
        }
    }

    /// Adds the cooperation agreements in a file (TOML, a workbook or delimited text), and drops any others; `None` changes
    /// nothing.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or if a row has no municipality that exists on its first day, no trust, a
    /// trust in digits that is no organisation number, or no reference.
    pub fn with_agreements(mut self, path: Option<&Path>) -> Result<Files> {
        let Some(path) = path else { return Ok(self) };
        let text = agreements(path)?;
        let shown = path.display().to_string();
        let municipalities = Municipalities::built_in()?;
        let agreed = Agreements::parse(&shown, &text)
            .map_err(|fault| Failure::in_order(fault.said(), Remedy::None))?;
        for (one, dates) in agreed.rows() {
            let line = dates.line;
            let GracePeriod { trust, municipality, reference, .. } = one;
            let on_first_day = |row: &Municipality| row.code == *municipality && row.exists_on(dates.from);
            if !municipalities.rows().iter().any(on_first_day) {
                fail!("error.law.there_no_municipality_agreement_would_give", shown, line, municipality);
            }
            let is_number = trust.chars().all(|letter| letter.is_ascii_digit());
            if trust.is_empty() || (is_number && !is_organisation(trust)) {
                fail!("error.law.no_organisation_number_nine_digits_nobody", shown, line, trust);
            }
            if reference.trim().is_empty() {
                fail!("error.law.say_agreement_reference", shown, line);
            }
        }
        let name = format!("law/{}.toml", rulebook::agreement::FILE);
        self.law.retain(|(other, _)| *other != name);
        self.law.push((name, text));
        self.law.sort();
        Ok(self)
    }

    /// Adds the cooperation agreements among `kept` if there are none here. Returns whether they were added.
    pub fn or_agreements_of(mut self, kept: &[(String, String)]) -> (Files, bool) {
        let name = format!("law/{}.toml", rulebook::agreement::FILE);
        let agreed = |files: &[(String, String)]| files.iter().find(|(file, _)| *file == name).cloned();
        match (agreed(&self.law), agreed(kept)) {
            (None, Some(agreed)) => {
                self.law.push(agreed);
                self.law.sort();
                (self, true)
            }
            _ => (self, false),
        }
    }

    /// The rule book: the law, with the variants laid over it.
    ///
    /// # Errors
    /// Fails if a file is wrong, or if two variants conflict.
    pub fn book(&self) -> Result<LawBook> {
        let pairs = |files: &'_ [(String, String)]| -> Vec<(String, String)> { files.to_vec() };
        let (law, variants) = (pairs(&self.law), pairs(&self.variants));
        let book = LawBook::new(law.iter().map(|(name, text)| (name.as_str(), text.as_str())))?;
        Ok(book.with_variants(variants.iter().map(|(name, text)| (name.as_str(), text.as_str())))?)
    }
}

/// Text of a file of agreements: as it is, or made from a workbook or delimited text with the columns [`AGREED`]. Each row
/// stands on its own line, so that faults name the line of the table.
fn agreements(path: &Path) -> Result<String> {
    let is_text = path
        .extension()
        .is_some_and(|kind| ["csv", "tsv", "txt"].iter().any(|one| kind.eq_ignore_ascii_case(one)));
    if !is_text && !register::sheet::is_workbook(path) {
        return crate::folder::read(path);
    }
    let mut lines = vec!["grace = [".to_owned()];
    for (at, cells) in small_table::<6>(path, &AGREED.join(";"))? {
        let line: usize = at.rsplit(':').next().and_then(|line| line.parse().ok()).unwrap_or(1);
        let [trust, municipality, hours, from, to, reference] = cells;
        let day = |text: &str| {
            let at = || message!("error.agreements.not_day", at, text);
            Ok::<_, Failure>(register::text::time(text).about(at)?.day())
        };
        // A party may stand with the name that it has on the first day.
        let period = Period::of_month(day(&from)?.month());
        let trust = crate::parties::named(&trust, period).about(|| Message::plain(&at))?;
        let municipality =
            crate::parties::municipality_named(&municipality, period).about(|| Message::plain(&at))?;
        let whole = register::text::code(&hours);
        let hours: i64 = whole.parse().ok().about(|| message!("error.agreements.not_hours", at, hours))?;
        let to = if to.is_empty() { String::new() } else { format!(", to = {}", day(&to)?) };
        let word = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let row = format!(
            "{{ trust = {}, municipality = {}, hours = {hours}, from = {}{to}, reference = {} }},",
            word(&trust),
            word(&municipality),
            day(&from)?,
            word(&reference)
        );
        lines.resize(std::cmp::max(lines.len(), line), String::new());
        lines[line - 1].push_str(&row);
    }
    lines.push("]".to_owned());
    Ok(lines.join("\n") + "\n")
}

/// Columns of a table of agreements. The last day may be empty.
pub const AGREED: [&str; 6] = ["trust", "municipality", "hours", "from", "to", "reference"];

/// Notes each cooperation agreement in `book` that no contact in the file can fall under, since no contact has the
/// trust of that agreement.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn note_agreements_for_nobody(book: &LawBook, reader: &Reader, host: &Host) -> Result<()> {
    let mut wanted: Vec<&GracePeriod> = book.agreements().rows().map(|(row, _)| row).collect();
    for group in 0..reader.row_groups() {
        if wanted.is_empty() {
            break;
        }
        for batch in reader.read(group, &["trust", "unit"], 1 << 16, None)? {
            let batch = batch?;
            for row in 0..batch.num_rows() {
                let trust = trust_of(&batch, row);
                wanted.retain(|one| one.trust != trust);
            }
        }
    }
    if !wanted.is_empty() {
        let named = wanted.iter().map(|one| format!("{} ({})", one.trust, one.reference));
        host.note(Note::AgreementsForNobody(named.collect()));
    }
    Ok(())
}

fn owned(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// How each instrument of a law stands in a period: `only` holds those that are asked for, and is empty for all. Notes
/// each that cannot be priced.
///
/// # Errors
/// Fails with the missing value if it leaves nothing to price.
pub fn scope(law: &Law, period: Period, only: &[Instrument], host: &Host) -> Result<Scope> {
    // If nothing is left, each missing value is told all the same.
    let scope = law.in_period(period, only);
    note_unpriced(&scope, host);
    Ok(scope.not_empty()?)
}

/// Sentences on the instruments that cannot be priced, one each.
pub fn unpriced(scope: &Scope) -> Vec<Message> {
    let said = |(one, missing): (Instrument, &Gap)| Note::Unpriced(one, missing.clone()).said();
    scope.unpriced().map(said).collect()
}

/// Notes each instrument that cannot be priced.
pub fn note_unpriced(scope: &Scope, host: &Host) {
    for (instrument, missing) in scope.unpriced() {
        host.note(Note::Unpriced(instrument, missing.clone()));
    }
}

/// Instruments that are in force and that a scope leaves out, each with the value that is missing; `None` if nobody asked for
/// it.
pub fn not_settled(scope: &Scope) -> NotSettled {
    let unpriced = scope.unpriced().map(|(instrument, missing)| (instrument, Some(missing.clone())));
    unpriced.chain(scope.not_asked().map(|instrument| (instrument, None))).collect()
}

/// The instruments that a month was asked to be settled for; empty for all.
pub fn asked(not_settled: &NotSettled) -> Vec<Instrument> {
    let is_asked = |one: &Instrument| not_settled.get(one).is_none_or(Option::is_some);
    if not_settled.values().all(Option::is_some) {
        return Vec::new();
    }
    Instrument::ALL.iter().copied().filter(is_asked).collect()
}

/// Rule files (`*.toml`) of a folder, in order of name.
///
/// # Errors
/// Fails if the folder or a file cannot be read, or if there is no rule file.
pub fn folder_of(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut out = Vec::new();
    for name in crate::folder::names(folder, ".toml")? {
        let path = folder.join(&name);
        let text =
            std::fs::read_to_string(&path).about(|| message!("error.file.read", path = path.display()))?;
        out.push((format!("law/{name}"), text));
    }
    if out.is_empty() {
        fail!("error.law.no_rule_file_toml_in", folder = folder.display());
    }
    Ok(out)
}

/// Name and text of a variant, from a file or a built-in name.
///
/// # Errors
/// Fails if the file cannot be read, or if there is no such variant.
pub fn variant(name: &Path) -> Result<(String, String)> {
    let shown = name.display().to_string();
    if name.exists() {
        let text = std::fs::read_to_string(name).about(|| message!("error.file.read", path = shown))?;
        let file = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Ok((format!("variants/{file}"), text));
    }
    match rulebook::built_in::variant(shown.trim_end_matches(".toml")) {
        Some((file, text)) => Ok((file.to_owned(), text.to_owned())),
        None => {
            let names: Vec<&str> = rulebook::built_in::VARIANTS
                .iter()
                .map(|(file, _)| file.trim_start_matches("variants/").trim_end_matches(".toml"))
                .collect();
            fail!("error.law.there_no_variant_give_file_one", shown, names = names.join(", "))
        }
    }
}
