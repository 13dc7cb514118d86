//! A municipality's profile. The first page has what stands out, what the municipality pays, how sure the finding is,
//! and a spine chart of every measure; figures and tables follow.

use serde::Serialize;
use words::Language;

use crate::PaperError;
use crate::brief::{self, BriefFigure, BriefTable};
use crate::pdf::{Job, set};

const TEMPLATE: &str =
    concat!(include_str!("../templates/profile.typ"), include_str!("../templates/figures-and-tables.typ"));

/// A box of the first page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ProfileBox {
    pub heading: String,
    /// Figure in large letters; empty for none.
    pub large: String,
    /// Name and value of each line.
    pub rows: Vec<(String, String)>,
    /// Paragraphs: the first words, which stand out, and the rest.
    pub texts: Vec<(String, String)>,
}

/// A measure in the spine chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpineRow {
    pub name: String,
    /// Whether the municipality stands out.
    pub is_out: bool,
    /// Value of the municipality, of its region and of the country.
    pub values: [String; 3],
    pub count: String,
    pub kroner: String,
    /// Trend of the measure over the years, in a word; empty if it is unknown.
    pub direction: String,
    /// Text for readers who do not see the mark.
    pub alt: String,
    /// What stands in place of the mark; empty if there is a mark.
    pub hidden: String,
    /// Picture of the mark.
    #[serde(skip)]
    pub mark: String,
    /// Picture of the years; empty for none.
    #[serde(skip)]
    pub years: String,
    /// Whether there is a picture of the years.
    pub has_years: bool,
}

/// Measures under a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpineTheme {
    pub heading: String,
    pub rows: Vec<SpineRow>,
}

/// The spine chart, as a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spine {
    pub heading: String,
    /// Heads of name, municipality, region, country, deviation, count, kroner and years.
    pub heads: [String; 8],
    /// Whether there are kroner, and whether there are years.
    pub has: [bool; 2],
    pub themes: Vec<SpineTheme>,
    /// Picture of the axis.
    #[serde(skip)]
    pub axis: String,
    /// Text for readers who do not see the axis.
    pub axis_alt: String,
    /// Heading of the explanation.
    pub reading: String,
    /// Meaning of each sign.
    pub signs: Vec<String>,
    /// Pictures of the signs.
    #[serde(skip)]
    pub sign_pictures: Vec<String>,
    /// How the chart is read.
    pub explained: String,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Profile {
    pub language: Language,
    /// What the document is, and its period.
    pub kind: String,
    /// Name and code of the municipality, its inhabitants, and the region that it belongs to.
    pub place: String,
    /// The finding.
    pub title: String,
    /// Text of each tag, and whether the tag stands out (`draft`, `synthetic`).
    pub tags: Vec<(String, bool)>,
    /// What the finding rests on.
    pub lead: String,
    pub boxes: Vec<ProfileBox>,
    pub spine: Spine,
    pub figures: Vec<BriefFigure>,
    pub tables: Vec<BriefTable>,
    /// What a reader must know before the profile is used.
    pub cautions: Vec<String>,
    /// Last line of each page.
    pub footer: String,
    /// Year, month and day of the document.
    pub date: (i16, i8, i8),
    /// Text from which the identity of the PDF is made.
    pub digest: String,
}

/// The profile as a PDF that meets PDF/A-2a and PDF/UA-1.
///
/// # Errors
/// Fails if the pages cannot be set.
pub fn pdf(profile: &Profile) -> Result<Vec<u8>, PaperError> {
    let fault = |fault: String| PaperError::Page { number: profile.place.clone(), fault };
    let files = brief::files(profile, profile.language, &profile.figures);
    let mut files = files.map_err(|error| fault(error.to_string()))?;
    let mut put = |name: String, svg: &str| files.push((name, svg.as_bytes().to_vec()));
    put("axis.svg".to_owned(), &profile.spine.axis);
    for (place, svg) in profile.spine.sign_pictures.iter().enumerate() {
        put(format!("sign-{place}.svg"), svg);
    }
    for (theme, rows) in profile.spine.themes.iter().enumerate() {
        for (row, one) in rows.rows.iter().enumerate() {
            put(format!("mark-{theme}-{row}.svg"), &one.mark);
            put(format!("years-{theme}-{row}.svg"), &one.years);
        }
    }
    set(&Job { template: TEMPLATE, number: &profile.place, ident: &profile.digest, files })
}
