//! Contracts to mutate: the official examples, and ones that use every section of each version.

use contract::model::SERVER_TYPES;
use contract::syntax;
use serde_json::{Value as Json, json};

use crate::{files, suite};

/// Versions of the standard that a seed is turned to.
pub const VERSIONS: [&str; 5] = ["v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0"];

/// The official examples of version 3, as values.
pub fn examples() -> Vec<(String, Json)> {
    let Some(folder) = suite("odcs/examples") else { return Vec::new() };
    let files = files(&folder).into_iter().filter(|path| !path.to_string_lossy().contains("v2.2.2"));
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.display().to_string(), syntax::parse(&text).root.unwrap().to_json())
    };
    files.map(read).collect()
}

/// Contracts that hold every section at least once.
pub fn complete() -> Vec<(String, Json)> {
    let mut seeds = vec![("everything of v3.2".to_owned(), newest()), ("everything of v3.0".to_owned(), oldest())];
    seeds.extend(VERSIONS.into_iter().map(|version| (format!("servers of {version}"), servers(version))));
    seeds
}

fn head(version: &str) -> Json {
    json!({ "apiVersion": version, "kind": "DataContract", "id": "a", "version": "1.0.0", "status": "active" })
}

fn with(version: &str, fields: Json) -> Json {
    let mut contract = head(version);
    for (name, value) in fields.as_object().unwrap() {
        contract[name] = value.clone();
    }
    contract
}

fn servers(version: &str) -> Json {
    let known = SERVER_TYPES.iter().filter(|server| server.since.as_str() <= version);
    let servers: Vec<Json> = known
        .map(|server| {
            let mut value = json!({ "server": "s", "type": server.name });
            for field in server.required.iter().chain(server.optional) {
                value[*field] = match *field {
                    "port" => json!(5432),
                    "location" | "endpointUrl" | "stagingDir" | "catalogUrl" => json!("s3://bucket/path"),
                    "format" => json!("json"),
                    "delimiter" => json!("array"),
                    _ => json!("x"),
                };
            }
            value
        })
        .collect();
    with(version, json!({ "servers": servers }))
}

