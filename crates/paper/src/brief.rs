//! A brief of two pages for a council: the question, the results, and how uncertain they are.

use serde::Serialize;

use crate::PaperError;
use crate::pdf::{Job, set};

const TEMPLATE: &str = include_str!("../templates/brief.typ");

/// A table of the brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BriefTable {
    /// Worded as the finding of the table.
    pub heading: String,
    pub heads: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// A figure of the brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BriefFigure {
    /// Worded as the finding of the figure.
    pub heading: String,
    /// Text for readers who do not see the figure.
    pub alt: String,
    #[serde(skip)]
    pub svg: String,
}

/// The form of Norwegian that a brief is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Bokmål.
    #[default]
    Nb,
    /// Nynorsk.
    Nn,
}

/// A brief: texts, tables and figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Brief {
    pub language: Language,
    pub title: String,
    /// Text of each tag, and whether it stands out (`draft`, `synthetic`).
    pub tags: Vec<(String, bool)>,
    /// What was asked, in plain words.
    pub summary: String,
    /// Name and value of each key figure, at most four.
    pub facts: Vec<(String, String)>,
    pub tables: Vec<BriefTable>,
    /// Places of the tables that begin a page.
    pub new_pages: Vec<usize>,
    pub figures: Vec<BriefFigure>,
    /// What a reader must know before the brief is used.
    pub cautions: Vec<String>,
    /// Last line of each page.
    pub footer: String,
    /// Year, month and day of the document.
    pub date: (i16, i8, i8),
    /// Text that the identity of the PDF is made of.
    pub digest: String,
}

/// The brief as a PDF that meets PDF/A-2a and PDF/UA-1.
///
/// # Errors
/// Fails if the pages cannot be set.
pub fn pdf(brief: &Brief) -> Result<Vec<u8>, PaperError> {
    let fault = |fault: String| PaperError::Page { number: brief.title.clone(), fault };
    let data = serde_json::to_vec(brief).map_err(|error| fault(error.to_string()))?;
    let mut files = vec![("data.json".to_owned(), data)];
    for (place, figure) in brief.figures.iter().enumerate() {
        files.push((format!("figure-{place}.svg"), figure.svg.clone().into_bytes()));
    }
    set(&Job { template: TEMPLATE, number: &brief.title, ident: &brief.digest, files })
}
