//! What a migration has finished: one small object for each old file or lot of them, written after its new files.
//!
//! They are under `_plimsoll/migration/<key>/` of the table's folder. The key is over all that decides the result, so notes of
//! another migration are never taken for this one's.

use std::collections::{BTreeMap, HashMap};

use deltalake::kernel::Add;
use deltalake::logstore::ObjectStoreRef;
use engine::{Error, Kind, Result, Sample, StageJob, TableRef};
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;
use object_store::path::Path;
use pipeline::Migration;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::sink::Part;
use crate::{Local, dead_letter, delta, error};

const FOLDER: &str = "_plimsoll/migration";
/// Notes that are looked at side by side.
const LOOKUPS: usize = 16;

/// Old files, and what stands in their place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Finished {
    pub old: Vec<String>,
    /// The table's version that it is of.
    base: i64,
    /// Nothing in them is refused, and they are as the contract wants them.
    pub stays: bool,
    files: Vec<Add>,
    dead_files: Vec<Add>,
    rows: u64,
    refused: u64,
    violations: Vec<u64>,
    conform: BTreeMap<String, u64>,
    samples: Vec<(Vec<String>, Sample)>,
}

impl Finished {
    pub fn of(old: Vec<String>, stays: bool, part: Part) -> Self {
        Self {
            old,
            base: -1,
            stays,
            files: part.files,
            dead_files: part.dead_files,
            rows: part.rows,
            refused: part.refused,
            violations: part.violations,
            conform: part.conform,
            samples: part.samples,
        }
    }

    pub fn part(self) -> Part {
        Part {
            files: self.files,
            dead_files: self.dead_files,
            rows: self.rows,
            refused: self.refused,
            violations: self.violations,
            conform: self.conform,
            samples: self.samples,
            ..Part::default()
        }
    }
}

pub(crate) struct Journal {
    store: ObjectStoreRef,
    dead: ObjectStoreRef,
    url: String,
    folder: Path,
    base: i64,
}

impl Journal {
    /// Notes of other migrations of this table are taken away.
    pub async fn open(local: &Local, job: &StageJob, migration: &Migration, base: i64) -> Result<Self> {
        let decides = serde_json::to_vec(&(base, &job.definition, &migration.targets, &migration.stored))
            .map_err(|e| Error::new(Kind::Bug, e.to_string()))?;
        let folder = Path::from(format!("{FOLDER}/{:016x}", xxh3_64(&decides)));
        let store = local.tables.log_store(&job.table)?.object_store(None);
        let dead = local.tables.log_store(&dead_letter::table(&job.table))?.object_store(None);
        let journal = Self { store, dead, url: job.table.url.clone(), folder, base };
        let own = format!("{}/", journal.folder);
        remove(&journal.store, &journal.url, |path| !path.starts_with(&own)).await?;
        Ok(journal)
    }

    /// By old paths; only those whose new files are all there.
    pub async fn finished(&self) -> Result<HashMap<Vec<String>, Finished>> {
        let mut finished = HashMap::new();
        for note in read(&self.store, &self.url, &self.folder).await? {
            if note.base == self.base && self.is_whole(&note).await {
                finished.insert(note.old.clone(), note);
            }
        }
        Ok(finished)
    }

    async fn is_whole(&self, note: &Finished) -> bool {
        let files = note.files.iter().map(|add| (&self.store, add));
        let dead = note.dead_files.iter().map(|add| (&self.dead, add));
        for (store, add) in files.chain(dead) {
            match store.head(&Path::from(add.path.as_str())).await {
                Ok(found) if i64::try_from(found.size) == Ok(add.size) => {}
                _ => return false,
            }
        }
        true
    }

    pub async fn note(&self, finished: &Finished) -> Result<()> {
        let note = Finished { base: self.base, ..finished.clone() };
        let text = serde_json::to_vec(&note).map_err(|e| Error::new(Kind::Bug, e.to_string()))?;
        let path = Path::from(format!("{}/{:016x}.json", self.folder, xxh3_64(note.old.join("\n").as_bytes())));
        let put = self.store.put(&path, text.into()).await;
        put.map(|_| ()).map_err(|e| error::store("noting what is migrated", e).at(&self.url))
    }
}

/// Data files and dead letter files that unpublished migrations of this version have made; notes of other versions are taken away.
pub(crate) async fn named(local: &Local, at: &TableRef, version: i64) -> Result<Vec<String>> {
    if is_empty(at) {
        return Ok(Vec::new());
    }
    let store = local.tables.log_store(at)?.object_store(None);
    let notes = read(&store, &at.url, &Path::from(FOLDER)).await?;
    if notes.iter().any(|note| note.base != version) {
        remove(&store, &at.url, |_| true).await?;
        return Ok(Vec::new());
    }
    Ok(notes.into_iter().flat_map(|note| note.files.into_iter().chain(note.dead_files)).map(|add| add.path).collect())
}

/// Forgets all that was finished.
pub(crate) async fn clear(local: &Local, at: &TableRef) -> Result<()> {
    if is_empty(at) {
        return Ok(());
    }
    let store = local.tables.log_store(at)?.object_store(None);
    remove(&store, &at.url, |_| true).await
}

/// Whether it is seen at once that nothing is noted; looking must not make a folder.
fn is_empty(at: &TableRef) -> bool {
    delta::folder(at).is_some_and(|folder| !folder.join(FOLDER).is_dir())
}

async fn read(store: &ObjectStoreRef, url: &str, folder: &Path) -> Result<Vec<Finished>> {
    let failed = |e| error::store("reading what is migrated", e).at(url);
    let listed: Vec<_> = store.list(Some(folder)).try_collect().await.map_err(failed)?;
    let read = futures::stream::iter(listed.into_iter().map(|object| async move {
        let bytes = store.get(&object.location).await?.bytes().await?;
        // A note that cannot be read is one that was never finished.
        Ok(serde_json::from_slice::<Finished>(&bytes).ok())
    }));
    let notes: Vec<Option<Finished>> = read.buffered(LOOKUPS).try_collect().await.map_err(failed)?;
    Ok(notes.into_iter().flatten().collect())
}

async fn remove(store: &ObjectStoreRef, url: &str, goes: impl Fn(&str) -> bool) -> Result<()> {
    let failed = |e| error::store("taking away what is migrated", e).at(url);
    let listed: Vec<_> = store.list(Some(&Path::from(FOLDER))).try_collect().await.map_err(failed)?;
    for object in listed.iter().filter(|object| goes(object.location.as_ref())) {
        match store.delete(&object.location).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(e) => return Err(failed(e)),
        }
    }
    Ok(())
}
