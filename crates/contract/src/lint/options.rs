//! The options of a logical type: which belong to it, and what they may be.

use std::collections::HashSet;

use super::findings::Findings;
use super::suggest::nearest;
use super::variables;
use crate::codes;
use crate::diagnostic::Level;
use crate::model::Version;
use crate::syntax::Node;

/// What an option's value must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
    /// A whole number, 0 or more.
    Count,
    /// A whole number, 1 or more.
    PositiveCount,
    Text,
    Boolean,
    Number,
    /// A number greater than 0.
    Positive,
    /// Up to v3.0.2 a boolean about the inclusive bound, then a bound of its own.
    ExclusiveText,
    ExclusiveNumber,
    Words(&'static [&'static str]),
    Names,
}

pub(crate) type Options = &'static [(&'static str, Value)];

const STRING: Options =
    &[("minLength", Value::Count), ("maxLength", Value::Count), ("pattern", Value::Text), ("format", Value::Text)];
const DATE: Options = &[
    ("format", Value::Text),
    ("minimum", Value::Text),
    ("maximum", Value::Text),
    ("exclusiveMinimum", Value::ExclusiveText),
    ("exclusiveMaximum", Value::ExclusiveText),
];
const TIMESTAMP: Options = &[
    ("format", Value::Text),
    ("minimum", Value::Text),
    ("maximum", Value::Text),
    ("exclusiveMinimum", Value::ExclusiveText),
    ("exclusiveMaximum", Value::ExclusiveText),
    ("timezone", Value::Boolean),
    ("defaultTimezone", Value::Text),
];
const INTEGER: Options = &[
    ("minimum", Value::Number),
    ("maximum", Value::Number),
    ("exclusiveMinimum", Value::ExclusiveNumber),
    ("exclusiveMaximum", Value::ExclusiveNumber),
    ("multipleOf", Value::Positive),
    ("format", Value::Words(&["i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128"])),
];
const NUMBER: Options = &[
    ("minimum", Value::Number),
    ("maximum", Value::Number),
    ("exclusiveMinimum", Value::ExclusiveNumber),
    ("exclusiveMaximum", Value::ExclusiveNumber),
    ("multipleOf", Value::Positive),
    ("format", Value::Words(&["f32", "f64"])),
];
const OBJECT: Options = &[("minProperties", Value::Count), ("maxProperties", Value::Count), ("required", Value::Names)];
const ARRAY: Options = &[("minItems", Value::Count), ("maxItems", Value::Count), ("uniqueItems", Value::Boolean)];
const VECTOR: Options = &[
    ("dimensions", Value::PositiveCount),
    ("elementType", Value::Words(&["bfloat16", "binary", "float16", "float32", "float64", "int8", "uint8"])),
    ("distanceMetric", Value::Words(&["cosine", "dotProduct", "euclidean", "hamming", "manhattan"])),
    ("embeddingModel", Value::Text),
    ("embeddingModelVersion", Value::Text),
    ("normalized", Value::Boolean),
];

/// The options of a type; `None` where the standard restricts nothing.
pub(crate) fn options_of(logical_type: &str) -> Option<Options> {
    match logical_type {
        "string" => Some(STRING),
        "date" => Some(DATE),
        "timestamp" | "time" => Some(TIMESTAMP),
        "integer" => Some(INTEGER),
        "number" => Some(NUMBER),
        "object" => Some(OBJECT),
        "array" => Some(ARRAY),
        "vector" => Some(VECTOR),
        _ => None,
    }
}

/// Looks at one property; `shape` calls this for each that it meets.
pub(super) fn check(node: &Node, path: &str, version: Version, findings: &mut Findings<'_>) {
    let logical_type = node.get("logicalType").and_then(Node::as_str);
    match logical_type {
        Some(logical_type) if variables::has(logical_type) => return,
        Some(logical_type) => parts(logical_type, node, path, findings),
        None => without_type(node, path, findings),
    }
    options(logical_type, node, path, version, findings);
}

/// Arrays and objects may leave their type to be guessed, maps may not.
fn without_type(node: &Node, path: &str, findings: &mut Findings<'_>) {
    let Some(entry) = node.entry("map").filter(|_| node.get("logicalType").is_none()) else { return };
    findings
        .add_at(codes::TYPE_OPTION, entry.key_span, path, "`map` needs the logical type `map`")
        .help("add `logicalType: map`");
}

