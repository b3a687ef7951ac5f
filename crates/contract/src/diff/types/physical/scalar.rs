//! Types without parts by their names.

use super::{Dialect, Physical};

/// `text` is in lower case, with single blanks.
pub(super) fn parse(text: &str, dialect: Dialect) -> Option<Physical> {
    let written = Written::read(text)?;
    let name = written.name.as_str();
    number(name, &written, dialect)
        .or_else(|| text_or_bytes(name, &written, dialect))
        .or_else(|| moment(name, &written, dialect))
        .or_else(|| {
            Some(match name {
                "boolean" | "bool" => Physical::Boolean,
                "bit" if written.first.is_none_or(|bits| bits == 1) => Physical::Boolean,
                "uuid" | "uniqueidentifier" => Physical::Uuid,
                "json" | "jsonb" => Physical::Json,
                _ => return None,
            })
        })
}

/// `timestamp(6) with time zone` is the name `timestamp with time zone` and the argument 6. `max` is no limit.
struct Written {
    name: String,
    first: Option<i64>,
    second: Option<i64>,
    /// The unit behind the first argument: `10 char`.
    unit: Option<String>,
    is_max: bool,
}

impl Written {
    fn read(text: &str) -> Option<Self> {
        let none = |name: &str, is_max| Self { name: name.to_owned(), first: None, second: None, unit: None, is_max };
        let Some((name, rest)) = text.split_once('(') else { return Some(none(text, false)) };
        let (inner, suffix) = rest.split_once(')')?;
        let name = format!("{} {}", name.trim(), suffix.trim()).trim().to_owned();
        if inner.trim() == "max" {
            return Some(none(&name, true));
        }
        let number = |part: &str| part.split_whitespace().next().and_then(|part| part.parse::<i64>().ok());
        let arguments: Option<Vec<i64>> = inner.split(',').map(number).collect();
        let arguments = arguments?;
        let unit = inner.split_whitespace().nth(1).map(str::to_owned);
        Some(Self { name, first: arguments.first().copied(), second: arguments.get(1).copied(), unit, is_max: false })
    }

    fn length(&self) -> Option<u64> {
        self.first.and_then(|value| u64::try_from(value).ok())
    }
}

fn number(name: &str, written: &Written, dialect: Dialect) -> Option<Physical> {
    let integer = |usual, signed| {
        Some(match dialect.integer_bits(usual) {
            Some(bits) => Physical::Integer { bits, signed },
            None => Physical::Decimal(Some((38, 0))),
        })
    };
    // What counts bits in its name means them.
    let exact = |bits, signed| Some(Physical::Integer { bits, signed });
    let float = |bits| Some(Physical::Float { bits });
    match name {
        "tinyint" => integer(8, dialect.tinyint_is_signed()),
        "byte" | "byteint" => integer(8, true),
        "smallint" | "int2" | "short" | "smallserial" => integer(16, true),
        "mediumint" => integer(24, true),
        "int" | "integer" | "int4" | "serial" | "signed" => integer(32, true),
        "bigint" | "long" | "bigserial" => integer(64, true),
        "int16" => exact(16, true),
        "int32" => exact(32, true),
        "int64" => exact(64, true),
        "int8" => exact(dialect.int8_bits(), true),
        "hugeint" | "int128" => exact(128, true),
        "tinyint unsigned" | "utinyint" | "uint8" => exact(8, false),
        "smallint unsigned" | "usmallint" | "uint16" => exact(16, false),
        "int unsigned" | "integer unsigned" | "uinteger" | "uint32" => exact(32, false),
        "bigint unsigned" | "ubigint" | "uint64" => exact(64, false),
        "real" => float(dialect.real_bits()),
        "float4" => float(dialect.float4_bits()),
        "float32" | "binary_float" => float(32),
        // SQL counts a float's bits: up to 24 fit a single one.
        "float" => float(written.first.map_or(dialect.float_bits(), |bits| if bits > 24 { 64 } else { 32 })),
        "double" | "double precision" | "float8" | "float64" | "binary_double" => float(64),
        "decimal" | "numeric" | "number" | "dec" | "fixed" | "bignumeric" | "bigdecimal" => decimal(written, dialect),
        _ => None,
    }
}

fn decimal(written: &Written, dialect: Dialect) -> Option<Physical> {
    let Some(precision) = written.first else { return Some(Physical::Decimal(dialect.decimal(&written.name))) };
    let scale = written.second.unwrap_or(0);
    Some(Physical::Decimal(Some((u32::try_from(precision).ok()?, i32::try_from(scale).ok()?))))
}

fn text_or_bytes(name: &str, written: &Written, dialect: Dialect) -> Option<Physical> {
    let length = written.length();
    let national = dialect.has_national_texts();
    let text = |length: Option<u64>, fixed: bool, national: bool| {
        let bytes = length.is_some()
            && match written.unit.as_deref() {
                Some(unit) => unit.starts_with("byte") || unit.starts_with("octet"),
                None => dialect.counts_bytes() && !national,
            };
        Some(Physical::Text { length, fixed: fixed && dialect.pads(), bytes, national })
    };
    let varying = |national| {
        let length = length.or(if written.is_max { None } else { dialect.varchar_length() });
        text(length, false, national)
    };
    let large = || {
        let length = dialect.text_bytes(name);
        Some(Physical::Text { length, fixed: false, bytes: length.is_some(), national: false })
    };
    match name {
        "varchar" | "character varying" | "varchar2" | "char varying" => varying(false),
        "nvarchar" | "nvarchar2" | "national character varying" | "national char varying" => varying(national),
        "string" => text(length, false, false),
        "text" | "tinytext" | "mediumtext" | "longtext" | "clob" | "str" | "utf8" => large(),
        "nclob" | "ntext" => text(None, false, national),
        "char" | "character" | "bpchar" => text(length.or(Some(1)), true, false),
        "nchar" | "national character" | "national char" => text(length.or(Some(1)), true, national),
        "binary" | "fixed_len_byte_array" => Some(Physical::Binary { length, fixed: length.is_some() }),
        "varbinary" | "binary varying" | "bytes" | "raw" => Some(Physical::Binary { length, fixed: false }),
        "bytea" | "blob" | "tinyblob" | "mediumblob" | "longblob" | "image" => {
            Some(Physical::Binary { length: dialect.text_bytes(name), fixed: false })
        }
        _ => None,
    }
}

fn moment(name: &str, written: &Written, dialect: Dialect) -> Option<Physical> {
    let digits = Some(written.length().unwrap_or(dialect.second_digits()));
    let timestamp = |zoned| Some(Physical::Timestamp { digits, zoned });
    match name {
        "date" if dialect.date_has_time() => Some(Physical::Timestamp { digits: Some(0), zoned: false }),
        "date" => Some(Physical::Date),
        "time" | "time without time zone" => Some(Physical::Time { digits, zoned: false }),
        "timetz" | "time with time zone" => Some(Physical::Time { digits, zoned: true }),
        // SQL Server's is a version of the row.
        "timestamp" if dialect == Dialect::SqlServer => None,
        "timestamp" => timestamp(dialect.timestamp_is_zoned()),
        "datetime" if dialect == Dialect::ClickHouse => timestamp(true),
        "timestamp without time zone" | "timestamp_ntz" | "timestampntz" | "datetime" | "datetime2" => timestamp(false),
        "timestamptz"
        | "timestamp with time zone"
        | "timestamp_tz"
        | "timestamp_ltz"
        | "timestampltz"
        | "timestamp with local time zone"
        | "datetimeoffset" => timestamp(true),
        _ => None,
    }
}
