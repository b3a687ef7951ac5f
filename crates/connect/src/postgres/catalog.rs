//! What the server's catalog says of a table: its columns, their types, and how their values are read.

use contract::DataType;
use engine::probe::{InDatabase, TABLE};
use engine::{Error, Kind, Result};

use super::identifier;
use super::session::Session;

/// Digits that a decimal may have.
const DIGITS_MAX: i64 = 38;
/// The first version with infinite numbers.
const INFINITE_NUMBERS: u32 = 140_000;

/// A table as the catalog has it.
pub struct Table {
    /// Quoted, with its schema.
    pub name: String,
    pub columns: Vec<Column>,
}

pub struct Column {
    pub name: String,
    /// In the server's words: `character varying(10)`.
    pub shown: String,
    pub kind: Option<Reading>,
}

/// As what the values of a column are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub data_type: DataType,
    /// What is read, in SQL.
    pub read: String,
    pub in_database: InDatabase,
}

const COLUMNS: &str = "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), \
    coalesce(b.typname, t.typname)::text, coalesce(b.typtype, t.typtype)::text, \
    CASE WHEN b.oid IS NULL THEN a.atttypmod ELSE t.typtypmod END, \
    e.typname::text, e.typtype::text \
    FROM pg_catalog.pg_attribute a \
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
    LEFT JOIN pg_catalog.pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype \
    LEFT JOIN pg_catalog.pg_type e ON coalesce(b.typcategory, t.typcategory) = 'A' AND e.oid = coalesce(b.typelem, t.typelem) \
    WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

/// Looks the table up; without a schema, where the role's search path finds it.
pub fn table(session: &mut Session, schema: Option<&str>, table: &str, place: &str) -> Result<Table> {
    let wanted = match schema {
        Some(schema) => format!("{}.{}", identifier(schema), identifier(table)),
        None => identifier(table),
    };
    let relation = relation(session, &wanted)?;
    // A name that was written in capitals and made without quotes stands in the catalog in small letters.
    let small = wanted.to_lowercase();
    let relation = match relation {
        Some(found) => Some(found),
        None if small != wanted => self::relation(session, &small)?,
        None => None,
    };
    let Some((oid, name)) = relation else {
        return Err(Error::new(Kind::Input, format!("the database has no table {wanted} that this role may see"))
            .at(place)
            .help("name it with ?table=schema.table at the end of the URL, or with physicalName in the contract"));
    };
    let version = version(session)?;
    let utf8 = setting(session, "server_encoding")?.as_deref() == Some("UTF8");
    let rows = session.client()?.query(COLUMNS, &[&oid]);
    let rows = rows.map_err(|error| session.failed(&error))?;
    let mut columns = Vec::with_capacity(rows.len());
    for row in &rows {
        let (column, shown): (String, String) = (row.get(0), row.get(1));
        let (type_name, type_type): (String, String) = (row.get(2), row.get(3));
        let modifier: i32 = row.get(4);
        let (element, element_type): (Option<String>, Option<String>) = (row.get(5), row.get(6));
        let value = format!("{TABLE}.{}", identifier(&column));
        let kind = match (&element, &element_type) {
            (Some(element), Some(element_type)) => array(&value, element, element_type),
            _ => scalar(&value, &type_name, &type_type, modifier, version),
        };
        columns.push(Column { name: column, shown, kind: kind.map(|kind| if utf8 { kind } else { foreign(kind) }) });
    }
    let mut table = Table { name, columns };
    measure(session, &mut table, version)?;
    Ok(table)
}

fn relation(session: &mut Session, wanted: &str) -> Result<Option<(u32, String)>> {
    let sql = "SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_catalog.pg_class c \
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'v', 'm', 'f', 'p')";
    let rows = session.client()?.query(sql, &[&wanted]);
    let rows = rows.map_err(|error| session.failed(&error))?;
    Ok(rows.first().map(|row| (row.get(0), row.get(1))))
}

fn setting(session: &mut Session, name: &str) -> Result<Option<String>> {
    let row = session.row(&format!("SELECT current_setting('{name}')"))?;
    Ok(row.ok().and_then(|row| row.into_iter().next().flatten()))
}

