//! What a person sees of changes between schemas.
#![allow(clippy::unwrap_used)]

use super::{Format, SchemaText, report};
use crate::diff::{Mode, ShowOptions, show};

fn seen(format: Format, old: &str, new: &str, mode: Option<Mode>) -> String {
    let text = |path, text| SchemaText { path, text };
    let report = report(format, &[text("old", old)], text("new", new), mode).unwrap();
    show(&report, ShowOptions { colour: false, width: 100 })
}

#[test]
fn avro() {
    let old = r#"{
  "type": "record", "name": "Order", "doc": "An order",
  "fields": [
    { "name": "id", "type": "int" },
    { "name": "state", "type": { "type": "enum", "name": "State", "symbols": ["OPEN", "CLOSED"] } },
    { "name": "note", "type": ["null", "string"] }
  ]
}"#;
    let new = r#"{
  "type": "record", "name": "Order", "doc": "An order of the shop",
  "fields": [
    { "name": "id", "type": "long" },
    { "name": "state", "type": { "type": "enum", "name": "State", "symbols": ["OPEN", "LOST"] } },
    { "name": "note", "type": "string" },
    { "name": "at", "type": { "type": "long", "logicalType": "timestamp-millis" } }
  ]
}"#;
    insta::assert_snapshot!(seen(Format::Avro, old, new, Some(Mode::Backward)));
}

#[test]
fn json_schema() {
    let old = r#"{
  "type": "object",
  "properties": {
    "id": { "type": "integer", "minimum": 1 },
    "code": { "type": "string", "pattern": "^[A-Z]{3}$" },
    "tags": { "type": "array", "items": { "type": "string" } }
  },
  "required": ["id"],
  "additionalProperties": false
}"#;
    let new = r#"{
  "title": "An order",
  "type": "object",
  "properties": {
    "id": { "type": "integer", "minimum": 0 },
    "code": { "type": "string", "pattern": "^[A-Z]{2,3}$" },
    "tags": { "type": "array", "items": { "type": ["string", "null"] } },
    "at": { "type": "string", "format": "date-time" }
  },
  "required": ["id", "code"],
  "additionalProperties": false
}"#;
    insta::assert_snapshot!(seen(Format::JsonSchema, old, new, None));
}

#[test]
fn protobuf() {
    let old = "syntax = \"proto3\";\nmessage Order {\n  int32 id = 1;\n  string code = 2;\n  string note = 3;\n}\n";
    let new = "syntax = \"proto3\";\nmessage Order {\n  int64 id = 1;\n  int32 code = 2;\n  string at = 4;\n}\n";
    insta::assert_snapshot!(seen(Format::Protobuf, old, new, Some(Mode::Full)));
}

/// Every change with its verdicts.
fn told(format: Format, old: &str, new: &str) -> Vec<String> {
    let text = |path, text| SchemaText { path, text };
    let report = report(format, &[text("old", old)], text("new", new), None).unwrap();
    let line = |change: &crate::diff::Change| {
        format!("{} {} {}/{}", change.element, change.kind, change.consumer.word(), change.producer.word())
    };
    report.changes.iter().map(line).collect()
}

#[test]
fn what_avro_reads_and_takes_for_something_else() {
    let field = |of: &str, default: &str| {
        format!(r#"{{"type": "record", "name": "R", "fields": [{{"name": "a", "type": {of}{default}}}]}}"#)
    };
    let check = |old: (&str, &str), new: (&str, &str), expected: &[&str]| {
        let (old, new) = (field(old.0, old.1), field(new.0, new.1));
        assert_eq!(told(Format::Avro, &old, &new), expected, "{old} -> {new}");
    };
    let millis = r#"{"type": "long", "logicalType": "timestamp-millis"}"#;
    let micros = r#"{"type": "long", "logicalType": "timestamp-micros"}"#;
    check((millis, ""), (micros, ""), &["fields.a.type logical-type-changed breaking/breaking"]);
    let mild: &[&str] = &["fields.a.type logical-type-changed warning/warning"];
    check((r#"{"type": "int", "logicalType": "date"}"#, ""), (r#""int""#, ""), mild);
    check((r#""string""#, ""), (r#"{"type": "string", "logicalType": "uuid"}"#, ""), mild);
    let (one, two) = (r#", "default": 1"#, r#", "default": 2"#);
    check((r#""int""#, one), (r#""int""#, two), &["fields.a.default default-changed warning/warning"]);
    check((r#""int""#, ""), (r#""int""#, one), &["fields.a.default added safe/safe"]);
}

#[test]
fn annotations_of_json_schema() {
    let check = |old: &str, new: &str, expected: &[&str]| {
        let of = |name: &str, inner: &str| format!(r#"{{"properties": {{"{name}": {{{inner}}}}}}}"#);
        assert_eq!(told(Format::JsonSchema, &of("a", old), &of("a", new)), expected, "{old} -> {new}");
    };
    check(r#""default": 1"#, r#""default": 2"#, &["properties.a.default default-changed warning/warning"]);
    check(
        r#""default": {"b": 1}"#,
        r#""default": {"b": 2}"#,
        &["properties.a.default default-changed warning/warning"],
    );
    check(r#""default": 1"#, "", &["properties.a.default default-changed warning/safe"]);
    check("", r#""default": 1"#, &["properties.a.default added safe/safe"]);
    check("", r#""deprecated": true"#, &["properties.a.deprecated deprecation-changed warning/safe"]);
    check(r#""deprecated": true"#, "", &["properties.a.deprecated deprecation-changed safe/safe"]);
    check(r#""title": "A""#, r#""title": "B""#, &["properties.a.title description-changed safe/safe"]);
    // A property may be called like a word of the schema.
    let named = r#"{"properties": {"default": {}, "title": {}}}"#;
    let expected = ["properties.default added safe/safe", "properties.title added safe/safe"];
    assert_eq!(told(Format::JsonSchema, r#"{"properties": {}}"#, named), expected);
}
