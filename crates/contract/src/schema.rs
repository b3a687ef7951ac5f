//! The JSON Schema of a contract, for editors: made from the same tables that the reader and the lint use.
//!
//! One schema for all versions of the standard: what any of them allows is allowed, so that an editor helps with each.

mod conditions;

use serde_json::{Map, Value as Json, json};

use crate::model::record::{FieldSpec, Kind, Record, Section, TextForm, Word};
use crate::model::{Document, Version};

/// A JSON Schema (draft 2019-09) of contracts of the newest version of the standard.
pub fn json_schema() -> Json {
    let mut definitions = Map::new();
    define(Document::section(), &mut definitions);
    conditions::add(&mut definitions);
    json!({
        "$schema": "https://json-schema.org/draft/2019-09/schema",
        "title": "Open Data Contract Standard, as Plimsoll reads it",
        "$ref": format!("#/$defs/{}", key(Document::section())),
        "$defs": definitions,
    })
}

/// `a quality rule` as `quality_rule`.
fn key(section: &Section) -> String {
    let name = section.name.trim_start_matches("a ").trim_start_matches("an ").trim_start_matches("the ");
    name.replace([' ', '\''], "_")
}

fn define(section: &'static Section, definitions: &mut Map<String, Json>) {
    let key = key(section);
    if definitions.contains_key(&key) {
        return;
    }
    // Holds the place, so that a section that contains itself ends here.
    definitions.insert(key.clone(), Json::Null);
    let mut properties = Map::new();
    for field in section.fields {
        properties.insert(field.name.to_owned(), field_schema(field, definitions));
    }
    let required: Vec<&str> =
        section.fields.iter().filter(|field| field.is_required(Version::LATEST)).map(|field| field.name).collect();
    let mut schema = json!({ "type": "object", "description": sentence(section.about), "properties": properties });
    // Parts of arrays and maps are properties without a name: `conditions` asks for it where it is needed.
    if !required.is_empty() && key != "property" {
        schema["required"] = json!(required);
    }
    if section.closed.is_some() {
        schema["additionalProperties"] = json!(false);
    }
    definitions.insert(key, schema);
}

fn field_schema(field: &FieldSpec, definitions: &mut Map<String, Json>) -> Json {
    let mut schema = match kind_schema(field.kind, definitions) {
        Json::Object(map) => map,
        _ => Map::new(),
    };
    schema.insert("description".to_owned(), json!(sentence(field.about)));
    if field.name == "apiVersion" {
        schema.insert("enum".to_owned(), json!(Version::ALL.map(Version::as_str)));
    }
    if !field.words.is_empty() {
        let words: Vec<&str> = field.words.iter().map(|Word(word, _)| *word).collect();
        schema.insert("enum".to_owned(), json!(words));
    }
    if field.deprecated.is_some() {
        schema.insert("deprecated".to_owned(), json!(true));
    }
    match field.text {
        TextForm::Any => {}
        TextForm::Id => drop(schema.insert("pattern".to_owned(), json!(r"^[^\s.#/\\@!%&^]+$"))),
        TextForm::Date => drop(schema.insert("format".to_owned(), json!("date"))),
        TextForm::DateTime => drop(schema.insert("format".to_owned(), json!("date-time"))),
    }
    Json::Object(schema)
}

fn kind_schema(kind: Kind, definitions: &mut Map<String, Json>) -> Json {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Integer => json!({ "type": "integer" }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Scalar => json!({ "type": ["string", "number", "boolean", "null"] }),
        Kind::Any => json!({}),
        Kind::Object => json!({ "type": "object" }),
        Kind::List(item) => json!({ "type": "array", "items": kind_schema(*item, definitions) }),
        Kind::Record(section) => {
            define(section(), definitions);
            json!({ "$ref": format!("#/$defs/{}", key(section())) })
        }
        Kind::Either(kinds) => {
            let kinds: Vec<Json> = kinds.iter().map(|kind| kind_schema(*kind, definitions)).collect();
            json!({ "anyOf": kinds })
        }
    }
}

fn sentence(about: &str) -> String {
    about.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
