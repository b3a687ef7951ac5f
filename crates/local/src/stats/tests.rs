//! The statistics that a file's `add` action carries, as other readers of the table will take them.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use serde_json::{Value, json};

use super::of;

fn written(columns: Vec<(&str, ArrayRef)>) -> Value {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
            .unwrap();
    // Two rows to a group, so that groups are drawn together.
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(2)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    serde_json::from_str(&of(&writer.finish().unwrap(), &batch.schema())).unwrap()
}

#[test]
fn ends_and_nulls_over_all_row_groups() {
    let stats = written(vec![
        ("n", Arc::new(Int64Array::from(vec![Some(5), None, Some(-7), Some(3)]))),
        ("d", Arc::new(Date32Array::from(vec![Some(0), Some(1), None, None]))),
        ("t", Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None, None, Some(-1)]).with_timezone("UTC"))),
        ("s", Arc::new(StringArray::from(vec![Some("b"), Some("a"), Some("c"), None]))),
        ("f", Arc::new(Float64Array::from(vec![Some(1.5), Some(-2.5), None, None]))),
        ("none", Arc::new(Int64Array::from(vec![None, None, None, None]))),
    ]);
    assert_eq!(stats["numRecords"], json!(4));
    assert_eq!(stats["nullCount"], json!({ "n": 1, "d": 2, "t": 2, "s": 1, "f": 2, "none": 4 }));
    assert_eq!(
        stats["minValues"],
        json!({ "n": -7, "d": "1970-01-01", "t": "1969-12-31T23:59:59.999999Z", "s": "a", "f": -2.5 })
    );
    assert_eq!(
        stats["maxValues"],
        json!({ "n": 5, "d": "1970-01-02", "t": "1970-01-01T00:00:00.000001Z", "s": "c", "f": 1.5 })
    );
}

#[test]
fn a_truncated_text_is_no_end() {
    let long = "z".repeat(200);
    let stats = written(vec![("s", Arc::new(StringArray::from(vec![Some(long.as_str()), Some("a")])))]);
    assert_eq!(stats["minValues"], json!({ "s": "a" }));
    assert_eq!(stats["maxValues"], json!({}));
}
