//! Statements as PDF (PDF/A-2a and PDF/UA-1), set by Typst. The same statement gives the same bytes.

use std::sync::OnceLock;

use domain::statement::Statement;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::PaperError;
use crate::view::{deviation_svg, view};
use words::Language;

/// A font that comes with Typst and covers Norwegian and Sámi names.
const FONT: &str = "Libertinus Serif";
const TEMPLATE: &str = include_str!("../templates/statement.typ");

/// The library and the fonts that all documents share.
struct Press {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
}

fn press() -> &'static Press {
    static PRESS: OnceLock<Press> = OnceLock::new();
    PRESS.get_or_init(|| {
        let fonts: Vec<Font> =
            typst_assets::fonts().flat_map(|bytes| Font::iter(Bytes::new(bytes))).filter(is_ours).collect();
        Press {
            library: LazyHash::new(Library::builder().build()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
        }
    })
}

fn is_ours(font: &Font) -> bool {
    font.info().family == FONT
}

fn file(name: &str) -> Option<FileId> {
    Some(FileId::new(RootedPath::new(VirtualRoot::Project, VirtualPath::new(name).ok()?)))
}

/// Everything that Typst may read for one document: its template, data and pictures.
struct DocumentWorld {
    press: &'static Press,
    main: Source,
    files: Vec<(FileId, Bytes)>,
}

impl World for DocumentWorld {
    fn library(&self) -> &LazyHash<Library> {
        &self.press.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.press.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let found = self.files.iter().find(|(known, _)| *known == id);
        found.map(|(_, bytes)| bytes.clone()).ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.press.fonts.get(index).cloned()
    }

    /// Gives no day, so that a document does not depend on the day on which it is set.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// A document to set.
pub(crate) struct Job<'a> {
    pub(crate) template: &'static str,
    /// Number or title, for errors.
    pub(crate) number: &'a str,
    /// Text from which the identity of the PDF is made.
    pub(crate) ident: &'a str,
    /// Name and bytes of each file that the template reads.
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

/// Sets a document as a PDF that meets PDF/A-2a and PDF/UA-1. Fails if Typst cannot set it.
pub(crate) fn set(job: &Job) -> Result<Vec<u8>, PaperError> {
    set_once(job).or_else(|fault| {
        // A name may hold a character that the fonts lack, and the standards require that every character can be read.
        // The document is then set with a question mark for each such character.
        let plain = |(name, bytes): &(String, Vec<u8>)| {
            let text = String::from_utf8_lossy(bytes);
            let text: String = text.chars().map(|one| if is_set(one) { one } else { '?' }).collect();
            (name.clone(), text.into_bytes())
        };
        let files: Vec<_> = job.files.iter().map(plain).collect();
        if files == job.files {
            return Err(fault);
        }
        set_once(&Job { files, ..*job }).map_err(|_| fault)
    })
}

/// Whether the fonts of the pages have a character: a Latin letter, or a mark that the program itself writes.
fn is_set(letter: char) -> bool {
    let marks = "\n\t\u{2030}\u{202f}\u{20ac}\u{2212}\u{2264}\u{2265}";
    matches!(letter, '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{17f}' | '\u{2010}'..='\u{2026}')
        || marks.contains(letter)
}

fn set_once(job: &Job) -> Result<Vec<u8>, PaperError> {
    let fault = |fault: String| PaperError::Page { number: job.number.to_owned(), fault };
    let fault_of = |diagnostics: typst::ecow::EcoVec<SourceDiagnostic>| {
        let all: Vec<String> = diagnostics.iter().map(|one| one.message.to_string()).collect();
        fault(all.join("; "))
    };
    let named = |name: &str| file(name).ok_or_else(|| fault(format!("{name} is no name of a file")));
    let main = Source::new(named("main.typ")?, job.template.to_owned());
    let mut files = Vec::new();
    for (name, bytes) in &job.files {
        files.push((named(name)?, Bytes::new(bytes.clone())));
    }
    let world = DocumentWorld { press: press(), main, files };
    let document: PagedDocument = typst::compile(&world).output.map_err(fault_of)?;
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
        .map_err(|error| fault(error.message().to_string()))?;
    let options = PdfOptions {
        ident: Smart::Custom(job.ident.to_owned()),
        creator: Smart::Custom(Some("Samspill".to_owned())),
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(fault_of)
}

/// The statement as a PDF that meets PDF/A-2a and PDF/UA-1.
///
/// # Errors
/// Fails if the page cannot be set.
pub fn pdf(statement: &Statement, language: Language) -> Result<Vec<u8>, PaperError> {
    let fault = |fault: String| PaperError::Page { number: statement.number.clone(), fault };
    let data = data(&view(statement, language)).map_err(|error| fault(error.to_string()))?;
    let bridge = deviation_svg(statement, language, FONT);
    let files = vec![("data.json".to_owned(), data), ("bridge.svg".to_owned(), bridge.into_bytes())];
    let ident = format!("{}-{}", statement.number, statement.control_code);
    set(&Job { template: TEMPLATE, number: &statement.number, ident: &ident, files })
}

/// Data of a page as JSON. Control characters, which no page of PDF/A can hold, become `\u{fffd}`: a text that somebody wrote
/// must not keep a statement from being printed.
///
/// # Errors
/// Fails if the data have no JSON form, which only a bug can cause.
pub(crate) fn data(page: &impl serde::Serialize) -> Result<Vec<u8>, serde_json::Error> {
    fn cleaned(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => {
                let is_bad = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
                if text.contains(is_bad) {
                    *text = text.replace(is_bad, "\u{fffd}");
                }
            }
            serde_json::Value::Array(values) => values.iter_mut().for_each(cleaned),
            serde_json::Value::Object(values) => values.values_mut().for_each(cleaned),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
        }
    }
    let mut value = serde_json::to_value(page)?;
    cleaned(&mut value);
    serde_json::to_vec(&value)
}

/// Frees memory that Typst keeps from earlier documents. Callers that set many documents call this now and then.
pub fn forget() {
    typst::comemo::evict(3);
}
