//! Numbers with check digits: organisation numbers, bank accounts and payment references.

/// Whether a text is an organisation number: nine digits, the last a correct check digit (modulus 11).
pub fn is_organisation(number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
    if digits.len() != 9 || number.len() != 9 {
        return false;
    }
    let weights = [3, 2, 7, 6, 5, 4, 3, 2, 1];
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>() % 11 == 0
}

/// Whether a text is a Norwegian bank account: eleven digits, the last a correct check digit (modulus 11).
pub fn is_account(number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
    if digits.len() != 11 || number.len() != 11 {
        return false;
    }
    let weights = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>() % 11 == 0
}

/// A payment reference (`KID`): the digits, followed by a check digit (modulus 10). `None` if the text is
/// empty, holds anything but digits, or is longer than 24 digits.
#[doc(alias = "KID")]
pub fn payment_reference(digits: &str) -> Option<String> {
    if digits.is_empty() || digits.len() > 24 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(place, digit)| {
            let weighed = if place % 2 == 0 { digit * 2 } else { digit };
            weighed / 10 + weighed % 10
        })
        .sum();
    Some(format!("{digits}{}", (10 - sum % 10) % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_the_vectors() {
        for (digits, whole) in [("394", "3947"), ("877271", "8772717"), ("193451530", "1934515303")] {
            assert_eq!(payment_reference(digits).as_deref(), Some(whole));
        }
        assert_eq!(payment_reference("39a"), None);
        for (number, valid) in [
            ("324799249", true),
            ("375599384", true),
            ("344617236", true),
            ("344617237", false),
            ("34461723", false),
            ("34461723x", false),
        ] {
            assert_eq!(is_organisation(number), valid, "{number}");
        }
        // Example accounts from published specifications of account numbers.
        for (number, valid) in
            [("86011117947", true), ("86011117948", false), ("8601111794", false), ("8601111794x", false)]
        {
            assert_eq!(is_account(number), valid, "{number}");
        }
    }
}
