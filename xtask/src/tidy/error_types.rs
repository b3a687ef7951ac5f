//! One error type per library crate: a caller has one thing to act on.

use std::collections::BTreeSet;

use super::tree::{Finding, Tree};

/// Second error types that have a reason to exist, as `crate::Type`.
const LISTED: &[&str] = &[];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| !file.is_test()) {
        let Some(owner) = file.crate_name() else {
            continue;
        };
        for (number, line) in file.lines() {
            let Some(name) = error_type(line) else {
                continue;
            };
            if !LISTED.contains(&format!("{owner}::{name}").as_str()) && !seen.insert(owner) {
                findings.push(file.finding(number, format!("`{name}` is a second error type in crate `{owner}`")));
            }
        }
    }
    findings
}

/// The type of an `impl … Error for Type` line.
fn error_type(line: &str) -> Option<&str> {
    let (head, tail) = line.trim_start().strip_prefix("impl")?.split_once(" for ")?;
    let is_error = head.split([' ', ':']).next_back() == Some("Error");
    is_error.then(|| tail.split([' ', '<', '{']).next().unwrap_or(tail))
}

#[cfg(test)]
mod tests;
