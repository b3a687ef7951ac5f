//! What a change breaks: of the project as it is, if something were changed, and between two versions of it.

pub(crate) mod about;
mod facts;
mod readers;
mod suppose;

use std::collections::BTreeMap;

use contract::Contract;
use engine::Result;
use pipeline::impact::{Facts, changes};

pub use pipeline::impact::{Change, ChangeKind, Effect, Impact, Place, Severity, Step, What};
pub use readers::{Reader, readers};
pub use suppose::How;

use crate::{Workspace, lineage};

/// What would break if the target, a dataset, column, contract or model, were changed in this way.
pub fn supposed(workspace: &Workspace, target: &str, how: &How) -> Result<Impact> {
    let (after, changes) = suppose::suppose(workspace, target, how)?;
    Ok(told(workspace, &after, &changes))
}

/// What breaks by going from one version of a project to another. With a target, only what was changed of it counts.
pub fn between(before: &Workspace, after: &Workspace, target: Option<&str>) -> Result<Impact> {
    let changes = changes(&before.project, &after.project, &renames(before, after));
    let impact = told(before, after, &changes);
    if let Some(target) = target {
        let of_before = suppose::subjects(before, target);
        let subjects = match suppose::subjects(after, target) {
            Ok(subjects) => subjects.into_iter().chain(of_before.unwrap_or_default()).collect(),
            Err(error) => of_before.map_err(|_| error)?,
        };
        return Ok(impact.only(|change| {
            subjects.iter().any(|(dataset, column)| {
                change.dataset == *dataset
                    && column.as_ref().is_none_or(|column| change.column.as_ref() == Some(column))
            })
        }));
    }
    Ok(impact)
}

fn told(before: &Workspace, after: &Workspace, changes: &[Change]) -> Impact {
    let findings = facts::findings(before, after);
    let mut about = about::about(before);
    about.extend(about::about(after));
    let mut graph = lineage::project(after).graph.clone();
    // What cannot be typed any more still is what it was made of.
    let of_before = &lineage::project(before).graph;
    let broken = |dataset: &str| {
        let named =
            |finding: &pipeline::impact::Finding| finding.is_error && finding.dataset.as_deref() == Some(dataset);
        findings.iter().any(named)
    };
    for edge in of_before.edges() {
        let (Some(from), Some(to)) = (of_before.get(edge.from), of_before.get(edge.to)) else { continue };
        if broken(&to.dataset) {
            let (from, to) = (graph.column(&from.dataset, &from.column), graph.column(&to.dataset, &to.column));
            graph.edge(pipeline::lineage::Edge { from, to, ..*edge });
        }
    }
    let facts = Facts {
        before: &before.project,
        after: &after.project,
        graph: &graph,
        mentions: &facts::mentions(before, after),
        findings: &findings,
        about: &about,
    };
    pipeline::impact::impact(&facts, changes)
}

/// What is the same under another name, by the ids in the contracts: dataset, old name of a column, new name.
fn renames(before: &Workspace, after: &Workspace) -> Vec<(String, Option<String>, String)> {
    let old = contracts(before);
    let mut renames = Vec::new();
    for (id, (path, contract)) in contracts(after) {
        let Some((old_path, old)) = old.get(&id) else { continue };
        for change in contract::diff::contracts(old_path, old, &path, &contract) {
            let Some(of) = change.rename_of else { continue };
            let Some(element) = change.element.strip_prefix("schema.") else { continue };
            match (change.kind, element.split_once(".properties.")) {
                ("property-renamed", Some((dataset, name))) if !name.contains(".properties.") => {
                    renames.push((dataset.to_owned(), Some(of), name.to_owned()));
                }
                ("dataset-renamed", None) => renames.push((of, None, element.to_owned())),
                _ => {}
            }
        }
    }
    renames
}

/// Contracts by their id, with their path.
fn contracts(workspace: &Workspace) -> BTreeMap<String, (String, Contract)> {
    let paths: std::collections::BTreeSet<&String> = workspace.contract_paths.values().collect();
    let read = |path: &String| {
        let (contract, _) = Contract::read(workspace.texts.get(path)?);
        let contract = contract?;
        Some((contract.document.id.clone()?, (path.clone(), contract)))
    };
    paths.into_iter().filter_map(read).collect()
}
