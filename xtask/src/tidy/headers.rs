//! Each Rust file starts with `//!`: what it is for.

use super::tree::{Finding, Tree};

pub fn check(tree: &Tree) -> Vec<Finding> {
    let headless = tree.rust().filter(|file| !file.text.starts_with("//! "));
    headless.map(|file| file.finding(1, "start the file with `//!` and what it is for")).collect()
}

#[cfg(test)]
mod tests;
