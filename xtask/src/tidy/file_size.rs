//! A file is about one noun; a long one is about several.

use super::tree::{Finding, Tree};

const LINES_MAX: usize = 600;

pub fn check(tree: &Tree) -> Vec<Finding> {
    let long = tree.rust().map(|file| (file, file.text.lines().count())).filter(|(_, lines)| *lines > LINES_MAX);
    long.map(|(file, lines)| file.finding(LINES_MAX, format!("{lines} lines, more than {LINES_MAX}: split it")))
        .collect()
}

#[cfg(test)]
mod tests;
