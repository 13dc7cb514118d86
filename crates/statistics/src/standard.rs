//! Standard populations: the number of persons at each age, out of a fixed total.

/// European standard population of 2013 (Eurostat): first age of each band, and persons out of 100 000. The
/// last band has no upper end.
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

/// A range of ages in whole years, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ages {
    pub from: u16,
    /// `None` for no upper end.
    pub to: Option<u16>,
}

impl Ages {
    /// Reads a range such as `0-4`, `0–4`, `90+` or `90 år og over`, or a single age such as `67`. `None` if
    /// the text has another form, an age is above 150, or the first age is above the last.
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

/// Persons of the European standard population at these ages, out of 100 000. The persons of a band are
/// spread evenly over its ages. `None` if the last band, which has no upper end, would have to be divided.
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
