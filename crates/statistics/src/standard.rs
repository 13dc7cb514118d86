//! Standard populations: how many of a standard's people are of each age.

/// The European standard population of 2013 (Eurostat), by the first age of each band; the last has no end.
pub const EUROPEAN_2013: [(u16, f64); 20] = [
    (0, 1_000.0),
    (1, 4_000.0),
    (5, 5_500.0),
    (10, 5_500.0),
    (15, 5_500.0),
    (20, 6_000.0),
    (25, 6_000.0),
    (30, 6_500.0),
    (35, 7_000.0),
    (40, 7_000.0),
    (45, 7_000.0),
    (50, 7_000.0),
    (55, 6_500.0),
    (60, 6_000.0),
    (65, 5_500.0),
    (70, 5_000.0),
    (75, 4_000.0),
    (80, 2_500.0),
    (85, 1_500.0),
    (90, 1_000.0),
];

/// Ages of a band: the first, and the last; `None` where it has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ages {
    /// First.
    pub from: u16,
    /// Last.
    pub to: Option<u16>,
}

impl Ages {
    /// Reads `0-4`, `0–4`, `90+`, `90 år og over`, `67`.
    pub fn parse(text: &str) -> Option<Ages> {
        let text = text.trim().trim_end_matches("år").trim_end();
        let number = |text: &str| text.trim().parse::<u16>().ok().filter(|age| *age <= 150);
        if let Some(from) = text.strip_suffix('+').or_else(|| text.strip_suffix("år og over")) {
            return Some(Ages { from: number(from)?, to: None });
        }
        match text.split_once(['-', '–']) {
            Some((from, to)) => {
                let (from, to) = (number(from)?, number(to)?);
                (from <= to).then_some(Ages { from, to: Some(to) })
            }
            None => number(text).map(|age| Ages { from: age, to: Some(age) }),
        }
    }
}

/// How many of the European standard's people are of these ages; people of a band are spread evenly over its ages.
/// `None` where the last band, which has no end, would have to be divided.
pub fn european_2013(ages: Ages) -> Option<f64> {
    let (last, _) = EUROPEAN_2013[EUROPEAN_2013.len() - 1];
    if ages.from > last || ages.to.is_some_and(|to| to >= last) {
        return None;
    }
    let mut sum = 0.0;
    for (place, (from, people)) in EUROPEAN_2013.iter().enumerate() {
        let Some((next, _)) = EUROPEAN_2013.get(place + 1) else {
            return Some(if ages.to.is_none() { sum + people } else { sum });
        };
        let end = ages.to.map_or(*next, |to| (to + 1).min(*next));
        let inside = end.saturating_sub(ages.from.max(*from));
        sum += people * f64::from(inside) / f64::from(next - from);
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_is_a_hundred_thousand() {
        let whole = |text: &str| european_2013(Ages::parse(text).unwrap());
        assert_eq!(EUROPEAN_2013.iter().map(|(_, people)| people).sum::<f64>(), 100_000.0);
        assert_eq!(
            (whole("0+"), whole("0-4"), whole("90+"), whole("67")),
            (Some(100_000.0), Some(5_000.0), Some(1_000.0), Some(1_100.0))
        );
        assert_eq!(
            (whole("0–17"), whole("80-89"), whole("95+"), whole("85-94")),
            (Some(19_300.0), Some(4_000.0), None, None)
        );
        assert!(Ages::parse("gammel").is_none() && Ages::parse("9-4").is_none());
        assert_eq!(Ages::parse("80 år og over"), Some(Ages { from: 80, to: None }));
    }
}
