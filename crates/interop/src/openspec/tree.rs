//! The files of an OpenSpec tree as a value, and the folders that they make.

use std::collections::BTreeMap;

use super::tasks::Tasks;

pub const SPECS: &str = "openspec/specs";
pub const CHANGES: &str = "openspec/changes";
pub const ARCHIVE: &str = "openspec/changes/archive";

/// Endings of the files that are contracts.
const CONTRACTS: [&str; 3] = [".odcs.yaml", ".odcs.yml", ".odcs.json"];

pub fn is_contract(path: &str) -> bool {
    CONTRACTS.iter().any(|ending| path.ends_with(ending))
}

/// All files under `openspec/`, by their paths from the project's folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    pub files: BTreeMap<String, Vec<u8>>,
}

/// The folder of one change, open or archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    pub id: String,
    /// `openspec/changes/<id>` or `openspec/changes/archive/<day>-<id>`.
    pub path: String,
    pub is_archived: bool,
    /// By their paths inside of the folder.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Tree {
    pub fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(path)?).ok()
    }

    /// `<area>/<name>` of each folder that has a `spec.md`.
    pub fn capabilities(&self) -> Vec<&str> {
        let name = |path: &'_ String| -> Option<(usize, usize)> {
            let inner = path.strip_prefix(SPECS)?.strip_prefix('/')?.strip_suffix("/spec.md")?;
            (!hidden(inner)).then_some((SPECS.len() + 1, path.len() - "/spec.md".len()))
        };
        self.files.keys().filter_map(|path| name(path).map(|(from, to)| &path[from..to])).collect()
    }

    /// Contracts that are in force: their paths.
    pub fn contracts(&self) -> Vec<&str> {
        let inside =
            |path: &&String| path.strip_prefix(SPECS).is_some_and(|rest| rest.starts_with('/') && !hidden(rest));
        self.files.keys().filter(inside).filter(|path| is_contract(path)).map(String::as_str).collect()
    }

    /// Open changes, by their ids.
    pub fn changes(&self) -> Vec<Folder> {
        self.folders(CHANGES, false)
    }

    /// Applied changes, the oldest first.
    pub fn archived(&self) -> Vec<Folder> {
        self.folders(ARCHIVE, true)
    }

    fn folders(&self, parent: &str, is_archived: bool) -> Vec<Folder> {
        let mut folders: BTreeMap<String, Folder> = BTreeMap::new();
        for (path, bytes) in &self.files {
            let inside = path.strip_prefix(parent).and_then(|rest| rest.strip_prefix('/')?.split_once('/'));
            let Some((name, file)) = inside else { continue };
            if name.starts_with('.') || (!is_archived && name == "archive") {
                continue;
            }
            let folder = folders.entry(name.to_owned()).or_insert_with(|| Folder {
                id: if is_archived { undated(name) } else { name }.to_owned(),
                path: format!("{parent}/{name}"),
                is_archived,
                files: BTreeMap::new(),
            });
            folder.files.insert(file.to_owned(), bytes.clone());
        }
        folders.into_values().collect()
    }
}

impl Folder {
    pub fn text(&self, file: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(file)?).ok()
    }

    /// Capability and path of each delta.
    pub fn deltas(&self) -> Vec<(&str, &str)> {
        let delta = |file: &'_ str| {
            file.strip_prefix("specs/")?.strip_suffix("/spec.md").filter(|inner| !hidden(inner)).map(|_| ())
        };
        self.files
            .keys()
            .filter(|file| delta(file).is_some())
            .map(|file| (&file["specs/".len()..file.len() - "/spec.md".len()], file.as_str()))
            .collect()
    }

    /// The contracts that it brings: paths inside of the folder.
    pub fn contracts(&self) -> Vec<&str> {
        let inside = |file: &&String| file.starts_with("specs/") && !hidden(file) && is_contract(file);
        self.files.keys().filter(inside).map(String::as_str).collect()
    }

    pub fn tasks(&self) -> Tasks {
        self.text("tasks.md").map(Tasks::parse).unwrap_or_default()
    }
}

/// OpenSpec does not look at entries that begin with a dot.
fn hidden(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.'))
}

/// Without the day of archiving, `2026-11-23-`.
fn undated(name: &str) -> &str {
    let day = name.get(..11).filter(|day| {
        day.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 | 10 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    });
    day.map_or(name, |day| &name[day.len()..])
}
