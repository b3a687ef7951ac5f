//! Numbers from text, exactly.

use arrow::datatypes::i256;

use super::{Parse, Why};

/// Any integer type.
pub struct Integer;

impl<N: TryFrom<i128> + Send> Parse<N> for Integer {
    #[inline]
    fn parse(&self, text: &str) -> Result<N, Why> {
        let bytes = text.as_bytes();
        let (negative, digits) = sign(bytes);
        if digits.is_empty() {
            return Err(Why::Other);
        }
        let mut value: u64 = 0;
        for &byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return Err(Why::Other);
            }
            match value.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit))) {
                Some(next) => value = next,
                None if digits.iter().all(u8::is_ascii_digit) => return Err(Why::TooLarge),
                None => return Err(Why::Other),
            }
        }
        let value = if negative { -i128::from(value) } else { i128::from(value) };
        N::try_from(value).map_err(|_| Why::TooLarge)
    }

    fn expected(&self) -> String {
        "an integer".into()
    }
}

/// `f32` and `f64`, rounded to the nearest.
pub struct Float;

impl Parse<f64> for Float {
    #[inline]
    fn parse(&self, text: &str) -> Result<f64, Why> {
        finite(lexical_core::parse::<f64>(text.as_bytes()).ok(), text, f64::is_finite)
    }

    fn expected(&self) -> String {
        "a number".into()
    }
}

impl Parse<f32> for Float {
    #[inline]
    fn parse(&self, text: &str) -> Result<f32, Why> {
        finite(lexical_core::parse::<f32>(text.as_bytes()).ok(), text, f32::is_finite)
    }

    fn expected(&self) -> String {
        "a number".into()
    }
}

/// A number that became infinite is too large; `NaN` and `inf` are no numbers.
#[inline]
fn finite<N: Copy>(value: Option<N>, text: &str, is_finite: impl Fn(N) -> bool) -> Result<N, Why> {
    match value {
        Some(value) if is_finite(value) => Ok(value),
        Some(_) if text.bytes().any(|byte| byte.is_ascii_digit()) => Err(Why::TooLarge),
        _ => Err(Why::Other),
    }
}

/// A decimal of fixed precision and scale.
pub struct Decimal {
    pub precision: u8,
    pub scale: i8,
}

/// Exponents beyond this mean a number that no decimal holds.
const EXPONENT_MAX: i32 = 400;

impl Decimal {
    /// The unscaled digits without leading zeros, as text with its sign.
    fn unscaled(&self, text: &str) -> Result<String, Why> {
        let (negative, rest) = sign(text.as_bytes());
        let (number, exponent) = match rest.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(at) => (&rest[..at], exponent(&rest[at + 1..])?),
            None => (rest, 0),
        };
        let point = number.iter().position(|byte| *byte == b'.').unwrap_or(number.len());
        let fraction = number.get(point + 1..).unwrap_or_default();
        let mut digits: Vec<u8> = number[..point].iter().chain(fraction).copied().collect();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(Why::Other);
        }
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..zeros);
        if digits.is_empty() {
            return Ok("0".into());
        }
        // The value is `digits * 10^shift` in units of the scale.
        let shift = exponent - fraction.len() as i32 + i32::from(self.scale);
        if shift < 0 {
            let cut = digits.len().checked_sub(shift.unsigned_abs() as usize);
            let kept = cut.filter(|cut| digits[*cut..].iter().all(|digit| *digit == b'0'));
            digits.truncate(kept.ok_or(Why::Because("it has more fraction digits than the type keeps"))?);
        } else if digits.len() + shift as usize > usize::from(self.precision) {
            return Err(Why::TooLarge);
        } else {
            digits.resize(digits.len() + shift as usize, b'0');
        }
        if digits.len() > usize::from(self.precision) {
            return Err(Why::TooLarge);
        }
        let sign = if negative { "-" } else { "" };
        Ok(format!("{sign}{}", String::from_utf8_lossy(&digits)))
    }

    fn small(&self, text: &str) -> Option<i128> {
        let (negative, rest) = sign(text.as_bytes());
        let scale = usize::try_from(self.scale).ok()?;
        let mut value: i64 = 0;
        let mut fraction = None;
        // Eighteen digits cannot overflow; what is longer takes the exact way.
        if rest.is_empty() || rest.len() + scale > 18 {
            return None;
        }
        for &byte in rest {
            match (byte, &mut fraction) {
                (b'0'..=b'9', fraction) => {
                    value = value * 10 + i64::from(byte - b'0');
                    if let Some(count) = fraction {
                        *count += 1;
                    }
                }
                (b'.', None) => fraction = Some(0),
                _ => return None,
            }
        }
        let missing = scale.checked_sub(fraction.unwrap_or(0))?;
        let value = value.checked_mul(10_i64.checked_pow(u32::try_from(missing).ok()?)?)?;
        let limit = 10_i128.checked_pow(u32::from(self.precision)).unwrap_or(i128::MAX);
        (rest != b"." && i128::from(value) < limit).then_some(i128::from(if negative { -value } else { value }))
    }

    fn name(&self) -> String {
        format!("a decimal number with up to {} digits, {} of them after the point", self.precision, self.scale)
    }
}

impl Parse<i128> for Decimal {
    #[inline]
    fn parse(&self, text: &str) -> Result<i128, Why> {
        match self.small(text) {
            Some(value) => Ok(value),
            None => self.unscaled(text)?.parse().map_err(|_| Why::TooLarge),
        }
    }

    fn expected(&self) -> String {
        self.name()
    }
}

impl Parse<i256> for Decimal {
    fn parse(&self, text: &str) -> Result<i256, Why> {
        i256::from_string(&self.unscaled(text)?).ok_or(Why::TooLarge)
    }

    fn expected(&self) -> String {
        self.name()
    }
}

#[inline]
fn sign(bytes: &[u8]) -> (bool, &[u8]) {
    match bytes {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, bytes),
    }
}

fn exponent(bytes: &[u8]) -> Result<i32, Why> {
    let (negative, digits) = sign(bytes);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Why::Other);
    }
    let value =
        digits.iter().fold(0_i32, |value, digit| value.saturating_mul(10).saturating_add(i32::from(digit - b'0')));
    let value = value.min(EXPONENT_MAX);
    Ok(if negative { -value } else { value })
}