fn newest() -> Json {
    let custom = json!([{ "id": "c1", "property": "p", "value": [1], "description": "d", "vendor": "plimsoll" }]);
    let links = json!([{ "id": "l1", "url": "https://x", "type": "glossary", "description": "d" }]);
    let context = json!({
        "instructions": "i",
        "verifiedStatements": [{ "id": "v", "question": "q", "answer": "a", "tags": ["t"], "authoritativeDefinitions": links, "customProperties": custom }],
        "constraints": [{ "id": "k", "constraint": "c", "tags": ["t"], "authoritativeDefinitions": links, "customProperties": custom }],
    });
    let synonyms = json!([{ "id": "y", "synonym": "s", "description": "d", "locale": "en", "source": "s", "status": "active", "customProperties": custom }]);
    with(
        "v3.2.0",
        json!({
            "name": "n", "tenant": "t", "domain": "d", "dataProduct": "p", "tags": ["a"], "context": "text",
            "contractCreatedTs": "2024-01-31T12:00:00Z",
            "description": { "purpose": "p", "limitations": "l", "usage": "u", "authoritativeDefinitions": links, "customProperties": custom },
            "authoritativeDefinitions": links, "customProperties": custom,
            "support": [{ "id": "s", "channel": "c", "url": "https://x", "description": "d", "tool": "slack", "scope": "issues", "invitationUrl": "https://y", "customProperties": custom }],
            "price": { "id": "p", "priceAmount": 9.95, "priceCurrency": "USD", "priceUnit": "megabyte" },
            "team": { "id": "t", "name": "n", "description": "d", "tags": ["t"], "customProperties": custom, "authoritativeDefinitions": links,
                "members": [{ "id": "m", "username": "u", "name": "n", "description": "d", "role": "owner", "dateIn": "2024-01-31", "dateOut": "2024-02-01", "replacedByUsername": "v", "tags": ["t"], "customProperties": custom, "authoritativeDefinitions": links }] },
            "roles": [{ "id": "r", "role": "r", "description": "d", "access": "read", "firstLevelApprovers": "a", "secondLevelApprovers": "b", "customProperties": custom }],
            "slaDefaultElement": "orders.day",
            "slaProperties": [
                { "id": "sl", "property": "latency", "value": 4, "valueExt": 5, "unit": "d", "element": "orders.day", "driver": "regulatory", "description": "d", "scheduler": "cron", "schedule": "0 0 * * *", "customProperties": custom, "authoritativeDefinitions": links },
                { "property": "generalAvailability", "value": "2024-01-31" },
            ],
            "servers": [{ "id": "sv", "server": "s", "type": "postgres", "host": "h", "port": 5432, "database": "d", "schema": "s", "description": "d", "environment": "prod", "roles": [{ "role": "r" }], "customProperties": custom }],
            "schema": [{
                "id": "o", "name": "orders", "physicalName": "o", "physicalType": "table", "logicalType": "object", "description": "d", "businessName": "b",
                "deprecated": false, "dataGranularityDescription": "g", "synonyms": synonyms, "tags": ["t"], "context": context,
                "authoritativeDefinitions": links, "customProperties": custom,
                "relationships": [
                    { "id": "rel", "type": "foreignKey", "from": "orders.id", "to": "people.id", "customProperties": custom },
                    { "from": ["orders.id", "orders.day"], "to": ["people.id", "people.day"] },
                ],
                "quality": [
                    { "id": "q1", "name": "n", "description": "d", "type": "library", "metric": "rowCount", "mustBe": 5, "unit": "rows", "dimension": "accuracy", "method": "m", "severity": "error", "businessImpact": "b", "scheduler": "cron", "schedule": "0 0 * * *", "tags": ["t"], "customProperties": custom, "authoritativeDefinitions": links },
                    { "metric": "duplicateValues", "arguments": { "properties": ["id", "day"] }, "mustBeLessThan": 5, "unit": "percent" },
                    { "type": "sql", "query": "SELECT count(*) FROM orders", "mustBeBetween": [1, 5] },
                    { "type": "sql", "query": "SELECT count(*) FROM orders", "mustNotBeBetween": [1, 5] },
                    { "type": "custom", "engine": "soda", "implementation": { "a": 1 } },
                    { "type": "text", "description": "d" },
                ],
                "properties": [
                    { "id": "p1", "name": "id", "physicalName": "i", "physicalType": "int", "logicalType": "integer", "businessName": "b", "description": "d",
                      "logicalTypeOptions": { "minimum": 1, "maximum": 9, "multipleOf": 1, "format": "i32" },
                      "deprecated": false, "synonyms": synonyms, "primaryKey": true, "primaryKeyPosition": 1, "required": true, "unique": true,
                      "semanticType": "column", "partitioned": true, "partitionKeyPosition": 1, "classification": "public", "encryptedName": "e",
                      "transformSourceObjects": ["a"], "transformLogic": "l", "transformDescription": "d", "examples": [1, 2], "criticalDataElement": true,
                      "enum": [{ "value": 1, "label": "l", "id": "e1", "description": "d", "customProperties": custom, "authoritativeDefinitions": links, "tags": ["t"] }, { "value": 2 }],
                      "relationships": [{ "id": "r2", "type": "foreignKey", "to": "people.id", "customProperties": custom }],
                      "quality": [{ "metric": "nullValues", "mustBe": 0 }, { "metric": "invalidValues", "arguments": { "validValues": [1] }, "mustBeGreaterOrEqualTo": 1 }],
                      "tags": ["t"], "authoritativeDefinitions": links, "customProperties": custom },
                    { "name": "day", "logicalType": "date", "logicalTypeOptions": { "format": "yyyy-MM-dd", "minimum": "2020-01-01", "exclusiveMaximum": "2030-01-01" } },
                    { "name": "at", "logicalType": "timestamp", "logicalTypeOptions": { "timezone": true, "defaultTimezone": "Etc/UTC", "maximum": "2030-01-01T00:00:00Z" } },
                    { "name": "clock", "logicalType": "time", "logicalTypeOptions": { "timezone": false, "exclusiveMinimum": "01:00:00" } },
                    { "name": "amount", "logicalType": "number", "logicalTypeOptions": { "exclusiveMinimum": 0.5, "exclusiveMaximum": 9.5, "multipleOf": 0.5, "format": "f64" } },
                    { "name": "word", "logicalType": "string", "logicalTypeOptions": { "minLength": 1, "maxLength": 9, "pattern": "^a", "format": "email" } },
                    { "name": "yes", "logicalType": "boolean" },
                    { "name": "list", "logicalType": "array", "logicalTypeOptions": { "minItems": 1, "maxItems": 3, "uniqueItems": true }, "items": { "logicalType": "object", "properties": [{ "name": "x", "logicalType": "string" }] } },
                    { "name": "thing", "logicalType": "object", "logicalTypeOptions": { "minProperties": 1, "maxProperties": 3, "required": ["x"] }, "properties": [{ "name": "x", "logicalType": "string" }] },
                    { "name": "pairs", "logicalType": "map", "map": { "key": { "logicalType": "string" }, "value": { "logicalType": "integer", "logicalTypeOptions": { "minimum": 1 } } } },
                    { "name": "embedding", "logicalType": "vector", "logicalTypeOptions": { "dimensions": 3, "elementType": "float32", "distanceMetric": "cosine", "embeddingModel": "m", "embeddingModelVersion": "1", "normalized": true } },
                    { "name": "bare" },
                ],
            }, { "name": "people", "logicalType": "blob", "context": "text" }],
        }),
    )
}

