//! SARIF 2.1.0 (OASIS), as code scanning reads it.

use serde_json::{Value as Json, json};

use crate::diagnostic::{Diagnostic, Level};
use crate::guide::guides;

/// One run with all findings; the rules are all codes of contracts.
pub fn sarif(found: &[Diagnostic], version: &str) -> Json {
    let rules: Vec<Json> = guides()
        .map(|(info, guide)| {
            json!({
                "id": info.code,
                "name": pascal(info.name),
                "shortDescription": { "text": info.about },
                "fullDescription": { "text": guide.why },
                "help": { "text": crate::guide::explanation(info.code).unwrap_or_default() },
                "defaultConfiguration": { "level": level(info.level) },
            })
        })
        .collect();
    let results: Vec<Json> = found.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "plimsoll", "semanticVersion": version, "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(found: &Diagnostic) -> Json {
    let help = found.help.as_deref().map(|help| format!("\n{help}")).unwrap_or_default();
    let mut location = json!({ "artifactLocation": { "uri": uri(&found.path) } });
    if found.span.line > 0 {
        location["region"] = json!({ "startLine": found.span.line, "startColumn": found.span.column });
    }
    let mut result = json!({
        "ruleId": found.code,
        "level": level(found.level),
        "message": { "text": format!("{}{help}", found.message) },
        "locations": [{ "physicalLocation": location }],
    });
    if let Some(index) = guides().position(|(info, _)| info.code == found.code) {
        result["ruleIndex"] = json!(index);
    }
    if !found.element.is_empty() {
        result["locations"][0]["logicalLocations"] = json!([{ "fullyQualifiedName": found.element }]);
    }
    result
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
    }
}

/// `empty-range` as `EmptyRange`.
fn pascal(name: &str) -> String {
    let word =
        |word: &str| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect::<String>();
    name.split('-').map(word).collect()
}

/// A path as a reference of RFC 3986; relative ones stay relative.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    if path.starts_with('/') { format!("file://{uri}") } else { uri.trim_start_matches("./").to_owned() }
}
