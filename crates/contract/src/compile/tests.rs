//! Each case is a piece of a contract and the checks or types that it gives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::{Check, Dataset, load};

fn dataset(body: &str) -> Dataset {
    let head = "apiVersion: v3.2.0\nkind: DataContract\nid: a\nversion: 1.0.0\nschema:\n  - name: t\n";
    load("c", &format!("{head}{body}")).datasets.remove(0)
}

/// `id scope severity: expected`, one line for each check.
fn lines(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let (scope, severity) = (check.scope, check.severity);
        format!("{} {scope:?} {severity:?} {}: {}\n", check.id, check.rule.kind(), check.expected)
    };
    checks.iter().map(line).collect()
}

#[test]
fn types() {
    let cases = [
        ("logicalType: string", "string"),
        ("logicalType: string, physicalType: bytea", "binary"),
        ("logicalType: integer", "i64"),
        ("logicalType: integer, physicalType: INT", "i32"),
        ("logicalType: integer, logicalTypeOptions: {format: u16}", "u16"),
        ("logicalType: integer, logicalTypeOptions: {format: i128}", "decimal(38,0)"),
        ("logicalType: number", "f64"),
        ("logicalType: number, physicalType: 'NUMERIC(10, 2)'", "decimal(10,2)"),
        ("logicalType: number, physicalType: numeric", "decimal(38,18)"),
        ("logicalType: number, physicalType: real", "f32"),
        ("logicalType: number, physicalType: double precision", "f64"),
        ("logicalType: date", "date"),
        ("logicalType: date, physicalType: TIMESTAMP", "timestamp without time zone"),
        ("logicalType: date, logicalTypeOptions: {format: 'yyyy-MM-dd HH:mm'}", "timestamp without time zone"),
        ("logicalType: date, logicalTypeOptions: {format: \"yyyy-MM-dd'H'\"}", "date"),
        ("logicalType: time", "time"),
        ("logicalType: timestamp", "timestamp without time zone"),
        ("logicalType: timestamp, logicalTypeOptions: {timezone: true}", "timestamp with time zone"),
        ("logicalType: timestamp, physicalType: 'timestamp(6) with time zone'", "timestamp with time zone"),
        ("physicalType: 'array<struct<a: int, b: decimal(5,1)>>'", "list<struct<a: i32, b: decimal(5,1)>>"),
        ("physicalType: 'map<string, bigint>'", "map<string, i64>"),
        ("physicalType: 'text[]'", "list<string>"),
        ("physicalType: geography", "string"),
        ("logicalType: array, items: {logicalType: integer}", "list<i64>"),
        ("logicalType: map, map: {key: {logicalType: string}, value: {logicalType: date}}", "map<string, date>"),
        ("logicalType: vector, logicalTypeOptions: {dimensions: 3, elementType: float64}", "list<f64>"),
        ("logicalType: object, properties: [{name: a, logicalType: boolean}]", "struct<a: boolean>"),
    ];
    for (property, expected) in cases {
        let dataset = dataset(&format!("    properties: [{{name: c, {property}}}]\n"));
        assert_eq!(dataset.columns[0].data_type.to_string(), expected, "{property}");
    }
}

