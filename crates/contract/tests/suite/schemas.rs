//! Schemas of other formats that are broken, hostile or large.

use contract::diff::Mode;
use contract::formats::{Format, SchemaText, report};
use proptest::prelude::*;
use serde_json::{Value, json};

fn compare(format: Format, old: &str, new: &str) -> Result<bool, String> {
    let text = |path, text| SchemaText { path, text };
    let told = report(format, &[text("old", old)], text("new", new), Some(Mode::Full));
    told.map(|report| report.compatible).map_err(|problem| problem.message)
}

/// JSON that is a little like schemas.
fn schema_like() -> impl Strategy<Value = Value> {
    let words = prop_oneof![
        Just("record"),
        Just("enum"),
        Just("fixed"),
        Just("array"),
        Just("map"),
        Just("int"),
        Just("string"),
        Just("R"),
        Just("object"),
        Just("#"),
        Just("#/$defs/a"),
        Just("#/properties/a"),
        Just("(("),
        Just("^(a+)+$"),
        Just(""),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3..4_i64).prop_map(Value::from),
        words.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let keys = prop_oneof![
            Just("type"),
            Just("name"),
            Just("fields"),
            Just("items"),
            Just("values"),
            Just("symbols"),
            Just("size"),
            Just("aliases"),
            Just("default"),
            Just("namespace"),
            Just("properties"),
            Just("$ref"),
            Just("$defs"),
            Just("a"),
            Just("allOf"),
            Just("anyOf"),
            Just("oneOf"),
            Just("not"),
            Just("if"),
            Just("then"),
            Just("else"),
            Just("enum"),
            Just("required"),
            Just("pattern"),
            Just("minimum"),
            Just("maxLength"),
            Just("patternProperties"),
            Just("additionalProperties"),
            Just("prefixItems"),
            Just("contains"),
            Just("dependentSchemas"),
            Just("multipleOf"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((keys, inner), 0..5).prop_map(|entries| {
                Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn anything_is_answered(old in schema_like(), new in schema_like()) {
        let (old, new) = (old.to_string(), new.to_string());
        for format in [Format::Avro, Format::JsonSchema] {
            let _ = compare(format, &old, &new);
        }
        if let Ok(compatible) = compare(Format::Avro, &old, &old) {
            prop_assert!(compatible, "{old}");
        }
    }

    #[test]
    fn broken_files_are_refused(text in "[a-zA-Z0-9{}=;<>\"/*\\[\\] \n.,()-]{0,200}") {
        let _ = compare(Format::Protobuf, &text, &text);
        let message = format!("message M {{ {text} }}");
        let _ = compare(Format::Protobuf, &message, &message);
        let _ = (compare(Format::Avro, &text, &text), compare(Format::JsonSchema, &text, &text));
    }
}

#[test]
fn what_is_no_schema_is_said() {
    for (format, text, expected) in [
        (Format::Avro, "\"nope\"", "there is no type `nope`"),
        (Format::Avro, "{\"type\": \"record\", \"name\": \"R\"}", "a record without `fields`"),
        (Format::Avro, "{\"type\": \"record\", \"fields\": []}", "record without a name"),
        (Format::Avro, "", "the file is empty"),
        (Format::JsonSchema, "[]", "a JSON Schema is an object, true or false"),
        (Format::JsonSchema, "{", "did not find expected"),
        (Format::Protobuf, "message", "expected a name, found the end of the file"),
    ] {
        let told = compare(format, text, text).unwrap_err();
        assert!(told.contains(expected), "{text}: {told}");
    }
}

#[test]
fn large_schemas_are_answered_in_time() {
    let started = std::time::Instant::now();
    let properties = |count: usize| -> Value {
        (0..count)
            .map(|index| (format!("p{index}"), json!({ "type": ["string", "integer"], "maxLength": index })))
            .collect()
    };
    let object =
        |count| json!({ "type": "object", "properties": properties(count), "additionalProperties": false }).to_string();
    assert_eq!(compare(Format::JsonSchema, &object(500), &object(500)), Ok(true));
    assert_eq!(compare(Format::JsonSchema, &object(400), &object(500)), Ok(false));
    // Each level doubles the alternatives.
    let mut doubling = json!({ "type": "string" });
    for level in 0..12 {
        doubling =
            json!({ "anyOf": [doubling, { "type": "integer", "minimum": level }], "oneOf": [doubling, doubling] });
    }
    let _ = compare(Format::JsonSchema, &doubling.to_string(), "{\"type\": \"integer\", \"maximum\": 5}");
    let circle =
        "{\"$defs\": {\"a\": {\"$ref\": \"#/$defs/b\"}, \"b\": {\"$ref\": \"#/$defs/a\"}}, \"$ref\": \"#/$defs/a\"}";
    let _ = compare(Format::JsonSchema, circle, "{\"type\": \"string\"}");
    let mut deep = json!("int");
    for _ in 0..90 {
        deep = json!({ "type": "array", "items": deep });
    }
    let _ = compare(Format::Avro, &deep.to_string(), &deep.to_string());
    let fields: Vec<Value> = (0..3000).map(|index| json!({ "name": format!("f{index}"), "type": "string" })).collect();
    let record = json!({ "type": "record", "name": "R", "fields": fields }).to_string();
    assert_eq!(compare(Format::Avro, &record, &record), Ok(true));
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
