//! National identity numbers with their check digits, from the rules that the issuing countries publish.

use super::checks::{compact, luhn};

/// Of the value as it stands, and without its spaces and hyphens.
type Test = fn(&str, &str) -> bool;

/// The countries whose numbers this could be.
pub(super) fn countries(value: &str) -> Vec<&'static str> {
    let text = compact(value).to_ascii_uppercase();
    if !(8..=20).contains(&text.len()) || !text.is_ascii() {
        return Vec::new();
    }
    let tried: [(&'static str, Test); 16] = [
        ("the United States", united_states),
        ("the United Kingdom", |_, text| united_kingdom(text)),
        ("Germany", |_, text| germany(text)),
        ("France", |_, text| france(text)),
        ("Spain", |_, text| spain(text)),
        ("Italy", |_, text| italy(text)),
        ("the Netherlands", |_, text| netherlands(text)),
        ("Belgium", |_, text| belgium(&text.replace('.', ""))),
        ("Poland", |_, text| poland(text)),
        ("Sweden", sweden),
        ("Finland", |value, _| finland(value)),
        ("Switzerland", |value, _| switzerland(&value.replace(['.', ' '], ""))),
        ("Brazil", |value, _| brazil(&value.replace(['.', '-'], ""))),
        ("India", |_, text| india(text)),
        ("China", |_, text| china(text)),
        ("Norway", |_, text| norway(text)),
    ];
    tried.into_iter().filter(|(_, fits)| fits(value.trim(), &text)).map(|(country, _)| country).collect()
}

/// Whether a number of the country is known by its form, not by one check digit among eleven.
pub(super) fn has_form(country: &str) -> bool {
    matches!(
        country,
        "the United States" | "the United Kingdom" | "Spain" | "Italy" | "Finland" | "Switzerland" | "China" | "France"
    )
}

fn digits(text: &str, count: usize) -> Option<Vec<u32>> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.bytes().map(|byte| u32::from(byte - b'0')).collect())
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

fn day(month: u32, day: u32) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// `AAA-GG-SSSS` with its hyphens; areas 000, 666 and 9xx are not given out.
fn united_states(value: &str, text: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    let form = parts.iter().map(|part| part.len()).eq([3, 2, 4]);
    form && digits(text, 9).is_some()
        && !matches!(parts[0], "000" | "666")
        && !parts[0].starts_with('9')
        && parts[1] != "00"
        && parts[2] != "0000"
}

fn united_kingdom(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 9
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && !bytes[..2].iter().any(|letter| b"DFIQUV".contains(letter))
        && bytes[1] != b'O'
        && bytes[2..8].iter().all(u8::is_ascii_digit)
        && (b'A'..=b'D').contains(&bytes[8])
}

/// The tax number: eleven digits by ISO 7064 MOD 11,10, one of the first ten twice or thrice.
fn germany(text: &str) -> bool {
    let Some(digits) = digits(text, 11).filter(|digits| digits[0] != 0) else { return false };
    let most = (0..10).map(|digit| digits[..10].iter().filter(|of| **of == digit).count()).max().unwrap_or(0);
    let mut product = 10;
    for digit in &digits[..10] {
        let sum = match (digit + product) % 10 {
            0 => 10,
            sum => sum,
        };
        product = sum * 2 % 11;
    }
    (2..=3).contains(&most) && (11 - product) % 10 == digits[10]
}

/// Thirteen digits and a key of two: 97 less the rest.
fn france(text: &str) -> bool {
    let plain = text.replacen("2A", "19", 1).replacen("2B", "18", 1);
    if !digits(&plain, 15).is_some_and(|digits| matches!(digits[0], 1..=4 | 7 | 8)) {
        return false;
    }
    let (number, key) = (plain[..13].parse::<u64>().unwrap_or(0), plain[13..].parse::<u64>().unwrap_or(0));
    let month = plain[3..5].parse::<u32>().unwrap_or(0);
    97 - number % 97 == key && matches!(month, 1..=12 | 20..=42 | 50..=99)
}

fn spain(text: &str) -> bool {
    let plain = match text.as_bytes().first() {
        Some(b'X') => text.replacen('X', "0", 1),
        Some(b'Y') => text.replacen('Y', "1", 1),
        Some(b'Z') => text.replacen('Z', "2", 1),
        _ => text.to_owned(),
    };
    if plain.len() != 9 || digits(&plain[..8], 8).is_none() {
        return false;
    }
    let number = plain[..8].parse::<usize>().unwrap_or(0);
    b"TRWAGMYFPDXBNJZSQVHLCKE".get(number % 23) == plain.as_bytes().last()
}

