//! Money in whole øre, DRG points in thousandths, and shares in hundredths of a per cent.
//!
//! A product of the three is an [`ExactAmount`], which is rounded once, by a [`Rounding`].

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde::{Deserialize, Serialize};

/// An amount of money in whole øre (`beløp`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
pub struct Amount(i64);

impl Amount {
    /// Reads kroner as people write them: `1 234,50`, `1234.5`, `4.000,00`, `kr 8 000,-`, `-20`. `None` if the text
    /// is no such number, has more than two decimals other than zeros, or is above ten thousand billion kroner.
    pub fn read(text: &str) -> Option<Amount> {
        let text = text.trim().to_lowercase().replace('\u{2212}', "-");
        let text =
            text.strip_prefix("kr").map_or(text.as_str(), |rest| rest.strip_prefix('.').unwrap_or(rest));
        let text = text.strip_suffix("kr").unwrap_or(text).trim();
        // A space stands between thousands, after the sign, or before the dash of no øre.
        let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest.trim_start()));
        let end = rest.find([',', '.', '-', '\u{2013}']).unwrap_or(rest.len());
        let groups: Vec<&str> = rest[..end].split_whitespace().collect();
        let is_grouped = groups.len() < 2 || are_thousands(groups.iter().copied());
        if !is_grouped || rest[end..].contains(char::is_whitespace) {
            return None;
        }
        let text = format!("{sign}{}{}", groups.concat(), &rest[end..]);
        // Nobody writes two full stops for decimals: 1.000.000.
        let text = match text.matches('.').count() > 1 && grouped_by_points(text.trim_start_matches('-')) {
            true => text.replace('.', ""),
            false => text,
        };
        // A dash stands for no øre: 8 000,- or 4.000,-.
        let text = match text.strip_suffix(['-', '\u{2013}']).and_then(|text| text.strip_suffix([',', '.'])) {
            Some(kroner) if grouped_by_points(kroner) => kroner.replace('.', ""),
            Some(kroner) => kroner.to_owned(),
            None => text,
        };
        // With a decimal comma, full stops group thousands: 4.000,00.
        let text = match text.split_once(',') {
            Some((kroner, _)) if grouped_by_points(kroner) => text.replace('.', ""),
            _ => text,
        };
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.as_str()),
        };
        let (kroner, ore) = digits.split_once([',', '.']).unwrap_or((digits, ""));
        // Systems write four decimals: 12000,0000.
        let ore = match ore.get(2..).is_some_and(|rest| rest.len() == 2 && rest.bytes().all(|b| b == b'0')) {
            true => &ore[..2],
            false => ore,
        };
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if kroner.is_empty() || !plain(kroner) || !plain(ore) || ore.len() > 2 {
            return None;
        }
        let ore: i64 = if ore.is_empty() { 0 } else { format!("{ore:0<2}").parse().ok()? };
        let all = kroner.parse::<i64>().ok()?.checked_mul(100)?.checked_add(ore)?;
        // No real amount between two parties is above ten thousand billion kroner. Thousands of amounts of that
        // size add up without overflow.
        (all <= 1_000_000_000_000_000).then(|| Amount::from_ore(sign * all))
    }

    pub const ZERO: Amount = Amount(0);

    /// An amount of `ore` øre.
    pub const fn from_ore(ore: i64) -> Self {
        Amount(ore)
    }

    /// An amount of `kroner` whole kroner; `None` if the amount in øre does not fit in 64 bits.
    pub fn from_kroner(kroner: i64) -> Option<Self> {
        kroner.checked_mul(100).map(Amount)
    }

    /// The amount in øre.
    pub const fn ore(self) -> i64 {
        self.0
    }

    /// Exact product of this price per DRG point and a number of points, not yet rounded.
    pub fn times(self, points: Points) -> ExactAmount {
        ExactAmount(self.0 as i128 * points.0 as i128 * Share::WHOLE as i128)
    }

    /// Exact product of this price per unit (a day, a visit) and a number of units, not yet rounded.
    pub fn times_units(self, units: i64) -> ExactAmount {
        ExactAmount(self.0 as i128 * units as i128 * Points::PER_POINT as i128 * Share::WHOLE as i128)
    }
}

