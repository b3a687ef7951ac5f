//! SARIF 2.1.0, as code scanning reads it: a rule per check, a result per check that did not pass.

use app::test::{TestReport, TestedDataset};
use pipeline::{Outcome, Verdict};
use serde_json::{Value, json};

use super::sample;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub fn sarif(report: &TestReport, contract: &str) -> Value {
    let mut rules: Vec<Value> = Vec::new();
    let mut results: Vec<Value> = Vec::new();
    for dataset in &report.datasets {
        for verdict in &dataset.checks {
            let id = format!("{}/{}", dataset.name, verdict.id);
            if let Some(level) = level(verdict) {
                results.push(result(dataset, verdict, &id, rules.len(), level, contract));
            }
            rules.push(json!({
                "id": id,
                "name": verdict.kind,
                "shortDescription": { "text": format!("{}: {}", verdict.id, verdict.expected) },
            }));
        }
    }
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "plimsoll", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "properties": { "contract": report.contract, "outcome": report.outcome },
            "results": results,
        }],
    })
}

/// `None` for what passed.
fn level(verdict: &Verdict) -> Option<&'static str> {
    match verdict.outcome {
        Outcome::Passed => None,
        Outcome::Failed => Some("error"),
        Outcome::Warned => Some("warning"),
        Outcome::NotChecked => Some("note"),
    }
}

fn result(dataset: &TestedDataset, verdict: &Verdict, id: &str, rule: usize, level: &str, contract: &str) -> Value {
    let reason = verdict.reason.clone().unwrap_or_else(|| verdict.expected.clone());
    let samples: Vec<String> = verdict.samples.iter().map(sample).collect();
    let place = |uri: &str, line: Option<u64>| {
        let mut place = json!({ "physicalLocation": { "artifactLocation": { "uri": uri.replace(' ', "%20") } } });
        if let Some(line) = line.filter(|line| *line > 0) {
            place["physicalLocation"]["region"] = json!({ "startLine": line });
        }
        place
    };
    let line = verdict.samples.first().and_then(|sample| sample["_row"].as_u64());
    let file = verdict.samples.first().and_then(|sample| sample["_file"].as_str());
    let places = match file.or(dataset.sources.first().map(String::as_str)) {
        Some(source) => vec![place(source, line)],
        None => vec![place(contract, None)],
    };
    json!({
        "ruleId": id,
        "ruleIndex": rule,
        "level": level,
        "kind": if level == "note" { "open" } else { "fail" },
        "message": { "text": format!("{}: {reason}", verdict.id) },
        "locations": places,
        "properties": { "violations": verdict.violations, "ratio": verdict.ratio, "samples": samples },
    })
}
