//! What only the whole project shows: contracts and models that nothing uses, references that lead nowhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use contract::{Dataset, Diagnostic, Span};

use super::fields::{Reader, did_you_mean, join};
use super::{ProjectFiles, codes};
use crate::project::{Made, Project};

/// Line and column of what is about a file as a whole.
const START: Span = Span { start: 0, end: 0, line: 1, column: 1 };

pub(super) fn check(
    project: &Project,
    files: &ProjectFiles,
    contracts: &BTreeMap<String, Arc<Dataset>>,
    found: &mut Vec<Diagnostic>,
) {
    references(project, found);
    // A dataset that could not be read may be the one that uses the model or the contract.
    if project.places.broken.is_empty() {
        models(project, files, found);
        unused_contracts(project, files, contracts, found);
    }
}

fn references(project: &Project, found: &mut Vec<Diagnostic>) {
    for spec in project.datasets.values() {
        let Some(place) = project.places.datasets.get(&spec.name) else { continue };
        let missing: BTreeSet<(&str, &str)> = spec
            .contract
            .checks
            .iter()
            .filter_map(|check| Some((check.rule.other_dataset()?, check.id.as_str())))
            .filter(|(to, _)| !project.places.datasets.contains_key(*to))
            .collect();
        for (to, check) in missing {
            let message = format!("check `{check}` of `{}` looks into `{to}`, which no pipeline has", spec.name);
            let help = did_you_mean(to, project.datasets.keys().map(String::as_str))
                .unwrap_or_else(|| format!("add `{to}` to a pipeline, or take the relationship out of the contract"));
            let mut reader = Reader { path: &place.path, found };
            reader.say(&codes::REFERENCE_MISSING, place.name, &join("datasets", &spec.name), message, help);
        }
    }
}

fn models(project: &Project, files: &ProjectFiles, found: &mut Vec<Diagnostic>) {
    let used: BTreeSet<&str> = project
        .datasets
        .values()
        .filter_map(|spec| match &spec.made {
            Made::Model(model) => Some(model.path.as_str()),
            Made::Source(_) => None,
        })
        .collect();
    for path in files.models.keys().filter(|path| !used.contains(path.as_str())) {
        let message = format!("no dataset is made by {path}");
        Reader { path, found }.say(&codes::MODEL_UNUSED, START, "", message, "name it in a pipeline, or remove it");
    }
}

fn unused_contracts(
    project: &Project,
    files: &ProjectFiles,
    contracts: &BTreeMap<String, Arc<Dataset>>,
    found: &mut Vec<Diagnostic>,
) {
    // A dataset may have another name than its contract, which `read` has then renamed.
    let used: BTreeSet<&str> = project.places.datasets.values().filter_map(|place| place.contract.as_deref()).collect();
    let path = files.pipelines.first().or(files.settings.as_ref()).map_or("", |(path, _)| path.as_str());
    for name in contracts.keys().filter(|name| !used.contains(name.as_str())) {
        let message = format!("no pipeline has a dataset with the contract `{name}`");
        let help = "add it under `datasets:` when it is needed";
        Reader { path, found }.say(&codes::CONTRACT_UNUSED, START, "datasets", message, help);
    }
}
