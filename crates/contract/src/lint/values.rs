//! Allowed values and examples: they are of the property's type, and keep its rules.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::Scope;
use super::findings::Findings;
use super::types::{is_date, is_time, is_timestamp};
use super::variables;
use crate::codes;
use crate::diagnostic::Level;
use crate::model::{LogicalTypeOptions, Property, ScalarValue};
use crate::pattern::Pattern;

pub(super) fn check(scope: &Scope<'_>, findings: &mut Findings<'_>) {
    let contract = scope.contract;
    super::each_property(contract, |property, path| {
        allowed(property, path, findings);
        let rules = Rules::of(property);
        for (index, example) in property.examples.iter().enumerate() {
            if let Some(problem) = example_problem(property, &rules, example) {
                let message = format!("the example {} {problem}", shown(example));
                findings.add(codes::EXAMPLE_VIOLATES, &format!("{path}.examples[{index}]"), message);
            }
        }
    });
}

fn allowed(property: &Property, path: &str, findings: &mut Findings<'_>) {
    let mut first: HashMap<String, usize> = HashMap::new();
    let rules = Rules::of(property);
    for (index, allowed) in property.allowed.iter().enumerate() {
        let Some(ScalarValue(value)) = &allowed.value else { continue };
        if value.as_str().is_some_and(variables::has) {
            continue;
        }
        let element = format!("{path}.enum[{index}].value");
        if let Some(earlier) = first.insert(key(value), index) {
            let message =
                format!("the allowed value {} is listed twice; entry {} has it already", shown(value), earlier + 1);
            findings.add(codes::ENUM_VALUE, &element, message).help("remove one of the two");
        }
        if value.is_null() && property.required == Some(true) {
            let message = "NULL is allowed by the list, but the property is required";
            findings.add(codes::ENUM_VALUE, &element, message).help("remove the entry: `required` rules NULL out");
        }
        let problem = wrong_type(property, value).map(|expected| format!("is not {expected}"));
        if let Some(problem) = problem.or_else(|| rules.violation(property, value)) {
            let message = format!("the allowed value {} {problem}", shown(value));
            findings.add(codes::ENUM_VALUE, &element, message).level(Level::Warning);
        }
    }
}

/// Equal values have equal keys: 1 and 1.0 are one value, 1 and "1" are two.
fn key(value: &Json) -> String {
    match value.as_f64() {
        Some(number) if !value.is_u64() && !value.is_i64() && number.fract() == 0.0 && number.abs() < 9e15 => {
            (number as i64).to_string()
        }
        _ => value.to_string(),
    }
}

/// Long values are shown by their beginning.
fn shown(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
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
fn example_problem(property: &Property, rules: &Rules<'_>, example: &Json) -> Option<String> {
    // Catalogues write examples of numbers as text; that alone is no mistake.
    if example.is_null() {
        return (property.required == Some(true)).then(|| "is NULL, but the property is required".to_owned());
    }
    if example.as_str().is_some_and(variables::has) {
        return None;
    }
    let mut values = property.allowed.iter().filter_map(|allowed| allowed.value.as_ref());
    if !property.allowed.is_empty() && !example.is_array() && values.all(|allowed| !same(&allowed.0, example)) {
        return Some("is not one of the allowed values".to_owned());
    }
    rules.violation(property, example)
}

fn same(allowed: &Json, example: &Json) -> bool {
    let text = |value: &Json| value.as_str().map_or_else(|| key(value), str::to_owned);
    text(allowed) == text(example)
}

/// A property's options, with its pattern compiled once for all values.
struct Rules<'a> {
    options: Option<&'a LogicalTypeOptions>,
    pattern: Option<(&'a str, Pattern)>,
}

impl<'a> Rules<'a> {
    fn of(property: &'a Property) -> Self {
        let options = property.logical_type_options.as_deref();
        let needed = !property.allowed.is_empty() || !property.examples.is_empty();
        let pattern = options.and_then(|options| options.pattern.as_deref()).filter(|_| needed);
        let compile = |pattern: &'a str| Some((pattern, Pattern::new(pattern).ok()?));
        Self { options, pattern: pattern.and_then(compile) }
    }

    fn violation(&self, property: &Property, value: &Json) -> Option<String> {
        let options = self.options?;
        match (property.logical_type.as_deref()?, value) {
            ("string", Json::String(text)) => self.text_violation(options, text),
            ("integer" | "number", Json::Number(number)) => number_violation(options, number.as_f64()?),
            ("array", Json::Array(items)) => items_violation(options, items),
            _ => None,
        }
    }

    fn text_violation(&self, options: &LogicalTypeOptions, text: &str) -> Option<String> {
        let length = text.chars().count() as u64;
        if let Some(min) = options.min_length.filter(|min| length < *min) {
            return Some(format!("has {length} characters, at least {min} are needed"));
        }
        if let Some(max) = options.max_length.filter(|max| length > *max) {
            return Some(format!("has {length} characters, at most {max} are allowed"));
        }
        let (source, pattern) = self.pattern.as_ref()?;
        (!pattern.is_match(text)).then(|| format!("does not match {source}"))
    }
}

fn items_violation(options: &LogicalTypeOptions, items: &[Json]) -> Option<String> {
    let count = items.len() as u64;
    if let Some(min) = options.min_items.filter(|min| count < *min) {
        return Some(format!("has {count} items, at least {min} are needed"));
    }
    let max = options.max_items.filter(|max| count > *max)?;
    Some(format!("has {count} items, at most {max} are allowed"))
}

fn number_violation(options: &LogicalTypeOptions, value: f64) -> Option<String> {
    let bound = |value: &Option<ScalarValue>| value.as_ref().and_then(|value| value.0.as_f64());
    if let Some(minimum) = bound(&options.minimum).filter(|minimum| value < *minimum) {
        return Some(format!("is less than {minimum}"));
    }
    if let Some(minimum) = bound(&options.exclusive_minimum).filter(|minimum| value <= *minimum) {
        return Some(format!("is not greater than {minimum}"));
    }
    if let Some(maximum) = bound(&options.maximum).filter(|maximum| value > *maximum) {
        return Some(format!("is greater than {maximum}"));
    }
    if let Some(maximum) = bound(&options.exclusive_maximum).filter(|maximum| value >= *maximum) {
        return Some(format!("is not less than {maximum}"));
    }
    let divisor = bound(&options.multiple_of).filter(|divisor| *divisor > 0.0)?;
    let quotient = value / divisor;
    // Binary fractions are not exact: 0.3 is a multiple of 0.1.
    let is_multiple = (quotient - quotient.round()).abs() <= 1e-9 * quotient.abs().max(1.0);
    (!is_multiple).then(|| format!("is not a multiple of {divisor}"))
}
