//! `contract` and `schema`: contracts alone, without a project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engine::{Error, Kind, Result};

use super::{BAD_INPUT, DONE, FAILED};
use crate::args::{ContractVerb, SchemaOf};
use crate::render;
use crate::screen::Screen;

pub fn contract(screen: &mut Screen, verb: &ContractVerb) -> Result<u8> {
    match verb {
        ContractVerb::Lint { paths } => lint(screen, paths),
        ContractVerb::Show { path } => show(screen, path),
        ContractVerb::Schema => schema(screen, SchemaOf::Contract),
        ContractVerb::New { id, datasets } => {
            let names: Vec<&str> = match datasets.is_empty() {
                true => vec![id.as_str()],
                false => datasets.iter().map(String::as_str).collect(),
            };
            screen.text(&contract::starter::starter(id, &names));
            Ok(DONE)
        }
    }
}

pub fn schema(screen: &mut Screen, of: SchemaOf) -> Result<u8> {
    screen.document(&match of {
        SchemaOf::Settings => pipeline::schema::settings(),
        SchemaOf::Pipeline => pipeline::schema::pipeline(),
        SchemaOf::Contract => contract::schema::json_schema(),
    });
    Ok(DONE)
}

fn lint(screen: &mut Screen, paths: &[PathBuf]) -> Result<u8> {
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

fn read(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|e| {
        Error::new(Kind::Input, format!("cannot read the contract: {e}")).at(path.display().to_string())
    })?;
    String::from_utf8(bytes).map_err(|_| {
        Error::new(Kind::Input, "the contract is not UTF-8 text")
            .at(path.display().to_string())
            .help("save it as UTF-8")
    })
}

fn show(screen: &mut Screen, path: &Path) -> Result<u8> {
    let text = read(path)?;
    let loaded = contract::load(&path.display().to_string(), &text);
    let Some(contract) = &loaded.contract else {
        render::diagnostics(screen, &loaded.diagnostics, &BTreeMap::from([(path.display().to_string(), text)]));
        return Ok(BAD_INPUT);
    };
    match screen.json {
        true => screen.document(&serde_json::json!({ "contract": contract.to_json(), "datasets": loaded.datasets })),
        false => {
            let shown = contract::show::show(contract, &loaded.datasets, screen.width);
            screen.text(&shown);
        }
    }
    Ok(DONE)
}
