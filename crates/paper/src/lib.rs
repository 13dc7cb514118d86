//! Statements and results on paper: PDF, workbook, CSV, EHF and pictures.
//!
//! This crate can never read a register, a rule or a ledger. A document depends only on what a caller hands in, so that
//! the same [`domain::statement::Statement`] gives the same bytes. No other crate uses Typst.
//!
//! Start reading in [`view`], which turns a statement into words. Results of a simulation go through
//! [`sheets`] and [`brief`].

pub mod bill;
pub mod brief;
pub mod csv;
pub mod ehf;
pub mod pdf;
pub mod picture;
pub mod profile;
pub mod sheets;
pub mod template;
pub mod text;
pub mod view;
pub mod workbook;

use words::{Message, Said, message};

/// Reason why a document cannot be put on paper.
#[derive(Debug)]
pub enum PaperError {
    /// The page cannot be set, or the picture cannot be drawn.
    Page {
        /// Number of the statement, or title of the document.
        number: String,
        fault: String,
    },
    /// The workbook cannot be made.
    Workbook {
        /// Number of the statement, or title of the workbook.
        number: String,
        error: rust_xlsxwriter::XlsxError,
    },
}

words::english_error!(PaperError);

impl Said for PaperError {
    fn said(&self) -> Message {
        match self {
            PaperError::Page { number, fault } => message!("error.paper.page", number, fault),
            PaperError::Workbook { number, error } => message!("error.paper.workbook", number, error),
        }
    }
}
