//! Whether one value satisfies a schema: what enumerations are compared with.

use serde_json::Value as Json;

use super::document::{Schema, Target};
use super::types::Types;
use crate::diff::occurs;

/// Schemas nested deeper are not evaluated.
const DEPTH_MAX: usize = 48;

/// `None` when it cannot be told.
pub(super) fn satisfies(value: &Json, schema: Schema<'_, '_>) -> Option<bool> {
    evaluate(value, schema, 0)
}

fn evaluate(value: &Json, schema: Schema<'_, '_>, depth: usize) -> Option<bool> {
    if depth > DEPTH_MAX {
        return None;
    }
    if let Json::Bool(answer) = schema.value {
        return Some(*answer);
    }
    let mut answers = vec![simple(value, schema)];
    match schema.target() {
        Target::None => {}
        Target::Found(target) => answers.push(evaluate(value, target, depth + 1)),
        Target::Unknown => answers.push(None),
    }
    let each = |key: &str| -> Vec<Option<bool>> {
        let schemas = schema.schemas_at(key).unwrap_or_default();
        schemas.into_iter().map(|inner| evaluate(value, inner, depth + 1)).collect()
    };
    answers.extend(each("allOf"));
    for key in ["anyOf", "oneOf"] {
        if schema.get(key).is_some() {
            answers.push(any(each(key)));
        }
    }
    if let Some(inner) = schema.schema_at("not") {
        answers.push(evaluate(value, inner, depth + 1).map(|answer| !answer));
    }
    if let Some(condition) = schema.schema_at("if") {
        let branch = |key| schema.schema_at(key).map_or(Some(true), |inner| evaluate(value, inner, depth + 1));
        answers.push(match evaluate(value, condition, depth + 1) {
            Some(true) => branch("then"),
            Some(false) => branch("else"),
            None => all(vec![branch("then"), branch("else")]).filter(|answer| *answer),
        });
    }
    match value {
        Json::Object(map) => answers.extend(properties(map, schema, depth)),
        Json::Array(items) => answers.extend(elements(items, schema, depth)),
        _ => {}
    }
    all(answers)
}

fn all(answers: Vec<Option<bool>>) -> Option<bool> {
    if answers.contains(&Some(false)) {
        return Some(false);
    }
    answers.iter().all(Option::is_some).then_some(true)
}

fn any(answers: Vec<Option<bool>>) -> Option<bool> {
    if answers.contains(&Some(true)) {
        return Some(true);
    }
    answers.iter().all(Option::is_some).then_some(false)
}

/// Equal as JSON: 1 and 1.0 are one number.
pub(super) fn equal(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| equal(value, other)))
        }
        _ => one == other,
    }
}

/// What needs no other schema.
fn simple(value: &Json, schema: Schema<'_, '_>) -> Option<bool> {
    let types = schema.get("type").map_or(Types::ALL, Types::of_keyword);
    let listed = schema.get("enum").and_then(Json::as_array);
    let fits = Types::of_value(value).is_within(types)
        && listed.is_none_or(|values| values.iter().any(|allowed| equal(allowed, value)))
        && schema.get("const").is_none_or(|only| equal(only, value));
    if !fits {
        return Some(false);
    }
    match value {
        Json::Number(number) => Some(number.as_f64().is_none_or(|number| super::number::allows(schema, number))),
        Json::String(text) => {
            let length = text.chars().count() as u64;
            let fits = schema.count("minLength").is_none_or(|least| length >= least)
                && schema.count("maxLength").is_none_or(|most| length <= most);
            let pattern = schema.text("pattern").map_or(Some(true), |pattern| occurs(pattern, text));
            // Formats and encodings are taken to be satisfied by what is listed.
            all(vec![Some(fits), pattern])
        }
        _ => Some(true),
    }
}

fn properties(map: &serde_json::Map<String, Json>, schema: Schema<'_, '_>, depth: usize) -> Vec<Option<bool>> {
    let size = map.len() as u64;
    let mut answers = vec![
        Some(schema.count("minProperties").is_none_or(|least| size >= least)),
        Some(schema.count("maxProperties").is_none_or(|most| size <= most)),
        Some(schema.names("required").iter().all(|name| map.contains_key(*name))),
    ];
    for (name, value) in map {
        for inner in super::object::applying(schema, name) {
            answers.push(evaluate(value, inner, depth + 1));
        }
        if let Some(names) = schema.schema_at("propertyNames") {
            answers.push(evaluate(&Json::String(name.clone()), names, depth + 1));
        }
    }
    for (name, names, inner) in super::object::dependencies(schema) {
        if map.contains_key(name) {
            answers.push(Some(names.iter().all(|name| map.contains_key(*name))));
            answers.extend(inner.map(|inner| evaluate(&Json::Object(map.clone()), inner, depth + 1)));
        }
    }
    if schema.get("unevaluatedProperties").is_some() {
        answers.push(None);
    }
    answers
}

fn elements(items: &[Json], schema: Schema<'_, '_>, depth: usize) -> Vec<Option<bool>> {
    let size = items.len() as u64;
    let mut answers = vec![
        Some(schema.count("minItems").is_none_or(|least| size >= least)),
        Some(schema.count("maxItems").is_none_or(|most| size <= most)),
    ];
    if schema.get("uniqueItems") == Some(&Json::Bool(true)) {
        let twice = items.iter().enumerate().any(|(at, item)| items[..at].iter().any(|other| equal(item, other)));
        answers.push(Some(!twice));
    }
    for (index, item) in items.iter().enumerate() {
        answers.extend(super::array::applying(schema, index).map(|inner| evaluate(item, inner, depth + 1)));
    }
    if let Some(contains) = schema.schema_at("contains") {
        answers.push(any(items.iter().map(|item| evaluate(item, contains, depth + 1)).collect()));
        if schema.get("minContains").is_some() || schema.get("maxContains").is_some() {
            answers.push(None);
        }
    }
    answers
}
