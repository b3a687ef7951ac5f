//! Libraries return values; only the binary, through its printer, and xtask talk to the terminal; tests tell seeds and times, and examples
//! are programs. Nothing unfinished stays anywhere.

use super::tree::{Finding, Tree};

/// Crates that may print; the testkit tells seeds and where its servers log.
const TALKERS: &[&str] = &["plimsoll", "testkit", "xtask"];
const PRINTS: &[&str] = &["print", "println", "eprint", "eprintln"];
const UNFINISHED: &[&str] = &["dbg", "todo", "unimplemented"];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        let Some(owner) = file.crate_name() else {
            continue;
        };
        for (number, line) in file.lines() {
            let silent = !TALKERS.contains(&owner) && !file.is_test() && !file.path.contains("/examples/");
            let forbidden = macros(line).find(|name| UNFINISHED.contains(name) || (PRINTS.contains(name) && silent));
            if let Some(name) = forbidden {
                findings.push(file.finding(number, format!("`{name}!` has no place in crate `{owner}`")));
            }
        }
    }
    findings
}

/// Names of the macros that a line calls, comments left out.
fn macros(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices("!(").map(|(end, _)| {
        let start = code[..end].rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        &code[start..end]
    })
}

#[cfg(test)]
mod tests;
