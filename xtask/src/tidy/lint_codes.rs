//! Every code that Plimsoll can blame a file with stands in the guide, and the guide names no other.

use std::collections::BTreeMap;

use super::tree::{Finding, TextFile, Tree};

const PAGE: &str = "docs/src/lint-codes.md";

pub fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.files.iter().find(|file| file.path == PAGE) else { return Vec::new() };
    let documented = rows(page);
    let blamed = in_code(tree);
    let mut findings: Vec<Finding> = blamed
        .iter()
        .filter(|(code, _)| !documented.contains_key(*code))
        .map(|(code, (file, line))| file.finding(*line, format!("{code} has no row in {PAGE}")))
        .collect();
    let unknown = documented.iter().filter(|(code, _)| !blamed.contains_key(*code));
    findings.extend(unknown.map(|(code, line)| page.finding(*line, format!("nothing is blamed with {code}"))));
    findings
}

/// The codes that string literals of the crates hold, each with its first place.
fn in_code(tree: &Tree) -> BTreeMap<&str, (&TextFile, usize)> {
    let mut found = BTreeMap::new();
    for file in tree.rust().filter(|file| file.path.starts_with("crates/") && !file.is_test()) {
        for (number, line) in file.lines() {
            for text in line.split('"').skip(1).step_by(2).filter(|text| is_code(text)) {
                found.entry(text).or_insert((file, number));
            }
        }
    }
    found
}

/// The codes that begin a row of one of the page's tables, with their lines.
fn rows(page: &TextFile) -> BTreeMap<&str, usize> {
    let cells = page.lines().filter_map(|(number, line)| {
        let cell = line.strip_prefix('|')?.split('|').next()?.trim().trim_matches('`');
        is_code(cell).then_some((cell, number))
    });
    cells.collect()
}

/// `PL` and three digits.
fn is_code(text: &str) -> bool {
    text.strip_prefix("PL").is_some_and(|number| number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
