//! Ranges and lists of dates and times.

use std::sync::Arc;

use contract::{DataType, Literal, Rule};
use datafusion::arrow::array::{Date32Array, Time64MicrosecondArray, TimestampMicrosecondArray};

use super::{a_check, at, beyond, c, check, execute, one_column, range, refused, text};
use crate::lower::{Lowered, violated};

const DAY: i64 = 86_400_000_000;

#[test]
fn dates() {
    // 2013-01-01 is day 15706.
    let values = || Arc::new(Date32Array::from(vec![Some(15705), Some(15706), Some(15707), Some(-1), None]));
    check(range(at(text("2013-01-01")), None), DataType::Date, values(), "x..x.");
    check(range(beyond(text("2013-01-01")), at(text("2013-01-02"))), DataType::Date, values(), "xx.x.");
    let list = Rule::Enum { column: c(), values: vec![text("1969-12-31")] };
    check(list, DataType::Date, values(), "xxx..");
}

#[test]
fn times_of_day() {
    let values = Arc::new(Time64MicrosecondArray::from(vec![0, 18_000_000_000, 18_000_000_001, DAY - 1]));
    check(range(at(text("05:00")), at(text("23:59:59.5"))), DataType::Time, values, "x..x");
}

#[test]
fn wall_clock_timestamps() {
    let zoneless = DataType::Timestamp { zoned: false };
    let values = || Arc::new(TimestampMicrosecondArray::from(vec![Some(-1), Some(0), Some(1), Some(DAY), None]));
    check(range(at(text("1970-01-01")), beyond(text("1970-01-02T00:00:00"))), zoneless.clone(), values(), "x..x.");
    check(range(at(text("1970-01-01 00:00:00.000001")), None), zoneless.clone(), values(), "xx...");
    check(range(None, at(text("1970-01-01T00:00:00Z"))), zoneless, values(), "..xx.");
}

#[test]
fn instants() {
    let instant = DataType::Timestamp { zoned: true };
    let values = || {
        let values = TimestampMicrosecondArray::from(vec![Some(-1), Some(0), Some(DAY / 24), None]);
        Arc::new(values.with_timezone("UTC"))
    };
    check(range(at(text("1970-01-01T00:00:00Z")), None), instant.clone(), values(), "x...");
    check(range(at(text("1970-01-01T02:00:00+01:00")), None), instant.clone(), values(), "xx..");
    check(range(at(text("1970-01-01T00:00:00")), None), instant.clone(), values(), "x...");
    // Without an offset, the column's own zone counts.
    let mut dataset = one_column(instant);
    dataset.columns[0].time_zone = Some("Europe/Berlin".into());
    let Lowered::Row(expr) = violated(&a_check(range(at(text("1970-01-01T02:00:00")), None)), &dataset) else {
        panic!()
    };
    assert_eq!(execute(expr, &dataset, vec![values()]), "xx..");
}

#[test]
fn times_that_cannot_be_read_are_refused() {
    let bound = |value: &str, data_type| refused(range(at(text(value)), None), data_type);
    let found = [
        bound("01.02.2013", DataType::Date),
        bound("2013-02-30", DataType::Date),
        refused(range(at(Literal::Boolean(true)), None), DataType::Date),
        bound("25:00", DataType::Time),
        bound("2013-01-01T00:00:00+01:00", DataType::Timestamp { zoned: false }),
        bound("2013-01-01T00:00:00.1234567Z", DataType::Timestamp { zoned: true }),
        bound("yesterday", DataType::Timestamp { zoned: true }),
    ];
    insta::assert_snapshot!(found.join("\n"));
}