impl Add for Amount {
    type Output = Amount;
    fn add(self, other: Amount) -> Amount {
        Amount(self.0 + other.0)
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Amount) {
        self.0 += other.0;
    }
}

impl Sub for Amount {
    type Output = Amount;
    fn sub(self, other: Amount) -> Amount {
        Amount(self.0 - other.0)
    }
}

impl Neg for Amount {
    type Output = Amount;
    fn neg(self) -> Amount {
        Amount(-self.0)
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Amount>>(iter: I) -> Amount {
        Amount(iter.map(|amount| amount.0).sum())
    }
}

/// Norwegian form: `1 234,50 kr`, with no-break spaces and a true minus sign (U+2212).
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ore = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "\u{2212}" } else { "" };
        write!(f, "{sign}{},{:02}\u{a0}kr", grouped(ore / 100), ore % 100)
    }
}

/// DRG points in thousandths (`DRG-poeng`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
pub struct Points(i64);

impl Points {
    /// Thousandths in one DRG point.
    pub const PER_POINT: i64 = 1000;
    pub const ZERO: Points = Points(0);

    /// Points from a count of thousandths.
    pub const fn from_milli(milli: i64) -> Self {
        Points(milli)
    }

    /// The points in thousandths.
    pub const fn milli(self) -> i64 {
        self.0
    }

    /// The points, but no more than `ceiling`.
    pub fn at_most(self, ceiling: Points) -> Points {
        std::cmp::min(self, ceiling)
    }
}

impl Add for Points {
    type Output = Points;
    fn add(self, other: Points) -> Points {
        Points(self.0 + other.0)
    }
}

impl Sub for Points {
    type Output = Points;
    fn sub(self, other: Points) -> Points {
        Points(self.0 - other.0)
    }
}

/// Norwegian form with three decimals: `1,234`.
impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "\u{2212}" } else { "" };
        let milli = self.0.unsigned_abs();
        write!(f, "{sign}{},{:03}", grouped(milli / 1000), milli % 1000)
    }
}

/// A share in hundredths of a per cent (`andel`); 20 % is 2000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Share(i64);

impl Share {
    /// Hundredths of a per cent in the whole.
    pub const WHOLE: i64 = 10_000;
    /// A share of 0 %.
    pub const NONE: Share = Share(0);

    /// A share of `basis_points` hundredths of a per cent; `None` outside 0 to 100 %.
    pub fn from_basis_points(basis_points: i64) -> Option<Self> {
        (0..=Self::WHOLE).contains(&basis_points).then_some(Share(basis_points))
    }

    /// The share in hundredths of a per cent.
    pub const fn basis_points(self) -> i64 {
        self.0
    }
}

/// Norwegian form, with decimals only where they are needed: `20 %` or `12,5 %`.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match part {
            0 => write!(f, "{whole}\u{a0}%"),
            _ if part % 10 == 0 => write!(f, "{whole},{}\u{a0}%", part / 10),
            _ => write!(f, "{whole},{part:02}\u{a0}%"),
        }
    }
}

/// Rounding of an exact amount to whole øre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest øre. Exactly half goes away from zero, so that a reversal mirrors its charge.
    HalfAwayFromZero,
}

/// An amount before rounding, in ten-millionths of an øre.
///
/// Price (øre) × points (thousandths) × share (ten-thousandths) is a whole number in this unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ExactAmount(i128);

impl ExactAmount {
    const PER_ORE: i128 = Points::PER_POINT as i128 * Share::WHOLE as i128;

    /// A share of this amount.
    ///
    /// The result is exact if this amount is not itself a share. A share of a share would have to be rounded, which
    /// a debug assertion forbids.
    pub fn share(self, share: Share) -> ExactAmount {
        debug_assert_eq!(self.0 % Share::WHOLE as i128, 0, "a share of a share would be rounded silently");
        ExactAmount(self.0 / Share::WHOLE as i128 * share.0 as i128)
    }

    /// The amount in whole øre, rounded as `rounding` says; `None` if the rounded amount does not fit in an
    /// [`Amount`].
    pub fn round_to_ore(self, rounding: Rounding) -> Option<Amount> {
        let Rounding::HalfAwayFromZero = rounding;
        let half = Self::PER_ORE / 2;
        let shifted = if self.0 < 0 { self.0 - half } else { self.0 + half };
        // Nearly every product fits in 64 bits, where division is many times faster.
        match i64::try_from(shifted) {
            Ok(small) => Some(Amount(small / crate::narrow::<_, i64>(Self::PER_ORE))),
            Err(_) => i64::try_from(shifted / Self::PER_ORE).ok().map(Amount),
        }
    }

