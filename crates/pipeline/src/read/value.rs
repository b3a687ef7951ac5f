//! Values with units, as people write them: `512 MiB`, `5%`, `200ms`.

/// Bytes. Binary units; `KB`, `MB`, `GB`, `TB` are the decimal ones.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000u64,
        _ => return None,
    };
    scaled(number, factor)
}

/// Milliseconds.
pub(super) fn milliseconds(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    scaled(number, factor)
}

/// A share from 0 to 1, written `5%`.
pub(super) fn percent(text: &str) -> Option<f64> {
    let number: f64 = plain(text.trim().strip_suffix('%')?.trim_end())?;
    (0.0..=100.0).contains(&number).then_some(number / 100.0)
}

fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((plain(number)?, unit.trim()))
}

/// A number without sign or exponent.
fn plain(text: &str) -> Option<f64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if digits { text.parse().ok() } else { None }
}

/// Doubles beyond this are not exact integers.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

fn scaled(number: f64, factor: u64) -> Option<u64> {
    let value = (number * factor as f64).round();
    (value <= EXACT_MAX).then_some(value as u64)
}

#[cfg(test)]
mod tests;
