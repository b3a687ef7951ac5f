//! Lists and ranges of values.
//!
//! Arrow orders floats totally: -0.0 before 0.0, and NaN beyond the infinities. A contract means numbers, so a bound of
//! zero is written with the sign that treats both zeros alike, and an open side of a range is bounded by infinity, which
//! only NaN exceeds: NaN lies in no range.

use contract::{Bound, DataType, Literal};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, Operator, binary_expr, in_list, lit};

use super::column::Found;
use super::literal::{self, Limits, unscaled};
use super::number::{Number, Scaled};

/// True for a value that is not in the list. NULL in the list says nothing: NULL holds anyway.
pub(super) fn outside_list(column: &Found, values: &[Literal]) -> Result<Expr, String> {
    let mut list = Vec::with_capacity(values.len());
    for value in values.iter().filter(|value| **value != Literal::Null) {
        let value = literal::value(value, column)?;
        if let Some(zero) = with_zero_sign(&value, true) {
            list.push(lit(zero));
            list.extend(with_zero_sign(&value, false).map(lit));
        } else {
            list.push(lit(value));
        }
    }
    if list.is_empty() {
        return Ok(column.expr.clone().is_not_null());
    }
    Ok(in_list(column.expr.clone(), list, true))
}

/// True for a value below `lower` or above `upper`.
pub(super) fn outside_range(column: &Found, lower: Option<&Bound>, upper: Option<&Bound>) -> Result<Expr, String> {
    let below = lower.map_or_else(|| Ok(open(column, Side::Lower)), |bound| outside(column, bound, Side::Lower))?;
    let above = upper.map_or_else(|| Ok(open(column, Side::Upper)), |bound| outside(column, bound, Side::Upper))?;
    Ok(match (below, above) {
        (Outside::Never, Outside::Never) => lit(false),
        (Outside::Always, _) | (_, Outside::Always) => column.expr.clone().is_not_null(),
        (Outside::When(one), Outside::Never) | (Outside::Never, Outside::When(one)) => one,
        (Outside::When(below), Outside::When(above)) => below.or(above),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Lower,
    Upper,
}

enum Outside {
    Never,
    Always,
    When(Expr),
}

fn open(column: &Found, side: Side) -> Outside {
    let infinity = if side == Side::Lower { f64::NEG_INFINITY } else { f64::INFINITY };
    let limit = match column.data_type {
        DataType::Float { bits: 32 } => ScalarValue::Float32(Some(infinity as f32)),
        DataType::Float { .. } => ScalarValue::Float64(Some(infinity)),
        _ => return Outside::Never,
    };
    Outside::When(compare(column, side, true, limit))
}

fn outside(column: &Found, bound: &Bound, side: Side) -> Result<Outside, String> {
    match (column.data_type, Limits::of(column.data_type)) {
        (_, Some(limits)) => exact(column, bound, side, &limits),
        (DataType::Boolean, None) => Err(column.not_for_type("a range", "ordered values")),
        _ => Ok(Outside::When(compare(column, side, bound.inclusive, literal::value(&bound.value, column)?))),
    }
}

/// A bound between two values of the type moves to the inner one; a bound beyond the type decides for all rows alike.
fn exact(column: &Found, bound: &Bound, side: Side, limits: &Limits) -> Result<Outside, String> {
    let text = literal::text(&bound.value);
    let number = Number::parse(&text)
        .ok_or_else(|| format!("`{text}` is no number, and `{}` is {}", column.name, column.data_type))?;
    let (value, inclusive) = match (number.scaled(limits.scale), side) {
        (Scaled::Exact(value), _) => (value, bound.inclusive),
        (Scaled::Above(value), Side::Lower) => (value + 1, true),
        (Scaled::Above(value), Side::Upper) => (value, true),
        (Scaled::TooSmall, Side::Lower) | (Scaled::TooLarge, Side::Upper) => return Ok(Outside::Never),
        (Scaled::TooSmall, Side::Upper) | (Scaled::TooLarge, Side::Lower) => return Ok(Outside::Always),
    };
    let beyond = match side {
        Side::Lower if value < limits.min => Some(Outside::Never),
        Side::Lower if value > limits.max => Some(Outside::Always),
        Side::Upper if value > limits.max => Some(Outside::Never),
        Side::Upper if value < limits.min => Some(Outside::Always),
        _ => None,
    };
    if let Some(decided) = beyond {
        return Ok(decided);
    }
    let limit =
        unscaled(value, column.data_type).ok_or_else(|| format!("`{text}` does not fit {}", column.data_type))?;
    Ok(Outside::When(compare(column, side, inclusive, limit)))
}

fn compare(column: &Found, side: Side, inclusive: bool, limit: ScalarValue) -> Expr {
    let operator = match (side, inclusive) {
        (Side::Lower, true) => Operator::Lt,
        (Side::Lower, false) => Operator::LtEq,
        (Side::Upper, true) => Operator::Gt,
        (Side::Upper, false) => Operator::GtEq,
    };
    let negative = matches!(operator, Operator::Lt | Operator::GtEq);
    let limit = with_zero_sign(&limit, negative).unwrap_or(limit);
    binary_expr(column.expr.clone(), operator, lit(limit))
}

/// A float zero with this sign; `None` for every other value.
fn with_zero_sign(value: &ScalarValue, negative: bool) -> Option<ScalarValue> {
    match value {
        ScalarValue::Float32(Some(0.0)) => Some(ScalarValue::Float32(Some(if negative { -0.0 } else { 0.0 }))),
        ScalarValue::Float64(Some(0.0)) => Some(ScalarValue::Float64(Some(if negative { -0.0 } else { 0.0 }))),
        _ => None,
    }
}