    /// Whether the amount is a whole number of øre, so that rounding changes nothing.
    pub fn is_whole_ore(self) -> bool {
        self.0 % Self::PER_ORE == 0
    }
}

impl Sub for ExactAmount {
    type Output = ExactAmount;
    fn sub(self, other: ExactAmount) -> ExactAmount {
        ExactAmount(self.0 - other.0)
    }
}

/// The digits of a whole number, with a no-break space between groups of three: `1 234`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && digits.len() > 3 {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

/// Whether full stops group the digits of a whole number: 1 to 3 digits in the first group, and exactly 3 in each
/// later group. A number of 1 to 3 digits passes without a full stop. Minus signs in front are skipped, and other
/// characters count as digits.
fn grouped_by_points(kroner: &str) -> bool {
    are_thousands(kroner.trim_start_matches('-').split('.'))
}

/// Whether groups of digits have the lengths of thousands: 1 to 3 in the first, and 3 in each later one.
fn are_thousands<'t>(mut groups: impl Iterator<Item = &'t str>) -> bool {
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kroner_are_read_as_people_write_them() {
        for (text, ore) in [
            ("1 234,50", Some(123_450)),
            ("1\u{a0}234.5", Some(123_450)),
            ("4.000,00", Some(400_000)),
            ("kr 8 000,-", Some(800_000)),
            ("kr. 500", Some(50_000)),
            ("500 kr", Some(50_000)),
            ("- 20", Some(-2_000)),
            ("\u{2212}1 000", Some(-100_000)),
            (".5", None),
            ("12 00", None),
            ("1 2345", None),
            ("1234 567", None),
            ("12,5 0", None),
            ("12.000", None),
            ("1.000.000", Some(100_000_000)),
            ("-1.000.000", Some(-100_000_000)),
            ("1.00.000", None),
            ("12000,0000", Some(1_200_000)),
            ("12000.5000", Some(1_200_050)),
            ("12000,0050", None),
        ] {
            assert_eq!(Amount::read(text).map(Amount::ore), ore, "{text}");
        }
    }

    #[test]
    fn a_reversal_mirrors_its_charge() {
        let price = Amount::from_ore(3_820_900);
        let share = Share::from_basis_points(2000).unwrap();
        // One thousandth of a point: 38.209 kr × 20 % = 7.6418 kr, which is rounded to 764 øre.
        for (milli, ore) in [(1, 764), (-1, -764), (4000, 3_056_720), (5, 3821), (-5, -3821)] {
            let exact = price.times(Points::from_milli(milli)).share(share);
            assert_eq!(exact.round_to_ore(Rounding::HalfAwayFromZero), Some(Amount(ore)), "{milli}");
        }
    }

    #[test]
    fn shows_kroner_as_norwegians_write_them() {
        assert_eq!(Amount(123_450).to_string(), "1\u{a0}234,50\u{a0}kr");
        assert_eq!(Amount(-5).to_string(), "\u{2212}0,05\u{a0}kr");
        assert_eq!(Points(1234).to_string(), "1,234");
        assert_eq!(Share(2000).to_string(), "20\u{a0}%");
        assert_eq!(Share(1250).to_string(), "12,5\u{a0}%");
    }

    proptest! {
        #[test]
        fn rounding_is_within_half_an_ore(price in 0i64..10_000_000, milli in -400_000i64..400_000, bp in 0i64..=10_000) {
            let exact = Amount(price).times(Points(milli)).share(Share(bp));
            let rounded = exact.round_to_ore(Rounding::HalfAwayFromZero).unwrap();
            let error = rounded.0 as i128 * ExactAmount::PER_ORE - exact.0;
            prop_assert!(error.abs() * 2 <= ExactAmount::PER_ORE);
            let mirrored = Amount(price).times(Points(-milli)).share(Share(bp));
            prop_assert_eq!(mirrored.round_to_ore(Rounding::HalfAwayFromZero).unwrap(), -rounded);
        }
    }
}
