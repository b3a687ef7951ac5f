//! A report as SARIF 2.1.0, which code review tools show at the lines of the new file.

use serde_json::{Value as Json, json};

use super::change::{Change, Verdict};
use super::history::Report;
use super::show::{element, what};

/// The report as one SARIF document with one run.
pub fn sarif(report: &Report) -> Json {
    let mut kinds: Vec<&str> = report.changes.iter().map(|change| change.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let rules: Vec<Json> = kinds
        .iter()
        .map(|kind| json!({ "id": kind, "name": kind, "shortDescription": { "text": kind.replace('-', " ") } }))
        .collect();
    let results: Vec<Json> = report.changes.iter().map(|change| result(change, &kinds)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "plimsoll",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(change: &Change, kinds: &[&str]) -> Json {
    let (level, kind) = match change.consumer.max(change.producer) {
        Verdict::Breaking => ("error", "fail"),
        Verdict::Warning => ("warning", "fail"),
        Verdict::Safe => ("none", "informational"),
    };
    let text = format!(
        "{}: {} (readers: {}, writers: {}): {}",
        element(change),
        what(change),
        change.consumer.word(),
        change.producer.word(),
        change.reason
    );
    let place = |place: &super::change::Place| {
        json!({ "physicalLocation": {
            "artifactLocation": { "uri": uri(&place.path) },
            "region": { "startLine": place.line.max(1), "startColumn": place.column.max(1) },
        }})
    };
    let mut result = json!({
        "ruleId": change.kind,
        "ruleIndex": kinds.iter().position(|kind| *kind == change.kind),
        "level": level,
        "kind": kind,
        "message": { "text": text },
        "partialFingerprints": { "element/v1": format!("{}:{}", change.kind, change.element) },
    });
    if let Some(at) = change.new_place.as_ref().or(change.old_place.as_ref()) {
        result["locations"] = json!([place(at)]);
    }
    if let (Some(old), Some(_)) = (&change.old_place, &change.new_place) {
        result["relatedLocations"] = json!([place(old)]);
    }
    result
}

/// A path as a URI reference, relative where the path is.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
