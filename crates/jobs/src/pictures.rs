//! Pictures that leave the program, as SVG and PNG: each with its heading, its marks and its source.

use chart::frame::{Frame, framed};
use paper::picture;
use words::{Language, say};

use crate::failure::Result;

/// Writes a picture in both formats with `put`, which gets the name of a file and its bytes.
///
/// # Errors
/// Fails if the picture cannot be drawn, or if `put` fails.
pub fn write(put: &impl Fn(&str, &[u8]) -> Result<()>, name: &str, svg: &str, frame: &Frame) -> Result<()> {
    let svg = framed(svg, frame, picture::FONT);
    put(&format!("{name}.svg"), svg.as_bytes())?;
    put(&format!("{name}.png"), &picture::png(name, &svg)?)
}

/// Marks of a paper or a picture: draft, synthetic and the period, each with whether it stands out.
pub fn marks(
    is_draft: bool,
    is_synthetic: bool,
    period: domain::Period,
    language: Language,
) -> Vec<(String, bool)> {
    let loud = [(is_draft, "tag.draft"), (is_synthetic, "tag.synthetic")];
    let loud = loud.into_iter().filter(|(is_so, _)| *is_so).map(|(_, key)| (language.text(key), true));
    loud.chain([(say!(language, "what_if.period", period), false)]).collect()
}
