//! An SVG being written, with coordinates of at most one decimal.

use std::fmt::Write;

use crate::{colour, escaped};

/// A place in the picture.
pub(crate) type Point = (f64, f64);

/// Which end of a text its place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pen<'a> {
    pub(crate) colour: &'a str,
    pub(crate) thick: f64,
    /// SVG's dash pattern; empty for a whole line.
    pub(crate) dash: &'a str,
}

/// A picture whose height is known last.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) width: f64,
    body: String,
}

// Writing to a string cannot fail, so the results of `write!` are dropped.
impl Picture {
    /// An empty picture. Under 240 pixels nothing is legible, so it is never narrower.
    pub(crate) fn new(width: i64) -> Picture {
        Picture { width: width.clamp(240, 10_000) as f64, body: String::new() }
    }

    pub(crate) fn text(&mut self, at: Point, anchor: Anchor, fill: &str, text: &str) {
        self.written(at, anchor, fill, "", text);
    }

    /// Text over lines: a white rim keeps it legible.
    pub(crate) fn text_over(&mut self, at: Point, anchor: Anchor, fill: &str, text: &str) {
        let rim = " stroke=\"#fff\" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\"";
        self.written(at, anchor, fill, rim, text);
    }

    fn written(&mut self, (x, y): Point, anchor: Anchor, fill: &str, more: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let (x, y, text) = (px(x), px(y), escaped(text));
        let _ = write!(self.body, "<text x=\"{x}\" y=\"{y}\"{anchor} fill=\"{fill}\"{more}>{text}</text>");
    }

    /// A line through points; nothing for fewer than two.
    pub(crate) fn line(&mut self, points: &[Point], pen: Pen<'_>) {
        if points.len() < 2 {
            return;
        }
        let dash =
            if pen.dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{}\"", pen.dash) };
        let (stroke, thick, points) = (pen.colour, px(pen.thick), joined(points));
        let _ = write!(
            self.body,
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{thick}\"{dash}/>"
        );
    }

    pub(crate) fn area(&mut self, points: &[Point], fill: &str) {
        let points = joined(points);
        let _ = write!(self.body, "<polygon points=\"{points}\" fill=\"{fill}\"/>");
    }

    /// A rectangle between two corners, in any order, with a rim.
    pub(crate) fn rect(&mut self, (x1, y1): Point, (x2, y2): Point, fill: &str, rim: &str) {
        let (x, y) = (px(x1.min(x2)), px(y1.min(y2)));
        let (wide, tall) = (px((x1 - x2).abs().max(1.0)), px((y1 - y2).abs()));
        let _ = write!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{tall}\" fill=\"{fill}\" stroke=\"{rim}\"/>"
        );
    }

    /// A ring with white inside.
    pub(crate) fn ring(&mut self, (x, y): Point, radius: f64, colour: &str) {
        let (x, y, radius) = (px(x), px(y), px(radius));
        let _ = write!(
            self.body,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"#fff\" stroke=\"{colour}\" stroke-width=\"2\"/>"
        );
    }

    /// Dots of one size in one group.
    pub(crate) fn dots(&mut self, dots: &[Point], radius: f64, attributes: &str) {
        let _ = write!(self.body, "<g fill=\"{}\"{attributes}>", colour::DOT);
        for (x, y) in dots {
            let (x, y, radius) = (px(*x), px(*y), px(radius));
            let _ = write!(self.body, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>");
        }
        self.body.push_str("</g>");
    }

    /// The whole SVG.
    pub(crate) fn finished(self, height: f64, title: &str, font: &str) -> String {
        let (width, height, title, font) = (px(self.width), px(height), escaped(title), escaped(font));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" font-family=\"{font}\" font-size=\"12\" role=\"img\" aria-label=\"{title}\">{}</svg>",
            self.body
        )
    }
}

/// A coordinate with at most one decimal, so that bytes do not hang on the last bit.
fn px(length: f64) -> String {
    let tenths = (length * 10.0).round();
    // Adding zero turns minus zero to zero.
    if tenths.is_finite() { format!("{}", tenths / 10.0 + 0.0) } else { "0".to_owned() }
}

fn joined(points: &[Point]) -> String {
    points.iter().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect::<Vec<_>>().join(" ")
}
