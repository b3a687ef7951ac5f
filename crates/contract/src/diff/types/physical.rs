//! Physical types of all databases in one form, with their parameters.

use super::Logical;
use crate::compile::split_top;

/// Types in brackets nested deeper than this are compared by their text.
const DEPTH_MAX: usize = 16;

/// A type as a source declares it. `None` for a parameter means without limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Physical {
    Boolean,
    Integer {
        bits: u16,
        signed: bool,
    },
    Float {
        bits: u16,
    },
    Decimal(Option<(u32, i32)>),
    Text {
        length: Option<u64>,
        fixed: bool,
    },
    Binary {
        length: Option<u64>,
        fixed: bool,
    },
    Date,
    Time {
        digits: Option<u64>,
        zoned: bool,
    },
    Timestamp {
        digits: Option<u64>,
        zoned: bool,
    },
    Uuid,
    Json,
    List(Box<Physical>),
    Map(Box<Physical>, Box<Physical>),
    Struct(Vec<(String, Physical)>),
    /// A type that is not known, without case and white space.
    Other(String),
}

impl Physical {
    pub fn logical(&self) -> Option<Logical> {
        Some(match self {
            Self::Boolean => Logical::Boolean,
            Self::Integer { .. } => Logical::Integer,
            Self::Float { .. } => Logical::Number,
            Self::Decimal(Some((_, 0))) => Logical::Integer,
            Self::Decimal(_) => Logical::Number,
            Self::Text { .. } | Self::Uuid => Logical::String,
            Self::Date => Logical::Date,
            Self::Time { .. } => Logical::Time,
            Self::Timestamp { .. } => Logical::Timestamp,
            Self::List(_) => Logical::Array,
            Self::Map(..) => Logical::Map,
            Self::Struct(_) => Logical::Object,
            Self::Binary { .. } | Self::Json | Self::Other(_) => return None,
        })
    }

    /// Whether this is the same kind of type with room for all values of the other: the promotions of Iceberg, and lengths.
    pub fn widens(&self, narrow: &Self) -> bool {
        match (narrow, self) {
            (Self::Integer { bits: from, signed: a }, Self::Integer { bits: to, signed: b }) => {
                if a == b {
                    from <= to
                } else {
                    *b && from < to
                }
            }
            (Self::Float { bits: from }, Self::Float { bits: to }) => from <= to,
            (Self::Decimal(from), Self::Decimal(to)) => decimal_fits(*from, *to),
            (Self::Text { length: from, fixed: a }, Self::Text { length: to, fixed: b })
            | (Self::Binary { length: from, fixed: a }, Self::Binary { length: to, fixed: b }) => {
                fits(*from, *to) && (*a || !*b)
            }
            (Self::Time { digits: from, zoned: a }, Self::Time { digits: to, zoned: b })
            | (Self::Timestamp { digits: from, zoned: a }, Self::Timestamp { digits: to, zoned: b }) => {
                a == b && fits(*from, *to)
            }
            (Self::List(from), Self::List(to)) => to.widens(from) || from == to,
            (Self::Map(from_key, from), Self::Map(to_key, to)) => from_key == to_key && (to.widens(from) || from == to),
            (Self::Struct(from), Self::Struct(to)) => from.iter().all(|(name, narrow)| {
                let wide = to.iter().find(|(other, _)| other == name);
                wide.is_some_and(|(_, wide)| wide == narrow || wide.widens(narrow))
            }),
            (one, other) => one == other,
        }
    }

    /// Whether all values of another kind of type can be held without loss.
    pub fn holds(&self, other: &Self) -> bool {
        match (other, self) {
            (Self::Integer { bits, signed }, Self::Decimal(to)) => {
                let digits = whole_digits(*bits, *signed);
                decimal_fits(Some((digits, 0)), *to)
            }
            (Self::Integer { bits, .. }, Self::Float { bits: to }) => {
                if *to >= 64 {
                    *bits <= 32
                } else {
                    *bits <= 16
                }
            }
            (Self::Uuid, Self::Text { length, .. }) => length.is_none_or(|length| length >= 36),
            (Self::Json, Self::Text { length: None, .. }) => true,
            (Self::Date, Self::Timestamp { zoned: false, .. }) => true,
            _ => false,
        }
    }
}

