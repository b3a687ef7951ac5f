//! How a contract's types look as Arrow columns in memory.

use std::sync::Arc;

use contract::{Check, Column, DataType, Dataset, Rule, Severity};
use datafusion::arrow::datatypes::{DataType as ArrowType, Field, Fields, Schema, SchemaRef, TimeUnit};

/// The zone that instants are stored in.
pub const UTC: &str = "UTC";

/// Whether a schema says what the contract requires, or leaves it open because rows are still to be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nullable {
    All,
    AsContract,
}

/// Text and bytes are views, because rows are refused and filtered without copying what stays. Names inside lists and maps
/// are those that Delta tables use.
pub fn arrow_type(data_type: &DataType) -> ArrowType {
    match data_type {
        DataType::Boolean => ArrowType::Boolean,
        DataType::Integer { bits, signed } => integer(*bits, *signed),
        DataType::Float { bits: 32 } => ArrowType::Float32,
        DataType::Float { .. } => ArrowType::Float64,
        DataType::Decimal { precision, scale } if *precision <= 38 => ArrowType::Decimal128(*precision, *scale),
        DataType::Decimal { precision, scale } => ArrowType::Decimal256(*precision, *scale),
        DataType::String => ArrowType::Utf8View,
        DataType::Binary => ArrowType::BinaryView,
        DataType::Date => ArrowType::Date32,
        DataType::Time => ArrowType::Time64(TimeUnit::Microsecond),
        DataType::Timestamp { zoned } => ArrowType::Timestamp(TimeUnit::Microsecond, zoned.then(|| UTC.into())),
        DataType::List(item) => ArrowType::List(Arc::new(Field::new("element", arrow_type(item), true))),
        DataType::Struct(fields) => ArrowType::Struct(
            fields.iter().map(|field| Field::new(&field.name, arrow_type(&field.data_type), true)).collect::<Fields>(),
        ),
        DataType::Map(key, value) => map(arrow_type(key), arrow_type(value)),
    }
}

/// The dataset's columns in the contract's order.
pub fn arrow_schema(dataset: &Dataset, nullable: Nullable) -> SchemaRef {
    let fields = dataset.columns.iter().map(|column| {
        let open = nullable == Nullable::All || !certain(dataset, column);
        Field::new(&column.name, arrow_type(&column.data_type), open)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Whether no row with NULL in this column is let through: a requirement that only warns lets it through.
fn certain(dataset: &Dataset, column: &Column) -> bool {
    let warns = |check: &Check| {
        check.severity == Severity::Warning
            && matches!(&check.rule, Rule::Required { column: of } if *of == column.name)
    };
    column.required && !dataset.checks.iter().any(warns)
}

fn integer(bits: u8, signed: bool) -> ArrowType {
    match (bits, signed) {
        (8, true) => ArrowType::Int8,
        (16, true) => ArrowType::Int16,
        (32, true) => ArrowType::Int32,
        (_, true) => ArrowType::Int64,
        (8, false) => ArrowType::UInt8,
        (16, false) => ArrowType::UInt16,
        (32, false) => ArrowType::UInt32,
        (_, false) => ArrowType::UInt64,
    }
}

fn map(key: ArrowType, value: ArrowType) -> ArrowType {
    let entry = Fields::from(vec![Field::new("key", key, false), Field::new("value", value, true)]);
    ArrowType::Map(Arc::new(Field::new("key_value", ArrowType::Struct(entry), false)), false)
}

/// An Arrow type in the words of contracts.
pub fn type_name(data_type: &ArrowType) -> String {
    let word = match data_type {
        ArrowType::Boolean => "boolean",
        ArrowType::Int8 => "i8",
        ArrowType::Int16 => "i16",
        ArrowType::Int32 => "i32",
        ArrowType::Int64 => "i64",
        ArrowType::UInt8 => "u8",
        ArrowType::UInt16 => "u16",
        ArrowType::UInt32 => "u32",
        ArrowType::UInt64 => "u64",
        ArrowType::Float32 => "f32",
        ArrowType::Float64 => "f64",
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => "string",
        ArrowType::Binary | ArrowType::LargeBinary | ArrowType::BinaryView => "binary",
        ArrowType::Date32 | ArrowType::Date64 => "date",
        ArrowType::Time32(_) | ArrowType::Time64(_) => "time",
        ArrowType::Timestamp(_, Some(_)) => "timestamp with time zone",
        ArrowType::Timestamp(_, None) => "timestamp without time zone",
        ArrowType::Decimal128(precision, scale) | ArrowType::Decimal256(precision, scale) => {
            return format!("decimal({precision},{scale})");
        }
        ArrowType::List(item) | ArrowType::LargeList(item) => return format!("list<{}>", type_name(item.data_type())),
        other => return other.to_string(),
    };
    word.to_owned()
}
