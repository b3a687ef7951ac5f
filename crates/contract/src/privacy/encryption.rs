//! Tables that are encrypted as a whole.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What a contract asks for with the setting `encryption` of a schema object: every data file is encrypted with its footer and
/// all of its columns, by Parquet's own modular encryption.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Encryption {
    /// The id of a key of the project; `None` is the project's present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Encryption {
    /// From the setting's value: `parquet`, or a map with `method: parquet` and `key`.
    pub fn parse(value: &Json) -> Result<Self, String> {
        const WANTED: &str = "write `parquet`, or { method: parquet, key: k1 }";
        let method = match value {
            Json::String(word) => Some(word.as_str()),
            Json::Object(map) => map.get("method").and_then(Json::as_str),
            _ => None,
        };
        if method != Some("parquet") {
            return Err(format!("there is no such encryption of a table: {WANTED}"));
        }
        let Json::Object(map) = value else { return Ok(Self::default()) };
        if let Some(unknown) = map.keys().find(|key| !["method", "key"].contains(&key.as_str())) {
            return Err(format!("`{unknown}` does not belong to the encryption of a table: {WANTED}"));
        }
        Ok(Self { key: super::parse::name(map, "key")? })
    }
}
