//! Physical types as databases write them: `VARCHAR(10)`, `timestamp(6) with time zone`, `array<struct<a: int>>`.

use crate::data_type::{DataType, Field};

/// Types in angle brackets nested deeper than this are not understood.
const DEPTH_MAX: usize = 16;

/// What a physical type says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Physical {
    Known(DataType),
    /// A decimal of any precision.
    UnboundedDecimal,
}

/// `None` for a type that is not known; the name says nothing then.
pub(super) fn parse(text: &str) -> Option<Physical> {
    parse_nested(text, 0)
}

fn parse_nested(text: &str, depth: usize) -> Option<Physical> {
    if depth > DEPTH_MAX {
        return None;
    }
    let text = text.trim();
    if let Some(item) = text.strip_suffix("[]") {
        return list(item, depth);
    }
    if let Some((name, inner)) = text.strip_suffix('>').and_then(|text| text.split_once('<')) {
        return generic(&name.trim().to_ascii_lowercase(), inner, depth);
    }
    scalar(text)
}

fn list(item: &str, depth: usize) -> Option<Physical> {
    Some(Physical::Known(DataType::List(Box::new(known(item, depth)?))))
}

fn known(text: &str, depth: usize) -> Option<DataType> {
    match parse_nested(text, depth + 1)? {
        Physical::Known(data_type) => Some(data_type),
        Physical::UnboundedDecimal => Some(DataType::Decimal { precision: 38, scale: 18 }),
    }
}

fn generic(name: &str, inner: &str, depth: usize) -> Option<Physical> {
    match name {
        "array" | "list" => list(inner, depth),
        "map" => {
            let parts = split_top(inner);
            let [key, value] = parts.as_slice() else { return None };
            Some(Physical::Known(DataType::Map(Box::new(known(key, depth)?), Box::new(known(value, depth)?))))
        }
        "struct" | "row" => {
            let fields: Option<Vec<Field>> = split_top(inner).into_iter().map(|part| field(part, depth)).collect();
            fields.filter(|fields| !fields.is_empty()).map(|fields| Physical::Known(DataType::Struct(fields)))
        }
        _ => None,
    }
}

/// `name: type`, as Spark and Hive write it, or `name type`, as others do.
fn field(text: &str, depth: usize) -> Option<Field> {
    let text = text.trim();
    let (name, data_type) = text.split_once([':', ' '])?;
    Some(Field { name: name.trim().to_owned(), data_type: known(data_type, depth)?, required: false })
}

/// Splits at the commas that are not within brackets.
pub(crate) fn split_top(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, character) in text.char_indices() {
        match character {
            '<' | '(' => depth += 1,
            '>' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn scalar(text: &str) -> Option<Physical> {
    let lower = text.to_ascii_lowercase();
    let (name, arguments, suffix) = parts(&lower);
    let full = if suffix.is_empty() { name.to_owned() } else { format!("{name} {suffix}") };
    let data_type = match full.as_str() {
        "boolean" | "bool" | "bit" => DataType::Boolean,
        "byte" => DataType::Integer { bits: 8, signed: true },
        // SQL Server's tinyint has no sign, others' has: 16 bits hold both.
        "tinyint" | "smallint" | "int16" | "int2" | "short" => DataType::Integer { bits: 16, signed: true },
        "int" | "integer" | "int4" | "int32" | "mediumint" | "serial" => DataType::Integer { bits: 32, signed: true },
        // PostgreSQL counts bytes: its int8 has 64 bits.
        "bigint" | "int64" | "int8" | "long" | "bigserial" => DataType::Integer { bits: 64, signed: true },
        "int unsigned" | "uint32" | "integer unsigned" => DataType::Integer { bits: 32, signed: false },
        "bigint unsigned" | "uint64" => DataType::Integer { bits: 64, signed: false },
        "real" | "float4" | "float32" | "binary_float" => DataType::Float { bits: 32 },
        // SQL counts a float's bits: up to 24 fit a single one.
        "float" if arguments.first().is_some_and(|bits| *bits > 24) => DataType::Float { bits: 64 },
        "float" => DataType::Float { bits: 32 },
        "double" | "double precision" | "float8" | "float64" | "binary_double" => DataType::Float { bits: 64 },
        "decimal" | "numeric" | "number" | "dec" | "bignumeric" => return decimal(&arguments),
        "date" => DataType::Date,
        "time" | "time without time zone" => DataType::Time,
        "timestamp" | "timestamp without time zone" | "timestamp_ntz" | "datetime" | "datetime2" | "smalldatetime" => {
            DataType::Timestamp { zoned: false }
        }
        "timestamptz"
        | "timestamp with time zone"
        | "timestamp_tz"
        | "timestamp_ltz"
        | "timestampltz"
        | "datetimeoffset"
        | "timestamp with local time zone" => DataType::Timestamp { zoned: true },
        "binary" | "varbinary" | "bytea" | "blob" | "bytes" | "raw" | "image" | "longblob" | "mediumblob" => {
            DataType::Binary
        }
        "string" | "varchar" | "char" | "text" | "nvarchar" | "nchar" | "varchar2" | "nvarchar2" | "clob" | "nclob"
        | "character varying" | "character" | "bpchar" | "str" | "uuid" | "json" | "jsonb" | "longtext"
        | "mediumtext" | "tinytext" | "uniqueidentifier" | "xml" | "enum" | "variant" => DataType::String,
        _ => return None,
    };
    Some(Physical::Known(data_type))
}

/// `timestamp(6) with time zone` is the name `timestamp`, the argument 6, and the rest.
fn parts(text: &str) -> (&str, Vec<i64>, &str) {
    if let Some((name, rest)) = text.split_once('(') {
        let (inner, suffix) = rest.split_once(')').unwrap_or((rest, ""));
        let arguments = inner.split(',').filter_map(|part| part.trim().parse().ok()).collect();
        return (name.trim(), arguments, suffix.trim());
    }
    (text.trim(), Vec::new(), "")
}

fn decimal(arguments: &[i64]) -> Option<Physical> {
    let (precision, scale) = match arguments {
        [] => return Some(Physical::UnboundedDecimal),
        [precision] => (*precision, 0),
        [precision, scale, ..] => (*precision, *scale),
    };
    let precision = u8::try_from(precision).ok().filter(|precision| (1..=38).contains(precision))?;
    let scale = i8::try_from(scale).ok().filter(|scale| (0..=38).contains(scale) && *scale as u8 <= precision)?;
    Some(Physical::Known(DataType::Decimal { precision, scale }))
}
