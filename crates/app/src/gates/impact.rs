//! What hangs on a decision: columns, what is made of them, who reads that, and the way back.

use std::collections::BTreeMap;

use pipeline::decide::GateKind;
use pipeline::event::StageHeld;
use pipeline::lineage::Reach;
use pipeline::migration::Migration;
use pipeline::terms::Term;
use pipeline::{Made, Outcome, Terms, Verdict};
use serde::Serialize;

use crate::impact::{Reader, about, readers};
use crate::{Workspace, lineage};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GateImpact {
    /// Columns of the dataset that the question is about; all of them where it is about the rows.
    pub columns: Vec<String>,
    /// What is made of the dataset, near and far.
    pub datasets: Vec<Hit>,
    /// Roles and teams of the contracts, as `who: of what`.
    pub consumers: Vec<String>,
    /// Of a migration that breaks something: where models name it.
    pub readers: Vec<Reader>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    pub dataset: String,
    pub columns: Vec<String>,
}

/// `before` is what was in force of the table that a migration changes.
pub(super) fn impact(workspace: &Workspace, held: &StageHeld, before: Option<&Terms>) -> GateImpact {
    let lineage = lineage::project(workspace);
    let touched = before.map(|before| touched(before, held)).unwrap_or_default();
    let start: Vec<usize> = match touched.is_empty() {
        true => lineage.graph.find(&held.dataset, None),
        false => touched.iter().flat_map(|column| lineage.graph.find(&held.dataset, Some(column))).collect(),
    };
    let part = lineage.graph.part(&start, Reach { downstream: true, ..Reach::default() });
    let mut hits: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for of in part.columns().filter(|of| of.dataset != held.dataset) {
        hits.entry(of.dataset.as_str()).or_default().push(of.column.clone());
    }
    let about = about::about(workspace);
    let mut consumers = Vec::new();
    for dataset in std::iter::once(held.dataset.as_str()).chain(hits.keys().copied()) {
        let Some(about) = about.get(dataset) else { continue };
        let roles = about.roles.iter().map(|role| match &role.access {
            Some(access) => format!("{} ({access}): {dataset}", role.name),
            None => format!("{}: {dataset}", role.name),
        });
        consumers.extend(roles);
        consumers.extend(about.team.iter().map(|team| format!("{team}: keeps the contract of {dataset}")));
    }
    consumers.dedup();
    GateImpact {
        columns: if touched.is_empty() { columns(workspace, held) } else { touched },
        datasets: hits.into_iter().map(|(dataset, columns)| Hit { dataset: dataset.to_owned(), columns }).collect(),
        consumers,
        readers: migration(workspace, held, before)
            .map(|migration| readers(workspace, &held.dataset, &migration))
            .unwrap_or_default(),
    }
}

/// Columns that a migration takes away or makes others, by both their names; none where only the rows move.
fn touched(before: &Terms, held: &StageHeld) -> Vec<String> {
    let Ok(now) = serde_json::from_value::<Terms>(held.staged["commit"]["terms"].clone()) else { return Vec::new() };
    let is_same = |was: &Term, is: &Term| match (&was.id, &is.id) {
        (Some(was), Some(is)) => was == is,
        _ => was.name == is.name,
    };
    let mut touched: Vec<String> = Vec::new();
    for was in &before.columns {
        let name = was.name.clone();
        match now.columns.iter().find(|is| is_same(was, is)) {
            None => touched.push(name),
            Some(is) if is.name != was.name => touched.extend([name, is.name.clone()]),
            Some(is) => {
                let is_key = before.primary_key.contains(&name) != now.primary_key.contains(&name);
                let is_other = is.data_type != was.data_type || is.protection != was.protection;
                if is_key || is_other || (is.required && !was.required) {
                    touched.push(name);
                }
            }
        }
    }
    touched
}

/// The migration that the gate is about.
fn migration(workspace: &Workspace, held: &StageHeld, before: Option<&Terms>) -> Option<Migration> {
    let spec = workspace.project.datasets.get(&held.dataset)?;
    pipeline::migration::migration(before?, &Terms::of(spec), matches!(spec.made, Made::Model(_))).ok()
}

fn columns(workspace: &Workspace, held: &StageHeld) -> Vec<String> {
    let known: Vec<String> = workspace
        .project
        .datasets
        .get(&held.dataset)
        .map(|spec| spec.contract.columns.iter().map(|column| column.name.clone()).collect())
        .unwrap_or_default();
    let is_found = |verdict: &&Verdict| matches!(verdict.outcome, Outcome::Failed | Outcome::Warned);
    let mut named: Vec<String> =
        held.verdicts.iter().filter(is_found).filter_map(|verdict| verdict.element.clone()).collect();
    named.extend(held.drift.iter().filter_map(|drift| drift["column"].as_str().map(str::to_owned)));
    // A check may be about a part of a column's values.
    let is_of = |name: &String, column: &String| {
        name.strip_prefix(column.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let mut found: Vec<String> =
        known.iter().filter(|column| named.iter().any(|name| is_of(name, column))).cloned().collect();
    // A column that only the data has is in no contract.
    found.extend(named.into_iter().filter(|name| !known.iter().any(|column| is_of(name, column))));
    found.dedup();
    if found.is_empty() { known } else { found }
}

/// What undoes either decision, in words. `version` is what is published now.
pub(super) fn rollback(held: &StageHeld, version: Option<i64>) -> Vec<String> {
    let dataset = &held.dataset;
    let mut ways = vec![match version {
        Some(version) => format!(
            "Rejecting leaves {dataset} at version {version} and deletes what is held; the stage runs again when its inputs, its \
             SQL, its contract or its settings change."
        ),
        None => format!(
            "Rejecting leaves {dataset} without a table and deletes what is held; the stage runs again when its inputs, its SQL, its \
             contract or its settings change."
        ),
    }];
    ways.push(match version {
        Some(version) => format!(
            "An approval adds a version to the table; version {version} stays in its log and can be read and restored. A corrected \
             input or model replaces the result with the next run."
        ),
        None => "An approval makes the table's first version. A corrected input or model replaces it with the next run.".to_owned(),
    });
    if held.counts.rows_refused > 0 {
        ways.push(format!(
            "Refused rows are kept as dead letters: `plimsoll dlq replay {dataset}` publishes those that the contract allows later."
        ));
    }
    if matches!(held.kind, GateKind::SchemaMigration | GateKind::DataMigration | GateKind::PipelineIntegrity) {
        ways.push("Taking the edit of the pipeline or the contract back makes the question void.".to_owned());
    }
    ways
}
