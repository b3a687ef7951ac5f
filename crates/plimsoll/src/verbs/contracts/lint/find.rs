//! Which files are contracts, and where the contracts are that they may refer to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use contract::Loaded;
use engine::{Error, Kind, Result};

use super::folder;

const ENDINGS: [&str; 3] = [".odcs.yaml", ".odcs.yml", ".odcs.json"];
const OTHER_ENDINGS: [&str; 3] = [".yaml", ".yml", ".json"];
/// Folders below are visited up to this depth.
const DEPTH_MAX: usize = 64;

/// The files given, and every contract under the folders given.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &mut files, 0)?;
        } else if path.exists() {
            files.push(path.clone());
        } else {
            return Err(Error::new(Kind::Input, "there is no such file or folder").at(path.display().to_string()));
        }
    }
    files.sort();
    files.dedup();
    if files.is_empty() {
        let named = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        return Err(Error::new(Kind::Input, format!("no contract under {named}"))
            .help("contracts end in .odcs.yaml, .odcs.yml or .odcs.json, or say `kind: DataContract`"));
    }
    Ok(files)
}

fn walk(path: &Path, files: &mut Vec<PathBuf>, depth: usize) -> Result<()> {
    let failed = |e: std::io::Error| {
        Error::new(Kind::Input, format!("cannot read the folder: {e}")).at(path.display().to_string())
    };
    let mut entries: Vec<std::fs::DirEntry> =
        std::fs::read_dir(path).map_err(failed)?.collect::<std::io::Result<_>>().map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        // Links are not followed: they could lead in a circle.
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() && !name.starts_with('.') && name != "node_modules" && depth < DEPTH_MAX {
            walk(&entry.path(), files, depth + 1)?;
        } else if !kind.is_dir() && is_contract(&name, &entry.path()) {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// By its name, or because it says so in its first lines.
fn is_contract(name: &str, path: &Path) -> bool {
    if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        return true;
    }
    OTHER_ENDINGS.iter().any(|ending| name.ends_with(ending)) && says_contract(path)
}

fn says_contract(path: &Path) -> bool {
    const HEAD: u64 = 64 * 1024;
    let mut head = Vec::new();
    let read = std::fs::File::open(path)
        .and_then(|file| std::io::Read::read_to_end(&mut std::io::Read::take(file, HEAD), &mut head));
    if read.is_err() {
        return false;
    }
    let text = String::from_utf8_lossy(&head);
    text.lines().any(|line| {
        let bare: String = line.chars().filter(|letter| !matches!(letter, '"' | '\'' | ' ' | ',' | '{')).collect();
        bare.starts_with("kind:DataContract")
    })
}

/// Contracts that are not linted but may be referred to: those of the project around each file, and files named in references.
pub fn beside(texts: &BTreeMap<String, String>, loaded: &[Loaded]) -> BTreeMap<String, String> {
    let mut candidates: Vec<PathBuf> = Vec::new();
    let mut roots: Vec<PathBuf> = texts.keys().filter_map(|path| project_of(Path::new(path))).collect();
    roots.sort();
    roots.dedup();
    for root in roots {
        // A project that cannot be read has nothing to offer; the contracts themselves were read.
        let _ = walk(&root.join("openspec/specs"), &mut candidates, 0);
    }
    let named = texts.keys().zip(loaded).filter_map(|(path, loaded)| Some((path, loaded.contract.as_ref()?)));
    candidates
        .extend(named.flat_map(|(path, contract)| contract::lint::files_named(path, contract)).map(PathBuf::from));
    let known: Vec<PathBuf> = texts.keys().filter_map(|path| Path::new(path).canonicalize().ok()).collect();
    let mut found = BTreeMap::new();
    for path in candidates {
        if path.canonicalize().is_ok_and(|full| known.contains(&full)) {
            continue;
        }
        if let Ok(text) = std::fs::read_to_string(&path) {
            found.insert(path.display().to_string(), text);
        }
    }
    found
}

/// The nearest folder upwards with the settings of a project.
fn project_of(path: &Path) -> Option<PathBuf> {
    let start = folder(path).canonicalize().ok()?;
    start.ancestors().find(|folder| folder.join("plimsoll.toml").is_file()).map(Path::to_owned)
}
