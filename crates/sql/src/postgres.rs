//! Lowered checks as conditions of PostgreSQL, where both mean exactly the same; what may differ is not said.
//!
//! Texts are compared under the collation `C` in a database of UTF-8, which is the order of bytes that Arrow has. Floats are
//! compared with literals only: there, NaN beyond all numbers is what both have, and a zero is only accepted where its sign
//! does not matter. Nothing is computed, because the two overflow and round differently.

use contract::{DataType, Pattern};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{InList, ScalarFunction};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

/// A column of a table, as its values are read.
#[derive(Debug, Clone, PartialEq)]
pub struct PostgresColumn {
    /// The contract's name.
    pub name: String,
    /// In SQL; texts with their collation.
    pub sql: String,
    /// As which it is read.
    pub data_type: DataType,
}

const DEPTH_MAX: usize = 100;
const DAY_MICROS: i64 = 86_400_000_000;

/// The condition in SQL; `None` for what PostgreSQL would, or could, decide otherwise.
pub fn condition(expr: &Expr, columns: &[PostgresColumn]) -> Option<String> {
    boolean(expr, columns, 0)
}

fn boolean(expr: &Expr, columns: &[PostgresColumn], depth: usize) -> Option<String> {
    if depth > DEPTH_MAX {
        return None;
    }
    let inner = |expr: &Expr| boolean(expr, columns, depth + 1);
    Some(match expr {
        Expr::Alias(alias) => return inner(&alias.expr),
        Expr::Literal(ScalarValue::Boolean(Some(value)), _) => value.to_string(),
        Expr::Column(_) => {
            let column = column(expr, columns)?;
            if column.data_type != DataType::Boolean {
                return None;
            }
            column.sql.clone()
        }
        Expr::Not(expr) => format!("NOT ({})", inner(expr)?),
        Expr::IsNull(expr) => format!("{} IS NULL", value(expr, columns, depth)?),
        Expr::IsNotNull(expr) => format!("{} IS NOT NULL", value(expr, columns, depth)?),
        Expr::IsTrue(expr) => format!("({}) IS TRUE", inner(expr)?),
        Expr::IsFalse(expr) => format!("({}) IS FALSE", inner(expr)?),
        Expr::IsNotTrue(expr) => format!("({}) IS NOT TRUE", inner(expr)?),
        Expr::IsNotFalse(expr) => format!("({}) IS NOT FALSE", inner(expr)?),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            format!("({} AND {})", inner(left)?, inner(right)?)
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            format!("({} OR {})", inner(left)?, inner(right)?)
        }
        Expr::BinaryExpr(binary) => comparison(binary, columns)?,
        Expr::Between(between) => {
            let (low, high) = (
                compared(&between.expr, Operator::GtEq, &between.low, columns)?,
                compared(&between.expr, Operator::LtEq, &between.high, columns)?,
            );
            let not = if between.negated { "NOT " } else { "" };
            format!("({not}({low} AND {high}))")
        }
        Expr::InList(list) => in_list(list, columns)?,
        Expr::ScalarFunction(function) => test(function, columns)?,
        _ => return None,
    })
}

/// What IS NULL may stand behind.
fn value(expr: &Expr, columns: &[PostgresColumn], depth: usize) -> Option<String> {
    match column(expr, columns) {
        Some(column) => Some(column.sql.clone()),
        None => Some(format!("({})", boolean(expr, columns, depth + 1)?)),
    }
}

fn column<'a>(expr: &Expr, columns: &'a [PostgresColumn]) -> Option<&'a PostgresColumn> {
    let Expr::Column(named) = expr else { return None };
    columns.iter().find(|column| column.name == named.name)
}

fn comparison(binary: &BinaryExpr, columns: &[PostgresColumn]) -> Option<String> {
    let mirrored = match binary.op {
        Operator::Eq | Operator::NotEq => binary.op,
        Operator::Lt => Operator::Gt,
        Operator::LtEq => Operator::GtEq,
        Operator::Gt => Operator::Lt,
        Operator::GtEq => Operator::LtEq,
        _ => return None,
    };
    match constant(&binary.left) {
        Some(_) => compared(&binary.right, mirrored, &binary.left, columns),
        None => compared(&binary.left, binary.op, &binary.right, columns),
    }
}

