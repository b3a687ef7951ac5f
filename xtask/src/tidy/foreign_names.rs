//! Nothing in the repository depends on the machine it was written on: no absolute paths of a workplace, no package registry's host.

use super::tree::{Finding, Tree};

/// Written in halves, so that this file does not find itself.
const NAMES: &[(&str, &str)] = &[
    ("/ro", "ot/"),
    ("/wo", "rk/"),
    ("/ho", "me/"),
    ("/Us", "ers/"),
    ("index.cra", "tes.io"),
    ("static.cra", "tes.io"),
    ("pypi", ".org"),
    ("pythonho", "sted.org"),
    ("registry.np", "mjs.org"),
    ("deb.deb", "ian.org"),
    ("proxy.gol", "ang.org"),
];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let names: Vec<String> = NAMES.iter().map(|(head, tail)| format!("{head}{tail}")).collect();
    let mut findings = Vec::new();
    for file in &tree.files {
        for (number, line) in file.lines() {
            let found =
                names.iter().find(|name| line.match_indices(name.as_str()).any(|(at, _)| starts_a_path(line, at)));
            if let Some(name) = found {
                findings.push(file.finding(number, format!("`{name}` names a machine or a registry")));
            }
        }
    }
    findings
}

/// A name within a longer path, as in `net…` or `frame…`, is a relative path and not the machine's.
fn starts_a_path(line: &str, at: usize) -> bool {
    !line[at..].starts_with('/') || !line[..at].ends_with(|c: char| c.is_alphanumeric() || ".-_}*".contains(c))
}

#[cfg(test)]
mod tests;
