//! What all facets have in common.

use serde_json::{Value, json};

use super::Context;

/// `schema` is the version and name of the facet's schema, such as `1-0-1/ErrorMessageRunFacet`.
pub fn facet(context: &Context<'_>, schema: &str, content: Value) -> Value {
    let name = schema.rsplit('/').next().unwrap_or(schema);
    let mut facet = json!({
        "_producer": context.producer,
        "_schemaURL": format!("https://openlineage.io/spec/facets/{schema}.json#/$defs/{name}"),
    });
    if let (Value::Object(facet), Value::Object(content)) = (&mut facet, content) {
        facet.extend(content);
    }
    facet
}

/// RFC 3339 in UTC, with milliseconds.
pub fn moment(ms: i64) -> String {
    let moment = chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default();
    moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
