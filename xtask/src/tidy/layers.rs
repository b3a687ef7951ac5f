//! Dependencies of the crates point down only, and what is heavy or impure stays where it belongs.

use super::manifest::{Dependency, dependencies};
use super::tree::{Finding, TextFile, Tree};

/// Crates from the bottom up; one may depend on crates of a lower layer only.
const LAYERS: &[(&str, u8)] = &[
    ("contract", 0),
    ("sql", 1),
    ("pipeline", 2),
    ("engine", 3),
    ("local", 4),
    ("spark", 4),
    ("connect", 4),
    ("ledger", 4),
    ("advise", 5),
    ("interop", 5),
    ("app", 6),
    ("server", 7),
    ("plimsoll", 8),
];

/// Fakes and conformance suites: may look at the ports and what is below them, and only tests may look at it.
const TESTKIT: &str = "testkit";
const TESTKIT_LAYER: u8 = 4;

/// What only these crates may depend on, also for tests.
const FENCED: &[(&str, &[&str])] = &[
    ("datafusion", &["sql", "local"]),
    ("deltalake", &["local"]),
    ("rusqlite", &["ledger", "app"]),
    ("postgres", &["ledger", "app", "connect"]),
];

/// Pure crates take values and return values: no runtime, no network, no disk.
const PURE: &[&str] = &["contract", "pipeline", "interop"];
const IMPURE: &[&str] = &["tokio", "object_store", "async-trait", "futures", "rand", "uuid", "tempfile"];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        let Some(owner) = file.crate_name() else {
            continue;
        };
        if owner != "xtask" && owner != TESTKIT && layer(owner).is_none() {
            findings.push(
                file.finding(1, format!("crate `{owner}` has no layer; give it one in xtask/src/tidy/layers.rs")),
            );
            continue;
        }
        findings.extend(dependencies(file).iter().filter_map(|dependency| violation(file, owner, dependency)));
    }
    findings
}

fn violation(file: &TextFile, owner: &str, dependency: &Dependency<'_>) -> Option<Finding> {
    let test_only = dependency.section == "dev-dependencies";
    let name = dependency.name;
    let message = if name == TESTKIT && !test_only {
        format!("`{owner}` may use `{TESTKIT}` in tests only")
    } else if let Some(below) = layer(name).filter(|below| *below >= owner_layer(owner)) {
        format!(
            "`{owner}` (layer {}) must not depend on `{name}` (layer {below}): dependencies point down",
            owner_layer(owner)
        )
    } else if let Some((_, homes)) = FENCED.iter().find(|(fenced, homes)| *fenced == name && !homes.contains(&owner)) {
        format!("`{name}` belongs in {} only, not in `{owner}`", homes.join(", "))
    } else if PURE.contains(&owner) && IMPURE.contains(&name) && !test_only {
        format!("`{owner}` is pure: it must not know `{name}`")
    } else {
        return None;
    };
    Some(file.finding(dependency.line, message))
}

fn layer(name: &str) -> Option<u8> {
    LAYERS.iter().find(|(known, _)| *known == name).map(|(_, layer)| *layer)
}

/// xtask stands below all: it must not link the product.
fn owner_layer(owner: &str) -> u8 {
    match owner {
        TESTKIT => TESTKIT_LAYER,
        _ => layer(owner).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests;
