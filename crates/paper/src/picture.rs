//! A chart as PNG, drawn with a font that comes with the program, so that the bytes are the same everywhere.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::PaperError;

/// Font family of the pictures.
pub const FONT: &str = "Libertinus Serif";

fn fonts() -> Arc<fontdb::Database> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let made = FONTS.get_or_init(|| {
        let mut fonts = fontdb::Database::new();
        typst_assets::fonts().for_each(|bytes| fonts.load_font_data(bytes.to_vec()));
        Arc::new(fonts)
    });
    Arc::clone(made)
}

/// The picture as PNG, at twice the size of the SVG, on white.
///
/// # Errors
/// Fails if `svg` is not SVG, or is too large to draw.
pub fn png(name: &str, svg: &str) -> Result<Vec<u8>, PaperError> {
    let fault = |fault: String| PaperError::Page { number: name.to_owned(), fault };
    let options = Options { fontdb: fonts(), font_family: FONT.to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| fault(error.to_string()))?;
    let (width, height) = (tree.size().width() * 2.0, tree.size().height() * 2.0);
    let mut pixels = Pixmap::new(width as u32, height as u32).ok_or_else(|| fault("too large".to_owned()))?;
    pixels.fill(resvg::tiny_skia::Color::WHITE);
    resvg::render(&tree, Transform::from_scale(2.0, 2.0), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| fault(error.to_string()))
}
