//! Stored columns and the rows that they are under a contract with other types.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, TimestampNanosecondArray};
use arrow::record_batch::RecordBatch;
use contract::{Column, DataType};
use engine::Kind;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use pipeline::project::FileFormat;

use crate::files::tests::{Setting, column, dataset, read, show};

fn file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(2)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn stored() -> Vec<u8> {
    file(vec![
        ("n", Arc::new(Int64Array::from(vec![Some(1), None, Some(5_000_000_000)]))),
        ("s", Arc::new(StringArray::from(vec!["x", "", "z"]))),
        (
            "t",
            Arc::new(
                TimestampNanosecondArray::from(vec![1_000, 0, 1_720_000_000_000_000_000])
                    .with_timezone("Europe/Berlin"),
            ),
        ),
    ])
}

#[test]
fn values_are_cast_one_by_one() {
    let contract = dataset(vec![
        column("s", DataType::String),
        column("n", DataType::Integer { bits: 32, signed: true }),
        column("T", DataType::Timestamp { zoned: true }),
    ]);
    let outcome = read(&[("a.parquet", &stored())], &Setting::new(contract, FileFormat::Parquet)).unwrap();
    let expected = "1 | \"x\" | \"1\" | \"1970-01-01T00:00:00.000001\"\n\
        2 | \"\" | - | \"1970-01-01T00:00:00\"\n\
        3 | \"z\" | - | \"2024-07-03T09:46:40\" ! n.type: '5000000000' does not fit i32\n";
    assert_eq!(show(&outcome.rows), expected);
    assert!(outcome.rows.iter().all(|row| row.raw.is_none()));
    assert!(outcome.hashes[0].as_ref().unwrap().starts_with("xxh3:"));
}

#[test]
fn wall_clock_times_take_the_contracts_zone() {
    let stored = file(vec![("t", Arc::new(TimestampNanosecondArray::from(vec![1_720_000_000_000_000_000])))]);
    let zoned = Column { time_zone: Some("Europe/Berlin".into()), ..column("t", DataType::Timestamp { zoned: true }) };
    let outcome = read(&[("a.parquet", &stored)], &Setting::new(dataset(vec![zoned]), FileFormat::Parquet)).unwrap();
    assert_eq!(show(&outcome.rows), "1 | \"2024-07-03T07:46:40\"\n");
}

#[test]
fn a_column_of_another_kind_is_drift() {
    let stored = file(vec![("n", Arc::new(Float64Array::from(vec![1.0])))]);
    for (bytes, kind, wanted) in [
        (stored.as_slice(), Kind::Drift, "column `n` as Float64, which is not i32"),
        (b"PAR1 no", Kind::Input, "not an intact Parquet file"),
    ] {
        let contract = dataset(vec![column("n", DataType::Integer { bits: 32, signed: true })]);
        let error = read(&[("a.parquet", bytes)], &Setting::new(contract, FileFormat::Parquet)).err().unwrap();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(wanted), "{error}");
    }
}
