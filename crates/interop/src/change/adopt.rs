//! Pins for contracts that have none: what a tree needs before its contracts can be changed in the open.

use std::collections::BTreeMap;

use super::Write;
use super::check::pinned;
use super::draft::requirement;
use super::judge::side;
use crate::openspec::{Pin, SPECS, Spec, Tree};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adoption {
    /// Specs that are new or have a further requirement.
    pub writes: Vec<Write>,
    /// Paths of the contracts that they pin.
    pub pinned: Vec<String>,
    /// Capabilities whose contract stands inside of `spec.md`.
    pub embedded: Vec<String>,
}

/// A contract that cannot be read stays without a pin: there is nothing to approve.
pub fn adopt(tree: &Tree) -> Adoption {
    let (pins, _) = pinned(tree);
    let mut specs: BTreeMap<String, Spec> = BTreeMap::new();
    let mut adoption = Adoption::default();
    for path in tree.contracts().into_iter().filter(|path| !pins.contains_key(*path)) {
        let Some((folder, file)) = path.rsplit_once('/').filter(|(folder, _)| *folder != SPECS) else { continue };
        let Some(text) = tree.text(path) else { continue };
        let loaded = contract::load(path, text);
        let Some(contract) = loaded.contract else { continue };
        let datasets: Vec<String> = loaded.datasets.into_iter().map(|dataset| dataset.name).collect();
        let side = side(&contract, text.as_bytes());
        if side.id.is_empty() || side.version.is_empty() {
            continue;
        }
        let spec_path = format!("{folder}/spec.md");
        let capability = folder.trim_start_matches(SPECS).trim_start_matches('/');
        let spec = specs.entry(spec_path.clone()).or_insert_with(|| match tree.text(&spec_path) {
            Some(text) => Spec::parse(text),
            None => Spec::new(capability, &purpose(&datasets)),
        });
        let pin = Pin {
            contract: side.id,
            file: file.to_owned(),
            version: side.version,
            sha256: side.sha256,
            supersedes: None,
        };
        let requirement = requirement(file, &datasets, &pin);
        if spec.requirement(&requirement.name).is_none() {
            spec.requirements.push(requirement);
            adoption.pinned.push(path.to_owned());
        }
    }
    let changed = specs.into_iter().map(|(path, spec)| Write { path, bytes: Some(spec.write().into_bytes()) });
    adoption.writes = changed.collect();
    adoption.embedded = embedded(tree);
    adoption
}

fn purpose(datasets: &[String]) -> String {
    let names: Vec<String> = datasets.iter().map(|name| format!("`{name}`")).collect();
    let rows = if names.is_empty() {
        "The datasets of this capability".to_owned()
    } else {
        format!("The rows of {}", names.join(", "))
    };
    format!("{rows} as their data contract promises them, published only where every check holds.")
}

/// Whole contracts in a fenced block, `yaml odcs`.
fn embedded(tree: &Tree) -> Vec<String> {
    let holds = |capability: &&str| {
        let text = tree.text(&format!("{SPECS}/{capability}/spec.md")).unwrap_or_default();
        text.lines().any(|line| {
            let words: Vec<&str> = line.trim().trim_start_matches(['`', '~']).split_whitespace().collect();
            line.trim_start().starts_with(['`', '~']) && matches!(words.as_slice(), ["yaml" | "yml" | "json", "odcs"])
        })
    };
    tree.capabilities().into_iter().filter(holds).map(str::to_owned).collect()
}
