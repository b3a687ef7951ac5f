//! What a scalar means: the core schema of YAML 1.2 (chapter 10.3.2), of which JSON's scalars are a part.
//!
//! Dates, `yes`, `no`, `on` and `off` are plain text in YAML 1.2.

use serde_json::{Number, Value as Json};

/// A scalar as it is written, and what it means.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The text after unescaping; for a number exactly what the file says.
    pub text: String,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Boolean(bool),
    /// Integers beyond 64 bits are held as the nearest double; `Scalar::text` keeps all digits.
    Number(Number),
    /// `.inf`, `-.inf`, `.nan`: numbers that JSON lacks.
    NotFinite,
    /// The string is `Scalar::text`.
    Text,
}

impl Scalar {
    /// A plain (unquoted) scalar.
    pub fn plain(text: String) -> Self {
        let value = resolve(&text);
        Self { text, value }
    }

    /// A quoted or block scalar, or one tagged `!!str`.
    pub fn text(text: String) -> Self {
        Self { text, value: Value::Text }
    }

    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Boolean(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(number.clone()),
            Value::NotFinite | Value::Text => Json::String(self.text.clone()),
        }
    }

    pub(super) fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing (null)".to_owned(),
            Value::Boolean(value) => format!("the boolean {value}"),
            Value::Number(_) | Value::NotFinite => format!("the number {}", self.text),
            Value::Text => format!("the text {:?}", shorten(&self.text)),
        }
    }
}

/// Long texts are shown by their beginning.
fn shorten(text: &str) -> String {
    const SHOWN_MAX: usize = 40;
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The meaning of a plain scalar under the core schema.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Boolean(true),
        "false" | "False" | "FALSE" => Value::Boolean(false),
        _ => number(text).unwrap_or(Value::Text),
    }
}

fn number(text: &str) -> Option<Value> {
    let first = *text.as_bytes().first()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return None;
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Value::NotFinite);
    }
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) && !unsigned.is_empty() {
        return Some(integer(text));
    }
    is_float(unsigned).then(|| float(text))
}

fn radix(digits: &str, radix: u32) -> Option<Value> {
    // `from_str_radix` would accept a sign here, YAML does not.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok().map(|value| Value::Number(Number::from(value)))
}

fn integer(text: &str) -> Value {
    let text = text.strip_prefix('+').unwrap_or(text);
    if let Ok(value) = text.parse::<i64>() {
        return Value::Number(Number::from(value));
    }
    match text.parse::<u64>() {
        Ok(value) => Value::Number(Number::from(value)),
        Err(_) => float(text),
    }
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`, the sign already taken off.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_ok = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_ok = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa_ok && exponent_ok
}

fn float(text: &str) -> Value {
    match text.parse::<f64>().ok().and_then(Number::from_f64) {
        Some(number) => Value::Number(number),
        None => Value::NotFinite,
    }
}
