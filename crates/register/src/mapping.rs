//! The translation of a file's columns and codes to those of the program. Four mappings are built in; a user's
//! own mapping is a TOML file of the same form.

use std::collections::BTreeMap;
use words::{Message, Said, message};

use serde::Deserialize;

/// A mapping from the columns and codes of a file to the program's own.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Name of the mapping, as in the footer of the files it was used for.
    pub id: String,
    /// Title in Norwegian.
    pub title: String,
    /// Whether a row is a counted figure and not one contact.
    #[serde(default)]
    pub counted: bool,
    /// Whether every number is a whole number: times in civil minutes, points in thousandths, money in øre.
    #[serde(default)]
    pub whole_numbers: bool,
    /// Content of the residence columns: municipalities or areas.
    #[serde(default)]
    pub residence: ResidenceKind,
    /// Names of the file's columns, by field of the program. Of several names the first one found is used,
    /// with two exceptions: the columns of `contact_id` are joined into one key, and so are those of
    /// `stay_id`; the columns of `event_kinds` and of `event_times` are read in pairs.
    pub columns: BTreeMap<String, Vec<String>>,
    /// Values by field, for fields that have no column or an empty cell. Ignored for `contact_id`, `stay_id`,
    /// `event_kinds` and `event_times`.
    #[serde(default)]
    pub constants: BTreeMap<String, String>,
    /// The program's words by the file's codes, for each field except `contact_id`, `stay_id`, `event_kinds` and
    /// `event_times`.
    #[serde(default)]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Signs of a missing value in any column, such as `NULL` or `-`; capitals and small letters are alike. A sign of
    /// one field alone is a code in [`Mapping::values`] whose word is empty.
    #[serde(default)]
    pub missing: Vec<String>,
}

/// Kind of residence in a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResidenceKind {
    /// Number of a municipality.
    #[default]
    Municipality,
    /// Name of an area.
    Area,
}

/// A mapping that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadMapping {
    /// The text is not TOML of the form of [`Mapping`].
    Toml {
        /// Line of the fault, from 1.
        line: usize,
        /// The fault, in the words of the TOML reader.
        fault: String,
    },
    /// The mapping names a field that is not in [`FIELDS`].
    UnknownField(String),
    /// The mapping makes a key of more than two columns, and the third would not be read. Holds the field's name.
    LongKey(&'static str),
}

words::english_error!(BadMapping);

impl Said for BadMapping {
    fn said(&self) -> Message {
        match self {
            BadMapping::Toml { line, fault } => message!("error.mapping.toml", line, fault),
            BadMapping::LongKey(field) => message!("error.mapping.long_key", field),
            BadMapping::UnknownField(value) => {
                message!("error.mapping.unknown_field", value, known = FIELDS.join(", "))
            }
        }
    }
}

