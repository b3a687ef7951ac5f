//! Which files are there now, and how they differ from those that were read before.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use engine::{Error, Kind, Result};
use futures::TryStreamExt;
use globset::{GlobBuilder, GlobMatcher};
use object_store::{ObjectMeta, ObjectStoreExt};
use pipeline::FileRef;

use super::store::{Place, Remote, Stores, io_error, store_error};

/// How deep `**` looks; deeper is a loop of links.
const DEPTH_MAX: usize = 32;
/// More files than this in one listing is a glob that was not meant.
const FILES_MAX: usize = 1_000_000;

/// Lists what `pattern` names, sorted by path. Hidden and unfinished files (`.name`, `_name`, `name.tmp`) are left out.
pub async fn list(stores: &Stores, pattern: &str) -> Result<Vec<FileRef>> {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let mut files = match stores.place(pattern)? {
        Place::Local(path) => list_local(pattern, &path, stores)?,
        Place::Remote(remote) => list_remote(&remote).await?,
    };
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// What changed between two listings.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    pub new: Vec<FileRef>,
    /// As they are now. Of another size or time; whether the content differs, only its hash tells.
    pub candidates: Vec<FileRef>,
    pub vanished: Vec<FileRef>,
}

/// Compares by path. Equal size and time is unchanged; so is an equal entity tag, whatever the time says.
pub fn compare(previous: &[FileRef], now: &[FileRef]) -> Comparison {
    let mut before: HashMap<&str, &FileRef> = previous.iter().map(|file| (file.path.as_str(), file)).collect();
    let mut comparison = Comparison::default();
    for file in now {
        match before.remove(file.path.as_str()) {
            None => comparison.new.push(file.clone()),
            Some(old) if !same(old, file) => comparison.candidates.push(file.clone()),
            Some(_) => {}
        }
    }
    comparison.vanished = before.into_values().cloned().collect();
    comparison.vanished.sort_by(|a, b| a.path.cmp(&b.path));
    comparison
}

fn same(old: &FileRef, new: &FileRef) -> bool {
    match (&old.hash, &new.hash) {
        (Some(old_hash), Some(new_hash)) => old.size == new.size && old_hash == new_hash,
        _ => old.size == new.size && old.modified_ms == new.modified_ms,
    }
}

fn list_local(pattern: &str, path: &Path, stores: &Stores) -> Result<Vec<FileRef>> {
    match fs::metadata(path) {
        Ok(meta) if meta.is_file() => return Ok(vec![local_ref(pattern.to_owned(), &meta)]),
        Ok(meta) if meta.is_dir() => return Err(io_error(std::io::ErrorKind::IsADirectory.into(), path)),
        Err(error) if !has_glob(pattern) => return Err(io_error(error, path)),
        _ => {}
    }
    let (prefix, rest) = split(pattern);
    let glob = compile(rest, pattern)?;
    let folder = match stores.place(prefix)? {
        Place::Local(folder) => folder,
        Place::Remote(_) => return Err(Error::new(Kind::Bug, "a local glob led to an object store").at(pattern)),
    };
    // Without `**` and alternatives, the pattern itself says how deep its files lie.
    let depth = if rest.contains("**") || rest.contains('{') { DEPTH_MAX } else { rest.matches('/').count() };
    let mut walk = Walk { glob, prefix, found: Vec::new() };
    walk.folder(&folder, "", depth)?;
    Ok(walk.found)
}

struct Walk<'a> {
    glob: GlobMatcher,
    prefix: &'a str,
    found: Vec<FileRef>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, below: &str, depth: usize) -> Result<()> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            // A landing folder that nobody has delivered to yet holds no files.
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
                return Ok(());
            }
            Err(error) => return Err(io_error(error, folder)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| io_error(error, folder))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return Err(Error::new(Kind::Input, format!("the name of {:?} is not UTF-8", entry.path()))
                    .at(folder.display().to_string())
                    .help("rename the file"));
            };
            if hidden(name) {
                continue;
            }
            let inner = format!("{below}{name}");
            let mut kind = entry.file_type().map_err(|error| io_error(error, &entry.path()))?;
            if kind.is_symlink() {
                // A link that leads nowhere is no file.
                let Ok(meta) = fs::metadata(entry.path()) else { continue };
                kind = meta.file_type();
            }
            if kind.is_dir() && depth > 0 {
                self.folder(&entry.path(), &format!("{inner}/"), depth - 1)?;
            } else if kind.is_file() && self.glob.is_match(&inner) {
                let meta = fs::metadata(entry.path()).map_err(|error| io_error(error, &entry.path()))?;
                self.found.push(local_ref(format!("{}{inner}", self.prefix), &meta));
                limit(self.found.len(), self.prefix)?;
            }
        }
        Ok(())
    }
}

async fn list_remote(remote: &Remote) -> Result<Vec<FileRef>> {
    if !has_glob(&remote.key) {
        let meta = remote.store.head(&remote.path()?).await.map_err(|error| store_error(error, &remote.url()))?;
        return Ok(vec![remote_ref(&remote.base, meta)]);
    }
    let (prefix, rest) = split(&remote.key);
    let glob = compile(rest, &remote.url())?;
    let folder = Remote { key: prefix.trim_end_matches('/').to_owned(), ..remote.clone() };
    let mut objects = remote.store.list(Some(&folder.path()?));
    let mut found = Vec::new();
    while let Some(meta) = objects.try_next().await.map_err(|error| store_error(error, &folder.url()))? {
        let Some(inner) = meta.location.as_ref().strip_prefix(prefix) else { continue };
        if inner.split('/').any(hidden) || !glob.is_match(inner) {
            continue;
        }
        found.push(remote_ref(&remote.base, meta));
        limit(found.len(), &remote.base)?;
    }
    Ok(found)
}

fn local_ref(path: String, meta: &fs::Metadata) -> FileRef {
    let modified = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let modified_ms = modified.map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
    FileRef { path, size: meta.len(), modified_ms, hash: None }
}

fn remote_ref(base: &str, meta: ObjectMeta) -> FileRef {
    FileRef {
        path: format!("{base}/{}", meta.location),
        size: meta.size,
        modified_ms: meta.last_modified.timestamp_millis(),
        hash: meta.e_tag,
    }
}

/// The part before the first name with a glob in it, with its `/`, and the rest.
fn split(pattern: &str) -> (&str, &str) {
    let first = pattern.find(is_glob).unwrap_or(pattern.len());
    let cut = pattern[..first].rfind('/').map_or(0, |slash| slash + 1);
    pattern.split_at(cut)
}

fn compile(rest: &str, pattern: &str) -> Result<GlobMatcher> {
    let glob = GlobBuilder::new(rest).literal_separator(true).build().map_err(|error| {
        Error::new(Kind::Input, format!("`{pattern}` is not a glob"))
            .at(pattern)
            .help("see `files` of the source")
            .because(error)
    })?;
    Ok(glob.compile_matcher())
}

fn has_glob(pattern: &str) -> bool {
    pattern.contains(is_glob)
}

fn is_glob(c: char) -> bool {
    matches!(c, '*' | '?' | '[' | '{')
}

fn hidden(name: &str) -> bool {
    name.starts_with(['.', '_']) || name.ends_with(".tmp")
}

fn limit(count: usize, place: &str) -> Result<()> {
    if count <= FILES_MAX {
        return Ok(());
    }
    Err(Error::new(Kind::Input, format!("more than {FILES_MAX} files match")).at(place).help("narrow the glob"))
}

#[cfg(test)]
mod tests;
