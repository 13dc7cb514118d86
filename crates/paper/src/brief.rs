//! A brief of two pages for a council: the question, the results, and how uncertain they are.

use serde::Serialize;
use words::Language;

use crate::PaperError;
use crate::pdf::{Job, set};

const TEMPLATE: &str =
    concat!(include_str!("../templates/brief.typ"), include_str!("../templates/figures-and-tables.typ"));

/// A table of the brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BriefTable {
    /// Heading that states the finding of the table.
    pub heading: String,
    pub heads: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// A figure of the brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BriefFigure {
    /// Heading that states the finding of the figure.
    pub heading: String,
    /// Text for readers who do not see the figure.
    pub alt: String,
    #[serde(skip)]
    pub svg: String,
}

/// A brief: language, tables and figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Brief {
    pub language: Language,
    pub title: String,
    /// Text of each tag, and whether the tag stands out (`draft`, `synthetic`).
    pub tags: Vec<(String, bool)>,
    /// First paragraph, in plain words: what was asked, or what came of it.
    pub summary: String,
    /// Name and value of each key figure, at most four.
    pub facts: Vec<(String, String)>,
    pub tables: Vec<BriefTable>,
    /// Places (from 0) in `tables` of the tables that begin a new page.
    pub new_pages: Vec<usize>,
    pub figures: Vec<BriefFigure>,
    /// What a reader must know before the brief is used.
    pub cautions: Vec<String>,
    /// Last line of each page.
    pub footer: String,
    /// Year, month and day of the document.
    pub date: (i16, i8, i8),
    /// Text from which the identity of the PDF is made.
    pub digest: String,
}

/// A document with the fixed words of its pages.
#[derive(Serialize)]
struct Page<'a, D> {
    #[serde(flatten)]
    document: &'a D,
    /// Heading of the cautions.
    before_use: String,
    /// Word before the number of a page.
    page: String,
    /// Word before the number of pages.
    of_pages: String,
}

/// Files that the template of a document reads: `data.json` with the document and the fixed words of its pages, and the
/// figures.
pub(crate) fn files(
    document: &impl Serialize,
    language: Language,
    figures: &[BriefFigure],
) -> Result<Vec<(String, Vec<u8>)>, serde_json::Error> {
    let word = |key: &str| language.text(key);
    let (before_use, page, of_pages) = (word("brief.before_use"), word("paper.page"), word("paper.of_pages"));
    let data = crate::pdf::data(&Page { document, before_use, page, of_pages })?;
    let mut files = vec![("data.json".to_owned(), data)];
    for (place, figure) in figures.iter().enumerate() {
        files.push((format!("figure-{place}.svg"), figure.svg.as_bytes().to_vec()));
    }
    Ok(files)
}

/// The brief as a PDF that meets PDF/A-2a and PDF/UA-1.
///
/// # Errors
/// Fails if the pages cannot be set.
pub fn pdf(brief: &Brief) -> Result<Vec<u8>, PaperError> {
    let fault = |fault: String| PaperError::Page { number: brief.title.clone(), fault };
    let files = files(brief, brief.language, &brief.figures).map_err(|error| fault(error.to_string()))?;
    set(&Job { template: TEMPLATE, number: &brief.title, ident: &brief.digest, files })
}