// A macro, because a field's place and name must not drift apart.
macro_rules! fields {
    ($($place:ident = $name:literal,)+) => {
        /// Names of the fields that a mapping may fill.
        pub const FIELDS: &[&str] = &[$($name),+];

        #[allow(clippy::allow_attributes, clippy::allow_attributes_without_reason, missing_docs, non_camel_case_types, clippy::upper_case_acronyms)]
        mod order { pub(super) enum Order { $($place),+ } }

        /// Place of each field in [`FIELDS`].
        pub mod field {
            $(#[doc = $name] pub const $place: usize = super::order::Order::$place as usize;)+
        }
    };
}

fields! {
    CONTACT_ID = "contact_id",
    STAY_ID = "stay_id",
    PERSON_ID = "person_id",
    UNIT = "unit",
    UNIT_KIND = "unit_kind",
    TRUST = "trust",
    SECTOR = "sector",
    CARE_LEVEL = "care_level",
    SERVICE = "service",
    URGENCY = "urgency",
    ADMITTED = "admitted",
    DISCHARGED = "discharged",
    YEAR = "year",
    MUNICIPALITY_OF_REGISTRATION = "municipality_of_registration",
    MUNICIPALITY_OF_STAY = "municipality_of_stay",
    AGE = "age",
    SEX = "sex",
    DRG = "drg",
    DRG_TYPE = "drg_type",
    MDC = "mdc",
    WEIGHT = "weight",
    POINTS = "points",
    BED_DAYS = "bed_days",
    COSTLY_MEDICINE = "costly_medicine",
    FEE = "fee",
    CONTACTS = "contacts",
    PAYER = "payer",
    EVENTS = "events",
    EVENT_KINDS = "event_kinds",
    EVENT_TIMES = "event_times",
    DEPARTMENT = "department",
    REFERRAL_REASON = "referral_reason",
    REFERRED_ON = "referred_on",
    DEADLINE_ON = "deadline_on",
    RIGHT_TO_CARE = "right_to_care",
    REFERRED_FROM = "referred_from",
    REFERRED_TO = "referred_to",
    FORMALITY = "formality",
    DIAGNOSES = "diagnoses",
    PROCEDURES = "procedures",
    TARIFF_CODES = "tariff_codes",
    MEDICINE = "medicine",
    FUNCTIONAL_ABILITY = "functional_ability",
    NATIONALITY = "nationality",
    CONTACT_FORM = "contact_form",
    EXTRACT_KEY = "extract_key",
    REGION = "region",
}

const BUILT_IN: [(&str, &str); 4] = [
    ("samspill", include_str!("../mappings/samspill.toml")),
    ("samspill-parquet", include_str!("../mappings/samspill-parquet.toml")),
    ("npr-extract", include_str!("../mappings/npr-extract.toml")),
    ("aggregate", include_str!("../mappings/aggregate.toml")),
];

impl Mapping {
    /// Names of the built-in mappings.
    pub fn names() -> Vec<&'static str> {
        BUILT_IN.iter().map(|(name, _)| *name).collect()
    }

    /// The built-in mapping of this name; `None` if there is none.
    pub fn built_in(name: &str) -> Option<Result<Mapping, BadMapping>> {
        BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| Mapping::parse(text))
    }

    /// Reads a mapping from the text of a TOML file.
    ///
    /// # Errors
    /// Fails if the text is not a mapping (with the line of the fault), names a field that is not in [`FIELDS`], or
    /// makes a key of more than two columns.
    pub fn parse(text: &str) -> Result<Mapping, BadMapping> {
        let mapping: Mapping = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| words::line_at(text, span.start));
            BadMapping::Toml { line, fault: error.message().to_owned() }
        })?;
        let fields = mapping.columns.keys().chain(mapping.constants.keys()).chain(mapping.values.keys());
        for field in fields {
            if !FIELDS.contains(&field.as_str()) {
                return Err(BadMapping::UnknownField(field.clone()));
            }
        }
        for field in ["contact_id", "stay_id"] {
            if mapping.columns.get(field).is_some_and(|columns| columns.len() > 2) {
                return Err(BadMapping::LongKey(field));
            }
        }
        Ok(mapping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn built_in_mappings_can_be_read() {
        for name in Mapping::names() {
            assert_eq!(Mapping::built_in(name).unwrap().unwrap().id, name);
        }
        let error = Mapping::parse("id = 'x'\ntitle = 'y'\n[columns]\npints = ['p']\n").unwrap_err();
        assert!(error.to_string().starts_with("mapping: 'pints' is not a field"));
        let key = |columns: &str| {
            Mapping::parse(&format!("id = 'x'\ntitle = 'y'\n[columns]\nstay_id = {columns}\n"))
        };
        assert!(key("['a', 'b']").is_ok());
        assert_eq!(key("['a', 'b', 'c']"), Err(BadMapping::LongKey("stay_id")));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "[a-z\\[\\]=\"'\n,. ]{0,120}") {
            let _ = Mapping::parse(&text);
        }
    }
}
