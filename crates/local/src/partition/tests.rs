//! Which partition a value falls into.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray};
use pipeline::{PartitionBy, Transform};

use super::split;

/// Splits one column and tells the partitions with their row counts, sorted.
fn check(column: ArrayRef, transform: Transform, expected: &[(Option<&str>, usize)]) {
    let batch = RecordBatch::try_from_iter([("x", column)]).unwrap();
    let by = PartitionBy { column: "x".into(), transform };
    let mut found: Vec<(Option<String>, usize)> =
        split(&batch, &[by]).unwrap().into_iter().map(|(values, rows)| (values[0].clone(), rows.num_rows())).collect();
    found.sort();
    let mut expected: Vec<(Option<String>, usize)> =
        expected.iter().map(|(value, rows)| (value.map(str::to_owned), *rows)).collect();
    expected.sort();
    assert_eq!(found, expected);
}

fn instants() -> ArrayRef {
    // 2013-03-10T06:59:59.999999Z, one microsecond later, the last moment of 1969, NULL.
    let values = vec![Some(1_362_898_799_999_999), Some(1_362_898_800_000_000), Some(-1), None];
    Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
}

#[test]
fn identity_keeps_the_value_and_null_is_a_partition_of_its_own() {
    let column = Arc::new(StringViewArray::from(vec![Some("b"), Some("a"), None, Some("b")]));
    check(column, Transform::Identity, &[(Some("a"), 1), (Some("b"), 2), (None, 1)]);
}

#[test]
fn time_units_are_those_of_utc() {
    check(
        instants(),
        Transform::Hour,
        &[(Some("2013-03-10T06"), 1), (Some("2013-03-10T07"), 1), (Some("1969-12-31T23"), 1), (None, 1)],
    );
    check(instants(), Transform::Day, &[(Some("2013-03-10"), 2), (Some("1969-12-31"), 1), (None, 1)]);
    check(instants(), Transform::Month, &[(Some("2013-03"), 2), (Some("1969-12"), 1), (None, 1)]);
    check(instants(), Transform::Year, &[(Some("2013"), 2), (Some("1969"), 1), (None, 1)]);
    let days = Arc::new(Date32Array::from(vec![Some(-1), Some(0), None]));
    check(days, Transform::Month, &[(Some("1969-12"), 1), (Some("1970-01"), 1), (None, 1)]);
}

#[test]
fn a_range_is_open_above() {
    let column = Arc::new(Int64Array::from(vec![Some(9), Some(10), Some(19), Some(20), Some(-5), None]));
    check(column, Transform::Range(vec![10, 20]), &[(Some("0"), 2), (Some("1"), 2), (Some("2"), 1), (None, 1)]);
}

#[test]
fn a_bucket_is_the_same_for_ever() {
    let column = Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(3), Some(1), None]));
    let batch = RecordBatch::try_from_iter([("x", column as ArrayRef)]).unwrap();
    let by = PartitionBy { column: "x".into(), transform: Transform::Bucket(4) };
    let pieces = split(&batch, &[by]).unwrap();
    assert_eq!(pieces.iter().map(|(_, rows)| rows.num_rows()).sum::<usize>(), 5);
    let of_one = xxhash_rust::xxh3::xxh3_64(b"1") % 4;
    let holds_one = pieces.iter().find(|(values, _)| values[0] == Some(of_one.to_string())).unwrap();
    assert!(holds_one.1.num_rows() >= 2);
}

#[test]
fn two_columns_make_one_partition_together() {
    let left: ArrayRef = Arc::new(Int64Array::from(vec![1, 1, 2]));
    let right: ArrayRef = Arc::new(StringViewArray::from(vec!["a", "b", "a"]));
    let batch = RecordBatch::try_from_iter([("x", left), ("y", right)]).unwrap();
    let by = |column: &str| PartitionBy { column: column.into(), transform: Transform::Identity };
    assert_eq!(split(&batch, &[by("x"), by("y")]).unwrap().len(), 3);
}
