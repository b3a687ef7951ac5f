//! What the checks of a stage found.

use contract::{Dataset, Mask, Severity};
use pipeline::Verdict;
use pipeline::verdict::Outcome;
use serde_json::{Map, Value, json};

use super::Context;
use super::datasets::Said;
use super::facet::facet;

/// Assertions and metrics; none where nothing was checked.
pub fn facets(context: &Context<'_>, dataset: &Dataset, said: &Said<'_>) -> Map<String, Value> {
    let mut facets = Map::new();
    let told: Vec<Value> = said.verdicts.iter().filter_map(|verdict| assertion(dataset, verdict)).collect();
    if !told.is_empty() {
        let assertions = json!({ "assertions": told });
        facets.insert(
            "dataQualityAssertions".into(),
            facet(context, "1-1-0/DataQualityAssertionsDatasetFacet", assertions),
        );
    }
    if let Some(counts) = said.counts {
        let metrics = json!({ "rowCount": counts.rows_passed, "bytes": counts.bytes, "columnMetrics": columns(dataset, said.verdicts) });
        facets.insert("dataQualityMetrics".into(), facet(context, "1-0-0/DataQualityMetricsDatasetFacet", metrics));
    }
    facets
}

/// What was not checked neither held nor failed.
fn assertion(dataset: &Dataset, verdict: &Verdict) -> Option<Value> {
    let success = match verdict.outcome {
        Outcome::Passed => true,
        Outcome::Failed | Outcome::Warned => false,
        Outcome::NotChecked => return None,
    };
    let column = verdict.element.as_deref().and_then(|element| element.split(['.', '[']).next());
    let mut told = json!({
        "assertion": verdict.kind,
        "success": success,
        "severity": if verdict.severity == Severity::Error { "error" } else { "warn" },
        "name": verdict.id,
        "expected": verdict.expected,
    });
    if let Some(column) = column.filter(|column| dataset.column(column).is_some()) {
        told["column"] = json!(column);
    }
    let hidden = column.is_some_and(|column| Mask::of(dataset).hides(column));
    match (verdict.value, verdict.violations) {
        // A measured extreme of a classified column may be somebody's value.
        (Some(value), _) if !hidden => told["actual"] = json!(value.to_string()),
        (None, violations) => told["actual"] = json!(format!("{violations} violations")),
        _ => {}
    }
    Some(told)
}

/// Counts of NULL that a check has measured.
fn columns(dataset: &Dataset, verdicts: &[Verdict]) -> Map<String, Value> {
    let mut columns = Map::new();
    for verdict in verdicts.iter().filter(|verdict| verdict.outcome != Outcome::NotChecked) {
        let Some(column) = verdict.element.as_deref().filter(|name| dataset.column(name).is_some()) else { continue };
        let is_null_count = dataset.checks.iter().any(|check| {
            check.id == verdict.id
                && matches!(
                    &check.rule,
                    contract::Rule::Metric {
                        metric: contract::Metric::NullValues { .. },
                        filter: None,
                        unit: contract::Unit::Rows,
                        ..
                    }
                )
        });
        if let Some(value) = verdict.value.filter(|_| is_null_count) {
            columns.insert(column.to_owned(), json!({ "nullCount": value.round() as i64 }));
        }
    }
    columns
}
