//! Every dependency is declared once, in the root manifest: other features in one crate compile DataFusion a second time.

use super::manifest::dependencies;
use super::tree::{Finding, Tree};

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml") && file.crate_name().is_some()) {
        for dependency in dependencies(file) {
            if dependency.rest.replace(' ', "") != ".workspace=true" {
                let message = format!(
                    "write `{0}.workspace = true`, and version and features of `{0}` in the root Cargo.toml",
                    dependency.name
                );
                findings.push(file.finding(dependency.line, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests;
