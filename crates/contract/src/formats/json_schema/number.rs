//! Numbers: bounds and multiples.

use serde_json::Value as Json;

use super::document::Schema;
use super::known::Known;
use super::types::Types;

/// An end of the allowed numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
struct End {
    value: f64,
    is_open: bool,
}

/// The lower end, which is the stricter of the two that a schema may give. In draft 4 `exclusiveMinimum` is a flag.
fn lower(schema: Schema<'_, '_>) -> Option<End> {
    let flag = schema.get("exclusiveMinimum") == Some(&Json::Bool(true));
    let plain = schema.number("minimum").map(|value| End { value, is_open: flag });
    let strict = schema.number("exclusiveMinimum").map(|value| End { value, is_open: true });
    higher(plain, strict)
}

fn upper(schema: Schema<'_, '_>) -> Option<End> {
    let flag = schema.get("exclusiveMaximum") == Some(&Json::Bool(true));
    let plain = schema.number("maximum").map(|value| End { value, is_open: flag });
    let strict = schema.number("exclusiveMaximum").map(|value| End { value, is_open: true });
    lowest(plain, strict)
}

fn higher(one: Option<End>, other: Option<End>) -> Option<End> {
    match (one, other) {
        (Some(one), Some(other)) => {
            let second = other.value > one.value || (other.value == one.value && other.is_open);
            Some(if second { other } else { one })
        }
        (one, other) => one.or(other),
    }
}

fn lowest(one: Option<End>, other: Option<End>) -> Option<End> {
    match (one, other) {
        (Some(one), Some(other)) => {
            let second = other.value < one.value || (other.value == one.value && other.is_open);
            Some(if second { other } else { one })
        }
        (one, other) => one.or(other),
    }
}

/// Whether a schema's bounds and multiples allow a number.
pub(super) fn allows(schema: Schema<'_, '_>, number: f64) -> bool {
    let above = lower(schema).is_none_or(|end| number > end.value || (number == end.value && !end.is_open));
    let below = upper(schema).is_none_or(|end| number < end.value || (number == end.value && !end.is_open));
    above && below && divisor(schema).is_none_or(|divisor| divides(divisor, number))
}

fn divisor(schema: Schema<'_, '_>) -> Option<f64> {
    schema.number("multipleOf").or_else(|| schema.number("divisibleBy")).filter(|divisor| *divisor > 0.0)
}

fn divides(divisor: f64, number: f64) -> bool {
    let times = number / divisor;
    times.is_finite() && (times - times.round()).abs() <= 1e-9 * times.abs().max(1.0)
}

fn bounds(known: &Known<'_, '_>) -> (Option<End>, Option<End>) {
    let low = known.schemas.iter().fold(None, |end, schema| higher(end, lower(*schema)));
    let high = known.schemas.iter().fold(None, |end, schema| lowest(end, upper(*schema)));
    if known.types != Types::INTEGER {
        return (low, high);
    }
    let up = |end: End| if end.is_open { end.value.floor() + 1.0 } else { end.value.ceil() };
    let down = |end: End| if end.is_open { end.value.ceil() - 1.0 } else { end.value.floor() };
    let closed = |value| End { value, is_open: false };
    (low.map(|end| closed(up(end))), high.map(|end| closed(down(end))))
}

/// Whether no number is left. `known` is of one type.
pub(super) fn is_empty(known: &Known<'_, '_>) -> bool {
    if !known.types.is_within(Types::INTEGER) && !known.types.is_within(Types::FRACTION) {
        return false;
    }
    let (Some(low), Some(high)) = bounds(known) else { return false };
    low.value > high.value || (low.value == high.value && (low.is_open || high.is_open))
}

/// The keywords of `outer` that some number of `known` does not satisfy.
pub(super) fn violated(known: &Known<'_, '_>, outer: Schema<'_, '_>) -> Vec<(&'static str, &'static str)> {
    let (low, high) = bounds(known);
    let mut found = Vec::new();
    if let Some(end) = lower(outer)
        && !low.is_some_and(|low| low.value > end.value || (low.value == end.value && (low.is_open || !end.is_open)))
    {
        let exclusive = outer.get("exclusiveMinimum").is_some_and(Json::is_number);
        found.push((if exclusive { "exclusiveMinimum" } else { "minimum" }, "smaller numbers were allowed"));
    }
    if let Some(end) = upper(outer)
        && !high
            .is_some_and(|high| high.value < end.value || (high.value == end.value && (high.is_open || !end.is_open)))
    {
        let exclusive = outer.get("exclusiveMaximum").is_some_and(Json::is_number);
        found.push((if exclusive { "exclusiveMaximum" } else { "maximum" }, "greater numbers were allowed"));
    }
    if let Some(wanted) = divisor(outer) {
        let is_integer = known.types == Types::INTEGER && divides(wanted, 1.0);
        let has = known.schemas.iter().filter_map(|schema| divisor(*schema)).any(|given| divides(wanted, given));
        if !is_integer && !has {
            found.push(("multipleOf", "numbers in between were allowed"));
        }
    }
    found
}
