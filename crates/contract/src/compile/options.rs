//! Checks from a property's type options and allowed values.

use serde_json::{Number, Value as Json};

use crate::check::{Bound, Format, Literal, Rule};
use crate::data_type::DataType;
use crate::dataset::Column;
use crate::model::{LogicalTypeOptions, Property, ScalarValue, Version};
use crate::pattern::{Pattern, ProblemKind};

/// The rules of a column's enum and options, in the order of the standard.
pub(super) fn rules(property: &Property, column: &Column, version: Version) -> Vec<Rule> {
    let mut rules = Vec::new();
    allowed(property, column, &mut rules);
    let Some(options) = property.logical_type_options.as_deref() else { return rules };
    length(options, column, &mut rules);
    pattern(options, column, &mut rules);
    format(options, column, &mut rules);
    bounds(options, column, version, &mut rules);
    multiple_of(options, column, &mut rules);
    items(options, column, &mut rules);
    vector(options, property, column, &mut rules);
    fields(options, column, property, &mut rules);
    rules
}

fn not_checked(what: impl Into<String>, reason: impl Into<String>) -> Rule {
    Rule::NotChecked { what: what.into(), reason: reason.into(), invalid: false }
}

fn allowed(property: &Property, column: &Column, rules: &mut Vec<Rule>) {
    let values: Vec<Literal> = property
        .allowed
        .iter()
        .filter_map(|value| value.value.as_ref())
        .filter_map(|value| literal(&value.0))
        .collect();
    if values.is_empty() {
        return;
    }
    if is_scalar(&column.data_type) {
        rules.push(Rule::Enum { column: column.name.clone(), values });
    } else {
        rules.push(not_checked("the allowed values", format!("a {} is not compared with them", column.data_type)));
    }
}

/// A scalar of the contract; `None` for collections.
pub(crate) fn literal(value: &Json) -> Option<Literal> {
    match value {
        Json::Null => Some(Literal::Null),
        Json::Bool(value) => Some(Literal::Boolean(*value)),
        Json::Number(number) => Some(Literal::Number(number.clone())),
        Json::String(text) => Some(Literal::Text(text.clone())),
        Json::Array(_) | Json::Object(_) => None,
    }
}

fn is_scalar(data_type: &DataType) -> bool {
    !matches!(data_type, DataType::List(_) | DataType::Struct(_) | DataType::Map(..) | DataType::Binary)
}

fn is_ordered(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Integer { .. }
            | DataType::Float { .. }
            | DataType::Decimal { .. }
            | DataType::Date
            | DataType::Time
            | DataType::Timestamp { .. }
    )
}

fn length(options: &LogicalTypeOptions, column: &Column, rules: &mut Vec<Rule>) {
    let (min, max) = (options.min_length, options.max_length);
    if min.is_none() && max.is_none() {
        return;
    }
    if column.data_type == DataType::String {
        rules.push(Rule::Length { column: column.name.clone(), min, max });
    } else {
        rules.push(not_checked("the length", format!("a {} has none", column.data_type)));
    }
}

fn pattern(options: &LogicalTypeOptions, column: &Column, rules: &mut Vec<Rule>) {
    let Some(pattern) = &options.pattern else { return };
    let column_name = column.name.clone();
    rules.push(if column.data_type != DataType::String {
        not_checked(format!("the pattern {pattern}"), format!("a {} is not text", column.data_type))
    } else {
        match regex_problem(pattern) {
            None => Rule::Pattern { column: column_name, pattern: pattern.clone() },
            Some(problem) => not_checked(format!("the pattern {pattern}"), problem),
        }
    });
}

/// Why a pattern cannot be executed, and where in it; `None` when it can.
pub(crate) fn regex_problem(pattern: &str) -> Option<String> {
    Pattern::new(pattern).err().map(|problem| problem.to_string())
}

/// Whether the pattern is ECMA-262, but nothing that can be decided in linear time.
pub(crate) fn has_lookaround(pattern: &str) -> bool {
    Pattern::new(pattern).is_err_and(|problem| problem.kind == ProblemKind::Unsupported)
}

fn format(options: &LogicalTypeOptions, column: &Column, rules: &mut Vec<Rule>) {
    let Some(format) = options.format.as_deref() else { return };
    if column.data_type != DataType::String {
        return;
    }
    let known = match format {
        "email" => Format::Email,
        "uuid" => Format::Uuid,
        "uri" => Format::Uri,
        "hostname" => Format::Hostname,
        "ipv4" => Format::Ipv4,
        "ipv6" => Format::Ipv6,
        "byte" => Format::Byte,
        // A hint to mask the field on screen; it says nothing about the value.
        "password" => return,
        _ => {
            rules.push(not_checked(format!("the format {format}"), "the format is not one that the standard names"));
            return;
        }
    };
    rules.push(Rule::Format { column: column.name.clone(), format: known });
}