fn compared(left: &Expr, op: Operator, right: &Expr, columns: &[PostgresColumn]) -> Option<String> {
    let one = widened(left, columns)?;
    let other = match constant(right) {
        Some(scalar) => {
            if !same_order(&scalar, op) {
                return None;
            }
            literal(&scalar, &one.data_type)?
        }
        None => {
            let other = widened(right, columns)?;
            let whole = |data_type: &DataType| matches!(data_type, DataType::Integer { .. });
            let alike = one.data_type == other.data_type || (whole(&one.data_type) && whole(&other.data_type));
            if !alike || matches!(one.data_type, DataType::Float { .. }) {
                return None;
            }
            other.sql.clone()
        }
    };
    Some(format!("{} {op} {other}", one.sql).replace(" != ", " <> "))
}

/// A literal, also one that is converted: as the pass would convert it.
fn constant(expr: &Expr) -> Option<ScalarValue> {
    match expr {
        Expr::Literal(scalar, _) => Some(scalar.clone()),
        Expr::Cast(cast) => match cast.expr.as_ref() {
            Expr::Literal(scalar, _) => scalar.cast_to(cast.field.data_type()).ok(),
            _ => None,
        },
        _ => None,
    }
}

/// A column, also one of whole numbers that is widened to be compared.
fn widened<'a>(expr: &Expr, columns: &'a [PostgresColumn]) -> Option<&'a PostgresColumn> {
    if let Expr::Cast(cast) = expr {
        let inner = column(&cast.expr, columns)?;
        let DataType::Integer { bits, signed: true } = inner.data_type else { return None };
        let wanted = cast.field.data_type();
        let wider = wanted.is_signed_integer() && wanted.primitive_width()? * 8 >= usize::from(bits);
        return wider.then_some(inner);
    }
    let compares = |data_type: &DataType| {
        !matches!(data_type, DataType::Binary | DataType::List(_) | DataType::Struct(_) | DataType::Map(..))
    };
    column(expr, columns).filter(|column| compares(&column.data_type))
}

/// Arrow puts -0.0 before 0.0, where PostgreSQL has one zero: whether both decide zeros alike.
fn same_order(scalar: &ScalarValue, op: Operator) -> bool {
    let zero = match scalar {
        ScalarValue::Float32(Some(value)) if *value == 0.0 => value.is_sign_negative(),
        ScalarValue::Float64(Some(value)) if *value == 0.0 => value.is_sign_negative(),
        _ => return true,
    };
    match op {
        Operator::Lt | Operator::GtEq => zero,
        Operator::Gt | Operator::LtEq => !zero,
        _ => false,
    }
}

fn in_list(list: &InList, columns: &[PostgresColumn]) -> Option<String> {
    let column = widened(&list.expr, columns)?;
    let mut zeros = 0;
    let mut values = Vec::with_capacity(list.list.len());
    for item in &list.list {
        let scalar = constant(item)?;
        zeros += usize::from(!same_order(&scalar, Operator::Eq));
        values.push(literal(&scalar, &column.data_type)?);
    }
    // Either both zeros are in the list or none is.
    if values.is_empty() || zeros == 1 {
        return None;
    }
    let not = if list.negated { "NOT " } else { "" };
    Some(format!("{} {not}IN ({})", column.sql, values.join(", ")))
}

