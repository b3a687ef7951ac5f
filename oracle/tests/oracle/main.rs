//! The lint beside the standard's official JSON schemas, on the official examples and on thousands of mutations of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

#![recursion_limit = "1024"]

mod editor;
mod mutants;
mod openlineage;
mod random;
mod seeds;
mod standard;

use std::path::{Path, PathBuf};

/// A file or folder of the suites; `None`, with a note, where the suites are not present.
fn suite(path: &str) -> Option<PathBuf> {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/suites").join(path);
    if full.exists() {
        return Some(full);
    }
    eprintln!("note: the suite {path} is absent, nothing is checked");
    None
}

/// All contracts below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}
