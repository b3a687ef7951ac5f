//! What is said to be included is: no small value is allowed by the inner schema and refused by the outer one.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::formats::json_schema::document::Document;
use crate::formats::json_schema::evaluate::satisfies;
use crate::formats::json_schema::not_included;

/// Values that the keywords of the schemas below tell apart.
fn values() -> Vec<Value> {
    let mut values = vec![json!(null), json!(true), json!(false), json!(0), json!(1), json!(2), json!(3), json!(1.5)];
    values.extend(["", "a", "b", "ab", "abc"].map(|text| json!(text)));
    let small: Vec<Value> = values.iter().step_by(3).cloned().collect();
    values.push(json!([]));
    values.push(json!({}));
    for one in &small {
        values.push(json!([one]));
        values.push(json!({ "a": one }));
        values.push(json!({ "b": one }));
        for other in &small {
            values.push(json!([one, other]));
            values.push(json!({ "a": one, "b": other }));
        }
    }
    values
}

fn leaf() -> impl Strategy<Value = Value> {
    let types = prop_oneof![
        Just("null"),
        Just("boolean"),
        Just("integer"),
        Just("number"),
        Just("string"),
        Just("array"),
        Just("object")
    ];
    prop_oneof![
        Just(json!(true)),
        Just(json!(false)),
        types.clone().prop_map(|word| json!({ "type": word })),
        (types.clone(), types).prop_map(|(one, other)| json!({ "type": [one, other] })),
        (0..4, 0..4).prop_map(|(low, high)| json!({ "type": "number", "minimum": low, "exclusiveMaximum": high })),
        (1..4).prop_map(|divisor| json!({ "multipleOf": divisor })),
        (0..3, 0..4).prop_map(|(least, most)| json!({ "type": "string", "minLength": least, "maxLength": most })),
        prop_oneof![Just("^a"), Just("b$"), Just("^[ab]*$"), Just("^ab?c?$")].prop_map(|p| json!({ "pattern": p })),
        prop::sample::subsequence(vec![json!(1), json!("a"), json!(null), json!(true), json!([]), json!({})], 0..4)
            .prop_map(|values| json!({ "enum": values })),
        (0..3, 0..3).prop_map(|(least, most)| json!({ "minItems": least, "maxItems": most })),
        prop::sample::subsequence(vec!["a", "b"], 0..3).prop_map(|names| json!({ "required": names })),
        (0..3).prop_map(|most| json!({ "type": "object", "maxProperties": most })),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        let several = || prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            several().prop_map(|all| json!({ "allOf": all })),
            several().prop_map(|any| json!({ "anyOf": any })),
            inner.clone().prop_map(|not| json!({ "not": not })),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| json!({ "if": a, "then": b, "else": c })),
            inner.clone().prop_map(|items| json!({ "items": items })),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({ "prefixItems": [a], "items": b })),
            inner.clone().prop_map(|contains| json!({ "contains": contains })),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| json!({ "properties": { "a": a }, "additionalProperties": b })),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| json!({ "properties": { "a": a }, "patternProperties": { "^b": b } })),
            inner.clone().prop_map(|names| json!({ "propertyNames": names })),
            inner.clone().prop_map(|all| json!({ "dependentSchemas": { "a": all } })),
            inner
                .clone()
                .prop_map(|all| json!({ "$defs": { "x": all }, "properties": { "b": { "$ref": "#/$defs/x" } } })),
        ]
    })
}

/// With default documents have no other meaning here; references stay in their document.
fn allowed(schema: &Value, value: &Value) -> Option<bool> {
    let document = Document::new(schema);
    satisfies(value, document.schema())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn inclusion_is_sound(inner in schema(), outer in schema()) {
        if not_included(&inner, &outer).is_empty() {
            for value in values() {
                let told = (allowed(&inner, &value), allowed(&outer, &value));
                prop_assert!(told != (Some(true), Some(false)), "{value} is of {inner}, not of {outer}");
            }
        }
    }

    #[test]
    fn every_schema_includes_itself(schema in schema()) {
        let same = schema.clone();
        let found = not_included(&schema, &same);
        prop_assert!(found.is_empty(), "{schema}: {found:?}");
    }

    #[test]
    fn a_narrower_schema_is_included(schema in schema(), more in schema()) {
        // Put into another document, references lead nowhere.
        prop_assume!(!schema.to_string().contains("$ref") && !more.to_string().contains("$ref"));
        let both = json!({ "allOf": [schema, more] });
        let found = not_included(&both, &schema);
        prop_assert!(found.is_empty(), "{schema}: {found:?}");
        let any = json!({ "anyOf": [schema, more] });
        let found = not_included(&schema, &any);
        prop_assert!(found.is_empty(), "{schema}: {found:?}");
    }
}
