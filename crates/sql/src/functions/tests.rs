//! The project's own functions, executed on single values.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int32Array, RecordBatch, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::logical_expr::{Expr, ident, lit};

use super::{functions, session_state};

/// `local_timestamp` over the columns `date`, `hhmm` and `zone`, as text.
fn instants(zone: Expr, rows: &[(&str, Option<i32>, &str)]) -> Result<Vec<String>, String> {
    let dates = StringViewArray::from_iter_values(rows.iter().map(|row| row.0));
    let dates = cast(&dates, &DataType::Date32).unwrap();
    assert_eq!(dates.as_primitive::<datafusion::arrow::datatypes::Date32Type>().len(), rows.len());
    let columns: [(&str, ArrayRef); 3] = [
        ("date", Arc::new(dates.as_any().downcast_ref::<Date32Array>().unwrap().clone())),
        ("hhmm", Arc::new(Int32Array::from(rows.iter().map(|row| row.1).collect::<Vec<_>>()))),
        ("zone", Arc::new(StringViewArray::from_iter_values(rows.iter().map(|row| row.2)))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let schema = DFSchema::try_from(batch.schema().as_ref().clone()).unwrap();
    let call = functions()[0].call(vec![ident("date"), ident("hhmm"), zone]);
    let physical = session_state().create_physical_expr(call, &schema).map_err(|error| error.strip_backtrace())?;
    let found = physical.evaluate(&batch).map_err(|error| error.strip_backtrace())?.to_array(rows.len()).unwrap();
    let found = cast(&found, &DataType::Utf8View).unwrap();
    let found = found.as_string_view();
    Ok(found.iter().map(|text| text.unwrap_or("NULL").to_owned()).collect())
}

#[test]
fn wall_clock_to_instant() {
    const NEW_YORK: &str = "America/New_York";
    let cases = [
        ("2013-01-01", Some(517), NEW_YORK, "2013-01-01T10:17:00Z"),
        ("2013-07-01", Some(517), NEW_YORK, "2013-07-01T09:17:00Z"),
        ("2013-01-01", Some(0), NEW_YORK, "2013-01-01T05:00:00Z"),
        ("2013-01-01", Some(2400), NEW_YORK, "2013-01-02T05:00:00Z"),
        ("2013-12-31", Some(2359), NEW_YORK, "2014-01-01T04:59:00Z"),
        // The clocks go forward at 2:00: 2:30 is what a clock that was not set would show.
        ("2013-03-10", Some(159), NEW_YORK, "2013-03-10T06:59:00Z"),
        ("2013-03-10", Some(230), NEW_YORK, "2013-03-10T07:30:00Z"),
        ("2013-03-10", Some(300), NEW_YORK, "2013-03-10T07:00:00Z"),
        // The clocks go back at 2:00: 1:30 comes twice, the first counts.
        ("2013-11-03", Some(130), NEW_YORK, "2013-11-03T05:30:00Z"),
        ("2013-11-03", Some(200), NEW_YORK, "2013-11-03T07:00:00Z"),
        // A whole day that Samoa skipped.
        ("2011-12-30", Some(1200), "Pacific/Apia", "2011-12-30T22:00:00Z"),
        ("2013-01-01", Some(1260), NEW_YORK, "NULL"),
        ("2013-01-01", Some(2401), NEW_YORK, "NULL"),
        ("2013-01-01", Some(-1), NEW_YORK, "NULL"),
        ("2013-01-01", None, NEW_YORK, "NULL"),
    ];
    let rows = cases.map(|(date, hhmm, zone, _)| (date, hhmm, zone));
    assert_eq!(instants(ident("zone"), &rows).unwrap(), cases.map(|case| case.3));
    let same = rows.iter().filter(|row| row.2 == NEW_YORK).copied().collect::<Vec<_>>();
    let by_row = instants(ident("zone"), &same).unwrap();
    assert_eq!(instants(lit(NEW_YORK), &same).unwrap(), by_row, "a constant zone gives the same");
}

#[test]
fn a_zone_must_exist() {
    let error = instants(lit("Mars/Olympus"), &[("2013-01-01", Some(517), "")]).unwrap_err();
    assert!(error.contains("`Mars/Olympus` is no time zone"), "{error}");
    let error = instants(lit(3), &[("2013-01-01", Some(517), "")]).unwrap_err();
    assert!(error.contains("the third argument is the name of a time zone"), "{error}");
}
