//! Where the models of a project name what a migration breaks, with file and line.
//!
//! A model that no longer fits its inputs' contracts is an error of the project, and nothing is planned then. What is told here are
//! those that do fit, and will read other values, or the same under another name.

use pipeline::migration::{Migration, Step};
use serde::Serialize;

use super::facts;
use crate::Workspace;

/// A place in a model's SQL, and the step that it feels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reader {
    pub path: String,
    pub line: u32,
    pub column: u32,
    /// What the model makes.
    pub dataset: String,
    pub reason: String,
}

/// All of a migration of this dataset, by file and line.
pub fn readers(workspace: &Workspace, dataset: &str, migration: &Migration) -> Vec<Reader> {
    let breaking: Vec<&Step> = migration.steps.iter().filter(|step| step.breaks().is_some()).collect();
    if breaking.is_empty() {
        return Vec::new();
    }
    let mut readers = Vec::new();
    for mention in facts::mentions(workspace, workspace) {
        let (None, Some(column), Some(place)) = (&mention.check, &mention.column, &mention.place) else { continue };
        if mention.dataset != dataset {
            continue;
        }
        for step in breaking.iter().filter(|step| names(step).contains(&column)) {
            readers.push(Reader {
                path: place.path.clone(),
                line: place.line,
                column: place.column,
                dataset: mention.by.clone(),
                reason: format!("reads `{dataset}.{column}`: {step}"),
            });
        }
    }
    readers.sort();
    readers.dedup();
    readers
}

/// The columns that somebody who reads the table feels the step by.
fn names(step: &Step) -> Vec<&String> {
    match step {
        Step::Drop { column, .. }
        | Step::Convert { column, .. }
        | Step::Remake { column, .. }
        | Step::Protect { column, .. } => vec![column],
        Step::Rename { from, to, .. } => vec![from, to],
        Step::Key { from, to } => from.iter().chain(to).collect(),
        _ => Vec::new(),
    }
}
