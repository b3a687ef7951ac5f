//! Resolution of a writer's data by a reader.
#![allow(clippy::unwrap_used)]

use serde_json::json;

fn check(writer: serde_json::Value, reader: serde_json::Value, expected: &[&str]) {
    let found = super::not_readable(&writer, &reader);
    let kinds: Vec<&str> = found.iter().map(|found| found.kind).collect();
    assert_eq!(kinds, expected, "{writer} -> {reader}: {found:?}");
}

fn record(fields: serde_json::Value) -> serde_json::Value {
    json!({ "type": "record", "name": "R", "namespace": "a.b", "fields": fields })
}

#[test]
fn types_are_resolved() {
    check(json!("int"), json!("long"), &[]);
    check(json!("long"), json!("int"), &["type-changed"]);
    check(json!("string"), json!({ "type": "bytes" }), &[]);
    check(json!(["null", "int"]), json!("int"), &["type-changed"]);
    check(json!("int"), json!(["null", "long"]), &[]);
    check(json!("boolean"), json!(["null", "long"]), &["union-branch-missing"]);
    check(
        json!({ "type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2 }),
        json!({ "type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 1 }),
        &["decimal-changed"],
    );
}

#[test]
fn records_are_resolved() {
    check(record(json!([])), record(json!([{ "name": "a", "type": "int" }])), &["field-without-default"]);
    check(record(json!([])), record(json!([{ "name": "a", "type": "int", "default": 0 }])), &[]);
    check(
        record(json!([{ "name": "old", "type": "int" }])),
        record(json!([{ "name": "new", "type": "long", "aliases": ["old"] }])),
        &[],
    );
    let renamed = json!({ "type": "record", "name": "S", "aliases": ["a.b.R"], "fields": [] });
    check(record(json!([])), renamed, &[]);
    // A list of itself, by its name in its namespace and by its full name.
    let list =
        |name: &str, of: &str| record(json!([{ "name": "next", "type": ["null", name] }, { "name": "v", "type": of }]));
    check(list("R", "int"), list("a.b.R", "long"), &[]);
    check(list("R", "long"), list("a.b.R", "int"), &["type-changed"]);
}

#[test]
fn enums_are_resolved() {
    let symbols = |symbols: &[&str]| json!({ "type": "enum", "name": "E", "symbols": symbols });
    check(symbols(&["A", "B"]), symbols(&["A"]), &["enum-changed"]);
    let mut with_default = symbols(&["A"]);
    with_default["default"] = json!("A");
    check(symbols(&["A", "B"]), with_default, &[]);
}

/// The data can be read, as something else.
#[test]
fn logical_types_are_compared() {
    let of = |kind: &str, logical: &str| json!({ "type": kind, "logicalType": logical });
    let changed: &[&str] = &["logical-type-changed"];
    check(of("long", "timestamp-millis"), of("long", "timestamp-micros"), changed);
    check(of("long", "timestamp-millis"), of("long", "local-timestamp-millis"), changed);
    check(of("int", "time-millis"), of("long", "time-micros"), changed);
    check(of("int", "date"), json!("int"), changed);
    check(json!("string"), of("string", "uuid"), changed);
    check(of("bytes", "decimal"), json!("bytes"), changed);
    // Unknown, or on a type that cannot have it: to be passed over.
    check(of("int", "timestamp-millis"), json!("int"), &[]);
    check(of("long", "ticks"), json!("long"), &[]);
    // In a union, too.
    let optional = |logical: &str| json!(["null", of("long", logical)]);
    check(optional("timestamp-millis"), optional("timestamp-micros"), changed);
    check(json!(["null", "int"]), json!(["null", of("int", "date")]), changed);
    check(json!(["null", of("int", "date")]), json!(["null", of("int", "date")]), &[]);
}
