//! Pictures that leave the program, as SVG and PNG: each with its heading, its marks and its source.

use std::path::Path;

use chart::bridge::Bar;
use chart::frame::{Frame, framed};
use paper::brief::{self, Brief, BriefFigure};
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

/// Writes the figures of a brief as pictures with the tags and the footer of the brief. `put` gets the name of a file and
/// its bytes; `names` are the names of the pictures, one for each figure. Returns the names of the files.
///
/// # Errors
/// Fails if a picture cannot be drawn, or if `put` fails.
pub fn of_brief<N: std::fmt::Display>(
    put: &impl Fn(&str, &[u8]) -> Result<()>,
    brief: &Brief,
    names: &[N],
) -> Result<Vec<String>> {
    let mut written = Vec::new();
    for (name, figure) in names.iter().zip(&brief.figures) {
        let frame = Frame { heading: &figure.heading, marks: &brief.tags, source: &brief.footer };
        write(put, &name.to_string(), &figure.svg, &frame)?;
        written.extend([format!("{name}.svg"), format!("{name}.png")]);
    }
    Ok(written)
}

/// Writes a brief to `STEM.pdf` in a folder, and each of its figures to `STEM-NAME.svg` and `STEM-NAME.png`. `names` has
/// a name for each figure. Returns the names of the files, the PDF first.
///
/// # Errors
/// Fails if a page cannot be set, a picture cannot be drawn or a file cannot be written.
pub fn with_brief(out: &Path, stem: &str, brief: &Brief, names: &[&str]) -> Result<Vec<String>> {
    let put = |name: &str, bytes: &[u8]| crate::folder::write(&out.join(name), bytes);
    let mut written = vec![format!("{stem}.pdf")];
    put(&written[0], &brief::pdf(brief)?)?;
    let names: Vec<String> = names.iter().map(|name| format!("{stem}-{name}")).collect();
    written.extend(of_brief(&put, brief, &names)?);
    Ok(written)
}

/// Figure of bars that lead from one amount to another.
pub fn bridge(heading: String, bars: &[Bar], language: Language) -> BriefFigure {
    let values: Vec<String> =
        bars.iter().map(|bar| format!("{}: {}", bar.label_in_text(), bar.amount)).collect();
    let units = ["paper.axis_thousand", "paper.axis_million"].map(|key| language.text(key));
    let svg = chart::bridge::bridge(bars, 640, (&units[0], &units[1]), picture::FONT);
    BriefFigure { alt: format!("{heading}. {}", values.join("; ")), heading, svg }
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
