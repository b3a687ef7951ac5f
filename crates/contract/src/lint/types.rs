//! Types and their options: patterns that compile, bounds that leave room, nested types that say what they hold.

use serde_json::Value as Json;

use super::Scope;
use super::findings::Findings;
use super::{formats, ranges, variables};
use crate::codes;
use crate::compile::words::literal as literal_words;
use crate::compile::{has_lookaround, literal, regex_problem};
use crate::diagnostic::Level;
use crate::model::{LogicalTypeOptions, Property, ScalarValue, Version};

pub(super) fn check(scope: &Scope<'_>, findings: &mut Findings<'_>) {
    let contract = scope.contract;
    super::each_property(contract, |property, path| {
        unclear(property, path, findings);
        incomplete(property, path, findings);
        if let Some(options) = property.logical_type_options.as_deref() {
            let path = format!("{path}.logicalTypeOptions");
            pattern(options, &path, findings);
            counts(options, &path, findings);
            bounds(property, options, contract.version, &path, findings);
            formats::check(property, options, &path, findings);
            ranges::check(property, options, &path, findings);
            parts(property, options, &path, findings);
        }
    });
}

fn unclear(property: &Property, path: &str, findings: &mut Findings<'_>) {
    let nested = !property.properties.is_empty() || property.items.is_some() || property.map.is_some();
    if property.logical_type.is_some() || nested || property.extra.contains_key("logicalType") {
        return;
    }
    let name = property.name.as_deref().unwrap_or("the item");
    let data_type = crate::compile::data_type(property).data_type;
    let message = match property.physical_type.as_deref() {
        Some(physical) => format!("`{name}` has no `logicalType`; {physical:?} is read as {data_type}"),
        None => format!("`{name}` has no type; it is read as {data_type}"),
    };
    findings.add(codes::TYPE_UNCLEAR, path, message).help("add `logicalType`");
}

fn incomplete(property: &Property, path: &str, findings: &mut Findings<'_>) {
    let name = property.name.as_deref().unwrap_or("the item");
    let without_physical = property.physical_type.as_deref().is_none_or(|physical| !physical.contains(['<', '(']));
    match property.logical_type.as_deref() {
        Some("array") if property.items.is_none() && without_physical => {
            let message = format!("the array `{name}` does not say what it holds");
            findings.add(codes::INCOMPLETE_TYPE, path, message).help("add `items` with a `logicalType`");
        }
        Some("object") if property.properties.is_empty() && without_physical => {
            let message = format!("the object `{name}` does not say its fields");
            // Documents without a schema are objects too.
            findings.add(codes::INCOMPLETE_TYPE, path, message).level(Level::Info).help("add `properties`");
        }
        _ => {}
    }
}

/// An object's list of required fields names fields that it has.
fn parts(property: &Property, options: &LogicalTypeOptions, path: &str, findings: &mut Findings<'_>) {
    if property.properties.is_empty() {
        return;
    }
    let known = property.properties.iter().filter_map(|part| part.name.as_deref());
    for (index, name) in options.required.iter().enumerate() {
        if known.clone().all(|part| part != name) {
            let message = format!("the object has no field `{name}`");
            let added = findings.add(codes::UNKNOWN_PART, &format!("{path}.required[{index}]"), message);
            if let Some(near) = super::suggest::nearest(name, known.clone()) {
                added.help(format!("did you mean `{near}`?"));
            }
        }
    }
    let count = property.properties.len() as u64;
    if let Some(min) = options.min_properties.filter(|min| *min > count) {
        let message = format!("at least {min} fields are asked for, but the object has {count}");
        findings.add(codes::UNKNOWN_PART, &format!("{path}.minProperties"), message);
    }
}

fn pattern(options: &LogicalTypeOptions, path: &str, findings: &mut Findings<'_>) {
    if let Some(pattern) = &options.pattern {
        pattern_at(pattern, &format!("{path}.pattern"), findings);
    }
}

/// A pattern of ECMA-262 that no linear-time engine can match is legal, so it is only a warning.
pub(super) fn pattern_at(pattern: &str, element: &str, findings: &mut Findings<'_>) {
    if variables::has(pattern) {
        return;
    }
    let Some(problem) = regex_problem(pattern) else { return };
    let added = findings.add(codes::BAD_PATTERN, element, format!("the pattern {pattern:?} cannot be used: {problem}"));
    if has_lookaround(pattern) {
        added
            .level(Level::Warning)
            .help("write it without look-around and back-references; it is not checked until then");
    } else {
        added.help("correct it; a literal `(`, `[` or `{` is written with a backslash");
    }
}

