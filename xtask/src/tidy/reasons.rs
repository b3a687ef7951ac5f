//! Each foreign dependency is worth its build time: the reason stands beside it.

use super::manifest::dependencies;
use super::tree::{Finding, Tree};

pub fn check(tree: &Tree) -> Vec<Finding> {
    let Some(root) = tree.files.iter().find(|file| file.path == "Cargo.toml") else {
        return Vec::new();
    };
    let foreign = dependencies(root).into_iter().filter(|dependency| !dependency.rest.contains("path ="));
    let unexplained =
        foreign.filter(|dependency| dependency.rest.split_once('#').is_none_or(|(_, reason)| reason.trim().is_empty()));
    unexplained
        .map(|dependency| {
            root.finding(dependency.line, format!("say beside `{}` why it is needed: `# …`", dependency.name))
        })
        .collect()
}

#[cfg(test)]
mod tests;
