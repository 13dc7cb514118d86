//! Provenance of a value of the law, and the name of a rule version.

use domain::Day;

use crate::file::Confidence;

/// Where a value stands, when it holds, and how sure the project is of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Id of the rule or variant.
    pub rule: String,
    /// Key of the value, for instance `ceiling` or `choice dated_by`.
    pub key: String,
    pub value: String,
    pub file: String,
    /// Line in the file, from 1.
    pub line: usize,
    pub from: Day,
    /// Last day, included; `None` if the value has no end.
    pub to: Option<Day>,
    pub confidence: Confidence,
    /// Title of the source.
    pub source: String,
    /// Provision; the title of the source if no provision is cited.
    pub cite: String,
    /// Whether somebody has signed the source.
    pub signed_off: bool,
}

impl Provenance {
    /// Place of the value as `file:line`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    /// Whether a settlement with the value is a draft: the value has confidence [`Confidence::M`], and nobody has signed
    /// its source.
    pub fn is_unsigned(&self) -> bool {
        self.confidence == Confidence::M && !self.signed_off
    }
}

/// A version of a rule, displayed as `rule@from/digest`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub rule: String,
    /// First day on which these values hold.
    pub from: Day,
    /// First eight hexadecimal digits of the SHA-256 of the rule's id, keys and values.
    pub digest: String,
}

impl Version {
    /// Whether a text is this version. The digest alone rules out most texts, before the version is written as text.
    pub fn is(&self, text: &str) -> bool {
        text.ends_with(&self.digest) && self.to_string() == text
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}/{}", self.rule, self.from, self.digest)
    }
}
