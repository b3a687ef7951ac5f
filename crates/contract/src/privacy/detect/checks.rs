//! Account numbers, card numbers and phone numbers.

/// Letters and digits without the spaces and hyphens between groups.
pub(super) fn compact(value: &str) -> String {
    value.chars().filter(|letter| !matches!(letter, ' ' | '-' | '\u{a0}')).collect()
}

/// ISO 13616: country, two check digits, and the rest; modulo 97 it is 1. The lengths are those of the registry.
pub(super) fn is_iban(value: &str) -> bool {
    let text = compact(value).to_ascii_uppercase();
    let bytes = text.as_bytes();
    if !(15..=34).contains(&bytes.len())
        || !bytes[..2].iter().all(u8::is_ascii_uppercase)
        || !bytes[2..4].iter().all(u8::is_ascii_digit)
        || !bytes.iter().all(u8::is_ascii_alphanumeric)
        || length(&text[..2]).is_some_and(|length| length != bytes.len())
    {
        return false;
    }
    let turned = bytes[4..].iter().chain(&bytes[..4]);
    let rest = turned.fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    rest == 1
}

fn length(country: &str) -> Option<usize> {
    let known = [
        ("NO", 15),
        ("BE", 16),
        ("DK", 18),
        ("FI", 18),
        ("NL", 18),
        ("SI", 19),
        ("AT", 20),
        ("LU", 20),
        ("LT", 20),
        ("EE", 20),
        ("CH", 21),
        ("LI", 21),
        ("LV", 21),
        ("HR", 21),
        ("BG", 22),
        ("DE", 22),
        ("GB", 22),
        ("IE", 22),
        ("AE", 23),
        ("IL", 23),
        ("CZ", 24),
        ("ES", 24),
        ("SK", 24),
        ("SE", 24),
        ("RO", 24),
        ("SA", 24),
        ("PT", 25),
        ("TR", 26),
        ("IS", 26),
        ("FR", 27),
        ("IT", 27),
        ("GR", 27),
        ("MC", 27),
        ("SM", 27),
        ("HU", 28),
        ("PL", 28),
        ("CY", 28),
        ("MT", 31),
    ];
    known.into_iter().find(|(name, _)| *name == country).map(|(_, length)| length)
}

/// 13 to 19 digits of a known issuer whose last is right by Luhn (ISO/IEC 7812).
pub(super) fn is_card(value: &str) -> bool {
    let text = compact(value);
    if !(13..=19).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let start = |count: usize| text[..count].parse::<u32>().unwrap_or(0);
    let issuer = matches!(
        (start(1), start(2), start(4), text.len()),
        (4, _, _, 13 | 16 | 19)
            | (_, 51..=55, _, 16)
            | (_, _, 2221..=2720, 16)
            | (_, 34 | 37, _, 15)
            | (_, 36 | 38 | 39, _, 14)
            | (_, 60 | 64 | 65, _, 16 | 19)
            | (_, _, 3528..=3589, 16)
            | (_, 62, _, 16..=19)
            | (_, 50 | 56..=58 | 63 | 67, _, 16 | 19)
    );
    issuer && luhn(&text)
}

pub(super) fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0');
            match at % 2 {
                1 if digit > 4 => digit * 2 - 9,
                1 => digit * 2,
                _ => digit,
            }
        })
        .sum();
    sum.is_multiple_of(10) && digits.bytes().any(|byte| byte != b'0')
}

/// A number as people write it: with `+` or `00`, or in groups with separators. Bare digits could be anything.
pub(super) fn is_phone(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let fits = value.chars().all(|letter| letter.is_ascii_digit() || " +-()/.\u{a0}".contains(letter));
    if !fits || !(7..=15).contains(&digits) {
        return false;
    }
    let international = value.starts_with('+') || (value.starts_with("00") && digits >= 10);
    let lengths: Vec<usize> =
        value.split([' ', '-', '(', ')', '/', '.', '\u{a0}']).filter(|group| !group.is_empty()).map(str::len).collect();
    let groups = lengths.len();
    // So are social security numbers written, also those that there cannot be.
    if lengths == [3, 2, 4] {
        return false;
    }
    // Dates and decimal numbers have groups too.
    let date = groups == 3 && value.split(['-', '/', '.']).any(|group| group.len() == 4) && digits == 8;
    international
        || (groups >= 2 && digits >= 9 && !date && value.matches('.').count() != 1)
        || (value.starts_with('(') && groups >= 2)
}