#[test]
fn checks_of_columns() {
    let dataset = dataset(
        "    properties:
      - {name: b, logicalType: string, primaryKey: true, primaryKeyPosition: 2}
      - {name: a, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, logicalTypeOptions: {minimum: 0, exclusiveMaximum: 10}}
      - name: s
        logicalType: string
        unique: true
        enum: [{value: x}, {value: 'y, z'}]
        logicalTypeOptions: {minLength: 1, maxLength: 3, pattern: '^x', format: email}
        customProperties: [{property: severity, vendor: plimsoll, value: warning}, {property: threshold, vendor: plimsoll, value: 5%}]
        relationships: [{to: other.id}]
      - {name: n, logicalType: number, logicalTypeOptions: {multipleOf: 1e-2}}
      - {name: l, logicalType: array, items: {logicalType: string, required: true}, logicalTypeOptions: {minItems: 1, uniqueItems: true}}
      - {name: m, semanticType: measure, logicalType: number, transformLogic: sum(n)}
    relationships: [{id: parent, from: [t.a, t.b], to: [p.x, p.y]}]
",
    );
    assert_eq!(dataset.primary_key, ["a", "b"]);
    assert!(dataset.column("m").is_none());
    let of_s = dataset.checks.iter().find(|check| check.id == "s.length").unwrap();
    assert_eq!(of_s.threshold, Some(0.05));
    insta::assert_snapshot!(lines(&dataset.checks), @r#"
    b.required Row Error required: not null
    a.required Row Error required: not null
    a.range Row Error range: at least 0 and less than 10
    s.unique Dataset Warning unique: unique
    s.enum Row Warning enum: one of x, "y, z"
    s.length Row Warning length: 1 to 3 characters
    s.pattern Row Warning pattern: matches ^x
    s.format Row Warning format: an e-mail address
    s.reference Row Error reference: exists in other.id
    n.multiple_of Row Error multiple_of: a multiple of 0.01
    l.items Row Error items: at least 1 item, none twice
    l[].required Row Error required: not null
    t.primary_key Dataset Error primary_key: primary key: a, b unique
    t.parent Row Error reference: exists in p.(x, y)
    "#);
}

#[test]
fn checks_inside_values() {
    let dataset = dataset(
        "    properties:
      - name: a
        logicalType: object
        logicalTypeOptions: {minProperties: 1, maxProperties: 3, required: [zip]}
        customProperties: [{property: severity, vendor: plimsoll, value: warning}]
        properties:
          - {name: zip, logicalType: string, required: true, unique: true, logicalTypeOptions: {pattern: '^[0-9]+$'}}
          - name: lines
            logicalType: array
            items:
              logicalType: object
              properties:
                - name: price
                  logicalType: number
                  customProperties: [{property: severity, vendor: plimsoll, value: error}]
                  logicalTypeOptions: {minimum: 0}
                  quality: [{metric: nullValues, mustBe: 0}]
      - {name: m, logicalType: map, map: {key: {logicalType: string, logicalTypeOptions: {maxLength: 3}}, value: {logicalType: array, items: {logicalType: date, enum: [{value: '2024-01-01'}]}}}}
      - {name: v, logicalType: vector, logicalTypeOptions: {dimensions: 3, normalized: true}}
      - {name: j, logicalType: object, logicalTypeOptions: {required: [x, y]}}
      - {name: n, logicalType: number, logicalTypeOptions: {required: [x]}}
",
    );
    insta::assert_snapshot!(lines(&dataset.checks), @r"
    a.fields Row Warning fields: 1 to 3 fields, among them zip
    a.zip.required Row Warning required: not null
    a.zip.unique Dataset Warning unique: unique
    a.zip.pattern Row Warning pattern: matches ^[0-9]+$
    a.lines[].price.range Row Error range: at least 0
    a.lines[].price.null_values Dataset Error metric: null values in a.lines[].price = 0 rows
    m.key.length Row Error length: at most 3 characters
    m.value[].enum Row Error enum: one of 2024-01-01
    v.items Row Error items: exactly 3 items
    v.normalized Row Error normalized: a vector of length 1
    j.fields Row Error fields: the fields x, y
    n.not_checked Dataset Error not_checked: the fields
    ");
}

#[test]
fn checks_of_quality_and_service_levels() {
    let dataset = dataset(
        "    properties:
      - name: s
        logicalType: string
        quality:
          - {metric: nullValues, unit: percent, mustBeLessOrEqualTo: 5, severity: minor}
          - {metric: invalidValues, arguments: {validValues: [a, b]}, mustBe: 0}
          - {type: sql, id: no x, query: 'SELECT count(*) FROM {object} WHERE ${property} = 1', mustBe: 0}
      - {name: at, logicalType: timestamp}
    quality:
      - {metric: rowCount, mustBeBetween: [1, 9]}
      - {metric: rowCount, mustBeGreaterThan: 1}
      - {metric: duplicateValues, arguments: {properties: [s, at]}, mustBe: 0}
      - {type: custom, engine: plimsoll, name: In Order, implementation: a < b}
      - {type: custom, engine: soda, implementation: x}
      - {type: text, description: Looks right.}
slaProperties:
  - {property: latency, value: 36, unit: h, element: t.at}
  - {property: freshness, value: P1D, element: t.at}
  - {property: retention, value: 1, unit: y, element: t.at}
  - {property: availability, value: 99, unit: percent}
",
    );
    insta::assert_snapshot!(lines(&dataset.checks), @r"
    s.null_values Dataset Warning metric: null values in s ≤ 5 %
    s.invalid_values Dataset Error metric: values in s not one of a, b = 0 rows
    s.no_x Dataset Error sql: SELECT count(*) FROM t WHERE s = 1 = 0
    t.row_count Dataset Error metric: row count between 1 and 9
    t.row_count_2 Dataset Error metric: row count > 1
    t.duplicate_values Dataset Error metric: duplicates in (s, at) = 0 rows
    t.in_order Row Error row_sql: a < b
    t.not_checked Dataset Error not_checked: a custom rule
    t.not_checked_2 Dataset Error not_checked: Looks right.
    at.freshness Dataset Warning freshness: newest at at most 36 hours old
    at.freshness_2 Dataset Warning freshness: newest at at most 1 day old
    at.retention Dataset Warning not_checked: retention of at
    ");
}

#[test]
fn exclusive_flags_of_v3_0() {
    let text = "apiVersion: v3.0.2\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: a\nschema:\n  - name: t\n    properties:\n\
                \u{20}     - {name: n, logicalType: integer, logicalTypeOptions: {minimum: 0, exclusiveMinimum: true}}\n";
    assert_eq!(load("c", text).datasets[0].checks[0].expected, "greater than 0");
}

#[test]
fn durations() {
    let cases = [
        ("25", Some("h"), Some(90_000)),
        ("24h", None, Some(86_400)),
        ("PT25H", None, Some(90_000)),
        ("P1DT12H", None, Some(129_600)),
        ("1.5", Some("days"), Some(129_600)),
        ("1", Some("y"), Some(31_536_000)),
        ("12", Some("months"), Some(31_536_000)),
        ("0.5 y", None, Some(15_768_000)),
        ("P", None, None),
        ("soon", Some("h"), None),
        ("4", None, None),
    ];
    for (value, unit, expected) in cases {
        assert_eq!(super::duration_seconds(value, unit), expected, "{value} {unit:?}");
    }
}
