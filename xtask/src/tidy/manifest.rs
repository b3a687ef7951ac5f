//! As much of a Cargo.toml as the rules need: the dependency lines of each section.

use super::tree::TextFile;

#[derive(Debug, PartialEq, Eq)]
pub struct Dependency<'a> {
    pub line: usize,
    /// Without brackets, for example `dependencies` or `dev-dependencies`.
    pub section: &'a str,
    pub name: &'a str,
    /// What stands after the name: `.workspace = true`, `= { version = "1" } # why`.
    pub rest: &'a str,
}

/// Every `name = …` and `name.workspace = …` line of the sections that end in `dependencies`.
pub fn dependencies(file: &TextFile) -> Vec<Dependency<'_>> {
    let mut section = "";
    let mut found = Vec::new();
    for (line, text) in file.lines() {
        let text = text.trim();
        if let Some(header) = text.strip_prefix('[') {
            section = header.split(']').next().unwrap_or_default();
        } else if section.ends_with("dependencies") && !text.is_empty() && !text.starts_with('#') {
            let end = text.find(['.', '=', ' ']).unwrap_or(text.len());
            found.push(Dependency { line, section, name: &text[..end], rest: text[end..].trim() });
        }
    }
    found
}
