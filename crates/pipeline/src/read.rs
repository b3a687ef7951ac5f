//! A project from its texts. Reads everything it can understand, and says everything that is wrong with it.
//!
//! ```text
//!  plimsoll.toml ──▶ settings ─┐
//!  pipelines/*.yaml ─▶ pipeline ┼──▶ Project + diagnostics ── inputs of the models are set ──▶ check_graph
//!  models/*.sql ───────────────┘
//! ```

pub mod codes;
mod fields;
mod gates;
mod graph;
mod openlineage;
mod pipeline;
mod privacy;
mod settings;
mod table;
mod value;
mod whole;
pub(crate) mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use contract::{Dataset, Diagnostic, Span};

use crate::project::{Made, Project};

pub use codes::codes;
pub use graph::check_graph;

/// The texts of a project, by the paths that the project itself uses (`/` separates).
#[derive(Debug, Clone, Default)]
pub struct ProjectFiles {
    /// `plimsoll.toml`; without it the defaults hold.
    pub settings: Option<(String, String)>,
    pub pipelines: Vec<(String, String)>,
    pub models: BTreeMap<String, String>,
}

/// Where in its files a project says what it says: what the checks that come after reading need to point at.
#[derive(Debug, Clone, Default)]
pub struct Places {
    pub datasets: BTreeMap<String, Place>,
    /// By pipeline; `name` is the pattern.
    pub schedules: BTreeMap<String, Place>,
    /// Datasets that a pipeline names but that could not be understood; nothing more is said about those that need them.
    pub broken: BTreeSet<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Place {
    pub path: String,
    /// The dataset's name in the pipeline file.
    pub name: Span,
    /// The contract's own name.
    pub contract: Option<String>,
    /// The value of `incremental.from`.
    pub incremental: Option<Span>,
    /// The value of `table.partition_by`.
    pub partition_by: Option<Span>,
}

/// Reads a project. Inputs of models are still empty: the SQL's analysis gives them to [`Project::set_inputs`], and then
/// [`check_graph`] looks at how the datasets hang together.
pub fn read(files: &ProjectFiles, contracts: &BTreeMap<String, Arc<Dataset>>) -> (Project, Vec<Diagnostic>) {
    let mut project = Project::default();
    let mut found = Vec::new();
    if let Some((path, text)) = &files.settings {
        project.settings = settings::read(path, text, &mut found);
    }
    for (path, text) in &files.pipelines {
        pipeline::read(path, text, &pipeline::Surroundings { files, contracts }, &mut project, &mut found);
    }
    keys(&mut project);
    whole::check(&project, files, contracts, &mut found);
    (project, found)
}

/// What no key can undo depends on which key it was done with: another one is another definition, and the table is built anew.
fn keys(project: &mut Project) {
    let Some(present) = project.settings.privacy.key.clone() else { return };
    for spec in project.datasets.values_mut() {
        let pending = |column: &contract::Column| {
            let protection = column.privacy.protection.as_ref();
            protection.is_some_and(|of| of.key.is_none() && of.method.needs_key() && !of.method.is_reversible())
        };
        if !spec.contract.columns.iter().any(pending) {
            continue;
        }
        let dataset = Arc::make_mut(&mut spec.contract);
        for column in dataset.columns.iter_mut().filter(|column| pending(column)) {
            if let Some(protection) = &mut column.privacy.protection {
                protection.key = Some(present.clone());
            }
        }
    }
}

impl Project {
    /// What the analysis of a model's SQL found. Does nothing for a source or an unknown name.
    pub fn set_inputs(&mut self, name: &str, mut inputs: Vec<String>) {
        let Some(spec) = self.datasets.get_mut(name) else { return };
        if let Made::Model(model) = &mut spec.made {
            inputs.sort();
            inputs.dedup();
            model.inputs = inputs;
        }
    }
}

#[cfg(test)]
mod tests;
