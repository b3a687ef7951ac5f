//! Physical types of all databases in one form, with their parameters.

mod scalar;

use super::Logical;
use super::dialect::Dialect;
use crate::compile::split_top;
use crate::data_type::DataType;

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
        /// Shorter values are filled with blanks.
        fixed: bool,
        /// The length counts bytes, not characters.
        bytes: bool,
        /// Any character, where the database's other texts have a code page.
        national: bool,
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
    /// What a compiled type is among them. Order and need of fields are told elsewhere.
    pub fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Boolean => Self::Boolean,
            DataType::Integer { bits, signed } => Self::Integer { bits: u16::from(*bits), signed: *signed },
            DataType::Float { bits } => Self::Float { bits: u16::from(*bits) },
            DataType::Decimal { precision, scale } => Self::Decimal(Some((u32::from(*precision), i32::from(*scale)))),
            DataType::String => Self::text(),
            DataType::Binary => Self::Binary { length: None, fixed: false },
            DataType::Date => Self::Date,
            DataType::Time => Self::Time { digits: Some(6), zoned: false },
            DataType::Timestamp { zoned } => Self::Timestamp { digits: Some(6), zoned: *zoned },
            DataType::List(item) => Self::List(Box::new(Self::of(item))),
            DataType::Map(key, value) => Self::Map(Box::new(Self::of(key)), Box::new(Self::of(value))),
            DataType::Struct(fields) => {
                Self::Struct(fields.iter().map(|field| (field.name.clone(), Self::of(&field.data_type))).collect())
            }
        }
    }

    fn text() -> Self {
        Self::Text { length: None, fixed: false, bytes: false, national: false }
    }

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
            (Self::Text { fixed: a, national, .. }, Self::Text { fixed: b, national: wide, .. }) => {
                text_fits(narrow, self) && (*a || !*b) && (!national || *wide)
            }
            (Self::Binary { length: from, fixed: a }, Self::Binary { length: to, fixed: b }) => {
                fits(*from, *to) && (*a || !*b)
            }
            (Self::Time { digits: from, zoned: a }, Self::Time { digits: to, zoned: b })
            | (Self::Timestamp { digits: from, zoned: a }, Self::Timestamp { digits: to, zoned: b }) => {
                a == b && fits(*from, *to)
            }
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
            // Iceberg allows it since v3, Delta as a widened type; those who read dates meet a time of day all the same.
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

/// Whether the length of a text is enough for all texts of another. A character is four bytes at most.
pub(super) fn text_fits(from: &Physical, to: &Physical) -> bool {
    let (Physical::Text { length: from, bytes: a, .. }, Physical::Text { length: to, bytes: b, .. }) = (from, to)
    else {
        return false;
    };
    match (a, b) {
        (false, true) => fits(from.map(|length| length.saturating_mul(4)), *to),
        _ => fits(*from, *to),
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
pub(super) fn parse(text: &str, dialect: Dialect) -> Physical {
    parse_nested(text, dialect, 0).unwrap_or_else(|| Physical::Other(plain(text)))
}

fn plain(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ").replace(" (", "(").replace(", ", ",")
}

fn parse_nested(text: &str, dialect: Dialect, depth: usize) -> Option<Physical> {
    if depth > DEPTH_MAX {
        return None;
    }
    let text = text.trim();
    let inner = |text: &str| parse_nested(text, dialect, depth + 1).unwrap_or_else(|| Physical::Other(plain(text)));
    if let Some(item) = text.strip_suffix("[]") {
        return Some(Physical::List(Box::new(inner(item))));
    }
    let Some((name, arguments)) = generic(text) else { return scalar::parse(&plain(text), dialect) };
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