fn version(session: &mut Session) -> Result<u32> {
    Ok(setting(session, "server_version_num")?.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Texts of a server that does not keep them in UTF-8 are read, not compared there.
fn foreign(kind: Reading) -> Reading {
    if kind.data_type != DataType::String {
        return kind;
    }
    Reading { in_database: InDatabase { value: None, groups: false, ..kind.in_database }, ..kind }
}

fn kind(data_type: DataType, read: String, value: String, unfit: Option<String>, groups: bool) -> Reading {
    let in_database = InDatabase { value: Some(value), data_type: data_type.clone(), unfit, groups };
    Reading { data_type, read, in_database }
}

fn text(value: &str) -> Reading {
    kind(DataType::String, format!("{value}::text"), format!("({value}::text COLLATE \"C\")"), None, true)
}

fn scalar(value: &str, type_name: &str, type_type: &str, modifier: i32, version: u32) -> Option<Reading> {
    let plain = |data_type| Some(kind(data_type, value.to_owned(), value.to_owned(), None, true));
    let integer = |bits| plain(DataType::Integer { bits, signed: true });
    let moment = |data_type| {
        let unfit = format!("({value} IS NOT NULL AND NOT isfinite({value}))");
        Some(kind(data_type, value.to_owned(), value.to_owned(), Some(unfit), true))
    };
    // Zeros of both signs are one group there and two here.
    let float = |bits| Some(kind(DataType::Float { bits }, value.to_owned(), value.to_owned(), None, false));
    match (type_name, type_type) {
        (_, "e") => Some(text(value)),
        ("bool", _) => plain(DataType::Boolean),
        ("int2", _) => integer(16),
        ("int4", _) => integer(32),
        ("int8", _) => integer(64),
        ("float4", _) => float(32),
        ("float8", _) => float(64),
        ("numeric", _) => Some(number(value, modifier, version)),
        (
            "text" | "varchar" | "bpchar" | "name" | "uuid" | "json" | "jsonb" | "xml" | "citext" | "inet" | "cidr",
            _,
        ) => Some(text(value)),
        ("bytea", _) => plain(DataType::Binary),
        ("date", _) => moment(DataType::Date),
        ("time", _) => plain(DataType::Time),
        ("timestamp", _) => moment(DataType::Timestamp { zoned: false }),
        ("timestamptz", _) => moment(DataType::Timestamp { zoned: true }),
        _ => None,
    }
}

/// Numbers that do not say how long they are get their scale when the table has been measured.
fn number(value: &str, modifier: i32, version: u32) -> Reading {
    let (precision, scale) = match modifier {
        4.. => ((modifier - 4) >> 16 & 0xFFFF, (((modifier - 4) & 0x7FF) ^ 0x400) - 0x400),
        _ => (0, 0),
    };
    let fits = i64::from(precision) <= DIGITS_MAX && precision > 0 && (0..=precision).contains(&scale);
    let special = match fits || version < INFINITE_NUMBERS {
        true => "'NaN'",
        false => "'NaN', 'Infinity', '-Infinity'",
    };
    let unfit = format!("({value} IS NOT NULL AND {value} IN ({special}))");
    let byte = |number: i32| u8::try_from(number).unwrap_or(0);
    let data_type = match fits {
        true => DataType::Decimal { precision: byte(precision), scale: i8::try_from(scale).unwrap_or(0) },
        false => DataType::Decimal { precision: 0, scale: 0 },
    };
    kind(data_type, value.to_owned(), value.to_owned(), Some(unfit), true)
}

fn array(value: &str, element: &str, element_type: &str) -> Option<Reading> {
    let (item, cast) = match (element, element_type) {
        (_, "e") => (DataType::String, Some("text[]")),
        ("bool", _) => (DataType::Boolean, None),
        ("int2", _) => (DataType::Integer { bits: 16, signed: true }, None),
        ("int4", _) => (DataType::Integer { bits: 32, signed: true }, None),
        ("int8", _) => (DataType::Integer { bits: 64, signed: true }, None),
        ("float4", _) => (DataType::Float { bits: 32 }, None),
        ("float8", _) => (DataType::Float { bits: 64 }, None),
        ("text" | "varchar" | "bpchar" | "uuid" | "citext", _) => (DataType::String, Some("text[]")),
        ("date", _) => (DataType::Date, None),
        ("timestamp", _) => (DataType::Timestamp { zoned: false }, None),
        ("timestamptz", _) => (DataType::Timestamp { zoned: true }, None),
        _ => return None,
    };
    let read = cast.map_or_else(|| value.to_owned(), |cast| format!("{value}::{cast}"));
    Some(kind(DataType::List(Box::new(item)), read, value.to_owned(), None, false))
}

/// The scale of numbers that do not say it: the longest that there is. Those that no decimal holds are not read.
fn measure(session: &mut Session, table: &mut Table, version: u32) -> Result<()> {
    let open = |column: &Column| {
        let kind = column.kind.as_ref()?;
        (kind.data_type == DataType::Decimal { precision: 0, scale: 0 }).then(|| kind.read.clone())
    };
    let special = if version < INFINITE_NUMBERS { "'NaN'" } else { "'NaN', 'Infinity', '-Infinity'" };
    let places: Vec<(usize, String)> =
        table.columns.iter().enumerate().filter_map(|(at, column)| Some((at, open(column)?))).collect();
    if places.is_empty() {
        return Ok(());
    }
    let measures = places.iter().map(|(_, value)| {
        format!(
            "max(scale({value})) FILTER (WHERE {value} NOT IN ({special})), \
             max(length(trunc(abs({value}))::text)) FILTER (WHERE {value} NOT IN ({special}))"
        )
    });
    let sql = format!("SELECT {} FROM {} AS {TABLE}", measures.collect::<Vec<_>>().join(", "), table.name);
    let measured = session.row(&sql)?.map_err(|told| {
        Error::new(Kind::Refused, format!("the table {} cannot be read: {told}", table.name))
            .help("give this role the right to SELECT from it")
    })?;
    let number = |at: usize| measured.get(at).and_then(|text| text.as_ref()?.parse::<i64>().ok()).unwrap_or(0);
    for (nth, (at, _)) in places.iter().enumerate() {
        let (scale, whole) = (number(nth * 2), number(nth * 2 + 1));
        let Some(column) = table.columns.get_mut(*at) else { continue };
        match i8::try_from(scale) {
            Ok(scale) if i64::from(scale) + whole <= DIGITS_MAX => {
                let data_type = DataType::Decimal { precision: 38, scale };
                if let Some(kind) = &mut column.kind {
                    kind.in_database.data_type = data_type.clone();
                    kind.data_type = data_type;
                }
            }
            _ => column.kind = None,
        }
    }
    Ok(())
}
