//! Numbers from a contract's text, exactly: an integer divided by a power of ten.

/// `mantissa / 10^scale`, without trailing zeros in the mantissa.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub mantissa: i128,
    pub scale: i32,
}

/// Where a number lies between two neighbours that a type can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scaled {
    Exact(i128),
    /// Between this and the next larger.
    Above(i128),
    /// Too far from zero for 128 bits.
    TooSmall,
    TooLarge,
}

impl Number {
    /// Reads `-12.50e3`; `None` for anything else and for more than 38 significant digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (text, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i16>().ok()?),
            None => (text, 0),
        };
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut mantissa: i128 = 0;
        for digit in whole.bytes().chain(fraction.trim_end_matches('0').bytes()) {
            if !digit.is_ascii_digit() {
                return None;
            }
            mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
        }
        let scale = i32::try_from(fraction.trim_end_matches('0').len()).ok()? - i32::from(exponent);
        let sign = if negative { -1 } else { 1 };
        Some(Self { mantissa: sign * mantissa, scale }.normal())
    }

    fn normal(mut self) -> Self {
        if self.mantissa == 0 {
            return Self { mantissa: 0, scale: 0 };
        }
        while self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }

    /// The number times `10^scale`.
    pub fn scaled(self, scale: i32) -> Scaled {
        let by = scale - self.scale;
        if by >= 0 {
            let product = power(by).and_then(|factor| self.mantissa.checked_mul(factor));
            return match product {
                Some(value) => Scaled::Exact(value),
                None if self.mantissa == 0 => Scaled::Exact(0),
                None if self.mantissa < 0 => Scaled::TooSmall,
                None => Scaled::TooLarge,
            };
        }
        // A divisor beyond 128 bits leaves a fraction of the mantissa's sign.
        match power(-by) {
            Some(divisor) if self.mantissa % divisor == 0 => Scaled::Exact(self.mantissa / divisor),
            Some(divisor) => Scaled::Above(self.mantissa.div_euclid(divisor)),
            None => Scaled::Above(if self.mantissa < 0 { -1 } else { 0 }),
        }
    }
}

pub(super) fn power(exponent: i32) -> Option<i128> {
    10i128.checked_pow(u32::try_from(exponent).ok()?)
}