/// `items` belong to arrays, `properties` to objects, `map` to maps.
fn parts(logical_type: &str, node: &Node, path: &str, findings: &mut Findings<'_>) {
    // The parts of arrays and maps may have properties whatever their type.
    let is_part = path.ends_with(".items") || path.ends_with(".key") || path.ends_with(".value");
    for (field, owner) in [("items", "array"), ("properties", "object"), ("map", "map")] {
        let Some(entry) = node.entry(field) else { continue };
        if logical_type != owner && !(is_part && field == "properties") {
            let message = format!("`{field}` belongs to the logical type `{owner}`, this is `{logical_type}`");
            findings.add_at(codes::TYPE_OPTION, entry.key_span, &format!("{path}.{field}"), message);
        }
    }
    if logical_type == "map" && node.get("map").is_none() {
        findings.add(codes::REQUIRED_FIELD, path, "a property of type map needs the field `map`");
    }
    if logical_type == "vector"
        && node.get("logicalTypeOptions").is_none_or(|options| options.get("dimensions").is_none())
    {
        findings.add(codes::REQUIRED_FIELD, path, "a vector needs the option `dimensions`");
    }
}

fn options(logical_type: Option<&str>, node: &Node, path: &str, version: Version, findings: &mut Findings<'_>) {
    let Some(entry) = node.entry("logicalTypeOptions") else { return };
    let path = format!("{path}.logicalTypeOptions");
    let Some(logical_type) = logical_type else {
        if !entry.value.entries().is_empty() && node.get("logicalType").is_none() {
            let message = "options need a `logicalType` to which they belong";
            findings.add_at(codes::TYPE_OPTION, entry.key_span, &path, message).help("add `logicalType`");
        }
        return;
    };
    let known = options_of(logical_type);
    for option in entry.value.entries() {
        let element = || format!("{path}.{}", option.key);
        match known.map(|known| known.iter().find(|(name, _)| *name == option.key)) {
            Some(Some((_, Value::Text))) if option.value.as_str().is_some() => {}
            Some(Some((_, Value::Number))) if option.value.as_f64().is_some() => {}
            Some(Some((name, value))) => option_value(&option.value, name, *value, &element(), version, findings),
            other => {
                // The standard names no options for boolean and map, and forbids none.
                let level = if other.is_none() { Level::Warning } else { Level::Error };
                let message = format!("the logical type `{logical_type}` has no option `{}`", option.key);
                let names = known.unwrap_or_default().iter().map(|(name, _)| *name);
                let help = match nearest(&option.key, names.clone()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.is_none() => "remove it".to_owned(),
                    None => format!("it has {}", names.collect::<Vec<_>>().join(", ")),
                };
                findings.add_at(codes::TYPE_OPTION, option.key_span, &element(), message).level(level).help(help);
            }
        }
    }
}

/// The texts of a list, if it holds nothing else and none of them twice.
fn names(node: &Node) -> Option<HashSet<&str>> {
    let names: HashSet<&str> = node.items().iter().map(Node::as_str).collect::<Option<_>>()?;
    (names.len() == node.items().len()).then_some(names)
}

fn option_value(node: &Node, name: &str, value: Value, element: &str, version: Version, findings: &mut Findings<'_>) {
    let is_flag = version < Version::V3_1_0;
    let (fits, expected) = match value {
        _ if variables::stands_for_a_value(node) => return variables::tell(node, element, findings),
        Value::Count => (node.as_u64().is_some(), "a whole number, 0 or more"),
        Value::PositiveCount => (node.as_u64().is_some_and(|value| value > 0), "a whole number, 1 or more"),
        Value::Text => (node.as_str().is_some(), "text"),
        Value::Boolean => (node.as_bool().is_some(), "true or false"),
        Value::Number => (node.as_f64().is_some(), "a number"),
        Value::Positive => (node.as_f64().is_some_and(|value| value > 0.0), "a number greater than 0"),
        Value::ExclusiveText | Value::ExclusiveNumber if is_flag => {
            (node.as_bool().is_some(), "true or false, up to v3.0.2")
        }
        Value::ExclusiveText => (node.as_str().is_some(), "text"),
        Value::ExclusiveNumber => (node.as_f64().is_some(), "a number"),
        Value::Words(_) => (node.as_str().is_some(), "text"),
        Value::Names => (names(node).is_some_and(|names| !names.is_empty()), "a list of names, each given once"),
    };
    if !fits {
        let message = format!("`{name}` must be {expected}, this is {}", node.describe());
        let added = findings.add(codes::WRONG_TYPE, element, message);
        if expected == "text" && node.scalar().is_some_and(|scalar| !scalar.text.is_empty()) {
            added.help("put the value in quotes");
        }
        return;
    }
    if let (Value::Words(words), Some(text)) = (value, node.as_str())
        && !words.contains(&text)
    {
        let message = format!("`{name}` cannot be {text:?}");
        findings.add(codes::UNKNOWN_WORD, element, message).help(format!("use one of {}", words.join(", ")));
    }
}
