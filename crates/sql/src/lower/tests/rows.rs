//! Lists, structs, row predicates, and what is not decided by a row.

use std::sync::Arc;

use contract::{DataType, Field, Literal, Metric, Operator, Rule, Unit};
use datafusion::arrow::array::{
    ArrayRef, Date32Array, Int32Array, Int64Array, ListArray, StringViewArray, StructArray,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::DataType as ArrowType;

use super::{F64, I32, I64, a_check, c, check, dataset, execute, number, one_column, refused, text};
use crate::lower::{Lowered, MetricPlan, metric, violated};
use crate::types::arrow_type;

#[test]
fn items_of_a_list() {
    let data_type = DataType::List(Box::new(I32));
    let ArrowType::List(item) = arrow_type(&data_type) else { panic!() };
    let values = Int32Array::from(vec![Some(1), Some(1), Some(2), Some(3), None, None]);
    let offsets = OffsetBuffer::from_lengths([2, 2, 0, 2, 0]);
    let nulls = NullBuffer::from(vec![true, true, true, true, false]);
    // [1, 1], [2, 3], [], [NULL, NULL], NULL
    let lists =
        || Arc::new(ListArray::new(item.clone(), offsets.clone(), Arc::new(values.clone()), Some(nulls.clone())));
    let items = |min, max, unique| Rule::Items { column: c(), min, max, unique };
    check(items(Some(1), None, false), data_type.clone(), lists(), "..x..");
    check(items(None, Some(1), false), data_type.clone(), lists(), "xx.x.");
    check(items(None, None, true), data_type.clone(), lists(), "x..x.");
    let sliced = lists().slice(1, 3);
    check(items(Some(1), None, true), data_type, Arc::new(sliced), ".xx");
}

#[test]
fn fields_of_a_struct() {
    let field = Field { name: "zip".into(), data_type: DataType::String, required: true };
    let data_type = DataType::Struct(vec![field]);
    let ArrowType::Struct(fields) = arrow_type(&data_type) else { panic!() };
    let zips: ArrayRef = Arc::new(StringViewArray::from(vec![Some("10115"), None, None, Some("x")]));
    let values = || -> ArrayRef {
        Arc::new(StructArray::new(
            fields.clone(),
            vec![zips.clone()],
            Some(NullBuffer::from(vec![true, true, false, true])),
        ))
    };
    check(Rule::Required { column: "c.zip".into() }, data_type.clone(), values(), ".x..");
    check(Rule::Pattern { column: "c.zip".into(), pattern: "^[0-9]+$".into() }, data_type, values(), "...x");
}

/// Columns from JSON rows, as the reader would make them.
fn column_of_json(data_type: &DataType, rows: &str) -> ArrayRef {
    let schema = crate::types::arrow_schema(&one_column(data_type.clone()), crate::types::Nullable::All);
    let text: String = rows.lines().map(|row| format!("{{\"c\": {row}}}\n")).collect();
    let mut reader = datafusion::arrow::json::ReaderBuilder::new(schema).build(text.as_bytes()).unwrap();
    reader.next().unwrap().unwrap().column(0).clone()
}

#[test]
fn rules_inside_values() {
    let field = |name: &str, data_type| Field { name: name.into(), data_type, required: false };
    let line = DataType::Struct(vec![
        field("sku", DataType::String),
        field("price", F64),
        field("tags", DataType::List(Box::new(DataType::String))),
    ]);
    let lines = DataType::List(Box::new(line));
    let rows = r#"[{"sku": "a1", "price": 2.5, "tags": ["x"]}, {"sku": "b2", "price": 0.5}]
[{"sku": null, "price": -1}]
[]
null
[null, {"sku": "zz", "price": 3, "tags": ["y", "y"]}]
[{"price": 1, "tags": [null]}, {"sku": "a1"}]"#;
    let c_is = |rule: Rule, expected: &str| check(rule, lines.clone(), column_of_json(&lines, rows), expected);
    let sku = || "c[].sku".to_owned();
    c_is(Rule::Required { column: "c[]".into() }, "....x.");
    // A NULL item has no fields that could be missing.
    c_is(Rule::Required { column: sku() }, ".x...x");
    c_is(Rule::Pattern { column: sku(), pattern: "^[a-z][0-9]$".into() }, "....x.");
    c_is(Rule::Range { column: "c[].price".into(), lower: super::at(number("0.5")), upper: None }, ".x....");
    c_is(Rule::Items { column: "c[].tags".into(), min: None, max: None, unique: true }, "....x.");
    c_is(Rule::Required { column: "c[].tags[]".into() }, ".....x");
    c_is(Rule::Enum { column: "c[].tags[]".into(), values: vec![text("x")] }, "....x.");
    c_is(Rule::Fields { column: "c[]".into(), min: Some(2), max: None, required: Vec::new() }, ".x...x");
    c_is(Rule::Fields { column: "c[]".into(), min: None, max: Some(2), required: vec!["sku".into()] }, "xx..xx");
    let inside = |element: &str, sql: &str| {
        let check = contract::Check {
            element: Some(element.into()),
            ..a_check(Rule::RowPredicate { sql: sql.into(), when: None })
        };
        let Lowered::Row(expr) = violated(&check, &one_column(lines.clone())) else { panic!("{sql}") };
        execute(expr, &one_column(lines.clone()), vec![column_of_json(&lines, rows)])
    };
    assert_eq!(inside("c[]", "price > 0 AND sku IS NOT NULL"), ".x...x");
    assert_eq!(inside("c[].tags[]", "value <> 'y'"), "....x.");

    let map = DataType::Map(Box::new(DataType::String), Box::new(I64));
    let rows = "{\"a\": 1, \"bb\": null}\n{}\nnull\n{\"ccc\": 7}";
    let m_is = |rule: Rule, expected: &str| check(rule, map.clone(), column_of_json(&map, rows), expected);
    m_is(Rule::Length { column: "c.key".into(), min: None, max: Some(2) }, "...x");
    m_is(Rule::Required { column: "c.value".into() }, "x...");
    m_is(Rule::Enum { column: "c.value".into(), values: vec![number("1")] }, "...x");
}

#[test]
fn vectors_of_length_one() {
    let vector = DataType::List(Box::new(DataType::Float { bits: 32 }));
    let rows = "[0.6, 0.8]\n[1, 0, 0]\n[0.6, 0.81]\n[]\nnull\n[1, null]\n[0.5773503, 0.5773503, 0.5773503]\n[0, 0]";
    check(Rule::Normalized { column: c() }, vector.clone(), column_of_json(&vector, rows), "..xx.x.x");
    assert!(refused(Rule::Normalized { column: c() }, DataType::String).contains("applies to vectors"));
}

#[test]
fn fields_of_json_text() {
    let rows =
        Arc::new(StringViewArray::from(vec![Some(r#"{"a": 1, "b": null}"#), Some("{}"), Some("[1]"), Some("{"), None]));
    let fields = |min, max, required: &[&str]| Rule::Fields {
        column: c(),
        min,
        max,
        required: required.iter().map(|name| (*name).to_owned()).collect(),
    };
    check(fields(Some(1), None, &[]), DataType::String, rows.clone(), ".xxx.");
    check(fields(None, Some(1), &[]), DataType::String, rows.clone(), "..xx.");
    check(fields(None, None, &["b"]), DataType::String, rows, "xxxx.");
}

#[test]
fn row_predicates() {
    let flights =
        dataset([("dep", I32), ("Arr", I32), ("origin", DataType::String), ("day", DataType::Date), ("delay", F64)]);
    let columns = || -> Vec<ArrayRef> {
        vec![
            Arc::new(Int32Array::from(vec![Some(1), Some(5), None, Some(9)])),
            Arc::new(Int32Array::from(vec![Some(2), Some(4), Some(3), None])),
            Arc::new(StringViewArray::from(vec![Some("EWR"), Some(""), None, Some("JFK")])),
            Arc::new(Date32Array::from(vec![Some(0), Some(15706), None, Some(20000)])),
            Arc::new(datafusion::arrow::array::Float64Array::from(vec![Some(0.5), Some(-0.0), None, Some(f64::NAN)])),
        ]
    };
    for (sql, expected) in [
        ("dep <= arr", ".x.."),
        ("dep <= \"Arr\" OR arr IS NULL", ".x.."),
        ("d.origin <> ''", ".x.."),
        ("day >= '2013-01-01'", "x..."),
        ("length(origin) = 3 AND dep BETWEEN 0 AND 8", ".x.x"),
        ("origin IN ('EWR', 'JFK')", ".x.."),
        ("dep * 2 < 10.5", "...x"),
        ("CASE WHEN dep > 4 THEN arr IS NOT NULL ELSE true END", "...x"),
        ("false", "xxxx"),
        ("dep > NULL", "...."),
    ] {
        let lowered = violated(&a_check(Rule::RowPredicate { sql: sql.into(), when: None }), &flights);
        let Lowered::Row(expr) = lowered else { panic!("{sql}: {lowered:?}") };
        assert_eq!(execute(expr, &flights, columns()), expected, "{sql}");
    }
}

#[test]
fn row_predicates_that_are_none() {
    let flights = dataset([("dep", I32), ("arrival", I32), ("origin", DataType::String), ("day", DataType::Date)]);
    let reasons = [
        "dep <",
        "dep < 1; drop table d",
        "departure < 3",
        "arival > 0",
        "origin = \"EWR\"",
        "dep + 1",
        "day + origin > 3",
        "dep < (SELECT max(dep) FROM d)",
        "sum(dep) > 3",
        "row_number() OVER () > 1",
        "day < current_date",
        "random() < 0.5",
        "lenght(origin) = 3",
        "abs(origin, 3) > 1",
    ]
    .map(|sql| match violated(&a_check(Rule::RowPredicate { sql: sql.into(), when: None }), &flights) {
        Lowered::NotExecutable(reason) => format!("{sql}\n    {reason}"),
        other => panic!("{sql}: {other:?}"),
    });
    insta::assert_snapshot!(reasons.join("\n"));
}

#[test]
fn what_a_row_does_not_decide() {
    let dataset = one_column(I32);
    let reference = Rule::Reference { columns: vec![c()], to_dataset: "e".into(), to_columns: vec!["id".into()] };
    assert_eq!(violated(&a_check(reference), &dataset), Lowered::Reference);
    let unique = Rule::Unique { columns: vec![c()], primary_key: true };
    assert_eq!(violated(&a_check(unique.clone()), &dataset), Lowered::Dataset);
    assert_eq!(metric(&a_check(unique), &dataset), Some(MetricPlan::Duplicates(vec![c()])));
    let not_checked =
        Rule::NotChecked { what: "engine soda".into(), reason: "no engine runs it".into(), invalid: false };
    assert_eq!(violated(&a_check(not_checked.clone()), &dataset), Lowered::NotExecutable("no engine runs it".into()));
    assert_eq!(metric(&a_check(not_checked), &dataset), None);
}

#[test]
fn metrics_count_rows() {
    let measure = |metric| Rule::Metric { metric, filter: None, operator: Operator::MustBe(0.0), unit: Unit::Rows };
    let counted = |metric_rule: Metric, data_type: DataType, values: ArrayRef| {
        let dataset = one_column(data_type);
        match metric(&a_check(measure(metric_rule)), &dataset) {
            Some(MetricPlan::Count(Some(filter))) => execute(filter, &dataset, vec![values]),
            other => panic!("{other:?}"),
        }
    };
    let texts = || Arc::new(StringViewArray::from(vec![Some("N/A"), Some(""), Some("a1"), Some("b"), None]));
    let numbers = || Arc::new(Int64Array::from(vec![Some(0), Some(1), None]));
    assert_eq!(metric(&a_check(measure(Metric::RowCount)), &one_column(I32)), Some(MetricPlan::Count(None)));
    assert_eq!(counted(Metric::NullValues { column: c() }, I64, numbers()), "..x");
    let missing = vec![text("N/A"), text(""), Literal::Null];
    assert_eq!(
        counted(Metric::MissingValues { column: c(), missing: missing.clone() }, DataType::String, texts()),
        "xx..x"
    );
    // A number column cannot hold the texts.
    assert_eq!(counted(Metric::MissingValues { column: c(), missing }, I64, numbers()), "..x");
    let invalid =
        |valid, pattern: Option<&str>| Metric::InvalidValues { column: c(), valid, pattern: pattern.map(Into::into) };
    assert_eq!(counted(invalid(Some(vec![text("b")]), None), DataType::String, texts()), "xxx..");
    assert_eq!(counted(invalid(None, Some("^[a-z]")), DataType::String, texts()), "xx...");
    assert_eq!(counted(invalid(Some(vec![text("N/A")]), Some("^[a-z]")), DataType::String, texts()), ".x...");
    assert_eq!(counted(invalid(Some(vec![number("1")]), None), I64, numbers()), "x..");
    let broken = measure(invalid(None, Some("(")));
    assert_eq!(metric(&a_check(broken.clone()), &one_column(DataType::String)), None);
    assert!(refused(broken, DataType::String).starts_with("pattern `(`"));
}

#[test]
fn freshness_is_the_newest_instant() {
    let fresh = Rule::Freshness { column: c(), max_age_seconds: 60 };
    assert!(matches!(metric(&a_check(fresh.clone()), &one_column(DataType::Date)), Some(MetricPlan::Newest(_))));
    assert_eq!(refused(fresh, I32), "freshness applies to dates and timestamps, but `c` is i32");
}
