//! Pictures that leave the program, as SVG and PNG: each with its heading, its marks and its source.

use chart::frame::{Frame, framed};
use paper::picture;

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
