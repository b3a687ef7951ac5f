//! The official JSON schemas, compiled once for each version.

use jsonschema::Validator;
use serde_json::Value as Json;

use crate::suite;

pub struct Standard {
    schemas: Vec<(String, Validator)>,
}

impl Standard {
    pub fn load() -> Option<Self> {
        let folder = suite("odcs/schema")?;
        let names = ["v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0"];
        let schemas = names.map(|name| {
            let file = if name == "v3.2.0" { "v3.2.0-cli1.2.8" } else { name };
            let text = std::fs::read_to_string(folder.join(format!("odcs-json-schema-{file}.json"))).unwrap();
            (name.to_owned(), compiled(&serde_json::from_str(&text).unwrap()))
        });
        Some(Self { schemas: schemas.into() })
    }

    /// What the schema of the version that the contract declares says; `None` for other versions.
    pub fn judges(&self, contract: &Json) -> Option<bool> {
        self.validator(contract).map(|validator| validator.is_valid(contract))
    }

    pub fn complaints(&self, contract: &Json) -> Vec<String> {
        let Some(validator) = self.validator(contract) else { return Vec::new() };
        validator.iter_errors(contract).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    fn validator(&self, contract: &Json) -> Option<&Validator> {
        let declared = contract["apiVersion"].as_str()?;
        self.schemas.iter().find(|(name, _)| name == declared).map(|(_, validator)| validator)
    }
}

/// Formats count, as they do for the standard's own checks; addresses may hold `{placeholders}`.
fn compiled(schema: &Json) -> Validator {
    jsonschema::options().should_validate_formats(true).with_format("uri", is_address).build(schema).unwrap()
}

fn is_address(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        let word = |character: char| character.is_alphanumeric() || character == '_';
        !scheme.is_empty() && scheme.chars().all(word) && !rest.is_empty() && !text.contains(char::is_whitespace)
    })
}
