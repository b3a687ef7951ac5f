//! Protocols as a table: what the table asks now, what its new schema needs, what it asks then.
#![allow(clippy::unwrap_used)]

use super::*;

fn check(now: Option<Value>, wall_clock: bool, mapped: bool, expected: Value) {
    let data_type = if wall_clock { "timestamp_ntz" } else { "long" };
    let schema =
        json!({ "type": "struct", "fields": [{ "name": "a", "type": data_type, "nullable": true, "metadata": {} }] });
    let schema: StructType = serde_json::from_value(schema).unwrap();
    let now: Option<Protocol> = now.map(|now| serde_json::from_value(now).unwrap());
    let found = serde_json::to_value(needed(&schema, mapped, now.as_ref()).unwrap()).unwrap();
    let bare = |value: &Value| {
        let mut fields = value.as_object().unwrap().clone();
        fields.retain(|_, value| !value.is_null());
        for list in fields.values_mut().filter_map(Value::as_array_mut) {
            list.sort_by_key(Value::to_string);
        }
        Value::Object(fields)
    };
    assert_eq!(bare(&found), bare(&expected), "{now:?} {wall_clock} {mapped}");
}

fn versions(reader: i64, writer: i64) -> Value {
    json!({ "minReaderVersion": reader, "minWriterVersion": writer })
}

fn features(readers: &[&str], writers: &[&str]) -> Value {
    json!({ "minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": readers, "writerFeatures": writers })
}

#[test]
fn a_new_table_asks_for_what_it_needs() {
    check(None, false, false, versions(1, 2));
    check(None, false, true, versions(2, 5));
    check(None, true, false, features(&["timestampNtz"], &["timestampNtz"]));
    check(None, true, true, features(&["columnMapping", "timestampNtz"], &["columnMapping", "timestampNtz"]));
}

#[test]
fn a_table_never_asks_for_less_than_it_did() {
    check(Some(versions(1, 2)), false, true, versions(2, 5));
    check(Some(versions(2, 5)), false, false, versions(2, 5));
    check(Some(versions(1, 6)), false, true, versions(2, 6));
    let wall_clock = features(&["timestampNtz"], &["timestampNtz"]);
    check(Some(wall_clock.clone()), false, false, wall_clock.clone());
    let both = features(&["columnMapping", "timestampNtz"], &["columnMapping", "timestampNtz"]);
    check(Some(wall_clock), false, true, both);
    let all = ["appendOnly", "invariants", "timestampNtz"];
    check(Some(versions(1, 2)), true, false, features(&["timestampNtz"], &all));
    let all = [
        "appendOnly",
        "changeDataFeed",
        "checkConstraints",
        "columnMapping",
        "generatedColumns",
        "invariants",
        "timestampNtz",
    ];
    check(Some(versions(2, 5)), true, true, features(&["columnMapping", "timestampNtz"], &all));
    let others = json!({ "minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["rowTracking"] });
    check(Some(others.clone()), false, false, others);
}
