//! Inclusion of schemas.

mod sound;

use serde_json::{Value, json};

/// Whether all documents of the first are of the second, and back.
fn check(inner: Value, outer: Value, there: bool, back: bool) {
    let told = |inner: &Value, outer: &Value| super::not_included(inner, outer).is_empty();
    assert_eq!(told(&inner, &outer), there, "{inner} in {outer}: {:?}", super::not_included(&inner, &outer));
    assert_eq!(told(&outer, &inner), back, "{outer} in {inner}: {:?}", super::not_included(&outer, &inner));
}

#[test]
fn simple() {
    check(json!({ "type": "integer" }), json!({ "type": "number" }), true, false);
    check(json!({ "type": "string" }), json!(true), true, false);
    check(json!({ "type": "integer", "minimum": 1 }), json!({ "type": "integer", "exclusiveMinimum": 0 }), true, true);
    check(
        json!({ "type": ["string", "null"] }),
        json!({ "anyOf": [{ "type": "null" }, { "type": "string" }] }),
        true,
        true,
    );
    check(json!({ "enum": [1, 2] }), json!({ "type": "integer", "minimum": 1, "maximum": 9 }), true, false);
    check(json!({ "type": "boolean" }), json!({ "enum": [true, false] }), true, true);
    check(json!({ "not": {} }), json!(false), true, true);
    check(json!({ "pattern": "^a{2}$", "type": "string" }), json!({ "type": "string", "maxLength": 2 }), true, false);
    check(json!({ "multipleOf": 6 }), json!({ "multipleOf": 3 }), true, false);
    check(json!({ "type": "string", "format": "email" }), json!({ "type": "string", "format": "uri" }), false, false);
}

#[test]
fn objects() {
    let closed =
        |properties: Value| json!({ "type": "object", "additionalProperties": false, "properties": properties });
    check(closed(json!({ "a": {} })), closed(json!({ "a": {}, "b": { "type": "string" } })), true, false);
    check(
        json!({ "type": "object" }),
        json!({ "type": "object", "properties": { "a": { "type": "string" } } }),
        false,
        true,
    );
    check(json!({ "required": ["a", "b"] }), json!({ "required": ["b"] }), true, false);
    check(
        json!({ "type": "object", "patternProperties": { "^x-": { "type": "string" } }, "additionalProperties": false }),
        json!({ "type": "object", "patternProperties": { "^x": { "type": "string" } }, "additionalProperties": false }),
        true,
        false,
    );
    check(
        json!({ "type": "object", "required": ["a"], "dependentRequired": { "a": ["b"] } }),
        json!({ "type": "object", "required": ["b"] }),
        true,
        false,
    );
    check(json!({ "type": "object", "required": ["a"], "properties": { "a": false } }), json!(false), true, true);
    // What is required of objects says nothing of numbers: 1.5 satisfies the condition.
    check(
        json!({ "dependentSchemas": { "a": false } }),
        json!({ "if": { "required": ["a"] }, "then": { "multipleOf": 1 } }),
        false,
        false,
    );
}

#[test]
fn patterns_of_names_meet() {
    let named = |pattern: &str, of: &str| {
        json!({
            "type": "object",
            "patternProperties": { pattern: { "type": of } },
            "additionalProperties": { "type": "string" },
        })
    };
    // The name `ab` has both patterns.
    check(named("^a", "integer"), named("b$", "string"), false, false);
    let open = |pattern: &str| json!({ "type": "object", "patternProperties": { pattern: { "type": "string" } } });
    check(named("^a", "string"), open("b$"), true, false);
}

#[test]
fn arrays() {
    let tuple = |items: Value, rest: Value| json!({ "type": "array", "prefixItems": items, "items": rest });
    check(tuple(json!([{ "type": "string" }]), json!(false)), json!({ "type": "array", "maxItems": 1 }), true, false);
    check(
        tuple(json!([{ "type": "string" }]), json!({ "type": "string" })),
        json!({ "type": "array", "items": { "type": "string" } }),
        true,
        true,
    );
    check(json!({ "type": "array", "uniqueItems": true }), json!({ "type": "array" }), true, false);
    check(
        json!({ "type": "array", "minItems": 1, "items": { "type": "integer" } }),
        json!({ "type": "array", "contains": { "type": "number" } }),
        true,
        false,
    );
}

#[test]
fn combined() {
    check(
        json!({ "allOf": [{ "minimum": 1 }, { "maximum": 3 }], "type": "integer" }),
        json!({ "type": "integer", "minimum": 0 }),
        true,
        false,
    );
    check(
        json!({ "not": { "type": "string", "minLength": 5 } }),
        json!({ "not": { "type": "string", "minLength": 9 } }),
        true,
        false,
    );
    let when = |then: Value| json!({ "if": { "required": ["a"] }, "then": then, "else": { "required": ["c"] } });
    check(when(json!({ "required": ["b", "d"] })), when(json!({ "required": ["b"] })), true, false);
}

#[test]
fn recursive() {
    let list = |of: &str| {
        json!({ "$ref": "#/$defs/node", "$defs": { "node": {
            "type": "object",
            "properties": { "value": { "type": of }, "next": { "$ref": "#/$defs/node" } },
            "additionalProperties": false,
        }}})
    };
    check(list("integer"), list("number"), true, false);
    check(json!({ "$ref": "#" }), json!({ "type": "string" }), false, false);
    // A chain that leads nowhere.
    check(json!({ "$ref": "#/nowhere" }), json!({ "type": "string" }), false, false);
}