fn fits(from: Option<u64>, to: Option<u64>) -> bool {
    match (from, to) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(from), Some(to)) => from <= to,
    }
}

fn decimal_fits(from: Option<(u32, i32)>, to: Option<(u32, i32)>) -> bool {
    let (Some((precision, scale)), Some((new_precision, new_scale))) = (from, to) else { return to.is_none() };
    let whole = |precision: u32, scale: i32| i64::from(precision) - i64::from(scale);
    new_scale >= scale && whole(new_precision, new_scale) >= whole(precision, scale)
}

fn whole_digits(bits: u16, signed: bool) -> u32 {
    match (bits, signed) {
        (..=8, _) => 3,
        (16, _) => 5,
        (24, _) => 8,
        (32, _) => 10,
        (64, true) => 19,
        (64, false) => 20,
        _ => 39,
    }
}

/// Understands what it can; the rest is `Other`.
pub(super) fn parse(text: &str) -> Physical {
    parse_nested(text, 0).unwrap_or_else(|| Physical::Other(plain(text)))
}

fn plain(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ").replace(" (", "(").replace(", ", ",")
}

fn parse_nested(text: &str, depth: usize) -> Option<Physical> {
    if depth > DEPTH_MAX {
        return None;
    }
    let text = text.trim();
    let inner = |text: &str| parse_nested(text, depth + 1).unwrap_or_else(|| Physical::Other(plain(text)));
    if let Some(item) = text.strip_suffix("[]") {
        return Some(Physical::List(Box::new(inner(item))));
    }
    let Some((name, arguments)) = generic(text) else { return scalar(text) };
    let arguments = split_top(arguments);
    match (name.trim().to_ascii_lowercase().as_str(), arguments.as_slice()) {
        ("array" | "list", [item]) => Some(Physical::List(Box::new(inner(item)))),
        ("map", [key, value]) => Some(Physical::Map(Box::new(inner(key)), Box::new(inner(value)))),
        ("struct" | "row" | "record", fields) => {
            let named = |field: &&str| {
                let (name, of) = field.trim().split_once([':', ' '])?;
                Some((name.trim().to_owned(), inner(of)))
            };
            fields.iter().map(named).collect::<Option<Vec<_>>>().map(Physical::Struct)
        }
        _ => None,
    }
}

/// `array<int>`, and `array(int)` where the name is that of a nested type.
fn generic(text: &str) -> Option<(&str, &str)> {
    if let Some(parts) = text.strip_suffix('>').and_then(|text| text.split_once('<')) {
        return Some(parts);
    }
    let (name, rest) = text.strip_suffix(')')?.split_once('(')?;
    let is_nested =
        ["array", "list", "map", "row", "struct", "record"].contains(&name.trim().to_ascii_lowercase().as_str());
    is_nested.then_some((name, rest))
}

fn scalar(text: &str) -> Option<Physical> {
    let lower = plain(text);
    let (name, arguments, suffix) = parts(&lower)?;
    let full = if suffix.is_empty() { name.to_owned() } else { format!("{name} {suffix}") };
    let first = arguments.first().copied();
    let length = first.and_then(|value| u64::try_from(value).ok());
    let integer = |bits, signed| Some(Physical::Integer { bits, signed });
    match full.as_str() {
        "boolean" | "bool" => Some(Physical::Boolean),
        "bit" if first.is_none_or(|bits| bits == 1) => Some(Physical::Boolean),
        "byte" | "tinyint" => integer(8, true),
        "smallint" | "int16" | "int2" | "short" | "smallserial" => integer(16, true),
        "mediumint" => integer(24, true),
        "int" | "integer" | "int4" | "int32" | "serial" | "signed" => integer(32, true),
        // PostgreSQL counts bytes: its int8 has 64 bits.
        "bigint" | "int64" | "int8" | "long" | "bigserial" => integer(64, true),
        "hugeint" | "int128" => integer(128, true),
        "tinyint unsigned" | "utinyint" | "uint8" => integer(8, false),
        "smallint unsigned" | "usmallint" | "uint16" => integer(16, false),
        "int unsigned" | "integer unsigned" | "uinteger" | "uint32" => integer(32, false),
        "bigint unsigned" | "ubigint" | "uint64" => integer(64, false),
        "real" | "float4" | "float32" | "binary_float" => Some(Physical::Float { bits: 32 }),
        "float" => Some(Physical::Float { bits: if first.is_some_and(|bits| bits > 24) { 64 } else { 32 } }),
        "double" | "double precision" | "float8" | "float64" | "binary_double" => Some(Physical::Float { bits: 64 }),
        "decimal" | "numeric" | "number" | "dec" | "fixed" | "bignumeric" => decimal(&arguments),
        "varchar"
        | "character varying"
        | "nvarchar"
        | "varchar2"
        | "nvarchar2"
        | "string"
        | "char varying"
        | "national character varying" => Some(Physical::Text { length, fixed: false }),
        "text" | "clob" | "nclob" | "ntext" | "longtext" | "mediumtext" | "str" | "utf8" => {
            Some(Physical::Text { length: None, fixed: false })
        }
        "char" | "character" | "nchar" | "bpchar" => Some(Physical::Text { length: length.or(Some(1)), fixed: true }),
        "binary" | "fixed_len_byte_array" => Some(Physical::Binary { length, fixed: length.is_some() }),
        "varbinary" | "binary varying" | "bytes" | "raw" => Some(Physical::Binary { length, fixed: false }),
        "bytea" | "blob" | "longblob" | "mediumblob" | "image" => Some(Physical::Binary { length: None, fixed: false }),
        "date" => Some(Physical::Date),
        "time" | "time without time zone" => Some(Physical::Time { digits: length, zoned: false }),
        "timetz" | "time with time zone" => Some(Physical::Time { digits: length, zoned: true }),
        "timestamp" | "timestamp without time zone" | "timestamp_ntz" | "timestampntz" | "datetime" | "datetime2" => {
            Some(Physical::Timestamp { digits: length, zoned: false })
        }
        "timestamptz"
        | "timestamp with time zone"
        | "timestamp_tz"
        | "timestamp_ltz"
        | "timestampltz"
        | "timestamp with local time zone"
        | "datetimeoffset" => Some(Physical::Timestamp { digits: length, zoned: true }),
        "uuid" | "uniqueidentifier" => Some(Physical::Uuid),
        "json" | "jsonb" => Some(Physical::Json),
        _ => None,
    }
}

/// `timestamp(6) with time zone` is the name `timestamp`, the argument 6, and the rest. `max` is no limit.
fn parts(text: &str) -> Option<(&str, Vec<i64>, &str)> {
    let Some((name, rest)) = text.split_once('(') else { return Some((text, Vec::new(), "")) };
    let (inner, suffix) = rest.split_once(')')?;
    if inner.trim() == "max" {
        return Some((name.trim(), Vec::new(), suffix.trim()));
    }
    let number = |part: &str| part.split_whitespace().next().and_then(|part| part.parse().ok());
    let arguments: Option<Vec<i64>> = inner.split(',').map(number).collect();
    Some((name.trim(), arguments?, suffix.trim()))
}

fn decimal(arguments: &[i64]) -> Option<Physical> {
    let (precision, scale) = match arguments {
        [] => return Some(Physical::Decimal(None)),
        [precision] => (*precision, 0),
        [precision, scale, ..] => (*precision, *scale),
    };
    Some(Physical::Decimal(Some((u32::try_from(precision).ok()?, i32::try_from(scale).ok()?))))
}
