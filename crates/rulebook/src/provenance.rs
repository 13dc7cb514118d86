//! Where a value stands, how sure it is, and the name of a rule version.

use domain::Day;

use crate::file::Confidence;

/// Where a value stands, and how sure it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Rule or variant.
    pub rule: String,
    /// The key, for instance `ceiling` or `choice dated_by`.
    pub key: String,
    /// The value, as text.
    pub value: String,
    /// File and line.
    pub file: String,
    /// Line.
    pub line: usize,
    /// First day.
    pub from: Day,
    /// Last day, included.
    pub to: Option<Day>,
    /// How sure.
    pub confidence: Confidence,
    /// Title of the source.
    pub source: String,
    /// The provision, or the source if none is cited.
    pub cite: String,
    /// Somebody has signed the source.
    pub signed_off: bool,
}

impl Provenance {
    /// `file:line`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    /// Whether the value settles only as a draft: nobody has read it in a source or signed it.
    pub fn is_unsigned(&self) -> bool {
        self.confidence == Confidence::M && !self.signed_off
    }
}

/// A version of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Id of the rule.
    pub rule: String,
    /// First day on which these values hold.
    pub from: Day,
    /// First eight hexadecimal digits of the digest of the values.
    pub digest: String,
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}/{}", self.rule, self.from, self.digest)
    }
}
