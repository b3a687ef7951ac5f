//! `contract lint`: what contracts say and mean.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engine::{Error, Kind, Result};

use super::read;
use crate::render;
use crate::screen::Screen;
use crate::verbs::{DONE, FAILED};

pub fn lint(screen: &mut Screen, paths: &[PathBuf]) -> Result<u8> {
    let mut files = Vec::new();
    for path in paths {
        find(path, &mut files)?;
    }
    let mut texts = BTreeMap::new();
    let mut found = Vec::new();
    for path in &files {
        let text = read(path)?;
        let name = path.display().to_string();
        let loaded = contract::load(&name, &text);
        found.push((name.clone(), loaded));
        texts.insert(name, text);
    }
    let valid = found.iter().all(|(_, loaded)| loaded.is_valid());
    if screen.json {
        let files: Vec<serde_json::Value> =
            found.iter().map(|(name, loaded)| render::linted_json(name, loaded)).collect();
        screen.document(&serde_json::json!({ "files": files }));
    } else {
        let all: Vec<contract::Diagnostic> = found.iter().flat_map(|(_, loaded)| loaded.diagnostics.clone()).collect();
        render::diagnostics(screen, &all, &texts);
        render::linted(screen, files.len(), &all);
    }
    Ok(if valid { DONE } else { FAILED })
}

/// A file, or every contract under a folder.
fn find(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let failed = |e: std::io::Error| {
        Error::new(Kind::Input, format!("cannot read the folder: {e}")).at(path.display().to_string())
    };
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()
        .map_err(failed)?;
    entries.sort();
    for entry in entries {
        let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if entry.is_dir() && !name.starts_with('.') {
            find(&entry, files)?;
        } else if [".odcs.yaml", ".odcs.yml", ".odcs.json"].iter().any(|ending| name.ends_with(ending)) {
            files.push(entry);
        }
    }
    Ok(())
}
