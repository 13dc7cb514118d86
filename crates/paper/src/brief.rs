//! A brief of two pages that a council could be given: what was asked, what it comes to, what is uncertain.

use serde::Serialize;

use crate::PaperError;
use crate::pdf::{Job, set};

const TEMPLATE: &str = include_str!("../templates/brief.typ");

/// A table of the brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BriefTable {
    /// Heading: the finding.
    pub heading: String,
    /// Heads.
    pub heads: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<String>>,
}

/// A picture of the brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BriefFigure {
    /// Heading: the finding.
    pub heading: String,
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// The picture.
    #[serde(skip)]
    pub svg: String,
}

/// The form of Norwegian that a brief is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Bokmål.
    #[default]
    Nb,
    /// Nynorsk.
    Nn,
}

/// A brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Brief {
    /// Form of Norwegian.
    pub language: Language,
    /// Title.
    pub title: String,
    /// Tags: text, and whether it is loud (`draft`, `synthetic`).
    pub tags: Vec<(String, bool)>,
    /// What was asked, in plain words.
    pub summary: String,
    /// Key figures: name and value, at most four.
    pub facts: Vec<(String, String)>,
    /// Tables.
    pub tables: Vec<BriefTable>,
    /// Tables that begin a page.
    pub new_pages: Vec<usize>,
    /// Figures.
    pub figures: Vec<BriefFigure>,
    /// What to know before it is used.
    pub cautions: Vec<String>,
    /// Last line of each page.
    pub footer: String,
    /// Year, month and day of the document.
    pub date: (i16, i8, i8),
    /// What the file's own identity is made of.
    pub digest: String,
}

/// The brief as PDF/A-2a and PDF/UA-1.
///
/// # Errors
/// If the page cannot be set.
pub fn pdf(brief: &Brief) -> Result<Vec<u8>, PaperError> {
    let fault = |fault: String| PaperError::Page { number: brief.title.clone(), fault };
    let data = serde_json::to_vec(brief).map_err(|error| fault(error.to_string()))?;
    let mut files = vec![("data.json".to_owned(), data)];
    for (place, figure) in brief.figures.iter().enumerate() {
        files.push((format!("figure-{place}.svg"), figure.svg.clone().into_bytes()));
    }
    set(&Job { template: TEMPLATE, number: &brief.title, ident: &brief.digest, files })
}
