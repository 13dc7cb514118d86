//! Flows: where the patients of a municipality are treated, seen from where they live.

use std::collections::BTreeMap;

use domain::Municipality;

/// Who treats a patient, seen from the municipality that the patient lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// The trust of the municipality's own trust area, or one of the trusts that share the area.
    Own,
    /// Another trust of the same region.
    SameRegion,
    /// A trust of another region.
    OtherRegion,
    /// A private institution, except one that has the municipality in its own trust area.
    Private,
    /// The register does not say, or names an organisation that is not known.
    Unknown,
}

impl Flow {
    /// Every flow, in the order of tables.
    pub const ALL: [Flow; 5] = [Flow::Own, Flow::SameRegion, Flow::OtherRegion, Flow::Private, Flow::Unknown];

    /// Key of the flow in the catalogue of words.
    pub const fn word(self) -> &'static str {
        match self {
            Flow::Own => "own",
            Flow::SameRegion => "same_region",
            Flow::OtherRegion => "other_region",
            Flow::Private => "private",
            Flow::Unknown => "unknown",
        }
    }
}

/// A trust or private institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Treater {
    /// Trust areas that are its own.
    pub areas: Vec<u8>,
    /// Organisation number of its region; empty if not known.
    pub region: String,
    pub is_private: bool,
}

/// Trusts and private institutions, by organisation number.
pub type Treaters = BTreeMap<String, Treater>;

/// The flow from a municipality to an organisation.
pub fn flow(home: &Municipality, treater: Option<&Treater>) -> Flow {
    match treater {
        None => Flow::Unknown,
        Some(treater) if treater.areas.contains(&home.trust_area) => Flow::Own,
        Some(treater) if treater.is_private => Flow::Private,
        Some(treater) if treater.region == home.region => Flow::SameRegion,
        Some(treater) if treater.region.is_empty() => Flow::Unknown,
        Some(_) => Flow::OtherRegion,
    }
}
