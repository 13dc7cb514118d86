//! The frame of a chart that is copied from its page: heading and marks above, source below. A copied picture thus
//! still says what it is.

use crate::colour;
use crate::picture::{Anchor, Picture};
use crate::text::{LINE, lines, width_of};

/// What stands around a chart.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    pub heading: &'a str,
    /// Text of each mark, and whether the mark stands out, as that of a draft does.
    pub marks: &'a [(String, bool)],
    /// What the figures were made from.
    pub source: &'a str,
}

/// Height of a line of the heading, whose letters are a third larger than those of other texts.
const HEADING: f64 = 20.0;
/// Height of a mark, and room between two marks.
const MARK: f64 = 18.0;
const GAP: f64 = 6.0;

/// Puts a chart in its frame. `svg` is a chart that this crate has drawn.
pub fn framed(svg: &str, frame: &Frame, font: &str) -> String {
    let (width, height) = (attribute(svg, "width"), attribute(svg, "height"));
    let mut picture = Picture::new(narrowed(width));
    let wide = picture.width;
    let mut y = 0.0;
    for line in lines(frame.heading, wide * 0.7, 3) {
        y += HEADING;
        picture.heading((0.0, y - 4.0), &line);
    }
    let mut x = 0.0;
    for (text, is_loud) in frame.marks {
        let long = width_of(text) + 12.0;
        if x > 0.0 && x + long > wide {
            x = 0.0;
            y += MARK + GAP;
        }
        let fill = if *is_loud { colour::LOUD } else { colour::BAND_LIGHT };
        picture.rect((x, y + GAP), (x + long, y + GAP + MARK), fill, fill);
        picture.text((x + 6.0, y + GAP + 13.0), Anchor::Start, colour::INK, text);
        x += long + GAP;
    }
    if !frame.marks.is_empty() {
        y += MARK + GAP;
    }
    let top = y + 2.0 * GAP;
    picture.inside(top, svg);
    y = top + height + GAP;
    for line in lines(frame.source, wide, 4) {
        y += LINE;
        picture.text((0.0, y), Anchor::Start, colour::MUTED, &line);
    }
    picture.finished(y + GAP, frame.heading, font)
}

fn narrowed(width: f64) -> i64 {
    // Widths of this crate's pictures are whole and small.
    format!("{width:.0}").parse().unwrap_or(640)
}

/// Length in the attribute `name` of the outermost element; 0 if the attribute is missing or is no finite number.
fn attribute(svg: &str, name: &str) -> f64 {
    let root = svg.split('>').next().unwrap_or_default();
    let value = root.split(&format!(" {name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
    value.and_then(|value| value.parse().ok()).filter(|value: &f64| value.is_finite()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::{Bar, bridge};
    use crate::check::well_formed;
    use domain::Amount;

    #[test]
    fn a_picture_keeps_its_heading_marks_and_source() {
        let bar =
            |label: &str, ore| Bar { label: label.to_owned(), is_total: true, amount: Amount::from_ore(ore) };
        let svg =
            bridge(&[bar("Før", 1_000_000), bar("Etter", 700_000)], 640, ("1 000 kr", "mill. kr"), "serif");
        let marks = [("Kladd".to_owned(), true), ("Periode 2012".to_owned(), false)];
        let heading =
            "Fra det kommunene betaler før, til det de betaler etter: \"<&> og mer til, så linjen brytes";
        let frame = Frame { heading, marks: &marks, source: "Samspill 0.1.0 · data 1c2f" };
        let framed = framed(&svg, &frame, "serif");
        well_formed(&framed);
        for part in ["Kladd", "Periode 2012", "Samspill 0.1.0", "Etter", "&quot;&lt;&amp;&gt;"] {
            assert!(framed.contains(part), "{part}: {framed}");
        }
        // The chart is whole, and moved down below the heading and the marks.
        let body = &svg[svg.find('>').unwrap()..];
        assert!(framed.contains(body) && framed.contains("<svg y=\""), "{framed}");
        assert!(attribute(&framed, "height") > attribute(&svg, "height") + 50.0);
        // A picture of nothing stays well formed.
        well_formed(&super::framed("", &Frame { heading: "", marks: &[], source: "" }, "serif"));
    }
}
