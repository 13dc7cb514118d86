//! Cooperation agreements (`samarbeidsavtaler`): the hours that a municipality is given after a notice of
//! readiness, by trust, municipality and dates.
//!
//! An agreement belongs to its two parties, and comes in a file of theirs. Where no agreement holds, the
//! law's own choice `grace_hours` does.

use domain::Day;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::Spanned;
use toml::value::Datetime;
use words::Message;

use crate::file::{Confidence, Dates, Fault, Row, RuleError, Text};
use crate::provenance::Provenance;

/// Name of the agreement file without `.toml`, and the `rule` in the provenance of its values.
pub const FILE: &str = "agreements";

/// Hours of grace by one agreement (`utsatt frist etter avtale`).
#[doc(alias = "utsatt frist etter avtale")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GracePeriod {
    /// Organisation number of the trust or institution, as in the contacts.
    pub trust: String,
    /// Code of the municipality that pays.
    pub municipality: String,
    /// Hours from the notice of readiness during which no day is paid for, 0 to 240.
    pub hours: i64,
    /// Reference of the agreement.
    pub reference: String,
}

/// Cooperation agreements, in the order of their file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreements {
    file: String,
    grace: Vec<Row<GracePeriod>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    grace: Vec<RawGrace>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGrace {
    trust: String,
    municipality: String,
    hours: i64,
    from: Spanned<Datetime>,
    to: Option<Datetime>,
    reference: String,
}

impl Agreements {
    /// Reads `[[grace]]` rows with `trust`, `municipality`, `hours`, `from`, `to` (optional) and `reference`.
    ///
    /// # Errors
    /// Fails with file and line if the text is not TOML, a key is unknown, hours are not 0 to 240, a row ends
    /// before it begins, or two rows of one trust and municipality hold on the same day.
    pub fn parse(file: &str, text: &str) -> Result<Agreements, RuleError> {
        let text = Text { file, text };
        let raw: Raw = text.parse()?;
        let mut grace: Vec<Row<GracePeriod>> = Vec::new();
        for row in raw.grace {
            // An agreement is its own source, read by whoever handed in the file: hence confidence Q.
            let (reference, cite) = (row.reference.clone(), Some(row.reference));
            let dates = text.dates(row.from, row.to, Confidence::Q, reference.clone(), cite, None)?;
            if !(0..=240).contains(&row.hours) {
                let (key, value) = ("hours".to_owned(), row.hours.to_string());
                let expected = Message::plain("0–240");
                return Err(text.error(dates.line, Fault::UnknownChoice { key, value, expected }));
            }
            let (trust, municipality) = (row.trust, row.municipality);
            let value = GracePeriod { trust, municipality, hours: row.hours, reference };
            grace.push(Row { dates, value });
        }
        text.no_overlap(&grace, |one| format!("grace for {} at {}", one.municipality, one.trust))?;
        Ok(Agreements { file: file.to_owned(), grace })
    }

    /// Every agreement, with its line in the file.
    pub fn rows(&self) -> impl Iterator<Item = (&GracePeriod, usize)> {
        self.grace.iter().map(|row| (&row.value, row.dates.line))
    }

    /// Hours of grace and their provenance, by the agreement between a trust and a municipality that holds on
    /// the day of the notice; `None` if no agreement holds.
    pub fn grace(&self, trust: &str, municipality: &str, day: Day) -> Option<(i64, Provenance)> {
        let holds = |row: &&Row<GracePeriod>| {
            row.value.trust == trust && row.value.municipality == municipality && row.dates.holds(day)
        };
        let row = self.grace.iter().find(holds)?;
        let provenance = Provenance {
            rule: FILE.to_owned(),
            key: "grace_hours".to_owned(),
            value: row.value.hours.to_string(),
            file: self.file.clone(),
            line: row.dates.line,
            from: row.dates.from,
            to: row.dates.to,
            confidence: row.dates.confidence,
            source: row.value.reference.clone(),
            cite: row.value.reference.clone(),
            signed_off: false,
        };
        Some((row.value.hours, provenance))
    }

    /// A name that changes with any agreement that holds on some day from `from` to `to`, both included;
    /// `None` if no agreement does.
    pub fn version(&self, from: Day, to: Day) -> Option<String> {
        let mut hash = Sha256::new();
        let mut any = false;
        let touched = |dates: &Dates| dates.from <= to && dates.to.is_none_or(|end| from <= end);
        for Row { value: one, dates } in self.grace.iter().filter(|row| touched(&row.dates)) {
            any = true;
            let end = dates.to.map_or_else(String::new, |to| to.to_string());
            let (trust, municipality) = (&one.trust, &one.municipality);
            hash.update(format!("{trust}\n{municipality}\n{}\n{}\n{end}\n", one.hours, dates.from));
        }
        let digest: String = hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        any.then(|| format!("{FILE}/{digest}"))
    }
}
