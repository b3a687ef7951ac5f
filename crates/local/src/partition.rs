//! Partition columns: derived from a dataset's columns by identity, time unit, hash bucket or range.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, RecordBatch, StringArray, UInt32Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Field, Int64Type, TimeUnit, TimestampMicrosecondType};
use arrow::row::{RowConverter, SortField};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::{DateTime, Datelike};
use engine::Result;
use pipeline::{PartitionBy, Transform};
use xxhash_rust::xxh3::xxh3_64;

use crate::error;

/// One partition's column values, in the order of the specification; `None` is NULL.
pub(crate) type Values = Vec<Option<String>>;

/// The partition column as the table's schema has it. Days are dates, months and hours texts that sort by time, years, buckets
/// and ranges integers.
pub(crate) fn field(by: &PartitionBy, column: &DataType) -> Field {
    let data_type = match by.transform {
        Transform::Identity => column.clone(),
        Transform::Day => DataType::Date32,
        Transform::Month | Transform::Hour => DataType::Utf8,
        Transform::Year | Transform::Bucket(_) | Transform::Range(_) => DataType::Int32,
    };
    Field::new(by.name(), data_type, true)
}

/// Splits a batch by partition. The pieces keep all columns.
pub(crate) fn split(batch: &RecordBatch, by: &[PartitionBy]) -> Result<Vec<(Values, RecordBatch)>> {
    let failed = |e| error::arrow("partitioning", e);
    let mut keys = Vec::with_capacity(by.len());
    for partition in by {
        let column = batch.column_by_name(&partition.column).ok_or_else(|| {
            engine::Error::new(engine::Kind::Bug, format!("partition column {} is not in the batch", partition.column))
        })?;
        keys.push(derive(column, &partition.transform).map_err(failed)?);
    }
    let fields = keys.iter().map(|key| SortField::new(key.data_type().clone())).collect();
    let rows = RowConverter::new(fields).and_then(|c| c.convert_columns(&keys)).map_err(failed)?;

    let mut groups: HashMap<&[u8], usize> = HashMap::new();
    let mut members: Vec<Vec<u32>> = Vec::new();
    let mut last: Option<(&[u8], usize)> = None;
    for (index, row) in (0u32..).zip(rows.iter()) {
        let data = row.data();
        let group = match last {
            Some((bytes, group)) if bytes == data => group,
            _ => *groups.entry(data).or_insert_with(|| {
                members.push(Vec::new());
                members.len() - 1
            }),
        };
        last = Some((data, group));
        members[group].push(index);
    }
    let mut pieces = Vec::with_capacity(members.len());
    for indices in members {
        let values = values(&keys, indices[0] as usize).map_err(failed)?;
        distinct_from_null(by, &values)?;
        let piece = if indices.len() == batch.num_rows() {
            batch.clone()
        } else {
            arrow::compute::take_record_batch(batch, &UInt32Array::from(indices)).map_err(failed)?
        };
        pieces.push((values, piece));
    }
    Ok(pieces)
}

/// Delta's protocol reads an empty text among partition values as NULL, so one that is written would come back as another value.
fn distinct_from_null(by: &[PartitionBy], values: &Values) -> Result<()> {
    let Some((empty, _)) = by.iter().zip(values).find(|(_, value)| value.as_deref() == Some("")) else { return Ok(()) };
    let column = &empty.column;
    Err(engine::Error::new(
        engine::Kind::Input,
        format!("`{column}` is an empty text in some rows, and a table partitioned by it cannot tell that from NULL"),
    )
    .help(format!("refuse such rows with `minLength: 1` in the contract, list \"\" in the source's null_values, or partition by {{ bucket: {column}, count: … }}")))
}

/// The values of one row as Delta serialises them.
fn values(keys: &[ArrayRef], row: usize) -> Result<Values, arrow::error::ArrowError> {
    let options = FormatOptions::new().with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%S%.6f"));
    keys.iter()
        .map(|key| {
            if key.is_null(row) {
                return Ok(None);
            }
            Ok(Some(ArrayFormatter::try_new(key.as_ref(), &options)?.value(row).to_string()))
        })
        .collect()
}

fn derive(column: &ArrayRef, transform: &Transform) -> Result<ArrayRef, arrow::error::ArrowError> {
    Ok(match transform {
        Transform::Identity => match column.data_type() {
            DataType::Utf8View => cast(column, &DataType::Utf8)?,
            _ => column.clone(),
        },
        Transform::Day => cast(column, &DataType::Date32)?,
        Transform::Month => texts(column, 0, |time| format!("{:04}-{:02}", time.year(), time.month()))?,
        Transform::Hour => texts(column, 1, |time| time.format("%Y-%m-%dT%H").to_string())?,
        Transform::Year => {
            let days = cast(column, &DataType::Date32)?;
            let years: Int32Array = days.as_primitive::<Date32Type>().iter().map(|day| day.and_then(year)).collect();
            Arc::new(years)
        }
        Transform::Bucket(count) => buckets(column, *count)?,
        Transform::Range(limits) => {
            let numbers = cast(column, &DataType::Int64)?;
            let index = |value: i64| i32::try_from(limits.partition_point(|limit| *limit <= value)).unwrap_or(i32::MAX);
            let ranges: Int32Array = numbers.as_primitive::<Int64Type>().iter().map(|value| value.map(index)).collect();
            Arc::new(ranges)
        }
    })
}

fn year(day: i32) -> Option<i32> {
    DateTime::from_timestamp(i64::from(day) * 86_400, 0).map(|time| time.year())
}

/// A text per time unit; runs of equal units are formatted once. `unit` 0 is the month, 1 the hour.
fn texts(
    column: &ArrayRef,
    unit: u8,
    text: impl Fn(DateTime<chrono::Utc>) -> String,
) -> Result<ArrayRef, arrow::error::ArrowError> {
    let micros = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
    let step = if unit == 0 { 86_400_000_000 } else { 3_600_000_000 };
    let mut known: HashMap<i64, Option<String>> = HashMap::new();
    let texts: StringArray = micros
        .as_primitive::<TimestampMicrosecondType>()
        .iter()
        .map(|value| {
            let value = value?;
            known
                .entry(value.div_euclid(step))
                .or_insert_with(|| DateTime::from_timestamp_micros(value).map(&text))
                .clone()
        })
        .collect();
    Ok(Arc::new(texts))
}

/// xxh3 over the value's text, so that a bucket is the same on every engine and in every version.
fn buckets(column: &ArrayRef, count: u32) -> Result<ArrayRef, arrow::error::ArrowError> {
    let options = FormatOptions::new();
    let formatter = ArrayFormatter::try_new(column.as_ref(), &options)?;
    let buckets: Int32Array = (0..column.len())
        .map(|row| {
            if column.is_null(row) {
                return None;
            }
            let hash = xxh3_64(formatter.value(row).to_string().as_bytes());
            i32::try_from(hash % u64::from(count.max(1))).ok()
        })
        .collect();
    Ok(Arc::new(buckets))
}

#[cfg(test)]
mod tests;
