//! Statements as PDF, set by Typst: PDF/A-2a and PDF/UA-1, the same bytes for the same statement.

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
use crate::text::Texts;
use crate::view::{bridge_svg, view};

/// The font that comes with Typst and covers Norwegian and Sámi names.
const FONT: &str = "Libertinus Serif";
const TEMPLATE: &str = include_str!("../templates/statement.typ");

/// What all pages share.
struct Press {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    main: Source,
}

fn press() -> Result<&'static Press, PaperError> {
    static PRESS: OnceLock<Option<Press>> = OnceLock::new();
    let press = PRESS.get_or_init(|| {
        let fonts: Vec<Font> =
            typst_assets::fonts().flat_map(|bytes| Font::iter(Bytes::new(bytes))).filter(is_ours).collect();
        Some(Press {
            library: LazyHash::new(Library::builder().build()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            main: Source::new(file("statement.typ")?, TEMPLATE.to_owned()),
        })
    });
    press.as_ref().ok_or_else(|| PaperError::Text("the template has no name".to_owned()))
}

fn is_ours(font: &Font) -> bool {
    font.info().family == FONT
}

fn file(name: &str) -> Option<FileId> {
    Some(FileId::new(RootedPath::new(VirtualRoot::Project, VirtualPath::new(name).ok()?)))
}

/// One page's world: the template, its data and its picture.
struct Desk {
    press: &'static Press,
    data: Bytes,
    bridge: Bytes,
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.press.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.press.book
    }

    fn main(&self) -> FileId {
        self.press.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.press.main.id() { Ok(self.press.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        match id {
            id if Some(id) == file("data.json") => Ok(self.data.clone()),
            id if Some(id) == file("bridge.svg") => Ok(self.bridge.clone()),
            _ => Err(FileError::AccessDenied),
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.press.fonts.get(index).cloned()
    }

    /// There is no today on a statement.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// The statement as PDF.
///
/// # Errors
/// If the page cannot be set.
pub fn pdf(statement: &Statement, texts: &Texts) -> Result<Vec<u8>, PaperError> {
    let fault = |fault: String| PaperError::Page { number: statement.number.clone(), fault };
    let told = |diagnostics: typst::ecow::EcoVec<SourceDiagnostic>| {
        let all: Vec<String> = diagnostics.iter().map(|one| one.message.to_string()).collect();
        fault(all.join("; "))
    };
    let data = serde_json::to_vec(&view(statement, texts)).map_err(|error| fault(error.to_string()))?;
    let bridge = bridge_svg(statement, texts, FONT);
    let desk = Desk { press: press()?, data: Bytes::new(data), bridge: Bytes::from_string(bridge) };
    let document: PagedDocument = typst::compile(&desk).output.map_err(told)?;
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
        .map_err(|error| fault(error.message().to_string()))?;
    let options = PdfOptions {
        ident: Smart::Custom(format!("{}-{}", statement.number, statement.control_code)),
        creator: Smart::Custom(Some("Samspill".to_owned())),
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(told)
}

/// Forgets what was remembered of pages set before: to be called now and then where many are set.
pub fn forget() {
    typst::comemo::evict(3);
}
