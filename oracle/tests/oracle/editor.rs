//! The schema for editors accepts what the standard shows and refuses what it shows as wrong.

use contract::schema::json_schema;
use contract::syntax;
use serde_json::Value as Json;

use crate::seeds::{complete, examples};
use crate::{files, suite};

fn complaints(validator: &jsonschema::Validator, contract: &Json) -> Vec<String> {
    validator.iter_errors(contract).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn compiled() -> jsonschema::Validator {
    let schema = json_schema();
    assert!(jsonschema::meta::is_valid(&schema), "the schema is no schema");
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

#[test]
fn every_official_example_is_accepted() {
    let validator = compiled();
    for (name, contract) in examples() {
        let found = complaints(&validator, &contract);
        assert!(found.is_empty(), "{name}\n{found:#?}");
    }
    for (name, contract) in complete().into_iter().filter(|(name, _)| name.starts_with("everything")) {
        let found = complaints(&validator, &contract);
        assert!(found.is_empty(), "{name}\n{found:#?}");
    }
}

#[test]
fn what_the_standard_shows_as_invalid_is_refused() {
    let Some(folder) = suite("odcs/invalid_history") else { return };
    let validator = compiled();
    for path in files(&folder) {
        let contract = syntax::parse(&std::fs::read_to_string(&path).unwrap()).root.unwrap().to_json();
        assert!(!validator.is_valid(&contract), "{}", path.display());
    }
}

#[test]
fn slips_are_refused() {
    let validator = compiled();
    let head = "apiVersion: v3.2.0\nkind: DataContract\nid: a\nversion: 1.0.0\n";
    let wrong = [
        "zzz: 1\n",
        "servers: [{server: a, type: postgres, host: h}]\n",
        "servers: [{server: a, type: kafka, host: h, topic: t}]\n",
        "schema: [{properties: []}]\n",
        "schema: [{name: t, properties: [{logicalType: string}]}]\n",
        "schema: [{name: t, properties: [{name: a, logicalType: string, logicalTypeOptions: {minimum: 1}}]}]\n",
        "schema: [{name: t, properties: [{name: a, logicalType: map}]}]\n",
        "schema: [{name: t, properties: [{name: a, logicalType: vector, logicalTypeOptions: {dimensions: 0}}]}]\n",
        "schema: [{name: t, properties: [{name: a, relationships: [{from: t.a, to: t.b}]}]}]\n",
        "schema: [{name: t, quality: [{metric: rowCount, mustBe: 1, mustNotBe: 2}]}]\n",
        "schema: [{name: t, quality: [{type: sql, mustBe: 1}]}]\n",
        "schema: [{name: t, quality: [{metric: rows, mustBe: 1}]}]\n",
    ];
    for body in wrong {
        let contract = syntax::parse(&format!("{head}{body}")).root.unwrap().to_json();
        assert!(!validator.is_valid(&contract), "{body}");
    }
    let right = [
        "",
        "schema: [{name: t, properties: [{name: a, logicalType: '${TYPE}', items: {logicalType: string}}]}]\n",
        "servers: [{server: a, type: '${TYPE}', host: h}]\n",
    ];
    for body in right {
        let contract = syntax::parse(&format!("{head}{body}")).root.unwrap().to_json();
        assert!(validator.is_valid(&contract), "{body}\n{:#?}", complaints(&validator, &contract));
    }
}
