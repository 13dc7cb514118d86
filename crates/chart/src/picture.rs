//! An SVG in the making. Coordinates have at most one decimal.

use std::fmt::Write;

use crate::{colour, escaped};

/// A point in the picture: distance from the left edge and distance from the top edge, in pixels.
pub(crate) type Point = (f64, f64);

/// Which part of a text stands at the point where the text is drawn: its start, middle or end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// Colour, breadth and dashes of a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pen<'a> {
    pub(crate) colour: &'a str,
    pub(crate) thick: f64,
    /// Dash pattern of SVG; empty for a solid line.
    pub(crate) dash: &'a str,
}

/// A picture in the making. Its height is given last.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) width: f64,
    body: String,
}

// Writing to a string cannot fail, so the results of `write!` are dropped.
impl Picture {
    /// An empty picture. Its width is at least 240 pixels, because nothing is legible in a narrower one.
    pub(crate) fn new(width: i64) -> Picture {
        Picture { width: width.clamp(240, 10_000) as f64, body: String::new() }
    }

    /// An empty picture without a least width, for a cell of a table.
    pub(crate) fn small(width: f64) -> Picture {
        Picture { width, body: String::new() }
    }

    pub(crate) fn text(&mut self, at: Point, anchor: Anchor, fill: &str, text: &str) {
        self.written(at, anchor, fill, "", text);
    }

    /// Draws a text over lines. A white rim keeps it legible.
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

    /// Draws a line through points; nothing for fewer than two.
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

    /// Draws a rectangle, given by two opposite corners, with a rim.
    pub(crate) fn rect(&mut self, (x1, y1): Point, (x2, y2): Point, fill: &str, rim: &str) {
        let (x, y) = (px(x1.min(x2)), px(y1.min(y2)));
        let (wide, tall) = (px((x1 - x2).abs().max(1.0)), px((y1 - y2).abs()));
        let _ = write!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{tall}\" fill=\"{fill}\" stroke=\"{rim}\"/>"
        );
    }

    /// Draws a rectangle without a rim.
    pub(crate) fn block(&mut self, (x1, y1): Point, (x2, y2): Point, fill: &str) {
        self.area(&[(x1, y1), (x2, y1), (x2, y2), (x1, y2)], fill);
    }

    /// Draws a square on its corner, white inside.
    pub(crate) fn diamond(&mut self, (x, y): Point, radius: f64, colour: &str) {
        self.area(&[(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], colour);
        let inner = radius - 2.0;
        self.area(&[(x, y - inner), (x + inner, y), (x, y + inner), (x - inner, y)], "#fff");
    }

    /// Draws a filled circle.
    pub(crate) fn disc(&mut self, (x, y): Point, radius: f64, colour: &str) {
        let (x, y, radius) = (px(x), px(y), px(radius));
        let _ = write!(self.body, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{colour}\"/>");
    }

    /// Draws a ring, white inside.
    pub(crate) fn ring(&mut self, (x, y): Point, radius: f64, colour: &str) {
        let (x, y, radius) = (px(x), px(y), px(radius));
        let _ = write!(
            self.body,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"#fff\" stroke=\"{colour}\" stroke-width=\"2\"/>"
        );
    }

    /// Draws dots of one size, in one group.
    pub(crate) fn dots(&mut self, dots: &[Point], radius: f64, attributes: &str) {
        let _ = write!(self.body, "<g fill=\"{}\"{attributes}>", colour::DOT);
        for (x, y) in dots {
            let (x, y, radius) = (px(*x), px(*y), px(radius));
            let _ = write!(self.body, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>");
        }
        self.body.push_str("</g>");
    }

    /// A line of a heading, in larger and bolder letters.
    pub(crate) fn heading(&mut self, (x, y): Point, text: &str) {
        let (x, y, text) = (px(x), px(y), escaped(text));
        let _ = write!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"16\" font-weight=\"bold\" fill=\"{}\">{text}</text>",
            colour::INK
        );
    }

    /// Another whole picture, `top` pixels down.
    pub(crate) fn inside(&mut self, top: f64, svg: &str) {
        self.body.push_str(&svg.replacen("<svg ", &format!("<svg y=\"{}\" ", px(top)), 1));
    }

    /// The whole SVG. `title` is the text for screen readers.
    pub(crate) fn finished(self, height: f64, title: &str, font: &str) -> String {
        let (width, height, title, font) = (px(self.width), px(height), escaped(title), escaped(font));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" font-family=\"{font}\" font-size=\"12\" role=\"img\" aria-label=\"{title}\">{}</svg>",
            self.body
        )
    }
}

/// A length with at most one decimal, so that rounding errors of floating-point numbers rarely change the SVG. NaN and
/// infinity become 0.
fn px(length: f64) -> String {
    let tenths = (length * 10.0).round();
    // Adding zero turns minus zero into zero.
    if tenths.is_finite() { format!("{}", tenths / 10.0 + 0.0) } else { "0".to_owned() }
}

fn joined(points: &[Point]) -> String {
    points.iter().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect::<Vec<_>>().join(" ")
}
