//! Bounds and lengths against what the type can hold.

use super::findings::Findings;
use crate::codes;
use crate::compile::literal;
use crate::compile::words::literal as literal_words;
use crate::data_type::DataType;
use crate::model::{LogicalTypeOptions, Property, ScalarValue};

pub(super) fn check(property: &Property, options: &LogicalTypeOptions, path: &str, findings: &mut Findings<'_>) {
    match property.logical_type.as_deref() {
        Some("integer") => integer(options, path, findings),
        Some("number") => number(property, path, options, findings),
        Some("string") => length(property, options, path, findings),
        _ => {}
    }
}

/// A stated format says exactly which numbers there are; without one, the standard's 32 bits are not held against anybody.
fn integer(options: &LogicalTypeOptions, path: &str, findings: &mut Findings<'_>) {
    if let Some(format) = options.format.as_deref()
        && let Some((low, high)) = integers_of(format)
    {
        bounds(options, low, high, format, path, findings);
    }
    let sides = [
        ("minimum", &options.minimum),
        ("maximum", &options.maximum),
        ("exclusiveMinimum", &options.exclusive_minimum),
        ("exclusiveMaximum", &options.exclusive_maximum),
    ];
    for (name, value) in sides {
        if let Some(number) = value.as_ref().and_then(|value| value.0.as_f64()).filter(|number| number.fract() != 0.0) {
            let message = format!("`{name}` is {number}, but the values are whole numbers");
            findings.add(codes::OUTSIDE_TYPE, &format!("{path}.{name}"), message).help("write a whole number");
        }
    }
}

fn integers_of(format: &str) -> Option<(f64, f64)> {
    let bits: i32 = format.get(1..)?.parse().ok()?;
    match format.get(..1)? {
        "i" => Some((-(2_f64.powi(bits - 1)), 2_f64.powi(bits - 1) - 1.0)),
        "u" => Some((0.0, 2_f64.powi(bits) - 1.0)),
        _ => None,
    }
}

fn number(property: &Property, path: &str, options: &LogicalTypeOptions, findings: &mut Findings<'_>) {
    let resolved = crate::compile::data_type(property).data_type;
    match resolved {
        // A decimal without precision gets one from Plimsoll, not from the contract.
        DataType::Decimal { precision, scale } if has_arguments(property) => {
            let highest = 10_f64.powi(i32::from(precision) - i32::from(scale));
            bounds(options, -highest, highest, &resolved.to_string(), path, findings);
        }
        DataType::Float { bits: 32 } => {
            bounds(options, f64::from(f32::MIN), f64::from(f32::MAX), "f32", path, findings);
        }
        _ => {}
    }
}

fn has_arguments(property: &Property) -> bool {
    property.physical_type.as_deref().is_some_and(|physical| physical.contains('('))
}

fn bounds(options: &LogicalTypeOptions, low: f64, high: f64, type_name: &str, path: &str, findings: &mut Findings<'_>) {
    let mut tell = |name: &str, value: &Option<ScalarValue>, is_wrong: &dyn Fn(f64) -> bool| {
        let Some(value) = value else { return };
        if value.0.as_f64().is_some_and(is_wrong) {
            let shown = literal(&value.0).map_or_else(String::new, |value| literal_words(&value));
            let message = format!("`{name}` {shown} is outside of what {type_name} can hold");
            findings.add(codes::OUTSIDE_TYPE, &format!("{path}.{name}"), message).help("correct the bound or the type");
        }
    };
    let outside = |value: f64| value < low || value > high;
    tell("minimum", &options.minimum, &outside);
    tell("maximum", &options.maximum, &outside);
    tell("exclusiveMinimum", &options.exclusive_minimum, &|value| value < low - 1.0 || value >= high);
    tell("exclusiveMaximum", &options.exclusive_maximum, &|value| value > high + 1.0 || value <= low);
}

/// `maxLength: 20` on a VARCHAR(10): the longer values cannot be stored.
fn length(property: &Property, options: &LogicalTypeOptions, path: &str, findings: &mut Findings<'_>) {
    let Some(physical) = property.physical_type.as_deref() else { return };
    let Some(stored) = characters(physical) else { return };
    for (name, length) in [("minLength", options.min_length), ("maxLength", options.max_length)] {
        if let Some(length) = length.filter(|length| *length > stored) {
            let message = format!("`{name}` is {length}, but {physical} holds {stored} characters");
            findings.add(codes::OUTSIDE_TYPE, &format!("{path}.{name}"), message).help("correct one of the two");
        }
    }
}

/// The length of a character type, such as `varchar(10)`.
fn characters(physical: &str) -> Option<u64> {
    let (name, rest) = physical.split_once('(')?;
    let is_text =
        ["varchar", "nvarchar", "char", "nchar", "varchar2", "nvarchar2", "character varying", "character", "bpchar"];
    is_text.contains(&name.trim().to_ascii_lowercase().as_str()).then_some(())?;
    let (length, behind) = rest.split_once(')')?;
    if !behind.trim().is_empty() {
        return None;
    }
    length.trim().split(char::is_whitespace).next()?.parse().ok()
}
