//! Which types become which without loss. The engine casts these by itself; everything else must be written in the SQL.
//!
//! | made | becomes |
//! | --- | --- |
//! | integer | a wider integer; a decimal with room for all its digits; f32 from 16 bits, f64 from 32 |
//! | f32 | f64 |
//! | decimal | a decimal with at least as many digits on both sides of the point |
//! | timestamp | a timestamp of any unit, with a zone of any name if the contract's has one; finer than a microsecond is cut |
//! | text, bytes | in any of Arrow's layouts |
//! | list, struct, map | if their parts do |

use datafusion::arrow::datatypes::DataType;

pub(super) fn becomes(from: &DataType, to: &DataType) -> bool {
    use DataType::*;
    if from == to {
        return true;
    }
    match (from, to) {
        (Null, _) => true,
        (Dictionary(_, value), _) => becomes(value, to),
        (Utf8 | LargeUtf8 | Utf8View, Utf8 | LargeUtf8 | Utf8View) => true,
        (Binary | LargeBinary | BinaryView | FixedSizeBinary(_), Binary | LargeBinary | BinaryView) => true,
        (Timestamp(_, from), Timestamp(_, to)) => from.is_some() == to.is_some(),
        (Time32(_) | Time64(_), Time64(_)) => true,
        (Float16, Float32 | Float64) | (Float32, Float64) => true,
        (
            Decimal32(p, s) | Decimal64(p, s) | Decimal128(p, s) | Decimal256(p, s),
            Decimal128(q, t) | Decimal256(q, t),
        ) => t >= s && whole(*q, *t) >= whole(*p, *s),
        (List(from) | LargeList(from) | FixedSizeList(from, _) | ListView(from), List(to)) => {
            becomes(from.data_type(), to.data_type())
        }
        (Struct(from), Struct(to)) => {
            from.len() == to.len()
                && from
                    .iter()
                    .zip(to)
                    .all(|(one, other)| one.name() == other.name() && becomes(one.data_type(), other.data_type()))
        }
        (Map(from, _), Map(to, _)) => match (from.data_type(), to.data_type()) {
            (Struct(from), Struct(to)) => {
                from.len() == to.len()
                    && from.iter().zip(to).all(|(one, other)| becomes(one.data_type(), other.data_type()))
            }
            _ => false,
        },
        _ => integer(from).is_some_and(|from| integer_becomes(from, to)),
    }
}

/// Digits before the point.
fn whole(precision: u8, scale: i8) -> i16 {
    i16::from(precision) - i16::from(scale)
}

#[derive(Clone, Copy)]
struct Integer {
    bits: u8,
    signed: bool,
}

fn integer(data_type: &DataType) -> Option<Integer> {
    let (bits, signed) = match data_type {
        DataType::Int8 => (8, true),
        DataType::Int16 => (16, true),
        DataType::Int32 => (32, true),
        DataType::Int64 => (64, true),
        DataType::UInt8 => (8, false),
        DataType::UInt16 => (16, false),
        DataType::UInt32 => (32, false),
        DataType::UInt64 => (64, false),
        _ => return None,
    };
    Some(Integer { bits, signed })
}

fn integer_becomes(from: Integer, to: &DataType) -> bool {
    match to {
        DataType::Float32 => from.bits <= 16,
        DataType::Float64 => from.bits <= 32,
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            let digits = match from.bits {
                8 => 3,
                16 => 5,
                32 => 10,
                _ if from.signed => 19,
                _ => 20,
            };
            *scale >= 0 && whole(*precision, *scale) >= digits
        }
        _ => integer(to).is_some_and(|to| match (from.signed, to.signed) {
            (true, false) => false,
            (false, true) => to.bits > from.bits,
            _ => to.bits >= from.bits,
        }),
    }
}

/// The SQL name of a type, where a cast can be advised.
pub(super) fn cast_to(data_type: &DataType) -> Option<String> {
    Some(match data_type {
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Int8 => "TINYINT".to_owned(),
        DataType::Int16 => "SMALLINT".to_owned(),
        DataType::Int32 => "INT".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::UInt8 => "TINYINT UNSIGNED".to_owned(),
        DataType::UInt16 => "SMALLINT UNSIGNED".to_owned(),
        DataType::UInt32 => "INT UNSIGNED".to_owned(),
        DataType::UInt64 => "BIGINT UNSIGNED".to_owned(),
        DataType::Float32 => "REAL".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Decimal128(precision, scale) => format!("DECIMAL({precision}, {scale})"),
        DataType::Utf8View => "VARCHAR".to_owned(),
        DataType::Date32 => "DATE".to_owned(),
        DataType::Time64(_) => "TIME".to_owned(),
        DataType::Timestamp(_, Some(_)) => "TIMESTAMP WITH TIME ZONE".to_owned(),
        DataType::Timestamp(_, None) => "TIMESTAMP".to_owned(),
        _ => return None,
    })
}