fn bounds(options: &LogicalTypeOptions, column: &Column, version: Version, rules: &mut Vec<Rule>) {
    let lower = side(options.minimum.as_ref(), options.exclusive_minimum.as_ref(), version);
    let upper = side(options.maximum.as_ref(), options.exclusive_maximum.as_ref(), version);
    if lower.is_empty() && upper.is_empty() {
        return;
    }
    if !is_ordered(&column.data_type) {
        rules.push(not_checked("the bounds", format!("a {} has no order", column.data_type)));
        return;
    }
    // Both an inclusive and an exclusive bound on one side: both hold, so the second one is a check of its own.
    for index in 0..lower.len().max(upper.len()) {
        rules.push(Rule::Range {
            column: column.name.clone(),
            lower: lower.get(index).cloned(),
            upper: upper.get(index).cloned(),
        });
    }
}

/// The bounds of one side. Up to v3.0.2 `exclusive…` is a boolean about the other field.
fn side(inclusive: Option<&ScalarValue>, exclusive: Option<&ScalarValue>, version: Version) -> Vec<Bound> {
    let flag = match exclusive {
        Some(ScalarValue(Json::Bool(flag))) if version < Version::V3_1_0 => Some(*flag),
        _ => None,
    };
    let inclusive = inclusive.and_then(|value| bound(value, flag != Some(true)));
    let exclusive = if flag.is_some() { None } else { exclusive.and_then(|value| bound(value, false)) };
    inclusive.into_iter().chain(exclusive).collect()
}

fn bound(value: &ScalarValue, inclusive: bool) -> Option<Bound> {
    match literal(&value.0)? {
        Literal::Null | Literal::Boolean(_) => None,
        value => Some(Bound { value, inclusive }),
    }
}

fn multiple_of(options: &LogicalTypeOptions, column: &Column, rules: &mut Vec<Rule>) {
    let Some(ScalarValue(Json::Number(divisor))) = &options.multiple_of else { return };
    let numeric =
        matches!(column.data_type, DataType::Integer { .. } | DataType::Float { .. } | DataType::Decimal { .. });
    rules.push(if !numeric {
        not_checked(format!("multiple of {divisor}"), format!("a {} is not a number", column.data_type))
    } else if divisor.as_f64().is_none_or(|divisor| divisor <= 0.0) {
        not_checked(format!("multiple of {divisor}"), "the divisor must be greater than 0")
    } else {
        Rule::MultipleOf { column: column.name.clone(), divisor: decimal_text(divisor) }
    });
}

/// `1e-2` as `0.01`: engines compute with decimal digits.
fn decimal_text(number: &Number) -> String {
    let text = number.to_string();
    match (text.contains(['e', 'E']), number.as_f64()) {
        (true, Some(value)) => format!("{value}"),
        _ => text,
    }
}

fn items(options: &LogicalTypeOptions, column: &Column, rules: &mut Vec<Rule>) {
    let unique = options.unique_items == Some(true);
    let (min, max) = (options.min_items.filter(|min| *min > 0), options.max_items);
    if min.is_none() && max.is_none() && !unique {
        return;
    }
    rules.push(if matches!(column.data_type, DataType::List(_)) {
        Rule::Items { column: column.name.clone(), min, max, unique }
    } else {
        not_checked("the number of items", format!("a {} has none", column.data_type))
    });
}

/// A vector has exactly as many elements as it has dimensions.
fn vector(options: &LogicalTypeOptions, property: &Property, column: &Column, rules: &mut Vec<Rule>) {
    if property.logical_type.as_deref() != Some("vector") {
        return;
    }
    if let Some(dimensions) = options.dimensions {
        let (min, max) = (Some(dimensions), Some(dimensions));
        rules.push(Rule::Items { column: column.name.clone(), min, max, unique: false });
    }
    if options.normalized == Some(true) {
        rules.push(Rule::Normalized { column: column.name.clone() });
    }
}

fn fields(options: &LogicalTypeOptions, column: &Column, property: &Property, rules: &mut Vec<Rule>) {
    let (min, max) = (options.min_properties.filter(|min| *min > 0), options.max_properties);
    if min.is_none() && max.is_none() && options.required.is_empty() {
        return;
    }
    // An object that does not say its fields is held as JSON text.
    let is_object = matches!(column.data_type, DataType::Struct(_))
        || (property.logical_type.as_deref() == Some("object") && column.data_type == DataType::String);
    rules.push(if is_object {
        Rule::Fields { column: column.name.clone(), min, max, required: options.required.clone() }
    } else {
        not_checked("the fields", format!("a {} has none", column.data_type))
    });
}
