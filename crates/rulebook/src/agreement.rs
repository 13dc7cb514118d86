//! Cooperation agreements (`samarbeidsavtaler`): the hours that a municipality is given after a notice of
//! readiness, by trust, municipality and dates.
//!
//! An agreement belongs to its two parties, who supply it in a file of their own. If no agreement holds, the hours
//! are those of the choice `grace_hours` of the law.

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
            // An agreement is its own source, and the person who handed in the file has read the agreement: hence
            // confidence Q.
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

    /// Every agreement, with the days on which it holds and its line in the file.
    pub fn rows(&self) -> impl Iterator<Item = (&GracePeriod, &Dates)> {
        self.grace.iter().map(|row| (&row.value, &row.dates))
    }

    /// Hours of grace and their provenance, by the agreement that a trust and a municipality have on the day of the
    /// notice; `None` if no agreement holds.
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

    /// Name of the agreements that hold on some day from `from` to `to`, both included: a digest of their parties,
    /// hours and dates, but not of their references. `None` if no agreement holds.
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

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "\
[[grace]]
trust = \"983974724\"
municipality = \"1201\"
hours = 24
from = 2012-01-01
to = 2012-12-31
reference = \"delavtale 5\"

[[grace]]
trust = \"983974724\"
municipality = \"0301\"
hours = 240
from = 2012-06-01
reference = \"delavtale 6\"
";

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn hours_are_those_of_the_two_parties_on_the_day_of_the_notice() {
        let agreements = Agreements::parse("a.toml", TWO).unwrap();
        let hours = |trust, municipality, on| {
            agreements.grace(trust, municipality, day(on)).map(|(hours, place)| (hours, place.line))
        };
        assert_eq!(hours("983974724", "1201", "2012-12-31"), Some((24, 5)));
        assert_eq!(hours("983974724", "1201", "2013-01-01"), None);
        assert_eq!(hours("983974724", "0301", "2012-05-31"), None);
        assert_eq!(hours("983974724", "0301", "2024-03-04"), Some((240, 13)));
        assert_eq!(hours("983974724", "1103", "2012-07-01"), None);
        assert_eq!(hours("983658725", "1201", "2012-07-01"), None);
        let rows: Vec<(&str, i64, usize)> = agreements
            .rows()
            .map(|(one, dates)| (one.municipality.as_str(), one.hours, dates.line))
            .collect();
        assert_eq!(rows, [("1201", 24, 5), ("0301", 240, 13)]);
    }

    #[test]
    fn a_version_names_the_agreements_that_hold_in_the_period_and_no_others() {
        let agreements = Agreements::parse("a.toml", TWO).unwrap();
        let version = |from, to| agreements.version(day(from), day(to));
        assert_eq!(version("2011-01-01", "2011-12-31"), None);
        let (one, both) = (version("2012-01-01", "2012-05-31"), version("2012-01-01", "2012-06-01"));
        assert!(one.as_deref().is_some_and(|name| name.starts_with("agreements/")));
        assert_ne!(one, both);
        assert_eq!(one, version("2011-06-01", "2012-01-01"), "the same agreement, the same name");
        assert_eq!(version("2012-12-31", "2012-12-31"), both);
        assert_ne!(version("2013-01-01", "2013-01-31"), both, "the first has ended");
        let longer = Agreements::parse("a.toml", &TWO.replace("hours = 24\n", "hours = 48\n")).unwrap();
        assert_ne!(longer.version(day("2012-01-01"), day("2012-01-31")), one);
    }

    #[test]
    fn what_cannot_be_an_agreement_is_refused_with_its_line() {
        for (from, to, fault) in [
            ("hours = 24\n", "hours = 241\n", "a.toml:5: choice hours = '241'"),
            ("hours = 24\n", "hours = -1\n", "a.toml:5: choice hours = '-1'"),
            ("\"0301\"", "\"1201\"", "both hold on 2012-06-01"),
            ("to = 2012-12-31", "to = 2011-12-31", "before it begins"),
        ] {
            let error = Agreements::parse("a.toml", &TWO.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(fault), "{error}");
        }
        assert!(Agreements::parse("a.toml", &TWO.replace("hours = 24\n", "hours = 0\n")).is_ok());
    }
}
