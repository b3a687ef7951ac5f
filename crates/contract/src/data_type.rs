//! The type of a column, as all engines understand it: ODCS `logicalType`, its options and `physicalType`, resolved once.

use serde::{Deserialize, Serialize};

/// A closed set; each engine maps it to its own types.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataType {
    Boolean,
    /// `bits` is 8, 16, 32 or 64. ODCS' i128 and u128 become `Decimal { 38, 0 }`.
    Integer {
        bits: u8,
        signed: bool,
    },
    /// `bits` is 32 or 64.
    Float {
        bits: u8,
    },
    Decimal {
        precision: u8,
        scale: i8,
    },
    String,
    Binary,
    /// Days, without time or zone.
    Date,
    /// Microseconds since midnight.
    Time,
    /// Microseconds since the epoch. `zoned`: an instant (stored as UTC); otherwise wall-clock time.
    Timestamp {
        zoned: bool,
    },
    List(Box<DataType>),
    Struct(Vec<Field>),
    Map(Box<DataType>, Box<DataType>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub data_type: DataType,
    pub required: bool,
}

impl std::fmt::Display for DataType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::Integer { bits, signed } => write!(f, "{}{bits}", if *signed { "i" } else { "u" }),
            Self::Float { bits } => write!(f, "f{bits}"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::String => f.write_str("string"),
            Self::Binary => f.write_str("binary"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::Timestamp { zoned: true } => f.write_str("timestamp with time zone"),
            Self::Timestamp { zoned: false } => f.write_str("timestamp without time zone"),
            Self::List(item) => write!(f, "list<{item}>"),
            Self::Struct(fields) => {
                f.write_str("struct<")?;
                for (i, field) in fields.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}{}: {}", field.name, field.data_type)?;
                }
                f.write_str(">")
            }
            Self::Map(key, value) => write!(f, "map<{key}, {value}>"),
        }
    }
}
