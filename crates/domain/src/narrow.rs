//! Conversion of a number to a narrower type, without a silent change.

/// The same number in a narrower type. A number that does not fit is a fault of the program: the function
/// panics and states the number.
#[inline]
pub fn narrow<T: Copy + std::fmt::Display, N: TryFrom<T>>(wide: T) -> N {
    match N::try_from(wide) {
        Ok(narrow) => narrow,
        Err(_) => unreachable!("{wide} does not fit in {}", std::any::type_name::<N>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_the_same_number() {
        assert_eq!(narrow::<i64, i32>(-4711), -4711);
        assert_eq!(narrow::<usize, u8>(255), 255);
    }

    #[test]
    #[should_panic(expected = "256 does not fit in u8")]
    fn what_does_not_fit_stops() {
        let _: u8 = narrow(256_usize);
    }
}
