//! Statements and results on paper: PDF, workbook, CSV and pictures. The only crate with Typst.
//!
//! A statement's forms are made of a [`domain::statement::Statement`] and nothing else, so the same statement
//! gives the same bytes. Start reading in [`view`], which turns a statement into words; what a simulation
//! gives goes through [`sheets`] and [`brief`].

pub mod brief;
pub mod csv;
pub mod ehf;
pub mod pdf;
pub mod picture;
pub mod sheets;
pub mod text;
pub mod view;
pub mod workbook;

/// A statement that cannot be put on paper.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// A text is missing, or a file of texts cannot be read.
    #[error("texts: {0}")]
    Text(String),
    /// The page cannot be set.
    #[error("statement {number}: the page cannot be set: {fault}")]
    Page {
        /// Number of the statement.
        number: String,
        /// What Typst says.
        fault: String,
    },
    /// The workbook cannot be made.
    #[error("statement {number}: {error}")]
    Workbook {
        /// Number of the statement.
        number: String,
        /// What the writer says.
        error: rust_xlsxwriter::XlsxError,
    },
}
