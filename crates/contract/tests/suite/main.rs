//! The outside material under `../shared/suites`, and properties of the whole crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod breaking;
mod changes;
mod compiled;
mod hostile;
mod lint_peer;
mod registries;
mod round_trip;
mod runs;
mod schemas;
mod speed;
mod validity;

use std::path::{Path, PathBuf};

/// A file or folder of the suites; `None`, with a note, where the suites are not present.
fn suite(path: &str) -> Option<PathBuf> {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites").join(path);
    if full.exists() {
        return Some(full);
    }
    eprintln!("note: the suite {path} is absent, nothing is checked");
    None
}

/// All files below a folder, sorted.
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

/// The lines of a JSON Lines file.
fn json_lines(path: &Path) -> Vec<serde_json::Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
