//! What depends on another field: the options of a logical type, the fields of a server's type and of a rule's type.

use serde_json::{Map, Value as Json, json};

use crate::lint::options::{Value, options_of};
use crate::model::{OPERATORS, SERVER_TYPES};

const LOGICAL_TYPES: [&str; 9] =
    ["string", "date", "timestamp", "time", "integer", "number", "object", "array", "vector"];
/// Fields that the standard's own examples of v3.0 use although no version names them.
const TOLERATED: [(&str, &str); 2] = [("team_member", "comment"), ("service_level", "column")];
/// A value that is put in when the contract is used.
const VARIABLE: &str = r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}";

pub(super) fn add(definitions: &mut Map<String, Json>) {
    for (section, field) in TOLERATED {
        if let Some(section) = definitions.get_mut(section) {
            section["properties"][field] = json!({ "deprecated": true });
        }
    }
    if let Some(property) = definitions.get_mut("property") {
        of_property(property);
    }
    if let Some(server) = definitions.get_mut("server") {
        of_server(server);
    }
    if let Some(rule) = definitions.get_mut("quality_rule") {
        of_rule(rule);
    }
    if let Some(object) = definitions.get_mut("schema_object") {
        object["properties"]["relationships"]["items"] =
            json!({ "allOf": [{ "$ref": "#/$defs/relationship" }, { "required": ["from", "to"] }] });
        named(object);
    }
    for words in definitions.values_mut() {
        with_variables(words);
    }
}

/// The properties of an object have names; those that stand for the items of an array have none.
fn named(owner: &mut Json) {
    owner["properties"]["properties"]["items"] =
        json!({ "allOf": [{ "$ref": "#/$defs/property" }, { "required": ["name"] }] });
}

fn of_property(property: &mut Json) {
    named(property);
    property["properties"]["enum"]["minItems"] = json!(1);
    property["properties"]["relationships"]["items"] =
        json!({ "allOf": [{ "$ref": "#/$defs/relationship" }, { "not": { "required": ["from"] } }] });
    let mut conditions: Vec<Json> = LOGICAL_TYPES
        .iter()
        .filter_map(|name| Some((name, options_of(name)?)))
        .map(|(name, options)| {
            let properties: Map<String, Json> =
                options.iter().map(|(option, value)| ((*option).to_owned(), option_schema(*value))).collect();
            let options = json!({ "type": "object", "additionalProperties": false, "properties": properties });
            json!({ "if": is("logicalType", name), "then": { "properties": { "logicalTypeOptions": options } } })
        })
        .collect();
    conditions.push(json!({ "if": is("logicalType", "map"), "then": { "required": ["map"] } }));
    conditions.push(json!({
        "if": is("logicalType", "vector"),
        "then": { "required": ["logicalTypeOptions"], "properties": { "logicalTypeOptions": { "required": ["dimensions"] } } },
    }));
    property["allOf"] = json!(conditions);
}

fn is(field: &str, word: &str) -> Json {
    json!({ "properties": { field: { "const": word } }, "required": [field] })
}

/// What an option may be; where versions differ, either form.
fn option_schema(value: Value) -> Json {
    match value {
        Value::Count => json!({ "type": "integer", "minimum": 0 }),
        Value::PositiveCount => json!({ "type": "integer", "minimum": 1 }),
        Value::Text => json!({ "type": "string" }),
        Value::Boolean => json!({ "type": "boolean" }),
        Value::Number => json!({ "type": "number" }),
        Value::Positive => json!({ "type": "number", "exclusiveMinimum": 0 }),
        Value::ExclusiveText => json!({ "type": ["string", "boolean"] }),
        Value::ExclusiveNumber => json!({ "type": ["number", "boolean"] }),
        Value::Words(words) => json!({ "type": "string", "enum": words }),
        Value::Names => json!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "uniqueItems": true }),
    }
}

fn of_server(server: &mut Json) {
    let types: Vec<&str> = SERVER_TYPES.iter().map(|server| server.name).collect();
    server["properties"]["type"]["enum"] = json!(types);
    // v3.0.0 and v3.0.1 called it so.
    server["properties"]["staging_dir"] = json!({ "type": "string", "deprecated": true });
    let conditions: Vec<Json> = SERVER_TYPES
        .iter()
        .map(|server| {
            let common = ["id", "server", "type", "description", "environment", "roles", "customProperties"];
            let older: &[&str] = if server.name == "athena" { &["staging_dir"] } else { &[] };
            let fields: Vec<&str> =
                common.iter().chain(server.required).chain(server.optional).chain(older).copied().collect();
            json!({
                "if": is("type", server.name),
                "then": { "required": server.required, "propertyNames": { "enum": fields } },
            })
        })
        .collect();
    server["allOf"] = json!(conditions);
}

/// Before v3.1 a rule needed no comparison; no version allows two.
fn of_rule(rule: &mut Json) {
    let metrics = ["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"];
    rule["properties"]["metric"]["enum"] = json!(metrics);
    rule["properties"]["implementation"]["type"] = json!(["string", "object"]);
    for between in ["mustBeBetween", "mustNotBeBetween"] {
        for (bound, count) in [("minItems", 2), ("maxItems", 2)] {
            rule["properties"][between][bound] = json!(count);
        }
    }
    let single: Vec<Json> = OPERATORS.iter().map(|operator| json!({ "required": [operator] })).collect();
    let none = json!({ "not": { "anyOf": single } });
    let one_or_none: Vec<Json> = single.iter().cloned().chain([none]).collect();
    rule["allOf"] = json!([
        { "oneOf": one_or_none },
        { "if": is("type", "sql"), "then": { "required": ["query"] } },
        { "if": is("type", "custom"), "then": { "required": ["engine", "implementation"] } },
        { "if": is("type", "library"), "then": { "anyOf": [{ "required": ["metric"] }, { "required": ["rule"] }] } },
    ]);
}

/// Where a closed list of words is, a variable may stand too.
fn with_variables(definition: &mut Json) {
    let Some(fields) = definition.get_mut("properties").and_then(Json::as_object_mut) else { return };
    for (name, field) in fields {
        let Some(words) = field.get("enum").cloned() else { continue };
        if name == "apiVersion" || name == "kind" {
            continue;
        }
        if let Some(field) = field.as_object_mut() {
            field.shift_remove("enum");
            field.insert("anyOf".to_owned(), json!([{ "enum": words }, { "pattern": VARIABLE }]));
        }
    }
}
