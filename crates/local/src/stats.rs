//! Delta's per-file statistics, from what Parquet recorded while the file was written.
//! <https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics>

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, SchemaRef};
use chrono::DateTime;
use deltalake::kernel::Add;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;
use serde_json::{Map, Value, json};

/// Delta's own default for how many leading columns are indexed.
const COLUMNS_MAX: usize = 32;

/// Rows of a data file; 0 when its writer did not say.
pub(crate) fn rows(add: &Add) -> u64 {
    parsed(add).get("numRecords").and_then(Value::as_u64).unwrap_or(0)
}

pub(crate) fn parsed(add: &Add) -> Value {
    add.stats.as_deref().and_then(|stats| serde_json::from_str(stats).ok()).unwrap_or(Value::Null)
}

/// NULLs of a column, by the name that files know, over several files; `None` when one file does not say.
pub(crate) fn nulls(files: &[Add], column: &str) -> Option<u64> {
    files.iter().map(|add| parsed(add)["nullCount"][column].as_u64()).sum()
}

/// Of a file whose values nothing may be told of.
pub(crate) fn rows_alone(metadata: &ParquetMetaData) -> String {
    json!({ "numRecords": metadata.file_metadata().num_rows() }).to_string()
}

/// The statistics of one written file as the text that an `add` action carries.
pub(crate) fn of(metadata: &ParquetMetaData, schema: &SchemaRef) -> String {
    let mut columns: BTreeMap<String, Column> = BTreeMap::new();
    for group in metadata.row_groups() {
        for chunk in group.columns() {
            let path = chunk.column_descr().path().parts();
            let [name] = path else { continue };
            let Some((index, field)) = schema.column_with_name(name) else { continue };
            if index >= COLUMNS_MAX {
                continue;
            }
            let column = columns.entry(name.clone()).or_insert_with(Column::new);
            match chunk.statistics() {
                Some(statistics) => column.add(statistics, field.data_type()),
                None => column.spoil(),
            }
        }
    }
    let (mut min, mut max, mut nulls) = (Map::new(), Map::new(), Map::new());
    for (name, column) in columns {
        if let Some(count) = column.nulls {
            nulls.insert(name.clone(), json!(count));
        }
        if let Some(value) = column.min.into_value() {
            min.insert(name.clone(), value);
        }
        if let Some(value) = column.max.into_value() {
            max.insert(name, value);
        }
    }
    let rows = metadata.file_metadata().num_rows();
    json!({ "numRecords": rows, "minValues": min, "maxValues": max, "nullCount": nulls }).to_string()
}

/// An end of a column's values over row groups: not seen yet, known, or not knowable.
enum End {
    Open,
    Known(Value),
    Unknown,
}

impl End {
    fn into_value(self) -> Option<Value> {
        match self {
            Self::Known(value) => Some(value),
            Self::Open | Self::Unknown => None,
        }
    }

    fn merge(&mut self, value: Option<Value>, keep: std::cmp::Ordering) {
        let Some(value) = value else {
            *self = Self::Unknown;
            return;
        };
        match self {
            Self::Open => *self = Self::Known(value),
            Self::Known(known) if compare(&value, known) == Some(keep) => *known = value,
            Self::Known(known) if compare(&value, known).is_none() => *self = Self::Unknown,
            Self::Known(_) | Self::Unknown => {}
        }
    }
}

struct Column {
    min: End,
    max: End,
    nulls: Option<u64>,
}

impl Column {
    fn new() -> Self {
        Self { min: End::Open, max: End::Open, nulls: Some(0) }
    }

    fn spoil(&mut self) {
        *self = Self { min: End::Unknown, max: End::Unknown, nulls: None };
    }

    fn add(&mut self, statistics: &Statistics, data_type: &DataType) {
        self.nulls = self.nulls.zip(statistics.null_count_opt()).map(|(sum, count)| sum + count);
        let (min, max) = ends(statistics, data_type);
        // A row group of NULLs alone has no ends and changes none.
        if min.is_some() || max.is_some() || statistics.null_count_opt().is_none() {
            self.min.merge(min, std::cmp::Ordering::Less);
            self.max.merge(max, std::cmp::Ordering::Greater);
        }
    }
}

fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn ends(statistics: &Statistics, data_type: &DataType) -> (Option<Value>, Option<Value>) {
    match statistics {
        Statistics::Int32(s) => (
            s.min_opt().and_then(|v| integer(i64::from(*v), data_type)),
            s.max_opt().and_then(|v| integer(i64::from(*v), data_type)),
        ),
        Statistics::Int64(s) => {
            (s.min_opt().and_then(|v| integer(*v, data_type)), s.max_opt().and_then(|v| integer(*v, data_type)))
        }
        Statistics::Float(s) => {
            (s.min_opt().and_then(|v| float(f64::from(*v))), s.max_opt().and_then(|v| float(f64::from(*v))))
        }
        Statistics::Double(s) => (s.min_opt().and_then(|v| float(*v)), s.max_opt().and_then(|v| float(*v))),
        Statistics::ByteArray(s) if matches!(data_type, DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8) => {
            let min = s.min_opt().filter(|_| s.min_is_exact()).and_then(|v| text(v.data()));
            let max = s.max_opt().filter(|_| s.max_is_exact()).and_then(|v| text(v.data()));
            (min, max)
        }
        _ => (None, None),
    }
}

/// Years beyond four digits would not sort as text.
fn integer(value: i64, data_type: &DataType) -> Option<Value> {
    let plain = |time: DateTime<chrono::Utc>, format: &str| {
        let text = time.format(format).to_string();
        (!text.starts_with(['+', '-'])).then_some(Value::String(text))
    };
    match data_type {
        DataType::Date32 => plain(DateTime::from_timestamp(value.checked_mul(86_400)?, 0)?, "%Y-%m-%d"),
        DataType::Timestamp(_, zone) => {
            let format = if zone.is_some() { "%Y-%m-%dT%H:%M:%S%.6fZ" } else { "%Y-%m-%dT%H:%M:%S%.6f" };
            plain(DateTime::from_timestamp_micros(value)?, format)
        }
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Some(json!(value)),
        _ => None,
    }
}

fn float(value: f64) -> Option<Value> {
    value.is_finite().then(|| json!(value))
}

fn text(bytes: &[u8]) -> Option<Value> {
    std::str::from_utf8(bytes).ok().map(|text| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests;
