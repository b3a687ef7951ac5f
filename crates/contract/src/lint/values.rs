//! Allowed values and examples: they are of the property's type, and the examples keep its rules.

use serde_json::Value as Json;

use super::findings::Findings;
use super::types::{is_date, is_time, is_timestamp};
use crate::codes;
use crate::model::{Contract, LogicalTypeOptions, Property};

pub(super) fn check(contract: &Contract, findings: &mut Findings<'_>) {
    super::each_property(contract, |property, path| {
        allowed(property, path, findings);
        for (index, example) in property.examples.iter().enumerate() {
            if let Some(problem) = violation(property, example) {
                let message = format!("the example {example} {problem}");
                findings.add(codes::EXAMPLE_VIOLATES, &format!("{path}.examples[{index}]"), message);
            }
        }
    });
}

fn allowed(property: &Property, path: &str, findings: &mut Findings<'_>) {
    let values: Vec<Option<&Json>> =
        property.allowed.iter().map(|allowed| allowed.value.as_ref().map(|value| &value.0)).collect();
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value else { continue };
        let element = format!("{path}.enum[{index}].value");
        if values[..index].contains(&Some(value)) {
            findings.add(codes::ENUM_VALUE, &element, format!("the allowed value {value} is listed twice"));
        }
        if let Some(expected) = wrong_type(property, value) {
            findings.add(codes::ENUM_VALUE, &element, format!("the allowed value {value} is not {expected}"));
        }
    }
}

/// What the property's values are, if this value is none; texts of dates in a format of their own are believed.
fn wrong_type(property: &Property, value: &Json) -> Option<&'static str> {
    let options = property.logical_type_options.as_deref();
    let formatted = options.is_some_and(|options| options.format.is_some());
    let text = value.as_str();
    let (fits, expected) = match property.logical_type.as_deref()? {
        "string" => (value.is_string(), "text"),
        "integer" => (
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|value| value.fract() == 0.0),
            "a whole number",
        ),
        "number" => (value.is_number(), "a number"),
        "boolean" => (value.is_boolean(), "true or false"),
        "date" => (text.is_some_and(|text| formatted || is_date(text) || is_timestamp(text)), "a date"),
        "time" => (text.is_some_and(|text| formatted || is_time(text)), "a time"),
        "timestamp" => (text.is_some_and(|text| formatted || is_date(text) || is_timestamp(text)), "a timestamp"),
        _ => return None,
    };
    (!fits && !value.is_null()).then_some(expected)
}

/// How an example violates the property's rules, to be read behind the value.
fn violation(property: &Property, example: &Json) -> Option<String> {
    // Catalogues write examples of numbers as text; that alone is no mistake.
    if example.is_null() {
        return (property.required == Some(true)).then(|| "is NULL, but the property is required".to_owned());
    }
    let values = || property.allowed.iter().filter_map(|allowed| allowed.value.as_ref());
    if !property.allowed.is_empty() && !example.is_array() && values().all(|allowed| !same(&allowed.0, example)) {
        return Some("is not one of the allowed values".to_owned());
    }
    let options = property.logical_type_options.as_deref()?;
    match example {
        Json::String(text) if property.logical_type.as_deref() == Some("string") => text_violation(options, text),
        Json::Number(number) => number_violation(options, number.as_f64()?),
        _ => None,
    }
}

fn same(allowed: &Json, example: &Json) -> bool {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text(allowed) == text(example)
}

fn text_violation(options: &LogicalTypeOptions, text: &str) -> Option<String> {
    let length = text.chars().count() as u64;
    if let Some(min) = options.min_length.filter(|min| length < *min) {
        return Some(format!("has {length} characters, at least {min} are needed"));
    }
    if let Some(max) = options.max_length.filter(|max| length > *max) {
        return Some(format!("has {length} characters, at most {max} are allowed"));
    }
    let pattern = options.pattern.as_deref()?;
    let regex = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build().ok()?;
    (!regex.is_match(text)).then(|| format!("does not match {pattern}"))
}

fn number_violation(options: &LogicalTypeOptions, value: f64) -> Option<String> {
    let bound = |value: &Option<crate::model::ScalarValue>| value.as_ref().and_then(|value| value.0.as_f64());
    if let Some(minimum) = bound(&options.minimum).filter(|minimum| value < *minimum) {
        return Some(format!("is less than {minimum}"));
    }
    if let Some(minimum) = bound(&options.exclusive_minimum).filter(|minimum| value <= *minimum) {
        return Some(format!("is not greater than {minimum}"));
    }
    if let Some(maximum) = bound(&options.maximum).filter(|maximum| value > *maximum) {
        return Some(format!("is greater than {maximum}"));
    }
    bound(&options.exclusive_maximum)
        .filter(|maximum| value >= *maximum)
        .map(|maximum| format!("is not less than {maximum}"))
}
