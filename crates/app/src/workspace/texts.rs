//! The texts of a project: from its folder, or from anywhere else that has files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use contract::Diagnostic;
use engine::Result;
use pipeline::read::ProjectFiles;

use super::{SETTINGS, not_text, unreadable};

/// All texts by path, and which of them are what.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    pub all: BTreeMap<String, String>,
    pub contracts: Vec<String>,
    pub pipelines: Vec<String>,
    pub models: Vec<String>,
    pub unreadable: Vec<Diagnostic>,
}

/// Where a kind of file lies, how its name ends, and whether folders inside are looked into.
struct Folder {
    name: &'static str,
    endings: &'static [&'static str],
    deep: bool,
}

const PIPELINES: Folder = Folder { name: "pipelines", endings: &[".yaml", ".yml"], deep: false };
const MODELS: Folder = Folder { name: "models", endings: &[".sql"], deep: true };
const CONTRACTS: Folder =
    Folder { name: "openspec/specs", endings: &[".odcs.yaml", ".odcs.yml", ".odcs.json"], deep: true };

impl Folder {
    fn holds(&self, path: &str) -> bool {
        let Some(inside) = path.strip_prefix(self.name).and_then(|rest| rest.strip_prefix('/')) else { return false };
        let hidden = inside.split('/').any(|part| part.starts_with('.'));
        !hidden && (self.deep || !inside.contains('/')) && self.endings.iter().any(|ending| path.ends_with(ending))
    }
}

impl Texts {
    pub fn on_disk(root: &Path) -> Result<Self> {
        let mut texts = Self::default();
        texts.read(root, Path::new(SETTINGS))?;
        texts.pipelines = texts.folder(root, &PIPELINES)?;
        texts.models = texts.folder(root, &MODELS)?;
        texts.contracts = texts.folder(root, &CONTRACTS)?;
        Ok(texts)
    }

    /// Whether a project reads a file of this path.
    pub fn wants(path: &str) -> bool {
        path == SETTINGS || [PIPELINES, MODELS, CONTRACTS].iter().any(|folder| folder.holds(path))
    }

    /// Of files that lie elsewhere than on disk; in the order of their paths.
    pub fn of_files(files: BTreeMap<String, Vec<u8>>) -> Self {
        let mut texts = Self::default();
        for (path, bytes) in files {
            let Ok(text) = String::from_utf8(bytes) else {
                texts.unreadable.push(not_text(path));
                continue;
            };
            for (folder, list) in
                [(PIPELINES, &mut texts.pipelines), (MODELS, &mut texts.models), (CONTRACTS, &mut texts.contracts)]
            {
                if folder.holds(&path) {
                    list.push(path.clone());
                }
            }
            texts.all.insert(path, text);
        }
        texts
    }

    pub fn project_files(&self) -> ProjectFiles {
        let of = |path: &String| Some((path.clone(), self.all.get(path)?.clone()));
        ProjectFiles {
            settings: of(&SETTINGS.to_owned()),
            pipelines: self.pipelines.iter().filter_map(of).collect(),
            models: self.models.iter().filter_map(of).collect(),
        }
    }

    /// The texts, and the lists of what they are.
    pub fn apart(mut self) -> (BTreeMap<String, String>, Self) {
        (std::mem::take(&mut self.all), self)
    }

    fn read(&mut self, root: &Path, relative: &Path) -> Result<Option<String>> {
        let name = slashed(relative);
        let bytes = match std::fs::read(root.join(relative)) {
            Ok(bytes) => bytes,
            Err(e) => return Err(unreadable(&root.join(relative), &e)),
        };
        match String::from_utf8(bytes) {
            Ok(text) => {
                self.all.insert(name.clone(), text);
                Ok(Some(name))
            }
            Err(_) => {
                self.unreadable.push(not_text(name));
                Ok(None)
            }
        }
    }

    /// The files of a folder with one of these endings, sorted by path; none when there is no such folder.
    fn folder(&mut self, root: &Path, folder: &Folder) -> Result<Vec<String>> {
        let mut pending = vec![PathBuf::from(folder.name)];
        let mut names = Vec::new();
        while let Some(relative) = pending.pop() {
            let entries = match std::fs::read_dir(root.join(&relative)) {
                Ok(entries) => entries,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                Err(e) => return Err(unreadable(&root.join(&relative), &e)),
            };
            for entry in entries {
                let entry = entry.map_err(|e| unreadable(&root.join(&relative), &e))?;
                let path = relative.join(entry.file_name());
                let kind = entry.file_type().map_err(|e| unreadable(&root.join(&path), &e))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if name.starts_with('.') {
                    continue;
                }
                if kind.is_dir() && folder.deep {
                    pending.push(path);
                } else if !kind.is_dir()
                    && folder.endings.iter().any(|ending| name.ends_with(ending))
                    && let Some(name) = self.read(root, &path)?
                {
                    names.push(name);
                }
            }
        }
        names.sort();
        Ok(names)
    }
}

fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
