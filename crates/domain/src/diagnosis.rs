//! Codes of diagnoses (ICD-10), as extracts write them.

/// The code of the main diagnosis, without a point: `S720` of `S72.0 I10`. Empty if there is none.
pub fn main_of(diagnoses: &str) -> String {
    let first = diagnoses.split([' ', ',', ';']).next().unwrap_or_default();
    first.chars().filter(|letter| *letter != '.').collect()
}

/// Whether a main diagnosis ([`main_of`]) begins with one of `wanted`. `None` if it is missing, or too short to decide.
pub fn is_of(wanted: &[String], main: &str) -> Option<bool> {
    if wanted.iter().any(|prefix| main.starts_with(prefix.as_str())) {
        return Some(true);
    }
    let is_too_short = wanted.iter().any(|prefix| prefix.starts_with(main));
    (!is_too_short).then_some(false)
}

/// Whether a text may be the beginning of a code: capital letters and digits, without a point.
pub fn is_code(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_diagnosis_is_the_first_and_decides() {
        let hip = ["S720".to_owned(), "S721".to_owned()];
        let of = |text: &str| is_of(&hip, &main_of(text));
        assert_eq!((of("S72.0 I10"), of("I10 S72.0"), of("S720;E11")), (Some(true), Some(false), Some(true)));
        assert_eq!((of("S72"), of(""), of("S723"), of("S7201")), (None, None, Some(false), Some(true)));
        assert!(is_code("Z49") && !is_code("z49") && !is_code("S72.0") && !is_code(""));
    }
}
