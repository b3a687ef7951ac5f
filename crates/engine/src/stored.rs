//! What a stored Arrow type is in the contract's terms.

use arrow::datatypes::{DataType as ArrowType, FieldRef};
use contract::{DataType, Field};

/// Deeper types are not looked into.
const DEPTH_MAX: usize = 32;

/// `None` for types that no contract can name, such as durations and intervals.
pub fn data_type(stored: &ArrowType) -> Option<DataType> {
    nested(stored, 0)
}

fn nested(stored: &ArrowType, depth: usize) -> Option<DataType> {
    use ArrowType as A;
    let integer = |bits, signed| Some(DataType::Integer { bits, signed });
    if depth > DEPTH_MAX {
        return None;
    }
    match stored {
        A::Boolean => Some(DataType::Boolean),
        A::Int8 => integer(8, true),
        A::Int16 => integer(16, true),
        A::Int32 => integer(32, true),
        A::Int64 => integer(64, true),
        A::UInt8 => integer(8, false),
        A::UInt16 => integer(16, false),
        A::UInt32 => integer(32, false),
        A::UInt64 => integer(64, false),
        A::Float16 | A::Float32 => Some(DataType::Float { bits: 32 }),
        A::Float64 => Some(DataType::Float { bits: 64 }),
        A::Decimal32(precision, scale)
        | A::Decimal64(precision, scale)
        | A::Decimal128(precision, scale)
        | A::Decimal256(precision, scale) => Some(DataType::Decimal { precision: *precision, scale: *scale }),
        A::Utf8 | A::LargeUtf8 | A::Utf8View | A::Null => Some(DataType::String),
        A::Binary | A::LargeBinary | A::BinaryView | A::FixedSizeBinary(_) => Some(DataType::Binary),
        A::Date32 | A::Date64 => Some(DataType::Date),
        A::Time32(_) | A::Time64(_) => Some(DataType::Time),
        A::Timestamp(_, zone) => Some(DataType::Timestamp { zoned: zone.is_some() }),
        A::Dictionary(_, value) => nested(value, depth + 1),
        A::List(item) | A::LargeList(item) | A::FixedSizeList(item, _) => list(item, depth),
        A::Struct(fields) => fields
            .iter()
            .map(|field| {
                let data_type = nested(field.data_type(), depth + 1)?;
                Some(Field { name: field.name().clone(), data_type, required: false })
            })
            .collect::<Option<Vec<Field>>>()
            .map(DataType::Struct),
        A::Map(entry, _) => match entry.data_type() {
            A::Struct(fields) if fields.len() == 2 => Some(DataType::Map(
                Box::new(nested(fields[0].data_type(), depth + 1)?),
                Box::new(nested(fields[1].data_type(), depth + 1)?),
            )),
            _ => None,
        },
        _ => None,
    }
}

fn list(item: &FieldRef, depth: usize) -> Option<DataType> {
    Some(DataType::List(Box::new(nested(item.data_type(), depth + 1)?)))
}

/// A type in the words of the format's own tools.
pub fn shown(stored: &ArrowType) -> String {
    match stored {
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => "string".to_owned(),
        ArrowType::Binary | ArrowType::LargeBinary | ArrowType::BinaryView => "binary".to_owned(),
        ArrowType::Dictionary(_, value) => shown(value),
        other => data_type(other).map_or_else(|| other.to_string(), |known| known.to_string()),
    }
}
