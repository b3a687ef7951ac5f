//! Base64 (RFC 4648, the standard alphabet, padding required) to bytes.

pub fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(4) {
        return None;
    }
    let padding = bytes.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let digits = &bytes[..bytes.len() - padding];
    let mut decoded = Vec::with_capacity(bytes.len() / 4 * 3);
    for group in digits.chunks(4) {
        let mut value = 0_u32;
        for &byte in group {
            value = value << 6 | digit(byte)?;
        }
        value <<= 6 * (4 - group.len());
        let [_, first, second, third] = value.to_be_bytes();
        decoded.extend_from_slice(&[first, second, third][..group.len() - 1]);
    }
    Some(decoded)
}

fn digit(byte: u8) -> Option<u32> {
    let digit = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(digit))
}