fn oldest() -> Json {
    let custom = json!([{ "property": "p", "value": 1 }]);
    let links = json!([{ "url": "https://x", "type": "glossary" }]);
    with(
        "v3.0.0",
        json!({
            "name": "n", "tenant": "t", "domain": "d", "dataProduct": "p", "tags": ["a"], "contractCreatedTs": "2024-01-31T12:00:00Z",
            "description": { "purpose": "p", "limitations": "l", "usage": "u", "authoritativeDefinitions": links, "customProperties": custom },
            "authoritativeDefinitions": links, "customProperties": custom,
            "support": [{ "channel": "c", "url": "https://x", "description": "d", "tool": "slack", "scope": "issues", "invitationUrl": "https://y" }],
            "price": { "priceAmount": 9.95, "priceCurrency": "USD", "priceUnit": "megabyte" },
            "team": [{ "username": "u", "name": "n", "description": "d", "role": "owner", "dateIn": "2024-01-31", "dateOut": "2024-02-01", "replacedByUsername": "v" }],
            "roles": [{ "role": "r", "description": "d", "access": "read", "firstLevelApprovers": "a", "secondLevelApprovers": "b", "customProperties": custom }],
            "slaDefaultElement": "orders.day",
            "slaProperties": [{ "property": "latency", "value": 4, "valueExt": 5, "unit": "d", "element": "orders.day", "driver": "regulatory" }],
            "servers": [{ "server": "s", "type": "kafka", "host": "h", "format": "avro", "description": "d", "environment": "prod", "roles": [{ "role": "r" }], "customProperties": custom }],
            "schema": [{
                "name": "orders", "physicalName": "o", "physicalType": "table", "logicalType": "object", "description": "d", "businessName": "b",
                "dataGranularityDescription": "g", "tags": ["t"], "authoritativeDefinitions": links, "customProperties": custom,
                "quality": [
                    { "name": "n", "description": "d", "type": "library", "rule": "rowCount", "mustBe": 5, "unit": "rows", "dimension": "accuracy", "method": "m", "severity": "error", "businessImpact": "b", "scheduler": "cron", "schedule": "0 0 * * *", "tags": ["t"], "customProperties": custom, "authoritativeDefinitions": links },
                    { "type": "sql", "query": "SELECT count(*) FROM orders", "mustBeBetween": [1, 5] },
                    { "type": "custom", "engine": "soda", "implementation": "x" },
                    { "type": "text", "description": "d" },
                ],
                "properties": [
                    { "name": "id", "physicalName": "i", "physicalType": "int", "logicalType": "integer", "businessName": "b", "description": "d",
                      "logicalTypeOptions": { "minimum": 1, "maximum": 9, "multipleOf": 1, "format": "i32", "exclusiveMaximum": true },
                      "primaryKey": true, "primaryKeyPosition": 1, "required": true, "unique": true, "partitioned": true, "partitionKeyPosition": 1,
                      "classification": "public", "encryptedName": "e", "transformSourceObjects": ["a"], "transformLogic": "l", "transformDescription": "d",
                      "examples": [1, 2], "criticalDataElement": true, "quality": [{ "rule": "nullCheck" }], "tags": ["t"], "authoritativeDefinitions": links, "customProperties": custom },
                    { "name": "day", "logicalType": "date", "logicalTypeOptions": { "format": "yyyy-MM-dd", "minimum": "2020-01-01", "exclusiveMinimum": true } },
                    { "name": "amount", "logicalType": "number", "logicalTypeOptions": { "minimum": 0.5, "maximum": 9.5, "multipleOf": 0.5, "exclusiveMinimum": false } },
                    { "name": "word", "logicalType": "string", "logicalTypeOptions": { "minLength": 1, "maxLength": 9, "pattern": "^a", "format": "email" } },
                    { "name": "yes", "logicalType": "boolean" },
                    { "name": "list", "logicalType": "array", "logicalTypeOptions": { "minItems": 1, "maxItems": 3, "uniqueItems": true }, "items": { "logicalType": "object", "properties": [{ "name": "x", "logicalType": "string" }] } },
                    { "name": "thing", "logicalType": "object", "logicalTypeOptions": { "minProperties": 1, "maxProperties": 3, "required": ["x"] }, "properties": [{ "name": "x", "logicalType": "string" }] },
                ],
            }],
        }),
    )
}
