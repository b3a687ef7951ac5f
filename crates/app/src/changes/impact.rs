//! Which models of the project read what a change touches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use contract::Contract;
use contract::diff::{Change, Report, Verdict};
use engine::Result;
use interop::change::{Contracted, Impact};
use interop::openspec::Folder;
use pipeline::Made;
use pipeline::lineage::Reach;

use crate::Workspace;
use crate::impact::{Effect, Severity};
use crate::lineage::{ProjectLineage, project};

/// Everything downstream of the columns that change in a way that somebody can feel, and the models that make columns which
/// come, go, or are called another name.
pub(super) fn impact(workspace: &Workspace, report: &Report) -> Vec<Impact> {
    let mut all: BTreeSet<Impact> = report.changes.iter().filter_map(|change| maker(workspace, change)).collect();
    let felt: Vec<&Change> =
        report.changes.iter().filter(|change| change.consumer.max(change.producer) != Verdict::Safe).collect();
    if felt.is_empty() {
        return all.into_iter().collect();
    }
    let lineage = project(workspace);
    for column in felt.iter().flat_map(|change| columns(workspace, lineage, change)) {
        all.extend(readers(workspace, lineage, column));
    }
    all.into_iter().collect()
}

/// What breaks under the new contracts: everything that typing the project under them finds, where it stands.
pub(super) fn breaks(workspace: &Workspace, folder: &Folder, contracted: &[Contracted]) -> Result<Vec<Effect>> {
    let after =
        contracted.iter().map(|one| (one, folder.text(&one.path.replacen(interop::openspec::SPECS, "specs", 1))));
    broken(workspace, after)
}

/// The same of what an applied change would break if it were undone.
pub(super) fn breaks_undone(workspace: &Workspace, folder: &Folder, contracted: &[Contracted]) -> Result<Vec<Effect>> {
    broken(workspace, contracted.iter().map(|one| (one, folder.text(&format!("before/{}", one.path)))))
}

/// By contracts with these texts in the place of those in force; none takes the contract away.
fn broken<'a>(
    workspace: &Workspace,
    after: impl Iterator<Item = (&'a Contracted, Option<&'a str>)>,
) -> Result<Vec<Effect>> {
    let mut contracts = workspace.contracts.clone();
    let after: Vec<_> = after.collect();
    // A contract that moves goes in one place and comes in another.
    for (one, _) in &after {
        contracts.retain(|name, _| workspace.contract_paths.get(name) != Some(&one.path));
    }
    for (_, text) in after {
        let Some(new) = text.and_then(|text| Contract::read(text).0) else { continue };
        let text = text.unwrap_or_default();
        for dataset in contract::compile::compile(&new, &contract::digest(text.as_bytes())).0 {
            contracts.insert(dataset.name.clone(), Arc::new(dataset));
        }
    }
    let after = workspace.supposed(contracts, BTreeSet::new())?;
    let effects = crate::impact::between(workspace, &after, None)?.effects;
    Ok(effects.into_iter().filter(|effect| effect.severity == Severity::Breaks && effect.place.is_some()).collect())
}

/// The model whose SELECT no longer makes what its contract says.
fn maker(workspace: &Workspace, change: &Change) -> Option<Impact> {
    if !matches!(
        change.kind,
        "property-added" | "property-removed" | "property-renamed" | "type-narrowed" | "type-changed"
    ) {
        return None;
    }
    let rest = change.element.strip_prefix("schema.")?;
    workspace.project.datasets.values().find_map(|spec| {
        let column = rest.strip_prefix(called(workspace, &spec.name))?.strip_prefix(".properties.")?;
        let Made::Model(model) = &spec.made else { return None };
        Some(Impact {
            makes: true,
            changed: format!("{}.{}", spec.name, column.split('.').next().unwrap_or(column)),
            dataset: spec.name.clone(),
            model: model.path.clone(),
            columns: Vec::new(),
        })
    })
}

/// The name under which the dataset's contract knows it.
fn called<'a>(workspace: &'a Workspace, dataset: &'a str) -> &'a str {
    let place = workspace.project.places.datasets.get(dataset);
    place.and_then(|place| place.contract.as_deref()).unwrap_or(dataset)
}

/// The columns of the graph that a change is about.
fn columns(workspace: &Workspace, lineage: &ProjectLineage, change: &Change) -> Vec<usize> {
    let Some(rest) = change.element.strip_prefix("schema.") else { return Vec::new() };
    let mut columns = Vec::new();
    for (name, _) in lineage.graph.by_dataset() {
        let called = called(workspace, name);
        let Some(rest) = rest.strip_prefix(called).filter(|rest| rest.is_empty() || rest.starts_with('.')) else {
            continue;
        };
        let whole = rest.is_empty() && matches!(change.kind, "dataset-removed" | "dataset-renamed");
        let inner = rest.strip_prefix(".properties.");
        // A field inside a column has no column of its own here, whatever it was called.
        let is_renamed = change.kind == "property-renamed" && !change.is_inside_a_column();
        let old = change.rename_of.as_deref().filter(|_| is_renamed);
        for number in lineage.graph.find(name, None) {
            let Some(of) = lineage.graph.get(number) else { continue };
            let is_named = |inner: &str| {
                inner.strip_prefix(of.column.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            if whole || inner.is_some_and(is_named) || old == Some(of.column.as_str()) {
                columns.push(number);
            }
        }
    }
    columns
}

fn readers(workspace: &Workspace, lineage: &ProjectLineage, column: usize) -> Vec<Impact> {
    let part = lineage.graph.part(&[column], Reach { downstream: true, ..Reach::default() });
    let Some(changed) = lineage.graph.get(column) else { return Vec::new() };
    let mut readers: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for edge in part.edges() {
        let Some(to) = part.get(edge.to).filter(|to| to.dataset != changed.dataset) else { continue };
        let columns = readers.entry(to.dataset.as_str()).or_default();
        if edge.kind.is_direct() {
            columns.insert(to.column.clone());
        }
    }
    let of = |(dataset, columns): (&str, BTreeSet<String>)| {
        let Made::Model(model) = &workspace.project.datasets.get(dataset)?.made else { return None };
        Some(Impact {
            makes: false,
            changed: changed.to_string(),
            dataset: dataset.to_owned(),
            model: model.path.clone(),
            columns: columns.into_iter().collect(),
        })
    };
    readers.into_iter().filter_map(of).collect()
}
