//! Names in a picture: along an axis, at the ends of lines, and beside rings. Names are kept apart where there is
//! room.

use crate::colour;
use crate::picture::{Anchor, Pen, Picture, Point};
use crate::text::{LINE, kept, width_of};

/// Evenly spaced places along an axis, for instance for years or months.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) count: usize,
}

impl Places {
    /// Pixel of a place, also of a fraction between two places.
    pub(crate) fn at(&self, place: f64) -> f64 {
        if self.count < 2 {
            return f64::midpoint(self.left, self.right);
        }
        self.left + place * (self.right - self.left) / (self.count - 1) as f64
    }

    /// Draws a tick at `y` for every place, and names under the ticks where there is room. The last name is always
    /// drawn.
    pub(crate) fn named(&self, picture: &mut Picture, names: &[&str], y: f64) {
        let pen = Pen { colour: colour::MUTED, thick: 1.0, dash: "" };
        let wide = names.iter().map(|name| width_of(name)).fold(0.0, f64::max) + 8.0;
        let each = (self.at(1.0) - self.at(0.0)).max(1.0);
        let apart = (wide / each).ceil().clamp(1.0, 10_000.0) as usize;
        for (place, name) in names.iter().enumerate() {
            let x = self.at(place as f64);
            picture.line(&[(x, y), (x, y + 4.0)], pen);
            if (names.len() - 1 - place).is_multiple_of(apart) {
                let x = kept(x, name, 0.0, picture.width);
                picture.text((x, y + 18.0), Anchor::Middle, colour::INK, name);
            }
        }
    }
}

/// A name at the end of a line.
#[derive(Debug)]
pub(crate) struct End<'a> {
    pub(crate) at: Point,
    pub(crate) lines: Vec<String>,
    pub(crate) colour: &'a str,
}

/// Height of a name, in pixels.
pub(crate) fn tall(lines: &[String]) -> f64 {
    LINE * lines.len() as f64 + 2.0
}

/// A ring with a name.
#[derive(Debug)]
pub(crate) struct Ring<'a> {
    pub(crate) at: Point,
    pub(crate) label: &'a str,
    pub(crate) colour: &'a str,
}

/// Left, top, right and bottom edge.
type Edges = [f64; 4];

/// Draws names at the ends of lines, from `x` on. Names are moved apart, and each is tied to its line.
pub(crate) fn ends(picture: &mut Picture, ends: &[End<'_>], x: f64, top: f64, bottom: f64) {
    let mut order: Vec<&End<'_>> = ends.iter().collect();
    order.sort_by(|one, other| one.at.1.total_cmp(&other.at.1));
    let mut free = top;
    let mut middles: Vec<f64> = Vec::new();
    for end in &order {
        let middle = end.at.1.max(free + tall(&end.lines) / 2.0);
        free = middle + tall(&end.lines) / 2.0;
        middles.push(middle);
    }
    // Names that were pushed below the bottom move back up, and push their neighbours.
    let mut floor = bottom;
    for (end, middle) in order.iter().zip(&mut middles).rev() {
        *middle = middle.min(floor - tall(&end.lines) / 2.0);
        floor = *middle - tall(&end.lines) / 2.0;
    }
    for (end, middle) in order.iter().zip(&middles) {
        let tie = Pen { colour: end.colour, thick: 1.0, dash: "1 2" };
        picture.line(&[end.at, (x - 3.0, *middle)], tie);
        let first = middle - LINE * (end.lines.len() as f64 - 1.0) / 2.0 + 4.0;
        for (row, line) in end.lines.iter().enumerate() {
            picture.text((x, first + LINE * row as f64), Anchor::Start, colour::INK, line);
        }
    }
}

/// Draws rings, each with its name at the first place with room inside the frame, or just above the ring if
/// no place has room. The places above to the left and below to the right are tried first, in this order: a
/// ring of the break-even chart lies on a rising line, which leaves room there.
pub(crate) fn rings(picture: &mut Picture, rings: &[Ring<'_>], lines: &[Vec<Point>], frame: Edges) {
    let mut taken: Vec<Edges> = Vec::new();
    for Ring { at: (x, y), colour, .. } in rings {
        picture.ring((*x, *y), 5.0, colour);
        taken.push([x - 6.0, y - 6.0, x + 6.0, y + 6.0]);
    }
    for Ring { at: (x, y), label, colour } in rings {
        let long = width_of(label);
        let beside = |row: i32| {
            let off = 8.0 + LINE * f64::from(row);
            [
                (x - long - 2.0, y - off),
                (x + 2.0, y + off + 9.0),
                (x - long / 2.0, y - off),
                (x + 2.0, y - off),
            ]
        };
        let edges = |(start, base): &Point| [*start, base - 9.0, start + long, base + 2.0];
        let free = (0..8).flat_map(beside).find(|place| {
            let here = edges(place);
            let is_inside =
                here[0] >= frame[0] && here[1] >= frame[1] && here[2] <= frame[2] && here[3] <= frame[3];
            is_inside
                && !taken.iter().any(|other| touches(here, *other))
                && !lines.iter().any(|line| line.windows(2).any(|pair| crosses(here, pair[0], pair[1])))
        });
        let (start, base) = free.unwrap_or((x - long / 2.0, y - 8.0));
        taken.push(edges(&(start, base)));
        if (y - base).abs() > 20.0 {
            let near = if base < *y { (base + 2.0, y - 6.0) } else { (base - 10.0, y + 6.0) };
            let tie = Pen { colour, thick: 1.0, dash: "1 2" };
            picture.line(&[(start + long / 2.0, near.0), (*x, near.1)], tie);
        }
        picture.text_over((start, base), Anchor::Start, colour::INK, label);
    }
}

fn touches(one: Edges, other: Edges) -> bool {
    one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3]
}

/// Whether a line crosses a text. Points along the line are tested.
fn crosses(text: Edges, from: Point, to: Point) -> bool {
    (0..=40).map(|step| f64::from(step) / 40.0).any(|share| {
        let (x, y) = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
        (text[0] - 1.0..=text[2] + 1.0).contains(&x) && (text[1] - 1.0..=text[3] + 1.0).contains(&y)
    })
}
