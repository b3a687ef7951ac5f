//! What the pure function looks at: what typing finds, and where SQL names columns.

use std::collections::{BTreeMap, BTreeSet};

use contract::{Dataset, Diagnostic, Level, Rule};
use pipeline::impact::{Finding, Mention, Place};
use pipeline::{DatasetSpec, Made};

use crate::Workspace;

/// What is wrong after, and was not before; lines may have moved.
pub fn findings(before: &Workspace, after: &Workspace) -> Vec<Finding> {
    let key = |found: &Diagnostic| (found.code, found.path.clone(), found.message.clone());
    let known: BTreeSet<_> = before.diagnostics.iter().map(key).collect();
    // That a model reads what is not there, its own text says at the place.
    let missing = pipeline::read::codes::INPUT_MISSING.code;
    // Whether a change is approved is another question.
    let of_pins = |found: &Diagnostic| found.code.starts_with("PL41");
    let told = |found: &&Diagnostic| {
        found.level != Level::Info && found.code != missing && !of_pins(found) && !known.contains(&key(found))
    };
    let news = after.diagnostics.iter().filter(told);
    news.map(|found| {
        let (dataset, column) = match column(after, found) {
            Some((dataset, column)) => (Some(dataset), Some(column)),
            None => (dataset(after, found).or_else(|| dataset(before, found)), None),
        };
        Finding {
            dataset,
            column,
            is_error: found.level == Level::Error,
            code: found.code.to_owned(),
            message: found.message.clone(),
            place: Place { path: found.path.clone(), line: found.span.line, column: found.span.column },
        }
    })
    .collect()
}

/// The column of the project that a diagnostic names as its element.
fn column(workspace: &Workspace, found: &Diagnostic) -> Option<(String, String)> {
    let (dataset, column) = found.element.rsplit_once('.')?;
    let known = workspace.project.datasets.get(dataset)?.contract.column(column)?;
    Some((dataset.to_owned(), known.name.clone()))
}

/// The dataset that a diagnostic is about.
fn dataset(workspace: &Workspace, found: &Diagnostic) -> Option<String> {
    let specs = || workspace.project.datasets.values();
    let by_model = specs().find(|spec| matches!(&spec.made, Made::Model(model) if model.path == found.path));
    if let Some(spec) = by_model {
        return Some(spec.name.clone());
    }
    if let Some(inside) = found.element.strip_prefix("datasets.") {
        let longest = specs().filter(|spec| inside == spec.name || inside.starts_with(&format!("{}.", spec.name)));
        return longest.max_by_key(|spec| spec.name.len()).map(|spec| spec.name.clone());
    }
    // A contract may hold several datasets: one that the words name, or the only one.
    let held: Vec<&DatasetSpec> =
        specs().filter(|spec| workspace.contract_path(&spec.name) == Some(found.path.as_str())).collect();
    let named = held.iter().find(|spec| {
        let quoted = |name: &str| found.message.contains(&format!("`{name}`"));
        quoted(&spec.name) || spec.contract.checks.iter().any(|check| quoted(&check.id))
    });
    named.or(held.first().filter(|_| held.len() == 1)).map(|spec| spec.name.clone())
}

/// Places in all SQL of the project after, also those that name what was there only before.
pub fn mentions(before: &Workspace, after: &Workspace) -> Vec<Mention> {
    let mut datasets: BTreeMap<&str, Dataset> = BTreeMap::new();
    for spec in after.project.datasets.values().chain(before.project.datasets.values()) {
        let known = datasets
            .entry(&spec.name)
            .or_insert_with(|| Dataset { name: spec.name.clone(), ..Dataset::clone(&spec.contract) });
        for column in &spec.contract.columns {
            if known.column(&column.name).is_none() {
                known.columns.push(column.clone());
            }
        }
    }
    let mut found = Vec::new();
    for spec in after.project.datasets.values() {
        if let Made::Model(model) = &spec.made {
            let inputs = sql::inputs(&model.sql).unwrap_or_default();
            let reads = |name: &str| inputs.iter().chain(&model.inputs).any(|input| input.eq_ignore_ascii_case(name));
            let read = datasets.iter().filter(|(name, _)| reads(name)).map(|(_, dataset)| dataset);
            found.extend(sql::lineage::mentions(&model.sql, read).into_iter().map(|of| Mention {
                by: spec.name.clone(),
                check: None,
                place: Some(Place { path: model.path.clone(), line: of.line, column: of.place }),
                dataset: of.dataset,
                column: of.column,
                kind: of.kind.to_owned(),
            }));
        }
    }
    for spec in before.project.datasets.values() {
        found.extend(in_checks(spec));
    }
    found
}

/// Columns of its own dataset that the SQL of a check names.
fn in_checks(spec: &DatasetSpec) -> Vec<Mention> {
    /// The name of the dataset in the SQL of a check.
    const OBJECT: &str = "object";
    let own = Dataset { name: OBJECT.to_owned(), ..Dataset::clone(&spec.contract) };
    let mut found = Vec::new();
    for check in &spec.contract.checks {
        let texts: Vec<String> = match &check.rule {
            Rule::RowPredicate { sql, when } => [Some(sql), when.as_ref()]
                .into_iter()
                .flatten()
                .map(|sql| format!("SELECT 1 FROM object WHERE ({sql})"))
                .collect(),
            Rule::DatasetSql { sql, .. } => vec![sql.clone()],
            Rule::Metric { filter: Some(filter), .. } | Rule::Measured { filter: Some(filter), .. } => {
                vec![format!("SELECT 1 FROM object WHERE ({filter})")]
            }
            _ => continue,
        };
        let named = texts.iter().flat_map(|text| sql::lineage::mentions(text, [&own]));
        let columns: BTreeSet<String> = named.filter_map(|of| of.column).collect();
        found.extend(columns.into_iter().map(|column| Mention {
            by: spec.name.clone(),
            check: Some(check.id.clone()),
            dataset: spec.name.clone(),
            column: Some(column),
            kind: "check".to_owned(),
            place: None,
        }));
    }
    found
}
