//! The schema for editors covers the standard.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::json_schema;

#[test]
fn every_reference_is_defined() {
    let schema = json_schema();
    let text = schema.to_string();
    for part in text.split("\"#/$defs/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(schema["$defs"].get(name).is_some_and(serde_json::Value::is_object), "{name}");
    }
    assert!(!text.contains("\"type\":\"text\""));
    let required = &schema["$defs"]["contract"]["required"];
    assert_eq!(*required, serde_json::json!(["apiVersion", "kind", "id", "version"]));
    assert!(schema["$defs"]["property"]["properties"]["enum"]["items"].is_object());
}
