//! What cooperation agreements (`samarbeidsavtaler`) say that a settlement needs: hours that a municipality
//! is given after a notice of readiness, by trust, municipality and dates.
//!
//! An agreement is the parties' own, and comes with a file of theirs; the law's own number is the choice
//! `grace_hours`, and holds where no agreement does.

use domain::Day;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::Spanned;
use toml::value::Datetime;

use crate::file::{Confidence, Dates, Fault, Row, RuleError, Text};
use crate::provenance::Provenance;

/// Name of the file among the rule files.
pub const FILE: &str = "agreements";

/// Hours that one agreement gives (`utsatt frist etter avtale`).
#[doc(alias = "utsatt frist etter avtale")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GracePeriod {
    /// Organisation number of the trust or institution, as contacts name it.
    pub trust: String,
    /// Code of the municipality that pays.
    pub municipality: String,
    /// Hours after the notice of readiness before a day is paid for.
    pub hours: i64,
    /// The agreement.
    pub reference: String,
}

/// Every agreement that is known, in the order of the file.
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
    /// Reads `[[grace]]` rows: `trust`, `municipality`, `hours`, `from`, `to` (or none), `reference`.
    ///
    /// # Errors
    /// With file and line: what is not TOML, hours below 0 or above 240, two rows that hold on the same day.
    pub fn parse(file: &str, text: &str) -> Result<Agreements, RuleError> {
        let text = Text { file, text };
        let raw: Raw = text.parse()?;
        let mut grace: Vec<Row<GracePeriod>> = Vec::new();
        for row in raw.grace {
            // The parties' own agreement is its own source, read by whoever gave the file.
            let (reference, cite) = (row.reference.clone(), Some(row.reference));
            let dates = text.dates(row.from, row.to, Confidence::Q, reference.clone(), cite, None)?;
            if !(0..=240).contains(&row.hours) {
                let (key, value) = ("hours".to_owned(), row.hours.to_string());
                let expected = "0 to 240".to_owned();
                return Err(text.error(dates.line, Fault::UnknownChoice { key, value, expected }));
            }
            let (trust, municipality) = (row.trust, row.municipality);
            let value = GracePeriod { trust, municipality, hours: row.hours, reference };
            grace.push(Row { dates, value });
        }
        text.no_overlap(&grace, |one| format!("grace for {} at {}", one.municipality, one.trust))?;
        Ok(Agreements { file: file.to_owned(), grace })
    }

    /// The agreements, each with the line it stands on.
    pub fn rows(&self) -> impl Iterator<Item = (&GracePeriod, usize)> {
        self.grace.iter().map(|row| (&row.value, row.dates.line))
    }

    /// Hours under the agreement between a trust and a municipality that a notice on a day falls under, and
    /// where they stand.
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

    /// A name that changes when an agreement that holds between two days does; `None` if there is none.
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