fn counts(options: &LogicalTypeOptions, path: &str, findings: &mut Findings<'_>) {
    let pairs = [
        ("minLength", options.min_length, "maxLength", options.max_length),
        ("minItems", options.min_items, "maxItems", options.max_items),
        ("minProperties", options.min_properties, "maxProperties", options.max_properties),
    ];
    for (low_name, low, high_name, high) in pairs {
        if let (Some(low), Some(high)) = (low, high)
            && low > high
        {
            let message = format!("`{low_name}` {low} is greater than `{high_name}` {high}; no value satisfies both");
            findings.add(codes::EMPTY_RANGE, &format!("{path}.{low_name}"), message);
        }
    }
}

fn bounds(
    property: &Property,
    options: &LogicalTypeOptions,
    version: Version,
    path: &str,
    findings: &mut Findings<'_>,
) {
    let flag =
        |value: &Option<ScalarValue>| matches!(value, Some(ScalarValue(Json::Bool(_)))) && version < Version::V3_1_0;
    let sides = [
        ("minimum", &options.minimum, "exclusiveMinimum", &options.exclusive_minimum),
        ("maximum", &options.maximum, "exclusiveMaximum", &options.exclusive_maximum),
    ];
    for (name, inclusive, exclusive_name, exclusive) in sides {
        if inclusive.is_some() && exclusive.is_some() && !flag(exclusive) {
            let message = format!("`{name}` and `{exclusive_name}` are both given; both hold");
            findings.add(codes::DOUBLE_BOUND, &format!("{path}.{exclusive_name}"), message).help("keep one of the two");
        }
    }
    let lowest = [("minimum", &options.minimum), ("exclusiveMinimum", &options.exclusive_minimum)];
    let highest = [("maximum", &options.maximum), ("exclusiveMaximum", &options.exclusive_maximum)];
    for (name, value) in lowest.iter().chain(&highest) {
        if let Some(value) = value {
            bound(property, options, &value.0, &format!("{path}.{name}"), findings);
        }
    }
    for (low_name, low) in lowest {
        for (high_name, high) in highest {
            let strict = low_name.starts_with("exclusive") || high_name.starts_with("exclusive");
            if let (Some(low), Some(high)) = (low, high)
                && is_empty(&low.0, &high.0, strict)
            {
                let [low, high] = [&low.0, &high.0]
                    .map(|value| literal(value).map_or_else(String::new, |value| literal_words(&value)));
                let message = format!("no value lies between `{low_name}` {low} and `{high_name}` {high}");
                findings.add(codes::EMPTY_RANGE, &format!("{path}.{low_name}"), message);
            }
        }
    }
}

/// Numbers are compared as numbers; ISO dates and times of one form as text.
fn is_empty(low: &Json, high: &Json, strict: bool) -> bool {
    let order = match (low, high) {
        (Json::Number(low), Json::Number(high)) => {
            low.as_f64().zip(high.as_f64()).and_then(|(low, high)| low.partial_cmp(&high))
        }
        (Json::String(low), Json::String(high)) if low.len() == high.len() && low.is_ascii() => Some(low.cmp(high)),
        _ => None,
    };
    match order {
        Some(std::cmp::Ordering::Greater) => true,
        Some(std::cmp::Ordering::Equal) => strict,
        _ => false,
    }
}

/// Bounds of dates and times are texts in ISO 8601, or in the property's own format.
fn bound(property: &Property, options: &LogicalTypeOptions, value: &Json, element: &str, findings: &mut Findings<'_>) {
    let (Some(logical_type), Json::String(text)) = (property.logical_type.as_deref(), value) else { return };
    if options.format.is_some() {
        return;
    }
    let fits = match logical_type {
        "date" => is_date(text) || is_timestamp(text),
        "timestamp" => is_date(text) || is_timestamp(text),
        "time" => is_time(text),
        _ => true,
    };
    if !fits {
        let message = format!("{text:?} is not a {logical_type} in ISO 8601");
        findings.add(codes::BAD_BOUND, element, message).level(Level::Warning);
    }
}

pub(super) fn is_date(text: &str) -> bool {
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

pub(super) fn is_time(text: &str) -> bool {
    let text = text.trim_end_matches('Z');
    ["%H:%M", "%H:%M:%S", "%H:%M:%S%.f"].iter().any(|format| chrono::NaiveTime::parse_from_str(text, format).is_ok())
}

pub(super) fn is_timestamp(text: &str) -> bool {
    let local = text.trim_end_matches('Z').replacen(' ', "T", 1);
    chrono::DateTime::parse_from_rfc3339(&text.replacen(' ', "T", 1)).is_ok()
        || ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
            .iter()
            .any(|format| chrono::NaiveDateTime::parse_from_str(&local, format).is_ok())
}