/// The tests that checks are lowered to; their names say all about them.
fn test(function: &ScalarFunction, columns: &[PostgresColumn]) -> Option<String> {
    let [argument] = function.args.as_slice() else { return None };
    let column = column(argument, columns)?;
    let name = function.func.name();
    let matches = |pattern: &str| {
        let pattern = Pattern::posix(pattern).filter(|_| column.data_type == DataType::String)?;
        Some(format!("{} ~ {}", column.sql, text_literal(&pattern)?))
    };
    if let Some(pattern) = name.strip_prefix("matches /").and_then(|rest| rest.strip_suffix('/')) {
        return matches(pattern);
    }
    if let Some((min, max)) = name.strip_prefix("length_within_").and_then(|rest| rest.split_once('_')) {
        let (min, max): (u64, u64) = (min.parse().ok()?, max.parse().ok()?);
        let length = match column.data_type {
            DataType::String => format!("char_length({})", column.sql),
            DataType::Binary => format!("octet_length({})", column.sql),
            _ => return None,
        };
        let most = i32::MAX.unsigned_abs().into();
        return Some(format!("{length} BETWEEN {} AND {}", min.min(most), max.min(most)));
    }
    if let Some(divisor) = name.strip_prefix("is_multiple_of_") {
        let plain = !divisor.is_empty() && divisor.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let exact = matches!(column.data_type, DataType::Integer { .. } | DataType::Decimal { .. });
        return (plain && exact && divisor.parse::<f64>().is_ok_and(|number| number > 0.0))
            .then(|| format!("mod({}::numeric, {divisor}::numeric) = 0", column.sql));
    }
    match name {
        "is_uuid" => matches("^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$"),
        "is_base64" => matches("^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"),
        _ => None,
    }
}

/// A literal that is compared with values of this type; `None` where the types are not alike.
fn literal(scalar: &ScalarValue, data_type: &DataType) -> Option<String> {
    use ScalarValue as S;
    Some(match (scalar, data_type) {
        (S::Boolean(Some(value)), DataType::Boolean) => value.to_string(),
        (S::Int8(Some(_)) | S::Int16(Some(_)) | S::Int32(Some(_)) | S::Int64(Some(_)), DataType::Integer { .. }) => {
            format!("({scalar})")
        }
        (S::Decimal128(Some(unscaled), _, scale), DataType::Decimal { scale: column, .. }) if scale == column => {
            format!("{}::numeric", text_literal(&decimal(*unscaled, *scale)?)?)
        }
        (S::Float32(Some(value)), DataType::Float { bits: 32 }) => format!("'{}'::float4", float(f64::from(*value))),
        (S::Float64(Some(value)), DataType::Float { bits: 64 }) => format!("'{}'::float8", float(*value)),
        (S::Utf8(Some(text)) | S::Utf8View(Some(text)) | S::LargeUtf8(Some(text)), DataType::String) => {
            text_literal(text)?
        }
        (S::Date32(Some(days)), DataType::Date) => {
            let day = moment(i64::from(*days).checked_mul(DAY_MICROS)?, "%Y-%m-%d")?;
            format!("'{}'::date", plain_date(&day)?)
        }
        (S::Time64Microsecond(Some(micros)), DataType::Time) => {
            format!("'{}'::time", moment(*micros, "%H:%M:%S%.6f")?)
        }
        (S::TimestampMicrosecond(Some(micros), zone), DataType::Timestamp { zoned }) if zone.is_some() == *zoned => {
            let moment = moment(*micros, "%Y-%m-%d %H:%M:%S%.6f")?;
            match zoned {
                true => format!("'{}+00'::timestamptz", plain_date(&moment)?),
                false => format!("'{}'::timestamp", plain_date(&moment)?),
            }
        }
        _ => return None,
    })
}

fn moment(micros: i64, form: &str) -> Option<String> {
    Some(chrono::DateTime::from_timestamp_micros(micros)?.format(form).to_string())
}

fn float(value: f64) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        value => format!("{value:e}"),
    }
}

/// Of the years that both write alike: 0001 to 9999.
fn plain_date(text: &str) -> Option<&str> {
    let year = text.get(..5)?;
    (year.ends_with('-') && year[..4].bytes().all(|byte| byte.is_ascii_digit()) && &year[..4] != "0000").then_some(text)
}

fn decimal(unscaled: i128, scale: i8) -> Option<String> {
    let scale = usize::try_from(scale).ok()?;
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    Some(if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// Texts of PostgreSQL hold no NUL.
fn text_literal(text: &str) -> Option<String> {
    (!text.contains('\0')).then(|| format!("'{}'", text.replace('\'', "''")))
}

#[cfg(test)]
mod tests;
