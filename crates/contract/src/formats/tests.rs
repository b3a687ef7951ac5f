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
