//! The tracked texts as a value, so that rules are pure and their tests need no disk.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::command;

#[derive(Debug, Default)]
pub struct Tree {
    /// Sorted by path.
    pub files: Vec<TextFile>,
}

#[derive(Debug)]
pub struct TextFile {
    /// Relative to the repository's root.
    pub path: String,
    pub text: String,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub path: String,
    /// 1-based.
    pub line: usize,
    pub message: String,
}

impl Tree {
    /// All files that git tracks or would track; what is not UTF-8 is left out.
    pub fn tracked(root: &Path) -> Result<Self> {
        let listing = command::output(
            Command::new("git")
                .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
                .current_dir(root),
        )?;
        let mut paths: Vec<&str> = listing.split('\0').filter(|path| !path.is_empty()).collect();
        paths.sort_unstable();
        paths.dedup();
        let read =
            |path: &str| std::fs::read_to_string(root.join(path)).ok().map(|text| TextFile { path: path.into(), text });
        Ok(Self { files: paths.into_iter().filter_map(read).collect() })
    }

    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| TextFile { path: (*path).into(), text: (*text).into() };
        Self { files: files.iter().map(file).collect() }
    }

    /// The Rust files of the crates and of xtask.
    pub fn rust(&self) -> impl Iterator<Item = &TextFile> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }
}

impl TextFile {
    /// Name of the crate whose folder the file is in.
    pub fn crate_name(&self) -> Option<&str> {
        match self.path.split('/').collect::<Vec<_>>().as_slice() {
            ["crates", name, ..] => Some(name),
            ["xtask", ..] => Some("xtask"),
            _ => None,
        }
    }

    /// Test code by its place: `foo/tests.rs` or a crate's `tests/` folder.
    pub fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// Lines with their 1-based numbers.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    pub fn finding(&self, line: usize, message: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, message: message.into() }
    }
}

/// Asserts that the rule finds exactly these `path:line` places.
#[cfg(test)]
pub fn assert_finds(rule: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)], places: &[&str]) {
    let found = rule(&Tree::of(files));
    let found: Vec<String> = found.iter().map(|finding| format!("{}:{}", finding.path, finding.line)).collect();
    assert_eq!(found, places);
}
