//! Checks that every chart must pass, made on the text of its SVG.

use crate::text::width_of;

/// Values that no chart may stumble over.
pub(crate) const AWKWARD: [f64; 11] =
    [0.0, -0.0, 1.0, -1.0, 1e15, -1e15, 1e-12, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX];

/// Asserts that tags close in order and quotes come in pairs, and that every number is finite with at most one decimal.
pub(crate) fn well_formed(svg: &str) {
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>"), "{svg}");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    let mut open = Vec::new();
    for part in svg.split('<').skip(1) {
        let tag = part.split_once('>').unwrap().0;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{svg}");
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        for number in tag.split(['"', ' ', ',']).filter(|number| number.parse::<f64>().is_ok()) {
            assert!(number.split_once('.').is_none_or(|(_, rest)| rest.len() < 2), "{tag}");
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// Asserts that an SVG is well-formed, and that its texts stay inside the picture and do not overlap.
pub(crate) fn tidy(svg: &str) {
    well_formed(svg);
    let (wide, tall) = (number(svg, "width"), number(svg, "height"));
    let mut boxes: Vec<([f64; 4], &str)> = Vec::new();
    for part in svg.split("<text").skip(1) {
        let (tag, rest) = part.split_once('>').unwrap();
        let text = rest.split_once("</text>").unwrap().0;
        let long = width_of(&text.replace("&amp;", "&").replace("&lt;", "<"));
        let (x, y) = (number(tag, "x"), number(tag, "y"));
        let left = match tag {
            tag if tag.contains("\"middle\"") => x - long / 2.0,
            tag if tag.contains("\"end\"") => x - long,
            _ => x,
        };
        let here = [left, y - 9.0, left + long, y + 3.0];
        assert!(
            here[0] > -0.5 && here[1] > -0.5 && here[2] < wide + 0.5 && here[3] < tall,
            "{text}: {here:?}"
        );
        for (other, words) in &boxes {
            let apart =
                here[0] >= other[2] || other[0] >= here[2] || here[1] >= other[3] || other[1] >= here[3];
            assert!(apart, "«{text}» {here:?} and «{words}» {other:?} touch at width {wide}");
        }
        boxes.push((here, text));
    }
}

fn number(tag: &str, name: &str) -> f64 {
    tag.split_once(&format!(" {name}=\"")).unwrap().1.split_once('"').unwrap().0.parse().unwrap()
}