/// Sixteen characters; the last is the sum of values by odd and even places.
fn italy(text: &str) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let bytes = text.as_bytes();
    if bytes.len() != 16
        || !bytes[..6].iter().all(u8::is_ascii_uppercase)
        || !bytes[8].is_ascii_uppercase()
        || !bytes[11].is_ascii_uppercase()
        || !bytes.iter().all(u8::is_ascii_alphanumeric)
    {
        return false;
    }
    let value = |byte: u8| u32::from(if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' });
    let sum: u32 = bytes[..15]
        .iter()
        .enumerate()
        .map(|(at, byte)| if at % 2 == 0 { ODD[value(*byte) as usize] } else { value(*byte) })
        .sum();
    u32::from(bytes[15]) == sum % 26 + u32::from(b'A')
}

/// The test of eleven.
fn netherlands(text: &str) -> bool {
    let Some(digits) = digits(text, 9) else { return false };
    let sum = weighted(&digits[..8], &[9, 8, 7, 6, 5, 4, 3, 2]);
    digits.iter().any(|digit| *digit > 0) && (sum + 10 * digits[8]).is_multiple_of(11)
}

fn belgium(text: &str) -> bool {
    let Some(digits) = digits(text, 11) else { return false };
    let number = text[..9].parse::<u64>().unwrap_or(0);
    let key = text[9..].parse::<u64>().unwrap_or(0);
    let born = day(digits[2] * 10 + digits[3], digits[4] * 10 + digits[5]);
    born && (97 - number % 97 == key || 97 - (2_000_000_000 + number) % 97 == key)
}

fn poland(text: &str) -> bool {
    let Some(digits) = digits(text, 11) else { return false };
    let sum = weighted(&digits[..10], &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
    let month = (digits[2] * 10 + digits[3]) % 20;
    day(month, digits[4] * 10 + digits[5]) && (10 - sum % 10) % 10 == digits[10]
}

/// With its hyphen or plus before the last four: bare digits are not told from others.
fn sweden(value: &str, text: &str) -> bool {
    let marked = value.len() >= 5 && value.is_ascii() && matches!(value.as_bytes()[value.len() - 5], b'-' | b'+');
    let text = text.replace('+', "");
    let last = text.len().saturating_sub(10);
    let ten = text.get(last..).unwrap_or_default();
    let Some(digits) = digits(ten, 10).filter(|_| marked && matches!(text.len(), 10 | 12)) else { return false };
    day(digits[2] * 10 + digits[3], digits[4] * 10 + digits[5]) && luhn(ten)
}

fn finland(value: &str) -> bool {
    let bytes = value.as_bytes();
    if bytes.len() != 11 || !value.is_ascii() || !b"-+ABCDEFUVWXY".contains(&bytes[6]) {
        return false;
    }
    let number = format!("{}{}", &value[..6], &value[7..10]);
    let Some(digits) = digits(&number, 9) else { return false };
    let rest = number.parse::<usize>().unwrap_or(0) % 31;
    day(digits[2] * 10 + digits[3], digits[0] * 10 + digits[1])
        && b"0123456789ABCDEFHJKLMNPRSTUVWXY".get(rest) == bytes.last()
}

/// The number of the old-age insurance: 756 and an EAN-13 check digit.
fn switzerland(text: &str) -> bool {
    let Some(digits) = digits(text, 13).filter(|_| text.starts_with("756")) else { return false };
    let sum = weighted(&digits[..12], &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]);
    (10 - sum % 10) % 10 == digits[12]
}

fn brazil(text: &str) -> bool {
    let Some(digits) = digits(text, 11) else { return false };
    let digit = |count: usize| {
        let sum: u32 =
            digits[..count].iter().zip((2..=count as u32 + 1).rev()).map(|(digit, weight)| digit * weight).sum();
        (sum * 10 % 11) % 10
    };
    digits.iter().any(|of| *of != digits[0]) && digit(9) == digits[9] && digit(10) == digits[10]
}

/// Twelve digits by Verhoeff; the first is not 0 or 1.
fn india(text: &str) -> bool {
    const STEP: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let Some(digits) = digits(text, 12).filter(|digits| digits[0] > 1) else { return false };
    // In the dihedral group of order ten.
    let join = |a: u32, b: u32| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - 5 + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let permuted = |digit: u32, times: usize| (0..times % 8).fold(digit, |digit, _| STEP[digit as usize]);
    digits.iter().rev().enumerate().fold(0, |sum, (at, digit)| join(sum, permuted(*digit, at))) == 0
}

/// Seventeen digits and a check character modulo 11, with a date inside.
fn china(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    if text.len() != 18 {
        return false;
    }
    let Some(digits) = digits(&text[..17], 17) else { return false };
    let sum = weighted(&digits, &WEIGHTS) as usize;
    let born = day(digits[10] * 10 + digits[11], digits[12] * 10 + digits[13]);
    born && matches!(&text[6..8], "18" | "19" | "20") && b"10X98765432".get(sum % 11) == text.as_bytes().last()
}

fn norway(text: &str) -> bool {
    let Some(digits) = digits(text, 11) else { return false };
    let first = weighted(&digits[..10], &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]);
    let second = weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]);
    day(digits[2] * 10 + digits[3], digits[0] * 10 + digits[1]) && first.is_multiple_of(11) && second.is_multiple_of(11)
}
